/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_points.c
 *	  Where points are: maps of every form against an oracle without a raster.
 *
 * RUI_GRIDMAP_POINTS points for each family of shapes (default 1,000,000),
 * most of them on, beside or level with borders, vertices and lines of the
 * raster.  Every answer has to be the oracle's in floating point, which is
 * ST_Covers's, and the right one wherever rounding cannot have played a part.
 */
#include "gridmap_oracle.h"

#include <math.h>

#include "core/gridmap_raster.h"

/* ---- families of shapes ---- */

static void
convex(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t areas = 5 + (uint32_t) rui_random_below(random, 60);
	uint32_t i;

	for (i = 0; i < areas; i++)
	{
		uint32_t corners = 3 + (uint32_t) rui_random_below(random, 40);

		convex_ring(random, between(random, -5, 5), between(random, -5, 5),
					between(random, 0.3, 4), corners, xy);
		add_simple(builder, (int64_t) rui_random_below(random, areas) - 9, xy, corners);
	}
}

static void
stars(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t areas = 5 + (uint32_t) rui_random_below(random, 40);
	uint32_t i;

	for (i = 0; i < areas; i++)
	{
		uint32_t corners = 3 + (uint32_t) rui_random_below(random, 60);

		star_ring(random, 118.78 + between(random, -0.05, 0.05),
				  32.04 + between(random, -0.05, 0.05), between(random, 0.001, 0.03), corners, 0,
				  xy);
		add_simple(builder, areas - i, xy, corners);
	}
}

static void
tangles(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t areas = 3 + (uint32_t) rui_random_below(random, 20);
	uint32_t i;

	for (i = 0; i < areas; i++)
	{
		uint32_t corners = 5 + (uint32_t) rui_random_below(random, 50);

		tangle_ring(random, between(random, 0, 3000), between(random, 0, 3000), 900, corners, xy);
		add_simple(builder, i, xy, corners);
	}
}

static void
spirals(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t i;

	for (i = 0; i < 4; i++)
		add_simple(builder, 4 - i, xy,
				   spiral_ring(random, between(random, -1, 1), between(random, -1, 1),
							   between(random, 0.5, 3), xy));
}

/* Rings within rings: holes, islands in holes, holes in islands; some of the
 * holes touch their shell or one another in a vertex. */
static void
holes(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t areas = 2 + (uint32_t) rui_random_below(random, 8);
	uint32_t i;
	uint32_t k;

	for (i = 0; i < areas; i++)
	{
		double x = between(random, 0, 9);
		double y = between(random, 0, 9);
		double radius = between(random, 0.5, 3);
		rui_area area = { 0 };

		for (k = 0; k < 4; k++, radius *= 0.45)
		{
			uint32_t corners = 4 + (uint32_t) rui_random_below(random, 30);
			double shell[2 * SHAPE_CORNERS];
			double xy[2 * SHAPE_CORNERS];
			uint32_t m;

			start_polygon(&area);
			convex_ring(random, x, y, radius, corners, shell);
			close_ring(&area, shell, corners);
			/* Holes from a vertex of the shell towards the centre. */
			for (m = 0; m + 1 < corners && k == 0; m += 2)
			{
				double *at = shell + 2 * m;
				double tip[6] = { at[0], at[1], at[0] + 0.4 * (x - at[0]) - 0.02 * (y - at[1]),
								  at[1] + 0.4 * (y - at[1]) + 0.02 * (x - at[0]),
								  at[0] + 0.4 * (x - at[0]) + 0.02 * (y - at[1]),
								  at[1] + 0.4 * (y - at[1]) - 0.02 * (x - at[0]) };

				memcpy(xy, tip, sizeof tip);
				close_ring(&area, xy, 3);
			}
			star_ring(random, x, y, radius * 0.15, 9, 0, xy);
			close_ring(&area, xy, 9);
			/* Two more that touch each other where they touch it. */
			for (m = 0; m < 2; m++)
			{
				double side = m == 0 ? 1 : -1;
				double fork[8] = { xy[0], xy[1], xy[0] + radius * 0.05,
								   xy[1] + side * radius * 0.02, xy[0] + radius * 0.03,
								   xy[1] + side * radius * 0.05 };

				close_ring(&area, fork, 3);
			}
		}
		add_area(builder, i, &area);
	}
}

