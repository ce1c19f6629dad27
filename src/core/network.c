/* SPDX-License-Identifier: PostgreSQL
 *
 * network.c
 *	  Distances in a network, its catchments and components.
 */
#include "core/network.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sort.h"

/* ---- what goes in ---- */

void
rui_network_start(rui_network_builder *builder, const rui_env *env)
{
	memset(builder, 0, sizeof *builder);
	builder->env = env;
}

void
rui_network_release(rui_network_builder *builder)
{
	rui_release(builder->env, builder->edges);
	rui_release(builder->env, builder->sources);
	rui_network_start(builder, builder->env);
}

static rui_status
check_length(int64_t node, double length, rui_error *error)
{
	char part[40];

	if (length >= 0 && isfinite(length))
		return RUI_OK;
	snprintf(part, sizeof part, "node %" PRId64, node);
	return rui_fail(error, RUI_INVALID, part, "Give 0 or more.", "The length %g is not possible.",
					length);
}

rui_status
rui_network_add(rui_network_builder *builder, int64_t a, int64_t b, double length,
				rui_error *error)
{
	rui_network_edge edge = { a, b, length };
	rui_status status = check_length(a, length, error);

	if (status == RUI_OK && builder->edge_count >= RUI_NETWORK_EDGES_MAX)
		status = rui_fail(error, RUI_LIMIT, NULL, NULL, "A network has at most %d edges.",
						  RUI_NETWORK_EDGES_MAX);
	if (status == RUI_OK)
		status = rui_grow(builder->env, &builder->edges, &builder->edge_capacity,
						  builder->edge_count + 1, sizeof(rui_network_edge), error);
	if (status == RUI_OK)
		builder->edges[builder->edge_count++] = edge;
	return status;
}

rui_status
rui_network_add_source(rui_network_builder *builder, int64_t node, double length,
					   rui_error *error)
{
	rui_network_source source = { node, length };
	rui_status status = check_length(node, length, error);

	if (status == RUI_OK)
		status = rui_grow(builder->env, &builder->sources, &builder->source_capacity,
						  builder->source_count + 1, sizeof(rui_network_source), error);
	if (status == RUI_OK)
		builder->sources[builder->source_count++] = source;
	return status;
}

/* ---- the network by index ---- */

typedef struct arc
{
	uint32_t to;
	double length;
} arc;

typedef struct network
{
	const rui_env *env;
	int64_t *ids; /* ascending */
	uint32_t count;
	uint64_t *first; /* of each node's arcs, and one beyond */
	arc *arcs;
} network;

static int
compare_ids(const void *left, const void *right)
{
	int64_t a = *(const int64_t *) left;
	int64_t b = *(const int64_t *) right;

	return a < b ? -1 : a > b;
}

