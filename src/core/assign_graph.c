/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_graph.c
 *	  The rows of an assignment problem as a graph for the engine.
 */
#include "core/assign_graph.h"

#include <string.h>

#include "core/assign_list.h"

#define NONE RUI_ASSIGN_NONE
#define NEIGHBOURS 6 /* workers of a task that the walk goes on to */
#define LOOK (1 << 18)

/*
 * A first graph with tasks and workers in the order of their ids; a node is a
 * task, or tasks + a worker.
 */
typedef struct draft
{
	const rui_assign_rows *rows;
	rui_assign_engine engine;
	uint32_t tasks;
	uint32_t workers;
	uint32_t *task_by_id; /* indexes */
	uint32_t *worker_by_id;
	uint32_t *task_rank; /* the inverse */
	uint32_t *worker_rank;
	uint32_t *node; /* mark, then parent, then part of each node */
	uint32_t *worker_order; /* by part, then as the walk finds them */
	uint32_t *task_order;
	uint32_t *part_end; /* in worker_order, then in the new numbers */
} draft;

size_t
rui_assign_graph_bytes(size_t tasks, size_t workers, size_t pairs)
{
	size_t nodes = tasks + workers;
	size_t kept = (nodes * 2 + tasks) * sizeof(uint32_t) + tasks * sizeof(rui_assign_range);
	size_t drafted = nodes * (4 * sizeof(uint32_t) + sizeof(int64_t)) + tasks * sizeof(uint32_t);

	return kept + drafted + 2 * rui_assign_engine_bytes(tasks, workers, pairs, false);
}

static rui_status
interrupted(rui_error *error)
{
	return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "The assignment was interrupted.");
}

/* Asks whether to stop after every so many pairs looked at. */
static bool
stopped(const draft *d, uint32_t *looked, uint32_t more)
{
	*looked += more + 1;
	if (*looked < LOOK)
		return false;
	*looked = 0;
	return rui_interrupted(&d->engine.env);
}

/* Indexes ascending by id, and their inverse. */
static rui_status
rank_ids(const rui_env *env, const rui_assign_ids *ids, uint32_t *by_id, uint32_t *rank,
		 rui_error *error)
{
	int64_t *key = rui_allocate(env, ids->count, sizeof *key);
	uint32_t i;

	if (key == NULL)
		return rui_fail_memory(error, ids->count * sizeof *key);
	if (ids->count > 0)
		memcpy(key, ids->id, ids->count * sizeof *key);
	for (i = 0; i < ids->count; i++)
		by_id[i] = i;
	rui_assign_sort(key, by_id, ids->count);
	for (i = 0; i < ids->count; i++)
		rank[by_id[i]] = i;
	rui_release(env, key);
	return RUI_OK;
}

static rui_status
start(draft *d, const rui_assign_rows *rows, const rui_env *env, rui_error *error)
{
	size_t nodes;
	rui_status status;

	memset(d, 0, sizeof *d);
	d->rows = rows;
	d->tasks = rows->task_ids.count;
	d->workers = rows->worker_ids.count;
	nodes = (size_t) d->tasks + d->workers;
	status = rui_assign_engine_start(&d->engine, env, d->tasks, d->workers, rows->pairs, error);
	if (status != RUI_OK)
		return status;
	d->task_by_id = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->worker_by_id = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->task_rank = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->worker_rank = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->node = rui_allocate_zero(env, nodes, sizeof(uint32_t));
	d->worker_order = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->task_order = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->part_end = rui_allocate(env, d->tasks, sizeof(uint32_t));
	if (d->task_by_id == NULL || d->worker_by_id == NULL || d->task_rank == NULL ||
		d->worker_rank == NULL || d->node == NULL || d->worker_order == NULL ||
		d->task_order == NULL || d->part_end == NULL)
		return rui_fail_memory(error, nodes * 4 * sizeof(uint32_t));
	status = rank_ids(env, &rows->task_ids, d->task_by_id, d->task_rank, error);
	if (status == RUI_OK)
		status = rank_ids(env, &rows->worker_ids, d->worker_by_id, d->worker_rank, error);
	return status;
}

