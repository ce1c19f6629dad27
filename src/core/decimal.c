/* SPDX-License-Identifier: PostgreSQL
 *
 * decimal.c
 *	  Exact decimal numbers: value / 10^scale, in 128 bits.
 */
#include "core/decimal.h"

#include <stdio.h>
#include <string.h>

#define RANGE_HINT "Use smaller numbers or fewer decimals."

const char *const rui_rounding_names[] = { "half_up", "half_even", "up", "down",
										   "ceiling", "floor", NULL };

bool
rui_rounding_find(const char *name, rui_rounding *mode)
{
	int i;

	for (i = 0; rui_rounding_names[i] != NULL; i++)
	{
		if (strcmp(name, rui_rounding_names[i]) == 0)
		{
			*mode = (rui_rounding) i;
			return true;
		}
	}
	return false;
}

rui_uint128
rui_power_of_ten(int exponent)
{
	static const uint64_t small[] = {
		UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000),
		UINT64_C(100000), UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000),
		UINT64_C(1000000000), UINT64_C(10000000000), UINT64_C(100000000000),
		UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000),
		UINT64_C(1000000000000000), UINT64_C(10000000000000000),
		UINT64_C(100000000000000000), UINT64_C(1000000000000000000),
		UINT64_C(10000000000000000000)
	};

	if (exponent < 20)
		return small[exponent];
	return (rui_uint128) small[19] * small[exponent - 19];
}

static rui_status
out_of_range(rui_error *error)
{
	return rui_fail(error, RUI_RANGE, NULL, RANGE_HINT,
					"A number or an intermediate result has more than %d digits.",
					RUI_DECIMAL_DIGITS);
}

static rui_uint128
magnitude(rui_int128 value)
{
	return value < 0 ? -(rui_uint128) value : (rui_uint128) value;
}

