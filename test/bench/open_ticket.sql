-- Twenty live projects with calendars, a policy with three targets, a hundred
-- inhabited homes each, and an agent who answers for all of them.
BEGIN;
SELECT rui.create_company('bench', 'Bench', 'Director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'p' || i, 'Project ' || i) FROM generate_series(1, 20) i \g /dev/null
SELECT rui.set_project_state(id, 'go_live') FROM rui.project ORDER BY id \g /dev/null
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'agent', 'Agent') RETURNING id AS agent \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'manager', 'Manager') RETURNING id AS manager \gset
SELECT rui.grant_role(id, :manager, 'manager'), rui.grant_role(id, :agent, 'agent') FROM rui.project \g /dev/null
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.set_ticket_category(id, 'repair', '维修', 'Repair') FROM rui.project \g /dev/null
SELECT rui.set_calendar(id, 'hours', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:30","18:00"]],"tue":[["08:00","12:00"],["13:30","18:00"]],"wed":[["08:00","12:00"],["13:30","18:00"]],"thu":[["08:00","12:00"],["13:30","18:00"]],"fri":[["08:00","12:00"],["13:30","18:00"]]}}')
FROM rui.project \g /dev/null
SELECT rui.set_sla_policy(id, 'hours', '15 minutes', '1 hour', '4 hours', escalations => '{30 minutes,2 hours}')
FROM rui.project \g /dev/null
INSERT INTO rui.building (project_id, code, footprint, entrance)
SELECT id, 'b1', ST_Multi(ST_MakeEnvelope(118.80, 32.05, 118.801, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005, 32.0505), 4326)
FROM rui.project;
INSERT INTO rui.unit (project_id, building_id, code, area_m2)
SELECT b.project_id, b.id, 'u' || n, 90 FROM rui.building b CROSS JOIN generate_series(1, 100) n ORDER BY b.project_id, n;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT project_id, id, '[2020-01-01,)' FROM rui.unit;
DO $$
BEGIN
	IF EXISTS (SELECT FROM generate_series(1, 20) p CROSS JOIN generate_series(1, 100) n
		LEFT JOIN rui.unit u ON u.project_id = p AND u.id = (p - 1) * 100 + n WHERE u.id IS NULL) THEN
		RAISE EXCEPTION 'the scripts count on ids that are not there';
	END IF;
END
$$;
CREATE ROLE bench_agent LOGIN IN ROLE rui_agent;
INSERT INTO rui.login (login, party_id) VALUES ('bench_agent', :agent);
COMMIT;
VACUUM ANALYZE;
