/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_reader.h
 *	  What the readers of tariff texts share.
 */
#ifndef RUI_TARIFF_READER_H
#define RUI_TARIFF_READER_H

#include "core/tariff.h"

typedef struct rui_tariff_reader
{
	const rui_env *env;
	rui_error *error;
} rui_tariff_reader;

/* A decimal that is not negative; absent members keep what result holds. */
extern rui_status rui_tariff_read_amount(rui_tariff_reader *r, const rui_json *object,
										 const char *key, bool required, rui_decimal *result);

typedef struct rui_tariff_model_row
{
	const char *name;
	const char *keys[16]; /* all that may stand in the tariff, then NULL */
	rui_status (*read)(rui_tariff_reader *r, const rui_json *value, rui_tariff *tariff);
} rui_tariff_model_row;

/* In the order of rui_tariff_model, ended by a row without name. */
extern const rui_tariff_model_row rui_tariff_models[];

#endif /* RUI_TARIFF_READER_H */
