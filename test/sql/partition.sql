-- partition: connected parts of equal load; the errors; the measures.
\set VERBOSITY default
SET client_min_messages = warning;
SET search_path = rui, public;

-- Small graphs with one answer.
CREATE TABLE path AS SELECT i::bigint AS node, CASE WHEN i < 6 THEN ARRAY[i + 1]::bigint[] END AS next FROM generate_series(1, 6) AS i;
SELECT partition(node, next, 1, 1) FROM path;
SELECT partition(node, next, 1, 2) FROM path;
SELECT partition(node, next, 1, 3 ORDER BY node DESC) FROM path;
SELECT partition(node, next, 1, 6) FROM path;
SELECT partition(node, next, CASE node WHEN 1 THEN 5 ELSE 1 END, 2) FROM path;
SELECT partition(7, NULL, 0, 1), partition(7, '{}', 3, 1), (SELECT partition(node, next, 1, 1) FROM path WHERE false);
-- No load at all: every node counts the same. Two components and three parts.
SELECT partition(node, next, 0, 2) FROM path;
SELECT partition(node, CASE WHEN node <> 2 THEN next END, 1, 3) FROM path;

-- An edge counts once, one way, both ways or twice, with its largest weight.
SELECT partition_quality(node, next, 1, CASE WHEN node < 4 THEN 1 ELSE 2 END) FROM path;
SELECT partition_quality(node, ARRAY(SELECT n FROM generate_series(1, 6) AS n, generate_series(1, 2) WHERE abs(n - node) = 1), 1,
	CASE WHEN node < 4 THEN 1 ELSE 2 END) FROM path;
SELECT (q).cut, (q).cut_edges FROM (SELECT partition_quality(node, ARRAY[CASE WHEN node < 6 THEN node + 1 ELSE 5 END], 2.5,
	(node > 5)::integer, ARRAY[node * 0.5]) AS q FROM path) AS s;
SELECT (q).parts, (q).disconnected, (q).imbalance FROM (SELECT partition_quality(node, next, node, (node % 2)::integer) AS q FROM path) AS s;

-- Numbers by owner, and what stability keeps.
SELECT partition(node, next, 1, 2, NULL, CASE WHEN node < 3 THEN 2 ELSE 1 END, NULL) FROM path;
SELECT partition(node, next, 1, 2, NULL, CASE WHEN node < 3 THEN 2 ELSE 1 END, '{"tolerance":0.5,"stability":10}') FROM path;
SELECT partition(node, next, 1, 3, NULL, CASE WHEN node < 3 THEN 9 END, '{"stability":1}') FROM path;

-- What is refused, and how it is said.
SELECT partition(node, next, 1, 0) FROM path;
SELECT partition(node, next, 1, 7) FROM path;
SELECT partition(node, next, 1, node::integer) FROM path;
SELECT partition(node, NULL, 1, 3) FROM path;
SELECT partition(node, ARRAY[node], 1, 1) FROM path;
SELECT partition(node, ARRAY[node + 1], 1, 1) FROM path;
SELECT partition(node / 2, NULL, 1, 1) FROM path;
SELECT partition(node, next, -node, 1) FROM path;
SELECT partition(node, next, 'NaN', 1) FROM path;
SELECT partition(node, next, 'Infinity', 1) FROM path;
SELECT partition(NULL, next, 1, 1) FROM path;
SELECT partition(node, next, NULL, 1) FROM path;
SELECT partition(node, next, 1, NULL) FROM path;
SELECT partition(node, ARRAY[NULL, node + 1], 1, 1) FROM path;
SELECT partition(node, next, 1, 2, ARRAY[1, 2], NULL, NULL) FROM path;
SELECT partition(node, next, 1, 2, CASE WHEN node < 6 THEN ARRAY[-1] END, NULL, NULL) FROM path;
SELECT partition(node, next, 1, 2, NULL, 0, NULL) FROM path;
SELECT partition(node, next, 1, 2, NULL, NULL, '{"tolerence":0.1}') FROM path;
SELECT partition(node, next, 1, 2, NULL, NULL, '{"tolerance":-0.1}') FROM path;
SELECT partition(node, next, 1, 2, NULL, NULL, '{"tolerance":"0.1"}') FROM path;
SELECT partition(node, next, 1, 2, NULL, NULL, jsonb_build_object('seed', node)) FROM path;
SELECT partition_quality(node, next, 1, NULL) FROM path;
SELECT partition_quality(node, next, 1, -1) FROM path;

-- A town: streets with gaps, households of different size. Every part is
-- connected and not empty, every node stands once, loads are within 1 %.
CREATE TABLE town AS
WITH place AS (
	SELECT x, y, 60 * x + y AS node, 10 + (x * 7919 + y * 104729) % 31 AS load FROM generate_series(0, 59) AS x, generate_series(0, 59) AS y
	WHERE (x * 31 + y * 17) % 23 <> 0
)
SELECT p.node::bigint, p.load::float8, array_agg(q.node::bigint) AS neighbours
FROM place AS p JOIN place AS q ON abs(p.x - q.x) + abs(p.y - q.y) = 1 AND (p.node + q.node) % 19 <> 3 GROUP BY p.node, p.load;
DELETE FROM town AS t WHERE NOT EXISTS (SELECT FROM town AS n WHERE n.node = ANY (t.neighbours));

CREATE FUNCTION check_town(parts integer, options jsonb, OUT every_node_once boolean, OUT parts_found bigint, OUT disconnected bigint, OUT within boolean)
LANGUAGE sql BEGIN ATOMIC
	WITH answer AS MATERIALIZED (
		SELECT (p).node, (p).part FROM (SELECT unnest(rui.partition(t.node, t.neighbours, t.load, parts, NULL, NULL, options)) AS p FROM town AS t) AS a
	), measured AS (
		SELECT rui.partition_quality(t.node, t.neighbours, t.load, a.part) AS q FROM town AS t JOIN answer AS a USING (node)
	)
	SELECT (SELECT count(*) = count(DISTINCT node) AND count(*) = (SELECT count(*) FROM town) AND min(part) = 1 AND max(part) = parts FROM answer),
		(q).parts, (q).disconnected, (q).imbalance <= coalesce((options ->> 'tolerance')::float8, 0.01) FROM measured;
END;
SELECT n, c.* FROM (VALUES (1), (2), (7), (30), (100)) AS v(n), check_town(n, NULL) AS c;
SELECT c.* FROM check_town(12, '{"tolerance":0.0005,"seed":5}') AS c;
SELECT c.* FROM check_town(3000, '{"tolerance":1}') AS c;
-- The same answer whatever the order of the rows.
SELECT count(DISTINCT p) FROM (SELECT partition(node, neighbours, load, 9 ORDER BY node) AS p FROM town UNION ALL
	SELECT partition(node, neighbours, load, 9 ORDER BY md5(node::text)) FROM town) AS s;
