/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_dense.c
 *	  Shortest augmenting paths where nearly all pairs are possible.
 *
 * Dijkstra's algorithm with an array instead of a heap, as in Jonker and
 * Volgenant, Computing 38 (1987) 325-340, for workers of any capacity.  The
 * inner loop has no branch, so that compilers turn it into vector code.
 */
#include "core/assign_dense.h"

#include <string.h>

#define LEAST_WORKERS 6 /* fewer are not worth a matrix */
#define BLOCK 128 /* columns between looks for the least */

/*
 * Labels stay below UNREACHED, which workers not reached and those done with
 * have; a price of DONE keeps the latter from being reached again, and ABSENT
 * is the cost of no pair.
 */
#define UNREACHED (INT64_C(1) << 60)
#define DONE (INT64_C(1) << 61)
#define ABSENT32 INT32_MAX
#define ABSENT64 (INT64_C(1) << 61)
#define LARGEST32 (INT32_MAX - 1)

/* Only where the compiler and the C library can choose at load time. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define VECTOR_CODE __attribute__((optimize("O3"), target_clones("avx2", "default"), noinline))
#elif defined(__GNUC__) && !defined(__clang__)
#define VECTOR_CODE __attribute__((optimize("O3"), noinline))
#else
#define VECTOR_CODE
#endif

struct rui_assign_dense
{
	rui_assign_engine *engine;
	rui_assign_range range;
	uint32_t workers;
	int32_t *cost32; /* rows of tasks; one of the two */
	int64_t *cost64;
	int64_t *label; /* of the running search, by worker */
	int64_t *open; /* price, or DONE */
	int64_t *via; /* the task that moves in */
	uint32_t *done; /* workers in the order of their labels */
	int64_t *done_label;
};

size_t
rui_assign_dense_bytes(size_t workers, size_t arcs)
{
	return sizeof(rui_assign_dense) + workers * (4 * sizeof(int64_t) + sizeof(uint32_t)) +
		arcs * 2 * sizeof(int64_t);
}

bool
rui_assign_is_dense(const rui_assign_engine *engine, const rui_assign_range *range)
{
	const rui_assign_task *last = &engine->task[range->task_end - 1];
	uint64_t arcs = last->arc + last->arcs - engine->task[range->task].arc;
	uint64_t workers = range->worker_end - range->worker;

	return workers >= LEAST_WORKERS &&
		arcs * 2 >= workers * (range->task_end - range->task);
}

void
rui_assign_dense_finish(rui_assign_dense *dense)
{
	rui_env env;

	if (dense == NULL)
		return;
	env = dense->engine->env;
	rui_release(&env, dense->cost32);
	rui_release(&env, dense->cost64);
	rui_release(&env, dense->label);
	rui_release(&env, dense->open);
	rui_release(&env, dense->via);
	rui_release(&env, dense->done);
	rui_release(&env, dense->done_label);
	rui_release(&env, dense);
}

rui_status
rui_assign_dense_start(rui_assign_engine *engine, const rui_assign_range *range,
					   rui_assign_dense **dense, rui_error *error)
{
	const rui_env *env = &engine->env;
	size_t workers = range->worker_end - range->worker;
	size_t cells = workers * (range->task_end - range->task);
	uint32_t arc = engine->task[range->task].arc;
	uint32_t arc_end =
		engine->task[range->task_end - 1].arc + engine->task[range->task_end - 1].arcs;
	rui_assign_dense *d = rui_allocate_zero(env, 1, sizeof *d);
	bool small = true;
	size_t i;
	uint32_t j;

	if (d == NULL)
		return rui_fail_memory(error, sizeof *d);
	d->engine = engine;
	d->range = *range;
	d->workers = (uint32_t) workers;
	for (j = arc; j < arc_end; j++)
		small &= engine->arc_cost[j] <= LARGEST32 && engine->arc_cost[j] >= -LARGEST32;
	if (small)
		d->cost32 = rui_allocate(env, cells, sizeof *d->cost32);
	else
		d->cost64 = rui_allocate(env, cells, sizeof *d->cost64);
	d->label = rui_allocate(env, workers, sizeof *d->label);
	d->open = rui_allocate(env, workers, sizeof *d->open);
	d->via = rui_allocate_zero(env, workers, sizeof *d->via);
	d->done = rui_allocate(env, workers, sizeof *d->done);
	d->done_label = rui_allocate(env, workers, sizeof *d->done_label);
	if ((d->cost32 == NULL && d->cost64 == NULL) || d->label == NULL || d->open == NULL ||
		d->via == NULL || d->done == NULL || d->done_label == NULL)
	{
		rui_assign_dense_finish(d);
		return rui_fail_memory(error, cells * (small ? sizeof(int32_t) : sizeof(int64_t)));
	}
	for (i = 0; i < cells && small; i++)
		d->cost32[i] = ABSENT32;
	for (i = 0; i < cells && !small; i++)
		d->cost64[i] = ABSENT64;
	for (i = 0; i < range->task_end - range->task; i++)
	{
		const rui_assign_task *t = &engine->task[range->task + i];
		size_t row = i * workers;

		for (j = t->arc; j < t->arc + t->arcs; j++)
			if (small)
				d->cost32[row + engine->arc_worker[j] - range->worker] =
					(int32_t) engine->arc_cost[j];
			else
				d->cost64[row + engine->arc_worker[j] - range->worker] = engine->arc_cost[j];
	}
	*dense = d;
	return RUI_OK;
}

