/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric_prepare.c
 *	  From the text of a rubric to what scoring needs.
 */
#include "core/rubric_prepare.h"

#include <string.h>

/* Room in a number beside its section's common multiple. */
#define WEIGHT_LIMBS 8
#define TOTAL_LIMBS 40

rui_uint128
rui_decimal_units(rui_decimal number, int scale)
{
	return (rui_uint128) number.value * rui_power_of_ten(scale - number.scale);
}

static inline bool
is_stopped(const rui_env *env, size_t step)
{
	return (step & 1023) == 1023 && rui_interrupted(env);
}

static int
compare_codes(const rui_rubric *rubric, size_t a, size_t b)
{
	return strcmp(rubric->items[rubric->by_code[a]].code, rubric->items[rubric->by_code[b]].code);
}

static void
swap_codes(rui_rubric *rubric, size_t a, size_t b)
{
	size_t item = rubric->by_code[a];

	rubric->by_code[a] = rubric->by_code[b];
	rubric->by_code[b] = item;
}

/* Heap sort of the items by code: no worst case, no memory. */
static void
sift(rui_rubric *rubric, size_t top, size_t count)
{
	size_t child;

	for (; (child = 2 * top + 1) < count; top = child)
	{
		if (child + 1 < count && compare_codes(rubric, child, child + 1) < 0)
			child++;
		if (compare_codes(rubric, top, child) >= 0)
			return;
		swap_codes(rubric, top, child);
	}
}

static rui_status
sort_codes(const rui_env *env, rui_rubric *rubric, rui_error *error)
{
	size_t count = rubric->item_count;
	size_t i;

	rubric->by_code = rui_allocate(env, count, sizeof(size_t));
	if (rubric->by_code == NULL)
		return rui_fail_memory(error, count * sizeof(size_t));
	for (i = 0; i < count; i++)
		rubric->by_code[i] = i;
	for (i = count / 2; i > 0; i--)
		sift(rubric, i - 1, count);
	for (i = count; i > 1; i--)
	{
		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		swap_codes(rubric, 0, i - 1);
		sift(rubric, 0, i - 1);
	}
	for (i = 1; i < count; i++)
	{
		const char *code = rubric->items[rubric->by_code[i]].code;

		if (strcmp(rubric->items[rubric->by_code[i - 1]].code, code) == 0)
			return rui_fail(error, RUI_INVALID, code, "Give every item a code of its own.",
							"The code stands twice.");
	}
	return RUI_OK;
}

const rui_rubric_item *
rui_rubric_find(const rui_rubric *rubric, const char *code)
{
	size_t low = 0;
	size_t high = rubric->item_count;

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;
		const rui_rubric_item *item = &rubric->items[rubric->by_code[middle]];
		int order = strcmp(item->code, code);

		if (order == 0)
			return item;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static uint64_t
greatest_common_divisor(uint64_t a, uint64_t b)
{
	while (b > 0)
	{
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static bool
is_weighted(const rui_rubric_item *item)
{
	return item->kind != RUI_ITEM_PENALTY && item->kind != RUI_ITEM_BONUS;
}

/* The least common multiple of the section's rating maxima, and its weights' scale. */
static rui_status
find_common(const rui_env *env, rui_rubric *rubric, rui_rubric_section *section,
			rui_error *error)
{
	uint32_t limbs[RUI_RUBRIC_COMMON_LIMBS + 4];
	rui_natural common = { limbs, 0 };
	size_t i;

	rui_natural_set(&common, 1);
	for (i = 0; i < section->item_count; i++)
	{
		const rui_rubric_item *item = &rubric->items[section->first_item + i];
		uint64_t max = (uint64_t) item->max.value;
		uint64_t shared;

		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		if (is_weighted(item) && item->weight.scale > section->weight_scale)
			section->weight_scale = item->weight.scale;
		if (item->kind != RUI_ITEM_RATING)
			continue;
		shared = greatest_common_divisor(max, rui_natural_remainder_by(&common, max));
		rui_natural_multiply_by(&common, max / shared);
		if (common.count > RUI_RUBRIC_COMMON_LIMBS)
			return rui_fail(error, RUI_LIMIT, section->code,
							"Give ratings the same max, or maxima with common factors.",
							"The least common multiple of the maxima has more than %d bits.",
							RUI_RUBRIC_COMMON_LIMBS * RUI_LIMB_BITS);
	}
	rui_natural_copy(&section->common, &common);
	return RUI_OK;
}

/* weight × common / max of each item. */
static rui_status
find_factors(const rui_env *env, rui_rubric *rubric, const rui_rubric_section *section,
			 rui_error *error)
{
	uint32_t limbs[4];
	rui_natural weight = { limbs, 0 };
	uint32_t part_limbs[RUI_RUBRIC_COMMON_LIMBS + 4];
	rui_natural part = { part_limbs, 0 };
	size_t i;

	for (i = 0; i < section->item_count; i++)
	{
		rui_rubric_item *item = &rubric->items[section->first_item + i];

		if (is_stopped(env, i))
			return rui_fail_interrupted(error);
		if (!is_weighted(item))
			continue;
		rui_natural_copy(&part, &section->common);
		if (item->kind == RUI_ITEM_RATING)
			rui_natural_divide_by(&part, (uint64_t) item->max.value);
		rui_natural_set(&weight, rui_decimal_units(item->weight, section->weight_scale));
		rui_natural_multiply(&item->factor, &part, &weight);
	}
	return RUI_OK;
}

rui_status
rui_rubric_prepare(const rui_env *env, rui_rubric *rubric, rui_error *error)
{
	const size_t common_limbs = RUI_RUBRIC_COMMON_LIMBS;
	size_t count = rubric->section_count + rubric->item_count;
	size_t i;
	rui_status status = sort_codes(env, rubric, error);

	if (status != RUI_OK)
		return status;
	rubric->limbs = rui_allocate(env, count, (common_limbs + 4) * sizeof(uint32_t));
	if (rubric->limbs == NULL)
		return rui_fail_memory(error, count * (common_limbs + 4) * sizeof(uint32_t));
	for (i = 0; i < rubric->section_count; i++)
		rubric->sections[i].common.limbs = rubric->limbs + i * (common_limbs + 4);
	for (i = 0; i < rubric->item_count; i++)
		rubric->items[i].factor.limbs =
			rubric->limbs + (rubric->section_count + i) * (common_limbs + 4);
	rubric->limb_count = TOTAL_LIMBS;
	for (i = 0; i < rubric->section_count; i++)
	{
		rui_rubric_section *section = &rubric->sections[i];

		if (rui_interrupted(env))
			return rui_fail_interrupted(error);
		status = find_common(env, rubric, section, error);
		if (status == RUI_OK)
			status = find_factors(env, rubric, section, error);
		if (status != RUI_OK)
			return status;
		rubric->limb_count += section->common.count + WEIGHT_LIMBS;
		if (section->weight.scale > rubric->section_scale)
			rubric->section_scale = section->weight.scale;
	}
	return RUI_OK;
}