static void
finish(draft *d)
{
	const rui_env env = d->engine.env;

	if (env.release == NULL)
		return;
	rui_assign_engine_finish(&d->engine);
	rui_release(&env, d->task_by_id);
	rui_release(&env, d->worker_by_id);
	rui_release(&env, d->task_rank);
	rui_release(&env, d->worker_rank);
	rui_release(&env, d->node);
	rui_release(&env, d->worker_order);
	rui_release(&env, d->task_order);
	rui_release(&env, d->part_end);
}

/* Lay the pairs by task. */
static rui_status
lay_pairs(draft *d, rui_error *error)
{
	rui_assign_engine *engine = &d->engine;
	rui_assign_cursor cursor = { d->rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t at = 0;
	uint32_t looked = 0;
	uint32_t i;

	for (i = 0; i < d->tasks; i++)
	{
		const rui_assign_task_row *row = &d->rows->task[d->task_by_id[i]];

		engine->task[i].penalty = rui_assign_units(row->penalty);
		engine->task[i].arc = at;
		at += row->pairs;
	}
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		rui_assign_task *t = &engine->task[d->task_rank[pair->task]];
		uint32_t arc = t->arc + t->arcs++;

		engine->arc_cost[arc] = rui_assign_units(pair->cost);
		engine->arc_worker[arc] = d->worker_rank[pair->worker];
		if (stopped(d, &looked, 0))
			return interrupted(error);
	}
	return RUI_OK;
}

static rui_status
refuse_repeated(const draft *d, uint32_t task, uint32_t worker, rui_error *error)
{
	char part[RUI_ASSIGN_PART_SIZE];

	rui_assign_part(part, d->rows->task_ids.id[d->task_by_id[task]],
					&d->rows->worker_ids.id[d->worker_by_id[worker]]);
	return rui_fail(error, RUI_INVALID, part,
					"Give each pair once, for example by min(cost) and GROUP BY.",
					"The pair occurs twice.");
}

/*
 * Refuse a repeated pair, drop the pairs that no optimum needs, and put the
 * best of each task first.
 */
