/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.c
 *	  The partitioner: what always holds, on graphs of every kind, and the best
 *	  balance of small ones against trying everything.
 */
#include "unit.h"

#include <math.h>

#include "core/partition.h"

static const rui_env *const env = &rui_env_malloc;

#define MOST_NODES 4000

/* A graph under construction, as edges. */
static uint32_t edge_count;
static uint32_t edges[40 * MOST_NODES][2];
static double loads[MOST_NODES];
static uint32_t nodes;

static void
add_edge(uint32_t a, uint32_t b)
{
	edges[edge_count][0] = a;
	edges[edge_count++][1] = b;
}

static void
reset(uint32_t count, rui_random *random, int kind)
{
	uint32_t i;

	edge_count = 0;
	nodes = count;
	for (i = 0; i < count; i++)
		loads[i] = kind == 0 ? 1 : kind == 1 ? (double) rui_random_below(random, 40)
											 : (double) rui_random_next(random) * 0x1p-60;
}

static void
build(rui_partition_builder *builder)
{
	uint32_t i;

	rui_partition_start(builder, env);
	for (i = 0; i < nodes; i++)
	{
		static int64_t many[40 * MOST_NODES];
		uint32_t degree = 0;
		uint32_t k;

		for (k = 0; k < edge_count; k++)
			if (edges[k][0] == i)
				many[degree++] = 10 * (int64_t) edges[k][1] - 7;
		CHECK_INT(rui_partition_add(builder, 10 * (int64_t) i - 7, loads[i], 0, many, NULL, degree,
									NULL),
				  RUI_OK);
	}
}

static uint32_t roots[MOST_NODES];

static uint32_t
root_of(uint32_t v)
{
	while (roots[v] != v)
		v = roots[v] = roots[roots[v]];
	return v;
}

/* Components of the graph, or of the parts when result is given. */
static uint32_t
components(const rui_part *result)
{
	uint32_t count = nodes;
	uint32_t i;

	for (i = 0; i < nodes; i++)
		roots[i] = i;
	for (i = 0; i < edge_count; i++)
	{
		uint32_t a = root_of(edges[i][0]);
		uint32_t b = root_of(edges[i][1]);

		if (a == b || (result != NULL && result[edges[i][0]].part != result[edges[i][1]].part))
			continue;
		roots[a] = b;
		count--;
	}
	return count;
}

/* What holds for every answer; the imbalance. */
static double
check_answer(const rui_part *result, int32_t parts)
{
	static double load[MOST_NODES];
	static uint32_t size[MOST_NODES];
	double total = 0;
	double worst = 0;
	int32_t next = 1;
	uint32_t i;

	memset(load, 0, sizeof load);
	memset(size, 0, sizeof size);
	for (i = 0; i < nodes; i++)
	{
		CHECK_INT(result[i].node, 10 * (int64_t) i - 7);
		if (!CHECK(result[i].part >= 1 && result[i].part <= parts))
			return INFINITY;
		/* Numbered by the smallest node. */
		CHECK(result[i].part <= next);
		next += result[i].part == next;
		load[result[i].part - 1] += loads[i];
		size[result[i].part - 1]++;
		total += loads[i];
	}
	CHECK_INT(next, parts + 1);
	/* Every part is connected: as many components as parts. */
	CHECK_INT(components(result), parts);
	for (i = 0; i < (uint32_t) parts; i++)
	{
		CHECK(size[i] > 0);
		if (total > 0)
			worst = fmax(worst, fabs(load[i] * parts / total - 1));
	}
	return worst;
}

/* Solve, check, solve again, measure: the imbalance. */
static double
try_parts(int32_t parts, double tolerance, uint64_t seed)
{
	rui_partition_builder builder;
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_partition_measure measure;
	rui_part *result = NULL;
	rui_part *again = NULL;
	rui_error error = { 0 };
	double worst;
	uint32_t i;

	options.tolerance = tolerance;
	options.seed = seed;
	build(&builder);
	if (!CHECK(rui_partition_solve(&builder, parts, &options, &result, &error) == RUI_OK))
	{
		rui_partition_release(&builder);
		return INFINITY;
	}
	worst = check_answer(result, parts);
	CHECK_INT(rui_partition_solve(&builder, parts, &options, &again, &error), RUI_OK);
	CHECK(memcmp(result, again, nodes * sizeof(rui_part)) == 0);
	for (i = 0; i < nodes; i++)
		builder.nodes[i].current = result[i].part;
	CHECK_INT(rui_partition_assess(&builder, &measure, &error), RUI_OK);
	CHECK_INT(measure.parts, parts);
	CHECK_INT(measure.disconnected, 0);
	CHECK(fabs(measure.imbalance - worst) < 1e-9);
	free(result);
	free(again);
	rui_partition_release(&builder);
	return worst;
}

