/* SPDX-License-Identifier: PostgreSQL
 *
 * geodesy.c
 *	  Shifts between WGS 84 and the coordinates of Chinese maps.
 */
#include "core/geodesy.h"

#include <math.h>
#include <stdio.h>

#include "core/geometry.h"

#define PI 3.14159265358979323846
#define DEGREE (PI / 180)

/* Krasovsky 1940: metres, and the square of the eccentricity. */
#define MAJOR_AXIS 6378245.0
#define ECCENTRICITY_2 0.00669342162296594323

#define WEST 72.004
#define EAST 137.8347
#define SOUTH 0.8293
#define NORTH 55.8271

/*
 * The way back counts a place this close to the rectangle as on its border:
 * the border itself would else be lost in rounding.
 */
#define BORDER 1e-11

typedef void (*shifter)(const double from[2], double to[2]);

/* GCJ-02 of WGS 84; an analytic formula, so also beyond the rectangle. */
static void
to_gcj02(const double from[2], double to[2])
{
	double x = from[0] - 105;
	double y = from[1] - 35;
	double root = sqrt(fabs(x));
	double latitude = from[1] * DEGREE;
	double sine = sin(latitude);
	double magic = 1 - ECCENTRICITY_2 * sine * sine;
	double waves = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
	double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root +
		(waves + 20 * sin(PI * x) + 40 * sin(PI / 3 * x) + 150 * sin(PI / 12 * x) +
		 300 * sin(PI / 30 * x)) *
			2 / 3;
	double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root +
		(waves + 20 * sin(PI * y) + 40 * sin(PI / 3 * y) + 160 * sin(PI / 12 * y) +
		 320 * sin(PI / 30 * y)) *
			2 / 3;

	/* metres along the parallel and the meridian to degrees */
	to[0] = from[0] + east * sqrt(magic) / (MAJOR_AXIS * cos(latitude) * DEGREE);
	to[1] = from[1] +
		north * magic * sqrt(magic) / (MAJOR_AXIS * (1 - ECCENTRICITY_2) * DEGREE);
}

/* BD-09 of GCJ-02: a twist of the plane of longitude and latitude, and a step. */
static void
gcj02_to_bd09(const double from[2], double to[2])
{
	double frequency = PI * 3000 / 180;
	double radius = sqrt(from[0] * from[0] + from[1] * from[1]);
	double angle = atan2(from[1], from[0]);

	radius += 0.00002 * sin(from[1] * frequency);
	angle += 0.000003 * cos(from[0] * frequency);
	to[0] = radius * cos(angle) + 0.0065;
	to[1] = radius * sin(angle) + 0.006;
}

/*
 * Replace to by the place that is shifted to it.  Neighbours are shifted nearly
 * alike, so that what is missing shrinks at least thirtyfold with each step, down
 * to rounding.  Only where longitude is 105 but for the last bits, the root in
 * the formula is steep, and the steps end with some 1e-12 missing.
 */
static void
invert(shifter shift, double to[2])
{
	double guess[2] = { to[0], to[1] };
	int round;

	for (round = 0; round < 25; round++)
	{
		double image[2];
		double missing[2];

		shift(guess, image);
		missing[0] = to[0] - image[0];
		missing[1] = to[1] - image[1];
		guess[0] += missing[0];
		guess[1] += missing[1];
		if (fabs(missing[0]) < 1e-12 && fabs(missing[1]) < 1e-12)
			break; /* what is missing now is a thirtieth of that */
	}
	to[0] = guess[0];
	to[1] = guess[1];
}

static bool
is_inside(const double xy[2], double margin)
{
	return xy[0] >= WEST - margin && xy[0] <= EAST + margin && xy[1] >= SOUTH - margin &&
		xy[1] <= NORTH + margin;
}

static double
clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high
											: value;
}

static void
shift_forth(double xy[2], bool bd09)
{
	double shifted[2];

	if (!is_inside(xy, 0))
		return;
	to_gcj02(xy, shifted);
	if (bd09)
		gcj02_to_bd09(shifted, xy);
	else
	{
		xy[0] = shifted[0];
		xy[1] = shifted[1];
	}
}

static void
shift_back(double xy[2], bool bd09)
{
	double source[2] = { xy[0], xy[1] };

	if (!is_inside(xy, RUI_GEODESY_MARGIN))
		return;
	if (bd09)
		invert(gcj02_to_bd09, source);
	invert(to_gcj02, source);
	if (!is_inside(source, BORDER))
		return;
	xy[0] = clamp(source[0], WEST, EAST);
	xy[1] = clamp(source[1], SOUTH, NORTH);
}

static rui_status
shift_vertex(const void *argument, uint64_t vertex, double xy[2], rui_error *error)
{
	rui_shift shift = *(const rui_shift *) argument;
	bool bd09 = shift == RUI_SHIFT_WGS84_TO_BD09 || shift == RUI_SHIFT_BD09_TO_WGS84;

	if (!(fabs(xy[0]) <= 180 && fabs(xy[1]) <= 90))
		return rui_fail(error, RUI_RANGE, NULL, "Give degrees, longitude first.",
						"Vertex %llu (%.10g %.10g) is not in [-180, 180] x [-90, 90].",
						(unsigned long long) vertex, xy[0], xy[1]);
	if (shift == RUI_SHIFT_WGS84_TO_GCJ02 || shift == RUI_SHIFT_WGS84_TO_BD09)
		shift_forth(xy, bd09);
	else
		shift_back(xy, bd09);
	return RUI_OK;
}

rui_status
rui_geodesy_shift(rui_shift shift, double xy[2], rui_error *error)
{
	return shift_vertex(&shift, 1, xy, error);
}

rui_status
rui_geodesy_convert(const rui_env *env, rui_shift shift, const void *bytes, size_t length,
					void *shifted, size_t *shifted_length, rui_error *error)
{
	int32_t srid = 0;
	char part[32];
	rui_status status = rui_geometry_srid(bytes, length, &srid, error);

	if (status != RUI_OK)
		return status;
	if (srid != 0 && srid != 4326)
	{
		snprintf(part, sizeof part, "SRID %d", (int) srid);
		return rui_fail(error, RUI_INVALID, part, "Use ST_Transform(geometry, 4326).",
						"Coordinates are shifted in degrees: SRID 4326 or 0.");
	}
	return rui_geometry_move(env, bytes, length, shift_vertex, &shift, shifted, shifted_length,
							 error);
}
