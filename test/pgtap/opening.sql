-- Opening arrears: debts of earlier books become charges, once.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(28);
\ir fixture/estate.sql
SELECT throws_ok(format('SELECT rui.import_opening_arrears(%s, ''[]'', true)', :one), '55000', NULL, 'a preview needs books');
SELECT throws_ok(format('SELECT rui.import_opening_arrears(%s, ''[]'')', :one), '55000', NULL, 'so does a run');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'parking', '停车费', 'occupant') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5"}', 'area', '2025-01-01') \gset hidden_
SELECT rui.set_late_rule(:one, 'property', 0.001, 0, 1, '2024-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:zhao, :qian], '{1,2}');
\set batch '[{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":250},{"unit":"1-101","fee_item":"property","from":"2024-12-01","to":"2025-01-01","amount":"249.99","due_on":"2024-12-10","reference":"A-1"},{"unit":"1-101","payer":"sun","fee_item":"property","from":"2024-12-01","to":"2025-01-01","amount":10},{"payer":"sun","fee_item":"parking","from":"2024-01-01","to":"2025-01-01","amount":1200}]'
PREPARE run AS SELECT row_no, code, accepted, outcome, error_code, problem FROM rui.import_opening_arrears($1, $2, $3, at => '2025-01-15', control_sum => $4);
PREPARE expected AS VALUES (1, '1-101', true, 'added', NULL::text, NULL::text), (2, '1-101', true, 'added', NULL, NULL), (3, '1-101', true, 'added', NULL, NULL),
	(4, 'sun', true, 'added', NULL, NULL), (NULL, 'total', true, 'total', NULL, '4 added: 1709.99, 0 unchanged: 0.00, 0 rejected: 0.00');
SELECT results_eq(format('EXECUTE run(%s, %L, true, 1709.99)', :one, :'batch'), 'EXECUTE expected', 'a preview reports, with a row of totals');
SELECT is_empty('SELECT FROM rui.charge', 'and changes nothing');
SELECT throws_ok(format('EXECUTE run(%s, %L, false, 1710)', :one, :'batch'), '22023', 'the amounts add up to 1709.99, not 1710', 'a control sum that differs');
SELECT results_eq(format('EXECUTE run(%s, %L, false, 1709.99)', :one, :'batch'), 'EXECUTE expected', 'the run reports what the preview did');
SELECT results_eq('SELECT c.unit_id, c.payer_id, c.source, lower(c.period), c.net::numeric, c.tax::numeric, c.gross::numeric, c.due_on FROM rui.charge c ORDER BY c.id',
	format($$VALUES (%1$s::bigint, %2$s::bigint, 'opening', '2024-11-01'::date, 250::numeric, 0::numeric, 250::numeric, '2024-11-30'::date),
	(%1$s, %2$s, 'opening', '2024-12-01', 249.99, 0, 249.99, '2024-12-10'), (%1$s, %3$s, 'opening', '2024-12-01', 10, 0, 10, '2024-12-31'),
	(NULL, %3$s, 'opening', '2024-01-01', 1200, 0, 1200, '2024-12-31')$$, :u1, :qian, :sun), 'charges: the main owner owes what names nobody');
SELECT results_eq('SELECT d.code, k.code, sum(p.amount), min(p.period) FROM rui.posting p JOIN rui.account d ON d.id = p.debit_account JOIN rui.account k ON k.id = p.credit_account GROUP BY 1, 2',
	$$VALUES ('1122', '4104', 1709.99, '2025-01-01'::date)$$, 'posted once: receivables against retained earnings, no revenue and no tax');
SELECT results_eq(format('EXECUTE run(%s, %L, false, 1709.99)', :one, :'batch'), $$VALUES (1, '1-101', true, 'unchanged', NULL::text, NULL::text), (2, '1-101', true, 'unchanged', NULL, NULL),
	(3, '1-101', true, 'unchanged', NULL, NULL), (4, 'sun', true, 'unchanged', NULL, NULL), (NULL, 'total', true, 'total', NULL, '0 added: 0.00, 4 unchanged: 1709.99, 0 rejected: 0.00')$$, 'sent again, all is there');
SELECT results_eq(format('SELECT r.id FROM rui.import_opening_arrears(%s, %L, true, at => ''2025-01-15'') r WHERE r.id IS NOT NULL ORDER BY r.row_no', :one, :'batch'),
	'SELECT c.id FROM rui.charge c ORDER BY c.id', 'the ids are the charges''');
-- A new owner does not make the same debt another one.
UPDATE rui.ownership SET owner_ids = ARRAY[:sun]::bigint[], share_parts = '{1}' WHERE unit_id = :u1;
SELECT is(count(*), 4::bigint, 'whoever owns the unit now') FROM rui.import_opening_arrears(:one, :'batch', at => '2025-01-16') r WHERE r.outcome = 'unchanged';
SELECT is((SELECT count(*)::int || '/' || (SELECT count(*) FROM rui.posting) || '/' || (SELECT count(*) FROM rui.event WHERE kind = 'project.import') FROM rui.charge), '4/4/1', 'nothing was added, posted or told again');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');

-- The charges live as others do.
SELECT is((SELECT r.total FROM rui.arrears(:one, '2025-01-15') r WHERE r.unit_id = :u1), 509.99, 'they are arrears');
SELECT is((SELECT count(*) FROM rui.late_fees(:one, '2025-02-01') f), 3::bigint, 'late fees accrue where a rule holds on the due date');
SELECT rui.record_payment(:one, :u1, :qian, 300, 'cash', at => '2025-01-17') \gset hidden_
SELECT results_eq('SELECT o.open_amount FROM rui.charge_open o ORDER BY o.charge_id', 'VALUES (0.00), (199.99), (10.00), (1200.00)', 'a payment pays the oldest first');
SELECT min(id) AS first_charge, max(id) AS last_charge FROM rui.charge \gset
SELECT rui.reverse_charge(:one, :last_charge, 'Paid before', at => '2025-01-18') \gset hidden_
SELECT is((SELECT sum(CASE WHEN a.code = '4104' THEN p.amount ELSE -p.amount END) FROM rui.posting p JOIN rui.account a ON a.id = p.credit_account WHERE '4104' IN (a.code, (SELECT d.code FROM rui.account d WHERE d.id = p.debit_account))), 509.99,
	'taken back, it leaves retained earnings');
SELECT is(count(*), 4::bigint, 'and does not come again') FROM rui.import_opening_arrears(:one, :'batch', at => '2025-01-19') r WHERE r.outcome = 'unchanged';
SELECT is((SELECT sum(b.charges) FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-20') b), 4::numeric, 'a billing run goes its own way');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');

-- What is wrong.
SELECT results_eq(format('EXECUTE run(%s, %L, false, NULL)', :one, $$[
	{"fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":1},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","amount":1},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":0},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":1.005},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":"many"},
	{"unit":"1-101","fee_item":"water","from":"2024-11-01","to":"2024-12-01","amount":1},
	{"unit":"9-9","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":1},
	{"payer":"nobody","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":1},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":251},
	{"unit":"1-101","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":250,"due_on":"2024-12-31"},
	{"unit":"1-102","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":7},
	{"unit":"1-102","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":7},
	{"unit":"1-102","fee_item":"property","from":"2025-02-01","to":"2025-03-01","amount":7},
	{"unit":"1-102","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":7,"due_on":"soon"},
	{"unit":"1-102","fee_item":"property","from":"2024-11-01","to":"2024-12-01","amount":7,"due":"2024-12-01"}]$$),
	$$VALUES (1, NULL::text, false, 'rejected', '22004', 'unit and payer are missing'), (2, '1-101', false, 'rejected', '22004', 'to is missing'),
	(3, '1-101', false, 'rejected', '22003', 'amount 0 is out of range'), (4, '1-101', false, 'rejected', '22023', 'amount 1.005 has more than 2 decimals'),
	(5, '1-101', false, 'rejected', '22023', 'amount "many" is not a number'), (6, '1-101', false, 'rejected', 'P0002', 'fee item "water" does not exist in the project'),
	(7, '9-9', false, 'rejected', 'P0002', 'unit "9-9" does not exist in the project'), (8, 'nobody', false, 'rejected', 'P0002', 'party "nobody" does not exist'),
	(9, '1-101', false, 'rejected', '23505', 'the debt is already there with 250.00, due on 2024-11-30'), (10, '1-101', false, 'rejected', '23505', 'the debt is in the batch twice'),
	(11, '1-102', true, 'added', NULL, NULL), (12, '1-102', false, 'rejected', '23505', 'the debt is in the batch twice'),
	(13, '1-102', false, 'rejected', '22023', 'from 2025-02-01 has not come yet'), (14, '1-102', false, 'rejected', '22007', 'due_on "soon" is not a date'),
	(15, '1-102', false, 'rejected', '22023', 'unknown key "due"'), (NULL, 'total', false, 'total', NULL, '1 added: 7.00, 0 unchanged: 0.00, 14 rejected: 535.01')$$, 'each bad row is reported');
