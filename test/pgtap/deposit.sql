-- Deposits: taken, given back, forfeited; what is held is what the books owe.
BEGIN;
SELECT plan(48);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'damage', '装修违约', revenue_account => '6051') AS damage, rui.set_fee_item(:one, 'odd', '别的') \gset
SELECT rui.set_price_plan(:one, 'damage', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'odd', '{"model":"fixed","price":"1","tax":{"rate":"0.06"}}', 'once', '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balances(project bigint) RETURNS TABLE (code text, balance numeric) LANGUAGE sql AS $$
	SELECT b.code, b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.balance <> 0 ORDER BY 1 $$;
CREATE FUNCTION pg_temp.held(deposit bigint) RETURNS TABLE (taken numeric, returned numeric, forfeited numeric, held numeric, state text) LANGUAGE sql AS $$
	SELECT h.taken, h.returned, h.forfeited, h.held, h.state FROM rui.deposit_held h WHERE h.deposit_id = deposit $$;

-- Taken: a debt, no revenue.
SELECT rui.take_deposit(:one, :zhao, 'decoration', 2000, 'bank', :u1, 'ref1', 'k1', '2025-01-05') AS d1 \gset
SELECT is(rui.take_deposit(:one, :zhao, 'decoration', 2000, 'bank', :u1, 'ref1', 'k1', '2025-01-05'), :d1::bigint, 'taken again with its key it is the same');
SELECT rui.take_deposit(:one, :qian, 'card', 50, 'cash', at => '2025-01-06') AS d2 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.held(%s)', :d1), $$VALUES (2000.00, 0::numeric, 0::numeric, 2000.00, 'held')$$, 'it is held');
SELECT results_eq(format('SELECT * FROM pg_temp.balances(%s)', :one), $$VALUES ('1001', 50.00), ('1002', 2000.00), ('2241.01', -2050.00)$$, 'a debt, no revenue and no tax');
SELECT is_empty(format('SELECT * FROM rui.arrears(%s)', :one), 'nobody is in arrears');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''2241.01'', ''1002'', 1, ''x'')', :one), '22023', 'only charges and payments post to control accounts');
-- Given back in part.
SELECT rui.return_deposit(:one, :d1, 500, 'Half done', 'cash', 'k2', '2025-01-10') AS r1 \gset
SELECT is(rui.return_deposit(:one, :d1, 500, 'Half done', 'cash', 'k2', '2025-01-10'), :r1::bigint, 'given back again with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.held(%s)', :d1), $$VALUES (2000.00, 500.00, 0::numeric, 1500.00, 'part_settled')$$, 'less is held');
SELECT results_eq(format('SELECT * FROM pg_temp.balances(%s)', :one), $$VALUES ('1001', -450.00), ('1002', 2000.00), ('2241.01', -1550.00)$$, 'through the channel that was named');
SELECT throws_ok(format('SELECT rui.return_deposit(%s, %s, 1500.01)', :one, :d1), '55000', format('of deposit %s only 1500.00 is held, not 1500.01', :d1));
SELECT throws_ok(format('SELECT rui.return_deposit(%s, %s, 1, at => ''2025-01-01'')', :one, :d1), '22023', NULL, 'not before it came');

-- Forfeited: asked for by one, decided by another.
SELECT rui.request_forfeit(:one, :d1, 'damage', 300, 'Wall broken', 'k3', '2025-01-15') AS f1 \gset
SELECT is(rui.request_forfeit(:one, :d1, 'damage', 300, 'Wall broken', 'k3', '2025-01-15'), :f1::bigint, 'asked for again with its key it is the same');
SELECT is((SELECT held FROM pg_temp.held(:d1)), 1500.00, 'asking changes nothing');
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true)', :one, :f1), '42501', NULL, 'a loader approves none');
SELECT throws_ok(format('SELECT rui.request_forfeit(%s, %s, ''damage'', 1500.01, ''x'')', :one, :d1), '55000', format('of deposit %s only 1500.00 is held, not 1500.01', :d1));
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq(format('SELECT subject_id, about FROM rui._inbox(''2025-01-16'') WHERE kind = ''approve'' AND subject = ''forfeit'''),
	format('VALUES (%s::bigint, ''装修违约 300.00: Wall broken'')', :f1), 'it waits in the inbox of who may decide');
