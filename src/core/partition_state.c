/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_state.c
 *	  A partition on its way: loads, windows, cut.
 */
#include "core/partition_state.h"

#include <string.h>

#define EXCESS_BITS 25

rui_status
rui_partition_state_start(rui_partition_state *s, rui_workspace *w, const rui_graph *graph,
						  uint32_t parts, int32_t *part)
{
	memset(s, 0, sizeof *s);
	s->work = w;
	s->graph = graph;
	s->parts = parts;
	s->part = part;
	s->price = INFINITY;
	s->drop = INT64_MAX;
	while (graph->total >> s->shift >= INT64_C(1) << EXCESS_BITS)
		s->shift++;
	s->load = rui_work_take(w, parts, sizeof(int64_t));
	s->count = rui_work_take(w, parts, sizeof(uint32_t));
	s->low = rui_work_take_zero(w, parts, sizeof(int64_t));
	s->high = rui_work_take_zero(w, parts, sizeof(int64_t));
	if (s->load == NULL || s->count == NULL || s->low == NULL || s->high == NULL)
		return RUI_MEMORY;
	rui_partition_state_count(s);
	return RUI_OK;
}

void
rui_partition_state_count(rui_partition_state *s)
{
	uint32_t v;

	memset(s->load, 0, s->parts * sizeof(int64_t));
	memset(s->count, 0, s->parts * sizeof(uint32_t));
	for (v = 0; v < s->graph->nodes; v++)
	{
		s->load[s->part[v]] += s->graph->load[v];
		s->count[s->part[v]]++;
	}
}

void
rui_partition_state_bound(rui_partition_state *s, uint32_t part, double target, double tolerance)
{
	s->low[part] = (int64_t) ceil(fmax(target * (1 - tolerance), 0));
	s->high[part] = (int64_t) floor(target * (1 + tolerance));
	/* A window narrower than one unit holds the loads next to target. */
	if (s->low[part] > s->high[part])
	{
		s->low[part] = (int64_t) floor(target);
		s->high[part] = (int64_t) ceil(target);
	}
}

void
rui_partition_state_window(rui_partition_state *s, double target, double tolerance)
{
	uint32_t i;

	for (i = 0; i < s->parts; i++)
		rui_partition_state_bound(s, i, target, tolerance);
}

int64_t
rui_partition_state_excess(const rui_partition_state *s)
{
	int64_t sum = 0;
	uint32_t i;

	for (i = 0; i < s->parts; i++)
		sum += rui_partition_excess(s, i, s->load[i]);
	return sum;
}

int64_t
rui_partition_state_cut(const rui_partition_state *s)
{
	const rui_graph *g = s->graph;
	int64_t sum = 0;
	uint32_t v;
	uint32_t k;

	for (v = 0; v < g->nodes; v++)
		for (k = g->first[v]; k < g->first[v + 1]; k++)
			if (s->part[v] < s->part[g->arcs[k].to])
				sum += g->arcs[k].weight;
	return sum;
}

rui_status
rui_partition_state_watch(rui_partition_state *s, unsigned char *near)
{
	uint32_t n = s->graph->nodes;
	uint32_t v;

	s->near = near;
	s->border_nodes = rui_work_take(s->work, n, sizeof(uint32_t));
	if (s->border_nodes == NULL)
		return RUI_MEMORY;
	s->border_count = 0;
	for (v = 0; v < n; v++)
		if (near[v])
			s->border_nodes[s->border_count++] = v;
	return RUI_OK;
}

void
rui_partition_watch_moves(rui_partition_state *s, uint32_t moves)
{
	const rui_graph *g = s->graph;
	uint32_t i;
	uint32_t k;

	if (s->near == NULL)
		return;
	for (i = 0; i < moves; i++)
	{
		uint32_t v = s->work->log[i];

		for (k = g->first[v]; k < g->first[v + 1]; k++)
		{
			uint32_t u = g->arcs[k].to;

			if (s->near[u])
				continue;
			s->near[u] = 1;
			s->border_nodes[s->border_count++] = u;
		}
	}
}

bool
rui_partition_gain(const rui_partition_state *s, uint32_t v, int32_t to, int64_t *gain)
{
	const rui_graph *g = s->graph;
	int32_t from = s->part[v];
	bool touches = false;
	int64_t sum = 0;
	uint32_t k;

	for (k = g->first[v]; k < g->first[v + 1]; k++)
	{
		int32_t other = s->part[g->arcs[k].to];

		if (other == from)
			sum -= g->arcs[k].weight;
		else if (other == to)
		{
			sum += g->arcs[k].weight;
			touches = true;
		}
	}
	if (s->home != NULL)
	{
		if (s->home[v] == from)
			sum -= s->home_cost[v];
		else if (s->home[v] == to)
			sum += s->home_cost[v];
	}
	*gain = sum;
	return touches;
}
