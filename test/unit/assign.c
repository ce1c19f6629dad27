/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.c
 *	  Tests of the optimal assignment: against all possibilities on small
 *	  instances, by its own laws on others, and every refusal.
 */
#include "core/assign_check.h"

#include <math.h>

#include "unit.h"

#define SMALL 8
#define IMPOSSIBLE INT64_C(1000000000000000)
#define LEFT_OVER INT64_C(1000000000000)

typedef struct instance
{
	rui_assign_form form;
	int tasks;
	int workers;
	bool pair[SMALL][SMALL];
	int64_t cost[SMALL][SMALL]; /* in units of `unit` */
	int64_t penalty[SMALL];
	int64_t load_cost[SMALL];
	int capacity[SMALL];
	double unit;
} instance;

static int
below(rui_random *random, int bound)
{
	return (int) rui_random_below(random, (uint64_t) bound);
}

/* All kinds: dense and sparse, few and many different costs, idle and scarce workers. */
static instance
draw(rui_random *random)
{
	static const double units[] = { 1, 1, 0.5, 1.0 / 1048576, 1048576 };
	instance in;
	int spread = 1 << below(random, 12);
	int density = 1 + below(random, 10);
	int capacity = below(random, 5);
	int load = below(random, 3) == 0 ? 0 : 1 << below(random, 10);
	int t;
	int w;

	memset(&in, 0, sizeof in);
	in.form = (rui_assign_form) below(random, 3);
	in.tasks = 1 + below(random, SMALL);
	in.workers = 1 + below(random, SMALL);
	in.unit = units[below(random, 5)];
	for (w = 0; w < in.workers; w++)
	{
		in.capacity[w] = below(random, capacity + 1);
		if (below(random, 10) == 0)
			in.capacity[w] = in.tasks;
		if (in.form == RUI_ASSIGN_LOAD)
			in.load_cost[w] = below(random, load + 1);
	}
	for (t = 0; t < in.tasks; t++)
	{
		if (in.form != RUI_ASSIGN_MOST)
			in.penalty[t] = below(random, spread + 2) + below(random, 3) * spread / 2 - spread / 8;
		for (w = 0; w < in.workers; w++)
		{
			in.pair[t][w] = below(random, 10) < density;
			in.cost[t][w] = below(random, spread) - (below(random, 8) == 0 ? spread / 2 : 0);
		}
	}
	return in;
}

/* The least objective, by dynamic programming over sets of tasks. */
static int64_t
brute_force(const instance *in)
{
	static int64_t best[1 << SMALL];
	static int64_t sum[1 << SMALL];
	int sets = 1 << in->tasks;
	int set;
	int part;
	int w;
	int64_t least = INT64_MAX;

	for (set = 0; set < sets; set++)
		best[set] = set == 0 ? 0 : IMPOSSIBLE;
	for (w = 0; w < in->workers; w++)
	{
		for (set = 0; set < sets; set++)
		{
			int count = __builtin_popcount((unsigned) set);
			int t;

			sum[set] = in->load_cost[w] * count * (count - 1) / 2;
			if (count > in->capacity[w])
				sum[set] = IMPOSSIBLE;
			for (t = 0; t < in->tasks; t++)
				if (set >> t & 1)
					sum[set] += in->pair[t][w] ? in->cost[t][w] : IMPOSSIBLE;
		}
		for (set = sets - 1; set > 0; set--)
			for (part = set; part > 0; part = (part - 1) & set)
				if (sum[part] < IMPOSSIBLE / 2 && best[set ^ part] + sum[part] < best[set])
					best[set] = best[set ^ part] + sum[part];
	}
	for (set = 0; set < sets; set++)
	{
		int64_t total = best[set];
		int t;

		for (t = 0; t < in->tasks; t++)
			if (!(set >> t & 1))
				total += in->form == RUI_ASSIGN_MOST ? LEFT_OVER : in->penalty[t];
		if (best[set] < IMPOSSIBLE / 2 && total < least)
			least = total;
	}
	return least;
}

static int64_t
task_id(int t)
{
	return t * 1000 - 3000;
}

static int64_t
worker_id(int w)
{
	return 70 - w * 20;
}

