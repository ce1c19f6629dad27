-- Areas and points that nobody should give: an error that names the grid, or
-- the right answer.
SET client_min_messages = warning;
CREATE SCHEMA gridmap_hostile;
SET search_path = gridmap_hostile, rui, public;

-- What comes of a map with this area, and where (0.5, 0.25) lies.
CREATE FUNCTION try(area geometry, OUT answer text) LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	answer := 'grid ' || coalesce(locate(gridmap(7, area), 0.5, 0.25)::text, 'none');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	-- what is wrong where is PostGIS's to say
	answer := SQLSTATE || ' ' || SQLERRM || ': ' || regexp_replace(detail, 'not valid: .*', 'not valid');
END
$$;
SELECT what, try(area) FROM (VALUES
	('right', 'POLYGON((0 0,1 0,1 1,0 0))'::geometry),
	('null', NULL),
	('crossing itself', 'POLYGON((0 0,1 1,1 0,0 1,0 0))'),
	('flat', 'POLYGON((0 0,1 0,2 0,0 0))'),
	('one point', 'POLYGON((0 0,0 0,0 0,0 0))'),
	('vertices twice', 'POLYGON((0 0,0 0,1 0,1 0,1 1,1 1,0 0))'),
	('a hole as large', 'POLYGON((0 0,1 0,1 1,0 1,0 0),(0 0,1 0,1 1,0 1,0 0))'),
	('a hole that reaches out', 'POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,6 1,6 2,1 2,1 1))'),
	('parts that overlap', 'MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((1 1,6 1,6 2,1 2,1 1)))'),
	('parts that touch', 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((1 1,2 1,2 2,1 1)))'),
	('empty', 'POLYGON EMPTY'),
	('all empty', 'MULTIPOLYGON(EMPTY,EMPTY)'),
	('partly empty', 'MULTIPOLYGON(EMPTY,((0 0,1 0,1 1,0 0)))'),
	('not a number', 'POLYGON((0 0,NaN 1,1 1,0 0))'),
	('infinite', ST_MakePolygon(ST_MakeLine(ARRAY[ST_Point(0, 0), ST_Point('Infinity', 0), ST_Point(1, 1), ST_Point(0, 0)]))),
	('too far', 'POLYGON((0 0,1e71 0,1 1,0 0))'),
	('as far as can be', 'POLYGON((-1e70 -1e70,1e70 -1e70,1e70 1e70,-1e70 1e70,-1e70 -1e70))'),
	('with Z', 'POLYGON Z ((0 0 NaN,1 0 3,1 1 4,0 0 NaN))'),
	('with M', 'POLYGON M ((0 0 5,1 0 3,1 1 4,0 0 6))'),
	('with Z and M', 'MULTIPOLYGON ZM (((0 0 5 1,1 0 3 1,1 1 4 1,0 0 5 1)))'),
	('a point', 'POINT(0 0)'), ('points', 'MULTIPOINT(0 0,1 0)'), ('a line', 'LINESTRING(0 0,1 0,1 1,0 0)'),
	('a collection', 'GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)))'), ('a triangle', 'TRIANGLE((0 0,1 0,1 1,0 0))'),
	('a network', 'TIN(((0 0,1 0,1 1,0 0)))'), ('a solid', 'POLYHEDRALSURFACE(((0 0 0,1 0 0,1 1 0,0 0 0)))'),
	('a curve', 'CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,1 0,0.5 -1,0 0))'), ('a surface', 'MULTISURFACE(((0 0,1 0,1 1,0 0)))'),
	('a geography', 'POLYGON((0 0,1 0,1 1,0 0))'::geography::geometry),
	('the world', 'POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))'),
	('across the antimeridian', 'MULTIPOLYGON(((170 0,180 0,180 9,170 9,170 0)),((-180 0,-170 0,-170 9,-180 9,-180 0)))')
) AS v(what, area);

-- SRIDs that differ, whichever comes first; 0 goes with any.
SELECT gridmap(g, ST_SetSRID('POLYGON((0 0,1 0,1 1,0 0))'::geometry, srid)) FROM (VALUES (1, 0), (2, 4326), (3, 0), (4, 3857)) AS v(g, srid);
CREATE TABLE strange AS SELECT gridmap(1, 'SRID=999999;POLYGON((0 0,1 0,1 1,0 0))'::geometry) AS map;
SELECT locate(map, 'POINT(0.5 0.25)'::geometry) FROM strange;
SELECT locate(map, 'SRID=4326;POINT(0.5 0.25)'::geometry) FROM strange;

