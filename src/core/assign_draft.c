/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_draft.c
 *	  Numbers for tasks and workers, before their pairs are laid out.
 */
#include "core/assign_draft.h"

#include <string.h>

#include "core/assign_list.h"

#define NONE RUI_ASSIGN_NONE

size_t
rui_assign_draft_bytes(size_t tasks, size_t workers, size_t *choosing)
{
	*choosing = tasks * (sizeof(rui_assign_choice) + sizeof(uint32_t)) +
		workers * 2 * sizeof(uint32_t);
	return *choosing + tasks * (4 * sizeof(uint32_t) + sizeof(int64_t)) +
		workers * 3 * sizeof(uint32_t) + (tasks + workers) * sizeof(uint32_t);
}

rui_status
rui_assign_draft_interrupted(rui_error *error)
{
	return rui_fail_interrupted(error);
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

rui_status
rui_assign_draft_start(rui_assign_draft *d, const rui_assign_rows *rows, const rui_env *env,
					   rui_error *error)
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
	d->choice = rui_allocate(env, d->tasks, sizeof(rui_assign_choice));
	d->node = rui_allocate(env, nodes, sizeof(uint32_t));
	d->worker_order = rui_allocate(env, d->workers, sizeof(uint32_t));
	d->task_order = rui_allocate(env, d->tasks, sizeof(uint32_t));
	d->part_end = rui_allocate(env, d->tasks, sizeof(uint32_t));
	if (d->task_by_id == NULL || d->worker_by_id == NULL || d->task_rank == NULL ||
		d->worker_rank == NULL || d->penalty == NULL || d->choice == NULL || d->node == NULL ||
		d->worker_order == NULL || d->task_order == NULL || d->part_end == NULL)
		return rui_fail_memory(error, nodes * 8 * sizeof(uint32_t));
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

void
rui_assign_draft_finish(rui_assign_draft *d)
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

static inline bool
is_better(int64_t cost, uint32_t worker, const rui_assign_choice *best, uint32_t at)
{
	return cost < best->cost[at] || (cost == best->cost[at] && worker < best->worker[at]);
}

static inline void
choose(rui_assign_choice *best, int64_t cost, uint32_t worker)
{
	uint32_t at = best->count;

	if (at == RUI_ASSIGN_NEIGHBOURS)
	{
		if (!is_better(cost, worker, best, at - 1))
			return;
		at--;
	}
	else
		best->count++;
	for (; at > 0 && is_better(cost, worker, best, at - 1); at--)
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
look_through(rui_assign_draft *d, rui_error *error)
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

		if (rui_assign_draft_stopped(d, 0))
			return rui_assign_draft_interrupted(error);
		if (!rui_assign_is_wanted(d, pair->task, pair->worker, cost))
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
find_parts(rui_assign_draft *d)
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
list_first_choices(const rui_assign_draft *d, uint32_t *first, uint32_t *next)
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
walk(rui_assign_draft *d, rui_assign_graph *graph, rui_error *error)
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
					const rui_assign_choice *best = &d->choice[task];

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

rui_status
rui_assign_draft_number(rui_assign_draft *d, rui_assign_graph *graph, rui_error *error)
{
	const rui_env *env = &d->env;
	rui_status status = look_through(d, error);

	if (status != RUI_OK)
		return status;
	graph->parts = find_parts(d);
	graph->worker_number = rui_allocate(env, d->workers, sizeof(uint32_t));
	graph->part = rui_allocate(env, graph->parts, sizeof *graph->part);
	if (graph->worker_number == NULL || graph->part == NULL)
		return rui_fail_memory(error, graph->parts * sizeof *graph->part);
	status = walk(d, graph, error);
	rui_release(env, d->choice);
	d->choice = NULL;
	return status;
}
