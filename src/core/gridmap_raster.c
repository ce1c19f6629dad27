/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_raster.c
 *	  Building the raster of a gridmap.
 *
 * The bounding box is halved again and again, first along the lines of a
 * regular raster (so that a lookup can begin there), then where many edges
 * meet.  Every box has the edges that come near it, ring by ring, and for
 * each ring the constant w of gridmap_locate.c.  An edge leaves a box's list
 * only when it is certain, rounding included, on which side of it every point
 * of the box lies; w follows from the parent's by comparisons and by such
 * certain sides alone, so it is exact.
 *
 * Halving a box makes two leaves of one, with copies of the edges that cross
 * the cut.  Each box has a credit for the words this takes that it shares out
 * to its halves, the whole being CREDIT per edge: this keeps the size linear
 * for any input.
 */
#include "core/gridmap_raster.h"

#include <math.h>
#include <string.h>

#define LEAF_EDGES 12 /* boxes with more are halved */
#define EDGES_PER_CELL 2 /* of the regular raster, at least */
#define MOST_CELLS 4096 /* in one direction */
#define CREDIT 20 /* words */
#define NO_AREA UINT32_MAX
#define UNDERFLOW_MARGIN 0x1p-1000 /* products below lose more than their last bits */
#define FINEST 64 /* margins that a box is wide, at least */
#define STOP_WORK 65536 /* rings and edges that are looked at without asking the host */
#define BOX_WORK 4096 /* what a box counts besides */

/* A box: its rings and edges lie on the two stacks. */
typedef struct box
{
	double low[2];
	double high[2];
	size_t first_ring;
	size_t rings;
	size_t first_edge;
	size_t edges;
	uint32_t full; /* the lowest area that covers all of it, or NO_AREA */
	uint64_t words; /* of its leaf, at most */
	uint64_t credit;
} box;

typedef struct builder
{
	const rui_env *env;
	const rui_gridmap_shape *shape;
	rui_gridmap_raster *raster;
	rui_error *error;
	const uint32_t *polygon_of; /* ring to polygon */
	const uint32_t *area_of; /* polygon to area */
	double margin;
	rui_gridmap_near *rings;
	size_t ring_count;
	size_t ring_capacity;
	uint32_t *edges; /* number of the first vertex */
	size_t edge_count;
	size_t edge_capacity;
	size_t work; /* since the host was asked */
} builder;

/*
 * Whether edge v surely stays clear of the box, with a margin that covers the
 * rounding of its side seen from any point of the box.
 */
static bool
is_clear(const builder *b, const box *at, uint32_t v)
{
	const double *from = b->shape->xy + 2 * (size_t) v;
	const double *to = from + 2;
	double half[2];
	double off[2];
	double side;
	double dx = to[0] - from[0];
	double dy = to[1] - from[1];
	int k;

	for (k = 0; k < 2; k++)
	{
		if (from[k] < at->low[k] - b->margin && to[k] < at->low[k] - b->margin)
			return true;
		if (from[k] > at->high[k] + b->margin && to[k] > at->high[k] + b->margin)
			return true;
		half[k] = (at->high[k] - at->low[k]) * 0.5 + b->margin;
		off[k] = (at->low[k] + at->high[k]) * 0.5 - from[k];
	}
	side = fabs(dx * off[1] - off[0] * dy);
	return side > (fabs(dx) * half[1] + fabs(dy) * half[0]) * (1 + 1e-12) +
		(fabs(dx * off[1]) + fabs(off[0] * dy)) * 1e-14 + UNDERFLOW_MARGIN;
}

/* +1 or -1 when the edge crosses the ray from (x, y) east, as in a lookup. */
static int
ray_crossing(const double *from, double x, double y)
{
	const double *to = from + 2;
	double side = (to[0] - from[0]) * (y - from[1]) - (x - from[0]) * (to[1] - from[1]);

	if (from[1] <= y && y < to[1])
		return side > 0;
	if (to[1] <= y && y < from[1])
		return -(side < 0);
	return 0;
}

