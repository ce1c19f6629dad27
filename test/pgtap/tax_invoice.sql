-- Tax invoices: titles, settings, requests of what is paid, the gateway's
-- leases and answers, who sees what, and telling buyers.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than looking
SELECT plan(96);
\ir fixture/estate.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'gate', 'Gateway') RETURNING id AS gate \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :gate, 'tax_gateway', '[2000-01-01,)'),
	(:one, :gate, 'loader', '[2000-01-01,)'), (:one, :qian, 'resident', '[2000-01-01,)'), (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'rent', '租金', 'owner', '6051'), rui.set_fee_item(:one, 'water', '水费'),
	rui.set_fee_item(:one, 'visit', '临停') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'rent', '{"model":"fixed","price":"1","tax":{"rate":"0.09","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'water', '{"model":"fixed","price":"1"}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'visit', '{"model":"duration","steps":[{"every":60,"price":"5"}],"tax":{"rate":"0.09","inclusive":true}}', 'once', '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.number(n integer) RETURNS text LANGUAGE sql AS $$ SELECT '2532' || lpad(n::text, 16, '0') $$;
CREATE FUNCTION pg_temp.invoiced(charge bigint) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce(sum(d.gross), 0)::numeric FROM rui.tax_invoiced d WHERE d.source = 'charge' AND d.source_id = charge $$;

-- Settings.
SELECT rui.add_charge(:one, 'property', 106, :u1, :zhao, at => '2025-01-05') AS c1, rui.add_charge(:one, 'rent', 218, :u4, :zhao, at => '2025-01-05') AS c2,
	rui.add_charge(:one, 'water', 50, :u1, :zhao, at => '2025-01-05') AS c3, rui.add_charge(:one, 'property', 53, :u2, :qian, at => '2025-01-05') AS c4 \gset
SELECT rui.set_title(:one, :zhao, 'person', '赵一', at => '2025-01-05') AS t1 \gset
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], at => ''2025-01-06'')', :one, :t1, :c1), '55000', format('project %s cannot make invoices', :one), 'without a seller nothing is invoiced');
SELECT throws_ok(format('SELECT rui.set_tax_setting(%s, ''guessed'')', :one), '22023', NULL, 'what is guessed is not invoiced');
SELECT throws_ok(format('SELECT rui.set_tax_setting(%s, prepaid_class_code => ''601'')', :one), '22023', NULL, 'a class has 19 digits');
SELECT lives_ok(format('SELECT rui.set_tax_setting(%s, lease => ''00:05'', max_attempts => 2)', :one), 'the project invoices what is paid');
SELECT throws_ok(format('SELECT rui.set_tax_seller(%s, ''Acme'', ''91350100M000100Y44'', ''Li'', ''2025-01-01'')', :one), '22023', 'tax_no "91350100M000100Y44" is no tax number', 'a seller with a wrong check character');
SELECT rui.set_tax_seller(:one, 'Acme Property', '91350100M000100Y43', 'Li', '2025-01-01', bank => 'Bank', account_no => '1') AS seller \gset
SELECT rui.set_tax_seller(:one, 'Acme Service', '91320102MA1MUY2LX5', 'Li', '2025-06-01') AS later \gset
SELECT set_eq(format('SELECT name, valid FROM rui.tax_seller WHERE project_id = %s', :one), $$VALUES ('Acme Property', '[2025-01-01,2025-06-01)'::daterange), ('Acme Service', '[2025-06-01,)')$$, 'sellers follow on one another');
SELECT throws_ok(format('SELECT rui.set_tax_seller(%s, ''x'', ''91320102MA1MUY2LX5'', ''Li'', ''2025-06-01'')', :one), '55000', NULL, 'two do not begin on one day');
SELECT rui.set_tax_class(:one, 'property', '3040801010000000000', '*企业管理服务*物业服务费', 'service', '2025-01-01', unit_name => '月'),
	rui.set_tax_class(:one, 'rent', '3040502020200000000', '*经营租赁*车位租金', 'service', '2025-01-01', 'lease'),
	rui.set_tax_class(:one, 'visit', '3040502020300000000', '*经营租赁*车辆停放', 'lease', '2025-01-01', 'parking') \gset hidden_
