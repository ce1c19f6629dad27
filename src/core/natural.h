/* SPDX-License-Identifier: PostgreSQL
 *
 * natural.h
 *	  Natural numbers of any size, for exact fractions with many denominators.
 *
 * A number stands in limbs that its owner provides, enough for every result:
 * nothing here allocates or fails.  A product needs the limbs of both its
 * factors, a sum one more than the larger of its terms.
 */
#ifndef RUI_NATURAL_H
#define RUI_NATURAL_H

#include "core/decimal.h"

#define RUI_LIMB_BITS 32

typedef struct rui_natural
{
	uint32_t *limbs; /* lowest first */
	size_t count; /* in use; the highest is not zero; 0: the number 0 */
} rui_natural;

extern void rui_natural_set(rui_natural *number, rui_uint128 value);
extern void rui_natural_copy(rui_natural *to, const rui_natural *from);
/* The value, when it has at most RUI_DECIMAL_DIGITS digits; else false. */
extern bool rui_natural_get(const rui_natural *number, rui_uint128 *value);

extern int rui_natural_compare(const rui_natural *a, const rui_natural *b);
extern void rui_natural_add(rui_natural *a, const rui_natural *b);
/* a - b, where a >= b. */
extern void rui_natural_subtract(rui_natural *a, const rui_natural *b);

/* product = a × b; product is neither of them. */
extern void rui_natural_multiply(rui_natural *product, const rui_natural *a,
								 const rui_natural *b);
/* In place. */
extern void rui_natural_multiply_by(rui_natural *number, uint64_t factor);
extern void rui_natural_multiply_power_of_ten(rui_natural *number, int exponent);

/* In place; returns the remainder.  The divisor is not zero. */
extern uint64_t rui_natural_divide_by(rui_natural *number, uint64_t divisor);
extern uint64_t rui_natural_remainder_by(const rui_natural *number, uint64_t divisor);
/*
 * quotient = number / divisor, number becomes the remainder.  The number needs
 * one limb more than it uses; divisor is not zero and is scaled meanwhile.
 */
extern void rui_natural_divide(rui_natural *number, rui_natural *divisor,
							   rui_natural *quotient);

#endif /* RUI_NATURAL_H */
