/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.c
 *	  Fuzz target: the texts of numbers, instants and tax numbers. What is read
 *	  is written the same, or shorter, and read again as it was; sums and
 *	  products of two numbers are undone by their inverses.
 *
 * The input is two texts with a NUL between them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"
#include "core/instant.h"
#include "core/tax_number.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static bool
read_number(const char *text, size_t length, rui_decimal *number)
{
	rui_text written;
	rui_decimal again;
	rui_error error = { 0 };
	rui_status status = rui_decimal_read(text, length, number, &error);

	if (status != RUI_OK)
	{
		require(error.code == status && error.detail[0] != '\0');
		return false;
	}
	require(number->scale >= 0 && number->scale <= RUI_DECIMAL_SCALE);
	rui_text_start(&written, &rui_env_malloc);
	rui_decimal_write(&written, *number);
	require(written.length < RUI_DECIMAL_ROOM);
	require(rui_decimal_read(written.bytes, written.length, &again, &error) == RUI_OK);
	require(rui_decimal_compare(*number, again) == 0);
	rui_text_release(&written);
	return true;
}

static void
check_arithmetic(rui_decimal a, rui_decimal b)
{
	rui_decimal sum;
	rui_decimal back;
	rui_error error;
	int scale;

	require(rui_decimal_compare(a, b) == -rui_decimal_compare(b, a));
	if (rui_decimal_add(a, b, &sum, &error) == RUI_OK &&
		rui_decimal_subtract(sum, b, &back, &error) == RUI_OK)
		require(rui_decimal_compare(back, a) == 0);
	for (scale = 0; scale <= RUI_DECIMAL_SCALE; scale += 3)
	{
		rui_decimal down;
		rui_decimal up;

		if (rui_decimal_round(a, scale, RUI_FLOOR, &down, &error) == RUI_OK &&
			rui_decimal_round(a, scale, RUI_CEILING, &up, &error) == RUI_OK)
			require(rui_decimal_compare(down, a) <= 0 && rui_decimal_compare(a, up) <= 0);
	}
	if (b.value != 0 && rui_decimal_multiply(a, b, &sum, &error) == RUI_OK &&
		rui_decimal_ratio(a, b, b, a.scale, RUI_HALF_EVEN, &back, &error) == RUI_OK)
		require(rui_decimal_compare(back, a) == 0);
}

static void
check_times(const char *text, size_t length)
{
	rui_text written;
	int32_t date;
	int64_t value;
	int64_t again = 0;

	rui_text_start(&written, &rui_env_malloc);
	if (rui_date_read(text, length, &date))
	{
		int32_t same = 0;

		rui_date_write(&written, date);
		require(written.length == length && memcmp(written.bytes, text, length) == 0);
		require(rui_date_read(written.bytes, written.length, &same) && same == date);
	}
	written.length = 0;
	if (rui_time_read(text, length, &value))
	{
		require(value >= 0 && value <= RUI_DAY);
		rui_time_write(&written, value);
		require(rui_time_read(written.bytes, written.length, &again) && again == value);
	}
	written.length = 0;
	if (rui_duration_read(text, length, &value))
	{
		rui_duration_write(&written, value);
		require(rui_duration_read(written.bytes, written.length, &again) && again == value);
	}
	written.length = 0;
	if (rui_instant_read(text, length, &value))
	{
		rui_instant_write(&written, value);
		require(rui_instant_read(written.bytes, written.length, &again) && again == value);
	}
	rui_text_release(&written);
}

/* A right one with any one character changed is none. */
static void
check_tax_number(const char *text, size_t length)
{
	char changed[18];
	rui_tax_number_form form = rui_tax_number_read(text, length);

	if (form == RUI_TAX_NUMBER_NONE)
		return;
	require(length == (form == RUI_TAX_NUMBER_CREDIT_CODE ? 18 : 15));
	memcpy(changed, text, length);
	changed[length - 1] = changed[length - 1] == '1' ? '2' : '1';
	require(rui_tax_number_read(changed, length) == RUI_TAX_NUMBER_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t length = end != NULL ? (size_t) (end - data) : size;
	size_t rest = end != NULL ? size - length - 1 : 0;
	rui_decimal a;
	rui_decimal b;
	bool has_a = read_number(text, length, &a);

	if (end != NULL && read_number(text + length + 1, rest, &b) && has_a)
		check_arithmetic(a, b);
	check_times(text, length);
	check_tax_number(text, length);
	return 0;
}
