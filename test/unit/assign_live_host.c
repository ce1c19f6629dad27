/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live_host.c
 *	  A live assignment and its host: what is refused, memory that is not
 *	  given, a wish to stop, a reader that fails or lies; and many tasks.
 */
#include "core/assign_live.h"

#include <math.h>

#include "core/assign_check.h"
#include "core/assign_ids.h"
#include "unit.h"

static int
below(rui_random *random, int bound)
{
	return (int) rui_random_below(random, (uint64_t) bound);
}

/* ---- ids ---- */

static void
test_ids(void)
{
	enum
	{
		MANY = 3000
	};
	static uint32_t index_of[MANY]; /* + 1, or 0 */
	static bool used[MANY];
	rui_assign_ids ids = { 0 };
	rui_random random = { 3 };
	rui_error error = { 0 };
	int i;
	int k;

	for (i = 0; i < 60000; i++)
	{
		int which = below(&random, i < 30000 ? MANY : MANY / 20);
		int64_t id = (int64_t) which * 4096 - 9;
		uint32_t found = rui_assign_find_id(&ids, id);

		CHECK(found == index_of[which] - 1);
		if (found != RUI_ASSIGN_NONE)
		{
			CHECK(ids.id[found] == id);
			rui_assign_remove_id(&ids, id);
			used[found] = false;
			index_of[which] = 0;
			continue;
		}
		CHECK(rui_assign_reserve_id(&rui_env_malloc, &ids, &error) == RUI_OK);
		found = rui_assign_add_id(&ids, id);
		CHECK(found < MANY && !used[found]);
		used[found] = true;
		index_of[which] = found + 1;
	}
	for (k = 0; k < MANY; k++)
		CHECK(rui_assign_find_id(&ids, (int64_t) k * 4096 - 9) == index_of[k] - 1);
	CHECK(rui_assign_ids_bytes(&ids) > ids.count * sizeof(int64_t));
	rui_assign_release_ids(&rui_env_malloc, &ids);
	CHECK(rui_assign_find_id(&ids, 7) == RUI_ASSIGN_NONE);
}

/* ---- refusals ---- */

static rui_status
set_one(rui_assign_live *live, int64_t task, double penalty, double cost, int64_t worker,
		rui_error *error)
{
	rui_assign_option option[2] = { { worker, cost }, { 2, 5 } };
	rui_assign_live_task facts = { task, penalty, option, 2 };

	return rui_assign_live_set_task(live, &facts, error);
}

static rui_status
set_worker(rui_assign_live *live, int64_t worker, double load_cost, int capacity, int fixed,
		   rui_error *error)
{
	rui_assign_live_worker facts = { worker, load_cost, capacity, fixed };

	return rui_assign_live_set_worker(live, &facts, error);
}

