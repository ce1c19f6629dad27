-- Who pays: the developer until hand-over, then owners and occupants, by days;
-- and what a home that stands empty pays. By hand, to the cent.
BEGIN;
SELECT plan(41);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'dev', 'Developer') RETURNING id AS dev \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'dev2', 'Second developer') RETURNING id AS dev2 \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'dev3', 'Tower developer') RETURNING id AS dev3 \gset
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property, rui.set_fee_item(:one, 'heat', '采暖费', 'occupant') AS heat,
	rui.set_fee_item(:one, 'job', '有偿服务') AS job \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01'),
	rui.set_price_plan(:one, 'heat', '{"model":"flat","amount":"100","tax":{"rate":"0.09"}}', 'unit', '2025-01-01', 'home'),
	rui.set_price_plan(:one, 'job', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
-- u1 is handed over on the 11th to Zhao; u2 not yet; u3 has been Sun's for
-- ever, and Qian lives there; u4, a parking place, is nobody's.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2024-01-01,)', ARRAY[:zhao], '{1}'), (:one, :u3, '[2020-01-01,)', ARRAY[:sun], '{1}');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u3, '[2020-01-01,)') RETURNING id AS h3 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h3, :u3, :qian, 'tenant', '[2020-01-01,)');
SELECT rui.set_delivery(:one, :u1, '2025-01-11', at => '2025-01-01'), rui.set_delivery(:one, :u2, NULL, at => '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.due(project bigint, month date, of_unit bigint) RETURNS TABLE (item text, payer text, period daterange, gross numeric, net numeric) LANGUAGE sql AS $$
	SELECT f.code, p.code, d.period, d.gross, d.net FROM rui._due_charges(project, month, '2025-06-01', of_unit, of_unit) d
	JOIN rui.fee_item f ON f.id = d.fee_item_id LEFT JOIN rui.party p ON p.id = d.payer_id ORDER BY f.code DESC, d.period $$;

-- Without a developer that is known, everything is as it was.
SELECT results_eq(format('SELECT item, payer, period, gross FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1),
	$$VALUES ('property', 'zhao', '[2025-01-01,2025-02-01)'::daterange, 250.00), ('heat', 'zhao', '[2025-01-01,2025-02-01)', 109.00)$$, 'no developer: the owner pays');
SELECT results_eq(format('SELECT stage, payer_id FROM rui.unit_stage(%s, %s, ''2025-01-05'')', :one, :u1), $$VALUES ('building', NULL::bigint)$$, 'nobody is known');

SELECT rui.set_developer(:one, :dev, '2020-01-01', request_key => 'k1', at => '2025-01-01') AS d1 \gset
SELECT is(rui.set_developer(:one, :dev, '2020-01-01', request_key => 'k1', at => '2025-01-01'), :d1::bigint, 'set again with its key it is the same');
SELECT is((SELECT payer_id FROM rui.unit_stage(:one, :u1, '2025-01-05')), :dev::bigint, 'the developer of the project');
SELECT is((SELECT payer_id FROM rui.unit_stage(:one, :u1, '2025-01-11')), NULL, 'until the day of hand-over');
SELECT results_eq(format('SELECT * FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1),
	$$VALUES ('property', 'dev', '[2025-01-01,2025-01-11)'::daterange, 80.65, 76.08), ('property', 'zhao', '[2025-01-11,2025-02-01)', 169.35, 159.76),
		('heat', 'dev', '[2025-01-01,2025-01-11)', 35.16, 32.26), ('heat', 'zhao', '[2025-01-11,2025-02-01)', 73.84, 67.74)$$,
	'10 of 31 days are the developer''s, 21 the owner''s; they add up');
SELECT results_eq(format('SELECT item, payer, period, gross FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u2),
	$$VALUES ('property', 'dev', '[2025-01-01,2025-02-01)'::daterange, 200.00), ('heat', 'dev', '[2025-01-01,2025-02-01)', 109.00)$$, 'a home that is not handed over is the developer''s, whole');
SELECT results_eq(format('SELECT item, payer, gross FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u3),
	$$VALUES ('property', 'sun', 151.25), ('heat', 'qian', 109.00)$$, 'what was handed over is the owner''s and the tenant''s');
SELECT results_eq(format('SELECT item, payer, gross FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u4),
	$$VALUES ('property', 'dev', 30.00)$$, 'what nobody has bought is the developer''s');
-- A developer that changes, of the project and of a building; one of the unit's own.
SELECT rui.set_developer(:one, :dev2, '2025-02-15', at => '2025-01-01') \gset hidden_
SELECT results_eq(format('SELECT payer, period, gross FROM pg_temp.due(%s, ''2025-02-01'', %s) WHERE item = ''property''', :one, :u2),
	$$VALUES ('dev', '[2025-02-01,2025-02-15)'::daterange, 100.00), ('dev2', '[2025-02-15,2025-03-01)', 100.00)$$, 'the month is cut where the developer changes');
SELECT rui.set_developer(:one, :dev3, '2025-02-08', :b1, at => '2025-01-01') \gset hidden_
SELECT results_eq(format('SELECT payer, period, gross FROM pg_temp.due(%s, ''2025-02-01'', %s) WHERE item = ''property''', :one, :u2),
	$$VALUES ('dev', '[2025-02-01,2025-02-08)'::daterange, 50.00), ('dev3', '[2025-02-08,2025-03-01)', 150.00)$$, 'the building''s own goes before the project''s');
SELECT results_eq(format('SELECT payer, gross FROM pg_temp.due(%s, ''2025-02-01'', %s) WHERE item = ''property''', :one, :u3), $$VALUES ('sun', 151.25)$$, 'others feel nothing of it');
SELECT rui.set_delivery(:one, :u2, NULL, developer_id => :zhao, at => '2025-01-01') \gset hidden_
SELECT results_eq(format('SELECT payer, gross FROM pg_temp.due(%s, ''2025-02-01'', %s) WHERE item = ''property''', :one, :u2), $$VALUES ('zhao', 200.00)$$, 'the unit''s own goes before both');
-- Single charges ask the same.
SELECT rui.add_charge(:one, 'job', 5, :u1, at => '2025-01-10') AS c1, rui.add_charge(:one, 'job', 5, :u1, at => '2025-01-11 12:00') AS c2,
	rui.add_charge(:one, 'job', 5, :u4, at => '2025-01-11') AS c3 \gset
SELECT is((SELECT array_agg(payer_id ORDER BY id) FROM rui.charge WHERE id IN (:c1, :c2, :c3)), ARRAY[:dev, :zhao, :dev]::bigint[], 'single charges go to whom runs would charge');
-- Refused.
SELECT throws_ok(format('SELECT rui.set_developer(%s, %s, ''2025-02-15'')', :one, :dev), '55000', 'there is a developer from 2025-02-15 already');
SELECT throws_ok(format('SELECT rui.set_developer(%s, -1, ''2025-02-16'')', :one), 'P0002', NULL, 'no such party');
SELECT throws_ok(format('SELECT rui.set_developer(%s, %s, ''2025-02-16'', %s)', :one, :dev, :b2), 'P0002', NULL, 'a building of another project');
SELECT throws_ok(format('SELECT rui.set_developer(%s, %s, NULL)', :one, :dev), '22004', NULL, 'since when');
SELECT throws_ok(format('SELECT rui.set_developer(%s, %s, ''1800-01-01'')', :one, :dev), '22008', NULL, 'not so long ago');
SELECT throws_ok(format('SELECT rui.set_developer(%s, %s, ''2025-02-16'', request_key => ''k1'')', :one, :dev), 'RU409', NULL, 'another content with the key');

-- Empty homes: 70 % from the 31st day on. Somebody else confirms them.
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.confirm(project bigint, who bigint, fact bigint, moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before CONSTANT text := set_config('rui.party_id', rui.current_party()::text, true);
	answer text;
BEGIN
	PERFORM set_config('rui.party_id', who::text, true);
	answer := rui.confirm_vacancy(project, fact, at => moment);
	PERFORM set_config('rui.party_id', before, true);
	RETURN answer;
END $$;
SELECT rui.set_vacancy_rule(:one, 'property', 0.7, 31, '2025-01-01', 'v1', '2025-01-01') AS r1 \gset
SELECT is(rui.set_vacancy_rule(:one, 'property', 0.7, 31, '2025-01-01', 'v1', '2025-01-01'), :r1::bigint, 'set again with its key it is the same');
SELECT rui.record_vacancy(:one, :u3, 'vacant', '2025-02-05', '2025-04-11', 'visit', 1, at => '2025-02-06') AS fact \gset
SELECT results_eq(format('SELECT payer, period, gross FROM pg_temp.due(%s, ''2025-03-01'', %s) WHERE item = ''property''', :one, :u3),
	$$VALUES ('sun', '[2025-03-01,2025-04-01)'::daterange, 151.25)$$, 'what nobody confirmed lowers nothing');
SELECT pg_temp.confirm(:one, :manager, :fact, '2025-02-07') \gset hidden_
SELECT results_eq(format('SELECT payer, period, gross FROM pg_temp.due(%s, ''2025-02-01'', %s) WHERE item = ''property''', :one, :u3),
	$$VALUES ('sun', '[2025-02-01,2025-03-01)'::daterange, 151.25)$$, 'thirty days cost what they did');
SELECT results_eq(format('SELECT * FROM pg_temp.due(%s, ''2025-03-01'', %s) WHERE item = ''property''', :one, :u3),
	$$VALUES ('property', 'sun', '[2025-03-01,2025-03-07)'::daterange, 29.27, 27.61), ('property', 'sun', '[2025-03-07,2025-04-01)', 85.39, 80.56)$$,
	'the 31st day is the 7th of March: 6/31 of 151.25, and 25/31 of 105.88 (70 %)');
SELECT results_eq(format('SELECT period, gross FROM pg_temp.due(%s, ''2025-04-01'', %s) WHERE item = ''property''', :one, :u3),
	$$VALUES ('[2025-04-01,2025-04-11)'::daterange, 35.29), ('[2025-04-11,2025-05-01)', 100.83)$$, 'it ends when somebody comes: 10/30 of 105.88, 20/30 of 151.25');
SELECT results_eq(format('SELECT item, gross FROM pg_temp.due(%s, ''2025-03-01'', %s) WHERE item = ''heat''', :one, :u3), $$VALUES ('heat', 109.00)$$, 'other fees have no such rule');
SELECT rui.set_vacancy_rule(:one, 'heat', 0.5, 1, '2025-03-01') \gset hidden_
SELECT results_eq(format('SELECT period, gross, net FROM pg_temp.due(%s, ''2025-03-01'', %s) WHERE item = ''heat''', :one, :u3),
	$$VALUES ('[2025-03-01,2025-04-01)'::daterange, 54.50, 50.00)$$, 'a whole month empty: half, with its tax');
-- Somebody seen there in between: the days are counted anew.
SELECT rui.record_vacancy(:one, :u3, 'occupied', '2025-03-01', '2025-03-02', 'visit', 1, at => '2025-03-02') AS seen \gset
SELECT pg_temp.confirm(:one, :manager, :seen, '2025-03-03') \gset hidden_
SELECT results_eq(format('SELECT period, gross FROM pg_temp.due(%s, ''2025-03-01'', %s) WHERE item = ''property''', :one, :u3),
	$$VALUES ('[2025-03-01,2025-04-01)'::daterange, 151.25)$$, 'a day at home begins the count anew');
SELECT rui.withdraw_vacancy(:one, :seen, 'Wrong house', at => '2025-03-04') \gset hidden_
-- Charged and explained.
SELECT count(*) FROM rui.run_billing(:one, '2025-03-01', at => '2025-03-20') \gset hidden_
SELECT id AS c_first FROM rui.charge WHERE unit_id = :u3 AND fee_item_id = :property AND period = '[2025-03-01,2025-03-07)' \gset
SELECT id AS c_empty, vacancy_rule_id AS by_rule FROM rui.charge WHERE unit_id = :u3 AND fee_item_id = :property AND period = '[2025-03-07,2025-04-01)' \gset
SELECT is(:by_rule::bigint, :r1::bigint, 'a charge names the rule it is less by');
SELECT is((SELECT sum(amount)::rui.amount FROM rui.explain_charge(:one, :c_empty) WHERE counts), 85.39::rui.amount, 'its explanation adds up');
SELECT results_eq(format('SELECT step, text, amount FROM rui.explain_charge(%s, %s) WHERE step IN (''vacancy'', ''difference'')', :one, :c_empty),
	$$VALUES ('vacancy', 'stands empty: rule since 2025-01-01, from the 31st vacant day on 70 % are to be paid: of 151.25, 105.88', -45.37)$$, 'and says what the vacancy was worth');
SELECT is((SELECT count(*) FROM rui.explain_charge(:one, :c_first) WHERE step IN ('vacancy', 'difference')), 0::bigint, 'the other part has none');
SELECT is_empty(format($$SELECT c.id FROM rui.charge c CROSS JOIN LATERAL (SELECT sum(e.amount) AS amount, bool_or(e.step = 'difference') AS differs
	FROM rui.explain_charge(c.project_id, c.id, 'zh') e WHERE e.counts) e WHERE c.project_id = %s AND (e.amount <> c.gross OR e.differs)$$, :one), 'every charge is explained to the cent');
SELECT is_empty(format('SELECT * FROM pg_temp.due(%s, ''2025-03-01'', %s)', :one, :u3), 'what is charged is not due');
-- Refused.
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''property'', 1.1, 1, ''2025-05-01'')', :one), '22003', NULL, 'more than all');
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''property'', ''NaN'', 1, ''2025-05-01'')', :one), '22003', NULL, 'no number');
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''property'', 0.5, 0, ''2025-05-01'')', :one), '22003', NULL, 'days count from 1');
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''property'', 0.5, 1, ''2025-01-01'')', :one), '55000', NULL, 'one begins there');
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''nothing'', 0.5, 1, ''2025-05-01'')', :one), 'P0002', NULL, 'no such fee');
SELECT throws_ok(format('SELECT rui.set_vacancy_rule(%s, ''property'', NULL, 1, ''2025-05-01'')', :one), '22004', NULL, 'a share is needed');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
