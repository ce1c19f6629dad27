-- Money given back, and what is taken back: one asks, another decides, what is
-- decided is what was asked for; one alone within a limit that somebody else set.
BEGIN;
SELECT plan(83);
\ir fixture/estate.sql
-- As in a project where nobody has set one.
SET LOCAL session_replication_role = replica;
DELETE FROM rui.payout_limit;
RESET session_replication_role;
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'repair', '维修') \gset hidden_
SELECT rui.set_price_plan(:one, 'repair', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT id AS director FROM rui.party WHERE company_id = :company AND name = 'Director' \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)'),
	(:one, :director, 'loader', '[2000-01-01,)'), (:one, :qian, 'agent', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.payout(id bigint) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s %s %s by %s %s', p.kind, p.amount, p.state, p.done_id IS NOT NULL, a.code, b.code)
	FROM rui.payout p JOIN rui.party a ON a.id = p.requested_by LEFT JOIN rui.party b ON b.id = p.decided_by WHERE p.id = payout.id $$;
SELECT rui.record_payment(:one, :u1, NULL, 300, 'bank', at => '2025-01-05') AS p1, rui.record_payment(:one, :u2, NULL, 80, 'cash', at => '2025-01-05') AS p2,
	rui.record_payment(:one, :u3, NULL, 50, 'cash', at => '2025-01-05') AS p3, rui.take_deposit(:one, :zhao, 'card', 200, 'bank', at => '2025-01-05') AS d1 \gset
SELECT rui.add_charge(:one, 'repair', 120, :u4, :sun, at => '2025-01-05') AS c1, rui.add_charge(:one, 'repair', 30, :u4, :sun, at => '2025-01-05') AS c2 \gset

-- Without a limit nothing is given back, or up, by one person.
SELECT throws_ok(format('SELECT rui.%s', format(a.command, :one, :p1, :p2, :d1, :c1)), '42501', a.why, a.about)
FROM (VALUES ('refund_payment(%s, %s, 1, ''x'', at => ''2025-01-06'')', 'a refund of 1 takes two persons', 'no refund by one'),
	('reverse_payment(%1$s, %3$s, ''x'', ''2025-01-06'')', 'a reversal of a payment of 80.00 takes two persons', 'no reversal of a payment'),
	('return_deposit(%1$s, %4$s, at => ''2025-01-06'')', 'a return of a deposit of 200.00 takes two persons', 'no return of a deposit'),
	('reverse_charge(%1$s, %5$s, ''x'', at => ''2025-01-06'')', 'a reversal of a charge of 120.00 takes two persons', 'no reversal of a charge')) AS a(command, why, about);
SELECT is_empty('SELECT id FROM rui.refund UNION ALL SELECT id FROM rui.deposit_return UNION ALL SELECT payment_id FROM rui.payment_reversal UNION ALL SELECT charge_id FROM rui.charge_reversal UNION ALL SELECT id FROM rui.payout',
	'and nothing of it is left');

-- Asked for by one.
SELECT rui.request_payout(:one, 'refund', :p1, 'Too much', 120, request_key => 'k1', at => '2025-01-10') AS r1 \gset
SELECT is(rui.request_payout(:one, 'refund', :p1, 'Too much', 120, request_key => 'k1', at => '2025-01-10'), :r1::bigint, 'asked for again with its key it is the same');
SELECT throws_ok(format('SELECT rui.request_payout(%s, ''refund'', %s, ''Too much'', 121, request_key => ''k1'', at => ''2025-01-10'')', :one, :p1), 'RU409', NULL, 'not something else');
SELECT is(rui._payment_left(:one, :p1), 300.00, 'asking changes nothing');
SELECT throws_ok(format('SELECT rui.request_payout(%s, ''refund'', %s, ''x'', 1, at => ''2025-01-10'')', :one, :p1), '55000', format('a refund is asked for already: payment %s', :p1), 'one request at a time');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-11'')', :one, :r1), '42501', NULL, 'a loader approves none');
SELECT rui.request_payout(:one, 'deposit_return', :d1, 'Moved out', at => '2025-01-10') AS r2, rui.request_payout(:one, 'payment_reversal', :p2, 'Bounced', at => '2025-01-10') AS r3,
	rui.request_payout(:one, 'charge_reversal', :c1, 'Not his lamp', at => '2025-01-10') AS r4 \gset
