-- Payments: which debts they pay, in which order, to the cent by hand; what
-- is left; taking back; late fees and arrears.
BEGIN;
SELECT plan(67);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') AS fee \gset
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_

-- A charge as other rooms write them, with the due date a test wants.
CREATE FUNCTION pg_temp.owe(project bigint, unit bigint, payer bigint, amount numeric, due date,
	component text DEFAULT 'principal', about bigint DEFAULT NULL, at timestamptz DEFAULT '2025-01-01 04:00+00') RETURNS bigint
LANGUAGE sql AS $$
	INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, component, about_charge_id, source, period, quantity, net, tax, gross, due_on, at)
	SELECT project, f.id, unit, owe.payer, component, about, CASE component WHEN 'principal' THEN 'order' ELSE component END,
		'[2025-01-01,2025-01-02)', amount, amount, 0, amount, due, at
	FROM rui.fee_item f WHERE f.project_id = project AND f.code = 'fee' RETURNING id $$;
-- What a payment paid, as charge and amount.
CREATE FUNCTION pg_temp.paid(payment bigint) RETURNS TABLE (charge_id bigint, amount numeric) LANGUAGE sql AS $$
	SELECT a.charge_id, a.amount::numeric FROM rui.allocation a WHERE a.payment_id = payment ORDER BY a.id $$;
-- The ledger's control accounts against the rows: must be (0, 0).
CREATE FUNCTION pg_temp.difference(project bigint) RETURNS TABLE (receivables numeric, prepayments numeric) LANGUAGE sql AS $$
	SELECT (SELECT b.balance FROM rui.trial_balance(project, '2026-12-31') b WHERE b.code = '1122')
			- (SELECT coalesce(sum(o.open_amount), 0) FROM rui.charge_open o WHERE o.project_id = project),
		(SELECT b.balance FROM rui.trial_balance(project, '2026-12-31') b WHERE b.code = '2203')
			+ (SELECT coalesce(sum(o.left_over), 0) FROM rui.payment_open o WHERE o.project_id = project) $$;

-- Oldest due first.
SELECT pg_temp.owe(:one, :u1, :zhao, 100, '2025-02-28') AS feb \gset
SELECT pg_temp.owe(:one, :u1, :zhao, 100, '2025-01-31') AS jan \gset
SELECT rui.record_payment(:one, :u1, NULL, 150, 'cash', at => '2025-03-01') AS p1 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p1), format('VALUES (%s::bigint, 100.00), (%s, 50.00)', :jan, :feb),
	'debts 100 due in January and 100 in February, payment 150: 100 and 50');
SELECT results_eq(format('SELECT charge_id, paid, open_amount, state FROM rui.charge_open WHERE unit_id = %s ORDER BY due_on', :u1),
	format('VALUES (%s::bigint, 100.00, 0.00, ''paid''), (%s, 50.00, 50.00, ''part_paid'')', :jan, :feb), 'and the charges show it');
-- Due on one day: in proportion.
SELECT pg_temp.owe(:one, :u2, :zhao, 100, '2025-01-31') AS d1 \gset
SELECT pg_temp.owe(:one, :u2, :zhao, 200, '2025-01-31') AS d2 \gset
SELECT rui.record_payment(:one, :u2, NULL, 150, 'bank', at => '2025-03-01') AS p2 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p2), format('VALUES (%s::bigint, 50.00), (%s, 100.00)', :d1, :d2),
	'debts 100 and 200 due on one day, payment 150: 50 and 100');
