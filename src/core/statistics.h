/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.h
 *	  Intervals, agreement and queues: what a fair comparison needs.
 */
#ifndef RUI_STATISTICS_H
#define RUI_STATISTICS_H

#include "core/decimal.h"

/* The quantile of the normal distribution for 95 %. */
#define RUI_Z95 1.959963984540054

/*
 * The score interval of a share of hits in count trials (Wilson, JASA 22,
 * 1927).  count > 0; z >= 0.
 */
extern void rui_wilson(double count, double hits, double z, double *low, double *high);

/*
 * Count, sum and sum of squared deviations of values, in one pass (Youngs and
 * Cramer, Technometrics 13, 1971).
 */
typedef struct rui_moments
{
	double count;
	double sum;
	double deviations;
} rui_moments;

static inline void
rui_moments_add(rui_moments *moments, double value)
{
	moments->count += 1;
	moments->sum += value;
	if (moments->count > 1)
	{
		double apart = value * moments->count - moments->sum;

		moments->deviations += apart * apart / (moments->count * (moments->count - 1));
	}
}

extern void rui_moments_merge(rui_moments *into, const rui_moments *from);

/*
 * The mean of the values and of prior_weight more that equal prior_mean:
 * (sum + mean × weight) / (count + weight).  count + weight > 0.
 */
extern double rui_mean_with_prior(const rui_moments *values, double prior_mean,
								  double prior_weight);
/*
 * Half the width of its 95 % interval: z × s / sqrt(count + weight), where s is
 * the sample's standard deviation.  False for fewer than two values.
 */
extern bool rui_margin_with_prior(const rui_moments *values, double prior_weight, double *margin);

/* How often two raters gave a pair of categories. */
typedef struct rui_rating_pair
{
	int64_t first;
	int64_t second;
	int64_t count;
} rui_rating_pair;

/*
 * Cohen's kappa (Educational and Psychological Measurement 20, 1960) of pairs
 * in ascending order.  defined is false where both raters always gave one
 * and the same category.  RUI_RANGE when the counts are too large.
 */
extern rui_status rui_kappa_of_pairs(const rui_env *env, const rui_rating_pair *pairs, size_t count,
									 bool *defined, double *kappa, rui_error *error);

/* Sums over pairs of ratings, for the weighted kappa. */
typedef struct rui_rating_sums
{
	int64_t count;
	int64_t first;
	int64_t second;
	int64_t squares; /* first² + second² */
	int64_t apart; /* (first - second)² */
} rui_rating_sums;

/* False when a sum does not fit. */
extern bool rui_rating_sums_add(rui_rating_sums *sums, int32_t first, int32_t second);
extern bool rui_rating_sums_merge(rui_rating_sums *into, const rui_rating_sums *from);
/*
 * Cohen's kappa with quadratic weights (Psychological Bulletin 70, 1968).
 * False where both raters always gave one and the same category.
 */
extern bool rui_kappa_of_sums(const rui_rating_sums *sums, double *kappa);

/* A queue of calls: how many an hour, how long each takes. */
typedef struct rui_call_load
{
	double calls_per_hour;
	double handle_seconds;
} rui_call_load;

/* The most agents and the most offered load, in erlangs. */
#define RUI_MOST_AGENTS 1000000

/*
 * The share of calls that wait (Erlang, 1917; model M/M/n).  1 where the
 * agents cannot keep up.  RUI_INVALID for numbers that are negative or not
 * finite, RUI_LIMIT for more than RUI_MOST_AGENTS.
 */
extern rui_status rui_waiting_share(const rui_env *env, const rui_call_load *load,
									int64_t agents, double *share, rui_error *error);
/*
 * The fewest agents with which target_share of the calls are answered within
 * so many seconds; 0 <= target_share < 1.
 */
extern rui_status rui_fewest_agents(const rui_env *env, const rui_call_load *load,
									double target_share, double within_seconds,
									int64_t *agents, rui_error *error);

#endif /* RUI_STATISTICS_H */
