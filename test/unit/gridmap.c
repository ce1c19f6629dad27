/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  Gridmaps: the raster against every ring of every area, and the forms.
 */
#include "unit.h"

#include <math.h>

#include "core/gridmap.h"

static const rui_env *const env = &rui_env_malloc;

/* ---- making areas ---- */

static void
start_polygon(rui_area *area)
{
	CHECK(rui_grow(env, &area->polygon_rings, &area->polygon_capacity, area->polygons + 1, 4,
				   NULL) == RUI_OK);
	area->polygon_rings[area->polygons++] = 0;
}

static void
add_ring(rui_area *area, const double *xy, uint32_t count)
{
	CHECK(rui_grow(env, &area->ring_points, &area->ring_capacity, area->rings + 1, 4, NULL) ==
		  RUI_OK);
	CHECK(rui_grow(env, &area->xy, &area->point_capacity, area->points + count, 16, NULL) ==
		  RUI_OK);
	memcpy(area->xy + 2 * area->points, xy, count * 16);
	area->ring_points[area->rings++] = count;
	area->polygon_rings[area->polygons - 1]++;
	area->points += count;
}

static double
uniform(rui_random *random)
{
	return (double) (rui_random_next(random) >> 11) * 0x1p-53;
}

/* A ring around (x, y) whose corners lie at growing angles; coarse ones on a
 * lattice, so that vertices, edges and points often coincide. */
static void
add_star(rui_area *area, rui_random *random, double x, double y, double radius, uint32_t corners,
		 double lattice)
{
	double xy[2 * 65];
	uint32_t i;

	for (i = 0; i < corners; i++)
	{
		double angle = 6.283185307179586 * (i + 0.8 * uniform(random)) / corners;
		double r = radius * (0.55 + 0.45 * uniform(random));

		xy[2 * i] = x + r * cos(angle);
		xy[2 * i + 1] = y + r * sin(angle);
		if (lattice > 0)
		{
			xy[2 * i] = round(xy[2 * i] / lattice) * lattice + 0.0;
			xy[2 * i + 1] = round(xy[2 * i + 1] / lattice) * lattice + 0.0;
		}
	}
	xy[2 * corners] = xy[0];
	xy[2 * corners + 1] = xy[1];
	add_ring(area, xy, corners + 1);
}

/* The vertices of a tessellation's lattice, moved about. */
static void
node_at(uint64_t seed, uint32_t column, uint32_t row, double x, double y, double step, double *xy)
{
	rui_random random = { seed ^ ((uint64_t) column << 32 | row) };

	xy[0] = x + step * (column + 0.6 * uniform(&random));
	xy[1] = y + step * (row + 0.6 * uniform(&random));
}

/* A jagged border between two nodes, the same from both sides. */
static uint32_t
border(uint64_t seed, const double *from, const double *to, uint32_t pieces, double *out)
{
	bool swap = from[0] > to[0] || (from[0] == to[0] && from[1] > to[1]);
	const double *a = swap ? to : from;
	const double *b = swap ? from : to;
	double points[2 * 32];
	rui_random random = { seed };
	uint32_t i;

	for (i = 0; i < pieces; i++)
	{
		double t = (double) i / pieces;
		double bend = i == 0 ? 0 : 0.1 * (uniform(&random) - 0.5);

		points[2 * i] = a[0] + t * (b[0] - a[0]) - bend * (b[1] - a[1]);
		points[2 * i + 1] = a[1] + t * (b[1] - a[1]) + bend * (b[0] - a[0]);
	}
	points[2 * pieces] = b[0];
	points[2 * pieces + 1] = b[1];
	for (i = 0; i < pieces; i++)
	{
		uint32_t k = swap ? pieces - i : i;

		out[2 * i] = points[2 * k];
		out[2 * i + 1] = points[2 * k + 1];
	}
	return pieces;
}

static void
add_tile(rui_area *area, uint64_t seed, uint32_t column, uint32_t row, double x, double y,
		 double step, uint32_t pieces)
{
	static const uint32_t turn[5][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { 0, 0 } };
	double xy[2 * 4 * 32 + 2];
	uint32_t count = 0;
	int i;

	for (i = 0; i < 4; i++)
	{
		double from[2];
		double to[2];
		uint64_t place = (uint64_t) (column + (i == 1)) << 24 | (row + (i == 2));

		node_at(seed, column + turn[i][0], row + turn[i][1], x, y, step, from);
		node_at(seed, column + turn[i + 1][0], row + turn[i + 1][1], x, y, step, to);
		count += border(seed + 4 * place + (i & 1), from, to, pieces, xy + 2 * count);
	}
	xy[2 * count] = xy[0];
	xy[2 * count + 1] = xy[1];
	add_ring(area, xy, count + 1);
}

