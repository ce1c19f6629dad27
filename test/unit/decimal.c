/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.c
 *	  Unit tests of exact decimals.
 */
#include "unit.h"

#include "core/decimal.h"

static rui_decimal
decimal(const char *text)
{
	rui_decimal result = rui_decimal_zero;
	rui_error error;

	CHECK(rui_decimal_read(text, strlen(text), &result, &error) == RUI_OK);
	return result;
}

static const char *
print(rui_decimal number)
{
	static char texts[4][96];
	static int next;

	next = (next + 1) % 4;
	rui_decimal_print(number, texts[next], sizeof texts[next]);
	return texts[next];
}

static rui_status
read_status(const char *text)
{
	rui_decimal result = { 77, 1, 0 };
	rui_error error;
	rui_status status = rui_decimal_read(text, strlen(text), &result, &error);

	/* Untouched on failure. */
	CHECK(status == RUI_OK || (result.value == 77 && result.scale == 1));
	return status;
}

static void
test_text(void)
{
	static const char *const bad[] = { "", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "--1",
									   "1.2.3", "0x1", "NaN", "1,5", "-.5" };
	size_t i;

	CHECK_TEXT(print(decimal("0")), "0");
	CHECK_TEXT(print(decimal("-0")), "0");
	CHECK_TEXT(print(decimal("-0.00")), "0");
	CHECK_TEXT(print(decimal("007.50")), "7.5");
	CHECK_TEXT(print(decimal("-12.345")), "-12.345");
	CHECK_TEXT(print(decimal("0.000000000001")), "0.000000000001");
	CHECK_TEXT(print(decimal("0.0000000000010000")), "0.000000000001");
	CHECK_TEXT(print(decimal("1000")), "1000");
	CHECK_TEXT(print(decimal("99999999999999999999999999999999999999")),
			   "99999999999999999999999999999999999999");
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
	{
		unit_note("%s", bad[i]);
		CHECK_INT(read_status(bad[i]), RUI_SYNTAX);
	}
	unit_note("%s", "");
	CHECK_INT(read_status("0.0000000000001"), RUI_RANGE);
	CHECK_INT(read_status("100000000000000000000000000000000000000"), RUI_RANGE);
	CHECK_INT(read_status("999999999999999999999999999999999999999999999999999"), RUI_RANGE);
}

