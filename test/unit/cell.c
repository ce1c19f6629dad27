/* SPDX-License-Identifier: PostgreSQL
 *
 * cell.c
 *	  Cells: the curve, borders to the last bit, family, texts, coverings.
 */
#include "unit.h"

#include <math.h>

#include "core/cell.h"

static const rui_env *const env = &rui_env_malloc;

static double
uniform(rui_random *random)
{
	return (double) (rui_random_next(random) >> 11) * 0x1p-53;
}

static rui_cell
at(double lon, double lat, int level)
{
	rui_cell cell = 0;
	rui_error error;

	CHECK_INT(rui_cell_at(lon, lat, level, &cell, &error), RUI_OK);
	CHECK(rui_cell_is_valid(cell));
	return cell;
}

static rui_cell
read_cell(const char *text)
{
	rui_cell cell = 0;
	rui_error error;

	CHECK_INT(rui_cell_read(text, strlen(text), &cell, &error), RUI_OK);
	return cell;
}

/* Cells of a level follow one another without a jump, through both faces. */
static void
test_curve(void)
{
	int level;

	for (level = 0; level <= 6; level++)
	{
		rui_cell mark = (rui_cell) 1 << 2 * (RUI_CELL_LEVELS - level);
		rui_cell cell;
		rui_cell_box before = { 0 };
		int count = 0;

		unit_note("level %d", level);
		for (cell = mark; cell >> 62 == 0; cell += 2 * mark)
		{
			rui_cell_box box = rui_cell_bounds(cell);
			double side = 180.0 / (1 << level);

			CHECK(box.east - box.west == side && box.north - box.south == side);
			if (count++ > 0)
				CHECK(fabs(box.west - before.west) + fabs(box.south - before.south) == side);
			CHECK(at(box.west, box.south, level) == cell);
			CHECK(at((box.west + box.east) / 2, (box.south + box.north) / 2, level) == cell);
			before = box;
		}
		CHECK_INT(count, 2 << 2 * level);
	}
}

/* The point lies in its cell, half open; one step of a double outside not. */
static void
test_borders(void)
{
	rui_random random = { 21 };
	int round;

	for (round = 0; round < 20000; round++)
	{
		int level = (int) rui_random_below(&random, 31);
		rui_cell cell = at(360 * uniform(&random) - 180, 180 * uniform(&random) - 90, level);
		rui_cell_box box = rui_cell_bounds(cell);
		double lon = box.west + uniform(&random) * (box.east - box.west);

		unit_note("round %d, level %d", round, level);
		CHECK(at(box.west, box.south, level) == cell);
		CHECK(at(nextafter(box.east, -INFINITY), nextafter(box.north, -INFINITY), level) == cell);
		CHECK(at(box.east, box.south, level) != cell || box.east == 180);
		if (box.north < 90)
			CHECK(at(lon, box.north, level) != cell);
		else
			CHECK(at(lon, 90, level) == cell);
		if (box.west > -180)
			CHECK(at(nextafter(box.west, -INFINITY), box.south, level) != cell);
	}
	CHECK(at(180, 0, 30) == at(-180, 0, 30));
	CHECK(at(-0.0, 0, 0) == at(0, 0, 0));
	CHECK(at(nextafter(0, -1), 0, 0) != at(0, 0, 0));
	CHECK(at(5, 90, 30) == at(5, nextafter(90, 0), 30));
}

