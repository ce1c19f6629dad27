-- Every code that people see has a Chinese and an English name.
BEGIN;
SELECT plan(15);
SELECT is(rui.label('role', 'steward', 'zh'), '管家', 'a Chinese name');
SELECT is(rui.label('role', 'steward', 'en'), 'steward', 'an English name');
SELECT is(rui.label('role', 'unheard_of', 'en'), 'unheard_of', 'an unknown code is its own name');
SELECT throws_ok($$SELECT rui.label('role', 'steward', 'fr')$$, '22023', 'unknown language "fr"');
SELECT is_empty($$SELECT kind, code FROM rui.label GROUP BY kind, code HAVING count(*) <> 2$$,
	'what has one name has both');
SELECT is_empty($$SELECT DISTINCT r.role_code FROM rui.role_permission r
	WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = 'role' AND l.code = r.role_code)$$, 'every role has a name');
-- Every code that exists has one: of each room that has codes in tables.
CREATE TEMP VIEW code_without_name AS
SELECT c.kind, c.code FROM (
	SELECT 'permission', p.code FROM rui.permission p
	UNION SELECT 'duty', d.code FROM rui.duty d
	UNION SELECT 'workflow', t.subject FROM rui.transition t
	UNION SELECT 'state.' || t.subject, t.to_state FROM rui.transition t
	UNION SELECT 'action.' || t.subject, t.action FROM rui.transition t
	UNION SELECT 'event', t.subject || '.' || t.action FROM rui.transition t
	-- What functions emit by name.
	UNION SELECT 'event', m.found[1] FROM pg_proc p
		CROSS JOIN LATERAL regexp_matches(p.prosrc, $r$_emit\([^,]+, '([a-z_]+\.[a-z_]+)'$r$, 'g') AS m(found)
		WHERE p.pronamespace = 'rui'::regnamespace
	UNION SELECT 'pause_reason', r.code FROM rui.pause_reason r
) AS c(kind, code)
WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = c.kind AND l.code = c.code AND l.lang = 'zh');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'permission'$$, 'every permission');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'duty'$$, 'every duty');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'workflow'$$, 'every state machine');
SELECT is_empty($$SELECT kind, code FROM code_without_name WHERE kind ~ '^state'$$, 'every state');
SELECT is_empty($$SELECT kind, code FROM code_without_name WHERE kind ~ '^action'$$, 'every action');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'event'$$, 'every event');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'pause_reason'$$, 'every reason');
SELECT is_empty($$SELECT code FROM rui.label WHERE kind = 'error' AND code !~ '^[0-9A-Z]{5}$'$$, 'errors are named by SQLSTATE');
SELECT is(rui.label('event', 'ticket.accept', 'zh'), rui.label('workflow', 'ticket', 'zh') || '：' || rui.label('action.ticket', 'accept', 'zh'),
	'an action of a state machine is an event that is called so');
SELECT * FROM finish();
ROLLBACK;
