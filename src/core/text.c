/* SPDX-License-Identifier: PostgreSQL
 *
 * text.c
 *	  A growing text, for canonical output forms.
 */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ASK_EVERY 65536 /* bytes, a power of two */

void
rui_text_start(rui_text *text, const rui_env *env)
{
	memset(text, 0, sizeof *text);
	text->env = env;
}

static bool
reserve(rui_text *text, size_t more)
{
	if (text->failed)
		return false;
	if ((text->length + more) / ASK_EVERY != text->length / ASK_EVERY &&
		rui_interrupted(text->env))
		text->failed = true;
	else if (more > PTRDIFF_MAX - text->length - 1 ||
			 rui_grow(text->env, &text->bytes, &text->capacity, text->length + more + 1, 1,
					  NULL) != RUI_OK)
		text->failed = true;
	return !text->failed;
}

void
rui_text_append(rui_text *text, const char *bytes, size_t length)
{
	if (!reserve(text, length))
		return;
	if (length > 0)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void
rui_text_add(rui_text *text, const char *string)
{
	rui_text_append(text, string, strlen(string));
}

void
rui_text_character(rui_text *text, char character)
{
	rui_text_append(text, &character, 1);
}

void
rui_text_format(rui_text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !reserve(text, (size_t) length))
		return;
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t) length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t) length;
}

void
rui_text_json_string(rui_text *text, const char *bytes, size_t length)
{
	size_t i;

	rui_text_character(text, '"');
	for (i = 0; i < length; i++)
	{
		unsigned char byte = (unsigned char) bytes[i];

		if (byte == '"' || byte == '\\')
		{
			rui_text_character(text, '\\');
			rui_text_character(text, (char) byte);
		}
		else if (byte == '\n')
			rui_text_add(text, "\\n");
		else if (byte == '\t')
			rui_text_add(text, "\\t");
		else if (byte == '\r')
			rui_text_add(text, "\\r");
		else if (byte < 0x20)
			rui_text_format(text, "\\u%04x", byte);
		else
			rui_text_character(text, (char) byte);
	}
	rui_text_character(text, '"');
}

void
rui_text_release(rui_text *text)
{
	rui_release(text->env, text->bytes);
	rui_text_start(text, text->env);
}
