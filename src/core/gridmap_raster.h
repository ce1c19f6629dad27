/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_raster.h
 *	  The raster of a gridmap: how its words are read, and how it is made.
 *
 * Internal to the module.  A node of the raster is a 32-bit word: two bits of
 * kind, then a number.
 */
#ifndef RUI_GRIDMAP_RASTER_H
#define RUI_GRIDMAP_RASTER_H

#include "core/gridmap.h"

#define RUI_GRIDMAP_KIND 0xC0000000u
#define RUI_GRIDMAP_NUMBER 0x3FFFFFFFu
#define RUI_GRIDMAP_CONSTANT 0x00000000u /* number: area + 1, or 0 for none */
#define RUI_GRIDMAP_LEAF 0x40000000u /* number: word where the leaf begins */
#define RUI_GRIDMAP_SPLIT_X 0x80000000u /* number: of the pair west, east */
#define RUI_GRIDMAP_SPLIT_Y 0xC0000000u /* number: of the pair south, north */

/*
 * A leaf: its east end (a double), the area + 1 that covers all of it or 0,
 * the number of rings, its own length and the place of its vertices, both in
 * words from its beginning; then the rings, then the vertices, two doubles
 * each.  A ring: area and RUI_GRIDMAP_SHELL, winding number, number of
 * chains, and for each chain its first vertex and its number of edges.  A
 * chain goes through the vertices upwards or, with RUI_GRIDMAP_BACK, downwards:
 * neighbours that share a border share its vertices.  So a lookup reads
 * one place in memory after it has found the leaf.
 */
#define RUI_GRIDMAP_LEAF_HEAD 6
#define RUI_GRIDMAP_RING_HEAD 3
#define RUI_GRIDMAP_SHELL 0x80000000u
#define RUI_GRIDMAP_BACK 0x80000000u

typedef struct rui_gridmap_raster
{
	uint32_t columns;
	uint32_t rows;
	uint32_t *cells;
	uint32_t *splits;
	size_t split_words;
	size_t split_capacity;
	uint32_t *leaves;
	size_t leaf_words;
	size_t leaf_capacity;
	double *near_xy; /* vertices of the leaf being written */
	size_t near_capacity;
} rui_gridmap_raster;

/* The arrays of a map under construction. */
typedef struct rui_gridmap_shape
{
	const double *xy;
	const uint32_t *area; /* first polygons */
	const uint32_t *polygon; /* first rings */
	const uint32_t *ring; /* first vertices */
	uint32_t areas;
	uint32_t polygons;
	uint32_t rings;
	uint32_t points;
	double low[2];
	double high[2];
} rui_gridmap_shape;

/* The arrays of a finished map, or of its part before the raster. */
extern void rui_gridmap_shape_of(const rui_gridmap *map, rui_gridmap_shape *shape);

/*
 * For each ring: 1 when its area lies left of it, -1 when right, 0 when that
 * cannot be told (a ring without an inside).  NULL when there is no memory.
 */
extern int8_t *rui_gridmap_turns(const rui_env *env, const rui_gridmap_shape *shape);

extern rui_status rui_gridmap_rasterize(const rui_env *env, const rui_gridmap_shape *shape,
										rui_gridmap_raster *raster, rui_error *error);
extern void rui_gridmap_raster_release(const rui_env *env, rui_gridmap_raster *raster);

/* A ring near a box, as the leaf of the box will tell it. */
typedef struct rui_gridmap_near
{
	uint32_t ring; /* number, for whoever makes the raster */
	uint32_t area; /* and RUI_GRIDMAP_SHELL */
	int32_t winding;
	uint32_t edges; /* of those that come near */
	uint32_t runs; /* of edges that follow one another */
} rui_gridmap_near;

/* Words that it takes in a leaf at most, without sharing. */
static inline uint64_t
rui_gridmap_near_words(const rui_gridmap_near *ring)
{
	return RUI_GRIDMAP_RING_HEAD + ring->runs * UINT64_C(6) + ring->edges * UINT64_C(4);
}

/*
 * Append a leaf: the rings, and the numbers of all their edges' first
 * vertices, ring by ring and rising within a ring.  constant is the area + 1
 * that covers all of the box, or 0.  *start becomes its first word.
 */
extern rui_status rui_gridmap_add_leaf(const rui_env *env, rui_gridmap_raster *raster,
									   const double *xy, double east, uint32_t constant,
									   const rui_gridmap_near *rings, size_t count,
									   const uint32_t *edges, uint32_t *start, rui_error *error);

/* Where a range of the raster begins: bound i of n over [low, high]. */
static inline double
rui_gridmap_bound(double low, double high, uint32_t i, uint32_t n)
{
	return i == n ? high : low + (high - low) * ((double) i / n);
}

#endif /* RUI_GRIDMAP_RASTER_H */
