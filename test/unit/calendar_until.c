/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_until.c
 *	  Calendars that follow each other, by example.
 */
#include "calendar_case.h"

#define T1 "\"2026-10-01T00:00Z\""
#define T2 "\"2026-11-01T12:30Z\""
#define T3 "\"2027-01-01T00:00:00.000001Z\""
#define UNTIL1(a) "{\"until\":[" a "]}"
#define UNTIL2(a, t) "{\"until\":[" a "," t "]}"
#define UNTIL3(a, t, b) "{\"until\":[" a "," t "," b "]}"
#define UNTIL4(a, t1, b, t2) "{\"until\":[" a "," t1 "," b "," t2 "]}"
#define UNTIL5(a, t1, b, t2, c) "{\"until\":[" a "," t1 "," b "," t2 "," c "]}"
#define UNTIL7(a, t1, b, t2, c, t3, d) "{\"until\":[" a "," t1 "," b "," t2 "," c "," t3 "," d "]}"
#define IN_SHANGHAI(text) "{\"tz\":\"Asia/Shanghai\"," text "}"
#define ALL_A IN_SHANGHAI("\"all\":[" A "]")
#define SHIFTED_C "{\"shift\":[" C ",\"PT5000H\"]}"

static void
test_canonical(void)
{
	check_text(UNTIL3(A, T1, C), UNTIL3(A, T1, C));
	check_text("{\"until\":[" C ",\"2026-10-01T00:00:00.0Z\"," A "],\"tz\":\"UTC\"}",
			   UNTIL3(C, T1, A));
	/* The order is kept, the zone written where it is not everybody's. */
	check_text(UNTIL3(A, T1, B), "{\"tz\":\"UTC\",\"until\":[" A "," T1 "," B "]}");
	check_text(UNTIL3(B, T1, A), IN_SHANGHAI("\"until\":[" B "," T1 "," A "]"));
	check_text("{\"tz\":\"Asia/Shanghai\",\"until\":[" A "," T1 "," C "]}",
			   IN_SHANGHAI("\"until\":[" A "," T1 "," C "]"));
	check_text(UNTIL7(A, T1, B, T2, C, T3, A),
			   "{\"tz\":\"UTC\",\"until\":[" A "," T1 "," B "," T2 "," C "," T3 "," A "]}");
	/* Of equal neighbours the first goes on, also as the only one. */
	check_text(UNTIL5(A, T1, A, T2, C), UNTIL3(A, T2, C));
	check_text(UNTIL7(A, T1, C, T2, C, T3, A), UNTIL5(A, T1, C, T3, A));
	check_text(UNTIL3(A, T1, A), A);
	check_text(UNTIL5(A, T1, "{\"any\":[" A "]}", T2, A), A);
	check_text("{\"tz\":\"Asia/Shanghai\",\"until\":[" A "," T1 "," A "]}",
			   ALL_A);
	check_text("{\"tz\":\"Asia/Shanghai\",\"until\":[{\"all\":[" A "," C "]}," T1
			   ",{\"all\":[" C "," A "]}]}",
			   IN_SHANGHAI("\"all\":[" C "," A "]"));
	/* That one decides dates in its own zone: nothing is left to say. */
	check_text("{\"tz\":\"UTC\",\"until\":[" ALL_A "," T1 "," ALL_A "]}", A);
	/* Hour by hour the same, but said otherwise. */
	check_text(UNTIL3("{\"minus\":[" A "," A "]}", T1, A),
			   UNTIL3("{\"minus\":[" A "," A "]}", T1, A));
}

