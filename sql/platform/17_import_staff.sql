-- Importing who works where: staff with roles and qualifications, posts,
-- shifts.

CREATE FUNCTION rui._read_instant(value text, time_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$' THEN
		RETURN value::timestamp AT TIME ZONE time_zone;
	ELSIF value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' THEN
		RETURN value::timestamptz;
	END IF;
	RETURN NULL;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._read_instant(text, text) IS
'Internal: an instant written YYYY-MM-DD HH:MM[:SS][offset], without offset meant in the time zone; null where there is no such instant.';

CREATE FUNCTION rui._instants_fault(item jsonb, time_zone text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	key text;
	instant timestamptz;
BEGIN
	FOREACH key IN ARRAY ARRAY['from', 'to'] LOOP
		IF item ->> key IS NULL THEN
			RETURN ARRAY['22004', key || ' is missing', format('Give "%s": "YYYY-MM-DD HH:MM".', key)];
		END IF;
		instant := rui._read_instant(item ->> key, time_zone);
		IF instant IS NULL THEN
			RETURN ARRAY['22007', format('%s "%s" is not an instant', key, rui._show(item ->> key)), 'Give YYYY-MM-DD HH:MM, in the project''s zone or with an offset.'];
		ELSIF instant < '1900-01-01 00:00+00' OR instant >= '2201-01-01 00:00+00' THEN
			RETURN ARRAY['22008', format('%s %s is out of range', key, item ->> key), 'Give an instant from 1900 to 2200.'];
		END IF;
	END LOOP;
	IF rui._read_instant(item ->> 'from', time_zone) >= instant THEN
		RETURN ARRAY['22023', format('to %s is not after from %s', item ->> 'to', item ->> 'from'), '"to" is the end, exclusive.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._instants_fault(jsonb, text) IS
'Internal: the fault of the instants from and to of an import row, or null: 22004, 22007 no instant, 22008 outside 1900 to 2200, 22023 to not after from.';

CREATE FUNCTION rui._qualifications_fault(item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	entry record;
	fault text[];
BEGIN
	IF item ->> 'qualifications' IS NULL THEN
		RETURN NULL;
	ELSIF jsonb_typeof(item -> 'qualifications') <> 'array' OR jsonb_array_length(item -> 'qualifications') > 100 THEN
		RETURN ARRAY['22023', 'qualifications is not an array of at most 100', 'Give "qualifications": [{"code": "plumbing", "level": 2, "source": …}, …].'];
	END IF;
	FOR entry IN SELECT q.item, q.place FROM jsonb_array_elements(item -> 'qualifications') WITH ORDINALITY AS q(item, place) LOOP
		fault := coalesce(rui._row_fault(entry.item, '{kind,code,level,from,to,source}'),
			rui._choice_fault('kind', entry.item, '{skill,training,certificate,licence,insurance}', false),
			rui._code_fault('code', entry.item),
			CASE WHEN entry.item ->> 'code' !~ '^[a-z][a-z0-9_]*$' THEN
				ARRAY['22023', format('code "%s" is not a word of a-z, 0-9 and _', entry.item ->> 'code'), 'Give a code such as plumbing.'] END,
			rui._number_fault('level', entry.item, 1, 9), rui._text_fault('source', entry.item, 200, false),
			rui._days_fault(entry.item, false));
		IF fault IS NOT NULL THEN
			RETURN ARRAY[fault[1], format('qualification %s: %s', entry.place, fault[2]), fault[3]];
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._qualifications_fault(jsonb) IS
'Internal: the first fault of the qualifications of an import row, or null.';

CREATE FUNCTION rui.import_staff(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_project rui.project;
	roles text[];
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_people');
	report := rui._begin_import(project_id, 'import_staff', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.* INTO my_project FROM rui.project p WHERE p.id = import_staff.project_id;
	-- A machine is not hired.
	roles := ARRAY(SELECT l.code FROM rui.label l WHERE l.kind = 'role' AND l.lang = 'en' AND NOT rui._is_for_machines(l.code) ORDER BY l.code);
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, r.item ->> 'staff_no' AS staff_no, coalesce(r.item ->> 'role', 'staff') AS role_code,
			coalesce(rui._row_fault(r.item, '{code,name,staff_no,from,to,role,phone,email,wechat,address,qualifications}'),
				rui._code_fault('code', r.item), rui._text_fault('name', r.item, 200), rui._code_fault('staff_no', r.item, 40),
				rui._days_fault(r.item), rui._choice_fault('role', r.item, roles, false), rui._contact_fault(r.item),
				rui._qualifications_fault(r.item)) AS fault
		FROM rui._import_rows(records) r
	), role_ok AS (
		SELECT j.role_code, rui._may_grant(import_staff.project_id, j.role_code, NULL) AS allowed
		FROM judged j WHERE rui._good(j.fault) GROUP BY j.role_code
	), worker AS MATERIALIZED (
		SELECT j.row_no, j.item, j.code, j.staff_no, j.role_code, j.item ->> 'name' AS name, p.id AS party_id,
			daterange(rui._read_day(j.item ->> 'from'), rui._read_day(j.item ->> 'to')) AS employed,
			CASE WHEN NOT o.allowed THEN
				ARRAY['42501', format('role "%s" carries permissions that you do not hold', j.role_code), 'Ask a director of the company.']
			WHEN p.name <> j.item ->> 'name' OR p.kind <> 'person' THEN
				ARRAY['23505', format('party "%s" is already there as %s "%s"', j.code, p.kind, p.name), 'Give another code, or the name as it is there.']
			WHEN j.item ?| '{phone,email,wechat,address}' THEN rui._stranger_fault(j.code, p.id)
			END AS fault
		FROM judged j
		JOIN role_ok o ON o.role_code = j.role_code
		LEFT JOIN rui.party p ON p.company_id = my_project.company_id AND p.code = j.code
		WHERE rui._good(j.fault)
	), qualified AS MATERIALIZED (
		-- Without dates a qualification lasts as long as the employment.
		SELECT w.row_no, w.party_id, q.place, coalesce(q.item ->> 'kind', 'skill') AS kind, q.item ->> 'code' AS code,
			coalesce((q.item ->> 'level')::numeric::integer, 1) AS level, coalesce(q.item ->> 'source', 'import') AS source,
			CASE WHEN d.from_on < d.to_on OR d.to_on IS NULL THEN
				tstzrange(d.from_on::timestamp AT TIME ZONE my_project.time_zone, d.to_on::timestamp AT TIME ZONE my_project.time_zone) END AS valid
		FROM worker w
		CROSS JOIN LATERAL jsonb_array_elements(coalesce(nullif(w.item -> 'qualifications', 'null'), '[]')) WITH ORDINALITY AS q(item, place)
		CROSS JOIN LATERAL (SELECT coalesce(rui._read_day(q.item ->> 'from'), lower(w.employed)) AS from_on,
			CASE WHEN q.item ->> 'to' IS NULL THEN upper(w.employed) ELSE rui._read_day(q.item ->> 'to') END AS to_on) d
	), twice AS (
		SELECT DISTINCT q.row_no, 'the same qualification twice at one time'::text AS problem
		FROM qualified q JOIN qualified e ON e.row_no = q.row_no AND e.kind = q.kind AND e.code = q.code AND e.place < q.place
			AND e.valid && q.valid
		UNION
		SELECT q.row_no, 'a qualification that ends before it begins' FROM qualified q WHERE q.valid IS NULL
	), clash AS (
		-- Somebody else's number, or another employment of the same person.
		SELECT e.row_no, min(format('staff number %s of %s', e.staff_no, e.employed)) AS other, bool_and(e.same) AS same
		FROM (
			SELECT w.row_no, s.staff_no, s.employed, s.staff_no = w.staff_no AND s.employed = w.employed AS same
			FROM worker w
			JOIN rui.staff s ON s.company_id = my_project.company_id AND s.party_id = w.party_id AND s.employed && w.employed
			WHERE rui._good(w.fault)
			UNION ALL
			SELECT w.row_no, s.staff_no, s.employed, false
			FROM worker w
			JOIN rui.staff s ON s.company_id = my_project.company_id AND s.staff_no = w.staff_no AND s.employed && w.employed
			WHERE rui._good(w.fault) AND s.party_id IS DISTINCT FROM w.party_id
		) e
		GROUP BY e.row_no
	), known AS (
		-- Qualifications already there: identical ones are left, others clash.
		SELECT q.row_no, bool_or((c.valid, c.level) <> (q.valid, q.level)) AS clashes, count(*) FILTER (WHERE (c.valid, c.level) = (q.valid, q.level)) AS same
		FROM qualified q
		JOIN rui.qualification c ON c.party_id = q.party_id AND c.kind = q.kind AND c.code = q.code AND c.valid && q.valid
		GROUP BY q.row_no
	), numbered AS (
		SELECT r.row_no, r.other
		FROM (SELECT array_agg(w.row_no ORDER BY w.row_no) AS row_nos,
				array_agg(tstzrange(lower(w.employed)::timestamp AT TIME ZONE 'UTC', upper(w.employed)::timestamp AT TIME ZONE 'UTC') ORDER BY w.row_no) AS ranges
			FROM worker w WHERE rui._good(w.fault) GROUP BY w.staff_no HAVING count(*) > 1) g
		CROSS JOIN LATERAL rui._overlapping_rows(g.row_nos, g.ranges) r
	), compared AS MATERIALIZED (
		SELECT w.row_no, w.item, w.code, w.name, w.party_id, w.staff_no, w.role_code, w.employed,
			CASE WHEN w.fault IS NOT NULL THEN w.fault
			WHEN w.row_no > min(w.row_no) FILTER (WHERE rui._good(w.fault)) OVER (PARTITION BY w.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', w.code), 'Give one row a person.']
			WHEN n.other IS NOT NULL THEN
				ARRAY['23P01', format('staff number "%s" is also that of row %s', w.staff_no, n.other), 'One number belongs to one person at a time.']
			WHEN t.problem IS NOT NULL THEN ARRAY['22023', t.problem, 'Give each qualification once for each time.']
			WHEN c.row_no IS NOT NULL AND NOT c.same THEN
				ARRAY['23P01', 'another employment is there: ' || c.other, 'A person has one employment, and a number one person, at a time.']
			WHEN k.clashes THEN
				ARRAY['23P01', 'a qualification is there for overlapping dates with other content', 'An import adds; it does not change what is there.']
			END AS fault,
			coalesce(c.same, false) AS employed_already
		FROM worker w
		LEFT JOIN (SELECT t.row_no, min(t.problem) AS problem FROM twice t GROUP BY t.row_no) t ON t.row_no = w.row_no
		LEFT JOIN clash c ON c.row_no = w.row_no
		LEFT JOIN known k ON k.row_no = w.row_no
		LEFT JOIN numbered n ON n.row_no = w.row_no
	), added AS (
		INSERT INTO rui.party AS p (company_id, code, kind, name)
		SELECT my_project.company_id, c.code, 'person', c.name
		FROM compared c
		WHERE rui._good(c.fault, c.party_id) AND NOT import_staff.preview
		ORDER BY c.row_no
		RETURNING p.id, p.code
	), taken AS MATERIALIZED (
		SELECT c.row_no, c.item, coalesce(c.party_id, a.id) AS party_id, c.staff_no, c.role_code, c.employed, c.employed_already,
			tstzrange(lower(c.employed)::timestamp AT TIME ZONE my_project.time_zone,
				upper(c.employed)::timestamp AT TIME ZONE my_project.time_zone) AS valid
		FROM compared c LEFT JOIN added a ON a.code = c.code
		WHERE rui._good(c.fault) AND NOT import_staff.preview
	), employed AS (
		INSERT INTO rui.staff AS s (company_id, party_id, staff_no, employed)
		SELECT my_project.company_id, t.party_id, t.staff_no, t.employed
		FROM taken t WHERE NOT t.employed_already
		RETURNING s.party_id
	), reached AS (
		INSERT INTO rui.contact_point AS p (company_id, party_id, kind, value)
		SELECT my_project.company_id, t.party_id, v.kind, v.value
		FROM taken t CROSS JOIN LATERAL rui._contact_values(t.item) v
		ON CONFLICT DO NOTHING
		RETURNING p.party_id
	), granted AS (
		INSERT INTO rui.membership AS m (project_id, party_id, role_code, valid)
		SELECT import_staff.project_id, t.party_id, t.role_code, n.valid
		FROM taken t
		CROSS JOIN LATERAL (SELECT range_agg(m.valid) AS valid FROM rui.membership m
			WHERE m.project_id = import_staff.project_id AND m.party_id = t.party_id AND m.role_code = t.role_code) held
		CROSS JOIN LATERAL unnest(tstzmultirange(t.valid) - coalesce(held.valid, '{}')) AS n(valid)
		RETURNING m.party_id
	), trained AS (
		INSERT INTO rui.qualification AS u (company_id, party_id, kind, code, level, valid, source)
		SELECT my_project.company_id, t.party_id, q.kind, q.code, q.level, q.valid, q.source
		FROM taken t
		JOIN qualified q ON q.row_no = t.row_no
		WHERE NOT EXISTS (SELECT FROM rui.qualification o
			WHERE o.party_id = t.party_id AND o.kind = q.kind AND o.code = q.code AND o.valid = q.valid)
		RETURNING u.party_id
	), touched AS (
		SELECT e.party_id FROM employed e UNION SELECT r.party_id FROM reached r
		UNION SELECT g.party_id FROM granted g UNION SELECT q.party_id FROM trained q
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.code,
		-- In a preview nothing is touched: what matters is the employment.
		CASE WHEN import_staff.preview AND c.employed_already OR t.party_id IS NOT NULL AND n.party_id IS NULL THEN c.party_id END,
		t.party_id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN taken t ON t.row_no = j.row_no
	LEFT JOIN touched n ON n.party_id = t.party_id;
	PERFORM rui._finish_import(project_id, 'import_staff', 'staff', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_staff(bigint, jsonb, boolean, text, timestamptz) IS
'Imports who works in the project. records: a JSON array of rows {code, name, staff_no, from, to?, role? (resident, steward, staff, agent, manager …: the codes of kind role in rui.label that people hold: those of rui.role_group; default staff), phone?, email?, wechat?, address?, qualifications?: [{kind? (skill, training, certificate, licence, insurance; default skill), code, level? (1 to 9, default 1), from?, to?, source? (default import)}, …]}; days as YYYY-MM-DD, to exclusive, counted from midnight in the project''s zone. A row becomes a party of the company (or meets one of the same code and name), an employment, the role in the project for as long, contact points and qualifications, which without dates last as long as the employment. Good rows are added whole and bad ones change nothing; where all is there already the row is unchanged (a preview looks at the employment). The id is the party''s. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 22007, 22008, 23505 code twice or another''s, 23P01 overlapping employment, number or qualification, 42501 role not yours to give, or contact points of who is of no project whose people one manages. Needs permission manage_people. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_posts(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
BEGIN
	PERFORM rui.require_permission(project_id, 'plan_shifts');
	report := rui._begin_import(project_id, 'import_posts', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'code' AS code,
			coalesce(rui._row_fault(r.item, '{code,name,module,headcount}'), rui._code_fault('code', r.item),
				rui._text_fault('name', r.item, 200), rui._choice_fault('module', r.item, '{steward,place,order,support}'),
				rui._number_fault('headcount', r.item, 0, 10000)) AS fault
		FROM rui._import_rows(records) r
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.code, j.item ->> 'name' AS name, j.item ->> 'module' AS module,
			coalesce((j.item ->> 'headcount')::numeric::integer, 1) AS headcount, p.id AS old_id,
			CASE WHEN j.row_no > min(j.row_no) OVER (PARTITION BY j.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', j.code), 'Give every post a code of its own.']
			WHEN (p.name, p.module, p.headcount) <> (j.item ->> 'name', j.item ->> 'module', coalesce((j.item ->> 'headcount')::numeric::integer, 1)) THEN
				ARRAY['23505', format('post "%s" is already there with other content', j.code), 'An import adds; it does not change what is there.']
			END AS fault
		FROM judged j
		LEFT JOIN rui.post p ON p.project_id = import_posts.project_id AND p.code = j.code
		WHERE rui._good(j.fault)
	), added AS (
		INSERT INTO rui.post AS p (project_id, code, name, module, headcount)
		SELECT import_posts.project_id, c.code, c.name, c.module, c.headcount
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_posts.preview
		ORDER BY c.row_no
		RETURNING p.id, p.code
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.code = c.code;
	PERFORM rui._finish_import(project_id, 'import_posts', 'post', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_posts(bigint, jsonb, boolean, text, timestamptz) IS
'Imports posts. records: a JSON array of rows {code, name, module (steward, place, order, support), headcount? (0 to 10000, default 1)}. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 23505. Needs permission plan_shifts. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_shifts(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_project rui.project;
BEGIN
	PERFORM rui.require_permission(project_id, 'plan_shifts');
	report := rui._begin_import(project_id, 'import_shifts', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.* INTO my_project FROM rui.project p WHERE p.id = import_shifts.project_id;
	PERFORM rui._lock_rosters(ARRAY(SELECT p.id FROM rui.party p
		WHERE p.company_id = my_project.company_id AND p.code IN (SELECT r.item ->> 'staff' FROM rui._import_rows(records) r)));
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'post' AS post_code, r.item ->> 'staff' AS staff_code,
			coalesce(rui._row_fault(r.item, '{post,staff,from,to,capacity}'), rui._code_fault('post', r.item),
				rui._code_fault('staff', r.item), rui._instants_fault(r.item, my_project.time_zone),
				rui._number_fault('capacity', r.item, 0, 1000)) AS fault
		FROM rui._import_rows(records) r
	), planned AS MATERIALIZED (
		SELECT j.row_no, o.id AS post_id, p.id AS party_id, j.staff_code, coalesce((j.item ->> 'capacity')::numeric::integer, 8) AS capacity, d.during,
			CASE WHEN o.id IS NULL THEN
				ARRAY['P0002', format('post "%s" does not exist in the project', j.post_code), 'Import the posts first; give the post''s code.']
			WHEN p.id IS NULL OR NOT EXISTS (SELECT FROM rui.membership m
				WHERE m.project_id = import_shifts.project_id AND m.party_id = p.id) THEN
				ARRAY['P0002', format('"%s" does not work in the project', j.staff_code), 'Import the staff first; give the person''s code.']
			WHEN rui._missing_qualification(import_shifts.project_id, o.id, p.id, d.during) IS NOT NULL THEN
				ARRAY['22023', format('"%s" is not qualified for post "%s": it needs %s', j.staff_code, j.post_code,
					rui._missing_qualification(import_shifts.project_id, o.id, p.id, d.during)), 'Give the shift to somebody who is qualified for all of it.']
			WHEN upper(d.during) - lower(d.during) > interval '48 hours' THEN
				ARRAY['22023', 'the shift lasts more than 48 hours', 'Give one row a shift.']
			WHEN NOT EXISTS (SELECT FROM rui.staff s WHERE s.company_id = my_project.company_id AND s.party_id = p.id
				AND tstzrange(lower(s.employed)::timestamp AT TIME ZONE my_project.time_zone,
					upper(s.employed)::timestamp AT TIME ZONE my_project.time_zone) @> d.during) THEN
				ARRAY['22023', format('"%s" is not employed during the shift', j.staff_code), 'Give a shift within the employment.']
			END AS fault
		FROM judged j
		CROSS JOIN LATERAL (SELECT tstzrange(rui._read_instant(j.item ->> 'from', my_project.time_zone),
			rui._read_instant(j.item ->> 'to', my_project.time_zone)) AS during) d
		LEFT JOIN rui.post o ON o.project_id = import_shifts.project_id AND o.code = j.post_code
		LEFT JOIN rui.party p ON p.company_id = my_project.company_id AND p.code = j.staff_code
		WHERE rui._good(j.fault)
	), overlapping AS (
		SELECT r.row_no, r.other
		FROM (SELECT array_agg(s.row_no ORDER BY s.row_no) AS row_nos,
				array_agg(s.during ORDER BY s.row_no) AS ranges
			FROM planned s WHERE rui._good(s.fault) GROUP BY s.party_id HAVING count(*) > 1) g
		CROSS JOIN LATERAL rui._overlapping_rows(g.row_nos, g.ranges) r
	), timed AS MATERIALIZED (
		SELECT s.row_no, s.post_id, s.party_id, s.during, s.capacity, old.id AS old_id,
			CASE WHEN s.fault IS NOT NULL THEN s.fault
			WHEN o.other IS NOT NULL THEN
				ARRAY['23P01', format('the shift overlaps that of row %s', o.other), 'A person has one shift at a time.']
			WHEN (old.during, old.post_id, old.capacity) <> (s.during, s.post_id, s.capacity) THEN
				ARRAY['23P01', format('another shift is there: %s', old.during), 'A person has one shift at a time; an import does not change what is there.']
			WHEN old.id IS NULL THEN CASE rui._shift_obstacle(import_shifts.project_id, s.post_id, s.party_id, s.during)
				WHEN 'on_leave' THEN
					ARRAY['55000', format('"%s" is on leave during the shift', s.staff_code), 'Give the shift to somebody else, or revoke the leave first.']
				WHEN 'has_shift' THEN
					ARRAY['23P01', format('"%s" has a shift in another project then', s.staff_code), 'A person has one shift at a time, in all projects of the company.']
				END
			END AS fault
		FROM planned s
		LEFT JOIN overlapping o ON o.row_no = s.row_no
		LEFT JOIN LATERAL (SELECT e.id, e.during, e.post_id, e.capacity FROM rui.shift e
			WHERE e.project_id = import_shifts.project_id AND e.party_id = s.party_id AND e.during && s.during AND e.state <> 'absent'
			ORDER BY e.during LIMIT 1) old ON true
	), candidate AS MATERIALIZED (
		SELECT t.*, row_number() OVER (ORDER BY t.row_no) AS place FROM timed t WHERE rui._good(t.fault, t.old_id)
	), tired AS MATERIALIZED (
		-- The rules of rest, for all that would be there together.
		SELECT DISTINCT ON (c.row_no) c.row_no, f.kind, f.found, f.allowed
		FROM (SELECT array_agg(c.party_id ORDER BY c.place) AS parties, array_agg(c.post_id ORDER BY c.place) AS posts,
				array_agg(c.during ORDER BY c.place) AS during, min(lower(c.during)) AS from_at, max(upper(c.during)) AS to_at FROM candidate c) g
		CROSS JOIN LATERAL rui._roster_faults(import_shifts.project_id, g.from_at, g.to_at, g.parties, '{}', g.parties, g.posts, g.during) f
		JOIN candidate c ON -c.place = ANY (f.shift_ids)
		WHERE f.action = 'refuse' AND EXISTS (SELECT FROM rui.rest_rule r WHERE r.project_id = import_shifts.project_id)
		ORDER BY c.row_no, f.kind
	), compared AS MATERIALIZED (
		SELECT t.row_no, t.post_id, t.party_id, t.during, t.capacity, t.old_id,
			CASE WHEN t.fault IS NULL AND d.row_no IS NOT NULL THEN
				ARRAY['23514', format('the rule %s would be broken: %s instead of %s', d.kind, d.found, d.allowed), 'Plan less, or give the shift to somebody else.']
			ELSE t.fault END AS fault
		FROM timed t LEFT JOIN tired d ON d.row_no = t.row_no
	), added AS (
		INSERT INTO rui.shift AS s (project_id, post_id, party_id, during, capacity)
		SELECT import_shifts.project_id, c.post_id, c.party_id, c.during, c.capacity
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_shifts.preview
		ORDER BY c.row_no
		RETURNING s.id, s.party_id, s.during
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.staff_code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.party_id = c.party_id AND a.during = c.during;
	PERFORM rui._finish_import(project_id, 'import_shifts', 'shift', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_shifts(bigint, jsonb, boolean, text, timestamptz) IS
'Imports shifts. records: a JSON array of rows {post (its code), staff (code of the person), from, to, capacity? (0 to 1000 open tasks at a time, default 8)}; instants as YYYY-MM-DD HH:MM[:SS], in the project''s zone or with an offset; at most 48 hours, within the employment. The row''s code in the report is the person''s. Good rows are added (state planned) and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 22007, 22008, P0002 unknown post or person, 23P01 overlaps another shift of the person in whatever project, 23514 against a rule of rest that refuses (rui.rest_rule), with all that would be there together; 22023 also for who is not employed, or not qualified for the post, during the shift; 55000 for who is on approved leave. Needs permission plan_shifts. Errors: 22004, 22023 container, 22008, 25000 in a transaction that looks at the past, 42501, 55000, RU409.';
