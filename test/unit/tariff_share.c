/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_share.c
 *	  Unit tests of splits, proration and late fees.
 */
#include "unit.h"

#include "core/instant.h"
#include "core/tariff_share.h"

static rui_decimal
decimal(const char *text)
{
	rui_decimal result = rui_decimal_zero;
	rui_error error;

	CHECK(rui_decimal_read(text, strlen(text), &result, &error) == RUI_OK);
	return result;
}

/* The numbers of a text with commas. */
static size_t
decimals(const char *text, rui_decimal *numbers)
{
	size_t count = 0;

	while (*text != '\0')
	{
		size_t length = strcspn(text, ",");
		rui_error error;

		CHECK(rui_decimal_read(text, length, &numbers[count++], &error) == RUI_OK);
		text += length + (text[length] == ',' ? 1 : 0);
	}
	return count;
}

typedef rui_status (*splitter)(const rui_env *env, rui_decimal amount,
							   const rui_decimal *weights, size_t count, int scale,
							   rui_decimal *parts, rui_error *error);

static rui_status
split_remainder_first(const rui_env *env, rui_decimal amount, const rui_decimal *weights,
					  size_t count, int scale, rui_decimal *parts, rui_error *error)
{
	return rui_split_remainder(env, amount, weights, count, scale, 0, parts, error);
}

static void
check_split(splitter split, const char *amount, const char *weights, int scale,
			const char *expected)
{
	rui_decimal numbers[16];
	rui_decimal wanted[16];
	rui_decimal parts[16];
	size_t count = decimals(weights, numbers);
	rui_error error;
	size_t i;

	unit_note("%s by %s", amount, weights);
	CHECK_INT(decimals(expected, wanted), count);
	CHECK(split(&rui_env_malloc, decimal(amount), numbers, count, scale, parts, &error) == RUI_OK);
	for (i = 0; i < count; i++)
	{
		char text[96];
		char want[96];

		rui_decimal_print(parts[i], text, sizeof text);
		rui_decimal_print(wanted[i], want, sizeof want);
		CHECK_TEXT(text, want);
		CHECK_INT(parts[i].scale, scale);
	}
	unit_note("%s", "");
}

static void
check_split_refused(const char *amount, const char *weights, int scale, rui_status status,
					const char *part)
{
	rui_decimal numbers[16];
	rui_decimal parts[16];
	size_t count = decimals(weights, numbers);
	rui_error error;

	unit_note("%s by %s", amount, weights);
	CHECK_INT(rui_split_largest(&rui_env_malloc, decimal(amount), numbers, count, scale, parts,
								&error),
			  status);
	CHECK_TEXT(error.part, part);
	CHECK_INT(rui_split_cumulative(&rui_env_malloc, decimal(amount), numbers, count, scale, parts,
								   &error),
			  status);
	CHECK_INT(rui_split_remainder(&rui_env_malloc, decimal(amount), numbers, count, scale, 0, parts,
								  &error),
			  status);
	unit_note("%s", "");
}

#define TOO_LONG "99999999999999999999999999999999999999"

