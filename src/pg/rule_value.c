/* SPDX-License-Identifier: PostgreSQL
 *
 * rule_value.c
 *	  The stored form that tariffs and rubrics share.
 */
#include "pg/rule_value.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"

#define HEADER_SIZE offsetof(rui_rule_value, text)
#define PG_GETARG_RULE(n) ((rui_rule_value *) PG_DETOAST_DATUM(PG_GETARG_DATUM(n)))

StaticAssertDecl(offsetof(rui_rule_value, hash) == VARHDRSZ,
				 "compiled.c finds the hash right after the varlena header");

rui_rule_value *
rui_rule_make(const rui_text *canonical, const char *type)
{
	rui_rule_value *value;

	if (canonical->failed)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in %s", type)));
	if (canonical->length > MaxAllocSize - HEADER_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s too large", type),
				 errhint("A value holds at most 1 GB.")));
	value = palloc(HEADER_SIZE + canonical->length);
	SET_VARSIZE(value, HEADER_SIZE + canonical->length);
	value->version = RUI_RULE_VERSION;
	memcpy(value->text, canonical->bytes, canonical->length);
	rui_content_hash(&value->version, canonical->length + 1, value->hash);
	return value;
}

/* The value with the canonical form of a text that came in the given form
 * (RUI_SYNTAX for text, RUI_BINARY). */
static rui_rule_value *
value_of_text(const char *text, size_t length, const char *type, rui_rule_canonical read,
			  rui_status form)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_rule_value *value;
	rui_text canonical;
	rui_error error;

	rui_text_start(&canonical, &env);
	if (read(&env, text, length, &canonical, &error) != RUI_OK)
	{
		if (form == RUI_BINARY && (error.code == RUI_SYNTAX || error.code == RUI_INVALID))
			error.code = RUI_BINARY;
		rui_pg_raise(&error, type);
	}
	value = rui_rule_make(&canonical, type);
	rui_text_release(&canonical);
	return value;
}

Datum
rui_rule_in(FunctionCallInfo fcinfo, const char *type, rui_rule_canonical read)
{
	const char *text = PG_GETARG_CSTRING(0);

	PG_RETURN_POINTER(value_of_text(text, strlen(text), type, read, RUI_SYNTAX));
}

Datum
rui_rule_recv(FunctionCallInfo fcinfo, const char *type, rui_rule_canonical read)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	rui_error error = { .code = RUI_BINARY, .offset = -1 };
	size_t left = (size_t) (message->len - message->cursor);

	if (left < RUI_CONTENT_HASH_SIZE + 1)
		rui_fail(&error, RUI_BINARY, NULL, NULL, "It is shorter than its header.");
	else
	{
		const char *hash = pq_getmsgbytes(message, RUI_CONTENT_HASH_SIZE);
		int version = pq_getmsgbyte(message);
		size_t length = left - RUI_CONTENT_HASH_SIZE - 1;
		const char *text = pq_getmsgbytes(message, (int) length);

		if (version != RUI_RULE_VERSION)
			rui_fail(&error, RUI_BINARY, NULL, NULL, "Its format is not version %d.",
					 RUI_RULE_VERSION);
		else
		{
			rui_rule_value *value = value_of_text(text, length, type, read, RUI_BINARY);

			if (length != rui_rule_length(value) || memcmp(text, value->text, length) != 0)
				rui_fail(&error, RUI_BINARY, NULL, NULL, "Its text is not canonical.");
			else if (memcmp(hash, value->hash, RUI_CONTENT_HASH_SIZE) != 0)
				rui_fail(&error, RUI_BINARY, NULL, NULL, "Its hash does not match its content.");
			else
				PG_RETURN_POINTER(value);
		}
	}
	rui_pg_raise(&error, type);
	PG_RETURN_NULL();
}

RUI_FUNCTION(rule_out)
{
	rui_rule_value *value = PG_GETARG_RULE(0);

	PG_RETURN_CSTRING(pnstrdup(value->text, rui_rule_length(value)));
}

RUI_FUNCTION(rule_send)
{
	rui_rule_value *value = PG_GETARG_RULE(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (const char *) value->hash, RUI_CONTENT_HASH_SIZE);
	pq_sendbyte(&message, value->version);
	pq_sendbytes(&message, value->text, (int) rui_rule_length(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* Order by the bytes of the canonical texts. */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
	rui_rule_value *a = PG_GETARG_RULE(0);
	rui_rule_value *b = PG_GETARG_RULE(1);
	size_t left = rui_rule_length(a);
	size_t right = rui_rule_length(b);
	int order = memcmp(a->text, b->text, Min(left, right));

	if (order == 0)
		order = left < right ? -1 : left > right;
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order < 0 ? -1 : order > 0;
}

RUI_FUNCTION(rule_eq)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

RUI_FUNCTION(rule_ne)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

RUI_FUNCTION(rule_lt)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

RUI_FUNCTION(rule_le)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

RUI_FUNCTION(rule_gt)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

RUI_FUNCTION(rule_ge)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

RUI_FUNCTION(rule_cmp)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

/* The content hash is a hash of everything that equality sees. */
RUI_FUNCTION(rule_hash)
{
	rui_rule_value *value = PG_GETARG_RULE(0);
	uint32 hash = DatumGetUInt32(hash_any(value->hash, RUI_CONTENT_HASH_SIZE));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_UINT32(hash);
}

RUI_FUNCTION(rule_hash_extended)
{
	rui_rule_value *value = PG_GETARG_RULE(0);
	uint64 hash = DatumGetUInt64(
		hash_any_extended(value->hash, RUI_CONTENT_HASH_SIZE, (uint64) PG_GETARG_INT64(1)));

	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_INT64((int64) hash);
}
