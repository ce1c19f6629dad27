/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_balance.c
 *	  Bringing the parts that lie outside their windows into them.
 *
 * Tried in turn for the part that is furthest off: refining it with a
 * neighbour; recombining both, that is cutting a random spanning tree of
 * their union anew (DeFord, Duchin & Solomon 2021); and passing the surplus
 * on, from neighbour to neighbour, to a part that has room.
 */
#include "core/partition_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TREES 24 /* tried for one pair */
#define PATIENCE 120
#define TRIAL_PATIENCE 40
#define LONGEST_PATH 24
#define PRICES 7
#define SOFT_SWEEPS 4 /* at one price */
#define HARD_SWEEPS 20
#define MOST_EFFORT 400
#define SEARCH_PARTS 300 /* seen in a search for a path */

typedef struct task
{
	double excess;
	uint32_t part;
} task;

typedef struct balancer
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
	unsigned char *changed; /* parts, in this sweep */
	task *tasks;
	double grain; /* mean load of a node */
} balancer;

/* A node of the part; anchors move, so search from the old one if need be. */
static uint32_t
anchor_of(balancer *b, uint32_t part)
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
static uint32_t
list_members(balancer *b, uint32_t part, uint32_t count)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t head = count;
	uint32_t mark = ++s->search;
	uint32_t start = anchor_of(b, part);

	s->seen[start] = mark;
	b->members[count++] = start;
	while (head < count)
	{
		uint32_t u = b->members[head++];
		uint32_t arc;

		for (arc = g->first[u]; arc < g->first[u + 1]; arc++)
		{
			uint32_t w = g->to[arc];

			if (s->part[w] != (int32_t) part || s->seen[w] == mark)
				continue;
			s->seen[w] = mark;
			b->members[count++] = w;
		}
	}
	return count;
}

static void
save(balancer *b, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		b->saved[i] = b->s->part[b->members[i]];
}

static void
restore(balancer *b, uint32_t count)
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
pair_cost(const balancer *b, uint32_t count, uint32_t p, uint32_t q)
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
			if (s->part[g->to[arc]] == (int32_t) q)
				cost += g->weight[arc];
	}
	return cost;
}

static double
pair_excess(const rui_partition_state *s, uint32_t p, uint32_t q)
{
	return rui_partition_excess(s, p, s->load[p]) + rui_partition_excess(s, q, s->load[q]);
}

/* ---- recombination ---- */

/* A random tree over members: numbered so that parents come first. */
static void
grow_tree(balancer *b, uint32_t count, int32_t p, int32_t q)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t mark = ++s->search;
	uint32_t open = 0;
	uint32_t placed = 0;
	uint32_t v = b->members[rui_random_below(s->random, count)];
	uint32_t parent = 0;

	for (;;)
	{
		uint32_t arc;
		uint32_t pick;

		s->seen[v] = mark;
		b->number[v] = placed;
		b->members[placed] = v;
		b->parent[placed] = parent;
		b->depth[placed] = placed == 0 ? 0 : b->depth[parent] + 1;
		placed++;
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t w = g->to[arc];

			if ((s->part[w] == p || s->part[w] == q) && s->seen[w] != mark)
			{
				b->frontier[open] = w;
				b->from[open++] = placed - 1;
			}
		}
		do
		{
			if (open == 0)
				return;
			pick = (uint32_t) (((rui_random_next(s->random) >> 32) * open) >> 32);
			v = b->frontier[pick];
			parent = b->from[pick];
			b->frontier[pick] = b->frontier[--open];
			b->from[pick] = b->from[open];
		} while (s->seen[v] == mark);
	}
}

/* Sums below every node of the tree. */
static void
sum_tree(balancer *b, uint32_t count, int32_t p, int32_t q)
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
			uint32_t w = g->to[arc];
			uint32_t x = i;
			uint32_t y;

			if (s->part[w] != p && s->part[w] != q)
				continue;
			b->cut[i] += g->weight[arc];
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
			b->cut[x] -= 2 * g->weight[arc];
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
apply_cut(balancer *b, uint32_t count, uint32_t below, uint32_t part, uint32_t other)
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

