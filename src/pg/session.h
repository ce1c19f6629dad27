/* SPDX-License-Identifier: PostgreSQL
 *
 * session.h
 *	  Who acts: the party behind a session and what it may do.
 */
#ifndef RUI_SESSION_H
#define RUI_SESSION_H

#include "pg/rui_pg.h"

/* Define the settings and caches of identity; called once by _PG_init. */
extern void rui_session_start(void);

/* The acting party, 0 for nobody. */
extern int64 rui_current_party_id(void);

#endif /* RUI_SESSION_H */
