-- Fee items, price plans, billing runs and single charges: right to the cent
-- by hand, nothing billed twice, everything in the ledger.
BEGIN;
SELECT plan(65);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_

-- u1: Zhao all the time. u2: Zhao, from the 16th Sun. u3: no owner known,
-- Qian moves in on the 16th. u4: a parking place of Qian's and Sun's.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2020-01-01,)', ARRAY[:zhao], '{1}'),
	(:one, :u2, '[2020-01-01,2025-01-16)', ARRAY[:zhao], '{1}'), (:one, :u2, '[2025-01-16,)', ARRAY[:sun], '{1}'),
	(:one, :u4, '[2020-01-01,)', ARRAY[:sun, :qian], '{1,2}');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS h1 \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u3, '[2025-01-16,)') RETURNING id AS h3 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES
	(:one, :h1, :u1, :zhao, 'owner', '[2020-01-01,)'), (:one, :h1, :u1, :sun, 'helper', '[2020-01-01,)'),
	(:one, :h3, :u3, :qian, 'tenant', '[2025-01-16,)');

-- Property fee 2.5 a m2 with 6 % in it; parking 150 plus 9 %; refuse 6 per
-- household, paid by who lives there.
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property \gset
SELECT rui.set_fee_item(:one, 'refuse', '垃圾费', 'occupant', '6051') AS refuse \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area',
	'2025-01-01', due_days => 9) AS area_plan \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"flat","amount":"150","tax":{"rate":"0.09"}}', 'unit', '2025-01-01', 'parking') AS parking_plan \gset
SELECT rui.set_price_plan(:one, 'refuse', '{"model":"flat","amount":"6"}', 'household', '2025-01-01') AS refuse_plan \gset

-- A dry run says what would be, and changes nothing.
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, ''2025-01-20'')', :one),
	$$VALUES ('property', 6::bigint, 717.22, 47.53, 764.75), ('refuse', 2::bigint, 9.10, 0.00, 9.10)$$, 'a dry run counts');
SELECT is_empty(format('SELECT FROM rui.charge WHERE project_id = %s', :one), 'and charges nothing');
SELECT is_empty(format('SELECT FROM rui.billing_run WHERE project_id = %s', :one), 'nor does it leave a run');

SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-01-20'')', :one),
	$$VALUES ('property', 6::bigint, 717.22, 47.53, 764.75), ('refuse', 2::bigint, 9.10, 0.00, 9.10)$$, 'the run does what the dry run said');
SELECT results_eq(format($$SELECT unit_id, payer_id, period, net::numeric, tax::numeric, gross::numeric, tax_rate, due_on, quantity FROM rui.charge
		WHERE project_id = %s AND fee_item_id = %s ORDER BY unit_id, period$$, :one, :property),
	format($$VALUES (%1$s::bigint, %5$s::bigint, '[2025-01-01,2025-02-01)'::daterange, 235.85, 14.15, 250.00, 0.06, '2025-01-20'::date, 100.00),
		(%2$s, %5$s, '[2025-01-01,2025-01-16)', 91.29, 5.48, 96.77, 0.06, '2025-01-20', 80.00),
		(%2$s, %6$s, '[2025-01-16,2025-02-01)', 97.39, 5.84, 103.23, 0.06, '2025-01-20', 80.00),
		(%3$s, NULL, '[2025-01-01,2025-01-16)', 69.05, 4.14, 73.19, 0.06, '2025-01-20', 60.50),
		(%3$s, %7$s, '[2025-01-16,2025-02-01)', 73.64, 4.42, 78.06, 0.06, '2025-01-20', 60.50),
		(%4$s, %7$s, '[2025-01-01,2025-02-01)', 150.00, 13.50, 163.50, 0.09, '2025-01-20', 1)$$,
		:u1, :u2, :u3, :u4, :zhao, :sun, :qian),
	'by hand: area, price and tax; each owner the days he owned; the main owner; the occupant where no owner is known; never due before it is charged');
