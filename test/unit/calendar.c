/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar.c
 *	  Calendars by example: texts, errors, zones, and the ends of the world.
 */
#include "calendar_case.h"

static void
test_canonical(void)
{
	check_text("{\"tz\":\"UTC\"}", "{\"tz\":\"UTC\"}");
	check_text(" { \"closures\":{},\"weekly\":{\"sun\":[]},\"holidays\":[],\"tz\":\"UTC\"} ",
			   "{\"tz\":\"UTC\"}");
	check_text("{\"weekly\":{\"tue\":[[\"13:30:00\",\"18:00\"],[\"08:00\",\"12:00:00.0\"]],"
			   "\"mon\":[[\"08:00\",\"10:00\"],[\"10:00\",\"12:00\"]]},\"tz\":\"UTC\"}",
			   "{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"12:00\"]],"
			   "\"tue\":[[\"08:00\",\"12:00\"],[\"13:30\",\"18:00\"]]}}");
	check_text("{\"tz\":\"UTC\",\"holidays\":[\"2026-10-02\",\"2026-10-01\",\"2026-10-02\"]}",
			   "{\"tz\":\"UTC\",\"holidays\":[\"2026-10-01\",\"2026-10-02\"]}");
	/* A day without hours of its own is closed; a closure of nothing is none. */
	check_text("{\"tz\":\"UTC\",\"date_hours\":{\"2026-10-11\":\"fri\",\"2026-10-10\":[]},"
			   "\"closures\":{\"2026-10-12\":[]}}",
			   "{\"tz\":\"UTC\",\"date_hours\":{\"2026-10-10\":[],\"2026-10-11\":\"fri\"}}");
	/* Overnight, and midnight written both ways. */
	check_text("{\"tz\":\"UTC\",\"weekly\":{\"fri\":[[\"22:00\",\"06:00\"]],"
			   "\"sat\":[[\"18:00\",\"00:00\"]]}}",
			   "{\"tz\":\"UTC\",\"weekly\":{\"fri\":[[\"22:00\",\"06:00\"]],"
			   "\"sat\":[[\"18:00\",\"24:00\"]]}}");
	check_text("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"12:00\",\"24:00\"],"
			   "[\"00:00\",\"12:00\"]]}}",
			   "{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"00:00\",\"24:00\"]]}}");
	/* Day and night shift: merged they would close when they open. */
	check_text("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"12:00\"],[\"12:00\",\"20:00\"],"
			   "[\"20:00\",\"08:00\"]]}}",
			   "{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"20:00\"],"
			   "[\"20:00\",\"08:00\"]]}}");
}

static void
test_combinations(void)
{
	check_text("{\"all\":[" C "," A "]}", "{\"all\":[" C "," A "]}");
	check_text("{\"any\":[" A "," C "," A "]}", "{\"any\":[" C "," A "]}");
	/* Sorted by bytes; the first operand's zone stays in charge. */
	check_text("{\"all\":[" A "," B "]}", "{\"tz\":\"UTC\",\"all\":[" B "," A "]}");
	check_text("{\"all\":[" B "," A "]}", "{\"tz\":\"Asia/Shanghai\",\"all\":[" B "," A "]}");
	check_text("{\"all\":[" A "," C "],\"tz\":\"UTC\"}", "{\"all\":[" C "," A "]}");
	check_text("{\"all\":[" A "," C "],\"tz\":\"Asia/Shanghai\"}",
			   "{\"tz\":\"Asia/Shanghai\",\"all\":[" C "," A "]}");
	/* Flattened, but not across kinds. */
	check_text("{\"all\":[" A ",{\"all\":[" B "," C "]}]}",
			   "{\"tz\":\"UTC\",\"all\":[" B "," C "," A "]}");
	check_text("{\"all\":[" A ",{\"any\":[" A "," C "]}]}",
			   "{\"all\":[{\"any\":[" C "," A "]}," A "]}");
	/* One calendar combined with itself is that calendar. */
	check_text("{\"all\":[" A "," A "]}", A);
	check_text("{\"any\":[" C "]}", C);
	check_text("{\"any\":[" A "],\"tz\":\"Asia/Shanghai\"}",
			   "{\"tz\":\"Asia/Shanghai\",\"any\":[" A "]}");
	check_text("{\"minus\":[" A "," B "]}", "{\"tz\":\"UTC\",\"minus\":[" A "," B "]}");
	check_text("{\"minus\":[" A "," A "]}", "{\"minus\":[" A "," A "]}");
	check_text("{\"shift\":[" A ",\"PT90M\"]}", "{\"shift\":[" A ",\"PT1H30M\"]}");
	check_text("{\"shift\":[{\"shift\":[" A ",\"PT1H\"]},\"PT-30M\"]}",
			   "{\"shift\":[" A ",\"PT30M\"]}");
	check_text("{\"shift\":[{\"shift\":[" A ",\"PT1H\"]},\"PT-1H\"]}", A);
	check_text("{\"shift\":[" A ",\"PT0S\"],\"tz\":\"Asia/Shanghai\"}",
			   "{\"tz\":\"Asia/Shanghai\",\"shift\":[" A ",\"PT0S\"]}");
}

