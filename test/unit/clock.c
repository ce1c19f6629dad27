/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.c
 *	  Clocks by example: moves, texts and errors.
 */
#include "unit.h"

#include "calendar_zones.h"
#include "core/clock.h"

static test_zones zones_table;
static rui_timetable *office; /* Monday to Friday, 08:00 to 12:00 and 13:00 to 17:00 UTC */
static rui_timetable *always;

static rui_timetable *
compile(const char *text)
{
	rui_zones zones = { zone_find, &zones_table };
	rui_calendar *calendar = NULL;
	rui_timetable *timetable = NULL;
	rui_error error;

	CHECK(rui_calendar_read(&rui_env_malloc, &zones, text, strlen(text), &calendar, &error) ==
		  RUI_OK);
	CHECK(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	rui_calendar_release(&rui_env_malloc, calendar);
	return timetable;
}

static int64_t
instant(const char *text)
{
	int64_t at = 0;

	CHECK(rui_instant_read(text, strlen(text), &at));
	return at;
}

static void
check_clock(const rui_sla_clock *clock, const char *expected)
{
	rui_sla_clock again;
	rui_text text;
	rui_error error;

	rui_text_start(&text, &rui_env_malloc);
	rui_sla_write(clock, &text);
	CHECK_TEXT(text.bytes, expected);
	memset(&again, 0x55, sizeof again);
	if (!CHECK(rui_sla_read(&rui_env_malloc, text.bytes, text.length, &again, &error) == RUI_OK))
		printf("    %s: %s\n", error.part, error.detail);
	CHECK(memcmp(&again, clock, sizeof again) == 0);
	rui_text_release(&text);
}

/* 2026-11-23 is a Monday. */
static void
test_moves(void)
{
	rui_sla_clock clock;
	rui_sla_clock before;
	int64_t elapsed;
	bool breached;
	rui_error error;

	CHECK(rui_sla_start(&clock, office, instant("2026-11-23T09:00Z"), 4 * RUI_HOUR, &error) ==
		  RUI_OK);
	check_clock(&clock, "{\"state\":\"running\",\"start\":\"2026-11-23T09:00Z\","
						"\"changed_at\":\"2026-11-23T09:00Z\",\"target\":\"PT4H\","
						"\"elapsed\":\"PT0S\",\"due\":\"2026-11-23T14:00Z\","
						"\"breach\":\"2026-11-23T14:00Z\",\"cycle\":1}");
	/* Exactly at the due time is on time; an instant later is not. */
	CHECK(rui_sla_breached(&clock, instant("2026-11-23T14:00Z"), &breached, &error) == RUI_OK);
	CHECK(!breached);
	CHECK(rui_sla_breached(&clock, instant("2026-11-23T14:00:00.000001Z"), &breached, &error) ==
		  RUI_OK);
	CHECK(breached);
	/* Paused outside of hours: nothing counts, nothing is lost. */
	CHECK(rui_sla_pause(&clock, office, instant("2026-11-23T12:30Z"), &error) == RUI_OK);
	check_clock(&clock, "{\"state\":\"paused\",\"start\":\"2026-11-23T09:00Z\","
						"\"changed_at\":\"2026-11-23T12:30Z\",\"target\":\"PT4H\","
						"\"elapsed\":\"PT3H\",\"cycle\":1}");
	before = clock;
	CHECK(rui_sla_pause(&clock, office, instant("2026-11-23T12:40Z"), &error) == RUI_STATE);
	CHECK_TEXT(error.part, "pause");
	CHECK_TEXT(error.detail, "The clock is paused.");
	CHECK(rui_sla_resume(&clock, office, instant("2026-11-23T12:29Z"), &error) == RUI_INVALID);
	CHECK(strstr(error.hint, "fold_clock") != NULL);
	CHECK(memcmp(&clock, &before, sizeof clock) == 0);
	/* Resumed in closed hours: counts from the next opening. */
	CHECK(rui_sla_resume(&clock, office, instant("2026-11-23T20:00Z"), &error) == RUI_OK);
	CHECK_INT(clock.due, instant("2026-11-24T09:00Z"));
	CHECK(rui_sla_stop(&clock, office, instant("2026-11-24T10:00Z"), &error) == RUI_OK);
	check_clock(&clock, "{\"state\":\"stopped\",\"start\":\"2026-11-23T09:00Z\","
						"\"changed_at\":\"2026-11-24T10:00Z\",\"target\":\"PT4H\","
						"\"elapsed\":\"PT5H\",\"first_breached_at\":\"2026-11-24T09:00Z\","
						"\"cycle\":1}");
	CHECK(rui_sla_retarget(&clock, office, instant("2026-11-24T10:00Z"), 0, true, &error) ==
		  RUI_STATE);
	CHECK(rui_sla_switch(&clock, office, always, instant("2026-11-24T10:00Z"), &error) ==
		  RUI_STATE);
	/* Two more cycles of 1 h and 6 h. */
	CHECK(rui_sla_reopen(&clock, office, instant("2026-11-24T15:00Z"), &error) == RUI_OK);
	CHECK(rui_sla_reopen(&clock, office, instant("2026-11-24T15:00Z"), &error) == RUI_STATE);
	CHECK(rui_sla_stop(&clock, office, instant("2026-11-24T16:00Z"), &error) == RUI_OK);
	CHECK(rui_sla_reopen(&clock, office, instant("2026-11-25T08:00Z"), &error) == RUI_OK);
	check_clock(&clock, "{\"state\":\"running\",\"start\":\"2026-11-25T08:00Z\","
						"\"changed_at\":\"2026-11-25T08:00Z\",\"target\":\"PT4H\","
						"\"elapsed\":\"PT0S\",\"due\":\"2026-11-25T12:00Z\","
						"\"breach\":\"2026-11-25T13:00Z\","
						"\"first_breached_at\":\"2026-11-24T09:00Z\",\"cycle\":3,"
						"\"first\":\"PT5H\",\"sum\":\"PT6H\",\"longest\":\"PT5H\"}");
	CHECK(rui_sla_elapsed(&clock, office, instant("2026-11-25T15:00Z"), RUI_SLA_LONGEST, &elapsed,
						  &error) == RUI_OK);
	CHECK_INT(elapsed, 6 * RUI_HOUR);
}

static void
test_targets(void)
{
	rui_sla_clock clock;
	rui_error error;

	CHECK(rui_sla_start(&clock, office, 0, -1, &error) == RUI_INVALID);
	CHECK(rui_sla_start(&clock, office, RUI_FOREVER, 1, &error) == RUI_DATETIME_RANGE);
	CHECK(rui_sla_start(&clock, always, RUI_END_INSTANT - 1, 1, &error) == RUI_DATETIME_RANGE);
	CHECK(rui_sla_start(&clock, office, instant("2026-11-23T08:00Z"), 8 * RUI_HOUR, &error) ==
		  RUI_OK);
	/* Shorter than what has elapsed: breached by the change. */
	CHECK(rui_sla_retarget(&clock, office, instant("2026-11-23T11:00Z"), RUI_HOUR, true, &error) ==
		  RUI_OK);
	check_clock(&clock, "{\"state\":\"running\",\"start\":\"2026-11-23T08:00Z\","
						"\"changed_at\":\"2026-11-23T11:00Z\",\"target\":\"PT1H\","
						"\"elapsed\":\"PT3H\",\"due\":\"2026-11-23T11:00Z\","
						"\"breach\":\"2026-11-23T11:00Z\","
						"\"first_breached_at\":\"2026-11-23T11:00Z\",\"cycle\":1}");
	/* Anew from here. */
	CHECK(rui_sla_retarget(&clock, office, instant("2026-11-23T11:30Z"), RUI_HOUR, false, &error) ==
		  RUI_OK);
	CHECK_INT(clock.due, instant("2026-11-23T13:30Z"));
	CHECK_INT(clock.start, instant("2026-11-23T11:30Z"));
	CHECK_INT(clock.elapsed, 0);
	/* Over to round-the-clock hours: the half hour already counted stays. */
	CHECK(rui_sla_switch(&clock, office, always, instant("2026-11-23T12:50Z"), &error) == RUI_OK);
	CHECK_INT(clock.elapsed, 30 * RUI_MINUTE);
	CHECK_INT(clock.due, instant("2026-11-23T13:20Z"));
	/* A paused clock takes a target and a calendar when it resumes. */
	CHECK(rui_sla_pause(&clock, always, instant("2026-11-23T13:00Z"), &error) == RUI_OK);
	CHECK(rui_sla_retarget(&clock, always, instant("2026-11-23T14:00Z"), 2 * RUI_HOUR, true,
						   &error) == RUI_OK);
	CHECK_INT(clock.breach, RUI_NEVER);
	CHECK(rui_sla_switch(&clock, always, office, instant("2026-11-23T15:00Z"), &error) == RUI_OK);
	CHECK(rui_sla_resume(&clock, office, instant("2026-11-23T16:00Z"), &error) == RUI_OK);
	CHECK_INT(clock.elapsed, 40 * RUI_MINUTE);
	CHECK_INT(clock.due, instant("2026-11-24T08:20Z"));
}

static void
check_bad(const char *text, rui_status code, const char *part)
{
	rui_sla_clock clock;
	rui_error error;

	memset(&clock, 0x55, sizeof clock);
	memset(&error, 0, sizeof error);
	if (!CHECK(rui_sla_read(&rui_env_malloc, text, strlen(text), &clock, &error) == code))
		printf("    %s\n", text);
	CHECK_INT(clock.version, 0x55);
	CHECK_TEXT(error.part, part);
	CHECK(error.detail[0] != '\0');
}

#define STOPPED \
	"\"state\":\"stopped\",\"start\":\"2026-11-23T09:00Z\"," \
	"\"changed_at\":\"2026-11-23T12:30Z\""
#define RUNNING \
	"\"state\":\"running\",\"start\":\"2026-11-23T09:00Z\"," \
	"\"changed_at\":\"2026-11-23T12:30Z\",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":1"

static void
test_texts(void)
{
	check_bad("{", RUI_SYNTAX, "");
	check_bad("[]", RUI_INVALID, "");
	check_bad("{}", RUI_INVALID, "state");
	check_bad("{\"state\":\"idle\"}", RUI_INVALID, "state");
	check_bad("{\"state\":\"stopped\",\"until\":1}", RUI_INVALID, "until");
	check_bad("{\"state\":\"stopped\"}", RUI_INVALID, "cycle");
	check_bad("{\"state\":\"stopped\",\"cycle\":0}", RUI_INVALID, "cycle");
	check_bad("{\"state\":\"stopped\",\"cycle\":\"1\"}", RUI_INVALID, "cycle");
	check_bad("{\"state\":\"stopped\",\"cycle\":1}", RUI_INVALID, "start");
	check_bad("{\"state\":\"stopped\",\"cycle\":1,\"start\":\"2026-11-23\"}", RUI_INVALID, "start");
	check_bad("{" STOPPED ",\"cycle\":1}", RUI_INVALID, "target");
	check_bad("{" STOPPED ",\"target\":\"4 hours\",\"cycle\":1}", RUI_INVALID, "target");
	check_bad("{" STOPPED ",\"target\":\"PT-4H\",\"elapsed\":\"PT3H\",\"cycle\":1}", RUI_INVALID,
			  "target");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT3H31M\",\"cycle\":1}", RUI_INVALID,
			  "elapsed");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT-1S\",\"cycle\":1}", RUI_INVALID,
			  "elapsed");
	/* Exceeded, but nothing says since when. */
	check_bad("{" STOPPED ",\"target\":\"PT2H\",\"elapsed\":\"PT3H\",\"cycle\":1}", RUI_INVALID,
			  "first_breached_at");
	check_bad("{" STOPPED ",\"target\":\"PT2H\",\"elapsed\":\"PT3H\",\"cycle\":1,"
			  "\"first_breached_at\":\"2026-11-23T12:31Z\"}",
			  RUI_INVALID, "first_breached_at");
	check_bad("{" STOPPED ",\"target\":\"PT2H\",\"elapsed\":\"PT3H\",\"cycle\":1,"
			  "\"first_breached_at\":\"-infinity\"}",
			  RUI_INVALID, "first_breached_at");
	check_bad("{" STOPPED ",\"target\":\"PT2H\",\"elapsed\":\"PT1H\",\"cycle\":1,"
			  "\"due\":\"2026-11-23T12:31Z\"}",
			  RUI_INVALID, "due");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":1,"
			  "\"sum\":\"PT3H\"}",
			  RUI_INVALID, "sum");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":2,"
			  "\"first\":\"PT1H\",\"longest\":\"PT1H\"}",
			  RUI_INVALID, "sum");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":2,"
			  "\"first\":\"PT1H\",\"sum\":\"PT2H\",\"longest\":\"PT1H\"}",
			  RUI_INVALID, "sum");
	check_bad("{" STOPPED ",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":3,"
			  "\"first\":\"PT1H\",\"sum\":\"PT2H30M\",\"longest\":\"PT2H\"}",
			  RUI_INVALID, "sum");
	check_bad("{" RUNNING "}", RUI_INVALID, "due");
	check_bad("{" RUNNING ",\"due\":\"2026-11-23T13:30Z\"}", RUI_INVALID, "breach");
	check_bad("{" RUNNING ",\"due\":\"2026-11-23T12:29Z\",\"breach\":\"2026-11-23T13:30Z\"}",
			  RUI_INVALID, "due");
	check_bad("{" RUNNING ",\"due\":\"2026-11-23T13:30Z\",\"breach\":\"2026-11-23T13:29Z\"}",
			  RUI_INVALID, "breach");
	check_bad("{" RUNNING ",\"due\":\"2201-01-01T00:00Z\",\"breach\":\"infinity\"}", RUI_INVALID,
			  "due");
	check_bad("{" RUNNING ",\"due\":\"infinity\",\"breach\":\"infinity\",\"target\":\"PT1H\"}",
			  RUI_SYNTAX, "target");
	check_bad("{\"state\":\"stopped\",\"start\":\"1899-12-31T09:00Z\","
			  "\"changed_at\":\"2026-11-23T12:30Z\",\"target\":\"PT4H\",\"elapsed\":\"PT3H\","
			  "\"cycle\":1}",
			  RUI_INVALID, "start");
	check_bad("{\"state\":\"stopped\",\"start\":\"2026-11-23T09:00Z\","
			  "\"changed_at\":\"infinity\",\"target\":\"PT4H\",\"elapsed\":\"PT3H\",\"cycle\":1}",
			  RUI_INVALID, "changed_at");
}

