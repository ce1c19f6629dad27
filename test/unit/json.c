/* SPDX-License-Identifier: PostgreSQL
 *
 * json.c
 *	  The reader of JSON and the writer of texts.
 */
#include "unit.h"

#include "core/json.h"
#include "core/text.h"

/* Write a tree down again, so that what was read can be compared. */
static void
write_value(rui_text *out, const rui_json *value)
{
	const rui_json *member;

	switch (value->kind)
	{
		case RUI_JSON_NULL:
			rui_text_add(out, "null");
			break;
		case RUI_JSON_BOOLEAN:
			rui_text_add(out, value->boolean ? "true" : "false");
			break;
		case RUI_JSON_NUMBER:
			rui_text_append(out, value->text, value->length);
			break;
		case RUI_JSON_STRING:
			rui_text_json_string(out, value->text, value->length);
			break;
		case RUI_JSON_ARRAY:
		case RUI_JSON_OBJECT:
			rui_text_character(out, value->kind == RUI_JSON_ARRAY ? '[' : '{');
			for (member = value->first; member != NULL; member = member->next)
			{
				if (member != value->first)
					rui_text_character(out, ',');
				if (member->key != NULL)
				{
					rui_text_json_string(out, member->key, strlen(member->key));
					rui_text_character(out, ':');
				}
				write_value(out, member);
			}
			rui_text_character(out, value->kind == RUI_JSON_ARRAY ? ']' : '}');
			break;
	}
}

static void
check_reads(const char *input, const char *expected)
{
	rui_json_document document;
	rui_error error;
	rui_text out;

	unit_note("%.100s", input);
	if (!CHECK(rui_json_parse(&rui_env_malloc, input, strlen(input), &document, &error) == RUI_OK))
		return;
	rui_text_start(&out, &rui_env_malloc);
	write_value(&out, document.root);
	CHECK_TEXT(out.bytes, expected);
	rui_text_release(&out);
	rui_json_release(&rui_env_malloc, &document);
}

static void
check_refuses(const char *input, rui_status code, int64_t offset)
{
	rui_json_document document = { NULL, NULL };
	rui_error error;

	unit_note("%.100s", input);
	CHECK_INT(rui_json_parse(&rui_env_malloc, input, strlen(input), &document, &error), code);
	CHECK_INT(error.offset, offset);
	CHECK(error.detail[0] != '\0' && error.hint[0] != '\0');
	CHECK(document.root == NULL);
}

