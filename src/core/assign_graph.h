/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_graph.h
 *	  The rows of an assignment problem as a graph for the engine.
 */
#ifndef RUI_ASSIGN_GRAPH_H
#define RUI_ASSIGN_GRAPH_H

#include "core/assign_engine.h"

/*
 * Indexes of tasks and workers are by arrival in the rows, numbers those of
 * the engine: connected parts follow each other, and what is near in the
 * graph is near in memory.  Tasks and workers without a pair have no number.
 */
typedef struct rui_assign_graph
{
	const rui_assign_rows *rows;
	rui_env env;
	rui_assign_engine engine;
	uint32_t *task_by_id; /* indexes, ascending by id */
	uint32_t *task_number; /* from index, or NONE */
	uint32_t *worker_number;
	uint32_t *task_index; /* from number */
	uint32_t *worker_index;
	rui_assign_range *part;
	uint32_t parts;
} rui_assign_graph;

/*
 * Lay out the rows, without the pairs that no optimum needs: those of workers
 * without capacity, and costs above the penalty (no price is negative).  The
 * numbers do not depend on the order of the rows.  RUI_INVALID: a pair
 * occurs twice.
 */
extern rui_status rui_assign_graph_start(rui_assign_graph *graph, const rui_assign_rows *rows,
										 const rui_env *env, rui_error *error);
extern void rui_assign_graph_finish(rui_assign_graph *graph);

/* The most bytes a graph takes, also while it is laid out, without the worker side. */
extern size_t rui_assign_graph_bytes(size_t tasks, size_t workers, size_t pairs);

#endif /* RUI_ASSIGN_GRAPH_H */
