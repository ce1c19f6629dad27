/* SPDX-License-Identifier: PostgreSQL
 *
 * hash.c
 *	  SHA-256 (FIPS 180-4) and the content hash of rule values.
 */
#include "core/hash.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

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

static inline uint32_t
word(const unsigned char *bytes)
{
	return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
		(uint32_t) bytes[3];
}

/* The names of the eight working variables go round instead of their values. */
#define ROUND(a, b, c, d, e, f, g, h, i) \
	do \
	{ \
		uint32_t first = (h) + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + \
			((g) ^ ((e) & ((f) ^ (g)))) + round_constant[i] + w[i]; \
		(d) += first; \
		(h) = first + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + \
			(((a) & (b)) | ((c) & ((a) | (b)))); \
	} while (0)

static void
compress_portably(rui_sha256 *hash, const unsigned char *block)
{
	uint32_t w[64];
	uint32_t a = hash->state[0], b = hash->state[1], c = hash->state[2], d = hash->state[3];
	uint32_t e = hash->state[4], f = hash->state[5], g = hash->state[6], h = hash->state[7];
	int i;

	for (i = 0; i < 16; i++)
		w[i] = word(block + 4 * i);
	for (; i < 64; i++)
		w[i] = w[i - 16] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3)) +
			w[i - 7] + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10));
	for (i = 0; i < 64; i += 8)
	{
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	hash->state[0] += a;
	hash->state[1] += b;
	hash->state[2] += c;
	hash->state[3] += d;
	hash->state[4] += e;
	hash->state[5] += f;
	hash->state[6] += g;
	hash->state[7] += h;
}

#if defined(__x86_64__)
/*
 * The same by the SHA extensions of x86 (Intel SDM, SHA256RNDS2): two rounds
 * an instruction, on the state as the words a b e f and c d g h.
 */
__attribute__((target("sha,sse4.1"))) static void
compress_by_instruction(rui_sha256 *hash, const unsigned char *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i *state = (__m128i *) hash->state;
	__m128i low = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xb1);
	__m128i high = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1b);
	const __m128i abef_before = _mm_alignr_epi8(low, high, 8);
	const __m128i cdgh_before = _mm_blend_epi16(high, low, 0xf0);
	__m128i abef = abef_before;
	__m128i cdgh = cdgh_before;
	__m128i w[4];
	int i;

	for (i = 0; i < 4; i++)
		w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *) block + i), big_endian);
#pragma GCC unroll 16
	for (i = 0; i < 16; i++)
	{
		__m128i sum = _mm_add_epi32(
			w[i % 4], _mm_loadu_si128((const __m128i *) (round_constant + 4 * i)));

		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
		if (i < 12)
			w[i % 4] = _mm_sha256msg2_epu32(
				_mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]),
							  _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4)),
				w[(i + 3) % 4]);
	}
	low = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1b);
	high = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xb1);
	_mm_storeu_si128(state, _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128(state + 1, _mm_alignr_epi8(high, low, 8));
}

static bool
has_instruction(void)
{
	unsigned int a;
	unsigned int b;
	unsigned int c;
	unsigned int d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) != 0 &&
		__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}
#endif

static void (*chosen)(rui_sha256 *hash, const unsigned char *block) = NULL;

void
rui_sha256_choose(bool portable)
{
	chosen = compress_portably;
#if defined(__x86_64__)
	if (!portable && has_instruction())
		chosen = compress_by_instruction;
#else
	(void) portable;
#endif
}

static inline void
compress(rui_sha256 *hash, const unsigned char *block)
{
	if (chosen == NULL)
		rui_sha256_choose(false);
	chosen(hash, block);
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
