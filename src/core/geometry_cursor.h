/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry_cursor.h
 *	  What the files that read or change serialized geometries share.
 */
#ifndef RUI_GEOMETRY_CURSOR_H
#define RUI_GEOMETRY_CURSOR_H

#include <string.h>

#include "core/geometry.h"

/*
 * The serialized form (gserialized of liblwgeom, described in its
 * gserialized.txt): three bytes of SRID, one of flags, in version 2 eight
 * more of flags if asked for, a bounding box of floats if there is one; then
 * the geometry in the byte order of the machine: type, count, and for a
 * polygon the vertices of each ring padded to 8 bytes, then ordinates.
 */
#define RUI_GEOMETRY_HAS_Z 0x01
#define RUI_GEOMETRY_HAS_M 0x02
#define RUI_GEOMETRY_HAS_BOX 0x04
#define RUI_GEOMETRY_IS_GEODETIC 0x08
#define RUI_GEOMETRY_IS_EXTENDED 0x10 /* of version 2 alone */
#define RUI_GEOMETRY_IS_VERSION_2 0x40
#define RUI_GEOMETRY_RESERVED 0x80

typedef struct rui_geometry_cursor
{
	const rui_env *env;
	const unsigned char *bytes;
	size_t length;
	size_t at;
	bool swap; /* the other byte order */
	rui_error *error;
} rui_geometry_cursor;

/* What stands before the geometry proper. */
typedef struct rui_geometry_header
{
	int32_t srid;
	uint32_t dimensions; /* 2 to 4 */
	size_t box; /* where the bounding box begins, or 0 without one */
	size_t extended; /* where the flags of version 2 begin, or 0 without any */
} rui_geometry_header;

/* Step over the header; RUI_BINARY for what is none, RUI_INVALID for a geography. */
extern rui_status rui_geometry_read_header(rui_geometry_cursor *c, rui_geometry_header *header);

/* RUI_BINARY with a sentence about what is wrong at the cursor. */
extern rui_status rui_geometry_fail(const rui_geometry_cursor *c, const char *what);

static inline rui_status
rui_geometry_read_count(rui_geometry_cursor *c, uint32_t *value)
{
	if (c->length - c->at < 4)
		return rui_geometry_fail(c, "The geometry ends too early");
	memcpy(value, c->bytes + c->at, 4);
	if (c->swap)
		*value = __builtin_bswap32(*value);
	c->at += 4;
	return RUI_OK;
}

static inline rui_status
rui_geometry_check_stop(const rui_geometry_cursor *c, uint64_t step)
{
	if ((step & 1023) == 1023 && rui_interrupted(c->env))
		return rui_fail(c->error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
	return RUI_OK;
}

#endif /* RUI_GEOMETRY_CURSOR_H */
