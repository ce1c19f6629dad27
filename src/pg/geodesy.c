/* SPDX-License-Identifier: PostgreSQL
 *
 * geodesy.c
 *	  Geometries in the coordinates of Chinese maps, and back.
 */
#include "pg/rui_pg.h"


#include "core/geodesy.h"

static Datum
convert(FunctionCallInfo fcinfo, rui_shift shift)
{
	struct varlena *geometry = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	size_t length = VARSIZE_ANY_EXHDR(geometry);
	struct varlena *result = palloc(VARHDRSZ + length);
	rui_error error;

	RUI_CHECK(rui_geodesy_convert(&env, shift, VARDATA_ANY(geometry), length, VARDATA(result),
								  &length, &error),
			  error, "geometry");
	SET_VARSIZE(result, VARHDRSZ + length);
	PG_FREE_IF_COPY(geometry, 0);
	return PointerGetDatum(result);
}

RUI_FUNCTION(wgs84_to_gcj02)
{
	return convert(fcinfo, RUI_SHIFT_WGS84_TO_GCJ02);
}

RUI_FUNCTION(gcj02_to_wgs84)
{
	return convert(fcinfo, RUI_SHIFT_GCJ02_TO_WGS84);
}

RUI_FUNCTION(wgs84_to_bd09)
{
	return convert(fcinfo, RUI_SHIFT_WGS84_TO_BD09);
}

RUI_FUNCTION(bd09_to_wgs84)
{
	return convert(fcinfo, RUI_SHIFT_BD09_TO_WGS84);
}
