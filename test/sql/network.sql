-- network: how far it is, whose catchment a node lies in, and what hangs
-- together.
\set VERBOSITY default
SET client_min_messages = warning;
SET search_path = rui, public;

-- A path of six with sources at its ends; one of them has a head start to make up.
CREATE TABLE way (node bigint, neighbour bigint, length float8);
INSERT INTO way SELECT i, i + 1, 10 FROM generate_series(1, 5) AS i;
SELECT catchment(w.node, w.neighbour, w.length) FROM (TABLE way UNION ALL VALUES (1, NULL::bigint, 0), (6, NULL, 0)) AS w;
SELECT catchment(w.node, w.neighbour, w.length) FROM (TABLE way UNION ALL VALUES (1, NULL::bigint, 0), (6, NULL, 25)) AS w;
-- Equally near: the lowest; of a source or an edge given twice: the shortest.
SELECT catchment(w.node, w.neighbour, w.length) FROM (VALUES (9::bigint, 5::bigint, 1.0::float8), (5, 7, 1), (9, NULL, 0), (7, NULL, 0), (7, NULL, 3), (5, 9, 4)) AS w(node, neighbour, length);
-- What no way leads to is not there.
SELECT catchment(w.node, w.neighbour, w.length) FROM (TABLE way UNION ALL VALUES (10, 11, 1), (11, NULL, 0)) AS w;
SELECT catchment(w.node, w.neighbour, w.length) FROM way AS w;
SELECT catchment(w.node, w.neighbour, w.length) FROM way AS w WHERE false;

-- From each to each: along the path, to itself, where no way leads, what no
-- edge names; several times where asked several times.
SELECT distances(w.node, w.neighbour, w.length, '{1,6,10,77}', '{6,2,1,11,77,6}') FROM (TABLE way UNION ALL VALUES (10, 11, 1)) AS w;
-- The shorter of two ways, of parallel edges, past a loop.
SELECT distances(w.node, w.neighbour, w.length, '{1}', '{3,4}')
FROM (VALUES (1::bigint, 2::bigint, 1.0::float8), (2, 3, 1), (1, 3, 2.5), (3, 3, 5), (3, 4, 7), (4, 3, 0.5)) AS w(node, neighbour, length);
SELECT distances(w.node, w.neighbour, w.length, '{}', '{1}') FROM way AS w;
SELECT distances(w.node, w.neighbour, w.length, '{1}', '{2}') FROM way AS w WHERE false;
SELECT distances(w.node, w.neighbour, w.length, '{1}', ARRAY[w.node]) FROM way AS w;
SELECT distances(w.node, w.neighbour, w.length, '{1,NULL}', '{2}') FROM way AS w;
SELECT distances(w.node, w.neighbour, w.length, '{1}', NULL) FROM way AS w;
SELECT distances(1, NULL, 1, '{1}', '{1}');
SELECT distances(1, 2, -1, '{1}', '{1}');

SELECT _elements('{1,2.5,7}', '{3,1,0,4,3}'), _elements('{}', '{1}'), _elements('{1}', '{}'), _elements('{1}', NULL);
SELECT _elements('{1}', '{1,NULL}');

SELECT components(w.node, w.neighbour) FROM (SELECT node, neighbour FROM way WHERE node <> 3 UNION ALL VALUES (-4::bigint, NULL::bigint), (20, 20)) AS w;
SELECT components(w.node, w.neighbour) FROM way AS w WHERE false;

-- By groups, as every aggregate.
SELECT node % 2 AS half, components(node, node + 2) FROM way GROUP BY 1 ORDER BY 1;

SELECT catchment(NULL, 1, 1);
SELECT catchment(1, 2, NULL);
SELECT catchment(1, 2, -1);
SELECT catchment(1, NULL, 'NaN');
SELECT components(NULL, 1);

-- A lattice of 40,000 nodes: the way around the corner is as long as its
-- coordinates say.
SELECT count(*), bool_and(r.length = least(r.node / 200 + r.node % 200, 199 - r.node / 200 + 199 - r.node % 200))
FROM unnest((SELECT catchment(e.node, e.neighbour, e.length) FROM (
	SELECT n::bigint AS node, n + 1::bigint AS neighbour, 1::float8 AS length FROM generate_series(0, 39999) AS n WHERE n % 200 < 199
	UNION ALL SELECT n, n + 200, 1 FROM generate_series(0, 39799) AS n
	UNION ALL VALUES (0, NULL::bigint, 0), (39999, NULL, 0)) AS e)) AS r;
SELECT distances(e.node, e.neighbour, e.length, '{0,20100}', '{39999,199,0}') FROM (
	SELECT n::bigint AS node, n + 1::bigint AS neighbour, 1::float8 AS length FROM generate_series(0, 39999) AS n WHERE n % 200 < 199
	UNION ALL SELECT n, n + 200, 1 FROM generate_series(0, 39799) AS n) AS e;
DROP TABLE way;
