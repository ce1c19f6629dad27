/* SPDX-License-Identifier: PostgreSQL
 *
 * rui_core.c
 *	  Memory, errors and chance: what the whole core stands on.
 */
#include "unit.h"

static void
test_memory(void)
{
	int64_t *numbers = NULL;
	size_t capacity = 0;
	rui_error error;
	size_t i;

	CHECK(rui_allocate(&rui_env_malloc, SIZE_MAX / 2, 3) == NULL);
	CHECK(rui_allocate(&rui_env_malloc, SIZE_MAX, 1) == NULL);
	for (i = 0; i < 1000; i++)
	{
		CHECK(rui_grow(&rui_env_malloc, &numbers, &capacity, i + 1, sizeof *numbers,
					   &error) == RUI_OK);
		numbers[i] = (int64_t) i;
	}
	for (i = 0; i < 1000; i++)
		CHECK_INT(numbers[i], i);
	CHECK(rui_grow(&rui_env_malloc, &numbers, &capacity, SIZE_MAX / 2, sizeof *numbers,
				   &error) == RUI_MEMORY);
	CHECK_INT(numbers[999], 999);
	CHECK_INT(error.code, RUI_MEMORY);
	rui_release(&rui_env_malloc, numbers);
	rui_release(&rui_env_malloc, NULL);
}

static void
test_errors(void)
{
	char longest[600];
	rui_error error;
	size_t cut;

	CHECK(rui_fail(&error, RUI_RANGE, "part", "Mend it.", "Number %d is odd.", 7) == RUI_RANGE);
	CHECK_INT(error.code, RUI_RANGE);
	CHECK_INT(error.offset, -1);
	CHECK_TEXT(error.part, "part");
	CHECK_TEXT(error.detail, "Number 7 is odd.");
	CHECK_TEXT(error.hint, "Mend it.");
	CHECK(rui_fail_at(&error, RUI_SYNTAX, 42, NULL, NULL, "%s again", error.detail) == RUI_SYNTAX);
	CHECK_INT(error.offset, 42);
	CHECK_TEXT(error.part, "");
	CHECK_TEXT(error.hint, "");
	CHECK_TEXT(error.detail, "Number 7 is odd. again");
	CHECK(rui_fail(NULL, RUI_LIMIT, NULL, NULL, "nobody listens") == RUI_LIMIT);

	/* A text that is cut ends with a whole character, wherever the cut falls. */
	for (cut = 0; cut < 4; cut++)
	{
		size_t length;

		memset(longest, 'x', cut);
		for (length = cut; length + 4 < sizeof longest; length += 3)
			memcpy(longest + length, "\xE7\xBD\x91", 3); /* 网 */
		longest[length] = '\0';
		rui_fail(&error, RUI_INVALID, longest, longest, "%s", longest);
		CHECK_INT((strlen(error.part) - cut) % 3, 0);
		CHECK_INT((strlen(error.detail) - cut) % 3, 0);
		CHECK_INT((strlen(error.hint) - cut) % 3, 0);
		CHECK(strlen(error.detail) > 240);
	}
}

static void
test_chance(void)
{
	rui_random first = { 42 };
	rui_random second = { 42 };
	long counts[6] = { 0 };
	int i;

	/* The published first values of splitmix64 for seed 1234567. */
	rui_random known = { 1234567 };
	CHECK(rui_random_next(&known) == UINT64_C(6457827717110365317));
	CHECK(rui_random_next(&known) == UINT64_C(3203168211198807973));
	for (i = 0; i < 60000; i++)
	{
		uint64_t side = rui_random_below(&first, 6);

		CHECK(side == rui_random_below(&second, 6));
		if (CHECK(side < 6))
			counts[side]++;
	}
	for (i = 0; i < 6; i++)
		CHECK(counts[i] > 9600 && counts[i] < 10400);
}

static void
test_overflow(void)
{
	int64_t result = 0;

	CHECK(rui_add_overflows(INT64_MAX, 1, &result));
	CHECK(!rui_add_overflows(INT64_MAX - 1, 1, &result) && result == INT64_MAX);
	CHECK(rui_subtract_overflows(INT64_MIN, 1, &result));
	CHECK(rui_multiply_overflows(INT64_MIN, -1, &result));
	CHECK(!rui_multiply_overflows(-3, 7, &result) && result == -21);
}

int
main(void)
{
	test_memory();
	test_errors();
	test_chance();
	test_overflow();
	return unit_finish("rui_core");
}
