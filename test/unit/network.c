/* SPDX-License-Identifier: PostgreSQL
 *
 * network.c
 *	  Catchments against shortest ways found by passing lengths on until
 *	  nothing changes, distances against Floyd and Warshall's, and components
 *	  against passing names on.
 */
#include "unit.h"

#include <math.h>

#include "core/network.h"

static const rui_env *const env = &rui_env_malloc;

#define MOST_NODES 60
#define MOST_EDGES 300

static int nodes;
static int edge_count;
static int source_count;
static int edges[MOST_EDGES][2];
static double lengths[MOST_EDGES];
static int sources[MOST_NODES];
static double starts[MOST_NODES];

/* Numbers of nodes are neither dense nor positive. */
static int64_t
name_of(int node)
{
	return 7 * (int64_t) node - 100;
}

/* Some lengths are 0 and many alike, so that ways tie. */
static void
draw(rui_random *random)
{
	int i;

	nodes = 1 + (int) rui_random_below(random, MOST_NODES);
	edge_count = (int) rui_random_below(random, (uint64_t) nodes * 5);
	source_count = (int) rui_random_below(random, 6);
	for (i = 0; i < edge_count; i++)
	{
		edges[i][0] = (int) rui_random_below(random, (uint64_t) nodes);
		edges[i][1] = (int) rui_random_below(random, (uint64_t) nodes);
		lengths[i] = (double) rui_random_below(random, 5) * 0.25;
	}
	for (i = 0; i < source_count; i++)
	{
		sources[i] = (int) rui_random_below(random, (uint64_t) nodes);
		starts[i] = (double) rui_random_below(random, 3);
	}
}

static void
build(rui_network_builder *builder)
{
	int i;

	rui_network_start(builder, env);
	for (i = 0; i < edge_count; i++)
		CHECK_INT(rui_network_add(builder, name_of(edges[i][0]), name_of(edges[i][1]), lengths[i],
								  NULL),
				  RUI_OK);
	for (i = 0; i < source_count; i++)
		CHECK_INT(rui_network_add_source(builder, name_of(sources[i]), starts[i], NULL), RUI_OK);
}

static double best[MOST_NODES];
static int owner[MOST_NODES];

static bool
improve(int node, int source, double length)
{
	if (length > best[node] || (length == best[node] && source >= owner[node]))
		return false;
	best[node] = length;
	owner[node] = source;
	return true;
}

static void
find_slowly(void)
{
	bool changed = true;
	int i;

	for (i = 0; i < nodes; i++)
	{
		best[i] = INFINITY;
		owner[i] = -1;
	}
	for (i = 0; i < source_count; i++)
		improve(sources[i], sources[i], starts[i]);
	while (changed)
	{
		changed = false;
		for (i = 0; i < edge_count; i++)
		{
			int a = edges[i][0];
			int b = edges[i][1];

			if (owner[a] >= 0 && improve(b, owner[a], best[a] + lengths[i]))
				changed = true;
			if (owner[b] >= 0 && improve(a, owner[b], best[b] + lengths[i]))
				changed = true;
		}
	}
}

static bool
is_named(int node)
{
	int i;

	for (i = 0; i < edge_count; i++)
		if (edges[i][0] == node || edges[i][1] == node)
			return true;
	for (i = 0; i < source_count; i++)
		if (sources[i] == node)
			return true;
	return false;
}

static void
test_catchments(rui_random *random)
{
	rui_network_builder builder;
	rui_reach *result = NULL;
	size_t count = 0;
	size_t expected = 0;
	size_t k = 0;
	int i;

	draw(random);
	build(&builder);
	find_slowly();
	CHECK_INT(rui_network_catchments(&builder, &result, &count, NULL), RUI_OK);
	for (i = 0; i < nodes; i++)
	{
		if (owner[i] < 0)
			continue;
		expected++;
		if (!CHECK(k < count))
			break;
		CHECK_INT(result[k].node, name_of(i));
		CHECK_INT(result[k].source, name_of(owner[i]));
		CHECK(result[k].length == best[i]);
		k++;
	}
	CHECK_INT(count, expected);
	free(result);
	rui_network_release(&builder);
}

