/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric_read.c
 *	  The reader of rubric texts: checks, then brings into canonical form.
 */
#include "core/rubric.h"

#include <string.h>

#include "core/rubric_prepare.h"

typedef struct reader
{
	const rui_env *env;
	rui_rubric *rubric;
	rui_error *error;
} reader;

#define BAND_HINT \
	"Write bands as [{\"from\":\"0\",\"share\":\"1\"},{\"from\":\"15\",\"share\":\"0.5\"}]."

static rui_status
missing_key(reader *r, const rui_json *object, const char *key, const char *hint)
{
	return rui_json_fail(r->error, RUI_INVALID, object, hint, "The key %s is missing.", key);
}

static rui_status
read_decimal(reader *r, const rui_json *object, const char *key, rui_decimal *result)
{
	const rui_json *value = rui_json_member(object, key);

	if (value == NULL)
		return missing_key(r, object, key, NULL);
	return rui_json_decimal(value, result, r->error);
}

/* A decimal above zero of at most RUI_RUBRIC_DIGITS digits. */
static rui_status
read_positive(reader *r, const rui_json *object, const char *key, rui_decimal *result)
{
	rui_decimal number;
	rui_status status = read_decimal(r, object, key, &number);

	if (status != RUI_OK)
		return status;
	if (number.value <= 0 || number.value >= (rui_int128) rui_power_of_ten(RUI_RUBRIC_DIGITS))
		return rui_json_fail(r->error, RUI_INVALID, rui_json_member(object, key), NULL,
							 "Expected a number above zero of at most %d digits.",
							 RUI_RUBRIC_DIGITS);
	*result = number;
	return RUI_OK;
}

static rui_status
read_not_negative(reader *r, const rui_json *object, const char *key, rui_decimal *result)
{
	rui_status status = read_decimal(r, object, key, result);

	if (status == RUI_OK && result->value < 0)
		status = rui_json_fail(r->error, RUI_INVALID, rui_json_member(object, key),
							   "Give the size; a penalty is taken off.",
							   "The number is negative.");
	return status;
}

/* A name: text that is not empty. */
static rui_status
read_name(reader *r, const rui_json *object, const char *key, const char **result)
{
	const rui_json *value = rui_json_member(object, key);
	rui_status status;

	if (value == NULL)
		return missing_key(r, object, key, NULL);
	status = rui_json_expect(value, RUI_JSON_STRING, r->error);
	if (status != RUI_OK)
		return status;
	if (value->length == 0)
		return rui_json_fail(r->error, RUI_INVALID, value, NULL, "The text is empty.");
	*result = value->text;
	return RUI_OK;
}

/* One of a NULL-ended list of words. */
static rui_status
read_word(reader *r, const rui_json *value, const char *const *words, const char *hint,
		  int *result)
{
	int i;
	rui_status status = rui_json_expect(value, RUI_JSON_STRING, r->error);

	if (status != RUI_OK)
		return status;
	for (i = 0; words[i] != NULL; i++)
	{
		if (strcmp(value->text, words[i]) == 0)
		{
			*result = i;
			return RUI_OK;
		}
	}
	return rui_json_fail(r->error, RUI_INVALID, value, hint, "%s is not known here.",
						 value->text);
}

/* A member that is an array of at least one element. */
static rui_status
read_list(reader *r, const rui_json *object, const char *key, const char *hint,
		  const rui_json **list)
{
	const rui_json *value = rui_json_member(object, key);
	rui_status status;

	if (value == NULL)
		return missing_key(r, object, key, hint);
	status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);
	if (status != RUI_OK)
		return status;
	if (value->count == 0)
		return rui_json_fail(r->error, RUI_INVALID, value, hint, "The list is empty.");
	*list = value;
	return RUI_OK;
}

