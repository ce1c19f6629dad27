-- The ground of grids: barriers keep cells apart, bridges and gates lead
-- through, streets say who is next to whom; what counts as work.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(64);
\ir fixture/content.sql
\ir fixture/town.sql
\ir fixture/lattice.sql
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2, ''{"adjacency":"streets"}'')', :project), '22023', format('project %s has no open street', :project), 'without streets none is next to another by them');

-- A lattice: next to each other is who shares a border.
SELECT rui.design_grids(:project, 4) AS plain \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :plain), 'four grids');
SELECT is((SELECT count(*) FROM pg_temp.walks(:plain) w WHERE w.border_m > 1), (9 * 6 + 10 * 5)::bigint, 'each house is next to those beside it');
SELECT ok((SELECT bool_and(abs(w.weight - w.border_m) < 1e-6) FROM pg_temp.walks(:plain) w WHERE w.border_m > 1), 'as far as their borders are long');
SELECT ok((SELECT bool_and(w.border_m BETWEEN 59 AND 61) FROM pg_temp.walks(:plain) w WHERE w.a ~ '-[2-3]$' AND w.b ~ '-[2-3]$' AND w.border_m > 1
	AND left(w.a, 2) IN ('H3', 'H4') AND left(w.b, 2) IN ('H3', 'H4')), 'sixty metres in the middle');

-- A river between columns 4 and 5, across the whole project.
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(jsonb_build_object('code', 'river', 'kind', 'river', 'line', pg_temp.line(4.4, -9, 4.6, 2.5, 4.4, 20)))) \g /dev/null
SELECT throws_ok(format('SELECT rui.design_grids(%s, 1)', :project), '22023', format('barriers cut project %s into 2 pieces, more than 1 grids', :project), 'one grid cannot be on both banks');
SELECT rui.design_grids(:project, 2) AS banks \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :banks), 'two grids');
SELECT results_eq(format($$SELECT count(DISTINCT o.grid_id)::int, count(*)::int FROM rui.grid_building o JOIN rui.building b ON b.id = o.building_id WHERE o.plan_id = %s GROUP BY substr(b.code, 2, 1)::int < 5$$, :banks),
	'VALUES (1, 30), (1, 30)', 'one on each bank');
SELECT cmp_ok((SELECT max(ST_Distance(r.line::geography, d.geom::geography)) FROM rui.barrier r, rui.grid a, rui.grid b, LATERAL ST_DumpPoints(ST_Intersection(a.area, b.area)) d
	WHERE a.plan_id = :banks AND b.plan_id = :banks AND a.id < b.id), '<', 0.01::float8, 'the border between them is the river');
SELECT ok((SELECT cut_m > 500 FROM rui.grid_plan WHERE id = :banks), 'and counts as one');
SELECT is((SELECT count(*) FROM pg_temp.walks(:banks) w WHERE (substr(w.a, 2, 1)::int < 5) <> (substr(w.b, 2, 1)::int < 5)), 0::bigint, 'nobody walks across');
SELECT rui.design_grids(:project, 5) AS five \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :five), 'five grids');
SELECT is((SELECT count(*) FROM (SELECT o.grid_id FROM rui.grid_building o JOIN rui.building b ON b.id = o.building_id WHERE o.plan_id = :five
	GROUP BY 1 HAVING count(DISTINCT substr(b.code, 2, 1)::int < 5) > 1) s), 0::bigint, 'none of them on both banks');

-- A gate, shut, then open: a way across for who is near.
SELECT count(*) FROM rui.import_passages(:project, jsonb_build_array(jsonb_build_object('code', 'bridge', 'kind', 'bridge', 'is_closed', true, 'place', ST_AsEWKT(pg_temp.spot(4.6, 2.5), 12)))) \g /dev/null
SELECT throws_ok(format('SELECT rui.design_grids(%s, 1)', :project), '22023', NULL, 'a bridge that is closed is none');
SELECT rui.set_way_closed(:project, 'passage', 'bridge', false) \g /dev/null
SELECT rui.design_grids(:project, 1) AS whole \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :whole), 'over an open one a grid may reach');
SELECT results_eq(format($$SELECT DISTINCT w.a ~ '-[23]$' AND w.b ~ '-[23]$', w.weight < 31, w.border_m > w.weight + 10 FROM pg_temp.walks(%s) w WHERE (substr(w.a, 2, 1)::int < 5) <> (substr(w.b, 2, 1)::int < 5)$$, :whole),
	'VALUES (true, true, true)', 'at the bridge only, as far as it opens the border');
