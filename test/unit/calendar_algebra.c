/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_algebra.c
 *	  The laws of combined calendars, over all of the world's time and to the
 *	  microsecond.
 *
 * Nothing is known here but the laws: what two ways of saying the same set
 * count must agree wherever they are asked.
 */
#include "unit.h"

#include "calendar_model.h"

#define ROUNDS 60
#define POINTS 30 /* spans at which two calendars are compared */

/* Three random calendars and two instants at which one may end. */
typedef struct operands
{
	char a[MODEL_TEXT];
	char b[MODEL_TEXT];
	char c[MODEL_TEXT];
	char early[40];
	char late[40];
	int64_t early_at;
	int64_t late_at;
} operands;

static model m;
static operands o;

static rui_timetable *
compile(const char *text)
{
	return model_compile(&m, text, strlen(text), NULL);
}

static rui_timetable *__attribute__((format(printf, 1, 2)))
build(const char *format, ...)
{
	static char text[12 * MODEL_TEXT];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof text, format, arguments) >= (int) sizeof text)
		abort();
	va_end(arguments);
	return compile(text);
}

static int64_t
any_instant_of_world(void)
{
	return RUI_FIRST_INSTANT +
		(int64_t) rui_random_below(&m.random, (uint64_t) (RUI_END_INSTANT - RUI_FIRST_INSTANT));
}

/* Anywhere, where something happens in the calendars, or where one ends. */
static int64_t
any_instant(void)
{
	int64_t at;

	switch (model_below(&m, 4))
	{
		case 0:
			return any_instant_of_world();
		case 1:
			at = (model_below(&m, 2) == 0 ? o.early_at : o.late_at) + model_below(&m, 3) - 1;
			return rui_instant_in_world(at) ? at : 0;
		case 2:
			at = (model_below(&m, 2) == 0 ? o.early_at : o.late_at) +
				model_below(&m, 2880) * RUI_MINUTE - RUI_DAY;
			return rui_instant_in_world(at) ? at : 0;
		default:
			return model_any_instant(&m);
	}
}

static int64_t
between(const rui_timetable *timetable, int64_t from, int64_t until)
{
	int64_t worked = 0;
	rui_error error;

	CHECK(rui_timetable_between(timetable, from, until, &worked, &error) == RUI_OK);
	return worked;
}

/*
 * The signed sum of what these calendars count in a span is zero, whatever
 * the span; releases them.
 */
static void
check_sum(const char *law, int count, rui_timetable *const timetables[], const int signs[])
{
	int i;
	int k;

	for (i = 0; i < count; i++)
		if (timetables[i] == NULL)
			return;
	for (i = 0; i < POINTS; i++)
	{
		int64_t from = any_instant();
		int64_t until = any_instant();
		int64_t sum = 0;

		for (k = 0; k < count; k++)
			sum += signs[k] * between(timetables[k], from, until);
		CHECK_INT(sum, 0);
		unit_count(law);
	}
	for (i = 0; i < count; i++)
		rui_timetable_release(&rui_env_malloc, timetables[i]);
}

/* Two calendars are the same set: they count, open and close alike. */
static void
check_same(const char *law, rui_timetable *left, rui_timetable *right)
{
	int i;

	for (i = 0; i < POINTS && left != NULL && right != NULL; i++)
	{
		int64_t from = any_instant();
		int64_t until = any_instant();
		rui_boundary boundary = i % 2 == 0 ? RUI_BOUNDARY_OPEN : RUI_BOUNDARY_CLOSE;
		int64_t next[2] = { 0, 0 };
		rui_status status[2];
		rui_error error;

		CHECK_INT(between(left, from, until), between(right, from, until));
		status[0] = rui_timetable_next(left, from, boundary, &next[0], &error);
		status[1] = rui_timetable_next(right, from, boundary, &next[1], &error);
		CHECK_INT(status[0], status[1]);
		CHECK_INT(next[0], next[1]);
		unit_count(law);
	}
	rui_timetable_release(&rui_env_malloc, left);
	rui_timetable_release(&rui_env_malloc, right);
}

