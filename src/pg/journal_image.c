/* SPDX-License-Identifier: PostgreSQL
 *
 * journal_image.c
 *	  Reading row images back, as JSON.
 */
#include "pg/journal.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "core/json.h"

typedef struct image_column
{
	const char *name;
	image_form form;
	bool is_key;
	Oid type; /* InvalidOid: no longer there, shown as hex */
	FmgrInfo output;
	FmgrInfo receive;
	Oid receive_argument;
	bool is_number; /* shown as a JSON number or boolean */
} image_column;

typedef struct image_reader
{
	const unsigned char *bytes;
	Size length;
	Size at;
	int count;
	image_column *columns;
} image_reader;

static void
corrupt(const image_reader *r)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("row image does not fit its layout at byte %zu", r->at),
			 errhint("The journal row or its layout was altered; see rui.verify_journal().")));
}

static const unsigned char *
take(image_reader *r, Size size)
{
	const unsigned char *start = r->bytes + r->at;

	if (r->length - r->at < size)
		corrupt(r);
	r->at += size;
	return start;
}

static Size
take_length(image_reader *r)
{
	Size length = 0;
	int shift;

	for (shift = 0; shift <= 28; shift += 7)
	{
		unsigned char group = *take(r, 1);

		length |= (Size) (group & 0x7F) << shift;
		if ((group & 0x80) == 0)
			return length;
	}
	corrupt(r);
	return 0;
}

static Datum
word_datum(const unsigned char *bytes, int size)
{
	uint64 word = 0;
	int i;

	for (i = 0; i < size; i++)
		word = word << 8 | bytes[i];
	switch (size)
	{
		case 1:
			return CharGetDatum((char) word);
		case 2:
			return Int16GetDatum((int16) word);
		case 4:
			return Int32GetDatum((int32) word);
		default:
			return Int64GetDatum((int64) word);
	}
}

static char *
hex_text(const unsigned char *bytes, Size length)
{
	char *text = palloc(length * 2 + 3);

	memcpy(text, "\\x", 2);
	text[2 + hex_encode((const char *) bytes, length, text + 2)] = '\0';
	return text;
}

/* Read one value; append it as JSON, or skip it when out is NULL. */
static void
read_value(image_reader *r, image_column *column, StringInfo out)
{
	int word = rui_image_word_size(column->form);
	Size length = word > 0 ? (Size) word : take_length(r);
	const unsigned char *bytes = take(r, length);
	char *text;

	if (out == NULL)
		return;
	if (!OidIsValid(column->type))
		text = hex_text(bytes, length);
	else if (word > 0)
		text = OutputFunctionCall(&column->output, word_datum(bytes, word));
	else if (column->form == IMAGE_BYTES && column->type == BYTEAOID)
		text = hex_text(bytes, length);
	else if (column->form == IMAGE_SEND)
	{
		StringInfoData message;
		Datum value;

		initStringInfo(&message);
		appendBinaryStringInfo(&message, (const char *) bytes, length);
		value = ReceiveFunctionCall(&column->receive, &message, column->receive_argument, -1);
		text = OutputFunctionCall(&column->output, value);
	}
	else
		text = pnstrdup((const char *) bytes, length);
	if (column->type == BOOLOID)
		appendStringInfoString(out, text[0] == 't' ? "true" : "false");
	else if (column->type == JSONBOID || column->type == JSONOID ||
			 (column->is_number && strspn(text, "0123456789.-") == strlen(text)))
		appendStringInfoString(out, text);
	else
		escape_json(out, text);
}

static void
put_member(StringInfo out, const image_column *column)
{
	appendStringInfoString(out, out->len > 1 ? "," : "");
	escape_json(out, column->name);
	appendStringInfoChar(out, ':');
}

static Datum
finish_object(StringInfo out)
{
	appendStringInfoChar(out, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out->data));
}

static void
read_whole_row(image_reader *r, StringInfo key, StringInfo row)
{
	const unsigned char *bitmap = take(r, (r->count + 7) / 8);
	int i;

	for (i = 0; i < r->count; i++)
	{
		image_column *column = &r->columns[i];
		Size start = r->at;

		put_member(row, column);
		if ((bitmap[i / 8] & (1 << (i % 8))) == 0)
		{
			appendStringInfoString(row, "null");
			continue;
		}
		read_value(r, column, row);
		if (column->is_key)
		{
			r->at = start;
			put_member(key, column);
			read_value(r, column, key);
		}
	}
}