static void
test_errors(void)
{
	const char *times = "from 00:00 to 24:00";

	check_bad("", RUI_SYNTAX, "", "RFC 8259");
	check_bad("[]", RUI_INVALID, "", "");
	check_bad("{\"weekly\":{}}", RUI_INVALID, "", "Asia/Shanghai");
	check_bad("{\"tz\":\"Mars/Phobos\"}", RUI_INVALID, "tz", "IANA");
	check_bad("{\"tz\":8}", RUI_INVALID, "tz", "");
	check_bad("{\"tz\":\"UTC\",\"hours\":{}}", RUI_INVALID, "hours", "weekly");
	check_bad("{\"tz\":\"UTC\",\"tz\":\"UTC\"}", RUI_SYNTAX, "tz", "once");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"monday\":[]}}", RUI_INVALID, "weekly.monday", "mon");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"8:00\",\"12:00\"]]}}", RUI_INVALID,
			  "weekly.mon[0][0]", times);
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"24:30\"]]}}", RUI_INVALID,
			  "weekly.mon[0][1]", times);
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",12]]}}", RUI_INVALID,
			  "weekly.mon[0][1]", "");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\"]]}}", RUI_INVALID, "weekly.mon[0]",
			  "[\"08:00\",\"12:00\"]");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[\"08:00\",\"12:00\"]}}", RUI_INVALID,
			  "weekly.mon[0]", "");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"08:00\"]]}}", RUI_INVALID,
			  "weekly.mon[0]", "[\"00:00\",\"24:00\"]");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"00:00\",\"00:00\"]]}}", RUI_INVALID,
			  "weekly.mon[0]", "[\"00:00\",\"24:00\"]");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"24:00\",\"08:00\"]]}}", RUI_INVALID,
			  "weekly.mon[0][0]", "next date");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"10:00\",\"14:00\"],[\"08:00\",\"12:00\"]]}}",
			  RUI_INVALID, "weekly.mon", "overlap");
	check_bad("{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"22:00\",\"06:00\"],[\"23:00\",\"24:00\"]]}}",
			  RUI_INVALID, "weekly.mon", "overlap");
	check_bad("{\"tz\":\"UTC\",\"holidays\":[\"2026-02-30\"]}", RUI_INVALID, "holidays[0]",
			  "YYYY-MM-DD");
	check_bad("{\"tz\":\"UTC\",\"holidays\":[\"2026-10-01\",\"2201-01-01\"]}", RUI_INVALID,
			  "holidays[1]", "2200-12-31");
	check_bad("{\"tz\":\"UTC\",\"holidays\":[20261001]}", RUI_INVALID, "holidays[0]", "");
	check_bad("{\"tz\":\"UTC\",\"holidays\":{}}", RUI_INVALID, "holidays", "");
	check_bad("{\"tz\":\"UTC\",\"date_hours\":{\"2026-10-1\":\"fri\"}}", RUI_INVALID,
			  "date_hours.2026-10-1", "YYYY-MM-DD");
	check_bad("{\"tz\":\"UTC\",\"date_hours\":{\"1899-12-31\":\"fri\"}}", RUI_INVALID,
			  "date_hours.1899-12-31", "1900-01-01");
	check_bad("{\"tz\":\"UTC\",\"date_hours\":{\"2026-10-10\":\"Fri\"}}", RUI_INVALID,
			  "date_hours.2026-10-10", "mon, tue");
	check_bad("{\"tz\":\"UTC\",\"closures\":{\"2026-10-10\":\"fri\"}}", RUI_INVALID,
			  "closures.2026-10-10", "");
	check_bad("{\"all\":[]}", RUI_INVALID, "all", "at least one");
	check_bad("{\"all\":[{\"tz\":\"UTC\"},{\"tz\":\"X\"}]}", RUI_INVALID, "all[1].tz", "IANA");
	check_bad("{\"all\":[" A "],\"any\":[" A "]}", RUI_INVALID, "any", "Nest");
	check_bad("{\"all\":[" A "],\"weekly\":{}}", RUI_INVALID, "weekly", "all, any");
	check_bad("{\"minus\":[" A "]}", RUI_INVALID, "minus", "take away");
	check_bad("{\"shift\":[" A ",\"P1D\"]}", RUI_INVALID, "shift[1]", "no fixed length");
	check_bad("{\"shift\":[" A "]}", RUI_INVALID, "shift", "duration");
	check_bad("{\"shift\":[" A ",\"PT8785H\"]}", RUI_INVALID, "shift[1]", "8784");
	check_bad("{\"shift\":[{\"all\":[" B ",{\"shift\":[" A ",\"PT5000H\"]}]},\"PT5000H\"]}",
			  RUI_INVALID, "shift[1]", "8784");
}