static rui_status
read_band(reader *r, const rui_json *value, rui_rubric_band *band, bool first)
{
	static const char *const keys[] = { "from", "share", NULL };
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_decimal(r, value, "from", &band->from);
	if (status == RUI_OK)
		status = read_decimal(r, value, "share", &band->share);
	if (status != RUI_OK)
		return status;
	if (!first && rui_decimal_compare(band->from, band[-1].from) <= 0)
		return rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "from"),
							 "Bands ascend.", "The band begins not above the one before.");
	if (band->share.value < 0 || rui_decimal_compare(band->share, rui_decimal_one) > 0)
		return rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "share"),
							 "Shares are fractions: half is \"0.5\".",
							 "The share does not lie between 0 and 1.");
	return RUI_OK;
}

static rui_status
read_bands(reader *r, const rui_json *value, rui_rubric_item *item)
{
	const rui_json *list = NULL;
	const rui_json *element;
	rui_status status = read_list(r, value, "bands", BAND_HINT, &list);

	if (status != RUI_OK)
		return status;
	item->bands = rui_allocate_zero(r->env, list->count, sizeof(rui_rubric_band));
	if (item->bands == NULL)
		return rui_fail_memory(r->error, list->count * sizeof(rui_rubric_band));
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		status = read_band(r, element, &item->bands[item->band_count], item->band_count == 0);
		item->band_count++;
	}
	return status;
}

typedef struct kind_row
{
	const char *keys[8]; /* all that may stand in the item, then NULL */
	bool weighted;
} kind_row;

/* In the order of rui_item_kind. */
static const char *const kind_names[] = { "rating", "pass", "measure", "penalty", "bonus", NULL };
static const kind_row kinds[] = {
	{ { "code", "weight", "kind", "max", "veto" }, true },
	{ { "code", "weight", "kind", "veto" }, true },
	{ { "code", "weight", "kind", "unit", "bands", "veto" }, true },
	{ { "code", "kind", "each", "max" }, false },
	{ { "code", "kind", "each", "max" }, false },
};

static rui_status
read_kind(reader *r, const rui_json *value, rui_rubric_item *item)
{
	rui_status status = RUI_OK;

	switch (item->kind)
	{
		case RUI_ITEM_RATING:
			status = read_positive(r, value, "max", &item->max);
			break;
		case RUI_ITEM_PASS:
			break;
		case RUI_ITEM_MEASURE:
			if (rui_json_member(value, "unit") != NULL)
				status = read_name(r, value, "unit", &item->unit);
			if (status == RUI_OK)
				status = read_bands(r, value, item);
			break;
		case RUI_ITEM_PENALTY:
		case RUI_ITEM_BONUS:
			status = read_not_negative(r, value, "each", &item->each);
			item->has_max = rui_json_member(value, "max") != NULL;
			if (status == RUI_OK && item->has_max)
				status = read_not_negative(r, value, "max", &item->max);
			break;
	}
	return status;
}

static rui_status
read_item(reader *r, const rui_json *value, rui_rubric_item *item)
{
	const rui_json *member;
	int kind = 0;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status != RUI_OK)
		return status;
	member = rui_json_member(value, "kind");
	if (member == NULL)
		return missing_key(r, value, "kind", "Kinds are rating, pass, measure, penalty, bonus.");
	status = read_word(r, member, kind_names, "Kinds are rating, pass, measure, penalty, bonus.",
					   &kind);
	if (status == RUI_OK)
		status = rui_json_only(value, kinds[kind].keys, r->error);
	if (status == RUI_OK)
		status = read_name(r, value, "code", &item->code);
	if (status == RUI_OK && kinds[kind].weighted)
		status = read_positive(r, value, "weight", &item->weight);
	member = rui_json_member(value, "veto");
	if (status == RUI_OK && member != NULL)
	{
		status = rui_json_expect(member, RUI_JSON_BOOLEAN, r->error);
		item->veto = member->boolean;
	}
	item->kind = (rui_item_kind) kind;
	if (status == RUI_OK)
		status = read_kind(r, value, item);
	return status;
}

