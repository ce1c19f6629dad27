/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.h
 *	  States of the statistics aggregates.
 */
#ifndef RUI_PG_STATISTICS_H
#define RUI_PG_STATISTICS_H

#include "pg/rui_pg.h"

#include "utils/array.h"

/*
 * The state array in an argument: one dimension, no nulls, of that element
 * type and (unless 0) size, else 22023.  The first argument of an aggregate's
 * function may be changed in place, others are copies.
 */
extern ArrayType *rui_state_array(FunctionCallInfo fcinfo, int argument, Oid element, int size);

#endif /* RUI_PG_STATISTICS_H */
