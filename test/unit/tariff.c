/* SPDX-License-Identifier: PostgreSQL
 *
 * tariff.c
 *	  Unit tests of tariffs: texts, charges worked by hand, laws.
 */
#include "tariff_case.h"

/* The text reads, and its canonical form is `expected` and reads to itself. */
static void
check_canonical(const char *text, const char *expected)
{
	rui_tariff *value = tariff(text);
	rui_text canonical;

	unit_note("%s", text);
	if (value == NULL)
		return;
	rui_text_start(&canonical, &rui_env_malloc);
	rui_tariff_write(value, &canonical);
	CHECK_TEXT(canonical.bytes, json(expected));
	rui_text_release(&canonical);
	rui_tariff_release(&rui_env_malloc, value);
	if (strcmp(text, expected) != 0)
		check_canonical(expected, expected);
	unit_note("%s", "");
}

static void
check_refused(const char *quoted, rui_status status, const char *part)
{
	const char *text = json(quoted);
	rui_tariff *result = NULL;
	rui_error error = { 0 };

	unit_note("%s", text);
	CHECK_INT(rui_tariff_read(&rui_env_malloc, text, strlen(text), &result, &error), status);
	CHECK(result == NULL);
	CHECK_TEXT(error.part, part);
	CHECK(error.detail[0] != '\0');
	unit_note("%s", "");
}