static rui_status
read_section(reader *r, const rui_json *value, size_t number)
{
	static const char *const keys[] = { "code", "weight", "items", NULL };
	rui_rubric *rubric = r->rubric;
	rui_rubric_section *section = &rubric->sections[number];
	const rui_json *list = NULL;
	const rui_json *element;
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_name(r, value, "code", &section->code);
	for (i = 0; status == RUI_OK && i < number; i++)
		if (strcmp(rubric->sections[i].code, section->code) == 0)
			status = rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "code"),
								   "Give every section a code of its own.",
								   "The code %s stands twice.", section->code);
	if (status == RUI_OK)
		status = read_positive(r, value, "weight", &section->weight);
	if (status == RUI_OK)
		status = read_list(r, value, "items", "Give the section at least one item.", &list);
	if (status != RUI_OK)
		return status;
	section->first_item = rubric->item_count;
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		rui_rubric_item *item;

		if ((rubric->item_count & 1023) == 1023 && rui_interrupted(r->env))
			return rui_fail_interrupted(r->error);
		status = rui_grow(r->env, &rubric->items, &rubric->item_capacity, rubric->item_count + 1,
						  sizeof(rui_rubric_item), r->error);
		if (status != RUI_OK)
			break;
		item = &rubric->items[rubric->item_count++];
		memset(item, 0, sizeof *item);
		item->section = number;
		section->item_count++;
		status = read_item(r, element, item);
	}
	return status;
}

static rui_status
read_sections(reader *r, const rui_json *value)
{
	rui_rubric *rubric = r->rubric;
	const rui_json *list = NULL;
	const rui_json *element;
	rui_status status = read_list(r, value, "sections", "Give at least one section.", &list);

	if (status != RUI_OK)
		return status;
	rubric->sections = rui_allocate_zero(r->env, list->count, sizeof(rui_rubric_section));
	if (rubric->sections == NULL)
		return rui_fail_memory(r->error, list->count * sizeof(rui_rubric_section));
	for (element = list->first; element != NULL && status == RUI_OK; element = element->next)
	{
		if (rui_interrupted(r->env))
			return rui_fail_interrupted(r->error);
		status = read_section(r, element, rubric->section_count++);
	}
	return status;
}

static rui_status
read_grade(reader *r, const rui_json *value, rui_rubric_grade *grade, size_t number)
{
	static const char *const keys[] = { "at_least", "grade", NULL };
	size_t i;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK)
		status = read_decimal(r, value, "at_least", &grade->at_least);
	if (status == RUI_OK)
		status = read_name(r, value, "grade", &grade->grade);
	if (status != RUI_OK)
		return status;
	if (number > 0 && rui_decimal_compare(grade->at_least, grade[-1].at_least) >= 0)
		return rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "at_least"),
							 "Give the best grade first.",
							 "The grade begins not below the one before.");
	for (i = 1; i <= number; i++)
		if (strcmp(grade[-(ptrdiff_t) i].grade, grade->grade) == 0)
			return rui_json_fail(r->error, RUI_INVALID, rui_json_member(value, "grade"), NULL,
								 "The grade %s stands twice.", grade->grade);
	return RUI_OK;
}

static rui_status
read_grades(reader *r, const rui_json *value)
{
	rui_rubric *rubric = r->rubric;
	const rui_json *element;
	rui_status status = rui_json_expect(value, RUI_JSON_ARRAY, r->error);

	if (status != RUI_OK)
		return status;
	rubric->grades = rui_allocate_zero(r->env, value->count, sizeof(rui_rubric_grade));
	if (rubric->grades == NULL)
		return rui_fail_memory(r->error, value->count * sizeof(rui_rubric_grade));
	for (element = value->first; element != NULL && status == RUI_OK; element = element->next)
	{
		if (rui_interrupted(r->env))
			return rui_fail_interrupted(r->error);
		status = read_grade(r, element, &rubric->grades[rubric->grade_count], rubric->grade_count);
		rubric->grade_count++;
	}
	return status;
}

