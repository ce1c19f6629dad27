/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_seed.c
 *	  First partitions: by halving again and again, or along a tree.
 */
#include "core/partition_graph.h"

#include <math.h>
#include <string.h>

#define SMALL_GRAPH 80 /* nodes that are halved without coarsening */
#define HALVING_TRIES 6
#define HALVING_TOLERANCE 0.01
#define HALVING_PATIENCE 40
#define MOST_LEVELS 64
#define UNFAIR 0.3 /* halves that far off make way for a tree */

typedef struct seeder
{
	const rui_env *env;
	rui_random *random;
	rui_error *error;
	int32_t *part; /* of the nodes of the whole graph */
} seeder;

/* Leave only the heaviest component of part in it; give the rest to other. */
static void
keep_heaviest(rui_partition_state *s, int32_t part, int32_t other)
{
	const rui_graph *g = s->graph;
	uint32_t *component = s->log;
	uint32_t components = 0;
	uint32_t best = 0;
	int64_t best_load = -1;
	uint32_t v;

	for (v = 0; v < g->nodes; v++)
		component[v] = RUI_NO_NODE;
	for (v = 0; v < g->nodes; v++)
	{
		uint32_t head = 0;
		uint32_t tail = 0;
		int64_t load = 0;

		if (s->part[v] != part || component[v] != RUI_NO_NODE)
			continue;
		component[v] = components;
		s->queue[tail++] = v;
		while (head < tail)
		{
			uint32_t u = s->queue[head++];
			uint32_t arc;

			load += g->load[u];
			for (arc = g->first[u]; arc < g->first[u + 1]; arc++)
			{
				uint32_t w = g->to[arc];

				if (s->part[w] != part || component[w] != RUI_NO_NODE)
					continue;
				component[w] = components;
				s->queue[tail++] = w;
			}
		}
		if (load > best_load)
		{
			best_load = load;
			best = components;
		}
		components++;
	}
	for (v = 0; v < g->nodes; v++)
		if (component[v] != RUI_NO_NODE && component[v] != best)
			s->part[v] = other;
	rui_partition_state_count(s);
}

static void
set_windows(rui_partition_state *s, double share)
{
	double total = (double) s->graph->total;
	double target[2] = { total * share, total * (1 - share) };
	int i;

	for (i = 0; i < 2; i++)
	{
		s->low[i] = (int64_t) ceil(target[i] * (1 - HALVING_TOLERANCE));
		s->high[i] = (int64_t) floor(target[i] * (1 + HALVING_TOLERANCE));
		if (s->low[i] > s->high[i])
			s->low[i] = s->high[i] = (int64_t) target[i];
	}
}