SELECT rui.design_grids(:project, 3) AS three \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :three), 'three grids');

-- The river is one that people wade through.
UPDATE rui.barrier SET permeability = 0.2;
UPDATE rui.passage SET is_closed = true;
SELECT rui.design_grids(:project, 1) AS ford \gset
SELECT ok((SELECT bool_and(abs(w.weight / w.border_m - 0.2) < 0.001) AND count(*) >= 6 FROM pg_temp.walks(:ford) w WHERE w.border_m > 1
	AND (substr(w.a, 2, 1)::int < 5) <> (substr(w.b, 2, 1)::int < 5)), 'a fifth of the border counts');
SELECT rui.design_grids(:project, 2) AS ford_two \gset
SELECT is((SELECT count(DISTINCT o.grid_id) FROM rui.grid_building o JOIN rui.building b ON b.id = o.building_id WHERE o.plan_id = :ford_two AND substr(b.code, 2, 1)::int < 5), 1::bigint, 'so the river is where one cuts');
-- A wall that ends in the middle can be walked around.
UPDATE rui.barrier SET permeability = 0, line = ST_Multi(pg_temp.line(4.5, -9, 4.5, 2.6)::geometry);
SELECT rui.design_grids(:project, 1) AS around \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :around), 'a wall with an end does not divide');
SELECT is((SELECT count(*) FROM pg_temp.walks(:around) w WHERE w.border_m > 1 AND w.a LIKE 'H4-%' AND w.b LIKE 'H5-%'), 3::bigint, 'who is beyond its end stays a neighbour');
DELETE FROM rui.barrier;

-- A closed street is a barrier, a bridge over it a way.
SELECT count(*) FROM rui.import_streets(:project, jsonb_build_array(jsonb_build_object('code', 'motorway', 'kind', 'motorway', 'is_closed', true, 'line', pg_temp.line(-9, 2.5, 20, 2.5)))) \g /dev/null
SELECT throws_ok(format('SELECT rui.design_grids(%s, 1)', :project), '22023', NULL, 'nobody crosses a motorway');
SELECT throws_ok(format('SELECT rui.design_grids(%s, 3, ''{"adjacency":"streets"}'')', :project), '22023', NULL, 'and nobody walks along it');
SELECT count(*) FROM rui.import_streets(:project, jsonb_build_array(jsonb_build_object('code', 'over', 'is_bridge', true, 'line', pg_temp.line(3.5, 2.2, 3.5, 2.8)))) \g /dev/null
SELECT rui.design_grids(:project, 1) AS over \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :over), 'but over the bridge');
SELECT results_eq(format('SELECT DISTINCT substr(w.a, 2, 1)::int BETWEEN 3 AND 4 AND substr(w.b, 2, 1)::int BETWEEN 3 AND 4 FROM pg_temp.walks(%s) w WHERE (right(w.a, 1)::int < 3) <> (right(w.b, 1)::int < 3)', :over), 'VALUES (true)', 'beside it');
SELECT rui.design_grids(:project, 1, '{"gap": 60}') AS wide \gset
SELECT cmp_ok((SELECT sum(w.weight) FROM pg_temp.walks(:wide) w WHERE (right(w.a, 1)::int < 3) <> (right(w.b, 1)::int < 3)), '>',
	3 * (SELECT sum(w.weight) FROM pg_temp.walks(:over) w WHERE (right(w.a, 1)::int < 3) <> (right(w.b, 1)::int < 3)), 'the wider the gap the more of the border is open');
DELETE FROM rui.street;

-- Streets: one along each row, 12 m below its houses, joined in the west only.
SELECT count(*) FROM rui.import_streets(:project, (SELECT jsonb_agg(jsonb_build_object('code', 'row' || r, 'line', pg_temp.line(-0.3, r - 0.2, 9.3, r - 0.2))) FROM generate_series(0, 5) r)
	|| jsonb_build_array(jsonb_build_object('code', 'west', 'line', pg_temp.line(-0.3, -0.5, -0.3, 5.2)))) \g /dev/null
