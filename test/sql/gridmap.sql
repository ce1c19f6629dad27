-- gridmap: forms, lookups against ST_Covers, errors, equality, problems.
\set VERBOSITY default
SET client_min_messages = warning;
SET search_path = rui, public;

-- One text for equal maps, whatever the order; an area given twice stays once.
CREATE TABLE square (id bigint, area geometry);
INSERT INTO square VALUES
	(2, 'SRID=4326;POLYGON((1 0,2 0,2 1,1 1,1 0))'),
	(1, 'SRID=4326;POLYGON((0 0,1 0,1 1,0 1,0 0))'),
	(2, 'SRID=4326;POLYGON((1 0,2 0,2 1,1 1,1 0))'),
	(3, 'SRID=0;MULTIPOLYGON(((0 2,3 2,3 5,0 5,0 2),(1 3,2 3,2 4,1 4,1 3)),((5 5,6 5,5 6,5 5)))');
CREATE TABLE map AS SELECT gridmap(id, area) AS map FROM square;
SELECT map FROM map;
SELECT map = (SELECT gridmap(id, area ORDER BY id DESC) FROM square) AS equal,
	map = (SELECT gridmap(id, area) FROM square WHERE id < 3) AS part,
	map <> (SELECT gridmap(-id, area) FROM square) AS renamed, map::text::gridmap = map AS reread,
	gridmap_hash(map) = gridmap_hash(map::text::gridmap) AS same_hash,
	gridmap_hash_extended(map, 7) = gridmap_hash_extended(map::text::gridmap, 7) AS same_hash64
FROM map;
SELECT '{"areas":[]}'::gridmap, locate('{"areas":[]}', 0, 0), (SELECT gridmap(id, area) FROM square WHERE false);
SELECT grid_id, ST_AsEWKT(area) FROM map, gridmap_areas(map);

-- Borders belong to the areas, the lowest grid wins, holes do not count.
SELECT x, y, locate(map, x, y), locate(map, ST_Point(x, y, 4326)) IS NOT DISTINCT FROM locate(map, x, y) AS same
FROM map, (VALUES (0.5, 0.5), (1, 0.5), (1, 1), (2, 1), (2.1, 1), (0, 0), (0, 2), (1.5, 3.5), (1, 3.5), (1.5, 3),
	(2, 4), (2.5, 4.5), (3, 5), (5, 5), (5.5, 5.5), (5.6, 5.5), (4, 4), (-0.0, 0.0), ('NaN', 1), ('Infinity', 1)) AS p(x, y);
SELECT locate(map, p) FROM map, (VALUES ('POINT Z (0.5 0.5 9)'::geometry), ('SRID=4326;POINT M (1.5 0.5 9)'),
	('POINT ZM (1.5 3 1 2)'), ('POINT EMPTY'), (NULL)) AS v(p);

-- What is refused, and how it is said.
SELECT locate(map, 'SRID=3857;POINT(1 1)'::geometry) FROM map;
SELECT locate(map, 'LINESTRING(1 1,2 2)'::geometry) FROM map;
SELECT gridmap(7, NULL::geometry);
SELECT gridmap(NULL, area) FROM square;
SELECT gridmap(7, 'POLYGON EMPTY'::geometry);
SELECT gridmap(7, 'MULTIPOLYGON EMPTY'::geometry);
SELECT gridmap(7, 'POINT(1 1)'::geometry);
SELECT gridmap(7, 'CURVEPOLYGON((0 0,1 1,1 0,0 0))'::geometry);
SELECT gridmap(7, 'POLYGON((0 0,1 1,1 0,0 1,0 0))'::geometry);
SELECT gridmap(id, ST_SetSRID(area, 4000 + id::integer)) FROM square;
SELECT gridmap(7, ST_MakeEnvelope(0, 0, 1e300, 1));
SELECT '[]'::gridmap;
SELECT '{"srid":4326,"areas":[{"grid":1,"area":"01"}]}'::gridmap;
SELECT '{"srid":4326,"areas":[{"grid":1,"area":"xx"}]}'::gridmap;
SELECT '{"srid":4326,"areas":[{"grid":1}]}'::gridmap;
SELECT '{"srid":4326,"grids":[]}'::gridmap;
SELECT format('{"areas":[{"grid":5,"area":"%s"}]}', encode(ST_AsBinary('POINT(1 1)'::geometry), 'hex'))::gridmap;
SELECT format('{"areas":[{"grid":5,"area":"%s"}]}', encode(ST_AsBinary('POLYGON Z ((0 0 1,1 0 1,1 1 1,0 0 1))'::geometry), 'hex'))::gridmap;
SELECT format('{"areas":[{"grid":5,"area":"%s"}]}', 'SRID=4326;POLYGON((0 0,1 0,1 1,0 0))'::geometry)::gridmap;
SELECT format('{"areas":[{"grid":5,"area":"%s"}]}', encode(ST_AsBinary('POLYGON((0 0,1 1,1 0,0 1,0 0))'::geometry), 'hex'))::gridmap;
-- Big-endian input is the same map.
SELECT format('{"areas":[{"grid":5,"area":"%s"}]}', encode(ST_AsBinary('POLYGON((0 0,1 0,1 1,0 0))'::geometry, 'XDR'), 'hex'))::gridmap;