static int
second_leg(const double *from, double east, double y)
{
	return (from[2] > east && y >= from[3]) - (from[0] > east && y >= from[1]);
}

/* Put the ring's edges that come near the child on the stack. */
static rui_status
take_ring(builder *b, const box *parent, const box *child, const rui_gridmap_near *ring,
		  size_t first_edge, rui_gridmap_near *taken)
{
	double x = (child->low[0] + child->high[0]) * 0.5;
	double y = (child->low[1] + child->high[1]) * 0.5;
	rui_status status = rui_grow(b->env, &b->edges, &b->edge_capacity,
								 b->edge_count + ring->edges, sizeof(uint32_t), b->error);
	uint32_t i;

	if (status != RUI_OK)
		return status;
	*taken = *ring;
	taken->edges = 0;
	taken->runs = 0;
	for (i = 0; i < ring->edges; i++)
	{
		uint32_t v = b->edges[first_edge + i];
		const double *from = b->shape->xy + 2 * (size_t) v;

		taken->winding += second_leg(from, parent->high[0], y);
		if (is_clear(b, child, v))
			taken->winding += ray_crossing(from, x, y);
		else
		{
			taken->winding -= second_leg(from, child->high[0], y);
			if (taken->edges == 0 || b->edges[b->edge_count - 1] + 1 != v)
				taken->runs++;
			b->edges[b->edge_count++] = v;
			taken->edges++;
		}
	}
	return RUI_OK;
}

/* Forget what was put on the stacks since that mark. */
static void
cut_back(builder *b, size_t rings, size_t edges)
{
	b->ring_count = rings;
	b->edge_count = edges;
}

/* Ask the host now and then, by the work that is done: a box of a large map is much of it. */
static rui_status
check_stop(builder *b, size_t work)
{
	b->work += work;
	if (b->work < STOP_WORK)
		return RUI_OK;
	b->work = 0;
	return rui_interrupted(b->env) ? rui_fail_interrupted(b->error) : RUI_OK;
}

/*
 * Put on the stacks what the parent has near the child, leaving out polygons
 * with a constant answer, and all areas from the first that covers the child.
 */
static rui_status
make_child(builder *b, const box *parent, box *child)
{
	size_t edge = parent->first_edge;
	size_t area_rings = b->ring_count; /* where the current area began */
	size_t area_edges = b->edge_count;
	uint32_t area = NO_AREA;
	size_t i = 0;

	child->full = parent->full;
	child->first_ring = b->ring_count;
	child->first_edge = b->edge_count;
	while (i < parent->rings)
	{
		uint32_t polygon = b->polygon_of[b->rings[parent->first_ring + i].ring];
		size_t old_rings = b->ring_count;
		size_t old_edges = b->edge_count;
		bool shell = true;
		bool outside = false;

		if (b->area_of[polygon] != area)
		{
			area = b->area_of[polygon];
			area_rings = old_rings;
			area_edges = old_edges;
		}
		for (; i < parent->rings; i++, shell = false)
		{
			rui_gridmap_near ring = b->rings[parent->first_ring + i];
			rui_gridmap_near taken;
			rui_status status;

			if (b->polygon_of[ring.ring] != polygon)
				break;
			if (!outside)
			{
				status = check_stop(b, 1 + ring.edges);
				if (status == RUI_OK)
					status = take_ring(b, parent, child, &ring, edge, &taken);
				if (status == RUI_OK)
					status = rui_grow(b->env, &b->rings, &b->ring_capacity, b->ring_count + 1,
									  sizeof(rui_gridmap_near), b->error);
				if (status != RUI_OK)
					return status;
				if (taken.edges > 0 || (shell && taken.winding != 0))
					b->rings[b->ring_count++] = taken;
				else
					outside = shell || taken.winding != 0;
			}
			edge += ring.edges;
		}
		if (outside)
			cut_back(b, old_rings, old_edges);
		else if (b->edge_count == old_edges)
		{
			cut_back(b, area_rings, area_edges);
			child->full = area;
			break;
		}
	}
	child->rings = b->ring_count - child->first_ring;
	child->edges = b->edge_count - child->first_edge;
	child->words = child->rings > 0 ? RUI_GRIDMAP_LEAF_HEAD + 1 : 0;
	for (i = 0; i < child->rings; i++)
		child->words += rui_gridmap_near_words(&b->rings[child->first_ring + i]);
	return RUI_OK;
}

