/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_engine.c
 *	  Shortest augmenting paths on tasks, workers and their prices.
 */
#include "core/assign_engine.h"

#include <string.h>

#define UNREACHED INT64_MAX
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
		engine->task[i].worker = RUI_ASSIGN_NONE;
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
	rui_release(env, engine->back_cost);
	rui_release(env, engine->back_task);
	rui_release(env, engine->heap);
	rui_release(env, engine->seen);
	memset(engine, 0, sizeof *engine);
}

/* ---- sorting ---- */

static inline bool
entry_less(const rui_assign_entry *a, const rui_assign_entry *b)
{
	return a->key < b->key || (a->key == b->key && a->value < b->value);
}

static void
insertion_sort(rui_assign_entry *entry, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
	{
		rui_assign_entry moving = entry[i];
		size_t at = i;

		for (; at > 0 && entry_less(&moving, &entry[at - 1]); at--)
			entry[at] = entry[at - 1];
		entry[at] = moving;
	}
}

void
rui_assign_sort(rui_assign_entry *entry, size_t count, rui_assign_entry *scratch)
{
	enum
	{
		RUN = 16
	};
	rui_assign_entry *from = entry;
	rui_assign_entry *to = scratch;
	size_t width;
	size_t start;

	for (start = 1; start < count && !entry_less(&entry[start], &entry[start - 1]); start++)
		;
	if (start >= count)
		return;
	for (start = 0; start < count; start += RUN)
		insertion_sort(entry + start, count - start < RUN ? count - start : RUN);
	for (width = RUN; width < count; width *= 2)
	{
		rui_assign_entry *swap = from;

		for (start = 0; start < count; start += 2 * width)
		{
			size_t middle = count - start < width ? count : start + width;
			size_t end = count - middle < width ? count : middle + width;
			size_t left = start;
			size_t right = middle;
			size_t at;

			for (at = start; at < end; at++)
				to[at] = left < middle && (right == end || !entry_less(&from[right], &from[left]))
					? from[left++]
					: from[right++];
		}
		from = to;
		to = swap;
	}
	if (from != entry)
		memcpy(entry, from, count * sizeof *entry);
}

/* ---- the heap of reached workers, by (distance, worker), four children ---- */

static inline bool
heap_less(const rui_assign_engine *engine, uint32_t a, uint32_t b)
{
	int64_t distance_a = engine->worker[a].distance;
	int64_t distance_b = engine->worker[b].distance;

	return distance_a < distance_b || (distance_a == distance_b && a < b);
}

static inline void
heap_up(rui_assign_engine *engine, uint32_t at, uint32_t worker)
{
	uint32_t *heap = engine->heap;

	while (at > 0)
	{
		uint32_t parent = (at - 1) / 4;

		if (!heap_less(engine, worker, heap[parent]))
			break;
		heap[at] = heap[parent];
		engine->worker[heap[at]].heap_at = at;
		at = parent;
	}
	heap[at] = worker;
	engine->worker[worker].heap_at = at;
}

static uint32_t
heap_pop(rui_assign_engine *engine)
{
	uint32_t *heap = engine->heap;
	uint32_t top = heap[0];
	uint32_t worker = heap[--engine->heap_count];
	uint32_t count = engine->heap_count;
	uint32_t at = 0;

	if (count == 0)
		return top;
	for (;;)
	{
		uint32_t child = at * 4 + 1;
		uint32_t last = child + 4 < count ? child + 4 : count;
		uint32_t least = child;

		if (child >= count)
			break;
		for (child++; child < last; child++)
			if (heap_less(engine, heap[child], heap[least]))
				least = child;
		if (!heap_less(engine, heap[least], worker))
			break;
		heap[at] = heap[least];
		engine->worker[heap[at]].heap_at = at;
		at = least;
	}
	heap[at] = worker;
	engine->worker[worker].heap_at = at;
	return top;
}

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

static bool
asked_to_stop(rui_assign_engine *engine)
{
	if (engine->work < WORK_BETWEEN_LOOKS)
		return false;
	engine->work = 0;
	return rui_interrupted(&engine->env);
}

/* ---- moves ---- */

static void
take_off(rui_assign_engine *engine, uint32_t task)
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

