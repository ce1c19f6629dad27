-- Paying ahead: campaigns by four eyes and their conditions, what the months
-- cost (computed here by hand), what runs charge and the books recognize, the
-- money that is kept for it, and what becomes of it all when it is withdrawn,
-- the price rises, or the owner changes.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than looking
SELECT plan(54);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01', due_days => 0) \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:zhao]::bigint[], '{1}'),
	(:one, :u2, '[2020-01-01,)', ARRAY[:qian]::bigint[], '{1}'), (:one, :u3, '[2020-01-01,2025-04-01)', ARRAY[:sun]::bigint[], '{1}'), (:one, :u3, '[2025-04-01,)', ARRAY[:qian]::bigint[], '{1}');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- Twelve months' price in thirteen equal parts, each cut to the cent.
CREATE FUNCTION pg_temp.thirteenth(price numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT floor(price * 12 / 13 * 100) / 100 $$;
CREATE FUNCTION pg_temp.bill(project bigint, months date[]) RETURNS void LANGUAGE sql AS $$
	SELECT rui.run_billing(project, m, at => (m + 1)::timestamptz) FROM unnest(months) WITH ORDINALITY AS x(m, n) ORDER BY n $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text, upto timestamptz DEFAULT 'infinity') RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, upto) b WHERE b.code = balance.code $$;

