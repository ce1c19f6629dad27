/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live_search.c
 *	  Shortest paths that make a live assignment optimal again.
 *
 * The method is that of assign_engine.c (Dijkstra on reduced costs, from a
 * task that comes in or from a unit that is idle at a price), with a third
 * start: a worker who has to give one task away.  What lies elsewhere is read
 * when a worker is taken from the heap, and never before.
 */
#include <inttypes.h>

#include "core/assign_live_graph.h"

#define WORK_BETWEEN_LOOKS (1 << 16)
#define FEW_AHEAD 3 /* what is looked at soon is fetched before: workers, pairs, tasks */
#define AHEAD 4

/* How the best path found so far ends. */
typedef struct path_end
{
	wide distance;
	uint32_t worker; /* NONE: nothing moves */
	uint32_t task; /* left over (task side) or taken on (worker side), or NONE */
	int64_t cost; /* of the pair of that task (worker side) */
} path_end;

/* ---- the heap of reached workers, by (distance, id) ---- */

static inline bool
heap_less(const rui_assign_live *live, uint32_t a, uint32_t b)
{
	wide distance_a = live->worker[a].distance;
	wide distance_b = live->worker[b].distance;

	return distance_a < distance_b ||
		(distance_a == distance_b && live->worker_ids.id[a] < live->worker_ids.id[b]);
}

#define HEAP_OWNER rui_assign_live
#define HEAP_ITEMS(live) ((live)->heap)
#define HEAP_COUNT(live) ((live)->heap_count)
#define HEAP_PLACE(live, a) ((live)->worker[a].heap_at)
#define HEAP_LESS(live, a, b) heap_less(live, a, b)
#include "core/heap.h"

/* A worker is reached at a distance, or nearer than before. */
static void
reach(rui_assign_live *live, uint32_t worker, wide distance, uint32_t via_task,
	  uint32_t via_worker, int64_t via_cost)
{
	live_worker *w = &live->worker[worker];
	bool fresh = w->distance == FAR;

	w->distance = distance;
	w->via_task = via_task;
	w->via_worker = via_worker;
	w->via_cost = via_cost;
	if (fresh)
	{
		live->seen[live->seen_count++] = worker;
		__builtin_prefetch(w->held);
		heap_up(live, live->heap_count++, worker);
	}
	else
		heap_up(live, w->heap_at, worker);
}

/* Forget the search; a price moves by how much nearer than the end its worker was. */
static void
end_search(rui_assign_live *live, wide distance, int sign)
{
	uint32_t i;

	for (i = 0; i < live->seen_count; i++)
	{
		live_worker *w = &live->worker[live->seen[i]];

		if (w->distance < distance)
		{
			w->price += sign * (distance - w->distance);
			rui_assign_live_mark_changed(live, live->seen[i]);
		}
		w->distance = FAR;
	}
	live->seen_count = 0;
	live->heap_count = 0;
}

static rui_status
look_up(rui_assign_live *live, rui_error *error)
{
	if (live->work < live->next_look)
		return RUI_OK;
	live->next_look = live->work + WORK_BETWEEN_LOOKS;
	if (rui_interrupted(&live->env))
		return rui_fail_interrupted(error);
	return RUI_OK;
}

/* ---- task side ---- */

/*
 * Look at the pairs of a task from which base has been paid already.  Prices
 * are never negative, so the first cost beyond the end ends it.  What the
 * task counts elsewhere at least is kept: often that alone says there is
 * nothing to look for.
 */
static void
scan_task(rui_assign_live *live, uint32_t task, wide base, path_end *end)
{
	live_task *t = &live->task[task];
	wide elsewhere = FAR;
	uint32_t i;

	live->work++;
	if (base + t->elsewhere - live->fallen >= end->distance)
		return;
	for (i = 0; i < t->arcs; i++)
	{
		uint32_t worker = t->arc[i].worker;
		live_worker *w = &live->worker[worker];
		int64_t cost = t->arc[i].cost;
		wide value;

		if (i + FEW_AHEAD < t->arcs)
			__builtin_prefetch(&live->worker[t->arc[i + FEW_AHEAD].worker]);
		if (base + cost >= end->distance)
		{
			elsewhere = cost < elsewhere ? cost : elsewhere;
			break;
		}
		if (!w->open)
			continue;
		value = cost + w->price;
		if (value < elsewhere && worker != t->worker)
			elsewhere = value;
		if (base + value >= end->distance || base + value >= w->distance)
			continue;
		if (has_room(w))
		{
			wide rise = next_load(w) - w->price;

			if (rise <= 0)
			{
				/* The best end so far: no need to go on from there. */
				*end = (path_end){ base + value, worker, NONE, 0 };
				w->via_task = task;
				w->via_cost = cost;
				continue;
			}
			if (base + value + rise < end->distance)
				*end = (path_end){ base + value + rise, worker, NONE, 0 };
		}
		reach(live, worker, base + value, task, NONE, cost);
	}
	t->elsewhere = elsewhere + live->fallen;
	live->work += i;
}

