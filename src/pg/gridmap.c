/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  The type gridmap, its aggregate and its lookups.
 */
#include "pg/rui_pg.h"

#include "access/detoast.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"


#include "core/gridmap.h"
#include "pg/compiled.h"
#include "pg/postgis.h"

StaticAssertDecl(offsetof(rui_gridmap, hash) == VARHDRSZ, "the hash follows the varlena header");
StaticAssertDecl(sizeof(rui_gridmap) % 8 == 0, "what follows the head is aligned");

/* Raise unless PostGIS finds the geometry valid. */
static void
check_valid(FmgrInfo *reason_of, Datum geometry, int64 grid)
{
	text *reason = DatumGetTextPP(FunctionCall1(reason_of, geometry));
	char *words = text_to_cstring(reason);

	if (strcmp(words, "Valid Geometry") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid gridmap at \"grid " INT64_FORMAT "\"", grid),
				 errdetail("The area of grid " INT64_FORMAT " is not valid: %s.", grid, words),
				 errhint("Mend it with ST_MakeValid(area).")));
	pfree(words);
}

static void
check_all_valid(rui_gridmap_builder *builder)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rui gridmap check",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	FmgrInfo from_wkb;
	FmgrInfo reason_of;
	size_t i;

	rui_postgis_function("st_geomfromwkb", 2, BYTEAOID, &from_wkb, CurrentMemoryContext);
	rui_postgis_function("st_isvalidreason", 1, InvalidOid, &reason_of, CurrentMemoryContext);
	MemoryContextSwitchTo(context);
	for (i = 0; i < builder->count; i++)
	{
		const rui_gridmap_entry *entry = &builder->entries[i];

		CHECK_FOR_INTERRUPTS();
		check_valid(&reason_of, rui_postgis_area(&from_wkb, &entry->area, 0),
					entry->grid);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* ---- input and output ---- */

typedef rui_status (*read_form)(rui_gridmap_builder *builder, const char *bytes, size_t length,
								rui_error *error);

static rui_status
read_text(rui_gridmap_builder *builder, const char *bytes, size_t length, rui_error *error)
{
	return rui_gridmap_read_text(builder, bytes, length, error);
}

static rui_status
read_binary(rui_gridmap_builder *builder, const char *bytes, size_t length, rui_error *error)
{
	return rui_gridmap_read_binary(builder, bytes, length, error);
}

static Datum
input(read_form form, const char *bytes, size_t length)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rui gridmap input",
												  ALLOCSET_DEFAULT_SIZES);
	rui_env working = rui_pg_env(context);
	rui_env resulting = rui_pg_env(CurrentMemoryContext);
	rui_gridmap_builder builder;
	rui_gridmap *map;
	rui_error error;

	rui_gridmap_start(&builder, &working);
	RUI_CHECK(form(&builder, bytes, length, &error), error, "gridmap");
	check_all_valid(&builder);
	builder.env = &resulting;
	RUI_CHECK(rui_gridmap_finish(&builder, &map, &error), error, "gridmap");
	MemoryContextDelete(context);
	SET_VARSIZE(map, map->size);
	return PointerGetDatum(map);
}

RUI_FUNCTION(gridmap_in)
{
	const char *text = PG_GETARG_CSTRING(0);

	return input(read_text, text, strlen(text));
}

RUI_FUNCTION(gridmap_recv)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	const char *bytes = message->data + message->cursor;
	size_t length = (size_t) (message->len - message->cursor);

	message->cursor = message->len;
	return input(read_binary, bytes, length);
}

static rui_gridmap *
get_map(Datum value)
{
	return (rui_gridmap *) PG_DETOAST_DATUM(value);
}

static Datum
output(Datum value, void (*write)(const rui_gridmap *map, rui_text *text), bool binary)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_gridmap *map = get_map(value);
	rui_text text;

	rui_text_start(&text, &env);
	if (binary)
		rui_text_append(&text, "\0\0\0\0", VARHDRSZ);
	write(map, &text);
	if ((Pointer) map != DatumGetPointer(value))
		pfree(map);
	if (text.failed || text.length >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the written form of the gridmap is too large"),
				 errhint("Read it with rui.gridmap_areas().")));
	if (binary)
		SET_VARSIZE(text.bytes, text.length);
	return PointerGetDatum(text.bytes);
}

RUI_FUNCTION(gridmap_out)
{
	return output(PG_GETARG_DATUM(0), rui_gridmap_write_text, false);
}

RUI_FUNCTION(gridmap_send)
{
	return output(PG_GETARG_DATUM(0), rui_gridmap_write_binary, true);
}

/* ---- equality ---- */

