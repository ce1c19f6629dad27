/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  The exact charge of usage.
 */
#include "core/tariff.h"

#include <string.h>

#include "core/tariff_bill.h"

static rui_status
note_line(rui_bill *b, const rui_charge_step *line)
{
	rui_status status;

	if (b->lines == NULL)
		return RUI_OK;
	status = rui_grow(b->env, &b->lines->items, &b->lines->capacity, b->lines->count + 1,
					  sizeof(rui_charge_step), b->error);
	if (status == RUI_OK)
		b->lines->items[b->lines->count++] = *line;
	return status;
}

static rui_charge_step
make_line(rui_bill_name name)
{
	rui_charge_step line = { .kind = name.kind };

	line.number = name.number;
	line.detail = name.detail;
	line.detail_number = name.detail_number;
	return line;
}

rui_status
rui_bill_add(rui_bill *b, rui_bill_name name, rui_decimal quantity, rui_decimal price)
{
	rui_charge_step line = make_line(name);
	rui_status status = rui_decimal_multiply(quantity, price, &line.amount, b->error);

	line.has_quantity = true;
	line.quantity = quantity;
	line.price = price;
	if (status == RUI_OK)
		status = rui_decimal_add(b->total, line.amount, &b->total, b->error);
	if (status == RUI_OK)
		status = note_line(b, &line);
	return status;
}

rui_status
rui_bill_move(rui_bill *b, rui_bill_name name, rui_decimal total)
{
	rui_charge_step line = make_line(name);
	rui_status status = rui_decimal_subtract(total, b->total, &line.amount, b->error);

	if (status == RUI_OK && line.amount.value != 0)
		status = note_line(b, &line);
	if (status == RUI_OK)
		b->total = total;
	return status;
}

/* Take what is left of the free units off a quantity. */
static rui_status
take_free(rui_bill *b, rui_bill_name name, rui_decimal *left, rui_decimal *quantity)
{
	rui_decimal taken = rui_decimal_compare(*left, *quantity) > 0 ? *quantity : *left;
	rui_status status;

	if (taken.value == 0)
		return RUI_OK;
	status = rui_bill_add(b, name, taken, rui_decimal_zero);
	if (status == RUI_OK)
		status = rui_decimal_subtract(*left, taken, left, b->error);
	if (status == RUI_OK)
		status = rui_decimal_subtract(*quantity, taken, quantity, b->error);
	return status;
}

/* The tier that holds a quantity. */
static size_t
find_tier(const rui_tariff *tariff, rui_decimal quantity)
{
	size_t i;

	for (i = 0; i + 1 < tariff->tier_count; i++)
		if (rui_decimal_compare(quantity, tariff->tiers[i].up_to) <= 0)
			break;
	return i;
}

/* Started units of a size. */
static rui_status
count_started(rui_bill *b, rui_decimal quantity, rui_decimal size, rui_decimal *count)
{
	return rui_decimal_ratio(quantity, rui_decimal_one, size, 0, RUI_UP, count, b->error);
}

/* A part of the quantity by one tier: in blocks, or with the tier's flat fee. */
static rui_status
add_tier(rui_bill *b, size_t number, rui_decimal part)
{
	const rui_tariff_tier *tier = &b->tariff->tiers[number];
	rui_bill_name name = { "tier", (int64_t) number + 1, NULL, 0 };
	rui_bill_name flat = { "tier", (int64_t) number + 1, "flat", 0 };
	rui_status status = RUI_OK;

	if (b->tariff->model == RUI_TARIFF_BLOCKS)
		status = count_started(b, part, tier->size, &part);
	if (status == RUI_OK)
		status = rui_bill_add(b, name, part, tier->price);
	if (status == RUI_OK && tier->flat.value != 0)
		status = rui_bill_add(b, flat, rui_decimal_one, tier->flat);
	return status;
}

static rui_status
add_tiers(rui_bill *b, rui_decimal quantity)
{
	const rui_tariff *tariff = b->tariff;
	size_t last = find_tier(tariff, quantity);
	rui_decimal lower = rui_decimal_zero;
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i <= last && status == RUI_OK; i++)
	{
		rui_decimal part;

		status = rui_decimal_subtract(i < last ? tariff->tiers[i].up_to : quantity, lower, &part,
									  b->error);
		if (status == RUI_OK)
			status = add_tier(b, i, part);
		lower = tariff->tiers[i].up_to;
	}
	return status;
}

static rui_status
add_packages(rui_bill *b, rui_decimal quantity)
{
	rui_decimal count;
	rui_status status = count_started(b, quantity, b->tariff->size, &count);

	if (status == RUI_OK)
		status = rui_bill_add(b, (rui_bill_name){ .kind = "package" }, count, b->tariff->price);
	return status;
}

