-- Importing contact points of parties that are there already.

CREATE FUNCTION rui.import_contacts(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_project rui.project;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_people');
	report := rui._begin_import(project_id, 'import_contacts', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.* INTO my_project FROM rui.project p WHERE p.id = import_contacts.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'party' AS party_code, r.item ->> 'kind' AS kind, r.item ->> 'value' AS value,
			coalesce(rui._row_fault(r.item, '{party,kind,value,preferred,verified_at}'), rui._code_fault('party', r.item),
				rui._choice_fault('kind', r.item, '{phone,email,wechat,push,address}'), rui._text_fault('value', r.item, 200),
				rui._contact_fault(jsonb_build_object(r.item ->> 'kind', r.item -> 'value')), rui._boolean_fault('preferred', r.item),
				rui._instant_fault('verified_at', r.item, my_project.time_zone)) AS fault
		FROM rui._import_rows(records) r
	), point AS MATERIALIZED (
		SELECT j.row_no, j.party_code, j.kind, j.value, p.id AS party_id,
			CASE j.kind WHEN 'phone' THEN regexp_replace(j.value, '[^0-9+]', '', 'g') ELSE lower(btrim(j.value)) END AS value_norm,
			coalesce((j.item ->> 'preferred')::boolean, false) AS preferred,
			rui._read_instant(j.item ->> 'verified_at', my_project.time_zone) AS verified_at,
			CASE WHEN p.id IS NULL THEN
				ARRAY['P0002', format('party "%s" does not exist', j.party_code), 'Import the parties first; give the party''s code.']
			ELSE rui._stranger_fault(j.party_code, p.id) END AS fault
		FROM judged j
		LEFT JOIN rui.party p ON p.company_id = my_project.company_id AND p.code = j.party_code
		WHERE rui._good(j.fault)
	), compared AS MATERIALIZED (
		SELECT o.row_no, o.party_id, o.kind, o.value, o.value_norm, o.preferred, o.verified_at, c.id AS old_id,
			CASE WHEN o.fault IS NOT NULL THEN o.fault
			WHEN o.row_no > min(o.row_no) FILTER (WHERE rui._good(o.fault)) OVER (PARTITION BY o.party_id, o.kind, o.value_norm) THEN
				ARRAY['23505', format('%s "%s" of "%s" is in the batch twice', o.kind, rui._show(o.value), o.party_code), 'Give every contact point once.']
			WHEN (c.value, c.preferred) <> (o.value, o.preferred) OR c.id IS NOT NULL AND c.verified_at IS DISTINCT FROM o.verified_at THEN
				ARRAY['23505', format('%s "%s" of "%s" is already there with other content', o.kind, rui._show(o.value), o.party_code),
					'An import adds; it does not change what is there.']
			END AS fault
		FROM point o
		LEFT JOIN rui.contact_point c ON c.party_id = o.party_id AND c.kind = o.kind AND c.value_norm = o.value_norm
	), added AS (
		INSERT INTO rui.contact_point AS c (company_id, party_id, kind, value, preferred, verified_at)
		SELECT my_project.company_id, n.party_id, n.kind, n.value, n.preferred, n.verified_at
		FROM compared n
		WHERE rui._good(n.fault, n.old_id) AND NOT import_contacts.preview
		ORDER BY n.row_no
		RETURNING c.id, c.party_id, c.kind, c.value_norm
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.party_code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.party_id = c.party_id AND a.kind = c.kind AND a.value_norm = c.value_norm;
	PERFORM rui._finish_import(project_id, 'import_contacts', 'contact_point', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_contacts(bigint, jsonb, boolean, text, timestamptz) IS
'Imports contact points of parties of the project''s company. records: a JSON array of rows {party (its code), kind (phone, email, wechat, push, address), value (at most 200 characters), preferred? (default false), verified_at? (instant, YYYY-MM-DD HH:MM[:SS], in the project''s zone or with an offset; without one it is not verified)}. The row''s code in the report is the party''s. Good rows are added and bad ones change nothing; identical rows already there are unchanged; two spellings of one value (blanks and hyphens of a phone number, case of others) are one value. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22007, 22008, P0002 unknown party, 42501 one that is of no project whose people one manages, 23505 value twice or already there with other content. Needs permission manage_people. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui._instant_fault(key text, item jsonb, time_zone text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	instant CONSTANT timestamptz := rui._read_instant(item ->> key, time_zone);
BEGIN
	IF item ->> key IS NULL THEN
		RETURN NULL;
	ELSIF instant IS NULL THEN
		RETURN ARRAY['22007', format('%s "%s" is not an instant', key, rui._show(item ->> key)),
			'Give YYYY-MM-DD HH:MM, in the project''s zone or with an offset.'];
	ELSIF instant < '1900-01-01 00:00+00' OR instant >= '2201-01-01 00:00+00' THEN
		RETURN ARRAY['22008', format('%s %s is out of range', key, item ->> key), 'Give an instant from 1900 to 2200.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._instant_fault(text, jsonb, text) IS
'Internal: the fault of an instant in an import row that may be left out, or null: 22007 no instant, 22008 outside 1900 to 2200.';
