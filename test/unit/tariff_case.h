/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_case.h
 *	  Cases of tariffs for unit tests: read, charge, compare.
 */
#ifndef RUI_TARIFF_CASE_H
#define RUI_TARIFF_CASE_H

#include "unit.h"

#include "core/tariff.h"

static inline rui_decimal
decimal(const char *text)
{
	rui_decimal result = rui_decimal_zero;
	rui_error error;

	CHECK(rui_decimal_read(text, strlen(text), &result, &error) == RUI_OK);
	return result;
}

static inline const char *
print(rui_decimal number)
{
	static char texts[4][96];
	static int next;

	next = (next + 1) % 4;
	rui_decimal_print(number, texts[next], sizeof texts[next]);
	return texts[next];
}

/* JSON with ' for ". */
static inline const char *
json(const char *text)
{
	static char texts[4][1024];
	static int next;
	size_t i;

	next = (next + 1) % 4;
	for (i = 0; i + 1 < sizeof texts[0] && text[i] != '\0'; i++)
		texts[next][i] = text[i] == '\'' ? '"' : text[i];
	texts[next][i] = '\0';
	return texts[next];
}

static inline rui_tariff *
tariff(const char *quoted)
{
	const char *text = json(quoted);
	rui_tariff *result = NULL;
	rui_error error = { 0 };

	if (!CHECK(rui_tariff_read(&rui_env_malloc, text, strlen(text), &result, &error) == RUI_OK))
		printf("    %s: %s\n", error.part, error.detail);
	return result;
}

/* Usage from a quantity, or from JSON where the text begins with a brace. */
static inline rui_status
read_usage(const rui_tariff *value, const char *text, rui_usage *usage, rui_error *error)
{
	if (text[0] != '{' && text[0] != '[')
		return rui_usage_of_quantity(&rui_env_malloc, value, decimal(text), usage, error);
	text = json(text);
	return rui_usage_read(&rui_env_malloc, value, text, strlen(text), usage, error);
}

/* The charge; and its lines sum to net, or to gross where tax is included. */
static inline void
check_charge(const char *text, const char *quantity, const char *net, const char *tax,
			 const char *gross)
{
	rui_tariff *value = tariff(text);
	rui_charge_steps steps = { 0 };
	rui_decimal sum = rui_decimal_zero;
	rui_charged charged;
	rui_charged alone;
	rui_usage usage = { 0 };
	rui_error error = { 0 };
	size_t i;

	unit_note("%s of %s", text, quantity);
	if (value == NULL)
		return;
	if (!CHECK(read_usage(value, quantity, &usage, &error) == RUI_OK))
		printf("    %s: %s\n", error.part, error.detail);
	CHECK(rui_tariff_charge(&rui_env_malloc, value, &usage, &charged, &steps, &error) == RUI_OK);
	CHECK(rui_tariff_charge(&rui_env_malloc, value, &usage, &alone, NULL, &error) == RUI_OK);
	rui_usage_release(&rui_env_malloc, &usage);
	CHECK(rui_decimal_compare(charged.net, alone.net) == 0 &&
		  rui_decimal_compare(charged.gross, alone.gross) == 0);
	CHECK_TEXT(print(charged.net), net);
	CHECK_TEXT(print(charged.tax), tax);
	CHECK_TEXT(print(charged.gross), gross);
	CHECK_INT(charged.net.scale, value->scale);
	CHECK_INT(charged.tax.scale, value->scale);
	CHECK_INT(charged.gross.scale, value->scale);
	for (i = 0; i < steps.count; i++)
	{
		rui_decimal product;

		CHECK(rui_decimal_add(sum, steps.items[i].amount, &sum, &error) == RUI_OK);
		if (!steps.items[i].has_quantity)
			continue;
		CHECK(rui_decimal_multiply(steps.items[i].quantity, steps.items[i].price, &product,
								   &error) ==
			  RUI_OK);
		CHECK(rui_decimal_compare(product, steps.items[i].amount) == 0);
	}
	CHECK(rui_decimal_compare(sum, value->tax_inclusive ? charged.gross : charged.net) == 0);
	rui_release(&rui_env_malloc, steps.items);
	rui_tariff_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

#endif /* RUI_TARIFF_CASE_H */
