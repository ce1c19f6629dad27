-- Changing a proposal by hand, building by building, and plans made from plans.

CREATE FUNCTION rui._reshape_grids(project_id bigint, grid_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	UPDATE rui.grid g
	SET area = s.area, buildings = s.buildings, homes = s.homes, workload = s.workload, area_m2 = ST_Area(s.area::geography),
		compactness = rui._polsby_popper(s.area)
	FROM (
		SELECT o.grid_id, o.plan_id, sum(o.buildings)::integer AS buildings, sum(o.homes)::integer AS homes, sum(o.workload) AS workload,
			ST_Multi(ST_Union(c.area)) AS area
		FROM (SELECT b.grid_id, b.plan_id, b.cell_id, count(*) AS buildings, sum(b.homes) AS homes, sum(b.workload) AS workload
			FROM rui.grid_building b
			WHERE b.project_id = _reshape_grids.project_id AND b.grid_id = ANY (grid_ids)
			GROUP BY b.grid_id, b.plan_id, b.cell_id) o
		JOIN rui.grid_cell c ON c.project_id = _reshape_grids.project_id AND c.plan_id = o.plan_id AND c.id = o.cell_id
		GROUP BY o.grid_id, o.plan_id) s
	WHERE g.project_id = _reshape_grids.project_id AND g.id = s.grid_id;
END
$$;
COMMENT ON FUNCTION rui._reshape_grids(bigint, bigint[]) IS
'Internal: draws grids of a proposed plan anew from the cells of their buildings, and counts them.';

CREATE FUNCTION rui._grid_pieces(project_id bigint, plan_id bigint, grid_id bigint) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN coalesce((
		WITH cell AS MATERIALIZED (
			SELECT c.id, c.neighbours, c.weights FROM rui.grid_cell c
			WHERE c.project_id = _grid_pieces.project_id AND c.plan_id = _grid_pieces.plan_id AND c.id IN (
				SELECT b.cell_id FROM rui.grid_building b
				WHERE b.project_id = _grid_pieces.project_id AND b.plan_id = _grid_pieces.plan_id AND b.grid_id = _grid_pieces.grid_id)
		)
		SELECT max(p.part) FROM unnest((SELECT rui.components(l.node, l.neighbour) FROM (
			SELECT c.id AS node, NULL::bigint AS neighbour FROM cell c
			UNION ALL
			SELECT c.id, n.neighbour FROM cell c CROSS JOIN LATERAL unnest(c.neighbours, c.weights) AS n(neighbour, weight)
			WHERE n.weight > 0 AND n.neighbour IN (SELECT d.id FROM cell d)) l)) p), 0);
END
$$;
COMMENT ON FUNCTION rui._grid_pieces(bigint, bigint, bigint) IS
'Internal: into how many pieces a grid falls, by the ways between its cells; 0 when it has none.';

CREATE FUNCTION rui.move_building(project_id bigint, plan_id bigint, building_id bigint, grid_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.grid_plan;
	standing rui.grid_building;
	target rui.grid;
	source_code text;
	house_code text;
	pieces integer;
	moved integer;
BEGIN
	PERFORM rui.require_permission(project_id, 'design_grids');
	PERFORM rui._check_time(project_id, at);
	IF building_id IS NULL OR grid_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN building_id IS NULL THEN 'building_id' ELSE 'grid_id' END);
	END IF;
	answer := rui._begin_request(project_id, 'move_building', request_key, jsonb_build_array(plan_id, building_id, grid_id));
	IF answer IS NOT NULL THEN
		RETURN answer::integer;
	END IF;
	present := rui._lock_plan(project_id, plan_id);
	IF present.state <> 'proposed' THEN
		RAISE EXCEPTION 'plan % is %', plan_id, present.state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only proposals are edited: copy the plan with rui.copy_grids().';
	ELSIF at < present.proposed_at THEN
		RAISE EXCEPTION 'plan % was proposed at %, later than %', plan_id, present.proposed_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give actions in the order they happened.';
	END IF;
	SELECT o.* INTO standing FROM rui.grid_building o
	WHERE o.project_id = move_building.project_id AND o.plan_id = move_building.plan_id AND o.building_id = move_building.building_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'plan % has no building %', plan_id, building_id
			USING ERRCODE = 'no_data_found', HINT = 'Buildings imported after a design are in the next one.';
	END IF;
	SELECT g.* INTO target FROM rui.grid g
	WHERE g.project_id = move_building.project_id AND g.plan_id = move_building.plan_id AND g.id = move_building.grid_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'plan % has no grid %', plan_id, grid_id USING ERRCODE = 'no_data_found', HINT = 'Ids of grids are in rui.grid.';
	END IF;
	IF standing.grid_id = grid_id THEN
		moved := 0;
	ELSE
		SELECT g.code, b.code INTO source_code, house_code FROM rui.grid g, rui.building b
		WHERE g.project_id = standing.project_id AND g.id = standing.grid_id
			AND b.project_id = standing.project_id AND b.id = standing.building_id;
		-- What stands on one spot goes together.
		UPDATE rui.grid_building o SET grid_id = move_building.grid_id
		WHERE o.project_id = move_building.project_id AND o.plan_id = move_building.plan_id AND o.cell_id = standing.cell_id;
		GET DIAGNOSTICS moved = ROW_COUNT;
		pieces := rui._grid_pieces(project_id, plan_id, standing.grid_id);
		IF pieces = 0 THEN
			RAISE EXCEPTION 'grid % would be empty without building "%"', source_code, house_code
				USING ERRCODE = 'RU301', HINT = 'Design a plan with fewer grids.';
		ELSIF pieces > 1 THEN
			RAISE EXCEPTION 'grid % would fall into % pieces without building "%"', source_code, pieces, house_code
				USING ERRCODE = 'RU301', HINT = 'Move what it cuts off as well, from the far end.';
		ELSIF rui._grid_pieces(project_id, plan_id, grid_id) > 1 THEN
			RAISE EXCEPTION 'building "%" is no neighbour of grid %', house_code, target.code
				USING ERRCODE = 'RU301', HINT = 'Move the buildings between them first, or import the gate or bridge that joins them and design again.';
		END IF;
		PERFORM rui._reshape_grids(project_id, ARRAY[standing.grid_id, grid_id]);
		PERFORM rui._measure_plan(project_id, plan_id);
		UPDATE rui.grid_plan p SET edits = p.edits + 1 WHERE p.project_id = move_building.project_id AND p.id = move_building.plan_id;
		PERFORM rui._emit(project_id, 'grid_plan.move_building', 'grid_plan', plan_id, at,
			jsonb_build_object('building_id', building_id, 'from_grid_id', standing.grid_id, 'grid_id', grid_id));
	END IF;
	PERFORM rui._finish_request(project_id, 'move_building', request_key, to_jsonb(moved));
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui.move_building(bigint, bigint, bigint, bigint, text, timestamptz) IS
'Moves a building of a proposed plan, with its ground and whatever else stands on the same spot, to another grid of the plan, and measures the plan anew. Returns how many buildings moved; 0 when it is in that grid already. No grid is ever in pieces, and none empty: what would break that is refused with RU301 and cannot be forced; move the buildings between first. Needs permission design_grids. Errors: 22004, 22008, 22023 before it was proposed, P0002 unknown plan, or not the plan''s building or grid, RU301, RU409, 42501, 55000 plan no longer proposed.';

CREATE FUNCTION rui.copy_grids(project_id bigint, plan_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
DECLARE
	answer jsonb;
	present rui.grid_plan;
	ground rui.grid_ground;
	drawn_parts integer[];
	stewards bigint[];
	new_plan bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'design_grids');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'copy_grids', request_key, jsonb_build_array(plan_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	present := rui._lock_plan(project_id, plan_id);
	ground := rui._ground(project_id, present.grids, present.options);
	WITH ranked AS (
		SELECT g.id, g.area, row_number() OVER (ORDER BY g.code)::integer AS part FROM rui.grid g
		WHERE g.project_id = copy_grids.project_id AND g.plan_id = copy_grids.plan_id
	), drawing AS MATERIALIZED (
		SELECT rui.gridmap(r.part, r.area) AS map FROM ranked r
	), standing AS (
		SELECT s.cell, coalesce(r.part, rui.locate(d.map, b.entrance)::integer, (
			SELECT n.part FROM ranked n ORDER BY ST_Distance(n.area::geography, b.entrance::geography), n.part LIMIT 1)) AS part
		FROM unnest(ground.building_ids, ground.building_cells) AS s(building_id, cell)
		CROSS JOIN drawing d
		JOIN rui.building b ON b.project_id = copy_grids.project_id AND b.id = s.building_id
		LEFT JOIN rui.grid_building o ON o.project_id = copy_grids.project_id AND o.plan_id = copy_grids.plan_id AND o.building_id = s.building_id
		LEFT JOIN ranked r ON r.id = o.grid_id
	)
	SELECT (SELECT array_agg(c.part ORDER BY c.cell) FROM (SELECT s.cell, min(s.part) AS part FROM standing s GROUP BY s.cell) c),
		(SELECT array_agg(g.steward_id ORDER BY g.code) FROM rui.grid g
			WHERE g.project_id = copy_grids.project_id AND g.plan_id = copy_grids.plan_id)
	INTO drawn_parts, stewards;
	new_plan := rui._write_plan(project_id, present.grids, CASE WHEN array_position(stewards, NULL) IS NULL THEN stewards END,
		present.options, drawn_parts, ground, at);
	IF (SELECT p.disconnected <> 0 FROM rui.grid_plan p WHERE p.project_id = copy_grids.project_id AND p.id = new_plan) THEN
		RAISE EXCEPTION 'what was built or barred since plan % was designed leaves its grids in pieces', plan_id
			USING ERRCODE = 'RU301', HINT = 'Design anew with rui.design_grids().';
	END IF;
	PERFORM rui._finish_request(project_id, 'copy_grids', request_key, to_jsonb(new_plan));
	RETURN new_plan;
END
$$;
COMMENT ON FUNCTION rui.copy_grids(bigint, bigint, text, timestamptz) IS
'Makes a proposal of a plan in any state, to be edited with rui.move_building: the same grids and stewards, with today''s workload; buildings that came since lie where they stand. Returns the new plan''s id. Needs permission design_grids. Errors: 22004, 22008, 22023 pieces, P0002 unknown plan, RU301 new buildings or barriers leave a grid in pieces, RU409, 42501, 55000.';
