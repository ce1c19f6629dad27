/* SPDX-License-Identifier: PostgreSQL
 *
 * text.h
 *	  A growing text, for canonical output forms.
 */
#ifndef RUI_TEXT_H
#define RUI_TEXT_H

#include "core/rui_core.h"

/*
 * Appends never fail visibly: the first lack of memory is remembered in
 * failed and later appends do nothing, so a writer checks once at its end.
 * A wish of the host to stop, asked for every 64 kB, counts as such a lack.
 * bytes is ended by NUL whenever length > 0.
 */
typedef struct rui_text
{
	const rui_env *env;
	char *bytes;
	size_t length;
	size_t capacity;
	bool failed;
} rui_text;

extern void rui_text_start(rui_text *text, const rui_env *env);
extern void rui_text_append(rui_text *text, const char *bytes, size_t length);
extern void rui_text_add(rui_text *text, const char *string);
extern void rui_text_character(rui_text *text, char character);
extern void rui_text_format(rui_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A JSON string with quotes; escapes only what RFC 8259 demands. */
extern void rui_text_json_string(rui_text *text, const char *bytes, size_t length);
extern void rui_text_release(rui_text *text);

#endif /* RUI_TEXT_H */
