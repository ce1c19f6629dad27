/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.c
 *	  Intervals, agreement and queues: what a fair comparison needs.
 */
#include "core/statistics.h"

#include <math.h>
#include <stdlib.h>

#define CHECK_EVERY 65536

void
rui_wilson(double count, double hits, double z, double *low, double *high)
{
	double share = hits / count;
	double square = z * z / count;
	double center = (share + square / 2) / (1 + square);
	double margin = z / (1 + square) *
		sqrt(share * (1 - share) / count + square / (4 * count));

	/* At the ends the formula is exact but its rounding is not. */
	*low = hits == 0 || center - margin < 0 ? 0 : center - margin;
	*high = hits == count || center + margin > 1 ? 1 : center + margin;
}

void
rui_moments_merge(rui_moments *into, const rui_moments *from)
{
	double apart;

	if (from->count == 0)
		return;
	if (into->count == 0)
	{
		*into = *from;
		return;
	}
	apart = into->sum / into->count - from->sum / from->count;
	into->deviations += from->deviations +
		into->count * from->count * apart * apart / (into->count + from->count);
	into->sum += from->sum;
	into->count += from->count;
}

double
rui_mean_with_prior(const rui_moments *values, double prior_mean, double prior_weight)
{
	return (values->sum + prior_mean * prior_weight) / (values->count + prior_weight);
}

bool
rui_margin_with_prior(const rui_moments *values, double prior_weight, double *margin)
{
	if (values->count < 2)
		return false;
	*margin = RUI_Z95 *
		sqrt(values->deviations / (values->count - 1) / (values->count + prior_weight));
	return true;
}

static int
compare_second(const void *a, const void *b)
{
	const rui_rating_pair *left = a;
	const rui_rating_pair *right = b;

	return left->second < right->second ? -1 : left->second > right->second;
}

/* Sum of first's total × second's total over all categories. */
static rui_int128
chance_sum(const rui_rating_pair *by_first, const rui_rating_pair *by_second, size_t count)
{
	rui_int128 sum = 0;
	size_t i = 0;
	size_t j = 0;

	while (i < count)
	{
		int64_t category = by_first[i].first;
		rui_int128 first = 0;
		rui_int128 second = 0;

		for (; i < count && by_first[i].first == category; i++)
			first += by_first[i].count;
		while (j < count && by_second[j].second < category)
			j++;
		for (; j < count && by_second[j].second == category; j++)
			second += by_second[j].count;
		sum += first * second;
	}
	return sum;
}

rui_status
rui_kappa_of_pairs(const rui_env *env, const rui_rating_pair *pairs, size_t count, bool *defined,
				   double *kappa, rui_error *error)
{
	rui_rating_pair *by_second = rui_allocate(env, count, sizeof(rui_rating_pair));
	int64_t total = 0;
	rui_int128 agreed = 0;
	rui_int128 chance;
	rui_int128 all;
	size_t i;

	if (by_second == NULL)
		return rui_fail_memory(error, count * sizeof(rui_rating_pair));
	for (i = 0; i < count; i++)
	{
		by_second[i] = pairs[i];
		if (rui_add_overflows(total, pairs[i].count, &total))
		{
			rui_release(env, by_second);
			return rui_fail(error, RUI_RANGE, NULL, NULL, "There are more than 2^63 pairs.");
		}
		if (pairs[i].first == pairs[i].second)
			agreed += pairs[i].count;
	}
	qsort(by_second, count, sizeof(rui_rating_pair), compare_second);
	chance = chance_sum(pairs, by_second, count);
	rui_release(env, by_second);
	/* (po - pe) / (1 - pe), both over total². */
	all = (rui_int128) total * total;
	*defined = all != chance;
	if (*defined)
		*kappa = (double) (agreed * total - chance) / (double) (all - chance);
	return RUI_OK;
}

static bool
add_square(int64_t number, int64_t *sum)
{
	int64_t square;

	return !rui_multiply_overflows(number, number, &square) &&
		!rui_add_overflows(*sum, square, sum);
}

bool
rui_rating_sums_add(rui_rating_sums *sums, int32_t first, int32_t second)
{
	return !rui_add_overflows(sums->count, 1, &sums->count) &&
		!rui_add_overflows(sums->first, first, &sums->first) &&
		!rui_add_overflows(sums->second, second, &sums->second) &&
		add_square(first, &sums->squares) && add_square(second, &sums->squares) &&
		add_square((int64_t) first - second, &sums->apart);
}