static rui_status
add_leaf(builder *b, const box *at, uint32_t *node)
{
	uint32_t constant = at->full == NO_AREA ? 0 : at->full + 1;
	uint32_t start;
	rui_status status;

	if (at->rings == 0)
	{
		*node = RUI_GRIDMAP_CONSTANT | constant;
		return RUI_OK;
	}
	status = rui_gridmap_add_leaf(b->env, b->raster, b->shape->xy, at->high[0], constant,
								  b->rings + at->first_ring, at->rings, b->edges + at->first_edge,
								  &start, b->error);
	if (status == RUI_OK)
		*node = RUI_GRIDMAP_LEAF | start;
	return status;
}

/*
 * Halve the box along an axis at a coordinate.  *done stays false when it
 * does not pay: no half has fewer edges, or the credit is spent.  The second
 * child lies on top of the first on the stacks.
 */
static rui_status
halve(builder *b, const box *at, int axis, double middle, box child[2], bool *done)
{
	size_t rings = b->ring_count;
	size_t edges = b->edge_count;
	rui_status status;
	uint64_t cost;
	int k;

	*done = false;
	child[0] = *at;
	child[1] = *at;
	child[0].high[axis] = middle;
	child[1].low[axis] = middle;
	for (k = 0; k < 2; k++)
	{
		status = make_child(b, at, &child[k]);
		if (status != RUI_OK)
			return status;
	}
	cost = child[0].words + child[1].words + 2;
	cost = cost > at->words ? cost - at->words : 0;
	if (cost > at->credit || (child[0].edges == at->edges && child[1].edges == at->edges))
	{
		cut_back(b, rings, edges);
		return RUI_OK;
	}
	if (child[0].edges + child[1].edges > 0)
	{
		double share = (double) child[0].edges / (double) (child[0].edges + child[1].edges);

		child[0].credit = (uint64_t) ((double) (at->credit - cost) * share);
		child[1].credit = at->credit - cost - child[0].credit;
	}
	*done = true;
	return RUI_OK;
}

/* The node of a box within one cell of the regular raster. */
static rui_status
refine(builder *b, const box *at, uint32_t *node)
{
	rui_gridmap_raster *raster = b->raster;
	box child[2];
	uint32_t nodes[2];
	uint32_t pair;
	bool done = false;
	int axis = at->high[0] - at->low[0] < at->high[1] - at->low[1];
	int attempt;
	rui_status status = check_stop(b, BOX_WORK);

	if (status != RUI_OK)
		return status;
	for (attempt = 0; attempt < 2 && !done; attempt++, axis = 1 - axis)
	{
		double middle = (at->low[axis] + at->high[axis]) * 0.5;

		if (at->edges <= LEAF_EDGES || at->high[axis] - at->low[axis] < FINEST * b->margin)
			continue;
		status = halve(b, at, axis, middle, child, &done);
		if (status != RUI_OK)
			return status;
	}
	if (!done)
		return add_leaf(b, at, node);
	axis = 1 - axis; /* the loop stepped on */
	pair = (uint32_t) (raster->split_words / 2);
	status = rui_grow(b->env, &raster->splits, &raster->split_capacity, raster->split_words + 2,
					  sizeof(uint32_t), b->error);
	if (status != RUI_OK)
		return status;
	raster->split_words += 2;
	status = refine(b, &child[0], &nodes[0]);
	if (status == RUI_OK)
		status = refine(b, &child[1], &nodes[1]);
	if (status != RUI_OK)
		return status;
	memcpy(raster->splits + 2 * (size_t) pair, nodes, sizeof nodes);
	cut_back(b, child[0].first_ring, child[0].first_edge);
	*node = (axis == 0 ? RUI_GRIDMAP_SPLIT_X : RUI_GRIDMAP_SPLIT_Y) | pair;
	return RUI_OK;
}