/* ---- the model: every ring of every area ---- */

static int
model_ring(const double *xy, uint32_t count, double x, double y)
{
	int winding = 0;
	uint32_t i;

	for (i = 0; i + 1 < count; i++)
	{
		const double *a = xy + 2 * i;
		const double *b = a + 2;
		double side = (b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1]);

		if (a[0] == b[0] && a[1] == b[1])
			continue;
		if (side == 0 && fmin(a[0], b[0]) <= x && x <= fmax(a[0], b[0]) &&
			fmin(a[1], b[1]) <= y && y <= fmax(a[1], b[1]))
			return 0;
		if (a[1] <= y && y < b[1] && side > 0)
			winding++;
		if (b[1] <= y && y < a[1] && side < 0)
			winding--;
	}
	return winding == 0 ? -1 : 1;
}

static bool
model_covers(const rui_area *area, double x, double y)
{
	const uint32_t *count = area->ring_points;
	const double *xy = area->xy;
	uint32_t i;

	for (i = 0; i < area->polygons; i++)
	{
		uint32_t rings = area->polygon_rings[i];
		int side = -1;
		uint32_t k;

		for (k = 0; k < rings; k++)
		{
			int ring = model_ring(xy, *count, x, y);

			if (ring == 0 && (k == 0 || side > 0))
				return true;
			if (k == 0)
				side = ring;
			else if (ring > 0)
				side = -1;
			xy += 2 * *count++;
		}
		if (side > 0)
			return true;
	}
	return false;
}

static bool
model_locate(const rui_gridmap_builder *builder, double x, double y, int64_t *grid)
{
	bool found = false;
	size_t i;

	for (i = 0; i < builder->count; i++)
		if ((!found || builder->entries[i].grid < *grid) &&
			model_covers(&builder->entries[i].area, x, y))
		{
			*grid = builder->entries[i].grid;
			found = true;
		}
	return found;
}

/* ---- comparing ---- */

static void
compare_at(const rui_gridmap_builder *builder, const rui_gridmap *map, double x, double y)
{
	int64_t expected = -1;
	int64_t actual = -1;
	bool covered = model_locate(builder, x, y, &expected);

	if (rui_gridmap_locate(map, x, y, &actual) != covered || actual != expected)
	{
		printf("  point %.17g %.17g: actual %" PRId64 ", expected %" PRId64 "\n", x, y, actual,
			   expected);
		CHECK(false);
	}
	else
		unit_passed++;
}

/* A point that is worth a try: on or next to a vertex or edge, or anywhere. */
static void
choose_point(const rui_gridmap_builder *builder, const rui_gridmap *map, rui_random *random,
			 double *x, double *y)
{
	const rui_area *area = &builder->entries[rui_random_below(random, builder->count)].area;
	uint32_t v = (uint32_t) rui_random_below(random, area->points - 1);
	const double *a = area->xy + 2 * v;
	double t = uniform(random);
	uint64_t kind = rui_random_below(random, 8);

	if (kind < 3)
	{
		*x = map->low[0] + (map->high[0] - map->low[0]) * (1.02 * uniform(random) - 0.01);
		*y = map->low[1] + (map->high[1] - map->low[1]) * (1.02 * uniform(random) - 0.01);
		if (kind == 2)
			*y = a[1]; /* level with a vertex */
		return;
	}
	if (kind == 3)
		t = 0;
	if (kind == 4)
		t = 0.5;
	*x = a[0] + t * (a[2] - a[0]);
	*y = a[1] + t * (a[3] - a[1]);
	if (kind == 6)
		*x = nextafter(*x, t < 0.5 ? INFINITY : -INFINITY);
	if (kind == 7)
		*y = nextafter(*y, t < 0.5 ? INFINITY : -INFINITY);
}

static rui_gridmap *
finish(rui_gridmap_builder *builder)
{
	rui_gridmap *map = NULL;
	rui_error error = { 0 };

	CHECK_INT(rui_gridmap_finish(builder, &map, &error), RUI_OK);
	if (map == NULL)
		printf("  %s %s\n", error.part, error.detail);
	return map;
}

