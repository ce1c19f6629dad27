-- Waivers: asked for by one, decided by another; what they lower in what is
-- open, in the ledger and in the tax; late fees; what is refused.
BEGIN;
SELECT plan(45);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES
	(:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :qian, 'agent', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费'), rui.set_fee_item(:one, 'untaxed', '代收') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 0) \gset hidden_
SELECT rui.set_price_plan(:one, 'untaxed', '{"model":"fixed","price":"1"}', 'once', '2025-01-01', due_days => 0) \gset hidden_
SELECT rui.set_late_rule(:one, 'untaxed', 0.001, 0, 1, '2025-01-01') \gset hidden_
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => '2025-01-02') AS c1, rui.add_charge(:one, 'untaxed', 100, :u2, :zhao, at => '2025-01-02') AS c2,
	rui.add_charge(:one, 'fee', 50, :u3, :qian, at => '2025-01-02') AS c3 \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.difference(project bigint) RETURNS numeric LANGUAGE sql AS $$
	SELECT (SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = '1122')
		- (SELECT coalesce(sum(o.open_amount), 0) FROM rui.charge_open o WHERE o.project_id = project) $$;
CREATE FUNCTION pg_temp.posted(waiver bigint) RETURNS TABLE (debit text, credit text, amount numeric, taken_back boolean) LANGUAGE sql AS $$
	SELECT d.code, c.code, p.amount::numeric, p.reverses IS NOT NULL FROM rui.posting p
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE p.document = 'waiver' AND p.document_id = waiver ORDER BY p.id $$;

-- Asking changes nothing.
SELECT rui.request_waiver(:one, :c1, 33.33, 'Lift out of order', 'k1', '2025-01-10') AS w1 \gset
SELECT is(rui.request_waiver(:one, :c1, 33.33, 'Lift out of order', 'k1', '2025-01-10'), :w1::bigint, 'asked for again with its key it is the same');
SELECT row_eq(format('SELECT state, requested_by, amount::numeric, net::numeric FROM rui.waiver WHERE id = %s', :w1),
	ROW('requested'::text, :loader::bigint, 33.33, NULL::numeric), 'it waits');
SELECT is((SELECT open_amount FROM rui.charge_open WHERE charge_id = :c1), 100.00, 'and lowers nothing yet');
SELECT results_eq(format('SELECT action, to_state FROM rui.allowed_actions(%s, ''waiver'', %s)', :one, :w1), $$VALUES ('withdraw', 'withdrawn')$$, 'who only asks may withdraw');
-- Nobody decides for himself.
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true)', :one, :w1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq(format('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''approve'' AND subject = ''waiver'''),
	format('VALUES (%s::bigint, ''费 33.33: Lift out of order'')', :w1), 'it waits in the inbox of who may decide');
SELECT rui.request_waiver(:one, :c1, 1, 'My own', at => '2025-01-10') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-01-11'')', :one, :own), '42501', 'nobody decides on a waiver of his own');
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, false, at => ''2025-01-11'')', :one, :own), '42501', NULL, 'not even against');
SELECT throws_ok(format('SELECT rui.withdraw_waiver(%s, %s, at => ''2025-01-11'')', :one, :w1), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_waiver(:one, :own, at => '2025-01-11'), 'withdrawn', 'one''s own one does');
SELECT throws_ok(format('SELECT rui.withdraw_waiver(%s, %s, at => ''2025-01-11'')', :one, :own), '55000', NULL, 'once');
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-01-09'')', :one, :w1), '22023', NULL, 'not before it was asked for');
-- An approved one is posted.
SELECT is(rui.decide_waiver(:one, :w1, true, 'Agreed', 'k2', '2025-02-11'), 'approved', 'another one approves it');
SELECT is(rui.decide_waiver(:one, :w1, true, 'Agreed', 'k2', '2025-02-11'), 'approved', 'again with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', :w1), $$VALUES ('6001', '1122', 31.44, false), ('2221', '1122', 1.89, false)$$,
	'33.33 of 94.34 and 5.66: 31.44 of the revenue and 1.89 of the tax');
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE document = 'waiver'), '{2025-02-01}'::date[], 'in the month of the decision');
SELECT row_eq(format('SELECT waived, open_amount, state FROM rui.charge_open WHERE charge_id = %s', :c1), ROW(33.33, 66.67, 'billed'::text), 'less is open');
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, false, at => ''2025-02-12'')', :one, :w1), '55000', NULL, 'what is decided is decided');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-02-10') WHERE unit_id = :u1), 100.00, 'arrears of the day before know nothing of it');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-02-12') WHERE unit_id = :u1), 66.67, 'those of the day after do');
-- Never more than is open.
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, 66.68, ''x'', at => ''2025-02-12'')', :one, :c1), '55000', format('of charge %s only 66.67 is open, not 66.68', :c1));
SELECT rui.request_waiver(:one, :c1, 33.34, 'Second', at => '2025-02-12') AS w2, rui.request_waiver(:one, :c1, 33.33, 'Third', at => '2025-02-12') AS w3,
	rui.request_waiver(:one, :c1, 0.01, 'Fourth', at => '2025-02-12') AS w4 \gset
SELECT rui.request_waiver(:one, :c3, 20, 'For later', at => '2025-02-12') AS w5 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_waiver(:one, :w2, true), rui.decide_waiver(:one, :w3, true) \gset hidden_
SELECT results_eq(format('SELECT action FROM rui.allowed_actions(%s, ''waiver'', %s)', :one, :w4), $$VALUES ('refuse'), ('withdraw')$$, 'when nothing is open clients are not offered to approve');
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true)', :one, :w4), '55000', 'waiver: action "approve" is not possible now', 'when nothing is open nothing is waived');
SELECT pg_temp.act(p.id) FROM rui.party p WHERE p.company_id = :company AND p.name = 'Director' \gset hidden_
SELECT is(rui.decide_waiver(:one, :w4, false), 'refused', 'only refused, by a director of the company as well');
SELECT row_eq(format('SELECT sum(net)::numeric, sum(tax)::numeric FROM rui.waiver WHERE charge_id = %s AND state = ''approved''', :c1),
	ROW(94.34, 5.66), 'all waived in three parts are its net and its tax to the cent');
