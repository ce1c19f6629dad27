-- From an empty platform to a live project: company, project, estate, people,
-- grids, shifts, policies. Reads building_row, unit_row and need_row; sets
-- :company, :project and :loader.

-- What only the DBA does: the first company and its director.
SELECT rui.create_company('demo', 'Demo Property Service', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company AND code = 'director' \gset

-- History is about to be written: its months want partitions.
SELECT rui.create_partitions((:'month_start'::date - interval '3 months')::date, 18) \gset hidden_

-- The director proposes the project and lets somebody load it.
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'town', :'town_name', :'time_zone') AS project \gset
SELECT id AS loader FROM rui.import_parties(:project, '[{"code": "loader", "name": "Data loader"}]') \gset
SELECT rui.grant_role(:project, :loader, 'loader') \gset hidden_
COMMIT;

-- Every import reports its rejected rows; here there are none, and if there
-- were, the demo would show them.
CREATE TEMP TABLE import_report (step text, outcome text, error_code text, problem text, hint text);

BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO import_report
SELECT 'buildings', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_buildings(:project, (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', b.code, 'name', b.name,
	'floors', b.floors, 'footprint', ST_AsEWKT(b.footprint, 9), 'entrance', ST_AsEWKT(b.entrance, 9))) ORDER BY b.code)
	FROM building_row b)) AS i;
INSERT INTO import_report
SELECT 'units', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_units(:project, (SELECT jsonb_agg(jsonb_build_object('code', u.code, 'building', u.building,
	'floor_no', u.floor_no, 'area_m2', u.area_m2) ORDER BY u.code) FROM unit_row u)) AS i;
COMMIT;

-- What lies between the houses, where it is known: grids keep to it.
SELECT to_regclass('pg_temp.stream') IS NOT NULL AS has_ways \gset
\if :has_ways
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO import_report
SELECT 'streets', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_streets(:project, (SELECT jsonb_agg(jsonb_build_object('code', s.code, 'line', ST_AsEWKT(s.line, 9)) ORDER BY s.code)
	FROM street s)) AS i;
INSERT INTO import_report
SELECT 'barriers', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_barriers(:project, (SELECT jsonb_agg(jsonb_build_object('code', 'stream', 'kind', 'river', 'line', ST_AsEWKT(b.line, 9)))
	FROM stream b)) AS i;
INSERT INTO import_report
SELECT 'passages', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_passages(:project, (SELECT jsonb_agg(jsonb_build_object('code', 'bridge ' || s.code, 'kind', 'bridge',
	'place', ST_AsEWKT(ST_Intersection(s.line, b.line), 9)) ORDER BY s.code)
	FROM street s JOIN stream b ON ST_Intersects(s.line, b.line))) AS i;
COMMIT;
\endif

-- One household a home, of one to four people; the first one owns it. Every
-- eighth home is let: its owner lives elsewhere.
CREATE TEMP TABLE person AS
SELECT u.code AS unit, m AS member, format('%s/%s', u.code, m) AS code,
	(ARRAY['王','李','张','刘','陈','杨','赵','黄','周','吴','徐','孙','胡','朱','高','林','何','郭','马','罗'])[1 + floor(pg_temp.chance('surname' || u.code) * 20)::int]
	|| (ARRAY['伟','芳','娜','敏','静','丽','强','磊','军','洋','勇','艳','杰','娟','涛','明','超','秀英','霞','平'])[1 + floor(pg_temp.chance(format('name%s.%s', u.code, m)) * 20)::int] AS name,
	'138' || lpad(floor(pg_temp.chance(format('phone%s.%s', u.code, m)) * 100000000)::bigint::text, 8, '0') AS phone,
	CASE WHEN m = 0 THEN 'landlord' WHEN m = 1 THEN CASE WHEN pg_temp.chance('let' || u.code) < 0.125 THEN 'tenant' ELSE 'owner' END ELSE 'family' END AS role
FROM unit_row u, generate_series(0, 4) AS m
WHERE (m = 0 AND pg_temp.chance('let' || u.code) < 0.125)
	OR (m = 1 AND NOT u.vacant) OR (m > 1 AND NOT u.vacant AND m <= 1 + floor(pg_temp.chance('size' || u.code) * 4) AND :'people' = 'all')
	OR (m = 1 AND u.vacant AND pg_temp.chance('let' || u.code) >= 0.125);

BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO import_report
SELECT 'people', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_parties(:project, (SELECT jsonb_agg(jsonb_build_object('code', p.code, 'name', p.name, 'phone', p.phone) ORDER BY p.code)
	FROM person p)) AS i;
