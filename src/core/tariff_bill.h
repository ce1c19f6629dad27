/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_bill.h
 *	  A charge on its way: the exact sum so far, and its steps.
 */
#ifndef RUI_TARIFF_BILL_H
#define RUI_TARIFF_BILL_H

#include "core/tariff.h"

typedef struct rui_bill
{
	const rui_env *env;
	const rui_tariff *tariff;
	rui_charge_steps *lines; /* or NULL */
	rui_decimal total;
	rui_error *error;
} rui_bill;

/* What a step is called: kind [number] [detail [detail_number]]. */
typedef struct rui_bill_name
{
	const char *kind;
	int64_t number;
	const char *detail;
	int64_t detail_number;
} rui_bill_name;

/* Add quantity × price as one step. */
extern rui_status rui_bill_add(rui_bill *bill, rui_bill_name name, rui_decimal quantity,
							   rui_decimal price);
/* Bring the total to a value; the difference, unless zero, is one step. */
extern rui_status rui_bill_move(rui_bill *bill, rui_bill_name name, rui_decimal total);

/* The models that are more than a product. */
extern rui_status rui_bill_percentage(rui_bill *bill, const rui_usage *usage);
extern rui_status rui_bill_duration(rui_bill *bill, const rui_stay *stay);

#endif /* RUI_TARIFF_BILL_H */
