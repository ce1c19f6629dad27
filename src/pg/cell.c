/* SPDX-License-Identifier: PostgreSQL
 *
 * cell.c
 *	  The type cell: input and output, order, family, coverings.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"


#include "core/cell.h"
#include "pg/postgis.h"

#define PG_GETARG_CELL(n) ((rui_cell) PG_GETARG_INT64(n))
#define PG_RETURN_CELL(x) PG_RETURN_INT64((int64) (x))

/* ---- input and output ---- */

RUI_FUNCTION(sql_cell_in)
{
	const char *text = PG_GETARG_CSTRING(0);
	rui_cell cell;
	rui_error error;

	if (rui_cell_read(text, strlen(text), &cell, &error) != RUI_OK)
		ereport(ERROR,
				(errcode(rui_pg_sqlstate(error.code)),
				 errmsg("invalid input syntax for type cell: \"%s\"", text),
				 errdetail("%s", error.detail), errhint("%s", error.hint)));
	PG_RETURN_CELL(cell);
}

RUI_FUNCTION(sql_cell_out)
{
	char *text = palloc(RUI_CELL_TEXT_SIZE);

	rui_cell_write(PG_GETARG_CELL(0), text);
	PG_RETURN_CSTRING(text);
}

RUI_FUNCTION(sql_cell_recv)
{
	rui_cell cell = (rui_cell) pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	if (!rui_cell_is_valid(cell))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of cell")));
	PG_RETURN_CELL(cell);
}

RUI_FUNCTION(sql_cell_send)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, PG_GETARG_INT64(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* ---- order: that of the numbers, which have no sign ---- */

#define COMPARISON(name, operator) \
	RUI_FUNCTION(name) \
	{ \
		PG_RETURN_BOOL(PG_GETARG_INT64(0) operator PG_GETARG_INT64(1)); \
	} \
	extern int rui_needs_a_semicolon

COMPARISON(sql_cell_eq, ==);
COMPARISON(sql_cell_ne, !=);
COMPARISON(sql_cell_lt, <);
COMPARISON(sql_cell_le, <=);
COMPARISON(sql_cell_gt, >);
COMPARISON(sql_cell_ge, >=);

RUI_FUNCTION(sql_cell_cmp)
{
	int64 a = PG_GETARG_INT64(0);
	int64 b = PG_GETARG_INT64(1);

	PG_RETURN_INT32(a < b ? -1 : a > b);
}

static int
compare_datums(Datum x, Datum y, SortSupport support)
{
	int64 a = DatumGetInt64(x);
	int64 b = DatumGetInt64(y);

	return a < b ? -1 : a > b;
}

RUI_FUNCTION(sql_cell_sortsupport)
{
	((SortSupport) PG_GETARG_POINTER(0))->comparator = compare_datums;
	PG_RETURN_VOID();
}

RUI_FUNCTION(sql_cell_hash)
{
	int64 cell = PG_GETARG_INT64(0);

	return hash_any((unsigned char *) &cell, sizeof cell);
}

RUI_FUNCTION(sql_cell_hash_extended)
{
	int64 cell = PG_GETARG_INT64(0);

	return hash_any_extended((unsigned char *) &cell, sizeof cell, (uint64) PG_GETARG_INT64(1));
}

/* ---- points and family ---- */

RUI_FUNCTION(sql_cell_at)
{
	rui_cell cell;
	rui_error error;

	RUI_CHECK(rui_cell_at(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_INT32(2), &cell,
						  &error),
			  error, "cell");
	PG_RETURN_CELL(cell);
}

static void
check_srid(int32 srid)
{
	if (srid != 0 && srid != 4326)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cells are of SRID 4326, the geometry has %d", srid),
				 errhint("Use ST_Transform(geometry, 4326).")));
}

RUI_FUNCTION(sql_cell_of_geometry)
{
	struct varlena *geometry = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	rui_point point;
	rui_cell cell;
	rui_error error;

	RUI_CHECK(rui_geometry_read_point(VARDATA_ANY(geometry), VARSIZE_ANY_EXHDR(geometry), &point,
									  &error),
			  error, "geometry");
	PG_FREE_IF_COPY(geometry, 0);
	if (point.empty)
		PG_RETURN_NULL();
	check_srid(point.srid);
	RUI_CHECK(rui_cell_at(point.x, point.y, PG_GETARG_INT32(1), &cell, &error), error, "cell");
	PG_RETURN_CELL(cell);
}

