/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live.c
 *	  An assignment that stays optimal: what is told, set, removed and noted.
 */
#include "core/assign_live.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/assign_live_graph.h"
#include "core/assign_rows.h"

rui_status
rui_assign_live_create(const rui_env *env, rui_assign_form form, const rui_assign_reader *reader,
					   rui_assign_live **live, rui_error *error)
{
	rui_assign_live *made = rui_allocate_zero(env, 1, sizeof *made);

	if (made == NULL)
		return rui_fail_memory(error, sizeof *made);
	made->env = *env;
	made->form = form;
	made->outweighs = form == RUI_ASSIGN_MOST ? OUTWEIGHS : 0;
	if (reader != NULL)
		made->reader = *reader;
	*live = made;
	return RUI_OK;
}

void
rui_assign_live_free(rui_assign_live *live)
{
	rui_env env;
	uint32_t i;

	if (live == NULL)
		return;
	env = live->env;
	for (i = 0; i < live->task_ids.count; i++)
		rui_release(&env, live->task[i].arc);
	for (i = 0; i < live->worker_ids.count; i++)
	{
		rui_release(&env, live->worker[i].held);
		rui_release(&env, live->worker[i].back_key);
		rui_release(&env, live->worker[i].back_task);
	}
	rui_assign_release_ids(&env, &live->task_ids);
	rui_assign_release_ids(&env, &live->worker_ids);
	rui_release(&env, live->task);
	rui_release(&env, live->worker);
	rui_release(&env, live->new_task);
	rui_release(&env, live->moved);
	rui_release(&env, live->dirty);
	rui_release(&env, live->changed);
	rui_release(&env, live->heap);
	rui_release(&env, live->seen);
	rui_release(&env, live->noted_move);
	rui_release(&env, live->noted_price);
	rui_release(&env, live);
}

size_t
rui_assign_live_bytes(const rui_assign_live *live)
{
	return sizeof *live + rui_assign_ids_bytes(&live->task_ids) +
		rui_assign_ids_bytes(&live->worker_ids) + live->task_room * sizeof *live->task +
		live->worker_room * sizeof *live->worker +
		(live->new_room + live->moved_room + live->dirty_room + live->changed_room +
		 live->heap_room + live->seen_room + live->task_ids.count) *
		sizeof(uint32_t) +
		live->pair_bytes;
}

/* ---- checking ---- */

static rui_status
check_usable(const rui_assign_live *live, rui_error *error)
{
	if (!live->failed)
		return RUI_OK;
	return rui_fail(error, RUI_STATE, NULL, "Assign everything again.",
					"The assignment was left half way by an earlier failure.");
}

static rui_status
check_worker(const rui_assign_live *live, const rui_assign_live_worker *worker, rui_error *error)
{
	bool loaded = live->form == RUI_ASSIGN_LOAD;
	char part[RUI_ASSIGN_PART_SIZE];

	if (worker->capacity >= 0 && worker->fixed >= 0 &&
		(!loaded || (rui_assign_fits(worker->load_cost) && worker->load_cost >= 0)))
		return check_usable(live, error);
	snprintf(part, sizeof part, "worker %" PRId64, worker->worker);
	if (worker->capacity < 0)
		return rui_fail(error, RUI_INVALID, part, "A worker who takes no task has capacity 0.",
						"The capacity %d is negative.", worker->capacity);
	if (worker->fixed < 0)
		return rui_fail(error, RUI_INVALID, part, "Give how many units are taken for good.",
						"The number of fixed units %d is negative.", worker->fixed);
	if (!rui_assign_fits(worker->load_cost))
		return rui_assign_refuse_number(worker->load_cost, "load cost", part, error);
	return rui_fail(error, RUI_INVALID, part,
					"Each further task of a worker may only cost more, not less.",
					"The load cost %g is negative.", worker->load_cost);
}

static rui_status
check_task(const rui_assign_live *live, const rui_assign_live_task *task, rui_error *error)
{
	rui_status status = check_usable(live, error);
	char part[RUI_ASSIGN_PART_SIZE];
	uint32_t i;

	if (status != RUI_OK)
		return status;
	if (live->form != RUI_ASSIGN_MOST && !rui_assign_fits(task->penalty))
	{
		rui_assign_part(part, task->task, NULL);
		return rui_assign_refuse_number(task->penalty, "penalty", part, error);
	}
	for (i = 0; i < task->options; i++)
		if (!rui_assign_fits(task->option[i].cost))
		{
			rui_assign_part(part, task->task, &task->option[i].worker);
			return rui_assign_refuse_number(task->option[i].cost, "cost", part, error);
		}
	return RUI_OK;
}

static rui_status
unknown_task(int64_t task, rui_error *error)
{
	char part[RUI_ASSIGN_PART_SIZE];

	rui_assign_part(part, task, NULL);
	return rui_fail(error, RUI_INVALID, part, "Set the task first.", "There is no such task.");
}

