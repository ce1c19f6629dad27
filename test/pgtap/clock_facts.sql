-- Facts of clocks that come in another order than they happen: planned ahead,
-- told late, several at one instant; promises that come and go meanwhile.
BEGIN;
\ir fixture/estate.sql
SELECT plan(35);
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'answered', '咨询', 'Answered'),
	rui.set_ticket_category(:one, 'wall', '钟点', 'Wall'), rui.set_ticket_category(:one, 'plain', '普通', 'Plain') \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', response => '4:00', resolution => '8:00', category => 'repair', warnings => '{50%}', escalations => '{1:00,4:00}'),
	rui.set_sla_policy(:one, 'site', answer => '1:00', response => '4:00', resolution => '4:00', call_back => '8:00', category => 'answered', escalations => '{1:00,2:00}'),
	rui.set_sla_policy(:one, 'always', response => '1:00', category => 'plain'),
	rui.set_sla_policy(:one, 'site', resolution => '8:00', category => 'wall', judged_by => 'wall') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
CREATE FUNCTION pg_temp.clock(ticket bigint, which text DEFAULT 'resolution') RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'until ' || to_char(resumes_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'late since ' || to_char(breached_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
		'next ' || next_level || ' ' || to_char(next_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'), on_time, late_working)
	FROM rui.task_clock WHERE task_id = ticket AND target = which$$;
CREATE FUNCTION pg_temp.told(ticket bigint, which text DEFAULT 'resolution') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', level, to_char(at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI')), ', ' ORDER BY cycle, level)
	FROM rui.escalation WHERE task_id = ticket AND target = which$$;
CREATE FUNCTION pg_temp.work(project bigint, ticket bigint, worker bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM rui.assign_ticket(project, ticket, worker, at => at), rui.accept_ticket(project, ticket, at => at), rui.arrive_ticket(project, ticket, at => at);
END
$$;

-- Monday is 2026-03-09. At one instant: done, not done after all, taken up again, done.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS a \gset
SELECT pg_temp.work(:one, :a, :worker, pg_temp.at('09 10:00')), rui.complete_ticket(:one, :a, 'x', at => pg_temp.at('09 11:00')) \gset hidden_
SELECT rui.reopen_ticket(:one, :a, 'x', at => pg_temp.at('09 11:00')) \gset hidden_
SELECT lives_ok(format('SELECT pg_temp.work(%s, %s, %s, %L)', :one, :a, :worker, pg_temp.at('09 11:00')), 'all that follows a reopening may have its instant');
SELECT rui.complete_ticket(:one, :a, 'x', at => pg_temp.at('09 11:00')), rui.reopen_ticket(:one, :a, 'x', at => pg_temp.at('09 11:00')) \gset hidden_
SELECT lives_ok(format('SELECT pg_temp.work(%s, %s, %s, %L)', :one, :a, :worker, pg_temp.at('09 11:00')), 'also a second one');
SELECT throws_ok(format('SELECT rui.complete_ticket(%s, %s, ''x'', at => %L)', :one, :a, pg_temp.at('09 11:00') - interval '1 microsecond'), '22023', NULL,
	'what is told of before is not taken');
SELECT is((SELECT last_at FROM rui.task WHERE id = :a), pg_temp.at('09 11:00') + interval '2 microseconds', 'in order');

-- A pause planned: until it begins time counts, and is told.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS b \gset
SELECT rui.pause_clocks(:one, :b, 'customer', from_at => pg_temp.at('09 15:00'), until_at => pg_temp.at('10 12:00'), at => pg_temp.at('09 10:00')) \gset hidden_
SELECT is(pg_temp.clock(:b), 'running 10 14:00 until 10 12:00 next -1 09 13:00', 'the warning comes before the pause');
SELECT is_empty(format($$SELECT * FROM rui.sla_what_if(%s, %L, %L, as_of => %L) WHERE is_late <> would_be_late OR due_at IS DISTINCT FROM would_be_due_at$$,
	:one, pg_temp.at('09 00:00'), pg_temp.at('30 00:00'), pg_temp.at('09 12:00')), 'what if nothing were otherwise: plans are known');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('11 18:00')) \gset hidden_
