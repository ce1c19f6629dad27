/* SPDX-License-Identifier: PostgreSQL
 *
 * clock_judge.h
 *	  Verdicts on the cycles of a clock, from its events.
 *
 * A fold forgets what was due once the clock stops; a judge keeps it, and
 * when each cycle became late: by the wall, having run past its due time, and
 * by working time, having run past its breach.
 */
#ifndef RUI_CLOCK_JUDGE_H
#define RUI_CLOCK_JUDGE_H

#include "core/clock.h"

/* One cycle.  RUI_NEVER stands for none. */
typedef struct rui_sla_verdict
{
	rui_sla_clock clock; /* after the cycle's last event */
	int64_t due; /* as shown last: none while paused, and when stopped from a pause */
	int64_t breach;
	int64_t wall_due; /* what was due when the clock first ran past its due time … */
	int64_t wall_breach; /* … and the breach shown with it */
	int64_t working_due; /* the same of the first run past a breach */
	int64_t working_breach;
	int64_t stopped_at;
	bool ended; /* stopped by "end": nothing is to be judged */
} rui_sla_verdict;

/* Begins as all zeros. */
typedef struct rui_sla_judge
{
	rui_sla_fold fold;
	bool ending; /* an "end" among the events of this instant */
	rui_sla_verdict *verdicts; /* of the instants before */
	size_t count;
	size_t capacity;
} rui_sla_judge;

/*
 * The next event, as rui_sla_fold_event takes it; besides its events "end",
 * which stops a clock that nobody is to judge.  The judge is undefined after
 * a failure.
 */
extern rui_status rui_sla_judge_event(const rui_env *env, rui_sla_judge *judge,
									  const rui_timetable *calendar, int64_t target,
									  const char *event, int64_t at, rui_error *error);

/*
 * The verdicts as of an instant, one a cycle; as_of before the last event
 * means that event's instant.  No verdicts where nothing started the clock.
 * Does not change the judge; free the array with rui_release.
 */
extern rui_status rui_sla_judge_result(const rui_env *env, const rui_sla_judge *judge,
									   int64_t as_of, rui_sla_verdict **verdicts, size_t *count,
									   rui_error *error);

#endif /* RUI_CLOCK_JUDGE_H */