static uint32_t
list_pair_border(balancer *b, uint32_t count, uint32_t p, uint32_t q)
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
			if (s->part[g->to[arc]] == other)
			{
				b->borders[found++] = v;
				break;
			}
	}
	return found;
}

static void
polish(balancer *b, uint32_t count, uint32_t p, uint32_t q)
{
	rui_partition_change change = { 1, 0 };
	int i;

	for (i = 0; i < 3 && change.moves > 0; i++)
		rui_partition_refine_pair(b->s, p, q, b->borders, list_pair_border(b, count, p, q),
								  PATIENCE, &change);
}

/* Try one tree of the union; keep it when excess, then cost, fall. */
static void
recombine(balancer *b, uint32_t count, uint32_t p, uint32_t q, bool *improved)
{
	rui_partition_state *s = b->s;
	double old_excess = pair_excess(s, p, q);
	int64_t old_cost = pair_cost(b, count, p, q);
	int64_t total = s->load[p] + s->load[q];
	double best_excess = 0;
	int64_t best_cost = 0;
	uint32_t best = 0;
	bool best_swapped = false;
	double excess;
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
	polish(b, count, p, q);
	excess = pair_excess(s, p, q);
	if (excess < old_excess || (excess == old_excess && pair_cost(b, count, p, q) < old_cost))
		*improved = true;
	else
		restore(b, count);
}

/* ---- one pair, one part ---- */

/* Work on a pair until p lies in its window or nothing helps. */
static rui_status
work_on_pair(balancer *b, uint32_t p, uint32_t q, uint32_t trees, bool *improved)
{
	rui_partition_state *s = b->s;
	double start = pair_excess(s, p, q);
	uint32_t count = list_members(b, p, 0);
	rui_status status = RUI_OK;
	uint32_t i;

	count = list_members(b, q, count);
	*improved = false;
	if (list_pair_border(b, count, p, q) == 0)
		return RUI_OK; /* no neighbours any more */
	polish(b, count, p, q);
	for (i = 0; i < trees && status == RUI_OK && pair_excess(s, p, q) > 0; i++)
	{
		bool better;

		recombine(b, count, p, q, &better);
		if ((i & 3) == 3 && rui_interrupted(s->env))
			status = rui_fail(s->error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
	}
	*improved = pair_excess(s, p, q) < start;
	return status;
}

/* The parts next to p, into borders. */
static uint32_t
list_neighbours(balancer *b, uint32_t p)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t count = list_members(b, p, 0);
	uint32_t found = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		uint32_t arc;

		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t q = (uint32_t) s->part[g->to[arc]];
			uint32_t k;

			if (q == p)
				continue;
			for (k = 0; k < found && b->borders[k] != q; k++)
				;
			if (k == found)
				b->borders[found++] = q;
		}
	}
	return found;
}

/*
 * A shortest way over neighbouring parts from p to one that can take its
 * surplus and room more (or give what it lacks); the number of steps, or 0.
 */
static uint32_t
find_path(balancer *b, uint32_t p, int64_t room)
{
	rui_partition_state *s = b->s;
	bool over = s->load[p] > s->high[p];
	int64_t surplus = over ? s->load[p] - s->high[p] + room : s->load[p] - s->low[p] - room;
	uint32_t *queue = b->path;
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t i;

	for (i = 0; i < s->parts; i++)
		b->step[i] = RUI_NO_NODE;
	b->step[p] = p;
	queue[tail++] = p;
	while (head < tail && head < SEARCH_PARTS)
	{
		uint32_t at = queue[head++];
		uint32_t found = list_neighbours(b, at);

		for (i = 0; i < found; i++)
		{
			uint32_t q = b->borders[i];
			int64_t load = s->load[q] + surplus;

			if (b->step[q] != RUI_NO_NODE)
				continue;
			b->step[q] = at;
			if (load >= s->low[q] && load <= s->high[q])
			{
				uint32_t length = 0;
				uint32_t k;

				for (k = q; k != p; k = b->step[k])
					length++;
				if (length > LONGEST_PATH)
					return 0;
				for (i = length, k = q; k != p; k = b->step[k])
					queue[i--] = k;
				queue[0] = p;
				return length;
			}
			queue[tail++] = q;
		}
	}
	return 0;
}