static void
test_texts(void)
{
	check_canonical(" {'amount': '05.00', 'model':'flat'}",
					"{'model':'flat','amount':'5'}");
	check_canonical("{'model':'fixed','price':'2.80','surcharge':'0','minimum':'0.0',"
					"'rounding':{'scale':2},'tax':{'rate':'0.060'}}",
					"{'model':'fixed','price':'2.8','tax':{'rate':'0.06','inclusive':false}}");
	check_canonical("{'model':'fixed','tax':{'inclusive':true,'rate':'0.09'},'free_units':'1.5',"
					"'surcharge':'1','maximum':'9','minimum':'2','rounding':{'mode':'floor'},"
					"'price':'1'}",
					"{'model':'fixed','price':'1','rounding':{'scale':2,'mode':'floor'},"
					"'minimum':'2','maximum':'9','surcharge':'1','free_units':'1.5',"
					"'tax':{'rate':'0.09','inclusive':true}}");
	check_canonical("{'model':'graduated','tiers':[{'up_to':'180','price':'5'},{'up_to':'260',"
					"'flat':'3'},{'price':'9','flat':'0'}],'allowance':{'per_person':'30',"
					"'from':'5'}}",
					"{'model':'graduated','tiers':[{'up_to':'180','price':'5'},{'up_to':'260',"
					"'price':'0','flat':'3'},{'price':'9'}],'allowance':{'from':'5',"
					"'per_person':'30'}}");

	check_canonical("{'tiers':[{'price':'2','up_to':'5'},{'flat':'3'}],'model':'volume'}",
					"{'model':'volume','tiers':[{'up_to':'5','price':'2'},{'price':'0',"
					"'flat':'3'}]}");
	check_canonical("{'model':'package','price':'10.0','size':'100','free_units':'0'}",
					"{'model':'package','size':'100','price':'10'}");
	check_canonical("{'model':'blocks','policy':'all','tiers':[{'price':'1','size':'10'}]}",
					"{'model':'blocks','tiers':[{'size':'10','price':'1'}]}");
	check_canonical("{'model':'blocks','policy':'top','tiers':[{'price':'1','size':'10'}]}",
					"{'model':'blocks','tiers':[{'size':'10','price':'1'}],'policy':'top'}");
	check_canonical("{'model':'percentage','event_maximum':'0','event_minimum':'0','fixed':'0.0',"
					"'free_units':'500','free_events':3,'rate':'0.006'}",
					"{'model':'percentage','rate':'0.006','free_events':3,'event_maximum':'0',"
					"'free_units':'500'}");
	/* First 0 events, or events of 0 in all: nothing is free. */
	check_canonical("{'model':'percentage','rate':'1','free_events':0}",
					"{'model':'percentage','rate':'1'}");
	check_canonical("{'model':'percentage','rate':'1','free_events':3,'free_units':'0'}",
					"{'model':'percentage','rate':'1'}");
	check_canonical("{'model':'percentage','rate':'1','free_events':0,'free_units':'9'}",
					"{'model':'percentage','rate':'1'}");
	check_canonical("{'model':'time_of_use','bands':[{'price':'0.80','code':'峰'},{'code':'valley',"
					"'price':'0'}]}",
					"{'model':'time_of_use','bands':[{'code':'峰','price':'0.8'},{'code':'valley',"
					"'price':'0'}]}");
	check_canonical("{'model':'duration','day_starts':'06:00:00','day_maximum':'20',"
					"'free_minutes':0,"
					"'steps':[{'price':'2.0','every':30,'up_to':120},{'every':60,'price':'1'}]}",
					"{'model':'duration','steps':[{'up_to':120,'every':30,'price':'2'},{'every':60,"
					"'price':'1'}],'day_maximum':'20','day_starts':'06:00'}");

	check_refused("{'model':'volume','tiers':[{'size':'1','price':'1'}]}", RUI_INVALID,
				  "tiers[0].size");
	check_refused("{'model':'blocks','tiers':[{'price':'1'}]}", RUI_INVALID, "tiers[0]");
	check_refused("{'model':'blocks','tiers':[{'price':'1','size':'0'}]}", RUI_INVALID,
				  "tiers[0].size");
	check_refused("{'model':'blocks','tiers':[{'price':'1','size':'1','flat':'1'}]}", RUI_INVALID,
				  "tiers[0].flat");
	check_refused("{'model':'blocks','policy':'most','tiers':[{'price':'1','size':'1'}]}",
				  RUI_INVALID, "policy");
	check_refused("{'model':'package','price':'1','size':'0'}", RUI_INVALID, "size");
	check_refused("{'model':'package','price':'1'}", RUI_INVALID, "");
	check_refused("{'model':'percentage'}", RUI_INVALID, "");
	check_refused("{'model':'percentage','rate':'1','free_events':'3'}", RUI_INVALID,
				  "free_events");
	check_refused("{'model':'percentage','rate':'1','free_events':-1}", RUI_INVALID, "free_events");
	check_refused("{'model':'percentage','rate':'1','event_minimum':'2','event_maximum':'1'}",
				  RUI_INVALID, "event_maximum");
	check_refused("{'model':'time_of_use','bands':[]}", RUI_INVALID, "bands");
	check_refused("{'model':'time_of_use','bands':[{'code':'','price':'1'}]}", RUI_INVALID,
				  "bands[0].code");
	check_refused("{'model':'time_of_use','bands':[{'code':'a','price':'1'},{'code':'a',"
				  "'price':'1'}]}",
				  RUI_INVALID, "bands[1].code");
	check_refused("{'model':'duration','steps':[{'price':'1'}]}", RUI_INVALID, "steps[0]");
	check_refused("{'model':'duration','steps':[{'every':0,'price':'1'}]}", RUI_INVALID,
				  "steps[0].every");
	check_refused("{'model':'duration','steps':[{'every':'30','price':'1'}]}", RUI_INVALID,
				  "steps[0].every");
	check_refused("{'model':'duration','steps':[{'up_to':60,'every':1,'price':'1'},{'up_to':60,"
				  "'every':1,'price':'1'},{'every':1,'price':'1'}]}",
				  RUI_INVALID, "steps[1].up_to");
	check_refused("{'model':'duration','free_units':'1','steps':[{'every':1,'price':'1'}]}",
				  RUI_INVALID, "free_units");
	check_refused("{'model':'duration','day_starts':'24:00','steps':[{'every':1,'price':'1'}]}",
				  RUI_INVALID, "day_starts");
	check_refused("", RUI_SYNTAX, "");
	check_refused("[]", RUI_INVALID, "");
	check_refused("{}", RUI_INVALID, "");
	check_refused("{'model':'surge'}", RUI_INVALID, "model");
	check_refused("{'model':1}", RUI_INVALID, "model");
	check_refused("{'model':'flat'}", RUI_INVALID, "");
	check_refused("{'model':'flat','amount':5}", RUI_INVALID, "amount");
	check_refused("{'model':'flat','amount':'-5'}", RUI_INVALID, "amount");
	check_refused("{'model':'flat','amount':'1e2'}", RUI_INVALID, "amount");
	check_refused("{'model':'flat','amount':'5','price':'5'}", RUI_INVALID, "price");
	check_refused("{'model':'flat','amount':'5','free_units':'5'}", RUI_INVALID,
				  "free_units");
	check_refused("{'model':'fixed','price':'5','allowance':{}}", RUI_INVALID, "allowance");
	check_refused("{'model':'flat','amount':'5','rounding':{'scale':13}}", RUI_INVALID,
				  "rounding.scale");
	check_refused("{'model':'flat','amount':'5','rounding':{'scale':'2'}}", RUI_INVALID,
				  "rounding.scale");
	check_refused("{'model':'flat','amount':'5','rounding':{'mode':'bankers'}}", RUI_INVALID,
				  "rounding.mode");
	check_refused("{'model':'flat','amount':'5','tax':{'rate':'6'}}", RUI_INVALID,
				  "tax.rate");
	check_refused("{'model':'flat','amount':'5','tax':{}}", RUI_INVALID, "tax");
	check_refused("{'model':'flat','amount':'5','tax':{'rate':'0','inclusive':'yes'}}",
				  RUI_INVALID, "tax.inclusive");
	check_refused("{'model':'flat','amount':'5','minimum':'9','maximum':'8'}", RUI_INVALID,
				  "maximum");
	check_refused("{'model':'graduated'}", RUI_INVALID, "");
	check_refused("{'model':'graduated','tiers':[]}", RUI_INVALID, "tiers");
	check_refused("{'model':'graduated','tiers':{}}", RUI_INVALID, "tiers");
	check_refused("{'model':'graduated','tiers':[{'up_to':'5','price':'1'}]}", RUI_INVALID,
				  "tiers[0].up_to");
	check_refused("{'model':'graduated','tiers':[{'price':'1'},{'price':'1'}]}", RUI_INVALID,
				  "tiers[0]");
	check_refused("{'model':'graduated','tiers':[{'up_to':'0','price':'1'},{'price':'1'}]}",
				  RUI_INVALID, "tiers[0].up_to");
	check_refused("{'model':'graduated','tiers':[{'up_to':'5','price':'1'},{'up_to':'5.0',"
				  "'price':'2'},{'price':'1'}]}",
				  RUI_INVALID, "tiers[1].up_to");
	check_refused("{'model':'graduated','tiers':[{}]}", RUI_INVALID, "tiers[0]");
	check_refused("{'model':'graduated','tiers':[{'price':'1'}],'allowance':{'from':'1.5',"
				  "'per_person':'1'}}",
				  RUI_INVALID, "allowance.from");
	check_refused("{'model':'graduated','tiers':[{'price':'1'}],'allowance':{'from':'0',"
				  "'per_person':'1'}}",
				  RUI_INVALID, "allowance.from");
}