/* 1440 intervals a date are many, 1441 too many. */
static void
test_limits(void)
{
	rui_calendar *calendar = NULL;
	rui_text text;
	rui_error error;
	int count;
	int i;

	for (count = 1440; count <= 1441; count++)
	{
		rui_text_start(&text, &rui_env_malloc);
		rui_text_add(&text, "{\"tz\":\"UTC\",\"weekly\":{\"mon\":[");
		for (i = 0; i < count; i++)
			rui_text_format(&text, "%s[\"%02d:%02d:%02d\",\"%02d:%02d:%02d\"]", i > 0 ? "," : "",
							i * 10 / 3600, i * 10 / 60 % 60, i * 10 % 60, i * 10 / 3600,
							i * 10 / 60 % 60, i * 10 % 60 + 5);
		rui_text_add(&text, "]}}");
		CHECK(rui_calendar_read(&rui_env_malloc, &zones, text.bytes, text.length, &calendar,
								&error) == (count == 1440 ? RUI_OK : RUI_LIMIT));
		rui_text_release(&text);
	}
	CHECK_TEXT(error.part, "weekly.mon");
	rui_calendar_release(&rui_env_malloc, calendar);
}

/* Changes of the clock in New York: 2026-03-08 and 2026-11-01, 02:00. */
static void
test_summer_time(void)
{
	rui_timetable *whole = compile("{\"tz\":\"America/New_York\",\"weekly\":{"
								   "\"sun\":[[\"00:00\",\"24:00\"]]}}");
	rui_timetable *night = compile("{\"tz\":\"America/New_York\",\"weekly\":{"
								   "\"sat\":[[\"22:00\",\"06:00\"]]}}");
	rui_timetable *gap = compile("{\"tz\":\"America/New_York\",\"weekly\":{"
								 "\"sun\":[[\"02:15\",\"02:45\"],[\"02:50\",\"05:00\"]]}}");
	rui_timetable *twice = compile("{\"tz\":\"America/New_York\",\"weekly\":{"
								   "\"sun\":[[\"01:30\",\"02:00\"]]}}");
	rui_timetable *touching = compile("{\"tz\":\"America/New_York\",\"weekly\":{"
									  "\"sun\":[[\"02:15\",\"02:45\"],[\"02:45\",\"03:10\"]]}}");

	/* 23, 25 and 24 hours. */
	CHECK_INT(between(whole, "2026-03-08T00:00Z", "2026-03-10T00:00Z"), 23 * RUI_HOUR);
	CHECK_INT(between(whole, "2026-11-01T00:00Z", "2026-11-03T00:00Z"), 25 * RUI_HOUR);
	CHECK_INT(between(whole, "2026-11-08T00:00Z", "2026-11-10T00:00Z"), 24 * RUI_HOUR);
	CHECK_INT(between(night, "2026-03-07T12:00Z", "2026-03-09T00:00Z"), 7 * RUI_HOUR);
	CHECK_INT(between(night, "2026-10-31T12:00Z", "2026-11-02T00:00Z"), 9 * RUI_HOUR);
	/* 02:15 to 02:45 becomes 03:15 to 03:45; 02:50 becomes 03:50. */
	CHECK_INT(between(gap, "2026-03-08T00:00Z", "2026-03-09T00:00Z"), 100 * RUI_MINUTE);
	check_add(gap, "2026-03-08T00:00Z", "PT30M", CLOSE, "2026-03-08T07:45Z");
	check_add(gap, "2026-03-08T00:00Z", "PT30M", OPEN, "2026-03-08T07:50Z");
	CHECK_INT(between(gap, "2026-11-01T00:00Z", "2026-11-02T00:00Z"), 160 * RUI_MINUTE);
	/* From the first 01:30 to 02:00, which comes only once: an hour and a half. */
	CHECK_INT(between(twice, "2026-11-01T00:00Z", "2026-11-02T00:00Z"), 90 * RUI_MINUTE);
	/* Skipped: 02:00 means 03:00, so half an hour from 01:30 is the same. */
	CHECK_INT(between(twice, "2026-03-08T00:00Z", "2026-03-09T00:00Z"), 30 * RUI_MINUTE);
	/* One interval, which would open at 03:15 and close at 03:10. */
	CHECK_INT(between(touching, "2026-03-08T00:00Z", "2026-03-09T00:00Z"), 0);
	CHECK_INT(between(touching, "2026-03-15T00:00Z", "2026-03-16T00:00Z"), 55 * RUI_MINUTE);
	rui_timetable_release(&rui_env_malloc, touching);
	rui_timetable_release(&rui_env_malloc, whole);
	rui_timetable_release(&rui_env_malloc, night);
	rui_timetable_release(&rui_env_malloc, gap);
	rui_timetable_release(&rui_env_malloc, twice);
}