-- Cost, late fee, principal.
SELECT pg_temp.owe(:one, :u3, :zhao, 100, '2025-01-31') AS debt \gset
SELECT pg_temp.owe(:one, :u3, :zhao, 10, '2025-02-15', 'late_fee', :debt) AS late \gset
SELECT pg_temp.owe(:one, :u3, :zhao, 5, '2025-02-20', 'cost', :debt) AS cost \gset
SELECT pg_temp.owe(:one, :u3, :zhao, 40, '2025-02-10') AS newer \gset
SELECT rui.record_payment(:one, :u3, NULL, 12, 'wechat', at => '2025-03-01') AS p3 \gset
SELECT rui.record_payment(:one, :u3, NULL, 23, 'alipay', at => '2025-03-02') AS p4 \gset
SELECT rui.record_payment(:one, :u3, NULL, 81, 'card', at => '2025-03-03') AS p5 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p3), format('VALUES (%s::bigint, 5.00), (%s, 7.00)', :cost, :late), 'first the cost 5, then the late fee');
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p4), format('VALUES (%s::bigint, 3.00), (%s, 20.00)', :late, :debt), 'then its rest, then the principal');
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p5), format('VALUES (%s::bigint, 80.00), (%s, 1.00)', :debt, :newer), 'the whole debt before the newer one');
-- Cents: three equal debts, 100 to pay.
SELECT pg_temp.owe(:one, :u4, :zhao, 100, '2025-01-31') AS e1, pg_temp.owe(:one, :u4, :zhao, 100, '2025-01-31') AS e2,
	pg_temp.owe(:one, :u4, :zhao, 100, '2025-01-31') AS e3 \gset
SELECT rui.record_payment(:one, :u4, NULL, 100, 'other', at => '2025-03-01') AS p6 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p6), format('VALUES (%s::bigint, 33.34), (%s, 33.33), (%s, 33.33)', :e1, :e2, :e3),
	'the parts differ by a cent and make the whole');
SELECT row_eq(format('SELECT * FROM pg_temp.difference(%s)', :one), ROW(0.00, 0.00), 'the ledger agrees');

-- What the payer wants first.
SELECT rui.record_payment(:one, :u4, NULL, 70, 'cash', ARRAY[:e3, :e2], at => '2025-03-04') AS p7 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p7), format('VALUES (%s::bigint, 66.67), (%s, 3.33)', :e3, :e2), 'designated charges, in their order');
SELECT pg_temp.owe(:one, :u4, :zhao, 10, '2025-03-01', 'late_fee', :e2) AS late2 \gset
SELECT rui.record_payment(:one, :u4, NULL, 20, 'cash', ARRAY[:e2], at => '2025-03-05') AS p8 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p8), format('VALUES (%s::bigint, 10.00), (%s, 10.00)', :late2, :e2), 'a designated debt with its late fee first');
SELECT rui.record_payment(:one, :u4, NULL, 53.34, 'cash', ARRAY[:e2], at => '2025-03-06') AS p9 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p9), format('VALUES (%s::bigint, 53.34)', :e2), 'exactly');

-- More than is owed stays, and pays what comes, oldest money first.
SELECT rui.record_payment(:one, :u4, NULL, 96.66, 'cash', at => '2025-03-07') AS p10 \gset
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p10), 30.00, 'what is not owed is left over');
SELECT rui.record_payment(:one, :u4, NULL, 50, 'cash', ARRAY[:e2], at => '2025-03-08') AS p11 \gset
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p11), 50.00, 'also of what was paid already when it was designated');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-03-31') WHERE code = '2203'), -80.00, 'a liability');
SELECT rui.set_fee_item(:one, 'parking', '停车') \gset hidden_
SELECT rui.set_price_plan(:one, 'parking', '{"model":"flat","amount":"60"}', 'unit', '2025-03-01', 'parking') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-03-01'', at => ''2025-03-09'')', :one), $$VALUES ('parking', 1::bigint, 60.00, 0.00, 60.00)$$, 'the next run');
SELECT results_eq(format('SELECT payment_id, amount::numeric FROM rui.allocation WHERE project_id = %s AND at = ''2025-03-09'' ORDER BY id', :one),
	format('VALUES (%s::bigint, 30.00), (%s, 30.00)', :p10, :p11), 'takes the older prepayment whole and the rest of the newer');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-03-01'', at => ''2025-03-10'')', :one), 'a second run nothing');
