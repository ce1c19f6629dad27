/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_ours.c
 *	  Solve a file of assign_shapes by the core of rui.
 *
 *		assign_ours FILE	prints milliseconds of rui_assign_solve, the
 *							objective, the most bytes held for each pair
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/assign.h"

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

int
main(int argc, char **argv)
{
	rui_env env = { counted_allocate, counted_release, NULL, NULL };
	rui_assign_rows *rows;
	rui_assignment *result;
	rui_error error = { 0 };
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	int64_t size[3];
	int32_t *capacity;
	int64_t *penalty;
	double objective = 0;
	double spent;
	int64_t i;

	if (file == NULL)
	{
		fprintf(stderr, "usage: assign_ours FILE\n");
		return 2;
	}
	get(file, size, sizeof *size, 3);
	capacity = malloc(size[1] * sizeof *capacity);
	penalty = malloc(size[0] * sizeof *penalty);
	get(file, capacity, sizeof *capacity, size[1]);
	get(file, penalty, sizeof *penalty, size[0]);
	if (rui_assign_rows_create(&env, RUI_ASSIGN_PENALTY, &rows, &error) != RUI_OK)
		return 1;
	for (i = 0; i < size[2]; i++)
	{
		uint32_t pair[2];
		int64_t cost;
		rui_assign_row row = { 0 };

		get(file, pair, sizeof *pair, 2);
		get(file, &cost, sizeof cost, 1);
		row.task = pair[0];
		row.worker = pair[1];
		row.cost = (double) cost;
		row.penalty = (double) penalty[pair[0]];
		row.capacity = capacity[pair[1]];
		row.has_worker = true;
		if (rui_assign_rows_add(rows, &row, &error) != RUI_OK)
			return 1;
	}
	fclose(file);
	spent = milliseconds();
	if (rui_assign_solve(rows, &env, &result, &error) != RUI_OK)
	{
		fprintf(stderr, "assign_ours: %s %s\n", error.part, error.detail);
		return 1;
	}
	spent = milliseconds() - spent;
	for (i = 0; i < size[0]; i++)
		objective += result[i].assigned ? result[i].cost : (double) penalty[i];
	printf("%.3f %.0f %.1f\n", spent, objective, (double) most_held / (double) size[2]);
	rui_release(&env, result);
	rui_assign_rows_free(rows);
	free(capacity);
	free(penalty);
	return 0;
}
