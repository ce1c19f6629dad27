-- What becomes of a plan of grids: approved or rejected, put in force, and
-- replaced by the next one.

CREATE FUNCTION rui._check_stewards(project_id bigint, stewards bigint[], at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	steward bigint;
BEGIN
	IF stewards IS NULL OR rui._holds_null(stewards) THEN
		PERFORM rui._missing('stewards');
	ELSIF cardinality(stewards) = 0 OR array_ndims(stewards) > 1 THEN
		RAISE EXCEPTION 'stewards must be a list of at least one party'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ARRAY[party id, …], or the number of stewards.';
	END IF;
	SELECT s.id INTO steward FROM unnest(stewards) AS s(id) GROUP BY s.id HAVING count(*) > 1 ORDER BY s.id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'steward % is there twice', steward USING ERRCODE = 'invalid_parameter_value', HINT = 'One grid a steward.';
	END IF;
	FOREACH steward IN ARRAY stewards LOOP
		PERFORM rui._refuse_worker(project_id, steward, NULL, 1, at);
		PERFORM rui._require_employed(project_id, steward, at);
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._check_stewards(bigint, bigint[], timestamptz) IS
'Internal: raises unless stewards are different parties of the project''s company who work in the project and are employed: 22004 null, 22023 empty, twice, without a role that works on tickets, or not on the staff, P0002 unknown.';

CREATE FUNCTION rui._lock_plan(project_id bigint, plan_id bigint) RETURNS rui.grid_plan
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.grid_plan;
BEGIN
	IF plan_id IS NULL THEN
		PERFORM rui._missing('plan_id');
	END IF;
	PERFORM rui._lock_grids(project_id);
	SELECT p.* INTO present FROM rui.grid_plan p WHERE p.project_id = _lock_plan.project_id AND p.id = _lock_plan.plan_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('grid plan', plan_id, project_id);
	END IF;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._lock_plan(bigint, bigint) IS
'Internal: a plan, as whoever held the project''s grids before has left it; nobody else changes grids until the transaction ends. 22004, P0002.';

CREATE FUNCTION rui._decide_grids(project_id bigint, plan_id bigint, action text, reason text, request_key text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.grid_plan;
	new_state text;
BEGIN
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, action || '_grids', request_key, jsonb_build_array(plan_id, reason));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	present := rui._lock_plan(project_id, plan_id);
	IF at < greatest(present.proposed_at, present.decided_at) THEN
		RAISE EXCEPTION 'plan % was proposed or decided at %, later than %', plan_id, greatest(present.proposed_at, present.decided_at), at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give actions in the order they happened.';
	END IF;
	UPDATE rui.grid_plan p SET last_action = action, decided_at = at
	WHERE p.project_id = _decide_grids.project_id AND p.id = _decide_grids.plan_id
	RETURNING p.state INTO new_state;
	PERFORM rui._emit(project_id, 'grid_plan.' || action, 'grid_plan', plan_id, at, jsonb_strip_nulls(jsonb_build_object('reason', reason)));
	PERFORM rui._finish_request(project_id, action || '_grids', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui._decide_grids(bigint, bigint, text, text, text, timestamptz) IS
'Internal: approves or rejects a plan. Returns the new state.';

CREATE FUNCTION rui.approve_grids(project_id bigint, plan_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	RETURN rui._decide_grids(project_id, plan_id, 'approve', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.approve_grids(bigint, bigint, text, timestamptz) IS
'Approves a proposed plan of grids. Returns the new state, approved. Needs permission manage_grids. Errors: 22004, 22008, 22023 before it was proposed, P0002 unknown plan, RU409, 42501, 55000 not legal now.';

CREATE FUNCTION rui.reject_grids(project_id bigint, plan_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	PERFORM rui._check_text('reason', reason, 500);
	RETURN rui._decide_grids(project_id, plan_id, 'reject', reason, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.reject_grids(bigint, bigint, text, text, timestamptz) IS
'Rejects a proposed or approved plan of grids; reason: 1 to 500 characters. Returns the new state, rejected. Needs permission manage_grids. Errors: 22004, 22001, 22008, 22023 blank reason or before it was proposed, P0002 unknown plan, RU409, 42501, 55000 not legal now.';

CREATE FUNCTION rui._check_tiling(project_id bigint, plan_id bigint, map rui.gridmap) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	fault record;
BEGIN
	SELECT q.kind, a.code AS code_a, b.code AS code_b, ST_Area(q.area::geography) AS area_m2 INTO fault
	FROM rui.gridmap_problems(map) q
	LEFT JOIN rui.grid a ON a.project_id = _check_tiling.project_id AND a.id = q.grid_a
	LEFT JOIN rui.grid b ON b.project_id = _check_tiling.project_id AND b.id = q.grid_b
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the grids of plan % do not tile the project: % between % and %', plan_id, fault.kind, fault.code_a, coalesce(fault.code_b, fault.code_a)
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It has %s square metres.', round(fault.area_m2::numeric, 2)),
				HINT = 'Design the grids with rui.design_grids().';
	END IF;
	SELECT b.code AS building, g.code AS grid INTO fault
	FROM rui.grid_building o
	JOIN rui.grid g ON g.project_id = o.project_id AND g.id = o.grid_id
	JOIN rui.building b ON b.project_id = o.project_id AND b.id = o.building_id
	WHERE o.project_id = _check_tiling.project_id AND o.plan_id = _check_tiling.plan_id AND o.cell_id IS NOT NULL
		AND NOT ST_Intersects(g.area, b.entrance)
	ORDER BY b.code LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'building "%" does not lie in its grid %', fault.building, fault.grid
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Design the grids with rui.design_grids().';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_tiling(bigint, bigint, rui.gridmap) IS
'Internal: 55000 unless the areas of a plan (map) leave no gap and no overlap, and every building that was designed with it lies in its grid.';

CREATE FUNCTION rui.activate_grids(project_id bigint, plan_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	answer jsonb;
	present rui.grid_plan;
	former rui.grid_plan;
	vacant text;
	new_map rui.gridmap;
	moved bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'activate_grids', request_key, jsonb_build_array(plan_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	present := rui._lock_plan(project_id, plan_id);
	SELECT p.* INTO former FROM rui.grid_plan p
	WHERE p.project_id = activate_grids.project_id AND p.state = 'active' AND p.id <> activate_grids.plan_id;
	IF at < greatest(present.proposed_at, present.decided_at) OR at <= former.activated_at THEN
		RAISE EXCEPTION 'the plan was decided, or the former one put in force, later than that'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('Plan %s: at %s, not after %s.', plan_id, at, greatest(present.proposed_at, present.decided_at, former.activated_at)),
				HINT = 'Give actions in the order they happened.';
	END IF;
	IF former.id IS NOT NULL AND present.state = 'approved' THEN
		UPDATE rui.grid_plan p SET last_action = 'retire', retired_at = at
		WHERE p.project_id = activate_grids.project_id AND p.id = former.id;
		PERFORM rui._end_stewards(project_id, former.id, at);
	END IF;
	UPDATE rui.grid_plan p SET last_action = 'activate', activated_at = at
	WHERE p.project_id = activate_grids.project_id AND p.id = activate_grids.plan_id;
	SELECT g.code INTO vacant FROM rui.grid g
	WHERE g.project_id = activate_grids.project_id AND g.plan_id = activate_grids.plan_id AND g.steward_id IS NULL
	ORDER BY g.code LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'grid % has no steward', vacant
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give every grid one with rui.set_grid_steward().';
	END IF;
	SELECT rui.gridmap(g.id, g.area) INTO new_map FROM rui.grid g
	WHERE g.project_id = activate_grids.project_id AND g.plan_id = activate_grids.plan_id;
	IF new_map IS NULL THEN
		RAISE EXCEPTION 'plan % has no grids', plan_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Design grids with rui.design_grids().';
	END IF;
	PERFORM rui._check_tiling(project_id, plan_id, new_map);
	PERFORM rui._require_employed(project_id, s.steward_id, at) FROM (
		SELECT DISTINCT g.steward_id FROM rui.grid g
		WHERE g.project_id = activate_grids.project_id AND g.plan_id = activate_grids.plan_id ORDER BY g.steward_id) s;
	-- What was built since the design.
	PERFORM rui._place_buildings(project_id, plan_id);
	INSERT INTO rui.grid_steward (project_id, grid_id, steward_id, valid)
	SELECT g.project_id, g.id, g.steward_id, tstzrange(at, NULL) FROM rui.grid g
	WHERE g.project_id = activate_grids.project_id AND g.plan_id = activate_grids.plan_id;
	UPDATE rui.territory_map t SET valid = tstzrange(lower(t.valid), at)
	WHERE t.project_id = activate_grids.project_id AND upper_inf(t.valid);
	INSERT INTO rui.territory_map (project_id, plan_id, valid, map) VALUES (project_id, plan_id, tstzrange(at, NULL), new_map);
	PERFORM rui._settle_stewards();
	moved := rui._relocate_tasks(project_id, at);
	PERFORM rui._emit(project_id, 'grid_plan.activate', 'grid_plan', plan_id, at, jsonb_build_object('moved_tasks', moved, 'former_plan_id', former.id));
	PERFORM rui._finish_request(project_id, 'activate_grids', request_key, to_jsonb(moved));
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui.activate_grids(bigint, bigint, text, timestamptz) IS
'Puts an approved plan of grids in force from `at` on: its map becomes the project''s (rui.territory_map), its stewards answer for what is in their grids, buildings that came since its design get the grid they lie in, the former plan is retired, its stewards'' times and covers end, and all tasks that are not ended are located anew (their executors keep them). Returns how many tasks changed grid or steward. Needs permission manage_grids. Errors: 22004, 22008, 22023 before it was decided or not after the former plan''s activation, P0002 unknown plan, RU409, 42501, 55000 not approved, a grid without steward, or areas that do not tile the project.';
