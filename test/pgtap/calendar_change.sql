-- A calendar is edited while clocks run: shown before, counted anew where open
-- time changes and nowhere else.
BEGIN;
\ir fixture/estate.sql
SELECT plan(30);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
-- Hours relative to now: every day, hour by hour, so that nothing depends on the date.
\set day '[["00:00","24:00"]]'
CREATE FUNCTION pg_temp.hours(closed text DEFAULT NULL) RETURNS rui.calendar LANGUAGE sql AS $$
	SELECT format('{"tz":"UTC","weekly":{"mon":%1$s,"tue":%1$s,"wed":%1$s,"thu":%1$s,"fri":%1$s,"sat":%1$s,"sun":%1$s}%2$s}',
		'[["00:00","24:00"]]', coalesce(',"holidays":[' || closed || ']', ''))::rui.calendar$$;
CREATE FUNCTION pg_temp.day(n integer) RETURNS timestamptz LANGUAGE sql AS $$SELECT (date_trunc('day', now() AT TIME ZONE 'UTC') + n * interval '1 day') AT TIME ZONE 'UTC'$$;
CREATE FUNCTION pg_temp.name_of(n integer) RETURNS text LANGUAGE sql AS $$SELECT to_char(pg_temp.day(n) AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"\""')$$;
CREATE FUNCTION pg_temp.hours_from(clock timestamptz) RETURNS numeric LANGUAGE sql AS $$SELECT round(extract(epoch FROM clock - pg_temp.day(0)) / 3600, 4)$$;
CREATE FUNCTION pg_temp.shift_row(ticket bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, trim_scale(pg_temp.hours_from(due_at)), 'late ' || trim_scale(pg_temp.hours_from(breached_at)), on_time)
	FROM rui.task_clock WHERE task_id = ticket AND target = 'resolution'$$;
SELECT rui.set_calendar(:one, 'site', pg_temp.hours()) AS v1 \gset
SELECT rui.set_calendar(:one, 'other', pg_temp.hours()) \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'else', '其他', 'Else') \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', resolution => '72:00'), rui.set_sla_policy(:one, 'other', resolution => '72:00', category => 'else') \gset hidden_

SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.day(-1)) AS runs \gset
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.day(-3)) AS late_today \gset
SELECT rui.open_ticket(:one, 'else', 'x', at => pg_temp.day(-1)) AS elsewhere \gset
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.day(-1)) AS waits \gset
SELECT rui.pause_clocks(:one, :waits, 'customer', at => pg_temp.day(-1) + interval '1 hour') AS pause \gset
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.day(-20)) AS done_in_time \gset
SELECT rui.assign_ticket(:one, :done_in_time, :worker, at => pg_temp.day(-20)), rui.accept_ticket(:one, :done_in_time, at => pg_temp.day(-20)),
	rui.arrive_ticket(:one, :done_in_time, at => pg_temp.day(-20)), rui.complete_ticket(:one, :done_in_time, 'x', at => pg_temp.day(-17)) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.day(-20)) AS done_late \gset
SELECT rui.assign_ticket(:one, :done_late, :worker, at => pg_temp.day(-20)), rui.accept_ticket(:one, :done_late, at => pg_temp.day(-20)),
	rui.arrive_ticket(:one, :done_late, at => pg_temp.day(-20)), rui.complete_ticket(:one, :done_late, 'x', at => pg_temp.day(-16)) \gset hidden_
SELECT is(pg_temp.shift_row(:runs), 'running 48', 'due the day after tomorrow');

-- From tomorrow on, a holiday: who is due after it is due a day later, others not.
SELECT results_eq(format($$SELECT task_id, state, pg_temp.hours_from(due_at), pg_temp.hours_from(new_due_at), is_late, would_be_late
	FROM rui.preview_calendar_change(%s, 'site', pg_temp.hours(pg_temp.name_of(1)))$$, :one), format($$VALUES (%s::bigint, 'running', 48.0, 72.0, false, false)$$, :runs),
	'a holiday tomorrow: one clock is due a day later');
SELECT is(pg_temp.shift_row(:runs), 'running 48', 'which was only a preview');
SELECT is((SELECT count(*) FROM rui.calendar_version WHERE project_id = :one AND code = 'site'), 1::bigint, 'without a new version');
SELECT xmin AS elsewhere_xmin FROM rui.task_clock WHERE task_id = :elsewhere \gset
SELECT count(*) AS journaled FROM rui.journal WHERE project_id = :one AND table_name = 'task_clock' \gset
SELECT rui.set_calendar(:one, 'site', pg_temp.hours(pg_temp.name_of(1))) AS v2 \gset
SELECT is(pg_temp.shift_row(:runs), 'running 72', 'set: a day later');
SELECT is(pg_temp.shift_row(:elsewhere), 'running 48', 'another calendar''s clocks are not');
SELECT is((SELECT count(*) FROM rui.journal WHERE project_id = :one AND table_name = 'task_clock'), (:journaled + 1)::bigint, 'one row was written for it');
SELECT rui.resume_clocks(:one, :pause, at => pg_temp.day(0)) \gset hidden_
SELECT is(pg_temp.shift_row(:waits), 'running 95', 'what was paused counts the holiday when it resumes');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :one), 'all clocks are what their facts give');
SELECT results_eq(format('SELECT lower(valid) IS NULL, calendar FROM rui.calendar_version WHERE project_id = %s AND code = ''site'' ORDER BY valid', :one),
	$$VALUES (true, pg_temp.hours()), (false, pg_temp.hours(pg_temp.name_of(1)))$$, 'two versions');