-- Points.
CREATE TABLE one AS SELECT gridmap(1, 'POLYGON((0 0,1 0,1 1,0 0))'::geometry) AS map;
SELECT what, locate(map, p) FROM one, (VALUES
	('right', 'POINT(0.5 0.25)'::geometry), ('empty', 'POINT EMPTY'), ('not a number', 'POINT(NaN NaN)'), ('half a number', ST_Point(0.5, 'NaN')),
	('infinite', ST_Point('-Infinity', 0.25)), ('with Z and M', 'POINT ZM (0.5 0.25 NaN 1e300)'), ('far', 'POINT(1e308 -1e308)'), ('near', 'POINT(1e-320 0)')) AS v(what, p);
SELECT locate(map, 'MULTIPOINT(0.5 0.25)'::geometry) FROM one;
SELECT locate(map, 'GEOMETRYCOLLECTION EMPTY'::geometry) FROM one;

-- Both sides of the antimeridian, and the poles.
SELECT x, y, locate(map, x, y) FROM (
	SELECT gridmap(g, a) AS map FROM (VALUES
		(1, 'MULTIPOLYGON(((170 0,180 0,180 9,170 9,170 0)),((-180 0,-170 0,-170 9,-180 9,-180 0)))'::geometry),
		(2, 'POLYGON((-180 80,0 75,180 80,180 90,-180 90,-180 80))'), (3, 'POLYGON((-180 -90,180 -90,180 -60,-180 -60,-180 -90))')) AS v(g, a)
) AS m, (VALUES (180, 5), (-180, 5), (179.9, 5), (-169.9, 5), (0, 90), (-180, 90), (77, -90), (0, 75), (181, 5), (-180, 80), (180, 79.9)) AS p(x, y);

-- Text and binary that no output function wrote, made of what one did.
CREATE TABLE good AS SELECT gridmap(g, area) AS map FROM (VALUES (3, 'POLYGON((0 0,1 0,1 1,0 0))'::geometry), (4, 'POLYGON((1 0,2 0,2 1,1 0))')) AS v(g, area);
CREATE FUNCTION receive(form bytea, OUT answer text) LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE arrived (map gridmap);
	PERFORM lo_from_bytea(4711, '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(form)) || form || '\xffff');
	PERFORM lo_export(4711, current_setting('data_directory') || '/gridmap_hostile');
	PERFORM lo_unlink(4711);
	EXECUTE format('COPY arrived FROM %L (FORMAT binary)', current_setting('data_directory') || '/gridmap_hostile');
	answer := (SELECT 'grid ' || coalesce(locate(map, 0.5, 0.25)::text, 'none') FROM arrived);
	DROP TABLE arrived;
EXCEPTION WHEN OTHERS THEN
	answer := SQLSTATE || ' ' || SQLERRM;
END
$$;
-- A binary form with its right hash.
CREATE FUNCTION sealed(content bytea) RETURNS bytea LANGUAGE sql AS $$SELECT substr(sha256(content), 1, 16) || content$$;
SELECT n, receive(CASE n
	WHEN 1 THEN form WHEN 2 THEN substr(form, 1, length(form) - 1) WHEN 3 THEN form || '\x00' WHEN 4 THEN set_byte(form, 3, 1) WHEN 5 THEN set_byte(form, 60, 1)
	WHEN 6 THEN ''::bytea WHEN 7 THEN sealed(content) WHEN 8 THEN sealed(set_byte(content, 0, 9)) WHEN 9 THEN sealed(set_byte(content, 1, 255))
	WHEN 10 THEN sealed(set_byte(content, 5, 127)) WHEN 11 THEN sealed(set_byte(content, 16, 9)) WHEN 12 THEN sealed(content || '\x00') WHEN 13 THEN sealed(substr(content, 1, 40))
	WHEN 14 THEN sealed(set_byte(content, 55, 127)) WHEN 15 THEN sealed(substr(content, 1, 9) || substr(content, 107, 97) || substr(content, 10, 97)) WHEN 16 THEN sealed(set_byte(content, 26, 200)) END)
FROM (SELECT form, substr(form, 17) AS content FROM (SELECT gridmap_send(map) AS form FROM good) AS f) AS g, generate_series(1, 16) AS n ORDER BY n;

-- Hopeless work can be stopped: thousands of strips that all cross.
CREATE TABLE strips AS
SELECT gridmap(i, ST_GeomFromText(format('POLYGON((0 %1$s,9999 %2$s,9999 %3$s,0 %4$s,0 %1$s))', i, 4000 - i, 4001 - i, i + 1))) AS map FROM generate_series(1, 4000) AS i;
SET statement_timeout = '100ms';
DO $$
BEGIN
	PERFORM FROM strips, gridmap_problems(map);
EXCEPTION WHEN query_canceled THEN
	RAISE WARNING 'stopped';
END
$$;
RESET statement_timeout;
SELECT locate(map, 0, 17.5) FROM strips;
