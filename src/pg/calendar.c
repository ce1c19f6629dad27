/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.c
 *	  The SQL type calendar and its functions.
 */
#include "pg/calendar.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "pg/compiled.h"
#include "pg/zone.h"

#define CALENDAR_VERSION 1

/*
 * The stored form: a hash of all that follows, a version for later formats,
 * and the canonical text without NUL.
 */
typedef struct calendar_value
{
	int32 vl_len_;
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
	uint8 version;
	char text[FLEXIBLE_ARRAY_MEMBER];
} calendar_value;

#define HEADER_SIZE offsetof(calendar_value, text)
#define DatumGetCalendar(datum) ((calendar_value *) PG_DETOAST_DATUM(datum))
#define PG_GETARG_CALENDAR(n) DatumGetCalendar(PG_GETARG_DATUM(n))

static size_t
text_length(const calendar_value *value)
{
	return VARSIZE(value) - HEADER_SIZE;
}

static calendar_value *
make_value(const char *text, size_t length)
{
	calendar_value *value;

	if (length > MaxAllocSize - HEADER_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("calendar too large"),
				 errhint("Split the calendar and combine the parts in queries.")));
	value = palloc(HEADER_SIZE + length);
	SET_VARSIZE(value, HEADER_SIZE + length);
	value->version = CALENDAR_VERSION;
	memcpy(value->text, text, length);
	rui_content_hash(&value->version, length + 1, value->hash);
	return value;
}

/*
 * Read a text that came in the given form (RUI_SYNTAX for text, RUI_BINARY);
 * the calendar lives in the current memory context.
 */
static rui_calendar *
read_text(const char *text, size_t length, rui_status form)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_calendar *calendar = NULL;
	rui_error error;

	if (rui_calendar_read(&env, &rui_pg_zones, text, length, &calendar, &error) == RUI_OK)
		return calendar;
	if (form == RUI_BINARY && (error.code == RUI_SYNTAX || error.code == RUI_INVALID))
		error.code = RUI_BINARY;
	rui_pg_raise(&error, "calendar");
	return NULL;
}

/* The value with the canonical form of a text. */
static calendar_value *
value_of_text(const char *text, size_t length, rui_status form)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_calendar *calendar = read_text(text, length, form);
	calendar_value *value;
	rui_text canonical;

	rui_text_start(&canonical, &env);
	rui_calendar_write(calendar, &canonical);
	if (canonical.failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in calendar")));
	value = make_value(canonical.bytes, canonical.length);
	rui_text_release(&canonical);
	rui_calendar_release(&env, calendar);
	return value;
}

RUI_FUNCTION(calendar_in)
{
	const char *text = PG_GETARG_CSTRING(0);

	PG_RETURN_POINTER(value_of_text(text, strlen(text), RUI_SYNTAX));
}

RUI_FUNCTION(calendar_out)
{
	calendar_value *value = PG_GETARG_CALENDAR(0);

	PG_RETURN_CSTRING(pnstrdup(value->text, text_length(value)));
}

RUI_FUNCTION(calendar_recv)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	rui_error error = { .code = RUI_BINARY, .offset = -1 };
	const unsigned char *hash;
	const char *text;
	size_t length;
	calendar_value *value;

	if (message->len - message->cursor < (int) RUI_CONTENT_HASH_SIZE + 1)
		rui_fail(&error, RUI_BINARY, NULL, NULL, "It is shorter than its header.");
	else
	{
		hash = (const unsigned char *) pq_getmsgbytes(message, RUI_CONTENT_HASH_SIZE);
		if (pq_getmsgbyte(message) != CALENDAR_VERSION)
			rui_fail(&error, RUI_BINARY, NULL, NULL, "Its format is not version %d.",
					 CALENDAR_VERSION);
		else
		{
			length = (size_t) (message->len - message->cursor);
			text = pq_getmsgbytes(message, (int) length);
			value = value_of_text(text, length, RUI_BINARY);
			if (length != text_length(value) || memcmp(text, value->text, length) != 0)
				rui_fail(&error, RUI_BINARY, NULL, NULL, "Its text is not canonical.");
			else if (memcmp(hash, value->hash, RUI_CONTENT_HASH_SIZE) != 0)
				rui_fail(&error, RUI_BINARY, NULL, NULL, "Its hash does not match its content.");
			else
				PG_RETURN_POINTER(value);
		}
	}
	rui_pg_raise(&error, "calendar");
	PG_RETURN_NULL();
}