static void
test_splits(void)
{
	rui_decimal numbers[2] = { { 1, 0, 0 }, { 1, 0, 0 } };
	rui_decimal parts[2];
	rui_error error;

	check_split(rui_split_largest, "100", "1,1,1", 2, "33.34,33.33,33.33");
	check_split(rui_split_largest, "-100", "1,1,1", 2, "-33.34,-33.33,-33.33");
	check_split(rui_split_largest, "0.02", "1,1,1", 2, "0.01,0.01,0");
	check_split(rui_split_largest, "10", "0,3,0", 2, "0,10,0");
	check_split(rui_split_largest, "1", "0.5,0.25,0.25", 0, "1,0,0");
	check_split(rui_split_largest, "7", "1,2,4", 0, "1,2,4");
	/* 2.25, 3.375, 3.375: the first of the equal remainders. */
	check_split(rui_split_largest, "9", "2,3,3", 0, "2,4,3");
	check_split(rui_split_largest, "0", "1,2", 2, "0,0");
	/* Condo's case: 1735.00 → 1698.57 + 36.44 creates one kopeck. */
	check_split(rui_split_largest, "1735.00", "97.9,2.1", 2, "1698.57,36.43");
	/* Numbers whose products need 256 bits. */
	check_split(rui_split_largest, "99999999999999999999999999.99",
				"33333333333333333333333333,66666666666666666666666666", 2,
				"33333333333333333333333333.33,66666666666666666666666666.66");

	check_split(split_remainder_first, "100", "1,1,1", 2, "33.34,33.33,33.33");
	check_split(split_remainder_first, "0.05", "1,1,1,1,1,1,1,1,1,1", 2,
				"-0.04,0.01,0.01,0.01,0.01,0.01,0.01,0.01,0.01,0.01");
	check_split(split_remainder_first, "-100", "1,1,1", 2, "-33.34,-33.33,-33.33");

	check_split(rui_split_cumulative, "100", "1,1,1", 2, "33.33,33.34,33.33");
	check_split(rui_split_cumulative, "-100", "1,1,1", 2, "-33.33,-33.34,-33.33");
	check_split(rui_split_cumulative, "0.05", "1,1,1,1,1,1,1,1,1,1", 2,
				"0.01,0,0.01,0,0.01,0,0.01,0,0.01,0");

	check_split_refused("100.001", "1,1", 2, RUI_INVALID, "amount");
	check_split_refused("100", "0,0", 2, RUI_INVALID, "weights");
	check_split_refused("100", "", 2, RUI_INVALID, "weights");
	check_split_refused("100", "1,-1", 2, RUI_INVALID, "weights[2]");
	check_split_refused("100",
						TOO_LONG "," TOO_LONG,
						2, RUI_RANGE, "weights");
	check_split_refused("99999999999999999999999999999999999999", "1", 2, RUI_RANGE, "");
	CHECK_INT(rui_split_remainder(&rui_env_malloc, decimal("1"), numbers, 2, 2, 2, parts, &error),
			  RUI_INVALID);
	CHECK_TEXT(error.part, "remainder");
}

/* Parts sum to the amount and lie within one unit of their exact value. */
static void
test_split_laws(void)
{
	static const splitter splitters[] = { rui_split_largest, rui_split_cumulative };
	rui_random random = { 11 };
	int round;

	for (round = 0; round < 2000; round++)
	{
		size_t count = 1 + rui_random_below(&random, 12);
		rui_decimal amount = { (int64_t) rui_random_below(&random, 100000) - 50000, 2, 0 };
		rui_decimal weights[12];
		rui_decimal parts[12];
		int64_t total = 0;
		size_t i;
		int k;

		for (i = 0; i < count; i++)
		{
			weights[i] = (rui_decimal){ (int64_t) rui_random_below(&random, 1000), 3, 0 };
			total += (int64_t) weights[i].value;
		}
		if (total == 0)
			continue;
		for (k = 0; k < 2; k++)
		{
			int64_t sum = 0;
			rui_error error;

			unit_note("seed 11 round %d splitter %d", round, k);
			CHECK(splitters[k](&rui_env_malloc, amount, weights, count, 2, parts, &error) ==
				  RUI_OK);
			for (i = 0; i < count; i++)
			{
				rui_int128 exact = amount.value * weights[i].value;
				rui_int128 apart = parts[i].value * total - exact;

				sum += (int64_t) parts[i].value;
				CHECK(apart > -total - (k == 1) && apart < total + (k == 1));
			}
			CHECK_INT(sum, amount.value);
		}
	}
	unit_note("%s", "");
}

static int32_t
date(const char *text)
{
	int32_t result = 0;

	CHECK(rui_date_read(text, strlen(text), &result));
	return result;
}

static void
check_share(const char *amount, const char *used_from, const char *used_to,
			const char *from_on, const char *to_on, rui_proration convention,
			const char *expected)
{
	rui_days used = { date(used_from), date(used_to) };
	rui_days period = { date(from_on), date(to_on) };
	rui_decimal part;
	rui_error error;
	char text[96];

	unit_note("%s %s of %s %s by %d", used_from, used_to, from_on, to_on, convention);
	if (CHECK(rui_share_of_period(decimal(amount), used, period, 2, convention, &part, &error) ==
			  RUI_OK))
	{
		rui_decimal_print(part, text, sizeof text);
		CHECK_TEXT(text, expected);
	}
	unit_note("%s", "");
}