/* Halve a small graph: grow from chance nodes, refine, keep the best. */
static rui_status
halve_small(const seeder *seed, const rui_graph *graph, double share, int32_t *side)
{
	rui_partition_state s;
	int32_t *best = rui_allocate(seed->env, graph->nodes, sizeof(int32_t));
	double best_excess = INFINITY;
	int64_t best_cut = INT64_MAX;
	rui_status status;
	int attempt;

	if (best == NULL)
		return rui_fail_memory(seed->error, (size_t) graph->nodes * 4);
	memset(side, 0, graph->nodes * sizeof(int32_t));
	status = rui_partition_state_start(&s, seed->env, graph, 2, side, seed->random, seed->error);
	if (status != RUI_OK)
	{
		rui_release(seed->env, best);
		return status;
	}
	set_windows(&s, share);
	for (attempt = 0; attempt < HALVING_TRIES && status == RUI_OK; attempt++)
	{
		double excess;
		int64_t cut;
		uint32_t v;

		for (v = 0; v < graph->nodes; v++)
			side[v] = 1;
		rui_partition_state_count(&s);
		rui_partition_grow(&s, 1, 0, (uint32_t) rui_random_below(seed->random, graph->nodes),
						   (int64_t) ((double) graph->total * share));
		keep_heaviest(&s, 1, 0);
		status = rui_partition_refine(&s, 8, HALVING_PATIENCE);
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
	rui_release(seed->env, best);
	rui_partition_state_release(&s);
	return status;
}

/* Halve by coarsening, halving the coarse graph, and refining on the way back. */
static rui_status
halve(const seeder *seed, const rui_graph *graph, double share, int32_t *side, int depth)
{
	rui_graph coarse;
	rui_partition_state s;
	uint32_t *cluster;
	int32_t *coarse_side;
	rui_status status;
	uint32_t v;

	if (graph->nodes <= SMALL_GRAPH || depth >= MOST_LEVELS)
		return halve_small(seed, graph, share, side);
	cluster = rui_allocate(seed->env, graph->nodes, sizeof(uint32_t));
	if (cluster == NULL)
		return rui_fail_memory(seed->error, (size_t) graph->nodes * 4);
	status = rui_graph_coarsen(seed->env, graph, graph->total / (SMALL_GRAPH / 3), seed->random,
							   &coarse, cluster, seed->error);
	if (status == RUI_OK && coarse.nodes > graph->nodes - graph->nodes / 16)
	{
		rui_graph_release(seed->env, &coarse);
		rui_release(seed->env, cluster);
		return halve_small(seed, graph, share, side);
	}
	if (status == RUI_OK)
	{
		coarse_side = rui_allocate(seed->env, coarse.nodes, sizeof(int32_t));
		if (coarse_side == NULL)
			status = rui_fail_memory(seed->error, (size_t) coarse.nodes * 4);
		else
			status = halve(seed, &coarse, share, coarse_side, depth + 1);
		if (status == RUI_OK)
			for (v = 0; v < graph->nodes; v++)
				side[v] = coarse_side[cluster[v]];
		rui_release(seed->env, coarse_side);
		rui_graph_release(seed->env, &coarse);
	}
	rui_release(seed->env, cluster);
	if (status == RUI_OK)
		status = rui_partition_state_start(&s, seed->env, graph, 2, side, seed->random,
										   seed->error);
	if (status != RUI_OK)
		return status;
	set_windows(&s, share);
	status = rui_partition_refine(&s, 4, HALVING_PATIENCE);
	rui_partition_state_release(&s);
	return status;
}

/* ---- along a tree ---- */

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
			if (t->parent[g->to[arc]] == RUI_NO_NODE)
			{
				t->parent[g->to[arc]] = u;
				t->order[tail++] = g->to[arc];
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
rui_partition_cut_tree(const rui_env *env, const rui_graph *graph, uint32_t parts,
					   int32_t first_part, int32_t *part, rui_error *error)
{
	tree t = { graph, NULL, NULL, NULL, NULL };
	int64_t low = 0;
	int64_t high = graph->total + 1;
	uint32_t n = graph->nodes;
	uint32_t cuts;
	uint32_t i;
	rui_status status = RUI_OK;

	t.order = rui_allocate(env, n, sizeof(uint32_t));
	t.parent = rui_allocate(env, n, sizeof(uint32_t));
	t.sum = rui_allocate(env, n, sizeof(int64_t));
	t.cut = rui_allocate(env, n, 1);
	if (t.order == NULL || t.parent == NULL || t.sum == NULL || t.cut == NULL)
		status = rui_fail_memory(error, (size_t) n * 17);
	else
	{
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
		cuts = cut_subtrees(&t, low);
		cut_more(&t, cuts, parts - 1);
		for (i = 0; i < n; i++)
		{
			uint32_t v = t.order[i];

			if (i == 0 || t.cut[v])
				part[v] = first_part++;
			else
				part[v] = part[t.parent[v]];
		}
	}
	rui_release(env, t.order);
	rui_release(env, t.parent);
	rui_release(env, t.sum);
	rui_release(env, t.cut);
	return status;
}

/* ---- halving again and again ---- */

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

static rui_status
divide(const seeder *seed, const rui_graph *graph, const uint32_t *origin, uint32_t parts,
	   int32_t first_part)
{
	uint32_t n = graph->nodes;
	int32_t *side;
	uint32_t *number;
	uint32_t nodes[2] = { 0, 0 };
	int64_t load[2] = { 0, 0 };
	uint32_t first = 0;
	bool unfair = false;
	rui_status status;
	uint32_t v;
	int k;

	if (parts == 1 || parts == n)
	{
		for (v = 0; v < n; v++)
			seed->part[origin[v]] = first_part + (int32_t) (parts == 1 ? 0 : v);
		return RUI_OK;
	}
	if (rui_interrupted(seed->env))
		return rui_fail(seed->error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
	side = rui_allocate(seed->env, n, sizeof(int32_t));
	number = rui_allocate(seed->env, n, sizeof(uint32_t));
	if (side == NULL || number == NULL)
		status = rui_fail_memory(seed->error, (size_t) n * 8);
	else
		status = halve(seed, graph, (double) (parts / 2) / parts, side, 0);
	if (status == RUI_OK)
	{
		for (v = 0; v < n; v++)
		{
			nodes[side[v]]++;
			load[side[v]] += graph->load[v];
		}
		first = share_out(nodes, load, parts, &unfair);
		if (unfair)
		{
			status = rui_partition_cut_tree(seed->env, graph, parts, first_part, side, seed->error);
			for (v = 0; status == RUI_OK && v < n; v++)
				seed->part[origin[v]] = side[v];
		}
	}
	for (k = 0; k < 2 && status == RUI_OK && !unfair; k++)
	{
		rui_graph half;
		uint32_t *from;

		status = rui_graph_extract(seed->env, graph, side, k, &half, &from, number, seed->error);
		if (status != RUI_OK)
			break;
		for (v = 0; v < half.nodes; v++)
			from[v] = origin[from[v]];
		status = divide(seed, &half, from, k == 0 ? first : parts - first,
						first_part + (int32_t) (k == 0 ? 0 : first));
		rui_graph_release(seed->env, &half);
		rui_release(seed->env, from);
	}
	rui_release(seed->env, side);
	rui_release(seed->env, number);
	return status;
}

rui_status
rui_partition_seed(const rui_env *env, const rui_graph *graph, uint32_t parts, int32_t *part,
				   rui_random *random, rui_error *error)
{
	seeder seed = { env, random, error, part };
	uint32_t *origin = rui_allocate(env, graph->nodes, sizeof(uint32_t));
	rui_status status;
	uint32_t v;

	if (origin == NULL)
		return rui_fail_memory(error, (size_t) graph->nodes * 4);
	for (v = 0; v < graph->nodes; v++)
		origin[v] = v;
	status = divide(&seed, graph, origin, parts, 0);
	rui_release(env, origin);
	return status;
}
