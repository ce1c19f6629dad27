/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.c
 *	  The partitioner from a graph to numbered parts.
 */
#include "core/partition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/partition_graph.h"

/* ---- components ---- */

typedef struct share
{
	int64_t load;
	uint32_t nodes;
	uint32_t parts;
	uint32_t component;
} share;

static int
compare_shares(const void *left, const void *right)
{
	const share *a = left;
	const share *b = right;
	double p = (double) a->load / a->parts;
	double q = (double) b->load / b->parts;

	if (p != q)
		return p > q ? -1 : 1;
	return a->component < b->component ? -1 : a->component > b->component;
}

/* Parts when no part may carry more than that. */
static uint64_t
parts_at(share *shares, uint32_t count, double most)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
	{
		double wanted = ceil((double) shares[i].load / most);

		shares[i].parts = wanted < 1 ? 1 : wanted > shares[i].nodes ? shares[i].nodes
																	: (uint32_t) wanted;
		sum += shares[i].parts;
	}
	return sum;
}

/* Give each component its number of parts, so that the largest is small. */
static void
apportion(share *shares, uint32_t count, uint32_t parts, int64_t total)
{
	double low = 0; /* too many parts */
	double high = (double) total + 1;
	uint64_t sum;
	uint32_t i;

	for (i = 0; i < 200 && high - low > high * 1e-13; i++)
	{
		double middle = (low + high) / 2;

		if (parts_at(shares, count, middle) <= parts)
			high = middle;
		else
			low = middle;
	}
	sum = parts_at(shares, count, high);
	while (sum < parts)
	{
		qsort(shares, count, sizeof(share), compare_shares);
		for (i = 0; i < count && sum < parts; i++)
			if (shares[i].parts < shares[i].nodes)
			{
				shares[i].parts++;
				sum++;
			}
	}
}

typedef struct solver
{
	const rui_env *env;
	const rui_graph *graph;
	uint32_t parts;
	double mean;
	double tolerance;
	rui_random random;
	int32_t *part; /* the result */
	int32_t *component;
	uint32_t *number; /* scratch */
	rui_error *error;
} solver;

static rui_status
solve_component(solver *s, const share *share, uint32_t components, int32_t first_part)
{
	double own = (double) share->load / share->parts;
	double target = s->mean;
	rui_graph graph;
	uint32_t *origin;
	int32_t *part;
	rui_status status;
	uint32_t v;

	/* Where the component cannot meet the common mean, its parts are alike. */
	if (fabs(own - s->mean) > s->tolerance * s->mean)
		target = own;
	if (components == 1)
		return rui_partition_multilevel(s->env, s->graph, share->parts, target, s->tolerance,
										s->part, &s->random, s->error);
	status = rui_graph_extract(s->env, s->graph, s->component, (int32_t) share->component, &graph,
							   &origin, s->number, s->error);
	if (status != RUI_OK)
		return status;
	part = rui_allocate(s->env, graph.nodes, sizeof(int32_t));
	if (part == NULL)
		status = rui_fail_memory(s->error, (size_t) graph.nodes * 4);
	else
		status = rui_partition_multilevel(s->env, &graph, share->parts, target, s->tolerance, part,
										  &s->random, s->error);
	for (v = 0; status == RUI_OK && v < graph.nodes; v++)
		s->part[origin[v]] = first_part + part[v];
	rui_release(s->env, part);
	rui_release(s->env, origin);
	rui_graph_release(s->env, &graph);
	return status;
}

static int
compare_components(const void *left, const void *right)
{
	const share *a = left;
	const share *b = right;

	return a->component < b->component ? -1 : a->component > b->component;
}

/* Partition every component afresh. */
static rui_status
solve_afresh(solver *s)
{
	const rui_graph *g = s->graph;
	uint32_t components;
	share *shares;
	int32_t first_part = 0;
	rui_status status;
	uint32_t i;

	status = rui_graph_components(s->env, g, NULL, s->component, &components, s->error);
	if (status != RUI_OK)
		return status;
	if (components > s->parts)
		return rui_fail(s->error, RUI_INVALID, "parts", "Ask for more parts or join them.",
						"The graph has %u components: %u parts cannot all be connected.",
						components, s->parts);
	shares = rui_allocate_zero(s->env, components, sizeof(share));
	if (shares == NULL)
		return rui_fail_memory(s->error, (size_t) components * sizeof(share));
	for (i = 0; i < components; i++)
		shares[i].component = i;
	for (i = 0; i < g->nodes; i++)
	{
		shares[s->component[i]].load += g->load[i];
		shares[s->component[i]].nodes++;
	}
	apportion(shares, components, s->parts, g->total);
	qsort(shares, components, sizeof(share), compare_components);
	for (i = 0; i < components && status == RUI_OK; i++)
	{
		status = solve_component(s, &shares[i], components, first_part);
		first_part += (int32_t) shares[i].parts;
	}
	rui_release(s->env, shares);
	return status;
}