static void
test_nested(void)
{
	const char *three = UNTIL5(A, T1, C, T2, A);

	check_text(UNTIL3(UNTIL3(A, T1, C), T2, A), three);
	check_text(UNTIL3(A, T1, UNTIL3(C, T2, A)), three);
	check_text(UNTIL5(A, T1, UNTIL5(A, T1, C, T2, A), T2, A), three);
	/* What would begin after the end, or end before the beginning. */
	check_text(UNTIL3(UNTIL3(A, T2, B), T1, C), UNTIL3(A, T1, C));
	check_text(UNTIL3(UNTIL3(A, T1, B), T1, C), UNTIL3(A, T1, C));
	check_text(UNTIL3(A, T2, UNTIL3(B, T1, C)), UNTIL3(A, T2, C));
	check_text(UNTIL3(A, T1, UNTIL3(B, T1, C)), UNTIL3(A, T1, C));
	check_text(UNTIL3(UNTIL5(A, T1, B, T3, C), T2, A),
			   "{\"tz\":\"UTC\",\"until\":[" A "," T1 "," B "," T2 "," A "]}");
	/* Joined, neighbours meet that are equal. */
	check_text(UNTIL3(UNTIL3(A, T1, C), T2, UNTIL3(C, T3, A)), UNTIL5(A, T1, C, T3, A));
	check_text(UNTIL3(UNTIL3(A, T1, C), T1, A), A);
	/* The first one's zone decides, also where no operand has it. */
	check_text(UNTIL3(IN_SHANGHAI("\"until\":[" A "," T1 "," C "]"), T2, A),
			   IN_SHANGHAI("\"until\":[" A "," T1 "," C "," T2 "," A "]"));
	check_text(UNTIL3(A, T1, IN_SHANGHAI("\"until\":[" C "," T2 "," A "]")), three);
	check_text(UNTIL3(IN_SHANGHAI("\"until\":[" A "," T1 "," C "]"), T1, A),
			   ALL_A);
	/* Other combinations hold it as it is, and it holds them. */
	check_text("{\"shift\":[" UNTIL3(A, T1, C) ",\"PT1H\"]}",
			   "{\"shift\":[" UNTIL3(A, T1, C) ",\"PT1H\"]}");
	check_text("{\"shift\":[{\"shift\":[" UNTIL3(A, T1, C) ",\"PT1H\"]},\"PT-1H\"]}",
			   UNTIL3(A, T1, C));
	check_text("{\"all\":[" UNTIL3(A, T1, C) "," C "," UNTIL3(A, T1, C) "]}",
			   "{\"all\":[" C "," UNTIL3(A, T1, C) "]}");
	check_text(UNTIL3("{\"any\":[" C "," UNTIL3(A, T1, C) "]}", T1, C),
			   UNTIL3("{\"any\":[" C "," UNTIL3(A, T1, C) "]}", T1, C));
}

