/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.h
 *	  Optimal assignment of tasks to workers of limited capacity.
 *
 * Rows (task, worker, cost, ...) are collected first, in any order, and solved
 * at once.  Costs are counted in units of 2^-20 in int64; a result is exact
 * in these units and does not depend on the order of the rows.
 */
#ifndef RUI_ASSIGN_H
#define RUI_ASSIGN_H

#include "core/rui_core.h"

#define RUI_ASSIGN_FRACTION_BITS 20
#define RUI_ASSIGN_MAX_TASKS 20000000

/* What is least. */
typedef enum rui_assign_form
{
	RUI_ASSIGN_MOST, /* the tasks left over, then the sum of costs */
	RUI_ASSIGN_PENALTY, /* the sum of costs and of penalties of tasks left over */
	RUI_ASSIGN_LOAD /* the same plus load_cost x (k - 1) for a worker's k-th task */
} rui_assign_form;

/* One row of input: a pair, or a task alone where has_worker is false. */
typedef struct rui_assign_row
{
	int64_t task;
	int64_t worker;
	double cost;
	double penalty; /* read in the forms PENALTY and LOAD */
	double load_cost; /* read in the form LOAD */
	int32_t capacity;
	bool has_worker;
} rui_assign_row;

/* One row of the result. */
typedef struct rui_assignment
{
	int64_t task;
	int64_t worker;
	double cost; /* as given */
	bool assigned; /* otherwise worker and cost mean nothing */
} rui_assignment;

/*
 * What a worker's time is worth: no sum could be less by more than the price
 * if he took one task more.  With these prices assign_live.h can go on.
 */
typedef struct rui_assign_worker_price
{
	int64_t worker;
	double price; /* 0 where the capacity is 0 */
	int32_t load; /* tasks he has */
} rui_assign_worker_price;

typedef struct rui_assign_rows rui_assign_rows;

/* An empty collection; everything it holds comes from env. */
extern rui_status rui_assign_rows_create(const rui_env *env, rui_assign_form form,
										 rui_assign_rows **rows, rui_error *error);
extern void rui_assign_rows_free(rui_assign_rows *rows);

/*
 * Take one row.  RUI_INVALID: a number that is not finite, a negative
 * capacity or load cost, a worker whose capacity or load cost, or a task
 * whose penalty, differs from its earlier rows.  RUI_RANGE: a number that
 * does not fit 2^-20 units.  RUI_LIMIT: more than RUI_ASSIGN_MAX_TASKS tasks,
 * 2^32 - 2 pairs.  A failed row leaves the collection as it was.
 */
extern rui_status rui_assign_rows_add(rui_assign_rows *rows, const rui_assign_row *row,
									  rui_error *error);

extern size_t rui_assign_task_count(const rui_assign_rows *rows);
extern size_t rui_assign_worker_count(const rui_assign_rows *rows);
extern size_t rui_assign_pair_count(const rui_assign_rows *rows);

/* Bytes the collection holds, and the most that rui_assign_solve will take beside them. */
extern size_t rui_assign_rows_bytes(const rui_assign_rows *rows);
extern size_t rui_assign_solve_bytes(const rui_assign_rows *rows);

/*
 * Solve: *result gets one row for each task, in ascending order of task, as
 * many as rui_assign_task_count; release it with rui_release.  The rows are
 * not changed.  RUI_INVALID: a pair occurs twice.  RUI_RANGE: sums of the
 * costs could leave int64.
 */
extern rui_status rui_assign_solve(const rui_assign_rows *rows, const rui_env *env,
								   rui_assignment **result, rui_error *error);

/*
 * The same with prices that prove the result best: a row for each worker, in
 * ascending order, as many as rui_assign_worker_count.  RUI_INVALID also in
 * the form MOST, where no sum of costs outweighs a task.
 */
extern rui_status rui_assign_solve_priced(const rui_assign_rows *rows, const rui_env *env,
										  rui_assignment **result,
										  rui_assign_worker_price **price, rui_error *error);

#endif /* RUI_ASSIGN_H */