static void
scattered(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t areas = 2 + (uint32_t) rui_random_below(random, 20);
	uint32_t i;
	uint32_t k;

	for (i = 0; i < areas; i++)
	{
		rui_area area = { 0 };
		uint32_t polygons = 2 + (uint32_t) rui_random_below(random, 20);

		for (k = 0; k < polygons; k++)
		{
			start_polygon(&area);
			add_star(&area, random, between(random, 0, 50), between(random, 0, 50),
					 between(random, 0.2, 3), 3 + (uint32_t) rui_random_below(random, 12), 0);
		}
		add_area(builder, (int64_t) rui_random_below(random, areas), &area);
	}
}

/* 1e-13 wide, of any direction, and needles from one corner. */
static void
slivers(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t i;

	for (i = 0; i < 60; i++)
	{
		double lean = between(random, 0, TURN);
		double x = between(random, -1, 1);
		double y = between(random, -1, 1);
		double u = cos(lean);
		double v = sin(lean);
		double width = pow(10, between(random, -13, -9));
		double kite[10] = { x - u, y - v, x + v * width, y - u * width,
							x + u, y + v, x - v * width, y + u * width };
		double needle[8] = { -2, -2, 2, -2 + i * 1e-7, 2, -2 + (i + 1) * 1e-7 };

		add_simple(builder, i % 2 == 0 ? i : -i, kite, 4);
		add_simple(builder, 1000 - i, needle, 3);
	}
}

static void
tiles(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t side = 2 + (uint32_t) rui_random_below(random, 10);
	uint32_t pieces = 1 + (uint32_t) rui_random_below(random, 30);
	uint64_t seed = rui_random_next(random);
	uint32_t i;

	for (i = 0; i < side * side; i++)
	{
		rui_area area = { 0 };

		start_polygon(&area);
		add_tile(&area, seed, i % side, i / side, 118.78, 32.04, 0.01, pieces);
		add_area(builder, (i * 7919) % (side * side), &area);
	}
}

/* Rooms of rooms: corners on the walls of others, without a vertex there. */
static void
divide_box(rui_random *random, rui_gridmap_builder *builder, double x0, double y0, double x1,
		   double y1, int depth)
{
	double part = between(random, 0.2, 0.8);

	if (depth == 0)
		add_box(builder, (int64_t) rui_random_below(random, 1000), x0, y0, x1, y1);
	else if (x1 - x0 > y1 - y0)
	{
		divide_box(random, builder, x0, y0, x0 + part * (x1 - x0), y1, depth - 1);
		divide_box(random, builder, x0 + part * (x1 - x0), y0, x1, y1, depth - 1);
	}
	else
	{
		divide_box(random, builder, x0, y0, x1, y0 + part * (y1 - y0), depth - 1);
		divide_box(random, builder, x0, y0 + part * (y1 - y0), x1, y1, depth - 1);
	}
}

static void
rooms(rui_random *random, rui_gridmap_builder *builder)
{
	divide_box(random, builder, 4e5, 3.5e6, 4e5 + 3000, 3.5e6 + 2000,
			   3 + (int) rui_random_below(random, 4));
}

/* Triangles cut in two again and again: vertices within rounding of the
 * slanted borders of others. */
static void
divide_triangle(rui_random *random, rui_gridmap_builder *builder, const double *a, const double *b,
				const double *c, int depth)
{
	double t = between(random, 0.3, 0.7);
	double middle[2] = { a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]) };
	double xy[8] = { a[0], a[1], b[0], b[1], c[0], c[1] };

	if (depth == 0)
		add_simple(builder, (int64_t) rui_random_below(random, 1000), xy, 3);
	else
	{
		divide_triangle(random, builder, b, c, middle, depth - 1);
		divide_triangle(random, builder, c, a, middle, depth - 1);
	}
}