static uint32_t
index_of(const network *n, int64_t id)
{
	uint32_t low = 0;
	uint32_t high = n->count;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (n->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
release_network(network *n)
{
	rui_release(n->env, n->ids);
	rui_release(n->env, n->first);
	rui_release(n->env, n->arcs);
}

/* Whether to stop, asked now and then by what passes over all edges. */
static inline bool
is_stopped(const network *n, size_t step)
{
	return (step & 0xFFFF) == 0xFFFF && rui_interrupted(n->env);
}

/* All numbers named, each once, ascending. */
static rui_status
collect_ids(const rui_network_builder *builder, network *n, rui_error *error)
{
	size_t total = 2 * builder->edge_count + builder->source_count;
	size_t kept = 0;
	size_t i;
	rui_status status;

	n->ids = rui_allocate(n->env, total, sizeof(int64_t));
	if (n->ids == NULL)
		return rui_fail_memory(error, total * sizeof(int64_t));
	for (i = 0; i < builder->edge_count; i++)
	{
		n->ids[2 * i] = builder->edges[i].a;
		n->ids[2 * i + 1] = builder->edges[i].b;
	}
	for (i = 0; i < builder->source_count; i++)
		n->ids[2 * builder->edge_count + i] = builder->sources[i].node;
	status = rui_sort(n->env, n->ids, total, sizeof(int64_t), compare_ids, error);
	if (status != RUI_OK)
		return status;
	for (i = 0; i < total; i++)
		if (i == 0 || n->ids[i] != n->ids[i - 1])
			n->ids[kept++] = n->ids[i];
	if (kept >= UINT32_MAX)
		return rui_fail(error, RUI_LIMIT, NULL, NULL, "A network has at most %u nodes.",
						UINT32_MAX - 1);
	n->count = (uint32_t) kept;
	return RUI_OK;
}

static rui_status
build_network(const rui_network_builder *builder, network *n, rui_error *error)
{
	uint64_t *next;
	rui_status status;
	size_t i;

	memset(n, 0, sizeof *n);
	n->env = builder->env;
	status = collect_ids(builder, n, error);
	if (status != RUI_OK)
		return status;
	n->first = rui_allocate_zero(n->env, (size_t) n->count + 2, sizeof(uint64_t));
	n->arcs = rui_allocate(n->env, 2 * builder->edge_count, sizeof(arc));
	if (n->first == NULL || n->arcs == NULL)
		return rui_fail_memory(error, 2 * builder->edge_count * sizeof(arc));
	/* Counted one place further on, each first becomes the next free place. */
	next = n->first + 1;
	for (i = 0; i < builder->edge_count; i++)
	{
		if (is_stopped(n, i))
			return rui_fail_interrupted(error);
		next[index_of(n, builder->edges[i].a) + 1]++;
		next[index_of(n, builder->edges[i].b) + 1]++;
	}
	for (i = 0; i < n->count; i++)
		next[i + 1] += next[i];
	for (i = 0; i < builder->edge_count; i++)
	{
		uint32_t a = index_of(n, builder->edges[i].a);
		uint32_t b = index_of(n, builder->edges[i].b);

		if (is_stopped(n, i))
			return rui_fail_interrupted(error);
		n->arcs[next[a]++] = (arc){ b, builder->edges[i].length };
		n->arcs[next[b]++] = (arc){ a, builder->edges[i].length };
	}
	return RUI_OK;
}

/* ---- the shortest ways from all sources at once ---- */

#define NONE UINT32_MAX

typedef struct search
{
	double *length; /* of the shortest way so far */
	uint32_t *source; /* NONE: not reached */
	uint32_t *place; /* in the heap, or NONE */
	uint32_t *heap;
	uint32_t size;
} search;

static inline bool
comes_before(const search *s, uint32_t a, uint32_t b)
{
	if (s->length[a] != s->length[b])
		return s->length[a] < s->length[b];
	return s->source[a] != s->source[b] ? s->source[a] < s->source[b] : a < b;
}

#define HEAP_OWNER search
#define HEAP_ITEMS(s) ((s)->heap)
#define HEAP_COUNT(s) ((s)->size)
#define HEAP_PLACE(s, node) ((s)->place[node])
#define HEAP_LESS(s, a, b) comes_before(s, a, b)
#include "core/heap.h"

/* A way of that length from a source leads to the node. */
static void
offer(search *s, uint32_t node, uint32_t source, double length)
{
	if (s->source[node] == NONE)
		s->place[node] = s->size++;
	else if (length > s->length[node] || (length == s->length[node] && source >= s->source[node]))
		return;
	s->length[node] = length;
	s->source[node] = source;
	heap_up(s, s->place[node], node);
}

static void
release_search(const rui_env *env, search *s)
{
	rui_release(env, s->length);
	rui_release(env, s->source);
	rui_release(env, s->place);
	rui_release(env, s->heap);
}

static rui_status
start_search(const rui_env *env, uint32_t count, search *s, rui_error *error)
{
	uint32_t i;

	s->length = rui_allocate(env, count, sizeof(double));
	s->source = rui_allocate(env, count, sizeof(uint32_t));
	s->place = rui_allocate(env, count, sizeof(uint32_t));
	s->heap = rui_allocate(env, count, sizeof(uint32_t));
	if (s->length == NULL || s->source == NULL || s->place == NULL || s->heap == NULL)
		return rui_fail_memory(error, count * sizeof(double));
	for (i = 0; i < count; i++)
		s->source[i] = s->place[i] = NONE;
	return RUI_OK;
}

/* Take the nearest node that is not yet settled and pass its way on. */
static uint32_t
settle_next(const network *n, search *s)
{
	uint32_t node = heap_pop(s);
	uint64_t a;

	s->place[node] = NONE;
	for (a = n->first[node]; a < n->first[node + 1]; a++)
		offer(s, n->arcs[a].to, s->source[node], s->length[node] + n->arcs[a].length);
	return node;
}

static rui_status
find_ways(const rui_network_builder *builder, const network *n, search *s, rui_error *error)
{
	uint32_t steps = 0;
	size_t i;

	for (i = 0; i < builder->source_count; i++)
	{
		uint32_t node = index_of(n, builder->sources[i].node);

		offer(s, node, node, builder->sources[i].length);
	}
	while (s->size > 0)
	{
		if ((++steps & 1023) == 0 && rui_interrupted(n->env))
			return rui_fail_interrupted(error);
		settle_next(n, s);
	}
	return RUI_OK;
}

/* ---- what comes out ---- */

static rui_status
write_result(const network *n, const search *s, rui_reach **result, size_t *count,
			 rui_error *error)
{
	rui_reach *rows = rui_allocate(n->env, n->count, sizeof(rui_reach));
	size_t kept = 0;
	uint32_t i;

	if (rows == NULL)
		return rui_fail_memory(error, n->count * sizeof(rui_reach));
	for (i = 0; i < n->count; i++)
		if (s->source[i] != NONE)
			rows[kept++] = (rui_reach){ n->ids[i], n->ids[s->source[i]], s->length[i] };
	*result = rows;
	*count = kept;
	return RUI_OK;
}

rui_status
rui_network_catchments(rui_network_builder *builder, rui_reach **result, size_t *count,
					   rui_error *error)
{
	network n;
	search s = { 0 };
	rui_status status = build_network(builder, &n, error);

	if (status == RUI_OK)
		status = start_search(n.env, n.count, &s, error);
	if (status == RUI_OK)
		status = find_ways(builder, &n, &s, error);
	if (status == RUI_OK)
		status = write_result(&n, &s, result, count, error);
	release_search(n.env, &s);
	release_network(&n);
	return status;
}

/* ---- from each of many to each of many ---- */

/* The distinct ones of some ids that the network knows, by index. */
typedef struct ends
{
	uint32_t *places; /* of each id; NONE: no edge names it */
	uint32_t *nodes; /* each once */
	uint32_t count;
} ends;

static rui_status
find_ends(const network *n, const int64_t *ids, size_t count, ends *e, rui_error *error)
{
	uint32_t *seen = rui_allocate_zero(n->env, (size_t) n->count + 1, sizeof(uint32_t));
	size_t i;

	e->places = rui_allocate(n->env, count, sizeof(uint32_t));
	e->nodes = rui_allocate(n->env, count, sizeof(uint32_t));
	e->count = 0;
	if (seen == NULL || e->places == NULL || e->nodes == NULL)
	{
		rui_release(n->env, seen);
		return rui_fail_memory(error, (n->count + count) * sizeof(uint32_t));
	}
	for (i = 0; i < count; i++)
	{
		uint32_t node = index_of(n, ids[i]);

		if (is_stopped(n, i))
		{
			rui_release(n->env, seen);
			return rui_fail_interrupted(error);
		}
		e->places[i] = NONE;
		if (node == n->count || n->ids[node] != ids[i])
			continue;
		if (seen[node] == 0)
		{
			e->nodes[e->count++] = node;
			seen[node] = e->count;
		}
		e->places[i] = seen[node] - 1;
	}
	rui_release(n->env, seen);
	return RUI_OK;
}

static void
release_ends(const rui_env *env, ends *e)
{
	rui_release(env, e->places);
	rui_release(env, e->nodes);
}

/* What a search met goes back to how it was before. */
static void
forget_search(search *s, const uint32_t *met, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		s->source[met[i]] = NONE;
	for (i = 0; i < s->size; i++)
		s->source[s->heap[i]] = s->place[s->heap[i]] = NONE;
	s->size = 0;
}

/* One search from each node of `from`; row by row the lengths to those of `to`. */
static rui_status
search_each(const network *n, search *s, const ends *from, const ends *to, uint8_t *wanted,
			uint32_t *met, double *table, rui_error *error)
{
	uint32_t steps = 0;
	uint32_t i;
	uint32_t j;

	for (j = 0; j < to->count; j++)
		wanted[to->nodes[j]] = 1;
	for (i = 0; i < from->count; i++)
	{
		double *row = table + (size_t) i * to->count;
		uint32_t missing = to->count;
		uint32_t count = 0;

		offer(s, from->nodes[i], 0, 0);
		while (missing > 0 && s->size > 0)
		{
			if ((++steps & 1023) == 0 && rui_interrupted(n->env))
				return rui_fail_interrupted(error);
			met[count] = settle_next(n, s);
			missing -= wanted[met[count++]];
		}
		/* Not settled may be reached, but not yet by the shortest way. */
		for (j = 0; j < to->count; j++)
		{
			bool is_settled = s->source[to->nodes[j]] != NONE && s->place[to->nodes[j]] == NONE;

			row[j] = is_settled ? s->length[to->nodes[j]] : INFINITY;
		}
		forget_search(s, met, count);
	}
	return RUI_OK;
}

/* Into lengths, for the ids as they were given; table is from the fewer side. */
static void
write_lengths(const int64_t *sources, const ends *from, size_t source_count,
			  const int64_t *targets, const ends *to, size_t target_count, bool is_turned,
			  const double *table, double *lengths)
{
	size_t i;
	size_t j;

	for (i = 0; i < source_count; i++)
		for (j = 0; j < target_count; j++)
		{
			size_t a = from->places[i];
			size_t b = to->places[j];
			double length;

			if (a == NONE || b == NONE)
				length = sources[i] == targets[j] ? 0 : INFINITY;
			else
				length = is_turned ? table[b * from->count + a] : table[a * to->count + b];
			lengths[i * target_count + j] = length;
		}
}

rui_status
rui_network_distances(rui_network_builder *builder, const int64_t *sources, size_t source_count,
					  const int64_t *targets, size_t target_count, double *lengths,
					  rui_error *error)
{
	const rui_env *env = builder->env;
	network n;
	search s = { 0 };
	ends from = { 0 };
	ends to = { 0 };
	uint8_t *wanted = NULL;
	uint32_t *met = NULL;
	double *table = NULL;
	rui_status status = build_network(builder, &n, error);

	if (status == RUI_OK)
		status = start_search(env, n.count, &s, error);
	if (status == RUI_OK)
		status = find_ends(&n, sources, source_count, &from, error);
	if (status == RUI_OK)
		status = find_ends(&n, targets, target_count, &to, error);
	if (status == RUI_OK)
	{
		wanted = rui_allocate_zero(env, n.count, sizeof(uint8_t));
		met = rui_allocate(env, n.count, sizeof(uint32_t));
		table = rui_allocate(env, (size_t) from.count * to.count, sizeof(double));
		if (wanted == NULL || met == NULL || table == NULL)
			status = rui_fail_memory(error, (size_t) from.count * to.count * sizeof(double));
	}
	if (status == RUI_OK)
	{
		bool is_turned = to.count < from.count;

		status = search_each(&n, &s, is_turned ? &to : &from, is_turned ? &from : &to, wanted, met,
							 table, error);
		if (status == RUI_OK)
			write_lengths(sources, &from, source_count, targets, &to, target_count, is_turned,
						  table, lengths);
	}
	rui_release(env, wanted);
	rui_release(env, met);
	rui_release(env, table);
	release_ends(env, &from);
	release_ends(env, &to);
	release_search(env, &s);
	release_network(&n);
	return status;
}

/* ---- what hangs together ---- */

static uint32_t
root_of(uint32_t *roots, uint32_t node)
{
	while (roots[node] != node)
		node = roots[node] = roots[roots[node]];
	return node;
}

rui_status
rui_network_components(rui_network_builder *builder, rui_reach **result, size_t *count,
					   rui_error *error)
{
	network n = { .env = builder->env };
	search s = { 0 };
	rui_status status = collect_ids(builder, &n, error);
	size_t i;

	if (status == RUI_OK)
		status = start_search(n.env, n.count, &s, error);
	if (status == RUI_OK)
	{
		for (i = 0; i < n.count; i++)
		{
			s.source[i] = (uint32_t) i;
			s.length[i] = 0;
		}
		for (i = 0; i < builder->edge_count && status == RUI_OK; i++)
		{
			uint32_t a = root_of(s.source, index_of(&n, builder->edges[i].a));
			uint32_t b = root_of(s.source, index_of(&n, builder->edges[i].b));

			if (is_stopped(&n, i))
				status = rui_fail_interrupted(error);
			/* The smaller one stays: it names the component. */
			if (a < b)
				s.source[b] = a;
			else
				s.source[a] = b;
		}
	}
	if (status == RUI_OK)
	{
		for (i = 0; i < n.count; i++)
			s.source[i] = root_of(s.source, (uint32_t) i);
		status = write_result(&n, &s, result, count, error);
	}
	release_search(n.env, &s);
	release_network(&n);
	return status;
}
