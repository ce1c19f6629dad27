-- Designing grids: what each place makes of work, and the division of the
-- cells into connected parts of even workload, each of which is a grid.

CREATE FUNCTION rui._grid_options(project_id bigint, options jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	choices CONSTANT jsonb := '{"adjacency": ["cells", "streets"], "edges": ["border", "walk"]}';
	standard jsonb;
	given record;
BEGIN
	IF options IS NULL THEN
		PERFORM rui._missing('options');
	ELSIF jsonb_typeof(options) <> 'object' THEN
		RAISE EXCEPTION 'options is not a JSON object'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Options are adjacency, edges, and the terms of rui.grid_term.';
	END IF;
	SELECT jsonb_object_agg(t.code, coalesce(w.weight, t.standard)) INTO standard
	FROM rui.grid_term t
	LEFT JOIN rui.grid_weight w ON w.project_id = _grid_options.project_id AND w.term = t.code;
	FOR given IN SELECT e.key, e.value FROM jsonb_each(options) e LOOP
		IF choices ? given.key THEN
			IF jsonb_typeof(given.value) <> 'string' OR NOT choices -> given.key @> given.value THEN
				RAISE EXCEPTION 'option "%" cannot be %', given.key, left(given.value::text, 60)
					USING ERRCODE = 'invalid_parameter_value', HINT = format('It is one of %s.', choices -> given.key);
			END IF;
		ELSIF NOT standard ? given.key THEN
			RAISE EXCEPTION 'unknown option "%"', left(given.key, 60)
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Options are adjacency, edges, and the terms of rui.grid_term.';
		ELSIF jsonb_typeof(given.value) <> 'number' THEN
			RAISE EXCEPTION 'option "%" is not a number', given.key
				USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.grid_term says what it means.';
		ELSIF abs((given.value #>> '{}')::numeric) > 1e15 THEN
			PERFORM rui._check_grid_term(given.key, sign((given.value #>> '{}')::numeric) * 'Infinity'::double precision);
		ELSE
			PERFORM rui._check_grid_term(given.key, (given.value #>> '{}')::double precision);
		END IF;
	END LOOP;
	RETURN '{"adjacency": "cells", "edges": "border"}' || standard || options;
END
$$;
COMMENT ON FUNCTION rui._grid_options(bigint, jsonb) IS
'Internal: the options of a grid design, completed with the project''s own values and the standard ones. 22004 null, 22023 not an object, an unknown option, or not a number or choice, 22003 out of range.';

CREATE FUNCTION rui._building_workload(project_id bigint, options jsonb, at timestamptz)
RETURNS TABLE (building_id bigint, homes integer, workload double precision)
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
			AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = u.project_id AND a.table_name = 'unit' AND a.row_id = u.id)
		GROUP BY u.building_id
	), needed AS (
		SELECT t.building_id, count(*) FILTER (WHERE t.opened_at > s.since AND t.opened_at <= at) AS needs,
			count(*) FILTER (WHERE t.arrived_at > s.since AND t.arrived_at <= at) AS visits
		FROM rui.task t
		CROSS JOIN (SELECT at - make_interval(days => (options ->> 'days')::double precision::integer) AS since) s
		WHERE t.project_id = _building_workload.project_id AND t.building_id IS NOT NULL
			AND ((options ->> 'needs')::double precision > 0 OR (options ->> 'visits')::double precision > 0)
		GROUP BY t.building_id
	), counted AS (
		SELECT l.building_id, sum(l.amount) AS amount FROM rui.building_load l
		WHERE l.project_id = _building_workload.project_id
		GROUP BY l.building_id
	), weighed AS MATERIALIZED (
		SELECT b.id, coalesce(h.homes, 0)::integer AS homes,
			(options ->> 'homes')::double precision * coalesce(h.homes, 0)
			+ (options ->> 'area')::double precision * coalesce(h.area_m2, 0)::double precision
			+ (options ->> 'buildings')::double precision
			+ (options ->> 'needs')::double precision * coalesce(n.needs, 0)
			+ (options ->> 'visits')::double precision * coalesce(n.visits, 0)
			+ (options ->> 'other')::double precision * coalesce(c.amount, 0) AS workload
		FROM rui.building b
		LEFT JOIN housed h ON h.building_id = b.id
		LEFT JOIN needed n ON n.building_id = b.id
		LEFT JOIN counted c ON c.building_id = b.id
		WHERE b.project_id = _building_workload.project_id
			AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = b.project_id AND a.table_name = 'building' AND a.row_id = b.id)
	)
	-- Where nothing is known yet, all buildings weigh the same.
	SELECT w.id, w.homes, CASE WHEN sum(w.workload) OVER () > 0 THEN w.workload ELSE 1 END
	FROM weighed w;
END
$$;
COMMENT ON FUNCTION rui._building_workload(bigint, jsonb, timestamptz) IS
'Internal: per building of a project that is not archived its number of homes and its workload, without archived units: homes x option homes + square metres of all its units x option area + option buildings + tasks that arose there in the last `days` days before `at` x option needs + tasks for which somebody came there then x option visits + amounts of rui.building_load x option other. When all are 0 every building weighs 1.';

CREATE FUNCTION rui._measure_plan(project_id bigint, plan_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	quality rui.partition_measure;
	cut double precision;
BEGIN
	WITH cell AS MATERIALIZED (
		SELECT c.id, c.neighbours, c.border_m, c.weights, o.grid_id, o.workload
		FROM rui.grid_cell c
		JOIN (SELECT b.cell_id, min(b.grid_id) AS grid_id, sum(b.workload) AS workload FROM rui.grid_building b
			WHERE b.project_id = _measure_plan.project_id AND b.plan_id = _measure_plan.plan_id AND b.cell_id IS NOT NULL
			GROUP BY b.cell_id) o ON o.cell_id = c.id
		WHERE c.project_id = _measure_plan.project_id AND c.plan_id = _measure_plan.plan_id
	), numbered AS (
		SELECT c.*, dense_rank() OVER (ORDER BY c.grid_id)::integer AS part FROM cell c
	), border AS (
		SELECT c.grid_id, b.neighbour, b.metres FROM cell c
		CROSS JOIN LATERAL unnest(c.neighbours, c.border_m) AS b(neighbour, metres)
		WHERE b.neighbour > c.id
	)
	SELECT q.imbalance, q.disconnected, (
		SELECT coalesce(sum(b.metres), 0) FROM border b JOIN cell c ON c.id = b.neighbour WHERE c.grid_id <> b.grid_id)
	INTO quality.imbalance, quality.disconnected, cut
	FROM (SELECT (rui.partition_quality(n.id, ARRAY(SELECT l.neighbour FROM unnest(n.neighbours, n.weights) AS l(neighbour, weight)
		WHERE l.weight > 0), n.workload, n.part)).* FROM numbered n) q;
	UPDATE rui.grid_plan p
	SET buildings = m.buildings, homes = m.homes, imbalance = quality.imbalance, compactness = m.compactness, cut_m = cut,
		disconnected = quality.disconnected,
		moved_homes = (SELECT count(*) FROM rui._grid_moves(_measure_plan.project_id, _measure_plan.plan_id))
	FROM (SELECT sum(g.buildings) AS buildings, sum(g.homes) AS homes, avg(g.compactness) AS compactness
		FROM rui.grid g
		WHERE g.project_id = _measure_plan.project_id AND g.plan_id = _measure_plan.plan_id) m
	WHERE p.project_id = _measure_plan.project_id AND p.id = _measure_plan.plan_id;
END
$$;
COMMENT ON FUNCTION rui._measure_plan(bigint, bigint) IS
'Internal: computes the measures of a plan from its grids, cells and buildings and writes them into rui.grid_plan.';

CREATE FUNCTION rui._polsby_popper(area geometry) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	flat CONSTANT geometry := ST_Scale(area, greatest(cos(radians((ST_YMin(area) + ST_YMax(area)) / 2)), 0.01), 1);
BEGIN
	RETURN 4 * pi() * ST_Area(flat) / ST_Perimeter(flat) ^ 2;
END
$$;
COMMENT ON FUNCTION rui._polsby_popper(geometry) IS
'Internal: compactness of an area (SRID 4326): 4 pi A / P^2, 1 for a circle, 0.785 for a square (Polsby and Popper, Yale Law and Policy Review 9, 1991, 301-353; Cox, Journal of Paleontology 1, 1927, 179-183), in a plane where a degree of longitude is as long as in its middle.';

CREATE FUNCTION rui._write_plan(project_id bigint, parts integer, stewards bigint[], setting jsonb, drawn_parts integer[],
	ground rui.grid_ground, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	new_plan bigint;
	present bigint;
	digits CONSTANT integer := greatest(length(parts::text), 2);
BEGIN
	SELECT p.id INTO present FROM rui.grid_plan p WHERE p.project_id = _write_plan.project_id AND p.state = 'active';
	INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids)
	VALUES (project_id, at, setting, parts) RETURNING id INTO new_plan;
	INSERT INTO rui.grid_cell (project_id, plan_id, id, area, neighbours, border_m, weights)
	SELECT _write_plan.project_id, new_plan, c.cell, c.area, coalesce(n.neighbours, '{}'), coalesce(n.metres, '{}'), coalesce(n.weights, '{}')
	FROM unnest(ground.areas) WITH ORDINALITY AS c(area, cell)
	LEFT JOIN (
		SELECT b.cell, array_agg(b.neighbour ORDER BY b.neighbour) AS neighbours, array_agg(b.metres ORDER BY b.neighbour) AS metres,
			array_agg(b.weight ORDER BY b.neighbour) AS weights
		FROM (SELECT b.* FROM unnest(ground.near_a, ground.near_b, ground.border_m, ground.weights) AS b(cell, neighbour, metres, weight)
			UNION ALL
			SELECT b.neighbour, b.cell, b.metres, b.weight FROM unnest(ground.near_a, ground.near_b, ground.border_m, ground.weights) AS b(cell, neighbour, metres, weight)) b
		GROUP BY b.cell) n ON n.cell = c.cell
	ORDER BY c.cell;

	WITH part AS MATERIALIZED (
		SELECT p.cell, p.part FROM unnest(drawn_parts) WITH ORDINALITY AS p(part, cell)
	), placed AS MATERIALIZED (
		SELECT b.building_id, b.cell, p.part, w.homes, w.workload
		FROM unnest(ground.building_ids, ground.building_cells) AS b(building_id, cell)
		JOIN part p ON p.cell = b.cell
		JOIN rui._building_workload(_write_plan.project_id, setting, at) w ON w.building_id = b.building_id
	), shaped AS MATERIALIZED (
		SELECT p.part, ST_Multi(ST_Union(c.area)) AS area
		FROM part p JOIN unnest(ground.areas) WITH ORDINALITY AS c(area, cell) ON c.cell = p.cell
		GROUP BY p.part
	), loaded AS (
		SELECT p.part, count(*) AS buildings, sum(p.homes) AS homes, sum(p.workload) AS workload FROM placed p GROUP BY p.part
	), former AS (
		SELECT f.id, f.steward_id, row_number() OVER (ORDER BY f.code) AS place, row_number() OVER (PARTITION BY f.steward_id ORDER BY f.code) AS turn
		FROM rui.grid f WHERE f.project_id = _write_plan.project_id AND f.plan_id = present
	), drawn AS (
		INSERT INTO rui.grid AS g (project_id, plan_id, code, area, steward_id, former_id, buildings, homes, workload, area_m2, compactness)
		SELECT _write_plan.project_id, new_plan, 'G' || lpad(s.part::text, digits, '0'), s.area, stewards[s.part],
			(SELECT f.id FROM former f WHERE CASE WHEN stewards IS NULL THEN f.place = s.part ELSE f.steward_id = stewards[s.part] AND f.turn = 1 END),
			l.buildings, l.homes, l.workload, ST_Area(s.area::geography), rui._polsby_popper(s.area)
		FROM shaped s JOIN loaded l ON l.part = s.part
		ORDER BY s.part
		RETURNING g.id, g.code
	)
	INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, cell_id, homes, workload)
	SELECT _write_plan.project_id, new_plan, p.building_id, g.id, p.cell, p.homes, p.workload
	FROM placed p JOIN drawn g ON g.code = 'G' || lpad(p.part::text, digits, '0');

	PERFORM rui._measure_plan(project_id, new_plan);
	PERFORM rui._emit(project_id, 'grid_plan.propose', 'grid_plan', new_plan, at, jsonb_build_object('grids', parts));
	RETURN new_plan;
END
$$;
COMMENT ON FUNCTION rui._write_plan(bigint, integer, bigint[], jsonb, integer[], rui.grid_ground, timestamptz) IS
'Internal: writes a plan down: drawn_parts is the part of each cell, ground what rui._draw_cells gave; stewards (or null) by part. Without stewards part n goes on from the n-th grid in force. Returns the plan''s id.';

CREATE FUNCTION rui._ground(project_id bigint, parts integer, setting jsonb) RETURNS rui.grid_ground
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	ground rui.grid_ground;
	places bigint;
	pieces integer;
BEGIN
	SELECT count(DISTINCT b.entrance) INTO places FROM rui.building b WHERE b.project_id = _ground.project_id
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = b.project_id AND a.table_name = 'building' AND a.row_id = b.id);
	IF places < parts OR places = 0 THEN
		RAISE EXCEPTION 'project % has places for % grids, not for %', project_id, places, parts
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Import the buildings first; give at most as many stewards as there are buildings.';
	ELSIF setting ->> 'adjacency' = 'streets' AND NOT EXISTS (
		SELECT FROM rui.street s WHERE s.project_id = _ground.project_id AND NOT s.is_closed) THEN
		RAISE EXCEPTION 'project % has no open street', project_id
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Import streets with rui.import_streets(), or design with adjacency cells.';
	END IF;
	ground := rui._draw_cells(project_id, setting);
	SELECT max(c.part) INTO pieces
	FROM unnest((SELECT rui.components(n.a, n.b) FROM (
		SELECT c.cell AS a, NULL::bigint AS b FROM generate_series(1, cardinality(ground.areas)) AS c(cell)
		UNION ALL
		SELECT l.a, l.b FROM unnest(ground.near_a, ground.near_b, ground.weights) AS l(a, b, weight) WHERE l.weight > 0) n)) c;
	IF pieces > parts THEN
		RAISE EXCEPTION 'barriers cut project % into % pieces, more than % grids', project_id, pieces, parts
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A grid is one piece: give more stewards, or import the bridges and gates with rui.import_passages().';
	END IF;
	RETURN ground;
END
$$;
COMMENT ON FUNCTION rui._ground(bigint, integer, jsonb) IS
'Internal: the cells of a project (rui._draw_cells), checked: 22023 fewer places than parts, no street to be adjacent by, more pieces than parts.';

CREATE FUNCTION rui._design_grids(project_id bigint, parts integer, stewards bigint[], options jsonb, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	setting jsonb := rui._grid_options(project_id, options);
	ground rui.grid_ground;
	drawn_parts integer[];
BEGIN
	IF parts IS NULL THEN
		PERFORM rui._missing('stewards');
	ELSIF parts < 1 THEN
		RAISE EXCEPTION 'stewards must be at least 1, not %', parts USING ERRCODE = 'invalid_parameter_value';
	END IF;
	ground := rui._ground(project_id, parts, setting);
	WITH housed AS MATERIALIZED (
		SELECT b.building_id, b.cell, w.homes, w.workload
		FROM unnest(ground.building_ids, ground.building_cells) AS b(building_id, cell)
		JOIN rui._building_workload(_design_grids.project_id, setting, at) w ON w.building_id = b.building_id
	), scale AS (
		-- What moving a mean home is worth, in the unit of the workload.
		SELECT (setting ->> 'stability')::double precision * coalesce(nullif(sum(h.homes), 0), count(*)) / sum(h.workload) AS stability FROM housed h
	), owned AS (
		-- Who looks after each building now: the position of the steward in the
		-- new list, or of the grid among the present ones.
		SELECT h.cell, min(coalesce(array_position(stewards, g.steward_id), CASE WHEN stewards IS NULL AND g.place <= parts THEN g.place END)) AS place
		FROM housed h
		JOIN rui.grid_plan p ON p.project_id = _design_grids.project_id AND p.state = 'active'
		JOIN rui.grid_building o ON o.project_id = p.project_id AND o.plan_id = p.id AND o.building_id = h.building_id
		JOIN (SELECT a.plan_id, a.id, a.steward_id, row_number() OVER (PARTITION BY a.plan_id ORDER BY a.code)::integer AS place FROM rui.grid a
			WHERE a.project_id = _design_grids.project_id) g ON g.plan_id = p.id AND g.id = o.grid_id
		GROUP BY h.cell
	), node AS (
		SELECT c.cell, n.neighbours, n.weights, c.workload, o.place
		FROM (SELECT h.cell, sum(h.workload) AS workload FROM housed h GROUP BY h.cell) c
		LEFT JOIN (SELECT l.a AS cell, array_agg(l.b::bigint ORDER BY l.b) AS neighbours, array_agg(l.weight ORDER BY l.b) AS weights
			FROM unnest(ground.near_a, ground.near_b, ground.weights) AS l(a, b, weight) WHERE l.weight > 0 GROUP BY l.a) n ON n.cell = c.cell
		LEFT JOIN owned o ON o.cell = c.cell
	)
	SELECT array_agg(p.part ORDER BY p.node) INTO drawn_parts
	FROM unnest((SELECT rui.partition(n.cell, n.neighbours, n.workload, parts, n.weights, n.place,
		jsonb_build_object('tolerance', setting -> 'tolerance', 'seed', setting -> 'seed', 'stability', s.stability)) FROM node n CROSS JOIN scale s)) p;
	RETURN rui._write_plan(project_id, parts, stewards, setting, drawn_parts, ground, at);
END
$$;
COMMENT ON FUNCTION rui._design_grids(bigint, integer, bigint[], jsonb, timestamptz) IS
'Internal: what both rui.design_grids do, once permission, time and stewards are checked.';

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
'Designs a plan of as many grids as there will be stewards and returns its id (state proposed; measures in rui.grid_plan, areas in rui.grid, buildings in rui.grid_building); design several and compare them with rui.compare_grid_plans. Every entrance gets the ground that is nearest to it within the convex hull of all, widened by margin, cut by barriers; cells that one can walk between are neighbours; rui.partition divides them into connected parts of even workload; a grid is the union of a part''s cells, so the grids tile the project without gap or overlap and each building is in exactly one. options: the terms of rui.grid_term, in place of the project''s own values (weights of workload homes, area, buildings, needs, visits, other; days, margin, gap, step, access, rough, tolerance, seed, stability); adjacency: cells (default: common border, no barrier between) or streets (a street leads from one to the other without passing a third; ground goes to who is nearest by walking); edges: border (default: metres of common border keep cells together) or walk (nearness along streets). Where a plan is active its grids keep their numbers. Needs permission design_grids. Errors: 22004, 22023 no or more grids than places, fewer than barriers leave pieces, no street, options, 22003 options, 22008, 42501, 55000, RU409.';

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
'Designs a plan with one grid for each steward (parties who work in the project) and returns its id; as rui.design_grids(project_id, number, options), and a steward who has a grid in the active plan gets the new one that goes on from it: where buildings are new or workload has changed few homes change hands (option stability), and rui.grid_moves lists them. Needs permission design_grids. Errors: 22004, 22023 no, repeated or unable stewards, more grids than places, fewer than barriers leave pieces, no street, options, 22003 options, P0002 unknown party, 22008, 42501, 55000, RU409.';
