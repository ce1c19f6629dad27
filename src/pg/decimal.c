/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.c
 *	  Exact decimals as numeric values of SQL.
 */
#include "pg/decimal.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/* Of the binary form that numeric_send writes. */
#define HEADER_BYTES 8
#define SIGN_NEGATIVE 0x4000
#define SIGN_SPECIAL 0xC000
#define GROUP_DIGITS 4

static int
read_int16(const unsigned char *bytes)
{
	return (int16) ((bytes[0] << 8) | bytes[1]);
}

static rui_status
too_long(const char *what, rui_error *error)
{
	return rui_fail(error, RUI_RANGE, what, "Use smaller numbers or fewer decimals.",
					"The number has more than %d digits.", RUI_DECIMAL_DIGITS);
}

/* The digits, in groups of four, and the power of ten they stand before. */
static rui_status
read_groups(const unsigned char *bytes, rui_uint128 *value, int *exponent, const char *what,
			rui_error *error)
{
	int count = read_int16(bytes);
	int weight = read_int16(bytes + 2);
	rui_uint128 result = 0;
	int i;

	for (i = 0; i < count; i++)
	{
		int group = read_int16(bytes + HEADER_BYTES + 2 * i);

		if (__builtin_mul_overflow(result, (rui_uint128) 10000, &result) ||
			__builtin_add_overflow(result, (rui_uint128) group, &result))
			return too_long(what, error);
	}
	*value = result;
	*exponent = result == 0 ? 0 : (weight - count + 1) * GROUP_DIGITS;
	return RUI_OK;
}

rui_status
rui_pg_decimal_read(Datum numeric, const char *what, rui_decimal *result, rui_error *error)
{
	bytea *sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, numeric));
	const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(sent);
	int sign = (bytes[4] << 8) | bytes[5];
	rui_decimal number = { 0 };
	rui_uint128 value = 0;
	int exponent = 0;
	rui_status status;

	if ((sign & SIGN_SPECIAL) == SIGN_SPECIAL)
		return rui_fail(error, RUI_RANGE, what, "Give a finite number.",
						"The number is NaN or infinite.");
	status = read_groups(bytes, &value, &exponent, what, error);
	pfree(sent);
	if (status != RUI_OK)
		return status;
	for (; exponent < 0 && (value % 10 == 0); exponent++)
		value /= 10;
	if (exponent < -RUI_DECIMAL_SCALE)
		return rui_fail(error, RUI_RANGE, what, "Round the number first.",
						"The number has more than %d decimals.", RUI_DECIMAL_SCALE);
	if (exponent > 0 &&
		(exponent > RUI_DECIMAL_DIGITS ||
		 __builtin_mul_overflow(value, rui_power_of_ten(exponent), &value)))
		return too_long(what, error);
	if (value >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
		return too_long(what, error);
	number.value = sign == SIGN_NEGATIVE ? -(rui_int128) value : (rui_int128) value;
	number.scale = exponent < 0 ? -exponent : 0;
	*result = number;
	return RUI_OK;
}

rui_decimal
rui_pg_decimal(Datum numeric, const char *what)
{
	rui_decimal result;
	rui_error error;

	RUI_CHECK(rui_pg_decimal_read(numeric, NULL, &result, &error), error, what);
	return result;
}

Datum
rui_pg_numeric(rui_decimal number)
{
	char digits[RUI_DECIMAL_ROOM];
	char *at = digits + sizeof digits;
	rui_uint128 rest;
	int written;

	if (number.value >= PG_INT64_MIN && number.value <= PG_INT64_MAX)
		return NumericGetDatum(int64_div_fast_to_numeric((int64) number.value, number.scale));
	rest = number.value < 0 ? -(rui_uint128) number.value : (rui_uint128) number.value;
	*--at = '\0';
	for (written = 0; rest > 0 || written <= number.scale; written++)
	{
		if (written == number.scale && written > 0)
			*--at = '.';
		*--at = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	}
	if (number.value < 0)
		*--at = '-';
	return DirectFunctionCall3(numeric_in, CStringGetDatum(at), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

int
rui_pg_scale(int32 scale)
{
	if (scale < 0 || scale > RUI_DECIMAL_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scale %d is out of range", scale),
				 errhint("Give a number of decimals from 0 to %d.", RUI_DECIMAL_SCALE)));
	return scale;
}

rui_decimal *
rui_pg_decimals(Datum array, const char *what, int *count)
{
	ArrayType *value = DatumGetArrayTypeP(array);
	rui_decimal *numbers;
	Datum *elements;
	bool *nulls;
	int i;

	if (ARR_NDIM(value) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s have %d dimensions", what, ARR_NDIM(value)),
				 errhint("Give an array of one dimension.")));
	deconstruct_array(value, NUMERICOID, -1, false, TYPALIGN_INT, &elements, &nulls, count);
	numbers = palloc(sizeof(rui_decimal) * Max(*count, 1));
	for (i = 0; i < *count; i++)
	{
		rui_error error;
		rui_status status;
		char part[64];

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		snprintf(part, sizeof part, "%s[%d]", what, i + 1);
		if (nulls[i])
			status = rui_fail(&error, RUI_INVALID, part, "Give a number.", "The element is null.");
		else
			status = rui_pg_decimal_read(elements[i], part, &numbers[i], &error);
		if (status == RUI_RANGE)
			error.code = RUI_INVALID;
		RUI_CHECK(status, error, "array");
	}
	return numbers;
}

Datum
rui_pg_numerics(const rui_decimal *numbers, int count)
{
	Datum *elements = palloc(sizeof(Datum) * Max(count, 1));
	int i;

	for (i = 0; i < count; i++)
	{
		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		elements[i] = rui_pg_numeric(numbers[i]);
	}
	return PointerGetDatum(construct_array(elements, count, NUMERICOID, -1, false, TYPALIGN_INT));
}