/* Only the head: the hash names the content, the counts confirm it. */
static bool
same_content(FunctionCallInfo fcinfo)
{
	rui_gridmap *a = (rui_gridmap *) PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0,
															sizeof(rui_gridmap) - VARHDRSZ);
	rui_gridmap *b = (rui_gridmap *) PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(1), 0,
															sizeof(rui_gridmap) - VARHDRSZ);
	bool result = memcmp(a->hash, b->hash, sizeof a->hash) == 0 && a->srid == b->srid &&
		a->areas == b->areas && a->rings == b->rings && a->points == b->points;

	pfree(a);
	pfree(b);
	return result;
}

RUI_FUNCTION(gridmap_eq)
{
	PG_RETURN_BOOL(same_content(fcinfo));
}

RUI_FUNCTION(gridmap_ne)
{
	PG_RETURN_BOOL(!same_content(fcinfo));
}

RUI_FUNCTION(gridmap_hash)
{
	struct varlena *head = PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0, RUI_CONTENT_HASH_SIZE);
	Datum result = hash_any((unsigned char *) VARDATA_ANY(head), RUI_CONTENT_HASH_SIZE);

	pfree(head);
	return result;
}

RUI_FUNCTION(gridmap_hash_extended)
{
	struct varlena *head = PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0, RUI_CONTENT_HASH_SIZE);
	Datum result = hash_any_extended((unsigned char *) VARDATA_ANY(head), RUI_CONTENT_HASH_SIZE,
									 (uint64) PG_GETARG_INT64(1));

	pfree(head);
	return result;
}

/* ---- the aggregate ---- */

typedef struct map_state
{
	rui_env env;
	rui_gridmap_builder builder;
	FmgrInfo reason_of;
} map_state;

RUI_FUNCTION(gridmap_step)
{
	MemoryContext context;
	map_state *state;
	struct varlena *geometry;
	rui_area area;
	rui_error error;
	rui_status status;
	int64 grid;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "rui._gridmap_step called outside an aggregate");
	if (PG_ARGISNULL(0))
	{
		state = MemoryContextAllocZero(context, sizeof(map_state));
		state->env = rui_pg_env(context);
		rui_gridmap_start(&state->builder, &state->env);
		rui_postgis_function("st_isvalidreason", 1, InvalidOid, &state->reason_of, context);
	}
	else
		state = (map_state *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("grid_id must not be null")));
	grid = PG_GETARG_INT64(1);
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the area of grid " INT64_FORMAT " is null", grid),
				 errhint("Leave grids without an area out.")));
	geometry = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(2));
	status = rui_geometry_read_area(&state->env, VARDATA_ANY(geometry),
									VARSIZE_ANY_EXHDR(geometry), &area, &error);
	if (status != RUI_OK)
	{
		snprintf(error.part, sizeof error.part, "grid " INT64_FORMAT, grid);
		rui_pg_raise(&error, "gridmap");
	}
	if (!rui_area_is_empty(&area))
		check_valid(&state->reason_of, PointerGetDatum(geometry), grid);
	RUI_CHECK(rui_gridmap_add(&state->builder, grid, &area, &error), error, "gridmap");
	PG_RETURN_POINTER(state);
}

RUI_FUNCTION(gridmap_final)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	map_state *state;
	rui_gridmap *map;
	rui_error error;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (map_state *) PG_GETARG_POINTER(0);
	state->builder.env = &env;
	RUI_CHECK(rui_gridmap_finish(&state->builder, &map, &error), error, "gridmap");
	state->builder.env = &state->env;
	SET_VARSIZE(map, map->size);
	PG_RETURN_POINTER(map);
}

/* ---- lookups ---- */

/*
 * A value read in parts is read in pages of some chunks of the TOAST table,
 * and in groups of pages when it turns out that many are wanted.
 */
#define PAGE (4 * TOAST_MAX_CHUNK_SIZE)
#define GROUP 4
#define FEW_READS 64

typedef struct paged_map
{
	rui_gridmap_reader reader;
	struct varatt_external pointer;
	uint32 size; /* without the varlena header */
	char *block; /* of which the pages that are here have been read */
	bool *here;
	uint32 reads;
} paged_map;

typedef struct map_form
{
	const rui_gridmap *map; /* the block, or its head where it is read in parts */
	const rui_gridmap_reader *reader; /* or NULL */
} map_form;

/* The block needs no compiling: it is only kept detoasted. */
static void *
keep(struct varlena *value, MemoryContext context)
{
	map_form *form = palloc(sizeof(map_form));

	form->map = (const rui_gridmap *) value;
	form->reader = NULL;
	return form;
}

