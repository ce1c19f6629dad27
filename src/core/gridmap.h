/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.h
 *	  A map of territories: which grid covers a point.
 *
 * A map is one position-independent block of memory: a head, the vertices of
 * all areas, and a raster over their bounding box.  A cell of the raster
 * either has a constant answer, or has the edges near it (a leaf), or is
 * halved again.  The raster is derived from the areas and never leaves the
 * machine; text and binary form carry the areas alone.
 *
 * locate answers as PostGIS's ST_Covers(area, point) does, for every point:
 * its determinant is computed from the same edge with the same operations.
 * See docs/gridmap.md for what that means within rounding of a border.
 */
#ifndef RUI_GRIDMAP_H
#define RUI_GRIDMAP_H

#include "core/geometry.h"
#include "core/hash.h"
#include "core/rui_core.h"
#include "core/text.h"

#define RUI_GRIDMAP_VERSION 1
/* A PostgreSQL value holds at most this many bytes. */
#define RUI_GRIDMAP_SIZE_MAX 0x3FFFFFFF

/*
 * The block.  Offsets count bytes from its start, which is aligned to 8.
 * The first member belongs to the host (a varlena header).
 */
typedef struct rui_gridmap
{
	int32_t host;
	unsigned char hash[RUI_CONTENT_HASH_SIZE]; /* of the binary form after it */
	uint32_t version;
	int32_t srid;
	uint32_t size; /* bytes of the whole block */
	uint32_t areas;
	uint32_t polygons;
	uint32_t rings;
	uint32_t points;
	uint32_t columns; /* of the raster */
	uint32_t rows;
	uint32_t splits; /* pairs of nodes */
	uint32_t words; /* of leaves */
	uint32_t at_xy; /* double[2 * points] */
	uint32_t at_grid; /* int64[areas], ascending */
	uint32_t at_multi; /* uint32[areas] */
	uint32_t at_area; /* uint32[areas + 1]: first polygon */
	uint32_t at_polygon; /* uint32[polygons + 1]: first ring */
	uint32_t at_ring; /* uint32[rings + 1]: first vertex */
	uint32_t at_raster; /* uint32[columns * rows] nodes, row by row */
	uint32_t at_split; /* uint32[2 * splits] nodes */
	uint32_t at_leaf; /* uint32[words]: see gridmap_raster.h */
	uint32_t padding;
	double low[2]; /* bounding box of all areas */
	double high[2];
	double scale[2]; /* cells per unit */
} rui_gridmap;

/* Areas collected on the way to a map. */
typedef struct rui_gridmap_entry
{
	int64_t grid;
	rui_area area;
} rui_gridmap_entry;

typedef struct rui_gridmap_builder
{
	const rui_env *env;
	int32_t srid;
	rui_gridmap_entry *entries;
	size_t count;
	size_t capacity;
	uint64_t points;
	bool hash_known; /* read from a binary form: the map must have this hash */
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
} rui_gridmap_builder;

extern void rui_gridmap_start(rui_gridmap_builder *builder, const rui_env *env);

/*
 * Add an area of a grid; the builder takes its memory over on success.  A
 * grid may have several areas: it covers their union.  RUI_INVALID, naming
 * the grid, for an empty area or an SRID other than that of the areas before
 * (0 goes with all).  Rings that cross are for the host to refuse.
 */
extern rui_status rui_gridmap_add(rui_gridmap_builder *builder, int64_t grid, rui_area *area,
								  rui_error *error);

/* Make the map; *map is allocated from the builder's env. */
extern rui_status rui_gridmap_finish(rui_gridmap_builder *builder, rui_gridmap **map,
									 rui_error *error);

extern void rui_gridmap_release(rui_gridmap_builder *builder);

/*
 * Read the text form {"srid":4326,"areas":[{"grid":7,"area":"<hex WKB>"}]}
 * or the binary form into a started builder.  The areas may come in any
 * order in a text, in canonical order in a binary, whose hash must be right.
 */
extern rui_status rui_gridmap_read_text(rui_gridmap_builder *builder, const char *text,
										size_t length, rui_error *error);
extern rui_status rui_gridmap_read_binary(rui_gridmap_builder *builder, const void *bytes,
										  size_t length, rui_error *error);

/* Append the canonical forms. */
extern void rui_gridmap_write_text(const rui_gridmap *map, rui_text *text);
extern void rui_gridmap_write_binary(const rui_gridmap *map, rui_text *text);

/*
 * Area number index of the map, of grid *grid.  The result points into the
 * map and into counts, which holds rui_gridmap_counts(map) numbers.
 */
extern size_t rui_gridmap_counts(const rui_gridmap *map);
extern void rui_gridmap_area(const rui_gridmap *map, uint32_t index, uint32_t *counts,
							 int64_t *grid, rui_area *area);

/* The grid of area number index, and all vertices, two doubles each. */
static inline int64_t
rui_gridmap_grid(const rui_gridmap *map, uint32_t index)
{
	return ((const int64_t *) (const void *) ((const char *) map + map->at_grid))[index];
}

static inline const double *
rui_gridmap_vertices(const rui_gridmap *map)
{
	return (const double *) (const void *) ((const char *) map + map->at_xy);
}

/*
 * Whether an area covers (x, y), and the lowest grid that does.  NaN and
 * infinite coordinates are covered by none.
 */
extern bool rui_gridmap_locate(const rui_gridmap *map, double x, double y, int64_t *grid);

/*
 * The same of a map that is not in memory as a whole, of which head is the
 * beginning.  read gives size bytes of the block from an offset, aligned as
 * in the block; they are used until it is called again.  It is called a few
 * times, for a few hundred bytes together unless edges without number meet.
 */
typedef struct rui_gridmap_reader
{
	const void *(*read)(void *argument, uint32_t offset, uint32_t size);
	void *argument;
} rui_gridmap_reader;

extern bool rui_gridmap_locate_in_parts(const rui_gridmap *head, const rui_gridmap_reader *reader,
										double x, double y, int64_t *grid);

#endif /* RUI_GRIDMAP_H */