-- Hash operators: grouping, joining, indexes.
CREATE TABLE many AS SELECT i, gridmap(i % 3, ST_MakeEnvelope(0, 0, 1, 1)) AS map FROM generate_series(1, 30) AS i GROUP BY i;
CREATE INDEX many_map ON many USING hash (map);
SELECT count(*), count(DISTINCT a.map::text) FROM (SELECT map FROM many GROUP BY map) AS a;
SET enable_seqscan = off;
SELECT count(*) FROM many WHERE map = (SELECT map FROM many WHERE i = 4);
SET enable_seqscan = on;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM many WHERE map = (SELECT map FROM many WHERE i = 4);
RESET enable_indexscan;
RESET enable_bitmapscan;
-- More maps at one call site than it keeps, in turn and at random.
SELECT count(*) FROM (SELECT gridmap(i, ST_MakeEnvelope(i, 0, i + 1, 1)) AS map, i FROM generate_series(1, 40) AS i GROUP BY i) AS m,
	generate_series(1, 40) AS x WHERE locate(map, x + 0.5, 0.5) IS DISTINCT FROM CASE WHEN x = i THEN i END;

-- Families of shapes against ST_Covers, at points on, near and far from borders.
CREATE TABLE shape (family text, id bigint, area geometry);
SELECT setseed(0.25);
INSERT INTO shape
SELECT 'tessellation', (row_number() OVER (ORDER BY ST_XMin(d.geom), ST_YMin(d.geom)) * 7919) % 241, d.geom
FROM ST_Dump(ST_VoronoiPolygons(ST_GeneratePoints(ST_MakeEnvelope(118.7, 32.0, 118.8, 32.1), 150, 5))) AS d;
INSERT INTO shape
SELECT 'curved', i, ST_Buffer(ST_Point(100 * random(), 100 * random()), 3 + 12 * random())
FROM generate_series(1, 60) AS i;
INSERT INTO shape
SELECT 'holes', s.id % 25, ST_Multi(ST_Difference(s.area, ST_Buffer(ST_Centroid(s.area), 2 + random())))
FROM shape AS s WHERE s.family = 'curved';
INSERT INTO shape
SELECT 'lattice', i, ST_MakeEnvelope(x, y, x + 1 + floor(3 * random()), y + 1 + floor(3 * random()))
FROM (SELECT i, floor(12 * random()) AS x, floor(12 * random()) AS y FROM generate_series(1, 50) AS i) AS c;
INSERT INTO shape
SELECT 'scattered', i % 10, ST_Multi(ST_Union(ST_Translate('POLYGON((0 0,3 0,3 3,1 2,0 0))', 5 * (i % 13), 5 * (i % 7)),
	ST_Translate('POLYGON((0 0,2 1,2 2,0 0))', 5 * (i % 5), 4 + 5 * (i % 11))))