bool
rui_rating_sums_merge(rui_rating_sums *into, const rui_rating_sums *from)
{
	return !rui_add_overflows(into->count, from->count, &into->count) &&
		!rui_add_overflows(into->first, from->first, &into->first) &&
		!rui_add_overflows(into->second, from->second, &into->second) &&
		!rui_add_overflows(into->squares, from->squares, &into->squares) &&
		!rui_add_overflows(into->apart, from->apart, &into->apart);
}

bool
rui_kappa_of_sums(const rui_rating_sums *sums, double *kappa)
{
	/* Over all pairs of one rating of each: count × squares - 2 × first × second. */
	rui_int128 expected = (rui_int128) sums->count * sums->squares -
		2 * (rui_int128) sums->first * sums->second;
	rui_int128 observed = (rui_int128) sums->count * sums->apart;

	if (expected == 0)
		return false;
	*kappa = (double) (expected - observed) / (double) expected;
	return true;
}

static rui_status
check_number(double number, const char *what, rui_error *error)
{
	if (isfinite(number) && number >= 0)
		return RUI_OK;
	return rui_fail(error, RUI_INVALID, what, "Give a finite number of zero or more.",
					"The number is negative or not finite.");
}

/* The load in erlangs: the agents busy on average. */
static rui_status
offered_load(const rui_call_load *load, double *erlangs, rui_error *error)
{
	rui_status status = check_number(load->calls_per_hour, "calls_per_hour", error);

	if (status == RUI_OK)
		status = check_number(load->handle_seconds, "handle_seconds", error);
	if (status != RUI_OK)
		return status;
	*erlangs = load->calls_per_hour * load->handle_seconds / 3600;
	if (!(*erlangs <= RUI_MOST_AGENTS))
		return rui_fail(error, RUI_LIMIT, "calls_per_hour", "Divide the queue.",
						"The calls keep more than %d agents busy.", RUI_MOST_AGENTS);
	return RUI_OK;
}

/* The share of calls that wait, from the share lost without waiting (Erlang B). */
static double
waiting_share(double erlangs, double agents, double lost)
{
	if (agents <= erlangs)
		return erlangs > 0 ? 1 : 0;
	return lost * agents / (agents - erlangs * (1 - lost));
}

rui_status
rui_waiting_share(const rui_env *env, const rui_call_load *load, int64_t agents, double *share,
				  rui_error *error)
{
	double erlangs;
	double lost = 1;
	int64_t n;
	rui_status status = offered_load(load, &erlangs, error);

	if (status == RUI_OK && agents < 0)
		status = rui_fail(error, RUI_INVALID, "agents", NULL, "The number is negative.");
	if (status == RUI_OK && agents > RUI_MOST_AGENTS)
		status = rui_fail(error, RUI_LIMIT, "agents", "Divide the queue.",
						  "There are more than %d agents.", RUI_MOST_AGENTS);
	if (status != RUI_OK)
		return status;
	for (n = 1; n <= agents; n++)
	{
		if (n % CHECK_EVERY == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		lost = erlangs * lost / (n + erlangs * lost);
	}
	*share = waiting_share(erlangs, (double) agents, lost);
	return RUI_OK;
}

rui_status
rui_fewest_agents(const rui_env *env, const rui_call_load *load, double target_share,
				  double within_seconds, int64_t *agents, rui_error *error)
{
	double erlangs;
	double lost = 1;
	int64_t n;
	rui_status status = offered_load(load, &erlangs, error);

	if (status == RUI_OK)
		status = check_number(target_share, "target_share", error);
	if (status == RUI_OK && target_share >= 1)
		status = rui_fail(error, RUI_INVALID, "target_share", "Give a share below 1, as 0.8.",
						  "No number of agents answers all calls in time.");
	if (status == RUI_OK)
		status = check_number(within_seconds, "within_seconds", error);
	if (status != RUI_OK)
		return status;
	if (erlangs == 0)
	{
		*agents = 0;
		return RUI_OK;
	}
	for (n = 1; n <= 2 * RUI_MOST_AGENTS; n++)
	{
		double share;

		if (n % CHECK_EVERY == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		lost = erlangs * lost / (n + erlangs * lost);
		if (n <= erlangs)
			continue;
		share = waiting_share(erlangs, (double) n, lost) *
			exp(-((double) n - erlangs) * within_seconds / load->handle_seconds);
		if (1 - share >= target_share)
		{
			*agents = n;
			return RUI_OK;
		}
	}
	return rui_fail(error, RUI_LIMIT, "target_share", "Ask for less.",
					"More than %d agents would be needed.", 2 * RUI_MOST_AGENTS);
}
