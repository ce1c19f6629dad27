/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric_score.c
 *	  The exact score of findings.
 */
#include "core/rubric.h"

#include <string.h>

#include "core/rubric_prepare.h"

#define SHARE_DECIMALS 6

/*
 * Numbers of a score in the making.  The sections so far have the share sum
 * above / below, weighted by their weights in whole units.
 */
typedef struct score_maker
{
	const rui_env *env;
	const rui_rubric *rubric;
	rui_rubric_result *score;
	rui_error *error;
	uint32_t *limbs;
	rui_natural above;
	rui_natural below;
	rui_natural weights; /* of the sections that count */
	rui_natural numerator; /* of one section's share */
	rui_natural denominator;
	rui_natural base; /* below without the denominator */
	rui_natural first; /* short-lived */
	rui_natural second;
	rui_natural third;
	rui_decimal points; /* bonuses less penalties */
	rui_decimal reached; /* the rounded total so far, of an explanation */
} score_maker;

static inline bool
is_stopped(const score_maker *m, size_t step)
{
	return (step & 1023) == 1023 && rui_interrupted(m->env);
}

#define NUMBERS 9

static rui_status
out_of_range(score_maker *m, const rui_json *value, const char *hint)
{
	return rui_json_fail(m->error, RUI_INVALID, value, hint, "%s is out of range.", value->text);
}

/* The value of a finding, by the item's kind, and its share. */
static rui_status
read_value(score_maker *m, const rui_rubric_item *item, const rui_json *value,
		   rui_answer *answer)
{
	size_t i;
	rui_status status;

	if (item->kind == RUI_ITEM_PASS)
	{
		status = rui_json_expect(value, RUI_JSON_BOOLEAN, m->error);
		if (status != RUI_OK)
			return status;
		answer->value = rui_decimal_integer(value->boolean ? 1 : 0);
		answer->share = answer->value;
		return RUI_OK;
	}
	status = rui_json_decimal(value, &answer->value, m->error);
	if (status != RUI_OK)
		return status;
	if (item->kind == RUI_ITEM_MEASURE)
	{
		if (rui_decimal_compare(answer->value, item->bands[0].from) < 0)
			return out_of_range(m, value, "Give a value of the first band or above.");
		for (i = 1; i < item->band_count; i++)
			if (rui_decimal_compare(answer->value, item->bands[i].from) < 0)
				break;
		answer->share = item->bands[i - 1].share;
		return RUI_OK;
	}
	if (answer->value.value < 0)
		return out_of_range(m, value, "Give zero or more.");
	if (item->kind != RUI_ITEM_RATING)
		return RUI_OK;
	if (rui_decimal_compare(answer->value, item->max) > 0)
		return out_of_range(m, value, "Give at most the item's max.");
	return rui_decimal_ratio(answer->value, rui_decimal_one, item->max, SHARE_DECIMALS,
							 RUI_HALF_UP, &answer->share, m->error);
}

static rui_status
read_finding(score_maker *m, const rui_json *finding)
{
	static const char *const keys[] = { "value", NULL };
	const rui_rubric_item *item = rui_rubric_find(m->rubric, finding->key);
	rui_answer *answer;
	const rui_json *value;
	rui_status status;

	if (item == NULL)
		return rui_json_fail(m->error, RUI_INVALID, finding, "Use the codes of the rubric's items.",
							 "The rubric has no item of that code.");
	answer = &m->score->answers[item - m->rubric->items];
	if (finding->kind == RUI_JSON_STRING && strcmp(finding->text, "na") == 0)
	{
		answer->state = RUI_ANSWER_NOT_APPLICABLE;
		return RUI_OK;
	}
	if (finding->kind != RUI_JSON_OBJECT)
		return rui_json_fail(m->error, RUI_INVALID, finding, "Write {\"value\":\"4\"} or \"na\".",
							 "Expected an object or \"na\".");
	status = rui_json_only(finding, keys, m->error);
	value = rui_json_member(finding, "value");
	if (status == RUI_OK && value == NULL)
		status = rui_json_fail(m->error, RUI_INVALID, finding, "Write {\"value\":\"4\"} or \"na\".",
							   "The key value is missing.");
	if (status == RUI_OK)
		status = read_value(m, item, value, answer);
	answer->state = RUI_ANSWER_GIVEN;
	return status;
}