SELECT rui.design_grids(:project, 3, '{"adjacency":"streets"}') AS comb \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :comb), 'by streets: three grids');
SELECT set_eq(format('SELECT a, b FROM pg_temp.walks(%s)', :comb), $$
	SELECT format('H%s-%s', c, r) AS a, format('H%s-%s', c + 1, r) AS b FROM generate_series(0, 8) c, generate_series(0, 5) r
	UNION ALL SELECT format('H0-%s', r), format('H0-%s', r + 1) FROM generate_series(0, 4) r$$, 'next to each other is who a street joins');
SELECT rui.design_grids(:project, 3, '{"adjacency":"streets","edges":"walk","step":6}') AS walked \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :walked), 'by the length of the way');
SELECT ok((SELECT bool_and(abs(10000 / w.weight - (12 + 60 + 12)) < 0.5) FROM pg_temp.walks(:walked) w WHERE substr(w.a, 4) = substr(w.b, 4)), 'from the door to the street, along it, and to the door');
SELECT ok((SELECT bool_and(abs(10000 / w.weight - (12 + 18 + 60 + 18 + 12)) < 0.5) FROM pg_temp.walks(:walked) w WHERE substr(w.a, 4) <> substr(w.b, 4)), 'and around the corner');
SELECT rui.design_grids(:project, 3, '{"edges":"walk"}') AS cells_walked \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :cells_walked), 'ways between cells');
SELECT ok((SELECT bool_and(abs(w.weight - 10000 / 120.0) < 1) FROM pg_temp.walks(:cells_walked) w WHERE w.border_m > 1 AND w.a LIKE 'H5-%' AND w.b LIKE 'H5-%'), 'where no street leads, twice the straight line');
-- Half of the rows are not joined at all: then one walks over open ground.
UPDATE rui.street SET line = pg_temp.line(-0.3, -0.5, -0.3, 2)::geometry WHERE code = 'west';
SELECT rui.design_grids(:project, 2, '{"adjacency":"streets"}') AS loose \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :loose), 'streets that do not hang together');
SELECT is((SELECT count(*) FROM pg_temp.walks(:loose) w WHERE left(w.a, 2) = left(w.b, 2) AND right(w.a, 1) = '2' AND right(w.b, 1) = '3'), 10::bigint, 'are joined over open ground, where they lie side by side');
SELECT is((SELECT count(*) FROM pg_temp.walks(:loose) w WHERE right(w.a, 1) = '0' AND right(w.b, 1) = '1'), 1::bigint, 'and nowhere else');
-- A wall with a gate across the rows.
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(jsonb_build_object('code', 'wall', 'kind', 'wall', 'line', pg_temp.line(4.5, -9, 4.5, 20)))) \g /dev/null
SELECT throws_ok(format('SELECT rui.design_grids(%s, 1, ''{"adjacency":"streets"}'')', :project), '22023', NULL, 'a street ends at a wall');
UPDATE rui.passage SET is_closed = false, place = pg_temp.spot(4.5, 0.8);
SELECT rui.design_grids(:project, 1, '{"adjacency":"streets"}') AS gated \gset
SELECT is_empty(format('SELECT pg_temp.problems(%s)', :gated), 'but at its gate');
SELECT results_eq(format($$SELECT a, b FROM pg_temp.walks(%s) WHERE a LIKE 'H4-%%' AND b LIKE 'H5-%%'$$, :gated), $$VALUES ('H4-1', 'H5-1')$$, 'where the street leads through');
DELETE FROM rui.barrier;

-- What counts as work.
CREATE FUNCTION pg_temp.load_of(plan bigint, house text) RETURNS float8 LANGUAGE sql AS $$
	SELECT o.workload FROM rui.grid_building o JOIN rui.building b ON b.id = o.building_id WHERE o.plan_id = plan AND b.code = house $$;