SELECT is(pg_temp.told(:b), '-1 09 13:00, 0 10 14:00, 1 10 15:00, 2 11 09:00', 'a tick that comes late counts around the pause');
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS c \gset
SELECT rui.pause_clocks(:one, :c, 'customer', from_at => pg_temp.at('09 17:30'), at => pg_temp.at('09 10:00')) AS p2 \gset
SELECT is(pg_temp.clock(:c), 'paused 09 17:00 next -1 09 13:00', 'what is due before it has its time, and is not late yet');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('09 17:15')) \gset hidden_
SELECT is(pg_temp.clock(:c), 'paused 09 17:00 late since 09 17:00', 'then it is late');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('13 18:00')) \gset hidden_
SELECT is(pg_temp.told(:c), '-1 09 13:00, 0 09 17:00', 'and in the pause nothing more is told');
SELECT rui.resume_clocks(:one, :p2, at => pg_temp.at('16 09:00')) \gset hidden_
SELECT is(pg_temp.clock(:c), 'running 09 17:00 late since 09 17:00 next 1 16 09:30', 'half an hour of the first level was before it');
SELECT rui.open_ticket(:one, 'wall', 'x', at => pg_temp.at('09 09:00')) AS d \gset
SELECT rui.pause_clocks(:one, :d, 'customer', from_at => pg_temp.at('09 17:00'), until_at => pg_temp.at('10 09:30'), at => pg_temp.at('09 10:00')) \gset hidden_
SELECT is(pg_temp.clock(:d), 'running 10 09:30 until 10 09:30 next 0 10 09:30', 'a pause that begins when it is due takes that along');

-- Late by a shorter target: escalations count from then, whoever looks; what
-- was promised only now counts from the beginning, and was done by then.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS e \gset
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS f \gset
SELECT count(rui.triage_ticket(:one, x, 'answered', at => pg_temp.at('09 15:00'))) FROM unnest(ARRAY[:e, :f]) AS x \gset hidden_
SELECT is(pg_temp.clock(:e), 'running 09 15:00 next 0 09 15:00', 'six hours are more than four');
SELECT is(pg_temp.clock(:e, 'answer'), 'stopped 09 10:00 late since 09 10:00 f 05:00:00', 'the triage is the answer');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('09 15:30')) \gset hidden_
SELECT rui.pause_clocks(:one, :e, 'customer', until_at => pg_temp.at('09 15:40'), at => pg_temp.at('09 15:30')) \gset hidden_
SELECT is(pg_temp.clock(:e), 'running 09 15:00 until 09 15:40 late since 09 15:00 next 1 09 16:10', 'an hour after that, and ten minutes of a pause');
SELECT count(*) FROM rui.tick(:one, pg_temp.at('10 18:00')) \gset hidden_
SELECT is(pg_temp.told(:e), '-1 09 13:00, 0 09 15:00, 1 09 16:10, 2 09 17:10', 'told as it was to come');
SELECT is(pg_temp.told(:f), '-1 09 13:00, 0 09 15:00, 1 09 16:00, 2 09 17:00', 'all at once as one after the other');
SELECT rui.open_ticket(:one, 'plain', 'x', at => pg_temp.at('09 09:00')) AS g \gset
SELECT rui.pause_clocks(:one, :g, 'customer', at => pg_temp.at('09 10:00')) \gset hidden_
SELECT rui.triage_ticket(:one, :g, 'repair', at => pg_temp.at('09 12:00')) \gset hidden_
SELECT is(pg_temp.clock(:g), 'paused', 'a pause holds for what is promised later');
SELECT is((SELECT elapsed FROM rui.sla_as_of(:one, pg_temp.at('09 12:00')) WHERE task_id = :g AND target = 'resolution'), interval '1:00', 'from its beginning on');

-- Pauses end with what they pause.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS h \gset
SELECT rui.pause_clocks(:one, :h, 'supplier', at => pg_temp.at('09 09:30')) AS p3 \gset
SELECT pg_temp.work(:one, :h, :worker, pg_temp.at('09 10:00')) \gset hidden_
SELECT is((SELECT upper(during) FROM rui.clock_pause WHERE id = :p3), NULL, 'one that pauses nothing goes on while there is work');
SELECT rui.complete_ticket(:one, :h, 'x', at => pg_temp.at('09 12:00')) \gset hidden_
SELECT is((SELECT upper(during) FROM rui.clock_pause WHERE id = :p3), pg_temp.at('09 12:00'), 'and ends with it');
SELECT rui.open_ticket(:one, 'answered', 'x', at => pg_temp.at('09 09:00')) AS i \gset
SELECT pg_temp.work(:one, :i, :worker, pg_temp.at('09 09:30')), rui.complete_ticket(:one, :i, 'x', at => pg_temp.at('09 10:00')) \gset hidden_
SELECT throws_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', at => %L)', :one, :i, pg_temp.at('09 11:00')), '55000', NULL, 'parts have nothing to pause any more');
SELECT lives_ok(format('SELECT rui.pause_clocks(%s, %s, ''parts'', from_at => %L, until_at => %L, at => %L)', :one, :i, pg_temp.at('09 09:40'), pg_temp.at('09 09:50'), pg_temp.at('09 11:00')),
	'but had before');
