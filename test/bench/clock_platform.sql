-- A million running clocks in rui.task_clock, put there behind the platform's back.
\set hours '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:30","18:00"]],"tue":[["08:00","12:00"],["13:30","18:00"]],"wed":[["08:00","12:00"],["13:30","18:00"]],"thu":[["08:00","12:00"],["13:30","18:00"]],"fri":[["08:00","12:00"],["13:30","18:00"]]}}'
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'bench', 'Bench') AS project \gset
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'l', 'Loader') RETURNING id AS loader \gset
SELECT rui.grant_role(:project, :loader, 'loader') \gset hidden_
COMMIT;
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_calendar(:project, 'site', :'hours') \gset hidden_
SELECT rui.set_sla_policy(:project, 'site', resolution => '300:00') AS policy \gset
COMMIT;
CREATE TABLE bench.platform AS SELECT :project AS project_id, :loader AS loader_id, :policy AS policy_id;
SET session_replication_role = replica;
INSERT INTO rui.task_clock (project_id, task_id, target, policy_id, calendar_code, judged_by, started_at, first_target,
	first_calendar, clock, state, due_at, breach_at, next_at)
SELECT :project, n, 'resolution', :policy, 'site', 'working', s.at, '300:00', 'site', k.clock, 'running', rui.clock_due_at(k.clock),
	rui.clock_breach_at(k.clock), rui.clock_breach_at(k.clock)
FROM generate_series(1, :rows) n
CROSS JOIN LATERAL (SELECT now() - n % 7200 * interval '1 minute' OFFSET 0) AS s(at)
CROSS JOIN LATERAL (SELECT rui.clock_start(:'hours', s.at, '300:00') OFFSET 0) AS k(clock);
VACUUM ANALYZE rui.task_clock;

CREATE SEQUENCE bench.holiday;
CREATE FUNCTION bench.with_holiday(project bigint) RETURNS rui.calendar LANGUAGE sql AS $$
	SELECT v.calendar OPERATOR(rui.-) format('{"tz":"Asia/Shanghai","date_hours":{"%s":[["00:00","24:00"]]}}', (
		SELECT array_agg(d ORDER BY d) FROM (
			SELECT d::date AS d FROM generate_series(current_date + 3, current_date + 30, '1 day') d WHERE extract(isodow FROM d) < 6) w)
		[nextval('bench.holiday')])::rui.calendar
	FROM rui.calendar_version v WHERE v.project_id = project AND v.code = 'site' ORDER BY v.valid DESC LIMIT 1$$;
