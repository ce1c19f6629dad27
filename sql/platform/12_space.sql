-- The tree of places: what lies in what, from the site down to a floor, and
-- the units that hang on buildings and floors. One writer a project at a time:
-- whoever changes the tree holds the row of the project.

PERFORM rui._permit('see_places', '{candidate,live,closed}', 'resident', 'steward', 'staff', 'partner', 'agent', 'manager', 'accountant',
	'expert', 'analyst', 'auditor', 'loader', 'director');
PERFORM rui._permit('see_units', '{candidate,live,closed}', 'steward', 'staff', 'agent', 'manager', 'accountant', 'expert',
	'auditor', 'loader', 'director');

CREATE FUNCTION rui._lock_estate(project_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM FROM rui.project p WHERE p.id = _lock_estate.project_id FOR NO KEY UPDATE;
	PERFORM rui._check_snapshot();
END
$$;
COMMENT ON FUNCTION rui._lock_estate(bigint) IS
'Internal: takes the lock under which the tree of places changes, until the end of the transaction. Error 40001 when that looks at the past.';

CREATE FUNCTION rui._space(project_id bigint, space_id bigint, argument text DEFAULT 'space_id') RETURNS rui.space
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.space;
BEGIN
	IF space_id IS NULL THEN
		PERFORM rui._missing(argument);
	END IF;
	SELECT s.* INTO present FROM rui.space s WHERE s.project_id = _space.project_id AND s.id = _space.space_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('space', space_id, project_id);
	END IF;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._space(bigint, bigint, text) IS
'Internal: a place of the project. Errors: 22004 naming the argument, P0002.';

CREATE FUNCTION rui._space_fault(code text, kind text, building_id bigint, valid daterange, parent_code text, parent_kind text,
	parent_building_id bigint, parent_valid daterange) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF kind = 'building' AND building_id IS NULL THEN
		RETURN ARRAY['22004', 'building is missing', 'A place of kind building stands for a building: name it.'];
	ELSIF parent_kind IS NULL THEN
		RETURN NULL;
	ELSIF (SELECT w.width FROM rui.space_kind w WHERE w.code = kind) > (SELECT w.width FROM rui.space_kind w WHERE w.code = parent_kind) THEN
		RETURN ARRAY['22023', format('"%s" is a %s and cannot lie in "%s", a %s', code, kind, parent_code, parent_kind),
			'A place lies in one that is as wide or wider: rui.space_kind says how wide each kind is.'];
	ELSIF kind = 'building' AND parent_building_id IS NOT NULL
		OR kind <> 'building' AND parent_building_id IS NOT NULL AND building_id IS DISTINCT FROM parent_building_id THEN
		RETURN ARRAY['22023', format('"%s" cannot lie in "%s", which is in another building', code, parent_code),
			'What lies in a building is in that building.'];
	ELSIF NOT valid <@ parent_valid THEN
		RETURN ARRAY['22023', format('"%s" is there in %s, "%s" in %s', code, valid, parent_code, parent_valid),
			'A place is there no longer than the one it lies in.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._space_fault(text, text, bigint, daterange, text, text, bigint, daterange) IS
'Internal: why a place cannot lie in another (whose kind is null where there is none), as a fault of an import row, or null: 22004 a place of kind building without a building, 22023 a narrower one around it, another building, other days.';

CREATE FUNCTION rui._check_space(place rui.space, parent rui.space) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	fault CONSTANT text[] := rui._space_fault(place.code, place.kind, place.building_id, place.valid,
		parent.code, parent.kind, parent.building_id, parent.valid);
BEGIN
	IF fault IS NOT NULL THEN
		RAISE EXCEPTION '%', fault[2] USING ERRCODE = fault[1], HINT = fault[3];
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_space(rui.space, rui.space) IS
'Internal: raises why a place cannot lie in another: 22004, 22023.';

CREATE FUNCTION rui.create_space(project_id bigint, code text, kind text, parent_id bigint DEFAULT NULL, building_id bigint DEFAULT NULL,
	place geometry DEFAULT NULL, name text DEFAULT NULL, valid daterange DEFAULT '(,)', request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	parent rui.space;
	wanted rui.space;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('code', code, 60);
	PERFORM rui._check_text('kind', kind, 60);
	IF name IS NOT NULL THEN
		PERFORM rui._check_text('name', name, 200);
	END IF;
	PERFORM rui._check_point(place);
	IF valid IS NULL THEN
		PERFORM rui._missing('valid');
	ELSIF isempty(valid) THEN
		RAISE EXCEPTION 'valid holds no day' USING ERRCODE = 'invalid_parameter_value';
	ELSIF NOT EXISTS (SELECT FROM rui.space_kind k WHERE k.code = create_space.kind) THEN
		RAISE EXCEPTION 'unknown kind of place "%"', kind USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.space_kind lists them.';
	END IF;
	answer := rui._begin_request(project_id, 'create_space', request_key,
		jsonb_build_array(code, kind, parent_id, building_id, ST_AsText(place), name, valid));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	PERFORM rui._lock_estate(project_id);
	IF parent_id IS NOT NULL THEN
		parent := rui._space(project_id, parent_id, 'parent_id');
	END IF;
	IF building_id IS NULL AND kind <> 'building' THEN
		building_id := parent.building_id;
	ELSIF building_id IS NOT NULL AND NOT EXISTS (
		SELECT FROM rui.building b WHERE b.project_id = create_space.project_id AND b.id = create_space.building_id) THEN
		PERFORM rui._unknown('building', building_id, project_id);
	END IF;
	-- What is in a building lies in it.
	IF parent_id IS NULL AND kind <> 'building' THEN
		SELECT s.* INTO parent FROM rui.space s
		WHERE s.project_id = create_space.project_id AND s.building_id = create_space.building_id AND s.kind = 'building';
	END IF;
	SELECT create_space.code, create_space.kind, create_space.building_id, create_space.valid
	INTO wanted.code, wanted.kind, wanted.building_id, wanted.valid;
	PERFORM rui._check_space(wanted, parent);
	place := coalesce(place, (SELECT b.entrance FROM rui.building b WHERE b.project_id = create_space.project_id AND b.id = create_space.building_id),
		parent.place);
	IF place IS NULL THEN
		RAISE EXCEPTION 'place must not be null' USING ERRCODE = 'null_value_not_allowed',
			HINT = 'Only what is in a building or in another place can do without.';
	END IF;
	INSERT INTO rui.space (project_id, parent_id, parent_depth, building_id, code, name, kind, place, valid)
	VALUES (project_id, parent.id, parent.depth, building_id, code, name, kind, ST_Force2D(place), valid)
	RETURNING id INTO wanted.id;
	IF kind = 'building' THEN
		PERFORM rui._adopt_spaces(project_id, ARRAY[wanted.id]);
	END IF;
	PERFORM rui._emit(project_id, 'space.create', 'space', wanted.id, at, jsonb_build_object('code', code, 'kind', kind, 'parent_id', parent.id));
	PERFORM rui._finish_request(project_id, 'create_space', request_key, to_jsonb(wanted.id));
	RETURN wanted.id;
END
$$;
COMMENT ON FUNCTION rui.create_space(bigint, text, text, bigint, bigint, geometry, text, daterange, text, timestamptz) IS
'Makes a place. kind: a row of rui.space_kind; parent_id: the place it lies in, as wide or wider; building_id: the building it is in, by default that of the place it lies in. A place of kind building stands for a building in the tree, one for each: what is in that building and lies nowhere yet comes to lie in it. place: WGS 84 point; by default the entrance of the building, else where the parent is. valid: the days on which it is there, within those of the parent. Returns its id. Needs permission manage_estate. Errors: 22004, 22023, 22001, 22003, 22008 arguments, P0002 unknown building or place, 23505 code taken or a second place for a building, 23514 more than 20 deep, 42501, 55000, RU409.';

CREATE FUNCTION rui._adopt_spaces(project_id bigint, space_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	UPDATE rui.space s SET parent_id = b.id, parent_depth = b.depth
	FROM rui.space b
	WHERE b.project_id = _adopt_spaces.project_id AND b.id = ANY (space_ids)
		AND s.project_id = b.project_id AND s.building_id = b.building_id AND s.kind <> 'building' AND s.parent_id IS NULL
		AND s.valid <@ b.valid;
END
$$;
COMMENT ON FUNCTION rui._adopt_spaces(bigint, bigint[]) IS
'Internal: lets what is in the buildings that these places stand for, and lies nowhere yet, lie in them.';

CREATE FUNCTION rui.move_space(project_id bigint, space_id bigint, parent_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.space;
	parent rui.space;
	new_depth integer;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'move_space', request_key, jsonb_build_array(space_id, parent_id));
	IF answer IS NOT NULL THEN
		RETURN answer::integer;
	END IF;
	PERFORM rui._lock_estate(project_id);
	present := rui._space(project_id, space_id);
	IF parent_id IS NOT NULL THEN
		parent := rui._space(project_id, parent_id, 'parent_id');
		IF EXISTS (SELECT FROM rui._space_ids(move_space.project_id, move_space.space_id) i WHERE i.id = parent.id) THEN
			RAISE EXCEPTION 'place "%" cannot lie in "%", which lies in it', present.code, parent.code
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Move the other one first.';
		END IF;
	END IF;
	PERFORM rui._check_space(present, parent);
	-- What lies in it follows by the foreign key.
	UPDATE rui.space s SET parent_id = parent.id, parent_depth = parent.depth
	WHERE s.project_id = move_space.project_id AND s.id = move_space.space_id
	RETURNING s.depth INTO new_depth;
	PERFORM rui._emit(project_id, 'space.move', 'space', space_id, at, jsonb_build_object('from', present.parent_id, 'to', parent.id));
	PERFORM rui._finish_request(project_id, 'move_space', request_key, to_jsonb(new_depth));
	RETURN new_depth;
END
$$;
COMMENT ON FUNCTION rui.move_space(bigint, bigint, bigint, text, timestamptz) IS
'Lets a place, with all that lies in it, lie in another; parent_id null: in none. Returns its new depth. Needs permission manage_estate. Errors: 22004, 22008 arguments, 22023 into itself, into a narrower one, another building or one that is not there as long, P0002 unknown place, 23514 more than 20 deep, 42501, 55000, RU409.';

CREATE FUNCTION rui.end_space(project_id bigint, space_id bigint, to_on date, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.space;
	longer text;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	IF to_on IS NULL THEN
		PERFORM rui._missing('to_on');
	ELSIF rui._begin_request(project_id, 'end_space', request_key, jsonb_build_array(space_id, to_on)) IS NOT NULL THEN
		RETURN;
	END IF;
	PERFORM rui._lock_estate(project_id);
	present := rui._space(project_id, space_id);
	IF to_on <= lower(present.valid) OR NOT isfinite(to_on) THEN
		RAISE EXCEPTION 'place "%" of % cannot end on %', present.code, present.valid, to_on
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the first day on which it is there no more.';
	END IF;
	SELECT format('%s "%s"', s.kind, s.code) INTO longer FROM rui.space s
	WHERE s.project_id = end_space.project_id AND s.parent_id = end_space.space_id AND NOT s.valid <@ daterange(NULL, to_on)
	ORDER BY s.code LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% in place "%" is there longer than %', longer, present.code, to_on
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'End or move first what lies in it.';
	END IF;
	UPDATE rui.space s SET valid = daterange(lower(s.valid), to_on)
	WHERE s.project_id = end_space.project_id AND s.id = end_space.space_id;
	PERFORM rui._emit(project_id, 'space.end', 'space', space_id, at, jsonb_build_object('to_on', to_on));
	PERFORM rui._finish_request(project_id, 'end_space', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.end_space(bigint, bigint, date, text, timestamptz) IS
'Says from which day on a place is there no more; what lies in it has to end or move before. Needs permission manage_estate. Errors: 22004, 22008, 22023 not after its first day, P0002 unknown place, 42501, 55000 something in it is there longer, RU409.';

CREATE FUNCTION rui.place_unit(project_id bigint, unit_id bigint, space_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.unit;
	parent rui.space;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	IF unit_id IS NULL THEN
		PERFORM rui._missing('unit_id');
	ELSIF rui._begin_request(project_id, 'place_unit', request_key, jsonb_build_array(unit_id, space_id)) IS NOT NULL THEN
		RETURN;
	END IF;
	PERFORM rui._lock_estate(project_id);
	SELECT u.* INTO present FROM rui.unit u WHERE u.project_id = place_unit.project_id AND u.id = place_unit.unit_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	ELSIF space_id IS NOT NULL THEN
		parent := rui._space(project_id, space_id);
		IF parent.building_id IS DISTINCT FROM present.building_id THEN
			RAISE EXCEPTION 'unit "%" cannot hang on "%", which is not in its building', present.code, parent.code
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a floor, staircase or other place of the unit''s building.';
		END IF;
	END IF;
	UPDATE rui.unit u SET space_id = place_unit.space_id WHERE u.project_id = place_unit.project_id AND u.id = place_unit.unit_id;
	PERFORM rui._emit(project_id, 'unit.place', 'unit', unit_id, at, jsonb_build_object('from', present.space_id, 'to', space_id));
	PERFORM rui._finish_request(project_id, 'place_unit', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.place_unit(bigint, bigint, bigint, text, timestamptz) IS
'Hangs a unit on a place of its building, such as a floor; space_id null: on the building itself. Needs permission manage_estate. Errors: 22004, 22008, 22023 a place outside the building, P0002 unknown unit or place, 42501, 55000, RU409.';

-- Kinds change by plain updates: wherever they come from, the tree judges.
CREATE FUNCTION rui._check_space_kind() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault text;
BEGIN
	IF 'building' IN (OLD.kind, NEW.kind) THEN
		RAISE EXCEPTION '"%" cannot become a % from a %', NEW.code, NEW.kind, OLD.kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A place of kind building stands for a building for good.';
	END IF;
	SELECT format('"%s" is a %s and cannot lie in "%s", a %s', i.code, i.kind, o.code, o.kind) INTO fault
	FROM rui.space i
	JOIN rui.space o ON o.project_id = i.project_id AND o.id = i.parent_id
	JOIN rui.space_kind k ON k.code = i.kind
	JOIN rui.space_kind w ON w.code = o.kind
	WHERE i.project_id = NEW.project_id AND (i.id = NEW.id OR i.parent_id = NEW.id) AND k.width > w.width
	ORDER BY i.id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '%', fault
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A place lies in one that is as wide or wider: rui.space_kind says how wide each kind is.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._check_space_kind() IS
'Row trigger of rui.space: 22023 when a place of another kind no longer fits what it lies in or what lies in it, or when a building is concerned.';
CREATE TRIGGER check_kind AFTER UPDATE OF kind ON rui.space FOR EACH ROW WHEN (OLD.kind <> NEW.kind)
	EXECUTE FUNCTION rui._check_space_kind();

-- Walking the tree.

CREATE FUNCTION rui._space_ids(project_id bigint, space_id bigint) RETURNS TABLE (id bigint, steps integer)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	WITH RECURSIVE tree AS (
		SELECT s.id, 0 AS steps FROM rui.space s WHERE s.project_id = _space_ids.project_id AND s.id = _space_ids.space_id
		UNION ALL
		SELECT s.id, t.steps + 1 FROM tree t JOIN rui.space s ON s.project_id = _space_ids.project_id AND s.parent_id = t.id)
	SELECT t.id, t.steps FROM tree t;
END
$$;
COMMENT ON FUNCTION rui._space_ids(bigint, bigint) IS
'Internal: a place and all that lies in it, with the steps down.';

CREATE FUNCTION rui.space_path(project_id bigint, space_id bigint)
RETURNS TABLE (depth integer, id bigint, code text, name text, kind text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_places');
	PERFORM rui._space(project_id, space_id);
	RETURN QUERY
	WITH RECURSIVE path AS (
		SELECT s.* FROM rui.space s WHERE s.project_id = space_path.project_id AND s.id = space_path.space_id
		UNION ALL
		SELECT s.* FROM path p JOIN rui.space s ON s.project_id = p.project_id AND s.id = p.parent_id)
	SELECT p.depth, p.id, p.code, p.name, p.kind FROM path p ORDER BY p.depth;
END
$$;
COMMENT ON FUNCTION rui.space_path(bigint, bigint) IS
'The places around a place, the widest first, and itself last. Needs permission see_places. Errors: 22004, P0002 unknown place, 42501.';

CREATE FUNCTION rui.unit_path(project_id bigint, unit_id bigint)
RETURNS TABLE (depth integer, id bigint, code text, name text, kind text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	start_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_units');
	IF unit_id IS NULL THEN
		PERFORM rui._missing('unit_id');
	END IF;
	SELECT coalesce(u.space_id, (SELECT s.id FROM rui.space s
		WHERE s.project_id = u.project_id AND s.building_id = u.building_id AND s.kind = 'building')) INTO start_id
	FROM rui.unit u WHERE u.project_id = unit_path.project_id AND u.id = unit_path.unit_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	ELSIF start_id IS NOT NULL THEN
		RETURN QUERY SELECT p.depth, p.id, p.code, p.name, p.kind FROM rui.space_path(unit_path.project_id, start_id) p;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.unit_path(bigint, bigint) IS
'The places around a unit, the widest first: none where neither the unit nor its building hangs on one. Needs permission see_units. Errors: 22004, P0002 unknown unit, 42501.';

CREATE FUNCTION rui.spaces_under(project_id bigint, space_id bigint, on_date date DEFAULT NULL)
RETURNS TABLE (id bigint, parent_id bigint, steps integer, code text, name text, kind text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_places');
	PERFORM rui._space(project_id, space_id);
	RETURN QUERY
	SELECT s.id, s.parent_id, i.steps, s.code, s.name, s.kind
	FROM rui._space_ids(spaces_under.project_id, spaces_under.space_id) i
	JOIN rui.space s ON s.project_id = spaces_under.project_id AND s.id = i.id
	WHERE i.steps > 0 AND (on_date IS NULL OR s.valid @> on_date)
	ORDER BY i.steps, s.code;
END
$$;
COMMENT ON FUNCTION rui.spaces_under(bigint, bigint, date) IS
'All that lies in a place, with the steps down from it, the nearest first, then by code. on_date: only what is there on that day; null: everything. Needs permission see_places. Errors: 22004, P0002 unknown place, 42501.';

CREATE FUNCTION rui.units_under(project_id bigint, space_id bigint)
RETURNS TABLE (id bigint, code text, kind text, building_id bigint, hangs_on bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_units');
	PERFORM rui._space(project_id, space_id);
	RETURN QUERY
	WITH around AS MATERIALIZED (
		SELECT s.id, CASE s.kind WHEN 'building' THEN s.building_id END AS building_id
		FROM rui._space_ids(units_under.project_id, units_under.space_id) i
		JOIN rui.space s ON s.project_id = units_under.project_id AND s.id = i.id)
	SELECT u.id, u.code, u.kind, u.building_id, u.space_id FROM around p
	JOIN rui.unit u ON u.project_id = units_under.project_id AND u.building_id = p.building_id
	UNION
	SELECT u.id, u.code, u.kind, u.building_id, u.space_id FROM around p
	JOIN rui.unit u ON u.project_id = units_under.project_id AND u.space_id = p.id
	ORDER BY 2;
END
$$;
COMMENT ON FUNCTION rui.units_under(bigint, bigint) IS
'The units that hang on a place or on anything that lies in it, by code; hangs_on: the place, null for the building itself. A building in the tree brings all its units. Needs permission see_units. Errors: 22004, P0002 unknown place, 42501.';

PERFORM rui._name('event', e.code, e.zh, e.en) FROM (VALUES
	('space.create', '新建空间', 'place made'), ('space.move', '空间移动', 'place moved'), ('space.end', '空间停用', 'place ended'),
	('unit.place', '房屋归位', 'unit placed')) AS e(code, zh, en);
