/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_pair.c
 *	  Moving nodes between two parts that stay connected.
 */
#include "core/partition_state.h"

/* ---- heaps ---- */

static inline bool
before(const rui_candidate *a, const rui_candidate *b)
{
	return a->gain != b->gain ? a->gain > b->gain : a->order > b->order;
}

static void
sift_up(rui_workspace *w, rui_heap *heap, uint32_t at, rui_candidate item)
{
	while (at > 0)
	{
		uint32_t up = (at - 1) / 2;

		if (!before(&item, &heap->items[up]))
			break;
		heap->items[at] = heap->items[up];
		w->place[heap->items[at].node] = at + 1;
		at = up;
	}
	heap->items[at] = item;
	w->place[item.node] = at + 1;
}

static void
sift_down(rui_workspace *w, rui_heap *heap, uint32_t at, rui_candidate item)
{
	for (;;)
	{
		uint32_t child = 2 * at + 1;

		if (child >= heap->size)
			break;
		if (child + 1 < heap->size && before(&heap->items[child + 1], &heap->items[child]))
			child++;
		if (!before(&heap->items[child], &item))
			break;
		heap->items[at] = heap->items[child];
		w->place[heap->items[at].node] = at + 1;
		at = child;
	}
	heap->items[at] = item;
	w->place[item.node] = at + 1;
}

static void
put_node(rui_workspace *w, rui_heap *heap, uint32_t v, int64_t gain)
{
	rui_candidate item = { gain, ++w->sequence, v };

	sift_up(w, heap, heap->size++, item);
}

static void
change_gain(rui_workspace *w, rui_heap *heap, uint32_t v, int64_t by)
{
	uint32_t at = w->place[v] - 1;
	rui_candidate item = { heap->items[at].gain + by, ++w->sequence, v };

	if (by >= 0)
		sift_up(w, heap, at, item);
	else
		sift_down(w, heap, at, item);
}

static uint32_t
take_best(rui_workspace *w, rui_heap *heap)
{
	uint32_t v = heap->items[0].node;

	w->place[v] = 0;
	if (--heap->size > 0)
		sift_down(w, heap, 0, heap->items[heap->size]);
	return v;
}

static void
remove_node(rui_workspace *w, rui_heap *heap, uint32_t v)
{
	uint32_t at = w->place[v] - 1;
	rui_candidate last = heap->items[--heap->size];

	w->place[v] = 0;
	if (at == heap->size)
		return;
	if (at > 0 && before(&last, &heap->items[(at - 1) / 2]))
		sift_up(w, heap, at, last);
	else
		sift_down(w, heap, at, last);
}

static void
clear_heaps(rui_workspace *w)
{
	uint32_t i;
	int side;

	for (side = 0; side < 2; side++)
	{
		for (i = 0; i < w->heap[side].size; i++)
			w->place[w->heap[side].items[i].node] = 0;
		w->heap[side].size = 0;
	}
}

/* ---- one pair ---- */

typedef struct pair
{
	rui_partition_state *s;
	uint32_t part[2];
	int64_t slack; /* by which a load may leave its window on the way */
	uint32_t log_size;
} pair;

/* Put v, which is in no heap, into that of its side if it may cross. */
static void
consider(const pair *p, uint32_t v, int side)
{
	rui_workspace *w = p->s->work;
	int64_t gain;

	if (rui_partition_gain(p->s, v, (int32_t) p->part[1 - side], &gain))
		put_node(w, &w->heap[side], v, gain);
}

static int64_t
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
is_allowed(const pair *p, int side, int64_t load, int64_t excess)
{
	const rui_partition_state *s = p->s;
	uint32_t from = p->part[side];
	uint32_t to = p->part[1 - side];

	if (s->load[from] - load >= s->low[from] - p->slack &&
		s->load[to] + load <= s->high[to] + p->slack)
		return true;
	return excess > 0 && excess_after(p, side, load) < excess;
}