-- A campaign: asked for by one, decided by another.
SELECT throws_ok(format('SELECT rui.request_advance_campaign(%s, ''property'', ''x'', %s)', :one, b.rest), b.code, NULL, b.about)
FROM (VALUES ('''[2025-01-01,2025-03-01)'', 12, ''x''', '22003', 'something has to be given'), ('''[2025-01-01,2025-03-01)'', 20, ''x'', 5', '22003', 'two years at most'),
	('''[2025-01-01,)'', 12, ''x'', 1', '22023', 'it has a last day'), ('''[2025-01-01,2025-03-01)'', 12, ''x'', 1, 0', '22003', 'not all is free'),
	('''[2025-01-01,2025-03-01)'', 12, ''x'', 1, unit_kind => ''ship''', '22023', 'units of a kind there is'),
	('''[2025-01-01,2025-03-01)'', 12, ''x'', 1, unit_ids => ARRAY[-1]', 'P0002', 'or these')) AS b(rest, code, about);
SELECT rui.request_advance_campaign(:one, 'property', '缴12赠1', '[2025-01-01,2025-03-01)', 12, 'Year''s end', 1, unit_kind => 'home', request_key => 'k', at => '2025-01-02') AS k1 \gset
SELECT is(rui.request_advance_campaign(:one, 'property', '缴12赠1', '[2025-01-01,2025-03-01)', 12, 'Year''s end', 1, unit_kind => 'home', request_key => 'k', at => '2025-01-02'), :k1::bigint, 'the same key, the same campaign');
SELECT rui.request_advance_campaign(:one, 'property', '半年九五折', '[2025-01-01,2025-03-01)', 6, 'x', share => 0.95, unit_ids => ARRAY[:u2, :u3], claws_back_on_sale => false, at => '2025-01-02') AS k2 \gset
SELECT throws_ok(format('SELECT rui.decide_advance_campaign(%s, %s, true, at => ''2025-01-03'')', :one, :k1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.request_advance_campaign(:one, 'property', 'Own', '[2025-01-01,2025-03-01)', 12, 'x', 1, at => '2025-01-02') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_advance_campaign(%s, %s, true, at => ''2025-01-03'')', :one, :own), '42501', 'nobody decides on a campaign of his own', 'nor anybody his own');
SELECT is(rui.withdraw_advance_campaign(:one, :own, at => '2025-01-03'), 'withdrawn', 'he may withdraw it');
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''approve'' AND subject = ''advance_campaign'' ORDER BY 1',
	format('VALUES (%s::bigint, ''缴12赠1: Year''''s end''), (%s, ''半年九五折: x'')', :k1, :k2), 'others'' wait in the inbox');
SELECT is(rui.decide_advance_campaign(:one, :k1, true, at => '2025-01-03'), 'approved', 'another approves') UNION ALL SELECT is(rui.decide_advance_campaign(:one, :k2, true, at => '2025-01-03'), 'approved', 'both');
SELECT pg_temp.act(:loader) \gset hidden_

-- What it costs: 250 a month; 12 of 13 are 230.76 (230.769 cut to the cent).
SELECT pg_temp.bill(:one, '{2025-01-01}') \gset hidden_
SELECT is((SELECT sum(gross) FROM rui.advance_quote(:one, :k1, :u1, :zhao, '2025-02-01', '2025-01-10')), 13 * pg_temp.thirteenth(250), 'thirteen months for no more than twelve');
SELECT cmp_ok(13 * pg_temp.thirteenth(250), '<=', 12 * 250.00, 'never more');
SELECT is((SELECT string_agg(fault, ' ') FROM rui.advance_quote(:one, :k1, :u1, :zhao, '2025-01-01', '2025-01-10')), 'It is charged already, or has no price.', 'January is charged');
SELECT is_empty(format($$SELECT u.id FROM rui.unit u JOIN rui.ownership o ON o.unit_id = u.id AND upper_inf(o.valid)
	CROSS JOIN LATERAL (SELECT sum(q.gross) AS gross FROM rui.advance_quote(%s, %s, u.id, o.owner_ids[1], '2025-02-01', '2025-01-10') q) q WHERE q.gross <> 13 * pg_temp.thirteenth(round(u.area_m2 * 2.5, 2))$$, :one, :k1) || ' AND u.id <> ' || :u3, 'of each unit its own price');

-- Conditions.
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-02-01'', at => ''2025-01-10'')', :one, :k1, :u1, :zhao), '55000', NULL, 'with arrears: none');
SELECT rui.record_payment(:one, :u1, NULL, 250, 'bank', at => '2025-01-11') \gset hidden_
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-02-01'', at => ''2025-01-12'')', :one, :k1, :u1, :zhao), '55000', format('the prepayments of party %s are 2999.88 short of what is to be paid ahead', :zhao), 'nor without money');
SELECT rui.record_payment(:one, :u1, :zhao, 2999.87, 'bank', at => '2025-01-12') AS p1 \gset
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-02-01'', at => ''2025-01-12'')', :one, :k1, :u1, :zhao), '55000', NULL, 'nor for a cent too little');
SELECT rui.record_payment(:one, NULL, :zhao, 100.01, 'bank', at => '2025-01-12') AS p2 \gset
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-02-01'', at => %L)', :one, b.campaign, b.unit, b.payer, b.at), b.code, NULL, b.about)
FROM (VALUES (:k1, :u1, :qian, '2025-01-12', '55000', 'nor for who does not pay'), (:k1, :u1, :zhao, '2025-03-01', '55000', 'nor after its last day'), (:k2, :u1, :zhao, '2025-01-12', '55000', 'nor for another unit'),
	(:own, :u1, :zhao, '2025-01-12', '55000', 'nor by what nobody approved'), (:k1, -1, :zhao, '2025-01-12', 'P0002', 'nor for no unit')) AS b(campaign, unit, payer, at, code, about);
SELECT rui.grant_advance(:one, :k1, :u1, :zhao, '2025-02-01', 'g', '2025-01-12') AS a1 \gset
SELECT is(rui.grant_advance(:one, :k1, :u1, :zhao, '2025-02-01', 'g', '2025-01-12'), :a1::bigint, 'granted, with its key once');
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-02-01'', at => ''2025-01-12'')', :one, :k1, :u1, :zhao), '55000', NULL, 'and not twice');
SELECT row_eq(format('SELECT months, quoted, still_to_bill FROM rui.advance_open WHERE advance_id = %s', :a1), ROW('[2025-02-01,2026-03-01)'::daterange, 2999.88::rui.amount, 2999.88::numeric), 'thirteen months are kept paid');
-- Money that is kept for it is not given back; what is beyond it is.
SELECT throws_ok(format('SELECT rui.refund_payment(%s, %s, 100.01, ''x'', at => ''2025-01-13'')', :one, :p2), '55000', format('payment %s has paid ahead for a discount', :p2), 'it is kept for it');
SELECT lives_ok(format('SELECT rui.refund_payment(%s, %s, 100, ''x'', at => ''2025-01-13'')', :one, :p2), 'what is beyond is free');

