/* SPDX-License-Identifier: PostgreSQL
 *
 * exact.c
 *	  Exact signs against 128-bit integers, and laws where none fit.
 */
#include "unit.h"

#include <math.h>

#include "core/exact.h"

typedef __int128 wide;

static int
integer_side(const int64_t *a, const int64_t *b, const int64_t *p)
{
	wide side = (wide) (b[0] - a[0]) * (p[1] - a[1]) - (wide) (p[0] - a[0]) * (b[1] - a[1]);

	return (side > 0) - (side < 0);
}

static int64_t
below(rui_random *random, int64_t bound)
{
	return (int64_t) rui_random_below(random, (uint64_t) (2 * bound + 1)) - bound;
}

/* Doubles hold integers of 53 bits: products of 107 bits need the long way. */
static void
test_integers(void)
{
	rui_random random = { 1 };
	long zeros = 0;
	long close = 0;
	int i;

	for (i = 0; i < 400000; i++)
	{
		int64_t size = INT64_C(1) << (2 + rui_random_below(&random, 50));
		int64_t v[3][2];
		double d[3][2];
		int expected;
		int k;

		for (k = 0; k < 4; k++)
			v[k / 2][k % 2] = below(&random, size);
		if (i % 2 == 0)
		{
			/* on the line or next to it */
			int64_t t = below(&random, 3);

			v[1][0] = v[0][0] + (v[1][0] - v[0][0]) / 3 * 3;
			v[1][1] = v[0][1] + (v[1][1] - v[0][1]) / 3 * 3;
			v[2][0] = v[0][0] + (v[1][0] - v[0][0]) / 3 * t + below(&random, 1) * (i % 4 == 0);
			v[2][1] = v[0][1] + (v[1][1] - v[0][1]) / 3 * t + below(&random, 1) * (i % 4 == 0);
		}
		else
			for (k = 0; k < 2; k++)
				v[2][k] = below(&random, size);
		for (k = 0; k < 6; k++)
			d[k / 2][k % 2] = (double) v[k / 2][k % 2];
		expected = integer_side(v[0], v[1], v[2]);
		unit_note("case %d", i);
		CHECK_INT(rui_exact_side(d[0], d[1], d[2]), expected);
		zeros += expected == 0;
		close += i % 4 == 0 && size > (1 << 30) && expected != 0;
	}
	unit_note("%ld on the line, %ld beside it", zeros, close);
	CHECK(zeros > 50000 && close > 20000);
}

/* Any doubles: scaling by powers of two, turning round and swapping keep or
 * change the sign as they must. */
static void
test_laws(void)
{
	rui_random random = { 2 };
	long rounded = 0;
	int i;

	for (i = 0; i < 200000; i++)
	{
		double v[3][2];
		double moved[3][2];
		double t = (double) (rui_random_next(&random) >> 11) * 0x1p-53;
		int scale = (int) below(&random, 150);
		double side;
		int sign;
		int k;

		for (k = 0; k < 4; k++)
			v[k / 2][k % 2] = ldexp((double) below(&random, INT64_C(1) << 52),
									-(int) rui_random_below(&random, 60));
		for (k = 0; k < 2; k++)
			v[2][k] = v[0][k] + t * (v[1][k] - v[0][k]);
		sign = rui_exact_side(v[0], v[1], v[2]);
		unit_note("case %d", i);
		CHECK_INT(rui_exact_side(v[1], v[0], v[2]), -sign);
		CHECK_INT(rui_exact_side(v[1], v[2], v[0]), sign);
		CHECK_INT(rui_exact_side(v[2], v[0], v[1]), sign);
		CHECK_INT(rui_exact_side(v[0], v[1], v[0]), 0);
		for (k = 0; k < 6; k++)
			moved[k / 2][k % 2] = ldexp(v[k / 2][k % 2], scale);
		CHECK_INT(rui_exact_side(moved[0], moved[1], moved[2]), sign);
		for (k = 0; k < 6; k++)
			moved[k / 2][k % 2] = v[k / 2][1 - k % 2];
		CHECK_INT(rui_exact_side(moved[0], moved[1], moved[2]), -sign);
		side = (v[1][0] - v[0][0]) * (v[2][1] - v[0][1]) -
			(v[2][0] - v[0][0]) * (v[1][1] - v[0][1]);
		rounded += sign != (side > 0) - (side < 0);
	}
	unit_note("%ld would have been rounded", rounded);
	CHECK(rounded > 10000);
}

int
main(void)
{
	test_integers();
	test_laws();
	return unit_finish("exact");
}
