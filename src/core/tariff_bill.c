/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_bill.c
 *	  Charges of events and of stays.
 */
#include "core/tariff_bill.h"

#include "core/instant.h"

#define CHECK_EVERY 4096

static rui_status
check_interrupt(const rui_bill *b, int64_t number)
{
	if (number % CHECK_EVERY == 0 && rui_interrupted(b->env))
		return rui_fail_interrupted(b->error);
	return RUI_OK;
}

/* What an event pays for `paid` of its amount, within its minimum and maximum. */
static rui_status
add_paid_event(rui_bill *b, int64_t number, rui_decimal paid)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal before = b->total;
	rui_decimal fee;
	rui_decimal total;
	rui_status status = rui_bill_add(b, (rui_bill_name){ "event", number, NULL, 0 }, paid,
									 tariff->rate);

	if (status == RUI_OK && tariff->fixed.value != 0)
		status = rui_bill_add(b, (rui_bill_name){ "event", number, "fixed", 0 },
							  rui_decimal_one, tariff->fixed);
	if (status == RUI_OK)
		status = rui_decimal_subtract(b->total, before, &fee, b->error);
	if (status != RUI_OK)
		return status;
	if (rui_decimal_compare(fee, tariff->event_minimum) < 0)
	{
		status = rui_decimal_add(before, tariff->event_minimum, &total, b->error);
		if (status == RUI_OK)
			status = rui_bill_move(b, (rui_bill_name){ "event", number, "minimum", 0 }, total);
	}
	else if (tariff->has_event_maximum && rui_decimal_compare(fee, tariff->event_maximum) > 0)
	{
		status = rui_decimal_add(before, tariff->event_maximum, &total, b->error);
		if (status == RUI_OK)
			status = rui_bill_move(b, (rui_bill_name){ "event", number, "maximum", 0 }, total);
	}
	return status;
}

rui_status
rui_bill_percentage(rui_bill *b, const rui_usage *usage)
{
	const rui_tariff *tariff = b->tariff;
	bool limited = tariff->free_units.value != 0;
	rui_decimal left = tariff->free_units;
	bool free_lasts = limited || tariff->has_free_events;
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < usage->count && status == RUI_OK; i++)
	{
		rui_decimal paid = usage->amounts[i];
		rui_decimal free_part = rui_decimal_zero;
		bool is_free;

		status = check_interrupt(b, (int64_t) i);
		if (tariff->has_free_events && (int64_t) i >= tariff->free_events)
			free_lasts = false;
		is_free = free_lasts && (!limited || rui_decimal_compare(paid, left) <= 0);
		if (free_lasts)
			free_part = is_free ? paid : left;
		if (status == RUI_OK && free_part.value != 0)
			status = rui_bill_add(b, (rui_bill_name){ "event", (int64_t) i + 1, "free", 0 },
								  free_part, rui_decimal_zero);
		if (status == RUI_OK && limited && free_lasts)
			status = rui_decimal_subtract(left, free_part, &left, b->error);
		if (status == RUI_OK)
			status = rui_decimal_subtract(paid, free_part, &paid, b->error);
		if (status == RUI_OK && !is_free)
			status = add_paid_event(b, (int64_t) i + 1, paid);
		/* Once used up, free units do not come back for events of nothing. */
		if (limited && left.value == 0)
			free_lasts = false;
	}
	return status;
}

/* The steps of one day's part of a stay, at most day_maximum. */
static rui_status
add_day(rui_bill *b, int64_t day, int64_t length)
{
	const rui_tariff *tariff = b->tariff;
	rui_decimal before = b->total;
	rui_decimal fee;
	rui_decimal total;
	int64_t lower = 0;
	rui_status status = RUI_OK;
	size_t i;

	for (i = 0; i < tariff->step_count && status == RUI_OK && lower < length; i++)
	{
		const rui_tariff_step *step = &tariff->steps[i];
		int64_t every = step->every * RUI_MINUTE;
		int64_t upper = length;
		int64_t started;

		if (i + 1 < tariff->step_count && step->up_to * RUI_MINUTE < length)
			upper = step->up_to * RUI_MINUTE;
		started = (upper - lower + every - 1) / every;
		status = rui_bill_add(b, (rui_bill_name){ "day", day, "step", (int64_t) i + 1 },
							  rui_decimal_integer(started), step->price);
		lower = upper;
	}
	if (status == RUI_OK && tariff->has_day_maximum)
	{
		status = rui_decimal_subtract(b->total, before, &fee, b->error);
		if (status == RUI_OK && rui_decimal_compare(fee, tariff->day_maximum) > 0)
		{
			status = rui_decimal_add(before, tariff->day_maximum, &total, b->error);
			if (status == RUI_OK)
				status = rui_bill_move(b, (rui_bill_name){ "day", day, "maximum", 0 }, total);
		}
	}
	return status;
}

rui_status
rui_bill_duration(rui_bill *b, const rui_stay *stay)
{
	const rui_tariff *tariff = b->tariff;
	int64_t at = stay->from_at;
	int64_t day;
	rui_status status = RUI_OK;

	if (stay->to_at - stay->from_at <= tariff->free_minutes * RUI_MINUTE)
	{
		rui_decimal minutes;

		/* The whole stay, in minutes. */
		status = rui_decimal_ratio(rui_decimal_integer(stay->to_at - stay->from_at),
								   rui_decimal_one, rui_decimal_integer(RUI_MINUTE),
								   RUI_DECIMAL_SCALE, RUI_HALF_UP, &minutes, b->error);
		if (status == RUI_OK)
			status = rui_bill_add(b, (rui_bill_name){ .kind = "free" }, minutes,
								  rui_decimal_zero);
		return status;
	}
	for (day = 1; at < stay->to_at && status == RUI_OK; day++)
	{
		int64_t end = at + RUI_DAY;

		if (tariff->has_day_starts)
		{
			int64_t local = at + stay->offset - tariff->day_starts;

			end = at + RUI_DAY - (local - rui_floor_divide(local, RUI_DAY) * RUI_DAY);
		}
		if (end > stay->to_at)
			end = stay->to_at;
		status = check_interrupt(b, day);
		if (status == RUI_OK)
			status = add_day(b, day, end - at);
		at = end;
	}
	return status;
}
