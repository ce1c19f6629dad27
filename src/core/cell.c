/* SPDX-License-Identifier: PostgreSQL
 *
 * cell.c
 *	  Cells: numbers, texts, neighbours and borders.
 */
#include "core/cell.h"

#include <math.h>
#include <string.h>

#define SIDE (UINT32_C(1) << RUI_CELL_LEVELS) /* cells of the last level on a side */

/*
 * One step of the Hilbert curve.  An orientation is a pair of bits: 1 swaps
 * x and y, 2 turns both around.  The digit for a quadrant (x, y), and the
 * quadrant for a digit, in the orientation; and how the digit changes it.
 */
static const unsigned char digit_of[4][4] = { /* [orientation][2 x + y] */
											  { 0, 1, 3, 2 },
											  { 0, 3, 1, 2 },
											  { 2, 3, 1, 0 },
											  { 2, 1, 3, 0 }
};
static const unsigned char quadrant_of[4][4] = { /* [orientation][digit] */
												 { 0, 1, 3, 2 },
												 { 0, 2, 3, 1 },
												 { 3, 2, 0, 1 },
												 { 3, 1, 0, 2 }
};
static const unsigned char turn_of[4] = { 1, 0, 0, 3 };

bool
rui_cell_is_valid(rui_cell cell)
{
	return cell != 0 && cell >> 62 == 0 && __builtin_ctzll(cell) % 2 == 0 &&
		__builtin_ctzll(cell) <= 2 * RUI_CELL_LEVELS;
}

int
rui_cell_level(rui_cell cell)
{
	return RUI_CELL_LEVELS - __builtin_ctzll(cell) / 2;
}

/* Face and coordinates (those of the level, from the south-west) of a cell. */
typedef struct place
{
	uint32_t face;
	uint32_t x;
	uint32_t y;
	int level;
} place;

static rui_cell
cell_of(const place *p)
{
	rui_cell cell = p->face;
	int orientation = 0;
	int i;

	for (i = p->level - 1; i >= 0; i--)
	{
		int quadrant = (int) ((p->x >> i & 1) << 1 | (p->y >> i & 1));
		int digit = digit_of[orientation][quadrant];

		cell = cell << 2 | (rui_cell) digit;
		orientation ^= turn_of[digit];
	}
	return (cell << 1 | 1) << 2 * (RUI_CELL_LEVELS - p->level);
}

static place
place_of(rui_cell cell)
{
	place p = { 0, 0, 0, rui_cell_level(cell) };
	int orientation = 0;
	int i;

	p.face = (uint32_t) (cell >> 61);
	for (i = 0; i < p.level; i++)
	{
		int digit = (int) (cell >> (59 - 2 * i) & 3);
		int quadrant = quadrant_of[orientation][digit];

		p.x = p.x << 1 | (uint32_t) quadrant >> 1;
		p.y = p.y << 1 | ((uint32_t) quadrant & 1);
		orientation ^= turn_of[digit];
	}
	return p;
}

/* Border i of the last level from a start; exact, as 180 is 45 times 4. */
static double
border(double start, uint32_t i)
{
	return start + 180.0 * i / SIDE;
}

/* The last border at or before the value, but the last of all. */
static uint32_t
find_border(double start, double value)
{
	double guess = floor((value - start) / 180.0 * SIDE);
	uint32_t i = guess < 0 ? 0 : guess > SIDE - 1 ? SIDE - 1
												  : (uint32_t) guess;

	while (i > 0 && border(start, i) > value)
		i--;
	while (i < SIDE - 1 && border(start, i + 1) <= value)
		i++;
	return i;
}

static rui_status
check_level(int level, int highest, rui_error *error)
{
	if (level < 0 || level > highest)
		return rui_fail(error, RUI_INVALID, "level", NULL, "Expected a level from 0 to %d, not %d.",
						highest, level);
	return RUI_OK;
}

rui_status
rui_cell_at(double lon, double lat, int level, rui_cell *cell, rui_error *error)
{
	place p;
	rui_status status = check_level(level, RUI_CELL_LEVELS, error);

	if (status != RUI_OK)
		return status;
	if (!(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90))
		return rui_fail(error, RUI_RANGE, NULL, "Give degrees: longitude first, then latitude.",
						"The point (%.10g, %.10g) lies outside the world.", lon, lat);
	if (lon == 180)
		lon = -180;
	p.face = lon >= 0;
	p.level = level;
	p.x = find_border(p.face == 0 ? -180 : 0, lon) >> (RUI_CELL_LEVELS - level);
	p.y = find_border(-90, lat) >> (RUI_CELL_LEVELS - level);
	*cell = cell_of(&p);
	return RUI_OK;
}

