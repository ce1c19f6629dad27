/* SPDX-License-Identifier: PostgreSQL
 *
 * assign_lemon.cc
 *	  Solve a file of assign_shapes by LEMON's minimum-cost flow codes.
 *
 *		assign_lemon simplex|scaling FILE
 *
 * Prints milliseconds from arcs in memory to a solution (the graph, its maps,
 * run()), those of run() alone, and the objective.
 */
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include <lemon/capacity_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>

typedef lemon::StaticDigraph Graph;

template <class T>
static std::vector<T>
get(FILE *file, size_t count)
{
	std::vector<T> values(count);

	if (fread(values.data(), sizeof(T), count, file) != count)
		throw "the file ends too early";
	return values;
}

struct Pair
{
	uint32_t task;
	uint32_t worker;
	int64_t cost;
};

static double
milliseconds()
{
	timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

template <class Code>
static int64_t
solve(Code &code, double *spent)
{
	double begun = milliseconds();

	if (code.run() != Code::OPTIMAL)
		throw "not solved";
	*spent = milliseconds() - begun;
	return code.template totalCost<int64_t>();
}

static int
run(const char *name, FILE *file)
{
	std::vector<int64_t> size = get<int64_t>(file, 3);
	std::vector<int32_t> capacity = get<int32_t>(file, size[1]);
	std::vector<int64_t> penalty = get<int64_t>(file, size[0]);
	std::vector<Pair> pair = get<Pair>(file, size[2]);
	int tasks = size[0];
	int workers = size[1];
	int sink = tasks + workers;
	std::vector<std::pair<int, int> > ends;
	std::vector<int64_t> arc_cost, arc_capacity;
	size_t at = 0;

	/* Nodes: tasks, workers, sink; arcs must come by source. */
	for (int t = 0; t < tasks; t++)
	{
		for (; at < pair.size() && (int) pair[at].task == t; at++)
		{
			ends.push_back(std::make_pair(t, tasks + (int) pair[at].worker));
			arc_cost.push_back(pair[at].cost);
			arc_capacity.push_back(1);
		}
		ends.push_back(std::make_pair(t, sink));
		arc_cost.push_back(penalty[t]);
		arc_capacity.push_back(1);
	}
	for (int w = 0; w < workers; w++)
	{
		ends.push_back(std::make_pair(tasks + w, sink));
		arc_cost.push_back(0);
		arc_capacity.push_back(capacity[w]);
	}

	double begun = milliseconds();
	Graph graph;
	graph.build(sink + 1, ends.begin(), ends.end());
	Graph::ArcMap<int64_t> cost(graph), upper(graph);
	Graph::NodeMap<int64_t> supply(graph, 0);
	for (size_t i = 0; i < ends.size(); i++)
	{
		cost[graph.arc(i)] = arc_cost[i];
		upper[graph.arc(i)] = arc_capacity[i];
	}
	for (int t = 0; t < tasks; t++)
		supply[graph.node(t)] = 1;
	supply[graph.node(sink)] = -tasks;

	double spent, whole;
	int64_t total;
	if (strcmp(name, "simplex") == 0)
	{
		lemon::NetworkSimplex<Graph, int64_t, int64_t> code(graph);

		code.upperMap(upper).costMap(cost).supplyMap(supply);
		total = solve(code, &spent);
		whole = milliseconds() - begun;
	}
	else
	{
		lemon::CapacityScaling<Graph, int64_t, int64_t> code(graph);

		code.upperMap(upper).costMap(cost).supplyMap(supply);
		total = solve(code, &spent);
		whole = milliseconds() - begun;
	}
	printf("%.3f %.3f %lld\n", whole, spent, (long long) total);
	return 0;
}

int
main(int argc, char **argv)
{
	FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;

	if (file == NULL)
	{
		fprintf(stderr, "usage: assign_lemon simplex|scaling FILE\n");
		return 2;
	}
	try
	{
		return run(argv[1], file);
	}
	catch (const char *what)
	{
		fprintf(stderr, "assign_lemon: %s\n", what);
		return 1;
	}
}
