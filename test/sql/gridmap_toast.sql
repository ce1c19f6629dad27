-- What of a stored map a statement reads: little, where it locates little.
SET client_min_messages = warning;
CREATE SCHEMA gridmap_toast;
SET search_path = gridmap_toast, rui, public;

-- Pages that a query touched.
CREATE FUNCTION pages(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
END
$$;
CREATE TABLE shape AS
SELECT row_number() OVER (ORDER BY ST_XMin(d.geom), ST_YMin(d.geom)) AS id, d.geom AS area
FROM ST_Dump(ST_VoronoiPolygons(ST_GeneratePoints(ST_MakeEnvelope(0, 0, 1000, 1000), 3000, 5))) AS d;
CREATE TABLE plan (id integer PRIMARY KEY, map gridmap);
INSERT INTO plan SELECT 1, gridmap(id, area) FROM shape;
INSERT INTO plan SELECT 2, gridmap(-id, area) FROM shape;
CREATE TABLE trial AS
SELECT n, ST_Point(hashint4extended(n, 1) & 1023, hashint4extended(n, 2) & 1023) AS p FROM generate_series(1, 3000) AS n;
VACUUM ANALYZE plan, trial;
SELECT pg_column_size(map) / 8192 > 100 AS is_large FROM plan WHERE id = 1 \gset
\echo :is_large

-- A map that the session keeps is read whole once, then hardly.
SELECT pages('SELECT locate(map, 500, 500) FROM plan WHERE id = 1') > 100 AS first,
	pages('SELECT locate(map, 501, 500) FROM plan WHERE id = 1') < 10 AS second,
	pages('SELECT locate(map, p) FROM plan, trial WHERE plan.id = 1 AND n <= 300') < 40 AS many;

-- One that is too large to keep is read where it is needed.
SET rui.compiled_memory = '1MB';
SELECT pages('SELECT locate(map, 500, 500) FROM plan WHERE id = 2') < 40 AS first,
	pages('SELECT locate(map, 501, 500) FROM plan WHERE id = 2') < 40 AS second,
	pages('SELECT count(locate(map, 500 + n / 1000.0, 500)) FROM plan, trial WHERE plan.id = 2') < 100 AS neighbours,
	pages('SELECT count(locate(map, p)) FROM plan, trial WHERE plan.id = 2') > 100 AS everywhere;
-- Asked by a function that holds it in a variable, one point a statement.
CREATE FUNCTION walk(plan_id integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	m gridmap := (SELECT map FROM plan WHERE id = plan_id);
	total bigint := 0;
	place geometry;
BEGIN
	FOR place IN SELECT p FROM trial WHERE n <= 20 LOOP
		total := total + coalesce(locate(m, place), 0);
	END LOOP;
	RETURN total;
END
$$;
SELECT pages('SELECT walk(2)') < 300 AS few, walk(2) = (SELECT sum(coalesce(locate(map, p), 0)) FROM plan, trial WHERE id = 2 AND n <= 20) AS same;

-- The answers are the same, however the map is read.
CREATE TABLE answer AS
SELECT n, locate(map, p) AS in_parts FROM plan, trial WHERE id = 2;
SELECT count(*), count(in_parts) > 2000 AS covered FROM answer;
SELECT map AS text FROM plan WHERE id = 2 \gset
SELECT count(*) FROM answer JOIN trial USING (n) WHERE in_parts IS DISTINCT FROM locate(:'text', p);
DO $$
DECLARE
	m gridmap := (SELECT map FROM plan WHERE id = 2);
	same boolean;
BEGIN
	ASSERT (SELECT bool_and(in_parts IS NOT DISTINCT FROM locate(m, p)) FROM answer JOIN trial USING (n)), 'variable';
	EXECUTE 'SELECT bool_and(in_parts IS NOT DISTINCT FROM locate($1, p)) FROM answer JOIN trial USING (n)' INTO same USING m;
	ASSERT same, 'parameter';
END
$$;
SELECT count(*) FROM answer JOIN trial USING (n) WHERE in_parts IS DISTINCT FROM (SELECT min(-id) FROM shape WHERE ST_Covers(area, p));
-- Two maps in turn at one call site.
SELECT count(*) FROM trial JOIN answer USING (n), plan WHERE locate(map, p) IS DISTINCT FROM CASE id WHEN 1 THEN -(SELECT max(-id) FROM shape WHERE ST_Covers(area, p)) ELSE in_parts END;
SELECT count(DISTINCT locate(map, p)) > 1000 AS two FROM (SELECT * FROM plan, trial WHERE n <= 1000 ORDER BY n, id) AS s;

-- Compressed, a map is read whole; the answers stay.
ALTER TABLE plan ALTER map SET STORAGE EXTENDED;
UPDATE plan SET map = map::text::gridmap WHERE id = 2;
SELECT count(*) FROM answer JOIN trial USING (n), plan WHERE id = 2 AND in_parts IS DISTINCT FROM locate(map, p);
-- A map that changes answers anew.
ALTER TABLE plan ALTER map SET STORAGE EXTERNAL;
UPDATE plan SET map = (SELECT gridmap(id + 100000, area) FROM shape) WHERE id = 2;
SELECT bool_and(locate(map, p) = 100000 - in_parts) FROM answer JOIN trial USING (n), plan WHERE id = 2;
RESET rui.compiled_memory;
SELECT bool_and(locate(map, p) = 100000 - in_parts) FROM answer JOIN trial USING (n), plan WHERE id = 2;
