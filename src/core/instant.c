/* SPDX-License-Identifier: PostgreSQL
 *
 * instant.c
 *	  Dates, times of day, instants and durations, and their texts.
 */
#include "core/instant.h"

#include <string.h>

/* Days from 0000-03-01, a year whose leap day comes last, to 2000-01-01. */
#define MARCH_OF_YEAR_ZERO 730425

int32_t
rui_date_make(int year, int month, int day)
{
	/* Count years from March, in eras of 400 years. */
	int64_t shifted = (int64_t) year - (month <= 2 ? 1 : 0);
	int64_t era = rui_floor_divide(shifted, 400);
	int64_t year_of_era = shifted - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int32_t) (era * 146097 + day_of_era - MARCH_OF_YEAR_ZERO);
}

void
rui_date_split(int32_t date, int *year, int *month, int *day)
{
	int64_t days = (int64_t) date + MARCH_OF_YEAR_ZERO;
	int64_t era = rui_floor_divide(days, 146097);
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
						   day_of_era / 146096) /
		365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted_month = (5 * day_of_year + 2) / 153;

	*day = (int) (day_of_year - (153 * shifted_month + 2) / 5 + 1);
	*month = (int) (shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
	*year = (int) (year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

/* Exactly count digits. */
static bool
read_digits(const char *text, int count, int *number)
{
	int result = 0;
	int i;

	for (i = 0; i < count; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		result = result * 10 + (text[i] - '0');
	}
	*number = result;
	return true;
}

bool
rui_date_read(const char *text, size_t length, int32_t *date)
{
	int year;
	int month;
	int day;
	int back[3];
	int32_t result;

	if (length != 10 || text[4] != '-' || text[7] != '-' || !read_digits(text, 4, &year) ||
		!read_digits(text + 5, 2, &month) || !read_digits(text + 8, 2, &day) || year < 1 ||
		month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	result = rui_date_make(year, month, day);
	/* The 30th of February comes back as a day of March. */
	rui_date_split(result, &back[0], &back[1], &back[2]);
	if (back[2] != day)
		return false;
	*date = result;
	return true;
}

void
rui_date_write(rui_text *text, int32_t date)
{
	int year;
	int month;
	int day;

	rui_date_split(date, &year, &month, &day);
	rui_text_format(text, "%04d-%02d-%02d", year, month, day);
}

/* A point and one to six digits: microseconds. */
static bool
read_fraction(const char *text, size_t length, int64_t *fraction)
{
	int64_t result = 0;
	size_t i;

	if (length < 2 || length > 7 || text[0] != '.')
		return false;
	for (i = 1; i < 7; i++)
	{
		int digit = 0;

		if (i < length && !read_digits(text + i, 1, &digit))
			return false;
		result = result * 10 + digit;
	}
	*fraction = result;
	return true;
}

static void
write_fraction(rui_text *text, int64_t fraction)
{
	int digits = 6;

	if (fraction == 0)
		return;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	rui_text_format(text, ".%0*d", digits, (int) fraction);
}

bool
rui_time_read(const char *text, size_t length, int64_t *time)
{
	int hour;
	int minute;
	int second = 0;
	int64_t fraction = 0;
	int64_t result;

	if (length < 5 || text[2] != ':' || !read_digits(text, 2, &hour) ||
		!read_digits(text + 3, 2, &minute))
		return false;
	if (length > 5 && (length < 8 || text[5] != ':' || !read_digits(text + 6, 2, &second)))
		return false;
	if (length > 8 && !read_fraction(text + 8, length - 8, &fraction))
		return false;
	if (minute > 59 || second > 59)
		return false;
	result = hour * RUI_HOUR + minute * RUI_MINUTE + second * RUI_SECOND + fraction;
	if (result > RUI_DAY)
		return false;
	*time = result;
	return true;
}

void
rui_time_write(rui_text *text, int64_t time)
{
	rui_text_format(text, "%02d:%02d", (int) (time / RUI_HOUR), (int) (time / RUI_MINUTE % 60));
	if (time % RUI_MINUTE == 0)
		return;
	rui_text_format(text, ":%02d", (int) (time / RUI_SECOND % 60));
	write_fraction(text, time % RUI_SECOND);
}

/* Digits and perhaps a fraction; false where there are none or too many. */
static bool
read_count(const char *text, size_t length, size_t *at, int64_t *count, int64_t *fraction,
		   bool *has_fraction)
{
	size_t mark = *at;

	*count = 0;
	*fraction = 0;
	for (; *at < length && text[*at] >= '0' && text[*at] <= '9'; (*at)++)
		if (rui_multiply_overflows(*count, 10, count) ||
			rui_add_overflows(*count, text[*at] - '0', count))
			return false;
	if (*at == mark)
		return false;
	*has_fraction = *at < length && text[*at] == '.';
	if (!*has_fraction)
		return true;
	for (mark = (*at)++; *at < length && text[*at] >= '0' && text[*at] <= '9';)
		(*at)++;
	return read_fraction(text + mark, *at - mark, fraction);
}

bool
rui_duration_read(const char *text, size_t length, int64_t *duration)
{
	static const char letters[] = "HMS";
	static const int64_t units[] = { RUI_HOUR, RUI_MINUTE, RUI_SECOND };
	int64_t total = 0;
	size_t at = 2;
	int unit = -1;

	if (length < 4 || text[0] != 'P' || text[1] != 'T')
		return false;
	while (at < length)
	{
		bool negative = text[at] == '-';
		bool has_fraction;
		int64_t part;
		int64_t fraction;

		if (negative || text[at] == '+')
			at++;
		if (!read_count(text, length, &at, &part, &fraction, &has_fraction) || at >= length)
			return false;
		/* The units come in order, none twice. */
		for (unit++; unit < 3 && text[at] != letters[unit];)
			unit++;
		if (unit >= 3 || (has_fraction && unit != 2))
			return false;
		at++;
		if (rui_multiply_overflows(part, negative ? -units[unit] : units[unit], &part) ||
			rui_add_overflows(part, negative ? -fraction : fraction, &part) ||
			rui_add_overflows(total, part, &total))
			return false;
	}
	*duration = total;
	return true;
}

void
rui_duration_write(rui_text *text, int64_t duration)
{
	/* Unsigned, so that the least duration has a size too. */
	uint64_t size = duration < 0 ? -(uint64_t) duration : (uint64_t) duration;
	uint64_t hours = size / RUI_HOUR;
	int minutes = (int) (size / RUI_MINUTE % 60);
	int seconds = (int) (size / RUI_SECOND % 60);
	int fraction = (int) (size % RUI_SECOND);
	const char *sign = duration < 0 ? "-" : "";

	rui_text_add(text, "PT");
	if (hours > 0)
		rui_text_format(text, "%s%lluH", sign, (unsigned long long) hours);
	if (minutes > 0)
		rui_text_format(text, "%s%dM", sign, minutes);
	if (seconds > 0 || fraction > 0 || size == 0)
	{
		rui_text_format(text, "%s%d", sign, seconds);
		write_fraction(text, fraction);
		rui_text_character(text, 'S');
	}
}

bool
rui_instant_read(const char *text, size_t length, int64_t *at)
{
	int32_t date;
	int64_t time;

	if ((length == 8 && memcmp(text, "infinity", 8) == 0) ||
		(length == 9 && memcmp(text, "-infinity", 9) == 0))
	{
		*at = length == 8 ? RUI_FOREVER : RUI_NEVER;
		return true;
	}
	if (length < 17 || text[10] != 'T' || text[length - 1] != 'Z' ||
		!rui_date_read(text, 10, &date) || !rui_time_read(text + 11, length - 12, &time) ||
		time == RUI_DAY)
		return false;
	*at = date * RUI_DAY + time;
	return true;
}

void
rui_instant_write(rui_text *text, int64_t at)
{
	int32_t date;

	if (at == RUI_FOREVER || at == RUI_NEVER)
	{
		rui_text_add(text, at == RUI_FOREVER ? "infinity" : "-infinity");
		return;
	}
	date = rui_date_at(at);
	rui_date_write(text, date);
	rui_text_character(text, 'T');
	rui_time_write(text, at - date * RUI_DAY);
	rui_text_character(text, 'Z');
}
