-- geodesy: known places, every kind of geometry against its points, boxes and indexes, there and back, errors.
\set VERBOSITY default
SET client_min_messages = warning;
CREATE SCHEMA geodesy_test;
SET search_path = geodesy_test, rui, public;

SELECT ST_AsEWKT(wgs84_to_gcj02('SRID=4326;POINT(116.404 39.915)'), 9) AS gcj02,
	ST_AsEWKT(gcj02_to_wgs84(wgs84_to_gcj02('SRID=4326;POINT(116.404 39.915)')), 9) AS again,
	ST_AsEWKT(wgs84_to_bd09(gcj02_to_wgs84('SRID=4326;POINT(116.404 39.915)')), 9) AS bd09;
SELECT ST_AsText(wgs84_to_gcj02('POINT(139.7 35.7)')) AS tokyo, ST_AsText(bd09_to_wgs84('POINT(-0.1 51.5)')) AS london,
	wgs84_to_gcj02(NULL) IS NULL AS nothing, ST_AsText(wgs84_to_gcj02('POINT EMPTY')) AS empty;

-- Every kind in every dimension.
CREATE TABLE shape AS
SELECT row_number() OVER () AS id, v.g::geometry AS g FROM (VALUES
	('POINT(116.404 39.915)'), ('POINT(0 0)'), ('POINT EMPTY'), ('LINESTRING(116 39,117.5 40.25)'), ('LINESTRING(70 30,80 40,140 0)'),
	('LINESTRING EMPTY'), ('POLYGON((110 30,112 30,112 32,110 32,110 30),(110.5 30.5,111 30.5,111 31,110.5 30.5))'), ('POLYGON EMPTY'),
	('MULTIPOINT(110 30,120 20,1 1)'), ('MULTIPOINT(110 30)'), ('MULTILINESTRING((110 30,111 31),(121 31,122 30,123 33))'),
	('MULTIPOLYGON(((110 30,112 30,112 32,110 30)),((120 30,122 30,122 32,120 30),(121 30.5,121.5 30.5,121.5 31,121 30.5)))'),
	('GEOMETRYCOLLECTION(POINT(110 30),LINESTRING EMPTY,GEOMETRYCOLLECTION(POLYGON((110 30,112 30,112 32,110 30)),POINT(1 2)))'),
	('GEOMETRYCOLLECTION EMPTY'), ('CIRCULARSTRING(110 30,111 31,112 30)'), ('COMPOUNDCURVE(CIRCULARSTRING(110 30,111 31,112 30),(112 30,113 35))'),
	('CURVEPOLYGON(CIRCULARSTRING(110 30,114 30,114 34,110 34,110 30),(111 31,113 33,113 31,111 31))'),
	('MULTICURVE((110 30,115 35),CIRCULARSTRING(114 30,114 34,118 34))'),
	('MULTISURFACE(CURVEPOLYGON(CIRCULARSTRING(110 30,114 30,114 34,110 34,110 30)),((120 30,124 32,121 31,120 30)))'),
	('POLYHEDRALSURFACE(((110 30,110 31,111 31,110 30)),((110 30,111 31,111 30,110 30)))'), ('TRIANGLE((110 30,110 31,111 31,110 30))'),
	('TIN(((110 30,110 31,111 31,110 30)),((110 30,111 31,111 30,110 30)))')
) AS v(g);
INSERT INTO shape SELECT id + 100, ST_Force3DZ(g, 7) FROM shape WHERE id <= 100;
INSERT INTO shape SELECT id + 200, ST_Force3DM(g, 8) FROM shape WHERE id <= 100;
INSERT INTO shape SELECT id + 300, ST_SetSRID(ST_Force4D(g, 7, 8), 4326) FROM shape WHERE id <= 100;
SELECT count(DISTINCT GeometryType(g)) AS kinds, count(DISTINCT ST_Zmflag(g)) AS dimensions, count(*) FROM shape;

-- What is public, in SQL: shifted longitude and latitude of a place.
CREATE FUNCTION model(lon float8, lat float8, bd09 boolean, OUT x float8, OUT y float8) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	e CONSTANT float8 := lon - 105;
	n CONSTANT float8 := lat - 35;
	magic CONSTANT float8 := 1 - 0.00669342162296594323 * sin(radians(lat)) ^ 2;
	u float8;
	v float8;
	r float8;
	a float8;
