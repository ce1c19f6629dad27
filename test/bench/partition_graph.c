/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_graph.c
 *	  For test/bench/partition: a town's streets, and METIS on them.
 *
 *	partition_graph make WIDTH HEIGHT
 *		writes "node, {neighbours}, load, x, y" for COPY: a lattice with parks,
 *		a river with bridges, 6 % missing links and lognormal households
 *	partition_graph metis PARTS TOLERANCE recursive|kway < rows
 *		writes "node, part" for COPY, and to standard error the milliseconds
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <metis.h>

static uint64_t chance = 7;

static double
uniform(void)
{
	uint64_t z = (chance += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (double) ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static void *
need(size_t count, size_t size)
{
	void *block = calloc(count, size);

	if (block == NULL)
	{
		fputs("partition_graph: out of memory\n", stderr);
		exit(1);
	}
	return block;
}

/* ---- a town ---- */

static int *root;

static int
find(int v)
{
	while (root[v] != v)
		v = root[v] = root[root[v]];
	return v;
}

static int
make(int width, int height)
{
	int n = width * height;
	char *open = need(n, 1);
	char(*link)[2] = need(n, 2); /* east, south */
	int *size = need(n, sizeof(int));
	int best = 0;
	int i;

	root = need(n, sizeof(int));
	memset(open, 1, n);
	for (i = 0; i < n / 1500 + 1; i++)
	{
		int left = (int) (uniform() * width);
		int top = (int) (uniform() * height);
		int right = left + 2 + (int) (uniform() * 6);
		int bottom = top + 2 + (int) (uniform() * 6);
		int x;
		int y;

		for (y = top; y < bottom && y < height; y++)
			for (x = left; x < right && x < width; x++)
				open[y * width + x] = 0;
	}
	for (i = 0; i < width; i++)
	{
		int y = height / 2 + (int) (height / 8.0 * sin(6.28 * i / width));

		if (width >= 6 && i % (width / 6) != 0)
			open[y * width + i] = open[(y + 1) % height * width + i] = 0;
	}
	for (i = 0; i < n; i++)
		root[i] = i;
	for (i = 0; i < n; i++)
	{
		if (!open[i])
			continue;
		link[i][0] = (i + 1) % width != 0 && open[i + 1] && uniform() > 0.06;
		link[i][1] = i + width < n && open[i + width] && uniform() > 0.06;
		if (link[i][0])
			root[find(i)] = find(i + 1);
		if (link[i][1])
			root[find(i)] = find(i + width);
	}
	for (i = 0; i < n; i++)
		if (++size[find(i)] > size[best])
			best = find(i);
	for (i = 0; i < n; i++)
	{
		double normal = sqrt(-2 * log(uniform() + 1e-12)) * cos(6.283185307 * uniform());
		char text[100] = "";
		int used = 0;

		if (find(i) != best)
			continue;
		if (link[i][0])
			used += snprintf(text + used, sizeof text - used, ",%d", i + 1);
		if (link[i][1])
			used += snprintf(text + used, sizeof text - used, ",%d", i + width);
		if (i % width > 0 && link[i - 1][0])
			used += snprintf(text + used, sizeof text - used, ",%d", i - 1);
		if (i >= width && link[i - width][1])
			used += snprintf(text + used, sizeof text - used, ",%d", i - width);
		printf("%d\t{%s}\t%d\t%d\t%d\n", i, text + 1, 1 + (int) (40 * exp(0.6 * normal)),
			   30 * (i % width), 30 * (i / width));
	}
	return 0;
}

/* ---- METIS ---- */

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

static int
partition(int parts, double tolerance, int recursive)
{
	size_t room = 1 << 22;
	idx_t *number = need(1 << 24, sizeof(idx_t)); /* node to row + 1 */
	idx_t *node = need(room, sizeof(idx_t));
	idx_t *first = need(room + 1, sizeof(idx_t));
	idx_t *to = need(4 * room, sizeof(idx_t));
	idx_t *load = need(room, sizeof(idx_t));
	idx_t *part = need(room, sizeof(idx_t));
	idx_t options[METIS_NOPTIONS];
	idx_t n = 0;
	idx_t arcs = 0;
	idx_t one = 1;
	idx_t k = parts;
	idx_t cut;
	real_t room_above = (real_t) (1 + tolerance);
	char line[300];
	double start;
	int result;
	idx_t i;

	while (n < (idx_t) room && fgets(line, sizeof line, stdin) != NULL)
	{
		char *at = strchr(line, '\t');

		if (at == NULL || arcs + 4 > 4 * (idx_t) room)
			return 1;
		node[n] = (idx_t) strtol(line, NULL, 10);
		if (node[n] < 0 || node[n] >= 1 << 24)
			return 1;
		number[node[n]] = n + 1;
		first[n] = arcs;
		for (at += 2; *at != '\t';)
		{
			to[arcs++] = (idx_t) strtol(at, &at, 10);
			at++;
		}
		load[n++] = (idx_t) strtol(at, NULL, 10);
	}
	first[n] = arcs;
	for (i = 0; i < arcs; i++)
		to[i] = number[to[i]] - 1;
	METIS_SetDefaultOptions(options);
	options[METIS_OPTION_SEED] = 1;
	start = milliseconds();
	if (recursive)
		result = METIS_PartGraphRecursive(&n, &one, first, to, load, NULL, NULL, &k, NULL,
										  &room_above, options, &cut, part);
	else
	{
		options[METIS_OPTION_CONTIG] = 1;
		result = METIS_PartGraphKway(&n, &one, first, to, load, NULL, NULL, &k, NULL, &room_above,
									 options, &cut, part);
	}
	fprintf(stderr, "%.3f\n", milliseconds() - start);
	for (i = 0; i < n; i++)
		printf("%d\t%d\n", (int) node[i], (int) part[i]);
	return result == METIS_OK ? 0 : 1;
}

int
main(int count, char **arguments)
{
	if (count == 4 && strcmp(arguments[1], "make") == 0)
		return make((int) strtol(arguments[2], NULL, 10), (int) strtol(arguments[3], NULL, 10));
	if (count == 5 && strcmp(arguments[1], "metis") == 0)
		return partition((int) strtol(arguments[2], NULL, 10), strtod(arguments[3], NULL),
						 strcmp(arguments[4], "recursive") == 0);
	fputs("usage: partition_graph make WIDTH HEIGHT | metis PARTS TOLERANCE MODE\n", stderr);
	return 1;
}