static void
test_events(void)
{
	static const struct
	{
		const char *event;
		const char *hint;
	} bad[] = {
		{ "begin", "Give start" },
		{ "", "Give start" },
		{ "start now", "Give start" },
		{ "retarget", "new target" },
		{ "retarget 4h", "new target" },
		{ "retarget PT-1H", "zero or more" },
		{ "retarget P1D", "new target" },
		{ "retarget  PT1H", "new target" },
		{ "Start", "Give start" },
	};
	rui_sla_fold fold;
	rui_error error;
	size_t i;

	memset(&fold, 0, sizeof fold);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
	{
		CHECK(rui_sla_fold_event(&rui_env_malloc, &fold, office, 0, bad[i].event, 0, &error) ==
			  RUI_INVALID);
		CHECK(strstr(error.hint, bad[i].hint) != NULL);
	}
	/* What comes before the start does nothing. */
	CHECK(rui_sla_fold_event(&rui_env_malloc, &fold, office, 0, "pause", 0, &error) == RUI_OK);
	CHECK_INT(fold.clock.cycle, 0);
	CHECK(rui_sla_fold_event(&rui_env_malloc, &fold, office, 0, "start", 1, &error) == RUI_OK);
	CHECK_INT(fold.clock.cycle, 1);
	CHECK(rui_sla_fold_event(&rui_env_malloc, &fold, office, 0, "stop", 0, &error) == RUI_INVALID);
	CHECK(strstr(error.hint, "ORDER BY at") != NULL);
	rui_release(&rui_env_malloc, fold.events);
}

