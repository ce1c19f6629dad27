/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live_graph.c
 *	  Tasks, workers and pairs of a live assignment in memory.
 */
#include "core/assign_live_graph.h"

#include <inttypes.h>
#include <string.h>

#include "core/assign_list.h"
#include "core/assign_rows.h"

#define FEW 32 /* sorted by insertion */

/* ---- nodes ---- */

rui_status
rui_assign_live_worker_index(rui_assign_live *live, int64_t id, uint32_t *index, rui_error *error)
{
	const rui_env *env = &live->env;
	uint32_t found = rui_assign_find_id(&live->worker_ids, id);
	size_t needed = (size_t) live->worker_ids.count + 1;
	live_worker *w;

	if (found != NONE)
	{
		*index = found;
		return RUI_OK;
	}
	if (rui_assign_reserve_id(env, &live->worker_ids, error) != RUI_OK ||
		rui_grow(env, &live->worker, &live->worker_room, needed, sizeof *live->worker, error) !=
			RUI_OK ||
		rui_grow(env, &live->dirty, &live->dirty_room, needed, sizeof(uint32_t), error) !=
			RUI_OK ||
		rui_grow(env, &live->changed, &live->changed_room, needed, sizeof(uint32_t), error) !=
			RUI_OK ||
		rui_grow(env, &live->heap, &live->heap_room, needed, sizeof(uint32_t), error) != RUI_OK ||
		rui_grow(env, &live->seen, &live->seen_room, needed, sizeof(uint32_t), error) != RUI_OK)
		return RUI_MEMORY;
	if (live->worker_ids.vacant == 0)
		memset(&live->worker[live->worker_ids.count], 0, sizeof *w);
	found = rui_assign_add_id(&live->worker_ids, id);
	w = &live->worker[found];
	w->distance = FAR;
	w->present = true;
	w->held_known = w->backs_known = live->reader.read == NULL;
	*index = found;
	return RUI_OK;
}

rui_status
rui_assign_live_task_index(rui_assign_live *live, int64_t id, uint32_t *index, rui_error *error)
{
	const rui_env *env = &live->env;
	size_t needed = (size_t) live->task_ids.count + 1;
	live_task *t;

	if (needed > RUI_ASSIGN_MAX_TASKS && live->task_ids.vacant == 0)
	{
		char part[RUI_ASSIGN_PART_SIZE];

		rui_assign_part(part, id, NULL);
		return rui_fail(error, RUI_LIMIT, part, "Assign in groups, for example by project.",
						"There are more than %d tasks.", RUI_ASSIGN_MAX_TASKS);
	}
	if (rui_assign_reserve_id(env, &live->task_ids, error) != RUI_OK ||
		rui_grow(env, &live->task, &live->task_room, needed, sizeof *live->task, error) !=
			RUI_OK ||
		rui_grow(env, &live->new_task, &live->new_room, needed, sizeof(uint32_t), error) !=
			RUI_OK ||
		rui_grow(env, &live->moved, &live->moved_room, needed, sizeof(uint32_t), error) != RUI_OK)
		return RUI_MEMORY;
	if (live->task_ids.vacant == 0)
		memset(&live->task[live->task_ids.count], 0, sizeof *t);
	*index = rui_assign_add_id(&live->task_ids, id);
	t = &live->task[*index];
	t->worker = NONE;
	t->was_assigned = false;
	t->elsewhere = UNKNOWN;
	t->present = true;
	return RUI_OK;
}

/* ---- lists of pairs ---- */

static int
compare(int64_t key_a, int64_t id_a, int64_t key_b, int64_t id_b)
{
	if (key_a != key_b)
		return key_a < key_b ? -1 : 1;
	return id_a < id_b ? -1 : id_a > id_b;
}

/*
 * Sort a list ascending by (key, id of owner).  A long list goes through
 * ranks by id, which rui_assign_sort takes as owners; scratch has room for
 * count keys and owners.
 */
static void
sort_list(const rui_assign_ids *ids, int64_t *key, uint32_t *owner, uint32_t count,
		  int64_t *scratch_key, uint32_t *scratch_owner)
{
	uint32_t i;

	if (count <= FEW)
	{
		for (i = 1; i < count; i++)
		{
			int64_t k = key[i];
			uint32_t o = owner[i];
			uint32_t at = i;

			for (; at > 0 &&
				 compare(k, ids->id[o], key[at - 1], ids->id[owner[at - 1]]) < 0;
				 at--)
			{
				key[at] = key[at - 1];
				owner[at] = owner[at - 1];
			}
			key[at] = k;
			owner[at] = o;
		}
		return;
	}
	for (i = 0; i < count; i++)
	{
		scratch_key[i] = ids->id[owner[i]];
		scratch_owner[i] = i;
	}
	rui_assign_sort(scratch_key, scratch_owner, count);

	/* Now scratch_owner[rank] is a place in the list; turn owners into ranks. */
	for (i = 0; i < count; i++)
		scratch_key[scratch_owner[i]] = i;
	for (i = 0; i < count; i++)
		scratch_owner[scratch_key[i]] = owner[i];
	for (i = 0; i < count; i++)
		owner[i] = (uint32_t) scratch_key[i];
	rui_assign_sort(key, owner, count);
	for (i = 0; i < count; i++)
		owner[i] = scratch_owner[owner[i]];
}

