/* SPDX-License-Identifier: PostgreSQL
 *
 * cell.h
 *	  Cells: squares of the lon/lat plane, halved level by level, in Hilbert
 *	  order.
 *
 * Face 0 is [-180,0) x [-90,90], face 1 [0,180) x [-90,90].  A cell is one
 * number: from bit 61 down the face, two bits for each level, a one, zeros.
 * Numbers sort along the curve, and those of a cell's descendants are one
 * range around it.  All borders are exact doubles.
 */
#ifndef RUI_CELL_H
#define RUI_CELL_H

#include "core/geometry.h"
#include "core/rui_core.h"

#define RUI_CELL_LEVELS 30
/* "1/" and a digit for each level. */
#define RUI_CELL_TEXT_SIZE (2 + RUI_CELL_LEVELS + 1)
/* A covering has at most so many cells. */
#define RUI_CELL_COVERING_MAX 10000000

typedef uint64_t rui_cell;

typedef struct rui_cell_box
{
	double west;
	double south;
	double east;
	double north;
} rui_cell_box;

/* Whether the number is a cell. */
extern bool rui_cell_is_valid(rui_cell cell);

/* 0 to 30. */
extern int rui_cell_level(rui_cell cell);

/*
 * The cell of that level with the point in it: its west and south borders
 * belong to a cell; longitude 180 is -180, latitude 90 belongs to the top row.
 * RUI_RANGE for a point outside the world, RUI_INVALID for a level that none is.
 */
extern rui_status rui_cell_at(double lon, double lat, int level, rui_cell *cell,
							  rui_error *error);

/* The ancestor of a level up to the cell's own; RUI_INVALID for others. */
extern rui_status rui_cell_parent(rui_cell cell, int level, rui_cell *parent, rui_error *error);

/* Its four halves of both sides, in order; RUI_INVALID on the last level. */
extern rui_status rui_cell_children(rui_cell cell, rui_cell children[4], rui_error *error);

/*
 * The cells of its level around it, across the antimeridian too, ascending; how many
 * there are: 8, fewer at the poles and on levels 0 and 1.
 */
extern int rui_cell_neighbours(rui_cell cell, rui_cell neighbours[8]);

extern rui_cell_box rui_cell_bounds(rui_cell cell);

/* The lowest and highest number of a descendant, or of the cell itself. */
static inline rui_cell
rui_cell_low(rui_cell cell)
{
	return cell - ((cell & -cell) - 1);
}

static inline rui_cell
rui_cell_high(rui_cell cell)
{
	return cell + ((cell & -cell) - 1);
}

static inline bool
rui_cell_contains(rui_cell outer, rui_cell inner)
{
	return inner >= rui_cell_low(outer) && inner <= rui_cell_high(outer);
}

/* The text form, as "1/03120". */
extern rui_status rui_cell_read(const char *text, size_t length, rui_cell *cell,
								rui_error *error);
extern void rui_cell_write(rui_cell cell, char text[RUI_CELL_TEXT_SIZE]);

/*
 * The cells of a level that have a point in common with the area, ascending,
 * in memory of env; where a slanted edge passes a corner within rounding, the
 * cell behind the corner too.  RUI_RANGE for a vertex outside the world,
 * RUI_LIMIT for more cells than RUI_CELL_COVERING_MAX.
 */
extern rui_status rui_cell_covering(const rui_env *env, const rui_area *area, int level,
									rui_cell **cells, size_t *count, rui_error *error);

#endif /* RUI_CELL_H */
