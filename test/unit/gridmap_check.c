/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_check.c
 *	  Suspects, borders and meetings of gridmaps, against brute force.
 *
 * Triangles with small whole corners meet in every way there is; whether two
 * overlap is decided in integers by a line between them.
 */
#include "gridmap_shapes.h"

#include "core/gridmap_check.h"

static rui_gridmap *
finish(rui_gridmap_builder *builder)
{
	rui_gridmap *map = NULL;

	CHECK_INT(rui_gridmap_finish(builder, &map, NULL), RUI_OK);
	return map;
}

static rui_gridmap_pairs
find_suspects(const rui_gridmap *map)
{
	rui_gridmap_pairs pairs = { 0 };

	CHECK_INT(rui_gridmap_suspects(env, map, &pairs, NULL), RUI_OK);
	return pairs;
}

static uint32_t
count_border(const rui_gridmap *map)
{
	rui_gridmap_paths paths = { 0 };
	uint32_t edges = 0;
	size_t i;

	CHECK_INT(rui_gridmap_borders(env, map, &paths, NULL), RUI_OK);
	for (i = 0; i < paths.count; i++)
		edges += paths.paths[i].count;
	free(paths.paths);
	return edges;
}

typedef struct triangle
{
	int x[3];
	int y[3];
} triangle;

static int
side(const triangle *t, int i, int k, const triangle *u, int m)
{
	return (t->x[k] - t->x[i]) * (u->y[m] - t->y[i]) - (u->x[m] - t->x[i]) * (t->y[k] - t->y[i]);
}

/* Whether a line along an edge of t has all of u on the other side. */
static bool
separates(const triangle *t, const triangle *u)
{
	int i;
	int m;

	for (i = 0; i < 3; i++)
	{
		int k = (i + 1) % 3;
		int own = side(t, i, k, t, (i + 2) % 3);
		bool all = true;

		for (m = 0; m < 3; m++)
			all = all && (own > 0 ? side(t, i, k, u, m) <= 0 : side(t, i, k, u, m) >= 0);
		if (all)
			return true;
	}
	return false;
}

/* Whether corners of t lie within edges of u. */
static bool
leans(const triangle *t, const triangle *u)
{
	int i;
	int m;

	for (i = 0; i < 3; i++)
		for (m = 0; m < 3; m++)
		{
			int k = (i + 1) % 3;
			int dot = (t->x[m] - u->x[i]) * (t->x[m] - u->x[k]) +
				(t->y[m] - u->y[i]) * (t->y[m] - u->y[k]);

			if (side(u, i, k, t, m) == 0 && dot < 0)
				return true;
		}
	return false;
}

static triangle
random_triangle(rui_random *random, int size)
{
	triangle t;

	do
	{
		int i;

		for (i = 0; i < 3; i++)
		{
			t.x[i] = (int) rui_random_below(random, (uint64_t) size);
			t.y[i] = (int) rui_random_below(random, (uint64_t) size);
		}
	} while (side(&t, 0, 1, &t, 2) == 0);
	return t;
}

static void
test_triangles(void)
{
	long overlaps = 0;
	long spared = 0;
	int number;

	for (number = 0; number < 3000; number++)
	{
		rui_random random = { 7000 + number };
		int count = 2 + (int) rui_random_below(&random, 12);
		int size = 3 + number % 5;
		triangle t[16];
		rui_gridmap_builder builder;
		rui_gridmap *map;
		rui_gridmap_pairs pairs;
		int i;
		int k;

		unit_note("triangles, seed %d", 7000 + number);
		rui_gridmap_start(&builder, env);
		for (i = 0; i < count; i++)
		{
			double xy[8];

			t[i] = random_triangle(&random, size);
			for (k = 0; k < 3; k++)
			{
				xy[2 * k] = t[i].x[k];
				xy[2 * k + 1] = t[i].y[k];
			}
			add_simple(&builder, i, xy, 3);
		}
		map = finish(&builder);
		pairs = find_suspects(map);
		for (i = 0; i < count; i++)
			for (k = i + 1; k < count; k++)
			{
				bool overlap = !separates(&t[i], &t[k]) && !separates(&t[k], &t[i]);
				bool suspect = false;
				size_t p;

				for (p = 0; p < pairs.count; p++)
					suspect = suspect || (pairs.pairs[p].a == i && pairs.pairs[p].b == k);
				CHECK(suspect || !overlap);
				/* What meets well is no suspect. */
				CHECK(overlap || leans(&t[i], &t[k]) || leans(&t[k], &t[i]) || !suspect);
				overlaps += overlap;
				spared += !suspect;
			}
		free(pairs.pairs);
		free(map);
		rui_gridmap_release(&builder);
	}
	unit_note("%ld overlaps, %ld spared", overlaps, spared);
	CHECK(overlaps > 30000 && spared > 5000);
}

