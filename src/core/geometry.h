/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry.h
 *	  The one reader of geometries: PostGIS's serialized form and WKB.
 *
 * Reads points, polygons and multipolygons in 2D, Z, M or ZM; of every
 * vertex only x and y are kept.  Negative zero becomes zero, so that equal
 * coordinates have equal bytes.  Geometries of every kind can be copied with
 * their vertices moved.
 */
#ifndef RUI_GEOMETRY_H
#define RUI_GEOMETRY_H

#include "core/rui_core.h"
#include "core/text.h"

#define RUI_SRID_MAX 999999
/* Together in all rings of one area, so that counts fit 32 bits. */
#define RUI_AREA_POINTS_MAX (1 << 28)
/* Beyond this size of a coordinate products of four of them overflow. */
#define RUI_COORDINATE_MAX 1e70

typedef enum rui_geometry_kind
{
	RUI_GEOMETRY_POINT = 1,
	RUI_GEOMETRY_LINESTRING = 2,
	RUI_GEOMETRY_POLYGON = 3,
	RUI_GEOMETRY_MULTIPOINT = 4,
	RUI_GEOMETRY_MULTILINESTRING = 5,
	RUI_GEOMETRY_MULTIPOLYGON = 6,
	RUI_GEOMETRY_COLLECTION = 7,
	RUI_GEOMETRY_CIRCULARSTRING = 8,
	RUI_GEOMETRY_COMPOUNDCURVE = 9,
	RUI_GEOMETRY_CURVEPOLYGON = 10,
	RUI_GEOMETRY_MULTICURVE = 11,
	RUI_GEOMETRY_MULTISURFACE = 12,
	RUI_GEOMETRY_POLYHEDRALSURFACE = 13,
	RUI_GEOMETRY_TRIANGLE = 14,
	RUI_GEOMETRY_TIN = 15
} rui_geometry_kind;

typedef struct rui_point
{
	int32_t srid; /* 0: unknown */
	bool empty; /* then x and y are 0 */
	double x;
	double y;
} rui_point;

/*
 * A polygon or multipolygon.  Rings lie one after another: polygon i has
 * polygon_rings[i] of them (0: an empty polygon), its shell first; ring j has
 * ring_points[j] vertices of two doubles in xy, the last equal to the first.
 */
typedef struct rui_area
{
	int32_t srid;
	bool multi;
	uint32_t polygons;
	uint32_t rings;
	uint32_t points;
	uint32_t *polygon_rings;
	uint32_t *ring_points;
	double *xy;
	size_t polygon_capacity;
	size_t ring_capacity;
	size_t point_capacity;
} rui_area;

/*
 * The kind of a serialized geometry as OGC numbers it (1 point, 2 line
 * string, ...), or 0 where the bytes are too short to tell.
 */
extern uint32_t rui_geometry_type(const void *bytes, size_t length);

/* The OGC name of a kind, as in "MULTIPOLYGON". */
extern const char *rui_geometry_type_name(uint32_t kind);

/*
 * Read a point from PostGIS's serialized form (gserialized versions 2 and 1)
 * without the varlena header; no alignment is needed.  RUI_INVALID when it is
 * another kind of geometry, RUI_BINARY when the bytes are no geometry.  The
 * coordinates are what they are: NaN and infinity too.
 */
extern rui_status rui_geometry_read_point(const void *bytes, size_t length,
										  rui_point *point, rui_error *error);

/*
 * Read a polygon or multipolygon from the serialized form.  Checks the
 * structure and the coordinates as rui_area_check does.  On success the area
 * holds memory of env until rui_area_release.
 */
extern rui_status rui_geometry_read_area(const rui_env *env, const void *bytes, size_t length,
										 rui_area *area, rui_error *error);

/*
 * The SRID of a serialized geometry (0: unknown); RUI_BINARY when the bytes
 * are no geometry, RUI_INVALID for a geography.
 */
extern rui_status rui_geometry_srid(const void *bytes, size_t length, int32_t *srid,
									rui_error *error);

/*
 * Gives a vertex, the vertex-th of a geometry from 1, another place; xy are
 * finite before and after.  May refuse.
 */
typedef rui_status (*rui_vertex_mover)(const void *argument, uint64_t vertex, double xy[2],
									   rui_error *error);

/*
 * Copy a serialized geometry of any kind, every vertex moved in x and y; Z, M
 * and SRID stay.  moved has room for length bytes, of which *moved_length are
 * used; on failure they mean nothing.  A bounding box in the header becomes
 * that of the moved vertices, rounded outward, by the shell of each polygon as
 * PostGIS computes it; where there are arcs, whose box is not that of their
 * vertices, it is left out, and PostGIS computes it when it needs one.  Notes of
 * version 2 about validity or a hash are cleared.  If no vertex moves, all
 * bytes stay.  RUI_RANGE names a vertex that is not finite.
 */
extern rui_status rui_geometry_move(const rui_env *env, const void *bytes, size_t length,
									rui_vertex_mover mover, const void *argument,
									void *moved, size_t *moved_length, rui_error *error);

/*
 * Read a polygon or multipolygon from 2D well-known binary (OGC 06-103r4) of
 * either byte order; srid of the result is 0.  The whole input must be used.
 * RUI_BINARY with the offset for what is not WKB, RUI_INVALID for another
 * kind, Z, M or an SRID inside.
 */
extern rui_status rui_wkb_read_area(const rui_env *env, const void *bytes, size_t length,
									rui_area *area, rui_error *error);

/* The same from hexadecimal digits of either case; RUI_SYNTAX for others. */
extern rui_status rui_wkb_read_area_hex(const rui_env *env, const char *hex, size_t length,
										rui_area *area, rui_error *error);

/* Append the area as little-endian WKB, as bytes or as capital hex digits. */
extern void rui_wkb_write_area(rui_text *text, const rui_area *area, bool hex);

/* Bytes that rui_wkb_write_area appends (twice that in hex). */
extern size_t rui_wkb_area_size(const rui_area *area);

/*
 * RUI_INVALID unless every ring has at least 4 vertices and is closed;
 * RUI_RANGE unless every coordinate is finite and at most
 * RUI_COORDINATE_MAX in size.  Whether rings cross is not checked here.
 */
extern rui_status rui_area_check(const rui_area *area, rui_error *error);

/* Whether it has no vertex at all. */
extern bool rui_area_is_empty(const rui_area *area);

extern void rui_area_release(const rui_env *env, rui_area *area);

#endif /* RUI_GEOMETRY_H */
