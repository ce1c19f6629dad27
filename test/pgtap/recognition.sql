-- Deferred revenue: what is not earned yet when it is charged, recognized by
-- days month after month; waivers, reversals, closings; who may, who sees.
BEGIN;
SET LOCAL jit = off;
SELECT plan(84);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2023-12-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'park', '车位') \gset hidden_
SELECT rui.set_price_plan(:one, 'park', '{"model":"fixed","price":"1"}', 'once', '2023-01-01', due_days => 0) \gset hidden_
SELECT rui.set_fee_item(:one, 'care', '物业费', revenue_account => '6051') \gset hidden_
SELECT rui.set_price_plan(:one, 'care', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2023-01-01', due_days => 0) \gset hidden_
SELECT rui.set_fee_item(:one, 'refuse', '代收', revenue_account => '2241') \gset hidden_
SELECT rui.set_price_plan(:one, 'refuse', '{"model":"fixed","price":"1"}', 'once', '2023-01-01', due_days => 0) \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.posted(document text, id bigint) RETURNS TABLE (period text, debit text, credit text, amount numeric) LANGUAGE sql AS $$
	SELECT to_char(p.period, 'YYYY-MM'), d.code, c.code, p.amount::numeric FROM rui.posting p
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE p.document = posted.document AND p.document_id = posted.id ORDER BY p.id $$;
CREATE FUNCTION pg_temp.schedule(project bigint, charge bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s %s', to_char(s.month, 'YYMM'), s.kind, s.amount), ', ') FROM rui.recognition_schedule(project, charge) s $$;
CREATE FUNCTION pg_temp.amounts(charge bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r.amount::text, ' ' ORDER BY r.month) FROM rui.recognition r WHERE r.charge_id = charge $$;
-- A balance at the end of an accounting month, of the month's postings or by time.
CREATE FUNCTION pg_temp.balance(project bigint, code text, month date) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce(sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END), 0) FROM rui.ledger_side s
	JOIN rui.account a ON a.id = s.account_id WHERE s.project_id = project AND a.code = balance.code AND s.period <= month $$;
CREATE FUNCTION pg_temp.obstacle(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE why text;
BEGIN
	EXECUTE command;
	RETURN 'done';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
	RETURN why;
END $$;

-- A year from the middle of a month, with a leap February: 366.00 is 1.00 a day.
SELECT rui.add_charge(:one, 'park', 366, :u4, :zhao, from_on => '2024-01-15', to_on => '2025-01-15', at => '2024-01-15 02:00+00') AS leap \gset
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''charge'', %s)', :leap), $$VALUES ('2024-01', '1122', '6001', 17.00), ('2024-01', '1122', '2205', 349.00)$$,
	'the days of the month are earned, the others deferred');
SELECT row_eq(format('SELECT earned::numeric, from_month, to_month FROM rui.deferral WHERE charge_id = %s', :leap), ROW(17.00, '2024-02-01'::date, '2025-01-01'::date), 'it says so');
SELECT is(pg_temp.schedule(:one, :leap), '2401 charged 17.00, 2402 to_come 29.00, 2403 to_come 31.00, 2404 to_come 30.00, 2405 to_come 31.00, 2406 to_come 30.00, '
	|| '2407 to_come 31.00, 2408 to_come 31.00, 2409 to_come 30.00, 2410 to_come 31.00, 2411 to_come 30.00, 2412 to_come 31.00, 2501 to_come 14.00', 'day by day, 29 of February');
-- What is not for days after the month is not deferred.
SELECT rui.add_charge(:one, 'park', 5, :u4, :zhao, at => '2024-01-16') AS day, rui.add_charge(:one, 'park', 31, :u4, :zhao, from_on => '2024-01-01', to_on => '2024-02-01', at => '2024-01-16') AS month,
	rui.add_charge(:one, 'park', 62, :u4, :zhao, from_on => '2023-12-01', to_on => '2024-02-01', at => '2024-01-16') AS past,
	rui.add_charge(:one, 'refuse', 366, :u4, :zhao, from_on => '2024-01-01', to_on => '2025-01-01', at => '2024-01-16') AS others,
	rui.add_charge(:one, 'park', 0, :u4, :zhao, from_on => '2024-01-01', to_on => '2025-01-01', at => '2024-01-16') AS nothing \gset