#define JANUARY "2026-01-01", "2026-02-01"
#define FEBRUARY "2026-02-01", "2026-03-01"
#define QUARTER "2026-01-01", "2026-04-01"

static void
test_proration(void)
{
	rui_days used = { date("2026-01-16"), date("2026-02-02") };
	rui_days period = { date("2026-01-01"), date("2026-02-01") };
	rui_days empty = { 0, 0 };
	rui_days odd = { date("2026-01-10"), date("2026-02-05") };
	rui_decimal part;
	rui_error error;
	rui_proration convention;

	/* Invariant 7: move-in on the 16th inclusive is 16/31. */
	check_share("310", "2026-01-16", "2026-02-01", JANUARY, RUI_PRORATE_ACTUAL, "160");
	check_share("100", "2026-01-16", "2026-02-01", JANUARY, RUI_PRORATE_ACTUAL, "51.61");
	check_share("-100", "2026-01-16", "2026-02-01", JANUARY, RUI_PRORATE_ACTUAL, "-51.61");
	check_share("100", "2026-01-16", "2026-01-16", JANUARY, RUI_PRORATE_ACTUAL, "0");
	check_share("100", JANUARY, JANUARY, RUI_PRORATE_ACTUAL, "100");
	/* 10 to 25 February 2024 is 15/29. */
	check_share("2900", "2024-02-10", "2024-02-25", "2024-02-01", "2024-03-01", RUI_PRORATE_ACTUAL,
				"1500");

	check_share("300", "2026-01-16", "2026-02-01", JANUARY, RUI_PRORATE_THIRTY, "150");
	check_share("300", "2026-02-16", "2026-03-01", FEBRUARY, RUI_PRORATE_THIRTY, "150");
	check_share("300", "2026-01-31", "2026-02-01", JANUARY, RUI_PRORATE_THIRTY, "10");
	check_share("300", "2026-01-30", "2026-01-31", JANUARY, RUI_PRORATE_THIRTY, "0");

	check_share("365", "2026-01-16", "2026-02-01", JANUARY, RUI_PRORATE_TWELFTH, "192");
	check_share("365", JANUARY, JANUARY, RUI_PRORATE_TWELFTH, "365");
	check_share("365", FEBRUARY, FEBRUARY, RUI_PRORATE_TWELFTH, "365");
	check_share("1095", "2026-01-01", "2026-02-01", QUARTER, RUI_PRORATE_TWELFTH, "372");
	check_share("365", "2024-01-01", "2024-12-31", "2024-01-01", "2025-01-01", RUI_PRORATE_TWELFTH,
				"365");

	check_share("100", "2026-01-31", "2026-02-01", JANUARY, RUI_PRORATE_HALF_MONTH, "50");
	check_share("100", "2026-01-18", "2026-02-01", JANUARY, RUI_PRORATE_HALF_MONTH, "50");
	check_share("100", "2026-01-17", "2026-02-01", JANUARY, RUI_PRORATE_HALF_MONTH, "100");
	check_share("600", "2026-01-25", "2026-03-10", QUARTER, RUI_PRORATE_HALF_MONTH, "400");
	/* Months from the 31st end where the month does. */
	check_share("100", "2026-01-31", "2026-02-14", "2026-01-31", "2026-02-28",
				RUI_PRORATE_HALF_MONTH,
				"50");

	check_share("100", "2026-01-31", "2026-02-01", JANUARY, RUI_PRORATE_NONE, "100");
	check_share("100", "2026-01-31", "2026-01-31", JANUARY, RUI_PRORATE_NONE, "0");

	CHECK_INT(rui_share_of_period(decimal("1"), used, period, 2, RUI_PRORATE_ACTUAL, &part, &error),
			  RUI_INVALID);
	CHECK_TEXT(error.part, "used");
	CHECK_INT(rui_share_of_period(decimal("1"), empty, empty, 2, RUI_PRORATE_ACTUAL, &part, &error),
			  RUI_INVALID);
	CHECK_TEXT(error.part, "period");
	CHECK_INT(rui_share_of_period(decimal("1"), odd, odd, 2, RUI_PRORATE_TWELFTH, &part, &error),
			  RUI_INVALID);
	CHECK_INT(rui_share_of_period(decimal("1"), odd, odd, 2, RUI_PRORATE_HALF_MONTH, &part, &error),
			  RUI_INVALID);
	CHECK(rui_proration_find("half_month", &convention) && convention == RUI_PRORATE_HALF_MONTH);
	CHECK(!rui_proration_find("daily", &convention));
}

