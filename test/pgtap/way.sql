-- Streets, barriers and passages: imports with a report of every row, OSM
-- features, and closing what people walk through.
BEGIN;
SELECT plan(38);
\ir fixture/content.sql
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset

-- Streets.
SELECT results_eq(format($$SELECT row_no, code, outcome, error_code FROM rui.import_streets(%s, '[
	{"code":"s1","line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"s2","name":"Main","kind":"main","is_closed":true,"is_bridge":false,"line":{"type":"LineString","coordinates":[[9,50],[9,50.01]]}},
	{"code":"s1","line":"SRID=4326;LINESTRING(9 50,9.02 50)"},
	{"code":"s3","line":"SRID=4326;POINT(9 50)"}, {"code":"s4"}, {"line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"s5","kind":"Main Road","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}, {"code":"s6","is_closed":"yes","line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"s7","line":"SRID=3857;LINESTRING(9 50,9.01 50)"}, {"code":"s8","line":"SRID=4326;LINESTRING(9 50,999 50)"},
	{"code":"s9","colour":1,"line":"SRID=4326;LINESTRING(9 50,9.01 50)"}, 7]')$$, :project),
	$$VALUES (1, 's1', 'added', NULL), (2, 's2', 'added', NULL), (3, 's1', 'rejected', '23505'), (4, 's3', 'rejected', '22023'), (5, 's4', 'rejected', '22004'),
		(6, NULL, 'rejected', '22004'), (7, 's5', 'rejected', '22023'), (8, 's6', 'rejected', '22023'), (9, 's7', 'rejected', '22023'), (10, 's8', 'rejected', '22003'),
		(11, 's9', 'rejected', '22023'), (12, NULL, 'rejected', '22023')$$, 'good streets are added, bad ones are told');
SELECT results_eq('SELECT code, name, kind, is_closed, is_bridge, ST_NPoints(line) FROM rui.street ORDER BY code',
	$$VALUES ('s1', NULL, 'street', false, false, 2), ('s2', 'Main', 'main', true, false, 2)$$, 'and are there as given');
SELECT results_eq(format($$SELECT outcome, error_code FROM rui.import_streets(%s, '[{"code":"s1","line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"s2","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}]')$$, :project), $$VALUES ('unchanged', NULL), ('rejected', '23505')$$, 'again: unchanged, or other content');
SELECT results_eq(format($$SELECT code, outcome FROM rui.import_streets(%s, '{"type":"FeatureCollection","features":[
	{"type":"Feature","id":"w1","properties":{"highway":"footway","name":"Alley","lit":"yes"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","properties":{"osm_id":2,"highway":"motorway"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","properties":{"osm_id":3,"osm_type":"way","highway":"primary","bridge":"viaduct","access":"private"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","properties":{"code":"own","highway":"path","tunnel":"no","access":"no","foot":"yes"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","id":"w5","properties":null,"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}}]}')$$, :project),
	$$VALUES ('w1', 'added'), ('w2', 'added'), ('w3', 'added'), ('own', 'added'), ('w5', 'added')$$, 'features of OpenStreetMap');
SELECT results_eq($$SELECT code, kind, is_closed, is_bridge FROM rui.street WHERE code IN ('w1', 'w2', 'w3', 'own', 'w5') ORDER BY code$$,
	$$VALUES ('own', 'path', false, false), ('w1', 'footway', false, false), ('w2', 'motorway', true, false), ('w3', 'primary', false, true), ('w5', 'street', false, false)$$,
	'motorways are closed, viaducts lead over');

-- Barriers.
SELECT results_eq(format($$SELECT code, outcome, error_code FROM rui.import_barriers(%s, '[
	{"code":"b1","kind":"wall","line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"b2","permeability":0.25,"line":"SRID=4326;POLYGON((9 50,9.01 50,9.01 50.01,9 50))"},
	{"code":"b3","kind":"moat","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}, {"code":"b4","permeability":1.5,"line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"b5","permeability":"0.0005","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}, {"code":"b6","line":"SRID=4326;POLYGON((9 50,9.01 50,9 50.01,9.01 50.01,9 50))"},
	{"code":"b2","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}]')$$, :project),
	$$VALUES ('b1', 'added', NULL), ('b2', 'added', NULL), ('b3', 'rejected', '22023'), ('b4', 'rejected', '22003'), ('b5', 'rejected', '22023'), ('b6', 'rejected', '22023'),
		('b2', 'rejected', '23505')$$, 'barriers');
SELECT results_eq('SELECT code, kind, permeability, ST_NPoints(line) FROM rui.barrier ORDER BY code',
	$$VALUES ('b1', 'wall', 0::numeric, 2), ('b2', 'other', 0.25, 4)$$, 'of a polygon its outline');
SELECT results_eq(format($$SELECT code, outcome, error_code FROM rui.import_barriers(%s, '[{"code":"b1","kind":"wall","line":"SRID=4326;LINESTRING(9 50,9.01 50)"},
	{"code":"b1","kind":"fence","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}, {"code":"b2","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}]')$$, :project),
	$$VALUES ('b1', 'unchanged', NULL), ('b1', 'rejected', '23505'), ('b2', 'rejected', '23505')$$, 'again');
SELECT count(*) FROM rui.import_barriers(:project, '{"type":"FeatureCollection","features":[
	{"type":"Feature","id":"w7","properties":{"waterway":"river"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","id":"w8","properties":{"natural":"water"},"geometry":{"type":"Polygon","coordinates":[[[9,50],[9.001,50],[9.001,50.001],[9,50]]]}},
	{"type":"Feature","id":"w9","properties":{"railway":"rail"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","id":"w10","properties":{"barrier":"city_wall"},"geometry":{"type":"MultiLineString","coordinates":[[[9,50],[9.001,50]],[[9,51],[9.001,51]]]}},
	{"type":"Feature","id":"w11","properties":{"barrier":"hedge"},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}},
	{"type":"Feature","id":"w12","properties":{"highway":"trunk","permeability":0.2},"geometry":{"type":"LineString","coordinates":[[9,50],[9.001,50]]}}]}') \g /dev/null
SELECT results_eq($$SELECT code, kind, permeability FROM rui.barrier WHERE code LIKE 'w%' ORDER BY id$$,
	$$VALUES ('w7', 'river', 0::numeric), ('w8', 'river', 0), ('w9', 'railway', 0), ('w10', 'wall', 0), ('w11', 'fence', 0), ('w12', 'road', 0.2)$$, 'features of OpenStreetMap');

-- Passages.
SELECT results_eq(format($$SELECT code, outcome, error_code FROM rui.import_passages(%s, '[
	{"code":"p1","place":"SRID=4326;POINT(9 50)"}, {"code":"p2","name":"South","kind":"bridge","is_closed":true,"reach_m":"40","place":"SRID=4326;POINT(9 50)"},
	{"code":"p3","kind":"tunnel","place":"SRID=4326;POINT(9 50)"}, {"code":"p4","reach_m":0,"place":"SRID=4326;POINT(9 50)"}, {"code":"p5","is_closed":1,"place":"SRID=4326;POINT(9 50)"},
	{"code":"p6","place":"SRID=4326;LINESTRING(9 50,9 51)"}]')$$, :project),
	$$VALUES ('p1', 'added', NULL), ('p2', 'added', NULL), ('p3', 'rejected', '22023'), ('p4', 'rejected', '22003'), ('p5', 'rejected', '22023'), ('p6', 'rejected', '22023')$$, 'passages');
SELECT results_eq('SELECT code, kind, is_closed, reach_m FROM rui.passage ORDER BY code', $$VALUES ('p1', 'gate', false, 15::numeric), ('p2', 'bridge', true, 40)$$, 'as given');
SELECT results_eq(format($$SELECT outcome, error_code FROM rui.import_passages(%s, '[{"code":"p1","place":"SRID=4326;POINT(9 50)"}, {"code":"p2","place":"SRID=4326;POINT(9 50)"}]')$$, :project),
	$$VALUES ('unchanged', NULL), ('rejected', '23505')$$, 'again');
SELECT count(*) FROM rui.import_passages(:project, '{"type":"FeatureCollection","features":[
	{"type":"Feature","properties":{"osm_id":1,"barrier":"lift_gate"},"geometry":{"type":"Point","coordinates":[9,50]}},
	{"type":"Feature","id":"n2","properties":{"highway":"crossing"},"geometry":{"type":"Point","coordinates":[9,50]}}]}') \g /dev/null
SELECT results_eq($$SELECT code, kind FROM rui.passage WHERE code LIKE 'n%' ORDER BY code$$, $$VALUES ('n1', 'gate'), ('n2', 'crossing')$$, 'features of OpenStreetMap');

-- Closing and opening.
SELECT lives_ok(format('SELECT rui.set_way_closed(%s, ''street'', ''s1'', true), rui.set_way_closed(%s, ''passage'', ''p2'', false)', :project, :project), 'a street is closed, a bridge opened');
SELECT results_eq($$SELECT is_closed FROM rui.street WHERE code = 's1' UNION ALL SELECT is_closed FROM rui.passage WHERE code = 'p2'$$, 'VALUES (true), (false)', 'so they are');
SELECT results_eq($$SELECT kind FROM rui.event WHERE subject IN ('street', 'passage') ORDER BY id$$, $$VALUES ('street.close'), ('passage.open')$$, 'and it is told');

-- What is refused changes nothing.
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT rui.%I(%s, %L)', f, :project, r), s, NULL, f || ' of ' || coalesce(r, 'null'))
FROM unnest('{import_streets,import_barriers,import_passages}'::text[]) f, (VALUES (NULL, '22004'), ('{}', '22023'), ('"x"', '22023'),
	('{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:3857"}},"features":[]}', '22023')) AS t(r, s);
SELECT throws_ok(format('SELECT rui.set_way_closed(%s, %L, %L, %L)', :project, w, c, b), s, NULL, 'closing ' || coalesce(w, 'null') || ' ' || coalesce(c, 'null'))
FROM (VALUES (NULL, 's1', 'true', '22004'), ('street', NULL, 'true', '22004'), ('street', 's1', NULL, '22004'), ('river', 's1', 'true', '22023'), ('street', 'x', 'true', 'P0002')) AS t(w, c, b, s);
SELECT throws_ok(format('SELECT rui.set_way_closed(%s, ''street'', ''s1'', true)', :other_project), 'P0002', NULL, 'another project''s street');
SELECT results_eq(format($$SELECT outcome FROM rui.import_streets(%s, '[{"code":"new","line":"SRID=4326;LINESTRING(9 50,9.01 50)"}]', preview => true)$$, :project), $$VALUES ('added')$$, 'a preview says what would be');
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.import_streets(%s, ''[]'')', :project), '42501', NULL, 'nobody imports');
SELECT throws_ok(format('SELECT rui.set_way_closed(%s, ''street'', ''s1'', true)', :project), '42501', NULL, 'or closes');
SET LOCAL rui.party_id = :'boss';
SELECT is(pg_temp.content(), :'before', 'nothing of this changed anything');
SELECT * FROM finish();
ROLLBACK;
