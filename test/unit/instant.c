/* SPDX-License-Identifier: PostgreSQL
 *
 * instant.c
 *	  Dates, times, durations and instants, and their texts.
 */
#include "unit.h"

#include "core/instant.h"

static void
test_dates(void)
{
	int32_t date;
	int year;
	int month;
	int day;
	int32_t back;

	CHECK_INT(rui_date_make(2000, 1, 1), 0);
	CHECK_INT(rui_date_make(1970, 1, 1), -10957);
	CHECK_INT(rui_date_make(1900, 1, 1), RUI_FIRST_DATE);
	CHECK_INT(rui_date_make(2201, 1, 1), RUI_END_DATE);
	CHECK_INT(rui_date_make(2000, 3, 1) - rui_date_make(2000, 2, 28), 2);
	CHECK_INT(rui_date_make(1900, 3, 1) - rui_date_make(1900, 2, 28), 1);
	CHECK_INT(rui_weekday(0), 5); /* a Saturday */
	CHECK_INT(rui_weekday(rui_date_make(2026, 10, 1)), 3);
	/* Every day of the world follows the one before it. */
	year = 1900;
	month = 1;
	day = 1;
	for (date = RUI_FIRST_DATE; date < RUI_END_DATE; date++)
	{
		static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		int y;
		int m;
		int d;

		rui_date_split(date, &y, &m, &d);
		if (y != year || m != month || d != day || rui_date_make(y, m, d) != date ||
			rui_weekday(date) != (rui_weekday(RUI_FIRST_DATE) + date - RUI_FIRST_DATE) % 7)
		{
			CHECK(!"the date is right");
			break;
		}
		if (++day > lengths[month - 1] + (month == 2 && leap ? 1 : 0))
		{
			day = 1;
			month = month == 12 ? 1 : month + 1;
			year += month == 1 ? 1 : 0;
		}
	}
	CHECK_INT(date, RUI_END_DATE);
	CHECK(rui_date_read("2024-02-29", 10, &back));
	CHECK_INT(back, rui_date_make(2024, 2, 29));
	back = 7;
	CHECK(!rui_date_read("2023-02-29", 10, &back));
	CHECK(!rui_date_read("1900-02-29", 10, &back));
	CHECK(!rui_date_read("2023-04-31", 10, &back));
	CHECK(!rui_date_read("2023-13-01", 10, &back));
	CHECK(!rui_date_read("2023-00-01", 10, &back));
	CHECK(!rui_date_read("2023-01-00", 10, &back));
	CHECK(!rui_date_read("0000-01-01", 10, &back));
	CHECK(!rui_date_read("2023-1-01", 9, &back));
	CHECK(!rui_date_read("2023/01/01", 10, &back));
	CHECK(!rui_date_read("2023-01-0x", 10, &back));
	CHECK(!rui_date_read("2023-01-011", 11, &back));
	CHECK_INT(back, 7);
}

static void
check_time(const char *text, int64_t expected, const char *shortest)
{
	rui_text out;
	int64_t time = -1;

	rui_text_start(&out, &rui_env_malloc);
	CHECK(rui_time_read(text, strlen(text), &time) == (expected >= 0));
	CHECK_INT(time, expected);
	if (expected >= 0)
	{
		rui_time_write(&out, time);
		CHECK_TEXT(out.bytes, shortest);
	}
	rui_text_release(&out);
}

static void
test_times(void)
{
	check_time("00:00", 0, "00:00");
	check_time("23:59:59.999999", RUI_DAY - 1, "23:59:59.999999");
	check_time("24:00", RUI_DAY, "24:00");
	check_time("24:00:00.000000", RUI_DAY, "24:00");
	check_time("08:00:00", 8 * RUI_HOUR, "08:00");
	check_time("08:00:30", 8 * RUI_HOUR + 30 * RUI_SECOND, "08:00:30");
	check_time("08:00:00.5", 8 * RUI_HOUR + 500000, "08:00:00.5");
	check_time("08:00:00.050", 8 * RUI_HOUR + 50000, "08:00:00.05");
	check_time("24:00:00.000001", -1, NULL);
	check_time("24:01", -1, NULL);
	check_time("25:00", -1, NULL);
	check_time("08:60", -1, NULL);
	check_time("08:00:60", -1, NULL);
	check_time("8:00", -1, NULL);
	check_time("08:0", -1, NULL);
	check_time("08:00:", -1, NULL);
	check_time("08:00:00.", -1, NULL);
	check_time("08:00:00.1234567", -1, NULL);
	check_time("08:00:00,5", -1, NULL);
	check_time("08.00", -1, NULL);
	check_time("-8:00", -1, NULL);
	check_time("", -1, NULL);
}