/* All shortest ways (Floyd, Communications of the ACM 5, 1962, 345). */
static double far[MOST_NODES + 2][MOST_NODES + 2];

static void
find_all_slowly(void)
{
	int i;
	int j;
	int k;

	for (i = 0; i < MOST_NODES + 2; i++)
		for (j = 0; j < MOST_NODES + 2; j++)
			far[i][j] = i == j ? 0 : INFINITY;
	for (i = 0; i < edge_count; i++)
	{
		int a = edges[i][0];
		int b = edges[i][1];

		if (lengths[i] < far[a][b])
			far[a][b] = far[b][a] = lengths[i];
	}
	for (k = 0; k < nodes; k++)
		for (i = 0; i < nodes; i++)
			for (j = 0; j < nodes; j++)
				if (far[i][k] + far[k][j] < far[i][j])
					far[i][j] = far[i][k] + far[k][j];
}

/* Lengths are multiples of 1/4, so sums are exact in any order. */
static void
test_distances(rui_random *random)
{
	rui_network_builder builder;
	int64_t from[20];
	int64_t to[20];
	int from_nodes[20];
	int to_nodes[20];
	double found[400];
	size_t from_count = rui_random_below(random, 21);
	size_t to_count = rui_random_below(random, 21);
	size_t i;
	size_t j;

	draw(random);
	build(&builder);
	find_all_slowly();
	/* Two numbers beyond the nodes are on no edge; several come twice. */
	for (i = 0; i < from_count; i++)
		from[i] = name_of(from_nodes[i] = (int) rui_random_below(random, (uint64_t) nodes + 2));
	for (i = 0; i < to_count; i++)
		to[i] = name_of(to_nodes[i] = (int) rui_random_below(random, (uint64_t) nodes + 2));
	CHECK_INT(rui_network_distances(&builder, from, from_count, to, to_count, found, NULL),
			  RUI_OK);
	for (i = 0; i < from_count; i++)
		for (j = 0; j < to_count; j++)
			CHECK(found[i * to_count + j] == far[from_nodes[i]][to_nodes[j]]);
	rui_network_release(&builder);
}

static void
test_components(rui_random *random)
{
	rui_network_builder builder;
	rui_reach *result = NULL;
	bool changed = true;
	size_t count = 0;
	size_t k = 0;
	int i;

	draw(random);
	build(&builder);
	CHECK_INT(rui_network_components(&builder, &result, &count, NULL), RUI_OK);
	for (i = 0; i < nodes; i++)
		owner[i] = i;
	while (changed)
	{
		changed = false;
		for (i = 0; i < edge_count; i++)
		{
			int *a = &owner[edges[i][0]];
			int *b = &owner[edges[i][1]];

			changed = changed || *a != *b;
			*a = *b = *a < *b ? *a : *b;
		}
	}
	for (i = 0; i < nodes; i++)
	{
		if (!is_named(i))
			continue;
		if (!CHECK(k < count))
			break;
		CHECK_INT(result[k].node, name_of(i));
		CHECK_INT(result[k].source, name_of(owner[i]));
		k++;
	}
	CHECK_INT(count, k);
	free(result);
	rui_network_release(&builder);
}

/* A long path with a source at each end: the middle belongs to the lower. */
static void
test_path(void)
{
	enum
	{
		length = 100001
	};
	rui_network_builder builder;
	rui_reach *result = NULL;
	size_t count = 0;
	int i;

	rui_network_start(&builder, env);
	for (i = 1; i < length; i++)
		CHECK_INT(rui_network_add(&builder, i, i + 1, 1, NULL), RUI_OK);
	CHECK_INT(rui_network_add_source(&builder, length, 0, NULL), RUI_OK);
	CHECK_INT(rui_network_add_source(&builder, 1, 0, NULL), RUI_OK);
	CHECK_INT(rui_network_catchments(&builder, &result, &count, NULL), RUI_OK);
	CHECK_INT(count, length);
	for (i = 0; i < length; i++)
	{
		CHECK_INT(result[i].source, i <= length / 2 ? 1 : length);
		CHECK(result[i].length == (i <= length / 2 ? i : length - 1 - i));
	}
	free(result);
	CHECK_INT(rui_network_components(&builder, &result, &count, NULL), RUI_OK);
	CHECK_INT(count, length);
	CHECK_INT(result[length - 1].source, 1);
	free(result);
	rui_network_release(&builder);
}

