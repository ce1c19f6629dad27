/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live.h
 *	  An assignment that stays optimal while tasks and workers come, go and
 *	  change.
 *
 * Every worker has a price p, every task sits where cost plus price is least
 * (or is left over at its penalty), and with k tasks, capacity m, load cost b
 * and f units taken for good a worker's price obeys
 *
 *		b (f + k - 1) <= p if k > 0,    p <= b (f + k) if f + k < m.
 *
 * While all of this holds, the assignment is optimal, by duality.  A change
 * breaks it in few places; rui_assign_live_settle mends each by one shortest
 * path over reduced costs, which looks only at the neighbourhood in which
 * something is nearer than the best end of the path seen so far.
 *
 * Costs are counted in units of 2^-20 as in assign.h, prices and sums in 128
 * bits: they cannot overflow.
 *
 * Ties: of several paths of the same length the one found first is taken, and
 * workers are looked at by (distance, id), their tasks by id, and pairs by
 * (cost, id).  So the same state and the same changes give the same
 * assignment and prices, however the state came into memory; another history
 * that leads to the same problem may end in another assignment of the same sum.
 */
#ifndef RUI_ASSIGN_LIVE_H
#define RUI_ASSIGN_LIVE_H

#include "core/assign.h"

typedef struct rui_assign_live rui_assign_live;

typedef struct rui_assign_live_worker
{
	int64_t worker;
	double load_cost; /* load_cost * (fixed + k - 1) for the k-th task; 0 in the other forms */
	int32_t capacity;
	int32_t fixed; /* units of it that work takes which never moves */
} rui_assign_live_worker;

typedef struct rui_assign_option
{
	int64_t worker;
	double cost;
} rui_assign_option;

typedef struct rui_assign_live_task
{
	int64_t task;
	double penalty; /* not read in the form MOST */
	const rui_assign_option *option; /* each worker once */
	uint32_t options;
} rui_assign_live_task;

/* A task that is elsewhere than when changes were last noted. */
typedef struct rui_assign_move
{
	int64_t task;
	int64_t from; /* 0 where it was with nobody */
	int64_t to;
	double cost; /* of the pair it takes now */
	bool was_assigned;
	bool is_assigned;
} rui_assign_move;

/* A worker whose price, load or limits are others than when last noted. */
typedef struct rui_assign_price
{
	int64_t worker;
	double price; /* 0 where it has no room at all */
	bool is_exact; /* a double holds the price (53 bits), so it can be told again */
	int32_t capacity;
	int32_t fixed;
	int32_t load;
} rui_assign_price;

/*
 * Where the state lies elsewhere (in tables), it is told only as far as it is
 * needed: read tells, by rui_assign_live_tell_task, all tasks that a worker
 * holds, or that have a pair with him where backs is true; telling a task
 * twice is no harm.  Workers must all be told at the start.
 */
typedef struct rui_assign_reader
{
	rui_status (*read)(rui_assign_live *live, int64_t worker, bool backs, void *argument,
					   rui_error *error);
	void *argument;
} rui_assign_reader;

/* Nothing in it; reader may be NULL: then all is told or set, nothing read. */
extern rui_status rui_assign_live_create(const rui_env *env, rui_assign_form form,
										 const rui_assign_reader *reader, rui_assign_live **live,
										 rui_error *error);
extern void rui_assign_live_free(rui_assign_live *live);

/* Bytes it holds. */
extern size_t rui_assign_live_bytes(const rui_assign_live *live);

/*
 * Tell what is so already, and optimal: not for settling.  A worker, with the
 * tasks it holds and its price; a task, with the worker that holds it or NULL.
 * RUI_INVALID as the functions below, and where what is told does not fit
 * together.
 */
extern rui_status rui_assign_live_tell_worker(rui_assign_live *live,
											  const rui_assign_live_worker *worker, int32_t load,
											  double price, rui_error *error);
extern rui_status rui_assign_live_tell_task(rui_assign_live *live,
											const rui_assign_live_task *task,
											const int64_t *holder, rui_error *error);

/*
 * Changes.  A worker or task that is new, or has other facts (all of them)
 * than before; a pair counts while its worker is there.  A pair's cost, or
 * no pair any more where cost is NULL.  A worker who is removed takes his
 * pairs along.  RUI_INVALID: numbers that are not finite, negative capacity,
 * fixed or load cost, a worker twice in a task's options, an unknown task.
 * RUI_RANGE: a number that does not fit 2^-20 units.  RUI_LIMIT: more than
 * RUI_ASSIGN_MAX_TASKS tasks.  Refused and failed changes leave everything as
 * it was.
 */
extern rui_status rui_assign_live_set_worker(rui_assign_live *live,
											 const rui_assign_live_worker *worker,
											 rui_error *error);
extern rui_status rui_assign_live_remove_worker(rui_assign_live *live, int64_t worker,
												rui_error *error);
extern rui_status rui_assign_live_set_task(rui_assign_live *live,
										   const rui_assign_live_task *task, rui_error *error);
extern rui_status rui_assign_live_remove_task(rui_assign_live *live, int64_t task,
											  rui_error *error);
extern rui_status rui_assign_live_set_cost(rui_assign_live *live, int64_t task, int64_t worker,
										   const double *cost, rui_error *error);

/*
 * The task stays with its worker for good: it leaves, and takes a unit of the
 * worker's capacity with it.  RUI_STATE: it is with nobody.
 */
extern rui_status rui_assign_live_fix_task(rui_assign_live *live, int64_t task,
										   rui_error *error);

/*
 * Make the assignment optimal again after any number of changes.  After a
 * failure (RUI_INTERRUPTED, RUI_MEMORY, what the reader returned) the state
 * is not optimal, and everything but rui_assign_live_free gives RUI_STATE.
 */
extern rui_status rui_assign_live_settle(rui_assign_live *live, rui_error *error);

/* Whether a task is known; its worker and the cost of the pair where it has one. */
extern bool rui_assign_live_find(const rui_assign_live *live, int64_t task,
								 rui_assignment *assignment);

/* The cost of a pair; false where it is not there. */
extern bool rui_assign_live_find_cost(const rui_assign_live *live, int64_t task, int64_t worker,
									  double *cost);

/* Facts, load and price of a worker; false where unknown. */
extern bool rui_assign_live_find_worker(const rui_assign_live *live, int64_t worker,
										rui_assign_price *price);

/*
 * What changed since the last call, in ascending order of ids, in arrays that
 * live until the next call of this function.
 */
extern rui_status rui_assign_live_note(rui_assign_live *live, const rui_assign_move **move,
									   size_t *moves, const rui_assign_price **price,
									   size_t *prices, rui_error *error);

/* How many workers the searches so far took from the heap, for measuring. */
extern uint64_t rui_assign_live_steps(const rui_assign_live *live);

#endif /* RUI_ASSIGN_LIVE_H */
