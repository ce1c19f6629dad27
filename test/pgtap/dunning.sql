-- Dunning day by day: level after level, each told once; disputes, promises,
-- payments, proof and the message room's budget hold it back.
BEGIN;
SELECT plan(54);
\ir fixture/estate.sql
\ir fixture/message.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- At five in the morning of each day from one to another, both included.
CREATE FUNCTION pg_temp.days(project bigint, from_on date, to_on date) RETURNS bigint LANGUAGE sql AS $$
	SELECT coalesce(sum(t.done), 0)::bigint FROM generate_series(from_on::timestamp, to_on::timestamp, '1 day') g
	CROSS JOIN LATERAL rui.tick(project, (g + interval '5 hours') AT TIME ZONE 'Asia/Shanghai') t WHERE t.duty = 'dunning' $$;
CREATE FUNCTION pg_temp.told(payer bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s: %s of %s', to_char(d.at AT TIME ZONE 'Asia/Shanghai', 'MM-DD'), d.level, d.amount), ', ' ORDER BY d.at)
	FROM rui.dun d WHERE d.payer_id = payer $$;
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$ SELECT ('2026-' || moment || '+08')::timestamptz $$;
SELECT rui.open_books(:one, '2026-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2026-01-01', due_days => 10) \gset hidden_
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => pg_temp.at('03-01')) AS c1, rui.add_charge(:one, 'fee', 200, :u2, :sun, at => pg_temp.at('03-01')) AS c2,
	rui.add_charge(:one, 'fee', 100, :u3, :qian, at => pg_temp.at('01-05')) AS c4, rui.add_charge(:one, 'fee', 100, :u4, :li, at => pg_temp.at('03-01')) AS c6,
	rui.add_charge(:one, 'fee', 5, :u1, :gateway, at => pg_temp.at('03-01')) AS small, rui.add_charge(:one, 'fee', 70, :u4, at => pg_temp.at('03-01')) AS nobody \gset

-- Levels.
SELECT is_empty(format('SELECT * FROM rui.tick(%s, %L) t WHERE t.duty = ''dunning'' AND t.done <> 0', :one, '2026-02-01 00:00+08'), 'without levels nobody is told');
SELECT rui.adopt_dunning(:one, '{sms}', pg_temp.at('01-01')) \gset hidden_
SELECT results_eq('SELECT level, days_after, needs_proof FROM rui.dunning_level ORDER BY 1',
	'VALUES (1, -3, false), (2, 1, false), (3, 15, false), (4, 30, true)', 'the usual levels');
SELECT count(rui.set_dunning_level(:one, l.level, l.days_after, l.kind_code, 10, 1, l.days_apart, l.needs_proof)) FROM rui.dunning_level l \gset hidden_
SELECT rui.set_dunning_level(:one, 5, 40, 'dunning_demand', 10) \gset hidden_
-- One notice of lateness a week to each household: zhao and qian are of one. Nobody takes them, and what is too late would count no more.
SELECT rui.set_message_kind(:one, 'dunning_late', '逾期提醒', 'Late', '{about,amount,due_on,days,charges}', '{sms}', is_critical => true, budget => 1,
	lifetime => '2400:00') \gset hidden_
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, 6, 40, ''dunning_demand'')', :one), '55000', 'level 6 at 40 days is out of order');
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, 6, 50, ''news'')', :one), 'P0002', NULL, 'a kind that needs something else');
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, 6, 50, ''alarm'')', :one), 'P0002', NULL, 'an emergency is no demand');
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, 21, 50, ''dunning_late'')', :one), '22023', NULL, 'a level beyond the last');
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, NULL, 50, ''dunning_late'')', :one), '22004', 'level must not be null');
SELECT throws_ok(format('SELECT rui.set_dunning_level(%s, 6, 50, ''dunning_late'', -1)', :one), '22003', NULL, 'less than nothing');

