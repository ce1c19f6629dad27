/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_laws.c
 *	  Clocks against a history of minutes: pauses, targets, cycles, folds.
 */
#include "unit.h"

#include "calendar_model.h"
#include "core/clock.h"
#include "core/clock_judge.h"

#define HISTORIES 3000
#define EVENTS 14

enum
{
	START,
	REOPEN,
	RETARGET,
	RESUME,
	PAUSE,
	STOP
};

static const char *const names[] = { "start", "reopen", "retarget", "resume", "pause", "stop" };

typedef struct event
{
	int64_t at;
	int kind;
	int64_t target;
} event;

/*
 * The history kept as plain facts: spans in which the clock ran, and the
 * target over time; everything else follows by counting.
 */
typedef struct history
{
	int state; /* 0 before the start, else rui_sla_state */
	int64_t target;
	int cycle;
	int spans;
	struct
	{
		int64_t from;
		int64_t until; /* 0 while running */
		int cycle;
	} span[EVENTS + 1];
	int64_t breached_at; /* 0: never */
	int64_t start;
	int64_t changed_at;
} history;

static int64_t
counted(const model *m, const history *h, int cycle, int64_t until)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < h->spans; i++)
	{
		int64_t end = h->span[i].until == 0 || h->span[i].until > until ? until : h->span[i].until;

		if ((cycle == 0 || h->span[i].cycle == cycle) && end > h->span[i].from)
			sum += model_worked(m, end) - model_worked(m, h->span[i].from);
	}
	return sum;
}

/* The latest instant up to `until` with no more than the target counted, if
 * the target has been exceeded by then. */
static void
note_breach(const model *m, history *h, int64_t until)
{
	int64_t low = h->changed_at;
	int64_t high = until;

	if (h->state != RUI_SLA_RUNNING || h->breached_at != 0 ||
		counted(m, h, h->cycle, until) <= h->target)
		return;
	while (high - low > 1)
	{
		int64_t middle = low + (high - low) / 2;

		if (counted(m, h, h->cycle, middle) <= h->target)
			low = middle;
		else
			high = middle;
	}
	h->breached_at = low;
}

/* Apply an event; false when the state does not allow it. */
static bool
happen(const model *m, history *h, const event *e, int64_t target)
{
	bool running = h->state == RUI_SLA_RUNNING;
	bool paused = h->state == RUI_SLA_PAUSED;

	if (e->kind == START		? h->state != 0
			: e->kind == REOPEN ? h->state != RUI_SLA_STOPPED
			: e->kind == RESUME ? !paused
			: e->kind == PAUSE	? !running
								: !running && !paused)
		return false;
	note_breach(m, h, e->at);
	h->changed_at = e->at;
	if (running && (e->kind == PAUSE || e->kind == STOP))
		h->span[h->spans - 1].until = e->at;
	if (e->kind == START || e->kind == REOPEN)
	{
		h->cycle++;
		h->start = e->at;
	}
	if (e->kind == START)
		h->target = target;
	if (e->kind == RETARGET)
	{
		h->target = e->target;
		if (h->breached_at == 0 && counted(m, h, h->cycle, e->at) > h->target)
			h->breached_at = e->at;
	}
	if (e->kind == START || e->kind == REOPEN || e->kind == RESUME)
	{
		h->span[h->spans].from = e->at;
		h->span[h->spans].until = 0;
		h->span[h->spans++].cycle = h->cycle;
	}
	if (e->kind != RETARGET)
		h->state = e->kind == PAUSE ? RUI_SLA_PAUSED : e->kind == STOP ? RUI_SLA_STOPPED
																	   : RUI_SLA_RUNNING;
	return true;
}

static void
check_due(const model *m, const history *h, const rui_sla_clock *clock)
{
	int64_t rest = h->target - counted(m, h, h->cycle, h->changed_at);
	int64_t worked = model_worked(m, h->changed_at) + rest;
	int64_t due = model_instant_of(m, worked, true);
	int64_t breach = model_instant_of(m, worked, false);

	if (h->state != RUI_SLA_RUNNING)
	{
		CHECK(clock->due == RUI_NEVER && clock->breach == RUI_NEVER);
		unit_count("no due time while paused or stopped");
		return;
	}
	if (rest <= 0)
		due = h->changed_at;
	if (rest < 0)
		breach = h->changed_at;
	if (due != RUI_FOREVER)
	{
		CHECK_INT(clock->due, due);
		unit_count("due times");
	}
	else
		CHECK(clock->due >= model_high(m) - 1);
	if (breach != RUI_FOREVER)
	{
		CHECK_INT(clock->breach, breach);
		unit_count("breach times");
	}
	else
		CHECK(clock->breach >= model_high(m) - 1);
}

