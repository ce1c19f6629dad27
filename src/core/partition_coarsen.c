/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_coarsen.c
 *	  Coarser graphs, and parts of graphs.
 */
#include "core/partition_graph.h"

#include <string.h>

#define SHUFFLE_BLOCK 1024
#define AHEAD 8 /* nodes whose arcs are fetched before they are needed */

typedef struct clustering
{
	const rui_graph *graph;
	rui_coarse_bound bound;
	const int32_t *marks;
	uint32_t *cluster;
	int64_t *load; /* of each cluster */
	uint32_t *size;
	uint32_t clusters;
} clustering;

static uint32_t
size_of(const rui_graph *g, uint32_t v)
{
	return g->size == NULL ? 1 : g->size[v];
}

/*
 * The best of the neighbours so far: heavy edge, light neighbour.  Coarse
 * nodes stay alike when a neighbour is rated by weight^2 / load (Holtgrewe,
 * Sanders & Schulz 2010); ratings are compared crosswise.
 */
typedef struct choice
{
	uint32_t node;
	double weight; /* squared */
	double load;
} choice;

static inline bool
is_better(const choice *best, double square, double mass)
{
	return square * best->load > best->weight * mass;
}

/* The best neighbour of v that has no cluster yet, from an arc on. */
static void
find_single(const clustering *c, uint32_t v, uint32_t from, uint32_t to, choice *best)
{
	const rui_graph *g = c->graph;
	int64_t load_room = c->bound.load - g->load[v];
	uint32_t size_room = c->bound.size - size_of(g, v);
	uint32_t k;

	for (k = from; k < to; k++)
	{
		uint32_t u = g->arcs[k].to;
		double square = (double) g->arcs[k].weight * g->arcs[k].weight;
		double mass = (double) g->load[u] + 1;

		/* One branch that is hardly ever taken, whatever decides. */
		if (!((c->cluster[u] == RUI_NO_NODE) & (g->load[u] <= load_room) &
			  is_better(best, square, mass)))
			continue;
		if (size_of(g, u) > size_room || (c->marks != NULL && c->marks[u] != c->marks[v]))
			continue;
		best->node = u;
		best->weight = square;
		best->load = mass;
	}
}

/* The best neighbour of v whose cluster has room for it. */
static uint32_t
find_cluster(const clustering *c, uint32_t v)
{
	const rui_graph *g = c->graph;
	choice best = { RUI_NO_NODE, -1, 1 };
	uint32_t k;

	for (k = g->first[v]; k < g->first[v + 1]; k++)
	{
		uint32_t u = c->cluster[g->arcs[k].to];
		double square = (double) g->arcs[k].weight * g->arcs[k].weight;
		double mass;

		if (c->marks != NULL && c->marks[g->arcs[k].to] != c->marks[v])
			continue;
		if (u == RUI_NO_NODE || c->load[u] + g->load[v] > c->bound.load ||
			c->size[u] + size_of(g, v) > c->bound.size)
			continue;
		mass = (double) c->load[u] + 1;
		if (!is_better(&best, square, mass))
			continue;
		best.node = u;
		best.weight = square;
		best.load = mass;
	}
	return best.node;
}

static void
open_cluster(clustering *c, uint32_t v, uint32_t u)
{
	const rui_graph *g = c->graph;

	c->cluster[v] = c->clusters;
	c->load[c->clusters] = g->load[v];
	c->size[c->clusters] = size_of(g, v);
	if (u != RUI_NO_NODE)
	{
		c->cluster[u] = c->clusters;
		c->load[c->clusters] += g->load[u];
		c->size[c->clusters] += size_of(g, u);
	}
	c->clusters++;
}