int
main(void)
{
	zones_real(&zones_table);
	office = compile("{\"tz\":\"UTC\",\"weekly\":{"
					 "\"mon\":[[\"08:00\",\"12:00\"],[\"13:00\",\"17:00\"]],"
					 "\"tue\":[[\"08:00\",\"12:00\"],[\"13:00\",\"17:00\"]],"
					 "\"wed\":[[\"08:00\",\"12:00\"],[\"13:00\",\"17:00\"]],"
					 "\"thu\":[[\"08:00\",\"12:00\"],[\"13:00\",\"17:00\"]],"
					 "\"fri\":[[\"08:00\",\"12:00\"],[\"13:00\",\"17:00\"]]}}");
	always = compile("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"00:00\",\"24:00\"]],"
					 "\"tue\":[[\"00:00\",\"24:00\"]],\"wed\":[[\"00:00\",\"24:00\"]],"
					 "\"thu\":[[\"00:00\",\"24:00\"]],\"fri\":[[\"00:00\",\"24:00\"]],"
					 "\"sat\":[[\"00:00\",\"24:00\"]],\"sun\":[[\"00:00\",\"24:00\"]]}}");
	test_moves();
	test_targets();
	test_texts();
	test_events();
	rui_timetable_release(&rui_env_malloc, office);
	rui_timetable_release(&rui_env_malloc, always);
	return unit_finish("clock");
}
