/* SPDX-License-Identifier: PostgreSQL
 *
 * erase.c
 *	  What must be done with everything that is kept of a person.
 *
 * Erasing changes rows that nobody else ever changes, in all projects of a
 * company.  It is done as the owner of the tables, by functions that are
 * named here, and only while they run do the guards of append-only tables
 * let a change pass.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"

#include "pg/lookup.h"

static bool redacting;

RUI_FUNCTION(_is_redacting)
{
	(void) fcinfo;
	PG_RETURN_BOOL(redacting);
}

/* Run a function of a person as the owner of rui.party; its jsonb answer is copied out. */
static Datum
run_as_owner(FunctionCallInfo fcinfo, const char *query)
{
	static Oid types[2] = { INT8OID, TIMESTAMPTZOID };
	Datum values[2] = { PG_GETARG_DATUM(0), PG_GETARG_DATUM(1) };
	Oid relation = rui_table_oid("party");
	rui_owner_scope scope;
	Datum answer;
	bool is_null;

	if (!OidIsValid(relation))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("rui has no table \"party\"")));
	SPI_connect();
	rui_enter_owner(relation, &scope);
	if (SPI_execute_with_args(query, 2, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not run %s", query);
	answer = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	if (is_null)
		elog(ERROR, "no answer from %s", query);
	answer = SPI_datumTransfer(answer, false, -1);
	rui_leave_owner(&scope);
	SPI_finish();
	return answer;
}

RUI_FUNCTION(_erase_as_owner)
{
	bool before = redacting;
	Datum answer = (Datum) 0;

	PG_TRY();
	{
		redacting = true;
		answer = run_as_owner(fcinfo, "SELECT rui._erase_party($1, $2)");
	}
	PG_FINALLY();
	{
		redacting = before;
	}
	PG_END_TRY();
	return answer;
}

RUI_FUNCTION(_export_as_owner)
{
	return run_as_owner(fcinfo, "SELECT rui._export_party($1, $2)");
}

RUI_FUNCTION(_ties_as_owner)
{
	return run_as_owner(fcinfo, "SELECT rui._party_ties($1, $2)");
}

RUI_FUNCTION(_erasure_as_owner)
{
	return run_as_owner(fcinfo, "SELECT rui._erasure_of($1, $2)");
}
