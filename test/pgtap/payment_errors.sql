-- What payments refuse, and that nothing has changed then.
BEGIN;
SELECT plan(42);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT rui.add_charge(:one, 'fee', 5, :u1, :zhao, at => '2025-01-10') AS c1 \gset
SELECT rui.record_payment(:one, :u2, NULL, 5, 'cash', at => '2025-01-10') AS p1 \gset
SELECT rui.close_period(:one, '2025-01-01', '2025-02-10') \gset hidden_
\ir fixture/content.sql
SELECT pg_temp.content() AS before \gset

PREPARE pay AS SELECT rui.record_payment($1, $2, $3, $4, $5, $6, $7, at => $8);
SELECT throws_ok(format('EXECUTE pay(NULL, %s, NULL, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :u1), '22004', 'project_id must not be null');
SELECT throws_ok(format('EXECUTE pay(-1, %s, NULL, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :u1), '42501', NULL, 'an unknown project');
SELECT throws_ok(format('EXECUTE pay(%s, NULL, NULL, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :one), '22004', 'unit_id or payer_id must not be null');
SELECT throws_ok(format('EXECUTE pay(%s, -1, NULL, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :one), 'P0002', NULL, 'an unknown unit');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :v1), 'P0002', NULL, 'another project''s unit');
SELECT throws_ok(format('EXECUTE pay(%s, NULL, -1, 1, ''cash'', NULL, NULL, ''2025-02-20'')', :one), 'P0002', NULL, 'an unknown payer');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, NULL, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22004', 'amount must not be null');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 0, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22003', NULL, 'nothing');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, -5, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22003', NULL, 'less than nothing');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, ''NaN'', ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22003', NULL, 'not a number');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, ''Infinity'', ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22003', NULL, 'infinite');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1e17, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22003', NULL, 'too much');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 0.001, ''cash'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22023', NULL, 'a tenth of a cent');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, NULL, NULL, NULL, ''2025-02-20'')', :one, :u1), '22004', 'channel must not be null');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''shells'', NULL, NULL, ''2025-02-20'')', :one, :u1), '22023', 'unknown payment channel "shells"');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', ''{NULL}'', NULL, ''2025-02-20'')', :one, :u1), '22004', 'a charge in designation must not be null');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', ''{-1}'', NULL, ''2025-02-20'')', :one, :u1), 'P0002', NULL, 'an unknown charge');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', ''{%s}'', NULL, ''2025-02-20'')', :two, :v1, :c1), 'P0002', NULL, 'another project''s charge');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', ''{%s}'', NULL, ''2025-02-20'')', :one, :u2, :c1), '22023', NULL, 'another unit''s charge');
SELECT throws_ok(format('EXECUTE pay(%s, NULL, %s, 1, ''cash'', ''{%s}'', NULL, ''2025-02-20'')', :one, :qian, :c1), '22023', NULL, 'another payer''s charge');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', ''{{%s}}'', NULL, ''2025-02-20'')', :one, :u1, :c1), '22023', NULL, 'a square of charges');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', array_fill(%s::bigint, ARRAY[1001]), NULL, ''2025-02-20'')', :one, :u1, :c1), '22023', NULL, 'too many charges');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, '' '', ''2025-02-20'')', :one, :u1), '22023', 'external_ref must not be empty');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, repeat(''x'', 201), ''2025-02-20'')', :one, :u1), '22001', NULL, 'a long reference');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, NULL, NULL)', :one, :u1), '22004', 'at must not be null');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, NULL, ''infinity'')', :one, :u1), '22008', NULL, 'an endless time');
SELECT throws_ok(format('EXECUTE pay(%s, %s, NULL, 1, ''cash'', NULL, NULL, ''2025-01-31 15:00+00'')', :one, :u1), '55000', 'accounting month 2025-01 is closed', 'a closed month');

SELECT throws_ok(format('SELECT rui.reverse_payment(%s, NULL, ''x'', ''2025-02-20'')', :one), '22004', 'payment_id must not be null');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, -1, ''x'', ''2025-02-20'')', :one), 'P0002', NULL, 'an unknown payment');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''x'', ''2025-02-20'')', :two, :p1), 'P0002', NULL, 'another project''s payment');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, NULL, ''2025-02-20'')', :one, :p1), '22004', 'reason must not be null');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, repeat(''x'', 501), ''2025-02-20'')', :one, :p1), '22001', NULL, 'a long reason');
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''x'', ''2025-01-20'')', :one, :p1), '55000', NULL, 'a reversal in a closed month');
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''x'', at => ''2025-01-20'')', :one, :c1), '55000', NULL, 'a charge''s, too');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, NULL, 1, ''x'', at => ''2025-02-20'')', :one), '22004', 'payment_id must not be null');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, -1, 1, ''x'', at => ''2025-02-20'')', :one), 'P0002', NULL, 'a refund of an unknown payment');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, ''NaN'', ''x'', at => ''2025-02-20'')', :one, :p1), '22003', NULL, 'a refund that is no number');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 1, ''x'', at => ''2025-01-01'')', :one, :p1), '22023', NULL, 'a refund before the payment');
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 1, ''x'', at => ''2025-01-20'')', :one, :p1), '55000', NULL, 'a refund in a closed month');

SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.record_payment(%s, %s, NULL, 1, ''cash'')', :one, :u1), '42501', NULL, 'a resident records no payments');
SET LOCAL ROLE rui_resident;
SELECT throws_ok(format('INSERT INTO rui.payment (project_id, unit_id, amount, channel, at) VALUES (%s, %s, 1, ''cash'', now())', :one, :u1), '42501', NULL, 'nor writes them down');
RESET ROLE;
SELECT is(pg_temp.content(), :'before', 'nothing has changed');
SELECT * FROM finish();
ROLLBACK;
