/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.h
 *	  Clocks that count working time against a target.
 *
 * A clock runs, is paused or is stopped; reopening a stopped one begins a new
 * cycle.  It is a value: every move makes a new one from the old one, the
 * calendar and the instant.  A running clock knows when it is due (the
 * earliest instant with the target's working time) and when it breaches (the
 * latest): it is late after that instant, not at it.
 */
#ifndef RUI_CLOCK_H
#define RUI_CLOCK_H

#include "core/calendar.h"

typedef enum rui_sla_state
{
	RUI_SLA_RUNNING = 1,
	RUI_SLA_PAUSED,
	RUI_SLA_STOPPED
} rui_sla_state;

#define RUI_SLA_VERSION 1

/* Also the stored form: durations in microseconds, RUI_NEVER for none. */
typedef struct rui_sla_clock
{
	int64_t start; /* of this cycle */
	int64_t changed_at; /* the last move */
	int64_t target;
	int64_t elapsed; /* of this cycle, at changed_at */
	int64_t due; /* none unless running */
	int64_t breach; /* none unless running */
	int64_t first_breached_at; /* of all cycles; never cleared */
	int64_t first; /* elapsed in the first cycle, once it has ended */
	int64_t sum; /* of the ended cycles */
	int64_t longest; /* of the ended cycles */
	int32_t cycle; /* from 1 */
	uint8_t state;
	uint8_t version;
	uint8_t zero[2];
} rui_sla_clock;

/* Which cycles an elapsed time counts. */
typedef enum rui_sla_cycles
{
	RUI_SLA_FIRST,
	RUI_SLA_LAST,
	RUI_SLA_SUM,
	RUI_SLA_LONGEST
} rui_sla_cycles;

/*
 * Moves.  `clock` is changed only on RUI_OK.  Fails with RUI_STATE where the
 * state does not allow the move, RUI_INVALID when `at` lies before the last
 * move or the target is negative, RUI_DATETIME_RANGE as rui_timetable_add.
 *
 * Where more time has passed than the target allows, on resuming or with a
 * new target, due and breach are `at`.
 */
extern rui_status rui_sla_start(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								int64_t target, rui_error *error);
extern rui_status rui_sla_pause(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								rui_error *error);
extern rui_status rui_sla_resume(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								 rui_error *error);
extern rui_status rui_sla_stop(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
							   rui_error *error);
/* A stopped clock runs again from `at`, in a new cycle. */
extern rui_status rui_sla_reopen(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								 rui_error *error);
/* Replace the target of a running or paused clock.  keep: what has elapsed
 * counts; else the cycle starts anew at `at`. */
extern rui_status rui_sla_retarget(rui_sla_clock *clock, const rui_timetable *calendar, int64_t at,
								   int64_t target, bool keep, rui_error *error);
/* A running or paused clock goes over to another calendar: what has elapsed
 * stays as counted, the rest counts in the new one. */
extern rui_status rui_sla_switch(rui_sla_clock *clock, const rui_timetable *from,
								 const rui_timetable *to, int64_t at, rui_error *error);

/* Readers; `at` must not lie before the last move (RUI_INVALID). */
extern rui_status rui_sla_elapsed(const rui_sla_clock *clock, const rui_timetable *calendar,
								  int64_t at, rui_sla_cycles cycles, int64_t *elapsed,
								  rui_error *error);
extern rui_status rui_sla_breached(const rui_sla_clock *clock, int64_t at, bool *breached,
								   rui_error *error);

/*
 * A clock folded from events in ascending order of time: "start", "pause",
 * "resume", "stop", "reopen", "retarget PT4H".  Those of one instant may come
 * in any order: they apply in the order start, reopen, retarget (by target),
 * resume, pause, stop.  What the state does not allow does nothing.
 */
typedef struct rui_sla_event
{
	int kind;
	int64_t target; /* of retarget */
} rui_sla_event;

typedef struct rui_sla_fold
{
	rui_sla_clock before; /* the events at `at`; cycle 0: not started */
	rui_sla_clock clock; /* after them */
	int64_t at;
	rui_sla_event *events; /* at `at`, in the order they apply */
	size_t count;
	size_t capacity;
} rui_sla_fold;

/* A fold begins as all zeros.  RUI_INVALID for an unknown event or one before
 * the last; the fold is undefined after a failure. */
extern rui_status rui_sla_fold_event(const rui_env *env, rui_sla_fold *fold,
									 const rui_timetable *calendar, int64_t target,
									 const char *event, int64_t at, rui_error *error);

/* The text: JSON of the members that mean something in this state. */
extern rui_status rui_sla_read(const rui_env *env, const char *text, size_t length,
							   rui_sla_clock *clock, rui_error *error);
extern void rui_sla_write(const rui_sla_clock *clock, rui_text *text);

extern const char *rui_sla_state_name(rui_sla_state state);

/* RUI_INVALID, naming the member, unless some history of moves could have
 * made the clock. */
extern rui_status rui_sla_check(const rui_sla_clock *clock, rui_error *error);

/* By all members in order: -1, 0, 1. */
extern int rui_sla_compare(const rui_sla_clock *a, const rui_sla_clock *b);

#endif /* RUI_CLOCK_H */
