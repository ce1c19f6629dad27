-- Out of daily use: rows that are not used any more leave searches, exports
-- and billing, and keep their history.

CREATE TABLE rui.archive_rule (
	table_name text NOT NULL REFERENCES rui.master_table (table_name),
	rule_function text NOT NULL,
	PRIMARY KEY (table_name, rule_function)
);

CREATE TYPE rui.archive_result AS (
	code text,
	row_id bigint,
	outcome text,
	problem text
);
COMMENT ON TYPE rui.archive_result IS 'What became of one code that was to be archived or restored.';
COMMENT ON COLUMN rui.archive_result.code IS 'The code.';
COMMENT ON COLUMN rui.archive_result.row_id IS 'Id of its row, or null.';
COMMENT ON COLUMN rui.archive_result.outcome IS 'archived or restored (in a preview: would be), unchanged (is so already), in_use, unknown.';
COMMENT ON COLUMN rui.archive_result.problem IS 'What still uses the row, or null.';

PERFORM rui._describe('archive_rule', 'What says that a row is still in use: functions rui.RULE(project_id, ids, at) that return (row_id, problem) for those that are. Rows of tables named here can be archived.',
	'table_name: The table.', 'rule_function: Name of the function.');
PERFORM rui._declare_table('archive_rule', 'reference', 'none');
PERFORM rui._name(n.kind, n.code, n.zh, n.en) FROM (VALUES
	('event', 'archive.put', '归档', 'archived'), ('event', 'archive.restore', '恢复归档', 'restored'),
	('archive_outcome', 'archived', '已归档', 'archived'), ('archive_outcome', 'restored', '已恢复', 'restored'), ('archive_outcome', 'unchanged', '无变化', 'unchanged'),
	('archive_outcome', 'in_use', '仍在使用', 'in use'), ('archive_outcome', 'unknown', '不存在', 'unknown')) AS n(kind, code, zh, en);

CREATE FUNCTION rui._rows_by_code(project_id bigint, master rui.master_table, codes text[]) RETURNS SETOF rui.bulk_image
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	-- Whoever is about to refer to the row waits, and then finds it archived.
	RETURN QUERY EXECUTE format('SELECT t.id, t.code, NULL::jsonb FROM rui.%I t WHERE %s AND t.code = ANY ($2) ORDER BY t.id FOR UPDATE OF t',
		master.table_name, rui._bulk_reach(master))
	USING project_id, codes;
END
$$;
COMMENT ON FUNCTION rui._rows_by_code(bigint, rui.master_table, text[]) IS
'Internal: the rows of a master table with these codes in a project, locked against new references; image is null.';

CREATE FUNCTION rui._archive_problems(project_id bigint, table_name text, ids bigint[], at timestamptz)
RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	rule text;
BEGIN
	FOR rule IN SELECT r.rule_function FROM rui.archive_rule r WHERE r.table_name = _archive_problems.table_name ORDER BY r.rule_function LOOP
		FOR row_id, problem IN EXECUTE format('SELECT p.row_id, p.problem FROM rui.%I($1, $2, $3) p', rule) USING project_id, ids, at LOOP
			RETURN NEXT;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._archive_problems(bigint, text, bigint[], timestamptz) IS
'Internal: what still uses rows of a master table, by all its rules.';