/* Two texts are the same value, and decide dates in the same zone. */
static void __attribute__((format(printf, 2, 3)))
check_equal(const char *expected, const char *format, ...)
{
	static char texts[2][4 * MODEL_TEXT];
	rui_calendar *calendars[2] = { NULL, NULL };
	rui_text canonical[2];
	va_list arguments;
	int i;

	va_start(arguments, format);
	if (vsnprintf(texts[0], sizeof texts[0], format, arguments) >= (int) sizeof texts[0])
		abort();
	va_end(arguments);
	snprintf(texts[1], sizeof texts[1], "%s", expected);
	for (i = 0; i < 2; i++)
	{
		rui_timetable *timetable = model_compile(&m, texts[i], strlen(texts[i]), &calendars[i]);

		rui_timetable_release(&rui_env_malloc, timetable);
		rui_text_start(&canonical[i], &rui_env_malloc);
		if (calendars[i] != NULL)
			rui_calendar_write(calendars[i], &canonical[i]);
	}
	if (calendars[0] != NULL && calendars[1] != NULL)
	{
		CHECK_TEXT(canonical[0].bytes, canonical[1].bytes);
		CHECK_TEXT(calendars[0]->zone->name, calendars[1]->zone->name);
		unit_count("untils of untils, texts");
	}
	for (i = 0; i < 2; i++)
	{
		rui_text_release(&canonical[i]);
		rui_calendar_release(&rui_env_malloc, calendars[i]);
	}
}

static void
test_sets(void)
{
	const char *a = o.a;
	const char *b = o.b;
	const char *c = o.c;
	rui_timetable *four[] = { build("{\"all\":[%s,%s]}", a, b), build("{\"any\":[%s,%s]}", a, b),
							  compile(a), compile(b) };
	rui_timetable *three[] = { build("{\"minus\":[%s,%s]}", a, b),
							   build("{\"all\":[%s,%s]}", a, b), compile(a) };
	rui_timetable *one[] = { build("{\"minus\":[%s,%s]}", a, a) };
	static const int signs[] = { 1, 1, -1, -1 };

	check_sum("union and intersection add up", 4, four, signs);
	check_sum("difference and intersection add up", 3, three, signs);
	check_sum("nothing is left of a - a", 1, one, signs);
	check_same("union, associative", build("{\"any\":[%s,{\"any\":[%s,%s]}]}", a, b, c),
			   build("{\"any\":[{\"any\":[%s,%s]},%s]}", c, b, a));
	check_same("intersection, associative", build("{\"all\":[%s,{\"all\":[%s,%s]}]}", a, b, c),
			   build("{\"all\":[{\"all\":[%s,%s]},%s]}", c, b, a));
	check_same("absorption", build("{\"any\":[%s,{\"all\":[%s,%s]}]}", a, a, b), compile(a));
	check_same("absorption", build("{\"all\":[%s,{\"any\":[%s,%s]}]}", a, a, b), compile(a));
	check_same("intersection distributes", build("{\"all\":[%s,{\"any\":[%s,%s]}]}", a, b, c),
			   build("{\"any\":[{\"all\":[%s,%s]},{\"all\":[%s,%s]}]}", a, b, a, c));
	check_same("union distributes", build("{\"any\":[%s,{\"all\":[%s,%s]}]}", a, b, c),
			   build("{\"all\":[{\"any\":[%s,%s]},{\"any\":[%s,%s]}]}", a, b, a, c));
	check_same("difference, De Morgan", build("{\"minus\":[%s,{\"any\":[%s,%s]}]}", a, b, c),
			   build("{\"all\":[{\"minus\":[%s,%s]},{\"minus\":[%s,%s]}]}", a, b, a, c));
	check_same("difference, De Morgan", build("{\"minus\":[%s,{\"all\":[%s,%s]}]}", a, b, c),
			   build("{\"any\":[{\"minus\":[%s,%s]},{\"minus\":[%s,%s]}]}", a, b, a, c));
	check_same("difference and intersection join",
			   build("{\"any\":[{\"minus\":[%s,%s]},{\"all\":[%s,%s]}]}", a, b, a, b), compile(a));
}

