/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_case.h
 *	  Cases of calendars for unit tests: read, compile, ask, compare.
 *
 * The zones are those of zones_real: call it on zones_table first.
 */
#ifndef RUI_CALENDAR_CASE_H
#define RUI_CALENDAR_CASE_H

#include "unit.h"

#include "calendar_zones.h"

static test_zones zones_table;
static const rui_zones zones = { zone_find, &zones_table };

static inline rui_calendar *
read_good(const char *text)
{
	rui_calendar *calendar = NULL;
	rui_error error;

	if (!CHECK(rui_calendar_read(&rui_env_malloc, &zones, text, strlen(text), &calendar, &error) ==
			   RUI_OK))
		printf("    %s\n    %s: %s\n", text, error.part, error.detail);
	return calendar;
}

static inline rui_timetable *
compile(const char *text)
{
	rui_calendar *calendar = read_good(text);
	rui_timetable *timetable = NULL;
	rui_error error;

	CHECK(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	rui_calendar_release(&rui_env_malloc, calendar);
	return timetable;
}

static inline void
check_text(const char *text, const char *canonical)
{
	rui_calendar *calendar = read_good(text);
	rui_text out;

	rui_text_start(&out, &rui_env_malloc);
	if (calendar != NULL)
		rui_calendar_write(calendar, &out);
	CHECK_TEXT(out.bytes, canonical);
	rui_text_release(&out);
	rui_calendar_release(&rui_env_malloc, calendar);
}

static inline void
check_bad(const char *text, rui_status code, const char *part, const char *hint)
{
	rui_calendar *calendar = NULL;
	rui_error error;

	memset(&error, 0, sizeof error);
	if (!CHECK(rui_calendar_read(&rui_env_malloc, &zones, text, strlen(text), &calendar, &error) ==
			   code))
		printf("    %s\n", text);
	CHECK(calendar == NULL);
	CHECK_TEXT(error.part, part);
	CHECK(error.detail[0] != '\0' && error.offset >= 0);
	if (!CHECK(strstr(error.hint, hint) != NULL))
		printf("    hint: %s\n", error.hint);
}

#define A "{\"tz\":\"UTC\"}"
#define B "{\"tz\":\"Asia/Shanghai\"}"
#define C "{\"tz\":\"UTC\",\"holidays\":[\"2026-10-01\"]}"

#define ALL_DAY "[[\"00:00\",\"24:00\"]]"
#define MORNING "[[\"08:00\",\"09:00\"]]"

#define CLOSE RUI_BOUNDARY_CLOSE
#define OPEN RUI_BOUNDARY_OPEN

static inline int64_t
instant(const char *text)
{
	int64_t at = 0;

	CHECK(rui_instant_read(text, strlen(text), &at));
	return at;
}

static inline void
check_add(const rui_timetable *timetable, const char *at, const char *duration,
		  rui_boundary boundary, const char *expected)
{
	int64_t length = 0;
	int64_t result = 0;
	rui_error error;
	rui_text text;
	rui_status status;

	CHECK(rui_duration_read(duration, strlen(duration), &length));
	status = rui_timetable_add(timetable, instant(at), length, boundary, &result, &error);
	if (expected == NULL)
	{
		CHECK(status == RUI_DATETIME_RANGE);
		CHECK(error.detail[0] != '\0' && error.hint[0] != '\0');
		return;
	}
	CHECK(status == RUI_OK);
	rui_text_start(&text, &rui_env_malloc);
	rui_instant_write(&text, result);
	CHECK_TEXT(text.bytes, expected);
	rui_text_release(&text);
}

static inline int64_t
between(const rui_timetable *timetable, const char *from, const char *until)
{
	int64_t result = -1;
	rui_error error;

	CHECK(rui_timetable_between(timetable, instant(from), instant(until), &result, &error) ==
		  RUI_OK);
	return result;
}

static inline void
check_sentence(const rui_calendar *calendar, const rui_timetable *timetable, const char *start,
			   int64_t target, const char *lang, const char *expected)
{
	rui_text text;
	rui_error error;

	rui_text_start(&text, &rui_env_malloc);
	CHECK(rui_timetable_explain_text(&rui_env_malloc, calendar, timetable, instant(start), target,
									 lang, &text, &error) == RUI_OK);
	CHECK_TEXT(text.bytes, expected);
	rui_text_release(&text);
}

/* A host that gives memory a limited number of times. */
typedef struct poor_host
{
	int left;
} poor_host;

static inline void *
poor_allocate(size_t size, void *argument)
{
	poor_host *host = argument;

	return host->left-- > 0 ? malloc(size) : NULL;
}

static inline void
poor_release(void *block, void *argument)
{
	(void) argument;
	free(block);
}

/* Running out of memory anywhere, while a text is read and compiled, is an
 * error, not a leak or a crash. */
static inline void
check_memory(const char *text)
{
	int allowed;
	bool done = false;

	for (allowed = 0; !done && allowed < 5000; allowed++)
	{
		poor_host host = { allowed };
		rui_env env = { poor_allocate, poor_release, NULL, &host };
		rui_calendar *calendar = NULL;
		rui_timetable *timetable = NULL;
		rui_error error;
		rui_status status = rui_calendar_read(&env, &zones, text, strlen(text), &calendar, &error);

		if (status == RUI_OK)
			status = rui_calendar_compile(&env, calendar, &timetable, &error);
		done = status == RUI_OK;
		if (!done && !CHECK(status == RUI_MEMORY))
			break;
		rui_calendar_release(&env, calendar);
		rui_timetable_release(&env, timetable);
	}
	CHECK(done);
}

#endif /* RUI_CALENDAR_CASE_H */
