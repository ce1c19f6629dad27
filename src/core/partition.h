/* SPDX-License-Identifier: PostgreSQL
 *
 * partition.h
 *	  Cutting a graph into connected parts of equal load.
 *
 * Every part is connected and not empty.  Within that, loads come within the
 * tolerance of their mean, above and below, where that can be found; within
 * that, the weight of the edges between parts is small.  The same input and
 * seed give the same parts, in whatever order the nodes were added.
 */
#ifndef RUI_PARTITION_H
#define RUI_PARTITION_H

#include "core/rui_core.h"

#define RUI_PARTITION_NODES_MAX 100000000
#define RUI_PARTITION_ARCS_MAX 1000000000

typedef struct rui_partition_options
{
	double tolerance; /* largest |load / mean - 1|, 0 to 1 */
	double stability; /* cut length that moving a unit of load must save */
	uint64_t seed;
} rui_partition_options;

#define RUI_PARTITION_DEFAULTS \
	{ \
		.tolerance = 0.01, .seed = 1 \
	}

/* One node with its neighbours' range in the builder's lists. */
typedef struct rui_partition_node
{
	int64_t id;
	double load;
	int32_t current; /* owner so far or measured part, 0 for none */
	uint32_t degree;
	uint64_t first; /* neighbour */
} rui_partition_node;

typedef struct rui_partition_builder
{
	const rui_env *env;
	rui_partition_node *nodes;
	size_t count;
	size_t capacity;
	int64_t *neighbours;
	size_t neighbour_count;
	size_t neighbour_capacity;
	double *weights; /* NULL while all are 1 */
	size_t weight_capacity;
} rui_partition_builder;

typedef struct rui_part
{
	int64_t node;
	int32_t part; /* from 1 */
} rui_part;

typedef struct rui_partition_measure
{
	int64_t nodes;
	int64_t parts;
	int64_t edges;
	int64_t cut_edges;
	double cut; /* weight of these */
	double mean_load;
	double least_load;
	double most_load;
	double imbalance; /* largest |load / mean - 1|, 0 where the mean is 0 */
	int64_t disconnected; /* parts that are not connected */
} rui_partition_measure;

extern void rui_partition_start(rui_partition_builder *builder, const rui_env *env);
extern void rui_partition_release(rui_partition_builder *builder);

/*
 * Read {"tolerance":0.01,"seed":1,"stability":0}, all optional; options keeps
 * what is not given.  RUI_INVALID names an unknown key or a bad value.
 */
extern rui_status rui_partition_read_options(const rui_env *env, const char *text, size_t length,
											 rui_partition_options *options, rui_error *error);

/*
 * Add a node with its edges; weights may be NULL (all 1).  RUI_INVALID, with
 * the part "node 7", for a load or weight that is negative or not finite, a
 * current below 0, or an edge to itself.
 */
extern rui_status rui_partition_add(rui_partition_builder *builder, int64_t id, double load,
									int32_t current, const int64_t *neighbours,
									const double *weights, uint32_t degree, rui_error *error);

/*
 * Partition.  result has builder->count rows by ascending node, in memory of
 * env.  An edge counts once however often it is given, with its largest
 * weight.  Numbers go by the smallest node, or, where nodes have a current
 * part, by the largest load that stays.  Errors (RUI_INVALID): a node twice,
 * a neighbour that is no node, parts below 1 or above the nodes, more
 * components than parts.  Memory: about 250 bytes a node and 100 an edge.
 */
extern rui_status rui_partition_solve(rui_partition_builder *builder, int32_t parts,
									  const rui_partition_options *options, rui_part **result,
									  rui_error *error);

/* Measure the partition that the nodes' current numbers say. */
extern rui_status rui_partition_assess(rui_partition_builder *builder,
									   rui_partition_measure *measure, rui_error *error);

#endif /* RUI_PARTITION_H */
