/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_refine.c
 *	  Moving nodes between two parts that stay connected.
 */
#include "core/partition_graph.h"

#include <stdlib.h>
#include <string.h>

/* A search for another way around a node gives up after so many nodes. */
#define SEARCH_LIMIT 400

/* ---- connectivity ---- */

bool
rui_partition_may_leave(rui_partition_state *s, uint32_t v)
{
	const rui_graph *g = s->graph;
	int32_t part = s->part[v];
	uint32_t start = RUI_NO_NODE;
	uint32_t wanted = 0;
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t target;
	uint32_t arc;

	/* Two epochs: neighbours to find, and nodes found. */
	target = ++s->search;
	s->search++;
	for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
	{
		uint32_t u = g->to[arc];

		if (s->part[u] != part)
			continue;
		start = u;
		s->seen[u] = target;
		wanted++;
	}
	if (wanted <= 1)
		return wanted == 1;
	s->seen[v] = s->search;
	s->seen[start] = s->search;
	s->queue[tail++] = start;
	wanted--;
	while (head < tail && head < SEARCH_LIMIT)
	{
		uint32_t u = s->queue[head++];

		for (arc = g->first[u]; arc < g->first[u + 1]; arc++)
		{
			uint32_t w = g->to[arc];

			if (s->part[w] != part || s->seen[w] == s->search)
				continue;
			if (s->seen[w] == target && --wanted == 0)
				return true;
			s->seen[w] = s->search;
			s->queue[tail++] = w;
		}
	}
	return false;
}

/* ---- heaps: best gain first, the latest of equal ones ---- */

static inline bool
before(const rui_partition_state *s, uint32_t a, uint32_t b)
{
	if (s->gain[a] != s->gain[b])
		return s->gain[a] > s->gain[b];
	return s->order[a] > s->order[b];
}

static void
sift_up(rui_partition_state *s, int side, uint32_t at)
{
	uint32_t *heap = s->heap[side];
	uint32_t v = heap[at];

	while (at > 0 && before(s, v, heap[(at - 1) / 2]))
	{
		heap[at] = heap[(at - 1) / 2];
		s->place[heap[at]] = at + 1;
		at = (at - 1) / 2;
	}
	heap[at] = v;
	s->place[v] = at + 1;
}

static void
sift_down(rui_partition_state *s, int side, uint32_t at)
{
	uint32_t *heap = s->heap[side];
	uint32_t size = s->heap_size[side];
	uint32_t v = heap[at];

	for (;;)
	{
		uint32_t child = 2 * at + 1;

		if (child >= size)
			break;
		if (child + 1 < size && before(s, heap[child + 1], heap[child]))
			child++;
		if (!before(s, heap[child], v))
			break;
		heap[at] = heap[child];
		s->place[heap[at]] = at + 1;
		at = child;
	}
	heap[at] = v;
	s->place[v] = at + 1;
}

static void
remove_node(rui_partition_state *s, int side, uint32_t v)
{
	uint32_t at = s->place[v] - 1;
	uint32_t last = s->heap[side][--s->heap_size[side]];

	s->place[v] = 0;
	if (last == v)
		return;
	s->heap[side][at] = last;
	s->place[last] = at + 1;
	sift_up(s, side, at);
	sift_down(s, side, s->place[last] - 1);
}

static void
put_node(rui_partition_state *s, int side, uint32_t v, int64_t gain)
{
	if (s->place[v] != 0)
	{
		if (s->gain[v] == gain)
			return;
		remove_node(s, side, v);
	}
	s->gain[v] = gain;
	s->order[v] = ++s->sequence;
	s->heap[side][s->heap_size[side]] = v;
	sift_up(s, side, s->heap_size[side]++);
}

/* ---- one pair ---- */

typedef struct pair
{
	rui_partition_state *s;
	uint32_t part[2];
	int64_t slack; /* by which a load may leave its window on the way */
	uint32_t log_size;
} pair;

/* The gain of moving v to the other part; false when it does not touch it. */
static bool
move_gain(const pair *p, uint32_t v, int32_t from, int32_t to, int64_t *gain)
{
	const rui_partition_state *s = p->s;
	const rui_graph *g = s->graph;
	bool touches = false;
	int64_t sum = 0;
	uint32_t arc;

	for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
	{
		int32_t other = s->part[g->to[arc]];

		if (other == from)
			sum -= g->weight[arc];
		else if (other == to)
		{
			sum += g->weight[arc];
			touches = true;
		}
	}
	if (s->home != NULL)
	{
		if (s->home[v] == from)
			sum -= s->home_cost[v];
		else if (s->home[v] == to)
			sum += s->home_cost[v];
	}
	*gain = sum;
	return touches;
}

/* Put v into its heap, renew its place there or take it out. */
static void
consider(pair *p, uint32_t v)
{
	rui_partition_state *s = p->s;
	int side = s->part[v] == (int32_t) p->part[1];
	int64_t gain;

	if (move_gain(p, v, (int32_t) p->part[side], (int32_t) p->part[1 - side], &gain))
		put_node(s, side, v, gain);
	else if (s->place[v] != 0)
		remove_node(s, side, v);
}

