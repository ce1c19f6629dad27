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

rui_status
rui_partition_assess(rui_partition_builder *b, rui_partition_measure *measure, rui_error *error)
{
	rui_partition_measure m = { 0 };
	rui_graph graph;
	rui_partition_scales scale;
	int32_t *part;
	int32_t *component;
	double *load;
	uint32_t components = 0;
	int64_t cut = 0;
	size_t i;
	uint32_t k;
	rui_status status = rui_partition_graph(b, &graph, &scale, error);

	if (status != RUI_OK)
		return status;
	part = rui_allocate(b->env, b->count, sizeof(int32_t));
	component = rui_allocate(b->env, b->count, sizeof(int32_t));
	load = rui_allocate_zero(b->env, b->count, sizeof(double));
	m.nodes = (int64_t) b->count;
	if (part == NULL || component == NULL || load == NULL)
		status = rui_fail_memory(error, b->count * 16);
	else if (b->count > 0)
	{
		for (i = 0; i < b->count; i++)
			part[i] = b->nodes[i].current;
		m.parts = rank_parts(part, component, b->count);
		measure_loads(b, part, load, &m);
		status = rui_graph_components(b->env, &graph, part, component, &components, error);
	}
	if (status == RUI_OK)
	{
		m.edges = graph.first[b->count] / 2;
		for (i = 0; i < b->count; i++)
			for (k = graph.first[i]; k < graph.first[i + 1]; k++)
				if (part[i] < part[graph.to[k]])
				{
					m.cut_edges++;
					cut += graph.weight[k];
				}
		m.cut = (double) cut / scale.weight;
		/* A part is disconnected when a second component of it comes up. */
		if (b->count > 0)
			memset(load, 0, b->count * sizeof(double));
		for (i = 0, k = 0; i < b->count; i++)
		{
			if ((uint32_t) component[i] < k)
				continue;
			k++;
			if (load[part[i]] == 1)
				m.disconnected++;
			load[part[i]]++;
		}
		*measure = m;
	}
	rui_release(b->env, part);
	rui_release(b->env, component);
	rui_release(b->env, load);
	rui_graph_release(b->env, &graph);
	return status;
}