static void
test_errors(void)
{
	const char *between = "Give calendars and between them the instants";

	check_bad("{\"until\":{}}", RUI_INVALID, "until", "");
	check_bad("{\"until\":[]}", RUI_INVALID, "until", between);
	check_bad(UNTIL1(A), RUI_INVALID, "until", between);
	check_bad(UNTIL2(A, T1), RUI_INVALID, "until", between);
	check_bad(UNTIL4(A, T1, C, T2), RUI_INVALID, "until", between);
	check_bad(UNTIL3(T1, A, T2), RUI_INVALID, "until[0]", between);
	check_bad(UNTIL3(A, T1, "null"), RUI_INVALID, "until[2]", between);
	check_bad(UNTIL3(A, C, A), RUI_INVALID, "until[1]", "2026-10-01T08:00Z");
	check_bad(UNTIL3(A, "20261001", C), RUI_INVALID, "until[1]", "2026-10-01T08:00Z");
	check_bad(UNTIL3(A, "\"2026-10-01\"", C), RUI_INVALID, "until[1]", "2026-10-01T08:00Z");
	check_bad(UNTIL3(A, "\"2026-10-01T00:00+08:00\"", C), RUI_INVALID, "until[1]", "UTC");
	check_bad(UNTIL3(A, "\"2026-02-30T00:00Z\"", C), RUI_INVALID, "until[1]", "2026-10-01T08:00Z");
	check_bad(UNTIL3(A, "\"2026-10-01T24:00Z\"", C), RUI_INVALID, "until[1]", "2026-10-01T08:00Z");
	check_bad(UNTIL3(A, "\"infinity\"", C), RUI_INVALID, "until[1]", "1900-01-01");
	check_bad(UNTIL5(A, T1, C, "\"-infinity\"", A), RUI_INVALID, "until[3]", "1900-01-01");
	check_bad(UNTIL3(A, "\"2201-01-01T00:00Z\"", C), RUI_INVALID, "until[1]", "2201-01-01");
	check_bad(UNTIL3(A, "\"1899-12-31T23:59Z\"", C), RUI_INVALID, "until[1]", "1900-01-01");
	check_bad(UNTIL5(A, T1, C, T1, A), RUI_INVALID, "until[3]", "ascending");
	check_bad(UNTIL5(A, T2, C, T1, A), RUI_INVALID, "until[3]", "ascending");
	check_bad(UNTIL3(A, T1, "{\"tz\":\"Mars\"}"), RUI_INVALID, "until[2].tz", "IANA");
	check_bad("{\"until\":[" A "," T1 "," C "],\"all\":[" A "]}", RUI_INVALID, "until", "Nest");
	check_bad("{\"until\":[" A "," T1 "," C "],\"weekly\":{}}", RUI_INVALID, "weekly", "until");
	/* Only what is in force counts towards the limit of shifts. */
	check_bad("{\"shift\":[" UNTIL3(A, T1, SHIFTED_C) ",\"PT5000H\"]}", RUI_INVALID, "shift[1]",
			  "8784");
	check_text("{\"shift\":[" UNTIL3(A, T1, UNTIL3(SHIFTED_C, T1, C)) ",\"PT5000H\"]}",
			   "{\"shift\":[" UNTIL3(A, T1, C) ",\"PT5000H\"]}");
}

#define HOURS(opens, closes) "[[\"" opens "\",\"" closes "\"]]"
#define EVERY_DAY(hours) \
	"\"weekly\":{\"mon\":" hours ",\"tue\":" hours ",\"wed\":" hours ",\"thu\":" hours \
	",\"fri\":" hours ",\"sat\":" hours ",\"sun\":" hours "}"
#define SUMMER "{\"tz\":\"UTC\"," EVERY_DAY(HOURS("08:00", "18:00")) "}"
#define OFFICE HOURS("09:00", "17:00")
#define WINTER \
	"{\"tz\":\"UTC\",\"weekly\":{\"thu\":" OFFICE ",\"fri\":" OFFICE "}," \
	"\"holidays\":[\"2026-10-02\"]}"
#define NIGHT "{\"tz\":\"UTC\"," EVERY_DAY(HOURS("22:00", "06:00")) "}"
#define ALWAYS "{\"tz\":\"UTC\"," EVERY_DAY(ALL_DAY) "}"

static void
check_day(const rui_timetable *timetable, int32_t date, bool expected)
{
	bool working = !expected;
	rui_error error;

	CHECK(rui_is_working_date(timetable, date, &working, &error) == RUI_OK);
	CHECK_INT(working, expected);
}

