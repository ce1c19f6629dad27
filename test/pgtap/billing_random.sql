-- Seeded communities, with each convention for parts of a month, in which units are handed over and change hands, households
-- move, homes stand empty, prices change and charges are taken back: what a billing run would charge is what a
-- slow model says, and a run of pieces of the units what a whole one charges.
BEGIN;
SELECT plan(9);
\ir fixture/estate.sql
\ir fixture/billing_model.sql
SELECT setseed(0.42) \g /dev/null
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'heat', '采暖费', payer => 'occupant'),
	rui.set_fee_item(:one, 'family', '户费'), rui.set_fee_item(:one, 'park', '停车费', payer => 'occupant') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01'),
	rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"3.10","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-02-11', proration => 'thirty'),
	rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"9","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01', unit_kind => 'shop'),
	rui.set_price_plan(:one, 'heat', '{"model":"flat","amount":"100.01"}', 'unit', '2025-01-16', proration => 'half_month'),
	rui.set_price_plan(:one, 'family', '{"model":"flat","amount":"7"}', 'household', '2025-01-01', proration => 'twelfth'),
	rui.set_price_plan(:one, 'park', '{"model":"flat","amount":"300"}', 'unit', '2025-01-01', unit_kind => 'parking', proration => 'none') \gset hidden_
INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2)
SELECT :one, :b1, 'r' || n, (ARRAY['home', 'home', 'home', 'shop', 'parking', 'storage'])[1 + n % 6], 20 + n % 97 + 0.25 FROM generate_series(1, 300) n;
INSERT INTO rui.party (company_id, code, name) SELECT :company, 'rp' || n, 'P' FROM generate_series(1, 100) n;
CREATE TEMP TABLE person AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM rui.party WHERE code ~ '^rp';
-- Of each unit the days on which something changes, a few about the months billed.
CREATE TEMP TABLE life AS
SELECT u.id AS unit_id, k.kind, daterange(d.day, lead(d.day) OVER (PARTITION BY u.id, k.kind ORDER BY d.day)) AS valid, random() AS chance, random() AS who
FROM rui.unit u CROSS JOIN (VALUES ('owner'), ('home')) AS k(kind)
CROSS JOIN LATERAL (
	SELECT date '2024-01-01' AS day
	UNION SELECT date '2025-01-01' + (random() * 75)::integer FROM generate_series(1, CASE WHEN u.id % 3 = 0 THEN 2 ELSE 0 END)) d
WHERE u.project_id = :one AND u.code ~ '^r';
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
SELECT :one, l.unit_id, l.valid, CASE WHEN l.chance < 0.3 THEN ARRAY[a.id, b.id] ELSE ARRAY[a.id] END, CASE WHEN l.chance < 0.3 THEN ARRAY[1 + (l.chance * 10)::integer, 2] ELSE '{1}' END
FROM life l JOIN person a ON a.n = 1 + floor(l.who * 99) JOIN person b ON b.n = 1 + a.n % 100 WHERE l.kind = 'owner' AND l.chance < 0.9;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT :one, l.unit_id, l.valid FROM life l WHERE l.kind = 'home' AND l.chance < 0.8;
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT h.project_id, h.id, h.unit_id, p.id, (ARRAY['tenant', 'owner', 'family', 'helper'])[1 + (h.id + k) % 4], h.valid
FROM rui.household h CROSS JOIN generate_series(0, 1) k JOIN person p ON p.n = 1 + (h.id * 7 + k * 13) % 100 WHERE h.project_id = :one AND h.id % 5 > 0;
-- A developer of the project, and for a while one of the building; a fifth of
-- the units is handed over in these months, or never.
INSERT INTO rui.developer (project_id, building_id, party_id, valid)
SELECT :one, d.building_id, p.id, d.valid FROM (VALUES (NULL::bigint, 1, '[2024-06-01,2025-02-21)'::daterange), (NULL, NULL, '[2025-02-21,2025-03-03)'),
	(NULL, 2, '[2025-03-03,)'), (:b1, 3, '[2025-01-20,2025-02-10)'), (:b1, NULL, '[2025-03-20,)')) AS d(building_id, n, valid)