SELECT row_eq(format('SELECT waived, open_amount, state FROM rui.charge_open WHERE charge_id = %s', :c1), ROW(100.00, 0.00, 'waived'::text), 'the charge is waived');
-- Money pays only what is left, and what is paid is not waived.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 10, 'cash', at => '2025-02-20') AS p1 \gset
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p1), 10.00, 'nothing of it is paid');
SELECT rui.record_payment(:one, :u3, NULL, 40, 'cash', at => '2025-02-20') AS p3 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true)', :one, :w5), '55000', NULL, 'a payment was faster than the waiver');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_waiver(:one, :c3, 10, 'The rest', at => '2025-02-21') AS w6 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT is(rui.decide_waiver(:one, :w6, true, at => '2025-02-22'), 'approved', 'what is left is waived');
SELECT row_eq(format('SELECT paid, waived, open_amount, state FROM rui.charge_open WHERE charge_id = %s', :c3), ROW(40.00, 10.00, 0.00, 'paid'::text), 'and the charge is paid');
-- Late fees stop for what is waived, on that day; a waived late fee is 6301's.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_waiver(:one, :c2, 60, 'Half', at => '2025-01-10') AS w7 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_waiver(:one, :w7, true, at => '2025-01-12') \gset hidden_
SELECT results_eq(format('SELECT accrued, open_amount FROM rui.late_fees(%s, ''2025-01-22'')', :one), 'VALUES (1.40, 40.00)', '100 for ten days, 40 for ten more: 0.1 %');
SELECT rui.charge_late_fee(:one, :c2, at => '2025-01-22') AS late \gset
SELECT rui.request_waiver(:one, :late, 1.40, 'Goodwill', at => '2025-01-23') AS w8 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_waiver(:one, :w8, true) \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', :w8), $$VALUES ('6301', '1122', 1.40, false)$$, 'a late fee was counted there');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-01-22'')', :one, :c2), '55000', NULL, 'and is not charged anew');
-- Taken back: the waiver counts no more, and its posting neither.
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''x'', at => ''2025-02-21'')', :one, :c3), '22023', NULL, 'not before it was waived');
SELECT rui.reverse_charge(:one, :c3, 'Wrong', at => '2025-02-23') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', :w6),
	$$VALUES ('6001', '1122', 9.43, false), ('2221', '1122', 0.57, false), ('1122', '6001', 9.43, true), ('1122', '2221', 0.57, true)$$, 'a reversed charge takes its waiver back');
SELECT row_eq(format('SELECT waived, open_amount, state FROM rui.charge_open WHERE charge_id = %s', :c3), ROW(0::numeric, 0::numeric, 'reversed'::text), 'and shows none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true)', :one, :w5), '55000', NULL, 'one that waits for it cannot be approved');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(pg_temp.difference(:one), 0.00, 'receivables are the open charges, all the time');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT is(rui.close_period(:one, '2025-01-01', '2025-02-23') > 0, true, 'the month closes');
-- Arguments, and who may.
SELECT throws_ok(format('SELECT rui.request_waiver(%s, 0, 1, ''x'', at => ''2025-02-23'')', :one), 'P0002', NULL, 'an unknown charge');
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, -1, ''x'')', :one, :c2), '22003', NULL, 'less than nothing');
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, 1, '''')', :one, :c2), '22023', NULL, 'no reason');
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, 1, ''x'', at => ''2025-01-01'')', :one, :c2), '22023', NULL, 'before the charge');
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true)', :one, :w5), '42501', NULL, 'an agent asks, and does not decide');
SELECT * FROM finish();
ROLLBACK;
