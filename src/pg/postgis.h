/* SPDX-License-Identifier: PostgreSQL
 *
 * postgis.h
 *	  Calling PostGIS through its SQL functions: liblwgeom is not linked.
 */
#ifndef RUI_POSTGIS_H
#define RUI_POSTGIS_H

#include "pg/rui_pg.h"

#include "core/geometry.h"

/*
 * Look up a function of PostGIS, in whatever schema that lives, with one
 * argument of type first (InvalidOid: geometry) or, for count 2, another one
 * of type integer.
 */
extern void rui_postgis_function(const char *name, int count, Oid first, FmgrInfo *function,
								 MemoryContext context);

/* An area as a geometry, by ST_GeomFromWKB(bytea, integer). */
extern Datum rui_postgis_area(FmgrInfo *from_wkb, const rui_area *area, int32 srid);

/* Vertices, two doubles each, as a line string, by the same function. */
extern Datum rui_postgis_line(FmgrInfo *from_wkb, const double *xy, uint32 count, int32 srid);

#endif /* RUI_POSTGIS_H */
