/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.c
 *	  Unit tests of intervals, agreement and queues, by published examples.
 */
#include "unit.h"

#include <math.h>

#include "core/statistics.h"

static bool
near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void
test_wilson(void)
{
	static const double cases[][4] = { { 263, 81, 0.2553, 0.3662 },
									   { 148, 15, 0.0624, 0.1605 },
									   { 20, 0, 0, 0.1611 },
									   { 29, 1, 0.0061, 0.1718 } };
	double low;
	double high;
	double other_low;
	double other_high;
	size_t i;

	for (i = 0; i < 4; i++)
	{
		rui_wilson(cases[i][0], cases[i][1], RUI_Z95, &low, &high);
		CHECK(near(low, cases[i][2], 0.00005) && near(high, cases[i][3], 0.00005));
		/* Misses mirror hits. */
		rui_wilson(cases[i][0], cases[i][0] - cases[i][1], RUI_Z95, &other_low, &other_high);
		CHECK(near(other_low, 1 - high, 1e-12) && near(other_high, 1 - low, 1e-12));
	}
	rui_wilson(20, 0, RUI_Z95, &low, &high);
	CHECK(low == 0);
	rui_wilson(20, 20, RUI_Z95, &low, &high);
	CHECK(high == 1);
	rui_wilson(8, 2, 0, &low, &high);
	CHECK(low == 0.25 && high == 0.25);
}

static void
test_shrunk(void)
{
	static const double values[] = { 4, 5, 3, 5, 1, 4.5 };
	rui_moments all = { 0 };
	rui_moments half = { 0 };
	rui_moments rest = { 0 };
	double margin;
	double sum = 0;
	double squares = 0;
	int i;

	CHECK(rui_mean_with_prior(&all, 3.5, 10) == 3.5);
	CHECK(!rui_margin_with_prior(&all, 10, &margin));
	for (i = 0; i < 6; i++)
	{
		rui_moments_add(&all, values[i]);
		rui_moments_add(i < 2 ? &half : &rest, values[i]);
		sum += values[i];
	}
	for (i = 0; i < 6; i++)
		squares += (values[i] - sum / 6) * (values[i] - sum / 6);
	CHECK(near(rui_mean_with_prior(&all, 3.5, 10), (22.5 + 35) / 16, 1e-12));
	CHECK(near(rui_mean_with_prior(&all, 3.5, 0), 3.75, 1e-12));
	CHECK(rui_margin_with_prior(&all, 10, &margin));
	CHECK(near(margin, RUI_Z95 * sqrt(squares / 5 / 16), 1e-12));
	rui_moments_merge(&half, &rest);
	CHECK(half.count == 6 && near(half.sum, all.sum, 1e-12));
	CHECK(near(half.deviations, all.deviations, 1e-12));
	/* One value has no spread. */
	all = (rui_moments){ 0 };
	rui_moments_add(&all, 5);
	CHECK(!rui_margin_with_prior(&all, 10, &margin));
	rui_moments_merge(&all, &(rui_moments){ 0 });
	CHECK(all.count == 1 && all.sum == 5);
	rest = (rui_moments){ 0 };
	rui_moments_merge(&rest, &all);
	CHECK(rest.count == 1 && rest.sum == 5);
}

static void
test_kappa(void)
{
	/* 50 grants, two readers: agreement 0.7, by chance 0.5. */
	static const rui_rating_pair grants[] = {
		{ 0, 0, 15 },
		{ 0, 1, 10 },
		{ 1, 0, 5 },
		{ 1, 1, 20 },
	};
	static const rui_rating_pair same[] = { { 3, 3, 7 } };
	static const rui_rating_pair never[] = { { 1, 2, 5 }, { 2, 1, 5 } };
	static const rui_rating_pair many[] = { { 1, 1, INT64_MAX }, { 1, 2, 1 } };
	bool defined;
	double kappa = 7;
	rui_error error;

	CHECK(rui_kappa_of_pairs(&rui_env_malloc, grants, 4, &defined, &kappa, &error) == RUI_OK);
	CHECK(defined && near(kappa, 0.4, 1e-15));
	CHECK(rui_kappa_of_pairs(&rui_env_malloc, same, 1, &defined, &kappa, &error) == RUI_OK &&
		  !defined);
	CHECK(rui_kappa_of_pairs(&rui_env_malloc, same, 0, &defined, &kappa, &error) == RUI_OK &&
		  !defined);
	CHECK(rui_kappa_of_pairs(&rui_env_malloc, never, 2, &defined, &kappa, &error) == RUI_OK);
	CHECK(defined && near(kappa, -1, 1e-15));
	CHECK_INT(rui_kappa_of_pairs(&rui_env_malloc, many, 2, &defined, &kappa, &error), RUI_RANGE);
}

