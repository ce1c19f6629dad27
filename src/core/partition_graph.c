/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_graph.c
 *	  Graphs of the partitioner: coarser ones, parts of them, and states.
 */
#include "core/partition_graph.h"

#include <math.h>
#include <string.h>

rui_status
rui_graph_allocate(const rui_env *env, rui_graph *graph, uint32_t nodes, uint32_t arcs,
				   rui_error *error)
{
	memset(graph, 0, sizeof *graph);
	graph->nodes = nodes;
	graph->first = rui_allocate(env, (size_t) nodes + 1, sizeof(uint32_t));
	graph->to = rui_allocate(env, arcs, sizeof(uint32_t));
	graph->weight = rui_allocate(env, arcs, sizeof(int64_t));
	graph->load = rui_allocate(env, nodes, sizeof(int64_t));
	if (graph->first == NULL || graph->to == NULL || graph->weight == NULL || graph->load == NULL)
	{
		rui_graph_release(env, graph);
		return rui_fail_memory(error, (size_t) nodes * 12 + (size_t) arcs * 12);
	}
	return RUI_OK;
}

void
rui_graph_release(const rui_env *env, rui_graph *graph)
{
	rui_release(env, graph->first);
	rui_release(env, graph->to);
	rui_release(env, graph->weight);
	rui_release(env, graph->load);
	memset(graph, 0, sizeof *graph);
}

/* ---- coarsening ---- */

#define SHUFFLE_BLOCK 4096

typedef struct clustering
{
	const rui_graph *graph;
	int64_t cap;
	uint32_t *cluster;
	int64_t *load; /* of each cluster */
	uint32_t clusters;
} clustering;

/*
 * The neighbour to join v with: heavy edge, light neighbour, so that coarse
 * nodes stay alike (Holtgrewe, Sanders & Schulz 2010).  alone asks for one
 * without a cluster, else for one whose cluster has room.
 */
static uint32_t
best_neighbour(const clustering *c, uint32_t v, bool alone, uint32_t start)
{
	const rui_graph *g = c->graph;
	uint32_t degree = g->first[v + 1] - g->first[v];
	uint32_t best = RUI_NO_NODE;
	double best_rating = -1;
	uint32_t i;

	for (i = 0; i < degree; i++)
	{
		uint32_t arc = g->first[v] + (i + start) % degree;
		uint32_t u = g->to[arc];
		int64_t load;
		double rating;

		if ((c->cluster[u] == RUI_NO_NODE) != alone)
			continue;
		load = alone ? g->load[u] : c->load[c->cluster[u]];
		if (load + g->load[v] > c->cap)
			continue;
		rating = (double) g->weight[arc] * (double) g->weight[arc] / ((double) load + 1);
		if (rating > best_rating)
		{
			best_rating = rating;
			best = u;
		}
	}
	return best;
}

static void
make_clusters(clustering *c, const uint32_t *order, rui_random *random)
{
	const rui_graph *g = c->graph;
	uint32_t i;

	for (i = 0; i < g->nodes; i++)
		c->cluster[i] = RUI_NO_NODE;
	for (i = 0; i < g->nodes; i++)
	{
		uint32_t v = order[i];
		uint32_t degree = g->first[v + 1] - g->first[v];
		uint32_t start;
		uint32_t u;

		if (c->cluster[v] != RUI_NO_NODE)
			continue;
		start = degree == 0 ? 0 : (uint32_t) (rui_random_next(random) >> 33) % degree;
		u = best_neighbour(c, v, true, start);
		if (u == RUI_NO_NODE)
		{
			/* All neighbours are taken: join one of their clusters. */
			u = best_neighbour(c, v, false, start);
			if (u != RUI_NO_NODE)
			{
				c->cluster[v] = c->cluster[u];
				c->load[c->cluster[u]] += g->load[v];
				continue;
			}
		}
		c->load[c->clusters] = g->load[v];
		c->cluster[v] = c->clusters;
		if (u != RUI_NO_NODE)
		{
			c->cluster[u] = c->clusters;
			c->load[c->clusters] += g->load[u];
		}
		c->clusters++;
	}
}

