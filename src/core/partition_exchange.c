/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_exchange.c
 *	  Exchanging up to three nodes between two parts at once: where a node is
 *	  a large share of a part, single moves only lead through states that are
 *	  worse.  All sets of border nodes are tried.
 */
#include "core/partition_state.h"

#include <string.h>

#define MOST_NODES 40
#define MOST_SETS 4 /* that are tried whether they leave the parts connected */

typedef struct set
{
	uint32_t member[3]; /* places in the table */
	uint32_t size;
	int64_t excess; /* of both parts */
	int64_t gained;
} set;

/* The border nodes of two parts. */
typedef struct table
{
	rui_partition_state *s;
	uint32_t part[2];
	uint32_t count;
	uint32_t node[MOST_NODES];
	int64_t load[MOST_NODES]; /* that moving it brings to part[1] */
	int64_t gain[MOST_NODES];
	int64_t joint[MOST_NODES][MOST_NODES]; /* gained on top by moving both */
	set best[MOST_SETS];
	uint32_t sets;
	int64_t floor; /* sets that gain no more are not among the best, whatever their loads */
} table;

static void
fill_table(table *t, const uint32_t *nodes, uint32_t count)
{
	const rui_partition_state *s = t->s;
	const rui_graph *g = s->graph;
	uint32_t *place = s->work->place;
	uint32_t i;
	uint32_t k;

	t->count = 0;
	for (i = 0; i < count && t->count < MOST_NODES; i++)
	{
		uint32_t v = nodes[i];
		int side = s->part[v] == (int32_t) t->part[1];
		int64_t gain;

		if (s->part[v] != (int32_t) t->part[side] ||
			!rui_partition_gain(s, v, (int32_t) t->part[1 - side], &gain))
			continue;
		t->node[t->count] = v;
		t->load[t->count] = side ? -g->load[v] : g->load[v];
		t->gain[t->count++] = gain;
	}
	for (i = 0; i < t->count; i++)
	{
		place[t->node[i]] = i + 1;
		memset(t->joint[i], 0, t->count * sizeof(int64_t));
	}
	for (i = 0; i < t->count; i++)
	{
		uint32_t v = t->node[i];

		for (k = g->first[v]; k < g->first[v + 1]; k++)
		{
			uint32_t u = g->arcs[k].to;

			if (place[u] == 0)
				continue;
			/* The edge stays as it is, which both gains got wrong. */
			t->joint[i][place[u] - 1] += 2 * (int64_t) (s->part[u] == s->part[v] ? g->arcs[k].weight : -g->arcs[k].weight);
		}
	}
	for (i = 0; i < t->count; i++)
		place[t->node[i]] = 0;
}

/* What a set must gain, with loads that could not be better, to be among the best. */
static int64_t
find_floor(const table *t)
{
	const set *worst = &t->best[MOST_SETS - 1];
	double cost = t->s->price * (double) worst->excess;

	if (t->sets < MOST_SETS)
		return INT64_MIN;
	if (worst->excess == 0)
		return worst->gained;
	return cost < 0x1p61 ? worst->gained - (int64_t) cost - 1 : INT64_MIN;
}

/* Keep a set if it is among the best. */
static void
offer(table *t, uint32_t i, uint32_t j, uint32_t k, uint32_t size, int64_t load, int64_t gained)
{
	const rui_partition_state *s = t->s;
	int64_t excess = rui_partition_excess(s, t->part[0], s->load[t->part[0]] - load) +
		rui_partition_excess(s, t->part[1], s->load[t->part[1]] + load);
	set found = { { i, j, k }, size, excess, gained };
	uint32_t at = t->sets;

	if (at == MOST_SETS &&
		!rui_partition_better(s, excess, gained, t->best[at - 1].excess, t->best[at - 1].gained))
		return;
	if (at == MOST_SETS)
		at--;
	else
		t->sets++;
	while (at > 0 &&
		   rui_partition_better(s, excess, gained, t->best[at - 1].excess, t->best[at - 1].gained))
	{
		t->best[at] = t->best[at - 1];
		at--;
	}
	t->best[at] = found;
	t->floor = find_floor(t);
}

static void
try_sets(table *t)
{
	uint32_t i;
	uint32_t j;
	uint32_t k;

	/* The first of all: to leave everything as it is. */
	t->sets = 0;
	t->floor = INT64_MIN;
	offer(t, 0, 0, 0, 0, 0, 0);
	for (i = 0; i < t->count; i++)
	{
		offer(t, i, 0, 0, 1, t->load[i], t->gain[i]);
		for (j = i + 1; j < t->count; j++)
		{
			int64_t load = t->load[i] + t->load[j];
			int64_t gained = t->gain[i] + t->gain[j] + t->joint[i][j];

			offer(t, i, j, 0, 2, load, gained);
			for (k = j + 1; k < t->count; k++)
			{
				int64_t all = gained + t->gain[k] + t->joint[i][k] + t->joint[j][k];

				if (all > t->floor)
					offer(t, i, j, k, 3, load + t->load[k], all);
			}
		}
	}
}

static void
move(const table *t, uint32_t v, int side)
{
	rui_partition_state *s = t->s;
	uint32_t from = t->part[side];
	uint32_t to = t->part[1 - side];

	s->part[v] = (int32_t) to;
	s->load[from] -= s->graph->load[v];
	s->load[to] += s->graph->load[v];
	s->count[from]--;
	s->count[to]++;
}

/* Move a set, in whatever order leaves the parts connected; false if none does. */
static bool
move_set(const table *t, const set *chosen)
{
	rui_partition_state *s = t->s;
	bool moved[3] = { false, false, false };
	uint32_t done = 0;
	bool any = true;
	uint32_t i;

	while (any && done < chosen->size)
	{
		any = false;
		for (i = 0; i < chosen->size; i++)
		{
			uint32_t v = t->node[chosen->member[i]];
			int side = s->part[v] == (int32_t) t->part[1];

			if (moved[i] || !rui_partition_may_move(s, v, (int32_t) t->part[1 - side]))
				continue;
			move(t, v, side);
			moved[i] = true;
			any = true;
			done++;
		}
	}
	if (done == chosen->size)
		return true;
	for (i = 0; i < chosen->size; i++)
		if (moved[i])
			move(t, t->node[chosen->member[i]],
				 s->part[t->node[chosen->member[i]]] == (int32_t) t->part[1]);
	return false;
}

uint32_t
rui_partition_exchange_pair(rui_partition_state *s, uint32_t a, uint32_t b, const uint32_t *seeds,
							uint32_t seed_count)
{
	table t;
	uint32_t i;
	uint32_t k;

	t.s = s;
	t.part[0] = a;
	t.part[1] = b;
	fill_table(&t, seeds, seed_count);
	try_sets(&t);
	for (i = 0; i < t.sets && t.best[i].size > 0; i++)
	{
		if (!move_set(&t, &t.best[i]))
			continue;
		for (k = 0; k < t.best[i].size; k++)
			s->work->log[k] = t.node[t.best[i].member[k]];
		rui_partition_watch_moves(s, t.best[i].size);
		return t.best[i].size;
	}
	return 0;
}