/* 2026-10-01 is a Thursday. */
static void
test_change(void)
{
	rui_timetable *midnight = compile(UNTIL3(SUMMER, T1, WINTER));
	rui_timetable *noon = compile(UNTIL3(SUMMER, "\"2026-10-01T12:00Z\"", WINTER));
	rui_timetable *night = compile(UNTIL5(NIGHT, "\"2026-10-01T03:00:00.000001Z\"", A, T2, NIGHT));
	rui_timetable *joined = compile(UNTIL3(SUMMER, "\"2026-10-01T12:00Z\"", ALWAYS));
	bool open;
	int64_t result;
	int32_t count;
	rui_error error;

	CHECK_INT(between(midnight, "2026-09-30T00:00Z", "2026-10-02T00:00Z"), 18 * RUI_HOUR);
	check_add(midnight, "2026-09-30T17:00Z", "PT2H", CLOSE, "2026-10-01T10:00Z");
	check_add(midnight, "2026-10-01T10:00Z", "PT-2H", CLOSE, "2026-09-30T17:00Z");
	check_add(midnight, "2026-09-30T17:00Z", "PT1H", OPEN, "2026-10-01T09:00Z");
	/* Hours that both have go on; the close is the new one. */
	CHECK(rui_timetable_next(noon, instant("2026-10-01T07:00Z"), OPEN, &result, &error) == RUI_OK);
	CHECK_INT(result, instant("2026-10-01T08:00Z"));
	CHECK(rui_timetable_next(noon, instant("2026-10-01T08:00Z"), CLOSE, &result, &error) ==
		  RUI_OK);
	CHECK_INT(result, instant("2026-10-01T17:00Z"));
	CHECK_INT(between(noon, "2026-10-01T00:00Z", "2026-10-02T00:00Z"), 9 * RUI_HOUR);
	/* In the middle of a night, to the microsecond: the change closes. */
	CHECK(rui_timetable_is_open(night, instant("2026-10-01T03:00Z"), &open, &error) == RUI_OK);
	CHECK(open);
	CHECK(rui_timetable_is_open(night, instant("2026-10-01T03:00:00.000001Z"), &open, &error) ==
		  RUI_OK);
	CHECK(!open);
	CHECK_INT(between(night, "2026-09-30T22:00Z", "2026-11-01T22:00:00.5Z"),
			  5 * RUI_HOUR + 1 + RUI_SECOND / 2);
	/* A change in the middle of the day opens it, or closes it. */
	check_day(noon, rui_date_make(2026, 10, 1), true);
	check_day(noon, rui_date_make(2026, 10, 2), false);
	check_day(joined, rui_date_make(2026, 10, 2), true);
	check_day(night, rui_date_make(2026, 9, 30), true);
	check_day(night, rui_date_make(2026, 10, 1), false);
	check_day(night, rui_date_make(2026, 11, 1), true);
	CHECK(rui_count_working_dates(&rui_env_malloc, noon, rui_date_make(2026, 9, 28),
								  rui_date_make(2026, 10, 12), &count, &error) == RUI_OK);
	CHECK_INT(count, 3 + 1 + 0 + 2);
	CHECK(rui_add_working_dates(&rui_env_malloc, joined, instant("2026-10-01T09:00Z"), 0,
								RUI_DAY_CLOSE, &result, &error) == RUI_OK);
	CHECK_INT(result, instant("2026-10-02T00:00Z"));
	CHECK(rui_add_working_dates(&rui_env_malloc, midnight, instant("2026-09-30T08:30Z"), 1,
								RUI_DAY_SAME_TIME, &result, &error) == RUI_OK);
	CHECK_INT(result, instant("2026-10-01T09:00Z"));
	rui_timetable_release(&rui_env_malloc, midnight);
	rui_timetable_release(&rui_env_malloc, noon);
	rui_timetable_release(&rui_env_malloc, night);
	rui_timetable_release(&rui_env_malloc, joined);
}

#define SUNDAYS(hours) \
	"{\"tz\":\"America/New_York\",\"weekly\":{\"sun\":" hours "}}"

/* A change while New York's clocks show an hour twice, 05:00 to 07:00 UTC. */
static void
test_summer_time(void)
{
	const char *first = SUNDAYS(HOURS("01:00", "03:00"));
	const char *second = SUNDAYS(HOURS("00:30", "01:45"));
	rui_text text;
	int minutes;

	rui_text_start(&text, &rui_env_malloc);
	for (minutes = 0; minutes <= 180; minutes += 15)
	{
		/* 01:00 means 05:00 UTC, 03:00 8:00; 00:30 4:30, 01:45 5:45. */
		int before = minutes;
		int after = minutes < 45 ? 45 - minutes : 0;
		rui_timetable *timetable;

		rui_text_release(&text);
		rui_text_format(&text, "{\"until\":[%s,\"2026-11-01T%02d:%02dZ\",%s]}", first,
						5 + minutes / 60, minutes % 60, second);
		timetable = compile(text.bytes);
		CHECK_INT(between(timetable, "2026-11-01T00:00Z", "2026-11-02T00:00Z"),
				  (before + after) * RUI_MINUTE);
		rui_timetable_release(&rui_env_malloc, timetable);
	}
	rui_text_release(&text);
}