-- The first days.
SELECT is(pg_temp.days(:one, '2026-03-07', '2026-03-07'), 1::bigint, 'whoever owes for long begins at the first level');
SELECT is(pg_temp.days(:one, '2026-03-08', '2026-03-08'), 3::bigint, 'three days before the due date the others are reminded');
SELECT results_eq(format('SELECT level, charges, oldest_due_on, amount::numeric FROM rui.dun WHERE payer_id = %s', :zhao),
	format('VALUES (1, ARRAY[%s]::bigint[], date ''2026-03-11'', 100.00)', :c1), 'the notice says of what');
SELECT is((SELECT m.next_at FROM rui.message m JOIN rui.dun d ON d.message_id = m.id WHERE d.payer_id = :zhao), pg_temp.at('03-08 08:00'), 'and goes out when it is day');
SELECT is((SELECT b.zh_channels || m.party_id::text FROM rui.message m JOIN rui.dun d ON d.message_id = m.id JOIN rui.message_batch b ON b.id = m.batch_id WHERE d.payer_id = :zhao),
	ARRAY['sms', :zhao::text], 'to the debtor');
SELECT matches((SELECT t.body FROM rui.take_messages(:one, 'sms', 10, 'g1', pg_temp.at('03-08 09:00')) t JOIN rui.dun d ON d.message_id = t.message_id WHERE d.payer_id = :zhao),
	'1-101有1笔费用共100.00元，最早应于2026-03-11前缴纳', 'with the words of its level');
SELECT is(pg_temp.days(:one, '2026-03-08', '2026-03-08'), 0::bigint, 'a second tick of the day tells nobody');
SAVEPOINT before;
UPDATE rui.duty_run SET last_at = '-infinity' WHERE duty_code = 'dunning';
SELECT is(pg_temp.days(:one, '2026-03-08', '2026-03-08'), 0::bigint, 'nor does one that has forgotten the day');
SELECT throws_ok('INSERT INTO rui.dun (project_id, payer_id, unit_id, level, kind_code, needs_proof, charges, oldest_due_on, amount, batch_id, message_id, at)
	SELECT project_id, payer_id, unit_id, level, kind_code, needs_proof, charges, oldest_due_on, amount, batch_id, message_id, at + interval ''1 day'' FROM rui.dun',
	'23505', NULL, 'a level is told once of a set of charges');
ROLLBACK TO before;

