/* SPDX-License-Identifier: PostgreSQL
 *
 * hash.h
 *	  SHA-256 (FIPS 180-4) and the content hash of rule values.
 */
#ifndef RUI_HASH_H
#define RUI_HASH_H

#include "core/rui_core.h"

#define RUI_SHA256_SIZE 32
#define RUI_CONTENT_HASH_SIZE 16

typedef struct rui_sha256
{
	uint32_t state[8];
	uint64_t length; /* bytes taken so far */
	unsigned char block[64];
} rui_sha256;

extern void rui_sha256_start(rui_sha256 *hash);
extern void rui_sha256_update(rui_sha256 *hash, const void *bytes, size_t length);
extern void rui_sha256_finish(rui_sha256 *hash, unsigned char digest[RUI_SHA256_SIZE]);

/* Hash in plain C, or by the processor's SHA instructions where it has them, as
 * is done unless this says otherwise; the digests are the same. */
extern void rui_sha256_choose(bool portable);

/* The first 128 bits of SHA-256: names a rule value by its content. */
extern void rui_content_hash(const void *bytes, size_t length,
							 unsigned char digest[RUI_CONTENT_HASH_SIZE]);

#endif /* RUI_HASH_H */
