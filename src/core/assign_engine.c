/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_engine.c
 *	  Shortest augmenting paths on tasks, workers and their prices.
 */
#include "core/assign_engine.h"

#include <string.h>

#include "core/assign_list.h"

#define UNREACHED INT64_MAX
#define UNKNOWN (INT64_MIN / 2) /* less than anything a task can count */
#define WORK_BETWEEN_LOOKS (1 << 20)

/* How the best path found so far ends. */
typedef struct path_end
{
	int64_t distance;
	uint32_t worker; /* NONE: nothing moves */
	uint32_t task; /* left over (task side) or taken on (worker side), or NONE */
	int64_t cost; /* of the pair of that task (worker side) */
} path_end;

/* ---- memory ---- */

size_t
rui_assign_engine_bytes(size_t tasks, size_t workers, size_t arcs, bool backs)
{
	return tasks * sizeof(rui_assign_task) +
		workers * (sizeof(rui_assign_worker) + sizeof(int64_t) + 2 * sizeof(uint32_t)) +
		arcs * (sizeof(int64_t) + sizeof(uint32_t)) * (backs ? 2 : 1);
}

rui_status
rui_assign_engine_start(rui_assign_engine *engine, const rui_env *env, uint32_t tasks,
						uint32_t workers, size_t arcs, rui_error *error)
{
	uint32_t i;

	memset(engine, 0, sizeof *engine);
	engine->env = *env;
	engine->tasks = tasks;
	engine->workers = workers;
	engine->arcs = arcs;
	engine->task = rui_allocate_zero(env, tasks, sizeof *engine->task);
	engine->worker = rui_allocate_zero(env, workers, sizeof *engine->worker);
	engine->price = rui_allocate_zero(env, workers, sizeof *engine->price);
	engine->arc_cost = rui_allocate(env, arcs, sizeof *engine->arc_cost);
	engine->arc_worker = rui_allocate(env, arcs, sizeof *engine->arc_worker);
	engine->heap = rui_allocate(env, workers, sizeof *engine->heap);
	engine->seen = rui_allocate(env, workers, sizeof *engine->seen);
	if (engine->task == NULL || engine->worker == NULL || engine->price == NULL ||
		engine->arc_cost == NULL || engine->arc_worker == NULL || engine->heap == NULL ||
		engine->seen == NULL)
	{
		rui_assign_engine_finish(engine);
		return rui_fail_memory(error, rui_assign_engine_bytes(tasks, workers, arcs, false));
	}
	for (i = 0; i < tasks; i++)
	{
		engine->task[i].worker = RUI_ASSIGN_NONE;
		engine->task[i].elsewhere = UNKNOWN;
	}
	for (i = 0; i < workers; i++)
	{
		engine->worker[i].distance = UNREACHED;
		engine->worker[i].first = RUI_ASSIGN_NONE;
	}
	return RUI_OK;
}

void
rui_assign_engine_finish(rui_assign_engine *engine)
{
	const rui_env *env = &engine->env;

	rui_release(env, engine->task);
	rui_release(env, engine->worker);
	rui_release(env, engine->price);
	rui_release(env, engine->arc_cost);
	rui_release(env, engine->arc_worker);
	rui_release(env, engine->back_key);
	rui_release(env, engine->back_task);
	rui_release(env, engine->heap);
	rui_release(env, engine->seen);
	memset(engine, 0, sizeof *engine);
}

/* ---- the heap of reached workers, by (distance, worker) ---- */

static inline bool
heap_less(const rui_assign_engine *engine, uint32_t a, uint32_t b)
{
	int64_t distance_a = engine->worker[a].distance;
	int64_t distance_b = engine->worker[b].distance;

	return distance_a < distance_b || (distance_a == distance_b && a < b);
}

#define HEAP_OWNER rui_assign_engine
#define HEAP_ITEMS(engine) ((engine)->heap)
#define HEAP_COUNT(engine) ((engine)->heap_count)
#define HEAP_PLACE(engine, a) ((engine)->worker[a].heap_at)
#define HEAP_LESS(engine, a, b) heap_less(engine, a, b)
#include "core/heap.h"

