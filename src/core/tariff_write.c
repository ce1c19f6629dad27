/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_write.c
 *	  The canonical text of a tariff.
 */
#include "core/tariff.h"

static const char *const model_names[] = { "flat", "fixed", "graduated" };

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
		write_amount(text, "price", tier->price);
		write_optional(text, "flat", tier->flat);
		rui_text_character(text, '}');
	}
	rui_text_character(text, ']');
}

static void
write_common(rui_text *text, const rui_tariff *tariff)
{
	if (tariff->scale != 2 || tariff->mode != RUI_HALF_UP)
		rui_text_format(text, ",\"rounding\":{\"scale\":%d,\"mode\":\"%s\"}", tariff->scale,
						rui_rounding_names[tariff->mode]);
	write_optional(text, "minimum", tariff->minimum);
	if (tariff->has_maximum)
	{
		rui_text_character(text, ',');
		write_amount(text, "maximum", tariff->maximum);
	}
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
	rui_text_format(text, "{\"model\":\"%s\"", model_names[tariff->model]);
	switch (tariff->model)
	{
		case RUI_TARIFF_FLAT:
			rui_text_character(text, ',');
			write_amount(text, "amount", tariff->amount);
			break;
		case RUI_TARIFF_FIXED:
			rui_text_character(text, ',');
			write_amount(text, "price", tariff->price);
			break;
		case RUI_TARIFF_GRADUATED:
			write_tiers(text, tariff);
			break;
	}
	write_common(text, tariff);
	rui_text_character(text, '}');
}
