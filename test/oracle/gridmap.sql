-- gridmap against ST_Covers: the lowest grid that covers each of many points
-- on, beside and level with borders, for families of shapes of every form.
-- Run in a database with the extension:
--	psql -X -v ON_ERROR_STOP=1 -v seed=0.5 -v points=1000000 -f test/oracle/gridmap.sql
-- points of each family (default 50000). Prints a line a family and fails
-- when one point differs.
\if :{?seed}
\else
\set seed 0.5
\endif
\if :{?points}
\else
\set points 50000
\endif
\set QUIET on
SET client_min_messages = warning;
SET search_path = pg_temp, public, rui;
SET max_parallel_workers_per_gather = 0;
SELECT setseed(:seed) \g /dev/null

CREATE FUNCTION pg_temp.uniform(low float8, high float8) RETURNS float8 LANGUAGE sql VOLATILE AS
$$SELECT low + (high - low) * random()$$;
CREATE FUNCTION pg_temp.ring(xs float8[], ys float8[]) RETURNS geometry LANGUAGE sql IMMUTABLE AS $$
	SELECT ST_MakePolygon(ST_MakeLine(ARRAY(SELECT ST_Point(xs[1 + i % cardinality(xs)], ys[1 + i % cardinality(xs)])
		FROM generate_series(0, cardinality(xs)) AS i ORDER BY i)))
$$;
-- A star of n corners; spread 0: all corners on a circle.
CREATE FUNCTION pg_temp.star(x float8, y float8, radius float8, n integer, spread float8) RETURNS geometry LANGUAGE sql VOLATILE AS $$
	SELECT pg_temp.ring(array_agg(x + r * cos(a) ORDER BY i), array_agg(y + r * sin(a) ORDER BY i))
	FROM (SELECT i, 2 * pi() * (i + 0.8 * random()) / n AS a, radius * (1 - spread * random()) AS r FROM generate_series(1, n) AS i) AS s
$$;
CREATE TEMP TABLE shape (family text, id bigint, area geometry);

INSERT INTO shape
SELECT 'convex', i * 7919 % 101, pg_temp.star(pg_temp.uniform(0, 100), pg_temp.uniform(0, 100), pg_temp.uniform(2, 20), 3 + i % 40, 0) FROM generate_series(1, 200) AS i;
INSERT INTO shape
SELECT 'stars', i * 7919 % 101, pg_temp.star(118.7 + 0.1 * random(), 32 + 0.1 * random(), pg_temp.uniform(0.001, 0.02), 4 + i % 60, 0.7)
FROM generate_series(1, 200) AS i;
-- What random lines divide a square into, and random unions of it: simple
-- rings of any form, with holes, and corners that rounding moved off the lines.
INSERT INTO shape
SELECT 'faces', (row_number() OVER (ORDER BY d.path)) * 7919 % 1009, d.geom
FROM ST_Dump((SELECT ST_Polygonize(n.lines) FROM (
	SELECT ST_Node(ST_Collect(ST_MakeLine(ST_Point(10 * random(), 10 * random()), ST_Point(10 * random(), 10 * random())))) AS lines
	FROM generate_series(1, 60)) AS n)) AS d;
INSERT INTO shape
SELECT 'unions', g, ST_Multi(ST_Union(area)) FROM (SELECT 1 + floor(12 * random()) AS g, area FROM shape WHERE family = 'faces') AS s GROUP BY g;
INSERT INTO shape
SELECT 'spirals', i, pg_temp.ring(array_agg(x + r * cos(a) ORDER BY k), array_agg(y + r * sin(a) ORDER BY k))
FROM (
	SELECT i, k, 3 * i AS x, i % 3 AS y, least(k, 599 - k) / 15.0 AS a,
		0.2 + least(k, 599 - k) / 150.0 + CASE WHEN k >= 300 THEN 0.1 ELSE 0 END AS r
	FROM generate_series(1, 6) AS i, generate_series(0, 599) AS k
) AS s GROUP BY i;
-- Holes in a row that touch each other and the shell in a corner; rings in rings.
INSERT INTO shape
SELECT 'holes', i, ST_MakePolygon(ST_MakeLine(ARRAY[ST_Point(x, 0), ST_Point(x + 9, 0), ST_Point(x + 9, 6), ST_Point(x, 6), ST_Point(x, 0)]),
	ARRAY(SELECT ST_MakeLine(ARRAY[ST_Point(x + 2 * k, 3), ST_Point(x + 2 * k + 1, 1 + k * 0.3), ST_Point(x + 2 * k + 2, 3), ST_Point(x + 2 * k + 1, 5), ST_Point(x + 2 * k, 3)])
		FROM generate_series(0, 3) AS k))