static void
test_values(void)
{
	check_reads(" null ", "null");
	check_reads("true", "true");
	check_reads("\t[ ]\r\n", "[]");
	check_reads("{}", "{}");
	check_reads("[1, -2.5e+10, 0, 0.10]", "[1,-2.5e+10,0,0.10]");
	check_reads("{\"b\":1,\"a\":[{},\"x\"]}", "{\"b\":1,\"a\":[{},\"x\"]}");
	check_reads("\"\\u7f51\\u683c \\\"q\\\" \\\\ \\/ \\n\\t\\u0001\"",
				"\"\xE7\xBD\x91\xE6\xA0\xBC \\\"q\\\" \\\\ / \\n\\t\\u0001\"");
	check_reads("\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"");
	check_reads("{\"\":{\"\":[]}}", "{\"\":{\"\":[]}}");
}

static void
test_refusals(void)
{
	check_refuses("", RUI_SYNTAX, 0);
	check_refuses("nul", RUI_SYNTAX, 0);
	check_refuses("[1,]", RUI_SYNTAX, 3);
	check_refuses("[1 2]", RUI_SYNTAX, 3);
	check_refuses("{\"a\" 1}", RUI_SYNTAX, 5);
	check_refuses("{a:1}", RUI_SYNTAX, 1);
	check_refuses("{\"a\":1,\"a\":2}", RUI_SYNTAX, 7);
	check_refuses("01", RUI_SYNTAX, 0);
	check_refuses("1.", RUI_SYNTAX, 0);
	check_refuses("-", RUI_SYNTAX, 0);
	check_refuses("1e", RUI_SYNTAX, 0);
	check_refuses("+1", RUI_SYNTAX, 0);
	check_refuses("NaN", RUI_SYNTAX, 0);
	check_refuses("1 1", RUI_SYNTAX, 2);
	check_refuses("\"abc", RUI_SYNTAX, 0);
	check_refuses("\"\\x\"", RUI_SYNTAX, 1);
	check_refuses("\"\\u0000\"", RUI_SYNTAX, 1);
	check_refuses("\"\\ud800\"", RUI_SYNTAX, 1);
	check_refuses("\"\\udc00\"", RUI_SYNTAX, 1);
	check_refuses("\"a\nb\"", RUI_SYNTAX, 2);
	check_refuses("\"\xC0\x80\"", RUI_SYNTAX, 1);
	check_refuses("\"\xED\xA0\x80\"", RUI_SYNTAX, 1);
	check_refuses("\"\xF4\x90\x80\x80\"", RUI_SYNTAX, 1);
	check_refuses("\"\xE7\xBD\"", RUI_SYNTAX, 1);
	check_refuses("\"\\", RUI_SYNTAX, 0);
	check_refuses("[", RUI_SYNTAX, 1);
}

static void
test_depth(void)
{
	char deep[400];
	int depth;

	for (depth = 1; depth < 150; depth++)
	{
		rui_json_document document;
		rui_error error;
		rui_status status;

		memset(deep, '[', depth);
		memset(deep + depth, ']', depth);
		status = rui_json_parse(&rui_env_malloc, deep, 2 * depth, &document, &error);
		unit_note("depth %d", depth);
		CHECK_INT(status, depth <= RUI_JSON_DEPTH + 1 ? RUI_OK : RUI_LIMIT);
		if (status == RUI_OK)
			rui_json_release(&rui_env_malloc, &document);
	}
}

static void
test_access(void)
{
	static const char *const keys[] = { "weekly", "tz", NULL };
	const char *input = "{\"weekly\":{\"mon\":[[\"08:00\"],[\"a\",\"b\"]]},"
						"\"tz\":\"x\",\"odd\":12}";
	rui_json_document document;
	rui_error error;
	const rui_json *deep;
	char path[64];
	char shorter[9];
	int64_t number = 0;

	CHECK(rui_json_parse(&rui_env_malloc, input, strlen(input), &document, &error) == RUI_OK);
	deep = rui_json_member(rui_json_member(document.root, "weekly"),
						   "mon")
			   ->first->next->first->next;
	rui_json_path(deep, path, sizeof path);
	CHECK_TEXT(path, "weekly.mon[1][1]");
	rui_json_path(deep, shorter, sizeof shorter);
	CHECK_TEXT(shorter, "weekly.m");
	CHECK(rui_json_member(document.root, "none") == NULL);
	/* What is no object has no members. */
	CHECK(rui_json_member(deep->parent, "mon") == NULL);
	CHECK(rui_json_member(deep, "mon") == NULL);
	CHECK(rui_json_only(document.root, keys, &error) == RUI_INVALID);
	CHECK_TEXT(error.part, "odd");
	CHECK_TEXT(error.hint, "Known keys are weekly, tz.");
	CHECK(rui_json_expect(deep, RUI_JSON_NUMBER, &error) == RUI_INVALID);
	CHECK_TEXT(error.detail, "Expected a number, found a string.");
	CHECK_TEXT(error.hint, "Write a number, without quotes.");
	CHECK_INT(error.offset, deep->offset);
	CHECK(rui_json_integer(rui_json_member(document.root, "odd"), 0, 12, &number,
						   &error) == RUI_OK);
	CHECK_INT(number, 12);
	number = -1;
	CHECK(rui_json_integer(rui_json_member(document.root, "odd"), 13, 20, &number,
						   &error) == RUI_INVALID);
	CHECK_INT(number, -1);
	rui_json_release(&rui_env_malloc, &document);
}

static void
test_integers(void)
{
	static const struct
	{
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
		{ "-0", true, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
	{
		rui_json_document document;
		rui_error error;
		int64_t value = 77;

		unit_note("%s", cases[i].text);
		CHECK(rui_json_parse(&rui_env_malloc, cases[i].text, strlen(cases[i].text), &document,
							 &error) == RUI_OK);
		CHECK_INT(rui_json_integer(document.root, INT64_MIN, INT64_MAX, &value, &error),
				  cases[i].good ? RUI_OK : RUI_INVALID);
		CHECK_INT(value, cases[i].good ? cases[i].value : 77);
		rui_json_release(&rui_env_malloc, &document);
	}
}

/* What is read and written again is the same, for seeded random trees. */
static void
random_value(rui_random *random, rui_text *out, int depth)
{
	uint64_t kind = rui_random_below(random, depth > 5 ? 4 : 6);
	uint64_t count = rui_random_below(random, 4);
	uint64_t i;

	if (kind == 0)
		rui_text_add(out, "null");
	else if (kind == 1)
		rui_text_add(out, rui_random_below(random, 2) == 0 ? "true" : "false");
	else if (kind == 2)
		rui_text_format(out, "%" PRId64, (int64_t) rui_random_next(random));
	else if (kind == 3)
	{
		char bytes[16];

		for (i = 0; i < count * 4; i++)
			bytes[i] = (char) (1 + rui_random_below(random, 127));
		rui_text_json_string(out, bytes, count * 4);
	}
	else
	{
		rui_text_character(out, kind == 4 ? '[' : '{');
		for (i = 0; i < count; i++)
		{
			if (i > 0)
				rui_text_character(out, ',');
			if (kind == 5)
				rui_text_format(out, "\"k%d\":", (int) i);
			random_value(random, out, depth + 1);
		}
		rui_text_character(out, kind == 4 ? ']' : '}');
	}
}

static void
test_round_trip(void)
{
	uint64_t seed;

	for (seed = 1; seed <= 2000; seed++)
	{
		rui_random random = { seed };
		rui_json_document document;
		rui_error error;
		rui_text input;
		rui_text output;

		unit_note("seed %d", (int) seed);
		rui_text_start(&input, &rui_env_malloc);
		rui_text_start(&output, &rui_env_malloc);
		random_value(&random, &input, 0);
		if (CHECK(rui_json_parse(&rui_env_malloc, input.bytes, input.length, &document,
								 &error) == RUI_OK))
		{
			write_value(&output, document.root);
			CHECK_TEXT(output.bytes, input.bytes);
			rui_json_release(&rui_env_malloc, &document);
		}
		rui_text_release(&input);
		rui_text_release(&output);
	}
}

static int asked;

static bool
give_up_soon(void *argument)
{
	(void) argument;
	return ++asked == 3;
}

/* A long array, and an object of few but costly keys: both hear of a wish to stop. */
static void
test_stopped(void)
{
	rui_env env = rui_env_malloc;
	rui_text input;
	rui_json_document document;
	rui_error error;
	int i;
	int kind;

	env.interrupted = give_up_soon;
	for (kind = 0; kind < 2; kind++)
	{
		rui_text_start(&input, &rui_env_malloc);
		rui_text_add(&input, kind == 0 ? "[0" : "{\"k\":0");
		for (i = 0; i < (kind == 0 ? 60000 : 400); i++)
			rui_text_format(&input, kind == 0 ? ",%d" : ",\"k%d\":0", i);
		rui_text_add(&input, kind == 0 ? "]" : "}");
		asked = 0;
		CHECK_INT(rui_json_parse(&env, input.bytes, input.length, &document, &error),
				  RUI_INTERRUPTED);
		CHECK_INT(asked, 3);
		rui_text_release(&input);
	}
}

int
main(void)
{
	test_values();
	test_refusals();
	test_depth();
	test_access();
	test_integers();
	test_round_trip();
	test_stopped();
	return unit_finish("json");
}