/* The definition, over the table of pairs. */
static double
slow_weighted_kappa(const int32_t (*pairs)[2], int count)
{
	double observed = 0;
	double expected = 0;
	int i;
	int j;

	for (i = 0; i < count; i++)
	{
		observed += (pairs[i][0] - pairs[i][1]) * (pairs[i][0] - pairs[i][1]);
		for (j = 0; j < count; j++)
			expected += (pairs[i][0] - pairs[j][1]) * (pairs[i][0] - pairs[j][1]);
	}
	return 1 - observed * count / expected;
}

static void
test_weighted_kappa(void)
{
	rui_random random = { 3 };
	rui_rating_sums sums;
	double kappa;
	int round;

	for (round = 0; round < 200; round++)
	{
		int32_t pairs[20][2];
		int count = 2 + (int) rui_random_below(&random, 19);
		rui_rating_sums halves[2] = { { 0 }, { 0 } };
		int i;

		sums = (rui_rating_sums){ 0 };
		for (i = 0; i < count; i++)
		{
			pairs[i][0] = (int32_t) rui_random_below(&random, 5) - 1;
			pairs[i][1] = pairs[i][0] + (int32_t) rui_random_below(&random, 3) - 1;
			CHECK(rui_rating_sums_add(&sums, pairs[i][0], pairs[i][1]));
			CHECK(rui_rating_sums_add(&halves[i % 2], pairs[i][0], pairs[i][1]));
		}
		CHECK(rui_rating_sums_merge(&halves[0], &halves[1]));
		CHECK(memcmp(&halves[0], &sums, sizeof sums) == 0);
		unit_note("seed 3 round %d", round);
		if (rui_kappa_of_sums(&sums, &kappa))
			CHECK(near(kappa, slow_weighted_kappa((const int32_t(*)[2]) pairs, count), 1e-9));
	}
	unit_note("%s", "");
	sums = (rui_rating_sums){ 0 };
	CHECK(!rui_kappa_of_sums(&sums, &kappa));
	CHECK(rui_rating_sums_add(&sums, 4, 4) && !rui_kappa_of_sums(&sums, &kappa));
	/* Squares that do not fit are noticed. */
	sums = (rui_rating_sums){ 0 };
	CHECK(rui_rating_sums_add(&sums, INT32_MAX, 0));
	CHECK(!rui_rating_sums_add(&sums, INT32_MAX, INT32_MIN));
}

static void
test_queues(void)
{
	/* 100 calls in half an hour of 3 minutes each are 10 erlangs: with 14
	 * agents 17.4 % wait, and 88.8 % are answered within 20 seconds. */
	rui_call_load load = { 200, 180 };
	rui_call_load none = { 0, 180 };
	rui_call_load bad = { -1, 180 };
	rui_call_load endless = { 3600, NAN };
	rui_call_load huge = { 1e9, 3600 };
	double share;
	int64_t agents;
	rui_error error;

	CHECK(rui_waiting_share(&rui_env_malloc, &load, 14, &share, &error) == RUI_OK);
	CHECK(near(share, 0.1741, 0.0001));
	CHECK(rui_waiting_share(&rui_env_malloc, &load, 10, &share, &error) == RUI_OK && share == 1);
	CHECK(rui_waiting_share(&rui_env_malloc, &load, 0, &share, &error) == RUI_OK && share == 1);
	CHECK(rui_waiting_share(&rui_env_malloc, &none, 0, &share, &error) == RUI_OK && share == 0);
	CHECK(rui_waiting_share(&rui_env_malloc, &load, 1000000, &share, &error) == RUI_OK);
	CHECK(share >= 0 && share < 1e-300);
	CHECK(rui_fewest_agents(&rui_env_malloc, &load, 0.8, 20, &agents, &error) == RUI_OK);
	CHECK_INT(agents, 14);
	CHECK(rui_fewest_agents(&rui_env_malloc, &load, 0, 0, &agents, &error) == RUI_OK);
	CHECK_INT(agents, 11);
	CHECK(rui_fewest_agents(&rui_env_malloc, &none, 0.99, 0, &agents, &error) == RUI_OK);
	CHECK_INT(agents, 0);
	CHECK_INT(rui_waiting_share(&rui_env_malloc, &bad, 1, &share, &error), RUI_INVALID);
	CHECK_INT(rui_waiting_share(&rui_env_malloc, &endless, 1, &share, &error), RUI_INVALID);
	CHECK_INT(rui_waiting_share(&rui_env_malloc, &huge, 1, &share, &error), RUI_LIMIT);
	CHECK_INT(rui_waiting_share(&rui_env_malloc, &load, -1, &share, &error), RUI_INVALID);
	CHECK_INT(rui_waiting_share(&rui_env_malloc, &load, 1000001, &share, &error), RUI_LIMIT);
	CHECK_INT(rui_fewest_agents(&rui_env_malloc, &load, 1, 20, &agents, &error), RUI_INVALID);
	CHECK_INT(rui_fewest_agents(&rui_env_malloc, &load, 0.8, -1, &agents, &error), RUI_INVALID);
}

int
main(void)
{
	test_wilson();
	test_shrunk();
	test_kappa();
	test_weighted_kappa();
	test_queues();
	return unit_finish("statistics");
}
