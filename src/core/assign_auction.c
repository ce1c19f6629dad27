/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_auction.c
 *	  Prices that make the engine's searches short, by auction.
 *
 * Bertsekas' auction for similar objects (Annals of Operations Research 20
 * (1989) 67-96): a task bids for the worker where it counts least, and goes up to
 * what the second best would count, plus a step; a full worker lets the lowest
 * bidder go.  Steps shrink from phase to phase, and between phases prices fall
 * a little, to none where units stayed idle, because a coarse phase raises them
 * too far.  An auction with many tasks for few units takes long only when
 * steps are small: it ends while they are near the gaps between costs, and the
 * searches do the rest exactly.
 */
#include "core/assign_auction.h"

#include "core/assign_list.h"

#define FIRST_STEP 16 /* the first step is this part of the range of prices */
#define STEP_RATIO 8
#define STEPS_BACK 2 /* how far prices fall between phases */
#define MOST_BIDS 400 /* for each task and phase: then the prices are left as they are */

/* A unit of a worker that was bid for; a worker's units are a heap, lowest bid first. */
typedef struct unit
{
	int64_t bid;
	uint32_t task;
} unit;

/* A worker's side of the auction. */
typedef struct seller
{
	int64_t base; /* price at the start of the phase */
	unit *unit;
	uint32_t units;
	uint32_t sold;
} seller;

typedef struct auction
{
	rui_assign_engine *engine;
	const rui_assign_range *range;
	seller *seller; /* by worker - range->worker */
	unit *unit;
	int64_t step;
} auction;

size_t
rui_assign_auction_bytes(size_t workers, size_t arcs)
{
	return workers * sizeof(seller) + arcs * sizeof(unit);
}

