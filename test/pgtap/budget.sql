-- Costs by hand, their limits and categories; budgets in versions, approved by
-- a second person, beside what the books hold.
BEGIN;
SELECT plan(62);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.posted(document text, id bigint) RETURNS TABLE (debit text, credit text, amount numeric, period date) LANGUAGE sql AS $$
	SELECT d.code, c.code, p.amount::numeric, p.period FROM rui.posting p
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE p.document = posted.document AND p.document_id = posted.id ORDER BY p.id $$;

-- Costs.
SELECT rui.record_cost(:one, '6401.02', 100, '2025-01-05', 'Brooms', party_id => :sun, tax => 6.5, request_key => 'k', at => '2025-01-06') AS c1 \gset
SELECT is(rui.record_cost(:one, '6401.02', 100, '2025-01-05', 'Brooms', party_id => :sun, tax => 6.5, request_key => 'k', at => '2025-01-06'), :c1::bigint, 'the same key, the same cost');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6401.02'', 101, ''2025-01-05'', ''Brooms'', request_key => ''k'', at => ''2025-01-06'')', :one), 'RU409', NULL, 'and no other');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''cost'', %s)', :c1), $$VALUES ('6401.02', '1002', 100.00, '2025-01-01'::date), ('2221', '1002', 6.50, '2025-01-01')$$, 'cost and input tax, from the bank');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6401.02'', 100, ''2025-01-07'', ''x'', at => ''2025-01-06'')', :one), '22023', NULL, 'no cost of tomorrow');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6401.02'', 100, ''2024-12-31'', ''x'', at => ''2025-01-06'')', :one), '22023', NULL, 'none before the books');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6001'', 100, ''2025-01-05'', ''x'', at => ''2025-01-06'')', :one), '22023', NULL, 'revenue is no cost');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''9'', 100, ''2025-01-05'', ''x'', at => ''2025-01-06'')', :one), 'P0002', NULL, 'the account exists');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 100, ''2025-01-05'', ''x'', ''1122'', at => ''2025-01-06'')', :one), '22023', NULL, 'nothing is paid from receivables');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 100, ''2025-01-05'', ''x'', ''6001'', at => ''2025-01-06'')', :one), '22023', NULL, 'nor from revenue');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', -1, ''2025-01-05'', ''x'', at => ''2025-01-06'')', :one), '22003', NULL, 'an amount is above zero');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 1, ''2025-01-05'', ''x'', tax => 0.001, at => ''2025-01-06'')', :one), '22023', NULL, 'tax has two decimals');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 1, ''2025-01-05'', ''x'', party_id => -1, at => ''2025-01-06'')', :one), 'P0002', NULL, 'who is paid is known');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 1, ''2025-01-05'', ''x'', document_id => -1, at => ''2025-01-06'')', :one), 'P0002', NULL, 'so is the document');
SELECT throws_ok(format('UPDATE rui.cost SET net = 1 WHERE id = %s', :c1), NULL, NULL, 'a cost is not edited');
SELECT rui.record_cost(:one, '6602', 20, '2025-01-08', 'Paper', '2241', at => '2025-01-08') AS c2 \gset
SELECT throws_ok(format('SELECT rui.request_reversal(%s, ''cost'', %s, ''x'', at => ''2025-01-01'')', :one, :c1), '22023', NULL, 'not before it was entered');
SELECT throws_ok(format('SELECT rui.request_reversal(%s, %s)', :one, r.rest), r.code, NULL, r.about)
FROM (VALUES ($$'cost', -1, 'x'$$, 'P0002', 'an unknown cost'), ($$'trust_movement', -1, 'x'$$, 'P0002', 'or movement'), ($$'charge', 1, 'x'$$, '22023', 'nothing else'),
	($$'cost', NULL, 'x'$$, '22004', 'no cost'), ($$'cost', 1, ''$$, '22023', 'no reason')) AS r(rest, code, about);
