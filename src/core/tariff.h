/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.h
 *	  Tariffs: values, their text, and the exact charge of a quantity.
 *
 * A charge is computed in this order: free units, the model, surcharge,
 * minimum and maximum, one rounding of the total, tax.  Until the rounding
 * everything is exact.
 */
#ifndef RUI_TARIFF_H
#define RUI_TARIFF_H

#include "core/decimal.h"

typedef enum rui_tariff_model
{
	RUI_TARIFF_FLAT, /* an amount, whatever the quantity */
	RUI_TARIFF_FIXED, /* price × quantity */
	RUI_TARIFF_GRADUATED /* each tier's part at its own price */
} rui_tariff_model;

/* Tier k holds the quantities (up_to of tier k-1, up_to]; the last is open. */
typedef struct rui_tariff_tier
{
	rui_decimal up_to; /* of the last tier: unused */
	rui_decimal price;
	rui_decimal flat; /* once, when the tier is reached */
} rui_tariff_tier;

typedef struct rui_tariff
{
	rui_tariff_model model;
	rui_decimal amount; /* flat */
	rui_decimal price; /* fixed */
	rui_tariff_tier *tiers; /* graduated */
	size_t tier_count;

	int scale; /* decimals of the charge */
	rui_rounding mode;
	bool has_maximum;
	bool has_tax;
	bool tax_inclusive; /* prices contain the tax */
	bool has_allowance;
	rui_decimal minimum; /* zero: none */
	rui_decimal maximum;
	rui_decimal surcharge; /* an amount added; zero: none */
	rui_decimal free_units; /* zero: none */
	rui_decimal tax_rate; /* 0.06 is 6 % */
	int64_t allowance_from; /* the first person who moves the bounds */
	rui_decimal allowance_per_person;
} rui_tariff;

/*
 * Read a tariff's text into its canonical form; docs/tariff.md describes it.
 * Fails with the JSON path of the bad part and a hint.
 */
extern rui_status rui_tariff_read(const rui_env *env, const char *text, size_t length,
								  rui_tariff **tariff, rui_error *error);
/* Append the canonical text: equal tariffs have equal texts. */
extern void rui_tariff_write(const rui_tariff *tariff, rui_text *text);
extern void rui_tariff_release(const rui_env *env, rui_tariff *tariff);

/* A rounded charge: gross = net + tax, all with the tariff's scale. */
typedef struct rui_charged
{
	rui_decimal net;
	rui_decimal tax;
	rui_decimal gross;
} rui_charged;

/* One step of a charge, exact. */
typedef struct rui_charge_step
{
	const char *kind; /* a static text */
	int64_t number; /* which tier, from 1; 0: none */
	const char *detail; /* what of it, or NULL */
	bool has_quantity; /* quantity × price = amount */
	rui_decimal quantity;
	rui_decimal price;
	rui_decimal amount;
} rui_charge_step;

/* Free it with rui_release(env, lines.items). */
typedef struct rui_charge_steps
{
	rui_charge_step *items;
	size_t count;
	size_t capacity;
} rui_charge_steps;

/*
 * The charge of a quantity.  lines, when not NULL, are filled with its steps;
 * their amounts sum to net, or to gross where tax is included.  RUI_RANGE for a
 * negative quantity or a result of more than 38 digits.
 */
extern rui_status rui_tariff_charge(const rui_env *env, const rui_tariff *tariff,
									rui_decimal quantity, rui_charged *charge,
									rui_charge_steps *lines, rui_error *error);

/* The name of a line, as in "tier 2 flat". */
extern void rui_charge_step_write(const rui_charge_step *line, rui_text *text);

/*
 * charge(after) - charge(before), part by part: of a ladder that counts on,
 * as over a year.
 */
extern rui_status rui_tariff_charge_between(const rui_env *env, const rui_tariff *tariff,
											rui_decimal before, rui_decimal after,
											rui_charged *charge, rui_error *error);

/*
 * The tariff of a household of that many persons: each person from
 * allowance.from on raises every bound by allowance.per_person.  The result
 * has no allowance; a tariff without one stays as it is.
 */
extern rui_status rui_tariff_widen(const rui_env *env, const rui_tariff *tariff,
								   int64_t persons, rui_tariff **result,
								   rui_error *error);

#endif /* RUI_TARIFF_H */
