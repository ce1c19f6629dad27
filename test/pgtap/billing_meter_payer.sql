-- Whom a run charges for what meters count: cut on the day the payer changes,
-- by sale, hand-over or another developer, and on no other.
BEGIN;
SELECT plan(6);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
SELECT :one, u.id, '[2020-01-01,)', ARRAY[:zhao]::bigint[], '{1}' FROM unnest(ARRAY[:u1, :u2, :u3]::bigint[]) AS u(id);
SELECT rui.set_fee_item(:one, 'water', '水费'), rui.set_fee_item(:one, 'hot', '热水费', payer => 'occupant') \gset hidden_
SELECT count(rui.set_meter_plan(:one, code, '{"model":"fixed","price":"3"}', 'water', '2025-01-01')) FROM unnest('{water,hot}'::text[]) AS f(code) \gset hidden_
SELECT rui.set_meter_plan(:one, 'water', '{"model":"graduated","tiers":[{"up_to":"20","price":"2"},{"price":"5"}],"allowance":{"from":"2","per_person":"10"}}', 'water', '2025-02-01') \gset hidden_
-- A cubic metre a day, from midnight to midnight.
CREATE FUNCTION pg_temp.read(meter bigint, day date) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.record_reading(p.id, meter, day - date '2025-01-01', at => day::timestamp AT TIME ZONE 'Asia/Shanghai') FROM rui.project p WHERE p.code = 'one' $$;
CREATE FUNCTION pg_temp.charged(unit bigint, code text) RETURNS TABLE (days text, payer text, gross numeric) LANGUAGE sql AS $$
	SELECT format('%s to %s', to_char(lower(c.period), 'MM-DD'), to_char(upper(c.period) - 1, 'MM-DD')), p.code, c.gross::numeric FROM rui.charge c
	JOIN rui.fee_item f ON f.id = c.fee_item_id JOIN rui.party p ON p.id = c.payer_id
	WHERE c.unit_id = unit AND f.code = charged.code AND c.source = 'meter'
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.charge_id = c.id) ORDER BY c.period $$;
CREATE TEMP TABLE hung AS SELECT u.id AS unit_id, rui.install_meter(:one, 'w' || u.id, 'water', 'm3', u.id, initial => '0',
	installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS meter_id FROM unnest(ARRAY[:u1, :u2, :u3]::bigint[]) AS u(id);

-- People move in; the owner pays on.
WITH h AS (INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2025-01-11,2025-02-09)'), (:one, :u1, '[2025-02-09,)') RETURNING id, valid)
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, h.id, :u1, p.id, 'tenant', h.valid FROM h JOIN rui.party p ON p.id = CASE WHEN upper_inf(h.valid) THEN :sun ELSE :qian END;
-- One is handed over in the midst, one has not been, and its developer changes.
SELECT rui.set_delivery(:one, :u2, '2025-01-16', developer_id => :sun), rui.set_delivery(:one, :u3, NULL),
	rui.set_developer(:one, :manager, '2025-01-01'), rui.set_developer(:one, :qian, '2025-01-21') \gset hidden_
SELECT count(pg_temp.read(h.meter_id, '2025-02-01')) FROM hung h \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-02-02') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.charged(%s, ''water'')', :u1), $$VALUES ('01-01 to 01-31', 'zhao', 93.00)$$, 'who lives there is nothing to the owner''s bill');
SELECT results_eq(format('SELECT * FROM pg_temp.charged(%s, ''hot'')', :u1), $$VALUES ('01-01 to 01-10', 'zhao', 30.00), ('01-11 to 01-31', 'qian', 63.00)$$, 'but to the occupant''s');
SELECT results_eq(format('SELECT * FROM pg_temp.charged(%s, ''water'')', :u2), $$VALUES ('01-01 to 01-15', 'sun', 45.00), ('01-16 to 01-31', 'zhao', 48.00)$$,
	'until it is handed over the developer pays');
SELECT results_eq(format('SELECT * FROM pg_temp.charged(%s, ''water'')', :u3), $$VALUES ('01-01 to 01-20', 'mgr', 60.00), ('01-21 to 01-31', 'qian', 33.00)$$,
	'each developer his days');
-- With an allowance the household counts: two households of one person each.
SELECT count(pg_temp.read(h.meter_id, '2025-03-01')) FROM hung h \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-02-01', at => '2025-03-02') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.charged(%s, ''water'') OFFSET 1', :u1), $$VALUES ('02-01 to 02-08', 'zhao', 40.00), ('02-09 to 02-28', 'zhao', 100.00)$$,
	'with an allowance a month is cut where the household changes');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