SELECT throws_ok(format('SELECT rui.set_tax_class(%s, ''property'', ''304080101'', ''x'', ''service'', ''2025-02-01'')', :one), '22023', NULL, 'a class has 19 digits');
SELECT throws_ok(format('SELECT rui.set_tax_class(%s, ''property'', ''3040801010000000000'', ''x'', ''none'', ''2025-02-01'')', :one), '22023', NULL, 'a rate has to be known');

-- Titles.
SELECT is(rui.set_title(:one, :zhao, 'person', '赵一', phone => '139', at => '2025-01-06'), :t1::bigint, 'the same title again is the same');
SELECT is((SELECT phone FROM rui.tax_title WHERE id = :t1), '139', 'with what is new of it');
SELECT throws_ok(format('SELECT rui.set_title(%s, %s, ''enterprise'', ''Firm'', ''91320102MA1MUY2LX6'')', :one, :zhao), '22023', NULL, 'a wrong check character');
SELECT throws_ok(format('SELECT rui.set_title(%s, %s, ''enterprise'', ''Firm'')', :one, :zhao), '22004', NULL, 'an enterprise without a number');
SELECT throws_ok(format('SELECT rui.set_title(%s, %s, ''person'', ''Zhao'', ''91320102MA1MUY2LX5'')', :one, :zhao), '22023', 'a person has no tax number', 'a person with one');
SELECT throws_ok(format('SELECT rui.set_title(%s, %s, ''enterprise'', ''Old'', ''320102123456788'', at => ''2025-01-06'')', :one, :zhao), '22023', NULL, 'fifteen characters are of earlier times');
SELECT rui.set_tax_setting(:one, allows_old_numbers => true, max_attempts => 2) \gset hidden_
SELECT rui.set_title(:one, :zhao, 'enterprise', 'Old', '320102123456788', at => '2025-01-06') AS old \gset
SELECT isnt(:old::bigint, NULL, 'unless the project allows them');
SELECT rui.set_title(:one, :zhao, 'enterprise', 'Firm', '91320102MA1MUY2LX5', 'Road 1', '025-1', 'Bank', '622', at => '2025-01-06') AS firm \gset
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_title(%s, %s, ''person'', ''Qian'')', :one, :qian), 'P0002', NULL, 'a resident has titles of his own only');
SELECT isnt(rui.set_title(:one, :zhao, 'person', 'Zhao''s wife'), NULL, 'as many as he likes');
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT rui.erase_title(%s, %s)', :one, :old), 'P0002', NULL, 'nobody erases another''s');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT lives_ok(format('SELECT rui.erase_title(%s, %s, ''2025-01-07'')', :one, :old), 'a title is erased');
SELECT row_eq(format('SELECT name, tax_no, erased_at IS NOT NULL FROM rui.tax_title WHERE id = %s', :old), ROW(NULL::text, NULL::text, true), 'and says nothing any more');
SELECT throws_ok(format('SELECT rui.erase_title(%s, %s, ''2025-01-07'')', :one, :old), '55000', NULL, 'once');

-- What is paid is invoiced, and nothing else.
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], at => ''2025-01-07'')', :one, :t1, :c1), '55000', format('charge %s cannot be invoiced', :c1), 'an unpaid charge');
SELECT rui.record_payment(:one, NULL, :zhao, 356.01, 'bank', designation => ARRAY[:c1, :c3, :c2], at => '2025-01-08') AS p1 \gset
SELECT results_eq(format('SELECT charge_id, rate, net, tax, gross, fault FROM rui.invoiceable(%s, %s)', :one, :zhao), format($$VALUES
	(%s::bigint, 0.06, 100.00, 6.00, 106.00, NULL::text), (%s, 0.06, 183.50, 16.51, 200.01, 'It was charged with a tax of 0.09, its class has 0.06.'),
	(%s, NULL, 50.00, 0.00, 50.00, 'Its fee item has no tax class on its first day.')$$, :c1, :c2, :c3), 'what can be invoiced, and why not');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s, %s], at => ''2025-01-08'')', :one, :t1, :c1, :c2), '55000', format('charge %s cannot be invoiced', :c2), 'the rate is the charge''s own');
