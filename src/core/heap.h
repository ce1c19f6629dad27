/* SPDX-License-Identifier: PostgreSQL
 *
 * heap.h
 *	  A heap of items (uint32_t) that know their places in it, four children each, as
 *	  code for one kind of owner. Four children: half the levels, and those that are
 *	  compared lie side by side (LaMarca and Ladner 1996).
 *
 * Before it is included, once a file, say
 *	  HEAP_OWNER                 what every function takes a pointer to
 *	  HEAP_ITEMS(owner)          the array of items, as long as there may be items
 *	  HEAP_COUNT(owner)          how many there are now, an lvalue
 *	  HEAP_PLACE(owner, item)    where an item is, an lvalue
 *	  HEAP_LESS(owner, a, b)     whether an item comes before another: a total order, so
 *	                             that no result hangs on the order of arrival
 */
#ifndef RUI_CORE_HEAP_H
#define RUI_CORE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* An item comes nearer the top: it was `at`, or is new there, `at` being the count before. */
static inline void
heap_up(HEAP_OWNER *owner, uint32_t at, uint32_t item)
{
	uint32_t *heap = HEAP_ITEMS(owner);

	while (at > 0)
	{
		uint32_t parent = (at - 1) / 4;

		if (!HEAP_LESS(owner, item, heap[parent]))
			break;
		heap[at] = heap[parent];
		HEAP_PLACE(owner, heap[at]) = at;
		at = parent;
	}
	heap[at] = item;
	HEAP_PLACE(owner, item) = at;
}

/* Take the first item out of a heap that is not empty. Its place is left as it was. */
static uint32_t
heap_pop(HEAP_OWNER *owner)
{
	uint32_t *heap = HEAP_ITEMS(owner);
	uint32_t top = heap[0];
	uint32_t count = --HEAP_COUNT(owner);
	uint32_t item = heap[count];
	uint32_t at = 0;

	if (count == 0)
		return top;
	for (;;)
	{
		uint32_t child = at * 4 + 1;
		uint32_t last = child + 4 < count ? child + 4 : count;
		uint32_t least = child;

		if (child >= count)
			break;
		for (child++; child < last; child++)
			if (HEAP_LESS(owner, heap[child], heap[least]))
				least = child;
		if (!HEAP_LESS(owner, heap[least], item))
			break;
		heap[at] = heap[least];
		HEAP_PLACE(owner, heap[at]) = at;
		at = least;
	}
	heap[at] = item;
	HEAP_PLACE(owner, item) = at;
	return top;
}

#endif