/* The graph of the clusters; members lists nodes by cluster. */
static void
contract(const rui_graph *fine, const clustering *c, const uint32_t *members,
		 const uint32_t *member_end, uint32_t *slot, rui_graph *coarse)
{
	uint32_t arcs = 0;
	uint32_t at = 0;
	uint32_t i;

	for (i = 0; i < c->clusters; i++)
		slot[i] = RUI_NO_NODE;
	for (i = 0; i < c->clusters; i++)
	{
		uint32_t start = arcs;

		coarse->first[i] = arcs;
		coarse->load[i] = c->load[i];
		for (; at < member_end[i]; at++)
		{
			uint32_t v = members[at];
			uint32_t arc;

			for (arc = fine->first[v]; arc < fine->first[v + 1]; arc++)
			{
				uint32_t to = c->cluster[fine->to[arc]];

				if (to == i)
					continue;
				if (slot[to] == RUI_NO_NODE || slot[to] < start)
				{
					slot[to] = arcs;
					coarse->to[arcs] = to;
					coarse->weight[arcs++] = fine->weight[arc];
				}
				else
					coarse->weight[slot[to]] += fine->weight[arc];
			}
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

rui_status
rui_graph_coarsen(const rui_env *env, const rui_graph *fine, int64_t cap, rui_random *random,
				  rui_graph *coarse, uint32_t *cluster, rui_error *error)
{
	clustering c = { fine, cap, cluster, NULL, 0 };
	uint32_t *order = rui_allocate(env, fine->nodes, sizeof(uint32_t));
	uint32_t *end = rui_allocate(env, (size_t) fine->nodes + 1, sizeof(uint32_t));
	uint32_t *slot = rui_allocate(env, fine->nodes, sizeof(uint32_t));
	rui_status status = RUI_OK;
	uint32_t i;

	c.load = rui_allocate(env, fine->nodes, sizeof(int64_t));
	if (order == NULL || end == NULL || slot == NULL || c.load == NULL)
		status = rui_fail_memory(error, (size_t) fine->nodes * 20);
	if (status == RUI_OK)
	{
		shuffle(order, fine->nodes, random);
		make_clusters(&c, order, random);
		status = rui_graph_allocate(env, coarse, c.clusters, fine->first[fine->nodes], error);
	}
	if (status == RUI_OK)
	{
		memset(end, 0, ((size_t) c.clusters + 1) * sizeof(uint32_t));
		for (i = 0; i < fine->nodes; i++)
			end[cluster[i] + 1]++;
		for (i = 0; i < c.clusters; i++)
			end[i + 1] += end[i];
		for (i = 0; i < fine->nodes; i++)
			order[end[cluster[i]]++] = i;
		contract(fine, &c, order, end, slot, coarse);
	}
	rui_release(env, order);
	rui_release(env, end);
	rui_release(env, slot);
	rui_release(env, c.load);
	return status;
}

rui_status
rui_graph_extract(const rui_env *env, const rui_graph *graph, const int32_t *marks, int32_t mark,
				  rui_graph *part, uint32_t **origin, uint32_t *number, rui_error *error)
{
	uint32_t nodes = 0;
	uint32_t arcs = 0;
	uint32_t v;
	uint32_t arc;
	uint32_t *from;
	rui_status status;

	for (v = 0; v < graph->nodes; v++)
	{
		if (marks[v] != mark)
			continue;
		number[v] = nodes++;
		for (arc = graph->first[v]; arc < graph->first[v + 1]; arc++)
			arcs += marks[graph->to[arc]] == mark;
	}
	from = rui_allocate(env, nodes, sizeof(uint32_t));
	if (from == NULL)
		return rui_fail_memory(error, (size_t) nodes * 4);
	status = rui_graph_allocate(env, part, nodes, arcs, error);
	if (status != RUI_OK)
	{
		rui_release(env, from);
		return status;
	}
	nodes = 0;
	arcs = 0;
	for (v = 0; v < graph->nodes; v++)
	{
		if (marks[v] != mark)
			continue;
		from[nodes] = v;
		part->first[nodes] = arcs;
		part->load[nodes++] = graph->load[v];
		part->total += graph->load[v];
		for (arc = graph->first[v]; arc < graph->first[v + 1]; arc++)
		{
			if (marks[graph->to[arc]] != mark)
				continue;
			part->to[arcs] = number[graph->to[arc]];
			part->weight[arcs++] = graph->weight[arc];
		}
	}
	part->first[nodes] = arcs;
	*origin = from;
	return RUI_OK;
}

/* ---- states ---- */

rui_status
rui_partition_state_start(rui_partition_state *state, const rui_env *env, const rui_graph *graph,
						  uint32_t parts, int32_t *part, rui_random *random, rui_error *error)
{
	uint32_t n = graph->nodes;
	int i;

	memset(state, 0, sizeof *state);
	state->env = env;
	state->graph = graph;
	state->random = random;
	state->error = error;
	state->parts = parts;
	state->part = part;
	state->price = INFINITY;
	state->load = rui_allocate(env, parts, sizeof(int64_t));
	state->count = rui_allocate(env, parts, sizeof(uint32_t));
	state->low = rui_allocate_zero(env, parts, sizeof(int64_t));
	state->high = rui_allocate_zero(env, parts, sizeof(int64_t));
	state->gain = rui_allocate(env, n, sizeof(int64_t));
	state->place = rui_allocate_zero(env, n, sizeof(uint32_t));
	state->order = rui_allocate(env, n, sizeof(uint32_t));
	state->moved = rui_allocate_zero(env, n, sizeof(uint32_t));
	state->seen = rui_allocate_zero(env, n, sizeof(uint32_t));
	state->queue = rui_allocate(env, n, sizeof(uint32_t));
	state->log = rui_allocate(env, n, sizeof(uint32_t));
	for (i = 0; i < 2; i++)
		state->heap[i] = rui_allocate(env, n, sizeof(uint32_t));
	if (state->load == NULL || state->count == NULL || state->low == NULL || state->high == NULL ||
		state->gain == NULL || state->place == NULL || state->order == NULL ||
		state->moved == NULL || state->seen == NULL || state->queue == NULL ||
		state->log == NULL || state->heap[0] == NULL || state->heap[1] == NULL)
	{
		rui_partition_state_release(state);
		return rui_fail_memory(error, (size_t) n * 40 + (size_t) parts * 28);
	}
	rui_partition_state_count(state);
	return RUI_OK;
}

void
rui_partition_state_release(rui_partition_state *state)
{
	const rui_env *env = state->env;

	rui_release(env, state->load);
	rui_release(env, state->count);
	rui_release(env, state->low);
	rui_release(env, state->high);
	rui_release(env, state->gain);
	rui_release(env, state->place);
	rui_release(env, state->order);
	rui_release(env, state->heap[0]);
	rui_release(env, state->heap[1]);
	rui_release(env, state->moved);
	rui_release(env, state->seen);
	rui_release(env, state->queue);
	rui_release(env, state->log);
}

void
rui_partition_state_count(rui_partition_state *state)
{
	uint32_t v;

	memset(state->load, 0, state->parts * sizeof(int64_t));
	memset(state->count, 0, state->parts * sizeof(uint32_t));
	for (v = 0; v < state->graph->nodes; v++)
	{
		state->load[state->part[v]] += state->graph->load[v];
		state->count[state->part[v]]++;
	}
}

void
rui_partition_state_window(rui_partition_state *state, double target, double tolerance)
{
	uint32_t i;

	for (i = 0; i < state->parts; i++)
	{
		state->low[i] = (int64_t) ceil(fmax(target * (1 - tolerance), 0));
		state->high[i] = (int64_t) floor(target * (1 + tolerance));
		/* A window narrower than one unit holds the loads next to target. */
		if (state->low[i] > state->high[i])
		{
			state->low[i] = (int64_t) floor(target);
			state->high[i] = (int64_t) ceil(target);
		}
	}
}

double
rui_partition_state_excess(const rui_partition_state *state)
{
	double sum = 0;
	uint32_t i;

	for (i = 0; i < state->parts; i++)
		sum += rui_partition_excess(state, i, state->load[i]);
	return sum;
}

int64_t
rui_partition_state_cut(const rui_partition_state *state)
{
	const rui_graph *g = state->graph;
	int64_t sum = 0;
	uint32_t v;
	uint32_t arc;

	for (v = 0; v < g->nodes; v++)
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
			if (state->part[v] < state->part[g->to[arc]])
				sum += g->weight[arc];
	return sum;
}