SELECT rui.set_tax_class(:one, 'rent', '3040502020200000000', '*经营租赁*车位租金', 'lease', '2025-01-02', 'lease') \gset hidden_
SELECT is((SELECT fault FROM rui.invoiceable(:one, :zhao) WHERE charge_id = :c2), 'Nothing is known of the place that its line has to tell of.', 'a lease tells of its place');
SELECT rui.set_tax_estate(:one, '江苏省南京市玄武区', '示例路1号', at => '2025-01-02'), rui.set_tax_estate(:one, '江苏省南京市玄武区', '示例路1号地下', 'C-1', :u4, at => '2025-01-02') \gset hidden_
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s, %s], at => ''2025-01-08'')', :one, :t1, :c1, :c4), '22023', 'the charges are of several payers', 'one invoice, one payer');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], kind => ''special'', at => ''2025-01-08'')', :one, :t1, :c1), '22023', NULL, 'no special invoice to a person');
SELECT rui.request_invoice(:one, :t1, ARRAY[:c1, :c2], remark => '1-101', request_key => 'k1', at => '2025-01-08') AS i1 \gset
SELECT is(rui.request_invoice(:one, :t1, ARRAY[:c1, :c2], remark => '1-101', request_key => 'k1', at => '2025-01-08'), :i1::bigint, 'asked for again with its key it is the same');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], request_key => ''k1'', at => ''2025-01-08'')', :one, :t1, :c1), 'RU409', NULL, 'and no other with that key');
SELECT row_eq(format('SELECT state, net::numeric, tax::numeric, gross::numeric, buyer_name FROM rui.tax_invoice WHERE id = %s', :i1), ROW('requested'::text, 283.50, 22.51, 306.01, '赵一'::text), 'the head is the sum of its lines');
SELECT results_eq(format('SELECT line, quantity, price, net::numeric, tax::numeric, rate FROM rui.tax_invoice_line WHERE invoice_id = %s ORDER BY line', :i1),
	'VALUES (1, 106::numeric, 0.9433962264151, 100.00, 6.00, 0.06), (2, NULL, NULL, 183.50, 16.51, 0.09)', 'a charge as a whole with its quantity, a part without');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], at => ''2025-01-09'')', :one, :t1, :c1), '55000', NULL, 'a charge is invoiced once');
