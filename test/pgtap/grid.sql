-- Grids: the life of a plan, the grid of a place, and what is located anew.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(58);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT id AS anna FROM rui.import_staff(:project, '[{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","role":"steward"}]') \gset
SELECT id AS ben FROM rui.import_staff(:project, '[{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","role":"steward"}]') \gset
SELECT id AS carl FROM rui.import_parties(:project, '[{"code":"carl","name":"Carl"}]') \gset
SELECT rui.set_ticket_category(:project, 'leak', '漏水', 'leak') \g /dev/null

-- Two plans of two squares each: west and east, and the same moved east.
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:project, now() - interval '1 hour', '{}', 2) RETURNING id AS plan \gset
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:project, now() - interval '1 hour', '{}', 2) RETURNING id AS next_plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, buildings, homes, workload, area_m2, compactness)
VALUES (:project, :plan, 'G01', ST_Multi(ST_MakeEnvelope(10, 50, 10.1, 50.1, 4326)), 0, 0, 0, 1, 1) RETURNING id AS west \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, buildings, homes, workload, area_m2, compactness)
VALUES (:project, :plan, 'G02', ST_Multi(ST_MakeEnvelope(10.1, 50, 10.2, 50.1, 4326)), 0, 0, 0, 1, 1) RETURNING id AS east \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
VALUES (:project, :next_plan, 'G01', ST_Multi(ST_MakeEnvelope(10, 50, 10.15, 50.1, 4326)), :anna, 0, 0, 0, 1, 1) RETURNING id AS next_west \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
VALUES (:project, :next_plan, 'G02', ST_Multi(ST_MakeEnvelope(10.15, 50, 10.2, 50.1, 4326)), :ben, 0, 0, 0, 1, 1) RETURNING id AS next_east \gset

CREATE FUNCTION pg_temp.point(lon float8, lat float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS 'SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326)';
SELECT is(rui._grid_at(:project, pg_temp.point(10.05, 50.05)), NULL, 'without an active plan there is no grid');
SELECT rui.open_ticket(:project, 'leak', 'early', place => pg_temp.point(10.12, 50.05)) AS early \gset
SELECT is((SELECT grid_id FROM rui.task WHERE id = :early), NULL, 'a ticket before the first plan has no grid');

-- What is not possible.
SELECT throws_ok(format('SELECT rui.activate_grids(%s, %s)', :project, :plan), '55000', NULL, 'a proposed plan is not activated');
SELECT throws_ok(format('SELECT rui.%I(%s, NULL)', f, :project), '22004', NULL, f || ' of no plan') FROM unnest('{approve_grids,activate_grids}'::text[]) f;
SELECT throws_ok(format('SELECT rui.%I(%s, -5)', f, :project), 'P0002', NULL, f || ' of an unknown plan') FROM unnest('{approve_grids,activate_grids}'::text[]) f;
SELECT throws_ok(format('SELECT rui.%I(%s, %s)', f, :other_project, :plan), 'P0002', NULL, f || ' of another project''s plan') FROM unnest('{approve_grids,activate_grids}'::text[]) f;
SELECT throws_ok(format('SELECT rui.%I(%s, %s, NULL, NULL)', f, :project, :plan), '22004', NULL, f || ' at no time') FROM unnest('{approve_grids,activate_grids}'::text[]) f;
SELECT throws_ok(format('SELECT rui.%I(%s, %s, NULL, ''-infinity'')', f, :project, :plan), '22008', NULL, f || ' at minus infinity') FROM unnest('{approve_grids,activate_grids}'::text[]) f;
SELECT throws_ok(format('SELECT rui.approve_grids(%s, %s, NULL, now() - interval ''2 hours'')', :project, :plan), '22023', NULL, 'a plan is not approved before it was proposed');
SELECT throws_ok(format('SELECT rui.reject_grids(%s, %s, NULL)', :project, :plan), '22004', NULL, 'a rejection has a reason');
SELECT throws_ok(format('SELECT rui.reject_grids(%s, %s, '' '')', :project, :plan), '22023', NULL, 'that is not blank');
SELECT throws_ok(format('SELECT rui.reject_grids(%s, %s, %L)', :project, :plan, repeat('x', 501)), '22001', NULL, 'nor too long');

SELECT is(rui.approve_grids(:project, :plan, 'k', now() - interval '15 minutes'), 'approved', 'a proposed plan is approved');
SELECT is(rui.approve_grids(:project, :plan, 'k', now() - interval '15 minutes'), 'approved', 'once per request key');
SELECT throws_ok(format('SELECT rui.approve_grids(%s, %s, ''k'')', :project, :next_plan), 'RU409', NULL, 'which is for this plan');
SELECT throws_ok(format('SELECT rui.approve_grids(%s, %s)', :project, :plan), '55000', NULL, 'a plan is approved once');
SELECT throws_ok(format('SELECT rui.activate_grids(%s, %s)', :project, :plan), '55000', 'grid G01 has no steward', 'grids without stewards are not activated');
SELECT is((SELECT state FROM rui.grid_plan WHERE id = :plan), 'approved', 'nothing is half done');

-- Stewards.
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, NULL, %s)', :project, :anna), '22004', NULL, 'a steward of no grid');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, NULL)', :project, :west), '22004', NULL, 'no steward');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, -1, %s)', :project, :anna), 'P0002', NULL, 'an unknown grid');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :other_project, :west, :anna), 'P0002', NULL, 'another project''s grid');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, -1)', :project, :west), 'P0002', NULL, 'an unknown steward');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :project, :west, :carl), '22023', NULL, 'somebody who does not work here');
SELECT is(rui.set_grid_steward(:project, :west, :anna), 0::bigint, 'a grid gets a steward');
SELECT is(rui.set_grid_steward(:project, :east, :ben), 0::bigint, 'and another one another');
SELECT is(rui.my_grids(), '{}', 'nobody has grids before they are active');

