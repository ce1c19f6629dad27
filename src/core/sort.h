/* SPDX-License-Identifier: PostgreSQL
 *
 * sort.h
 *	  Sorting that can be stopped.
 */
#ifndef RUI_SORT_H
#define RUI_SORT_H

#include "core/rui_core.h"

/*
 * Sort count elements of size bytes, as qsort does, asking env.interrupted
 * now and then: runs of some ten thousand first, which are then merged.
 * Equal elements of different runs keep their order.  More than one run needs
 * as much memory again.  RUI_MEMORY or RUI_INTERRUPTED leaves all elements
 * there, in any order.
 */
extern rui_status rui_sort(const rui_env *env, void *elements, size_t count, size_t size,
						   int (*compare)(const void *, const void *), rui_error *error);

#endif /* RUI_SORT_H */
