-- Red letters: in full and in part, to the cent; the buyer's word; what has to
-- be reddened; output tax by charges and by invoices; rules that see damage.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than looking
SELECT plan(66);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'),
	(:one, :qian, 'resident', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'rent', '租金') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'rent', '{"model":"fixed","price":"1","tax":{"rate":"0.09","inclusive":true}}', 'once', '2025-01-01') \gset hidden_
SELECT rui.set_tax_setting(:one, 'charged'), rui.set_tax_seller(:one, 'Acme', '91350100M000100Y43', 'Li', '2025-01-01'),
	rui.set_tax_class(:one, 'property', '3040801010000000000', '*企业管理服务*物业服务费', 'service', '2025-01-01'),
	rui.set_tax_class(:one, 'rent', '3040502020200000000', '*经营租赁*租金', 'lease', '2025-01-01') \gset hidden_
SELECT rui.set_title(:one, :zhao, 'enterprise', 'Firm', '91320102MA1MUY2LX5', at => '2025-01-02') AS firm,
	rui.set_title(:one, :qian, 'person', '钱二', at => '2025-01-02') AS person \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- Takes everything that may go, and issues it.
CREATE FUNCTION pg_temp.issue(project bigint, day timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(rui.answer_invoice(project, t.invoice_id, t.attempt, 'issued', '2532' || lpad(t.invoice_id::text, 16, '0'), day, at => day))
	FROM rui.take_invoices(project, 100, 'g', day) t $$;
CREATE FUNCTION pg_temp.left_of(invoice bigint) RETURNS TABLE (line integer, net numeric, tax numeric, gross numeric) LANGUAGE sql AS $$
	SELECT f.line, f.net::numeric, f.tax::numeric, f.gross::numeric FROM rui.tax_line_left f WHERE f.invoice_id = invoice ORDER BY f.line $$;
CREATE FUNCTION pg_temp.says(invoice bigint) RETURNS TABLE (line integer, red_line integer, net numeric, tax numeric, gross numeric) LANGUAGE sql AS $$
	SELECT l.line, l.red_line, l.net::numeric, l.tax::numeric, l.gross::numeric FROM rui.tax_invoice_line l WHERE l.invoice_id = invoice ORDER BY l.line $$;

SELECT rui.add_charge(:one, 'property', 100, :u1, :zhao, at => '2025-01-05') AS c1, rui.add_charge(:one, 'rent', 33.33, :u4, :zhao, at => '2025-01-05') AS c2,
	rui.add_charge(:one, 'property', 10, :u2, :qian, at => '2025-01-05') AS c3, rui.add_charge(:one, 'property', 20, :u2, :qian, at => '2025-01-05') AS c4 \gset
SELECT rui.request_invoice(:one, :firm, ARRAY[:c1, :c2], kind => 'special', at => '2025-01-06') AS blue,
	rui.request_invoice(:one, :person, ARRAY[:c3], at => '2025-01-06') AS blue2, rui.request_invoice(:one, :person, ARRAY[:c4], at => '2025-01-06') AS blue3 \gset
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', at => ''2025-01-07'')', :one, :blue), '55000', format('invoice %s cannot be reddened', :blue), 'what is not issued is not reddened');
SELECT is(pg_temp.issue(:one, '2025-01-07'), 3::bigint, 'invoices of what is charged, unpaid');
-- Arguments.
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''because'')', :one, :blue), '22023', NULL, 'a reason that is none');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''error'', 10)', :one, :blue), '22023', 'a wrong invoice is reddened in full', 'a wrong invoice in part');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', 10, ''[{"line":1}]'')', :one, :blue), '22023', NULL, 'an amount and lines');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', lines => %L)', :one, :blue, b.lines), '22023', NULL, b.lines)
FROM (VALUES ('[]'), ('[{"line":0}]'), ('[{"line":1,"amount":"0.00"}]'), ('[{"line":1,"amount":"-1"}]'), ('[{"line":1},{"line":1}]'), ('[{"line":1},{"line":"1"}]'), ('[{"line":1,"more":1}]')) AS b(lines);
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', lines => ''[{"line":1,"amount":"100.01"}]'')', :one, :blue), '55000', format('of line 1 of invoice %s only 100.00 is left', :blue), 'more than the line');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', lines => ''[{"line":3}]'')', :one, :blue), '55000', NULL, 'a line that is not');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'', 133.34)', :one, :blue), '55000', format('of invoice %s only 133.33 is left', :blue), 'more than the invoice');
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''return'')', :one, :blue2), '42501', NULL, 'residents ask for none');
SELECT pg_temp.act(:loader) \gset hidden_

