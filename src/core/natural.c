/* SPDX-License-Identifier: PostgreSQL
 *
 * natural.c
 *	  Natural numbers of any size, for exact fractions with many denominators.
 *
 * Schoolbook algorithms: the numbers are short.  Division is algorithm D of
 * Knuth, The Art of Computer Programming, volume 2, section 4.3.1.
 */
#include "core/natural.h"

#include <string.h>

static void
trim(rui_natural *number)
{
	while (number->count > 0 && number->limbs[number->count - 1] == 0)
		number->count--;
}

void
rui_natural_set(rui_natural *number, rui_uint128 value)
{
	for (number->count = 0; value > 0; value >>= RUI_LIMB_BITS)
		number->limbs[number->count++] = (uint32_t) value;
}

void
rui_natural_copy(rui_natural *to, const rui_natural *from)
{
	to->count = from->count;
	if (from->count > 0)
		memmove(to->limbs, from->limbs, from->count * sizeof(uint32_t));
}

bool
rui_natural_get(const rui_natural *number, rui_uint128 *value)
{
	rui_uint128 result = 0;
	size_t i;

	if (number->count > sizeof(rui_uint128) / sizeof(uint32_t))
		return false;
	for (i = number->count; i > 0; i--)
		result = (result << RUI_LIMB_BITS) | number->limbs[i - 1];
	if (result >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
		return false;
	*value = result;
	return true;
}

int
rui_natural_compare(const rui_natural *a, const rui_natural *b)
{
	size_t i;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (i = a->count; i > 0; i--)
		if (a->limbs[i - 1] != b->limbs[i - 1])
			return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
	return 0;
}

void
rui_natural_add(rui_natural *a, const rui_natural *b)
{
	uint64_t carry = 0;
	size_t i;

	for (i = 0; i < b->count || carry > 0; i++)
	{
		if (i < a->count)
			carry += a->limbs[i];
		else
			a->count = i + 1;
		if (i < b->count)
			carry += b->limbs[i];
		a->limbs[i] = (uint32_t) carry;
		carry >>= RUI_LIMB_BITS;
	}
	trim(a);
}

void
rui_natural_subtract(rui_natural *a, const rui_natural *b)
{
	uint64_t borrow = 0;
	size_t i;

	for (i = 0; i < b->count || borrow > 0; i++)
	{
		uint64_t taken = borrow + (i < b->count ? b->limbs[i] : 0);

		borrow = a->limbs[i] < taken ? 1 : 0;
		a->limbs[i] = (uint32_t) (a->limbs[i] - taken);
	}
	trim(a);
}

void
rui_natural_multiply(rui_natural *product, const rui_natural *a, const rui_natural *b)
{
	size_t i;
	size_t j;

	product->count = a->count + b->count;
	memset(product->limbs, 0, product->count * sizeof(uint32_t));
	for (i = 0; i < a->count; i++)
	{
		uint64_t carry = 0;

		for (j = 0; j < b->count; j++)
		{
			carry += (uint64_t) a->limbs[i] * b->limbs[j] + product->limbs[i + j];
			product->limbs[i + j] = (uint32_t) carry;
			carry >>= RUI_LIMB_BITS;
		}
		product->limbs[i + j] = (uint32_t) carry;
	}
	trim(product);
}

void
rui_natural_multiply_by(rui_natural *number, uint64_t factor)
{
	rui_uint128 carry = 0;
	size_t i;

	for (i = 0; i < number->count; i++)
	{
		carry += (rui_uint128) number->limbs[i] * factor;
		number->limbs[i] = (uint32_t) carry;
		carry >>= RUI_LIMB_BITS;
	}
	for (; carry > 0; carry >>= RUI_LIMB_BITS)
		number->limbs[number->count++] = (uint32_t) carry;
	trim(number);
}

void
rui_natural_multiply_power_of_ten(rui_natural *number, int exponent)
{
	for (; exponent > 0; exponent -= 19)
		rui_natural_multiply_by(number,
								(uint64_t) rui_power_of_ten(exponent < 19 ? exponent : 19));
}

uint64_t
rui_natural_divide_by(rui_natural *number, uint64_t divisor)
{
	rui_uint128 rest = 0;
	size_t i;

	for (i = number->count; i > 0; i--)
	{
		rest = (rest << RUI_LIMB_BITS) | number->limbs[i - 1];
		number->limbs[i - 1] = (uint32_t) (rest / divisor);
		rest %= divisor;
	}
	trim(number);
	return (uint64_t) rest;
}

uint64_t
rui_natural_remainder_by(const rui_natural *number, uint64_t divisor)
{
	rui_uint128 rest = 0;
	size_t i;

	for (i = number->count; i > 0; i--)
		rest = ((rest << RUI_LIMB_BITS) | number->limbs[i - 1]) % divisor;
	return (uint64_t) rest;
}

/* Shift left by less than a limb, into one limb more where needed. */
static void
shift_left(rui_natural *number, int bits)
{
	rui_natural_multiply_by(number, UINT64_C(1) << bits);
}

static void
shift_right(rui_natural *number, int bits)
{
	rui_natural_divide_by(number, UINT64_C(1) << bits);
}

/*
 * One digit of the quotient: how often divisor (its highest bit set) goes into
 * the limbs from `at` on, which it is taken off.
 */
static uint32_t
divide_step(uint32_t *at, const rui_natural *divisor)
{
	size_t count = divisor->count;
	uint64_t top = ((uint64_t) at[count] << RUI_LIMB_BITS) | at[count - 1];
	uint64_t high = divisor->limbs[count - 1];
	uint64_t guess = top / high;
	uint64_t rest = top % high;
	uint64_t carry = 0;
	int64_t borrow = 0;
	size_t i;

	while (guess > UINT32_MAX ||
		   guess * divisor->limbs[count - 2] > ((rest << RUI_LIMB_BITS) | at[count - 2]))
	{
		guess--;
		rest += high;
		if (rest > UINT32_MAX)
			break;
	}
	for (i = 0; i <= count; i++)
	{
		int64_t difference;

		if (i < count)
			carry += guess * divisor->limbs[i];
		difference = (int64_t) at[i] - (int64_t) (uint32_t) carry + borrow;
		at[i] = (uint32_t) difference;
		borrow = difference < 0 ? -1 : 0;
		carry >>= RUI_LIMB_BITS;
	}
	if (borrow == 0)
		return (uint32_t) guess;
	/* The guess was one too large. */
	for (carry = 0, i = 0; i <= count; i++)
	{
		carry += at[i];
		if (i < count)
			carry += divisor->limbs[i];
		at[i] = (uint32_t) carry;
		carry >>= RUI_LIMB_BITS;
	}
	return (uint32_t) guess - 1;
}

void
rui_natural_divide(rui_natural *number, rui_natural *divisor, rui_natural *quotient)
{
	int bits;
	size_t i;

	quotient->count = 0;
	if (rui_natural_compare(number, divisor) < 0)
		return;
	if (divisor->count <= 2)
	{
		uint64_t small = divisor->limbs[0];

		if (divisor->count == 2)
			small |= (uint64_t) divisor->limbs[1] << RUI_LIMB_BITS;
		rui_natural_copy(quotient, number);
		rui_natural_set(number, rui_natural_divide_by(quotient, small));
		return;
	}
	bits = __builtin_clz(divisor->limbs[divisor->count - 1]);
	shift_left(divisor, bits);
	i = number->count;
	shift_left(number, bits);
	if (number->count == i)
		number->limbs[number->count++] = 0;
	quotient->count = number->count - divisor->count;
	for (i = quotient->count; i > 0; i--)
		quotient->limbs[i - 1] = divide_step(number->limbs + i - 1, divisor);
	trim(quotient);
	trim(number);
	shift_right(number, bits);
	shift_right(divisor, bits);
}