/* What the moved calendar counts is what the calendar counted before. */
static void
test_shift(void)
{
	int64_t by = (model_below(&m, 400000) - 200000) * RUI_MINUTE + model_below(&m, 1000001);
	rui_timetable *resting = compile(o.a);
	rui_timetable *moved;
	rui_text text;
	int i;

	rui_text_start(&text, &rui_env_malloc);
	rui_duration_write(&text, by);
	moved = build("{\"shift\":[{\"shift\":[%s,\"PT7H\"]},\"%s\"]}", o.a, text.bytes);
	for (i = 0; i < POINTS && moved != NULL; i++)
	{
		int64_t from = any_instant();
		int64_t until = any_instant();
		int64_t back = by + 7 * RUI_HOUR;

		if (!rui_instant_in_world(from - back) || !rui_instant_in_world(until - back))
			continue;
		CHECK_INT(between(moved, from, until), between(resting, from - back, until - back));
		unit_count("shift, of shift");
	}
	rui_timetable_release(&rui_env_malloc, resting);
	rui_timetable_release(&rui_env_malloc, moved);
	check_same("shift distributes",
			   build("{\"shift\":[{\"all\":[%s,%s]},\"%s\"]}", o.a, o.b, text.bytes),
			   build("{\"all\":[{\"shift\":[%s,\"%s\"]},{\"shift\":[%s,\"%s\"]}]}", o.a, text.bytes,
					 o.b, text.bytes));
	check_same("shift distributes",
			   build("{\"shift\":[{\"minus\":[%s,%s]},\"%s\"]}", o.a, o.b, text.bytes),
			   build("{\"minus\":[{\"shift\":[%s,\"%s\"]},{\"shift\":[%s,\"%s\"]}]}", o.a,
					 text.bytes, o.b, text.bytes));
	if (rui_instant_in_world(o.early_at + by))
	{
		rui_text later;

		rui_text_start(&later, &rui_env_malloc);
		rui_instant_write(&later, o.early_at + by);
		check_same("shift distributes over until",
				   build("{\"shift\":[{\"until\":[%s,\"%s\",%s]},\"%s\"]}", o.a, o.early, o.b,
						 text.bytes),
				   build("{\"until\":[{\"shift\":[%s,\"%s\"]},\"%s\",{\"shift\":[%s,\"%s\"]}]}",
						 o.a, text.bytes, later.bytes, o.b, text.bytes));
		rui_text_release(&later);
	}
	rui_text_release(&text);
}

/* The reason that an explanation beginning at an instant gives first; false
 * where there is nothing to explain. */
static bool
reason_at(const rui_calendar *calendar, const rui_timetable *timetable, int64_t at,
		  rui_due_reason *reason)
{
	rui_due_explanation e;
	rui_error error;
	bool found;

	if (rui_timetable_explain(&rui_env_malloc, calendar, timetable, at, 1, &e, &error) != RUI_OK)
		return false;
	found = e.count > 0 && e.due != RUI_FOREVER;
	if (found)
	{
		CHECK_INT(e.lines[0].from_at, at);
		*reason = e.lines[0].reason;
	}
	rui_release(&rui_env_malloc, e.lines);
	return found;
}

/* Before an instant a calendar is one, from it on another: what it counts,
 * whether it is open, and why. */
static void
test_pieces(void)
{
	rui_calendar *calendars[3] = { NULL, NULL, NULL };
	rui_timetable *timetables[3];
	static char text[3 * MODEL_TEXT];
	int i;

	snprintf(text, sizeof text, "{\"until\":[%s,\"%s\",%s]}", o.a, o.early, o.b);
	timetables[0] = model_compile(&m, text, strlen(text), &calendars[0]);
	timetables[1] = model_compile(&m, o.a, strlen(o.a), &calendars[1]);
	timetables[2] = model_compile(&m, o.b, strlen(o.b), &calendars[2]);
	for (i = 0; i < 4 * POINTS && timetables[0] != NULL; i++)
	{
		int64_t from = any_instant();
		int64_t until = any_instant();
		int64_t t = o.early_at;
		int64_t before = between(timetables[1], from < t ? from : t, until < t ? until : t);
		int64_t after = between(timetables[2], from < t ? t : from, until < t ? t : until);
		int in_force = from < t ? 1 : 2;
		bool open[2] = { false, false };
		rui_due_reason reasons[2];
		rui_error error;

		CHECK_INT(between(timetables[0], from, until), before + after);
		unit_count("until counts piece by piece");
		CHECK(rui_timetable_is_open(timetables[0], from, &open[0], &error) == RUI_OK);
		CHECK(rui_timetable_is_open(timetables[in_force], from, &open[1], &error) == RUI_OK);
		CHECK_INT(open[0], open[1]);
		if (!reason_at(calendars[0], timetables[0], from, &reasons[0]) ||
			!reason_at(calendars[in_force], timetables[in_force], from, &reasons[1]))
			continue;
		CHECK_INT(reasons[0], reasons[1]);
		unit_count("until gives the reasons of the one in force");
	}
	for (i = 0; i < 3; i++)
	{
		rui_timetable_release(&rui_env_malloc, timetables[i]);
		rui_calendar_release(&rui_env_malloc, calendars[i]);
	}
}