SELECT is((SELECT count(*) FROM rui.allocation WHERE at = '2025-03-10'), 0::bigint, 'and no money moves');
SELECT row_eq(format('SELECT * FROM pg_temp.difference(%s)', :one), ROW(0.00, 0.00), 'the ledger agrees');

-- For a payer, in all units or in one.
SELECT pg_temp.owe(:one, :u1, :qian, 10, '2025-03-01') AS q1, pg_temp.owe(:one, :u2, :qian, 10, '2025-02-01') AS q2,
	pg_temp.owe(:one, NULL, :qian, 10, '2025-01-01') AS q3, pg_temp.owe(:one, :u1, :sun, 10, '2024-12-31') AS s1 \gset
SELECT rui.record_payment(:one, NULL, :qian, 25, 'cash', at => '2025-03-11') AS p12 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p12), format('VALUES (%s::bigint, 10.00), (%s, 10.00), (%s, 5.00)', :q3, :q2, :q1), 'a payer''s debts in all units');
SELECT rui.record_payment(:one, :u1, :qian, 25, 'cash', at => '2025-03-11') AS p13 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.paid(%s)', :p13), format('VALUES (%s::bigint, 5.00)', :q1), 'or in one unit, not what others owe there');

-- Money does not pay what was charged after it came, until the next run.
SELECT pg_temp.owe(:one, :u1, :qian, 10, '2025-03-20', at => '2025-03-15') AS q4 \gset
SELECT rui.record_payment(:one, :u1, :qian, 1, 'cash', at => '2025-03-12') AS p14 \gset
SELECT is_empty(format('SELECT * FROM pg_temp.paid(%s)', :p14), 'a payment of the 12th knows no charge of the 15th');

-- A payment that was none.
SELECT is(rui.reverse_payment(:one, :p1, 'Bounced', '2025-03-16'), 2::bigint, 'two allocations are taken back');
SELECT is((SELECT sum(open_amount) FROM rui.charge_open WHERE charge_id IN (:jan, :feb)), 200.00, 'the debts are open again');
SELECT row_eq(format('SELECT allocated, left_over, state FROM rui.payment_open WHERE payment_id = %s', :p1), ROW(0.00, 0::numeric, 'reversed'::text), 'nothing is left of it');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''Twice'', ''2025-03-16'')', :one, :p1), '55000', format('payment %s is reversed already', :p1), 'once only');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''Early'', ''2025-02-16'')', :one, :p2), '22023', NULL, 'not before it came');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''Early'', ''2025-03-08'')', :one, :p10), '22023', NULL, 'nor before it paid something');
SELECT row_eq(format('SELECT * FROM pg_temp.difference(%s)', :one), ROW(0.00, 0.00), 'the ledger agrees');
SELECT is((SELECT count(*) FROM rui.posting p JOIN rui.posting_reversal r ON r.project_id = p.project_id AND r.posting_id = p.id
	WHERE p.document = 'allocation' AND p.document_id IN (SELECT id FROM rui.allocation WHERE payment_id = :p1)), 2::bigint, 'by reversals');

-- A charge taken back frees what paid it.
SELECT is(rui.reverse_charge(:one, :e1, 'Mistake', at => '2025-03-17'), 2::bigint, 'a paid charge is taken back');
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p6), 33.34, 'its money is left over again');
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''No'', at => ''2025-03-17'')', :one, :debt), '55000', format('charge %s has late fees or costs', :debt), 'late fees and costs go first');
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''No'', true, ''2025-03-17'')', :one, :d1), '22023', NULL, 'only what runs bill can be billed again by one');
SELECT row_eq(format('SELECT * FROM pg_temp.difference(%s)', :one), ROW(0.00, 0.00), 'the ledger agrees');