static void
read_change(image_reader *r, StringInfo key, StringInfo before, StringInfo after)
{
	const unsigned char *bitmap;
	int i;

	for (i = 0; i < r->count; i++)
		if (r->columns[i].is_key)
		{
			put_member(key, &r->columns[i]);
			read_value(r, &r->columns[i], key);
		}
	bitmap = take(r, (r->count + 7) / 8);
	for (i = 0; i < r->count; i++)
	{
		image_column *column = &r->columns[i];
		unsigned char present;

		if ((bitmap[i / 8] & (1 << (i % 8))) == 0)
			continue;
		present = *take(r, 1);
		put_member(before, column);
		if (present & 1)
			read_value(r, column, before);
		else
			appendStringInfoString(before, "null");
		put_member(after, column);
		if (present & 2)
			read_value(r, column, after);
		else
			appendStringInfoString(after, "null");
	}
}

static void
read_layout(image_reader *r, const char *text)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_json_document document;
	rui_error error;
	const rui_json *row;

	RUI_CHECK(rui_json_parse(&env, text, strlen(text), &document, &error), error, "journal layout");
	r->columns = palloc0(sizeof(image_column) * (document.root->count + 1));
	for (row = document.root->first; row != NULL; row = row->next)
	{
		image_column *column = &r->columns[r->count++];
		const rui_json *name = rui_json_member(row, "name");
		const rui_json *type = rui_json_member(row, "type");
		const rui_json *form = rui_json_member(row, "form");
		const rui_json *key = rui_json_member(row, "key");
		Oid function;
		bool is_varlena;
		int32 typmod;
		int i;

		if (name == NULL || type == NULL || form == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
					 errdetail("Each column needs name, type and form.")));
		column->name = name->text;
		column->is_key = key != NULL && key->boolean;
		i = IMAGE_WORD1;
		while (i < IMAGE_TEXT && strcmp(form->text, rui_image_form_names[i]) != 0)
			i++;
		column->form = (image_form) i;
#if PG_VERSION_NUM >= 160000
		if (!parseTypeString(type->text, &column->type, &typmod, NULL))
			column->type = InvalidOid;
#else
		parseTypeString(type->text, &column->type, &typmod, true);
#endif
		if (!OidIsValid(column->type))
			continue;
		getTypeOutputInfo(column->type, &function, &is_varlena);
		fmgr_info(function, &column->output);
		if (column->form == IMAGE_SEND)
		{
			getTypeBinaryInputInfo(column->type, &function, &column->receive_argument);
			fmgr_info(function, &column->receive);
		}
		column->is_number = column->type == INT2OID || column->type == INT4OID ||
			column->type == INT8OID || column->type == NUMERICOID;
	}
}

