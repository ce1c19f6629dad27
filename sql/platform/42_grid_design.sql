-- Designing grids: every building gets a cell, the cells are divided into
-- connected parts of even workload, each part becomes a grid.

CREATE FUNCTION rui._cells(places geometry, margin double precision)
RETURNS TABLE (cell bigint, area geometry)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	-- One hundred-millionth of a degree is a millimetre: all vertices lie on
	-- this lattice, so that neighbours share theirs exactly.
	lattice CONSTANT double precision := 1e-8;
	middle CONSTANT double precision := (ST_YMin(places) + ST_YMax(places)) / 2;
	-- Degrees of longitude are shorter than those of latitude.
	squeeze CONSTANT double precision := greatest(cos(radians(middle)), 0.01);
	frame geometry;
BEGIN
	frame := ST_ConvexHull(ST_Buffer(ST_ConvexHull(places)::geography, margin)::geometry);
	-- The borders of all cells and the frame are noded together; faces of
	-- this drawing tile the frame without gap or overlap.
	RETURN QUERY
	WITH line AS (
		SELECT ST_Boundary(d.geom) AS geom
		FROM ST_Dump(ST_Scale(ST_VoronoiPolygons(ST_Scale(places, squeeze, 1), 0, ST_Scale(frame, squeeze, 1)), 1 / squeeze, 1)) d
		UNION ALL
		SELECT ST_Boundary(frame)
	), face AS (
		SELECT d.geom FROM ST_Dump((SELECT ST_Polygonize(n.geom) FROM (SELECT ST_UnaryUnion(ST_Collect(l.geom), lattice) AS geom FROM line l) n)) d
	)
	SELECT row_number() OVER (ORDER BY ST_XMin(f.geom), ST_YMin(f.geom), ST_XMax(f.geom), ST_YMax(f.geom)), f.geom
	FROM face f
	WHERE ST_Covers(frame, ST_PointOnSurface(f.geom));
END
$$;
COMMENT ON FUNCTION rui._cells(geometry, double precision) IS
'Internal: divides the convex hull of a multipoint (SRID 4326), widened by margin metres, into the Voronoi cells of its points: rows (cell from 1, area). Vertices lie on a lattice of 1e-8 degrees and neighbours share them exactly. Points closer than that may share a cell. Longitudes are scaled by the cosine of the middle latitude.';

