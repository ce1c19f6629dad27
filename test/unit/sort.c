/* SPDX-License-Identifier: PostgreSQL
 *
 * sort.c
 *	  Sorting that can be stopped: against qsort, and stopped anywhere.
 */
#include "core/sort.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

typedef struct element
{
	uint32_t key;
	uint32_t place; /* tells equal keys apart */
	uint32_t unused;
} element;

static int
compare_elements(const void *a, const void *b)
{
	const element *left = a;
	const element *right = b;

	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return left->place < right->place ? -1 : left->place > right->place;
}

static element *
draw(rui_random *random, size_t count, uint64_t keys)
{
	element *elements = malloc((count + 1) * sizeof(element));
	size_t i;

	for (i = 0; i < count; i++)
		elements[i] = (element){ (uint32_t) rui_random_below(random, keys), (uint32_t) i, 7 };
	return elements;
}

static int asked; /* since it was reset */
static int patience; /* answers before it gives up; -1: never */

static bool
give_up(void *argument)
{
	(void) argument;
	return asked++ == patience;
}

static void
test_sorted(rui_random *random, size_t count, uint64_t keys)
{
	rui_env env = rui_env_malloc;
	element *elements = draw(random, count, keys);
	element *expected = malloc((count + 1) * sizeof(element));
	rui_error error;

	memcpy(expected, elements, count * sizeof(element));
	qsort(expected, count, sizeof(element), compare_elements);
	env.interrupted = give_up;
	asked = 0;
	patience = -1;
	CHECK_INT(rui_sort(&env, elements, count, sizeof(element), compare_elements, &error), RUI_OK);
	CHECK(memcmp(elements, expected, count * sizeof(element)) == 0);
	/* For each so many elements, and each time they are merged. */
	CHECK(count < 100000 || asked >= 2 * (int) (count / 40000));
	free(elements);
	free(expected);
}

/* Wherever it stops, nothing is lost. */
static void
test_stopped(rui_random *random)
{
	enum
	{
		COUNT = 150000
	};
	rui_env env = rui_env_malloc;
	element *expected = draw(random, COUNT, 1000);
	element *elements = malloc(COUNT * sizeof(element));
	element *again = malloc(COUNT * sizeof(element));
	rui_error error;
	rui_status status = RUI_INTERRUPTED;
	int stops = 0;

	memcpy(again, expected, COUNT * sizeof(element));
	qsort(expected, COUNT, sizeof(element), compare_elements);
	env.interrupted = give_up;
	for (patience = 0; status != RUI_OK; patience++)
	{
		memcpy(elements, again, COUNT * sizeof(element));
		asked = 0;
		status = rui_sort(&env, elements, COUNT, sizeof(element), compare_elements, &error);
		CHECK(status == RUI_OK || status == RUI_INTERRUPTED);
		stops += status == RUI_INTERRUPTED;
		qsort(elements, COUNT, sizeof(element), compare_elements);
		CHECK(memcmp(elements, expected, COUNT * sizeof(element)) == 0);
	}
	CHECK(stops > 15);
	free(elements);
	free(expected);
	free(again);
}

static void *
allocate_nothing(size_t size, void *argument)
{
	(void) size;
	(void) argument;
	return NULL;
}

int
main(void)
{
	static const size_t counts[] = { 0, 1, 2, 1000, 32767, 32768, 32769, 65536,
									 65537, 98304, 98305, 131073, 400001 };
	rui_random random = { 20261127 };
	rui_env poor = rui_env_malloc;
	element *elements;
	rui_error error;
	size_t i;

	for (i = 0; i < sizeof counts / sizeof counts[0]; i++)
	{
		unit_note("%zu elements", counts[i]);
		test_sorted(&random, counts[i], 1 + counts[i] / 10);
		test_sorted(&random, counts[i], 1);
	}
	unit_note("%s", "");
	test_stopped(&random);
	poor.allocate = allocate_nothing;
	elements = draw(&random, 40000, 1000);
	CHECK_INT(rui_sort(&poor, elements, 40000, sizeof(element), compare_elements, &error),
			  RUI_MEMORY);
	free(elements);
	return unit_finish("sort");
}
