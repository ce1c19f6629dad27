/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric.c
 *	  Fuzz target: a rubric has one canonical text, and points sum to the score.
 *
 * The input is the text of a rubric, and after a NUL that of findings.
 */
#include <stdlib.h>
#include <string.h>

#include "core/rubric.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_findings(const rui_rubric *rubric, const char *text, size_t length)
{
	rui_rubric_result result;
	rui_decimal sum;
	rui_error error = { 0 };
	size_t i;
	rui_status status = rui_rubric_score(&rui_env_malloc, rubric, text, length, true, &result,
										 &error);

	if (status != RUI_OK)
	{
		require(error.code == status && error.detail[0] != '\0');
		return;
	}
	require(rui_decimal_add(result.floor_points, result.veto_points, &sum, &error) == RUI_OK);
	for (i = 0; i < rubric->item_count; i++)
		require(rui_decimal_add(sum, result.answers[i].points, &sum, &error) == RUI_OK);
	require(!result.has_total || rui_decimal_compare(sum, result.total) == 0);
	require(!result.has_total || result.total.value >= 0);
	rui_rubric_result_release(&rui_env_malloc, &result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rules = (const char *) data;
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t length = end != NULL ? (size_t) (end - data) : size;
	rui_rubric *rubric;
	rui_rubric *again;
	rui_text first;
	rui_text second;
	rui_error error = { 0 };
	rui_status status = rui_rubric_read(&rui_env_malloc, rules, length, &rubric, &error);

	if (status != RUI_OK)
	{
		require(error.code == status && error.detail[0] != '\0');
		return 0;
	}
	rui_text_start(&first, &rui_env_malloc);
	rui_text_start(&second, &rui_env_malloc);
	rui_rubric_write(rubric, &first);
	require(rui_rubric_read(&rui_env_malloc, first.bytes, first.length, &again, &error) == RUI_OK);
	rui_rubric_write(again, &second);
	require(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0);
	check_findings(again, "{}", 2);
	if (end != NULL)
		check_findings(again, rules + length + 1, size - length - 1);
	rui_text_release(&first);
	rui_text_release(&second);
	rui_rubric_release(&rui_env_malloc, rubric);
	rui_rubric_release(&rui_env_malloc, again);
	return 0;
}