SELECT results_eq(format('SELECT unit_id, payer_id, period, gross::numeric FROM rui.charge WHERE project_id = %s AND fee_item_id = %s ORDER BY unit_id', :one, :refuse),
	format($$VALUES (%s::bigint, %s::bigint, '[2025-01-01,2025-02-01)'::daterange, 6.00), (%s, %s, '[2025-01-16,2025-02-01)', 3.10)$$, :u1, :zhao, :u3, :qian),
	'a household pays from the 16th on, inclusive: 16/31 of the month');
SELECT is((SELECT sum(gross) FROM rui.charge WHERE unit_id = :u2), 200.00, 'two owners in one month pay exactly the whole');

-- In the ledger.
SELECT results_eq(format('SELECT code, balance FROM rui.trial_balance(%s, ''2025-01-31'') WHERE balance <> 0', :one),
	$$VALUES ('1122', 773.85), ('2221', -47.53), ('6001', -717.22), ('6051', -9.10)$$, 'gross to receivables, net to revenue, tax to taxes');
SELECT results_eq(format('SELECT charges, gross, runs FROM rui.billing_run WHERE project_id = %s', :one), $$VALUES (8::bigint, 773.85::rui.amount, 1)$$, 'the run is on record');

-- Again: nothing.
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-01-21'')', :one), 'a second run adds nothing');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, at => ''2025-01-21'')', :one), 'and a dry run says so');
SELECT is(count(*), 8::bigint, 'as many charges as before') FROM rui.charge WHERE project_id = :one;
-- What becomes known later is added, for its days only.
SELECT rui.set_fee_item(:one, 'lift', '电梯费') AS lift \gset
SELECT rui.set_price_plan(:one, 'lift', '{"model":"flat","amount":"31"}', 'unit', '2025-01-20', 'home') AS lift_plan \gset
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-01-25'')', :one),
	$$VALUES ('lift', 3::bigint, 36.00, 0.00, 36.00)$$, 'a fee set from the 20th on is 12 days of the month');

-- A price that changes within a month.
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"3","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-02-11') AS new_plan \gset
SELECT is((SELECT valid FROM rui.price_plan WHERE project_id = :one AND id = :area_plan), '[2025-01-01,2025-02-11)'::daterange, 'the plan before ends');
SELECT rui.end_price_plan(:one, :lift_plan, '2025-02-01', at => '2025-01-26') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-02-20'')', :one),
	$$VALUES ('property', 7::bigint, 790.17, 51.90, 842.07), ('refuse', 2::bigint, 12.00, 0.00, 12.00)$$, 'February: no lift any more');
SELECT results_eq(format('SELECT period, gross::numeric FROM rui.charge WHERE project_id = %s AND unit_id = %s AND starts_on >= ''2025-02-01'' AND fee_item_id = %s ORDER BY 1', :one, :u1, :property),
	$$VALUES ('[2025-02-01,2025-02-11)'::daterange, 89.29), ('[2025-02-11,2025-03-01)', 192.86)$$,
	'10/28 of the old price and 18/28 of the new');
SELECT is((SELECT due_on FROM rui.charge WHERE project_id = :one AND unit_id = :u4 AND starts_on = '2025-02-01'), '2025-02-20'::date, 'due on the 15th, but not before it is charged');
SELECT throws_ok(format('SELECT rui.set_price_plan(%s, ''property'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-11'')', :one), '55000', NULL, 'one plan a day');
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.8"}', 'area', '2025-02-01') AS early_plan \gset
SELECT is((SELECT valid FROM rui.price_plan WHERE project_id = :one AND id = :early_plan), '[2025-02-01,2025-02-11)'::daterange,
	'a plan set between two others lasts until the next');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-02-21'')', :one), 'what was charged stays as it was');

