/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_flow.c
 *	  Levelling loads out: which part hands how much to which neighbour is
 *	  planned for all of them first, then done pair by pair.
 */
#include "core/partition_state.h"

#include <stdlib.h>
#include <string.h>

#define AIM 0.1 /* plans aim at so much of the tolerance */
#define SEARCH_PARTS 500 /* that a search for room goes on from */
#define SLACK 0.6 /* of the tolerance, by which a flow may miss its plan */

/* Two neighbouring parts. */
typedef struct contact
{
	uint32_t part[2];
	uint32_t first; /* of their borders in the workspace's list */
	uint32_t end;
	int64_t flow; /* planned from part[0] to part[1] */
} contact;

typedef struct planner
{
	rui_partition_state *s;
	contact *contacts;
	uint32_t count;
	uint32_t *first; /* contacts of each part: places[first[p]] … */
	uint32_t *places;
	int64_t *load; /* as planned */
	int64_t low; /* where plans aim */
	int64_t high;
	uint32_t *queue;
	uint32_t *from; /* contact by which a search came to a part, or RUI_NO_NODE */
	uint32_t *seen; /* search that came to it */
	uint32_t search;
} planner;

/* Find the contacts, in the order of the border list. */
static rui_status
find_contacts(planner *p, size_t count)
{
	rui_workspace *w = p->s->work;
	const rui_border *list = w->borders;
	uint32_t parts = p->s->parts;
	size_t i;
	uint32_t k;

	p->count = 0;
	for (i = 0; i < count; i++)
		p->count += i == 0 || list[i].low != list[i - 1].low || list[i].high != list[i - 1].high;
	p->contacts = rui_work_take_zero(w, p->count, sizeof(contact));
	p->first = rui_work_take_zero(w, (size_t) parts + 2, sizeof(uint32_t));
	p->places = rui_work_take(w, 2 * (size_t) p->count, sizeof(uint32_t));
	if (p->contacts == NULL || p->first == NULL || p->places == NULL)
		return RUI_MEMORY;
	for (i = 0, k = 0; i < count; k++)
	{
		contact *c = &p->contacts[k];

		c->part[0] = list[i].low;
		c->part[1] = list[i].high;
		c->first = (uint32_t) i;
		while (i < count && list[i].low == c->part[0] && list[i].high == c->part[1])
			i++;
		c->end = (uint32_t) i;
		p->first[c->part[0] + 2]++;
		p->first[c->part[1] + 2]++;
	}
	for (k = 2; k < parts + 2; k++)
		p->first[k] += p->first[k - 1];
	for (k = 0; k < p->count; k++)
	{
		p->places[p->first[p->contacts[k].part[0] + 1]++] = k;
		p->places[p->first[p->contacts[k].part[1] + 1]++] = k;
	}
	return RUI_OK;
}

/* How much a part can take (sign 1) or give (sign -1) in the plan. */
static int64_t
room(const planner *p, uint32_t part, int sign)
{
	int64_t room = sign > 0 ? p->high - p->load[part] : p->load[part] - p->low;

	return room > 0 ? room : 0;
}

/*
 * Plan a way from a part that has too much (sign 1; too little: -1) to the
 * nearest that has room; false when there is none.
 */
static bool
plan_way(planner *p, uint32_t part, int sign)
{
	uint32_t head = 0;
	uint32_t tail = 0;
	uint32_t i;

	p->search++;
	p->seen[part] = p->search;
	p->from[part] = RUI_NO_NODE;
	p->queue[tail++] = part;
	while (head < tail && head < SEARCH_PARTS)
	{
		uint32_t at = p->queue[head++];

		for (i = p->first[at]; i < p->first[at + 1]; i++)
		{
			const contact *c = &p->contacts[p->places[i]];
			uint32_t next = c->part[c->part[0] == at];
			int64_t wanted;
			int64_t amount;

			if (p->seen[next] == p->search)
				continue;
			p->seen[next] = p->search;
			p->from[next] = p->places[i];
			p->queue[tail++] = next;
			amount = room(p, next, sign);
			if (amount == 0)
				continue;
			wanted = sign > 0 ? p->load[part] - p->high : p->low - p->load[part];
			amount = sign * (amount < wanted ? amount : wanted);
			p->load[part] -= amount;
			p->load[next] += amount;
			while (next != part)
			{
				contact *back = &p->contacts[p->from[next]];
				int side = back->part[1] == next;

				back->flow += side ? amount : -amount;
				next = back->part[1 - side];
			}
			return true;
		}
	}
	return false;
}