static void
test_other_zones(void)
{
	/* Half an hour of summer time: 2026-04-05 02:00, 2026-10-04 02:00. */
	rui_timetable *howe = compile("{\"tz\":\"Australia/Lord_Howe\",\"weekly\":{"
								  "\"sun\":[[\"00:00\",\"24:00\"]]}}");
	/* 2011-12-30, a Friday, was skipped. */
	rui_timetable *apia = compile("{\"tz\":\"Pacific/Apia\",\"weekly\":{"
								  "\"thu\":[[\"08:00\",\"24:00\"]],\"fri\":[[\"08:00\",\"10:00\"]],"
								  "\"sat\":[[\"12:00\",\"13:00\"]]}}");
	/* Midnight of 2018-11-04 was skipped, 23:00 of 2019-02-16 repeated. */
	rui_timetable *paulo = compile("{\"tz\":\"America/Sao_Paulo\",\"weekly\":{"
								   "\"sun\":[[\"00:00\",\"24:00\"]],"
								   "\"sat\":[[\"23:30\",\"24:00\"]]}}");
	bool working;
	rui_error error;

	CHECK_INT(between(howe, "2026-04-04T00:00Z", "2026-04-07T00:00Z"),
			  24 * RUI_HOUR + 30 * RUI_MINUTE);
	CHECK_INT(between(howe, "2026-10-03T00:00Z", "2026-10-06T00:00Z"),
			  23 * RUI_HOUR + 30 * RUI_MINUTE);
	/* The skipped date's hours move forward by the day. */
	CHECK_INT(between(apia, "2011-12-29T12:00Z", "2012-01-01T00:00Z"), 19 * RUI_HOUR);
	CHECK(rui_is_working_date(apia, rui_date_make(2011, 12, 30), &working, &error) == RUI_OK);
	CHECK(!working);
	CHECK(rui_is_working_date(apia, rui_date_make(2011, 12, 31), &working, &error) == RUI_OK);
	CHECK(working);
	CHECK_INT(between(paulo, "2018-11-03T12:00Z", "2018-11-05T12:00Z"),
			  23 * RUI_HOUR + 30 * RUI_MINUTE);
	/* The first 23:30 to the only 24:00: an hour and a half. */
	CHECK_INT(between(paulo, "2019-02-16T12:00Z", "2019-02-18T12:00Z"),
			  25 * RUI_HOUR + 30 * RUI_MINUTE);
	rui_timetable_release(&rui_env_malloc, howe);
	rui_timetable_release(&rui_env_malloc, apia);
	rui_timetable_release(&rui_env_malloc, paulo);
}

