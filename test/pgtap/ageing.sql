-- Ageing as of any instant: brackets, dimensions, and at many instants against
-- the ledger and against a slow look at every charge.
BEGIN;
SET LOCAL jit = off;
SELECT plan(31);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :qian, 'analyst', '[2000-01-01,)');
SELECT rui.open_books(:one, '2024-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') AS fee, rui.set_fee_item(:one, 'park', '停车') AS park \gset
SELECT count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2024-01-01', due_days => CASE f WHEN 'fee' THEN 0 ELSE 20 END))
FROM unnest('{fee,park}'::text[]) f \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.bracket(project bigint, at timestamptz, brackets interval[]) RETURNS integer[] LANGUAGE sql AS $$
	SELECT array_agg(bracket) FROM rui.arrears_ageing(project, at, 'project', brackets) $$;

-- One debt, due on the last day of February of a leap year, grows older.
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => '2024-02-29 02:00+00') AS c1 \gset
SELECT is(pg_temp.bracket(:one, a.day::date::timestamp AT TIME ZONE 'Asia/Shanghai', a.brackets), ARRAY[a.bracket], format('on %s it lies in bracket %s of %s', a.day, a.bracket, a.brackets))
FROM (VALUES ('2024-03-01', '{30 days,60 days}'::interval[], 1), ('2024-03-30', '{30 days,60 days}', 1), ('2024-03-31', '{30 days,60 days}', 2),
	('2024-04-29', '{30 days,60 days}', 2), ('2024-04-30', '{30 days,60 days}', 3),
	('2025-02-28', '{1 year,2 years}', 1), ('2025-03-01', '{1 year,2 years}', 2), ('2026-03-01', '{1 year,2 years}', 3)) AS a(day, brackets, bracket);
SELECT is(pg_temp.bracket(:one, '2024-02-29 15:59+00', '{30 days}'), '{0}', 'on its last day it is not overdue');
SELECT is(pg_temp.bracket(:one, '2024-02-29 16:00+00', '{30 days}'), '{1}', 'midnight is the project''s');
SELECT is(pg_temp.bracket(:one, '2024-02-29 01:59+00', '{30 days}'), NULL, 'before it was charged it was not there');
SELECT results_eq(format('SELECT bracket, beyond, up_to, charges, amount FROM rui.arrears_ageing(%s, ''2024-04-05'')', :one),
	$$VALUES (2, interval '30 days', interval '60 days', 1::bigint, 100.00)$$, 'a row says between which ages it lies');

