/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap.c
 *	  Fuzz target: any text or binary is refused or becomes a map that answers
 *	  lookups as the oracle without a raster does, can be checked, and survives
 *	  being written and read again.
 *
 * The first byte chooses text or binary; a binary gets its right hash.
 */
#include <stdlib.h>
#include <string.h>

#include "core/gridmap_check.h"
#include "gridmap_oracle.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Below, products vanish, and ST_Covers takes points for points on edges. */
static bool
has_vanishing(const rui_gridmap *map)
{
	const double *xy = rui_gridmap_vertices(map);
	uint32_t i;

	for (i = 0; i < 2 * map->points; i++)
		if (xy[i] != 0 && fabs(xy[i]) < 1e-70)
			return true;
	return false;
}

static void
check_point(const oracle *o, const rui_gridmap *map, bool compared, double x, double y)
{
	int64_t grid = 0;
	bool covered = rui_gridmap_locate(map, x, y, &grid);

	if (compared)
	{
		oracle_answer answer = ask_oracle(o, x, y);

		require(covered == answer.covered && grid == answer.grid);
	}
}

static void
check_lookups(const rui_gridmap_builder *builder, const rui_gridmap *map)
{
	const double *xy = rui_gridmap_vertices(map);
	bool compared = !has_vanishing(map);
	oracle o = make_oracle(builder);
	uint32_t i;

	for (i = 0; i + 1 < map->points; i++)
	{
		const double *a = xy + 2 * (size_t) i;

		check_point(&o, map, compared, a[0], a[1]);
		check_point(&o, map, compared, (a[0] + a[2]) / 2, (a[1] + a[3]) / 2);
		check_point(&o, map, compared, a[0], a[3]);
		check_point(&o, map, compared, a[0], map->low[1] + map->high[1] - a[1]);
		check_point(&o, map, compared, nextafter(a[0], INFINITY), a[1]);
	}
	free_oracle(&o);
}

/* Whatever the areas are like: those of a valid map are only some of them. */
static void
check_checks(const rui_gridmap *map)
{
	rui_gridmap_pairs pairs = { 0 };
	rui_gridmap_paths paths = { 0 };
	rui_error error;
	uint64_t edges = 0;
	size_t i;

	require(rui_gridmap_suspects(env, map, &pairs, &error) == RUI_OK);
	require(rui_gridmap_borders(env, map, &paths, &error) == RUI_OK);
	for (i = 0; i < pairs.count; i++)
		require(pairs.pairs[i].a < pairs.pairs[i].b && pairs.pairs[i].b < map->areas);
	for (i = 0; i < paths.count; i++)
		edges += paths.paths[i].count;
	require(edges <= map->points);
	rui_release(env, pairs.pairs);
	rui_release(env, paths.paths);
}

static void
check_map(const rui_gridmap *map)
{
	rui_gridmap_builder builder;
	rui_gridmap *again;
	rui_text text;
	rui_error error;

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
		if (map->points > 0)
			check_lookups(&builder, map);
		check_checks(map);
		check_map(map);
		rui_release(env, map);
	}
	else
		require(error.detail[0] != '\0');
	rui_gridmap_release(&builder);
	return 0;
}
