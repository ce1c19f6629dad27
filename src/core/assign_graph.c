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

/* The best workers of a task, by rank, ascending by (cost, worker). */
typedef struct choice
{
	int64_t cost[NEIGHBOURS];
	uint32_t worker[NEIGHBOURS];
	uint32_t count;
} choice;

/*
 * What is known before the pairs are laid out: enough to number tasks and
 * workers, so that the pairs need to be written once.  A rank is the place in
 * the order of ids; a node is the rank of a task, or tasks + that of a worker.
 */
typedef struct draft
{
	const rui_assign_rows *rows;
	rui_env env;
	uint32_t tasks;
	uint32_t workers;
	uint32_t *task_by_id; /* indexes */
	uint32_t *worker_by_id;
	uint32_t *task_rank; /* the inverse */
	uint32_t *worker_rank;
	int64_t *penalty; /* by index of the task: no dearer pair is wanted */
	choice *choice; /* by rank of the task */
	uint32_t *node; /* parent, then part of each node */
	uint32_t *worker_order; /* ranks by part, then as the walk finds them */
	uint32_t *task_order;
	uint32_t *part_end; /* in worker_order, then in the new numbers */
	uint32_t looked;
} draft;

/* What the draft takes beside the choices. */
static size_t
draft_bytes(size_t tasks, size_t workers)
{
	return tasks * (4 * sizeof(uint32_t) + sizeof(int64_t)) + workers * 3 * sizeof(uint32_t) +
		(tasks + workers) * sizeof(uint32_t);
}

size_t
rui_assign_graph_bytes(size_t tasks, size_t workers, size_t pairs)
{
	size_t kept = (tasks * 3 + workers * 2) * sizeof(uint32_t) + tasks * sizeof(rui_assign_range);
	size_t choosing = tasks * (sizeof(choice) + sizeof(uint32_t)) + workers * 2 * sizeof(uint32_t);
	size_t laying = rui_assign_engine_bytes(tasks, workers, pairs, false) +
		(tasks + workers) * sizeof(uint32_t);

	return kept + draft_bytes(tasks, workers) + (choosing > laying ? choosing : laying);
}

static rui_status
interrupted(rui_error *error)
{
	return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "The assignment was interrupted.");
}

/* Asks whether to stop after every so many pairs looked at. */
static inline bool
stopped(draft *d, uint32_t more)
{
	d->looked += more + 1;
	if (d->looked < LOOK)
		return false;
	d->looked = 0;
	return rui_interrupted(&d->env);
}

/* Indexes ascending by id, and their inverse. */
static rui_status
rank_ids(const rui_env *env, const rui_assign_ids *ids, uint32_t *by_id, uint32_t *rank,
		 rui_error *error)
{
	int64_t *key;
	bool ascending = true;
	uint32_t i;

	for (i = 0; i < ids->count; i++)
	{
		by_id[i] = rank[i] = i;
		ascending = ascending && (i == 0 || ids->id[i - 1] < ids->id[i]);
	}
	if (ascending)
		return RUI_OK;
	key = rui_allocate(env, ids->count, sizeof *key);
	if (key == NULL)
		return rui_fail_memory(error, ids->count * sizeof *key);
	memcpy(key, ids->id, ids->count * sizeof *key);
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
	uint32_t i;
	rui_status status;

	memset(d, 0, sizeof *d);
	d->rows = rows;
	d->env = *env;
	d->tasks = rows->task_ids.count;
	d->workers = rows->worker_ids.count;
	nodes = (size_t) d->tasks + d->workers;
	d->task_by_id = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->worker_by_id = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->task_rank = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->worker_rank = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->penalty = rui_allocate(env, d->tasks, sizeof(int64_t));
	d->choice = rui_allocate(env, d->tasks, sizeof(choice));
	d->node = rui_allocate(env, nodes, sizeof(uint32_t));
	d->worker_order = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->task_order = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->part_end = rui_allocate(env, d->tasks, sizeof(uint32_t));
	if (d->task_by_id == NULL || d->worker_by_id == NULL || d->task_rank == NULL ||
		d->worker_rank == NULL || d->penalty == NULL || d->choice == NULL || d->node == NULL ||
		d->worker_order == NULL || d->task_order == NULL || d->part_end == NULL)
		return rui_fail_memory(error,
							   draft_bytes(d->tasks, d->workers) + d->tasks * sizeof(choice));
	for (i = 0; i < d->tasks; i++)
	{
		d->choice[i].count = 0;
		d->penalty[i] = rows->form == RUI_ASSIGN_MOST ? INT64_MAX
													  : rui_assign_units(rows->task[i].penalty);
	}
	status = rank_ids(env, &rows->task_ids, d->task_by_id, d->task_rank, error);
	if (status == RUI_OK)
		status = rank_ids(env, &rows->worker_ids, d->worker_by_id, d->worker_rank, error);
	return status;
}