LEFT JOIN person p ON p.n = d.n;
INSERT INTO rui.unit_delivery (project_id, unit_id, delivered_on, developer_id)
SELECT :one, u.id, CASE WHEN random() < 0.7 THEN date '2024-12-20' + (random() * 110)::integer END, CASE WHEN random() < 0.3 THEN p.id END
FROM rui.unit u JOIN person p ON p.n = 4 + u.id % 9 WHERE u.project_id = :one AND u.code ~ '^r' AND u.id % 5 = 0;
-- Facts that overlap and contradict one another, most of them confirmed.
INSERT INTO rui.vacancy_fact (project_id, unit_id, finding, valid, source, confidence, at, last_at)
SELECT :one, u.id, (ARRAY['vacant', 'vacant', 'vacant', 'occupied', 'unknown'])[1 + floor(random() * 5)], CASE WHEN random() < 0.2 THEN daterange(d.day, NULL)
	ELSE daterange(d.day, d.day + 1 + (random() * 70)::integer) END, 'declared', round(random()::numeric, 3), '2025-01-01', '2025-01-01'
FROM rui.unit u CROSS JOIN generate_series(1, 3) k CROSS JOIN LATERAL (SELECT date '2024-11-20' + (random() * 120 + 0 * u.id * k)::integer AS day) d
WHERE u.project_id = :one AND u.code ~ '^r' AND u.id % 2 = 0;
UPDATE rui.vacancy_fact f SET last_action = 'confirm', confirmed_at = timestamptz '2025-01-02' + interval '1 minute' * (f.id % 7)
WHERE f.project_id = :one AND f.id % 4 > 0;
SELECT rui.set_vacancy_rule(:one, 'property', 0.7, 20, '2025-01-10'), rui.set_vacancy_rule(:one, 'property', 0.333333, 45, '2025-02-15'),
	rui.set_vacancy_rule(:one, 'heat', 0, 1, '2025-01-01'), rui.set_vacancy_rule(:one, 'heat', 1, 1, '2025-02-20') \gset hidden_
-- Discounts that overlap each other and empty days, some bound to a payer, some not approved.
INSERT INTO rui.discount (project_id, fee_item_id, unit_ids, payer_id, share, valid, ground, reason, requested_by, requested_at)
SELECT :one, f.id, (SELECT array_agg(u.id) FROM rui.unit u WHERE u.project_id = :one AND u.code ~ '^r' AND u.id % 13 = k % 13), CASE WHEN k % 3 = 0 THEN p.id END,
	(ARRAY[0, 0.5, 0.7, 0.333333, 0.9])[1 + k % 5], daterange(date '2024-12-15' + k * 3, CASE WHEN k % 4 > 0 THEN date '2025-01-05' + k * 4 END), 'agreed', 'Random',
	p.id, '2025-01-01'
