/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_share.c
 *	  SQL functions for parts of amounts: splits, proration, late fees.
 */
#include "pg/rui_pg.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rangetypes.h"

#include "core/tariff_share.h"
#include "pg/decimal.h"

typedef rui_status (*split_function)(const rui_env *env, rui_decimal amount,
									 const rui_decimal *weights, size_t count, int scale,
									 rui_decimal *parts, rui_error *error);

static Datum
split(FunctionCallInfo fcinfo, split_function divide)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_decimal amount = rui_pg_decimal(PG_GETARG_DATUM(0), "amount");
	int count;
	rui_decimal *weights = rui_pg_decimals(PG_GETARG_DATUM(1), "weights", &count);
	rui_decimal *parts = palloc(sizeof(rui_decimal) * Max(count, 1));
	rui_error error;

	RUI_CHECK(divide(&env, amount, weights, (size_t) count, rui_pg_scale(PG_GETARG_INT32(2)),
					 parts, &error),
			  error, "split");
	return rui_pg_numerics(parts, count);
}

RUI_FUNCTION(split_amount)
{
	return split(fcinfo, rui_split_largest);
}

RUI_FUNCTION(split_progressive)
{
	return split(fcinfo, rui_split_cumulative);
}

RUI_FUNCTION(split_amount_remainder)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_decimal amount = rui_pg_decimal(PG_GETARG_DATUM(0), "amount");
	int count;
	rui_decimal *weights = rui_pg_decimals(PG_GETARG_DATUM(1), "weights", &count);
	rui_decimal *parts = palloc(sizeof(rui_decimal) * Max(count, 1));
	int32 taker = PG_GETARG_INT32(3);
	rui_error error;

	/* Numbers below 1 become one that no array has. */
	RUI_CHECK(rui_split_remainder(&env, amount, weights, (size_t) count,
								  rui_pg_scale(PG_GETARG_INT32(2)),
								  taker < 1 ? SIZE_MAX : (size_t) taker - 1, parts, &error),
			  error, "split");
	return rui_pg_numerics(parts, count);
}

/* The dates of a range; an empty one has equal dates. */
static rui_days
range_days(FunctionCallInfo fcinfo, int argument, const char *what)
{
	RangeType *range = PG_GETARG_RANGE_P(argument);
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	RangeBound lower;
	RangeBound upper;
	bool empty;
	rui_days days = { 0, 0 };

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return days;
	if (lower.infinite || upper.infinite || DATE_NOT_FINITE(DatumGetDateADT(lower.val)) ||
		DATE_NOT_FINITE(DatumGetDateADT(upper.val)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no end", what),
				 errhint("Give a range with two dates.")));
	days.from_on = DatumGetDateADT(lower.val);
	days.to_on = DatumGetDateADT(upper.val);
	return days;
}

RUI_FUNCTION(prorate)
{
	rui_decimal amount = rui_pg_decimal(PG_GETARG_DATUM(0), "amount");
	rui_days used = range_days(fcinfo, 1, "used");
	rui_days period = range_days(fcinfo, 2, "period");
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(4));
	rui_proration convention;
	rui_decimal part;
	rui_error error;

	if (!rui_proration_find(name, &convention))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("convention \"%s\" is not known", name),
				 errhint("Give 'actual', 'thirty', 'twelfth', 'half_month' or 'none'.")));
	RUI_CHECK(rui_share_of_period(amount, used, period, rui_pg_scale(PG_GETARG_INT32(3)),
								  convention,
								  &part, &error),
			  error, "proration");
	PG_RETURN_DATUM(rui_pg_numeric(part));
}

RUI_FUNCTION(late_fee)
{
	rui_decimal outstanding = rui_pg_decimal(PG_GETARG_DATUM(0), "outstanding");
	DateADT due = PG_GETARG_DATEADT(1);
	DateADT as_of = PG_GETARG_DATEADT(2);
	rui_decimal daily_rate = rui_pg_decimal(PG_GETARG_DATUM(3), "daily_rate");
	rui_decimal cap_share = rui_pg_decimal(PG_GETARG_DATUM(5), "cap_share");
	rui_decimal fee;
	rui_error error;

	if (DATE_NOT_FINITE(due) || DATE_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s is infinite", DATE_NOT_FINITE(due) ? "due" : "as_of"),
				 errhint("Give a date.")));
	RUI_CHECK(rui_late_fee_due(outstanding, due, as_of, daily_rate, PG_GETARG_INT32(4), cap_share,
							   &fee, &error),
			  error, "late fee");
	PG_RETURN_DATUM(rui_pg_numeric(fee));
}
