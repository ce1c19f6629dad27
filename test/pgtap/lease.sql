-- Leases: approved by another, charged cycle by cycle, ended before their time;
-- what each costs, to the cent and in words; what is refused.
BEGIN;
SELECT plan(46);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'rent', '车位租金', revenue_account => '6051') AS rent \gset
SELECT rui.set_late_rule(:one, 'rent', 0.001, 0, 1, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.tick(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui._duty_charge_leases(p.id, tick.at) FROM rui.project p WHERE p.code = 'one' $$;
CREATE FUNCTION pg_temp.charged(lease bigint) RETURNS TABLE (period daterange, gross numeric, revision integer, is_back boolean) LANGUAGE sql AS $$
	SELECT c.period, c.gross::numeric, c.revision, v.charge_id IS NOT NULL FROM rui.lease_cycle y
	JOIN rui.charge c ON c.project_id = y.project_id AND c.source = 'lease' AND c.source_id = y.id
	LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id WHERE y.lease_id = lease ORDER BY c.id $$;

-- Proposed, and decided by another.
SELECT rui.propose_lease(:one, :u4, :zhao, 'rent', 300, '[2025-01-31,2025-06-15)', tax_rate => 0.09, request_key => 'k1', at => '2025-01-10') AS l1 \gset
SELECT is(rui.propose_lease(:one, :u4, :zhao, 'rent', 300, '[2025-01-31,2025-06-15)', tax_rate => 0.09, request_key => 'k1', at => '2025-01-10'), :l1::bigint, 'proposed once per key');
SELECT is(pg_temp.tick('2025-02-01'), 0::bigint, 'what is proposed is not charged');
SELECT throws_ok(format('SELECT rui.decide_lease(%s, %s, true)', :one, :l1), '42501', NULL, 'a loader decides on none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''approve'' AND subject = ''lease''',
	format('VALUES (%s::bigint, ''P-1 Zhao: 300.00'')', :l1), 'it waits in the inbox of who may decide');
SELECT rui.propose_lease(:one, :u4, :qian, 'rent', 250, '[2025-06-01,)', at => '2025-01-10') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_lease(%s, %s, true)', :one, :own), '42501', 'nobody decides on a lease of his own');
SELECT is(rui.withdraw_lease(:one, :own, 'k2', '2025-01-11'), 'withdrawn', 'one''s own is withdrawn');
SELECT throws_ok(format('SELECT rui.withdraw_lease(%s, %s)', :one, :l1), '42501', NULL, 'another''s is not');
SELECT is(rui.decide_lease(:one, :l1, true, 'Agreed', 'k3', '2025-01-11'), 'running', 'it is approved');
SELECT is(rui.decide_lease(:one, :l1, true, 'Agreed', 'k3', '2025-01-11'), 'running', 'once');
SELECT throws_ok(format('SELECT rui.decide_lease(%s, %s, false)', :one, :l1), '55000', NULL, 'what is decided is decided');
-- Cycle by cycle, from the last day of each month.
SELECT is(pg_temp.tick('2025-01-30 23:59+08'), 0::bigint, 'not before its first day');
SELECT is(pg_temp.tick('2025-01-31 00:00+08'), 1::bigint, 'on its first day');
SELECT is(pg_temp.tick('2025-02-10'), 0::bigint, 'once');
SELECT is(pg_temp.tick('2025-07-01'), 4::bigint, 'what ticks have missed');
SELECT results_eq(format('SELECT period, gross FROM pg_temp.charged(%s)', :l1), $$VALUES ('[2025-01-31,2025-02-28)'::daterange, 300.00), ('[2025-02-28,2025-03-31)', 300.00),
	('[2025-03-31,2025-04-30)', 300.00), ('[2025-04-30,2025-05-31)', 300.00), ('[2025-05-31,2025-06-15)', 150.00)$$, 'the last one: 15 of 30 days');
SELECT results_eq(format('SELECT DISTINCT payer_id, unit_id, net::numeric, tax::numeric, due_on FROM rui.charge WHERE source = ''lease'' AND period = ''[2025-01-31,2025-02-28)'' AND project_id = %s', :one),
	format('VALUES (%s::bigint, %s::bigint, 275.23, 24.77, ''2025-02-14''::date)', :zhao, :u4), 'the lessee owes it, with the tax it contains');
SELECT is((SELECT b.balance FROM rui.trial_balance(:one, 'infinity') b WHERE b.code = '1122'), 1350.00, 'and the books say so');
-- Explained.
SELECT id AS last_charge FROM rui.charge WHERE project_id = :one AND source = 'lease' ORDER BY id DESC LIMIT 1 \gset
SELECT results_eq(format('SELECT step, text, amount, counts FROM rui.explain_charge(%s, %s) WHERE step IN (''lease'', ''proration'', ''difference'')', :one, :last_charge),
	format($$VALUES ('lease', 'lease %s since 2025-01-31, every 1 months 300.00; cycle 5, from 2025-05-31 to 2025-06-29', 300.00, true),
	('proration', 'by days: from 2025-05-31 to 2025-06-14, 15 of 30 days', -150.00, true)$$, :l1), 'explained');
-- A second one must wait for the first to end.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_lease(:one, :u4, :qian, 'rent', 1000, '[2025-06-01,)', 6, at => '2025-06-02') AS l2,
	rui.propose_lease(:one, :u4, :qian, 'rent', 1000, '[2025-06-15,)', 6, yearly_rise => 0.033333, at => '2025-06-02') AS l3 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_lease(%s, %s, true)', :one, :l2), '55000', format('unit %s is let from 2025-06-01', :u4), 'one at a time');
SELECT is(rui.decide_lease(:one, :l3, true, at => '2025-06-03'), 'running', 'the day after is free');
SELECT is(pg_temp.tick('2028-06-20'), 7::bigint, 'half a year ahead');
SELECT results_eq(format('SELECT gross FROM pg_temp.charged(%s)', :l3), 'VALUES (1000.00), (1000.00), (1033.33), (1033.33), (1067.78), (1067.78), (1103.37)', 'it rises once a year');
SELECT is_empty(format($$SELECT c.id FROM rui.charge c CROSS JOIN LATERAL (SELECT sum(e.amount) AS amount, bool_or(e.step = 'difference') AS differs
	FROM rui.explain_charge(c.project_id, c.id, 'zh') e WHERE e.counts) e WHERE c.project_id = %s AND (e.amount <> c.gross OR e.differs)$$, :one), 'every rent is explained to the cent');
-- Ended before its time: the rest becomes a prepayment.
SELECT rui.record_payment(:one, NULL, :qian, 8000, 'cash', at => '2028-06-21') AS p1 \gset
SELECT is((SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one AND payer_id = :qian), 0.00, 'all is paid');
SELECT throws_ok(format('SELECT rui.end_lease(%s, %s, ''2025-06-14'')', :one, :l3), '22023', NULL, 'not before it began');
SELECT throws_ok(format('SELECT rui.end_lease(%s, %s, ''2028-06-14'', at => ''2025-06-02'')', :one, :l3), '22023', NULL, 'nor before it was approved');
SELECT rui.end_lease(:one, :l3, '2028-03-14', 'Moved', 'k9', '2028-06-22') AS less \gset
SELECT is(:less::numeric, (SELECT 1103.37 + 1067.78 - rui.prorate(1067.78, '[2027-12-15,2028-03-15)', '[2027-12-15,2028-06-15)')), 'the half year that has begun since, and what is left of the one before');
SELECT is(rui.end_lease(:one, :l3, '2028-03-14', 'Moved', 'k9', '2028-06-22'), :less::numeric, 'once');
SELECT results_eq(format('SELECT period, revision, is_back FROM pg_temp.charged(%s) WHERE lower(period) >= ''2027-12-15''', :l3), $$VALUES ('[2027-12-15,2028-06-15)'::daterange, 1, true),
	('[2028-06-15,2028-12-15)', 1, true), ('[2027-12-15,2028-03-15)', 2, false)$$, 'taken back, and charged anew');
SELECT row_eq(format('SELECT coalesce(sum(open_amount), 0)::numeric, (SELECT -b.balance FROM rui.trial_balance(%1$s, ''infinity'') b WHERE b.code = ''2203'') FROM rui.charge_open WHERE project_id = %1$s AND payer_id = %2$s', :one, :qian),
	ROW(0.00, 8000 - (1000 * 2 + 1033.33 * 2 + 1067.78 + 1067.78 + 1103.37 - :less)), 'what was paid for more is a prepayment');
SELECT throws_ok(format('SELECT rui.end_lease(%s, %s, ''2028-03-14'')', :one, :l3), '55000', NULL, 'what has ended has ended');
SELECT is(pg_temp.tick('2029-01-01'), 0::bigint, 'and is charged no more');
-- Ended ahead, or before a tick came: what is let still is charged still.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_lease(:one, :u4, :qian, 'rent', 310, '[2029-03-01,)', at => '2029-01-02') AS l5,
	rui.propose_lease(:one, :u1, :qian, 'rent', 300, '[2029-04-01,)', at => '2029-01-02') AS l6 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_lease(:one, :l5, true, at => '2029-01-03'), rui.decide_lease(:one, :l6, true, at => '2029-01-03') \gset hidden_
SELECT is(pg_temp.tick('2029-03-02'), 1::bigint, 'its first month');
SELECT is(rui.end_lease(:one, :l5, '2029-05-10', at => '2029-03-03'), 0::numeric, 'given up for the 10th of May');
SELECT is(rui.end_lease(:one, :l6, '2029-04-20', at => '2029-04-22'), 0::numeric, 'ended before anything was charged');
SELECT is(pg_temp.tick('2029-06-01'), 3::bigint, 'April, and the days of May; 20 days of the other');
SELECT results_eq(format('SELECT period, gross FROM pg_temp.charged(%s) UNION ALL SELECT period, gross FROM pg_temp.charged(%s)', :l5, :l6),
	$$VALUES ('[2029-03-01,2029-04-01)'::daterange, 310.00), ('[2029-04-01,2029-05-01)', 310.00), ('[2029-05-01,2029-05-11)', 100.00),
	('[2029-04-01,2029-04-21)', 200.00)$$, 'up to the last day');
-- Earlier books; late fees stand in the way.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_lease(:one, :u3, :sun, 'rent', 100, '[2024-10-01,)', 3, at => '2025-01-02') AS l4 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_lease(:one, :l4, true, at => '2025-01-03') \gset hidden_
SELECT is(pg_temp.tick('2025-05-02'), 2::bigint, 'what began before the books is not charged');
SELECT rui.charge_late_fee(:one, (SELECT max(c.id) FROM rui.charge c WHERE c.payer_id = :sun AND c.source = 'lease'), '2025-06-20') \gset hidden_
SELECT throws_ok(format('SELECT rui.end_lease(%s, %s, ''2025-05-15'', at => ''2025-06-21'')', :one, :l4), '55000', NULL, 'a charge with a late fee is not taken back');
SELECT is((SELECT state FROM rui.lease WHERE id = :l4), 'running', 'and nothing is half done');
-- Who sees it; what is refused.
SELECT pg_temp.act(:zhao) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT results_eq('SELECT id FROM rui.lease', format('VALUES (%s::bigint)', :l1), 'a resident sees his own');
RESET ROLE;
SELECT pg_temp.act(:loader) \gset hidden_
CREATE FUNCTION pg_temp.refused(arguments text, code text, why text) RETURNS text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT rui.propose_lease(%s, %s)', (SELECT id FROM rui.project WHERE code = 'one'), arguments), code, NULL, why) $$;
SELECT pg_temp.refused(format($$%s, %s, 'rent', 0, '[2025-01-01,)'$$, :u4, :zhao), '22003', 'no rent');
SELECT pg_temp.refused(format($$%s, %s, 'rent', 1, '[2025-01-01,)', 5$$, :u4, :zhao), '22023', 'a cycle of five months');
SELECT pg_temp.refused(format($$%s, %s, 'rent', 1, '[2025-01-01,)', yearly_rise => 'NaN'$$, :u4, :zhao), '22003', 'a rise that is no number');
SELECT pg_temp.refused(format($$%s, %s, 'rent', 1, '[2025-01-01,)'$$, :v1, :zhao), 'P0002', 'a unit of another project');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
