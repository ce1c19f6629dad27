/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_seed.c
 *	  First partitions: by halving again and again.
 */
#include "core/partition_state.h"

#include <string.h>

#define SMALL_GRAPH 60 /* nodes that are halved without coarsening */
#define HALVING_TRIES 4
#define HALVING_TOLERANCE 0.01
#define HALVING_PATIENCE 25
#define SMALL_ROUNDS 3
#define ROUNDS 2
#define UNFAIR 0.3 /* halves that far off make way for a tree */

/* ---- halving ---- */

/* Leave only the heaviest component of part in it; give the rest to other. */
static void
keep_heaviest(rui_partition_state *s, int32_t part, int32_t other)
{
	const rui_graph *g = s->graph;
	rui_workspace *w = s->work;
	uint32_t *component = w->log;
	uint32_t components = 0;
	uint32_t best = 0;
	int64_t best_load = -1;
	uint32_t v;

	memset(component, 0xFF, g->nodes * sizeof(uint32_t));
	for (v = 0; v < g->nodes; v++)
	{
		uint32_t head = 0;
		uint32_t tail = 0;
		int64_t load = 0;

		if (s->part[v] != part || component[v] != RUI_NO_NODE)
			continue;
		component[v] = components;
		w->queue[tail++] = v;
		while (head < tail)
		{
			uint32_t u = w->queue[head++];
			uint32_t k;

			load += g->load[u];
			for (k = g->first[u]; k < g->first[u + 1]; k++)
			{
				uint32_t x = g->arcs[k].to;

				if (s->part[x] != part || component[x] != RUI_NO_NODE)
					continue;
				component[x] = components;
				w->queue[tail++] = x;
			}
		}
		if (load > best_load)
		{
			best_load = load;
			best = components;
		}
		components++;
	}
	if (components == 1)
		return;
	for (v = 0; v < g->nodes; v++)
		if (component[v] != RUI_NO_NODE && component[v] != best)
			s->part[v] = other;
	rui_partition_state_count(s);
}

/* Refine both halves, again while it helps. */
static void
refine_halves(rui_partition_state *s, uint32_t *seeds, uint32_t rounds)
{
	const rui_graph *g = s->graph;
	rui_partition_change change = { 1, 0 };

	for (; rounds > 0 && change.moves > 0; rounds--)
	{
		uint32_t count = 0;
		uint32_t v;
		uint32_t k;

		for (v = 0; v < g->nodes; v++)
			for (k = g->first[v]; k < g->first[v + 1]; k++)
				if (s->part[v] != s->part[g->arcs[k].to])
				{
					seeds[count++] = v;
					break;
				}
		rui_partition_refine_pair(s, 0, 1, seeds, count, HALVING_PATIENCE, &change);
	}
}

static rui_status
start_halves(rui_partition_state *s, rui_workspace *w, const rui_graph *graph, double share,
			 int32_t *side)
{
	rui_status status = rui_partition_state_start(s, w, graph, 2, side);

	if (status != RUI_OK)
		return status;
	s->drop = (int64_t) ((double) graph->weight * 2 / graph->nodes * 1.4);
	rui_partition_state_bound(s, 0, (double) graph->total * share, HALVING_TOLERANCE);
	rui_partition_state_bound(s, 1, (double) graph->total * (1 - share), HALVING_TOLERANCE);
	return RUI_OK;
}