SELECT results_eq('SELECT kind, amount::numeric, channel, state FROM rui.payout ORDER BY id', $$VALUES ('refund', 120.00, NULL, 'requested'), ('deposit_return', 200.00, 'bank', 'requested'),
	('payment_reversal', 80.00, NULL, 'requested'), ('charge_reversal', 120.00, NULL, 'requested')$$, 'what is asked for is written down: how much, and by what');
SELECT throws_ok(format('SELECT rui.request_payout(%s, %s)', :one, format(a.arguments, :p3, :d1, :c2, :r1)), a.code, a.why, a.about)
FROM (VALUES ('''gift'', %1$s, ''x''', '22023', 'unknown kind of payout "gift"', 'an unknown kind'), ('NULL, %1$s, ''x''', '22004', NULL, 'no kind'),
	('''refund'', NULL, ''x''', '22004', 'row_id must not be null', 'no payment'), ('''refund'', %1$s, NULL', '22004', NULL, 'no reason'),
	('''refund'', %1$s, repeat(''x'', 501)', '22001', NULL, 'a long reason'), ('''refund'', %1$s, ''x'', 0', '22003', NULL, 'nothing'),
	('''refund'', %1$s, ''x'', 0.001', '22023', NULL, 'less than a cent'), ('''refund'', -1, ''x''', 'P0002', NULL, 'an unknown payment'),
	('''deposit_return'', -1, ''x''', 'P0002', NULL, 'an unknown deposit'), ('''charge_reversal'', -1, ''x''', 'P0002', NULL, 'an unknown charge'),
	('''refund'', %1$s, ''x'', 50.01', '55000', NULL, 'more than is left'), ('''deposit_return'', %2$s, ''x'', 200.01', '55000', NULL, 'more than is held'),
	('''refund'', %1$s, ''x'', at => ''2025-01-01''', '22023', NULL, 'before it came'), ('''refund'', %1$s, ''x'', channel => ''cash''', '22023', NULL, 'by another channel'),
	('''payment_reversal'', %1$s, ''x'', 49', '22023', NULL, 'a part of a payment'), ('''charge_reversal'', %3$s, ''x'', 29', '22023', NULL, 'a part of a charge'),
	('''deposit_return'', %2$s, ''x'', channel => ''shells''', '22023', NULL, 'by no channel')) AS a(arguments, code, why, about);

-- Decided by another, as it was asked for.
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT rui.request_payout(%s, ''refund'', %s, ''x'')', :one, :p3), '42501', NULL, 'who keeps the desk does not ask');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq($$SELECT subject_id, about FROM rui._inbox('2025-01-11') WHERE kind = 'approve' AND subject = 'payout' ORDER BY 1$$,
	format($$VALUES (%s::bigint, '退款 120.00: Too much'), (%s, '退还押金 200.00: Moved out'), (%s, '冲销收款 80.00: Bounced'), (%s, '冲销应收 120.00: Not his lamp')$$, :r1, :r2, :r3, :r4), 'it waits for who may decide');
SELECT results_eq(format('SELECT action FROM rui.allowed_actions(%s, ''payout'', %s)', :one, :r1), $$VALUES ('approve'), ('refuse'), ('withdraw')$$, 'what can be done is told');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-09'')', :one, :r1), '22023', NULL, 'not before it was asked for');
SELECT throws_ok(format('SELECT rui.withdraw_payout(%s, %s, at => ''2025-01-11'')', :one, :r1), '42501', NULL, 'nobody withdraws what is another''s');
SELECT is(rui.decide_payout(:one, :r1, true, 'Seen', 'd1', '2025-01-11'), 'approved', 'approved');
SELECT is(rui.decide_payout(:one, :r1, true, 'Seen', 'd1', '2025-01-11'), 'approved', 'the same command again');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-11'')', :one, :r1), '55000', NULL, 'once only');
SELECT results_eq(format('SELECT f.amount::numeric, f.reason, f.party_id FROM rui.refund f JOIN rui.payout p ON p.done_id = f.id AND p.id = %s', :r1), format('VALUES (120.00, ''Too much'', %s::bigint)', :accountant), 'and refunded at once');
SELECT is(rui._payment_left(:one, :p1), 180.00, 'once');
SELECT is(rui.decide_payout(:one, :r2, true, at => '2025-01-11') || rui.decide_payout(:one, :r3, true, at => '2025-01-11') || rui.decide_payout(:one, :r4, true, at => '2025-01-11'), 'approvedapprovedapproved', 'so are the others');
SELECT is((SELECT held FROM rui.deposit_held WHERE deposit_id = :d1), 0.00, 'the deposit is given back');
SELECT is((SELECT state FROM rui.payment_open WHERE payment_id = :p2), (SELECT 'reversed' WHERE EXISTS (SELECT FROM rui.payment_reversal WHERE payment_id = :p2)), 'the payment is taken back');
SELECT results_eq('SELECT charge_id, bill_again FROM rui.charge_reversal', format('VALUES (%s::bigint, false)', :c1), 'and the charge');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT is_empty($$SELECT * FROM rui._inbox('2025-01-11') WHERE subject = 'payout'$$, 'nothing waits');

