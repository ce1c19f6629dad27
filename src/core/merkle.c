/* SPDX-License-Identifier: PostgreSQL
 *
 * merkle.c
 *	  Merkle trees over SHA-256: roots, audit paths, consistency proofs.
 */
#include "core/merkle.h"

#include <string.h>

/* The hash of a node over two. */
static void
join(const rui_digest *left, const rui_digest *right, rui_digest *node)
{
	static const unsigned char mark = 1;
	rui_sha256 hash;

	rui_sha256_start(&hash);
	rui_sha256_update(&hash, &mark, 1);
	rui_sha256_update(&hash, left->bytes, sizeof left->bytes);
	rui_sha256_update(&hash, right->bytes, sizeof right->bytes);
	rui_sha256_finish(&hash, node->bytes);
}

static bool
is_same(const rui_digest *a, const rui_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void
rui_merkle_hash_leaf(const void *bytes, size_t length, rui_digest *leaf)
{
	static const unsigned char mark = 0;
	rui_sha256 hash;

	rui_sha256_start(&hash);
	rui_sha256_update(&hash, &mark, 1);
	rui_sha256_update(&hash, bytes, length);
	rui_sha256_finish(&hash, leaf->bytes);
}

void
rui_merkle_add(rui_merkle *tree, const rui_digest *leaf)
{
	rui_digest node = *leaf;
	int level;

	/* As a binary counter carries. */
	for (level = 0; tree->size >> level & 1; level++)
		join(&tree->peak[level], &node, &node);
	tree->peak[level] = node;
	tree->size++;
}

void
rui_merkle_root(const rui_merkle *tree, rui_digest *root)
{
	rui_digest node;
	bool is_begun = false;
	int level;

	if (tree->size == 0)
	{
		rui_sha256 hash;

		rui_sha256_start(&hash);
		rui_sha256_finish(&hash, root->bytes);
		return;
	}
	/* The smallest subtrees stand at the right. */
	for (level = 0; level < RUI_MERKLE_DEPTH; level++)
	{
		if ((tree->size >> level & 1) == 0)
			continue;
		if (is_begun)
			join(&tree->peak[level], &node, &node);
		else
			node = tree->peak[level];
		is_begun = true;
	}
	*root = node;
}

static rui_status
root_of(const rui_env *env, const rui_digest *leaves, uint64_t count, rui_digest *root,
		rui_error *error)
{
	rui_merkle tree;
	uint64_t i;

	tree.size = 0;
	for (i = 0; i < count; i++)
	{
		if (i % 4096 == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		rui_merkle_add(&tree, &leaves[i]);
	}
	rui_merkle_root(&tree, root);
	return RUI_OK;
}

/* The greatest power of two below count, which is at least 2. */
static uint64_t
split(uint64_t count)
{
	return (uint64_t) 1 << (63 - __builtin_clzll(count - 1));
}

/* Collected on the way down, told from the leaves up. */
static void
turn(rui_proof *proof)
{
	int i;

	for (i = 0; i < proof->length / 2; i++)
	{
		rui_digest kept = proof->part[i];

		proof->part[i] = proof->part[proof->length - 1 - i];
		proof->part[proof->length - 1 - i] = kept;
	}
}

rui_status
rui_merkle_path(const rui_env *env, const rui_digest *leaves, uint64_t count, uint64_t index,
				rui_proof *proof, rui_error *error)
{
	rui_proof found = { 0 };

	if (index >= count)
		return rui_fail(error, RUI_RANGE, "index", "Leaves are counted from 0.",
						"There is no leaf %llu among %llu.", (unsigned long long) index,
						(unsigned long long) count);
	while (count > 1)
	{
		uint64_t left = split(count);
		bool is_left = index < left;
		rui_status status = root_of(env, is_left ? leaves + left : leaves,
									is_left ? count - left : left, &found.part[found.length++],
									error);

		if (status != RUI_OK)
			return status;
		if (is_left)
			count = left;
		else
		{
			leaves += left;
			count -= left;
			index -= left;
		}
	}
	turn(&found);
	*proof = found;
	return RUI_OK;
}

bool
rui_merkle_holds(const rui_digest *leaf, uint64_t index, uint64_t size, const rui_digest *path,
				 uint64_t length, const rui_digest *root)
{
	uint64_t place = index;
	uint64_t last = size - 1;
	rui_digest node = *leaf;
	uint64_t i;

	if (index >= size)
		return false;
	for (i = 0; i < length; i++)
	{
		if (last == 0)
			return false;
		if ((place & 1) != 0 || place == last)
		{
			join(&path[i], &node, &node);
			/* A last node without a sibling rises as it is. */
			while ((place & 1) == 0 && place != 0)
			{
				place >>= 1;
				last >>= 1;
			}
		}
		else
			join(&node, &path[i], &node);
		place >>= 1;
		last >>= 1;
	}
	return last == 0 && is_same(&node, root);
}

rui_status
rui_merkle_extension(const rui_env *env, const rui_digest *leaves, uint64_t count,
					 uint64_t old_size, rui_proof *proof, rui_error *error)
{
	rui_proof found = { 0 };
	uint64_t old = old_size;
	bool is_known = true; /* the subtree in hand is the old tree itself */
	rui_status status = RUI_OK;

	if (old_size > count)
		return rui_fail(error, RUI_RANGE, "old_size", "Give the size of an earlier tree.",
						"A tree of %llu leaves cannot be the beginning of one of %llu.",
						(unsigned long long) old_size, (unsigned long long) count);
	while (old != 0 && old < count && status == RUI_OK)
	{
		uint64_t left = split(count);

		if (old <= left)
		{
			status = root_of(env, leaves + left, count - left, &found.part[found.length++], error);
			count = left;
		}
		else
		{
			status = root_of(env, leaves, left, &found.part[found.length++], error);
			leaves += left;
			count -= left;
			old -= left;
			is_known = false;
		}
	}
	if (status == RUI_OK && !is_known)
		status = root_of(env, leaves, count, &found.part[found.length++], error);
	if (status != RUI_OK)
		return status;
	turn(&found);
	*proof = found;
	return RUI_OK;
}

bool
rui_merkle_extends(uint64_t old_size, const rui_digest *old_root, uint64_t size,
				   const rui_digest *root, const rui_digest *proof, uint64_t length)
{
	uint64_t place = old_size - 1;
	uint64_t last = size - 1;
	rui_digest old_node;
	rui_digest node;
	uint64_t i = 0;

	if (old_size == 0 || old_size == size)
	{
		rui_merkle empty = { 0 };

		rui_merkle_root(&empty, &node);
		return length == 0 && is_same(old_root, old_size == 0 ? &node : root) &&
			(size != 0 || is_same(root, &node));
	}
	if (old_size > size)
		return false;
	/* An old tree that is complete is its own beginning. */
	if ((old_size & (old_size - 1)) == 0)
		node = *old_root;
	else if (length == 0)
		return false;
	else
		node = proof[i++];
	old_node = node;
	for (; (place & 1) != 0; place >>= 1)
		last >>= 1;
	for (; i < length; i++)
	{
		if (last == 0)
			return false;
		if ((place & 1) != 0 || place == last)
		{
			join(&proof[i], &old_node, &old_node);
			join(&proof[i], &node, &node);
			while ((place & 1) == 0 && place != 0)
			{
				place >>= 1;
				last >>= 1;
			}
		}
		else
			join(&node, &proof[i], &node);
		place >>= 1;
		last >>= 1;
	}
	return last == 0 && is_same(&old_node, old_root) && is_same(&node, root);
}
