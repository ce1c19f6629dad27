-- Fifty live projects with a hundred homes, four hundred tickets and :months
-- months of charges each, put there behind the platform's back: the API makes
-- one ticket, the others are like it. A resident, a steward and a manager of
-- the seventh project; an auditor of that one and one of all.
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'p' || i, 'Project ' || i) FROM generate_series(1, 50) i \g /dev/null
SELECT rui.set_project_state(id, 'go_live') FROM rui.project ORDER BY id \g /dev/null
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'l', 'Loader') RETURNING id AS loader \gset
SELECT rui.grant_role(id, :loader, 'loader'), rui.grant_role(id, :loader, 'manager') FROM rui.project \g /dev/null
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_ticket_category(id, 'repair', '维修', 'Repair') FROM rui.project \g /dev/null
SELECT rui.set_calendar(id, 'hours', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","18:00"]],"thu":[["08:00","18:00"]]}}') FROM rui.project \g /dev/null
SELECT rui.set_sla_policy(id, 'hours', '15 minutes', '1 hour', '4 hours') FROM rui.project \g /dev/null
SELECT rui.open_books(id, '2024-01-01', at => '2024-01-01') FROM rui.project \g /dev/null
SELECT rui.set_fee_item(id, 'property', '物业费') FROM rui.project \g /dev/null
INSERT INTO rui.building (project_id, code, footprint, entrance)
SELECT id, 'b1', ST_Multi(ST_MakeEnvelope(118.80, 32.05, 118.801, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005, 32.0505), 4326) FROM rui.project;
INSERT INTO rui.unit (project_id, building_id, code, area_m2)
SELECT b.project_id, b.id, 'u' || n, 90 FROM rui.building b CROSS JOIN generate_series(1, 100) n ORDER BY b.project_id, n;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT project_id, id, '[2020-01-01,)' FROM rui.unit ORDER BY project_id, id;
INSERT INTO rui.party (company_id, code, name) SELECT :company, 'r' || h.id, 'Resident ' || h.id FROM rui.household h;
INSERT INTO rui.party (company_id, code, name) SELECT :company, 's' || p.id || '-' || n, 'Steward' FROM rui.project p CROSS JOIN generate_series(1, 4) n;
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT h.project_id, h.id, h.unit_id, p.id, 'owner', '[2020-01-01,)' FROM rui.household h JOIN rui.party p ON p.code = 'r' || h.id;
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT o.project_id, o.party_id, 'resident', '[2020-01-01,)'::tstzrange FROM rui.occupancy o
UNION ALL SELECT p.id, s.id, 'steward', '[2020-01-01,)' FROM rui.project p JOIN rui.party s ON s.code LIKE 's' || p.id || '-%';
SELECT id AS seventh FROM rui.project WHERE code = 'p7' \gset
SELECT rui.open_ticket(:seventh, 'repair', 'The tap drips', (SELECT min(id) FROM rui.unit WHERE project_id = :seventh)) AS ticket \gset
COMMIT;
ANALYZE rui.unit, rui.household, rui.party, rui.occupancy;
CREATE SCHEMA bench;
-- One ticket in ten is open; four of each home.
CREATE TABLE bench.made AS
SELECT p.id AS project_id, 1000000 + n AS id, n, n % 10 = 0 AS is_open, u.id AS unit_id, h.id AS household_id, o.party_id AS reporter_id,
	s.id AS steward_id, now() - n * interval '2 hours' AS opened_at
FROM rui.project p CROSS JOIN generate_series(1, 400) n
JOIN (SELECT u.project_id, u.id, row_number() OVER (PARTITION BY u.project_id ORDER BY u.id) - 1 AS rank_no FROM rui.unit u) u
	ON u.project_id = p.id AND u.rank_no = (n - 1) / 4
JOIN rui.party s ON s.code = 's' || p.id || '-' || 1 + n % 4
JOIN rui.household h ON h.project_id = p.id AND h.unit_id = u.id
JOIN rui.occupancy o ON o.project_id = p.id AND o.unit_id = u.id;
SET session_replication_role = replica;
INSERT INTO rui.task (project_id, id, kind, category, place, unit_id, building_id, priority, is_emergency, skill_level, service, accountable_id,
	executor_id, opened_at, assigned_at, completed_at, ended_at, state, last_action, last_at)
SELECT m.project_id, m.id, t.kind, t.category, t.place, m.unit_id, NULL, 1 + m.n % 5, false, t.skill_level, t.service, m.steward_id,
	m.steward_id, m.opened_at, m.opened_at, CASE WHEN NOT m.is_open THEN m.opened_at END, CASE WHEN NOT m.is_open THEN m.opened_at END,
	CASE WHEN m.is_open THEN 'assigned' ELSE 'closed' END, CASE WHEN m.is_open THEN 'assign' ELSE 'close' END, m.opened_at
FROM bench.made m CROSS JOIN rui.task t WHERE t.project_id = :seventh AND t.id = :ticket;
INSERT INTO rui.ticket (project_id, id, source, reporter_id, household_id, details)
SELECT m.project_id, m.id, 'resident_app', m.reporter_id, m.household_id, 'Ticket ' || m.n FROM bench.made m;
INSERT INTO rui.task_clock (project_id, task_id, target, calendar_code, judged_by, started_at, first_target, first_calendar, clock, cycle, state, due_at,
	breach_at, stopped_at, on_time, late_working, late_wall)
SELECT m.project_id, m.id, c.target, c.calendar_code, c.judged_by, m.opened_at, c.first_target, c.first_calendar, c.clock, 1,
	CASE WHEN m.is_open THEN 'running' ELSE 'stopped' END, m.opened_at + c.first_target, m.opened_at + c.first_target,
	CASE WHEN NOT m.is_open THEN m.opened_at END, CASE WHEN NOT m.is_open THEN m.n % 7 <> 0 END,
	CASE WHEN NOT m.is_open THEN interval '0' END, CASE WHEN NOT m.is_open THEN interval '0' END
FROM bench.made m CROSS JOIN rui.task_clock c WHERE c.project_id = :seventh AND c.task_id = :ticket;
INSERT INTO rui.document_number (project_id, series, period_on, subject_id, number)
SELECT m.project_id, 'ticket', '2000-01-01', m.id, 1000 + m.n FROM bench.made m;
INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, source, period, quantity, net, tax, gross, due_on, at)
SELECT o.project_id, f.id, o.unit_id, o.party_id, 'plan', daterange(d.on_day, (d.on_day + interval '1 month')::date), 90, 180, 0, 180,
	d.on_day + 20, d.on_day