/* A good tessellation has no suspects, and borders only around it. */
static void
test_tiles(void)
{
	uint32_t side_tiles = 9;
	uint32_t broken;

	for (broken = 0; broken < 4; broken++)
	{
		rui_gridmap_builder builder;
		rui_gridmap *map;
		rui_gridmap_pairs pairs;
		uint32_t i;
		size_t p;

		unit_note("tiles, %u", broken);
		rui_gridmap_start(&builder, env);
		for (i = 0; i < side_tiles * side_tiles; i++)
		{
			rui_area area = { 0 };

			start_polygon(&area);
			add_tile(&area, 3, i % side_tiles, i / side_tiles, 118.78, 32.04, 0.01, 8);
			if (broken == 1 && i == 40)
				area.xy[10] += 1e-12; /* one vertex by a hair */
			if (broken == 2 && i == 40)
			{
				rui_area_release(env, &area); /* a gap */
				continue;
			}
			add_area(&builder, i, &area);
		}
		if (broken == 3)
			add_box(&builder, 40, 118.815, 32.075, 118.835, 32.085); /* of the same grid */
		map = finish(&builder);
		pairs = find_suspects(map);
		switch (broken)
		{
			case 0:
				CHECK_INT(pairs.count, 0);
				CHECK_INT(count_border(map), 4 * 9 * 8);
				break;
			case 1:
				CHECK_INT(pairs.count, 1);
				CHECK(pairs.count == 1 && (pairs.pairs[0].a == 40 || pairs.pairs[0].b == 40));
				CHECK_INT(count_border(map), 4 * 9 * 8 + 4);
				break;
			case 2:
				CHECK_INT(pairs.count, 0);
				CHECK_INT(count_border(map), 4 * 9 * 8 + 32);
				break;
			default:
				CHECK(pairs.count > 0); /* it reaches over others */
				for (p = 0; p < pairs.count; p++)
					CHECK((rui_gridmap_grid(map, pairs.pairs[p].a) == 40) !=
						  (rui_gridmap_grid(map, pairs.pairs[p].b) == 40));
				break;
		}
		free(pairs.pairs);
		free(map);
		rui_gridmap_release(&builder);
	}
}

/* Rings in rings: filling a hole is no overlap, filling more is. */
static void
test_holes(void)
{
	static const struct
	{
		double grow; /* what fills the hole is larger by */
		uint32_t corners;
		bool suspect;
	} cases[] = { { 0, 12, false }, { 1e-9, 12, true }, { -1e-9, 12, false }, { 0, 3, true } };
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
	{
		rui_random random = { 3 };
		double hole[2 * SHAPE_CORNERS];
		double outer[10] = { 0, 0, 9, 0, 9, 9, 0, 9 };
		rui_gridmap_builder builder;
		rui_gridmap *map;
		rui_gridmap_pairs pairs;
		rui_area area = { 0 };
		uint32_t k;

		unit_note("hole %zu", i);
		convex_ring(&random, 4, 4, 3, 12, hole);
		start_polygon(&area);
		close_ring(&area, outer, 4);
		close_ring(&area, hole, 12);
		rui_gridmap_start(&builder, env);
		add_area(&builder, 1, &area);
		for (k = 0; k < 2 * cases[i].corners; k++)
			hole[k] += (hole[k] - 4) * cases[i].grow;
		add_simple(&builder, 2, hole, cases[i].corners);
		if (cases[i].corners == 3)
			add_box(&builder, 3, 4, 4, 4.5, 4.5); /* within the triangle or beside it */
		map = finish(&builder);
		pairs = find_suspects(map);
		/* Three corners of the hole: an edge that the hole has not. */
		CHECK(cases[i].suspect == (pairs.count > 0));
		CHECK_INT(count_border(map) == 4, cases[i].grow == 0 && cases[i].corners == 12);
		free(pairs.pairs);
		free(map);
		rui_gridmap_release(&builder);
	}
}