SELECT is((SELECT c.payer_id FROM rui.charge c WHERE c.unit_id = :u2 AND c.source = 'opening'), NULL, 'nobody is known to owe it');
SELECT results_eq(format('SELECT outcome FROM rui.import_opening_arrears(%s, %L, false, ''k'', ''2025-01-20'')', :one, '[{"unit":"1-103","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":1}]'), $$VALUES ('added'), ('total')$$, 'a request key is taken');
SELECT results_eq(format('SELECT outcome FROM rui.import_opening_arrears(%s, %L, false, ''k'', ''2025-01-20'')', :one, '[{"unit":"1-103","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":1}]'), $$VALUES ('added'), ('total')$$, 'and answers as before');
SELECT is_empty(format('SELECT FROM rui.import_opening_arrears(%s, ''[]'', at => ''2025-01-20'') r WHERE r.problem <> ''0 added: 0.00, 0 unchanged: 0.00, 0 rejected: 0.00''', :one), 'an empty batch is no error');
SELECT throws_ok(format('SELECT rui.import_opening_arrears(%s, ''{}'')', :one), '22023', 'records is not a JSON array');
SELECT rui.close_period(:one, '2025-01-01', '2025-02-02') \gset hidden_
SELECT throws_ok(format('EXECUTE run(%s, %L, false, NULL)', :one, '[{"unit":"1-103","fee_item":"property","from":"2024-03-01","to":"2024-04-01","amount":1}]'), '55000', 'accounting month 2025-01 is closed', 'nothing is posted in a closed month');
SET LOCAL rui.party_id = :'zhao';
SELECT throws_ok(format('EXECUTE run(%s, ''[]'', false, NULL)', :one), '42501', NULL, 'a resident may not');
SELECT * FROM finish();
ROLLBACK;
