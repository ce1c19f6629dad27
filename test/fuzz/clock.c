/* SPDX-License-Identifier: PostgreSQL
 *
 * clock.c
 *	  Any bytes: clocks are refused, or canonical and sound.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rui_sla_clock clock;
	rui_sla_clock again;
	rui_text text;
	rui_error error;

	error.code = RUI_OK;
	if (rui_sla_read(&rui_env_malloc, (const char *) data, size, &clock, &error) != RUI_OK)
	{
		must(error.code != RUI_OK && error.detail[0] != '\0');
		return 0;
	}
	must(rui_sla_check(&clock, &error) == RUI_OK);
	rui_text_start(&text, &rui_env_malloc);
	rui_sla_write(&clock, &text);
	must(rui_sla_read(&rui_env_malloc, text.bytes, text.length, &again, &error) == RUI_OK);
	must(memcmp(&clock, &again, sizeof clock) == 0);
	rui_text_release(&text);
	return 0;
}
