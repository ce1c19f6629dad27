-- Vendors: contracts, acceptance, invoices in a three-way match, payables and
-- their payment; what is refused, and who must be two.
BEGIN;
SELECT plan(66);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'clean', 'Cleaners') RETURNING id AS clean \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'lift', 'Lifts') RETURNING id AS lift \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :clean, 'partner', '[2000-01-01,)'), (:one, :lift, 'partner', '[2000-01-01,)'),
	(:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = balance.code $$;
CREATE FUNCTION pg_temp.posted(document text, id bigint) RETURNS TABLE (debit text, credit text, amount numeric, period date) LANGUAGE sql AS $$
	SELECT d.code, c.code, p.amount::numeric, p.period FROM rui.posting p
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE p.document = posted.document AND p.document_id = posted.id ORDER BY p.id $$;

-- A contract counts when another person has approved it.
SELECT rui.propose_vendor_contract(:one, 'C1', 'Cleaning', :clean, '[2025-01-01,2026-01-01)', '6401', 12.5, 2000, 0.06, 10, 'k', '2025-01-02') AS c1 \gset
SELECT is(rui.propose_vendor_contract(:one, 'C1', 'Cleaning', :clean, '[2025-01-01,2026-01-01)', '6401', 12.5, 2000, 0.06, 10, 'k', '2025-01-02'), :c1::bigint, 'the same key, the same contract');
SELECT throws_ok(format('SELECT rui.propose_vendor_contract(%s, ''C1'', ''x'', %s, ''[2025-01-01,2026-01-01)'', ''6401'', 1, at => ''2025-01-02'')', :one, :lift), '23505', NULL, 'a code counts once');
SELECT throws_ok(format('SELECT rui.propose_vendor_contract(%s, ''C9'', ''x'', %s, ''[2025-01-01,2026-01-01)'', ''1002'', 1, at => ''2025-01-02'')', :one, :lift), '22023', NULL, 'a bank is no cost');
SELECT throws_ok(format('SELECT rui.propose_vendor_contract(%s, ''C9'', ''x'', %s, ''[2025-01-01,)'', ''6401'', 1, at => ''2025-01-02'')', :one, :lift), '22023', NULL, 'contracts end');
SELECT throws_ok(format('SELECT rui.propose_vendor_contract(%s, ''C9'', ''x'', %s, ''[2025-01-01,2026-01-01)'', ''6401'', at => ''2025-01-02'')', :one, :lift), '22004', NULL, 'something has to be agreed');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 1, ''[2025-01-01,2025-01-02)'', ''x'', at => ''2025-01-03'')', :one, :c1), '55000', NULL, 'nothing is accepted of what is not approved');
SELECT throws_ok(format('SELECT rui.decide_vendor_contract(%s, %s, ''approve'', at => ''2025-01-03'')', :one, :c1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(now()) WHERE subject = ''vendor_contract''', format('VALUES (%s::bigint, ''C1 Cleaning'')', :c1), 'it waits in the inbox of who may decide');
SELECT rui.propose_vendor_contract(:one, 'C2', 'Lifts', :lift, '[2025-01-01,2025-04-01)', '6602', agreed_amount => 1000, tax_rate => 0.13, at => '2025-01-02') AS c2 \gset
SELECT throws_ok(format('SELECT rui.decide_vendor_contract(%s, %s, ''approve'', at => ''2025-01-03'')', :one, :c2), '42501', 'nobody decides on a vendor contract of his own');
SELECT throws_ok(format('SELECT rui.decide_vendor_contract(%s, %s, ''approve'', at => ''2025-01-01'')', :one, :c1), '22023', NULL, 'nor before it is proposed');
SELECT throws_ok(format('SELECT rui.decide_vendor_contract(%s, %s, ''burn'', at => ''2025-01-03'')', :one, :c1), '22023', 'unknown action "burn"', 'nor burns it');
SELECT is(rui.decide_vendor_contract(:one, :c1, 'approve', request_key => 'c1', at => '2025-01-03'), 'active', 'another one approves it');
SELECT is(rui.decide_vendor_contract(:one, :c1, 'approve', request_key => 'c1', at => '2025-01-03'), 'active', 'the same request again is answered alike');
SELECT throws_ok(format('SELECT rui.decide_vendor_contract(%s, %s, ''refuse'', ''no'', ''c1'', ''2025-01-03'')', :one, :c1), 'RU409', NULL, 'another one under its key is refused');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_vendor_contract(:one, :c2, 'approve', at => '2025-01-03'), 'active', 'and that one');

-- Acceptance.
SELECT rui.accept_service(:one, :c1, 40, '[2025-01-01,2025-02-01)', 'Sheet 1', at => '2025-02-01') AS a1,
	rui.accept_service(:one, :c1, 8.123, '[2025-02-01,2025-03-01)', 'Sheet 2', at => '2025-03-01') AS a2,
	rui.accept_service(:one, :c2, 0.3333, '[2025-01-01,2025-02-01)', 'First third', at => '2025-02-01') AS a3 \gset
SELECT results_eq(format('SELECT net::numeric FROM rui.vendor_acceptance WHERE project_id = %s ORDER BY id', :one), 'VALUES (500.00), (101.54), (333.30)', 'priced by the contract, half up');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 112, ''[2025-03-01,2025-03-02)'', ''x'', at => ''2025-03-03'')', :one, :c1), '55000', NULL, 'not beyond what was agreed');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 0.6668, ''[2025-03-01,2025-03-02)'', ''x'', at => ''2025-03-03'')', :one, :c2), '55000', NULL, 'nor beyond the whole');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 1, ''[2024-12-31,2025-01-02)'', ''x'', at => ''2025-03-03'')', :one, :c1), '22023', NULL, 'nor outside the contract');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 1, ''[2025-03-01,2025-03-10)'', ''x'', at => ''2025-03-03'')', :one, :c1), '22023', NULL, 'nor what is still to come');
SELECT throws_ok(format('SELECT rui.accept_service(%s, %s, 1, ''[2025-03-01,2025-03-02)'', ''x'', -1, at => ''2025-03-03'')', :one, :c1), 'P0002', NULL, 'nor by a document that is none');
SELECT is(rui.withdraw_acceptance(:one, :a2, 'Wrong', '2025-03-02'), 'withdrawn', 'an acceptance is taken back');
SELECT rui.accept_service(:one, :c1, 10, '[2025-02-01,2025-03-01)', 'Sheet 2', at => '2025-03-03') AS a2 \gset

-- The three-way match.
SELECT rui.record_vendor_invoice(:one, :c1, 'INV-1', '2025-02-05', 40, 500, 30, ARRAY[:a1], 'i1', '2025-02-06') AS i1 \gset
SELECT is(rui.record_vendor_invoice(:one, :c1, 'INV-1', '2025-02-05', 40, 500, 30, ARRAY[:a1], 'i1', '2025-02-06'), :i1::bigint, 'the same key, the same invoice');
SELECT row_eq(format('SELECT state, differences, gross::numeric, due_on, month FROM rui.vendor_invoice WHERE id = %s', :i1),
	ROW('recorded'::text, '{}'::text[], 530.00, '2025-02-15'::date, '2025-01-01'::date), 'all three agree');
SELECT throws_ok(format('SELECT rui.record_vendor_invoice(%s, %s, ''INV-9'', ''2025-02-05'', 40, 500, 30, ARRAY[%s], at => ''2025-02-06'')', :one, :c1, :a1), '55000', NULL, 'what is invoiced is not invoiced again');
SELECT throws_ok(format('SELECT rui.record_vendor_invoice(%s, %s, ''INV-1'', ''2025-03-05'', 10, 125, 7.5, ARRAY[%s], at => ''2025-03-06'')', :one, :c1, :a2), '23505', NULL, 'a number of a vendor counts once');
SELECT throws_ok(format('SELECT rui.record_vendor_invoice(%s, %s, ''INV-2'', ''2025-03-05'', 10, 125, 7.5, ARRAY[%s], at => ''2025-03-06'')', :one, :c1, :a3), '55000', NULL, 'another contract''s acceptance is none');
SELECT throws_ok(format('SELECT rui.withdraw_acceptance(%s, %s, ''x'', ''2025-03-06'')', :one, :a1), '55000', NULL, 'nor is it withdrawn');
SELECT rui.record_vendor_invoice(:one, :c1, 'INV-2', '2025-03-05', 11, 140, 9, ARRAY[:a2], at => '2025-03-06') AS i2,
	rui.record_vendor_invoice(:one, :c2, 'INV-1', '2025-02-05', 0.3333, 333.30, 43.33, ARRAY[:a3], at => '2025-02-06') AS i3 \gset
SELECT is((SELECT differences FROM rui.vendor_invoice WHERE id = :i2), '{quantity,price,amount,tax}'::text[], 'nothing agrees');
SELECT is((SELECT differences FROM rui.vendor_invoice WHERE id = :i3), '{}'::text[], 'of another vendor the number is another');
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, true, at => ''2025-02-07'')', :one, :i1), '42501', 'nobody decides on a vendor invoice of his own');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'vendor_invoice' AND subject_id = :i1), 'it waits in the inbox of who may approve');
SELECT is(pg_temp.balance(:one, '2202'), 0.00, 'a recorded invoice is no payable yet');
SELECT is(rui.decide_vendor_invoice(:one, :i1, true, NULL, 'd1', '2025-02-07'), 'approved', 'another one approves it');
SELECT is(rui.decide_vendor_invoice(:one, :i1, true, NULL, 'd1', '2025-02-07'), 'approved', 'again with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''vendor_invoice'', %s)', :i1), $$VALUES ('6401', '2202', 500.00, '2025-01-01'::date), ('2221', '2202', 30.00, '2025-01-01')$$,
	'the cost and the input tax, in the month of the service');
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, false, ''x'', at => ''2025-02-08'')', :one, :i1), '55000', NULL, 'what is decided is decided');
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, true, ''Fine'', at => ''2025-03-07'')', :one, :i2), '42501', NULL, 'an accountant approves no differences');
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, false, at => ''2025-03-07'')', :one, :i2), '22004', NULL, 'a refusal says why');
SELECT is(rui.decide_vendor_invoice(:one, :i2, false, 'Wrong price', at => '2025-03-07'), 'refused', 'he refuses them');
SELECT is((SELECT state FROM rui.vendor_acceptance WHERE id = :a2), 'accepted', 'and the service waits for another invoice');
SELECT rui.record_vendor_invoice(:one, :c1, 'INV-2', '2025-03-05', 10, 126, 7.56, ARRAY[:a2], at => '2025-03-08') AS i2 \gset
SELECT is((SELECT differences FROM rui.vendor_invoice WHERE id = :i2), '{price,amount}'::text[], 'the number of a refused one may come again');
SELECT is(rui.decide_vendor_invoice(:one, :i3, true, at => '2025-02-07'), 'approved', 'the lifts');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, true, at => ''2025-03-09'')', :one, :i2), '22004', NULL, 'differences are approved for a reason');
SELECT is(rui.decide_vendor_invoice(:one, :i2, true, 'Holiday rate', at => '2025-03-09'), 'approved', 'which a manager may give');
SELECT is(pg_temp.balance(:one, '2202'), -1040.19, 'payables are what the invoices say');
SELECT results_eq(format('SELECT vendor_id, not_due, days_1_30, days_31_60, days_over_90, total FROM rui.payables(%s, ''2025-03-10'')', :one),
	format('VALUES (%s::bigint, 133.56, 530.00, 0.00, 0.00, 663.56), (%s, 0.00, 376.63, 0.00, 0.00, 376.63)', :clean, :lift), 'by vendor and age');
SELECT is((SELECT sum(total) FROM rui.payables(:one, '2025-02-06')), NULL, 'before they were approved nothing was owed');

-- Payment: asked for by one, approved by another, never twice.
SELECT throws_ok(format('SELECT rui.request_vendor_payment(%s, ''2025-03-10'', ''1122'', at => ''2025-03-10'')', :one), '22023', NULL, 'nothing is paid from receivables');
SELECT rui.request_vendor_payment(:one, '2025-03-10', request_key => 'p', at => '2025-03-10') AS r1 \gset
SELECT is((SELECT total::numeric FROM rui.vendor_payment_run WHERE id = :r1), 906.63, 'what is due');
SELECT is(rui.request_vendor_payment(:one, '2025-03-10', at => '2025-03-10'), NULL::bigint, 'what waits is not asked for again');
SELECT throws_ok(format('SELECT rui.decide_vendor_payment(%s, %s, true, at => ''2025-03-11'')', :one, :r1), '42501', 'nobody decides on a payment run of his own');
SELECT rui.record_vendor_credit(:one, :i1, 'CN-1', '2025-03-10', 50, 3, at => '2025-03-10') AS n1 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'vendor_payment_run' AND subject_id = :r1), 'it waits in the inbox of who may approve');
SELECT is(rui.decide_vendor_invoice(:one, :n1, true, at => '2025-03-11'), 'approved', 'a credit note');
SELECT throws_ok(format('SELECT rui.decide_vendor_payment(%s, %s, true, at => ''2025-03-11'')', :one, :r1), '55000', NULL, 'less is open now: the run is not paid');
SELECT is(rui.decide_vendor_payment(:one, :r1, false, 'Credit came', at => '2025-03-11'), 'refused', 'it is refused');
SELECT rui.request_vendor_payment(:one, '2025-03-10', at => '2025-03-11') AS r2 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_vendor_payment(:one, :r2, true, NULL, 'd2', '2025-03-12'), 'paid', 'the next one is paid');
SELECT is(rui.decide_vendor_payment(:one, :r2, true, NULL, 'd2', '2025-03-12'), 'paid', 'once');
SELECT is(pg_temp.balance(:one, '1002'), -853.63, 'from the bank');
SELECT rui.record_vendor_credit(:one, :i1, 'CN-2', '2025-03-12', 100, 6, at => '2025-03-12') AS n2,
	rui.record_vendor_credit(:one, :i1, 'CN-3', '2025-03-12', 400, 0, at => '2025-03-12') AS n3 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT is(rui.decide_vendor_invoice(:one, :n2, true, at => '2025-03-13'), 'approved', 'a credit after payment');
SELECT throws_ok(format('SELECT rui.decide_vendor_invoice(%s, %s, true, at => ''2025-03-13'')', :one, :n3), '55000', NULL, 'no more is credited than was invoiced');
SELECT rui.request_vendor_payment(:one, '2025-04-30', at => '2025-03-14') AS r3 \gset
SELECT results_eq(format('SELECT amount::numeric FROM rui.vendor_payment WHERE run_id = %s ORDER BY invoice_id', :r3), 'VALUES (-106.00), (133.56)', 'is kept from what the vendor is paid next');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_vendor_payment(:one, :r3, true, at => '2025-03-15'), 'paid', 'which is paid');
SELECT is(pg_temp.balance(:one, '2202'), 0.00, 'and nothing is owed any more');

-- Who sees what.
SELECT pg_temp.act(:clean) \gset hidden_
SET LOCAL ROLE rui_partner;
SELECT results_eq('SELECT DISTINCT vendor_id FROM rui.vendor_invoice UNION SELECT vendor_id FROM rui.vendor_contract UNION SELECT vendor_id FROM rui.vendor_payment UNION SELECT vendor_id FROM rui.vendor_acceptance',
	format('VALUES (%s::bigint)', :clean), 'a partner sees what is his own');
RESET ROLE;
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
