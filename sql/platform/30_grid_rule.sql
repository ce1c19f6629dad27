-- What must hold of grids at every instant, whoever writes: plans do not
-- change once they are decided, every building has its grid in the plan in
-- force, every grid of it its steward.

CREATE FUNCTION rui._guard_grid() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	plan_state text;
BEGIN
	-- Who looks after a grid may change; what it is may not.
	IF TG_OP = 'UPDATE' AND (NEW.project_id, NEW.id, NEW.plan_id, NEW.code, NEW.former_id, NEW.buildings, NEW.homes, NEW.workload)
			IS NOT DISTINCT FROM (OLD.project_id, OLD.id, OLD.plan_id, OLD.code, OLD.former_id, OLD.buildings, OLD.homes, OLD.workload)
		AND NEW.area::bytea = OLD.area::bytea THEN
		RETURN NEW;
	END IF;
	SELECT p.state INTO plan_state FROM rui.grid_plan p
	WHERE p.project_id = CASE TG_OP WHEN 'INSERT' THEN NEW.project_id ELSE OLD.project_id END
		AND p.id = CASE TG_OP WHEN 'INSERT' THEN NEW.plan_id ELSE OLD.plan_id END;
	IF plan_state <> 'proposed' THEN
		RAISE EXCEPTION 'grids of a plan that is % do not change', plan_state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Design another plan, or copy this one and edit the copy.';
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION rui._guard_grid() IS
'Internal: row trigger of rui.grid: 55000 when a grid of a plan that is no longer proposed is added, removed, or changed in anything but its steward.';
CREATE TRIGGER guard_grid BEFORE INSERT OR UPDATE OR DELETE ON rui.grid
	FOR EACH ROW EXECUTE FUNCTION rui._guard_grid();

CREATE FUNCTION rui._guard_grid_building() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	plan_state text;
BEGIN
	SELECT p.state INTO plan_state FROM rui.grid_plan p
	WHERE p.project_id = CASE TG_OP WHEN 'INSERT' THEN NEW.project_id ELSE OLD.project_id END
		AND p.id = CASE TG_OP WHEN 'INSERT' THEN NEW.plan_id ELSE OLD.plan_id END;
	-- Buildings that are new get their grid in a plan that is decided too.
	IF plan_state <> 'proposed' AND NOT (plan_state IN ('approved', 'active') AND TG_OP = 'INSERT') THEN
		RAISE EXCEPTION 'buildings of a plan that is % stay in their grids', plan_state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Design another plan, or copy this one and edit the copy.';
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION rui._guard_grid_building() IS
'Internal: row trigger of rui.grid_building: 55000 when a building of a plan that is no longer proposed changes its grid or leaves the plan, and when one joins a plan that is rejected or retired.';
CREATE TRIGGER guard_grid_building BEFORE INSERT OR UPDATE OR DELETE ON rui.grid_building
	FOR EACH ROW EXECUTE FUNCTION rui._guard_grid_building();

CREATE FUNCTION rui._place_buildings(project_id bigint, plan_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	placed bigint;
BEGIN
	WITH newcomer AS MATERIALIZED (
		SELECT b.id, b.entrance FROM rui.building b
		WHERE b.project_id = _place_buildings.project_id AND NOT EXISTS (
			SELECT FROM rui.grid_building o
			WHERE o.project_id = b.project_id AND o.plan_id = _place_buildings.plan_id AND o.building_id = b.id)
	), drawing AS MATERIALIZED (
		SELECT rui.gridmap(g.id, g.area) AS map FROM rui.grid g
		WHERE g.project_id = _place_buildings.project_id AND g.plan_id = _place_buildings.plan_id
			AND EXISTS (SELECT FROM newcomer)
	), located AS MATERIALIZED (
		SELECT n.id, n.entrance, rui.locate(d.map, n.entrance) AS grid_id FROM newcomer n CROSS JOIN drawing d
	)
	INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, homes, workload)
	SELECT _place_buildings.project_id, _place_buildings.plan_id, l.id, coalesce(l.grid_id, (
		SELECT g.id FROM rui.grid g
		WHERE g.project_id = _place_buildings.project_id AND g.plan_id = _place_buildings.plan_id
		ORDER BY ST_Distance(g.area::geography, l.entrance::geography), g.id LIMIT 1)), 0, 0
	FROM located l;
	GET DIAGNOSTICS placed = ROW_COUNT;
	RETURN placed;
