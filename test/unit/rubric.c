/* SPDX-License-Identifier: PostgreSQL
 *
 * rubric.c
 *	  Unit tests of rubrics: texts, scores worked by hand, laws.
 */
#include "unit.h"

#include "core/rubric.h"

/* JSON with ' for ". */
static const char *
json(const char *text)
{
	static char texts[4][4096];
	static int next;
	size_t i;

	next = (next + 1) % 4;
	for (i = 0; i + 1 < sizeof texts[0] && text[i] != '\0'; i++)
		texts[next][i] = text[i] == '\'' ? '"' : text[i];
	texts[next][i] = '\0';
	return texts[next];
}

static const char *
print(rui_decimal number)
{
	static char texts[4][96];
	static int next;

	next = (next + 1) % 4;
	rui_decimal_print(number, texts[next], sizeof texts[next]);
	return texts[next];
}

static rui_rubric *
rubric(const char *quoted)
{
	const char *text = json(quoted);
	rui_rubric *result = NULL;
	rui_error error = { 0 };

	if (!CHECK(rui_rubric_read(&rui_env_malloc, text, strlen(text), &result, &error) == RUI_OK))
		printf("    %s: %s\n", error.part, error.detail);
	return result;
}

static void
check_canonical(const char *text, const char *expected)
{
	rui_rubric *value = rubric(text);
	rui_text canonical;

	unit_note("%s", text);
	if (value == NULL)
		return;
	rui_text_start(&canonical, &rui_env_malloc);
	rui_rubric_write(value, &canonical);
	CHECK_TEXT(canonical.bytes, json(expected));
	rui_text_release(&canonical);
	rui_rubric_release(&rui_env_malloc, value);
	if (strcmp(text, expected) != 0)
		check_canonical(expected, expected);
	unit_note("%s", "");
}

static void
check_refused(const char *quoted, rui_status status, const char *part)
{
	const char *text = json(quoted);
	rui_rubric *result = NULL;
	rui_error error = { 0 };

	unit_note("%s", quoted);
	CHECK_INT(rui_rubric_read(&rui_env_malloc, text, strlen(text), &result, &error), status);
	CHECK(result == NULL);
	CHECK_TEXT(error.part, part);
	unit_note("%s", "");
}

#define ONE(item) "{'sections':[{'code':'s','weight':'1','items':[" item "]}]}"
#define RATING "{'code':'a','weight':'1','kind':'rating','max':'5'}"

