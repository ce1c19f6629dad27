/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_level.c
 *	  Partitioning by levels: coarsen, seed, and refine on the way back
 *	  (Karypis & Kumar 1998), with connected parts on every level.
 */
#include "core/partition_state.h"

#include <string.h>

#define MOST_LEVELS 48
#define NODES_PER_PART 40 /* on the coarsest level */
#define NODES_PER_PART_AGAIN 20 /* when coarsened within parts */
#define FEWEST_NODES 1000
#define MOST_NODES_AGAIN 5000 /* of the level that is coarsened again */
#define ROUNDS 4
#define PATIENCE 60
#define LEVEL_PATIENCE 12

/* Within one per cent a unit of excess costs a tenth of an edge, at first. */
#define FIRST_PRICE 0.1

/*
 * How the price of excess rises on the finest level.  Where a part has few
 * nodes, each is a large share of its window: in smaller steps, and nodes are
 * exchanged too.
 */
typedef struct ladder
{
	int steps;
	double factor;
} ladder;

static const ladder many_nodes = { 5, 5 };
static const ladder few_nodes = { 7, 3 };

typedef struct rui_levels
{
	rui_graph graph[MOST_LEVELS]; /* 0 is the caller's */
	uint32_t *cluster[MOST_LEVELS]; /* from level i to level i + 1 */
	uint32_t count;
} levels;

/* What all levels have in common. */
typedef struct run
{
	rui_workspace *work;
	uint32_t parts;
	double target;
	double tolerance;
	int steps; /* of the ladder that lie behind */
	double price; /* in cut, of one unit of excess */
	unsigned char *near; /* nodes near borders, on the level at hand */
	int32_t *coarse_part; /* scratch */
	unsigned char *coarse_near;
} run;

/* The marks of the clusters that nodes with these marks make. */
static const int32_t *
coarsen_marks(rui_workspace *w, const int32_t *marks, const uint32_t *cluster, uint32_t nodes,
			  uint32_t clusters)
{
	int32_t *coarse = rui_work_take(w, clusters, sizeof(int32_t));
	uint32_t v;

	for (v = 0; coarse != NULL && v < nodes; v++)
		coarse[cluster[v]] = marks[v];
	return coarse;
}

/* Coarser and coarser graphs; where marks is not NULL, only nodes with equal ones unite. */
static rui_status
coarsen(const run *r, const rui_graph *graph, const int32_t *marks, uint32_t per_part, levels *l)
{
	rui_workspace *w = r->work;
	uint64_t wanted = (uint64_t) r->parts * per_part;
	rui_coarse_bound bound;

	if (wanted < FEWEST_NODES)
		wanted = FEWEST_NODES;
	bound.load = graph->total / (int64_t) wanted * 3 / 2 + 1;
	bound.size = (uint32_t) (graph->nodes / wanted * 3 + 2);
	if (graph->size != NULL)
		bound.size = UINT32_MAX;
	l->graph[0] = *graph;
	l->count = 1;
	while (l->graph[l->count - 1].nodes > wanted && l->count < MOST_LEVELS)
	{
		const rui_graph *fine = &l->graph[l->count - 1];
		uint32_t *cluster = rui_work_take(w, fine->nodes, sizeof(uint32_t));
		bool contracted;
		rui_status status;

		if (cluster == NULL)
			return RUI_MEMORY;
		status = rui_graph_coarsen(w, fine, &bound, marks, &l->graph[l->count], cluster,
								   &contracted);
		if (status == RUI_OK)
			status = rui_work_go_on(w);
		if (status != RUI_OK || !contracted)
			return status;
		l->cluster[l->count - 1] = cluster;
		if (marks != NULL)
		{
			marks = coarsen_marks(w, marks, cluster, fine->nodes, l->graph[l->count].nodes);
			if (marks == NULL)
				return RUI_MEMORY;
		}
		l->count++;
	}
	return RUI_OK;
}

/* A state whose windows are soft: excess has a price. */
static rui_status
start_state(const run *r, const rui_graph *graph, int32_t *part, rui_partition_state *s)
{
	rui_status status = rui_partition_state_start(s, r->work, graph, r->parts, part);

	if (status != RUI_OK)
		return status;
	rui_partition_state_window(s, r->target, r->tolerance);
	s->price = r->price;
	s->drop = (int64_t) ((double) graph->weight * 2 / graph->nodes * 1.4);
	return rui_partition_state_watch(s, r->near);
}

