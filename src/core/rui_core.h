/* SPDX-License-Identifier: PostgreSQL
 *
 * rui_core.h
 *	  The seam between the functional core and whoever hosts it.
 *
 * Code in src/core is plain C11 and includes no PostgreSQL header.  It gets
 * memory, and learns of a wish to stop, through rui_env; it says what went
 * wrong through rui_error.  Every function that can fail returns a
 * rui_status, fills the error, and leaves its outputs untouched on failure.
 */
#ifndef RUI_CORE_H
#define RUI_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What kind of thing went wrong; src/pg/error.c maps each to a SQLSTATE. */
typedef enum rui_status
{
	RUI_OK = 0,
	RUI_SYNTAX, /* text that cannot be read at all (22P02) */
	RUI_INVALID, /* readable, but breaks a rule of the type (22023) */
	RUI_RANGE, /* a number out of its range (22003) */
	RUI_DATETIME_RANGE, /* an instant or duration out of its range (22008) */
	RUI_BINARY, /* a binary form that no output function wrote (22P03) */
	RUI_STATE, /* a move the present state does not allow (55000) */
	RUI_LIMIT, /* larger than a stated limit (54000) */
	RUI_MEMORY, /* the host gave no memory (53200) */
	RUI_INTERRUPTED, /* the host asked to stop (57014) */
	RUI_INTERNAL /* cannot happen (XX000) */
} rui_status;

/*
 * The host's services.  allocate returns NULL when there is no memory; the
 * block is aligned to 8 bytes (so declare __int128 with aligned(8)) and not
 * zeroed.  release takes what allocate gave (or NULL).  interrupted is called
 * in every unbounded loop: true asks the core to clean up and return
 * RUI_INTERRUPTED (a host may also leave by longjmp, so the core holds
 * nothing but memory of allocate across it).
 */
typedef struct rui_env
{
	void *(*allocate)(size_t size, void *argument);
	void (*release)(void *block, void *argument);
	bool (*interrupted)(void *argument);
	void *argument;
} rui_env;

/* Where and what: all texts are UTF-8, ended by NUL, empty when unknown. */
typedef struct rui_error
{
	rui_status code;
	int64_t offset; /* byte offset in a text or binary input, or -1 */
	char part[128]; /* the bad part: a JSON path, a name, a literal */
	char detail[256]; /* what is wrong with it: a sentence */
	char hint[256]; /* how to mend it: a sentence */
} rui_error;

/* For work that nobody can interrupt or that is certainly short. */
extern const rui_env rui_env_malloc;

/*
 * Memory for count elements of size bytes, not zeroed (rui_allocate) or
 * zeroed (rui_allocate_zero).  NULL when the product overflows or the host
 * has none; zero bytes ask for one.
 */
extern void *rui_allocate(const rui_env *env, size_t count, size_t size);
extern void *rui_allocate_zero(const rui_env *env, size_t count, size_t size);
extern void rui_release(const rui_env *env, void *block);

/*
 * Grow *block (of *capacity elements of size bytes) to hold at least needed
 * elements, doubling.  RUI_MEMORY leaves both untouched.
 */
extern rui_status rui_grow(const rui_env *env, void *block, size_t *capacity,
						   size_t needed, size_t size, rui_error *error);

extern bool rui_interrupted(const rui_env *env);

/*
 * Fill error and return code.  part and hint may be NULL; detail is a printf
 * format (the hint is not): use rui_fail for the common case and
 * rui_fail_at where the offset is known.  An over-long text is cut at a
 * character boundary.  error may be NULL.
 */
extern rui_status rui_fail(rui_error *error, rui_status code, const char *part,
						   const char *hint, const char *detail, ...)
	__attribute__((format(printf, 5, 6)));
extern rui_status rui_fail_at(rui_error *error, rui_status code, int64_t offset,
							  const char *part, const char *hint, const char *detail, ...)
	__attribute__((format(printf, 6, 7)));
extern rui_status rui_fail_interrupted(rui_error *error);
extern rui_status rui_fail_memory(rui_error *error, size_t bytes);

/* A seeded generator (splitmix64; Steele, Lea, Flood, OOPSLA 2014) for
 * algorithms that need chance: same seed, same numbers, on every machine. */
typedef struct rui_random
{
	uint64_t state;
} rui_random;

extern uint64_t rui_random_next(rui_random *random);
/* Uniform in [0, bound), bound > 0; no modulo bias. */
extern uint64_t rui_random_below(rui_random *random, uint64_t bound);

/* Overflow-checked arithmetic: true when the result did not fit. */
static inline bool
rui_add_overflows(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_add_overflow(a, b, result);
}

static inline bool
rui_subtract_overflows(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_sub_overflow(a, b, result);
}

static inline bool
rui_multiply_overflows(int64_t a, int64_t b, int64_t *result)
{
	return __builtin_mul_overflow(a, b, result);
}

#endif /* RUI_CORE_H */
