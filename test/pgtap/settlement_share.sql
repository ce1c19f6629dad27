-- Partners: shares frozen on the charge, settled from what came in less fees,
-- taken back when the money is, carried on when it was spent.
BEGIN;
SELECT plan(39);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'order', '订单'), rui.set_fee_item(:one, 'other', '其他') \gset hidden_
SELECT count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1"}', 'once', '2025-01-01')) FROM unnest('{order,other}'::text[]) f \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'p1', 'One') RETURNING id AS p1 \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'p2', 'Two') RETURNING id AS p2 \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :p1, 'partner', '[2000-01-01,)'),
	(:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = balance.code $$;

-- How parts are shared, by rank.
SELECT is(rui._share_parts(100, 100, '{0.3333,0.3333,0.3334}', '{1,1,1}', NULL), '{33.33,33.33,33.34}'::numeric[], 'all of it');
SELECT is(rui._share_parts(50, 100, '{0.2,0.5,0.3}', '{3,1,2}', NULL), '{0.00,50,0.00}'::numeric[], 'the first rank first');
SELECT is(rui._share_parts(60, 100, '{0.2,0.5,0.3}', '{3,1,2}', NULL), '{0.00,50,10}'::numeric[], 'then the second');
SELECT is(rui._share_parts(0.05, 100, '{0.5,0.25,0.25}', '{1,1,1}', 2), '{0.03,0.01,0.01}'::numeric[], 'the named one bears the rounding');
SELECT is_empty($$SELECT x FROM generate_series(0, 1001) AS x CROSS JOIN (VALUES (NULL::integer), (1), (3)) AS v(place)
	CROSS JOIN LATERAL rui._share_parts(x / 100.0, 10.01, '{0.1,0.31,0.59}', '{2,1,1}', v.place) AS parts
	WHERE (SELECT sum(p) FROM unnest(parts) p) <> x / 100.0 OR 0 > ANY (parts)$$, 'parts always add up');

-- Contracts.
SELECT throws_ok(format('SELECT rui.propose_share_contract(%s, ''S'', ''order'', ''[2025-01-01,2026-01-01)'', ''{%s}'', ''{0.3,0.69}'', at => ''2025-01-02'')', :one, :p1), '22023', NULL, 'shares add up to one');
SELECT throws_ok(format('SELECT rui.propose_share_contract(%s, ''S'', ''order'', ''[2025-01-01,2026-01-01)'', ''{%s}'', ''{1,0}'', at => ''2025-01-02'')', :one, :p1), '22023', NULL, 'a partner has a share');
SELECT throws_ok(format('SELECT rui.propose_share_contract(%s, ''S'', ''order'', ''[2025-01-01,2026-01-01)'', ''{%s,%2$s}'', ''{0,0.5,0.5}'', at => ''2025-01-02'')', :one, :p1), '22023', NULL, 'one');
SELECT throws_ok(format('SELECT rui.propose_share_contract(%s, ''S'', ''order'', ''[2025-01-01,2026-01-01)'', ''{-1}'', ''{0,1}'', at => ''2025-01-02'')', :one), 'P0002', NULL, 'partners are known');
SELECT rui.propose_share_contract(:one, 'S1', 'order', '[2025-01-01,2026-01-01)', ARRAY[:p1, :p2], '{0.3,0.4,0.3}', at => '2025-01-02') AS s1,
	rui.propose_share_contract(:one, 'S2', 'order', '[2025-12-31,2026-02-01)', ARRAY[:p1], '{0,1}', at => '2025-01-02') AS s2 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'share_contract' AND subject_id = :s1), 'it waits in the inbox of who may approve');
SELECT is(rui.decide_share_contract(:one, :s1, 'approve', at => '2025-01-03'), 'active', 'another person approves');
SELECT throws_ok(format('SELECT rui.decide_share_contract(%s, %s, ''approve'', at => ''2025-01-03'')', :one, :s2), '55000', NULL, 'one contract at a time');
SELECT pg_temp.act(:loader) \gset hidden_

-- Frozen on the charge.
SELECT rui.add_charge(:one, 'order', 100, :u1, :zhao, at => '2025-01-05') AS c1, rui.add_charge(:one, 'order', 33.33, :u2, :zhao, at => '2025-01-05') AS c2,
	rui.add_charge(:one, 'other', 50, :u3, :zhao, at => '2025-01-05') AS c3 \gset
SELECT results_eq(format('SELECT charge_id, fractions FROM rui.charge_share WHERE project_id = %s ORDER BY 1', :one),
	format('VALUES (%s::bigint, ''{0.3,0.4,0.3}''::numeric[]), (%s, ''{0.3,0.4,0.3}'')', :c1, :c2), 'what is shared keeps its shares');
SELECT rui.set_channel_fee(:one, 'wechat', 0.006, '2025-01-01', at => '2025-01-05') \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 60, 'wechat', at => '2025-01-10') AS y1, rui.record_payment(:one, :u2, NULL, 33.33, 'cash', at => '2025-01-11') AS y2,
	rui.record_payment(:one, :u3, NULL, 50, 'cash', at => '2025-01-11') AS y3 \gset

