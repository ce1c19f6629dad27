/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_large.c
 *	  Assignments too large to try all possibilities, proved optimal by the
 *	  checker; and what the host may do: refuse memory, ask to stop.
 */
#include "core/assign_check.h"

#include "unit.h"

static int
below(rui_random *random, int bound)
{
	return (int) rui_random_below(random, (uint64_t) bound);
}

typedef struct batch
{
	rui_assign_form form;
	size_t count;
	rui_assign_row *row;
} batch;

/*
 * Random rows of a task each: tasks near each other on a line share workers,
 * so that there are crowded and idle stretches.
 */
static batch
draw_batch(rui_random *random, int tasks, int workers)
{
	batch b = { (rui_assign_form) below(random, 3), 0, NULL };
	int degree = 1 + below(random, 12);
	int spread = 1 << below(random, 16);
	int capacity = 1 + below(random, 5);
	int width = 1 + below(random, workers);
	int t;
	int w;

	b.row = calloc((size_t) tasks * (degree + 1), sizeof *b.row);
	for (t = 0; t < tasks; t++)
	{
		int middle = below(random, 3) == 0 ? workers / 3 : below(random, workers);
		double penalty = below(random, spread * 4) / 4.0;
		size_t first = b.count;
		int i;

		for (i = 0; i < degree; i++)
		{
			rui_assign_row *row = &b.row[b.count];
			size_t k;

			w = (middle + below(random, width)) % workers;
			for (k = first; k < b.count && b.row[k].worker != w; k++)
				;
			if (k < b.count)
				continue;
			row->task = t;
			row->has_worker = true;
			row->worker = w;
			row->cost = below(random, spread) / 4.0;
			row->penalty = penalty;
			row->capacity = (int32_t) (w * 7919u % (unsigned) (capacity + 1));
			row->load_cost = (double) (w * 104729u % 13u);
			b.count++;
		}
		b.row[b.count].task = t;
		b.row[b.count++].penalty = penalty;
	}
	return b;
}

/* Nearly all pairs: a matrix.  Costs are few, many, or too large for 32 bits. */
static batch
draw_dense(rui_random *random, int tasks, int workers)
{
	batch b = { (rui_assign_form) below(random, 3), 0, NULL };
	int density = 5 + below(random, 6);
	int64_t spread = INT64_C(1) << (below(random, 3) == 0 ? 38 : below(random, 20));
	int capacity = 1 + below(random, 3);
	bool product = below(random, 4) == 0;
	int t;
	int w;

	b.row = calloc((size_t) tasks * (workers + 1), sizeof *b.row);
	for (t = 0; t < tasks; t++)
	{
		double penalty = (double) rui_random_below(random, (uint64_t) spread * 3) + (t & 1);

		for (w = 0; w < workers; w++)
		{
			rui_assign_row *row = &b.row[b.count];

			if (below(random, 10) >= density)
				continue;
			row->task = t;
			row->has_worker = true;
			row->worker = w;
			row->cost = product ? (t + 1.0) * (w + 1)
								: (double) rui_random_below(random, (uint64_t) spread);
			row->penalty = penalty;
			row->capacity = (int32_t) (w * 7919u % (unsigned) (capacity + 1));
			row->load_cost = (double) (w * 104729u % 13u);
			b.count++;
		}
		b.row[b.count].task = t;
		b.row[b.count++].penalty = penalty;
	}
	return b;
}

static rui_status
collect(const batch *b, const rui_env *env, rui_assign_rows **rows, rui_error *error)
{
	rui_status status = rui_assign_rows_create(env, b->form, rows, error);
	size_t i;

	for (i = 0; i < b->count && status == RUI_OK; i++)
	{
		status = rui_assign_rows_add(*rows, &b->row[i], error);
		if (status != RUI_OK)
			rui_assign_rows_free(*rows);
	}
	return status;
}

/* Judge a result; ascending order of tasks is checked on the way. */
static rui_assign_verdict
judge_batch(const batch *b, const rui_assignment *result)
{
	rui_assign_check *check;
	rui_assign_verdict verdict = { 0 };
	rui_error error = { 0 };
	size_t i;

	CHECK(rui_assign_check_create(&rui_env_malloc, b->form, &check, &error) == RUI_OK);
	for (i = 0; i < b->count; i++)
	{
		const rui_assign_row *row = &b->row[i];
		const rui_assignment *r = &result[row->task];

		CHECK(r->task == row->task);
		CHECK(rui_assign_check_add(check, row, r->assigned && r->worker == row->worker, &error) ==
			  RUI_OK);
	}
	CHECK(rui_assign_check_judge(check, &rui_env_malloc, &verdict, &error) == RUI_OK);
	rui_assign_check_free(check);
	return verdict;
}