SELECT is((SELECT rui.working_time(calendar, pg_temp.day(-1), pg_temp.day(2)) FROM rui.working_calendar WHERE project_id = :one AND code = 'site'), '48:00'::interval,
	'one value knows both');
SELECT is((SELECT unsettled_by IS NULL FROM rui.working_calendar WHERE project_id = :one AND code = 'site'), false, 'whoever opened one meanwhile');
SELECT results_eq(format('SELECT done FROM rui.tick(%s, now()) WHERE duty = ''settle_calendars''', :one), '{0}'::bigint[], 'will be counted; here nobody did');

-- A clock that somebody started in the former hours, unseen, is put right by the duty.
UPDATE rui.task_clock SET clock = rui.clock_switch(clock, pg_temp.hours(), pg_temp.hours(), rui.clock_changed_at(clock)),
	due_at = pg_temp.day(2), breach_at = pg_temp.day(2) WHERE task_id = :runs;
SELECT isnt_empty(format('SELECT * FROM rui.check_clocks(%s)', :one), 'a clock of the former hours');
SELECT results_eq(format('SELECT done FROM rui.tick(%s, now()) WHERE duty = ''settle_calendars''', :one), '{1}'::bigint[], 'is found');
SELECT is(pg_temp.shift_row(:runs), 'running 72', 'and counted anew');

-- The past is corrected: eighteen days ago was a holiday, nobody knew.
SELECT results_eq(format($$SELECT task_id, is_late, would_be_late FROM rui.preview_calendar_change(%s, 'other', pg_temp.hours(pg_temp.name_of(-18)), pg_temp.day(-30))$$, :one),
	'SELECT 1::bigint, true, true WHERE false', 'nothing of the other calendar would change');
SELECT rui.set_calendar(:two, 'site', pg_temp.hours()) \gset hidden_
SELECT rui.set_sla_policy(:two, 'site', resolution => '72:00') \gset hidden_
SELECT rui.set_ticket_category(:two, 'repair', '维修', 'Repair') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :worker, 'staff', '[2000-01-01,)');
CREATE FUNCTION pg_temp.done(project bigint, worker bigint, opens integer, hours integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	t bigint := rui.open_ticket(project, 'repair', 'x', at => pg_temp.day(opens));
BEGIN
	PERFORM rui.assign_ticket(project, t, worker, at => pg_temp.day(opens)), rui.accept_ticket(project, t, at => pg_temp.day(opens)),
		rui.arrive_ticket(project, t, at => pg_temp.day(opens)), rui.complete_ticket(project, t, 'x', at => pg_temp.day(opens) + hours * interval '1 hour');
	RETURN t;
END
$$;
SELECT pg_temp.done(:two, :worker, -20, 80) AS a, pg_temp.done(:two, :worker, -20, 100) AS b, pg_temp.done(:two, :worker, -10, 80) AS c,
	pg_temp.done(:two, :worker, -20, 30) AS d \gset
SELECT rui.open_ticket(:two, 'repair', 'x', at => pg_temp.day(-19)) AS e \gset
SELECT done FROM rui.tick(:two, pg_temp.day(-16) + interval '1 minute') WHERE duty = 'escalate' \gset hidden_
SELECT is(array_agg(on_time ORDER BY task_id), '{f,f,f,t}', 'three of four were late') FROM rui.task_clock WHERE project_id = :two AND state = 'stopped';
SELECT results_eq(format($$SELECT task_id, is_late, would_be_late FROM rui.preview_calendar_change(%s, 'site', pg_temp.hours(pg_temp.name_of(-18)), pg_temp.day(-30))$$, :two),
	format('VALUES (%s::bigint, true, false), (%s, true, true), (%s, true, true)', :a, :b, :e), 'one of them would not have been');
SELECT rui.set_calendar(:two, 'site', pg_temp.hours(pg_temp.name_of(-18)), pg_temp.day(-30)) \gset hidden_
SELECT is(pg_temp.shift_row(:a), 'stopped -384 t', 'its verdict is taken back');
SELECT is(pg_temp.shift_row(:b), 'stopped -384 late -384 f', 'the other''s lateness is less');
SELECT is((SELECT late_working FROM rui.task_clock WHERE task_id = :b), '4:00'::interval, 'by 24 hours');
SELECT is(pg_temp.shift_row(:c), 'stopped -168 late -168 f', 'who worked at other times is not concerned');
SELECT results_eq(format($$SELECT subject_id, payload ->> 'was_late', payload ->> 'is_late' FROM rui.event WHERE project_id = %s AND kind = 'clock.correct'$$, :two),
	format($$VALUES (%s::bigint, 'true', 'false')$$, :a), 'a verdict that changed is an event');
SELECT is(pg_temp.shift_row(:e), 'running -360 late -360', 'a clock still late is late a day later');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :two), 'all clocks are what their facts give');
-- Who may.
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :manager, 'manager', '[2000-01-01,)');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_calendar(%s, ''site'', pg_temp.hours(), now() - interval ''1 hour'')', :two), '42501', NULL, 'a manager does not change the past');
SELECT lives_ok(format('SELECT * FROM rui.preview_calendar_change(%s, ''site'', pg_temp.hours(), now() - interval ''1 hour'')', :two), 'but may look what it would do');
SELECT throws_ok(format('SELECT * FROM rui.preview_calendar_change(%s, ''moon'', pg_temp.hours())', :two), 'P0002', NULL, 'an unknown calendar');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.preview_calendar_change(%s, ''site'', pg_temp.hours())', :one), '42501', NULL, 'not for residents');
SELECT * FROM finish();
ROLLBACK;