-- Each month is charged and paid; revenue is its equal part, not the whole first and nothing last.
SELECT pg_temp.bill(:one, '{2025-02-01,2025-03-01,2025-04-01}') \gset hidden_
SELECT results_eq(format('SELECT c.gross::numeric, c.net::numeric, o.state FROM rui.charge c JOIN rui.charge_open o ON o.charge_id = c.id WHERE c.unit_id = %s AND c.starts_on > ''2025-01-01'' ORDER BY c.starts_on', :u1),
	$$SELECT 230.76, round(230.76 / 1.06, 2), 'paid' FROM generate_series(1, 3)$$, 'a thirteenth of twelve months each, paid out of the prepayment');
SELECT is((SELECT still_to_bill FROM rui.advance_open WHERE advance_id = :a1), 2999.88 - 3 * 230.76, 'so much less is kept');
SELECT matches((SELECT s.text FROM rui.charge c, rui.explain_charge(:one, c.id, 'zh') s WHERE c.unit_id = :u1 AND c.starts_on = '2025-02-01' AND s.step = 'discount'), '预缴优惠，缴12赠1，预缴 12 个月赠 1 个月，2025-02-01 至 2026-02-28', 'the charge is explained');
SELECT is((SELECT sum(s.amount) FROM rui.charge c, rui.explain_charge(:one, c.id) s WHERE c.unit_id = :u1 AND c.starts_on = '2025-02-01' AND s.counts), 230.76, 'to the cent');
SELECT matches((SELECT text FROM rui.statement(:one, :zhao, NULL, '2025-02-01', '2025-03-01', 'zh') WHERE kind = 'charge'), '预缴优惠，按 92.304% 收取', 'the statement names it');
-- A price that rises afterwards rises for him, too: the share stays.
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"3","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-05-01', due_days => 0, at => '2025-04-10') \gset hidden_
SELECT pg_temp.bill(:one, '{2025-05-01}') \gset hidden_
SELECT is((SELECT gross::numeric FROM rui.charge WHERE unit_id = :u1 AND starts_on = '2025-05-01'), round(300 * 0.92304, 2), 'of the new price');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');

-- He asks his money back: what he has had costs in full.
SELECT rui.withdraw_advance(:one, :a1, 'Moves away', 'w', '2025-05-20') AS free \gset
SELECT is(:free::numeric, 2999.87 + 0.01 - 3 * 250 - 300, 'all that was paid ahead, less four months in full');
SELECT is(rui.withdraw_advance(:one, :a1, 'Moves away', 'w', '2025-05-20'), :free::numeric, 'with its key once');
SELECT results_eq(format($$SELECT c.gross::numeric, c.discount_id IS NULL, c.revision FROM rui.charge_open o JOIN rui.charge c ON c.id = o.charge_id WHERE o.unit_id = %s AND o.state = 'paid' AND c.starts_on > '2025-01-01' ORDER BY c.starts_on$$, :u1),
	$$VALUES (250.00, true, 2), (250.00, true, 2), (250.00, true, 2), (300.00, true, 2)$$, 'charged again and paid');
SELECT is((SELECT d.state FROM rui.discount d JOIN rui.advance a ON a.discount_id = d.id WHERE a.id = :a1), 'revoked', 'its discount is revoked');
SELECT throws_ok(format('SELECT rui.withdraw_advance(%s, %s, ''x'', at => ''2025-05-21'')', :one, :a1), '55000', NULL, 'once');
SELECT lives_ok(format('SELECT rui.refund_payment(%s, %s, %s, ''x'', at => ''2025-05-21'')', :one, :p1, 1949.87), 'the rest is refunded');
SELECT is((SELECT sum(net) FROM rui.charge_open o JOIN rui.charge c ON c.id = o.charge_id WHERE o.project_id = :one AND o.state <> 'reversed'), -pg_temp.balance(:one, '6001'), 'the books have earned what is charged');

