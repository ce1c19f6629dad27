/* SPDX-License-Identifier: PostgreSQL
 *
 * csv.c
 *	  Reader and writer of comma-separated values (RFC 4180).
 */
#include "core/csv.h"

#include <stdio.h>
#include <string.h>

#define INTERRUPT_BYTES 65536

static const char byte_order_mark[3] = "\xEF\xBB\xBF";

bool
rui_csv_separates(char separator)
{
	return separator == ',' || separator == ';' || separator == '\t' || separator == '|';
}

void
rui_csv_start(rui_csv *csv, const rui_env *env, const char *text, size_t length, char separator)
{
	memset(csv, 0, sizeof *csv);
	csv->env = env;
	csv->text = text;
	csv->length = length;
	csv->separator = separator;
	csv->line = 1;
	csv->record_line = 1;
	rui_text_start(&csv->spare, env);
	if (length >= sizeof byte_order_mark &&
		memcmp(text, byte_order_mark, sizeof byte_order_mark) == 0)
		csv->at = csv->line_at = sizeof byte_order_mark;
}

/* Fail at a byte of a line: as line and column in characters. */
static rui_status
fail_at(const rui_csv *csv, rui_status code, int64_t line, size_t line_at, size_t at,
		rui_error *error, const char *hint, const char *detail)
{
	char part[64];
	int64_t column = 1;
	size_t i;

	for (i = line_at; i < at; i++)
		column += ((unsigned char) csv->text[i] & 0xC0) != 0x80;
	snprintf(part, sizeof part, "line %lld, column %lld", (long long) line, (long long) column);
	return rui_fail_at(error, code, (int64_t) at, part, hint, "%s", detail);
}

/* Step over the line end at csv->at. */
static void
end_line(rui_csv *csv)
{
	if (csv->text[csv->at] == '\r' && csv->at + 1 < csv->length && csv->text[csv->at + 1] == '\n')
		csv->at++;
	csv->at++;
	csv->line++;
	csv->line_at = csv->at;
}

static rui_status
check_interrupts(rui_csv *csv, rui_error *error)
{
	if (csv->at - csv->checked_at < INTERRUPT_BYTES)
		return RUI_OK;
	csv->checked_at = csv->at;
	if (rui_interrupted(csv->env))
		return rui_fail_interrupted(error);
	return RUI_OK;
}

/*
 * The rest of a field in quotes, whose first quote has been read.  A field
 * with doubled quotes is copied to the end of csv->spare; its bytes are NULL
 * until the record is complete, for the copies still move.
 */
static rui_status
read_quoted(rui_csv *csv, rui_csv_field *field, rui_error *error)
{
	const size_t spare_at = csv->spare.length;
	const size_t open_at = csv->at - 1;
	const size_t open_line_at = csv->line_at;
	const int64_t open_line = csv->line;
	size_t part_at = csv->at;
	bool is_copied = false;
	rui_status status;

	for (;;)
	{
		if (csv->at >= csv->length)
			return fail_at(csv, RUI_SYNTAX, open_line, open_line_at, open_at, error,
						   "Close the field with a quote, and double the quotes within it.",
						   "The field that begins here with a quote does not end.");
		switch (csv->text[csv->at])
		{
			case '\r':
			case '\n':
				end_line(csv);
				status = check_interrupts(csv, error);
				if (status != RUI_OK)
					return status;
				continue;
			case '"':
				break;
			default:
				csv->at++;
				continue;
		}
		/* A quote: doubled, it is one of the field's. */
		if (csv->at + 1 >= csv->length || csv->text[csv->at + 1] != '"')
			break;
		rui_text_append(&csv->spare, csv->text + part_at, csv->at + 1 - part_at);
		is_copied = true;
		csv->at += 2;
		part_at = csv->at;
		status = check_interrupts(csv, error);
		if (status != RUI_OK)
			return status;
	}
	field->is_quoted = true;
	if (is_copied)
	{
		rui_text_append(&csv->spare, csv->text + part_at, csv->at - part_at);
		if (csv->spare.failed)
			return rui_fail_memory(error, csv->at - open_at);
		field->bytes = NULL;
		field->length = csv->spare.length - spare_at;
	}
	else
	{
		field->bytes = csv->text + part_at;
		field->length = csv->at - part_at;
	}
	csv->at++;
	if (csv->at < csv->length && csv->text[csv->at] != csv->separator &&
		csv->text[csv->at] != '\r' && csv->text[csv->at] != '\n')
		return fail_at(csv, RUI_SYNTAX, csv->line, csv->line_at, csv->at, error,
					   "Double the quotes within a field, and check the separator.",
					   "After a closing quote comes a separator or the end of the line.");
	return RUI_OK;
}

static rui_status
read_plain(rui_csv *csv, rui_csv_field *field, rui_error *error)
{
	const char separator = csv->separator;
	const char *const end = csv->text + csv->length;
	const char *byte = csv->text + csv->at;

	field->bytes = byte;
	field->is_quoted = false;
	while (byte < end && *byte != separator && *byte != '\n' && *byte != '\r' && *byte != '"')
		byte++;
	field->length = byte - field->bytes;
	csv->at = byte - csv->text;
	if (byte < end && *byte == '"')
		return fail_at(csv, RUI_SYNTAX, csv->line, csv->line_at, csv->at, error,
					   "Put the whole field in quotes, and double the quotes within it.",
					   "A quote stands within a field that does not begin with one.");
	return RUI_OK;
}