static rui_status
read_findings(score_maker *m, const rui_json *findings)
{
	const rui_rubric *rubric = m->rubric;
	const rui_json *finding;
	size_t i = 0;
	rui_status status = rui_json_expect(findings, RUI_JSON_OBJECT, m->error);

	for (finding = status == RUI_OK ? findings->first : NULL;
		 finding != NULL && status == RUI_OK; finding = finding->next)
		status = is_stopped(m, i++) ? rui_fail_interrupted(m->error) : read_finding(m, finding);
	for (i = 0; i < rubric->item_count && status == RUI_OK; i++)
	{
		rui_answer *answer = &m->score->answers[i];

		if (answer->state == RUI_ANSWER_ABSENT && rubric->missing == RUI_MISSING_ERROR)
			status = rui_fail(m->error, RUI_INVALID, rubric->items[i].code,
							  "Give its value, or \"na\" where it does not apply.",
							  "The item has no finding.");
		if (answer->state == RUI_ANSWER_ABSENT && rubric->missing == RUI_MISSING_ZERO)
			answer->state = RUI_ANSWER_MISSING;
	}
	return status;
}

static bool
counts(const rui_answer *answer)
{
	return answer->state == RUI_ANSWER_GIVEN || answer->state == RUI_ANSWER_MISSING;
}

static bool
has_share(const rui_rubric_item *item, const rui_answer *answer)
{
	return counts(answer) && item->kind != RUI_ITEM_PENALTY && item->kind != RUI_ITEM_BONUS;
}

/* Decimals of an item's share beyond its max's: the section works with the most. */
static int
share_exponent(const rui_rubric_item *item, const rui_answer *answer)
{
	if (item->kind == RUI_ITEM_RATING)
		return answer->value.scale > item->max.scale ? answer->value.scale - item->max.scale : 0;
	return item->kind == RUI_ITEM_MEASURE ? answer->share.scale : 0;
}

static int
section_exponent(const score_maker *m, const rui_rubric_section *section)
{
	int exponent = 0;
	size_t i;

	for (i = section->first_item; i < section->first_item + section->item_count; i++)
	{
		if (has_share(&m->rubric->items[i], &m->score->answers[i]))
		{
			int own = share_exponent(&m->rubric->items[i], &m->score->answers[i]);

			exponent = own > exponent ? own : exponent;
		}
	}
	return exponent;
}

/* Add an item's weight × share to the section's numerator. */
static void
add_item(score_maker *m, const rui_rubric_item *item, const rui_answer *answer, int exponent)
{
	bool rating = item->kind == RUI_ITEM_RATING;
	rui_decimal share = rating ? answer->value : answer->share;
	int power = exponent - share.scale + (rating ? item->max.scale : 0);

	/* Of a rating the factor is divided by max already. */
	rui_natural_set(&m->first, (rui_uint128) share.value);
	rui_natural_multiply_power_of_ten(&m->first, power);
	rui_natural_multiply(&m->second, &m->first, &item->factor);
	rui_natural_add(&m->numerator, &m->second);
}

/* The section's denominator: the same for its first and its last item. */
static void
set_denominator(score_maker *m, const rui_rubric_section *section, int exponent)
{
	size_t i;

	m->second.count = 0;
	for (i = section->first_item; i < section->first_item + section->item_count; i++)
	{
		const rui_rubric_item *item = &m->rubric->items[i];

		if (!has_share(item, &m->score->answers[i]))
			continue;
		rui_natural_set(&m->first, rui_decimal_units(item->weight, section->weight_scale));
		rui_natural_add(&m->second, &m->first);
	}
	rui_natural_multiply(&m->denominator, &m->second, &section->common);
	rui_natural_multiply_power_of_ten(&m->denominator, exponent);
}