FROM (SELECT i, i * 7.3 + random() AS x FROM generate_series(1, 12) AS i) AS s;
INSERT INTO shape
SELECT 'holes', 50 - i, ST_Multi(ST_SymDifference(ST_SymDifference(ST_Buffer(c, 8), ST_Buffer(c, 6)), ST_SymDifference(ST_Buffer(c, 4), ST_Buffer(c, 2))))
FROM (SELECT i, ST_Point(100 * random(), 6 * random()) AS c FROM generate_series(1, 12) AS i) AS s;
INSERT INTO shape
SELECT 'scattered', g, ST_Multi(ST_Union(area))
FROM (SELECT i % 23 AS g, pg_temp.star(pg_temp.uniform(0, 300), pg_temp.uniform(0, 300), pg_temp.uniform(1, 9), 3 + i % 9, 0.5) AS area FROM generate_series(1, 700) AS i) AS s
GROUP BY g;
-- 1e-13 wide, with points at both ends; PostGIS's cache skips edges of that length.
INSERT INTO shape
SELECT 'slivers', i, pg_temp.ring(ARRAY[x - u, x - v * w, x + u, x + v * w], ARRAY[y - v, y + u * w, y + v, y - u * w])
FROM (SELECT i, random() AS x, random() AS y, cos(a) AS u, sin(a) AS v, 10 ^ pg_temp.uniform(-13, -10) AS w
	FROM (SELECT i, pg_temp.uniform(0, 2 * pi()) AS a FROM generate_series(1, 60) AS i) AS t) AS s;
