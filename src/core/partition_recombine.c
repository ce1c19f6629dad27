/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_recombine.c
 *	  Recombining two parts: cutting a random spanning tree of their union
 *	  anew (DeFord, Duchin & Solomon 2021).
 */
#include "core/partition_balance.h"

#include <string.h>

#define PATIENCE 120

/* A node of the part; anchors move, so search from the old one if need be. */
static uint32_t
anchor_of(rui_balancer *b, uint32_t part)
{
	const rui_graph *g = b->s->graph;
	uint32_t v = b->anchor[part];

	if (b->s->part[v] == (int32_t) part)
		return v;
	for (v = 0; v < g->nodes; v++)
		if (b->s->part[v] == (int32_t) part)
			break;
	b->anchor[part] = v;
	return v;
}

/* List the nodes of a part after the count that members holds already. */
uint32_t
rui_balancer_list_members(rui_balancer *b, uint32_t part, uint32_t count)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t head = count;
	uint32_t mark = rui_work_labels(s->work, 1);
	uint32_t start = anchor_of(b, part);

	s->work->seen[start] = mark;
	b->members[count++] = start;
	while (head < count)
	{
		uint32_t u = b->members[head++];
		uint32_t arc;

		for (arc = g->first[u]; arc < g->first[u + 1]; arc++)
		{
			uint32_t w = g->arcs[arc].to;

			if (s->part[w] != (int32_t) part || s->work->seen[w] == mark)
				continue;
			s->work->seen[w] = mark;
			b->members[count++] = w;
		}
	}
	return count;
}

static void
save(rui_balancer *b, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		b->saved[i] = b->s->part[b->members[i]];
}

void
rui_balancer_restore(rui_balancer *b, uint32_t count)
{
	rui_partition_state *s = b->s;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		int32_t now = s->part[v];

		if (now == b->saved[i])
			continue;
		s->load[now] -= s->graph->load[v];
		s->count[now]--;
		s->part[v] = b->saved[i];
		s->load[b->saved[i]] += s->graph->load[v];
		s->count[b->saved[i]]++;
		b->anchor[b->saved[i]] = v;
	}
}

/* Cut between two parts, with what leaving homes costs, over members. */
static int64_t
pair_cost(const rui_balancer *b, uint32_t count, uint32_t p, uint32_t q)
{
	const rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	int64_t cost = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		uint32_t arc;

		if (s->home != NULL && s->home[v] >= 0 && s->home[v] != s->part[v])
			cost += s->home_cost[v];
		if (s->part[v] != (int32_t) p)
			continue;
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
			if (s->part[g->arcs[arc].to] == (int32_t) q)
				cost += g->arcs[arc].weight;
	}
	return cost;
}


/* A random tree over members: numbered so that parents come first. */
static void
grow_tree(rui_balancer *b, uint32_t count, int32_t p, int32_t q)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t mark = rui_work_labels(s->work, 1);
	uint32_t open = 0;
	uint32_t placed = 0;
	uint32_t v = b->members[rui_random_below(&s->work->random, count)];
	uint32_t parent = 0;

	for (;;)
	{
		uint32_t arc;
		uint32_t pick;

		s->work->seen[v] = mark;
		b->number[v] = placed;
		b->members[placed] = v;
		b->parent[placed] = parent;
		b->depth[placed] = placed == 0 ? 0 : b->depth[parent] + 1;
		placed++;
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t w = g->arcs[arc].to;

			if ((s->part[w] == p || s->part[w] == q) && s->work->seen[w] != mark)
			{
				b->frontier[open] = w;
				b->from[open++] = placed - 1;
			}
		}
		do
		{
			if (open == 0)
				return;
			pick = (uint32_t) (((rui_random_next(&s->work->random) >> 32) * open) >> 32);
			v = b->frontier[pick];
			parent = b->from[pick];
			b->frontier[pick] = b->frontier[--open];
			b->from[pick] = b->from[open];
		} while (s->work->seen[v] == mark);
	}
}

