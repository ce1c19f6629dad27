/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_usage.c
 *	  What a tariff is charged for: quantities, bands, events, stays.
 */
#include "core/tariff.h"

#include <string.h>

#include "core/instant.h"

#define STAY_HINT \
	"Write {\"from\":\"2026-10-01T08:00:00+08:00\",\"to\":\"2026-10-01T10:30:00+08:00\"}."
#define CREDIT_HINT "A credit is minus the charge of the quantity given back."

typedef struct reader
{
	const rui_env *env;
	const rui_tariff *tariff;
	rui_error *error;
} reader;

static rui_status
read_quantity(reader *r, const rui_json *value, rui_decimal *result)
{
	rui_decimal number;
	rui_status status = rui_json_decimal(value, &number, r->error);

	if (status == RUI_OK && number.value < 0)
		status = rui_json_fail(r->error, RUI_RANGE, value, CREDIT_HINT,
							   "The quantity is negative.");
	if (status == RUI_OK)
		*result = number;
	return status;
}

/* The one member usage has. */
static rui_status
read_only_member(reader *r, const rui_json *value, const char *key, const char *hint,
				 const rui_json **member)
{
	const char *const keys[] = { key, NULL };
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status != RUI_OK)
		return status;
	*member = rui_json_member(value, key);
	if (*member == NULL)
		return rui_json_fail(r->error, RUI_INVALID, value, hint, "The key %s is missing.", key);
	return RUI_OK;
}

static rui_status
allocate_amounts(reader *r, size_t count, rui_usage *usage)
{
	usage->amounts = rui_allocate_zero(r->env, count, sizeof(rui_decimal));
	if (usage->amounts == NULL)
		return rui_fail_memory(r->error, count * sizeof(rui_decimal));
	usage->count = count;
	return RUI_OK;
}

static rui_status
read_events(reader *r, const rui_json *value, rui_usage *usage)
{
	const rui_json *list = NULL;
	const rui_json *element;
	size_t i = 0;
	rui_status status = read_only_member(r, value, "amounts",
										 "Write {\"amounts\":[\"120\",\"35.50\"]}.", &list);

	if (status == RUI_OK)
		status = rui_json_expect(list, RUI_JSON_ARRAY, r->error);
	if (status == RUI_OK)
		status = allocate_amounts(r, list->count, usage);
	for (element = status == RUI_OK ? list->first : NULL; element != NULL && status == RUI_OK;
		 element = element->next)
		status = read_quantity(r, element, &usage->amounts[i++]);
	return status;
}

static rui_status
read_bands(reader *r, const rui_json *value, rui_usage *usage)
{
	const rui_json *member;
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = allocate_amounts(r, r->tariff->band_count, usage);
	for (member = status == RUI_OK ? value->first : NULL; member != NULL && status == RUI_OK;
		 member = member->next)
	{
		for (i = 0; i < r->tariff->band_count; i++)
			if (strcmp(member->key, r->tariff->bands[i].code) == 0)
				break;
		if (i == r->tariff->band_count)
			return rui_json_fail(r->error, RUI_INVALID, member,
								 "Use the codes of the tariff's bands.",
								 "The tariff has no band of that code.");
		status = read_quantity(r, member, &usage->amounts[i]);
	}
	return status;
}

static int
two_digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* Z, ±HH or ±HH:MM, up to 18 hours as ISO 8601 users write them. */
static bool
read_offset(const char *text, size_t length, int64_t *offset)
{
	int hours;
	int minutes = 0;

	if (length == 1 && text[0] == 'Z')
	{
		*offset = 0;
		return true;
	}
	if ((length != 3 && length != 6) || (text[0] != '+' && text[0] != '-'))
		return false;
	hours = two_digits(text + 1);
	if (length == 6)
		minutes = text[3] == ':' ? two_digits(text + 4) : -1;
	if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59)
		return false;
	*offset = hours * RUI_HOUR + minutes * RUI_MINUTE;
	if (text[0] == '-')
		*offset = -*offset;
	return true;
}

/* YYYY-MM-DDTHH:MM[:SS[.ffffff]] and an offset; a space may stand for T. */
static bool
read_instant(const char *text, size_t length, int64_t *at, int64_t *offset)
{
	size_t end = 11;
	int32_t date;
	int64_t time;

	while (end < length && text[end] != 'Z' && text[end] != '+' && text[end] != '-')
		end++;
	if (end >= length || (text[10] != 'T' && text[10] != ' ') ||
		!rui_date_read(text, 10, &date) || !rui_time_read(text + 11, end - 11, &time) ||
		!read_offset(text + end, length - end, offset))
		return false;
	*at = date * RUI_DAY + time - *offset;
	return true;
}