static void
sink(unit *heap, uint32_t count, unit moving)
{
	uint32_t at = 0;

	for (;;)
	{
		uint32_t child = at * 2 + 1;

		if (child >= count)
			break;
		if (child + 1 < count && heap[child + 1].bid < heap[child].bid)
			child++;
		if (heap[child].bid >= moving.bid)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

static void
rise(unit *heap, uint32_t at, unit moving)
{
	while (at > 0 && heap[(at - 1) / 2].bid > moving.bid)
	{
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = moving;
}

/* What the next unit costs: an idle one, or to overbid the lowest bid. */
static int64_t
offer(const seller *s, int64_t load_cost, bool *idle)
{
	int64_t price;

	*idle = s->sold < s->units;
	if (!*idle)
		return s->unit[0].bid;
	price = load_cost == 0 ? 0 : load_cost * s->sold;
	if (price < s->base)
		price = s->base;
	if (s->sold > 0 && s->unit[0].bid < price)
	{
		*idle = false;
		price = s->unit[0].bid;
	}
	return price;
}

/*
 * A task that waits bids.  Returns the task that has to wait in its place, or
 * NONE; false in *bid where staying over is best.
 */
static uint32_t
place_bid(auction *a, uint32_t task, bool *bid)
{
	rui_assign_engine *engine = a->engine;
	rui_assign_task *t = &engine->task[task];
	int64_t *cost = engine->arc_cost + t->arc;
	uint32_t *worker = engine->arc_worker + t->arc;
	int64_t best = t->penalty;
	int64_t second = INT64_MAX;
	uint32_t winner = RUI_ASSIGN_NONE;
	uint32_t evicted = RUI_ASSIGN_NONE;
	const rui_assign_worker *w;
	seller *s;
	unit mine;
	bool idle;
	uint32_t i;

	for (i = 0;; i++)
	{
		int64_t value;

		if (i == t->sorted)
		{
			if (i == t->arcs)
				break;
			rui_assign_extend(cost, worker, t->arcs, &t->sorted);
		}
		if (cost[i] >= second)
			break;
		value = cost[i] + engine->price[worker[i]];
		if (value < best)
		{
			second = best;
			best = value;
			winner = worker[i];
		}
		else if (value < second)
			second = value;
	}
	engine->work += i + 1;
	*bid = winner != RUI_ASSIGN_NONE;
	if (!*bid)
		return RUI_ASSIGN_NONE;

	/* second is finite: the penalty was there before the winner. */
	w = &engine->worker[winner];
	s = &a->seller[winner - a->range->worker];
	mine.bid = engine->price[winner] + (second - best) + a->step;
	mine.task = task;
	offer(s, w->load_cost, &idle);
	if (idle)
		rise(s->unit, s->sold++, mine);
	else
	{
		evicted = s->unit[0].task;
		sink(s->unit, s->sold, mine);
	}
	engine->price[winner] = offer(s, w->load_cost, &idle);
	return evicted;
}

/* All tasks bid until none waits, or too long: then *endless. */
static rui_status
run_phase(auction *a, bool *endless, rui_error *error)
{
	const rui_assign_range *range = a->range;
	uint32_t tasks = range->task_end - range->task;
	uint64_t left = (uint64_t) MOST_BIDS * tasks;
	uint32_t next = range->task;

	*endless = false;
	while (next < range->task_end)
	{
		uint32_t task = next++;

		while (task != RUI_ASSIGN_NONE)
		{
			bool bid;

			task = place_bid(a, task, &bid);
			if (rui_assign_stopped(a->engine))
				return rui_fail_interrupted(error);
			if (left-- == 0)
			{
				*endless = true;
				return RUI_OK;
			}
		}
	}
	return RUI_OK;
}

static void
start_phase(auction *a)
{
	const rui_assign_range *range = a->range;
	uint32_t i;

	for (i = range->worker; i < range->worker_end; i++)
	{
		seller *s = &a->seller[i - range->worker];
		int64_t price = a->engine->price[i] - STEPS_BACK * a->step;

		s->base = s->sold < s->units || price < 0 ? 0 : price;
		s->sold = 0;
		a->engine->price[i] = s->base;
	}
}

/*
 * The range of prices, and the middle gap between neighbouring costs, in
 * which the prices of an optimum differ.
 */
static void
measure(const rui_assign_engine *engine, const rui_assign_range *range, int64_t *most,
		int64_t *gap)
{
	double gaps = 0;
	uint32_t i;
	uint32_t j;

	*most = 0;
	for (i = range->task; i < range->task_end; i++)
	{
		const rui_assign_task *t = &engine->task[i];
		const int64_t *cost = engine->arc_cost + t->arc;
		int64_t least = cost[0];
		int64_t largest = cost[0];

		for (j = 1; j < t->arcs; j++)
		{
			least = cost[j] < least ? cost[j] : least;
			largest = cost[j] > largest ? cost[j] : largest;
		}
		if (t->penalty - least > *most)
			*most = t->penalty - least;
		gaps += (double) (largest - least) / t->arcs;
	}
	gaps /= range->task_end - range->task;
	*gap = gaps < 1 ? 1 : (int64_t) gaps;
}

rui_status
rui_assign_auction(rui_assign_engine *engine, const rui_assign_range *range, rui_error *error)
{
	const rui_env *env = &engine->env;
	uint32_t workers = range->worker_end - range->worker;
	auction a = { engine, range, NULL, NULL, 0 };
	rui_status status = RUI_OK;
	int64_t most;
	int64_t gap;
	size_t units = 0;
	uint32_t i;
	bool endless = false;

	a.seller = rui_allocate_zero(env, workers, sizeof *a.seller);
	for (i = 0; a.seller != NULL && i < workers; i++)
	{
		const rui_assign_worker *w = &engine->worker[range->worker + i];

		a.seller[i].units =
			w->backs < (uint32_t) w->capacity ? w->backs : (uint32_t) w->capacity;
		units += a.seller[i].units;
	}
	a.unit = rui_allocate(env, units, sizeof *a.unit);
	if (a.seller == NULL || a.unit == NULL)
		status = rui_fail_memory(error, workers * sizeof *a.seller + units * sizeof *a.unit);
	else
	{
		for (i = 0, units = 0; i < workers; i++)
		{
			a.seller[i].unit = a.unit + units;
			units += a.seller[i].units;
		}
		measure(engine, range, &most, &gap);
		for (a.step = most / FIRST_STEP + 1; status == RUI_OK && !endless;)
		{
			status = run_phase(&a, &endless, error);
			if (a.step <= gap)
				break;
			start_phase(&a);
			a.step = a.step / STEP_RATIO + 1;
		}
	}
	rui_release(env, a.seller);
	rui_release(env, a.unit);
	return status;
}
