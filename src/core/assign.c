/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.c
 *	  From collected rows to an optimal assignment.
 *
 * Tasks and workers are numbered by ascending id, the pairs sorted, and those
 * that no optimum needs dropped: nothing later depends on the order of the
 * rows.  What is left falls into connected components, each solved by itself
 * from its scarcer side.
 */
#include "core/assign_rows.h"

#include <string.h>

typedef struct problem
{
	const rui_assign_rows *rows;
	rui_env env;
	rui_assign_engine engine;
	uint32_t *task_rank; /* number by id, from index of arrival */
	uint32_t *worker_rank;
	uint32_t *task_index; /* the inverse */
	uint32_t *worker_index;
	uint32_t *parent; /* union-find over tasks, then workers; then component */
	uint32_t *order; /* tasks and workers, each by component */
	rui_assign_entry *entry; /* for sorting */
	size_t entries;
} problem;

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

size_t
rui_assign_solve_bytes(const rui_assign_rows *rows)
{
	size_t tasks = rows->task_ids.count;
	size_t workers = rows->worker_ids.count;
	size_t nodes = tasks + workers;
	size_t result = tasks * sizeof(rui_assignment);
	size_t sorting = 2 * (larger(tasks, workers) + 1 + tasks) * sizeof(rui_assign_entry);

	return result + nodes * 4 * sizeof(uint32_t) + sorting + 1024 +
		rui_assign_engine_bytes(tasks, workers, rows->pairs, true);
}

static void
finish(problem *p)
{
	rui_assign_engine_finish(&p->engine);
	rui_release(&p->env, p->task_rank);
	rui_release(&p->env, p->worker_rank);
	rui_release(&p->env, p->task_index);
	rui_release(&p->env, p->worker_index);
	rui_release(&p->env, p->parent);
	rui_release(&p->env, p->order);
	rui_release(&p->env, p->entry);
}

static void
rank_ids(problem *p, const rui_assign_ids *ids, uint32_t *rank, uint32_t *index)
{
	uint32_t i;

	for (i = 0; i < ids->count; i++)
	{
		p->entry[i].key = ids->id[i];
		p->entry[i].value = i;
	}
	rui_assign_sort(p->entry, ids->count, p->entry + p->entries);
	for (i = 0; i < ids->count; i++)
	{
		index[i] = p->entry[i].value;
		rank[p->entry[i].value] = i;
	}
}

static rui_status
start(problem *p, rui_error *error)
{
	const rui_assign_rows *rows = p->rows;
	const rui_env *env = &p->env;
	uint32_t tasks = rows->task_ids.count;
	uint32_t workers = rows->worker_ids.count;
	rui_status status;
	uint32_t i;

	status = rui_assign_engine_start(&p->engine, env, tasks, workers, rows->pairs, error);
	if (status != RUI_OK)
		return status;
	p->entries = larger(tasks, workers) + 1;
	p->task_rank = rui_allocate(env, tasks, sizeof(uint32_t));
	p->worker_rank = rui_allocate(env, workers, sizeof(uint32_t));
	p->task_index = rui_allocate(env, tasks, sizeof(uint32_t));
	p->worker_index = rui_allocate(env, workers, sizeof(uint32_t));
	p->parent = rui_allocate(env, (size_t) tasks + workers, sizeof(uint32_t));
	p->order = rui_allocate(env, (size_t) tasks + workers, sizeof(uint32_t));
	p->entry = rui_allocate(env, p->entries, 2 * sizeof *p->entry);
	if (p->task_rank == NULL || p->worker_rank == NULL || p->task_index == NULL ||
		p->worker_index == NULL || p->parent == NULL || p->order == NULL || p->entry == NULL)
		return rui_fail_memory(error, rui_assign_solve_bytes(rows));

	rank_ids(p, &rows->task_ids, p->task_rank, p->task_index);
	rank_ids(p, &rows->worker_ids, p->worker_rank, p->worker_index);
	for (i = 0; i < tasks; i++)
		p->engine.task[i].penalty = rows->task[p->task_index[i]].penalty;
	for (i = 0; i < workers; i++)
	{
		p->engine.worker[i].capacity = rows->worker[p->worker_index[i]].capacity;
		p->engine.worker[i].load_cost = rows->worker[p->worker_index[i]].load_cost;
	}
	return RUI_OK;
}

