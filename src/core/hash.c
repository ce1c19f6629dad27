/* SPDX-License-Identifier: PostgreSQL
 *
 * hash.c
 *	  SHA-256 (FIPS 180-4) and the content hash of rule values.
 */
#include "core/hash.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first
 * 64 primes (FIPS 180-4, 4.2.2). */
static const uint32_t round_constant[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static inline uint32_t
rotate(uint32_t value, int bits)
{
	return (value >> bits) | (value << (32 - bits));
}

static void
compress(rui_sha256 *hash, const unsigned char *block)
{
	uint32_t w[64];
	uint32_t s[8];
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16 |
			(uint32_t) block[4 * i + 2] << 8 | (uint32_t) block[4 * i + 3];
	for (; i < 64; i++)
	{
		uint32_t a = w[i - 15];
		uint32_t b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)) + w[i - 7] +
			(rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10));
	}
	memcpy(s, hash->state, sizeof s);
	for (i = 0; i < 64; i++)
	{
		uint32_t first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
			((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constant[i] + w[i];
		uint32_t second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
			((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof s[0]);
		s[4] += first;
		s[0] = first + second;
	}
	for (i = 0; i < 8; i++)
		hash->state[i] += s[i];
}

void
rui_sha256_start(rui_sha256 *hash)
{
	static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
										 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(hash->state, initial, sizeof initial);
	hash->length = 0;
}

void
rui_sha256_update(rui_sha256 *hash, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;
	size_t filled = hash->length % 64;

	hash->length += length;
	if (filled > 0)
	{
		size_t part = 64 - filled < length ? 64 - filled : length;

		memcpy(hash->block + filled, from, part);
		if (filled + part < 64)
			return;
		compress(hash, hash->block);
		from += part;
		length -= part;
	}
	for (; length >= 64; from += 64, length -= 64)
		compress(hash, from);
	if (length > 0)
		memcpy(hash->block, from, length);
}

void
rui_sha256_finish(rui_sha256 *hash, unsigned char digest[RUI_SHA256_SIZE])
{
	static const unsigned char padding[72] = { 0x80 };
	uint64_t bits = hash->length * 8;
	size_t filled = hash->length % 64;
	unsigned char tail[8];
	int i;

	for (i = 0; i < 8; i++)
		tail[i] = (unsigned char) (bits >> (56 - 8 * i));
	rui_sha256_update(hash, padding, filled < 56 ? 56 - filled : 120 - filled);
	rui_sha256_update(hash, tail, 8);
	for (i = 0; i < 32; i++)
		digest[i] = (unsigned char) (hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void
rui_content_hash(const void *bytes, size_t length, unsigned char digest[RUI_CONTENT_HASH_SIZE])
{
	unsigned char whole[RUI_SHA256_SIZE];
	rui_sha256 hash;

	rui_sha256_start(&hash);
	rui_sha256_update(&hash, bytes, length);
	rui_sha256_finish(&hash, whole);
	memcpy(digest, whole, RUI_CONTENT_HASH_SIZE);
}