static void
check_duration(const char *text, bool good, int64_t expected, const char *shortest)
{
	rui_text out;
	int64_t duration = 12345;

	rui_text_start(&out, &rui_env_malloc);
	CHECK(rui_duration_read(text, strlen(text), &duration) == good);
	CHECK_INT(duration, good ? expected : 12345);
	if (good)
	{
		rui_duration_write(&out, duration);
		CHECK_TEXT(out.bytes, shortest);
	}
	rui_text_release(&out);
}

static void
test_durations(void)
{
	check_duration("PT0S", true, 0, "PT0S");
	check_duration("PT1H30M", true, 90 * RUI_MINUTE, "PT1H30M");
	check_duration("PT90M", true, 90 * RUI_MINUTE, "PT1H30M");
	check_duration("PT0.5S", true, 500000, "PT0.5S");
	check_duration("PT-0.5S", true, -500000, "PT-0.5S");
	check_duration("PT-1H-30M", true, -90 * RUI_MINUTE, "PT-1H-30M");
	check_duration("PT1H-30M", true, 30 * RUI_MINUTE, "PT30M");
	check_duration("PT+1H", true, RUI_HOUR, "PT1H");
	check_duration("PT100H", true, 100 * RUI_HOUR, "PT100H");
	check_duration("PT2562047788H54.775807S", true, INT64_MAX, "PT2562047788H54.775807S");
	check_duration("PT-2562047788H-54.775808S", true, INT64_MIN, "PT-2562047788H-54.775808S");
	check_duration("PT2562047788H54.775808S", false, 0, NULL);
	check_duration("PT9223372036854775808S", false, 0, NULL);
	check_duration("PT99999999999H", false, 0, NULL);
	check_duration("PT", false, 0, NULL);
	check_duration("P1D", false, 0, NULL);
	check_duration("P1DT1H", false, 0, NULL);
	check_duration("1H", false, 0, NULL);
	check_duration("PT1", false, 0, NULL);
	check_duration("PTH", false, 0, NULL);
	check_duration("PT1M1H", false, 0, NULL);
	check_duration("PT1H1H", false, 0, NULL);
	check_duration("PT1.5H", false, 0, NULL);
	check_duration("PT1.S", false, 0, NULL);
	check_duration("PT1.1234567S", false, 0, NULL);
	check_duration("PT1h", false, 0, NULL);
	check_duration("PT1H ", false, 0, NULL);
	check_duration("PT--1H", false, 0, NULL);
}

static void
check_instant(const char *text, bool good, int64_t expected, const char *shortest)
{
	rui_text out;
	int64_t at = 12345;

	rui_text_start(&out, &rui_env_malloc);
	CHECK(rui_instant_read(text, strlen(text), &at) == good);
	CHECK_INT(at, good ? expected : 12345);
	if (good)
	{
		rui_instant_write(&out, at);
		CHECK_TEXT(out.bytes, shortest);
	}
	rui_text_release(&out);
}

static void
test_instants(void)
{
	check_instant("2000-01-01T00:00Z", true, 0, "2000-01-01T00:00Z");
	check_instant("1999-12-31T23:59:59.999999Z", true, -1, "1999-12-31T23:59:59.999999Z");
	check_instant("2026-10-01T08:00:00Z", true,
				  rui_date_make(2026, 10, 1) * RUI_DAY + 8 * RUI_HOUR, "2026-10-01T08:00Z");
	check_instant("infinity", true, RUI_FOREVER, "infinity");
	check_instant("-infinity", true, RUI_NEVER, "-infinity");
	check_instant("2026-10-01T24:00Z", false, 0, NULL);
	check_instant("2026-10-01 08:00Z", false, 0, NULL);
	check_instant("2026-10-01T08:00", false, 0, NULL);
	check_instant("2026-10-01T08:00+08", false, 0, NULL);
	check_instant("2026-02-30T08:00Z", false, 0, NULL);
	check_instant("", false, 0, NULL);
}

int
main(void)
{
	test_dates();
	test_times();
	test_durations();
	test_instants();
	return unit_finish("instant");
}
