/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_graph.h
 *	  Internal to the partitioner: graphs, coarser graphs, and states.
 *
 * Loads and edge weights are scaled to integers once, so that sums are exact
 * and the same on every machine.
 */
#ifndef RUI_PARTITION_GRAPH_H
#define RUI_PARTITION_GRAPH_H

#include <math.h>

#include "core/partition.h"
#include "core/rui_core.h"

#define RUI_NO_NODE UINT32_MAX

/* Undirected: the neighbours of v are to[first[v]] … to[first[v + 1] - 1]. */
typedef struct rui_graph
{
	uint32_t nodes;
	uint32_t *first; /* nodes + 1 */
	uint32_t *to;
	int64_t *weight;
	int64_t *load;
	int64_t total; /* of all loads */
} rui_graph;

extern rui_status rui_graph_allocate(const rui_env *env, rui_graph *graph, uint32_t nodes,
									 uint32_t arcs, rui_error *error);
extern void rui_graph_release(const rui_env *env, rui_graph *graph);

/* What the integers of a graph stand for: a load of 1 is `load` units. */
typedef struct rui_partition_scales
{
	double load;
	double weight;
} rui_partition_scales;

/* Sort the builder's nodes by id and make the graph of them. */
extern rui_status rui_partition_graph(rui_partition_builder *builder, rui_graph *graph,
									  rui_partition_scales *scale, rui_error *error);

/*
 * Number the components, from 0 by their smallest node; where marks is not
 * NULL, those of the subgraphs of nodes with equal marks.
 */
extern rui_status rui_graph_components(const rui_env *env, const rui_graph *graph,
									   const int32_t *marks, int32_t *component, uint32_t *count,
									   rui_error *error);

/*
 * Contract connected clusters of nodes, none heavier than cap, along heavy
 * edges between light nodes.  cluster[v] becomes v's node in coarse.
 */
extern rui_status rui_graph_coarsen(const rui_env *env, const rui_graph *fine, int64_t cap,
									rui_random *random, rui_graph *coarse, uint32_t *cluster,
									rui_error *error);

/*
 * The subgraph of the nodes that have that mark; origin[i] becomes the node
 * that i was.  number is scratch of graph->nodes.
 */
extern rui_status rui_graph_extract(const rui_env *env, const rui_graph *graph,
									const int32_t *marks, int32_t mark, rui_graph *part,
									uint32_t **origin, uint32_t *number, rui_error *error);

/*
 * A partition of a graph on its way.  low and high bound the load of each
 * part as it should be.
 */
typedef struct rui_partition_state
{
	const rui_env *env;
	const rui_graph *graph;
	rui_random *random;
	rui_error *error;
	uint32_t parts;
	int32_t *part; /* of each node, from 0 */
	int64_t *load; /* of each part */
	uint32_t *count; /* nodes of each part */
	int64_t *low;
	int64_t *high;
	const int32_t *home; /* the part a node would rather stay in, or -1; or NULL */
	const int64_t *home_cost; /* what leaving it costs */
	double price; /* in cut, of one unit of excess; infinite: excess comes first */

	/* Scratch of the refinement, sized by nodes. */
	int64_t *gain;
	uint32_t *place; /* in its heap + 1, or 0 */
	uint32_t *order; /* recency in the heap */
	uint32_t *heap[2];
	uint32_t heap_size[2];
	uint32_t *moved; /* epoch in which the node was moved */
	uint32_t *seen; /* epoch in which a search saw it */
	uint32_t *queue;
	uint32_t *log;
	uint32_t epoch;
	uint32_t search;
	uint32_t sequence;
} rui_partition_state;

/* Make a state; part is the caller's. */
extern rui_status rui_partition_state_start(rui_partition_state *state, const rui_env *env,
											const rui_graph *graph, uint32_t parts, int32_t *part,
											rui_random *random, rui_error *error);
extern void rui_partition_state_release(rui_partition_state *state);

/* Sum loads and counts of all parts from part. */
extern void rui_partition_state_count(rui_partition_state *state);

