/* SPDX-License-Identifier: PostgreSQL
 *
 * rui_pg.h
 *	  What every glue file needs: services for the core, errors, exports.
 *
 * Include it first, in place of postgres.h.
 */
#ifndef RUI_PG_H
#define RUI_PG_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h" /* in postgres.h before */
#endif

#include "core/rui_core.h"

/*
 * PostgreSQL 15 defines PGDLLEXPORT as nothing, and we hide symbols by
 * default: pgxs.mk defines it as default visibility.  An SQL function is
 *
 *	RUI_FUNCTION(due_at)
 *	{ ... PG_RETURN_TIMESTAMPTZ(...); }
 *
 * whose C symbol is rui_due_at, so that no name meets another library's.
 */
#define RUI_FUNCTION(name) \
	PGDLLEXPORT PG_FUNCTION_INFO_V1(rui_##name); \
	extern PGDLLEXPORT Datum rui_##name(PG_FUNCTION_ARGS); \
	Datum rui_##name(PG_FUNCTION_ARGS)

/*
 * Core services that allocate in a memory context (huge blocks allowed,
 * NULL instead of an error) and check for interrupts.  An interrupt leaves by
 * ereport: what the core holds lies in that context and goes with it.
 */
extern rui_env rui_pg_env(MemoryContext context);

/*
 * Raise a core error.  what names the type or function, as in
 * 'invalid calendar at "weekly.mon[0]"'.  Does not return.
 */
extern void rui_pg_raise(const rui_error *error, const char *what) pg_attribute_noreturn();

/* Raise unless status is RUI_OK. */
#define RUI_CHECK(status, error, what) \
	do \
	{ \
		if (unlikely((status) != RUI_OK)) \
			rui_pg_raise(&(error), (what)); \
	} while (0)

/* The SQLSTATE of a core status, as MAKE_SQLSTATE packs it. */
extern int rui_pg_sqlstate(rui_status code);

/* Room for the classes' own codes: RU + three digits by floor (docs/errors.md). */
#define RUI_SQLSTATE(a, b, c) MAKE_SQLSTATE('R', 'U', a, b, c)

#endif /* RUI_PG_H */