INSERT INTO shape
SELECT 'needles', i, ST_GeomFromText(format('POLYGON((0 %1$s,100 %1$s,100 %2$s,0 %1$s))', y, y + 1e-13 * (1 + i % 9)))
FROM (SELECT i, i * 1e-9 AS y FROM generate_series(1, 200) AS i) AS s;
-- Tessellations whose neighbours share every vertex.
INSERT INTO shape
SELECT 'degrees', (row_number() OVER ()) * 7919 % 1009, d.geom
FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(118.7 + 0.2 * random(), 32.0 + 0.2 * random()))) FROM generate_series(1, 800))) AS d;
INSERT INTO shape
SELECT 'metres', (row_number() OVER ()) * 7919 % 1009, d.geom
FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(4e5 + 9e3 * random(), 3.5e6 + 9e3 * random()))) FROM generate_series(1, 800))) AS d;
-- As many as a city has, with more vertices on the borders than corners, that
-- neighbours do not share but for rounding.
INSERT INTO shape
SELECT 'town', (row_number() OVER ()) * 7919 % 20011, ST_Segmentize(d.geom, 0.0003)
FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(118.7 + 0.2 * random(), 32.0 + 0.2 * random()))) FROM generate_series(1, 20000))) AS d;
-- Rooms of rooms: corners on the walls of others.
INSERT INTO shape
WITH RECURSIVE room AS (
	SELECT 0 AS depth, 4e5::float8 AS x0, 3.5e6::float8 AS y0, 4e5 + 3000::float8 AS x1, 3.5e6 + 2000::float8 AS y1
	UNION ALL
	SELECT depth + 1, CASE WHEN wide AND k = 1 THEN x0 + part * (x1 - x0) ELSE x0 END, CASE WHEN NOT wide AND k = 1 THEN y0 + part * (y1 - y0) ELSE y0 END,
		CASE WHEN wide AND k = 0 THEN x0 + part * (x1 - x0) ELSE x1 END, CASE WHEN NOT wide AND k = 0 THEN y0 + part * (y1 - y0) ELSE y1 END
	FROM (SELECT r.*, x1 - x0 > y1 - y0 AS wide, 0.2 + 0.6 * (hashfloat8extended(x0 + 3 * y0 + 7 * x1, depth) & 65535) / 65536.0 AS part FROM room AS r WHERE depth < 8) AS s,
		generate_series(0, 1) AS k
)
SELECT 'rooms', (row_number() OVER ()) * 37 % 251, ST_MakeEnvelope(x0, y0, x1, y1) FROM room WHERE depth = 8;
INSERT INTO shape
SELECT 'squares', i * 7919 % 4099, ST_MakeEnvelope(i % 64, i / 64, i % 64 + 1, i / 64 + 1) FROM generate_series(0, 4095) AS i;
INSERT INTO shape
SELECT 'boxes', i, ST_MakeEnvelope(x, y, x + 1 + floor(4 * random()), y + 1 + floor(4 * random()))
FROM (SELECT i, floor(40 * random()) AS x, floor(40 * random()) AS y FROM generate_series(1, 500) AS i) AS c;
INSERT INTO shape SELECT 'huge', id, ST_Translate(ST_Scale(area, 1e40, 1e40), -3e41, 2e41) FROM shape WHERE family = 'scattered';
INSERT INTO shape SELECT 'tiny', id, ST_Scale(area, 1e-6, 1e-6) FROM shape WHERE family = 'convex';
INSERT INTO shape
SELECT 'world', i, CASE i % 4
	WHEN 0 THEN ST_MakeEnvelope(-180, s, e, s + 20) WHEN 1 THEN ST_MakeEnvelope(e, -90, 180, s)
	WHEN 2 THEN ST_Multi(ST_Collect(ST_MakeEnvelope(170, s, 180, 90), ST_MakeEnvelope(-180, s, -170 + i % 9, 90)))
	ELSE ST_GeomFromText(format('POLYGON((-180 90,-180 %1$s,%2$s 55.5,0 %1$s,180 %1$s,180 90,-180 90))', 60 + i % 20, -90 - i % 45)) END
FROM (SELECT i, floor(pg_temp.uniform(-89, 69)) AS s, floor(pg_temp.uniform(-179, 179)) AS e FROM generate_series(1, 60) AS i) AS t;
-- One area for many grids, and grids that all meet in one point.
INSERT INTO shape
SELECT 'ties', (i * 7919 + k) % 1009, area FROM (SELECT i, area FROM (SELECT i, pg_temp.star(pg_temp.uniform(0, 9), pg_temp.uniform(0, 9), 2, 9, 0.5) AS area FROM generate_series(1, 9) AS i) AS s) AS s,
	generate_series(1, 6) AS k;
INSERT INTO shape
SELECT 'ties', (i * 7919) % 1009, pg_temp.ring(ARRAY[4.3, 4.3 + 5 * cosd(6 * i), 4.3 + 5 * cosd(6 * i + 6)], ARRAY[5.1, 5.1 + 5 * sind(6 * i), 5.1 + 5 * sind(6 * i + 6)])
FROM generate_series(1, 60) AS i;
DELETE FROM shape WHERE ST_IsEmpty(area) OR NOT ST_IsValid(area);

-- Each call on its own, so that PostGIS keeps no polygon from the call before.
CREATE FUNCTION pg_temp.covers_afresh(area geometry, point geometry) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS
$$SELECT ST_Covers(area, point)$$;

CREATE TEMP TABLE edge (n integer PRIMARY KEY, x1 float8, y1 float8, x2 float8, y2 float8);
CREATE TEMP TABLE trial (n integer, p geometry);
CREATE INDEX trial_p ON trial USING gist (p);
CREATE FUNCTION pg_temp.judge(named text, points integer, OUT grids bigint, OUT vertices bigint, OUT covered bigint, OUT wrong bigint)
LANGUAGE plpgsql AS $$
DECLARE
	box box2d := (SELECT ST_Extent(area) FROM shape WHERE family = named);
	edges integer;
