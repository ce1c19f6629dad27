/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_locate.c
 *	  Finding the grid of a point in the raster of a gridmap.
 *
 * The winding number of a ring around a point p of a leaf is
 *
 *	  w + sum over the ring's edges a-b listed in the leaf of
 *	  h(p) + [b.x > east][p.y >= b.y] - [a.x > east][p.y >= a.y]
 *
 * where h is +1 for a rising edge right of p and -1 for a falling one (Sunday,
 * "Fast winding number inclusion of a point in a polygon"), and w a constant
 * of ring and leaf.  The path from p east to the leaf's border and south along
 * it crosses no other edge; the bracketed terms count the crossings of its
 * second leg without computing where they are.  Along a chain of edges they
 * cancel but for the two ends.  gridmap_raster.c computes w.
 */
#include "core/gridmap_raster.h"

#include <string.h>

/*
 * Where p lies: -1 outside, 0 on the ring, 1 inside.  side is, operation for
 * operation, the determinant of PostGIS (positive: p is left of a-b).
 */
static int
ring_side(const double *xy, const uint32_t *ring, double east, double x, double y)
{
	int32_t winding = (int32_t) ring[1];
	uint32_t chains = ring[2];
	const uint32_t *chain = ring + RUI_GRIDMAP_RING_HEAD;

	for (; chains > 0; chains--, chain += 2)
	{
		ptrdiff_t step = (chain[0] & RUI_GRIDMAP_BACK) != 0 ? -2 : 2;
		const double *a = xy + 2 * (size_t) (chain[0] & ~RUI_GRIDMAP_BACK);
		const double *last = a + step * (ptrdiff_t) chain[1];

		winding += (last[0] > east && y >= last[1]) - (a[0] > east && y >= a[1]);
		for (; a != last; a += step)
		{
			const double *b = a + step;
			double side;

			if ((a[1] > y && b[1] > y) || (a[1] < y && b[1] < y))
				continue;
			side = (b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1]);
			if (side == 0.0)
			{
				if ((a[0] <= x && x <= b[0]) || (b[0] <= x && x <= a[0]))
					return 0;
			}
			else if (a[1] <= y && y < b[1])
				winding += side > 0;
			else if (b[1] <= y && y < a[1])
				winding -= side < 0;
		}
	}
	return winding == 0 ? -1 : 1;
}

static inline const uint32_t *
next_ring(const uint32_t *ring)
{
	return ring + RUI_GRIDMAP_RING_HEAD + 2 * (size_t) ring[2];
}

/* The area + 1 that covers p within a leaf, or 0. */
static uint32_t
search_leaf(const uint32_t *leaf, double x, double y)
{
	const double *xy = (const double *) (const void *) (leaf + leaf[5]);
	const uint32_t *ring = leaf + RUI_GRIDMAP_LEAF_HEAD;
	uint32_t left = leaf[3];
	double east;

	memcpy(&east, leaf, sizeof east);
	while (left > 0)
	{
		/* A shell, then those of its holes that come near. */
		uint32_t area = ring[0] & ~RUI_GRIDMAP_SHELL;
		int side = ring_side(xy, ring, east, x, y);

		if (side == 0)
			return area + 1;
		ring = next_ring(ring);
		left--;
		for (; left > 0 && (ring[0] & RUI_GRIDMAP_SHELL) == 0; left--, ring = next_ring(ring))
		{
			int hole;

			if (side < 0)
				continue;
			hole = ring_side(xy, ring, east, x, y);
			if (hole == 0)
				return area + 1;
			if (hole > 0)
				side = -1;
		}
		if (side > 0)
			return area + 1;
	}
	return leaf[2];
}

static inline uint32_t
cell_of(double offset, uint32_t cells)
{
	if (!(offset > 0))
		return 0;
	return offset >= cells ? cells - 1 : (uint32_t) offset;
}

/* Part of the block: where it lies, or from the reader. */
static inline const void *
part(const rui_gridmap *map, const rui_gridmap_reader *reader, uint32_t offset, uint32_t size)
{
	if (reader == NULL)
		return (const char *) map + offset;
	return reader->read(reader->argument, offset, size);
}

/* The node of the raster where p lies that is not halved again. */
static inline uint32_t
find_node(const rui_gridmap *map, const rui_gridmap_reader *reader, double x, double y)
{
	uint32_t column = cell_of((x - map->low[0]) * map->scale[0], map->columns);
	uint32_t row = cell_of((y - map->low[1]) * map->scale[1], map->rows);
	uint32_t cell = row * map->columns + column; /* at most 2^24 */
	uint32_t node;
	double low[2];
	double high[2];

	node = *(const uint32_t *) part(map, reader, map->at_raster + cell * sizeof(uint32_t),
									sizeof(uint32_t));
	if ((node & RUI_GRIDMAP_SPLIT_X) == 0)
		return node;
	low[0] = rui_gridmap_bound(map->low[0], map->high[0], column, map->columns);
	high[0] = rui_gridmap_bound(map->low[0], map->high[0], column + 1, map->columns);
	low[1] = rui_gridmap_bound(map->low[1], map->high[1], row, map->rows);
	high[1] = rui_gridmap_bound(map->low[1], map->high[1], row + 1, map->rows);
	do
	{
		int axis = (node & RUI_GRIDMAP_KIND) == RUI_GRIDMAP_SPLIT_Y;
		double middle = (low[axis] + high[axis]) * 0.5;
		bool upper = (axis == 0 ? x : y) >= middle;
		uint32_t pair = node & RUI_GRIDMAP_NUMBER;
		const uint32_t *nodes = part(map, reader, map->at_split + pair * 2 * sizeof(uint32_t),
									 2 * sizeof(uint32_t));

		node = nodes[upper];
		if (upper)
			low[axis] = middle;
		else
			high[axis] = middle;
	} while ((node & RUI_GRIDMAP_SPLIT_X) != 0);
	return node;
}

static inline bool
locate(const rui_gridmap *map, const rui_gridmap_reader *reader, double x, double y, int64_t *grid)
{
	uint32_t node;
	uint32_t found;

	/* False for NaN too. */
	if (!(x >= map->low[0] && x <= map->high[0] && y >= map->low[1] && y <= map->high[1]))
		return false;
	node = find_node(map, reader, x, y);
	found = node & RUI_GRIDMAP_NUMBER;
	if ((node & RUI_GRIDMAP_KIND) == RUI_GRIDMAP_LEAF)
	{
		uint32_t offset = map->at_leaf + found * sizeof(uint32_t);
		const uint32_t *leaf =
			part(map, reader, offset, RUI_GRIDMAP_LEAF_HEAD * sizeof(uint32_t));

		leaf = part(map, reader, offset, leaf[4] * sizeof(uint32_t));
		found = search_leaf(leaf, x, y);
	}
	if (found == 0)
		return false;
	*grid = *(const int64_t *) part(map, reader, map->at_grid + (found - 1) * sizeof(int64_t),
									sizeof(int64_t));
	return true;
}

bool
rui_gridmap_locate(const rui_gridmap *map, double x, double y, int64_t *grid)
{
	return locate(map, NULL, x, y, grid);
}

bool
rui_gridmap_locate_in_parts(const rui_gridmap *head, const rui_gridmap_reader *reader, double x,
							double y, int64_t *grid)
{
	return locate(head, reader, x, y, grid);
}
