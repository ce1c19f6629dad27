/* SPDX-License-Identifier: PostgreSQL
 *
 * cell_covering.c
 *	  The cells that an area touches.
 *
 * From the two faces down, each cell has the edges that come near it.  Where
 * none does, the cell lies inside or outside as a whole.
 */
#include "core/cell.h"

#include <math.h>
#include <string.h>

/* A piece of a ring's border; those of the antimeridian are repeated. */
typedef struct edge
{
	double x[2];
	double y[2];
} edge;

typedef struct cover
{
	const rui_env *env;
	const rui_area *area;
	int level;
	rui_cell **cells;
	size_t count;
	size_t capacity;
	edge *edges; /* a stack: those of a cell lie on those of its parent */
	size_t edge_count;
	size_t edge_capacity;
	uint32_t steps;
	rui_error *error;
} cover;

/* Whether the edge surely has no point in the cell, west and south borders in. */
static bool
is_clear(const edge *e, const rui_cell_box *box)
{
	double dx = e->x[1] - e->x[0];
	double dy = e->y[1] - e->y[0];
	double half_x = (box->east - box->west) * 0.5;
	double half_y = (box->north - box->south) * 0.5;
	double off_x = box->west + half_x - e->x[0];
	double off_y = box->south + half_y - e->y[0];
	double side;

	if (fmax(e->x[0], e->x[1]) < box->west || fmin(e->x[0], e->x[1]) >= box->east ||
		fmax(e->y[0], e->y[1]) < box->south ||
		(fmin(e->y[0], e->y[1]) >= box->north && (box->north < 90 || e->y[0] + e->y[1] > 180)))
		return true;
	side = fabs(dx * off_y - off_x * dy);
	return side > (fabs(dx) * half_y + fabs(dy) * half_x) +
		(fabs(dx) * (fabs(off_y) + half_y) + fabs(dy) * (fabs(off_x) + half_x)) * 1e-14;
}

/* Whether the point, on no edge, lies in the area: by the parity of crossings. */
static bool
is_inside(const rui_area *area, double x, double y)
{
	const double *xy = area->xy;
	bool inside = false;
	uint32_t ring;

	for (ring = 0; ring < area->rings; ring++)
	{
		uint32_t i;

		for (i = 0; i + 1 < area->ring_points[ring]; i++, xy += 2)
		{
			double side;

			if ((xy[1] <= y) == (xy[3] <= y))
				continue;
			side = (xy[2] - xy[0]) * (y - xy[1]) - (x - xy[0]) * (xy[3] - xy[1]);
			if ((side > 0) == (xy[1] < xy[3]))
				inside = !inside;
		}
		xy += 2;
	}
	return inside;
}

static rui_status
add_cell(cover *c, rui_cell cell)
{
	rui_status status = RUI_OK;

	if (c->count >= RUI_CELL_COVERING_MAX)
		return rui_fail(c->error, RUI_LIMIT, "level", "Use a lower level.",
						"The covering has more than %d cells.", RUI_CELL_COVERING_MAX);
	if (c->count == c->capacity)
		status = rui_grow(c->env, c->cells, &c->capacity, c->count + 1, sizeof(rui_cell), c->error);
	if (status == RUI_OK)
		(*c->cells)[c->count++] = cell;
	return status;
}

static rui_status
check_stop(cover *c)
{
	if ((++c->steps & 1023) == 0 && rui_interrupted(c->env))
		return rui_fail_interrupted(c->error);
	return RUI_OK;
}

/* All descendants of a level, along the curve. */
static rui_status
add_all(cover *c, rui_cell cell)
{
	rui_cell mark = (rui_cell) 1 << 2 * (RUI_CELL_LEVELS - c->level);
	rui_cell each = rui_cell_low(cell) - 1 + mark;
	rui_cell last = rui_cell_high(cell) + 1 - mark;
	rui_status status = RUI_OK;

	for (; status == RUI_OK && each <= last; each += 2 * mark)
	{
		status = add_cell(c, each);
		if (status == RUI_OK)
			status = check_stop(c);
	}
	return status;
}

