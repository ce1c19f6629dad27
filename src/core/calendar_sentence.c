/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_sentence.c
 *	  How a due time comes about, as one sentence in English or Chinese.
 */
#include "core/calendar.h"

#include <stdio.h>
#include <string.h>

#define NAMED_RANGES 4 /* more ranges of dates are only counted */

typedef enum lang
{
	EN,
	ZH
} lang;

static const char *const weekdays[2][7] = {
	{ "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" },
	{ "周一", "周二", "周三", "周四", "周五", "周六", "周日" },
};

/* "Mon 2026-09-28 17:00" or "2026-09-28(周一)17:00" of local time. */
static void
write_local(rui_text *text, const rui_zone *zone, int64_t at, lang in)
{
	int64_t local = rui_zone_local(zone, at);
	int32_t date = rui_date_at(local);
	const char *weekday = weekdays[in][rui_weekday(date)];

	if (in == EN)
		rui_text_format(text, "%s ", weekday);
	rui_date_write(text, date);
	if (in == ZH)
		rui_text_format(text, "(%s)", weekday);
	else
		rui_text_character(text, ' ');
	rui_time_write(text, local - date * RUI_DAY);
}

/* "2 hours 30 minutes" or "2小时30分钟". */
static void
write_length(rui_text *text, int64_t duration, lang in)
{
	static const char *const units[2][3] = { { "hour", "minute", "second" },
											 { "小时", "分钟", "秒" } };
	uint64_t size = duration < 0 ? -(uint64_t) duration : (uint64_t) duration;
	uint64_t counts[3] = { size / RUI_HOUR, size / RUI_MINUTE % 60, size / RUI_SECOND % 60 };
	unsigned fraction = (unsigned) (size % RUI_SECOND);
	bool any = false;
	int i;

	for (i = 0; i < 3; i++)
	{
		bool last = i == 2;

		if (counts[i] == 0 && !(last && (fraction > 0 || !any)))
			continue;
		rui_text_format(text, "%s%llu", any && in == EN ? " " : "", (unsigned long long) counts[i]);
		if (last && fraction > 0)
		{
			char digits[8];
			int length = snprintf(digits, sizeof digits, "%06u", fraction);

			while (digits[length - 1] == '0')
				length--;
			rui_text_character(text, '.');
			rui_text_append(text, digits, (size_t) length);
		}
		rui_text_format(text, "%s%s", in == EN ? " " : "", units[in][i]);
		if (in == EN && (counts[i] != 1 || (last && fraction > 0)))
			rui_text_character(text, 's');
		any = true;
	}
}

/* Ranges of dates, written as they end. */
typedef struct ranges
{
	rui_text text;
	int32_t first;
	int32_t last;
	bool open; /* is there a range? */
	int count; /* of ranges written or skipped */
	int32_t dates; /* in all */
} ranges;

static void
end_range(ranges *r, lang in)
{
	if (!r->open)
		return;
	r->open = false;
	r->dates += r->last - r->first + 1;
	if (++r->count > NAMED_RANGES)
		return;
	if (r->count > 1)
		rui_text_add(&r->text, in == EN ? ", " : "、");
	rui_date_write(&r->text, r->first);
	if (r->last > r->first)
	{
		rui_text_add(&r->text, in == EN ? " to " : "至");
		rui_date_write(&r->text, r->last);
	}
}

static void
add_dates(ranges *r, int32_t first, int32_t last, lang in)
{
	if (r->open && first <= r->last + 1)
	{
		r->last = last > r->last ? last : r->last;
		return;
	}
	end_range(r, in);
	r->open = true;
	r->first = first;
	r->last = last;
}

/* Append the ranges to a sentence, and how many were left out. */
static void
write_ranges(rui_text *text, const ranges *r, lang in)
{
	rui_text_append(text, r->text.bytes, r->text.length);
	if (r->count > NAMED_RANGES)
		rui_text_format(text, in == EN ? " and %d more (%d dates in all)" : "等%d段(共%d天)",
						in == EN ? r->count - NAMED_RANGES : r->count, r->dates);
}

/* What the lines of an explanation amount to. */
typedef struct summary
{
	ranges counted;
	ranges holidays;
	ranges make_up;
	int64_t closures;
	int64_t worked;
} summary;

