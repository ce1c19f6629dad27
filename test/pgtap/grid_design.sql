-- Designing grids: every building in exactly one, no gap, no overlap, even
-- workload, one piece each; and the next plan that goes on from the present.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(63);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT throws_ok(format('SELECT rui.design_grids(%s, 1)', :project), '22023', NULL, 'a project without buildings has no grids');

-- 20 streets of 15 houses by a river bend, one to eight floors, two homes a
-- floor; every 40th house stands exactly where the one before it does.
SELECT setseed(0.25) \g /dev/null
CREATE TEMP TABLE house AS
SELECT 'H' || i AS code, 1 + floor(random() * 8)::int AS floors,
	118.7 + (i % 20) * 0.0006 + (random() - 0.5) * 0.0003 + (i / 20) * 0.0001 AS lon, 32.0 + (i / 20) * 0.0005 + (random() - 0.5) * 0.0002 AS lat
FROM generate_series(0, 299) i;
UPDATE house h SET lon = o.lon, lat = o.lat FROM house o WHERE substr(h.code, 2)::int % 40 = 7 AND o.code = 'H' || (substr(h.code, 2)::int - 1);
SELECT is((SELECT count(*) FROM rui.import_buildings(:project, (SELECT jsonb_agg(jsonb_build_object('code', code, 'floors', floors,
	'footprint', ST_Expand(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 0.00005), 'entrance', ST_AsEWKT(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 12))) FROM house)) WHERE accepted), 300::bigint, 'houses');
SELECT is((SELECT count(*) FROM rui.import_units(:project, (SELECT jsonb_agg(jsonb_build_object('code', code || '-' || n, 'building', code, 'area_m2', 60 + n)) FROM house, generate_series(1, floors * 2) n)) WHERE accepted),
	(SELECT sum(floors * 2) FROM house), 'homes');
SELECT is((SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"a","name":"A","staff_no":"1","from":"2020-01-01","role":"steward"}, {"code":"b","name":"B","staff_no":"2","from":"2020-01-01","role":"steward"},
	{"code":"c","name":"C","staff_no":"3","from":"2020-01-01","role":"steward"}, {"code":"d","name":"D","staff_no":"4","from":"2020-01-01","role":"steward"},
	{"code":"e","name":"E","staff_no":"5","from":"2020-01-01","role":"steward"}]') WHERE accepted), 5::bigint, 'stewards');
SELECT id AS nobody FROM rui.import_parties(:project, '[{"code":"n","name":"N"}]') \gset
CREATE FUNCTION pg_temp.stewards(codes text) RETURNS bigint[] LANGUAGE sql AS $$
	SELECT array_agg(p.id ORDER BY p.code) FROM rui.party p WHERE p.code = ANY (string_to_array(codes, NULL)) $$;

