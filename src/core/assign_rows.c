/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_rows.c
 *	  Collecting and checking the rows of an assignment problem.
 */
#include "core/assign_rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CHUNK 64
#define LAST_CHUNK 65536

/* Numbers stay below this, so that differences of two fit in int64 in units of 2^-20. */
#define FIXED_LIMIT 2199023255552.0 /* 2^41 */

void
rui_assign_part(char part[RUI_ASSIGN_PART_SIZE], int64_t task, const int64_t *worker)
{
	if (worker == NULL)
		snprintf(part, RUI_ASSIGN_PART_SIZE, "task %" PRId64, task);
	else
		snprintf(part, RUI_ASSIGN_PART_SIZE, "task %" PRId64 ", worker %" PRId64, task,
				 *worker);
}

/* Accept a number as rui_assign_units of it, or say why not; part is made only then. */
static inline bool
fits(double value)
{
	return fabs(value) < FIXED_LIMIT;
}

static rui_status
refuse_number(double value, const char *what, const char *part, rui_error *error)
{
	if (isfinite(value))
		return rui_fail(error, RUI_RANGE, part, "Use a larger unit for all costs.",
						"The %s %g is too large to be counted in units of 2^-20.", what, value);
	return rui_fail(error, RUI_INVALID, part,
					"Leave out a pair that is not possible; costs are finite numbers.",
					"The %s is %s.", what, isnan(value) ? "NaN" : "infinite");
}