-- Taking back.
SELECT id AS c1 FROM rui.charge WHERE project_id = :one AND unit_id = :u1 AND starts_on = '2025-01-01' AND fee_item_id = :property \gset
SELECT id AS c2 FROM rui.charge WHERE project_id = :one AND unit_id = :u1 AND fee_item_id = :refuse AND starts_on = '2025-01-01' \gset
SELECT is(rui.reverse_charge(:one, :c1, 'Area was wrong', true, '2025-02-22'), 0::bigint, 'a charge is taken back');
SELECT is(rui.reverse_charge(:one, :c2, 'Waived: nobody collected', false, '2025-02-22'), 0::bigint, 'another for good');
UPDATE rui.unit SET area_m2 = 102 WHERE project_id = :one AND id = :u1;
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-02-23'')', :one),
	$$VALUES ('property', 1::bigint, 240.57, 14.43, 255.00)$$, 'only the first is billed again, anew');
SELECT is((SELECT revision FROM rui.charge WHERE project_id = :one AND unit_id = :u1 AND starts_on = '2025-01-01' AND fee_item_id = :property AND id <> :c1), 2,
	'as its second revision');
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''Twice'', at => ''2025-02-24'')', :one, :c1), '55000', NULL, 'once only');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-02-28') WHERE code = '1122'),
	(SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 'receivables are the open charges');
SELECT results_eq(format('SELECT state, count(*) FROM rui.charge_open WHERE project_id = %s GROUP BY 1 ORDER BY 1', :one),
	$$VALUES ('billed', 19::bigint), ('reversed', 2::bigint)$$, 'states');

-- The same thing cannot be billed twice, whoever tries.
SELECT throws_ok(format($$INSERT INTO rui.charge (project_id, fee_item_id, unit_id, source, source_id, period, quantity, net, tax, gross, due_on, at)
	SELECT project_id, fee_item_id, unit_id, source, source_id, period, quantity, net, tax, gross, due_on, at FROM rui.charge WHERE id = %s$$, :c1),
	'23505', NULL, 'the key holds it');
SELECT throws_ok('UPDATE rui.charge SET gross = 0, net = 0, tax = 0', '55000', NULL, 'a charge is never changed');
SELECT throws_ok('DELETE FROM rui.charge', '55000', NULL, 'nor removed');
SELECT throws_ok('DELETE FROM rui.charge_reversal', '55000', NULL, 'nor is a reversal');

-- Accounting months: the service's, while it is open.
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE project_id = :one AND document = 'charge' AND document_id IN
	(SELECT id FROM rui.charge WHERE project_id = :one AND starts_on < '2025-02-01' AND id <> :c1 AND id <> :c2)), '{2025-01-01}'::date[],
	'January''s service is January''s revenue, also when it is billed in February');
SELECT rui.close_period(:one, '2025-01-01', '2025-02-25') \gset hidden_
SELECT rui.set_price_plan(:one, 'lift', '{"model":"flat","amount":"31"}', 'unit', '2025-01-01', 'home') \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-01-31'')', :one), '55000', NULL, 'no charge is dated in a closed month');
SELECT throws_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, ''2025-01-31'')', :one), '55000', NULL, 'nor does a dry run say that one would be');
SELECT throws_ok(format('SELECT * FROM rui.continue_billing(%s, ''2025-01-01'', at => ''2025-01-31'')', :one), '55000', NULL, 'nor in pieces');
SELECT throws_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-04-01'', true, ''2025-02-26'')', :one), '22023', NULL, 'a month that has not begun is billed ahead only');
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-02-26'')', :one),
	$$VALUES ('lift', 5::bigint, 57.00, 0.00, 57.00)$$, 'what is found later is charged, for the 19 days not charged yet');
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE project_id = :one AND at = '2025-02-26'), '{2025-02-01}'::date[],
	'and posted in the first open month');
SELECT is((SELECT sum(gross) FROM rui.charge WHERE unit_id = :u1 AND fee_item_id = :lift AND starts_on < '2025-02-01'), 31.00, 'the parts of a month add up to it');

