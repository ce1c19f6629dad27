/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_share.c
 *	  Parts of amounts: splits that sum exactly, days of a period, late fees.
 */
#include "core/tariff_share.h"

#include <stdio.h>
#include <string.h>

#include "core/instant.h"
#include "core/sort.h"

#define CHECK_EVERY 65536
#define LONGEST_MONTHS 12000

/* What every split needs to know before its first part. */
typedef struct split
{
	rui_uint128 amount; /* in units of the scale, without sign */
	bool negative;
	rui_uint128 total; /* of the weights, in units of weight_scale */
	int weight_scale;
} split;

static inline bool
is_stopped(const rui_env *env, size_t step)
{
	return step % CHECK_EVERY == 0 && rui_interrupted(env);
}

static rui_status
start_split(const rui_env *env, rui_decimal amount, const rui_decimal *weights, size_t count,
			int scale, split *s, rui_error *error)
{
	rui_decimal units;
	rui_uint128 total = 0;
	rui_status status;
	size_t i;

	status = rui_decimal_round(amount, scale, RUI_DOWN, &units, error);
	if (status != RUI_OK)
		return status;
	if (rui_decimal_compare(units, amount) != 0)
		return rui_fail(error, RUI_INVALID, "amount", "Round the amount first, or raise the scale.",
						"The amount has more than %d decimals.", scale);
	s->negative = amount.value < 0;
	s->amount = s->negative ? -(rui_uint128) units.value : (rui_uint128) units.value;
	s->weight_scale = 0;
	for (i = 0; i < count; i++)
		if (weights[i].scale > s->weight_scale)
			s->weight_scale = weights[i].scale;
	for (i = 0; i < count; i++)
	{
		char part[32];
		rui_decimal weight;

		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		snprintf(part, sizeof part, "weights[%zu]", i + 1);
		if (weights[i].value < 0)
			return rui_fail(error, RUI_INVALID, part, "Give weights of zero or more.",
							"The weight is negative.");
		status = rui_decimal_round(weights[i], s->weight_scale, RUI_DOWN, &weight, error);
		if (status != RUI_OK)
			return status;
		total += (rui_uint128) weight.value;
		if (total >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
			return rui_fail(error, RUI_RANGE, "weights", "Use smaller weights or fewer decimals.",
							"The weights sum to more than %d digits.", RUI_DECIMAL_DIGITS);
	}
	if (total == 0)
		return rui_fail(error, RUI_INVALID, "weights", "Give at least one weight above zero.",
						count == 0 ? "There are no weights." : "All weights are zero.");
	s->total = total;
	return RUI_OK;
}

/* A weight in units of the total: exact, and found to fit before. */
static rui_uint128
weight_units(const split *s, rui_decimal weight)
{
	return (rui_uint128) weight.value * rui_power_of_ten(s->weight_scale - weight.scale);
}

/* floor(amount × weight / total); the quotient fits, as weight <= total. */
static rui_uint128
share(const split *s, rui_uint128 weight, rui_uint128 *remainder)
{
	rui_uint128 quotient = 0;

	rui_multiply_divide(s->amount, weight, s->total, &quotient, remainder);
	return quotient;
}

/* The same, rounded half up. */
static rui_uint128
share_rounded(const split *s, rui_uint128 weight)
{
	rui_uint128 remainder = 0;
	rui_uint128 quotient = share(s, weight, &remainder);

	return quotient + (remainder >= s->total - remainder ? 1 : 0);
}

static rui_decimal
make_part(const split *s, int scale, rui_int128 units)
{
	rui_decimal part = { s->negative ? -units : units, scale, 0 };

	return part;
}

typedef struct remainder_row
{
	rui_uint128 remainder;
	size_t index;
} remainder_row;

static int
compare_remainders(const void *a, const void *b)
{
	const remainder_row *left = a;
	const remainder_row *right = b;

	if (left->remainder != right->remainder)
		return left->remainder > right->remainder ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

rui_status
rui_split_largest(const rui_env *env, rui_decimal amount, const rui_decimal *weights,
				  size_t count, int scale, rui_decimal *parts, rui_error *error)
{
	split s;
	remainder_row *rows;
	rui_uint128 left;
	size_t i;
	rui_status status = start_split(env, amount, weights, count, scale, &s, error);

	if (status != RUI_OK)
		return status;
	rows = rui_allocate(env, count, sizeof(remainder_row));
	if (rows == NULL)
		return rui_fail_memory(error, count * sizeof(remainder_row));
	left = s.amount;
	for (i = 0; i < count; i++)
	{
		rui_uint128 quotient = share(&s, weight_units(&s, weights[i]), &rows[i].remainder);

		if (is_stopped(env, i))
		{
			rui_release(env, rows);
			return rui_fail_interrupted(error);
		}
		rows[i].index = i;
		parts[i] = make_part(&s, scale, (rui_int128) quotient);
		left -= quotient;
	}
	/* Fewer units are left than parts have a remainder. */
	status = rui_sort(env, rows, count, sizeof(remainder_row), compare_remainders, error);
	for (i = 0; i < count && left > 0 && status == RUI_OK; i++, left--)
		parts[rows[i].index].value += s.negative ? -1 : 1;
	rui_release(env, rows);
	return status;
}

rui_status
rui_split_remainder(const rui_env *env, rui_decimal amount, const rui_decimal *weights,
					size_t count, int scale, size_t taker, rui_decimal *parts, rui_error *error)
{
	split s;
	rui_int128 left;
	size_t i;
	rui_status status = start_split(env, amount, weights, count, scale, &s, error);

	if (status == RUI_OK && taker >= count)
		status = rui_fail(error, RUI_INVALID, "remainder", "Parts are numbered from 1.",
						  "There are only %zu parts.", count);
	if (status != RUI_OK)
		return status;
	left = (rui_int128) s.amount;
	for (i = 0; i < count; i++)
	{
		rui_int128 units;

		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		if (i == taker)
			continue;
		units = (rui_int128) share_rounded(&s, weight_units(&s, weights[i]));
		parts[i] = make_part(&s, scale, units);
		left -= units;
	}
	parts[taker] = make_part(&s, scale, left);
	return RUI_OK;
}

rui_status
rui_split_cumulative(const rui_env *env, rui_decimal amount, const rui_decimal *weights,
					 size_t count, int scale, rui_decimal *parts, rui_error *error)
{
	split s;
	rui_uint128 reached = 0;
	rui_uint128 given = 0;
	size_t i;
	rui_status status = start_split(env, amount, weights, count, scale, &s, error);

	if (status != RUI_OK)
		return status;
	for (i = 0; i < count; i++)
	{
		rui_uint128 units;

		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		reached += weight_units(&s, weights[i]);
		units = share_rounded(&s, reached);
		parts[i] = make_part(&s, scale, (rui_int128) (units - given));
		given = units;
	}
	return RUI_OK;
}

static const char *const convention_names[] = { "actual", "thirty", "twelfth", "half_month",
												"none" };

bool
rui_proration_find(const char *name, rui_proration *convention)
{
	size_t i;

	for (i = 0; i < sizeof convention_names / sizeof convention_names[0]; i++)
	{
		if (strcmp(name, convention_names[i]) == 0)
		{
			*convention = (rui_proration) i;
			return true;
		}
	}
	return false;
}

/* 30E/360: a count of days whose differences add up. */
static int64_t
day_of_thirty(int32_t date)
{
	int year;
	int month;
	int day;

	rui_date_split(date, &year, &month, &day);
	return (int64_t) year * 360 + month * 30 + (day < 30 ? day : 30);
}

/* The date `months` after a first date, which keeps its day where it can. */
static int32_t
add_months(int32_t date, int64_t months)
{
	static const int longest[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year;
	int month;
	int day;
	int64_t count;
	int last;

	rui_date_split(date, &year, &month, &day);
	count = (int64_t) year * 12 + month - 1 + months;
	year = (int) rui_floor_divide(count, 12);
	month = (int) (count - (int64_t) year * 12) + 1;
	last = longest[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		last = 29;
	return rui_date_make(year, month, day < last ? day : last);
}

/* Months of the period; RUI_INVALID when they are not whole. */
static rui_status
count_months(rui_days period, int64_t *months, rui_error *error)
{
	int from[3];
	int to[3];
	int64_t count;

	rui_date_split(period.from_on, &from[0], &from[1], &from[2]);
	rui_date_split(period.to_on, &to[0], &to[1], &to[2]);
	count = ((int64_t) to[0] - from[0]) * 12 + to[1] - from[1];
	if (count < 1 || add_months(period.from_on, count) != period.to_on)
		return rui_fail(error, RUI_INVALID, "period",
						"Give a period from one day of a month to the same day of another.",
						"This convention needs a period of whole months.");
	if (count > LONGEST_MONTHS)
		return rui_fail(error, RUI_INVALID, "period", "Give a shorter period.",
						"The period is longer than 1000 years.");
	*months = count;
	return RUI_OK;
}

/* Half months used, month by month of the period. */
static int64_t
count_half_months(rui_days used, rui_days period, int64_t months)
{
	int64_t halves = 0;
	int64_t i;

	for (i = 0; i < months; i++)
	{
		int32_t start = add_months(period.from_on, i);
		int32_t end = add_months(period.from_on, i + 1);
		int32_t days = (used.to_on < end ? used.to_on : end) -
			(used.from_on > start ? used.from_on : start);

		if (start >= used.to_on)
			break;
		if (days > 0)
			halves += days < 15 ? 1 : 2;
	}
	return halves;
}

rui_status
rui_share_of_period(rui_decimal amount, rui_days used, rui_days period, int scale,
					rui_proration convention, rui_decimal *part, rui_error *error)
{
	int64_t share_days = (int64_t) used.to_on - used.from_on;
	int64_t all_days = (int64_t) period.to_on - period.from_on;
	int64_t months = 1;
	rui_status status;

	if (all_days <= 0)
		return rui_fail(error, RUI_INVALID, "period", "Give a period of at least one day.",
						"The period is empty.");
	if (share_days > 0 && (used.from_on < period.from_on || used.to_on > period.to_on))
		return rui_fail(error, RUI_INVALID, "used",
						"Intersect the used days with the period first.",
						"The used days reach beyond the period.");
	if (share_days <= 0)
		share_days = 0;
	else if (convention == RUI_PRORATE_NONE)
		share_days = all_days;
	else if (convention == RUI_PRORATE_THIRTY)
	{
		share_days = day_of_thirty(used.to_on) - day_of_thirty(used.from_on);
		all_days = day_of_thirty(period.to_on) - day_of_thirty(period.from_on);
		if (all_days == 0)
			return rui_fail(error, RUI_INVALID, "period", "Give a longer period.",
							"The period has no day by the 30/360 count.");
	}
	else if (convention == RUI_PRORATE_TWELFTH || convention == RUI_PRORATE_HALF_MONTH)
	{
		status = count_months(period, &months, error);
		if (status != RUI_OK)
			return status;
		if (convention == RUI_PRORATE_HALF_MONTH)
		{
			share_days = count_half_months(used, period, months);
			all_days = 2 * months;
		}
		else if (share_days < all_days)
		{
			/* days / (months × 365/12) */
			share_days = share_days * 12 < months * 365 ? share_days * 12 : months * 365;
			all_days = months * 365;
		}
	}
	return rui_decimal_ratio(amount, rui_decimal_integer(share_days),
							 rui_decimal_integer(all_days), scale, RUI_HALF_UP, part, error);
}

rui_status
rui_late_fee_due(rui_decimal outstanding, int32_t due, int32_t as_of, rui_decimal daily_rate,
				 int64_t grace_days, rui_decimal cap_share, rui_decimal *fee, rui_error *error)
{
	int64_t days = (int64_t) as_of - due - grace_days;
	rui_decimal accrued;
	rui_decimal cap;
	rui_status status;

	if (outstanding.value < 0 || daily_rate.value < 0 || cap_share.value < 0)
		return rui_fail(error, RUI_RANGE,
						outstanding.value < 0	   ? "outstanding"
							: daily_rate.value < 0 ? "daily_rate"
												   : "cap_share",
						"Give zero or more.", "The number is negative.");
	if (grace_days < 0)
		return rui_fail(error, RUI_RANGE, "grace_days", "Give zero or more days.",
						"The number is negative.");
	if (days < 0)
		days = 0;
	status = rui_decimal_multiply(outstanding, daily_rate, &accrued, error);
	if (status == RUI_OK)
		status = rui_decimal_multiply(accrued, rui_decimal_integer(days), &accrued, error);
	if (status == RUI_OK)
		status = rui_decimal_multiply(outstanding, cap_share, &cap, error);
	if (status == RUI_OK)
		status = rui_decimal_round(rui_decimal_compare(accrued, cap) < 0 ? accrued : cap, 2,
								   RUI_HALF_UP, fee, error);
	return status;
}