SELECT rui.request_reversal(:one, 'cost', :c2, 'Twice', 'r', '2025-02-03') AS back \gset
SELECT is(rui.request_reversal(:one, 'cost', :c2, 'Twice', 'r', '2025-02-03'), :back::bigint, 'a reversal is asked for, with the same answer');
SELECT throws_ok(format('SELECT rui.request_reversal(%s, ''cost'', %s, ''x'', at => ''2025-02-03'')', :one, :c2), '55000', NULL, 'once at a time');
SELECT throws_ok(format('SELECT rui.decide_reversal(%s, %s, true, at => ''2025-02-03'')', :one, :back), '42501', NULL, 'a loader approves none');
SELECT is((SELECT count(*) FROM rui.cost_reversal), 0::bigint, 'and nothing is taken back yet');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT results_eq($$SELECT subject_id, about FROM rui._inbox('2025-02-04') WHERE kind = 'approve' AND subject = 'reversal'$$,
	format('VALUES (%s::bigint, ''成本 20.00: Twice'')', :back), 'it waits in the inbox of who may decide');
SELECT rui.request_reversal(:one, 'cost', :c1, 'Mine', at => '2025-02-03') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_reversal(%s, %s, true, at => ''2025-02-03'')', :one, :own), '42501', 'nobody decides on a reversal of his own');
SELECT throws_ok(format('SELECT rui.withdraw_reversal(%s, %s, at => ''2025-02-03'')', :one, :back), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_reversal(:one, :own, at => '2025-02-03'), 'withdrawn', 'one''s own one does');
SELECT throws_ok(format('SELECT rui.decide_reversal(%s, %s, true, at => ''2025-02-02'')', :one, :back), '22023', NULL, 'not before it was asked for');
SELECT is(rui.decide_reversal(:one, :back, true, 'Agreed', 'd', '2025-02-03'), 'approved', 'another person takes it back');
SELECT is(rui.decide_reversal(:one, :back, true, 'Agreed', 'd', '2025-02-03'), 'approved', 'with the same answer');
SELECT throws_ok(format('SELECT rui.decide_reversal(%s, %s, false, at => ''2025-02-03'')', :one, :back), '55000', NULL, 'what is decided is decided');
SELECT throws_ok(format('SELECT rui.request_reversal(%s, ''cost'', %s, ''x'', at => ''2025-02-03'')', :one, :c2), '55000', NULL, 'and taken back once');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.posted(''cost'', %s)', :c2), $$VALUES ('6602', '2241', 20.00, '2025-01-01'::date), ('2241', '6602', 20.00, '2025-02-01')$$, 'in the month it is noticed');

-- Limits.
SELECT rui.set_cost_limit(:one, 500, from_on => '2025-01-01', at => '2025-01-02'), rui.set_cost_limit(:one, 50, 'energy', '2025-01-01', '2025-01-02'),
	rui.set_cost_limit(:one, 80, 'energy', '2025-02-01', '2025-01-02') \gset hidden_
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6401.06'', 60, ''2025-01-09'', ''x'', at => ''2025-01-09'')', :one), '42501', NULL, 'beyond the limit of its category');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 500.01, ''2025-01-09'', ''x'', at => ''2025-01-09'')', :one), '42501', NULL, 'beyond that of all');
SELECT lives_ok(format('SELECT rui.record_cost(%s, ''6401.06'', 60, ''2025-02-01'', ''x'', at => ''2025-02-02'')', :one), 'limits are dated');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT lives_ok(format('SELECT rui.record_cost(%s, ''6401.06'', 60, ''2025-01-09'', ''Power'', at => ''2025-01-09'')', :one), 'who may goes beyond it');
SELECT is(rui.set_cost_limit(:one, NULL, 'energy', '2025-03-01', '2025-02-02'), NULL, 'a limit ends');
SELECT results_eq(format('SELECT amount::numeric, valid FROM rui.cost_limit WHERE project_id = %s AND category = ''energy'' ORDER BY valid', :one),
	$$VALUES (50.00, '[2025-01-01,2025-02-01)'::daterange), (80.00, '[2025-02-01,2025-03-01)')$$, 'and they follow on one another');
SELECT throws_ok(format('SELECT rui.set_cost_limit(%s, 1, ''service'')', :one), '22023', NULL, 'revenue has no limit of costs');