static void
test_larger(batch (*draw_one)(rui_random *, int, int), int count, int most_tasks,
			uint64_t first_seed)
{
	uint64_t seed;

	for (seed = first_seed; seed < first_seed + count; seed++)
	{
		rui_random random = { seed };
		int tasks = 1 + below(&random, most_tasks);
		batch b = draw_one(&random, tasks, 1 + below(&random, tasks));
		rui_assign_rows *rows;
		rui_assignment *result = NULL;
		rui_assign_verdict verdict;
		rui_error error = { 0 };

		unit_note("seed %" PRIu64, seed);
		CHECK(collect(&b, &rui_env_malloc, &rows, &error) == RUI_OK);
		if (CHECK(rui_assign_solve(rows, &rui_env_malloc, &result, &error) == RUI_OK))
		{
			verdict = judge_batch(&b, result);
			CHECK(verdict.feasible);
			CHECK(verdict.optimal);
		}
		rui_assign_rows_free(rows);
		free(result);
		free(b.row);
	}
	unit_note("%s", "");
}

/* ---- the host's services ---- */

typedef struct host
{
	size_t held;
	size_t most_held;
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
	if (h->held > h->most_held)
		h->most_held = h->held;
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

/* The memory stated is enough, and none is kept. */
static void
test_stated_memory(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 300; seed++)
	{
		rui_random random = { seed };
		int tasks = 1 + below(&random, seed % 10 == 0 && seed % 3 != 0 ? 2000 : 60);
		int workers = 1 + below(&random, tasks);
		batch b = (seed % 3 == 0 ? draw_dense : draw_batch)(&random, tasks, workers);
		host h = { 0, 0, -1, -1 };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };
		rui_assign_rows *rows;
		rui_assignment *result;
		rui_error error = { 0 };
		size_t stated;
		size_t rows_held;

		unit_note("seed %" PRIu64, seed);
		CHECK(collect(&b, &env, &rows, &error) == RUI_OK);
		rows_held = h.held;
		CHECK(rui_assign_rows_bytes(rows) >= rows_held);
		stated = rui_assign_solve_bytes(rows);
		CHECK(rui_assign_solve(rows, &env, &result, &error) == RUI_OK);
		CHECK(h.most_held <= rows_held + stated);
		rui_release(&env, result);
		CHECK_INT(h.held, rows_held);
		rui_assign_rows_free(rows);
		CHECK_INT(h.held, 0);
		free(b.row);
	}
	unit_note("%s", "");
}

/* Whatever allocation fails, nothing is kept and nothing half done. */
static void
test_failing_host(const batch *b)
{
	long allowed;
	bool solved = false;

	for (allowed = 0; allowed < 1000 && !solved; allowed++)
	{
		host h = { 0, 0, allowed, -1 };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };
		rui_assign_rows *rows;
		rui_assignment *result = NULL;
		rui_error error = { 0 };
		rui_status status = collect(b, &env, &rows, &error);

		unit_note("allocations %ld", allowed);
		if (status == RUI_OK)
		{
			status = rui_assign_solve(rows, &env, &result, &error);
			solved = status == RUI_OK;
			CHECK(solved || result == NULL);
			rui_release(&env, result);
			rui_assign_rows_free(rows);
		}
		CHECK(solved || status == RUI_MEMORY);
		CHECK_INT(h.held, 0);
	}
	CHECK(solved);
	CHECK(allowed > 20);
	unit_note("%s", "");
}

static void
test_no_memory(void)
{
	rui_random random = { 5 };
	batch b = draw_batch(&random, 70, 30);
	batch dense = draw_dense(&random, 40, 10);

	b.form = dense.form = RUI_ASSIGN_LOAD;
	test_failing_host(&b);
	test_failing_host(&dense);
	free(b.row);
	free(dense.row);
}
/*
 * One worker and a million tasks: with room for all he takes all; with room
 * for some those that save most, and none that is better left.
 */
static void
test_one_worker(int32_t capacity)
{
	enum
	{
		TASKS = 1000000
	};
	static int32_t saves[20001]; /* how many tasks save so much */
	rui_random random = { 8 };
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_error error = { 0 };
	int64_t *saving = malloc(TASKS * sizeof *saving);
	int64_t saved = 0;
	int64_t most = 0;
	int64_t room = capacity;
	int32_t taken = 0;
	int i;

	memset(saves, 0, sizeof saves);
	CHECK(rui_assign_rows_create(&rui_env_malloc, RUI_ASSIGN_PENALTY, &rows, &error) == RUI_OK);
	for (i = 0; i < TASKS; i++)
	{
		rui_assign_row row = { 0 };

		row.task = i;
		row.worker = 7;
		row.has_worker = true;
		row.capacity = capacity;
		row.cost = below(&random, 10000);
		row.penalty = below(&random, 20000);
		saving[i] = (int64_t) (row.penalty - row.cost);
		if (saving[i] > 0)
			saves[saving[i]]++;
		if (rui_assign_rows_add(rows, &row, &error) != RUI_OK)
			break;
	}
	CHECK_INT(i, TASKS);
	CHECK(rui_assign_solve(rows, &rui_env_malloc, &result, &error) == RUI_OK);
	for (i = 0; i < TASKS; i++)
		if (result[i].assigned)
		{
			saved += saving[i];
			taken++;
		}
	for (i = 20000; i > 0 && room > 0; i--)
	{
		int64_t count = saves[i] < room ? saves[i] : room;

		most += count * i;
		room -= count;
	}
	CHECK(taken <= capacity);
	CHECK_INT(saved, most);
	free(saving);
	free(result);
	rui_assign_rows_free(rows);
}

