-- cell: forms, family, order and indexes, coverings, errors.
\set VERBOSITY default
SET client_min_messages = warning;
SET search_path = rui, public;

SELECT cell(118.78, 32.04, level), cell_level(cell(118.78, 32.04, level)), ST_AsText(cell_boundary(cell(118.78, 32.04, level)))
FROM generate_series(0, 5) AS level;
SELECT cell(118.78, 32.04, 30), cell('SRID=4326;POINT(118.78 32.04)'::geometry, 30) = cell(118.78, 32.04, 30) AS same,
	cell('POINT Z (118.78 32.04 7)'::geometry, 12), cell('POINT EMPTY'::geometry, 3);
SELECT cell(180, 0, 4) = cell(-180, 0, 4) AS antimeridian, cell(0, 90, 4) AS pole, cell(-0.0, 0, 0), cell(-1e-300, 0, 0);
SELECT ST_SRID(cell_boundary('1/03120')), cell_parent('1/03120', 2), cell_parent('1/03120', 5), cell_range('1/03120'), cell_range('1/');
SELECT array_agg(c) FROM cell_children('1/03') AS c;
SELECT array_agg(c) FROM cell_neighbours('1/03') AS c;
SELECT array_agg(c) FROM cell_neighbours('0/') AS c;
SELECT '1/03' @> '1/03120'::cell AS is_ancestor, '1/03120' <@ '1/03'::cell AS is_descendant, '1/03' @> '1/03'::cell AS itself,
	'1/03120' @> '1/03'::cell AS reversed, '0/03' @> '1/03120'::cell AS other_face, cell_low('1/0'), cell_high('1/0');

-- What is refused, and how it is said.
SELECT '2/0'::cell;
SELECT '1/04'::cell;
SELECT '1'::cell;
SELECT '1/0000000000000000000000000000000'::cell;
SELECT cell(181, 0, 3);
SELECT cell('NaN', 0, 3);
SELECT cell(0, 0, 31);
SELECT cell('SRID=3857;POINT(1 1)'::geometry, 3);
SELECT cell('LINESTRING(1 1,2 2)'::geometry, 3);
SELECT cell_parent('1/03', 3);
SELECT cell_children(cell(0, 0, 30));
SELECT cells_covering('LINESTRING(1 1,2 2)'::geometry, 3);
SELECT cells_covering('SRID=4326;POLYGON((0 0,200 0,0 10,0 0))'::geometry, 3);
SELECT count(*) FROM cells_covering('POLYGON((0 0,20 0,0 10,0 0))'::geometry, 29);

-- Coverings, against the squares themselves.
SELECT array_agg(c) FROM cells_covering('SRID=4326;POINT(118.78 32.04)'::geometry, 6) AS c;
SELECT count(*) FROM cells_covering('POLYGON EMPTY'::geometry, 6);
CREATE TABLE area AS SELECT i, ST_Buffer(ST_Point(-170 + 68 * i, -60 + 24 * i, 4326), 3 + i) AS a FROM generate_series(0, 5) AS i;
UPDATE area SET a = ST_Difference(a, ST_Buffer(ST_Centroid(a), 2));
SELECT i, level, count(*) > 0 AS found, bool_and(ST_Intersects(cell_boundary(c), a)) AS all_touch,
	ST_Covers(ST_Union(ST_Expand(cell_boundary(c), 1e-9)), a) AS cover
FROM area, generate_series(2, 8, 2) AS level, cells_covering(a, level) AS c GROUP BY i, level, a ORDER BY i, level;
SELECT count(*) FROM area, generate_series(1, 7) AS level, generate_series(1, 200) AS n,
	LATERAL (SELECT ST_PointN(ST_ExteriorRing(a), 1 + n % (ST_NPoints(ST_ExteriorRing(a)) - 1)) AS p) AS v
WHERE NOT EXISTS (SELECT FROM cells_covering(a, level) AS c WHERE c = cell(p, level));