/* Compare at many points, then all forms and what was read back from them. */
static void
try_map(rui_gridmap_builder *builder, rui_random *random, int points)
{
	rui_gridmap *map = finish(builder);
	rui_gridmap *again;
	rui_gridmap_builder reader;
	rui_text text;
	rui_text binary;
	rui_error error = { 0 };
	int64_t grid;
	int i;

	for (i = 0; i < points; i++)
	{
		double x;
		double y;

		choose_point(builder, map, random, &x, &y);
		compare_at(builder, map, x, y);
	}
	CHECK(!rui_gridmap_locate(map, NAN, map->low[1], &grid));
	CHECK(!rui_gridmap_locate(map, INFINITY, map->low[1], &grid));
	rui_text_start(&text, env);
	rui_text_start(&binary, env);
	rui_gridmap_write_text(map, &text);
	rui_gridmap_write_binary(map, &binary);
	rui_gridmap_start(&reader, env);
	CHECK_INT(rui_gridmap_read_text(&reader, text.bytes, text.length, &error), RUI_OK);
	again = finish(&reader);
	CHECK(again->size == map->size && memcmp(again, map, map->size) == 0);
	free(again);
	rui_gridmap_release(&reader);
	CHECK_INT(rui_gridmap_read_binary(&reader, binary.bytes, binary.length, &error), RUI_OK);
	again = finish(&reader);
	CHECK(again->size == map->size && memcmp(again, map, map->size) == 0);
	free(again);
	rui_gridmap_release(&reader);
	binary.bytes[rui_random_below(random, binary.length)] ^= 4;
	CHECK_INT(rui_gridmap_read_binary(&reader, binary.bytes, binary.length, &error), RUI_BINARY);
	rui_gridmap_release(&reader);
	rui_text_release(&text);
	rui_text_release(&binary);
	free(map);
	rui_gridmap_release(builder);
}

static void
add(rui_gridmap_builder *builder, int64_t grid, rui_area *area)
{
	rui_error error = { 0 };

	CHECK_INT(rui_gridmap_add(builder, grid, area, &error), RUI_OK);
}

static void
test_stars(void)
{
	int round;

	for (round = 0; round < 60; round++)
	{
		rui_random random = { 1000 + round };
		rui_gridmap_builder builder;
		double x = round % 3 == 0 ? 118.78 : 0;
		double lattice = round % 4 == 1 ? 0.25 : 0;
		uint64_t areas = 1 + rui_random_below(&random, 40);
		uint64_t i;

		unit_note("stars, seed %d", 1000 + round);
		rui_gridmap_start(&builder, env);
		for (i = 0; i < areas; i++)
		{
			rui_area area = { 0 };
			uint64_t polygons = 1 + rui_random_below(&random, 3);
			uint64_t k;

			area.multi = polygons > 1;
			for (k = 0; k < polygons; k++)
			{
				/* Not always valid as a whole: the rings' rules still hold. */
				double cx = x + 4 * uniform(&random);
				double cy = 4 * uniform(&random);

				start_polygon(&area);
				add_star(&area, &random, cx, cy, 1, 3 + (uint32_t) rui_random_below(&random, 60),
						 lattice);
				if (rui_random_below(&random, 2) == 0)
					add_star(&area, &random, cx, cy, 0.5, 3 + rui_random_below(&random, 9),
							 lattice);
			}
			add(&builder, (int64_t) rui_random_below(&random, 2 * areas) - 5, &area);
		}
		try_map(&builder, &random, 2000);
	}
}

static void
test_tiles(void)
{
	int round;

	for (round = 0; round < 12; round++)
	{
		rui_random random = { 2000 + round };
		rui_gridmap_builder builder;
		uint32_t side = 2 + (uint32_t) rui_random_below(&random, 14);
		double step = round % 2 == 0 ? 0.01 : 250;
		uint32_t i;

		unit_note("tiles, seed %d", 2000 + round);
		rui_gridmap_start(&builder, env);
		for (i = 0; i < side * side; i++)
		{
			rui_area area = { 0 };

			start_polygon(&area);
			add_tile(&area, 77, i % side, i / side, round % 3 == 0 ? 118.78 : -5, 32.04, step, 30);
			add(&builder, (i * 7919) % (side * side), &area);
		}
		try_map(&builder, &random, 1500);
	}
}

