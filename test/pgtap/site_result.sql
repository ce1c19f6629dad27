-- The regime of the service contract; the result of a site, equal to the
-- ledger; the owners' surplus, settled once and paid back.
BEGIN;
SELECT plan(58);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = balance.code $$;
-- Whether the rows of a result are the postings of the month, account by account.
CREATE FUNCTION pg_temp.differs(project bigint, month date) RETURNS TABLE (section text, category text, told numeric, posted numeric) LANGUAGE sql AS $$
	SELECT coalesce(r.section, l.side), coalesce(r.category, l.category), r.actual, l.amount
	FROM (SELECT * FROM rui.site_result(project, differs.month) WHERE section IN ('revenue', 'cost', 'transfer')) r
	FULL JOIN (SELECT a.side, a.category, sum(CASE WHEN (a.side = 'revenue') = (p.credit_account = a.account_id) THEN p.amount ELSE -p.amount END) AS amount
		FROM rui.posting p JOIN rui.result_account a ON a.project_id = p.project_id AND a.account_id IN (p.debit_account, p.credit_account)
		WHERE p.project_id = project AND p.period = differs.month GROUP BY a.side, a.category) l ON l.side = r.section AND l.category = r.category
	WHERE r.actual IS DISTINCT FROM l.amount AND coalesce(r.actual, 0) <> coalesce(l.amount, 0) $$;

-- Contracts.
SELECT throws_ok(format('SELECT rui.propose_service_contract(%s, ''C'', %s)', :one, b.rest), b.code, NULL, b.about)
FROM (VALUES ('''other'', ''[2025-01-01,)''', '22023', 'an unknown regime'), ('''lump_sum'', ''[2025-01-02,)''', '22023', 'not the first of a month'), ('''lump_sum'', ''[,2025-01-01)''', '22023', 'without a beginning'),
	('''lump_sum'', ''[2025-01-01,)'', 1, ''month''', '22023', 'a lump sum with a commission'), ('''commission'', ''[2025-01-01,)''', '22023', 'a commission of nothing'),
	('''commission'', ''[2025-01-01,)'', 1.1, ''budget''', '22003', 'more than all'), ('''commission'', ''[2025-01-01,)'', 0.001, ''month''', '22023', 'less than a cent'), ('''commission'', NULL, 1, ''month''', '22004', 'no time')) AS b(rest, code, about);
SELECT rui.propose_service_contract(:one, 'old', 'lump_sum', '[2025-01-01,)', request_key => 'k', at => '2025-01-02') AS s1,
	rui.propose_service_contract(:one, 'new', 'commission', '[2025-02-01,2026-01-01)', 0.1, 'budget', at => '2025-01-02') AS s2 \gset