/*
 * Lower labels by a row, and find the least label.  Returns the start of the
 * first block of columns that has it.
 */
#define DEFINE_LOWER(name, type, absent) \
	static VECTOR_CODE uint32_t name(const type *restrict cost, const int64_t *restrict open, \
									 int64_t *restrict label, int64_t *restrict via, \
									 uint32_t count, int64_t base, int64_t task, \
									 int64_t *least) \
	{ \
		uint32_t best = 0; \
		uint32_t start; \
\
		*least = INT64_MAX; \
		for (start = 0; start < count; start += BLOCK) \
		{ \
			uint32_t end = count - start < BLOCK ? count : start + BLOCK; \
			int64_t block = INT64_MAX; \
			uint32_t i; \
\
			for (i = start; i < end; i++) \
			{ \
				int64_t through = cost[i] == (absent) ? DONE : base + cost[i] + open[i]; \
				int64_t now = label[i]; \
				bool nearer = through < now; \
\
				via[i] = nearer ? task : via[i]; \
				now = nearer ? through : now; \
				label[i] = now; \
				block = now < block ? now : block; \
			} \
			best = block < *least ? start : best; \
			*least = block < *least ? block : *least; \
		} \
		return best; \
	}

DEFINE_LOWER(lower32, int32_t, ABSENT32)
DEFINE_LOWER(lower64, int64_t, ABSENT64)

/* Look at all candidates of a task: the nearest worker not done, and its label. */
static uint32_t
scan_row(rui_assign_dense *d, uint32_t task, int64_t base, int64_t *least)
{
	size_t row = (size_t) (task - d->range.task) * d->workers;
	uint32_t at;

	if (d->cost32 != NULL)
		at = lower32(d->cost32 + row, d->open, d->label, d->via, d->workers, base, task, least);
	else
		at = lower64(d->cost64 + row, d->open, d->label, d->via, d->workers, base, task, least);
	while (d->label[at] != *least)
		at++;
	d->engine->work += d->workers;
	return at;
}

static int64_t
cost_of(const rui_assign_dense *d, uint32_t task, uint32_t column)
{
	size_t cell = (size_t) (task - d->range.task) * d->workers + column;

	return d->cost32 != NULL ? d->cost32[cell] : d->cost64[cell];
}

rui_status
rui_assign_dense_add(rui_assign_dense *d, uint32_t task, rui_error *error)
{
	rui_assign_engine *engine = d->engine;
	const rui_assign_worker *workers = engine->worker + d->range.worker;
	int64_t *price = engine->price + d->range.worker;
	int64_t end = engine->task[task].penalty;
	uint32_t end_column = RUI_ASSIGN_NONE;
	uint32_t end_task = RUI_ASSIGN_NONE;
	uint32_t done = 0;
	uint32_t column;
	int64_t least;
	uint32_t i;

	for (i = 0; i < d->workers; i++)
		d->label[i] = UNREACHED;
	memcpy(d->open, price, d->workers * sizeof *price);
	column = scan_row(d, task, 0, &least);
	while (least < end)
	{
		const rui_assign_worker *w = &workers[column];
		int64_t distance = least;
		uint32_t current = column;
		uint32_t other;

		d->done[done] = current;
		d->done_label[done++] = distance;
		d->label[current] = UNREACHED;
		d->open[current] = DONE;
		if (w->load < w->capacity)
		{
			int64_t rise = w->load_cost * w->load - price[current];

			if (distance + (rise > 0 ? rise : 0) < end)
			{
				end = distance + (rise > 0 ? rise : 0);
				end_column = current;
				end_task = RUI_ASSIGN_NONE;
			}
			if (rise <= 0)
				break;
		}
		for (other = w->first; other != RUI_ASSIGN_NONE; other = engine->task[other].next)
		{
			const rui_assign_task *t = &engine->task[other];
			int64_t base = distance - t->cost - price[current];

			if (base + t->penalty < end)
			{
				end = base + t->penalty;
				end_column = current;
				end_task = other;
			}
			column = scan_row(d, other, base, &least);
		}
		if (rui_assign_stopped(engine))
			return rui_fail_interrupted(error);
	}
	for (i = 0; i < done; i++)
		if (d->done_label[i] < end)
			price[d->done[i]] += end - d->done_label[i];

	if (end_task != RUI_ASSIGN_NONE)
		rui_assign_take_off(engine, end_task);
	while (end_column != RUI_ASSIGN_NONE)
	{
		uint32_t moving = (uint32_t) d->via[end_column];
		uint32_t old = engine->task[moving].worker;

		rui_assign_put_on(engine, moving, d->range.worker + end_column,
						  cost_of(d, moving, end_column));
		end_column = old == RUI_ASSIGN_NONE ? old : old - d->range.worker;
	}
	return RUI_OK;
}