/* ---- families ---- */

static void
make_lattice(uint32_t width, uint32_t height, rui_random *random, int kind, uint32_t gaps)
{
	uint32_t x;
	uint32_t y;

	reset(width * height, random, kind);
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
		{
			uint32_t v = y * width + x;

			/* The first row and column keep it in one piece. */
			if (x + 1 < width && (y == 0 || rui_random_below(random, 100) >= gaps))
				add_edge(v, v + 1);
			if (y + 1 < height && (x == 0 || rui_random_below(random, 100) >= gaps))
				add_edge(v, v + width);
		}
	/* A gap may cut a place off: tie it to the row above. */
	for (x = 1; x < nodes; x++)
	{
		components(NULL);
		if (root_of(x) != root_of(0))
			add_edge(x, x >= width ? x - width : x - 1);
	}
}

static void
make_tree(uint32_t count, rui_random *random, int kind, uint32_t reach)
{
	uint32_t i;

	reset(count, random, kind);
	for (i = 1; i < count; i++)
		add_edge(i, i - 1 - (uint32_t) rui_random_below(random, i < reach ? i : reach));
}

static void
test_lattices(void)
{
	rui_random random = { 11 };
	int round;

	for (round = 0; round < 12; round++)
	{
		int kind = round % 3;
		int32_t parts = 2 + (int32_t) rui_random_below(&random, 20);
		double worst;

		make_lattice(24, 20, &random, kind, round % 2 * 8);
		unit_note("lattice, round %d, %d parts", round, parts);
		worst = try_parts(parts, 0.01, (uint64_t) round);
		/* 480 nodes: with these loads the tolerance is reachable. */
		CHECK(worst <= 0.01 || kind == 0);
		/* Equal loads: as even as whole nodes allow. */
		if (kind == 0)
			CHECK(worst <= (double) parts / nodes + 1e-9);
	}
}

static void
test_trees_and_others(void)
{
	rui_random random = { 12 };
	uint32_t i;
	int round;

	for (round = 0; round < 30; round++)
	{
		uint32_t count = 1 + (uint32_t) rui_random_below(&random, 300);
		int32_t parts = 1 + (int32_t) rui_random_below(&random, count);

		unit_note("tree, round %d, %u nodes, %d parts", round, count, parts);
		make_tree(count, &random, round % 3, round % 2 == 0 ? 3 : count);
		try_parts(parts, 0.01, 5);
	}
	for (round = 0; round < 3; round++)
	{
		unit_note("star, round %d", round);
		reset(400, &random, round);
		for (i = 1; i < nodes; i++)
			add_edge(0, i);
		try_parts(1, 0.01, 1);
		try_parts(7, 0.01, 1);
		try_parts(399, 0.01, 1);
		try_parts(400, 0.01, 1);
		unit_note("ring, round %d", round);
		reset(500, &random, round);
		for (i = 0; i < nodes; i++)
			add_edge(i, (i + 1) % nodes);
		CHECK(try_parts(5, 0.01, 1) < 0.05);
		try_parts(499, 0.01, 1);
		unit_note("complete, round %d", round);
		reset(60, &random, round);
		for (i = 0; i < nodes * nodes; i++)
			if (i / nodes < i % nodes)
				add_edge(i / nodes, i % nodes);
		CHECK(try_parts(4, 0.01, 1) < 0.05);
		try_parts(60, 0.01, 1);
	}
	unit_note("one node");
	reset(1, &random, 1);
	try_parts(1, 0.01, 1);
}

/* Components get parts by their loads; one may be a single node. */
static void
test_components(void)
{
	rui_random random = { 13 };
	rui_partition_builder builder;
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_part *result;
	rui_error error;
	int round;

	for (round = 0; round < 15; round++)
	{
		uint32_t pieces = 2 + (uint32_t) rui_random_below(&random, 6);
		uint32_t start = 0;
		uint32_t piece;

		unit_note("components, round %d", round);
		reset(600, &random, round % 3);
		for (piece = 0; piece < pieces; piece++)
		{
			uint32_t end = start + 1 + (uint32_t) rui_random_below(&random, 90);
			uint32_t i;

			if (piece + 1 == pieces)
				end = nodes;

			for (i = start + 1; i < end; i++)
			{
				add_edge(i, i - 1);
				if (i >= start + 9)
					add_edge(i, i - 9);
			}
			start = end;
		}
		CHECK_INT(components(NULL), pieces);
		try_parts((int32_t) pieces, 0.01, 1);
		try_parts((int32_t) pieces + 9, 0.01, 1);
		build(&builder);
		CHECK_INT(rui_partition_solve(&builder, (int32_t) pieces - 1, &options, &result, &error),
				  RUI_INVALID);
		rui_partition_release(&builder);
	}
}

