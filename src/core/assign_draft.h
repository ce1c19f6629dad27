/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_draft.h
 *	  Numbers for tasks and workers, before their pairs are laid out.
 */
#ifndef RUI_ASSIGN_DRAFT_H
#define RUI_ASSIGN_DRAFT_H

#include "core/assign_graph.h"

#define RUI_ASSIGN_NEIGHBOURS 6 /* workers of a task that the walk goes on to */
#define RUI_ASSIGN_LOOK (1 << 18) /* pairs looked at between two looks at the host */

/* The best workers of a task, by rank, ascending by (cost, worker). */
typedef struct rui_assign_choice
{
	int64_t cost[RUI_ASSIGN_NEIGHBOURS];
	uint32_t worker[RUI_ASSIGN_NEIGHBOURS];
	uint32_t count;
} rui_assign_choice;

/*
 * What is known before the pairs are laid out: enough to number tasks and
 * workers, so that the pairs need to be written once.  A rank is the place in
 * the order of ids; a node is the rank of a task, or tasks + that of a worker.
 */
typedef struct rui_assign_draft
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
	rui_assign_choice *choice; /* by rank of the task */
	uint32_t *node; /* parent, then part of each node */
	uint32_t *worker_order; /* ranks by part, then as the walk finds them */
	uint32_t *task_order;
	uint32_t *part_end; /* in worker_order, then in the new numbers */
	uint32_t looked;
} rui_assign_draft;

/*
 * Find the connected parts of the rows and number their tasks and workers in
 * the graph (part, task_order, worker_order, worker_number), so that what is
 * near in the graph is near in memory.  Release with finish in any case.
 */
extern rui_status rui_assign_draft_start(rui_assign_draft *draft, const rui_assign_rows *rows,
										 const rui_env *env, rui_error *error);
extern rui_status rui_assign_draft_number(rui_assign_draft *draft, rui_assign_graph *graph,
										  rui_error *error);
extern void rui_assign_draft_finish(rui_assign_draft *draft);

/* What the draft takes at most, with *choosing of it only until all is numbered. */
extern size_t rui_assign_draft_bytes(size_t tasks, size_t workers, size_t *choosing);

extern rui_status rui_assign_draft_interrupted(rui_error *error);

/* Asks whether to stop after every so many pairs looked at. */
static inline bool
rui_assign_draft_stopped(rui_assign_draft *d, uint32_t more)
{
	d->looked += more + 1;
	if (d->looked < RUI_ASSIGN_LOOK)
		return false;
	d->looked = 0;
	return rui_interrupted(&d->env);
}

/* Whether an optimum may need a pair. */
static inline bool
rui_assign_is_wanted(const rui_assign_draft *d, uint32_t task, uint32_t worker, int64_t cost)
{
	return cost <= d->penalty[task] && d->rows->worker[worker].capacity > 0;
}

#endif /* RUI_ASSIGN_DRAFT_H */
