/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_border.c
 *	  The edges of a gridmap that have no area on one of their sides.
 *
 * Two neighbours share a border when both have its edges, each from its side.
 * A hash table holds the edges by their two ends, whatever the direction, and
 * on which sides of them areas lie.
 */
#include "core/gridmap_check.h"

#include <string.h>

#include "core/exact.h"
#include "core/gridmap_raster.h"

#define LEFT 1 /* of the edge from its lesser end to its greater */
#define RIGHT 2

static bool
is_less(const double *a, const double *b)
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

static bool
is_same(const double *a, const double *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/*
 * The way a simple ring turns, by the corner at its least vertex: 1 against
 * the clock, -1 with it, 0 where it only goes there and back.
 */
static int
ring_turn(const double *xy, uint32_t first, uint32_t end)
{
	uint32_t corners = end - first - 1; /* the last vertex is the first */
	uint32_t least = 0;
	uint32_t before;
	uint32_t after;
	uint32_t i;

	xy += 2 * (size_t) first;
	for (i = 1; i < corners; i++)
		if (is_less(xy + 2 * (size_t) i, xy + 2 * (size_t) least))
			least = i;
	before = after = least;
	for (i = 1; i < corners && is_same(xy + 2 * (size_t) before, xy + 2 * (size_t) least); i++)
		before = (before + corners - 1) % corners;
	for (i = 1; i < corners && is_same(xy + 2 * (size_t) after, xy + 2 * (size_t) least); i++)
		after = (after + 1) % corners;
	return rui_exact_side(xy + 2 * (size_t) before, xy + 2 * (size_t) least,
						  xy + 2 * (size_t) after);
}

int8_t *
rui_gridmap_turns(const rui_env *env, const rui_gridmap_shape *shape)
{
	int8_t *turns = rui_allocate(env, shape->rings, sizeof(int8_t));
	uint32_t polygon;
	uint32_t ring;

	if (turns == NULL)
		return NULL;
	for (polygon = 0; polygon < shape->polygons; polygon++)
		for (ring = shape->polygon[polygon]; ring < shape->polygon[polygon + 1]; ring++)
		{
			int turn = ring_turn(shape->xy, shape->ring[ring], shape->ring[ring + 1]);

			/* The area lies outside of its holes. */
			turns[ring] = (int8_t) (ring == shape->polygon[polygon] ? turn : -turn);
		}
	return turns;
}

typedef struct edge_table
{
	const double *xy;
	size_t mask;
	uint32_t *edges; /* first vertex + 1, or 0 */
	uint8_t *sides; /* LEFT, RIGHT or both */
} edge_table;

static uint64_t
mix(uint64_t hash, const double *ends)
{
	uint64_t bits[2];

	memcpy(bits, ends, sizeof bits);
	hash = (hash ^ bits[0]) * UINT64_C(0x9E3779B97F4A7C15);
	hash = (hash ^ hash >> 29 ^ bits[1]) * UINT64_C(0xBF58476D1CE4E5B9);
	return hash ^ hash >> 32;
}

/* The place of the edge from vertex v, or where it would be. */
static size_t
find_edge(const edge_table *table, uint32_t v, bool *turned)
{
	const double *low = table->xy + 2 * (size_t) v;
	const double *high = low + 2;
	size_t place;

	*turned = is_less(high, low);
	if (*turned)
	{
		low = high;
		high = table->xy + 2 * (size_t) v;
	}
	place = mix(mix(1, low), high) & table->mask;
	while (table->edges[place] != 0)
	{
		const double *a = table->xy + 2 * (size_t) (table->edges[place] - 1);

		if ((is_same(a, low) && is_same(a + 2, high)) || (is_same(a, high) && is_same(a + 2, low)))
			break;
		place = (place + 1) & table->mask;
	}
	return place;
}

static void
enter_edges(edge_table *table, const rui_gridmap_shape *shape, const int8_t *turns)
{
	uint32_t ring;
	uint32_t v;

	for (ring = 0; ring < shape->rings; ring++)
		for (v = shape->ring[ring]; v + 1 < shape->ring[ring + 1]; v++)
		{
			bool turned;
			size_t place = find_edge(table, v, &turned);

			table->edges[place] = v + 1;
			if (turns[ring] != 0)
				table->sides[place] |= (turns[ring] > 0) != turned ? LEFT : RIGHT;
		}
}

static rui_status
add_path(const rui_env *env, rui_gridmap_paths *paths, uint32_t first, uint32_t count,
		 rui_error *error)
{
	rui_status status = rui_grow(env, &paths->paths, &paths->capacity, paths->count + 1,
								 sizeof(rui_gridmap_path), error);

	if (status == RUI_OK)
		paths->paths[paths->count++] = (rui_gridmap_path){ first, count };
	return status;
}

static rui_status
collect_paths(const rui_env *env, const edge_table *table, const rui_gridmap_shape *shape,
			  rui_gridmap_paths *paths, rui_error *error)
{
	rui_status status = RUI_OK;
	uint32_t ring;

	for (ring = 0; status == RUI_OK && ring < shape->rings; ring++)
	{
		uint32_t last = shape->ring[ring + 1] - 1;
		uint32_t v;
		uint32_t count = 0;

		for (v = shape->ring[ring]; status == RUI_OK && v <= last; v++)
		{
			bool turned;

			if (v < last &&
				!is_same(shape->xy + 2 * (size_t) v, shape->xy + 2 * ((size_t) v + 1)) &&
				table->sides[find_edge(table, v, &turned)] != (LEFT | RIGHT))
			{
				count++;
				continue;
			}
			if (count > 0)
				status = add_path(env, paths, v - count, count, error);
			count = 0;
		}
		if (status == RUI_OK && (ring & 255) == 255 && rui_interrupted(env))
			status = rui_fail_interrupted(error);
	}
	return status;
}

rui_status
rui_gridmap_borders(const rui_env *env, const rui_gridmap *map, rui_gridmap_paths *paths,
					rui_error *error)
{
	rui_gridmap_shape shape;
	rui_gridmap_paths found = { 0 };
	edge_table table = { 0 };
	int8_t *turns;
	size_t size = 16;
	rui_status status = RUI_OK;

	rui_gridmap_shape_of(map, &shape);
	while (size < 2 * (size_t) shape.points)
		size *= 2;
	turns = rui_gridmap_turns(env, &shape);
	table.xy = shape.xy;
	table.mask = size - 1;
	table.edges = rui_allocate_zero(env, size, sizeof(uint32_t));
	table.sides = rui_allocate_zero(env, size, sizeof(uint8_t));
	if (turns == NULL || table.edges == NULL || table.sides == NULL)
		status = rui_fail_memory(error, size * 5);
	if (status == RUI_OK)
	{
		enter_edges(&table, &shape, turns);
		status = collect_paths(env, &table, &shape, &found, error);
	}
	rui_release(env, turns);
	rui_release(env, table.edges);
	rui_release(env, table.sides);
	if (status == RUI_OK)
		*paths = found;
	else
		rui_release(env, found.paths);
	return status;
}