static void
triangles(rui_random *random, rui_gridmap_builder *builder)
{
	double corner[3][2] = { { 0.1, 0.2 }, { 7.3, 0.7 }, { 2.9, 6.1 } };

	divide_triangle(random, builder, corner[0], corner[1], corner[2],
					3 + (int) rui_random_below(random, 5));
}

/* Borders exactly where the raster's lines and cuts are. */
static void
on_lines(rui_random *random, rui_gridmap_builder *builder)
{
	rui_gridmap *frame = NULL;
	uint32_t i;

	add_box(builder, 99, 0, 0, 1024, 768);
	CHECK_INT(rui_gridmap_finish(builder, &frame, NULL), RUI_OK);
	for (i = 0; i < 90; i++)
	{
		uint32_t n = 4u << rui_random_below(random, 7);
		uint32_t column = (uint32_t) rui_random_below(random, n - 2);
		uint32_t row = (uint32_t) rui_random_below(random, n - 2);
		double x[3];
		double y[3];
		uint32_t k;

		for (k = 0; k < 3; k++)
		{
			x[k] = rui_gridmap_bound(frame->low[0], frame->high[0], column + k, n);
			y[k] = rui_gridmap_bound(frame->low[1], frame->high[1], row + k, n);
		}
		if (i % 3 == 0)
		{
			double xy[10] = { x[1], y[0], x[2], y[1], x[1], y[2], x[0], y[1] };

			add_simple(builder, i, xy, 4);
		}
		else
			add_box(builder, i, x[0], y[0], x[1 + i % 2], y[1 + i % 2]);
	}
	free(frame);
}

/* The form of the stars, in other sizes and places. */
static void
moved_stars(rui_random *random, rui_gridmap_builder *builder, double x, double y, double size)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t i;

	for (i = 0; i < 20; i++)
	{
		uint32_t corners = 3 + (uint32_t) rui_random_below(random, 30);

		star_ring(random, x + size * between(random, -2, 2), y + size * between(random, -2, 2),
				  size * between(random, 0.1, 1), corners, 0, xy);
		add_simple(builder, i * 31 % 20, xy, corners);
	}
}

static void
huge(rui_random *random, rui_gridmap_builder *builder)
{
	double size = pow(10, between(random, 6, 60));

	moved_stars(random, builder, size * between(random, -3, 3), size * between(random, -3, 3),
				size);
}

static void
tiny(rui_random *random, rui_gridmap_builder *builder)
{
	double size = pow(10, between(random, -70, -6));

	moved_stars(random, builder, size * between(random, -3, 3), size * between(random, -3, 3),
				size);
}

/* So small where they are that coordinates have few last places left. */
static void
faraway(rui_random *random, rui_gridmap_builder *builder)
{
	double size = pow(10, between(random, -13, -8));

	moved_stars(random, builder, 118.78, 32.04, size);
}

/* From pole to pole, and across the antimeridian. */
static void
world(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t i;

	for (i = 0; i < 40; i++)
	{
		double west = i % 4 == 0 ? -180 : round(between(random, -180, 180));
		double east = i % 4 == 1 ? 180 : between(random, west, 180);
		double south = i % 4 == 2 ? -90 : round(between(random, -90, 90));
		double north = i % 4 == 3 ? 90 : between(random, south, 90);
		rui_area area = { 0 };
		double xy[10] = { west, south, east, south, east, north, west, north };
		double arctic[12] = { -180, 90, -180, 60 + i * 0.5, between(random, -90, 0), 75,
							  between(random, 0, 90), 70, 180, 60 + i * 0.5 };
		double far_east[10] = { 180, south, 180, north, 170 + i * 0.1, north, 175, south };
		double far_west[10] = { -180, south, -180, north, -175, north, -170 - i * 0.1, south };

		start_polygon(&area);
		if (i % 5 == 0)
		{
			close_ring(&area, far_east, 4);
			start_polygon(&area);
			close_ring(&area, far_west, 4);
		}
		else if (i % 5 == 1)
		{
			double pole[14];

			memcpy(pole, arctic, sizeof arctic);
			pole[10] = 180;
			pole[11] = 90;
			close_ring(&area, pole, 6);
		}
		else
			close_ring(&area, xy, 4);
		add_area(builder, (int64_t) rui_random_below(random, 40), &area);
	}
}