-- Refunds come out of what is left.
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 33.35, ''Moved out'', at => ''2025-03-18'')', :one, :p6), '55000', format('payment %s has 33.34 left, not 33.35', :p6), 'not more than is left');
SELECT isnt(rui.refund_payment(:one, :p6, 33.34, 'Moved out', 'r1', '2025-03-18'), NULL, 'all of it');
SELECT isnt(rui.refund_payment(:one, :p6, 33.34, 'Moved out', 'r1', '2025-03-18'), NULL, 'the same command again');
SELECT is((SELECT sum(amount) FROM rui.refund WHERE payment_id = :p6), 33.34, 'is one refund');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 0.01, ''More'', at => ''2025-03-18'')', :one, :p6), '55000', NULL, 'then nothing is left');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 0.01, ''More'', at => ''2025-03-18'')', :one, :p1), '55000', NULL, 'nor of a payment that was none');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''x'', ''2025-03-18'')', :one, :p6), '55000', NULL, 'money given back has come in');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-03-31') WHERE code = '1012'), 12 + 23 + 81 + 100 - 33.34, 'out of the account it came into');
SELECT row_eq(format('SELECT * FROM pg_temp.difference(%s)', :one), ROW(0.00, 0.00), 'the ledger agrees');

-- Once.
SELECT is(rui.record_payment(:one, :u1, NULL, 5, 'cash', request_key => 'k', at => '2025-03-19'),
	rui.record_payment(:one, :u1, NULL, 5, 'cash', request_key => 'k', at => '2025-03-20'), 'one key, one payment');
SELECT throws_ok(format('SELECT rui.record_payment(%s, %s, NULL, 6, ''cash'', request_key => ''k'', at => ''2025-03-19'')', :one, :u1), 'RU409', NULL, 'for one content');
SELECT rui.record_payment(:one, :u1, NULL, 5, 'wechat', external_ref => '4200001', at => '2025-03-19') \gset hidden_
SELECT throws_ok(format('SELECT rui.record_payment(%s, %s, NULL, 5, ''wechat'', external_ref => ''4200001'', at => ''2025-03-19'')', :one, :u1), '23505', NULL, 'one number of a channel, one payment');
SELECT throws_ok('UPDATE rui.payment SET amount = 1', '55000', NULL, 'payments are never changed');
SELECT throws_ok('DELETE FROM rui.allocation', '55000', NULL, 'nor are allocations removed');
SELECT throws_ok(format('INSERT INTO rui.allocation (project_id, payment_id, charge_id, amount, at, reverses, reason) SELECT project_id, payment_id, charge_id, amount, at, reverses, ''x'' FROM rui.allocation WHERE reverses IS NOT NULL AND project_id = %s', :one),
	'23505', NULL, 'nor taken back twice');

-- Late fees: 0.05 % a day after 5 days of grace, at most 30 %. The zone is
-- eight hours ahead.
SELECT rui.set_late_rule(:one, 'fee', 0.0005, 5, 0.3, '2025-04-01') \gset hidden_
SELECT pg_temp.owe(:one, :u4, :sun, 1000, '2025-04-10', at => '2025-04-01') AS l1 \gset
SELECT pg_temp.owe(:one, :u4, :sun, 1000, '2025-04-11', at => '2025-04-01') AS l2 \gset
SELECT is_empty(format('SELECT FROM rui.late_fees(%s, ''2025-04-15 15:59+00'')', :one), 'within grace nothing');
SELECT results_eq(format('SELECT charge_id, days_late, accrued FROM rui.late_fees(%s, ''2025-04-15 16:00+00'')', :one), format('VALUES (%s::bigint, 1, 0.50)', :l1), 'then by the day');
SELECT is((SELECT accrued FROM rui.late_fees(:one, '2025-05-15 00:00+00', :l1)), rui.late_fee(1000, '2025-04-10', '2025-05-15', 0.0005, 5, 0.3),
	'of a debt of which nothing is paid it is rui.late_fee()');
SELECT rui.record_payment(:one, :u4, :sun, 400, 'cash', ARRAY[:l1], at => '2025-04-25') \gset hidden_
SELECT results_eq(format('SELECT days_late, open_amount, accrued FROM rui.late_fees(%s, ''2025-05-15 00:00+00'', %s)', :one, :l1),
	'VALUES (30, 600.00, 11.00)', '400 was ten days late and 600 thirty: 0.0005 × (4000 + 18000)');