static void
test_family(void)
{
	rui_random random = { 22 };
	int round;

	for (round = 0; round < 3000; round++)
	{
		double lon = 360 * uniform(&random) - 180;
		double lat = 180 * uniform(&random) - 90;
		int level = (int) rui_random_below(&random, 30);
		int above = (int) rui_random_below(&random, (uint64_t) level + 1);
		rui_cell cell = at(lon, lat, level);
		rui_cell parent = 0;
		rui_cell children[4];
		rui_cell neighbours[8];
		char text[RUI_CELL_TEXT_SIZE];
		char outer[RUI_CELL_TEXT_SIZE];
		rui_error error;
		int count;
		int i;
		int k;

		unit_note("round %d, level %d", round, level);
		CHECK_INT(rui_cell_level(cell), level);
		CHECK_INT(rui_cell_parent(cell, above, &parent, &error), RUI_OK);
		CHECK(parent == at(lon, lat, above));
		CHECK(rui_cell_contains(parent, cell));
		CHECK(rui_cell_contains(cell, parent) == (above == level));
		rui_cell_write(cell, text);
		rui_cell_write(parent, outer);
		CHECK(strncmp(text, outer, strlen(outer)) == 0);
		CHECK(read_cell(text) == cell);
		CHECK_INT(rui_cell_children(cell, children, &error), RUI_OK);
		for (i = 0; i < 4; i++)
		{
			CHECK_INT(rui_cell_level(children[i]), level + 1);
			CHECK(rui_cell_contains(cell, children[i]));
			CHECK(rui_cell_parent(children[i], level, &parent, &error) == RUI_OK && parent == cell);
			CHECK(i == 0 || children[i - 1] < children[i]);
		}
		CHECK(rui_cell_low(cell) == rui_cell_low(children[0]));
		CHECK(rui_cell_high(cell) == rui_cell_high(children[3]));
		count = rui_cell_neighbours(cell, neighbours);
		for (i = 0; i < count; i++)
		{
			rui_cell back[8];
			int others = rui_cell_neighbours(neighbours[i], back);

			CHECK(i == 0 || neighbours[i - 1] < neighbours[i]);
			CHECK(neighbours[i] != cell && rui_cell_level(neighbours[i]) == level);
			for (k = 0; k < others && back[k] != cell; k++)
				;
			CHECK(k < others);
		}
		if (level >= 2)
		{
			rui_cell_box box = rui_cell_bounds(cell);

			CHECK_INT(count, box.north == 90 || box.south == -90 ? 5 : 8);
		}
	}
	{
		rui_cell neighbours[8];

		CHECK_INT(rui_cell_neighbours(read_cell("0/"), neighbours), 1);
		CHECK(neighbours[0] == read_cell("1/"));
		CHECK_INT(rui_cell_neighbours(read_cell("0/0"), neighbours), 5);
		/* Across the antimeridian. */
		CHECK_INT(rui_cell_neighbours(at(-179.9, 10, 8), neighbours), 8);
		CHECK(neighbours[7] >> 61 == 1);
	}
}

static void
test_errors(void)
{
	static const char *const bad[] = { "", "0", "2/", "0/4", "0/01x", "00", "1 /0", "1/ ",
									   "0/0000000000000000000000000000000" };
	rui_cell cell = 5;
	rui_cell children[4];
	rui_error error;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
	{
		unit_note("%s", bad[i]);
		CHECK_INT(rui_cell_read(bad[i], strlen(bad[i]), &cell, &error), RUI_SYNTAX);
	}
	CHECK_INT(rui_cell_at(180.5, 0, 3, &cell, &error), RUI_RANGE);
	CHECK_INT(rui_cell_at(0, -90.5, 3, &cell, &error), RUI_RANGE);
	CHECK_INT(rui_cell_at(NAN, 0, 3, &cell, &error), RUI_RANGE);
	CHECK_INT(rui_cell_at(0, 0, 31, &cell, &error), RUI_INVALID);
	CHECK_INT(rui_cell_at(0, 0, -1, &cell, &error), RUI_INVALID);
	CHECK(cell == 5);
	CHECK_INT(rui_cell_children(at(0, 0, 30), children, &error), RUI_INVALID);
	CHECK_INT(rui_cell_parent(at(0, 0, 3), 4, &cell, &error), RUI_INVALID);
	CHECK(!rui_cell_is_valid(0) && !rui_cell_is_valid(2) && !rui_cell_is_valid(UINT64_MAX));
	CHECK(!rui_cell_is_valid((rui_cell) 1 << 62) && !rui_cell_is_valid((rui_cell) 1 << 61));
	CHECK(rui_cell_is_valid(1) && rui_cell_is_valid((rui_cell) 3 << 60));
}

/* ---- coverings, against every cell of the level ---- */

static rui_area
make_area(const double *xy, uint32_t points)
{
	rui_area area = { 0 };

	area.polygons = 1;
	area.rings = 1;
	area.points = points;
	area.polygon_rings = malloc(sizeof(uint32_t));
	area.polygon_rings[0] = 1;
	area.ring_points = malloc(sizeof(uint32_t));
	area.ring_points[0] = points;
	area.xy = malloc(points * 16);
	memcpy(area.xy, xy, points * 16);
	return area;
}

static bool
in_triangle(const double *xy, double x, double y)
{
	int side[3];
	int i;

	for (i = 0; i < 3; i++)
	{
		const double *a = xy + 2 * i;
		double turn = (a[2] - a[0]) * (y - a[1]) - (x - a[0]) * (a[3] - a[1]);

		side[i] = (turn > 0) - (turn < 0);
	}
	return (side[0] >= 0 && side[1] >= 0 && side[2] >= 0) ||
		(side[0] <= 0 && side[1] <= 0 && side[2] <= 0);
}

/* The cell of a point on the edge from a on. */
static rui_cell
on_edge(const double *a, double t, int level)
{
	return at(a[0] + t * (a[2] - a[0]), a[1] + t * (a[3] - a[1]), level);
}

static bool
has(const rui_cell *cells, size_t count, rui_cell cell)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (cells[i] == cell)
			return true;
	return false;
}

