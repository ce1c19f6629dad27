-- What is refused about prices and money given back, each with code and hint;
-- and the days without a price that a billing run would pass over.
BEGIN;
SELECT plan(20);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01', '2025-01-02') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property, rui.set_fee_item(:one, 'heat', '采暖费'), rui.set_fee_item(:one, 'job', '服务') \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"1"}', 'area', '2025-01-01') AS p1,
	rui.set_price_plan(:one, 'heat', '{"model":"flat","amount":"100"}', 'unit', '2025-01-01', 'home') AS h1,
	rui.set_price_plan(:one, 'job', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset
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
-- Gaps.
SELECT is_empty(format('SELECT * FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one), 'no gap so far');
SELECT rui.end_price_plan(:one, :p1, '2025-02-11') \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one), 'a fee that ends has no gap');
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2"}', 'area', '2025-02-16') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one),
	$$VALUES ('property', 'home', '[2025-02-11,2025-02-16)'::daterange), ('property', 'parking', '[2025-02-11,2025-02-16)')$$, 'one that goes on later has, for each kind there is');
SELECT results_eq(format('SELECT unit_kind, days FROM rui.price_gaps(%s, ''2025-02-14'', ''2025-03-01'')', :one),
	$$VALUES ('home', '[2025-02-14,2025-02-16)'::daterange), ('parking', '[2025-02-14,2025-02-16)')$$, 'only days that are asked about');
SELECT is((SELECT sum(upper(period) - lower(period)) FROM rui._due_charges(:one, '2025-02-01', '2025-03-01', :u1, :u1) WHERE fee_item_id = :property), 23::bigint, 'a run charges the 23 days with a price');
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"3"}', 'area', '2025-02-11', 'home') \gset hidden_
SELECT results_eq(format('SELECT unit_kind FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one), $$VALUES ('parking')$$, 'a price of its own fills that of a kind');
SELECT is(pg_temp.refusal(format('SELECT * FROM rui.price_gaps(%s, ''2025-02-01'', ''2025-02-01'')', :one)), '22023 with hint', 'days in order');
SELECT is(pg_temp.refusal(format('SELECT * FROM rui.price_gaps(%s, NULL, ''2025-02-01'')', :one)), '22004', 'from when');
-- Overlaps.
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''heat'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-01-01'', ''home'')', :one)), '55000 with hint', 'two prices from one day');
SELECT throws_ok(format('INSERT INTO rui.price_plan (project_id, fee_item_id, unit_kind, quantity, tariff, valid) SELECT project_id, fee_item_id, unit_kind, quantity, tariff, ''[2025-03-01,)''
	FROM rui.price_plan WHERE id = %s', :h1), '23P01', NULL, 'two prices for one day, whoever writes them');
SELECT is(pg_temp.refusal(format('SELECT rui.end_price_plan(%s, %s, ''2024-12-31'')', :one, :h1)), '22023 with hint', 'an end before the beginning');
-- Use and tiers.
SELECT is(pg_temp.refusal(format('SELECT rui.add_charge(%s, ''job'', -1, %s)', :one, :u1)), '22003 with hint', 'less than nothing was used');
SELECT is(pg_temp.refusal(format('SELECT rui.add_charge(%s, ''job'', ''NaN'', %s)', :one, :u1)), '22003 with hint', 'nor what is no number');
SELECT ok(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''job'', %L, ''once'', ''2025-06-01'')', :one, t.tariff)) ~ '^22.* with hint', 'absurd: ' || t.tariff)
FROM (VALUES ('{"model":"graduated","tiers":[{"up_to":"20","price":"1"},{"up_to":"10","price":"2"},{"price":"3"}]}'),
	('{"model":"graduated","tiers":[]}'), ('{"model":"fixed","price":"1","currency":"USD"}')) AS t(tariff);
-- Money given back, closed months.
SELECT rui.record_payment(:one, :u1, NULL, 10, 'cash', at => '2025-01-05') AS pay \gset
SELECT is(pg_temp.refusal(format('SELECT rui.refund_payment(%s, %s, 10.01, ''x'', at => ''2025-01-06'')', :one, :pay)), '55000 with hint', 'more than is left is not given back');
SELECT rui.close_period(:one, '2025-01-01', at => '2025-02-10') \gset hidden_
SELECT is(pg_temp.refusal(format('SELECT rui.add_charge(%s, ''job'', 1, %s, at => ''2025-01-20'')', :one, :u1)), '55000 with hint', 'a closed month takes no charge');
SELECT is(pg_temp.refusal(format('SELECT rui.refund_payment(%s, %s, 1, ''x'', at => ''2025-01-20'')', :one, :pay)), '55000 with hint', 'nor a refund');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