RUI_FUNCTION(sql_cell_level)
{
	PG_RETURN_INT32(rui_cell_level(PG_GETARG_CELL(0)));
}

RUI_FUNCTION(sql_cell_parent)
{
	rui_cell parent;
	rui_error error;

	RUI_CHECK(rui_cell_parent(PG_GETARG_CELL(0), PG_GETARG_INT32(1), &parent, &error), error,
			  "argument of cell_parent");
	PG_RETURN_CELL(parent);
}

static Datum
return_cells(FunctionCallInfo fcinfo, const rui_cell *cells, size_t count)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	size_t i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (i = 0; i < count; i++)
	{
		Datum value = Int64GetDatum((int64) cells[i]);
		bool null = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &null);
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

RUI_FUNCTION(sql_cell_children)
{
	rui_cell children[4];
	rui_error error;

	RUI_CHECK(rui_cell_children(PG_GETARG_CELL(0), children, &error), error,
			  "argument of cell_children");
	return return_cells(fcinfo, children, 4);
}

RUI_FUNCTION(sql_cell_neighbours)
{
	rui_cell neighbours[8];

	return return_cells(fcinfo, neighbours,
						(size_t) rui_cell_neighbours(PG_GETARG_CELL(0), neighbours));
}

RUI_FUNCTION(sql_cell_boundary)
{
	rui_cell_box box = rui_cell_bounds(PG_GETARG_CELL(0));
	double xy[10] = { box.west, box.south, box.east, box.south, box.east,
					  box.north, box.west, box.north, box.west, box.south };
	uint32_t rings = 1;
	uint32_t points = 5;
	rui_area area = { 0 };
	FmgrInfo from_wkb;

	area.polygons = 1;
	area.rings = 1;
	area.points = 5;
	area.polygon_rings = &rings;
	area.ring_points = &points;
	area.xy = xy;
	rui_postgis_function("st_geomfromwkb", 2, BYTEAOID, &from_wkb, CurrentMemoryContext);
	return rui_postgis_area(&from_wkb, &area, 4326);
}

RUI_FUNCTION(sql_cells_covering)
{
	struct varlena *geometry = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	const void *bytes = VARDATA_ANY(geometry);
	size_t length = VARSIZE_ANY_EXHDR(geometry);
	int level = PG_GETARG_INT32(1);
	rui_cell single;
	rui_cell *cells = &single;
	size_t count = 1;
	rui_point point;
	rui_area area;
	rui_error error;

	if (rui_geometry_type(bytes, length) == RUI_GEOMETRY_POINT)
	{
		RUI_CHECK(rui_geometry_read_point(bytes, length, &point, &error), error, "geometry");
		check_srid(point.srid);
		if (point.empty)
			count = 0;
		else
			RUI_CHECK(rui_cell_at(point.x, point.y, level, &single, &error), error, "geometry");
		return return_cells(fcinfo, cells, count);
	}
	RUI_CHECK(rui_geometry_read_area(&env, bytes, length, &area, &error), error, "geometry");
	check_srid(area.srid);
	RUI_CHECK(rui_cell_covering(&env, &area, level, &cells, &count, &error), error, "geometry");
	return return_cells(fcinfo, cells, count);
}

/* ---- containment ---- */

RUI_FUNCTION(sql_cell_contains)
{
	PG_RETURN_BOOL(rui_cell_contains(PG_GETARG_CELL(0), PG_GETARG_CELL(1)));
}

RUI_FUNCTION(sql_cell_contained)
{
	PG_RETURN_BOOL(rui_cell_contains(PG_GETARG_CELL(1), PG_GETARG_CELL(0)));
}

RUI_FUNCTION(sql_cell_low)
{
	PG_RETURN_CELL(rui_cell_low(PG_GETARG_CELL(0)));
}

RUI_FUNCTION(sql_cell_high)
{
	PG_RETURN_CELL(rui_cell_high(PG_GETARG_CELL(0)));
}

RUI_FUNCTION(sql_cell_range)
{
	rui_cell cell = PG_GETARG_CELL(0);
	TypeCacheEntry *type = lookup_type_cache(INT8RANGEOID, TYPECACHE_RANGE_INFO);
	RangeBound low = { Int64GetDatum((int64) rui_cell_low(cell)), false, true, true };
	RangeBound high = { Int64GetDatum((int64) rui_cell_high(cell) + 1), false, false, false };

	PG_RETURN_RANGE_P(make_range(type, &low, &high, false
#if PG_VERSION_NUM >= 160000
								 ,
								 NULL
#endif
								 ));
}
