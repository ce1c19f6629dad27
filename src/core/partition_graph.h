/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_graph.h
 *	  Internal to the partitioner: its memory, graphs and coarser graphs.
 *
 * Loads and edge weights are scaled to integers once, so that sums are exact
 * and the same on every machine.
 */
#ifndef RUI_PARTITION_GRAPH_H
#define RUI_PARTITION_GRAPH_H

#include "core/partition.h"
#include "core/rui_core.h"

#define RUI_NO_NODE UINT32_MAX

/*
 * One edge seen from one of its nodes.  The weights of all edges together
 * stay below 2^31, so that those of contracted edges do.
 */
typedef struct rui_arc
{
	uint32_t to;
	int32_t weight;
} rui_arc;

/* Undirected: the neighbours of v are in arcs[first[v]] … arcs[first[v + 1] - 1]. */
typedef struct rui_graph
{
	uint32_t nodes;
	uint32_t *first; /* nodes + 1 */
	rui_arc *arcs;
	int64_t *load;
	uint32_t *size; /* nodes of the caller's graph in each; NULL: 1 */
	int64_t total; /* of all loads */
	int64_t weight; /* of all edges */
} rui_graph;

/* ---- memory and chance of one computation ---- */

typedef struct rui_work_block
{
	struct rui_work_block *next;
	size_t size;
	size_t used;
} rui_work_block;

/* A node in a heap: the best gain first, the latest of equal ones. */
typedef struct rui_candidate
{
	int64_t gain;
	uint32_t order;
	uint32_t node;
} rui_candidate;

typedef struct rui_heap
{
	rui_candidate *items;
	uint32_t size;
} rui_heap;

/* A node on the border between two parts. */
typedef struct rui_border
{
	uint32_t low;
	uint32_t high;
	uint32_t node;
} rui_border;

/*
 * What a computation works with: memory that is taken piece by piece and
 * given back down to a mark, and scratch for graphs of up to `nodes` nodes,
 * which all refinements share.
 */
typedef struct rui_workspace
{
	const rui_env *env;
	rui_error *error;
	rui_random random;
	rui_work_block *blocks; /* the first of all */
	rui_work_block *current;

	uint32_t *place; /* of a node in its heap + 1; 0: in none; or RUI_MOVED */
	uint32_t *seen; /* label that a search gave a node */
	uint32_t *queue;
	uint32_t *log; /* nodes in the order of their moves */
	uint32_t *root; /* of labels that a search found together */
	uint32_t *pending; /* nodes of a label in the queue */
	rui_heap heap[2];
	uint32_t search; /* the last label given */
	uint32_t sequence; /* of the heaps */
	uint32_t nodes;

	rui_border *borders; /* of the host, as they grow */
	rui_border *sorted_borders;
	size_t border_capacity;
} rui_workspace;

#define RUI_MOVED UINT32_MAX

typedef struct rui_work_mark
{
	rui_work_block *block;
	size_t used;
} rui_work_mark;

extern void rui_work_start(rui_workspace *work, const rui_env *env, uint64_t seed,
						   rui_error *error);
extern void rui_work_release(rui_workspace *work);

/*
 * Memory for count elements of size bytes, aligned to 16; NULL, with the
 * error filled, when the host has none.
 */
extern void *rui_work_take(rui_workspace *work, size_t count, size_t size);
extern void *rui_work_take_zero(rui_workspace *work, size_t count, size_t size);

/* Give back what was taken last but for count elements of size bytes. */
extern void rui_work_shrink(rui_workspace *work, void *piece, size_t count, size_t size);

/* Give back all that was taken since the mark. */
extern rui_work_mark rui_work_here(const rui_workspace *work);
extern void rui_work_return(rui_workspace *work, rui_work_mark mark);

/* Make the scratch, for graphs of up to so many nodes. */
extern rui_status rui_work_scratch(rui_workspace *work, uint32_t nodes);

/* So many labels that no node has in seen: the first of them. */
extern uint32_t rui_work_labels(rui_workspace *work, uint32_t count);

/* RUI_INTERRUPTED when the host asks to stop. */
extern rui_status rui_work_go_on(rui_workspace *work);

/* ---- graphs ---- */

/* What the integers of a graph stand for: a load of 1 is `load` units. */
typedef struct rui_partition_scales
{
	double load;
	double weight;
} rui_partition_scales;

/*
 * Sort the builder's nodes by id and link them: arcs to each neighbour once,
 * both ways, by ascending node.  An arc's weight is the place of its weight
 * in the builder's list (0 where all weights are 1).  Loads are left out.
 */
extern rui_status rui_partition_link(rui_workspace *work, rui_partition_builder *builder,
									 rui_graph *graph);

/* As that, and give weights and loads their scaled values. */
extern rui_status rui_partition_graph(rui_workspace *work, rui_partition_builder *builder,
									  rui_graph *graph, rui_partition_scales *scale);

/*
 * Number the components, from 0 by their smallest node; where marks is not
 * NULL, those of the subgraphs of nodes with equal marks.
 */
extern rui_status rui_graph_components(rui_workspace *work, const rui_graph *graph,
									   const int32_t *marks, int32_t *component, uint32_t *count);

/* The bounds of a node of a coarser graph. */
typedef struct rui_coarse_bound
{
	int64_t load;
	uint32_t size;
} rui_coarse_bound;

/*
 * Contract connected clusters of two or three nodes along heavy edges
 * between light nodes, none beyond the bound.  cluster[v] becomes v's node in
 * coarse, and *contracted false, with nothing taken, where hardly any node
 * finds a partner.
 */
extern rui_status rui_graph_coarsen(rui_workspace *work, const rui_graph *fine,
									const rui_coarse_bound *bound, const int32_t *marks,
									rui_graph *coarse, uint32_t *cluster, bool *contracted);

/*
 * The subgraph of the nodes with one mark, which members lists: node i of part
 * is members[i].  number is scratch of graph->nodes.
 */
extern rui_status rui_graph_extract(rui_workspace *work, const rui_graph *graph,
									const int32_t *marks, const uint32_t *members, uint32_t count,
									rui_graph *part, uint32_t *number);

#endif /* RUI_PARTITION_GRAPH_H */