static void
check_clock(const model *m, history *h, const rui_sla_clock *clock,
			const rui_timetable *timetable, int64_t at)
{
	static const rui_sla_cycles which[] = { RUI_SLA_FIRST, RUI_SLA_LAST, RUI_SLA_SUM,
											RUI_SLA_LONGEST };
	int64_t expected[4] = { counted(m, h, 1, at), counted(m, h, h->cycle, at),
							counted(m, h, 0, at), 0 };
	history later = *h;
	bool breached;
	int64_t elapsed;
	rui_error error;
	int i;

	for (i = 1; i <= h->cycle; i++)
		if (counted(m, h, i, at) > expected[3])
			expected[3] = counted(m, h, i, at);
	for (i = 0; i < 4; i++)
	{
		CHECK(rui_sla_elapsed(clock, timetable, at, which[i], &elapsed, &error) == RUI_OK);
		CHECK_INT(elapsed, expected[i]);
		unit_count("elapsed times");
	}
	note_breach(m, &later, at);
	unit_count(later.breached_at != 0 ? "breached" : "not breached");
	CHECK(rui_sla_breached(clock, at, &breached, &error) == RUI_OK);
	CHECK_INT(breached, later.breached_at != 0);
	CHECK_INT(clock->state, h->state);
	CHECK_INT(clock->start, h->start);
	CHECK_INT(clock->changed_at, h->changed_at);
	CHECK_INT(clock->target, h->target);
	CHECK_INT(clock->cycle, h->cycle);
	CHECK_INT(clock->elapsed, counted(m, h, h->cycle, h->changed_at));
	CHECK_INT(clock->first_breached_at, h->breached_at == 0 ? RUI_NEVER : h->breached_at);
	check_due(m, h, clock);
	CHECK(rui_sla_check(clock, &error) == RUI_OK);
}

static void
check_text(const rui_sla_clock *clock)
{
	rui_sla_clock again;
	rui_text text;
	rui_error error;

	rui_text_start(&text, &rui_env_malloc);
	rui_sla_write(clock, &text);
	CHECK(rui_sla_read(&rui_env_malloc, text.bytes, text.length, &again, &error) == RUI_OK);
	CHECK(memcmp(&again, clock, sizeof again) == 0);
	CHECK_INT(rui_sla_compare(&again, clock), 0);
	rui_text_release(&text);
}

static rui_status
move(rui_sla_clock *clock, const rui_timetable *timetable, const event *e, int64_t target,
	 rui_error *error)
{
	switch (e->kind)
	{
		case START:
			return rui_sla_start(clock, timetable, e->at, target, error);
		case REOPEN:
			return rui_sla_reopen(clock, timetable, e->at, error);
		case RETARGET:
			return rui_sla_retarget(clock, timetable, e->at, e->target, true, error);
		case RESUME:
			return rui_sla_resume(clock, timetable, e->at, error);
		case PAUSE:
			return rui_sla_pause(clock, timetable, e->at, error);
		default:
			return rui_sla_stop(clock, timetable, e->at, error);
	}
}

static int
by_time(const void *a, const void *b)
{
	const event *left = a;
	const event *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind - right->kind;
	return left->target < right->target ? -1 : left->target > right->target;
}

/* The event as a fold takes it; release the text. */
static void
write_event(const event *e, rui_text *text)
{
	rui_text_start(text, &rui_env_malloc);
	rui_text_add(text, names[e->kind]);
	if (e->kind == RETARGET)
	{
		rui_text_character(text, ' ');
		rui_duration_write(text, e->target);
	}
}

static rui_sla_clock
fold(const event *events, int count, const rui_timetable *timetable, int64_t target)
{
	rui_sla_fold state;
	rui_error error;
	int i;

	memset(&state, 0, sizeof state);
	for (i = 0; i < count; i++)
	{
		rui_text text;

		write_event(&events[i], &text);
		if (!CHECK(rui_sla_fold_event(&rui_env_malloc, &state, timetable, target, text.bytes,
									  events[i].at, &error) == RUI_OK))
			printf("    %s %s\n", error.part, error.detail);
		rui_text_release(&text);
	}
	rui_release(&rui_env_malloc, state.events);
	return state.clock;
}

