-- Networks of ways: how far it is, who is nearest, and what hangs together
-- (src/core/network.h, src/pg/network.c).

CREATE TYPE rui.reach AS (node bigint, source bigint, length float8);
COMMENT ON TYPE rui.reach IS 'A row of what rui.catchment answers: whose catchment a node lies in.';
COMMENT ON COLUMN rui.reach.node IS 'The node.';
COMMENT ON COLUMN rui.reach.source IS 'The source that is nearest.';
COMMENT ON COLUMN rui.reach.length IS 'How far it is, in the unit of the edges'' lengths.';

CREATE FUNCTION rui._catchment_step(internal, node bigint, neighbour bigint, length float8) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_catchment_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._catchment_step(internal, bigint, bigint, float8) IS
'Internal: adds one edge or source to the state of the aggregate rui.catchment.';

CREATE FUNCTION rui._catchment_final(internal) RETURNS rui.reach[]
AS 'MODULE_PATHNAME', 'rui_catchment_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._catchment_final(internal) IS 'Internal: finds the ways in the network that the aggregate rui.catchment saw.';

CREATE AGGREGATE rui.catchment(node bigint, neighbour bigint, length float8) (
	SFUNC = rui._catchment_step,
	STYPE = internal,
	FINALFUNC = rui._catchment_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.catchment(bigint, bigint, float8) IS
'Whose catchment each node of a network lies in: which source the shortest way leads to. A row is an edge between node and neighbour of that length (0 or more, in any unit, the same both ways), or, with neighbour null, says that node is a source, length having been walked before it is left. Returns rows (node, source, length) by node for all nodes that a way leads to; of equally near sources the lowest. A catchment hangs together by the edges within it. Empty without sources, null without rows. Errors: 22004 for a null node or length, 22023 for a length that is negative or not finite. Takes about 80 bytes a node and 50 an edge, beyond work_mem.';

CREATE FUNCTION rui._distances_step(internal, node bigint, neighbour bigint, length float8, sources bigint[], targets bigint[]) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_distances_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._distances_step(internal, bigint, bigint, float8, bigint[], bigint[]) IS
'Internal: adds one edge to the state of the aggregate rui.distances.';

CREATE FUNCTION rui._distances_final(internal) RETURNS float8[]
AS 'MODULE_PATHNAME', 'rui_distances_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._distances_final(internal) IS 'Internal: finds the shortest ways in the network that the aggregate rui.distances saw.';

CREATE AGGREGATE rui.distances(node bigint, neighbour bigint, length float8, sources bigint[], targets bigint[]) (
	SFUNC = rui._distances_step,
	STYPE = internal,
	FINALFUNC = rui._distances_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.distances(bigint, bigint, float8, bigint[], bigint[]) IS
'How far it is from each of many nodes to each of many others. A row is an edge between node and neighbour of that length (0 or more, in any unit, the same both ways); sources and targets are the same in all rows. Returns an array of two dimensions: [i][j] is the length of the shortest way from sources[i] to targets[j], Infinity where no way leads; a node that is on no edge reaches itself only. Empty without sources or targets, null without rows. One search (Dijkstra) a source, or a target where these are fewer, which ends when all others are met. Errors: 22004 for a null or an array with nulls, 22023 for a length that is negative or not finite or for arrays that change, 54000 above 134 million answers. Takes about 80 bytes a node, 50 an edge and 16 an answer, beyond work_mem.';

CREATE FUNCTION rui._elements(elements float8[], places integer[]) RETURNS float8[]
AS 'MODULE_PATHNAME', 'rui_elements' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._elements(float8[], integer[]) IS
'Internal: the elements of an array at some places, from 1; Infinity below 1 and beyond the end. The array is read once, however many are asked for. Error 22004 for a null within.';

CREATE FUNCTION rui._components_step(internal, node bigint, neighbour bigint) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_components_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._components_step(internal, bigint, bigint) IS
'Internal: adds one edge or node to the state of the aggregate rui.components.';

CREATE FUNCTION rui._components_final(internal) RETURNS rui.part[]
AS 'MODULE_PATHNAME', 'rui_components_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._components_final(internal) IS 'Internal: finds the components of the network that the aggregate rui.components saw.';

CREATE AGGREGATE rui.components(node bigint, neighbour bigint) (
	SFUNC = rui._components_step,
	STYPE = internal,
	FINALFUNC = rui._components_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.components(bigint, bigint) IS
'What of a network hangs together. A row is an edge between node and neighbour, or, with neighbour null, a node that may have none. Returns rows (node, part) by node: part is the number of the node''s component, from 1, in the order of their smallest nodes. Null without rows. Error 22004 for a null node.';