/* Lay the pairs by task and sort them; refuse a repeated one. */
static rui_status
lay_pairs(problem *p, rui_error *error)
{
	rui_assign_engine *engine = &p->engine;
	rui_assign_cursor cursor = { p->rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t *mark = p->parent; /* last task that had this worker, + 1 */
	uint32_t at = 0;
	uint32_t i;
	uint32_t j;

	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
		engine->task[p->task_rank[pair->task]].arcs++;
	for (i = 0; i < engine->tasks; i++)
	{
		engine->task[i].arc = at;
		at += engine->task[i].arcs;
		engine->task[i].arcs = 0;
	}
	if (rui_interrupted(&p->env))
		return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "The assignment was interrupted.");
	cursor = (rui_assign_cursor){ p->rows->first, 0 };
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		rui_assign_task *t = &engine->task[p->task_rank[pair->task]];
		rui_status status = rui_assign_fixed(pair->cost, "cost", NULL,
											 &engine->arc_cost[t->arc + t->arcs], error);

		if (status != RUI_OK)
			return status;
		engine->arc_worker[t->arc + t->arcs++] = p->worker_rank[pair->worker];
	}
	memset(mark, 0, engine->workers * sizeof *mark);
	for (i = 0; i < engine->tasks; i++)
	{
		rui_assign_task *t = &engine->task[i];

		for (j = 0; j < t->arcs; j++)
		{
			uint32_t worker = engine->arc_worker[t->arc + j];
			char part[RUI_ASSIGN_PART_SIZE];

			if (mark[worker] == i + 1)
			{
				rui_assign_part(part, p->rows->task_ids.id[p->task_index[i]],
								&p->rows->worker_ids.id[p->worker_index[worker]]);
				return rui_fail(error, RUI_INVALID, part,
								"Give each pair once, for example by min(cost) and GROUP BY.",
								"The pair occurs twice.");
			}
			mark[worker] = i + 1;
			p->entry[j].key = engine->arc_cost[t->arc + j];
			p->entry[j].value = worker;
		}
		rui_assign_sort(p->entry, t->arcs, p->entry + p->entries);
		for (j = 0; j < t->arcs; j++)
		{
			engine->arc_cost[t->arc + j] = p->entry[j].key;
			engine->arc_worker[t->arc + j] = p->entry[j].value;
		}
	}
	return RUI_OK;
}

/*
 * Drop pairs that no optimum needs: a worker without capacity, a cost above
 * the penalty (no price is negative).
 */
static void
drop_pairs(problem *p)
{
	rui_assign_engine *engine = &p->engine;
	bool penalised = p->rows->form != RUI_ASSIGN_MOST;
	uint32_t i;
	uint32_t j;

	for (i = 0; i < engine->tasks; i++)
	{
		rui_assign_task *t = &engine->task[i];
		uint32_t kept = 0;

		for (j = 0; j < t->arcs; j++)
		{
			uint32_t worker = engine->arc_worker[t->arc + j];

			if (penalised && engine->arc_cost[t->arc + j] > t->penalty)
				break;
			if (engine->worker[worker].capacity == 0)
				continue;
			engine->arc_cost[t->arc + kept] = engine->arc_cost[t->arc + j];
			engine->arc_worker[t->arc + kept++] = worker;
		}
		t->arcs = kept;
	}
}

static uint32_t
find_root(uint32_t *parent, uint32_t node)
{
	while (parent[node] != node)
	{
		parent[node] = parent[parent[node]];
		node = parent[node];
	}
	return node;
}

/*
 * Bring tasks and workers of each component together in p->order, ascending,
 * components by their first task.  Returns how many components have a pair;
 * component k is [entry[k].key, entry[k + 1].key) of the tasks and
 * [entry[k].value, ...) of the workers.
 */