/* Pass the surplus of p along a path; undo it all if that does not help. */
static rui_status
pass_on(balancer *b, uint32_t p, int64_t room, bool *improved)
{
	rui_partition_state *s = b->s;
	uint32_t length = find_path(b, p, room);
	uint32_t path[LONGEST_PATH + 1];
	double before = 0;
	double after = 0;
	uint32_t saved_count = 0;
	uint32_t *saved_nodes;
	int32_t *saved_parts;
	rui_status status = RUI_OK;
	uint32_t i;

	*improved = false;
	if (length == 0)
		return RUI_OK;
	memcpy(path, b->path, (length + 1) * sizeof(uint32_t));
	for (i = 0; i <= length; i++)
	{
		before += rui_partition_excess(s, path[i], s->load[path[i]]);
		saved_count = list_members(b, path[i], saved_count);
	}
	saved_nodes = rui_allocate(s->env, saved_count, sizeof(uint32_t));
	saved_parts = rui_allocate(s->env, saved_count, sizeof(int32_t));
	if (saved_nodes == NULL || saved_parts == NULL)
		status = rui_fail_memory(s->error, (size_t) saved_count * 8);
	else
		for (i = 0; i < saved_count; i++)
		{
			saved_nodes[i] = b->members[i];
			saved_parts[i] = s->part[b->members[i]];
		}
	for (i = 0; i < length && status == RUI_OK; i++)
	{
		uint32_t at = path[i];
		uint32_t next = path[i + 1];
		int64_t low = s->low[next];
		int64_t high = s->high[next];
		bool better;

		/* The next part may be off for now: it passes that on. */
		if (i + 1 < length)
		{
			int64_t lack = s->load[at] < s->low[at] ? s->low[at] - s->load[at] : 0;
			int64_t surplus = s->load[at] > s->high[at] ? s->load[at] - s->high[at] : 0;

			s->low[next] -= high - low + 2 * lack;
			s->high[next] += high - low + 2 * surplus;
		}
		status = work_on_pair(b, at, next, TREES / 2, &better);
		s->low[next] = low;
		s->high[next] = high;
	}
	if (status == RUI_OK)
	{
		for (i = 0; i <= length; i++)
			after += rui_partition_excess(s, path[i], s->load[path[i]]);
		*improved = after < before;
		if (!*improved)
		{
			memcpy(b->members, saved_nodes, saved_count * sizeof(uint32_t));
			memcpy(b->saved, saved_parts, saved_count * sizeof(int32_t));
			restore(b, saved_count);
		}
	}
	rui_release(s->env, saved_nodes);
	rui_release(s->env, saved_parts);
	return status;
}

/*
 * Where p, whose nodes members holds, meets its neighbours: for each border
 * node of either side the neighbour in from and the node in frontier.
 */
static uint32_t
list_contacts(balancer *b, uint32_t p, uint32_t count)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t found = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		uint32_t arc;

		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t q = (uint32_t) s->part[g->to[arc]];

			if (q == p)
				continue;
			b->from[found] = q;
			b->frontier[found++] = v;
			b->from[found] = q;
			b->frontier[found++] = g->to[arc];
		}
	}
	return found;
}

static void
refine_contact(balancer *b, uint32_t p, uint32_t q, uint32_t contacts,
			   rui_partition_change *change)
{
	uint32_t seeds = 0;
	uint32_t i;

	for (i = 0; i < contacts; i++)
		if (b->from[i] == q)
			b->borders[seeds++] = b->frontier[i];
	rui_partition_refine_pair(b->s, p, q, b->borders, seeds, TRIAL_PATIENCE, change);
}

/*
 * Refine p with the neighbour with which that is best: all are tried.  order
 * holds them.
 */
