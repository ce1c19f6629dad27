/* SPDX-License-Identifier: PostgreSQL
 *
 * dispatch_match.h
 *	  The standing match of a project as its tables hold it.
 *
 * rui.dispatch_price holds the workers with their prices, dispatch_candidate
 * the tasks with their pairs, dispatch_plan who is to have each task and to
 * whom it is offered so far.  A pair with whom a task is offered to costs less
 * by the rebate.  All functions run inside SPI, as the owner of the tables.
 */
#ifndef RUI_DISPATCH_MATCH_H
#define RUI_DISPATCH_MATCH_H

#include "pg/rui_pg.h"

#include "core/assign_ids.h"
#include "core/assign_live.h"

#define RUI_MATCH_WHAT "standing match"

/* The statements, each prepared once. */
typedef enum rui_match_statement
{
	MATCH_READ_VERSION,
	MATCH_READ_WORKERS,
	MATCH_READ_HELD,
	MATCH_READ_BACKS,
	MATCH_READ_TASKS,
	MATCH_READ_ALL,
	MATCH_DELETE_TASKS,
	MATCH_WRITE_CANDIDATES,
	MATCH_WRITE_PLAN,
	MATCH_WRITE_PRICES,
	MATCH_WRITE_MOVES,
	MATCH_WRITE_OFFERS,
	MATCH_WRITE_VERSION,
	MATCH_STATEMENTS
} rui_match_statement;

/* A match in memory: what has been read of it so far, and what was changed. */
typedef struct rui_match
{
	MemoryContext context; /* NULL: none */
	bool usable; /* false while it is changed, and after an error */
	int64 project;
	int64 version;
	double load_cost;
	double rebate;
	int changes; /* since it was loaded */
	bool is_whole; /* all tasks have been told */
	rui_assign_live *live;
} rui_match;

/* A task that comes in or changes: its place in the arrays of the call. */
typedef struct rui_match_task
{
	int64 task;
	double penalty;
	bool has_row;
	bool is_offered; /* and stays so */
	int64 offered;
	int first;
	int count;
} rui_match_task;

/*
 * The elements of an array, none of a null one; 22023 where it has nulls or
 * several dimensions.  Two arrays that belong together: 22023 unless as long.
 */
extern void *rui_match_elements(Datum array, bool is_null, Oid type, int *count);
extern void rui_match_require_same(int count, int expected);

/* An array of int4, int8 or float8. */
extern Datum rui_match_array(Datum *values, int count, Oid type);

/* Execute a statement and tell its rows (SPI_tuptable); a column of one. */
extern uint64 rui_match_run(rui_match_statement which, Datum *values, const char *nulls,
							int expected);
extern Datum rui_match_column(uint64 row, int number, bool *is_null);

/*
 * Tell the match a row (task, penalty, parties, costs, holder, offered to);
 * all rows of a statement for a key (project only: MATCH_READ_ALL).
 */
extern rui_status rui_match_tell_row(rui_match *match, uint64 row, rui_error *error);
extern rui_status rui_match_tell_rows(rui_match *match, rui_match_statement which, Datum key,
									  rui_error *error);

/* Write prices (22003 where a double does not hold one), moves, a task with its pairs. */
extern void rui_match_write_prices(const rui_match *match, const rui_assign_price *price,
								   size_t count);
extern void rui_match_write_moves(const rui_match *match, const rui_assign_move *move,
								  size_t count, const rui_assign_ids *written);
extern void rui_match_write_task(const rui_match *match, const rui_match_task *changed,
								 const int64 *party, const double *cost);

#endif /* RUI_DISPATCH_MATCH_H */
