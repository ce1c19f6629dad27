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

CREATE FUNCTION rui._gridmap_suspects(gridmap rui.gridmap) RETURNS TABLE (grid_a bigint, grid_b bigint)
AS 'MODULE_PATHNAME', 'rui__gridmap_suspects' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION rui._gridmap_suspects(rui.gridmap) IS
'Internal: pairs of grids, grid_a < grid_b, that may overlap: all that do, and those whose borders meet otherwise than in whole edges and vertices that both have. A pair may come more than once.';

CREATE FUNCTION rui._gridmap_borders(gridmap rui.gridmap) RETURNS SETOF geometry
AS 'MODULE_PATHNAME', 'rui__gridmap_borders' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 100;
COMMENT ON FUNCTION rui._gridmap_borders(rui.gridmap) IS
'Internal: line strings of the edges that do not have an area on each side by edges with the same two ends. The border of all areas together is part of them.';

CREATE FUNCTION rui._gridmap_meeting(gridmap rui.gridmap, boxes float8[]) RETURNS TABLE (place bigint, grid_id bigint)
AS 'MODULE_PATHNAME', 'rui__gridmap_meeting' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000;
COMMENT ON FUNCTION rui._gridmap_meeting(rui.gridmap, float8[]) IS
'Internal: the areas whose box meets that of a place. boxes has the low x, low y, high x and high y of each place, one after another; place counts from 1.';

CREATE FUNCTION rui.gridmap_problems(gridmap rui.gridmap)
RETURNS TABLE (kind text, grid_a bigint, grid_b bigint, area geometry)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 100
BEGIN ATOMIC
	WITH suspects AS MATERIALIZED (
		SELECT DISTINCT s.grid_a, s.grid_b FROM rui._gridmap_suspects(gridmap) s
	), grids AS MATERIALIZED (
		SELECT a.grid_id, ST_Union(a.area) AS area
		FROM rui.gridmap_areas(gridmap) a
		WHERE a.grid_id IN (SELECT s.grid_a FROM suspects s UNION ALL SELECT s.grid_b FROM suspects s)
		GROUP BY a.grid_id
	), crossings AS (
		SELECT s.grid_a, s.grid_b, ST_CollectionExtract(ST_Intersection(a.area, b.area), 3) AS area
		FROM suspects s JOIN grids a ON a.grid_id = s.grid_a JOIN grids b ON b.grid_id = s.grid_b
	), faces AS (
		-- either covered as a whole or not at all: no border crosses one
		SELECT d.geom AS area
		FROM (
			SELECT ST_Polygonize(n.lines) AS areas
			FROM (SELECT ST_UnaryUnion(ST_Collect(b)) AS lines FROM rui._gridmap_borders(gridmap) b) AS n
		) AS p
		CROSS JOIN LATERAL ST_Dump(p.areas) AS d
	), gaps AS MATERIALIZED (
		-- where two borders cross, a corner may lie off both by rounding: slack is more
		SELECT row_number() OVER () AS place, f.area,
			1e-12 * greatest(abs(ST_XMin(f.area)), abs(ST_XMax(f.area)), abs(ST_YMin(f.area)), abs(ST_YMax(f.area))) AS slack
		FROM faces f
		WHERE rui.locate(gridmap, ST_PointOnSurface(f.area)) IS NULL AND ST_Area(f.area) > 0
	), beside AS (
		SELECT DISTINCT m.place, m.grid_id
		FROM rui._gridmap_meeting(gridmap, ARRAY(
			SELECT c.bound FROM gaps g
			CROSS JOIN LATERAL (VALUES (1, ST_XMin(g.area) - g.slack), (2, ST_YMin(g.area) - g.slack),
				(3, ST_XMax(g.area) + g.slack), (4, ST_YMax(g.area) + g.slack)) AS c(n, bound)
			ORDER BY g.place, c.n)) m
	), neighbours AS MATERIALIZED (
		SELECT DISTINCT g.place, b.grid_id
		FROM gaps g JOIN beside b ON b.place = g.place
		JOIN rui.gridmap_areas(gridmap) a ON a.grid_id = b.grid_id AND ST_DWithin(a.area, g.area, g.slack)
	)
	SELECT 'overlap'::text, o.grid_a, o.grid_b, o.area FROM crossings o WHERE ST_Area(o.area) > 0
	UNION ALL
	SELECT 'gap'::text, n.ids[1], n.ids[2], g.area
	FROM gaps g
	CROSS JOIN LATERAL (
		SELECT (array_agg(b.grid_id ORDER BY b.grid_id))[1:2] AS ids FROM neighbours b WHERE b.place = g.place
	) AS n
	ORDER BY 1, 2, 3;
END;
COMMENT ON FUNCTION rui.gridmap_problems(rui.gridmap) IS
'What is wrong with a map as a tessellation: rows of kind overlap (two grids, grid_a < grid_b, share the area, a polygon or multipolygon) and gap (an area that no grid covers although grids surround it; grid_a and grid_b are the two lowest of its neighbours, grid_b null when there is one). Areas in the map''s SRID; measure them with ST_Area. Computed by PostGIS, exact up to its rounding; empty for a clean map.';