-- Single charges.
SELECT rui.set_fee_item(:one, 'repair', '有偿维修', 'occupant', '6051') AS repair \gset
SELECT rui.set_price_plan(:one, 'repair', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 7) AS repair_plan \gset
SELECT rui.add_charge(:one, 'repair', 106, :u1, source => 'order', source_id => 77, at => '2025-02-26') AS o1 \gset
SELECT row_eq(format('SELECT net, tax, gross, payer_id, due_on, period FROM rui.charge WHERE id = %s', :o1),
	ROW(100.00::rui.amount, 6.00::rui.amount, 106.00::rui.amount, :zhao::bigint, '2025-03-05'::date, '[2025-02-26,2025-02-27)'::daterange), 'an amount with the tax in it');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''repair'', 106, %s, source => ''order'', source_id => 77, at => ''2025-02-26'')', :one, :u1), '23505',
	'order 77 is charged already', 'a source is charged once');
SELECT isnt(rui.add_charge(:one, 'repair', 5, :u1, at => '2025-02-26'), rui.add_charge(:one, 'repair', 5, :u1, at => '2025-02-26'), 'charges without a source are many');
SELECT is(rui.add_charge(:one, 'repair', 5, :u1, request_key => 'a', at => '2025-02-26'), rui.add_charge(:one, 'repair', 5, :u1, request_key => 'a', at => '2025-02-26'), 'but one for one key');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''repair'', 6, %s, request_key => ''a'', at => ''2025-02-26'')', :one, :u1), 'RU409', NULL, 'which is for one content');
SELECT rui.add_charge(:one, 'repair', 9, payer_id => :sun, at => '2025-02-26') AS o2 \gset
SELECT is((SELECT unit_id FROM rui.charge WHERE id = :o2), NULL, 'somebody can be charged without a unit');
SELECT rui.add_charge(:one, 'repair', 9, :u4, at => '2025-02-26') AS o3 \gset
SELECT is((SELECT payer_id FROM rui.charge WHERE id = :o3), :qian::bigint, 'where nobody lives, the main owner');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-02-27'') WHERE fee_code = ''repair''', :one), 'runs leave single charges alone');

-- Paid work is charged by the next tick, once.
SELECT rui.set_ticket_category(:one, 'plumbing', '水', 'plumbing', fee_item_code => 'repair') \gset hidden_
SELECT rui.set_ticket_category(:one, 'odd', '其他', 'odd', fee_item_code => 'no_such_fee') \gset hidden_
SELECT rui.open_ticket(:one, 'plumbing', 'Tap drips', :u3, reporter_id => :qian, at => '2025-02-26 01:00+00') AS t1 \gset
SELECT rui.open_ticket(:one, 'plumbing', 'Sink', :u3, reporter_id => :qian, at => '2025-02-26 01:00+00') AS t2 \gset
SELECT rui.open_ticket(:one, 'odd', 'Odd', :u3, reporter_id => :qian, at => '2025-02-26 01:00+00') AS t3 \gset
CREATE FUNCTION pg_temp.finish(ticket_id bigint, amount numeric, waiver text, done_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	town bigint := (SELECT t.project_id FROM rui.task t WHERE t.id = ticket_id);
	worker bigint := (SELECT p.id FROM rui.party p WHERE p.code = 'loader');
BEGIN
	IF EXISTS (SELECT FROM rui.task t WHERE t.id = ticket_id AND t.state = 'new') THEN
		PERFORM rui.triage_ticket(town, ticket_id, at => done_at - interval '3 hours');
	END IF;
	PERFORM rui.assign_ticket(town, ticket_id, worker, at => done_at - interval '2 hours');
	PERFORM rui.accept_ticket(town, ticket_id, at => done_at - interval '1 hour');
	PERFORM rui.arrive_ticket(town, ticket_id, at => done_at - interval '30 minutes');
	RETURN rui.complete_ticket(town, ticket_id, 'done', amount, waiver, at => done_at);
END $$;
SELECT is(pg_temp.finish(:t1, 53, NULL, '2025-02-27 06:00+00'), 'completed', 'payable work is done');
SELECT is(pg_temp.finish(:t2, NULL, 'guarantee', '2025-02-27 06:00+00'), 'completed', 'other work is waived');
SELECT is(pg_temp.finish(:t3, 10, NULL, '2025-02-27 06:00+00'), 'completed', 'and some has a fee nobody has set');
SELECT is(rui._duty_charge_tickets(:one, '2025-02-27 05:00+00'), 0::bigint, 'not before it is done');
SELECT is((SELECT done FROM rui.tick(:one, '2025-02-27 07:00+00') WHERE duty = 'charge_tickets'), 1::bigint, 'the next tick charges it');
SELECT is((SELECT done FROM rui.tick(:one, '2025-02-27 08:00+00') WHERE duty = 'charge_tickets'), 0::bigint, 'and the one after it not again');
SELECT row_eq(format('SELECT unit_id, payer_id, net, tax, gross, due_on, source_id FROM rui.charge WHERE project_id = %s AND source = ''ticket''', :one),
	ROW(:u3::bigint, :qian::bigint, 50.00::rui.amount, 3.00::rui.amount, 53.00::rui.amount, '2025-03-06'::date, :t1::bigint), 'with the tax of its fee item');