CREATE FUNCTION rui._check_codes(master rui.master_table, codes text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF codes IS NULL OR rui._holds_null(codes) THEN
		PERFORM rui._missing(CASE WHEN codes IS NULL THEN 'codes' ELSE 'a code' END);
	ELSIF cardinality(codes) > 100000 THEN
		RAISE EXCEPTION '% codes are too many', cardinality(codes)
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Give at most 100000 at a time.';
	ELSIF NOT EXISTS (SELECT FROM rui.archive_rule r WHERE r.table_name = master.table_name) THEN
		RAISE EXCEPTION 'rows of table "%" are not archived', master.table_name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.archive_rule lists the tables whose rows are; others end with their dates.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_codes(rui.master_table, text[]) IS
'Internal: checks codes of rows to archive or restore: 22004, 54000, 22023 a table whose rows are not archived.';

CREATE FUNCTION rui.archive(project_id bigint, table_name text, codes text[], reason text, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.archive_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	master rui.master_table;
	answer jsonb;
	result rui.archive_result[];
	present rui.archive_result[];
BEGIN
	master := rui._master_table(table_name);
	PERFORM rui.require_permission(project_id, master.change_permission);
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_codes(master, codes);
	PERFORM rui._check_text('reason', reason, 500);
	IF preview IS NULL THEN
		PERFORM rui._missing('preview');
	ELSIF NOT preview THEN
		answer := rui._begin_request(project_id, 'archive', request_key, jsonb_build_array(table_name, codes, reason));
		IF answer IS NOT NULL THEN
			RETURN QUERY SELECT * FROM jsonb_populate_recordset(NULL::rui.archive_result, answer);
			RETURN;
		END IF;
	END IF;
	present := ARRAY(SELECT ROW(i.code, i.row_id, NULL, NULL)::rui.archive_result FROM rui._rows_by_code(archive.project_id, master, codes) i);
	result := ARRAY(
		SELECT ROW(c.code, p.row_id, CASE WHEN p.row_id IS NULL THEN 'unknown' WHEN a.row_id IS NOT NULL THEN 'unchanged'
			WHEN u.row_id IS NOT NULL THEN 'in_use' ELSE 'archived' END, CASE WHEN a.row_id IS NULL THEN u.problem END)::rui.archive_result
		FROM (SELECT k.code, min(k.place) AS place FROM unnest(codes) WITH ORDINALITY AS k(code, place) GROUP BY k.code) c
		LEFT JOIN unnest(present) p ON p.code = c.code
		LEFT JOIN rui.archived a ON a.project_id = archive.project_id AND a.table_name = archive.table_name AND a.row_id = p.row_id
		LEFT JOIN (SELECT o.row_id, string_agg(o.problem, '; ' ORDER BY o.problem) AS problem
			FROM rui._archive_problems(archive.project_id, archive.table_name, ARRAY(SELECT e.row_id FROM unnest(present) e), archive.at) o
			GROUP BY o.row_id) u ON u.row_id = p.row_id
		ORDER BY c.place);
	IF NOT preview THEN
		WITH put AS (
			INSERT INTO rui.archived AS a (project_id, table_name, row_id, at, reason, party_id)
			SELECT archive.project_id, archive.table_name, r.row_id, archive.at, archive.reason, rui.current_party()
			FROM unnest(result) r WHERE r.outcome = 'archived'
			RETURNING a.row_id)
		INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
		SELECT archive.project_id, archive.at, 'archive.put', archive.table_name, p.row_id, rui.current_party(), jsonb_build_object('reason', archive.reason)
		FROM put p;
		PERFORM rui._finish_request(project_id, 'archive', request_key, to_jsonb(result));
	END IF;
	RETURN QUERY SELECT * FROM unnest(result);
END
$$;
COMMENT ON FUNCTION rui.archive(bigint, text, text[], text, boolean, text, timestamptz) IS
'Takes rows of a master table out of daily use: searches, exports and bulk changes leave them out unless asked, billing from the next month on; nothing new can be built on them; their history stays. Rows in use stay as they are, and the report says what uses them (rui.archive_rule). codes: at most 100,000; reason: at most 500 characters, kept. preview: report only. Returns rui.archive_result, one a code, in order. Each row is an event archive.put of its table. Needs the permission that importing the table needs. Errors: 22004, 22001, 22008, 22023 table, or one whose rows are not archived, 54000, 42501, 55000, RU409.';

CREATE FUNCTION rui._archived_parents(project_id bigint, table_name text, ids bigint[]) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	parent rui.bulk_column;
BEGIN
	FOR parent IN SELECT b.* FROM rui.bulk_column b WHERE b.table_name = _archived_parents.table_name AND b.refers_to IS NOT NULL LOOP
		FOR row_id, problem IN EXECUTE format('SELECT t.id, format(''%%s "%%s" is archived'', %1$L, p.code) FROM rui.%2$I t
			JOIN rui.archived a ON a.project_id = t.project_id AND a.table_name = %1$L AND a.row_id = t.%3$I
			JOIN rui.%1$I p ON p.project_id = t.project_id AND p.id = t.%3$I
			WHERE t.project_id = $1 AND t.id = ANY ($2)', parent.refers_to, table_name, parent.column_name) USING project_id, ids LOOP
			RETURN NEXT;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._archived_parents(bigint, text, bigint[]) IS
'Internal: rows of a master table that stand on an archived row, by the columns of rui.bulk_column that refer to one.';

CREATE FUNCTION rui.restore(project_id bigint, table_name text, codes text[], request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.archive_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	master rui.master_table;
	answer jsonb;
	result rui.archive_result[];
	present rui.archive_result[];
BEGIN
	master := rui._master_table(table_name);
	PERFORM rui.require_permission(project_id, master.change_permission);
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_codes(master, codes);
	answer := rui._begin_request(project_id, 'restore', request_key, jsonb_build_array(table_name, codes));
	IF answer IS NOT NULL THEN
		RETURN QUERY SELECT * FROM jsonb_populate_recordset(NULL::rui.archive_result, answer);
		RETURN;
	END IF;
	present := ARRAY(SELECT ROW(i.code, i.row_id, NULL, NULL)::rui.archive_result FROM rui._rows_by_code(restore.project_id, master, codes) i);
	result := ARRAY(
		SELECT ROW(c.code, p.row_id, CASE WHEN p.row_id IS NULL THEN 'unknown' WHEN a.row_id IS NULL THEN 'unchanged'
			WHEN u.row_id IS NOT NULL THEN 'in_use' ELSE 'restored' END, u.problem)::rui.archive_result
		FROM (SELECT k.code, min(k.place) AS place FROM unnest(codes) WITH ORDINALITY AS k(code, place) GROUP BY k.code) c
		LEFT JOIN unnest(present) p ON p.code = c.code
		LEFT JOIN rui.archived a ON a.project_id = restore.project_id AND a.table_name = restore.table_name AND a.row_id = p.row_id
		LEFT JOIN (SELECT o.row_id, string_agg(o.problem, '; ' ORDER BY o.problem) AS problem
			FROM rui._archived_parents(restore.project_id, restore.table_name, ARRAY(SELECT e.row_id FROM unnest(present) e)) o
			GROUP BY o.row_id) u ON u.row_id = a.row_id
		ORDER BY c.place);
	WITH taken AS (
		DELETE FROM rui.archived a USING unnest(result) r
		WHERE a.project_id = restore.project_id AND a.table_name = restore.table_name AND a.row_id = r.row_id AND r.outcome = 'restored'
		RETURNING a.row_id)
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id)
	SELECT restore.project_id, restore.at, 'archive.restore', restore.table_name, t.row_id, rui.current_party() FROM taken t;
	PERFORM rui._finish_request(project_id, 'restore', request_key, to_jsonb(result));
	RETURN QUERY SELECT * FROM unnest(result);
END
$$;
COMMENT ON FUNCTION rui.restore(bigint, text, text[], text, timestamptz) IS
'Brings archived rows of a master table back into use; a unit of an archived building is in_use until the building is back. codes: at most 100,000. Returns rui.archive_result, one a code, in order. Each row is an event archive.restore of its table. Needs the permission that importing the table needs. Errors: 22004, 22008, 22023 table, or one whose rows are not archived, 54000, 42501, 55000, RU409.';

-- Nothing new is built on what is archived.
CREATE FUNCTION rui._refuse_archived() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	parent_code text;
BEGIN
	EXECUTE format('SELECT p.code FROM new_rows n JOIN rui.archived a ON a.project_id = n.project_id AND a.table_name = %1$L AND a.row_id = n.%2$I
		JOIN rui.%1$I p ON p.project_id = n.project_id AND p.id = a.row_id LIMIT 1', TG_ARGV[0], TG_ARGV[1]) INTO parent_code;
	IF parent_code IS NOT NULL THEN
		RAISE EXCEPTION '% "%" is archived', TG_ARGV[0], parent_code
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.restore brings it back into use.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._refuse_archived() IS
'Statement trigger after INSERT of tables whose rows stand on rows of a master table; arguments: the master table and the column. Error 55000 when one of these is archived.';

CREATE FUNCTION rui._refuse_move() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	parent_code text;
BEGIN
	EXECUTE format('SELECT p.code FROM rui.archived a JOIN rui.%1$I p ON p.project_id = a.project_id AND p.id = a.row_id
		WHERE a.project_id = $1.project_id AND a.table_name = %1$L AND a.row_id = $1.%2$I', TG_ARGV[0], TG_ARGV[1]) INTO parent_code USING NEW;
	IF parent_code IS NOT NULL THEN
		RAISE EXCEPTION '% "%" is archived', TG_ARGV[0], parent_code
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.restore brings it back into use.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._refuse_move() IS
'Row trigger after UPDATE of the column by which a row stands on one of a master table; arguments: the master table and the column. Error 55000 when that one is archived.';

CREATE FUNCTION rui._guard_archived(table_name text, column_name text, master_name text, can_move boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON rui.%I REFERENCING NEW TABLE AS new_rows
		FOR EACH STATEMENT EXECUTE FUNCTION rui._refuse_archived(%L, %L)', 'refuse_archived_' || master_name, table_name, master_name, column_name);
	IF can_move THEN
		EXECUTE format('CREATE TRIGGER %1$I AFTER UPDATE OF %2$I ON rui.%3$I FOR EACH ROW WHEN (NEW.%2$I IS DISTINCT FROM OLD.%2$I)
			EXECUTE FUNCTION rui._refuse_move(%4$L, %2$L)', 'refuse_move_' || master_name, column_name, table_name, master_name);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._guard_archived(text, text, text, boolean) IS
'Internal: lets a table refuse new rows, and with can_move rows that are moved, that stand, by a column, on an archived row of a master table.';

PERFORM rui._guard_archived('unit', 'building_id', 'building');
PERFORM rui._guard_archived('unit', 'space_id', 'space', true);
PERFORM rui._guard_archived('household', 'unit_id', 'unit');
PERFORM rui._guard_archived('shift', 'post_id', 'post');
PERFORM rui._guard_archived('space', 'building_id', 'building');
PERFORM rui._guard_archived('space', 'parent_id', 'space', true);
PERFORM rui._guard_archived('equipment', 'building_id', 'building', true);
PERFORM rui._guard_archived('equipment', 'space_id', 'space', true);
PERFORM rui._guard_archived('equipment', 'parent_id', 'equipment', true);
PERFORM rui._guard_archived('meter', 'unit_id', 'unit');
PERFORM rui._guard_archived('meter', 'space_id', 'space');

-- What uses a row.
CREATE FUNCTION rui._unit_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT h.unit_id, format('a household lives there %s', h.valid)
	FROM rui.household h JOIN rui.project j ON j.id = h.project_id
	WHERE h.project_id = _unit_in_use.project_id AND h.unit_id = ANY (ids)
		AND (upper_inf(h.valid) OR upper(h.valid) > (at AT TIME ZONE j.time_zone)::date)
	UNION ALL
	SELECT m.unit_id, format('meter "%s" hangs there', m.code)
	FROM rui.meter m
	WHERE m.project_id = _unit_in_use.project_id AND m.unit_id = ANY (ids) AND (upper_inf(m.installed) OR upper(m.installed) > at);
END
$$;
COMMENT ON FUNCTION rui._unit_in_use(bigint, bigint[], timestamptz) IS
'Internal: units in which somebody lives at an instant, or will, or at which a meter hangs.';

CREATE FUNCTION rui._building_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT u.building_id, format('%s units are not archived at %s', count(*), at)
	FROM rui.unit u
	WHERE u.project_id = _building_in_use.project_id AND u.building_id = ANY (ids)
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = u.project_id AND a.table_name = 'unit' AND a.row_id = u.id)
	GROUP BY u.building_id
	UNION ALL
	SELECT s.building_id, format('%s places are not archived at %s', count(*), at)
	FROM rui.space s JOIN rui.project j ON j.id = s.project_id
	WHERE s.project_id = _building_in_use.project_id AND s.building_id = ANY (ids)
		AND (upper_inf(s.valid) OR upper(s.valid) > (at AT TIME ZONE j.time_zone)::date)
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = s.project_id AND a.table_name = 'space' AND a.row_id = s.id)
	GROUP BY s.building_id
	UNION ALL
	SELECT e.building_id, format('%s pieces of equipment are not archived at %s', count(*), at)
	FROM rui.equipment e
	WHERE e.project_id = _building_in_use.project_id AND e.building_id = ANY (ids)
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = e.project_id AND a.table_name = 'equipment' AND a.row_id = e.id)
	GROUP BY e.building_id;
END
$$;
COMMENT ON FUNCTION rui._building_in_use(bigint, bigint[], timestamptz) IS
'Internal: buildings with units, places that have not ended, or equipment that are not archived.';

CREATE FUNCTION rui._space_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	today CONSTANT date := (SELECT (at AT TIME ZONE j.time_zone)::date FROM rui.project j WHERE j.id = _space_in_use.project_id);
BEGIN
	RETURN QUERY
	WITH RECURSIVE child AS MATERIALIZED (
		SELECT s.id, s.parent_id, s.code, (upper_inf(s.valid) OR upper(s.valid) > today) AS is_there
		FROM rui.space s
		WHERE s.project_id = _space_in_use.project_id AND s.parent_id IS NOT NULL
			AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = s.project_id AND a.table_name = 'space' AND a.row_id = s.id)
	), under AS (
		-- Through places that have ended, to what still stands in them.
		SELECT i.id AS top_id, i.id FROM unnest(ids) AS i(id)
		UNION ALL
		SELECT u.top_id, c.id FROM under u JOIN child c ON c.parent_id = u.id AND NOT c.is_there
	)
	SELECT u.top_id, format('%s places in it are not archived', count(*))
	FROM under u JOIN child c ON c.parent_id = u.id AND c.is_there
	GROUP BY u.top_id
	UNION ALL
	SELECT u.top_id, format('%s units are not archived at %s', count(*), at)
	FROM under u
	JOIN rui.space s ON s.project_id = _space_in_use.project_id AND s.id = u.id
	JOIN rui.unit n ON n.project_id = s.project_id AND (n.space_id = s.id OR s.kind = 'building' AND n.building_id = s.building_id)
	WHERE NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = n.project_id AND a.table_name = 'unit' AND a.row_id = n.id)
	GROUP BY u.top_id
	UNION ALL
	SELECT u.top_id, format('%s pieces of equipment are not archived at %s', count(*), at)
	FROM under u JOIN rui.equipment e ON e.project_id = _space_in_use.project_id AND e.space_id = u.id
	WHERE NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = e.project_id AND a.table_name = 'equipment' AND a.row_id = e.id)
	GROUP BY u.top_id
	UNION ALL
	SELECT u.top_id, format('%s meters hang there', count(*))
	FROM under u JOIN rui.meter m ON m.project_id = _space_in_use.project_id AND m.space_id = u.id
	WHERE upper_inf(m.installed) OR upper(m.installed) > at
	GROUP BY u.top_id;
END
$$;
COMMENT ON FUNCTION rui._space_in_use(bigint, bigint[], timestamptz) IS
'Internal: places with places in them that have not ended, units or equipment that are not archived, or meters that hang there.';

CREATE FUNCTION rui._equipment_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT e.parent_id, format('%s parts of it are not archived at %s', count(*), at)
	FROM rui.equipment e
	WHERE e.project_id = _equipment_in_use.project_id AND e.parent_id = ANY (ids)
		AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = e.project_id AND a.table_name = 'equipment' AND a.row_id = e.id)
	GROUP BY e.parent_id;
