-- Days between two prices that have none: refused, unless the fee rests.
BEGIN;
SELECT plan(16);
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
SELECT throws_ok(format('SELECT rui.set_price_plan(%s, ''property'', ''{"model":"fixed","price":"2"}'', ''area'', ''2025-02-16'')', :one), '22023',
	'fee item "property" would have no price from 2025-02-11 to 2025-02-15', 'one that goes on later is refused');
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''property'', ''{"model":"fixed","price":"2"}'', ''area'', ''2025-02-16'')', :one)), '22023 with hint', 'with a hint');
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''property'', ''{"model":"fixed","price":"2"}'', ''area'', ''2025-02-11'', rests => ''Nothing'')', :one)), '22023 with hint', 'where it goes on at once there is nothing to rest');
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''property'', ''{"model":"fixed","price":"2"}'', ''area'', ''2025-02-16'', rests => '' '')', :one)), '22023', 'a reason says something');
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2"}', 'area', '2025-02-16', rests => 'Free for the new year') AS p2 \gset
SELECT results_eq(format('SELECT * FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one),
	$$VALUES ('property', 'home', '[2025-02-11,2025-02-16)'::daterange, 'Free for the new year'), ('property', 'parking', '[2025-02-11,2025-02-16)', 'Free for the new year')$$,
	'unless somebody says why: for each kind there is');
SELECT results_eq(format('SELECT unit_kind, days FROM rui.price_gaps(%s, ''2025-02-14'', ''2025-03-01'')', :one),
	$$VALUES ('home', '[2025-02-14,2025-02-16)'::daterange), ('parking', '[2025-02-14,2025-02-16)')$$, 'only days that are asked about');
SELECT is((SELECT sum(upper(period) - lower(period)) FROM rui._due_charges(:one, '2025-02-01', '2025-03-01', :u1, :u1) WHERE fee_item_id = :property), 23::bigint, 'a run charges the 23 days with a price');

-- A plan that ends before one that follows; a longer rest says itself.
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, %s, ''2025-02-01'')', :one, :p1), '22023', 'fee item "property" would have no price from 2025-02-01 to 2025-02-10', 'an end that leaves days is refused');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, %s, ''2025-03-01'', rests => ''For good'')', :one, :p2), '22023', NULL, 'an end for good is no rest');
SELECT rui.end_price_plan(:one, :p1, '2025-02-01', rests => 'No lift') \gset hidden_
SELECT results_eq(format('SELECT days, reason FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'') WHERE unit_kind = ''home''', :one),
	$$VALUES ('[2025-02-01,2025-02-11)'::daterange, 'No lift'), ('[2025-02-11,2025-02-16)', 'Free for the new year')$$, 'each with its reason');
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"3"}', 'area', '2025-02-01', 'home') \gset hidden_
SELECT results_eq(format('SELECT unit_kind FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'')', :one), $$VALUES ('parking'), ('parking')$$, 'a price of its own fills that of a kind');
SELECT is(pg_temp.refusal(format('SELECT * FROM rui.price_gaps(%s, ''2025-02-01'', ''2025-02-01'')', :one)), '22023 with hint', 'days in order');
SELECT is(pg_temp.refusal(format('SELECT * FROM rui.price_gaps(%s, NULL, ''2025-02-01'')', :one)), '22004', 'from when');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