/* What a cycle's clock showed, noted move by move. */
typedef struct notes
{
	int64_t due;
	int64_t wall_due;
	int64_t working_breach;
	int64_t stopped_at;
} notes;

/* Until `at` nothing happened to the clock, which all events at `since` left so. */
static void
note_pass(notes *cycles, const rui_sla_clock *clock, int64_t since, int64_t at)
{
	notes *cycle = &cycles[clock->cycle];

	if (clock->cycle == 0 || at == since)
		return;
	if (clock->state == RUI_SLA_RUNNING)
	{
		cycle->due = clock->due;
		if (at > clock->due && cycle->wall_due == RUI_NEVER)
			cycle->wall_due = clock->due;
		if (at > clock->breach && cycle->working_breach == RUI_NEVER)
			cycle->working_breach = clock->breach;
	}
	else if (clock->state == RUI_SLA_PAUSED)
		cycle->due = RUI_NEVER;
	else if (cycle->stopped_at == RUI_NEVER)
		cycle->stopped_at = since;
}

/* The verdicts on events in any order of those at one instant. */
static void
check_verdicts(const event *events, const rui_timetable *timetable, int64_t target,
			   const rui_sla_clock *clock, const notes *cycles)
{
	rui_sla_judge judge;
	rui_sla_verdict *verdicts;
	size_t count;
	size_t k;
	rui_error error;
	int i;

	memset(&judge, 0, sizeof judge);
	for (i = 0; i < EVENTS; i++)
	{
		rui_text text;

		write_event(&events[i], &text);
		CHECK(rui_sla_judge_event(&rui_env_malloc, &judge, timetable, target, text.bytes,
								  events[i].at, &error) == RUI_OK);
		rui_text_release(&text);
	}
	CHECK(rui_sla_judge_result(&rui_env_malloc, &judge, RUI_FOREVER, &verdicts, &count, &error) ==
		  RUI_OK);
	CHECK_INT(count, clock->cycle);
	if (count == (size_t) clock->cycle)
		CHECK(memcmp(&verdicts[count - 1].clock, clock, sizeof *clock) == 0);
	for (k = 0; k < count; k++)
	{
		const notes *noted = &cycles[k + 1];

		CHECK_INT(verdicts[k].stopped_at, noted->stopped_at);
		CHECK_INT(verdicts[k].due, noted->due);
		CHECK_INT(verdicts[k].wall_due, noted->wall_due);
		CHECK_INT(verdicts[k].working_breach, noted->working_breach);
		unit_count("verdicts");
		if (noted->wall_due != RUI_NEVER && noted->working_breach == RUI_NEVER)
			unit_count("verdicts late by the wall alone");
	}
	rui_release(&rui_env_malloc, verdicts);
	rui_release(&rui_env_malloc, judge.verdicts);
	rui_release(&rui_env_malloc, judge.fold.events);
}

