-- Which policy counts, and how clocks run with tickets: due, breach, pause,
-- verdict, reopening, another kind of need.
BEGIN;
\ir fixture/estate.sql
SELECT plan(31);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_calendar(:one, 'makeup', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]},"date_hours":{"2026-03-07":"fri"}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes', 'repair'),
	rui.set_ticket_category(:one, 'tap', '龙头', 'Taps', 'pipe'), rui.set_ticket_category(:one, 'noise', '噪声', 'Noise') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT (moment || '+08')::timestamptz$$;
-- The row of a clock, times in local time of the project.
CREATE FUNCTION pg_temp.clock(ticket bigint, which text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'Dy HH24:MI'),
		to_char(breach_at AT TIME ZONE 'Asia/Shanghai', 'Dy HH24:MI'), on_time,
		CASE judged_by WHEN 'wall' THEN late_wall ELSE late_working END)
	FROM rui.task_clock WHERE task_id = ticket AND target = which$$;
CREATE FUNCTION pg_temp.policy_of(ticket bigint) RETURNS interval LANGUAGE sql AS $$
	SELECT rui.clock_target(clock) FROM rui.task_clock WHERE task_id = ticket AND target = 'response'$$;

-- The most specific policy.
SELECT rui.open_ticket(:one, 'noise', 'x') AS free \gset
SELECT is_empty(format('SELECT * FROM rui.task_clock WHERE task_id = %s', :free), 'without a policy there are no clocks');
SELECT rui.set_sla_policy(:one, 'site', '1:00', NULL, '4:00') AS any_need \gset
SELECT rui.set_sla_policy(:one, 'site', '2:00', category => 'repair') AS for_repair \gset
SELECT rui.set_sla_policy(:one, 'site', '3:00', category => 'pipe') AS for_pipe \gset
SELECT rui.set_sla_policy(:one, 'site', '4:00', priority => 1) AS for_first \gset
SELECT rui.set_sla_policy(:one, 'always', '0:30', is_emergency => true) AS for_emergency \gset
SELECT rui.set_sla_policy(:one, 'site', '5:00', category => 'noise', priority => 2) AS for_noise_2 \gset
SELECT rui.set_sla_policy(:one, 'site', '6:00', category => 'noise', contract_level => 5) AS for_noise_level \gset
SELECT results_eq(format($$
	SELECT pg_temp.policy_of(rui.open_ticket(%1$s, n.category, 'x', priority => n.priority, is_emergency => n.urgent))
	FROM (VALUES (1, 'noise', 3, false), (2, 'repair', 3, false), (3, 'tap', 3, false), (4, 'tap', 1, false),
		(5, 'noise', 1, false), (6, 'tap', 1, true), (7, 'noise', 2, false)) AS n(i, category, priority, urgent) ORDER BY n.i$$, :one),
	'{1:00,2:00,3:00,3:00,4:00,0:30,5:00}'::interval[], 'emergency goes before the nearest category, that before priority');
SELECT rui.set_contract_level(:one, 5) \gset hidden_
SELECT is(pg_temp.policy_of(rui.open_ticket(:one, 'noise', 'x')), '6:00'::interval, 'the contract''s level chooses last');
SELECT is(rui.set_sla_policy(:one, 'site', '6:00', category => 'noise', contract_level => 5), :for_noise_level::bigint,
	'setting the same again changes nothing');
SELECT ok(rui.set_sla_policy(:one, 'site', '7:00', category => 'noise', contract_level => 5) > :for_noise_level,
	'other targets make a new policy');
SELECT is(pg_temp.policy_of(rui.open_ticket(:one, 'noise', 'x')), '7:00'::interval, 'that counts from now on');
SELECT is(pg_temp.policy_of(rui.open_ticket(:one, 'noise', 'x', at => now() - interval '1 hour')), '6:00'::interval, 'not before');
SELECT rui.set_contract_level(:one, NULL), rui.end_sla_policy(:one, :for_pipe) \gset hidden_
SELECT is(pg_temp.policy_of(rui.open_ticket(:one, 'tap', 'x')), '2:00'::interval, 'a policy that has ended does not count');
SELECT throws_ok(format('SELECT rui.end_sla_policy(%s, %s)', :one, :for_pipe), '55000', NULL, 'it ends once');
SELECT throws_ok(format('SELECT rui.set_sla_policy(%s, ''nights'', ''1:00'')', :one), 'P0002', NULL, 'an unknown calendar');
SELECT throws_ok(format('SELECT rui.set_sla_policy(%s, ''site'', ''1:00'', category => ''moon'')', :one), '23503', NULL, 'an unknown category');
SELECT throws_ok(format('SELECT rui.set_sla_policy(%s, ''site'', ''1 day'')', :one), '22023', 'response has days or months: 1 day');
SELECT throws_ok(format('SELECT rui.set_sla_policy(%s, ''site'')', :one), '22023', 'a policy promises something');
SELECT throws_ok(format('SELECT rui.set_sla_policy(%s, ''site'', ''1:00'', escalations => ''{2:00,1:00}'')', :one), '22023', NULL,
	'escalations ascend');

