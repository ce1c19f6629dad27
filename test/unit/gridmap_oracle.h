/* SPDX-License-Identifier: PostgreSQL
 *
 * gridmap_oracle.h
 *	  Which grid covers a point, without a raster: by all edges level with it.
 *
 * Two answers at once.  One is computed as PostGIS computes ST_Covers, in
 * floating point.  The other is right: where the determinant of an edge is
 * within its rounding of zero, its sign is taken from the exact value, a sum of doubles that do not
 * overlap (Shewchuk, Adaptive precision floating-point arithmetic and fast
 * robust geometric predicates, 1997).
 */
#ifndef RUI_GRIDMAP_ORACLE_H
#define RUI_GRIDMAP_ORACLE_H

#include "gridmap_shapes.h"

/* For what runs billions of times: the sanitizers watch the map, not its judge. */
#define ORACLE_FAST static inline __attribute__((no_sanitize("address", "undefined")))

/* ---- the sign of a determinant, exactly ---- */

/* a + b = sum + rest, exactly. */
ORACLE_FAST double
exact_sum(double a, double b, double *rest)
{
	double sum = a + b;
	double back = sum - a;

	*rest = (a - (sum - back)) + (b - back);
	return sum;
}

/* a * b = product + rest, exactly (Dekker). */
ORACLE_FAST double
exact_product(double a, double b, double *rest)
{
	double product = a * b;
	double split_a = 134217729.0 * a;
	double split_b = 134217729.0 * b;
	double high_a = split_a - (split_a - a);
	double high_b = split_b - (split_b - b);
	double low_a = a - high_a;
	double low_b = b - high_b;

	*rest = low_a * low_b - (((product - high_a * high_b) - low_a * high_b) - high_a * low_b);
	return product;
}

/* Add a number to a sum of *count doubles that do not overlap, smallest first. */
ORACLE_FAST void
exact_add(double *sum, int *count, double number)
{
	int i;

	for (i = 0; i < *count; i++)
		number = exact_sum(number, sum[i], &sum[i]);
	sum[(*count)++] = number;
}

/* The sign of (b - a) x (p - a). */
ORACLE_FAST int
exact_side(const double *a, const double *b, double x, double y)
{
	double left[2][2];
	double right[2][2];
	double sum[16];
	int count = 0;
	int i;
	int k;

	left[0][0] = exact_sum(b[0], -a[0], &left[0][1]);
	left[1][0] = exact_sum(x, -a[0], &left[1][1]);
	right[0][0] = exact_sum(y, -a[1], &right[0][1]);
	right[1][0] = exact_sum(b[1], -a[1], &right[1][1]);
	for (i = 0; i < 8; i++)
	{
		double rest;
		double product = exact_product(left[i / 4][i & 1], right[i / 4][(i >> 1) & 1], &rest);

		exact_add(sum, &count, i < 4 ? rest : -rest);
		exact_add(sum, &count, i < 4 ? product : -product);
	}
	for (k = count - 1; k >= 0 && sum[k] == 0; k--)
		continue;
	return k < 0 ? 0 : sum[k] > 0 ? 1
								  : -1;
}

/* ---- the edges, by height ---- */

typedef struct oracle_edge
{
	const double *from; /* and the next vertex */
	uint32_t ring;
} oracle_edge;

typedef struct oracle_ring
{
	uint32_t polygon;
	bool shell;
} oracle_ring;

typedef struct oracle
{
	int64_t *grids; /* of the polygons */
	oracle_ring *rings;
	oracle_edge *edges; /* slab after slab, each by ring */
	uint32_t *first; /* edges of the slabs */
	uint32_t slabs;
	double low;
	double scale;
} oracle;

typedef struct oracle_answer
{
	bool covered;
	int64_t grid;
	bool right_covered;
	int64_t right_grid;
	bool near; /* an edge is within rounding of the point */
} oracle_answer;

/* Grows with y, so that an edge is in the slabs of all points level with it. */
ORACLE_FAST uint32_t
oracle_slab(const oracle *o, double y)
{
	double place = (y - o->low) * o->scale;

	return !(place > 0) ? 0 : place >= o->slabs ? o->slabs - 1
												: (uint32_t) place;
}

/* Visit the edges that lie in slabs; count them, or put them there. */
static inline void
oracle_visit(oracle *o, const rui_gridmap_builder *builder, uint32_t *next, bool put)
{
	uint32_t ring = 0;
	size_t i;

	for (i = 0; i < builder->count; i++)
	{
		const rui_area *area = &builder->entries[i].area;
		const double *xy = area->xy;
		uint32_t k;

		for (k = 0; k < area->rings; k++, ring++)
		{
			uint32_t v;

			for (v = 0; v + 1 < area->ring_points[k]; v++, xy += 2)
			{
				uint32_t slab = oracle_slab(o, fmin(xy[1], xy[3]));
				uint32_t last = oracle_slab(o, fmax(xy[1], xy[3]));

				for (; slab <= last; slab++, next[slab - 1]++)
					if (put)
						o->edges[next[slab]] = (oracle_edge){ xy, ring };
			}
			xy += 2;
		}
	}
}

