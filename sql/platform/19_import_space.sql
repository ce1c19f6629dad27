-- Importing places and what stands in them. A row may lie in another row of
-- its batch: rows are added from the outside in.

CREATE FUNCTION rui.import_spaces(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	judged jsonb;
	added integer;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	report := rui._begin_import(project_id, 'import_spaces', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	WITH RECURSIVE read AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, r.item ->> 'parent' AS parent_code, r.item ->> 'building' AS building_code,
			p.shape AS place, p.fault AS place_fault
		FROM rui._import_rows(records) r
		CROSS JOIN LATERAL rui._read_shape('place', r.item, '{POINT}', false) p
	), formed AS MATERIALIZED (
		SELECT r.*, coalesce(rui._row_fault(r.item, '{code,kind,parent,building,name,place,from,to}'),
			rui._code_fault('code', r.item), rui._text_fault('kind', r.item, 60), rui._optional_code_fault('parent', r.item),
			rui._optional_code_fault('building', r.item), rui._text_fault('name', r.item, 200, false), r.place_fault,
			rui._days_fault(r.item, false)) AS fault
		FROM read r
	), known AS MATERIALIZED (
		SELECT f.row_no, f.item, f.code, f.parent_code, f.place, k.code AS kind, f.item ->> 'name' AS name, b.id AS building_id, b.entrance,
			daterange(rui._read_day(f.item ->> 'from'), rui._read_day(f.item ->> 'to')) AS valid, o.id AS old_id,
			CASE WHEN k.code IS NULL THEN
				ARRAY['22023', format('kind cannot be "%s"', rui._show(f.item ->> 'kind')), 'rui.space_kind lists the kinds.']
			WHEN f.building_code IS NOT NULL AND b.id IS NULL THEN
				ARRAY['P0002', format('building "%s" does not exist in the project', f.building_code), 'Import the buildings first; give the building''s code.']
			WHEN f.row_no > min(f.row_no) FILTER (WHERE k.code IS NOT NULL AND (f.building_code IS NULL OR b.id IS NOT NULL)) OVER (PARTITION BY f.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', f.code), 'Give every place a code of its own.']
			WHEN k.code = 'building' AND b.id IS NOT NULL AND f.row_no > min(f.row_no) FILTER (WHERE k.code = 'building') OVER (PARTITION BY b.id)
				OR k.code = 'building' AND EXISTS (SELECT FROM rui.space s WHERE s.project_id = import_spaces.project_id
					AND s.building_id = b.id AND s.kind = 'building' AND s.code <> f.code) THEN
				ARRAY['23505', format('another place stands for building "%s"', f.building_code), 'One place stands for a building.']
			END AS fault
		FROM formed f
		LEFT JOIN rui.space_kind k ON k.code = f.item ->> 'kind'
		LEFT JOIN rui.building b ON b.project_id = import_spaces.project_id AND b.code = f.building_code
		LEFT JOIN rui.space o ON o.project_id = import_spaces.project_id AND o.code = f.code
		WHERE rui._good(f.fault)
	), around AS MATERIALIZED (
		-- What is in a building and names nothing else lies in the building.
		SELECT k.*, coalesce(k.parent_code, CASE WHEN k.kind <> 'building' THEN coalesce(
			(SELECT s.code FROM rui.space s WHERE s.project_id = import_spaces.project_id AND s.building_id = k.building_id AND s.kind = 'building'),
			(SELECT n.code FROM known n WHERE n.building_id = k.building_id AND n.kind = 'building' AND rui._good(n.fault))) END) AS lies_in
		FROM known k WHERE rui._good(k.fault)
	), placed AS (
		SELECT a.row_no, a.code, a.kind, a.name, a.valid, a.lies_in, a.old_id, coalesce(a.building_id, CASE WHEN a.kind <> 'building' THEN p.building_id END) AS building_id,
			coalesce(a.place, a.entrance, p.place) AS place, coalesce(p.depth + 1, 0) AS depth,
			rui._space_fault(a.code, a.kind, coalesce(a.building_id, CASE WHEN a.kind <> 'building' THEN p.building_id END), a.valid,
				p.code, p.kind, p.building_id, p.valid) AS fault
		FROM around a
		LEFT JOIN rui.space p ON p.project_id = import_spaces.project_id AND p.code = a.lies_in
		WHERE (a.lies_in IS NULL OR p.id IS NOT NULL)
		UNION ALL
		SELECT a.row_no, a.code, a.kind, a.name, a.valid, a.lies_in, a.old_id, coalesce(a.building_id, CASE WHEN a.kind <> 'building' THEN p.building_id END),
			coalesce(a.place, a.entrance, p.place), p.depth + 1,
			rui._space_fault(a.code, a.kind, coalesce(a.building_id, CASE WHEN a.kind <> 'building' THEN p.building_id END), a.valid,
				p.code, p.kind, p.building_id, p.valid)
		FROM placed p
		JOIN around a ON a.lies_in = p.code
		WHERE rui._good(p.fault, p.old_id) AND p.depth < 20
	), done AS (
		SELECT f.row_no, f.code, p.depth, p.lies_in, p.building_id, p.kind, p.name, p.valid, p.place::text AS place, p.old_id,
			coalesce(f.fault, k.fault, p.fault, CASE
				WHEN p.row_no IS NULL THEN ARRAY['P0002', format('place "%s" is neither there nor among the good rows', coalesce(f.parent_code, f.building_code)),
					'Give the code of a place that exists, or a good row for it; places cannot lie in one another in a circle.']
				WHEN p.place IS NULL THEN ARRAY['22004', 'place is missing', 'Only what is in a building or in another place can do without.']
				WHEN p.old_id IS NOT NULL AND ((o.kind, o.name, o.building_id, o.valid, q.code) IS DISTINCT FROM (p.kind, p.name, p.building_id, p.valid, p.lies_in)
						OR f.place IS NOT NULL AND NOT o.place = f.place) THEN
					ARRAY['23505', format('place "%s" is already there with other content', f.code), 'An import adds; it does not change what is there.'] END) AS fault
		FROM formed f
		LEFT JOIN known k ON k.row_no = f.row_no
		LEFT JOIN placed p ON p.row_no = f.row_no
		LEFT JOIN rui.space o ON o.project_id = import_spaces.project_id AND o.id = p.old_id
		LEFT JOIN rui.space q ON q.project_id = o.project_id AND q.id = o.parent_id
	)
	SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.row_no), '[]') INTO judged FROM done d;
	IF NOT preview THEN
		FOR level IN 0 .. 20 LOOP
			INSERT INTO rui.space (project_id, parent_id, parent_depth, building_id, code, name, kind, place, valid)
			SELECT import_spaces.project_id, p.id, p.depth, d.building_id, d.code, d.name, d.kind, d.place::geometry, d.valid
			FROM jsonb_to_recordset(judged) AS d(row_no integer, code text, depth integer, lies_in text, building_id bigint, kind text, name text,
				valid daterange, place text, old_id bigint, fault text[])
			LEFT JOIN rui.space p ON p.project_id = import_spaces.project_id AND p.code = d.lies_in
			WHERE rui._good(d.fault, d.old_id) AND d.depth = level
			ORDER BY d.row_no;
			GET DIAGNOSTICS added = ROW_COUNT;
			EXIT WHEN added = 0 AND NOT EXISTS (SELECT FROM jsonb_to_recordset(judged) AS d(depth integer) WHERE d.depth > level);
		END LOOP;
		PERFORM rui._adopt_spaces(project_id, ARRAY(SELECT s.id FROM jsonb_to_recordset(judged) AS d(code text, kind text, old_id bigint, fault text[])
			JOIN rui.space s ON s.project_id = import_spaces.project_id AND s.code = d.code
			WHERE d.kind = 'building' AND rui._good(d.fault, d.old_id)));
	END IF;
	SELECT coalesce(array_agg(rui._result(d.row_no, d.code, d.old_id, CASE WHEN NOT preview THEN s.id END, d.fault) ORDER BY d.row_no), '{}')
	INTO report
	FROM jsonb_to_recordset(judged) AS d(row_no integer, code text, old_id bigint, fault text[])
	LEFT JOIN rui.space s ON s.project_id = import_spaces.project_id AND s.code = d.code AND rui._good(d.fault);
	PERFORM rui._finish_import(project_id, 'import_spaces', 'space', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_spaces(bigint, jsonb, boolean, text, timestamptz) IS
'Imports places and what lies in what. records: a JSON array of rows {code, kind (of rui.space_kind), parent? (code of the place it lies in, there or in the batch, in any order), building? (its code), name?, place? (WGS 84 point, GeoJSON or EWKT; by default the entrance of the building, else where the parent is), from?, to? (days it is there, YYYY-MM-DD, to exclusive)}. A row of kind building stands for the building it names; rows in a building without a parent lie in it. A row whose parent is bad is bad. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023 (also a parent that is narrower, in another building, or not there as long), 22001, 22003, 22007, 22008 dates, P0002 unknown building or parent, 23505 code twice, a second place for a building, or already there with other content. Needs permission manage_estate. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_equipment(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	judged jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	report := rui._begin_import(project_id, 'import_equipment', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	WITH RECURSIVE formed AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, r.item ->> 'parent' AS parent_code, r.item ->> 'space' AS space_code,
			r.item ->> 'building' AS building_code,
			coalesce(rui._row_fault(r.item, '{code,kind,name,parent,space,building,maker,model,serial,installed_on}'),
				rui._code_fault('code', r.item), rui._code_fault('kind', r.item),
				CASE WHEN r.item ->> 'kind' !~ '^[a-z][a-z0-9_]*$' THEN
					ARRAY['22023', format('kind cannot be "%s"', rui._show(r.item ->> 'kind')), 'Give small letters, digits and _, such as fire_panel.'] END,
				rui._text_fault('name', r.item, 200, false), rui._optional_code_fault('parent', r.item), rui._optional_code_fault('space', r.item),
				rui._optional_code_fault('building', r.item), rui._text_fault('maker', r.item, 200, false), rui._text_fault('model', r.item, 200, false),
				rui._text_fault('serial', r.item, 60, false), rui._day_fault('installed_on', r.item)) AS fault
		FROM rui._import_rows(records) r
	), known AS MATERIALIZED (
		SELECT f.row_no, f.code, f.parent_code, f.item ->> 'kind' AS kind, f.item ->> 'name' AS name, s.id AS space_id,
			coalesce(b.id, s.building_id) AS building_id, f.item ->> 'maker' AS maker, f.item ->> 'model' AS model, f.item ->> 'serial' AS serial,
			rui._read_day(f.item ->> 'installed_on') AS installed_on, o.id AS old_id,
			CASE WHEN f.space_code IS NOT NULL AND s.id IS NULL THEN
				ARRAY['P0002', format('place "%s" does not exist in the project', f.space_code), 'Import the places first; give the place''s code.']
			WHEN f.building_code IS NOT NULL AND b.id IS NULL THEN
				ARRAY['P0002', format('building "%s" does not exist in the project', f.building_code), 'Import the buildings first; give the building''s code.']
			WHEN b.id IS NOT NULL AND s.id IS NOT NULL AND s.building_id IS DISTINCT FROM b.id THEN
				ARRAY['22023', format('place "%s" is not in building "%s"', f.space_code, f.building_code), 'Give one of them.']
			WHEN f.row_no > min(f.row_no) FILTER (WHERE (f.space_code IS NULL OR s.id IS NOT NULL) AND (f.building_code IS NULL OR b.id IS NOT NULL)
				AND (b.id IS NULL OR s.id IS NULL OR s.building_id = b.id)) OVER (PARTITION BY f.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', f.code), 'Give every piece a code of its own.']
			END AS fault
		FROM formed f
		LEFT JOIN rui.space s ON s.project_id = import_equipment.project_id AND s.code = f.space_code
		LEFT JOIN rui.building b ON b.project_id = import_equipment.project_id AND b.code = f.building_code
		LEFT JOIN rui.equipment o ON o.project_id = import_equipment.project_id AND o.code = f.code
		WHERE rui._good(f.fault)
	), reached AS (
		-- Whose chain of parents ends outside the batch, or nowhere.
		SELECT k.row_no, k.code, 0 AS steps FROM known k
		LEFT JOIN rui.equipment p ON p.project_id = import_equipment.project_id AND p.code = k.parent_code
		WHERE rui._good(k.fault) AND (k.parent_code IS NULL OR p.id IS NOT NULL)
		UNION ALL
		SELECT k.row_no, k.code, r.steps + 1 FROM reached r JOIN known k ON k.parent_code = r.code
		LEFT JOIN rui.equipment p ON p.project_id = import_equipment.project_id AND p.code = k.parent_code
		WHERE rui._good(k.fault) AND p.id IS NULL
	), done AS (
		SELECT f.row_no, f.code, k.parent_code, k.kind, k.name, k.space_id, k.building_id, k.maker, k.model, k.serial, k.installed_on, k.old_id,
			r.steps, coalesce(f.fault, k.fault, CASE
				WHEN r.row_no IS NULL THEN ARRAY['P0002', format('equipment "%s" is neither there nor among the good rows', f.parent_code),
					'Give the code of a piece that exists, or a good row for it; pieces cannot be part of one another in a circle.']
				WHEN k.old_id IS NOT NULL AND (o.kind, o.name, o.space_id, o.building_id, o.maker, o.model, o.serial, o.installed_on, q.code)
					IS DISTINCT FROM (k.kind, k.name, k.space_id, k.building_id, k.maker, k.model, k.serial, k.installed_on, k.parent_code) THEN
					ARRAY['23505', format('equipment "%s" is already there with other content', f.code), 'An import adds; it does not change what is there.'] END) AS fault
		FROM formed f
		LEFT JOIN known k ON k.row_no = f.row_no
		LEFT JOIN reached r ON r.row_no = f.row_no
		LEFT JOIN rui.equipment o ON o.project_id = import_equipment.project_id AND o.id = k.old_id
		LEFT JOIN rui.equipment q ON q.project_id = o.project_id AND q.id = o.parent_id
	)
	SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.row_no), '[]') INTO judged FROM done d;
	IF NOT preview THEN
		FOR level IN 0 .. coalesce((SELECT max(d.steps) FROM jsonb_to_recordset(judged) AS d(steps integer)), -1) LOOP
			INSERT INTO rui.equipment (project_id, code, name, kind, parent_id, space_id, building_id, maker, model, serial, installed_on)
			SELECT import_equipment.project_id, d.code, d.name, d.kind, p.id, d.space_id, d.building_id, d.maker, d.model, d.serial, d.installed_on
			FROM jsonb_to_recordset(judged) AS d(row_no integer, code text, parent_code text, kind text, name text, space_id bigint, building_id bigint,
				maker text, model text, serial text, installed_on date, old_id bigint, steps integer, fault text[])
			LEFT JOIN rui.equipment p ON p.project_id = import_equipment.project_id AND p.code = d.parent_code
			WHERE rui._good(d.fault, d.old_id) AND d.steps = level
			ORDER BY d.row_no;
		END LOOP;
	END IF;
	SELECT coalesce(array_agg(rui._result(d.row_no, d.code, d.old_id, CASE WHEN NOT preview THEN e.id END, d.fault) ORDER BY d.row_no), '{}')
	INTO report
	FROM jsonb_to_recordset(judged) AS d(row_no integer, code text, old_id bigint, fault text[])
	LEFT JOIN rui.equipment e ON e.project_id = import_equipment.project_id AND e.code = d.code AND rui._good(d.fault);
	PERFORM rui._finish_import(project_id, 'import_equipment', 'equipment', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_equipment(bigint, jsonb, boolean, text, timestamptz) IS
'Imports equipment. records: a JSON array of rows {code, kind (small letters, digits, _: lift, pump, fire_panel), name?, parent? (code of the piece it is part of, there or in the batch, in any order), space? (code of the place it stands in), building? (its code; by default that of the place), maker?, model?, serial?, installed_on? (YYYY-MM-DD)}. Good rows are added and bad ones change nothing; a row whose parent is bad is bad; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22007, 22008 dates, P0002 unknown place, building or parent, 23505 code twice or already there with other content. Needs permission manage_estate. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';
