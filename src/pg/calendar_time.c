/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_time.c
 *	  SQL functions that ask calendars about time.
 */
#include "pg/calendar.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

int64
rui_pg_duration(const Interval *interval, const char *what)
{
	if (interval->month != 0 || interval->day != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has days or months", what),
				 errdetail("A day has no fixed length."),
				 errhint("Give hours, minutes and seconds, as in interval '48 hours'; to count "
						 "working days use rui.add_working_days.")));
	return interval->time;
}

Interval *
rui_pg_interval(int64 duration)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = duration;
	return interval;
}

/* Raise unless status is RUI_OK; where it is the instant asked about that
 * lies outside, the argument's name says so. */
static inline void
check_time(rui_status status, rui_error *error, TimestampTz at, const char *argument)
{
	if (likely(status == RUI_OK))
		return;
	if (!rui_instant_in_world(at))
		strlcpy(error->part, argument, sizeof error->part);
	rui_pg_raise(error, "timestamp");
}

RUI_FUNCTION(working_time)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	int64 duration;
	rui_error error;

	RUI_CHECK(rui_timetable_between(calendar->timetable, PG_GETARG_TIMESTAMPTZ(1),
									PG_GETARG_TIMESTAMPTZ(2), &duration, &error),
			  error, "timestamp");
	PG_RETURN_INTERVAL_P(rui_pg_interval(duration));
}

/* from and length name the arguments. */
static Datum
add_working_time(FunctionCallInfo fcinfo, const char *from, const char *length,
				 rui_boundary boundary)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	int64 result;
	rui_error error;

	check_time(rui_timetable_add(calendar->timetable, at,
								 rui_pg_duration(PG_GETARG_INTERVAL_P(2), length), boundary,
								 &result, &error),
			   &error, at, from);
	PG_RETURN_TIMESTAMPTZ(result);
}

/* Not strict: the boundary may be null. */
RUI_FUNCTION(add_working_time)
{
	rui_boundary boundary;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(3))
		boundary = PG_GETARG_INTERVAL_P(2)->time < 0 ? RUI_BOUNDARY_OPEN : RUI_BOUNDARY_CLOSE;
	else
	{
		char *name = text_to_cstring(PG_GETARG_TEXT_PP(3));

		if (strcmp(name, "close") == 0)
			boundary = RUI_BOUNDARY_CLOSE;
		else if (strcmp(name, "open") == 0)
			boundary = RUI_BOUNDARY_OPEN;
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("boundary \"%s\" is not known", name),
					 errhint("Give 'close', 'open' or null.")));
	}
	return add_working_time(fcinfo, "t", "d", boundary);
}

RUI_FUNCTION(due_at)
{
	return add_working_time(fcinfo, "start", "target", RUI_BOUNDARY_CLOSE);
}

RUI_FUNCTION(breach_at)
{
	return add_working_time(fcinfo, "start", "target", RUI_BOUNDARY_OPEN);
}

RUI_FUNCTION(is_open)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	bool open;
	rui_error error;

	check_time(rui_timetable_is_open(calendar->timetable, at, &open, &error), &error, at, "t");
	PG_RETURN_BOOL(open);
}

typedef rui_status (*edge_search)(const rui_timetable *timetable, int64_t at,
								  rui_boundary boundary, int64_t *result, rui_error *error);

static Datum
find_edge(FunctionCallInfo fcinfo, edge_search search, rui_boundary boundary)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	int64 result;
	rui_error error;

	check_time(search(calendar->timetable, at, boundary, &result, &error), &error, at, "t");
	PG_RETURN_TIMESTAMPTZ(result);
}

RUI_FUNCTION(next_open)
{
	return find_edge(fcinfo, rui_timetable_next, RUI_BOUNDARY_OPEN);
}

RUI_FUNCTION(next_close)
{
	return find_edge(fcinfo, rui_timetable_next, RUI_BOUNDARY_CLOSE);
}

RUI_FUNCTION(previous_open)
{
	return find_edge(fcinfo, rui_timetable_previous, RUI_BOUNDARY_OPEN);
}

RUI_FUNCTION(previous_close)
{
	return find_edge(fcinfo, rui_timetable_previous, RUI_BOUNDARY_CLOSE);
}

RUI_FUNCTION(is_working_day)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	bool working;
	rui_error error;

	RUI_CHECK(rui_is_working_date(calendar->timetable, PG_GETARG_DATEADT(1), &working, &error),
			  error, "date");
	PG_RETURN_BOOL(working);
}

RUI_FUNCTION(working_days)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	int32 count;
	rui_error error;

	RUI_CHECK(rui_count_working_dates(&env, calendar->timetable, PG_GETARG_DATEADT(1),
									  PG_GETARG_DATEADT(2), &count, &error),
			  error, "date");
	PG_RETURN_INT32(count);
}

RUI_FUNCTION(add_working_days)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	char *rule = text_to_cstring(PG_GETARG_TEXT_PP(3));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	rui_day_end end;
	int64 result;
	rui_error error;

	if (strcmp(rule, "close") == 0)
		end = RUI_DAY_CLOSE;
	else if (strcmp(rule, "same_time") == 0)
		end = RUI_DAY_SAME_TIME;
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rule \"%s\" is not known", rule),
				 errhint("Give 'close' or 'same_time'.")));
	check_time(rui_add_working_dates(&env, calendar->timetable, at, PG_GETARG_INT32(2), end,
									 &result, &error),
			   &error, at, "t");
	PG_RETURN_TIMESTAMPTZ(result);
}