static void
summarise(const rui_env *env, const rui_zone *zone, const rui_due_explanation *e, lang in,
		  summary *s)
{
	size_t i;

	memset(s, 0, sizeof *s);
	rui_text_start(&s->counted.text, env);
	rui_text_start(&s->holidays.text, env);
	rui_text_start(&s->make_up.text, env);
	for (i = 0; i < e->count; i++)
	{
		const rui_due_line *line = &e->lines[i];
		int32_t first;
		int32_t last;

		if (line->from_at == RUI_NEVER || line->to_at == RUI_FOREVER)
			continue;
		first = rui_date_at(rui_zone_local(zone, line->from_at));
		last = rui_date_at(rui_zone_local(zone, line->to_at - 1));
		s->worked += line->counted;
		if (line->counted != 0)
			add_dates(&s->counted, first, last, in);
		if (line->reason == RUI_DUE_HOLIDAY)
			add_dates(&s->holidays, first, last, in);
		if (line->reason == RUI_DUE_MAKE_UP_DAY)
			add_dates(&s->make_up, first, last, in);
		if (line->reason == RUI_DUE_CLOSURE)
			s->closures += line->to_at - line->from_at;
	}
	end_range(&s->counted, in);
	end_range(&s->holidays, in);
	end_range(&s->make_up, in);
}

static void
write_english(rui_text *text, const rui_zone *zone, int64_t start, int64_t target, int64_t due,
			  const summary *s)
{
	bool backward = due < start;

	write_length(text, target, EN);
	rui_text_add(text, backward ? " of working time before " : " of working time from ");
	write_local(text, zone, start, EN);
	if (due == RUI_FOREVER || due == RUI_NEVER)
	{
		rui_text_format(text, " (%s) are never reached: the open time %s is ", zone->name,
						backward ? "before" : "left");
		write_length(text, s->worked, EN);
	}
	else
	{
		rui_text_add(text, backward ? " begin at " : " end at ");
		write_local(text, zone, due, EN);
		rui_text_format(text, " (%s)", zone->name);
	}
	if (s->counted.dates > 0)
		rui_text_format(text, ", counted on %d date%s", s->counted.dates,
						s->counted.dates == 1 ? "" : "s");
	if (s->make_up.count > 0)
	{
		rui_text_format(text, ", make-up day%s ", s->make_up.dates == 1 ? "" : "s");
		write_ranges(text, &s->make_up, EN);
	}
	if (s->holidays.count > 0)
	{
		rui_text_format(text, ", leaving out holiday%s ", s->holidays.dates == 1 ? "" : "s");
		write_ranges(text, &s->holidays, EN);
	}
	if (s->closures > 0)
	{
		rui_text_add(text, s->holidays.count > 0 ? " and " : ", leaving out ");
		write_length(text, s->closures, EN);
		rui_text_add(text, " of closures");
	}
	rui_text_character(text, '.');
}

static void
write_chinese(rui_text *text, const rui_zone *zone, int64_t start, int64_t target, int64_t due,
			  const summary *s)
{
	bool backward = due < start;

	rui_text_add(text, "自");
	write_local(text, zone, start, ZH);
	rui_text_add(text, backward ? "往前计" : "起计");
	write_length(text, target, ZH);
	rui_text_add(text, "工作时间");
	if (due == RUI_FOREVER || due == RUI_NEVER)
	{
		rui_text_format(text, "(%s)永不届满,仅有", zone->name);
		write_length(text, s->worked, ZH);
	}
	else
	{
		rui_text_add(text, ",至");
		write_local(text, zone, due, ZH);
		rui_text_format(text, "(%s)", zone->name);
	}
	if (s->counted.dates > 0)
		rui_text_format(text, ",计入%d天", s->counted.dates);
	if (s->make_up.count > 0)
	{
		rui_text_add(text, ",含调休上班日");
		write_ranges(text, &s->make_up, ZH);
	}
	if (s->holidays.count > 0)
	{
		rui_text_add(text, ",不计节假日");
		write_ranges(text, &s->holidays, ZH);
	}
	if (s->closures > 0)
	{
		rui_text_add(text, ",不计停业");
		write_length(text, s->closures, ZH);
	}
	rui_text_add(text, "。");
}

rui_status
rui_timetable_explain_text(const rui_env *env, const rui_calendar *calendar,
						   const rui_timetable *timetable, int64_t start, int64_t target,
						   const char *language, rui_text *text, rui_error *error)
{
	rui_due_explanation e;
	summary s;
	lang in = strcmp(language, "zh") == 0 ? ZH : EN;
	rui_status status;

	if (in == EN && strcmp(language, "en") != 0)
		return rui_fail(error, RUI_INVALID, "lang", "Give 'en' or 'zh'.",
						"The language %s is not known.", language);
	status = rui_timetable_explain(env, calendar, timetable, start, target, &e, error);
	if (status != RUI_OK)
		return status;
	summarise(env, timetable->zone, &e, in, &s);
	if (in == EN)
		write_english(text, timetable->zone, start, target, e.due, &s);
	else
		write_chinese(text, timetable->zone, start, target, e.due, &s);
	if (text->failed || s.counted.text.failed || s.holidays.text.failed || s.make_up.text.failed)
		status = rui_fail_memory(error, text->length);
	rui_text_release(&s.counted.text);
	rui_text_release(&s.holidays.text);
	rui_text_release(&s.make_up.text);
	rui_release(env, e.lines);
	return status;
}