static void
move_node(const pair *p, uint32_t v, int side)
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

/* Tell the neighbours of v, which has just left that side, what changed. */
static void
renew_neighbours(const pair *p, uint32_t v, int side)
{
	const rui_partition_state *s = p->s;
	const rui_graph *g = s->graph;
	rui_workspace *w = s->work;
	uint32_t k;

	for (k = g->first[v]; k < g->first[v + 1]; k++)
	{
		uint32_t u = g->arcs[k].to;
		int32_t other = s->part[u];
		int at;

		if (other == (int32_t) p->part[side])
			at = side;
		else if (other == (int32_t) p->part[1 - side])
			at = 1 - side;
		else
			continue;
		if (w->place[u] == RUI_MOVED)
			continue;
		if (w->place[u] == 0)
			consider(p, u, at);
		else
			change_gain(w, &w->heap[at], u,
						2 * (int64_t) (at == side ? g->arcs[k].weight : -g->arcs[k].weight));
	}
}

/*
 * Move v and what it would cut off, which the queue lists, if loads may go
 * there.  *gained grows by what that gains, v's own gain included already.
 */
static bool
move_with(pair *p, uint32_t v, uint32_t cut_off, int side, int64_t excess, int64_t *gained)
{
	const rui_partition_state *s = p->s;
	rui_workspace *w = s->work;
	int64_t load = s->graph->load[v];
	uint32_t first = p->log_size;
	uint32_t i;

	for (i = 0; i < cut_off; i++)
	{
		if (w->place[w->queue[i]] == RUI_MOVED)
			return false;
		load += s->graph->load[w->queue[i]];
	}
	if (cut_off > 0 && !is_allowed(p, side, load, excess))
		return false;
	w->place[v] = RUI_MOVED;
	w->log[p->log_size++] = v;
	move_node(p, v, side);
	for (i = 0; i < cut_off; i++)
	{
		uint32_t u = w->queue[i];
		int64_t gain;

		rui_partition_gain(s, u, (int32_t) p->part[1 - side], &gain);
		*gained += gain;
		if (w->place[u] != 0)
			remove_node(w, &w->heap[side], u);
		w->place[u] = RUI_MOVED;
		w->log[p->log_size++] = u;
		move_node(p, u, side);
	}
	for (i = first; i < p->log_size; i++)
		renew_neighbours(p, w->log[i], side);
	return true;
}

/* The side to move from next, or -1: the better gain that is allowed. */
static int
choose_side(const pair *p, int64_t excess)
{
	const rui_partition_state *s = p->s;
	const rui_heap *heap = s->work->heap;
	bool allowed[2];
	int side;

	for (side = 0; side < 2; side++)
		allowed[side] = heap[side].size > 0 &&
			is_allowed(p, side, s->graph->load[heap[side].items[0].node], excess);
	if (!allowed[0] || !allowed[1])
		return allowed[0] ? 0 : allowed[1] ? 1
										   : -1;
	if (excess > 0)
	{
		int64_t first = excess_after(p, 0, s->graph->load[heap[0].items[0].node]);
		int64_t second = excess_after(p, 1, s->graph->load[heap[1].items[0].node]);

		if (first != second && (first < excess || second < excess))
			return rui_partition_better(s, first, heap[0].items[0].gain, second,
										heap[1].items[0].gain)
				? 0
				: 1;
	}
	if (heap[0].items[0].gain != heap[1].items[0].gain)
		return heap[0].items[0].gain > heap[1].items[0].gain ? 0 : 1;
	return s->load[p->part[0]] - s->low[p->part[0]] >= s->load[p->part[1]] - s->low[p->part[1]]
		? 0
		: 1;
}

