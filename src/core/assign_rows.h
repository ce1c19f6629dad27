/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_rows.h
 *	  How the collected rows of an assignment problem lie in memory.
 */
#ifndef RUI_ASSIGN_ROWS_H
#define RUI_ASSIGN_ROWS_H

#include <math.h>

#include "core/assign.h"
#include "core/assign_ids.h"

typedef struct rui_assign_task_row
{
	double penalty;
	uint32_t pairs;
} rui_assign_task_row;

typedef struct rui_assign_worker_row
{
	double load_cost;
	int32_t capacity;
} rui_assign_worker_row;

typedef struct rui_assign_pair
{
	uint32_t task;
	uint32_t worker;
	double cost;
} rui_assign_pair;

/* Pairs lie in chunks: growing never copies them. */
typedef struct rui_assign_chunk
{
	struct rui_assign_chunk *next;
	uint32_t room;
	uint32_t count;
	rui_assign_pair pair[];
} rui_assign_chunk;

struct rui_assign_rows
{
	rui_env env;
	rui_assign_form form;
	rui_assign_ids task_ids;
	rui_assign_ids worker_ids;
	rui_assign_task_row *task;
	size_t task_capacity;
	uint32_t last_task; /* of the row added last: most come task by task */
	rui_assign_worker_row *worker;
	size_t worker_capacity;
	rui_assign_chunk *first;
	rui_assign_chunk *last;
	size_t pairs;
	size_t pair_bytes;
};

/* Walk all pairs in order of arrival: for (...) { use cursor.pair }. */
typedef struct rui_assign_cursor
{
	const rui_assign_chunk *chunk;
	uint32_t at;
} rui_assign_cursor;

static inline const rui_assign_pair *
rui_assign_next_pair(rui_assign_cursor *cursor)
{
	while (cursor->chunk != NULL && cursor->at == cursor->chunk->count)
	{
		cursor->chunk = cursor->chunk->next;
		cursor->at = 0;
	}
	return cursor->chunk == NULL ? NULL : &cursor->chunk->pair[cursor->at++];
}

/* A number that was accepted in a row, in units of 2^-20, rounded half to even. */
static inline int64_t
rui_assign_units(double value)
{
	return (int64_t) rint(value * (double) (1 << RUI_ASSIGN_FRACTION_BITS));
}

/* Whether a number can be counted so: differences of two fit in int64. */
#define RUI_ASSIGN_FIXED_LIMIT 2199023255552.0 /* 2^41 */

static inline bool
rui_assign_fits(double value)
{
	return fabs(value) < RUI_ASSIGN_FIXED_LIMIT;
}

/* Say why a number does not fit; part is what rui_assign_part made. */
extern rui_status rui_assign_refuse_number(double value, const char *what, const char *part,
										   rui_error *error);

/* "task 7, worker 3" for errors; worker may be NULL. */
#define RUI_ASSIGN_PART_SIZE 64
extern void rui_assign_part(char part[RUI_ASSIGN_PART_SIZE], int64_t task, const int64_t *worker);

#endif /* RUI_ASSIGN_ROWS_H */
