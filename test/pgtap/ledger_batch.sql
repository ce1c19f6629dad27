-- Many postings in one call, and balances that come from closed months.
BEGIN;
SELECT plan(38);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.entry(debit text, credit text, amount numeric, memo text DEFAULT 'x', month date DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('debit', debit, 'credit', credit, 'amount', amount, 'memo', memo, 'month', month)) $$;

-- A batch is what single calls would be.
SELECT rui.post_entries(:one, jsonb_build_array(pg_temp.entry('1002', '4103', 1000, 'Opening'), pg_temp.entry('6602', '1002', 300.10, 'Paper'),
	pg_temp.entry('6602', '2221', 7, 'Invoice')), 'k1', '2025-01-05 04:00+00') AS made \gset
SELECT results_eq(format('SELECT e.memo, d.code, c.code, p.amount::numeric, p.period, p.at FROM rui.ledger_entry e JOIN rui.posting p ON p.project_id = e.project_id AND p.document = ''entry'' AND p.document_id = e.id
	JOIN rui.account d ON d.id = p.debit_account JOIN rui.account c ON c.id = p.credit_account WHERE e.project_id = %s ORDER BY e.id', :one),
	$$VALUES ('Opening', '1002', '4103', 1000.00, '2025-01-01'::date, '2025-01-05 04:00+00'::timestamptz), ('Paper', '6602', '1002', 300.10, '2025-01-01', '2025-01-05 04:00+00'),
		('Invoice', '6602', '2221', 7.00, '2025-01-01', '2025-01-05 04:00+00')$$, 'each entry has its document and its posting');
SELECT is(:'made'::bigint[], (SELECT array_agg(id ORDER BY id) FROM rui.ledger_entry WHERE project_id = :one), 'the ids come in the order of the list');
SELECT is(rui.post_entries(:one, jsonb_build_array(pg_temp.entry('1002', '4103', 1000, 'Opening'), pg_temp.entry('6602', '1002', 300.10, 'Paper'),
	pg_temp.entry('6602', '2221', 7, 'Invoice')), 'k1', '2025-01-05 04:00+00'), :'made'::bigint[], 'a repeated batch answers as the first time');
SELECT is(count(*), 3::bigint, 'and posts nothing') FROM rui.posting WHERE project_id = :one;
SELECT throws_ok(format('SELECT rui.post_entries(%s, ''[{"debit":"1002","credit":"4103","amount":1,"memo":"y"}]'', ''k1'', ''2025-01-05'')', :one), 'RU409', NULL, 'another batch under the key');
SELECT is((SELECT payload FROM rui.event WHERE project_id = :one AND kind = 'entry.batch'),
	jsonb_build_object('entries', 3, 'last_id', (:'made'::bigint[])[3], 'amount', 1307.10), 'one event says it');
SELECT is(cardinality(rui.post_entries(:one, (SELECT jsonb_agg(pg_temp.entry('6602', '1002', n / 100.0, 'n' || n)) FROM generate_series(1, 10000) n), at => '2025-02-05')),
	10000, 'ten thousand at once');
SELECT is(rui.account_balance(:one, '6602', '2025-02-05') - 307.10, 500050.00, 'every one of them');
SELECT is(rui.reverse_entry(:one, (:'made'::bigint[])[3], 'Wrong', '2025-01-06'), 1::bigint, 'each is taken back by itself');
SELECT rui.post_entries(:one, jsonb_build_array(pg_temp.entry('6602', '2221', 5, 'Of January', '2025-01-01')), at => '2025-02-06') AS late \gset
SELECT is((SELECT period FROM rui.posting WHERE project_id = :one AND document_id = (:'late'::bigint[])[1]), '2025-01-01'::date, 'with a month of its own');

-- What is refused, with its place; nothing is half done.
SELECT count(*) AS before FROM rui.posting WHERE project_id = :one \gset
PREPARE batch AS SELECT rui.post_entries($1, $2, at => '2025-02-07');
CREATE FUNCTION pg_temp.refused(project bigint, bad jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE place text;
BEGIN
	PERFORM rui.post_entries(project, jsonb_build_array(pg_temp.entry('1002', '4103', 1), bad), at => '2025-02-07');
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS place = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', SQLSTATE, substring(place FROM 'Entry \d+'));
END $$;
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '1002', 1)), '22023 Entry 2', 'the same account twice');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', NULL, 1)), '22004 Entry 2', 'no credit');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '4103', 0)), '22003 Entry 2', 'zero');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '4103', 1.005)), '22023 Entry 2', 'half a cent');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '4103', 1e16)), '22003 Entry 2', 'too much');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '4103', 1, '  ')), '22023 Entry 2', 'a blank memo');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '4103', 1, month => '2025-01-02')), '22023 Entry 2', 'a month that is no first day');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1002', '9999', 1)), 'P0002 Entry 2', 'an unknown account');
SELECT is(pg_temp.refused(:one, pg_temp.entry('1122', '6001', 1)), '22023 Entry 2', 'a control account');
SELECT is(pg_temp.refused(:one, '{"debit":"1002","credit":"4103","amount":1,"memo":"x","Month":"2025-01-01"}'), '22023 Entry 2', 'an unknown key');
SELECT is(pg_temp.refused(:one, '{"debit":"1002","credit":"4103","amount":"one","memo":"x"}'), '22P02', 'no number');
SELECT is(pg_temp.refused(:one, '7'), '22023', 'no object');
SELECT throws_ok(format('EXECUTE batch(%s, ''[]'')', :one), '22023', NULL, 'an empty list');
SELECT throws_ok(format('EXECUTE batch(%s, ''{}'')', :one), '22023', NULL, 'no list');
SELECT throws_ok(format('EXECUTE batch(%s, NULL)', :one), '22004', 'entries must not be null');
SELECT throws_ok(format('EXECUTE batch(%s, ''[{"debit":"1002","credit":"4103","amount":1,"memo":"x"}]'')', :two), '55000', format('project %s has no books', :two));
SELECT is((SELECT count(*) FROM rui.posting WHERE project_id = :one), :before::bigint, 'nothing was posted');