/* ---- numbers ---- */

typedef struct overlap
{
	uint32_t part;
	uint32_t owner;
	int64_t load;
	uint32_t nodes;
} overlap;

static int
compare_pairs(const void *left, const void *right)
{
	const overlap *a = left;
	const overlap *b = right;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

static int
compare_overlaps(const void *left, const void *right)
{
	const overlap *a = left;
	const overlap *b = right;

	if (a->load != b->load)
		return a->load > b->load ? -1 : 1;
	if (a->nodes != b->nodes)
		return a->nodes > b->nodes ? -1 : 1;
	return compare_pairs(left, right);
}

/*
 * Number the parts from 0: those that keep the most load of an owner take his
 * number, the heaviest first; the rest go by their smallest node.
 */
static rui_status
number_parts(const rui_partition_builder *b, const rui_graph *g, uint32_t parts, int32_t *part,
			 rui_error *error)
{
	const rui_env *env = b->env;
	overlap *list = rui_allocate(env, g->nodes, sizeof(overlap));
	int32_t *name = rui_allocate(env, parts, sizeof(int32_t));
	unsigned char *taken = rui_allocate_zero(env, parts, 1);
	uint32_t count = 0;
	uint32_t merged = 0;
	uint32_t next = 0;
	uint32_t i;

	if (list == NULL || name == NULL || taken == NULL)
	{
		rui_release(env, list);
		rui_release(env, name);
		rui_release(env, taken);
		return rui_fail_memory(error, (size_t) g->nodes * sizeof(overlap));
	}
	for (i = 0; i < parts; i++)
		name[i] = -1;
	for (i = 0; i < g->nodes; i++)
	{
		int32_t owner = b->nodes[i].current;

		if (owner < 1 || (uint32_t) owner > parts)
			continue;
		list[count].part = (uint32_t) part[i];
		list[count].owner = (uint32_t) owner - 1;
		list[count].load = g->load[i];
		list[count++].nodes = 1;
	}
	if (count > 1)
		qsort(list, count, sizeof(overlap), compare_pairs);
	for (i = 0; i < count; i++)
	{
		if (merged > 0 && compare_pairs(&list[merged - 1], &list[i]) == 0)
		{
			list[merged - 1].load += list[i].load;
			list[merged - 1].nodes++;
		}
		else
			list[merged++] = list[i];
	}
	if (merged > 1)
		qsort(list, merged, sizeof(overlap), compare_overlaps);
	for (i = 0; i < merged; i++)
	{
		if (name[list[i].part] >= 0 || taken[list[i].owner])
			continue;
		name[list[i].part] = (int32_t) list[i].owner;
		taken[list[i].owner] = 1;
	}
	for (i = 0; i < g->nodes; i++)
	{
		if (name[part[i]] < 0)
		{
			while (taken[next])
				next++;
			taken[next] = 1;
			name[part[i]] = (int32_t) next;
		}
		part[i] = name[part[i]];
	}
	rui_release(env, list);
	rui_release(env, name);
	rui_release(env, taken);
	return RUI_OK;
}

/* ---- keeping what is ---- */

typedef struct verdict
{
	double excess;
	int64_t cost;
} verdict;

static rui_status
judge(solver *s, int32_t *part, const int32_t *home, const int64_t *home_cost, verdict *result)
{
	rui_partition_state state;
	uint32_t v;
	rui_status status = rui_partition_state_start(&state, s->env, s->graph, s->parts, part,
												  &s->random, s->error);

	if (status != RUI_OK)
		return status;
	rui_partition_state_window(&state, s->mean, s->tolerance);
	result->excess = rui_partition_state_excess(&state);
	result->cost = rui_partition_state_cut(&state);
	for (v = 0; v < s->graph->nodes; v++)
		if (home[v] >= 0 && home[v] != part[v])
			result->cost += home_cost[v];
	rui_partition_state_release(&state);
	return RUI_OK;
}

/*
 * Try to do with less moving: start from the owners so far and improve from
 * there.  Take that where it is better, moving included.
 */
static rui_status
solve_stable(solver *s, const rui_partition_builder *b, double stability)
{
	const rui_graph *g = s->graph;
	int32_t *home = rui_allocate(s->env, g->nodes, sizeof(int32_t));
	int64_t *cost = rui_allocate(s->env, g->nodes, sizeof(int64_t));
	int32_t *kept = rui_allocate(s->env, g->nodes, sizeof(int32_t));
	double most = 0x1p60 / ((double) g->nodes + 1);
	bool possible = false;
	verdict fresh;
	verdict old;
	rui_status status = RUI_OK;
	uint32_t v;

	if (home == NULL || cost == NULL || kept == NULL)
		status = rui_fail_memory(s->error, (size_t) g->nodes * 16);
	for (v = 0; status == RUI_OK && v < g->nodes; v++)
	{
		int32_t owner = b->nodes[v].current;

		home[v] = owner >= 1 && (uint32_t) owner <= s->parts ? owner - 1 : -1;
		cost[v] = (int64_t) fmin(stability * b->nodes[v].load, most);
		kept[v] = home[v];
	}
	if (status == RUI_OK)
		status = rui_partition_keep(s->env, g, s->parts, s->mean, s->tolerance, home, cost, kept,
									&possible, &s->random, s->error);
	if (status == RUI_OK && possible)
	{
		status = judge(s, s->part, home, cost, &fresh);
		if (status == RUI_OK)
			status = judge(s, kept, home, cost, &old);
		if (status == RUI_OK &&
			(old.excess < fresh.excess ||
			 (old.excess == fresh.excess && old.cost <= fresh.cost)))
			memcpy(s->part, kept, g->nodes * sizeof(int32_t));
	}
	rui_release(s->env, home);
	rui_release(s->env, cost);
	rui_release(s->env, kept);
	return status;
}

static rui_status
hand_over(const rui_partition_builder *b, const int32_t *part, rui_part **result,
		  rui_error *error)
{
	rui_part *rows = rui_allocate(b->env, b->count, sizeof(rui_part));
	size_t i;

	if (rows == NULL)
		return rui_fail_memory(error, b->count * sizeof(rui_part));
	for (i = 0; i < b->count; i++)
	{
		rows[i].node = b->nodes[i].id;
		rows[i].part = part[i] + 1;
	}
	*result = rows;
	return RUI_OK;
}

rui_status
rui_partition_solve(rui_partition_builder *b, int32_t parts, const rui_partition_options *options,
					rui_part **result, rui_error *error)
{
	solver s = { 0 };
	rui_graph graph;
	rui_partition_scales scale;
	bool owned = false;
	size_t i;
	rui_status status;

	if (parts < 1 || (size_t) parts > b->count)
		return rui_fail(error, RUI_INVALID, "parts", NULL,
						"There are %zu nodes: parts is from 1 to that, not %d.", b->count, parts);
	status = rui_partition_graph(b, &graph, &scale, error);
	if (status != RUI_OK)
		return status;
	s.env = b->env;
	s.graph = &graph;
	s.parts = (uint32_t) parts;
	s.mean = (double) graph.total / parts;
	s.tolerance = options->tolerance;
	s.random.state = options->seed;
	s.error = error;
	s.part = rui_allocate(b->env, b->count, sizeof(int32_t));
	s.component = rui_allocate(b->env, b->count, sizeof(int32_t));
	s.number = rui_allocate(b->env, b->count, sizeof(uint32_t));
	if (s.part == NULL || s.component == NULL || s.number == NULL)
		status = rui_fail_memory(error, b->count * 12);
	else
		status = solve_afresh(&s);
	if (status == RUI_OK)
		status = number_parts(b, &graph, s.parts, s.part, error);
	for (i = 0; i < b->count; i++)
		owned = owned || b->nodes[i].current > 0;
	if (status == RUI_OK && owned && options->stability > 0)
		status = solve_stable(&s, b, options->stability * scale.weight);
	if (status == RUI_OK)
		status = hand_over(b, s.part, result, error);
	rui_release(b->env, s.part);
	rui_release(b->env, s.component);
	rui_release(b->env, s.number);
	rui_graph_release(b->env, &graph);
	return status;
}
