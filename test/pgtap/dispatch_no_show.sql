-- Offers that nobody accepts, and people who do not come: the work waits again
-- and goes elsewhere; both are counted and cost.
BEGIN;
SELECT plan(38);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
-- Two people in one place; Ben could do more than is asked for, which costs 300.
SELECT is((SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01"},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","qualifications":[{"code":"plumbing","level":1}]}]') WHERE accepted), 2::bigint, 'staff');
CREATE TEMP TABLE who AS SELECT p.code, p.id FROM rui.party p WHERE p.company_id = :company;
SELECT id AS anna FROM who WHERE code = 'anna' \gset
SELECT id AS ben FROM who WHERE code = 'ben' \gset
SELECT rui.import_posts(:project, '[{"code":"p","name":"Post","module":"place"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:project, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', s, 'from', '2026-03-02 08:00', 'to', '2026-03-02 20:00', 'capacity', 3))
	FROM unnest('{anna,ben}'::text[]) s)) \g /dev/null
SELECT rui.set_ticket_category(:project, 'general', 'general', 'general') \g /dev/null
SELECT rui.set_sla_policy(:project, 'always', response => '1 hour', resolution => '8 hours', from_at => '2026-01-01') \g /dev/null
SELECT rui.set_dispatch_weight(:project, 'load', 0) \g /dev/null
CREATE FUNCTION pg_temp.need(project bigint, at timestamptz, emergency boolean DEFAULT false) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.open_ticket(project, 'general', 'need', is_emergency => emergency, at => at) $$;
CREATE FUNCTION pg_temp.has(task bigint) RETURNS text LANGUAGE sql AS $$
	SELECT t.state || coalesce(' ' || w.code, '') FROM rui.task t LEFT JOIN who w ON w.id = t.executor_id WHERE t.id = task $$;
CREATE FUNCTION pg_temp.story(task bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(replace(e.kind, 'ticket.', '') || coalesce(' ' || w.code, ''), ', ' ORDER BY e.id)
	FROM rui.event e LEFT JOIN who w ON w.id = (e.payload ->> 'executor_id')::bigint WHERE e.subject = 'ticket' AND e.subject_id = task $$;
CREATE FUNCTION pg_temp.missed(project bigint, task bigint, at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(w.code || ' ' || e.missed_cost, ', ' ORDER BY w.code) FROM rui.explain_dispatch(project, task, 'en', at) e JOIN who w ON w.id = e.party_id $$;

-- An offer lapses when its time is over.
SELECT pg_temp.need(:project, '2026-03-02 10:00+08') AS t \gset
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, '2026-03-02 10:00+08')), 1, 'offered');
SELECT is(pg_temp.has(:t), 'assigned anna', 'to whom it costs least');
SELECT is((SELECT tasks + moved FROM rui.dispatch(:project, NULL, '2026-03-02 10:29:59.999+08')), 0, 'half an hour it stands');
SELECT is(pg_temp.has(:t), 'assigned anna', 'as it was');
SELECT results_eq(format('SELECT tasks, assigned, moved FROM rui.dispatch(%s, NULL, ''2026-03-02 10:30+08'')', :project), 'VALUES (1, 1, 0)', 'then it waits again and is given out');
SELECT is(pg_temp.has(:t), 'assigned ben', 'to somebody else');
SELECT is(pg_temp.story(:t), 'open, triage, assign anna, lapse anna, assign ben', 'what happened');
SELECT results_eq(format('SELECT e.at, e.payload FROM rui.event e WHERE e.subject_id = %s AND e.kind = ''ticket.lapse''', :t),
	format($$VALUES (timestamptz '2026-03-02 10:30+08', '{"from_state": "assigned", "to_state": "triaged", "reason": "dispatch", "executor_id": %s}'::jsonb)$$, :anna), 'with whose offer it was');
SELECT is(pg_temp.missed(:project, :t, '2026-03-02 10:30+08'), 'anna 3600, ben 0', 'to have let it lapse costs');
SELECT is((SELECT missed_cost FROM rui.dispatch_offer WHERE task_id = :t AND party_id = :ben), 0::float8, 'and is kept with the offer');
SELECT is((SELECT state FROM rui.task_clock WHERE task_id = :t AND target = 'response'), 'running', 'while the promise goes on');

