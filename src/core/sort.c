/* SPDX-License-Identifier: PostgreSQL
 *
 * sort.c
 *	  Sorting that can be stopped.
 */
#include "core/sort.h"

#include <stdlib.h>
#include <string.h>

#define RUN 32768 /* elements that are sorted, or merged, without asking */

/* Merge the neighbouring runs [start, middle) and [middle, end) of from into to. */
static rui_status
merge(const rui_env *env, const char *from, char *to, size_t start, size_t middle, size_t end,
	  size_t size, int (*compare)(const void *, const void *), rui_error *error)
{
	const char *left = from + start * size;
	const char *right = from + middle * size;
	const char *left_end = right;
	const char *right_end = from + end * size;
	size_t i;

	for (i = start; i < end; i++)
	{
		bool is_left = left < left_end && (right == right_end || compare(left, right) <= 0);

		if (i % RUN == 0 && rui_interrupted(env))
			return rui_fail_interrupted(error);
		memcpy(to + i * size, is_left ? left : right, size);
		if (is_left)
			left += size;
		else
			right += size;
	}
	return RUI_OK;
}

/* Merge runs of so many into runs of twice as many. */
static rui_status
merge_all(const rui_env *env, const char *from, char *to, size_t count, size_t length, size_t size,
		  int (*compare)(const void *, const void *), rui_error *error)
{
	size_t start;
	rui_status status = RUI_OK;

	for (start = 0; start < count && status == RUI_OK; start += 2 * length)
	{
		size_t middle = count - start < length ? count : start + length;
		size_t end = count - middle < length ? count : middle + length;

		status = merge(env, from, to, start, middle, end, size, compare, error);
	}
	return status;
}

rui_status
rui_sort(const rui_env *env, void *elements, size_t count, size_t size,
		 int (*compare)(const void *, const void *), rui_error *error)
{
	char *all = elements;
	char *spare;
	char *from = all;
	size_t length;
	size_t start;
	rui_status status = RUI_OK;

	if (count <= RUN)
	{
		if (count > 1)
			qsort(elements, count, size, compare);
		return RUI_OK;
	}
	spare = rui_allocate(env, count, size);
	if (spare == NULL)
		return rui_fail_memory(error, count * size);
	for (start = 0; start < count && status == RUI_OK; start += RUN)
	{
		if (rui_interrupted(env))
			status = rui_fail_interrupted(error);
		else
			qsort(all + start * size, count - start < RUN ? count - start : RUN, size, compare);
	}
	for (length = RUN; length < count && status == RUI_OK; length *= 2)
	{
		char *to = from == all ? spare : all;

		status = merge_all(env, from, to, count, length, size, compare, error);
		if (status == RUI_OK)
			from = to;
	}
	/* What a merge reads from is whole, whatever became of the merge. */
	if (from != all)
		memcpy(all, from, count * size);
	rui_release(env, spare);
	return status;
}
