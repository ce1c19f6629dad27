-- Audits are scored by the scorecard of their time, and stay.
BEGIN;
SELECT plan(27);
\ir fixture/estate.sql
\ir fixture/content.sql
\set rubric '{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"A1","weight":"1","kind":"rating","max":"5"},{"code":"A2","weight":"1","kind":"pass","veto":true}]}],"grades":[{"at_least":"90","grade":"A"},{"at_least":"0","grade":"B"}]}'
SELECT rui.set_scorecard(:one, 'round', 'Round', :'rubric', at => '2026-01-01 00:00+08') AS card \gset
SELECT is(rui.set_scorecard(:one, 'round', 'Round', :'rubric', at => '2026-01-02 00:00+08'), :card::bigint, 'the same again changes nothing');
SELECT rui.record_audit(:one, 'round', 'building', :b1, '{"A1": {"value": "3"}, "A2": {"value": true}}', at => '2026-01-03 10:00+08') AS first \gset
SELECT is((SELECT (total, grade, vetoed, answered)::text FROM rui.audit WHERE id = :first), '(80.00,B,{},2)', 'scored: (3/5 + 1) / 2');
SELECT rui.set_scorecard(:one, 'round', 'Round', replace(:'rubric', '"max":"5"', '"max":"3"')::rui.rubric, at => '2026-01-10 00:00+08') AS second_card \gset
SELECT rui.record_audit(:one, 'round', 'building', :b1, '{"A1": {"value": "3"}, "A2": {"value": true}}', at => '2026-01-11 10:00+08') AS second \gset
SELECT is((SELECT total FROM rui.audit WHERE id = :second), 100.00, 'a later audit by the later scorecard');
SELECT is((SELECT total FROM rui.audit WHERE id = :first), 80.00, 'the former one keeps its score');
SELECT is((SELECT (audit_id, grade)::text FROM rui.latest_audit WHERE project_id = :one), format('(%s,A)', :second), 'the last one counts');
SELECT is((SELECT s.total FROM rui.audit a, rui.score((SELECT rubric FROM rui.scorecard WHERE id = a.scorecard_id), a.findings) s
	WHERE a.id = :first AND s.total = a.total AND s.grade = a.grade), 80.00, 'scored again from what was stored: the same');
SELECT rui.record_audit(:one, 'round', 'project', :one, '{"A2": {"value": false}}', at => '2026-01-12 10:00+08') AS vetoed \gset
SELECT is((SELECT (total, vetoed)::text FROM rui.audit WHERE id = :vetoed), '(0.00,{A2})', 'a veto takes the score');
SELECT is(rui.record_audit(:one, 'round', 'project', :one, '{}', request_key => 'k', at => '2026-01-12 11:00+08'),
	rui.record_audit(:one, 'round', 'project', :one, '{}', request_key => 'k', at => '2026-01-12 12:00+08'), 'a repeated command answers as before');
SELECT throws_ok('UPDATE rui.audit SET total = 100', '55000', NULL, 'an audit is not changed');
SELECT throws_ok('DELETE FROM rui.audit', '55000', NULL, 'nor removed');

SELECT pg_temp.content() AS before \gset
CREATE FUNCTION pg_temp.refused(call text, code text, about text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT throws_ok('SELECT rui.' || call, code, NULL, about);
END
$$;
SELECT pg_temp.refused(format('record_audit(NULL, ''round'', ''project'', %s, ''{}'')', :one), '22004', 'no project');
SELECT pg_temp.refused(format('record_audit(%s, NULL, ''project'', %s, ''{}'')', :one, :one), '22004', 'no scorecard');
SELECT pg_temp.refused(format('record_audit(%s, ''nothing'', ''project'', %s, ''{}'')', :one, :one), 'P0002', 'an unknown scorecard');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''{}'', at => ''2025-12-31 00:00+08'')', :one, :one), 'P0002', 'one that did not hold yet');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''moon'', 1, ''{}'')', :one), '22023', 'an unknown subject');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''building'', %s, ''{}'')', :one, :b2), 'P0002', 'a building of another project');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''grid'', -1, ''{}'')', :one), 'P0002', 'an unknown grid');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''[]'')', :one, :one), '22023', 'findings that are no object');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''{"A1": {"value": "9"}}'')', :one, :one), '22023', 'a value out of range');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''{"B7": {"value": "1"}}'')', :one, :one), '22023', 'an unknown item');
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''{}'', at => ''infinity'')', :one, :one), '22008', 'no finite time');
SELECT pg_temp.refused(format('set_scorecard(%s, ''Round!'', ''x'', %L)', :one, :'rubric'), '22023', 'a bad code');
SELECT pg_temp.refused(format('set_scorecard(%s, ''round'', ''x'', NULL)', :one), '22004', 'no rubric');
SELECT pg_temp.refused(format('set_scorecard(%s, ''round'', ''x'', %L, at => ''2026-01-05 00:00+08'')', :one, :'rubric'), '22023', 'before a version that is there');
SELECT pg_temp.refused(format('set_scorecard(%s, ''round'', repeat(''x'', 201), %L)', :one, :'rubric'), '22001', 'too long a name');
SELECT is(pg_temp.content(), :'before', 'and nothing has changed');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT pg_temp.refused(format('record_audit(%s, ''round'', ''project'', %s, ''{}'')', :one, :one), '42501', 'a resident audits nothing');
SELECT * FROM finish();
ROLLBACK;