static inline oracle
make_oracle(const rui_gridmap_builder *builder)
{
	oracle o = { 0 };
	uint32_t rings = 0;
	uint32_t polygons = 0;
	double high = -INFINITY;
	uint32_t *next;
	size_t i;
	uint32_t k;
	uint32_t m;

	o.low = INFINITY;
	for (i = 0; i < builder->count; i++)
	{
		const rui_area *area = &builder->entries[i].area;

		rings += area->rings;
		polygons += area->polygons;
		for (k = 0; k < area->points; k++)
		{
			o.low = fmin(o.low, area->xy[2 * k + 1]);
			high = fmax(high, area->xy[2 * k + 1]);
		}
	}
	o.slabs = builder->points < 2048 ? (uint32_t) builder->points : 2048;
	o.scale = o.slabs / (high - o.low);
	o.grids = calloc(polygons, sizeof(int64_t));
	o.rings = calloc(rings, sizeof(oracle_ring));
	o.first = calloc(o.slabs + 1, sizeof(uint32_t));
	next = calloc(o.slabs + 1, sizeof(uint32_t));
	rings = polygons = 0;
	for (i = 0; i < builder->count; i++)
	{
		const rui_area *area = &builder->entries[i].area;

		for (k = 0; k < area->polygons; k++, polygons++)
		{
			o.grids[polygons] = builder->entries[i].grid;
			for (m = 0; m < area->polygon_rings[k]; m++)
				o.rings[rings++] = (oracle_ring){ polygons, m == 0 };
		}
	}
	oracle_visit(&o, builder, o.first, false);
	for (k = 0, m = 0; k <= o.slabs; k++)
	{
		uint32_t count = o.first[k];

		o.first[k] = next[k] = m;
		m += count;
	}
	o.edges = calloc(m > 0 ? m : 1, sizeof(oracle_edge));
	oracle_visit(&o, builder, next, true);
	free(next);
	return o;
}

static inline void
free_oracle(oracle *o)
{
	free(o->grids);
	free(o->rings);
	free(o->first);
	free(o->edges);
}

/* ---- an answer ---- */

/* One of the two ways to look at the rings, one after another. */
typedef struct oracle_view
{
	int winding;
	bool on_ring;
	uint32_t polygon; /* the current one, of which side is known so far */
	int side; /* -1 outside, 0 on a ring, 1 inside */
	bool covered;
	int64_t grid;
} oracle_view;

ORACLE_FAST void
oracle_end_polygon(oracle_view *view, const oracle *o)
{
	if (view->side >= 0 && (!view->covered || o->grids[view->polygon] < view->grid))
	{
		view->covered = true;
		view->grid = o->grids[view->polygon];
	}
	view->side = -1;
}

ORACLE_FAST void
oracle_end_ring(oracle_view *view, const oracle *o, uint32_t number)
{
	const oracle_ring *ring = &o->rings[number];
	int side = view->on_ring ? 0 : view->winding != 0 ? 1
													  : -1;

	if (ring->polygon != view->polygon)
		oracle_end_polygon(view, o);
	view->polygon = ring->polygon;
	if (ring->shell)
		view->side = side;
	else if (view->side > 0)
		view->side = -side; /* in the hole: outside; on its border: on a ring */
	view->winding = 0;
	view->on_ring = false;
}

ORACLE_FAST void
oracle_edge_seen(oracle_view *view, const double *a, double x, double y, int side)
{
	const double *b = a + 2;

	/* Level with the edge it is anyway. */
	if (side == 0 && ((a[0] <= x && x <= b[0]) || (b[0] <= x && x <= a[0])))
		view->on_ring = true;
	if (a[1] <= y && y < b[1] && side > 0)
		view->winding++;
	if (b[1] <= y && y < a[1] && side < 0)
		view->winding--;
}

ORACLE_FAST oracle_answer
ask_oracle(const oracle *o, double x, double y)
{
	uint32_t slab = oracle_slab(o, y);
	const oracle_edge *edge = o->edges + o->first[slab];
	const oracle_edge *last = o->edges + o->first[slab + 1];
	oracle_view float_view = { .side = -1 };
	oracle_view right_view = { .side = -1 };
	oracle_answer answer = { 0 };

	for (; edge < last; edge++)
	{
		const double *a = edge->from;
		const double *b = a + 2;

		if (!(a[1] < y && b[1] < y) && !(a[1] > y && b[1] > y) && (a[0] != b[0] || a[1] != b[1]))
		{
			double left = (b[0] - a[0]) * (y - a[1]);
			double right = (x - a[0]) * (b[1] - a[1]);
			double side = left - right;
			int sign = side > 0 ? 1 : side < 0 ? -1
											   : 0;
			int right_sign = sign;

			if (fabs(side) <= (fabs(left) + fabs(right)) * 0x1p-50)
			{
				answer.near = true;
				right_sign = exact_side(a, b, x, y);
			}
			oracle_edge_seen(&float_view, a, x, y, sign);
			oracle_edge_seen(&right_view, a, x, y, right_sign);
		}
		if (edge + 1 == last || edge[1].ring != edge->ring)
		{
			oracle_end_ring(&float_view, o, edge->ring);
			oracle_end_ring(&right_view, o, edge->ring);
		}
	}
	oracle_end_polygon(&float_view, o);
	oracle_end_polygon(&right_view, o);
	answer.covered = float_view.covered;
	answer.grid = float_view.grid;
	answer.right_covered = right_view.covered;
	answer.right_grid = right_view.grid;
	return answer;
}

#endif /* RUI_GRIDMAP_ORACLE_H */