-- Categories are what accounts say, a vendor's included.
SELECT rui.add_account(:one, '6401.77', 'Lifts', 'expense', '2025-01-02') \gset hidden_
SELECT is((SELECT category FROM rui.result_account WHERE project_id = :one AND code = '6401.77'), 'other_cost', 'an account nobody has put anywhere');
SELECT rui.set_account_category(:one, '6401.77', 'energy'), rui.set_account_category(:one, '6401.77', 'repair') \gset hidden_
SELECT is((SELECT category FROM rui.result_account WHERE project_id = :one AND code = '6401.77'), 'repair', 'is where the last one put it');
SELECT throws_ok(format('SELECT rui.set_account_category(%s, ''6001'', ''repair'')', :one), '22023', NULL, 'revenue is no repair');
SELECT throws_ok(format('SELECT rui.set_account_category(%s, ''1002'', ''repair'')', :one), '22023', NULL, 'nor is a bank');
SELECT throws_ok(format('SELECT rui.set_account_category(%s, ''6602'', ''nothing'')', :one), '22023', 'unknown category "nothing"');

-- Budgets.
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.propose_budget(:one, 2025, '[{"category":"cleaning","amount":1000},{"category":"service","month":"2025-01-01","amount":500}]', 'First', 'b', '2025-01-02') AS b1 \gset
SELECT is(rui.propose_budget(:one, 2025, '[{"category":"cleaning","amount":1000},{"category":"service","month":"2025-01-01","amount":500}]', 'First', 'b', '2025-01-02'), :b1::bigint, 'the same key, the same budget');
SELECT row_eq(format('SELECT count(*), sum(amount)::numeric, min(amount)::numeric, max(amount)::numeric FROM rui.budget_line WHERE budget_id = %s AND category = ''cleaning''', :b1), ROW(12::bigint, 1000.00, 83.33, 83.34), 'a year is spread over its months, to the cent');
SELECT throws_ok(format('SELECT rui.propose_budget(%s, 2025, %L, ''x'')', :one, b.lines), '22023', NULL, b.about)
FROM (VALUES ('{}', 'not an array'), ('[]', 'nothing'), ('[{"category":"cleaning"}]', 'no amount'), ('[{"category":"x","amount":1}]', 'no category'),
	('[{"category":"energy","amount":1,"month":"2024-01-01"}]', 'a month of another year'), ('[{"category":"energy","amount":1},{"category":"energy","amount":1,"month":"2025-01-01"}]', 'a month twice')) AS b(lines, about);
SELECT throws_ok(format('SELECT rui.decide_budget(%s, %s, true, at => ''2025-01-03'')', :one, :b1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(now()) WHERE subject = ''budget''', format('VALUES (%s::bigint, ''2025, 1'')', :b1), 'it waits in the inbox of who may approve');
SELECT rui.propose_budget(:one, 2025, '[{"category":"cleaning","amount":1}]', 'Own', at => '2025-01-02') AS b2 \gset
SELECT throws_ok(format('SELECT rui.decide_budget(%s, %s, true, at => ''2025-01-03'')', :one, :b2), '42501', 'nobody decides on a budget of his own');
SELECT is(rui.decide_budget(:one, :b1, true, at => '2025-01-03'), 'approved', 'another person approves');
SELECT results_eq(format('SELECT * FROM rui.budget_use(%s, ''2025-01-01'', ''2025-02-01'')', :one),
	$$VALUES ('revenue', 'service', 500.00, 0.00, -500.00, 0.000000), ('cost', 'cleaning', 166.68, 100.00, -66.68, 0.599952), ('cost', 'energy', 0.00, 120.00, 120.00, NULL), ('cost', 'administration', 0.00, 0.00, 0.00, NULL)$$,
	'budget and books side by side');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_budget(:one, 2025, '[{"category":"cleaning","amount":600}]', 'Second', at => '2025-02-02') AS b3 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_budget(:one, :b3, true, at => '2025-02-03') \gset hidden_
SELECT results_eq(format('SELECT version, state FROM rui.budget WHERE project_id = %s ORDER BY version', :one), $$VALUES (1, 'superseded'), (2, 'proposed'), (3, 'approved')$$, 'the next version takes its place');
SELECT is((SELECT budget FROM rui.budget_use(:one, '2025-01-01', '2025-12-01') WHERE category = 'cleaning'), 600.00, 'in all months');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