/* Round first / second, which it uses up. */
static rui_status
round_fraction(score_maker *m, bool negative, int decimals, rui_rounding mode,
			   rui_decimal *result)
{
	rui_decimal rounded = { 0 };
	rui_uint128 value;
	bool odd;
	bool exact;

	rui_natural_multiply_power_of_ten(&m->first, decimals);
	rui_natural_divide(&m->first, &m->second, &m->third);
	odd = m->third.count > 0 && m->third.limbs[0] % 2 == 1;
	exact = m->first.count == 0;
	rui_natural_multiply_by(&m->first, 2);
	if (!rui_natural_get(&m->third, &value))
		return rui_fail(m->error, RUI_RANGE, NULL, "Use fewer points or fewer decimals.",
						"The score has more than %d digits.", RUI_DECIMAL_DIGITS);
	if (rui_rounds_away(mode, negative, odd, exact, rui_natural_compare(&m->first, &m->second)))
		value++;
	rounded.value = negative ? -(rui_int128) value : (rui_int128) value;
	rounded.scale = decimals;
	*result = rounded;
	return RUI_OK;
}

/* scale × above / (below × weights) + points, rounded. */
static rui_status
round_total(score_maker *m, rui_decimal *total)
{
	rui_decimal scale = m->rubric->scale;
	rui_decimal points = m->points;
	int decimals = points.scale > scale.scale ? points.scale : scale.scale;
	bool negative = false;

	rui_natural_copy(&m->first, &m->above);
	rui_natural_multiply_by(&m->first, (uint64_t) scale.value);
	rui_natural_multiply_power_of_ten(&m->first, decimals - scale.scale);
	rui_natural_multiply(&m->second, &m->below, &m->weights);
	if (points.value != 0)
	{
		/* The denominator is free once its section is open. */
		rui_natural_set(&m->third, (rui_uint128) (points.value < 0 ? -points.value : points.value));
		rui_natural_multiply(&m->denominator, &m->second, &m->third);
		rui_natural_multiply_power_of_ten(&m->denominator, decimals - points.scale);
		if (points.value > 0)
			rui_natural_add(&m->first, &m->denominator);
		else if (rui_natural_compare(&m->first, &m->denominator) >= 0)
			rui_natural_subtract(&m->first, &m->denominator);
		else
		{
			negative = true;
			rui_natural_subtract(&m->denominator, &m->first);
			rui_natural_copy(&m->first, &m->denominator);
		}
	}
	rui_natural_multiply_power_of_ten(&m->second, decimals);
	return round_fraction(m, negative, m->rubric->decimals, m->rubric->mode, total);
}

/* The points an answer brings: what the rounded total gains by it. */
static rui_status
note_points(score_maker *m, rui_answer *answer)
{
	rui_decimal total;
	rui_status status = round_total(m, &total);

	if (status == RUI_OK)
		status = rui_decimal_subtract(total, m->reached, &answer->points, m->error);
	if (status == RUI_OK)
		m->reached = total;
	return status;
}

/*
 * Bring above / below over the section's denominator, so that parts of the
 * section can be added.
 */
static void
open_section(score_maker *m, const rui_rubric_section *section, int exponent)
{
	set_denominator(m, section, exponent);
	rui_natural_copy(&m->base, &m->below);
	rui_natural_multiply(&m->first, &m->above, &m->denominator);
	rui_natural_copy(&m->above, &m->first);
	rui_natural_multiply(&m->below, &m->base, &m->denominator);
}

/* above += the section's weight × numerator × base */
static void
add_numerator(score_maker *m, const rui_rubric_section *section)
{
	rui_natural_set(&m->third, rui_decimal_units(section->weight, m->rubric->section_scale));
	rui_natural_multiply(&m->first, &m->numerator, &m->base);
	rui_natural_multiply(&m->second, &m->first, &m->third);
	rui_natural_add(&m->above, &m->second);
}