/* Beijing's water ladder of 2014, a year's cubic metres. */
#define LADDER \
	"{'model':'graduated','tiers':[{'up_to':'180','price':'5'}," \
	"{'up_to':'260','price':'7'},{'price':'9'}],'allowance':{'from':" \
	"'6','per_person':'30'}}"

static void
test_charges(void)
{
	check_charge("{'model':'flat','amount':'30'}", "0", "30", "0", "30");
	check_charge("{'model':'flat','amount':'30'}", "12.5", "30", "0", "30");
	/* 89.37 m2 at 2.85: 254.7045. */
	check_charge("{'model':'fixed','price':'2.85'}", "89.37", "254.7", "0", "254.7");
	check_charge("{'model':'fixed','price':'2.85','rounding':{'mode':'up'}}", "89.37", "254.71",
				 "0", "254.71");
	check_charge("{'model':'fixed','price':'2.85','rounding':{'scale':0,'mode':'down'}}",
				 "89.37", "254", "0", "254");
	/* MicroCommunity's 444.195, which is 444.19 in doubles. */
	check_charge("{'model':'fixed','price':'1.5'}", "296.13", "444.2", "0", "444.2");
	check_charge("{'model':'fixed','price':'1.5','surcharge':'10','free_units':'100'}",
				 "296.13", "304.2", "0", "304.2");
	check_charge("{'model':'fixed','price':'1.5','free_units':'300'}", "296.13", "0", "0", "0");
	check_charge("{'model':'fixed','price':'1.5','minimum':'500','maximum':'600'}", "296.13",
				 "500", "0", "500");
	check_charge("{'model':'fixed','price':'1.5','minimum':'500','maximum':'600'}", "1000",
				 "600", "0", "600");
	/* The minimum comes after the surcharge, the tax after all. */
	check_charge("{'model':'fixed','price':'1','minimum':'15','surcharge':'10',"
				 "'tax':{'rate':'0.06'}}",
				 "1", "15", "0.9", "15.9");
	check_charge("{'model':'fixed','price':'1','tax':{'rate':'0.06','inclusive':true}}",
				 "106", "100", "6", "106");
	/* 0.03 / 1.09 = 0.0275…: net 0.03, tax 0. */
	check_charge("{'model':'fixed','price':'1','tax':{'rate':'0.09','inclusive':true}}",
				 "0.03", "0.03", "0", "0.03");

	check_charge(LADDER, "0", "0", "0", "0");
	check_charge(LADDER, "180", "900", "0", "900");
	check_charge(LADDER, "180.5", "903.5", "0", "903.5");
	check_charge(LADDER, "260", "1460", "0", "1460");
	check_charge(LADDER, "300", "1820", "0", "1820");
	/* An unreached tier costs no flat fee, except the first's. */
	check_charge("{'model':'graduated','tiers':[{'up_to':'10','price':'1','flat':'5'},"
				 "{'price':'2','flat':'7'}]}",
				 "0", "5", "0", "5");
	check_charge("{'model':'graduated','tiers':[{'up_to':'10','price':'1','flat':'5'},"
				 "{'price':'2','flat':'7'}]}",
				 "10", "15", "0", "15");
	check_charge("{'model':'graduated','tiers':[{'up_to':'10','price':'1','flat':'5'},"
				 "{'price':'2','flat':'7'}]}",
				 "10.01", "22.02", "0", "22.02");
}

