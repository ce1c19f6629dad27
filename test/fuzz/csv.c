/* SPDX-License-Identifier: PostgreSQL
 *
 * csv.c
 *	  Any bytes: the reader of CSV answers or refuses; what it read is written
 *	  and read again as the same fields.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/csv.h"

/* Write the record just read; it must read back as it is. */
static void
write_again(const rui_csv *csv)
{
	rui_csv again;
	rui_text text;
	rui_error error;
	bool more;
	size_t i;

	rui_text_start(&text, &rui_env_malloc);
	for (i = 0; i < csv->count; i++)
	{
		const rui_csv_field *field = &csv->fields[i];

		if (i > 0)
			rui_text_character(&text, csv->separator);
		rui_csv_write(&text, field->length == 0 && !field->is_quoted ? NULL : field->bytes,
					  field->length, csv->separator);
	}
	rui_text_add(&text, "\r\n");
	rui_csv_start(&again, &rui_env_malloc, text.bytes, text.length, csv->separator);
	again.width = csv->count; /* no header: names need not differ */
	if (rui_csv_next(&again, &more, &error) != RUI_OK || !more || again.count != csv->count ||
		again.at != text.length)
		abort();
	for (i = 0; i < csv->count; i++)
		if (again.fields[i].length != csv->fields[i].length ||
			memcmp(again.fields[i].bytes, csv->fields[i].bytes, csv->fields[i].length) != 0 ||
			(csv->fields[i].length == 0 && again.fields[i].is_quoted != csv->fields[i].is_quoted))
			abort();
	rui_csv_release(&again);
	rui_text_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_csv csv;
	rui_error error;
	rui_status status;
	bool more;

	if (size == 0)
		return 0;
	rui_csv_start(&csv, &rui_env_malloc, (const char *) data + 1, size - 1, ",;\t|"[data[0] & 3]);
	while ((status = rui_csv_next(&csv, &more, &error)) == RUI_OK && more)
	{
		if (csv.count == 0 || csv.count != csv.width || csv.record_line > csv.line)
			abort();
		write_again(&csv);
	}
	if (status != RUI_OK && (error.code != status || error.detail[0] == '\0'))
		abort();
	rui_csv_release(&csv);
	return 0;
}
