-- What setting prices, billing runs and charges refuse, and that nothing has
-- changed then.
BEGIN;
SELECT plan(87);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') AS fee \gset
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') AS plan \gset
SELECT rui.add_charge(:one, 'fee', 5, :u1, at => '2025-01-10') AS c1 \gset
SELECT rui.add_charge(:one, 'fee', 5, :u1, source => 'cost', about_charge_id => :c1, at => '2025-01-11') AS cost \gset
\ir fixture/content.sql
SELECT pg_temp.content() AS before \gset

PREPARE item AS SELECT rui.set_fee_item($1, $2, $3, $4, $5);
SELECT throws_ok('EXECUTE item(NULL, ''a'', ''A'', ''owner'', ''6001'')', '22004', 'project_id must not be null');
SELECT throws_ok('EXECUTE item(-1, ''a'', ''A'', ''owner'', ''6001'')', '42501', NULL, 'fee item: unknown project');
SELECT throws_ok(format('EXECUTE item(%s, NULL, ''A'', ''owner'', ''6001'')', :one), '22004', 'code must not be null');
SELECT throws_ok(format('EXECUTE item(%s, '''', ''A'', ''owner'', ''6001'')', :one), '22023', 'code must not be empty');
SELECT throws_ok(format('EXECUTE item(%s, ''A b'', ''A'', ''owner'', ''6001'')', :one), '22023', NULL, 'fee item: odd code');
SELECT throws_ok(format('EXECUTE item(%s, repeat(''a'', 41), ''A'', ''owner'', ''6001'')', :one), '22001', NULL, 'fee item: long code');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', repeat(''a'', 201), ''owner'', ''6001'')', :one), '22001', NULL, 'fee item: long name');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', ''A'', ''king'', ''6001'')', :one), '22023', 'unknown payer "king"');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', ''A'', ''owner'', ''6999'')', :one), 'P0002', NULL, 'fee item: unknown account');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', ''A'', ''owner'', ''1122'')', :one), '22023', 'account 1122 cannot be credited by charges');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', ''A'', ''owner'', ''6602'')', :one), '22023', NULL, 'fee item: an expense account');
SELECT throws_ok(format('EXECUTE item(%s, ''a'', ''A'', ''owner'', ''6001'')', :two), '55000', NULL, 'fee item: no books');

PREPARE price AS SELECT rui.set_price_plan($1, $2, $3, $4, $5, $6, $7);
SELECT throws_ok('EXECUTE price(NULL, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', 1)', '22004', 'project_id must not be null');
SELECT throws_ok(format('EXECUTE price(%s, ''no'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', 1)', :one), 'P0002', NULL, 'plan: unknown fee item');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', 1)', :two), 'P0002', NULL, 'plan: another project''s fee item');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', NULL, ''unit'', ''2025-02-01'', ''any'', 1)', :one), '22004', 'tariff must not be null');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat"}'', ''unit'', ''2025-02-01'', ''any'', 1)', :one), '22023', NULL, 'plan: not a tariff');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1","rounding":{"scale":3}}'', ''unit'', ''2025-02-01'', ''any'', 1)', :one), '22023',
	'the tariff rounds to more than two decimals', 'plan: thirds of a cent');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''weight'', ''2025-02-01'', ''any'', 1)', :one), '22023', 'unknown quantity "weight"');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', NULL, ''any'', 1)', :one), '22004', 'from_on must not be null');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''infinity'', ''any'', 1)', :one), '22008', NULL, 'plan: never');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''castle'', 1)', :one), '22023', 'unknown kind of unit "castle"');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', 367)', :one), '22003', NULL, 'plan: due too late');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', NULL)', :one), '22004', 'due_days must not be null');
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-01-01'', ''any'', 1)', :one), '55000', NULL, 'plan: a day that is taken');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, NULL, ''2025-02-01'')', :one), '22004', 'plan_id must not be null');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, -1, ''2025-02-01'')', :one), 'P0002', NULL, 'end: unknown plan');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, %s, ''2025-02-01'')', :two, :plan), 'P0002', NULL, 'end: another project''s plan');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, %s, ''2025-01-01'')', :one, :plan), '22023', NULL, 'end: before it begins');
SELECT throws_ok(format('SELECT rui.end_price_plan(%s, %s, NULL)', :one, :plan), '22004', 'to_on must not be null');

PREPARE late AS SELECT rui.set_late_rule($1, $2, $3, $4, $5, $6);
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', NULL, 1, 1, ''2025-02-01'')', :one), '22004', 'daily_rate must not be null');
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', ''NaN'', 1, 1, ''2025-02-01'')', :one), '22003', NULL, 'late rule: not a number');
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', -0.1, 1, 1, ''2025-02-01'')', :one), '22003', NULL, 'late rule: a negative rate');
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', 0.000000001, 1, 1, ''2025-02-01'')', :one), '22003', NULL, 'late rule: too fine a rate');
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', 0.1, -1, 1, ''2025-02-01'')', :one), '22003', NULL, 'late rule: negative grace');
SELECT throws_ok(format('EXECUTE late(%s, ''fee'', 0.1, 1, ''Infinity'', ''2025-02-01'')', :one), '22003', NULL, 'late rule: an endless cap');
SELECT throws_ok(format('EXECUTE late(%s, ''no'', 0.01, 1, 1, ''2025-02-01'')', :one), 'P0002', NULL, 'late rule: unknown fee item');

PREPARE run AS SELECT rui.run_billing($1, $2, $3, $4);
SELECT throws_ok('EXECUTE run(NULL, ''2025-01-01'', false, ''2025-01-20'')', '22004', 'project_id must not be null');
SELECT throws_ok('EXECUTE run(-1, ''2025-01-01'', false, ''2025-01-20'')', '42501', NULL, 'run: unknown project');
SELECT throws_ok(format('EXECUTE run(%s, NULL, false, ''2025-01-20'')', :one), '22004', 'month must not be null');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-01-02'', false, ''2025-01-20'')', :one), '22023', NULL, 'run: not a first day');
SELECT throws_ok(format('EXECUTE run(%s, ''-infinity'', false, ''2025-01-20'')', :one), '22008', NULL, 'run: never');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-01-01'', NULL, ''2025-01-20'')', :one), '22004', 'dry_run must not be null');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-01-01'', false, NULL)', :one), '22004', 'at must not be null');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-02-01'', false, ''2025-01-31 15:59:59+00'')', :one), '22023', NULL, 'run: a month that has not begun');
SELECT throws_ok(format('EXECUTE run(%s, ''2024-12-01'', false, ''2025-01-20'')', :one), '22023', NULL, 'run: before the books');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-01-01'', false, ''2025-01-20'')', :two), '55000', NULL, 'run: no books');
SELECT throws_ok(format('EXECUTE run(%s, ''2025-01-01'', true, ''2025-01-20'')', :two), '55000', NULL, 'dry run: no books, no answer');
SELECT throws_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', ahead => NULL)', :one), '22004', 'ahead must not be null');
SELECT throws_ok(format('SELECT * FROM rui.run_billing(%s, ''2027-03-01'', true, ''2025-01-20'', true)', :one), '22023', NULL, 'dry run: more than two years ahead');

PREPARE add_charge AS SELECT rui.add_charge($1, $2, $3, $4, $5, $6, $7, $8, at => $9);
SELECT throws_ok('EXECUTE add_charge(NULL, ''fee'', 1, 1, NULL, ''order'', NULL, NULL, ''2025-01-20'')', '22004', 'project_id must not be null');
SELECT throws_ok(format('EXECUTE add_charge(%s, NULL, 1, %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22004', 'fee_code must not be null');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''no'', 1, %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), 'P0002', NULL, 'charge: unknown fee item');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', NULL, %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22004', 'quantity must not be null');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', ''NaN'', %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22003', NULL, 'charge: not a number');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', -1, %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22003', NULL, 'charge: negative');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', ''Infinity'', %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22003', NULL, 'charge: infinite');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, NULL, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one), '22004', 'unit_id or payer_id must not be null');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, -1, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one), 'P0002', NULL, 'charge: unknown unit');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, %s, NULL, ''order'', NULL, NULL, ''2025-01-20'')', :one, :v1), 'P0002', NULL, 'charge: another project''s unit');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, NULL, -1, ''order'', NULL, NULL, ''2025-01-20'')', :one), 'P0002', NULL, 'charge: unknown payer');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, %s, NULL, ''plan'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22023', NULL, 'charge: a run''s source');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, %s, NULL, ''cost'', NULL, NULL, ''2025-01-20'')', :one, :u1), '22023', NULL, 'charge: costs of nothing');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, %s, NULL, ''order'', NULL, %s, ''2025-01-20'')', :one, :u1, :c1), '22023', NULL, 'charge: an order about a charge');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, NULL, NULL, ''cost'', NULL, -1, ''2025-01-20'')', :one), 'P0002', NULL, 'charge: costs of an unknown charge');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, NULL, NULL, ''cost'', NULL, %s, ''2025-01-20'')', :one, :cost), '22023', NULL, 'charge: costs of costs');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, NULL, NULL, ''cost'', NULL, %s, ''2025-01-09'')', :one, :c1), '22023', NULL, 'charge: costs before the debt');
SELECT throws_ok(format('EXECUTE add_charge(%s, ''fee'', 1, %s, NULL, ''order'', NULL, NULL, ''2024-12-20'')', :one, :u1), '55000', NULL, 'charge: no price then');
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''fee'', 1, %s, request_key => repeat(''k'', 201), at => ''2025-01-20'')', :one, :u1), '22023', NULL, 'charge: a key too long');

PREPARE reverse AS SELECT rui.reverse_charge($1, $2, $3, $4, $5);
SELECT throws_ok(format('EXECUTE reverse(%s, NULL, ''x'', false, ''2025-01-20'')', :one), '22004', 'charge_id must not be null');
SELECT throws_ok(format('EXECUTE reverse(%s, -1, ''x'', false, ''2025-01-20'')', :one), 'P0002', NULL, 'reversal: unknown charge');
SELECT throws_ok(format('EXECUTE reverse(%s, %s, NULL, false, ''2025-01-20'')', :one, :c1), '22004', 'reason must not be null');
SELECT throws_ok(format('EXECUTE reverse(%s, %s, '' '', false, ''2025-01-20'')', :one, :c1), '22023', 'reason must not be empty');
SELECT throws_ok(format('EXECUTE reverse(%s, %s, repeat(''x'', 501), false, ''2025-01-20'')', :one, :c1), '22001', NULL, 'reversal: a long reason');
SELECT throws_ok(format('EXECUTE reverse(%s, %s, ''x'', NULL, ''2025-01-20'')', :one, :c1), '22004', 'bill_again must not be null');
SELECT throws_ok(format('EXECUTE reverse(%s, %s, ''x'', false, ''2025-01-05'')', :one, :c1), '22023', NULL, 'reversal: before the charge');
SELECT is(pg_temp.content(), :'before', 'nothing has changed');
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('EXECUTE reverse(%s, %s, ''x'', false, ''2025-01-20'')', :two, :c1), 'P0002', NULL, 'reversal: another project''s charge');
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, NULL, at => ''2025-01-20'')', :one), '22004', 'charge_id must not be null');
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, -1, at => ''2025-01-20'')', :one), 'P0002', NULL, 'late fee: unknown charge');
SELECT throws_ok(format('SELECT rui.charge_late_fee(%s, %s, at => ''2025-01-20'')', :one, :c1), '55000', NULL, 'late fee: nothing accrued');
SELECT throws_ok('SELECT rui.arrears(NULL)', '22004', 'project_id must not be null');
SELECT throws_ok(format('SELECT rui.late_fees(%s, NULL)', :one), '22004', 'at must not be null');
SELECT lives_ok(format('SELECT * FROM rui.late_fees(%s, ''294276-12-31 23:59+00'')', :one), 'nor does it end with the calendar');

-- A resident neither prices nor charges.
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('EXECUTE price(%s, ''fee'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-02-01'', ''any'', 1)', :one), '42501', NULL, 'a resident sets no prices');
SELECT throws_ok(format('SELECT rui.run_billing(%s, ''2026-01-01'')', :one), '42501', NULL, 'bills nobody');
SELECT is(pg_temp.content(), :'before', 'nothing has changed since');
SELECT * FROM finish();
ROLLBACK;
