/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_shapes.c
 *	  Write an assignment instance of a named shape to a file.
 *
 *		assign_shapes SHAPE TASKS FILE
 *
 * Sparse shapes have 20 candidates for each task and a worker for four tasks:
 * suni (workers drawn at random, capacity 1 to 8), sgeo (a city: nearest
 * workers with the skill, extra outside the home grid, urgency classes,
 * capacity 1 to 8), sovr (the same with capacity 1 to 4: many must wait).
 * Dense shapes are square with capacity 1: duni (costs 1 to 10000), dgeo
 * (whole distances of points), dmac (i * j; Machol and Wien, Operations
 * Research 24 (1976) 190-192).  Same arguments, same bytes.
 *
 * The file: int64 tasks, workers, pairs; int32 capacity[workers]; int64
 * penalty[tasks]; then for each pair, by task, uint32 task, worker; int64 cost.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rui_core.h"

#define CANDIDATES 20
#define SKILLS 6

typedef struct shape
{
	int64_t tasks;
	int64_t workers;
	int64_t pairs;
	int32_t *capacity;
	int64_t *penalty;
	uint32_t *pair_task;
	uint32_t *pair_worker;
	int64_t *pair_cost;
} shape;

static rui_random chance;

static int64_t
below(int64_t bound)
{
	return (int64_t) rui_random_below(&chance, (uint64_t) bound);
}

static double
unit(void)
{
	return (double) (rui_random_next(&chance) >> 11) * 0x1p-53;
}

static void *
take(size_t count, size_t size)
{
	void *block = calloc(count == 0 ? 1 : count, size);

	if (block == NULL)
	{
		fprintf(stderr, "assign_shapes: no memory\n");
		exit(1);
	}
	return block;
}

static void
start(shape *s, int64_t tasks, int64_t workers, int64_t pairs)
{
	s->tasks = tasks;
	s->workers = workers;
	s->pairs = 0;
	s->capacity = take(workers, sizeof *s->capacity);
	s->penalty = take(tasks, sizeof *s->penalty);
	s->pair_task = take(pairs, sizeof *s->pair_task);
	s->pair_worker = take(pairs, sizeof *s->pair_worker);
	s->pair_cost = take(pairs, sizeof *s->pair_cost);
}

static void
add(shape *s, int64_t task, int64_t worker, int64_t cost)
{
	s->pair_task[s->pairs] = (uint32_t) task;
	s->pair_worker[s->pairs] = (uint32_t) worker;
	s->pair_cost[s->pairs++] = cost;
}

static void
draw_uniform(shape *s, int64_t tasks)
{
	int64_t workers = tasks / 4;
	int64_t *last = take(workers, sizeof *last);
	int64_t t;
	int64_t w;

	start(s, tasks, workers, tasks * CANDIDATES);
	for (w = 0; w < workers; w++)
		s->capacity[w] = (int32_t) (1 + below(8));
	for (t = 0; t < tasks; t++)
	{
		int count = 0;

		s->penalty[t] = INT64_C(20000) << below(4);
		while (count < CANDIDATES)
		{
			w = below(workers);
			if (last[w] == t + 1)
				continue;
			last[w] = t + 1;
			add(s, t, w, 1 + below(10000));
			count++;
		}
	}
	free(last);
}

typedef struct place
{
	double x;
	double y;
	unsigned skills;
	int64_t grid;
} place;

/* Some of the city is busier than the rest. */
static place
draw_place(double side, const place *centre, int centres, int busy_percent)
{
	place p = { unit() * side, unit() * side, 0, 0 };

	if (below(100) < busy_percent)
	{
		const place *near = &centre[below(centres)];

		p.x = fmin(side - 1, fmax(0, near->x + (unit() + unit() + unit() - 1.5) * 800));
		p.y = fmin(side - 1, fmax(0, near->y + (unit() + unit() + unit() - 1.5) * 800));
	}
	return p;
}

typedef struct candidate
{
	double distance;
	int64_t worker;
} candidate;

static int
by_distance(const void *a, const void *b)
{
	const candidate *one = a;
	const candidate *two = b;

	if (one->distance != two->distance)
		return one->distance < two->distance ? -1 : 1;
	return one->worker < two->worker ? -1 : 1;
}

