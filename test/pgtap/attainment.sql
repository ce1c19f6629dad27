-- How promises were kept: single clocks and their sums; published standards as policies.
BEGIN;
\ir fixture/estate.sql
SELECT plan(17);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'noise', '噪声', 'Noise') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
SELECT rui.set_sla_policy(:one, 'site', resolution => '2:00') \gset hidden_
-- Ends at closing time, late by the wall only; in time; late; reopened; cancelled; running late; running.
CREATE FUNCTION pg_temp.play(project bigint, worker bigint, category text, opens text, done text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	t bigint := rui.open_ticket(project, category, 'x', at => pg_temp.at(opens));
BEGIN
	PERFORM rui.assign_ticket(project, t, worker, at => pg_temp.at(opens)), rui.accept_ticket(project, t, at => pg_temp.at(opens)),
		rui.arrive_ticket(project, t, at => pg_temp.at(opens));
	IF done IS NOT NULL THEN
		PERFORM rui.complete_ticket(project, t, 'x', at => pg_temp.at(done));
	END IF;
	RETURN t;
END
$$;
SELECT pg_temp.play(:one, :worker, 'repair', '09 16:00', '10 09:00') AS by_the_wall,
	pg_temp.play(:one, :worker, 'repair', '09 10:30', '09 12:30') AS in_time, pg_temp.play(:one, :worker, 'noise', '10 10:15', '10 13:15') AS late,
	pg_temp.play(:one, :worker, 'noise', '10 11:00', '10 15:00') AS again, pg_temp.play(:one, :worker, 'noise', '11 11:00', NULL) AS gone,
	pg_temp.play(:one, :worker, 'repair', '11 09:00', NULL) AS late_yet, pg_temp.play(:one, :worker, 'repair', '11 15:00', NULL) AS running \gset
SELECT rui.reopen_ticket(:one, :again, 'x', at => pg_temp.at('11 12:00')), rui.assign_ticket(:one, :again, :worker, at => pg_temp.at('11 12:00')),
	rui.accept_ticket(:one, :again, at => pg_temp.at('11 12:00')), rui.arrive_ticket(:one, :again, at => pg_temp.at('11 12:00')),
	rui.complete_ticket(:one, :again, 'x', at => pg_temp.at('11 13:00')), rui.cancel_ticket(:one, :gone, 'x', at => pg_temp.at('11 12:00')) \gset hidden_
SELECT count(*) FROM rui.tick(:one, pg_temp.at('11 16:00')) \gset hidden_
SELECT results_eq(format('SELECT task_id, cycle, hour_of_week, on_time, late_working, late_wall FROM rui.clock_outcome WHERE project_id = %s ORDER BY started_at, task_id', :one),
	format($$VALUES (%s::bigint, 1, 10, true, interval '0', interval '0'), (%s, 1, 16, true, '0', '15:00'), (%s, 1, 34, false, '1:00', '1:00'), (%s, 1, 35, false, '2:00', '2:00'),
		(%s, 1, 57, NULL, NULL, NULL), (%s, 2, 60, true, '0', '0'), (%s, 1, 63, NULL, NULL, NULL)$$, :in_time, :by_the_wall, :late, :again, :late_yet, :again, :running),
	'a row each clock and cycle, by both measures; what was cancelled is left out');
SELECT results_eq(format('SELECT month, category, clocks, on_time, late, late_working, late_wall, running, running_late, share FROM rui.attainment_by_category WHERE project_id = %s ORDER BY category', :one),
	$$VALUES ('2026-03-01'::date, 'noise', 3::bigint, 1::bigint, 2::bigint, 2::bigint, 2::bigint, 0::bigint, 0::bigint, 0.3333), ('2026-03-01', 'repair', 4, 2, 0, 0, 1, 2, 1, 1.0000)$$,
	'by category');
SELECT is((SELECT array_agg(hour_of_week || ':' || clocks ORDER BY hour_of_week) FROM rui.attainment_by_hour WHERE project_id = :one), '{10:1,16:1,34:1,35:1,57:1,60:1,63:1}'::text[], 'by hour of the week');
SELECT is((SELECT (clocks, share_low)::text FROM rui.attainment_by_steward WHERE project_id = :one AND steward_id = (SELECT id FROM rui.party WHERE company_id = :company AND code = 'director')), '(7,0.2307)', 'by steward, with what the share is worth');
SELECT is((SELECT clocks FROM rui.attainment_by_grid WHERE project_id = :one AND grid_id IS NULL), 7::bigint, 'by grid');
SELECT is((SELECT array_agg(code || '=' || name || '=' || clocks ORDER BY code) FROM rui.report_attainment(:one, pg_temp.at('09 00:00'), pg_temp.at('10 00:00'), split_by => 'hour', lang => 'zh')),
	'{"010=周一 10:00=1","016=周一 16:00=1"}'::text[], 'the report names hours');
SELECT is((SELECT sum(clocks) FROM rui.report_attainment(:one, pg_temp.at('09 00:00'), pg_temp.at('12 00:00'), split_by => 'steward')), 6::numeric, 'and splits by steward');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'an', 'Analyst') RETURNING id AS analyst \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :analyst, 'analyst', '[2000-01-01,)');
SELECT set_config('rui.party_id', :'analyst', true) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT throws_ok('SELECT * FROM rui.attainment_by_category', '42501', NULL, 'an analyst has rui.count_attainment');
SET LOCAL ROLE rui_resident;
SELECT throws_ok('SELECT * FROM rui.attainment_by_category', '42501', NULL, 'a resident does not');
RESET ROLE;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_

-- Standards as policies.
SELECT rui.set_calendar(:one, 'workdays', rui.china_calendar('{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]]}', 2026, 2026)) \gset hidden_
CREATE TEMP TABLE adopted AS SELECT * FROM rui.adopt_standard(:one, 'qingdao_2013', 5, 'site', 'workdays', '{"complaint":"noise"}');
SELECT results_eq('SELECT a.kind, p.contract_level, p.is_emergency, p.category, p.calendar_code, p.arrival, p.answer FROM adopted a JOIN rui.sla_policy p ON p.id = a.policy_id ORDER BY 1',
	$$VALUES ('complaint', 5, NULL, 'noise', 'workdays', NULL, interval '24:00'), ('urgent', 5, true, NULL, 'always', interval '0:15', NULL)$$, 'each kind a policy');
SELECT is((SELECT count(*) FROM rui.sla_policy WHERE project_id = :one), 3::bigint, 'two new ones');
SELECT is((SELECT count(*) FROM rui.adopt_standard(:one, 'qingdao_2013', 5, 'site', 'workdays', '{"complaint":"noise"}')), 2::bigint, 'again');
SELECT is((SELECT count(*) FROM rui.sla_policy WHERE project_id = :one), 3::bigint, 'changes nothing');
SELECT is((SELECT policy_id FROM rui.adopt_standard(:one, 'qingdao_2013', 5, 'site') WHERE kind = 'complaint'), NULL, 'a kind without its category is left out');
SELECT throws_ok(format($$SELECT rui.adopt_standard(%s, 'qingdao_2013', 5, 'site', categories => '{"complaint":"noise"}')$$, :one), '22004', NULL, 'working days need their calendar');
SELECT throws_ok(format($$SELECT rui.adopt_standard(%s, 'qingdao_2013', 5, 'site', categories => '{"grumble":"noise"}')$$, :one), '22023', NULL, 'kinds are known ones');
SELECT throws_ok(format($$SELECT rui.adopt_standard(%s, 'moon_1969', 5, 'site')$$, :one), 'P0002', NULL, 'so are standards');
SELECT * FROM finish();
ROLLBACK;
