/* SPDX-License-Identifier: PostgreSQL
 *
 * compiled.h
 *	  Compiled forms of rule values, kept by the session.
 *
 * A rule value (calendar, gridmap, tariff, rubric) begins, after its varlena
 * header, with the 128-bit hash of its content, which its input functions
 * verified.  Compiling one costs far more than evaluating it, so the session
 * keeps compiled forms, found by kind, size and hash, the least recently
 * used ones going when they hold more than rui.compiled_memory.  Each call
 * site remembers the forms it saw, by TOAST pointer where the value is stored
 * out of line: so a value is never read whole to find its form.
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

	/*
	 * Or NULL: the same for a value too large for the session to keep, that
	 * is stored out of line and not compressed.  Then pointer is its TOAST
	 * pointer, and the form reads parts of it as it needs them, so that a
	 * few calls need not read all of it.
	 */
	void *(*compile_in_parts)(struct varlena *pointer, MemoryContext context);
} rui_compiled_kind;

/*
 * The compiled form of argument number `argument` of this call.  It lives
 * until the call ends, and until RUI_FORMS_IN_USE others have been asked for:
 * a function may use this for several arguments and kinds, but keeps no form
 * from one call to the next.  A form larger than a quarter of
 * rui.compiled_memory lives in fn_mcxt, of which a call site keeps the last
 * 16, and which reads the value in parts where the kind can.
 */
extern void *rui_compiled(FunctionCallInfo fcinfo, int argument, const rui_compiled_kind *kind);

#define RUI_FORMS_IN_USE 8

/* Define the setting rui.compiled_memory. */
extern void rui_compiled_start(void);

#endif /* RUI_COMPILED_H */