-- Friday 2026-03-06 17:00 and four working hours.
SELECT rui.open_ticket(:one, 'noise', 'x', at => pg_temp.at('2026-03-06 17:00')) AS t \gset
SELECT is(pg_temp.clock(:t, 'resolution'), 'running Mon 12:00 Mon 12:00', 'four working hours from Friday 17:00');
SELECT is(pg_temp.clock(:t, 'response'), 'running Fri 18:00 Mon 09:00', 'due at closing time, breached after the next opening');
SELECT rui.assign_ticket(:one, :t, :worker, at => pg_temp.at('2026-03-06 17:10')),
	rui.accept_ticket(:one, :t, at => pg_temp.at('2026-03-09 09:00')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'response'), 'stopped Fri 18:00 Mon 09:00 t 00:00:00', 'accepted exactly at the breach time is on time');
SELECT rui.arrive_ticket(:one, :t, at => pg_temp.at('2026-03-09 09:00')) \gset hidden_
SELECT rui.pause_ticket(:one, :t, 'part missing', at => pg_temp.at('2026-03-09 09:30')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'resolution'), 'paused', 'nothing is due while it is paused');
SELECT rui.resume_ticket(:one, :t, at => pg_temp.at('2026-03-09 10:30')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'resolution'), 'running Mon 13:00 Mon 13:00', 'an hour of pause moves it by an hour');
SELECT rui.complete_ticket(:one, :t, 'done', at => pg_temp.at('2026-03-09 13:30')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'resolution'), 'stopped Mon 13:00 Mon 13:00 f 00:30:00', 'half an hour late');
SELECT is((SELECT array_agg(kind ORDER BY id) FROM rui.event WHERE subject_id = :t AND (subject = 'task' OR kind = 'ticket.complete')),
	'{clock.breach,ticket.complete}'::text[], 'the breach is told before the completion, without any tick');
SELECT rui.reopen_ticket(:one, :t, 'again', at => pg_temp.at('2026-03-09 17:00')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'resolution'), 'running Tue 12:00 Tue 12:00', 'reopening starts a new cycle');
SELECT is(pg_temp.clock(:t, 'response'), 'stopped Fri 18:00 Mon 09:00 t 00:00:00', 'but not of the response');
SELECT is((SELECT (target, cycle, on_time, late_working)::text FROM rui.task_clock_cycle WHERE task_id = :t),
	'(resolution,1,f,00:30:00)', 'and the old verdict is kept');
SELECT rui.cancel_ticket(:one, :t, 'enough', at => pg_temp.at('2026-03-11 12:00')) \gset hidden_
SELECT is(pg_temp.clock(:t, 'resolution'), 'stopped Tue 12:00 Tue 12:00', 'what is cancelled gets no verdict');

-- By the wall; an agreed target; a make-up day.
SELECT rui.set_sla_policy(:one, 'makeup', '1:00', '2:00', '4:00', category => 'repair', judged_by => 'wall',
	resolution_calendar => 'always', from_at => pg_temp.at('2026-01-01 00:00')) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('2026-03-06 17:00')) AS w \gset
SELECT is(pg_temp.clock(:w, 'arrival'), 'running Sat 10:00 Sat 10:00', 'a make-up Saturday counts');
SELECT is(pg_temp.clock(:w, 'resolution'), 'running Fri 21:00 Fri 21:00', 'a calendar of its own for the resolution');
SELECT rui.assign_ticket(:one, :w, :worker, at => pg_temp.at('2026-03-06 17:10')),
	rui.accept_ticket(:one, :w, at => pg_temp.at('2026-03-07 08:00')) \gset hidden_
SELECT is(pg_temp.clock(:w, 'response'), 'stopped Fri 18:00 Sat 09:00 f 14:00:00', 'judged by the wall it is late after closing time');
SELECT rui.open_ticket(:one, 'repair', 'x', agreed_resolution => '72:00', at => pg_temp.at('2026-03-06 17:00')) AS a \gset
SELECT is(pg_temp.clock(:a, 'resolution'), 'running Mon 17:00 Mon 17:00', 'what was agreed goes before the policy');

-- Another kind of need.
SELECT rui.open_ticket(:one, 'noise', 'x', at => pg_temp.at('2026-03-09 10:00')) AS k \gset
SELECT rui.triage_ticket(:one, :k, priority => 1, at => pg_temp.at('2026-03-09 10:30')) \gset hidden_
SELECT is(pg_temp.clock(:k, 'response'), 'running Mon 14:00 Mon 14:00', 'triage takes the other promise and keeps what has passed');
SELECT is(pg_temp.clock(:k, 'resolution'), 'stopped Mon 14:00 Mon 14:00', 'what is no longer promised ends without a verdict');
SELECT * FROM finish();
ROLLBACK;
