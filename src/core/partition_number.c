/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_number.c
 *	  Which number each part gets.
 */
#include "core/partition_state.h"

#include <stdlib.h>

typedef struct overlap
{
	uint32_t part;
	uint32_t owner;
	int64_t load;
	uint32_t nodes;
} overlap;

static int
compare_pairs(const void *left, const void *right)
{
	const overlap *a = left;
	const overlap *b = right;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

static int
compare_overlaps(const void *left, const void *right)
{
	const overlap *a = left;
	const overlap *b = right;

	if (a->load != b->load)
		return a->load > b->load ? -1 : 1;
	if (a->nodes != b->nodes)
		return a->nodes > b->nodes ? -1 : 1;
	return compare_pairs(left, right);
}

rui_status
rui_partition_number(rui_workspace *w, const rui_partition_builder *b, const rui_graph *g,
					 uint32_t parts, int32_t *part)
{
	rui_work_mark mark = rui_work_here(w);
	overlap *list = rui_work_take(w, g->nodes, sizeof(overlap));
	int32_t *name = rui_work_take(w, parts, sizeof(int32_t));
	unsigned char *taken = rui_work_take_zero(w, parts, 1);
	uint32_t count = 0;
	uint32_t merged = 0;
	uint32_t next = 0;
	uint32_t i;

	if (list == NULL || name == NULL || taken == NULL)
		return RUI_MEMORY;
	for (i = 0; i < parts; i++)
		name[i] = -1;
	for (i = 0; i < g->nodes; i++)
	{
		int32_t owner = b->nodes[i].current;

		if (owner < 1 || (uint32_t) owner > parts)
			continue;
		list[count].part = (uint32_t) part[i];
		list[count].owner = (uint32_t) owner - 1;
		list[count].load = g->load[i];
		list[count++].nodes = 1;
	}
	if (count > 1)
		qsort(list, count, sizeof(overlap), compare_pairs);
	for (i = 0; i < count; i++)
	{
		if (merged > 0 && compare_pairs(&list[merged - 1], &list[i]) == 0)
		{
			list[merged - 1].load += list[i].load;
			list[merged - 1].nodes++;
		}
		else
			list[merged++] = list[i];
	}
	if (merged > 1)
		qsort(list, merged, sizeof(overlap), compare_overlaps);
	for (i = 0; i < merged; i++)
	{
		if (name[list[i].part] >= 0 || taken[list[i].owner])
			continue;
		name[list[i].part] = (int32_t) list[i].owner;
		taken[list[i].owner] = 1;
	}
	for (i = 0; i < g->nodes; i++)
	{
		if (name[part[i]] < 0)
		{
			while (taken[next])
				next++;
			taken[next] = 1;
			name[part[i]] = (int32_t) next;
		}
		part[i] = name[part[i]];
	}
	rui_work_return(w, mark);
	return RUI_OK;
}
