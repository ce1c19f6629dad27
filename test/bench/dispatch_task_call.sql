-- A live project of :people people on duty, each with places for :offered / 80 tasks, stewards of
-- ten grids among them, and :offered tasks that are offered to them. Variables: people, offered.
BEGIN;
SELECT set_config('rui.party_id', (SELECT p.id::text FROM rui.party p WHERE p.code = 'director'), true) \g /dev/null
SELECT p.company_id AS company FROM rui.party p WHERE p.code = 'director' \gset
SELECT rui.create_project(:company, 'live', 'Live', 'UTC') AS live \gset
SELECT rui.set_project_state(:live, 'go_live') \g /dev/null
SELECT count(*) FROM rui.import_staff(:live, (SELECT jsonb_agg(jsonb_build_object('code', 'p' || i, 'name', 'P' || i, 'staff_no', i::text,
	'from', '2020-01-01', 'role', CASE WHEN i <= 10 THEN 'steward' ELSE 'staff' END)
	|| CASE WHEN i % 3 = 0 THEN '{"qualifications":[{"code":"plumbing","level":2}]}' ELSE '{}' END::jsonb) FROM generate_series(1, :people) i)) \g /dev/null
SELECT rui.import_posts(:live, '[{"code":"p","name":"Post","module":"place"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:live, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', 'p' || i,
	'from', '2026-03-02 08:00', 'to', '2026-03-02 20:00', 'capacity', :offered / 80)) FROM generate_series(1, :people) i)) \g /dev/null
SELECT rui.set_sla_policy(:live, 'always', response => '1 hour', from_at => '2024-01-01 00:00+00') \g /dev/null
SELECT rui.set_ticket_category(:live, c, c, c, skill => s, skill_level => l) FROM (VALUES ('general', NULL, 1), ('leak', 'plumbing', 2)) AS t(c, s, l) \g /dev/null
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:live, '2026-01-01', '{}', 10) RETURNING id AS plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :live, :plan, 'G' || i, ST_Multi(ST_MakeEnvelope(10 + i * 0.002, 50, 10.002 + i * 0.002, 50.01, 4326)), y.id, 0, 0, 0, 1, 1
FROM generate_series(1, 10) i JOIN rui.party y ON y.company_id = :company AND y.code = 'p' || i;
SELECT rui.approve_grids(:live, :plan, NULL, '2026-01-02') \g /dev/null
SELECT rui.activate_grids(:live, :plan, NULL, '2026-01-03') \g /dev/null
CREATE TABLE bench.live AS SELECT :live::bigint AS project_id;
SELECT setseed(0.7) \g /dev/null
CREATE FUNCTION bench.open(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.open_ticket(v.project_id, CASE WHEN random() < 0.3 THEN 'leak' ELSE 'general' END, 'need',
		place => ST_SetSRID(ST_MakePoint(10.002 + random() * 0.02, 50 + random() * 0.01), 4326), priority => 1 + floor(random() * 5)::int, at => at)
	FROM bench.live v$$;
SELECT count(bench.open('2026-03-02 09:00+00')) FROM generate_series(1, :offered) \g /dev/null
SELECT d.assigned FROM bench.live v, rui.dispatch(v.project_id, NULL, '2026-03-02 09:10+00') d \g /dev/null
COMMIT;
VACUUM ANALYZE;

CREATE TABLE bench.called (n int, ms float8);
-- A ticket is opened and another cancelled, then the new one is dispatched,
-- each in a transaction; what is counted is the call, up to its commit.
CREATE PROCEDURE bench.dispatch_calls(calls int) LANGUAGE plpgsql AS $$
DECLARE
	live CONSTANT bigint := (SELECT project_id FROM bench.live);
	boss CONSTANT text := (SELECT p.id FROM rui.party p WHERE p.code = 'director');
	clock timestamptz := (SELECT s.last_at FROM rui.dispatch_state s WHERE s.project_id = live);
	began timestamptz;
	task bigint;
BEGIN
	FOR i IN 1..calls LOOP
		clock := clock + interval '1 second';
		PERFORM set_config('rui.party_id', boss, true);
		task := bench.open(clock);
		PERFORM rui.cancel_ticket(live, (SELECT t.id FROM rui.task t WHERE t.project_id = live AND t.state = 'assigned'
			ORDER BY random() LIMIT 1), 'over', at => clock);
		COMMIT;
		PERFORM set_config('rui.party_id', boss, true);
		began := clock_timestamp();
		PERFORM FROM rui.dispatch_task(live, task, NULL, clock);
		INSERT INTO bench.called VALUES (i, extract(epoch FROM clock_timestamp() - began) * 1000);
		COMMIT;
	END LOOP;
END $$;