/* One window for all parts: target (1 ± tolerance). */
extern void rui_partition_state_window(rui_partition_state *state, double target,
									   double tolerance);

/* Square of how far a load lies outside the part's window. */
static inline double
rui_partition_excess(const rui_partition_state *state, uint32_t part, int64_t load)
{
	double off = 0;

	if (load > state->high[part])
		off = (double) (load - state->high[part]);
	else if (load < state->low[part])
		off = (double) (state->low[part] - load);
	return off * off;
}

/* Sum of the excesses of all parts, and weight of the edges between parts. */
extern double rui_partition_state_excess(const rui_partition_state *state);
extern int64_t rui_partition_state_cut(const rui_partition_state *state);

/* Whether v's part stays connected, and not empty, without it. */
extern bool rui_partition_may_leave(rui_partition_state *state, uint32_t v);

/*
 * Let part `to` (empty until now) grow in part `from`, from the node start,
 * to about the wanted load; from may fall apart, but keeps a node.
 */
extern void rui_partition_grow(rui_partition_state *state, uint32_t from, uint32_t to,
							   uint32_t start, int64_t wanted);

/* Whether (excess, gained) is better than the other, at the state's price. */
static inline bool
rui_partition_better(const rui_partition_state *state, double excess, int64_t gained,
					 double other_excess, int64_t other_gained)
{
	if (excess == other_excess || state->price == 0)
		return gained > other_gained;
	if (isinf(state->price))
		return excess < other_excess;
	return (double) (gained - other_gained) > state->price * (excess - other_excess);
}

/*
 * Move nodes between parts a and b so that they become better (Fiduccia &
 * Mattheyses 1982, with undoing of what did not help).  Both parts stay
 * connected.  seeds are nodes on their common border; patience is how many
 * moves may fail in a row.
 */
typedef struct rui_partition_change
{
	uint32_t moves; /* kept in the state's log until the next refinement */
	int64_t gained; /* by how much the cut fell, homes included */
} rui_partition_change;

extern void rui_partition_refine_pair(rui_partition_state *state, uint32_t a, uint32_t b,
									  const uint32_t *seeds, uint32_t seed_count,
									  uint32_t patience, rui_partition_change *change);

/* Take back the moves of the last refinement, of that pair. */
extern void rui_partition_undo(rui_partition_state *state, uint32_t a, uint32_t b,
							   uint32_t moves);

/* Refine all pairs of neighbouring parts, at most rounds times. */
extern rui_status rui_partition_refine(rui_partition_state *state, uint32_t rounds,
									   uint32_t patience);

/* Bring parts that lie outside their windows into them, for little cut. */
extern rui_status rui_partition_balance(rui_partition_state *state);

/*
 * A first partition of a connected graph into parts that are connected and
 * not empty, near target in load.
 */
extern rui_status rui_partition_seed(const rui_env *env, const rui_graph *graph, uint32_t parts,
									 int32_t *part, rui_random *random, rui_error *error);

/* As a seed, but along a spanning tree: for graphs that are nearly trees. */
extern rui_status rui_partition_cut_tree(const rui_env *env, const rui_graph *graph,
										 uint32_t parts, int32_t first_part, int32_t *part,
										 rui_error *error);

/* Partition a connected graph by coarsening, seeding and refining. */
extern rui_status rui_partition_multilevel(const rui_env *env, const rui_graph *graph,
										   uint32_t parts, double target, double tolerance,
										   int32_t *part, rui_random *random, rui_error *error);

/*
 * Start from part (-1: no owner), make its parts connected and complete, and
 * refine, with the cost of leaving home.  *possible is false where a whole
 * component has no owner.
 */
extern rui_status rui_partition_keep(const rui_env *env, const rui_graph *graph, uint32_t parts,
									 double target, double tolerance, const int32_t *home,
									 const int64_t *home_cost, int32_t *part, bool *possible,
									 rui_random *random, rui_error *error);

#endif /* RUI_PARTITION_GRAPH_H */
