/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_check.h
 *	  Is a given assignment feasible, what does it cost, is it optimal?
 *
 * Optimality is shown by prices of the workers that satisfy every condition of
 * linear programming duality, or refuted by an exchange that saves something.
 * Nothing here uses the engine that solves; sums are kept in 128 bits.
 */
#ifndef RUI_ASSIGN_CHECK_H
#define RUI_ASSIGN_CHECK_H

#include "core/assign.h"

typedef struct rui_assign_check rui_assign_check;

typedef struct rui_assign_verdict
{
	bool feasible;
	bool optimal; /* only where feasible */
	size_t tasks;
	size_t assigned; /* tasks with a chosen pair */
	double objective; /* what the form makes least, in the form MOST the sum of costs */
	char problem[512]; /* empty where optimal */
} rui_assign_verdict;

extern rui_status rui_assign_check_create(const rui_env *env, rui_assign_form form,
										  rui_assign_check **check, rui_error *error);
extern void rui_assign_check_free(rui_assign_check *check);

/* Take one row as rui_assign_rows_add does; chosen is ignored in one without worker. */
extern rui_status rui_assign_check_add(rui_assign_check *check, const rui_assign_row *row,
									   bool chosen, rui_error *error);

/* Judge.  The rows are not changed; errors as rui_assign_solve but for RUI_RANGE. */
extern rui_status rui_assign_check_judge(const rui_assign_check *check, const rui_env *env,
										 rui_assign_verdict *verdict, rui_error *error);

/* Bytes held, and the most that judging takes beside them. */
extern size_t rui_assign_check_bytes(const rui_assign_check *check);
extern size_t rui_assign_judge_bytes(const rui_assign_check *check);

#endif /* RUI_ASSIGN_CHECK_H */