static void
test_coverings(void)
{
	rui_random random = { 23 };
	int round;

	for (round = 0; round < 200; round++)
	{
		int level = (int) rui_random_below(&random, 9);
		double size = 180 * uniform(&random);
		double x = -180 + (360 - size) * uniform(&random);
		double y = -90 + (180 - size) * uniform(&random);
		double xy[8];
		rui_area area;
		rui_cell *cells = NULL;
		size_t count = 0;
		rui_error error;
		size_t i;
		int k;

		unit_note("covering, round %d, level %d", round, level);
		for (k = 0; k < 3; k++)
		{
			xy[2 * k] = x + size * uniform(&random);
			xy[2 * k + 1] = y + size * uniform(&random);
		}
		xy[6] = xy[0];
		xy[7] = xy[1];
		area = make_area(xy, 4);
		CHECK_INT(rui_cell_covering(env, &area, level, &cells, &count, &error), RUI_OK);
		for (i = 1; i < count; i++)
			CHECK(cells[i - 1] < cells[i]);
		/* Every point of the triangle lies in one of them. */
		for (k = 0; k < 300; k++)
		{
			double a = uniform(&random);
			double b = uniform(&random) * (1 - a);
			double px = xy[0] + a * (xy[2] - xy[0]) + b * (xy[4] - xy[0]);
			double py = xy[1] + a * (xy[3] - xy[1]) + b * (xy[5] - xy[1]);

			CHECK(has(cells, count, at(px, py, level)));
		}
		/* And every one of them has a point of it: a fine lattice finds most. */
		for (i = 0; i < count && i < 60; i++)
		{
			rui_cell_box box = rui_cell_bounds(cells[i]);
			double side = box.east - box.west;
			bool found = false;

			for (k = 0; k < 41 * 41 && !found; k++)
				found = in_triangle(xy, box.west + side * (k % 41) / 40,
									box.south + side * (k / 41) / 40);
			for (k = 0; k < 3000 && !found; k++)
				found = on_edge(xy + 2 * (k % 3), k / 3000.0, level) == cells[i];
			/* A tip between the points tried is smaller than the triangle. */
			if (!found && size > 4 * side)
				continue;
			CHECK(found || side > size);
		}
		rui_area_release(env, &area);
		free(cells);
	}
}

/* A cell's own square: it, and those that own its east and north borders. */
static void
test_covering_borders(void)
{
	rui_cell cell = at(118.78, 32.04, 12);
	rui_cell_box b = rui_cell_bounds(cell);
	double xy[10] = { b.west, b.south, b.east, b.south, b.east,
					  b.north, b.west, b.north, b.west, b.south };
	double edge[10] = { 170, 80, 180, 80, 180, 90, 170, 90, 170, 80 };
	double whole[10] = { -180, -90, 180, -90, 180, 90, -180, 90, -180, -90 };
	rui_area area = make_area(xy, 5);
	rui_cell *cells;
	size_t count;
	rui_error error;

	CHECK_INT(rui_cell_covering(env, &area, 12, &cells, &count, &error), RUI_OK);
	CHECK_INT(count, 4);
	CHECK(has(cells, count, cell) && has(cells, count, at(b.east, b.south, 12)) &&
		  has(cells, count, at(b.west, b.north, 12)) && has(cells, count, at(b.east, b.north, 12)));
	free(cells);
	CHECK_INT(rui_cell_covering(env, &area, 14, &cells, &count, &error), RUI_OK);
	CHECK_INT(count, 25);
	free(cells);
	CHECK_INT(rui_cell_covering(env, &area, 31, &cells, &count, &error), RUI_INVALID);
	CHECK_INT(rui_cell_covering(env, &area, 30, &cells, &count, &error), RUI_LIMIT);
	area.xy[0] = -181;
	CHECK_INT(rui_cell_covering(env, &area, 3, &cells, &count, &error), RUI_RANGE);
	rui_area_release(env, &area);

	/* Longitude 180 is -180, latitude 90 the top row. */
	area = make_area(edge, 5);
	CHECK_INT(rui_cell_covering(env, &area, 5, &cells, &count, &error), RUI_OK);
	CHECK(has(cells, count, at(-180, 85, 5)) && has(cells, count, at(175, 90, 5)));
	CHECK_INT(count, 6);
	free(cells);
	rui_area_release(env, &area);
	area = make_area(whole, 5);
	CHECK_INT(rui_cell_covering(env, &area, 4, &cells, &count, &error), RUI_OK);
	CHECK_INT(count, 512);
	free(cells);
	rui_area_release(env, &area);
	memset(&area, 0, sizeof area);
	CHECK_INT(rui_cell_covering(env, &area, 4, &cells, &count, &error), RUI_OK);
	CHECK_INT(count, 0);
	free(cells);
}

int
main(void)
{
	test_curve();
	test_borders();
	test_family();
	test_errors();
	test_coverings();
	test_covering_borders();
	return unit_finish("cell");
}
