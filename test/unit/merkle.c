/* SPDX-License-Identifier: PostgreSQL
 *
 * merkle.c
 *	  Merkle trees against the definition of RFC 6962, every proof of every
 *	  small tree, and every way of spoiling one.
 */
#include "unit.h"

#include "core/merkle.h"

#define MOST 70

static rui_digest leaves[MOST];

/* MTH as RFC 6962, 2.1, writes it, from nothing but SHA-256. */
static rui_digest
model(const rui_digest *from, int count)
{
	rui_digest result;
	rui_sha256 hash;

	if (count == 1)
		return from[0];
	rui_sha256_start(&hash);
	if (count > 1)
	{
		int left = 1;
		rui_digest sides[2];

		while (left * 2 < count)
			left *= 2;
		sides[0] = model(from, left);
		sides[1] = model(from + left, count - left);
		rui_sha256_update(&hash, "\1", 1);
		rui_sha256_update(&hash, sides, sizeof sides);
	}
	rui_sha256_finish(&hash, result.bytes);
	return result;
}

static bool
same(rui_digest a, rui_digest b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static void
test_roots(void)
{
	/* Inputs and roots that the first implementers of RFC 6962 agreed on. */
	static const struct
	{
		const char *leaf;
		size_t length;
		const char *root;
	} known[] = {
		{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
		{ "\0", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
		{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
		{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
		{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
		{ "\x40\x41\x42\x43", 4,
		  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
		{ "PQRSTUVW", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
		{ "`abcdefghijklmno", 16,
		  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" }
	};
	rui_merkle tree = { 0 };
	rui_digest root;
	char text[2 * RUI_SHA256_SIZE + 1];
	size_t i;
	int count;
	int k;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
	{
		rui_digest leaf;

		rui_merkle_hash_leaf(known[i].leaf, known[i].length, &leaf);
		rui_merkle_add(&tree, &leaf);
		rui_merkle_root(&tree, &root);
		for (k = 0; k < RUI_SHA256_SIZE; k++)
			snprintf(text + 2 * k, 3, "%02x", root.bytes[k]);
		unit_note("%zu leaves", i + 1);
		CHECK_TEXT(text, known[i].root);
	}
	tree.size = 0;
	for (count = 0; count < MOST; count++)
	{
		rui_merkle_root(&tree, &root);
		unit_note("%d leaves", count);
		CHECK(same(root, model(leaves, count)));
		rui_merkle_add(&tree, &leaves[count]);
	}
}

/* A proof that holds fails when anything in it is changed. */
static void
spoil_path(int index, int size, const rui_proof *proof, const rui_digest *root)
{
	rui_proof bad;
	rui_digest other = *root;
	int i;

	other.bytes[index % RUI_SHA256_SIZE] ^= 1;
	CHECK(!rui_merkle_holds(&leaves[index], index, size, proof->part, proof->length, &other));
	other = leaves[index];
	other.bytes[size % RUI_SHA256_SIZE] ^= 0x80;
	CHECK(!rui_merkle_holds(&other, index, size, proof->part, proof->length, root));
	for (i = 0; i < proof->length; i++)
	{
		bad = *proof;
		bad.part[i].bytes[(i + index) % RUI_SHA256_SIZE] ^= 4;
		CHECK(!rui_merkle_holds(&leaves[index], index, size, bad.part, bad.length, root));
		if (i > 0)
		{
			bad = *proof;
			bad.part[i] = proof->part[i - 1];
			bad.part[i - 1] = proof->part[i];
			CHECK(!rui_merkle_holds(&leaves[index], index, size, bad.part, bad.length, root));
		}
	}
	bad = *proof;
	bad.part[bad.length] = leaves[0];
	CHECK(!rui_merkle_holds(&leaves[index], index, size, bad.part, bad.length + 1, root));
	if (proof->length > 0)
	{
		CHECK(!rui_merkle_holds(&leaves[index], index, size, proof->part, proof->length - 1,
								root));
		CHECK(!rui_merkle_holds(&leaves[index], index, size, &proof->part[1], proof->length - 1,
								root));
	}
	for (i = 0; i < MOST; i++)
		if (i != index)
			CHECK(!rui_merkle_holds(&leaves[index], i, size, proof->part, proof->length, root));
	CHECK(!rui_merkle_holds(&leaves[index], index, 0, proof->part, proof->length, root));
	CHECK(!rui_merkle_holds(&leaves[index], UINT64_MAX, UINT64_MAX, proof->part, proof->length,
							root));
}

static void
test_paths(void)
{
	rui_proof proof;
	rui_error error;
	int size;
	int index;

	for (size = 1; size < MOST; size++)
	{
		rui_digest root = model(leaves, size);

		for (index = 0; index < size; index++)
		{
			unit_note("leaf %d of %d", index, size);
			CHECK(rui_merkle_path(&rui_env_malloc, leaves, size, index, &proof, &error) == RUI_OK);
			CHECK(rui_merkle_holds(&leaves[index], index, size, proof.part, proof.length, &root));
			spoil_path(index, size, &proof, &root);
		}
		proof.length = 77;
		CHECK(rui_merkle_path(&rui_env_malloc, leaves, size, size, &proof, &error) == RUI_RANGE);
		CHECK(proof.length == 77);
	}
	CHECK(rui_merkle_path(&rui_env_malloc, leaves, 0, 0, &proof, &error) == RUI_RANGE);
}

static void
spoil_consistency(int old, int size, const rui_proof *proof, const rui_digest *old_root,
				  const rui_digest *root)
{
	rui_proof bad;
	rui_digest other = *old_root;
	int i;

	other.bytes[old % RUI_SHA256_SIZE] ^= 1;
	CHECK(!rui_merkle_extends(old, &other, size, root, proof->part, proof->length));
	if (old > 0)
	{
		other = *root;
		other.bytes[size % RUI_SHA256_SIZE] ^= 1;
		CHECK(
			!rui_merkle_extends(old, old_root, size, &other, proof->part, proof->length));
	}
	for (i = 0; i < proof->length; i++)
	{
		bad = *proof;
		bad.part[i].bytes[(i + old) % RUI_SHA256_SIZE] ^= 16;
		CHECK(!rui_merkle_extends(old, old_root, size, root, bad.part, bad.length));
	}
	bad = *proof;
	bad.part[bad.length] = leaves[0];
	CHECK(!rui_merkle_extends(old, old_root, size, root, bad.part, bad.length + 1));
	if (proof->length > 0)
		CHECK(!rui_merkle_extends(old, old_root, size, root, proof->part,
								  proof->length - 1));
	if (old < size)
		CHECK(!rui_merkle_extends(size, root, old, old_root, proof->part,
								  proof->length));
}

static void
test_consistency(void)
{
	rui_proof proof;
	rui_error error;
	int size;
	int old;

	for (size = 0; size < MOST; size++)
	{
		rui_digest root = model(leaves, size);

		for (old = 0; old <= size; old++)
		{
			rui_digest old_root = model(leaves, old);

			unit_note("%d leaves of %d", old, size);
			CHECK(rui_merkle_extension(&rui_env_malloc, leaves, size, old, &proof, &error) ==
				  RUI_OK);
			CHECK(rui_merkle_extends(old, &old_root, size, &root, proof.part,
									 proof.length));
			spoil_consistency(old, size, &proof, &old_root, &root);
			if (old > 0 && old < size)
			{
				/* A fork: another history of the same length. */
				rui_digest kept = leaves[old - 1];
				rui_digest forked;

				leaves[old - 1].bytes[0] ^= 1;
				forked = model(leaves, size);
				CHECK(rui_merkle_extension(&rui_env_malloc, leaves, size, old, &proof,
										   &error) == RUI_OK);
				leaves[old - 1] = kept;
				CHECK(!rui_merkle_extends(old, &old_root, size, &forked, proof.part,
										  proof.length));
			}
		}
		CHECK(rui_merkle_extension(&rui_env_malloc, leaves, size, size + 1, &proof, &error) ==
			  RUI_RANGE);
	}
}

int
main(void)
{
	int i;

	for (i = 0; i < MOST; i++)
	{
		unsigned char content[4] = { 'l', (unsigned char) i, 0, 7 };

		rui_merkle_hash_leaf(content, i % 5, &leaves[i]);
		leaves[i].bytes[31] = (unsigned char) i; /* all differ */
	}
	test_roots();
	test_paths();
	test_consistency();
	return unit_finish("merkle");
}