BEGIN
	TRUNCATE edge, trial;
	INSERT INTO edge SELECT row_number() OVER (), ST_X(ST_StartPoint(g)), ST_Y(ST_StartPoint(g)), ST_X(ST_EndPoint(g)), ST_Y(ST_EndPoint(g))
	FROM (SELECT (ST_DumpSegments(area)).geom AS g FROM shape WHERE family = named) AS s;
	GET DIAGNOSTICS edges = ROW_COUNT;
	DROP INDEX pg_temp.trial_p;
	INSERT INTO trial
	SELECT n, ST_Point(CASE kind
			WHEN 0 THEN pg_temp.uniform(ST_XMin(box), ST_XMax(box)) WHEN 1 THEN pg_temp.uniform(ST_XMin(box), ST_XMax(box)) WHEN 2 THEN x1 WHEN 3 THEN x1
			WHEN 4 THEN (x1 + x2) / 2 WHEN 5 THEN x WHEN 6 THEN x * (1 + 2.0 ^ -52 * floor(pg_temp.uniform(-3, 4))) ELSE x + (y2 - y1) * off END,
		CASE kind
			WHEN 0 THEN pg_temp.uniform(ST_YMin(box), ST_YMax(box)) WHEN 1 THEN y1 WHEN 2 THEN pg_temp.uniform(ST_YMin(box), ST_YMax(box)) WHEN 3 THEN y1
			WHEN 4 THEN (y1 + y2) / 2 WHEN 5 THEN y WHEN 6 THEN y * (1 + 2.0 ^ -52 * floor(pg_temp.uniform(-3, 4))) ELSE y - (x2 - x1) * off END)
	FROM (
		SELECT c.n, c.kind, c.off, e.*, e.x1 + c.t * (e.x2 - e.x1) AS x, e.y1 + c.t * (e.y2 - e.y1) AS y
		FROM (SELECT i, 1 + floor(edges * random())::integer AS edge_n, i % 8 AS kind, random() AS t, 10 ^ pg_temp.uniform(-16, -3) AS off FROM generate_series(1, points) AS i) AS c(n, edge_n, kind, t, off)
		JOIN edge AS e(edge, x1, y1, x2, y2) ON e.edge = c.edge_n
	) AS s;
	CREATE INDEX trial_p ON trial USING gist (p);
	ANALYZE trial;
	SELECT count(*), sum(ST_NPoints(area)) INTO grids, vertices FROM shape WHERE family = named;
	WITH expected AS MATERIALIZED (
		SELECT t.n, min(s.id) AS id
		FROM (SELECT id, area FROM shape WHERE family = named OFFSET 0) AS s
		JOIN trial AS t ON CASE WHEN named = 'needles' THEN s.area && t.p AND pg_temp.covers_afresh(s.area, t.p) ELSE ST_Covers(s.area, t.p) END
		WHERE s.area && t.p
		GROUP BY t.n
	)
	SELECT count(e.id), count(*) FILTER (WHERE locate(m.map, t.p) IS DISTINCT FROM e.id OR locate(m.map, ST_X(t.p), ST_Y(t.p)) IS DISTINCT FROM e.id)
	INTO covered, wrong
	FROM (SELECT gridmap(id, area) AS map FROM shape WHERE family = named) AS m, trial AS t LEFT JOIN expected AS e USING (n);
END
$$;
CREATE TEMP TABLE result AS
SELECT f.family, :points AS points, j.* FROM (SELECT family FROM shape GROUP BY family ORDER BY family) AS f, pg_temp.judge(f.family, :points) AS j;
SELECT * FROM result ORDER BY family;
DO $$
BEGIN
	ASSERT (SELECT count(*) = 19 AND bool_and(covered > points / 50) FROM result), 'too few points';
	ASSERT (SELECT sum(wrong) = 0 FROM result), 'gridmap and ST_Covers differ';
END
$$;
