/* SPDX-License-Identifier: PostgreSQL
 *
 * tax_number.c
 *	  Tax numbers: the standards' examples, every single error, every swap.
 */
#include "unit.h"

#include "core/tax_number.h"

static const char characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static rui_tax_number_form
kind(const char *number)
{
	return rui_tax_number_read(number, strlen(number));
}

static void
check_examples(void)
{
	/* Of GB 32100-2015 and of GB 11714-1997. */
	CHECK(kind("91350100M000100Y43") == RUI_TAX_NUMBER_CREDIT_CODE);
	CHECK(rui_tax_number_organisation_check("D2143569") == 'X');
	CHECK(kind("91320102MA1MUY2LX5") == RUI_TAX_NUMBER_CREDIT_CODE);
	CHECK(kind("320102D2143569X") == RUI_TAX_NUMBER_OLD);
	CHECK(kind("320102123456788") == RUI_TAX_NUMBER_OLD);
	CHECK(kind("") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("91350100M000100Y44") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("91350100m000100y43") == RUI_TAX_NUMBER_NONE);
	CHECK(kind(" 91350100M000100Y43") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("91350100M000100Y4") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("913501X0M000100Y43") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("32010X123456788") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("320102123456789") == RUI_TAX_NUMBER_NONE);
	CHECK(kind("32010212345678x") == RUI_TAX_NUMBER_NONE);
	/* A NUL is no character, though the alphabet ends with one. */
	CHECK(rui_tax_number_read("91350100M\0"
							  "00100Y43",
							  18) == RUI_TAX_NUMBER_NONE);
}

/* One wrong character never passes, nor do two that changed places, but for
 * the first and the last: 31 is prime, and only these have equal weights. */
static void
check_errors(void)
{
	uint64_t seed = 20261126;
	rui_random random = { seed };
	int round;

	for (round = 0; round < 2000; round++)
	{
		char code[19];
		char changed[19];
		int i;
		int j;

		for (i = 0; i < 17; i++)
			code[i] = characters[rui_random_below(&random, i >= 2 && i < 8 ? 10 : 31)];
		code[17] = rui_tax_number_credit_check(code);
		code[18] = '\0';
		unit_note("seed %" PRIu64 ", %s", seed, code);
		CHECK(kind(code) == RUI_TAX_NUMBER_CREDIT_CODE);
		i = (int) rui_random_below(&random, 18);
		memcpy(changed, code, sizeof code);
		changed[i] = characters[rui_random_below(&random, 31)];
		CHECK((kind(changed) == RUI_TAX_NUMBER_CREDIT_CODE) == (changed[i] == code[i]));
		j = (int) rui_random_below(&random, 18);
		memcpy(changed, code, sizeof code);
		changed[i] = code[j];
		changed[j] = code[i];
		if (code[i] != code[j])
			unit_count("swapped");
		CHECK(code[i] == code[j] || (i + j == 17 && i * j == 0) ||
			  kind(changed) == RUI_TAX_NUMBER_NONE);
	}
}

int
main(void)
{
	check_examples();
	check_errors();
	return unit_finish("tax_number");
}
