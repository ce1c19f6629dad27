-- Plans beside each other, who would change hands, and who looked after whom
-- at any instant.

PERFORM rui._permit('see_grids', '{candidate,live,closed}', 'agent', 'manager', 'expert', 'analyst', 'auditor', 'director', 'loader');
PERFORM rui._permit('ask_grid', '{candidate,live,closed}', 'agent', 'manager', 'expert', 'analyst', 'auditor', 'director', 'loader',
	'resident', 'staff', 'steward', 'partner', 'accountant');

CREATE FUNCTION rui._grid_moves(project_id bigint, plan_id bigint)
RETURNS TABLE (unit_id bigint, unit_code text, building_id bigint, building_code text, from_grid_id bigint, from_grid text, from_steward_id bigint,
	to_grid_id bigint, to_grid text, to_steward_id bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
BEGIN
	-- Compared is with the plan in force, or with that which was before it.
	RETURN QUERY
	WITH base AS MATERIALIZED (
		SELECT f.id FROM rui.grid_plan p
		JOIN rui.grid_plan f ON f.project_id = p.project_id AND f.id <> p.id
			AND CASE WHEN p.activated_at IS NULL THEN f.state = 'active' ELSE f.retired_at = p.activated_at END
		WHERE p.project_id = _grid_moves.project_id AND p.id = _grid_moves.plan_id
	), changed AS MATERIALIZED (
		SELECT n.building_id, og.id AS from_id, og.code AS from_code, og.steward_id AS from_steward,
			ng.id AS to_id, ng.code AS to_code, ng.steward_id AS to_steward
		FROM base
		JOIN rui.grid_building o ON o.project_id = _grid_moves.project_id AND o.plan_id = base.id
		JOIN rui.grid og ON og.project_id = o.project_id AND og.id = o.grid_id
		JOIN rui.grid_building n ON n.project_id = o.project_id AND n.plan_id = _grid_moves.plan_id AND n.building_id = o.building_id
		JOIN rui.grid ng ON ng.project_id = n.project_id AND ng.id = n.grid_id
		WHERE CASE WHEN og.steward_id IS NOT NULL AND ng.steward_id IS NOT NULL THEN og.steward_id <> ng.steward_id
			ELSE ng.former_id IS DISTINCT FROM og.id END
	)
	SELECT u.id, u.code, b.id, b.code, c.from_id, c.from_code, c.from_steward, c.to_id, c.to_code, c.to_steward
	FROM changed c
	JOIN rui.building b ON b.project_id = _grid_moves.project_id AND b.id = c.building_id
	JOIN rui.unit u ON u.project_id = b.project_id AND u.building_id = b.id AND u.kind = 'home'
	WHERE NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = u.project_id AND a.table_name = 'unit' AND a.row_id = u.id);
END
$$;
COMMENT ON FUNCTION rui._grid_moves(bigint, bigint) IS
'Internal: as rui.grid_moves, unchecked and in no order.';

CREATE FUNCTION rui._find_plan(project_id bigint, plan_id bigint) RETURNS rui.grid_plan
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.grid_plan;
BEGIN
	SELECT p.* INTO present FROM rui.grid_plan p
	WHERE p.project_id = _find_plan.project_id AND (p.id = plan_id OR plan_id IS NULL AND p.state = 'active');
	IF NOT FOUND AND plan_id IS NULL THEN
		RAISE EXCEPTION 'project % has no active plan of grids', project_id
			USING ERRCODE = 'no_data_found', HINT = 'Name a plan, or put one in force with rui.activate_grids().';
	ELSIF NOT FOUND THEN
		PERFORM rui._unknown('grid plan', plan_id, project_id);
	END IF;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._find_plan(bigint, bigint) IS 'Internal: a plan, or with null the active one. P0002 where there is none.';

