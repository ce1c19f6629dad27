/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.c
 *	  Fuzz target: any small graph is refused or cut into connected parts.
 *
 * Bytes: parts, seed, stability, then for each node its load, its owner, a
 * number of neighbours and these.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/partition.h"

#define MOST_NODES 40

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_parts(rui_partition_builder *builder, const rui_part *result, int32_t parts)
{
	rui_partition_measure measure;
	size_t i;

	for (i = 0; i < builder->count; i++)
	{
		require(result[i].part >= 1 && result[i].part <= parts);
		require(i == 0 || result[i - 1].node < result[i].node);
		builder->nodes[i].current = result[i].part;
	}
	require(rui_partition_assess(builder, &measure, NULL) == RUI_OK);
	require(measure.parts == parts && measure.disconnected == 0);
}

/* The bytes as the text of options: refused, or within their bounds. */
static void
check_options(const char *text, size_t size)
{
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_error error = { 0 };
	rui_status status = rui_partition_read_options(&rui_env_malloc, text, size, &options, &error);

	if (status != RUI_OK)
		require(error.code == status && error.detail[0] != '\0');
	else
		require(options.tolerance >= 0 && isfinite(options.tolerance) && options.stability >= 0 &&
				isfinite(options.stability));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_partition_builder builder;
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_part *result;
	rui_error error = { 0 };
	rui_status status = RUI_OK;
	int32_t parts;
	size_t at = 3;

	check_options((const char *) data, size);
	if (size < 3)
		return 0;
	parts = data[0];
	options.seed = data[1];
	options.stability = data[2] & 15;
	options.tolerance = (data[2] >> 4) / 100.0;
	rui_partition_start(&builder, &rui_env_malloc);
	while (size - at >= 3 && status == RUI_OK && builder.count < MOST_NODES)
	{
		int64_t neighbours[8];
		double weights[8];
		uint32_t degree = data[at + 2] & 7;
		double load = data[at] == 255 ? 1e18 : data[at] / 4.0;
		uint32_t i;

		if (size - at - 3 < degree)
			break;
		for (i = 0; i < degree; i++)
		{
			neighbours[i] = data[at + 3 + i] % MOST_NODES;
			weights[i] = data[at + 3 + i] / (double) MOST_NODES;
		}
		status = rui_partition_add(&builder, (int64_t) builder.count, load, data[at + 1] & 15,
								   neighbours, data[at + 2] & 8 ? weights : NULL, degree, &error);
		at += 3 + degree;
	}
	if (status == RUI_OK)
		status = rui_partition_solve(&builder, parts, &options, &result, &error);
	if (status == RUI_OK)
	{
		check_parts(&builder, result, parts);
		free(result);
	}
	else
		require(error.detail[0] != '\0' && status == RUI_INVALID);
	rui_partition_release(&builder);
	return 0;
}