-- Balances: the same whether months are closed or not.
CREATE TEMP TABLE asked AS SELECT t AS at FROM unnest('{2025-01-04,2025-01-05 04:00+00,2025-01-31 15:59:59.999999+00,2025-01-31 16:00+00,2025-02-05,2025-02-28 16:00+00,2025-03-31 16:00+00}'::timestamptz[]) t;
SELECT rui.post_entry(:one, '1001', '1002', 50, 'First instant of February', at => '2025-01-31 16:00+00') \gset hidden_
SELECT rui.post_entry(:one, '1001', '1002', 60, 'First instant of March', at => '2025-02-28 16:00+00') \gset hidden_
CREATE TEMP TABLE open_books AS SELECT a.at AS asked_at, b.* FROM asked a CROSS JOIN LATERAL rui.trial_balance(:one, a.at) b;
SELECT is((SELECT balance FROM open_books WHERE asked_at = '2025-01-31 16:00+00' AND code = '1001'), 50.00, 'up to and including the instant');
SELECT rui.close_period(:one, '2025-01-01', '2025-03-05') \gset hidden_
SELECT results_eq(format('SELECT a.at, b.* FROM asked a CROSS JOIN LATERAL rui.trial_balance(%s, a.at) b ORDER BY 1, 3', :one),
	'SELECT * FROM open_books ORDER BY 1, 3', 'one month closed: the same balances');
SELECT rui.close_period(:one, '2025-02-01', '2025-03-05') \gset hidden_
SELECT results_eq(format('SELECT a.at, b.* FROM asked a CROSS JOIN LATERAL rui.trial_balance(%s, a.at) b ORDER BY 1, 3', :one),
	'SELECT * FROM open_books ORDER BY 1, 3', 'two months closed: the same balances');
SELECT results_eq(format('SELECT a.at, b.code, rui.account_balance(%s, b.code, a.at) FROM asked a JOIN open_books b ON b.asked_at = a.at ORDER BY 1, 2', :one),
	'SELECT asked_at, code, balance FROM open_books ORDER BY 1, 2', 'account by account too');
SELECT results_eq(format('SELECT c.month, c.debit, c.credit, c.dated_debit, c.dated_credit FROM rui.closing_balance c JOIN rui.account a ON a.id = c.account_id WHERE c.project_id = %s AND a.code = ''2221'' ORDER BY 1', :one),
	$$VALUES ('2025-01-01'::date, 7.00, 12.00, 7.00, 7.00), ('2025-02-01', 7.00, 12.00, 7.00, 12.00)$$,
	'what is dated in February and counts in January is in January''s balance, and dated in February''s');
SELECT results_eq(format('SELECT counter_code, debit, credit, balance FROM rui.account_statement(%s, ''1001'', ''2025-02-01 00:00+08'', ''2025-04-01'')', :one),
	$$VALUES ('1002', 50.00, NULL::numeric, 50.00), ('1002', 60.00, NULL, 110.00)$$, 'a statement runs on from what was before');
SELECT results_eq(format('SELECT debit, credit, balance FROM rui.account_statement(%s, ''1001'', ''2025-02-28 16:00+00'', ''2025-04-01'')', :one),
	'VALUES (60.00, NULL::numeric, 110.00)', 'from an instant on');
SELECT throws_ok(format('SELECT rui.account_balance(%s, ''9999'')', :one), 'P0002', NULL, 'an unknown account has no balance');
SELECT throws_ok(format('SELECT * FROM rui.account_statement(%s, ''1001'', ''2025-04-01'', ''2025-03-01'')', :one), '22023', NULL, 'a statement back in time');
SELECT rui.reopen_period(:one, '2025-02-01', 'Auditor', '2025-03-06') \gset hidden_
SELECT is((SELECT max(month) FROM rui.closing_balance WHERE project_id = :one), '2025-01-01'::date, 'a month opened again has no closing balances');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'no invariant is broken');
SELECT * FROM finish();
ROLLBACK;