static void
test_texts(void)
{
	check_canonical(ONE("{'kind':'rating','max':'5.0','weight':'01','code':'a','veto':false}"),
					"{'scale':'100','sections':[{'code':'s','weight':'1','items':[" RATING "]}]}");
	check_canonical(
		"{'grades':[{'grade':'A','at_least':'90'},{'grade':'B','at_least':'60.0'}],"
		"'veto_grade':'B','missing':'zero','rounding':{'scale':1},'scale':'10','sections':["
		"{'weight':'30','code':'\\u5b89','items':["
		"{'code':'m','weight':'2','kind':'measure','unit':'min','veto':true,'bands':["
		"{'from':'-1','share':'1'},{'share':'0.50','from':'15'}]},"
		"{'code':'p','kind':'penalty','max':'10','each':'2'},"
		"{'code':'b','kind':'bonus','each':'0.5'},{'code':'y','weight':'1','kind':'pass'}]}]}",
		"{'scale':'10','sections':[{'code':'安','weight':'30','items':["
		"{'code':'m','weight':'2','kind':'measure','unit':'min','bands':["
		"{'from':'-1','share':'1'},{'from':'15','share':'0.5'}],'veto':true},"
		"{'code':'p','kind':'penalty','each':'2','max':'10'},"
		"{'code':'b','kind':'bonus','each':'0.5'},{'code':'y','weight':'1','kind':'pass'}]}],"
		"'missing':'zero','on_veto':'veto_grade','veto_grade':'B','rounding':{'scale':1,"
		"'mode':'half_up'},'grades':[{'at_least':'90','grade':'A'},{'at_least':'60',"
		"'grade':'B'}]}");

	check_refused("", RUI_SYNTAX, "");
	check_refused("[]", RUI_INVALID, "");
	check_refused("{}", RUI_INVALID, "");
	check_refused("{'sections':[]}", RUI_INVALID, "sections");
	check_refused("{'sections':[{'code':'s','weight':'1','items':[]}]}", RUI_INVALID,
				  "sections[0].items");
	check_refused(ONE(RATING "," RATING), RUI_INVALID, "a");
	check_refused("{'sections':[{'code':'s','weight':'1','items':[" RATING "]},"
				  "{'code':'s','weight':'1','items':[{'code':'b','weight':'1','kind':'pass'}]}]}",
				  RUI_INVALID, "sections[1].code");
	check_refused("{'sections':[{'code':'s','weight':'1','items':[" RATING "]},"
				  "{'code':'t','weight':'1','items':[" RATING "]}]}",
				  RUI_INVALID, "a");
	check_refused("{'sections':[{'code':'s','weight':'0','items':[" RATING "]}]}", RUI_INVALID,
				  "sections[0].weight");
	check_refused(ONE("{'code':'','weight':'1','kind':'pass'}"), RUI_INVALID,
				  "sections[0].items[0].code");
	check_refused(ONE("{'code':'a','weight':'1'}"), RUI_INVALID, "sections[0].items[0]");
	check_refused(ONE("{'code':'a','weight':'1','kind':'stars'}"), RUI_INVALID,
				  "sections[0].items[0].kind");
	check_refused(ONE("{'code':'a','weight':'1','kind':'pass','max':'5'}"), RUI_INVALID,
				  "sections[0].items[0].max");
	check_refused(ONE("{'code':'a','weight':1,'kind':'pass'}"), RUI_INVALID,
				  "sections[0].items[0].weight");
	check_refused(ONE("{'code':'a','weight':'-1','kind':'pass'}"), RUI_INVALID,
				  "sections[0].items[0].weight");
	check_refused(ONE("{'code':'a','weight':'1000000000000000000','kind':'pass'}"), RUI_INVALID,
				  "sections[0].items[0].weight");
	check_refused(ONE("{'code':'a','weight':'1','kind':'rating','max':'0'}"), RUI_INVALID,
				  "sections[0].items[0].max");
	check_refused(ONE("{'code':'a','weight':'1','kind':'rating'}"), RUI_INVALID,
				  "sections[0].items[0]");
	check_refused(ONE("{'code':'a','weight':'1','kind':'pass','veto':'yes'}"), RUI_INVALID,
				  "sections[0].items[0].veto");
	check_refused(ONE("{'code':'a','kind':'penalty','each':'1','veto':true}"), RUI_INVALID,
				  "sections[0].items[0].veto");
	check_refused(ONE("{'code':'a','kind':'penalty','each':'-1'}"), RUI_INVALID,
				  "sections[0].items[0].each");
	check_refused(ONE("{'code':'a','weight':'1','kind':'measure','bands':[]}"), RUI_INVALID,
				  "sections[0].items[0].bands");
	check_refused(ONE("{'code':'a','weight':'1','kind':'measure','bands':"
					  "[{'from':'0','share':'1.1'}]}"),
				  RUI_INVALID, "sections[0].items[0].bands[0].share");
	check_refused(ONE("{'code':'a','weight':'1','kind':'measure','bands':"
					  "[{'from':'0','share':'1'},{'from':'0.0','share':'0'}]}"),
				  RUI_INVALID, "sections[0].items[0].bands[1].from");
#define WITH(members) "{'sections':[{'code':'s','weight':'1','items':[" RATING "]}]," members "}"
	check_refused(WITH("'missing':'na'"), RUI_INVALID, "missing");
	check_refused(WITH("'on_veto':'fail'"), RUI_INVALID, "on_veto");
	check_refused(WITH("'on_veto':'veto_grade'"), RUI_INVALID, "");
	check_refused(WITH("'on_veto':'zero','veto_grade':'A'"), RUI_INVALID, "veto_grade");
	check_refused(WITH("'veto_grade':'A'"), RUI_INVALID, "veto_grade");
	check_refused(WITH("'rounding':{'scale':-1}"), RUI_INVALID, "rounding.scale");
	check_refused(WITH("'grades':[{'at_least':'1','grade':'A'},{'at_least':'1','grade':'B'}]"),
				  RUI_INVALID, "grades[1].at_least");
	check_refused(WITH("'grades':[{'at_least':'2','grade':'A'},{'at_least':'1','grade':'A'}]"),
				  RUI_INVALID, "grades[1].grade");
	check_refused(WITH("'scale':'0'"), RUI_INVALID, "scale");
	check_refused(WITH("'scales':'1'"), RUI_INVALID, "scales");
}

