/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_level.c
 *	  Partitioning by levels: coarsen, seed, and refine on the way back
 *	  (Karypis & Kumar 1998), with connected parts on every level.
 */
#include "core/partition_graph.h"

#include <math.h>
#include <string.h>

#define MOST_LEVELS 48
#define NODES_PER_PART 300 /* on the coarsest level */
#define FEWEST_NODES 200
#define COARSE_ROUNDS 4
#define COARSE_PATIENCE 30
#define COARSE_TOLERANCE 0.03
#define FINE_ROUNDS 6
#define FINE_PATIENCE 60

typedef struct hierarchy
{
	rui_graph graph[MOST_LEVELS]; /* 0 is the caller's */
	uint32_t *cluster[MOST_LEVELS]; /* from level i to level i + 1 */
	uint32_t levels;
} hierarchy;

static void
release(const rui_env *env, hierarchy *h)
{
	uint32_t i;

	for (i = 0; i + 1 < h->levels; i++)
	{
		rui_graph_release(env, &h->graph[i + 1]);
		rui_release(env, h->cluster[i]);
	}
}

static rui_status
coarsen(const rui_env *env, hierarchy *h, uint32_t parts, rui_random *random, rui_error *error)
{
	uint64_t wanted = (uint64_t) parts * NODES_PER_PART;
	int64_t cap;

	if (wanted < FEWEST_NODES)
		wanted = FEWEST_NODES;
	cap = h->graph[0].total / (int64_t) wanted + h->graph[0].total / (int64_t) wanted / 2 + 1;
	while (h->graph[h->levels - 1].nodes > wanted && h->levels < MOST_LEVELS)
	{
		const rui_graph *fine = &h->graph[h->levels - 1];
		rui_graph coarse;
		uint32_t *cluster = rui_allocate(env, fine->nodes, sizeof(uint32_t));
		rui_status status;

		if (cluster == NULL)
			return rui_fail_memory(error, (size_t) fine->nodes * 4);
		status = rui_graph_coarsen(env, fine, cap, random, &coarse, cluster, error);
		if (status != RUI_OK || coarse.nodes > fine->nodes - fine->nodes / 20)
		{
			if (status == RUI_OK)
				rui_graph_release(env, &coarse);
			rui_release(env, cluster);
			return status;
		}
		h->cluster[h->levels - 1] = cluster;
		h->graph[h->levels++] = coarse;
		if (rui_interrupted(env))
			return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
	}
	return RUI_OK;
}

/* Refine one level; coarse nodes are too heavy for a narrow tolerance. */
static rui_status
refine_level(const rui_env *env, const hierarchy *h, uint32_t level, uint32_t parts, double target,
			 double tolerance, int32_t *part, rui_random *random, rui_error *error)
{
	const rui_graph *graph = &h->graph[level];
	rui_partition_state s;
	rui_status status;

	status = rui_partition_state_start(&s, env, graph, parts, part, random, error);
	if (status != RUI_OK)
		return status;
	if (level > 0)
	{
		rui_partition_state_window(&s, target, fmax(tolerance, COARSE_TOLERANCE));
		status = rui_partition_refine(&s, COARSE_ROUNDS, COARSE_PATIENCE);
	}
	else
	{
		rui_partition_state_window(&s, target, fmax(tolerance, COARSE_TOLERANCE));
		status = rui_partition_refine(&s, FINE_ROUNDS, FINE_PATIENCE);
		rui_partition_state_window(&s, target, tolerance);
		if (status == RUI_OK)
			status = rui_partition_balance(&s);
		if (status == RUI_OK)
			status = rui_partition_refine(&s, FINE_ROUNDS, FINE_PATIENCE);
	}
	rui_partition_state_release(&s);
	return status;
}

rui_status
rui_partition_multilevel(const rui_env *env, const rui_graph *graph, uint32_t parts,
						 double target, double tolerance, int32_t *part, rui_random *random,
						 rui_error *error)
{
	hierarchy h;
	int32_t *coarse_part;
	uint32_t level;
	rui_status status;

	if (parts == 1)
	{
		memset(part, 0, graph->nodes * sizeof(int32_t));
		return RUI_OK;
	}
	memset(&h, 0, sizeof h);
	h.graph[0] = *graph;
	h.levels = 1;
	coarse_part = rui_allocate(env, graph->nodes, sizeof(int32_t));
	if (coarse_part == NULL)
		return rui_fail_memory(error, (size_t) graph->nodes * 4);
	status = coarsen(env, &h, parts, random, error);
	level = h.levels - 1;
	if (status == RUI_OK)
		status = rui_partition_seed(env, &h.graph[level], parts, part, random, error);
	while (status == RUI_OK)
	{
		uint32_t v;

		status = refine_level(env, &h, level, parts, target, tolerance, part, random, error);
		if (status != RUI_OK || level == 0)
			break;
		level--;
		memcpy(coarse_part, part, h.graph[level + 1].nodes * sizeof(int32_t));
		for (v = 0; v < h.graph[level].nodes; v++)
			part[v] = coarse_part[h.cluster[level][v]];
	}
	rui_release(env, coarse_part);
	release(env, &h);
	return status;
}
