/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_write.c
 *	  The canonical text of a tariff.
 */
#include "core/tariff.h"

#include <string.h>

#include "core/instant.h"
#include "core/tariff_reader.h"

static void
write_amount(rui_text *text, const char *key, rui_decimal number)
{
	rui_text_format(text, "\"%s\":\"", key);
	rui_decimal_write(text, number);
	rui_text_character(text, '"');
}

/* A member whose absence means zero. */
static void
write_optional(rui_text *text, const char *key, rui_decimal number)
{
	if (number.value == 0)
		return;
	rui_text_character(text, ',');
	write_amount(text, key, number);
}

static void
write_tiers(rui_text *text, const rui_tariff *tariff)
{
	size_t i;

	rui_text_add(text, ",\"tiers\":[");
	for (i = 0; i < tariff->tier_count; i++)
	{
		const rui_tariff_tier *tier = &tariff->tiers[i];

		rui_text_add(text, i > 0 ? ",{" : "{");
		if (i + 1 < tariff->tier_count)
		{
			write_amount(text, "up_to", tier->up_to);
			rui_text_character(text, ',');
		}
		if (tariff->model == RUI_TARIFF_BLOCKS)
		{
			write_amount(text, "size", tier->size);
			rui_text_character(text, ',');
		}
		write_amount(text, "price", tier->price);
		write_optional(text, "flat", tier->flat);
		rui_text_character(text, '}');
	}
	rui_text_character(text, ']');
}

/* A member that may be absent, zero or not. */
static void
write_present(rui_text *text, const char *key, bool present, rui_decimal number)
{
	if (!present)
		return;
	rui_text_character(text, ',');
	write_amount(text, key, number);
}

static void
write_percentage(rui_text *text, const rui_tariff *tariff)
{
	write_present(text, "rate", true, tariff->rate);
	write_optional(text, "fixed", tariff->fixed);
	if (tariff->has_free_events)
		rui_text_format(text, ",\"free_events\":%lld", (long long) tariff->free_events);
	write_optional(text, "event_minimum", tariff->event_minimum);
	write_present(text, "event_maximum", tariff->has_event_maximum, tariff->event_maximum);
}

static void
write_bands(rui_text *text, const rui_tariff *tariff)
{
	size_t i;

	rui_text_add(text, ",\"bands\":[");
	for (i = 0; i < tariff->band_count; i++)
	{
		rui_text_add(text, i > 0 ? ",{\"code\":" : "{\"code\":");
		rui_text_json_string(text, tariff->bands[i].code, strlen(tariff->bands[i].code));
		write_present(text, "price", true, tariff->bands[i].price);
		rui_text_character(text, '}');
	}
	rui_text_character(text, ']');
}

static void
write_duration(rui_text *text, const rui_tariff *tariff)
{
	size_t i;

	if (tariff->free_minutes > 0)
		rui_text_format(text, ",\"free_minutes\":%lld", (long long) tariff->free_minutes);
	rui_text_add(text, ",\"steps\":[");
	for (i = 0; i < tariff->step_count; i++)
	{
		const rui_tariff_step *step = &tariff->steps[i];

		rui_text_add(text, i > 0 ? ",{" : "{");
		if (i + 1 < tariff->step_count)
			rui_text_format(text, "\"up_to\":%lld,", (long long) step->up_to);
		rui_text_format(text, "\"every\":%lld", (long long) step->every);
		write_present(text, "price", true, step->price);
		rui_text_character(text, '}');
	}
	rui_text_character(text, ']');
	write_present(text, "day_maximum", tariff->has_day_maximum, tariff->day_maximum);
	if (tariff->has_day_starts)
	{
		rui_text_add(text, ",\"day_starts\":\"");
		rui_time_write(text, tariff->day_starts);
		rui_text_character(text, '"');
	}
}

static void
write_common(rui_text *text, const rui_tariff *tariff)
{
	if (tariff->scale != 2 || tariff->mode != RUI_HALF_UP)
		rui_text_format(text, ",\"rounding\":{\"scale\":%d,\"mode\":\"%s\"}", tariff->scale,
						rui_rounding_names[tariff->mode]);
	write_optional(text, "minimum", tariff->minimum);
	write_present(text, "maximum", tariff->has_maximum, tariff->maximum);
	write_optional(text, "surcharge", tariff->surcharge);
	write_optional(text, "free_units", tariff->free_units);
	if (tariff->has_tax)
	{
		rui_text_add(text, ",\"tax\":{");
		write_amount(text, "rate", tariff->tax_rate);
		rui_text_format(text, ",\"inclusive\":%s}", tariff->tax_inclusive ? "true" : "false");
	}
	if (tariff->has_allowance)
	{
		rui_text_format(text, ",\"allowance\":{\"from\":\"%lld\",",
						(long long) tariff->allowance_from);
		write_amount(text, "per_person", tariff->allowance_per_person);
		rui_text_character(text, '}');
	}
}

void
rui_tariff_write(const rui_tariff *tariff, rui_text *text)
{
	rui_text_format(text, "{\"model\":\"%s\"", rui_tariff_models[tariff->model].name);
	switch (tariff->model)
	{
		case RUI_TARIFF_FLAT:
			write_present(text, "amount", true, tariff->amount);
			break;
		case RUI_TARIFF_FIXED:
			write_present(text, "price", true, tariff->price);
			break;
		case RUI_TARIFF_GRADUATED:
		case RUI_TARIFF_VOLUME:
			write_tiers(text, tariff);
			break;
		case RUI_TARIFF_PACKAGE:
			write_present(text, "size", true, tariff->size);
			write_present(text, "price", true, tariff->price);
			break;
		case RUI_TARIFF_BLOCKS:
			write_tiers(text, tariff);
			if (tariff->top_tier)
				rui_text_add(text, ",\"policy\":\"top\"");
			break;
		case RUI_TARIFF_PERCENTAGE:
			write_percentage(text, tariff);
			break;
		case RUI_TARIFF_TIME_OF_USE:
			write_bands(text, tariff);
			break;
		case RUI_TARIFF_DURATION:
			write_duration(text, tariff);
			break;
	}
	write_common(text, tariff);
	rui_text_character(text, '}');
}
