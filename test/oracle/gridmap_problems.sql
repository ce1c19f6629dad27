-- gridmap_problems against overlays of everything: tessellations of several
-- forms with faults put into them by chance, whose overlaps are compared with
-- the intersections of all pairs of grids, whose gaps with what is left
-- by the union of all. Run in a database with the extension:
--	psql -X -v ON_ERROR_STOP=1 -v seed=0.5 -v maps=20 -f test/oracle/gridmap_problems.sql
-- maps of each form and fault (default 3). Prints a line a form and a fault,
-- and fails where one differs.
\if :{?seed}
\else
\set seed 0.5
\endif
\if :{?maps}
\else
\set maps 3
\endif
\set QUIET on
SET client_min_messages = warning;
SET search_path = pg_temp, public, rui;
SET jit = off;
SELECT setseed(:seed) \g /dev/null

CREATE TEMP TABLE tile (id bigint, area geometry);
CREATE FUNCTION pg_temp.lay(form text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE tile;
	IF form = 'voronoi' THEN
		INSERT INTO tile SELECT row_number() OVER (), d.geom
		FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(118.7 + 0.1 * random(), 32 + 0.1 * random()))) FROM generate_series(1, 50))) AS d;
	ELSIF form = 'squares' THEN
		INSERT INTO tile SELECT i, ST_MakeEnvelope(i % 7, i / 7, i % 7 + 1, i / 7 + 1) FROM generate_series(0, 48) AS i;
	ELSIF form = 'triangles' THEN
		INSERT INTO tile SELECT row_number() OVER (), d.geom
		FROM ST_Dump((SELECT ST_DelaunayTriangles(ST_Collect(ST_Point(100 * random(), 100 * random()))) FROM generate_series(1, 30))) AS d;
	ELSIF form = 'bricks' THEN -- corners on the walls of others
		INSERT INTO tile SELECT i, ST_MakeEnvelope(i % 7 + 0.5 * (i / 7 % 2), i / 7, i % 7 + 1 + 0.5 * (i / 7 % 2), i / 7 + 1) FROM generate_series(0, 48) AS i;
	ELSIF form = 'slanted' THEN -- the same, within rounding
		INSERT INTO tile SELECT i, ST_Rotate(ST_MakeEnvelope(i % 7 + 0.5 * (i / 7 % 2), i / 7, i % 7 + 1 + 0.5 * (i / 7 % 2), i / 7 + 1), 0.3) FROM generate_series(0, 48) AS i;
	ELSIF form = 'pieces' THEN -- unions of faces: multipolygons with holes, islands in others' holes
		INSERT INTO tile SELECT g, ST_Multi(ST_Union(geom)) FROM (
			SELECT floor(9 * random()) AS g, d.geom FROM ST_Dump((SELECT ST_VoronoiPolygons(ST_Collect(ST_Point(10 * random(), 10 * random()))) FROM generate_series(1, 80))) AS d
		) AS s GROUP BY g;
	ELSE -- apart: circles that seldom meet, one within the other at times
		INSERT INTO tile SELECT i, ST_Buffer(ST_Point(100 * random(), 100 * random()), 1 + 15 * random() ^ 4) FROM generate_series(1, 40) AS i;
	END IF;
