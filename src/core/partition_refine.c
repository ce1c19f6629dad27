/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_refine.c
 *	  Refining all pairs of neighbouring parts, round by round.
 */
#include "core/partition_state.h"

#include <string.h>

/* ---- borders ---- */

/* Sort the list by one of the two parts, keeping the order of equal ones. */
static void
sort_by(const rui_partition_state *s, bool by_high, size_t count, uint32_t *end)
{
	rui_workspace *w = s->work;
	rui_border *from = w->borders;
	rui_border *to = w->sorted_borders;
	size_t i;
	uint32_t p;

	memset(end, 0, (s->parts + 1) * sizeof(uint32_t));
	for (i = 0; i < count; i++)
		end[(by_high ? from[i].high : from[i].low) + 1]++;
	for (p = 0; p < s->parts; p++)
		end[p + 1] += end[p];
	for (i = 0; i < count; i++)
		to[end[by_high ? from[i].high : from[i].low]++] = from[i];
	w->borders = to;
	w->sorted_borders = from;
}

static rui_status
add_border(rui_workspace *w, uint32_t mine, uint32_t other, uint32_t v, size_t *count)
{
	rui_border border = { mine, other, v };

	if (mine > other)
	{
		border.low = other;
		border.high = mine;
	}
	if (*count == w->border_capacity)
	{
		size_t capacity = w->border_capacity;
		rui_status status = rui_grow(w->env, &w->borders, &capacity, *count + 1,
									 sizeof(rui_border), w->error);

		/* Both arrays, which change places, have one capacity. */
		if (status == RUI_OK)
			status = rui_grow(w->env, &w->sorted_borders, &w->border_capacity, *count + 1,
							  sizeof(rui_border), w->error);
		if (status != RUI_OK)
			return status;
	}
	w->borders[(*count)++] = border;
	return RUI_OK;
}

typedef struct lister
{
	rui_partition_state *s;
	const unsigned char *active;
	uint32_t *last; /* of each part: the node that was listed with it last, + 1 */
	size_t count;
} lister;

/* List v with every part next to it; *on_border is false where there is none. */
static rui_status
list_node(lister *l, uint32_t v, bool *on_border)
{
	const rui_partition_state *s = l->s;
	const rui_graph *g = s->graph;
	uint32_t mine = (uint32_t) s->part[v];
	rui_status status = RUI_OK;
	uint32_t k;

	*on_border = false;
	for (k = g->first[v]; k < g->first[v + 1] && status == RUI_OK; k++)
	{
		uint32_t other = (uint32_t) s->part[g->arcs[k].to];

		if (other == mine)
			continue;
		*on_border = true;
		if (l->last[other] == v + 1)
			continue;
		l->last[other] = v + 1;
		if (l->active == NULL || l->active[mine] || l->active[other])
			status = add_border(s->work, mine, other, v, &l->count);
	}
	return status;
}

rui_status
rui_partition_list_borders(rui_partition_state *s, const unsigned char *active, size_t *count)
{
	rui_work_mark mark = rui_work_here(s->work);
	lister l = { s, active, NULL, 0 };
	uint32_t *end = rui_work_take(s->work, (size_t) s->parts + 1, sizeof(uint32_t));
	uint32_t kept = 0;
	rui_status status = RUI_OK;
	uint32_t i;

	l.last = rui_work_take_zero(s->work, s->parts, sizeof(uint32_t));
	if (l.last == NULL || end == NULL)
		return RUI_MEMORY;
	for (i = 0; s->near == NULL && i < s->graph->nodes && status == RUI_OK; i++)
	{
		bool on_border;

		status = list_node(&l, i, &on_border);
	}
	for (i = 0; s->near != NULL && i < s->border_count && status == RUI_OK; i++)
	{
		uint32_t v = s->border_nodes[i];
		bool on_border;

		status = list_node(&l, v, &on_border);
		if (on_border)
			s->border_nodes[kept++] = v;
		else
			s->near[v] = 0;
	}
	if (status != RUI_OK)
		return status;
	s->border_count = kept;
	sort_by(s, true, l.count, end);
	sort_by(s, false, l.count, end);
	*count = l.count;
	rui_work_return(s->work, mark);
	return RUI_OK;
}

/* ---- rounds ---- */

/*
 * Refine the pairs whose borders the workspace lists; *any tells whether a
 * node moved, and changed which parts did.
 */
static rui_status
refine_pairs(rui_partition_state *s, size_t count, uint32_t patience, uint32_t *seeds,
			 unsigned char *changed, bool *any)
{
	const rui_border *list = s->work->borders;
	rui_status status = RUI_OK;
	size_t i = 0;

	while (i < count && status == RUI_OK)
	{
		uint32_t a = list[i].low;
		uint32_t b = list[i].high;
		uint32_t found = 0;
		uint32_t moves;

		for (; i < count && list[i].low == a && list[i].high == b; i++)
			seeds[found++] = list[i].node;
		if (patience == 0)
			moves = rui_partition_exchange_pair(s, a, b, seeds, found);
		else
		{
			rui_partition_change change;

			rui_partition_refine_pair(s, a, b, seeds, found, patience, &change);
			moves = change.moves;
		}
		if (moves > 0)
		{
			changed[a] = 1;
			changed[b] = 1;
			*any = true;
		}
		status = rui_work_go_on(s->work);
	}
	return status;
}

/* Go over all pairs, then over those of parts that changed, and so on. */
static rui_status
go_over(rui_partition_state *s, uint32_t rounds, uint32_t patience)
{
	rui_workspace *w = s->work;
	rui_work_mark mark = rui_work_here(w);
	uint32_t *seeds = rui_work_take(w, s->graph->nodes, sizeof(uint32_t));
	unsigned char *active = rui_work_take(w, s->parts, 1);
	unsigned char *changed = rui_work_take(w, s->parts, 1);
	rui_status status = RUI_OK;
	bool any = true;
	uint32_t i;

	if (seeds == NULL || active == NULL || changed == NULL)
		return RUI_MEMORY;
	memset(active, 1, s->parts);
	for (i = 0; i < rounds && any && status == RUI_OK; i++)
	{
		unsigned char *keep = active;
		size_t count;

		any = false;
		memset(changed, 0, s->parts);
		status = rui_partition_list_borders(s, active, &count);
		if (status == RUI_OK)
			status = refine_pairs(s, count, patience, seeds, changed, &any);
		active = changed;
		changed = keep;
	}
	rui_work_return(w, mark);
	return status;
}

rui_status
rui_partition_refine(rui_partition_state *s, uint32_t rounds, uint32_t patience)
{
	return go_over(s, rounds, patience);
}

rui_status
rui_partition_exchange(rui_partition_state *s, uint32_t rounds)
{
	return go_over(s, rounds, 0);
}
