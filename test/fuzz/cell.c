/* SPDX-License-Identifier: PostgreSQL
 *
 * cell.c
 *	  Fuzz target: any text is refused or is a cell that is written the same;
 *	  any number that is a cell has a sound family.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_cell(rui_cell cell)
{
	rui_cell_box box = rui_cell_bounds(cell);
	rui_cell neighbours[8];
	rui_cell again;
	rui_error error;
	int level = rui_cell_level(cell);

	require(rui_cell_at(box.west, box.south, level, &again, &error) == RUI_OK && again == cell);
	require(rui_cell_parent(cell, 0, &again, &error) == RUI_OK && rui_cell_contains(again, cell));
	require(rui_cell_neighbours(cell, neighbours) >= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[RUI_CELL_TEXT_SIZE];
	rui_cell cell;
	rui_error error = { 0 };

	if (rui_cell_read((const char *) data, size, &cell, &error) == RUI_OK)
	{
		require(rui_cell_is_valid(cell));
		rui_cell_write(cell, text);
		require(strlen(text) == size && memcmp(text, data, size) == 0);
		check_cell(cell);
	}
	else
		require(error.detail[0] != '\0');
	if (size >= sizeof cell)
	{
		memcpy(&cell, data, sizeof cell);
		if (rui_cell_is_valid(cell))
			check_cell(cell);
	}
	return 0;
}
