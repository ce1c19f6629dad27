-- Reconciliation: each rule, what no rule is sure of, differences, undoing,
-- the ledger, the close of a month.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(79);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.import(project bigint, channel text, code text, records jsonb) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE r.outcome = 'added') FROM rui.import_statement(project, channel, code, records, 0,
		(SELECT coalesce(sum((e ->> 'amount')::numeric), 0) FROM jsonb_array_elements(records) e), at => '2025-02-01 00:00+00') r $$;
CREATE FUNCTION pg_temp.line(statement text, line integer) RETURNS bigint LANGUAGE sql AS $$
	SELECT l.id FROM rui.bank_line l JOIN rui.bank_statement s ON s.project_id = l.project_id AND s.id = l.statement_id WHERE s.code = statement AND l.line_no = line $$;
CREATE FUNCTION pg_temp.states(statement text) RETURNS TABLE (line_no integer, state text, rule text, difference numeric) LANGUAGE sql AS $$
	SELECT v.line_no, v.state, v.rule, v.difference FROM rui.bank_line_state v JOIN rui.bank_statement s ON s.project_id = v.project_id AND s.id = v.statement_id
	WHERE s.code = statement ORDER BY v.line_no $$;
CREATE FUNCTION pg_temp.posted(line bigint) RETURNS TABLE (debit text, credit text, amount numeric, taken_back boolean, period date) LANGUAGE sql AS $$
	SELECT d.code, c.code, p.amount::numeric, p.reverses IS NOT NULL, p.period FROM rui.reconciliation r
	JOIN rui.posting p ON p.project_id = r.project_id AND p.document = 'reconciliation' AND p.document_id = r.id
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE r.line_id = line ORDER BY p.id $$;
CREATE FUNCTION pg_temp.balance(project bigint, account text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = account $$;
CREATE FUNCTION pg_temp.pay(project bigint, unit bigint, payer bigint, amount numeric, channel text, reference text, at timestamptz DEFAULT '2025-01-10 04:00+00') RETURNS bigint
LANGUAGE sql AS $$ SELECT rui.record_payment(project, unit, payer, amount, channel, external_ref => reference, at => at) $$;

-- By the channel's number, then by amount, days and payer.
SELECT pg_temp.pay(:one, :u1, NULL, 100, 'wechat', 'W1') AS w1, pg_temp.pay(:one, :u2, NULL, 50, 'wechat', 'W2') AS w2, pg_temp.pay(:one, :u3, NULL, 30, 'wechat', 'W3') AS w3,
	pg_temp.pay(:one, :u1, :zhao, 70, 'wechat', NULL) AS n1, pg_temp.pay(:one, :u2, NULL, 71, 'wechat', NULL) AS n2, pg_temp.pay(:one, :u1, :zhao, 72, 'wechat', NULL) AS n3,
	pg_temp.pay(:one, :u1, :zhao, 72, 'wechat', NULL) AS n4, pg_temp.pay(:one, :u1, :qian, 73, 'wechat', NULL) AS n5, pg_temp.pay(:one, :u3, NULL, 9, 'wechat', 'W9') AS w9,
	pg_temp.pay(:one, :u1, NULL, 11, 'alipay', 'W2') AS a2 \gset
SELECT pg_temp.import(:one, 'wechat', 'C1', '[{"at":"2025-01-10","kind":"receipt","amount":100,"reference":"W1"},{"at":"2025-01-10","kind":"receipt","amount":49.99,"reference":"W2"},
	{"at":"2025-01-10","kind":"receipt","amount":31,"reference":"W3"},{"at":"2025-01-13","kind":"receipt","amount":70,"payer":"Zhao"},{"at":"2025-01-07","kind":"receipt","amount":71,"payer":"1-102","reference":"X"},
	{"at":"2025-01-10","kind":"receipt","amount":72,"payer":"zhao"},{"at":"2025-01-14","kind":"receipt","amount":73,"payer":"Qian"},{"at":"2025-01-10","kind":"receipt","amount":100,"reference":"W1"},
	{"at":"2025-01-10","kind":"receipt","amount":55,"payer":"Nobody","reference":"U1"},{"at":"2025-01-10","kind":"receipt","amount":30,"reference":"W3"},{"at":"2025-01-11","kind":"other","amount":-7,"note":"Annual fee"}]') \gset hidden_
SELECT throws_ok(format('SELECT rui.reconcile(%s, ''dove'', ''2025-02-01'')', :one), '22023', NULL, 'an unknown channel');
SELECT results_eq(format('SELECT * FROM rui.reconcile(%s, ''wechat'', ''2025-02-01'')', :one),
	$$VALUES ('reference', 'matched', 2::bigint, 130.00), ('reference_only', 'short', 1, 49.99), ('payer', 'matched', 2, 141.00)$$, 'what each rule finds');
SELECT results_eq('SELECT * FROM pg_temp.states(''C1'')', $$VALUES (1, 'matched', 'reference', 0.00), (2, 'short', 'reference_only', -0.01), (3, 'duplicate', NULL, NULL), (4, 'matched', 'payer', 0.00),
	(5, 'matched', 'payer', 0.00), (6, 'unmatched', NULL, NULL), (7, 'unmatched', NULL, NULL), (8, 'duplicate', NULL, NULL), (9, 'unmatched', NULL, NULL), (10, 'matched', 'reference', 0.00), (11, 'unmatched', NULL, NULL)$$,
	'every line has a state: by cents, exact before other amounts; never where two could be meant, nor four days apart');
SELECT is_empty(format('SELECT * FROM rui.reconcile(%s, at => ''2025-02-01'')', :one), 'a second time finds nothing');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'reconciliation.run'), 1::bigint, 'and tells nothing');
SELECT set_eq(format('SELECT channel, subject_id, amount FROM rui.unreconciled WHERE project_id = %s', :one), format('VALUES (''wechat'', %s::bigint, 72.00), (''wechat'', %s, 72.00), (''wechat'', %s, 73.00), (''wechat'', %s, 9.00), (''alipay'', %s, 11.00)', :n3, :n4, :n5, :w9, :a2),
	'payments that no line shows');
