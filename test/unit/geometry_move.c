/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry_move.c
 *	  Moving the vertices of serialized geometries: every kind, every header.
 */
#include "unit.h"

#include <math.h>

#include "core/geometry.h"
#include "geometry_writer.h"

static const rui_env *const env = &rui_env_malloc;

#define MOST 64 /* vertices that a test looks at */

typedef struct step
{
	double x;
	double y;
	uint64_t refused; /* the vertex that is, or 0 */
	uint64_t seen;
	double xy[MOST][2]; /* as they were */
} step;

static rui_status
take_step(const void *argument, uint64_t vertex, double xy[2], rui_error *error)
{
	step *s = (step *) (uintptr_t) argument;

	CHECK_INT(vertex, s->seen + 1);
	s->seen = vertex;
	if (vertex <= MOST)
		memcpy(s->xy[vertex - 1], xy, 2 * sizeof(double));
	if (vertex == s->refused)
		return rui_fail(error, RUI_STATE, NULL, NULL, "Not this one.");
	xy[0] += s->x;
	xy[1] += s->y;
	return RUI_OK;
}

/* Between copies of just that size, so that ASan sees any overrun. */
static rui_status
move(const writer *w, size_t length, step *s, writer *moved, rui_error *error)
{
	unsigned char *from = malloc(length + 1);
	unsigned char *to = malloc(length + 1);
	rui_status status;

	memcpy(from + 1, w->bytes, length); /* not aligned either */
	s->seen = 0;
	status = rui_geometry_move(env, from + 1, length, take_step, s, to + 1, &moved->length, error);
	CHECK(memcmp(from + 1, w->bytes, length) == 0);
	if (status == RUI_OK)
	{
		CHECK(moved->length <= length);
		memcpy(moved->bytes, to + 1, moved->length);
	}
	free(from);
	free(to);
	return status;
}

static void
put_line(writer *w, uint32_t kind, double x, uint32_t count)
{
	uint32_t i;

	put_count(w, kind);
	put_count(w, count);
	for (i = 0; i < count; i++)
		put_vertex(w, x + i, i % 2);
}

static void put_kind(writer *w, uint32_t kind, double x);

static void
put_members(writer *w, uint32_t kind, uint32_t first, uint32_t second, double x)
{
	put_count(w, kind);
	put_count(w, 2);
	put_kind(w, first, x);
	put_kind(w, second, x + 20);
}

/* Some geometry of a kind. */
static void
put_kind(writer *w, uint32_t kind, double x)
{
	static const uint32_t members[16][2] = {
		[RUI_GEOMETRY_MULTIPOINT] = { 1, 1 },
		[RUI_GEOMETRY_MULTILINESTRING] = { 2, 2 },
		[RUI_GEOMETRY_MULTIPOLYGON] = { 3, 3 },
		[RUI_GEOMETRY_COLLECTION] = { 6, 4 },
		[RUI_GEOMETRY_COMPOUNDCURVE] = { 8, 2 },
		[RUI_GEOMETRY_CURVEPOLYGON] = { 9, 2 },
		[RUI_GEOMETRY_MULTICURVE] = { 2, 9 },
		[RUI_GEOMETRY_MULTISURFACE] = { 3, 10 },
		[RUI_GEOMETRY_POLYHEDRALSURFACE] = { 3, 3 },
		[RUI_GEOMETRY_TIN] = { 14, 14 },
	};

	switch (kind)
	{
		case RUI_GEOMETRY_POINT:
			put_line(w, kind, x, 1);
			break;
		case RUI_GEOMETRY_LINESTRING:
		case RUI_GEOMETRY_CIRCULARSTRING:
			put_line(w, kind, x, 3);
			break;
		case RUI_GEOMETRY_TRIANGLE:
			put_count(w, kind);
			put_count(w, 4);
			put_ring(w, x, 2);
			break;
		case RUI_GEOMETRY_POLYGON:
			put_polygon(w, x, x > 0 ? 2 : 1);
			break;
		default:
			put_members(w, kind, members[kind][0], members[kind][1], x);
			break;
	}
}

static bool
has_arcs(uint32_t kind)
{
	return kind >= RUI_GEOMETRY_CIRCULARSTRING && kind <= RUI_GEOMETRY_MULTISURFACE;
}