SELECT results_eq(format('SELECT charge_id FROM rui.deferral WHERE project_id = %s AND charge_id <> %s', :one, :leap), format('VALUES (%s::bigint)', :past),
	'a day and a month of the month, what is collected for others, nothing: not deferred');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''charge'', %s)', :past), $$VALUES ('2023-12', '1122', '6001', 31.00), ('2023-12', '1122', '2205', 31.00)$$,
	'December is open: what is for it counts in it, January''s part later');
SELECT is(count(*), 2::bigint, 'opening arrears of days to come') FROM rui.import_opening_arrears(:one, '[{"unit":"P-1","fee_item":"park","from":"2024-01-01","to":"2024-07-01","amount":50}]', at => '2024-01-16');
SELECT is((SELECT count(*) FROM rui.deferral), 2::bigint, 'are not deferred: earlier books counted them');
-- One day to come; cents that do not divide; tax.
SELECT rui.add_charge(:one, 'park', 9, :u4, :zhao, from_on => '2024-02-29', to_on => '2024-03-01', at => '2024-01-16') AS one_day,
	rui.add_charge(:one, 'park', 0.05, :u4, :zhao, from_on => '2024-02-01', to_on => '2024-09-01', at => '2024-01-16') AS cents,
	rui.add_charge(:one, 'care', 100, :u1, :zhao, from_on => '2024-01-01', to_on => '2024-04-01', at => '2024-01-16') AS taxed \gset
SELECT is(pg_temp.schedule(:one, :one_day), '2401 charged 0.00, 2402 to_come 9.00', 'a day of the next month is earned in it');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''charge'', %s)', :one_day), $$VALUES ('2024-01', '1122', '2205', 9.00)$$, 'and one posting is enough');
SELECT is(pg_temp.schedule(:one, :cents), '2401 charged 0.00, 2402 to_come 0.01, 2403 to_come 0.00, 2404 to_come 0.01, 2405 to_come 0.01, 2406 to_come 0.01, 2407 to_come 0.00, 2408 to_come 0.01',
	'five cents over seven months');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''charge'', %s)', :taxed),
	$$VALUES ('2024-01', '1122', '6051', 32.14), ('2024-01', '1122', '2205', 62.20), ('2024-01', '1122', '2221', 5.66)$$, 'the tax is owed at once');