static rui_status
refine_coarse(const run *r, const rui_graph *graph, int32_t *part)
{
	rui_work_mark mark = rui_work_here(r->work);
	rui_partition_state s;
	rui_status status = start_state(r, graph, part, &s);

	if (status == RUI_OK)
		status = rui_partition_refine(&s, ROUNDS, PATIENCE);
	rui_work_return(r->work, mark);
	return status;
}

/* Whether nodes of a graph are large shares of a part's window. */
static bool
is_coarse_grained(const run *r, const rui_graph *graph)
{
	return graph->nodes < r->parts * 0.5 / r->tolerance;
}

static ladder
ladder_of(const run *r, const rui_graph *graph)
{
	return is_coarse_grained(r, graph) ? few_nodes : many_nodes;
}

/* Into the windows, dearer and dearer, then at any price. */
static rui_status
refine_finest(const run *r, const rui_graph *graph, int32_t *part)
{
	rui_work_mark mark = rui_work_here(r->work);
	ladder up = ladder_of(r, graph);
	rui_partition_state s;
	rui_status status = start_state(r, graph, part, &s);
	int i;

	if (status != RUI_OK)
		return status;
	s.exchange = is_coarse_grained(r, graph);
	status = rui_partition_refine(&s, 1, PATIENCE);
	for (i = r->steps; i < up.steps && status == RUI_OK; i++)
	{
		s.price *= up.factor;
		status = rui_partition_level_out(&s, r->target, r->tolerance, 1, LEVEL_PATIENCE);
	}
	s.price = INFINITY;
	if (status == RUI_OK)
		status = rui_partition_level_out(&s, r->target, r->tolerance, ROUNDS, LEVEL_PATIENCE);
	if (status == RUI_OK && s.exchange)
		status = rui_partition_exchange(&s, ROUNDS);
	if (status == RUI_OK && rui_partition_state_excess(&s) > 0)
	{
		s.near = NULL;
		status = rui_partition_balance(&s);
	}
	if (status == RUI_OK)
		status = rui_partition_refine(&s, ROUNDS, PATIENCE);
	if (status == RUI_OK && s.exchange)
		status = rui_partition_exchange(&s, ROUNDS);
	rui_work_return(r->work, mark);
	return status;
}

/* From the partition of a coarse graph to that of the finer one. */
static void
project(const run *r, const uint32_t *cluster, uint32_t nodes, uint32_t clusters, int32_t *part)
{
	uint32_t v;

	memcpy(r->coarse_part, part, clusters * sizeof(int32_t));
	memcpy(r->coarse_near, r->near, clusters);
	for (v = 0; v < nodes; v++)
	{
		part[v] = r->coarse_part[cluster[v]];
		r->near[v] = r->coarse_near[cluster[v]];
	}
}

static rui_status go_over(const run *r, const rui_graph *graph, bool finest, int32_t *part);

/*
 * Refine from the coarsest level, which has a partition, to the first, which
 * is the finest of all or not.  Where again is set, the finest level that is
 * small enough is gone over again.
 */
static rui_status
come_back(const run *r, const levels *l, bool finest, bool again, int32_t *part)
{
	uint32_t level = l->count - 1;
	rui_status status;

	memset(r->near, 1, l->graph[level].nodes);
	for (;;)
	{
		const rui_graph *graph = &l->graph[level];

		if (level == 0 && finest)
			status = refine_finest(r, graph, part);
		else
			status = refine_coarse(r, graph, part);
		if (status == RUI_OK && again && graph->nodes <= MOST_NODES_AGAIN &&
			(level == 0 || l->graph[level - 1].nodes > MOST_NODES_AGAIN))
			status = go_over(r, graph, level == 0 && finest, part);
		if (status != RUI_OK || level == 0)
			return status;
		level--;
		project(r, l->cluster[level], l->graph[level].nodes, l->graph[level + 1].nodes, part);
	}
}