SELECT throws_ok(format('INSERT INTO rui.tax_invoice_line (project_id, invoice_id, line, charge_id, goods_name, class_code, rate_code, treatment, rate, net, tax, gross)
	SELECT project_id, invoice_id, 9, charge_id, goods_name, class_code, rate_code, treatment, rate, 0.01, 0, 0.01 FROM rui.tax_invoice_line WHERE invoice_id = %s AND line = 1', :i1), '23514', NULL, 'whoever writes it');
-- The rest of a charge follows to the cent.
SELECT rui.record_payment(:one, NULL, :zhao, 17.99, 'bank', designation => ARRAY[:c2], at => '2025-01-09') \gset hidden_
SELECT rui.request_invoice(:one, :t1, ARRAY[:c2], at => '2025-01-09') AS i2 \gset
SELECT row_eq(format('SELECT sum(net)::numeric, sum(tax)::numeric, sum(gross)::numeric FROM rui.tax_invoice_line WHERE charge_id = %s', :c2), ROW(200.00, 18.00, 218.00), 'two parts are the charge');

-- The gateway.
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.take_invoices(%s, 10, ''g'')', :one), '42501', NULL, 'residents take none');
SELECT pg_temp.act(:gate) \gset hidden_
SELECT invoice_id AS taken, attempt, request_no, document, lease_until = '2025-01-10 00:05+00' AS leased FROM rui.take_invoices(:one, 1, 'g1', '2025-01-10 00:00+00') \gset
SELECT is(:taken::bigint, :i1::bigint, 'the oldest goes first');
SELECT is(:'leased'::text, 't', 'for five minutes');
SELECT is(:'document'::jsonb - 'lines', format('{"request_no":"%s-%s-1","kind":"ordinary","seller":{"name":"Acme Property","tax_no":"91350100M000100Y43","bank":"Bank","account_no":"1"},
	"buyer":{"kind":"person","name":"赵一","phone":"139"},"drawer":"Li","net":"283.50","tax":"22.51","gross":"306.01","remark":"1-101","requested_at":"2025-01-08 08:00:00","red":null}', :one, :i1)::jsonb, 'it gets all there is to know');
SELECT is(:'document'::jsonb #> '{lines,1}', '{"line":2,"name":"*经营租赁*车位租金","class_code":"3040502020200000000","treatment":"general","rate":"0.09","net":"183.50","tax":"16.51","gross":"200.01",
	"element":{"kind":"lease","region":"江苏省南京市玄武区","address":"示例路1号地下","certificate_no":"C-1","area":"12.00","area_unit":"平方米","from":"2025-01-05","to":"2025-01-05","is_remote":"N"}}'::jsonb, 'a lease with its place, amounts as texts');
SELECT is((SELECT array_agg(invoice_id) FROM rui.take_invoices(:one, 10, 'g2', '2025-01-10 00:01+00')), ARRAY[:i2::bigint], 'another gateway gets others');
SELECT is_empty(format('SELECT * FROM rui.take_invoices(%s, 10, ''g2'', ''2025-01-10 00:02+00'')', :one), 'then none is left');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 1, ''issued'', ''123'', ''2025-01-10 00:01+00'', at => ''2025-01-10 00:02+00'')', :one, :i1), '22023', NULL, 'a number has 20 digits');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 1, ''failed'', at => ''2025-01-10 00:02+00'')', :one, :i1), '22023', NULL, 'a failure has its reason');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 2, ''failed'', reason => ''x'', at => ''2025-01-10 00:02+00'')', :one, :i1), '22023', NULL, 'an attempt that was not');
-- A lease runs out: the next attempt has the same name at the tax office.
SELECT results_eq(format('SELECT invoice_id, attempt, request_no FROM rui.take_invoices(%s, 1, ''g2'', ''2025-01-10 00:05+00'')', :one), format('VALUES (%s::bigint, 2, %L)', :i1, :'request_no'), 'after the lease another takes it');
SELECT is(rui.answer_invoice(:one, :i1, 1, 'failed', reason => 'Busy', at => '2025-01-10 00:06+00'), 'stale', 'the old attempt has no say in failures');
SELECT is(rui.answer_invoice(:one, :i1, 2, 'issued', pg_temp.number(1), '2025-01-10 00:05:30+00', at => '2025-01-10 00:06+00'), 'issued', 'it is issued');
SELECT is(rui.answer_invoice(:one, :i1, 2, 'issued', pg_temp.number(1), '2025-01-10 00:05:30+00', at => '2025-01-10 00:09+00'), 'issued', 'said again it is the same');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 2, ''issued'', pg_temp.number(2), ''2025-01-10 00:05:30+00'', at => ''2025-01-10 00:09+00'')', :one, :i1), '55000', format('attempt 2 of invoice %s has another answer', :i1), 'said otherwise it is refused');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 2, ''failed'', reason => ''x'', at => ''2025-01-10 00:09+00'')', :one, :i1), '55000', NULL, 'also as a failure');
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 1, ''issued'', pg_temp.number(1), ''2025-01-10 00:02+00'', at => ''2025-01-10 00:04+00'')', :one, :i2), '23505', format('number %s is another invoice''s', pg_temp.number(1)), 'a number counts once');
-- Later, later: in the end it has failed, and is asked for again.
SELECT is(rui.answer_invoice(:one, :i2, 1, 'later', reason => 'Closed', at => '2025-01-10 00:02+00'), 'requested', 'the office is closed');
SELECT is((SELECT next_at FROM rui.invoice_outbox WHERE invoice_id = :i2), '2025-01-10 00:03+00'::timestamptz, 'it waits a minute');
SELECT count(*) FROM rui.take_invoices(:one, 1, 'g1', '2025-01-10 00:03+00') \gset hidden_
SELECT is(rui.answer_invoice(:one, :i2, 2, 'later', reason => 'Closed', at => '2025-01-10 00:04+00'), 'failed', 'said twice it has failed');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''follow_up'' AND subject = ''tax_invoice''', format('VALUES (%s::bigint, ''赵一 17.99: Closed'')', :i2), 'a failure is in the inbox');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], at => ''2025-01-11'')', :one, :t1, :c2), '55000', NULL, 'and still holds its charge');
SELECT is(rui.request_invoice_again(:one, :i2, :firm, at => '2025-01-11'), 'requested', 'asked for again, to the firm');
SELECT row_eq(format('SELECT buyer_name, buyer_tax_no, round FROM rui.tax_invoice WHERE id = %s', :i2), ROW('Firm'::text, '91320102MA1MUY2LX5'::text, 2), 'in another round');
SELECT is(rui.cancel_invoice(:one, :i2, at => '2025-01-11'), 'canceled', 'or given up');
SELECT is(pg_temp.invoiced(:c2), 200.01, 'which frees the charge');
SELECT pg_temp.act(:gate) \gset hidden_
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 2, ''issued'', pg_temp.number(3), ''2025-01-10 00:03+00'', at => ''2025-01-12'')', :one, :i2), '55000', NULL, 'no issue after that');
SELECT throws_ok(format('UPDATE rui.tax_invoice SET remark = ''x'' WHERE id = %s', :i1), '55000', format('invoice %s is issued', :i1), 'an issued invoice is never changed');
SELECT throws_ok(format('DELETE FROM rui.tax_invoice WHERE id = %s', :i1), '55000', NULL, 'nor removed');
SELECT throws_ok(format('UPDATE rui.tax_invoice_line SET gross = 1, net = 1, tax = 0 WHERE invoice_id = %s', :i1), '55000', NULL, 'nor its lines');
SELECT throws_ok(format('SELECT rui.cancel_invoice(%s, %s)', :one, :i1), '55000', NULL, 'nor taken back');

-- Parking, and prepayments.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.charge_stay(:one, 'visit', '苏A12345', '2025-01-20 09:00+08', '2025-01-20 11:30+08', :qian, at => '2025-01-20 12:00+08') AS stay \gset
SELECT rui.record_payment(:one, NULL, :qian, 100, 'bank', designation => ARRAY[:stay, :c4], at => '2025-01-21') AS p2 \gset
SELECT pg_temp.act(:qian) \gset hidden_
SELECT rui.set_title(:one, :qian, 'person', '钱二') AS t2 \gset
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s])', :one, :t2, :c2), 'P0002', NULL, 'a resident asks for his own');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s])', :one, :t1, :stay), 'P0002', NULL, 'to titles of his own');
SELECT rui.request_invoice(:one, :t2, ARRAY[:stay]) AS i3 \gset
SELECT is((SELECT element FROM rui.tax_invoice_line WHERE invoice_id = :i3), '{"kind":"parking","region":"江苏省南京市玄武区","address":"示例路1号","plate":"苏A12345","from":"2025-01-20 09:00","to":"2025-01-20 11:30"}'::jsonb, 'a stay tells of car and time');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, payment_id => %s, amount => 32.01)', :one, :t2, :p2), '55000', format('payment %s has 32.00 left that is not invoiced', :p2), 'no more of a prepayment than is left');
SELECT rui.request_invoice(:one, :t2, payment_id => :p2) AS i4 \gset
SELECT row_eq(format('SELECT class_code, treatment, gross::numeric FROM rui.tax_invoice_line WHERE invoice_id = %s', :i4), ROW('6010000000000000000'::text, 'untaxed'::text, 32.00), 'a prepayment is not taxed');
SELECT rui.request_invoice(:one, :t2, ARRAY[:c4]) AS i5 \gset
SELECT isnt(:i5::bigint, NULL, 'what the payment has paid besides is invoiced');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.add_charge(:one, 'property', 32, :u2, :qian, at => '2025-01-22') AS c5 \gset
SELECT rui._allocate_payment(:one, :p2, '2025-01-22') \gset hidden_
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s])', :one, :t2, :c5), '55000', format('charge %s cannot be invoiced', :c5), 'money is not invoiced twice');

-- What is not taxed; what is waived.
SELECT rui.set_tax_class(:one, 'water', '1100301010000000000', '*水冰雪*自来水', 'untaxed', '2025-01-01') \gset hidden_
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s], kind => ''special'', at => ''2025-01-22'')', :one, :firm, :c3), '55000', NULL, 'a special invoice shows a tax');
SELECT rui.request_invoice(:one, :firm, ARRAY[:c3], at => '2025-01-22') AS i6 \gset
SELECT isnt(:i6::bigint, NULL, 'an ordinary one need not');
SELECT rui.add_charge(:one, 'property', 100, :u3, :zhao, at => '2025-01-22') AS c6 \gset
SELECT rui.request_waiver(:one, :c6, 33.33, 'Lift', at => '2025-01-22') AS w6 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_waiver(:one, :w6, true, at => '2025-01-22'), rui.set_tax_setting(:one, 'charged', lease => '00:00:01', max_attempts => 2) \gset hidden_
SELECT results_eq(format('SELECT net, tax, gross FROM rui.invoiceable(%s, %s) WHERE charge_id = %s', :one, :zhao, :c6), 'VALUES (62.90, 3.77, 66.67)', 'what is waived is not invoiced, with the tax of the ledger');
SELECT rui.open_dispute(:one, :c6, 'Not mine', at => '2025-01-23') \gset hidden_
SELECT is((SELECT fault FROM rui.invoiceable(:one, :zhao) WHERE charge_id = :c6), 'It is under dispute.', 'what is disputed waits');

-- A gateway that is nothing else, whose first word was lost.
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.cancel_invoice(%s, %s)', :one, :i5), 'P0002', NULL, 'a resident cancels his own requests');
SELECT pg_temp.act(:qian) \gset hidden_
SELECT is(rui.cancel_invoice(:one, :i5), 'canceled', 'and does');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'gate2', 'Gateway') RETURNING id AS gate2 \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :gate2, 'tax_gateway', '[2000-01-01,)');
SELECT pg_temp.act(:gate2) \gset hidden_
SELECT cmp_ok((SELECT count(*) FROM rui.take_invoices(:one, 10, 'g')), '=', 3::bigint, 'it takes what waits');
SELECT ok(:i3 IN (SELECT invoice_id FROM rui.take_invoices(:one, 10, 'g', now() + interval '2 seconds')), 'and again after the lease');
SELECT is(rui.answer_invoice(:one, :i3, 2, 'failed', reason => 'Known', at => now() + interval '3 seconds'), 'failed', 'the office knows it');
SELECT is(rui.answer_invoice(:one, :i3, 1, 'issued', pg_temp.number(7), now(), at => now() + interval '4 seconds'), 'issued', 'because it was issued: a fact that counts');
SELECT rui.answer_invoice(:one, :i6, 2, 'failed', reason => 'Name', at => now() + interval '3 seconds') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_invoice_again(:one, :i6, :t1) \gset hidden_
SELECT pg_temp.act(:gate2) \gset hidden_
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 1, ''issued'', pg_temp.number(8), now(), at => now() + interval ''4 seconds'')', :one, :i6), '55000', format('invoice %s cannot be number %s as well', :i6, pg_temp.number(8)), 'asked for again it is another request');
SELECT throws_ok(format('SELECT rui.request_invoice(%s, %s, ARRAY[%s])', :one, :t2, :c5), '42501', NULL, 'a gateway asks for nothing');
-- Another project of the seller.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:two, 'property', '物业费'), rui.set_tax_setting(:two, 'charged'),
	rui.set_tax_seller(:two, 'Acme Property', '91350100M000100Y43', 'Li', '2025-01-01') \gset hidden_
SELECT rui.set_price_plan(:two, 'property', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01'),
	rui.set_tax_class(:two, 'property', '3040801010000000000', 'x', 'service', '2025-01-01') \gset hidden_
SELECT rui.add_charge(:two, 'property', 106, :v1, :sun, at => '2025-01-05') AS d1, rui.set_title(:two, :sun, 'person', 'Sun', at => '2025-01-05') AS t5 \gset
SELECT rui.request_invoice(:two, :t5, ARRAY[:d1], at => '2025-01-06') AS j1 \gset
SELECT count(*) FROM rui.take_invoices(:two, 1, 'g', '2025-01-07') \gset hidden_
SELECT throws_ok(format('SELECT rui.answer_invoice(%s, %s, 1, ''issued'', pg_temp.number(1), ''2025-01-07'', at => ''2025-01-07'')', :two, :j1), '23505', NULL, 'a number counts once for a seller, in all projects');

-- Who sees what.
SELECT pg_temp.act(:zhao) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT results_eq('SELECT id FROM rui.tax_invoice ORDER BY id', format('VALUES (%s::bigint), (%s), (%s)', :i1, :i2, :i6), 'a resident sees his invoices');
SELECT is((SELECT count(*) FROM rui.tax_invoice_line l WHERE l.invoice_id NOT IN (:i1, :i2, :i6)), 0::bigint, 'and no line of another');
SELECT is((SELECT count(*) FROM rui.tax_title t WHERE t.party_id <> :zhao), 0::bigint, 'and no title');
RESET ROLE;
-- Buyers are told.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(rui._duty_tell_invoices(:one, '2025-01-23'), 0::bigint, 'without words nobody is told');
SELECT rui.set_message_channel(:one, 'sms'), rui.adopt_invoice_messages(:one, '{sms}', '2025-01-22') \gset hidden_
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :zhao, 'phone', '138');
SELECT is(rui._duty_tell_invoices(:one, '2025-01-23'), 2::bigint, 'with them buyers are');
SELECT is(rui._duty_tell_invoices(:one, '2025-01-24'), 0::bigint, 'once');
SELECT is((SELECT body FROM rui.take_messages(:one, 'sms', 10, 'g', '2025-01-24 02:00+00')), '您的发票已开具：抬头赵一，价税合计306.01元，发票号码' || pg_temp.number(1) || '。', 'with number and amount');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
-- The rates by the day, of a general taxpayer and by the simplified method.
SELECT results_eq($$SELECT d.day, string_agg(format('%s %s', r.code, trim_scale(r.rate * 100)), ', ' ORDER BY r.code)
	FROM (VALUES ('2016-05-01'::date), ('2018-04-30'), ('2018-05-01'), ('2019-04-01'), ('2026-01-01')) AS d(day) JOIN rui.tax_rate r ON r.valid @> d.day
	WHERE r.treatment IN ('general', 'simplified') AND r.code <> 'reduced_1' GROUP BY d.day ORDER BY d.day$$,
	$$VALUES ('2016-05-01'::date, 'goods 17, lease 11, low 13, service 6, simplified_3 3, simplified_5 5'), ('2018-04-30', 'goods 17, lease 11, low 11, service 6, simplified_3 3, simplified_5 5'),
	('2018-05-01', 'goods 16, lease 10, low 10, service 6, simplified_3 3, simplified_5 5'), ('2019-04-01', 'goods 13, lease 9, low 9, service 6, simplified_3 3, simplified_5 5'),
	('2026-01-01', 'goods 13, lease 9, low 9, service 6, simplified_3 3, simplified_5 5')$$, 'the rates as the laws have set them');
SELECT results_eq($$SELECT d.day, count(r.code) FROM (VALUES ('2020-02-29'::date), ('2020-03-01'), ('2022-03-31'), ('2022-04-01'), ('2022-12-31'), ('2023-01-01'), ('2027-12-31'), ('2028-01-01')) AS d(day)
	LEFT JOIN rui.tax_rate r ON r.code = 'reduced_1' AND r.valid @> d.day GROUP BY d.day ORDER BY d.day$$,
	$$VALUES ('2020-02-29'::date, 0::bigint), ('2020-03-01', 1), ('2022-03-31', 1), ('2022-04-01', 0), ('2022-12-31', 0), ('2023-01-01', 1), ('2027-12-31', 1), ('2028-01-01', 0)$$,
	'one percent of small-scale taxpayers, in its two times');
SELECT * FROM finish();
ROLLBACK;