/* Collect an instance in an order drawn by random and solve it. */
static rui_status
solve(const instance *in, rui_random *random, rui_assignment **result, rui_error *error)
{
	rui_assign_rows *rows;
	int order[SMALL * (SMALL + 1)];
	int count = 0;
	rui_status status;
	int i;

	status = rui_assign_rows_create(&rui_env_malloc, in->form, &rows, error);
	for (i = 0; i < in->tasks * (in->workers + 1); i++)
	{
		int at = below(random, ++count);

		order[count - 1] = order[at];
		order[at] = i;
	}
	for (i = 0; i < count && status == RUI_OK; i++)
	{
		int t = order[i] / (in->workers + 1);
		int w = order[i] % (in->workers + 1);
		rui_assign_row row = { 0 };

		row.task = task_id(t);
		row.penalty = (double) in->penalty[t] * in->unit;
		if (w < in->workers)
		{
			if (!in->pair[t][w])
				continue;
			row.has_worker = true;
			row.worker = worker_id(w);
			row.cost = (double) in->cost[t][w] * in->unit;
			row.capacity = in->capacity[w];
			row.load_cost = (double) in->load_cost[w] * in->unit;
		}
		status = rui_assign_rows_add(rows, &row, error);
	}
	if (status == RUI_OK)
		status = rui_assign_solve(rows, &rui_env_malloc, result, error);
	rui_assign_rows_free(rows);
	return status;
}

/* The objective of a result, or INT64_MIN where it is not feasible. */
static int64_t
objective(const instance *in, const rui_assignment *result)
{
	int load[SMALL] = { 0 };
	int64_t total = 0;
	int t;
	int w;

	for (t = 0; t < in->tasks; t++)
	{
		if (result[t].task != task_id(t))
			return INT64_MIN;
		if (!result[t].assigned)
		{
			total += in->form == RUI_ASSIGN_MOST ? LEFT_OVER : in->penalty[t];
			continue;
		}
		for (w = 0; w < in->workers && worker_id(w) != result[t].worker; w++)
			;
		if (w == in->workers || !in->pair[t][w] ||
			result[t].cost != (double) in->cost[t][w] * in->unit || load[w] == in->capacity[w])
			return INT64_MIN;
		total += in->cost[t][w] + in->load_cost[w] * load[w]++;
	}
	return total;
}

/* What the checker says of an assignment: worker of each task, or -1. */
static rui_assign_verdict
judge(const instance *in, const int *worker)
{
	rui_assign_check *check;
	rui_assign_verdict verdict = { 0 };
	rui_error error = { 0 };
	int t;
	int w;

	CHECK(rui_assign_check_create(&rui_env_malloc, in->form, &check, &error) == RUI_OK);
	for (t = 0; t < in->tasks; t++)
		for (w = 0; w <= in->workers; w++)
		{
			rui_assign_row row = { 0 };

			row.task = task_id(t);
			row.penalty = (double) in->penalty[t] * in->unit;
			if (w < in->workers)
			{
				if (!in->pair[t][w])
					continue;
				row.has_worker = true;
				row.worker = worker_id(w);
				row.cost = (double) in->cost[t][w] * in->unit;
				row.capacity = in->capacity[w];
				row.load_cost = (double) in->load_cost[w] * in->unit;
			}
			CHECK(rui_assign_check_add(check, &row, worker[t] == w, &error) == RUI_OK);
		}
	CHECK(rui_assign_check_judge(check, &rui_env_malloc, &verdict, &error) == RUI_OK);
	rui_assign_check_free(check);
	return verdict;
}

/* The checker against the truth, for an assignment drawn by random. */
static void
test_random_assignment(const instance *in, int64_t least, rui_random *random)
{
	int worker[SMALL];
	int load[SMALL] = { 0 };
	int64_t total = 0;
	int64_t left_over = 0;
	bool feasible = true;
	rui_assign_verdict verdict;
	int t;

	for (t = 0; t < in->tasks; t++)
	{
		int w = below(random, in->workers + 1);

		worker[t] = -1;
		if (w < in->workers && in->pair[t][w] &&
			(load[w] < in->capacity[w] || below(random, 20) == 0))
		{
			worker[t] = w;
			total += in->cost[t][w] + in->load_cost[w] * load[w]++;
			feasible &= load[w] <= in->capacity[w];
		}
		else if (in->form == RUI_ASSIGN_MOST)
			left_over += LEFT_OVER;
		else
			total += in->penalty[t];
	}
	verdict = judge(in, worker);
	CHECK_INT(verdict.tasks, in->tasks);
	CHECK(verdict.feasible == feasible);
	if (feasible)
	{
		CHECK(verdict.objective == (double) total * in->unit);
		CHECK(verdict.optimal == (total + left_over == least));
	}
	CHECK(verdict.optimal == (verdict.problem[0] == '\0'));
}

