-- Payouts that name the day they settle: all days are looked up at once, after
-- the batches that the channel lists.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SET LOCAL track_functions = 'all';
SELECT plan(6);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.import(project bigint, channel text, code text, records jsonb) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE r.outcome = 'added') FROM rui.import_statement(project, channel, code, records, 0,
		(SELECT coalesce(sum((e ->> 'amount')::numeric), 0) FROM jsonb_array_elements(records) e), at => '2025-04-01 00:00+00') r $$;
CREATE FUNCTION pg_temp.calls() RETURNS bigint LANGUAGE sql AS $$
	SELECT coalesce(sum(f.calls), 0)::bigint FROM pg_stat_xact_user_functions f WHERE f.funcname IN ('_free_payments', '_free_refunds') $$;

-- Sixty payments on sixty days; payouts of each, with two for the first.
SELECT count(rui.record_payment(:one, :u1, NULL, 100 + n, 'card', external_ref => 'K' || n, at => '2025-01-01 04:00+00'::timestamptz + n * interval '1 day'))
FROM generate_series(0, 59) n \gset hidden_
SELECT pg_temp.import(:one, 'bank', 'B1', (SELECT jsonb_agg(jsonb_build_object('at', '2025-03-20', 'kind', 'payout', 'amount', 100 + n, 'from_channel', 'card',
	'settled_on', '2025-01-01'::date + n) ORDER BY n) FROM generate_series(0, 59) n)) \gset hidden_
SELECT pg_temp.import(:one, 'bank', 'B2', '[{"at":"2025-03-21","kind":"payout","amount":100,"from_channel":"card","settled_on":"2025-01-01"}]') \gset hidden_
SELECT pg_temp.import(:one, 'bank', 'B3', (SELECT jsonb_agg(jsonb_build_object('at', '2025-03-22', 'kind', 'payout', 'amount', 1 + n, 'from_channel', 'wechat',
	'settled_on', '2025-01-01'::date + n) ORDER BY n) FROM generate_series(0, 59) n)) \gset hidden_
-- A batch of the channel holds the payment of the second of January.
SELECT pg_temp.import(:one, 'card', 'C1', '[{"at":"2025-01-02","kind":"receipt","amount":101,"reference":"K1","batch":"S1"},{"at":"2025-01-03","kind":"payout","amount":-101,"batch":"S1"}]') \gset hidden_
SELECT pg_temp.import(:one, 'bank', 'B4', '[{"at":"2025-03-23","kind":"payout","amount":101,"from_channel":"card","batch":"S1","settled_on":"2025-01-02"}]') \gset hidden_
SELECT results_eq(format('SELECT rule, state, lines FROM rui.reconcile(%s, at => ''2025-04-01'')', :one),
	$$VALUES ('reference', 'matched', 1::bigint), ('payout', 'matched', 60)$$, 'each payout is its day''s, the second of a day none, and a batch goes before a day');
SELECT is((SELECT count(*) FROM rui.reconciliation r JOIN rui.bank_line l ON l.id = r.line_id WHERE l.batch = 'S1' AND l.from_channel = 'card'), 1::bigint, 'what the channel lists is told by its list');
SELECT is((SELECT count(*) FROM rui.bank_line_state v JOIN rui.bank_statement s ON s.id = v.statement_id WHERE s.code IN ('B1', 'B2') AND v.state = 'unmatched'), 2::bigint, 'what is left has no payment');
-- What cannot be solved costs the next call a constant, whatever waits.
SELECT pg_temp.calls() AS before \gset
SELECT is_empty(format('SELECT * FROM rui.reconcile(%s, at => ''2025-04-02'')', :one), 'the next call finds nothing');
SELECT ok(pg_temp.calls() - :before <= 6, 'and asks for all payments as often as for one payout, not for each of sixty');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
