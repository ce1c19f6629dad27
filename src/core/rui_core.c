/* SPDX-License-Identifier: PostgreSQL
 *
 * rui_core.c
 *	  Memory, errors and seeded chance for the functional core.
 */
#include "core/rui_core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
malloc_allocate(size_t size, void *argument)
{
	(void) argument;
	return malloc(size);
}

static void
malloc_release(void *block, void *argument)
{
	(void) argument;
	free(block);
}

const rui_env rui_env_malloc = { malloc_allocate, malloc_release, NULL, NULL };

void *
rui_allocate(const rui_env *env, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
		return NULL;
	return env->allocate(bytes == 0 ? 1 : bytes, env->argument);
}

void *
rui_allocate_zero(const rui_env *env, size_t count, size_t size)
{
	void *block = rui_allocate(env, count, size);

	if (block != NULL)
		memset(block, 0, count * size);
	return block;
}

void
rui_release(const rui_env *env, void *block)
{
	if (block != NULL)
		env->release(block, env->argument);
}

rui_status
rui_grow(const rui_env *env, void *block, size_t *capacity, size_t needed,
		 size_t size, rui_error *error)
{
	void *old;
	void *grown;
	size_t wanted;

	if (needed <= *capacity)
		return RUI_OK;
	wanted = *capacity < 8 ? 8 : *capacity;
	while (wanted < needed)
	{
		if (wanted > SIZE_MAX / 2)
			return rui_fail_memory(error, needed);
		wanted *= 2;
	}
	grown = rui_allocate(env, wanted, size);
	if (grown == NULL)
		return rui_fail_memory(error, wanted * size);
	memcpy(&old, block, sizeof old);
	if (old != NULL)
		memcpy(grown, old, *capacity * size);
	rui_release(env, old);
	memcpy(block, &grown, sizeof grown);
	*capacity = wanted;
	return RUI_OK;
}

bool
rui_interrupted(const rui_env *env)
{
	return env->interrupted != NULL && env->interrupted(env->argument);
}

/* Cut a text that vsnprintf truncated back to a whole UTF-8 character. */
static void
cut_at_character(char *text, size_t size)
{
	size_t end = strlen(text);
	size_t start = end;

	if (end < size - 1)
		return;
	while (start > 0 && ((unsigned char) text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && (unsigned char) text[start - 1] >= 0xC0)
	{
		unsigned char lead = (unsigned char) text[start - 1];
		size_t length = 2;

		if (lead >= 0xE0)
			length = lead >= 0xF0 ? 4 : 3;
		if (end - (start - 1) < length)
			text[start - 1] = '\0';
	}
}

static void
copy_text(char *target, size_t size, const char *source)
{
	size_t length = source == NULL ? 0 : strlen(source);

	if (length > size - 1)
		length = size - 1;
	if (length > 0)
		memcpy(target, source, length);
	target[length] = '\0';
	cut_at_character(target, size);
}

static rui_status __attribute__((format(printf, 6, 0)))
fail(rui_error *error, rui_status code, int64_t offset, const char *part,
	 const char *hint, const char *detail, va_list arguments)
{
	if (error != NULL)
	{
		char text[sizeof error->detail];

		/* The arguments may point into the error itself: build aside. */
		vsnprintf(text, sizeof text, detail, arguments);
		cut_at_character(text, sizeof text);
		error->code = code;
		error->offset = offset;
		if (part != error->part)
			copy_text(error->part, sizeof error->part, part);
		copy_text(error->hint, sizeof error->hint, hint);
		memcpy(error->detail, text, sizeof text);
	}
	return code;
}

rui_status
rui_fail(rui_error *error, rui_status code, const char *part, const char *hint,
		 const char *detail, ...)
{
	va_list arguments;

	va_start(arguments, detail);
	fail(error, code, -1, part, hint, detail, arguments);
	va_end(arguments);
	return code;
}

rui_status
rui_fail_at(rui_error *error, rui_status code, int64_t offset, const char *part,
			const char *hint, const char *detail, ...)
{
	va_list arguments;

	va_start(arguments, detail);
	fail(error, code, offset, part, hint, detail, arguments);
	va_end(arguments);
	return code;
}

rui_status
rui_fail_interrupted(rui_error *error)
{
	return rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
}

rui_status
rui_fail_memory(rui_error *error, size_t bytes)
{
	return rui_fail(error, RUI_MEMORY, NULL, "Use a smaller input or a larger machine.",
					"%zu bytes were needed.", bytes);
}

uint64_t
rui_random_next(rui_random *random)
{
	uint64_t z = (random->state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

uint64_t
rui_random_below(rui_random *random, uint64_t bound)
{
	uint64_t threshold = -bound % bound;
	uint64_t value;

	do
		value = rui_random_next(random);
	while (value < threshold);
	return value % bound;
}
