/* SPDX-License-Identifier: PostgreSQL
 *
 * replay.c
 *	  Runs a fuzz target over its corpus, without libFuzzer.
 *
 * Every file of the folder given is run as it is and in seeded mutations:
 * cut short, bytes changed, pieces doubled.  The input that breaks the target
 * is named, or, when it is a mutation, written to the second argument.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rui_core.h"

#define MUTATIONS 200
#define INPUT_LIMIT (1 << 20)

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern void __sanitizer_set_death_callback(void (*callback)(void));

static char running[4200];
static const char *crash_file;
static uint8_t *running_bytes;
static size_t running_size;

static void
report_input(void)
{
	FILE *file = fopen(crash_file, "wb");

	if (file != NULL)
	{
		fwrite(running_bytes, 1, running_size, file);
		fclose(file);
	}
	fprintf(stderr, "input: %s, written to %s\n", running, crash_file);
}

/* A copy of exactly the size, so that reading past the end is seen. */
static void
run(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, size);
	running_bytes = copy;
	running_size = size;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static size_t
mutate(rui_random *random, uint8_t *bytes, const uint8_t *source, size_t source_size)
{
	size_t size = source_size;
	int changes = 1 + (int) rui_random_below(random, 4);

	memcpy(bytes, source, source_size);
	while (changes-- > 0)
	{
		size_t at = size > 0 ? (size_t) rui_random_below(random, size) : 0;
		size_t length = size > at ? 1 + (size_t) rui_random_below(random, size - at) : 0;

		switch (rui_random_below(random, 5))
		{
			case 0:
				if (size > 0)
					bytes[at] ^= (uint8_t) (1 << rui_random_below(random, 8));
				break;
			case 1:
				if (size > 0)
					bytes[at] = (uint8_t) rui_random_below(random, 256);
				break;
			case 2:
				size = at;
				break;
			case 3:
				memmove(bytes + at, bytes + at + length, size - at - length);
				size -= length;
				break;
			default:
				if (size + length > INPUT_LIMIT)
					break;
				memmove(bytes + at + length, bytes + at, size - at);
				size += length;
				break;
		}
	}
	return size;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The files of a folder by name: the order of readdir is the file system's. */
static char **
list_folder(const char *folder, size_t *count)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char **names = NULL;
	size_t capacity = 0;
	rui_error error;
	rui_status status;

	*count = 0;
	while (directory != NULL && (entry = readdir(directory)) != NULL)
	{
		if (entry->d_name[0] == '.')
			continue;
		status = rui_grow(&rui_env_malloc, &names, &capacity, *count + 1, sizeof(char *), &error);
		if (status != RUI_OK)
			abort();
		names[(*count)++] = strdup(entry->d_name);
	}
	if (directory != NULL)
		closedir(directory);
	if (*count > 0)
		qsort(names, *count, sizeof(char *), compare_names);
	return names;
}

int
main(int argc, char **argv)
{
	uint8_t *source = malloc(INPUT_LIMIT);
	uint8_t *mutated = malloc(INPUT_LIMIT);
	char **names;
	size_t count;
	size_t i;

	if (argc != 3 || source == NULL || mutated == NULL)
	{
		fprintf(stderr, "usage: replay CORPUS_FOLDER CRASH_FILE\n");
		return 2;
	}
	crash_file = argv[2];
	__sanitizer_set_death_callback(report_input);
	names = list_folder(argv[1], &count);
	snprintf(running, sizeof running, "the empty one");
	run(source, 0);
	for (i = 0; i < count; i++)
	{
		char path[4096];
		FILE *file;
		size_t size;
		rui_random random = { i + 1 };
		int m;

		snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
		file = fopen(path, "rb");
		if (file == NULL)
		{
			fprintf(stderr, "cannot read %s\n", path);
			return 2;
		}
		size = fread(source, 1, INPUT_LIMIT, file);
		fclose(file);
		snprintf(running, sizeof running, "%s", path);
		run(source, size);
		for (m = 0; m < MUTATIONS; m++)
		{
			snprintf(running, sizeof running, "%s, mutation %d", path, m);
			run(mutated, mutate(&random, mutated, source, size));
		}
		free(names[i]);
	}
	free(names);
	free(source);
	free(mutated);
	printf("%zu inputs replayed\n", count + 1);
	return 0;
}