static void
test_history(model *m, const rui_timetable *timetable)
{
	notes cycles[EVENTS + 2];
	event events[EVENTS];
	event shuffled[EVENTS];
	history h;
	rui_sla_clock clock;
	rui_sla_clock folded;
	int64_t target = (int64_t) rui_random_below(&m->random, 30 * 60) * RUI_MINUTE;
	rui_error error;
	int i;

	memset(&h, 0, sizeof h);
	memset(&clock, 0, sizeof clock);
	for (i = 0; i < EVENTS + 2; i++)
		cycles[i].due = cycles[i].wall_due = cycles[i].working_breach = cycles[i].stopped_at =
			RUI_NEVER;
	events[0].at = model_any_instant(m);
	for (i = 0; i < EVENTS; i++)
	{
		/* Often the due or breach time so far, an edge, or the same instant. */
		if (i > 0)
		{
			int64_t at = model_any_instant(m);

			if (model_below(m, 6) == 0)
				at = events[i - 1].at;
			events[i].at = at;
		}
		events[i].kind = model_below(m, 3) == 0 ? START + model_below(m, 6)
												: RESUME + model_below(m, 3);
		events[i].target = events[i].kind == RETARGET
			? (int64_t) rui_random_below(&m->random, 20 * 60) * RUI_MINUTE
			: 0;
	}
	qsort(events, EVENTS, sizeof(event), by_time);
	events[0].kind = START;
	events[0].target = 0;
	if (model_below(m, 2) == 0 && events[1].at > events[0].at)
	{
		/* A target that ends exactly at the next event. */
		target = model_worked(m, events[1].at) - model_worked(m, events[0].at);
	}
	qsort(events, EVENTS, sizeof(event), by_time);
	for (i = 0; i < EVENTS; i++)
	{
		rui_sla_clock before = clock;
		bool legal;
		rui_status status;

		note_pass(cycles, &clock, i > 0 ? events[i - 1].at : events[0].at, events[i].at);
		legal = happen(m, &h, &events[i], target);

		if (h.state == 0 || (events[i].kind == START && !legal))
			continue;
		status = move(&clock, timetable, &events[i], target, &error);
		if (status == RUI_DATETIME_RANGE)
			return; /* due after 2200: little open time */
		if (!legal)
		{
			CHECK(status == RUI_STATE);
			CHECK(memcmp(&clock, &before, sizeof clock) == 0);
			continue;
		}
		CHECK(status == RUI_OK);
		check_clock(m, &h, &clock, timetable,
					i + 1 < EVENTS ? events[i + 1].at : model_high(m) - 1);
		check_text(&clock);
	}
	/* The fold of the events in any order of those at one instant. */
	folded = fold(events, EVENTS, timetable, target);
	CHECK(memcmp(&folded, &clock, sizeof clock) == 0);
	unit_count("folds");
	note_pass(cycles, &clock, events[EVENTS - 1].at, RUI_FOREVER);
	check_verdicts(events, timetable, target, &clock, cycles);
	memcpy(shuffled, events, sizeof events);
	for (i = 0; i < 40; i++)
	{
		int k = model_below(m, EVENTS - 1);
		event swapped = shuffled[k];

		if (shuffled[k].at == shuffled[k + 1].at)
		{
			shuffled[k] = shuffled[k + 1];
			shuffled[k + 1] = swapped;
		}
	}
	folded = fold(shuffled, EVENTS, timetable, target);
	CHECK(memcmp(&folded, &clock, sizeof clock) == 0);
	check_verdicts(shuffled, timetable, target, &clock, cycles);
	/* Back in time nothing moves. */
	if (clock.changed_at > model_low(m))
		CHECK(rui_sla_elapsed(&clock, timetable, clock.changed_at - 1, RUI_SLA_LAST, &target,
							  &error) == RUI_INVALID);
}

#define PLACES 12

/* The edges between which pauses differ, and what lies about them. */
static void
choose_places(model *m, int64_t start, int64_t due, int64_t breach, int64_t *places)
{
	places[0] = start;
	places[1] = start + 1;
	places[2] = start + (due - start) / 2;
	places[3] = due - 1;
	places[4] = due;
	places[5] = due + 1;
	places[6] = due + (breach - due) / 2;
	places[7] = breach - 1;
	places[8] = breach;
	places[9] = breach + 1;
	places[10] = breach + model_below(m, 3000) * RUI_MINUTE;
	places[11] = model_high(m) - 1;
}

/*
 * One pause, from somewhere about the due time to somewhere about it: before
 * it the due time moves by the working time of the pause, across it too, and
 * after it nothing is saved.
 */
static void
test_pause(model *m, const rui_timetable *timetable)
{
	static const char *const kinds[] = { "pauses before the due time", "pauses across the due time",
										 "pauses after the due time" };
	int64_t start = model_any_instant(m);
	int64_t target = model_below(m, 5) == 0
		? 0
		: (int64_t) rui_random_below(&m->random, 40 * 60) * RUI_MINUTE + model_below(m, 3) - 1;
	int64_t worked = model_worked(m, start) + (target = target < 0 ? 0 : target);
	int64_t due = target == 0 ? start : model_instant_of(m, worked, true);
	int64_t breach = model_instant_of(m, worked, false);
	int64_t places[PLACES];
	int i;
	int k;

	if (due == RUI_FOREVER || breach == RUI_FOREVER)
		return;
	choose_places(m, start, due, breach, places);
	for (i = 0; i < PLACES; i++)
	{
		for (k = 0; k < PLACES; k++)
		{
			event events[] = { { start, START, 0 },
							   { places[i], PAUSE, 0 },
							   { places[k], RESUME, 0 },
							   { model_high(m) - 1, STOP, 0 } };
			history h;
			rui_sla_clock clock;
			rui_error error;
			int n;

			if (places[i] < start || places[k] < places[i] || places[k] > model_high(m) - 1)
				continue;
			memset(&h, 0, sizeof h);
			memset(&clock, 0, sizeof clock);
			for (n = 0; n < 4; n++)
			{
				CHECK(happen(m, &h, &events[n], target));
				if (move(&clock, timetable, &events[n], target, &error) != RUI_OK)
				{
					CHECK(error.code == RUI_DATETIME_RANGE); /* due after 2200 */
					break;
				}
				check_clock(m, &h, &clock, timetable, n < 3 ? events[n + 1].at : events[n].at);
			}
			unit_count(kinds[places[k] <= due ? 0 : places[i] <= due ? 1
																	 : 2]);
		}
	}
}