/* The example of docs/rubric.md. */
#define EXAMPLE \
	"{'scale':'100','sections':[" \
	"{'code':'safety','weight':'30','items':[" \
	"{'code':'S1','weight':'5','kind':'rating','max':'5','veto':true}," \
	"{'code':'S2','weight':'2','kind':'pass'}," \
	"{'code':'S3','weight':'3','kind':'measure','unit':'min','bands':[" \
	"{'from':'0','share':'1'},{'from':'15','share':'0.5'},{'from':'30','share':'0'}]}," \
	"{'code':'S4','kind':'penalty','each':'2','max':'10'}]}," \
	"{'code':'service','weight':'70','items':[" \
	"{'code':'V1','weight':'1','kind':'rating','max':'3'}," \
	"{'code':'V2','weight':'2','kind':'pass'}," \
	"{'code':'V3','kind':'bonus','each':'1.5','max':'3'}]}]," \
	"'grades':[{'at_least':'90','grade':'A'},{'at_least':'75','grade':'B'},{'at_least':'60'" \
	",'grade':'C'}]"

/*
 * The total and grade ("null" where there is none), the items answered; and
 * the points of an explanation sum to the total.
 */
static void
check_score(const char *rules, const char *findings, const char *total, const char *grade,
			size_t answered)
{
	rui_rubric *value = rubric(rules);
	const char *text = json(findings);
	rui_rubric_result score;
	rui_rubric_result plain;
	rui_decimal sum = rui_decimal_zero;
	rui_error error = { 0 };
	size_t i;

	unit_note("%s", findings);
	if (value == NULL)
		return;
	if (!CHECK(rui_rubric_score(&rui_env_malloc, value, text, strlen(text), true, &score, &error) ==
			   RUI_OK))
	{
		printf("    %s: %s\n", error.part, error.detail);
		rui_rubric_release(&rui_env_malloc, value);
		return;
	}
	CHECK(rui_rubric_score(&rui_env_malloc, value, text, strlen(text), false, &plain, &error) ==
		  RUI_OK);
	CHECK(score.has_total == plain.has_total && score.answered == plain.answered);
	CHECK_TEXT(score.has_total ? print(score.total) : "null", total);
	CHECK_TEXT(score.grade != NULL ? score.grade : "null", grade);
	CHECK_INT(score.answered, answered);
	if (score.has_total)
	{
		CHECK(rui_decimal_compare(score.total, plain.total) == 0);
		CHECK_INT(score.total.scale, value->decimals);
		for (i = 0; i < value->item_count; i++)
			CHECK(rui_decimal_add(sum, score.answers[i].points, &sum, &error) == RUI_OK);
		CHECK(rui_decimal_add(sum, score.floor_points, &sum, &error) == RUI_OK);
		CHECK(rui_decimal_add(sum, score.veto_points, &sum, &error) == RUI_OK);
		CHECK(rui_decimal_compare(sum, score.total) == 0);
	}
	rui_rubric_result_release(&rui_env_malloc, &score);
	rui_rubric_result_release(&rui_env_malloc, &plain);
	rui_rubric_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

static void
test_scores(void)
{
	/* safety (5×4/5 + 2 + 3×0.5)/10 = 0.75, service (1×2/3 + 2)/3 = 8/9:
	 * 100 × (30×0.75 + 70×8/9)/100 = 22.5 + 62.222… */
	check_score(EXAMPLE "}",
				"{'S1':{'value':'4'},'S2':{'value':true},'S3':{'value':'15'},'V1':{'value':'2'},"
				"'V2':{'value':true}}",
				"84.72", "B", 5);
	/* The same less 3 penalties of 2, plus bonuses up to 3. */
	check_score(EXAMPLE "}",
				"{'S1':{'value':'4'},'S2':{'value':true},'S3':{'value':'15'},'V1':{'value':'2'},"
				"'V2':{'value':true},'S4':{'value':'3'},'V3':{'value':'7'}}",
				"81.72", "B", 7);
	/* Most points off are 10. */
	check_score(EXAMPLE "}",
				"{'S1':{'value':'4'},'S2':{'value':true},'S3':{'value':'15'},'V1':{'value':'2'},"
				"'V2':{'value':true},'S4':{'value':'30'}}",
				"74.72", "C", 6);
	/* na gives its weight to the others; a section without answers too. */
	check_score(EXAMPLE "}", "{'S1':{'value':'5'},'S2':'na','S3':{'value':'29.999'}}", "81.25",
				"B", 2);
	check_score(EXAMPLE "}", "{'S1':{'value':'5'},'S2':'na','S3':{'value':'30'}}", "62.5", "C", 2);
	/* Absent counts 0 where missing says so: (5 + 0 + 0)/10 × 30, 0 × 70. */
	check_score(EXAMPLE ",'missing':'zero'}", "{'S1':{'value':'5'}}", "15", "null", 1);
	check_score(EXAMPLE ",'missing':'zero'}", "{'S1':{'value':'5'},'V1':'na','V2':'na'}", "50",
				"null", 1);
	/* A veto. */
	check_score(EXAMPLE "}",
				"{'S1':{'value':'0'},'S2':{'value':true},'S3':{'value':'0'},'V1':{'value':'3'},"
				"'V2':{'value':true}}",
				"0", "null", 5);
	check_score(EXAMPLE ",'veto_grade':'B'}",
				"{'S1':{'value':'0'},'S2':{'value':true},'S3':{'value':'0'},'V1':{'value':'3'},"
				"'V2':{'value':true},'V3':{'value':'100'}}",
				"88", "B", 6);
	check_score(EXAMPLE ",'veto_grade':'C'}",
				"{'S1':{'value':'0'},'S2':{'value':true},'S3':{'value':'0'},'V1':{'value':'3'},"
				"'V2':{'value':true}}",
				"85", "C", 5);
	check_score(EXAMPLE ",'veto_grade':'B'}", "{'S1':{'value':'0'}}", "0", "null", 1);
	/* Almost nothing is not nothing. */
	check_score(EXAMPLE ",'rounding':{'scale':12}}", "{'S1':{'value':'0.000000000001'}}",
				"0.00000000002", "null", 1);
	/* Nothing answered. */
	check_score(EXAMPLE "}", "{}", "null", "null", 0);
	check_score(EXAMPLE ",'missing':'zero'}", "{}", "null", "null", 0);
	check_score(EXAMPLE "}", "{'S1':'na','V1':'na'}", "null", "null", 0);
	check_score(EXAMPLE "}", "{'S4':{'value':'1'}}", "null", "null", 1);
	/* Not below zero. */
	check_score(EXAMPLE "}", "{'V1':{'value':'0.1'},'S4':{'value':'4'}}", "0", "null", 2);
	check_score(EXAMPLE "}", "{'V1':{'value':'3'},'V3':{'value':'1'}}", "101.5", "A", 2);
	/* The grade looks at the rounded total: 89.995 is 90. */
	check_score("{'grades':[{'at_least':'90','grade':'A'}],'sections':[{'code':'s','weight':'1',"
				"'items':[{'code':'a','weight':'1','kind':'rating','max':'100'}]}]}",
				"{'a':{'value':'89.995'}}", "90", "A", 1);
	check_score("{'grades':[{'at_least':'90','grade':'A'}],'rounding':{'mode':'down'},"
				"'sections':[{'code':'s','weight':'1','items':[{'code':'a','weight':'1',"
				"'kind':'rating','max':'100'}]}]}",
				"{'a':{'value':'89.999'}}", "89.99", "null", 1);
}

static void
check_findings_refused(const char *rules, const char *findings, const char *part)
{
	rui_rubric *value = rubric(rules);
	const char *text = json(findings);
	rui_rubric_result score;
	rui_error error = { 0 };

	unit_note("%s", findings);
	CHECK_INT(rui_rubric_score(&rui_env_malloc, value, text, strlen(text), true, &score, &error),
			  RUI_INVALID);
	CHECK_TEXT(error.part, part);
	rui_rubric_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

static void
test_bad_findings(void)
{
	check_findings_refused(EXAMPLE "}", "[]", "");
	check_findings_refused(EXAMPLE "}", "{'S9':{'value':'1'}}", "S9");
	check_findings_refused(EXAMPLE "}", "{'safety':{'value':'1'}}", "safety");
	check_findings_refused(EXAMPLE "}", "{'S1':{'value':'5.1'}}", "S1.value");
	check_findings_refused(EXAMPLE "}", "{'S1':{'value':'-1'}}", "S1.value");
	check_findings_refused(EXAMPLE "}", "{'S1':{'value':4}}", "S1.value");
	check_findings_refused(EXAMPLE "}", "{'S1':{'value':true}}", "S1.value");
	check_findings_refused(EXAMPLE "}", "{'S1':{}}", "S1");
	check_findings_refused(EXAMPLE "}", "{'S1':'n/a'}", "S1");
	check_findings_refused(EXAMPLE "}", "{'S1':null}", "S1");
	check_findings_refused(EXAMPLE "}", "{'S1':{'value':'1','note':'x'}}", "S1.note");
	check_findings_refused(EXAMPLE "}", "{'S2':{'value':'1'}}", "S2.value");
	check_findings_refused(EXAMPLE "}", "{'S3':{'value':'-0.1'}}", "S3.value");
	check_findings_refused(EXAMPLE "}", "{'S4':{'value':'-1'}}", "S4.value");
	check_findings_refused(EXAMPLE ",'missing':'error'}", "{'S1':{'value':'1'}}", "S2");
}

/*
 * Many sections whose denominators have nothing in common: every item has
 * the share 1/3 or all of it, so the total is known however long the
 * fractions grow.
 */
static void
test_long_fractions(void)
{
	static const int primes[] = { 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157,
								  163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227,
								  229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283 };
	const size_t count = sizeof primes / sizeof primes[0];
	rui_text rules;
	rui_text findings;
	rui_rubric *value = NULL;
	rui_rubric_result score;
	rui_error error;
	size_t i;

	rui_text_start(&rules, &rui_env_malloc);
	rui_text_start(&findings, &rui_env_malloc);
	rui_text_add(&rules, "{\"rounding\":{\"scale\":12},\"sections\":[");
	rui_text_add(&findings, "{");
	for (i = 0; i < count; i++)
	{
		rui_text_format(&rules,
						"%s{\"code\":\"s%zu\",\"weight\":\"%d.7\",\"items\":[{\"code\":\"a%zu\","
						"\"weight\":\"%d\",\"kind\":\"rating\",\"max\":\"%d\"},{\"code\":\"b%zu\","
						"\"weight\":\"0.%d\",\"kind\":\"rating\",\"max\":\"%d\"}]}",
						i > 0 ? "," : "", i, primes[i], i, primes[(i + 7) % count],
						3 * primes[i], i, primes[(i + 3) % count], 3 * primes[(i + 11) % count]);
		rui_text_format(&findings, "%s\"a%zu\":{\"value\":\"%d\"},\"b%zu\":{\"value\":\"%d\"}",
						i > 0 ? "," : "", i, primes[i], i, primes[(i + 11) % count]);
	}
	rui_text_add(&rules, "]}");
	rui_text_add(&findings, "}");
	CHECK(rui_rubric_read(&rui_env_malloc, rules.bytes, rules.length, &value, &error) == RUI_OK);
	CHECK(rui_rubric_score(&rui_env_malloc, value, findings.bytes, findings.length, true, &score,
						   &error) == RUI_OK);
	CHECK_TEXT(print(score.total), "33.333333333333");
	for (i = 0; i < count; i++)
		CHECK_TEXT(print(score.sections[i].share), "0.333333");
	rui_rubric_result_release(&rui_env_malloc, &score);
	rui_rubric_release(&rui_env_malloc, value);
	rui_text_release(&rules);
	rui_text_release(&findings);
}

/* Maxima with too large a common multiple are refused when the rubric is read. */
static void
test_limit(void)
{
	rui_text rules;
	rui_rubric *value = NULL;
	rui_error error;
	int i;

	rui_text_start(&rules, &rui_env_malloc);
	rui_text_add(&rules, "{\"sections\":[{\"code\":\"s\",\"weight\":\"1\",\"items\":[");
	for (i = 0; i < 60; i++)
		rui_text_format(&rules,
						"%s{\"code\":\"%d\",\"weight\":\"1\",\"kind\":\"rating\",\"max\":"
						"\"%d99999999999999\"}",
						i > 0 ? "," : "", i, 100 + i);
	rui_text_add(&rules, "]}]}");
	CHECK_INT(rui_rubric_read(&rui_env_malloc, rules.bytes, rules.length, &value, &error),
			  RUI_LIMIT);
	CHECK(value == NULL);
	rui_text_release(&rules);
}

int
main(void)
{
	test_texts();
	test_scores();
	test_bad_findings();
	test_long_fractions();
	test_limit();
	return unit_finish("rubric");
}
