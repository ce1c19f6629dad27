/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_graph.c
 *	  A graph's loads and weights as integers, and its components.
 */
#include "core/partition_graph.h"

#include <math.h>

/* Sums of scaled loads and weights stay below these. */
#define LOAD_BITS 50
#define WEIGHT_BITS 30

/* A power of two that brings a total to so many bits; 1 if exact already. */
static double
find_scale(double total, int bits, bool whole)
{
	int exponent;

	if (total == 0 || (whole && total <= ldexp(1, bits)))
		return 1;
	frexp(total, &exponent);
	return ldexp(1, bits - exponent);
}

static rui_status
set_loads(rui_workspace *w, const rui_partition_builder *b, rui_graph *graph, double *scale)
{
	double total = 0;
	bool whole = true;
	size_t i;

	graph->load = rui_work_take(w, b->count, sizeof(int64_t));
	if (graph->load == NULL)
		return RUI_MEMORY;
	for (i = 0; i < b->count; i++)
	{
		total += b->nodes[i].load;
		whole = whole && b->nodes[i].load == floor(b->nodes[i].load);
	}
	*scale = find_scale(total, LOAD_BITS, whole);
	graph->total = 0;
	for (i = 0; i < b->count; i++)
	{
		/* Without any load every node counts the same. */
		graph->load[i] = total == 0 ? 1 : (int64_t) llround(b->nodes[i].load * *scale);
		graph->total += graph->load[i];
	}
	return RUI_OK;
}

static void
set_weights(const rui_partition_builder *b, rui_graph *graph, double *scale)
{
	uint32_t count = graph->first[graph->nodes];
	double total = b->weights == NULL ? count / 2 : 0;
	uint32_t k;

	for (k = 0; b->weights != NULL && k < count; k++)
		total += b->weights[graph->arcs[k].weight] / 2;
	/* Always as fine as fits: what stability costs is finer than an edge. */
	*scale = find_scale(total, WEIGHT_BITS, false);
	graph->weight = 0;
	for (k = 0; k < count; k++)
	{
		rui_arc *arc = &graph->arcs[k];

		arc->weight = (int32_t) (b->weights == NULL ? *scale
													: nearbyint(b->weights[arc->weight] * *scale));
		graph->weight += arc->weight;
	}
	graph->weight /= 2;
}

rui_status
rui_partition_graph(rui_workspace *w, rui_partition_builder *b, rui_graph *graph,
					rui_partition_scales *scale)
{
	rui_status status = rui_partition_link(w, b, graph);

	if (status == RUI_OK)
		status = set_loads(w, b, graph, &scale->load);
	if (status == RUI_OK)
		set_weights(b, graph, &scale->weight);
	return status;
}

rui_status
rui_graph_components(rui_workspace *w, const rui_graph *g, const int32_t *marks,
					 int32_t *component, uint32_t *count)
{
	rui_work_mark here = rui_work_here(w);
	uint32_t *queue = rui_work_take(w, g->nodes, sizeof(uint32_t));
	uint32_t found = 0;
	uint32_t v;

	if (queue == NULL)
		return RUI_MEMORY;
	for (v = 0; v < g->nodes; v++)
		component[v] = -1;
	for (v = 0; v < g->nodes; v++)
	{
		uint32_t head = 0;
		uint32_t tail = 0;

		if (component[v] >= 0)
			continue;
		component[v] = (int32_t) found;
		queue[tail++] = v;
		while (head < tail)
		{
			uint32_t u = queue[head++];
			uint32_t k;

			for (k = g->first[u]; k < g->first[u + 1]; k++)
			{
				uint32_t to = g->arcs[k].to;

				if (component[to] >= 0 || (marks != NULL && marks[to] != marks[u]))
					continue;
				component[to] = (int32_t) found;
				queue[tail++] = to;
			}
		}
		found++;
	}
	rui_work_return(w, here);
	*count = found;
	return RUI_OK;
}
