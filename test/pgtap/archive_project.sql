-- A project that is over is frozen: it is read, and nothing changes it.
BEGIN;
SET LOCAL jit = off;
SELECT plan(33);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01', '2025-01-05') \gset hidden_
SELECT rui.set_sla_policy(:one, 'always', response => '1 hour', from_at => '2024-01-01 00:00+00') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '修', 'repair') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'Lamp', :u1, at => '2025-01-10 01:00+00') AS t1 \gset

SELECT throws_ok(format('SELECT rui.archive_project(%s, ''Over'')', :one), '55000', 'project: action "archive" is not legal in state "live"', 'a live project is not archived');
SELECT throws_ok(format('SELECT rui.set_project_state(%s, ''archive'')', :one), '22023', NULL, 'nor by its state alone');
SELECT rui.set_project_state(:one, 'close') \gset hidden_
PREPARE finish AS SELECT rui.archive_project($1, 'Contract ended', 'key', '2025-03-01');
SELECT throws_ok(format('EXECUTE finish(%s)', :one), '55000', format('project %s is not finished', :one), 'a closed one is not while something is open');
CREATE FUNCTION pg_temp.obstacles(project bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN PERFORM rui.archive_project(project, 'x'); RETURN 'none';
EXCEPTION WHEN object_not_in_prerequisite_state THEN GET STACKED DIAGNOSTICS answer = PG_EXCEPTION_DETAIL; RETURN answer; END $$;
SELECT is(pg_temp.obstacles(:one), '1 tasks are open; 1 accounting months are open, the first is 2025-01.', 'the detail says what');
SELECT is((SELECT p.state FROM rui.project p WHERE p.id = :one), 'closed', 'it stays closed');
SELECT set_config('session_replication_role', 'replica', true) \gset hidden_
UPDATE rui.task SET state = 'cancelled', ended_at = '2025-01-11' WHERE project_id = :one;
SELECT set_config('session_replication_role', 'origin', true) \gset hidden_
SELECT rui.close_period(:one, '2025-01-01', '2025-02-02') \gset hidden_
EXECUTE finish(:one) \gset first_
SELECT is((SELECT p.state FROM rui.project p WHERE p.id = :one), 'archived', 'finished, it is archived');
SELECT is(:'first_archive_project'::jsonb #>> '{unit,rows}', '4', 'the manifest counts the rows of each table');
SELECT ok(NOT :'first_archive_project'::jsonb ? 'event' AND NOT :'first_archive_project'::jsonb ? 'space', 'but what reading writes, and what is empty');
SELECT results_eq('SELECT a.action, a.reason, a.manifest, a.at, a.party_id FROM rui.project_archive a',
	format('VALUES (''archive'', ''Contract ended'', %L::jsonb, ''2025-03-01''::timestamptz, %s::bigint)', :'first_archive_project', :loader), 'it is kept');
SELECT is((SELECT rui.archive_project(:one, 'Contract ended', 'key', '2025-03-01')), :'first_archive_project'::jsonb, 'sent again, the same answer');
SELECT is((SELECT count(*) FROM rui.check_project_archive(:one) c), (SELECT count(*) FROM jsonb_object_keys(:'first_archive_project'::jsonb)), 'a check looks at every table');
SELECT is_empty(format('SELECT * FROM rui.check_project_archive(%s) c WHERE NOT c.is_same', :one), 'and finds all as it was');

-- Reading goes on.
SELECT is(count(*), 5::bigint, 'exports') FROM rui.export_csv(:one, 'unit');
SELECT is(count(*), 1::bigint, 'searches') FROM rui.search(:one, '1-101') s WHERE s.kind = 'home';
SET LOCAL rui.party_id = :'manager';
SELECT ok(count(*) > 0, 'histories') FROM rui.history(:one, 'unit', to_jsonb(:u1));
SET LOCAL ROLE rui_manager;
SELECT is(count(*), 4::bigint, 'tables by row security') FROM rui.unit u WHERE u.project_id = :one;
RESET ROLE;
SELECT throws_ok(format('SELECT rui.archive_project(%s, ''x'')', :one), '42501', NULL, 'a manager may not archive');
SET LOCAL rui.party_id = :'loader';
SELECT is_empty(format('SELECT * FROM rui.check_project_archive(%s) c WHERE NOT c.is_same', :one), 'reading has changed nothing');

-- Nothing else does.
SELECT throws_ok(format(t.command, :one), '55000', format('project %s is archived', :one), t.command)
FROM (VALUES (1, 'SELECT rui.tick(%s)'), (2, 'SELECT rui.import_units(%s, ''[]'')'), (3, 'SELECT rui.record_payment(%s, 1, NULL, 1, ''cash'')'),
	(4, 'SELECT rui.archive(%s, ''unit'', ''{a}'', ''x'')'), (5, 'SELECT rui.bulk_change(%s, ''unit'', ''{}'', ''{"kind": "shop"}'', false)'),
	(6, 'SELECT rui.set_project_state(%s, ''go_live'')'), (7, 'SELECT rui.close_period(%s, ''2025-02-01'')')) AS t(place, command) ORDER BY t.place;
SELECT set_eq('SELECT p.code FROM rui.permission p WHERE ''archived'' = ANY (p.project_states) AND p.code !~ ''^(see|read|search|ask|export|show)''',
	'{archive_project,set_time,consume_events,manage_company}'::text[], 'in this state only reading counts');
SELECT throws_ok(format('SELECT rui.archive_project(%s, ''Again'')', :one), '55000', NULL, 'it is archived once');
UPDATE rui.unit SET area_m2 = 99 WHERE id = :u2;
SELECT results_eq(format('SELECT * FROM rui.check_project_archive(%s) c WHERE NOT c.is_same', :one), $$VALUES ('unit', 4::bigint, 4::bigint, false)$$, 'what is done behind the platform''s back is seen');

-- It can be brought back, and is refused to others.
SELECT throws_ok(format('SELECT rui.recall_project(%s, '' '')', :one), '22023', 'reason must not be empty');
SELECT rui.recall_project(:one, 'A court asks') \gset hidden_
SELECT is((SELECT p.state FROM rui.project p WHERE p.id = :one), 'closed', 'recalled, it is closed');
SELECT throws_ok(format('SELECT rui.recall_project(%s, ''x'')', :one), '55000', NULL, 'once');
SELECT results_eq(format('SELECT e.kind FROM rui.event e WHERE e.project_id = %s AND e.kind IN (''project.archive'', ''project.recall'') ORDER BY e.id', :one), $$VALUES ('project.archive'), ('project.recall')$$, 'both are told');
SELECT throws_ok(format('SELECT rui.check_project_archive(%s)', :two), '55000', NULL, 'what was never archived cannot be checked');
SELECT * FROM finish();
ROLLBACK;
