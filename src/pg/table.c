/* SPDX-License-Identifier: PostgreSQL
 *
 * table.c
 *	  What the platform's tables need done by their owner.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "pg/lookup.h"

/*
 * Calls rui._create_partitions as the owner of the table, for a role that
 * may write rows but own nothing: no row names what is run.
 */
RUI_FUNCTION(extend_partitions)
{
	static Oid types[3] = { TEXTOID, DATEOID, INT4OID };
	Datum values[3] = { PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2) };
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid relation = rui_table_oid(name);
	rui_owner_scope scope;
	bool is_null;
	int32 made;

	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("rui has no table \"%s\"", name)));
	SPI_connect();
	rui_enter_owner(relation, &scope);
	if (SPI_execute_with_args("SELECT rui._create_partitions($1, $2, $3)", 3, types, values, NULL,
							  false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not create partitions of \"%s\"", name);
	made = DatumGetInt32(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_INT32(made);
}
