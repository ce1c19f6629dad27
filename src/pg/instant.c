/* SPDX-License-Identifier: PostgreSQL
 *
 * instant.c
 *	  The platform's own time, which does not go back with the server's clock.
 *
 * A clock is set back by minutes or days: by NTP, by hand, by a machine that is
 * restored or takes over.  Rows written then would lie behind a seal, which
 * would look like rows put in later; and roles that have ended would hold
 * again.  So the database keeps a mark, an instant it is known to have reached:
 * seals note how far they may go in rui.seal_watch, ticks and roles that end
 * write rui.clock_mark.  While the clock is behind the mark the platform's time
 * stands still at it.
 */
#include "pg/instant.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/timestamp.h"

#include "pg/lookup.h"

static void *
load_mark(rui_lookup *lookup, MemoryContext context)
{
	TimestampTz *mark = MemoryContextAllocZero(context, sizeof *mark);
	bool isnull;

	(void) lookup;
	if (SPI_execute("SELECT GREATEST("
					"(SELECT pg_catalog.max(m.at) FROM rui.clock_mark m), "
					"(SELECT pg_catalog.max(w.noted_at) FROM rui.seal_watch w), "
					"'-infinity'::pg_catalog.timestamptz)",
					true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read rui.clock_mark");
	*mark = DatumGetTimestampTz(
		SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return mark;
}

static rui_lookup mark_lookup = {
	.name = "clock mark", .tables = { "clock_mark", "seal_watch" }, .load = load_mark
};

/* -infinity where nothing is marked, or the platform is only being created. */
static TimestampTz
clock_mark(void)
{
	if (!mark_lookup.valid &&
		!(OidIsValid(rui_table_oid("clock_mark")) && OidIsValid(rui_table_oid("seal_watch"))))
		return DT_NOBEGIN;
	return *(TimestampTz *) rui_lookup_get(&mark_lookup);
}

TimestampTz
rui_access_instant(void)
{
	TimestampTz now =
		Max(GetCurrentStatementStartTimestamp(), GetCurrentTransactionStartTimestamp());
	TimestampTz mark = clock_mark();

	return Max(now, mark);
}

TimestampTz
rui_record_instant(void)
{
	static uint32 transaction;
	static TimestampTz instant;

	if (transaction != rui_local_transaction())
	{
		TimestampTz mark = clock_mark();

		instant = Max(GetCurrentTransactionStartTimestamp(), mark);
		transaction = rui_local_transaction();
	}
	return instant;
}

RUI_FUNCTION(access_time)
{
	PG_RETURN_TIMESTAMPTZ(rui_access_instant());
}

RUI_FUNCTION(_record_time)
{
	PG_RETURN_TIMESTAMPTZ(rui_record_instant());
}

static void
run(const char *query, TimestampTz at, int expected)
{
	Oid types[1] = { TIMESTAMPTZOID };
	Datum values[1] = { TimestampTzGetDatum(at) };

	if (SPI_execute_with_args(query, 1, types, values, NULL, false, 0) != expected)
		elog(ERROR, "could not write rui.clock_mark");
}

/* Rows are added and taken away, never changed: nobody waits for another's. */
RUI_FUNCTION(_mark_clock)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	rui_owner_scope scope;

	if (TIMESTAMP_NOT_FINITE(at) || at <= clock_mark())
		PG_RETURN_VOID();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	rui_enter_owner(rui_table_oid("clock_mark"), &scope);
	run("INSERT INTO rui.clock_mark (at) VALUES ($1)", at, SPI_OK_INSERT);
	/* A transaction that looks at the past could not pass over what is deleted meanwhile. */
	if (!IsolationUsesXactSnapshot())
		run("DELETE FROM rui.clock_mark m WHERE m.ctid OPERATOR(pg_catalog.=) ANY (ARRAY("
			"SELECT o.ctid FROM rui.clock_mark o WHERE o.at OPERATOR(pg_catalog.<) $1 "
			"FOR UPDATE SKIP LOCKED))",
			at, SPI_OK_DELETE);
	rui_leave_owner(&scope);
	SPI_finish();
	PG_RETURN_VOID();
}