/* One shape for many grids, and many grids that meet in one point. */
static void
ties(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	double hub[2] = { between(random, -1, 1), between(random, -1, 1) };
	uint32_t spokes = 3 + (uint32_t) rui_random_below(random, 40);
	uint32_t i;
	uint32_t k;

	for (i = 0; i < 6; i++)
	{
		star_ring(random, between(random, -2, 2), between(random, -2, 2), 1, 12, 0, xy);
		for (k = 0; k < 5; k++)
			add_simple(builder, (int64_t) rui_random_below(random, 1000) - 500, xy, 12);
	}
	for (k = 0; k < 2; k++)
		for (i = 0; i < spokes; i++)
		{
			double from = TURN * i / spokes;
			double to = TURN * ((i + 1) % spokes) / spokes;
			double wing[8] = { hub[0], hub[1], hub[0] + cos(from), hub[1] + sin(from),
							   hub[0] + cos(to), hub[1] + sin(to) };

			add_simple(builder, (int64_t) rui_random_below(random, 1000) - 500, wing, 3);
		}
}

/* Whole numbers: no rounding anywhere. */
static void
lattice(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t i;

	for (i = 0; i < 60; i++)
	{
		double x = (double) rui_random_below(random, 40);
		double y = (double) rui_random_below(random, 40);
		rui_area area = { 0 };

		if (i % 2 == 0)
			add_box(builder, i * 7 % 60, x, y, x + 1 + (double) rui_random_below(random, 6),
					y + 1 + (double) rui_random_below(random, 6));
		else
		{
			start_polygon(&area);
			add_star(&area, random, x, y, 8, 3 + (uint32_t) rui_random_below(random, 20), 1);
			add_area(builder, i * 7 % 60, &area);
		}
	}
}

/* Edges along a line through points that no double lies on. */
static void
needles(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t i;

	for (i = 0; i < 30; i++)
	{
		double far_x = 12 + (double) rui_random_below(random, 24);
		double far_y = far_x + between(random, -1, 1) * 0x1p-40;
		double xy[10] = { 0.5, 0.5, far_x, far_y, far_x, far_y + 1e-3 * i, 0.5, 12 };

		add_simple(builder, 30 - i, xy, i % 2 == 0 ? 3 : 4);
	}
}

/* What PostGIS would call invalid: rings that cross and wind twice. */
static void
crossing(rui_random *random, rui_gridmap_builder *builder)
{
	double xy[2 * SHAPE_CORNERS];
	uint32_t i;
	uint32_t k;

	for (i = 0; i < 12; i++)
	{
		uint32_t corners = 4 + (uint32_t) rui_random_below(random, 40);

		for (k = 0; k < 2 * corners; k++)
			xy[k] = between(random, 0, 10);
		if (i % 3 == 0)
		{
			/* round and round */
			corners = 30;
			for (k = 0; k < corners; k++)
			{
				xy[2 * k] = 5 + (2 + 0.05 * k) * cos(TURN * k / 10);
				xy[2 * k + 1] = 5 + (2 + 0.05 * k) * sin(TURN * k / 10);
			}
		}
		add_simple(builder, i, xy, corners);
	}
}

/* A crowd of edges at one place, and grids of a millionth of the map. */
static void
crowd(rui_random *random, rui_gridmap_builder *builder)
{
	uint32_t i;

	add_box(builder, 1000, 0, 0, 1000, 1000);
	for (i = 0; i < 150; i++)
	{
		double angle = between(random, 0, TURN);
		double x = 500 + 1e-6 * between(random, -1, 1);
		double xy[8] = { x, 500, x + 300 * cos(angle), 500 + 300 * sin(angle),
						 x + 300 * cos(angle + 0.01), 500 + 300 * sin(angle + 0.01) };
		double y = between(random, 0, 1000);

		add_simple(builder, i, xy, 3);
		add_box(builder, 200 + i, x, y, x + 1e-3, y + 1e-3);
	}
}

/* ---- points ---- */

