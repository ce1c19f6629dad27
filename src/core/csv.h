/* SPDX-License-Identifier: PostgreSQL
 *
 * csv.h
 *	  Reader and writer of comma-separated values (RFC 4180).
 *
 * A text is read record by record, in place: memory is needed for one
 * record's list of fields and for those of its fields that hold doubled
 * quotes.  Lines end with LF, CRLF or CR; a byte-order mark before the first
 * one is skipped.  A field in quotes may hold separators, line ends and
 * doubled quotes; a quote within a field that does not begin with one is an
 * error, as is anything but a separator or a line end after a closing quote.
 * Every record has as many fields as the first one, the header; empty lines
 * between records of two and more fields are skipped.
 */
#ifndef RUI_CSV_H
#define RUI_CSV_H

#include "core/text.h"

/* As many columns as a table can have. */
#define RUI_CSV_FIELDS 1600

typedef struct rui_csv_field
{
	const char *bytes; /* not ended by NUL */
	size_t length;
	bool is_quoted; /* tells the empty text ("") from nothing */
} rui_csv_field;

typedef struct rui_csv
{
	const rui_env *env;
	const char *text;
	size_t length;
	size_t at; /* the next byte to read */
	size_t checked_at; /* where interrupts were last looked for */
	size_t line_at; /* where the present line begins */
	int64_t line; /* its number, from 1 */
	int64_t record_line; /* number of the line the last record began in */
	char separator;
	size_t width; /* fields of the header; 0 before it is read */
	rui_csv_field *fields; /* of the last record */
	size_t count;
	size_t capacity;
	rui_text spare; /* fields without their doubled quotes */
} rui_csv;

/* Whether a byte can separate fields: comma, semicolon, tab or vertical bar. */
extern bool rui_csv_separates(char separator);

/* Begin to read a text of length bytes, which must outlive the reader. */
extern void rui_csv_start(rui_csv *csv, const rui_env *env, const char *text, size_t length,
						  char separator);

/*
 * Read one record into csv->fields; the first is the header.  *more is false
 * when there is none.  The fields live until the next call.  RUI_SYNTAX with
 * offset, line and column (in characters, from 1) for what is not CSV,
 * RUI_INVALID for a record of another width than the header's and for a
 * header with an empty or repeated name, RUI_LIMIT beyond RUI_CSV_FIELDS,
 * RUI_MEMORY, RUI_INTERRUPTED.
 */
extern rui_status rui_csv_next(rui_csv *csv, bool *more, rui_error *error);

extern void rui_csv_release(rui_csv *csv);

/*
 * Append a field as a record holds it.  NULL bytes are nothing at all, which
 * reads back as an empty field without quotes; the empty text is written as
 * two quotes.  Quotes are set around what holds a separator, quote or line
 * end, begins or ends with a blank, or begins with a byte-order mark.
 */
extern void rui_csv_write(rui_text *text, const char *bytes, size_t length, char separator);

/*
 * How many leading apostrophes a text has when what follows them is what a
 * spreadsheet takes for the beginning of a formula: = + - @ (also as
 * full-width characters), tab or line end.  -1 for any other text.
 */
extern int64_t rui_csv_formula(const char *bytes, size_t length);

#endif /* RUI_CSV_H */