/* Halve a small graph: grow from chance nodes, refine, keep the best. */
static rui_status
halve_small(rui_workspace *w, const rui_graph *graph, double share, int32_t *side)
{
	rui_work_mark mark = rui_work_here(w);
	rui_partition_state s;
	int32_t *best = rui_work_take(w, graph->nodes, sizeof(int32_t));
	uint32_t *seeds = rui_work_take(w, graph->nodes, sizeof(uint32_t));
	int64_t best_excess = INT64_MAX;
	int64_t best_cut = INT64_MAX;
	rui_status status;
	int attempt;

	if (best == NULL || seeds == NULL)
		return RUI_MEMORY;
	memset(side, 0, graph->nodes * sizeof(int32_t));
	status = start_halves(&s, w, graph, share, side);
	for (attempt = 0; attempt < HALVING_TRIES && status == RUI_OK; attempt++)
	{
		int64_t excess;
		int64_t cut;
		uint32_t v;

		for (v = 0; v < graph->nodes; v++)
			side[v] = 1;
		rui_partition_state_count(&s);
		rui_partition_grow(&s, 1, 0, (uint32_t) rui_random_below(&w->random, graph->nodes),
						   (int64_t) ((double) graph->total * share));
		keep_heaviest(&s, 1, 0);
		refine_halves(&s, seeds, SMALL_ROUNDS);
		excess = rui_partition_state_excess(&s);
		cut = rui_partition_state_cut(&s);
		if (excess < best_excess || (excess == best_excess && cut < best_cut))
		{
			best_excess = excess;
			best_cut = cut;
			memcpy(best, side, graph->nodes * sizeof(int32_t));
		}
	}
	memcpy(side, best, graph->nodes * sizeof(int32_t));
	rui_work_return(w, mark);
	return status;
}

/* Halve by coarsening, halving the coarse graph, and refining on the way back. */
static rui_status
halve(rui_workspace *w, const rui_graph *graph, double share, int32_t *side)
{
	rui_work_mark mark = rui_work_here(w);
	rui_coarse_bound bound = { graph->total / (SMALL_GRAPH / 3), UINT32_MAX };
	rui_graph coarse;
	rui_partition_state s;
	uint32_t *cluster;
	int32_t *coarse_side;
	bool contracted;
	rui_status status;
	uint32_t v;

	if (graph->nodes <= SMALL_GRAPH)
		return halve_small(w, graph, share, side);
	cluster = rui_work_take(w, graph->nodes, sizeof(uint32_t));
	if (cluster == NULL)
		return RUI_MEMORY;
	status = rui_graph_coarsen(w, graph, &bound, NULL, &coarse, cluster, &contracted);
	if (status == RUI_OK && !contracted)
	{
		rui_work_return(w, mark);
		return halve_small(w, graph, share, side);
	}
	if (status != RUI_OK)
		return status;
	coarse_side = rui_work_take(w, coarse.nodes, sizeof(int32_t));
	if (coarse_side == NULL)
		return RUI_MEMORY;
	status = halve(w, &coarse, share, coarse_side);
	if (status != RUI_OK)
		return status;
	for (v = 0; v < graph->nodes; v++)
		side[v] = coarse_side[cluster[v]];
	/* The coarse graph is done with; its memory serves the refinement. */
	rui_work_return(w, mark);
	status = start_halves(&s, w, graph, share, side);
	if (status == RUI_OK)
	{
		uint32_t *seeds = rui_work_take(w, graph->nodes, sizeof(uint32_t));

		if (seeds == NULL)
			return RUI_MEMORY;
		refine_halves(&s, seeds, ROUNDS);
	}
	rui_work_return(w, mark);
	return status;
}

/* ---- halving again and again ---- */

typedef struct seeder
{
	rui_workspace *work;
	int32_t *part; /* of the nodes of the whole graph */
} seeder;

/* How many of the parts the first half gets; *unfair when that is far off. */
static uint32_t
share_out(const uint32_t nodes[2], const int64_t load[2], uint32_t parts, bool *unfair)
{
	double total = (double) (load[0] + load[1]);
	double ideal = total > 0 ? parts * ((double) load[0] / total) : parts * 0.5;
	uint32_t least = parts > nodes[1] ? parts - nodes[1] : 1;
	uint32_t most = parts - 1 < nodes[0] ? parts - 1 : nodes[0];
	uint32_t first = ideal <= 1 ? 1 : (uint32_t) (ideal + 0.5);

	first = first < least ? least : first > most ? most
												 : first;
	*unfair = fabs(ideal / first - 1) > UNFAIR ||
		fabs((parts - ideal) / (parts - first) - 1) > UNFAIR;
	return first;
}

