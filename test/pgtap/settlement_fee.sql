-- What a channel keeps of a payment is rounded once, however many charges it
-- pays, in however many settlements.
BEGIN;
SELECT plan(11);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'order', '订单') \gset hidden_
SELECT rui.set_price_plan(:one, 'order', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
SELECT rui.propose_share_contract(:one, 'S1', 'order', '[2025-01-01,2026-01-01)', ARRAY[:qian], '{0.1,0.9}', at => '2025-01-02') AS s1 \gset
SELECT rui.set_channel_fee(:one, 'wechat', 0.006, '2025-01-01', at => '2025-01-02') \gset hidden_
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_share_contract(:one, :s1, 'approve', at => '2025-01-03') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
CREATE FUNCTION pg_temp.fees(settlement bigint, payment bigint) RETURNS numeric[] LANGUAGE sql AS $$
	SELECT array_agg(d.fee::numeric ORDER BY d.allocation_id) FROM rui.settlement_allocation d
	JOIN rui.allocation a ON a.id = d.allocation_id WHERE d.settlement_id = settlement AND a.payment_id = payment $$;
CREATE FUNCTION pg_temp.settle(project bigint, manager bigint, loader bigint, month date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	new_id bigint := rui.settle_shares(project, month, (month + interval '1 month 1 day')::timestamptz);
BEGIN
	PERFORM pg_temp.act(manager);
	PERFORM rui.decide_settlement(project, new_id, true, at => (month + interval '1 month 2 days')::timestamptz);
	PERFORM pg_temp.act(loader);
	RETURN new_id;
END $$;

-- Ten charges of 1.00 by one payment, and twelve of 0.83 by another.
SELECT count(rui.add_charge(:one, 'order', 1, :u1, :zhao, at => '2025-01-05')) FROM generate_series(1, 10) \gset hidden_
SELECT count(rui.add_charge(:one, 'order', 0.83, :u2, :zhao, at => '2025-01-05')) FROM generate_series(1, 12) \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 10, 'wechat', at => '2025-01-10') AS y1, rui.record_payment(:one, :u2, NULL, 9.96, 'wechat', at => '2025-01-10') AS y2 \gset
SELECT rui.settle_shares(:one, '2025-01-01', '2025-02-02') AS m1 \gset
SELECT is(pg_temp.fees(:m1, :y1), '{0.01,0.00,0.01,0.00,0.01,0.01,0.00,0.01,0.00,0.01}'::numeric[], 'ten parts of 10.00 add up to 0.06');
SELECT is((SELECT sum(f) FROM unnest(pg_temp.fees(:m1, :y2)) f), 0.06, 'twelve of 0.83, each of which is less than half a cent, to 0.06');
SELECT is((SELECT fee::numeric FROM rui.settlement WHERE id = :m1), 0.12, 'of both payments what the channel keeps');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_settlement(:one, :m1, true, at => '2025-02-03') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_

-- One payment over charges of three months, at two rates.
SELECT rui.record_payment(:one, :u3, NULL, 4.15, 'wechat', at => '2025-02-05') AS y3 \gset
SELECT count(rui.add_charge(:one, 'order', 0.83, :u3, :zhao, at => '2025-02-06')) FROM generate_series(1, 3) \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-02-01', at => '2025-02-07') \gset hidden_
SELECT pg_temp.settle(:one, :manager, :loader, '2025-02-01') AS m2 \gset
SELECT is(pg_temp.fees(:m2, :y3), '{0.00,0.01,0.00}'::numeric[], 'what is settled of it');
SELECT rui.set_channel_fee(:one, 'wechat', 0.02, '2025-01-01', at => '2025-03-05') \gset hidden_
SELECT count(rui.add_charge(:one, 'order', 0.83, :u3, :zhao, at => '2025-03-06')) FROM generate_series(1, 2) \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-03-01', at => '2025-03-07') \gset hidden_
-- Taken back: the second allocation, with the fee it had.
SELECT a.charge_id AS second FROM rui.allocation a WHERE a.payment_id = :y3 ORDER BY a.id OFFSET 1 LIMIT 1 \gset
SELECT rui.reverse_charge(:one, :second, 'None', at => '2025-03-08') \gset hidden_
SELECT pg_temp.settle(:one, :manager, :loader, '2025-03-01') AS m3 \gset
SELECT is((SELECT array_agg(d.fee::numeric ORDER BY d.amount, d.allocation_id) FROM rui.settlement_allocation d WHERE d.settlement_id = :m3), '{-0.01,0.03,0.01}'::numeric[],
	'what is settled keeps its rate, what is taken back its fee, and the rest is rounded with both');
SELECT is((SELECT sum(d.fee)::numeric FROM rui.settlement_allocation d JOIN rui.allocation a ON a.id = d.allocation_id WHERE a.payment_id = :y3),
	round(0.006 * 1.66 + 0.02 * 1.66, 2), 'all of it is the exact fee, rounded once');

-- Taken back before it was settled: no fee, and none given back.
SELECT rui.record_payment(:one, :u1, NULL, 5, 'wechat', at => '2025-04-05') AS y4 \gset
SELECT rui.add_charge(:one, 'order', 5, :u1, :zhao, at => '2025-04-06') AS c4 \gset
SELECT count(*) FROM rui.run_billing(:one, '2025-04-01', at => '2025-04-07') \gset hidden_
SELECT rui.reverse_payment(:one, :y4, 'Bounced', '2025-04-08') \gset hidden_
SELECT pg_temp.settle(:one, :manager, :loader, '2025-04-01') AS m4 \gset
SELECT is(pg_temp.fees(:m4, :y4), '{0.00,0.00}'::numeric[], 'what bounced at once costs nothing');
SELECT rui.reverse_payment(:one, :y1, 'Bounced', '2025-05-08') \gset hidden_
SELECT pg_temp.settle(:one, :manager, :loader, '2025-05-01') AS m5 \gset
SELECT is((SELECT sum(f) FROM unnest(pg_temp.fees(:m5, :y1)) f), -0.06, 'a payment that bounces later gives all of its fee back');
SELECT is((SELECT sum(l.fee)::numeric FROM rui.settlement_line l JOIN rui.settlement_allocation d ON d.charge_id = l.charge_id JOIN rui.allocation a ON a.id = d.allocation_id
	WHERE a.payment_id = :y1 AND d.settlement_id = :m5), 0.00, 'and so have the partners');

-- Any cut of a payment comes to the same.
SELECT setseed(0.7) \gset hidden_
SELECT count(rui.add_charge(:one, 'order', round((0.01 + random() * 3)::numeric, 2), :u4, :zhao, at => '2025-06-01')) FROM generate_series(1, 60) \gset hidden_
SELECT rui.record_payment(:one, :u4, NULL, (SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one AND unit_id = :u4), 'wechat', at => '2025-06-02') AS y6 \gset
SELECT pg_temp.settle(:one, :manager, :loader, '2025-06-01') AS m6 \gset
SELECT is((SELECT sum(f) FROM unnest(pg_temp.fees(:m6, :y6)) f), (SELECT round(amount * 0.02, 2) FROM rui.payment WHERE id = :y6), 'sixty charges of whatever size');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