/* Sums below every node of the tree. */
static void
sum_tree(rui_balancer *b, uint32_t count, int32_t p, int32_t q)
{
	const rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t i;

	memset(b->cut, 0, count * sizeof(int64_t));
	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		uint32_t arc;

		b->sum[i] = g->load[v];
		b->home[0][i] = s->home != NULL && s->home[v] == p ? s->home_cost[v] : 0;
		b->home[1][i] = s->home != NULL && s->home[v] == q ? s->home_cost[v] : 0;
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t w = g->arcs[arc].to;
			uint32_t x = i;
			uint32_t y;

			if (s->part[w] != p && s->part[w] != q)
				continue;
			b->cut[i] += g->arcs[arc].weight;
			y = b->number[w];
			if (y < x)
				continue; /* each edge once */
			while (x != y)
			{
				if (b->depth[x] >= b->depth[y])
					x = b->parent[x];
				else
					y = b->parent[y];
			}
			b->cut[x] -= 2 * g->arcs[arc].weight;
		}
	}
	for (i = count - 1; i > 0; i--)
	{
		uint32_t up = b->parent[i];

		b->sum[up] += b->sum[i];
		b->cut[up] += b->cut[i];
		b->home[0][up] += b->home[0][i];
		b->home[1][up] += b->home[1][i];
	}
}

/* Give what is below the place to part, and the rest to other. */
static void
apply_cut(rui_balancer *b, uint32_t count, uint32_t below, uint32_t part, uint32_t other)
{
	rui_partition_state *s = b->s;
	uint32_t i;

	s->load[part] = s->load[other] = 0;
	s->count[part] = s->count[other] = 0;
	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		/* frontier is free now: whether a place lies below. */
		bool inside = i == below || (i > below && b->frontier[b->parent[i]]);
		uint32_t to = inside ? part : other;

		b->frontier[i] = inside;
		s->part[v] = (int32_t) to;
		s->load[to] += s->graph->load[v];
		s->count[to]++;
		b->anchor[to] = v;
	}
}

uint32_t
rui_balancer_list_border(rui_balancer *b, uint32_t count, uint32_t p, uint32_t q)
{
	const rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t found = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		int32_t other = s->part[v] == (int32_t) p ? (int32_t) q : (int32_t) p;
		uint32_t arc;

		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
			if (s->part[g->arcs[arc].to] == other)
			{
				b->borders[found++] = v;
				break;
			}
	}
	return found;
}

void
rui_balancer_polish(rui_balancer *b, uint32_t count, uint32_t p, uint32_t q)
{
	rui_partition_change change = { 1, 0 };
	int i;

	for (i = 0; i < 3 && change.moves > 0; i++)
		rui_partition_refine_pair(b->s, p, q, b->borders, rui_balancer_list_border(b, count, p, q),
								  PATIENCE, &change);
}

/* Try one tree of the union; keep it when excess, then cost, fall. */
void
rui_balancer_recombine(rui_balancer *b, uint32_t count, uint32_t p, uint32_t q, bool *improved)
{
	rui_partition_state *s = b->s;
	int64_t old_excess = rui_balancer_excess(s, p, q);
	int64_t old_cost = pair_cost(b, count, p, q);
	int64_t total = s->load[p] + s->load[q];
	int64_t best_excess = 0;
	int64_t best_cost = 0;
	uint32_t best = 0;
	bool best_swapped = false;
	int64_t excess;
	uint32_t i;

	grow_tree(b, count, (int32_t) p, (int32_t) q);
	sum_tree(b, count, (int32_t) p, (int32_t) q);
	save(b, count);
	for (i = 1; i < count; i++)
	{
		int swapped;

		for (swapped = 0; swapped < 2; swapped++)
		{
			int64_t of_p = swapped ? total - b->sum[i] : b->sum[i];
			int64_t cost = b->cut[i];

			excess = rui_partition_excess(s, p, of_p) + rui_partition_excess(s, q, total - of_p);
			/* Below goes to q when swapped: it loses those at home in p. */
			cost += b->home[1 - swapped][i] + b->home[swapped][0] - b->home[swapped][i];
			if (best != 0 &&
				(excess > best_excess || (excess == best_excess && cost >= best_cost)))
				continue;
			best_excess = excess;
			best_cost = cost;
			best = i;
			best_swapped = swapped != 0;
		}
	}
	*improved = false;
	if (best == 0)
		return;
	apply_cut(b, count, best, best_swapped ? q : p, best_swapped ? p : q);
	rui_balancer_polish(b, count, p, q);
	excess = rui_balancer_excess(s, p, q);
	if (excess < old_excess || (excess == old_excess && pair_cost(b, count, p, q) < old_cost))
		*improved = true;
	else
		rui_balancer_restore(b, count);
}
