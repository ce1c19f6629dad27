-- Stays on parking places: by hand, to the cent, once, and explained.
BEGIN;
SELECT plan(17);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'visit', '临停费', 'occupant', '6051'), rui.set_fee_item(:one, 'job', '服务') \gset hidden_
SELECT rui.set_price_plan(:one, 'visit', '{"model":"duration","free_minutes":30,"steps":[{"every":60,"price":"5"}],"day_maximum":"30","tax":{"rate":"0.09","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'job', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT rui.charge_stay(:one, 'visit', 'A1', '2025-01-05 09:00+08', '2025-01-05 09:30+08', :zhao, at => '2025-01-06') AS c1,
	rui.charge_stay(:one, 'visit', 'A1', '2025-01-05 10:00+08', '2025-01-05 13:01+08', :zhao, at => '2025-01-06') AS c2,
	rui.charge_stay(:one, 'visit', 'A1', '2025-01-05 14:00+08', '2025-01-06 15:30+08', :zhao, request_key => 'k1', at => '2025-01-07') AS c3 \gset
SELECT is(rui.charge_stay(:one, 'visit', 'A1', '2025-01-05 14:00+08', '2025-01-06 15:30+08', :zhao, request_key => 'k1', at => '2025-01-07'), :c3::bigint, 'charged again with its key it is the same');
SELECT results_eq(format('SELECT gross::numeric, quantity FROM rui.charge WHERE id IN (%s, %s, %s) ORDER BY id', :c1, :c2, :c3),
	$$VALUES (0.00, 30.0000), (20.00, 181.0000), (40.00, 1530.0000)$$, 'half an hour is free; 4 started hours; a day at most 30, and 2 started hours of the next');
SELECT row_eq(format('SELECT source, payer_id, net::numeric, tax::numeric, period FROM rui.charge WHERE id = %s', :c2),
	ROW('parking'::text, :zhao::bigint, 18.35, 1.65, '[2025-01-05,2025-01-06)'::daterange), 'who parks owes it, with the tax in it');
SELECT is_empty(format($$SELECT c.id FROM rui.charge c CROSS JOIN LATERAL (SELECT sum(e.amount) AS amount, bool_or(e.step = 'difference') AS differs
	FROM rui.explain_charge(c.project_id, c.id) e WHERE e.counts) e WHERE c.project_id = %s AND (e.amount <> c.gross OR e.differs)$$, :one), 'each is explained to the cent');
SELECT is((SELECT count(*) FROM rui.parking_stay WHERE plate = 'A1'), 3::bigint, 'the stays are kept');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''A1'', ''2025-01-05 13:00+08'', ''2025-01-05 13:30+08'', %s, at => ''2025-01-06'')', :one, :zhao), '23505', NULL, 'a time is charged once');
SELECT lives_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''A1'', ''2025-01-05 13:01+08'', ''2025-01-05 13:30+08'', %s, at => ''2025-01-06'')', :one, :zhao), 'one that begins as another ends is another');
SELECT lives_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''B2'', ''2025-01-05 13:00+08'', ''2025-01-05 13:30+08'', %s, at => ''2025-01-06'')', :one, :zhao), 'another car may be there at that time');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2025-01-05 13:30+08'', ''2025-01-05 13:00+08'', %s, at => ''2025-01-06'')', :one, :zhao), '22023', NULL, 'an end before the beginning');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2025-01-05 13:30+08'', ''2025-01-07'', %s, at => ''2025-01-06'')', :one, :zhao), '22008', NULL, 'a stay that is not over');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2024-01-01'', ''2025-01-05'', %s, at => ''2025-01-06'')', :one, :zhao), '22008', NULL, 'nor one of years');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''job'', ''C3'', ''2025-01-05'', ''2025-01-06'', %s, at => ''2025-01-06'')', :one, :zhao), '55000', NULL, 'a fee without a price for stays');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2025-01-05'', ''2025-01-06'', at => ''2025-01-06'')', :one), '22004', NULL, 'somebody has to pay');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2025-01-05'', ''2025-01-06'', -1, at => ''2025-01-06'')', :one), 'P0002', NULL, 'somebody who is known');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', ''C3'', ''2025-01-05'', ''2025-01-06'', NULL, %s, at => ''2025-01-06'')', :one, :v1), 'P0002', NULL, 'or a unit of the project');
SELECT throws_ok(format('SELECT rui.charge_stay(%s, ''visit'', '' '', ''2025-01-05'', ''2025-01-06'', %s, at => ''2025-01-06'')', :one, :zhao), '22023', NULL, 'of a car');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
