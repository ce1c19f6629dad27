-- Importing meters and taking readings in batches: from a round, from the wire,
-- from another system's file.

CREATE FUNCTION rui._registers_fault(item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	given CONSTANT jsonb := CASE jsonb_typeof(item -> 'registers') WHEN 'null' THEN NULL
		WHEN 'string' THEN jsonb_build_array(item -> 'registers') ELSE item -> 'registers' END;
	shown CONSTANT jsonb := nullif(item -> 'initial', 'null');
	codes text[] := '{total}';
	-- What its digits can show; that they are wrong is another fault.
	highest CONSTANT numeric := CASE WHEN rui._number_fault('digits', item, 1, 11, 0, true) IS NULL
		THEN power(10::numeric, (item ->> 'digits')::numeric) - 0.000001 ELSE 999999999999 END;
	bad text;
BEGIN
	IF given IS NOT NULL THEN
		IF jsonb_typeof(given) <> 'array' OR jsonb_array_length(given) NOT BETWEEN 1 AND 8
			OR EXISTS (SELECT FROM jsonb_array_elements(given) e WHERE jsonb_typeof(e) <> 'string' OR e #>> '{}' !~ '^[a-z][a-z0-9_]{0,19}$')
			OR (SELECT count(DISTINCT e) FROM jsonb_array_elements(given) e) <> jsonb_array_length(given) THEN
			RETURN ARRAY['22023', 'registers is no array of 1 to 8 codes, each once', 'Give such as ["peak", "flat", "valley"].'];
		END IF;
		codes := ARRAY(SELECT e FROM jsonb_array_elements_text(given) e);
	END IF;
	IF shown IS NULL THEN
		RETURN NULL;
	ELSIF jsonb_typeof(shown) IN ('number', 'string') THEN
		IF codes <> '{total}' THEN
			RETURN ARRAY['22023', 'initial does not say what each register shows', 'Give {"peak": 1, "valley": 2}.'];
		END IF;
		RETURN rui._number_fault('initial', item, 0, highest, 6);
	ELSIF jsonb_typeof(shown) <> 'object' OR EXISTS (
		SELECT FROM jsonb_object_keys(shown) AS k(code) FULL JOIN unnest(codes) AS c(code) ON c.code = k.code WHERE k.code IS NULL OR c.code IS NULL) THEN
		RETURN ARRAY['22023', 'initial does not name all registers and no others', 'Give {"peak": 1, "valley": 2}.'];
	END IF;
	SELECT k.code INTO bad FROM jsonb_object_keys(shown) AS k(code)
	WHERE rui._number_fault(k.code, shown, 0, highest, 6, true) IS NOT NULL ORDER BY 1 LIMIT 1;
	RETURN CASE WHEN FOUND THEN rui._number_fault(bad, shown, 0, highest, 6, true) END;
END
$$;
COMMENT ON FUNCTION rui._registers_fault(jsonb) IS
'Internal: the fault of the registers of an import row of a meter and of what they show, or null: 22004, 22023, 22003.';

CREATE FUNCTION rui.import_meters(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	report rui.import_result[];
	zone text;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	report := rui._begin_import(project_id, 'import_meters', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.time_zone INTO zone FROM rui.project p WHERE p.id = import_meters.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, r.item ->> 'unit' AS unit_code, r.item ->> 'space' AS space_code,
			rui._read_instant(r.item ->> 'installed_at', zone) AS installed_at,
			coalesce(rui._row_fault(r.item, '{code,medium,measured_in,unit,space,is_shared,registers,initial,digits,multiplier,serial,verified_on,verify_by,installed_at}'),
				rui._code_fault('code', r.item), rui._choice_fault('medium', r.item, '{water,electricity,gas,heat,other}'),
				rui._text_fault('measured_in', r.item, 20), rui._optional_code_fault('unit', r.item), rui._optional_code_fault('space', r.item),
				CASE WHEN (r.item ->> 'unit' IS NULL) = (r.item ->> 'space' IS NULL) THEN
					ARRAY['22023', 'a meter hangs at a unit or in a place', 'Give "unit" or "space".'] END,
				rui._boolean_fault('is_shared', r.item), rui._registers_fault(r.item), rui._number_fault('digits', r.item, 1, 11),
				rui._number_fault('multiplier', r.item, 0.000001, 1000000, 6), rui._text_fault('serial', r.item, 60, false),
				rui._day_fault('verified_on', r.item), rui._day_fault('verify_by', r.item),
				CASE WHEN rui._read_day(r.item ->> 'verify_by') <= rui._read_day(r.item ->> 'verified_on') THEN
					ARRAY['22023', 'verify_by is not after verified_on', 'Exchange the dates.'] END,
				rui._instant_fault('installed_at', r.item, zone, import_meters.at)) AS fault
		FROM rui._import_rows(records) r
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.item, j.code, j.installed_at, u.id AS unit_id, s.id AS space_id, o.id AS old_id,
			coalesce((j.item ->> 'is_shared')::boolean, s.id IS NOT NULL) AS is_shared, (j.item ->> 'digits')::numeric::integer AS digits,
			coalesce((j.item ->> 'multiplier')::numeric, 1) AS multiplier,
			CASE jsonb_typeof(j.item -> 'registers') WHEN 'array' THEN ARRAY(SELECT e FROM jsonb_array_elements_text(j.item -> 'registers') e)
				WHEN 'string' THEN ARRAY[j.item ->> 'registers'] ELSE '{total}' END AS registers,
			CASE WHEN j.unit_code IS NOT NULL AND u.id IS NULL THEN
				ARRAY['P0002', format('unit "%s" does not exist in the project', j.unit_code), 'Import the units first; give the unit''s code.']
			WHEN j.space_code IS NOT NULL AND s.id IS NULL THEN
				ARRAY['P0002', format('place "%s" does not exist in the project', j.space_code), 'Import the places first; give the place''s code.']
			WHEN j.row_no > min(j.row_no) FILTER (WHERE u.id IS NOT NULL OR s.id IS NOT NULL) OVER (PARTITION BY j.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', j.code), 'Give every meter a code of its own; an exchange is rui.replace_meter.']
			WHEN o.id IS NOT NULL AND (o.medium, o.measured_in, o.unit_id, o.space_id, o.is_shared, o.serial, o.digits, o.multiplier, o.verified_on,
					o.verify_by, lower(o.installed)) IS DISTINCT FROM (j.item ->> 'medium', j.item ->> 'measured_in', u.id, s.id,
					coalesce((j.item ->> 'is_shared')::boolean, s.id IS NOT NULL), j.item ->> 'serial', (j.item ->> 'digits')::numeric::integer,
					coalesce((j.item ->> 'multiplier')::numeric, 1), rui._read_day(j.item ->> 'verified_on'), rui._read_day(j.item ->> 'verify_by'), j.installed_at) THEN
				ARRAY['23505', format('meter "%s" is already there with other content', j.code), 'An import adds; it does not change what is there.']
			END AS fault
		FROM judged j
		LEFT JOIN rui.unit u ON u.project_id = import_meters.project_id AND u.code = j.unit_code
		LEFT JOIN rui.space s ON s.project_id = import_meters.project_id AND s.code = j.space_code
		LEFT JOIN LATERAL (SELECT m.* FROM rui.meter m WHERE m.project_id = import_meters.project_id AND m.code = j.code
			ORDER BY lower(m.installed) = j.installed_at DESC, m.installed LIMIT 1) o ON true
		WHERE rui._good(j.fault)
	), added AS (
		INSERT INTO rui.meter AS m (project_id, code, unit_id, space_id, is_shared, medium, measured_in, serial, digits, multiplier, verified_on,
			verify_by, installed)
		SELECT import_meters.project_id, c.code, c.unit_id, c.space_id, c.is_shared, c.item ->> 'medium', c.item ->> 'measured_in', c.item ->> 'serial',
			c.digits, c.multiplier, rui._read_day(c.item ->> 'verified_on'), rui._read_day(c.item ->> 'verify_by'), tstzrange(c.installed_at, NULL)
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_meters.preview
		ORDER BY c.row_no
		RETURNING m.id, m.code
	), faced AS (
		INSERT INTO rui.meter_register AS r (project_id, meter_id, code)
		SELECT import_meters.project_id, a.id, r.code
		FROM compared c JOIN added a ON a.code = c.code
		CROSS JOIN LATERAL unnest(c.registers) WITH ORDINALITY AS r(code, place)
		WHERE rui._good(c.fault)
		ORDER BY a.id, r.place
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}') INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.code = c.code;
	IF NOT preview THEN
		-- A register without a reading before it: nothing to hold it against.
		INSERT INTO rui.meter_reading (project_id, register_id, at, value, kind, source, party_id, last_at)
		SELECT import_meters.project_id, r.id, lower(m.installed), (CASE jsonb_typeof(i.item -> 'initial') WHEN 'object'
			THEN i.item -> 'initial' ->> r.code ELSE i.item ->> 'initial' END)::numeric, 'initial', 'import', rui.current_party(), import_meters.at
		FROM unnest(report) d
		JOIN rui._import_rows(records) i ON i.row_no = d.row_no
		JOIN rui.meter m ON m.project_id = import_meters.project_id AND m.id = d.id
		JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id
		WHERE d.outcome = 'added' AND i.item ->> 'initial' IS NOT NULL
		ORDER BY r.id;
	END IF;
	PERFORM rui._finish_import(project_id, 'import_meters', 'meter', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_meters(bigint, jsonb, boolean, text, timestamptz) IS
'Imports meters. records: a JSON array of rows {code, medium (water, electricity, gas, heat, other), measured_in, unit or space (its code), installed_at (YYYY-MM-DD HH:MM, in the project''s zone or with an offset), is_shared?, registers? (array of 1 to 8 codes, or one code; default total), initial? (what it showed then: a number, or an object by register), digits? (1 to 11), multiplier? (default 1), serial?, verified_on?, verify_by? (YYYY-MM-DD)}, meaning what they do in rui.install_meter. Good rows are added with their initial readings and bad ones change nothing; identical rows already there are unchanged (registers and initial readings are not compared). preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 22007, 22008 dates, P0002 unknown unit or place, 23505 code twice or already there with other content. Needs permission manage_meters. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui._instant_fault(key text, item jsonb, time_zone text, latest timestamptz) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	value CONSTANT text := item ->> key;
	instant CONSTANT timestamptz := rui._read_instant(value, time_zone);
BEGIN
	IF value IS NULL THEN
		RETURN ARRAY['22004', key || ' is missing', format('Give "%s": "YYYY-MM-DD HH:MM".', key)];
	ELSIF instant IS NULL THEN
		RETURN ARRAY['22007', format('%s "%s" is not an instant', key, rui._show(value)), 'Give YYYY-MM-DD HH:MM, in the project''s zone or with an offset.'];
	ELSIF instant < '1900-01-01 00:00+00' OR instant >= '2201-01-01 00:00+00' THEN
		RETURN ARRAY['22008', format('%s %s is out of range', key, value), 'Give an instant from 1900 to 2200.'];
	ELSIF instant > latest THEN
		RETURN ARRAY['22023', format('%s %s is still to come', key, value), 'Give what has been.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._instant_fault(text, jsonb, text, timestamptz) IS
'Internal: the fault of an instant in an import row, or null: 22004 missing, 22007 no instant, 22008 outside 1900 to 2200, 22023 after the latest that is possible.';

CREATE FUNCTION rui._load_readings(project_id bigint, command text, records jsonb, preview boolean, request_key text, at timestamptz,
	sources text[], usual_source text) RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	report rui.import_result[];
	zone text;
	row_nos integer[];
	codes text[];
	bad rui.import_result[];
	register_ids bigint[];
	ats timestamptz[];
	readings numeric[];
	kinds text[];
	given_sources text[];
	rolls boolean[];
	documents bigint[];
	remarks text[];
BEGIN
	report := rui._begin_import(project_id, command, records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.time_zone INTO zone FROM rui.project p WHERE p.id = _load_readings.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'meter' AS code, coalesce(r.item ->> 'register', 'total') AS register,
			rui._read_instant(r.item ->> 'read_at', zone) AS read_at,
			coalesce(rui._row_fault(r.item, '{meter,register,read_at,value,kind,source,is_rollover,document_id,remark}'),
				rui._code_fault('meter', r.item), rui._text_fault('register', r.item, 20, false),
				rui._instant_fault('read_at', r.item, zone, _load_readings.at), rui._number_fault('value', r.item, 0, 999999999999, 6, true),
				rui._choice_fault('kind', r.item, '{actual,estimate}', false), rui._choice_fault('source', r.item, _load_readings.sources, false),
				rui._boolean_fault('is_rollover', r.item), rui._number_fault('document_id', r.item, 1, 9000000000000000000),
				rui._text_fault('remark', r.item, 500, false)) AS fault
		FROM rui._import_rows(records) r
	), hung AS MATERIALIZED (
		-- At the instant of an exchange both hang there: the reading is the new one's.
		SELECT DISTINCT ON (j.row_no) j.row_no, m.id
		FROM judged j
		JOIN rui.meter m ON m.project_id = _load_readings.project_id AND m.code = j.code
		WHERE rui._good(j.fault) AND (m.installed @> j.read_at OR upper(m.installed) = j.read_at)
		ORDER BY j.row_no, m.installed DESC
	), placed AS MATERIALIZED (
		SELECT j.row_no, j.item, j.code, j.read_at, r.id AS register_id,
			CASE WHEN j.fault IS NOT NULL THEN j.fault
			WHEN h.id IS NULL THEN
				ARRAY['P0002', format('no meter "%s" hung there at %s', j.code, j.item ->> 'read_at'), 'Import the meters first; give the meter''s code, and a time since it was installed.']
			WHEN r.id IS NULL THEN
				ARRAY['P0002', format('meter "%s" has no register "%s"', j.code, rui._show(j.register)), 'rui.meter_register lists the registers.'] END AS fault
		FROM judged j
		LEFT JOIN hung h ON h.row_no = j.row_no
		LEFT JOIN rui.meter_register r ON r.project_id = _load_readings.project_id AND r.meter_id = h.id AND r.code = j.register
	)
	SELECT array_agg(p.row_no ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(p.code ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(p.register_id ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(p.read_at ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg((p.item ->> 'value')::numeric ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(coalesce(p.item ->> 'kind', 'actual') ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(coalesce(p.item ->> 'source', usual_source) ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(coalesce((p.item ->> 'is_rollover')::boolean, false) ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg((p.item ->> 'document_id')::numeric::bigint ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(p.item ->> 'remark' ORDER BY p.row_no) FILTER (WHERE rui._good(p.fault)),
		array_agg(rui._result(p.row_no, p.code, NULL, NULL, p.fault) ORDER BY p.row_no) FILTER (WHERE NOT rui._good(p.fault))
	INTO row_nos, codes, register_ids, ats, readings, kinds, given_sources, rolls, documents, remarks, bad
	FROM placed p;
	SELECT coalesce(array_agg(ROW(r.*)::rui.import_result ORDER BY r.row_no), '{}') INTO report
	FROM (
		SELECT b.* FROM unnest(bad) AS b
		UNION ALL
		SELECT s.row_no, left(c.code, 200), s.error_code IS NULL,
			CASE WHEN s.error_code IS NOT NULL THEN 'rejected' WHEN s.old_id IS NOT NULL THEN 'unchanged' ELSE 'added' END,
			CASE WHEN s.error_code IS NULL THEN coalesce(s.old_id, s.id) END, s.error_code,
			CASE WHEN s.is_doubted THEN 'far more than usual: to be checked' ELSE s.problem END,
			CASE WHEN s.is_doubted THEN 'It does not count until rui.confirm_reading.' ELSE s.hint END
		FROM rui._store_readings(project_id, row_nos, register_ids, ats, readings, kinds, given_sources, rolls, documents, remarks,
			array_fill(NULL::bigint, ARRAY[coalesce(cardinality(row_nos), 0)]), at, preview) s
		JOIN unnest(row_nos, codes) AS c(row_no, code) ON c.row_no = s.row_no
		WHERE row_nos IS NOT NULL) r;
	PERFORM rui._finish_import(project_id, command, 'meter_reading', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui._load_readings(bigint, text, jsonb, boolean, text, timestamptz, text[], text) IS
'Internal: takes a batch of readings, whose sources are among some, usually the one named. Errors: 22004, 22023 container, 22008, RU409.';

CREATE FUNCTION rui.record_readings(project_id bigint, records jsonb, preview boolean DEFAULT false, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'record_readings');
	RETURN QUERY SELECT * FROM rui._load_readings(project_id, 'record_readings', records, preview, request_key, at, '{staff,eba,resident}', 'staff');
END
$$;
COMMENT ON FUNCTION rui.record_readings(bigint, jsonb, boolean, text, timestamptz) IS
'Takes the readings of a round, or what came by wire. records: a JSON array of rows {meter (its code), read_at (YYYY-MM-DD HH:MM, in the project''s zone or with an offset), value, register? (default total), kind? (actual, estimate; default actual), source? (staff, eba, resident; default staff), is_rollover?, document_id?, remark?}. Each reading is held against those before and after it, of the batch too, in order of time; those that do not fit are refused, with the list as report, and change nothing; those that show far more than usual (rui.set_meter_rule) are added to be checked, and say so. Identical ones already there are unchanged. A late one that began again at 0 before another that did is recorded alone. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 22007, 22008 instants, P0002 no such meter then, register or document, 23505 that instant twice or read otherwise, RU101 the meter would fall. Needs permission record_readings. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_readings(project_id bigint, records jsonb, preview boolean DEFAULT false, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	RETURN QUERY SELECT * FROM rui._load_readings(project_id, 'import_readings', records, preview, request_key, at,
		'{import,staff,eba,resident}', 'import');
END
$$;
COMMENT ON FUNCTION rui.import_readings(bigint, jsonb, boolean, text, timestamptz) IS
'Imports readings of another system: what rui.record_readings does, with source import unless a row says otherwise. Needs permission manage_meters. Errors: as rui.record_readings.';
