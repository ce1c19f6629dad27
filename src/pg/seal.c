/* SPDX-License-Identifier: PostgreSQL
 *
 * seal.c
 *	  Which transactions are under way: what they write has yet to come.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "storage/procarray.h"
#include "utils/array.h"
#include "utils/builtins.h"

#if PG_VERSION_NUM >= 170000
#define VXID_BACKEND(vxid) ((vxid).procNumber)
#else
#define VXID_BACKEND(vxid) ((vxid).backendId)
#endif

RUI_FUNCTION(_running_transactions)
{
	VirtualTransactionId *running;
	Datum *names;
	int count;
	int i;

	/* All of this database but this one, whether or not they have written. */
	running = GetCurrentVirtualXIDs(InvalidTransactionId, false, false, 0, &count);
	names = palloc(sizeof(Datum) * (count > 0 ? count : 1));
	for (i = 0; i < count; i++)
		names[i] = CStringGetTextDatum(psprintf("%d/%u", VXID_BACKEND(running[i]),
												running[i].localTransactionId));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}
