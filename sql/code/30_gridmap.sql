-- A map of territories as a value: rui.locate finds the grid that covers a
-- point (src/core/gridmap.h, src/pg/gridmap.c).

CREATE TYPE rui.gridmap;

CREATE FUNCTION rui.gridmap_in(cstring) RETURNS rui.gridmap
AS 'MODULE_PATHNAME', 'rui_gridmap_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_in(cstring) IS
'Input of rui.gridmap: {"srid":4326,"areas":[{"grid":7,"area":"<hexadecimal WKB, 2D polygon or multipolygon>"}, …]}; srid 0 or left out means unknown. Errors: 22P02 for what is not JSON or hexadecimal, 22P03 for what is not WKB, 22023 for another kind of geometry, an unknown key, an empty or invalid area, 22003 for a coordinate that is not finite.';

CREATE FUNCTION rui.gridmap_out(rui.gridmap) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_gridmap_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_out(rui.gridmap) IS
'Output of rui.gridmap: the canonical text, areas sorted by grid, vertices as given, WKB little-endian in capital digits. Error 54000 beyond 1 GB.';

CREATE FUNCTION rui.gridmap_recv(internal) RETURNS rui.gridmap
AS 'MODULE_PATHNAME', 'rui_gridmap_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_recv(internal) IS
'Binary input of rui.gridmap: 128 bits of SHA-256 of what follows, version 1 (1 byte), SRID (4), number of areas (4), then per area in canonical order its grid (8), the size of its WKB (4) and the WKB, integers in network order. Checks all that text input checks, and hash and order; error 22P03.';

CREATE FUNCTION rui.gridmap_send(rui.gridmap) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_gridmap_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_send(rui.gridmap) IS
'Binary output of rui.gridmap as rui.gridmap_recv reads it; the raster is not sent.';

CREATE TYPE rui.gridmap (
	INPUT = rui.gridmap_in,
	OUTPUT = rui.gridmap_out,
	RECEIVE = rui.gridmap_recv,
	SEND = rui.gridmap_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = external
);
COMMENT ON TYPE rui.gridmap IS
'A map of territories: for each grid an area (polygon or multipolygon, or several), with a raster that makes rui.locate fast. Built by the aggregate rui.gridmap. Up to 1 GB, about 30 bytes a vertex and at most 150. Stored uncompressed.';

CREATE FUNCTION rui.gridmap_eq(rui.gridmap, rui.gridmap) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_gridmap_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_eq(rui.gridmap, rui.gridmap) IS
'Whether both maps have the same canonical text: SRID, grids and vertices. Compares content hashes.';

CREATE FUNCTION rui.gridmap_ne(rui.gridmap, rui.gridmap) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_gridmap_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_ne(rui.gridmap, rui.gridmap) IS 'Whether the maps differ in their canonical text.';

CREATE FUNCTION rui.gridmap_hash(rui.gridmap) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_gridmap_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_hash(rui.gridmap) IS 'Hash of a gridmap for hash joins and indexes, 32 bits.';

