/* SPDX-License-Identifier: PostgreSQL
 *
 * session.h
 *	  Who acts: the party behind a session and what it may do.
 */
#ifndef RUI_SESSION_H
#define RUI_SESSION_H

#include "pg/rui_pg.h"

#include "datatype/timestamp.h"

/* Define the settings and caches of identity; called once by _PG_init. */
extern void rui_session_start(void);

/* The acting party, 0 for nobody. */
extern int64 rui_current_party_id(void);

/*
 * The instant for which it is judged what somebody may: when the statement
 * that the client sent began, so that access ends within open transactions,
 * too; or the transaction, when a procedure began it after that.
 */
extern TimestampTz rui_access_instant(void);

#endif /* RUI_SESSION_H */