static void
test_ends(void)
{
	rui_timetable *always = compile("{\"tz\":\"UTC\",\"weekly\":{\"mon\":" ALL_DAY
									",\"tue\":" ALL_DAY ",\"wed\":" ALL_DAY ",\"thu\":" ALL_DAY
									",\"fri\":" ALL_DAY ",\"sat\":" ALL_DAY ",\"sun\":" ALL_DAY
									"}}");
	rui_timetable *never = compile("{\"tz\":\"UTC\"}");
	rui_timetable *mondays = compile("{\"tz\":\"UTC\",\"weekly\":{\"mon\":" MORNING "}}");
	/* Each has weekly hours, together they have none. */
	rui_timetable *nothing = compile("{\"all\":[{\"tz\":\"UTC\",\"weekly\":{\"mon\":" MORNING
									 "}},{\"tz\":\"UTC\",\"weekly\":{\"tue\":" MORNING "}}]}");
	rui_timetable *once = compile("{\"tz\":\"UTC\",\"date_hours\":{\"2026-01-01\":" MORNING
								  "}}");
	/* Open only in summer: at the world's end, in winter, more is to come. */
	rui_timetable *summer = compile("{\"all\":[{\"tz\":\"America/New_York\",\"weekly\":{"
									"\"mon\":" MORNING "}},{\"tz\":\"UTC\",\"weekly\":{"
									"\"mon\":[[\"12:00\",\"13:00\"]]}}]}");
	int64_t result;
	int32_t count;
	bool open;
	rui_error error;

	check_add(always, "2026-01-01T00:00Z", "PT1H", CLOSE, "2026-01-01T01:00Z");
	check_add(always, "2200-12-31T23:00Z", "PT59M", CLOSE, "2200-12-31T23:59Z");
	check_add(always, "2200-12-31T23:00Z", "PT1H", CLOSE, NULL);
	check_add(always, "1900-01-01T01:00Z", "PT-1H", OPEN, "1900-01-01T00:00Z");
	check_add(always, "1900-01-01T01:00Z", "PT-1H-0.000001S", OPEN, NULL);
	check_add(always, "2026-01-01T00:00Z", "PT2562047788H", CLOSE, NULL);
	check_add(always, "2026-01-01T00:00Z", "PT-2562047788H", CLOSE, NULL);
	CHECK(rui_timetable_next(always, instant("2026-01-01T00:00Z"), CLOSE, &result, &error) ==
		  RUI_OK);
	CHECK_INT(result, RUI_FOREVER);
	CHECK(rui_timetable_previous(always, instant("2026-01-01T00:00Z"), OPEN, &result, &error) ==
		  RUI_OK);
	CHECK_INT(result, RUI_NEVER);
	CHECK(rui_count_working_dates(&rui_env_malloc, always, RUI_FIRST_DATE, RUI_END_DATE, &count,
								  &error) == RUI_OK);
	CHECK_INT(count, RUI_END_DATE - RUI_FIRST_DATE);
	CHECK(rui_count_working_dates(&rui_env_malloc, always, 0, RUI_END_DATE + 1, &count, &error) ==
		  RUI_DATETIME_RANGE);
	CHECK_INT(between(always, "1900-01-01T00:00Z", "2200-12-31T23:59:59.999999Z"),
			  RUI_END_INSTANT - RUI_FIRST_INSTANT - 1);

	check_add(never, "2026-01-01T00:00Z", "PT0S", CLOSE, "2026-01-01T00:00Z");
	check_add(never, "2026-01-01T00:00Z", "PT0S", OPEN, "infinity");
	check_add(never, "2026-01-01T00:00Z", "PT1S", CLOSE, "infinity");
	check_add(never, "2026-01-01T00:00Z", "PT-1S", CLOSE, "-infinity");
	CHECK(rui_add_working_dates(&rui_env_malloc, never, 0, 1, RUI_DAY_CLOSE, &result, &error) ==
		  RUI_OK);
	CHECK_INT(result, RUI_FOREVER);
	check_add(nothing, "2026-01-01T00:00Z", "PT1S", OPEN, "infinity");

	check_add(mondays, "2026-01-01T00:00Z", "PT1H", CLOSE, "2026-01-05T09:00Z");
	check_add(mondays, "2026-01-01T00:00Z", "PT1H", OPEN, "2026-01-12T08:00Z");
	check_add(mondays, "2200-12-30T00:00Z", "PT1H", CLOSE, NULL);
	check_add(mondays, "2200-12-30T00:00Z", "PT0S", OPEN, NULL);
	check_add(mondays, "1900-01-01T07:00Z", "PT-1S", OPEN, NULL);
	CHECK(rui_timetable_next(mondays, instant("2200-12-30T00:00Z"), OPEN, &result, &error) ==
		  RUI_DATETIME_RANGE);
	CHECK(rui_add_working_dates(&rui_env_malloc, mondays, instant("2200-12-30T00:00Z"), 1,
								RUI_DAY_CLOSE, &result, &error) == RUI_DATETIME_RANGE);

	check_add(once, "2025-01-01T00:00Z", "PT1H", CLOSE, "2026-01-01T09:00Z");
	check_add(once, "2025-01-01T00:00Z", "PT1H", OPEN, "infinity");
	check_add(once, "2025-01-01T00:00Z", "PT1H0.000001S", CLOSE, "infinity");
	check_add(once, "2027-01-01T00:00Z", "PT-1H", OPEN, "2026-01-01T08:00Z");
	check_add(once, "2027-01-01T00:00Z", "PT-1H", CLOSE, "-infinity");
	check_add(summer, "2200-12-01T00:00Z", "PT1S", CLOSE, NULL);

	CHECK(rui_timetable_is_open(always, RUI_END_INSTANT, &open, &error) == RUI_DATETIME_RANGE);
	CHECK_TEXT(error.detail, "The instant lies outside of 1900 to 2200.");
	CHECK(rui_timetable_is_open(always, RUI_FOREVER, &open, &error) == RUI_DATETIME_RANGE);
	CHECK_TEXT(error.detail, "The instant is infinite.");
	CHECK(rui_timetable_between(always, 0, RUI_NEVER, &result, &error) == RUI_DATETIME_RANGE);
	CHECK_TEXT(error.part, "to_at");
	rui_timetable_release(&rui_env_malloc, always);
	rui_timetable_release(&rui_env_malloc, never);
	rui_timetable_release(&rui_env_malloc, mondays);
	rui_timetable_release(&rui_env_malloc, nothing);
	rui_timetable_release(&rui_env_malloc, once);
	rui_timetable_release(&rui_env_malloc, summer);
}