-- Somebody accepts, sets out, and does not come.
SELECT rui.accept_ticket(:project, :t, NULL, '2026-03-02 10:40+08') \g /dev/null
SELECT is((SELECT tasks FROM rui.dispatch(:project, NULL, '2026-03-02 11:30+08')), 0, 'what is accepted does not lapse');
SELECT rui.depart_ticket(:project, :t, NULL, '2026-03-02 11:31+08') \g /dev/null
SET LOCAL rui.party_id = :'ben';
SELECT throws_ok(format('SELECT rui.report_no_show(%s, %s, ''me'')', :project, :t), '42501', NULL, 'staff give back, and report nobody');
SELECT is_empty(format($$SELECT action FROM rui.allowed_actions(%s, 'ticket', %s) WHERE action IN ('no_show', 'lapse')$$, :project, :t), 'nor are they offered it');
SET LOCAL rui.party_id = :'boss';
SELECT is((SELECT string_agg(action, ' ') FROM rui.allowed_actions(:project, 'ticket', :t)), 'arrive cancel decline merge no_show', 'managers are');
SELECT throws_ok(format('SELECT rui.report_no_show(%s, %s, '' '')', :project, :t), '22023', NULL, 'a reason is not blank');
SELECT throws_ok(format('SELECT rui.report_no_show(%s, %s, NULL)', :project, :t), '22004', NULL, 'nor missing');
SELECT throws_ok(format('SELECT rui.report_no_show(%s, %s, ''x'', NULL, ''2026-03-02 11:00+08'')', :project, :t), '22023', NULL, 'nor is it before he set out');
SELECT is(rui.report_no_show(:project, :t, 'nobody came', 'n1', '2026-03-02 12:00+08'), 'triaged', 'a no-show');
SELECT is(rui.report_no_show(:project, :t, 'nobody came', 'n1', '2026-03-02 12:00+08'), 'triaged', 'told twice, done once');
SELECT results_eq(format('SELECT executor_id, accepted_at, arrived_at FROM rui.task WHERE id = %s', :t), 'VALUES (NULL::bigint, NULL::timestamptz, NULL::timestamptz)', 'nobody has it');
SELECT results_eq(format('SELECT target, state, on_time FROM rui.task_clock WHERE task_id = %s ORDER BY 1', :t), $$VALUES ('resolution', 'running', NULL::boolean), ('response', 'stopped', true)$$,
	'the response that was given counts, the need still is to be met');
SELECT is(pg_temp.missed(:project, :t, '2026-03-02 12:00+08'), 'anna 3600, ben 7200', 'not to have come costs');
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, '2026-03-02 12:01+08')), 1, 'dispatch gives it out again');
SELECT is(pg_temp.has(:t), 'assigned anna', 'to who is cheaper now');
SELECT is((SELECT e.payload ->> 'reason' FROM rui.event e WHERE e.subject_id = :t AND e.kind = 'ticket.no_show'), 'nobody came', 'the reason is kept');
SELECT results_eq($$SELECT w.code, l.assigned, l.lapsed, l.no_shows FROM rui.dispatch_load l JOIN who w ON w.id = l.party_id ORDER BY 1$$,
	$$VALUES ('anna', 2::bigint, 1::bigint, 0::bigint), ('ben', 1, 0, 1)$$, 'and all is counted');
SELECT rui.accept_ticket(:project, :t, NULL, '2026-03-02 12:02+08'), rui.arrive_ticket(:project, :t, NULL, '2026-03-02 12:03+08') \g /dev/null
SELECT throws_ok(format('SELECT rui.report_no_show(%s, %s, ''x'', NULL, ''2026-03-02 12:04+08'')', :project, :t), '55000', NULL, 'who has arrived has come');

-- Emergencies: at once to somebody else, and five minutes to accept.
SELECT pg_temp.need(:project, '2026-03-02 12:10+08', true) AS urgent \gset
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is(pg_temp.has(:urgent), 'assigned anna', 'an emergency');
SET CONSTRAINTS ALL DEFERRED;
SELECT rui.report_no_show(:project, :urgent, 'her line is dead', NULL, '2026-03-02 12:11+08') \g /dev/null
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is(pg_temp.has(:urgent), 'assigned ben', 'goes to somebody else with the report');
SELECT is((SELECT done FROM rui.tick(:project, '2026-03-02 12:15:59+08') WHERE duty = 'dispatch'), 0::bigint, 'its offer stands');
SELECT is((SELECT done FROM rui.tick(:project, '2026-03-02 12:16+08') WHERE duty = 'dispatch'), 2::bigint, 'for five minutes: taken back, and given out');
SELECT is(pg_temp.story(:urgent), 'open, triage, assign anna, no_show anna, assign ben, lapse ben, assign ben', 'to him again, who let it lapse: she has not come');
SET CONSTRAINTS ALL DEFERRED;

-- What people gave out by hand does not lapse; nor does anything where the term is 0.
SELECT rui.cancel_ticket(:project, :urgent, 'over', NULL, '2026-03-02 12:20+08') \g /dev/null
SELECT pg_temp.need(:project, '2026-03-02 13:00+08') AS by_hand \gset
SELECT rui.assign_ticket(:project, :by_hand, :ben, at => '2026-03-02 13:00+08') \g /dev/null
SELECT pg_temp.need(:project, '2026-03-02 13:00+08') AS offered \gset
SELECT rui.set_dispatch_weight(:project, 'offer', 0) \g /dev/null
SELECT rui.dispatch(:project, NULL, '2026-03-02 13:00+08') \g /dev/null
SELECT is((SELECT tasks FROM rui.dispatch(:project, NULL, '2026-03-02 18:00+08')), 0, 'without a limit nothing lapses');
SELECT rui.set_dispatch_weight(:project, 'offer', 60) \g /dev/null
SELECT rui.set_dispatch_weight(:project, 'lapsed', 0) \g /dev/null
SELECT is((SELECT tasks FROM rui.dispatch(:project, NULL, '2026-03-02 18:01+08')), 1, 'with one the offer does');
SELECT is(pg_temp.story(:by_hand), 'open, triage, assign ben', 'and nothing that a person gave out');
SELECT is(pg_temp.story(:offered), 'open, triage, assign anna, lapse anna, assign anna', 'where it costs nothing she has it again');
SELECT * FROM finish();
ROLLBACK;
