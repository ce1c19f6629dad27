/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry.c
 *	  The one reader of geometries: PostGIS's serialized form and WKB.
 */
#include "core/geometry_cursor.h"

#include <math.h>
#include <string.h>

/* Extended WKB marks dimensions and SRID in the type. */
#define WKB_Z 0x80000000u
#define WKB_M 0x40000000u
#define WKB_SRID 0x20000000u

typedef rui_geometry_cursor cursor;

static bool
machine_is_little(void)
{
	const uint16_t one = 1;
	unsigned char first;

	memcpy(&first, &one, 1);
	return first == 1;
}

static inline double
load_double(const unsigned char *from)
{
	double value;

	memcpy(&value, from, sizeof value);
	return value;
}

rui_status
rui_geometry_fail(const cursor *c, const char *what)
{
	return rui_fail_at(c->error, RUI_BINARY, (int64_t) c->at, NULL,
					   "Give a geometry as PostGIS writes it.", "%s at byte %zu.", what, c->at);
}

static rui_status
fail_kind(const cursor *c, uint32_t kind, const char *wanted)
{
	return rui_fail(c->error, RUI_INVALID, rui_geometry_type_name(kind), NULL,
					"A %s is not a %s.", rui_geometry_type_name(kind), wanted);
}

rui_status
rui_geometry_read_header(cursor *c, rui_geometry_header *header)
{
	rui_geometry_header result = { 0 };
	unsigned char flags;
	uint32_t raw;
	size_t skip = 4;

	if (c->length < 4)
		return rui_geometry_fail(c, "The geometry ends too early");
	/* 21 bits with a sign, but PostGIS clamps negative numbers to 0. */
	raw = (uint32_t) c->bytes[0] << 16 | (uint32_t) c->bytes[1] << 8 | c->bytes[2];
	result.srid = (raw & 0x100000) != 0 ? 0 : (int32_t) (raw & 0xFFFFF);
	flags = c->bytes[3];
	if ((flags & RUI_GEOMETRY_RESERVED) != 0)
		return rui_geometry_fail(c, "Unknown version of the serialized form");
	if ((flags & RUI_GEOMETRY_IS_GEODETIC) != 0)
		return rui_fail(c->error, RUI_INVALID, NULL, "Cast it to geometry.",
						"A geography is not a geometry.");
	result.dimensions = 2 + ((flags & RUI_GEOMETRY_HAS_Z) != 0) +
		((flags & RUI_GEOMETRY_HAS_M) != 0);
	if ((flags & RUI_GEOMETRY_IS_VERSION_2) != 0 && (flags & RUI_GEOMETRY_IS_EXTENDED) != 0)
	{
		result.extended = skip;
		skip += 8;
	}
	if ((flags & RUI_GEOMETRY_HAS_BOX) != 0)
	{
		result.box = skip;
		skip += result.dimensions * 2 * sizeof(float);
	}
	if (c->length < skip)
		return rui_geometry_fail(c, "The geometry ends too early");
	c->at = skip;
	*header = result;
	return RUI_OK;
}

const char *
rui_geometry_type_name(uint32_t kind)
{
	static const char *const names[] = { "unknown geometry", "POINT", "LINESTRING", "POLYGON",
										 "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
										 "GEOMETRYCOLLECTION", "CIRCULARSTRING", "COMPOUNDCURVE",
										 "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE",
										 "POLYHEDRALSURFACE", "TRIANGLE", "TIN" };

	return names[kind < sizeof names / sizeof names[0] ? kind : 0];
}

uint32_t
rui_geometry_type(const void *bytes, size_t length)
{
	cursor c = { NULL, bytes, length, 0, false, NULL };
	rui_geometry_header header;
	uint32_t kind = 0;

	if (rui_geometry_read_header(&c, &header) != RUI_OK ||
		rui_geometry_read_count(&c, &kind) != RUI_OK)
		return 0;
	return kind;
}