BEGIN
	IF lon < 72.004 OR lon > 137.8347 OR lat < 0.8293 OR lat > 55.8271 THEN
		x := lon;
		y := lat;
		RETURN;
	END IF;
	v := -100 + 2 * e + 3 * n + 0.2 * n * n + 0.1 * e * n + 0.2 * sqrt(abs(e)) + (20 * sin(6 * e * pi()) + 20 * sin(2 * e * pi())) * 2 / 3
		+ (20 * sin(n * pi()) + 40 * sin(n / 3 * pi())) * 2 / 3 + (160 * sin(n / 12 * pi()) + 320 * sin(n * pi() / 30)) * 2 / 3;
	u := 300 + e + 2 * n + 0.1 * e * e + 0.1 * e * n + 0.1 * sqrt(abs(e)) + (20 * sin(6 * e * pi()) + 20 * sin(2 * e * pi())) * 2 / 3
		+ (20 * sin(e * pi()) + 40 * sin(e / 3 * pi())) * 2 / 3 + (150 * sin(e / 12 * pi()) + 300 * sin(e / 30 * pi())) * 2 / 3;
	x := lon + u * 180 / (6378245.0 / sqrt(magic) * cos(radians(lat)) * pi());
	y := lat + v * 180 / (6378245.0 * (1 - 0.00669342162296594323) / (magic * sqrt(magic)) * pi());
	IF bd09 THEN
		r := sqrt(x * x + y * y) + 0.00002 * sin(y * pi() * 3000 / 180);
		a := atan2(y, x) + 0.000003 * cos(x * pi() * 3000 / 180);
		x := r * cos(a) + 0.0065;
		y := r * sin(a) + 0.006;
	END IF;
END
$$;
CREATE VIEW shifted AS
SELECT id, g, f.name, f.h FROM shape, LATERAL (VALUES ('wgs84_to_gcj02', wgs84_to_gcj02(g)), ('gcj02_to_wgs84', gcj02_to_wgs84(g)),
	('wgs84_to_bd09', wgs84_to_bd09(g)), ('bd09_to_wgs84', bd09_to_wgs84(g))) AS f(name, h);

-- Only numbers change, and those of Z and M do not.
SELECT count(*) AS shifted, count(*) FILTER (WHERE regexp_replace(ST_AsEWKT(h), '[-0-9.e]+', '#', 'g') <> regexp_replace(ST_AsEWKT(g), '[-0-9.e]+', '#', 'g')) AS structure_wrong,
	count(*) FILTER (WHERE ST_SRID(h) <> ST_SRID(g) OR ST_Zmflag(h) <> ST_Zmflag(g)) AS head_wrong FROM shifted;
-- Each vertex goes where it goes alone, and where the model says.
SELECT s.name, count(*) AS vertices, count(*) FILTER (WHERE NOT ST_Equals(a.geom, b.geom)) AS moved,
	count(*) FILTER (WHERE a.path <> b.path) AS path_wrong,
	count(*) FILTER (WHERE b.geom::text <> (CASE s.name WHEN 'wgs84_to_gcj02' THEN wgs84_to_gcj02(a.geom) WHEN 'gcj02_to_wgs84' THEN gcj02_to_wgs84(a.geom)
		WHEN 'wgs84_to_bd09' THEN wgs84_to_bd09(a.geom) ELSE bd09_to_wgs84(a.geom) END)::text) AS alone_wrong,
	count(*) FILTER (WHERE s.name LIKE 'wgs84%' AND greatest(abs(ST_X(b.geom) - m.x), abs(ST_Y(b.geom) - m.y)) > 1e-12) AS model_wrong,
	count(*) FILTER (WHERE ST_Z(b.geom) IS DISTINCT FROM ST_Z(a.geom) OR ST_M(b.geom) IS DISTINCT FROM ST_M(a.geom)) AS zm_wrong
FROM shifted AS s, LATERAL ROWS FROM (ST_DumpPoints(s.g), ST_DumpPoints(s.h)) AS d(apath, ageom, bpath, bgeom),
	LATERAL (SELECT d.apath AS path, d.ageom AS geom) AS a, LATERAL (SELECT d.bpath AS path, d.bgeom AS geom) AS b,
	LATERAL model(ST_X(a.geom), ST_Y(a.geom), s.name LIKE '%bd09') AS m
GROUP BY s.name ORDER BY s.name;

-- The box that is stored is that which PostGIS computes anew; equal boxes are ~= and ~~=.
SELECT postgis_hasbbox(h) AS has_box, count(*) AS n, count(*) FILTER (WHERE h ~= postgis_addbbox(postgis_dropbbox(h))) AS same,
	count(*) FILTER (WHERE h ~~= postgis_addbbox(postgis_dropbbox(h))) AS same_in_all_dimensions, array_agg(DISTINCT GeometryType(h)) FILTER (WHERE postgis_hasbbox(g) <> postgis_hasbbox(h)) AS lost
