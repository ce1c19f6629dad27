/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_list.c
 *	  Lists sorted only as far as somebody reads them.
 */
#include "core/assign_list.h"

#include "unit.h"

static int
below(rui_random *random, int bound)
{
	return (int) rui_random_below(random, (uint64_t) bound);
}

static void
check_list(const int64_t *key, const uint32_t *owner, uint32_t count, uint32_t sorted)
{
	uint32_t i;

	for (i = 1; i < count; i++)
	{
		uint32_t before = i <= sorted ? i - 1 : sorted - 1;

		if (sorted > 0)
			CHECK(key[before] < key[i] || (key[before] == key[i] && owner[before] < owner[i]));
	}
}

static void
test_lists(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 3000; seed++)
	{
		rui_random random = { seed };
		uint32_t room = 1 + (uint32_t) below(&random, seed % 20 == 0 ? 1000 : 70);
		int64_t *key = malloc(room * sizeof *key);
		uint32_t *owner = malloc(room * sizeof *owner);
		bool *present = calloc(room, sizeof *present);
		int64_t range = 1 + below(&random, below(&random, 2) == 0 ? 5 : 1000000);
		uint32_t count = 0;
		uint32_t sorted = 0;
		uint32_t i;
		int shape = below(&random, 4);

		unit_note("seed %" PRIu64, seed);
		for (i = 0; i < room; i++)
			if (below(&random, 4) > 0)
			{
				/* Any order, ascending, descending, all equal. */
				key[count] = shape == 0 ? below(&random, (int) range)
					: shape == 1		? (int64_t) i
					: shape == 2		? -(int64_t) i
										: 0;
				owner[count++] = i;
				present[i] = true;
			}
		for (i = 0; i < room; i++)
		{
			uint32_t before = sorted;
			uint32_t who = (uint32_t) below(&random, (int) room);

			switch (below(&random, 4))
			{
				case 0:
					if (sorted == count)
						break;
					rui_assign_extend(key, owner, count, &sorted);
					CHECK(sorted > before && sorted <= count);
					break;
				case 1:
				{
					uint32_t at;

					for (at = 0; at < count && owner[at] != who; at++)
						;
					CHECK((at < count) == present[who]);
					if (at == count)
						break;
					CHECK(rui_assign_exclude(key, owner, &count, &sorted, key[at], who));
					present[who] = false;
					break;
				}
				case 2:
					if (present[who])
						break;
					CHECK(!rui_assign_exclude(key, owner, &count, &sorted, 3, who));
					rui_assign_include(key, owner, &count, &sorted,
									   below(&random, (int) range) - range / 2, who);
					present[who] = true;
					break;
				default:
					break;
			}
			if (i % 8 == 0)
				check_list(key, owner, count, sorted);
		}
		check_list(key, owner, count, sorted);
		rui_assign_sort(key, owner, count);
		check_list(key, owner, count, count);
		for (i = 0; i < count; i++)
		{
			CHECK(present[owner[i]]);
			present[owner[i]] = false;
		}
		for (i = 0; i < room; i++)
			CHECK(!present[i]);
		free(key);
		free(owner);
		free(present);
	}
	unit_note("%s", "");
}

int
main(void)
{
	test_lists();
	return unit_finish("assign_list");
}