static void
test_errors(void)
{
	rui_tariff *value = tariff("{'model':'fixed','price':'1000000'}");
	rui_charged charged = { { 7, 0, 0 }, { 7, 0, 0 }, { 7, 0, 0 } };
	rui_usage usage = { .quantity = decimal("99999999999999999999999999999999999") };
	rui_error error;

	CHECK_INT(rui_tariff_charge(&rui_env_malloc, value, &usage, &charged, NULL, &error), RUI_RANGE);
	CHECK(charged.net.value == 7 && charged.tax.value == 7 && charged.gross.value == 7);
	CHECK_INT(rui_usage_of_quantity(&rui_env_malloc, value, decimal("-1"), &usage, &error),
			  RUI_RANGE);
	CHECK_TEXT(error.part, "quantity");
	rui_tariff_release(&rui_env_malloc, value);
}

static void
check_wide(const char *text, int64_t persons, const char *expected)
{
	rui_tariff *value = tariff(text);
	rui_text wide;
	rui_error error;

	rui_text_start(&wide, &rui_env_malloc);
	unit_note("%lld persons", (long long) persons);
	if (expected == NULL)
		CHECK_INT(rui_tariff_widen(&rui_env_malloc, value, persons, &wide, &error), RUI_INVALID);
	else
	{
		CHECK(rui_tariff_widen(&rui_env_malloc, value, persons, &wide, &error) == RUI_OK);
		CHECK_TEXT(wide.bytes, json(expected));
	}
	rui_text_release(&wide);
	rui_tariff_release(&rui_env_malloc, value);
	unit_note("%s", "");
}

