-- A project with :rows inhabited homes of :rows owners, two fee items: by
-- area with tax, and a flat one; put there behind the platform's back.
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'bench', 'Bench') AS project \gset
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'l', 'Loader') RETURNING id AS loader \gset
SELECT rui.grant_role(:project, :loader, 'loader') \gset hidden_
COMMIT;
BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_books(:project, '2026-01-01', at => '2026-01-01') \gset hidden_
SELECT rui.set_fee_item(:project, 'property', '物业费'), rui.set_fee_item(:project, 'waste', '垃圾费') \gset hidden_
SELECT rui.set_price_plan(:project, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '2026-01-01'),
	rui.set_price_plan(:project, 'waste', '{"model":"flat","amount":"8"}', 'unit', '2026-01-01') \gset hidden_
COMMIT;
CREATE SCHEMA bench;
CREATE TABLE bench.platform AS SELECT :project::bigint AS project_id, :loader::bigint AS loader_id;
SET session_replication_role = replica;
INSERT INTO rui.building (project_id, id, code, footprint, entrance)
SELECT :project, b, 'b' || b, ST_Multi(ST_MakeEnvelope(118 + b % 100 * 0.01, 32 + b / 100 * 0.01, 118.005 + b % 100 * 0.01, 32.005 + b / 100 * 0.01, 4326)),
	ST_SetSRID(ST_MakePoint(118 + b % 100 * 0.01, 32 + b / 100 * 0.01), 4326)
FROM generate_series(0, :rows / 1000) b;
INSERT INTO rui.unit (project_id, id, building_id, code, area_m2)
SELECT :project, n, n / 1000, 'u' || n, 40 + (n::bigint * 7919) % 12000 / 100.0 FROM generate_series(1, :rows) n;
INSERT INTO rui.household (project_id, id, unit_id, valid) SELECT :project, n, n, '[2020-01-01,)' FROM generate_series(1, :rows) n;
INSERT INTO rui.party (company_id, id, code, name) SELECT :company, 1000 + n, 'p' || n, 'Owner ' || n FROM generate_series(1, :rows) n;
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :project, n, n, 1000 + n, 'owner', '[2020-01-01,)' FROM generate_series(1, :rows) n;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
SELECT :project, n, '[2020-01-01,)', ARRAY[1000 + n], '{1}' FROM generate_series(1, :rows) n;
SET session_replication_role = origin;
CREATE TABLE bench.charge (LIKE rui.charge INCLUDING ALL);
CREATE TABLE bench.posting (LIKE rui.posting INCLUDING ALL);
-- The session's login speaks for the loader, as that of an application would.
INSERT INTO rui.login (login, party_id) VALUES (session_user, :loader);
VACUUM ANALYZE;
