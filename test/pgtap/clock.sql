-- Clocks of tasks: what pauses them and why, told in time, late or ahead;
-- warnings, quiet hours; first answer and call-back; clocks as they were.
BEGIN;
\ir fixture/estate.sql
SELECT plan(60);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'm', 'Manager') RETURNING id AS boss \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)'),
	(:one, :boss, 'manager', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_calendar(:one, 'notices', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","11:00"]],"tue":[["08:00","11:00"]]}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'wall', '钟点', 'Wall'),
	rui.set_ticket_category(:one, 'plain', '普通', 'Plain') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
CREATE FUNCTION pg_temp.clock(ticket bigint, which text DEFAULT 'resolution') RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'until ' || to_char(resumes_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'late since ' || to_char(breached_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'), on_time, late_working, late_wall)
	FROM rui.task_clock WHERE task_id = ticket AND target = which$$;
CREATE FUNCTION pg_temp.told(ticket bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', level, to_char(at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'told ' || to_char(nullif(notify_at, at) AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI')), ', ' ORDER BY target, cycle, level)
	FROM rui.escalation WHERE task_id = ticket$$;
-- What is stored is what the facts give, and nothing must ever be otherwise.
CREATE FUNCTION pg_temp.unlike() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM rui.task_clock c
	LEFT JOIN rui._judge_clocks(c.project_id, ARRAY[c.task_id], 'infinity', pg_temp.at('30 00:00')) j
		ON j.task_id = c.task_id AND j.target = c.target AND j.is_last
	WHERE c.clock::text IS DISTINCT FROM (j.verdict).clock::text OR c.stopped_at IS DISTINCT FROM (j.verdict).stopped_at$$;

-- Monday is 2026-03-09. Reasons overlap: their union pauses, each the clocks it is for.
SELECT rui.set_sla_policy(:one, 'site', response => '2:00', arrival => '4:00', resolution => '8:00', category => 'repair') AS policy \gset
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS a \gset
SELECT rui.assign_ticket(:one, :a, :worker, at => pg_temp.at('09 09:00')) \gset hidden_
SELECT rui.pause_clocks(:one, :a, 'customer', 'is abroad', at => pg_temp.at('09 10:00')) AS p1 \gset
SELECT is(pg_temp.clock(:a), 'paused', 'waiting for the customer pauses the resolution');
SELECT is(pg_temp.clock(:a, 'response'), 'running 09 11:00', 'but not the response');
SELECT is(pg_temp.clock(:a, 'arrival'), 'running 09 13:00', 'nor the arrival');
SELECT rui.pause_clocks(:one, :a, 'appointment', at => pg_temp.at('09 11:00')) AS p2 \gset
SELECT is(pg_temp.clock(:a, 'arrival'), 'paused', 'an appointment pauses the arrival too');
SELECT rui.resume_clocks(:one, :p1, at => pg_temp.at('09 12:00')) \gset hidden_
SELECT is(pg_temp.clock(:a), 'paused', 'while one reason is left, it is paused');
SELECT rui.resume_clocks(:one, :p2, at => pg_temp.at('09 15:00')) \gset hidden_
SELECT is(pg_temp.clock(:a), 'running 10 13:00', 'five hours of overlapping reasons count once');
SELECT is(pg_temp.clock(:a, 'arrival'), 'running 09 17:00', 'four hours for the arrival');
SELECT rui.pause_clocks(:one, :a, 'supplier', at => pg_temp.at('09 15:00')) AS p3 \gset
SELECT is(pg_temp.clock(:a), 'running 10 13:00', 'our own partners pause nothing');
SELECT throws_ok(format('SELECT rui.resume_clocks(%s, %s, at => %L)', :one, :p1, pg_temp.at('09 16:00')), '55000', NULL, 'a pause ends once');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''mood'')', :one, :a), 'P0002', NULL, 'reasons are known ones');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, -1, ''parts'')', :one), 'P0002', NULL, 'so are tasks');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', from_at => %L, until_at => %L)', :one, :a, pg_temp.at('12 09:00'), pg_temp.at('12 09:00')),
	'22023', NULL, 'a pause lasts');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', from_at => %L)', :one, :a, pg_temp.at('09 08:59')), '22023', NULL,
	'nothing pauses before the ticket was opened');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', until_at => ''infinity'')', :one, :a), '22008', NULL, 'nor for ever');