#define BOUNDS(first, second) \
	"{'model':'graduated','tiers':[{'up_to':'" first "','price':'5'},{'up_to':'" second "'," \
	"'price':'7'},{'price':'9'}]}"

static void
test_ladders(void)
{
	rui_tariff *value = tariff(LADDER);
	rui_charged charged;
	rui_error error;

	check_wide(LADDER, -1, NULL);
	check_wide(LADDER, 0, BOUNDS("180", "260"));
	check_wide(LADDER, 5, BOUNDS("180", "260"));
	check_wide(LADDER, 6, BOUNDS("210", "290"));
	check_wide(LADDER, 8, BOUNDS("270", "350"));
	check_wide("{'model':'flat','amount':'1'}", 8, "{'model':'flat','amount':'1'}");
	check_wide("{'model':'time_of_use','bands':[{'code':'p','price':'1'}]}", 8,
			   "{'model':'time_of_use','bands':[{'code':'p','price':'1'}]}");
	check_wide("{'model':'blocks','tiers':[{'up_to':'5','size':'2','price':'1'},{'size':'3',"
			   "'price':'1'}],'allowance':{'from':'1','per_person':'0.5'}}",
			   3, "{'model':'blocks','tiers':[{'up_to':'6.5','size':'2','price':'1'},{'size':'3',"
				  "'price':'1'}]}");
	/* 170 cubic metres used before, 20 now: 10 × 5 + 10 × 7. */
	CHECK(rui_tariff_charge_between(&rui_env_malloc, value, decimal("170"), decimal("190"),
									&charged, &error) == RUI_OK);
	CHECK_TEXT(print(charged.gross), "120");
	CHECK(rui_tariff_charge_between(&rui_env_malloc, value, decimal("190"), decimal("170"),
									&charged, &error) == RUI_OK);
	CHECK_TEXT(print(charged.gross), "-120");
	CHECK_INT(rui_tariff_charge_between(&rui_env_malloc, value, decimal("-1"), decimal("170"),
										&charged, &error),
			  RUI_RANGE);
	rui_tariff_release(&rui_env_malloc, value);
}

/* More never costs less; charges of a ladder add up however it is climbed. */
static void
test_laws(void)
{
	rui_tariff *value = tariff(
		"{'model':'graduated','tiers':[{'up_to':'18.5','price':'0.5183'},{'up_to':'26',"
		"'price':'0.4','flat':'0.013'},{'price':'0.9'}],'free_units':'0.7','tax':{'rate':'0.03',"
		"'inclusive':true}}");
	rui_decimal reached = rui_decimal_zero;
	rui_decimal sum = rui_decimal_zero;
	rui_random random = { 7 };
	rui_charged charged;
	rui_charged whole;
	rui_usage usage = { 0 };
	rui_error error;
	int i;

	for (i = 0; i < 500; i++)
	{
		rui_decimal step = { (int64_t) rui_random_below(&random, 2500), 4, 0 };
		rui_decimal next;

		unit_note("seed 7 step %d", i);
		CHECK(rui_decimal_add(reached, step, &next, &error) == RUI_OK);
		CHECK(rui_tariff_charge_between(&rui_env_malloc, value, reached, next, &charged, &error) ==
			  RUI_OK);
		CHECK(charged.gross.value >= 0);
		CHECK(rui_decimal_add(sum, charged.gross, &sum, &error) == RUI_OK);
		reached = next;
		usage.quantity = reached;
		CHECK(rui_tariff_charge(&rui_env_malloc, value, &usage, &whole, NULL, &error) == RUI_OK);
		CHECK(rui_decimal_compare(sum, whole.gross) == 0);
	}
	unit_note("%s", "");
	rui_tariff_release(&rui_env_malloc, value);
}

int
main(void)
{
	test_texts();
	test_charges();
	test_errors();
	test_ladders();
	test_laws();
	return unit_finish("tariff");
}