static void
check_late(const char *outstanding, const char *as_of, const char *rate, int64_t grace,
		   const char *cap, const char *expected)
{
	rui_decimal fee;
	rui_error error;
	char text[96];

	unit_note("%s as of %s", outstanding, as_of);
	CHECK(rui_late_fee_due(decimal(outstanding), date("2026-01-01"), date(as_of), decimal(rate),
						   grace,
						   decimal(cap), &fee, &error) == RUI_OK);
	rui_decimal_print(fee, text, sizeof text);
	CHECK_TEXT(text, expected);
	CHECK_INT(fee.scale, 2);
	unit_note("%s", "");
}

static void
test_late_fees(void)
{
	rui_decimal fee;
	rui_error error;

	check_late("1000", "2025-06-01", "0.0005", 0, "0.3", "0");
	check_late("1000", "2026-01-01", "0.0005", 0, "0.3", "0");
	check_late("1000", "2026-01-02", "0.0005", 0, "0.3", "0.5");
	check_late("1000", "2026-01-11", "0.0005", 10, "0.3", "0");
	check_late("1000", "2026-01-12", "0.0005", 10, "0.3", "0.5");
	/* 333.33 × 0.0005 × 7 = 1.166655 */
	check_late("333.33", "2026-01-08", "0.0005", 0, "0.3", "1.17");
	check_late("1000", "2029-01-01", "0.0005", 0, "0.3", "300");
	check_late("0", "2029-01-01", "0.0005", 0, "0.3", "0");
	CHECK_INT(rui_late_fee_due(decimal("-1"), 0, 9, decimal("0.1"), 0, decimal("1"), &fee, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.part, "outstanding");
	CHECK_INT(rui_late_fee_due(decimal("1"), 0, 9, decimal("-0.1"), 0, decimal("1"), &fee, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.part, "daily_rate");
	CHECK_INT(rui_late_fee_due(decimal("1"), 0, 9, decimal("0.1"), 0, decimal("-1"), &fee, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.part, "cap_share");
	CHECK_INT(rui_late_fee_due(decimal("1"), 0, 9, decimal("0.1"), -1, decimal("1"), &fee, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.part, "grace_days");
}

static int asked;
static int patience;

static bool
give_up(void *argument)
{
	(void) argument;
	return ++asked == patience;
}

/* A split of many parts can be stopped wherever it is. */
static void
test_stopped(void)
{
	enum
	{
		COUNT = 200000
	};
	static const splitter splitters[] = { rui_split_largest, rui_split_cumulative,
										  split_remainder_first };
	static const int least[] = { 15, 7, 7 };
	rui_env env = rui_env_malloc;
	rui_decimal *weights = malloc(COUNT * sizeof(rui_decimal));
	rui_decimal *parts = malloc(COUNT * sizeof(rui_decimal));
	rui_error error;
	int i;
	int k;

	env.interrupted = give_up;
	for (i = 0; i < COUNT; i++)
		weights[i] = rui_decimal_integer(1 + i % 977);
	for (k = 0; k < 3; k++)
	{
		rui_status status = RUI_INTERRUPTED;

		for (patience = 1; status == RUI_INTERRUPTED; patience++)
		{
			asked = 0;
			status = splitters[k](&env, decimal("1000000"), weights, COUNT, 2, parts, &error);
		}
		CHECK_INT(status, RUI_OK);
		CHECK(patience > least[k]);
	}
	free(weights);
	free(parts);
}

int
main(void)
{
	test_splits();
	test_split_laws();
	test_proration();
	test_late_fees();
	test_stopped();
	return unit_finish("tariff_share");
}
