-- Twenty live projects with books, a hundred homes each and two fees in each
-- of twenty-four months that nobody has paid; an accountant of all of them,
-- and tables with the ledger's indexes and nothing else.
BEGIN;
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'p' || i, 'Project ' || i) FROM generate_series(1, 20) i \g /dev/null
SELECT rui.set_project_state(id, 'go_live') FROM rui.project ORDER BY id \g /dev/null
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'clerk', 'Clerk') RETURNING id AS clerk \gset
SELECT rui.grant_role(id, :clerk, 'accountant') FROM rui.project \g /dev/null
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'loader', 'Loader') RETURNING id AS loader \gset
SELECT rui.grant_role(id, :loader, 'loader') FROM rui.project \g /dev/null
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_books(id, (date_trunc('month', now()) - interval '24 months')::date) FROM rui.project \g /dev/null
SELECT rui.set_fee_item(id, 'property', '物业费'), rui.set_fee_item(id, 'waste', '垃圾费') FROM rui.project \g /dev/null
INSERT INTO rui.building (project_id, code, footprint, entrance)
SELECT id, 'b1', ST_Multi(ST_MakeEnvelope(118.80, 32.05, 118.801, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005, 32.0505), 4326)
FROM rui.project;
INSERT INTO rui.unit (project_id, building_id, code, area_m2)
SELECT b.project_id, b.id, 'u' || n, 90 FROM rui.building b CROSS JOIN generate_series(1, 100) n ORDER BY b.project_id, n;
INSERT INTO rui.charge (project_id, fee_item_id, unit_id, source, period, quantity, net, tax, gross, tax_rate, due_on, at)
SELECT f.project_id, f.id, u.id, 'plan', daterange(m::date, (m + interval '1 month')::date), 1,
	CASE f.code WHEN 'waste' THEN 8 ELSE 241.98 END, CASE f.code WHEN 'waste' THEN 0 ELSE 14.52 END,
	CASE f.code WHEN 'waste' THEN 8 ELSE 256.50 END, CASE f.code WHEN 'waste' THEN NULL ELSE 0.06 END, m::date + 30, now() - interval '1 hour'
FROM rui.fee_item f
JOIN rui.unit u ON u.project_id = f.project_id
CROSS JOIN generate_series(date_trunc('month', now()::timestamp) - interval '24 months', date_trunc('month', now()::timestamp) - interval '1 month',
	interval '1 month') m;
DO $$
BEGIN
	IF EXISTS (SELECT FROM generate_series(1, 20) p CROSS JOIN generate_series(1, 100) n
		LEFT JOIN rui.unit u ON u.project_id = p AND u.id = (p - 1) * 100 + n WHERE u.id IS NULL) THEN
		RAISE EXCEPTION 'the scripts count on ids that are not there';
	END IF;
END
$$;
CREATE ROLE bench_clerk LOGIN IN ROLE rui_manager;
INSERT INTO rui.login (login, party_id) VALUES ('bench_clerk', :clerk);
COMMIT;
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO PUBLIC;
CREATE TABLE bench.posting (LIKE rui.posting INCLUDING ALL);
CREATE TABLE bench.entry (LIKE rui.ledger_entry INCLUDING ALL);
CREATE TABLE bench.batch AS SELECT jsonb_agg(jsonb_build_object('debit', '6602', 'credit', '1002', 'amount', 1 + n % 1000 / 100.0,
	'memo', 'Paper for the office')) AS entries FROM generate_series(1, 1000) n;
GRANT ALL ON ALL TABLES IN SCHEMA bench TO PUBLIC;
VACUUM ANALYZE;
