/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  The exact charge of a quantity.
 */
#include "core/tariff.h"

#include <string.h>

/* A charge on its way: the exact sum so far, and its steps. */
typedef struct bill
{
	const rui_env *env;
	const rui_tariff *tariff;
	rui_charge_steps *lines; /* or NULL */
	rui_decimal total;
	rui_error *error;
} bill;

static rui_status
note_line(bill *b, const rui_charge_step *line)
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

/* quantity × price, as one step. */
static rui_status
add_product(bill *b, const char *kind, int64_t number, const char *detail, rui_decimal quantity,
			rui_decimal price)
{
	rui_charge_step line = { kind, number, detail, true, quantity, price, rui_decimal_zero };
	rui_status status = rui_decimal_multiply(quantity, price, &line.amount, b->error);

	if (status == RUI_OK)
		status = rui_decimal_add(b->total, line.amount, &b->total, b->error);
	if (status == RUI_OK)
		status = note_line(b, &line);
	return status;
}

/* Bring the total to a value, the difference being one step, if there is one. */
static rui_status
move_total(bill *b, const char *kind, rui_decimal total)
{
	rui_charge_step line = { .kind = kind };
	rui_status status = rui_decimal_subtract(total, b->total, &line.amount, b->error);

	if (status == RUI_OK && line.amount.value != 0)
		status = note_line(b, &line);
	if (status == RUI_OK)
		b->total = total;
	return status;
}

/* Take the free units off the quantity. */
static rui_status
take_free(bill *b, rui_decimal *quantity)
{
	rui_decimal free_units = b->tariff->free_units;
	rui_status status;

	if (free_units.value == 0 || quantity->value == 0)
		return RUI_OK;
	if (rui_decimal_compare(free_units, *quantity) > 0)
		free_units = *quantity;
	status = add_product(b, "free", 0, NULL, free_units, rui_decimal_zero);
	if (status == RUI_OK)
		status = rui_decimal_subtract(*quantity, free_units, quantity, b->error);
	return status;
}

static rui_status
add_graduated(bill *b, rui_decimal quantity)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal lower = rui_decimal_zero;
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < tariff->tier_count && status == RUI_OK; i++)
	{
		const rui_tariff_tier *tier = &tariff->tiers[i];
		rui_decimal upper = quantity;
		rui_decimal part;

		/* The first tier counts as reached even by nothing. */
		if (i > 0 && rui_decimal_compare(quantity, lower) <= 0)
			break;
		if (i + 1 < tariff->tier_count && rui_decimal_compare(tier->up_to, quantity) < 0)
			upper = tier->up_to;
		status = rui_decimal_subtract(upper, lower, &part, b->error);
		if (status == RUI_OK)
			status = add_product(b, "tier", (int64_t) i + 1, NULL, part, tier->price);
		if (status == RUI_OK && tier->flat.value != 0)
			status = add_product(b, "tier", (int64_t) i + 1, "flat", rui_decimal_one, tier->flat);
		lower = tier->up_to;
	}
	return status;
}

/* Surcharge, minimum, maximum, then the one rounding. */
static rui_status
finish_total(bill *b)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal total;
	rui_status status = rui_decimal_add(b->total, tariff->surcharge, &total, b->error);

	if (status == RUI_OK)
		status = move_total(b, "surcharge", total);
	if (status == RUI_OK && rui_decimal_compare(b->total, tariff->minimum) < 0)
		status = move_total(b, "minimum", tariff->minimum);
	if (status == RUI_OK && tariff->has_maximum &&
		rui_decimal_compare(b->total, tariff->maximum) > 0)
		status = move_total(b, "maximum", tariff->maximum);
	if (status == RUI_OK)
		status = rui_decimal_round(b->total, tariff->scale, tariff->mode, &total, b->error);
	if (status == RUI_OK)
		status = move_total(b, "rounding", total);
	return status;
}

static rui_status
add_tax(const bill *b, rui_charged *charge)
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

rui_status
rui_tariff_charge(const rui_env *env, const rui_tariff *tariff, rui_decimal quantity,
				  rui_charged *charge, rui_charge_steps *lines, rui_error *error)
{
	bill b = { env, tariff, lines, rui_decimal_zero, error };
	rui_status status;

	if (quantity.value < 0)
		return rui_fail(error, RUI_RANGE, "quantity",
						"A credit is minus the charge of the quantity given back.",
						"The quantity is negative.");
	status = take_free(&b, &quantity);
	if (status != RUI_OK)
		return status;
	switch (tariff->model)
	{
		case RUI_TARIFF_FLAT:
			status = add_product(&b, "flat", 0, NULL, rui_decimal_one, tariff->amount);
			break;
		case RUI_TARIFF_FIXED:
			status = add_product(&b, "fixed", 0, NULL, quantity, tariff->price);
			break;
		case RUI_TARIFF_GRADUATED:
			status = add_graduated(&b, quantity);
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
}
