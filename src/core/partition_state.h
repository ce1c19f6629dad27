/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_state.h
 *	  Internal to the partitioner: a partition on its way, and what improves it.
 */
#ifndef RUI_PARTITION_STATE_H
#define RUI_PARTITION_STATE_H

#include <math.h>

#include "core/partition_graph.h"

/* low and high bound the load of each part as it should be. */
typedef struct rui_partition_state
{
	rui_workspace *work;
	const rui_graph *graph;
	uint32_t parts;
	int32_t *part; /* of each node, from 0 */
	int64_t *load; /* of each part */
	uint32_t *count; /* nodes of each part */
	int64_t *low;
	int64_t *high;
	int shift; /* loads are this many bits finer than excess */
	const int32_t *home; /* the part a node would rather stay in, or -1; or NULL */
	const int64_t *home_cost; /* what leaving it costs */
	int64_t drop;
	bool exchange; /* nodes are large shares of parts */
	unsigned char *near; /* nodes in border_nodes; NULL: all nodes may be on borders */
	uint32_t *border_nodes; /* all that are on borders, and some more */
	uint32_t border_count;
	double price; /* in cut, of one unit of excess; infinite: excess comes first */
} rui_partition_state;

/* Make a state in the workspace; part is the caller's. */
extern rui_status rui_partition_state_start(rui_partition_state *state, rui_workspace *work,
											const rui_graph *graph, uint32_t parts, int32_t *part);

/* Sum loads and counts of all parts from part. */
extern void rui_partition_state_count(rui_partition_state *state);

/* The window of one part, or of all: target (1 ± tolerance). */
extern void rui_partition_state_bound(rui_partition_state *state, uint32_t part, double target,
									  double tolerance);
extern void rui_partition_state_window(rui_partition_state *state, double target,
									   double tolerance);

/*
 * Square of how far a load lies outside the part's window.  Loads are rounded
 * up to 2^-25 of their total, so that sums of squares are exact.
 */
static inline int64_t
rui_partition_excess(const rui_partition_state *state, uint32_t part, int64_t load)
{
	int64_t off = 0;

	if (load > state->high[part])
		off = load - state->high[part];
	else if (load < state->low[part])
		off = state->low[part] - load;
	off = (off + ((INT64_C(1) << state->shift) - 1)) >> state->shift;
	return off * off;
}

/* Sum of the excesses of all parts, and weight of the edges between parts. */
extern int64_t rui_partition_state_excess(const rui_partition_state *state);
extern int64_t rui_partition_state_cut(const rui_partition_state *state);

/* Whether (excess, gained) is better than the other, at the state's price. */
static inline bool
rui_partition_better(const rui_partition_state *state, int64_t excess, int64_t gained,
					 int64_t other_excess, int64_t other_gained)
{
	if (excess == other_excess || state->price == 0)
		return gained > other_gained;
	if (isinf(state->price))
		return excess < other_excess;
	return (double) (gained - other_gained) > state->price * (double) (excess - other_excess);
}

/* ---- moving nodes ---- */

/* What moving v to another part gains; false when v does not touch that. */
extern bool rui_partition_gain(const rui_partition_state *state, uint32_t v, int32_t to,
							   int64_t *gain);

/*
 * Whether v may move to another part, maybe with others: it touches that, and
 * its own stays connected and not empty without it and what it would cut off,
 * which the workspace's queue lists then: *cut_off many.  May say no where
 * that takes long to find out.
 */
extern bool rui_partition_may_leave(rui_partition_state *state, uint32_t v, int32_t to,
									uint32_t *cut_off);

/* Whether v may move to another part by itself. */
extern bool rui_partition_may_move(rui_partition_state *state, uint32_t v, int32_t to);

/* Tell the list of nodes near borders of the first moves of the log. */
extern void rui_partition_watch_moves(rui_partition_state *state, uint32_t moves);

/*
 * Let part `to` (empty until now) grow in part `from`, from the node start,
 * to about the wanted load; from may fall apart, but keeps a node.
 */
