-- A server whose clock was set back: nothing is recorded behind a seal, no role
-- that has ended holds again, what was asked before is over, and work goes on.
-- The database has reached an hour from now, which is to say that the clock was
-- set back by an hour.
BEGIN;
SELECT plan(26);
SELECT rui._mark_clock(now() + interval '1 hour') \g /dev/null
\ir fixture/estate.sql
SELECT rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes'), rui.set_sla_policy(:one, 'always', response => '1:00') \g /dev/null

-- The mark.
SELECT is(rui._record_time(), now() + interval '1 hour', 'time stands still at the mark');
SELECT is(rui._access_time(), now() + interval '1 hour', 'for who may what, too');
SELECT rui._mark_clock(now() + interval '10 minutes'), rui._mark_clock('infinity') \g /dev/null
SELECT results_eq('SELECT at FROM rui.clock_mark', $$SELECT now() + interval '1 hour'$$, 'it does not go back, nor to the end of time');
SELECT ok(NOT has_function_privilege(r.name, 'rui._mark_clock(timestamptz)', 'EXECUTE'), r.name || ' does not move it')
FROM unnest('{rui_user,rui_manager}'::text[]) AS r(name);
SELECT throws_ok('SET LOCAL ROLE rui_api; INSERT INTO rui.clock_mark (at) VALUES (now())', '42501', NULL, 'nor does the API by itself');
RESET ROLE;

-- What is recorded.
SELECT is_empty($$SELECT t.table_name FROM rui.platform_table t
	LEFT JOIN pg_attribute a ON a.attrelid = ('rui.' || t.table_name)::regclass AND a.attname = 'recorded_at'
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE t.writes = 'append' AND t.table_name <> 'journal' AND pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM 'rui._record_time()'$$,
	'what is sealed is recorded by the platform''s time');
SELECT is((SELECT array_agg(DISTINCT j.at) FROM rui.journal j WHERE j.project_id = :one), ARRAY[now() + interval '1 hour'], 'changes are journaled at the mark');
SELECT rui._emit(:one, 'test.step', 'test', 1, now()) \g /dev/null
SELECT row_eq(format('SELECT at, recorded_at FROM rui.event WHERE project_id = %s AND kind = ''test.step''', :one), ROW(now(), now() + interval '1 hour'), 'facts are as the clock says, recorded at the mark');

-- Seals: up to the mark before the clock was set back, on from there after it.
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
INSERT INTO rui.event (project_id, at, kind, subject, subject_id, recorded_at) VALUES (:one, now(), 'test.before', 'test', 2, now() + interval '30 minutes');
SELECT is(rui._seal(:one, now() + interval '1 hour', now()), 1::bigint, 'what was recorded before');
SELECT is(rui._seal(:one, now(), now()), 0::bigint, 'nothing while the clock is behind');
SELECT rui._emit(:one, 'test.after', 'test', 3, now()) \g /dev/null
SELECT results_eq(format('SELECT number, finding, rows FROM rui.verify_journal(%s)', :one), $$VALUES (1::bigint, 'verified', 1::bigint)$$, 'what is recorded then is not behind a seal');
SELECT cmp_ok(rui._seal(:one, now() + interval '61 minutes', now()), '>', 5::bigint, 'it is sealed when the clock has come to it');
-- Its own event belongs to the next one.
SET LOCAL session_replication_role = replica;
UPDATE rui.event SET recorded_at = now() + interval '3 hours' WHERE project_id = :one AND kind = 'journal.seal' AND payload ->> 'number' = '2';
SET LOCAL session_replication_role = origin;
SELECT results_eq(format('SELECT number, finding FROM rui.verify_journal(%s)', :one), $$VALUES (1::bigint, 'verified'), (2, 'verified')$$, 'and all is in a seal');
SAVEPOINT noted;
INSERT INTO rui.seal_watch (project_id, noted_at, running) VALUES (:one, now() + interval '2 hours', '{}');
SELECT is(rui._access_time(), now() + interval '2 hours', 'what a seal may reach is a mark as well');
ROLLBACK TO noted;

-- Roles: ended half an hour ago, as it was then.
SELECT ok(rui.has_permission(:one, 'manage_people'), 'a manager');
UPDATE rui.membership SET valid = tstzrange('2000-01-01', now() + interval '30 minutes') WHERE project_id = :one AND party_id = :manager;
SELECT ok(NOT rui.has_permission(:one, 'manage_people'), 'who has left does not come back with the clock');
SELECT is(rui.my_projects(), '{}'::bigint[], 'and sees nothing');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT throws_ok(format('SELECT rui._refuse_worker(%s, %s, NULL, 1, now())', :one, :manager), '22023', NULL, 'nor is he given work');
SELECT is(rui.grant_role(:one, :sun, 'loader') > 0, true, 'a role from now on');
SELECT set_config('rui.party_id', :'sun', true) \gset hidden_
SELECT ok(rui.has_permission(:one, 'manage_people'), 'holds at once');

-- Work: who states no time comes after what was done before the clock was set back.
SELECT rui.open_ticket(:one, 'pipe', 'A pipe leaks', :u1) AS ticket \gset
SAVEPOINT opened;
SET LOCAL session_replication_role = replica;
UPDATE rui.task SET last_at = now() + interval '20 minutes', opened_at = now() + interval '20 minutes' WHERE id = :ticket;
UPDATE rui.event SET at = now() + interval '20 minutes' WHERE project_id = :one AND subject = 'ticket' AND subject_id = :ticket;
SET LOCAL session_replication_role = origin;
SELECT lives_ok(format('SELECT rui.triage_ticket(%s, %s, priority => 2)', :one, :ticket), 'a ticket goes on');
SELECT is((SELECT last_at FROM rui.task WHERE id = :ticket), now() + interval '20 minutes', 'after what was done with it');
ROLLBACK TO opened;
SET LOCAL session_replication_role = replica;
UPDATE rui.task SET last_at = now() + interval '2 hours' WHERE id = :ticket;
UPDATE rui.event SET at = now() + interval '2 hours' WHERE project_id = :one AND subject = 'ticket' AND subject_id = :ticket;
SET LOCAL session_replication_role = origin;
SELECT throws_ok(format('SELECT rui.triage_ticket(%s, %s, priority => 2)', :one, :ticket), '22023', NULL, 'not before what somebody has said will be');

-- Whoever ends a role leaves the mark of it, and so do ticks.
DELETE FROM rui.clock_mark;
UPDATE rui.membership SET valid = tstzrange('2000-01-01', now() - interval '2 minutes') WHERE project_id = :one AND party_id = :manager;
SELECT results_eq('SELECT at FROM rui.clock_mark', $$SELECT now() - interval '2 minutes'$$, 'the end of a role is a mark');
SELECT set_config('rui.party_id', :'sun', true) \gset hidden_
SELECT rui.tick(:one) \g /dev/null
SELECT results_eq('SELECT at FROM rui.clock_mark', 'SELECT now()', 'a tick leaves one, in the place of those before');
SELECT * FROM finish();
ROLLBACK;