CREATE FUNCTION rui.gridmap_hash_extended(rui.gridmap, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_gridmap_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.gridmap_hash_extended(rui.gridmap, bigint) IS
'Hash of a gridmap with a seed for hash partitioning, 64 bits.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.gridmap, RIGHTARG = rui.gridmap, FUNCTION = rui.gridmap_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR rui.= (rui.gridmap, rui.gridmap) IS 'Equal in canonical text.';

CREATE OPERATOR rui.<> (
	LEFTARG = rui.gridmap, RIGHTARG = rui.gridmap, FUNCTION = rui.gridmap_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.gridmap, rui.gridmap) IS 'Different in canonical text.';

CREATE OPERATOR CLASS rui.gridmap_hash_ops DEFAULT FOR TYPE rui.gridmap USING hash AS
	OPERATOR 1 rui.= (rui.gridmap, rui.gridmap),
	FUNCTION 1 rui.gridmap_hash(rui.gridmap),
	FUNCTION 2 rui.gridmap_hash_extended(rui.gridmap, bigint);
COMMENT ON OPERATOR CLASS rui.gridmap_hash_ops USING hash IS 'Equality of gridmaps, for DISTINCT, GROUP BY, joins and hash indexes.';

CREATE FUNCTION rui._gridmap_step(internal, grid_id bigint, area geometry) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_gridmap_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._gridmap_step(internal, bigint, geometry) IS 'Internal: adds one area to the state of the aggregate rui.gridmap.';

CREATE FUNCTION rui._gridmap_final(internal) RETURNS rui.gridmap
AS 'MODULE_PATHNAME', 'rui_gridmap_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._gridmap_final(internal) IS 'Internal: makes the map of the areas that the aggregate rui.gridmap saw.';

CREATE AGGREGATE rui.gridmap(grid_id bigint, area geometry) (
	SFUNC = rui._gridmap_step,
	STYPE = internal,
	FINALFUNC = rui._gridmap_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.gridmap(bigint, geometry) IS
'The map of all areas of a group. grid_id names the territory (given twice: the union of its areas), area is a valid polygon or multipolygon of which x and y are kept; all have one SRID, 0 goes with any. Null without rows. Errors: 22004 for a null, 22023 naming the grid for an empty or invalid area, another kind of geometry or an SRID that differs.';

CREATE FUNCTION rui.locate(gridmap rui.gridmap, point geometry) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_locate_geometry' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION rui.locate(rui.gridmap, geometry) IS
'The lowest grid_id whose area covers the point (2D, Z, M or ZM) as ST_Covers(area, point) says: borders belong to the area. Null when none does, and for an empty point and coordinates that are not finite. Errors: 22023 for another kind of geometry or an SRID other than the map''s (0 goes with any).';

CREATE FUNCTION rui.locate(gridmap rui.gridmap, lon float8, lat float8) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_locate_point' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION rui.locate(rui.gridmap, float8, float8) IS
'The lowest grid_id whose area covers the point with these coordinates, in the unit of the map''s SRID (lon is x, lat is y), as rui.locate(gridmap, geometry). Null when none does.';

CREATE FUNCTION rui.gridmap_areas(gridmap rui.gridmap) RETURNS TABLE (grid_id bigint, area geometry)
AS 'MODULE_PATHNAME', 'rui_gridmap_areas' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500;
COMMENT ON FUNCTION rui.gridmap_areas(rui.gridmap) IS
'The areas of a map as they were given (2D, with the map''s SRID), by grid_id; a grid given twice has two rows.';

CREATE FUNCTION rui.gridmap_problems(gridmap rui.gridmap)
RETURNS TABLE (kind text, grid_a bigint, grid_b bigint, area geometry)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
BEGIN ATOMIC
	WITH grids AS MATERIALIZED (
		SELECT a.grid_id, ST_Union(a.area) AS area FROM rui.gridmap_areas(gridmap) a GROUP BY a.grid_id
	), boxes AS MATERIALIZED (
		SELECT g.grid_id, g.area, ST_XMin(g.area) AS x0, ST_XMax(g.area) AS x1, ST_YMin(g.area) AS y0, ST_YMax(g.area) AS y1
		FROM grids g
	), raster AS MATERIALIZED (
		-- cells as large as the mean box, so that few boxes share one
		SELECT min(b.x0) AS x0, min(b.y0) AS y0,
			greatest(avg(b.x1 - b.x0), (max(b.x1) - min(b.x0)) / 1000) AS width,
			greatest(avg(b.y1 - b.y0), (max(b.y1) - min(b.y0)) / 1000) AS height
		FROM boxes b
	), cells AS MATERIALIZED (
		SELECT b.grid_id, i.i, j.j
		FROM boxes b CROSS JOIN raster r
		CROSS JOIN LATERAL generate_series(floor((b.x0 - r.x0) / r.width)::integer, floor((b.x1 - r.x0) / r.width)::integer) AS i(i)
		CROSS JOIN LATERAL generate_series(floor((b.y0 - r.y0) / r.height)::integer, floor((b.y1 - r.y0) / r.height)::integer) AS j(j)
	), pairs AS (
		SELECT DISTINCT p.grid_id AS grid_a, q.grid_id AS grid_b
		FROM cells p JOIN cells q ON q.i = p.i AND q.j = p.j AND q.grid_id > p.grid_id
	), crossings AS (
		SELECT p.grid_a, p.grid_b, ST_CollectionExtract(ST_Intersection(a.area, b.area), 3) AS area
		FROM pairs p JOIN boxes a ON a.grid_id = p.grid_a JOIN boxes b ON b.grid_id = p.grid_b
		WHERE a.x0 <= b.x1 AND b.x0 <= a.x1 AND a.y0 <= b.y1 AND b.y0 <= a.y1
	), whole AS MATERIALIZED (
		SELECT ST_Union(g.area) AS area FROM grids g
	), holes AS (
		SELECT ST_Difference(ST_MakePolygon(ST_ExteriorRing(r.geom)), w.area) AS area
		FROM whole w
		CROSS JOIN LATERAL ST_Dump(w.area) AS d
		CROSS JOIN LATERAL ST_DumpRings(d.geom) AS r
		WHERE r.path[1] > 0
	), gaps AS (
		SELECT d.geom AS area FROM holes h CROSS JOIN LATERAL ST_Dump(h.area) AS d
	)
	SELECT 'overlap'::text, o.grid_a, o.grid_b, o.area FROM crossings o WHERE ST_Area(o.area) > 0
	UNION ALL
	SELECT 'gap'::text, n.ids[1], n.ids[2], g.area
	FROM gaps g
	CROSS JOIN LATERAL (
		SELECT (array_agg(b.grid_id ORDER BY b.grid_id))[1:2] AS ids FROM boxes b
		WHERE b.x0 <= ST_XMax(g.area) AND ST_XMin(g.area) <= b.x1 AND b.y0 <= ST_YMax(g.area) AND ST_YMin(g.area) <= b.y1
			AND ST_Intersects(b.area, g.area)
	) AS n
	WHERE ST_Area(g.area) > 0
	ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION rui.gridmap_problems(rui.gridmap) IS
'What is wrong with a map as a tessellation: rows of kind overlap (two grids, grid_a < grid_b, share the area, a polygon or multipolygon) and gap (an area that no grid covers although grids surround it; grid_a and grid_b are the two lowest of its neighbours, grid_b null when there is one). Areas in the map''s SRID; measure them with ST_Area. Computed by PostGIS, exact up to its rounding; empty for a clean map.';