/* [from_at, to_at) as a tstzrange; RUI_NEVER and RUI_FOREVER are unbounded. */
static RangeType *
make_period(TypeCacheEntry *range_type, int64 from_at, int64 to_at)
{
	RangeBound lower = { .val = TimestampTzGetDatum(from_at),
						 .infinite = from_at == RUI_NEVER,
						 .inclusive = true,
						 .lower = true };
	RangeBound upper = { .val = TimestampTzGetDatum(to_at), .infinite = to_at == RUI_FOREVER };

#if PG_VERSION_NUM >= 160000
	return make_range(range_type, &lower, &upper, false, NULL);
#else
	return make_range(range_type, &lower, &upper, false);
#endif
}

RUI_FUNCTION(open_periods)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TypeCacheEntry *range_type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_period_list list = { NULL, 0, 0 };
	RangeType **ranges;
	size_t i;
	rui_error error;

	RUI_CHECK(rui_timetable_periods(&env, calendar->timetable, PG_GETARG_TIMESTAMPTZ(1),
									PG_GETARG_TIMESTAMPTZ(2), &list, &error),
			  error, "timestamp");
	if (list.count > INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many open periods"),
				 errhint("Ask for a shorter span.")));
	ranges = palloc_extended(Max(list.count, 1) * sizeof(RangeType *), MCXT_ALLOC_HUGE);
	for (i = 0; i < list.count; i++)
		ranges[i] = make_period(range_type, list.items[i].opens, list.items[i].closes);
	PG_RETURN_MULTIRANGE_P(make_multirange(TSTZMULTIRANGEOID, range_type, (int) list.count,
										   ranges));
}

RUI_FUNCTION(explain_due)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TypeCacheEntry *range_type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	rui_env env = rui_pg_env(CurrentMemoryContext);
	TimestampTz start = PG_GETARG_TIMESTAMPTZ(1);
	rui_due_explanation explanation;
	rui_error error;
	size_t i;

	InitMaterializedSRF(fcinfo, 0);
	check_time(rui_timetable_explain(&env, rui_pg_calendar_rules(calendar), calendar->timetable,
									 start,
									 rui_pg_duration(PG_GETARG_INTERVAL_P(2), "target"),
									 &explanation, &error),
			   &error, start, "start");
	for (i = 0; i < explanation.count; i++)
	{
		const rui_due_line *line = &explanation.lines[i];
		bool nulls[3] = { false, false, false };
		Datum values[3] = {
			RangeTypePGetDatum(make_period(range_type, line->from_at, line->to_at)),
			IntervalPGetDatum(rui_pg_interval(line->counted)),
			CStringGetTextDatum(rui_due_reason_name(line->reason)),
		};
		int k;

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		for (k = 0; k < 3; k++)
			pfree(DatumGetPointer(values[k]));
	}
	return (Datum) 0;
}

RUI_FUNCTION(explain_due_text)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	TimestampTz start = PG_GETARG_TIMESTAMPTZ(1);
	char *lang = text_to_cstring(PG_GETARG_TEXT_PP(3));
	rui_text sentence;
	rui_error error;

	if (strcmp(lang, "en") != 0 && strcmp(lang, "zh") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lang \"%s\" is not known", lang),
				 errhint("Give 'en' or 'zh'.")));
	rui_text_start(&sentence, &env);
	check_time(rui_timetable_explain_text(&env, rui_pg_calendar_rules(calendar),
										  calendar->timetable, start,
										  rui_pg_duration(PG_GETARG_INTERVAL_P(2), "target"),
										  lang, &sentence, &error),
			   &error, start, "start");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(sentence.bytes, (int) sentence.length));
}

/* The zone that decides dates. */
RUI_FUNCTION(calendar_zone)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);

	PG_RETURN_TEXT_P(cstring_to_text(calendar->timetable->zone->name));
}

RUI_FUNCTION(explain_dates)
{
	const rui_pg_calendar *calendar = rui_pg_calendar_argument(fcinfo, 0);
	TypeCacheEntry *range_type = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_date_part_list list = { NULL, 0, 0 };
	rui_error error;
	size_t i;

	InitMaterializedSRF(fcinfo, 0);
	RUI_CHECK(rui_calendar_dates(&env, rui_pg_calendar_rules(calendar), PG_GETARG_DATEADT(1),
								 PG_GETARG_DATEADT(2), &list, &error),
			  error, "date");
	for (i = 0; i < list.count; i++)
	{
		const rui_date_part *part = &list.items[i];
		bool nulls[6] = { false, false, false, false, false, false };
		Datum values[6] = {
			DateADTGetDatum(part->date),
			TimeADTGetDatum(part->from_time),
			TimeADTGetDatum(part->to_time),
			RangeTypePGetDatum(make_period(range_type, part->from_at, part->to_at)),
			Int32GetDatum(part->occurrence),
			CStringGetTextDatum(rui_due_reason_name(part->reason)),
		};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[3]));
		pfree(DatumGetPointer(values[5]));
	}
	rui_release(&env, list.items);
	return (Datum) 0;
}
