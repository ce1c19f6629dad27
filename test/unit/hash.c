/* SPDX-License-Identifier: PostgreSQL
 *
 * hash.c
 *	  SHA-256 against the examples of FIPS 180-4, in pieces of every size, by
 *	  the processor's instructions and without them.
 */
#include "unit.h"

#include "core/hash.h"

static void
check_digest(const char *message, size_t length, const char *expected)
{
	unsigned char digest[RUI_SHA256_SIZE];
	unsigned char content[RUI_CONTENT_HASH_SIZE];
	char text[2 * RUI_SHA256_SIZE + 1];
	size_t piece;
	size_t i;

	for (piece = 1; piece <= 130; piece++)
	{
		rui_sha256 hash;

		rui_sha256_start(&hash);
		for (i = 0; i < length; i += piece)
			rui_sha256_update(&hash, message + i, length - i < piece ? length - i : piece);
		rui_sha256_finish(&hash, digest);
		for (i = 0; i < RUI_SHA256_SIZE; i++)
			snprintf(text + 2 * i, 3, "%02x", digest[i]);
		unit_note("length %zu in pieces of %zu", length, piece);
		CHECK_TEXT(text, expected);
	}
	rui_content_hash(message, length, content);
	CHECK(memcmp(content, digest, RUI_CONTENT_HASH_SIZE) == 0);
}

static void
check_examples(void)
{
	static char many[100000];

	check_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
				 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	check_digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
				 "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
				 112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	memset(many, 'a', sizeof many);
	{
		unsigned char digest[RUI_SHA256_SIZE];
		rui_sha256 hash;
		int i;

		/* One million times "a". */
		rui_sha256_start(&hash);
		for (i = 0; i < 10; i++)
			rui_sha256_update(&hash, many, sizeof many);
		rui_sha256_finish(&hash, digest);
		CHECK(digest[0] == 0xcd && digest[1] == 0xc7 && digest[31] == 0xd0);
	}
}

static void
check_alike(void)
{
	rui_random random = { 7 };
	int i;

	for (i = 0; i < 2000; i++)
	{
		unsigned char message[300];
		unsigned char digests[2][RUI_SHA256_SIZE];
		size_t length = rui_random_below(&random, sizeof message + 1);
		size_t k;
		int way;

		for (k = 0; k < length; k++)
			message[k] = (unsigned char) rui_random_next(&random);
		for (way = 0; way < 2; way++)
		{
			rui_sha256 hash;

			rui_sha256_choose(way == 1);
			rui_sha256_start(&hash);
			rui_sha256_update(&hash, message, length);
			rui_sha256_finish(&hash, digests[way]);
		}
		unit_note("message %d", i);
		CHECK(memcmp(digests[0], digests[1], RUI_SHA256_SIZE) == 0);
	}
}

int
main(void)
{
	check_examples();
	rui_sha256_choose(true);
	check_examples();
	check_alike();
	return unit_finish("hash");
}