SELECT results_eq(format('SELECT accrued FROM rui.late_fees(%s, ''2030-01-01'', %s)', :one, :l2), 'VALUES (300.00)', 'never more than the cap');
SELECT rui.charge_late_fee(:one, :l1, at => '2025-05-15 00:00+00') AS f1 \gset
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-05-15 01:00+00'')', :one, :l1), '55000', NULL, 'what is charged is not charged again');
SELECT rui.charge_late_fee(:one, :l1, at => '2025-05-25 00:00+00') AS f2 \gset
SELECT results_eq(format('SELECT component, about_charge_id, revision, gross::numeric FROM rui.charge WHERE id IN (%s, %s) ORDER BY id', :f1, :f2),
	format('VALUES (''late_fee'', %1$s::bigint, 1, 11.00), (''late_fee'', %1$s, 2, 3.00)', :l1), 'only what has come since');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-05-31') WHERE code = '6301'), -14.00 - 20.00, 'late fees are revenue of their own');

-- Arrears by age, at any instant.
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:two, 'fee', '费') \gset hidden_
SELECT count(pg_temp.owe(:two, :v1, NULL, o.amount, o.due)) AS made FROM (VALUES (1, '2025-06-30'::date), (2, '2025-06-29'), (4, '2025-05-31'), (8, '2025-05-30'),
	(16, '2025-05-01'), (32, '2025-04-30'), (64, '2025-04-01'), (128, '2025-03-31'), (256, '2025-01-01'), (512, '2024-12-31')) AS o(amount, due) \gset hidden_
SELECT results_eq(format('SELECT unit_code, not_due, days_1_30, days_31_60, days_61_90, days_91_180, days_over_180, total, oldest_due_on FROM rui.arrears(%s, ''2025-06-30 12:00+00'')', :two),
	$$VALUES ('2-101', 1.00, 6.00, 24.00, 96.00, 384.00, 512.00, 1023.00, '2024-12-31'::date)$$, 'ages by the day: 0, 1 to 30, 31 to 60, 61 to 90, 91 to 180, more');
SELECT results_eq(format('SELECT * FROM rui.arrears_by_age(%s, ''2025-06-30 12:00+00'')', :two),
	$$VALUES ('not_due', 1::bigint, 1.00), ('1-30', 1, 6.00), ('31-60', 1, 24.00), ('61-90', 1, 96.00), ('91-180', 1, 384.00), ('181-', 1, 512.00)$$, 'and in total');
SELECT rui.record_payment(:two, :v1, NULL, 512, 'cash', at => '2025-07-02') \gset hidden_
SELECT is((SELECT total FROM rui.arrears(:two, '2025-07-01')), 1023.00, 'later payments do not change what was open then');
SELECT is((SELECT days_over_180 FROM rui.arrears(:two, '2025-07-02 12:00+00')), 256.00, 'but what is open now');
SELECT is((SELECT sum(total) FROM rui.arrears(:one, x.at)), (SELECT balance FROM rui.trial_balance(:one, x.at) WHERE code = '1122'), 'arrears are the receivables at any instant')
FROM (SELECT '2025-03-05 12:00+00'::timestamptz AS at) x;
SELECT is((SELECT balance FROM rui.trial_balance(:two, '2025-07-31') WHERE code = '1122'), 511.00, 'a project''s money is its own');
-- Books that differ from the rows they stand for do not close.
SAVEPOINT damage;
SELECT set_config('session_replication_role', 'replica', true) \gset hidden_
DELETE FROM rui.posting WHERE project_id = :one AND document = 'charge' AND document_id = :feb;
SELECT set_config('session_replication_role', 'origin', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-06-01'')', :one), '55000', NULL, 'a charge without its posting keeps the month open');
ROLLBACK TO damage;
SELECT lives_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-06-01'')', :one), 'whole books close');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id IN (%s, %s) AND invariant NOT LIKE ''late_fee%%''', :one, :two), 'no invariant is broken, but that late fees are made by hand');
SELECT * FROM finish();
ROLLBACK;
