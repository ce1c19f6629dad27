/* SPDX-License-Identifier: PostgreSQL
 *
 * instant.h
 *	  The platform's own time, which does not go back with the server's clock.
 */
#ifndef RUI_INSTANT_H
#define RUI_INSTANT_H

#include "pg/rui_pg.h"

#include "datatype/timestamp.h"

/*
 * The instant for which it is judged what somebody may: when the statement
 * that the client sent began, so that access ends within open transactions,
 * too; or the transaction, when a procedure began it after that.  Never before
 * the mark: who had to leave does not come back with the clock.
 */
extern TimestampTz rui_access_instant(void);

/*
 * The instant at which what this transaction writes is recorded: its now(),
 * or the mark where that is later.  One for all of a transaction.
 */
extern TimestampTz rui_record_instant(void);

#endif /* RUI_INSTANT_H */
