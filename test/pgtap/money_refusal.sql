-- What money refuses, each with its code and a hint that says how to mend it:
-- prices that overlap, tariffs that mean nothing, use below nothing, another
-- currency, closed months, more given back or away than there is, shares that are not all.
BEGIN;
SET LOCAL jit = off;
SELECT plan(80);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01', '2025-01-02') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property, rui.set_fee_item(:one, 'heat', '采暖费'), rui.set_fee_item(:one, 'job', '服务'), rui.set_fee_item(:one, 'water', '水') \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"1"}', 'area', '2025-01-01') AS p1,
	rui.set_price_plan(:one, 'heat', '{"model":"flat","amount":"100"}', 'unit', '2025-01-01', 'home') AS h1, rui.set_late_rule(:one, 'job', 0.001, 0, 1, '2025-01-01'),
	rui.set_vacancy_rule(:one, 'property', 0.7, 31, '2025-01-01'), rui.set_meter_plan(:one, 'water', '{"model":"fixed","price":"3"}', 'water', '2025-01-01'),
	rui.set_price_plan(:one, 'job', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset
SELECT rui.install_meter(:one, 'w1', 'water', 'm3', :u1, initial => '10', installed_at => '2025-01-01', at => '2025-01-01') AS meter \gset
SELECT rui.record_reading(:one, :meter, 12, read_at => '2025-01-10', at => '2025-01-10') AS reading \gset
SELECT rui.add_charge(:one, 'job', 100, :u1, :zhao, at => '2025-01-03') AS c1, rui.add_charge(:one, 'job', 50, :u2, :qian, at => '2025-01-03') AS c2 \gset
SELECT rui.record_payment(:one, :u3, NULL, 10, 'cash', at => '2025-01-05') AS p10, rui.record_payment(:one, :u3, NULL, 20, 'cash', at => '2025-01-05') AS p20,
	rui.record_payment(:one, :u1, NULL, 40, 'cash', at => '2025-01-05') AS paid \gset
SELECT rui.reverse_payment(:one, :p20, 'Bounced', '2025-01-06') \gset hidden_
SELECT rui.take_deposit(:one, :zhao, 'card', 10, 'cash', at => '2025-01-05') AS deposit \gset
SELECT rui.request_waiver(:one, :c2, 10, 'x', at => '2025-01-06') AS waiver, rui.request_write_off(:one, ARRAY[:c2], NULL, NULL, 'x', 'x', at => '2025-01-06') AS loss,
	rui.request_forfeit(:one, :deposit, 'job', 5, 'x', at => '2025-01-06') AS forfeit \gset
SELECT rui.post_entry(:one, '6602', '1002', 1, 'Paper', at => '2025-01-06') AS entry \gset

-- The code, and whether there is a hint.
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
-- Of a batch: the code and the hint of its first row.
CREATE FUNCTION pg_temp.row_refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format('SELECT r.error_code || CASE WHEN r.hint <> '''' THEN '' with hint'' ELSE '''' END FROM %s r WHERE r.row_no = 1', command) INTO found;
	RETURN coalesce(found, 'done');
END $$;
SELECT is(pg_temp.refusal('SELECT 1'), 'done', 'what is not refused is told from what is');

-- Prices.
SELECT is(pg_temp.refusal(format('SELECT rui.%s', format(a.command, :one, :p1, :h1))), a.code || ' with hint', a.about)
FROM (VALUES ($$set_price_plan(%1$s, 'heat', '{"model":"flat","amount":"1"}', 'unit', '2025-01-01', 'home')$$, '55000', 'two prices from one day'),
	($$set_meter_plan(%1$s, 'water', '{"model":"fixed","price":"1"}', 'water', '2025-01-01')$$, '55000', 'two prices of what meters count'),
	($$set_late_rule(%1$s, 'job', 0.01, 0, 1, '2025-01-01')$$, '55000', 'two late rules from one day'),
	($$set_vacancy_rule(%1$s, 'property', 0.5, 1, '2025-01-01')$$, '55000', 'two vacancy rules from one day'),
	($$set_late_rule(%1$s, 'job', 0.02, 0, 1, '2025-02-01')$$, '22003', 'two per cent of the debt in a day'),
	($$set_late_rule(%1$s, 'job', 'NaN', 0, 1, '2025-02-01')$$, '22003', 'no number'),
	($$end_price_plan(%1$s, %3$s, '2024-12-31')$$, '22023', 'an end before the beginning'),
	($$set_price_plan(%1$s, 'job', '{"model":"fixed","price":"1"}', 'weight', '2025-06-01')$$, '22023', 'a price of nothing known'),
	($$set_price_plan(%1$s, 'job', '{"model":"fixed","price":"1"}', 'meter', '2025-06-01')$$, '22023', 'a price of meters without a medium'),
	($$set_price_plan(%1$s, 'job', '{"model":"fixed","price":"1","rounding":{"scale":3}}', 'once', '2025-06-01')$$, '22023', 'tenths of a cent'),
	($$set_price_plan(%1$s, 'job', '{"model":"fixed","price":"1"}', 'once', '9999-01-01')$$, '22008', 'a price for another age')) AS a(command, code, about);
SELECT throws_ok(format('INSERT INTO rui.price_plan (project_id, fee_item_id, unit_kind, quantity, tariff, valid) SELECT project_id, fee_item_id, unit_kind, quantity, tariff, ''[2025-03-01,)''
	FROM rui.price_plan WHERE id = %s', :h1), '23P01', NULL, 'two prices for one day, whoever writes them');
SELECT is(pg_temp.refusal(format('INSERT INTO rui.price_plan (project_id, fee_item_id, unit_kind, quantity, tariff, valid) SELECT project_id, fee_item_id, unit_kind, quantity, tariff, ''[2025-03-01,)''
	FROM rui.price_plan WHERE id = %s', :h1)), '23P01 with hint', 'and how to set one');
SELECT rui.end_price_plan(:one, :h1, '2025-04-01') \gset hidden_
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''heat'', ''{"model":"flat","amount":"90"}'', ''unit'', ''2025-11-01'', ''home'')', :one)), '22023 with hint', 'days between two prices without one');
SELECT rui.set_price_plan(:one, 'heat', '{"model":"flat","amount":"90"}', 'unit', '2025-11-01', 'home', rests => 'Summer') \gset hidden_
SELECT results_eq(format('SELECT fee_code, days, reason FROM rui.price_gaps(%s, ''2025-01-01'', ''2026-01-01'') WHERE unit_kind = ''home''', :one),
	$$VALUES ('heat', '[2025-04-01,2025-11-01)'::daterange, 'Summer')$$, 'unless the fee rests');

-- Tariffs.
SELECT is(pg_temp.refusal(format('SELECT rui.set_price_plan(%s, ''job'', %L, ''once'', ''2025-06-01'')', :one, a.tariff)), a.code || ' with hint', a.about)
FROM (VALUES ('{"model":"graduated","tiers":[{"up_to":"20","price":"1"},{"up_to":"10","price":"2"},{"price":"3"}]}', '22023', 'tiers that descend'),
	('{"model":"graduated","tiers":[{"up_to":"10","price":"1"},{"up_to":"10","price":"2"},{"price":"3"}]}', '22023', 'a tier that holds nothing'),
	('{"model":"graduated","tiers":[{"up_to":"-5","price":"1"},{"price":"3"}]}', '22023', 'a tier below nothing'),
	('{"model":"graduated","tiers":[{"up_to":"0","price":"1"},{"price":"3"}]}', '22023', 'a first tier up to nothing'),
	('{"model":"graduated","tiers":[{"price":"1"},{"up_to":"10","price":"3"}]}', '22023', 'a bound after none: a gap'),
	('{"model":"graduated","tiers":[{"up_to":"10","price":"1"},{"up_to":"20","price":"3"}]}', '22023', 'no last tier: a gap'),
	('{"model":"graduated","tiers":[{"from":"11","up_to":"20","price":"1"},{"price":"3"}]}', '22023', 'a beginning of its own: a gap, or an overlap'),
	('{"model":"volume","tiers":[{"up_to":"10","price":"-1"},{"price":"3"}]}', '22023', 'a price below nothing'),
	('{"model":"volume","tiers":[{"up_to":"10"},{"price":"3"}]}', '22023', 'a tier without a price'),
	('{"model":"graduated","tiers":[]}', '22023', 'no tiers'), ('{"model":"graduated"}', '22023', 'none at all'),
	((SELECT '{"model":"graduated","tiers":[' || string_agg(format('{"up_to":"%s","price":"1"},', i), '' ORDER BY i) || '{"price":"1"}]}' FROM generate_series(1, 2000) i), '54000', 'too many tiers'),
	('{"model":"fixed","price":"1","tax":{"rate":"1.06"}}', '22023', 'more tax than price'),
	('{"model":"fixed","price":"1","minimum":"9","maximum":"3"}', '22023', 'a least above the most'),
	('{"model":"fixed","price":"1e3"}', '22023', 'a price in no decimals'), ('{"model":"cheap"}', '22023', 'an unknown model'),
	('{"model":"fixed","price":"1","currency":"USD"}', '22023', 'another currency'), ('{"model":"fixed","price":"USD 1"}', '22023', 'a currency in the price')) AS a(tariff, code, about);

-- Use.
SELECT is(pg_temp.refusal(format('SELECT rui.%s', format(a.command, :one, :u1, :meter, :reading))), a.code || ' with hint', a.about)
FROM (VALUES ($$add_charge(%1$s, 'job', -1, %2$s)$$, '22003', 'less than nothing was ordered'), ($$add_charge(%1$s, 'job', 'NaN', %2$s)$$, '22003', 'nor what is no number'),
	($$record_reading(%1$s, %3$s, 11, at => '2025-01-20')$$, 'RU101', 'a register that falls'), ($$record_reading(%1$s, %3$s, -1, at => '2025-01-20')$$, '22003', 'a register below nothing'),
	($$correct_reading(%1$s, %4$s, 9, 'x', at => '2025-01-20')$$, 'RU101', 'a correction below what was read before')) AS a(command, code, about);
SELECT throws_ok($$SELECT rui.charge('{"model":"fixed","price":"1"}', -1)$$, '22003', NULL, 'a tariff charges no negative quantity');

-- Another currency: a project has one, and nothing that takes money names any.
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'rui'::regnamespace AND EXISTS (SELECT FROM unnest(p.proargnames) a WHERE a ~ 'currency')$$, 'no function asks for a currency');
SELECT is(pg_temp.row_refusal(format('rui.%s', format(a.command, :one))), a.code || ' with hint', a.about)
FROM (VALUES ($$import_opening_arrears(%1$s, '[{"unit":"1-101","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":5,"currency":"USD"}]', at => '2025-01-07')$$, '22023', 'arrears in another currency'),
	($$import_opening_arrears(%1$s, '[{"unit":"1-101","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":"USD 5"}]', at => '2025-01-07')$$, '22023', 'or in words'),
	($$import_opening_arrears(%1$s, '[{"unit":"1-101","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":5.005}]', at => '2025-01-07')$$, '22023', 'or in tenths of a cent'),
	($$import_statement(%1$s, 'bank', 'S', '[{"at":"2025-01-25","kind":"receipt","amount":5,"currency":"USD"}]', 0, 5, at => '2025-01-26')$$, '22023', 'a bank''s line in another currency'),
	($$import_ownerships(%1$s, '[{"unit":"1-101","from":"2025-01-01","owners":[{"party":"zhao","parts":0},{"party":"qian","parts":1}]}]', at => '2025-01-07')$$, '22003', 'an owner of nothing'),
	($$import_ownerships(%1$s, '[{"unit":"1-101","from":"2025-01-01","owners":[{"party":"zhao","parts":0.5},{"party":"qian","parts":0.6}]}]', at => '2025-01-07')$$, '22003', 'shares of 1.1'),
	($$import_ownerships(%1$s, '[{"unit":"1-101","from":"2025-01-01","owners":[{"party":"zhao","parts":1},{"party":"zhao","parts":1}]}]', at => '2025-01-07')$$, '23505', 'an owner twice'),
	($$import_ownerships(%1$s, '[{"unit":"1-101","from":"2025-01-01","owners":[{"party":"zhao"},{"party":"qian","parts":1}]}]', at => '2025-01-07')$$, '22004', 'an owner without a share'),
	($$import_ownerships(%1$s, '[{"unit":"1-101","from":"2025-01-01","owners":[]}]', at => '2025-01-07')$$, '22023', 'nobody')) AS a(command, code, about);
SELECT throws_ok(format('UPDATE rui.ownership SET share_parts = ''{1}'' WHERE unit_id = %s; INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
	VALUES (%s, %1$s, ''[2025-01-01,)'', ARRAY[%s, %s], ''{1}'')', :u2, :one, :zhao, :qian), '23514', NULL, 'owners without shares, whoever writes them');

-- Shares of partners.
SELECT is(pg_temp.refusal(format('SELECT rui.propose_share_contract(%s, ''s'', ''job'', ''[2025-02-01,2025-04-01)'', ARRAY[%s]::bigint[], %L, at => ''2025-01-07'')', :one, :sun, a.fractions)), a.code || ' with hint', a.about)
FROM (VALUES ('{0.5,0.4}', '22023', 'shares of 0.9'), ('{0.5,0.6}', '22023', 'shares of 1.1'), ('{1,0}', '22023', 'a partner without a share'), ('{1.5,-0.5}', '22023', 'less than nothing'),
	('{1}', '22023', 'a partner whose share is missing')) AS a(fractions, code, about);

-- More than there is.
SELECT is(pg_temp.refusal(format('SELECT rui.%s', format(a.command, :one, :p10, :p20, :paid, :c1, :deposit))), a.code || ' with hint', a.about)
FROM (VALUES ($$refund_payment(%1$s, %2$s, 10.01, 'x', at => '2025-01-08')$$, '55000', 'more than is left is not given back'),
	($$refund_payment(%1$s, %3$s, 1, 'x', at => '2025-01-08')$$, '55000', 'nor of a payment that bounced'), ($$refund_payment(%1$s, %4$s, 1, 'x', at => '2025-01-08')$$, '55000', 'nor what has paid something'),
	($$refund_payment(%1$s, %2$s, 1, 'x', at => '2025-01-04')$$, '22023', 'nor before it came'), ($$refund_payment(%1$s, %2$s, -1, 'x', at => '2025-01-08')$$, '22003', 'nor less than nothing'),
	($$request_waiver(%1$s, %5$s, 60.01, 'x', at => '2025-01-08')$$, '55000', 'no more is waived than is open'), ($$return_deposit(%1$s, %6$s, 10.01, at => '2025-01-08')$$, '55000', 'no more of a deposit is given back than is held'),
	($$record_payment(%1$s, 1, NULL, 5, 'cheque')$$, '22023', 'money by no channel')) AS a(command, code, about);

-- A closed month takes nothing, whatever it is.
SELECT rui.close_period(:one, '2025-01-01', at => '2025-02-10') \gset hidden_
SELECT is(pg_temp.refusal(format('SELECT rui.%s', format(a.command, :one, :u1, :p10, :c1, :waiver, :loss, :deposit, :forfeit, :entry))), '55000 with hint', 'a closed month takes no ' || a.about)
FROM (VALUES ($$add_charge(%1$s, 'job', 1, %2$s, at => '2025-01-20')$$, 'charge'), ($$run_billing(%1$s, '2025-01-01', at => '2025-01-20')$$, 'billing'),
	($$record_payment(%1$s, %2$s, NULL, 1, 'cash', at => '2025-01-20')$$, 'payment'), ($$reverse_payment(%1$s, %3$s, 'x', '2025-01-20')$$, 'reversal of a payment'),
	($$refund_payment(%1$s, %3$s, 1, 'x', at => '2025-01-20')$$, 'refund'), ($$reverse_charge(%1$s, %4$s, 'x', at => '2025-01-20')$$, 'reversal of a charge'),
	($$charge_late_fee(%1$s, %4$s, at => '2025-01-25')$$, 'late fee'), ($$take_deposit(%1$s, (SELECT d.party_id FROM rui.deposit d WHERE d.id = %7$s), 'card', 1, 'cash', at => '2025-01-20')$$, 'deposit') ,
	($$return_deposit(%1$s, %7$s, 1, at => '2025-01-20')$$, 'return of a deposit'), ($$post_entry(%1$s, '6602', '1002', 1, 'x', at => '2025-01-20')$$, 'entry'),
	($$post_entry(%1$s, '6602', '1002', 1, 'x', '2025-01-01', at => '2025-02-20')$$, 'entry of a later day'), ($$reverse_entry(%1$s, %9$s, 'x', '2025-01-20')$$, 'reversal of an entry')) AS a(command, about);
SELECT set_config('rui.party_id', :'accountant', true) \gset hidden_
SELECT is(pg_temp.refusal(format('SELECT rui.%s', format(a.command, :one, :waiver, :loss, :forfeit))), '55000 with hint', 'a closed month takes no ' || a.about)
FROM (VALUES ($$decide_waiver(%1$s, %2$s, true, at => '2025-01-20')$$, 'waiver'), ($$decide_write_off(%1$s, %3$s, true, at => '2025-01-20')$$, 'write-off'),
	($$decide_forfeit(%1$s, %4$s, true, at => '2025-01-20')$$, 'forfeit')) AS a(command, about);
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'and nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
