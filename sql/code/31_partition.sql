-- Cutting a graph of buildings into connected parts of equal load
-- (src/core/partition.h, src/pg/partition.c).

CREATE TYPE rui.part AS (node bigint, part integer);
COMMENT ON TYPE rui.part IS 'A row of what rui.partition answers: the part, from 1, that a node belongs to.';
COMMENT ON COLUMN rui.part.node IS 'The node.';
COMMENT ON COLUMN rui.part.part IS 'Its part, from 1.';

CREATE TYPE rui.partition_measure AS (
	nodes bigint,
	parts bigint,
	edges bigint,
	cut_edges bigint,
	cut float8,
	mean_load float8,
	least_load float8,
	most_load float8,
	imbalance float8,
	disconnected bigint
);
COMMENT ON TYPE rui.partition_measure IS 'What rui.partition_quality measures.';
COMMENT ON COLUMN rui.partition_measure.nodes IS 'Number of nodes.';
COMMENT ON COLUMN rui.partition_measure.parts IS 'Number of different parts.';
COMMENT ON COLUMN rui.partition_measure.edges IS 'Number of edges, each counted once.';
COMMENT ON COLUMN rui.partition_measure.cut_edges IS 'Number of edges between different parts.';
COMMENT ON COLUMN rui.partition_measure.cut IS 'Weight of the edges between different parts.';
COMMENT ON COLUMN rui.partition_measure.mean_load IS 'Load of all nodes divided by the number of parts.';
COMMENT ON COLUMN rui.partition_measure.least_load IS 'Load of the lightest part.';
COMMENT ON COLUMN rui.partition_measure.most_load IS 'Load of the heaviest part.';
COMMENT ON COLUMN rui.partition_measure.imbalance IS 'Largest |load / mean - 1| of the parts: 0.01 is one per cent above or below; 0 without load.';
COMMENT ON COLUMN rui.partition_measure.disconnected IS 'Number of parts that are not connected.';

CREATE FUNCTION rui._partition_step(internal, node bigint, neighbours bigint[], load float8, parts integer) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_partition_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._partition_step(internal, bigint, bigint[], float8, integer) IS
'Internal: adds one node to the state of the aggregate rui.partition.';

CREATE FUNCTION rui._partition_step(internal, node bigint, neighbours bigint[], load float8, parts integer, edge_weights float8[], current integer, options jsonb) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_partition_step_long' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._partition_step(internal, bigint, bigint[], float8, integer, float8[], integer, jsonb) IS
'Internal: adds one node to the state of the longer aggregate rui.partition.';

CREATE FUNCTION rui._partition_final(internal) RETURNS rui.part[]
AS 'MODULE_PATHNAME', 'rui_partition_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._partition_final(internal) IS 'Internal: partitions the nodes that the aggregate rui.partition saw.';

CREATE AGGREGATE rui.partition(node bigint, neighbours bigint[], load float8, parts integer) (
	SFUNC = rui._partition_step,
	STYPE = internal,
	FINALFUNC = rui._partition_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.partition(bigint, bigint[], float8, integer) IS
'Cuts the graph of a group''s rows into parts that are connected and not empty, with loads within 1 % of their mean, above and below, where such can be found, and few edges between parts. node is an id, neighbours the nodes next to it (an edge given one way, both ways or twice counts once; null or empty: none), load its load (0 or more), parts their number, the same in all rows. Returns rows (node, part) by node; part 1 holds the smallest node, part 2 the smallest outside part 1, and so on. Deterministic, whatever the order of rows. Null without rows. Errors: 22004 for a null node, load or parts; 22023 for a node given twice, an edge from a node to itself or to one without a row, a negative or infinite load, parts below 1, above the number of nodes or below the number of components. Takes about 250 bytes a node and 100 an edge, beyond work_mem; at most some 10 million nodes.';

CREATE AGGREGATE rui.partition(node bigint, neighbours bigint[], load float8, parts integer, edge_weights float8[], current integer, options jsonb) (
	SFUNC = rui._partition_step,
	STYPE = internal,
	FINALFUNC = rui._partition_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.partition(bigint, bigint[], float8, integer, float8[], integer, jsonb) IS
'As rui.partition(node, neighbours, load, parts), and: edge_weights are the weights (0 or more) of the edges to the neighbours, in their order, null for 1 each; an edge given with several counts with the largest. current is the part that the node belongs to now, from 1, or null; parts are then numbered so that the most load stays with its owner. options, the same in all rows, may be null or hold {"tolerance":0.01,"seed":1,"stability":0}: tolerance (0 to 1) bounds |load / mean - 1|; another seed tries another way; stability is the cut weight that moving one unit of load to another owner must save: with more than 0 the search starts from the owners'' parts. Where the tolerance cannot be reached the best found is returned: ask rui.partition_quality. Errors as there; 22023 also for an unknown option and for a number of weights other than that of neighbours.';

CREATE FUNCTION rui._partition_quality_step(internal, node bigint, neighbours bigint[], load float8, part integer) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_partition_quality_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._partition_quality_step(internal, bigint, bigint[], float8, integer) IS
'Internal: adds one node to the state of the aggregate rui.partition_quality.';

CREATE FUNCTION rui._partition_quality_step(internal, node bigint, neighbours bigint[], load float8, part integer, edge_weights float8[]) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_partition_quality_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._partition_quality_step(internal, bigint, bigint[], float8, integer, float8[]) IS
'Internal: adds one node to the state of the aggregate rui.partition_quality with edge weights.';

CREATE FUNCTION rui._partition_quality_final(internal) RETURNS rui.partition_measure
AS 'MODULE_PATHNAME', 'rui_partition_quality_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION rui._partition_quality_final(internal) IS 'Internal: measures what the aggregate rui.partition_quality saw.';

CREATE AGGREGATE rui.partition_quality(node bigint, neighbours bigint[], load float8, part integer) (
	SFUNC = rui._partition_quality_step,
	STYPE = internal,
	FINALFUNC = rui._partition_quality_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.partition_quality(bigint, bigint[], float8, integer) IS
'Measures a partition, whoever made it: edges cut, loads, imbalance (largest |load / mean - 1|) and parts that are not connected, as rui.partition_measure. Arguments as rui.partition, with the part (0 or more) of each node. Null without rows; errors as rui.partition.';

CREATE AGGREGATE rui.partition_quality(node bigint, neighbours bigint[], load float8, part integer, edge_weights float8[]) (
	SFUNC = rui._partition_quality_step,
	STYPE = internal,
	FINALFUNC = rui._partition_quality_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.partition_quality(bigint, bigint[], float8, integer, float8[]) IS
'As rui.partition_quality(node, neighbours, load, part), with the weights of the edges to the neighbours, in their order.';
