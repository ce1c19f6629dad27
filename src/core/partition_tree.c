/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_tree.c
 *	  First partitions along a spanning tree.
 */
#include "core/partition_state.h"

#include <string.h>

typedef struct tree
{
	const rui_graph *graph;
	uint32_t *order; /* parents before children */
	uint32_t *parent;
	int64_t *sum; /* load below and at a node, without what was cut off */
	unsigned char *cut; /* from its parent */
} tree;

static void
span(tree *t)
{
	const rui_graph *g = t->graph;
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t v;

	for (v = 0; v < g->nodes; v++)
		t->parent[v] = RUI_NO_NODE;
	t->order[tail++] = 0;
	t->parent[0] = 0;
	while (head < tail)
	{
		uint32_t u = t->order[head++];
		uint32_t arc;

		for (arc = g->first[u]; arc < g->first[u + 1]; arc++)
			if (t->parent[g->arcs[arc].to] == RUI_NO_NODE)
			{
				t->parent[g->arcs[arc].to] = u;
				t->order[tail++] = g->arcs[arc].to;
			}
	}
}

/* Cut off every subtree that reaches the threshold; how many that are. */
static uint32_t
cut_subtrees(tree *t, int64_t threshold)
{
	uint32_t cuts = 0;
	uint32_t i;

	memcpy(t->sum, t->graph->load, t->graph->nodes * sizeof(int64_t));
	for (i = t->graph->nodes - 1; i > 0; i--)
	{
		uint32_t v = t->order[i];

		t->cut[v] = t->sum[v] >= threshold;
		cuts += t->cut[v];
		if (!t->cut[v])
			t->sum[t->parent[v]] += t->sum[v];
	}
	t->cut[t->order[0]] = 0;
	return cuts;
}

/* Cut off more, the heaviest first, until there are so many. */
static void
cut_more(tree *t, uint32_t cuts, uint32_t wanted)
{
	while (cuts < wanted)
	{
		int64_t low = 0;
		int64_t high = INT64_MAX;
		uint32_t i;

		/* Nodes above a threshold, at most as many as are wanted. */
		while (low < high)
		{
			int64_t middle = low + (high - low) / 2;
			uint32_t count = 0;

			for (i = 1; i < t->graph->nodes; i++)
				count += !t->cut[t->order[i]] && t->sum[t->order[i]] > middle;
			if (count > wanted - cuts)
				low = middle + 1;
			else
				high = middle;
		}
		for (i = 1; i < t->graph->nodes && cuts < wanted; i++)
		{
			uint32_t v = t->order[i];

			if (t->cut[v] || t->sum[v] < low)
				continue;
			t->cut[v] = 1;
			cuts++;
		}
	}
}

rui_status
rui_partition_cut_tree(rui_workspace *w, const rui_graph *graph, uint32_t parts,
					   int32_t first_part, int32_t *part)
{
	rui_work_mark mark = rui_work_here(w);
	tree t = { graph, NULL, NULL, NULL, NULL };
	int64_t low = 0;
	int64_t high = graph->total + 1;
	uint32_t n = graph->nodes;
	uint32_t i;

	t.order = rui_work_take(w, n, sizeof(uint32_t));
	t.parent = rui_work_take(w, n, sizeof(uint32_t));
	t.sum = rui_work_take(w, n, sizeof(int64_t));
	t.cut = rui_work_take(w, n, 1);
	if (t.order == NULL || t.parent == NULL || t.sum == NULL || t.cut == NULL)
		return RUI_MEMORY;
	span(&t);
	/* The lowest threshold that does not cut too often. */
	while (low < high)
	{
		int64_t middle = low + (high - low) / 2;

		if (cut_subtrees(&t, middle) <= parts - 1)
			high = middle;
		else
			low = middle + 1;
	}
	cut_more(&t, cut_subtrees(&t, low), parts - 1);
	for (i = 0; i < n; i++)
	{
		uint32_t v = t.order[i];

		if (i == 0 || t.cut[v])
			part[v] = first_part++;
		else
			part[v] = part[t.parent[v]];
	}
	rui_work_return(w, mark);
	return RUI_OK;
}