-- sun disputes; li promises.
SELECT rui.open_dispute(:one, :c2, 'Not mine', at => pg_temp.at('03-09 12:00')) AS d2 \gset
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 101, ''2026-03-20'', at => pg_temp.at(''03-09''))', :one, :li), '55000', NULL, 'nobody promises more than he owes');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 50, ''2026-03-08'', at => pg_temp.at(''03-09''))', :one, :li), '22023', NULL, 'nor for yesterday');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 0, ''2026-03-20'', at => pg_temp.at(''03-09''))', :one, :li), '22003', NULL, 'nor nothing');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, NULL, 50, ''2026-03-20'', at => pg_temp.at(''03-09''))', :one), '22004', 'payer_id must not be null');
SELECT rui.promise_payment(:one, :li, 50, '2026-03-20', request_key => 'p1', at => pg_temp.at('03-09 12:00')) AS p1 \gset
SELECT is(rui.promise_payment(:one, :li, 50, '2026-03-20', request_key => 'p1', at => pg_temp.at('03-09 12:00')), :p1::bigint, 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 10, ''2026-03-20'', at => pg_temp.at(''03-10''))', :one, :li), '55000', format('party %s has promised already', :li));
SELECT is((SELECT promise_id FROM rui.dunning(:one, pg_temp.at('03-12')) WHERE payer_id = :li), :p1::bigint, 'the promise is seen');
SELECT pg_temp.days(:one, '2026-03-09', '2026-03-14') \gset hidden_
SELECT rui.record_payment(:one, :u4, :li, 50, 'cash', at => pg_temp.at('03-15 12:00')) \gset hidden_
SELECT pg_temp.days(:one, '2026-03-15', '2026-03-19') \gset hidden_
SELECT is((SELECT count(*) FROM rui.dunning(:one, pg_temp.at('03-19 06:00')) WHERE payer_id = :sun), 0::bigint, 'who disputes all he owes is not dunned');
SELECT is((SELECT state FROM rui.promise WHERE id = :p1), 'open', 'a promise is judged when its day is over');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.settle_dispute(:one, :d2, false, at => pg_temp.at('03-19 12:00')) \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT pg_temp.days(:one, '2026-03-20', '2026-03-21') \gset hidden_
SELECT results_eq(format('SELECT state, paid::numeric, settled_at FROM rui.promise WHERE id = %s', :p1), $$VALUES ('kept', 50.00, pg_temp.at('03-21 05:00'))$$, 'then it is kept');
SELECT rui.promise_payment(:one, :li, 50, '2026-03-25', :u4, at => pg_temp.at('03-22 12:00')) AS p2 \gset
SELECT pg_temp.days(:one, '2026-03-22', '2026-03-23') \gset hidden_
SELECT rui.record_payment(:one, :u4, :li, 20, 'cash', at => pg_temp.at('03-24 12:00')), rui.record_payment(:one, :u2, :sun, 200, 'cash', at => pg_temp.at('03-24 12:00')) \gset hidden_
SELECT pg_temp.days(:one, '2026-03-24', '2026-03-24') \gset hidden_
SELECT is((SELECT count(*) FROM rui.dunning(:one, pg_temp.at('03-25')) WHERE payer_id = :sun), 0::bigint, 'who has paid is current');
SELECT rui.add_charge(:one, 'fee', 300, :u2, :sun, at => pg_temp.at('03-25')), rui.add_charge(:one, 'fee', 40, :u1, :zhao, at => pg_temp.at('03-16')) \gset hidden_
SELECT pg_temp.days(:one, '2026-03-25', '2026-03-27') \gset hidden_
SELECT is((SELECT format('%s %s', state, paid) FROM rui.promise WHERE id = :p2), 'broken 20.00', 'a promise that was not kept');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq($$SELECT kind, subject_id, about FROM rui._inbox(pg_temp.at('03-28')) WHERE subject = 'promise'$$,
	format($$VALUES ('follow_up', %s::bigint, 'Li {x} 50.00: 20.00')$$, :p2), 'waits for the accountants');
SELECT is_empty($$SELECT * FROM rui._inbox(pg_temp.at('04-28')) WHERE subject = 'promise'$$, 'for a month');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT pg_temp.days(:one, '2026-03-28', '2026-04-05') \gset hidden_
SELECT is((SELECT max(level) FROM rui.dun WHERE payer_id = :qian), 4, 'what has to be proved is waited for');
SELECT is((SELECT limitation_on FROM rui.dunning(:one, pg_temp.at('04-05 06:00')) WHERE payer_id = :qian), '2029-01-15'::date, 'until then the claim lapses three years from the due date');
SELECT id AS demand FROM rui.dun WHERE payer_id = :qian AND level = 4 \gset
SELECT throws_ok(format('SELECT rui.prove_dun(%s, %s, ''fax'', ''1'')', :one, :demand), '22023', NULL, 'proof of an unknown kind');
SELECT throws_ok(format('SELECT rui.prove_dun(%s, -1, ''post'', ''1'')', :one), 'P0002', NULL, 'proof of no notice');
SELECT throws_ok(format('SELECT rui.prove_dun(%s, %s, ''post'', ''1'', at => pg_temp.at(''04-01''))', :one, :demand), '22023', NULL, 'proof before it was sent');
SELECT rui.prove_dun(:one, :demand, 'post', 'EMS 1', 'k', pg_temp.at('04-05 12:00')), rui.prove_dun(:one, :demand, 'post', 'EMS 1', 'k', pg_temp.at('04-05 12:00')) \gset hidden_
SELECT throws_ok(format('SELECT rui.prove_dun(%s, %s, ''post'', ''2'', at => pg_temp.at(''04-06''))', :one, :demand), '55000', format('notice %s is proved already', :demand));
SELECT is((SELECT limitation_on FROM rui.dunning(:one, pg_temp.at('04-05 13:00')) WHERE payer_id = :qian), '2029-04-05'::date, 'and then from the demand');
SELECT pg_temp.days(:one, '2026-04-06', '2026-04-12') \gset hidden_