/* on_veto and veto_grade; the latter alone says the former too. */
static rui_status
read_veto(reader *r, const rui_json *value)
{
	static const char *const words[] = { "zero", "veto_grade", NULL };
	rui_rubric *rubric = r->rubric;
	const rui_json *on_veto = rui_json_member(value, "on_veto");
	const rui_json *grade = rui_json_member(value, "veto_grade");
	const char *name;
	int word = grade != NULL ? 1 : 0;
	rui_status status = RUI_OK;

	if (on_veto != NULL)
		status = read_word(r, on_veto, words, "Give zero, or veto_grade and the key of that name.",
						   &word);
	if (status != RUI_OK)
		return status;
	rubric->veto_caps = word == 1;
	if (!rubric->veto_caps && grade != NULL)
		return rui_json_fail(r->error, RUI_INVALID, grade,
							 "Leave it out, or set on_veto to veto_grade.",
							 "A veto that makes the total 0 has no grade.");
	if (!rubric->veto_caps)
		return RUI_OK;
	status = read_name(r, value, "veto_grade", &name);
	if (status != RUI_OK)
		return status;
	for (rubric->veto_grade = 0; rubric->veto_grade < rubric->grade_count; rubric->veto_grade++)
		if (strcmp(rubric->grades[rubric->veto_grade].grade, name) == 0)
			return RUI_OK;
	return rui_json_fail(r->error, RUI_INVALID, grade, "Give one of grades.",
						 "The grade %s is not one of grades.", name);
}

static rui_status
read_rounding(reader *r, const rui_json *value)
{
	static const char *const keys[] = { "scale", "mode", NULL };
	const rui_json *member;
	int64_t scale = r->rubric->decimals;
	int mode = RUI_HALF_UP;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	if (status == RUI_OK && (member = rui_json_member(value, "scale")) != NULL)
		status = rui_json_integer(member, 0, RUI_DECIMAL_SCALE, &scale, r->error);
	if (status == RUI_OK && (member = rui_json_member(value, "mode")) != NULL)
		status = read_word(r, member, rui_rounding_names,
						   "Modes are half_up, half_even, up, down, ceiling, floor.", &mode);
	if (status != RUI_OK)
		return status;
	r->rubric->decimals = (int) scale;
	r->rubric->mode = (rui_rounding) mode;
	return RUI_OK;
}

static rui_status
read_rubric(reader *r, const rui_json *value)
{
	static const char *const keys[] = { "scale", "sections", "missing", "on_veto",
										"veto_grade", "rounding", "grades", NULL };
	static const char *const missing[] = { "skip", "zero", "error", NULL };
	const rui_json *member;
	int word = RUI_MISSING_SKIP;
	rui_status status = rui_json_expect(value, RUI_JSON_OBJECT, r->error);

	if (status == RUI_OK)
		status = rui_json_only(value, keys, r->error);
	r->rubric->scale = rui_decimal_integer(100);
	if (status == RUI_OK && rui_json_member(value, "scale") != NULL)
		status = read_positive(r, value, "scale", &r->rubric->scale);
	if (status == RUI_OK)
		status = read_sections(r, value);
	if (status == RUI_OK && (member = rui_json_member(value, "missing")) != NULL)
		status = read_word(r, member, missing, "Give skip, zero or error.", &word);
	r->rubric->missing = (rui_missing) word;
	if (status == RUI_OK && (member = rui_json_member(value, "grades")) != NULL)
		status = read_grades(r, member);
	if (status == RUI_OK)
		status = read_veto(r, value);
	r->rubric->decimals = 2;
	if (status == RUI_OK && (member = rui_json_member(value, "rounding")) != NULL)
		status = read_rounding(r, member);
	if (status == RUI_OK)
		status = rui_rubric_prepare(r->env, r->rubric, r->error);
	return status;
}

rui_status
rui_rubric_read(const rui_env *env, const char *text, size_t length, rui_rubric **rubric,
				rui_error *error)
{
	reader r = { env, NULL, error };
	rui_status status;

	r.rubric = rui_allocate_zero(env, 1, sizeof(rui_rubric));
	if (r.rubric == NULL)
		return rui_fail_memory(error, sizeof(rui_rubric));
	status = rui_json_parse(env, text, length, &r.rubric->document, error);
	if (status == RUI_OK)
		status = read_rubric(&r, r.rubric->document.root);
	if (status == RUI_OK)
		*rubric = r.rubric;
	else
		rui_rubric_release(env, r.rubric);
	return status;
}