static void
test_refusals(void)
{
	rui_assign_live *live;
	rui_assignment found = { 0 };
	rui_assign_price price = { 0 };
	rui_error error = { 0 };
	size_t empty;

	CHECK(rui_assign_live_create(&rui_env_malloc, RUI_ASSIGN_LOAD, NULL, &live, &error) ==
		  RUI_OK);
	empty = rui_assign_live_bytes(live);
	CHECK_INT(set_worker(live, 1, 3, -1, 0, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "worker 1");
	CHECK_TEXT(error.detail, "The capacity -1 is negative.");
	CHECK_INT(set_worker(live, 1, 3, 1, -2, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The number of fixed units -2 is negative.");
	CHECK_INT(set_worker(live, 1, -3, 1, 0, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The load cost -3 is negative.");
	CHECK_INT(set_worker(live, 1, NAN, 1, 0, &error), RUI_INVALID);
	CHECK_INT(set_worker(live, 1, 1e13, 1, 0, &error), RUI_RANGE);
	CHECK(!rui_assign_live_find_worker(live, 1, &price));
	CHECK_INT(set_one(live, 7, NAN, 1, 1, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 7");
	CHECK_INT(set_one(live, 7, 1, INFINITY, 1, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 7, worker 1");
	CHECK_INT(set_one(live, 7, 1, 1e13, 1, &error), RUI_RANGE);
	CHECK_INT(set_one(live, 7, 1, 4, 2, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 7, worker 2");
	CHECK_TEXT(error.detail, "The pair occurs twice.");
	CHECK(!rui_assign_live_find(live, 7, &found));
	CHECK_INT(rui_assign_live_remove_task(live, 7, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "There is no such task.");
	CHECK_INT(rui_assign_live_fix_task(live, 7, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_set_cost(live, 7, 2, NULL, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_remove_worker(live, 99, &error), RUI_OK);

	/* A refused change of a task that is there changes nothing. */
	CHECK_INT(set_worker(live, 1, 0, 1, 0, &error), RUI_OK);
	CHECK_INT(set_worker(live, 2, 0, 1, 0, &error), RUI_OK);
	CHECK_INT(set_one(live, 7, 9, 4, 1, &error), RUI_OK);
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
	CHECK_INT(set_one(live, 7, 9, 1, 2, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
	CHECK(rui_assign_live_find(live, 7, &found) && found.worker == 1 && found.cost == 4);
	CHECK(rui_assign_live_bytes(live) > empty);
	rui_assign_live_free(live);
	rui_assign_live_free(NULL);
}

/* What is told must fit together. */
static void
test_lies(void)
{
	rui_assign_live *live;
	rui_assign_live_worker worker = { 1, 0, 2, 1 };
	rui_assign_option option = { 2, 5 };
	rui_assign_live_task task = { 7, 9, &option, 1 };
	rui_error error = { 0 };
	int64_t holder = 1;

	CHECK(rui_assign_live_create(&rui_env_malloc, RUI_ASSIGN_LOAD, NULL, &live, &error) ==
		  RUI_OK);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 2, 0, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, -1, 0, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 1, -1, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 1, NAN, &error), RUI_INVALID);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 1, 1e300, &error), RUI_RANGE);
	CHECK_INT(rui_assign_live_tell_task(live, &task, &holder, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 7, worker 1");
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
	rui_assign_live_free(live);
}

/* ---- the host's services ---- */

typedef struct host
{
	size_t held;
	long allocations_left; /* fail after these, where not negative */
	long looks_left; /* ask to stop after these, where not negative */
} host;

static void *
host_allocate(size_t size, void *argument)
{
	host *h = argument;
	size_t *block;

	if (h->allocations_left == 0)
		return NULL;
	if (h->allocations_left > 0)
		h->allocations_left--;
	block = malloc(size + 16);
	*block = size;
	h->held += size;
	return block + 2;
}

static void
host_release(void *block, void *argument)
{
	host *h = argument;

	h->held -= ((size_t *) block)[-2];
	free((size_t *) block - 2);
}

static bool
host_interrupted(void *argument)
{
	host *h = argument;

	if (h->looks_left == 0)
		return true;
	if (h->looks_left > 0)
		h->looks_left--;
	return false;
}

/* Crowded: every task has many pairs, and most workers are full. */
static rui_status
fill(rui_assign_live *live, rui_random *random, int tasks, int workers, rui_error *error)
{
	rui_status status = RUI_OK;
	int i;
	int k;

	for (i = 0; i < workers && status == RUI_OK; i++)
		status = set_worker(live, i, i % 3, 1 + tasks / workers, i % 2, error);
	for (i = 0; i < tasks && status == RUI_OK; i++)
	{
		rui_assign_option option[40];
		rui_assign_live_task facts = { i, 100 + below(random, 900), option, 40 };
		int first = below(random, workers);

		for (k = 0; k < 40; k++)
			option[k] = (rui_assign_option){ (first + k) % workers, below(random, 500) };
		status = rui_assign_live_set_task(live, &facts, error);
	}
	if (status == RUI_OK)
		status = rui_assign_live_settle(live, error);
	return status;
}

static rui_status
change_some(rui_assign_live *live, rui_error *error)
{
	const rui_assign_move *move;
	const rui_assign_price *price;
	size_t moves;
	size_t prices;
	rui_status status = rui_assign_live_remove_worker(live, 3, error);

	if (status == RUI_OK)
		status = set_worker(live, 4, 1, 0, 0, error);
	if (status == RUI_OK)
		status = set_worker(live, 3, 0, 2, 0, error);
	if (status == RUI_OK)
		status = rui_assign_live_remove_task(live, 5, error);
	if (status == RUI_OK)
		status = set_one(live, 1000, 900, 1, 6, error);
	if (status == RUI_OK)
		status = rui_assign_live_settle(live, error);
	if (status == RUI_OK)
		status = rui_assign_live_note(live, &move, &moves, &price, &prices, error);
	return status;
}

/* Whatever allocation fails, nothing is kept, and half a state is not used. */
static void
test_no_memory(void)
{
	long allowed;
	bool done = false;
	long spoilt = 0;

	for (allowed = 0; allowed < 5000 && !done; allowed++)
	{
		rui_random random = { 5 };
		host h = { 0, allowed, -1 };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };
		rui_assign_live *live = NULL;
		rui_error error = { 0 };
		rui_status status =
			rui_assign_live_create(&env, RUI_ASSIGN_LOAD, NULL, &live, &error);

		unit_note("allocations %ld", allowed);
		if (status == RUI_OK)
			status = fill(live, &random, 60, 45, &error);
		if (status == RUI_OK)
			status = change_some(live, &error);
		done = status == RUI_OK;
		CHECK(done || status == RUI_MEMORY);
		if (!done && live != NULL)
		{
			h.allocations_left = -1;
			status = rui_assign_live_settle(live, &error);
			CHECK(status == RUI_OK || status == RUI_STATE);
			spoilt += status == RUI_STATE;
		}
		rui_assign_live_free(live);
		CHECK_INT(h.held, 0);
	}
	CHECK(done);
	CHECK(allowed > 100);
	CHECK(spoilt > 0);
	unit_note("%s", "");
}

static void
test_interrupted(void)
{
	long looks;
	bool done = false;

	for (looks = 0; looks < 1000 && !done; looks++)
	{
		rui_random random = { 7 };
		host h = { 0, -1, looks };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };
		rui_assign_live *live;
		rui_error error = { 0 };
		rui_status status;

		CHECK(rui_assign_live_create(&env, RUI_ASSIGN_LOAD, NULL, &live, &error) == RUI_OK);
		status = fill(live, &random, 1500, 300, &error);
		done = status == RUI_OK;
		CHECK(done || status == RUI_INTERRUPTED);
		if (!done)
		{
			CHECK_INT(rui_assign_live_settle(live, &error), RUI_STATE);
			CHECK_INT(set_worker(live, 1, 0, 1, 0, &error), RUI_STATE);
			CHECK_INT(set_one(live, 1, 1, 1, 1, &error), RUI_STATE);
			CHECK_INT(rui_assign_live_remove_task(live, 1, &error), RUI_STATE);
		}
		rui_assign_live_free(live);
		CHECK_INT(h.held, 0);
	}
	CHECK(done);
	CHECK(looks > 2);
}

/* Says something else than the workers were said to hold. */
static rui_status
read_nothing(rui_assign_live *live, int64_t worker, bool backs, void *argument, rui_error *error)
{
	int *reads = argument;

	if (++*reads > 1)
		return rui_fail(error, RUI_INTERNAL, NULL, NULL, "The table is gone.");
	return RUI_OK;
}

static void
test_reader(void)
{
	int reads = 0;
	rui_assign_reader reader = { read_nothing, &reads };
	rui_assign_live_worker worker = { 1, 0, 1, 0 };
	rui_assign_live *live;
	rui_error error = { 0 };

	CHECK(rui_assign_live_create(&rui_env_malloc, RUI_ASSIGN_LOAD, &reader, &live, &error) ==
		  RUI_OK);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 1, 0, &error), RUI_OK);
	CHECK_INT(set_one(live, 7, 9, 4, 1, &error), RUI_OK);
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "Worker 1 is said to hold 1 tasks, but holds 0.");
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_STATE);
	rui_assign_live_free(live);

	CHECK(rui_assign_live_create(&rui_env_malloc, RUI_ASSIGN_LOAD, &reader, &live, &error) ==
		  RUI_OK);
	CHECK_INT(rui_assign_live_tell_worker(live, &worker, 1, 0, &error), RUI_OK);
	CHECK_INT(rui_assign_live_remove_worker(live, 1, &error), RUI_INTERNAL);
	CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
	rui_assign_live_free(live);
}

/* ---- many tasks ---- */

/* Tasks come and go; the checker proves the state now and then. */
static void
test_many(void)
{
	enum
	{
		TASKS = 3000,
		WORKERS = 400,
		DEGREE = 12
	};
	static rui_assign_option option[TASKS][DEGREE];
	static double penalty[TASKS];
	static bool present[TASKS];
	static int capacity[WORKERS];
	rui_random random = { 11 };
	rui_assign_live *live;
	rui_error error = { 0 };
	int step;
	int t;
	int w;
	int k;

	CHECK(rui_assign_live_create(&rui_env_malloc, RUI_ASSIGN_PENALTY, NULL, &live, &error) ==
		  RUI_OK);
	for (w = 0; w < WORKERS; w++)
		CHECK_INT(set_worker(live, w, 0, capacity[w] = below(&random, 13), 0, &error), RUI_OK);
	for (step = 0; step < TASKS * 3; step++)
	{
		t = step < TASKS ? step : below(&random, TASKS);
		w = below(&random, WORKERS);
		if (step >= TASKS && below(&random, 4) == 0)
			CHECK_INT(set_worker(live, w, 0, capacity[w] = below(&random, 13), 0, &error),
					  RUI_OK);
		else if (present[t] && below(&random, 2) == 0)
		{
			present[t] = false;
			CHECK_INT(rui_assign_live_remove_task(live, t, &error), RUI_OK);
		}
		else
		{
			rui_assign_live_task facts = { t, penalty[t] = 200 + below(&random, 4000), option[t],
										   DEGREE };

			present[t] = true;
			for (k = 0; k < DEGREE; k++)
				option[t][k] = (rui_assign_option){ (t / 8 + k * (k + 1) / 2) % WORKERS,
													below(&random, 1000) };
			CHECK_INT(rui_assign_live_set_task(live, &facts, &error), RUI_OK);
		}
		CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
		if (step % 500 == 499)
		{
			rui_assign_check *check;
			rui_assign_verdict verdict = { 0 };

			CHECK(rui_assign_check_create(&rui_env_malloc, RUI_ASSIGN_PENALTY, &check, &error) ==
				  RUI_OK);
			for (t = 0; t < TASKS; t++)
				for (k = 0; k < DEGREE && present[t]; k++)
				{
					rui_assign_row row = { t, option[t][k].worker, option[t][k].cost, penalty[t],
										   0, capacity[option[t][k].worker], true };
					rui_assignment found = { 0 };

					CHECK(rui_assign_live_find(live, t, &found));
					CHECK(rui_assign_check_add(check, &row,
											   found.assigned && found.worker == row.worker,
											   &error) == RUI_OK);
				}
			CHECK(rui_assign_check_judge(check, &rui_env_malloc, &verdict, &error) == RUI_OK);
			unit_note("step %d: %s", step, verdict.problem);
			CHECK(verdict.optimal);
			rui_assign_check_free(check);
		}
	}
	unit_note("%s", "");
	rui_assign_live_free(live);
}

int
main(void)
{
	test_ids();
	test_refusals();
	test_lies();
	test_no_memory();
	test_interrupted();
	test_reader();
	test_many();
	return unit_finish("assign_live_host");
}
