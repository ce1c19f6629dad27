-- A project with :rows homes, an owner living in each, who has a phone; put
-- there behind the platform's back. Nobody opted out but one in a hundred.
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
SELECT rui.set_message_channel(:project, 'sms') \gset hidden_
SELECT rui.set_message_kind(:project, 'repair', '维修', 'Repair', '{day}', '{sms}', is_critical => true),
	rui.set_message_kind(:project, 'news', '通知', 'News', '{day}', '{sms}', budget => 3) \gset hidden_
SELECT rui.set_message_template(:project, k, 'sms', 'zh', '{recipient}，{unit} {day}维修') FROM unnest('{repair,news}'::text[]) AS k \g /dev/null
COMMIT;
CREATE SCHEMA bench;
CREATE TABLE bench.platform AS SELECT :project AS project_id, :loader AS loader_id;
SET session_replication_role = replica;
INSERT INTO rui.building (project_id, id, code, footprint, entrance)
SELECT :project, b, 'b' || b, ST_Multi(ST_MakeEnvelope(118 + b % 100 * 0.01, 32 + b / 100 * 0.01, 118.005 + b % 100 * 0.01, 32.005 + b / 100 * 0.01, 4326)),
	ST_SetSRID(ST_MakePoint(118 + b % 100 * 0.01, 32 + b / 100 * 0.01), 4326)
FROM generate_series(1, :rows / 100) b;
INSERT INTO rui.unit (project_id, id, building_id, code, area_m2) SELECT :project, n, 1 + (n - 1) / 100, 'u' || n, 90 FROM generate_series(1, :rows) n;
INSERT INTO rui.household (project_id, id, unit_id, valid) SELECT :project, n, n, '[2020-01-01,)' FROM generate_series(1, :rows) n;
INSERT INTO rui.party (company_id, id, code, name) SELECT :company, 1000 + n, 'p' || n, 'Owner ' || n FROM generate_series(1, :rows) n;
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :project, n, n, 1000 + n, 'owner', '[2020-01-01,)' FROM generate_series(1, :rows) n;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
SELECT :project, n, '[2020-01-01,)', ARRAY[1000 + n], '{1}' FROM generate_series(1, :rows) n;
INSERT INTO rui.contact_point (company_id, party_id, kind, value) SELECT :company, 1000 + n, 'phone', '139' || n FROM generate_series(1, :rows) n;
INSERT INTO rui.message_opt_out (project_id, party_id, kind_code, channel, since_at)
SELECT :project, 1000 + n, 'any', 'any', now() FROM generate_series(1, :rows, 100) n;
VACUUM ANALYZE;
CREATE TABLE bench.message (LIKE rui.message INCLUDING ALL);
CREATE TABLE bench.message_receipt (LIKE rui.message_receipt INCLUDING ALL);
CREATE TABLE bench.contact_budget (LIKE rui.contact_budget INCLUDING ALL);
