/* SPDX-License-Identifier: PostgreSQL
 *
 * partition_input.c
 *	  From nodes and neighbours, as they are given, to a graph.
 */
#include "core/partition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/partition_graph.h"

/* Sums of scaled loads and weights stay below this: exact in doubles too. */
#define SCALED_TOTAL 0x1p50

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

/* ---- the graph ---- */

static int
compare_nodes(const void *left, const void *right)
{
	const rui_partition_node *a = left;
	const rui_partition_node *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static rui_status
sort_nodes(rui_partition_builder *b, rui_error *error)
{
	bool sorted = true;
	size_t i;

	for (i = 1; i < b->count && sorted; i++)
		sorted = b->nodes[i - 1].id < b->nodes[i].id;
	if (!sorted)
		qsort(b->nodes, b->count, sizeof(rui_partition_node), compare_nodes);
	for (i = 1; i < b->count; i++)
		if (b->nodes[i - 1].id == b->nodes[i].id)
			return fail_node(error, b->nodes[i].id, "Give every node once, with all neighbours.",
							 "The node is given twice.");
	return RUI_OK;
}

static uint32_t
find_node(const rui_partition_builder *b, int64_t id)
{
	size_t low = 0;
	size_t high = b->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (b->nodes[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < b->count && b->nodes[low].id == id ? (uint32_t) low : RUI_NO_NODE;
}

/* Ids that lie close together are looked up in a table. */
static rui_status
make_table(const rui_partition_builder *b, uint32_t **table, uint64_t *range, rui_error *error)
{
	uint64_t i;

	*table = NULL;
	*range = b->count == 0 ? 0 : (uint64_t) b->nodes[b->count - 1].id - (uint64_t) b->nodes[0].id;
	if (b->count == 0 || *range / 8 > b->count + 128)
		return RUI_OK;
	(*range)++;
	*table = rui_allocate(b->env, *range, sizeof(uint32_t));
	if (*table == NULL)
		return rui_fail_memory(error, *range * sizeof(uint32_t));
	for (i = 0; i < *range; i++)
		(*table)[i] = RUI_NO_NODE;
	for (i = 0; i < b->count; i++)
		(*table)[(uint64_t) b->nodes[i].id - (uint64_t) b->nodes[0].id] = (uint32_t) i;
	return RUI_OK;
}

/* The node of every neighbour in the builder's list. */
static rui_status
resolve(const rui_partition_builder *b, uint32_t *targets, rui_error *error)
{
	uint32_t *table;
	uint64_t range;
	size_t i;
	uint64_t k;
	rui_status status = make_table(b, &table, &range, error);

	for (i = 0; i < b->count && status == RUI_OK; i++)
	{
		const rui_partition_node *node = &b->nodes[i];

		for (k = node->first; k < node->first + node->degree; k++)
		{
			int64_t id = b->neighbours[k];
			uint64_t place = (uint64_t) id - (uint64_t) b->nodes[0].id;
			char what[80];

			if (table == NULL)
				targets[k] = find_node(b, id);
			else
				targets[k] = place < range ? table[place] : RUI_NO_NODE;
			if (targets[k] != RUI_NO_NODE)
				continue;
			snprintf(what, sizeof what, "Its neighbour %" PRId64 " is not among the nodes.", id);
			status = fail_node(error, node->id, "Give every neighbour a row of its own.", what);
			break;
		}
		if (status == RUI_OK && (i & 0xFFFF) == 0xFFFF && rui_interrupted(b->env))
			status = rui_fail(error, RUI_INTERRUPTED, NULL, NULL, "Stopped on request.");
	}
	rui_release(b->env, table);
	return status;
}

/* 1 when all values are whole and add up to little, else a power of two. */
static double
find_scale(double total, bool whole)
{
	int exponent;

	if (total == 0 || (whole && total <= SCALED_TOTAL))
		return 1;
	frexp(total, &exponent);
	return ldexp(1, 50 - exponent);
}

typedef struct arc
{
	uint32_t to;
	double weight;
} arc;

/* Insertion for the few neighbours a node has, else the library. */
static int
compare_arcs(const void *left, const void *right)
{
	const arc *a = left;
	const arc *b = right;

	return a->to < b->to ? -1 : a->to > b->to;
}

static void
sort_arcs(arc *arcs, uint32_t count)
{
	uint32_t i;

	if (count > 24)
	{
		qsort(arcs, count, sizeof(arc), compare_arcs);
		return;
	}
	for (i = 1; i < count; i++)
	{
		arc keep = arcs[i];
		uint32_t k = i;

		for (; k > 0 && arcs[k - 1].to > keep.to; k--)
			arcs[k] = arcs[k - 1];
		arcs[k] = keep;
	}
}

/* All arcs in both directions, grouped by node; ends[i + 1] ends those of i. */
static void
collect_arcs(const rui_partition_builder *b, const uint32_t *targets, arc *arcs, uint64_t *ends)
{
	size_t i;
	uint64_t k;

	memset(ends, 0, (b->count + 2) * sizeof(uint64_t));
	for (i = 0; i < b->count; i++)
	{
		const rui_partition_node *node = &b->nodes[i];

		ends[i + 2] += node->degree;
		for (k = node->first; k < node->first + node->degree; k++)
			ends[targets[k] + 2]++;
	}
	for (i = 2; i < b->count + 2; i++)
		ends[i] += ends[i - 1];
	for (i = 0; i < b->count; i++)
	{
		const rui_partition_node *node = &b->nodes[i];

		for (k = node->first; k < node->first + node->degree; k++)
		{
			double weight = b->weights == NULL ? 1 : b->weights[k];
			arc forth = { targets[k], weight };
			arc back = { (uint32_t) i, weight };

			arcs[ends[i + 1]++] = forth;
			arcs[ends[targets[k] + 1]++] = back;
		}
	}
}

/* Leave one arc to each neighbour, with the largest weight. */
static uint32_t
merge_arcs(arc *arcs, uint32_t count)
{
	uint32_t kept = 0;
	uint32_t i;

	sort_arcs(arcs, count);
	for (i = 0; i < count; i++)
	{
		if (kept > 0 && arcs[kept - 1].to == arcs[i].to)
			arcs[kept - 1].weight = fmax(arcs[kept - 1].weight, arcs[i].weight);
		else
			arcs[kept++] = arcs[i];
	}
	return kept;
}

static void
set_loads(const rui_partition_builder *b, rui_graph *graph, double *scale)
{
	double total = 0;
	bool whole = true;
	size_t i;

	for (i = 0; i < b->count; i++)
	{
		total += b->nodes[i].load;
		whole = whole && b->nodes[i].load == floor(b->nodes[i].load);
	}
	*scale = find_scale(total, whole);
	graph->total = 0;
	for (i = 0; i < b->count; i++)
	{
		/* Without any load every node counts the same. */
		graph->load[i] = total == 0 ? 1 : (int64_t) llround(b->nodes[i].load * *scale);
		graph->total += graph->load[i];
	}
}

rui_status
rui_partition_graph(rui_partition_builder *b, rui_graph *graph, rui_partition_scales *scale,
					rui_error *error)
{
	const rui_env *env = b->env;
	arc *arcs = NULL;
	uint64_t *ends = NULL;
	uint32_t *targets = NULL;
	uint64_t at = 0;
	uint64_t count = 0;
	double total = 0;
	bool whole = true;
	size_t i;
	uint64_t k;
	rui_status status = sort_nodes(b, error);

	if (status != RUI_OK)
		return status;
	arcs = rui_allocate(env, 2 * b->neighbour_count, sizeof(arc));
	ends = rui_allocate(env, b->count + 2, sizeof(uint64_t));
	targets = rui_allocate(env, b->neighbour_count, sizeof(uint32_t));
	if (arcs == NULL || ends == NULL || targets == NULL)
		status = rui_fail_memory(error, 2 * b->neighbour_count * sizeof(arc) + b->count * 8);
	else
		status = resolve(b, targets, error);
	if (status == RUI_OK)
	{
		collect_arcs(b, targets, arcs, ends);
		/* Pack the merged arcs to the front; ends[i] becomes the start of i. */
		for (i = 0; i < b->count; i++)
		{
			uint32_t kept = merge_arcs(arcs + at, (uint32_t) (ends[i + 1] - at));

			memmove(arcs + count, arcs + at, kept * sizeof(arc));
			at = ends[i + 1];
			ends[i] = count;
			count += kept;
		}
		ends[b->count] = count;
		status = rui_graph_allocate(env, graph, (uint32_t) b->count, (uint32_t) count, error);
	}
	if (status == RUI_OK)
	{
		for (k = 0; k < count; k++)
		{
			total += arcs[k].weight / 2;
			whole = whole && arcs[k].weight == floor(arcs[k].weight);
		}
		scale->weight = find_scale(total, whole);
		for (i = 0; i <= b->count; i++)
			graph->first[i] = (uint32_t) ends[i];
		for (k = 0; k < count; k++)
		{
			graph->to[k] = arcs[k].to;
			graph->weight[k] = (int64_t) llround(arcs[k].weight * scale->weight);
		}
		set_loads(b, graph, &scale->load);
	}
	rui_release(env, arcs);
	rui_release(env, ends);
	rui_release(env, targets);
	return status;
}

rui_status
rui_graph_components(const rui_env *env, const rui_graph *g, const int32_t *marks,
					 int32_t *component, uint32_t *count, rui_error *error)
{
	uint32_t *queue = rui_allocate(env, g->nodes, sizeof(uint32_t));
	uint32_t found = 0;
	uint32_t v;

	if (queue == NULL)
		return rui_fail_memory(error, (size_t) g->nodes * 4);
	for (v = 0; v < g->nodes; v++)
		component[v] = -1;
	for (v = 0; v < g->nodes; v++)
	{
		uint32_t head = 0;
		uint32_t tail = 0;

		if (component[v] >= 0)
			continue;
		component[v] = (int32_t) found;
		queue[tail++] = v;
		while (head < tail)
		{
			uint32_t u = queue[head++];
			uint32_t k;

			for (k = g->first[u]; k < g->first[u + 1]; k++)
			{
				uint32_t w = g->to[k];

				if (component[w] >= 0 || (marks != NULL && marks[w] != marks[u]))
					continue;
				component[w] = (int32_t) found;
				queue[tail++] = w;
			}
		}
		found++;
	}
	rui_release(env, queue);
	*count = found;
	return RUI_OK;
}
