/* SPDX-License-Identifier: PostgreSQL
 *
 * csv.c
 *	  Unit tests of the reader and writer of comma-separated values.
 */
#include "unit.h"

#include "core/csv.h"

/* A text read and shown: fields in brackets, "" for the empty text. */
static const char *
show(const char *text, char separator)
{
	static char shown[1024];
	rui_csv csv;
	rui_error error;
	bool more;
	size_t used = 0;
	size_t i;

	rui_csv_start(&csv, &rui_env_malloc, text, strlen(text), separator);
	shown[0] = '\0';
	for (;;)
	{
		if (rui_csv_next(&csv, &more, &error) != RUI_OK)
		{
			snprintf(shown + used, sizeof shown - used, "!%d %s", (int) error.code, error.part);
			break;
		}
		if (!more)
			break;
		used += snprintf(shown + used, sizeof shown - used, "%d:", (int) csv.record_line);
		for (i = 0; i < csv.count; i++)
			used += snprintf(shown + used, sizeof shown - used, "[%.*s%s]",
							 (int) csv.fields[i].length, csv.fields[i].bytes,
							 csv.fields[i].is_quoted && csv.fields[i].length == 0 ? "\"\"" : "");
	}
	rui_csv_release(&csv);
	return shown;
}

static void
test_reading(void)
{
	CHECK_TEXT(show("", ','), "");
	CHECK_TEXT(show("\n\n", ','), "");
	CHECK_TEXT(show("a,b", ','), "1:[a][b]");
	CHECK_TEXT(show("a,b\n1,2\n", ','), "1:[a][b]2:[1][2]");
	CHECK_TEXT(show("a,b\r\n1,2\r\n3,4", ','), "1:[a][b]2:[1][2]3:[3][4]");
	CHECK_TEXT(show("a,b\r1,2\r", ','), "1:[a][b]2:[1][2]");
	/* Nothing, the empty text, and blanks. */
	CHECK_TEXT(show("a,b\n,\"\"\n x , \n", ','), "1:[a][b]2:[][\"\"]3:[ x ][ ]");
	/* Empty lines stand between records of several fields, not of one. */
	CHECK_TEXT(show("\na,b\n\n1,2\n\n", ','), "2:[a][b]4:[1][2]");
	CHECK_TEXT(show("a\n\n1\n", ','), "1:[a]2:[]3:[1]");
	/* Quotes, separators and line ends within quotes. */
	CHECK_TEXT(show("a,b\n\"1,\"\"x\"\"\",\"2\n3\"\n4,5\n", ','),
			   "1:[a][b]2:[1,\"x\"][2\n3]4:[4][5]");
	CHECK_TEXT(show("a,b,c\n\"\"\"\",\"\"\"\"\"\",x\n", ','), "1:[a][b][c]2:[\"][\"\"][x]");
	CHECK_TEXT(show("\"a\";\"b\"\r\n1,5;\"2;\"\r\n", ';'), "1:[a][b]2:[1,5][2;]");
	CHECK_TEXT(show("a\tb\n1 2\t\n", '\t'), "1:[a][b]2:[1 2][]");
	CHECK_TEXT(show("\xEF\xBB\xBF"
					"a,b\n1,2\n",
					','),
			   "1:[a][b]2:[1][2]");
}

static void
test_errors(void)
{
	/* Lines are those of the text, columns count characters. */
	CHECK_TEXT(show("a,b\n1,\"2\n3,4\n", ','), "1:[a][b]!1 line 2, column 3");
	CHECK_TEXT(show("a,b\n\"1\n2\"x,3\n", ','), "1:[a][b]!1 line 3, column 3");
	CHECK_TEXT(show("a,b\n\xE4\xB8\x80\xE4\xBA\x8C\"x\",2", ','), "1:[a][b]!1 line 2, column 3");
	CHECK_TEXT(show("a,b\n1\n", ','), "1:[a][b]!2 line 2");
	CHECK_TEXT(show("a,b\n\n\n1,2,3\n", ','), "1:[a][b]!2 line 4");
	CHECK_TEXT(show("a,,b\n", ','), "!2 line 1, field 2");
	CHECK_TEXT(show("a,b,\"a\"\n", ','), "!2 line 1, field 3");
	CHECK(!rui_csv_separates('"') && !rui_csv_separates('\0') && !rui_csv_separates('a'));
	CHECK(rui_csv_separates(',') && rui_csv_separates(';') && rui_csv_separates('\t') &&
		  rui_csv_separates('|'));
}