-- The owner changes: what is paid for the unit goes to who pays now, at the same share.
SELECT pg_temp.act(:loader) \gset hidden_
UPDATE rui.ownership SET valid = '[2020-01-01,2025-08-01)' WHERE unit_id = :u2;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u2, '[2025-08-01,)', ARRAY[:zhao]::bigint[], '{1}');
SELECT is(rui.end_advance_campaign(:one, :k1, at => '2025-05-21'), 'ended', 'a campaign ends') FROM pg_temp.act(:accountant);
SELECT rui.request_advance_campaign(:one, 'property', '六折', '[2025-05-01,2025-09-01)', 6, 'x', share => 0.95, claws_back_on_sale => false, allows_arrears => true, at => '2025-05-21') AS k3 FROM pg_temp.act(:accountant) \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_advance_campaign(:one, :k3, true, at => '2025-05-22') \gset hidden_
-- 80 m² at 3: 240, of which 228 a month; until the end of July it is Qian's.
SELECT rui.record_payment(:one, :u2, NULL, 5 * 200 + 40 + 2 * 228 , 'bank', at => '2025-05-22') AS p3 \gset
SELECT throws_ok(format('SELECT rui.grant_advance(%s, %s, %s, %s, ''2025-06-01'', at => ''2025-05-22'')', :one, :k3, :u2, :qian), '55000', NULL, 'a sale that is known stands in the way');
DELETE FROM rui.ownership WHERE unit_id = :u2 AND owner_ids = ARRAY[:zhao]::bigint[];
UPDATE rui.ownership SET valid = '[2020-01-01,)' WHERE unit_id = :u2;
SELECT rui.record_payment(:one, :u2, NULL, 4 * 228, 'bank', at => '2025-05-22') AS p4 \gset
SELECT rui.grant_advance(:one, :k3, :u2, :qian, '2025-06-01', at => '2025-05-22') AS a2 \gset
SELECT pg_temp.bill(:one, '{2025-06-01,2025-07-01}') \gset hidden_
UPDATE rui.ownership SET valid = '[2020-01-01,2025-08-01)' WHERE unit_id = :u2;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u2, '[2025-08-01,)', ARRAY[:zhao]::bigint[], '{1}');
SELECT throws_ok(format('SELECT rui.transfer_advance(%s, %s, %s, ''Sold'', at => ''2025-07-20'')', :one, :a2, :zhao), '55000', NULL, 'not before he pays');
SELECT throws_ok(format('SELECT rui.transfer_advance(%s, %s, %s, ''Sold'', at => ''2025-08-02'')', :one, :a2, :sun), '55000', NULL, 'nor to another');
SELECT rui.transfer_advance(:one, :a2, :zhao, 'Sold', at => '2025-08-02 12:00+00') AS a3 \gset
SELECT row_eq(format('SELECT months, payer_id, quoted::numeric, takes_over FROM rui.advance WHERE id = %s', :a3), ROW('[2025-08-01,2025-12-01)'::daterange, :zhao::bigint, 4 * 228.00, :a2::bigint), 'four months go over');
SELECT is((SELECT valid FROM rui.discount d JOIN rui.advance a ON a.discount_id = d.id WHERE a.id = :a2), '[2025-06-01,2025-08-01)', 'the earlier payer''s end with July');
SELECT rui.run_billing(:one, '2025-08-01', at => '2025-08-03') \gset hidden_
SELECT results_eq(format('SELECT c.payer_id, c.gross::numeric, o.state FROM rui.charge c JOIN rui.charge_open o ON o.charge_id = c.id WHERE c.unit_id = %s AND c.starts_on >= ''2025-07-01'' ORDER BY c.starts_on', :u2),
	format('VALUES (%s::bigint, 228.00, ''paid''), (%s, 228.00, ''paid'')', :qian, :zhao), 'at the same price');
-- Withdrawn because of a sale, where the campaign does not claw that back.
UPDATE rui.ownership SET valid = '[2025-08-01,2025-09-01)' WHERE unit_id = :u2 AND owner_ids = ARRAY[:zhao]::bigint[];
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u2, '[2025-09-01,)', ARRAY[:sun]::bigint[], '{1}');
SELECT is(rui.withdraw_advance(:one, :a3, 'Sold again', at => '2025-09-02'), 3 * 228.00, 'what he has had stays as it was');
SELECT row_eq(format('SELECT state, clawed_back FROM rui.advance WHERE id = %s', :a3), ROW('withdrawn'::text, false), 'and nothing is clawed back');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
