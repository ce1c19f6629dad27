/* SPDX-License-Identifier: PostgreSQL
 *
 * number.c
 *	  The constraint trigger that numbers documents as their transaction
 *	  commits.
 *
 * Deferred to the commit, it holds the lock of a series for the commit alone,
 * however long the transaction was; an abort gives nothing away.  The number
 * is the greatest that is there, and one: no row is changed again and again.
 */
#include "pg/rui_pg.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg/lookup.h"

typedef enum step
{
	FIND_PERIOD,
	LOCK_SERIES,
	BEGIN_SERIES,
	GIVE_NUMBER,
	STEP_COUNT
} step;

static const char *const commands[STEP_COUNT] = {
	[FIND_PERIOD] =
		"SELECT CASE s.restarts WHEN 'never' THEN '-infinity'::pg_catalog.date "
		"ELSE pg_catalog.date_trunc(s.restarts, $3 AT TIME ZONE p.time_zone)::pg_catalog.date END "
		"FROM rui.number_series s, rui.project p "
		"WHERE s.code OPERATOR(pg_catalog.=) $2 AND p.id OPERATOR(pg_catalog.=) $1",
	[LOCK_SERIES] = "SELECT FROM rui.number_period n WHERE n.project_id OPERATOR(pg_catalog.=) $1 "
					"AND n.series OPERATOR(pg_catalog.=) $2 AND n.period_on "
					"OPERATOR(pg_catalog.=) $3 FOR NO KEY UPDATE",
	[BEGIN_SERIES] = "INSERT INTO rui.number_period (project_id, series, period_on) "
					 "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
	[GIVE_NUMBER] =
		"INSERT INTO rui.document_number (project_id, series, period_on, subject_id, number) "
		"SELECT $1, $2, $3, $4, coalesce(pg_catalog.max(n.number), 0) OPERATOR(pg_catalog.+) 1 "
		"FROM rui.document_number n WHERE n.project_id OPERATOR(pg_catalog.=) $1 "
		"AND n.series OPERATOR(pg_catalog.=) $2 AND n.period_on OPERATOR(pg_catalog.=) $3",
};

/*
 * Runs one of the commands and returns how many rows it made or found.  With
 * a snapshot of now, so that what others committed before we had the lock is
 * seen at every isolation level.
 */
static uint64
run(step which, Datum *values)
{
	static SPIPlanPtr plans[STEP_COUNT];
	Oid types[4] = { INT8OID, TEXTOID, DATEOID, INT8OID };

	if (which == FIND_PERIOD)
		types[2] = TIMESTAMPTZOID;
	if (plans[which] == NULL)
	{
		SPIPlanPtr plan = SPI_prepare(commands[which], which == GIVE_NUMBER ? 4 : 3, types);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare step %d of numbering", (int) which);
		plans[which] = plan;
	}
	if (SPI_execute_snapshot(plans[which], values, NULL, GetLatestSnapshot(), InvalidSnapshot,
							 false, true, 0) < 0)
		elog(ERROR, "step %d of numbering failed", (int) which);
	return SPI_processed;
}

static Datum
column(TriggerData *data, const char *name)
{
	TupleDesc layout = RelationGetDescr(data->tg_relation);
	int number = SPI_fnumber(layout, name);
	bool is_null;
	Datum value;

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("rui.give_number() needs a column \"%s\"", name)));
	value = SPI_getbinval(data->tg_trigtuple, layout, number, &is_null);
	if (is_null)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"%s\" of a document with a number is null", name)));
	return value;
}

RUI_FUNCTION(give_number)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	rui_owner_scope scope;
	Oid numbers = rui_table_oid("document_number");
	Datum values[4];
	bool is_null;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event) || !TRIGGER_FIRED_BY_INSERT(data->tg_event) ||
		data->tg_trigger->tgnargs < 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("rui.give_number(series) must be a row trigger after INSERT")));
	if (!OidIsValid(numbers))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the platform is not created in this database"),
				 errhint("CALL rui.create_platform();")));
	SPI_connect();
	values[0] = column(data, "project_id");
	values[1] = CStringGetTextDatum(data->tg_trigger->tgargs[0]);
	values[2] = DateADTGetDatum(DATEVAL_NOBEGIN);
	values[3] = column(data, "id");
	rui_enter_owner(numbers, &scope);
	if (data->tg_trigger->tgnargs > 1)
	{
		values[2] = column(data, data->tg_trigger->tgargs[1]);
		if (run(FIND_PERIOD, values) != 1)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("rui.number_series has no series \"%s\"",
							data->tg_trigger->tgargs[0])));
		values[2] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	}
	/* Whoever begins the series, both lock it. */
	if (run(LOCK_SERIES, values) == 0)
	{
		run(BEGIN_SERIES, values);
		if (run(LOCK_SERIES, values) == 0)
			elog(ERROR, "could not begin series \"%s\"", data->tg_trigger->tgargs[0]);
	}
	if (run(GIVE_NUMBER, values) != 1)
		elog(ERROR, "could not number a document of \"%s\"", data->tg_trigger->tgargs[0]);
	rui_leave_owner(&scope);
	SPI_finish();
	return PointerGetDatum(NULL);
}