SELECT is(pg_temp.balance(:one, '2205', '2024-01-01'), -(349 + 31 + 9 + 0.05 + 62.20), 'all that is deferred');
SELECT is((SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2024-01-20')), -rui.account_balance(:one, '2205', '2024-01-20 16:00+00'), 'is what the reading says, at any time');
SELECT row_eq(format('SELECT fee_code, net, recognized, remaining, months_left, next_month, last_month FROM rui.deferred_revenue(%s, ''2024-01-20'') WHERE charge_id = %s', :one, :leap),
	ROW('park'::text, 366.00, 17.00, 349.00, 12, '2024-02-01'::date, '2025-01-01'::date), 'charge by charge');
SELECT results_eq(format('SELECT month, charges, amount FROM rui.recognition_outlook(%s, ''2024-01-20'') WHERE fee_code = ''care''', :one),
	$$VALUES ('2024-02-01'::date, 1::bigint, 30.06), ('2024-03-01', 1, 32.14)$$, 'and month by month');
SELECT is((SELECT sum(amount) FROM rui.recognition_outlook(:one, '2024-01-20')), (SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2024-01-20')), 'which is the same');
SELECT is_empty(format('SELECT FROM rui.deferred_revenue(%s, ''2024-01-10'')', :one), 'before it was charged there is none');
SELECT throws_ok('SELECT rui.deferred_revenue(NULL)', '22004', 'project_id must not be null');
SELECT throws_ok(format('SELECT rui.recognition_schedule(%s, NULL)', :one), '22004', 'charge_id must not be null');
SELECT is_empty(format('SELECT FROM rui.recognition_schedule(%s, -1)', :one), 'an unknown charge has no schedule');
SELECT is(pg_temp.schedule(:one, :day), '2401 charged 5.00', 'and one that defers nothing a short one');

-- A month is recognized when it is over.
SELECT throws_ok(format('SELECT rui.recognize_revenue(%s, ''2024-01-01'', at => ''2024-01-31 15:59+00'')', :one), '22023', 'month 2024-01 is not over at 2024-01-31 15:59:00+00');
SELECT throws_ok(format('SELECT rui.recognize_revenue(%s, ''2024-01-02'', at => ''2024-02-02'')', :one), '22023', NULL, 'not a month');
SELECT throws_ok(format('SELECT rui.recognize_revenue(%s, ''infinity'', at => ''2024-02-02'')', :one), '22008', NULL, 'nor eternity');
SELECT throws_ok(format('SELECT rui.recognize_revenue(%s)', :two), '55000', NULL, 'no books');
-- A month that earned something does not close before.
SELECT rui.close_period(:one, '2023-12-01', '2024-01-20') \gset hidden_
SELECT is(pg_temp.obstacle(format('SELECT rui.close_period(%s, ''2024-01-01'', ''2024-02-05'')', :one)), 'Revenue of 1 charges since 2024-01 is not recognized.', 'a month with revenue that is due does not close');
SELECT is(pg_temp.obstacle(format('SELECT rui.soft_close_period(%s, ''2024-01-01'', ''2024-02-05'')', :one)), 'Revenue of 1 charges since 2024-01 is not recognized.', 'not even for most');
SELECT is(rui.recognize_revenue(:one, '2024-01-01', 'r1', '2024-02-05'), 1::bigint, 'January: what was charged for December and it');
SELECT is(rui.recognize_revenue(:one, '2024-01-01', 'r1', '2024-02-05'), 1::bigint, 'again with its key it is the same');
SELECT is(rui.recognize_revenue(:one, '2024-01-01', at => '2024-02-05'), 0::bigint, 'without it nothing is left');
SELECT throws_ok(format('SELECT rui.recognize_revenue(%s, ''2023-12-01'', ''r1'', ''2024-02-05'')', :one), 'RU409', NULL, 'another month with the same key');
SELECT row_eq(format('SELECT month, period, amount::numeric, at FROM rui.recognition WHERE charge_id = %s', :past),
	ROW('2024-01-01'::date, '2024-01-01'::date, 31.00, '2024-01-31 15:59:59.999999+00'::timestamptz), 'dated and counted within the month');
SELECT results_eq(format('SELECT p.* FROM rui.recognition r CROSS JOIN LATERAL pg_temp.posted(''recognition'', r.id) p WHERE r.charge_id = %s', :past),
	$$VALUES ('2024-01', '2205', '6001', 31.00)$$, 'from deferred to revenue');
SELECT is(rui.close_period(:one, '2024-01-01', '2024-02-05') > 0, true, 'then it closes');
SELECT results_eq(format('SELECT payload ->> ''month'', (payload ->> ''recognitions'')::integer, (payload ->> ''net'')::numeric FROM rui.event WHERE project_id = %s AND kind = ''revenue.recognize''', :one),
	$$VALUES ('2024-01-01', 1, 31.00)$$, 'an event tells of it');
-- Catching up over months; the tick does it too; another account from now on.
SELECT rui.set_fee_item(:one, 'care', '物业费', revenue_account => '6001') \gset hidden_
SELECT is(rui.recognize_revenue(:one, at => '2024-04-05'), 7::bigint, 'February and March at once: charges and months');
SELECT is(pg_temp.amounts(:leap), '29.00 31.00', 'each month in itself');
SELECT results_eq(format('SELECT period, amount::numeric FROM rui.recognition WHERE charge_id = %s ORDER BY month', :taxed), $$VALUES ('2024-02-01'::date, 30.06), ('2024-03-01', 32.14)$$, '94.34 in three parts');
SELECT is(pg_temp.balance(:one, '6051', '2024-03-01'), -94.34, 'in the account it was charged for');
SELECT is(pg_temp.amounts(:one_day), '9.00', 'the one day is earned');
SELECT is(pg_temp.amounts(:cents), '0.01 0.00', 'cents as well');
SELECT is((SELECT done FROM rui.tick(:one, '2024-05-01 02:00+00') WHERE duty = 'recognize_revenue'), 2::bigint, 'a tick recognizes the month that is over');
SELECT is((SELECT done FROM rui.tick(:one, '2024-05-02 02:00+00') WHERE duty = 'recognize_revenue'), 0::bigint, 'once');
SELECT row_eq(format('SELECT through_month, charge_id FROM rui.recognition_progress WHERE project_id = %s', :one), ROW('2024-04-01'::date, :taxed::bigint), 'it knows how far it is');
SAVEPOINT new;
SELECT rui.add_charge(:one, 'park', 60, :u4, :zhao, from_on => '2024-03-31', to_on => '2024-05-30', at => '2024-05-03') AS new \gset
SELECT is((SELECT done FROM rui.tick(:one, '2024-05-03 02:00+00') WHERE duty = 'recognize_revenue'), 1::bigint, 'and what is new to it');
ROLLBACK TO new;

-- Waived midway: 36.60 of 366.00 are 0.10 a day, for the days recognized (17 +
-- 29 + 31 + 30, and May's 31 first) and for those to come.
SELECT rui.request_waiver(:one, :leap, 36.60, 'Flooded', at => '2024-06-10') AS w1 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2024-04-20'')', :one, :w1), '22023', NULL, 'not before it was asked for');
SELECT rui.decide_waiver(:one, :w1, true, at => '2024-06-10') \gset hidden_
SELECT is(pg_temp.amounts(:leap), '29.00 31.00 30.00 31.00', 'May is over: it is recognized first');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''waiver'', %s)', :w1), $$VALUES ('2024-06', '6001', '1122', 13.80), ('2024-06', '2205', '1122', 22.80)$$,
	'138 days of 366 lower revenue, the others what is deferred');
SELECT is((SELECT deferred::numeric FROM rui.waiver WHERE id = :w1), 22.80, 'and it says so');
SELECT is(pg_temp.schedule(:one, :leap), '2401 charged 17.00, 2402 recognized 29.00, 2403 recognized 31.00, 2404 recognized 30.00, 2405 recognized 31.00, 2406 waived -13.80, '
	|| '2406 to_come 27.00, 2407 to_come 27.90, 2408 to_come 27.90, 2409 to_come 27.00, 2410 to_come 27.90, 2411 to_come 27.00, 2412 to_come 27.90, 2501 to_come 12.60', 'less a day from then on');
SELECT is((SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2024-06-30')), -rui.account_balance(:one, '2205', '2024-06-30 15:59:59.999999+00'), 'deferred is what the books say');
-- Waived when all of it is recognized; and before any of it is.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_waiver(:one, :one_day, 9, 'x', at => '2024-06-11') AS w2 \gset
SELECT rui.add_charge(:one, 'park', 30, :u4, :zhao, from_on => '2024-09-01', to_on => '2024-11-01', at => '2024-06-11') AS ahead \gset
SELECT rui.request_waiver(:one, :ahead, 30, 'x', at => '2024-06-11') AS w3 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_waiver(:one, :w2, true, at => '2024-06-12'), rui.decide_waiver(:one, :w3, true, at => '2024-06-12') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''waiver'', %s)', :w2), $$VALUES ('2024-06', '6001', '1122', 9.00)$$, 'what is earned is revenue less');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''waiver'', %s)', :w3), $$VALUES ('2024-06', '2205', '1122', 30.00)$$, 'what is not is owed less');
-- Taken back midway.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.add_charge(:one, 'park', 61, :u3, :zhao, from_on => '2024-06-01', to_on => '2024-08-01', at => '2024-06-12') AS wrong \gset
SELECT rui.recognize_revenue(:one, '2024-07-01', at => '2024-08-03') \gset hidden_
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''x'', at => ''2024-07-20'')', :one, :wrong), '22023',
	format('charge %s is recognized up to 2024-07-31 15:59:59.999999+00, after 2024-07-20 00:00:00+00', :wrong), 'not before what was recognized');
