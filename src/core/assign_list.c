/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_list.c
 *	  Lists sorted only as far as somebody reads them.
 *
 * Quicksort that leaves alone what lies beyond the part asked for, with
 * heapsort below a depth that only bad luck reaches.
 */
#include "core/assign_list.h"

#define SHORT 24 /* sorted by insertion, and at once */

static inline bool
less(int64_t key_a, uint32_t owner_a, int64_t key_b, uint32_t owner_b)
{
	return key_a < key_b || (key_a == key_b && owner_a < owner_b);
}

static inline void
swap(int64_t *key, uint32_t *owner, uint32_t a, uint32_t b)
{
	int64_t k = key[a];
	uint32_t o = owner[a];

	key[a] = key[b];
	owner[a] = owner[b];
	key[b] = k;
	owner[b] = o;
}

static void
insertion_sort(int64_t *key, uint32_t *owner, uint32_t count)
{
	uint32_t i;

	for (i = 1; i < count; i++)
	{
		int64_t k = key[i];
		uint32_t o = owner[i];
		uint32_t at = i;

		for (; at > 0 && less(k, o, key[at - 1], owner[at - 1]); at--)
		{
			key[at] = key[at - 1];
			owner[at] = owner[at - 1];
		}
		key[at] = k;
		owner[at] = o;
	}
}

static void
sink(int64_t *key, uint32_t *owner, uint32_t at, uint32_t count)
{
	for (;;)
	{
		uint32_t child = at * 2 + 1;

		if (child >= count)
			return;
		if (child + 1 < count && less(key[child], owner[child], key[child + 1], owner[child + 1]))
			child++;
		if (!less(key[at], owner[at], key[child], owner[child]))
			return;
		swap(key, owner, at, child);
		at = child;
	}
}

static void
heap_sort(int64_t *key, uint32_t *owner, uint32_t count)
{
	uint32_t i;

	for (i = count / 2; i-- > 0;)
		sink(key, owner, i, count);
	for (i = count; i-- > 1;)
	{
		swap(key, owner, 0, i);
		sink(key, owner, 0, i);
	}
}

/* Put the middle one of three entries first. */
static void
choose_pivot(int64_t *key, uint32_t *owner, uint32_t count)
{
	uint32_t middle = count / 2;
	uint32_t last = count - 1;

	if (less(key[middle], owner[middle], key[0], owner[0]))
		swap(key, owner, 0, middle);
	if (less(key[last], owner[last], key[0], owner[0]))
		swap(key, owner, 0, last);
	if (less(key[last], owner[last], key[middle], owner[middle]))
		swap(key, owner, middle, last);
	swap(key, owner, 0, middle);
}

/* Bring the least `wanted` of count entries to the front, sorted. */
static void
sort_least(int64_t *key, uint32_t *owner, uint32_t count, uint32_t wanted, int depth)
{
	while (count > SHORT)
	{
		int64_t pivot_key;
		uint32_t pivot_owner;
		uint32_t low = 1;
		uint32_t high = count - 1;

		if (depth-- <= 0)
		{
			heap_sort(key, owner, count);
			return;
		}
		choose_pivot(key, owner, count);
		pivot_key = key[0];
		pivot_owner = owner[0];
		for (;;)
		{
			while (low <= high && less(key[low], owner[low], pivot_key, pivot_owner))
				low++;
			while (low <= high && less(pivot_key, pivot_owner, key[high], owner[high]))
				high--;
			if (low >= high)
				break;
			swap(key, owner, low++, high--);
		}
		swap(key, owner, 0, high);

		/* Now [0, high) < pivot at high < (high, count). */
		if (wanted <= high)
			count = high;
		else
		{
			sort_least(key, owner, high, high, depth);
			if (wanted <= high + 1)
				return;
			key += high + 1;
			owner += high + 1;
			count -= high + 1;
			wanted -= high + 1;
		}
	}
	insertion_sort(key, owner, count);
}

static int
depth_for(uint32_t count)
{
	return count < 2 ? 0 : 2 * (32 - __builtin_clz(count)) + 4;
}

void
rui_assign_extend(int64_t *key, uint32_t *owner, uint32_t count, uint32_t *sorted)
{
	uint32_t rest = count - *sorted;
	uint32_t more = *sorted < SHORT ? SHORT : *sorted;

	if (rest <= SHORT * 2)
		more = rest;
	sort_least(key + *sorted, owner + *sorted, rest, more < rest ? more : rest, depth_for(rest));
	*sorted += more < rest ? more : rest;
}

void
rui_assign_first(int64_t *key, uint32_t *owner, uint32_t count, uint32_t *sorted)
{
	uint32_t least = 0;
	uint32_t i;

	if (count <= SHORT)
	{
		rui_assign_extend(key, owner, count, sorted);
		return;
	}
	for (i = 1; i < count; i++)
		if (less(key[i], owner[i], key[least], owner[least]))
			least = i;
	swap(key, owner, 0, least);
	*sorted = 1;
}

void
rui_assign_sort(int64_t *key, uint32_t *owner, uint32_t count)
{
	sort_least(key, owner, count, count, depth_for(count));
}

void
rui_assign_include(int64_t *key, uint32_t *owner, uint32_t *count, uint32_t *sorted,
				   int64_t new_key, uint32_t new_owner)
{
	uint32_t at = *sorted;

	if (at > 0 && less(new_key, new_owner, key[at - 1], owner[at - 1]))
	{
		/* The first of the rest makes way at the end. */
		key[*count] = key[at];
		owner[*count] = owner[at];
		for (; at > 0 && less(new_key, new_owner, key[at - 1], owner[at - 1]); at--)
		{
			key[at] = key[at - 1];
			owner[at] = owner[at - 1];
		}
		(*sorted)++;
	}
	else
		at = *count;
	key[at] = new_key;
	owner[at] = new_owner;
	(*count)++;
}

bool
rui_assign_exclude(int64_t *key, uint32_t *owner, uint32_t *count, uint32_t *sorted,
				   int64_t old_key, uint32_t old_owner)
{
	uint32_t at;

	for (at = 0; at < *count && (key[at] != old_key || owner[at] != old_owner); at++)
		;
	if (at == *count)
		return false;
	if (at < *sorted)
	{
		(*sorted)--;
		for (; at < *sorted; at++)
		{
			key[at] = key[at + 1];
			owner[at] = owner[at + 1];
		}
	}
	(*count)--;
	key[at] = key[*count];
	owner[at] = owner[*count];
	return true;
}