-- Everybody's history. The contact budget of zhao and qian is one.
SELECT is(pg_temp.told(:zhao), '03-08: 1 of 100.00, 03-16: 2 of 100.00, 03-30: 3 of 140.00, 04-10: 4 of 140.00', 'one after the other, put off by the budget, with what has come since');
SELECT is(pg_temp.told(:qian), '03-07: 1 of 100.00, 03-10: 2 of 100.00, 03-23: 3 of 100.00, 04-02: 4 of 100.00, 04-06: 5 of 100.00', 'none is skipped, however late');
SELECT is(pg_temp.told(:sun), '03-08: 1 of 200.00, 03-20: 2 of 200.00, 04-01: 1 of 300.00, 04-05: 2 of 300.00', 'not while it is disputed; and anew after all was paid');
SELECT is(pg_temp.told(:li), '03-08: 1 of 100.00, 03-21: 2 of 50.00, 03-28: 3 of 30.00, 04-10: 4 of 30.00', 'not while a promise is open');
SELECT is(pg_temp.told(:gateway), NULL, 'nor for little');
SELECT results_eq(format('SELECT level, worst_level, amount FROM rui.dunning(%s, pg_temp.at(''04-12'')) WHERE payer_id IS NULL', :one), 'VALUES (0, 4, 70.00)', 'of whom nobody knows stands there untold');
-- A receipt proves as well as a letter does; the chain ends where three years have passed.
SELECT message_id AS m4, id AS demand FROM rui.dun WHERE payer_id = :zhao AND level = 4 \gset
SELECT count(rui.acknowledge_message(:one, t.message_id, t.attempt, 'delivered', at => pg_temp.at('04-11 09:00'))) FROM rui.take_messages(:one, 'sms', 100, 'g1', pg_temp.at('04-10 09:00')) t \gset hidden_
SELECT is((SELECT limitation_on FROM rui.dunning(:one, pg_temp.at('04-12')) WHERE payer_id = :zhao), '2029-04-11'::date, 'a message that was delivered is a demand');
INSERT INTO rui.dun_proof (project_id, dun_id, means, reference, at) SELECT project_id, id, 'post', 'x', '2029-01-14 12:00+08' FROM rui.dun WHERE payer_id = :li AND level = 3;
INSERT INTO rui.dun_proof (project_id, dun_id, means, reference, at) SELECT project_id, id, 'post', 'x', '2032-03-12 12:00+08' FROM rui.dun WHERE payer_id = :li AND level = 4;
SELECT is((SELECT limitation_on FROM rui.dunning(:one, '2033-01-01') WHERE payer_id = :li), '2032-01-14'::date, 'a demand after that revives nothing');

-- Residents: for themselves, and not again and again.
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 10, %L)', :one, :sun, current_date + 5), '42501', NULL, 'a resident promises nothing for others');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 10, %L)', :one, :zhao, current_date + 40), '55000', NULL, 'nor for long');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :zhao, 'steward', '[2000-01-01,)');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 10, %L)', :one, :zhao, current_date + 40), '55000', NULL, 'though he may record what others promise');
DELETE FROM rui.membership WHERE project_id = :one AND party_id = :zhao AND role_code = 'steward';
SELECT rui.promise_payment(:one, :zhao, 10, current_date + 5) AS own \gset
SELECT is(rui.withdraw_promise(:one, :own), 'withdrawn', 'he withdraws it');
SELECT throws_ok(format('SELECT rui.promise_payment(%s, %s, 10, %L)', :one, :zhao, current_date + 5), '55000', NULL, 'and then somebody else has to say it');
SELECT throws_ok(format('SELECT rui.withdraw_promise(%s, %s)', :one, :p2), 'P0002', NULL, 'of others'' promises he does not learn');
SELECT pg_temp.act(:manager) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT set_eq('SELECT payer_id FROM rui.dunning_board', format('VALUES (%s::bigint), (%s), (%s), (%s), (%s), (NULL)', :zhao, :qian, :sun, :li, :gateway), 'a manager sees the board');
RESET ROLE;
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT * FROM finish();
ROLLBACK;