static rui_status
sort_backs(rui_assign_live *live, live_worker *w, rui_error *error)
{
	const rui_env *env = &live->env;
	int64_t *key = NULL;
	uint32_t *owner = NULL;
	rui_status status = RUI_OK;

	if (w->backs_sorted)
		return RUI_OK;
	if (w->backs > FEW)
	{
		key = rui_allocate(env, w->backs, sizeof *key);
		owner = rui_allocate(env, w->backs, sizeof *owner);
		if (key == NULL || owner == NULL)
			status = rui_fail_memory(error, w->backs * (sizeof *key + sizeof *owner));
	}
	if (status == RUI_OK)
	{
		sort_list(&live->task_ids, w->back_key, w->back_task, w->backs, key, owner);
		w->backs_sorted = true;
	}
	rui_release(env, key);
	rui_release(env, owner);
	return status;
}

/* Where a back is, or would be, in a sorted list. */
static uint32_t
back_place(const rui_assign_live *live, const live_worker *w, int64_t key, int64_t id)
{
	uint32_t low = 0;
	uint32_t high = w->backs;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (compare(w->back_key[middle], live->task_ids.id[w->back_task[middle]], key, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static rui_status
reserve_back(rui_assign_live *live, live_worker *w, rui_error *error)
{
	size_t needed = (size_t) w->backs + 1;

	if (rui_grow(&live->env, &w->back_key, &w->back_key_room, needed, sizeof(int64_t), error) !=
			RUI_OK ||
		rui_grow(&live->env, &w->back_task, &w->back_task_room, needed, sizeof(uint32_t),
				 error) != RUI_OK)
		return RUI_MEMORY;
	return RUI_OK;
}

static void
add_back(rui_assign_live *live, live_worker *w, int64_t key, uint32_t task)
{
	uint32_t at = w->backs;

	if (w->backs_sorted)
	{
		at = back_place(live, w, key, live->task_ids.id[task]);
		memmove(w->back_key + at + 1, w->back_key + at, (w->backs - at) * sizeof(int64_t));
		memmove(w->back_task + at + 1, w->back_task + at, (w->backs - at) * sizeof(uint32_t));
	}
	w->back_key[at] = key;
	w->back_task[at] = task;
	w->backs++;
	live->pair_bytes += sizeof(int64_t) + sizeof(uint32_t);
}

static void
remove_back(rui_assign_live *live, live_worker *w, int64_t key, uint32_t task)
{
	uint32_t at = 0;

	if (w->backs_sorted)
		at = back_place(live, w, key, live->task_ids.id[task]);
	else
		while (w->back_task[at] != task)
			at++;
	w->backs--;
	memmove(w->back_key + at, w->back_key + at + 1, (w->backs - at) * sizeof(int64_t));
	memmove(w->back_task + at, w->back_task + at + 1, (w->backs - at) * sizeof(uint32_t));
	live->pair_bytes -= sizeof(int64_t) + sizeof(uint32_t);
}

uint32_t
rui_assign_live_find_arc(const live_task *t, uint32_t worker)
{
	uint32_t i;

	for (i = 0; i < t->arcs && t->arc[i].worker != worker; i++)
		;
	return i < t->arcs ? i : NONE;
}

static void
remove_arcs(rui_assign_live *live, uint32_t task)
{
	live_task *t = &live->task[task];
	uint32_t i;

	for (i = 0; i < t->arcs; i++)
		remove_back(live, &live->worker[t->arc[i].worker], t->arc[i].cost - t->penalty, task);
	live->pair_bytes -= t->arcs * sizeof *t->arc;
	rui_release(&live->env, t->arc);
	t->arc = NULL;
	t->arcs = 0;
}

rui_status
rui_assign_live_set_arcs(rui_assign_live *live, uint32_t task, const rui_assign_live_task *facts,
						 uint32_t *twice, rui_error *error)
{
	const rui_env *env = &live->env;
	uint32_t count = facts->options;
	/* Each twice: the second half is for sorting. */
	int64_t *cost = rui_allocate(env, (size_t) count * 2, sizeof *cost);
	uint32_t *worker = rui_allocate(env, (size_t) count * 2, sizeof *worker);
	live_arc *arc = rui_allocate(env, count, sizeof *arc);
	live_task *t = &live->task[task];
	rui_status status = RUI_OK;
	uint32_t i;

	if (cost == NULL || worker == NULL || arc == NULL)
		status = rui_fail_memory(error, count * sizeof *arc);
	live->mark++;
	for (i = 0; i < count && status == RUI_OK; i++)
	{
		cost[i] = rui_assign_units(facts->option[i].cost);
		status = rui_assign_live_worker_index(live, facts->option[i].worker, &worker[i], error);
		if (status == RUI_OK)
			status = reserve_back(live, &live->worker[worker[i]], error);
		if (status == RUI_OK && live->worker[worker[i]].mark == live->mark)
		{
			*twice = i;
			status = RUI_INVALID;
		}
		else if (status == RUI_OK)
			live->worker[worker[i]].mark = live->mark;
	}
	if (status == RUI_OK)
	{
		/* From here on nothing fails. */
		sort_list(&live->worker_ids, cost, worker, count, cost + count, worker + count);
		remove_arcs(live, task);
		t->penalty = live->form == RUI_ASSIGN_MOST ? 0 : rui_assign_units(facts->penalty);
		t->elsewhere = UNKNOWN;
		t->arcs = count;
		t->arc = arc;
		for (i = 0; i < count; i++)
		{
			arc[i] = (live_arc){ cost[i], worker[i] };
			add_back(live, &live->worker[worker[i]], cost[i] - t->penalty, task);
			if (worker[i] == t->worker)
				t->cost = cost[i];
		}
		live->pair_bytes += count * sizeof *arc;
	}
	else
		rui_release(env, arc);
	rui_release(env, cost);
	rui_release(env, worker);
	return status;
}

void
rui_assign_live_set_arc(rui_assign_live *live, uint32_t task, uint32_t arc, int64_t cost)
{
	live_task *t = &live->task[task];
	live_arc moved = { cost, t->arc[arc].worker };
	live_worker *w = &live->worker[moved.worker];
	const int64_t *id = live->worker_ids.id;
	uint32_t at;

	remove_back(live, w, t->arc[arc].cost - t->penalty, task);
	add_back(live, w, cost - t->penalty, task);
	for (at = arc; at > 0 &&
		 compare(cost, id[moved.worker], t->arc[at - 1].cost, id[t->arc[at - 1].worker]) < 0;
		 at--)
		t->arc[at] = t->arc[at - 1];
	for (; at + 1 < t->arcs &&
		 compare(cost, id[moved.worker], t->arc[at + 1].cost, id[t->arc[at + 1].worker]) > 0;
		 at++)
		t->arc[at] = t->arc[at + 1];
	t->arc[at] = moved;
	t->elsewhere = UNKNOWN;
	if (t->worker == moved.worker)
		t->cost = cost;
}

void
rui_assign_live_drop_task(rui_assign_live *live, uint32_t task)
{
	live_task *t = &live->task[task];

	remove_arcs(live, task);
	t->present = t->is_new = false;
	rui_assign_remove_id(&live->task_ids, live->task_ids.id[task]);
}

void
rui_assign_live_drop_worker(rui_assign_live *live, uint32_t worker)
{
	live_worker *w = &live->worker[worker];
	bool in_dirty = w->in_dirty;
	bool in_changed = w->in_changed;
	uint32_t i;

	for (i = 0; i < w->backs; i++)
	{
		live_task *t = &live->task[w->back_task[i]];
		uint32_t at = rui_assign_live_find_arc(t, worker);

		t->arcs--;
		memmove(t->arc + at, t->arc + at + 1, (t->arcs - at) * sizeof *t->arc);
	}
	live->pair_bytes -= w->backs * (sizeof(live_arc) + sizeof(int64_t) + sizeof(uint32_t));
	rui_release(&live->env, w->held);
	rui_release(&live->env, w->back_key);
	rui_release(&live->env, w->back_task);
	memset(w, 0, sizeof *w);
	w->in_dirty = in_dirty;
	w->in_changed = in_changed;
	rui_assign_remove_id(&live->worker_ids, live->worker_ids.id[worker]);
}

/* ---- who holds what ---- */

/* Where a task is, or would be, among those of a worker. */
static uint32_t
held_place(const rui_assign_live *live, const live_worker *w, int64_t id)
{
	uint32_t low = 0;
	uint32_t high = w->helds;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (live->task_ids.id[w->held[middle]] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

rui_status
rui_assign_live_reserve_held(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	live_worker *w = &live->worker[worker];

	return rui_grow(&live->env, &w->held, &w->held_room, (size_t) w->helds + 1, sizeof *w->held,
					error);
}

void
rui_assign_live_add_held(rui_assign_live *live, uint32_t worker, uint32_t task)
{
	live_worker *w = &live->worker[worker];
	uint32_t at = held_place(live, w, live->task_ids.id[task]);

	memmove(w->held + at + 1, w->held + at, (w->helds - at) * sizeof *w->held);
	w->held[at] = task;
	w->helds++;
}

void
rui_assign_live_take_off(rui_assign_live *live, uint32_t task)
{
	live_task *t = &live->task[task];
	live_worker *w = &live->worker[t->worker];
	uint32_t at = held_place(live, w, live->task_ids.id[task]);

	w->helds--;
	memmove(w->held + at, w->held + at + 1, (w->helds - at) * sizeof *w->held);
	w->load--;
	rui_assign_live_mark_changed(live, t->worker);
	rui_assign_live_mark_moved(live, task);
	t->worker = NONE;
	t->elsewhere = UNKNOWN;
}

rui_status
rui_assign_live_put_on(rui_assign_live *live, uint32_t task, uint32_t worker, int64_t cost,
					   rui_error *error)
{
	live_task *t = &live->task[task];
	rui_status status = rui_assign_live_reserve_held(live, worker, error);

	if (status != RUI_OK)
		return status;
	if (t->worker != NONE)
		rui_assign_live_take_off(live, task);
	rui_assign_live_add_held(live, worker, task);
	live->worker[worker].load++;
	rui_assign_live_mark_changed(live, worker);
	rui_assign_live_mark_moved(live, task);
	t->worker = worker;
	t->cost = cost;
	t->elsewhere = UNKNOWN;
	return RUI_OK;
}

rui_status
rui_assign_live_know_held(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	rui_status status;

	if (live->worker[worker].held_known)
		return RUI_OK;
	status = live->reader.read(live, live->worker_ids.id[worker], false, live->reader.argument,
							   error);
	if (status != RUI_OK)
		return status;
	if (live->worker[worker].helds != live->worker[worker].load)
		return rui_fail(error, RUI_INVALID, NULL, "Assign everything again.",
						"Worker %" PRId64 " is said to hold %" PRIu32 " tasks, but holds %" PRIu32
						".",
						live->worker_ids.id[worker], live->worker[worker].load,
						live->worker[worker].helds);
	live->worker[worker].held_known = true;
	return RUI_OK;
}

rui_status
rui_assign_live_know_backs(rui_assign_live *live, uint32_t worker, rui_error *error)
{
	rui_status status = RUI_OK;

	if (!live->worker[worker].backs_known)
		status = live->reader.read(live, live->worker_ids.id[worker], true,
								   live->reader.argument, error);
	if (status == RUI_OK)
		status = sort_backs(live, &live->worker[worker], error);
	if (status == RUI_OK)
		live->worker[worker].backs_known = true;
	return status;
}

/* ---- marks ---- */

void
rui_assign_live_mark_new(rui_assign_live *live, uint32_t task)
{
	live_task *t = &live->task[task];

	t->is_new = true;
	if (!t->in_new)
		live->new_task[live->new_count++] = task;
	t->in_new = true;
}

void
rui_assign_live_mark_moved(rui_assign_live *live, uint32_t task)
{
	live_task *t = &live->task[task];

	if (!t->in_moved)
		live->moved[live->moved_count++] = task;
	t->in_moved = true;
}

void
rui_assign_live_mark_dirty(rui_assign_live *live, uint32_t worker)
{
	live_worker *w = &live->worker[worker];

	if (!w->in_dirty)
		live->dirty[live->dirty_count++] = worker;
	w->in_dirty = true;
}

void
rui_assign_live_mark_changed(rui_assign_live *live, uint32_t worker)
{
	live_worker *w = &live->worker[worker];

	if (!w->in_changed)
		live->changed[live->changed_count++] = worker;
	w->in_changed = true;
}

rui_status
rui_assign_live_order(rui_assign_live *live, const rui_assign_ids *ids, uint32_t *list,
					  uint32_t count, rui_error *error)
{
	int64_t *key = rui_allocate(&live->env, count, sizeof *key);
	uint32_t i;

	if (key == NULL)
		return rui_fail_memory(error, count * sizeof *key);
	for (i = 0; i < count; i++)
		key[i] = ids->id[list[i]];
	rui_assign_sort(key, list, count);
	rui_release(&live->env, key);
	return RUI_OK;
}

bool
rui_assign_live_sits_best(const rui_assign_live *live, uint32_t task)
{
	const live_task *t = &live->task[task];
	wide here = penalty_of(live, t);
	uint32_t i;

	if (t->worker != NONE)
	{
		here = t->cost + live->worker[t->worker].price;
		if (here > penalty_of(live, t))
			return false;
	}
	for (i = 0; i < t->arcs && t->arc[i].cost < here; i++)
	{
		const live_worker *w = &live->worker[t->arc[i].worker];

		if (w->open && t->arc[i].cost + w->price < here)
			return false;
	}
	return true;
}
