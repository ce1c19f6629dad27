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
	RUI_TARIFF_GRADUATED, /* each tier's part at its own price */
	RUI_TARIFF_VOLUME, /* all at the price of the tier reached */
	RUI_TARIFF_PACKAGE, /* started packages */
	RUI_TARIFF_BLOCKS, /* started blocks, of a size and price by tier */
	RUI_TARIFF_PERCENTAGE, /* a rate of the amounts of events */
	RUI_TARIFF_TIME_OF_USE, /* a price for each band's quantity */
	RUI_TARIFF_DURATION /* started intervals of a stay */
} rui_tariff_model;

/* Tier k holds the quantities (up_to of tier k-1, up_to]; the last is open. */
typedef struct rui_tariff_tier
{
	rui_decimal up_to; /* of the last tier: unused */
	rui_decimal size; /* of a block */
	rui_decimal price;
	rui_decimal flat; /* once, when the tier is reached */
} rui_tariff_tier;

typedef struct rui_tariff_band
{
	const char *code;
	rui_decimal price;
} rui_tariff_band;

/* Minutes (up_to of step k-1, up_to] of a day; each started `every` costs. */
typedef struct rui_tariff_step
{
	int64_t up_to; /* of the last step: unused */
	int64_t every;
	rui_decimal price;
} rui_tariff_step;

/* Minutes and counts of a tariff are at most this. */
#define RUI_TARIFF_MOST 1000000000
/* A tariff has at most so many tiers, bands or steps. */
#define RUI_TARIFF_MAX_PARTS 1000

typedef struct rui_tariff
{
	rui_tariff_model model;
	rui_decimal amount; /* flat */
	rui_decimal price; /* fixed, package */
	rui_decimal size; /* package */
	rui_tariff_tier *tiers; /* graduated, volume, blocks */
	size_t tier_count;
	bool top_tier; /* blocks: all by the tier reached, not each part by its own */

	rui_decimal rate; /* percentage: 0.006 is 0.6 % */
	rui_decimal fixed; /* of each paid event */
	bool has_free_events;
	int64_t free_events; /* events that may be free; else any number */
	rui_decimal event_minimum; /* zero: none */
	bool has_event_maximum;
	rui_decimal event_maximum;

	rui_tariff_band *bands; /* time of use */
	size_t band_count;

	int64_t free_minutes; /* duration: a stay not longer is free */
	rui_tariff_step *steps;
	size_t step_count;
	bool has_day_maximum;
	rui_decimal day_maximum;
	bool has_day_starts;
	int64_t day_starts; /* microseconds after midnight; else 24 h from entry */

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

	rui_json_document document; /* holds the codes */
} rui_tariff;

/*
 * Read a tariff's text into its canonical form; docs/tariff.md describes it.
 * Fails with the JSON path of the bad part and a hint; RUI_LIMIT beyond
 * RUI_TARIFF_MAX_PARTS tiers, bands or steps.
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
	int64_t number; /* which one, from 1; 0: none */
	const char *detail; /* what of it: static or the tariff's, or NULL */
	int64_t detail_number; /* which one of that; 0: none */
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

/* A stay, in microseconds as instant.h counts them. */
typedef struct rui_stay
{
	int64_t from_at;
	int64_t to_at;
	int64_t offset; /* of local time at entry, added to UTC */
	bool has_offset; /* days may start at a time of day */
} rui_stay;

/* What a tariff is charged for, by its model. */
typedef struct rui_usage
{
	rui_decimal quantity; /* models with a quantity */
	rui_decimal *amounts; /* percentage: events in order; time of use: by band */
	size_t count;
	rui_stay stay; /* duration */
} rui_usage;

/*
 * Read usage for a tariff's model: {"quantity":"12.5"}, {"amounts":["9","5"]}
 * (percentage), {"peak":"10"} (time of use) or {"from":…,"to":…} (duration;
 * ISO 8601 with an offset).  RUI_INVALID naming the bad part, RUI_RANGE for
 * what is negative.  Release it with rui_usage_release.
 */
extern rui_status rui_usage_read(const rui_env *env, const rui_tariff *tariff, const char *text,
								 size_t length, rui_usage *usage, rui_error *error);
/*
 * Usage of a plain quantity: of a percentage one event, of a duration minutes
 * (RUI_INVALID where its days start at a time of day).  RUI_INVALID for time
 * of use, RUI_RANGE for a negative quantity.
 */
extern rui_status rui_usage_of_quantity(const rui_env *env, const rui_tariff *tariff,
										rui_decimal quantity, rui_usage *usage,
										rui_error *error);
extern void rui_usage_release(const rui_env *env, rui_usage *usage);

/*
 * The charge of usage.  lines, when not NULL, are filled with its steps;
 * their amounts sum to net, or to gross where tax is included.  RUI_RANGE for
 * a result of more than 38 digits.
 */
extern rui_status rui_tariff_charge(const rui_env *env, const rui_tariff *tariff,
									const rui_usage *usage, rui_charged *charge,
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
 * Append the text of the tariff of a household of that many persons: each
 * person from allowance.from on raises every bound by allowance.per_person.
 * The result has no allowance; a tariff without one stays as it is.
 */
extern rui_status rui_tariff_widen(const rui_env *env, const rui_tariff *tariff,
								   int64_t persons, rui_text *text, rui_error *error);

#endif /* RUI_TARIFF_H */