rui_status
rui_geometry_read_point(const void *bytes, size_t length, rui_point *point, rui_error *error)
{
	cursor c = { NULL, bytes, length, 0, false, error };
	rui_point result = { 0 };
	rui_geometry_header header;
	uint32_t kind = 0;
	uint32_t count = 0;
	rui_status status = rui_geometry_read_header(&c, &header);

	if (status == RUI_OK)
		status = rui_geometry_read_count(&c, &kind);
	if (status != RUI_OK)
		return status;
	result.srid = header.srid;
	if (kind != RUI_GEOMETRY_POINT)
		return fail_kind(&c, kind, "point");
	status = rui_geometry_read_count(&c, &count);
	if (status != RUI_OK)
		return status;
	if (count > 1)
		return rui_geometry_fail(&c, "A point with several vertices");
	result.empty = count == 0;
	if (!result.empty)
	{
		if (c.length - c.at < header.dimensions * sizeof(double))
			return rui_geometry_fail(&c, "The geometry ends too early");
		result.x = load_double(c.bytes + c.at) + 0.0;
		result.y = load_double(c.bytes + c.at + 8) + 0.0;
	}
	*point = result;
	return RUI_OK;
}

/* Add a ring of count vertices of that many dimensions. */
static rui_status
add_ring(cursor *c, rui_area *area, uint32_t count, uint32_t dimensions)
{
	size_t stride = dimensions * sizeof(double);
	double *target;
	rui_status status;
	uint32_t i;

	if (count > (c->length - c->at) / stride)
		return rui_geometry_fail(c, "The geometry ends too early");
	if (count > RUI_AREA_POINTS_MAX - area->points)
		return rui_fail(c->error, RUI_LIMIT, NULL, "Split the area.",
						"An area may have at most %d vertices.", RUI_AREA_POINTS_MAX);
	status = rui_grow(c->env, &area->ring_points, &area->ring_capacity, (size_t) area->rings + 1,
					  sizeof(uint32_t), c->error);
	if (status == RUI_OK)
		status = rui_grow(c->env, &area->xy, &area->point_capacity,
						  (size_t) area->points + count + 1, 2 * sizeof(double), c->error);
	if (status != RUI_OK)
		return status;
	target = area->xy + 2 * (size_t) area->points;
	for (i = 0; i < 2 * count; i++)
	{
		const unsigned char *from = c->bytes + c->at + (i / 2) * stride + (i & 1) * 8;
		uint64_t raw;

		memcpy(&raw, from, sizeof raw);
		if (c->swap)
			raw = __builtin_bswap64(raw);
		memcpy(&target[i], &raw, sizeof raw);
		target[i] += 0.0; /* -0 becomes 0 */
	}
	c->at += count * stride;
	area->ring_points[area->rings++] = count;
	area->points += count;
	return RUI_OK;
}

static rui_status
start_polygon(cursor *c, rui_area *area, uint32_t rings)
{
	rui_status status;

	/* A ring takes at least 4 bytes: nobody can make us loop for nothing. */
	if (rings > (c->length - c->at) / 4)
		return rui_geometry_fail(c, "The geometry ends too early");
	status = rui_grow(c->env, &area->polygon_rings, &area->polygon_capacity,
					  (size_t) area->polygons + 1, sizeof(uint32_t), c->error);
	if (status == RUI_OK)
		area->polygon_rings[area->polygons++] = rings;
	return status;
}

/* What follows the type of a serialized polygon. */
static rui_status
read_polygon(cursor *c, rui_area *area, uint32_t dimensions)
{
	uint32_t rings = 0;
	cursor counts;
	rui_status status = rui_geometry_read_count(c, &rings);
	size_t skip;
	uint32_t i;

	if (status == RUI_OK)
		status = start_polygon(c, area, rings);
	if (status != RUI_OK)
		return status;
	counts = *c;
	skip = ((size_t) rings + (rings & 1)) * 4;
	if (c->length - c->at < skip)
		return rui_geometry_fail(c, "The geometry ends too early");
	c->at += skip;
	for (i = 0; i < rings && status == RUI_OK; i++)
	{
		uint32_t count = 0;

		status = rui_geometry_read_count(&counts, &count);
		if (status == RUI_OK)
			status = add_ring(c, area, count, dimensions);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(c, i);
	}
	return status;
}

static rui_status
read_serialized(cursor *c, rui_area *area)
{
	rui_geometry_header header;
	uint32_t kind = 0;
	uint32_t count = 0;
	uint32_t i;
	rui_status status = rui_geometry_read_header(c, &header);

	if (status == RUI_OK)
		status = rui_geometry_read_count(c, &kind);
	if (status != RUI_OK)
		return status;
	area->srid = header.srid;
	if (kind == RUI_GEOMETRY_POLYGON)
		return read_polygon(c, area, header.dimensions);
	if (kind != RUI_GEOMETRY_MULTIPOLYGON)
		return fail_kind(c, kind, "polygon or multipolygon");
	area->multi = true;
	status = rui_geometry_read_count(c, &count);
	for (i = 0; status == RUI_OK && i < count; i++)
	{
		status = rui_geometry_read_count(c, &kind);
		if (status == RUI_OK && kind != RUI_GEOMETRY_POLYGON)
			return rui_geometry_fail(c, "Something else than polygons in a multipolygon");
		if (status == RUI_OK)
			status = read_polygon(c, area, header.dimensions);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(c, i);
	}
	return status;
}