static void
test_sentences(void)
{
	const char *text = "{\"tz\":\"Asia/Shanghai\",\"weekly\":{\"wed\":[[\"08:00\",\"12:00\"]],"
					   "\"fri\":[[\"08:00\",\"12:00\"]]},"
					   "\"holidays\":[\"2026-10-02\",\"2026-10-01\"],"
					   "\"date_hours\":{\"2026-10-10\":\"fri\"},"
					   "\"closures\":{\"2026-10-07\":[[\"10:00\",\"14:00\"]]}}";
	rui_calendar *calendar = read_good(text);
	rui_timetable *timetable = compile(text);
	rui_text out;
	rui_error error;

	check_sentence(calendar, timetable, "2026-09-30T03:30Z", 7 * RUI_HOUR + 1, "en",
				   "7 hours 0.000001 seconds of working time from Wed 2026-09-30 11:30 end at "
				   "Sat 2026-10-10 08:30:00.000001 (Asia/Shanghai), counted on 4 dates, "
				   "make-up day 2026-10-10, leaving out holidays 2026-10-01 to 2026-10-02 "
				   "and 2 hours of "
				   "closures.");
	check_sentence(calendar, timetable, "2026-09-30T03:30Z", 7 * RUI_HOUR, "zh",
				   "自2026-09-30(周三)11:30起计7小时工作时间,至2026-10-10(周六)08:30"
				   "(Asia/Shanghai),计入4天,含调休上班日2026-10-10,"
				   "不计节假日2026-10-01至2026-10-02,不计停业2小时。");
	check_sentence(calendar, timetable, "2026-09-30T03:30Z", -RUI_HOUR, "en",
				   "1 hour of working time before Wed 2026-09-30 11:30 begin at "
				   "Wed 2026-09-30 10:30 (Asia/Shanghai), counted on 1 date.");
	rui_text_start(&out, &rui_env_malloc);
	CHECK(rui_timetable_explain_text(&rui_env_malloc, calendar, timetable, 0, 1, "de", &out,
									 &error) == RUI_INVALID);
	CHECK_TEXT(error.hint, "Give 'en' or 'zh'.");
	rui_text_release(&out);
	rui_calendar_release(&rui_env_malloc, calendar);
	rui_timetable_release(&rui_env_malloc, timetable);
}

