/* SPDX-License-Identifier: PostgreSQL
 *
 * unit.h
 *	  The whole unit-test framework: checks that count, and a closing line.
 *
 * A test program includes this once, has functions of checks, and ends main
 * with `return unit_finish("module");`.  A failed check prints where and what
 * and goes on; a failed property test prints its seed by unit_note, and says
 * by unit_count what its chance met, so that it cannot miss a case unseen.
 */
#ifndef RUI_UNIT_H
#define RUI_UNIT_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rui_core.h"

static long unit_passed;
static long unit_failed;
static char unit_note_text[256];

/* Shown with the next failure: the seed and case of a property test. */
static inline void __attribute__((format(printf, 1, 2)))
unit_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(unit_note_text, sizeof unit_note_text, format, arguments);
	va_end(arguments);
}

#define UNIT_KINDS 64

static struct
{
	const char *name;
	long count;
} unit_kinds[UNIT_KINDS];

/* The count of a kind of case, for reading and adding. */
static inline long *
unit_kind(const char *name)
{
	int i;

	for (i = 0; i < UNIT_KINDS - 1 && unit_kinds[i].name != NULL; i++)
		if (unit_kinds[i].name == name || strcmp(unit_kinds[i].name, name) == 0)
			break;
	unit_kinds[i].name = name;
	return &unit_kinds[i].count;
}

/* One more case of a kind, which the end of the test tells the number of. */
static inline void
unit_count(const char *name)
{
	++*unit_kind(name);
}

static inline bool
unit_check(bool holds, const char *what, const char *file, int line)
{
	if (holds)
	{
		unit_passed++;
		return true;
	}
	unit_failed++;
	if (unit_failed <= 50)
		printf("%s:%d: failed: %s%s%s\n", file, line, what,
			   unit_note_text[0] != '\0' ? "   case: " : "", unit_note_text);
	return false;
}

#define CHECK(condition) unit_check((condition), #condition, __FILE__, __LINE__)

#define CHECK_INT(actual, expected) \
	do \
	{ \
		int64_t actual_ = (int64_t) (actual); \
		int64_t expected_ = (int64_t) (expected); \
\
		if (!unit_check(actual_ == expected_, #actual " = " #expected, __FILE__, \
						__LINE__)) \
			printf("    actual %" PRId64 ", expected %" PRId64 "\n", actual_, expected_); \
	} while (0)

#define CHECK_TEXT(actual, expected) \
	do \
	{ \
		const char *actual_ = (actual); \
		const char *expected_ = (expected); \
\
		if (!unit_check(actual_ != NULL && strcmp(actual_, expected_) == 0, \
						#actual " = " #expected, __FILE__, __LINE__)) \
			printf("    actual   %s\n    expected %s\n", actual_ ? actual_ : "(null)", expected_); \
	} while (0)

/* Fails when a kind was met more seldom than that. */
static inline void
unit_at_least(const char *name, long least)
{
	unit_note("%s: %ld", name, *unit_kind(name));
	CHECK(*unit_kind(name) >= least);
	unit_note("%s", "");
}

static inline int
unit_finish(const char *module)
{
	int i;

	for (i = 0; i < UNIT_KINDS && unit_kinds[i].name != NULL; i++)
		printf("  %9ld %s\n", unit_kinds[i].count, unit_kinds[i].name);
	printf("%s: %ld passed, %ld failed\n", module, unit_passed, unit_failed);
	return unit_failed == 0 ? 0 : 1;
}

#endif /* RUI_UNIT_H */
