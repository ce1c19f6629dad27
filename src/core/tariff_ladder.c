/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_ladder.c
 *	  Ladders that count on over a year, and ladders of large households.
 */
#include "core/tariff.h"

#include <string.h>

rui_status
rui_tariff_charge_between(const rui_env *env, const rui_tariff *tariff, rui_decimal before,
						  rui_decimal after, rui_charged *charge, rui_error *error)
{
	rui_charged old;
	rui_charged new;
	rui_charged result;
	rui_status status = rui_tariff_charge(env, tariff, before, &old, NULL, error);

	if (status == RUI_OK)
		status = rui_tariff_charge(env, tariff, after, &new, NULL, error);
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
rui_tariff_widen(const rui_env *env, const rui_tariff *tariff, int64_t persons,
				 rui_tariff **result, rui_error *error)
{
	rui_tariff *copy;
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
	copy = rui_allocate_zero(env, 1, sizeof(rui_tariff));
	if (copy == NULL)
		return rui_fail_memory(error, sizeof(rui_tariff));
	*copy = *tariff;
	copy->tiers = NULL;
	copy->has_allowance = false;
	if (tariff->tier_count > 0)
	{
		copy->tiers = rui_allocate(env, tariff->tier_count, sizeof(rui_tariff_tier));
		if (copy->tiers == NULL)
			status = rui_fail_memory(error, tariff->tier_count * sizeof(rui_tariff_tier));
		else
			memcpy(copy->tiers, tariff->tiers, tariff->tier_count * sizeof(rui_tariff_tier));
	}
	for (i = 0; status == RUI_OK && i + 1 < tariff->tier_count; i++)
		status = rui_decimal_add(copy->tiers[i].up_to, extra, &copy->tiers[i].up_to, error);
	if (status == RUI_OK)
		*result = copy;
	else
		rui_tariff_release(env, copy);
	return status;
}