static void
choose_neighbour(balancer *b, uint32_t p, const uint32_t *order, uint32_t found, bool *improved)
{
	rui_partition_state *s = b->s;
	uint32_t contacts = list_contacts(b, p, list_members(b, p, 0));
	uint32_t best = RUI_NO_NODE;
	double best_excess = 0;
	int64_t best_gained = 0;
	rui_partition_change change;
	uint32_t i;

	for (i = 0; i < found; i++)
	{
		uint32_t q = order[i];
		double excess = pair_excess(s, p, q);

		refine_contact(b, p, q, contacts, &change);
		excess = pair_excess(s, p, q) - excess;
		rui_partition_undo(s, p, q, change.moves);
		if (excess < 0 &&
			rui_partition_better(s, excess, change.gained, best_excess, best_gained))
		{
			best = q;
			best_excess = excess;
			best_gained = change.gained;
		}
	}
	*improved = best != RUI_NO_NODE;
	if (!*improved)
		return;
	refine_contact(b, p, best, contacts, &change);
	b->changed[p] = 1;
	b->changed[best] = 1;
	for (i = 0; i < contacts; i++)
		if (b->from[i] == best)
			b->anchor[s->part[b->frontier[i]]] = b->frontier[i];
}

static rui_status
work_on_part(balancer *b, uint32_t p, bool hard, bool *improved)
{
	rui_partition_state *s = b->s;
	uint32_t found = list_neighbours(b, p);
	uint32_t *order = b->path;
	int64_t sign;
	rui_status status = RUI_OK;
	uint32_t i;

	*improved = false;
	/* Those first whose load is most different from that of p. */
	sign = s->load[p] > s->high[p] ? 1 : -1;
	for (i = 0; i < found; i++)
	{
		uint32_t q = b->borders[i];
		uint32_t k = i;

		while (k > 0 && sign * s->load[order[k - 1]] > sign * s->load[q])
		{
			order[k] = order[k - 1];
			k--;
		}
		order[k] = q;
	}
	memcpy(b->step, order, found * sizeof(uint32_t));
	choose_neighbour(b, p, b->step, found, improved);
	for (i = 0; i < found && hard && status == RUI_OK && !*improved; i++)
		status = work_on_pair(b, p, b->step[i], TREES, improved);
	/* A part with room for a node or so can settle it more easily. */
	for (i = 0; i < 4 && hard && status == RUI_OK && !*improved; i++)
		status = pass_on(b, p, (int64_t) (b->grain * (3 - i) / 2), improved);
	return status;
}

static void
release(balancer *b)
{
	const rui_env *env = b->s->env;

	rui_release(env, b->anchor);
	rui_release(env, b->members);
	rui_release(env, b->number);
	rui_release(env, b->parent);
	rui_release(env, b->depth);
	rui_release(env, b->frontier);
	rui_release(env, b->from);
	rui_release(env, b->sum);
	rui_release(env, b->cut);
	rui_release(env, b->home[0]);
	rui_release(env, b->home[1]);
	rui_release(env, b->saved);
	rui_release(env, b->borders);
	rui_release(env, b->path);
	rui_release(env, b->step);
	rui_release(env, b->changed);
	rui_release(env, b->tasks);
}

