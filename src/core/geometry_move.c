/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry_move.c
 *	  Copying a serialized geometry of any kind with its vertices moved.
 */
#include "core/geometry_cursor.h"

#include <math.h>

/* Notes of version 2 that hold for the vertices as they were. */
#define EXTENDED_CHECKED_VALID UINT64_C(0x02)
#define EXTENDED_IS_VALID UINT64_C(0x04)
#define EXTENDED_HAS_HASH UINT64_C(0x08)

typedef struct walk
{
	rui_geometry_cursor from; /* counts and vertices as they were */
	unsigned char *to;
	uint32_t dimensions;
	rui_vertex_mover mover;
	const void *argument;
	uint64_t vertices; /* so far */
	bool changed;
	bool arcs; /* vertices do not bound them */
	double low[2]; /* box of the moved vertices */
	double high[2];
} walk;

rui_status
rui_geometry_srid(const void *bytes, size_t length, int32_t *srid, rui_error *error)
{
	rui_geometry_cursor c = { NULL, bytes, length, 0, false, error };
	rui_geometry_header header;
	rui_status status = rui_geometry_read_header(&c, &header);

	if (status == RUI_OK)
		*srid = header.srid;
	return status;
}

static rui_status
move_vertex(walk *w, bool bounds)
{
	double xy[2];
	double before[2];
	int i;
	rui_status status;

	memcpy(xy, w->from.bytes + w->from.at, sizeof xy);
	memcpy(before, xy, sizeof xy);
	w->vertices++;
	if (!isfinite(xy[0]) || !isfinite(xy[1]))
		return rui_fail(w->from.error, RUI_RANGE, NULL, "Give finite coordinates.",
						"Vertex %llu is not finite.", (unsigned long long) w->vertices);
	status = w->mover(w->argument, w->vertices, xy, w->from.error);
	if (status != RUI_OK)
		return status;
	if (memcmp(before, xy, sizeof xy) != 0)
	{
		memcpy(w->to + w->from.at, xy, sizeof xy);
		w->changed = true;
	}
	for (i = 0; i < 2 && bounds; i++)
	{
		if (xy[i] < w->low[i])
			w->low[i] = xy[i];
		if (xy[i] > w->high[i])
			w->high[i] = xy[i];
	}
	return RUI_OK;
}

static rui_status
move_vertices(walk *w, uint32_t count, bool bounds)
{
	size_t stride = w->dimensions * sizeof(double);
	rui_status status = RUI_OK;
	uint32_t i;

	if (count > (w->from.length - w->from.at) / stride)
		return rui_geometry_fail(&w->from, "The geometry ends too early");
	for (i = 0; i < count && status == RUI_OK; i++)
	{
		status = move_vertex(w, bounds);
		w->from.at += stride;
		if (status == RUI_OK)
			status = rui_geometry_check_stop(&w->from, w->vertices);
	}
	return status;
}

/* What follows the number of rings: their sizes, padded to 8 bytes, and vertices. */
static rui_status
move_polygon(walk *w, uint32_t rings)
{
	rui_geometry_cursor sizes = w->from;
	rui_status status = RUI_OK;
	size_t skip = ((size_t) rings + (rings & 1)) * 4;
	uint32_t i;

	if (w->from.length - w->from.at < skip)
		return rui_geometry_fail(&w->from, "The geometry ends too early");
	w->from.at += skip;
	for (i = 0; i < rings && status == RUI_OK; i++)
	{
		uint32_t count = 0;

		status = rui_geometry_read_count(&sizes, &count);
		if (status == RUI_OK)
			status = move_vertices(w, count, i == 0);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(&w->from, i);
	}
	return status;
}

/*
 * One geometry; the members of a collection follow it, so they only add to
 * those that are left, and nesting needs no stack.
 */
