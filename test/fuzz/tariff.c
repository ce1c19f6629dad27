/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  Fuzz target: what is read has one canonical text, and charges that add up.
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
check_charge(const rui_tariff *tariff, rui_decimal quantity)
{
	rui_charge_steps steps = { 0 };
	rui_decimal sum = rui_decimal_zero;
	rui_charged charged;
	rui_error error;
	size_t i;

	if (rui_tariff_charge(&rui_env_malloc, tariff, quantity, &charged, &steps, &error) == RUI_OK)
	{
		for (i = 0; i < steps.count; i++)
			require(rui_decimal_add(sum, steps.items[i].amount, &sum, &error) == RUI_OK);
		require(rui_decimal_compare(sum, tariff->tax_inclusive ? charged.gross : charged.net) == 0);
		require(rui_decimal_add(charged.net, charged.tax, &sum, &error) == RUI_OK);
		require(rui_decimal_compare(sum, charged.gross) == 0);
	}
	rui_release(&rui_env_malloc, steps.items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const rui_decimal quantities[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 12345678, 4, 0 } };
	rui_tariff *tariff;
	rui_tariff *again;
	rui_text first;
	rui_text second;
	rui_error error = { 0 };
	rui_status status;
	size_t i;

	status = rui_tariff_read(&rui_env_malloc, (const char *) data, size, &tariff, &error);
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
	for (i = 0; i < sizeof quantities / sizeof quantities[0]; i++)
		check_charge(again, quantities[i]);
	rui_text_release(&first);
	rui_text_release(&second);
	rui_tariff_release(&rui_env_malloc, tariff);
	rui_tariff_release(&rui_env_malloc, again);
	return 0;
}
