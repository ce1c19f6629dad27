/* SPDX-License-Identifier: PostgreSQL
 *
 * geodesy.h
 *	  Shifts between WGS 84 and the coordinates of Chinese maps.
 *
 * Maps of mainland China show GCJ-02, some of them BD-09 on top of it: a place
 * is drawn a few hundred metres beside its WGS 84 coordinates.  Neither
 * has an official formula; these are the public approximations that everybody
 * uses, on the ellipsoid of Krasovsky (1940).  Coordinates are degrees.
 *
 * Whether a place is shifted is decided by its WGS 84 coordinates alone: those
 * in the rectangle [72.004, 137.8347] x [0.8293, 55.8271], borders included,
 * are, others stay.  The way back returns the WGS 84 place of the rectangle
 * that the coordinates belong to, and what belongs to none unchanged; it is
 * exact to 1e-11 degrees (a micrometre).  Every place of the rectangle comes
 * back.  Of the places outside those come back that no place of the rectangle is
 * shifted to, among them all farther than RUI_GEODESY_MARGIN away: on the others two
 * places have the same shifted coordinates.
 */
#ifndef RUI_GEODESY_H
#define RUI_GEODESY_H

#include "core/rui_core.h"

/* Nothing is shifted farther, in degrees of longitude or latitude. */
#define RUI_GEODESY_MARGIN 0.05

typedef enum rui_shift
{
	RUI_SHIFT_WGS84_TO_GCJ02,
	RUI_SHIFT_GCJ02_TO_WGS84,
	RUI_SHIFT_WGS84_TO_BD09,
	RUI_SHIFT_BD09_TO_WGS84
} rui_shift;

/*
 * Shift longitude xy[0] and latitude xy[1].  RUI_RANGE for a point that is not
 * in [-180, 180] x [-90, 90], NaN included.
 */
extern rui_status rui_geodesy_shift(rui_shift shift, double xy[2], rui_error *error);

/*
 * Copy a geometry of any kind in PostGIS's serialized form with all its
 * vertices shifted, as rui_geometry_move does.  RUI_INVALID for an SRID other than
 * 4326 and 0, RUI_RANGE for a vertex that is not finite or outside the world.
 */
extern rui_status rui_geodesy_convert(const rui_env *env, rui_shift shift, const void *bytes,
									  size_t length, void *shifted, size_t *shifted_length,
									  rui_error *error);

#endif /* RUI_GEODESY_H */