/* A worker is reached at a distance, or nearer than before. */
static inline void
reach(rui_assign_engine *engine, uint32_t worker, int64_t distance, uint32_t via_task,
	  uint32_t via_worker, int64_t via_cost)
{
	rui_assign_worker *w = &engine->worker[worker];
	bool fresh = w->distance == UNREACHED;

	w->distance = distance;
	w->via_task = via_task;
	w->via_worker = via_worker;
	w->via_cost = via_cost;
	if (fresh)
	{
		engine->seen[engine->seen_count++] = worker;
		heap_up(engine, engine->heap_count++, worker);
	}
	else
		heap_up(engine, w->heap_at, worker);
}

/* Forget the search; a price moves by how much nearer than the end its worker was. */
static void
end_search(rui_assign_engine *engine, int64_t distance, int sign)
{
	uint32_t i;

	for (i = 0; i < engine->seen_count; i++)
	{
		uint32_t worker = engine->seen[i];

		if (engine->worker[worker].distance < distance)
			engine->price[worker] += sign * (distance - engine->worker[worker].distance);
		engine->worker[worker].distance = UNREACHED;
	}
	engine->seen_count = 0;
	engine->heap_count = 0;
}

bool
rui_assign_stopped(rui_assign_engine *engine)
{
	if (engine->work < engine->next_look)
		return false;
	engine->next_look = engine->work + WORK_BETWEEN_LOOKS;
	return rui_interrupted(&engine->env);
}

/*
 * A worker-side search lowered prices by at most this.  Too long a fall is
 * forgotten together with all that was known before it.
 */
static void
note_fall(rui_assign_engine *engine, int64_t fall)
{
	uint32_t i;

	engine->fallen += fall;
	if (engine->fallen <= RUI_ASSIGN_ENGINE_LIMIT)
		return;
	engine->fallen = 0;
	for (i = 0; i < engine->tasks; i++)
		engine->task[i].elsewhere = UNKNOWN;
}

/* ---- moves ---- */

void
rui_assign_take_off(rui_assign_engine *engine, uint32_t task)
{
	rui_assign_task *t = &engine->task[task];
	rui_assign_worker *w = &engine->worker[t->worker];

	if (t->previous == RUI_ASSIGN_NONE)
		w->first = t->next;
	else
		engine->task[t->previous].next = t->next;
	if (t->next != RUI_ASSIGN_NONE)
		engine->task[t->next].previous = t->previous;
	w->load--;
	t->worker = RUI_ASSIGN_NONE;
}

void
rui_assign_put_on(rui_assign_engine *engine, uint32_t task, uint32_t worker, int64_t cost)
{
	rui_assign_task *t = &engine->task[task];
	rui_assign_worker *w = &engine->worker[worker];

	if (t->worker != RUI_ASSIGN_NONE)
		rui_assign_take_off(engine, task);
	t->cost = cost;
	t->elsewhere = UNKNOWN;
	t->worker = worker;
	t->previous = RUI_ASSIGN_NONE;
	t->next = w->first;
	if (w->first != RUI_ASSIGN_NONE)
		engine->task[w->first].previous = task;
	w->first = task;
	w->load++;
}

void
rui_assign_clear(rui_assign_engine *engine, const rui_assign_range *range)
{
	uint32_t i;

	for (i = range->task; i < range->task_end; i++)
	{
		if (engine->task[i].worker != RUI_ASSIGN_NONE)
			rui_assign_take_off(engine, i);
		engine->task[i].elsewhere = UNKNOWN;
	}
	for (i = range->worker; i < range->worker_end; i++)
		engine->price[i] = 0;
}

/* ---- task side ---- */

/*
 * Look at the candidates of a task from which base has been paid already.
 * Prices are never negative, so the first cost beyond the end ends it.  A
 * worker with room ends a path as soon as it is reached.  What the task
 * counts elsewhere at least is kept: often that alone says there is nothing
 * to look for.
 */
