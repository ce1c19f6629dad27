/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_leaf.c
 *	  Writing the leaves of a gridmap's raster.
 *
 * Each leaf has a copy of the vertices it needs.  Where two rings run along
 * the same edges, in whichever direction, one copy serves both: most borders
 * are shared by two neighbours.
 */
#include "core/gridmap_raster.h"

#include <string.h>

#define SEARCHED 48 /* vertices of a leaf, the first ones, whose edges are shared */

typedef struct writer
{
	const rui_env *env;
	rui_gridmap_raster *raster;
	const double *xy;
	size_t vertices; /* of this leaf */
	rui_error *error;
} writer;

static rui_status
add_words(const writer *w, const void *words, size_t count)
{
	rui_gridmap_raster *raster = w->raster;
	rui_status status = RUI_OK;

	/* Of an area of one point no array may be there to copy from. */
	if (count > 0)
		status = rui_grow(w->env, &raster->leaves, &raster->leaf_capacity,
						  raster->leaf_words + count, sizeof(uint32_t), w->error);
	if (status != RUI_OK || count == 0)
		return status;
	if (raster->leaf_words + count > RUI_GRIDMAP_NUMBER)
		return rui_fail(w->error, RUI_LIMIT, NULL, "Split the map.", "The raster is too large.");
	memcpy(raster->leaves + raster->leaf_words, words, count * sizeof(uint32_t));
	raster->leaf_words += count;
	return RUI_OK;
}

static rui_status
add_vertex(writer *w, uint32_t v)
{
	rui_gridmap_raster *raster = w->raster;
	rui_status status = rui_grow(w->env, &raster->near_xy, &raster->near_capacity,
								 w->vertices + 1, 2 * sizeof(double), w->error);

	if (status == RUI_OK)
		memcpy(raster->near_xy + 2 * w->vertices++, w->xy + 2 * (size_t) v, 2 * sizeof(double));
	return status;
}

static inline bool
same_vertex(const double *a, const double *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/*
 * How many edges from v on, of at most count, the leaf has already as a
 * chain: it begins at vertex *first and goes *step.
 */
static uint32_t
find_edges(const writer *w, uint32_t v, uint32_t count, size_t *first, ptrdiff_t *step)
{
	const double *near_xy = w->raster->near_xy;
	const double *from = w->xy + 2 * (size_t) v;
	size_t searched = w->vertices < SEARCHED ? w->vertices : SEARCHED;
	size_t i;

	for (i = 0; i < searched; i++)
	{
		if (!same_vertex(near_xy + 2 * i, from))
			continue;
		for (*step = -1; *step <= 1; *step += 2)
		{
			size_t at = i + (size_t) *step; /* wraps around: too large */
			uint32_t found = 0;

			while (found < count && at < searched &&
				   same_vertex(near_xy + 2 * at, from + 2 * ((size_t) found + 1)))
			{
				found++;
				at += (size_t) *step;
			}
			*first = i;
			if (found > 0)
				return found;
		}
	}
	return 0;
}

static rui_status
add_chain(const writer *w, size_t first, ptrdiff_t step, uint32_t count)
{
	uint32_t chain[2] = { (uint32_t) first, count };

	if (step < 0)
		chain[0] |= RUI_GRIDMAP_BACK;
	return add_words(w, chain, 2);
}

/* The edges of one ring as chains, of which *chains is the number. */
static rui_status
add_chains(writer *w, const uint32_t *edges, uint32_t count, uint32_t *chains)
{
	rui_status status = RUI_OK;

	*chains = 0;
	while (status == RUI_OK && count > 0)
	{
		uint32_t run = 1; /* edges that follow one another */
		uint32_t own = 0; /* of which so many are new */
		uint32_t shared = 0;
		size_t first = 0;
		ptrdiff_t step = 1;

		while (run < count && edges[run] == edges[0] + run)
			run++;
		while (own < run && shared == 0)
		{
			shared = find_edges(w, edges[0] + own, run - own, &first, &step);
			own += shared == 0;
		}
		if (own > 0)
		{
			size_t start = w->vertices;
			uint32_t i;

			for (i = 0; status == RUI_OK && i <= own; i++)
				status = add_vertex(w, edges[0] + i);
			if (status == RUI_OK)
				status = add_chain(w, start, 1, own);
			++*chains;
		}
		if (status == RUI_OK && shared > 0)
		{
			status = add_chain(w, first, step, shared);
			++*chains;
		}
		edges += own + shared;
		count -= own + shared;
	}
	return status;
}

static rui_status
add_ring(writer *w, const rui_gridmap_near *ring, const uint32_t *edges)
{
	uint32_t head[RUI_GRIDMAP_RING_HEAD] = { ring->area, (uint32_t) ring->winding, 0 };
	size_t place = w->raster->leaf_words;
	uint32_t chains = 0;
	rui_status status = add_words(w, head, RUI_GRIDMAP_RING_HEAD);

	if (status == RUI_OK)
		status = add_chains(w, edges, ring->edges, &chains);
	if (status == RUI_OK)
		w->raster->leaves[place + 2] = chains;
	return status;
}

rui_status
rui_gridmap_add_leaf(const rui_env *env, rui_gridmap_raster *raster, const double *xy, double east,
					 uint32_t constant, const rui_gridmap_near *rings, size_t count,
					 const uint32_t *edges, uint32_t *start, rui_error *error)
{
	writer w = { env, raster, xy, 0, error };
	size_t first = raster->leaf_words;
	uint32_t head[RUI_GRIDMAP_LEAF_HEAD] = { 0 };
	const uint32_t pad = 0;
	rui_status status;
	size_t i;

	memcpy(head, &east, sizeof east);
	head[2] = constant;
	head[3] = (uint32_t) count;
	status = add_words(&w, head, RUI_GRIDMAP_LEAF_HEAD);
	for (i = 0; status == RUI_OK && i < count; i++)
	{
		status = add_ring(&w, &rings[i], edges);
		edges += rings[i].edges;
	}
	if (status == RUI_OK && raster->leaf_words % 2 != 0)
		status = add_words(&w, &pad, 1); /* doubles lie at even words */
	if (status != RUI_OK)
		return status;
	raster->leaves[first + 5] = (uint32_t) (raster->leaf_words - first);
	status = add_words(&w, raster->near_xy, 4 * w.vertices);
	if (status != RUI_OK)
		return status;
	raster->leaves[first + 4] = (uint32_t) (raster->leaf_words - first);
	*start = (uint32_t) first;
	return RUI_OK;
}
