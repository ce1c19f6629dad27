-- Duties: one that fails keeps no other from its time, and what is late or
-- failed is seen; partitions are made in time; request keys are forgotten.
BEGIN;
SELECT plan(43);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
SELECT is((SELECT count(*) FROM rui.duty_board WHERE project_id = :project AND is_late), (SELECT count(*) FROM rui.duty),
	'in a live project every duty that never ran is late');
SELECT is_empty(format('SELECT duty FROM rui.tick(%s) WHERE done IS NULL', :project), 'a tick does every duty');
SELECT is_empty(format('SELECT duty_code FROM rui.duty_board WHERE project_id = %s AND (is_late OR name_zh IS NULL OR name_en IS NULL)', :project),
	'then none is late, and each has its names');

-- Companies and the installation are on it: for who sees how theirs run, and for superusers.
SELECT is((SELECT string_agg(concat_ws(' ', project_id = -:company, duty_code, is_late), ', ' ORDER BY project_id) FROM rui.duty_board WHERE project_id IN (-:company, 0)),
	't seal t, f seal t', 'a company that was never ticked is late, and so is the installation');
SELECT count(*) FROM rui.tick(-:company) c, rui.tick(0) i \gset hidden_
SELECT is_empty(format('SELECT project_id FROM rui.duty_board WHERE project_id IN (-%s, 0) AND is_late', :company), 'then they are not');
SET LOCAL ROLE rui_manager;
SELECT is((SELECT string_agg(project_id::text, ' ' ORDER BY project_id) FROM rui.duty_board WHERE project_id <= 0 AND NOT is_late), format('-%s 0', :company), 'who manages the company sees that');
RESET ROLE;
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'local', 'Local manager') RETURNING id AS local_manager \gset
SELECT rui.grant_role(:project, :local_manager, 'manager') \gset hidden_
SELECT set_config('rui.party_id', :'local_manager', true) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is((SELECT count(*) FROM rui.duty_board WHERE is_late), 0::bigint, 'who sees less is not told that anything is late');
RESET ROLE;
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_

-- A duty that fails, between two that do not.
SET LOCAL ROLE rui_owner;
CREATE FUNCTION rui._duty_probe(project_id bigint, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO rui.label (kind, code, lang, name) VALUES ('probe', 'probe', 'en', 'half done');
	IF at < now() THEN
		RAISE EXCEPTION 'the probe is not ready' USING ERRCODE = 'RU001';
	END IF;
	RETURN 7;
END
$$;
GRANT EXECUTE ON FUNCTION rui._duty_probe(bigint, timestamptz) TO rui_api;
GRANT INSERT ON rui.label TO rui_api;
CREATE POLICY probe ON rui.label FOR INSERT TO rui_api WITH CHECK (true);
INSERT INTO rui.duty (code, sort_order, about) VALUES ('probe', 45, 'Fails.');
RESET ROLE;
SET LOCAL client_min_messages = error;
CREATE TEMP TABLE ticked AS SELECT * FROM rui.tick(:project, now() - interval '1 minute');
SELECT is((SELECT done FROM ticked WHERE duty = 'probe'), NULL, 'one fails');
SELECT is((SELECT count(*) FROM ticked WHERE done IS NOT NULL), (SELECT count(*) - 1 FROM rui.duty), 'the others go on');
SELECT is((SELECT failure FROM rui.duty_board WHERE project_id = :project AND duty_code = 'probe'), 'RU001 the probe is not ready', 'it is said why');
SELECT ok((SELECT is_late FROM rui.duty_board WHERE project_id = :project AND duty_code = 'probe'), 'it is late');
SELECT is((SELECT count(*) FROM rui.label WHERE kind = 'probe'), 0::bigint, 'and left nothing half done');
SELECT is((SELECT array_agg(invariant) FROM rui.invariant_violation WHERE project_id = :project), '{duty_done}', 'an invariant says so, too');
SELECT is((SELECT done FROM rui.tick(:project) WHERE duty = 'probe'), 7::bigint, 'the next tick tries again');
SELECT is((SELECT (failure, failed_at, items)::text FROM rui.duty_run WHERE project_id = :project AND duty_code = 'probe'), '(,,7)', 'and the failure is over');
SELECT is((SELECT count(*) FROM rui.label WHERE kind = 'probe'), 1::bigint, 'it did what it does');
DELETE FROM rui.duty_run WHERE duty_code = 'probe';
DELETE FROM rui.duty WHERE code = 'probe';

-- Partitions: made when fewer than four months are left, for all tables.
SELECT is((SELECT array_agg(t) FROM rui._partitioned_tables() t), '{event,journal,posting}', 'three tables are partitioned by month');
CREATE TEMP TABLE month AS SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), '_YYYY_MM') AS name, n FROM generate_series(-1, 40) n;
SELECT is((SELECT rui._duty_make_partitions(:project, now())), 0::bigint, 'while there are enough, none is made');
DO $$
DECLARE
	part text;
BEGIN
	FOR part IN SELECT 'rui.' || t || m.name FROM rui._partitioned_tables() t, month m WHERE m.n >= 3 AND to_regclass('rui.' || t || m.name) IS NOT NULL LOOP
		EXECUTE 'DROP TABLE ' || part;
	END LOOP;
