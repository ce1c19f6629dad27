-- The ledger: balanced by construction, append-only, closed months stay.
BEGIN;
SELECT plan(58);
\ir fixture/estate.sql

SELECT is(rui.open_books(:one, '2025-01-01'), '2025-01-01'::date, 'books begin in the month asked');
SELECT is(rui.open_books(:one, '2024-01-01'), '2025-01-01'::date, 'and only once');
SELECT is(count(*), (SELECT count(*) FROM rui.account_template), 'the chart is the template')
FROM rui.account WHERE project_id = :one;
SELECT is(rui.open_books(:two, at => '2025-03-31 16:00+00'), '2025-04-01'::date,
	'without a month: that of the instant in the project''s zone');

-- A posting by hand.
SELECT rui.post_entry(:one, '1002', '4103', 1000, 'Opening', at => '2025-01-05 04:00+00') AS e1 \gset
SELECT rui.post_entry(:one, '6602', '1002', 300.10, 'Paper', at => '2025-01-06 04:00+00') AS e2 \gset
SELECT results_eq(format('SELECT code, debit, credit, balance FROM rui.trial_balance(%s, ''2025-01-31'') WHERE debit + credit <> 0', :one),
	$$VALUES ('1002', 1000.00, 300.10, 699.90), ('4103', 0.00, 1000.00, -1000.00), ('6602', 300.10, 0.00, 300.10)$$,
	'the trial balance by hand');
SELECT is(sum(debit), sum(credit), 'debits are credits') FROM rui.trial_balance(:one, '2025-01-31');
SELECT is(sum(debit), 1000.00, 'at an instant between the two, only the first counts')
FROM rui.trial_balance(:one, '2025-01-05 04:00+00');
SELECT is(sum(debit), 0.00, 'and before it nothing') FROM rui.trial_balance(:one, '2025-01-05 03:59:59.999999+00');
SELECT is((SELECT sum(CASE WHEN is_debit THEN amount ELSE -amount END) FROM rui.ledger_side WHERE project_id = :one), 0.00,
	'single sides sum to zero');
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE project_id = :one), '{2025-01-01}'::date[],
	'the accounting month is that of the instant');
SELECT rui.post_entry(:one, '6602', '1002', 1, 'Late on the 31st', at => '2025-01-31 16:30+00') AS e3 \gset
SELECT is((SELECT period FROM rui.posting WHERE project_id = :one AND document_id = :e3), '2025-02-01'::date,
	'in the project''s zone');
SELECT rui.post_entry(:one, '6602', '2221', 7, 'Invoice of January', month => '2025-01-01', at => '2025-02-10 00:00+00') AS e4 \gset
SELECT is((SELECT period FROM rui.posting WHERE project_id = :one AND document_id = :e4), '2025-01-01'::date,
	'or an earlier open month, when asked');

-- Reversal.
SELECT is(rui.reverse_entry(:one, :e2, 'Wrong account', '2025-01-20'), 1::bigint, 'an entry is taken back by one posting');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-01-21') WHERE code = '6602'), 0.00, 'its effect is gone');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-01-19') WHERE code = '6602'), 300.10, 'but not before');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, %s, ''Again'', ''2025-01-21'')', :one, :e2), '55000',
	format('ledger entry %s is reversed already', :e2), 'once only');
SELECT throws_ok(format($$INSERT INTO rui.posting_reversal SELECT project_id, posting_id, -1, 'x' FROM rui.posting_reversal WHERE project_id = %s$$, :one),
	'23505', NULL, 'the key holds it too');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, %s, ''Before it was'', ''2025-01-01'')', :one, :e1), '22023', NULL,
	'not before it was posted');

-- Append-only, whoever asks.
SELECT throws_ok('UPDATE rui.posting SET amount = 1', '55000', 'rows of rui.posting are never changed or removed', 'no UPDATE');
SELECT throws_ok('DELETE FROM rui.posting', '55000', NULL, 'no DELETE');
SELECT throws_ok('TRUNCATE rui.posting', '55000', NULL, 'no TRUNCATE');
SELECT throws_ok('DELETE FROM rui.posting_reversal', '55000', NULL, 'nor of the reversals');

-- Rows that would not balance, or stand nowhere, do not exist.
PREPARE raw AS INSERT INTO rui.posting (project_id, at, period, debit_account, credit_account, amount, document, document_id)
	VALUES ($1, $2, $3, $4, $5, $6, 'entry', 1);
SELECT rui._account(:one, '1002') AS bank, rui._account(:one, '4103') AS result, rui._account(:two, '4103') AS other \gset
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-01-01'', %s, %s, 1)', :one, :bank, :bank), '23514', NULL, 'two different accounts');
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-01-01'', %s, %s, 0)', :one, :bank, :result), '23514', NULL, 'more than zero');
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-01-01'', %s, %s, ''NaN'')', :one, :bank, :result), '23514', NULL, 'a number');
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-01-01'', %s, %s, 1)', :one, :bank, :other), '23503', NULL, 'accounts of the project');
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-01-02'', %s, %s, 1)', :one, :bank, :result), '23514', NULL, 'a month is its first day');
SELECT throws_ok(format('EXECUTE raw(%s, ''2025-01-10'', ''2025-02-01'', %s, %s, 1)', :one, :bank, :result), '22023', NULL, 'no month ahead of the time');
SELECT throws_ok(format('EXECUTE raw(%s, ''2024-12-10'', ''2024-12-01'', %s, %s, 1)', :one, :bank, :result), '55000', NULL, 'no month before the books');

-- Closing.
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-01-31 15:59:59+00'')', :one), '22023', NULL, 'a month closes when it is over');
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-02-01'', ''2025-03-05'')', :one), '55000',
	'accounting_period: action "close" is not possible now', 'months close in order');