static void
finish(draft *d)
{
	rui_release(&d->env, d->task_by_id);
	rui_release(&d->env, d->worker_by_id);
	rui_release(&d->env, d->task_rank);
	rui_release(&d->env, d->worker_rank);
	rui_release(&d->env, d->penalty);
	rui_release(&d->env, d->choice);
	rui_release(&d->env, d->node);
	rui_release(&d->env, d->worker_order);
	rui_release(&d->env, d->task_order);
	rui_release(&d->env, d->part_end);
}

/* Whether an optimum may need a pair. */
static inline bool
is_wanted(const draft *d, uint32_t task, uint32_t worker, int64_t cost)
{
	return cost <= d->penalty[task] && d->rows->worker[worker].capacity > 0;
}

static inline void
choose(choice *best, int64_t cost, uint32_t worker)
{
	uint32_t at = best->count;

	if (at == NEIGHBOURS)
	{
		if (cost > best->cost[at - 1] ||
			(cost == best->cost[at - 1] && worker > best->worker[at - 1]))
			return;
		at--;
	}
	else
		best->count++;
	for (; at > 0 && (cost < best->cost[at - 1] ||
					  (cost == best->cost[at - 1] && worker < best->worker[at - 1]));
		 at--)
	{
		best->cost[at] = best->cost[at - 1];
		best->worker[at] = best->worker[at - 1];
	}
	best->cost[at] = cost;
	best->worker[at] = worker;
}

static inline uint32_t
find_root(uint32_t *parent, uint32_t node)
{
	while (parent[node] != node)
	{
		parent[node] = parent[parent[node]];
		node = parent[node];
	}
	return node;
}

/* See which nodes hang together, and the best workers of each task. */
static rui_status
look_through(draft *d, rui_error *error)
{
	rui_assign_cursor cursor = { d->rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t *parent = d->node;
	uint32_t i;

	for (i = 0; i < d->tasks + d->workers; i++)
		parent[i] = i;
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		int64_t cost = rui_assign_units(pair->cost);
		uint32_t task;
		uint32_t worker;
		uint32_t a;
		uint32_t b;

		if (stopped(d, 0))
			return interrupted(error);
		if (!is_wanted(d, pair->task, pair->worker, cost))
			continue;
		task = d->task_rank[pair->task];
		worker = d->worker_rank[pair->worker];
		choose(&d->choice[task], cost, worker);
		a = find_root(parent, task);
		b = find_root(parent, d->tasks + worker);

		/* The smaller is the root: a task, where there is a pair. */
		if (a < b)
			parent[b] = a;
		else
			parent[a] = b;
	}
	return RUI_OK;
}

/*
 * Number the connected parts by their first tasks, bring the workers of each
 * together.  Returns how many parts have a pair.
 */