static inline void
scan_task(rui_assign_engine *engine, uint32_t task, int64_t base, path_end *end)
{
	rui_assign_task *t = &engine->task[task];
	int64_t *cost = engine->arc_cost + t->arc;
	uint32_t *worker = engine->arc_worker + t->arc;
	int64_t elsewhere = INT64_MAX;
	uint32_t i;

	engine->work++;
	if (base + t->elsewhere - engine->fallen >= end->distance)
		return;
	for (i = 0;; i++)
	{
		rui_assign_worker *w;
		int64_t value;

		if (i == t->sorted)
		{
			if (i == t->arcs)
				break;
			rui_assign_extend(cost, worker, t->arcs, &t->sorted);
		}
		if (base + cost[i] >= end->distance)
		{
			elsewhere = cost[i] < elsewhere ? cost[i] : elsewhere;
			break;
		}
		value = cost[i] + engine->price[worker[i]];
		if (value < elsewhere && worker[i] != t->worker)
			elsewhere = value;
		w = &engine->worker[worker[i]];
		if (base + value >= end->distance || base + value >= w->distance)
			continue;
		if (w->load < w->capacity)
		{
			int64_t rise = w->load_cost * w->load - engine->price[worker[i]];

			if (rise <= 0)
			{
				/* The best end so far: no need to go on from there. */
				*end = (path_end){ base + value, worker[i], RUI_ASSIGN_NONE, 0 };
				w->via_task = task;
				w->via_cost = cost[i];
				continue;
			}
			if (base + value + rise < end->distance)
				*end = (path_end){ base + value + rise, worker[i], RUI_ASSIGN_NONE, 0 };
		}
		reach(engine, worker[i], base + value, task, RUI_ASSIGN_NONE, cost[i]);
	}
	if (elsewhere != INT64_MAX)
		t->elsewhere = elsewhere + engine->fallen;
	engine->work += i;
}

rui_status
rui_assign_search_task(rui_assign_engine *engine, uint32_t task, rui_error *error)
{
	path_end end = { engine->task[task].penalty, RUI_ASSIGN_NONE, RUI_ASSIGN_NONE, 0 };
	uint32_t worker;

	engine->task[task].elsewhere = UNKNOWN;
	scan_task(engine, task, 0, &end);
	while (engine->heap_count > 0)
	{
		int64_t distance;
		uint32_t other;

		worker = heap_pop(engine);
		distance = engine->worker[worker].distance;
		if (distance >= end.distance)
			break;
		for (other = engine->worker[worker].first; other != RUI_ASSIGN_NONE;
			 other = engine->task[other].next)
		{
			const rui_assign_task *t = &engine->task[other];
			int64_t base = distance - t->cost - engine->price[worker];

			if (base + t->penalty < end.distance)
				end = (path_end){ base + t->penalty, worker, other, 0 };
			scan_task(engine, other, base, &end);
			if (rui_assign_stopped(engine))
			{
				end_search(engine, INT64_MIN, 1);
				return rui_fail_interrupted(error);
			}
		}
	}
	end_search(engine, end.distance, 1);

	if (end.task != RUI_ASSIGN_NONE)
		rui_assign_take_off(engine, end.task);
	for (worker = end.worker; worker != RUI_ASSIGN_NONE;)
	{
		uint32_t moving = engine->worker[worker].via_task;
		uint32_t old = engine->task[moving].worker;

		rui_assign_put_on(engine, moving, worker, engine->worker[worker].via_cost);
		worker = old;
	}
	return RUI_OK;
}

/* ---- worker side ---- */

/*
 * Look at the tasks that could come to a worker at the given distance.  No
 * value exceeds the penalty, so the first cost - penalty beyond the end ends
 * it.  A worker who may simply lose a task ends a path as soon as it is
 * reached.
 */
static inline void
scan_worker(rui_assign_engine *engine, uint32_t worker, int64_t base, path_end *end)
{
	rui_assign_worker *w = &engine->worker[worker];
	int64_t *key = engine->back_key + w->back;
	uint32_t *task = engine->back_task + w->back;
	uint32_t i;

	base += engine->price[worker];
	for (i = 0;; i++)
	{
		const rui_assign_task *t;
		rui_assign_worker *from;
		int64_t cost;
		int64_t distance;
		int64_t through;

		if (i == w->back_sorted)
		{
			if (i == w->backs)
				break;
			rui_assign_extend(key, task, w->backs, &w->back_sorted);
		}
		if (base + key[i] >= end->distance)
			break;
		t = &engine->task[task[i]];
		cost = key[i] + t->penalty;
		if (t->worker == RUI_ASSIGN_NONE)
		{
			*end = (path_end){ base + key[i], worker, task[i], cost };
			break;
		}
		if (t->worker == worker)
			continue;
		from = &engine->worker[t->worker];
		distance = base + cost - t->cost - engine->price[t->worker];
		if (distance >= end->distance || distance >= from->distance)
			continue;
		reach(engine, t->worker, distance, task[i], worker, cost);
		through = distance + engine->price[t->worker] - from->load_cost * (from->load - 1);
		if (through < end->distance)
			*end = (path_end){ through, t->worker, RUI_ASSIGN_NONE, 0 };
	}
	engine->work += i + 1;
}