CREATE FUNCTION rui._grid_options(options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	standard CONSTANT jsonb := '{"homes": 1, "area": 0, "needs": 0, "days": 365, "margin": 100, "tolerance": 0.01, "seed": 1, "stability": 0}';
	highest CONSTANT jsonb := '{"homes": 1e6, "area": 1e6, "needs": 1e6, "days": 3650, "margin": 10000, "tolerance": 1, "seed": 2147483647, "stability": 1e6}';
	given record;
BEGIN
	IF options IS NULL THEN
		PERFORM rui._missing('options');
	ELSIF jsonb_typeof(options) <> 'object' THEN
		RAISE EXCEPTION 'options is not a JSON object' USING ERRCODE = 'invalid_parameter_value', HINT = format('Options and their defaults: %s.', standard);
	END IF;
	FOR given IN SELECT e.key, e.value FROM jsonb_each(options) e LOOP
		IF NOT standard ? given.key THEN
			RAISE EXCEPTION 'unknown option "%"', left(given.key, 60)
				USING ERRCODE = 'invalid_parameter_value', HINT = format('Options and their defaults: %s.', standard);
		ELSIF jsonb_typeof(given.value) <> 'number' THEN
			RAISE EXCEPTION 'option "%" is not a number', given.key
				USING ERRCODE = 'invalid_parameter_value', HINT = format('Options and their defaults: %s.', standard);
		ELSIF given.value < '0' OR given.value > highest -> given.key OR given.key = 'margin' AND given.value < '1'
			OR given.key IN ('seed', 'days') AND given.value #>> '{}' !~ '^[0-9]+$' THEN
			RAISE EXCEPTION 'option "%" cannot be %', given.key, left(given.value #>> '{}', 60)
				USING ERRCODE = 'numeric_value_out_of_range',
					HINT = format('It lies between 0 (margin 1) and %s; seed and days are whole.', highest -> given.key);
		END IF;
	END LOOP;
	RETURN standard || options;
END
$$;
COMMENT ON FUNCTION rui._grid_options(jsonb) IS
'Internal: the options of a grid design, completed with their defaults. 22004 null, 22023 not an object, an unknown option or not a number, 22003 out of range.';

CREATE FUNCTION rui._building_workload(project_id bigint, options jsonb, at timestamptz)
RETURNS TABLE (building_id bigint, entrance geometry, homes integer, workload double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET enable_nestloop = off
AS $$
BEGIN
	-- Whole tables meet here. Right after an import nothing is known of their
	-- sizes, and a loop chosen for small ones would take minutes.
	RETURN QUERY
	WITH housed AS (
		SELECT u.building_id, count(*) FILTER (WHERE u.kind = 'home') AS homes, sum(u.area_m2) AS area_m2
		FROM rui.unit u WHERE u.project_id = _building_workload.project_id
		GROUP BY u.building_id
	), needed AS (
		SELECT t.building_id, count(*) AS needs
		FROM rui.task t
		WHERE t.project_id = _building_workload.project_id AND t.building_id IS NOT NULL
			AND (options ->> 'needs')::double precision > 0
			AND t.opened_at > at - make_interval(days => (options ->> 'days')::integer) AND t.opened_at <= at
		GROUP BY t.building_id
	), weighed AS MATERIALIZED (
		SELECT b.id, b.entrance, coalesce(h.homes, 0)::integer AS homes,
			(options ->> 'homes')::double precision * coalesce(h.homes, 0)
			+ (options ->> 'area')::double precision * coalesce(h.area_m2, 0)::double precision
			+ (options ->> 'needs')::double precision * coalesce(n.needs, 0) AS workload
		FROM rui.building b
		LEFT JOIN housed h ON h.building_id = b.id
		LEFT JOIN needed n ON n.building_id = b.id
		WHERE b.project_id = _building_workload.project_id
	)
	-- Where nothing is known yet, all buildings weigh the same.
	SELECT w.id, w.entrance, w.homes, CASE WHEN sum(w.workload) OVER () > 0 THEN w.workload ELSE 1 END
	FROM weighed w;
END
$$;
COMMENT ON FUNCTION rui._building_workload(bigint, jsonb, timestamptz) IS
'Internal: per building of a project its entrance, number of homes, and workload: homes x option homes + square metres of all its units x option area + tasks of the last `days` days x option needs. When all are 0 every building weighs 1.';

CREATE FUNCTION rui._design_grids(project_id bigint, parts integer, stewards bigint[], options jsonb, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	setting CONSTANT jsonb := rui._grid_options(options);
	new_plan bigint;
	present bigint;
	cut double precision;
	cells bigint;
BEGIN
	IF parts IS NULL THEN
		PERFORM rui._missing('stewards');
	ELSIF parts < 1 THEN
		RAISE EXCEPTION 'stewards must be at least 1, not %', parts USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT count(DISTINCT b.entrance) INTO cells FROM rui.building b WHERE b.project_id = _design_grids.project_id;
	IF cells < parts THEN
		RAISE EXCEPTION 'project % has places for % grids, not for %', project_id, cells, parts
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Import the buildings first; give at most as many stewards as there are buildings.';
	END IF;
	SELECT p.id INTO present FROM rui.grid_plan p WHERE p.project_id = _design_grids.project_id AND p.state = 'active';
	INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids)
	VALUES (project_id, at, setting, parts) RETURNING id INTO new_plan;

	WITH building AS MATERIALIZED (
		SELECT w.building_id, w.entrance, w.homes, w.workload
		FROM rui._building_workload(_design_grids.project_id, setting, at) w
	), cell AS MATERIALIZED (
		SELECT c.cell, c.area
		FROM rui._cells((SELECT ST_Collect(b.entrance) FROM building b), (setting ->> 'margin')::double precision) c
	), drawing AS MATERIALIZED (
		SELECT rui.gridmap(c.cell, c.area) AS map, cos(radians(avg(ST_Y(ST_Centroid(c.area))))) AS squeeze FROM cell c
	), housed AS MATERIALIZED (
		SELECT b.building_id, b.homes, b.workload, rui.locate(d.map, b.entrance) AS cell
		FROM building b CROSS JOIN drawing d
	), owned AS (
		-- Who looks after each building now: the position of the steward in the
		-- new list, or of the grid among the present ones.
		SELECT h.cell, min(coalesce(array_position(stewards, g.steward_id), CASE WHEN stewards IS NULL AND g.place <= parts THEN g.place END)) AS place
		FROM housed h
		JOIN rui.grid_building o ON o.project_id = _design_grids.project_id AND o.plan_id = present AND o.building_id = h.building_id
		JOIN (SELECT a.id, a.steward_id, row_number() OVER (ORDER BY a.code)::integer AS place FROM rui.grid a
			WHERE a.project_id = _design_grids.project_id AND a.plan_id = present) g ON g.id = o.grid_id
		GROUP BY h.cell
	), segment AS (
		SELECT c.cell, s.geom, ST_X(ST_StartPoint(s.geom)) AS x1, ST_Y(ST_StartPoint(s.geom)) AS y1,
			ST_X(ST_EndPoint(s.geom)) AS x2, ST_Y(ST_EndPoint(s.geom)) AS y2
		FROM cell c CROSS JOIN LATERAL ST_DumpSegments(c.area) s
	), side AS (
		-- The same segment seen from both cells, whichever way it is walked.
		SELECT min(s.cell) AS cell_a, max(s.cell) AS cell_b,
			sqrt((min(s.x1 - s.x2) * d.squeeze) ^ 2 + min(s.y1 - s.y2) ^ 2) * 111195 AS metres
		FROM segment s CROSS JOIN drawing d
		GROUP BY least((s.x1, s.y1), (s.x2, s.y2)), greatest((s.x1, s.y1), (s.x2, s.y2)), d.squeeze
		HAVING count(*) = 2
	), border AS MATERIALIZED (
		SELECT s.cell_a, s.cell_b, sum(s.metres) AS metres
		FROM side s WHERE s.cell_a < s.cell_b GROUP BY s.cell_a, s.cell_b
	), node AS (
		SELECT c.cell, n.neighbours, n.metres, coalesce(h.workload, 0) AS workload, o.place
		FROM cell c
		LEFT JOIN (SELECT b.cell_a AS cell, array_agg(b.cell_b ORDER BY b.cell_b) AS neighbours,
				array_agg(greatest(b.metres, 1e-3) ORDER BY b.cell_b) AS metres
			FROM border b GROUP BY b.cell_a) n ON n.cell = c.cell
		LEFT JOIN (SELECT h.cell, sum(h.workload) AS workload FROM housed h GROUP BY h.cell) h ON h.cell = c.cell
		LEFT JOIN owned o ON o.cell = c.cell
	), divided AS MATERIALIZED (
		SELECT p.node AS cell, p.part
		FROM unnest((SELECT rui.partition(n.cell, n.neighbours, n.workload, parts, n.metres, n.place,
			jsonb_build_object('tolerance', setting -> 'tolerance', 'seed', setting -> 'seed', 'stability', setting -> 'stability')) FROM node n)) p
	), shaped AS MATERIALIZED (
		SELECT v.part, ST_Multi(ST_Union(c.area)) AS area
		FROM divided v JOIN cell c ON c.cell = v.cell
		GROUP BY v.part
	), loaded AS (
		SELECT v.part, count(*) AS buildings, sum(h.homes) AS homes, sum(h.workload) AS workload
		FROM housed h JOIN divided v ON v.cell = h.cell
		GROUP BY v.part
	), drawn AS (
		INSERT INTO rui.grid AS g (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
		SELECT _design_grids.project_id, new_plan, 'G' || lpad(s.part::text, greatest(length(parts::text), 2), '0'), s.area, stewards[s.part],
			coalesce(l.buildings, 0), coalesce(l.homes, 0), coalesce(l.workload, 0), ST_Area(s.area::geography),
			4 * pi() * ST_Area(ST_Scale(s.area, d.squeeze, 1)) / ST_Perimeter(ST_Scale(s.area, d.squeeze, 1)) ^ 2
		FROM shaped s CROSS JOIN drawing d
		LEFT JOIN loaded l ON l.part = s.part
		ORDER BY s.part
		RETURNING g.id, g.code
	), placed AS (
		INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, workload)
		SELECT _design_grids.project_id, new_plan, h.building_id, g.id, h.workload
		FROM housed h
		JOIN divided v ON v.cell = h.cell
		JOIN drawn g ON g.code = 'G' || lpad(v.part::text, greatest(length(parts::text), 2), '0')
	)
	SELECT coalesce(sum(b.metres), 0) INTO cut
	FROM border b JOIN divided p ON p.cell = b.cell_a JOIN divided q ON q.cell = b.cell_b
	WHERE p.part <> q.part;

	UPDATE rui.grid_plan p
	SET buildings = m.buildings, homes = m.homes, imbalance = m.imbalance, compactness = m.compactness, cut_m = cut,
		is_contiguous = m.is_contiguous,
		moved_homes = CASE WHEN stewards IS NOT NULL THEN (
			SELECT coalesce(sum(u.homes), 0)
			FROM rui.grid_building n
			JOIN rui.grid ng ON ng.project_id = n.project_id AND ng.id = n.grid_id
			JOIN rui.grid_building o ON o.project_id = n.project_id AND o.plan_id = present AND o.building_id = n.building_id
			JOIN rui.grid og ON og.project_id = o.project_id AND og.id = o.grid_id AND og.steward_id <> ng.steward_id
			CROSS JOIN LATERAL (SELECT count(*) AS homes FROM rui.unit u
				WHERE u.project_id = n.project_id AND u.building_id = n.building_id AND u.kind = 'home') u
			WHERE n.project_id = _design_grids.project_id AND n.plan_id = new_plan) END
	FROM (SELECT sum(g.buildings) AS buildings, sum(g.homes) AS homes, avg(g.compactness) AS compactness,
			max(abs(g.workload / nullif(w.mean, 0) - 1)) AS imbalance, bool_and(ST_NumGeometries(g.area) = 1) AS is_contiguous
		FROM rui.grid g
		CROSS JOIN (SELECT avg(a.workload) AS mean FROM rui.grid a WHERE a.project_id = _design_grids.project_id AND a.plan_id = new_plan) w
		WHERE g.project_id = _design_grids.project_id AND g.plan_id = new_plan) m
	WHERE p.project_id = _design_grids.project_id AND p.id = new_plan;
	PERFORM rui._emit(project_id, 'grid_plan.propose', 'grid_plan', new_plan, at, jsonb_build_object('grids', parts));
	RETURN new_plan;
END
$$;
COMMENT ON FUNCTION rui._design_grids(bigint, integer, bigint[], jsonb, timestamptz) IS
'Internal: designs a plan of so many grids, for these stewards or for nobody yet, and returns its id. Errors as rui.design_grids.';

CREATE FUNCTION rui.design_grids(project_id bigint, stewards integer, options jsonb DEFAULT '{}', request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'design_grids');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'design_grids', request_key, jsonb_build_array(stewards, options));
	IF answer IS NULL THEN
		answer := to_jsonb(rui._design_grids(project_id, stewards, NULL, options, at));
		PERFORM rui._finish_request(project_id, 'design_grids', request_key, answer);
	END IF;
	RETURN answer::bigint;
END
$$;
COMMENT ON FUNCTION rui.design_grids(bigint, integer, jsonb, text, timestamptz) IS
'Designs a plan of as many grids as there will be stewards and returns its id (state proposed; measures in rui.grid_plan, areas in rui.grid, buildings in rui.grid_building). Every building''s entrance gets its Voronoi cell within the convex hull of all, widened by margin; cells that share a border are neighbours; rui.partition divides them into connected parts of even workload; a grid is the union of a part''s cells, so the grids tile the project without gap or overlap and each building is in exactly one. options: homes, area, needs: weight of a home (1), of a square metre of units (0), of a past need (0) in the workload; days: how far back needs count (365); margin in metres (100); tolerance (0.01), seed (1), stability (0) as rui.partition has them; where a plan is active its grids keep their numbers. Needs permission design_grids. Errors: 22004, 22023 no or more grids than places, options, 22003 options, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.design_grids(project_id bigint, stewards bigint[], options jsonb DEFAULT '{}', request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'design_grids');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_stewards(project_id, stewards, at);
	answer := rui._begin_request(project_id, 'design_grids', request_key, jsonb_build_array(stewards, options));
	IF answer IS NULL THEN
		answer := to_jsonb(rui._design_grids(project_id, cardinality(stewards), stewards, options, at));
		PERFORM rui._finish_request(project_id, 'design_grids', request_key, answer);
	END IF;
	RETURN answer::bigint;
END
$$;
COMMENT ON FUNCTION rui.design_grids(bigint, bigint[], jsonb, text, timestamptz) IS
'Designs a plan with one grid for each steward (parties who work in the project) and returns its id; as rui.design_grids(project_id, number, options), and a steward who has a grid in the active plan gets the new one that goes on from it; moved_homes says how many homes change hands. Needs permission design_grids. Errors: 22004, 22023 no, repeated or unable stewards, more grids than places, options, 22003 options, P0002 unknown party, 22008, 42501, 55000, RU409.';