SELECT rui.set_building_load(:project, pg_temp.house(3, 3), 'elders', 4) \g /dev/null
SELECT results_eq(format($$SELECT code, outcome, error_code FROM rui.import_building_loads(%s, '[{"building":"H1-1","kind":"shops","amount":2}, {"building":"H3-3","kind":"elders","amount":4},
	{"building":"H3-3","kind":"elders","amount":5}, {"building":"H99","kind":"shops","amount":1}, {"building":"H1-2","kind":"Shops","amount":1}, {"building":"H1-2","kind":"shops","amount":-1}]')$$, :project),
	$$VALUES ('H1-1', 'added', NULL), ('H3-3', 'unchanged', NULL), ('H3-3', 'rejected', '23505'), ('H99', 'rejected', 'P0002'), ('H1-2', 'rejected', '22023'), ('H1-2', 'rejected', '22003')$$, 'other work');
SELECT rui.design_grids(:project, 2) AS counted \gset
SELECT results_eq(format('SELECT pg_temp.load_of(%s, h) FROM unnest(ARRAY[''H0-0'',''H1-1'',''H3-3'']) h', :counted), 'VALUES (3::float8), (5), (7)', 'counts beside the homes');
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_ticket_category(:project, 'leak', 'leak', 'leak') \g /dev/null
SELECT rui.open_ticket(:project, 'leak', 'need', (SELECT u.id FROM rui.unit u WHERE u.code = 'H2-2-1')) AS ticket FROM generate_series(1, 3) \g /dev/null
UPDATE rui.task SET arrived_at = now() - interval '1 day' WHERE id = (SELECT min(id) FROM rui.task);
SELECT rui.set_grid_weight(:project, 'visits', 10), rui.set_grid_weight(:project, 'other', 0), rui.set_grid_weight(:project, 'days', 30) \g /dev/null
SELECT rui.design_grids(:project, 2, '{"homes": 2, "area": 0.5, "buildings": 7, "needs": 1.5}') AS weighed \gset
SELECT results_eq(format('SELECT pg_temp.load_of(%s, h) FROM unnest(ARRAY[''H0-0'',''H2-2'']) h', :weighed),
	format('VALUES (2 * 3 + 0.5 * 240 + 7::float8), (2 * 3 + 0.5 * 240 + 7 + 1.5 * 3 + 10 * 1)'), 'homes, area, buildings, needs and visits, as the project and the caller weigh them');
SELECT results_eq(format($$SELECT options -> 'visits', options -> 'homes', options -> 'days', options -> 'other' FROM rui.grid_plan WHERE id = %s$$, :weighed),
	$$VALUES ('10'::jsonb, '2'::jsonb, '30'::jsonb, '0'::jsonb)$$, 'and the plan remembers');
SELECT rui.set_grid_weight(:project, 'visits', NULL), rui.set_building_load(:project, pg_temp.house(3, 3), 'elders', NULL) \g /dev/null
SELECT is((SELECT array_agg(term ORDER BY term) FROM rui.grid_weight), '{days,other}', 'null: the standard again');
SELECT is((SELECT count(*) FROM rui.building_load), 1::bigint, 'null: none');

-- What is refused changes nothing.
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT rui.set_grid_weight(%s, %L, %s)', :project, t, coalesce(w, 'NULL')), s, NULL, 'weight ' || coalesce(t, 'null') || ' ' || coalesce(w, 'null'))
FROM (VALUES (NULL, '1', '22004'), ('colour', '1', '22023'), ('colour', NULL, '22023'), ('homes', '-1', '22003'), ('homes', '''NaN''', '22003'), ('seed', '1.5', '22003'), ('step', '1', '22003')) AS v(t, w, s);
SELECT throws_ok(format('SELECT rui.set_building_load(%s, %s, %L, %s)', :project, b, k, a), s, NULL, format('load %s %s %s', b, k, a))
FROM (VALUES ('NULL', 'x', '1', '22004'), ('-1', 'x', '1', 'P0002'), (pg_temp.house(0, 0)::text, 'X', '1', '22023'), (pg_temp.house(0, 0)::text, 'x', '-1', '22003'), (pg_temp.house(0, 0)::text, NULL, '1', '22004')) AS v(b, k, a, s);
SELECT throws_ok(format('SELECT rui.design_grids(%s, 2, %L)', :project, o), s, NULL, 'options ' || o)
FROM (VALUES ('{"adjacency":"air"}', '22023'), ('{"adjacency":1}', '22023'), ('{"edges":["walk"]}', '22023'), ('{"step":4}', '22003'), ('{"rough":1e400}', '22003')) AS v(o, s);
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.set_grid_weight(%s, ''homes'', 2)', :project), '42501', NULL, 'by nobody');
SET LOCAL rui.party_id = :'boss';
SELECT is(pg_temp.content(), :'before', 'nothing of this changed anything');
SELECT * FROM finish();
ROLLBACK;
