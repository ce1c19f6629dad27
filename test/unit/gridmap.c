/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  Gridmaps: their forms, their size, and what is refused.
 *
 * Where points are is gridmap_points.c's.
 */
#include "gridmap_oracle.h"

#include <malloc.h>

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

/* Compare at some points, then all forms and what was read back from them. */
static void
try_map(rui_gridmap_builder *builder, rui_random *random)
{
	rui_gridmap *map = finish(builder);
	oracle o = make_oracle(builder);
	rui_gridmap *again;
	rui_gridmap_builder reader;
	rui_text text;
	rui_text binary;
	rui_error error = { 0 };
	int64_t grid;
	int i;

	for (i = 0; i < 200; i++)
	{
		double x = between(random, map->low[0], map->high[0]);
		double y = between(random, map->low[1], map->high[1]);
		oracle_answer answer = ask_oracle(&o, x, y);

		grid = 0;
		CHECK(rui_gridmap_locate(map, x, y, &grid) == answer.covered);
		CHECK_INT(grid, answer.grid);
	}
	free_oracle(&o);
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
			add_area(&builder, (int64_t) rui_random_below(&random, 2 * areas) - 5, &area);
		}
		try_map(&builder, &random);
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
			add_area(&builder, (i * 7919) % (side * side), &area);
		}
		try_map(&builder, &random);
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
		add_area(&builder, 300 - i, &area);
	}
	for (i = 0; i < 20; i++)
	{
		double x = 1e6 + i * 1e-6;
		double xy[8] = { x, 5, x + 1e-6, 5, x, 5 + 1e-6, x, 5 };
		rui_area area = { 0 };

		start_polygon(&area);
		add_ring(&area, xy, 4);
		add_area(&builder, 1000 + i, &area);
	}
	try_map(&builder, &random);
}

/* ---- growth ---- */

/* What a map of n grids is made of, from the most usual to the most hostile. */
typedef enum growth_shape
{
	GROW_TILES,
	GROW_STRIPS, /* side by side, as long as the map */
	GROW_CROSSING, /* strips that all cross one another */
	GROW_FAN, /* triangles that all meet in one point */
	GROW_RINGS, /* one within the other */
	GROW_COPIES, /* one square for all grids */
	GROW_SQUARES,
	GROW_DUST, /* some dense spots, far apart */
	GROW_SHAPES
} growth_shape;

static void
grow(rui_gridmap_builder *builder, growth_shape shape, uint32_t n)
{
	rui_random random = { 17 };
	double xy[2 * SHAPE_CORNERS];
	uint32_t side = (uint32_t) sqrt(n);
	uint32_t i;

	for (i = 0; i < n; i++)
	{
		double low = i;
		double high = shape == GROW_STRIPS ? i : n - i;
		double strip[10] = { 0, low, 1e4, high, 1e4, high + 1, 0, low + 1 };
		double from = TURN * i / n;
		double to = TURN * (i + 1) / n;
		double wing[8] = { 0.1, 0.2, 0.1 + cos(from), 0.2 + sin(from),
						   0.1 + cos(to), 0.2 + sin(to) };
		rui_area area = { 0 };

		switch (shape)
		{
			case GROW_TILES:
				start_polygon(&area);
				add_tile(&area, 5, i % side, i / side, 118.78, 32.04, 0.003, 8);
				add_area(builder, i, &area);
				break;
			case GROW_STRIPS:
			case GROW_CROSSING:
				add_simple(builder, i, strip, 4);
				break;
			case GROW_FAN:
				add_simple(builder, i, wing, 3);
				break;
			case GROW_RINGS:
				convex_ring(&random, 0, 0, 1 + i, 16, xy);
				add_simple(builder, i, xy, 16);
				break;
			case GROW_COPIES:
				add_box(builder, i, 0, 0, 1, 1);
				break;
			case GROW_SQUARES:
				add_box(builder, i, i % side, i / side, i % side + 1, i / side + 1);
				break;
			default:
				star_ring(&random, 1e3 * (i % 7) + 1e-3 * uniform(&random),
						  1e3 * (i % 5) + 1e-3 * uniform(&random), 1e-4, 9, 0, xy);
				add_simple(builder, i, xy, 9);
				break;
		}
	}
}

/* Memory in use and at most, and steps between looks at interrupts. */
typedef struct usage
{
	int64_t now;
	int64_t most;
	int64_t steps;
} usage;

static void *
count_allocate(size_t size, void *argument)
{
	usage *u = argument;
	void *block = malloc(size);

	u->now += (int64_t) malloc_usable_size(block);
	if (u->now > u->most)
		u->most = u->now;
	return block;
}

static void
count_release(void *block, void *argument)
{
	((usage *) argument)->now -= (int64_t) malloc_usable_size(block);
	free(block);
}

static bool
count_step(void *argument)
{
	((usage *) argument)->steps++;
	return false;
}

/*
 * The block has at most 130 bytes a vertex, and takes at most 400 to make,
 * whatever the shapes; the work grows with the vertices, nearly.
 */
static void
test_growth(void)
{
	int shape;
	int k;

	for (shape = 0; shape < GROW_SHAPES; shape++)
	{
		usage used[2] = { { 0 } };
		int64_t sizes[2];

		for (k = 0; k < 2; k++)
		{
			rui_env counting = { count_allocate, count_release, count_step, &used[k] };
			rui_gridmap_builder builder;
			rui_gridmap *map;

			unit_note("growth, shape %d", shape);
			rui_gridmap_start(&builder, env);
			grow(&builder, shape, k == 0 ? 900 : 9000);
			builder.env = &counting;
			map = finish(&builder);
			builder.env = env;
			sizes[k] = map->size;
			CHECK(map->size < 1000 + (uint64_t) map->points * 130);
			CHECK(used[k].most < 3000 + (int64_t) map->points * 400);
			free(map);
			rui_gridmap_release(&builder);
		}
		CHECK(sizes[1] < 14 * sizes[0]);
		CHECK(used[1].steps < 12 * (used[0].steps + 1));
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
	add_area(&builder, 7, &area);
	start_polygon(&area);
	add_ring(&area, square, 5);
	area.srid = 3857;
	CHECK_INT(rui_gridmap_add(&builder, -8, &area, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "grid -8");
	area.srid = 0;
	add_area(&builder, -8, &area);
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
	test_growth();
	test_errors();
	return unit_finish("gridmap");
}