/*
 * A clock under one calendar until an instant and under another from it on
 * is the clock that is switched then, unless its target was used up before.
 */
static void
test_until(model *m, uint64_t seed)
{
	static char text[2 * MODEL_TEXT + 100];
	static char first[MODEL_TEXT];
	rui_timetable *timetables[3]; /* before, after, both */
	rui_text instant;
	int64_t change;
	int i;

	model_make(m, seed, 1);
	memcpy(first, m->text, m->length + 1);
	timetables[0] = model_compile(m, first, m->length, NULL);
	m->length = 0;
	m->mark_count = 0;
	model_make_node(m, 1, m->open);
	timetables[1] = model_compile(m, m->text, m->length, NULL);
	change = model_any_instant(m);
	rui_text_start(&instant, &rui_env_malloc);
	rui_instant_write(&instant, change);
	snprintf(text, sizeof text, "{\"until\":[%s,\"%s\",%s]}", first, instant.bytes, m->text);
	rui_text_release(&instant);
	timetables[2] = model_compile(m, text, strlen(text), NULL);
	for (i = 0; i < 60; i++)
	{
		int64_t start = model_any_instant(m);
		int64_t target = (int64_t) rui_random_below(&m->random, 60 * 60) * RUI_MINUTE;
		int64_t at = model_any_instant(m);
		int64_t elapsed[2];
		rui_sla_clock switched;
		rui_sla_clock both;
		rui_error error;

		if (start > change || at < change)
			continue;
		if (rui_sla_start(&switched, timetables[0], start, target, &error) != RUI_OK ||
			rui_sla_start(&both, timetables[2], start, target, &error) != RUI_OK ||
			rui_sla_switch(&switched, timetables[0], timetables[1], change, &error) != RUI_OK)
		{
			CHECK(error.code == RUI_DATETIME_RANGE);
			continue;
		}
		CHECK(rui_sla_elapsed(&switched, timetables[1], at, RUI_SLA_LAST, &elapsed[0], &error) ==
			  RUI_OK);
		CHECK(rui_sla_elapsed(&both, timetables[2], at, RUI_SLA_LAST, &elapsed[1], &error) ==
			  RUI_OK);
		CHECK_INT(elapsed[1], elapsed[0]);
		unit_count("clocks across a change of hours");
		if (switched.elapsed >= target)
			continue;
		CHECK_INT(both.due, switched.due);
		CHECK_INT(both.breach, switched.breach);
		unit_count("due after a change of hours");
	}
	for (i = 0; i < 3; i++)
		rui_timetable_release(&rui_env_malloc, timetables[i]);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	static model m;
	int i;
	int k;

	for (i = 0; i < HISTORIES / 10; i++)
	{
		rui_timetable *timetable;

		model_make(&m, seed + (uint64_t) i, i % 3);
		timetable = model_compile(&m, m.text, m.length, NULL);
		for (k = 0; k < 10 && timetable != NULL; k++)
		{
			unit_note("seed %" PRIu64 ", history %d", seed + (uint64_t) i, k);
			test_history(&m, timetable);
		}
		unit_note("seed %" PRIu64 ", one pause", seed + (uint64_t) i);
		if (timetable != NULL)
			test_pause(&m, timetable);
		rui_timetable_release(&rui_env_malloc, timetable);
	}
	for (i = 0; i < HISTORIES / 10; i++)
	{
		unit_note("seed %" PRIu64 ", until", seed + (uint64_t) i);
		test_until(&m, seed + (uint64_t) i);
	}
	unit_at_least("pauses before the due time", 1000);
	unit_at_least("pauses across the due time", 1000);
	unit_at_least("pauses after the due time", 1000);
	unit_at_least("clocks across a change of hours", 1000);
	unit_at_least("due after a change of hours", 500);
	unit_at_least("untils", 50);
	return unit_finish("clock_laws");
}