SELECT rui.request_waiver(:one, :leap, 1, 'x', at => '2024-07-20') AS w4 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2024-07-20'')', :one, :w4), '22023',
	format('charge %s is recognized up to 2024-07-31 15:59:59.999999+00, after 2024-07-20 00:00:00+00', :leap), 'nor does a waiver come before it');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.reverse_charge(:one, :wrong, 'x', at => '2024-08-04'), rui.reverse_charge(:one, :leap, 'Sold', at => '2024-08-04') \gset hidden_
SELECT is(pg_temp.schedule(:one, :wrong), '2406 charged 30.00, 2407 recognized 31.00, 2408 taken_back -61.00', 'all of it goes in the month it is taken back');
SELECT is((SELECT sum(amount) FROM rui.recognition_schedule(:one, :leap)), 0.00, 'of a waived one too');
SELECT is(pg_temp.balance(:one, '2205', '2024-08-01'), -0.01, 'a cent of five is left');
SELECT is(rui.recognize_revenue(:one, '2024-08-01', at => '2024-09-03'), 1::bigint, 'what is taken back is not recognized');
SELECT is(pg_temp.balance(:one, '2205', '2024-08-01'), 0.00, 'then nothing is deferred');
SELECT is_empty(format('SELECT FROM rui.deferred_revenue(%s, ''2024-08-31'')', :one), 'nor shown');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');