static uint32_t
find_parts(draft *d)
{
	uint32_t *parent = d->node;
	uint32_t nodes = d->tasks + d->workers;
	uint32_t parts = 0;
	uint32_t at = 0;
	uint32_t i;

	for (i = 0; i < nodes; i++)
		parent[i] = find_root(parent, i);
	for (i = 0; i < nodes; i++)
	{
		uint32_t root = parent[i];

		if (root != i)
			parent[i] = parent[root]; /* which has its part already */
		else if (i < d->tasks && d->choice[i].count > 0)
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
	return parts;
}

/* A list for each worker of the tasks whose first choice he is, ascending. */
static void
list_first_choices(const draft *d, uint32_t *first, uint32_t *next)
{
	uint32_t i;

	for (i = 0; i < d->workers; i++)
		first[i] = NONE;
	for (i = d->tasks; i-- > 0;)
		if (d->choice[i].count > 0)
		{
			next[i] = first[d->choice[i].worker[0]];
			first[d->choice[i].worker[0]] = i;
		}
}

/*
 * Walk each part breadth first from its first worker: to the tasks that a
 * worker is the first choice of, then to their next choices.  Tasks and workers
 * get their numbers in the order of the walk.
 */
static rui_status
walk(draft *d, rui_assign_graph *graph, rui_error *error)
{
	const rui_env *env = &d->env;
	uint32_t *queue = rui_allocate(env, d->workers, sizeof *queue);
	uint32_t *first = rui_allocate(env, d->workers, sizeof *first);
	uint32_t *next = rui_allocate(env, d->tasks, sizeof *next);
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t task_count = 0;
	uint32_t part;
	uint32_t i;
	uint32_t j;

	if (queue == NULL || first == NULL || next == NULL)
	{
		rui_release(env, queue);
		rui_release(env, first);
		rui_release(env, next);
		return rui_fail_memory(error, (d->workers * 2 + d->tasks) * sizeof *queue);
	}
	list_first_choices(d, first, next);
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
				uint32_t task = first[queue[head++]];

				for (; task != NONE; task = next[task])
				{
					const choice *best = &d->choice[task];

					d->task_order[task_count++] = task;
					for (j = 0; j < best->count; j++)
					{
						uint32_t *number = &graph->worker_number[d->worker_by_id[best->worker[j]]];

						if (*number == NONE)
						{
							*number = tail;
							queue[tail++] = best->worker[j];
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
	rui_release(env, first);
	rui_release(env, next);
	return RUI_OK;
}

/*
 * Lay all pairs by task in the order of the walk, those of tasks without a
 * number last, each with the index of its worker.  *end is where those of a
 * task, by index, end.
 */
static rui_status
lay_pairs(draft *d, rui_assign_graph *graph, uint32_t *end, rui_error *error)
{
	rui_assign_engine *engine = &graph->engine;
	rui_assign_cursor cursor = { d->rows->first, 0 };
	const rui_assign_pair *pair;
	uint32_t at = 0;
	uint32_t i;

	for (i = 0; i < d->tasks; i++)
		graph->task_number[i] = NONE;
	for (i = 0; i < engine->tasks; i++)
	{
		uint32_t index = d->task_by_id[d->task_order[i]];

		graph->task_index[i] = index;
		graph->task_number[index] = i;
		end[index] = at;
		at += d->rows->task[index].pairs;
	}
	for (i = 0; i < d->tasks; i++)
		if (graph->task_number[i] == NONE)
		{
			end[i] = at;
			at += d->rows->task[i].pairs;
		}
	while ((pair = rui_assign_next_pair(&cursor)) != NULL)
	{
		at = end[pair->task]++;
		engine->arc_cost[at] = rui_assign_units(pair->cost);
		engine->arc_worker[at] = pair->worker;
		if (stopped(d, 0))
			return interrupted(error);
	}
	return RUI_OK;
}

static rui_status
refuse_repeated(const draft *d, uint32_t task, uint32_t worker, rui_error *error)
{
	char part[RUI_ASSIGN_PART_SIZE];

	rui_assign_part(part, d->rows->task_ids.id[task], &d->rows->worker_ids.id[worker]);
	return rui_fail(error, RUI_INVALID, part,
					"Give each pair once, for example by min(cost) and GROUP BY.",
					"The pair occurs twice.");
}

/* Refuse a pair that a task has twice.  mark: of a worker, the last task that had it, + 1. */
static rui_status
check_pairs(draft *d, uint32_t task, const uint32_t *worker, uint32_t *mark, rui_error *error)
{
	uint32_t i;

	for (i = 0; i < d->rows->task[task].pairs; i++)
	{
		if (mark[worker[i]] == task + 1)
			return refuse_repeated(d, task, worker[i], error);
		mark[worker[i]] = task + 1;
	}
	return stopped(d, i) ? interrupted(error) : RUI_OK;
}

/* Keep the pairs that are wanted, close up, and put the best of each task first. */
static rui_status
keep_pairs(draft *d, rui_assign_graph *graph, const uint32_t *end, uint32_t *mark,
		   rui_error *error)
{
	rui_assign_engine *engine = &graph->engine;
	uint32_t arcs = 0;
	uint32_t i;
	uint32_t j;
	rui_status status = RUI_OK;

	for (i = 0; i < engine->tasks && status == RUI_OK; i++)
	{
		rui_assign_task *t = &engine->task[i];
		uint32_t index = graph->task_index[i];
		uint32_t from = end[index] - d->rows->task[index].pairs;

		status = check_pairs(d, index, engine->arc_worker + from, mark, error);
		t->arc = arcs;
		for (j = from; j < end[index]; j++)
			if (is_wanted(d, index, engine->arc_worker[j], engine->arc_cost[j]))
			{
				engine->arc_cost[arcs] = engine->arc_cost[j];
				engine->arc_worker[arcs++] = graph->worker_number[engine->arc_worker[j]];
			}
		t->arcs = arcs - t->arc;
		t->penalty = rui_assign_units(d->rows->task[index].penalty);
		rui_assign_first(engine->arc_cost + t->arc, engine->arc_worker + t->arc, t->arcs,
						 &t->sorted);
	}
	for (i = 0; i < d->tasks && status == RUI_OK; i++)
		if (graph->task_number[i] == NONE)
			status = check_pairs(d, i, engine->arc_worker + end[i] - d->rows->task[i].pairs, mark,
								 error);
	engine->arcs = arcs;
	return status;
}

/* The graph itself, in the order of the walk. */
static rui_status
lay_out(draft *d, rui_assign_graph *graph, rui_error *error)
{
	rui_assign_engine *engine = &graph->engine;
	const rui_assign_range *last = graph->part + graph->parts;
	uint32_t tasks = graph->parts == 0 ? 0 : last[-1].task_end;
	uint32_t workers = graph->parts == 0 ? 0 : last[-1].worker_end;
	uint32_t *end = rui_allocate(&d->env, d->tasks, sizeof *end);
	uint32_t *mark = rui_allocate_zero(&d->env, d->workers, sizeof *mark);
	rui_status status = RUI_OK;
	uint32_t i;

	if (end == NULL || mark == NULL)
		status = rui_fail_memory(error, d->tasks * sizeof *end + d->workers * sizeof *mark);
	if (status == RUI_OK)
		status =
			rui_assign_engine_start(engine, &d->env, tasks, workers, d->rows->pairs, error);
	if (status == RUI_OK)
		status = lay_pairs(d, graph, end, error);
	if (status == RUI_OK)
		status = keep_pairs(d, graph, end, mark, error);
	rui_release(&d->env, end);
	rui_release(&d->env, mark);
	for (i = 0; i < workers && status == RUI_OK; i++)
	{
		uint32_t index = d->worker_by_id[d->worker_order[i]];

		graph->worker_index[i] = index;
		engine->worker[i].capacity = d->rows->worker[index].capacity;
		engine->worker[i].load_cost = rui_assign_units(d->rows->worker[index].load_cost);
	}
	return status;
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
		status = look_through(&d, error);
	if (status == RUI_OK)
	{
		graph->parts = find_parts(&d);
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
	rui_release(env, d.choice);
	d.choice = NULL;
	if (status == RUI_OK)
		status = lay_out(&d, graph, error);
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