SELECT is_empty(format('SELECT FROM rui.posting WHERE document = ''reconciliation'''), 'nothing has moved');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''x'', ''2025-02-01'')', :one, :w1), '55000', format('payment %s is on a statement', :w1), 'what is on a statement has come');
-- By hand.
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[%s]::bigint[], ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 1), :n3), '55000', NULL, 'a line that is matched');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[%s]::bigint[], ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 6), :w1), '55000', format('payment %s cannot be what line %s shows', :w1, pg_temp.line('C1', 6)), 'a payment that is matched');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[%s]::bigint[], ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 6), :a2), '55000', NULL, 'a payment of another channel');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[0]::bigint[], ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 6)), 'P0002', NULL, 'an unknown payment');
SELECT throws_ok(format('SELECT rui.match_line(%s, 0, ARRAY[%s]::bigint[], ''x'', at => ''2025-02-01'')', :one, :n3), 'P0002', NULL, 'an unknown line');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ''{}'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 6)), '22023', NULL, 'no payment');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[%s]::bigint[], ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 11), :n3), '22023', NULL, 'a line that is no receipt');
SELECT throws_ok(format('SELECT rui.match_line(%s, %s, ARRAY[%s]::bigint[], '' '', at => ''2025-02-01'')', :one, pg_temp.line('C1', 6), :n3), '22023', NULL, 'no reason');
SELECT is(rui.match_line(:one, pg_temp.line('C1', 6), ARRAY[:n3]::bigint[], 'Receipt shown', 'm1', '2025-02-01'), 'matched', 'one of two alike');
SELECT is(rui.match_line(:one, pg_temp.line('C1', 6), ARRAY[:n3]::bigint[], 'Receipt shown', 'm1', '2025-02-01'), 'matched', 'the same command again');
SELECT is(rui.match_line(:one, pg_temp.line('C1', 7), ARRAY[:n4, :n5]::bigint[], 'Together', at => '2025-02-01'), 'short', 'two payments of 145 on a line of 73');
SELECT is(rui.unmatch_line(:one, pg_temp.line('C1', 7), 'Not so', at => '2025-02-01'), 'undone', 'was wrong');
SELECT throws_ok(format('SELECT rui.unmatch_line(%s, %s, ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 7)), '55000', NULL, 'taken back once');
SELECT throws_ok(format('SELECT rui.unmatch_line(%s, %s, ''x'', at => ''2025-01-01'')', :one, pg_temp.line('C1', 6)), '22023', NULL, 'not before it was matched');
SELECT is(rui.match_line(:one, pg_temp.line('C1', 7), ARRAY[:n5]::bigint[], 'Late', at => '2025-02-01'), 'matched', 'and is free again, as its payments are');
-- Money that nobody knew.
SELECT rui.take_line(:one, pg_temp.line('C1', 9), :u4, request_key => 't', at => '2025-02-01') AS taken \gset
SELECT is((SELECT amount::numeric FROM rui.payment WHERE id = :taken), 55.00, 'a receipt becomes a payment');
SELECT row_eq(format('SELECT channel, external_ref, unit_id FROM rui.payment WHERE id = rui.take_line(%s, %s, %s, request_key => ''t'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 9), :u4), ROW('wechat'::text, 'U1'::text, :u4::bigint), 'once, with its number');
SELECT throws_ok(format('SELECT rui.take_line(%s, %s, %s, at => ''2025-02-01'')', :one, pg_temp.line('C1', 9), :u4), '55000', NULL, 'not again');
SELECT throws_ok(format('SELECT rui.take_line(%s, %s, %s, at => ''2025-02-01'')', :one, pg_temp.line('C1', 8), :u4), '23505', NULL, 'a duplicate is no payment');
SELECT throws_ok(format('SELECT rui.take_line(%s, %s, %s, at => ''2025-02-01'')', :one, pg_temp.line('C1', 11), :u4), '22023', NULL, 'a fee is none');
-- Differences go to an account when somebody else agrees.
SELECT throws_ok(format('SELECT rui.request_difference(%s, %s, ''6602'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 1)), '55000', NULL, 'an even line has none');
SELECT throws_ok(format('SELECT rui.request_difference(%s, %s, ''6602'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 8)), '55000', NULL, 'nor has one that is not matched');
SELECT throws_ok(format('SELECT rui.request_difference(%s, %s, ''2203'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), '22023', NULL, 'control accounts take none');
SELECT throws_ok(format('SELECT rui.request_difference(%s, %s, ''1002'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), '22023', NULL, 'nor do the bank''s');
SELECT throws_ok(format('SELECT rui.request_difference(%s, %s, ''9999'', ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), 'P0002', NULL, 'nor unknown ones');
SELECT is(rui.request_difference(:one, pg_temp.line('C1', 2), '6711', 'A cent', at => '2025-02-01'), -0.01, 'a cent is missing');
SELECT is(rui.request_difference(:one, pg_temp.line('C1', 11), '6602', 'Annual fee', at => '2025-02-01'), -7.00, 'a line of no payment goes to an account whole');
SELECT is_empty('SELECT FROM rui.posting WHERE document = ''reconciliation''', 'nothing is posted yet');
SELECT throws_ok(format('SELECT rui.decide_difference(%s, %s, true, at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), '42501', NULL, 'a loader decides nothing');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)'), (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.request_difference(:one, pg_temp.line('C1', 2), '6711', 'A cent', at => '2025-02-01') \gset hidden_
SELECT results_eq('SELECT about FROM rui._inbox(now()) WHERE kind = ''approve'' AND subject = ''reconciliation''', $$VALUES ('-7.00: Annual fee')$$, 'what others ask about waits in the inbox');
SELECT throws_ok(format('SELECT rui.decide_difference(%s, %s, true, at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), '42501', 'nobody decides on a difference of his own', 'nobody decides for himself');
SELECT is(rui.decide_difference(:one, pg_temp.line('C1', 11), false, at => '2025-02-01'), 'short', 'a manager refuses one');
SELECT throws_ok(format('SELECT rui.decide_difference(%s, %s, true, at => ''2025-02-01'')', :one, pg_temp.line('C1', 11)), '55000', NULL, 'which has to be asked for anew');
SELECT pg_temp.act(:accountant) \gset hidden_
SAVEPOINT owner;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u2, '[2020-01-01,)', ARRAY[:accountant]::bigint[], '{1}');
SELECT throws_ok(format('SELECT rui.decide_difference(%s, %s, true, at => ''2025-02-01'')', :one, pg_temp.line('C1', 2)), '42501', 'nobody decides on a difference that concerns himself', 'nor whose home it was paid for');
ROLLBACK TO owner;
SELECT is(rui.decide_difference(:one, pg_temp.line('C1', 2), true, 'd', '2025-02-01'), 'matched', 'another one accepts the cent');
SELECT is(rui.decide_difference(:one, pg_temp.line('C1', 2), true, 'd', '2025-02-01'), 'matched', 'once');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', pg_temp.line('C1', 2)), $$VALUES ('6711', '1012', 0.01, false, '2025-01-01'::date)$$, 'posted in the month of the line');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');

-- A batch of the channel, and its payout at the bank.
SELECT pg_temp.pay(:one, :u1, NULL, 200, 'alipay', 'A1') AS a1, pg_temp.pay(:one, :u2, NULL, 300, 'alipay', 'A3') AS a3 \gset
SELECT rui.refund_payment(:one, :a3, 40, 'Too much', at => '2025-01-11') AS r3 \gset
SELECT pg_temp.import(:one, 'bank', 'B1', '[{"at":"2025-01-12","kind":"payout","amount":457.24,"from_channel":"alipay","batch":"S1"},{"at":"2025-01-12","kind":"payout","amount":10,"from_channel":"alipay","batch":"S2","settled_on":"2025-01-10","fee":1}]') \gset hidden_
SELECT pg_temp.import(:one, 'alipay', 'C2', '[{"at":"2025-01-10","kind":"receipt","amount":200,"reference":"A1","batch":"S1"},{"at":"2025-01-10","kind":"receipt","amount":300,"reference":"A3","batch":"S1"},
	{"at":"2025-01-11","kind":"refund","amount":-40,"reference":"A3","batch":"S1"},{"at":"2025-01-11","kind":"fee","amount":-2.76,"batch":"S1"},{"at":"2025-01-12","kind":"payout","amount":-457.24,"batch":"S1"}]') \gset hidden_
SAVEPOINT before_batch;
SELECT results_eq(format('SELECT * FROM rui.reconcile(%s, ''bank'', ''2025-02-01'')', :one), $$VALUES ('payout', 'short', 1::bigint, 10.00)$$, 'a batch whose lines are not known waits; one that the channel does not list is settled by its day');
ROLLBACK TO before_batch;
SELECT results_eq(format('SELECT * FROM rui.reconcile(%s, at => ''2025-02-01'')', :one),
	$$VALUES ('reference', 'matched', 2::bigint, 500.00), ('refund', 'matched', 1, -40.00), ('payout', 'matched', 2, 467.24)$$, 'channel and bank in one run: 200 + 300 - 40 - 2.76; and of the day 11 - 1');
SELECT results_eq('SELECT state FROM pg_temp.states(''C2'')', $$VALUES ('matched'), ('matched'), ('matched'), ('matched'), ('matched')$$, 'fee and payout of the channel end with the bank''s line');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', pg_temp.line('B1', 1)), $$VALUES ('1002', '1012', 457.24, false, '2025-01-01'::date), ('6602', '1012', 2.76, false, '2025-01-01')$$, 'the money is at the bank, the fee is a cost');
SELECT is(pg_temp.balance(:one, '1002'), 467.24, 'of both');
SELECT is_empty(format('SELECT * FROM rui.reconcile(%s, at => ''2025-02-01'')', :one), 'a second run finds nothing');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT throws_ok(format('SELECT rui.unmatch_line(%s, %s, ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C2', 1)), '55000', NULL, 'what is paid out is not undone before the payout');
SELECT throws_ok(format('SELECT rui.unmatch_line(%s, %s, ''x'', at => ''2025-02-01'')', :one, pg_temp.line('C2', 4)), '55000', NULL, 'nor the fee by itself');
SELECT is(rui.unmatch_line(:one, pg_temp.line('B1', 1), 'Wrong', at => '2025-02-01'), 'undone', 'the payout is');
SELECT results_eq(format('SELECT debit, credit, amount FROM pg_temp.posted(%s) WHERE taken_back', pg_temp.line('B1', 1)), $$VALUES ('1012', '1002', 457.24), ('1012', '6602', 2.76)$$, 'by reversals');
SELECT is(rui.match_line(:one, pg_temp.line('B1', 1), ARRAY[:a1]::bigint[], 'By hand', at => '2025-02-01'), 'over', 'by hand it is more than one payment');
SELECT is(rui.request_difference(:one, pg_temp.line('B1', 1), '2241', 'Not known', at => '2025-02-01'), 257.24, 'which is somebody''s');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_difference(:one, pg_temp.line('B1', 1), true, at => '2025-02-01') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT results_eq(format('SELECT debit, credit, amount FROM pg_temp.posted(%s) OFFSET 4', pg_temp.line('B1', 1)), $$VALUES ('1002', '1012', 457.24), ('1012', '2241', 257.24)$$, 'all came; what is too much is owed');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT is(rui.unmatch_line(:one, pg_temp.line('B1', 1), 'Wrong too', at => '2025-02-01'), 'undone', 'undone as well');
SELECT results_eq(format('SELECT * FROM rui.reconcile(%s, ''bank'', at => ''2025-02-01'')', :one), $$VALUES ('payout', 'matched', 1::bigint, 457.24)$$, 'found anew');
SELECT row_eq(format('SELECT pg_temp.balance(%1$s, ''1002''), pg_temp.balance(%1$s, ''6602''), pg_temp.balance(%1$s, ''2241'')', :one), ROW(467.24, 3.76, 0.00), 'as if nothing had been');
SELECT pg_temp.pay(:one, :u1, NULL, 21, 'card', 'K1', '2025-01-15 17:00+00') AS k1, pg_temp.pay(:one, :u1, NULL, 22, 'card', 'K2', '2025-01-16 15:00+00') AS k2, pg_temp.pay(:one, :u1, NULL, 23, 'card', 'K3', '2025-01-16 16:00+00') AS k3 \gset
SELECT pg_temp.import(:one, 'bank', 'B2', '[{"at":"2025-01-17","kind":"payout","amount":42.57,"from_channel":"card","settled_on":"2025-01-16","fee":0.43},{"at":"2025-01-17","kind":"payout","amount":5,"from_channel":"card","settled_on":"2025-01-20"}]') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.reconcile(%s, ''bank'', ''2025-02-01'')', :one), $$VALUES ('payout', 'matched', 1::bigint, 42.57)$$, 'a day of the project''s zone: 21 + 22 - 0.43; of a day without payments nothing');
SELECT set_eq(format('SELECT subject_id FROM rui.unreconciled WHERE channel = ''card'' AND project_id = %s', :one), format('VALUES (%s::bigint)', :k3), 'what was paid out is not open, though no line of the channel shows it');

-- Closing a month.
SELECT throws_ok(format('SELECT rui.set_reconciliation(%s, ''wechat'', -1)', :one), '22003', NULL, 'a tolerance below nothing');
SELECT throws_ok(format('SELECT rui.set_reconciliation(%s, ''wechat'', 0, 32)', :one), '22003', NULL, 'a window of more than a month');
SELECT throws_ok(format('SELECT rui.set_reconciliation(%s, ''wechat'', fee_account => ''1002'')', :one), '22023', NULL, 'fees are an expense');
SELECT is(rui.set_reconciliation(:one, 'wechat', 187.99), 'wechat', 'a channel that has to be reconciled');
SELECT row_eq(format('SELECT rui._unreconciled_obstacle(%s, id) FROM rui.accounting_period WHERE project_id = %1$s AND month = ''2025-01-01''', :one),
	ROW('Channel wechat has 219.00 unreconciled, more than 187.99.'::text), 'lines of 31, 100 and 7, payments of 72 and 9');
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-02-02'')', :one), '55000', NULL, 'the month stays open');
SELECT rui.unmatch_line(:one, pg_temp.line('C1', 11), 'Anew', at => '2025-02-01') \gset hidden_
SELECT rui.request_difference(:one, pg_temp.line('C1', 11), '6602', 'Annual fee', at => '2025-02-01') \gset hidden_
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT is(rui.decide_difference(:one, pg_temp.line('C1', 11), true, at => '2025-02-01'), 'matched', 'the fee is explained');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.reverse_payment(:one, :w9, 'Never came', '2025-02-01') \gset hidden_
SELECT is(rui.match_line(:one, pg_temp.line('C1', 3), ARRAY[:n4]::bigint[], 'With less', at => '2025-02-01'), 'short', 'a line with the wrong number');
SELECT rui.set_reconciliation(:one, 'wechat', 140.99) \gset hidden_
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-02-02'')', :one), '55000', NULL, 'a cent too much');
SELECT rui.set_reconciliation(:one, 'wechat', 141) \gset hidden_
SELECT is(rui.close_period(:one, '2025-01-01', '2025-02-02') > 0, true, 'within the tolerance it closes');
SELECT throws_ok('UPDATE rui.reconciliation_part SET amount = 1', '55000', NULL, 'parts are never changed');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.reconcile(%s)', :one), '42501', NULL, 'a resident reconciles nothing');
SELECT * FROM finish();
ROLLBACK;