/* ---- trying everything ---- */

/* The least imbalance of any partition into connected parts. */
static double
best_imbalance(int32_t parts, rui_part *trial, uint32_t at, int32_t used)
{
	double best = INFINITY;
	int32_t p;

	if (at == nodes)
	{
		double load[8] = { 0 };
		double total = 0;
		double worst = 0;
		uint32_t i;

		if (used < parts || components(trial) != (uint32_t) parts)
			return INFINITY;
		for (i = 0; i < nodes; i++)
		{
			load[trial[i].part - 1] += loads[i];
			total += loads[i];
		}
		for (p = 0; p < parts; p++)
			worst = fmax(worst, fabs(load[p] * parts / total - 1));
		return worst;
	}
	for (p = 1; p <= used + 1 && p <= parts; p++)
	{
		trial[at].part = p;
		best = fmin(best, best_imbalance(parts, trial, at + 1, p > used ? p : used));
	}
	return best;
}

static void
test_against_everything(void)
{
	rui_random random = { 14 };
	int optimal = 0;
	int rounds = 150;
	int round;

	for (round = 0; round < rounds; round++)
	{
		rui_part trial[16];
		int32_t parts = 2 + round % 2;
		double best;
		double found;
		uint32_t i;

		unit_note("small, round %d", round);
		make_tree(6 + (uint32_t) rui_random_below(&random, 4), &random, 1, 4);
		for (i = 0; i < nodes; i++)
			loads[i]++;
		for (i = 0; i < nodes / 2; i++)
		{
			uint32_t a = (uint32_t) rui_random_below(&random, nodes);
			uint32_t b = (uint32_t) rui_random_below(&random, nodes);

			if (a != b)
				add_edge(a, b);
		}
		best = best_imbalance(parts, trial, 0, 0);
		found = try_parts(parts, 0, 1);
		CHECK(found >= best - 1e-9);
		/* The excess is summed in squares: the worst part may be worse. */
		CHECK(found <= best + 0.5);
		optimal += found <= best + 1e-9;
	}
	unit_note("%d of %d optimal", optimal, rounds);
	CHECK(optimal >= rounds * 8 / 10);
}

/* ---- owners, weights, errors ---- */

static void
test_owners(void)
{
	rui_random random = { 15 };
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	int round;

	for (round = 0; round < 6; round++)
	{
		rui_partition_builder builder;
		rui_part *first;
		rui_part *second;
		rui_error error = { 0 };
		double moved[2] = { 0, 0 };
		double total = 0;
		uint32_t i;
		int k;

		unit_note("owners, round %d", round);
		make_lattice(20, 20, &random, 1, 5);
		build(&builder);
		CHECK_INT(rui_partition_solve(&builder, 8, &options, &first, &error), RUI_OK);
		/* Loads change; some nodes lose their owner, one owner everything. */
		for (i = 0; i < nodes; i++)
		{
			builder.nodes[i].load = loads[i] = loads[i] + (double) rui_random_below(&random, 8);
			builder.nodes[i].current = first[i].part;
			if (i % 17 == 3 || (round == 4 && first[i].part == 3))
				builder.nodes[i].current = 0;
			if (round == 5 && i % 3 == 0)
				builder.nodes[i].current = 1 + (int32_t) rui_random_below(&random, 12);
			total += loads[i];
		}
		for (k = 0; k < 2; k++)
		{
			double load[8] = { 0 };
			double worst = 0;

			options.stability = k * 0.5;
			CHECK_INT(rui_partition_solve(&builder, 8, &options, &second, &error), RUI_OK);
			CHECK_INT(components(second), 8);
			for (i = 0; i < nodes; i++)
			{
				if (builder.nodes[i].current > 0 && second[i].part != builder.nodes[i].current)
					moved[k] += loads[i];
				load[second[i].part - 1] += loads[i];
			}
			for (i = 0; i < 8; i++)
				worst = fmax(worst, fabs(load[i] * 8 / total - 1));
			CHECK(worst <= 0.01);
			free(second);
		}
		CHECK(moved[1] <= moved[0]);
		CHECK(round > 3 || moved[1] < 0.15 * total);
		free(first);
		rui_partition_release(&builder);
	}
}

/* A heavy edge is not cut when a light one will do. */
static void
test_weights(void)
{
	rui_partition_builder builder;
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_part *result;
	rui_error error;
	int64_t next;
	double weight;
	int64_t i;

	options.tolerance = 0.4;
	rui_partition_start(&builder, env);
	for (i = 0; i < 10; i++)
	{
		next = i + 1;
		weight = i == 3 ? 0.25 : 2.5;
		CHECK_INT(rui_partition_add(&builder, i, 1, 0, &next, i % 2 == 1 ? &weight : NULL, i < 9,
									&error),
				  RUI_OK);
	}
	/* Rows without weights have 1: the lightest edge is the one after 3. */
	CHECK_INT(rui_partition_solve(&builder, 2, &options, &result, &error), RUI_OK);
	CHECK(result[3].part == 1 && result[4].part == 2);
	free(result);
	rui_partition_release(&builder);
}