FROM generate_series(1, 40) AS i;
INSERT INTO shape
SELECT 'slivers', i, ST_GeomFromText(format('POLYGON((0 0,100 %s,100 %s,0 0))', i * 1e-6, (i + 1) * 1e-6))
FROM generate_series(1, 100) AS i;
INSERT INTO shape
SELECT 'star', i, ST_MakePolygon(ST_AddPoint(l, ST_StartPoint(l)))
FROM (SELECT i, ST_MakeLine(ST_Point((1 + i) * (0.3 + 0.7 * (k % 2)) * cosd(9 * k), (1 + i) * (0.3 + 0.7 * (k % 2)) * sind(9 * k)) ORDER BY k) AS l
	FROM generate_series(1, 8) AS i, generate_series(0, 39) AS k GROUP BY i) AS s;
INSERT INTO shape SELECT 'far', id, ST_Translate(area, 1e6 * (id % 3), 3e7) FROM shape WHERE family = 'tessellation';
DELETE FROM shape WHERE NOT ST_IsValid(area) OR ST_IsEmpty(area);

CREATE TABLE trial AS
WITH edge AS (
	SELECT s.family, (ST_DumpSegments(s.area)).geom AS e FROM shape AS s
), box AS (
	SELECT family, ST_Expand(ST_Extent(area)::geometry, 0.01) AS b FROM shape GROUP BY family
)
SELECT family, ST_StartPoint(e) AS p FROM edge
UNION ALL SELECT family, ST_LineInterpolatePoint(e, 0.5) FROM edge
UNION ALL SELECT family, ST_LineInterpolatePoint(e, random()) FROM edge
UNION ALL SELECT family, ST_Translate(ST_LineInterpolatePoint(e, random()), 1e-9 * random(), 1e-9 * random()) FROM edge
UNION ALL SELECT b.family, ST_Point(ST_XMin(b.b) + random() * (ST_XMax(b.b) - ST_XMin(b.b)), ST_Y(ST_StartPoint(e.e)))
	FROM edge AS e JOIN box AS b USING (family)
UNION ALL SELECT family, ST_Point(ST_XMin(b) + random() * (ST_XMax(b) - ST_XMin(b)), ST_YMin(b) + random() * (ST_YMax(b) - ST_YMin(b)))
	FROM box, generate_series(1, 1500);

SELECT family, (SELECT count(*) > 2 FROM shape AS s WHERE s.family = m.family) AS has_areas,
	(SELECT count(*) > 1500 FROM trial AS t WHERE t.family = m.family) AS has_points,
	(SELECT count(*) FROM trial AS t WHERE t.family = m.family AND locate(m.map, t.p) IS DISTINCT FROM
		(SELECT min(s.id) FROM shape AS s WHERE s.family = m.family AND ST_Covers(s.area, t.p))) AS wrong
FROM (SELECT family, gridmap(id, area) AS map FROM shape GROUP BY family) AS m ORDER BY family;

-- The same from a stored column, a parameter and a variable.
CREATE TABLE stored AS SELECT family, gridmap(id, area) AS map FROM shape GROUP BY family;
CREATE TEMP TABLE answer AS SELECT count(locate(map, p)) AS n FROM stored JOIN trial USING (family) WHERE family = 'curved';
DO $$
DECLARE
	map gridmap := (SELECT s.map FROM stored AS s WHERE family = 'curved');
BEGIN
	ASSERT (SELECT count(locate(map, p)) FROM trial WHERE family = 'curved') = (SELECT n FROM answer);
END
$$;
SELECT count(*) FROM stored AS s, answer WHERE s.family = 'curved' AND s.map::text::gridmap = s.map
	AND (SELECT count(locate(s.map, p)) FROM trial WHERE family = 'curved') = n;

-- A clean tessellation has no problems; an overlap and a hole are found.
SELECT count(*) FROM stored, gridmap_problems(map) WHERE family = 'tessellation';
SELECT kind, grid_a, grid_b, ST_AsText(ST_Normalize(area)) FROM gridmap_problems((
	SELECT gridmap(id, a::geometry) FROM (VALUES (1, 'POLYGON((0 0,4 0,4 1,0 1,0 0))'), (2, 'POLYGON((0 1,1 1,1 4,0 4,0 1))'),
		(3, 'POLYGON((0 3,4 3,4 4,0 4,0 3))'), (4, 'POLYGON((3 1,4 1,4 3,3 3,3 1))'), (4, 'POLYGON((3 1,4 1,4 2,3 2,3 1))')) AS v(id, a)));
