-- Late fees: what is most of them, and all of a project charged at once.
BEGIN;
SELECT plan(28);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, f, f) FROM unnest('{plain,amount,annual,free}'::text[]) f ORDER BY 1 OFFSET 3 \gset hidden_
SELECT count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 0)) FROM unnest('{plain,amount,annual,free}'::text[]) f \gset hidden_
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE command;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || CASE WHEN hint <> '' THEN ' with hint' ELSE '' END;
END $$;

-- What a rule may say.
SELECT is(pg_temp.refusal(format('SELECT rui.set_late_rule(%s, ''plain'', %s, ''2025-01-01'', cap_amount => %s, annual_cap => %s)', :one, a.rule, a.amount, a.annual)), a.code, a.about)
FROM (VALUES (1, '0.0101, 0, 0.3', 'NULL', 'NULL', '22003 with hint', 'more than one per cent a day'), (2, '0.001, 0, 1.01', 'NULL', 'NULL', '22003 with hint', 'more than the principal'),
	(3, '0.001, 0, 0.3', '0', 'NULL', '22003 with hint', 'at most nothing'), (4, '0.001, 0, 0.3', '''NaN''', 'NULL', '22003 with hint', 'at most no number'),
	(5, '0.001, 0, 0.3', 'NULL', '0', '22003 with hint', 'nothing a year'), (6, '0.001, 0, 0.3', 'NULL', '1.5', '22003 with hint', 'more than the principal a year'),
	(7, '0.001, 0, 0.3', 'NULL', '''NaN''', '22003 with hint', 'no number a year')) AS a(place, rule, amount, annual, code, about) ORDER BY a.place;
SELECT rui.set_late_rule(:one, 'plain', 0.005, 5, NULL, '2025-01-01') AS rule \gset
SELECT is((SELECT cap_share FROM rui.late_rule WHERE id = :rule), 0.3, 'where none is said, 30 % of the principal is most');
SELECT rui.set_late_rule(:one, 'amount', 0.005, 5, 0.5, '2025-01-01', cap_amount => 20), rui.set_late_rule(:one, 'annual', 0.0005, 5, 0.3, '2025-01-01', annual_cap => 0.1395) \gset hidden_
SELECT rui.add_charge(:one, 'plain', 100, :u1, :zhao, at => '2025-01-05') AS c1, rui.add_charge(:one, 'amount', 100, :u2, :zhao, at => '2025-01-05') AS c2,
	rui.add_charge(:one, 'annual', 1000, :u3, :zhao, at => '2025-01-05') AS c3, rui.add_charge(:one, 'free', 100, :u1, :zhao, at => '2025-01-05') AS c4 \gset

-- Day by day the lowest of all caps.
SELECT results_eq(format('SELECT d, (SELECT accrued FROM rui.late_fees(%1$s, d, %2$s)), (SELECT accrued FROM rui.late_fees(%1$s, d, %3$s)), (SELECT accrued FROM rui.late_fees(%1$s, d, %4$s)) FROM unnest(''{2025-01-10,2025-01-11,2025-02-19,2025-03-11,2025-05-10}''::timestamptz[]) d', :one, :c1, :c2, :c3),
	$$VALUES ('2025-01-10'::timestamptz, NULL::numeric, NULL::numeric, NULL::numeric), ('2025-01-11', 0.50, 0.50, 0.38), ('2025-02-19', 20.00, 20.00, 15.29), ('2025-03-11', 30.00, 20.00, 22.93), ('2025-05-10', 30.00, 20.00, 45.86)$$,
	'by share, by amount, by the rate of a year');
SELECT is((SELECT bool_and(f.accrued <= g.accrued) FROM generate_series('2025-01-06'::timestamptz, '2026-03-01', '1 day') d
	CROSS JOIN LATERAL rui.late_fees(:one, d) f JOIN LATERAL rui.late_fees(:one, d + interval '1 day', f.charge_id) g ON true), true, 'a day more is never less');

-- A dry run of all is the run.
SELECT results_eq(format('SELECT charge_id, days_late, open_amount, fee, late_fee_id FROM rui.charge_late_fees(%s, true, at => ''2025-03-11'')', :one),
	format('VALUES (%s::bigint, 60, 100.00, 30.00, NULL::bigint), (%s, 60, 100.00, 20.00, NULL), (%s, 60, 1000.00, 22.93, NULL)', :c1, :c2, :c3), 'what it would charge');