/* The parts of dates as one text: "date from-to[#occurrence] reason; …". */
static void
check_parts(const char *text, const char *from_on, const char *to_on, const char *expected)
{
	rui_calendar *calendar = read_good(text);
	rui_date_part_list list = { NULL, 0, 0 };
	int32_t from;
	int32_t to;
	rui_text out;
	rui_error error;
	size_t i;

	CHECK(rui_date_read(from_on, strlen(from_on), &from) &&
		  rui_date_read(to_on, strlen(to_on), &to));
	CHECK(rui_calendar_dates(&rui_env_malloc, calendar, from, to, &list, &error) == RUI_OK);
	rui_text_start(&out, &rui_env_malloc);
	for (i = 0; i < list.count; i++)
	{
		const rui_date_part *part = &list.items[i];

		rui_text_add(&out, i > 0 ? "; " : "");
		rui_date_write(&out, part->date);
		rui_text_character(&out, ' ');
		rui_time_write(&out, part->from_time);
		rui_text_character(&out, '-');
		rui_time_write(&out, part->to_time);
		if (part->occurrence > 0)
			rui_text_format(&out, "#%d", part->occurrence);
		rui_text_format(&out, " %s", rui_due_reason_name(part->reason));
	}
	CHECK_TEXT(out.length > 0 ? out.bytes : "", expected);
	rui_text_release(&out);
	rui_release(&rui_env_malloc, list.items);
	rui_calendar_release(&rui_env_malloc, calendar);
}