INSERT INTO import_report
SELECT 'households', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_households(:project, (
	SELECT jsonb_agg(h.entry ORDER BY h.unit) FROM (
		SELECT p.unit, jsonb_build_object('unit', p.unit, 'from', '2012-01-01',
			'members', jsonb_agg(jsonb_build_object('party', p.code, 'role', p.role) ORDER BY p.member)) AS entry
		FROM person p JOIN unit_row u ON u.code = p.unit
		WHERE p.role <> 'landlord' AND NOT u.vacant GROUP BY p.unit) AS h)) AS i;
INSERT INTO import_report
SELECT 'ownerships', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_ownerships(:project, (
	SELECT jsonb_agg(jsonb_build_object('unit', p.unit, 'from', '2012-01-01', 'owners', jsonb_build_array(jsonb_build_object('party', p.code))) ORDER BY p.unit)
	FROM person p WHERE p.role IN ('owner', 'landlord'))) AS i;
COMMIT;

-- Staff: a steward for about 280 homes, technicians with qualifications,
-- two of them for the nights.
SELECT greatest(2, (count(*) + 140) / 280) AS steward_count FROM unit_row \gset
CREATE TEMP TABLE worker AS
SELECT format('S%s', lpad(n::text, 2, '0')) AS code, format('Steward %s', n) AS name, 'steward' AS role, 'steward' AS post,
	false AS at_night, '[]'::jsonb AS qualifications, n
FROM generate_series(1, :steward_count) AS n
UNION ALL
SELECT format('T%s', lpad(n::text, 2, '0')), format('Technician %s', n), 'staff', 'repair', n > 1 + :steward_count / 2,
	CASE WHEN n % 3 = 0 AND n <= 1 + :steward_count / 2
		THEN '[{"kind": "certificate", "code": "lift", "level": 3}, {"code": "electric", "level": 3}]'::jsonb
		WHEN n > 1 + :steward_count / 2
		THEN '[{"kind": "certificate", "code": "lift", "level": 3}, {"code": "plumbing", "level": 3}, {"code": "electric", "level": 2}]'::jsonb
		ELSE '[{"code": "plumbing", "level": 3}, {"code": "electric", "level": 2}]'::jsonb END, n
FROM generate_series(1, 1 + :steward_count / 2 + 2) AS n;

BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO import_report
SELECT 'staff', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_staff(:project, (SELECT jsonb_agg(jsonb_build_object('code', w.code, 'name', w.name, 'staff_no', w.code,
	'from', '2012-01-01', 'role', w.role, 'qualifications', w.qualifications) ORDER BY w.code) FROM worker w)) AS i;
INSERT INTO import_report
SELECT 'posts', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_posts(:project, '[{"code": "steward", "name": "Steward", "module": "steward"}, {"code": "repair", "name": "Repairs", "module": "support"}]') AS i;
-- Days from eight to eight, six days in seven; nights in turn.
INSERT INTO import_report
SELECT 'shifts', i.outcome, i.error_code, i.problem, i.hint
FROM rui.import_shifts(:project, (
	SELECT jsonb_agg(jsonb_build_object('post', w.post, 'staff', w.code,
		'from', to_char(d + CASE WHEN w.at_night THEN interval '20 hours' ELSE interval '8 hours' END, 'YYYY-MM-DD HH24:MI'),
		'to', to_char(d + CASE WHEN w.at_night THEN interval '32 hours' ELSE interval '20 hours' END, 'YYYY-MM-DD HH24:MI'),
		'capacity', :capacity) ORDER BY d, w.code)
	FROM worker w, generate_series(:'month_start'::timestamp - interval '1 day', :'month_end'::timestamp + interval '7 days', interval '1 day') AS d
	WHERE CASE WHEN w.at_night THEN (extract(epoch FROM d)::bigint / 86400 + w.n) % 2 = 0
		ELSE (extract(epoch FROM d)::bigint / 86400 + w.n) % 7 <> 0 END)) AS i;
COMMIT;
SELECT step, error_code, problem, hint FROM import_report WHERE outcome = 'rejected' LIMIT 20;

-- What autovacuum would do within a minute.
ANALYZE;

-- Grids: designed, looked at, approved, activated.
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.design_grids(:project, ARRAY(SELECT p.id FROM rui.party p JOIN worker w ON w.code = p.code AND p.company_id = :company
	WHERE w.role = 'steward' ORDER BY w.code),
	at => (:'month_start'::timestamp - interval '3 days') AT TIME ZONE :'time_zone') AS plan \gset
SELECT rui.approve_grids(:project, :plan,
	at => (:'month_start'::timestamp - interval '2 days') AT TIME ZONE :'time_zone') \gset hidden_
SELECT rui.activate_grids(:project, :plan, at => :'month_start'::timestamp AT TIME ZONE :'time_zone') \gset hidden_
COMMIT;
