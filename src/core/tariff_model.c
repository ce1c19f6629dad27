/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_model.c
 *	  The keys of each model of tariffs.
 */
#include "core/tariff_reader.h"

#include <string.h>

#include "core/instant.h"

#define TIER_HINT "Write tiers as [{\"up_to\":\"180\",\"price\":\"5\"},{\"price\":\"7\"}]."
#define BAND_HINT "Write bands as [{\"code\":\"peak\",\"price\":\"0.8\"}]."
#define STEP_HINT "Write steps as [{\"up_to\":120,\"every\":30,\"price\":\"2\"},{…}]."

static rui_status
read_size(rui_tariff_reader *r, const rui_json *object, rui_decimal *result)
{
	rui_status status = rui_tariff_read_amount(r, object, "size", true, result);

	if (status == RUI_OK && result->value == 0)
		status = rui_json_fail(r->error, RUI_INVALID, rui_json_member(object, "size"),
							   "Give how much one holds, above zero.", "The size is zero.");
	return status;
}

/*
 * The bound of a tier or step: all but the last need one, each above the one
 * before; the last has none.
 */
static rui_status
check_bound(rui_tariff_reader *r, const rui_json *tier, bool ascends)
{
	const rui_json *value = rui_json_member(tier, "up_to");

	if (tier->next == NULL && value != NULL)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Leave up_to out of the last one: it has no end.",
							 "The last one has a bound.");
	if (tier->next != NULL && value == NULL)
		return rui_json_fail(r->error, RUI_INVALID, tier, "Give all but the last one a bound.",
							 "Only the last one may lack up_to.");
	if (value != NULL && !ascends)
		return rui_json_fail(r->error, RUI_INVALID, value,
							 "Bounds ascend, the first above zero.",
							 "The bound is not above the one before.");
	return RUI_OK;
}

static rui_status
read_tier(rui_tariff_reader *r, const rui_json *value, const rui_decimal *previous, bool blocks,
		  rui_tariff_tier *tier)
{
	static const char *const keys[] = { "up_to", "price", "flat", NULL };
	static const char *const block_keys[] = { "up_to", "size", "price", NULL };
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, blocks ? block_keys : keys, r->error);
	if (status == RUI_OK && blocks)
		status = read_size(r, value, &tier->size);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "up_to", false, &tier->up_to);
	if (status == RUI_OK)
		status = check_bound(r, value, rui_decimal_compare(tier->up_to, *previous) > 0);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "price", rui_json_member(value, "flat") == NULL,
										&tier->price);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "flat", false, &tier->flat);
	return status;
}

/* A member that is an array of 1 to RUI_TARIFF_MAX_PARTS elements; RUI_LIMIT beyond. */
static rui_status
read_list(rui_tariff_reader *r, const rui_json *object, const char *key, const char *hint,
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
	if (value->count > RUI_TARIFF_MAX_PARTS)
		return rui_json_fail(r->error, RUI_LIMIT, value, "Nobody reads so long a price list.",
							 "The list has %zu members, at most %d are taken.", value->count,
							 RUI_TARIFF_MAX_PARTS);
	*list = value;
	return RUI_OK;
}

static rui_status
read_tiers(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
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

		status = read_tier(r, element, previous, tariff->model == RUI_TARIFF_BLOCKS, tier);
		previous = &tier->up_to;
	}
	return status;
}

static rui_status
read_flat(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	return rui_tariff_read_amount(r, value, "amount", true, &tariff->amount);
}

static rui_status
read_fixed(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	return rui_tariff_read_amount(r, value, "price", true, &tariff->price);
}

static rui_status
read_package(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	rui_status status = read_size(r, value, &tariff->size);

	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "price", true, &tariff->price);
	return status;
}

static rui_status
read_blocks(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *policy = rui_json_member(value, "policy");
	rui_status status = RUI_OK;

	if (policy != NULL)
	{
		status = rui_json_expect(policy, RUI_JSON_STRING, r->error);
		if (status == RUI_OK && strcmp(policy->text, "top") == 0)
			tariff->top_tier = true;
		else if (status == RUI_OK && strcmp(policy->text, "all") != 0)
			status = rui_json_fail(r->error, RUI_INVALID, policy, "Policies are all and top.",
								   "The policy %s is not known.", policy->text);
	}
	if (status == RUI_OK)
		status = read_tiers(r, value, tariff);
	return status;
}

/* An integer member; absent ones keep what result holds. */
static rui_status
read_count(rui_tariff_reader *r, const rui_json *object, const char *key, int64_t low,
		   int64_t *result)
{
	const rui_json *value = rui_json_member(object, key);

	return value == NULL ? RUI_OK
						 : rui_json_integer(value, low, RUI_TARIFF_MOST, result, r->error);
}

static rui_status
read_percentage(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *member;
	bool no_units = rui_json_member(value, "free_units") != NULL && tariff->free_units.value == 0;
	rui_status status = rui_tariff_read_amount(r, value, "rate", true, &tariff->rate);

	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "fixed", false, &tariff->fixed);
	if (status == RUI_OK)
		status = read_count(r, value, "free_events", 0, &tariff->free_events);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "event_minimum", false, &tariff->event_minimum);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "event_maximum", false, &tariff->event_maximum);
	if (status != RUI_OK)
		return status;
	tariff->has_free_events = rui_json_member(value, "free_events") != NULL;
	if (tariff->has_free_events && (tariff->free_events == 0 || no_units))
	{
		/* Nothing is free then: the same as without both keys. */
		tariff->has_free_events = false;
		tariff->free_events = 0;
		tariff->free_units = rui_decimal_zero;
	}
	member = rui_json_member(value, "event_maximum");
	tariff->has_event_maximum = member != NULL;
	if (member != NULL && rui_decimal_compare(tariff->event_minimum, tariff->event_maximum) > 0)
		return rui_json_fail(r->error, RUI_INVALID, member, "Give the smaller one as minimum.",
							 "The event_maximum is less than the event_minimum.");
	return RUI_OK;
}

