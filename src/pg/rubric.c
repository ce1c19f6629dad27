/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric.c
 *	  The SQL type rubric and its scores.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "core/rubric.h"
#include "pg/compiled.h"
#include "pg/decimal.h"
#include "pg/rule_value.h"

static rui_status
canonical_rubric(const rui_env *env, const char *text, size_t length, rui_text *canonical,
				 rui_error *error)
{
	rui_rubric *rubric;
	rui_status status = rui_rubric_read(env, text, length, &rubric, error);

	if (status != RUI_OK)
		return status;
	rui_rubric_write(rubric, canonical);
	rui_rubric_release(env, rubric);
	return RUI_OK;
}

RUI_FUNCTION(rubric_in)
{
	return rui_rule_in(fcinfo, "rubric", canonical_rubric);
}

RUI_FUNCTION(rubric_recv)
{
	return rui_rule_recv(fcinfo, "rubric", canonical_rubric);
}

static void *
compile_rubric(struct varlena *datum, MemoryContext context)
{
	const rui_rule_value *value = (const rui_rule_value *) datum;
	rui_env env = rui_pg_env(context);
	rui_rubric *rubric;
	rui_error error;

	RUI_CHECK(rui_rubric_read(&env, value->text, rui_rule_length(value), &rubric, &error), error,
			  "rubric");
	return rubric;
}

/* Score the findings in argument 1 by the rubric in argument 0. */
static const rui_rubric *
score_arguments(FunctionCallInfo fcinfo, bool explain, rui_rubric_result *score)
{
	static const rui_compiled_kind kind = { .name = "rubric", .compile = compile_rubric };
	const rui_rubric *rubric = rui_compiled(fcinfo, 0, &kind);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	Jsonb *findings = PG_GETARG_JSONB_P(1);
	char *text = JsonbToCString(NULL, &findings->root, VARSIZE(findings));
	rui_error error;

	RUI_CHECK(rui_rubric_score(&env, rubric, text, strlen(text), explain, score, &error), error,
			  "findings");
	pfree(text);
	return rubric;
}

/* The codes of the items that veto and have a share of 0. */
static Datum
vetoed_codes(const rui_rubric *rubric, const rui_rubric_result *score)
{
	Datum *codes = palloc(sizeof(Datum) * rubric->item_count);
	int count = 0;
	size_t i;

	for (i = 0; score->vetoed && i < rubric->item_count; i++)
		if (rubric->items[i].veto && score->answers[i].zero)
			codes[count++] = CStringGetTextDatum(rubric->items[i].code);
	return PointerGetDatum(construct_array(codes, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = pstrdup(text);
	value.val.string.len = (int) strlen(text);
	pushJsonbValue(state, token, &value);
}

static void
push_decimal(JsonbParseState **state, rui_decimal number)
{
	char text[RUI_DECIMAL_ROOM];

	rui_decimal_print(number, text, sizeof text);
	push_text(state, WJB_VALUE, text);
}

/* [{"code":…,"weight":…,"answered":…,"share":…},…] */
static Datum
section_list(const rui_rubric *rubric, const rui_rubric_result *score)
{
	JsonbParseState *state = NULL;
	JsonbValue null = { .type = jbvNull };
	JsonbValue answered = { .type = jbvNumeric };
	size_t i;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (i = 0; i < rubric->section_count; i++)
	{
		const rui_section_result *result = &score->sections[i];

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, WJB_KEY, "code");
		push_text(&state, WJB_VALUE, rubric->sections[i].code);
		push_text(&state, WJB_KEY, "weight");
		push_decimal(&state, rubric->sections[i].weight);
		push_text(&state, WJB_KEY, "answered");
		answered.val.numeric = int64_to_numeric((int64) result->answered);
		pushJsonbValue(&state, WJB_VALUE, &answered);
		push_text(&state, WJB_KEY, "share");
		if (result->counts)
			push_decimal(&state, result->share);
		else
			pushJsonbValue(&state, WJB_VALUE, &null);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

RUI_FUNCTION(score)
{
	rui_rubric_result score;
	const rui_rubric *rubric = score_arguments(fcinfo, false, &score);
	TupleDesc columns;
	Datum values[5] = { 0 };
	bool nulls[5] = { false, false, false, false, false };

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type is not a row type");
	nulls[0] = !score.has_total;
	if (score.has_total)
		values[0] = rui_pg_numeric(score.total);
	nulls[1] = score.grade == NULL;
	if (score.grade != NULL)
		values[1] = CStringGetTextDatum(score.grade);
	values[2] = vetoed_codes(rubric, &score);
	values[3] = Int32GetDatum((int32) score.answered);
	values[4] = section_list(rubric, &score);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}

/* What was found, as text; NULL for nothing. */
static const char *
answer_text(const rui_rubric_item *item, const rui_answer *answer)
{
	static const size_t room = RUI_DECIMAL_ROOM;
	char *text;

	if (answer->state == RUI_ANSWER_NOT_APPLICABLE)
		return "na";
	if (answer->state != RUI_ANSWER_GIVEN)
		return NULL;
	if (item->kind == RUI_ITEM_PASS)
		return answer->value.value != 0 ? "true" : "false";
	text = palloc(room);
	rui_decimal_print(answer->value, text, room);
	return text;
}

static void
put_answer(ReturnSetInfo *result, const rui_rubric *rubric, const rui_rubric_result *score,
		   size_t number)
{
	static const char *const kinds[] = { "rating", "pass", "measure", "penalty", "bonus" };
	const rui_rubric_item *item = &rubric->items[number];
	const rui_answer *answer = &score->answers[number];
	const char *text = answer_text(item, answer);
	bool weighted = item->kind != RUI_ITEM_PENALTY && item->kind != RUI_ITEM_BONUS;
	bool counts = answer->state == RUI_ANSWER_GIVEN || answer->state == RUI_ANSWER_MISSING;
	Datum values[7] = { 0 };
	bool nulls[7] = { false, false, false, true, true, true, true };

	values[0] = CStringGetTextDatum(rubric->sections[item->section].code);
	values[1] = CStringGetTextDatum(item->code);
	values[2] = CStringGetTextDatum(kinds[item->kind]);
	if (text != NULL)
	{
		values[3] = CStringGetTextDatum(text);
		nulls[3] = false;
	}
	if (weighted)
	{
		values[4] = rui_pg_numeric(item->weight);
		nulls[4] = false;
	}
	if (weighted && counts)
	{
		values[5] = rui_pg_numeric(rui_decimal_normalize(answer->share));
		nulls[5] = false;
	}
	if (counts && score->has_total)
	{
		values[6] = rui_pg_numeric(answer->points);
		nulls[6] = false;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A row of what happens to the whole. */
static void
put_change(ReturnSetInfo *result, const char *kind, rui_decimal points)
{
	Datum values[7] = { 0 };
	bool nulls[7] = { true, true, false, true, true, true, false };

	if (points.value == 0)
		return;
	values[2] = CStringGetTextDatum(kind);
	values[6] = rui_pg_numeric(points);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

RUI_FUNCTION(explain_score)
{
	rui_rubric_result score;
	const rui_rubric *rubric = score_arguments(fcinfo, true, &score);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	size_t i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < rubric->item_count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_answer(result, rubric, &score, i);
	}
	if (score.has_total)
	{
		put_change(result, "floor", score.floor_points);
		put_change(result, "veto", score.veto_points);
	}
	PG_RETURN_NULL();
}
