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

void
rui_assign_part(char part[RUI_ASSIGN_PART_SIZE], int64_t task, const int64_t *worker)
{
	if (worker == NULL)
		snprintf(part, RUI_ASSIGN_PART_SIZE, "task %" PRId64, task);
	else
		snprintf(part, RUI_ASSIGN_PART_SIZE, "task %" PRId64 ", worker %" PRId64, task,
				 *worker);
}

rui_status
rui_assign_refuse_number(double value, const char *what, const char *part, rui_error *error)
{
	if (isfinite(value))
		return rui_fail(error, RUI_RANGE, part, "Use a larger unit for all costs.",
						"The %s %g is too large to be counted in units of 2^-20.", what, value);
	return rui_fail(error, RUI_INVALID, part,
					"Leave out a pair that is not possible; costs are finite numbers.",
					"The %s is %s.", what, isnan(value) ? "NaN" : "infinite");
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
	rui_assign_release_ids(&env, &rows->task_ids);
	rui_assign_release_ids(&env, &rows->worker_ids);
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

	if (task == RUI_ASSIGN_NONE ? (!penalised || rui_assign_fits(row->penalty)) &&
				rows->task_ids.count < RUI_ASSIGN_MAX_TASKS
								: !penalised || rows->task[task].penalty == row->penalty)
		return RUI_OK;
	rui_assign_part(part, row->task, NULL);
	if (penalised && !rui_assign_fits(row->penalty))
		return rui_assign_refuse_number(row->penalty, "penalty", part, error);
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

	if (rui_assign_fits(row->cost) && row->capacity >= 0 &&
		(!loaded || (rui_assign_fits(row->load_cost) && row->load_cost >= 0)) &&
		(w == NULL ||
		 (w->capacity == row->capacity && (!loaded || w->load_cost == row->load_cost))) &&
		rows->pairs < UINT32_MAX - 1)
		return RUI_OK;
	rui_assign_part(part, row->task, &row->worker);
	if (!rui_assign_fits(row->cost))
		return rui_assign_refuse_number(row->cost, "cost", part, error);
	if (row->capacity < 0)
		return rui_fail(error, RUI_INVALID, part, "A worker who takes no task has capacity 0.",
						"The capacity %d is negative.", row->capacity);
	if (loaded && !rui_assign_fits(row->load_cost))
		return rui_assign_refuse_number(row->load_cost, "load cost", part, error);
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
	uint32_t task = rows->last_task;
	uint32_t worker = RUI_ASSIGN_NONE;
	rui_assign_pair *pair;
	rui_status status;

	if (task >= rows->task_ids.count || rows->task_ids.id[task] != row->task)
		task = rui_assign_find_id(&rows->task_ids, row->task);
	status = check_task(rows, task, row, error);
	if (status == RUI_OK && row->has_worker)
	{
		worker = rui_assign_find_id(&rows->worker_ids, row->worker);
		status = check_pair(rows, worker, row, error);
	}
	if (status != RUI_OK)
		return status;

	/* All memory first: from here on nothing fails. */
	if (task == RUI_ASSIGN_NONE)
	{
		status = rui_assign_reserve_id(env, &rows->task_ids, error);
		if (status == RUI_OK)
			status = rui_grow(env, &rows->task, &rows->task_capacity,
							  (size_t) rows->task_ids.count + 1, sizeof *rows->task, error);
		if (status != RUI_OK)
			return status;
	}
	if (row->has_worker && worker == RUI_ASSIGN_NONE)
	{
		status = rui_assign_reserve_id(env, &rows->worker_ids, error);
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
		task = rui_assign_add_id(&rows->task_ids, row->task);
		rows->task[task].penalty = rows->form == RUI_ASSIGN_MOST ? 0 : row->penalty;
		rows->task[task].pairs = 0;
	}
	rows->last_task = task;
	if (!row->has_worker)
		return RUI_OK;
	if (worker == RUI_ASSIGN_NONE)
	{
		worker = rui_assign_add_id(&rows->worker_ids, row->worker);
		rows->worker[worker].capacity = row->capacity;
		rows->worker[worker].load_cost = rows->form == RUI_ASSIGN_LOAD ? row->load_cost : 0;
	}
	pair = &rows->last->pair[rows->last->count++];
	pair->task = task;
	pair->worker = worker;
	pair->cost = row->cost;
	rows->task[task].pairs++;
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

size_t
rui_assign_rows_bytes(const rui_assign_rows *rows)
{
	return sizeof *rows + rui_assign_ids_bytes(&rows->task_ids) +
		rui_assign_ids_bytes(&rows->worker_ids) + rows->task_capacity * sizeof *rows->task +
		rows->worker_capacity * sizeof *rows->worker + rows->pair_bytes;
}
