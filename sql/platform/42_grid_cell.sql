-- The ground of a design: every place where buildings stand gets a cell, cut
-- by the barriers of the project; cells that one can walk between are
-- neighbours.
--
-- Shapes are computed in a plane in which a degree of longitude is as long as
-- it is there (x = longitude x squeeze, both in degrees of latitude), and
-- drawn on a lattice of 1e-8 degrees, a millimetre, so that neighbours share
-- their vertices exactly.

CREATE FUNCTION rui._grid_frame(places geometry, margin double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ST_ConvexHull(ST_Buffer(ST_ConvexHull(places)::geography, margin)::geometry);
END
$$;
COMMENT ON FUNCTION rui._grid_frame(geometry, double precision) IS
'Internal: the ground that a design divides: the convex hull of all entrances (SRID 4326), widened by margin metres.';

CREATE FUNCTION rui._faces(places geometry, lines geometry, frame geometry, squeeze double precision) RETURNS geometry[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000
SET search_path FROM CURRENT
AS $$
DECLARE
	lattice CONSTANT double precision := 1e-8;
BEGIN
	-- The borders of all cells, the lines and the frame are noded together;
	-- faces of this drawing tile the frame without gap or overlap.
	RETURN ARRAY(
		WITH line AS (
			SELECT ST_Boundary(d.geom) AS geom
			FROM ST_Dump(ST_Scale(ST_VoronoiPolygons(ST_Scale(places, squeeze, 1), 0, ST_Scale(frame, squeeze, 1)), 1 / squeeze, 1)) d
			UNION ALL
			SELECT ST_Boundary(frame)
			UNION ALL
			SELECT lines
		), face AS (
			SELECT d.geom
			FROM ST_Dump((SELECT ST_Polygonize(n.geom) FROM (SELECT ST_UnaryUnion(ST_Collect(l.geom), lattice) AS geom FROM line l) n)) d
		)
		SELECT f.geom FROM face f
		WHERE ST_Covers(frame, ST_PointOnSurface(f.geom))
		ORDER BY ST_XMin(f.geom), ST_YMin(f.geom), ST_XMax(f.geom), ST_YMax(f.geom));
END
$$;
COMMENT ON FUNCTION rui._faces(geometry, geometry, geometry, double precision) IS
'Internal: the faces that the borders of the Voronoi cells of a multipoint, further lines (or null) and the frame divide the frame into, SRID 4326. Vertices lie on a lattice of 1e-8 degrees and neighbours share them exactly. Points closer than that may share a face.';

CREATE FUNCTION rui._barrier_lines(project_id bigint, frame geometry, squeeze double precision, gap double precision)
RETURNS TABLE (permeability double precision, line geometry)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 3
SET search_path FROM CURRENT
AS $$
BEGIN
	-- What is open is a row of permeability 1: it is drawn, but hinders nobody.
	RETURN QUERY
	WITH standing AS (
		SELECT b.permeability::double precision AS permeability, ST_Intersection(b.line, frame) AS line
		FROM rui.barrier b WHERE b.project_id = _barrier_lines.project_id AND b.line && frame AND ST_Intersects(frame, b.line)
		UNION ALL
		SELECT 0, ST_Intersection(s.line, frame)
		FROM rui.street s
		WHERE s.project_id = _barrier_lines.project_id AND s.is_closed AND NOT s.is_bridge AND s.line && frame AND ST_Intersects(frame, s.line)
	), drawn AS MATERIALIZED (
		SELECT b.permeability, ST_UnaryUnion(ST_Collect(ST_CollectionExtract(b.line, 2))) AS line
		FROM standing b GROUP BY b.permeability
	), everything AS MATERIALIZED (
		SELECT ST_UnaryUnion(ST_Collect(d.line)) AS line FROM drawn d
	), opening AS (
		SELECT ST_Buffer(ST_Scale(p.place, squeeze, 1), p.reach_m::double precision / 111195) AS area
		FROM rui.passage p WHERE p.project_id = _barrier_lines.project_id AND NOT p.is_closed AND ST_Expand(frame, 0.02) && p.place
		UNION ALL
		SELECT ST_Buffer(ST_Scale(ST_Intersection(s.line, e.line), squeeze, 1), gap / 111195)
		FROM rui.street s CROSS JOIN everything e
		WHERE s.project_id = _barrier_lines.project_id AND s.is_bridge AND NOT s.is_closed AND s.line && e.line AND ST_Intersects(e.line, s.line)
	), opened AS MATERIALIZED (
		SELECT ST_Scale(ST_Union(o.area), 1 / squeeze, 1) AS area FROM opening o
	), part AS (
		SELECT d.permeability, CASE WHEN o.area IS NULL THEN d.line ELSE ST_Difference(d.line, o.area) END AS line
		FROM drawn d CROSS JOIN opened o
		UNION ALL
		SELECT 1, ST_Intersection(d.line, o.area) FROM drawn d CROSS JOIN opened o WHERE o.area IS NOT NULL
	)
	SELECT p.permeability, ST_Multi(ST_CollectionExtract(ST_Collect(ST_CollectionExtract(p.line, 2)), 2))
	FROM part p WHERE NOT ST_IsEmpty(p.line)
	GROUP BY p.permeability ORDER BY p.permeability;
END
$$;
COMMENT ON FUNCTION rui._barrier_lines(bigint, geometry, double precision, double precision) IS
'Internal: the barriers of a project within a frame, closed streets among them, one row a permeability; what open passages and bridges lead through (gap: metres to each side of a bridge) has permeability 1.';

CREATE FUNCTION rui._street_net(project_id bigint, frame geometry, blocked geometry, squeeze double precision, step double precision)
RETURNS TABLE (x1 double precision, y1 double precision, x2 double precision, y2 double precision, metres double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path FROM CURRENT
AS $$
DECLARE
	lattice CONSTANT double precision := 1e-8;
	-- Whoever walks from one end of the frame to the other may leave it.
	around CONSTANT geometry := ST_Expand(ST_Envelope(frame), 0.005);
BEGIN
	RETURN QUERY
	WITH way AS (
		-- Bridges cross without meeting: they are not noded with what they cross.
		SELECT ST_UnaryUnion(ST_Collect(s.line), lattice) AS line
		FROM rui.street s WHERE s.project_id = _street_net.project_id AND NOT s.is_closed AND NOT s.is_bridge AND s.line && around
		UNION ALL
		SELECT ST_SnapToGrid(s.line, lattice)
		FROM rui.street s WHERE s.project_id = _street_net.project_id AND NOT s.is_closed AND s.is_bridge AND s.line && around
	), piece AS (
		SELECT d.geom FROM way w CROSS JOIN LATERAL ST_DumpSegments(w.line) d
		WHERE blocked IS NULL OR NOT ST_Intersects(blocked, d.geom)
	), node AS (
		SELECT ST_SnapToGrid(ST_Scale(ST_Segmentize(ST_Scale(p.geom, squeeze, 1), step / 111195), 1 / squeeze, 1), lattice) AS line FROM piece p
	), edge AS (
		SELECT DISTINCT ST_X(v.a) AS x1, ST_Y(v.a) AS y1, ST_X(v.b) AS x2, ST_Y(v.b) AS y2
		FROM node n CROSS JOIN LATERAL ST_DumpSegments(n.line) d
		CROSS JOIN LATERAL (SELECT ST_StartPoint(d.geom), ST_EndPoint(d.geom)) AS v(a, b)
	)
	SELECT e.x1, e.y1, e.x2, e.y2, sqrt(((e.x1 - e.x2) * squeeze) ^ 2 + (e.y1 - e.y2) ^ 2) * 111195
	FROM edge e WHERE (e.x1, e.y1) <> (e.x2, e.y2);
END
$$;
COMMENT ON FUNCTION rui._street_net(bigint, geometry, geometry, double precision, double precision) IS
'Internal: the open streets of a project in and near a frame as edges of at most step metres between nodes that are points (degrees, on a lattice of 1e-8). Streets are joined at common vertices and, unless one is a bridge, where they cross; edges that meet the lines `blocked` (or null) are left out.';

CREATE FUNCTION rui._street_ways(project_id bigint, frame geometry, blocked geometry, squeeze double precision, setting jsonb,
	place_x double precision[], place_y double precision[],
	OUT node_x double precision[], OUT node_y double precision[], OUT node_place integer[], OUT node_m double precision[],
	OUT from_place integer[], OUT to_place integer[], OUT way_m double precision[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	access CONSTANT double precision := setting ->> 'access';
	side CONSTANT double precision := access / 111195;
BEGIN
	WITH edge AS MATERIALIZED (
		SELECT e.* FROM rui._street_net(_street_ways.project_id, frame, blocked, squeeze, (setting ->> 'step')::double precision) e
	), node AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY v.x, v.y) AS node, v.x, v.y
		FROM (SELECT e.x1 AS x, e.y1 AS y FROM edge e UNION SELECT e.x2, e.y2 FROM edge e) v
	), place AS MATERIALIZED (
		-- Numbered below 0, so that a node is a place or a point of a street.
		SELECT -p.place AS node, p.x, p.y FROM unnest(place_x, place_y) WITH ORDINALITY AS p(x, y, place)
	), near AS (
		-- Squares as large as the longest way to a street: who is near lies in
		-- one of nine.
		SELECT p.node AS place, n.node, sqrt(((p.x - n.x) * squeeze) ^ 2 + (p.y - n.y) ^ 2) * 111195 AS metres,
			ST_SetSRID(ST_MakeLine(ST_MakePoint(p.x, p.y), ST_MakePoint(n.x, n.y)), 4326) AS line
		FROM (SELECT q.*, floor(q.x * squeeze / side) + i.i AS column_no, floor(q.y / side) + j.j AS row_no
			FROM place q CROSS JOIN generate_series(-1, 1) AS i(i) CROSS JOIN generate_series(-1, 1) AS j(j)) p
		JOIN (SELECT m.*, floor(m.x * squeeze / side) AS column_no, floor(m.y / side) AS row_no FROM node m) n
			ON n.column_no = p.column_no AND n.row_no = p.row_no
	), entry AS MATERIALIZED (
		SELECT DISTINCT ON (a.place) a.place, a.node, a.metres FROM near a
		WHERE a.metres <= access AND (blocked IS NULL OR NOT ST_Intersects(blocked, a.line))
		ORDER BY a.place, a.metres, a.node
	), way AS MATERIALIZED (
		SELECT a.node, b.node AS neighbour, e.metres
		FROM edge e JOIN node a ON a.x = e.x1 AND a.y = e.y1 JOIN node b ON b.x = e.x2 AND b.y = e.y2
		UNION ALL
		SELECT y.place, y.node, y.metres FROM entry y
	), reach AS MATERIALIZED (
		SELECT r.node, -r.source AS place, r.length AS metres
		FROM unnest((SELECT rui.catchment(w.node, w.neighbour, w.metres)
			FROM (SELECT w.node, w.neighbour, w.metres FROM way w UNION ALL SELECT y.place, NULL, 0 FROM entry y) w)) r
	), met AS (
		-- Two catchments meet on an edge: so far it is from one to the other.
		SELECT least(a.place, b.place) AS from_place, greatest(a.place, b.place) AS to_place, min(a.metres + w.metres + b.metres) AS metres
		FROM way w JOIN reach a ON a.node = w.node JOIN reach b ON b.node = w.neighbour
		WHERE a.place <> b.place
		GROUP BY 1, 2
	), drawn AS (
		SELECT array_agg(n.x ORDER BY n.node) AS xs, array_agg(n.y ORDER BY n.node) AS ys, array_agg(r.place::integer ORDER BY n.node) AS places,
			array_agg(r.metres ORDER BY n.node) AS metres
		FROM node n LEFT JOIN reach r ON r.node = n.node
	), joined AS (
		SELECT array_agg(m.from_place::integer ORDER BY m.from_place, m.to_place) AS from_places,
			array_agg(m.to_place::integer ORDER BY m.from_place, m.to_place) AS to_places, array_agg(m.metres ORDER BY m.from_place, m.to_place) AS metres
		FROM met m
	)
	SELECT d.xs, d.ys, d.places, d.metres, j.from_places, j.to_places, j.metres
	INTO node_x, node_y, node_place, node_m, from_place, to_place, way_m
	FROM drawn d CROSS JOIN joined j;
END
$$;
COMMENT ON FUNCTION rui._street_ways(bigint, geometry, geometry, double precision, jsonb, double precision[], double precision[]) IS
'Internal: the street network of a project and who is nearest to each of its nodes by walking: nodes (degrees) with the place (position in place_x and place_y) and the metres to it, null where no way leads; and pairs of places whose catchments meet on a street, with the metres from one to the other. A place joins the network at the nearest node within `access` metres that no blocked line keeps it from.';

CREATE FUNCTION rui._cell_weights(near_a integer[], near_b integer[], open_m double precision[], way_m double precision[],
	straight_m double precision[], setting jsonb) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	rough CONSTANT double precision := setting ->> 'rough';
	by_street CONSTANT boolean := setting ->> 'adjacency' = 'streets';
	by_walk CONSTANT boolean := setting ->> 'edges' = 'walk';
BEGIN
	RETURN (
		WITH pair AS MATERIALIZED (
			SELECT p.place, p.a, p.b, p.open_m, coalesce(p.way_m, p.straight_m * rough) AS walk_m,
				p.open_m > 0 AND (NOT by_street OR p.way_m IS NOT NULL) AS is_linked
			FROM unnest(near_a, near_b, open_m, way_m, straight_m) WITH ORDINALITY AS p(a, b, open_m, way_m, straight_m, place)
		), part AS MATERIALIZED (
			SELECT c.node, c.part FROM unnest((SELECT rui.components(p.a, p.b) FROM (
				SELECT p.a, CASE WHEN p.is_linked THEN p.b END AS b FROM pair p UNION ALL SELECT p.b, NULL FROM pair p) p)) c
		)
		-- Where streets lead nowhere one walks over open ground.
		SELECT array_agg(CASE WHEN NOT (p.is_linked OR p.open_m > 0 AND u.part <> v.part) THEN 0
			WHEN by_walk THEN 10000 / greatest(p.walk_m, 10) ELSE greatest(p.open_m, 1e-3) END ORDER BY p.place)
		FROM pair p JOIN part u ON u.node = p.a JOIN part v ON v.node = p.b);
END
$$;
COMMENT ON FUNCTION rui._cell_weights(integer[], integer[], double precision[], double precision[], double precision[], jsonb) IS
'Internal: what keeps pairs of cells together, 0 where one cannot walk from one to the other: the metres of open border, or with edges walk 10000 / metres of the way (at least 10 m; over open ground `rough` times the straight line). With adjacency streets pairs that no street joins count only where they join parts of the street network that do not hang together.';

CREATE TYPE rui.grid_ground AS (
	areas geometry[],
	building_ids bigint[],
	building_cells integer[],
	near_a integer[],
	near_b integer[],
	border_m double precision[],
	open_m double precision[],
	way_m double precision[],
	straight_m double precision[],
	weights double precision[]
);
COMMENT ON TYPE rui.grid_ground IS 'The cells of a design and their pairs, on their way to rui.grid_cell.';
COMMENT ON COLUMN rui.grid_ground.areas IS 'The ground of each cell; cell n is the n-th.';
COMMENT ON COLUMN rui.grid_ground.building_ids IS 'The buildings.';
COMMENT ON COLUMN rui.grid_ground.building_cells IS 'The cell of each of them.';
COMMENT ON COLUMN rui.grid_ground.near_a IS 'The lower cell of each pair with a common border.';
COMMENT ON COLUMN rui.grid_ground.near_b IS 'The higher cell of each pair.';
COMMENT ON COLUMN rui.grid_ground.border_m IS 'Metres of common border.';
COMMENT ON COLUMN rui.grid_ground.open_m IS 'Metres of it that are open; a barrier counts with its permeability.';
COMMENT ON COLUMN rui.grid_ground.way_m IS 'Metres of the way along streets, or null where no street leads from one to the other.';
COMMENT ON COLUMN rui.grid_ground.straight_m IS 'Metres between the entrances as the crow flies.';
COMMENT ON COLUMN rui.grid_ground.weights IS 'What keeps the pair together; 0 where there is no way across.';

CREATE FUNCTION rui._draw_cells(project_id bigint, setting jsonb) RETURNS rui.grid_ground
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	ground rui.grid_ground;
	by_street CONSTANT boolean := setting ->> 'adjacency' = 'streets';
	places geometry;
	place_x double precision[];
	place_y double precision[];
	frame geometry;
	squeeze double precision;
	permeabilities double precision[];
	lines geometry[];
	ways record;
	faces geometry[];
BEGIN
	SELECT array_agg(ST_X(b.entrance) ORDER BY b.entrance), array_agg(ST_Y(b.entrance) ORDER BY b.entrance), ST_Collect(b.entrance),
		greatest(cos(radians((min(ST_Y(b.entrance)) + max(ST_Y(b.entrance))) / 2)), 0.01)
	INTO place_x, place_y, places, squeeze
	FROM (SELECT DISTINCT b.entrance FROM rui.building b WHERE b.project_id = _draw_cells.project_id
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = b.project_id AND a.table_name = 'building' AND a.row_id = b.id)) b;
	frame := rui._grid_frame(places, (setting ->> 'margin')::double precision);
	SELECT array_agg(l.permeability), array_agg(l.line) INTO permeabilities, lines
	FROM rui._barrier_lines(project_id, frame, squeeze, (setting ->> 'gap')::double precision) l;
	IF by_street OR setting ->> 'edges' = 'walk' THEN
		SELECT w.* INTO ways FROM rui._street_ways(project_id, frame, (
			SELECT l.line FROM unnest(permeabilities, lines) AS l(permeability, line) WHERE l.permeability = 0), squeeze, setting, place_x, place_y) w;
	ELSE
		SELECT NULL::double precision[] AS node_x, NULL::double precision[] AS node_y, NULL::integer[] AS node_place,
			NULL::double precision[] AS node_m, NULL::integer[] AS from_place, NULL::integer[] AS to_place, NULL::double precision[] AS way_m INTO ways;
	END IF;
	IF by_street THEN
		-- What is nearer to a street than to any house goes with whom that street leads to.
		places := (SELECT ST_Collect(p.point) FROM (
			SELECT (ST_Dump(places)).geom AS point
			UNION
			SELECT q.point FROM unnest(ways.node_x, ways.node_y) AS n(x, y)
			CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(n.x, n.y), 4326)) AS q(point)
			WHERE ST_Covers(frame, q.point)) p);
	END IF;
	faces := rui._faces(places, ST_Collect(lines), frame, squeeze);

	WITH face AS MATERIALIZED (
		SELECT f.face, f.area, ST_X(c.middle) * squeeze AS x, ST_Y(c.middle) AS y
		FROM unnest(faces) WITH ORDINALITY AS f(area, face) CROSS JOIN LATERAL ST_Centroid(f.area) AS c(middle)
	), drawing AS MATERIALIZED (
		SELECT rui.gridmap(f.face, f.area) AS map FROM face f
	), place AS MATERIALIZED (
		SELECT p.place, p.x, p.y, rui.locate(d.map, p.x, p.y) AS face
		FROM drawing d CROSS JOIN unnest(place_x, place_y) WITH ORDINALITY AS p(x, y, place)
	), home AS MATERIALIZED (
		SELECT p.face, min(p.place) AS place, row_number() OVER (ORDER BY p.face)::integer AS cell FROM place p GROUP BY p.face
	), node AS MATERIALIZED (
		SELECT rui.locate(d.map, w.x, w.y) AS face, w.place, w.metres
		FROM drawing d CROSS JOIN unnest(ways.node_x, ways.node_y, ways.node_place, ways.node_m) AS w(x, y, place, metres)
		WHERE by_street AND w.place IS NOT NULL
	), owner AS MATERIALIZED (
		-- Whose a face is by what lies in it: a house, or a point of a street.
		SELECT h.face, h.face AS home FROM home h
		UNION ALL
		SELECT o.face, o.home FROM (
			SELECT DISTINCT ON (n.face) n.face, p.face AS home
			FROM node n JOIN place p ON p.place = n.place
			WHERE n.face IS NOT NULL
			ORDER BY n.face, n.metres, p.face) o
		WHERE NOT EXISTS (SELECT FROM home h WHERE h.face = o.face)
	), segment AS (
		-- The same segment seen from both faces, whichever way it is walked.
		SELECT f.face, CASE WHEN v.is_east THEN v.x1 ELSE v.x2 END AS x1, CASE WHEN v.is_east THEN v.y1 ELSE v.y2 END AS y1,
			CASE WHEN v.is_east THEN v.x2 ELSE v.x1 END AS x2, CASE WHEN v.is_east THEN v.y2 ELSE v.y1 END AS y2
		FROM face f CROSS JOIN LATERAL ST_DumpSegments(f.area) s
		CROSS JOIN LATERAL (SELECT ST_StartPoint(s.geom), ST_EndPoint(s.geom)) AS p(a, b)
		CROSS JOIN LATERAL (SELECT ST_X(p.a), ST_Y(p.a), ST_X(p.b), ST_Y(p.b), (ST_X(p.a), ST_Y(p.a)) < (ST_X(p.b), ST_Y(p.b))) AS v(x1, y1, x2, y2, is_east)
	), side AS MATERIALIZED (
		SELECT row_number() OVER () AS side, min(s.face) AS face_a, max(s.face) AS face_b, s.x1, s.y1, s.x2, s.y2,
			sqrt(((s.x1 - s.x2) * squeeze) ^ 2 + (s.y1 - s.y2) ^ 2) * 111195 AS metres
		FROM segment s
		GROUP BY s.x1, s.y1, s.x2, s.y2
		HAVING count(*) = 2
	), hindered AS MATERIALIZED (
		SELECT c.side, min(b.permeability) AS permeability
		FROM (SELECT l.permeability, ST_Buffer(l.line, 3e-8) AS area FROM unnest(permeabilities, lines) AS l(permeability, line)
			WHERE l.permeability < 1 OFFSET 0) b
		CROSS JOIN LATERAL (SELECT s.side FROM side s
			CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(s.x1, s.y1), ST_MakePoint(s.x2, s.y2)), 4326)) AS l(line)
			WHERE b.area ~ l.line AND ST_Covers(b.area, l.line) OFFSET 0) c
		GROUP BY c.side
	), border AS MATERIALIZED (
		SELECT s.face_a, s.face_b, sum(s.metres) AS metres, sum(s.metres * coalesce(h.permeability, 1)) AS open_metres
		FROM side s LEFT JOIN hindered h ON h.side = s.side
		WHERE s.face_a < s.face_b
		GROUP BY s.face_a, s.face_b
	), link AS (
		-- A face goes to the nearest house; that is its own where it hangs
		-- together with it. Barriers come before distance, so that borders
		-- follow them; beyond a closed one a face goes only where nothing else is.
		SELECT b.face_a AS node, b.face_b AS neighbour, sqrt((f.x - g.x) ^ 2 + (f.y - g.y) ^ 2) * 111195
			+ CASE WHEN b.open_metres > 0 THEN 1e5 * (1 - b.open_metres / b.metres) ELSE 1e9 END + CASE WHEN p.home = q.home THEN 0 ELSE 1e6 END AS metres
		FROM border b JOIN face f ON f.face = b.face_a JOIN face g ON g.face = b.face_b
		LEFT JOIN owner p ON p.face = b.face_a LEFT JOIN owner q ON q.face = b.face_b
		UNION ALL
		SELECT h.face, NULL, 0 FROM home h
	), belongs AS MATERIALIZED (
		SELECT r.node AS face, h.cell
		FROM unnest((SELECT rui.catchment(l.node, l.neighbour, l.metres) FROM link l)) r JOIN home h ON h.face = r.source
	), near AS MATERIALIZED (
		SELECT least(p.cell, q.cell) AS cell_a, greatest(p.cell, q.cell) AS cell_b, sum(b.metres) AS metres, sum(b.open_metres) AS open_metres
		FROM border b JOIN belongs p ON p.face = b.face_a JOIN belongs q ON q.face = b.face_b
		WHERE p.cell <> q.cell
		GROUP BY 1, 2
	), way AS (
		SELECT least(a.cell, b.cell) AS cell_a, greatest(a.cell, b.cell) AS cell_b, min(w.metres) AS metres
		FROM unnest(ways.from_place, ways.to_place, ways.way_m) AS w(from_place, to_place, metres)
		JOIN place p ON p.place = w.from_place JOIN home a ON a.face = p.face
		JOIN place q ON q.place = w.to_place JOIN home b ON b.face = q.face
		WHERE a.cell <> b.cell
		GROUP BY 1, 2
	), house AS (
		SELECT h.cell, p.x * squeeze AS x, p.y FROM home h JOIN place p ON p.place = h.place
	), measured AS (
		SELECT n.cell_a, n.cell_b, n.metres, n.open_metres, w.metres AS way_metres, sqrt((a.x - b.x) ^ 2 + (a.y - b.y) ^ 2) * 111195 AS straight_metres
		FROM near n JOIN house a ON a.cell = n.cell_a JOIN house b ON b.cell = n.cell_b
		LEFT JOIN way w ON w.cell_a = n.cell_a AND w.cell_b = n.cell_b
	), shaped AS (
		SELECT b.cell, ST_Multi(ST_Union(f.area)) AS area FROM belongs b JOIN face f ON f.face = b.face GROUP BY b.cell
	), standing AS (
		SELECT b.id, h.cell FROM rui.building b
		JOIN place p ON p.x = ST_X(b.entrance) AND p.y = ST_Y(b.entrance) JOIN home h ON h.face = p.face
		WHERE b.project_id = _draw_cells.project_id
			AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = b.project_id AND a.table_name = 'building' AND a.row_id = b.id)
	)
	SELECT (SELECT array_agg(s.area ORDER BY s.cell) FROM shaped s),
		(SELECT array_agg(s.id ORDER BY s.id) FROM standing s), (SELECT array_agg(s.cell ORDER BY s.id) FROM standing s),
		array_agg(m.cell_a ORDER BY m.cell_a, m.cell_b), array_agg(m.cell_b ORDER BY m.cell_a, m.cell_b),
		array_agg(m.metres ORDER BY m.cell_a, m.cell_b), array_agg(m.open_metres ORDER BY m.cell_a, m.cell_b),
		array_agg(m.way_metres ORDER BY m.cell_a, m.cell_b), array_agg(m.straight_metres ORDER BY m.cell_a, m.cell_b)
	INTO ground.areas, ground.building_ids, ground.building_cells, ground.near_a, ground.near_b, ground.border_m, ground.open_m,
		ground.way_m, ground.straight_m
	FROM measured m;
	ground.weights := rui._cell_weights(ground.near_a, ground.near_b, ground.open_m, ground.way_m, ground.straight_m, setting);
	RETURN ground;
END
$$;
COMMENT ON FUNCTION rui._draw_cells(bigint, jsonb) IS
'Internal: the cells of a project and every pair of them with a common border. Ways along streets are computed with adjacency streets or edges walk. With adjacency streets the ground along a street belongs to the house that is nearest by walking, else to the nearest one; no cell reaches across a barrier unless nothing else is there.';