static uint32_t
find_components(problem *p)
{
	rui_assign_engine *engine = &p->engine;
	uint32_t tasks = engine->tasks;
	uint32_t nodes = tasks + engine->workers;
	uint32_t *parent = p->parent;
	uint32_t components = 0;
	uint32_t i;
	uint32_t j;
	int64_t task_at = 0;
	uint32_t worker_at = 0;

	for (i = 0; i < nodes; i++)
		parent[i] = i;
	for (i = 0; i < tasks; i++)
		for (j = 0; j < engine->task[i].arcs; j++)
		{
			uint32_t a = find_root(parent, i);
			uint32_t b = find_root(parent, tasks + engine->arc_worker[engine->task[i].arc + j]);

			/* The smaller number is the root: a task, where there is a pair. */
			if (a < b)
				parent[b] = a;
			else
				parent[a] = b;
		}
	for (i = 0; i < nodes; i++)
		parent[i] = find_root(parent, i);

	/* Number the roots that have pairs; count, then place. */
	for (i = 0; i < nodes; i++)
	{
		uint32_t root = parent[i];

		if (i == root && (i >= tasks || engine->task[i].arcs == 0))
			parent[i] = RUI_ASSIGN_NONE;
		else if (i == root)
		{
			p->entry[components] = (rui_assign_entry){ 1, 0 };
			parent[i] = components++;
		}
		else
		{
			parent[i] = parent[root];
			if (i < tasks)
				p->entry[parent[i]].key++;
			else
				p->entry[parent[i]].value++;
		}
	}
	for (i = 0; i < components; i++)
	{
		int64_t task_count = p->entry[i].key;
		uint32_t worker_count = p->entry[i].value;

		p->entry[i] = (rui_assign_entry){ task_at, worker_at };
		task_at += task_count;
		worker_at += worker_count;
	}
	for (i = 0; i < nodes; i++)
		if (parent[i] == RUI_ASSIGN_NONE)
			continue;
		else if (i < tasks)
			p->order[p->entry[parent[i]].key++] = i;
		else
			p->order[tasks + p->entry[parent[i]].value++] = i - tasks;

	/* Each entry now is its end, the start of the next: shift. */
	memmove(p->entry + 1, p->entry, components * sizeof *p->entry);
	p->entry[0] = (rui_assign_entry){ 0, 0 };
	return components;
}

typedef struct component
{
	const uint32_t *task;
	const uint32_t *worker;
	uint32_t tasks;
	uint32_t workers;
} component;

/*
 * Make the numbers of a component small: strip common factors of two and,
 * where all tasks must be served, count costs from the least one and give the
 * tasks a penalty that no path of pairs can outweigh.
 */
static rui_status
scale(problem *p, const component *c, rui_error *error)
{
	rui_assign_engine *engine = &p->engine;
	bool most = p->rows->form == RUI_ASSIGN_MOST;
	int64_t least = INT64_MAX;
	int64_t largest = 0;
	uint64_t bits = 0;
	int64_t penalty = 0;
	int shift;
	uint32_t i;
	uint32_t j;

	for (i = 0; most && i < c->tasks; i++)
	{
		int64_t first = engine->arc_cost[engine->task[c->task[i]].arc];

		least = first < least ? first : least;
	}
	if (!most)
		least = 0;
	for (i = 0; i < c->tasks; i++)
	{
		rui_assign_task *t = &engine->task[c->task[i]];

		for (j = 0; j < t->arcs; j++)
			bits |= (uint64_t) (engine->arc_cost[t->arc + j] -= least);
		bits |= (uint64_t) t->penalty;
	}
	for (i = 0; i < c->workers; i++)
		bits |= (uint64_t) engine->worker[c->worker[i]].load_cost;
	shift = bits == 0 ? 0 : __builtin_ctzll(bits);
	for (i = 0; i < c->tasks; i++)
	{
		rui_assign_task *t = &engine->task[c->task[i]];
		int64_t first = engine->arc_cost[t->arc] >>= shift;

		for (j = 1; j < t->arcs; j++)
			engine->arc_cost[t->arc + j] >>= shift;
		t->penalty >>= shift;
		first = first < 0 ? -first : first;
		largest = first > largest ? first : largest;
		first = engine->arc_cost[t->arc + t->arcs - 1];
		largest = first > largest ? first : largest;
		first = t->penalty < 0 ? -t->penalty : t->penalty;
		largest = first > largest ? first : largest;
	}
	for (i = 0; i < c->workers; i++)
	{
		rui_assign_worker *w = &engine->worker[c->worker[i]];

		w->load_cost >>= shift;
		largest = w->load_cost > largest ? w->load_cost : largest;
	}
	if (most &&
		(rui_multiply_overflows(largest, c->tasks < c->workers ? c->tasks : c->workers, &penalty) ||
		 rui_add_overflows(penalty, 1, &penalty)))
		penalty = INT64_MAX;
	if (largest > RUI_ASSIGN_ENGINE_LIMIT || penalty > RUI_ASSIGN_ENGINE_LIMIT)
	{
		char part[RUI_ASSIGN_PART_SIZE];

		rui_assign_part(part, p->rows->task_ids.id[p->task_index[c->task[0]]], NULL);
		return rui_fail(error, RUI_RANGE, part,
						"Round the costs to fewer binary places, use a larger unit, or assign in "
						"smaller groups.",
						"Sums of costs of the %u tasks linked with this one may not fit in 64 "
						"bits.",
						c->tasks);
	}
	for (i = 0; most && i < c->tasks; i++)
		engine->task[c->task[i]].penalty = penalty;
	return RUI_OK;
}