FROM generate_series(1, 24) k JOIN rui.fee_item f ON f.project_id = :one AND f.code = (ARRAY['property', 'property', 'heat', 'park'])[1 + k % 4]
JOIN person p ON p.n = 1 + k * 4 % 100;
UPDATE rui.discount d SET last_action = 'approve', decided_at = '2025-01-02', decided_by = (SELECT max(id) FROM person) WHERE d.project_id = :one AND d.id % 6 > 0;
ANALYZE;
CREATE FUNCTION pg_temp.differences(project bigint, month date, at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	WITH ours AS MATERIALIZED (SELECT * FROM rui._due_charges(project, month, at)), model AS MATERIALIZED (SELECT * FROM pg_temp.due_charges_model(project, month, at))
	SELECT count(*) FROM ((SELECT * FROM ours EXCEPT ALL SELECT * FROM model) UNION ALL (SELECT * FROM model EXCEPT ALL SELECT * FROM ours)) d $$;
SELECT is((SELECT array_agg(pg_temp.differences(:one, m::date, '2025-04-01') ORDER BY m) FROM generate_series('2025-01-01'::timestamp, '2025-03-01', '1 month') m),
	'{0,0,0}'::bigint[], 'three months as the model says');
SELECT ok((SELECT count(*) > 700 AND count(*) FILTER (WHERE period <> '[2025-02-01,2025-03-01)') > 200 AND count(*) FILTER (WHERE payer_id IS NULL) > 0
	FROM rui._due_charges(:one, '2025-02-01', '2025-04-01')), 'whole months, parts of one, and homes without anybody are among them');
SELECT ok((SELECT count(*) FILTER (WHERE vacancy_rule_id IS NOT NULL) > 40 AND count(DISTINCT vacancy_rule_id) = 3
		AND count(*) FILTER (WHERE discount_id IS NOT NULL) > 40 AND count(DISTINCT discount_id) > 5
		AND count(*) FILTER (WHERE payer_id IN (SELECT id FROM person WHERE n <= 3)) > 20
	FROM rui._due_charges(:one, '2025-02-01', '2025-04-01')), 'so are empty homes, discounts, and the developer''s');
-- Of one price, the days that are not reduced and those that are cost what their shares of the month say, to the cent of each share.
SELECT ok((SELECT bool_and(abs(d.gross - round(c.gross * coalesce(r.share, x.share, 1) * (upper(d.period) - lower(d.period)) / 28, 2)) <= 0.01)
	FROM rui._due_charges(:one, '2025-02-01', '2025-04-01') d JOIN rui.price_plan p ON p.id = d.plan_id
	LEFT JOIN rui.vacancy_rule r ON r.id = d.vacancy_rule_id LEFT JOIN rui.discount x ON x.id = d.discount_id CROSS JOIN LATERAL rui.charge(p.tariff, d.quantity) c
	WHERE p.proration = 'actual'), 'by days each part is less than a cent off its share');
SELECT is_empty(format($$
	(SELECT d.* FROM rui.unit u CROSS JOIN LATERAL rui._due_charges(%1$s, '2025-02-01', '2025-04-01', u.id, u.id) d WHERE u.project_id = %1$s AND u.id %% 9 = 0
	EXCEPT ALL SELECT * FROM rui._due_charges(%1$s, '2025-02-01', '2025-04-01') WHERE unit_id %% 9 = 0)
	UNION ALL
	(SELECT * FROM rui._due_charges(%1$s, '2025-02-01', '2025-04-01') WHERE unit_id %% 9 = 0
	EXCEPT ALL SELECT d.* FROM rui.unit u CROSS JOIN LATERAL rui._due_charges(%1$s, '2025-02-01', '2025-04-01', u.id, u.id) d WHERE u.project_id = %1$s AND u.id %% 9 = 0)$$, :one),
	'unit by unit the same');
SELECT count(*) FROM rui.run_billing(:one, '2025-02-01', at => '2025-03-05') \gset hidden_
SELECT is_empty(format($$SELECT * FROM rui._due_charges(%s, '2025-02-01', '2025-04-01')$$, :one), 'what is charged is not due');
SELECT rui.reverse_charge(:one, c.id, 'Wrong', c.id % 2 = 0, '2025-03-06') FROM rui.charge c WHERE c.project_id = :one AND c.id % 4 < 2 \g /dev/null
SELECT is(pg_temp.differences(:one, '2025-02-01', '2025-04-01'), 0::bigint, 'charges taken back are due again as the model says');
SELECT ok((SELECT count(*) FILTER (WHERE revision = 2) > 50 FROM rui._due_charges(:one, '2025-02-01', '2025-04-01')), 'many of them');
UPDATE rui.ownership o SET valid = daterange(lower(o.valid), '2025-02-20') WHERE o.project_id = :one AND upper_inf(o.valid) AND lower(o.valid) < '2025-02-20' AND o.unit_id % 5 = 0;
SELECT is(pg_temp.differences(:one, '2025-02-01', '2025-04-01') + pg_temp.differences(:one, '2025-03-01', '2025-04-01'), 0::bigint, 'and after owners have left');
SELECT * FROM finish();
ROLLBACK;
