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
#include "core/partition_balance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TREES 24 /* tried for one pair */
#define TRIAL_PATIENCE 40
#define LONGEST_PATH 24
#define SWEEPS 20
#define MOST_TASKS 400 /* parts worked on, over all sweeps */
#define MOST_FAILURES 10 /* in a row */
#define SEARCH_PARTS 300 /* seen in a search for a path */
#define TREE_NODES 2000000 /* grown over in all, and per node of the graph: */
#define TREES_PER_NODE 200

/* ---- one pair, one part ---- */

/* Work on a pair until p lies in its window or nothing helps. */
static rui_status
work_on_pair(rui_balancer *b, uint32_t p, uint32_t q, uint32_t trees, bool *improved)
{
	rui_partition_state *s = b->s;
	int64_t start = rui_balancer_excess(s, p, q);
	uint32_t count = rui_balancer_list_members(b, p, 0);
	rui_status status = RUI_OK;
	uint32_t i;

	count = rui_balancer_list_members(b, q, count);
	*improved = false;
	if (rui_balancer_list_border(b, count, p, q) == 0)
		return RUI_OK; /* no neighbours any more */
	rui_balancer_polish(b, count, p, q);
	for (i = 0; i < trees && status == RUI_OK && b->effort > 0 && rui_balancer_excess(s, p, q) > 0;
		 i++)
	{
		bool better;

		b->effort -= count;
		rui_balancer_recombine(b, count, p, q, &better);
		status = rui_work_go_on(s->work);
	}
	*improved = rui_balancer_excess(s, p, q) < start;
	return status;
}

/* The parts next to p, into borders. */
static uint32_t
list_neighbours(rui_balancer *b, uint32_t p)
{
	rui_partition_state *s = b->s;
	const rui_graph *g = s->graph;
	uint32_t count = rui_balancer_list_members(b, p, 0);
	uint32_t found = 0;
	uint32_t i;

	b->listing++;
	for (i = 0; i < count; i++)
	{
		uint32_t v = b->members[i];
		uint32_t arc;

		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t q = (uint32_t) s->part[g->arcs[arc].to];

			if (q == p || b->listed[q] == b->listing)
				continue;
			b->listed[q] = b->listing;
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
find_path(rui_balancer *b, uint32_t p, int64_t room)
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
pass_on(rui_balancer *b, uint32_t p, int64_t room, bool *improved)
{
	rui_partition_state *s = b->s;
	uint32_t length = find_path(b, p, room);
	uint32_t path[LONGEST_PATH + 1];
	int64_t before = 0;
	int64_t after = 0;
	uint32_t saved_count = 0;
	rui_work_mark mark = rui_work_here(s->work);
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
		saved_count = rui_balancer_list_members(b, path[i], saved_count);
	}
	saved_nodes = rui_work_take(s->work, saved_count, sizeof(uint32_t));
	saved_parts = rui_work_take(s->work, saved_count, sizeof(int32_t));
	if (saved_nodes == NULL || saved_parts == NULL)
		return RUI_MEMORY;
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
			rui_balancer_restore(b, saved_count);
		}
	}
	rui_work_return(s->work, mark);
	return status;
}

/*
 * Where p, whose nodes members holds, meets its neighbours: for each border
 * node of either side the neighbour in from and the node in frontier.
 */
static uint32_t
list_contacts(rui_balancer *b, uint32_t p, uint32_t count)
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
			uint32_t q = (uint32_t) s->part[g->arcs[arc].to];

			if (q == p)
				continue;
			b->from[found] = q;
			b->frontier[found++] = v;
			b->from[found] = q;
			b->frontier[found++] = g->arcs[arc].to;
		}
	}
	return found;
}

static void
refine_contact(rui_balancer *b, uint32_t p, uint32_t q, uint32_t contacts,
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
static rui_status
choose_neighbour(rui_balancer *b, uint32_t p, const uint32_t *order, uint32_t found, bool *improved)
{
	rui_partition_state *s = b->s;
	uint32_t contacts = list_contacts(b, p, rui_balancer_list_members(b, p, 0));
	uint32_t best = RUI_NO_NODE;
	int64_t best_excess = 0;
	int64_t best_gained = 0;
	rui_partition_change change;
	rui_status status = RUI_OK;
	uint32_t i;

	*improved = false;
	for (i = 0; i < found && status == RUI_OK; i++)
	{
		uint32_t q = order[i];
		int64_t excess = rui_balancer_excess(s, p, q);

		refine_contact(b, p, q, contacts, &change);
		excess = rui_balancer_excess(s, p, q) - excess;
		rui_partition_undo(s, p, q, change.moves);
		if (excess < 0 &&
			rui_partition_better(s, excess, change.gained, best_excess, best_gained))
		{
			best = q;
			best_excess = excess;
			best_gained = change.gained;
		}
		status = rui_work_go_on(s->work);
	}
	if (best == RUI_NO_NODE || status != RUI_OK)
		return status;
	*improved = true;
	refine_contact(b, p, best, contacts, &change);
	for (i = 0; i < contacts; i++)
		if (b->from[i] == best)
			b->anchor[s->part[b->frontier[i]]] = b->frontier[i];
	return RUI_OK;
}

static rui_status
work_on_part(rui_balancer *b, uint32_t p, bool *improved)
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
	status = choose_neighbour(b, p, b->step, found, improved);
	for (i = 0; i < found && b->effort > 0 && status == RUI_OK && !*improved; i++)
		status = work_on_pair(b, p, b->step[i], TREES, improved);
	/* A part with room for a node or so can settle it more easily. */
	for (i = 0; i < 4 && b->effort > 0 && status == RUI_OK && !*improved; i++)
		status = pass_on(b, p, (int64_t) (b->grain * (3 - i) / 2), improved);
	return status;
}