/* What an instance that was solved and compared had in it. */
static void
count_kinds(const instance *in, const int *worker)
{
	bool is_repeated = false;
	bool is_tie = false;
	bool is_isolated = false;
	bool is_left_over = false;
	bool is_full = false;
	int pairs_of_worker[SMALL] = { 0 };
	int load[SMALL] = { 0 };
	int t;
	int w;
	int v;

	unit_count("instances");
	unit_count(in->form == RUI_ASSIGN_MOST			? "of most tasks"
				   : in->form == RUI_ASSIGN_PENALTY ? "with penalties"
													: "with convex costs");
	if (in->tasks == SMALL && in->workers == SMALL)
		unit_count("of 8 x 8");
	for (t = 0; t < in->tasks; t++)
	{
		int pairs = 0;

		for (w = 0; w < in->workers; w++)
		{
			pairs += in->pair[t][w];
			pairs_of_worker[w] += in->pair[t][w];
			for (v = 0; v < w; v++)
				is_repeated |=
					in->pair[t][v] && in->pair[t][w] && in->cost[t][v] == in->cost[t][w];
		}
		is_isolated |= pairs == 0;
		is_left_over |= worker[t] < 0 && pairs > 0;
		if (worker[t] >= 0)
			load[worker[t]]++;
	}
	for (w = 0; w < in->workers; w++)
	{
		is_isolated |= pairs_of_worker[w] == 0;
		is_full |= load[w] == in->capacity[w] && load[w] > 1;
	}
	/* Two tasks that could change places, and nobody would notice. */
	for (t = 0; t < in->tasks; t++)
		for (v = 0; v < t; v++)
			if (worker[t] >= 0 && worker[v] >= 0 && worker[t] != worker[v] &&
				in->pair[t][worker[v]] && in->pair[v][worker[t]])
				is_tie |= in->cost[t][worker[t]] + in->cost[v][worker[v]] ==
					in->cost[t][worker[v]] + in->cost[v][worker[t]];
	if (is_repeated)
		unit_count("with repeated costs");
	if (is_tie)
		unit_count("with ties among the best");
	if (is_isolated)
		unit_count("with isolated tasks or workers");
	if (is_left_over)
		unit_count("with tasks left over though possible");
	if (is_full)
		unit_count("with a capacity above 1 that is used up");
}

static void
test_against_all_possibilities(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 30000; seed++)
	{
		rui_random random = { seed };
		instance in = draw(&random);
		rui_assignment *result = NULL;
		rui_assignment *again = NULL;
		rui_assign_verdict verdict;
		rui_error error = { 0 };
		int worker[SMALL];
		int64_t least;
		int t;

		unit_note("seed %" PRIu64, seed);
		if (!CHECK(solve(&in, &random, &result, &error) == RUI_OK))
			continue;
		least = brute_force(&in);
		CHECK_INT(objective(&in, result), least);
		for (t = 0; t < in.tasks; t++)
			worker[t] = result[t].assigned ? (int) (70 - result[t].worker) / 20 : -1;
		verdict = judge(&in, worker);
		CHECK(verdict.feasible);
		CHECK(verdict.optimal);
		test_random_assignment(&in, least, &random);
		count_kinds(&in, worker);
		CHECK_INT(solve(&in, &random, &again, &error), RUI_OK);
		CHECK(memcmp(result, again, sizeof *result * in.tasks) == 0);
		free(result);
		free(again);
	}
	unit_note("%s", "");
}

static rui_assign_row
pair(int64_t task, int64_t worker, double cost, int capacity, double penalty, double load_cost)
{
	rui_assign_row row = { task, worker, cost, penalty, load_cost, capacity, true };

	return row;
}

/* Adds both rows and solves: the first failure, or RUI_OK. */
static rui_status
status_of(rui_assign_form form, rui_assign_row first, rui_assign_row second, rui_error *error)
{
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_status status = rui_assign_rows_create(&rui_env_malloc, form, &rows, error);

	if (status == RUI_OK)
		status = rui_assign_rows_add(rows, &first, error);
	if (status == RUI_OK)
		status = rui_assign_rows_add(rows, &second, error);
	if (status == RUI_OK)
		status = rui_assign_solve(rows, &rui_env_malloc, &result, error);
	rui_assign_rows_free(rows);
	free(result);
	return status;
}

