/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_list.h
 *	  Lists sorted only as far as somebody reads them.
 *
 * A list is two arrays, keys and their owners, ascending by (key, owner) as
 * far as `sorted`; what follows is in any order and not less.  Most searches
 * read a few of the least keys.
 */
#ifndef RUI_ASSIGN_LIST_H
#define RUI_ASSIGN_LIST_H

#include "core/rui_core.h"

/* Sort further: at least one more where there is one, twice as many if long. */
extern void rui_assign_extend(int64_t *key, uint32_t *owner, uint32_t count, uint32_t *sorted);

/* Begin: the least entry of a list that is not empty comes first. */
extern void rui_assign_first(int64_t *key, uint32_t *owner, uint32_t count, uint32_t *sorted);

/* Add to a list that has room for one more. */
extern void rui_assign_include(int64_t *key, uint32_t *owner, uint32_t *count, uint32_t *sorted,
							   int64_t new_key, uint32_t new_owner);

/* Take away the entry with this key and owner; false where there is none. */
extern bool rui_assign_exclude(int64_t *key, uint32_t *owner, uint32_t *count, uint32_t *sorted,
							   int64_t old_key, uint32_t old_owner);

/* Sort the whole list. */
extern void rui_assign_sort(int64_t *key, uint32_t *owner, uint32_t count);

#endif /* RUI_ASSIGN_LIST_H */