SELECT rui.pause_clocks(:one, :i, 'customer', at => pg_temp.at('09 11:00')) AS p4 \gset
SELECT is(pg_temp.clock(:i, 'call_back'), 'paused', 'the customer can let us wait with the call-back');
SELECT rui.reopen_ticket(:one, :i, 'x', at => pg_temp.at('09 12:00')) \gset hidden_
SELECT is((SELECT upper(during) FROM rui.clock_pause WHERE id = :p4), pg_temp.at('09 12:00'), 'until it is void');
SELECT is(pg_temp.clock(:i), 'running 09 16:00 next 0 09 16:00', 'a reopening begins afresh');
SELECT rui.pause_clocks(:one, :i, 'weather', from_at => pg_temp.at('09 11:00'), at => pg_temp.at('09 14:00')) AS p5 \gset
SELECT is(pg_temp.clock(:i), 'paused', 'unless it is told that it began within a pause');
SELECT rui.resume_clocks(:one, :p5, at => pg_temp.at('09 15:00')) \gset hidden_
SELECT is(pg_temp.clock(:i), 'running 10 10:00 next 0 10 10:00', 'all of its time is left when that ends');

-- Who tells something of before does not know what came since.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('09 09:00')) AS j \gset
SELECT count(*) FROM rui.tick(:one, pg_temp.at('09 17:30')) \gset hidden_
SELECT rui.pause_clocks(:one, :j, 'parts', from_at => pg_temp.at('09 17:20'), until_at => pg_temp.at('09 17:25'), at => pg_temp.at('09 16:00')) \gset hidden_
SELECT is(pg_temp.clock(:j), 'running 09 17:00 until 09 17:25 late since 09 17:00 next 1 10 09:05', 'what was late stays late');
SELECT rui.pause_clocks(:one, :j, 'parts', from_at => pg_temp.at('09 16:00'), until_at => pg_temp.at('09 16:10'), at => pg_temp.at('09 16:00')) \gset hidden_
SELECT is(pg_temp.clock(:j), 'running 09 17:10 until 09 17:25 next 0 09 17:10', 'unless it never was');

-- Another policy: past cycles stay judged as they were, new ones take it.
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('16 10:00')) AS k \gset
SELECT pg_temp.work(:one, :k, :worker, pg_temp.at('16 10:00')), rui.complete_ticket(:one, :k, 'x', at => pg_temp.at('16 19:00')) \gset hidden_
SELECT rui.reopen_ticket(:one, :k, 'x', at => pg_temp.at('17 10:00')) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('17 09:00')) AS l \gset
SELECT pg_temp.work(:one, :l, :worker, pg_temp.at('17 09:00')) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'x', at => pg_temp.at('17 09:00')) AS m \gset
SELECT pg_temp.work(:one, :m, :worker, pg_temp.at('17 09:00')), rui.complete_ticket(:one, :m, 'x', at => pg_temp.at('17 09:30')),
	rui.reopen_ticket(:one, :m, 'x', at => pg_temp.at('17 12:00')) \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', resolution => '6:00', category => 'repair', judged_by => 'wall', from_at => pg_temp.at('17 11:00')) AS newer \gset
SELECT rui.apply_sla_policy(:one, :newer, pg_temp.at('17 11:00')) \gset hidden_
SELECT rui.complete_ticket(:one, :l, 'x', at => pg_temp.at('17 10:30')), rui.reopen_ticket(:one, :l, 'x', at => pg_temp.at('17 13:00')) \gset hidden_
SELECT is(pg_temp.clock(:m), 'running 17 18:00 next 0 17 18:00', 'told of an instant before the cycle, the new target is that of the cycle');
SELECT is(pg_temp.clock(:l), 'running 18 10:00 next 0 18 10:00', 'also of one in which it had stopped, as is told now');
SELECT rui.pause_clocks(:one, :k, 'parts', from_at => pg_temp.at('16 18:10'), until_at => pg_temp.at('16 18:20'), at => pg_temp.at('17 14:00')) \gset hidden_
SELECT is((SELECT (judged_by, late_wall, on_time)::text FROM rui.task_clock_cycle WHERE task_id = :k AND target = 'resolution'), '(working,01:00:00,t)',
	'done at 19:00 was in time by working time, and is so when something of then is told');
SELECT is_empty(format($$SELECT * FROM rui.sla_what_if(%s, %L, %L, as_of => %L) WHERE is_late <> would_be_late OR due_at IS DISTINCT FROM would_be_due_at OR late_by IS DISTINCT FROM would_be_late_by$$,
	:one, pg_temp.at('16 00:00'), pg_temp.at('30 00:00'), pg_temp.at('17 14:00')), 'what if nothing were otherwise: each cycle by its own measure');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :one), 'all clocks are what their facts give');
SELECT * FROM finish();
ROLLBACK;
