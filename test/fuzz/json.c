/* SPDX-License-Identifier: PostgreSQL
 *
 * json.c
 *	  Any bytes: the reader of JSON answers or refuses, and leaks nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

static size_t
walk(const rui_json *value)
{
	const rui_json *member;
	size_t seen = 1;

	if (value->text != NULL && strlen(value->text) != value->length)
		abort(); /* a NUL inside a text */
	for (member = value->first; member != NULL; member = member->next)
	{
		if (member->parent != value || (value->kind == RUI_JSON_OBJECT) != (member->key != NULL))
			abort();
		seen += walk(member);
	}
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_json_document document;
	rui_error error;

	if (rui_json_parse(&rui_env_malloc, (const char *) data, size, &document, &error) != RUI_OK)
	{
		if (error.code == RUI_OK || error.detail[0] == '\0')
			abort();
		return 0;
	}
	walk(document.root);
	rui_json_release(&rui_env_malloc, &document);
	return 0;
}
