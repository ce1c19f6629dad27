/* SPDX-License-Identifier: PostgreSQL
 *
 * merkle.h
 *	  Merkle trees over SHA-256 as RFC 6962, section 2.1, defines them.
 *
 * The tree of n leaves splits at the greatest power of two below n.  A leaf
 * is hashed behind the byte 0, a node behind the byte 1, so that neither can
 * be passed off as the other.  The tree of no leaves has the hash of nothing.
 * A proof says as much as the pair (size, root) it is checked against is
 * believed: the root alone does not fix the size.
 */
#ifndef RUI_MERKLE_H
#define RUI_MERKLE_H

#include "core/hash.h"

/* No path in a tree of up to 2^63 leaves is longer, nor is a consistency proof. */
#define RUI_MERKLE_DEPTH 64

typedef struct rui_digest
{
	unsigned char bytes[RUI_SHA256_SIZE];
} rui_digest;

/* The roots of the complete subtrees that a growing tree is made of. */
typedef struct rui_merkle
{
	uint64_t size; /* leaves; bit k is set where peak[k] stands for 2^k of them */
	rui_digest peak[RUI_MERKLE_DEPTH];
} rui_merkle;

typedef struct rui_proof
{
	int length;
	rui_digest part[RUI_MERKLE_DEPTH]; /* from the leaves to the root */
} rui_proof;

/* The hash of a leaf of any length. */
extern void rui_merkle_hash_leaf(const void *bytes, size_t length, rui_digest *leaf);

/* A tree grows by the hash of a leaf; amortized one hash.  Start with size 0. */
extern void rui_merkle_add(rui_merkle *tree, const rui_digest *leaf);

/* The root of what has been added; the tree may grow on. */
extern void rui_merkle_root(const rui_merkle *tree, rui_digest *root);

/*
 * The audit path of the leaf at index (from 0) among count hashes of leaves
 * (RFC 6962, 2.1.1).  RUI_RANGE unless index < count; RUI_INTERRUPTED.
 */
extern rui_status rui_merkle_path(const rui_env *env, const rui_digest *leaves, uint64_t count,
								  uint64_t index, rui_proof *proof, rui_error *error);

/* Whether a path leads from a leaf's hash to the root of a tree of size leaves
 * (RFC 9162, 2.1.3.2). */
extern bool rui_merkle_holds(const rui_digest *leaf, uint64_t index, uint64_t size,
							 const rui_digest *path, uint64_t length, const rui_digest *root);

/*
 * The proof that the tree of the first old_size of count hashes of leaves is
 * the beginning of the tree of all (RFC 6962, 2.1.2); empty where old_size is
 * 0 or count.  RUI_RANGE unless old_size <= count; RUI_INTERRUPTED.
 */
extern rui_status rui_merkle_extension(const rui_env *env, const rui_digest *leaves,
									   uint64_t count, uint64_t old_size,
									   rui_proof *proof, rui_error *error);

/* Whether a proof shows that a tree begins with an older one (RFC 9162,
 * 2.1.4.2); every tree begins with the empty one. */
extern bool rui_merkle_extends(uint64_t old_size, const rui_digest *old_root,
							   uint64_t size, const rui_digest *root,
							   const rui_digest *proof, uint64_t length);

#endif /* RUI_MERKLE_H */