-- A muddle over two years, with waivers, write-offs, recoveries and taking back.
SELECT setseed(0.71) \g /dev/null
CREATE FUNCTION pg_temp.one_of(choices bigint[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))] $$;
CREATE FUNCTION pg_temp.muddle(project bigint, units bigint[], payers bigint[], first bigint, second bigint, steps integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	clock timestamptz := '2024-03-01 01:00+00';
	dice integer;
	target bigint;
	done integer := 0;
BEGIN
	FOR step IN 1 .. steps LOOP
		clock := clock + random() * interval '11 days';
		dice := floor(random() * 12);
		PERFORM pg_temp.act(first);
		BEGIN
			target := pg_temp.one_of(ARRAY(SELECT o.charge_id FROM rui.charge_open o WHERE o.project_id = project AND o.open_amount > 0 ORDER BY 1));
			IF dice < 4 THEN
				PERFORM rui.add_charge(project, CASE WHEN random() < 0.5 THEN 'fee' ELSE 'park' END, (random() * 200)::numeric(8,2), pg_temp.one_of(units),
					pg_temp.one_of(payers), at => clock);
			ELSIF dice < 6 THEN
				PERFORM rui.record_payment(project, pg_temp.one_of(units), NULL, 1 + (random() * 150)::numeric(8,2), 'cash', at => clock);
			ELSIF dice = 6 THEN
				PERFORM rui.record_payment(project, c.unit_id, NULL, 30, 'cash', ARRAY[c.id], at => clock - random() * interval '40 days')
				FROM rui.charge c WHERE c.id = (SELECT l.charge_id FROM rui.credit_loss l WHERE l.project_id = project ORDER BY random() LIMIT 1);
			ELSIF dice = 7 THEN
				PERFORM rui.reverse_charge(project, pg_temp.one_of(ARRAY(SELECT c.id FROM rui.charge c WHERE c.project_id = project ORDER BY 1)), 'Wrong', at => clock);
			ELSIF dice = 8 THEN
				PERFORM rui.reverse_payment(project, pg_temp.one_of(ARRAY(SELECT p.id FROM rui.payment p WHERE p.project_id = project ORDER BY 1)), 'Bounced', clock);
			ELSIF dice < 11 THEN
				target := rui.request_write_off(project, ARRAY[target], NULL, NULL, 'Gone', 'x', at => clock);
				PERFORM pg_temp.act(second);
				PERFORM rui.decide_write_off(project, target, true, at => clock);
			ELSE
				target := rui.request_waiver(project, target, 10, 'Asked', at => clock);
				PERFORM pg_temp.act(second);
				PERFORM rui.decide_waiver(project, target, true, at => clock);
			END IF;
			done := done + 1;
		EXCEPTION WHEN object_not_in_prerequisite_state OR null_value_not_allowed OR invalid_parameter_value THEN
			NULL;
		END;
	END LOOP;
	PERFORM pg_temp.act(first);
	RETURN done;
END $$;
SELECT cmp_ok(pg_temp.muddle(:one, ARRAY[:u1, :u2, :u3, :u4]::bigint[], ARRAY[:zhao, :qian, :sun]::bigint[], :loader, :accountant, 160), '>', 100, 'a muddle');
SELECT ok((SELECT count(DISTINCT kind) = 4 FROM rui.credit_loss), 'with losses of every kind');
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:one, '2024-01-01', '{}', 1) RETURNING id AS plan1 \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :one, :plan1, 'west', b.footprint, :manager, 1, 3, 1, 1, 1 FROM rui.building b WHERE b.id = :b1 RETURNING id AS west \gset
INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, homes, workload) VALUES (:one, :plan1, :b1, :west, 3, 1);
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:one, '2024-01-02', '{}', 1) RETURNING id AS plan2 \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :one, :plan2, 'east', b.footprint, :manager, 1, 3, 1, 1, 1 FROM rui.building b WHERE b.id = :b1 RETURNING id AS east \gset
INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, homes, workload) VALUES (:one, :plan2, :b1, :east, 3, 1);
SELECT set_config('session_replication_role', 'replica', true) \gset hidden_
UPDATE rui.grid_plan SET state = CASE id WHEN :plan1 THEN 'retired' ELSE 'active' END, activated_at = CASE id WHEN :plan1 THEN timestamptz '2024-06-01' ELSE '2025-06-01' END,
	retired_at = CASE id WHEN :plan1 THEN timestamptz '2025-06-01' END WHERE id IN (:plan1, :plan2);
SELECT set_config('session_replication_role', 'origin', true) \gset hidden_

-- At many instants, that of each event among them.
CREATE TEMP TABLE instant AS SELECT DISTINCT at FROM (SELECT at FROM rui.credit_loss UNION SELECT at FROM rui.charge_reversal
	UNION SELECT p.at - interval '1 microsecond' FROM rui.posting p WHERE p.document_id % 7 = 0 UNION SELECT '2026-12-31') i;
SELECT cmp_ok((SELECT count(*) FROM instant), '>', 50::bigint, 'many instants');
CREATE TEMP TABLE aged AS SELECT i.at, d.dimension, a.* FROM instant i
CROSS JOIN unnest('{project,payer,unit,fee_item,grid,building,year}'::text[]) AS d(dimension) CROSS JOIN LATERAL rui.arrears_ageing(:one, i.at, d.dimension) a;
SELECT is_empty(format($$SELECT i.at, d.dimension FROM instant i CROSS JOIN unnest('{project,payer,unit,fee_item,grid,building,year}'::text[]) AS d(dimension)
	LEFT JOIN aged a ON a.at = i.at AND a.dimension = d.dimension
	GROUP BY 1, 2 HAVING coalesce(sum(a.amount), 0) <> rui.account_balance(%s, '1122', i.at)$$, :one), 'by every dimension it adds up to receivables, at every instant');
