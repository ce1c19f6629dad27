-- Territories with crooked common borders and random points, for
-- test/bench/gridmap: psql -v side=22 -v points=200000.
SET client_min_messages = warning;
DROP TABLE IF EXISTS bench_grid, bench_random, bench_spatial, bench_random_tenth, bench_spatial_tenth, bench_map;

-- Corner (i, j) of the tessellation, moved about.
CREATE OR REPLACE FUNCTION pg_temp.corner(i integer, j integer, OUT x float8, OUT y float8) LANGUAGE sql IMMUTABLE AS $$
	SELECT 118.7 + 0.003 * (i + 0.6 * (hashint8extended(i * 100003 + j, 1) & 65535) / 65536.0),
		32.0 + 0.003 * (j + 0.6 * (hashint8extended(i * 100003 + j, 2) & 65535) / 65536.0)
$$;
CREATE TABLE bench_grid AS
WITH side AS (
	-- each side once, from its lower corner: 30 points, the same for both neighbours
	SELECT i, j, d, k, c.x + k / 30.0 * (e.x - c.x) - bend * (e.y - c.y) AS x, c.y + k / 30.0 * (e.y - c.y) + bend * (e.x - c.x) AS y
	FROM generate_series(0, :side) AS i, generate_series(0, :side) AS j, generate_series(0, 1) AS d, generate_series(0, 30) AS k,
		pg_temp.corner(i, j) AS c, pg_temp.corner(i + 1 - d, j + d) AS e,
		LATERAL (SELECT 0.1 * sind(6 * k) * ((hashint8extended(((i * 1009 + j) * 2 + d) * 31 + k, 3) & 65535) / 65536.0 - 0.5)) AS b(bend)
), ring AS (
	SELECT i, j, 0 AS part, k AS at, x, y FROM side WHERE d = 0 AND k < 30
	UNION ALL SELECT i - 1, j, 1, k, x, y FROM side WHERE d = 1 AND k < 30
	UNION ALL SELECT i, j - 1, 2, 30 - k, x, y FROM side WHERE d = 0 AND k > 0
	UNION ALL SELECT i, j, 3, 30 - k, x, y FROM side WHERE d = 1 AND k > 0
), line AS (
	SELECT i, j, ST_MakeLine(ST_Point(x, y, 4326) ORDER BY part, at) AS l FROM ring WHERE i BETWEEN 0 AND :side - 1 AND j BETWEEN 0 AND :side - 1 GROUP BY i, j
)
SELECT ((i * 7919 + j * 104729) % 1000003)::bigint * 1000 + i AS id, ST_MakePolygon(ST_AddPoint(l, ST_StartPoint(l))) AS area FROM line;
CREATE INDEX ON bench_grid USING gist (area);

CREATE TABLE bench_random AS
SELECT n AS id, ST_X(p) AS x, ST_Y(p) AS y, p
FROM generate_series(1, :points) AS n, LATERAL (
	SELECT ST_Point(118.7 + 0.003 * :side * (hashint8extended(n, 4) & 1048575) / 1048576.0,
		32.0 + 0.003 * :side * (hashint8extended(n, 5) & 1048575) / 1048576.0, 4326)
) AS c(p);
CREATE TABLE bench_spatial AS SELECT * FROM bench_random ORDER BY p;
-- Every tenth, or one run of neighbours in ten.
CREATE TABLE bench_random_tenth AS SELECT * FROM bench_random WHERE id % 10 = 0;
CREATE TABLE bench_spatial_tenth AS
SELECT id, x, y, p FROM (SELECT *, row_number() OVER (ORDER BY p) / 100 AS run FROM bench_random) AS s WHERE run % 10 = 0 ORDER BY p;
ALTER TABLE bench_random ADD PRIMARY KEY (id);
CREATE TABLE bench_map AS SELECT rui.gridmap(id, area) AS map FROM bench_grid;
VACUUM ANALYZE bench_grid, bench_random, bench_spatial, bench_random_tenth, bench_spatial_tenth, bench_map;
CREATE OR REPLACE FUNCTION bench_variable(points regclass) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	m rui.gridmap := (SELECT map FROM bench_map);
	total numeric;
BEGIN
	IF points = 'bench_random'::regclass THEN
		SELECT sum(rui.locate(m, p)) INTO total FROM bench_random;
	ELSE
		SELECT sum(rui.locate(m, p)) INTO total FROM bench_spatial;
	END IF;
	RETURN total;
END
$$;
