/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_check.c
 *	  Which areas of a gridmap may overlap.
 *
 * The borders of two areas meet well when they have nothing in common but
 * whole edges, one area on each side, and vertices of both.  Then what is
 * left of one border between such places lies inside or outside of the other
 * area as a whole, and one vertex of it tells.  The interiors of two areas
 * whose borders meet well are disjoint if and only if no part of either border
 * lies inside the other area: a face of both would have a part of a border
 * for its own.  All signs are exact.
 */
#include "core/gridmap_check.h"

#include <math.h>
#include <string.h>

#include "core/exact.h"
#include "core/gridmap_raster.h"
#include "core/sort.h"

#define CHUNK 32 /* vertices whose box is known */

typedef struct box
{
	double low[2];
	double high[2];
} box;

/* An edge near both areas, by the number of its first vertex. */
typedef struct near_edge
{
	double low_x;
	double high_x;
	uint32_t v;
	uint32_t ring;
} near_edge;

typedef struct edge_list
{
	near_edge *edges;
	size_t count;
	size_t capacity;
} edge_list;

typedef struct checker
{
	const rui_env *env;
	rui_gridmap_shape shape;
	const rui_gridmap *map;
	int8_t *turns; /* of rings */
	box *areas;
	box *rings;
	box *chunks; /* of the edges from CHUNK vertices on */
	uint8_t *touched; /* vertices that the other area has too */
	uint8_t *shared; /* edges */
	uint8_t *met; /* rings with a touched vertex */
	edge_list near[2]; /* of the two areas */
	edge_list active[2]; /* of these, at the sweep's place */
	rui_gridmap_pairs pairs;
	uint64_t steps;
	rui_error *error;
} checker;

static rui_status
check_stop(checker *c)
{
	if ((++c->steps & 0xFFFF) == 0 && rui_interrupted(c->env))
		return rui_fail_interrupted(c->error);
	return RUI_OK;
}

/* ---- boxes ---- */

static const box empty_box = { { INFINITY, INFINITY }, { -INFINITY, -INFINITY } };

static void
stretch(box *b, const double *low, const double *high)
{
	int k;

	for (k = 0; k < 2; k++)
	{
		if (low[k] < b->low[k])
			b->low[k] = low[k];
		if (high[k] > b->high[k])
			b->high[k] = high[k];
	}
}

static bool
boxes_meet(const box *a, const box *b)
{
	return a->low[0] <= b->high[0] && b->low[0] <= a->high[0] && a->low[1] <= b->high[1] &&
		b->low[1] <= a->high[1];
}

static bool
box_has(const box *b, const double *p)
{
	return b->low[0] <= p[0] && p[0] <= b->high[0] && b->low[1] <= p[1] && p[1] <= b->high[1];
}

static void
find_boxes(checker *c)
{
	const rui_gridmap_shape *shape = &c->shape;
	uint32_t area;
	uint32_t ring;
	uint32_t v;

	for (area = 0; area < shape->areas; area++)
		c->areas[area] = empty_box;
	for (v = 0; v < shape->points; v++)
	{
		box *chunk = &c->chunks[v / CHUNK];
		uint32_t next = v + 1 < shape->points ? v + 1 : v;

		if (v % CHUNK == 0)
			*chunk = empty_box;
		stretch(chunk, shape->xy + 2 * (size_t) v, shape->xy + 2 * (size_t) v);
		stretch(chunk, shape->xy + 2 * (size_t) next, shape->xy + 2 * (size_t) next);
	}
	for (ring = 0; ring < shape->rings; ring++)
	{
		c->rings[ring] = empty_box;
		for (v = shape->ring[ring]; v < shape->ring[ring + 1]; v++)
			stretch(&c->rings[ring], shape->xy + 2 * (size_t) v, shape->xy + 2 * (size_t) v);
	}
	for (area = 0; area < shape->areas; area++)
	{
		ring = shape->polygon[shape->area[area]];
		for (; ring < shape->polygon[shape->area[area + 1]]; ring++)
			stretch(&c->areas[area], c->rings[ring].low, c->rings[ring].high);
	}
}

/* ---- pairs of boxes ---- */

typedef struct sweep_item
{
	box box;
	uint32_t number;
	bool is_place; /* or an area */
} sweep_item;