-- Refused, withdrawn, nobody's own.
SELECT rui.request_payout(:one, 'refund', :p1, 'Own', at => '2025-01-12') AS r5 \gset
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, %L, at => ''2025-01-12'')', :one, :r5, v), '42501', 'nobody decides on a payout of his own', 'nor refuses it: ' || v) FROM (VALUES (true), (false)) AS a(v);
SELECT is_empty($$SELECT * FROM rui._inbox('2025-01-12') WHERE subject = 'payout'$$, 'one''s own does not wait for oneself');
SELECT is(rui.withdraw_payout(:one, :r5, 'w', '2025-01-12') || rui.withdraw_payout(:one, :r5, 'w', '2025-01-12'), 'withdrawnwithdrawn', 'who asked withdraws it');
SELECT rui.request_payout(:one, 'refund', :p1, 'Again', at => '2025-01-12') AS r6 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-12'')', :one, :r5), '55000', NULL, 'what is withdrawn is not approved');
SELECT is(rui.decide_payout(:one, :r6, false, 'No', at => '2025-01-12'), 'refused', 'refused');
SELECT is(rui._payment_left(:one, :p1), 180.00, 'nothing is given back');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, -1, true)', :one), 'P0002', NULL, 'an unknown one');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, NULL)', :one, :r6), '22004', NULL, 'no answer');
SELECT throws_ok(format('UPDATE rui.payout SET state = ''approved'' WHERE id = %s', :r6), '55000', NULL, 'no state is written');

-- Nor what is given to oneself.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.take_deposit(:one, :manager, 'card', 5, 'cash', at => '2025-01-12') AS d2, rui.add_charge(:one, 'repair', 5, payer_id => :manager, at => '2025-01-12') AS c4 \gset
SELECT rui.request_payout(:one, 'deposit_return', :d2, 'Moved', at => '2025-01-12') AS r9, rui.request_payout(:one, 'charge_reversal', :c4, 'Wrong', at => '2025-01-12') AS r10 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-12'')', :one, r), '42501', 'nobody decides on a payout that concerns himself', 'not for oneself: ' || what)
FROM (VALUES (:r9, 'one''s deposit'), (:r10, 'one''s debt')) AS a(r, what);

