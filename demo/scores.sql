-- One audit of each territory at the end of the month, scored.
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_scorecard(:project, 'territory', 'Territory', '{"scale":"100","sections":[
	{"code":"service","weight":"50","items":[
		{"code":"greeting","weight":"2","kind":"rating","max":"5"},{"code":"records","weight":"3","kind":"rating","max":"5"},
		{"code":"keys","weight":"2","kind":"pass"}]},
	{"code":"place","weight":"50","items":[
		{"code":"lobby","weight":"3","kind":"rating","max":"5"},{"code":"lighting","weight":"2","kind":"pass"},
		{"code":"fire_exit","weight":"4","kind":"pass","veto":true}]}],
	"missing":"skip","on_veto":"zero","rounding":{"scale":2,"mode":"half_up"},
	"grades":[{"at_least":"90","grade":"A"},{"at_least":"75","grade":"B"},{"at_least":"60","grade":"C"},{"at_least":"0","grade":"D"}]}',
	at => :'month_start'::timestamp AT TIME ZONE :'time_zone') \gset hidden_
SELECT count(rui.record_audit(:project, 'territory', 'grid', g.id, jsonb_build_object(
		'greeting', jsonb_build_object('value', (3 + floor(pg_temp.chance('greeting' || g.code) * 3))::int::text),
		'records', jsonb_build_object('value', (3 + floor(pg_temp.chance('records' || g.code) * 3))::int::text),
		'keys', jsonb_build_object('value', pg_temp.chance('keys' || g.code) < 0.9),
		'lobby', jsonb_build_object('value', (2 + floor(pg_temp.chance('lobby' || g.code) * 4))::int::text),
		'lighting', jsonb_build_object('value', pg_temp.chance('lighting' || g.code) < 0.8),
		'fire_exit', jsonb_build_object('value', pg_temp.chance('exit' || g.code) < 0.95)),
	at => :'month_end'::timestamp AT TIME ZONE :'time_zone' - interval '4 hours'))
FROM rui.grid g WHERE g.project_id = :project AND g.plan_id = :plan \gset hidden_
COMMIT;