-- An appointment ahead: the due time is known at once, and an action before its end ends it.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS b \gset
SELECT rui.pause_clocks(:one, :b, 'appointment', until_at => pg_temp.at('11 10:00'), at => pg_temp.at('09 10:00')) AS p4 \gset
SELECT is(pg_temp.clock(:b), 'running 11 17:00 until 11 10:00', 'paused until Wednesday, due seven hours later');
SELECT is((SELECT done FROM rui.tick(:one, pg_temp.at('10 12:00')) WHERE duty = 'escalate'), 2::bigint, 'nothing paused is late by then');
SELECT is(pg_temp.told(:b), '0 09 11:00', 'only the response, which nobody paused');
SELECT rui.assign_ticket(:one, :b, :worker, at => pg_temp.at('10 13:00')), rui.accept_ticket(:one, :b, at => pg_temp.at('10 13:00')),
	rui.arrive_ticket(:one, :b, at => pg_temp.at('10 14:00')) \gset hidden_
SELECT is(pg_temp.clock(:b), 'running 11 17:00 until 11 10:00', 'who comes early still has the time agreed');
SELECT is(pg_temp.clock(:b, 'arrival'), 'stopped t 00:00:00 00:00:00', 'an arrival within the pause is in time');
SELECT rui.complete_ticket(:one, :b, 'x', at => pg_temp.at('10 15:00')) \gset hidden_
SELECT is(pg_temp.clock(:b), 'stopped t 00:00:00 00:00:00', 'so is the work');
SELECT is((SELECT during::text FROM rui.clock_pause WHERE id = :p4), tstzrange(pg_temp.at('09 10:00'), pg_temp.at('10 15:00'))::text,
	'the pause ended with the last clock it paused');

-- Told late: the breach is taken back, and that is on record.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('16 09:00')) AS c \gset
SELECT rui.assign_ticket(:one, :c, :worker, at => pg_temp.at('16 09:00')), rui.accept_ticket(:one, :c, at => pg_temp.at('16 09:00')),
	rui.arrive_ticket(:one, :c, at => pg_temp.at('16 09:30')) \gset hidden_
SELECT done FROM rui.tick(:one, pg_temp.at('16 17:30')) WHERE duty = 'escalate' \gset hidden_
SELECT is(pg_temp.clock(:c), 'running 16 17:00 late since 16 17:00', 'late in the evening');
SELECT rui.pause_clocks(:one, :c, 'no_access', 'door shut', pg_temp.at('16 10:00'), pg_temp.at('16 12:00'), at => pg_temp.at('16 17:45')) \gset hidden_
SELECT is(pg_temp.clock(:c), 'running 17 10:00', 'two hours at a shut door were not ours: not late any more');
SELECT is(pg_temp.told(:c), '0 16 17:00', 'what was told stays told');
SELECT ok(EXISTS (SELECT FROM rui.event WHERE kind = 'clock.pause' AND subject_id = :c AND payload ->> 'cause' = 'no_access'), 'an event says why');
SELECT done FROM rui.tick(:one, pg_temp.at('17 10:30')) WHERE duty = 'escalate' \gset hidden_
SELECT is(pg_temp.clock(:c), 'running 17 10:00 late since 17 10:00', 'late again');
SELECT is(pg_temp.told(:c), '0 16 17:00', 'which is not told twice in a cycle');
SELECT rui.complete_ticket(:one, :c, 'x', at => pg_temp.at('17 11:00')) \gset hidden_
SELECT is(pg_temp.clock(:c), 'stopped 17 10:00 late since 17 10:00 f 01:00:00 01:00:00', 'an hour late');
SELECT rui.pause_clocks(:one, :c, 'weather', NULL, pg_temp.at('16 13:00'), pg_temp.at('16 14:00'), at => pg_temp.at('17 12:00')) \gset hidden_
SELECT is(pg_temp.clock(:c), 'stopped 17 11:00 t 00:00:00 00:00:00', 'a stopped clock can be judged anew');
SELECT rui.set_pause_rule(:one, 'customer', '{}') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('18 09:00')) AS d \gset
SELECT rui.pause_clocks(:one, :d, 'customer', at => pg_temp.at('18 09:30')) \gset hidden_
SELECT is(pg_temp.clock(:d), 'running 18 17:00', 'a project''s contract may say that a reason pauses nothing');
SELECT rui.set_pause_rule(:one, 'customer', NULL) \gset hidden_
SELECT is_empty('SELECT FROM rui.pause_rule', 'or no longer say so');
-- Rights: the executor pauses, in time; a manager corrects; a stranger does neither.
SELECT set_config('rui.party_id', :'worker', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'')', :one, :d), 'P0002', NULL, 'not for another''s task');
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', from_at => now() - interval ''6 minutes'')', :one, :a), '42501', NULL,
	'nor for the past');