/*
 * From a task that comes in (task, or NONE) or a worker who gives one task
 * away (start, or NONE); end is how it ends where no path is shorter.
 */
static rui_status
search_task_side(rui_assign_live *live, uint32_t task, uint32_t start, path_end end,
				 rui_error *error)
{
	rui_status status = RUI_OK;
	uint32_t worker;

	if (task != NONE)
		scan_task(live, task, 0, &end);
	else
		reach(live, start, 0, NONE, NONE, 0);
	while (live->heap_count > 0 && status == RUI_OK)
	{
		wide distance;
		uint32_t i;

		worker = heap_pop(live);
		live->steps++;
		distance = live->worker[worker].distance;
		if (distance >= end.distance)
			break;
		status = rui_assign_live_know_held(live, worker, error);
		for (i = 0; status == RUI_OK && i < live->worker[worker].helds; i++)
		{
			const live_worker *w = &live->worker[worker];
			const live_task *t = &live->task[w->held[i]];
			wide base = distance - t->cost - w->price;

			if (i + 2 * AHEAD < w->helds)
				__builtin_prefetch(&live->task[w->held[i + 2 * AHEAD]]);
			if (i + AHEAD < w->helds)
				__builtin_prefetch(live->task[w->held[i + AHEAD]].arc);
			if (base + penalty_of(live, t) < end.distance)
				end = (path_end){ base + penalty_of(live, t), worker, w->held[i], 0 };
			scan_task(live, w->held[i], base, &end);
			status = look_up(live, error);
		}
	}
	end_search(live, status == RUI_OK ? end.distance : -FAR, 1);

	if (status == RUI_OK && end.task != NONE)
		rui_assign_live_take_off(live, end.task);
	for (worker = end.worker; status == RUI_OK && worker != NONE && worker != start;)
	{
		uint32_t moving = live->worker[worker].via_task;
		uint32_t old = live->task[moving].worker;

		status = rui_assign_live_put_on(live, moving, worker, live->worker[worker].via_cost,
										error);
		worker = old;
	}
	return status;
}

/* ---- worker side ---- */

/*
 * Look at the tasks that could come to a worker at the given distance.  No
 * value exceeds the penalty, so the first cost - penalty beyond the end ends
 * it.  A worker who may simply lose a task ends a path as soon as it is
 * reached.
 */
static void
scan_worker(rui_assign_live *live, uint32_t worker, wide distance, path_end *end)
{
	const live_worker *w = &live->worker[worker];
	wide base = distance + w->price;
	uint32_t i;

	for (i = 0; i < w->backs; i++)
	{
		uint32_t task = w->back_task[i];
		const live_task *t = &live->task[task];
		wide least = base + w->back_key[i] - live->outweighs;
		int64_t cost = w->back_key[i] + t->penalty;
		live_worker *from;
		wide reached;
		wide through;

		if (least >= end->distance)
			break;
		if (t->worker == worker)
			continue;
		if (t->worker == NONE)
		{
			*end = (path_end){ least, worker, task, cost };
			break;
		}
		from = &live->worker[t->worker];
		reached = base + cost - t->cost - from->price;
		if (reached >= end->distance || reached >= from->distance)
			continue;
		reach(live, t->worker, reached, task, worker, cost);
		through = reached + from->price - last_load(from);
		if (through < end->distance)
			*end = (path_end){ through, t->worker, NONE, 0 };
	}
	live->work += i + 1;
}

/* A worker-side search lowered prices by at most this. */
static void
note_fall(rui_assign_live *live, wide fall)
{
	uint32_t i;

	live->fallen += fall;
	if (live->fallen <= FAR / 8)
		return;
	live->fallen = 0;
	for (i = 0; i < live->task_ids.count; i++)
		live->task[i].elsewhere = UNKNOWN;
}