static rui_status
read_moment(reader *r, const rui_json *object, const char *key, int64_t *at, int64_t *offset)
{
	const rui_json *value = rui_json_member(object, key);
	rui_status status;

	if (value == NULL)
		return rui_json_fail(r->error, RUI_INVALID, object, STAY_HINT, "The key %s is missing.",
							 key);
	status = rui_json_expect(value, RUI_JSON_STRING, r->error);
	if (status == RUI_OK && !read_instant(value->text, value->length, at, offset))
		status = rui_json_fail(r->error, RUI_INVALID, value, STAY_HINT,
							   "%s is not a date and time with an offset.", value->text);
	return status;
}

static rui_status
read_stay(reader *r, const rui_json *value, rui_stay *stay)
{
	static const char *const keys[] = { "from", "to", NULL };
	int64_t other;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_moment(r, value, "from", &stay->from_at, &stay->offset);
	if (status == RUI_OK)
		status = read_moment(r, value, "to", &stay->to_at, &other);
	if (status == RUI_OK && stay->to_at < stay->from_at)
		status = rui_json_fail(r->error, RUI_RANGE, rui_json_member(value, "to"), NULL,
							   "The stay ends before it begins.");
	stay->has_offset = true;
	return status;
}

static rui_status
read_usage(reader *r, const rui_json *value, rui_usage *usage)
{
	const rui_json *member = NULL;
	rui_status status;

	switch (r->tariff->model)
	{
		case RUI_TARIFF_PERCENTAGE:
			return read_events(r, value, usage);
		case RUI_TARIFF_TIME_OF_USE:
			return read_bands(r, value, usage);
		case RUI_TARIFF_DURATION:
			return read_stay(r, value, &usage->stay);
		default:
			status = read_only_member(r, value, "quantity", "Write {\"quantity\":\"12.50\"}.",
									  &member);
			if (status == RUI_OK)
				status = read_quantity(r, member, &usage->quantity);
			return status;
	}
}

rui_status
rui_usage_read(const rui_env *env, const rui_tariff *tariff, const char *text, size_t length,
			   rui_usage *usage, rui_error *error)
{
	reader r = { env, tariff, error };
	rui_usage result = { 0 };
	rui_json_document document;
	rui_status status = rui_json_parse(env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	status = read_usage(&r, document.root, &result);
	rui_json_release(env, &document);
	if (status == RUI_OK)
		*usage = result;
	else
		rui_usage_release(env, &result);
	return status;
}

/* A number of minutes, as a stay from no particular instant. */
static rui_status
stay_of_minutes(const rui_tariff *tariff, rui_decimal minutes, rui_stay *stay, rui_error *error)
{
	rui_decimal most = rui_decimal_integer(RUI_TARIFF_MOST);
	rui_decimal length;
	rui_status status;

	if (tariff->has_day_starts)
		return rui_fail(error, RUI_INVALID, "quantity", STAY_HINT,
						"The tariff's days start at a time of day, so minutes alone do not do.");
	if (rui_decimal_compare(minutes, most) > 0)
		return rui_fail(error, RUI_RANGE, "quantity", NULL, "A stay has at most %d minutes.",
						RUI_TARIFF_MOST);
	status = rui_decimal_ratio(minutes, rui_decimal_integer(RUI_MINUTE), rui_decimal_one, 0,
							   RUI_UP, &length, error);
	if (status == RUI_OK)
		stay->to_at = (int64_t) length.value;
	return status;
}

rui_status
rui_usage_of_quantity(const rui_env *env, const rui_tariff *tariff, rui_decimal quantity,
					  rui_usage *usage, rui_error *error)
{
	reader r = { env, tariff, error };
	rui_usage result = { 0 };
	rui_status status = RUI_OK;

	if (quantity.value < 0)
		return rui_fail(error, RUI_RANGE, "quantity", CREDIT_HINT, "The quantity is negative.");
	result.quantity = quantity;
	switch (tariff->model)
	{
		case RUI_TARIFF_TIME_OF_USE:
			return rui_fail(error, RUI_INVALID, "quantity",
							"Give usage by band, as '{\"peak\":\"10\"}'::jsonb.",
							"A plain quantity does not say its band.");
		case RUI_TARIFF_PERCENTAGE:
			status = allocate_amounts(&r, 1, &result);
			if (status == RUI_OK)
				result.amounts[0] = quantity;
			break;
		case RUI_TARIFF_DURATION:
			status = stay_of_minutes(tariff, quantity, &result.stay, error);
			break;
		default:
			break;
	}
	if (status == RUI_OK)
		*usage = result;
	return status;
}

void
rui_usage_release(const rui_env *env, rui_usage *usage)
{
	rui_release(env, usage->amounts);
	usage->amounts = NULL;
	usage->count = 0;
}