END
$$;
SELECT is(rui._duty_make_partitions(:project, now()), 30::bigint, 'with three left, ten more a table make twelve');
SELECT is((SELECT count(*) FROM rui._partitioned_tables() t, month m WHERE m.n BETWEEN 1 AND 12 AND to_regclass('rui.' || t || m.name) IS NOT NULL), 36::bigint,
	'these twelve');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'rui'::regnamespace
	AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND c.relowner = 'rui_owner'::regrole AND c.relacl IS NULL)$$,
	'which are guarded and belong to the owner as the others do');
SELECT is((SELECT count(*) FROM (SELECT c.relname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
	WHERE t.relname = 'event' || (SELECT name FROM month WHERE n = 12)) x),
	(SELECT count(*) FROM pg_index i WHERE i.indrelid = 'rui.event'::regclass), 'with the same indexes');
SELECT throws_ok(format('UPDATE rui.event%s SET kind = ''x''', (SELECT name FROM month WHERE n = 12)), '55000', NULL, 'and the same triggers') FROM (
	SELECT rui._emit(:project, 'probe.test', 'probe', 1, now() + interval '12 months')) e;
SELECT is((SELECT tableoid::regclass::text FROM rui.event WHERE subject = 'probe'), 'rui.event' || (SELECT name FROM month WHERE n = 12), 'rows lie in them');
SELECT throws_ok('SELECT rui._extend_partitions(''nothing'', current_date, 1)', '42P01', 'rui has no table "nothing"');

-- Request keys.
SELECT rui._begin_request(:project, 'probe', k, '{}') FROM unnest('{old,new}'::text[]) k \g /dev/null
UPDATE rui.request SET recorded_at = now() - interval '30 days 1 second' WHERE request_key = 'old';
SELECT is((SELECT done FROM rui.tick(:project) WHERE duty = 'forget_requests'), 1::bigint, 'keys are forgotten after 30 days');
SELECT is((SELECT array_agg(request_key) FROM rui.request WHERE project_id = :project), '{new}', 'not before');

-- A project that was given up: what keeps a term goes on, in an archived one nothing.
SELECT rui.set_document_kind(:project, 'photo', '照片', 'Photo', keep_days => 1) \gset hidden_
SELECT rui.store_document(:project, 'photo', 'party', :boss, 'Lamp', sha256('a'), 1, 'image/png', 'a', at => now() - interval '3 days') AS photo \gset
SELECT rui.set_project_state(:project, 'close') \gset hidden_
SELECT is((SELECT state FROM rui.document WHERE id = :photo), 'stored', 'a photograph that should be gone');
CREATE TEMP TABLE closed AS SELECT * FROM rui.tick(:project);
SELECT is((SELECT string_agg(duty, ' ' ORDER BY duty) FROM closed),
	'erase_documents erase_people expire_messages expire_people fill_messages forget_requests make_partitions number_events reroute_messages retain_events seal',
	'in a closed project goes on what keeps a term, and what messages, events and seals need');
SELECT is((SELECT state FROM rui.document WHERE id = :photo), 'erased', 'so it is erased');
SELECT is((SELECT string_agg(duty_code, ' ' ORDER BY duty_code) FROM rui.duty_board WHERE project_id = :project), (SELECT string_agg(duty, ' ' ORDER BY duty) FROM closed),
	'these are on the board');
SELECT rui.archive_project(:project, 'Over') \gset hidden_
SELECT throws_ok(format('SELECT rui.tick(%s)', :project), '55000', format('project %s is archived', :project), 'in an archived one nothing is done');
SELECT is_empty(format('SELECT p FROM rui._duty_projects(1, 1) p WHERE p = %s', :project), 'nor is it tried');
SELECT is_empty(format('SELECT * FROM rui.duty_board WHERE project_id = %s', :project), 'nor waited for');
SELECT rui.recall_project(:project, 'Once more') \gset hidden_

-- The runner of scheduled duties.
SELECT is(rui._duty_party(:company), rui._duty_party(:company), 'a company has one duty runner');
SELECT is((SELECT array_agg(role_code) FROM rui.company_member WHERE party_id = rui._duty_party(:company)), '{duty_runner}', 'with one role');
SELECT is((SELECT array_agg(permission) FROM rui.role_permission WHERE role_code = 'duty_runner'), '{run_duties}', 'that runs duties and nothing else');
SELECT is((SELECT array_agg(p) FROM rui._duty_projects(1, 1) p WHERE p = :project), ARRAY[:project]::bigint[], 'one worker takes all projects');
SELECT is((SELECT count(*) FROM generate_series(1, 5) w, rui._duty_projects(w, 5) p WHERE p = :project), 1::bigint, 'of five, one');
SELECT ok(rui._run_project_duties(:project) >= 0, 'it ticks');
SELECT is(rui.current_party(), rui._duty_party(:company), 'acting for itself');
SELECT throws_ok('SELECT rui._duty_projects(3, 2)', '22023', 'worker 3 of 2 is none');
SELECT throws_ok('SELECT rui.schedule(0)', '22023', 'minutes must be 1 to 59, not 0');
SELECT * FROM finish();
ROLLBACK;
