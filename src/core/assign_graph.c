/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_graph.c
 *	  The rows of an assignment problem as a graph for the engine.
 */
#include "core/assign_graph.h"

#include <string.h>

#include "core/assign_draft.h"
#include "core/assign_list.h"

#define NONE RUI_ASSIGN_NONE

size_t
rui_assign_graph_bytes(size_t tasks, size_t workers, size_t pairs)
{
	size_t kept = (tasks * 3 + workers * 2) * sizeof(uint32_t) + tasks * sizeof(rui_assign_range);
	size_t choosing;
	size_t drafted = rui_assign_draft_bytes(tasks, workers, &choosing) - choosing;
	size_t laying = rui_assign_engine_bytes(tasks, workers, pairs, false) +
		(tasks + workers) * sizeof(uint32_t);

	return kept + drafted + (choosing > laying ? choosing : laying);
}

/*
 * Lay all pairs by task in the order of the walk, those of tasks without a
 * number last, each with the index of its worker.  *end is where those of a
 * task, by index, end.
 */
static rui_status
lay_pairs(rui_assign_draft *d, rui_assign_graph *graph, uint32_t *end, rui_error *error)
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
		if (rui_assign_draft_stopped(d, 0))
			return rui_assign_draft_interrupted(error);
	}
	return RUI_OK;
}

static rui_status
refuse_repeated(const rui_assign_draft *d, uint32_t task, uint32_t worker, rui_error *error)
{
	char part[RUI_ASSIGN_PART_SIZE];

	rui_assign_part(part, d->rows->task_ids.id[task], &d->rows->worker_ids.id[worker]);
	return rui_fail(error, RUI_INVALID, part,
					"Give each pair once, for example by min(cost) and GROUP BY.",
					"The pair occurs twice.");
}

/* Refuse a pair that a task has twice; mark is the last task of each worker, + 1. */
static rui_status
check_pairs(rui_assign_draft *d, uint32_t task, const uint32_t *worker, uint32_t *mark,
			rui_error *error)
{
	uint32_t i;

	for (i = 0; i < d->rows->task[task].pairs; i++)
	{
		if (mark[worker[i]] == task + 1)
			return refuse_repeated(d, task, worker[i], error);
		mark[worker[i]] = task + 1;
	}
	return rui_assign_draft_stopped(d, i) ? rui_assign_draft_interrupted(error) : RUI_OK;
}

/* Keep the pairs that are wanted, close up, and put the best of each task first. */
static rui_status
keep_pairs(rui_assign_draft *d, rui_assign_graph *graph, const uint32_t *end, uint32_t *mark,
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
			if (rui_assign_is_wanted(d, index, engine->arc_worker[j], engine->arc_cost[j]))
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
lay_out(rui_assign_draft *d, rui_assign_graph *graph, rui_error *error)
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
	rui_assign_draft d;
	rui_status status;

	memset(graph, 0, sizeof *graph);
	graph->rows = rows;
	graph->env = *env;
	status = rui_assign_draft_start(&d, rows, env, error);
	if (status == RUI_OK)
		status = rui_assign_draft_number(&d, graph, error);
	if (status == RUI_OK)
	{
		graph->task_number = rui_allocate(env, d.tasks, sizeof(uint32_t));
		graph->task_index = rui_allocate(env, d.tasks, sizeof(uint32_t));
		graph->worker_index = rui_allocate(env, d.workers, sizeof(uint32_t));
		if (graph->task_number == NULL || graph->task_index == NULL || graph->worker_index == NULL)
			status = rui_fail_memory(error, d.tasks * 3 * sizeof(uint32_t));
	}
	if (status == RUI_OK)
		status = lay_out(&d, graph, error);
	if (status == RUI_OK)
	{
		graph->task_by_id = d.task_by_id;
		d.task_by_id = NULL;
	}
	rui_assign_draft_finish(&d);
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
