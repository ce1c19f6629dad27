/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_keep.c
 *	  Starting from the owners so far: mend what is not connected, give every
 *	  node an owner and every owner a node, then improve.
 */
#include "core/partition_graph.h"

#include <string.h>

#define ROUNDS 8
#define PATIENCE 80

/* Leave each part its heaviest component, and nobody the rest. */
static rui_status
keep_heaviest(const rui_env *env, const rui_graph *g, uint32_t parts, int32_t *part,
			  rui_error *error)
{
	uint32_t *component = rui_allocate(env, g->nodes, sizeof(uint32_t));
	uint32_t *queue = rui_allocate(env, g->nodes, sizeof(uint32_t));
	uint32_t *best = rui_allocate(env, parts, sizeof(uint32_t));
	int64_t *best_load = rui_allocate(env, parts, sizeof(int64_t));
	uint32_t found = 0;
	uint32_t v;
	rui_status status = RUI_OK;

	if (component == NULL || queue == NULL || best == NULL || best_load == NULL)
		status = rui_fail_memory(error, (size_t) g->nodes * 8 + (size_t) parts * 12);
	else
	{
		for (v = 0; v < parts; v++)
			best_load[v] = -1;
		for (v = 0; v < g->nodes; v++)
			component[v] = RUI_NO_NODE;
		for (v = 0; v < g->nodes; v++)
		{
			uint32_t head = 0;
			uint32_t tail = 0;
			int64_t load = 0;

			if (part[v] < 0 || component[v] != RUI_NO_NODE)
				continue;
			component[v] = found;
			queue[tail++] = v;
			while (head < tail)
			{
				uint32_t u = queue[head++];
				uint32_t k;

				load += g->load[u];
				for (k = g->first[u]; k < g->first[u + 1]; k++)
				{
					uint32_t w = g->to[k];

					if (part[w] != part[v] || component[w] != RUI_NO_NODE)
						continue;
					component[w] = found;
					queue[tail++] = w;
				}
			}
			if (load > best_load[part[v]])
			{
				best_load[part[v]] = load;
				best[part[v]] = found;
			}
			found++;
		}
		for (v = 0; v < g->nodes; v++)
			if (part[v] >= 0 && component[v] != best[part[v]])
				part[v] = -1;
	}
	rui_release(env, component);
	rui_release(env, queue);
	rui_release(env, best);
	rui_release(env, best_load);
	return status;
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
			uint32_t w = g->to[k];
			uint32_t i;

			if (part[w] >= 0)
				continue;
			/* The lightest of the owners next to it. */
			part[w] = part[u];
			for (i = g->first[w]; i < g->first[w + 1]; i++)
			{
				int32_t other = part[g->to[i]];

				if (other >= 0 && load[other] < load[part[w]])
					part[w] = other;
			}
			load[part[w]] += g->load[w];
			queue[tail++] = w;
		}
	}
}

/* Halve the heaviest part that has two nodes; the new half gets the number. */
static rui_status
split_heaviest(const rui_env *env, const rui_graph *g, uint32_t parts, int32_t *part,
			   int32_t number, int64_t *load, uint32_t *count, uint32_t *scratch, bool *done,
			   rui_error *error)
{
	rui_graph half;
	uint32_t *origin;
	int32_t *side;
	uint32_t best = RUI_NO_NODE;
	uint32_t i;
	rui_status status;

	*done = false;
	for (i = 0; i < parts; i++)
		if (count[i] >= 2 && (best == RUI_NO_NODE || load[i] > load[best]))
			best = i;
	if (best == RUI_NO_NODE)
		return RUI_OK;
	status = rui_graph_extract(env, g, part, (int32_t) best, &half, &origin, scratch, error);
	if (status != RUI_OK)
		return status;
	side = rui_allocate(env, half.nodes, sizeof(int32_t));
	if (side == NULL)
		status = rui_fail_memory(error, (size_t) half.nodes * 4);
	else
		status = rui_partition_cut_tree(env, &half, 2, 0, side, error);
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
	rui_release(env, side);
	rui_release(env, origin);
	rui_graph_release(env, &half);
	return status;
}

/* Make a partition into connected parts of what the owners have. */
static rui_status
complete(const rui_env *env, const rui_graph *g, uint32_t parts, int32_t *part, bool *possible,
		 rui_error *error)
{
	int64_t *load = rui_allocate_zero(env, parts, sizeof(int64_t));
	uint32_t *count = rui_allocate_zero(env, parts, sizeof(uint32_t));
	uint32_t *queue = rui_allocate(env, g->nodes, sizeof(uint32_t));
	rui_status status = RUI_OK;
	uint32_t i;

	*possible = true;
	if (load == NULL || count == NULL || queue == NULL)
		status = rui_fail_memory(error, (size_t) g->nodes * 4 + (size_t) parts * 12);
	else
	{
		for (i = 0; i < g->nodes; i++)
			if (part[i] >= 0)
				load[part[i]] += g->load[i];
		give_away(g, part, load, queue);
		for (i = 0; i < g->nodes; i++)
		{
			if (part[i] >= 0)
				count[part[i]]++;
			else
				*possible = false; /* a component without any owner */
		}
	}
	for (i = 0; i < parts && *possible && status == RUI_OK; i++)
		if (count[i] == 0)
			status = split_heaviest(env, g, parts, part, (int32_t) i, load, count, queue, possible,
									error);
	rui_release(env, load);
	rui_release(env, count);
	rui_release(env, queue);
	return status;
}

rui_status
rui_partition_keep(const rui_env *env, const rui_graph *graph, uint32_t parts, double target,
				   double tolerance, const int32_t *home, const int64_t *home_cost, int32_t *part,
				   bool *possible, rui_random *random, rui_error *error)
{
	rui_partition_state s;
	rui_status status = keep_heaviest(env, graph, parts, part, error);

	if (status == RUI_OK)
		status = complete(env, graph, parts, part, possible, error);
	if (status != RUI_OK || !*possible)
		return status;
	status = rui_partition_state_start(&s, env, graph, parts, part, random, error);
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
	rui_partition_state_release(&s);
	return status;
}
