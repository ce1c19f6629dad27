/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_assess.c
 *	  Measuring a partition, whoever made it.
 */
#include "core/partition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/partition_graph.h"

static int
compare_int32(const void *left, const void *right)
{
	int32_t a = *(const int32_t *) left;
	int32_t b = *(const int32_t *) right;

	return a < b ? -1 : a > b;
}

/* Replace the part numbers by their ranks; how many there are. */
static uint32_t
rank_parts(int32_t *part, int32_t *sorted, size_t count)
{
	uint32_t parts = 0;
	size_t i;

	memcpy(sorted, part, count * sizeof(int32_t));
	qsort(sorted, count, sizeof(int32_t), compare_int32);
	for (i = 0; i < count; i++)
		if (parts == 0 || sorted[parts - 1] != sorted[i])
			sorted[parts++] = sorted[i];
	for (i = 0; i < count; i++)
		part[i] = (int32_t) ((int32_t *) bsearch(&part[i], sorted, parts, sizeof(int32_t),
												 compare_int32) -
							 sorted);
	return parts;
}

static void
measure_loads(const rui_partition_builder *b, const int32_t *part, double *load,
			  rui_partition_measure *m)
{
	double total = 0;
	size_t i;

	for (i = 0; i < b->count; i++)
	{
		load[part[i]] += b->nodes[i].load;
		total += b->nodes[i].load;
	}
	m->mean_load = total / (double) m->parts;
	m->least_load = load[0];
	m->most_load = load[0];
	for (i = 1; i < (size_t) m->parts; i++)
	{
		m->least_load = fmin(m->least_load, load[i]);
		m->most_load = fmax(m->most_load, load[i]);
	}
	if (m->mean_load > 0)
		m->imbalance = fmax(m->most_load / m->mean_load - 1, 1 - m->least_load / m->mean_load);
}

/* Edges, those between parts and their weight. */
static void
measure_cut(const rui_partition_builder *b, const rui_graph *g, const int32_t *part,
			rui_partition_measure *m)
{
	uint32_t i;
	uint32_t k;

	m->edges = g->first[g->nodes] / 2;
	for (i = 0; i < g->nodes; i++)
		for (k = g->first[i]; k < g->first[i + 1]; k++)
		{
			if (i > g->arcs[k].to || part[i] == part[g->arcs[k].to])
				continue;
			m->cut_edges++;
			m->cut += b->weights == NULL ? 1 : b->weights[g->arcs[k].weight];
		}
}

/* A part is disconnected when a second component of it comes up. */
static void
count_disconnected(const int32_t *part, const int32_t *component, size_t count, uint32_t *found,
				   rui_partition_measure *m)
{
	int32_t next = 0;
	size_t i;

	memset(found, 0, count * sizeof(uint32_t));
	for (i = 0; i < count; i++)
	{
		if (component[i] < next)
			continue;
		next++;
		if (found[part[i]]++ == 1)
			m->disconnected++;
	}
}

/* Measure with the workspace; the caller releases it. */
static rui_status
assess(rui_workspace *w, rui_partition_builder *b, rui_partition_measure *m)
{
	rui_graph graph;
	int32_t *part;
	int32_t *component;
	double *load;
	uint32_t components;
	size_t i;
	rui_status status = rui_partition_link(w, b, &graph);

	if (status != RUI_OK || b->count == 0)
		return status;
	part = rui_work_take(w, b->count, sizeof(int32_t));
	component = rui_work_take(w, b->count, sizeof(int32_t));
	load = rui_work_take_zero(w, b->count, sizeof(double));
	if (part == NULL || component == NULL || load == NULL)
		return RUI_MEMORY;
	m->nodes = (int64_t) b->count;
	for (i = 0; i < b->count; i++)
		part[i] = b->nodes[i].current;
	m->parts = rank_parts(part, component, b->count);
	measure_loads(b, part, load, m);
	measure_cut(b, &graph, part, m);
	status = rui_graph_components(w, &graph, part, component, &components);
	if (status == RUI_OK)
		count_disconnected(part, component, b->count, (uint32_t *) load, m);
	return status;
}

rui_status
rui_partition_assess(rui_partition_builder *b, rui_partition_measure *measure, rui_error *error)
{
	rui_partition_measure m = { 0 };
	rui_workspace work;
	rui_status status;

	rui_work_start(&work, b->env, 0, error);
	status = assess(&work, b, &m);
	rui_work_release(&work);
	if (status == RUI_OK)
		*measure = m;
	return status;
}
