-- What if: the same facts under another calendar or policy; and a policy that
-- open tasks take over, seen before.
BEGIN;
\ir fixture/estate.sql
SELECT plan(27);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
\set site '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]]}}'
SELECT rui.set_calendar(:one, 'site', :'site') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes', 'repair'),
	rui.set_ticket_category(:one, 'noise', '噪声', 'Noise') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
SELECT rui.set_sla_policy(:one, 'site', response => '1:00', resolution => '6:00') AS policy \gset

-- Twenty tickets with pauses, reopenings, changes of kind; minutes from the number.
CREATE FUNCTION pg_temp.play(i integer, project bigint, worker bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := pg_temp.at('09 09:00') + i * interval '37 minutes';
	t bigint := rui.open_ticket(project, CASE i % 3 WHEN 0 THEN 'noise' WHEN 1 THEN 'pipe' ELSE 'repair' END, 'x', at => began,
		agreed_resolution => CASE i % 7 WHEN 3 THEN interval '3:00' END);
BEGIN
	PERFORM rui.assign_ticket(project, t, worker, at => began + i * interval '5 minutes');
	PERFORM rui.accept_ticket(project, t, at => began + i * interval '7 minutes');
	PERFORM rui.arrive_ticket(project, t, at => began + i * interval '9 minutes');
	IF i % 2 = 0 THEN
		PERFORM rui.pause_ticket(project, t, 'x', at => began + i * interval '11 minutes', cause => CASE i % 4 WHEN 0 THEN 'parts' ELSE 'deferred' END);
		PERFORM rui.resume_ticket(project, t, at => began + i * interval '13 minutes');
	END IF;
	IF i % 5 <> 0 THEN
		PERFORM rui.complete_ticket(project, t, 'x', at => began + i * interval '31 minutes');
	END IF;
	IF i % 6 = 1 THEN
		PERFORM rui.reopen_ticket(project, t, 'x', at => began + i * interval '40 minutes');
	END IF;
	RETURN t;
END
$$;
CREATE TEMP TABLE played AS SELECT i, pg_temp.play(i, :one, :worker) AS t FROM generate_series(1, 20) i;
\set span :one ', pg_temp.at(''09 00:00''), pg_temp.at(''20 00:00'')'
CREATE TEMP TABLE now_is AS SELECT pg_temp.at('20 00:00') AS at;
SELECT done FROM rui.tick(:one, pg_temp.at('20 00:00')) WHERE duty = 'escalate' \gset hidden_
SELECT pg_temp.at('20 00:00') AS as_of \gset

SELECT isnt_empty(format('SELECT FROM rui.task_clock WHERE project_id = %s AND breached_at IS NOT NULL', :one), 'some are late');
SELECT is_empty(format('SELECT * FROM rui.sla_what_if(%s, as_of => %L) WHERE is_late <> would_be_late OR due_at IS DISTINCT FROM would_be_due_at OR late_by IS DISTINCT FROM would_be_late_by', :'span', :'as_of'),
	'what if nothing had been otherwise: nothing would');
SELECT is_empty(format('SELECT * FROM rui.sla_what_if(%s, %L, as_of => %L) WHERE is_late <> would_be_late OR due_at IS DISTINCT FROM would_be_due_at', :'span', :'site', :'as_of'),
	'nor under the same calendar');
SELECT is_empty(format($$SELECT * FROM rui.sla_what_if(%s, policy => '{"response":"1:00","resolution":"6:00"}', as_of => %L)
	WHERE is_late IS DISTINCT FROM would_be_late OR due_at IS DISTINCT FROM would_be_due_at OR late_by IS DISTINCT FROM would_be_late_by$$, :'span', :'as_of'),
	'nor under the same policy');
SELECT is((SELECT count(*) FROM rui.sla_what_if(:span, as_of => :'as_of')), (SELECT count(*) FROM (
	SELECT FROM rui.task_clock WHERE project_id = :one UNION ALL SELECT FROM rui.task_clock_cycle WHERE project_id = :one) x), 'every clock and cycle once');
-- Open around the clock, everything is due earlier and more is late, and the other way round.
SELECT ok((SELECT bool_and(would_be_due_at <= due_at) AND count(*) FILTER (WHERE would_be_late) > count(*) FILTER (WHERE is_late)
	FROM rui.sla_what_if(:span, '{"tz":"UTC","weekly":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}', as_of => :'as_of')),
	'if the nights had counted, more would be late');
SELECT is((SELECT count(*) FROM rui.sla_what_if(:span, '{"tz":"UTC"}', as_of => :'as_of') WHERE would_be_late), 0::bigint, 'if nothing had counted, nothing');
-- Targets that were not promised are judged by what happened.
SELECT results_eq(format($$SELECT i, would_be_late FROM rui.sla_what_if(%s, policy => '{"answer":"0:30"}', as_of => %L) w JOIN played p ON p.t = w.task_id
	WHERE target = 'answer' AND i <= 8 ORDER BY 1$$, :'span', :'as_of'), $$VALUES (1, false), (2, false), (3, false), (4, false), (5, false), (6, false), (7, true), (8, true)$$,
	'a first answer within half an hour: dispatched after 5 minutes times the number');
SELECT results_eq(format($$SELECT i, cycle, would_be_due_at FROM rui.sla_what_if(%s, policy => '{"call_back":"8:00","calendar_code":"always"}', as_of => %L) w JOIN played p ON p.t = w.task_id
	WHERE target = 'call_back' AND i <= 3 ORDER BY 1$$, :'span', :'as_of'),
	$$VALUES (1, 1, pg_temp.at('09 18:08')), (2, 1, pg_temp.at('09 19:16')), (3, 1, pg_temp.at('09 20:24'))$$, 'a call-back within eight hours of the completion');
SELECT is((SELECT count(*) FROM rui.sla_what_if(:span, policy => '{"response":"0:01"}', as_of => :'as_of') WHERE target = 'resolution' AND would_be_late IS NOT NULL),
	(SELECT count(*) FROM rui.sla_what_if(:span, as_of => :'as_of') w JOIN rui.ticket k ON k.id = w.task_id WHERE target = 'resolution' AND k.agreed_resolution IS NOT NULL),
	'what was agreed with a customer stays, what the policy does not promise does not');
SELECT is((SELECT array_agg(DISTINCT t.category ORDER BY t.category) FROM rui.sla_what_if(:span, policy => '{"response":"0:01","category":"repair"}', as_of => :'as_of') w
	JOIN rui.task t ON t.id = w.task_id), '{pipe,repair}'::text[], 'a policy for a kind is asked of that kind, and all under it');
SELECT throws_ok(format($$SELECT * FROM rui.sla_what_if(%s, policy => '%s')$$, :'span', p.policy), '22023', p.error, p.policy)
FROM (VALUES ('{"respnse":"1:00"}', 'unknown member policy.respnse'), ('{"response":"soon"}', 'policy.response is no length of time: "soon"'),
	('{"response":60}', 'policy.response is no length of time: 60'), ('{"response":"2 days"}', 'policy.response has days or months: 2 days'),
	('{"priority":9}', 'policy.priority cannot be 9'), ('[]', 'policy must be a JSON object, not array')) AS p(policy, error);
SELECT throws_ok(format($$SELECT * FROM rui.sla_what_if(%s, policy => '{"calendar_code":"moon"}')$$, :'span'), 'P0002');
SELECT throws_ok(format('SELECT * FROM rui.sla_what_if(%s, now(), now())', :one), '22023', NULL, 'a span is not empty');

-- A stricter policy: open tasks keep what they were promised, until somebody says otherwise.
SELECT rui.open_ticket(:one, 'pipe', 'x', at => pg_temp.at('23 09:00')) AS a \gset
SELECT rui.open_ticket(:one, 'noise', 'x', at => pg_temp.at('23 09:00')) AS b \gset
SELECT rui.set_sla_policy(:one, 'site', response => '0:30', resolution => '3:00', category => 'repair', judged_by => 'wall') AS strict \gset
SELECT is((SELECT due_at FROM rui.task_clock WHERE task_id = :a AND target = 'resolution'), pg_temp.at('23 15:00'), 'open tasks keep their promise');
SELECT results_eq(format($$SELECT target, length, new_length, due_at, new_due_at, is_late, would_be_late FROM rui.preview_policy_change(%s, %s, %L) WHERE task_id = %s$$, :one, :strict, pg_temp.at('23 10:00'), :a),
	$$VALUES ('resolution', interval '6:00', interval '3:00', pg_temp.at('23 15:00'), pg_temp.at('23 12:00'), false, false),
		('response', interval '1:00', interval '0:30', pg_temp.at('23 10:00'), pg_temp.at('23 10:00'), false, true)$$, 'what the policy would change');
SELECT is((SELECT due_at FROM rui.task_clock WHERE task_id = :a AND target = 'resolution'), pg_temp.at('23 15:00'), 'and has not');
SELECT is((SELECT count(*) FROM rui.preview_policy_change(:one, :strict, pg_temp.at('23 10:00')) p),
	rui.apply_sla_policy(:one, :strict, pg_temp.at('23 10:00')), 'as many clocks are changed as were shown');
SELECT results_eq(format($$SELECT target, due_at, judged_by FROM rui.task_clock WHERE task_id = %s ORDER BY 1$$, :a),
	$$VALUES ('resolution', pg_temp.at('23 12:00'), 'wall'), ('response', pg_temp.at('23 10:00'), 'wall')$$, 'the new promise');
SELECT is((SELECT policy_id FROM rui.task_clock WHERE task_id = :b AND target = 'resolution'), :policy::bigint, 'other kinds keep theirs');
SELECT is(rui.apply_sla_policy(:one, :strict, pg_temp.at('23 10:00')), 0::bigint, 'once');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :one), 'all clocks are what their facts give');
SELECT * FROM finish();
ROLLBACK;
