/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_ladder.c
 *	  Ladders that count on over a year, and ladders of large households.
 */
#include "core/tariff.h"

static rui_status
charge_quantity(const rui_env *env, const rui_tariff *tariff, rui_decimal quantity,
				rui_charged *charge, rui_error *error)
{
	rui_usage usage;
	rui_status status = rui_usage_of_quantity(env, tariff, quantity, &usage, error);

	if (status != RUI_OK)
		return status;
	status = rui_tariff_charge(env, tariff, &usage, charge, NULL, error);
	rui_usage_release(env, &usage);
	return status;
}

rui_status
rui_tariff_charge_between(const rui_env *env, const rui_tariff *tariff, rui_decimal before,
						  rui_decimal after, rui_charged *charge, rui_error *error)
{
	rui_charged old;
	rui_charged new;
	rui_charged result;
	rui_status status = charge_quantity(env, tariff, before, &old, error);

	if (status == RUI_OK)
		status = charge_quantity(env, tariff, after, &new, error);
	if (status == RUI_OK)
		status = rui_decimal_subtract(new.net, old.net, &result.net, error);
	if (status == RUI_OK)
		status = rui_decimal_subtract(new.tax, old.tax, &result.tax, error);
	if (status == RUI_OK)
		status = rui_decimal_subtract(new.gross, old.gross, &result.gross, error);
	if (status == RUI_OK)
		*charge = result;
	return status;
}

rui_status
rui_tariff_widen(const rui_env *env, const rui_tariff *tariff, int64_t persons, rui_text *text,
				 rui_error *error)
{
	rui_tariff wide = *tariff;
	rui_decimal extra = rui_decimal_zero;
	rui_status status = RUI_OK;
	size_t i;

	if (persons < 0)
		return rui_fail(error, RUI_INVALID, "persons", NULL,
						"A household has no fewer than 0 persons.");
	if (tariff->has_allowance && persons >= tariff->allowance_from)
		status = rui_decimal_multiply(
			tariff->allowance_per_person,
			rui_decimal_integer(persons - tariff->allowance_from + 1), &extra, error);
	if (status != RUI_OK)
		return status;
	wide.has_allowance = false;
	wide.tiers = rui_allocate(env, tariff->tier_count, sizeof(rui_tariff_tier));
	if (wide.tiers == NULL)
		return rui_fail_memory(error, tariff->tier_count * sizeof(rui_tariff_tier));
	for (i = 0; i < tariff->tier_count && status == RUI_OK; i++)
	{
		wide.tiers[i] = tariff->tiers[i];
		if (i + 1 < tariff->tier_count)
			status = rui_decimal_add(wide.tiers[i].up_to, extra, &wide.tiers[i].up_to, error);
	}
	if (status == RUI_OK)
		rui_tariff_write(&wide, text);
	rui_release(env, wide.tiers);
	return status;
}
