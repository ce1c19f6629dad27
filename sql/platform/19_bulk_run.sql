-- Bulk changes as commands: run, look, take back.

CREATE FUNCTION rui._bulk_record(project_id bigint, master rui.master_table, filter jsonb, changes jsonb, column_names text[],
	reverses bigint, rows rui.bulk_result[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	new_id bigint;
	written integer;
BEGIN
	SELECT count(*) INTO written FROM unnest(rows) r WHERE r.outcome = 'changed';
	IF written = 0 THEN
		RETURN NULL;
	END IF;
	INSERT INTO rui.bulk_change (project_id, table_name, filter, changes, column_names, row_count, reverses, at, party_id)
	VALUES (project_id, master.table_name, filter, changes, column_names, written, reverses, at, rui.current_party())
	RETURNING id INTO new_id;
	INSERT INTO rui.bulk_change_row (project_id, change_id, row_id, code, old_values, new_values)
	SELECT _bulk_record.project_id, new_id, r.row_id, r.code, r.old_values, r.new_values FROM unnest(rows) r WHERE r.outcome = 'changed';
	PERFORM rui._emit(project_id, CASE WHEN reverses IS NULL THEN 'bulk_change.run' ELSE 'bulk_change.reverse' END, 'bulk_change', new_id, at,
		jsonb_build_object('table', master.table_name, 'columns', column_names, 'rows', written, 'reverses', reverses));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._bulk_record(bigint, rui.master_table, jsonb, jsonb, text[], bigint, rui.bulk_result[], timestamptz) IS
'Internal: records a change that was run, with its rows and its event. Returns its id; null where no row was changed.';

CREATE FUNCTION rui._bulk_answer(project_id bigint, change_id bigint) RETURNS SETOF rui.bulk_result
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY SELECT r.change_id, r.code, r.row_id, 'changed'::text, r.old_values, r.new_values, NULL::text, NULL::text
	FROM rui.bulk_change_row r
	WHERE r.project_id = _bulk_answer.project_id AND r.change_id = _bulk_answer.change_id ORDER BY r.row_id;
END
$$;
COMMENT ON FUNCTION rui._bulk_answer(bigint, bigint) IS 'Internal: the rows that a recorded change changed.';

CREATE FUNCTION rui._bulk_refuse(table_name text, rows rui.bulk_result[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	refused rui.bulk_result;
BEGIN
	SELECT r.* INTO refused FROM unnest(rows) r WHERE r.outcome = 'rejected' ORDER BY r.row_id LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% "%": %', table_name, refused.code, refused.problem
			USING ERRCODE = refused.error_code, HINT = 'Nothing was changed. A dry run lists what cannot be.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._bulk_refuse(text, rui.bulk_result[]) IS
'Internal: raises what the table says against the first row that was rejected; passes where none was.';

CREATE FUNCTION rui.bulk_change(project_id bigint, table_name text, filter jsonb, changes jsonb, dry_run boolean DEFAULT true,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.bulk_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	master rui.master_table;
	declared rui.bulk_column;
	change record;
	answer jsonb;
	wanted jsonb := '{}';
	column_names text[] := '{}';
	chosen record;
	present rui.bulk_result[];
	result rui.bulk_result[];
	ids bigint[];
	new_id bigint;
BEGIN
	PERFORM rui._check_text('table_name', table_name, 80);
	SELECT b.* INTO declared FROM rui.bulk_column b WHERE b.table_name = bulk_change.table_name AND b.permission IS NOT NULL LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'table "%" cannot be changed in bulk', table_name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.bulk_column lists the tables that can.';
	END IF;
	PERFORM rui.require_permission(project_id, declared.permission);
	PERFORM rui._check_time(project_id, at);
	IF changes IS NULL OR dry_run IS NULL THEN
		PERFORM rui._missing(CASE WHEN changes IS NULL THEN 'changes' ELSE 'dry_run' END);
	ELSIF jsonb_typeof(changes) <> 'object' OR changes = '{}' THEN
		RAISE EXCEPTION 'changes is not a JSON object of columns'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give {"column": value, …}; null takes a value away.';
	END IF;
	master := rui._master_table(table_name);
	IF NOT dry_run THEN
		answer := rui._begin_request(project_id, 'bulk_change', request_key, jsonb_build_array(table_name, filter, changes));
		IF answer IS NOT NULL THEN
			RETURN QUERY SELECT * FROM rui._bulk_answer(project_id, answer::text::bigint) WHERE answer <> 'null';
			RETURN;
		END IF;
	END IF;
	FOR change IN SELECT c.key, c.value FROM jsonb_each(changes) c ORDER BY c.key LOOP
		declared := rui._bulk_key(table_name, change.key, true);
		PERFORM rui.require_permission(project_id, declared.permission);
		wanted := wanted || jsonb_build_object(declared.column_name, rui._bulk_value(project_id, declared, change.value));
		column_names := column_names || declared.column_name;
	END LOOP;
	SELECT c.condition, c.canonical INTO chosen FROM rui._bulk_condition(bulk_change.project_id, bulk_change.table_name, bulk_change.filter) c;
	present := ARRAY(SELECT ROW(NULL, i.code, i.row_id, CASE WHEN i.image = wanted THEN 'unchanged' ELSE 'rejected' END, i.image, NULL, NULL, NULL)::rui.bulk_result
		FROM rui._bulk_images(bulk_change.project_id, master, column_names, chosen.condition, chosen.canonical, NULL) i);
	IF cardinality(present) > 100000 THEN
		RAISE EXCEPTION 'the filter chooses more than 100000 rows of "%"', table_name
			USING ERRCODE = 'program_limit_exceeded', HINT = 'Choose them in parts.';
	END IF;
	ids := ARRAY(SELECT r.row_id FROM unnest(present) r WHERE r.outcome <> 'unchanged' ORDER BY r.row_id);
	result := ARRAY(
		SELECT ROW(NULL, p.code, p.row_id, CASE WHEN p.outcome = 'unchanged' THEN 'unchanged' WHEN t.row_id IS NULL THEN 'untried'
			WHEN t.error_code IS NOT NULL THEN 'rejected' ELSE 'changed' END, p.old_values, t.image, t.error_code, t.problem)::rui.bulk_result
		FROM unnest(present) p
		LEFT JOIN rui._bulk_try(bulk_change.project_id, master, column_names, ids, array_fill(wanted, ARRAY[cardinality(ids)]), NOT dry_run,
			CASE WHEN dry_run THEN 100 ELSE 1 END) t ON t.row_id = p.row_id
		UNION ALL
		-- A code that is asked for and not there is an error, not nothing.
		SELECT ROW(NULL, w.code, NULL, 'rejected', NULL, NULL, 'P0002', 'it does not exist in the project, or is archived, or does not meet the rest of the filter')::rui.bulk_result
		FROM (SELECT DISTINCT e.value AS code FROM jsonb_array_elements_text(chosen.canonical -> 'code') e) w
		WHERE w.code IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(present) p WHERE p.code = w.code));
	IF NOT dry_run THEN
		PERFORM rui._bulk_refuse(table_name, result);
		new_id := rui._bulk_record(project_id, master, filter, changes, column_names, NULL, result, at);
		PERFORM rui._finish_request(project_id, 'bulk_change', request_key, coalesce(to_jsonb(new_id), 'null'));
	END IF;
	RETURN QUERY SELECT CASE WHEN r.outcome = 'changed' THEN new_id END, r.code, r.row_id, r.outcome, r.old_values, r.new_values, r.error_code, r.problem
	FROM unnest(result) r ORDER BY r.row_id NULLS LAST, r.code;
END
$$;
COMMENT ON FUNCTION rui.bulk_change(bigint, text, jsonb, jsonb, boolean, text, timestamptz) IS
'Sets columns of many rows of a master table to the same values. filter: {"key": value or [values], …}: rows that match every key, null matches nothing given; {}: all rows; never archived ones. changes: {"key": value, …}; null takes a value away. Keys are those of rui.bulk_column; building and the like are given by their codes. At most 100,000 rows. The table''s own constraints and triggers judge. dry_run (the default): tells what would be, with values before and after, and what the table would refuse (up to 100 rows), and changes nothing. A run changes all rows or none, and is recorded in rui.bulk_change; rui.reverse_bulk_change takes it back. Returns rui.bulk_result, one a row, by id, and one for each code asked for that was not found. Sent again with its request_key it answers with the rows it changed. Needs the columns'' permission (rui.bulk_column). Errors: 22004, 22001, 22008, 22023 table, filter, changes or value, P0002 unknown code, 54000 too many rows, 42501, 55000, RU409, and those of the table.';

CREATE FUNCTION rui.reverse_bulk_change(project_id bigint, change_id bigint, dry_run boolean DEFAULT true, force boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.bulk_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	done rui.bulk_change;
	master rui.master_table;
	needed text;
	answer jsonb;
	images rui.bulk_image[];
	present rui.bulk_result[];
	result rui.bulk_result[];
	ids bigint[];
	wanted jsonb[];
	since text[];
	new_id bigint;
BEGIN
	IF change_id IS NULL OR dry_run IS NULL OR force IS NULL THEN
		PERFORM rui._missing(CASE WHEN change_id IS NULL THEN 'change_id' WHEN dry_run IS NULL THEN 'dry_run' ELSE 'force' END);
	END IF;
	-- A permission that every table's change needs would be one too many:
	-- whoever may export the estate may know that there is a change.
	PERFORM rui.require_permission(project_id, 'export_estate');
	SELECT c.* INTO done FROM rui.bulk_change c WHERE c.project_id = reverse_bulk_change.project_id AND c.id = change_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('bulk change', change_id, project_id);
	END IF;
	FOR needed IN SELECT DISTINCT b.permission FROM rui.bulk_column b
		WHERE b.table_name = done.table_name AND b.column_name = ANY (done.column_names) LOOP
		PERFORM rui.require_permission(project_id, needed);
	END LOOP;
	PERFORM rui._check_time(project_id, at);
	IF NOT dry_run THEN
		answer := rui._begin_request(project_id, 'reverse_bulk_change', request_key, jsonb_build_array(change_id, force));
		IF answer IS NOT NULL THEN
			RETURN QUERY SELECT * FROM rui._bulk_answer(project_id, answer::text::bigint) WHERE answer <> 'null';
			RETURN;
		END IF;
	END IF;
	master := rui._master_table(done.table_name);
	ids := ARRAY(SELECT r.row_id FROM rui.bulk_change_row r
		WHERE r.project_id = reverse_bulk_change.project_id AND r.change_id = reverse_bulk_change.change_id ORDER BY r.row_id);
	-- Through an array, whose length the planner knows.
	images := ARRAY(SELECT i FROM rui._bulk_images(reverse_bulk_change.project_id, master, done.column_names, 't.id = ANY ($3)', NULL, ids) i);
	present := ARRAY(
		SELECT ROW(NULL, r.code, r.row_id, CASE WHEN i.row_id IS NULL THEN 'gone' WHEN i.image <> r.new_values THEN 'changed_since' ELSE 'changed' END,
			r.new_values, CASE WHEN i.image = r.new_values THEN r.old_values ELSE i.image END, NULL, NULL)::rui.bulk_result
		FROM rui.bulk_change_row r
		LEFT JOIN unnest(images) i ON i.row_id = r.row_id
		WHERE r.project_id = reverse_bulk_change.project_id AND r.change_id = reverse_bulk_change.change_id
		ORDER BY r.row_id);
	-- Looked at once the rows are held: who reversed it meanwhile is done.
	IF EXISTS (SELECT FROM rui.bulk_change c WHERE c.project_id = reverse_bulk_change.project_id AND c.reverses = change_id) THEN
		RAISE EXCEPTION 'the bulk change has been reversed'
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Bulk change %s.', change_id),
				HINT = 'A reversal is a bulk change too: reversing it brings the change back.';
	END IF;
	since := ARRAY(SELECT p.code FROM unnest(present) p WHERE p.outcome <> 'changed' ORDER BY p.row_id);
	IF NOT dry_run AND NOT force AND since <> '{}' THEN
		RAISE EXCEPTION '% of % rows have been changed since', cardinality(since), done.row_count
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = array_to_string(since[1:20], ', ') || CASE WHEN cardinality(since) > 20 THEN ', …' ELSE '' END,
				HINT = 'A dry run lists them; force reverses the others.';
	END IF;
	SELECT array_agg(p.row_id ORDER BY p.row_id), array_agg(p.new_values ORDER BY p.row_id) INTO ids, wanted
	FROM unnest(present) p WHERE p.outcome = 'changed';
	result := ARRAY(
		SELECT ROW(NULL, p.code, p.row_id, CASE WHEN p.outcome <> 'changed' THEN p.outcome WHEN t.row_id IS NULL THEN 'untried'
			WHEN t.error_code IS NOT NULL THEN 'rejected' ELSE 'changed' END, p.old_values,
			CASE WHEN p.outcome <> 'changed' THEN p.new_values ELSE t.image END, t.error_code, t.problem)::rui.bulk_result
		FROM unnest(present) p
		LEFT JOIN rui._bulk_try(reverse_bulk_change.project_id, master, done.column_names, coalesce(ids, '{}'), coalesce(wanted, '{}'), NOT dry_run,
			CASE WHEN dry_run THEN 100 ELSE 1 END) t ON t.row_id = p.row_id);
	IF NOT dry_run THEN
		PERFORM rui._bulk_refuse(done.table_name, result);
		new_id := rui._bulk_record(project_id, master, '{}', '{}', done.column_names, change_id, result, at);
		PERFORM rui._finish_request(project_id, 'reverse_bulk_change', request_key, coalesce(to_jsonb(new_id), 'null'));
	END IF;
	RETURN QUERY SELECT CASE WHEN r.outcome = 'changed' THEN new_id END, r.code, r.row_id, r.outcome, r.old_values, r.new_values, r.error_code, r.problem
	FROM unnest(result) r ORDER BY r.row_id;
END
$$;
COMMENT ON FUNCTION rui.reverse_bulk_change(bigint, bigint, boolean, boolean, text, timestamptz) IS
'Takes back a bulk change as one: its rows get the values back that they had. A row counts as changed since when one of the columns written is not as the change left it. dry_run (the default): tells what would be and changes nothing. A run refuses when a row has been changed since or is gone (the detail names up to 20), or when the table refuses a row; force leaves those out that were changed since or are gone. A change is reversed once; the reversal is a bulk change itself and can be reversed. Returns rui.bulk_result, one a row, by id. Needs the columns'' permission (rui.bulk_column), and export_estate. Errors: 22004, 22008, P0002 unknown change, 55000 changed since or reversed already, 42501, RU409, and those of the table.';