static rui_status
drop_pairs(draft *d, rui_error *error)
{
	rui_assign_engine *engine = &d->engine;
	bool penalised = d->rows->form != RUI_ASSIGN_MOST;
	uint32_t *mark = d->node; /* of a worker: the last task that had it, + 1 */
	uint32_t looked = 0;
	uint32_t i;
	uint32_t j;

	for (i = 0; i < d->tasks; i++)
	{
		rui_assign_task *t = &engine->task[i];
		int64_t *cost = engine->arc_cost + t->arc;
		uint32_t *worker = engine->arc_worker + t->arc;
		uint32_t kept = 0;

		if (stopped(d, &looked, t->arcs))
			return interrupted(error);
		for (j = 0; j < t->arcs; j++)
		{
			if (mark[worker[j]] == i + 1)
				return refuse_repeated(d, i, worker[j], error);
			mark[worker[j]] = i + 1;
			if ((!penalised || cost[j] <= t->penalty) &&
				d->rows->worker[d->worker_by_id[worker[j]]].capacity > 0)
			{
				cost[kept] = cost[j];
				worker[kept++] = worker[j];
			}
		}
		t->arcs = kept;
		if (kept > 0)
			rui_assign_first(cost, worker, kept, &t->sorted);
	}
	return RUI_OK;
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
 * Number the connected parts by their first tasks, bring the workers of each
 * together.  *found is how many parts have a pair.
 */
static rui_status
find_parts(draft *d, uint32_t *found, rui_error *error)
{
	const rui_assign_engine *engine = &d->engine;
	uint32_t *parent = d->node;
	uint32_t nodes = d->tasks + d->workers;
	uint32_t parts = 0;
	uint32_t at = 0;
	uint32_t looked = 0;
	uint32_t i;
	uint32_t j;

	for (i = 0; i < nodes; i++)
		parent[i] = i;
	for (i = 0; i < d->tasks; i++)
	{
		if (stopped(d, &looked, engine->task[i].arcs))
			return interrupted(error);
		for (j = 0; j < engine->task[i].arcs; j++)
		{
			uint32_t a = find_root(parent, i);
			uint32_t b = find_root(parent, d->tasks + engine->arc_worker[engine->task[i].arc + j]);

			/* The smaller is the root: a task, where there is a pair. */
			if (a < b)
				parent[b] = a;
			else
				parent[a] = b;
		}
	}
	for (i = 0; i < nodes; i++)
		parent[i] = find_root(parent, i);
	for (i = 0; i < nodes; i++)
	{
		uint32_t root = parent[i];

		if (root != i)
			parent[i] = parent[root]; /* which has its part already */
		else if (i < d->tasks && engine->task[i].arcs > 0)
		{
			d->part_end[parts] = 0;
			parent[i] = parts++;
		}
		else
			parent[i] = NONE;
		if (i >= d->tasks && parent[i] != NONE)
			d->part_end[parent[i]]++;
	}
	for (i = 0; i < parts; i++)
	{
		uint32_t count = d->part_end[i];

		d->part_end[i] = at;
		at += count;
	}
	for (i = d->tasks; i < nodes; i++)
		if (parent[i] != NONE)
			d->worker_order[d->part_end[parent[i]]++] = i - d->tasks;
	*found = parts;
	return RUI_OK;
}

/*
 * Walk each part breadth first from its first worker: to the tasks that a
 * worker is the first choice of, then to their next choices.  Tasks and workers
 * get their numbers in the order of the walk.
 */
static rui_status
walk(draft *d, rui_assign_graph *graph, rui_error *error)
{
	rui_assign_engine *engine = &d->engine;
	const rui_env *env = &engine->env;
	uint32_t *queue = rui_allocate(env, d->workers, sizeof *queue);
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t task_count = 0;
	uint32_t part;
	uint32_t i;
	uint32_t j;

	if (queue == NULL)
		return rui_fail_memory(error, d->workers * sizeof *queue);
	for (i = d->tasks; i-- > 0;)
	{
		rui_assign_task *t = &engine->task[i];

		if (t->arcs > 0)
		{
			rui_assign_worker *w = &engine->worker[engine->arc_worker[t->arc]];

			t->next = w->first;
			w->first = i;
		}
	}
	for (i = 0; i < d->workers; i++)
		graph->worker_number[d->worker_by_id[i]] = NONE;
	for (part = 0; part < graph->parts; part++)
	{
		rui_assign_range *range = &graph->part[part];

		range->task = task_count;
		range->worker = tail;
		for (i = tail; i < d->part_end[part]; i++)
		{
			uint32_t from = d->worker_order[i];

			if (graph->worker_number[d->worker_by_id[from]] != NONE)
				continue;
			graph->worker_number[d->worker_by_id[from]] = tail;
			queue[tail++] = from;
			while (head < tail)
			{
				uint32_t task = engine->worker[queue[head++]].first;

				for (; task != NONE; task = engine->task[task].next)
				{
					const rui_assign_task *t = &engine->task[task];

					d->task_order[task_count++] = task;
					for (j = 0; j < t->arcs && j < NEIGHBOURS; j++)
					{
						uint32_t worker = engine->arc_worker[t->arc + j];
						uint32_t *number = &graph->worker_number[d->worker_by_id[worker]];

						if (*number == NONE)
						{
							*number = tail;
							queue[tail++] = worker;
						}
					}
				}
			}
		}
		range->task_end = task_count;
		range->worker_end = tail;
	}
	memcpy(d->worker_order, queue, tail * sizeof *queue);
	rui_release(env, queue);
	return RUI_OK;
}

/* The graph itself, from the draft in the order of the walk. */
static rui_status
copy(const draft *d, rui_assign_graph *graph, rui_error *error)
{
	const rui_assign_engine *from = &d->engine;
	rui_assign_engine *to = &graph->engine;
	const rui_assign_range *last = graph->part + graph->parts;
	uint32_t tasks = graph->parts == 0 ? 0 : last[-1].task_end;
	uint32_t workers = graph->parts == 0 ? 0 : last[-1].worker_end;
	size_t arcs = 0;
	uint32_t looked = 0;
	uint32_t i;
	uint32_t j;
	rui_status status;

	for (i = 0; i < d->tasks; i++)
		arcs += from->task[i].arcs;
	status = rui_assign_engine_start(to, &from->env, tasks, workers, arcs, error);
	if (status != RUI_OK)
		return status;
	for (i = 0; i < d->tasks; i++)
		graph->task_number[i] = NONE;
	arcs = 0;
	for (i = 0; i < tasks; i++)
	{
		const rui_assign_task *old = &from->task[d->task_order[i]];
		rui_assign_task *t = &to->task[i];

		if (stopped(d, &looked, old->arcs))
			return interrupted(error);
		graph->task_index[i] = d->task_by_id[d->task_order[i]];
		graph->task_number[graph->task_index[i]] = i;
		t->penalty = old->penalty;
		t->arc = (uint32_t) arcs;
		t->arcs = old->arcs;
		t->sorted = old->sorted;
		memcpy(to->arc_cost + arcs, from->arc_cost + old->arc, old->arcs * sizeof(int64_t));
		for (j = 0; j < old->arcs; j++)
			to->arc_worker[arcs + j] =
				graph->worker_number[d->worker_by_id[from->arc_worker[old->arc + j]]];
		arcs += old->arcs;
	}
	for (i = 0; i < workers; i++)
	{
		const rui_assign_worker_row *row = &d->rows->worker[d->worker_by_id[d->worker_order[i]]];

		graph->worker_index[i] = d->worker_by_id[d->worker_order[i]];
		to->worker[i].capacity = row->capacity;
		to->worker[i].load_cost = rui_assign_units(row->load_cost);
	}
	return RUI_OK;
}

rui_status
rui_assign_graph_start(rui_assign_graph *graph, const rui_assign_rows *rows, const rui_env *env,
					   rui_error *error)
{
	draft d;
	rui_status status;

	memset(graph, 0, sizeof *graph);
	graph->rows = rows;
	graph->env = *env;
	status = start(&d, rows, env, error);
	if (status == RUI_OK)
		status = lay_pairs(&d, error);
	if (status == RUI_OK)
		status = drop_pairs(&d, error);
	if (status == RUI_OK)
		status = find_parts(&d, &graph->parts, error);
	if (status == RUI_OK)
	{
		graph->task_number = rui_allocate(env, d.tasks, sizeof(uint32_t));
		graph->worker_number = rui_allocate(env, d.workers, sizeof(uint32_t));
		graph->task_index = rui_allocate(env, d.tasks, sizeof(uint32_t));
		graph->worker_index = rui_allocate(env, d.workers, sizeof(uint32_t));
		graph->part = rui_allocate(env, graph->parts, sizeof *graph->part);
		if (graph->task_number == NULL || graph->worker_number == NULL ||
			graph->task_index == NULL || graph->worker_index == NULL || graph->part == NULL)
			status = rui_fail_memory(error, d.tasks * 3 * sizeof(uint32_t));
	}
	if (status == RUI_OK)
		status = walk(&d, graph, error);
	if (status == RUI_OK)
		status = copy(&d, graph, error);
	if (status == RUI_OK)
	{
		graph->task_by_id = d.task_by_id;
		d.task_by_id = NULL;
	}
	finish(&d);
	if (status != RUI_OK)
		rui_assign_graph_finish(graph);
	return status;
}

void
rui_assign_graph_finish(rui_assign_graph *graph)
{
	if (graph->engine.env.release != NULL)
		rui_assign_engine_finish(&graph->engine);
	rui_release(&graph->env, graph->task_by_id);
	rui_release(&graph->env, graph->task_number);
	rui_release(&graph->env, graph->worker_number);
	rui_release(&graph->env, graph->task_index);
	rui_release(&graph->env, graph->worker_index);
	rui_release(&graph->env, graph->part);
	memset(graph, 0, sizeof *graph);
}