static double
nudge(double value, int steps)
{
	for (; steps != 0; steps += steps < 0 ? 1 : -1)
		value = nextafter(value, steps < 0 ? -INFINITY : INFINITY);
	return value;
}

static int
few(rui_random *random)
{
	return (int) rui_random_below(random, 7) - 3;
}

/* A line of the raster, or where it may be halved. */
static double
line_at(const rui_gridmap *map, int axis, rui_random *random)
{
	uint32_t n = (axis == 0 ? map->columns : map->rows) << rui_random_below(random, 5);

	return rui_gridmap_bound(map->low[axis], map->high[axis],
							 (uint32_t) rui_random_below(random, n + 1), n);
}

/* A point that is worth a try. */
static void
choose_point(const rui_gridmap_builder *builder, const rui_gridmap *map, rui_random *random,
			 double *x, double *y)
{
	const rui_area *area = &builder->entries[rui_random_below(random, builder->count)].area;
	uint32_t v = (uint32_t) rui_random_below(random, area->points - 1);
	const double *a = area->xy + 2 * v;
	double t = uniform(random);
	uint64_t kind = rui_random_below(random, 16);

	*x = a[0] + t * (a[2] - a[0]); /* on an edge, or so */
	*y = a[1] + t * (a[3] - a[1]);
	switch (kind)
	{
		case 0: /* anywhere */
		case 1:
			*x = map->low[0] + (map->high[0] - map->low[0]) * between(random, -0.01, 1.01);
			*y = map->low[1] + (map->high[1] - map->low[1]) * between(random, -0.01, 1.01);
			break;
		case 2: /* level with a vertex */
			*x = map->low[0] + (map->high[0] - map->low[0]) * uniform(random);
			*y = a[1];
			break;
		case 3: /* above or below a vertex */
			*x = a[0];
			*y = map->low[1] + (map->high[1] - map->low[1]) * uniform(random);
			break;
		case 4: /* a vertex */
			*x = a[0];
			*y = a[1];
			break;
		case 5: /* the middle of an edge */
			*x = (a[0] + a[2]) * 0.5;
			*y = (a[1] + a[3]) * 0.5;
			break;
		case 6: /* beside an edge */
			*x = nudge(*x, few(random));
			break;
		case 7:
			*y = nudge(*y, few(random));
			break;
		case 8: /* beside a vertex */
			*x = nudge(a[0], few(random));
			*y = nudge(a[1], few(random));
			break;
		case 9: /* on a line of the raster */
			*x = line_at(map, 0, random);
			break;
		case 10:
			*y = line_at(map, 1, random);
			break;
		case 11: /* where lines meet, or beside */
			*x = nudge(line_at(map, 0, random), few(random));
			*y = nudge(line_at(map, 1, random), few(random));
			break;
		case 12: /* where an edge crosses a line */
			*x = line_at(map, 0, random);
			if (a[0] != a[2])
				*y = a[1] + (*x - a[0]) * (a[3] - a[1]) / (a[2] - a[0]);
			break;
		case 13:
			*y = line_at(map, 1, random);
			if (a[1] != a[3])
				*x = a[0] + (*y - a[1]) * (a[2] - a[0]) / (a[3] - a[1]);
			break;
		case 14: /* near an edge */
			*x += (a[3] - a[1]) * pow(10, between(random, -16, -3));
			*y -= (a[2] - a[0]) * pow(10, between(random, -16, -3));
			break;
		default: /* on an edge */
			break;
	}
}

/* ---- comparing ---- */

/* Gives parts of a map that is not there as a whole: exactly what was asked
 * for, so that the sanitizer sees whoever reads more. */
typedef struct parts
{
	const rui_gridmap *map;
	void *given;
} parts;

static const void *
read_part(void *argument, uint32_t offset, uint32_t size)
{
	parts *p = argument;

	free(p->given);
	p->given = malloc(size);
	CHECK(offset % 4 == 0 && offset + (uint64_t) size <= p->map->size);
	memcpy(p->given, (const char *) p->map + offset, size);
	return p->given;
}

typedef struct tally
{
	long points;
	long covered;
	long near_edges; /* within rounding of one */
	long rounded; /* of those, answered as ST_Covers does, not as it is */
	long wrong;
} tally;

