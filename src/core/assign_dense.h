/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_dense.h
 *	  Shortest augmenting paths where nearly all pairs are possible.
 *
 * The same searches as those of the engine, on the same tasks, workers and
 * prices, with the costs as a matrix and without sorting or a heap: each step
 * is one pass over a row.
 */
#ifndef RUI_ASSIGN_DENSE_H
#define RUI_ASSIGN_DENSE_H

#include "core/assign_engine.h"

typedef struct rui_assign_dense rui_assign_dense;

/* Whether a range has enough pairs to gain by a matrix. */
extern bool rui_assign_is_dense(const rui_assign_engine *engine, const rui_assign_range *range);

/* The matrix of a range; rui_assign_dense_finish takes NULL too. */
extern rui_status rui_assign_dense_start(rui_assign_engine *engine, const rui_assign_range *range,
										 rui_assign_dense **dense, rui_error *error);
extern void rui_assign_dense_finish(rui_assign_dense *dense);

/* As rui_assign_search_task. */
extern rui_status rui_assign_dense_add(rui_assign_dense *dense, uint32_t task, rui_error *error);

/* The most bytes it takes for this many workers and pairs. */
extern size_t rui_assign_dense_bytes(size_t workers, size_t arcs);

#endif /* RUI_ASSIGN_DENSE_H */
