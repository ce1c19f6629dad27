/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_leave.c
 *	  Whether a node may leave its part, which has to stay connected.
 */
#include "core/partition_state.h"

/* A search for ways around a node gives up after so many nodes, or arcs more than it has. */
#define SEARCH_LIMIT 200
#define ARC_LIMIT 4000
#define CUT_OFF UINT32_MAX /* as what is pending of a label */

static uint32_t
find_root(rui_workspace *w, uint32_t label)
{
	while (w->root[label] != label)
		label = w->root[label] = w->root[w->root[label]];
	return label;
}

/*
 * Of the nodes in the queue keep those that a search found cut off: all whose
 * label does not belong to the one that is left.
 */
static uint32_t
list_cut_off(rui_workspace *w, uint32_t base, uint32_t labels, uint32_t found)
{
	uint32_t left = 0;
	uint32_t kept = 0;
	uint32_t i;

	while (left + 1 < labels && w->pending[find_root(w, left)] == CUT_OFF)
		left++;
	left = find_root(w, left);
	for (i = 0; i < found; i++)
	{
		uint32_t v = w->queue[i];

		if (find_root(w, w->seen[v] - base) != left)
			w->queue[kept++] = v;
	}
	return kept;
}

/*
 * The search starts from all neighbours in v's part at once and ends as soon
 * as those that are not cut off have met.
 */
bool
rui_partition_may_leave(rui_partition_state *s, uint32_t v, int32_t to, uint32_t *cut_off)
{
	const rui_graph *g = s->graph;
	rui_workspace *w = s->work;
	int32_t from = s->part[v];
	uint32_t base = rui_work_labels(w, g->first[v + 1] - g->first[v] + 1);
	bool touches = false;
	bool any_cut_off = false;
	uint32_t labels = 0;
	uint64_t arcs = (uint64_t) ARC_LIMIT + g->first[v + 1] - g->first[v]; /* yet to be seen */
	uint32_t apart;
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t k;

	*cut_off = 0;
	for (k = g->first[v]; k < g->first[v + 1]; k++)
	{
		uint32_t u = g->arcs[k].to;

		touches = touches || s->part[u] == to;
		if (s->part[u] != from)
			continue;
		w->seen[u] = base + labels;
		w->root[labels] = labels;
		w->pending[labels++] = 1;
		w->queue[tail++] = u;
	}
	if (!touches || labels <= 1)
		return touches && labels == 1;
	w->seen[v] = base + labels;
	apart = labels;
	while (head < tail && head < SEARCH_LIMIT && apart > 1)
	{
		uint32_t u = w->queue[head++];
		uint32_t mine = find_root(w, w->seen[u] - base);

		/* Others may still meet a node of many neighbours, which stays pending. */
		if (g->first[u + 1] - g->first[u] > arcs)
			continue;
		arcs -= g->first[u + 1] - g->first[u];
		w->pending[mine]--;
		for (k = g->first[u]; k < g->first[u + 1] && apart > 1; k++)
		{
			uint32_t x = g->arcs[k].to;
			uint32_t other;

			if (s->part[x] != from || x == v)
				continue;
			if (w->seen[x] < base)
			{
				w->seen[x] = base + mine;
				w->pending[mine]++;
				w->queue[tail++] = x;
				continue;
			}
			other = find_root(w, w->seen[x] - base);
			if (other == mine)
				continue;
			apart--;
			w->root[other] = mine;
			w->pending[mine] += w->pending[other];
		}
		if (w->pending[mine] == 0 && apart > 1)
		{
			w->pending[mine] = CUT_OFF;
			any_cut_off = true;
			apart--;
		}
	}
	if (apart > 1)
		return false;
	if (any_cut_off)
		*cut_off = list_cut_off(w, base, labels, tail);
	return true;
}

bool
rui_partition_may_move(rui_partition_state *s, uint32_t v, int32_t to)
{
	uint32_t cut_off;

	return rui_partition_may_leave(s, v, to, &cut_off) && cut_off == 0;
}
