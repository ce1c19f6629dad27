-- A resident, a steward and a manager of one project, and a gateway that the
-- company trusts. Committed: the gateway is another session.
SELECT rui.create_company('acme', 'Acme', 'Director Li') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
CREATE ROLE graphql_web LOGIN NOINHERIT IN ROLE rui_gateway;
GRANT rui_user, rui_resident, rui_steward, rui_manager TO graphql_web;
BEGIN;
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'one', 'First') AS one \gset
SELECT rui.create_project(:company, 'two', 'Second') AS two \gset
SELECT rui.set_project_state(p, 'go_live') FROM unnest(ARRAY[:one, :two]::bigint[]) p \g /dev/null
SELECT rui.set_gateway(:company, 'graphql_web', 'https://id.example.org', 'rui') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'm', 'Manager Wang') RETURNING id AS manager \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 's', 'Steward Qian') RETURNING id AS steward \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'r', 'Resident Zhao') RETURNING id AS resident \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'n', 'Neighbour Sun') RETURNING id AS neighbour \gset
SELECT rui.grant_role(:one, :manager, 'manager'), rui.grant_role(:one, :steward, 'steward'), rui.grant_role(:one, :resident, 'resident'),
	rui.grant_role(:one, :neighbour, 'resident') \gset hidden_
INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (:one, '1',
	'SRID=4326;MULTIPOLYGON(((118 32,118.001 32,118.001 32.001,118 32)))', 'SRID=4326;POINT(118 32)') RETURNING id AS building \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :building, '1-1', 90) RETURNING id AS unit \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :building, '1-2', 90) RETURNING id AS other_unit \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :unit, '[2020-01-01,)') RETURNING id AS household \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :other_unit, '[2020-01-01,)') RETURNING id AS other_household \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES
	(:one, :household, :unit, :resident, 'owner', '[2020-01-01,)'), (:one, :other_household, :other_unit, :neighbour, 'owner', '[2020-01-01,)');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair') \gset hidden_
SELECT rui.set_calendar(:one, 'hours', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","18:00"]]}}') \gset hidden_
SELECT set_config('rui.party_id', :'neighbour', true) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'The neighbour''s tap', :other_unit) \gset hidden_
COMMIT;
\pset format unaligned
\pset tuples_only on
SELECT jsonb_build_object('one', :one, 'two', :two, 'manager', :manager, 'steward', :steward, 'resident', :resident, 'neighbour', :neighbour,
	'unit', :unit, 'other_unit', :other_unit, 'director', :director, 'company', :company);
