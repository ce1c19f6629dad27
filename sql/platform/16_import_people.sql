-- Importing people: parties with their contact points, who lives where, who
-- owns what. Rows are whole objects: a household with its members, a unit
-- with all its owners; so a bad one leaves nothing half done.

CREATE FUNCTION rui._contact_values(item jsonb) RETURNS TABLE (kind text, value text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 2
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT k.kind, v.value
	FROM unnest('{phone,email,wechat,address}'::text[]) AS k(kind)
	CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(item -> k.kind)
		WHEN 'array' THEN item -> k.kind WHEN 'null' THEN '[]' ELSE jsonb_build_array(item -> k.kind) END) AS v(value)
	WHERE item ? k.kind;
END
$$;
COMMENT ON FUNCTION rui._contact_values(jsonb) IS
'Internal: the contact points of an import row: keys phone, email, wechat, address, each a text or an array of texts.';

CREATE FUNCTION rui._contact_fault(item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	point record;
	points integer := 0;
	fault text[];
BEGIN
	FOR point IN SELECT c.kind, c.value FROM rui._contact_values(item) c LOOP
		points := points + 1;
		fault := rui._text_fault(point.kind, jsonb_build_object(point.kind, point.value), 200);
		IF fault IS NULL AND point.kind = 'phone' AND
			(point.value !~ '^[0-9+() ./-]+$' OR length(regexp_replace(point.value, '[^0-9]', '', 'g')) < 3) THEN
			fault := ARRAY['22023', format('phone "%s" is not a number to call', rui._show(point.value)), 'Give digits with +, blanks, points, hyphens and brackets.'];
		ELSIF fault IS NULL AND point.kind = 'email' AND point.value !~ '^[^@[:space:]]+@[^@[:space:]]+$' THEN
			fault := ARRAY['22023', format('email "%s" is not an address', rui._show(point.value)), 'Give name@domain.'];
		END IF;
		IF points > 40 THEN
			fault := ARRAY['22023', 'the row has more than 40 contact points', 'Give those in use.'];
		END IF;
		EXIT WHEN fault IS NOT NULL;
	END LOOP;
	RETURN fault;
END
$$;
COMMENT ON FUNCTION rui._contact_fault(jsonb) IS
'Internal: the first fault of the contact points of an import row, or null: 22004, 22023, 22001.';

-- Where messages go, and what the number of somebody is, whoever manages people
-- of one project neither says nor learns of those of others.
CREATE FUNCTION rui._is_stranger(party_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN party_id <> rui.current_party()
		AND (EXISTS (SELECT FROM rui.person_key k WHERE k.party_id = _is_stranger.party_id)
			OR EXISTS (SELECT FROM rui.company_member c WHERE c.party_id = _is_stranger.party_id))
		AND NOT EXISTS (SELECT FROM rui.person_key k
			WHERE k.party_id = _is_stranger.party_id AND rui.has_permission(k.project_id, 'manage_people'))
		AND NOT EXISTS (SELECT FROM rui.company_member c JOIN rui.role_permission r ON r.role_code = c.role_code AND r.permission = 'manage_people'
			WHERE c.party_id = rui.current_party() AND c.valid @> rui._access_time());
END
$$;
COMMENT ON FUNCTION rui._is_stranger(bigint) IS
'Internal: whether a party of the company is known in it, but in no project in which the acting party manages people (manage_people), nor is that one''s own, who has no such role in the whole company either. Who is known nowhere yet is no stranger.';

CREATE FUNCTION rui._stranger_fault(party_code text, party_id bigint) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN rui._is_stranger(party_id) THEN
		ARRAY['42501', format('party "%s" is of no project whose people you manage', party_code), 'Leave its contact points to those who do, or give it a role here first.'] END;
END
$$;
COMMENT ON FUNCTION rui._stranger_fault(text, bigint) IS
'Internal: the fault of an import row with contact points of a party that is rui._is_stranger, or null.';

CREATE FUNCTION rui.import_parties(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_company bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_people');
	report := rui._begin_import(project_id, 'import_parties', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.company_id INTO my_company FROM rui.project p WHERE p.id = import_parties.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, coalesce(r.item ->> 'kind', 'person') AS kind,
			coalesce(rui._row_fault(r.item, '{code,name,kind,phone,email,wechat,address}'),
				rui._code_fault('code', r.item), rui._text_fault('name', r.item, 200),
				rui._choice_fault('kind', r.item, '{person,organisation}', false), rui._contact_fault(r.item)) AS fault
		FROM rui._import_rows(records) r
	), point AS MATERIALIZED (
		SELECT DISTINCT j.row_no, j.code, c.kind, c.value, CASE c.kind WHEN 'phone'
			THEN regexp_replace(c.value, '[^0-9+]', '', 'g') ELSE lower(btrim(c.value)) END AS value_norm
		FROM judged j CROSS JOIN LATERAL rui._contact_values(j.item) c
		WHERE rui._good(j.fault)
	), lacking AS (
		-- A contact point that a party already there does not have.
		SELECT DISTINCT o.row_no
		FROM point o
		JOIN rui.party p ON p.company_id = my_company AND p.code = o.code
		LEFT JOIN rui.contact_point c ON c.party_id = p.id AND c.kind = o.kind AND c.value_norm = o.value_norm
		WHERE c.id IS NULL
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.code, j.kind, j.item ->> 'name' AS name, p.id AS old_id,
			CASE WHEN j.row_no > min(j.row_no) OVER (PARTITION BY j.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', j.code), 'Give every party a code of its own.']
			WHEN p.id IS NOT NULL AND j.item ?| '{phone,email,wechat,address}' AND rui._is_stranger(p.id) THEN rui._stranger_fault(j.code, p.id)
			WHEN p.id IS NOT NULL AND ((p.name, p.kind) <> (j.item ->> 'name', j.kind) OR l.row_no IS NOT NULL) THEN
				ARRAY['23505', format('party "%s" is already there with other content', j.code), 'An import adds; it does not change what is there.']
			END AS fault
		FROM judged j
		LEFT JOIN rui.party p ON p.company_id = my_company AND p.code = j.code
		LEFT JOIN lacking l ON l.row_no = j.row_no
		WHERE rui._good(j.fault)
	), added AS (
		INSERT INTO rui.party AS p (company_id, code, kind, name)
		SELECT my_company, c.code, c.kind, c.name
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_parties.preview
		ORDER BY c.row_no
		RETURNING p.id, p.code
	), reached AS (
		INSERT INTO rui.contact_point (company_id, party_id, kind, value)
		SELECT my_company, a.id, o.kind, o.value
		FROM compared c
		JOIN added a ON a.code = c.code
		JOIN point o ON o.row_no = c.row_no
		WHERE rui._good(c.fault)
		ON CONFLICT DO NOTHING
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.code = c.code;
	PERFORM rui._finish_import(project_id, 'import_parties', 'party', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_parties(bigint, jsonb, boolean, text, timestamptz) IS
'Imports people and organisations of the project''s company. records: a JSON array of rows {code, name, kind? (person, organisation; default person), phone?, email?, wechat?, address?}; each contact key holds a text or an array of texts, at most 40 in all. Good rows are added and bad ones change nothing; a party already there with this name, kind and all these contact points is unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 23505 code twice or already there with other content, 42501 contact points of who is of no project whose people one manages. Needs permission manage_people. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_households(project_id bigint, records jsonb, preview boolean DEFAULT false,
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
	report := rui._begin_import(project_id, 'import_households', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	IF NOT rui._may_grant(project_id, 'resident', NULL) THEN
		RAISE EXCEPTION 'role "resident" carries permissions that you do not hold'
			USING ERRCODE = 'insufficient_privilege', HINT = 'Members of a household get the role; ask a manager.';
	END IF;
	SELECT p.* INTO my_project FROM rui.project p WHERE p.id = import_households.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'unit' AS unit_code,
			coalesce(rui._row_fault(r.item, '{unit,from,to,members}'), rui._code_fault('unit', r.item), rui._days_fault(r.item),
				CASE WHEN r.item ->> 'members' IS NULL THEN ARRAY['22004', 'members is missing', 'Give "members": [{"party": code, "role": …}, …].']
				WHEN jsonb_typeof(r.item -> 'members') <> 'array' OR jsonb_array_length(r.item -> 'members') NOT BETWEEN 1 AND 100 THEN
					ARRAY['22023', 'members is not an array of 1 to 100 members', 'Give "members": [{"party": code, "role": …}, …].'] END) AS fault
		FROM rui._import_rows(records) r
	), row_ok AS MATERIALIZED (
		SELECT j.row_no, j.item, j.unit_code, daterange(rui._read_day(j.item ->> 'from'), rui._read_day(j.item ->> 'to')) AS valid
		FROM judged j WHERE rui._good(j.fault)
	), read AS MATERIALIZED (
		SELECT k.row_no, m.place, m.item, m.item ->> 'party' AS party_code,
			coalesce(rui._row_fault(m.item, '{party,role,from,to}'), rui._code_fault('party', m.item),
				rui._choice_fault('role', m.item, '{owner,tenant,family,helper,other}'),
				rui._days_fault(m.item, false)) AS fault, k.valid
		FROM row_ok k CROSS JOIN LATERAL jsonb_array_elements(k.item -> 'members') WITH ORDINALITY AS m(item, place)
	), ranged AS MATERIALIZED (
		-- A member without dates is there as long as the household.
		SELECT r.row_no, r.place, r.party_code, r.item ->> 'role' AS role, r.fault, r.valid AS home_valid,
			CASE WHEN d.from_on < d.to_on OR d.to_on IS NULL THEN daterange(d.from_on, d.to_on) END AS valid
		FROM read r
		LEFT JOIN LATERAL (SELECT coalesce(rui._read_day(r.item ->> 'from'), lower(r.valid)) AS from_on,
			CASE WHEN r.item ->> 'to' IS NULL THEN upper(r.valid) ELSE rui._read_day(r.item ->> 'to') END AS to_on
			WHERE rui._good(r.fault)) d ON true
	), twice AS (
		SELECT DISTINCT r.row_no, r.place
		FROM ranged r JOIN ranged e ON e.row_no = r.row_no AND e.party_code = r.party_code AND e.role = r.role
			AND e.place < r.place AND e.valid && r.valid
	), member AS MATERIALIZED (
		SELECT r.row_no, r.place, r.role, r.valid, p.id AS party_id,
			CASE WHEN r.fault IS NOT NULL THEN ARRAY[r.fault[1], format('member %s: %s', r.place, r.fault[2]), r.fault[3]]
			WHEN r.valid IS NULL OR NOT r.valid <@ r.home_valid THEN
				ARRAY['22023', format('member %s: the dates do not lie within those of the household', r.place), 'Widen the household''s dates.']
			WHEN p.id IS NULL THEN
				ARRAY['P0002', format('member %s: party "%s" does not exist', r.place, r.party_code), 'Import the parties first; give the party''s code.']
			WHEN t.place IS NOT NULL THEN
				ARRAY['23505', format('member %s: party "%s" is there twice as %s', r.place, r.party_code, r.role), 'Name each member once.']
			END AS fault
		FROM ranged r
		LEFT JOIN rui.party p ON p.company_id = my_project.company_id AND p.code = r.party_code
		LEFT JOIN twice t ON t.row_no = r.row_no AND t.place = r.place
	), first_fault AS (
		SELECT DISTINCT ON (m.row_no) m.row_no, m.fault FROM member m WHERE m.fault IS NOT NULL ORDER BY m.row_no, m.place
	), members AS (
		SELECT m.row_no, array_agg(format('%s %s %s', m.party_id, m.role, m.valid) ORDER BY m.party_id, m.role, m.valid) AS content
		FROM member m GROUP BY m.row_no
	), home AS MATERIALIZED (
		SELECT k.row_no, k.unit_code, k.valid, u.id AS unit_id, m.content,
			CASE WHEN u.id IS NULL THEN
				ARRAY['P0002', format('unit "%s" does not exist in the project', k.unit_code), 'Import the units first; give the unit''s code.']
			ELSE f.fault END AS fault
		FROM row_ok k
		JOIN members m ON m.row_no = k.row_no
		LEFT JOIN first_fault f ON f.row_no = k.row_no
		LEFT JOIN rui.unit u ON u.project_id = import_households.project_id AND u.code = k.unit_code
	), overlapping AS (
		SELECT r.row_no, r.other
		FROM (SELECT array_agg(h.row_no ORDER BY h.row_no) AS row_nos,
				array_agg(tstzrange(lower(h.valid)::timestamp AT TIME ZONE 'UTC', upper(h.valid)::timestamp AT TIME ZONE 'UTC') ORDER BY h.row_no) AS ranges
			FROM home h WHERE rui._good(h.fault) GROUP BY h.unit_id HAVING count(*) > 1) g
		CROSS JOIN LATERAL rui._overlapping_rows(g.row_nos, g.ranges) r
	), compared AS MATERIALIZED (
		SELECT h.row_no, h.unit_id, h.valid, old.id AS old_id,
			CASE WHEN h.fault IS NOT NULL THEN h.fault
			WHEN o.other IS NOT NULL THEN
				ARRAY['23P01', format('the dates overlap those of row %s', o.other), 'One household lives in a unit at a time.']
			WHEN old.id IS NOT NULL AND (old.valid, old.content) IS DISTINCT FROM (h.valid, h.content) THEN
				ARRAY['23P01', format('another household is there in %s', old.valid), 'One household lives in a unit at a time; an import does not change what is there.']
			END AS fault
		FROM home h
		LEFT JOIN overlapping o ON o.row_no = h.row_no
		LEFT JOIN LATERAL (SELECT e.id, e.valid,
				ARRAY(SELECT format('%s %s %s', c.party_id, c.role, c.valid) FROM rui.occupancy c
					WHERE c.project_id = import_households.project_id AND c.unit_id = h.unit_id AND c.household_id = e.id
					ORDER BY c.party_id, c.role, c.valid) AS content
			FROM rui.household e
			WHERE e.project_id = import_households.project_id AND e.unit_id = h.unit_id AND e.valid && h.valid
			ORDER BY e.valid LIMIT 1) old ON true
	), added AS (
		INSERT INTO rui.household AS h (project_id, unit_id, valid)
		SELECT import_households.project_id, c.unit_id, c.valid
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_households.preview
		ORDER BY c.row_no
		RETURNING h.id, h.unit_id, h.valid
	), moved_in AS (
		INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
		SELECT import_households.project_id, a.id, a.unit_id, m.party_id, m.role, m.valid
		FROM compared c
		JOIN added a ON a.unit_id = c.unit_id AND a.valid = c.valid
		JOIN member m ON m.row_no = c.row_no
		WHERE rui._good(c.fault)
	), wanted AS (
		SELECT m.party_id, range_agg(tstzrange(lower(m.valid)::timestamp AT TIME ZONE my_project.time_zone,
			upper(m.valid)::timestamp AT TIME ZONE my_project.time_zone)) AS valid
		FROM compared c
		JOIN added a ON a.unit_id = c.unit_id AND a.valid = c.valid
		JOIN member m ON m.row_no = c.row_no
		WHERE rui._good(c.fault)
		GROUP BY m.party_id
	), granted AS (
		INSERT INTO rui.membership (project_id, party_id, role_code, valid)
		SELECT import_households.project_id, w.party_id, 'resident', n.valid
		FROM wanted w
		CROSS JOIN LATERAL (SELECT range_agg(m.valid) AS valid FROM rui.membership m
			WHERE m.project_id = import_households.project_id AND m.party_id = w.party_id AND m.role_code = 'resident') held
		CROSS JOIN LATERAL unnest(w.valid - coalesce(held.valid, '{}')) AS n(valid)
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.unit_code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.unit_id = c.unit_id AND a.valid = c.valid;
	PERFORM rui._finish_import(project_id, 'import_households', 'household', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_households(bigint, jsonb, boolean, text, timestamptz) IS
'Imports who lives where. records: a JSON array of rows {unit (its code), from, to?, members: [{party (its code), role (owner, tenant, family, helper, other), from?, to?}, …]}; days as YYYY-MM-DD, to exclusive; a member without dates stays as long as the household. The row''s code in the report is the unit''s. Members get the role resident in the project while they are there (from midnight in the project''s zone). Good rows are added whole and bad ones change nothing; an identical household already there is unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22007, 22008 dates, P0002 unknown unit or party, 23505 member twice, 23P01 overlaps another household of the unit. Needs permission manage_people, and to hold what the role resident may. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_ownerships(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_company bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_people');
	report := rui._begin_import(project_id, 'import_ownerships', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.company_id INTO my_company FROM rui.project p WHERE p.id = import_ownerships.project_id;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'unit' AS unit_code,
			coalesce(rui._row_fault(r.item, '{unit,from,to,owners}'), rui._code_fault('unit', r.item), rui._days_fault(r.item),
				CASE WHEN r.item ->> 'owners' IS NULL THEN ARRAY['22004', 'owners is missing', 'Give "owners": [{"party": code, "parts": 1}, …].']
				WHEN jsonb_typeof(r.item -> 'owners') <> 'array' OR jsonb_array_length(r.item -> 'owners') NOT BETWEEN 1 AND 1000 THEN
					ARRAY['22023', 'owners is not an array of 1 to 1000 owners', 'Give "owners": [{"party": code, "parts": 1}, …].'] END) AS fault
		FROM rui._import_rows(records) r
	), row_ok AS MATERIALIZED (
		SELECT j.row_no, j.item, j.unit_code, daterange(rui._read_day(j.item ->> 'from'), rui._read_day(j.item ->> 'to')) AS valid
		FROM judged j WHERE rui._good(j.fault)
	), read AS MATERIALIZED (
		SELECT k.row_no, o.place, o.item, o.item ->> 'party' AS party_code,
			coalesce(rui._row_fault(o.item, '{party,parts}'), rui._code_fault('party', o.item),
				rui._number_fault('parts', o.item, 1, 1000000000, 0, jsonb_array_length(k.item -> 'owners') > 1)) AS fault
		FROM row_ok k CROSS JOIN LATERAL jsonb_array_elements(k.item -> 'owners') WITH ORDINALITY AS o(item, place)
	), owner AS MATERIALIZED (
		SELECT r.row_no, r.place, p.id AS party_id, CASE WHEN r.fault IS NULL THEN coalesce((r.item ->> 'parts')::numeric::bigint, 1) END AS parts,
			CASE WHEN r.fault IS NOT NULL THEN ARRAY[r.fault[1], format('owner %s: %s', r.place, r.fault[2]),
				CASE WHEN r.fault[2] LIKE 'parts%' THEN 'Shares are whole parts of their sum: 1 and 2 mean one third and two thirds.' ELSE r.fault[3] END]
			WHEN p.id IS NULL THEN
				ARRAY['P0002', format('owner %s: party "%s" does not exist', r.place, r.party_code), 'Import the parties first; give the party''s code.']
			WHEN r.place > min(r.place) OVER (PARTITION BY r.row_no, r.party_code) THEN
				ARRAY['23505', format('owner %s: party "%s" is there twice', r.place, r.party_code), 'Add the parts of one owner up.']
			END AS fault
		FROM read r
		LEFT JOIN rui.party p ON p.company_id = my_company AND p.code = r.party_code
	), first_fault AS (
		SELECT DISTINCT ON (o.row_no) o.row_no, o.fault FROM owner o WHERE o.fault IS NOT NULL ORDER BY o.row_no, o.place
	), owners AS (
		SELECT o.row_no, array_agg(o.party_id ORDER BY o.place) AS ids, array_agg(o.parts ORDER BY o.place) AS parts
		FROM owner o GROUP BY o.row_no
	), held AS MATERIALIZED (
		SELECT k.row_no, k.unit_code, k.valid, u.id AS unit_id, o.ids, o.parts,
			CASE WHEN u.id IS NULL THEN
				ARRAY['P0002', format('unit "%s" does not exist in the project', k.unit_code), 'Import the units first; give the unit''s code.']
			ELSE f.fault END AS fault
		FROM row_ok k
		JOIN owners o ON o.row_no = k.row_no
		LEFT JOIN first_fault f ON f.row_no = k.row_no
		LEFT JOIN rui.unit u ON u.project_id = import_ownerships.project_id AND u.code = k.unit_code
	), overlapping AS (
		SELECT r.row_no, r.other
		FROM (SELECT array_agg(h.row_no ORDER BY h.row_no) AS row_nos,
				array_agg(tstzrange(lower(h.valid)::timestamp AT TIME ZONE 'UTC', upper(h.valid)::timestamp AT TIME ZONE 'UTC') ORDER BY h.row_no) AS ranges
			FROM held h WHERE rui._good(h.fault) GROUP BY h.unit_id HAVING count(*) > 1) g
		CROSS JOIN LATERAL rui._overlapping_rows(g.row_nos, g.ranges) r
	), compared AS MATERIALIZED (
		SELECT h.row_no, h.unit_id, h.valid, h.ids, h.parts, old.id AS old_id,
			CASE WHEN h.fault IS NOT NULL THEN h.fault
			WHEN o.other IS NOT NULL THEN
				ARRAY['23P01', format('the dates overlap those of row %s', o.other), 'Name all owners of a unit in one row.']
			WHEN old.id IS NOT NULL AND (old.valid, old.owner_ids, old.share_parts) <> (h.valid, h.ids, h.parts) THEN
				ARRAY['23P01', format('other ownership is there in %s', old.valid), 'An import does not change what is there.']
			END AS fault
		FROM held h
		LEFT JOIN overlapping o ON o.row_no = h.row_no
		LEFT JOIN LATERAL (SELECT e.id, e.valid, e.owner_ids, e.share_parts FROM rui.ownership e
			WHERE e.project_id = import_ownerships.project_id AND e.unit_id = h.unit_id AND e.valid && h.valid
			ORDER BY e.valid LIMIT 1) old ON true
	), added AS (
		INSERT INTO rui.ownership AS o (project_id, unit_id, valid, owner_ids, share_parts)
		SELECT import_ownerships.project_id, c.unit_id, c.valid, c.ids, c.parts
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_ownerships.preview
		ORDER BY c.row_no
		RETURNING o.id, o.unit_id, o.valid
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.unit_code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.unit_id = c.unit_id AND a.valid = c.valid;
	PERFORM rui._finish_import(project_id, 'import_ownerships', 'ownership', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_ownerships(bigint, jsonb, boolean, text, timestamptz) IS
'Imports who owns what. records: a JSON array of rows {unit (its code), from, to?, owners: [{party (its code), parts? (1 to 1000000000)}, …]}: all owners of a unit in one row, their shares as whole parts of the sum, so that thirds are exact; a single owner needs none. Days as YYYY-MM-DD, to exclusive. The row''s code in the report is the unit''s. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003 parts, 22007, 22008 dates, P0002 unknown unit or party, 23505 owner twice, 23P01 overlaps other ownership of the unit. Needs permission manage_people. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';