static void
test_refusals(void)
{
	rui_assign_row good = pair(1, 1, 5, 2, 9, 1);
	rui_assign_row row;
	rui_error error = { 0 };

	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 5, 2, 8, 1), &error), RUI_OK);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, NAN, 2, 8, 1), &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 2, worker 1");
	CHECK_TEXT(error.detail, "The cost is NaN.");
	row = pair(2, 1, -INFINITY, 2, 8, 1);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, row, &error), RUI_INVALID);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 1e13, 2, 8, 1), &error), RUI_RANGE);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 5, 2, NAN, 1), &error), RUI_INVALID);
	CHECK_TEXT(error.part, "task 2");
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 5, 2, 8, INFINITY), &error), RUI_INVALID);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 2, 5, 2, 8, -1), &error), RUI_INVALID);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 2, 5, -1, 8, 1), &error), RUI_INVALID);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 5, 3, 8, 1), &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The capacity 3 differs from 2 in an earlier row of the worker.");
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(2, 1, 5, 2, 8, 1.5), &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The load cost 1.5 differs from 1 in an earlier row of the worker.");
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, pair(1, 2, 5, 2, 8.5, 1), &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The penalty 8.5 differs from 9 in an earlier row of the task.");
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, good, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "The pair occurs twice.");

	/* A form reads only its own numbers. */
	CHECK_INT(status_of(RUI_ASSIGN_MOST, good, pair(1, 2, 5, 2, NAN, -1), &error), RUI_OK);
	CHECK_INT(status_of(RUI_ASSIGN_PENALTY, good, pair(1, 2, 5, 2, 9, NAN), &error), RUI_OK);

	/* Sums that might not fit: only where numbers are both large and fine. */
	good.cost = 0x1p-20;
	row = pair(2, 1, 0x1p40, 2, 0x1p40, 1);
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, row, &error), RUI_RANGE);
	CHECK_TEXT(error.part, "task 1");
	good.cost = 1;
	CHECK_INT(status_of(RUI_ASSIGN_LOAD, good, row, &error), RUI_OK);
}

/* The largest costs there are differ by the smallest step, and it counts. */
static void
test_costs_at_the_limit(void)
{
	const double most = 0x1p31;
	const double step = 0x1p-20;
	int sign;

	for (sign = -1; sign <= 1; sign += 2)
	{
		/* The sums differ by one step: 0 + 2 against 1 + 2 of them below most. */
		const double cost[2][2] = { { sign * most, sign * (most - step) },
									{ sign * (most - 2 * step), sign * (most - 2 * step) } };
		rui_assign_rows *rows;
		rui_assignment *result = NULL;
		rui_error error = { 0 };
		int i;

		CHECK_INT(rui_assign_rows_create(&rui_env_malloc, RUI_ASSIGN_MOST, &rows, &error), RUI_OK);
		for (i = 0; i < 4; i++)
		{
			rui_assign_row row = pair(i / 2, i % 2, cost[i / 2][i % 2], 1, 0, 0);

			CHECK_INT(rui_assign_rows_add(rows, &row, &error), RUI_OK);
		}
		CHECK_INT(rui_assign_solve(rows, &rui_env_malloc, &result, &error), RUI_OK);
		CHECK_INT(result[0].worker, sign > 0);
		CHECK_INT(result[1].worker, sign < 0);
		CHECK(result[0].cost == cost[0][sign > 0]);
		free(result);
		rui_assign_rows_free(rows);
	}
}

/* A failed row leaves the collection usable. */
static void
test_failed_row(void)
{
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_error error = { 0 };
	rui_assign_row row = pair(1, 1, 5, 1, 0, 0);

	CHECK_INT(rui_assign_rows_create(&rui_env_malloc, RUI_ASSIGN_MOST, &rows, &error), RUI_OK);
	CHECK_INT(rui_assign_rows_add(rows, &row, &error), RUI_OK);
	row = pair(2, 7, NAN, 1, 0, 0);
	CHECK_INT(rui_assign_rows_add(rows, &row, &error), RUI_INVALID);
	CHECK_INT(rui_assign_task_count(rows), 1);
	CHECK_INT(rui_assign_worker_count(rows), 1);
	CHECK_INT(rui_assign_pair_count(rows), 1);
	CHECK_INT(rui_assign_solve(rows, &rui_env_malloc, &result, &error), RUI_OK);
	CHECK(result[0].assigned && result[0].worker == 1 && result[0].cost == 5);
	free(result);
	rui_assign_rows_free(rows);
}

int
main(void)
{
	test_against_all_possibilities();
	unit_at_least("instances", 20000);
	unit_at_least("with penalties", 5000);
	unit_at_least("with convex costs", 5000);
	unit_at_least("with repeated costs", 5000);
	unit_at_least("with ties among the best", 500);
	unit_at_least("with isolated tasks or workers", 5000);
	unit_at_least("with tasks left over though possible", 5000);
	unit_at_least("with a capacity above 1 that is used up", 5000);
	unit_at_least("of 8 x 8", 300);
	test_refusals();
	test_costs_at_the_limit();
	test_failed_row();
	return unit_finish("assign");
}
