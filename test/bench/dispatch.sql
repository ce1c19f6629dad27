-- A live project of :people people on duty, a third of whom can mend leaks, stewards of ten grids
-- among them, with places for nine tenths of :tasks tasks, which wait. Variables: people, tasks.
-- The peer is what one writes without a matcher, in tables of its own: each task goes to the
-- nearest qualified person on duty, in order of priority until his places are full.
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS bench;
SELECT rui.create_company('bench_' || :tasks, 'Bench', 'Boss') AS company \gset
INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
SELECT :company, p.id, r.role_code, tstzrange('2000-01-01 00:00+00', NULL)
FROM rui.party p, unnest('{loader,manager}'::text[]) AS r(role_code) WHERE p.company_id = :company;
BEGIN;
SELECT set_config('rui.party_id', (SELECT p.id::text FROM rui.party p WHERE p.company_id = :company), true) \g /dev/null
SELECT rui.create_project(:company, 'live', 'Live', 'UTC') AS live \gset
SELECT rui.set_project_state(:live, 'go_live') \g /dev/null
SELECT count(*) FROM rui.import_staff(:live, (SELECT jsonb_agg(jsonb_build_object('code', 'p' || i, 'name', 'P' || i, 'staff_no', i::text,
	'from', '2020-01-01', 'role', CASE WHEN i <= 10 THEN 'steward' ELSE 'staff' END)
	|| CASE WHEN i % 3 = 0 THEN '{"qualifications":[{"code":"plumbing","level":2}]}' ELSE '{}' END::jsonb) FROM generate_series(1, :people) i)) \g /dev/null
SELECT rui.import_posts(:live, '[{"code":"p","name":"Post","module":"place"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:live, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', 'p' || i,
	'from', '2026-03-02 08:00', 'to', '2026-03-02 20:00', 'capacity', greatest(1, :tasks * 9 / 10 / :people))) FROM generate_series(1, :people) i)) \g /dev/null
SELECT rui.set_ticket_category(:live, c, c, c, skill => s, skill_level => l) FROM (VALUES ('general', NULL, 1), ('leak', 'plumbing', 2)) AS t(c, s, l) \g /dev/null
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:live, '2026-01-01', '{}', 10) RETURNING id AS plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :live, :plan, 'G' || i, ST_Multi(ST_MakeEnvelope(10 + i * 0.002, 50, 10.002 + i * 0.002, 50.01, 4326)), y.id, 0, 0, 0, 1, 1
FROM generate_series(1, 10) i JOIN rui.party y ON y.company_id = :company AND y.code = 'p' || i;
SELECT rui.approve_grids(:live, :plan, NULL, '2026-01-02') \g /dev/null
SELECT rui.activate_grids(:live, :plan, NULL, '2026-01-03') \g /dev/null
SELECT setseed(0.7) \g /dev/null
SELECT count(rui.open_ticket(:live, CASE WHEN random() < 0.3 THEN 'leak' ELSE 'general' END, 'need',
	place => ST_SetSRID(ST_MakePoint(10.002 + random() * 0.02, 50 + random() * 0.01), 4326), priority => 1 + floor(random() * 5)::int, at => '2026-03-02 09:00+00'))
FROM generate_series(1, :tasks) \g /dev/null
COMMIT;

DROP TABLE IF EXISTS bench.live, bench.ticket, bench.person, bench.history;
CREATE TABLE bench.live AS SELECT :live::bigint AS project_id, :company::bigint AS company_id;
CREATE TABLE bench.ticket AS
SELECT t.id, t.place, t.skill, t.skill_level, t.priority, t.opened_at, NULL::bigint AS executor_id, t.state FROM rui.task t WHERE t.project_id = :live;
ALTER TABLE bench.ticket ADD PRIMARY KEY (id);
CREATE TABLE bench.person AS
SELECT w.party_id, w.place, w.capacity, q.level FROM rui._dispatch_workers(:live, '2026-03-02 09:10+00') w
LEFT JOIN rui.qualification q ON q.party_id = w.party_id AND q.code = 'plumbing' WHERE w.rule IS NULL;
CREATE TABLE bench.history (ticket_id bigint, executor_id bigint, at timestamptz);
VACUUM ANALYZE;