-- The operator classes as laws.
CREATE TABLE placed AS SELECT cell(-180 + (i * 7919) % 360 + 0.25, -90 + (i * 104729) % 180 + 0.5, i % 31) AS c, i FROM generate_series(1, 3000) AS i;
SELECT count(*) FILTER (WHERE (cell_cmp(a.c, b.c) < 0) <> (a.c < b.c) OR (cell_cmp(a.c, b.c) = 0) <> (a.c = b.c)
		OR (cell_cmp(a.c, b.c) > 0) <> (a.c > b.c) OR (a.c <= b.c) <> (a.c < b.c OR a.c = b.c) OR (a.c >= b.c) <> (a.c > b.c OR a.c = b.c)
		OR (a.c <> b.c) = (a.c = b.c) OR cell_cmp(a.c, b.c) <> -cell_cmp(b.c, a.c)) AS order_wrong,
	count(*) FILTER (WHERE a.c = b.c AND (cell_hash(a.c) <> cell_hash(b.c) OR cell_hash_extended(a.c, 5) <> cell_hash_extended(b.c, 5))) AS hash_wrong,
	count(*) FILTER (WHERE (a.c @> b.c) <> (b.c::text LIKE a.c::text || '%')) AS containment_wrong,
	count(*) FILTER (WHERE (a.c @> b.c) <> (upper(cell_range(b.c)) <= upper(cell_range(a.c)) AND lower(cell_range(b.c)) >= lower(cell_range(a.c)))) AS range_wrong
FROM placed AS a, placed AS b WHERE a.i <= 300 AND b.i <= 600;
SELECT count(*) FROM (SELECT c, lag(c) OVER (ORDER BY c) AS before FROM placed) AS s WHERE before > c;

CREATE INDEX placed_btree ON placed USING btree (c);
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS amcheck;
RESET client_min_messages;
SELECT bt_index_check('placed_btree', true);
CREATE FUNCTION answers(indexes boolean) RETURNS TABLE (what text, n bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('enable_seqscan', (NOT indexes)::text, true), set_config('enable_indexscan', indexes::text, true),
		set_config('enable_bitmapscan', indexes::text, true), set_config('enable_indexonlyscan', indexes::text, true);
	RETURN QUERY EXECUTE 'SELECT ''<'', count(*) FROM placed WHERE c < ''1/03120'' UNION ALL SELECT ''<='', count(*) FROM placed WHERE c <= ''1/03120''
		UNION ALL SELECT ''='', count(*) FROM placed WHERE c = (SELECT c FROM placed WHERE i = 77) UNION ALL SELECT ''>='', count(*) FROM placed WHERE c >= ''1/03120''
		UNION ALL SELECT ''>'', count(*) FROM placed WHERE c > ''1/03120'' UNION ALL SELECT ''<@'', count(*) FROM placed WHERE c <@ ''1/0''
		UNION ALL SELECT ''@>'', count(*) FROM placed WHERE ''1/0'' @> c';
END
$$;
CREATE TABLE truth AS SELECT * FROM answers(false);
SELECT * FROM truth ORDER BY what COLLATE "C";
SELECT 'btree' AS index, * FROM answers(true) EXCEPT SELECT 'btree', * FROM truth;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS off) SELECT i FROM placed WHERE c <@ '1/03';
EXPLAIN (COSTS off) SELECT b.i FROM (SELECT '1/03'::cell AS outer_cell) AS a JOIN placed AS b ON a.outer_cell @> b.c;
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP INDEX placed_btree;
CREATE INDEX placed_hash ON placed USING hash (c);
SELECT 'hash' AS index, * FROM answers(true) EXCEPT SELECT 'hash', * FROM truth;
DROP INDEX placed_hash;
CREATE INDEX placed_brin ON placed USING brin (c) WITH (pages_per_range = 1);
SELECT 'brin' AS index, * FROM answers(true) EXCEPT SELECT 'brin', * FROM truth;