/* Fill the cells from first to last of the regular raster. */
static rui_status
fill(builder *b, const box *at, const uint32_t first[2], const uint32_t last[2])
{
	rui_gridmap_raster *raster = b->raster;
	uint32_t spans[2] = { last[0] - first[0], last[1] - first[1] };
	uint32_t sizes[2] = { raster->columns, raster->rows };
	box child[2];
	bool done = false;
	uint32_t node;
	uint32_t i;
	uint32_t k;
	rui_status status = check_stop(b, BOX_WORK);

	if (status != RUI_OK)
		return status;
	if (at->edges > LEAF_EDGES && (spans[0] > 1 || spans[1] > 1))
	{
		bool wide = at->high[0] - at->low[0] > at->high[1] - at->low[1];
		int axis = spans[1] == 1 || (spans[0] > 1 && wide) ? 0 : 1;
		uint32_t middle = first[axis] + spans[axis] / 2;
		double cut;

		cut = rui_gridmap_bound(b->shape->low[axis], b->shape->high[axis], middle, sizes[axis]);
		status = halve(b, at, axis, cut, child, &done);
		if (status == RUI_OK && done)
		{
			uint32_t from[2] = { first[0], first[1] };
			uint32_t to[2] = { last[0], last[1] };

			to[axis] = middle;
			status = fill(b, &child[0], from, to);
			from[axis] = middle;
			to[axis] = last[axis];
			if (status == RUI_OK)
				status = fill(b, &child[1], from, to);
			cut_back(b, child[0].first_ring, child[0].first_edge);
			return status;
		}
	}
	if (status == RUI_OK)
		status = spans[0] == 1 && spans[1] == 1 ? refine(b, at, &node) : add_leaf(b, at, &node);
	for (i = first[1]; status == RUI_OK && i < last[1]; i++)
		for (k = first[0]; k < last[0]; k++)
			raster->cells[(size_t) i * raster->columns + k] = node;
	return status;
}

/*
 * Columns and rows, powers of two: about EDGES_PER_CELL edges a cell, but no
 * more than one edge in two cut by the lines.
 */
static void
choose_cells(const rui_gridmap_shape *shape, rui_gridmap_raster *raster)
{
	double long_x = 0; /* lengths of all edges, in bounding boxes */
	double long_y = 0;
	uint32_t i;

	for (i = 0; i < shape->rings; i++)
	{
		uint32_t v;

		for (v = shape->ring[i]; v + 1 < shape->ring[i + 1]; v++)
		{
			const double *from = shape->xy + 2 * (size_t) v;

			long_x += fabs(from[2] - from[0]);
			long_y += fabs(from[3] - from[1]);
		}
	}
	long_x /= shape->high[0] - shape->low[0];
	long_y /= shape->high[1] - shape->low[1];
	raster->columns = 1;
	raster->rows = 1;
	while ((uint64_t) raster->columns * raster->rows * EDGES_PER_CELL * 2 <= shape->points)
	{
		bool wider = raster->columns * long_x <= raster->rows * long_y;
		uint32_t *count = wider ? &raster->columns : &raster->rows;

		if (*count >= MOST_CELLS ||
			raster->columns * long_x + raster->rows * long_y > 0.5 * shape->points)
			break;
		*count *= 2;
	}
}

