/* SPDX-License-Identifier: PostgreSQL
 *
 * geometry.c
 *	  Fuzz target: any bytes are refused or read as a geometry that survives
 *	  being written and read again.
 *
 * The first byte chooses the form: serialized, WKB or hexadecimal WKB.
 */
#include <stdlib.h>
#include <string.h>

#include "core/geometry.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_area(const rui_env *env, rui_area *area)
{
	uint32_t rings = 0;
	uint32_t points = 0;
	uint32_t i;
	rui_text wkb;
	rui_area again;
	rui_error error;

	for (i = 0; i < area->polygons; i++)
		rings += area->polygon_rings[i];
	for (i = 0; i < area->rings; i++)
		points += area->ring_points[i];
	require(rings == area->rings && points == area->points);
	require(rui_area_check(area, &error) == RUI_OK);
	rui_text_start(&wkb, env);
	rui_wkb_write_area(&wkb, area, false);
	require(!wkb.failed && wkb.length == rui_wkb_area_size(area));
	require(rui_wkb_read_area(env, wkb.bytes, wkb.length, &again, &error) == RUI_OK);
	require(again.multi == area->multi && again.polygons == area->polygons &&
			again.points == area->points);
	require(points == 0 || memcmp(again.xy, area->xy, points * 16) == 0);
	rui_area_release(env, &again);
	rui_text_release(&wkb);
	rui_area_release(env, area);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const rui_env *env = &rui_env_malloc;
	rui_point point;
	rui_area area;
	rui_error error = { 0 };
	rui_status status;

	if (size == 0)
		return 0;
	switch (data[0] % 3)
	{
		case 0:
			rui_geometry_type(data + 1, size - 1);
			if (rui_geometry_read_point(data + 1, size - 1, &point, &error) == RUI_OK)
				require(point.srid >= 0 && (!point.empty || (point.x == 0 && point.y == 0)));
			status = rui_geometry_read_area(env, data + 1, size - 1, &area, &error);
			break;
		case 1:
			status = rui_wkb_read_area(env, data + 1, size - 1, &area, &error);
			break;
		default:
			status = rui_wkb_read_area_hex(env, (const char *) data + 1, size - 1, &area, &error);
			break;
	}
	if (status == RUI_OK)
		check_area(env, &area);
	else
		require(error.detail[0] != '\0');
	return 0;
}