FROM rui.occupancy o JOIN rui.fee_item f ON f.project_id = o.project_id
CROSS JOIN LATERAL (SELECT ('2024-01-01'::date + m * interval '1 month')::date AS on_day FROM generate_series(0, :months - 1) m) d
ORDER BY d.on_day, o.project_id, o.unit_id;
SET session_replication_role = origin;

CREATE ROLE bench_resident LOGIN IN ROLE rui_resident;
CREATE ROLE bench_steward LOGIN IN ROLE rui_steward;
CREATE ROLE bench_manager LOGIN IN ROLE rui_manager;
CREATE ROLE bench_auditor LOGIN IN ROLE rui_auditor;
CREATE ROLE bench_auditor_of_all LOGIN IN ROLE rui_auditor;
INSERT INTO rui.party (company_id, code, name) SELECT :company, 'm' || n, 'Manager or auditor' FROM generate_series(1, 3) n;
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT j.id, p.id, CASE p.code WHEN 'm1' THEN 'manager' ELSE 'auditor' END, '[2020-01-01,)' FROM rui.party p JOIN rui.project j
	ON p.code = 'm3' OR p.code IN ('m1', 'm2') AND j.id = :seventh;
CREATE TABLE bench.who AS
SELECT v.login::name, p.id AS party_id FROM (
	VALUES ('bench_resident', (SELECT 'r' || household_id FROM bench.made WHERE project_id = :seventh AND n = 100)), ('bench_steward', 's' || :seventh || '-1'),
		('bench_manager', 'm1'), ('bench_auditor', 'm2'), ('bench_auditor_of_all', 'm3')) AS v(login, code)
JOIN rui.party p ON p.code = v.code;
INSERT INTO rui.login (login, party_id) SELECT w.login, w.party_id FROM bench.who w;
VACUUM ANALYZE;
