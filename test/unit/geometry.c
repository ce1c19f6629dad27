/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry.c
 *	  The geometry reader: every form, every cut, every odd flag.
 */
#include "unit.h"

#include <math.h>

#include "core/geometry.h"
#include "geometry_writer.h"

static const rui_env *const env = &rui_env_malloc;

/* Read as a copy of just that size, so that ASan sees any overrun. */
static rui_status
read_area(const writer *w, size_t length, rui_area *area, rui_error *error)
{
	unsigned char *copy = malloc(length + 1);
	rui_status status;

	memcpy(copy + 1, w->bytes, length); /* not aligned either */
	status = rui_geometry_read_area(env, copy + 1, length, area, error);
	free(copy);
	return status;
}

static rui_status
read_point(const writer *w, size_t length, rui_point *point, rui_error *error)
{
	unsigned char *copy = malloc(length + 1);
	rui_status status;

	memcpy(copy + 1, w->bytes, length);
	status = rui_geometry_read_point(copy + 1, length, point, error);
	free(copy);
	return status;
}

static void
test_points(void)
{
	int form;
	size_t length;

	for (form = 0; form < 32; form++)
	{
		int version = (form & 16) != 0 ? 1 : 2;
		writer w;
		rui_point point;
		rui_error error;

		unit_note("form %d", form);
		put_header(&w, version, 4326, form & 1, (form & 2) != 0, (form & 4) != 0,
				   version == 2 && (form & 8) != 0);
		put_count(&w, RUI_GEOMETRY_POINT);
		put_count(&w, 1);
		put_vertex(&w, 118.5, -0.0);
		CHECK_INT(read_point(&w, w.length, &point, &error), RUI_OK);
		CHECK(point.srid == 4326 && !point.empty && point.x == 118.5 && point.y == 0);
		CHECK(!signbit(point.y));
		CHECK_INT(rui_geometry_type(w.bytes, w.length), RUI_GEOMETRY_POINT);
		for (length = 0; length < w.length; length++)
			CHECK_INT(read_point(&w, length, &point, &error), RUI_BINARY);
		put_header(&w, version, 0, form & 1, (form & 2) != 0, false, false);
		put_count(&w, RUI_GEOMETRY_POINT);
		put_count(&w, 0);
		CHECK_INT(read_point(&w, w.length, &point, &error), RUI_OK);
		CHECK(point.empty && point.srid == 0);
	}
}

static void
test_odd_points(void)
{
	writer w;
	rui_point point = { 7, false, 7, 7 };
	rui_error error;

	put_header(&w, 2, 1, false, false, false, false);
	put_count(&w, 2);
	put_count(&w, 0);
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "LINESTRING");
	CHECK_TEXT(error.detail, "A LINESTRING is not a point.");
	memset(w.bytes + 4, 0xFF, 4);
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_INVALID);
	put_header(&w, 2, 1, false, false, false, false);
	put_count(&w, RUI_GEOMETRY_POINT);
	put_count(&w, 2);
	put_vertex(&w, 1, 2);
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_BINARY);
	w.bytes[3] |= 0x08;
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_INVALID);
	w.bytes[3] = 0x80;
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_BINARY);
	CHECK(point.srid == 7 && point.x == 7); /* untouched */
	put_header(&w, 2, 0x1FFFFF, false, false, false, false);
	put_count(&w, RUI_GEOMETRY_POINT);
	put_count(&w, 1);
	put_vertex(&w, NAN, INFINITY);
	CHECK_INT(read_point(&w, w.length, &point, &error), RUI_OK);
	CHECK(point.srid == 0 && isnan(point.x) && isinf(point.y));
}

static void
test_areas(void)
{
	int form;
	size_t length;

	for (form = 0; form < 64; form++)
	{
		bool multi = (form & 16) != 0;
		int version = (form & 32) != 0 ? 1 : 2;
		uint32_t polygons = multi ? 3 : 1;
		uint32_t i;
		writer w;
		rui_area area;
		rui_error error;

		unit_note("form %d", form);
		put_header(&w, version, 3857, form & 1, (form & 2) != 0, (form & 4) != 0,
				   version == 2 && (form & 8) != 0);
		if (multi)
		{
			put_count(&w, RUI_GEOMETRY_MULTIPOLYGON);
			put_count(&w, polygons);
		}
		for (i = 0; i < polygons; i++)
			put_polygon(&w, 100 * i, i == 0 ? 2 : i == 1 ? 0
														 : 1);
		CHECK_INT(read_area(&w, w.length, &area, &error), RUI_OK);
		CHECK(area.srid == 3857 && area.multi == multi && area.polygons == polygons);
		CHECK_INT(area.rings, multi ? 3 : 2);
		CHECK_INT(area.points, 4 * area.rings);
		CHECK_INT(area.polygon_rings[0], 2);
		CHECK(area.xy[2 * 5] == 5 && area.xy[2 * 2 + 1] == 10);
		if (multi)
			CHECK(area.polygon_rings[1] == 0 && area.xy[2 * 8] == 200);
		rui_area_release(env, &area);
		for (length = 0; length < w.length; length++)
			CHECK_INT(read_area(&w, length, &area, &error), RUI_BINARY);
	}
}

