/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_input.c
 *	  Options, and nodes with their neighbours as they are given.
 */
#include "core/partition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

void
rui_partition_start(rui_partition_builder *builder, const rui_env *env)
{
	memset(builder, 0, sizeof *builder);
	builder->env = env;
}

void
rui_partition_release(rui_partition_builder *builder)
{
	rui_release(builder->env, builder->nodes);
	rui_release(builder->env, builder->neighbours);
	rui_release(builder->env, builder->weights);
	rui_partition_start(builder, builder->env);
}

/* ---- options ---- */

static rui_status
read_number(const rui_json *value, double low, double high, double *result, rui_error *error)
{
	double number;
	rui_status status = rui_json_expect(value, RUI_JSON_NUMBER, error);

	if (status != RUI_OK)
		return status;
	number = strtod(value->text, NULL);
	if (!(number >= low && number <= high))
		return rui_json_fail(error, RUI_INVALID, value, NULL,
							 "Expected a number from %g to %g.", low, high);
	*result = number;
	return RUI_OK;
}

rui_status
rui_partition_read_options(const rui_env *env, const char *text, size_t length,
						   rui_partition_options *options, rui_error *error)
{
	static const char *const keys[] = { "tolerance", "seed", "stability", NULL };
	rui_partition_options read = *options;
	rui_json_document document;
	const rui_json *member;
	int64_t seed;
	rui_status status = rui_json_parse(env, text, length, &document, error);

	if (status != RUI_OK)
		return status;
	status = rui_json_expect(document.root, RUI_JSON_OBJECT, error);
	if (status == RUI_OK)
		status = rui_json_only(document.root, keys, error);
	if (status == RUI_OK && (member = rui_json_member(document.root, "tolerance")) != NULL)
		status = read_number(member, 0, 1, &read.tolerance, error);
	if (status == RUI_OK && (member = rui_json_member(document.root, "stability")) != NULL)
		status = read_number(member, 0, 1e18, &read.stability, error);
	if (status == RUI_OK && (member = rui_json_member(document.root, "seed")) != NULL)
	{
		status = rui_json_integer(member, INT64_MIN, INT64_MAX, &seed, error);
		if (status == RUI_OK)
			read.seed = (uint64_t) seed;
	}
	rui_json_release(env, &document);
	if (status == RUI_OK)
		*options = read;
	return status;
}

/* ---- input ---- */

static rui_status
fail_node(rui_error *error, int64_t id, const char *hint, const char *what)
{
	char part[40];

	snprintf(part, sizeof part, "node %" PRId64, id);
	return rui_fail(error, RUI_INVALID, part, hint, "%s", what);
}

static rui_status
check_node(int64_t id, double load, int32_t current, const int64_t *neighbours,
		   const double *weights, uint32_t degree, rui_error *error)
{
	uint32_t i;

	if (!(load >= 0 && load <= 1e300))
		return fail_node(error, id, NULL, "Its load is negative or not finite.");
	if (current < 0)
		return fail_node(error, id, NULL, "Its current part is negative.");
	for (i = 0; i < degree; i++)
	{
		if (neighbours[i] == id)
			return fail_node(error, id, "Leave edges from a node to itself out.",
							 "It is its own neighbour.");
		if (weights != NULL && !(weights[i] >= 0 && weights[i] <= 1e300))
			return fail_node(error, id, NULL, "An edge weight is negative or not finite.");
	}
	return RUI_OK;
}

/* Keep the weights of the neighbours from first on. */
static rui_status
add_weights(rui_partition_builder *b, const double *weights, size_t first, uint32_t degree,
			rui_error *error)
{
	size_t from = b->weights == NULL ? 0 : first;
	size_t i;
	rui_status status;

	if (weights == NULL && b->weights == NULL)
		return RUI_OK;
	status = rui_grow(b->env, &b->weights, &b->weight_capacity, first + degree + 1,
					  sizeof(double), error);
	if (status != RUI_OK)
		return status;
	for (i = from; i < first + degree; i++)
		b->weights[i] = weights == NULL || i < first ? 1 : weights[i - first];
	return RUI_OK;
}

rui_status
rui_partition_add(rui_partition_builder *b, int64_t id, double load, int32_t current,
				  const int64_t *neighbours, const double *weights, uint32_t degree,
				  rui_error *error)
{
	rui_partition_node *node;
	rui_status status = check_node(id, load, current, neighbours, weights, degree, error);

	if (status != RUI_OK)
		return status;
	if (b->count >= RUI_PARTITION_NODES_MAX || b->neighbour_count + degree > RUI_PARTITION_ARCS_MAX)
		return rui_fail(error, RUI_LIMIT, NULL, "Partition by district first.",
						"A graph may have at most %d nodes and %d neighbours.",
						RUI_PARTITION_NODES_MAX, RUI_PARTITION_ARCS_MAX);
	status = rui_grow(b->env, &b->nodes, &b->capacity, b->count + 1, sizeof *node, error);
	if (status == RUI_OK && degree > 0)
		status = rui_grow(b->env, &b->neighbours, &b->neighbour_capacity,
						  b->neighbour_count + degree, sizeof(int64_t), error);
	if (status == RUI_OK)
		status = add_weights(b, weights, b->neighbour_count, degree, error);
	if (status != RUI_OK)
		return status;
	node = &b->nodes[b->count++];
	node->id = id;
	node->load = load;
	node->current = current;
	node->degree = degree;
	node->first = b->neighbour_count;
	if (degree > 0)
		memcpy(b->neighbours + b->neighbour_count, neighbours, degree * sizeof(int64_t));
	b->neighbour_count += degree;
	return RUI_OK;
}