SELECT is(rui.propose_service_contract(:one, 'old', 'lump_sum', '[2025-01-01,)', request_key => 'k', at => '2025-01-02'), :s1::bigint, 'the same key, the same contract');
SELECT throws_ok(format('SELECT rui.decide_service_contract(%s, %s, ''approve'', at => ''2025-01-03'')', :one, :s1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_service_contract(:one, :s1, 'approve', at => '2025-01-03'), 'active', 'another person approves');
SELECT throws_ok(format('SELECT rui.decide_service_contract(%s, %s, ''approve'', at => ''2025-01-03'')', :one, :s2), '55000', NULL, 'a month has one contract');
SELECT throws_ok(format('SELECT rui.decide_service_contract(%s, %s, ''terminate'', ''x'', ''2025-01-15'', at => ''2025-01-03'')', :one, :s1), '22023', NULL, 'which ends with a month');
SELECT throws_ok(format('SELECT rui.decide_service_contract(%s, %s, ''terminate'', ''x'', ''2025-01-01'', at => ''2025-01-03'')', :one, :s1), '22023', NULL, 'after it began');
SELECT is(rui.decide_service_contract(:one, :s1, 'terminate', 'The owners chose otherwise', '2025-02-01', at => '2025-01-03'), 'ended', 'it is ended');
SELECT is(rui.decide_service_contract(:one, :s2, 'approve', at => '2025-01-03'), 'active', 'and the next one follows');
SELECT throws_ok(format('UPDATE rui.service_contract SET valid = ''[2025-01-01,2026-01-01)'' WHERE id = %s', :s2), '23P01', NULL, 'whatever the guard says, contracts never overlap');
SELECT pg_temp.act(:loader) \gset hidden_

-- Three months of everything: billing with tax, a waiver, a vendor, partners, costs by hand.
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'order', '订单', revenue_account => '6051') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01'),
	rui.set_price_plan(:one, 'order', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT rui.propose_vendor_contract(:one, 'v', 'Cleaning', :sun, '[2025-01-01,2026-01-01)', '6401.02', 10, tax_rate => 0.06, at => '2025-01-02') AS vc,
	rui.propose_share_contract(:one, 's', 'order', '[2025-01-01,2026-01-01)', ARRAY[:sun], '{0.5,0.5}', at => '2025-01-02') AS sc,
	rui.propose_budget(:one, 2025, '[{"category":"cleaning","amount":1200},{"category":"labour","amount":2400},{"category":"service","amount":7200}]', 'x', at => '2025-01-02') AS b1 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_vendor_contract(:one, :vc, 'approve', at => '2025-01-03'), rui.decide_share_contract(:one, :sc, 'approve', at => '2025-01-03'), rui.decide_budget(:one, :b1, true, at => '2025-01-03') \gset hidden_
SELECT rui.accept_service(:one, :vc, 8, '[2025-02-01,2025-02-05)', 'x', at => '2025-02-05') AS va \gset
SELECT pg_temp.act(:loader) \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-05') \gset hidden_
SELECT rui.record_cost(:one, '6401.01', 700, '2025-01-31', 'Pay', at => '2025-02-01') \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-02-01', at => '2025-02-05') \gset hidden_
SELECT rui.add_charge(:one, 'order', 20, :u4, :zhao, at => '2025-02-05') AS c1, rui.add_charge(:one, 'order', 30, :u3, :zhao, at => '2025-02-05') AS c2 \gset
SELECT rui.record_payment(:one, :u4, :zhao, 20, 'cash', at => '2025-02-06') \gset hidden_
SELECT rui.record_vendor_invoice(:one, :vc, '1', '2025-02-05', 8, 80, 4.8, ARRAY[:va], at => '2025-02-06') AS vi, rui.request_waiver(:one, :c2, 5, 'x', at => '2025-02-06') AS w1 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_vendor_invoice(:one, :vi, true, at => '2025-02-07'), rui.decide_waiver(:one, :w1, true, at => '2025-02-07') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.record_cost(:one, '6401.01', 200, '2025-02-10', 'Pay', at => '2025-02-11') AS k1, rui.record_cost(:one, '6602', 12.34, '2025-02-10', 'Paper', at => '2025-02-11') AS k2, rui.settle_shares(:one, '2025-02-01', '2025-03-02') AS m1 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_settlement(:one, :m1, true, at => '2025-03-03') \gset hidden_

-- The rows, to the cent, and equal to the ledger.
SELECT results_eq(format('SELECT section, category, budget, actual, variance, belongs_to FROM rui.site_result(%s, ''2025-01-01'')', :one),
	$$VALUES ('revenue', 'service', 600.00, 595.52, -4.48, NULL), ('cost', 'labour', 200.00, 700.00, 500.00, NULL), ('cost', 'cleaning', 100.00, 0.00, -100.00, NULL), ('surplus', NULL, 300.00, -104.48, -404.48, 'company')$$, 'under a lump sum the deficit is the company''s');
SELECT results_eq(format('SELECT section, category, budget, actual, variance, belongs_to FROM rui.site_result(%s, ''2025-02-01'')', :one),
	$$VALUES ('revenue', 'service', 600.00, 595.52, -4.48, NULL), ('revenue', 'other_service', 0.00, 35.00, 35.00, NULL), ('cost', 'labour', 200.00, 200.00, 0.00, NULL), ('cost', 'cleaning', 100.00, 80.00, -20.00, NULL),
		('cost', 'administration', 0.00, 12.34, 12.34, NULL), ('commission', NULL, 30.00, 30.00, 0.00, 'company'), ('surplus', NULL, 270.00, 308.18, 38.18, 'owners')$$, 'under a commission the surplus is the owners''');
SELECT is_empty(format('SELECT m, d.* FROM generate_series(''2025-01-01''::timestamp, ''2025-03-01'', ''1 month'') m CROSS JOIN pg_temp.differs(%s, m::date) d', :one), 'row by row the postings of the month');
SELECT is((SELECT sum(CASE section WHEN 'revenue' THEN actual WHEN 'cost' THEN -actual ELSE 0 END) FROM rui.site_result(:one, '2025-01-01')),
	(SELECT -sum(balance) FROM rui.trial_balance(:one, '2025-01-31 16:00+00') WHERE kind IN ('revenue', 'expense')) - 700, 'and the trial balance of its end, but for what was posted after it');
SELECT is((SELECT sum(CASE section WHEN 'revenue' THEN r.actual WHEN 'cost' THEN -r.actual ELSE 0 END) FROM unnest('{2025-01-01,2025-02-01,2025-03-01}'::date[]) m CROSS JOIN rui.site_result(:one, m) r),
	(SELECT -sum(balance) FROM rui.trial_balance(:one, 'infinity') WHERE kind IN ('revenue', 'expense')), 'all months together the trial balance');
SELECT throws_ok(format('SELECT * FROM rui.site_result(%s, ''2025-01-02'')', :one), '22023', NULL, 'results are of months');
SELECT throws_ok(format('SELECT * FROM rui.site_result(%s, ''2025-01-01'')', :two), '42501', NULL, 'of projects where one may look');
SELECT is_empty(format('SELECT * FROM rui.site_result(%s, ''2025-01-01'') EXCEPT SELECT * FROM rui.site_result(%s, ''2025-01-01'')', :one, :one), 'twice the same');

SELECT results_eq(format('SELECT category, account_code, document, fee_code, amount FROM rui.site_result_detail(%s, ''2025-02-01'')', :one), $$VALUES
	('service', '6001', 'charge', 'property', 595.52), ('other_service', '6051', 'charge', 'order', 50.00), ('other_service', '6051', 'settlement_line', 'order', -10.00), ('other_service', '6051', 'waiver', 'order', -5.00),
	('labour', '6401.01', 'cost', NULL, 200.00), ('cleaning', '6401.02', 'vendor_invoice', NULL, 80.00), ('administration', '6602', 'cost', NULL, 12.34)$$, 'down to documents and fee items');
-- Closing a month changes nothing.
CREATE TEMP TABLE told AS SELECT * FROM rui.site_result(:one, '2025-02-01');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.close_period(:one, '2025-01-01', '2025-03-04'), rui.close_period(:one, '2025-02-01', '2025-03-04') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.site_result(%s, ''2025-02-01'')', :one), 'SELECT * FROM told', 'a closed month is what it was when it was open');
SELECT is((SELECT actual FROM rui.site_result(:one, '2025-01-01') WHERE section = 'surplus'), -104.48, 'the first one too');

-- Settlement: a lump sum has none; a commission once.
SELECT throws_ok(format('SELECT rui.request_surplus(%s, ''2025-03-01'', at => ''2025-03-05'')', :one), '22023', NULL, 'a month that is over');
SELECT throws_ok(format('SELECT rui.request_surplus(%s, ''2025-01-01'', at => ''2025-03-05'')', :one), '55000', NULL, 'of the company''s there is nothing to settle');
SELECT rui.request_surplus(:one, '2025-02-01', 'q', '2025-03-05') AS q1 \gset
SELECT is(rui.request_surplus(:one, '2025-02-01', 'q', '2025-03-05'), :q1::bigint, 'the same key, the same settlement');
SELECT throws_ok(format('SELECT rui.request_surplus(%s, ''2025-02-01'', at => ''2025-03-05'')', :one), '55000', NULL, 'one waits');
SELECT throws_ok(format('SELECT rui.decide_surplus(%s, %s, true, at => ''2025-03-06'')', :one, :q1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'surplus' AND subject_id = :q1), 'it waits in the inbox of who may approve');
SELECT throws_ok(format('SELECT rui.decide_surplus(%s, %s, false, at => ''2025-03-06'')', :one, :q1), '22004', NULL, 'a refusal says why');
SELECT is(rui.decide_surplus(:one, :q1, true, at => '2025-03-06'), 'approved', 'another person approves');
SELECT results_eq($$SELECT d.code, c.code, p.amount::numeric, p.period FROM rui.posting p JOIN rui.account d ON d.id = p.debit_account JOIN rui.account c ON c.id = p.credit_account WHERE p.document = 'surplus_line'$$,
	$$VALUES ('6001.99', '2241.02', 308.18, '2025-03-01'::date)$$, 'it is owed to the owners, in the first open month');
SELECT is((SELECT actual FROM rui.site_result(:one, '2025-03-01') WHERE section = 'transfer'), 308.18, 'where it is told as handed on');
SELECT is((SELECT actual FROM rui.site_result(:one, '2025-03-01') WHERE section = 'surplus'), -30.00, 'and is no loss of that month, which has the commission alone');
SELECT throws_ok(format('SELECT rui.request_surplus(%s, ''2025-02-01'', at => ''2025-03-07'')', :one), '55000', NULL, 'what is settled is settled');

-- What changes later is settled for the difference; what changed meanwhile is asked for again.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_surplus(:one, '2025-03-01', at => '2025-04-02') AS q2 \gset
SELECT rui.record_cost(:one, '6602', 8.18, '2025-03-20', 'Late', at => '2025-04-02') \gset hidden_
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_surplus(%s, %s, true, at => ''2025-04-03'')', :one, :q2), '55000', NULL, 'what changed since is not approved');
SELECT is(rui.decide_surplus(:one, :q2, false, 'Again', at => '2025-04-03'), 'refused', 'it is refused');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_surplus(:one, '2025-03-01', at => '2025-04-04') AS q3 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_surplus(:one, :q3, true, at => '2025-04-05') \gset hidden_
SELECT is((SELECT amount::numeric FROM rui.surplus_settlement WHERE id = :q3), -38.18, 'a deficit is the owners'' too');
SELECT is(pg_temp.balance(:one, '2241.02'), -270.00, 'and lowers what they have');

-- Paying back.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_surplus_payout(:one, 200, :zhao, 'Meeting of 1 April', at => '2025-04-06') AS y1, rui.request_surplus_payout(:one, 70.01, :zhao, 'More', at => '2025-04-06') AS y2 \gset
SELECT throws_ok(format('SELECT rui.request_surplus_payout(%s, 1, %s, ''x'', ''6001'', at => ''2025-04-06'')', :one, :zhao), '22023', NULL, 'money is paid from money');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_surplus_payout(:one, :y1, true, at => '2025-04-07'), 'paid', 'another person pays it back');
SELECT throws_ok(format('SELECT rui.decide_surplus_payout(%s, %s, true, at => ''2025-04-07'')', :one, :y2), '55000', NULL, 'no more than there is');
SELECT is(pg_temp.balance(:one, '2241.02'), -70.00, 'the rest is carried over');