static void
make_clusters(clustering *c, const uint32_t *order, rui_random *random)
{
	const rui_graph *g = c->graph;
	uint32_t i;

	memset(c->cluster, 0xFF, g->nodes * sizeof(uint32_t));
	for (i = 0; i < g->nodes; i++)
	{
		uint32_t v = order[i];
		uint32_t first = g->first[v];
		uint32_t degree = g->first[v + 1] - first;
		choice best = { RUI_NO_NODE, -1, 1 };

		if (i + AHEAD < g->nodes)
			__builtin_prefetch(&g->arcs[g->first[order[i + AHEAD]]]);
		if (c->cluster[v] != RUI_NO_NODE)
			continue;
		if (g->load[v] < c->bound.load && size_of(g, v) < c->bound.size && degree > 0)
		{
			/* Equal neighbours: whichever comes first from a chance one on. */
			uint32_t start = (uint32_t) (((rui_random_next(random) >> 32) * degree) >> 32);
			uint32_t joined;

			find_single(c, v, first + start, first + degree, &best);
			find_single(c, v, first, first + start, &best);
			joined = best.node == RUI_NO_NODE ? find_cluster(c, v) : RUI_NO_NODE;
			if (joined != RUI_NO_NODE)
			{
				c->cluster[v] = joined;
				c->load[joined] += g->load[v];
				c->size[joined] += size_of(g, v);
				continue;
			}
		}
		open_cluster(c, v, best.node);
	}
}

/*
 * Write the arcs of one node to what its cluster has: those from start on.
 * slot holds where the arc to a cluster was written last, + 1.  What cannot be
 * foretold is computed instead of branched on.
 */
static uint32_t
add_arcs(const rui_arc *restrict from, const rui_arc *end, const uint32_t *restrict cluster,
		 uint32_t *restrict slot, rui_arc *restrict made, uint32_t start, uint32_t count)
{
	for (; from < end; from++)
	{
		uint32_t to = cluster[from->to];
		uint32_t last = slot[to];
		uint32_t is_new = last <= start;
		uint32_t place = is_new ? count : last - 1;
		rui_arc arc = { to, from->weight + (made[place].weight & ((int32_t) is_new - 1)) };

		made[place] = arc;
		slot[to] = place + 1;
		count += is_new;
	}
	return count;
}

/*
 * The graph of the clusters; members lists nodes by cluster.  An arc of a
 * cluster to itself is written like all others and taken out at the end.
 */
static void
contract(const rui_graph *fine, const clustering *c, const uint32_t *members,
		 const uint32_t *member_end, uint32_t *slot, rui_graph *coarse)
{
	rui_arc *made = coarse->arcs;
	uint32_t arcs = 0;
	uint32_t at = 0;
	uint32_t i;

	memset(slot, 0, c->clusters * sizeof(uint32_t));
	coarse->weight = fine->weight;
	for (i = 0; i < c->clusters; i++)
	{
		uint32_t start = arcs;

		coarse->first[i] = arcs;
		for (; at < member_end[i]; at++)
		{
			uint32_t v = members[at];

			if (at + AHEAD < fine->nodes)
				__builtin_prefetch(&fine->arcs[fine->first[members[at + AHEAD]]]);
			arcs = add_arcs(fine->arcs + fine->first[v], fine->arcs + fine->first[v + 1],
							c->cluster, slot, made, start, arcs);
		}
		if (slot[i] > start)
		{
			coarse->weight -= made[slot[i] - 1].weight / 2;
			made[slot[i] - 1] = made[--arcs];
			slot[made[arcs].to] = 0;
			slot[i] = 0;
		}
	}
	coarse->first[c->clusters] = arcs;
	coarse->nodes = c->clusters;
	coarse->total = fine->total;
}

/*
 * A random order, but only within blocks: near nodes are often near in
 * number, and memory is faster in order.
 */
static void
shuffle(uint32_t *order, uint32_t count, rui_random *random)
{
	uint32_t start;
	uint32_t i;

	for (i = 0; i < count; i++)
		order[i] = i;
	for (start = 0; start < count; start += SHUFFLE_BLOCK)
	{
		uint32_t size = count - start < SHUFFLE_BLOCK ? count - start : SHUFFLE_BLOCK;

		for (i = size; i > 1; i--)
		{
			/* The bias of the product is below 2^-20. */
			uint32_t k = (uint32_t) (((rui_random_next(random) >> 32) * i) >> 32);
			uint32_t keep = order[start + i - 1];

			order[start + i - 1] = order[start + k];
			order[start + k] = keep;
		}
	}
}

