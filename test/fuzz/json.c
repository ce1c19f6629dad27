/* SPDX-License-Identifier: PostgreSQL
 *
 * json.c
 *	  Fuzz target: any bytes are either refused or read as a sound tree.
 */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Links, counts and paths agree with one another, all the way down. */
static void
check_tree(const rui_json *value)
{
	const rui_json *child;
	size_t count = 0;
	char path[64];

	rui_json_path(value, path, sizeof path);
	require(strlen(path) < sizeof path);
	if (value->kind == RUI_JSON_STRING || value->kind == RUI_JSON_NUMBER)
		require(value->text[value->length] == '\0');
	for (child = value->first; child != NULL; child = child->next)
	{
		require(child->parent == value);
		require((value->kind == RUI_JSON_OBJECT) == (child->key != NULL));
		if (child->key != NULL)
			require(rui_json_member(value, child->key) != NULL);
		check_tree(child);
		count++;
	}
	require(count == value->count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_json_document document;
	rui_error error = { 0 };
	rui_status status;

	status = rui_json_parse(&rui_env_malloc, (const char *) data, size, &document, &error);
	if (status != RUI_OK)
	{
		require(error.code == status);
		require(error.offset >= -1 && error.offset <= (int64_t) size);
		return 0;
	}
	check_tree(document.root);
	rui_json_release(&rui_env_malloc, &document);
	return 0;
}