SELECT is((SELECT count(*) FROM rui.charge WHERE component = 'late_fee'), 0::bigint, 'it charges nothing');
SELECT is((SELECT sum(fee) FROM rui.charge_late_fees(:one, true, fee_code => 'annual', at => '2025-03-11')), 22.93, 'of one fee item');
SELECT is((SELECT sum(fee) FROM rui.charge_late_fees(:one, true, minimum => 25, at => '2025-03-11')), 30.00, 'from an amount on');
CREATE TEMP TABLE told AS SELECT charge_id, unit_id, payer_id, days_late, open_amount, fee FROM rui.charge_late_fees(:one, true, at => '2025-03-11');
CREATE TEMP TABLE made AS SELECT * FROM rui.charge_late_fees(:one, request_key => 'k', at => '2025-03-11');
SELECT results_eq('SELECT charge_id, unit_id, payer_id, days_late, open_amount, fee FROM made ORDER BY 1', 'SELECT * FROM told ORDER BY 1', 'done as it said');
SELECT results_eq('SELECT m.fee, c.net::numeric, c.tax::numeric, c.due_on, c.about_charge_id = m.charge_id, c.revision FROM made m JOIN rui.charge c ON c.id = m.late_fee_id ORDER BY m.charge_id',
	$$VALUES (30.00, 28.30, 1.70, '2025-03-11'::date, true, 1), (20.00, 18.87, 1.13, '2025-03-11', true, 1), (22.93, 21.63, 1.30, '2025-03-11', true, 1)$$, 'each as one by one');
SELECT results_eq(format('SELECT * FROM rui.charge_late_fees(%s, request_key => ''k'', at => ''2025-03-12'')', :one), 'SELECT * FROM made ORDER BY 1', 'sent twice: the first answer');
SELECT is_empty(format('SELECT * FROM rui.charge_late_fees(%s, at => ''2025-03-11'')', :one), 'once');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'charge.add' AND payload ->> 'source' = 'late_fee'), 3::bigint, 'each is told');
SELECT is_empty(format('SELECT * FROM rui.charge_late_fees(%s, at => ''2025-03-01'')', :one), 'days before are in it');
SELECT results_eq(format('SELECT charge_id, fee FROM rui.charge_late_fees(%s, at => ''2025-05-10'')', :one), format('VALUES (%s::bigint, 22.93)', :c3), 'later, what has accrued since');
SELECT is(pg_temp.refusal(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-05-10'')', :one, :c3)), '55000 with hint', 'and nothing is left to charge by itself');

-- Explained to the cent.
SELECT is_empty(format($$SELECT c.id, s.lang FROM rui.charge c CROSS JOIN unnest('{zh,en}'::text[]) AS s(lang)
	CROSS JOIN LATERAL (SELECT sum(e.amount) FILTER (WHERE e.counts) AS told, bool_or(e.step = 'difference') AS differs FROM rui.explain_charge(%s, c.id, s.lang) e) e
	WHERE c.project_id = %1$s AND c.component = 'late_fee' AND (e.told <> c.gross OR e.differs)$$, :one), 'every late fee is explained to the last fen');
SELECT is((SELECT text FROM rui.explain_charge(:one, (SELECT late_fee_id FROM made WHERE charge_id = :c3)) WHERE step = 'cap'), 'beyond the cap of a year: 13.95 % × 60000 ÷ 365 = 22.931507', 'the cap of a year');
SELECT ok((SELECT bool_or(text LIKE '%at most 20.00') FROM rui.explain_charge(:one, (SELECT late_fee_id FROM made WHERE charge_id = :c2)) WHERE step = 'late_rule'), 'the highest amount is in the rule');

-- Refused alike.
SELECT rui.close_period(:one, m, '2025-05-11') FROM unnest('{2025-01-01,2025-02-01}'::date[]) m ORDER BY m OFFSET 1 \gset hidden_
SELECT is(pg_temp.refusal(format('SELECT * FROM rui.charge_late_fees(%s, %s, at => ''2025-02-20'')', :one, d)), '55000 with hint', 'no late fee is dated in a closed month: ' || d) FROM unnest('{true,false}'::text[]) d ORDER BY d;
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