/* List nodes by cluster; end[i] ends those of i. */
static void
list_members(const clustering *c, uint32_t *members, uint32_t *end)
{
	uint32_t i;

	memset(end, 0, ((size_t) c->clusters + 1) * sizeof(uint32_t));
	for (i = 0; i < c->graph->nodes; i++)
		end[c->cluster[i] + 1]++;
	for (i = 0; i < c->clusters; i++)
		end[i + 1] += end[i];
	for (i = 0; i < c->graph->nodes; i++)
		members[end[c->cluster[i]]++] = i;
}

rui_status
rui_graph_coarsen(rui_workspace *w, const rui_graph *fine, const rui_coarse_bound *bound,
				  const int32_t *marks, rui_graph *coarse, uint32_t *cluster, bool *contracted)
{
	/* No refinement runs meanwhile: its scratch serves. */
	clustering c = { fine, *bound, marks, cluster, (int64_t *) w->heap[0].items,
					 (uint32_t *) w->heap[1].items, 0 };
	uint32_t *order = w->queue;
	uint32_t *end = w->pending;
	uint32_t arcs = fine->first[fine->nodes];
	rui_status status;

	*contracted = false;
	shuffle(order, fine->nodes, &w->random);
	make_clusters(&c, order, &w->random);
	if (c.clusters > fine->nodes - fine->nodes / 20)
		return RUI_OK;
	status = rui_work_go_on(w);
	if (status != RUI_OK)
		return status;
	memset(coarse, 0, sizeof *coarse);
	coarse->load = rui_work_take(w, c.clusters, sizeof(int64_t));
	coarse->size = rui_work_take(w, c.clusters, sizeof(uint32_t));
	coarse->first = rui_work_take(w, (size_t) c.clusters + 1, sizeof(uint32_t));
	coarse->arcs = rui_work_take(w, (size_t) arcs + 1, sizeof(rui_arc));
	if (coarse->load == NULL || coarse->size == NULL || coarse->first == NULL ||
		coarse->arcs == NULL)
		return RUI_MEMORY;
	memcpy(coarse->load, c.load, c.clusters * sizeof(int64_t));
	memcpy(coarse->size, c.size, c.clusters * sizeof(uint32_t));
	list_members(&c, order, end);
	contract(fine, &c, order, end, w->root, coarse);
	rui_work_shrink(w, coarse->arcs, coarse->first[coarse->nodes], sizeof(rui_arc));
	*contracted = true;
	return RUI_OK;
}

rui_status
rui_graph_extract(rui_workspace *w, const rui_graph *graph, const int32_t *marks,
				  const uint32_t *members, uint32_t count, rui_graph *part, uint32_t *number)
{
	uint32_t arcs = 0;
	uint32_t i;
	uint32_t k;

	for (i = 0; i < count; i++)
	{
		number[members[i]] = i;
		arcs += graph->first[members[i] + 1] - graph->first[members[i]];
	}
	memset(part, 0, sizeof *part);
	part->first = rui_work_take(w, (size_t) count + 1, sizeof(uint32_t));
	part->load = rui_work_take(w, count, sizeof(int64_t));
	if (graph->size != NULL)
		part->size = rui_work_take(w, count, sizeof(uint32_t));
	part->arcs = rui_work_take(w, arcs, sizeof(rui_arc));
	if (part->first == NULL || part->load == NULL || part->arcs == NULL ||
		(graph->size != NULL && part->size == NULL))
		return RUI_MEMORY;
	arcs = 0;
	for (i = 0; i < count; i++)
	{
		uint32_t v = members[i];

		part->first[i] = arcs;
		part->load[i] = graph->load[v];
		part->total += graph->load[v];
		if (graph->size != NULL)
			part->size[i] = graph->size[v];
		for (k = graph->first[v]; k < graph->first[v + 1]; k++)
		{
			if (marks[graph->arcs[k].to] != marks[v])
				continue;
			part->arcs[arcs].to = number[graph->arcs[k].to];
			part->weight += graph->arcs[k].weight;
			part->arcs[arcs++].weight = graph->arcs[k].weight;
		}
	}
	part->first[count] = arcs;
	part->nodes = count;
	part->weight /= 2;
	rui_work_shrink(w, part->arcs, arcs, sizeof(rui_arc));
	return RUI_OK;
}