/* Give a magnitude its sign; false when it has too many digits. */
static bool
set_signed(rui_uint128 value, bool negative, rui_int128 *result)
{
	if (value >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
		return false;
	*result = negative ? -(rui_int128) value : (rui_int128) value;
	return true;
}

/* Multiply by 10^digits; false on overflow. */
static bool
scale_up(rui_uint128 value, int digits, rui_uint128 *result)
{
	if (value == 0)
	{
		*result = 0;
		return true;
	}
	if (digits > RUI_DECIMAL_DIGITS)
		return false;
	return !__builtin_mul_overflow(value, rui_power_of_ten(digits), result);
}

rui_decimal
rui_decimal_normalize(rui_decimal a)
{
	if (a.value == 0)
		a.scale = 0;
	while (a.scale > 0 && a.value % 10 == 0)
	{
		a.value /= 10;
		a.scale--;
	}
	return a;
}

bool
rui_decimal_is_whole(rui_decimal a)
{
	return rui_decimal_normalize(a).scale == 0;
}

rui_status
rui_decimal_read(const char *text, size_t length, rui_decimal *result, rui_error *error)
{
	bool negative = length > 0 && text[0] == '-';
	size_t at = negative ? 1 : 0;
	size_t first = at;
	size_t end = length;
	size_t point = length;
	rui_uint128 value = 0;
	rui_decimal number = { 0 };
	size_t i;

	for (i = at; i < length; i++)
	{
		if (text[i] == '.' && point == length && i > first)
			point = i;
		else if (text[i] < '0' || text[i] > '9')
			break;
	}
	if (i < length || first == length || point + 1 == length)
	{
		char part[40];

		snprintf(part, sizeof part, "%.*s", (int) (length < 32 ? length : 32), text);
		return rui_fail_at(error, RUI_SYNTAX, (int64_t) i, part, "Write a decimal as 12.50 or -3.",
						   "This is not a decimal number.");
	}
	while (point < length && text[end - 1] == '0')
		end--;
	if (end > point && end - point - 1 > RUI_DECIMAL_SCALE)
		return rui_fail(error, RUI_RANGE, NULL, "Round the number first.",
						"The number has more than %d decimals.", RUI_DECIMAL_SCALE);
	for (i = first; i < end; i++)
	{
		if (i == point)
			continue;
		value = value * 10 + (rui_uint128) (text[i] - '0');
		if (value >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
			return out_of_range(error);
	}
	set_signed(value, negative, &number.value);
	number.scale = end > point + 1 ? (int32_t) (end - point - 1) : 0;
	*result = number;
	return RUI_OK;
}

void
rui_decimal_print(rui_decimal number, char *target, size_t size)
{
	char digits[RUI_DECIMAL_ROOM];
	char *at = digits + sizeof digits;
	rui_uint128 rest;
	int written = 0;

	number = rui_decimal_normalize(number);
	rest = magnitude(number.value);
	*--at = '\0';
	while (rest > 0 || written <= number.scale)
	{
		if (written == number.scale && written > 0)
			*--at = '.';
		*--at = (char) ('0' + (int) (rest % 10));
		rest /= 10;
		written++;
	}
	if (number.value < 0)
		*--at = '-';
	if (size > 0)
	{
		size_t length = (size_t) (digits + sizeof digits - 1 - at);

		length = length < size ? length : size - 1;
		memcpy(target, at, length);
		target[length] = '\0';
	}
}

void
rui_decimal_write(rui_text *text, rui_decimal number)
{
	char digits[RUI_DECIMAL_ROOM];

	rui_decimal_print(number, digits, sizeof digits);
	rui_text_add(text, digits);
}

rui_status
rui_json_decimal(const rui_json *value, rui_decimal *result, rui_error *error)
{
	rui_error inner;
	rui_status status;

	if (value->kind == RUI_JSON_NUMBER)
		return rui_json_fail(error, RUI_INVALID, value,
							 "Write the number as a string, as in \"12.50\".",
							 "Decimals stand in strings.");
	status = rui_json_expect(value, RUI_JSON_STRING, error);
	if (status != RUI_OK)
		return status;
	if (rui_decimal_read(value->text, value->length, result, &inner) != RUI_OK)
		return rui_json_fail(error, RUI_INVALID, value, inner.hint, "%s", inner.detail);
	return RUI_OK;
}

/* Give both the larger of their scales. */
static bool
align(rui_decimal *a, rui_decimal *b)
{
	rui_decimal *less = a->scale < b->scale ? a : b;
	int scale = a->scale < b->scale ? b->scale : a->scale;
	rui_uint128 value;

	if (a->scale == b->scale)
		return true;
	if (!scale_up(magnitude(less->value), scale - less->scale, &value) ||
		!set_signed(value, less->value < 0, &less->value))
		return false;
	less->scale = scale;
	return true;
}

rui_status
rui_decimal_add(rui_decimal a, rui_decimal b, rui_decimal *result, rui_error *error)
{
	rui_decimal sum = { 0 };

	if (!align(&a, &b))
	{
		a = rui_decimal_normalize(a);
		b = rui_decimal_normalize(b);
		if (!align(&a, &b))
			return out_of_range(error);
	}
	sum.scale = a.scale;
	if ((a.value < 0) != (b.value < 0))
		sum.value = a.value + b.value;
	else
	{
		/* Both are below 10^38: the sum of magnitudes fits in 128 bits, but with no sign. */
		rui_uint128 total = magnitude(a.value) + magnitude(b.value);

		if (total >= rui_power_of_ten(RUI_DECIMAL_DIGITS))
			for (; sum.scale > 0 && total % 10 == 0; sum.scale--)
				total /= 10;
		if (!set_signed(total, a.value < 0, &sum.value))
			return out_of_range(error);
	}
	*result = sum;
	return RUI_OK;
}

rui_status
rui_decimal_subtract(rui_decimal a, rui_decimal b, rui_decimal *result, rui_error *error)
{
	return rui_decimal_add(a, rui_decimal_negate(b), result, error);
}

static bool
multiply(rui_decimal a, rui_decimal b, rui_decimal *result)
{
	rui_uint128 value;

	if (__builtin_mul_overflow(magnitude(a.value), magnitude(b.value), &value) ||
		a.scale + b.scale > RUI_DECIMAL_PRODUCT_SCALE ||
		!set_signed(value, (a.value < 0) != (b.value < 0), &result->value))
		return false;
	result->scale = a.scale + b.scale;
	return true;
}

rui_status
rui_decimal_multiply(rui_decimal a, rui_decimal b, rui_decimal *result, rui_error *error)
{
	rui_decimal product = { 0 };

	if (!multiply(a, b, &product) &&
		!multiply(rui_decimal_normalize(a), rui_decimal_normalize(b), &product))
		return out_of_range(error);
	*result = product;
	return RUI_OK;
}

bool
rui_rounds_away(rui_rounding mode, bool negative, bool odd, bool exact, int half)
{
	if (exact)
		return false;
	switch (mode)
	{
		case RUI_HALF_UP:
			return half >= 0;
		case RUI_HALF_EVEN:
			return half > 0 || (half == 0 && odd);
		case RUI_UP:
			return true;
		case RUI_DOWN:
			return false;
		case RUI_CEILING:
			return !negative;
		case RUI_FLOOR:
			return negative;
	}
	return false;
}

/* The same of quotient + remainder/divisor, where remainder < divisor < 2^127. */
static bool
rounds_away(rui_uint128 quotient, rui_uint128 remainder, rui_uint128 divisor, bool negative,
			rui_rounding mode)
{
	rui_uint128 other = divisor - remainder;

	return rui_rounds_away(mode, negative, quotient % 2 == 1, remainder == 0,
						   remainder < other ? -1 : remainder > other);
}

rui_status
rui_decimal_round(rui_decimal a, int scale, rui_rounding mode, rui_decimal *result,
				  rui_error *error)
{
	rui_uint128 value = magnitude(a.value);
	rui_decimal rounded = { 0 };

	if (a.scale <= scale)
	{
		if (!scale_up(value, scale - a.scale, &value))
			return out_of_range(error);
	}
	else
	{
		rui_uint128 divisor = rui_power_of_ten(a.scale - scale);
		rui_uint128 quotient = value / divisor;

		value = quotient +
			(rounds_away(quotient, value % divisor, divisor, a.value < 0, mode) ? 1 : 0);
	}
	rounded.scale = scale;
	if (!set_signed(value, a.value < 0, &rounded.value))
		return out_of_range(error);
	*result = rounded;
	return RUI_OK;
}

bool
rui_multiply_divide(rui_uint128 a, rui_uint128 b, rui_uint128 divisor, rui_uint128 *quotient,
					rui_uint128 *remainder)
{
	rui_uint128 low;
	rui_uint128 high;
	rui_uint128 middle;
	rui_uint128 cross;
	rui_uint128 part;
	int i;

	if (!__builtin_mul_overflow(a, b, &low))
	{
		*quotient = low / divisor;
		*remainder = low % divisor;
		return true;
	}
	/* The 256-bit product, by halves of 64 bits. */
	low = (a & UINT64_MAX) * (b & UINT64_MAX);
	cross = (a & UINT64_MAX) * (b >> 64);
	part = (a >> 64) * (b & UINT64_MAX);
	high = (a >> 64) * (b >> 64) + (cross >> 64) + (part >> 64);
	middle = (low >> 64) + (cross & UINT64_MAX) + (part & UINT64_MAX);
	high += middle >> 64;
	low = (middle << 64) | (low & UINT64_MAX);
	if (high >= divisor)
		return false;
	/* Long division by bits; high stays below divisor < 2^127. */
	part = 0;
	for (i = 0; i < 128; i++)
	{
		high = (high << 1) | (low >> 127);
		low <<= 1;
		part <<= 1;
		if (high >= divisor)
		{
			high -= divisor;
			part |= 1;
		}
	}
	*quotient = part;
	*remainder = high;
	return true;
}

/* number × numerator / denominator × 10^digits, by magnitudes. */
static bool
ratio(rui_decimal number, rui_decimal numerator, rui_decimal denominator, int scale,
	  rui_uint128 *quotient, rui_uint128 *remainder, rui_uint128 *divisor)
{
	rui_uint128 a = magnitude(number.value);
	rui_uint128 b = magnitude(numerator.value);
	int digits = scale + denominator.scale - number.scale - numerator.scale;

	*divisor = magnitude(denominator.value);
	if (digits < 0)
	{
		/* Below 2^127, so that halves can be compared. */
		if (!scale_up(*divisor, -digits, divisor) || (*divisor >> 127) != 0)
			return false;
	}
	else if (digits > 0)
	{
		rui_uint128 grown;

		if (scale_up(b, digits, &grown))
			b = grown;
		else if (scale_up(a, digits, &grown))
			a = grown;
		else
			return false;
	}
	return rui_multiply_divide(a, b, *divisor, quotient, remainder);
}

rui_status
rui_decimal_ratio(rui_decimal number, rui_decimal numerator, rui_decimal denominator, int scale,
				  rui_rounding mode, rui_decimal *result, rui_error *error)
{
	bool negative = (number.value < 0) != ((numerator.value < 0) != (denominator.value < 0));
	rui_uint128 quotient;
	rui_uint128 remainder;
	rui_uint128 divisor;
	rui_decimal rounded = { 0 };

	if (!ratio(number, numerator, denominator, scale, &quotient, &remainder, &divisor) &&
		!ratio(rui_decimal_normalize(number), rui_decimal_normalize(numerator),
			   rui_decimal_normalize(denominator), scale, &quotient, &remainder, &divisor))
		return out_of_range(error);
	if (rounds_away(quotient, remainder, divisor, negative, mode))
		quotient++;
	rounded.scale = scale;
	if (!set_signed(quotient, negative, &rounded.value))
		return out_of_range(error);
	*result = rounded;
	return RUI_OK;
}

int
rui_decimal_compare(rui_decimal a, rui_decimal b)
{
	rui_uint128 left = magnitude(a.value);
	rui_uint128 right = magnitude(b.value);
	int order;

	if (rui_decimal_sign(a) != rui_decimal_sign(b))
		return rui_decimal_sign(a) < rui_decimal_sign(b) ? -1 : 1;
	if (a.scale != b.scale)
	{
		/* Compare whole parts first, then the decimals, which always scale up. */
		rui_uint128 left_unit = rui_power_of_ten(a.scale);
		rui_uint128 right_unit = rui_power_of_ten(b.scale);
		rui_uint128 left_whole = left / left_unit;
		rui_uint128 right_whole = right / right_unit;

		if (left_whole != right_whole)
		{
			left = left_whole;
			right = right_whole;
		}
		else if (a.scale < b.scale)
		{
			left = left % left_unit * rui_power_of_ten(b.scale - a.scale);
			right = right % right_unit;
		}
		else
		{
			left = left % left_unit;
			right = right % right_unit * rui_power_of_ten(a.scale - b.scale);
		}
	}
	order = left < right ? -1 : left > right;
	return rui_decimal_sign(a) < 0 ? -order : order;
}