static void
put_on(rui_assign_engine *engine, uint32_t task, uint32_t worker, int64_t cost)
{
	rui_assign_task *t = &engine->task[task];
	rui_assign_worker *w = &engine->worker[worker];

	if (t->worker != RUI_ASSIGN_NONE)
		take_off(engine, task);
	t->cost = cost;
	t->worker = worker;
	t->previous = RUI_ASSIGN_NONE;
	t->next = w->first;
	if (w->first != RUI_ASSIGN_NONE)
		engine->task[w->first].previous = task;
	w->first = task;
	w->load++;
}

/* ---- task side ---- */

/*
 * Look at the candidates of a task from which base has been paid already.
 * Prices are never negative, so the first cost beyond the bound ends it.
 */
static inline void
scan_task(rui_assign_engine *engine, uint32_t task, int64_t base, int64_t bound)
{
	const rui_assign_task *t = &engine->task[task];
	const int64_t *cost = engine->arc_cost + t->arc;
	const uint32_t *worker = engine->arc_worker + t->arc;
	uint32_t i;

	for (i = 0; i < t->arcs && base + cost[i] < bound; i++)
	{
		int64_t distance = base + cost[i] + engine->price[worker[i]];

		if (distance < bound && distance < engine->worker[worker[i]].distance)
			reach(engine, worker[i], distance, task, RUI_ASSIGN_NONE, cost[i]);
	}
	engine->work += i + 1;
}

rui_status
rui_assign_search_task(rui_assign_engine *engine, uint32_t task, rui_error *error)
{
	path_end end = { engine->task[task].penalty, RUI_ASSIGN_NONE, RUI_ASSIGN_NONE, 0 };
	uint32_t worker;

	scan_task(engine, task, 0, end.distance);
	while (engine->heap_count > 0)
	{
		rui_assign_worker *w;
		int64_t distance;
		uint32_t other;

		worker = heap_pop(engine);
		w = &engine->worker[worker];
		distance = w->distance;
		if (distance >= end.distance)
			break;
		if (w->load < w->capacity)
		{
			int64_t rise = w->load_cost * w->load - engine->price[worker];
			int64_t through = distance + (rise > 0 ? rise : 0);

			if (through < end.distance)
				end = (path_end){ through, worker, RUI_ASSIGN_NONE, 0 };
			if (through == distance)
				break;
		}
		for (other = w->first; other != RUI_ASSIGN_NONE; other = engine->task[other].next)
		{
			const rui_assign_task *t = &engine->task[other];
			int64_t base = distance - t->cost - engine->price[worker];

			if (base + t->penalty < end.distance)
				end = (path_end){ base + t->penalty, worker, other, 0 };
			scan_task(engine, other, base, end.distance);
		}
		if (asked_to_stop(engine))
		{
			end_search(engine, INT64_MIN, 1);
			return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "The assignment was interrupted.");
		}
	}
	end_search(engine, end.distance, 1);

	if (end.task != RUI_ASSIGN_NONE)
		take_off(engine, end.task);
	for (worker = end.worker; worker != RUI_ASSIGN_NONE;)
	{
		uint32_t moving = engine->worker[worker].via_task;
		uint32_t old = engine->task[moving].worker;

		put_on(engine, moving, worker, engine->worker[worker].via_cost);
		worker = old;
	}
	return RUI_OK;
}

/* ---- worker side ---- */

/*
 * Look at the tasks that could come to a worker at the given distance.  No
 * value exceeds the penalty, so the first cost - penalty beyond the bound
 * ends it.
 */
static inline void
scan_worker(rui_assign_engine *engine, uint32_t worker, int64_t base, path_end *end)
{
	const rui_assign_worker *w = &engine->worker[worker];
	const int64_t *cost = engine->back_cost + w->back;
	const uint32_t *task = engine->back_task + w->back;
	uint32_t i;

	base += engine->price[worker];
	for (i = 0; i < w->backs; i++)
	{
		const rui_assign_task *t = &engine->task[task[i]];
		int64_t through = base + cost[i];
		int64_t distance;

		if (through - t->penalty >= end->distance)
			break;
		if (t->worker == RUI_ASSIGN_NONE)
			*end = (path_end){ through - t->penalty, worker, task[i], cost[i] };
		else if (t->worker != worker)
		{
			distance = through - t->cost - engine->price[t->worker];
			if (distance < end->distance && distance < engine->worker[t->worker].distance)
				reach(engine, t->worker, distance, task[i], worker, cost[i]);
		}
	}
	engine->work += i + 1;
}

