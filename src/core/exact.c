/* SPDX-License-Identifier: PostgreSQL
 *
 * exact.c
 *	  Signs of geometric determinants of doubles, never wrong.
 *
 * An expansion is an array of doubles, the smallest first, that do not
 * overlap: its sign is that of the last one that is not zero.
 */
#include "core/exact.h"

#include <math.h>

#define SPLITTER 134217729.0 /* 2^27 + 1 */
#define TERMS 16

/* a + b = result + *rest, exactly; volatile, lest wider registers keep more. */
static double
add(double a, double b, double *rest)
{
	volatile double sum = a + b;
	volatile double b_part = sum - a;
	volatile double a_part = sum - b_part;

	*rest = (a - a_part) + (b - b_part);
	return sum;
}

/* The upper half of the bits of a. */
static double
upper_half(double a)
{
	volatile double wide = SPLITTER * a;
	volatile double lower = wide - a;

	return wide - lower;
}

/* a * b = result + *rest, exactly. */
static double
multiply(double a, double b, double *rest)
{
	volatile double product = a * b;
	double a_upper = upper_half(a);
	double b_upper = upper_half(b);
	double a_lower = a - a_upper;
	double b_lower = b - b_upper;
	volatile double error = product - a_upper * b_upper;

	error -= a_lower * b_upper;
	error -= a_upper * b_lower;
	*rest = a_lower * b_lower - error;
	return product;
}

static void
grow(double *expansion, int *count, double number)
{
	int i;

	for (i = 0; i < *count; i++)
		number = add(number, expansion[i], &expansion[i]);
	expansion[(*count)++] = number;
}

/* Add sign times the product of two differences, each in two parts. */
static void
grow_product(double *expansion, int *count, const double *left, const double *right, double sign)
{
	int i;

	for (i = 0; i < 4; i++)
	{
		double rest;
		double product = multiply(left[i & 1], right[i >> 1], &rest);

		grow(expansion, count, sign * rest);
		grow(expansion, count, sign * product);
	}
}

static int
sign_of(double value)
{
	return (value > 0) - (value < 0);
}

int
rui_exact_side(const double *a, const double *b, const double *p)
{
	double left = (b[0] - a[0]) * (p[1] - a[1]);
	double right = (p[0] - a[0]) * (b[1] - a[1]);
	double side = left - right;
	double differences[4][2];
	double expansion[TERMS];
	int count = 0;

	/* Shewchuk's bound is (3 + 16 e) e times the sum, where e = 2^-53. */
	if (fabs(side) > (fabs(left) + fabs(right)) * 0x1p-51)
		return sign_of(side);
	differences[0][0] = add(b[0], -a[0], &differences[0][1]);
	differences[1][0] = add(p[1], -a[1], &differences[1][1]);
	differences[2][0] = add(p[0], -a[0], &differences[2][1]);
	differences[3][0] = add(b[1], -a[1], &differences[3][1]);
	grow_product(expansion, &count, differences[0], differences[1], 1);
	grow_product(expansion, &count, differences[2], differences[3], -1);
	while (count > 0 && expansion[count - 1] == 0)
		count--;
	return count == 0 ? 0 : sign_of(expansion[count - 1]);
}
