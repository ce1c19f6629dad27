/* SPDX-License-Identifier: PostgreSQL
 *
 * gateway.h
 *	  Whom a gateway's claims name, and whether they are believed.
 */
#ifndef RUI_GATEWAY_H
#define RUI_GATEWAY_H

#include "pg/rui_pg.h"

/* A positive party id in decimal digits; false for everything else. */
extern bool rui_read_party(const char *text, size_t length, int64 *party);

/* Whether the login role is a member of rui_gateway (superusers are not by being so). */
extern bool rui_is_gateway(void);

/*
 * The party that the claims of the running transaction name, for the session
 * of a gateway; 0 when they name nobody.  Claims that were set before the
 * transaction count as absent.  Errors: 22P02, 22023 malformed claims; 28000
 * expired, not yet valid, from another issuer or for another audience; P0002
 * unknown party; 42501 when the party's company has not registered the login,
 * or the session's role or the claim role is more than the party holds.
 */
extern int64 rui_claimed_party(void);

/*
 * Whether a setting was changed in the running transaction, by SET, SET LOCAL
 * or set_config.
 */
extern bool rui_is_set_in_transaction(const char *name);

#endif /* RUI_GATEWAY_H */