static rui_status
start(rui_balancer *b, rui_partition_state *s)
{
	rui_workspace *env = s->work;
	size_t n = s->graph->nodes;
	size_t arcs = s->graph->first[n];
	uint32_t v;

	memset(b, 0, sizeof *b);
	b->s = s;
	b->effort = TREE_NODES + (int64_t) TREES_PER_NODE * s->graph->nodes;
	b->grain = fmax((double) s->graph->total / s->graph->nodes, 1);
	b->anchor = rui_work_take_zero(env, s->parts, sizeof(uint32_t));
	b->members = rui_work_take(env, n, sizeof(uint32_t));
	b->number = rui_work_take(env, n, sizeof(uint32_t));
	b->parent = rui_work_take(env, n, sizeof(uint32_t));
	b->depth = rui_work_take(env, n, sizeof(uint32_t));
	b->frontier = rui_work_take(env, n + 2 * arcs, sizeof(uint32_t));
	b->from = rui_work_take(env, n + 2 * arcs, sizeof(uint32_t));
	b->sum = rui_work_take(env, n, sizeof(int64_t));
	b->cut = rui_work_take(env, n, sizeof(int64_t));
	b->home[0] = rui_work_take(env, n, sizeof(int64_t));
	b->home[1] = rui_work_take(env, n, sizeof(int64_t));
	b->saved = rui_work_take(env, n, sizeof(int32_t));
	b->borders = rui_work_take(env, n + 2 * arcs, sizeof(uint32_t));
	b->path = rui_work_take(env, (size_t) s->parts + 1, sizeof(uint32_t));
	b->step = rui_work_take(env, s->parts, sizeof(uint32_t));
	b->listed = rui_work_take_zero(env, s->parts, sizeof(uint32_t));
	b->tasks = rui_work_take(env, s->parts, sizeof(rui_balancer_task));
	if (b->anchor == NULL || b->members == NULL || b->number == NULL || b->parent == NULL ||
		b->depth == NULL || b->frontier == NULL || b->from == NULL || b->sum == NULL ||
		b->cut == NULL || b->home[0] == NULL || b->home[1] == NULL || b->saved == NULL ||
		b->borders == NULL || b->path == NULL || b->step == NULL || b->listed == NULL ||
		b->tasks == NULL)
		return RUI_MEMORY;
	for (v = 0; v < n; v++)
		b->anchor[s->part[v]] = v;
	return RUI_OK;
}

static int
compare_tasks(const void *left, const void *right)
{
	const rui_balancer_task *a = left;
	const rui_balancer_task *b = right;

	if (a->excess != b->excess)
		return a->excess > b->excess ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}

/* Parts outside their windows, the furthest first. */
static uint32_t
list_tasks(const rui_balancer *b)
{
	const rui_partition_state *s = b->s;
	uint32_t count = 0;
	uint32_t i;

	for (i = 0; i < s->parts; i++)
	{
		int64_t excess = rui_partition_excess(s, i, s->load[i]);

		if (excess > 0)
		{
			b->tasks[count].excess = excess;
			b->tasks[count++].part = i;
		}
	}
	if (count > 1)
		qsort(b->tasks, count, sizeof(rui_balancer_task), compare_tasks);
	return count;
}

/* Go over the parts that are off, again while something changes. */
static rui_status
sweep(rui_balancer *b)
{
	rui_partition_state *s = b->s;
	uint32_t left = s->parts < 8 * MOST_TASKS ? 40 + s->parts / 8 : MOST_TASKS;
	uint32_t failures = 0;
	rui_status status = RUI_OK;
	bool any = true;
	uint32_t round;

	for (round = 0; round < SWEEPS && any && status == RUI_OK; round++)
	{
		uint32_t count = list_tasks(b);
		uint32_t i;

		any = false;
		for (i = 0; i < count && left > 0 && failures < MOST_FAILURES && status == RUI_OK; i++)
		{
			uint32_t p = b->tasks[i].part;
			bool improved;

			/* It may lie in its window by now, or be a node that is too heavy. */
			if (rui_partition_excess(s, p, s->load[p]) == 0 ||
				(s->count[p] == 1 && s->load[p] > s->high[p]))
				continue;
			status = work_on_part(b, p, &improved);
			left--;
			failures = improved ? 0 : failures + 1;
			any = any || improved;
			if (status == RUI_OK)
				status = rui_work_go_on(s->work);
		}
	}
	return status;
}

rui_status
rui_partition_balance(rui_partition_state *s)
{
	rui_work_mark mark = rui_work_here(s->work);
	rui_balancer b;
	rui_status status;

	if (rui_partition_state_excess(s) == 0 || s->parts < 2)
		return RUI_OK;
	status = start(&b, s);
	s->price = INFINITY;
	if (status == RUI_OK)
		status = sweep(&b);
	rui_work_return(s->work, mark);
	return status;
}
