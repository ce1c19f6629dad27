/* SPDX-License-Identifier: PostgreSQL
 *
 * tax_number.c
 *	  Tax numbers of Chinese enterprises: their form and check characters.
 */
#include "core/tax_number.h"

#include <string.h>

#define CREDIT_CODE_LENGTH 18
#define OLD_LENGTH 15
#define REGION_DIGITS 6

/* In the order of their values, by GB 32100-2015. */
static const char credit_characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
#define CREDIT_BASE 31

static bool
is_digit(char character)
{
	return character >= '0' && character <= '9';
}

char
rui_tax_number_credit_check(const char *bytes)
{
	int weight = 1;
	int sum = 0;
	int i;

	for (i = 0; i < CREDIT_CODE_LENGTH - 1; i++)
	{
		const char *place =
			bytes[i] == '\0' ? NULL : memchr(credit_characters, bytes[i], CREDIT_BASE);

		if (place == NULL || (i >= 2 && i < 2 + REGION_DIGITS && !is_digit(bytes[i])))
			return '\0';
		sum += (int) (place - credit_characters) * weight;
		weight = weight * 3 % CREDIT_BASE;
	}
	return credit_characters[(CREDIT_BASE - sum % CREDIT_BASE) % CREDIT_BASE];
}

char
rui_tax_number_organisation_check(const char *bytes)
{
	static const int weights[] = { 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;
	int check;
	int i;

	for (i = 0; i < 8; i++)
	{
		if (is_digit(bytes[i]))
			sum += (bytes[i] - '0') * weights[i];
		else if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			sum += (bytes[i] - 'A' + 10) * weights[i];
		else
			return '\0';
	}
	check = (11 - sum % 11) % 11;
	return check == 10 ? 'X' : (char) ('0' + check);
}

rui_tax_number_form
rui_tax_number_read(const char *bytes, size_t length)
{
	if (length == CREDIT_CODE_LENGTH)
	{
		char check = rui_tax_number_credit_check(bytes);

		if (check != '\0' && check == bytes[CREDIT_CODE_LENGTH - 1])
			return RUI_TAX_NUMBER_CREDIT_CODE;
	}
	else if (length == OLD_LENGTH)
	{
		char check = rui_tax_number_organisation_check(bytes + REGION_DIGITS);
		int i;

		for (i = 0; i < REGION_DIGITS; i++)
			if (!is_digit(bytes[i]))
				return RUI_TAX_NUMBER_NONE;
		if (check != '\0' && check == bytes[OLD_LENGTH - 1])
			return RUI_TAX_NUMBER_OLD;
	}
	return RUI_TAX_NUMBER_NONE;
}