END
$$;
CREATE FUNCTION pg_temp.spoil(fault text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	one tile := (SELECT t FROM tile AS t ORDER BY random() LIMIT 1);
	two tile := (SELECT t FROM tile AS t ORDER BY random() LIMIT 1);
	size float8 := sqrt(ST_Area(one.area)) * 10 ^ -(6 * random());
BEGIN
	IF fault = 'lost' THEN
		DELETE FROM tile WHERE id IN (one.id, two.id);
	ELSIF fault = 'moved' THEN
		UPDATE tile SET area = ST_Translate(area, size * (random() - 0.5), size * (random() - 0.5)) WHERE id IN (one.id, two.id);
	ELSIF fault = 'shrunk' THEN
		UPDATE tile SET area = ST_Buffer(area, -0.1 * size, 'join=mitre') WHERE id = one.id;
	ELSIF fault = 'grown' THEN
		UPDATE tile SET area = ST_Buffer(area, size) WHERE id = one.id;
	ELSIF fault = 'doubled' THEN
		INSERT INTO tile VALUES (1000 + one.id, one.area), (1000 + one.id, two.area);
	ELSIF fault = 'buried' THEN -- one within another
		INSERT INTO tile VALUES (2000, ST_Buffer(ST_PointOnSurface(one.area), 0.01 * size)), (2001, ST_Scale(two.area, 'POINT(0.5 0.5)'::geometry, ST_Centroid(two.area)));
	ELSIF fault = 'covered' THEN -- all of some within one
		INSERT INTO tile VALUES (3000, ST_Union(one.area, ST_Buffer(two.area, size))), (3001, ST_ConvexHull(ST_Union(one.area, two.area)));
	ELSIF fault = 'bent' THEN -- one vertex elsewhere, for one of its areas
		UPDATE tile SET area = ST_Snap(area, ST_Translate(ST_PointN(ST_Boundary(ST_GeometryN(area, 1)), 2), size * 0.1, size * 0.1), size * 0.2) WHERE id = one.id;
	ELSIF fault = 'torn' THEN -- a hole, and in it an island of the same grid: a ring of nobody
		UPDATE tile SET area = ST_Multi(ST_SymDifference(ST_Difference(area, ST_Buffer(ST_PointOnSurface(area), 0.02 * size)), ST_Buffer(ST_PointOnSurface(area), 0.01 * size))) WHERE id = one.id;
	ELSIF fault = 'renamed' THEN -- an overlap within one grid is none
		INSERT INTO tile VALUES (one.id, ST_Buffer(ST_PointOnSurface(one.area), 0.001 * size));
	END IF;
	DELETE FROM tile WHERE ST_IsEmpty(area) OR NOT ST_IsValid(area);
END
$$;
CREATE TEMP TABLE wanted (kind text, grid_a bigint, grid_b bigint, area geometry);
CREATE TEMP TABLE found (LIKE wanted);
CREATE FUNCTION pg_temp.judge(form text, fault text, round integer, OUT crossings bigint, OUT gaps bigint, OUT wrong bigint) LANGUAGE plpgsql AS $$
DECLARE
	dust float8; -- gaps below are rounding's; through its cracks they may be open
BEGIN
	PERFORM pg_temp.lay(form);
	PERFORM pg_temp.spoil(fault);
	dust := (SELECT CASE form WHEN 'slanted' THEN 1 ELSE 1e-13 END * ST_Area(ST_Extent(area)::geometry) FROM tile);
	TRUNCATE wanted, found;
	INSERT INTO wanted
	WITH grid AS MATERIALIZED (
		SELECT id, ST_Union(area) AS area FROM tile GROUP BY id
	), common AS (
		SELECT a.id AS grid_a, b.id AS grid_b, ST_CollectionExtract(ST_Intersection(a.area, b.area), 3) AS area
		FROM grid AS a JOIN grid AS b ON a.id < b.id AND a.area && b.area
	), box AS (
		SELECT ST_Expand(ST_Extent(area), sqrt(dust))::geometry AS box, ST_Union(area) AS whole FROM grid
	), gap AS (
		-- what is left of a box around all and does not reach the box's border
		SELECT d.geom AS area FROM box, ST_Dump(ST_Difference(box, whole)) AS d WHERE NOT ST_Intersects(d.geom, ST_Boundary(box))
	)
	SELECT 'overlap', grid_a, grid_b, area FROM common WHERE ST_Area(area) > 0
	UNION ALL
	SELECT 'gap', ids[1], ids[2], area
	FROM (SELECT area, ARRAY(SELECT id FROM grid AS n WHERE ST_DWithin(n.area, g.area, 1e-12 * (SELECT greatest(ST_XMax(box), ST_YMax(box)) FROM box)) ORDER BY id LIMIT 2) AS ids
		FROM gap AS g) AS g;
	INSERT INTO found SELECT p.* FROM (SELECT gridmap(id, area) AS map FROM tile) AS m, gridmap_problems(m.map) AS p;
	SELECT count(*) FILTER (WHERE kind = 'overlap'), count(*) FILTER (WHERE kind = 'gap') INTO crossings, gaps FROM found;
	SELECT count(*) INTO wrong
	FROM (SELECT * FROM wanted WHERE kind = 'overlap' OR ST_Area(area) > dust) AS w
	FULL JOIN (SELECT * FROM found WHERE kind = 'overlap' OR ST_Area(area) > dust) AS f
		ON f.kind = w.kind AND f.grid_a = w.grid_a AND f.grid_b IS NOT DISTINCT FROM w.grid_b
			AND (f.kind = 'overlap' OR ST_Area(ST_SymDifference(f.area, w.area)) <= dust)
	WHERE f.kind IS NULL OR w.kind IS NULL OR ST_Area(ST_SymDifference(f.area, w.area)) > dust;
END
$$;
CREATE TEMP TABLE result AS
SELECT form, fault, count(*) AS maps, sum(crossings) AS crossings, sum(gaps) AS gaps, sum(wrong) AS wrong
FROM unnest('{voronoi,squares,triangles,bricks,slanted,pieces,apart}'::text[]) AS form,
	unnest('{none,lost,moved,shrunk,grown,doubled,buried,covered,bent,torn,renamed}'::text[]) AS fault,
	generate_series(1, :maps) AS round, LATERAL pg_temp.judge(form, fault, round)
GROUP BY form, fault;
SELECT * FROM result ORDER BY form, fault;
DO $$
BEGIN
	ASSERT (SELECT sum(crossings) > 300 AND sum(gaps) > 100 FROM result), 'too few faults';
	ASSERT (SELECT sum(wrong) = 0 FROM result), 'gridmap_problems and overlays differ';
	ASSERT (SELECT sum(crossings + gaps) = 0 FROM result WHERE form IN ('voronoi', 'squares', 'triangles', 'bricks') AND fault IN ('none', 'renamed')),
		'faults where none are';
END
$$;
