/* SPDX-License-Identifier: PostgreSQL
 *
 * seal.c
 *	  Which transactions are under way: what they write has yet to come, at
 *	  the time they began.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#if PG_VERSION_NUM >= 170000
#define VXID_BACKEND(vxid) ((vxid).procNumber)
#else
#define VXID_BACKEND(vxid) ((vxid).backendId)
#endif
#if PG_VERSION_NUM >= 160000
#define LOCAL_BACKEND(i) pgstat_get_local_beentry_by_index(i)
#else
#define LOCAL_BACKEND(i) pgstat_fetch_stat_local_beentry(i)
#endif

RUI_FUNCTION(_running_transactions)
{
	VirtualTransactionId *running;
	Datum *names;
	int count;
	int i;

	/*
	 * All of this database but this one, whether or not they have written.
	 * Autovacuum writes no rows, and may be at one table for hours.
	 */
	running =
		GetCurrentVirtualXIDs(InvalidTransactionId, false, false, PROC_IS_AUTOVACUUM, &count);
	names = palloc(sizeof(Datum) * (count > 0 ? count : 1));
	for (i = 0; i < count; i++)
		names[i] = CStringGetTextDatum(psprintf("%d/%u", VXID_BACKEND(running[i]),
												running[i].localTransactionId));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * The earliest now() that a transaction of another session of this database
 * has, or that its next one may have: the second transaction of a message, or
 * of COMMIT AND CHAIN, begins at the time the message came.  infinity when
 * nobody is at work.  Autovacuum writes no rows.
 */
RUI_FUNCTION(_oldest_start)
{
	TimestampTz oldest = DT_NOEND;
	int count;
	int i;

	/* As it is, not as this transaction has seen it before. */
	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *local = LOCAL_BACKEND(i);
		const PgBackendStatus *one = &local->backendStatus;

		if (one->st_procpid == MyProcPid || one->st_procpid == 0 ||
			one->st_databaseid != MyDatabaseId || one->st_backendType == B_AUTOVAC_WORKER)
			continue;
		if (one->st_xact_start_timestamp != 0)
			oldest = Min(oldest, one->st_xact_start_timestamp);
		if ((one->st_state == STATE_RUNNING || one->st_state == STATE_FASTPATH) &&
			one->st_activity_start_timestamp != 0)
			oldest = Min(oldest, one->st_activity_start_timestamp);
	}
	PG_RETURN_TIMESTAMPTZ(oldest);
}
