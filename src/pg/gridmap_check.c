/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_check.c
 *	  What rui.gridmap_problems needs to know before it asks PostGIS.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "core/gridmap_check.h"
#include "pg/postgis.h"

RUI_FUNCTION(_gridmap_suspects)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const rui_gridmap *map = (const rui_gridmap *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_gridmap_pairs pairs;
	rui_error error;
	size_t i;

	InitMaterializedSRF(fcinfo, 0);
	RUI_CHECK(rui_gridmap_suspects(&env, map, &pairs, &error), error, "gridmap");
	for (i = 0; i < pairs.count; i++)
	{
		int64 a = rui_gridmap_grid(map, pairs.pairs[i].a);
		int64 b = rui_gridmap_grid(map, pairs.pairs[i].b);
		Datum values[2] = { Int64GetDatum(Min(a, b)), Int64GetDatum(Max(a, b)) };
		bool nulls[2] = { false, false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

RUI_FUNCTION(_gridmap_borders)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const rui_gridmap *map = (const rui_gridmap *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_gridmap_paths paths;
	FmgrInfo from_wkb;
	rui_error error;
	size_t i;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	rui_postgis_function("st_geomfromwkb", 2, BYTEAOID, &from_wkb, CurrentMemoryContext);
	RUI_CHECK(rui_gridmap_borders(&env, map, &paths, &error), error, "gridmap");
	for (i = 0; i < paths.count; i++)
	{
		const rui_gridmap_path *path = &paths.paths[i];
		Datum value;
		bool null = false;

		CHECK_FOR_INTERRUPTS();
		value = rui_postgis_line(&from_wkb, rui_gridmap_vertices(map) + 2 * (size_t) path->first,
								 path->count + 1, map->srid);
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &null);
		pfree(DatumGetPointer(value));
	}
	return (Datum) 0;
}

RUI_FUNCTION(_gridmap_meeting)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const rui_gridmap *map = (const rui_gridmap *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	ArrayType *boxes = PG_GETARG_ARRAYTYPE_P(1);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_gridmap_pairs pairs;
	rui_error error;
	size_t count = ArrayGetNItems(ARR_NDIM(boxes), ARR_DIMS(boxes));
	size_t i;

	if (ARR_HASNULL(boxes) || count % 4 != 0)
		elog(ERROR, "rui._gridmap_meeting takes four numbers a place");
	InitMaterializedSRF(fcinfo, 0);
	RUI_CHECK(rui_gridmap_meeting(&env, map, (const double *) ARR_DATA_PTR(boxes),
								  (uint32_t) (count / 4), &pairs, &error),
			  error, "gridmap");
	for (i = 0; i < pairs.count; i++)
	{
		Datum values[2] = { Int64GetDatum((int64) pairs.pairs[i].a + 1),
							Int64GetDatum(rui_gridmap_grid(map, pairs.pairs[i].b)) };
		bool nulls[2] = { false, false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
