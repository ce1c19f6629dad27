-- gridmap against ST_Covers: more than a million points on, beside and far
-- from the borders of seeded tessellations, overlapping shapes with holes and
-- slivers. Run in a database with the extension:
--	psql -X -v ON_ERROR_STOP=1 -v seed=0.5 -f test/oracle/gridmap.sql
-- It prints one line a family and fails on the first difference.
\if :{?seed}
\else
\set seed 0.5
\endif
SET client_min_messages = warning;
SET search_path = pg_temp, public, rui;
SELECT setseed(:seed) \g /dev/null

CREATE TEMP TABLE shape (family text, id bigint, area geometry);
-- Cells with borders as crooked as streets; both neighbours share every vertex.
INSERT INTO shape
SELECT 'city', (row_number() OVER ()) * 7919 % 1009, d.geom
FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(118.7 + 0.2 * random(), 32.0 + 0.2 * random()))) FROM generate_series(1, 600))) AS d;
INSERT INTO shape
SELECT 'metres', (row_number() OVER ()) * 7919 % 1009, d.geom
FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(4e5 + 9e3 * random(), 3.5e6 + 9e3 * random()))) FROM generate_series(1, 600))) AS d;
INSERT INTO shape
SELECT 'round', i % 80, ST_Buffer(ST_Point(100 * random(), 100 * random()), 0.5 + 8 * random(), 'quad_segs=' || 1 + i % 30)
FROM generate_series(1, 200) AS i;
INSERT INTO shape
SELECT 'holed', id, ST_Multi(ST_Difference(area, ST_Union(ST_Buffer(ST_Centroid(area), 0.3), ST_Buffer(ST_PointOnSurface(area), 0.2))))
FROM shape WHERE family = 'round';
INSERT INTO shape
SELECT 'multi', g, ST_Multi(ST_Union(area)) FROM (SELECT id % 17 AS g, area FROM shape WHERE family = 'round') AS s GROUP BY g;
INSERT INTO shape
SELECT 'lattice', i, ST_MakeEnvelope(x, y, x + 1 + floor(4 * random()), y + 1 + floor(4 * random()))
FROM (SELECT i, floor(40 * random()) AS x, floor(40 * random()) AS y FROM generate_series(1, 500) AS i) AS c;
INSERT INTO shape
SELECT 'slivers', i, ST_GeomFromText(format('POLYGON((0 0,100 %s,100 %s,0 0))', i * 1e-7, (i + 1) * 1e-7))
FROM generate_series(1, 500) AS i;
DELETE FROM shape WHERE ST_IsEmpty(area) OR NOT ST_IsValid(area);
CREATE INDEX ON shape USING gist (area);

CREATE TEMP TABLE trial AS
WITH edge AS MATERIALIZED (
	SELECT family, (ST_DumpSegments(area)).geom AS e FROM shape
), box AS (
	SELECT family, ST_Extent(area)::geometry AS b FROM shape GROUP BY family
)
SELECT family, ST_StartPoint(e) AS p FROM edge
UNION ALL SELECT family, ST_LineInterpolatePoint(e, 0.5) FROM edge
UNION ALL SELECT family, ST_LineInterpolatePoint(e, random()) FROM edge, generate_series(1, 3)
UNION ALL SELECT family, ST_Translate(ST_LineInterpolatePoint(e, random()), 1e-12 * random(), -1e-12 * random()) FROM edge
UNION ALL SELECT family, ST_Point(ST_XMin(b) + random() * (ST_XMax(b) - ST_XMin(b)), ST_Y(ST_StartPoint(e))) FROM edge JOIN box USING (family)
UNION ALL SELECT family, ST_Point(ST_XMin(b) + random() * (ST_XMax(b) - ST_XMin(b)), ST_YMin(b) + random() * (ST_YMax(b) - ST_YMin(b)))
	FROM box, generate_series(1, 120000);
ANALYZE shape;
ANALYZE trial;

CREATE TEMP TABLE result AS
SELECT t.family, count(*) AS points, count(located) AS covered, count(*) FILTER (WHERE located IS DISTINCT FROM expected) AS wrong
FROM (
	SELECT t.family, locate(m.map, t.p) AS located,
		(SELECT min(s.id) FROM shape AS s WHERE s.family = t.family AND ST_Covers(s.area, t.p)) AS expected
	FROM trial AS t JOIN (SELECT family, gridmap(id, area) AS map FROM shape GROUP BY family) AS m USING (family)
) AS t GROUP BY t.family;
SELECT * FROM result ORDER BY family;
DO $$
BEGIN
	ASSERT (SELECT sum(points) > 1000000 AND sum(covered) > 100000 FROM result), 'too few points';
	ASSERT (SELECT sum(wrong) = 0 FROM result), 'gridmap and ST_Covers differ';
END
$$;
