/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_ours.c
 *	  Solve a file of assign_shapes by the core of rui.
 *
 *		assign_ours FILE [check|rows]
 *
 * Prints milliseconds of rui_assign_solve, from rows in memory to rows, those
 * of it without laying out the rows as a graph or matrix, the objective, the most bytes
 * held for each pair and, with check, whether the checker, which shares
 * nothing with the solver, proves the result optimal (t or f).  With rows it
 * prints task, worker, cost, capacity and penalty of each pair, and no more.
 *
 * Link with -Wl,--wrap=rui_assign_graph_start,--wrap=rui_assign_dense_start.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/assign_check.h"
#include "core/assign_dense.h"
#include "core/assign_graph.h"

static size_t held;
static size_t most_held;

static void *
counted_allocate(size_t size, void *argument)
{
	size_t *block = malloc(size + 16);

	(void) argument;
	if (block == NULL)
		return NULL;
	*block = size;
	held += size;
	most_held = held > most_held ? held : most_held;
	return block + 2;
}

static void
counted_release(void *block, void *argument)
{
	(void) argument;
	held -= ((size_t *) block)[-2];
	free((size_t *) block - 2);
}

static void
get(FILE *file, void *bytes, size_t size, size_t count)
{
	if (fread(bytes, size, count, file) != count)
	{
		fprintf(stderr, "assign_ours: the file ends too early\n");
		exit(1);
	}
}

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static double laid_out;

/* The linker puts these in place of the solver's own, which are the __real ones. */
extern rui_status __real_rui_assign_graph_start(rui_assign_graph *, const rui_assign_rows *,
												const rui_env *, rui_error *);
extern rui_status __wrap_rui_assign_graph_start(rui_assign_graph *, const rui_assign_rows *,
												const rui_env *, rui_error *);
extern rui_status __real_rui_assign_dense_start(rui_assign_engine *, const rui_assign_range *,
												rui_assign_dense **, rui_error *);
extern rui_status __wrap_rui_assign_dense_start(rui_assign_engine *, const rui_assign_range *,
												rui_assign_dense **, rui_error *);

rui_status
__wrap_rui_assign_graph_start(rui_assign_graph *graph, const rui_assign_rows *rows,
							  const rui_env *env, rui_error *error)
{
	double begun = milliseconds();
	rui_status status = __real_rui_assign_graph_start(graph, rows, env, error);

	laid_out += milliseconds() - begun;
	return status;
}

rui_status
__wrap_rui_assign_dense_start(rui_assign_engine *engine, const rui_assign_range *range,
							  rui_assign_dense **dense, rui_error *error)
{
	double begun = milliseconds();
	rui_status status = __real_rui_assign_dense_start(engine, range, dense, error);

	laid_out += milliseconds() - begun;
	return status;
}

typedef struct pair
{
	uint32_t task;
	uint32_t worker;
	int64_t cost;
} pair;

typedef struct instance
{
	int64_t size[3]; /* tasks, workers, pairs */
	int32_t *capacity;
	int64_t *penalty;
	pair *pair;
} instance;

static instance
read_instance(const char *name)
{
	FILE *file = fopen(name, "rb");
	instance in;

	if (file == NULL)
	{
		perror(name);
		exit(1);
	}
	get(file, in.size, sizeof *in.size, 3);
	in.capacity = malloc(in.size[1] * sizeof *in.capacity);
	in.penalty = malloc(in.size[0] * sizeof *in.penalty);
	in.pair = malloc(in.size[2] * sizeof *in.pair);
	get(file, in.capacity, sizeof *in.capacity, in.size[1]);
	get(file, in.penalty, sizeof *in.penalty, in.size[0]);
	get(file, in.pair, sizeof *in.pair, in.size[2]);
	fclose(file);
	return in;
}

static rui_assign_row
row_of(const instance *in, int64_t i)
{
	rui_assign_row row = { 0 };

	row.task = in->pair[i].task;
	row.worker = in->pair[i].worker;
	row.cost = (double) in->pair[i].cost;
	row.penalty = (double) in->penalty[in->pair[i].task];
	row.capacity = in->capacity[in->pair[i].worker];
	row.has_worker = true;
	return row;
}

static bool
is_optimal(const instance *in, const rui_assignment *result)
{
	rui_env env = { counted_allocate, counted_release, NULL, NULL };
	rui_assign_check *check;
	rui_assign_verdict verdict;
	int64_t i;

	if (rui_assign_check_create(&env, RUI_ASSIGN_PENALTY, &check, NULL) != RUI_OK)
		exit(1);
	for (i = 0; i < in->size[2]; i++)
	{
		rui_assign_row row = row_of(in, i);
		const rui_assignment *r = &result[row.task];

		if (rui_assign_check_add(check, &row, r->assigned && r->worker == row.worker, NULL) !=
			RUI_OK)
			exit(1);
	}
	if (rui_assign_check_judge(check, &env, &verdict, NULL) != RUI_OK)
		exit(1);
	rui_assign_check_free(check);
	return verdict.optimal;
}

int
main(int argc, char **argv)
{
	rui_env env = { counted_allocate, counted_release, NULL, NULL };
	rui_assign_rows *rows;
	rui_assignment *result;
	rui_error error = { 0 };
	instance in;
	double objective = 0;
	double spent;
	double bytes;
	int64_t i;

	if (argc < 2)
	{
		fprintf(stderr, "usage: assign_ours FILE [check|rows]\n");
		return 2;
	}
	in = read_instance(argv[1]);
	if (argc > 2 && strcmp(argv[2], "rows") == 0)
	{
		for (i = 0; i < in.size[2]; i++)
			printf("%u\t%u\t%" PRId64 "\t%d\t%" PRId64 "\n", in.pair[i].task, in.pair[i].worker,
				   in.pair[i].cost, in.capacity[in.pair[i].worker],
				   in.penalty[in.pair[i].task]);
		return 0;
	}
	if (rui_assign_rows_create(&env, RUI_ASSIGN_PENALTY, &rows, &error) != RUI_OK)
		return 1;
	for (i = 0; i < in.size[2]; i++)
	{
		rui_assign_row row = row_of(&in, i);

		if (rui_assign_rows_add(rows, &row, &error) != RUI_OK)
			return 1;
	}
	spent = milliseconds();
	if (rui_assign_solve(rows, &env, &result, &error) != RUI_OK)
	{
		fprintf(stderr, "assign_ours: %s %s\n", error.part, error.detail);
		return 1;
	}
	spent = milliseconds() - spent;
	bytes = (double) most_held / (double) in.size[2];
	for (i = 0; i < in.size[0]; i++)
		objective += result[i].assigned ? result[i].cost : (double) in.penalty[i];
	printf("%.3f %.3f %.0f %.1f", spent, spent - laid_out, objective, bytes);
	if (argc > 2)
		printf(" %c", is_optimal(&in, result) ? 't' : 'f');
	printf("\n");
	rui_release(&env, result);
	rui_assign_rows_free(rows);
	free(in.capacity);
	free(in.penalty);
	free(in.pair);
	return 0;
}