-- A month closed for most: others recognize into the first that is open to them.
SELECT rui.add_charge(:one, 'park', 61, :u3, :zhao, from_on => '2024-08-01', to_on => '2024-10-01', at => '2024-09-03') AS late \gset
SELECT count(rui.close_period(:one, m::date, '2024-09-03')) FROM generate_series(timestamp '2024-02-01', '2024-07-01', '1 month') m \gset hidden_
SELECT rui.soft_close_period(:one, '2024-08-01', '2024-09-03') \gset hidden_
SELECT rui.add_charge(:one, 'park', 92, :u3, :zhao, from_on => '2024-07-01', to_on => '2024-10-01', at => '2024-09-03') AS soft \gset
DELETE FROM rui.role_permission WHERE role_code = 'loader' AND permission = 'post_soft_closed';
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''charge'', %s)', :soft), $$VALUES ('2024-08', '1122', '6001', 62.00), ('2024-08', '1122', '2205', 30.00)$$, 'past days of closed months count at once');
SELECT rui.add_charge(:one, 'park', 92, :u3, :zhao, from_on => '2024-07-01', to_on => '2024-10-01', at => '2024-09-03') AS hard \gset
SELECT is_empty(format('SELECT FROM rui.deferral WHERE charge_id = %s', :hard), 'and when that is all of them nothing is deferred');
SAVEPOINT soft;
SET LOCAL session_replication_role = replica;
UPDATE rui.deferral SET from_month = '2024-08-01' WHERE charge_id = :late;
SET LOCAL session_replication_role = origin;
SELECT is(rui.recognize_revenue(:one, '2024-08-01', at => '2024-09-04'), 1::bigint, 'a month that is closed for most');
SELECT row_eq(format('SELECT month, period, at FROM rui.recognition WHERE charge_id = %s', :late), ROW('2024-08-01'::date, '2024-09-01'::date, '2024-09-04 00:00+00'::timestamptz), 'counts in the next for others');
ROLLBACK TO soft;
SELECT is(rui.close_period(:one, '2024-08-01', '2024-09-04') > 0, true, 'August closes');
SELECT rui.recognize_revenue(:one, '2024-09-01', at => '2024-10-02') \gset hidden_
SELECT is(pg_temp.schedule(:one, :late), '2408 charged 31.00, 2409 recognized 30.00', 'its end is recognized at its end');

-- Arguments of charges with days.
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''park'', 1, %s, from_on => ''2024-09-01'', at => ''2024-10-02'')', :one, :u4), '22004', 'to_on must not be null');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''park'', 1, %s, from_on => ''2024-09-01'', to_on => ''2024-09-01'', at => ''2024-10-02'')', :one, :u4), '22023', NULL, 'no days');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''park'', 1, %s, from_on => ''2024-09-01'', to_on => ''2044-09-01'', at => ''2024-10-02'')', :one, :u4), '22023', NULL, 'too many');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''park'', 1, source => ''cost'', about_charge_id => %s, from_on => ''2024-09-01'', to_on => ''2025-09-01'', at => ''2024-10-02'')', :one, :late), '22023', NULL, 'costs are of a day');
-- Who may not, and who does not see.
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :qian, 'agent', '[2000-01-01,)'), (:one, :sun, 'analyst', '[2000-01-01,)');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'st', 'Steward') RETURNING id AS steward \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :steward, 'steward', '[2000-01-01,)');
SELECT CASE WHEN pg_temp.act(r.party) <> '' THEN throws_ok(format('SELECT rui.recognize_revenue(%s)', :one), '42501', NULL, r.role || ' recognizes nothing') END
FROM (VALUES (:zhao, 'a resident'), (:qian, 'an agent'), (:sun, 'an analyst'), (:steward, 'a steward')) AS r(party, role);
SELECT pg_temp.act(:zhao) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT throws_ok(format('SELECT * FROM rui.%s', r.what), '42501', NULL, 'a resident does not see ' || r.what)
FROM (VALUES ('deferral'), ('recognition'), ('deferral_open'), ('deferred_revenue(1)'), ('recognition_outlook(1)'), ('recognition_schedule(1, 1)')) AS r(what);
RESET ROLE;
SELECT pg_temp.act(:sun) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT throws_ok(format('SELECT FROM rui.recognition_schedule(%s, %s)', :one, :late), '42501', NULL, 'nor does an analyst: it is a home''s');
SELECT isnt_empty(format('SELECT FROM rui.recognition_progress WHERE project_id = %s', :one), 'but how far it is');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