static rui_status
solve_component(problem *p, const component *c, rui_error *error)
{
	rui_assign_engine *engine = &p->engine;
	uint64_t supply = 0;
	rui_status status = scale(p, c, error);
	uint32_t i;
	uint32_t j;

	if (status != RUI_OK)
		return status;
	for (i = 0; i < c->workers; i++)
		engine->worker[c->worker[i]].backs = 0;
	for (i = 0; i < c->tasks; i++)
	{
		const rui_assign_task *t = &engine->task[c->task[i]];

		for (j = 0; j < t->arcs; j++)
			engine->worker[engine->arc_worker[t->arc + j]].backs++;
	}
	for (i = 0; i < c->workers; i++)
	{
		const rui_assign_worker *w = &engine->worker[c->worker[i]];

		supply += w->backs < (uint32_t) w->capacity ? w->backs : (uint32_t) w->capacity;
	}

	if (c->tasks <= supply)
	{
		for (i = 0; i < c->tasks && status == RUI_OK; i++)
			status = rui_assign_search_task(engine, c->task[i], error);
		return status;
	}
	status = rui_assign_engine_reverse(engine, c->task, c->tasks, c->worker, c->workers, error);
	if (status != RUI_OK)
		return status;
	for (i = 0; i < c->workers; i++)
	{
		const rui_assign_worker *w = &engine->worker[c->worker[i]];

		/* Just too expensive for every task. */
		engine->price[c->worker[i]] =
			engine->task[engine->back_task[w->back]].penalty - engine->back_cost[w->back];
	}
	for (i = 0; i < c->workers && status == RUI_OK; i++)
		status = rui_assign_search_worker(engine, c->worker[i], error);
	return status;
}

static void
read_result(const problem *p, rui_assignment *result)
{
	const rui_assign_engine *engine = &p->engine;
	rui_assign_cursor cursor = { p->rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t i;

	for (i = 0; i < engine->tasks; i++)
		result[i].task = p->rows->task_ids.id[p->task_index[i]];
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		rui_assignment *row = &result[p->task_rank[pair->task]];

		if (engine->task[p->task_rank[pair->task]].worker != p->worker_rank[pair->worker])
			continue;
		row->assigned = true;
		row->worker = p->rows->worker_ids.id[pair->worker];
		row->cost = pair->cost;
	}
}

rui_status
rui_assign_solve(const rui_assign_rows *rows, const rui_env *env, rui_assignment **result,
				 rui_error *error)
{
	problem p;
	rui_status status;
	uint32_t components;
	uint32_t i;
	rui_assign_entry *bound;
	rui_assignment *made;

	memset(&p, 0, sizeof p);
	p.rows = rows;
	p.env = *env;
	status = start(&p, error);
	if (status == RUI_OK)
		status = lay_pairs(&p, error);
	if (status != RUI_OK)
	{
		finish(&p);
		return status;
	}
	drop_pairs(&p);
	components = find_components(&p);
	bound = p.entry;
	for (i = 0; i < components && status == RUI_OK; i++)
	{
		component c = { p.order + bound[i].key,
						p.order + rows->task_ids.count + bound[i].value,
						(uint32_t) (bound[i + 1].key - bound[i].key),
						bound[i + 1].value - bound[i].value };

		status = solve_component(&p, &c, error);
	}
	made = status != RUI_OK ? NULL : rui_allocate_zero(env, rows->task_ids.count, sizeof *made);
	if (status == RUI_OK && made == NULL)
		status = rui_fail_memory(error, rows->task_ids.count * sizeof *made);
	if (status == RUI_OK)
	{
		read_result(&p, made);
		*result = made;
	}
	finish(&p);
	return status;
}