-- What a plan must be, whatever its options.
CREATE FUNCTION pg_temp.problems(project bigint, plan bigint) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT 'building ' || b.code || ' is in ' || count(g.building_id) || ' grids' FROM rui.building b
	LEFT JOIN rui.grid_building g ON g.project_id = b.project_id AND g.building_id = b.id AND g.plan_id = plan
	WHERE b.project_id = project GROUP BY b.code HAVING count(g.building_id) <> 1
	UNION ALL
	SELECT 'building ' || b.code || ' lies elsewhere' FROM rui.grid_building g JOIN rui.building b ON b.id = g.building_id
	CROSS JOIN (SELECT rui.gridmap(a.id, a.area) AS map FROM rui.grid a WHERE a.plan_id = plan) m
	WHERE g.plan_id = plan AND rui.locate(m.map, b.entrance) IS DISTINCT FROM g.grid_id
	UNION ALL
	SELECT p.kind || ' between ' || p.grid_a || ' and ' || p.grid_b FROM rui.gridmap_problems((SELECT rui.gridmap(a.id, a.area) FROM rui.grid a WHERE a.plan_id = plan)) p
	UNION ALL
	SELECT 'the grids leave a hole' FROM (SELECT ST_Union(a.area) AS whole FROM rui.grid a WHERE a.plan_id = plan) u
	WHERE GeometryType(u.whole) <> 'POLYGON' OR ST_NumInteriorRings(u.whole) > 0 OR NOT ST_Area(ST_ConvexHull(u.whole)) <= ST_Area(u.whole) * 1.0001
	UNION ALL
	SELECT 'the areas do not add up' FROM rui.grid a WHERE a.plan_id = plan HAVING abs(sum(ST_Area(a.area)) - ST_Area(ST_Union(a.area))) > 1e-15
	UNION ALL
	SELECT 'grids ' || a.code || ' and ' || b.code || ' share ground' FROM rui.grid a JOIN rui.grid b ON b.plan_id = a.plan_id AND b.id > a.id
	WHERE a.plan_id = plan AND ST_Relate(a.area, b.area, '2********')
	UNION ALL
	SELECT 'grid ' || a.code || ' is in pieces' FROM rui.grid a WHERE a.plan_id = plan AND ST_NumGeometries(a.area) <> 1
	UNION ALL
	SELECT 'grid ' || a.code || ' counts wrong' FROM rui.grid a
	JOIN (SELECT g.grid_id, count(*) AS buildings, sum(g.workload) AS workload, sum((SELECT count(*) FROM rui.unit u WHERE u.building_id = g.building_id AND u.kind = 'home')) AS homes
		FROM rui.grid_building g WHERE g.plan_id = plan GROUP BY g.grid_id) c ON c.grid_id = a.id
	WHERE (a.buildings, a.homes) <> (c.buildings, c.homes) OR abs(a.workload - c.workload) > 1e-6
	UNION ALL
	SELECT 'the plan counts wrong' FROM rui.grid_plan p
	WHERE p.id = plan AND ((p.grids, p.buildings, p.homes) <> (SELECT count(*), sum(a.buildings), sum(a.homes) FROM rui.grid a WHERE a.plan_id = plan) OR p.disconnected <> 0
		OR abs(p.imbalance - (SELECT max(abs(a.workload / m.mean - 1)) FROM rui.grid a, (SELECT avg(x.workload) AS mean FROM rui.grid x WHERE x.plan_id = plan) m WHERE a.plan_id = plan)) > 1e-9)
$$;

SELECT rui.design_grids(:project, 6) AS six \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s, %s)', :project, :six), 'six grids tile the project');
SELECT results_eq(format('SELECT state, grids, buildings, homes, moved_homes, disconnected FROM rui.grid_plan WHERE id = %s', :six),
	$$SELECT 'proposed'::text, 6, 300, sum(floors * 2)::integer, 0, 0 FROM house$$, 'a proposal with its measures');
SELECT cmp_ok((SELECT imbalance FROM rui.grid_plan WHERE id = :six), '<=', 0.02::float8, 'evenly: within two per cent');
SELECT ok((SELECT cut_m BETWEEN 100 AND 20000 AND compactness BETWEEN 0.15 AND 1 FROM rui.grid_plan WHERE id = :six), 'with borders and compactness');
SELECT results_eq(format('SELECT code FROM rui.grid WHERE plan_id = %s ORDER BY id', :six), $$VALUES ('G01'), ('G02'), ('G03'), ('G04'), ('G05'), ('G06')$$, 'codes in order');
SELECT is((SELECT count(*) FROM rui.grid WHERE plan_id = :six AND steward_id IS NOT NULL), 0::bigint, 'without stewards yet');
SELECT is_empty(format('SELECT pg_temp.problems(%s, rui.design_grids(%s, 1))', :project, :project), 'one grid is all of it');
SELECT is_empty(format('SELECT pg_temp.problems(%s, rui.design_grids(%s, 40))', :project, :project), 'forty grids');
SELECT is_empty(format($$SELECT pg_temp.problems(%s, rui.design_grids(%s, 7, '{"homes":0,"area":1,"margin":10,"seed":9}'))$$, :project, :project), 'by area of the units');
SELECT is((SELECT sum(workload) FROM rui.grid WHERE plan_id = (SELECT max(id) FROM rui.grid_plan)), (SELECT sum(area_m2) FROM rui.unit)::float8, 'the workload is the area then');
SELECT is_empty(format($$SELECT pg_temp.problems(%s, rui.design_grids(%s, 5, '{"homes":0}'))$$, :project, :project), 'by nothing');
SELECT is((SELECT sum(workload) FROM rui.grid WHERE plan_id = (SELECT max(id) FROM rui.grid_plan)), 300::float8, 'then each building weighs the same');
SELECT rui.design_grids(:project, 6) AS again \gset
SELECT results_eq(format('SELECT code, ST_AsBinary(area), buildings FROM rui.grid WHERE plan_id = %s ORDER BY code', :again),
	format('SELECT code, ST_AsBinary(area), buildings FROM rui.grid WHERE plan_id = %s ORDER BY code', :six), 'the same question has the same answer');