static rui_status
visit(cover *c, rui_cell cell, size_t first, size_t end)
{
	rui_cell_box box = rui_cell_bounds(cell);
	size_t mine = c->edge_count;
	rui_status status = check_stop(c);
	rui_cell children[4];
	size_t i;
	int k;

	if (status == RUI_OK)
		status = rui_grow(c->env, &c->edges, &c->edge_capacity, mine + (end - first), sizeof(edge),
						  c->error);
	if (status != RUI_OK)
		return status;
	for (i = first; i < end; i++)
		if (!is_clear(&c->edges[i], &box))
			c->edges[c->edge_count++] = c->edges[i];
	if (c->edge_count == mine)
	{
		if (is_inside(c->area, (box.west + box.east) * 0.5, (box.south + box.north) * 0.5))
			status = add_all(c, cell);
	}
	else if (rui_cell_level(cell) == c->level)
		status = add_cell(c, cell);
	else
	{
		status = rui_cell_children(cell, children, c->error);
		for (k = 0; k < 4 && status == RUI_OK; k++)
			status = visit(c, children[k], mine, c->edge_count);
	}
	c->edge_count = mine;
	return status;
}

static rui_status
add_edge(cover *c, double x0, double y0, double x1, double y1)
{
	edge e = { { x0, x1 }, { y0, y1 } };
	rui_status status = rui_grow(c->env, &c->edges, &c->edge_capacity, c->edge_count + 1,
								 sizeof(edge), c->error);

	if (status == RUI_OK)
		c->edges[c->edge_count++] = e;
	return status;
}

static rui_status
add_edges(cover *c)
{
	const double *xy = c->area->xy;
	rui_status status = RUI_OK;
	uint32_t ring;
	uint32_t i;

	for (i = 0; i < c->area->points; i++)
		if (!(fabs(xy[2 * (size_t) i]) <= 180 && fabs(xy[2 * (size_t) i + 1]) <= 90))
			return rui_fail(c->error, RUI_RANGE, NULL,
							"Give degrees: longitude first, then latitude.",
							"The point (%.10g, %.10g) lies outside the world.", xy[2 * (size_t) i],
							xy[2 * (size_t) i + 1]);
	for (ring = 0; ring < c->area->rings; ring++)
	{
		for (i = 0; i + 1 < c->area->ring_points[ring] && status == RUI_OK; i++, xy += 2)
		{
			status = add_edge(c, xy[0], xy[1], xy[2], xy[3]);
			/* What lies on longitude 180 lies on -180. */
			if (status == RUI_OK && (xy[0] == 180 || xy[2] == 180))
				status = add_edge(c, -180, xy[0] == 180 ? xy[1] : xy[3], -180,
								  xy[2] == 180 ? xy[3] : xy[1]);
		}
		xy += 2;
	}
	return status;
}

rui_status
rui_cell_covering(const rui_env *env, const rui_area *area, int level, rui_cell **cells,
				  size_t *count, rui_error *error)
{
	cover c = { 0 };
	rui_cell *found = NULL;
	rui_status status;
	size_t edges;

	if (level < 0 || level > RUI_CELL_LEVELS)
		return rui_fail(error, RUI_INVALID, "level", NULL, "Expected a level from 0 to %d, not %d.",
						RUI_CELL_LEVELS, level);
	c.env = env;
	c.area = area;
	c.level = level;
	c.cells = &found;
	c.error = error;
	status = add_edges(&c);
	edges = c.edge_count;
	if (status == RUI_OK && edges > 0)
		status = visit(&c, (rui_cell) 1 << 60, 0, edges);
	if (status == RUI_OK && edges > 0)
		status = visit(&c, (rui_cell) 3 << 60, 0, edges);
	rui_release(env, c.edges);
	if (status != RUI_OK)
	{
		rui_release(env, found);
		return status;
	}
	*cells = found;
	*count = c.count;
	return RUI_OK;
}
