/* SPDX-License-Identifier: PostgreSQL
 *
 * merkle.c
 *	  Fuzz target: proofs of the tree's own making hold and no changed one
 *	  does; any bytes taken for a proof are judged without a crash.
 *
 * The input is the number of leaves, an index, an old size, what to change,
 * and bytes taken for digests.
 */
#include <stdlib.h>
#include <string.h>

#include "core/merkle.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_LEAVES 300

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
take(const uint8_t **data, size_t *size, void *target, size_t wanted)
{
	size_t given = *size < wanted ? *size : wanted;

	memset(target, 0, wanted);
	memcpy(target, *data, given);
	*data += given;
	*size -= given;
}

/* A bit of a proof, or of what it is checked against. */
static void
flip(rui_digest *digests, int count, uint16_t which)
{
	int bit = which % (count * RUI_SHA256_SIZE * 8);

	digests[bit / (RUI_SHA256_SIZE * 8)].bytes[bit / 8 % RUI_SHA256_SIZE] ^=
		(unsigned char) (1 << bit % 8);
}

static void
check_path(const rui_digest *leaves, uint16_t count, uint16_t index, const rui_digest *root,
		   uint16_t change)
{
	rui_proof proof;
	rui_error error;
	rui_status status = rui_merkle_path(&rui_env_malloc, leaves, count, index, &proof, &error);

	require(status == (index < count ? RUI_OK : RUI_RANGE));
	if (status != RUI_OK)
		return;
#define HOLDS(length) rui_merkle_holds(&leaves[index], index, count, proof.part, length, root)
	require(HOLDS(proof.length));
	require(!HOLDS(proof.length + 1));
	if (proof.length == 0)
		return;
	require(!HOLDS(proof.length - 1));
	flip(proof.part, proof.length, change);
	require(!HOLDS(proof.length));
}

static void
check_extension(const rui_digest *leaves, uint16_t count, const rui_digest *root,
				uint16_t old_size, const rui_digest *old_root, uint16_t change)
{
	rui_proof proof;
	rui_error error;
	rui_status status = rui_merkle_extension(&rui_env_malloc, leaves, count, old_size, &proof,
											 &error);

	require(status == (old_size <= count ? RUI_OK : RUI_RANGE));
	if (status != RUI_OK)
		return;
#define EXTENDS rui_merkle_extends(old_size, old_root, count, root, proof.part, proof.length)
	require(EXTENDS);
	if (proof.length == 0)
		return;
	flip(proof.part, proof.length, change);
	require(!EXTENDS);
}

static void
check_own(uint16_t count, uint16_t index, uint16_t old_size, uint16_t change)
{
	static rui_digest leaves[MOST_LEAVES];
	rui_merkle tree = { 0 };
	rui_digest root;
	rui_digest old_root;
	uint16_t i;

	for (i = 0; i < count; i++)
	{
		if (i == old_size)
			rui_merkle_root(&tree, &old_root);
		rui_merkle_hash_leaf(&i, sizeof i, &leaves[i]);
		rui_merkle_add(&tree, &leaves[i]);
	}
	rui_merkle_root(&tree, &root);
	if (old_size >= count)
		old_root = root;
	check_path(leaves, count, index, &root, change);
	check_extension(leaves, count, &root, old_size, &old_root, change);
}

/* Whatever it says, it comes to an end; and nothing holds by luck. */
static void
check_any(const uint8_t *data, size_t size)
{
	static rui_digest digests[RUI_MERKLE_DEPTH + 8];
	uint64_t numbers[2];
	size_t count;

	take(&data, &size, numbers, sizeof numbers);
	count = size / sizeof(rui_digest);
	if (count > RUI_MERKLE_DEPTH + 8)
		count = RUI_MERKLE_DEPTH + 8;
	memcpy(digests, data, count * sizeof(rui_digest));
	if (count < 2)
		return;
	if (rui_merkle_holds(&digests[0], numbers[0], numbers[1], digests + 2, count - 2,
						 &digests[1]))
		require(numbers[0] < numbers[1] &&
				(count > 2 || memcmp(&digests[0], &digests[1], sizeof digests[0]) == 0));
	if (rui_merkle_extends(numbers[0], &digests[0], numbers[1], &digests[1], digests + 2,
						   count - 2))
		require(numbers[0] <= numbers[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t numbers[4];

	check_any(data, size);
	take(&data, &size, numbers, sizeof numbers);
	check_own(numbers[0] % MOST_LEAVES, numbers[1] % (MOST_LEAVES + 9),
			  numbers[2] % (MOST_LEAVES + 9), numbers[3]);
	return 0;
}
