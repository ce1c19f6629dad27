/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry_writer.h
 *	  Writes geometries in PostGIS's serialized form for the tests.
 */
#ifndef RUI_GEOMETRY_WRITER_H
#define RUI_GEOMETRY_WRITER_H

#include "core/geometry.h"

/* A serialized geometry under construction. */
typedef struct writer
{
	unsigned char bytes[4096];
	size_t length;
	int dimensions;
} writer;

static inline void
put(writer *w, const void *bytes, size_t length)
{
	memcpy(w->bytes + w->length, bytes, length);
	w->length += length;
}

static inline void
put_count(writer *w, uint32_t count)
{
	put(w, &count, 4);
}

static inline void
put_header(writer *w, int version, int32_t srid, bool z, bool m, bool box, bool extended)
{
	unsigned char head[4] = { (unsigned char) (srid >> 16), (unsigned char) (srid >> 8),
							  (unsigned char) srid,
							  (unsigned char) (z | m << 1 | box << 2 | extended << 4 |
											   (version == 2) << 6) };
	float floats[8] = { 0 };
	unsigned char more[8] = { 2 };

	w->length = 0;
	w->dimensions = 2 + z + m;
	put(w, head, 4);
	if (extended && version == 2)
		put(w, more, 8);
	if (box)
		put(w, floats, w->dimensions * 2 * sizeof(float));
}

static inline void
put_vertex(writer *w, double x, double y)
{
	double values[4] = { x, y, 99, 98 };

	put(w, values, w->dimensions * sizeof(double));
}

static inline void
put_ring(writer *w, double x, double size)
{
	put_vertex(w, x, 0);
	put_vertex(w, x + size, 0);
	put_vertex(w, x + size, size);
	put_vertex(w, x, 0);
}

static inline void
put_polygon(writer *w, double x, uint32_t rings)
{
	uint32_t i;

	put_count(w, RUI_GEOMETRY_POLYGON);
	put_count(w, rings);
	for (i = 0; i < rings + (rings & 1); i++)
		put_count(w, i < rings ? 4 : 0);
	for (i = 0; i < rings; i++)
		put_ring(w, x, 10.0 / (i + 1));
}

#endif /* RUI_GEOMETRY_WRITER_H */
