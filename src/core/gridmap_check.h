/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_check.h
 *	  What may be wrong with a map as a tessellation, found fast.
 *
 * Overlays of polygons are slow, and a good map needs none: neighbours share
 * their borders edge by edge.  These functions find what is not so, by exact
 * signs; the host computes overlays of the little that is left.  All areas
 * of a map must be valid.
 */
#ifndef RUI_GRIDMAP_CHECK_H
#define RUI_GRIDMAP_CHECK_H

#include "core/gridmap.h"

/* Two numbers: areas of a map, or a place and an area. */
typedef struct rui_gridmap_pair
{
	uint32_t a;
	uint32_t b;
} rui_gridmap_pair;

typedef struct rui_gridmap_pairs
{
	rui_gridmap_pair *pairs;
	size_t count;
	size_t capacity;
} rui_gridmap_pairs;

/*
 * Pairs of areas, a < b, of different grids, whose interiors may have points
 * in common: all that have, and those whose borders meet otherwise than in
 * whole edges and vertices that both have.  About n log n for n vertices,
 * plus the pairs of areas with overlapping boxes.  pairs->pairs is memory of
 * env.
 */
extern rui_status rui_gridmap_suspects(const rui_env *env, const rui_gridmap *map,
									   rui_gridmap_pairs *pairs, rui_error *error);

/*
 * Pairs of a place and an area whose boxes meet; boxes holds the low x, low
 * y, high x and high y of each place.
 */
extern rui_status rui_gridmap_meeting(const rui_env *env, const rui_gridmap *map,
									  const double *boxes, uint32_t places,
									  rui_gridmap_pairs *pairs, rui_error *error);

/* A path along the vertices of a map: from first, count edges. */
typedef struct rui_gridmap_path
{
	uint32_t first;
	uint32_t count;
} rui_gridmap_path;

typedef struct rui_gridmap_paths
{
	rui_gridmap_path *paths;
	size_t count;
	size_t capacity;
} rui_gridmap_paths;

/*
 * The edges that do not have an area on each side by edges with the same two
 * ends, as paths.  The border of all areas together is part of them.
 */
extern rui_status rui_gridmap_borders(const rui_env *env, const rui_gridmap *map,
									  rui_gridmap_paths *paths, rui_error *error);

#endif /* RUI_GRIDMAP_CHECK_H */
