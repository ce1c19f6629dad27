/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.c
 *	  The partitioner from a graph to numbered parts.
 */
#include "core/partition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/partition_state.h"

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
	rui_workspace *work;
	const rui_graph *graph;
	uint32_t parts;
	double mean;
	double tolerance;
	int32_t *part; /* the result */
} solver;

/* members lists the nodes of the component. */
static rui_status
solve_component(solver *s, const share *share, const int32_t *component, const uint32_t *members,
				int32_t first_part)
{
	rui_workspace *w = s->work;
	rui_work_mark mark = rui_work_here(w);
	double own = (double) share->load / share->parts;
	double target = s->mean;
	rui_graph graph;
	int32_t *part;
	bool connected;
	rui_status status;
	uint32_t v;

	if (share->parts == 1)
	{
		for (v = 0; v < share->nodes; v++)
			s->part[members[v]] = first_part;
		return RUI_OK;
	}

	/* Where the component cannot meet the common mean, its parts are alike. */
	if (fabs(own - s->mean) > s->tolerance * s->mean)
		target = own;
	status = rui_graph_extract(w, s->graph, component, members, share->nodes, &graph, w->log);
	if (status != RUI_OK)
		return status;
	part = rui_work_take_zero(w, graph.nodes, sizeof(int32_t));
	if (part == NULL)
		return RUI_MEMORY;
	status = rui_partition_multilevel(w, &graph, share->parts, target, s->tolerance, part,
									  &connected);
	for (v = 0; status == RUI_OK && v < graph.nodes; v++)
		s->part[members[v]] = first_part + part[v];
	rui_work_return(w, mark);
	return status;
}

static int
compare_components(const void *left, const void *right)
{
	const share *a = left;
	const share *b = right;

	return a->component < b->component ? -1 : a->component > b->component;
}

/* Partition every component for itself. */
static rui_status
solve_components(solver *s)
{
	const rui_graph *g = s->graph;
	rui_workspace *w = s->work;
	rui_work_mark mark = rui_work_here(w);
	int32_t *component = rui_work_take(w, g->nodes, sizeof(int32_t));
	uint32_t *members = rui_work_take(w, g->nodes, sizeof(uint32_t));
	uint32_t components;
	uint32_t *start;
	share *shares;
	int32_t first_part = 0;
	rui_status status;
	uint32_t i;

	if (component == NULL || members == NULL)
		return RUI_MEMORY;
	status = rui_graph_components(w, g, NULL, component, &components);
	if (status != RUI_OK)
		return status;
	if (components > s->parts)
		return rui_fail(w->error, RUI_INVALID, "parts", "Ask for more parts or join them.",
						"The graph has %u components: %u parts cannot all be connected.",
						components, s->parts);
	shares = rui_work_take_zero(w, components, sizeof(share));
	start = rui_work_take_zero(w, (size_t) components + 1, sizeof(uint32_t));
	if (shares == NULL || start == NULL)
		return RUI_MEMORY;
	for (i = 0; i < components; i++)
		shares[i].component = i;
	for (i = 0; i < g->nodes; i++)
	{
		shares[component[i]].load += g->load[i];
		shares[component[i]].nodes++;
	}
	apportion(shares, components, s->parts, g->total);
	qsort(shares, components, sizeof(share), compare_components);
	for (i = 1; i < components; i++)
		start[i] = start[i - 1] + shares[i - 1].nodes;
	for (i = 0; i < g->nodes; i++)
		members[start[component[i]]++] = i;
	for (i = 0; i < components && status == RUI_OK; i++)
	{
		status = solve_component(s, &shares[i], component,
								 members + start[i] - shares[i].nodes, first_part);
		first_part += (int32_t) shares[i].parts;
	}
	rui_work_return(w, mark);
	return status;
}

static rui_status
solve_afresh(solver *s)
{
	bool connected = false;
	rui_status status = RUI_OK;

	if (s->parts > 1)
		status = rui_partition_multilevel(s->work, s->graph, s->parts, s->mean, s->tolerance,
										  s->part, &connected);
	if (status != RUI_OK || connected)
		return status;
	return solve_components(s);
}

/* ---- keeping what is ---- */

