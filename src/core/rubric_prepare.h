/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric_prepare.h
 *	  From the text of a rubric to what scoring needs.
 */
#ifndef RUI_RUBRIC_PREPARE_H
#define RUI_RUBRIC_PREPARE_H

#include "core/rubric.h"

/*
 * Fill what rubric.h calls prepared, once.  RUI_INVALID for a code that
 * stands twice, RUI_LIMIT for rating maxima with too large a common multiple.
 */
extern rui_status rui_rubric_prepare(const rui_env *env, rui_rubric *rubric, rui_error *error);

/* The item of that code, or NULL. */
extern const rui_rubric_item *rui_rubric_find(const rui_rubric *rubric, const char *code);

/* A decimal that is not negative, in units of 10^-scale; it has no more decimals. */
extern rui_uint128 rui_decimal_units(rui_decimal number, int scale);

#endif /* RUI_RUBRIC_PREPARE_H */
