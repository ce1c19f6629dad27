/* SPDX-License-Identifier: PostgreSQL
 *
 * geodesy.c
 *	  Shifts of coordinates: known places, a slow model, there and back, borders.
 */
#include "unit.h"

#include <math.h>

#include "core/geodesy.h"
#include "geometry_writer.h"

static const rui_env *const env = &rui_env_malloc;

/* West, south, east, north of what is shifted. */
static const double rectangle[4] = { 72.004, 0.8293, 137.8347, 55.8271 };

static double
uniform(rui_random *random)
{
	return (double) (rui_random_next(random) >> 11) * 0x1p-53;
}

static double
between(rui_random *random, double low, double high)
{
	return low + uniform(random) * (high - low);
}

static bool
is_inside(const double xy[2])
{
	return xy[0] >= rectangle[0] && xy[0] <= rectangle[2] && xy[1] >= rectangle[1] &&
		xy[1] <= rectangle[3];
}

/* How far from the nearest border, in degrees; good near to one. */
static double
from_border(const double xy[2])
{
	double horizontal = fmin(fabs(xy[0] - rectangle[0]), fabs(xy[0] - rectangle[2]));
	double vertical = fmin(fabs(xy[1] - rectangle[1]), fabs(xy[1] - rectangle[3]));

	return fmin(horizontal, vertical);
}

static void
shift(rui_shift kind, const double from[2], double to[2])
{
	rui_error error;

	to[0] = from[0];
	to[1] = from[1];
	CHECK_INT(rui_geodesy_shift(kind, to, &error), RUI_OK);
}

static double
distance(const double a[2], const double b[2])
{
	return fmax(fabs(a[0] - b[0]), fabs(a[1] - b[1]));
}

static const rui_shift forth[2] = { RUI_SHIFT_WGS84_TO_GCJ02, RUI_SHIFT_WGS84_TO_BD09 };
static const rui_shift back[2] = { RUI_SHIFT_GCJ02_TO_WGS84, RUI_SHIFT_BD09_TO_WGS84 };

/* The public formulas once more, in more digits and in another shape. */
static void
model(bool bd09, const double from[2], long double to[2])
{
	const long double pi = 3.14159265358979323846264338327950288L;
	const long double axis = 6378245.0L;
	const long double excess = 0.00669342162296594323L;
	long double x = (long double) from[0] - 105;
	long double y = (long double) from[1] - 35;
	long double common = 20 * (sinl(6 * x * pi) + sinl(2 * x * pi)) / 3 * 2;
	long double lat = -100 + 2 * x + 3 * y + y * y / 5 + x * y / 10 + sqrtl(fabsl(x)) / 5 + common;
	long double lon = 300 + x + 2 * y + x * x / 10 + x * y / 10 + sqrtl(fabsl(x)) / 10 + common;
	long double phi = from[1] * pi / 180;
	long double magic = 1 - excess * powl(sinl(phi), 2);
	long double meridian = axis * (1 - excess) / powl(magic, 1.5L);
	long double parallel = axis / sqrtl(magic) * cosl(phi);

	lat += (20 * sinl(y * pi) + 40 * sinl(y / 3 * pi)) * 2 / 3;
	lat += (160 * sinl(y / 12 * pi) + 320 * sinl(y * pi / 30)) * 2 / 3;
	lon += (20 * sinl(x * pi) + 40 * sinl(x / 3 * pi)) * 2 / 3;
	lon += (150 * sinl(x / 12 * pi) + 300 * sinl(x / 30 * pi)) * 2 / 3;
	to[0] = from[0] + lon / parallel * 180 / pi;
	to[1] = from[1] + lat / meridian * 180 / pi;
	if (bd09)
	{
		long double step = pi * 3000 / 180;
		long double radius = hypotl(to[0], to[1]) + 2e-5L * sinl(to[1] * step);
		long double angle = atan2l(to[1], to[0]) + 3e-6L * cosl(to[0] * step);

		to[0] = radius * cosl(angle) + 0.0065L;
		to[1] = radius * sinl(angle) + 0.006L;
	}
}

