/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric_write.c
 *	  The canonical text of a rubric, and its release.
 */
#include "core/rubric.h"

#include <string.h>

static void
write_text(rui_text *text, const char *key, const char *value)
{
	rui_text_format(text, "\"%s\":", key);
	rui_text_json_string(text, value, strlen(value));
}

static void
write_decimal(rui_text *text, const char *key, rui_decimal number)
{
	rui_text_format(text, "\"%s\":\"", key);
	rui_decimal_write(text, number);
	rui_text_character(text, '"');
}

static void
write_bands(rui_text *text, const rui_rubric_item *item)
{
	size_t i;

	rui_text_add(text, ",\"bands\":[");
	for (i = 0; i < item->band_count; i++)
	{
		rui_text_add(text, i > 0 ? ",{" : "{");
		write_decimal(text, "from", item->bands[i].from);
		rui_text_character(text, ',');
		write_decimal(text, "share", item->bands[i].share);
		rui_text_character(text, '}');
	}
	rui_text_character(text, ']');
}

static void
write_item(rui_text *text, const rui_rubric_item *item)
{
	static const char *const kinds[] = { "rating", "pass", "measure", "penalty", "bonus" };
	bool points = item->kind == RUI_ITEM_PENALTY || item->kind == RUI_ITEM_BONUS;

	rui_text_character(text, '{');
	write_text(text, "code", item->code);
	rui_text_character(text, ',');
	if (!points)
	{
		write_decimal(text, "weight", item->weight);
		rui_text_character(text, ',');
	}
	write_text(text, "kind", kinds[item->kind]);
	if (item->unit != NULL)
	{
		rui_text_character(text, ',');
		write_text(text, "unit", item->unit);
	}
	if (item->kind == RUI_ITEM_MEASURE)
		write_bands(text, item);
	if (points)
	{
		rui_text_character(text, ',');
		write_decimal(text, "each", item->each);
	}
	if (item->kind == RUI_ITEM_RATING || item->has_max)
	{
		rui_text_character(text, ',');
		write_decimal(text, "max", item->max);
	}
	rui_text_add(text, item->veto ? ",\"veto\":true}" : "}");
}

static void
write_sections(rui_text *text, const rui_rubric *rubric)
{
	size_t i;
	size_t j;

	rui_text_add(text, ",\"sections\":[");
	for (i = 0; i < rubric->section_count; i++)
	{
		const rui_rubric_section *section = &rubric->sections[i];

		rui_text_add(text, i > 0 ? ",{" : "{");
		write_text(text, "code", section->code);
		rui_text_character(text, ',');
		write_decimal(text, "weight", section->weight);
		rui_text_add(text, ",\"items\":[");
		for (j = 0; j < section->item_count; j++)
		{
			if (j > 0)
				rui_text_character(text, ',');
			write_item(text, &rubric->items[section->first_item + j]);
		}
		rui_text_add(text, "]}");
	}
	rui_text_character(text, ']');
}

void
rui_rubric_write(const rui_rubric *rubric, rui_text *text)
{
	static const char *const missing[] = { "skip", "zero", "error" };
	size_t i;

	rui_text_character(text, '{');
	write_decimal(text, "scale", rubric->scale);
	write_sections(text, rubric);
	if (rubric->missing != RUI_MISSING_SKIP)
		rui_text_format(text, ",\"missing\":\"%s\"", missing[rubric->missing]);
	if (rubric->veto_caps)
	{
		rui_text_add(text, ",\"on_veto\":\"veto_grade\",");
		write_text(text, "veto_grade", rubric->grades[rubric->veto_grade].grade);
	}
	if (rubric->decimals != 2 || rubric->mode != RUI_HALF_UP)
		rui_text_format(text, ",\"rounding\":{\"scale\":%d,\"mode\":\"%s\"}", rubric->decimals,
						rui_rounding_names[rubric->mode]);
	for (i = 0; i < rubric->grade_count; i++)
	{
		rui_text_add(text, i > 0 ? ",{" : ",\"grades\":[{");
		write_decimal(text, "at_least", rubric->grades[i].at_least);
		rui_text_character(text, ',');
		write_text(text, "grade", rubric->grades[i].grade);
		rui_text_character(text, '}');
	}
	rui_text_add(text, rubric->grade_count > 0 ? "]}" : "}");
}

void
rui_rubric_release(const rui_env *env, rui_rubric *rubric)
{
	size_t i;

	if (rubric == NULL)
		return;
	for (i = 0; i < rubric->item_count; i++)
		rui_release(env, rubric->items[i].bands);
	rui_release(env, rubric->items);
	rui_release(env, rubric->sections);
	rui_release(env, rubric->grades);
	rui_release(env, rubric->by_code);
	rui_release(env, rubric->limbs);
	rui_json_release(env, &rubric->document);
	rui_release(env, rubric);
}