static rui_status
judge(const run *r, const rui_graph *graph, int32_t *part, int64_t *excess, int64_t *cut)
{
	rui_work_mark mark = rui_work_here(r->work);
	rui_partition_state s;
	rui_status status = rui_partition_state_start(&s, r->work, graph, r->parts, part);

	if (status != RUI_OK)
		return status;
	rui_partition_state_window(&s, r->target, r->tolerance);
	*excess = rui_partition_state_excess(&s);
	*cut = rui_partition_state_cut(&s);
	rui_work_return(r->work, mark);
	return RUI_OK;
}

/*
 * Coarsen the parts of a partition anew, none across a border, and refine on
 * the way back; keep that where it is better (iterated multilevel, Walshaw
 * 2004).
 */
static rui_status
go_over(const run *r, const rui_graph *graph, bool finest, int32_t *part)
{
	rui_workspace *w = r->work;
	rui_work_mark mark = rui_work_here(w);
	levels *l = rui_work_take(w, 1, sizeof(levels));
	int32_t *old = rui_work_take(w, graph->nodes, sizeof(int32_t));
	run again = *r;
	int64_t excess[2];
	int64_t cut[2];
	bool is_worse;
	uint32_t level;
	uint32_t v;
	rui_status status;

	if (l == NULL || old == NULL)
		return RUI_MEMORY;
	memcpy(old, part, graph->nodes * sizeof(int32_t));
	status = judge(r, graph, part, &excess[0], &cut[0]);
	if (status == RUI_OK)
		status = coarsen(r, graph, old, NODES_PER_PART_AGAIN, l);
	if (status != RUI_OK)
		return status;
	for (level = 0; level + 1 < l->count; level++)
	{
		for (v = 0; v < l->graph[level].nodes; v++)
			r->coarse_part[l->cluster[level][v]] = part[v];
		memcpy(part, r->coarse_part, l->graph[level + 1].nodes * sizeof(int32_t));
	}
	if (finest)
	{
		again.price *= ladder_of(r, graph).factor;
		again.steps = 1;
	}
	status = come_back(&again, l, finest, false, part);
	if (status == RUI_OK)
		status = judge(r, graph, part, &excess[1], &cut[1]);
	if (status != RUI_OK)
		return status;
	if (finest)
		is_worse = excess[1] > excess[0] || (excess[1] == excess[0] && cut[1] > cut[0]);
	else
		is_worse = (double) (cut[1] - cut[0]) + r->price * (double) (excess[1] - excess[0]) > 0;
	if (is_worse)
		memcpy(part, old, graph->nodes * sizeof(int32_t));
	memset(r->near, 1, graph->nodes);
	rui_work_return(w, mark);
	return RUI_OK;
}

rui_status
rui_partition_multilevel(rui_workspace *w, const rui_graph *graph, uint32_t parts, double target,
						 double tolerance, int32_t *part, bool *connected)
{
	rui_work_mark mark = rui_work_here(w);
	run r = { w, parts, target, tolerance, 0, 0, NULL, NULL, NULL };
	levels *l;
	const rui_graph *coarsest;
	uint32_t components;
	rui_status status;
	double unit;
	int shift = 0;
	uint32_t v;

	*connected = true;
	if (parts == graph->nodes)
	{
		for (v = 0; v < graph->nodes; v++)
			part[v] = (int32_t) v;
		return RUI_OK;
	}
	l = rui_work_take(w, 1, sizeof(levels));
	r.coarse_part = rui_work_take(w, graph->nodes, sizeof(int32_t));
	r.near = rui_work_take(w, graph->nodes, 1);
	r.coarse_near = rui_work_take(w, graph->nodes, 1);
	if (l == NULL || r.coarse_part == NULL || r.near == NULL || r.coarse_near == NULL)
		return RUI_MEMORY;
	while (graph->total >> shift >= INT64_C(1) << 25)
		shift++;
	unit = target * 0.01 / (double) (INT64_C(1) << shift);
	r.price = FIRST_PRICE * graph->weight * 2 / graph->first[graph->nodes] / (unit * unit);
	status = coarsen(&r, graph, NULL, NODES_PER_PART, l);
	coarsest = &l->graph[l->count - 1];
	if (status == RUI_OK)
		status = rui_graph_components(w, coarsest, NULL, r.coarse_part, &components);
	*connected = status == RUI_OK && components == 1;
	if (*connected)
	{
		status = rui_partition_seed(w, coarsest, parts, part);
		if (status == RUI_OK)
			status = come_back(&r, l, true, true, part);
	}
	rui_work_return(w, mark);
	return status;
}
