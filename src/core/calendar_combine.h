/* SPDX-License-Identifier: PostgreSQL
 *
 * calendar_combine.h
 *	  Combined calendars in the making: operands go in, the canonical form
 *	  comes out.
 *
 * Which zone decides dates is settled before the first operand is taken:
 * flattening, sorting and dropping leave it alone, and the text names it
 * where an operand has another one.
 */
#ifndef RUI_CALENDAR_COMBINE_H
#define RUI_CALENDAR_COMBINE_H

#include "core/calendar.h"

/*
 * Append an operand; in ALL and ANY one of the same kind gives its operands
 * instead.  The calendar owns it afterwards, or it is released: also when
 * this fails, with RUI_MEMORY.
 */
extern rui_status rui_calendar_take(const rui_env *env, rui_calendar *calendar,
									rui_calendar *operand, rui_error *error);

/*
 * Append an operand of UNTIL that is in force in [from, until), from on where
 * the one before ends; the first from RUI_NEVER, the last until RUI_FOREVER.
 * An UNTIL gives those of its operands that are in force there instead.
 * Ownership and failure as in rui_calendar_take.
 */
extern rui_status rui_calendar_take_span(const rui_env *env, rui_calendar *calendar,
										 rui_calendar *operand, int64_t from, int64_t until,
										 rui_error *error);

/*
 * Bring a combination, whose operands are canonical, into canonical form,
 * which may be one of its operands.  RUI_MEMORY leaves it to be released.
 */
extern rui_status rui_calendar_simplify(const rui_env *env, rui_calendar **calendar,
										rui_error *error);

#endif /* RUI_CALENDAR_COMBINE_H */