static void
test_meeting(void)
{
	rui_random random = { 11 };
	rui_gridmap_builder builder;
	rui_gridmap *map;
	rui_gridmap_pairs pairs = { 0 };
	double boxes[4 * 50];
	double areas[4 * 60];
	size_t expected = 0;
	uint32_t i;
	uint32_t k;

	unit_note("meeting");
	rui_gridmap_start(&builder, env);
	for (i = 0; i < 60; i++)
	{
		double *b = areas + 4 * i;

		b[0] = round(between(&random, 0, 20));
		b[1] = round(between(&random, 0, 20));
		b[2] = b[0] + 1 + round(between(&random, 0, 3));
		b[3] = b[1] + 1 + round(between(&random, 0, 3));
		add_box(&builder, i, b[0], b[1], b[2], b[3]);
	}
	for (i = 0; i < 50; i++)
	{
		double *b = boxes + 4 * i;

		b[0] = round(between(&random, -2, 22));
		b[1] = round(between(&random, -2, 22));
		b[2] = b[0] + round(between(&random, 0, 3));
		b[3] = b[1] + round(between(&random, 0, 3));
		for (k = 0; k < 60; k++)
			expected += b[0] <= areas[4 * k + 2] && areas[4 * k] <= b[2] &&
				b[1] <= areas[4 * k + 3] && areas[4 * k + 1] <= b[3];
	}
	map = finish(&builder);
	CHECK_INT(rui_gridmap_meeting(env, map, boxes, 50, &pairs, NULL), RUI_OK);
	CHECK_INT(pairs.count, expected);
	for (i = 0; i < pairs.count; i++)
	{
		const double *b = boxes + 4 * pairs.pairs[i].a;
		const double *a = areas + 4 * pairs.pairs[i].b;

		CHECK(b[0] <= a[2] && a[0] <= b[2] && b[1] <= a[3] && a[1] <= b[3]);
	}
	free(pairs.pairs);
	free(map);
	rui_gridmap_release(&builder);
}

static bool
always(void *argument)
{
	++*(long *) argument;
	return true;
}

static void *
plain_allocate(size_t size, void *argument)
{
	(void) argument;
	return malloc(size);
}

static void
plain_release(void *block, void *argument)
{
	(void) argument;
	free(block);
}

/* Hostile maps can be stopped, and leave nothing behind. */
static void
test_stop(void)
{
	long asked = 0;
	rui_env stopping = { plain_allocate, plain_release, always, &asked };
	rui_gridmap_pairs pairs = { 0 };
	rui_gridmap_builder builder;
	rui_gridmap *map;
	uint32_t i;

	unit_note("stop");
	rui_gridmap_start(&builder, env);
	for (i = 0; i < 600; i++)
	{
		double strip[10] = { 0, i, 1e4, 600 - i, 1e4, 601 - i, 0, i + 1 };

		add_simple(&builder, i, strip, 4);
	}
	map = finish(&builder);
	CHECK_INT(rui_gridmap_suspects(&stopping, map, &pairs, NULL), RUI_INTERRUPTED);
	CHECK(asked == 1 && pairs.pairs == NULL);
	CHECK_INT(rui_gridmap_suspects(env, map, &pairs, NULL), RUI_OK);
	CHECK(pairs.count > 600 * 590 / 2);
	free(pairs.pairs);
	free(map);
	rui_gridmap_release(&builder);
	map = finish(&builder);
	pairs = find_suspects(map);
	CHECK_INT(pairs.count, 0);
	CHECK_INT(count_border(map), 0);
	free(map);
}

int
main(void)
{
	test_triangles();
	test_tiles();
	test_holes();
	test_meeting();
	test_stop();
	return unit_finish("gridmap_check");
}
