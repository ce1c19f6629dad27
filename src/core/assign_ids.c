/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_ids.c
 *	  From ids of tasks and workers to small numbers, by open addressing.
 */
#include "core/assign_ids.h"

#include <string.h>

static uint64_t
mix(int64_t id)
{
	uint64_t z = (uint64_t) id;

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static size_t
find_slot(const rui_assign_ids *ids, int64_t id)
{
	size_t at = (size_t) mix(id) & (ids->slots - 1);

	while (ids->slot[at] != 0 && ids->id[ids->slot[at] - 1] != id)
		at = (at + 1) & (ids->slots - 1);
	return at;
}

uint32_t
rui_assign_find_id(const rui_assign_ids *ids, int64_t id)
{
	return ids->slots == 0 ? RUI_ASSIGN_NONE : ids->slot[find_slot(ids, id)] - 1;
}

rui_status
rui_assign_reserve_id(const rui_env *env, rui_assign_ids *ids, rui_error *error)
{
	size_t slots = ids->slots == 0 ? 32 : ids->slots * 2;
	uint32_t *slot;
	uint32_t *old = ids->slot;
	size_t old_slots = ids->slots;
	size_t i;

	if (rui_grow(env, &ids->id, &ids->capacity, (size_t) ids->count + 1, sizeof *ids->id,
				 error) != RUI_OK)
		return RUI_MEMORY;
	if (((size_t) ids->count + 1) * 3 < ids->slots * 2)
		return RUI_OK;
	slot = rui_allocate_zero(env, slots, sizeof *slot);
	if (slot == NULL)
		return rui_fail_memory(error, slots * sizeof *slot);
	ids->slot = slot;
	ids->slots = slots;
	for (i = 0; i < old_slots; i++)
		if (old[i] != 0)
			slot[find_slot(ids, ids->id[old[i] - 1])] = old[i];
	rui_release(env, old);
	return RUI_OK;
}

uint32_t
rui_assign_add_id(rui_assign_ids *ids, int64_t id)
{
	uint32_t index = ids->count;

	if (ids->vacant != 0)
	{
		index = ids->vacant - 1;
		ids->vacant = (uint32_t) ids->id[index];
	}
	else
		ids->count++;
	ids->id[index] = id;
	ids->slot[find_slot(ids, id)] = index + 1;
	return index;
}

void
rui_assign_remove_id(rui_assign_ids *ids, int64_t id)
{
	size_t mask = ids->slots - 1;
	size_t hole = find_slot(ids, id);
	uint32_t index = ids->slot[hole] - 1;
	size_t at;

	/* What would not be found any more across the hole moves into it. */
	for (at = (hole + 1) & mask; ids->slot[at] != 0; at = (at + 1) & mask)
	{
		size_t home = (size_t) mix(ids->id[ids->slot[at] - 1]) & mask;

		if (((at - home) & mask) >= ((at - hole) & mask))
		{
			ids->slot[hole] = ids->slot[at];
			hole = at;
		}
	}
	ids->slot[hole] = 0;
	ids->id[index] = ids->vacant;
	ids->vacant = index + 1;
}

void
rui_assign_release_ids(const rui_env *env, rui_assign_ids *ids)
{
	rui_release(env, ids->id);
	rui_release(env, ids->slot);
	memset(ids, 0, sizeof *ids);
}

size_t
rui_assign_ids_bytes(const rui_assign_ids *ids)
{
	return ids->capacity * sizeof *ids->id + ids->slots * sizeof *ids->slot;
}