static uint64_t
mix(int64_t id)
{
	uint64_t z = (uint64_t) id;

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static size_t
find_slot(const rui_assign_ids *ids, int64_t id)
{
	size_t at = (size_t) mix(id) & (ids->slots - 1);

	while (ids->slot[at] != 0 && ids->id[ids->slot[at] - 1] != id)
		at = (at + 1) & (ids->slots - 1);
	return at;
}

static uint32_t
find_id(const rui_assign_ids *ids, int64_t id)
{
	return ids->slots == 0 ? RUI_ASSIGN_NONE : ids->slot[find_slot(ids, id)] - 1;
}

/* Room for one more id, so that add_id cannot fail. */
static rui_status
reserve_id(const rui_env *env, rui_assign_ids *ids, rui_error *error)
{
	size_t slots = ids->slots == 0 ? 32 : ids->slots * 2;
	uint32_t *slot;
	uint32_t i;

	if (rui_grow(env, &ids->id, &ids->capacity, (size_t) ids->count + 1, sizeof *ids->id,
				 error) != RUI_OK)
		return RUI_MEMORY;
	if (((size_t) ids->count + 1) * 3 < ids->slots * 2)
		return RUI_OK;
	slot = rui_allocate_zero(env, slots, sizeof *slot);
	if (slot == NULL)
		return rui_fail_memory(error, slots * sizeof *slot);
	rui_release(env, ids->slot);
	ids->slot = slot;
	ids->slots = slots;
	for (i = 0; i < ids->count; i++)
		slot[find_slot(ids, ids->id[i])] = i + 1;
	return RUI_OK;
}

static void
add_id(rui_assign_ids *ids, int64_t id)
{
	ids->id[ids->count++] = id;
	ids->slot[find_slot(ids, id)] = ids->count;
}

rui_status
rui_assign_rows_create(const rui_env *env, rui_assign_form form, rui_assign_rows **rows,
					   rui_error *error)
{
	rui_assign_rows *made = rui_allocate_zero(env, 1, sizeof *made);

	if (made == NULL)
		return rui_fail_memory(error, sizeof *made);
	made->env = *env;
	made->form = form;
	*rows = made;
	return RUI_OK;
}

void
rui_assign_rows_free(rui_assign_rows *rows)
{
	rui_env env;
	rui_assign_chunk *chunk;

	if (rows == NULL)
		return;
	env = rows->env;
	while ((chunk = rows->first) != NULL)
	{
		rows->first = chunk->next;
		rui_release(&env, chunk);
	}
	rui_release(&env, rows->task_ids.id);
	rui_release(&env, rows->task_ids.slot);
	rui_release(&env, rows->worker_ids.id);
	rui_release(&env, rows->worker_ids.slot);
	rui_release(&env, rows->task);
	rui_release(&env, rows->worker);
	rui_release(&env, rows);
}

/* Room for one more pair in the last chunk. */
static rui_status
reserve_pair(rui_assign_rows *rows, rui_error *error)
{
	rui_assign_chunk *chunk = rows->last;
	uint32_t room = FIRST_CHUNK;
	size_t bytes;

	if (chunk != NULL && chunk->count < chunk->room)
		return RUI_OK;
	if (chunk != NULL)
		room = chunk->room < LAST_CHUNK ? chunk->room * 2 : LAST_CHUNK;
	bytes = offsetof(rui_assign_chunk, pair) + room * sizeof(rui_assign_pair);
	chunk = rui_allocate(&rows->env, bytes, 1);
	if (chunk == NULL)
		return rui_fail_memory(error, bytes);
	chunk->next = NULL;
	chunk->room = room;
	chunk->count = 0;
	if (rows->last == NULL)
		rows->first = chunk;
	else
		rows->last->next = chunk;
	rows->last = chunk;
	rows->pair_bytes += bytes;
	return RUI_OK;
}

static rui_status
check_task(const rui_assign_rows *rows, uint32_t task, const rui_assign_row *row,
		   rui_error *error)
{
	bool penalised = rows->form != RUI_ASSIGN_MOST;
	char part[RUI_ASSIGN_PART_SIZE];

	if (task == RUI_ASSIGN_NONE ? (!penalised || fits(row->penalty)) &&
				rows->task_ids.count < RUI_ASSIGN_MAX_TASKS
								: !penalised || rows->task[task].penalty == row->penalty)
		return RUI_OK;
	rui_assign_part(part, row->task, NULL);
	if (penalised && !fits(row->penalty))
		return refuse_number(row->penalty, "penalty", part, error);
	if (task == RUI_ASSIGN_NONE)
		return rui_fail(error, RUI_LIMIT, part, "Assign in groups, for example by project.",
						"There are more than %d tasks.", RUI_ASSIGN_MAX_TASKS);
	return rui_fail(error, RUI_INVALID, part, "Give the same penalty in all rows of a task.",
					"The penalty %g differs from %g in an earlier row of the task.", row->penalty,
					rows->task[task].penalty);
}

static rui_status
check_pair(const rui_assign_rows *rows, uint32_t worker, const rui_assign_row *row,
		   rui_error *error)
{
	bool loaded = rows->form == RUI_ASSIGN_LOAD;
	const rui_assign_worker_row *w = worker == RUI_ASSIGN_NONE ? NULL : &rows->worker[worker];
	char part[RUI_ASSIGN_PART_SIZE];

	if (fits(row->cost) && row->capacity >= 0 &&
		(!loaded || (fits(row->load_cost) && row->load_cost >= 0)) &&
		(w == NULL ||
		 (w->capacity == row->capacity && (!loaded || w->load_cost == row->load_cost))) &&
		rows->pairs < UINT32_MAX - 1)
		return RUI_OK;
	rui_assign_part(part, row->task, &row->worker);
	if (!fits(row->cost))
		return refuse_number(row->cost, "cost", part, error);
	if (row->capacity < 0)
		return rui_fail(error, RUI_INVALID, part, "A worker who takes no task has capacity 0.",
						"The capacity %d is negative.", row->capacity);
	if (loaded && !fits(row->load_cost))
		return refuse_number(row->load_cost, "load cost", part, error);
	if (loaded && row->load_cost < 0)
		return rui_fail(error, RUI_INVALID, part,
						"Each further task of a worker may only cost more, not less.",
						"The load cost %g is negative.", row->load_cost);
	if (w != NULL && w->capacity != row->capacity)
		return rui_fail(error, RUI_INVALID, part,
						"Give the same capacity in all rows of a worker.",
						"The capacity %d differs from %d in an earlier row of the worker.",
						row->capacity, w->capacity);
	if (w != NULL && loaded && w->load_cost != row->load_cost)
		return rui_fail(error, RUI_INVALID, part,
						"Give the same load cost in all rows of a worker.",
						"The load cost %g differs from %g in an earlier row of the worker.",
						row->load_cost, w->load_cost);
	return rui_fail(error, RUI_LIMIT, part, "Assign in groups, for example by project.",
					"There are more than %" PRIu32 " pairs.", UINT32_MAX - 1);
}

rui_status
rui_assign_rows_add(rui_assign_rows *rows, const rui_assign_row *row, rui_error *error)
{
	const rui_env *env = &rows->env;
	uint32_t task = find_id(&rows->task_ids, row->task);
	uint32_t worker = RUI_ASSIGN_NONE;
	rui_assign_pair *pair;
	rui_status status;

	status = check_task(rows, task, row, error);
	if (status == RUI_OK && row->has_worker)
	{
		worker = find_id(&rows->worker_ids, row->worker);
		status = check_pair(rows, worker, row, error);
	}
	if (status != RUI_OK)
		return status;

	/* All memory first: from here on nothing fails. */
	if (task == RUI_ASSIGN_NONE)
	{
		status = reserve_id(env, &rows->task_ids, error);
		if (status == RUI_OK)
			status = rui_grow(env, &rows->task, &rows->task_capacity,
							  (size_t) rows->task_ids.count + 1, sizeof *rows->task, error);
		if (status != RUI_OK)
			return status;
	}
	if (row->has_worker && worker == RUI_ASSIGN_NONE)
	{
		status = reserve_id(env, &rows->worker_ids, error);
		if (status == RUI_OK)
			status = rui_grow(env, &rows->worker, &rows->worker_capacity,
							  (size_t) rows->worker_ids.count + 1, sizeof *rows->worker, error);
		if (status != RUI_OK)
			return status;
	}
	if (row->has_worker && (status = reserve_pair(rows, error)) != RUI_OK)
		return status;

	if (task == RUI_ASSIGN_NONE)
	{
		task = rows->task_ids.count;
		add_id(&rows->task_ids, row->task);
		rows->task[task].penalty = rows->form == RUI_ASSIGN_MOST ? 0 : row->penalty;
	}
	if (!row->has_worker)
		return RUI_OK;
	if (worker == RUI_ASSIGN_NONE)
	{
		worker = rows->worker_ids.count;
		add_id(&rows->worker_ids, row->worker);
		rows->worker[worker].capacity = row->capacity;
		rows->worker[worker].load_cost = rows->form == RUI_ASSIGN_LOAD ? row->load_cost : 0;
	}
	pair = &rows->last->pair[rows->last->count++];
	pair->task = task;
	pair->worker = worker;
	pair->cost = row->cost;
	rows->pairs++;
	return RUI_OK;
}

size_t
rui_assign_task_count(const rui_assign_rows *rows)
{
	return rows->task_ids.count;
}

size_t
rui_assign_worker_count(const rui_assign_rows *rows)
{
	return rows->worker_ids.count;
}

size_t
rui_assign_pair_count(const rui_assign_rows *rows)
{
	return rows->pairs;
}

static size_t
ids_bytes(const rui_assign_ids *ids)
{
	return ids->capacity * sizeof *ids->id + ids->slots * sizeof *ids->slot;
}

size_t
rui_assign_rows_bytes(const rui_assign_rows *rows)
{
	return sizeof *rows + ids_bytes(&rows->task_ids) + ids_bytes(&rows->worker_ids) +
		rows->task_capacity * sizeof *rows->task + rows->worker_capacity * sizeof *rows->worker +
		rows->pair_bytes;
}