static double
excess_after(const pair *p, int side, int64_t load)
{
	const rui_partition_state *s = p->s;
	uint32_t from = p->part[side];
	uint32_t to = p->part[1 - side];

	return rui_partition_excess(s, from, s->load[from] - load) +
		rui_partition_excess(s, to, s->load[to] + load);
}

/* Whether the move keeps the loads where the search may go. */
static bool
is_allowed(const pair *p, int side, int64_t load, double excess)
{
	const rui_partition_state *s = p->s;
	uint32_t from = p->part[side];
	uint32_t to = p->part[1 - side];

	if (excess_after(p, side, load) < excess)
		return true;
	return s->load[from] - load >= s->low[from] - p->slack &&
		s->load[to] + load <= s->high[to] + p->slack;
}

static void
move_node(pair *p, uint32_t v, int side)
{
	rui_partition_state *s = p->s;
	uint32_t from = p->part[side];
	uint32_t to = p->part[1 - side];

	s->part[v] = (int32_t) to;
	s->load[from] -= s->graph->load[v];
	s->load[to] += s->graph->load[v];
	s->count[from]--;
	s->count[to]++;
}

/* The side to move from next, or -1: the better gain that is allowed. */
static int
choose_side(pair *p, double excess)
{
	rui_partition_state *s = p->s;
	bool allowed[2];
	uint32_t top[2] = { RUI_NO_NODE, RUI_NO_NODE };
	int side;

	for (side = 0; side < 2; side++)
	{
		allowed[side] = false;
		if (s->heap_size[side] == 0)
			continue;
		top[side] = s->heap[side][0];
		allowed[side] = is_allowed(p, side, s->graph->load[top[side]], excess);
	}
	if (!allowed[0] && !allowed[1])
		return -1;
	if (!allowed[0] || !allowed[1])
		return allowed[0] ? 0 : 1;
	if (excess > 0)
	{
		double first = excess_after(p, 0, s->graph->load[top[0]]);
		double second = excess_after(p, 1, s->graph->load[top[1]]);

		if (first != second && (first < excess || second < excess))
			return rui_partition_better(s, first, s->gain[top[0]], second, s->gain[top[1]]) ? 0 : 1;
	}
	if (s->gain[top[0]] != s->gain[top[1]])
		return s->gain[top[0]] > s->gain[top[1]] ? 0 : 1;
	return s->load[p->part[0]] - s->low[p->part[0]] >= s->load[p->part[1]] - s->low[p->part[1]]
		? 0
		: 1;
}

/* Forget what the heaps hold. */
static void
clear_heaps(rui_partition_state *s)
{
	uint32_t i;
	int side;

	for (side = 0; side < 2; side++)
	{
		for (i = 0; i < s->heap_size[side]; i++)
			s->place[s->heap[side][i]] = 0;
		s->heap_size[side] = 0;
	}
}

void
rui_partition_grow(rui_partition_state *s, uint32_t from, uint32_t to, uint32_t start,
				   int64_t wanted)
{
	const rui_graph *g = s->graph;
	pair p = { s, { from, to }, 0, 0 };
	uint32_t v = start;
	uint32_t arc;

	s->sequence = 0;
	for (;;)
	{
		move_node(&p, v, 0);
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
			if (s->part[g->to[arc]] == (int32_t) from)
				consider(&p, g->to[arc]);
		if (s->heap_size[0] == 0 || s->count[from] <= 1)
			break;
		v = s->heap[0][0];
		/* Stop where it comes closest. */
		if (s->load[to] + g->load[v] / 2 >= wanted)
			break;
		remove_node(s, 0, v);
	}
	clear_heaps(s);
}

void
rui_partition_refine_pair(rui_partition_state *s, uint32_t a, uint32_t b, const uint32_t *seeds,
						  uint32_t seed_count, uint32_t patience, rui_partition_change *change)
{
	const rui_graph *g = s->graph;
	pair p = { s, { a, b }, 0, 0 };
	double excess = rui_partition_excess(s, a, s->load[a]) + rui_partition_excess(s, b, s->load[b]);
	double best_excess = excess;
	int64_t gained = 0;
	int64_t best_gained = 0;
	uint32_t best_size = 0;
	uint32_t failures = 0;
	int64_t border_load = 0;
	uint32_t i;
	int side;

	s->epoch++;
	s->sequence = 0;
	if (s->search > UINT32_MAX - 4 * (uint64_t) g->nodes - 8)
	{
		memset(s->seen, 0, g->nodes * sizeof(uint32_t));
		s->search = 0;
	}
	for (i = 0; i < seed_count; i++)
	{
		uint32_t v = seeds[i];

		if (s->part[v] == (int32_t) a || s->part[v] == (int32_t) b)
		{
			consider(&p, v);
			if (g->load[v] > border_load)
				border_load = g->load[v];
		}
	}
	p.slack = border_load;
	while (failures <= patience)
	{
		uint32_t v;
		uint32_t arc;

		side = choose_side(&p, excess);
		if (side < 0)
		{
			/* Neither top may move: look behind the one that costs more. */
			if (s->heap_size[0] == 0 && s->heap_size[1] == 0)
				break;
			side = s->heap_size[0] >= s->heap_size[1] ? 0 : 1;
			remove_node(s, side, s->heap[side][0]);
			continue;
		}
		v = s->heap[side][0];
		remove_node(s, side, v);
		if (!rui_partition_may_leave(s, v))
			continue; /* comes back when a neighbour moves */
		s->moved[v] = s->epoch;
		gained += s->gain[v];
		move_node(&p, v, side);
		s->log[p.log_size++] = v;
		excess = rui_partition_excess(s, a, s->load[a]) + rui_partition_excess(s, b, s->load[b]);
		if (rui_partition_better(s, excess, gained, best_excess, best_gained))
		{
			best_excess = excess;
			best_gained = gained;
			best_size = p.log_size;
			failures = 0;
		}
		else
			failures++;
		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			uint32_t u = g->to[arc];

			if (s->moved[u] != s->epoch &&
				(s->part[u] == (int32_t) a || s->part[u] == (int32_t) b))
				consider(&p, u);
		}
	}
	while (p.log_size > best_size)
	{
		uint32_t v = s->log[--p.log_size];

		move_node(&p, v, s->part[v] == (int32_t) b);
	}
	clear_heaps(s);
	change->moves = best_size;
	change->gained = best_gained;
}