SELECT rui.reopen_ticket(:one, :t1, 'Drips again', at => '2025-02-27 09:00+00') \gset hidden_
SELECT is(pg_temp.finish(:t1, NULL, NULL, '2025-02-28 06:00+00'), 'completed', 'done again');
SELECT is(rui._duty_charge_tickets(:one, '2025-02-28 07:00+00'), 0::bigint, 'it is not charged again');
SELECT rui.reverse_charge(:one, id, 'Goodwill', at => '2025-02-28 08:00+00') FROM rui.charge WHERE project_id = :one AND source = 'ticket' \gset hidden_
SELECT is(rui._duty_charge_tickets(:one, '2025-02-28 09:00+00'), 0::bigint, 'nor after it was taken back');
SELECT rui.set_fee_item(:one, 'no_such_fee', 'Set at last') \gset hidden_
SELECT rui.set_price_plan(:one, 'no_such_fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT is(rui._duty_charge_tickets(:one, '2025-02-28 09:30+00'), 1::bigint, 'what waited for its fee is charged then');

-- The parts of a month, however often owners change, are the month.
SELECT is((SELECT sum(rui.prorate(100.01, daterange('2025-03-01', d + 1), '[2025-03-01,2025-04-01)')
		- rui.prorate(100.01, daterange('2025-03-01', d), '[2025-03-01,2025-04-01)'))
	FROM (SELECT '2025-03-01'::date + i AS d FROM generate_series(0, 30) i) x), 100.01, 'thirty-one owners pay exactly the whole');
SELECT is((SELECT sum(CASE WHEN is_debit THEN amount ELSE -amount END) FROM rui.ledger_side WHERE project_id = :one), 0.00, 'the ledger balances');
SELECT is((SELECT balance FROM rui.trial_balance(:one, '2025-12-31') WHERE code = '1122'),
	(SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 'receivables are the open charges, still');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is((SELECT array_agg(DISTINCT payer_id) FROM rui.charge), ARRAY[:zhao]::bigint[], 'a resident sees what he owes, and nothing else');
SELECT throws_ok('SELECT FROM rui.posting', '42501', NULL, 'and no ledger');
RESET ROLE;
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id IN (%s, %s)', :one, :two), 'no invariant is broken');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
-- Ahead: what a dry run says is what the run then makes, month after month.
CREATE TEMP TABLE told AS SELECT m.month::date AS month, r.* FROM generate_series('2025-06-01'::timestamp, '2025-08-01', '1 month') m(month)
	CROSS JOIN LATERAL rui.run_billing(:one, m.month::date, true, '2025-05-20', true) r;
CREATE TEMP TABLE made AS SELECT m.month::date AS month, r.* FROM generate_series('2025-06-01'::timestamp, '2025-08-01', '1 month') m(month)
	CROSS JOIN LATERAL rui.run_billing(:one, m.month::date, false, '2025-05-20', true) r;
SELECT ok((SELECT count(*) > 0 AND count(DISTINCT month) = 3 FROM told) AND NOT EXISTS (TABLE told EXCEPT ALL TABLE made) AND NOT EXISTS (TABLE made EXCEPT ALL TABLE told),
	'a dry run of months ahead is the run');
SELECT * FROM finish();
ROLLBACK;
