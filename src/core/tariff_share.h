/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_share.h
 *	  Parts of amounts: splits that sum exactly, days of a period, late fees.
 */
#ifndef RUI_TARIFF_SHARE_H
#define RUI_TARIFF_SHARE_H

#include "core/decimal.h"

/*
 * Split amount into count parts of `scale` decimals that sum to it, in
 * proportion to weights (not negative, not all zero).  A negative amount
 * splits as its absolute value.  RUI_INVALID for bad weights and for an amount
 * of more decimals; RUI_RANGE when the weights sum to more than 38 digits.
 * RUI_INTERRUPTED leaves some parts written.
 */

/* By largest remainder: every part is rounded down, and the units left over go
 * to the largest remainders, the first of equal ones. */
extern rui_status rui_split_largest(const rui_env *env, rui_decimal amount,
									const rui_decimal *weights, size_t count, int scale,
									rui_decimal *parts, rui_error *error);
/* Every part is rounded half up, but part `taker` (from 0) is what remains. */
extern rui_status rui_split_remainder(const rui_env *env, rui_decimal amount,
									  const rui_decimal *weights, size_t count, int scale,
									  size_t taker, rui_decimal *parts, rui_error *error);
/* Part k is the amount due up to k, rounded half up, less the parts before. */
extern rui_status rui_split_cumulative(const rui_env *env, rui_decimal amount,
									   const rui_decimal *weights, size_t count, int scale,
									   rui_decimal *parts, rui_error *error);

/* How days become a share of a period. */
typedef enum rui_proration
{
	RUI_PRORATE_ACTUAL, /* days / days */
	RUI_PRORATE_THIRTY, /* the same counting every month as 30 days (30E/360) */
	RUI_PRORATE_TWELFTH, /* a month is 365/12 days; never more than the whole */
	RUI_PRORATE_HALF_MONTH, /* under 15 days of a month are half of it, others all */
	RUI_PRORATE_NONE /* any day is the whole period */
} rui_proration;

/* The convention of a name; false when it is not one. */
extern bool rui_proration_find(const char *name, rui_proration *convention);

/* Dates from (included) to (not included), counted as in instant.h. */
typedef struct rui_days
{
	int32_t from_on;
	int32_t to_on;
} rui_days;

/*
 * The part of amount, the price of period, that falls on `used`, rounded half
 * up.  used lies within period; where its dates are equal the part is 0.
 * RUI_INVALID for an empty period, for days outside it, and where twelfth or
 * half_month meet a period that is not made of whole months.
 */
extern rui_status rui_share_of_period(rui_decimal amount, rui_days used, rui_days period, int scale,
									  rui_proration convention, rui_decimal *part,
									  rui_error *error);

/*
 * outstanding × daily_rate × days late, at most outstanding × cap_share,
 * rounded half up to 2 decimals once.  Days count from due + grace_days on.
 */
extern rui_status rui_late_fee_due(rui_decimal outstanding, int32_t due, int32_t as_of,
								   rui_decimal daily_rate, int64_t grace_days,
								   rui_decimal cap_share, rui_decimal *fee, rui_error *error);

#endif /* RUI_TARIFF_SHARE_H */