/* Hand over the area read into local when all is well. */
static rui_status
finish_area(cursor *c, rui_status status, rui_area *local, rui_area *area)
{
	if (status == RUI_OK)
		status = rui_area_check(local, c->error);
	if (status != RUI_OK)
	{
		rui_area_release(c->env, local);
		return status;
	}
	*area = *local;
	return RUI_OK;
}

rui_status
rui_geometry_read_area(const rui_env *env, const void *bytes, size_t length,
					   rui_area *area, rui_error *error)
{
	cursor c = { env, bytes, length, 0, false, error };
	rui_area local = { 0 };
	rui_status status = read_serialized(&c, &local);

	return finish_area(&c, status, &local, area);
}

/* Byte order and type; the order holds for what follows. */
static rui_status
read_wkb_head(cursor *c, uint32_t *kind)
{
	if (c->at >= c->length || c->bytes[c->at] > 1)
		return rui_geometry_fail(c, "No byte order mark (00 or 01)");
	c->swap = (c->bytes[c->at] == 1) != machine_is_little();
	c->at++;
	return rui_geometry_read_count(c, kind);
}

static rui_status
check_wkb_kind(cursor *c, uint32_t kind)
{
	const char *hint = "Write it with ST_AsBinary(ST_Force2D(area)).";

	if ((kind & WKB_SRID) != 0)
		return rui_fail(c->error, RUI_INVALID, NULL, hint,
						"The WKB of an area carries no SRID of its own.");
	if ((kind & (WKB_Z | WKB_M)) != 0 || (kind >= 1000 && kind < 4000))
		return rui_fail(c->error, RUI_INVALID, NULL, hint,
						"The WKB of an area has two dimensions.");
	return RUI_OK;
}

static rui_status
read_wkb_polygon(cursor *c, rui_area *area)
{
	uint32_t rings = 0;
	uint32_t i;
	rui_status status = rui_geometry_read_count(c, &rings);

	if (status == RUI_OK)
		status = start_polygon(c, area, rings);
	for (i = 0; status == RUI_OK && i < rings; i++)
	{
		uint32_t count = 0;

		status = rui_geometry_read_count(c, &count);
		if (status == RUI_OK)
			status = add_ring(c, area, count, 2);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(c, i);
	}
	return status;
}

static rui_status
read_wkb(cursor *c, rui_area *area)
{
	uint32_t kind = 0;
	uint32_t count = 0;
	uint32_t i;
	rui_status status = read_wkb_head(c, &kind);

	if (status == RUI_OK)
		status = check_wkb_kind(c, kind);
	if (status != RUI_OK)
		return status;
	if (kind == RUI_GEOMETRY_POLYGON)
		return read_wkb_polygon(c, area);
	if (kind != RUI_GEOMETRY_MULTIPOLYGON)
		return fail_kind(c, kind, "polygon or multipolygon");
	area->multi = true;
	status = rui_geometry_read_count(c, &count);
	for (i = 0; status == RUI_OK && i < count; i++)
	{
		status = read_wkb_head(c, &kind);
		if (status == RUI_OK && kind != RUI_GEOMETRY_POLYGON)
			return rui_geometry_fail(c, "Something else than 2D polygons in a multipolygon");
		if (status == RUI_OK)
			status = read_wkb_polygon(c, area);
		if (status == RUI_OK)
			status = rui_geometry_check_stop(c, i);
	}
	return status;
}

rui_status
rui_wkb_read_area(const rui_env *env, const void *bytes, size_t length,
				  rui_area *area, rui_error *error)
{
	cursor c = { env, bytes, length, 0, false, error };
	rui_area local = { 0 };
	rui_status status = read_wkb(&c, &local);

	if (status == RUI_OK && c.at != c.length)
		status = rui_geometry_fail(&c, "More bytes after the geometry");
	return finish_area(&c, status, &local, area);
}

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

