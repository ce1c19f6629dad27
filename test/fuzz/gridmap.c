/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  Fuzz target: any text or binary is refused or becomes a map that answers
 *	  every lookup and survives being written and read again.
 *
 * The first byte chooses text or binary; a binary gets its right hash.
 */
#include <stdlib.h>
#include <string.h>

#include "core/gridmap.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static const double *
vertices(const rui_gridmap *map)
{
	return (const double *) ((const char *) map + map->at_xy);
}

static void
check_map(const rui_env *env, const rui_gridmap *map)
{
	rui_gridmap_builder builder;
	rui_gridmap *again;
	rui_text text;
	rui_error error;
	int64_t grid;
	uint32_t i;

	for (i = 0; i < map->points; i++)
	{
		const double *at = vertices(map) + 2 * (size_t) i;

		rui_gridmap_locate(map, at[0], at[1], &grid);
		rui_gridmap_locate(map, at[0], map->low[1] + map->high[1] - at[1], &grid);
	}
	rui_text_start(&text, env);
	rui_gridmap_write_text(map, &text);
	rui_gridmap_start(&builder, env);
	require(rui_gridmap_read_text(&builder, text.bytes, text.length, &error) == RUI_OK);
	require(rui_gridmap_finish(&builder, &again, &error) == RUI_OK);
	require(again->size == map->size && memcmp(again, map, map->size) == 0);
	rui_release(env, again);
	rui_gridmap_release(&builder);
	rui_text_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const rui_env *env = &rui_env_malloc;
	rui_gridmap_builder builder;
	rui_gridmap *map;
	rui_error error = { 0 };
	rui_status status;

	if (size == 0)
		return 0;
	rui_gridmap_start(&builder, env);
	if (data[0] % 2 == 0)
		status = rui_gridmap_read_text(&builder, (const char *) data + 1, size - 1, &error);
	else
	{
		unsigned char *binary = malloc(RUI_CONTENT_HASH_SIZE + size);

		require(binary != NULL);
		rui_content_hash(data + 1, size - 1, binary);
		memcpy(binary + RUI_CONTENT_HASH_SIZE, data + 1, size - 1);
		status = rui_gridmap_read_binary(&builder, binary, size + RUI_CONTENT_HASH_SIZE - 1,
										 &error);
		free(binary);
	}
	if (status == RUI_OK)
		status = rui_gridmap_finish(&builder, &map, &error);
	if (status == RUI_OK)
	{
		check_map(env, map);
		rui_release(env, map);
	}
	else
		require(error.detail[0] != '\0');
	rui_gridmap_release(&builder);
	return 0;
}
