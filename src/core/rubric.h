/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric.h
 *	  Scoring rubrics: values, their text, and the exact score of findings.
 *
 * An answered item has a share from 0 to 1.  A section's share is the
 * weighted mean of its answered items, the total is scale × the weighted mean
 * of the sections with an answer, less penalties, plus bonuses.  All of that
 * is one fraction of whole numbers, rounded once.
 */
#ifndef RUI_RUBRIC_H
#define RUI_RUBRIC_H

#include "core/decimal.h"
#include "core/natural.h"

/* Scale, weights and rating maxima have at most this many digits. */
#define RUI_RUBRIC_DIGITS 18
/* Limbs of the least common multiple of a section's rating maxima. */
#define RUI_RUBRIC_COMMON_LIMBS 64

typedef enum rui_item_kind
{
	RUI_ITEM_RATING, /* value from 0 to max */
	RUI_ITEM_PASS, /* yes or no */
	RUI_ITEM_MEASURE, /* a value in bands */
	RUI_ITEM_PENALTY, /* points off after the sections */
	RUI_ITEM_BONUS /* points added after the sections */
} rui_item_kind;

/* Values from `from` up to the next band's have this share. */
typedef struct rui_rubric_band
{
	rui_decimal from;
	rui_decimal share;
} rui_rubric_band;

typedef struct rui_rubric_item
{
	const char *code;
	rui_item_kind kind;
	size_t section;
	rui_decimal weight; /* rating, pass, measure */
	bool veto; /* a share of 0 fails the whole */
	rui_decimal max; /* rating; of penalty and bonus: most points */
	bool has_max;
	rui_decimal each; /* penalty, bonus: points for each one found */
	const char *unit; /* measure; or NULL */
	rui_rubric_band *bands;
	size_t band_count;

	/* Prepared: weight × common / (rating: max), in whole units. */
	rui_natural factor;
} rui_rubric_item;

typedef struct rui_rubric_section
{
	const char *code;
	rui_decimal weight;
	size_t first_item;
	size_t item_count;

	/* Prepared. */
	int weight_scale; /* of its items */
	rui_natural common; /* least common multiple of its ratings' max */
} rui_rubric_section;

typedef struct rui_rubric_grade
{
	rui_decimal at_least;
	const char *grade;
} rui_rubric_grade;

typedef enum rui_missing
{
	RUI_MISSING_SKIP,
	RUI_MISSING_ZERO,
	RUI_MISSING_ERROR
} rui_missing;

typedef struct rui_rubric
{
	rui_decimal scale;
	rui_rubric_section *sections;
	size_t section_count;
	rui_rubric_item *items; /* by section */
	size_t item_count;
	size_t item_capacity;
	rui_missing missing;
	bool veto_caps; /* the grade, at veto_grade; else a veto makes the total 0 */
	size_t veto_grade;
	int decimals; /* of the total */
	rui_rounding mode;
	rui_rubric_grade *grades; /* best first */
	size_t grade_count;

	/* Prepared. */
	size_t *by_code; /* items in order of their codes */
	int section_scale; /* of the sections' weights */
	uint32_t *limbs; /* of the numbers above */
	size_t limb_count; /* enough for any number of a score */
	rui_json_document document; /* holds the texts */
} rui_rubric;

/*
 * Read a rubric's text into its canonical form; docs/rubric.md describes it.
 * Fails with the JSON path of the bad part and a hint.
 */
extern rui_status rui_rubric_read(const rui_env *env, const char *text, size_t length,
								  rui_rubric **rubric, rui_error *error);
/* Append the canonical text: equal rubrics have equal texts. */
extern void rui_rubric_write(const rui_rubric *rubric, rui_text *text);
extern void rui_rubric_release(const rui_env *env, rui_rubric *rubric);

typedef enum rui_answer_state
{
	RUI_ANSWER_ABSENT, /* no finding, and none counted */
	RUI_ANSWER_NOT_APPLICABLE,
	RUI_ANSWER_MISSING, /* no finding, counted as 0 */
	RUI_ANSWER_GIVEN
} rui_answer_state;

typedef struct rui_answer
{
	rui_answer_state state;
	rui_decimal value; /* as given; pass: 1 or 0 */
	rui_decimal share; /* to 6 decimals, half up; not of penalty and bonus */
	rui_decimal points; /* its part of the total, when explained */
	bool zero; /* the exact share is 0 */
} rui_answer;

typedef struct rui_section_result
{
	size_t answered;
	bool counts; /* some item has a share */
	rui_decimal share; /* to 6 decimals, half up */
} rui_section_result;

typedef struct rui_rubric_result
{
	bool has_total;
	rui_decimal total;
	const char *grade; /* or NULL */
	size_t answered;
	bool vetoed; /* by the items that veto and are zero */
	rui_decimal veto_points; /* what a veto takes from the total, not positive */
	rui_decimal floor_points; /* what lifts a total below zero to zero */
	rui_answer *answers; /* by item */
	rui_section_result *sections;
} rui_rubric_result;

/*
 * Score findings, a JSON object from item codes to {"value":…} or "na".
 * RUI_INVALID naming an unknown code or a value out of range.  With explain,
 * the answers' points are filled: by cumulative rounding, so that they sum,
 * with veto_points and floor_points, to the total.  Release the score with
 * rui_rubric_result_release.
 */
extern rui_status rui_rubric_score(const rui_env *env, const rui_rubric *rubric,
								   const char *findings, size_t length, bool explain,
								   rui_rubric_result *score, rui_error *error);
extern void rui_rubric_result_release(const rui_env *env, rui_rubric_result *score);

#endif /* RUI_RUBRIC_H */