SELECT lives_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', request_key => ''k'')', :one, :a), 'one''s own now');
SELECT is((SELECT count(*) FROM (SELECT rui.pause_clocks(:one, :a, 'parts', request_key => 'k')) x), 1::bigint, 'the same key again: the first answer');
SELECT is((SELECT count(*) FROM rui.clock_pause WHERE task_id = :a AND reason = 'parts'), 1::bigint, 'and one pause');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_

-- Deferred with a known end: the ticket goes on by itself.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('23 09:00')) AS e \gset
SELECT rui.assign_ticket(:one, :e, :worker, at => pg_temp.at('23 09:00')), rui.accept_ticket(:one, :e, at => pg_temp.at('23 09:00')),
	rui.arrive_ticket(:one, :e, at => pg_temp.at('23 10:00')),
	rui.pause_ticket(:one, :e, 'seal ordered', at => pg_temp.at('23 11:00'), cause => 'parts', until_at => pg_temp.at('24 11:00')) \gset hidden_
SELECT is(pg_temp.clock(:e), 'running 24 17:00 until 24 11:00', 'due after the part has come');
SELECT is((SELECT done FROM rui.tick(:one, pg_temp.at('24 10:59')) WHERE duty = 'resume_tickets'), 0::bigint, 'not before');
SELECT is((SELECT done FROM rui.tick(:one, pg_temp.at('24 12:00')) WHERE duty = 'resume_tickets'), 1::bigint, 'then it goes on');
SELECT is((SELECT (state, last_at = pg_temp.at('24 11:00'), deferred_until)::text FROM rui.task WHERE id = :e), '(in_progress,t,)', 'since the time said');
SELECT is(pg_temp.clock(:e), 'running 24 17:00 until 24 11:00', 'and its clock knew');

-- Warnings: a share of the target, a time before its end; quiet hours.
SELECT rui.set_sla_policy(:one, 'site', resolution => '10:00', category => 'wall', judged_by => 'wall', warnings => '{50%,1:00,80%,90%}',
	escalations => '{2:00}', notice_calendar => 'notices') \gset hidden_
SELECT rui.open_ticket(:one, 'wall', 'x', at => pg_temp.at('09 09:00')) AS w \gset
SELECT is((SELECT (next_level, next_at = pg_temp.at('09 14:00'))::text FROM rui.task_clock WHERE task_id = :w), '(-3,t)',
	'one hour before the end of ten is 90 %: three warnings');
SELECT is((SELECT done FROM rui.tick(:one, pg_temp.at('09 17:00:00.000001')) WHERE duty = 'escalate' AND done > 0) > 0, true, 'told');
SELECT is(pg_temp.told(:w), '-3 09 14:00 told 10 08:00, -2 09 17:00 told 10 08:00', 'as they come, to people in the morning');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('10 23:00')) \gset hidden_
SELECT is(pg_temp.told(:w), '-3 09 14:00 told 10 08:00, -2 09 17:00 told 10 08:00, -1 09 18:00 told 10 08:00, 0 10 10:00, 1 10 12:00 told 16 08:00',
	'then the rest, the breach by the wall, and the level two working hours later');
SELECT is((SELECT array_agg(kind ORDER BY id) FROM rui.event WHERE subject = 'task' AND subject_id = :w),
	'{clock.warn,clock.warn,clock.warn,clock.breach,clock.escalate}'::text[], 'each an event');