/* Costs i * j make every search long (Machol and Wien): there is time to ask. */
static void
test_interrupted(void)
{
	enum
	{
		SIZE = 300
	};
	long looks;
	bool solved = false;

	for (looks = 0; looks < 1000 && !solved; looks += looks < 8 ? 1 : 7)
	{
		host h = { 0, 0, -1, -1 };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };
		rui_assign_rows *rows;
		rui_assignment *result = NULL;
		rui_error error = { 0 };
		rui_status status;
		int i;

		CHECK(rui_assign_rows_create(&env, RUI_ASSIGN_MOST, &rows, &error) == RUI_OK);
		for (i = 0; i < SIZE * SIZE; i++)
		{
			rui_assign_row row = { 0 };

			row.task = i / SIZE;
			row.worker = i % SIZE;
			row.capacity = 1;
			row.has_worker = true;
			row.cost = (1.0 + i / SIZE) * (1 + i % SIZE);
			CHECK(rui_assign_rows_add(rows, &row, &error) == RUI_OK);
		}
		h.looks_left = looks;
		status = rui_assign_solve(rows, &env, &result, &error);
		solved = status == RUI_OK;
		CHECK(solved || status == RUI_INTERRUPTED);
		rui_release(&env, result);
		rui_assign_rows_free(rows);
		CHECK_INT(h.held, 0);
	}
	CHECK(solved);
	CHECK(looks > 4);
}

/*
 * Two workers with just room for all tasks, who differ most at the last: every
 * search passes by all tasks of a full worker.  That is work like any other,
 * to be stopped when the host asks.  So is judging it: an exchange is found
 * without looking at all tasks of a worker for each raise of his price.
 */
static void
test_few_workers(void)
{
	enum
	{
		TASKS = 150000
	};
	batch b = { RUI_ASSIGN_PENALTY, TASKS * 2, calloc(TASKS * 2, sizeof(rui_assign_row)) };
	rui_assignment *result = calloc(TASKS, sizeof *result);
	rui_assign_rows *rows;
	rui_assignment *none = NULL;
	rui_assign_check *check;
	rui_assign_verdict verdict;
	rui_error error = { 0 };
	int i;

	for (i = 0; i < TASKS * 2; i++)
	{
		rui_assign_row *row = &b.row[i];

		row->task = i / 2;
		row->worker = 1 + i % 2;
		row->has_worker = true;
		row->capacity = TASKS / 2;
		row->cost = (double) (TASKS - row->task) * (double) row->worker;
		row->penalty = 1e9;
	}
	for (i = 0; i < TASKS; i++)
	{
		result[i].task = i;
		result[i].assigned = true;
		result[i].worker = i < TASKS / 2 ? 2 : 1; /* the wrong way round */
	}
	verdict = judge_batch(&b, result);
	CHECK(!verdict.optimal);
	for (i = 0; i < TASKS; i++)
		result[i].worker = 3 - result[i].worker;
	verdict = judge_batch(&b, result);
	CHECK(verdict.optimal);
	for (i = 0; i < 2; i++)
	{
		host h = { 0, 0, -1, i };
		rui_env env = { host_allocate, host_release, host_interrupted, &h };

		CHECK(collect(&b, &env, &rows, &error) == RUI_OK);
		CHECK(rui_assign_solve(rows, &env, &none, &error) == RUI_INTERRUPTED);
		rui_assign_rows_free(rows);
		CHECK_INT(h.held, 0);

		CHECK(rui_assign_check_create(&env, b.form, &check, &error) == RUI_OK);
		for (size_t k = 0; k < b.count; k++)
			CHECK(rui_assign_check_add(check, &b.row[k], k % 2 == (k < b.count / 2), &error) ==
				  RUI_OK);
		h.looks_left = i;
		CHECK(rui_assign_check_judge(check, &env, &verdict, &error) == RUI_INTERRUPTED);
		rui_assign_check_free(check);
		CHECK_INT(h.held, 0);
	}
	free(result);
	free(b.row);
}

int
main(void)
{
	test_larger(draw_batch, 2000, 150, 1);
	test_larger(draw_batch, 6, 4000, 100000);
	test_larger(draw_dense, 400, 80, 200000);
	test_larger(draw_dense, 3, 400, 300000);
	test_stated_memory();
	test_no_memory();
	test_one_worker(1000000);
	test_one_worker(300000);
	test_one_worker(1);
	test_interrupted();
	test_few_workers();
	return unit_finish("assign_large");
}