/* Add the section to the sum, and round its own share. */
static rui_status
score_section(score_maker *m, size_t number)
{
	const rui_rubric_section *section = &m->rubric->sections[number];
	rui_section_result *result = &m->score->sections[number];
	int exponent = section_exponent(m, section);
	size_t i;

	m->numerator.count = 0;
	for (i = section->first_item; i < section->first_item + section->item_count; i++)
	{
		const rui_answer *answer = &m->score->answers[i];

		if (is_stopped(m, i))
			return rui_fail_interrupted(m->error);
		if (answer->state == RUI_ANSWER_GIVEN)
			result->answered++;
		if (!has_share(&m->rubric->items[i], answer))
			continue;
		result->counts = true;
		add_item(m, &m->rubric->items[i], answer, exponent);
	}
	m->score->answered += result->answered;
	if (!result->counts)
		return RUI_OK;
	open_section(m, section, exponent);
	add_numerator(m, section);
	rui_natural_set(&m->first, rui_decimal_units(section->weight, m->rubric->section_scale));
	rui_natural_add(&m->weights, &m->first);
	rui_natural_copy(&m->first, &m->numerator);
	rui_natural_copy(&m->second, &m->denominator);
	return round_fraction(m, false, SHARE_DECIMALS, RUI_HALF_UP, &result->share);
}

/* The same sum, item by item, with the rounded total after each. */
static rui_status
explain_section(score_maker *m, size_t number)
{
	const rui_rubric_section *section = &m->rubric->sections[number];
	int exponent = section_exponent(m, section);
	size_t i;
	rui_status status = RUI_OK;

	if (!m->score->sections[number].counts)
		return RUI_OK;
	open_section(m, section, exponent);
	for (i = section->first_item;
		 i < section->first_item + section->item_count && status == RUI_OK; i++)
	{
		rui_answer *answer = &m->score->answers[i];

		if (is_stopped(m, i))
			return rui_fail_interrupted(m->error);
		if (!has_share(&m->rubric->items[i], answer))
			continue;
		m->numerator.count = 0;
		add_item(m, &m->rubric->items[i], answer, exponent);
		add_numerator(m, section);
		status = note_points(m, answer);
	}
	return status;
}

/* Penalties and bonuses: each × value, at most max. */
static rui_status
score_points(score_maker *m, bool explain)
{
	const rui_rubric *rubric = m->rubric;
	size_t i;
	rui_status status = RUI_OK;

	for (i = 0; i < rubric->item_count && status == RUI_OK; i++)
	{
		const rui_rubric_item *item = &rubric->items[i];
		rui_answer *answer = &m->score->answers[i];
		rui_decimal points;

		if (!counts(answer) || has_share(item, answer))
			continue;
		status = rui_decimal_multiply(item->each, answer->value, &points, m->error);
		if (status != RUI_OK)
			break;
		if (item->has_max && rui_decimal_compare(points, item->max) > 0)
			points = item->max;
		if (item->kind == RUI_ITEM_PENALTY)
			points = rui_decimal_negate(points);
		status = rui_decimal_add(m->points, points, &m->points, m->error);
		if (status == RUI_OK && explain)
			status = note_points(m, answer);
	}
	return status;
}

static void
reset_sums(score_maker *m)
{
	m->above.count = 0;
	rui_natural_set(&m->below, 1);
	m->points = rui_decimal_zero;
	m->reached = rui_decimal_zero;
}

