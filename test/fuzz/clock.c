/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.c
 *	  Any bytes, as text and as what a client sends in binary: clocks are
 *	  refused, or canonical and sound, and so is whatever they become.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/calendar_zones.h"

#include "core/clock.h"

/* What rui.sla_clock_send writes: two bytes, ten instants and lengths, a count. */
#define BINARY_SIZE (2 + 10 * 8 + 4)

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static const rui_timetable *
office(void)
{
	static rui_timetable *timetable;
	static test_zones table;
	static const char text[] = "{\"tz\":\"Asia/Shanghai\",\"weekly\":{"
							   "\"mon\":[[\"08:00\",\"12:00\"]],\"thu\":[[\"13:00\",\"24:00\"]]}}";
	const rui_zones zones = { zone_find, &table };
	rui_calendar *calendar = NULL;
	rui_error error;

	if (timetable != NULL)
		return timetable;
	zones_real(&table);
	must(rui_calendar_read(&rui_env_malloc, &zones, text, sizeof text - 1, &calendar, &error) ==
		 RUI_OK);
	must(rui_calendar_compile(&rui_env_malloc, calendar, &timetable, &error) == RUI_OK);
	rui_calendar_release(&rui_env_malloc, calendar);
	return timetable;
}

static void
check_text(const rui_sla_clock *clock)
{
	rui_sla_clock again;
	rui_text text;
	rui_error error;

	rui_text_start(&text, &rui_env_malloc);
	rui_sla_write(clock, &text);
	must(rui_sla_read(&rui_env_malloc, text.bytes, text.length, &again, &error) == RUI_OK);
	must(memcmp(clock, &again, sizeof again) == 0);
	rui_text_release(&text);
}

/* A move is refused and changes nothing, or leads to another sound clock. */
static void
check_move(const rui_sla_clock *clock, int move, int64_t at, rui_error *error)
{
	rui_sla_clock moved = *clock;
	int64_t elapsed;
	bool breached;
	rui_status status;

	switch (move)
	{
		case 0:
			status = rui_sla_pause(&moved, office(), at, error);
			break;
		case 1:
			status = rui_sla_resume(&moved, office(), at, error);
			break;
		case 2:
			status = rui_sla_stop(&moved, office(), at, error);
			break;
		case 3:
			status = rui_sla_reopen(&moved, office(), at, error);
			break;
		case 4:
			status = rui_sla_retarget(&moved, office(), at, clock->target / 2, true, error);
			break;
		default:
			status = rui_sla_switch(&moved, office(), office(), at, error);
			break;
	}
	if (status != RUI_OK)
	{
		must(error->detail[0] != '\0' && memcmp(&moved, clock, sizeof moved) == 0);
		return;
	}
	must(rui_sla_check(&moved, error) == RUI_OK);
	check_text(&moved);
	must(rui_sla_elapsed(&moved, office(), at, RUI_SLA_SUM, &elapsed, error) == RUI_OK);
	must(elapsed >= 0);
	must(rui_sla_breached(&moved, at, &breached, error) == RUI_OK);
}

static void
check_clock(const rui_sla_clock *clock)
{
	static const int64_t delays[] = { 0, 1, INT64_C(3600000000), INT64_C(31536000000000) };
	rui_error error;
	int move;
	size_t i;

	must(rui_sla_check(clock, &error) == RUI_OK);
	check_text(clock);
	for (move = 0; move < 6; move++)
		for (i = 0; i < sizeof delays / sizeof delays[0]; i++)
			check_move(clock, move, clock->changed_at + delays[i], &error);
}

static int64_t
read_number(const uint8_t **bytes, int size)
{
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | *(*bytes)++;
	return (int64_t) value;
}

/* As rui.sla_clock_recv reads. */
static void
check_binary(const uint8_t *bytes)
{
	rui_sla_clock clock;
	rui_error error;

	memset(&clock, 0, sizeof clock);
	clock.version = *bytes++;
	clock.state = *bytes++;
	clock.start = read_number(&bytes, 8);
	clock.changed_at = read_number(&bytes, 8);
	clock.target = read_number(&bytes, 8);
	clock.elapsed = read_number(&bytes, 8);
	clock.due = read_number(&bytes, 8);
	clock.breach = read_number(&bytes, 8);
	clock.first_breached_at = read_number(&bytes, 8);
	clock.first = read_number(&bytes, 8);
	clock.sum = read_number(&bytes, 8);
	clock.longest = read_number(&bytes, 8);
	clock.cycle = (int32_t) read_number(&bytes, 4);
	if (rui_sla_check(&clock, &error) == RUI_OK)
		check_clock(&clock);
	else
		must(error.detail[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_sla_clock clock;
	rui_error error;

	error.code = RUI_OK;
	if (size == BINARY_SIZE)
		check_binary(data);
	if (rui_sla_read(&rui_env_malloc, (const char *) data, size, &clock, &error) == RUI_OK)
		check_clock(&clock);
	else
		must(error.code != RUI_OK && error.detail[0] != '\0');
	return 0;
}