/* Read a page to its place: a varlena whose header is the end of the page before. */
static void
read_page(paged_map *paged, uint32 page)
{
	uint32 count = paged->reads++ < FEW_READS ? 1 : GROUP;
	uint32 first = page - page % count;
	uint32 offset = first * PAGE;
	uint32 length = Min(count * PAGE, paged->size - offset);
	Relation toast = table_open(paged->pointer.va_toastrelid, AccessShareLock);

	table_relation_fetch_toast_slice(toast, paged->pointer.va_valueid, (int32) paged->size,
									 (int32) offset, (int32) length,
									 (struct varlena *) (paged->block + offset));
	table_close(toast, AccessShareLock);
	memset(paged->here + first, true, (length + PAGE - 1) / PAGE);
}

/* The head's first member is the varlena header, which no page has. */
static const void *
read_part(void *argument, uint32_t offset, uint32_t size)
{
	paged_map *paged = argument;
	uint32 page = (Max(offset, VARHDRSZ) - VARHDRSZ) / PAGE;
	uint32 last = (offset + size - 1 - VARHDRSZ) / PAGE;

	for (; page <= last; page++)
		if (!paged->here[page])
			read_page(paged, page);
	return paged->block + offset;
}

static void *
keep_in_parts(struct varlena *pointer, MemoryContext context)
{
	paged_map *paged = palloc0(sizeof(paged_map));
	map_form *form = palloc(sizeof(map_form));

	VARATT_EXTERNAL_GET_POINTER(paged->pointer, pointer);
	paged->reader.read = read_part;
	paged->reader.argument = paged;
	paged->size = VARATT_EXTERNAL_GET_EXTSIZE(paged->pointer);
	paged->block = palloc(paged->size + VARHDRSZ);
	paged->here = palloc0(paged->size / PAGE + 1);
	form->map = read_part(paged, 0, sizeof(rui_gridmap));
	form->reader = &paged->reader;
	return form;
}

static const rui_compiled_kind gridmap_kind = { "gridmap", keep, keep_in_parts };

static inline map_form
map_argument(FunctionCallInfo fcinfo)
{
	struct varlena *value = (struct varlena *) PG_GETARG_POINTER(0);
	map_form whole = { (const rui_gridmap *) value, NULL };

	return VARATT_IS_4B_U(value) ? whole : *(map_form *) rui_compiled(fcinfo, 0, &gridmap_kind);
}

static inline Datum
locate(FunctionCallInfo fcinfo, const map_form *form, double x, double y)
{
	int64 grid;
	bool found = form->reader == NULL
		? rui_gridmap_locate(form->map, x, y, &grid)
		: rui_gridmap_locate_in_parts(form->map, form->reader, x, y, &grid);

	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_INT64(grid);
}

RUI_FUNCTION(locate_geometry)
{
	struct varlena *geometry = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));
	map_form form;
	rui_point point;
	rui_error error;

	RUI_CHECK(rui_geometry_read_point(VARDATA_ANY(geometry), VARSIZE_ANY_EXHDR(geometry), &point,
									  &error),
			  error, "geometry");
	PG_FREE_IF_COPY(geometry, 1);
	if (point.empty)
		PG_RETURN_NULL();
	form = map_argument(fcinfo);
	if (unlikely(point.srid != form.map->srid && point.srid != 0 && form.map->srid != 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the point has SRID %d, the gridmap %d", point.srid, form.map->srid),
				 errhint("Use ST_Transform(point, %d).", form.map->srid)));
	return locate(fcinfo, &form, point.x, point.y);
}

RUI_FUNCTION(locate_point)
{
	map_form form = map_argument(fcinfo);

	return locate(fcinfo, &form, PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2));
}

RUI_FUNCTION(gridmap_areas)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	rui_gridmap *map = get_map(PG_GETARG_DATUM(0));
	uint32_t *counts = palloc(rui_gridmap_counts(map) * sizeof(uint32_t));
	FmgrInfo from_wkb;
	uint32_t i;

	InitMaterializedSRF(fcinfo, 0);
	rui_postgis_function("st_geomfromwkb", 2, BYTEAOID, &from_wkb, CurrentMemoryContext);
	for (i = 0; i < map->areas; i++)
	{
		Datum values[2];
		bool nulls[2] = { false, false };
		int64_t grid;
		rui_area area;

		CHECK_FOR_INTERRUPTS();
		rui_gridmap_area(map, i, counts, &grid, &area);
		values[0] = Int64GetDatum(grid);
		values[1] = rui_postgis_area(&from_wkb, &area, map->srid);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[1]));
	}
	return (Datum) 0;
}