/* Long thin triangles from one corner, and far-away dots. */
static void
test_slivers(void)
{
	rui_random random = { 3 };
	rui_gridmap_builder builder;
	uint32_t i;

	unit_note("slivers");
	rui_gridmap_start(&builder, env);
	for (i = 0; i < 300; i++)
	{
		double xy[8] = { 0, 0, 100, i * 1e-7, 100, (i + 1) * 1e-7, 0, 0 };
		rui_area area = { 0 };

		start_polygon(&area);
		add_ring(&area, xy, 4);
		add(&builder, 300 - i, &area);
	}
	for (i = 0; i < 20; i++)
	{
		double x = 1e6 + i * 1e-6;
		double xy[8] = { x, 5, x + 1e-6, 5, x, 5 + 1e-6, x, 5 };
		rui_area area = { 0 };

		start_polygon(&area);
		add_ring(&area, xy, 4);
		add(&builder, 1000 + i, &area);
	}
	try_map(&builder, &random, 20000);
}

/* The block grows with the vertices, also where edges are as long as can be. */
static void
test_size(void)
{
	uint32_t rounds[2] = { 1000, 10000 };
	uint32_t sizes[2];
	int shape;
	int k;

	for (shape = 0; shape < 2; shape++)
	{
		for (k = 0; k < 2; k++)
		{
			rui_gridmap_builder builder;
			rui_gridmap *map;
			uint32_t i;

			unit_note("size, shape %d", shape);
			rui_gridmap_start(&builder, env);
			for (i = 0; i < rounds[k]; i++)
			{
				/* Parallel strips, or strips that all cross one another. */
				double low = i;
				double high = shape == 0 ? i : rounds[k] - i;
				double xy[10] = { 0, low, 1e4, high, 1e4, high + 1, 0, low + 1, 0, low };
				rui_area area = { 0 };

				start_polygon(&area);
				add_ring(&area, xy, 5);
				add(&builder, i, &area);
			}
			map = finish(&builder);
			sizes[k] = map->size;
			CHECK(map->size < 1000 + (uint64_t) map->points * 150);
			free(map);
			rui_gridmap_release(&builder);
		}
		CHECK(sizes[1] < 11 * (uint64_t) sizes[0]);
	}
}

static void
test_errors(void)
{
	double square[10] = { 0, 0, 1, 0, 1, 1, 0, 1, 0, 0 };
	rui_gridmap_builder builder;
	rui_error error = { 0 };
	rui_area area = { 0 };
	rui_gridmap *map;
	int64_t grid;
	static const char *const bad[] = {
		"[]", "{}", "{\"srid\":-1,\"areas\":[]}", "{\"areas\":[{}]}", "{\"areas\":[{\"grid\":1}]}",
		"{\"areas\":[{\"grid\":1,\"area\":\"0\"}]}", "{\"areas\":[{\"grid\":1,\"area\":\"0X\"}]}",
		"{\"areas\":[{\"grid\":1,\"area\":\"0103000000\"}]}",
		"{\"areas\":[{\"grid\":1,\"area\":\"010300000000000000\"}]}",
		"{\"areas\":[{\"grid\":1.5,\"area\":\"\"}]}", "{\"areas\":[],\"more\":1}"
	};
	size_t i;

	rui_gridmap_start(&builder, env);
	CHECK_INT(rui_gridmap_add(&builder, 7, &area, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "grid 7");
	start_polygon(&area);
	add_ring(&area, square, 5);
	area.srid = 4326;
	add(&builder, 7, &area);
	start_polygon(&area);
	add_ring(&area, square, 5);
	area.srid = 3857;
	CHECK_INT(rui_gridmap_add(&builder, -8, &area, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "grid -8");
	area.srid = 0;
	add(&builder, -8, &area);
	map = finish(&builder);
	CHECK_INT(map->srid, 4326);
	CHECK(rui_gridmap_locate(map, 1, 1, &grid) && grid == -8);
	free(map);
	rui_gridmap_release(&builder);

	map = finish(&builder);
	CHECK_INT(map->areas, 0);
	CHECK(!rui_gridmap_locate(map, 0, 0, &grid));
	free(map);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
	{
		unit_note("%s", bad[i]);
		CHECK(rui_gridmap_read_text(&builder, bad[i], strlen(bad[i]), &error) != RUI_OK);
		rui_gridmap_release(&builder);
	}
}

int
main(void)
{
	test_stars();
	test_tiles();
	test_slivers();
	test_size();
	test_errors();
	return unit_finish("gridmap");
}