SELECT is_empty('SELECT * FROM aged WHERE amount <= 0', 'and nothing is owed twice or less than nothing');
-- Charge by charge, from the postings of its documents.
CREATE TEMP TABLE move AS
SELECT coalesce(a.charge_id, w.charge_id, l.charge_id, c.id) AS charge_id, s.at, s.amount * CASE WHEN s.is_debit THEN 1 ELSE -1 END AS amount
FROM rui.ledger_side s JOIN rui.account x ON x.id = s.account_id AND x.code = '1122'
LEFT JOIN rui.allocation a ON s.document = 'allocation' AND a.id = s.document_id
LEFT JOIN rui.waiver w ON s.document = 'waiver' AND w.id = s.document_id
LEFT JOIN rui.credit_loss l ON s.document = 'credit_loss' AND l.id = s.document_id
LEFT JOIN rui.charge c ON s.document = 'charge' AND c.id = s.document_id
WHERE s.project_id = :one;
CREATE TEMP TABLE slow AS SELECT i.at, c.payer_id, c.unit_id, c.fee_item_id, extract(year FROM c.starts_on)::bigint AS year,
	CASE WHEN d.age <= 0 THEN 0 WHEN d.age <= 30 THEN 1 WHEN d.age <= 60 THEN 2 WHEN d.age <= 90 THEN 3 WHEN d.age <= 180 THEN 4 WHEN d.age <= 365 THEN 5 ELSE 6 END AS bracket,
	sum(m.amount) AS amount
FROM instant i JOIN move m ON m.at <= i.at JOIN rui.charge c ON c.id = m.charge_id
CROSS JOIN LATERAL (SELECT (i.at AT TIME ZONE 'Asia/Shanghai')::date - c.due_on AS age) d
GROUP BY 1, 2, 3, 4, 5, 6, c.id HAVING sum(m.amount) <> 0;
SELECT is_empty(format($$SELECT at, key, bracket, charges, amount FROM aged WHERE dimension = %L EXCEPT ALL
	SELECT at, %I, bracket, count(*), sum(amount) FROM slow GROUP BY 1, 2, 3$$, d.dimension, d.name) , 'as each charge''s postings say, by ' || d.dimension)
FROM (VALUES ('payer', 'payer_id'), ('unit', 'unit_id'), ('fee_item', 'fee_item_id'), ('year', 'year')) AS d(dimension, name);
SELECT cmp_ok((SELECT count(DISTINCT bracket) FROM aged), '=', 7::bigint, 'with every bracket');
SELECT is_empty('SELECT * FROM aged WHERE dimension = ''grid'' AND code IS DISTINCT FROM CASE WHEN at < ''2024-06-01'' THEN NULL WHEN at < ''2025-06-01'' THEN ''west'' ELSE ''east'' END',
	'grids are those of the time');
SELECT set_eq('SELECT code FROM aged WHERE dimension IN (''unit'', ''building'', ''fee_item'', ''year'')',
	'{1-101,1-102,1-103,P-1,b1,fee,park,2024,2025,2026}'::text[], 'keys have their codes');
-- Who may, and what is refused.
SELECT pg_temp.act(:qian) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT throws_ok(format('SELECT * FROM rui.arrears_ageing(%s, ''2025-01-01'', ''unit'')', :one), '42501', NULL, 'an analyst has rui.count_arrears');
RESET ROLE;
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.arrears_ageing(%s, %s)', :one, a.given), a.code, NULL, a.about)
FROM (VALUES ($$'infinity'$$, '22008', 'no instant'), ($$now(), 'street'$$, '22023', 'no dimension'), ($$now(), 'unit', '{}'$$, '22023', 'no brackets'),
	($$now(), 'unit', '{60 days,30 days}'$$, '22023', 'falling ages'), ($$now(), 'unit', '{0 days}'$$, '22003', 'no age'), ($$now(), NULL$$, '22004', 'null')) AS a(given, code, about);
SELECT * FROM finish();
ROLLBACK;
