/* SPDX-License-Identifier: PostgreSQL
 *
 * session.c
 *	  Who acts: the party behind a session and what it may do.
 */
#include "pg/session.h"

void
rui_session_start(void)
{
}
