/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_shapes.h
 *	  Areas for the tests of gridmaps: rings of every form, and tessellations.
 */
#ifndef RUI_GRIDMAP_SHAPES_H
#define RUI_GRIDMAP_SHAPES_H

#include "unit.h"

#include <math.h>

#include "core/gridmap.h"

#define SHAPE_CORNERS 512 /* of a ring, at most */
#define TURN 6.283185307179586

static const rui_env *const env = &rui_env_malloc;

static inline double
uniform(rui_random *random)
{
	return (double) (rui_random_next(random) >> 11) * 0x1p-53;
}

static inline double
between(rui_random *random, double low, double high)
{
	return low + (high - low) * uniform(random);
}

static inline void
start_polygon(rui_area *area)
{
	CHECK(rui_grow(env, &area->polygon_rings, &area->polygon_capacity, area->polygons + 1, 4,
				   NULL) == RUI_OK);
	area->polygon_rings[area->polygons++] = 0;
}

/* A ring of count vertices, the last of which is the first. */
static inline void
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

/* The same of count corners; xy has room for one more. */
static inline void
close_ring(rui_area *area, double *xy, uint32_t count)
{
	xy[2 * count] = xy[0];
	xy[2 * count + 1] = xy[1];
	add_ring(area, xy, count + 1);
}

static inline void
add_area(rui_gridmap_builder *builder, int64_t grid, rui_area *area)
{
	rui_error error = { 0 };

	area->multi = area->polygons > 1;
	CHECK_INT(rui_gridmap_add(builder, grid, area, &error), RUI_OK);
}

/* A polygon of one ring, of grid. */
static inline void
add_simple(rui_gridmap_builder *builder, int64_t grid, double *xy, uint32_t count)
{
	rui_area area = { 0 };

	start_polygon(&area);
	close_ring(&area, xy, count);
	add_area(builder, grid, &area);
}

static inline void
add_box(rui_gridmap_builder *builder, int64_t grid, double x0, double y0, double x1, double y1)
{
	double xy[10] = { x0, y0, x1, y0, x1, y1, x0, y1 };

	add_simple(builder, grid, xy, 4);
}

/* Corners on an ellipse: convex. */
static inline void
convex_ring(rui_random *random, double x, double y, double radius, uint32_t corners, double *xy)
{
	double flat = between(random, 0.2, 1);
	double lean = between(random, 0, TURN);
	uint32_t i;

	for (i = 0; i < corners; i++)
	{
		double angle = TURN * (i + 0.9 * uniform(random)) / corners;
		double u = radius * cos(angle);
		double v = radius * flat * sin(angle);

		xy[2 * i] = x + u * cos(lean) - v * sin(lean);
		xy[2 * i + 1] = y + u * sin(lean) + v * cos(lean);
	}
}

/* Corners at growing angles: a star.  Coarse ones on a lattice, so that
 * vertices, edges and points often coincide. */
static inline void
star_ring(rui_random *random, double x, double y, double radius, uint32_t corners, double lattice,
		  double *xy)
{
	uint32_t i;

	for (i = 0; i < corners; i++)
	{
		double angle = TURN * (i + 0.8 * uniform(random)) / corners;
		double r = radius * between(random, 0.3, 1);

		xy[2 * i] = x + r * cos(angle);
		xy[2 * i + 1] = y + r * sin(angle);
		if (lattice > 0)
		{
			xy[2 * i] = round(xy[2 * i] / lattice) * lattice + 0.0;
			xy[2 * i + 1] = round(xy[2 * i + 1] / lattice) * lattice + 0.0;
		}
	}
}

static inline void
add_star(rui_area *area, rui_random *random, double x, double y, double radius, uint32_t corners,
		 double lattice)
{
	double xy[2 * SHAPE_CORNERS];

	star_ring(random, x, y, radius, corners, lattice, xy);
	close_ring(area, xy, corners);
}

static inline bool
edges_cross(const double *a, const double *b, const double *c, const double *d)
{
	double p = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
	double q = (b[0] - a[0]) * (d[1] - a[1]) - (d[0] - a[0]) * (b[1] - a[1]);
	double r = (d[0] - c[0]) * (a[1] - c[1]) - (a[0] - c[0]) * (d[1] - c[1]);
	double s = (d[0] - c[0]) * (b[1] - c[1]) - (b[0] - c[0]) * (d[1] - c[1]);

	return p * q < 0 && r * s < 0;
}

/* Corners anywhere, untangled by turning round what two crossing edges
 * enclose: any simple ring may come out. */
static inline void
tangle_ring(rui_random *random, double x, double y, double radius, uint32_t corners, double *xy)
{
	bool crossed = true;
	uint32_t i;
	uint32_t k;

	for (i = 0; i < 2 * corners; i++)
		xy[i] = (i % 2 == 0 ? x : y) + radius * between(random, -1, 1);
	while (crossed)
	{
		crossed = false;
		for (i = 0; i + 2 < corners; i++)
			for (k = i + 2; k < corners; k++)
			{
				uint32_t low = i + 1;
				uint32_t high = k;

				if ((k + 1) % corners == i ||
					!edges_cross(xy + 2 * i, xy + 2 * (i + 1), xy + 2 * k,
								 xy + 2 * ((k + 1) % corners)))
					continue;
				for (; low < high; low++, high--)
				{
					double keep[2] = { xy[2 * low], xy[2 * low + 1] };

					memcpy(xy + 2 * low, xy + 2 * high, sizeof keep);
					memcpy(xy + 2 * high, keep, sizeof keep);
				}
				crossed = true;
			}
	}
}

/* A band that winds round its centre; returns the number of corners. */
static inline uint32_t
spiral_ring(rui_random *random, double x, double y, double radius, double *xy)
{
	double turns = between(random, 2, 6);
	double start = between(random, 0, TURN);
	double width = between(random, 0.1, 0.9) * radius / (turns + 1);
	uint32_t half = 60 + (uint32_t) rui_random_below(random, 120);
	uint32_t i;

	for (i = 0; i < half; i++)
	{
		double angle = start + TURN * turns * i / (half - 1);
		double r = radius * (i + 0.1 * half) / (1.1 * half);

		xy[2 * i] = x + r * cos(angle);
		xy[2 * i + 1] = y + r * sin(angle);
		xy[2 * (2 * half - 1 - i)] = x + (r + width) * cos(angle);
		xy[2 * (2 * half - 1 - i) + 1] = y + (r + width) * sin(angle);
	}
	return 2 * half;
}

/* The vertices of a tessellation's lattice, moved about. */
static inline void
node_at(uint64_t seed, uint32_t column, uint32_t row, double x, double y, double step, double *xy)
{
	rui_random random = { seed ^ ((uint64_t) column << 32 | row) };

	xy[0] = x + step * (column + 0.6 * uniform(&random));
	xy[1] = y + step * (row + 0.6 * uniform(&random));
}

/* A jagged border between two nodes, the same from both sides. */
static inline uint32_t
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

/* One area of a tessellation with jagged borders, each of so many pieces. */
static inline void
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
	close_ring(area, xy, count);
}

#endif /* RUI_GRIDMAP_SHAPES_H */
