/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_read.c
 *	  The reader of tariff texts: checks, then brings into canonical form.
 */
#include "core/tariff.h"

#include <string.h>

typedef struct reader
{
	const rui_env *env;
	rui_error *error;
} reader;

#define TIER_HINT "Write tiers as [{\"up_to\":\"180\",\"price\":\"5\"},{\"price\":\"7\"}]."

/* A decimal that is not negative; absent members keep what result holds. */
static rui_status
read_amount(reader *r, const rui_json *object, const char *key, bool required,
			rui_decimal *result)
{
	const rui_json *value = rui_json_member(object, key);
	rui_decimal number;
	rui_status status;

	if (value == NULL)
		return required ? rui_json_fail(r->error, RUI_INVALID, object, NULL,
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
read_rounding(reader *r, const rui_json *value, rui_tariff *tariff)
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
read_tax(reader *r, const rui_json *value, rui_tariff *tariff)
{
	static const char *const keys[] = { "rate", "inclusive", NULL };
	const rui_json *member;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_amount(r, value, "rate", true, &tariff->tax_rate);
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
read_allowance(reader *r, const rui_json *value, rui_tariff *tariff)
{
	static const char *const keys[] = { "from", "per_person", NULL };
	rui_decimal from = rui_decimal_zero;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_amount(r, value, "from", true, &from);
	if (status == RUI_OK)
		status = read_amount(r, value, "per_person", true, &tariff->allowance_per_person);
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
read_common(reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *member;
	rui_status status = RUI_OK;

	if ((member = rui_json_member(value, "rounding")) != NULL)
		status = read_rounding(r, member, tariff);
	if (status == RUI_OK)
		status = read_amount(r, value, "minimum", false, &tariff->minimum);
	if (status == RUI_OK)
		status = read_amount(r, value, "maximum", false, &tariff->maximum);
	if (status == RUI_OK)
		status = read_amount(r, value, "surcharge", false, &tariff->surcharge);
	if (status == RUI_OK)
		status = read_amount(r, value, "free_units", false, &tariff->free_units);
	if (status == RUI_OK && (member = rui_json_member(value, "tax")) != NULL)
		status = read_tax(r, member, tariff);
	if (status == RUI_OK && (member = rui_json_member(value, "allowance")) != NULL)
		status = read_allowance(r, member, tariff);
	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "maximum");
	tariff->has_maximum = member != NULL;
	if (tariff->has_maximum && rui_decimal_compare(tariff->minimum, tariff->maximum) > 0)
		return rui_json_fail(r->error, RUI_INVALID, member, NULL,
							 "The maximum is less than the minimum.");
	return RUI_OK;
}

/*
 * The bound of a tier or step: all but the last need one, each above the one
 * before; the last has none.
 */
static rui_status
check_bound(reader *r, const rui_json *tier, const rui_decimal *bound,
			const rui_decimal *previous)
{
	const rui_json *value = rui_json_member(tier, "up_to");

	if (tier->next == NULL && value != NULL)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Leave up_to out of the last one: it has no end.",
							 "The last one has a bound.");
	if (tier->next != NULL && value == NULL)
		return rui_json_fail(r->error, RUI_INVALID, tier, TIER_HINT,
							 "Only the last one may lack up_to.");
	if (value != NULL && rui_decimal_compare(*bound, *previous) <= 0)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Bounds ascend, the first above zero.",
							 "The bound is not above the one before.");
	return RUI_OK;
}

static rui_status
read_tier(reader *r, const rui_json *value, const rui_decimal *previous, rui_tariff_tier *tier)
{
	static const char *const keys[] = { "up_to", "price", "flat", NULL };
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_amount(r, value, "up_to", false, &tier->up_to);
	if (status == RUI_OK)
		status = check_bound(r, value, &tier->up_to, previous);
	if (status == RUI_OK)
		status = read_amount(r, value, "price", rui_json_member(value, "flat") == NULL,
							 &tier->price);
	if (status == RUI_OK)
		status = read_amount(r, value, "flat", false, &tier->flat);
	return status;
}

/* A member that is an array of at least one element. */
static rui_status
read_list(reader *r, const rui_json *object, const char *key, const char *hint,
		  const rui_json **list)
{
	const rui_json *value = rui_json_member(object, key);
	rui_status status;

	if (value == NULL)
		return rui_json_fail(r->error, RUI_INVALID, object, hint, "The key %s is missing.", key);
	status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);
	if (status != RUI_OK)
		return status;
	if (value->count == 0)
		return rui_json_fail(r->error, RUI_INVALID, value, hint, "The list is empty.");
	*list = value;
	return RUI_OK;
}