/* Dates as walls show them: skipped, repeated and missing local time. */
static void
test_dates(void)
{
	const char *shop = "{\"tz\":\"Asia/Shanghai\",\"weekly\":{\"wed\":[[\"22:00\",\"06:00\"]]},"
					   "\"holidays\":[\"2026-10-01\"],\"date_hours\":{\"2026-10-02\":\"wed\"},"
					   "\"closures\":{\"2026-09-30\":[[\"23:00\",\"24:00\"]]}}";
	rui_calendar *calendar;
	rui_date_part_list list = { NULL, 0, 0 };
	rui_error error;

	check_parts(shop, "2026-09-30", "2026-10-04",
				"2026-09-30 00:00-22:00 closed; 2026-09-30 22:00-23:00 open; "
				"2026-09-30 23:00-24:00 closure; 2026-10-01 00:00-06:00 open; "
				"2026-10-01 06:00-24:00 holiday; 2026-10-02 00:00-22:00 closed; "
				"2026-10-02 22:00-24:00 make_up_day; 2026-10-03 00:00-06:00 make_up_day; "
				"2026-10-03 06:00-24:00 closed");
	check_parts(shop, "2026-10-01", "2026-10-01", "");
	check_parts("{\"tz\":\"America/New_York\",\"weekly\":{\"sun\":[[\"01:30\",\"24:00\"]]}}",
				"2026-03-08", "2026-03-09",
				"2026-03-08 00:00-01:30 closed; 2026-03-08 01:30-02:00 open; "
				"2026-03-08 03:00-24:00 open");
	check_parts("{\"tz\":\"America/New_York\",\"weekly\":{\"sun\":[[\"01:30\",\"24:00\"]]}}",
				"2026-11-01", "2026-11-02",
				"2026-11-01 00:00-01:00 closed; 2026-11-01 01:00-01:30#1 closed; "
				"2026-11-01 01:30-02:00#1 open; 2026-11-01 01:00-02:00#2 open; "
				"2026-11-01 02:00-24:00 open");
	check_parts("{\"tz\":\"Pacific/Apia\"}", "2011-12-29", "2012-01-01",
				"2011-12-29 00:00-24:00 closed; 2011-12-31 00:00-24:00 closed");
	/* The first date has no midnight; the last hour of another comes twice. */
	check_parts("{\"tz\":\"America/Sao_Paulo\"}", "2018-11-04", "2018-11-05",
				"2018-11-04 01:00-24:00 closed");
	check_parts("{\"tz\":\"America/Sao_Paulo\"}", "2019-02-16", "2019-02-18",
				"2019-02-16 00:00-23:00 closed; 2019-02-16 23:00-24:00#1 closed; "
				"2019-02-16 23:00-24:00#2 closed; 2019-02-17 00:00-24:00 closed");
	check_parts("{\"tz\":\"UTC\"}", "1900-01-01", "1900-01-02", "1900-01-01 00:00-24:00 closed");
	check_parts("{\"tz\":\"Asia/Shanghai\"}", "2200-12-31", "2201-01-01",
				"2200-12-31 00:00-24:00 closed");
	calendar = read_good(shop);
	CHECK(rui_calendar_dates(&rui_env_malloc, calendar, 1, 0, &list, &error) == RUI_INVALID);
	CHECK(rui_calendar_dates(&rui_env_malloc, calendar, RUI_FIRST_DATE - 1, 0, &list, &error) ==
		  RUI_DATETIME_RANGE);
	CHECK(rui_calendar_dates(&rui_env_malloc, calendar, 0, RUI_END_DATE + 1, &list, &error) ==
		  RUI_DATETIME_RANGE);
	CHECK(list.count == 0);
	rui_calendar_release(&rui_env_malloc, calendar);
}

static void
test_memory(void)
{
	check_memory("{\"all\":[{\"any\":[" B ",{\"tz\":\"America/New_York\",\"weekly\":{\"mon\":"
				 "[[\"08:00\",\"02:30\"]]},\"holidays\":[\"2026-10-01\"],\"date_hours\":"
				 "{\"2026-10-10\":[[\"08:00\",\"12:00\"]]},\"closures\":{\"2026-10-10\":"
				 "[[\"10:00\",\"11:00\"]]}}]},"
				 "{\"shift\":[{\"minus\":[" A "," C "]},\"PT1H\"]},"
				 "{\"tz\":\"UTC\",\"weekly\":{\"mon\":[[\"08:00\",\"12:00\"]]}}]}");
}

int
main(void)
{
	zones_real(&zones_table);
	test_canonical();
	test_combinations();
	test_errors();
	test_limits();
	test_summer_time();
	test_other_zones();
	test_ends();
	test_sentences();
	test_dates();
	test_memory();
	return unit_finish("calendar");
}