END
$$;
COMMENT ON FUNCTION rui._place_buildings(bigint, bigint) IS
'Internal: gives the buildings of a project that a plan does not know the grid that their entrance lies in, outside all grids the nearest. Returns how many.';

CREATE FUNCTION rui._lock_grids(project_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM FROM rui.project p WHERE p.id = _lock_grids.project_id FOR NO KEY UPDATE;
	PERFORM rui._check_snapshot();
END
$$;
COMMENT ON FUNCTION rui._lock_grids(bigint) IS
'Internal: lets imports of buildings and what is done to grids of a project go one after the other, until the transaction ends. What is read afterwards is what the one before has left; error 40001 in a transaction that looks at the past.';

CREATE FUNCTION rui._join_grids() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	town record;
BEGIN
	FOR town IN SELECT DISTINCT n.project_id FROM new_rows n ORDER BY 1 LOOP
		PERFORM rui._lock_grids(town.project_id);
		PERFORM rui._place_buildings(town.project_id, p.id) FROM rui.grid_plan p
		WHERE p.project_id = town.project_id AND p.state = 'active';
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._join_grids() IS
'Internal: statement trigger of rui.building: a new building gets its grid in the plan in force at once.';
CREATE TRIGGER join_grids AFTER INSERT ON rui.building REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._join_grids();

CREATE FUNCTION rui._require_stewards(project_id bigint, plan_id bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	orphan record;
BEGIN
	SELECT g.code, s.served, p.activated_at INTO orphan
	FROM rui.grid_plan p
	JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
	LEFT JOIN LATERAL (
		SELECT range_agg(w.valid) AS served, (array_agg(w.steward_id) FILTER (WHERE upper_inf(w.valid)))[1] AS last_id
		FROM rui.grid_steward w WHERE w.project_id = g.project_id AND w.grid_id = g.id) s ON true
	WHERE p.project_id = _require_stewards.project_id AND p.id = _require_stewards.plan_id AND p.state = 'active'
		AND (s.served @> tstzrange(p.activated_at, NULL) IS NOT TRUE OR s.last_id IS DISTINCT FROM g.steward_id)
	ORDER BY g.code LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'grid % is in force since % and has not one steward at every instant', orphan.code, orphan.activated_at
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('It had stewards in %s.', coalesce(orphan.served::text, 'no time')),
				HINT = 'End a steward''s time when the next one''s begins.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_stewards(bigint, bigint) IS
'Internal: 55000 unless the plan is not active, or each of its grids had one steward at every instant since and has the one that rui.grid names.';

CREATE FUNCTION rui._check_plan_stewards() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._require_stewards(NEW.project_id, NEW.id);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_plan_stewards() IS
'Internal: constraint trigger of rui.grid_plan, at the end of the transaction: a plan in force has a steward for every grid.';
CREATE CONSTRAINT TRIGGER plan_has_stewards AFTER INSERT OR UPDATE OF state, last_action, activated_at ON rui.grid_plan
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'active') EXECUTE FUNCTION rui._check_plan_stewards();

CREATE FUNCTION rui._check_grid_stewards() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._require_stewards(g.project_id, g.plan_id) FROM rui.grid g
	WHERE g.project_id = OLD.project_id AND g.id = OLD.grid_id;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_grid_stewards() IS
'Internal: constraint trigger of rui.grid_steward, at the end of the transaction: who ends a steward''s time gives the grid another one.';
CREATE CONSTRAINT TRIGGER grid_has_steward AFTER UPDATE OR DELETE ON rui.grid_steward
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rui._check_grid_stewards();

CREATE FUNCTION rui._check_named_steward() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._require_stewards(NEW.project_id, NEW.plan_id);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_named_steward() IS
'Internal: constraint trigger of rui.grid, at the end of the transaction: the steward of a grid in force is the one whose time runs.';
CREATE CONSTRAINT TRIGGER grid_names_steward AFTER UPDATE OF steward_id ON rui.grid
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rui._check_named_steward();