extern void rui_partition_grow(rui_partition_state *state, uint32_t from, uint32_t to,
							   uint32_t start, int64_t wanted);

/*
 * Move nodes between parts a and b so that they become better (Fiduccia &
 * Mattheyses 1982, with undoing of what did not help).  Both parts stay
 * connected.  seeds are nodes on their common border; patience is how many
 * moves may fail in a row.
 */
typedef struct rui_partition_change
{
	uint32_t moves; /* kept in the workspace's log until the next refinement */
	int64_t gained; /* by how much the cut fell, homes included */
} rui_partition_change;

extern void rui_partition_refine_pair(rui_partition_state *state, uint32_t a, uint32_t b,
									  const uint32_t *seeds, uint32_t seed_count,
									  uint32_t patience, rui_partition_change *change);

/*
 * Move the best set of up to three of the seeds between parts a and b, if
 * that makes them better; how many that are.
 */
extern uint32_t rui_partition_exchange_pair(rui_partition_state *state, uint32_t a, uint32_t b,
											const uint32_t *seeds, uint32_t seed_count);

/* Take back the moves of the last refinement, of that pair. */
extern void rui_partition_undo(rui_partition_state *state, uint32_t a, uint32_t b,
							   uint32_t moves);

/*
 * Keep a list of nodes near borders from here on: of those that near marks,
 * or, where it is NULL, of all.
 */
extern rui_status rui_partition_state_watch(rui_partition_state *state, unsigned char *near);

/*
 * List the nodes on borders in the workspace, by pair of parts and node; a
 * node may stand at several.  Where active is not NULL, only the borders of
 * parts that it marks.
 */
extern rui_status rui_partition_list_borders(rui_partition_state *state,
											 const unsigned char *active, size_t *count);

/* Refine all pairs of neighbouring parts, at most rounds times. */
extern rui_status rui_partition_refine(rui_partition_state *state, uint32_t rounds,
									   uint32_t patience);

/* Exchange nodes between all pairs of neighbouring parts, at most rounds times. */
extern rui_status rui_partition_exchange(rui_partition_state *state, uint32_t rounds);

/*
 * Send load over neighbouring parts from where there is too much to where
 * there is room, for little cut, and refine; again while that helps, at most
 * rounds times.
 */
extern rui_status rui_partition_level_out(rui_partition_state *state, double target,
										  double tolerance, uint32_t rounds, uint32_t patience);

/* Bring parts that lie outside their windows into them, for little cut. */
extern rui_status rui_partition_balance(rui_partition_state *state);

/* ---- whole partitions ---- */

/*
 * A first partition of a connected graph into parts that are connected and
 * not empty, near target in load.
 */
extern rui_status rui_partition_seed(rui_workspace *work, const rui_graph *graph, uint32_t parts,
									 int32_t *part);

/* As a seed, but along a spanning tree: for graphs that are nearly trees. */
extern rui_status rui_partition_cut_tree(rui_workspace *work, const rui_graph *graph,
										 uint32_t parts, int32_t first_part, int32_t *part);

/*
 * Partition a graph by coarsening, seeding and refining; *connected is false,
 * and nothing done, where it has more than one component and more nodes than
 * parts.
 */
extern rui_status rui_partition_multilevel(rui_workspace *work, const rui_graph *graph,
										   uint32_t parts, double target, double tolerance,
										   int32_t *part, bool *connected);

/*
 * Start from part (-1: no owner), make its parts connected and complete, and
 * refine, with the cost of leaving home.  *possible is false where a whole
 * component has no owner.
 */
extern rui_status rui_partition_keep(rui_workspace *work, const rui_graph *graph, uint32_t parts,
									 double target, double tolerance, const int32_t *home,
									 const int64_t *home_cost, int32_t *part, bool *possible);

/*
 * Number the parts from 0: those that keep the most load of an owner take his
 * number, the heaviest first; the rest go by their smallest node.
 */
extern rui_status rui_partition_number(rui_workspace *work, const rui_partition_builder *builder,
									   const rui_graph *graph, uint32_t parts, int32_t *part);

#endif /* RUI_PARTITION_STATE_H */
