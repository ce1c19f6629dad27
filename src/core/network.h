/* SPDX-License-Identifier: PostgreSQL
 *
 * network.h
 *	  Ways between places: how far it is from one to another, whose catchment
 *	  a node lies in, and what hangs together.
 *
 * A network is undirected; its nodes are the numbers that its edges name.
 * Parallel edges and edges from a node to itself are possible.
 */
#ifndef RUI_NETWORK_H
#define RUI_NETWORK_H

#include "core/rui_core.h"

#define RUI_NETWORK_EDGES_MAX 500000000

typedef struct rui_network_edge
{
	int64_t a;
	int64_t b;
	double length;
} rui_network_edge;

/* A place where ways begin, and what has been walked before. */
typedef struct rui_network_source
{
	int64_t node;
	double length;
} rui_network_source;

typedef struct rui_network_builder
{
	const rui_env *env;
	rui_network_edge *edges;
	size_t edge_count;
	size_t edge_capacity;
	rui_network_source *sources;
	size_t source_count;
	size_t source_capacity;
} rui_network_builder;

/* A node, the source nearest to it, and how far that is. */
typedef struct rui_reach
{
	int64_t node;
	int64_t source;
	double length;
} rui_reach;

extern void rui_network_start(rui_network_builder *builder, const rui_env *env);
extern void rui_network_release(rui_network_builder *builder);

/*
 * Add an edge, or a node where ways begin.  Lengths are 0 or more, in any
 * unit: RUI_INVALID, with the part "node 7", for others and for what is not
 * finite.  Of a source given several times the smallest length counts.
 * RUI_LIMIT above RUI_NETWORK_EDGES_MAX edges.
 */
extern rui_status rui_network_add(rui_network_builder *builder, int64_t a, int64_t b,
								  double length, rui_error *error);
extern rui_status rui_network_add_source(rui_network_builder *builder, int64_t node,
										 double length, rui_error *error);

/*
 * The catchments of the sources: for every node that a way leads to, the
 * source with the shortest one (Dijkstra, Numerische Mathematik 1, 1959,
 * 269-271, from all sources at once); of equally near ones the lowest.  Each
 * catchment hangs together, by the edges within it.  result has *count rows
 * by ascending node, in memory of env.  About 80 bytes a node and 50 an edge.
 */
extern rui_status rui_network_catchments(rui_network_builder *builder, rui_reach **result,
										 size_t *count, rui_error *error);

/*
 * The lengths of the shortest ways from each of the sources to each of the
 * targets, INFINITY where there is none: the way from sources[i] to
 * targets[j] is lengths[i * target_count + j].  One search a source (or a
 * target, where these are fewer distinct ones), which ends when it has met
 * all it asks for.  Ids that no edge names reach only themselves, at 0; the
 * builder's own sources do not count.  Sums of lengths are added up from the
 * side that is searched from, so that both directions may differ in the last
 * bit.  About 80 bytes a node and 50 an edge.
 */
extern rui_status rui_network_distances(rui_network_builder *builder, const int64_t *sources,
										size_t source_count, const int64_t *targets,
										size_t target_count, double *lengths,
										rui_error *error);

/*
 * The components: source is the smallest node of each node's component and
 * length 0.  Rows as rui_network_catchments gives them, one for every node
 * that an edge or a source names.
 */
extern rui_status rui_network_components(rui_network_builder *builder, rui_reach **result,
										 size_t *count, rui_error *error);

#endif /* RUI_NETWORK_H */
