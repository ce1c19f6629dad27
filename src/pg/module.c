/* SPDX-License-Identifier: PostgreSQL
 *
 * module.c
 *	  Loading the library: magic, settings, caches.
 */
#include "pg/rui_pg.h"

#include "utils/guc.h"

#include "pg/assign.h"
#include "pg/compiled.h"
#include "pg/session.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	rui_session_start();
	rui_compiled_start();
	rui_assign_start();
	MarkGUCPrefixReserved("rui");
}
