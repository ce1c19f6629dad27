/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff_usage.c
 *	  Unit tests of charges by tiers, packages, events, bands and stays.
 */
#include "tariff_case.h"

static void
check_refused(const char *text, const char *quoted, rui_status status, const char *part)
{
	rui_tariff *value = tariff(text);
	rui_usage usage = { 0 };
	rui_error error = { 0 };

	unit_note("%s of %s", text, quoted);
	CHECK_INT(read_usage(value, quoted, &usage, &error), status);
	CHECK_TEXT(error.part, part);
	CHECK(usage.amounts == NULL);
	rui_tariff_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

/* The names of a charge's lines, with amounts. */
static void
check_lines(const char *text, const char *quantity, const char *expected)
{
	rui_tariff *value = tariff(text);
	rui_charge_steps steps = { 0 };
	rui_charged charged;
	rui_usage usage = { 0 };
	rui_text lines;
	rui_error error;
	size_t i;

	unit_note("%s of %s", text, quantity);
	rui_text_start(&lines, &rui_env_malloc);
	CHECK(read_usage(value, quantity, &usage, &error) == RUI_OK);
	CHECK(rui_tariff_charge(&rui_env_malloc, value, &usage, &charged, &steps, &error) == RUI_OK);
	for (i = 0; i < steps.count; i++)
	{
		if (i > 0)
			rui_text_add(&lines, ", ");
		rui_charge_step_write(&steps.items[i], &lines);
		rui_text_character(&lines, ' ');
		rui_decimal_write(&lines, steps.items[i].amount);
	}
	CHECK_TEXT(lines.bytes, expected);
	rui_text_release(&lines);
	rui_usage_release(&rui_env_malloc, &usage);
	rui_release(&rui_env_malloc, steps.items);
	rui_tariff_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

#define VOLUME \
	"{'model':'volume','tiers':[{'up_to':'10','price':'2','flat':'1'},{'up_to':'20.5'," \
	"'price':'1.5'},{'price':'1','flat':'3'}]}"
#define BLOCKS(policy) \
	"{'model':'blocks','policy':'" policy "','tiers':[{'up_to':'100','size':'10'," \
	"'price':'5'},{'size':'50','price':'20'}]}"

static void
test_quantities(void)
{
	check_charge(VOLUME, "0", "1", "0", "1");
	check_charge(VOLUME, "10", "21", "0", "21");
	check_charge(VOLUME, "10.001", "15", "0", "15");
	check_charge(VOLUME, "20.5", "30.75", "0", "30.75");
	check_charge(VOLUME, "21", "24", "0", "24");
	check_charge(VOLUME, "{'quantity':'21'}", "24", "0", "24");
	check_lines(VOLUME, "21", "tier 3 21, tier 3 flat 3");

	check_charge("{'model':'package','size':'100','price':'30'}", "0", "0", "0", "0");
	check_charge("{'model':'package','size':'100','price':'30'}", "0.01", "30", "0", "30");
	check_charge("{'model':'package','size':'100','price':'30'}", "100", "30", "0", "30");
	check_charge("{'model':'package','size':'100','price':'30'}", "100.1", "60", "0", "60");
	check_charge("{'model':'package','size':'0.3','price':'1'}", "0.9", "3", "0", "3");
	check_charge("{'model':'package','size':'100','price':'30','free_units':'50'}", "150", "30",
				 "0", "30");

	/* 95: 10 blocks of 10. 130: those and 1 of 50; by the top tier 3 of 50. */
	check_charge(BLOCKS("all"), "0", "0", "0", "0");
	check_charge(BLOCKS("all"), "95", "50", "0", "50");
	check_charge(BLOCKS("all"), "100", "50", "0", "50");
	check_charge(BLOCKS("all"), "130", "70", "0", "70");
	check_charge(BLOCKS("all"), "150.5", "90", "0", "90");
	check_charge(BLOCKS("top"), "95", "50", "0", "50");
	check_charge(BLOCKS("top"), "130", "60", "0", "60");
	check_lines(BLOCKS("all"), "130", "tier 1 50, tier 2 20");
	check_lines(BLOCKS("top"), "130", "tier 2 60");

	check_refused(VOLUME, "{'amounts':['1']}", RUI_INVALID, "amounts");
	check_refused(VOLUME, "{}", RUI_INVALID, "");
	check_refused(VOLUME, "[]", RUI_INVALID, "");
	check_refused(VOLUME, "{'quantity':1}", RUI_INVALID, "quantity");
	check_refused(VOLUME, "{'quantity':'-1'}", RUI_RANGE, "quantity");
	check_refused(VOLUME, "-1", RUI_RANGE, "quantity");
}

#define CARD "{'model':'percentage','rate':'0.006','fixed':'0.1'"

static void
test_events(void)
{
	check_charge(CARD "}", "100", "0.7", "0", "0.7");
	check_charge(CARD "}", "0", "0.1", "0", "0.1");
	check_charge(CARD "}", "{'amounts':[]}", "0", "0", "0");
	/* Rounded once, not by event: 3 × 0.1033. */
	check_charge(CARD "}", "{'amounts':['0.55','0.55','0.55']}", "0.31", "0", "0.31");
	check_charge(CARD ",'event_minimum':'1','event_maximum':'5'}",
				 "{'amounts':['10','200','5000']}", "7.3", "0", "7.3");
	check_lines(CARD ",'event_minimum':'1','event_maximum':'5'}", "{'amounts':['10','5000']}",
				"event 1 0.06, event 1 fixed 0.1, event 1 minimum 0.84, event 2 30, "
				"event 2 fixed 0.1, event 2 maximum -25.1");

	/* The first two events are free. */
	check_lines(CARD ",'free_events':2}", "{'amounts':['10','20','30']}",
				"event 1 free 0, event 2 free 0, event 3 0.18, event 3 fixed 0.1");
	/* 25 in all are free: the second event crosses and pays on 5. */
	check_lines(CARD ",'free_units':'25'}", "{'amounts':['10','20','30']}",
				"event 1 free 0, event 2 free 0, event 2 0.03, event 2 fixed 0.1, event 3 0.18, "
				"event 3 fixed 0.1");
	/* Whichever ends first: the units... */
	check_lines(CARD ",'free_units':'10','free_events':2}", "{'amounts':['10','20']}",
				"event 1 free 0, event 2 0.12, event 2 fixed 0.1");
	/* ... or the events. */
	check_lines(CARD ",'free_units':'100','free_events':1}", "{'amounts':['10','20']}",
				"event 1 free 0, event 2 0.12, event 2 fixed 0.1");
	/* An event of nothing is free only while something is. */
	check_charge(CARD ",'free_units':'10'}", "{'amounts':['10','0']}", "0.1", "0", "0.1");
	check_charge(CARD ",'free_units':'10'}", "{'amounts':['0','10']}", "0", "0", "0");

	check_refused(CARD "}", "{'amounts':['1','-1']}", RUI_RANGE, "amounts[1]");
	check_refused(CARD "}", "{'amounts':'1'}", RUI_INVALID, "amounts");
	check_refused(CARD "}", "{'quantity':'1'}", RUI_INVALID, "quantity");
}

#define BANDS \
	"{'model':'time_of_use','bands':[{'code':'peak','price':'0.8'},{'code':'valley'," \
	"'price':'0.3'}]"

static void
test_bands(void)
{
	check_charge(BANDS "}", "{'peak':'10','valley':'20'}", "14", "0", "14");
	check_charge(BANDS "}", "{'valley':'20'}", "6", "0", "6");
	check_charge(BANDS "}", "{}", "0", "0", "0");
	check_lines(BANDS ",'free_units':'12'}", "{'valley':'20','peak':'10'}",
				"free peak 0, band peak 0, free valley 0, band valley 5.4");
	check_refused(BANDS "}", "{'flat':'20'}", RUI_INVALID, "flat");
	check_refused(BANDS "}", "{'peak':'-1'}", RUI_RANGE, "peak");
	check_refused(BANDS "}", "{'peak':1}", RUI_INVALID, "peak");
	check_refused(BANDS "}", "5", RUI_INVALID, "quantity");
}

/* Half hours for two hours, then hours; 20 a day. */
#define PARKING \
	"{'model':'duration','free_minutes':15,'steps':[{'up_to':120,'every':30,'price':" \
	"'1.5'},{'every':60,'price':'2'}],'day_maximum':'20'"
#define STAY(from, to) "{'from':'2026-10-" from "+08:00','to':'2026-10-" to "+08:00'}"

static void
test_stays(void)
{
	check_charge(PARKING "}", STAY("01T08:00", "01T08:00"), "0", "0", "0");
	check_charge(PARKING "}", STAY("01T08:00", "01T08:15"), "0", "0", "0");
	/* The whole stay counts. */
	check_charge(PARKING "}", STAY("01T08:00", "01T08:15:00.000001"), "1.5", "0", "1.5");
	check_charge(PARKING "}", STAY("01T08:00", "01T08:30"), "1.5", "0", "1.5");
	check_charge(PARKING "}", STAY("01T08:00", "01T08:30:01"), "3", "0", "3");
	check_charge(PARKING "}", STAY("01T08:00", "01T10:00"), "6", "0", "6");
	check_charge(PARKING "}", STAY("01T08:00", "01T10:01"), "8", "0", "8");
	check_charge(PARKING "}", "121", "8", "0", "8");
	check_charge(PARKING "}", "0.25", "0", "0", "0");
	check_charge(PARKING "}", STAY("01T08:00", "01T23:00"), "20", "0", "20");
	/* 24 hours from entry, then afresh. */
	check_charge(PARKING "}", STAY("01T08:00", "02T08:00"), "20", "0", "20");
	check_charge(PARKING "}", STAY("01T08:00", "02T08:01"), "21.5", "0", "21.5");
	check_charge(PARKING "}", STAY("01T08:00", "31T08:00"), "600", "0", "600");
	/* Days from midnight of the place of entry: 2 h, 24 h, 1 h. */
	check_lines(PARKING ",'day_starts':'00:00'}", STAY("01T22:00", "03T01:00"),
				"day 1 step 1 6, day 2 step 1 6, day 2 step 2 44, day 2 maximum -30, "
				"day 3 step 1 3");
	check_lines(PARKING ",'day_starts':'06:00'}", STAY("01T05:30", "01T06:00"), "day 1 step 1 1.5");
	check_lines(PARKING ",'day_starts':'06:00'}", STAY("01T05:30", "01T06:31"),
				"day 1 step 1 1.5, day 2 step 1 3");
	/* The offset of from decides; that of to only says when. */
	check_charge(PARKING ",'day_starts':'00:00'}",
				 "{'from':'2026-10-01T22:00:00+08:00','to':'2026-10-01T17:00:00Z'}", "9", "0", "9");
	check_charge(PARKING ",'day_starts':'00:00'}",
				 "{'from':'2026-10-01 14:00:00Z','to':'2026-10-01 11:30:00.5-05:30'}", "10", "0",
				 "10");
	check_lines("{'model':'duration','steps':[{'every':60,'price':'0.333'}]}", "59.999999",
				"day 1 step 1 0.333, rounding -0.003");

	check_refused(PARKING "}", STAY("01T08:00", "01T07:59"), RUI_RANGE, "to");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00','to':'2026-10-01T08:00Z'}", RUI_INVALID,
				  "from");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00Z','to':'2026-10-32T08:00Z'}", RUI_INVALID,
				  "to");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00+8','to':'2026-10-01T08:00Z'}",
				  RUI_INVALID,
				  "from");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00+19:00','to':'2026-10-01T08:00Z'}",
				  RUI_INVALID, "from");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00Z'}", RUI_INVALID, "");
	check_refused(PARKING "}", "{'from':'2026-10-01T08:00Z','until':'x'}", RUI_INVALID, "until");
	check_refused(PARKING ",'day_starts':'06:00'}", "60", RUI_INVALID, "quantity");
	check_refused(PARKING "}", "1000000001", RUI_RANGE, "quantity");
}

int
main(void)
{
	test_quantities();
	test_events();
	test_bands();
	test_stays();
	return unit_finish("tariff_usage");
}