static void
check_box(const writer *moved, size_t at, const step *s)
{
	float box[4];
	double low[2] = { INFINITY, INFINITY };
	double high[2] = { -INFINITY, -INFINITY };
	uint64_t i;
	int side;

	memcpy(box, moved->bytes + at, sizeof box);
	for (i = 0; i < s->seen; i++)
		for (side = 0; side < 2; side++)
		{
			double value = s->xy[i][side] + (side == 0 ? s->x : s->y);

			low[side] = fmin(low[side], value);
			high[side] = fmax(high[side], value);
		}
	for (side = 0; side < 2; side++)
	{
		float first = box[2 * side];
		float last = box[2 * side + 1];

		CHECK(first <= low[side] && nextafterf(first, INFINITY) > low[side]);
		CHECK(last >= high[side] && nextafterf(last, -INFINITY) < high[side]);
	}
}

/* Every kind with every header: moved, and moved back. */
static void
test_kinds(void)
{
	uint32_t kind;
	int form;

	for (kind = 1; kind <= 15; kind++)
		for (form = 0; form < 32; form++)
		{
			int version = (form & 16) != 0 ? 1 : 2;
			bool extended = version == 2 && (form & 8) != 0;
			bool box = (form & 4) != 0;
			size_t start = 4 + (extended ? 8 : 0);
			step s = { 0.1, -0.3, 0, 0, { { 0 } } };
			step exact = { 64, -32, 0, 0, { { 0 } } };
			step back = { -64, 32, 0, 0, { { 0 } } };
			writer w;
			writer moved;
			writer again;
			rui_error error;
			size_t length;
			size_t size;
			int32_t srid = 0;

			unit_note("kind %u, form %d", kind, form);
			put_header(&w, version, 4326, form & 1, (form & 2) != 0, box, extended);
			size = box ? w.dimensions * 8 : 0;
			put_kind(&w, kind, 7);
			CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_OK);
			CHECK(s.seen > 0 && s.seen <= MOST);
			CHECK_INT(rui_geometry_srid(moved.bytes, moved.length, &srid, &error), RUI_OK);
			CHECK_INT(srid, 4326);
			CHECK_INT(rui_geometry_type(moved.bytes, moved.length), kind);
			if (extended)
				CHECK_INT(moved.bytes[4], 0);
			if (box && has_arcs(kind))
				CHECK(moved.length == w.length - size && moved.bytes[3] == (w.bytes[3] & ~4));
			else
				CHECK(moved.length == w.length && moved.bytes[3] == w.bytes[3]);
			if (box && !has_arcs(kind))
			{
				check_box(&moved, start, &s);
				CHECK(memcmp(moved.bytes + start + 16, w.bytes + start + 16, size - 16) == 0);
			}
			CHECK_INT(move(&w, w.length, &exact, &moved, &error), RUI_OK);
			CHECK_INT(move(&moved, moved.length, &back, &again, &error), RUI_OK);
			CHECK(back.seen == exact.seen && back.xy[0][0] == exact.xy[0][0] + 64);
			size = w.length - start - size;
			CHECK(memcmp(again.bytes + again.length - size, w.bytes + w.length - size, size) == 0);
			for (length = 0; length < w.length; length++)
				CHECK_INT(move(&w, length, &s, &moved, &error), RUI_BINARY);
		}
}

static void
test_headers(void)
{
	step stay = { 0, 0, 0, 0, { { 0 } } };
	step s = { 1, 1, 0, 0, { { 0 } } };
	writer w;
	writer moved;
	rui_error error;

	unit_note("headers");
	/* Nothing moves: all bytes stay, even a box and notes that say nothing true. */
	put_header(&w, 2, 4326, false, false, true, true);
	put_kind(&w, RUI_GEOMETRY_CIRCULARSTRING, 0);
	CHECK_INT(move(&w, w.length, &stay, &moved, &error), RUI_OK);
	CHECK(moved.length == w.length && memcmp(moved.bytes, w.bytes, w.length) == 0);
	/* A hole outside the shell does not count for the box. */
	put_header(&w, 2, 4326, false, false, true, false);
	put_count(&w, RUI_GEOMETRY_POLYGON);
	put_count(&w, 2);
	put_count(&w, 4);
	put_count(&w, 4);
	put_ring(&w, 0, 5);
	put_ring(&w, 100, 5);
	CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_OK);
	s.seen = 4;
	check_box(&moved, 4, &s);
	/* Without a shell there is no box at all. */
	memset(w.bytes + 28, 0, 4);
	CHECK_INT(move(&w, w.length - 64, &s, &moved, &error), RUI_OK);
	CHECK(moved.length == w.length - 64 - 16 && (moved.bytes[3] & 4) == 0);
	/* Empty ones. */
	put_header(&w, 2, 0, true, false, true, false);
	put_count(&w, RUI_GEOMETRY_COLLECTION);
	put_count(&w, 3);
	put_line(&w, RUI_GEOMETRY_POINT, 0, 0);
	put_line(&w, RUI_GEOMETRY_TIN, 0, 0);
	put_polygon(&w, 0, 0);
	CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_OK);
	CHECK(s.seen == 0 && moved.length == w.length);
	CHECK(memcmp(moved.bytes, w.bytes, w.length) == 0);
}