RUI_FUNCTION(image_json)
{
	char *layout = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bytea *images = PG_GETARG_BYTEA_PP(1);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	image_reader r = { 0 };
	MemoryContext scratch;
	int position = 0;

	InitMaterializedSRF(fcinfo, 0);
	read_layout(&r, layout);
	r.bytes = (const unsigned char *) VARDATA_ANY(images);
	r.length = VARSIZE_ANY_EXHDR(images);
	scratch = AllocSetContextCreate(CurrentMemoryContext, "rui row image", ALLOCSET_DEFAULT_SIZES);
	while (r.at < r.length)
	{
		MemoryContext old;
		StringInfoData key;
		StringInfoData before;
		StringInfoData after;
		unsigned char letter;
		Datum values[5];
		bool nulls[5] = { false };

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
		old = MemoryContextSwitchTo(scratch);
		initStringInfo(&key);
		initStringInfo(&before);
		initStringInfo(&after);
		appendStringInfoChar(&key, '{');
		appendStringInfoChar(&before, '{');
		appendStringInfoChar(&after, '{');
		letter = *take(&r, 1);
		switch (letter)
		{
			case 'I':
				read_whole_row(&r, &key, &after);
				break;
			case 'D':
				read_whole_row(&r, &key, &before);
				break;
			case 'U':
				read_change(&r, &key, &before, &after);
				break;
			default:
				r.at--;
				corrupt(&r);
		}
		nulls[3] = letter == 'I';
		nulls[4] = letter == 'D';
		values[0] = Int32GetDatum(++position);
		values[1] = CStringGetTextDatum(nulls[3] ? "insert" : nulls[4] ? "delete"
																	   : "update");
		values[2] = finish_object(&key);
		values[3] = nulls[3] ? (Datum) 0 : finish_object(&before);
		values[4] = nulls[4] ? (Datum) 0 : finish_object(&after);
		MemoryContextSwitchTo(old);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* Append to out what was read since start. */
static void
copy_since(StringInfo out, const image_reader *r, Size start)
{
	appendBinaryStringInfo(out, (const char *) r->bytes + start, r->at - start);
}

/* Copy the image r stands at, of a letter I or D, without the values of these columns. */
static void
redact_whole_row(image_reader *r, const bool *gone, StringInfo out)
{
	const unsigned char *bitmap = take(r, (r->count + 7) / 8);
	int copied = out->len;
	int i;

	appendBinaryStringInfo(out, (const char *) bitmap, (r->count + 7) / 8);
	for (i = 0; i < r->count; i++)
	{
		Size start = r->at;

		if ((bitmap[i / 8] & (1 << (i % 8))) == 0)
			continue;
		read_value(r, &r->columns[i], NULL);
		if (gone[i])
			out->data[copied + i / 8] &= ~(1 << (i % 8));
		else
			copy_since(out, r, start);
	}
}

/* The same of a letter U. */
static void
redact_change(image_reader *r, const bool *gone, StringInfo out)
{
	const unsigned char *bitmap;
	Size start = r->at;
	int i;

	for (i = 0; i < r->count; i++)
		if (r->columns[i].is_key)
			read_value(r, &r->columns[i], NULL);
	bitmap = take(r, (r->count + 7) / 8);
	copy_since(out, r, start);
	for (i = 0; i < r->count; i++)
	{
		unsigned char present;

		if ((bitmap[i / 8] & (1 << (i % 8))) == 0)
			continue;
		start = r->at;
		present = *take(r, 1);
		if (present & 1)
			read_value(r, &r->columns[i], NULL);
		if (present & 2)
			read_value(r, &r->columns[i], NULL);
		if (gone[i])
			appendStringInfoChar(out, '\0');
		else
			copy_since(out, r, start);
	}
}

static bool
names_column(ArrayType *names, const char *name)
{
	ArrayIterator each = array_create_iterator(names, 0, NULL);
	Datum value;
	bool is_null;

	while (array_iterate(each, &value, &is_null))
		if (!is_null && strcmp(TextDatumGetCString(value), name) == 0)
			return true;
	return false;
}

RUI_FUNCTION(_redact_image)
{
	char *layout = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bytea *images = PG_GETARG_BYTEA_PP(1);
	int32 number = PG_GETARG_INT32(2);
	ArrayType *names = PG_GETARG_ARRAYTYPE_P(3);
	image_reader r = { 0 };
	StringInfoData out;
	bool *gone;
	bool *none;
	int position = 0;
	int i;

	read_layout(&r, layout);
	r.bytes = (const unsigned char *) VARDATA_ANY(images);
	r.length = VARSIZE_ANY_EXHDR(images);
	gone = palloc0(sizeof(bool) * (r.count + 1));
	none = palloc0(sizeof(bool) * (r.count + 1));
	for (i = 0; i < r.count; i++)
		gone[i] = !r.columns[i].is_key && names_column(names, r.columns[i].name);
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	while (r.at < r.length)
	{
		Size start = r.at;
		unsigned char letter = *take(&r, 1);
		const bool *without = ++position == number ? gone : none;

		CHECK_FOR_INTERRUPTS();
		if (letter != 'I' && letter != 'D' && letter != 'U')
		{
			r.at--;
			corrupt(&r);
		}
		copy_since(&out, &r, start);
		if (letter == 'U')
			redact_change(&r, without, &out);
		else
			redact_whole_row(&r, without, &out);
	}
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_BYTEA_P((bytea *) out.data);
}