/* Pairs that are public; the second is BD-09 of the first, which is GCJ-02 of some place. */
static void
test_known(void)
{
	static const double place[2] = { 116.404, 39.915 };
	static const double gcj02[2] = { 116.41024449916938, 39.91640428150164 };
	static const double bd09[2] = { 116.41036949371029, 39.92133699351021 };
	double wgs84[2];
	double result[2];

	shift(RUI_SHIFT_WGS84_TO_GCJ02, place, result);
	CHECK(distance(result, gcj02) < 1e-12);
	shift(RUI_SHIFT_GCJ02_TO_WGS84, gcj02, result);
	CHECK(distance(result, place) < 1e-12);
	shift(RUI_SHIFT_GCJ02_TO_WGS84, place, wgs84);
	shift(RUI_SHIFT_WGS84_TO_BD09, wgs84, result);
	CHECK(distance(result, bd09) < 1e-12);
	shift(RUI_SHIFT_BD09_TO_WGS84, bd09, result);
	CHECK(distance(result, wgs84) < 1e-12);
}

static void
test_inside(void)
{
	rui_random random = { 31 };
	int round;

	for (round = 0; round < 200000; round++)
	{
		double place[2] = { between(&random, rectangle[0], rectangle[2]),
							between(&random, rectangle[1], rectangle[3]) };
		int bd09;

		/* a bend of the formula, near to and on it, and the corners and borders */
		if (round % 16 == 0)
			place[0] = 105 + (round % 32 == 0 ? 0 : between(&random, -1e-9, 1e-9));
		if (round % 16 == 1)
			place[1] = 35;
		if (round % 16 == 2 || round % 64 == 3)
			place[0] = rectangle[round % 5 < 3 ? 0 : 2];
		if (round % 16 == 4 || round % 64 == 3)
			place[1] = rectangle[round % 5 < 3 ? 1 : 3];
		if (round % 16 == 5)
			place[0] = fmin(place[0], rectangle[0] + 1e-8 * uniform(&random));
		for (bd09 = 0; bd09 < 2; bd09++)
		{
			double shifted[2];
			double result[2];
			double again[2];
			long double wanted[2];

			unit_note("round %d, bd09 %d: %.17g %.17g", round, bd09, place[0], place[1]);
			shift(forth[bd09], place, shifted);
			model(bd09 == 1, place, wanted);
			CHECK(fabsl(shifted[0] - wanted[0]) < 2e-13L && fabsl(shifted[1] - wanted[1]) < 2e-13L);
			CHECK(distance(place, shifted) < RUI_GEODESY_MARGIN);
			CHECK(distance(place, shifted) > 1e-5);
			shift(back[bd09], shifted, result);
			CHECK(distance(place, result) < 1e-11);
			CHECK(is_inside(result));
			shift(forth[bd09], result, again);
			CHECK(distance(shifted, again) < 1e-11);
		}
	}
}

/* Across the border: who is shifted, who comes back, who shares coordinates. */
static void
test_borders(void)
{
	rui_random random = { 32 };
	int round;
	long met[2][4] = { { 0 } };

	for (round = 0; round < 200000; round++)
	{
		int side = round % 4;
		double place[2] = { between(&random, rectangle[0] - 0.06, rectangle[2] + 0.06),
							between(&random, rectangle[1] - 0.06, rectangle[3] + 0.06) };
		int bd09;

		place[side % 2] = rectangle[side] + between(&random, -0.06, 0.06);
		for (bd09 = 0; bd09 < 2; bd09++)
		{
			double shifted[2];
			double result[2];
			double again[2];

			unit_note("round %d, bd09 %d: %.17g %.17g", round, bd09, place[0], place[1]);
			/* as a place */
			shift(forth[bd09], place, shifted);
			shift(back[bd09], shifted, result);
			if (is_inside(place))
			{
				CHECK(distance(place, shifted) > 1e-5 && distance(place, result) < 1e-11);
				met[bd09][0]++;
			}
			else
			{
				CHECK(distance(place, shifted) == 0);
				if (distance(place, result) == 0)
					met[bd09][1]++;
				else
				{
					/* somebody inside has the same coordinates */
					shift(forth[bd09], result, again);
					CHECK(is_inside(result) && distance(again, shifted) < 1e-11);
					CHECK(from_border(place) < 0.02);
					met[bd09][2]++;
				}
			}
			/* as coordinates of a map */
			shift(back[bd09], place, result);
			shift(forth[bd09], result, again);
			if (distance(again, place) >= 1e-11)
			{
				/* no place is shifted to it: it is left alone */
				CHECK(is_inside(place) && distance(result, place) == 0);
				CHECK(from_border(place) < 0.02);
				met[bd09][3]++;
			}
		}
	}
	for (round = 0; round < 8; round++)
		CHECK(met[round / 4][round % 4] > 100);
}

