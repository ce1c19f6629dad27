/* SPDX-License-Identifier: PostgreSQL
 *
 * zone.h
 *	  The server's time zones, as tables for the core.
 */
#ifndef RUI_ZONE_H
#define RUI_ZONE_H

#include "pg/rui_pg.h"

#include "core/calendar.h"

/*
 * Zones by name, in any case, found in the server's time zone database.  Each
 * is read once and kept for the life of the session.  Unknown are: POSIX
 * rules (UTC+8 would mean eight hours west), zones with leap seconds, and
 * names that mean another zone on another machine.
 */
extern const rui_zones rui_pg_zones;

#endif /* RUI_ZONE_H */
