/* SPDX-License-Identifier: PostgreSQL
 *
 * compiled.h
 *	  Compiled forms of rule values, kept per call site.
 *
 * A rule value (calendar, gridmap, tariff, rubric) begins, after its varlena
 * header, with the 128-bit hash of its content, which its input functions
 * verified.  Compiling one costs far more than evaluating it, so each call
 * site keeps its last compiled forms, found by TOAST pointer where the
 * value is stored out of line, else by hash and size: never by reading the
 * whole value.
 */
#ifndef RUI_COMPILED_H
#define RUI_COMPILED_H

#include "pg/rui_pg.h"

#include "core/hash.h"

typedef struct rui_compiled_kind
{
	const char *name; /* of the type; names the memory context */

	/*
	 * Build the compiled form.  value is detoasted with a 4-byte header, MAXALIGNed, and
	 * lives as long as the form does; everything is allocated in context,
	 * which is current.
	 */
	void *(*compile)(struct varlena *value, MemoryContext context);
} rui_compiled_kind;

/*
 * The compiled form of argument number `argument` of this call.  Forms live
 * in fn_mcxt; at least 16 are kept, the least recently used one goes first.
 * A function may use this for several arguments and kinds.
 */
extern void *rui_compiled(FunctionCallInfo fcinfo, int argument, const rui_compiled_kind *kind);

#endif /* RUI_COMPILED_H */