static rui_status
read_options(const char *text, rui_partition_options *options, rui_error *error)
{
	return rui_partition_read_options(env, text, strlen(text), options, error);
}

static void
test_errors(void)
{
	rui_partition_builder b;
	rui_partition_options options = RUI_PARTITION_DEFAULTS;
	rui_partition_options before = options;
	rui_partition_measure measure;
	rui_part *result;
	rui_error error;
	int64_t next = 2;
	double weight = NAN;

	rui_partition_start(&b, env);
	CHECK_INT(rui_partition_assess(&b, &measure, &error), RUI_OK);
	CHECK(measure.nodes == 0 && measure.parts == 0);
	CHECK_INT(rui_partition_solve(&b, 1, &options, &result, &error), RUI_INVALID);
	CHECK_INT(rui_partition_add(&b, 1, -1, 0, NULL, NULL, 0, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "node 1");
	CHECK_INT(rui_partition_add(&b, 1, INFINITY, 0, NULL, NULL, 0, &error), RUI_INVALID);
	CHECK_INT(rui_partition_add(&b, 2, 1, 0, &next, NULL, 1, &error), RUI_INVALID);
	CHECK_INT(rui_partition_add(&b, 1, 1, 0, &next, &weight, 1, &error), RUI_INVALID);
	CHECK_INT(rui_partition_add(&b, 1, 1, -1, NULL, NULL, 0, &error), RUI_INVALID);
	CHECK_INT(b.count, 0);
	CHECK_INT(rui_partition_add(&b, 1, 1, 0, &next, NULL, 1, &error), RUI_OK);
	CHECK_INT(rui_partition_solve(&b, 1, &options, &result, &error), RUI_INVALID);
	CHECK_TEXT(error.detail, "Its neighbour 2 is not among the nodes.");
	CHECK_INT(rui_partition_add(&b, 2, 1, 0, NULL, NULL, 0, &error), RUI_OK);
	CHECK_INT(rui_partition_solve(&b, 3, &options, &result, &error), RUI_INVALID);
	CHECK_INT(rui_partition_solve(&b, 0, &options, &result, &error), RUI_INVALID);
	CHECK_INT(rui_partition_add(&b, 2, 1, 0, NULL, NULL, 0, &error), RUI_OK);
	CHECK_INT(rui_partition_solve(&b, 1, &options, &result, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "node 2");
	rui_partition_release(&b);

	CHECK_INT(read_options("{\"tolerance\":0.5,\"seed\":-3,\"stability\":2}", &options, &error),
			  RUI_OK);
	CHECK(options.tolerance == 0.5 && options.stability == 2 && options.seed == (uint64_t) -3);
	options = before;
	CHECK_INT(read_options("{\"tolerance\":0.5,\"more\":1}", &options, &error), RUI_INVALID);
	CHECK_TEXT(error.part, "more");
	CHECK_INT(read_options("{\"tolerance\":2}", &options, &error), RUI_INVALID);
	CHECK_INT(read_options("{\"seed\":1.5}", &options, &error), RUI_INVALID);
	CHECK_INT(read_options("[]", &options, &error), RUI_INVALID);
	CHECK_INT(read_options("{", &options, &error), RUI_SYNTAX);
	CHECK(memcmp(&options, &before, sizeof options) == 0);
}

/* Stop whenever asked, without a trace. */
static int stop_after;

static bool
stop(void *argument)
{
	return --stop_after < 0;
}

static void
test_interrupts(void)
{
	rui_random random = { 16 };
	rui_env stopping = rui_env_malloc;
	int k;

	stopping.interrupted = stop;
	make_lattice(30, 30, &random, 1, 5);
	for (k = 0; k < 60; k += 7)
	{
		rui_partition_builder builder;
		rui_partition_options options = RUI_PARTITION_DEFAULTS;
		rui_part *result = NULL;
		rui_error error = { 0 };

		build(&builder);
		builder.env = &stopping;
		stop_after = k;
		CHECK_INT(rui_partition_solve(&builder, 12, &options, &result, &error), RUI_INTERRUPTED);
		CHECK(result == NULL);
		rui_partition_release(&builder);
	}
}

int
main(void)
{
	test_lattices();
	test_trees_and_others();
	test_components();
	test_against_everything();
	test_owners();
	test_weights();
	test_errors();
	test_interrupts();
	return unit_finish("partition");
}