FROM shifted WHERE NOT ST_IsEmpty(h) GROUP BY 1 ORDER BY 1;
SELECT count(*) AS unlike_their_text FROM shifted
WHERE NOT ST_IsEmpty(h) AND (h::text <> ST_GeomFromEWKB(ST_AsEWKB(h))::text OR NOT h && ST_GeomFromEWKB(ST_AsEWKB(h)) OR NOT h ~= ST_GeomFromEWKB(ST_AsEWKB(h)));

-- So an index on shifted geometries answers as one on their texts does.
CREATE TABLE town AS
SELECT i AS id, wgs84_to_bd09(CASE i % 4 WHEN 0 THEN ST_MakeEnvelope(x, y, x + 0.01, y + 0.01, 4326) WHEN 1 THEN ST_SetSRID(ST_MakeLine(ST_MakePoint(x, y, 1), ST_MakePoint(x + 0.01, y - 0.02, 2)), 4326)
	WHEN 2 THEN ST_Point(x, y, 4326) ELSE ST_SetSRID(format('CIRCULARSTRING(%s %s,%s %s,%s %s)', x, y, x + 0.005, y + 0.01, x + 0.01, y)::geometry, 4326) END) AS g
FROM generate_series(1, 2000) AS i, LATERAL (SELECT 118 + (i * 7919 % 1000) / 1000.0 AS x, 32 + (i * 104729 % 997) / 1000.0 AS y) AS p;
CREATE INDEX town_place ON town USING gist (g);
CREATE TABLE written AS SELECT id, ST_GeomFromEWKT(ST_AsEWKT(g, 17)) AS g FROM town;
CREATE TABLE window_of AS SELECT i, ST_MakeEnvelope(x, y, x + 0.012, y + 0.012, 4326) AS w
FROM generate_series(0, 999) AS i, LATERAL (SELECT 118 + (i * 37 % 101) / 100.0 AS x, 32 + (i * 61 % 103) / 100.0 AS y) AS p;
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT count(*) FROM town WHERE g && ST_Point(118.5, 32.5, 4326);
CREATE TABLE by_index AS SELECT i, id, ST_Intersects(g, w) AS meets FROM window_of JOIN town ON g && w;
RESET enable_seqscan;
SELECT count(*) > 500 AS many, count(*) FILTER (WHERE meets) > 200 AS meet, count(*) FILTER (WHERE NOT meets) > 30 AS only_boxes FROM by_index;
SELECT * FROM by_index EXCEPT SELECT i, id, ST_Intersects(g, w) FROM window_of JOIN written ON g && w;
SELECT i, id, ST_Intersects(g, w) FROM window_of JOIN written ON g && w EXCEPT SELECT * FROM by_index;

-- There and back, over the whole rectangle with its borders; a stored, compressed geometry.
SELECT count(*) AS places, count(*) FILTER (WHERE ST_Distance(p, gcj02_to_wgs84(wgs84_to_gcj02(p))) > 1e-11) AS gcj02_lost,
	count(*) FILTER (WHERE ST_Distance(p, bd09_to_wgs84(wgs84_to_bd09(p))) > 1e-11) AS bd09_lost,
	count(*) FILTER (WHERE ST_Distance(p, wgs84_to_gcj02(p)) NOT BETWEEN 1e-5 AND 0.05) AS not_shifted
FROM generate_series(0, 100) AS i, generate_series(0, 100) AS j, ST_Point(72.004 + (137.8347 - 72.004) * i / 100, 0.8293 + (55.8271 - 0.8293) * j / 100, 4326) AS p;
CREATE TABLE large AS SELECT ST_MakeLine(ST_Point(100 + i % 100 / 10.0, 30 + i / 1000.0, 4326) ORDER BY i) AS g FROM generate_series(1, 20000) AS i;
SELECT pg_column_size(g) < ST_MemSize(g) AS is_compressed, ST_NPoints(wgs84_to_gcj02(g)),
	ST_HausdorffDistance(ST_Points(ST_LineSubstring(gcj02_to_wgs84(wgs84_to_gcj02(g)), 0, 0.001)), ST_Points(ST_LineSubstring(g, 0, 0.001))) < 1e-9 AS comes_back FROM large;

-- What is refused, and how it is said.
SELECT wgs84_to_gcj02('SRID=3857;POINT(1 1)');
SELECT bd09_to_wgs84('SRID=4490;LINESTRING EMPTY');
SELECT wgs84_to_bd09('LINESTRING(1 1,13000000 4000000)');
SELECT gcj02_to_wgs84('MULTIPOINT(1 1,1 91)');
SELECT wgs84_to_gcj02(ST_MakeLine(ST_Point(1, 1), ST_MakePoint('NaN', 1)));
SELECT wgs84_to_gcj02(ST_MakePoint('infinity', 1));