/* The pairs of a task that was checked, unless one occurs twice. */
static rui_status
set_arcs(rui_assign_live *live, uint32_t index, const rui_assign_live_task *task,
		 rui_error *error)
{
	uint32_t twice;
	rui_status status = rui_assign_live_set_arcs(live, index, task, &twice, error);
	char part[RUI_ASSIGN_PART_SIZE];

	if (status != RUI_INVALID)
		return status;
	rui_assign_part(part, task->task, &task->option[twice].worker);
	return rui_fail(error, RUI_INVALID, part,
					"Give each pair once, for example by min(cost) and GROUP BY.",
					"The pair occurs twice.");
}

/* ---- telling ---- */

static void
take_facts(const rui_assign_live *live, live_worker *w, const rui_assign_live_worker *worker)
{
	w->capacity = worker->capacity;
	w->fixed = worker->fixed;
	w->load_cost = live->form == RUI_ASSIGN_LOAD ? rui_assign_units(worker->load_cost) : 0;
}

rui_status
rui_assign_live_tell_worker(rui_assign_live *live, const rui_assign_live_worker *worker,
							int32_t load, double price, rui_error *error)
{
	char part[RUI_ASSIGN_PART_SIZE];
	uint32_t index;
	live_worker *w;
	rui_status status = check_worker(live, worker, error);

	if (status != RUI_OK)
		return status;
	snprintf(part, sizeof part, "worker %" PRId64, worker->worker);
	if (!isfinite(price) || fabs(price) >= RUI_ASSIGN_FIXED_LIMIT)
		return rui_assign_refuse_number(price, "price", part, error);
	if (load < 0 || price < 0 || (load > 0 && worker->fixed + (int64_t) load > worker->capacity))
		return rui_fail(error, RUI_INVALID, part, "Assign everything again.",
						"Load %d and price %g are not those of a settled worker.", load, price);
	status = rui_assign_live_worker_index(live, worker->worker, &index, error);
	if (status != RUI_OK)
		return status;
	w = &live->worker[index];
	take_facts(live, w, worker);
	w->load = (uint32_t) load;
	w->price = rui_assign_units(price);
	w->open = worker->capacity > worker->fixed;
	return RUI_OK;
}

rui_status
rui_assign_live_tell_task(rui_assign_live *live, const rui_assign_live_task *task,
						  const int64_t *holder, rui_error *error)
{
	rui_status status = check_task(live, task, error);
	uint32_t worker = NONE;
	uint32_t index;

	if (status != RUI_OK || rui_assign_find_id(&live->task_ids, task->task) != NONE)
		return status;
	if (holder != NULL)
	{
		status = rui_assign_live_worker_index(live, *holder, &worker, error);
		if (status == RUI_OK)
			status = rui_assign_live_reserve_held(live, worker, error);
	}
	if (status == RUI_OK)
		status = rui_assign_live_task_index(live, task->task, &index, error);
	if (status != RUI_OK)
		return status;
	status = set_arcs(live, index, task, error);
	if (status == RUI_OK && holder != NULL)
	{
		live_task *t = &live->task[index];
		uint32_t arc = rui_assign_live_find_arc(t, worker);

		if (arc == NONE || live->worker[worker].held_known != (live->reader.read == NULL))
		{
			char part[RUI_ASSIGN_PART_SIZE];

			rui_assign_part(part, task->task, holder);
			status = rui_fail(error, RUI_INVALID, part, "Assign everything again.",
							  "The worker is said to hold the task, but cannot.");
		}
		else
		{
			t->worker = worker;
			t->was = *holder;
			t->was_assigned = true;
			t->cost = t->arc[arc].cost;
			rui_assign_live_add_held(live, worker, index);
		}
	}
	if (status != RUI_OK)
		rui_assign_live_drop_task(live, index);
	return status;
}

/* ---- changes ---- */

rui_status
rui_assign_live_set_worker(rui_assign_live *live, const rui_assign_live_worker *worker,
						   rui_error *error)
{
	uint32_t index;
	live_worker *w;
	rui_status status = check_worker(live, worker, error);

	if (status == RUI_OK)
		status = rui_assign_live_worker_index(live, worker->worker, &index, error);
	if (status != RUI_OK)
		return status;
	w = &live->worker[index];
	take_facts(live, w, worker);
	rui_assign_live_mark_dirty(live, index);
	rui_assign_live_mark_changed(live, index);
	return RUI_OK;
}

/* Take a task out of the assignment, to be put where it is best. */
static void
unsettle(rui_assign_live *live, uint32_t task)
{
	uint32_t worker = live->task[task].worker;

	if (worker != NONE)
	{
		rui_assign_live_take_off(live, task);
		rui_assign_live_mark_dirty(live, worker);
	}
	rui_assign_live_mark_new(live, task);
}