SELECT rui.post_entry(:one, '1999', '2221', 5, 'First leg', at => '2025-01-22') AS e5 \gset
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-02-05'')', :one), '55000', NULL, 'not with something in clearing');
SELECT rui.post_entry(:one, '6602', '1999', 5, 'Second leg', at => '2025-01-22') AS e6 \gset
CREATE TEMP TABLE january AS SELECT * FROM rui.trial_balance(:one, '2025-01-31 15:59:59+00');
SELECT lives_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-02-15'')', :one), 'January closes');
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-02-15'')', :one), '55000', NULL, 'once');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''Late'', at => ''2025-01-31'')', :one), '55000',
	'accounting month 2025-01 is closed', 'nothing is posted in a closed month');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''Late'', ''2025-01-01'', at => ''2025-02-15'')', :one), '55000', NULL,
	'also not later in its name');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, %s, ''No'', ''2025-01-31'')', :one, :e1), '55000', NULL, 'nor reversed in it');
SELECT is(rui.reverse_entry(:one, :e1, 'Next month', '2025-02-16'), 1::bigint, 'a correction goes to an open month');
SELECT results_eq(format('SELECT * FROM rui.trial_balance(%s, ''2025-01-31 15:59:59+00'')', :one), 'SELECT * FROM january',
	'the closed month''s balances stay as they were');
SELECT is(rui._posting_month(:one, '2025-01-01', '2025-03-10'), '2025-02-01'::date, 'what belongs to a closed month posts in the first open one');
SELECT is(rui._posting_month(:one, '2025-04-01', '2025-03-10'), '2025-03-01'::date, 'and never ahead of its time');
SELECT lives_ok(format('SELECT rui.reopen_period(%s, ''2025-01-01'', ''Auditor asked'', ''2025-02-17'')', :one), 'the last closed month reopens');
SELECT ok(EXISTS (SELECT FROM rui.event WHERE project_id = :one AND kind = 'accounting_period.reopen' AND payload ->> 'reason' = 'Auditor asked'),
	'with its reason on record');
SELECT throws_ok(format('SELECT rui.reopen_period(%s, ''2025-01-01'', ''x'', ''2025-02-17'')', :one), '55000', NULL, 'not when it is open');

-- The same command twice.
SELECT is(rui.post_entry(:one, '6602', '1002', 2, 'Key', request_key => 'k1', at => '2025-02-18'),
	rui.post_entry(:one, '6602', '1002', 2, 'Key', request_key => 'k1', at => '2025-02-18'), 'a repeated command answers as the first time');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id IN (%s, %s)', :one, :two), 'no invariant is broken');
-- Accounts that come later: books that are open get them.
INSERT INTO rui.account_template (code, kind, is_control) VALUES ('2299', 'liability', true), ('2298', 'liability', false);
SELECT rui._name('account', '2299', '新科目', 'New account') \gset hidden_
SELECT is(rui.open_books(:one) IS NOT NULL, true, 'books that are open are opened again');
SELECT row_eq(format('SELECT name, kind, is_control FROM rui.account WHERE project_id = %s AND code = ''2299''', :one), ROW('新科目'::text, 'liability'::text, true), 'and have the new account');
SELECT is(rui._complete_charts(:one), 0::bigint, 'once');
UPDATE rui.account SET is_control = false WHERE project_id = :one AND code = '2299';
SELECT is(rui._complete_charts(NULL) >= 0, true, 'one that is not used becomes the platform''s');
SELECT is((SELECT is_control FROM rui.account WHERE project_id = :one AND code = '2299'), true, 'to which nobody posts by hand');
-- Books of all projects that were opened by an older template, with a month closed since: an upgrade brings them up to it.
SELECT rui.close_period(:two, '2025-04-01', '2025-05-05') \gset hidden_
SELECT md5(string_agg(t::text, ',' ORDER BY t.code)) AS before FROM rui.trial_balance(:one) t WHERE t.code NOT IN ('2205', '2299', '4104') \gset
DELETE FROM rui.closing_balance c USING rui.account a WHERE a.id = c.account_id AND a.code IN ('2205', '4104');
DELETE FROM rui.account WHERE code IN ('2205', '4104', '2299');
CALL rui.upgrade_platform();
SELECT is_empty($$SELECT b.project_id, t.code FROM rui.books b CROSS JOIN rui.account_template t WHERE NOT EXISTS (
	SELECT FROM rui.account a WHERE a.project_id = b.project_id AND (a.code, a.kind, a.is_control) = (t.code, t.kind, t.is_control))$$, 'an upgrade gives all open books what the template has');
SELECT is((SELECT name FROM rui.account WHERE project_id = :two AND code = '2205'), rui.label('account', '2205', 'zh'), 'by its name');
SELECT is((SELECT md5(string_agg(t::text, ',' ORDER BY t.code)) FROM rui.trial_balance(:one) t WHERE t.code NOT IN ('2205', '2299', '4104')), :'before', 'and leaves the others as they were');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id IN (%s, %s)', :one, :two), 'also where a month is closed');
SELECT lives_ok(format('SELECT rui.post_entry(%s, ''6602'', ''4104'', 2, ''x'', at => ''2025-05-06'')', :two), 'and what came is posted to');
CALL rui.upgrade_platform();
SELECT is(count(*), (SELECT count(*) FROM rui.account_template), 'once') FROM rui.account a WHERE a.project_id = :two;
UPDATE rui.account_template SET kind = 'asset' WHERE code = '2298';
SELECT throws_ok(format('SELECT rui._complete_charts(%s)', :one), '55000', format('account "2298" of project %s is used for something else', :one), 'a code that is taken is told');
SELECT * FROM finish();
ROLLBACK;