END
$$;
COMMENT ON FUNCTION rui._equipment_in_use(bigint, bigint[], timestamptz) IS 'Internal: equipment with parts that are not archived.';

CREATE FUNCTION rui._post_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT s.post_id, format('%s shifts are planned there', count(*))
	FROM rui.shift s
	WHERE s.project_id = _post_in_use.project_id AND s.post_id = ANY (ids)
		AND (s.state = 'active' OR s.state = 'planned' AND upper(s.during) > at)
	GROUP BY s.post_id;
END
$$;
COMMENT ON FUNCTION rui._post_in_use(bigint, bigint[], timestamptz) IS 'Internal: posts with shifts under way or planned after an instant.';

CREATE FUNCTION rui._party_in_use(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	today CONSTANT date := (SELECT (at AT TIME ZONE j.time_zone)::date FROM rui.project j WHERE j.id = _party_in_use.project_id);
BEGIN
	RETURN QUERY
	SELECT m.party_id, format('holds the role %s', string_agg(DISTINCT m.role_code, ', ' ORDER BY m.role_code))
	FROM rui.membership m
	WHERE m.project_id = _party_in_use.project_id AND m.party_id = ANY (ids) AND (upper_inf(m.valid) OR upper(m.valid) > at)
	GROUP BY m.party_id
	UNION ALL
	SELECT DISTINCT o.party_id, 'lives in a home'
	FROM rui.occupancy o
	WHERE o.project_id = _party_in_use.project_id AND o.party_id = ANY (ids) AND (upper_inf(o.valid) OR upper(o.valid) > today)
	UNION ALL
	SELECT DISTINCT w.owner_id, 'owns a unit'
	FROM rui.ownership o CROSS JOIN LATERAL unnest(o.owner_ids) AS w(owner_id)
	WHERE o.project_id = _party_in_use.project_id AND w.owner_id = ANY (ids) AND (upper_inf(o.valid) OR upper(o.valid) > today)
	UNION ALL
	SELECT d.developer_id, format('pays for %s units until they are handed over', count(*))
	FROM rui.unit_delivery d
	WHERE d.project_id = _party_in_use.project_id AND d.developer_id = ANY (ids) AND (d.delivered_on <= today) IS NOT TRUE
	GROUP BY d.developer_id;
END
$$;
COMMENT ON FUNCTION rui._party_in_use(bigint, bigint[], timestamptz) IS
'Internal: parties that hold a role, live or own in the project at an instant, or will, or pay for units that are not handed over.';

INSERT INTO rui.archive_rule (table_name, rule_function) VALUES
	('unit', '_unit_in_use'), ('building', '_building_in_use'), ('post', '_post_in_use'), ('party', '_party_in_use'),
	('space', '_space_in_use'), ('equipment', '_equipment_in_use');