static void
compare_at(const oracle *o, const rui_gridmap *map, double x, double y, bool in_parts, tally *sum)
{
	oracle_answer answer = ask_oracle(o, x, y);
	int64_t grid = 0;
	bool covered = rui_gridmap_locate(map, x, y, &grid);
	bool right = covered == answer.right_covered && grid == answer.right_grid;

	sum->points++;
	sum->covered += covered;
	sum->near_edges += answer.near;
	sum->rounded += !right;
	if (covered != answer.covered || grid != answer.grid || (!right && !answer.near))
	{
		if (sum->wrong++ < 5)
			printf("  %s: point %.17g %.17g: actual %" PRId64 ", expected %" PRId64 "\n",
				   unit_note_text, x, y, covered ? grid : -1, answer.covered ? answer.grid : -1);
	}
	if (in_parts)
	{
		parts p = { map, NULL };
		rui_gridmap_reader reader = { read_part, &p };
		rui_gridmap head = *map;
		int64_t other = 0;

		if (rui_gridmap_locate_in_parts(&head, &reader, x, y, &other) != covered || other != grid)
			sum->wrong++;
		free(p.given);
	}
}

typedef struct family
{
	const char *name;
	void (*make)(rui_random *random, rui_gridmap_builder *builder);
	bool whole_numbers; /* and halves: never a rounding */
} family;

static const family families[] = {
	{ "convex", convex, false },
	{ "stars", stars, false },
	{ "tangles", tangles, false },
	{ "spirals", spirals, false },
	{ "holes", holes, false },
	{ "scattered", scattered, false },
	{ "slivers", slivers, false },
	{ "tiles", tiles, false },
	{ "rooms", rooms, false },
	{ "triangles", triangles, false },
	{ "on lines", on_lines, false },
	{ "huge", huge, false },
	{ "tiny", tiny, false },
	{ "far away", faraway, false },
	{ "world", world, false },
	{ "ties", ties, false },
	{ "lattice", lattice, true },
	{ "needles", needles, false },
	{ "crossing", crossing, false },
	{ "crowd", crowd, false },
};

#define MAPS 20 /* of each family */

static void
test_family(const family *f, long points)
{
	tally sum = { 0 };
	int number;

	for (number = 0; number < MAPS; number++)
	{
		rui_random random = { 100000 + number };
		rui_gridmap_builder builder;
		rui_gridmap *map = NULL;
		oracle o;
		long i;

		unit_note("%s, seed %d", f->name, 100000 + number);
		rui_gridmap_start(&builder, env);
		f->make(&random, &builder);
		CHECK_INT(rui_gridmap_finish(&builder, &map, NULL), RUI_OK);
		o = make_oracle(&builder);
		for (i = 0; i < points / MAPS; i++)
		{
			double x;
			double y;

			choose_point(&builder, map, &random, &x, &y);
			if (f->whole_numbers)
			{
				x = round(2 * x) / 2;
				y = round(2 * y) / 2;
			}
			compare_at(&o, map, x, y, i % 64 == 0, &sum);
		}
		free_oracle(&o);
		free(map);
		rui_gridmap_release(&builder);
	}
	printf("  %-10s %ld points, %ld covered, %ld within rounding of an edge, %ld rounded, "
		   "%ld wrong\n",
		   f->name, sum.points, sum.covered, sum.near_edges, sum.rounded, sum.wrong);
	unit_note("%s", f->name);
	CHECK_INT(sum.wrong, 0);
	CHECK(sum.covered > sum.points / 50 && sum.covered < sum.points);
	CHECK(sum.near_edges > sum.points / 50);
	CHECK(!f->whole_numbers || sum.rounded == 0);
}

int
main(void)
{
	const char *wish = getenv("RUI_GRIDMAP_POINTS");
	long points = wish != NULL ? strtol(wish, NULL, 10) : 1000000;
	size_t i;

	for (i = 0; i < sizeof families / sizeof families[0]; i++)
		test_family(&families[i], points);
	return unit_finish("gridmap_points");
}