-- What has become impossible meanwhile is refused, and stays asked for.
SELECT rui.request_payout(:one, 'refund', :p3, 'Moved', at => '2025-01-13') AS r7, rui.request_payout(:one, 'payment_reversal', :p3, 'Bounced', at => '2025-01-13') AS r8 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT is(rui.decide_payout(:one, :r8, true, at => '2025-01-14'), 'approved', 'what is approved first goes first');
SELECT throws_ok(format('SELECT rui.decide_payout(%s, %s, true, at => ''2025-01-14'')', :one, :r7), '55000', NULL, 'nothing is left by now');
SELECT is(rui._payout_obstacle(:one, :r7), format('Payment %s has 0 left, not 50.00.', :p3), 'it is told why');
SELECT results_eq(format('SELECT action FROM rui.allowed_actions(%s, ''payout'', %s)', :one, :r7), $$VALUES ('refuse'), ('withdraw')$$, 'and not offered');
SELECT is(pg_temp.payout(:r7), 'refund 50.00 requested f by mgr ', 'nothing is half done');
SELECT is(rui.decide_payout(:one, :r7, false, at => '2025-01-14'), 'refused', 'it is refused');

-- Alone within the limit that another sets.
SELECT throws_ok(format('SELECT rui.set_payout_limit(%s, 100, ''2025-01-15'')', :one), '42501', NULL, 'who pays sets no limit: an accountant') ;
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_payout_limit(%s, 100, ''2025-01-15'')', :one), '42501', NULL, 'nor a manager');
SELECT pg_temp.act(:director) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_payout_limit(%s, %s, ''2025-01-15'')', :one, v), code, NULL, 'no limit: ' || v)
FROM (VALUES ('NULL', '22004'), ('-1', '22003'), ('''NaN''', '22003'), ('0.001', '22023')) AS a(v, code);
SELECT rui.set_payout_limit(:one, 100, '2025-01-15') AS l1 \gset
SELECT throws_ok(format('SELECT rui.set_payout_limit(%s, 100, ''2025-01-14'')', :one), '22023', NULL, 'in their order');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 1, ''x'', at => ''2025-01-16'')', :one, :p1), '42501', NULL, 'it does not hold for who set it');
SELECT throws_ok(format('UPDATE rui.payout_limit SET amount = 1000'), '55000', NULL, 'and is not changed');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 1, ''x'', at => ''2025-01-14'')', :one, :p1), '42501', NULL, 'it holds from then on');
SELECT rui.refund_payment(:one, :p1, 60, 'Small', 'a1', '2025-01-16') AS f1 \gset
SELECT is(rui.refund_payment(:one, :p1, 60, 'Small', 'a1', '2025-01-16'), :f1::bigint, 'again with its key it counts once');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 40.01, ''x'', at => ''2025-01-30'')', :one, :p1), '42501', 'a refund of 40.01 takes two persons', 'parts count together, over the days of a month');
SELECT lives_ok(format('SELECT rui.reverse_charge(%s, %s, ''x'', at => ''2025-01-30'')', :one, :c2), 'up to the limit, whatever it is');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 10.01, ''x'', at => ''2025-01-30 15:59:59+00'')', :one, :p1), '42501', NULL, 'also together with that');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT lives_ok(format('SELECT rui.refund_payment(%s, %s, 40, ''Small'', at => ''2025-01-30'')', :one, :p1), 'each person has a limit');
SELECT throws_ok(format('SELECT rui.return_deposit(%s, %s, 1, at => ''2025-01-30'')', :one, :d2), '42501', 'nobody does a return of a deposit that concerns himself', 'but none for oneself');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT lives_ok(format('SELECT rui.refund_payment(%s, %s, 70, ''Small'', at => ''2025-02-01 00:00+08'')', :one, :p1), 'and each month, by the project''s days');
SELECT is(pg_temp.payout(max(id)), 'refund 70.00 paid_alone t by acc ', 'it is written down who did it') FROM rui.payout;
SELECT is_empty(format('SELECT * FROM rui.allowed_actions(%s, ''payout'', %s)', :one, (SELECT max(id) FROM rui.payout)), 'and is over');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken within the limit');
SELECT pg_temp.act(:director) \gset hidden_
SELECT rui.set_payout_limit(:one, 0, '2025-02-02') \gset hidden_
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 0.01, ''x'', at => ''2025-02-03'')', :one, :p1), '42501', NULL, 'a limit ends');
SELECT * FROM finish();
ROLLBACK;