static rui_status
read_tiers(reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *list = NULL;
	const rui_json *element;
	const rui_decimal *previous = &rui_decimal_zero;
	rui_status status = read_list(r, value, "tiers", TIER_HINT, &list);

	if (status != RUI_OK)
		return status;
	tariff->tiers = rui_allocate_zero(r->env, list->count, sizeof(rui_tariff_tier));
	if (tariff->tiers == NULL)
		return rui_fail_memory(r->error, list->count * sizeof(rui_tariff_tier));
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		rui_tariff_tier *tier = &tariff->tiers[tariff->tier_count++];

		status = read_tier(r, element, previous, tier);
		previous = &tier->up_to;
	}
	return status;
}

static rui_status
read_flat(reader *r, const rui_json *value, rui_tariff *tariff)
{
	return read_amount(r, value, "amount", true, &tariff->amount);
}

static rui_status
read_fixed(reader *r, const rui_json *value, rui_tariff *tariff)
{
	return read_amount(r, value, "price", true, &tariff->price);
}

typedef struct model_row
{
	rui_tariff_model model;
	const char *name;
	const char *keys[16]; /* all that may stand in the tariff, then NULL */
	rui_status (*read)(reader *r, const rui_json *value, rui_tariff *tariff);
} model_row;

#define KEYS "model", "rounding", "minimum", "maximum", "surcharge", "tax"

static const model_row models[] = {
	{ RUI_TARIFF_FLAT, "flat", { KEYS, "amount" }, read_flat },
	{ RUI_TARIFF_FIXED, "fixed", { KEYS, "price", "free_units" }, read_fixed },
	{ RUI_TARIFF_GRADUATED, "graduated", { KEYS, "tiers", "free_units", "allowance" }, read_tiers },
};

#define MODEL_COUNT (sizeof models / sizeof models[0])

static rui_status
find_model(reader *r, const rui_json *value, const model_row **row)
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
	for (i = 0; i < MODEL_COUNT; i++)
	{
		if (member != NULL && strcmp(member->text, models[i].name) == 0)
		{
			*row = &models[i];
			return RUI_OK;
		}
		strncat(hint, i > 0 ? ", " : " ", sizeof hint - strlen(hint) - 1);
		strncat(hint, models[i].name, sizeof hint - strlen(hint) - 1);
	}
	strncat(hint, ".", sizeof hint - strlen(hint) - 1);
	if (member == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value, hint, "The key model is missing.");
	return rui_json_fail(r->error, RUI_INVALID, member, hint, "The model %s is not known.",
						 member->text);
}

static rui_status
read_tariff(reader *r, const rui_json *value, rui_tariff *tariff)
{
	const model_row *row = NULL;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = find_model(r, value, &row);
	if (status == RUI_OK)
		status = rui_json_only(value, row->keys, r->error);
	if (status != RUI_OK)
		return status;
	tariff->model = row->model;
	tariff->scale = 2;
	tariff->mode = RUI_HALF_UP;
	status = row->read(r, value, tariff);
	if (status == RUI_OK)
		status = read_common(r, value, tariff);
	return status;
}

rui_status
rui_tariff_read(const rui_env *env, const char *text, size_t length, rui_tariff **tariff,
				rui_error *error)
{
	reader r = { env, error };
	rui_json_document document;
	rui_tariff *result;
	rui_status status = rui_json_parse(env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	result = rui_allocate_zero(env, 1, sizeof(rui_tariff));
	if (result == NULL)
		status = rui_fail_memory(error, sizeof(rui_tariff));
	else
	{
		status = read_tariff(&r, document.root, result);
		if (status == RUI_OK)
			*tariff = result;
		else
			rui_tariff_release(env, result);
	}
	rui_json_release(env, &document);
	return status;
}

void
rui_tariff_release(const rui_env *env, rui_tariff *tariff)
{
	if (tariff == NULL)
		return;
	rui_release(env, tariff->tiers);
	rui_release(env, tariff);
}