-- In force.
SELECT is(rui.activate_grids(:project, :plan, NULL, now() - interval '10 minutes'), 1::bigint, 'activation locates open tickets anew');
SELECT results_eq(format('SELECT grid_id, accountable_id FROM rui.task WHERE id = %s', :early), format('VALUES (%s::bigint, %s::bigint)', :east, :ben), 'with grid and steward');
SELECT results_eq('SELECT plan_id, valid FROM rui.territory_map', format('VALUES (%s::bigint, tstzrange(now() - interval ''10 minutes'', NULL))', :plan), 'the map is in force from then on');
SELECT throws_ok(format('SELECT rui.activate_grids(%s, %s)', :project, :plan), '55000', NULL, 'a plan is activated once');

-- The grid of a place.
SELECT is(rui._grid_at(:project, pg_temp.point(10.05, 50.05)), (:west)::bigint, 'inside');
SELECT is(rui._grid_at(:project, pg_temp.point(10.1, 50.05)), (least(:west, :east))::bigint, 'on a border: the lowest');
SELECT is(rui._grid_at(:project, pg_temp.point(10.205, 50.05)), (:east)::bigint, 'just outside: the nearest');
SELECT is(rui._grid_at(:project, pg_temp.point(9.995, 50.05)), (:west)::bigint, 'on the other side too');
SELECT is(rui._grid_at(:project, pg_temp.point(10.3, 50.05)), NULL, 'far outside: none');
SELECT is(rui._grid_at(:project, NULL), NULL, 'no place: none');
SELECT is(rui._grid_at(:other_project, pg_temp.point(10.05, 50.05)), NULL, 'another project has no grids');
SELECT rui.open_ticket(:project, 'leak', 'next', place => pg_temp.point(10.05, 50.05)) AS next \gset
SELECT results_eq(format('SELECT grid_id, accountable_id FROM rui.task WHERE id = %s', :next), format('VALUES (%s::bigint, %s::bigint)', :west, :anna), 'a new ticket is located');

-- The next plan.
SELECT is(rui.approve_grids(:project, :next_plan), 'approved', 'the next plan');
SELECT throws_ok(format('SELECT rui.activate_grids(%s, %s, NULL, now() - interval ''20 minutes'')', :project, :next_plan), '22023', NULL, 'is not activated before the present one');
SELECT is(rui.activate_grids(:project, :next_plan), 2::bigint, 'it replaces the present one');
SELECT results_eq(format('SELECT state FROM rui.grid_plan WHERE id IN (%s, %s) ORDER BY id', :plan, :next_plan), $$VALUES ('retired'), ('active')$$, 'which is retired');
SELECT results_eq('SELECT plan_id, valid FROM rui.territory_map ORDER BY id',
	format('VALUES (%s::bigint, tstzrange(now() - interval ''10 minutes'', now())), (%s, tstzrange(now(), NULL))', :plan, :next_plan), 'maps follow each other without gap');
SELECT results_eq(format('SELECT accountable_id FROM rui.task WHERE id IN (%s, %s) ORDER BY id', :early, :next), format('VALUES (%s::bigint), (%s)', :anna, :anna), 'open tickets go with the grids');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :project, :west, :ben), '55000', NULL, 'a retired plan gets no stewards');
SELECT is(rui.set_grid_steward(:project, :next_west, :ben), 2::bigint, 'a new steward takes over what is open');

-- A task that was opened while the plan changed is mended by the next dispatch.
UPDATE rui.task SET grid_id = :east, accountable_id = :anna WHERE id = :next;
SELECT tasks FROM rui.dispatch(:project) \g /dev/null
SELECT results_eq(format('SELECT grid_id, accountable_id FROM rui.task WHERE id = %s', :next), format('VALUES (%s::bigint, %s::bigint)', :next_west, :ben), 'no task stays in a retired grid');

-- Who sees what.
SET LOCAL rui.party_id = :'ben';
SELECT is(rui.my_grids(), ARRAY[:next_west, :next_east]::bigint[], 'a steward has his active grids');
SELECT throws_ok(format('SELECT rui.approve_grids(%s, %s)', :project, :plan), '42501', NULL, 'a steward does not approve plans');
SET LOCAL ROLE rui_steward;
SELECT results_eq('SELECT id FROM rui.grid ORDER BY id', format('VALUES (%s::bigint), (%s)', :next_west, :next_east), 'and sees these only');
SELECT throws_ok('UPDATE rui.grid SET steward_id = NULL', '42501', NULL, 'and writes none');
RESET ROLE;
SET LOCAL rui.party_id = '';
SELECT is(rui.my_grids(), '{}', 'nobody has no grids');
SELECT * FROM finish();
ROLLBACK;
