/* SPDX-License-Identifier: PostgreSQL
 *
 * assign.h
 *	  What the aggregates on assignments have in common: their memory.
 */
#ifndef RUI_PG_ASSIGN_H
#define RUI_PG_ASSIGN_H

#include "pg/rui_pg.h"

/* Define the setting rui.assign_memory. */
extern void rui_assign_start(void);

/*
 * 54000 where what is held and what is about to be taken, in bytes, are more
 * than rui.assign_memory; what names the call.
 */
extern void rui_assign_require_memory(size_t held, size_t more, const char *what);

#endif /* RUI_PG_ASSIGN_H */
