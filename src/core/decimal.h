/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.h
 *	  Exact decimal numbers: value / 10^scale, in 128 bits.
 *
 * Numbers that come and go have at most RUI_DECIMAL_SCALE decimals.  Products
 * keep all of theirs, so that a sum of products is exact and is rounded once
 * at its end.  What does not fit fails with RUI_RANGE; nothing is rounded or
 * wrapped silently.
 */
#ifndef RUI_DECIMAL_H
#define RUI_DECIMAL_H

#include "core/json.h"
#include "core/text.h"

/* Memory of a host may be aligned to 8 bytes only. */
typedef __int128 rui_int128 __attribute__((aligned(8)));
typedef unsigned __int128 rui_uint128 __attribute__((aligned(8)));

#define RUI_DECIMAL_SCALE 12
/* Of an exact product of three such numbers. */
#define RUI_DECIMAL_PRODUCT_SCALE (3 * RUI_DECIMAL_SCALE)
/* |value| < 10^RUI_DECIMAL_DIGITS. */
#define RUI_DECIMAL_DIGITS 38
/* Bytes of any number's text, with sign, point, leading zero and NUL. */
#define RUI_DECIMAL_ROOM (RUI_DECIMAL_DIGITS + RUI_DECIMAL_PRODUCT_SCALE + 4)

typedef struct rui_decimal
{
	rui_int128 value;
	int32_t scale; /* 0 to RUI_DECIMAL_PRODUCT_SCALE */
	int32_t unused; /* zero */
} rui_decimal;

static const rui_decimal rui_decimal_zero = { 0, 0, 0 };
static const rui_decimal rui_decimal_one = { 1, 0, 0 };

typedef enum rui_rounding
{
	RUI_HALF_UP, /* to nearest, halves away from zero */
	RUI_HALF_EVEN, /* to nearest, halves to the even neighbour */
	RUI_UP, /* away from zero */
	RUI_DOWN, /* towards zero */
	RUI_CEILING, /* towards +infinity */
	RUI_FLOOR /* towards -infinity */
} rui_rounding;

/* The names half_up … floor, ended by NULL. */
extern const char *const rui_rounding_names[];
/* The mode of a name; false when it is not one. */
extern bool rui_rounding_find(const char *name, rui_rounding *mode);

/*
 * Does a number that lies between two neighbours go to the one away from
 * zero?  odd: the other neighbour is odd; exact: it lies on that one; half:
 * the sign of its distance from the middle.
 */
extern bool rui_rounds_away(rui_rounding mode, bool negative, bool odd, bool exact, int half);

/* 10^exponent for exponents 0 to RUI_DECIMAL_DIGITS. */
extern rui_uint128 rui_power_of_ten(int exponent);

static inline rui_decimal
rui_decimal_integer(int64_t value)
{
	rui_decimal result = { value, 0, 0 };

	return result;
}

/*
 * Read digits with an optional minus sign and decimal point, as in -12.50:
 * RUI_SYNTAX on anything else, RUI_RANGE beyond 38 digits or 12 decimals
 * (zeros at the end do not count).
 */
extern rui_status rui_decimal_read(const char *text, size_t length, rui_decimal *result,
								   rui_error *error);
/* Append the shortest such text: equal numbers have equal texts. */
extern void rui_decimal_write(rui_text *text, rui_decimal number);
/* The same ended by NUL, for messages; cut to fit size. */
extern void rui_decimal_print(rui_decimal number, char *target, size_t size);

/* A JSON string that holds a decimal; RUI_INVALID naming its path otherwise. */
extern rui_status rui_json_decimal(const rui_json *value, rui_decimal *result, rui_error *error);

extern rui_status rui_decimal_add(rui_decimal a, rui_decimal b, rui_decimal *result,
								  rui_error *error);
extern rui_status rui_decimal_subtract(rui_decimal a, rui_decimal b, rui_decimal *result,
									   rui_error *error);
extern rui_status rui_decimal_multiply(rui_decimal a, rui_decimal b, rui_decimal *result,
									   rui_error *error);
/* Bring to that many decimals; the result has exactly this scale. */
extern rui_status rui_decimal_round(rui_decimal a, int scale, rui_rounding mode,
									rui_decimal *result, rui_error *error);
/*
 * number × numerator / denominator with that many decimals, rounded once from
 * the exact quotient; products of any size.  The denominator is not zero.
 */
extern rui_status rui_decimal_ratio(rui_decimal number, rui_decimal numerator,
									rui_decimal denominator, int scale, rui_rounding mode,
									rui_decimal *result, rui_error *error);

/* -1, 0 or 1. */
extern int rui_decimal_compare(rui_decimal a, rui_decimal b);

static inline int
rui_decimal_sign(rui_decimal a)
{
	return a.value < 0 ? -1 : a.value > 0;
}

static inline rui_decimal
rui_decimal_negate(rui_decimal a)
{
	a.value = -a.value;
	return a;
}

/* Without zeros at the end of its decimals: equal numbers become identical. */
extern rui_decimal rui_decimal_normalize(rui_decimal a);
extern bool rui_decimal_is_whole(rui_decimal a);

/*
 * floor(a × b / divisor) and the remainder.  Exact for all a and b; false when the
 * quotient does not fit.  divisor > 0 and below 2^127.
 */
extern bool rui_multiply_divide(rui_uint128 a, rui_uint128 b, rui_uint128 divisor,
								rui_uint128 *quotient, rui_uint128 *remainder);

#endif /* RUI_DECIMAL_H */