static void
test_limit(void)
{
	char text[2 * RUI_CSV_FIELDS + 2];
	rui_csv csv;
	rui_error error;
	bool more = false;

	memset(text, ',', sizeof text);
	rui_csv_start(&csv, &rui_env_malloc, text, RUI_CSV_FIELDS, ',');
	CHECK_INT(rui_csv_next(&csv, &more, &error), RUI_LIMIT);
	rui_csv_release(&csv);
	/* One fewer is possible, were the names not empty. */
	rui_csv_start(&csv, &rui_env_malloc, text, RUI_CSV_FIELDS - 1, ',');
	CHECK_INT(rui_csv_next(&csv, &more, &error), RUI_INVALID);
	rui_csv_release(&csv);
}

static bool
always(void *argument)
{
	(*(int *) argument)++;
	return true;
}

static void *
take(size_t size, void *argument)
{
	(void) argument;
	return malloc(size);
}

static void
give(void *block, void *argument)
{
	(void) argument;
	free(block);
}

static void
test_stopped(void)
{
	int asked = 0;
	rui_env env = { take, give, always, &asked };
	static char text[200000];
	rui_csv csv;
	rui_error error;
	rui_status status;
	bool more = true;

	memset(text, '\n', sizeof text);
	text[0] = 'a';
	text[2] = '"';
	rui_csv_start(&csv, &env, text, sizeof text, ',');
	do
		status = rui_csv_next(&csv, &more, &error);
	while (status == RUI_OK && more);
	CHECK_INT(status, RUI_INTERRUPTED);
	CHECK_INT(asked, 1);
	rui_csv_release(&csv);
}

static void
test_formulas(void)
{
	CHECK_INT(rui_csv_formula("", 0), -1);
	CHECK_INT(rui_csv_formula("'", 1), -1);
	CHECK_INT(rui_csv_formula("a=1", 3), -1);
	CHECK_INT(rui_csv_formula("=1", 2), 0);
	CHECK_INT(rui_csv_formula("+86", 3), 0);
	CHECK_INT(rui_csv_formula("-", 1), 0);
	CHECK_INT(rui_csv_formula("@x", 2), 0);
	CHECK_INT(rui_csv_formula("\tx", 2), 0);
	CHECK_INT(rui_csv_formula("''=1", 4), 2);
	CHECK_INT(rui_csv_formula("'x", 2), -1);
	CHECK_INT(rui_csv_formula("\xEF\xBC\x9D"
							  "1",
							  4),
			  0);
	CHECK_INT(rui_csv_formula("\xEF\xBC", 2), -1);
}

/* What is written is read again as it was. */
static void
test_laws(void)
{
	static const char *const pieces[] = { "a", "\"", ",", ";", "\n", "\r", " ", "\xE4\xB8\x80",
										  "\xEF\xBB\xBF", "'" };
	rui_random random = { 7 };
	int i;

	for (i = 0; i < 20000; i++)
	{
		char separator = ",;\t|"[rui_random_below(&random, 4)];
		size_t width = 1 + rui_random_below(&random, 4);
		char fields[4][64];
		bool is_null[4];
		rui_text text;
		rui_csv csv;
		rui_error error;
		bool more;
		size_t k;

		unit_note("seed 7 case %d", i);
		rui_text_start(&text, &rui_env_malloc);
		for (k = 0; k < width; k++)
		{
			uint64_t count = rui_random_below(&random, 6);

			fields[k][0] = '\0';
			is_null[k] = count == 0 && rui_random_below(&random, 2) == 0;
			while (count-- > 0)
			{
				size_t length = strlen(fields[k]);

				snprintf(fields[k] + length, sizeof fields[k] - length, "%s",
						 pieces[rui_random_below(&random, 10)]);
			}
			if (k > 0)
				rui_text_character(&text, separator);
			rui_csv_write(&text, is_null[k] ? NULL : fields[k], strlen(fields[k]), separator);
		}
		rui_text_add(&text, "\r\n");
		rui_csv_start(&csv, &rui_env_malloc, text.bytes, text.length, separator);
		csv.width = width;
		CHECK_INT(rui_csv_next(&csv, &more, &error), RUI_OK);
		CHECK(more && csv.count == width && csv.at == text.length);
		for (k = 0; k < width && k < csv.count; k++)
		{
			CHECK(csv.fields[k].length == strlen(fields[k]) &&
				  memcmp(csv.fields[k].bytes, fields[k], csv.fields[k].length) == 0);
			if (fields[k][0] == '\0')
				CHECK(csv.fields[k].is_quoted == !is_null[k]);
		}
		rui_csv_release(&csv);
		rui_text_release(&text);
	}
}

int
main(void)
{
	test_reading();
	test_errors();
	test_limit();
	test_stopped();
	test_formulas();
	test_laws();
	return unit_finish("csv");
}
