/* SPDX-License-Identifier: PostgreSQL
 *
 * text.c
 *	  The growing text, also when there is no memory.
 */
#include "unit.h"

#include "core/text.h"

static int left; /* blocks the host still gives */

static void *
scarce_allocate(size_t size, void *argument)
{
	(void) argument;
	return left-- > 0 ? malloc(size) : NULL;
}

static void
scarce_release(void *block, void *argument)
{
	(void) argument;
	free(block);
}

static int asked;

static bool
give_up_later(void *argument)
{
	(void) argument;
	return ++asked == 4;
}

/* A long text hears of a wish to stop, a short one need not. */
static void
test_stopped(void)
{
	rui_env env = rui_env_malloc;
	rui_text text;
	int i;

	env.interrupted = give_up_later;
	rui_text_start(&text, &env);
	for (i = 0; i < 5000; i++)
		rui_text_add(&text, "0123456789");
	CHECK_INT(asked, 0);
	for (i = 0; i < 100000; i++)
		rui_text_add(&text, "0123456789");
	CHECK_INT(asked, 4);
	CHECK(text.failed);
	CHECK_INT(text.length, 262140);
	rui_text_release(&text);
}

int
main(void)
{
	rui_env scarce = { scarce_allocate, scarce_release, NULL, NULL };
	rui_text text;
	int blocks;
	int i;

	rui_text_start(&text, &rui_env_malloc);
	rui_text_add(&text, "");
	CHECK_TEXT(text.bytes, "");
	for (i = 0; i < 1000; i++)
		rui_text_format(&text, "%d,", i);
	CHECK_INT(text.length, 3890);
	CHECK(strncmp(text.bytes, "0,1,2,", 6) == 0);
	CHECK(strcmp(text.bytes + text.length - 4, "999,") == 0);
	CHECK(!text.failed);
	rui_text_release(&text);
	CHECK_INT(text.length, 0);

	rui_text_start(&text, &rui_env_malloc);
	rui_text_json_string(&text, "a\"\\\n\r\t\x1f\x7f\xE7\xBD\x91", 11);
	CHECK_TEXT(text.bytes, "\"a\\\"\\\\\\n\\r\\t\\u001f\x7f\xE7\xBD\x91\"");
	rui_text_release(&text);

	/* However early memory ends, the text says so and keeps what it has. */
	for (blocks = 0; blocks < 8; blocks++)
	{
		left = blocks;
		unit_note("%d blocks", blocks);
		rui_text_start(&text, &scarce);
		for (i = 0; i < 1000; i++)
			rui_text_add(&text, "xy");
		CHECK(text.failed);
		CHECK(text.length % 2 == 0 && text.length < 2000);
		CHECK(blocks == 0 || strlen(text.bytes) == text.length);
		rui_text_release(&text);
	}
	test_stopped();
	return unit_finish("text");
}