static rui_status
read_band(rui_tariff_reader *r, const rui_json *value, const rui_tariff *tariff,
		  rui_tariff_band *band)
{
	static const char *const keys[] = { "code", "price", NULL };
	const rui_json *code;
	const rui_tariff_band *other;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "price", true, &band->price);
	if (status != RUI_OK)
		return status;
	code = rui_json_member(value, "code");
	if (code == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value, BAND_HINT, "The key code is missing.");
	status = rui_json_expect(code, RUI_JSON_STRING, r->error);
	if (status == RUI_OK && code->length == 0)
		status = rui_json_fail(r->error, RUI_INVALID, code, BAND_HINT, "The code is empty.");
	band->code = code->text;
	for (other = tariff->bands; status == RUI_OK && other < band; other++)
		if (strcmp(other->code, band->code) == 0)
			status = rui_json_fail(r->error, RUI_INVALID, code,
								   "Give every band a code of its own.",
								   "The code %s stands twice.", band->code);
	return status;
}

static rui_status
read_time_of_use(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *list = NULL;
	const rui_json *element;
	rui_status status = read_list(r, value, "bands", BAND_HINT, &list);

	if (status != RUI_OK)
		return status;
	tariff->bands = rui_allocate_zero(r->env, list->count, sizeof(rui_tariff_band));
	if (tariff->bands == NULL)
		return rui_fail_memory(r->error, list->count * sizeof(rui_tariff_band));
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		if (rui_interrupted(r->env))
			return rui_fail_interrupted(r->error);
		status = read_band(r, element, tariff, &tariff->bands[tariff->band_count]);
		tariff->band_count++;
	}
	return status;
}

static rui_status
read_step(rui_tariff_reader *r, const rui_json *value, int64_t previous, rui_tariff_step *step)
{
	static const char *const keys[] = { "up_to", "every", "price", NULL };
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_count(r, value, "up_to", 1, &step->up_to);
	if (status == RUI_OK)
		status = check_bound(r, value, step->up_to > previous);
	if (status == RUI_OK && rui_json_member(value, "every") == NULL)
		status = rui_json_fail(r->error, RUI_INVALID, value, STEP_HINT,
							   "The key every is missing.");
	if (status == RUI_OK)
		status = read_count(r, value, "every", 1, &step->every);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "price", true, &step->price);
	return status;
}

static rui_status
read_day_starts(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	rui_status status = rui_json_expect(value, RUI_JSON_STRING, r->error);
	int64_t time = RUI_DAY;

	if (status == RUI_OK && rui_time_read(value->text, value->length, &time))
		tariff->day_starts = time;
	if (status == RUI_OK && time == RUI_DAY)
		status = rui_json_fail(r->error, RUI_INVALID, value, "Write HH:MM, from 00:00 to 23:59.",
							   "%s is not a time of day.", value->text);
	tariff->has_day_starts = true;
	return status;
}

static rui_status
read_duration(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff)
{
	const rui_json *list = NULL;
	const rui_json *element;
	int64_t previous = 0;
	rui_status status = read_list(r, value, "steps", STEP_HINT, &list);

	if (status == RUI_OK)
		status = read_count(r, value, "free_minutes", 0, &tariff->free_minutes);
	if (status == RUI_OK)
		status = rui_tariff_read_amount(r, value, "day_maximum", false, &tariff->day_maximum);
	tariff->has_day_maximum = rui_json_member(value, "day_maximum") != NULL;
	if (status == RUI_OK && rui_json_member(value, "day_starts") != NULL)
		status = read_day_starts(r, rui_json_member(value, "day_starts"), tariff);
	if (status != RUI_OK)
		return status;
	tariff->steps = rui_allocate_zero(r->env, list->count, sizeof(rui_tariff_step));
	if (tariff->steps == NULL)
		return rui_fail_memory(r->error, list->count * sizeof(rui_tariff_step));
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		rui_tariff_step *step = &tariff->steps[tariff->step_count++];

		status = read_step(r, element, previous, step);
		previous = step->up_to;
	}
	return status;
}

#define KEYS "model", "rounding", "minimum", "maximum", "surcharge", "tax"

/* In the order of rui_tariff_model. */
const rui_tariff_model_row rui_tariff_models[] = {
	{ "flat", { KEYS, "amount" }, read_flat },
	{ "fixed", { KEYS, "free_units", "price" }, read_fixed },
	{ "graduated", { KEYS, "free_units", "tiers", "allowance" }, read_tiers },
	{ "volume", { KEYS, "free_units", "tiers", "allowance" }, read_tiers },
	{ "package", { KEYS, "free_units", "size", "price" }, read_package },
	{ "blocks", { KEYS, "free_units", "tiers", "policy", "allowance" }, read_blocks },
	{ "percentage",
	  { KEYS, "free_units", "rate", "fixed", "free_events", "event_minimum", "event_maximum" },
	  read_percentage },
	{ "time_of_use", { KEYS, "free_units", "bands" }, read_time_of_use },
	{ "duration", { KEYS, "free_minutes", "steps", "day_maximum", "day_starts" }, read_duration },
	{ NULL, { NULL }, NULL },
};