static void
draw_city(shape *s, int64_t tasks, int most_capacity)
{
	int64_t workers = tasks / 4;
	double side = sqrt((double) workers) * 100;
	int64_t across = (int64_t) (side / 200) + 1; /* cells of 200 m, home grids of 400 m */
	int centres = (int) (workers / 250) + 1;
	place *centre = take(centres, sizeof *centre);
	place *worker = take(workers, sizeof *worker);
	int64_t *first = take(across * across, sizeof *first);
	int64_t *next = take(workers, sizeof *next);
	candidate *found = take(workers, sizeof *found);
	int64_t t;
	int64_t w;
	int i;

	start(s, tasks, workers, tasks * CANDIDATES);
	for (i = 0; i < centres; i++)
		centre[i] = draw_place(side, NULL, 0, 0);
	for (t = 0; t < across * across; t++)
		first[t] = -1;
	for (w = 0; w < workers; w++)
	{
		int64_t cell;

		worker[w] = draw_place(side, centre, centres, 20);
		worker[w].skills = 1u << below(SKILLS) | 1u << below(SKILLS) | 1u << below(SKILLS);
		worker[w].grid = (int64_t) (worker[w].y / 400) * across + (int64_t) (worker[w].x / 400);
		s->capacity[w] = (int32_t) (1 + below(most_capacity));
		cell = (int64_t) (worker[w].y / 200) * across + (int64_t) (worker[w].x / 200);
		next[w] = first[cell];
		first[cell] = w;
	}
	for (t = 0; t < tasks; t++)
	{
		place p = draw_place(side, centre, centres, 25);
		unsigned skill = 1u << below(SKILLS);
		int64_t grid = (int64_t) (p.y / 400) * across + (int64_t) (p.x / 400);
		int64_t px = (int64_t) (p.x / 200);
		int64_t py = (int64_t) (p.y / 200);
		int64_t radius;
		int64_t count = 0;
		bool certified = below(10) == 0;

		s->penalty[t] = INT64_C(20000) << below(4);

		/* Rings of cells until the nearest 20 are surely among those found. */
		for (radius = 0; radius <= across; radius++)
		{
			int64_t x;
			int64_t y;
			int64_t sure = 0;

			for (y = py - radius; y <= py + radius; y++)
				for (x = px - radius; x <= px + radius; x++)
				{
					if (x < 0 || y < 0 || x >= across || y >= across ||
						(llabs(x - px) != radius && llabs(y - py) != radius))
						continue;
					for (w = first[y * across + x]; w >= 0; w = next[w])
						if ((worker[w].skills & skill) && (!certified || w % 3 == 0))
							found[count++] = (candidate){ hypot(worker[w].x - p.x,
																worker[w].y - p.y),
														  w };
				}
			for (w = 0; w < count; w++)
				sure += found[w].distance <= (double) radius * 200;
			if (sure >= CANDIDATES)
				break;
		}
		qsort(found, count, sizeof *found, by_distance);
		for (w = 0; w < count && w < CANDIDATES; w++)
		{
			const place *home = &worker[found[w].worker];
			int64_t cost = (int64_t) found[w].distance;

			cost += home->grid == grid ? 0 : 300;
			cost += 50 * (__builtin_popcount(home->skills) - 1);
			add(s, t, found[w].worker, cost);
		}
	}
	free(centre);
	free(worker);
	free(first);
	free(next);
	free(found);
}

static void
draw_dense(shape *s, int64_t n, const char *name)
{
	place *p = take(n * 2, sizeof *p);
	int64_t t;
	int64_t w;

	start(s, n, n, n * n);
	for (t = 0; t < n * 2; t++)
		p[t] = (place){ unit() * 10000, unit() * 10000, 0, 0 };
	for (t = 0; t < n; t++)
	{
		s->capacity[t] = 1;
		s->penalty[t] = INT64_C(1) << 31;
		for (w = 0; w < n; w++)
			if (strcmp(name, "duni") == 0)
				add(s, t, w, 1 + below(10000));
			else if (strcmp(name, "dgeo") == 0)
				add(s, t, w, (int64_t) hypot(p[t].x - p[n + w].x, p[t].y - p[n + w].y));
			else
				add(s, t, w, (t + 1) * (w + 1));
	}
	free(p);
}

static void
put(FILE *file, const void *bytes, size_t size, size_t count)
{
	if (fwrite(bytes, size, count, file) != count)
	{
		perror("assign_shapes");
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	shape s;
	int64_t tasks;
	int64_t i;
	FILE *file;

	if (argc != 4 || (tasks = strtoll(argv[2], NULL, 10)) < 100)
	{
		fprintf(stderr, "usage: assign_shapes suni|sgeo|sovr|duni|dgeo|dmac TASKS FILE\n");
		return 2;
	}
	chance.state = 20;
	if (strcmp(argv[1], "suni") == 0)
		draw_uniform(&s, tasks);
	else if (strcmp(argv[1], "sgeo") == 0)
		draw_city(&s, tasks, 8);
	else if (strcmp(argv[1], "sovr") == 0)
		draw_city(&s, tasks, 4);
	else
		draw_dense(&s, tasks, argv[1]);
	file = fopen(argv[3], "wb");
	if (file == NULL)
	{
		perror(argv[3]);
		return 1;
	}
	put(file, &s.tasks, sizeof s.tasks, 1);
	put(file, &s.workers, sizeof s.workers, 1);
	put(file, &s.pairs, sizeof s.pairs, 1);
	put(file, s.capacity, sizeof *s.capacity, s.workers);
	put(file, s.penalty, sizeof *s.penalty, s.tasks);
	for (i = 0; i < s.pairs; i++)
	{
		put(file, &s.pair_task[i], sizeof *s.pair_task, 1);
		put(file, &s.pair_worker[i], sizeof *s.pair_worker, 1);
		put(file, &s.pair_cost[i], sizeof *s.pair_cost, 1);
	}
	return fclose(file) == 0 ? 0 : 1;
}
