/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_check.c
 *	  Judging a given assignment by prices, without the engine that solves.
 *
 * With load k, load cost b and capacity m of a worker w, an assignment is
 * optimal if and only if there are prices p with
 *
 *		p[w] >= 0, and p[w] >= b (k - 1) where k > 0
 *		p[w] >= penalty(t) - c(t,w)            for each t left over
 *		p[w] >= p[v] + c(t,v) - c(t,w)         for each t assigned to v
 *		p[w] <= b k                            where k < m
 *		p[w] <= penalty(t) - c(t,w)            for each t assigned to w
 *
 * over all pairs (t,w) with m > 0.  The least prices that satisfy the first
 * three are longest paths (Bellman and Ford's method with a queue); the
 * assignment is optimal exactly when no cycle grows without end and the
 * last two hold for them.  What breaks them spells out an exchange that saves.
 */
#include "core/assign_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/assign_rows.h"

typedef __int128 wide __attribute__((aligned(8)));

/* Stands for a penalty where all tasks must be served: outweighs 2^32 costs. */
#define OUTWEIGHS ((wide) 1 << 96)

#define NONE RUI_ASSIGN_NONE
#define LOOK (1 << 18)
#define BY_LOAD (NONE - 1) /* a price that rests on the worker's own load */

struct rui_assign_check
{
	rui_env env;
	rui_assign_rows *rows;
	uint32_t *chosen; /* task and worker of each chosen pair, in order of arrival */
	size_t chosen_capacity;
	size_t chosen_count;
};

/* All indexes are those of arrival. */
typedef struct judge
{
	const rui_assign_rows *rows;
	rui_env env;
	uint32_t tasks;
	uint32_t workers;
	size_t *arc; /* pairs of task t are [arc[t], arc[t + 1]) */
	int64_t *arc_cost;
	uint32_t *arc_worker;
	uint32_t *task_worker; /* or NONE */
	int64_t *task_cost; /* of its chosen pair */
	uint32_t *task_next; /* other tasks of the same worker */
	uint32_t *first; /* of a worker's tasks */
	uint32_t *load;
	wide *price;
	wide *most; /* what a worker's price may be at most */
	uint32_t *most_reason; /* the task that says so, or BY_LOAD */
	uint64_t looked; /* pairs looked at since interrupted was asked */
	uint32_t *raised_by; /* task, or BY_LOAD, or NONE while 0 */
	uint32_t *mark;
	uint32_t *queue; /* a ring of workers */
	bool *queued;
} judge;

rui_status
rui_assign_check_create(const rui_env *env, rui_assign_form form, rui_assign_check **check,
						rui_error *error)
{
	rui_assign_check *made = rui_allocate_zero(env, 1, sizeof *made);
	rui_status status;

	if (made == NULL)
		return rui_fail_memory(error, sizeof *made);
	made->env = *env;
	status = rui_assign_rows_create(env, form, &made->rows, error);
	if (status == RUI_OK)
		*check = made;
	else
		rui_release(env, made);
	return status;
}

void
rui_assign_check_free(rui_assign_check *check)
{
	rui_env env;

	if (check == NULL)
		return;
	env = check->env;
	rui_assign_rows_free(check->rows);
	rui_release(&env, check->chosen);
	rui_release(&env, check);
}

rui_status
rui_assign_check_add(rui_assign_check *check, const rui_assign_row *row, bool chosen,
					 rui_error *error)
{
	rui_status status = rui_grow(&check->env, &check->chosen, &check->chosen_capacity,
								 (check->chosen_count + 1) * 2, sizeof *check->chosen, error);

	if (status == RUI_OK)
		status = rui_assign_rows_add(check->rows, row, error);
	if (status == RUI_OK && row->has_worker && chosen)
	{
		const rui_assign_chunk *last = check->rows->last;

		check->chosen[check->chosen_count * 2] = last->pair[last->count - 1].task;
		check->chosen[check->chosen_count * 2 + 1] = last->pair[last->count - 1].worker;
		check->chosen_count++;
	}
	return status;
}

size_t
rui_assign_check_bytes(const rui_assign_check *check)
{
	return sizeof *check + rui_assign_rows_bytes(check->rows) +
		check->chosen_capacity * sizeof *check->chosen;
}

size_t
rui_assign_judge_bytes(const rui_assign_check *check)
{
	size_t tasks = check->rows->task_ids.count;
	size_t workers = check->rows->worker_ids.count;

	return tasks * (sizeof(size_t) + sizeof(int64_t) + 2 * sizeof(uint32_t)) +
		workers * (2 * sizeof(wide) + 6 * sizeof(uint32_t) + sizeof(bool)) +
		check->rows->pairs * (sizeof(int64_t) + sizeof(uint32_t)) + 1024;
}

static void
finish(judge *j)
{
	void *blocks[] = { j->arc, j->arc_cost, j->arc_worker, j->task_worker, j->task_cost,
					   j->task_next, j->first, j->load, j->price, j->most, j->most_reason,
					   j->raised_by, j->mark, j->queue, j->queued };
	size_t i;

	for (i = 0; i < sizeof blocks / sizeof *blocks; i++)
		rui_release(&j->env, blocks[i]);
}

static rui_status
start(judge *j, const rui_assign_check *check, const rui_env *env, rui_error *error)
{
	const rui_assign_rows *rows = check->rows;
	uint32_t i;

	memset(j, 0, sizeof *j);
	j->rows = rows;
	j->env = *env;
	j->tasks = rows->task_ids.count;
	j->workers = rows->worker_ids.count;
	j->arc = rui_allocate_zero(env, (size_t) j->tasks + 1, sizeof *j->arc);
	j->arc_cost = rui_allocate(env, rows->pairs, sizeof *j->arc_cost);
	j->arc_worker = rui_allocate(env, rows->pairs, sizeof *j->arc_worker);
	j->task_worker = rui_allocate(env, j->tasks, sizeof *j->task_worker);
	j->task_cost = rui_allocate_zero(env, j->tasks, sizeof *j->task_cost);
	j->task_next = rui_allocate(env, j->tasks, sizeof *j->task_next);
	j->first = rui_allocate(env, j->workers, sizeof *j->first);
	j->load = rui_allocate_zero(env, j->workers, sizeof *j->load);
	j->price = rui_allocate_zero(env, j->workers, sizeof *j->price);
	j->most = rui_allocate(env, j->workers, sizeof *j->most);
	j->most_reason = rui_allocate(env, j->workers, sizeof *j->most_reason);
	j->raised_by = rui_allocate(env, j->workers, sizeof *j->raised_by);
	j->mark = rui_allocate_zero(env, j->workers, sizeof *j->mark);
	j->queue = rui_allocate(env, j->workers, sizeof *j->queue);
	j->queued = rui_allocate_zero(env, j->workers, sizeof *j->queued);
	if (j->arc == NULL || j->arc_cost == NULL || j->arc_worker == NULL || j->task_worker == NULL ||
		j->task_cost == NULL || j->task_next == NULL || j->first == NULL || j->load == NULL ||
		j->price == NULL || j->most == NULL || j->most_reason == NULL || j->raised_by == NULL ||
		j->mark == NULL || j->queue == NULL || j->queued == NULL)
		return rui_fail_memory(error, rui_assign_judge_bytes(check));
	for (i = 0; i < j->tasks; i++)
		j->task_worker[i] = NONE;
	for (i = 0; i < j->workers; i++)
		j->first[i] = j->raised_by[i] = NONE;
	return RUI_OK;
}

/* Asks whether to stop after every so many pairs looked at. */
static rui_status
look_up(judge *j, uint64_t more, rui_error *error)
{
	j->looked += more;
	if (j->looked < LOOK)
		return RUI_OK;
	j->looked = 0;
	if (rui_interrupted(&j->env))
		return rui_fail_interrupted(error);
	return RUI_OK;
}

static rui_status
lay_pairs(judge *j, rui_error *error)
{
	rui_assign_cursor cursor = { j->rows->first, 0 };
	const rui_assign_pair *pair;
	rui_status status = RUI_OK;
	uint32_t i;
	size_t a;

	/* Counts go one up, so that filling moves each start to its place. */
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
		j->arc[pair->task]++;
	for (i = 1; i <= j->tasks; i++)
		j->arc[i] += j->arc[i - 1];
	cursor = (rui_assign_cursor){ j->rows->first, 0 };
	while (status == RUI_OK && (pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		a = --j->arc[pair->task];
		j->arc_cost[a] = rui_assign_units(pair->cost);
		j->arc_worker[a] = pair->worker;
		status = look_up(j, 1, error);
	}
	for (i = 0; status == RUI_OK && i < j->tasks; i++)
	{
		for (a = j->arc[i]; a < j->arc[i + 1]; a++)
		{
			char part[RUI_ASSIGN_PART_SIZE];

			if (j->mark[j->arc_worker[a]] == i + 1)
			{
				rui_assign_part(part, j->rows->task_ids.id[i],
								&j->rows->worker_ids.id[j->arc_worker[a]]);
				return rui_fail(error, RUI_INVALID, part,
								"Give each pair once, for example by min(cost) and GROUP BY.",
								"The pair occurs twice.");
			}
			j->mark[j->arc_worker[a]] = i + 1;
		}
		status = look_up(j, a - j->arc[i], error);
	}
	return status;
}

static wide
penalty_of(const judge *j, uint32_t task)
{
	if (j->rows->form == RUI_ASSIGN_MOST)
		return OUTWEIGHS;
	return rui_assign_units(j->rows->task[task].penalty);
}

static wide
load_cost(const judge *j, uint32_t worker)
{
	return rui_assign_units(j->rows->worker[worker].load_cost);
}

/* Read the chosen pairs; false with a problem where they are not feasible. */
static bool
read_chosen(judge *j, const rui_assign_check *check, rui_assign_verdict *verdict)
{
	size_t i;
	size_t a;

	for (i = 0; i < check->chosen_count; i++)
	{
		uint32_t task = check->chosen[i * 2];
		uint32_t worker = check->chosen[i * 2 + 1];

		if (j->task_worker[task] != NONE)
		{
			snprintf(verdict->problem, sizeof verdict->problem,
					 "task %" PRId64 " is assigned to workers %" PRId64 " and %" PRId64,
					 j->rows->task_ids.id[task], j->rows->worker_ids.id[j->task_worker[task]],
					 j->rows->worker_ids.id[worker]);
			return false;
		}
		for (a = j->arc[task]; j->arc_worker[a] != worker; a++)
			;
		j->task_worker[task] = worker;
		j->task_cost[task] = j->arc_cost[a];
		j->task_next[task] = j->first[worker];
		j->first[worker] = task;
		j->load[worker]++;
	}
	for (i = 0; i < j->workers; i++)
		if (j->load[i] > (uint32_t) j->rows->worker[i].capacity)
		{
			snprintf(verdict->problem, sizeof verdict->problem,
					 "worker %" PRId64 " has %" PRIu32 " tasks, but capacity %" PRId32,
					 j->rows->worker_ids.id[i], j->load[i], j->rows->worker[i].capacity);
			return false;
		}
	return true;
}

static double
sum_up(const judge *j)
{
	wide sum = 0;
	uint32_t i;

	for (i = 0; i < j->tasks; i++)
		if (j->task_worker[i] != NONE)
			sum += j->task_cost[i];
		else if (j->rows->form != RUI_ASSIGN_MOST)
			sum += rui_assign_units(j->rows->task[i].penalty);
	for (i = 0; i < j->workers; i++)
		if (j->load[i] > 0)
			sum += load_cost(j, i) * ((wide) j->load[i] * (j->load[i] - 1) / 2);
	return ldexp((double) sum, -RUI_ASSIGN_FRACTION_BITS);
}

/* The most that each worker's price may be, but for what exceeds every sum. */
static void
find_most(judge *j)
{
	uint32_t i;

	for (i = 0; i < j->workers; i++)
	{
		const rui_assign_worker_row *w = &j->rows->worker[i];

		j->most[i] = OUTWEIGHS * 4;
		j->most_reason[i] = BY_LOAD;
		if (j->load[i] < (uint32_t) w->capacity)
			j->most[i] = load_cost(j, i) * j->load[i];
	}
	for (i = 0; i < j->tasks; i++)
	{
		uint32_t worker = j->task_worker[i];
		wide bound;

		if (worker == NONE)
			continue;
		bound = penalty_of(j, i) - j->task_cost[i];
		if (bound < j->most[worker])
		{
			j->most[worker] = bound;
			j->most_reason[worker] = i;
		}
	}
}

static void __attribute__((format(printf, 2, 3)))
say(rui_assign_verdict *verdict, const char *format, ...)
{
	size_t length = strlen(verdict->problem);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->problem + length, sizeof verdict->problem - length, format, arguments);
	va_end(arguments);
}

/*
 * Where the price of a worker came from: the worker its raising task leaves,
 * or NONE where the chain begins.
 */
static uint32_t
raised_from(const judge *j, uint32_t worker)
{
	uint32_t task = j->raised_by[worker];

	return task == NONE || task == BY_LOAD ? NONE : j->task_worker[task];
}

/* A worker on a cycle of raises, or NONE. */
static uint32_t
find_cycle(judge *j)
{
	uint32_t i;

	memset(j->mark, 0, j->workers * sizeof *j->mark);
	for (i = 0; i < j->workers; i++)
	{
		uint32_t worker = i;

		for (; worker != NONE && j->mark[worker] == 0; worker = raised_from(j, worker))
			j->mark[worker] = i + 1;
		if (worker != NONE && j->mark[worker] == i + 1)
			return worker;
	}
	return NONE;
}

/*
 * What it is worth to free a place at a worker along the chain of raises,
 * which begins somewhere or, where it is a cycle, ends at stop.
 */
static wide
chain_worth(const judge *j, uint32_t worker, uint32_t stop)
{
	wide worth = 0;

	do
	{
		uint32_t task = j->raised_by[worker];
		size_t a;

		if (task == NONE)
			break;
		if (task == BY_LOAD)
			return worth + load_cost(j, worker) * (j->load[worker] - 1);
		for (a = j->arc[task]; j->arc_worker[a] != worker; a++)
			;
		worth -= j->arc_cost[a];
		worker = j->task_worker[task];
		worth += worker == NONE ? penalty_of(j, task) : j->task_cost[task];
	} while (worker != NONE && worker != stop);
	return worth;
}

static void
say_chain(const judge *j, wide saved, uint32_t worker, uint32_t stop, uint32_t leaving,
		  rui_assign_verdict *verdict)
{
	const rui_assign_rows *rows = j->rows;
	const char *comma = "";

	if (saved > OUTWEIGHS / 2)
		say(verdict, "one more task can be served: ");
	else
		say(verdict, "an exchange saves %.15g: ",
			ldexp((double) saved, -RUI_ASSIGN_FRACTION_BITS));
	if (leaving != BY_LOAD)
	{
		say(verdict, "task %" PRId64 " to nobody", rows->task_ids.id[leaving]);
		comma = ", ";
	}
	do
	{
		uint32_t task = j->raised_by[worker];

		if (task == NONE || task == BY_LOAD)
			break;
		say(verdict, "%stask %" PRId64 " to worker %" PRId64, comma, rows->task_ids.id[task],
			rows->worker_ids.id[worker]);
		comma = ", ";
		worker = j->task_worker[task];
	} while (worker != NONE && worker != stop);
	if (strlen(verdict->problem) == sizeof verdict->problem - 1)
		memcpy(verdict->problem + sizeof verdict->problem - 5, " ...", 4);
}

/* A cycle of raises would grow without end: refuted, and says by what. */
static bool
endless(judge *j, rui_assign_verdict *verdict)
{
	uint32_t on = find_cycle(j);

	if (on == NONE)
		return false;
	say_chain(j, chain_worth(j, on, on), on, on, BY_LOAD, verdict);
	return true;
}

/* A price that breaks an upper bound: refuted, and says by what. */
static bool
too_high(judge *j, uint32_t worker, rui_assign_verdict *verdict)
{
	if (j->price[worker] <= j->most[worker])
		return false;
	if (!endless(j, verdict))
		say_chain(j, chain_worth(j, worker, NONE) - j->most[worker], worker, NONE,
				  j->most_reason[worker], verdict);
	return true;
}

/* The least prices above the lower bounds; false where an exchange is found on the way. */
static rui_status
raise_prices(judge *j, bool *optimal, rui_assign_verdict *verdict, rui_error *error)
{
	uint32_t head = 0;
	uint32_t count = 0;
	uint64_t raises = 0;
	rui_status status = RUI_OK;
	uint32_t i;
	size_t a;

	*optimal = false;
	find_most(j);
	for (i = 0; i < j->workers; i++)
		if (j->load[i] > 1 && j->rows->worker[i].load_cost > 0)
		{
			j->price[i] = load_cost(j, i) * (j->load[i] - 1);
			j->raised_by[i] = BY_LOAD;
		}
	for (i = 0; i < j->tasks; i++)
		for (a = j->arc[i]; j->task_worker[i] == NONE && a < j->arc[i + 1]; a++)
		{
			wide price = penalty_of(j, i) - j->arc_cost[a];

			if (price > j->price[j->arc_worker[a]])
			{
				j->price[j->arc_worker[a]] = price;
				j->raised_by[j->arc_worker[a]] = i;
			}
		}
	for (i = 0; i < j->workers; i++)
	{
		if (j->rows->worker[i].capacity == 0)
			continue;
		if (too_high(j, i, verdict))
			return RUI_OK;
		j->queue[count++] = i;
		j->queued[i] = true;
	}
	while (count > 0 && status == RUI_OK)
	{
		uint32_t from = j->queue[head];
		uint32_t task;

		head = head + 1 == j->workers ? 0 : head + 1;
		count--;
		j->queued[from] = false;
		for (task = j->first[from]; task != NONE && status == RUI_OK; task = j->task_next[task])
		{
			wide value = j->price[from] + j->task_cost[task];

			for (a = j->arc[task]; a < j->arc[task + 1]; a++)
			{
				uint32_t worker = j->arc_worker[a];

				if (value - j->arc_cost[a] <= j->price[worker] ||
					j->rows->worker[worker].capacity == 0)
					continue;
				j->price[worker] = value - j->arc_cost[a];
				j->raised_by[worker] = task;
				if (too_high(j, worker, verdict))
					return RUI_OK;
				if (!j->queued[worker])
				{
					j->queue[(head + (uint64_t) count++) % j->workers] = worker;
					j->queued[worker] = true;
				}

				if (++raises % j->workers == 0 && endless(j, verdict))
					return RUI_OK;
			}
			status = look_up(j, a - j->arc[task] + 1, error);
		}
	}
	*optimal = status == RUI_OK;
	return status;
}

/* The proof itself: every condition, once, for the prices found. */
static bool
prices_prove(const judge *j)
{
	uint32_t i;
	size_t a;

	for (i = 0; i < j->workers; i++)
	{
		const rui_assign_worker_row *w = &j->rows->worker[i];

		if (w->capacity > 0 &&
			(j->price[i] < 0 ||
			 (j->load[i] > 0 && j->price[i] < load_cost(j, i) * (j->load[i] - 1)) ||
			 (j->load[i] < (uint32_t) w->capacity &&
			  j->price[i] > load_cost(j, i) * j->load[i])))
			return false;
	}
	for (i = 0; i < j->tasks; i++)
	{
		wide value = penalty_of(j, i);

		if (j->task_worker[i] != NONE)
		{
			wide here = j->price[j->task_worker[i]] + j->task_cost[i];

			if (here > value)
				return false;
			value = here;
		}
		for (a = j->arc[i]; a < j->arc[i + 1]; a++)
			if (j->rows->worker[j->arc_worker[a]].capacity > 0 &&
				j->price[j->arc_worker[a]] + j->arc_cost[a] < value)
				return false;
	}
	return true;
}

rui_status
rui_assign_check_judge(const rui_assign_check *check, const rui_env *env,
					   rui_assign_verdict *verdict, rui_error *error)
{
	judge j;
	rui_assign_verdict found = { 0 };
	rui_status status = start(&j, check, env, error);

	if (status == RUI_OK)
		status = lay_pairs(&j, error);
	if (status == RUI_OK)
	{
		found.tasks = j.tasks;
		found.feasible = read_chosen(&j, check, &found);
	}
	if (status == RUI_OK && found.feasible)
	{
		found.assigned = check->chosen_count;
		found.objective = sum_up(&j);
		status = raise_prices(&j, &found.optimal, &found, error);
		if (status == RUI_OK && found.optimal && !prices_prove(&j))
			status = rui_fail(error, RUI_INTERNAL, NULL, NULL, "The prices found prove nothing.");
	}
	finish(&j);
	if (status == RUI_OK)
		*verdict = found;
	return status;
}