/* Partition one half of a graph, whose nodes have that side. */
static rui_status divide(const seeder *seed, const rui_graph *graph, const uint32_t *origin,
						 uint32_t parts, int32_t first_part);

static rui_status
divide_half(const seeder *seed, const rui_graph *graph, const uint32_t *origin,
			const int32_t *side, int32_t which, uint32_t parts, int32_t first_part)
{
	rui_workspace *w = seed->work;
	rui_work_mark mark = rui_work_here(w);
	rui_graph half;
	uint32_t *from;
	uint32_t count = 0;
	rui_status status;
	uint32_t v;

	if (parts == 1)
	{
		for (v = 0; v < graph->nodes; v++)
			if (side[v] == which)
				seed->part[origin[v]] = first_part;
		return RUI_OK;
	}
	from = rui_work_take(w, graph->nodes, sizeof(uint32_t));
	if (from == NULL)
		return RUI_MEMORY;
	for (v = 0; v < graph->nodes; v++)
		if (side[v] == which)
			from[count++] = v;
	rui_work_shrink(w, from, count, sizeof(uint32_t));
	status = rui_graph_extract(w, graph, side, from, count, &half, w->log);
	if (status != RUI_OK)
		return status;
	for (v = 0; v < half.nodes; v++)
		from[v] = origin[from[v]];
	status = divide(seed, &half, from, parts, first_part);
	rui_work_return(w, mark);
	return status;
}

static rui_status
divide(const seeder *seed, const rui_graph *graph, const uint32_t *origin, uint32_t parts,
	   int32_t first_part)
{
	rui_workspace *w = seed->work;
	rui_work_mark mark = rui_work_here(w);
	uint32_t n = graph->nodes;
	int32_t *side;
	uint32_t nodes[2] = { 0, 0 };
	int64_t load[2] = { 0, 0 };
	uint32_t first;
	bool unfair;
	rui_status status;
	uint32_t v;

	if (parts == n)
	{
		for (v = 0; v < n; v++)
			seed->part[origin[v]] = first_part + (int32_t) v;
		return RUI_OK;
	}
	status = rui_work_go_on(w);
	if (status != RUI_OK)
		return status;
	side = rui_work_take(w, n, sizeof(int32_t));
	if (side == NULL)
		return RUI_MEMORY;
	status = halve(w, graph, (double) (parts / 2) / parts, side);
	if (status != RUI_OK)
		return status;
	for (v = 0; v < n; v++)
	{
		nodes[side[v]]++;
		load[side[v]] += graph->load[v];
	}
	first = share_out(nodes, load, parts, &unfair);
	if (unfair)
	{
		status = rui_partition_cut_tree(w, graph, parts, first_part, side);
		for (v = 0; status == RUI_OK && v < n; v++)
			seed->part[origin[v]] = side[v];
	}
	else
	{
		status = divide_half(seed, graph, origin, side, 0, first, first_part);
		if (status == RUI_OK)
			status = divide_half(seed, graph, origin, side, 1, parts - first,
								 first_part + (int32_t) first);
	}
	rui_work_return(w, mark);
	return status;
}

rui_status
rui_partition_seed(rui_workspace *w, const rui_graph *graph, uint32_t parts, int32_t *part)
{
	rui_work_mark mark = rui_work_here(w);
	seeder seed = { w, part };
	uint32_t *origin;
	rui_status status;
	uint32_t v;

	if (parts == 1)
	{
		memset(part, 0, graph->nodes * sizeof(int32_t));
		return RUI_OK;
	}
	origin = rui_work_take(w, graph->nodes, sizeof(uint32_t));
	if (origin == NULL)
		return RUI_MEMORY;
	for (v = 0; v < graph->nodes; v++)
		origin[v] = v;
	status = divide(&seed, graph, origin, parts, 0);
	rui_work_return(w, mark);
	return status;
}
