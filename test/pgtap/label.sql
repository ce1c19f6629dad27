-- Every code that people see has a Chinese and an English name.
BEGIN;
SELECT plan(6);
SELECT is(rui.label('role', 'steward', 'zh'), '管家', 'a Chinese name');
SELECT is(rui.label('role', 'steward', 'en'), 'steward', 'an English name');
SELECT is(rui.label('role', 'unheard_of', 'en'), 'unheard_of', 'an unknown code is its own name');
SELECT throws_ok($$SELECT rui.label('role', 'steward', 'fr')$$, '22023', 'unknown language "fr"');
SELECT is_empty($$SELECT kind, code FROM rui.label GROUP BY kind, code HAVING count(*) <> 2$$,
	'what has one name has both');
SELECT is_empty($$SELECT DISTINCT r.role_code FROM rui.role_permission r
	WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = 'role' AND l.code = r.role_code)$$, 'every role has a name');
SELECT * FROM finish();
ROLLBACK;
