-- CSV out of master tables and into them.

CREATE FUNCTION rui._csv_kinds(source text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ARRAY(SELECT CASE WHEN a.atttypid = 'text'::regtype THEN 'text' WHEN a.atttypid = 'jsonb'::regtype THEN 'json'
			WHEN a.atttypid = 'boolean'::regtype THEN 'boolean' ELSE 'number' END
		FROM pg_attribute a WHERE a.attrelid = format('rui.%I', source)::regclass AND a.attnum > 2 ORDER BY a.attnum);
END
$$;
COMMENT ON FUNCTION rui._csv_kinds(text) IS
'Internal: how the columns of an export view go into CSV, in order: text, json, boolean or number.';

CREATE FUNCTION rui._csv_json(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN jsonb_typeof(value) <> 'array' OR jsonb_array_length(value) <> 1 OR jsonb_typeof(value -> 0) <> 'string'
		OR value ->> 0 ~ '^[[{]' THEN value::text ELSE value ->> 0 END;
END
$$;
COMMENT ON FUNCTION rui._csv_json(jsonb) IS
'Internal: JSON as a CSV field: an array of a single text as that text, unless it looks like JSON; anything else as JSON. Null for null.';

CREATE FUNCTION rui._read_csv_json(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value ~ '^[[{]' THEN
		RETURN value::jsonb;
	END IF;
	RETURN to_jsonb(rui.csv_unguard(value));
EXCEPTION WHEN invalid_text_representation THEN
	-- The import says what it expects there.
	RETURN to_jsonb(value);
END
$$;
COMMENT ON FUNCTION rui._read_csv_json(text) IS 'Internal: a CSV field of a json column: JSON where it is, else a text. Null for null.';

CREATE FUNCTION rui._read_csv_boolean(value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN lower(value) IN ('true', 't', 'yes', 'y', '1', '是') THEN to_jsonb(true)
		WHEN lower(value) IN ('false', 'f', 'no', 'n', '0', '否') THEN to_jsonb(false) ELSE to_jsonb(value) END;
END
$$;
COMMENT ON FUNCTION rui._read_csv_boolean(text) IS
'Internal: a CSV field of a boolean column: true, t, yes, y, 1, 是 and false, f, no, n, 0, 否 in any case; anything else stays a text, which the import rejects. Null for null.';

CREATE FUNCTION rui._export_rows(project_id bigint, master rui.master_table, in_clear boolean, with_archived boolean, separator text,
	guard_formulas boolean) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	fields text;
BEGIN
	SELECT string_agg(CASE WHEN c.name = ANY (master.personal) AND NOT in_clear THEN
			format('CASE WHEN v.%I IS NOT NULL THEN ''***'' END', c.place_name)
		ELSE CASE c.kind
			WHEN 'text' THEN format(CASE WHEN guard_formulas THEN 'rui.csv_guard(v.%I)' ELSE 'v.%I' END, c.place_name)
			WHEN 'json' THEN format(CASE WHEN guard_formulas THEN 'rui.csv_guard(rui._csv_json(v.%I))' ELSE 'rui._csv_json(v.%I)' END, c.place_name)
			ELSE format('v.%I::text', c.place_name) END END, ', ' ORDER BY c.place)
	INTO fields
	FROM (
		SELECT n.name, n.kind, n.place, a.attname AS place_name
		FROM unnest(master.columns, rui._csv_kinds(master.source)) WITH ORDINALITY AS n(name, kind, place)
		JOIN pg_attribute a ON a.attrelid = format('rui.%I', master.source)::regclass AND a.attnum = n.place + 2) c;
	RETURN QUERY EXECUTE format('SELECT rui.csv_line(ARRAY[%s], $2) FROM rui.%I v WHERE v.project_id = $1%s ORDER BY v.row_id, v.*',
		fields, master.source, CASE WHEN NOT with_archived THEN
			' AND NOT EXISTS (SELECT FROM rui.archived a WHERE a.project_id = $1 AND a.table_name = $3 AND a.row_id = v.row_id)' ELSE '' END)
	USING project_id, separator, master.table_name;
END
$$;
COMMENT ON FUNCTION rui._export_rows(bigint, rui.master_table, boolean, boolean, text, boolean) IS
'Internal: the lines of rui.export_csv below the header.';

CREATE FUNCTION rui.ask_csv(project_id bigint, table_name text, purpose text, with_archived boolean DEFAULT false, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	master rui.master_table;
	found_rows bigint;
BEGIN
	master := rui._master_table(table_name);
	PERFORM rui.require_permission(project_id, master.export_permission);
	PERFORM rui.require_permission(project_id, 'show_people');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('purpose', purpose, 500);
	IF with_archived IS NULL THEN
		PERFORM rui._missing('with_archived');
	END IF;
	SELECT count(*) INTO found_rows FROM rui._export_rows(project_id, master, true, with_archived, ',', true);
	PERFORM rui._emit(project_id, 'project.ask_csv', 'project', project_id, at, jsonb_build_object('table', table_name,
		'rows', found_rows, 'with_archived', with_archived, 'purpose', purpose));
	PERFORM rui._ask(project_id, 'export_csv', jsonb_build_array(table_name, with_archived, purpose));
	RETURN found_rows;
END
$$;
COMMENT ON FUNCTION rui.ask_csv(bigint, text, text, boolean, timestamptz) IS
'Asks for the rows of a master table (one of rui.master_table) in clear, for a purpose (1 to 500 characters), and writes it down as an event project.ask_csv with table, number of rows, with_archived and purpose: COMMIT, then rui.export_csv with the same, and in_clear, gives them within five minutes. Returns how many rows there are. Needs the table''s export permission (export_estate or export_people) and show_people. Errors: 22004, 22001, 22008, 22023 table or blank purpose, 42501, 55000.';

CREATE FUNCTION rui.export_csv(project_id bigint, table_name text, purpose text DEFAULT NULL, in_clear boolean DEFAULT false,
	with_archived boolean DEFAULT false, separator text DEFAULT ',', guard_formulas boolean DEFAULT true,
	byte_order_mark boolean DEFAULT false, at timestamptz DEFAULT now())
RETURNS SETOF text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	master rui.master_table;
	made bigint;
	shows_people boolean;
BEGIN
	master := rui._master_table(table_name);
	PERFORM rui.require_permission(project_id, master.export_permission);
	PERFORM rui._check_time(project_id, at);
	IF in_clear IS NULL OR with_archived IS NULL OR guard_formulas IS NULL OR byte_order_mark IS NULL OR separator IS NULL THEN
		PERFORM rui._missing(CASE WHEN in_clear IS NULL THEN 'in_clear' WHEN with_archived IS NULL THEN 'with_archived'
			WHEN guard_formulas IS NULL THEN 'guard_formulas' WHEN byte_order_mark IS NULL THEN 'byte_order_mark' ELSE 'separator' END);
	END IF;
	shows_people := in_clear AND master.personal <> '{}';
	IF shows_people THEN
		PERFORM rui.require_permission(project_id, 'show_people');
	END IF;
	IF shows_people OR purpose IS NOT NULL THEN
		PERFORM rui._check_text('purpose', purpose, 500);
	END IF;
	IF shows_people THEN
		PERFORM rui._require_asked(project_id, 'export_csv', jsonb_build_array(table_name, with_archived, purpose), 'ask_csv');
	END IF;
	RETURN NEXT CASE WHEN byte_order_mark THEN chr(65279) ELSE '' END || rui.csv_line(master.columns, separator);
	RETURN QUERY SELECT * FROM rui._export_rows(project_id, master, in_clear, with_archived, separator, guard_formulas);
	GET DIAGNOSTICS made = ROW_COUNT;
	-- Who took what, how much of it, and what for.
	PERFORM rui._emit(project_id, 'project.export', 'project', project_id, at, jsonb_build_object('table', table_name,
		'rows', made, 'in_clear', shows_people, 'with_archived', with_archived, 'purpose', purpose));
END
$$;
COMMENT ON FUNCTION rui.export_csv(bigint, text, text, boolean, boolean, text, boolean, boolean, timestamptz) IS
'The rows of a master table (one of rui.master_table) as lines of CSV (RFC 4180) without line ends, a header first, oldest row first, with just the columns that its import reads; rui.import_csv reads them back. Personal columns are *** unless in_clear, which needs permission show_people, a purpose (at most 500 characters), and that rui.ask_csv has been asked for them for this purpose within the last five minutes in a transaction that is committed: nobody takes people with him and takes back the record. with_archived: also rows that are archived. separator: comma, semicolon, tab or vertical bar. guard_formulas: texts that a spreadsheet would compute get an apostrophe before them. byte_order_mark: before the header, so that Excel reads UTF-8. Each call is an event project.export with table, number of rows, in_clear, with_archived and purpose. Needs the table''s export permission (export_estate or export_people). Errors: 22004, 22001, 22008, 22023 table, separator or blank purpose, 42501, 55000 also in clear not asked, not committed, or over.';

CREATE FUNCTION rui._csv_records(master rui.master_table, content text, separator text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	keys text;
	records jsonb;
	unknown_column text;
BEGIN
	SELECT k.name INTO unknown_column
	FROM (SELECT c.item FROM rui.read_csv(content, separator) c ORDER BY c.row_no LIMIT 1) f
	CROSS JOIN LATERAL jsonb_object_keys(f.item) AS k(name)
	WHERE k.name <> ALL (master.columns) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'table "%" has no column "%"', master.table_name, rui._show(unknown_column)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Columns are ' || array_to_string(master.columns, ', ') || '.';
	END IF;
	SELECT string_agg(format(CASE n.kind WHEN 'text' THEN '%L, rui.csv_unguard(c.item ->> %L)'
		WHEN 'json' THEN '%L, rui._read_csv_json(c.item ->> %L)' WHEN 'boolean' THEN '%L, rui._read_csv_boolean(c.item ->> %L)'
		ELSE '%L, c.item -> %L' END, n.name, n.name), ', ')
	INTO keys
	FROM unnest(master.columns, rui._csv_kinds(master.source)) AS n(name, kind);
	EXECUTE format('SELECT coalesce(jsonb_agg(jsonb_build_object(%s) ORDER BY c.row_no), ''[]'') FROM rui.read_csv($1, $2) c', keys)
	INTO records USING content, separator;
	RETURN records;
END
$$;
COMMENT ON FUNCTION rui._csv_records(rui.master_table, text, text) IS
'Internal: the records of a CSV text as the table''s import takes them. Errors as rui.import_csv.';

CREATE FUNCTION rui._run_import(command text, project_id bigint, records jsonb, preview boolean, request_key text, at timestamptz)
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT * FROM rui.%I($1, $2, $3, $4, $5)', command)
	USING project_id, records, preview, request_key, at;
END
$$;
COMMENT ON FUNCTION rui._run_import(text, bigint, jsonb, boolean, text, timestamptz) IS 'Internal: calls an import function by its name.';

CREATE FUNCTION rui.import_csv(project_id bigint, table_name text, content text, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now(), separator text DEFAULT ',')
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	master rui.master_table;
BEGIN
	master := rui._master_table(table_name);
	PERFORM rui.require_permission(project_id, master.change_permission);
	IF content IS NULL OR separator IS NULL THEN
		PERFORM rui._missing(CASE WHEN content IS NULL THEN 'content' ELSE 'separator' END);
	END IF;
	RETURN QUERY SELECT * FROM rui._run_import(master.import_command, project_id, rui._csv_records(master, content, separator),
		preview, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.import_csv(bigint, text, text, boolean, text, timestamptz, text) IS
'Imports the records of a CSV text, header first, into a master table (one of rui.master_table) by its import function, with that one''s permission, rules and report; row_no counts records, without the header. Columns are the import''s keys, in any order; those not needed may be missing; an empty field is a key not given. Booleans are true, t, yes, y, 1, 是 or false, f, no, n, 0, 否; arrays (members, owners, several phones) are JSON. An apostrophe that rui.export_csv set before a text is taken away. Errors: 22P02 not CSV, with line and column; 22023 unknown table, column or separator, 54000 more than 256 MB of records, and those of the import.';
