-- Partners' shares of what is paid ahead and of what is taxed: a share leaves
-- revenue with the days the charge is for, and of tax there is none.
BEGIN;
SELECT plan(21);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'parking', '车位费'), rui.set_fee_item(:one, 'taxed', '服务费') \gset hidden_
SELECT rui.set_price_plan(:one, 'parking', '{"model":"fixed","price":"1"}', 'once', '2025-01-01'),
	rui.set_price_plan(:one, 'taxed', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = balance.code $$;
CREATE FUNCTION pg_temp.revenue(project bigint, month date) RETURNS numeric LANGUAGE sql AS $$
	SELECT sum(r.actual) FROM rui.site_result(project, month) r WHERE r.section = 'revenue' $$;
CREATE FUNCTION pg_temp.settle(project bigint, manager bigint, loader bigint, month date) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	new_id bigint := rui.settle_shares(project, month, (month + interval '1 month 1 day')::timestamptz);
BEGIN
	PERFORM pg_temp.act(manager);
	PERFORM rui.decide_settlement(project, new_id, true, at => (month + interval '1 month 2 days')::timestamptz);
	PERFORM pg_temp.act(loader);
	RETURN new_id;
END $$;
SELECT rui.propose_share_contract(:one, 'P', 'parking', '[2025-01-01,2027-01-01)', ARRAY[:qian], '{0.5,0.5}', at => '2025-01-02') AS s1,
	rui.propose_share_contract(:one, 'T', 'taxed', '[2025-01-01,2027-01-01)', ARRAY[:qian, :sun], '{0.5,0.3,0.2}', at => '2025-01-02') AS s2 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_share_contract(:one, :s1, 'approve', at => '2025-01-03'), rui.decide_share_contract(:one, :s2, 'approve', at => '2025-01-03') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_

-- A year of parking, paid in January.
SELECT rui.add_charge(:one, 'parking', 1200, :u4, :zhao, from_on => '2025-01-01', to_on => '2026-01-01', at => '2025-01-05') AS year \gset
SELECT rui.record_payment(:one, :u4, NULL, 1200, 'bank', at => '2025-01-06') AS paid \gset
SELECT pg_temp.settle(:one, :manager, :loader, '2025-01-01') AS m1 \gset
SELECT is((SELECT amount::numeric FROM rui.settlement_line WHERE settlement_id = :m1), 600.00, 'the partner gets his half at once');
SELECT is(pg_temp.revenue(:one, '2025-01-01'), 50.96, 'of January''s revenue only half of January leaves');
SELECT is(pg_temp.balance(:one, '1123.01'), 549.04, 'the rest is paid ahead');
SELECT is(pg_temp.balance(:one, '2205'), -1098.08, 'for service that is owed');
SELECT is(pg_temp.balance(:one, '2242'), 0.00, 'and the partner is paid');
SELECT results_eq(format('SELECT document, fee_code, amount FROM rui.site_result_detail(%s, ''2025-01-01'') ORDER BY 1', :one),
	$$VALUES ('charge', 'parking', 101.92), ('settlement_line', 'parking', -50.96)$$, 'the result says what it is made of');

-- Month by month.
SELECT is(rui.recognize_revenue(:one, '2025-02-01', at => '2025-03-02'), 2::bigint, 'February: what the charge earned, and the share of it');
SELECT is(pg_temp.revenue(:one, '2025-02-01'), 46.02, 'half of it stays');
SELECT results_eq(format('SELECT document, fee_code, amount FROM rui.site_result_detail(%s, ''2025-02-01'') ORDER BY 1', :one),
	$$VALUES ('recognition', NULL, 92.05), ('share_recognition', 'parking', -46.03)$$, 'as the result says');
SELECT is(rui.recognize_revenue(:one, '2025-02-01', at => '2025-03-02'), 0::bigint, 'once');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');

-- A settlement that is late counts in its month while that is open.
SELECT rui.add_charge(:one, 'parking', 300, :u1, :zhao, from_on => '2025-02-01', to_on => '2025-05-01', at => '2025-02-05') AS quarter \gset
SELECT rui.record_payment(:one, :u1, NULL, 300, 'bank', at => '2025-02-06') \gset hidden_
SELECT rui.recognize_revenue(:one, '2025-03-01', at => '2025-04-02') \gset hidden_
SELECT rui.settle_shares(:one, '2025-02-01', '2025-04-03') AS m2 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_settlement(:one, :m2, true, at => '2025-04-04') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-04-05''), rui.close_period(%1$s, ''2025-02-01'', ''2025-04-05''), rui.close_period(%1$s, ''2025-03-01'', ''2025-04-05'')', :one),
	'55000', NULL, 'no month closes before shares are recognized');
SELECT rui._duty_recognize_revenue(:one, '2025-04-05') \gset hidden_
SELECT lives_ok(format('SELECT rui.close_period(%s, ''2025-01-01'', ''2025-04-06''), rui.close_period(%1$s, ''2025-02-01'', ''2025-04-06''), rui.close_period(%1$s, ''2025-03-01'', ''2025-04-06'')', :one),
	'a tick does that');
SELECT is(pg_temp.revenue(:one, '2025-03-01'), 50.96 + 52.25, 'March has half of both');

-- Taken back: the share comes back as it was given, and what is left cancels out.
SELECT rui.reverse_payment(:one, :paid, 'Bounced', '2025-04-10') \gset hidden_
SELECT rui.request_waiver(:one, :year, 1200, 'Never used', at => '2025-04-11') AS waived \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_waiver(:one, :waived, true, at => '2025-04-12') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT count(pg_temp.settle(:one, :manager, :loader, m::date)) FROM unnest('{2025-03-01,2025-04-01}'::date[]) m \gset hidden_
SELECT rui.recognize_revenue(:one, '2026-01-01', at => '2026-02-02') \gset hidden_
SELECT is((SELECT sum(earned) + (SELECT sum(r.amount) FROM rui.share_recognition r WHERE r.line_id IN (SELECT d.line_id FROM rui.share_deferral d WHERE d.charge_id = :year))
	FROM rui.share_deferral WHERE charge_id = :year), 0.00, 'what was given and taken back lowers no revenue');
SELECT is(pg_temp.balance(:one, '1123.01'), 0.00, 'and in the end nothing is paid ahead');
SELECT is(pg_temp.balance(:one, '6001'), -150.00, 'half of the quarter is all that was earned');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');

-- Of a taxed charge the net is shared, to the cent, in however many parts.
SELECT rui.add_charge(:one, 'taxed', 106.01, :u2, :zhao, at => '2026-02-03') AS taxed \gset
SELECT count(rui.record_payment(:one, :u2, NULL, p, 'bank', at => ('2026-02-04'::timestamptz + n * interval '1 month'))) FROM unnest('{33.33,0.01,72.67}'::numeric[]) WITH ORDINALITY AS p(p, n) \gset hidden_
SELECT count(pg_temp.settle(:one, :manager, :loader, m::date)) FROM generate_series('2025-05-01'::timestamp, '2026-05-01', '1 month') m \gset hidden_
SELECT results_eq(format('SELECT party_id, sum(received)::numeric FROM rui.settlement_line WHERE charge_id = %s GROUP BY 1 ORDER BY 1', :taxed),
	format('SELECT * FROM (VALUES (%s::bigint, 30.00), (%s, 20.00)) v ORDER BY 1', :qian, :sun), 'partners share 100.01 of 106.01');
SELECT is((SELECT c.net - 50.00 FROM rui.charge c WHERE c.id = :taxed), 50.01, 'and the company keeps its half, and hands on the tax');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
