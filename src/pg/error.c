/* SPDX-License-Identifier: PostgreSQL
 *
 * error.c
 *	  The one table from core statuses to SQLSTATEs, and core services.
 */
#include "pg/rui_pg.h"

#include "miscadmin.h"

typedef struct status_row
{
	rui_status code;
	int sqlstate;
	const char *phrase; /* %s is the type or function */
} status_row;

static const status_row rows[] = {
	{ RUI_SYNTAX, ERRCODE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for %s" },
	{ RUI_INVALID, ERRCODE_INVALID_PARAMETER_VALUE, "invalid %s" },
	{ RUI_RANGE, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range" },
	{ RUI_DATETIME_RANGE, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, "%s out of range" },
	{ RUI_BINARY, ERRCODE_INVALID_BINARY_REPRESENTATION, "invalid binary form of %s" },
	{ RUI_STATE, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "%s does not allow this now" },
	{ RUI_LIMIT, ERRCODE_PROGRAM_LIMIT_EXCEEDED, "%s too large" },
	{ RUI_MEMORY, ERRCODE_OUT_OF_MEMORY, "out of memory in %s" },
	{ RUI_INTERRUPTED, ERRCODE_QUERY_CANCELED, "%s was canceled" },
	{ RUI_INTERNAL, ERRCODE_INTERNAL_ERROR, "internal error in %s" },
};

static const status_row *
find_row(rui_status code)
{
	int i;

	for (i = 0; i < (int) lengthof(rows); i++)
		if (rows[i].code == code)
			return &rows[i];
	return &rows[lengthof(rows) - 1];
}

int
rui_pg_sqlstate(rui_status code)
{
	return find_row(code)->sqlstate;
}

void
rui_pg_raise(const rui_error *error, const char *what)
{
	const status_row *row = find_row(error->code);
	char *message = psprintf(row->phrase, what);

	ereport(ERROR,
			(errcode(row->sqlstate),
			 error->part[0] != '\0' ? errmsg("%s at \"%s\"", message, error->part)
									: errmsg("%s", message),
			 error->detail[0] != '\0' ? errdetail("%s", error->detail) : 0,
			 error->hint[0] != '\0' ? errhint("%s", error->hint) : 0));
	pg_unreachable();
}

static void *
context_allocate(size_t size, void *argument)
{
	if (size > MaxAllocHugeSize)
		return NULL;
	return MemoryContextAllocExtended((MemoryContext) argument, size,
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void
context_release(void *block, void *argument)
{
	(void) argument;
	pfree(block);
}

static bool
check_interrupts(void *argument)
{
	(void) argument;
	CHECK_FOR_INTERRUPTS();
	return false;
}

rui_env
rui_pg_env(MemoryContext context)
{
	rui_env env = { context_allocate, context_release, check_interrupts, context };

	return env;
}
