/* SPDX-License-Identifier: PostgreSQL
 *
 * geodesy.c
 *	  Fuzz target: any bytes are refused or are a geometry that is shifted vertex
 *	  by vertex, with nothing else changed, and comes back.
 *
 * The first byte chooses the shift, the others are the serialized form.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/geodesy.h"
#include "core/geometry.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

typedef struct list
{
	double *xy;
	uint64_t count;
	uint64_t most;
} list;

static rui_status
collect(const void *argument, uint64_t vertex, double xy[2], rui_error *error)
{
	list *l = (list *) (uintptr_t) argument;

	require(vertex == l->count + 1 && vertex <= l->most);
	memcpy(l->xy + 2 * l->count++, xy, 2 * sizeof(double));
	return RUI_OK;
}

static list
vertices(const uint8_t *bytes, size_t size, uint8_t *scratch)
{
	list l = { NULL, 0, size / 16 };
	size_t length;

	l.xy = malloc(size + 16);
	require(rui_geometry_move(&rui_env_malloc, bytes, size, collect, &l, scratch, &length, NULL) ==
			RUI_OK);
	require(length == size && memcmp(scratch, bytes, size) == 0);
	return l;
}

static void
check_shifted(rui_shift shift, const list *before, const list *after)
{
	uint64_t i;

	require(before->count == after->count);
	for (i = 0; i < before->count; i++)
	{
		const double *xy = before->xy + 2 * i;
		double expected[2] = { xy[0], xy[1] };
		double back[2] = { after->xy[2 * i], after->xy[2 * i + 1] };

		require(rui_geodesy_shift(shift, expected, NULL) == RUI_OK);
		require(memcmp(expected, back, sizeof back) == 0);
		require(fabs(back[0] - xy[0]) < RUI_GEODESY_MARGIN &&
				fabs(back[1] - xy[1]) < RUI_GEODESY_MARGIN);
		/* the first of each pair of shifts leads from WGS 84 */
		if (shift % 2 == 1 || memcmp(back, xy, sizeof back) == 0)
			continue;
		require(rui_geodesy_shift(shift + 1, back, NULL) == RUI_OK);
		require(fabs(back[0] - xy[0]) < 1e-11 && fabs(back[1] - xy[1]) < 1e-11);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_error error = { 0 };
	rui_shift shift;
	uint8_t *shifted;
	uint8_t *scratch;
	size_t length = 0;

	if (size < 2)
		return 0;
	shift = data[0] % 4;
	size--;
	shifted = malloc(size);
	scratch = malloc(size);
	if (rui_geodesy_convert(&rui_env_malloc, shift, data + 1, size, shifted, &length, &error) ==
		RUI_OK)
	{
		list before = vertices(data + 1, size, scratch);
		list after = vertices(shifted, length, scratch);

		require(length <= size && memcmp(shifted, data + 1, 3) == 0);
		require(rui_geometry_type(shifted, length) == rui_geometry_type(data + 1, size));
		check_shifted(shift, &before, &after);
		free(before.xy);
		free(after.xy);
	}
	else
		require(error.detail[0] != '\0');
	free(shifted);
	free(scratch);
	return 0;
}