RUI_FUNCTION(calendar_send)
{
	calendar_value *value = PG_GETARG_CALENDAR(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) value->hash, RUI_CONTENT_HASH_SIZE);
	pq_sendbyte(&message, value->version);
	pq_sendbytes(&message, value->text, (int) text_length(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Order by the bytes of the canonical text. */
static int
compare_values(const calendar_value *a, const calendar_value *b)
{
	size_t left = text_length(a);
	size_t right = text_length(b);
	int order = memcmp(a->text, b->text, Min(left, right));

	if (order != 0)
		return order < 0 ? -1 : 1;
	return left < right ? -1 : left > right;
}

static int
compare_arguments(FunctionCallInfo fcinfo)
{
	calendar_value *a = PG_GETARG_CALENDAR(0);
	calendar_value *b = PG_GETARG_CALENDAR(1);
	int order = compare_values(a, b);

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

RUI_FUNCTION(calendar_eq)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

RUI_FUNCTION(calendar_ne)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

RUI_FUNCTION(calendar_lt)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

RUI_FUNCTION(calendar_le)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

RUI_FUNCTION(calendar_gt)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

RUI_FUNCTION(calendar_ge)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

RUI_FUNCTION(calendar_cmp)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

/* The content hash is a hash of everything that equality sees. */
RUI_FUNCTION(calendar_hash)
{
	calendar_value *value = PG_GETARG_CALENDAR(0);
	uint32 hash = DatumGetUInt32(hash_any(value->hash, RUI_CONTENT_HASH_SIZE));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_UINT32(hash);
}

RUI_FUNCTION(calendar_hash_extended)
{
	calendar_value *value = PG_GETARG_CALENDAR(0);
	uint64 hash = DatumGetUInt64(
		hash_any_extended(value->hash, RUI_CONTENT_HASH_SIZE, (uint64) PG_GETARG_INT64(1)));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_INT64((int64) hash);
}

/* A combination's text, from its key and the texts of what it combines; that
 * in the middle may be NULL. */
static Datum
combine(const char *key, const calendar_value *a, const rui_text *middle, const char *b,
		size_t length)
{
	StringInfoData text;
	calendar_value *value;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"%s\":[", key);
	appendBinaryStringInfo(&text, a->text, (int) text_length(a));
	appendStringInfoChar(&text, ',');
	if (middle != NULL)
	{
		appendBinaryStringInfo(&text, middle->bytes, (int) middle->length);
		appendStringInfoChar(&text, ',');
	}
	appendBinaryStringInfo(&text, b, (int) length);
	appendStringInfoString(&text, "]}");
	value = value_of_text(text.data, (size_t) text.len, RUI_SYNTAX);
	pfree(text.data);
	return PointerGetDatum(value);
}

static Datum
combine_arguments(FunctionCallInfo fcinfo, const char *key)
{
	const calendar_value *b = PG_GETARG_CALENDAR(1);

	return combine(key, PG_GETARG_CALENDAR(0), NULL, b->text, text_length(b));
}

RUI_FUNCTION(calendar_all)
{
	return combine_arguments(fcinfo, "all");
}

RUI_FUNCTION(calendar_any)
{
	return combine_arguments(fcinfo, "any");
}

RUI_FUNCTION(calendar_minus)
{
	return combine_arguments(fcinfo, "minus");
}

RUI_FUNCTION(calendar_shift)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_text duration;

	rui_text_start(&duration, &env);
	rui_text_character(&duration, '"');
	rui_duration_write(&duration, rui_pg_duration(PG_GETARG_INTERVAL_P(1), "d"));
	rui_text_character(&duration, '"');
	if (duration.failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in calendar")));
	return combine("shift", PG_GETARG_CALENDAR(0), NULL, duration.bytes, duration.length);
}

RUI_FUNCTION(calendar_until)
{
	const calendar_value *b = PG_GETARG_CALENDAR(2);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_text instant;
	rui_error error;

	RUI_CHECK(rui_check_instant(at, "at", &error), error, "timestamp");
	rui_text_start(&instant, &env);
	rui_text_character(&instant, '"');
	rui_instant_write(&instant, at);
	rui_text_character(&instant, '"');
	if (instant.failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in calendar")));
	return combine("until", PG_GETARG_CALENDAR(0), &instant, b->text, text_length(b));
}

static void *
compile_calendar(struct varlena *datum, MemoryContext context)
{
	const calendar_value *value = (const calendar_value *) datum;
	MemoryContext scratch = AllocSetContextCreate(context, "rui calendar in the making",
												  ALLOCSET_DEFAULT_SIZES);
	rui_env env = rui_pg_env(scratch);
	rui_env kept = rui_pg_env(context);
	rui_pg_calendar *result = palloc(sizeof(rui_pg_calendar));
	rui_timetable *timetable;
	rui_error error;

	memcpy(result->hash, value->hash, RUI_CONTENT_HASH_SIZE);
	result->text = value->text;
	result->length = text_length(value);
	MemoryContextSwitchTo(scratch);
	RUI_CHECK(rui_calendar_compile(&env, rui_pg_calendar_rules(result), &timetable, &error), error,
			  "calendar");
	/* What stays is the text and one block. */
	RUI_CHECK(rui_timetable_pack(&kept, timetable, &result->timetable, &error), error, "calendar");
	MemoryContextSwitchTo(context);
	MemoryContextDelete(scratch);
	return result;
}

rui_calendar *
rui_pg_calendar_rules(const rui_pg_calendar *calendar)
{
	return read_text(calendar->text, calendar->length, RUI_SYNTAX);
}

const rui_pg_calendar *
rui_pg_calendar_argument(FunctionCallInfo fcinfo, int argument)
{
	static const rui_compiled_kind kind = { .name = "calendar", .compile = compile_calendar };

	return rui_compiled(fcinfo, argument, &kind);
}