/* Free units are taken from the bands in their order. */
static rui_status
add_bands(rui_bill *b, const rui_usage *usage)
{
	rui_decimal left = b->tariff->free_units;
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < b->tariff->band_count && status == RUI_OK; i++)
	{
		const rui_tariff_band *band = &b->tariff->bands[i];
		rui_decimal quantity = usage->amounts[i];
		rui_bill_name free_name = { "free", 0, band->code, 0 };
		rui_bill_name name = { "band", 0, band->code, 0 };

		status = take_free(b, free_name, &left, &quantity);
		if (status == RUI_OK)
			status = rui_bill_add(b, name, quantity, band->price);
	}
	return status;
}

/* Surcharge, minimum, maximum, then the one rounding. */
static rui_status
finish_total(rui_bill *b)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal total;
	rui_status status = rui_decimal_add(b->total, tariff->surcharge, &total, b->error);

	if (status == RUI_OK)
		status = rui_bill_move(b, (rui_bill_name){ .kind = "surcharge" }, total);
	if (status == RUI_OK && rui_decimal_compare(b->total, tariff->minimum) < 0)
		status = rui_bill_move(b, (rui_bill_name){ .kind = "minimum" }, tariff->minimum);
	if (status == RUI_OK && tariff->has_maximum &&
		rui_decimal_compare(b->total, tariff->maximum) > 0)
		status = rui_bill_move(b, (rui_bill_name){ .kind = "maximum" }, tariff->maximum);
	if (status == RUI_OK)
		status = rui_decimal_round(b->total, tariff->scale, tariff->mode, &total, b->error);
	if (status == RUI_OK)
		status = rui_bill_move(b, (rui_bill_name){ .kind = "rounding" }, total);
	return status;
}

static rui_status
add_tax(const rui_bill *b, rui_charged *charge)
{
	const rui_tariff *tariff = b->tariff;
	rui_charged result;
	rui_status status = RUI_OK;

	result.net = b->total;
	result.tax = rui_decimal_zero;
	result.tax.scale = tariff->scale;
	result.gross = b->total;
	if (tariff->has_tax && tariff->tax_inclusive)
	{
		rui_decimal divisor;

		status = rui_decimal_add(rui_decimal_one, tariff->tax_rate, &divisor, b->error);
		if (status == RUI_OK)
			status = rui_decimal_ratio(b->total, rui_decimal_one, divisor, tariff->scale,
									   tariff->mode, &result.net, b->error);
		if (status == RUI_OK)
			status = rui_decimal_subtract(result.gross, result.net, &result.tax, b->error);
	}
	else if (tariff->has_tax)
	{
		status = rui_decimal_ratio(b->total, tariff->tax_rate, rui_decimal_one, tariff->scale,
								   tariff->mode, &result.tax, b->error);
		if (status == RUI_OK)
			status = rui_decimal_add(result.net, result.tax, &result.gross, b->error);
	}
	if (status == RUI_OK)
		*charge = result;
	return status;
}

static rui_status
add_quantity(rui_bill *b, rui_decimal quantity)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal left = tariff->free_units;
	rui_status status = take_free(b, (rui_bill_name){ .kind = "free" }, &left, &quantity);

	if (status != RUI_OK)
		return status;
	switch (tariff->model)
	{
		case RUI_TARIFF_FLAT:
			return rui_bill_add(b, (rui_bill_name){ .kind = "flat" }, rui_decimal_one,
								tariff->amount);
		case RUI_TARIFF_FIXED:
			return rui_bill_add(b, (rui_bill_name){ .kind = "fixed" }, quantity, tariff->price);
		case RUI_TARIFF_VOLUME:
			return add_tier(b, find_tier(tariff, quantity), quantity);
		case RUI_TARIFF_PACKAGE:
			return add_packages(b, quantity);
		case RUI_TARIFF_BLOCKS:
			if (tariff->top_tier)
				return add_tier(b, find_tier(tariff, quantity), quantity);
			return add_tiers(b, quantity);
		default:
			return add_tiers(b, quantity);
	}
}

rui_status
rui_tariff_charge(const rui_env *env, const rui_tariff *tariff, const rui_usage *usage,
				  rui_charged *charge, rui_charge_steps *lines, rui_error *error)
{
	rui_bill b = { env, tariff, lines, rui_decimal_zero, error };
	rui_status status;

	switch (tariff->model)
	{
		case RUI_TARIFF_PERCENTAGE:
			status = rui_bill_percentage(&b, usage);
			break;
		case RUI_TARIFF_TIME_OF_USE:
			status = add_bands(&b, usage);
			break;
		case RUI_TARIFF_DURATION:
			status = rui_bill_duration(&b, &usage->stay);
			break;
		default:
			status = add_quantity(&b, usage->quantity);
			break;
	}
	if (status == RUI_OK)
		status = finish_total(&b);
	if (status == RUI_OK)
		status = add_tax(&b, charge);
	return status;
}

void
rui_charge_step_write(const rui_charge_step *line, rui_text *text)
{
	rui_text_add(text, line->kind);
	if (line->number > 0)
		rui_text_format(text, " %lld", (long long) line->number);
	if (line->detail != NULL)
	{
		rui_text_character(text, ' ');
		rui_text_add(text, line->detail);
	}
	if (line->detail_number > 0)
		rui_text_format(text, " %lld", (long long) line->detail_number);
}
