-- What comes to be known late, with a time in the past: nothing is paid, spent,
-- waived or charged twice at any instant, and what is refused changes nothing.
BEGIN;
SELECT plan(12);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01', due_days => 0) \gset hidden_
SELECT rui.set_late_rule(:one, 'fee', 0.001, 0, 1, '2025-01-01') \gset hidden_

-- A late fee of the 21st has the days up to the 11th in it.
SELECT rui.add_charge(:one, 'fee', 1000, :u1, at => '2025-01-01') AS c1 \gset
SELECT rui.charge_late_fee(:one, :c1, at => '2025-01-21') AS late \gset
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-01-11'')', :one, :c1), '55000', NULL, 'days that a later late fee has are not charged again');
SELECT rui.charge_late_fee(:one, :c1, at => '2025-01-22') \gset hidden_
SELECT is((SELECT sum(gross) FROM rui.charge WHERE about_charge_id = :c1), 21.00, '21 days cost 21, whenever they are charged');

-- Nothing hangs on a charge that is taken back.
SELECT rui.add_charge(:one, 'fee', 100, :u2, at => '2025-01-01') AS c2 \gset
SELECT rui.reverse_charge(:one, :c2, 'Wrong', at => '2025-01-20') \gset hidden_
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-01-10'')', :one, :c2), '55000', NULL, 'no late fee of what is taken back since');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''fee'', 1, source => ''cost'', about_charge_id => %s, at => ''2025-01-21'')', :one, :c2), '55000',
	format('costs cannot be added to charge %s: it is reversed', :c2), 'and no costs');

-- c3 was paid by p1 from the 5th to the 15th: on the 10th nothing was owed, and p1 was spent.
SELECT rui.add_charge(:one, 'fee', 100, :u3, at => '2025-01-02') AS c3 \gset
SELECT rui.record_payment(:one, :u3, NULL, 100, 'cash', at => '2025-01-05') AS p1 \gset
SELECT rui.reverse_payment(:one, :p1, 'Bounced', '2025-01-15') \gset hidden_
SELECT rui.record_payment(:one, :u3, NULL, 100, 'bank', at => '2025-01-10') AS p2 \gset
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p2), 100.00, 'money of the 10th is left over: the charge was paid then');
SELECT rui.request_waiver(:one, :c3, 40, 'Lift', at => '2025-01-06') AS w1 \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-01-11 00:00+00'')', :one, :w1), '42501', NULL, 'a manager sets no time');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-01-11'')', :one, :w1), '22023', NULL, 'nor was there anything to waive');
SELECT is(rui.decide_waiver(:one, :w1, true, at => '2025-01-16'), 'approved', 'after the payment was taken back there is');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui._allocate(:one, NULL, '2025-01-20') \gset hidden_
SELECT results_eq(format('SELECT p.left_over FROM rui.payment_open p WHERE p.payment_id = %s', :p2), 'VALUES (40.00)', 'a later run pays what is open');
SELECT rui.reverse_charge(:one, :c3, 'Wrong', at => '2025-01-25') \gset hidden_
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 50, ''Too much'', at => ''2025-01-22'')', :one, :p2), '22023', NULL, 'what was spent then is not given back then');
SELECT ok(rui.refund_payment(:one, :p2, 50, 'Too much', at => '2025-01-26') > 0, 'only afterwards');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');
SELECT * FROM finish();
ROLLBACK;