/* One search for one idle unit of a worker whose price is too high for it. */
static rui_status
search_unit(rui_assign_engine *engine, uint32_t start, rui_error *error)
{
	rui_assign_worker *source = &engine->worker[start];
	path_end end;

	end = (path_end){ engine->price[start] - source->load_cost * source->load, RUI_ASSIGN_NONE,
					  RUI_ASSIGN_NONE, 0 };
	reach(engine, start, 0, RUI_ASSIGN_NONE, RUI_ASSIGN_NONE, 0);
	while (engine->heap_count > 0)
	{
		uint32_t worker = heap_pop(engine);
		rui_assign_worker *w = &engine->worker[worker];
		int64_t distance = w->distance;

		if (distance >= end.distance)
			break;
		if (worker != start)
		{
			int64_t fall = engine->price[worker] - w->load_cost * (w->load - 1);

			if (distance + fall < end.distance)
				end = (path_end){ distance + fall, worker, RUI_ASSIGN_NONE, 0 };
		}
		scan_worker(engine, worker, distance, &end);
		if (asked_to_stop(engine))
		{
			end_search(engine, INT64_MIN, -1);
			return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "The assignment was interrupted.");
		}
	}
	end_search(engine, end.distance, -1);

	if (end.worker == RUI_ASSIGN_NONE)
		return RUI_OK;
	if (end.task != RUI_ASSIGN_NONE)
		put_on(engine, end.task, end.worker, end.cost);
	while (end.worker != start)
	{
		const rui_assign_worker *w = &engine->worker[end.worker];
		uint32_t target = w->via_worker;

		put_on(engine, w->via_task, target, w->via_cost);
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

rui_status
rui_assign_engine_reverse(rui_assign_engine *engine, const uint32_t *task, uint32_t tasks,
						  const uint32_t *worker, uint32_t workers, rui_error *error)
{
	const rui_env *env = &engine->env;
	rui_assign_entry *entry = NULL;
	size_t arcs = 0;
	size_t longest = 0;
	uint32_t at = 0;
	uint32_t i;
	uint32_t j;

	for (i = 0; i < workers; i++)
		engine->worker[worker[i]].backs = 0;
	for (i = 0; i < tasks; i++)
	{
		const rui_assign_task *t = &engine->task[task[i]];

		arcs += t->arcs;
		for (j = 0; j < t->arcs; j++)
			engine->worker[engine->arc_worker[t->arc + j]].backs++;
	}
	for (i = 0; i < workers; i++)
		if (engine->worker[worker[i]].backs > longest)
			longest = engine->worker[worker[i]].backs;
	rui_release(env, engine->back_cost);
	rui_release(env, engine->back_task);
	engine->back_cost = rui_allocate(env, arcs, sizeof *engine->back_cost);
	engine->back_task = rui_allocate(env, arcs, sizeof *engine->back_task);
	entry = rui_allocate(env, longest, 2 * sizeof *entry);
	if (engine->back_cost == NULL || engine->back_task == NULL || entry == NULL)
	{
		rui_release(env, entry);
		return rui_fail_memory(error, arcs * (sizeof(int64_t) + sizeof(uint32_t)));
	}
	for (i = 0; i < workers; i++)
	{
		rui_assign_worker *w = &engine->worker[worker[i]];

		w->back = at;
		at += w->backs;
		w->backs = 0;
	}
	for (i = 0; i < tasks; i++)
	{
		const rui_assign_task *t = &engine->task[task[i]];

		for (j = 0; j < t->arcs; j++)
		{
			rui_assign_worker *w = &engine->worker[engine->arc_worker[t->arc + j]];

			engine->back_cost[w->back + w->backs] = engine->arc_cost[t->arc + j] - t->penalty;
			engine->back_task[w->back + w->backs++] = task[i];
		}
	}
	for (i = 0; i < workers; i++)
	{
		const rui_assign_worker *w = &engine->worker[worker[i]];

		for (j = 0; j < w->backs; j++)
		{
			entry[j].key = engine->back_cost[w->back + j];
			entry[j].value = engine->back_task[w->back + j];
		}
		rui_assign_sort(entry, w->backs, entry + w->backs);
		for (j = 0; j < w->backs; j++)
		{
			engine->back_task[w->back + j] = entry[j].value;
			engine->back_cost[w->back + j] = entry[j].key + engine->task[entry[j].value].penalty;
		}
	}
	rui_release(env, entry);
	return RUI_OK;
}
