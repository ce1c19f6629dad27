/* SPDX-License-Identifier: PostgreSQL
 *
 * natural.c
 *	  Unit tests of natural numbers of any size.
 */
#include "unit.h"

#include "core/natural.h"

#define LIMBS 48

typedef struct number
{
	uint32_t limbs[LIMBS];
	rui_natural natural;
} number;

static rui_natural *
start(number *n)
{
	memset(n->limbs, 0xEE, sizeof n->limbs);
	n->natural.limbs = n->limbs;
	n->natural.count = 0;
	return &n->natural;
}

/* Digits in base 10, by repeated division. */
static const char *
print(const rui_natural *natural)
{
	static char texts[2][LIMBS * 10 + 2];
	static int next;
	number copy;
	char *at;

	next = 1 - next;
	at = texts[next] + sizeof texts[next] - 1;
	*at = '\0';
	rui_natural_copy(start(&copy), natural);
	do
		*--at = (char) ('0' + rui_natural_divide_by(&copy.natural, 10));
	while (copy.natural.count > 0);
	return at;
}

static void
test_by_hand(void)
{
	number a;
	number b;
	number c;
	rui_uint128 value;

	rui_natural_set(start(&a), 0);
	CHECK_TEXT(print(&a.natural), "0");
	rui_natural_set(&a.natural, rui_power_of_ten(37));
	rui_natural_multiply_power_of_ten(&a.natural, 23);
	CHECK_TEXT(print(&a.natural), "1000000000000000000000000000000000000000000000000000000000000");
	CHECK(!rui_natural_get(&a.natural, &value));
	rui_natural_set(start(&b), 1);
	rui_natural_subtract(&a.natural, &b.natural);
	CHECK_TEXT(print(&a.natural), "999999999999999999999999999999999999999999999999999999999999");
	rui_natural_add(&a.natural, &b.natural);
	rui_natural_set(&b.natural, 7);
	rui_natural_divide(&a.natural, &b.natural, start(&c));
	CHECK_TEXT(print(&c.natural), "142857142857142857142857142857142857142857142857142857142857");
	CHECK_TEXT(print(&a.natural), "1");
	rui_natural_set(&a.natural, rui_power_of_ten(38) - 1);
	CHECK(rui_natural_get(&a.natural, &value) && value == rui_power_of_ten(38) - 1);
	rui_natural_set(&a.natural, rui_power_of_ten(38));
	CHECK(!rui_natural_get(&a.natural, &value));
	/* A number less itself is nothing. */
	rui_natural_subtract(&a.natural, &a.natural);
	CHECK_INT(a.natural.count, 0);
	rui_natural_multiply_by(&a.natural, 17);
	CHECK_INT(a.natural.count, 0);
	/* Knuth's rare case: the guessed digit is one too large. */
	start(&a);
	a.natural.count = 5;
	memcpy(a.limbs, (uint32_t[]){ 0, 0, 0, UINT32_C(0x80000000), UINT32_C(0x7FFFFFFF) }, 20);
	start(&b);
	b.natural.count = 3;
	memcpy(b.limbs, (uint32_t[]){ 1, 0, UINT32_C(0x80000000) }, 12);
	rui_natural_divide(&a.natural, &b.natural, start(&c));
	CHECK_TEXT(print(&c.natural), "18446744069414584319");
}

static void
make(rui_random *random, number *n, size_t most)
{
	size_t i;

	start(n);
	n->natural.count = rui_random_below(random, most + 1);
	for (i = 0; i < n->natural.count; i++)
	{
		/* Limbs at the edges make carries and wrong guesses. */
		uint64_t kind = rui_random_below(random, 4);

		n->limbs[i] = kind == 0 ? 0
			: kind == 1			? UINT32_MAX
								: (uint32_t) rui_random_next(random);
	}
	while (n->natural.count > 0 && n->limbs[n->natural.count - 1] == 0)
		n->natural.count--;
}

static void
test_laws(void)
{
	rui_random random = { 42 };
	int i;

	for (i = 0; i < 50000; i++)
	{
		number a;
		number b;
		number quotient;
		number rest;
		number product;
		number divisor;

		unit_note("seed 42 case %d", i);
		make(&random, &a, 14);
		make(&random, &b, 8);
		if (b.natural.count == 0)
			continue;
		rui_natural_copy(start(&rest), &a.natural);
		rui_natural_copy(start(&divisor), &b.natural);
		rui_natural_divide(&rest.natural, &divisor.natural, start(&quotient));
		CHECK(rui_natural_compare(&divisor.natural, &b.natural) == 0);
		CHECK(rui_natural_compare(&rest.natural, &b.natural) < 0);
		rui_natural_multiply(start(&product), &quotient.natural, &b.natural);
		rui_natural_add(&product.natural, &rest.natural);
		CHECK(rui_natural_compare(&product.natural, &a.natural) == 0);
		/* a + b - a = b, and a product commutes. */
		rui_natural_copy(&rest.natural, &a.natural);
		rui_natural_add(&rest.natural, &b.natural);
		CHECK(rui_natural_compare(&rest.natural, &a.natural) > 0);
		rui_natural_subtract(&rest.natural, &a.natural);
		CHECK(rui_natural_compare(&rest.natural, &b.natural) == 0);
		rui_natural_multiply(&product.natural, &a.natural, &b.natural);
		rui_natural_multiply(&quotient.natural, &b.natural, &a.natural);
		CHECK(rui_natural_compare(&product.natural, &quotient.natural) == 0);
		/* By 64 bits as by a number. */
		rui_natural_set(&divisor.natural, rui_random_next(&random) | 1);
		rui_natural_copy(&rest.natural, &a.natural);
		CHECK(rui_natural_remainder_by(&a.natural, divisor.limbs[0]) ==
			  rui_natural_divide_by(&rest.natural, divisor.limbs[0]));
	}
	unit_note("%s", "");
}

int
main(void)
{
	test_by_hand();
	test_laws();
	return unit_finish("natural");
}
