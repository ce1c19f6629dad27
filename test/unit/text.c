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
	return unit_finish("text");
}
