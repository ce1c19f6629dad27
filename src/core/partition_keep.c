/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_keep.c
 *	  Starting from the owners so far: mend what is not connected, give every
 *	  node an owner and every owner a node, then improve.
 */
#include "core/partition_state.h"

#include <string.h>

#define ROUNDS 8
#define PATIENCE 80

/* Leave each part its heaviest component, and nobody the rest. */
static rui_status
keep_heaviest(rui_workspace *w, const rui_graph *g, uint32_t parts, int32_t *part)
{
	rui_work_mark mark = rui_work_here(w);
	int32_t *component = rui_work_take(w, g->nodes, sizeof(int32_t));
	int64_t *load = rui_work_take_zero(w, g->nodes, sizeof(int64_t));
	int32_t *best = rui_work_take(w, parts, sizeof(int32_t));
	uint32_t components;
	uint32_t v;
	rui_status status;

	if (component == NULL || load == NULL || best == NULL)
		return RUI_MEMORY;
	status = rui_graph_components(w, g, part, component, &components);
	if (status != RUI_OK)
		return status;
	memset(best, 0xFF, parts * sizeof(int32_t));
	for (v = 0; v < g->nodes; v++)
		load[component[v]] += g->load[v];
	for (v = 0; v < g->nodes; v++)
		if (part[v] >= 0 && (best[part[v]] < 0 || load[component[v]] > load[best[part[v]]]))
			best[part[v]] = component[v];
	for (v = 0; v < g->nodes; v++)
		if (part[v] >= 0 && component[v] != best[part[v]])
			part[v] = -1;
	rui_work_return(w, mark);
	return RUI_OK;
}

/* Give nodes without an owner to neighbours' owners; what is out of reach stays. */
static void
give_away(const rui_graph *g, int32_t *part, int64_t *load, uint32_t *queue)
{
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t v;
	uint32_t k;

	for (v = 0; v < g->nodes; v++)
		if (part[v] >= 0)
			queue[tail++] = v;
	while (head < tail)
	{
		uint32_t u = queue[head++];

		for (k = g->first[u]; k < g->first[u + 1]; k++)
		{
			uint32_t to = g->arcs[k].to;
			uint32_t i;

			if (part[to] >= 0)
				continue;
			/* The lightest of the owners next to it. */
			part[to] = part[u];
			for (i = g->first[to]; i < g->first[to + 1]; i++)
			{
				int32_t other = part[g->arcs[i].to];

				if (other >= 0 && load[other] < load[part[to]])
					part[to] = other;
			}
			load[part[to]] += g->load[to];
			queue[tail++] = to;
		}
	}
}

/* Halve the heaviest part that has two nodes; the new half gets the number. */
static rui_status
split_heaviest(rui_workspace *w, const rui_graph *g, uint32_t parts, int32_t *part, int32_t number,
			   int64_t *load, uint32_t *count, bool *done)
{
	rui_work_mark mark = rui_work_here(w);
	rui_graph half;
	uint32_t *origin;
	int32_t *side;
	uint32_t best = RUI_NO_NODE;
	uint32_t members = 0;
	uint32_t i;
	rui_status status;

	*done = false;
	for (i = 0; i < parts; i++)
		if (count[i] >= 2 && (best == RUI_NO_NODE || load[i] > load[best]))
			best = i;
	if (best == RUI_NO_NODE)
		return RUI_OK;
	origin = rui_work_take(w, count[best], sizeof(uint32_t));
	if (origin == NULL)
		return RUI_MEMORY;
	for (i = 0; i < g->nodes; i++)
		if (part[i] == (int32_t) best)
			origin[members++] = i;
	status = rui_graph_extract(w, g, part, origin, members, &half, w->log);
	if (status != RUI_OK)
		return status;
	side = rui_work_take(w, half.nodes, sizeof(int32_t));
	if (side == NULL)
		return RUI_MEMORY;
	status = rui_partition_cut_tree(w, &half, 2, 0, side);
	for (i = 0; status == RUI_OK && i < half.nodes; i++)
		if (side[i] == 1)
		{
			part[origin[i]] = number;
			load[best] -= half.load[i];
			load[number] += half.load[i];
			count[best]--;
			count[number]++;
		}
	*done = status == RUI_OK;
	rui_work_return(w, mark);
	return status;
}

/* Make a partition into connected parts of what the owners have. */
static rui_status
complete(rui_workspace *w, const rui_graph *g, uint32_t parts, int32_t *part, bool *possible)
{
	rui_work_mark mark = rui_work_here(w);
	int64_t *load = rui_work_take_zero(w, parts, sizeof(int64_t));
	uint32_t *count = rui_work_take_zero(w, parts, sizeof(uint32_t));
	rui_status status = RUI_OK;
	uint32_t i;

	if (load == NULL || count == NULL)
		return RUI_MEMORY;
	*possible = true;
	for (i = 0; i < g->nodes; i++)
		if (part[i] >= 0)
			load[part[i]] += g->load[i];
	give_away(g, part, load, w->queue);
	for (i = 0; i < g->nodes; i++)
	{
		if (part[i] >= 0)
			count[part[i]]++;
		else
			*possible = false; /* a component without any owner */
	}
	for (i = 0; i < parts && *possible && status == RUI_OK; i++)
		if (count[i] == 0)
			status = split_heaviest(w, g, parts, part, (int32_t) i, load, count, possible);
	rui_work_return(w, mark);
	return status;
}

rui_status
rui_partition_keep(rui_workspace *w, const rui_graph *graph, uint32_t parts, double target,
				   double tolerance, const int32_t *home, const int64_t *home_cost, int32_t *part,
				   bool *possible)
{
	rui_work_mark mark = rui_work_here(w);
	rui_partition_state s;
	rui_status status = keep_heaviest(w, graph, parts, part);

	if (status == RUI_OK)
		status = complete(w, graph, parts, part, possible);
	if (status != RUI_OK || !*possible)
		return status;
	status = rui_partition_state_start(&s, w, graph, parts, part);
	if (status != RUI_OK)
		return status;
	rui_partition_state_window(&s, target, tolerance);
	s.home = home;
	s.home_cost = home_cost;
	status = rui_partition_refine(&s, ROUNDS, PATIENCE);
	if (status == RUI_OK)
		status = rui_partition_balance(&s);
	if (status == RUI_OK)
		status = rui_partition_refine(&s, ROUNDS, PATIENCE);
	rui_work_return(w, mark);
	return status;
}