/* Everything near the whole bounding box. */
static rui_status
make_root(builder *b, box *root)
{
	const rui_gridmap_shape *shape = b->shape;
	rui_status status = rui_grow(b->env, &b->rings, &b->ring_capacity, shape->rings,
								 sizeof(rui_gridmap_near), b->error);
	uint32_t i;
	uint32_t v;

	if (status == RUI_OK)
		status = rui_grow(b->env, &b->edges, &b->edge_capacity, shape->points, sizeof(uint32_t),
						  b->error);
	if (status != RUI_OK)
		return status;
	memset(root, 0, sizeof *root);
	for (i = 0; i < 2; i++)
	{
		root->low[i] = shape->low[i];
		root->high[i] = shape->high[i];
	}
	for (i = 0; i < shape->rings; i++)
	{
		rui_gridmap_near *ring = &b->rings[b->ring_count++];

		ring->ring = i;
		ring->area = b->area_of[b->polygon_of[i]];
		if (i == shape->polygon[b->polygon_of[i]])
			ring->area |= RUI_GRIDMAP_SHELL;
		ring->winding = 0;
		ring->edges = 0;
		ring->runs = 0;
		for (v = shape->ring[i]; v + 1 < shape->ring[i + 1]; v++)
		{
			const double *from = shape->xy + 2 * (size_t) v;

			if (from[0] == from[2] && from[1] == from[3])
				continue;
			if (ring->edges == 0 || b->edges[b->edge_count - 1] + 1 != v)
				ring->runs++;
			b->edges[b->edge_count++] = v;
			ring->edges++;
		}
	}
	root->rings = b->ring_count;
	root->edges = b->edge_count;
	root->full = NO_AREA;
	root->words = RUI_GRIDMAP_LEAF_HEAD + 1;
	for (i = 0; i < shape->rings; i++)
		root->words += rui_gridmap_near_words(&b->rings[i]);
	root->credit = CREDIT * (uint64_t) b->edge_count + 64;
	return RUI_OK;
}

/* Which polygon a ring belongs to, or which area a polygon does. */
static rui_status
invert(builder *b, const uint32_t *first, uint32_t count, uint32_t members,
	   const uint32_t **owner)
{
	uint32_t *result = rui_allocate(b->env, members, sizeof(uint32_t));
	uint32_t i;
	uint32_t k;

	if (result == NULL)
		return rui_fail_memory(b->error, (size_t) members * sizeof(uint32_t));
	for (i = 0; i < count; i++)
		for (k = first[i]; k < first[i + 1]; k++)
			result[k] = i;
	*owner = result;
	return RUI_OK;
}

rui_status
rui_gridmap_rasterize(const rui_env *env, const rui_gridmap_shape *shape,
					  rui_gridmap_raster *raster, rui_error *error)
{
	builder b = { 0 };
	box root;
	uint32_t first[2] = { 0, 0 };
	uint32_t last[2];
	rui_status status;
	int k;

	memset(raster, 0, sizeof *raster);
	b.env = env;
	b.shape = shape;
	b.raster = raster;
	b.error = error;
	for (k = 0; k < 2; k++)
	{
		double reach = fmax(fmax(fabs(shape->low[k]), fabs(shape->high[k])),
							shape->high[k] - shape->low[k]);

		b.margin = fmax(b.margin, reach * 0x1p-45);
	}
	choose_cells(shape, raster);
	last[0] = raster->columns;
	last[1] = raster->rows;
	raster->cells = rui_allocate(env, (size_t) raster->columns * raster->rows, sizeof(uint32_t));
	if (raster->cells == NULL)
		status = rui_fail_memory(error, (size_t) raster->columns * raster->rows * 4);
	else
		status = invert(&b, shape->polygon, shape->polygons, shape->rings, &b.polygon_of);
	if (status == RUI_OK)
		status = invert(&b, shape->area, shape->areas, shape->polygons, &b.area_of);
	if (status == RUI_OK)
		status = make_root(&b, &root);
	if (status == RUI_OK)
		status = fill(&b, &root, first, last);
	rui_release(env, (void *) b.polygon_of);
	rui_release(env, (void *) b.area_of);
	rui_release(env, b.rings);
	rui_release(env, b.edges);
	if (status != RUI_OK)
		rui_gridmap_raster_release(env, raster);
	return status;
}

void
rui_gridmap_raster_release(const rui_env *env, rui_gridmap_raster *raster)
{
	rui_release(env, raster->cells);
	rui_release(env, raster->splits);
	rui_release(env, raster->leaves);
	rui_release(env, raster->near_xy);
	memset(raster, 0, sizeof *raster);
}
