/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  The SQL type tariff and its charges.
 */
#include "pg/rui_pg.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "core/tariff.h"
#include "pg/compiled.h"
#include "pg/decimal.h"
#include "pg/rule_value.h"

static rui_status
canonical_tariff(const rui_env *env, const char *text, size_t length, rui_text *canonical,
				 rui_error *error)
{
	rui_tariff *tariff;
	rui_status status = rui_tariff_read(env, text, length, &tariff, error);

	if (status != RUI_OK)
		return status;
	rui_tariff_write(tariff, canonical);
	rui_tariff_release(env, tariff);
	return RUI_OK;
}

RUI_FUNCTION(tariff_in)
{
	return rui_rule_in(fcinfo, "tariff", canonical_tariff);
}

RUI_FUNCTION(tariff_recv)
{
	return rui_rule_recv(fcinfo, "tariff", canonical_tariff);
}

static void *
compile_tariff(struct varlena *datum, MemoryContext context)
{
	const rui_rule_value *value = (const rui_rule_value *) datum;
	rui_env env = rui_pg_env(context);
	rui_tariff *tariff;
	rui_error error;

	RUI_CHECK(rui_tariff_read(&env, value->text, rui_rule_length(value), &tariff, &error), error,
			  "tariff");
	return tariff;
}

static const rui_tariff *
tariff_argument(FunctionCallInfo fcinfo, int argument)
{
	static const rui_compiled_kind kind = { .name = "tariff", .compile = compile_tariff };

	return rui_compiled(fcinfo, argument, &kind);
}

/* (net, tax, gross) */
static Datum
charge_datum(FunctionCallInfo fcinfo, const rui_charged *charge)
{
	TupleDesc columns;
	Datum values[3];
	bool nulls[3] = { false, false, false };

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type is not a row type");
	values[0] = rui_pg_numeric(charge->net);
	values[1] = rui_pg_numeric(charge->tax);
	values[2] = rui_pg_numeric(charge->gross);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}

/* Argument 1 as what the tariff is charged for: a numeric or jsonb. */
static rui_usage
usage_argument(FunctionCallInfo fcinfo, const rui_tariff *tariff, bool is_jsonb)
{
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_usage usage;
	rui_error error;

	if (is_jsonb)
	{
		Jsonb *value = PG_GETARG_JSONB_P(1);
		char *text = JsonbToCString(NULL, &value->root, VARSIZE(value));

		RUI_CHECK(rui_usage_read(&env, tariff, text, strlen(text), &usage, &error), error, "usage");
		pfree(text);
	}
	else
	{
		rui_decimal quantity = rui_pg_decimal(PG_GETARG_DATUM(1), "quantity");

		RUI_CHECK(rui_usage_of_quantity(&env, tariff, quantity, &usage, &error), error, "charge");
	}
	return usage;
}

static Datum
make_charge(FunctionCallInfo fcinfo, bool is_jsonb)
{
	const rui_tariff *tariff = tariff_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_usage usage = usage_argument(fcinfo, tariff, is_jsonb);
	rui_charged charged;
	rui_error error;

	RUI_CHECK(rui_tariff_charge(&env, tariff, &usage, &charged, NULL, &error), error, "charge");
	rui_usage_release(&env, &usage);
	return charge_datum(fcinfo, &charged);
}

RUI_FUNCTION(charge)
{
	return make_charge(fcinfo, false);
}

RUI_FUNCTION(charge_usage)
{
	return make_charge(fcinfo, true);
}

RUI_FUNCTION(charge_between)
{
	const rui_tariff *tariff = tariff_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_charged charge;
	rui_error error;

	RUI_CHECK(rui_tariff_charge_between(&env, tariff,
										rui_pg_decimal(PG_GETARG_DATUM(1), "before"),
										rui_pg_decimal(PG_GETARG_DATUM(2), "after"), &charge,
										&error),
			  error, "charge");
	return charge_datum(fcinfo, &charge);
}

static void
put_lines(FunctionCallInfo fcinfo, const rui_env *env, const rui_charge_steps *lines)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	rui_text name;
	size_t i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < lines->count; i++)
	{
		const rui_charge_step *line = &lines->items[i];
		Datum values[4];
		bool nulls[4] = { false, !line->has_quantity, !line->has_quantity, false };

		CHECK_FOR_INTERRUPTS();
		rui_text_start(&name, env);
		rui_charge_step_write(line, &name);
		if (name.failed)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory in charge")));
		values[0] = PointerGetDatum(cstring_to_text_with_len(name.bytes, (int) name.length));
		values[1] = line->has_quantity
			? rui_pg_numeric(rui_decimal_normalize(line->quantity))
			: (Datum) 0;
		values[2] = line->has_quantity
			? rui_pg_numeric(rui_decimal_normalize(line->price))
			: (Datum) 0;
		values[3] = rui_pg_numeric(rui_decimal_normalize(line->amount));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		rui_text_release(&name);
	}
}

static Datum
make_lines(FunctionCallInfo fcinfo, bool is_jsonb)
{
	const rui_tariff *tariff = tariff_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_usage usage = usage_argument(fcinfo, tariff, is_jsonb);
	rui_charge_steps lines = { 0 };
	rui_charged charged;
	rui_error error;

	RUI_CHECK(rui_tariff_charge(&env, tariff, &usage, &charged, &lines, &error), error, "charge");
	put_lines(fcinfo, &env, &lines);
	PG_RETURN_NULL();
}

RUI_FUNCTION(charge_lines)
{
	return make_lines(fcinfo, false);
}

RUI_FUNCTION(charge_usage_lines)
{
	return make_lines(fcinfo, true);
}

RUI_FUNCTION(tariff_for_household)
{
	const rui_tariff *tariff = tariff_argument(fcinfo, 0);
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_text canonical;
	rui_error error;

	rui_text_start(&canonical, &env);
	RUI_CHECK(rui_tariff_widen(&env, tariff, PG_GETARG_INT32(1), &canonical, &error), error,
			  "household");
	PG_RETURN_POINTER(rui_rule_make(&canonical, "tariff"));
}