static void
test_refusals(void)
{
	step s = { 1, 1, 3, 0, { { 0 } } };
	double bad[2] = { NAN, -INFINITY };
	uint32_t many = UINT32_MAX;
	size_t kind_at = 4;
	writer w;
	writer moved;
	rui_error error;
	int32_t srid = 77;
	uint32_t kind;
	int i;

	unit_note("refusals");
	put_header(&w, 2, 0, true, true, false, false);
	put_kind(&w, RUI_GEOMETRY_MULTILINESTRING, 0);
	CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_STATE);
	CHECK_TEXT(error.detail, "Not this one.");
	s.refused = 0;
	for (i = 0; i < 2; i++)
	{
		/* the second vertex of the first line, its y */
		memcpy(w.bytes + 4 + 16 + 4 * 8 + 8, &bad[i], sizeof bad[i]);
		CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_RANGE);
		CHECK_TEXT(error.detail, "Vertex 2 is not finite.");
	}
	/* Z and M may be anything. */
	put_header(&w, 2, 0, true, true, false, false);
	put_kind(&w, RUI_GEOMETRY_POINT, 0);
	memcpy(w.bytes + 4 + 8 + 16, bad, sizeof bad);
	CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_OK);
	CHECK(memcmp(moved.bytes + 28, bad, sizeof bad) == 0);
	for (kind = 1; kind <= 15; kind++)
	{
		unit_note("kind %u", kind);
		put_header(&w, 2, 0, false, false, false, false);
		put_kind(&w, kind, 0);
		memcpy(w.bytes + kind_at + 4, &many, 4);
		CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_BINARY);
	}
	for (kind = 0; kind < 40; kind += kind == 0 ? 16 : 1)
	{
		put_header(&w, 2, 0, false, false, false, false);
		put_count(&w, kind);
		put_count(&w, 0);
		CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_BINARY);
	}
	put_header(&w, 2, 0, false, false, false, false);
	w.bytes[3] |= 0x08;
	CHECK_INT(rui_geometry_srid(w.bytes, w.length, &srid, &error), RUI_INVALID);
	CHECK_INT(rui_geometry_srid(w.bytes, 3, &srid, &error), RUI_BINARY);
	CHECK_INT(srid, 77); /* untouched */
	put_kind(&w, RUI_GEOMETRY_POINT, 0);
	CHECK_INT(move(&w, w.length, &s, &moved, &error), RUI_INVALID);
}

static bool
stop(void *argument)
{
	return ++*(int *) argument >= 3;
}

/* Any depth, and no end without being asked. */
static void
test_large(void)
{
	enum
	{
		DEPTH = 100000
	};
	size_t length = 4 + 8 * (size_t) DEPTH + 24;
	uint32_t head[2] = { RUI_GEOMETRY_COLLECTION, 1 };
	uint32_t point[2] = { RUI_GEOMETRY_POINT, 1 };
	double xy[2] = { 1, 2 };
	unsigned char *bytes = calloc(1, length);
	unsigned char *moved = malloc(length);
	step s = { 1, 1, 0, 0, { { 0 } } };
	int asked = 0;
	rui_env impatient = rui_env_malloc;
	rui_error error;
	size_t result = 0;
	int i;

	unit_note("large");
	bytes[3] = 0x40;
	for (i = 0; i < DEPTH; i++)
		memcpy(bytes + 4 + 8 * (size_t) i, head, 8);
	memcpy(bytes + length - 24, point, 8);
	memcpy(bytes + length - 16, xy, 16);
	CHECK_INT(rui_geometry_move(env, bytes, length, take_step, &s, moved, &result, &error), RUI_OK);
	CHECK(s.seen == 1 && result == length);
	memcpy(xy, moved + length - 16, 16);
	CHECK(xy[0] == 2 && xy[1] == 3);

	/* one line of all the bytes */
	memset(bytes + 4, 0, length - 4);
	head[0] = RUI_GEOMETRY_LINESTRING;
	head[1] = (uint32_t) ((length - 12) / 16);
	memcpy(bytes + 4, head, 8);
	impatient.interrupted = stop;
	impatient.argument = &asked;
	s.seen = 0;
	CHECK_INT(rui_geometry_move(&impatient, bytes, length, take_step, &s, moved, &result, &error),
			  RUI_INTERRUPTED);
	CHECK(asked == 3 && s.seen < head[1]);
	free(bytes);
	free(moved);
}

int
main(void)
{
	test_kinds();
	test_headers();
	test_refusals();
	test_large();
	return unit_finish("geometry_move");
}