#define DAY "[[\"00:00\",\"24:00\"]]"
#define NEVER "{\"tz\":\"Zone/0\"}"
#define ALWAYS \
	"{\"tz\":\"Zone/0\",\"weekly\":{\"mon\":" DAY ",\"tue\":" DAY ",\"wed\":" DAY ",\"thu\":" DAY \
	",\"fri\":" DAY ",\"sat\":" DAY ",\"sun\":" DAY "}}"

static void
test_until(void)
{
	static const char *const keys[] = { "all", "any", "minus" };
	const char *a = o.a;
	const char *b = o.b;
	const char *c = o.c;
	const char *t = o.early;
	int i;

	check_same("until is a union of two halves", build("{\"until\":[%s,\"%s\",%s]}", a, t, b),
			   build("{\"any\":[{\"all\":[%s,{\"until\":[" ALWAYS ",\"%s\"," NEVER "]}]},"
					 "{\"all\":[%s,{\"until\":[" NEVER ",\"%s\"," ALWAYS "]}]}]}",
					 a, t, b, t));
	for (i = 0; i < 3; i++)
	{
		check_same("all, any and minus distribute over until",
				   build("{\"%s\":[{\"until\":[%s,\"%s\",%s]},%s]}", keys[i], a, t, b, c),
				   build("{\"until\":[{\"%s\":[%s,%s]},\"%s\",{\"%s\":[%s,%s]}]}", keys[i], a, c, t,
						 keys[i], b, c));
		check_same("all, any and minus distribute over until",
				   build("{\"%s\":[%s,{\"until\":[%s,\"%s\",%s]}]}", keys[i], c, a, t, b),
				   build("{\"until\":[{\"%s\":[%s,%s]},\"%s\",{\"%s\":[%s,%s]}]}", keys[i], c, a, t,
						 keys[i], c, b));
	}
}

/* Flattened, cut and merged, an until of untils is one value, whose first
 * calendar still decides dates. */
static void
test_texts(void)
{
	static char flat[4 * MODEL_TEXT];
	const rui_zone *zone = model_any_zone(&m);

	check_equal(o.a, "{\"until\":[%s,\"%s\",%s]}", o.a, o.early, o.a);
	snprintf(flat, sizeof flat, "{\"until\":[%s,\"%s\",%s,\"%s\",%s]}", o.a, o.early, o.b, o.late,
			 o.c);
	check_equal(flat, "{\"until\":[{\"until\":[%s,\"%s\",%s]},\"%s\",%s]}", o.a, o.early, o.b,
				o.late, o.c);
	check_equal(flat, "{\"until\":[%s,\"%s\",{\"until\":[%s,\"%s\",%s]}]}", o.a, o.early, o.b,
				o.late, o.c);
	/* In the middle, cut at both ends. */
	check_equal(flat,
				"{\"until\":[%s,\"%s\",{\"until\":[%s,\"%s\",%s,\"%s\",%s]},\"%s\",%s]}", o.a,
				o.early, o.c, o.early, o.b, o.late, o.a, o.late, o.c);
	/* What would begin when its calendar has ended already. */
	snprintf(flat, sizeof flat, "{\"until\":[%s,\"%s\",%s]}", o.a, o.early, o.c);
	check_equal(flat, "{\"until\":[{\"until\":[%s,\"%s\",%s]},\"%s\",%s]}", o.a, o.late, o.b,
				o.early, o.c);
	check_equal(flat, "{\"until\":[{\"until\":[%s,\"%s\",%s]},\"%s\",%s]}", o.a, o.early, o.b,
				o.early, o.c);
	snprintf(flat, sizeof flat, "{\"until\":[%s,\"%s\",%s]}", o.a, o.late, o.c);
	check_equal(flat, "{\"until\":[%s,\"%s\",{\"until\":[%s,\"%s\",%s]}]}", o.a, o.late, o.b,
				o.early, o.c);
	/* The zone that decides dates is the first one's, or the one named. */
	snprintf(flat, sizeof flat, "{\"tz\":\"%s\",\"until\":[%s,\"%s\",%s,\"%s\",%s]}", zone->name,
			 o.a, o.early, o.b, o.late, o.c);
	check_equal(flat, "{\"until\":[{\"tz\":\"%s\",\"until\":[%s,\"%s\",%s]},\"%s\",%s]}",
				zone->name, o.a, o.early, o.b, o.late, o.c);
	check_equal(flat,
				"{\"until\":[%s,\"%s\",{\"tz\":\"Zone/0\",\"until\":[%s,\"%s\",%s]}],"
				"\"tz\":\"%s\"}",
				o.a, o.early, o.b, o.late, o.c, zone->name);
	/* One calendar, with dates of another zone, has a text already. */
	snprintf(flat, sizeof flat, "{\"tz\":\"%s\",\"all\":[%s]}", zone->name, o.c);
	check_equal(flat, "{\"tz\":\"%s\",\"until\":[%s,\"%s\",%s]}", zone->name, o.c, o.early, o.c);
}

