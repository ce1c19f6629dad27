-- A billing run in pieces charges what a whole one does, whoever goes on with
-- it, and says how far it is.
BEGIN;
SELECT plan(37);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'waste', '垃圾费') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01'),
	rui.set_price_plan(:one, 'waste', '{"model":"flat","amount":"8"}', 'unit', '2025-01-01', unit_kind => 'home') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,2025-01-11)', ARRAY[:zhao], '{1}'),
	(:one, :u1, '[2025-01-11,)', ARRAY[:qian], '{1}'), (:one, :u2, '[2020-01-01,)', ARRAY[:qian], '{1}');
SELECT rui.record_payment(:one, :u2, NULL, 100, 'cash', at => '2025-01-05') AS paid \gset
CREATE TEMP TABLE due AS SELECT * FROM rui._due_charges(:one, '2025-01-01', '2025-01-20');
SELECT is((SELECT count(*) FROM due), 9::bigint, 'nine charges are due');
SELECT is((SELECT (units_done, units_total, charges, is_finished)::text FROM rui.continue_billing(:one, '2025-01-01', 1, '2025-01-20')), '(1,4,4,f)', 'the first unit, in two parts');
SELECT is((SELECT (job, about, done, total, is_finished)::text FROM rui.progress WHERE project_id = :one), '(billing,2025-01,1,4,f)', 'that is how far it is');
SELECT ok((SELECT left_over >= interval '0' FROM rui.progress WHERE project_id = :one), 'with an estimate');
SELECT is((SELECT count(*) FROM rui.allocation), 0::bigint, 'prepayments wait for the end');
SELECT is((SELECT (units_done, units_total, charges, is_finished)::text FROM rui.continue_billing(:one, '2025-01-01', 2, '2025-01-20')), '(3,4,4,f)', 'the next two');
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :b1, 'late', 10) RETURNING id AS late \gset
SELECT is((SELECT (units_done, units_total, charges, is_finished)::text FROM rui.continue_billing(:one, '2025-01-01', 2, '2025-01-20')), '(5,5,3,t)', 'the rest, and who came meanwhile');
SELECT is((SELECT (done, total, is_finished, left_over)::text FROM rui.progress WHERE project_id = :one), '(5,5,t,)', 'it is through');
SELECT is((SELECT sum(amount) FROM rui.allocation), 100::numeric, 'then prepayments pay');
SELECT is((SELECT (runs, charges, gross)::text FROM rui.billing_run), (SELECT format('(1,%s,%s)', count(*), sum(gross)) FROM rui.charge), 'the run adds up');
SELECT is_empty(format($$SELECT fee_item_id, unit_id, payer_id, period, net, tax, gross, due_on FROM due
	EXCEPT SELECT fee_item_id, unit_id, payer_id, period, net, tax, gross, due_on FROM rui.charge WHERE unit_id <> %s$$, :late), 'what was due is charged');
SELECT is((SELECT count(*) FROM rui.charge WHERE unit_id <> :late), 9::bigint, 'and nothing else');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'billing.run'), 1::bigint, 'told once');
SELECT is((SELECT (units_done, charges, is_finished)::text FROM rui.continue_billing(:one, '2025-01-01', 100, '2025-01-21')), '(5,0,t)', 'another run adds nothing');
SELECT is((SELECT runs FROM rui.billing_run), 2, 'and counts');
SELECT is((SELECT count(*) FROM rui.invariant_violation), 0::bigint, 'no invariant is broken');
SELECT throws_ok(format('SELECT * FROM rui.continue_billing(%s, ''2025-02-01'', 0, ''2025-02-21'')', :one), '22023', 'units must be 1 to 1000000, not 0');
SELECT throws_ok(format('SELECT * FROM rui.continue_billing(%s, ''2025-02-02'', 10, ''2025-02-21'')', :one), '22023', NULL, 'not a first day');
SELECT throws_ok(format('SELECT * FROM rui.continue_billing(%s, ''2025-03-01'', 10, ''2025-02-21'')', :one), '22023', NULL, 'not begun');
SELECT throws_ok(format('SELECT * FROM rui.continue_billing(%s, ''2024-12-01'', 10, ''2025-02-21'')', :one), '22023', NULL, 'before the books');
SELECT throws_ok(format('CALL rui.bill_month(%s, ''2025-02-01'', at => ''2025-02-21'')', :one), '2D000', NULL, 'a procedure that commits needs a transaction of its own');
SELECT is((SELECT count(*) FROM rui.charge WHERE starts_on >= '2025-02-01'), 0::bigint, 'and leaves nothing half done');

-- A whole run ends one in pieces that was under way, and a month may close again.
SELECT count(*) FROM rui.continue_billing(:one, '2025-02-01', 2, '2025-02-20') \gset hidden_
SELECT isnt((SELECT next_unit FROM rui.billing_run WHERE month = '2025-02-01'), NULL, 'a run in pieces is under way');
SELECT is((SELECT sum(charges) FROM rui.run_billing(:one, '2025-02-01', at => '2025-02-21')), 5::numeric, 'the whole one charges the rest');
SELECT row_eq(format('SELECT next_unit, units_done, units_total, ended_at IS NOT NULL, runs, charges FROM rui.billing_run WHERE month = ''2025-02-01'' AND project_id = %s', :one),
	ROW(NULL::bigint, 5::bigint, 5::bigint, true, 1, 9::bigint), 'and has ended it');
SELECT is((SELECT is_finished FROM rui.progress WHERE project_id = :one AND about = '2025-02'), true, 'as progress says');
SELECT is_empty(format('SELECT FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-02-21'')', :one), 'nothing is left');
SELECT is((SELECT runs FROM rui.billing_run WHERE month = '2025-02-01'), 1, 'which is no run');
SELECT count(*) FROM rui.continue_billing(:one, '2025-02-01', 2, '2025-02-22') \gset hidden_
SELECT is_empty(format('SELECT FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-02-22'')', :one), 'a whole run that finds nothing');
SELECT is((SELECT next_unit IS NULL AND runs = 2 FROM rui.billing_run WHERE month = '2025-02-01'), true, 'ends the one under way, too');
-- Months ahead.
SELECT is(rui.months_to_bill(:one, '2025-03-01', '2025-05-01', '2025-03-05'), '{2025-03-01,2025-04-01,2025-05-01}'::date[], 'three months to bill');
SELECT throws_ok(format('SELECT rui.months_to_bill(%s, %s)', :one, m.given), '22023', NULL, m.about)
FROM (VALUES ($$'2025-05-01', '2025-03-01', '2025-03-05'$$, 'not backwards'), ($$'2025-01-01', '2027-01-01', '2025-03-05'$$, 'not too many'), ($$'2025-05-01', '2027-04-01', '2025-03-05'$$, 'not too far ahead')) AS m(given, about);
SELECT count(*) FROM rui.continue_billing(:one, '2025-05-01', 100, '2025-03-05', ahead => true) \gset hidden_
SELECT row_eq(format('SELECT count(*), min(due_on), min(at) FROM rui.charge WHERE project_id = %s AND starts_on = ''2025-05-01''', :one),
	ROW(9::bigint, (SELECT min(due_on) FROM rui.charge WHERE starts_on = '2025-05-01'), '2025-03-05'::timestamptz), 'a month that has not begun is billed');
SELECT is((SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2025-03-31')), (SELECT sum(net) FROM rui.charge WHERE starts_on = '2025-05-01'), 'all of it is deferred');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
