/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  Fuzz target: what is read has one canonical text, and charges that add up.
 *
 * The input is the text of a tariff, and after a NUL that of usage.
 */
#include <stdlib.h>
#include <string.h>

#include "core/tariff.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* The steps of a charge sum to its total, or the charge is refused. */
static void
check_charge(const rui_tariff *tariff, const rui_usage *usage)
{
	rui_charge_steps steps = { 0 };
	rui_decimal sum = rui_decimal_zero;
	rui_charged charged;
	rui_error error;
	size_t i;

	if (rui_tariff_charge(&rui_env_malloc, tariff, usage, &charged, &steps, &error) == RUI_OK)
	{
		for (i = 0; i < steps.count; i++)
			require(rui_decimal_add(sum, steps.items[i].amount, &sum, &error) == RUI_OK);
		require(rui_decimal_compare(sum, tariff->tax_inclusive ? charged.gross : charged.net) == 0);
		require(rui_decimal_add(charged.net, charged.tax, &sum, &error) == RUI_OK);
		require(rui_decimal_compare(sum, charged.gross) == 0);
	}
	rui_release(&rui_env_malloc, steps.items);
}

static void
check_usage(const rui_tariff *tariff, const char *text, size_t length)
{
	static const rui_decimal quantities[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 12345678, 4, 0 } };
	rui_usage usage;
	rui_error error = { 0 };
	rui_status status;
	size_t i;

	for (i = 0; i < sizeof quantities / sizeof quantities[0]; i++)
	{
		if (rui_usage_of_quantity(&rui_env_malloc, tariff, quantities[i], &usage, &error) != RUI_OK)
			continue;
		check_charge(tariff, &usage);
		rui_usage_release(&rui_env_malloc, &usage);
	}
	status = rui_usage_read(&rui_env_malloc, tariff, text, length, &usage, &error);
	if (status != RUI_OK)
	{
		require(error.code == status && error.detail[0] != '\0');
		return;
	}
	/* Centuries of days are slow to no purpose. */
	if (usage.stay.to_at - usage.stay.from_at < INT64_C(86400000000) * 4000)
		check_charge(tariff, &usage);
	rui_usage_release(&rui_env_malloc, &usage);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rules = (const char *) data;
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t length = end != NULL ? (size_t) (end - data) : size;
	rui_tariff *tariff;
	rui_tariff *again;
	rui_text first;
	rui_text second;
	rui_error error = { 0 };
	rui_status status = rui_tariff_read(&rui_env_malloc, rules, length, &tariff, &error);

	if (status != RUI_OK)
	{
		require(error.code == status && error.detail[0] != '\0');
		return 0;
	}
	rui_text_start(&first, &rui_env_malloc);
	rui_text_start(&second, &rui_env_malloc);
	rui_tariff_write(tariff, &first);
	require(rui_tariff_read(&rui_env_malloc, first.bytes, first.length, &again, &error) == RUI_OK);
	rui_tariff_write(again, &second);
	require(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
	check_usage(again, end != NULL ? rules + length + 1 : "", end != NULL ? size - length - 1 : 0);
	rui_text_release(&first);
	rui_text_release(&second);
	rui_tariff_release(&rui_env_malloc, tariff);
	rui_tariff_release(&rui_env_malloc, again);
	return 0;
}