SELECT rui.open_ticket(:one, 'wall', 'x', is_emergency => true, at => pg_temp.at('09 09:00')) AS u \gset
SELECT count(*) FROM rui.tick(:one, pg_temp.at('10 23:00')) \gset hidden_
SELECT unalike(pg_temp.told(:u), '%told%', 'emergencies know no quiet hours');

-- The first answer, and the call-back with its cycles.
SELECT rui.set_sla_policy(:one, 'site', category => 'plain', answer => '0:15', resolution => '4:00', call_back => '16:00',
	resolution_calendar => 'always') \gset hidden_
SELECT rui.open_ticket(:one, 'plain', 'x', at => pg_temp.at('09 09:00')) AS f \gset
SELECT results_eq(format('SELECT target FROM rui.task_clock WHERE task_id = %s ORDER BY 1', :f), '{answer,resolution}'::text[],
	'what is not yet done cannot be called back');
SELECT rui.assign_ticket(:one, :f, :worker, at => pg_temp.at('09 09:10')) \gset hidden_
SELECT is(pg_temp.clock(:f, 'answer'), 'stopped 09 09:15 t 00:00:00 00:00:00', 'who takes it up has answered');
SELECT rui.accept_ticket(:one, :f, at => pg_temp.at('09 09:20')), rui.arrive_ticket(:one, :f, at => pg_temp.at('09 09:30')),
	rui.complete_ticket(:one, :f, 'x', at => pg_temp.at('09 10:00')) \gset hidden_
SELECT is(pg_temp.clock(:f, 'call_back'), 'running 10 02:00', 'the call-back counts from the completion');
SELECT rui.reopen_ticket(:one, :f, 'drips', at => pg_temp.at('09 10:00')) \gset hidden_
SELECT is(pg_temp.clock(:f, 'call_back'), 'stopped 10 02:00', 'and is void when it was none');
SELECT is(pg_temp.clock(:f), 'running 09 14:00', 'a reopening at the same instant comes after it');
SELECT rui.assign_ticket(:one, :f, :worker, at => pg_temp.at('09 10:00')), rui.accept_ticket(:one, :f, at => pg_temp.at('09 10:10')),
	rui.arrive_ticket(:one, :f, at => pg_temp.at('09 10:20')), rui.complete_ticket(:one, :f, 'x', at => pg_temp.at('09 11:00')) \gset hidden_
SELECT is(pg_temp.clock(:f, 'call_back'), 'running 10 03:00', 'a new completion, a new call-back');
SELECT is(rui.call_back_ticket(:one, :f, true, 'is content', at => pg_temp.at('10 04:00')), 'completed', 'a call changes no state');
SELECT is(pg_temp.clock(:f, 'call_back'), 'stopped 10 03:00 late since 10 03:00 f 01:00:00 01:00:00', 'an hour late');
SELECT is((SELECT (is_satisfied, call_back_note, called_back_by)::text FROM rui.ticket WHERE id = :f), format('(t,"is content",%s)', :loader), 'what was said');

-- As they were.
SELECT results_eq(format($$SELECT target, state, elapsed, is_late FROM rui.sla_as_of(%s, %L) WHERE task_id = %s$$, :one, pg_temp.at('09 11:30'), :a),
	$$VALUES ('arrival', 'paused', interval '2:00', false), ('resolution', 'paused', '1:00', false), ('response', 'running', '2:30', true)$$,
	'clocks as of a past instant');
SELECT rui.set_ticket_category(:one, 'burst', '爆管', 'Burst'), rui.set_sla_policy(:one, 'always', resolution => '4:00', category => 'burst') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 16:00')) AS g \gset
SELECT rui.triage_ticket(:one, :g, 'burst', at => pg_temp.at('10 10:00')) \gset hidden_
SELECT is(pg_temp.clock(:g), 'running 10 11:00', 'three hours of the day before, one more by the wall');
SELECT is((SELECT due_at FROM rui.sla_as_of(:one, pg_temp.at('09 20:00')) WHERE task_id = :g AND target = 'resolution'), pg_temp.at('10 15:00'),
	'of other hours it knew nothing the evening before');
SELECT is(pg_temp.unlike(), 0::bigint, 'all that is stored is what the facts give');
SELECT * FROM finish();
ROLLBACK;
