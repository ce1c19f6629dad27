/* SPDX-License-Identifier: PostgreSQL
 *
 * journal_image.c
 *	  Reading row images back, as JSON.
 */
#include "pg/journal.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

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
	bool is_enum;
	bool is_foreign; /* of an extension, and no text */
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

/* An enum's value: its OID, most significant byte first. */
static Datum
enum_datum(const unsigned char *bytes)
{
	return ObjectIdGetDatum((Oid) bytes[0] << 24 | (Oid) bytes[1] << 16 | (Oid) bytes[2] << 8 |
							(Oid) bytes[3]);
}

static char *
hex_text(const unsigned char *bytes, Size length)
{
	char *text = palloc(length * 2 + 3);

	memcpy(text, "\\x", 2);
	text[2 + hex_encode((const char *) bytes, length, text + 2)] = '\0';
	return text;
}

/* The text of a value in the form of the type's send function; a word is that too. */
static char *
sent_text(image_reader *r, image_column *column, const unsigned char *bytes, Size length)
{
	StringInfoData message;
	Datum value;

	initStringInfo(&message);
	appendBinaryStringInfo(&message, (const char *) bytes, length);
	value = ReceiveFunctionCall(&column->receive, &message, column->receive_argument, -1);
	if (message.cursor != message.len)
		corrupt(r);
	return OutputFunctionCall(&column->output, value);
}

/* A text as it was written. */
static char *
plain_text(image_reader *r, const image_column *column, const unsigned char *bytes, Size length)
{
	char *text;

	if (!pg_verify_mbstr(GetDatabaseEncoding(), (const char *) bytes, length, true))
		corrupt(r);
	text = pnstrdup((const char *) bytes, length);
	/* It becomes a part of a greater JSON text: only if it is one by itself. */
	if (column->type == JSONOID || column->type == JSONBOID)
		DirectFunctionCall1(json_in, CStringGetDatum(text));
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
	/* PostGIS 3.3 reads an address of nothing out of an empty geometry. */
	if (!OidIsValid(column->type) || column->type == BYTEAOID ||
		(length == 0 && column->is_foreign))
		text = hex_text(bytes, length);
	else if (column->is_enum)
		text = OutputFunctionCall(&column->output, enum_datum(bytes));
	else if (word > 0 || column->form == IMAGE_SEND)
		text = sent_text(r, column, bytes, length);
	else
		text = plain_text(r, column, bytes, length);
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

/* A member that must be there and be a text. */
static const char *
text_member(const rui_json *column, const char *key)
{
	const rui_json *member = rui_json_member(column, key);
	rui_error error;

	if (member == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
				 errdetail("Each column needs name, type and form.")));
	RUI_CHECK(rui_json_expect(member, RUI_JSON_STRING, &error), error, "journal layout");
	return member->text;
}

/*
 * The layout may be anybody's: what it calls a word must be one of that size,
 * or an output function would take the bytes of an image for an address.
 */
static void
check_form(const image_column *column, Form_pg_type type)
{
	int word = rui_image_word_size(column->form);

	if (word > 0 ? type->typbyval && type->typlen == word
				 : !type->typbyval &&
				(column->form != IMAGE_SEND || OidIsValid(type->typreceive)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
			 errdetail("Values of type %s of column \"%s\" are not written as %s.",
					   format_type_be(column->type), column->name,
					   rui_image_form_names[column->form]),
			 errhint("Layouts are in rui.journal_layout.columns.")));
}

/* How values of a column's type are shown; as hex when the type is not there any more. */
static void
find_type(image_column *column, const char *name)
{
	HeapTuple tuple;
	Form_pg_type type;
	int32 typmod;

#if PG_VERSION_NUM >= 160000
	if (!parseTypeString(name, &column->type, &typmod, NULL))
		column->type = InvalidOid;
#else
	parseTypeString(name, &column->type, &typmod, true);
#endif
	if (!OidIsValid(column->type))
		return;
	column->type = getBaseType(column->type);
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(column->type));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", column->type);
	type = (Form_pg_type) GETSTRUCT(tuple);
	if (!type->typisdefined || type->typtype == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
				 errdetail("No column has the type %s.", format_type_be(column->type))));
	check_form(column, type);
	column->is_enum = type->typtype == TYPTYPE_ENUM;
	column->is_foreign = column->type >= FirstNormalObjectId &&
		type->typcategory != TYPCATEGORY_STRING;
	fmgr_info(type->typoutput, &column->output);
	/* The receive function refuses what no value of the type is; an enum's reads labels. */
	if (!column->is_enum && OidIsValid(type->typreceive))
	{
		fmgr_info(type->typreceive, &column->receive);
		column->receive_argument = getTypeIOParam(tuple);
	}
	ReleaseSysCache(tuple);
	if (rui_image_word_size(column->form) > 0 && !column->is_enum &&
		!OidIsValid(column->receive.fn_oid))
		column->type = InvalidOid;
	column->is_number = column->type == INT2OID || column->type == INT4OID ||
		column->type == INT8OID || column->type == NUMERICOID;
}

static void
read_layout(image_reader *r, const char *text)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_json_document document;
	rui_error error;
	const rui_json *row;

	RUI_CHECK(rui_json_parse(&env, text, strlen(text), &document, &error), error, "journal layout");
	RUI_CHECK(rui_json_expect(document.root, RUI_JSON_ARRAY, &error), error, "journal layout");
	if (document.root->count == 0 || document.root->count > MaxTupleAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
				 errdetail("A table has 1 to %d columns.", MaxTupleAttributeNumber)));
	r->columns = palloc0(sizeof(image_column) * document.root->count);
	for (row = document.root->first; row != NULL; row = row->next)
	{
		image_column *column = &r->columns[r->count++];
		const rui_json *key;
		const char *form;
		int i = IMAGE_WORD1;

		RUI_CHECK(rui_json_expect(row, RUI_JSON_OBJECT, &error), error, "journal layout");
		column->name = text_member(row, "name");
		form = text_member(row, "form");
		key = rui_json_member(row, "key");
		if (key != NULL)
			RUI_CHECK(rui_json_expect(key, RUI_JSON_BOOLEAN, &error), error, "journal layout");
		column->is_key = key != NULL && key->boolean;
		while (i <= IMAGE_TEXT && strcmp(form, rui_image_form_names[i]) != 0)
			i++;
		if (i > IMAGE_TEXT)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid journal layout"),
					 errdetail("There is no form \"%s\".", form)));
		column->form = (image_form) i;
		find_type(column, text_member(row, "type"));
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