static rui_status
move_one(walk *w, uint64_t *left)
{
	uint32_t kind = 0;
	uint32_t count = 0;
	rui_status status = rui_geometry_read_count(&w->from, &kind);

	if (status == RUI_OK)
		status = rui_geometry_read_count(&w->from, &count);
	if (status != RUI_OK)
		return status;
	switch (kind)
	{
		case RUI_GEOMETRY_POINT:
			if (count > 1)
				return rui_geometry_fail(&w->from, "A point with several vertices");
			return move_vertices(w, count, true);
		case RUI_GEOMETRY_LINESTRING:
		case RUI_GEOMETRY_TRIANGLE:
			return move_vertices(w, count, true);
		case RUI_GEOMETRY_CIRCULARSTRING:
			w->arcs = true;
			return move_vertices(w, count, true);
		case RUI_GEOMETRY_POLYGON:
			return move_polygon(w, count);
		case RUI_GEOMETRY_MULTIPOINT:
		case RUI_GEOMETRY_MULTILINESTRING:
		case RUI_GEOMETRY_MULTIPOLYGON:
		case RUI_GEOMETRY_COLLECTION:
		case RUI_GEOMETRY_COMPOUNDCURVE:
		case RUI_GEOMETRY_CURVEPOLYGON:
		case RUI_GEOMETRY_MULTICURVE:
		case RUI_GEOMETRY_MULTISURFACE:
		case RUI_GEOMETRY_POLYHEDRALSURFACE:
		case RUI_GEOMETRY_TIN:
			/* A member takes at least 8 bytes: nobody can make us loop for nothing. */
			if (count > (w->from.length - w->from.at) / 8)
				return rui_geometry_fail(&w->from, "The geometry ends too early");
			*left += count;
			return RUI_OK;
		default:
			return rui_geometry_fail(&w->from, "Unknown kind of geometry");
	}
}

/* The largest float up to the value, or the smallest from it. */
static float
round_float(double value, bool up)
{
	float result = (float) value;

	if (up ? (double) result < value : (double) result > value)
		result = nextafterf(result, up ? INFINITY : -INFINITY);
	return result;
}

/* Make the header true again after vertices have moved. */
static void
mend_header(walk *w, const rui_geometry_header *header, size_t *length)
{
	float box[4];
	uint64_t notes;
	size_t size = header->dimensions * 2 * sizeof(float);
	int i;

	if (header->extended != 0)
	{
		memcpy(&notes, w->to + header->extended, sizeof notes);
		notes &= ~(EXTENDED_CHECKED_VALID | EXTENDED_IS_VALID | EXTENDED_HAS_HASH);
		memcpy(w->to + header->extended, &notes, sizeof notes);
	}
	if (header->box == 0)
		return;
	if (w->arcs || !(w->low[0] <= w->high[0]))
	{
		w->to[3] &= (unsigned char) ~RUI_GEOMETRY_HAS_BOX;
		*length -= size;
		memmove(w->to + header->box, w->to + header->box + size, *length - header->box);
		return;
	}
	for (i = 0; i < 2; i++)
	{
		box[2 * i] = round_float(w->low[i], false);
		box[2 * i + 1] = round_float(w->high[i], true);
	}
	memcpy(w->to + header->box, box, sizeof box);
}

rui_status
rui_geometry_move(const rui_env *env, const void *bytes, size_t length, rui_vertex_mover mover,
				  const void *argument, void *moved, size_t *moved_length, rui_error *error)
{
	walk w = { 0 };
	rui_geometry_header header;
	size_t result = length;
	uint64_t left;
	rui_status status;

	w.from.env = env;
	w.from.bytes = bytes;
	w.from.length = length;
	w.from.error = error;
	w.to = moved;
	w.mover = mover;
	w.argument = argument;
	w.low[0] = w.low[1] = INFINITY;
	w.high[0] = w.high[1] = -INFINITY;
	status = rui_geometry_read_header(&w.from, &header);
	if (status != RUI_OK)
		return status;
	w.dimensions = header.dimensions;
	memcpy(moved, bytes, length);
	for (left = 1; left > 0 && status == RUI_OK; left--)
	{
		status = move_one(&w, &left);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(&w.from, left);
	}
	if (status != RUI_OK)
		return status;
	if (w.changed)
		mend_header(&w, &header, &result);
	*moved_length = result;
	return RUI_OK;
}
