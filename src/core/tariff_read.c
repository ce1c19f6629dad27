/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_read.c
 *	  The reader of tariff texts: checks, then brings into canonical form.
 */
#include "core/tariff_reader.h"

#include <string.h>

#define AMOUNT_HINT "Amounts are decimal strings, as \"2.85\"."

rui_status
rui_tariff_read_amount(rui_tariff_reader *r, const rui_json *object, const char *key,
					   bool required,
					   rui_decimal *result)
{
	const rui_json *value = rui_json_member(object, key);
	rui_decimal number;
	rui_status status;

	if (value == NULL)
		return required ? rui_json_fail(r->error, RUI_INVALID, object, AMOUNT_HINT,
										"The key %s is missing.", key)
						: RUI_OK;
	status = rui_json_decimal(value, &number, r->error);
	if (status != RUI_OK)
		return status;
	if (number.value < 0)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Charge a positive amount; a credit is minus a charge.",
							 "%s is negative.", value->text);
	*result = number;
	return RUI_OK;
}

static rui_status
read_rounding(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	static const char *const keys[] = { "scale", "mode", NULL };
	const rui_json *member;
	int64_t scale = tariff->scale;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "scale");
	if (member != NULL)
		status = rui_json_integer(member, 0, RUI_DECIMAL_SCALE, &scale, r->error);
	if (status != RUI_OK)
		return status;
	tariff->scale = (int) scale;
	member = rui_json_member(value, "mode");
	if (member == NULL)
		return RUI_OK;
	status = rui_json_expect(member, RUI_JSON_STRING, r->error);
	if (status == RUI_OK && !rui_rounding_find(member->text, &tariff->mode))
		status = rui_json_fail(r->error, RUI_INVALID, member,
							   "Modes are half_up, half_even, up, down, ceiling, floor.",
							   "The rounding mode %s is not known.", member->text);
	return status;
}

static rui_status
read_tax(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	static const char *const keys[] = { "rate", "inclusive", NULL };
	const rui_json *member;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "rate", true, &tariff->tax_rate);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "rate");
	if (rui_decimal_compare(tariff->tax_rate, rui_decimal_one) >= 0)
		return rui_json_fail(r->error, RUI_INVALID, member,
							 "Rates are fractions: write 6 % as \"0.06\".",
							 "The tax rate is 1 or more.");
	member = rui_json_member(value, "inclusive");
	if (member != NULL)
	{
		status = rui_json_expect(member, RUI_JSON_BOOLEAN, r->error);
		if (status != RUI_OK)
			return status;
		tariff->tax_inclusive = member->boolean;
	}
	tariff->has_tax = true;
	return RUI_OK;
}

static rui_status
read_allowance(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	static const char *const keys[] = { "from", "per_person", NULL };
	rui_decimal from = rui_decimal_zero;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "from", true, &from);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "per_person", true,
										&tariff->allowance_per_person);
	if (status != RUI_OK)
		return status;
	if (!rui_decimal_is_whole(from) || from.value < 1 || from.value > 1000000)
		return rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "from"),
							 "Give the first person who raises the bounds, as \"5\".",
							 "Expected a whole number from 1 to 1000000.");
	tariff->allowance_from = (int64_t) from.value;
	tariff->has_allowance = true;
	return RUI_OK;
}

/* The keys every model has. */
static rui_status
read_common(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *member;
	rui_status status = RUI_OK;

	if ((member = rui_json_member(value, "rounding")) != NULL)
		status = read_rounding(r, member, tariff);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "minimum", false, &tariff->minimum);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "maximum", false, &tariff->maximum);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "surcharge", false, &tariff->surcharge);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "free_units", false, &tariff->free_units);
	if (status == RUI_OK && (member = rui_json_member(value, "tax")) != NULL)
		status = read_tax(r, member, tariff);
	if (status == RUI_OK && (member = rui_json_member(value, "allowance")) != NULL)
		status = read_allowance(r, member, tariff);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "maximum");
	tariff->has_maximum = member != NULL;
	if (tariff->has_maximum && rui_decimal_compare(tariff->minimum, tariff->maximum) > 0)
		return rui_json_fail(r->error, RUI_INVALID, member, "Give the smaller one as minimum.",
							 "The maximum is less than the minimum.");
	return RUI_OK;
}

static rui_status
find_model(rui_tariff_reader *r, const rui_json *value, rui_tariff_model *model)
{
	const rui_json *member = rui_json_member(value, "model");
	char hint[sizeof r->error->hint] = "Models are";
	size_t i;
	rui_status status;

	if (member != NULL)
	{
		status = rui_json_expect(member, RUI_JSON_STRING, r->error);
		if (status != RUI_OK)
			return status;
	}
	for (i = 0; rui_tariff_models[i].name != NULL; i++)
	{
		if (member != NULL && strcmp(member->text, rui_tariff_models[i].name) == 0)
		{
			*model = (rui_tariff_model) i;
			return RUI_OK;
		}
		strncat(hint, i > 0 ? ", " : " ", sizeof hint - strlen(hint) - 1);
		strncat(hint, rui_tariff_models[i].name, sizeof hint - strlen(hint) - 1);
	}
	strncat(hint, ".", sizeof hint - strlen(hint) - 1);
	if (member == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value, hint, "The key model is missing.");
	return rui_json_fail(r->error, RUI_INVALID, member, hint, "The model %s is not known.",
						 member->text);
}

static rui_status
read_tariff(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	rui_tariff_model model = RUI_TARIFF_FLAT;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = find_model(r, value, &model);
	if (status == RUI_OK)
		status = rui_json_only(value, rui_tariff_models[model].keys, r->error);
	if (status != RUI_OK)
		return status;
	tariff->model = model;
	tariff->scale = 2;
	tariff->mode = RUI_HALF_UP;
	status = read_common(r, value, tariff);
	if (status == RUI_OK)
		status = rui_tariff_models[model].read(r, value, tariff);
	return status;
}

rui_status
rui_tariff_read(const rui_env *env, const char *text, size_t length, rui_tariff **tariff,
				rui_error *error)
{
	rui_tariff_reader r = { env, error };
	rui_tariff *result = rui_allocate_zero(env, 1, sizeof(rui_tariff));
	rui_status status;

	if (result == NULL)
		return rui_fail_memory(error, sizeof(rui_tariff));
	status = rui_json_parse(env, text, length, &result->document, error);
	if (status == RUI_OK)
		status = read_tariff(&r, result->document.root, result);
	if (status == RUI_OK)
		*tariff = result;
	else
		rui_tariff_release(env, result);
	return status;
}

void
rui_tariff_release(const rui_env *env, rui_tariff *tariff)
{
	if (tariff == NULL)
		return;
	rui_release(env, tariff->tiers);
	rui_release(env, tariff->bands);
	rui_release(env, tariff->steps);
	rui_json_release(env, &tariff->document);
	rui_release(env, tariff);
}