typedef rui_status (*meet_function)(checker *c, const sweep_item *a, const sweep_item *b);

static int
compare_items(const void *left, const void *right)
{
	const sweep_item *a = left;
	const sweep_item *b = right;

	if (a->box.low[0] != b->box.low[0])
		return a->box.low[0] < b->box.low[0] ? -1 : 1;
	if (a->is_place != b->is_place)
		return a->is_place ? 1 : -1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Call meet for all two items whose boxes meet. */
static rui_status
sweep(checker *c, sweep_item *items, size_t count, meet_function meet)
{
	const sweep_item **open = rui_allocate(c->env, count, sizeof(sweep_item *));
	size_t opened = 0;
	rui_status status = RUI_OK;
	size_t i;
	size_t k;

	if (open == NULL)
		return rui_fail_memory(c->error, count * sizeof(sweep_item *));
	status = rui_sort(c->env, items, count, sizeof(sweep_item), compare_items, c->error);
	for (i = 0; status == RUI_OK && i < count; i++)
	{
		size_t left = 0;

		for (k = 0; status == RUI_OK && k < opened; k++)
		{
			if (open[k]->box.high[0] < items[i].box.low[0])
				continue;
			open[left++] = open[k];
			status = check_stop(c);
			if (status == RUI_OK && boxes_meet(&open[k]->box, &items[i].box))
				status = meet(c, open[k], &items[i]);
		}
		open[left] = &items[i];
		opened = left + 1;
	}
	rui_release(c->env, open);
	return status;
}

static rui_status
add_pair(checker *c, uint32_t a, uint32_t b)
{
	rui_status status = rui_grow(c->env, &c->pairs.pairs, &c->pairs.capacity, c->pairs.count + 1,
								 sizeof(rui_gridmap_pair), c->error);

	if (status == RUI_OK)
		c->pairs.pairs[c->pairs.count++] = (rui_gridmap_pair){ a, b };
	return status;
}

/* ---- two edges ---- */

static bool
is_same(const double *a, const double *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

static void
touch(checker *c, uint32_t ring, uint32_t v)
{
	if (v + 1 == c->shape.ring[ring + 1])
		v = c->shape.ring[ring];
	c->touched[v] = 1;
	c->met[ring] = 1;
}

/* Whether two edges meet otherwise than well; note what they have in common. */
static bool
edges_clash(checker *c, const near_edge *e, const near_edge *f)
{
	const double *a[2];
	const double *b[2];
	int k;

	a[0] = c->shape.xy + 2 * (size_t) e->v;
	a[1] = a[0] + 2;
	b[0] = c->shape.xy + 2 * (size_t) f->v;
	b[1] = b[0] + 2;
	if (fmax(a[0][1], a[1][1]) < fmin(b[0][1], b[1][1]) ||
		fmax(b[0][1], b[1][1]) < fmin(a[0][1], a[1][1]))
		return false;
	for (k = 0; k < 2; k++)
		if (is_same(a[0], b[k]) && is_same(a[1], b[1 - k]))
		{
			int turn = c->turns[e->ring];
			int other = c->turns[f->ring];

			c->shared[e->v] = c->shared[f->v] = 1;
			touch(c, e->ring, e->v);
			touch(c, e->ring, e->v + 1);
			touch(c, f->ring, f->v);
			touch(c, f->ring, f->v + 1);
			return turn == 0 || other == 0 || (k == 0 ? turn == other : turn != other);
		}
	for (k = 0; k < 4; k++)
		if (is_same(a[k & 1], b[k >> 1]))
		{
			touch(c, e->ring, e->v + (k & 1));
			touch(c, f->ring, f->v + (k >> 1));
			/* Along a part of each other, a corner lies on the longer one. */
			return false;
		}
	return rui_exact_side(a[0], a[1], b[0]) * rui_exact_side(a[0], a[1], b[1]) <= 0 &&
		rui_exact_side(b[0], b[1], a[0]) * rui_exact_side(b[0], b[1], a[1]) <= 0;
}

/* ---- two areas ---- */

static int
compare_edges(const void *left, const void *right)
{
	const near_edge *a = left;
	const near_edge *b = right;

	if (a->low_x != b->low_x)
		return a->low_x < b->low_x ? -1 : 1;
	return (a->v > b->v) - (a->v < b->v);
}

static rui_status
add_edge(checker *c, edge_list *list, const near_edge *edge)
{
	rui_status status = rui_grow(c->env, &list->edges, &list->capacity, list->count + 1,
								 sizeof(near_edge), c->error);

	if (status == RUI_OK)
		list->edges[list->count++] = *edge;
	return status;
}

/* The edges of an area that meet a box, by x. */
static rui_status
gather(checker *c, uint32_t area, const box *within, edge_list *list)
{
	const rui_gridmap_shape *shape = &c->shape;
	uint32_t ring = shape->polygon[shape->area[area]];
	uint32_t end = shape->polygon[shape->area[area + 1]];
	rui_status status = RUI_OK;

	list->count = 0;
	for (; ring < end; ring++)
	{
		uint32_t last = shape->ring[ring + 1] - 1;
		uint32_t v = shape->ring[ring];

		if (!boxes_meet(&c->rings[ring], within))
			continue;
		for (; status == RUI_OK && v < last; v++)
		{
			const double *from = shape->xy + 2 * (size_t) v;
			box b = empty_box;
			near_edge edge;

			if (!boxes_meet(&c->chunks[v / CHUNK], within))
			{
				v |= CHUNK - 1;
				status = check_stop(c);
				continue;
			}
			stretch(&b, from, from);
			stretch(&b, from + 2, from + 2);
			if (is_same(from, from + 2) || !boxes_meet(&b, within))
				continue;
			edge = (near_edge){ b.low[0], b.high[0], v, ring };
			status = add_edge(c, list, &edge);
		}
	}
	if (status == RUI_OK)
		status = rui_sort(c->env, list->edges, list->count, sizeof(near_edge), compare_edges,
						  c->error);
	return status;
}

/* Which list has the next edge from west to east. */
static int
next_side(const checker *c, const size_t *next)
{
	if (next[0] == c->near[0].count)
		return 1;
	return next[1] < c->near[1].count &&
		c->near[1].edges[next[1]].low_x < c->near[0].edges[next[0]].low_x;
}

/* Whether an edge of one list clashes with one of the other. */
static rui_status
lists_clash(checker *c, bool *clash)
{
	size_t next[2] = { 0, 0 };
	rui_status status = RUI_OK;

	c->active[0].count = c->active[1].count = 0;
	*clash = false;
	while (status == RUI_OK && !*clash &&
		   (next[0] < c->near[0].count || next[1] < c->near[1].count))
	{
		int side = next_side(c, next);
		const near_edge *edge = &c->near[side].edges[next[side]++];
		edge_list *others = &c->active[1 - side];
		size_t left = 0;
		size_t k;

		for (k = 0; status == RUI_OK && k < others->count; k++)
		{
			if (others->edges[k].high_x < edge->low_x)
				continue;
			others->edges[left++] = others->edges[k];
			*clash = edges_clash(c, edge, &others->edges[k]) || *clash;
			status = check_stop(c);
		}
		others->count = left;
		if (status == RUI_OK)
			status = add_edge(c, &c->active[side], edge);
	}
	return status;
}

/* Where p lies: 1 inside of the area, 0 on its border, -1 outside. */
static rui_status
find_side(checker *c, uint32_t area, const double *p, int *side)
{
	const rui_gridmap_shape *shape = &c->shape;
	uint32_t ring = shape->polygon[shape->area[area]];
	uint32_t end = shape->polygon[shape->area[area + 1]];
	rui_status status = RUI_OK;
	bool inside = false;

	for (; ring < end; ring++)
	{
		uint32_t last = shape->ring[ring + 1] - 1;
		uint32_t v = shape->ring[ring];

		if (c->rings[ring].low[1] > p[1] || c->rings[ring].high[1] < p[1])
			continue;
		for (; status == RUI_OK && v < last; v++)
		{
			const box *chunk = &c->chunks[v / CHUNK];
			const double *a = shape->xy + 2 * (size_t) v;
			const double *b = a + 2;
			int turn;

			if (chunk->low[1] > p[1] || chunk->high[1] < p[1] || chunk->high[0] < p[0])
			{
				v |= CHUNK - 1;
				status = check_stop(c);
				continue;
			}
			if (fmin(a[1], b[1]) > p[1] || fmax(a[1], b[1]) < p[1])
				continue;
			turn = rui_exact_side(a, b, p);
			if (turn == 0 && fmin(a[0], b[0]) <= p[0] && p[0] <= fmax(a[0], b[0]))
			{
				*side = 0;
				return RUI_OK;
			}
			if ((a[1] <= p[1] && p[1] < b[1] && turn > 0) ||
				(b[1] <= p[1] && p[1] < a[1] && turn < 0))
				inside = !inside;
		}
	}
	*side = inside ? 1 : -1;
	return status;
}

static uint32_t
vertex_after(const checker *c, uint32_t ring, uint32_t v)
{
	return v + 2 == c->shape.ring[ring + 1] ? c->shape.ring[ring] : v + 1;
}

/*
 * Whether the part of a ring from a touched vertex to the next, which the
 * other area does not have, lies inside it, or cannot be told.
 */
static rui_status
part_enters(checker *c, uint32_t ring, uint32_t v, uint32_t other, bool *enters)
{
	const double *xy = c->shape.xy;
	uint32_t next = vertex_after(c, ring, v);
	uint32_t first = next;
	rui_status status = RUI_OK;
	int side = 1; /* a single edge: what lies inside it? */

	if (c->shared[v] || is_same(xy + 2 * (size_t) v, xy + 2 * (size_t) next))
		return RUI_OK;
	for (; status == RUI_OK && !c->touched[next]; next = vertex_after(c, ring, next))
	{
		if (!box_has(&c->areas[other], xy + 2 * (size_t) next))
			return RUI_OK;
		status = check_stop(c);
	}
	if (status == RUI_OK && first != next)
		status = find_side(c, other, xy + 2 * (size_t) first, &side);
	*enters = side >= 0;
	return status;
}

/* Whether a part of an area's border lies inside the other area. */
static rui_status
border_enters(checker *c, uint32_t area, const edge_list *list, uint32_t other, bool *enters)
{
	const rui_gridmap_shape *shape = &c->shape;
	const box *reach = &c->areas[other];
	uint32_t ring = shape->polygon[shape->area[area]];
	uint32_t end = shape->polygon[shape->area[area + 1]];
	rui_status status = RUI_OK;
	size_t i;

	*enters = false;
	for (i = 0; status == RUI_OK && !*enters && i < list->count; i++)
	{
		uint32_t v = list->edges[i].v;

		if (c->touched[v])
			status = part_enters(c, list->edges[i].ring, v, other, enters);
	}
	for (; status == RUI_OK && !*enters && ring < end; ring++)
	{
		const double *p = shape->xy + 2 * (size_t) shape->ring[ring];
		int side;

		/* One that reaches out of the other's box has a part outside. */
		if (c->met[ring] || !box_has(reach, c->rings[ring].low) ||
			!box_has(reach, c->rings[ring].high))
			continue;
		status = find_side(c, other, p, &side);
		*enters = status == RUI_OK && side >= 0;
		if (status == RUI_OK)
			status = check_stop(c);
	}
	return status;
}

static void
forget_touches(checker *c, const edge_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
	{
		uint32_t ring = list->edges[i].ring;
		uint32_t v = list->edges[i].v;

		c->touched[v] = c->touched[v + 1] = c->touched[c->shape.ring[ring]] = 0;
		c->shared[v] = 0;
		c->met[ring] = 0;
	}
}

static rui_status
meet_areas(checker *c, const sweep_item *a, const sweep_item *b)
{
	uint32_t areas[2] = { a->number, b->number };
	box within;
	bool suspect = false;
	rui_status status = RUI_OK;
	int k;

	if (rui_gridmap_grid(c->map, areas[0]) == rui_gridmap_grid(c->map, areas[1]))
		return RUI_OK;
	for (k = 0; k < 2; k++)
	{
		within.low[k] = fmax(a->box.low[k], b->box.low[k]);
		within.high[k] = fmin(a->box.high[k], b->box.high[k]);
	}
	for (k = 0; status == RUI_OK && k < 2; k++)
		status = gather(c, areas[k], &within, &c->near[k]);
	if (status == RUI_OK)
		status = lists_clash(c, &suspect);
	for (k = 0; status == RUI_OK && k < 2 && !suspect; k++)
		status = border_enters(c, areas[k], &c->near[k], areas[1 - k], &suspect);
	for (k = 0; k < 2; k++)
		forget_touches(c, &c->near[k]);
	if (status == RUI_OK && suspect)
		status = add_pair(c, areas[0] < areas[1] ? areas[0] : areas[1],
						  areas[0] < areas[1] ? areas[1] : areas[0]);
	return status;
}

static rui_status
meet_place(checker *c, const sweep_item *a, const sweep_item *b)
{
	if (a->is_place == b->is_place)
		return RUI_OK;
	return a->is_place ? add_pair(c, a->number, b->number) : add_pair(c, b->number, a->number);
}

/* ---- the whole ---- */

static rui_status
start(checker *c, const rui_env *env, const rui_gridmap *map, rui_error *error)
{
	memset(c, 0, sizeof *c);
	c->env = env;
	c->error = error;
	c->map = map;
	rui_gridmap_shape_of(map, &c->shape);
	c->turns = rui_gridmap_turns(env, &c->shape);
	c->areas = rui_allocate(env, map->areas, sizeof(box));
	c->rings = rui_allocate(env, map->rings, sizeof(box));
	c->chunks = rui_allocate(env, map->points / CHUNK + 1, sizeof(box));
	c->touched = rui_allocate_zero(env, map->points, 1);
	c->shared = rui_allocate_zero(env, map->points, 1);
	c->met = rui_allocate_zero(env, map->rings, 1);
	if (c->turns == NULL || c->areas == NULL || c->rings == NULL || c->chunks == NULL ||
		c->touched == NULL || c->shared == NULL || c->met == NULL)
		return rui_fail_memory(error, map->points);
	find_boxes(c);
	return RUI_OK;
}

static int
compare_pairs(const void *left, const void *right)
{
	const rui_gridmap_pair *a = left;
	const rui_gridmap_pair *b = right;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return (a->b > b->b) - (a->b < b->b);
}

static rui_status
finish(checker *c, rui_status status, rui_gridmap_pairs *pairs)
{
	int k;

	rui_release(c->env, c->turns);
	rui_release(c->env, c->areas);
	rui_release(c->env, c->rings);
	rui_release(c->env, c->chunks);
	rui_release(c->env, c->touched);
	rui_release(c->env, c->shared);
	rui_release(c->env, c->met);
	for (k = 0; k < 2; k++)
	{
		rui_release(c->env, c->near[k].edges);
		rui_release(c->env, c->active[k].edges);
	}
	if (status == RUI_OK)
		status = rui_sort(c->env, c->pairs.pairs, c->pairs.count, sizeof(rui_gridmap_pair),
						  compare_pairs, c->error);
	if (status != RUI_OK)
	{
		rui_release(c->env, c->pairs.pairs);
		return status;
	}
	*pairs = c->pairs;
	return RUI_OK;
}

static rui_status
sweep_all(checker *c, const double *boxes, uint32_t places, meet_function meet)
{
	size_t count = (size_t) c->shape.areas + places;
	sweep_item *items = rui_allocate(c->env, count, sizeof(sweep_item));
	rui_status status;
	uint32_t i;

	if (items == NULL)
		return rui_fail_memory(c->error, count * sizeof(sweep_item));
	for (i = 0; i < c->shape.areas; i++)
		items[i] = (sweep_item){ c->areas[i], i, false };
	for (i = 0; i < places; i++)
	{
		const double *b = boxes + 4 * (size_t) i;

		items[c->shape.areas + i] =
			(sweep_item){ { { b[0], b[1] }, { b[2], b[3] } }, i, true };
	}
	status = sweep(c, items, count, meet);
	rui_release(c->env, items);
	return status;
}

rui_status
rui_gridmap_suspects(const rui_env *env, const rui_gridmap *map, rui_gridmap_pairs *pairs,
					 rui_error *error)
{
	checker c;
	rui_status status = start(&c, env, map, error);

	if (status == RUI_OK)
		status = sweep_all(&c, NULL, 0, meet_areas);
	return finish(&c, status, pairs);
}

rui_status
rui_gridmap_meeting(const rui_env *env, const rui_gridmap *map, const double *boxes,
					uint32_t places, rui_gridmap_pairs *pairs, rui_error *error)
{
	checker c;
	rui_status status = start(&c, env, map, error);

	if (status == RUI_OK)
		status = sweep_all(&c, boxes, places, meet_place);
	return finish(&c, status, pairs);
}
