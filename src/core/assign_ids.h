/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_ids.h
 *	  From ids of tasks and workers to small numbers, by open addressing.
 */
#ifndef RUI_ASSIGN_IDS_H
#define RUI_ASSIGN_IDS_H

#include "core/rui_core.h"

#define RUI_ASSIGN_NONE UINT32_MAX

/* All zero is empty. */
typedef struct rui_assign_ids
{
	int64_t *id; /* by index; where the index is vacant, the next vacant one + 1 */
	uint32_t *slot; /* index + 1, or 0 */
	size_t slots; /* a power of two */
	size_t capacity; /* of id */
	uint32_t count; /* indexes ever given out at the same time */
	uint32_t vacant; /* an index that was given back + 1, or 0 */
} rui_assign_ids;

/* The index of an id, or RUI_ASSIGN_NONE. */
extern uint32_t rui_assign_find_id(const rui_assign_ids *ids, int64_t id);

/* Room for one more id, so that adding it cannot fail. */
extern rui_status rui_assign_reserve_id(const rui_env *env, rui_assign_ids *ids,
										rui_error *error);

/* Add an id that is not there: the index given back last, else the next one. */
extern uint32_t rui_assign_add_id(rui_assign_ids *ids, int64_t id);

/* Take an id away that is there; its index is vacant. */
extern void rui_assign_remove_id(rui_assign_ids *ids, int64_t id);

extern void rui_assign_release_ids(const rui_env *env, rui_assign_ids *ids);
extern size_t rui_assign_ids_bytes(const rui_assign_ids *ids);

#endif /* RUI_ASSIGN_IDS_H */