/* The pairs of a task are others: it stays only where nothing is better. */
static void
reconsider(rui_assign_live *live, uint32_t task)
{
	const live_task *t = &live->task[task];

	if (t->is_new)
		return;
	if ((t->worker != NONE && rui_assign_live_find_arc(t, t->worker) == NONE) ||
		!rui_assign_live_sits_best(live, task))
		unsettle(live, task);
}

rui_status
rui_assign_live_remove_worker(rui_assign_live *live, int64_t worker, rui_error *error)
{
	uint32_t index = rui_assign_find_id(&live->worker_ids, worker);
	rui_status status = check_usable(live, error);

	if (status != RUI_OK || index == NONE)
		return status;
	status = rui_assign_live_know_held(live, index, error);
	if (status == RUI_OK)
		status = rui_assign_live_know_backs(live, index, error);
	if (status != RUI_OK)
		return status;
	while (live->worker[index].helds > 0)
		unsettle(live, live->worker[index].held[live->worker[index].helds - 1]);
	rui_assign_live_drop_worker(live, index);
	return RUI_OK;
}

rui_status
rui_assign_live_set_task(rui_assign_live *live, const rui_assign_live_task *task,
						 rui_error *error)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task->task);
	bool is_known = index != NONE;
	rui_status status = check_task(live, task, error);

	if (status == RUI_OK && !is_known)
		status = rui_assign_live_task_index(live, task->task, &index, error);
	if (status != RUI_OK)
		return status;
	status = set_arcs(live, index, task, error);
	if (status != RUI_OK)
	{
		if (!is_known)
			rui_assign_live_drop_task(live, index);
		return status;
	}
	if (!is_known)
		rui_assign_live_mark_new(live, index);
	else
		reconsider(live, index);
	return RUI_OK;
}

rui_status
rui_assign_live_set_cost(rui_assign_live *live, int64_t task, int64_t worker, const double *cost,
						 rui_error *error)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task);
	rui_assign_live_task facts = { task, 0, NULL, 0 };
	rui_assign_option *option;
	const live_task *t;
	rui_status status = check_usable(live, error);
	uint32_t i;

	if (status != RUI_OK || index == NONE)
		return status != RUI_OK ? status : unknown_task(task, error);
	t = &live->task[index];
	i = rui_assign_find_id(&live->worker_ids, worker);
	i = i == NONE ? NONE : rui_assign_live_find_arc(t, i);
	if (i != NONE && cost != NULL && rui_assign_fits(*cost))
	{
		rui_assign_live_set_arc(live, index, i, rui_assign_units(*cost));
		reconsider(live, index);
		return RUI_OK;
	}
	facts.penalty = ldexp((double) t->penalty, -RUI_ASSIGN_FRACTION_BITS);
	option = rui_allocate(&live->env, (size_t) t->arcs + 1, sizeof *option);
	if (option == NULL)
		return rui_fail_memory(error, (t->arcs + 1) * sizeof *option);
	for (i = 0; i < t->arcs; i++)
	{
		int64_t id = live->worker_ids.id[t->arc[i].worker];

		if (id == worker)
			continue;
		option[facts.options].worker = id;
		option[facts.options++].cost =
			ldexp((double) t->arc[i].cost, -RUI_ASSIGN_FRACTION_BITS);
	}
	if (cost != NULL)
	{
		option[facts.options].worker = worker;
		option[facts.options++].cost = *cost;
	}
	facts.option = option;
	status = rui_assign_live_set_task(live, &facts, error);
	rui_release(&live->env, option);
	return status;
}

rui_status
rui_assign_live_remove_task(rui_assign_live *live, int64_t task, rui_error *error)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task);
	rui_status status = check_usable(live, error);

	if (status != RUI_OK || index == NONE)
		return status != RUI_OK ? status : unknown_task(task, error);
	if (live->task[index].worker != NONE)
	{
		rui_assign_live_mark_dirty(live, live->task[index].worker);
		rui_assign_live_take_off(live, index);
	}
	rui_assign_live_drop_task(live, index);
	return RUI_OK;
}

rui_status
rui_assign_live_fix_task(rui_assign_live *live, int64_t task, rui_error *error)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task);
	rui_status status = check_usable(live, error);
	char part[RUI_ASSIGN_PART_SIZE];

	if (status != RUI_OK || index == NONE)
		return status != RUI_OK ? status : unknown_task(task, error);
	if (live->task[index].worker == NONE)
	{
		rui_assign_part(part, task, NULL);
		return rui_fail(error, RUI_STATE, part, "Settle first, or remove the task.",
						"The task is with nobody.");
	}
	/* The next task still counts load_cost * (fixed + load): no price moves. */
	live->worker[live->task[index].worker].fixed++;
	return rui_assign_live_remove_task(live, task, error);
}