/* What vetoes and grades make of the total. */
static rui_status
finish_score(score_maker *m)
{
	const rui_rubric *rubric = m->rubric;
	rui_rubric_result *score = m->score;
	rui_decimal zero = { 0, rubric->decimals, 0 };
	size_t i;

	score->floor_points = zero;
	score->veto_points = zero;
	for (i = 0; i < rubric->item_count; i++)
	{
		rui_answer *answer = &score->answers[i];
		const rui_rubric_item *item = &rubric->items[i];

		/* A small rating has a share that only looks like 0. */
		answer->zero = has_share(item, answer) &&
			(item->kind == RUI_ITEM_RATING ? answer->value.value : answer->share.value) == 0;
		if (item->veto && answer->zero)
			score->vetoed = true;
	}
	if (!score->has_total)
		return RUI_OK;
	if (score->total.value < 0)
	{
		score->floor_points = rui_decimal_negate(score->total);
		score->total = zero;
	}
	if (score->vetoed && !rubric->veto_caps)
	{
		score->veto_points = rui_decimal_negate(score->total);
		score->total = zero;
	}
	for (i = 0; i < rubric->grade_count; i++)
		if (rui_decimal_compare(score->total, rubric->grades[i].at_least) >= 0)
			break;
	if (score->vetoed && rubric->veto_caps && i < rubric->veto_grade)
		i = rubric->veto_grade;
	score->grade = i < rubric->grade_count ? rubric->grades[i].grade : NULL;
	return RUI_OK;
}

static rui_status
make_score(score_maker *m, bool explain)
{
	const rui_rubric *rubric = m->rubric;
	size_t i;
	rui_status status = RUI_OK;

	reset_sums(m);
	m->weights.count = 0;
	for (i = 0; i < rubric->section_count && status == RUI_OK; i++)
	{
		if (rui_interrupted(m->env))
			return rui_fail_interrupted(m->error);
		status = score_section(m, i);
	}
	m->score->has_total = m->score->answered > 0 && m->weights.count > 0;
	if (status == RUI_OK && m->score->has_total)
	{
		status = score_points(m, false);
		if (status == RUI_OK)
			status = round_total(m, &m->score->total);
	}
	if (status == RUI_OK && m->score->has_total && explain)
	{
		reset_sums(m);
		for (i = 0; i < rubric->section_count && status == RUI_OK; i++)
		{
			if (rui_interrupted(m->env))
				return rui_fail_interrupted(m->error);
			status = explain_section(m, i);
		}
		if (status == RUI_OK)
			status = score_points(m, true);
	}
	if (status == RUI_OK)
		status = finish_score(m);
	return status;
}

static rui_status
start_score(score_maker *m)
{
	rui_natural *const numbers[NUMBERS] = { &m->above, &m->below, &m->weights, &m->numerator,
											&m->denominator, &m->base, &m->first, &m->second,
											&m->third };
	size_t limb_count = m->rubric->limb_count;
	size_t i;

	m->score->answers = rui_allocate_zero(m->env, m->rubric->item_count, sizeof(rui_answer));
	m->score->sections = rui_allocate_zero(m->env, m->rubric->section_count,
										   sizeof(rui_section_result));
	m->limbs = rui_allocate(m->env, limb_count, NUMBERS * sizeof(uint32_t));
	if (m->score->answers == NULL || m->score->sections == NULL || m->limbs == NULL)
		return rui_fail_memory(m->error, limb_count * NUMBERS * sizeof(uint32_t));
	for (i = 0; i < NUMBERS; i++)
		numbers[i]->limbs = m->limbs + i * limb_count;
	return RUI_OK;
}

rui_status
rui_rubric_score(const rui_env *env, const rui_rubric *rubric, const char *findings,
				 size_t length, bool explain, rui_rubric_result *score, rui_error *error)
{
	rui_json_document document;
	rui_rubric_result result = { 0 };
	score_maker m = { 0 };
	rui_status status = rui_json_parse(env, findings, length, &document, error);

	if (status != RUI_OK)
		return status;
	m.env = env;
	m.rubric = rubric;
	m.score = &result;
	m.error = error;
	status = start_score(&m);
	if (status == RUI_OK)
		status = read_findings(&m, document.root);
	if (status == RUI_OK)
		status = make_score(&m, explain);
	rui_release(env, m.limbs);
	rui_json_release(env, &document);
	if (status == RUI_OK)
		*score = result;
	else
		rui_rubric_result_release(env, &result);
	return status;
}

void
rui_rubric_result_release(const rui_env *env, rui_rubric_result *score)
{
	rui_release(env, score->answers);
	rui_release(env, score->sections);
	score->answers = NULL;
	score->sections = NULL;
}