-- In part, to the cent.
SELECT rui.request_red_letter(:one, :blue, 'allowance', lines => '[{"line":1,"amount":"33.33"}]', request_key => 'r1', at => '2025-01-08') AS r1 \gset
SELECT is(rui.request_red_letter(:one, :blue, 'allowance', lines => '[{"line":1,"amount":"33.33"}]', request_key => 'r1', at => '2025-01-08'), :r1::bigint, 'with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.says(%s)', :r1), 'VALUES (1, 1, -31.44, -1.89, -33.33)', 'negative lines that name what they lower');
SELECT results_eq(format('SELECT * FROM pg_temp.left_of(%s)', :blue), 'VALUES (1, 62.90, 3.77, 66.67), (2, 30.58, 2.75, 33.33)', 'what it takes is reserved at once');
SELECT rui.request_red_letter(:one, :blue, 'return', 50, at => '2025-01-08') AS r2 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.says(%s)', :r2), 'VALUES (1, 1, -31.46, -1.88, -33.34), (2, 2, -15.29, -1.37, -16.66)', 'an amount in proportion to what is left');
SELECT is(rui.cancel_invoice(:one, :r2, at => '2025-01-08'), 'canceled', 'taken back');
SELECT results_eq(format('SELECT * FROM pg_temp.left_of(%s)', :blue), 'VALUES (1, 62.90, 3.77, 66.67), (2, 30.58, 2.75, 33.33)', 'it gives its lines back');
SELECT throws_ok(format('INSERT INTO rui.tax_invoice_line (project_id, invoice_id, line, red_line, charge_id, goods_name, class_code, rate_code, treatment, rate, net, tax, gross)
	SELECT project_id, invoice_id, 9, 1, charge_id, goods_name, class_code, rate_code, treatment, rate, -62.91, -3.77, -66.68 FROM rui.tax_invoice_line WHERE invoice_id = %s', :r1), '23514', NULL, 'no more than is left, whoever writes it');
SELECT throws_ok(format('INSERT INTO rui.tax_invoice_line (project_id, invoice_id, line, red_line, charge_id, goods_name, class_code, rate_code, treatment, rate, net, tax, gross)
	SELECT project_id, invoice_id, 9, 2, charge_id, goods_name, class_code, rate_code, treatment, rate, -1, -0.06, -1.06 FROM rui.tax_invoice_line WHERE invoice_id = %s', :r1), '23514', NULL, 'nor of another charge''s line');
SELECT is(pg_temp.issue(:one, '2025-02-03'), 1::bigint, 'the first goes out');
SELECT is((SELECT gross::numeric FROM rui.tax_invoiced WHERE source_id = :c1 AND source = 'charge'), 66.67, 'and frees a part of the charge');
SELECT throws_ok(format('UPDATE rui.tax_invoice SET remark = ''x'' WHERE id = %s', :r1), '55000', NULL, 'a red letter is not changed either');
SELECT throws_ok(format('SELECT rui.request_red_letter(%s, %s, ''error'', at => ''2025-02-04'')', :one, :r1), '55000', format('red letter %s cannot be reddened', :r1), 'nor reddened');
SELECT is((SELECT document -> 'red' FROM (SELECT rui._invoice_document(:one, :r1) AS document) d), format('{"number":"2532%s","issued_at":"2025-01-07 08:00:00","reason":"allowance","reason_name":"销售折让"}', lpad(:'blue', 16, '0'))::jsonb, 'gateways get the number of the invoice');
SELECT rui.request_invoice(:one, :firm, ARRAY[:c1], at => '2025-02-04') AS again \gset
SELECT results_eq(format('SELECT net, tax, gross FROM pg_temp.says(%s)', :again), 'VALUES (31.44, 1.89, 33.33)', 'what is free may be invoiced again, with its own tax');

-- The buyer has deducted: his word is needed.
SELECT throws_ok(format('SELECT rui.record_deduction(%s, %s)', :one, :blue2), '55000', NULL, 'only special invoices are deducted');
SELECT rui.record_deduction(:one, :blue, '2025-02-05'), rui.record_deduction(:one, :blue, '2025-02-06') \gset hidden_
SELECT is((SELECT count(*) FROM rui.tax_deduction), 1::bigint, 'once');
SELECT rui.request_red_letter(:one, :blue, 'stopped', lines => '[{"line":2}]', at => '2025-02-06') AS r3 \gset
SELECT is((SELECT state FROM rui.tax_invoice WHERE id = :r3), 'confirming', 'it waits for the buyer');
SELECT is_empty(format('SELECT * FROM rui.invoice_outbox WHERE invoice_id = %s', :r3), 'and is in no outbox');
SELECT throws_ok(format('SELECT rui.confirm_red_letter(%s, %s, true, at => ''2025-02-07'')', :one, :r3), '22004', NULL, 'a confirmation has its number');
SELECT is(rui.confirm_red_letter(:one, :r3, false, at => '2025-02-07'), 'canceled', 'refused');
SELECT rui.request_red_letter(:one, :blue, 'stopped', lines => '[{"line":2}]', at => '2025-02-07 00:00+00') AS r4 \gset
SELECT is((SELECT done FROM rui.tick(:one, '2025-02-10 00:00+00') WHERE duty = 'lapse_red_letters'), 0::bigint, 'he has three days');
SELECT throws_ok(format('SELECT rui.confirm_red_letter(%s, %s, true, ''C'', at => ''2025-02-10 00:01+00'')', :one, :r4), '22023', NULL, 'and no more');
SELECT is((SELECT done FROM rui.tick(:one, '2025-02-10 00:01+00') WHERE duty = 'lapse_red_letters'), 1::bigint, 'then it lapses');
SELECT rui.request_red_letter(:one, :blue, 'stopped', lines => '[{"line":2}]', at => '2025-02-10') AS r5 \gset
SELECT is(rui.confirm_red_letter(:one, :r5, true, 'C-1', 'k', '2025-02-11'), 'requested', 'confirmed it goes on');
SELECT is((SELECT rui._invoice_document(:one, :r5) #>> '{red,confirmation_no}'), 'C-1', 'with the number of the confirmation');
SELECT is(pg_temp.issue(:one, '2025-02-12'), 2::bigint, 'to the office');

-- What has to be reddened, and why.
SELECT is_empty(format('SELECT * FROM rui.red_letters_due(%s)', :one), 'nothing is due');
SELECT rui.request_waiver(:one, :c3, 4, 'Lift', at => '2025-02-13') AS w1 \gset
SELECT rui.open_dispute(:one, :c4, 'Not mine', at => '2025-02-13') \gset hidden_
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_waiver(:one, :w1, true, at => '2025-02-13') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.reverse_charge(:one, :c1, 'Wrong', at => '2025-02-14') \gset hidden_
SELECT rui.record_payment(:one, NULL, :sun, 30, 'bank', at => '2025-02-14') AS money \gset
SELECT rui.set_title(:one, :sun, 'person', '孙三', at => '2025-02-14') AS t3 \gset
SELECT rui.request_invoice(:one, :t3, payment_id => :money, at => '2025-02-14') AS prepaid \gset
SELECT is(pg_temp.issue(:one, '2025-02-14'), 1::bigint, 'a prepayment');
SELECT rui.refund_payment(:one, :money, 12, 'Moved', at => '2025-02-15') \gset hidden_
SELECT set_eq(format('SELECT invoice_id, line, charge_id, payment_id, reason, amount FROM rui.red_letters_due(%s)', :one), format($$VALUES
	(%s::bigint, 1, %s::bigint, NULL::bigint, 'reversed', 66.67), (%s, 1, %s, NULL, 'reversed', 33.33), (%s, 1, %s, NULL, 'waived', 4.00),
	(%s, 1, %s, NULL, 'disputed', 20.00), (%s, 1, NULL, %s, 'refunded', 12.00)$$, :blue, :c1, :again, :c1, :blue2, :c3, :blue3, :c4, :prepaid, :money), 'reversed, waived, disputed, refunded');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT set_eq('SELECT subject_id FROM rui._inbox(now()) WHERE kind = ''redden''', format('VALUES (%s::bigint), (%s), (%s), (%s), (%s)', :blue, :again, :blue2, :blue3, :prepaid), 'they are in the inbox');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_red_letter(:one, :blue2, 'allowance', 4, at => '2025-02-16'), rui.request_red_letter(:one, :prepaid, 'return', 12, at => '2025-02-16'),
	rui.request_red_letter(:one, :again, 'return', at => '2025-02-16') \gset hidden_
SELECT set_eq(format('SELECT invoice_id, reason FROM rui.red_letters_due(%s)', :one), format($$VALUES (%s::bigint, 'reversed'), (%s, 'disputed')$$, :blue, :blue3), 'asked for is done with');
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.red_letters_due(%s)', :one), '42501', NULL, 'residents do not see it');
SELECT pg_temp.act(:loader) \gset hidden_

-- Output tax: of January 6 % of 100, 10 and 20, 9 % of 33.33, all invoiced.
SELECT results_eq(format('SELECT * FROM rui.output_tax(%s, ''2025-01-01'')', :one), $$VALUES
	(0.06, 122.64, 7.36, 130.00, 122.64, 7.36, 130.00, 0.00, 0.00), (0.09, 30.58, 2.75, 33.33, 30.58, 2.75, 33.33, 0.00, 0.00)$$, 'a month that is invoiced in full');
SELECT is(pg_temp.issue(:one, '2025-02-17'), 3::bigint, 'the red letters go out');
-- February: c1 reversed, 4 of c3 waived; reddened 33.33, 33.33 again, 4 of 6 %, all of 9 %; 33.33 invoiced.
SELECT results_eq(format('SELECT * FROM rui.output_tax(%s, ''2025-02-01'')', :one), $$VALUES
	(0.06, -98.11, -5.89, -104.00, -35.21, -2.12, -37.33, -62.90, -3.77), (0.09, 0, 0, 0, -30.58, -2.75, -33.33, 30.58, 2.75)$$, 'what is still to be reddened is the difference');
-- What is asked for and then taken back is not issued.
SELECT rui.add_charge(:one, 'property', 53, :u3, :zhao, at => '2025-02-18') AS e1, rui.add_charge(:one, 'property', 53, :u3, :zhao, at => '2025-02-18') AS e2 \gset
SELECT rui.request_invoice(:one, :firm, ARRAY[:e1], at => '2025-02-18') AS gone, rui.request_invoice(:one, :firm, ARRAY[:e2], at => '2025-02-18') AS sent \gset
SELECT count(*) FROM rui.take_invoices(:one, 10, 'g', '2025-02-18') \gset hidden_
SELECT rui.answer_invoice(:one, :gone, 1, 'later', reason => 'Closed', at => '2025-02-18') \gset hidden_
SELECT rui.reverse_charge(:one, :e1, 'Wrong', at => '2025-02-19'), rui.reverse_charge(:one, :e2, 'Wrong', at => '2025-02-19') \gset hidden_
SELECT is(array(SELECT invoice_id FROM rui.take_invoices(:one, 10, 'g', '2025-02-20')), ARRAY[:sent::bigint], 'only what may be issued already is asked after');
SELECT set_eq(format('SELECT invoice_id, state FROM rui.red_letters_due(%s) WHERE charge_id IN (%s, %s)', :one, :e1, :e2), format($$VALUES (%s::bigint, 'requested'), (%s, 'sent')$$, :gone, :sent), 'and both are told of');
SELECT is(rui.cancel_invoice(:one, :gone, at => '2025-02-20'), 'canceled', 'the other is canceled');
SELECT throws_ok(format('SELECT * FROM rui.output_tax(%s, ''2025-02-02'')', :one), '22023', NULL, 'a month begins on its first day');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');

-- Whatever the parts, they are the invoice to the cent: random amounts over
-- three lines, until nothing is left.
SELECT rui.add_charge(:one, 'property', 777.77, :u1, :zhao, at => '2025-03-01') AS d1, rui.add_charge(:one, 'rent', 0.11, :u1, :zhao, at => '2025-03-01') AS d2,
	rui.add_charge(:one, 'rent', 45.67, :u1, :zhao, at => '2025-03-01') AS d3 \gset
SELECT rui.request_invoice(:one, :firm, ARRAY[:d1, :d2, :d3], kind => 'special', at => '2025-03-01') AS whole \gset
SELECT pg_temp.issue(:one, '2025-03-02') \gset hidden_
CREATE FUNCTION pg_temp.redden(project bigint, blue bigint, seed double precision) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	remaining numeric;
	letters integer := 0;
BEGIN
	PERFORM setseed(seed);
	LOOP
		SELECT sum(f.gross) INTO remaining FROM rui.tax_line_left f WHERE f.invoice_id = blue;
		EXIT WHEN remaining = 0;
		PERFORM rui.request_red_letter(project, blue, 'allowance', least(remaining, 0.01 + round((random() ^ 3 * 200)::numeric, 2)), at => '2025-03-03');
		letters := letters + 1;
	END LOOP;
	RETURN letters;
END $$;
SELECT cmp_ok(pg_temp.redden(:one, :whole, 0.25), '>', 5, 'many red letters');
SELECT pg_temp.issue(:one, '2025-03-04') \gset hidden_
SELECT results_eq(format('SELECT l.red_line, sum(l.net)::numeric, sum(l.tax)::numeric, sum(l.gross)::numeric FROM rui.tax_invoice_line l
	JOIN rui.tax_invoice i ON i.id = l.invoice_id AND i.red_of = %s GROUP BY l.red_line ORDER BY l.red_line', :whole),
	'VALUES (1, -733.75, -44.02, -777.77), (2, -0.10, -0.01, -0.11), (3, -41.90, -3.77, -45.67)', 'are the invoice, line by line');
SELECT is_empty('SELECT * FROM rui.tax_invoice_violation', 'and nothing is broken');

-- Damage, and the rules that see it.
CREATE FUNCTION pg_temp.damage(command text, rules text[], about text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	seen text[];
BEGIN
	BEGIN
		PERFORM set_config('session_replication_role', 'replica', true);
		EXECUTE command;
		SELECT array_agg(DISTINCT v.invariant ORDER BY v.invariant) INTO seen FROM rui.tax_invoice_violation v;
		RAISE EXCEPTION USING ERRCODE = 'RUUND';
	EXCEPTION WHEN SQLSTATE 'RUUND' THEN
		NULL; -- undone
	END;
	RETURN NEXT is(seen, rules, about);
END $$;
SELECT pg_temp.damage(format('UPDATE rui.tax_invoice SET net = net - 1, gross = gross - 1 WHERE id = %s', :blue), '{tax_invoice_sum}', 'a head that is not its lines');
SELECT pg_temp.damage(format('UPDATE rui.tax_line_left SET net = net + 1, gross = gross + 1 WHERE invoice_id = %s AND line = 1', :blue), '{tax_line_left}', 'more left than is');
SELECT pg_temp.damage(format('UPDATE rui.tax_invoice SET state = ''issued'', number = repeat(''9'', 20), issued_at = now() WHERE id = %s', :r2), '{tax_invoiced_once,tax_line_left,tax_number_once}', 'a red letter that came after all');
SELECT pg_temp.damage(format('UPDATE rui.tax_invoiced SET net = net - 1, gross = gross - 1 WHERE source = ''charge'' AND source_id = %s', :c4), '{tax_invoiced_once}', 'less counted than invoiced');
SELECT pg_temp.damage('DELETE FROM rui.tax_number', '{tax_number_once}', 'numbers that nobody has registered');
SELECT pg_temp.damage(format('UPDATE rui.tax_invoice SET buyer_name = ''Other'' WHERE id = %s', :r1), '{tax_invoice_red}', 'a red letter to somebody else');
SELECT is_empty($$SELECT m[1] FROM regexp_matches(pg_get_viewdef('rui.tax_invoice_violation'), $r$'([a-z_]+)'::text(?: AS invariant|,\s+format| AS "\?column\?")$r$, 'g') m
	WHERE rui.label('invariant', m[1], 'zh') = m[1]$$, 'every rule has a Chinese name');
SELECT * FROM finish();
ROLLBACK;