/* One search for one idle unit of a worker whose price is too high for it. */
static rui_status
search_worker_side(rui_assign_live *live, uint32_t start, rui_error *error)
{
	path_end end = { live->worker[start].price - next_load(&live->worker[start]), NONE, NONE, 0 };
	rui_status status = RUI_OK;

	reach(live, start, 0, NONE, NONE, 0);
	while (live->heap_count > 0 && status == RUI_OK)
	{
		uint32_t worker = heap_pop(live);
		wide distance = live->worker[worker].distance;

		live->steps++;
		if (distance >= end.distance)
			break;
		status = rui_assign_live_know_backs(live, worker, error);
		if (status == RUI_OK)
			scan_worker(live, worker, distance, &end);
		if (status == RUI_OK)
			status = look_up(live, error);
	}
	end_search(live, status == RUI_OK ? end.distance : -FAR, -1);
	if (status != RUI_OK)
		return status;
	note_fall(live, end.distance);
	if (end.worker == NONE)
		return RUI_OK;
	if (end.task != NONE)
		status = rui_assign_live_put_on(live, end.task, end.worker, end.cost, error);
	while (end.worker != start && status == RUI_OK)
	{
		const live_worker *w = &live->worker[end.worker];
		uint32_t target = w->via_worker;

		status = rui_assign_live_put_on(live, w->via_task, target, w->via_cost, error);
		end.worker = target;
	}
	return status;
}

/* ---- settling ---- */

/* Give away what is above the capacity, and what the load makes too dear. */
static rui_status
empty_worker(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	rui_status status = RUI_OK;

	if (live->worker[worker].capacity <= live->worker[worker].fixed)
		live->worker[worker].open = false;
	while (status == RUI_OK && live->worker[worker].load > 0)
	{
		const live_worker *w = &live->worker[worker];
		path_end end = { FAR, NONE, NONE, 0 };

		if ((int64_t) w->fixed + w->load <= w->capacity)
		{
			end.distance = last_load(w) - w->price;
			if (end.distance <= 0)
				break;
		}
		status = search_task_side(live, NONE, worker, end, error);
	}
	return status;
}

/* Who had no room at all has some: at a price at which no task would come yet. */
static rui_status
open_worker(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	rui_status status = rui_assign_live_know_backs(live, worker, error);
	live_worker *w = &live->worker[worker];
	uint32_t i;

	if (status != RUI_OK)
		return status;
	w->price = 0;
	for (i = 0; i < w->backs; i++)
	{
		live_task *t = &live->task[w->back_task[i]];
		int64_t cost = w->back_key[i] + t->penalty;
		wide value = t->worker == NONE ? penalty_of(live, t)
									   : t->cost + live->worker[t->worker].price;

		if (value - cost > w->price)
			w->price = value - cost;
		t->elsewhere = UNKNOWN;
	}
	w->open = true;
	return RUI_OK;
}

static rui_status
fill_worker(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	rui_status status = RUI_OK;

	if (live->worker[worker].open != (live->worker[worker].capacity > live->worker[worker].fixed))
	{
		if (live->worker[worker].open)
			live->worker[worker].open = false;
		else
			status = open_worker(live, worker, error);
	}
	while (status == RUI_OK && live->worker[worker].open && has_room(&live->worker[worker]) &&
		   live->worker[worker].price > next_load(&live->worker[worker]))
		status = search_worker_side(live, worker, error);
	return status;
}

static rui_status
settle(rui_assign_live *live, rui_error *error)
{
	uint32_t i;
	rui_status status = rui_assign_live_order(live, &live->worker_ids, live->dirty,
											  live->dirty_count, error);

	if (status == RUI_OK)
		status = rui_assign_live_order(live, &live->task_ids, live->new_task, live->new_count,
									   error);
	for (i = 0; i < live->dirty_count && status == RUI_OK; i++)
		if (live->worker[live->dirty[i]].present)
			status = empty_worker(live, live->dirty[i], error);
	for (i = 0; i < live->new_count && status == RUI_OK; i++)
	{
		live_task *t = &live->task[live->new_task[i]];
		path_end end = { penalty_of(live, t), NONE, NONE, 0 };

		t->in_new = false;
		if (!t->is_new)
			continue;
		t->is_new = false;
		status = search_task_side(live, live->new_task[i], NONE, end, error);
	}
	live->new_count = 0;
	for (i = 0; i < live->dirty_count && status == RUI_OK; i++)
	{
		live->worker[live->dirty[i]].in_dirty = false;
		if (live->worker[live->dirty[i]].present)
			status = fill_worker(live, live->dirty[i], error);
	}
	live->dirty_count = 0;
	return status;
}

rui_status
rui_assign_live_settle(rui_assign_live *live, rui_error *error)
{
	rui_status status;

	if (live->failed)
		return rui_fail(error, RUI_STATE, NULL, "Assign everything again.",
						"The assignment was left half way by an earlier failure.");
	status = settle(live, error);
	live->failed = status != RUI_OK;
	return status;
}
