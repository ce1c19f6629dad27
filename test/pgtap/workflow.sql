-- One trigger makes the rows of rui.transition law.
BEGIN;
SELECT plan(14);
SELECT rui.create_company('acme', 'Acme', 'Director Li') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'one', 'First') AS one \gset

SELECT is((SELECT (state, last_action)::text FROM rui.project WHERE id = :one), '(candidate,propose)',
	'a row begins where (none) leads');
SELECT throws_ok(format('UPDATE rui.project SET state = ''live'' WHERE id = %s', :one), '55000',
	'project: the state cannot be written directly');
SELECT throws_ok(format('UPDATE rui.project SET last_action = ''close'' WHERE id = %s', :one), '55000',
	'project: action "close" is not legal in state "candidate"');
SELECT throws_ok(format('UPDATE rui.project SET last_action = NULL WHERE id = %s', :one), '55000', NULL,
	'null is no action');
SELECT throws_ok(format($$INSERT INTO rui.project (company_id, code, name, state, last_action)
	VALUES (%s, 'x', 'x', 'live', 'go_live')$$, :company), '55000', NULL, 'no row begins in the middle');
SELECT lives_ok(format('UPDATE rui.project SET name = ''Renamed'' WHERE id = %s', :one), 'other columns are free');
SELECT is((SELECT array_agg(action || '>' || to_state) FROM rui.allowed_actions(:one, 'project', :one)),
	'{drop>closed,go_live>live}'::text[], 'the actions allowed now');
SELECT throws_ok(format('SELECT * FROM rui.allowed_actions(%s, ''unicorn'', 1)', :one), '22023',
	'no state machine is called "unicorn"');
SELECT throws_ok(format('SELECT * FROM rui.allowed_actions(%s, ''shift'', 99)', :one), 'P0002',
	format('shift 99 does not exist in project %s', :one));
SELECT throws_ok('SELECT * FROM rui.allowed_actions(NULL, ''shift'', 99)', '22004', 'project_id must not be null');

-- A guard says why not.
CREATE FUNCTION rui.test_guard(project_id bigint, id bigint) RETURNS text LANGUAGE sql
AS $$SELECT 'The moon is not full.' WHERE project_id = id$$;
INSERT INTO rui.transition (subject, from_state, action, to_state, permission, guard)
VALUES ('project', 'candidate', 'howl', 'live', 'set_project_state', 'test_guard');
SELECT is((SELECT array_agg(action || '>' || to_state) FROM rui.allowed_actions(:one, 'project', :one)),
	'{drop>closed,go_live>live}'::text[], 'what a guard does not let pass is not allowed now');
SELECT throws_ok(format('UPDATE rui.project SET last_action = ''howl'' WHERE id = %s', :one), '55000',
	'project: action "howl" is not possible now');
CREATE OR REPLACE FUNCTION rui.test_guard(project_id bigint, id bigint) RETURNS text LANGUAGE sql
AS $$SELECT NULL::text$$;
SELECT is((SELECT array_agg(action || '>' || to_state) FROM rui.allowed_actions(:one, 'project', :one)),
	'{drop>closed,go_live>live,howl>live}'::text[], 'what it lets pass is');
UPDATE rui.project SET last_action = 'howl' WHERE id = :one;
SELECT is((SELECT state FROM rui.project WHERE id = :one), 'live', 'a satisfied guard lets it pass');
SELECT * FROM finish();
ROLLBACK;
