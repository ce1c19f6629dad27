-- Each breach and each escalation level is told once, in order, at the right
-- instant, however it is found.
BEGIN;
\ir fixture/estate.sql
SELECT plan(19);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'working', '工时', 'Working'), rui.set_ticket_category(:one, 'wall', '钟点', 'Wall') \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', resolution => '4:00', category => 'working', escalations => '{1:00,6:00}'),
	rui.set_sla_policy(:one, 'site', resolution => '4:00', category => 'wall', escalations => '{1:00,6:00}', escalate_in => 'wall') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
CREATE FUNCTION pg_temp.tick(project bigint, moment text) RETURNS bigint LANGUAGE sql AS $$
	SELECT done FROM rui.tick(project, pg_temp.at(moment)) WHERE duty = 'escalate'$$;
CREATE FUNCTION pg_temp.told(ticket bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', cycle, level, to_char(at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI')), ', ' ORDER BY cycle, level)
	FROM rui.escalation WHERE task_id = ticket$$;

-- Monday is 2026-03-09.
SELECT rui.open_ticket(:one, 'working', 'x', at => pg_temp.at('09 09:00')) AS a \gset
SELECT rui.open_ticket(:one, 'wall', 'x', at => pg_temp.at('09 09:00')) AS b \gset
SELECT is(pg_temp.tick(:one, '09 13:00'), 0::bigint, 'nothing is late at the instant it is due');
SELECT is(pg_temp.tick(:one, '09 13:00:00.000001'), 2::bigint, 'a microsecond later both are');
SELECT is(pg_temp.tick(:one, '09 13:00:00.000001'), 0::bigint, 'which is told once');
SELECT is(pg_temp.tick(:one, '09 12:00'), 0::bigint, 'also to a tick that comes late');
SELECT is(pg_temp.tick(:one, '09 23:00'), 3::bigint, 'all levels until then');
SELECT is(pg_temp.told(:a), '1 0 09 13:00, 1 1 09 14:00', 'in working time the second level is tomorrow''s');
SELECT is(pg_temp.told(:b), '1 0 09 13:00, 1 1 09 14:00, 1 2 09 19:00', 'by the wall it is in the evening');
SELECT is(pg_temp.tick(:one, '10 12:00'), 1::bigint, 'the rest when its time has come');
SELECT is(pg_temp.told(:a), '1 0 09 13:00, 1 1 09 14:00, 1 2 10 10:00', 'six working hours after the breach');
SELECT results_eq(format('SELECT kind, payload FROM rui.event WHERE subject = ''task'' AND kind LIKE ''clock.%%'' AND subject_id = %s ORDER BY id', :a),
	$$VALUES ('clock.breach', '{"target":"resolution","cycle":1,"level":0}'::jsonb),
		('clock.escalate', '{"target":"resolution","cycle":1,"level":1}'), ('clock.escalate', '{"target":"resolution","cycle":1,"level":2}')$$,
	'events in order');

-- One tick finds everything; a pause in between; a new cycle.
SELECT rui.open_ticket(:one, 'working', 'x', at => pg_temp.at('16 09:00')) AS c \gset
SELECT rui.assign_ticket(:one, :c, :worker, at => pg_temp.at('16 09:10')), rui.accept_ticket(:one, :c, at => pg_temp.at('16 09:20')),
	rui.arrive_ticket(:one, :c, at => pg_temp.at('16 09:30')), rui.pause_ticket(:one, :c, 'x', at => pg_temp.at('16 13:30')) \gset hidden_
SELECT is(pg_temp.told(:c), '1 0 16 13:00', 'a pause tells the breach before it');
SELECT is(pg_temp.tick(:one, '17 12:00'), 0::bigint, 'while it is paused nothing escalates');
SELECT rui.resume_ticket(:one, :c, at => pg_temp.at('17 12:00')) \gset hidden_
SELECT is((SELECT due_at FROM rui.task_clock WHERE task_id = :c), pg_temp.at('16 13:00'), 'what is late stays due when it was due');
SELECT is(pg_temp.tick(:one, '17 18:30'), 2::bigint, 'then the levels follow');
SELECT is(pg_temp.told(:c), '1 0 16 13:00, 1 1 17 12:30, 1 2 17 17:30', 'by the working time that passed');
SELECT is((SELECT (breached_at = pg_temp.at('16 13:00'), next_level, next_at)::text FROM rui.task_clock WHERE task_id = :c), '(t,3,)',
	'no level is left');
SELECT rui.complete_ticket(:one, :c, 'x', at => pg_temp.at('17 18:30')), rui.reopen_ticket(:one, :c, 'x', at => pg_temp.at('23 09:00')) \gset hidden_
SELECT is(pg_temp.tick(:one, '23 13:30'), 1::bigint, 'a new cycle escalates anew');
SELECT is(pg_temp.told(:c), '1 0 16 13:00, 1 1 17 12:30, 1 2 17 17:30, 2 0 23 13:00', 'under its own number');

-- Another policy with the same target: what it would have warned of before it came is not told.
SELECT rui.set_ticket_category(:one, 'late', '晚预警', 'Warned late'), rui.set_ticket_category(:one, 'early', '早预警', 'Warned early') \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', resolution => '4:00', category => 'late', warnings => '{80%,90%,95%}'),
	rui.set_sla_policy(:one, 'site', resolution => '4:00', category => 'early', warnings => '{25%,50%,75%}') \gset hidden_
SELECT rui.open_ticket(:one, 'late', 'x', at => pg_temp.at('30 09:00')) AS d \gset
SELECT rui.triage_ticket(:one, :d, 'early', at => pg_temp.at('30 10:30')) \gset hidden_
SELECT pg_temp.tick(:one, '30 12:30') \gset hidden_
SELECT is(pg_temp.told(:d), '1 -2 30 11:00, 1 -1 30 12:00', 'another policy warns of what is still to come');
SELECT * FROM finish();
ROLLBACK;