rui_status
rui_wkb_read_area_hex(const rui_env *env, const char *hex, size_t length,
					  rui_area *area, rui_error *error)
{
	unsigned char *bytes;
	size_t i;
	rui_status status;

	if (length % 2 != 0)
		return rui_fail_at(error, RUI_SYNTAX, (int64_t) length, NULL, NULL,
						   "Hexadecimal WKB has an even number of digits.");
	bytes = rui_allocate(env, length / 2, 1);
	if (bytes == NULL)
		return rui_fail_memory(error, length / 2);
	for (i = 0; i < length / 2; i++)
	{
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
		{
			rui_release(env, bytes);
			return rui_fail_at(error, RUI_SYNTAX, (int64_t) (2 * i), NULL, NULL,
							   "No two hexadecimal digits at character %zu.", 2 * i);
		}
		bytes[i] = (unsigned char) (high * 16 + low);
	}
	status = rui_wkb_read_area(env, bytes, length / 2, area, error);
	rui_release(env, bytes);
	return status;
}

static void
put_bytes(rui_text *text, uint64_t value, int count, bool hex)
{
	static const char digits[] = "0123456789ABCDEF";
	char buffer[16];
	int i;

	for (i = 0; i < count; i++)
	{
		unsigned char byte = (unsigned char) (value >> (8 * i));

		if (hex)
		{
			buffer[2 * i] = digits[byte >> 4];
			buffer[2 * i + 1] = digits[byte & 15];
		}
		else
			buffer[i] = (char) byte;
	}
	rui_text_append(text, buffer, (size_t) (hex ? 2 * count : count));
}

void
rui_wkb_write_area(rui_text *text, const rui_area *area, bool hex)
{
	const uint32_t *ring = area->ring_points;
	const double *xy = area->xy;
	uint32_t i;

	if (area->multi)
	{
		put_bytes(text, 1, 1, hex);
		put_bytes(text, RUI_GEOMETRY_MULTIPOLYGON, 4, hex);
		put_bytes(text, area->polygons, 4, hex);
	}
	for (i = 0; i < area->polygons; i++)
	{
		uint32_t left = area->polygon_rings[i];

		put_bytes(text, 1, 1, hex);
		put_bytes(text, RUI_GEOMETRY_POLYGON, 4, hex);
		put_bytes(text, left, 4, hex);
		for (; left > 0; left--)
		{
			size_t ordinates = 2 * (size_t) *ring;

			put_bytes(text, *ring++, 4, hex);
			for (; ordinates > 0; ordinates--)
			{
				uint64_t raw;

				memcpy(&raw, xy++, sizeof raw);
				put_bytes(text, raw, 8, hex);
			}
		}
	}
}

size_t
rui_wkb_area_size(const rui_area *area)
{
	return (area->multi ? 9 : 0) + (size_t) area->polygons * 9 + (size_t) area->rings * 4 +
		(size_t) area->points * 16;
}

static rui_status
check_ring(const double *xy, uint32_t count, uint32_t ring, rui_error *error)
{
	uint32_t i;

	for (i = 0; i < 2 * count; i++)
		if (!(fabs(xy[i]) <= RUI_COORDINATE_MAX))
			return rui_fail(error, RUI_RANGE, NULL, "Give finite coordinates.",
							"Vertex %u of ring %u is not finite or beyond %g.",
							i / 2 + 1, ring + 1, RUI_COORDINATE_MAX);
	if (count < 4)
		return rui_fail(error, RUI_INVALID, NULL, NULL,
						"Ring %u has %u vertices; a ring has at least 4.", ring + 1, count);
	if (xy[0] != xy[2 * (size_t) count - 2] || xy[1] != xy[2 * (size_t) count - 1])
		return rui_fail(error, RUI_INVALID, NULL, "Repeat the first vertex as the last.",
						"Ring %u is not closed.", ring + 1);
	return RUI_OK;
}

rui_status
rui_area_check(const rui_area *area, rui_error *error)
{
	const double *xy = area->xy;
	uint32_t i;

	for (i = 0; i < area->rings; i++)
	{
		rui_status status = check_ring(xy, area->ring_points[i], i, error);

		if (status != RUI_OK)
			return status;
		xy += 2 * (size_t) area->ring_points[i];
	}
	return RUI_OK;
}

bool
rui_area_is_empty(const rui_area *area)
{
	return area->points == 0;
}

void
rui_area_release(const rui_env *env, rui_area *area)
{
	rui_release(env, area->polygon_rings);
	rui_release(env, area->ring_points);
	rui_release(env, area->xy);
	memset(area, 0, sizeof *area);
}