CREATE FUNCTION rui.grid_moves(project_id bigint, plan_id bigint)
RETURNS TABLE (unit_id bigint, unit_code text, building_id bigint, building_code text, from_grid_id bigint, from_grid text, from_steward_id bigint,
	to_grid_id bigint, to_grid text, to_steward_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_grids');
	IF plan_id IS NULL THEN
		PERFORM rui._missing('plan_id');
	END IF;
	PERFORM rui._find_plan(project_id, plan_id);
	RETURN QUERY SELECT m.* FROM rui._grid_moves(grid_moves.project_id, grid_moves.plan_id) m ORDER BY m.building_code, m.building_id, m.unit_code;
END
$$;
COMMENT ON FUNCTION rui.grid_moves(bigint, bigint) IS
'The homes that a plan takes from one steward to another: compared with the plan in force or, for a plan that is or was in force, with the one before it. A home moves when its steward changes or, where a plan names none, when its grid is not the one that goes on from the former. New buildings move from nobody and are not listed. By building and unit. Needs permission see_grids. Errors: 22004, P0002 unknown plan, 42501.';

CREATE FUNCTION rui.compare_grid_plans(project_id bigint)
RETURNS TABLE (plan_id bigint, state text, proposed_at timestamptz, grids integer, buildings integer, homes integer, imbalance double precision,
	most_over double precision, most_under double precision, compactness double precision, least_compactness double precision, cut_m double precision,
	moved_homes integer, disconnected integer, edits integer, options jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET enable_nestloop = off SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_grids');
	RETURN QUERY
	SELECT p.id, p.state, p.proposed_at, p.grids, p.buildings, p.homes, p.imbalance, max(g.workload) / nullif(avg(g.workload), 0) - 1,
		1 - min(g.workload) / nullif(avg(g.workload), 0), p.compactness, min(g.compactness), p.cut_m,
		CASE WHEN p.state = 'active' THEN p.moved_homes ELSE (SELECT count(*)::integer FROM rui._grid_moves(p.project_id, p.id)) END,
		p.disconnected, p.edits,
		(SELECT coalesce(jsonb_object_agg(o.key, o.value), '{}') FROM jsonb_each(p.options) o
			WHERE o.value IS DISTINCT FROM CASE o.key WHEN 'adjacency' THEN '"cells"' WHEN 'edges' THEN '"border"'
				ELSE (SELECT to_jsonb(t.standard) FROM rui.grid_term t WHERE t.code = o.key) END)
	FROM rui.grid_plan p
	JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
	WHERE p.project_id = compare_grid_plans.project_id AND p.state IN ('proposed', 'approved', 'active')
	GROUP BY p.project_id, p.id
	ORDER BY p.state = 'active' DESC, p.id;
END
$$;
COMMENT ON FUNCTION rui.compare_grid_plans(bigint) IS
'The plans of a project that are proposed, approved or active, beside each other: imbalance (largest deviation of a grid''s workload from the mean, as a share of it) and how far the fullest is over and the emptiest under it; mean and least compactness (4 pi A / P^2 by Polsby and Popper: 1 is a circle); cut_m: metres of border between grids; moved_homes: homes that change hands against the plan in force (of that plan: those that it moved); disconnected: grids in pieces, 0; edits: buildings moved by hand; options: those that are not standard. The active one first, then by id. Needs permission see_grids. Error 42501.';

CREATE FUNCTION rui._grid_of_building(project_id bigint, building_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	answer bigint;
BEGIN
	SELECT coalesce(o.grid_id, rui.locate(t.map, b.entrance), (
		SELECT g.id FROM rui.grid g WHERE g.project_id = t.project_id AND g.plan_id = t.plan_id
		ORDER BY ST_Distance(g.area::geography, b.entrance::geography), g.id LIMIT 1)) INTO answer
	FROM rui.territory_map t
	JOIN rui.building b ON b.project_id = t.project_id AND b.id = _grid_of_building.building_id
	LEFT JOIN rui.grid_building o ON o.project_id = t.project_id AND o.plan_id = t.plan_id AND o.building_id = b.id
	WHERE t.project_id = _grid_of_building.project_id AND t.valid @> at;
	RETURN answer;
END
$$;
COMMENT ON FUNCTION rui._grid_of_building(bigint, bigint, timestamptz) IS
'Internal: the grid of a building at an instant, null where no plan was in force; of a building that its plan never knew, the one it lies in or is nearest to.';

CREATE FUNCTION rui.grid_of_unit(project_id bigint, unit_id bigint, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	place bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'ask_grid');
	IF unit_id IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN unit_id IS NULL THEN 'unit_id' ELSE 'at' END);
	END IF;
	SELECT u.building_id INTO place FROM rui.unit u WHERE u.project_id = grid_of_unit.project_id AND u.id = grid_of_unit.unit_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	END IF;
	RETURN rui._grid_of_building(project_id, place, at);
END
$$;
COMMENT ON FUNCTION rui.grid_of_unit(bigint, bigint, timestamptz) IS
'The grid (an id of rui.grid) that a unit belonged to at an instant: exactly one while a plan was in force, null before the first. Needs permission ask_grid, which every role has. Errors: 22004, P0002 unknown unit, 42501.';

CREATE FUNCTION rui.steward_of_unit(project_id bigint, unit_id bigint, at timestamptz DEFAULT now(),
	OUT grid_id bigint, OUT steward_id bigint, OUT cover_id bigint, OUT answers_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	grid_id := rui.grid_of_unit(project_id, unit_id, at);
	SELECT s.steward_id INTO steward_id FROM rui.grid_steward s
	WHERE s.project_id = steward_of_unit.project_id AND s.grid_id = steward_of_unit.grid_id AND s.valid @> at;
	SELECT c.cover_id INTO cover_id FROM rui.grid_cover c
	WHERE c.project_id = steward_of_unit.project_id AND c.grid_id = steward_of_unit.grid_id AND c.valid @> at;
	answers_id := coalesce(cover_id, steward_id);
END
$$;
COMMENT ON FUNCTION rui.steward_of_unit(bigint, bigint, timestamptz) IS
'Who looked after a unit at an instant: its grid, the grid''s steward, who stood in for him (or null), and who answered for it, the cover where there was one, else the steward. All null before the first plan. Needs permission ask_grid, which every role has. Errors: 22004, P0002 unknown unit, 42501.';
