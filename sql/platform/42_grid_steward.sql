-- Who answers for a grid: its steward, or who stands in for him.

CREATE FUNCTION rui._grid_holders(project_id bigint, at timestamptz)
RETURNS TABLE (grid_id bigint, steward_id bigint, holder_id bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT g.id, g.steward_id, coalesce((
		-- Whose employment is over answers for nothing.
		SELECT h.party_id FROM (VALUES (1, c.cover_id), (2, g.steward_id)) AS h(place, party_id)
		JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = h.party_id
			AND s.employed @> (at AT TIME ZONE j.time_zone)::date AND s.left_at IS NULL
		ORDER BY h.place LIMIT 1), rui._stand_in(_grid_holders.project_id, at))
	FROM rui.grid_plan p
	JOIN rui.project j ON j.id = p.project_id
	JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
	LEFT JOIN rui.grid_cover c ON c.project_id = g.project_id AND c.grid_id = g.id AND c.valid @> at
	WHERE p.project_id = _grid_holders.project_id AND p.state = 'active';
END
$$;
COMMENT ON FUNCTION rui._grid_holders(bigint, timestamptz) IS
'Internal: the active grids of a project with their stewards and who answers for them at `at`: the cover, where there is one then, else the steward, whoever of them is employed, else the project''s manager.';

CREATE FUNCTION rui._settle_stewards() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Checked here, by the API, and not at the end by whoever called it.
	SET CONSTRAINTS rui.plan_has_stewards, rui.grid_has_steward, rui.grid_names_steward IMMEDIATE;
	SET CONSTRAINTS rui.plan_has_stewards, rui.grid_has_steward, rui.grid_names_steward DEFERRED;
END
$$;
COMMENT ON FUNCTION rui._settle_stewards() IS
'Internal: checks now what the constraint triggers on stewards of grids would check at the end of the transaction.';

CREATE FUNCTION rui._end_stewards(project_id bigint, plan_id bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	UPDATE rui.grid_steward s SET valid = tstzrange(lower(s.valid), at)
	FROM rui.grid g
	WHERE g.project_id = _end_stewards.project_id AND g.plan_id = _end_stewards.plan_id
		AND s.project_id = g.project_id AND s.grid_id = g.id AND upper_inf(s.valid) AND lower(s.valid) < at;
	-- Who came at this very instant, or is told for later, never served.
	DELETE FROM rui.grid_steward s USING rui.grid g
	WHERE g.project_id = _end_stewards.project_id AND g.plan_id = _end_stewards.plan_id
		AND s.project_id = g.project_id AND s.grid_id = g.id AND lower(s.valid) >= at;
	DELETE FROM rui.grid_cover c USING rui.grid g
	WHERE g.project_id = _end_stewards.project_id AND g.plan_id = _end_stewards.plan_id
		AND c.project_id = g.project_id AND c.grid_id = g.id AND lower(c.valid) >= at;
	UPDATE rui.grid_cover c SET valid = tstzrange(lower(c.valid), at)
	FROM rui.grid g
	WHERE g.project_id = _end_stewards.project_id AND g.plan_id = _end_stewards.plan_id
		AND c.project_id = g.project_id AND c.grid_id = g.id AND c.valid @> at;
END
$$;
COMMENT ON FUNCTION rui._end_stewards(bigint, bigint, timestamptz) IS
'Internal: ends the times of stewards and covers of a plan''s grids at an instant.';

CREATE FUNCTION rui._relocate_tasks(project_id bigint, at timestamptz, only_tasks bigint[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	moved bigint;
BEGIN
	-- Locked in order of their ids, as everybody locks tasks.
	WITH open AS MATERIALIZED (
		SELECT t.id, t.grid_id, t.accountable_id, t.place, t.building_id FROM rui.task t
		WHERE t.project_id = _relocate_tasks.project_id AND t.ended_at IS NULL AND t.place IS NOT NULL
			AND (only_tasks IS NULL OR t.id = ANY (only_tasks))
		ORDER BY t.id
		FOR NO KEY UPDATE
	), located AS MATERIALIZED (
		-- A building keeps its grid wherever its entrance lies.
		SELECT o.id, o.grid_id AS old_grid, o.accountable_id,
			CASE WHEN h.entrance = o.place THEN h.grid_id ELSE rui._grid_at(_relocate_tasks.project_id, o.place) END AS grid_id
		FROM open o
		LEFT JOIN (SELECT b.id, b.entrance, n.grid_id FROM rui.building b
			JOIN rui.grid_plan p ON p.project_id = b.project_id AND p.state = 'active'
			JOIN rui.grid_building n ON n.project_id = p.project_id AND n.plan_id = p.id AND n.building_id = b.id
			WHERE b.project_id = _relocate_tasks.project_id) h ON h.id = o.building_id
	), answered AS MATERIALIZED (
		SELECT h.grid_id, h.holder_id FROM rui._grid_holders(_relocate_tasks.project_id, at) h
	)
	UPDATE rui.task t
	SET grid_id = l.grid_id, accountable_id = coalesce(h.holder_id, l.accountable_id)
	FROM located l
	LEFT JOIN answered h ON h.grid_id = l.grid_id
	WHERE t.project_id = _relocate_tasks.project_id AND t.id = l.id
		AND (l.grid_id IS DISTINCT FROM l.old_grid OR coalesce(h.holder_id, l.accountable_id) IS DISTINCT FROM l.accountable_id);
	GET DIAGNOSTICS moved = ROW_COUNT;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui._relocate_tasks(bigint, timestamptz, bigint[]) IS
'Internal: gives all tasks that are not ended (or those named of them) the active grid they lie in, and who answers for it at `at`: its cover or steward. Returns how many changed. Who has accepted a task keeps it.';

CREATE FUNCTION rui._hand_over_tasks(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	moved bigint;
BEGIN
	-- Opened while another plan was activated: located anew.
	IF EXISTS (SELECT FROM rui.task t JOIN rui.grid g ON g.project_id = t.project_id AND g.id = t.grid_id
		JOIN rui.grid_plan p ON p.project_id = g.project_id AND p.id = g.plan_id AND p.state <> 'active'
		WHERE t.project_id = _hand_over_tasks.project_id AND t.ended_at IS NULL) THEN
		RETURN rui._relocate_tasks(project_id, at);
	END IF;
	WITH stand AS MATERIALIZED (SELECT rui._stand_in(_hand_over_tasks.project_id, at) AS id),
	late AS MATERIALIZED (
		SELECT t.id, CASE WHEN h.grid_id IS NULL THEN d.id ELSE h.holder_id END AS holder_id
		FROM rui.task t
		JOIN rui.project j ON j.id = t.project_id
		CROSS JOIN stand d
		LEFT JOIN rui._grid_holders(_hand_over_tasks.project_id, at) h ON h.grid_id = t.grid_id
		WHERE t.project_id = _hand_over_tasks.project_id AND t.ended_at IS NULL
			AND CASE WHEN h.grid_id IS NOT NULL THEN t.accountable_id IS DISTINCT FROM h.holder_id
				ELSE d.id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.staff s WHERE s.company_id = j.company_id
					AND s.party_id = t.accountable_id AND s.employed @> (at AT TIME ZONE j.time_zone)::date AND s.left_at IS NULL) END
		ORDER BY t.id
		FOR NO KEY UPDATE OF t
	)
	UPDATE rui.task t SET accountable_id = l.holder_id
	FROM late l
	WHERE t.project_id = _hand_over_tasks.project_id AND t.id = l.id AND t.ended_at IS NULL AND l.holder_id IS NOT NULL;
	GET DIAGNOSTICS moved = ROW_COUNT;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui._hand_over_tasks(bigint, timestamptz) IS
'Internal: makes who answers for each active grid at `at` answer for the open tasks in it, the project''s manager for those elsewhere that nobody on the staff answers for, and locates those anew that lie in grids no longer active. Returns how many tasks changed.';

CREATE FUNCTION rui._duty_hand_over(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN rui._hand_over_tasks(project_id, at);
END
$$;
COMMENT ON FUNCTION rui._duty_hand_over(bigint, timestamptz) IS
'Internal, duty hand_over: covers that have begun or ended; tasks opened while stewards or plans changed.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('hand_over', 30, 'Gives open tasks to who answers for their grid: covers that begin or end, stewards who changed meanwhile.');

CREATE FUNCTION rui._give_grid(project_id bigint, grid_id bigint, steward_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.grid;
	plan_state text;
	since timestamptz;
	moved bigint := 0;
BEGIN
	PERFORM rui._lock_grids(project_id);
	SELECT g.* INTO present FROM rui.grid g
	WHERE g.project_id = _give_grid.project_id AND g.id = _give_grid.grid_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('grid', grid_id, project_id);
	END IF;
	SELECT p.state INTO plan_state FROM rui.grid_plan p WHERE p.project_id = present.project_id AND p.id = present.plan_id;
	IF plan_state NOT IN ('proposed', 'approved', 'active') THEN
		RAISE EXCEPTION 'grid % belongs to a plan that is %', present.code, plan_state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only grids of proposed, approved and active plans get stewards.';
	END IF;
	PERFORM rui._check_stewards(project_id, ARRAY[steward_id], at);
	IF plan_state = 'active' THEN
		SELECT lower(s.valid) INTO since FROM rui.grid_steward s
		WHERE s.project_id = _give_grid.project_id AND s.grid_id = _give_grid.grid_id AND upper_inf(s.valid);
		IF at < since THEN
			RAISE EXCEPTION 'grid % has its steward since %, later than %', present.code, since, at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give actions in the order they happened.';
		ELSIF steward_id IS DISTINCT FROM present.steward_id THEN
			IF at = since THEN
				UPDATE rui.grid_steward s SET steward_id = _give_grid.steward_id
				WHERE s.project_id = _give_grid.project_id AND s.grid_id = _give_grid.grid_id AND upper_inf(s.valid);
			ELSE
				UPDATE rui.grid_steward s SET valid = tstzrange(lower(s.valid), at)
				WHERE s.project_id = _give_grid.project_id AND s.grid_id = _give_grid.grid_id AND upper_inf(s.valid);
				INSERT INTO rui.grid_steward (project_id, grid_id, steward_id, valid)
				VALUES (project_id, grid_id, steward_id, tstzrange(at, NULL));
			END IF;
		END IF;
	END IF;
	UPDATE rui.grid g SET steward_id = _give_grid.steward_id
	WHERE g.project_id = _give_grid.project_id AND g.id = _give_grid.grid_id;
	IF plan_state = 'active' THEN
		PERFORM rui._settle_stewards();
		moved := rui._hand_over_tasks(project_id, at);
	ELSE
		PERFORM rui._measure_plan(project_id, present.plan_id);
	END IF;
	PERFORM rui._emit(project_id, 'grid.set_steward', 'grid', grid_id, at,
		jsonb_build_object('steward_id', steward_id, 'former_steward_id', present.steward_id, 'moved_tasks', moved));
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui._give_grid(bigint, bigint, bigint, timestamptz) IS
'Internal: gives a grid its steward, as rui.set_grid_steward() says. Returns how many tasks changed hands.';

CREATE FUNCTION rui.set_grid_steward(project_id bigint, grid_id bigint, steward_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	moved bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	PERFORM rui._check_time(project_id, at);
	IF grid_id IS NULL THEN
		PERFORM rui._missing('grid_id');
	ELSIF steward_id IS NULL THEN
		PERFORM rui._missing('steward_id');
	END IF;
	answer := rui._begin_request(project_id, 'set_grid_steward', request_key, jsonb_build_array(grid_id, steward_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	moved := rui._give_grid(project_id, grid_id, steward_id, at);
	PERFORM rui._finish_request(project_id, 'set_grid_steward', request_key, to_jsonb(moved));
	RETURN moved;
END
$$;
COMMENT ON FUNCTION rui.set_grid_steward(bigint, bigint, bigint, text, timestamptz) IS
'Gives a grid of a proposed, approved or active plan its steward, a party who works in the project and is on the staff; one steward may have several. In an active plan the former steward''s time ends at `at` and the new one''s begins (rui.grid_steward), and the open tasks of the grid are the new steward''s to answer for, unless somebody stands in. Returns how many tasks changed hands. Needs permission manage_grids. Errors: 22004, 22008, 22023 not able, or before the present steward''s time began, P0002 unknown grid or party, RU409, 42501, 55000 plan rejected or retired.';

CREATE FUNCTION rui.set_grid_cover(project_id bigint, grid_id bigint, cover_id bigint, from_at timestamptz, to_at timestamptz,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present record;
	clash record;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	PERFORM rui._check_time(project_id, at);
	IF grid_id IS NULL OR cover_id IS NULL OR from_at IS NULL OR to_at IS NULL THEN
		PERFORM rui._missing(CASE WHEN grid_id IS NULL THEN 'grid_id' WHEN cover_id IS NULL THEN 'cover_id' WHEN from_at IS NULL THEN 'from_at' ELSE 'to_at' END);
	ELSIF NOT isfinite(from_at) OR NOT isfinite(to_at) OR from_at < '1900-01-01 00:00+00' OR to_at >= '2201-01-01 00:00+00' THEN
		RAISE EXCEPTION 'a cover needs finite times from 1900 to 2200' USING ERRCODE = 'datetime_field_overflow';
	ELSIF to_at <= from_at THEN
		RAISE EXCEPTION 'to_at % is not after from_at %', to_at, from_at USING ERRCODE = 'invalid_parameter_value';
	ELSIF from_at < at - interval '5 minutes' THEN
		PERFORM rui.require_permission(project_id, 'set_time');
	END IF;
	answer := rui._begin_request(project_id, 'set_grid_cover', request_key, jsonb_build_array(grid_id, cover_id, from_at, to_at));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	PERFORM rui._lock_grids(project_id);
	SELECT g.code, g.steward_id, p.state, p.activated_at INTO present
	FROM rui.grid g JOIN rui.grid_plan p ON p.project_id = g.project_id AND p.id = g.plan_id
	WHERE g.project_id = set_grid_cover.project_id AND g.id = set_grid_cover.grid_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('grid', grid_id, project_id);
	ELSIF present.state <> 'active' THEN
		RAISE EXCEPTION 'grid % belongs to a plan that is %', present.code, present.state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only stewards of active grids are stood in for.';
	ELSIF from_at < present.activated_at THEN
		RAISE EXCEPTION 'grid % is in force since %, later than %', present.code, present.activated_at, from_at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Begin the cover when the plan was in force.';
	END IF;
	PERFORM rui._check_stewards(project_id, ARRAY[cover_id], at);
	SELECT c.* INTO clash FROM rui.grid_cover c
	WHERE c.project_id = set_grid_cover.project_id AND c.grid_id = set_grid_cover.grid_id AND c.valid && tstzrange(from_at, to_at);
	IF FOUND THEN
		RAISE EXCEPTION 'grid % has a cover in that time', present.code
			USING ERRCODE = 'exclusion_violation',
				DETAIL = format('Party %s stands in from %s to %s.', clash.cover_id, lower(clash.valid), upper(clash.valid)), HINT = 'End that cover first with rui.end_grid_cover().';
	END IF;
	INSERT INTO rui.grid_cover (project_id, grid_id, cover_id, valid)
	VALUES (project_id, grid_id, cover_id, tstzrange(from_at, to_at)) RETURNING id INTO new_id;
	PERFORM rui._hand_over_tasks(project_id, at);
	PERFORM rui._emit(project_id, 'grid.set_cover', 'grid', grid_id, at,
		jsonb_build_object('cover_id', cover_id, 'from_at', from_at, 'to_at', to_at));
	PERFORM rui._finish_request(project_id, 'set_grid_cover', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.set_grid_cover(bigint, bigint, bigint, timestamptz, timestamptz, text, timestamptz) IS
'Names who stands in for the steward of an active grid from from_at to to_at: a party who works in the project. In that time the cover answers for the grid: sees it, is preferred for its tasks, and is accountable for them; open tasks go over and come back with rui.tick. Returns the id in rui.grid_cover. A cover that began more than five minutes before `at` also needs permission set_time. Needs permission manage_grids. Errors: 22004, 22008, 22023 to_at not after from_at, before the plan was in force, or not able, 23P01 somebody stands in then, P0002 unknown grid or party, RU409, 42501, 55000 plan not active.';

CREATE FUNCTION rui.end_grid_cover(project_id bigint, cover_no bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.grid_cover;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_grids');
	PERFORM rui._check_time(project_id, at);
	IF cover_no IS NULL THEN
		PERFORM rui._missing('cover_no');
	ELSIF rui._begin_request(project_id, 'end_grid_cover', request_key, jsonb_build_array(cover_no)) IS NOT NULL THEN
		RETURN;
	END IF;
	PERFORM rui._lock_grids(project_id);
	SELECT c.* INTO present FROM rui.grid_cover c WHERE c.project_id = end_grid_cover.project_id AND c.id = cover_no;
	IF NOT FOUND THEN
		PERFORM rui._unknown('cover', cover_no, project_id);
	ELSIF upper(present.valid) <= at THEN
		RAISE EXCEPTION 'cover % has ended at %', cover_no, upper(present.valid) USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF lower(present.valid) >= at THEN
		DELETE FROM rui.grid_cover c WHERE c.project_id = end_grid_cover.project_id AND c.id = cover_no;
	ELSE
		UPDATE rui.grid_cover c SET valid = tstzrange(lower(c.valid), at) WHERE c.project_id = end_grid_cover.project_id AND c.id = cover_no;
	END IF;
	PERFORM rui._hand_over_tasks(project_id, at);
	PERFORM rui._emit(project_id, 'grid.end_cover', 'grid', present.grid_id, at, jsonb_build_object('cover_id', present.cover_id));
	PERFORM rui._finish_request(project_id, 'end_grid_cover', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.end_grid_cover(bigint, bigint, text, timestamptz) IS
'Ends a cover (cover_no: an id of rui.grid_cover) at `at`; one that has not begun is taken back. Open tasks go back to the steward. Needs permission manage_grids. Errors: 22004, 22008, P0002 unknown cover, RU409, 42501, 55000 ended already.';