static int left; /* answers before it gives up; 0: it always does */

static bool
give_up(void *argument)
{
	(void) argument;
	return left == 0 || --left == 0;
}

static void
test_errors(void)
{
	rui_env impatient = rui_env_malloc;
	rui_network_builder builder;
	rui_network_builder many;
	rui_reach *result = NULL;
	rui_error error;
	const int64_t ends[] = { 0, 5000, 10 };
	double length = 7;
	size_t count = 0;
	int patience;
	int i;

	rui_network_start(&builder, env);
	rui_network_start(&many, &impatient);
	CHECK_INT(rui_network_add(&builder, 1, 2, -1, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "node 1");
	CHECK_TEXT(error.detail, "The length -1 is not possible.");
	CHECK_INT(rui_network_add(&builder, 1, 2, NAN, &error), RUI_INVALID);
	CHECK_INT(rui_network_add(&builder, 1, 2, INFINITY, &error), RUI_INVALID);
	CHECK_INT(rui_network_add_source(&builder, -3, -0.5, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "node -3");
	/* Nothing of it was kept. */
	CHECK_INT(rui_network_catchments(&builder, &result, &count, &error), RUI_OK);
	CHECK_INT(count, 0);
	free(result);
	CHECK_INT(rui_network_components(&builder, &result, &count, &error), RUI_OK);
	CHECK_INT(count, 0);
	free(result);

	impatient.interrupted = give_up;
	builder.env = &impatient;
	for (i = 0; i < 5000; i++)
		CHECK_INT(rui_network_add(&builder, i, i + 1, 1, NULL), RUI_OK);
	CHECK_INT(rui_network_add_source(&builder, 0, 0, NULL), RUI_OK);
	CHECK_INT(rui_network_catchments(&builder, &result, &count, &error), RUI_INTERRUPTED);
	/* What fails leaves the answer alone. */
	CHECK_INT(rui_network_distances(&builder, ends, 1, ends + 1, 1, &length, &error),
			  RUI_INTERRUPTED);
	CHECK(length == 7);
	/* What only passes over many edges is asked too. */
	for (i = 0; i < 70000; i++)
		CHECK_INT(rui_network_add(&many, i, i + 1, 1, NULL), RUI_OK);
	CHECK_INT(rui_network_components(&many, &result, &count, &error), RUI_INTERRUPTED);
	CHECK_INT(rui_network_catchments(&many, &result, &count, &error), RUI_INTERRUPTED);
	for (patience = 1; patience < 8; patience++)
	{
		left = patience;
		CHECK_INT(rui_network_components(&many, &result, &count, &error), RUI_INTERRUPTED);
		left = patience;
		CHECK_INT(rui_network_catchments(&many, &result, &count, &error), RUI_INTERRUPTED);
	}
	left = 0;
	rui_network_release(&many);
	/* The search ends where it has met all it asks for. */
	CHECK_INT(rui_network_distances(&builder, ends, 1, ends + 2, 1, &length, &error), RUI_OK);
	CHECK(length == 10);
	rui_network_release(&builder);
}

int
main(void)
{
	rui_random random = { 20260301 };
	int i;

	for (i = 0; i < 2000; i++)
	{
		unit_note("case %d", i);
		test_catchments(&random);
		test_distances(&random);
		test_components(&random);
	}
	unit_note("%s", "");
	test_path();
	test_errors();
	return unit_finish("network");
}