static void
test_outside(void)
{
	static const double odd[][2] = {
		{ 0, 0 },
		{ -0.0, -0.0 },
		{ 180, 90 },
		{ -180, -90 },
		{ 139.7, 35.7 },
		{ 71.9, 30 },
		{ 100, 56 },
		{ 100, -10 },
	};
	rui_random random = { 33 };
	int kind;
	int i;

	for (i = 0; i < 20000; i++)
	{
		double place[2] = { between(&random, -180, 180), between(&random, -90, 90) };
		double result[2];

		if (i < (int) (sizeof odd / sizeof odd[0]))
			memcpy(place, odd[i], sizeof place);
		unit_note("place %.17g %.17g", place[0], place[1]);
		if (place[0] > rectangle[0] - 0.06 && place[0] < rectangle[2] + 0.06 &&
			place[1] > rectangle[1] - 0.06 && place[1] < rectangle[3] + 0.06)
			continue;
		for (kind = 0; kind < 4; kind++)
		{
			shift(kind, place, result);
			CHECK(memcmp(place, result, sizeof place) == 0);
		}
	}
}

static void
test_refusals(void)
{
	static const double bad[][2] = {
		{ 180.0001, 0 },
		{ 0, -90.5 },
		{ NAN, 0 },
		{ 0, NAN },
		{ INFINITY, 0 },
		{ 500000, 3500000 },
	};
	double xy[2];
	rui_error error;
	int kind;
	int i;

	for (i = 0; i < (int) (sizeof bad / sizeof bad[0]); i++)
		for (kind = 0; kind < 4; kind++)
		{
			unit_note("refusal %d", i);
			memcpy(xy, bad[i], sizeof xy);
			CHECK_INT(rui_geodesy_shift(kind, xy, &error), RUI_RANGE);
			CHECK(memcmp(xy, bad[i], sizeof xy) == 0); /* untouched */
		}
	CHECK_TEXT(error.detail, "Vertex 1 (500000 3500000) is not in [-180, 180] x [-90, 90].");
}

static void
test_geometries(void)
{
	static const double places[4][2] = { { 110, 0 }, { 111, 0 }, { 111, 1 }, { 110, 0 } };
	writer w;
	unsigned char shifted[sizeof w.bytes];
	size_t length = 0;
	double ring[4][2];
	double wanted[2];
	float box[4];
	rui_error error;
	int i;

	unit_note("geometries");
	put_header(&w, 2, 4326, false, false, true, false);
	put_count(&w, RUI_GEOMETRY_POLYGON);
	put_count(&w, 1);
	put_count(&w, 4);
	put_count(&w, 0);
	put_ring(&w, 110, 1);
	CHECK_INT(rui_geodesy_convert(env, RUI_SHIFT_WGS84_TO_BD09, w.bytes, w.length, shifted, &length,
								  &error),
			  RUI_OK);
	CHECK_INT(length, w.length);
	memcpy(ring, shifted + length - sizeof ring, sizeof ring);
	memcpy(box, shifted + 4, sizeof box);
	for (i = 0; i < 4; i++)
	{
		shift(RUI_SHIFT_WGS84_TO_BD09, places[i], wanted);
		CHECK(memcmp(ring[i], wanted, sizeof wanted) == 0);
		CHECK(box[0] <= wanted[0] && box[1] >= wanted[0] && box[2] <= wanted[1] &&
			  box[3] >= wanted[1]);
	}
	put_header(&w, 2, 4490, false, false, false, false);
	put_polygon(&w, 110, 1);
	CHECK_INT(rui_geodesy_convert(env, RUI_SHIFT_WGS84_TO_GCJ02, w.bytes, w.length, shifted,
								  &length, &error),
			  RUI_INVALID);
	CHECK_TEXT(error.part, "SRID 4490");
	CHECK_TEXT(error.hint, "Use ST_Transform(geometry, 4326).");
	put_header(&w, 2, 0, false, false, false, false);
	put_polygon(&w, 175, 1);
	CHECK_INT(rui_geodesy_convert(env, RUI_SHIFT_WGS84_TO_GCJ02, w.bytes, w.length, shifted,
								  &length, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.detail, "Vertex 2 (185 0) is not in [-180, 180] x [-90, 90].");
}

int
main(void)
{
	test_known();
	test_inside();
	test_borders();
	test_outside();
	test_refusals();
	test_geometries();
	return unit_finish("geodesy");
}