/* ---- reading ---- */

bool
rui_assign_live_find(const rui_assign_live *live, int64_t task, rui_assignment *assignment)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task);
	const live_task *t;

	if (index == NONE)
		return false;
	t = &live->task[index];
	memset(assignment, 0, sizeof *assignment);
	assignment->task = task;
	assignment->assigned = t->worker != NONE;
	if (assignment->assigned)
	{
		assignment->worker = live->worker_ids.id[t->worker];
		assignment->cost = ldexp((double) t->cost, -RUI_ASSIGN_FRACTION_BITS);
	}
	return true;
}

static void
read_worker(const rui_assign_live *live, uint32_t index, rui_assign_price *price)
{
	const live_worker *w = &live->worker[index];
	wide units = w->open ? w->price : 0;

	price->worker = live->worker_ids.id[index];
	price->price = ldexp((double) units, -RUI_ASSIGN_FRACTION_BITS);
	price->capacity = w->capacity;
	price->fixed = w->fixed;
	price->load = (int32_t) w->load;
	price->is_exact = units < (INT64_C(1) << 53);
}

bool
rui_assign_live_find_cost(const rui_assign_live *live, int64_t task, int64_t worker,
						  double *cost)
{
	uint32_t index = rui_assign_find_id(&live->task_ids, task);
	uint32_t at = rui_assign_find_id(&live->worker_ids, worker);
	uint32_t arc = index == NONE || at == NONE
		? NONE
		: rui_assign_live_find_arc(&live->task[index], at);

	if (arc == NONE)
		return false;
	*cost = ldexp((double) live->task[index].arc[arc].cost, -RUI_ASSIGN_FRACTION_BITS);
	return true;
}

bool
rui_assign_live_find_worker(const rui_assign_live *live, int64_t worker, rui_assign_price *price)
{
	uint32_t index = rui_assign_find_id(&live->worker_ids, worker);

	if (index == NONE)
		return false;
	read_worker(live, index, price);
	return true;
}

/* Room for what will be noted, and the lists in order: all that can fail. */
static rui_status
prepare_notes(rui_assign_live *live, rui_error *error)
{
	const rui_env *env = &live->env;
	size_t bytes = live->moved_count * sizeof(rui_assign_move) +
		live->changed_count * sizeof(rui_assign_price);

	rui_release(env, live->noted_move);
	rui_release(env, live->noted_price);
	live->noted_move = rui_allocate_zero(env, live->moved_count, sizeof(rui_assign_move));
	live->noted_price = rui_allocate_zero(env, live->changed_count, sizeof(rui_assign_price));
	if (live->noted_move == NULL || live->noted_price == NULL)
		return rui_fail_memory(error, bytes);
	if (rui_assign_live_order(live, &live->task_ids, live->moved, live->moved_count, error) !=
		RUI_OK)
		return RUI_MEMORY;
	return rui_assign_live_order(live, &live->worker_ids, live->changed, live->changed_count,
								 error);
}

rui_status
rui_assign_live_note(rui_assign_live *live, const rui_assign_move **move, size_t *moves,
					 const rui_assign_price **price, size_t *prices, rui_error *error)
{
	rui_status status = check_usable(live, error);
	size_t count = 0;
	uint32_t i;

	if (status == RUI_OK)
		status = prepare_notes(live, error);
	if (status != RUI_OK)
		return status;
	for (i = 0; i < live->moved_count; i++)
	{
		live_task *t = &live->task[live->moved[i]];
		rui_assign_move *made = &live->noted_move[count];

		t->in_moved = false;
		if (!t->present)
			continue;
		made->task = live->task_ids.id[live->moved[i]];
		made->was_assigned = t->was_assigned;
		made->is_assigned = t->worker != NONE;
		made->from = t->was_assigned ? t->was : 0;
		made->to = made->is_assigned ? live->worker_ids.id[t->worker] : 0;
		made->cost = made->is_assigned ? ldexp((double) t->cost, -RUI_ASSIGN_FRACTION_BITS) : 0;
		t->was_assigned = made->is_assigned;
		t->was = made->to;
		if (made->was_assigned != made->is_assigned || made->from != made->to)
			count++;
	}
	live->moved_count = 0;
	*move = live->noted_move;
	*moves = count;
	for (i = 0, count = 0; i < live->changed_count; i++)
	{
		live->worker[live->changed[i]].in_changed = false;
		if (live->worker[live->changed[i]].present)
			read_worker(live, live->changed[i], &live->noted_price[count++]);
	}
	live->changed_count = 0;
	*price = live->noted_price;
	*prices = count;
	return RUI_OK;
}

uint64_t
rui_assign_live_steps(const rui_assign_live *live)
{
	return live->steps;
}