void
rui_partition_grow(rui_partition_state *s, uint32_t from, uint32_t to, uint32_t start,
				   int64_t wanted)
{
	rui_workspace *w = s->work;
	pair p = { s, { from, to }, 0, 0 };
	uint32_t v = start;

	w->sequence = 0;
	for (;;)
	{
		move_node(&p, v, 0);
		w->place[v] = RUI_MOVED;
		w->log[p.log_size++] = v;
		renew_neighbours(&p, v, 0);
		if (w->heap[0].size == 0 || s->count[from] <= 1)
			break;
		v = w->heap[0].items[0].node;
		/* Stop where it comes closest. */
		if (s->load[to] + s->graph->load[v] / 2 >= wanted)
			break;
		take_best(w, &w->heap[0]);
	}
	while (p.log_size > 0)
		w->place[w->log[--p.log_size]] = 0;
	clear_heaps(w);
}

/* Put the seeds that still belong to the pair into the heaps. */
static void
start_pair(pair *p, const uint32_t *seeds, uint32_t seed_count)
{
	rui_partition_state *s = p->s;
	uint32_t i;

	s->work->sequence = 0;
	for (i = 0; i < seed_count; i++)
	{
		uint32_t v = seeds[i];
		int side = s->part[v] == (int32_t) p->part[1];

		if (s->part[v] != (int32_t) p->part[side] || s->work->place[v] != 0)
			continue;
		consider(p, v, side);
		if (s->graph->load[v] > p->slack)
			p->slack = s->graph->load[v];
	}
}

void
rui_partition_refine_pair(rui_partition_state *s, uint32_t a, uint32_t b, const uint32_t *seeds,
						  uint32_t seed_count, uint32_t patience, rui_partition_change *change)
{
	rui_workspace *w = s->work;
	pair p = { s, { a, b }, 0, 0 };
	int64_t excess = rui_partition_excess(s, a, s->load[a]) +
		rui_partition_excess(s, b, s->load[b]);
	int64_t best_excess = excess;
	int64_t gained = 0;
	int64_t best_gained = 0;
	uint32_t best_size = 0;
	uint32_t failures = 0;
	uint32_t i;

	start_pair(&p, seeds, seed_count);
	while (failures <= patience && best_gained - gained <= s->drop)
	{
		int side = choose_side(&p, excess);
		int64_t now = gained;
		uint32_t cut_off;
		uint32_t v;

		if (side < 0)
		{
			/* Neither top may move: look behind one of them. */
			if (w->heap[0].size == 0 && w->heap[1].size == 0)
				break;
			take_best(w, &w->heap[w->heap[0].size >= w->heap[1].size ? 0 : 1]);
			continue;
		}
		now += w->heap[side].items[0].gain;
		v = take_best(w, &w->heap[side]);
		/* A node that may not move comes back when a neighbour does. */
		if (!rui_partition_may_leave(s, v, (int32_t) p.part[1 - side], &cut_off) ||
			!move_with(&p, v, cut_off, side, excess, &now))
			continue;
		gained = now;
		failures++;
		excess = rui_partition_excess(s, a, s->load[a]) + rui_partition_excess(s, b, s->load[b]);
		if (rui_partition_better(s, excess, gained, best_excess, best_gained))
		{
			best_excess = excess;
			best_gained = gained;
			best_size = p.log_size;
			failures = 0;
		}
	}
	for (i = 0; i < p.log_size; i++)
		w->place[w->log[i]] = 0;
	rui_partition_watch_moves(s, best_size);
	while (p.log_size > best_size)
	{
		uint32_t v = w->log[--p.log_size];

		move_node(&p, v, s->part[v] == (int32_t) b);
	}
	clear_heaps(w);
	change->moves = best_size;
	change->gained = best_gained;
}

void
rui_partition_undo(rui_partition_state *s, uint32_t a, uint32_t b, uint32_t moves)
{
	pair p = { s, { a, b }, 0, 0 };

	while (moves > 0)
	{
		uint32_t v = s->work->log[--moves];

		move_node(&p, v, s->part[v] == (int32_t) b);
	}
}
