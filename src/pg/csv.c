/* SPDX-License-Identifier: PostgreSQL
 *
 * csv.c
 *	  Comma-separated values as rows of JSON objects, and texts as lines.
 */
#include "pg/rui_pg.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "core/csv.h"

static char
separator_argument(FunctionCallInfo fcinfo, int argument)
{
	text *separator = PG_GETARG_TEXT_PP(argument);

	if (VARSIZE_ANY_EXHDR(separator) != 1 || !rui_csv_separates(*VARDATA_ANY(separator)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fields cannot be separated by \"%s\"", text_to_cstring(separator)),
				 errhint("A separator is a comma, a semicolon, a tab or a vertical bar.")));
	return *VARDATA_ANY(separator);
}

/* The record as a JSON object, keyed by the header; nothing is a JSON null. */
static Jsonb *
record_object(const rui_csv *csv, const JsonbValue *names)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	size_t i;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (i = 0; i < csv->count; i++)
	{
		const rui_csv_field *field = &csv->fields[i];
		JsonbValue name = names[i];
		JsonbValue value;

		value.type = field->length == 0 && !field->is_quoted ? jbvNull : jbvString;
		if (value.type == jbvString)
		{
			value.val.string.val = (char *) field->bytes;
			value.val.string.len = (int) field->length;
		}
		pushJsonbValue(&state, WJB_KEY, &name);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(object);
}

RUI_FUNCTION(read_csv)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	text *content = PG_GETARG_TEXT_PP(0);
	char separator = separator_argument(fcinfo, 1);
	MemoryContext per_record =
		AllocSetContextCreate(CurrentMemoryContext, "rui.read_csv", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = CurrentMemoryContext;
	rui_env env = rui_pg_env(caller);
	JsonbValue *names = NULL;
	int64 row_number = 0;
	rui_csv csv;
	rui_error error;
	bool more;

	InitMaterializedSRF(fcinfo, 0);
	rui_csv_start(&csv, &env, VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content), separator);
	for (;;)
	{
		Datum values[3];
		bool nulls[3] = { false, false, false };

		RUI_CHECK(rui_csv_next(&csv, &more, &error), error, "CSV");
		if (!more)
			break;
		if (names == NULL)
		{
			size_t i;

			names = palloc(csv.count * sizeof(JsonbValue));
			for (i = 0; i < csv.count; i++)
			{
				names[i].type = jbvString;
				names[i].val.string.val = pnstrdup(csv.fields[i].bytes, csv.fields[i].length);
				names[i].val.string.len = (int) csv.fields[i].length;
			}
			continue;
		}
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(per_record);
		values[0] = Int64GetDatum(++row_number);
		values[1] = Int64GetDatum(csv.record_line);
		values[2] = JsonbPGetDatum(record_object(&csv, names));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(per_record);
	}
	rui_csv_release(&csv);
	MemoryContextDelete(per_record);
	return (Datum) 0;
}

RUI_FUNCTION(csv_line)
{
	ArrayType *fields = PG_GETARG_ARRAYTYPE_P(0);
	char separator = separator_argument(fcinfo, 1);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	ArrayIterator iterator;
	Datum field;
	bool is_null;
	bool is_first = true;
	rui_text line;

	if (ARR_NDIM(fields) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a line has one row of fields"),
				 errhint("Give an array of one dimension.")));
	rui_text_start(&line, &env);
	iterator = array_create_iterator(fields, 0, NULL);
	while (array_iterate(iterator, &field, &is_null))
	{
		if (!is_first)
			rui_text_character(&line, separator);
		is_first = false;
		if (!is_null)
		{
			text *value = DatumGetTextPP(field);

			rui_csv_write(&line, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), separator);
		}
	}
	array_free_iterator(iterator);
	if (line.failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in CSV")));
	PG_RETURN_TEXT_P(
		cstring_to_text_with_len(line.length > 0 ? line.bytes : "", (int) line.length));
}

RUI_FUNCTION(csv_guard)
{
	text *value = PG_GETARG_TEXT_PP(0);
	int length = VARSIZE_ANY_EXHDR(value);
	text *guarded;

	if (rui_csv_formula(VARDATA_ANY(value), length) < 0)
		PG_RETURN_TEXT_P(value);
	guarded = palloc(VARHDRSZ + length + 1);
	SET_VARSIZE(guarded, VARHDRSZ + length + 1);
	*VARDATA(guarded) = '\'';
	memcpy(VARDATA(guarded) + 1, VARDATA_ANY(value), length);
	PG_RETURN_TEXT_P(guarded);
}

RUI_FUNCTION(csv_unguard)
{
	text *value = PG_GETARG_TEXT_PP(0);
	int length = VARSIZE_ANY_EXHDR(value);

	if (rui_csv_formula(VARDATA_ANY(value), length) < 1)
		PG_RETURN_TEXT_P(value);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(VARDATA_ANY(value) + 1, length - 1));
}