-- Other bases of a commission; the company's view.
SELECT results_eq(format('SELECT rui._receipts(%s, m) FROM unnest(''{2025-01-01,2025-02-01}''::date[]) m', :one), 'VALUES (0.00), (20.00)', 'what came in in a month');
CREATE FUNCTION pg_temp.commission(base text) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
	UPDATE rui.service_contract SET commission_base = base, commission = 0.1 WHERE code = 'new';
	RETURN (SELECT r.commission FROM rui.project j CROSS JOIN LATERAL rui._site_month(j.id, '2025-02-01') r WHERE j.code = 'one');
END $$;
SELECT is(pg_temp.commission(b.base), b.due, b.base) FROM (VALUES ('revenue', 63.05), ('receipts', 2.00), ('month', 0.1), ('budget', 30.00)) AS b(base, due);
SELECT results_eq(format('SELECT project_code, regime, revenue, cost, commission, surplus, belongs_to, is_closed FROM rui.company_site_results(%s, ''2025-02-01'')', :company),
	$$VALUES ('one', 'commission', 630.52, 292.34, 30.00, 308.18, 'owners', true)$$, 'a manager sees his project');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT results_eq(format('SELECT project_code, regime, surplus, belongs_to, is_closed FROM rui.company_site_results(%s, ''2025-01-01'')', :company),
	$$VALUES ('one', 'lump_sum', -104.48, 'company', true), ('two', NULL, 0.00, NULL, false)$$, 'who works in two sees two');
-- A contract that turns out to have ended before what is settled.
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_service_contract(:one, :s2, 'terminate', 'Given up', '2025-03-01', at => '2025-04-10') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_surplus(:one, '2025-03-01', at => '2025-04-11') AS q4 \gset
SELECT results_eq(format('SELECT month, surplus::numeric, before::numeric, amount::numeric FROM rui.surplus_line WHERE settlement_id = %s', :q4),
	$$VALUES ('2025-03-01'::date, 0.00, -38.18, 38.18)$$, 'what was settled of months that are no more the owners'' is taken back');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_surplus(:one, :q4, true, at => '2025-04-12') \gset hidden_
SELECT is(pg_temp.balance(:one, '2241.02'), -108.18, 'to the cent');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