SELECT rui.request_forfeit(:one, :d1, 'damage', 1, 'My own', at => '2025-01-15') AS own, rui.request_forfeit(:one, :d1, 'odd', 100, 'Odd', at => '2025-01-15') AS odd,
	rui.request_forfeit(:one, :d1, 'damage', 1300, 'Too much later', at => '2025-01-15') AS late \gset
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true, at => ''2025-01-16'')', :one, :own), '42501', 'nobody decides on a forfeit of his own');
SELECT throws_ok(format('SELECT rui.withdraw_forfeit(%s, %s, at => ''2025-01-16'')', :one, :f1), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_forfeit(:one, :own, 'k4', '2025-01-16'), 'withdrawn', 'one''s own one does');
SELECT is(rui.withdraw_forfeit(:one, :own, 'k4', '2025-01-16'), 'withdrawn', 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true, at => ''2025-01-14'')', :one, :f1), '22023', NULL, 'not before it was asked for');
SELECT is(rui.decide_forfeit(:one, :f1, true, 'Agreed', 'k5', '2025-02-01 12:00'), 'approved', 'another one approves it');
SELECT is(rui.decide_forfeit(:one, :f1, true, 'Agreed', 'k5', '2025-02-01 12:00'), 'approved', 'again with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.held(%s)', :d1), $$VALUES (2000.00, 500.00, 300.00, 1200.00, 'part_settled')$$, 'so much less is held');
SELECT charge_id AS c1, payment_id AS p1 FROM rui.deposit_forfeit WHERE id = :f1 \gset
SELECT row_eq(format('SELECT source, source_id, payer_id, unit_id, net::numeric, tax::numeric, gross::numeric FROM rui.charge WHERE id = %s', :c1),
	ROW('deposit'::text, :f1::bigint, :zhao::bigint, :u1::bigint, 283.02, 16.98, 300.00), 'a charge of who gave it, with its tax');
SELECT is((SELECT state FROM rui.charge_open WHERE charge_id = :c1), 'paid', 'the deposit has paid it');
SELECT results_eq(format('SELECT * FROM pg_temp.balances(%s)', :one),
	$$VALUES ('1001', -450.00), ('1002', 2000.00), ('2221', -16.98), ('2241.01', -1250.00), ('6051', -283.02)$$, 'revenue and tax now, and nothing between');
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE document = 'charge'), '{2025-02-01}'::date[], 'in the month of the decision');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true, at => ''2025-02-02'')', :one, :f1), '55000', NULL, 'what is decided is decided');
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true, at => ''2025-02-02'')', :one, :odd), '55000', NULL, 'a fee that charges 106 for 100 will not do');
SELECT throws_ok(format('SELECT rui.decide_forfeit(%s, %s, true, at => ''2025-02-02'')', :one, :late), '55000', format('forfeit %s cannot be approved', :late));
SELECT is(rui.decide_forfeit(:one, :late, false, at => '2025-02-02'), 'refused', 'it is refused');
SELECT is((SELECT count(*) FROM rui.charge WHERE source = 'deposit'), 1::bigint, 'one charge came of all this');
-- Taken back: the charge first, then the payment; the deposit is held again.
SELECT rui.reverse_charge(:one, :c1, 'Not his wall', at => '2025-02-03'), rui.reverse_payment(:one, :p1, 'Not his wall', at => '2025-02-03') \gset hidden_
SELECT is((SELECT held FROM pg_temp.held(:d1)), 1500.00, 'what was forfeited in error is held again');
SELECT results_eq(format('SELECT * FROM pg_temp.balances(%s)', :one), $$VALUES ('1001', -450.00), ('1002', 2000.00), ('2241.01', -1550.00)$$, 'revenue and tax are gone');
-- All the rest is given back, once.
SELECT rui.return_deposit(:one, :d1, at => '2025-02-04') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.held(%s)', :d1), $$VALUES (2000.00, 2000.00, 0::numeric, 0.00, 'settled')$$, 'nothing is left');
SELECT throws_ok(format('SELECT rui.return_deposit(%s, %s, at => ''2025-02-05'')', :one, :d1), '55000', format('of deposit %s only 0.00 is held, not anything', :d1));
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT lives_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', at => ''2025-02-10'')', :one), 'the month closes');
-- Refused.
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', 1, ''deposit'')', :one, :zhao), '22023', 'unknown payment channel "deposit"');
SELECT throws_ok(format('SELECT rui.record_payment(%s, %s, NULL, 1, ''deposit'')', :one, :u1), '22023', 'unknown payment channel "deposit"');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''gift'', 1, ''cash'')', :one, :zhao), '22023', 'unknown kind of deposit "gift"');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', -1, ''cash'')', :one, :zhao), '22003', NULL, 'less than nothing');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, -1, ''card'', 1, ''cash'')', :one), 'P0002', NULL, 'no such party');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', 1, ''bank'', %s)', :one, :zhao, :v1), 'P0002', NULL, 'a unit of another project');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', 1, ''bank'', external_ref => ''ref1'')', :one, :zhao), '23505', NULL, 'a payment counts once');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', 1, ''bank'', at => ''2025-01-20'')', :one, :zhao), '55000', 'accounting month 2025-01 is closed');
SELECT throws_ok(format('SELECT rui.return_deposit(%s, -1)', :one), 'P0002', NULL, 'no such deposit');
SELECT throws_ok(format('SELECT rui.take_deposit(%s, %s, ''card'', 1, ''cash'')', :two, :zhao), '42501', NULL, 'who is nobody there');
SELECT * FROM finish();
ROLLBACK;
