/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.h
 *	  Exact decimals as numeric values of SQL.
 */
#ifndef RUI_PG_DECIMAL_H
#define RUI_PG_DECIMAL_H

#include "pg/rui_pg.h"

#include "core/decimal.h"

/*
 * The decimal of a numeric: exact, or RUI_RANGE with `what` as the bad part
 * for NaN, infinity, and what has more than 12 decimals or 38 digits.
 */
extern rui_status rui_pg_decimal_read(Datum numeric, const char *what, rui_decimal *result,
									  rui_error *error);

/* The same, raising; what names the argument. */
extern rui_decimal rui_pg_decimal(Datum numeric, const char *what);

/* The numeric of a decimal, displayed with its scale. */
extern Datum rui_pg_numeric(rui_decimal number);

/* The number of decimals a caller asks for, 0 to 12, else 22023. */
extern int rui_pg_scale(int32 scale);

/*
 * The decimals of a numeric array of one dimension; a null or unreadable
 * element is RUI_INVALID (22023), naming it as what[k].
 */
extern rui_decimal *rui_pg_decimals(Datum array, const char *what, int *count);
/* The numeric array of decimals. */
extern Datum rui_pg_numerics(const rui_decimal *numbers, int count);

#endif /* RUI_PG_DECIMAL_H */