/* Counts that promise more than there is, rings that are none. */
static void
test_odd_areas(void)
{
	writer w;
	rui_area area;
	rui_error error;
	uint32_t many = UINT32_MAX;
	double nan = NAN;

	put_header(&w, 2, 0, false, false, false, false);
	put_polygon(&w, 0, 2);
	memcpy(w.bytes + 8, &many, 4);
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_BINARY);
	put_header(&w, 2, 0, false, false, false, false);
	put_polygon(&w, 0, 2);
	memcpy(w.bytes + 12, &many, 4);
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_BINARY);
	put_header(&w, 2, 0, false, false, false, false);
	put_polygon(&w, 0, 2);
	memcpy(w.bytes + 20 + 16, &nan, 8);
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_RANGE);
	w.bytes[20] = 1; /* the first vertex differs from the last */
	memset(w.bytes + 20 + 16, 0, 8);
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "Ring 1 is not closed.");
	put_header(&w, 2, 0, false, false, false, false);
	put_polygon(&w, 0, 1);
	w.bytes[12] = 3;
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_INVALID);
	put_header(&w, 2, 0, false, false, false, false);
	put_count(&w, RUI_GEOMETRY_MULTIPOLYGON);
	put_count(&w, 1);
	put_count(&w, RUI_GEOMETRY_POINT);
	put_count(&w, 0);
	CHECK_INT(read_area(&w, w.length, &area, &error), RUI_BINARY);
}

static void
test_wkb(void)
{
	/* The unit triangle, in both byte orders, and a multipolygon of it. */
	static const char little[] =
		"010300000001000000040000000000000000000000000000000000000000"
		"0000000000F03F0000000000000000000000000000F03F000000000000F0"
		"3F00000000000000000000000000000000";
	static const char big[] =
		"00000000030000000100000004000000000000000000000000000000003F"
		"F000000000000000000000000000003ff00000000000003Ff00000000000"
		"0000000000000000000000000000000000";
	char multi[400];
	rui_area area;
	rui_text text;
	rui_error error;
	size_t length;

	CHECK_INT(rui_wkb_read_area_hex(env, little, strlen(little), &area, &error), RUI_OK);
	CHECK(area.points == 4 && area.xy[2] == 1 && !area.multi && area.srid == 0);
	rui_text_start(&text, env);
	rui_wkb_write_area(&text, &area, true);
	CHECK_TEXT(text.bytes, little);
	rui_text_release(&text);
	rui_area_release(env, &area);

	CHECK_INT(rui_wkb_read_area_hex(env, big, strlen(big), &area, &error), RUI_OK);
	rui_text_start(&text, env);
	rui_wkb_write_area(&text, &area, true);
	CHECK_TEXT(text.bytes, little);
	rui_text_release(&text);
	rui_area_release(env, &area);

	/* Byte orders may differ within. */
	snprintf(multi, sizeof multi, "0000000006"
								  "00000002%s%s",
			 little, big);
	CHECK_INT(rui_wkb_read_area_hex(env, multi, strlen(multi), &area, &error), RUI_OK);
	CHECK(area.multi && area.polygons == 2 && area.xy[2] == area.xy[10]);
	rui_area_release(env, &area);
	for (length = 0; length < strlen(multi); length++)
		CHECK(rui_wkb_read_area_hex(env, multi, length, &area, &error) ==
			  (length % 2 == 1 ? RUI_SYNTAX : RUI_BINARY));
	snprintf(multi, sizeof multi, "%s00", little);
	CHECK_INT(rui_wkb_read_area_hex(env, multi, strlen(multi), &area, &error), RUI_BINARY);
	CHECK_INT(rui_wkb_read_area_hex(env, "0101000000", 10, &area, &error), RUI_INVALID);
	CHECK_INT(rui_wkb_read_area_hex(env, "0103000020", 10, &area, &error), RUI_INVALID);
	CHECK_INT(rui_wkb_read_area_hex(env, "0103000080", 10, &area, &error), RUI_INVALID);
	CHECK_INT(rui_wkb_read_area_hex(env, "01EB030000", 10, &area, &error), RUI_INVALID);
	CHECK_INT(rui_wkb_read_area_hex(env, "0203000000", 10, &area, &error), RUI_BINARY);
	CHECK_INT(rui_wkb_read_area_hex(env, "01 3000000", 10, &area, &error), RUI_SYNTAX);
	CHECK_INT(error.offset, 2);
}

int
main(void)
{
	test_points();
	test_odd_points();
	test_areas();
	test_odd_areas();
	test_wkb();
	return unit_finish("geometry");
}
