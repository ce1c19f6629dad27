/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_live.c
 *	  An assignment that stays optimal: streams of changes drawn by random,
 *	  after each of which it costs what solving from scratch costs, is proved
 *	  optimal, and (where small) is as good as all possibilities; and the same
 *	  from a state of which only what is touched is told.
 */
#include "core/assign_live.h"

#include <math.h>

#include "core/assign_check.h"
#include "unit.h"

#define SMALL 8
#define MANY_TASKS 160
#define MANY_WORKERS 40
#define IMPOSSIBLE INT64_C(1000000000000000)
#define LEFT_OVER INT64_C(1000000000000)

/* The problem as it should be; costs are whole numbers. */
typedef struct model
{
	rui_assign_form form;
	int tasks;
	int workers;
	bool has_task[MANY_TASKS];
	bool has_worker[MANY_WORKERS];
	bool pair[MANY_TASKS][MANY_WORKERS];
	int64_t cost[MANY_TASKS][MANY_WORKERS];
	int64_t penalty[MANY_TASKS];
	int64_t load_cost[MANY_WORKERS];
	int capacity[MANY_WORKERS];
	int fixed[MANY_WORKERS];
} model;

/* What a table would hold between changes. */
typedef struct stored
{
	model m;
	bool is_held[MANY_TASKS];
	int64_t holder[MANY_TASKS];
	double price[MANY_WORKERS];
	int load[MANY_WORKERS];
	long reads;
} stored;

/* How a stream is drawn. */
typedef struct habit
{
	int spread;
	int density;
	int capacity;
	int load;
	int most_changes;
} habit;

static int
below(rui_random *random, int bound)
{
	return (int) rui_random_below(random, (uint64_t) bound);
}

/* Ids that are neither dense nor in the order of the indexes. */
static int64_t
task_id(int t)
{
	return (t * 37) % 1009 - 300;
}

static int64_t
worker_id(int w)
{
	return (w * 53) % 211 - 50;
}

static int
worker_of(int64_t id)
{
	int w = 0;

	while (worker_id(w) != id)
		w++;
	return w;
}

/* ---- judging ---- */

/* Rows of the present problem, with a task's chosen worker or -1; any of the two may be NULL. */
static void
collect(const model *m, const int *chosen, rui_assign_rows *rows, rui_assign_check *check)
{
	rui_error error = { 0 };
	int t;
	int w;

	for (t = 0; t < m->tasks; t++)
		for (w = 0; w <= m->workers && m->has_task[t]; w++)
		{
			rui_assign_row row = { 0 };

			row.task = task_id(t);
			row.penalty = (double) m->penalty[t];
			if (w < m->workers)
			{
				if (!m->pair[t][w] || !m->has_worker[w])
					continue;
				row.has_worker = true;
				row.worker = worker_id(w);
				row.load_cost = (double) m->load_cost[w];
				row.cost = (double) (m->cost[t][w] +
									 (m->form == RUI_ASSIGN_LOAD ? m->load_cost[w] * m->fixed[w]
																 : 0));
				row.capacity = m->capacity[w] > m->fixed[w] ? m->capacity[w] - m->fixed[w] : 0;
			}
			if (rows != NULL)
				CHECK(rui_assign_rows_add(rows, &row, &error) == RUI_OK);
			if (check != NULL)
				CHECK(rui_assign_check_add(check, &row, chosen[t] == w, &error) == RUI_OK);
		}
}

/* The objective of a choice, where to be left over counts a lot in the form MOST. */
static int64_t
objective(const model *m, const int *chosen)
{
	int load[MANY_WORKERS] = { 0 };
	int64_t total = 0;
	int t;

	for (t = 0; t < m->tasks; t++)
	{
		int w = chosen[t];

		if (!m->has_task[t])
			continue;
		if (w < 0)
			total += m->form == RUI_ASSIGN_MOST ? LEFT_OVER : m->penalty[t];
		else
			total += m->cost[t][w] +
				(m->form == RUI_ASSIGN_LOAD ? m->load_cost[w] * (m->fixed[w] + load[w]++) : 0);
	}
	return total;
}