typedef struct verdict
{
	int64_t excess;
	int64_t cost;
} verdict;

static rui_status
judge(const solver *s, int32_t *part, const int32_t *home, const int64_t *home_cost,
	  verdict *result)
{
	rui_work_mark mark = rui_work_here(s->work);
	rui_partition_state state;
	uint32_t v;
	rui_status status = rui_partition_state_start(&state, s->work, s->graph, s->parts, part);

	if (status != RUI_OK)
		return status;
	rui_partition_state_window(&state, s->mean, s->tolerance);
	result->excess = rui_partition_state_excess(&state);
	result->cost = rui_partition_state_cut(&state);
	for (v = 0; v < s->graph->nodes; v++)
		if (home[v] >= 0 && home[v] != part[v])
			result->cost += home_cost[v];
	rui_work_return(s->work, mark);
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
	rui_workspace *w = s->work;
	int32_t *home = rui_work_take(w, g->nodes, sizeof(int32_t));
	int64_t *cost = rui_work_take(w, g->nodes, sizeof(int64_t));
	int32_t *kept = rui_work_take(w, g->nodes, sizeof(int32_t));
	double most = 0x1p60 / ((double) g->nodes + 1);
	bool possible = false;
	verdict fresh;
	verdict old;
	rui_status status;
	uint32_t v;

	if (home == NULL || cost == NULL || kept == NULL)
		return RUI_MEMORY;
	for (v = 0; v < g->nodes; v++)
	{
		int32_t owner = b->nodes[v].current;

		home[v] = owner >= 1 && (uint32_t) owner <= s->parts ? owner - 1 : -1;
		cost[v] = (int64_t) fmin(stability * b->nodes[v].load, most);
		kept[v] = home[v];
	}
	status = rui_partition_keep(w, g, s->parts, s->mean, s->tolerance, home, cost, kept, &possible);
	if (status != RUI_OK || !possible)
		return status;
	status = judge(s, s->part, home, cost, &fresh);
	if (status == RUI_OK)
		status = judge(s, kept, home, cost, &old);
	if (status == RUI_OK &&
		(old.excess < fresh.excess || (old.excess == fresh.excess && old.cost <= fresh.cost)))
		memcpy(s->part, kept, g->nodes * sizeof(int32_t));
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

/* Partition with the workspace; the caller releases it. */
static rui_status
solve(rui_workspace *w, rui_partition_builder *b, uint32_t parts,
	  const rui_partition_options *options, rui_part **result)
{
	solver s = { w, NULL, parts, 0, options->tolerance, NULL };
	rui_graph graph;
	rui_partition_scales scale;
	bool owned = false;
	size_t i;
	rui_status status = rui_partition_graph(w, b, &graph, &scale);

	if (status == RUI_OK)
		status = rui_work_go_on(w);
	if (status == RUI_OK)
		status = rui_work_scratch(w, graph.nodes);
	if (status != RUI_OK)
		return status;
	s.graph = &graph;
	s.mean = (double) graph.total / parts;
	s.part = rui_work_take(w, b->count, sizeof(int32_t));
	if (s.part == NULL)
		return RUI_MEMORY;
	status = solve_afresh(&s);
	if (status == RUI_OK)
		status = rui_partition_number(w, b, &graph, parts, s.part);
	for (i = 0; i < b->count; i++)
		owned = owned || b->nodes[i].current > 0;
	if (status == RUI_OK && owned && options->stability > 0)
		status = solve_stable(&s, b, options->stability * scale.weight);
	if (status == RUI_OK)
		status = hand_over(b, s.part, result, w->error);
	return status;
}

rui_status
rui_partition_solve(rui_partition_builder *b, int32_t parts, const rui_partition_options *options,
					rui_part **result, rui_error *error)
{
	rui_workspace work;
	rui_status status;

	if (parts < 1 || (size_t) parts > b->count)
		return rui_fail(error, RUI_INVALID, "parts", NULL,
						"There are %zu nodes: parts is from 1 to that, not %d.", b->count, parts);
	rui_work_start(&work, b->env, options->seed, error);
	status = solve(&work, b, (uint32_t) parts, options, result);
	rui_work_release(&work);
	return status;
}
