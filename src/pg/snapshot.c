/* SPDX-License-Identifier: PostgreSQL
 *
 * snapshot.c
 *	  Whether a transaction that looks at the past may decide about the
 *	  present.
 *
 * Who decides by rows that others add takes a lock first, and what they have
 * committed before is there when he has it, at isolation level read
 * committed.  At the others his snapshot stays as old as his first statement,
 * and a lock on a row that nobody updates does not tell him.
 */
#include "pg/rui_pg.h"

#include "access/transam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

/*
 * Whether a transaction, of whatever database, is committed that the snapshot
 * does not show.  Those of the latest snapshot that run still cannot have
 * held a lock that we hold.
 */
static bool
misses_commit(Snapshot seen, Snapshot latest)
{
	TransactionId xid = seen->xmin;

	while (TransactionIdPrecedes(xid, latest->xmax))
	{
		CHECK_FOR_INTERRUPTS();
		if (XidInMVCCSnapshot(xid, seen) && !XidInMVCCSnapshot(xid, latest) &&
			!TransactionIdIsCurrentTransactionId(xid) && TransactionIdDidCommit(xid))
			return true;
		TransactionIdAdvance(xid);
	}
	return false;
}

RUI_FUNCTION(_check_snapshot)
{
	if (IsolationUsesXactSnapshot())
	{
		Snapshot seen = RegisterSnapshot(GetTransactionSnapshot());
		Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
		bool is_old = misses_commit(seen, latest);

		UnregisterSnapshot(latest);
		UnregisterSnapshot(seen);
		if (is_old)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access: others have committed since the snapshot "
							"of the transaction was taken"),
					 errhint("Try the transaction again, with this command first, or at isolation "
							 "level READ COMMITTED, the default.")));
	}
	PG_RETURN_VOID();
}