rui_status
rui_cell_parent(rui_cell cell, int level, rui_cell *parent, rui_error *error)
{
	rui_cell mark;
	rui_status status = check_level(level, rui_cell_level(cell), error);

	if (status != RUI_OK)
		return status;
	mark = (rui_cell) 1 << 2 * (RUI_CELL_LEVELS - level);
	*parent = (cell & -mark) | mark;
	return RUI_OK;
}

rui_status
rui_cell_children(rui_cell cell, rui_cell children[4], rui_error *error)
{
	rui_cell mark = cell & -cell;
	int i;

	if (mark == 1)
		return rui_fail(error, RUI_INVALID, "level", NULL, "Cells of level %d have no children.",
						RUI_CELL_LEVELS);
	mark >>= 2;
	for (i = 0; i < 4; i++)
		children[i] = (cell & (cell - 1)) + (rui_cell) (2 * i + 1) * mark;
	return RUI_OK;
}

int
rui_cell_neighbours(rui_cell cell, rui_cell neighbours[8])
{
	place p = place_of(cell);
	int64_t side = INT64_C(1) << p.level;
	int count = 0;
	int dx;
	int dy;

	for (dx = -1; dx <= 1; dx++)
		for (dy = -1; dy <= 1; dy++)
		{
			int64_t x = ((int64_t) p.face * side + p.x + dx + 2 * side) % (2 * side);
			int64_t y = (int64_t) p.y + dy;
			place q = { (uint32_t) (x / side), (uint32_t) (x % side), (uint32_t) y, p.level };
			rui_cell found;
			int i;

			if (y < 0 || y >= side)
				continue;
			found = cell_of(&q);
			for (i = count; i > 0 && neighbours[i - 1] > found; i--)
				;
			/* On level 0 east and west are the same. */
			if (found == cell || (i > 0 && neighbours[i - 1] == found))
				continue;
			memmove(neighbours + i + 1, neighbours + i, (size_t) (count - i) * sizeof(rui_cell));
			neighbours[i] = found;
			count++;
		}
	return count;
}

rui_cell_box
rui_cell_bounds(rui_cell cell)
{
	place p = place_of(cell);
	int shift = RUI_CELL_LEVELS - p.level;
	double start = p.face == 0 ? -180 : 0;
	rui_cell_box box;

	box.west = border(start, p.x << shift);
	box.east = border(start, (p.x + 1) << shift);
	box.south = border(-90, p.y << shift);
	box.north = border(-90, (p.y + 1) << shift);
	return box;
}

rui_status
rui_cell_read(const char *text, size_t length, rui_cell *cell, rui_error *error)
{
	rui_cell value;
	size_t i;

	if (length < 2 || (text[0] != '0' && text[0] != '1') || text[1] != '/')
		return rui_fail_at(error, RUI_SYNTAX, 0, NULL, "Write a cell as 1/03120.",
						   "A cell begins with its face, 0/ or 1/.");
	if (length > 2 + RUI_CELL_LEVELS)
		return rui_fail_at(error, RUI_SYNTAX, 2 + RUI_CELL_LEVELS, NULL, "Write a cell as 1/03120.",
						   "A cell has at most %d digits.", RUI_CELL_LEVELS);
	value = (rui_cell) (text[0] - '0');
	for (i = 2; i < length; i++)
	{
		if (text[i] < '0' || text[i] > '3')
			return rui_fail_at(error, RUI_SYNTAX, (int64_t) i, NULL, "Write a cell as 1/03120.",
							   "The digits of a cell are 0 to 3.");
		value = value << 2 | (rui_cell) (text[i] - '0');
	}
	*cell = (value << 1 | 1) << 2 * (RUI_CELL_LEVELS - (length - 2));
	return RUI_OK;
}

void
rui_cell_write(rui_cell cell, char text[RUI_CELL_TEXT_SIZE])
{
	int level = rui_cell_level(cell);
	int i;

	text[0] = (char) ('0' + (cell >> 61));
	text[1] = '/';
	for (i = 0; i < level; i++)
		text[2 + i] = (char) ('0' + (cell >> (59 - 2 * i) & 3));
	text[2 + level] = '\0';
}
