/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_balance.h
 *	  Internal to the partitioner: what balancing works with.
 */
#ifndef RUI_PARTITION_BALANCE_H
#define RUI_PARTITION_BALANCE_H

#include "core/partition_state.h"

typedef struct rui_balancer_task
{
	int64_t excess;
	uint32_t part;
} rui_balancer_task;

typedef struct rui_balancer
{
	rui_partition_state *s;
	uint32_t *anchor; /* a node of each part, or one that was */
	uint32_t *members; /* of the parts at hand */
	uint32_t *number; /* place of a node in members */
	uint32_t *parent; /* in the tree, by place */
	uint32_t *depth;
	uint32_t *frontier; /* pairs of places */
	uint32_t *from;
	int64_t *sum; /* loads below */
	int64_t *cut; /* weight between below and the rest */
	int64_t *home[2]; /* cost of taking what is below from its home */
	int32_t *saved; /* parts of members before an attempt */
	uint32_t *borders;
	uint32_t *path;
	uint32_t *step; /* to part on the way of a path search, from which part */
	uint32_t *listed; /* of each part: the listing of neighbours that found it last */
	uint32_t listing;
	rui_balancer_task *tasks;
	double grain; /* mean load of a node */
	int64_t effort; /* nodes that trees may still be grown over */
} rui_balancer;

/*
 * List the nodes of a part in members, after the count that it holds; the
 * new count.
 */
extern uint32_t rui_balancer_list_members(rui_balancer *balancer, uint32_t part, uint32_t count);

/* Give members the parts in saved. */
extern void rui_balancer_restore(rui_balancer *balancer, uint32_t count);

/* List in borders the members where p and q meet; how many. */
extern uint32_t rui_balancer_list_border(rui_balancer *balancer, uint32_t count, uint32_t p,
										 uint32_t q);

/* Refine two parts, whose nodes members holds, as long as it helps. */
extern void rui_balancer_polish(rui_balancer *balancer, uint32_t count, uint32_t p, uint32_t q);

/*
 * Cut a random spanning tree of two parts, whose nodes members holds, where
 * that is best; keep it when excess, then cost, fall.
 */
extern void rui_balancer_recombine(rui_balancer *balancer, uint32_t count, uint32_t p, uint32_t q,
								   bool *improved);

static inline int64_t
rui_balancer_excess(const rui_partition_state *s, uint32_t p, uint32_t q)
{
	return rui_partition_excess(s, p, s->load[p]) + rui_partition_excess(s, q, s->load[q]);
}

#endif /* RUI_PARTITION_BALANCE_H */
