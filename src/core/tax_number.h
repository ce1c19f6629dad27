/* SPDX-License-Identifier: PostgreSQL
 *
 * tax_number.h
 *	  Tax numbers of Chinese enterprises: their form and check characters.
 */
#ifndef RUI_TAX_NUMBER_H
#define RUI_TAX_NUMBER_H

#include "core/rui_core.h"

typedef enum rui_tax_number_form
{
	RUI_TAX_NUMBER_NONE = 0,
	RUI_TAX_NUMBER_CREDIT_CODE, /* 18 characters, by GB 32100-2015 */
	RUI_TAX_NUMBER_OLD /* 15 characters, of the time before */
} rui_tax_number_form;

/*
 * The check character, the 18th, of a unified social credit code, from its
 * first 17, by GB 32100-2015: the sum of the values times 3^(i - 1) mod 31
 * must be 0 mod 31 with it.  Characters are digits and capital letters
 * without I, O, S, V and Z; the third to eighth are digits of a region.
 * Returns '\0' when the 17 cannot begin a code.
 */
extern char rui_tax_number_credit_check(const char *bytes);

/*
 * The check character, the ninth, of an organisation code, from its first
 * eight digits and capital letters, by GB 11714-1997: a weighted sum mod 11,
 * X for ten.  Returns '\0' when the eight cannot begin a code.
 */
extern char rui_tax_number_organisation_check(const char *bytes);

/*
 * What kind of number an enterprise's tax number is, of length bytes:
 * RUI_TAX_NUMBER_CREDIT_CODE with the right check character;
 * RUI_TAX_NUMBER_OLD, six digits of a region and an organisation code with
 * the right check character; else RUI_TAX_NUMBER_NONE.  Nothing is trimmed,
 * and small letters are not read as capitals.
 */
extern rui_tax_number_form rui_tax_number_read(const char *bytes, size_t length);

#endif /* RUI_TAX_NUMBER_H */