static void
test_arithmetic(void)
{
	rui_decimal result;
	rui_error error;

	CHECK(rui_decimal_add(decimal("0.1"), decimal("0.25"), &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "0.35");
	CHECK(rui_decimal_subtract(decimal("1"), decimal("1.000000000001"), &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "-0.000000000001");
	CHECK(rui_decimal_multiply(decimal("1234.5678"), decimal("-0.067"), &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "-82.7160426");
	/* 12 decimals each: 24 in the product, 36 in one of three. */
	CHECK(rui_decimal_multiply(decimal("0.000000000001"), decimal("0.000000000001"), &result,
							   &error) == RUI_OK);
	CHECK(rui_decimal_multiply(result, decimal("0.000000000003"), &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "0.000000000000000000000000000000000003");
	CHECK_INT(rui_decimal_multiply(result, decimal("0.1"), &result, &error), RUI_RANGE);

	/* At the limits. */
	CHECK_INT(rui_decimal_add(decimal("99999999999999999999999999999999999999"), decimal("1"),
							  &result, &error),
			  RUI_RANGE);
	CHECK(rui_decimal_add(decimal("99999999999999999999999999999999999999"),
						  decimal("-99999999999999999999999999999999999999"), &result,
						  &error) == RUI_OK);
	CHECK_TEXT(print(result), "0");
	CHECK_INT(rui_decimal_add(decimal("99999999999999999999999999999999999999"),
							  decimal("-0.1"), &result, &error),
			  RUI_RANGE);
	/* Beyond what 128 bits hold with a sign. */
	CHECK_INT(rui_decimal_add(decimal("99999999999999999999999999999999999999"),
							  decimal("99999999999999999999999999999999999999"), &result, &error),
			  RUI_RANGE);
	CHECK_INT(rui_decimal_subtract(decimal("-9999999999999999999999999999999999999.5"),
								   decimal("9999999999999999999999999999999999999.4"), &result,
								   &error),
			  RUI_RANGE);
	CHECK(rui_decimal_subtract(decimal("-9999999999999999999999999999999999999.8"),
							   decimal("9999999999999999999999999999999999999.2"), &result,
							   &error) == RUI_OK);
	CHECK_TEXT(print(result), "-19999999999999999999999999999999999999");
	CHECK_INT(rui_decimal_multiply(decimal("10000000000000000000"), decimal("10000000000000000000"),
								   &result, &error),
			  RUI_RANGE);
	CHECK(rui_decimal_multiply(decimal("10000000000000000000"), decimal("9999999999999999999"),
							   &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "99999999999999999990000000000000000000");
}

static void
test_compare(void)
{
	CHECK_INT(rui_decimal_compare(decimal("1.10"), decimal("1.1")), 0);
	CHECK_INT(rui_decimal_compare(decimal("-1.1"), decimal("1.1")), -1);
	CHECK_INT(rui_decimal_compare(decimal("-1.1"), decimal("-1.2")), 1);
	CHECK_INT(rui_decimal_compare(decimal("0"), decimal("-0.000000000001")), 1);
	/* Where scaling up would overflow. */
	CHECK_INT(rui_decimal_compare(decimal("99999999999999999999999999999999999999"),
								  decimal("0.000000000001")),
			  1);
	CHECK_INT(rui_decimal_compare(decimal("-99999999999999999999999999999999999999"),
								  decimal("-0.000000000001")),
			  -1);
	CHECK_INT(rui_decimal_compare(decimal("12345678901234567890123456.5"),
								  decimal("12345678901234567890123456.500000000001")),
			  -1);
}

static void
check_rounding(const char *number, rui_rounding mode, const char *expected)
{
	rui_decimal result;
	rui_error error;

	unit_note("%s %s", number, rui_rounding_names[mode]);
	CHECK(rui_decimal_round(decimal(number), 1, mode, &result, &error) == RUI_OK);
	CHECK_TEXT(print(result), expected);
	CHECK_INT(result.scale, 1);
	/* A ratio by one rounds alike. */
	CHECK(rui_decimal_ratio(decimal(number), rui_decimal_one, rui_decimal_one, 1, mode, &result,
							&error) == RUI_OK);
	CHECK_TEXT(print(result), expected);
}

static void
test_rounding(void)
{
	static const char *const numbers[] = { "2.35", "2.45", "-2.35", "-2.45", "2.41", "-2.41",
										   "2.450000000001", "2.4" };
	static const char *const expected[][8] = {
		{ "2.4", "2.5", "-2.4", "-2.5", "2.4", "-2.4", "2.5", "2.4" },
		{ "2.4", "2.4", "-2.4", "-2.4", "2.4", "-2.4", "2.5", "2.4" },
		{ "2.4", "2.5", "-2.4", "-2.5", "2.5", "-2.5", "2.5", "2.4" },
		{ "2.3", "2.4", "-2.3", "-2.4", "2.4", "-2.4", "2.4", "2.4" },
		{ "2.4", "2.5", "-2.3", "-2.4", "2.5", "-2.4", "2.5", "2.4" },
		{ "2.3", "2.4", "-2.4", "-2.5", "2.4", "-2.5", "2.4", "2.4" }
	};
	rui_rounding mode;
	int mode_number;
	int i;

	for (mode_number = 0; mode_number < 6; mode_number++)
		for (i = 0; i < 8; i++)
			check_rounding(numbers[i], (rui_rounding) mode_number, expected[mode_number][i]);
	unit_note("%s", "");
	CHECK(rui_rounding_find("ceiling", &mode) && mode == RUI_CEILING);
	CHECK(!rui_rounding_find("Ceiling", &mode));
	CHECK(!rui_rounding_find("", &mode));
}

static void
test_ratio(void)
{
	rui_decimal result;
	rui_error error;

	/* Kill Bill issue 1124's line; a third; a net price. */
	CHECK(rui_decimal_ratio(decimal("55"), decimal("0.067"), rui_decimal_one, 2, RUI_HALF_UP,
							&result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "3.69");
	CHECK(rui_decimal_ratio(decimal("-1"), decimal("2"), decimal("3"), 12, RUI_HALF_UP, &result,
							&error) == RUI_OK);
	CHECK_TEXT(print(result), "-0.666666666667");
	CHECK(rui_decimal_ratio(decimal("106.01"), rui_decimal_one, decimal("1.06"), 2, RUI_HALF_UP,
							&result, &error) == RUI_OK);
	CHECK_TEXT(print(result), "100.01");
	/* The product has 70 digits. */
	CHECK(rui_decimal_ratio(decimal("12345678901234567890123456789012345"),
							decimal("99999999999999999999999999999999999"),
							decimal("99999999999999999999999999999999998"), 0, RUI_DOWN, &result,
							&error) == RUI_OK);
	CHECK_TEXT(print(result), "12345678901234567890123456789012345");
	CHECK(rui_decimal_ratio(decimal("12345678901234567890123456789012345"),
							decimal("99999999999999999999999999999999999"),
							decimal("99999999999999999999999999999999998"), 0, RUI_UP, &result,
							&error) == RUI_OK);
	CHECK_TEXT(print(result), "12345678901234567890123456789012346");
	CHECK_INT(rui_decimal_ratio(decimal("99999999999999999999999999999999999999"), decimal("2"),
								rui_decimal_one, 0, RUI_DOWN, &result, &error),
			  RUI_RANGE);
}

/* quotient × divisor + remainder = a × b, in halves modulo a prime. */
static void
test_multiply_divide(void)
{
	const uint64_t prime = UINT64_C(0xFFFFFFFB);
	rui_random random = { 20261123 };
	int i;

	for (i = 0; i < 20000; i++)
	{
		rui_uint128 numbers[3];
		rui_uint128 quotient;
		rui_uint128 remainder;
		int k;

		for (k = 0; k < 3; k++)
			numbers[k] = (((rui_uint128) rui_random_next(&random) << 64) |
						  rui_random_next(&random)) >>
				(1 + rui_random_below(&random, 127));
		if (numbers[2] == 0)
			continue;
		unit_note("seed 20261123 case %d", i);
		if (!rui_multiply_divide(numbers[0], numbers[1], numbers[2], &quotient, &remainder))
		{
			/* Refused only where the quotient is large. */
			CHECK(numbers[0] > numbers[2] && numbers[1] > numbers[2] / numbers[0]);
			continue;
		}
		CHECK(remainder < numbers[2]);
		CHECK((uint64_t) (numbers[0] % prime) * (uint64_t) (numbers[1] % prime) % prime ==
			  ((uint64_t) (quotient % prime) * (uint64_t) (numbers[2] % prime) % prime +
			   (uint64_t) (remainder % prime)) %
				  prime);
		CHECK(numbers[0] * numbers[1] == quotient * numbers[2] + remainder);
	}
	unit_note("%s", "");
}

int
main(void)
{
	test_text();
	test_arithmetic();
	test_compare();
	test_rounding();
	test_ratio();
	test_multiply_divide();
	return unit_finish("decimal");
}