/* One search for one idle unit of a worker whose price is too high for it. */
static rui_status
search_unit(rui_assign_engine *engine, uint32_t start, rui_error *error)
{
	rui_assign_worker *source = &engine->worker[start];
	path_end end = { engine->price[start] - source->load_cost * source->load, RUI_ASSIGN_NONE,
					 RUI_ASSIGN_NONE, 0 };

	reach(engine, start, 0, RUI_ASSIGN_NONE, RUI_ASSIGN_NONE, 0);
	while (engine->heap_count > 0)
	{
		uint32_t worker = heap_pop(engine);
		int64_t distance = engine->worker[worker].distance;

		if (distance >= end.distance)
			break;
		scan_worker(engine, worker, distance, &end);
		if (rui_assign_stopped(engine))
		{
			end_search(engine, INT64_MIN, -1);
			return rui_fail_interrupted(error);
		}
	}
	end_search(engine, end.distance, -1);
	note_fall(engine, end.distance);

	if (end.worker == RUI_ASSIGN_NONE)
		return RUI_OK;
	if (end.task != RUI_ASSIGN_NONE)
		rui_assign_put_on(engine, end.task, end.worker, end.cost);
	while (end.worker != start)
	{
		const rui_assign_worker *w = &engine->worker[end.worker];
		uint32_t target = w->via_worker;

		rui_assign_put_on(engine, w->via_task, target, w->via_cost);
		end.worker = target;
	}
	return RUI_OK;
}

rui_status
rui_assign_search_worker(rui_assign_engine *engine, uint32_t worker, rui_error *error)
{
	rui_assign_worker *w = &engine->worker[worker];

	while (w->load < w->capacity && engine->price[worker] > w->load_cost * w->load)
	{
		rui_status status = search_unit(engine, worker, error);

		if (status != RUI_OK)
			return status;
	}
	return RUI_OK;
}

void
rui_assign_count_backs(rui_assign_engine *engine, const rui_assign_range *range)
{
	uint32_t i;
	uint32_t j;

	for (i = range->worker; i < range->worker_end; i++)
		engine->worker[i].backs = 0;
	for (i = range->task; i < range->task_end; i++)
	{
		const rui_assign_task *t = &engine->task[i];

		for (j = 0; j < t->arcs; j++)
			engine->worker[engine->arc_worker[t->arc + j]].backs++;
	}
}

rui_status
rui_assign_lay_backs(rui_assign_engine *engine, const rui_assign_range *range, rui_error *error)
{
	uint32_t at = engine->task[range->task].arc;
	uint32_t i;
	uint32_t j;

	if (engine->back_key == NULL)
	{
		engine->back_key = rui_allocate(&engine->env, engine->arcs, sizeof *engine->back_key);
		engine->back_task = rui_allocate(&engine->env, engine->arcs, sizeof *engine->back_task);
		if (engine->back_key == NULL || engine->back_task == NULL)
			return rui_fail_memory(error, engine->arcs * (sizeof(int64_t) + sizeof(uint32_t)));
	}
	for (i = range->worker; i < range->worker_end; i++)
	{
		rui_assign_worker *w = &engine->worker[i];

		w->back = at;
		at += w->backs;
		w->backs = 0;
		w->back_sorted = 0;
	}
	for (i = range->task; i < range->task_end; i++)
	{
		const rui_assign_task *t = &engine->task[i];

		for (j = 0; j < t->arcs; j++)
		{
			rui_assign_worker *w = &engine->worker[engine->arc_worker[t->arc + j]];

			engine->back_key[w->back + w->backs] = engine->arc_cost[t->arc + j] - t->penalty;
			engine->back_task[w->back + w->backs++] = i;
		}
	}
	return RUI_OK;
}