static int64_t
from_scratch(const model *m)
{
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_error error = { 0 };
	int chosen[MANY_TASKS];
	size_t i;
	int t;

	CHECK(rui_assign_rows_create(&rui_env_malloc, m->form, &rows, &error) == RUI_OK);
	collect(m, NULL, rows, NULL);
	CHECK(rui_assign_solve(rows, &rui_env_malloc, &result, &error) == RUI_OK);
	for (t = 0; t < m->tasks; t++)
		for (i = 0; i < rui_assign_task_count(rows); i++)
			if (m->has_task[t] && result[i].task == task_id(t))
				chosen[t] = result[i].assigned ? worker_of(result[i].worker) : -1;
	rui_assign_rows_free(rows);
	free(result);
	return objective(m, chosen);
}

/* The least objective, by dynamic programming over sets of tasks. */
static int64_t
brute_force(const model *m)
{
	static int64_t best[1 << SMALL];
	static int64_t sum[1 << SMALL];
	int sets = 1 << m->tasks;
	int set;
	int part;
	int w;
	int64_t least = INT64_MAX;

	for (set = 0; set < sets; set++)
		best[set] = set == 0 ? 0 : IMPOSSIBLE;
	for (w = 0; w < m->workers; w++)
	{
		if (!m->has_worker[w])
			continue;
		for (set = 0; set < sets; set++)
		{
			int count = __builtin_popcount((unsigned) set);
			int t;

			sum[set] = 0;
			if (m->form == RUI_ASSIGN_LOAD)
				sum[set] = m->load_cost[w] * (count * m->fixed[w] + count * (count - 1) / 2);
			if (count > 0 && count > m->capacity[w] - m->fixed[w])
				sum[set] = IMPOSSIBLE;
			for (t = 0; t < m->tasks; t++)
				if (set >> t & 1)
					sum[set] += m->has_task[t] && m->pair[t][w] ? m->cost[t][w] : IMPOSSIBLE;
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

		for (t = 0; t < m->tasks; t++)
			if (m->has_task[t] && !(set >> t & 1))
				total += m->form == RUI_ASSIGN_MOST ? LEFT_OVER : m->penalty[t];
		if (best[set] < IMPOSSIBLE / 2 && total < least)
			least = total;
	}
	return least;
}

/* The live assignment costs what it must, and the checker proves it. */
static void
judge(const model *m, const rui_assign_live *live)
{
	rui_assign_check *check;
	rui_assign_verdict verdict = { 0 };
	rui_error error = { 0 };
	int chosen[MANY_TASKS];
	int load[MANY_WORKERS] = { 0 };
	int64_t total;
	double cost;
	int t;
	int w;

	for (t = 0; t < m->tasks; t++)
	{
		rui_assignment found = { 0 };

		chosen[t] = -1;
		CHECK(rui_assign_live_find(live, task_id(t), &found) == m->has_task[t]);
		w = t % m->workers;
		CHECK(rui_assign_live_find_cost(live, task_id(t), worker_id(w), &cost) ==
			  (m->has_task[t] && m->pair[t][w]));
		if (m->has_task[t] && m->pair[t][w])
			CHECK(cost == (double) m->cost[t][w]);
		if (!m->has_task[t] || !found.assigned)
			continue;
		chosen[t] = worker_of(found.worker);
		load[chosen[t]]++;
		CHECK(m->pair[t][chosen[t]] && found.cost == (double) m->cost[t][chosen[t]]);
	}
	for (w = 0; w < m->workers; w++)
	{
		rui_assign_price price = { 0 };

		if (!m->has_worker[w])
			continue;
		CHECK(rui_assign_live_find_worker(live, worker_id(w), &price));
		CHECK(price.capacity == m->capacity[w] && price.fixed == m->fixed[w]);
		CHECK_INT(price.load, load[w]);
	}
	total = objective(m, chosen);
	CHECK_INT(total, from_scratch(m));
	unit_count("states after changes, as good as solving again");
	if (m->tasks <= SMALL)
	{
		CHECK_INT(total, brute_force(m));
		unit_count("of them as good as all possibilities");
	}
	CHECK(rui_assign_check_create(&rui_env_malloc, m->form, &check, &error) == RUI_OK);
	collect(m, chosen, NULL, check);
	CHECK(rui_assign_check_judge(check, &rui_env_malloc, &verdict, &error) == RUI_OK);
	CHECK(verdict.feasible);
	CHECK(verdict.optimal);
	if (!verdict.optimal)
		unit_note("%s", verdict.problem);
	rui_assign_check_free(check);
}

/* ---- giving facts ---- */

static rui_assign_live_worker
worker_facts(const model *m, int w)
{
	return (rui_assign_live_worker){ worker_id(w), (double) m->load_cost[w], m->capacity[w],
									 m->fixed[w] };
}

static rui_assign_live_task
task_facts(const model *m, int t, rui_assign_option *option)
{
	rui_assign_live_task facts = { task_id(t), (double) m->penalty[t], option, 0 };
	int w;

	/* From the last to the first: the order must not matter. */
	for (w = m->workers - 1; w >= 0; w--)
		if (m->pair[t][w])
			option[facts.options++] =
				(rui_assign_option){ worker_id(w), (double) m->cost[t][w] };
	return facts;
}

static rui_status
tell(const stored *s, rui_assign_live *live, int t, rui_error *error)
{
	rui_assign_option option[MANY_WORKERS];
	rui_assign_live_task facts = task_facts(&s->m, t, option);

	return rui_assign_live_tell_task(live, &facts, s->is_held[t] ? &s->holder[t] : NULL, error);
}

static rui_status
read_stored(rui_assign_live *live, int64_t worker, bool backs, void *argument, rui_error *error)
{
	stored *s = argument;
	rui_status status = RUI_OK;
	int w = worker_of(worker);
	int t;

	s->reads++;
	for (t = 0; t < s->m.tasks && status == RUI_OK; t++)
		if (s->m.has_task[t] &&
			(backs ? s->m.pair[t][w] : s->is_held[t] && s->holder[t] == worker))
			status = tell(s, live, t, error);
	return status;
}

/* ---- changes, applied to a model and, where live is not NULL, to it ---- */

typedef enum change_kind
{
	SET_TASK,
	REMOVE_TASK,
	FIX_TASK,
	SET_COST,
	SET_WORKER,
	REMOVE_WORKER
} change_kind;

typedef struct change
{
	change_kind kind;
	int t;
	int w;
	bool has_pair;
	int64_t cost;
	int capacity;
	int fixed;
	int64_t load_cost;
	int64_t penalty;
	bool pair[MANY_WORKERS];
	int64_t costs[MANY_WORKERS];
} change;

static int64_t
draw_cost(rui_random *random, const habit *h)
{
	return below(random, h->spread) - (below(random, 8) == 0 ? h->spread / 2 : 0);
}

static change
draw_change(rui_random *random, const model *m, const habit *h)
{
	change c = { 0 };
	int w;

	c.t = below(random, m->tasks);
	c.w = below(random, m->workers);
	c.cost = draw_cost(random, h);
	c.has_pair = below(random, 10) > 0;
	c.capacity = below(random, h->capacity + 1);
	c.fixed = below(random, 3) == 0 ? below(random, 3) : m->fixed[c.w];
	c.load_cost = m->form == RUI_ASSIGN_LOAD && h->load > 0 ? below(random, h->load + 1) : 0;
	c.penalty = below(random, h->spread + 2) + below(random, 3) * h->spread / 2 - h->spread / 8;
	for (w = 0; w < m->workers; w++)
	{
		c.pair[w] = below(random, 10) < h->density;
		c.costs[w] = draw_cost(random, h);
	}
	switch (below(random, 16))
	{
		case 0:
		case 1:
			c.kind = m->has_task[c.t] ? REMOVE_TASK : SET_TASK;
			break;
		case 2:
			c.kind = m->has_task[c.t] ? FIX_TASK : SET_TASK;
			break;
		case 3:
		case 4:
		case 5:
			c.kind = m->has_task[c.t] ? SET_COST : SET_TASK;
			break;
		case 6:
		case 7:
		case 8:
			c.kind = SET_WORKER;
			if (m->has_worker[c.w] && below(random, 2) == 0)
				c.capacity = m->capacity[c.w] + 1;
			break;
		case 9:
			c.kind = m->has_worker[c.w] ? REMOVE_WORKER : SET_WORKER;
			break;
		default:
			c.kind = SET_TASK;
			break;
	}
	return c;
}

/* False where the change is not possible now. */
static bool
apply(const change *c, model *m, rui_assign_live *live)
{
	rui_assign_option option[MANY_WORKERS];
	rui_error error = { 0 };
	rui_status status = RUI_OK;
	double cost = (double) c->cost;
	rui_assignment found;
	int t;
	int w;

	switch (c->kind)
	{
		case SET_TASK:
			m->has_task[c->t] = true;
			m->penalty[c->t] = c->penalty;
			for (w = 0; w < m->workers; w++)
			{
				/* Whoever was removed has no pairs until he is given new ones. */
				m->pair[c->t][w] = c->pair[w] && m->has_worker[w];
				m->cost[c->t][w] = c->costs[w];
			}
			if (live != NULL)
			{
				rui_assign_live_task facts = task_facts(m, c->t, option);

				status = rui_assign_live_set_task(live, &facts, &error);
			}
			break;
		case REMOVE_TASK:
			m->has_task[c->t] = false;
			if (live != NULL)
				status = rui_assign_live_remove_task(live, task_id(c->t), &error);
			break;
		case FIX_TASK:
			if (live == NULL || !rui_assign_live_find(live, task_id(c->t), &found))
				return false;
			if (!found.assigned)
			{
				CHECK(rui_assign_live_fix_task(live, task_id(c->t), &error) == RUI_STATE);
				return false;
			}
			m->has_task[c->t] = false;
			m->fixed[worker_of(found.worker)]++;
			status = rui_assign_live_fix_task(live, task_id(c->t), &error);
			break;
		case SET_COST:
			if (!m->has_worker[c->w] || !m->has_task[c->t])
				return false;
			m->pair[c->t][c->w] = c->has_pair;
			m->cost[c->t][c->w] = c->cost;
			if (live != NULL)
				status = rui_assign_live_set_cost(live, task_id(c->t), worker_id(c->w),
												  c->has_pair ? &cost : NULL, &error);
			break;
		case SET_WORKER:
			m->has_worker[c->w] = true;
			m->capacity[c->w] = c->capacity;
			m->fixed[c->w] = c->fixed;
			m->load_cost[c->w] = c->load_cost;
			if (live != NULL)
			{
				rui_assign_live_worker facts = worker_facts(m, c->w);

				status = rui_assign_live_set_worker(live, &facts, &error);
			}
			break;
		case REMOVE_WORKER:
			m->has_worker[c->w] = false;
			for (t = 0; t < m->tasks; t++)
				m->pair[t][c->w] = false;
			if (live != NULL)
				status = rui_assign_live_remove_worker(live, worker_id(c->w), &error);
			break;
	}
	CHECK_INT(status, RUI_OK);
	return true;
}

/*
 * The same changes to a state of which only workers are told: it must end
 * with the same moves and prices.
 */
static void
compare_told(stored *s, const model *after, const change *changes, int count,
			 const rui_assign_move *moves, size_t move_count, const rui_assign_price *prices,
			 size_t price_count, bool *told)
{
	rui_assign_reader reader = { read_stored, s };
	rui_assign_live *live;
	model m = s->m;
	const rui_assign_move *move = NULL;
	const rui_assign_price *price = NULL;
	size_t got_moves = 0;
	size_t got_prices = 0;
	rui_error error = { 0 };
	int i;
	int w;
	size_t k;

	CHECK(rui_assign_live_create(&rui_env_malloc, m.form, &reader, &live, &error) == RUI_OK);
	for (w = 0; w < m.workers; w++)
	{
		rui_assign_live_worker facts = worker_facts(&m, w);

		if (m.has_worker[w])
			CHECK(rui_assign_live_tell_worker(live, &facts, s->load[w], s->price[w], &error) ==
				  RUI_OK);
	}
	for (i = 0; i < count; i++)
	{
		if (s->m.has_task[changes[i].t] && changes[i].kind <= SET_COST && !told[changes[i].t])
			CHECK(tell(s, live, changes[i].t, &error) == RUI_OK);
		told[changes[i].t] |= changes[i].kind <= SET_COST;
		/* A table has no row of a task that was removed. */
		if (changes[i].kind == REMOVE_TASK || changes[i].kind == FIX_TASK)
			s->m.has_task[changes[i].t] = false;
		apply(&changes[i], &m, live);
	}
	CHECK(memcmp(m.has_task, after->has_task, sizeof m.has_task) == 0);
	if (!CHECK(rui_assign_live_settle(live, &error) == RUI_OK &&
			   rui_assign_live_note(live, &move, &got_moves, &price, &got_prices, &error) ==
				   RUI_OK))
		printf("%s %s\n", error.part, error.detail);
	CHECK_INT(got_moves, move_count);
	CHECK_INT(got_prices, price_count);
	for (k = 0; k < move_count && got_moves == move_count; k++)
		CHECK(move[k].task == moves[k].task && move[k].is_assigned == moves[k].is_assigned &&
			  move[k].was_assigned == moves[k].was_assigned && move[k].to == moves[k].to &&
			  move[k].from == moves[k].from && move[k].cost == moves[k].cost);
	for (k = 0; k < price_count && got_prices == price_count; k++)
		CHECK(price[k].worker == prices[k].worker && price[k].price == prices[k].price &&
			  price[k].load == prices[k].load && price[k].capacity == prices[k].capacity &&
			  price[k].fixed == prices[k].fixed);
	rui_assign_live_free(live);
}

/* A table after the changes: what was noted is all it need write. */
static void
store(stored *s, const model *m, const rui_assign_move *moves, size_t move_count,
	  const rui_assign_price *prices, size_t price_count)
{
	size_t i;
	int t;

	/* compare_told has removed what was removed, also what came back then. */
	for (t = 0; t < m->tasks; t++)
		s->is_held[t] &= s->m.has_task[t];
	s->m = *m;
	for (i = 0; i < move_count; i++)
	{
		for (t = 0; task_id(t) != moves[i].task; t++)
			;
		CHECK(s->is_held[t] == moves[i].was_assigned);
		if (s->is_held[t])
			CHECK(s->holder[t] == moves[i].from);
		s->is_held[t] = moves[i].is_assigned;
		s->holder[t] = moves[i].to;
	}
	for (i = 0; i < price_count; i++)
	{
		s->price[worker_of(prices[i].worker)] = prices[i].price;
		s->load[worker_of(prices[i].worker)] = prices[i].load;
	}
}

static void
test_stream(uint64_t seed, int tasks, int workers, int rounds, long *reads, long *searched)
{
	static model m;
	static stored s;
	static change changes[64];
	rui_random random = { seed };
	rui_assign_live *live;
	rui_error error = { 0 };
	habit h = { 1 << below(&random, 12), 1 + below(&random, 10), 1 + below(&random, 5),
				below(&random, 3) == 0 ? 0 : 1 << below(&random, 10), 1 };
	int round;

	unit_note("seed %" PRIu64, seed);
	memset(&m, 0, sizeof m);
	memset(&s, 0, sizeof s);
	m.form = (rui_assign_form) below(&random, 3);
	m.tasks = tasks;
	m.workers = workers;
	s.m = m;
	if (below(&random, 2) == 0)
		h.most_changes = 1 + below(&random, 12);
	CHECK(rui_assign_live_create(&rui_env_malloc, m.form, NULL, &live, &error) == RUI_OK);
	for (round = 0; round < rounds; round++)
	{
		/* At first much comes at once. */
		int wanted = round == 0 ? 40 : 1 + below(&random, h.most_changes);
		const rui_assign_move *move;
		const rui_assign_price *price;
		size_t moves;
		size_t prices;
		bool told[MANY_TASKS] = { false };
		int count = 0;
		bool exact = true;
		size_t i;

		while (wanted-- > 0)
		{
			changes[count] = draw_change(&random, &m, &h);
			if (round == 0 && wanted >= 20)
				changes[count].kind = SET_WORKER;
			count += apply(&changes[count], &m, live);
		}
		CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
		judge(&m, live);
		CHECK_INT(rui_assign_live_note(live, &move, &moves, &price, &prices, &error), RUI_OK);
		for (i = 0; i < prices; i++)
			exact &= price[i].is_exact;
		CHECK(exact || m.form == RUI_ASSIGN_MOST);
		if (m.form != RUI_ASSIGN_MOST)
		{
			compare_told(&s, &m, changes, count, move, moves, price, prices, told);
			store(&s, &m, move, moves, price, prices);
		}
	}
	*reads += s.reads;
	*searched += (long) rui_assign_live_steps(live);
	rui_assign_live_free(live);
	unit_note("%s", "");
}

/*
 * Solve at once, with prices; tell the result and go on from there.  fixed
 * units are capacity and load that the solver does not know of.
 */
static void
test_from_solution(uint64_t seed, int tasks, int workers)
{
	static model m;
	static stored s;
	rui_random random = { seed };
	habit h = { 1 << below(&random, 12), 1 + below(&random, 10), 1 + below(&random, 5),
				below(&random, 3) == 0 ? 0 : 1 << below(&random, 10), 1 };
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_assign_worker_price *price = NULL;
	rui_assign_live *live;
	rui_error error = { 0 };
	int chosen[MANY_TASKS];
	size_t count;
	size_t i;
	int t;
	int w;

	unit_note("seed %" PRIu64, seed);
	memset(&m, 0, sizeof m);
	memset(&s, 0, sizeof s);
	m.form = below(&random, 2) == 0 ? RUI_ASSIGN_PENALTY : RUI_ASSIGN_LOAD;
	m.tasks = tasks;
	m.workers = workers;
	for (i = 0; i < (size_t) (tasks + workers) * 2; i++)
	{
		change c = draw_change(&random, &m, &h);

		c.kind = i < (size_t) workers * 2 ? SET_WORKER : SET_TASK;
		apply(&c, &m, NULL);
	}
	CHECK(rui_assign_rows_create(&rui_env_malloc, m.form, &rows, &error) == RUI_OK);
	collect(&m, NULL, rows, NULL);
	CHECK(rui_assign_solve_priced(rows, &rui_env_malloc, &result, &price, &error) == RUI_OK);
	count = rui_assign_worker_count(rows);
	for (i = 1; i < count; i++)
		CHECK(price[i - 1].worker < price[i].worker);

	CHECK(rui_assign_live_create(&rui_env_malloc, m.form, NULL, &live, &error) == RUI_OK);
	for (w = 0; w < workers; w++)
	{
		rui_assign_live_worker facts = worker_facts(&m, w);
		double base = m.form == RUI_ASSIGN_LOAD ? (double) m.load_cost[w] * m.fixed[w] : 0;
		bool found = false;

		for (i = 0; i < count; i++)
			if (price[i].worker == worker_id(w))
			{
				found = true;
				CHECK(rui_assign_live_tell_worker(live, &facts, price[i].load,
												  price[i].price + base, &error) == RUI_OK);
			}
		if (m.has_worker[w] && !found)
			CHECK(rui_assign_live_tell_worker(live, &facts, 0, base, &error) == RUI_OK);
	}
	s.m = m;
	for (t = 0; t < tasks; t++)
		for (i = 0; i < rui_assign_task_count(rows) && m.has_task[t]; i++)
			if (result[i].task == task_id(t))
			{
				s.is_held[t] = result[i].assigned;
				s.holder[t] = result[i].worker;
				chosen[t] = result[i].assigned ? worker_of(result[i].worker) : -1;
				CHECK(tell(&s, live, t, &error) == RUI_OK);
			}
	judge(&m, live);

	/* Every rule of the prices holds. */
	for (w = 0; w < workers; w++)
	{
		rui_assign_price p = { 0 };
		double b = m.form == RUI_ASSIGN_LOAD ? (double) m.load_cost[w] : 0;

		if (!rui_assign_live_find_worker(live, worker_id(w), &p) || p.capacity <= p.fixed)
			continue;
		CHECK(p.load == 0 || p.price >= b * (p.fixed + p.load - 1));
		CHECK(p.fixed + p.load == p.capacity || p.price <= b * (p.fixed + p.load));
		for (t = 0; t < tasks; t++)
		{
			rui_assign_price at = { 0 };
			double value = (double) m.penalty[t];

			if (!m.has_task[t] || !m.pair[t][w])
				continue;
			if (chosen[t] >= 0)
			{
				rui_assign_live_find_worker(live, worker_id(chosen[t]), &at);
				CHECK((double) m.cost[t][chosen[t]] + at.price <= value);
				value = (double) m.cost[t][chosen[t]] + at.price;
			}
			CHECK((double) m.cost[t][w] + p.price >= value);
		}
	}
	for (i = 0; i < 10; i++)
	{
		change c = draw_change(&random, &m, &h);

		apply(&c, &m, live);
		CHECK_INT(rui_assign_live_settle(live, &error), RUI_OK);
		judge(&m, live);
	}
	rui_assign_live_free(live);
	rui_assign_rows_free(rows);
	free(result);
	free(price);
	unit_note("%s", "");
}

static void
test_no_prices(void)
{
	rui_assign_rows *rows;
	rui_assignment *result = NULL;
	rui_assign_worker_price *price = NULL;
	rui_error error = { 0 };

	CHECK(rui_assign_rows_create(&rui_env_malloc, RUI_ASSIGN_MOST, &rows, &error) == RUI_OK);
	CHECK(rui_assign_solve_priced(rows, &rui_env_malloc, &result, &price, &error) ==
		  RUI_INVALID);
	rui_assign_rows_free(rows);
}

int
main(void)
{
	long reads = 0;
	long searched = 0;
	uint64_t seed;

	for (seed = 1; seed <= 600; seed++)
		test_stream(seed, 1 + seed % SMALL, 1 + seed / SMALL % SMALL, 60, &reads, &searched);
	for (seed = 10001; seed <= 10060; seed++)
		test_stream(seed, MANY_TASKS, MANY_WORKERS, 80, &reads, &searched);
	for (seed = 20001; seed <= 20600; seed++)
		test_from_solution(seed, 1 + seed % SMALL, 1 + seed / SMALL % SMALL);
	for (seed = 30001; seed <= 30060; seed++)
		test_from_solution(seed, MANY_TASKS, 2 + seed % (MANY_WORKERS - 1));
	test_no_prices();
	/* Streams that never search, or never read, would prove little. */
	CHECK(reads > 10000);
	CHECK(searched > 10000);
	unit_at_least("of them as good as all possibilities", 20000);
	return unit_finish("assign_live");
}
