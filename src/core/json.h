/* SPDX-License-Identifier: PostgreSQL
 *
 * json.h
 *	  Reader of JSON texts (RFC 8259) for rule values.
 *
 * The whole text becomes a tree in one arena.  Numbers keep their literal,
 * so decimals never pass through floats.  A key given twice in one object is
 * an error, as are NUL characters, invalid UTF-8 and nesting beyond
 * RUI_JSON_DEPTH.
 */
#ifndef RUI_JSON_H
#define RUI_JSON_H

#include "core/rui_core.h"

#define RUI_JSON_DEPTH 64

typedef enum rui_json_kind
{
	RUI_JSON_NULL,
	RUI_JSON_BOOLEAN,
	RUI_JSON_NUMBER,
	RUI_JSON_STRING,
	RUI_JSON_ARRAY,
	RUI_JSON_OBJECT
} rui_json_kind;

typedef struct rui_json
{
	rui_json_kind kind;
	bool boolean;
	int64_t offset; /* where the value begins in the text */
	const char *key; /* member name within an object, else NULL; NUL-ended */
	const char *text; /* decoded string, or the literal of a number; NUL-ended */
	size_t length; /* bytes of text */
	size_t count; /* members or elements */
	struct rui_json *first;
	struct rui_json *next;
	struct rui_json *parent;
} rui_json;

typedef struct rui_json_document
{
	rui_json *root;
	void *arena;
} rui_json_document;

/*
 * Parse text (length bytes, no NUL needed).  RUI_SYNTAX with the offset on
 * what is not JSON; RUI_LIMIT beyond the depth; RUI_MEMORY.
 */
extern rui_status rui_json_parse(const rui_env *env, const char *text, size_t length,
								 rui_json_document *document, rui_error *error);
extern void rui_json_release(const rui_env *env, rui_json_document *document);

/* The member of that name, or NULL; what is no object has none. */
extern const rui_json *rui_json_member(const rui_json *object, const char *key);

/*
 * The path of a value from the root, as rui_error.part shows it:
 * weekly.mon[1][0].  The root itself is the empty text.
 */
extern void rui_json_path(const rui_json *value, char *path, size_t size);

/*
 * Fail at a value: part is its path, offset its place in the text.
 */
extern rui_status rui_json_fail(rui_error *error, rui_status code, const rui_json *value,
								const char *hint, const char *detail, ...)
	__attribute__((format(printf, 5, 6)));

/* RUI_INVALID unless value has that kind; what names it in the detail. */
extern rui_status rui_json_expect(const rui_json *value, rui_json_kind kind, rui_error *error);

/*
 * RUI_INVALID naming the first member of object whose key is not in keys
 * (a NULL-ended list); the hint lists the keys.
 */
extern rui_status rui_json_only(const rui_json *object, const char *const *keys, rui_error *error);

/* A JSON integer within [low, high]; RUI_INVALID otherwise. */
extern rui_status rui_json_integer(const rui_json *value, int64_t low, int64_t high,
								   int64_t *result, rui_error *error);

#endif /* RUI_JSON_H */