static rui_status
plan(planner *p)
{
	rui_status status = RUI_OK;
	uint32_t i;

	memcpy(p->load, p->s->load, p->s->parts * sizeof(int64_t));
	for (i = 0; i < p->count; i++)
		p->contacts[i].flow = 0;
	for (i = 0; i < p->s->parts && status == RUI_OK; i++)
	{
		while (p->load[i] > p->high && plan_way(p, i, 1))
			;
		while (p->load[i] < p->low && plan_way(p, i, -1))
			;
		if ((i & 0xFF) == 0xFF)
			status = rui_work_go_on(p->s->work);
	}
	return status;
}

/* Do what is planned for one pair, as closely as slack says. */
static void
carry_out(planner *p, contact *c, int64_t slack, uint32_t *seeds, uint32_t patience)
{
	rui_partition_state *s = p->s;
	const rui_border *list = s->work->borders;
	uint32_t a = c->part[0];
	uint32_t b = c->part[1];
	int64_t low[2] = { s->low[a], s->low[b] };
	int64_t high[2] = { s->high[a], s->high[b] };
	uint32_t count = 0;
	rui_partition_change change;
	uint32_t i;

	for (i = c->first; i < c->end; i++)
		seeds[count++] = list[i].node;
	s->low[a] = s->load[a] - c->flow - slack;
	s->high[a] = s->load[a] - c->flow + slack;
	s->low[b] = s->load[b] + c->flow - slack;
	s->high[b] = s->load[b] + c->flow + slack;
	rui_partition_refine_pair(s, a, b, seeds, count, patience, &change);
	if (s->exchange)
		rui_partition_exchange_pair(s, a, b, seeds, count);
	s->low[a] = low[0];
	s->low[b] = low[1];
	s->high[a] = high[0];
	s->high[b] = high[1];
}

rui_status
rui_partition_level_out(rui_partition_state *s, double target, double tolerance, uint32_t rounds,
						uint32_t patience)
{
	rui_workspace *w = s->work;
	rui_work_mark mark = rui_work_here(w);
	planner p = { 0 };
	int64_t slack = (int64_t) (target * tolerance * SLACK);
	uint32_t *seeds = rui_work_take(w, s->graph->nodes, sizeof(uint32_t));
	rui_status status = RUI_OK;
	uint32_t i;
	uint32_t k;

	p.s = s;
	p.load = rui_work_take(w, s->parts, sizeof(int64_t));
	p.queue = rui_work_take(w, s->parts, sizeof(uint32_t));
	p.from = rui_work_take(w, s->parts, sizeof(uint32_t));
	p.seen = rui_work_take_zero(w, s->parts, sizeof(uint32_t));
	if (seeds == NULL || p.load == NULL || p.queue == NULL || p.from == NULL || p.seen == NULL)
		return RUI_MEMORY;
	p.low = (int64_t) ceil(target * (1 - AIM * tolerance));
	p.high = (int64_t) floor(target * (1 + AIM * tolerance));
	for (i = 0; i < rounds && status == RUI_OK && rui_partition_state_excess(s) > 0; i++)
	{
		rui_work_mark round = rui_work_here(w);
		size_t count;

		status = rui_partition_list_borders(s, NULL, &count);
		if (status == RUI_OK)
			status = find_contacts(&p, count);
		if (status == RUI_OK)
			status = plan(&p);
		if (status != RUI_OK)
			return status;
		for (k = 0; k < p.count && status == RUI_OK; k++)
		{
			if (p.contacts[k].flow != 0)
				carry_out(&p, &p.contacts[k], slack, seeds, patience);
			status = rui_work_go_on(w);
		}
		rui_work_return(w, round);
		if (status == RUI_OK)
			status = rui_partition_refine(s, 1, patience);
		if (status == RUI_OK && s->exchange)
			status = rui_partition_exchange(s, 1);
	}
	rui_work_return(w, mark);
	return status;
}