void
rui_partition_undo(rui_partition_state *s, uint32_t a, uint32_t b, uint32_t moves)
{
	pair p = { s, { a, b }, 0, 0 };

	while (moves > 0)
	{
		uint32_t v = s->log[--moves];

		move_node(&p, v, s->part[v] == (int32_t) b);
	}
}

/* ---- all pairs ---- */

typedef struct border
{
	uint64_t pair; /* lower part, higher part */
	uint32_t node;
} border;

static int
compare_borders(const void *left, const void *right)
{
	const border *a = left;
	const border *b = right;

	if (a->pair != b->pair)
		return a->pair < b->pair ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static uint64_t
pair_key(int32_t low, int32_t high)
{
	return (uint64_t) low << 32 | (uint32_t) high;
}

/* Nodes on borders, by pair of parts; a node may stand at several. */
static rui_status
list_borders(rui_partition_state *s, border **list, size_t *capacity, size_t *count)
{
	const rui_graph *g = s->graph;
	uint32_t v;

	*count = 0;
	for (v = 0; v < g->nodes; v++)
	{
		uint64_t last = UINT64_MAX;
		uint32_t arc;

		for (arc = g->first[v]; arc < g->first[v + 1]; arc++)
		{
			int32_t mine = s->part[v];
			int32_t other = s->part[g->to[arc]];
			uint64_t key;

			if (other == mine)
				continue;
			key = mine < other ? pair_key(mine, other) : pair_key(other, mine);
			if (key == last)
				continue;
			last = key;
			if (*count == *capacity)
			{
				rui_status status = rui_grow(s->env, list, capacity, *count + 1, sizeof(border),
											 s->error);

				if (status != RUI_OK)
					return status;
			}
			(*list)[*count].pair = key;
			(*list)[(*count)++].node = v;
		}
	}
	if (*count > 1)
		qsort(*list, *count, sizeof(border), compare_borders);
	return RUI_OK;
}

rui_status
rui_partition_refine(rui_partition_state *s, uint32_t rounds, uint32_t patience)
{
	border *list = NULL;
	size_t capacity = 0;
	unsigned char *active = rui_allocate(s->env, s->parts, 2);
	unsigned char *next;
	uint32_t *seeds = rui_allocate(s->env, s->graph->nodes, sizeof(uint32_t));
	rui_status status = RUI_OK;
	uint32_t round;

	if (active == NULL || seeds == NULL)
		status = rui_fail_memory(s->error, (size_t) s->graph->nodes * 4);
	else
		memset(active, 1, s->parts);
	for (round = 0; round < rounds && status == RUI_OK; round++)
	{
		size_t count;
		size_t i = 0;
		bool any = false;

		next = active + s->parts;
		memset(next, 0, s->parts);
		status = list_borders(s, &list, &capacity, &count);
		while (status == RUI_OK && i < count)
		{
			uint32_t a = (uint32_t) (list[i].pair >> 32);
			uint32_t b = (uint32_t) list[i].pair;
			uint64_t key = list[i].pair;
			uint32_t found = 0;
			rui_partition_change change;

			for (; i < count && list[i].pair == key; i++)
				if (found == 0 || seeds[found - 1] != list[i].node)
					seeds[found++] = list[i].node;
			if (!active[a] && !active[b])
				continue;
			rui_partition_refine_pair(s, a, b, seeds, found, patience, &change);
			if (change.moves > 0)
			{
				next[a] = 1;
				next[b] = 1;
				any = true;
			}
			if (status == RUI_OK && rui_interrupted(s->env))
				status = rui_fail(s->error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
		}
		memcpy(active, next, s->parts);
		if (!any)
			break;
	}
	rui_release(s->env, active);
	rui_release(s->env, seeds);
	rui_release(s->env, list);
	return status;
}