/* Beyond the last instant and before the first the calendar goes on. */
static void
test_ends(void)
{
	rui_timetable *opened = compile(UNTIL3(A, T1, SUMMER));
	rui_timetable *closed = compile(UNTIL3(SUMMER, T1, A));
	rui_timetable *first = compile(UNTIL3(SUMMER, "\"1900-01-01T00:00Z\"", A));
	rui_timetable *last = compile(UNTIL3(A, "\"2200-12-31T23:59:59.999999Z\"", ALWAYS));

	check_add(opened, "2026-01-01T00:00Z", "PT0S", OPEN, "2026-10-01T08:00Z");
	check_add(opened, "2026-10-01T09:00Z", "PT-1H-0.000001S", OPEN, "-infinity");
	check_add(opened, "2200-12-31T17:00Z", "PT1H0.000001S", CLOSE, NULL);
	check_add(closed, "2026-09-30T17:00Z", "PT1H", CLOSE, "2026-09-30T18:00Z");
	check_add(closed, "2026-09-30T17:00Z", "PT1H", OPEN, "infinity");
	check_add(closed, "2027-01-01T00:00Z", "PT-1S", CLOSE, "2026-09-30T17:59:59Z");
	check_add(first, "1900-01-01T00:00Z", "PT1S", CLOSE, "infinity");
	check_add(first, "1900-01-01T00:00Z", "PT-1S", CLOSE, NULL);
	check_add(last, "2026-01-01T00:00Z", "PT0S", OPEN, "2200-12-31T23:59:59.999999Z");
	check_add(last, "2026-01-01T00:00Z", "PT1S", OPEN, NULL);
	rui_timetable_release(&rui_env_malloc, opened);
	rui_timetable_release(&rui_env_malloc, closed);
	rui_timetable_release(&rui_env_malloc, first);
	rui_timetable_release(&rui_env_malloc, last);
}

/* The reasons are those of the calendar in force. */
static void
test_reasons(void)
{
	static const struct
	{
		const char *from;
		rui_due_reason reason;
		int hours;
	} lines[] = {
		{ "2026-09-30T17:00Z", RUI_DUE_OPEN, 1 },
		{ "2026-09-30T18:00Z", RUI_DUE_CLOSED, 0 },
		{ "2026-10-01T09:00Z", RUI_DUE_OPEN, 8 },
		{ "2026-10-01T17:00Z", RUI_DUE_CLOSED, 0 },
		{ "2026-10-02T00:00Z", RUI_DUE_HOLIDAY, 0 },
		{ "2026-10-03T00:00Z", RUI_DUE_CLOSED, 0 },
		{ "2026-10-08T09:00Z", RUI_DUE_OPEN, 1 },
	};
	const char *text = UNTIL3(SUMMER, T1, WINTER);
	rui_calendar *calendar = read_good(text);
	rui_timetable *timetable = compile(text);
	rui_due_explanation e;
	rui_error error;
	size_t i;

	CHECK(rui_timetable_explain(&rui_env_malloc, calendar, timetable, instant(lines[0].from),
								10 * RUI_HOUR, &e, &error) == RUI_OK);
	CHECK_INT(e.due, instant("2026-10-08T10:00Z"));
	CHECK_INT(e.count, sizeof lines / sizeof lines[0]);
	for (i = 0; i < e.count && i < sizeof lines / sizeof lines[0]; i++)
	{
		CHECK_INT(e.lines[i].from_at, instant(lines[i].from));
		CHECK_INT(e.lines[i].reason, lines[i].reason);
		CHECK_INT(e.lines[i].counted, lines[i].hours * RUI_HOUR);
	}
	rui_release(&rui_env_malloc, e.lines);
	check_sentence(calendar, timetable, "2026-09-30T17:00Z", 10 * RUI_HOUR, "en",
				   "10 hours of working time from Wed 2026-09-30 17:00 end at Thu 2026-10-08 10:00 "
				   "(UTC), counted on 3 dates, leaving out holiday 2026-10-02.");
	check_sentence(calendar, timetable, "2026-09-30T17:00Z", 10 * RUI_HOUR, "zh",
				   "自2026-09-30(周三)17:00起计10小时工作时间,至2026-10-08(周四)10:00(UTC),"
				   "计入3天,不计节假日2026-10-02。");
	rui_calendar_release(&rui_env_malloc, calendar);
	rui_timetable_release(&rui_env_malloc, timetable);
}