/* F and its inverses far away: the working time is that asked for, and no
 * instant before (after) has it too. */
static void
test_inverses(const rui_timetable *timetable)
{
	int i;

	for (i = 0; i < 4 * POINTS; i++)
	{
		int64_t from = any_instant();
		int64_t until = any_instant();
		int64_t later = any_instant();
		int64_t duration = between(timetable, from, until);
		int64_t earliest;
		int64_t latest;
		rui_error error;

		CHECK(from <= until ? duration >= 0 && duration <= until - from
							: duration <= 0 && duration >= until - from);
		CHECK_INT(duration + between(timetable, until, later), between(timetable, from, later));
		unit_count("monotone and additive, over centuries");
		/* The instants with F(until) are those from the earliest to the latest. */
		if (duration != 0 &&
			rui_timetable_add(timetable, from, duration, RUI_BOUNDARY_CLOSE, &earliest, &error) ==
				RUI_OK &&
			rui_instant_in_world(earliest))
		{
			CHECK(earliest <= until && between(timetable, earliest, until) == 0);
			CHECK(rui_timetable_worked(timetable, earliest - 1) <
				  rui_timetable_worked(timetable, earliest));
			unit_count("earliest instants, over centuries");
		}
		if (rui_timetable_add(timetable, from, duration, RUI_BOUNDARY_OPEN, &latest, &error) ==
				RUI_OK &&
			rui_instant_in_world(latest))
		{
			CHECK(latest >= until && between(timetable, until, latest) == 0);
			CHECK(rui_timetable_worked(timetable, latest + 1) >
				  rui_timetable_worked(timetable, latest));
			unit_count("latest instants, over centuries");
		}
	}
}

static void
make_operand(char *text, int depth)
{
	m.length = 0;
	m.mark_count = 0;
	model_make_node(&m, depth, m.open);
	memcpy(text, m.text, m.length + 1);
}

static void
make_operands(uint64_t seed)
{
	rui_text text;
	int64_t other;

	/* The model's instants are where the last calendar made opens and closes. */
	model_make(&m, seed, 0);
	make_operand(o.a, 1);
	make_operand(o.b, 1);
	make_operand(o.c, 0);
	o.early_at = model_below(&m, 4) == 0 ? any_instant_of_world() : model_any_instant(&m);
	do
		other = model_below(&m, 4) == 0 ? any_instant_of_world() : model_any_instant(&m);
	while (other == o.early_at);
	o.late_at = other > o.early_at ? other : o.early_at;
	o.early_at = other > o.early_at ? o.early_at : other;
	rui_text_start(&text, &rui_env_malloc);
	rui_instant_write(&text, o.early_at);
	snprintf(o.early, sizeof o.early, "%s", text.bytes);
	rui_text_release(&text);
	rui_instant_write(&text, o.late_at);
	snprintf(o.late, sizeof o.late, "%s", text.bytes);
	rui_text_release(&text);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		rui_timetable *timetable;

		unit_note("seed %" PRIu64, seed + (uint64_t) i);
		make_operands(seed + (uint64_t) i);
		test_sets();
		test_shift();
		test_pieces();
		test_until();
		test_texts();
		timetable = build("{\"until\":[%s,\"%s\",%s,\"%s\",%s]}", o.a, o.early, o.b, o.late, o.c);
		if (timetable != NULL)
			test_inverses(timetable);
		rui_timetable_release(&rui_env_malloc, timetable);
	}
	unit_note("%s", "");
	unit_at_least("until gives the reasons of the one in force", 40 * ROUNDS);
	unit_at_least("earliest instants, over centuries", 20 * ROUNDS);
	unit_at_least("latest instants, over centuries", 20 * ROUNDS);
	return unit_finish("calendar_algebra");
}
