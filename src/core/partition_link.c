/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_link.c
 *	  From nodes and neighbours, as they are given, to a graph.
 */
#include "core/partition_graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sort.h"

static rui_status
fail_node(rui_workspace *w, int64_t id, const char *hint, const char *what)
{
	char part[40];

	snprintf(part, sizeof part, "node %" PRId64, id);
	return rui_fail(w->error, RUI_INVALID, part, hint, "%s", what);
}

/* Whether a table by id is worth while. */
static bool
is_dense(uint64_t range, size_t count)
{
	return range / 8 <= count + 128;
}

static int
compare_nodes(const void *left, const void *right)
{
	const rui_partition_node *a = left;
	const rui_partition_node *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

/*
 * Sort the nodes by place where ids lie close together and each comes once, as
 * a parallel scan gives them; *sorted is false where they do not.
 */
static rui_status
sort_by_place(rui_workspace *w, rui_partition_builder *b, int64_t least, uint64_t range,
			  bool *sorted)
{
	rui_work_mark mark = rui_work_here(w);
	uint32_t *at = rui_work_take_zero(w, range + 1, sizeof(uint32_t));
	rui_partition_node *copy = rui_work_take(w, b->count, sizeof(rui_partition_node));
	uint32_t found = 0;
	uint64_t i;

	if (at == NULL || copy == NULL)
		return RUI_MEMORY;
	memcpy(copy, b->nodes, b->count * sizeof(rui_partition_node));
	for (i = 0; i < b->count; i++)
		at[(uint64_t) copy[i].id - (uint64_t) least] = (uint32_t) i + 1;
	for (i = 0; i <= range; i++)
		if (at[i] > 0)
			b->nodes[found++] = copy[at[i] - 1];
	*sorted = found == b->count;
	if (!*sorted)
		memcpy(b->nodes, copy, b->count * sizeof(rui_partition_node));
	rui_work_return(w, mark);
	return RUI_OK;
}

static rui_status
sort_nodes(rui_workspace *w, rui_partition_builder *b)
{
	int64_t least = b->count == 0 ? 0 : b->nodes[0].id;
	int64_t most = least;
	bool sorted = true;
	size_t i;

	for (i = 1; i < b->count; i++)
	{
		sorted = sorted && b->nodes[i - 1].id < b->nodes[i].id;
		least = b->nodes[i].id < least ? b->nodes[i].id : least;
		most = b->nodes[i].id > most ? b->nodes[i].id : most;
	}
	if (!sorted && is_dense((uint64_t) most - (uint64_t) least, b->count))
	{
		rui_status status = sort_by_place(w, b, least, (uint64_t) most - (uint64_t) least, &sorted);

		if (status != RUI_OK)
			return status;
	}
	if (!sorted)
	{
		rui_status status = rui_sort(w->env, b->nodes, b->count, sizeof(rui_partition_node),
									 compare_nodes, w->error);

		if (status != RUI_OK)
			return status;
	}
	for (i = 1; i < b->count; i++)
		if (b->nodes[i - 1].id == b->nodes[i].id)
			return fail_node(w, b->nodes[i].id, "Give every node once, with all neighbours.",
							 "The node is given twice.");
	return RUI_OK;
}

/* ---- ids ---- */

static uint32_t
find_node(const rui_partition_builder *b, int64_t id)
{
	size_t low = 0;
	size_t high = b->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (b->nodes[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < b->count && b->nodes[low].id == id ? (uint32_t) low : RUI_NO_NODE;
}

/* Ids that lie close together are looked up in a table; *table is NULL else. */
static rui_status
make_table(rui_workspace *w, const rui_partition_builder *b, uint32_t **table, uint64_t *range)
{
	uint64_t i;

	*table = NULL;
	*range = b->count == 0 ? 0 : (uint64_t) b->nodes[b->count - 1].id - (uint64_t) b->nodes[0].id;
	if (b->count == 0 || !is_dense(*range, b->count))
		return RUI_OK;
	(*range)++;
	*table = rui_work_take(w, *range, sizeof(uint32_t));
	if (*table == NULL)
		return RUI_MEMORY;
	if (*range > b->count)
		memset(*table, 0xFF, *range * sizeof(uint32_t));
	for (i = 0; i < b->count; i++)
		(*table)[(uint64_t) b->nodes[i].id - (uint64_t) b->nodes[0].id] = (uint32_t) i;
	return RUI_OK;
}

static rui_status
fail_neighbour(rui_workspace *w, const rui_partition_node *node, int64_t id)
{
	char what[80];

	snprintf(what, sizeof what, "Its neighbour %" PRId64 " is not among the nodes.", id);
	return fail_node(w, node->id, "Give every neighbour a row of its own.", what);
}

/* The arcs as they are given; weights are places in the builder's list. */
static rui_status
resolve(rui_workspace *w, const rui_partition_builder *b, uint32_t *first, rui_arc *arcs)
{
	rui_work_mark mark = rui_work_here(w);
	uint32_t *table;
	uint64_t range;
	uint32_t at = 0;
	size_t i;
	rui_status status = make_table(w, b, &table, &range);

	for (i = 0; i < b->count && status == RUI_OK; i++)
	{
		const rui_partition_node *node = &b->nodes[i];
		uint64_t k;

		first[i] = at;
		for (k = node->first; k < node->first + node->degree; k++)
		{
			int64_t id = b->neighbours[k];
			uint64_t place = (uint64_t) id - (uint64_t) b->nodes[0].id;
			uint32_t to;

			if (table == NULL)
				to = find_node(b, id);
			else
				to = place < range ? table[place] : RUI_NO_NODE;
			if (to == RUI_NO_NODE)
				return fail_neighbour(w, node, id);
			arcs[at].to = to;
			arcs[at++].weight = b->weights == NULL ? 0 : (int32_t) k;
		}
		if ((i & 0xFFFF) == 0xFFFF)
			status = rui_work_go_on(w);
	}
	first[b->count] = at;
	rui_work_return(w, mark);
	return status;
}

/* ---- each edge once, both ways ---- */

static int
compare_arcs(const void *left, const void *right)
{
	const rui_arc *a = left;
	const rui_arc *b = right;

	return a->to < b->to ? -1 : a->to > b->to;
}

/* Insertion for the few neighbours a node has, else the library. */
static void
sort_arcs(rui_arc *arcs, uint32_t count)
{
	uint32_t i;

	if (count > 24)
	{
		qsort(arcs, count, sizeof(rui_arc), compare_arcs);
		return;
	}
	for (i = 1; i < count; i++)
	{
		rui_arc keep = arcs[i];
		uint32_t k = i;

		for (; k > 0 && arcs[k - 1].to > keep.to; k--)
			arcs[k] = arcs[k - 1];
		arcs[k] = keep;
	}
}

/* The place of the larger of two weights. */
static int32_t
heavier(const rui_partition_builder *b, int32_t left, int32_t right)
{
	return b->weights == NULL || b->weights[left] >= b->weights[right] ? left : right;
}

/* Sort the neighbours of every node and leave each of them once. */
static void
sort_neighbours(const rui_partition_builder *b, uint32_t *first, rui_arc *arcs)
{
	uint32_t kept = 0;
	size_t i;

	for (i = 0; i < b->count; i++)
	{
		uint32_t start = kept;
		uint32_t k;

		sort_arcs(arcs + first[i], first[i + 1] - first[i]);
		for (k = first[i]; k < first[i + 1]; k++)
		{
			if (kept > start && arcs[kept - 1].to == arcs[k].to)
				arcs[kept - 1].weight = heavier(b, arcs[kept - 1].weight, arcs[k].weight);
			else
				arcs[kept++] = arcs[k];
		}
		first[i] = start;
	}
	first[b->count] = kept;
}

/*
 * Whether every arc has its mirror image, as when all edges are given from
 * both sides; then both get the larger weight.  next is scratch.
 */
static bool
is_mirrored(const rui_partition_builder *b, const uint32_t *first, rui_arc *arcs, uint32_t *next)
{
	uint32_t i;
	uint32_t k;

	memcpy(next, first, b->count * sizeof(uint32_t));
	for (i = 0; i < b->count; i++)
		for (k = first[i]; k < first[i + 1]; k++)
		{
			uint32_t to = arcs[k].to;
			uint32_t mirror = next[to];

			/* Arcs into `to` come up by ascending origin, as its own stand. */
			if (mirror == first[to + 1] || arcs[mirror].to != i)
				return false;
			next[to]++;
			if (b->weights != NULL && i < to)
				arcs[k].weight = arcs[mirror].weight = heavier(b, arcs[k].weight,
															   arcs[mirror].weight);
		}
	return true;
}

/* Add the mirror image of every arc to the arcs; into graph. */
static rui_status
mirror(rui_workspace *w, const rui_partition_builder *b, const uint32_t *first,
	   const rui_arc *arcs, rui_graph *graph)
{
	uint32_t count = first[b->count];
	rui_arc *merged = rui_work_take(w, 2 * (size_t) count, sizeof(rui_arc));
	rui_arc *images = rui_work_take(w, count, sizeof(rui_arc));
	uint32_t *ends = rui_work_take_zero(w, b->count + 2, sizeof(uint32_t));
	uint32_t at = 0;
	uint32_t i;
	uint32_t k;

	if (merged == NULL || images == NULL || ends == NULL)
		return RUI_MEMORY;
	for (k = 0; k < count; k++)
		ends[arcs[k].to + 2]++;
	for (i = 2; i < b->count + 2; i++)
		ends[i] += ends[i - 1];
	for (i = 0; i < b->count; i++)
		for (k = first[i]; k < first[i + 1]; k++)
		{
			rui_arc image = { i, arcs[k].weight };

			images[ends[arcs[k].to + 1]++] = image;
		}
	for (i = 0; i < b->count; i++)
	{
		uint32_t left = first[i];
		uint32_t right = ends[i];

		graph->first[i] = at;
		while (left < first[i + 1] || right < ends[i + 1])
		{
			if (right == ends[i + 1] || (left < first[i + 1] && arcs[left].to < images[right].to))
				merged[at++] = arcs[left++];
			else if (left == first[i + 1] || images[right].to < arcs[left].to)
				merged[at++] = images[right++];
			else
			{
				merged[at] = arcs[left++];
				merged[at].weight = heavier(b, merged[at].weight, images[right++].weight);
				at++;
			}
		}
	}
	graph->first[b->count] = at;
	graph->arcs = merged;
	return RUI_OK;
}

rui_status
rui_partition_link(rui_workspace *w, rui_partition_builder *b, rui_graph *graph)
{
	rui_status status = sort_nodes(w, b);
	rui_work_mark mark;
	uint32_t *next;
	rui_arc *arcs;

	if (status != RUI_OK)
		return status;
	memset(graph, 0, sizeof *graph);
	graph->nodes = (uint32_t) b->count;
	graph->first = rui_work_take(w, b->count + 1, sizeof(uint32_t));
	arcs = rui_work_take(w, b->neighbour_count, sizeof(rui_arc));
	if (graph->first == NULL || arcs == NULL)
		return RUI_MEMORY;
	status = resolve(w, b, graph->first, arcs);
	if (status != RUI_OK)
		return status;
	sort_neighbours(b, graph->first, arcs);
	status = rui_work_go_on(w);
	if (status != RUI_OK)
		return status;
	mark = rui_work_here(w);
	next = rui_work_take(w, b->count + 1, sizeof(uint32_t));
	if (next == NULL)
		return RUI_MEMORY;
	if (is_mirrored(b, graph->first, arcs, next))
	{
		rui_work_return(w, mark);
		graph->arcs = arcs;
		return RUI_OK;
	}
	memcpy(next, graph->first, (b->count + 1) * sizeof(uint32_t));
	return mirror(w, b, next, arcs, graph);
}