-- A month is settled once, from what came in.
SELECT throws_ok(format('SELECT rui.settle_shares(%s, ''2025-01-01'', ''2025-01-31'')', :one), '22023', NULL, 'not before it is over');
SELECT rui.settle_shares(:one, '2025-01-01', '2025-02-02') AS m1 \gset
SELECT is(rui.settle_shares(:one, '2025-01-01', '2025-02-03'), :m1::bigint, 'once');
SELECT row_eq(format('SELECT received::numeric, fee::numeric, state FROM rui.settlement WHERE id = %s', :m1), ROW(93.33, 0.36, 'settled'::text), 'what came in for what is shared');
SELECT results_eq(format('SELECT charge_id, party_id, received::numeric, fee::numeric, amount::numeric FROM rui.settlement_line WHERE settlement_id = %s ORDER BY id', :m1),
	format('VALUES (%1$s::bigint, %3$s::bigint, 24.00, 0.14, 23.86), (%1$s, %4$s, 18.00, 0.11, 17.89), (%2$s, %3$s, 13.33, 0.00, 13.33), (%2$s, %4$s, 10.00, 0.00, 10.00)', :c1, :c2, :p1, :p2),
	'each by largest remainder');
SELECT throws_ok(format('SELECT rui.settle_shares(%s, ''2025-02-01'', ''2025-03-02'')', :one), '55000', NULL, 'the next one waits for it');
SELECT throws_ok(format('SELECT rui.decide_settlement(%s, %s, true, at => ''2025-02-03'')', :one, :m1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'settlement' AND subject_id = :m1), 'it waits in the inbox of who may approve');
SELECT throws_ok(format('SELECT rui.decide_settlement(%s, %s, true, ''1122'', at => ''2025-02-03'')', :one, :m1), '22023', NULL, 'nothing is paid from receivables');
SELECT throws_ok(format('SELECT rui.decide_settlement(%s, %s, false, at => ''2025-02-03'')', :one, :m1), '22004', NULL, 'a refusal says why');
SELECT is(rui.decide_settlement(:one, :m1, false, remark => 'Again', at => '2025-02-03'), 'refused', 'it is refused');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.settle_shares(:one, '2025-01-01', '2025-02-03') AS m1 \gset
SELECT is((SELECT received::numeric FROM rui.settlement WHERE id = :m1), 93.33, 'and settled anew');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_settlement(:one, :m1, true, request_key => 'd', at => '2025-02-04'), 'paid', 'then paid');
SELECT is(rui.decide_settlement(:one, :m1, true, request_key => 'd', at => '2025-02-04'), 'paid', 'once');
SELECT is(pg_temp.balance(:one, '1002'), -65.08, 'from the bank');
SELECT is(pg_temp.balance(:one, '6001'), -118.25, 'what is the partners'' is no revenue');
SELECT is(pg_temp.balance(:one, '2242'), 0.00, 'and nothing is owed to them');
SELECT is((SELECT array_agg(DISTINCT period) FROM rui.posting WHERE document = 'settlement_line'), '{2025-01-01}'::date[], 'in the settled month');

-- A payment that was none, and the rest of another.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.reverse_payment(:one, :y2, 'Bounced', '2025-02-10') \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 0.01, 'cash', at => '2025-02-11') \gset hidden_
SELECT rui.settle_shares(:one, '2025-02-01', '2025-03-02') AS m2 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_settlement(:one, :m2, true, at => '2025-03-03') \gset hidden_
SELECT results_eq(format('SELECT party_id, carried::numeric, amount::numeric, payout::numeric FROM rui.settlement_party WHERE settlement_id = %s ORDER BY 1', :m2),
	format('VALUES (%s::bigint, 0.00, -13.32, 0.00), (%s, 0.00, -10.00, 0.00)', :p1, :p2), 'what was taken back is taken back from them');
SELECT is(pg_temp.balance(:one, '2242'), 23.32, 'who owe it');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 39.99, 'cash', at => '2025-03-11') \gset hidden_
SELECT rui.settle_shares(:one, '2025-03-01', '2025-04-02') AS m3 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_settlement(:one, :m3, true, at => '2025-04-03') \gset hidden_
SELECT results_eq(format('SELECT party_id, carried::numeric, amount::numeric, payout::numeric FROM rui.settlement_party WHERE settlement_id = %s ORDER BY 1', :m3),
	format('VALUES (%s::bigint, -13.32, 15.99, 2.67), (%s, -10.00, 12.00, 2.00)', :p1, :p2), 'until it is made up for');
SELECT is((SELECT sum(l.received)::numeric FROM rui.settlement_line l JOIN rui.settlement s ON s.id = l.settlement_id WHERE s.state = 'paid' AND charge_id = :c1), 70.00, 'in three parts a charge is shared to the cent');
SELECT is(pg_temp.balance(:one, '2242'), 0.00, 'all is paid');

-- Who sees what.
SELECT pg_temp.act(:p1) \gset hidden_
SET LOCAL ROLE rui_partner;
SELECT results_eq('SELECT DISTINCT party_id FROM rui.settlement_line UNION SELECT party_id FROM rui.settlement_party', format('VALUES (%s::bigint)', :p1), 'a partner sees what is his');
SELECT throws_ok('SELECT * FROM rui.settlement', '42501', NULL, 'and not the whole');
RESET ROLE;
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT throws_ok(format('INSERT INTO rui.settlement_allocation SELECT * FROM rui.settlement_allocation WHERE project_id = %s LIMIT 1', :one), '23505', NULL, 'an allocation is settled once');
SELECT * FROM finish();
ROLLBACK;