static rui_status
start(balancer *b, rui_partition_state *s)
{
	const rui_env *env = s->env;
	size_t n = s->graph->nodes;
	size_t arcs = s->graph->first[n];
	uint32_t v;

	memset(b, 0, sizeof *b);
	b->s = s;
	b->grain = fmax((double) s->graph->total / s->graph->nodes, 1);
	b->anchor = rui_allocate_zero(env, s->parts, sizeof(uint32_t));
	b->members = rui_allocate(env, n, sizeof(uint32_t));
	b->number = rui_allocate(env, n, sizeof(uint32_t));
	b->parent = rui_allocate(env, n, sizeof(uint32_t));
	b->depth = rui_allocate(env, n, sizeof(uint32_t));
	b->frontier = rui_allocate(env, n + 2 * arcs, sizeof(uint32_t));
	b->from = rui_allocate(env, n + 2 * arcs, sizeof(uint32_t));
	b->sum = rui_allocate(env, n, sizeof(int64_t));
	b->cut = rui_allocate(env, n, sizeof(int64_t));
	b->home[0] = rui_allocate(env, n, sizeof(int64_t));
	b->home[1] = rui_allocate(env, n, sizeof(int64_t));
	b->saved = rui_allocate(env, n, sizeof(int32_t));
	b->borders = rui_allocate(env, n + 2 * arcs, sizeof(uint32_t));
	b->path = rui_allocate(env, (size_t) s->parts + 1, sizeof(uint32_t));
	b->step = rui_allocate(env, s->parts, sizeof(uint32_t));
	b->changed = rui_allocate_zero(env, s->parts, 1);
	b->tasks = rui_allocate(env, s->parts, sizeof(task));
	if (b->anchor == NULL || b->members == NULL || b->number == NULL || b->parent == NULL ||
		b->depth == NULL || b->frontier == NULL || b->from == NULL || b->sum == NULL ||
		b->cut == NULL || b->home[0] == NULL || b->home[1] == NULL || b->saved == NULL ||
		b->borders == NULL || b->path == NULL || b->step == NULL || b->changed == NULL ||
		b->tasks == NULL)
		return rui_fail_memory(s->error, n * 60 + arcs * 8);
	for (v = 0; v < n; v++)
		b->anchor[s->part[v]] = v;
	return RUI_OK;
}

static int
compare_tasks(const void *left, const void *right)
{
	const task *a = left;
	const task *b = right;

	if (a->excess != b->excess)
		return a->excess > b->excess ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}

/* Parts outside their windows, the furthest first; only those changed if so. */
static uint32_t
list_tasks(const balancer *b, bool only_changed)
{
	const rui_partition_state *s = b->s;
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < s->parts; i++)
	{
		double excess = rui_partition_excess(s, i, s->load[i]);

		if (excess > 0 && (!only_changed || b->changed[i]))
		{
			b->tasks[count].excess = excess;
			b->tasks[count++].part = i;
		}
	}
	if (count > 1)
		qsort(b->tasks, count, sizeof(task), compare_tasks);
	return count;
}

/*
 * Go over the parts at the state's price, again while something changes.
 * hard allows what costs time, for at most effort parts.
 */
static rui_status
sweep(balancer *b, uint32_t sweeps, bool hard, uint32_t effort)
{
	rui_partition_state *s = b->s;
	rui_status status = RUI_OK;
	bool any = true;
	uint32_t round;

	for (round = 0; round < sweeps && any && status == RUI_OK; round++)
	{
		uint32_t count = list_tasks(b, round > 0 && !hard);
		uint32_t i;

		any = false;
		memset(b->changed, 0, s->parts);
		for (i = 0; i < count && effort > 0 && status == RUI_OK; i++)
		{
			uint32_t p = b->tasks[i].part;
			bool improved = false;

			if (rui_partition_excess(s, p, s->load[p]) > 0)
			{
				status = work_on_part(b, p, hard, &improved);
				effort -= hard;
			}
			any = any || improved;
			if (status == RUI_OK && rui_interrupted(s->env))
				status = rui_fail(s->error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
		}
	}
	return status;
}

rui_status
rui_partition_balance(rui_partition_state *s)
{
	const rui_graph *g = s->graph;
	balancer b;
	rui_status status;
	double edge = 0;
	uint32_t i;

	if (rui_partition_state_excess(s) == 0 || s->parts < 2)
		return RUI_OK;
	status = start(&b, s);
	for (i = 0; i < g->first[g->nodes]; i++)
		edge += (double) g->weight[i] / g->first[g->nodes];
	/* First only what is cheap: being off by a node is worth an edge, then more. */
	s->price = edge / (b.grain * b.grain);
	for (i = 0; i < PRICES && status == RUI_OK; i++, s->price *= 4)
		status = sweep(&b, SOFT_SWEEPS, false, 1);
	s->price = INFINITY;
	if (status == RUI_OK)
		status = sweep(&b, HARD_SWEEPS, true,
					   s->parts < 8 * MOST_EFFORT ? 40 + s->parts / 8 : MOST_EFFORT);
	release(&b);
	return status;
}