static rui_status
check_header(rui_csv *csv, rui_error *error)
{
	size_t i;
	size_t j;

	for (i = 0; i < csv->count; i++)
	{
		const rui_csv_field *name = &csv->fields[i];
		char part[64];

		snprintf(part, sizeof part, "line %lld, field %zu", (long long) csv->record_line, i + 1);
		if (name->length == 0)
			return rui_fail(error, RUI_INVALID, part, "Name every column in the first line.",
							"The column has no name.");
		for (j = 0; j < i; j++)
			if (csv->fields[j].length == name->length &&
				memcmp(csv->fields[j].bytes, name->bytes, name->length) == 0)
				return rui_fail(error, RUI_INVALID, part, "Give every column a name of its own.",
								"Columns %zu and %zu have one name.", j + 1, i + 1);
	}
	csv->width = csv->count;
	return RUI_OK;
}

/* Fields up to the end of the line. */
static rui_status
read_record(rui_csv *csv, rui_error *error)
{
	rui_status status;
	size_t next = 0;
	size_t i;

	csv->count = 0;
	csv->spare.length = 0;
	csv->record_line = csv->line;
	for (;;)
	{
		rui_csv_field *field;

		if (csv->count == RUI_CSV_FIELDS)
			return fail_at(csv, RUI_LIMIT, csv->line, csv->line_at, csv->at, error,
						   "Check the separator and the line ends.",
						   "A record has more than 1600 fields.");
		status = rui_grow(csv->env, &csv->fields, &csv->capacity, csv->count + 1,
						  sizeof *csv->fields, error);
		if (status != RUI_OK)
			return status;
		field = &csv->fields[csv->count++];
		if (csv->at < csv->length && csv->text[csv->at] == '"')
		{
			csv->at++;
			status = read_quoted(csv, field, error);
		}
		else
			status = read_plain(csv, field, error);
		if (status != RUI_OK)
			return status;
		if (csv->at >= csv->length)
			break;
		if (csv->text[csv->at] != csv->separator)
		{
			end_line(csv);
			break;
		}
		csv->at++;
	}
	/* The copies stand in the order of the fields, and move no more. */
	for (i = 0; i < csv->count; i++)
	{
		rui_csv_field *field = &csv->fields[i];

		if (field->bytes == NULL)
		{
			field->bytes = csv->spare.bytes + next;
			next += field->length;
		}
	}
	return RUI_OK;
}

rui_status
rui_csv_next(rui_csv *csv, bool *more, rui_error *error)
{
	rui_status status;

	do
	{
		if (csv->at >= csv->length)
		{
			*more = false;
			return RUI_OK;
		}
		status = check_interrupts(csv, error);
		if (status == RUI_OK)
			status = read_record(csv, error);
		if (status != RUI_OK)
			return status;
	} while (csv->width != 1 && csv->count == 1 && csv->fields[0].length == 0 &&
			 !csv->fields[0].is_quoted);
	if (csv->width == 0)
	{
		status = check_header(csv, error);
		if (status != RUI_OK)
			return status;
	}
	else if (csv->count != csv->width)
	{
		char part[32];

		snprintf(part, sizeof part, "line %lld", (long long) csv->record_line);
		return rui_fail(error, RUI_INVALID, part, "Check separators, quotes and line ends.",
						"The record has %zu fields, the header %zu.", csv->count, csv->width);
	}
	*more = true;
	return RUI_OK;
}

void
rui_csv_release(rui_csv *csv)
{
	rui_release(csv->env, csv->fields);
	rui_text_release(&csv->spare);
	csv->fields = NULL;
}

void
rui_csv_write(rui_text *text, const char *bytes, size_t length, char separator)
{
	bool needs_quotes = length == 0 || bytes[0] == ' ' || bytes[length - 1] == ' ' ||
		(length >= sizeof byte_order_mark &&
		 memcmp(bytes, byte_order_mark, sizeof byte_order_mark) == 0);
	size_t from = 0;
	size_t i;

	if (bytes == NULL)
		return;
	for (i = 0; i < length && !needs_quotes; i++)
		needs_quotes =
			bytes[i] == separator || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r';
	if (!needs_quotes)
	{
		rui_text_append(text, bytes, length);
		return;
	}
	rui_text_character(text, '"');
	for (i = 0; i < length; i++)
	{
		if (bytes[i] != '"')
			continue;
		rui_text_append(text, bytes + from, i + 1 - from);
		rui_text_character(text, '"');
		from = i + 1;
	}
	rui_text_append(text, bytes + from, length - from);
	rui_text_character(text, '"');
}

int64_t
rui_csv_formula(const char *bytes, size_t length)
{
	static const char *const wide[] = { "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
										"\xEF\xBC\xA0" };
	size_t i = 0;
	size_t k;

	while (i < length && bytes[i] == '\'')
		i++;
	if (i == length)
		return -1;
	switch (bytes[i])
	{
		case '=':
		case '+':
		case '-':
		case '@':
		case '\t':
		case '\r':
		case '\n':
			return (int64_t) i;
		default:
			break;
	}
	for (k = 0; k < sizeof wide / sizeof wide[0]; k++)
		if (length - i >= 3 && memcmp(bytes + i, wide[k], 3) == 0)
			return (int64_t) i;
	return -1;
}