-- Small and odd places.
SELECT is((SELECT count(*) FROM rui.import_buildings(:other_project, '[{"code":"1","footprint":"SRID=4326;POLYGON((9 50,9.001 50,9.001 50.001,9 50))"}]') WHERE accepted), 1::bigint, 'one building');
SELECT is_empty(format('SELECT pg_temp.problems(%s, rui.design_grids(%s, 1))', :other_project, :other_project), 'has one grid');
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2)', :other_project), '22023', NULL, 'and not two');
SELECT is((SELECT count(*) FROM rui.import_buildings(:other_project, '[{"code":"2","footprint":"SRID=4326;POLYGON((9.002 50,9.003 50,9.003 50.001,9.002 50))"},
	{"code":"3","footprint":"SRID=4326;POLYGON((9.004 50,9.005 50,9.005 50.001,9.004 50))"}]') WHERE accepted), 2::bigint, 'three in a row');
SELECT is_empty(format('SELECT pg_temp.problems(%s, rui.design_grids(%s, 3))', :other_project, :other_project), 'have three grids');
SELECT is_empty(format('SELECT pg_temp.problems(%s, rui.design_grids(%s, 2))', :other_project, :other_project), 'or two');

-- For stewards, in force, and the next plan.
SELECT rui.design_grids(:project, pg_temp.stewards('abcd'), '{}', 'key', now() - interval '1 hour') AS first_plan \gset
SELECT is(rui.design_grids(:project, pg_temp.stewards('abcd'), '{}', 'key', now() - interval '1 hour'), (:first_plan)::bigint, 'once per request key');
SELECT throws_ok(format('SELECT rui.design_grids(%s, pg_temp.stewards(''abc''), ''{}'', ''key'')', :project), 'RU409', NULL, 'which is for these stewards');
SELECT is_empty(format('SELECT pg_temp.problems(%s, %s)', :project, :first_plan), 'four grids for four stewards');
SELECT is((SELECT array_agg(steward_id ORDER BY steward_id) FROM rui.grid WHERE plan_id = :first_plan), (SELECT array_agg(s ORDER BY s) FROM unnest(pg_temp.stewards('abcd')) s), 'each steward has one');
SELECT is((SELECT moved_homes FROM rui.grid_plan WHERE id = :first_plan), 0, 'nobody had a steward before');
SELECT rui.approve_grids(:project, :first_plan, NULL, now() - interval '50 minutes') \g /dev/null
SELECT is(rui.activate_grids(:project, :first_plan, NULL, now() - interval '40 minutes'), 0::bigint, 'in force');
SELECT is_empty(format('SELECT b.code FROM rui.building b JOIN rui.grid_building g ON g.building_id = b.id AND g.plan_id = %s WHERE rui._grid_at(%s, b.entrance) <> g.grid_id', :first_plan, :project),
	'each building is found in its grid');
SELECT rui.design_grids(:project, pg_temp.stewards('abcd')) AS same_plan \gset
SELECT is((SELECT moved_homes FROM rui.grid_plan WHERE id = :same_plan), 0, 'designed again for the same, nobody changes hands');
SELECT rui.design_grids(:project, pg_temp.stewards('abcde'), '{"stability": 20}') AS next_plan \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s, %s)', :project, :next_plan), 'a fifth steward');
SELECT ok((SELECT moved_homes > 0 AND moved_homes < homes * 0.7 FROM rui.grid_plan WHERE id = :next_plan), 'takes homes over from the others');
SELECT is((SELECT p.moved_homes::bigint FROM rui.grid_plan p WHERE p.id = :next_plan), (SELECT count(*) FROM rui.unit u
	JOIN rui.grid_building n ON n.building_id = u.building_id AND n.plan_id = :next_plan JOIN rui.grid ng ON ng.id = n.grid_id
	JOIN rui.grid_building o ON o.building_id = u.building_id AND o.plan_id = :first_plan JOIN rui.grid og ON og.id = o.grid_id
	WHERE og.steward_id <> ng.steward_id), 'as many as are counted');
SELECT rui.design_grids(:project, 4) AS count_plan \gset
SELECT results_eq(format('SELECT g.code, g.buildings FROM rui.grid g WHERE g.plan_id = %s ORDER BY 1', :count_plan),
	format('SELECT g.code, g.buildings FROM rui.grid g WHERE g.plan_id = %s ORDER BY 1', :first_plan), 'without names, grids keep their numbers');

-- Past needs weigh.
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_ticket_category(:project, 'leak', 'leak', 'leak') \g /dev/null
SELECT rui.open_ticket(:project, 'leak', 'need', (SELECT u.id FROM rui.unit u WHERE u.code = 'H5-1')) FROM generate_series(1, 3) \g /dev/null
SELECT rui.design_grids(:project, 3, '{"homes":0,"needs":2}') AS needy \gset
SELECT is((SELECT g.workload FROM rui.grid_building g JOIN rui.building b ON b.id = g.building_id WHERE g.plan_id = :needy AND b.code = 'H5'), 6::float8, 'three needs at two each');
SELECT results_eq(format('SELECT t.grid_id = b.grid_id FROM rui.task t JOIN rui.grid_building b ON b.building_id = t.building_id AND b.plan_id = %s', :first_plan),
	'VALUES (true), (true), (true)', 'and they were located in the active grid');

-- What is archived weighs nothing, and has no grid of its own.
SELECT count(*) FROM rui.archive(:project, 'unit', '{H9-1}', 'Gone') \gset hidden_
SELECT count(*) FROM rui.archive(:project, 'unit', ARRAY(SELECT u.code FROM rui.unit u WHERE u.code LIKE 'H10-%'), 'Gone') \gset hidden_
SELECT is((SELECT a.outcome FROM rui.archive(:project, 'building', '{H10}', 'Gone') a), 'archived', 'a house is archived');
SELECT rui.design_grids(:project, 3) AS rest \gset
SELECT results_eq(format('SELECT b.code, g.homes FROM rui.building b LEFT JOIN rui.grid_building g ON g.building_id = b.id AND g.plan_id = %s WHERE b.code IN (''H9'', ''H10'') ORDER BY 1', :rest),
	(SELECT format('VALUES (''H10'', NULL::integer), (''H9'', %s)', h.floors * 2 - 1) FROM house h WHERE h.code = 'H9'), 'the design leaves it out, and an archived home');
SELECT is((SELECT p.buildings || '/' || p.homes FROM rui.grid_plan p WHERE p.id = :rest), (SELECT '299/' || sum(h.floors * 2) - 1 FROM house h WHERE h.code <> 'H10'), 'and counts them no more');

-- What is refused.
SELECT count(*) AS plans FROM rui.grid_plan \gset
SELECT throws_ok(format('SELECT rui.design_grids(%s, NULL::integer)', :project), '22004', NULL, 'no number');
SELECT throws_ok(format('SELECT rui.design_grids(%s, NULL::bigint[])', :project), '22004', NULL, 'no stewards');
SELECT throws_ok(format('SELECT rui.design_grids(%s, %s)', :project, n), '22023', NULL, n || ' grids') FROM unnest('{0,-1,301,2147483647}'::int[]) n;
SELECT throws_ok(format('SELECT rui.design_grids(%s, ''{}''::bigint[])', :project), '22023', NULL, 'an empty list');
SELECT throws_ok(format('SELECT rui.design_grids(%s, ARRAY[1, NULL]::bigint[])', :project), '22004', NULL, 'a null steward');
SELECT throws_ok(format('SELECT rui.design_grids(%s, pg_temp.stewards(''a'') || pg_temp.stewards(''a''))', :project), '22023', NULL, 'a steward twice');
SELECT throws_ok(format('SELECT rui.design_grids(%s, ARRAY[-1]::bigint[])', :project), 'P0002', NULL, 'an unknown steward');
SELECT throws_ok(format('SELECT rui.design_grids(%s, ARRAY[%s]::bigint[])', :project, :nobody), '22023', NULL, 'a steward who does not work here');
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2, %L)', :project, o), s, NULL, 'options ' || coalesce(o, 'null'))
FROM (VALUES (NULL, '22004'), ('[]', '22023'), ('{"colour":1}', '22023'), ('{"homes":"1"}', '22023'), ('{"homes":-1}', '22003'), ('{"margin":0}', '22003'),
	('{"margin":1e9}', '22003'), ('{"seed":1.5}', '22003'), ('{"tolerance":2}', '22003')) AS t(o, s);
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2, ''{}'', NULL, ''infinity'')', :project), '22008', NULL, 'at infinity');
SELECT is((SELECT count(*) FROM rui.grid_plan), (:plans)::bigint, 'refusals leave no plan');
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2)', :project), '42501', NULL, 'by nobody');
SELECT * FROM finish();
ROLLBACK;
