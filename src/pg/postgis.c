/* SPDX-License-Identifier: PostgreSQL
 *
 * postgis.c
 *	  Calling PostGIS through its SQL functions.
 */
#include "pg/postgis.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "core/text.h"

/* The schema PostGIS was installed in. */
static Oid
postgis_schema(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid schema = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("postgis"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"postgis\" is not installed")));
	return schema;
}

void
rui_postgis_function(const char *name, int count, Oid first, FmgrInfo *function,
					 MemoryContext context)
{
	Oid schema = postgis_schema();
	List *path = list_make2(makeString(get_namespace_name(schema)), makeString(pstrdup(name)));
	Oid arguments[2] = { first, INT4OID };

	if (!OidIsValid(first))
		arguments[0] = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("geometry"),
									   ObjectIdGetDatum(schema));
	fmgr_info_cxt(LookupFuncName(path, count, arguments, false), function, context);
}

/* What was written after room for a varlena header, as a geometry. */
static Datum
from_text(FmgrInfo *from_wkb, rui_text *wkb, uint32 vertices, int32 srid)
{
	Datum result;

	if (wkb->failed || wkb->length > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a geometry of %u vertices is too large", vertices)));
	SET_VARSIZE(wkb->bytes, wkb->length);
	result = FunctionCall2(from_wkb, PointerGetDatum(wkb->bytes), Int32GetDatum(srid));
	rui_text_release(wkb);
	return result;
}

Datum
rui_postgis_area(FmgrInfo *from_wkb, const rui_area *area, int32 srid)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_text wkb;

	rui_text_start(&wkb, &env);
	rui_text_append(&wkb, "\0\0\0\0", VARHDRSZ);
	rui_wkb_write_area(&wkb, area, false);
	return from_text(from_wkb, &wkb, area->points, srid);
}

/* WKB in the byte order of the machine: 1 is little-endian. */
Datum
rui_postgis_line(FmgrInfo *from_wkb, const double *xy, uint32 count, int32 srid)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	const uint32 head[2] = { 2, count }; /* 2: line string */
	rui_text wkb;

	rui_text_start(&wkb, &env);
	rui_text_append(&wkb, "\0\0\0\0", VARHDRSZ);
#ifdef WORDS_BIGENDIAN
	rui_text_append(&wkb, "\0", 1);
#else
	rui_text_append(&wkb, "\1", 1);
#endif
	rui_text_append(&wkb, (const char *) head, sizeof head);
	rui_text_append(&wkb, (const char *) xy, (size_t) count * 2 * sizeof(double));
	return from_text(from_wkb, &wkb, count, srid);
}