#define CHANGES 200

/* A calendar that has changed every day, made change by change. */
static void
test_many(void)
{
	rui_text text;
	rui_text longer;
	rui_timetable *timetable;
	int64_t at = instant("2020-01-01T00:00Z");
	int64_t sum = 0;
	int i;

	rui_text_start(&text, &rui_env_malloc);
	rui_text_start(&longer, &rui_env_malloc);
	rui_text_add(&text, "{\"tz\":\"UTC\"}");
	for (i = 0; i < CHANGES; i++)
	{
		rui_calendar *calendar;

		/* From the i-th day on every day has i minutes. */
		rui_text_add(&longer, "{\"until\":[");
		rui_text_append(&longer, text.bytes, text.length);
		rui_text_add(&longer, ",\"");
		rui_instant_write(&longer, at + i * RUI_DAY);
		rui_text_add(&longer, "\",{\"tz\":\"UTC\"");
		if (i > 0)
		{
			rui_text hours;

			rui_text_start(&hours, &rui_env_malloc);
			rui_text_add(&hours, "[[\"00:00\",\"");
			rui_time_write(&hours, i * RUI_MINUTE);
			rui_text_add(&hours, "\"]]");
			rui_text_format(&longer,
							",\"weekly\":{\"mon\":%s,\"tue\":%s,\"wed\":%s,\"thu\":%s,\"fri\":%s,"
							"\"sat\":%s,\"sun\":%s}",
							hours.bytes, hours.bytes, hours.bytes, hours.bytes, hours.bytes,
							hours.bytes, hours.bytes);
			rui_text_release(&hours);
		}
		rui_text_add(&longer, "}]}");
		calendar = read_good(longer.bytes);
		rui_text_release(&longer);
		rui_text_release(&text);
		if (calendar == NULL)
			return;
		CHECK_INT(calendar->operand_count, i == 0 ? 0 : i + 1);
		rui_calendar_write(calendar, &text);
		rui_calendar_release(&rui_env_malloc, calendar);
	}
	timetable = compile(text.bytes);
	for (i = 0; i < CHANGES; i++)
	{
		CHECK_INT(rui_timetable_worked(timetable, at + i * RUI_DAY), sum);
		sum += i * RUI_MINUTE;
	}
	rui_text_release(&text);
	rui_timetable_release(&rui_env_malloc, timetable);
}

static void
test_memory(void)
{
	check_memory(UNTIL3(UNTIL3(C, T1, "{\"all\":[" B "," C "]}"), T2,
						UNTIL5(NIGHT, T1, NIGHT, T3, "{\"shift\":[" C ",\"PT1H\"]}")));
	check_memory("{\"tz\":\"Asia/Shanghai\",\"until\":[{\"all\":[" A "," C "]}," T1
				 ",{\"all\":[" C "," A "]}]}");
}

int
main(void)
{
	zones_real(&zones_table);
	test_canonical();
	test_nested();
	test_errors();
	test_change();
	test_summer_time();
	test_ends();
	test_reasons();
	test_many();
	test_memory();
	return unit_finish("calendar_until");
}
