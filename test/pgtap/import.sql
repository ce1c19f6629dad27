-- Imports: what is taken, what is reported, what stays as it was.
BEGIN;
SELECT plan(50);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset

-- Buildings as an OSM extract has them.
\set collection '{"type":"FeatureCollection","features":[{"type":"Feature","id":"w1","properties":{"building":"yes","name":"一号楼","levels":2.5,"shop":"bakery"},"geometry":{"type":"Polygon","coordinates":[[[118.70,32.00],[118.71,32.00],[118.71,32.01],[118.70,32.01],[118.70,32.00]]]}},{"type":"Feature","properties":{"osm_type":"relation","osm_id":77,"building:levels":"0"},"geometry":{"type":"MultiPolygon","coordinates":[[[[118.72,32.00],[118.73,32.00],[118.73,32.01],[118.72,32.00]]]]}},{"type":"Feature","id":3,"properties":{"code":"C-3","floors":7,"entrance":{"type":"Point","coordinates":[118.7405,32.0001]}},"geometry":{"type":"Polygon","coordinates":[[[118.74,32,9.5],[118.741,32,9.5],[118.741,32.001,9.5],[118.74,32,9.5]]]}}]}'
SELECT results_eq(format('SELECT row_no, code, outcome FROM rui.import_buildings(%s, %L, true)', :project, :'collection'),
	$$VALUES (1, 'w1', 'added'), (2, 'r77', 'added'), (3, 'C-3', 'added')$$, 'a preview reports what would be');
SELECT is_empty('SELECT FROM rui.building', 'a preview adds nothing');
SELECT results_eq(format('SELECT row_no, code, accepted, outcome, id IS NOT NULL, error_code FROM rui.import_buildings(%s, %L)', :project, :'collection'),
	$$VALUES (1, 'w1', true, 'added', true, NULL), (2, 'r77', true, 'added', true, NULL), (3, 'C-3', true, 'added', true, NULL)$$,
	'a FeatureCollection is taken');
SELECT results_eq($$SELECT code, name, floors, GeometryType(footprint), ST_NDims(footprint), ST_Covers(footprint, entrance) FROM rui.building ORDER BY id$$,
	$$VALUES ('w1', '一号楼', 3, 'MULTIPOLYGON', 2::smallint, true), ('r77', NULL, 1, 'MULTIPOLYGON', 2::smallint, true), ('C-3', NULL, 7, 'MULTIPOLYGON', 2::smallint, true)$$,
	'code, name and floors come from the properties, the height is dropped, the entrance lies inside');
SELECT is((SELECT ST_AsText(entrance) FROM rui.building WHERE code = 'C-3'), 'POINT(118.7405 32.0001)', 'a given entrance is kept');
SELECT results_eq(format('SELECT outcome, id = (SELECT b.id FROM rui.building b WHERE b.code = r.code) FROM rui.import_buildings(%s, %L) r', :project, :'collection'),
	$$VALUES ('unchanged', true), ('unchanged', true), ('unchanged', true)$$, 'the same again is unchanged');
SELECT is((SELECT count(*) FROM rui.building), 3::bigint, 'and adds nothing');
SELECT results_eq(format('SELECT accepted FROM rui.import_buildings(%s, %L)', :other_project, :'collection'),
	'VALUES (true), (true), (true)', 'codes are per project');

-- Every fault of a row is reported, and only the good rows are taken.
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_buildings(%s, %L)', :project, $$[
	{"code":"g1","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))","floors":"12"},
	{"code":"g1","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"  ","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"x ","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"0123456789012345678901234567890123456789012345678901234567890","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b1","name":"","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b2","floors":0,"footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b3","floors":"many","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b4","floors":2.5,"footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b5"},
	{"code":"b6","footprint":"POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b7","footprint":"SRID=3857;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":"b8","footprint":"SRID=4326;POINT(0 0)"},
	{"code":"b9","footprint":"SRID=4326;POLYGON EMPTY"},
	{"code":"b10","footprint":"SRID=4326;POLYGON((0 0,181 0,1 1,0 0))"},
	{"code":"b11","footprint":"SRID=4326;POLYGON((0 0,NaN 0,1 1,0 0))"},
	{"code":"b12","footprint":{"type":"Polygon","coordinates":[[[0,0],[1e999,0],[1,1],[0,0]]]}},
	{"code":"b13","footprint":{"type":"Polygon","coordinates":[[["0",0],[1,0],[1,1],[0,0]]]}},
	{"code":"b14","footprint":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}},
	{"code":"b15","footprint":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}},
	{"code":"b16","footprint":{"type":"Polygon"}},
	{"code":"b17","footprint":{"type":"Polygon","coordinates":7}},
	{"code":"b18","footprint":{}},
	{"code":"b19","footprint":[0,0]},
	{"code":"b20","footprint":"somewhere"},
	{"code":"b21","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))","entrance":"SRID=4326;POINT(1 2)"},
	{"code":"b22","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))","entrance":"SRID=4326;POINT EMPTY"},
	{"code":"b23","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))","height":3},
	{"code":"w1","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	{"code":{"a":1},"footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"},
	17, null, [], "x",
	{"code":"g2","footprint":"0103000020E610000001000000040000000000000000000000000000000000000000000000000000400000000000000000000000000000F03F000000000000F03F00000000000000000000000000000000"}]$$),
	$$VALUES (1, true, NULL), (2, false, '23505'), (3, false, '22004'), (4, false, '22023'), (5, false, '22023'),
	(6, false, '22001'), (7, false, '22023'), (8, false, '22003'), (9, false, '22023'), (10, false, '22023'), (11, false, '22004'),
	(12, false, '22023'), (13, false, '22023'), (14, false, '22023'), (15, false, '22023'), (16, false, '22003'), (17, false, '22003'),
	(18, false, '22003'), (19, false, '22023'), (20, false, '22023'), (21, false, '22023'), (22, false, '22023'), (23, false, '22023'),
	(24, false, '22023'), (25, false, '22023'), (26, false, '22023'), (27, false, '22023'), (28, false, '22023'), (29, false, '22023'),
	(30, false, '23505'), (31, false, '22023'), (32, false, '22023'), (33, false, '22023'), (34, false, '22023'), (35, false, '22023'),
	(36, true, NULL)$$, 'each bad building is reported with its SQLSTATE');
SELECT results_eq('SELECT b.code FROM rui.building b JOIN rui.project p ON p.id = b.project_id WHERE p.code = ''town'' ORDER BY b.id',
	$$VALUES ('w1'), ('r77'), ('C-3'), ('g1'), ('g2')$$, 'only good buildings were added');
SELECT results_eq(format('SELECT problem, hint IS NOT NULL FROM rui.import_buildings(%s, %L)', :project,
	'[{"code":"b","footprint":{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}]'),
	$$VALUES ('footprint is not valid: Self-intersection[0.5 0.5]', true)$$, 'the problem of a bad outline says where');
SELECT is_empty(format('SELECT FROM rui.import_buildings(%s, ''[]'')', :project), 'an empty batch is no error');

-- Request keys.
SELECT results_eq(format('SELECT outcome FROM rui.import_buildings(%s, %L, false, ''k1'')', :project,
	'[{"code":"k","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"}]'), $$VALUES ('added')$$, 'a request key is taken');
SELECT results_eq(format('SELECT outcome, id = (SELECT b.id FROM rui.building b WHERE b.code = ''k'') FROM rui.import_buildings(%s, %L, false, ''k1'')', :project,
	'[{"code":"k","footprint":"SRID=4326;POLYGON((0 0,1 0,1 1,0 0))"}]'), $$VALUES ('added', true)$$, 'the key''s first report is given again');
SELECT throws_ok(format('SELECT rui.import_buildings(%s, %L, false, ''k1'')', :project, '[]'), 'RU409', NULL, 'the key with other content is refused');
SELECT is_empty(format('SELECT FROM rui.import_buildings(%s, ''[]'', false, ''k2'')', :project), 'an empty batch with a key');
SELECT is_empty(format('SELECT FROM rui.import_buildings(%s, ''[]'', false, ''k2'')', :project), 'an empty batch with a key again');

-- Units.
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_units(%s, %L)', :project, $$[
	{"code":"1-101","building":"w1","floor_no":1,"area_m2":"89.50"}, {"code":"1-102","building":"w1","area_m2":70,"kind":"shop"},
	{"code":"1-103","building":"nowhere","area_m2":70}, {"code":"1-103","building":"w1"}, {"code":"1-103","building":"w1","area_m2":0},
	{"code":"1-103","building":"w1","area_m2":"-3"}, {"code":"1-103","building":"w1","area_m2":"NaN"}, {"code":"1-103","building":"w1","area_m2":1e30},
	{"code":"1-103","building":"w1","area_m2":1.005}, {"code":"1-103","building":"w1","area_m2":1,"kind":"castle"},
	{"code":"1-103","building":"w1","area_m2":1,"floor_no":1.5}, {"code":"1-103","building":"w1","area_m2":1}, {"code":"1-103","building":"w1","area_m2":1}]$$),
	$$VALUES (1, true, NULL), (2, true, NULL), (3, false, 'P0002'), (4, false, '22004'), (5, false, '22003'), (6, false, '22003'), (7, false, '22023'),
	(8, false, '22003'), (9, false, '22023'), (10, false, '22023'), (11, false, '22023'), (12, true, NULL), (13, false, '23505')$$,
	'each bad unit is reported, the first good one of a code is taken');
SELECT results_eq('SELECT code, floor_no, kind, area_m2 FROM rui.unit ORDER BY id',
	$$VALUES ('1-101', 1, 'home', 89.50), ('1-102', NULL, 'shop', 70.00), ('1-103', NULL, 'home', 1.00)$$, 'units as given');
SELECT results_eq(format('SELECT outcome, error_code FROM rui.import_units(%s, %L)', :project, $$[
	{"code":"1-101","building":"w1","floor_no":"1","area_m2":89.5,"kind":"home"}, {"code":"1-102","building":"w1","area_m2":71,"kind":"shop"}]$$),
	$$VALUES ('unchanged', NULL), ('rejected', '23505')$$, 'what is there is not changed');
SELECT results_eq(format('SELECT error_code FROM rui.import_units(%s, %L)', :other_project, '[{"code":"9","building":"g1","area_m2":1}]'),
	$$VALUES ('P0002')$$, 'a building of another project is unknown');

-- Parties and their contact points.
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_parties(%s, %L)', :project, $$[
	{"code":"P1","name":"王芳","phone":["+86 138-0000-0001","025 8888"],"email":"Wang@Example.com"}, {"code":"P2","name":"李雷"},
	{"code":"P3","name":"Water Ltd","kind":"organisation","address":"Road 1"}, {"code":"P1","name":"x"}, {"code":"P4"},
	{"code":"P4","name":"x","phone":"call me"}, {"code":"P4","name":"x","email":"nobody"}, {"code":"P4","name":"x","phone":{"a":1}},
	{"code":"P4","name":"x","phone":["1234",null]}, {"code":"P4","name":"x","kind":"robot"}]$$),
	$$VALUES (1, true, NULL), (2, true, NULL), (3, true, NULL), (4, false, '23505'), (5, false, '22004'), (6, false, '22023'), (7, false, '22023'),
	(8, false, '22023'), (9, false, '22004'), (10, false, '22023')$$, 'each bad party is reported');
SELECT results_eq($$SELECT c.kind, c.value, c.value_norm FROM rui.contact_point c JOIN rui.party p ON p.id = c.party_id WHERE p.code = 'P1' ORDER BY 1, 2$$,
	$$VALUES ('email', 'Wang@Example.com', 'wang@example.com'), ('phone', '+86 138-0000-0001', '+8613800000001'), ('phone', '025 8888', '0258888')$$,
	'contact points are kept as given, and normalised');
SELECT results_eq(format('SELECT outcome FROM rui.import_parties(%s, %L)', :project, $$[
	{"code":"P1","name":"王芳","phone":"+8613800000001"}, {"code":"P2","name":"李蕾"}, {"code":"P2","name":"李雷","wechat":"lilei"}]$$),
	$$VALUES ('unchanged'), ('rejected'), ('rejected')$$, 'a party already there is unchanged or refused');

-- Households.
\set households '[{"unit":"1-101","from":"2020-01-01","members":[{"party":"P1","role":"owner"},{"party":"P2","role":"family","from":"2021-05-01"}]},{"unit":"1-101","from":"2021-01-01","members":[{"party":"P2","role":"tenant"}]},{"unit":"1-102","from":"2020-01-01","to":"2021-01-01","members":[{"party":"P2","role":"tenant"}]},{"unit":"1-102","from":"2021-01-01","members":[{"party":"P1","role":"tenant"}]},{"unit":"9-999","from":"2021-01-01","members":[{"party":"P1","role":"tenant"}]},{"unit":"1-103","from":"2021-01-01","members":[{"party":"P9","role":"tenant"}]},{"unit":"1-103","from":"2021-01-01","members":[]},{"unit":"1-103","from":"2021-01-01"},{"unit":"1-103","members":[{"party":"P1","role":"tenant"}]},{"unit":"1-103","from":"2021-02-29","members":[{"party":"P1","role":"tenant"}]},{"unit":"1-103","from":"1066-02-01","members":[{"party":"P1","role":"tenant"}]},{"unit":"1-103","from":"2021-02-01","to":"2021-02-01","members":[{"party":"P1","role":"tenant"}]},{"unit":"1-103","from":"2021-02-01","members":[{"party":"P1","role":"king"}]},{"unit":"1-103","from":"2021-02-01","members":[{"party":"P1","role":"owner"},{"party":"P1","role":"owner"}]},{"unit":"1-103","from":"2021-02-01","to":"2022-01-01","members":[{"party":"P1","role":"owner","to":"2022-01-02"}]}]'
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_households(%s, %L)', :project, :'households'),
	$$VALUES (1, true, NULL), (2, false, '23P01'), (3, true, NULL), (4, true, NULL), (5, false, 'P0002'), (6, false, 'P0002'), (7, false, '22023'),
	(8, false, '22004'), (9, false, '22004'), (10, false, '22007'), (11, false, '22008'), (12, false, '22023'), (13, false, '22023'),
	(14, false, '23505'), (15, false, '22023')$$, 'each bad household is reported');
SELECT results_eq('SELECT u.code, o.role, o.valid FROM rui.occupancy o JOIN rui.unit u ON u.id = o.unit_id ORDER BY 1, 3, 2',
	$$VALUES ('1-101', 'owner', '[2020-01-01,)'::daterange), ('1-101', 'family', '[2021-05-01,)'), ('1-102', 'tenant', '[2020-01-01,2021-01-01)'), ('1-102', 'tenant', '[2021-01-01,)')$$,
	'members stay as long as the household, or as long as said');
SELECT results_eq($$SELECT p.code, m.valid FROM rui.membership m JOIN rui.party p ON p.id = m.party_id WHERE m.role_code = 'resident' ORDER BY 1, 2$$,
	$$VALUES ('P1', '[2019-12-31 16:00+00,)'::tstzrange), ('P2', '[2019-12-31 16:00+00,2020-12-31 16:00+00)'), ('P2', '[2021-04-30 16:00+00,)')$$,
	'members are residents while they are there, from midnight in the project''s zone');
SELECT results_eq(format('SELECT row_no, outcome FROM rui.import_households(%s, %L) WHERE accepted', :project, :'households'),
	$$VALUES (1, 'unchanged'), (3, 'unchanged'), (4, 'unchanged')$$, 'the same households again are unchanged');
SELECT results_eq(format('SELECT error_code FROM rui.import_households(%s, %L)', :project, $$[
	{"unit":"1-101","from":"2020-01-01","members":[{"party":"P1","role":"owner"}]}, {"unit":"1-101","from":"2019-01-01","to":"2020-01-02","members":[{"party":"P1","role":"owner"}]}]$$),
	$$VALUES ('23P01'), ('23P01')$$, 'another household at the same time is refused');

-- Ownership.
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_ownerships(%s, %L)', :project, $$[
	{"unit":"1-101","from":"2020-01-01","owners":[{"party":"P1","parts":1},{"party":"P2","parts":"2"}]}, {"unit":"1-102","from":"2020-01-01","owners":[{"party":"P3"}]},
	{"unit":"1-103","from":"2020-01-01","owners":[{"party":"P1"},{"party":"P2","parts":1}]}, {"unit":"1-103","from":"2020-01-01","owners":[{"party":"P1","parts":0}]},
	{"unit":"1-103","from":"2020-01-01","owners":[{"party":"P1","parts":1.5}]}, {"unit":"1-103","from":"2020-01-01","owners":[{"party":"P1","parts":1},{"party":"P1","parts":1}]},
	{"unit":"1-103","from":"2020-01-01","owners":[{"party":"P8","parts":1}]}, {"unit":"1-103","from":"2020-01-01","owners":"P1"},
	{"unit":"1-101","from":"2025-01-01","owners":[{"party":"P1"}]}]$$),
	$$VALUES (1, true, NULL), (2, true, NULL), (3, false, '22004'), (4, false, '22003'), (5, false, '22023'), (6, false, '23505'), (7, false, 'P0002'),
	(8, false, '22023'), (9, false, '23P01')$$, 'each bad ownership is reported');
SELECT results_eq('SELECT u.code, cardinality(o.owner_ids), o.share_parts FROM rui.ownership o JOIN rui.unit u ON u.id = o.unit_id ORDER BY 1',
	$$VALUES ('1-101', 2, '{1,2}'::bigint[]), ('1-102', 1, '{1}')$$, 'thirds are exact');
SELECT results_eq(format('SELECT outcome FROM rui.import_ownerships(%s, %L)', :project, $$[
	{"unit":"1-101","from":"2020-01-01","owners":[{"party":"P1","parts":1},{"party":"P2","parts":2}]}, {"unit":"1-101","from":"2020-01-01","owners":[{"party":"P1","parts":2},{"party":"P2","parts":1}]}]$$),
	$$VALUES ('unchanged'), ('rejected')$$, 'the same ownership again is unchanged, another refused');

-- Staff, posts, shifts.
\set staff '[{"code":"S1","name":"张伟","staff_no":"1","from":"2020-01-01","role":"steward","phone":"1381","qualifications":[{"code":"plumbing","level":2,"source":"cert 7"},{"code":"lift","from":"2021-01-01","to":"2022-01-01"}]},{"code":"S2","name":"赵敏","staff_no":"1","from":"2021-01-01"},{"code":"P1","name":"王芳","staff_no":"3","from":"2020-01-01","to":"2024-01-01"},{"code":"P2","name":"王芳","staff_no":"4","from":"2020-01-01"},{"code":"S5","name":"x","staff_no":"5","from":"2020-01-01","role":"king"},{"code":"S5","name":"x","staff_no":"5","from":"2020-01-01","qualifications":[{"code":"Plumbing"}]},{"code":"S5","name":"x","staff_no":"5","from":"2020-01-01","qualifications":[{"code":"a"},{"code":"a"}]},{"code":"S5","name":"x","staff_no":"5","from":"2020-01-01","qualifications":[{"code":"a","level":10}]},{"code":"S5","name":"x","from":"2020-01-01"},{"code":"S1","name":"张伟","staff_no":"9","from":"2020-01-01"}]'
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_staff(%s, %L)', :project, :'staff'),
	$$VALUES (1, true, NULL), (2, false, '23P01'), (3, true, NULL), (4, false, '23505'), (5, false, '22023'), (6, false, '22023'), (7, false, '22023'),
	(8, false, '22003'), (9, false, '22004'), (10, false, '23505')$$, 'each bad employee is reported');
SELECT results_eq($$SELECT p.code, s.staff_no, s.employed FROM rui.staff s JOIN rui.party p ON p.id = s.party_id WHERE s.staff_no <> 'director' ORDER BY 1$$,
	$$VALUES ('P1', '3', '[2020-01-01,2024-01-01)'::daterange), ('S1', '1', '[2020-01-01,)')$$, 'employments; a resident may work here too');
SELECT results_eq($$SELECT q.kind, q.code, q.level, q.valid, q.source FROM rui.qualification q ORDER BY 2$$,
	$$VALUES ('skill', 'lift', 1, '[2020-12-31 16:00+00,2021-12-31 16:00+00)'::tstzrange, 'import'), ('skill', 'plumbing', 2, '[2019-12-31 16:00+00,)', 'cert 7')$$,
	'qualifications with their own dates or those of the employment');
SELECT results_eq($$SELECT p.code, m.role_code FROM rui.membership m JOIN rui.party p ON p.id = m.party_id WHERE m.role_code <> 'resident' ORDER BY 1$$,
	$$VALUES ('P1', 'staff'), ('S1', 'steward')$$, 'staff get their roles');
SELECT results_eq(format('SELECT row_no, outcome FROM rui.import_staff(%s, %L) WHERE accepted', :project, :'staff'),
	$$VALUES (1, 'unchanged'), (3, 'unchanged')$$, 'the same staff again are unchanged');
SELECT results_eq(format('SELECT outcome, error_code FROM rui.import_staff(%s, %L)', :other_project,
	'[{"code":"S1","name":"张伟","staff_no":"1","from":"2020-01-01","role":"steward"},{"code":"S1b","name":"张伟","staff_no":"1","from":"2022-01-01","role":"steward"}]'),
	$$VALUES ('added', NULL), ('rejected', '23P01')$$, 'an employee may work in a second project');
SELECT results_eq(format('SELECT outcome, error_code FROM rui.import_posts(%s, %L)', :project,
	'[{"code":"st","name":"Steward","module":"steward","headcount":3},{"code":"x","name":"X","module":"sales"},{"code":"st","name":"Twice","module":"place"}]'),
	$$VALUES ('added', NULL), ('rejected', '22023'), ('rejected', '23505')$$, 'posts');
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_shifts(%s, %L)', :project, $$[
	{"post":"st","staff":"S1","from":"2026-01-05 08:00","to":"2026-01-05T18:00+08:00","capacity":5}, {"post":"st","staff":"S1","from":"2026-01-05 17:00","to":"2026-01-05 19:00"},
	{"post":"no","staff":"S1","from":"2026-01-06 08:00","to":"2026-01-06 18:00"}, {"post":"st","staff":"P2","from":"2026-01-06 08:00","to":"2026-01-06 18:00"},
	{"post":"st","staff":"nobody","from":"2026-01-06 08:00","to":"2026-01-06 18:00"}, {"post":"st","staff":"P1","from":"2023-12-31 20:00","to":"2024-01-01 04:00"},
	{"post":"st","staff":"S1","from":"2026-01-06 18:00","to":"2026-01-06 08:00"}, {"post":"st","staff":"S1","from":"2026-01-06 25:00","to":"2026-01-07 08:00"},
	{"post":"st","staff":"S1","from":"yesterday","to":"2026-01-07 08:00"}, {"post":"st","staff":"S1","from":"2026-01-06 08:00"},
	{"post":"st","staff":"S1","from":"2026-01-06 08:00","to":"2026-02-06 08:00"}, {"post":"st","staff":"S1","from":"2026-01-05 18:00","to":"2026-01-06 02:00"}]$$),
	$$VALUES (1, true, NULL), (2, false, '23P01'), (3, false, 'P0002'), (4, false, '22023'), (5, false, 'P0002'), (6, false, '22023'), (7, false, '22023'),
	(8, false, '22007'), (9, false, '22007'), (10, false, '22004'), (11, false, '22023'), (12, true, NULL)$$, 'each bad shift is reported');
SELECT results_eq('SELECT during, capacity, state FROM rui.shift ORDER BY during',
	$$VALUES ('[2026-01-05 00:00+00,2026-01-05 10:00+00)'::tstzrange, 5, 'planned'), ('[2026-01-05 10:00+00,2026-01-05 18:00+00)', 8, 'planned')$$,
	'local times are meant in the project''s zone');
SELECT results_eq(format('SELECT outcome FROM rui.import_shifts(%s, %L)', :project, $$[
	{"post":"st","staff":"S1","from":"2026-01-05 08:00","to":"2026-01-05 18:00","capacity":5}, {"post":"st","staff":"S1","from":"2026-01-05 08:00","to":"2026-01-05 18:00"}]$$),
	$$VALUES ('unchanged'), ('rejected')$$, 'the same shift again is unchanged, another refused');
SELECT results_eq($$SELECT e.payload FROM rui.event e WHERE e.kind = 'project.import' AND e.payload ->> 'table' = 'shift'$$,
	$$VALUES ('{"table":"shift","added":2,"unchanged":0,"rejected":10}'::jsonb)$$, 'an import that added rows is an event');

-- Where somebody is reached they neither say nor learn who manage people elsewhere.
SELECT count(*) FROM rui.import_parties(:other_project, '[{"code":"far1","name":"Sun","phone":"13900000009"},{"code":"far2","name":"Neu"}]') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'M', 'Manager') RETURNING id AS manager \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) SELECT :other_project, p.id, 'resident', '[2000-01-01,)' FROM rui.party p WHERE p.code = 'far1';
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:project, :manager, 'manager', '[2000-01-01,)');
SET LOCAL rui.party_id = :'manager';
SELECT results_eq(format('SELECT r.code, r.outcome, r.error_code FROM rui.import_contacts(%s, %L, true) r', :project, '[{"party":"far1","kind":"phone","value":"13900000009"},
	{"party":"far1","kind":"phone","value":"13900000008","preferred":true},{"party":"director","kind":"email","value":"m@x.cn","preferred":true},{"party":"far2","kind":"phone","value":"1380"},{"party":"M","kind":"phone","value":"1381"}]'),
	$$VALUES ('far1', 'rejected', '42501'), ('far1', 'rejected', '42501'), ('director', 'rejected', '42501'), ('far2', 'added', NULL), ('M', 'added', NULL)$$,
	'of people of other projects, right or wrong, and of who is above them; not of new ones and themselves');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_parties(%s, %L, true) r', :project, '[{"code":"far1","name":"Sun","phone":"13900000009"}]'),
	$$VALUES ('rejected', '42501')$$, 'nor by importing them');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_parties(%s, %L, true) r', :project, '[{"code":"far1","name":"Sun"}]'),
	$$VALUES ('unchanged', NULL::text)$$, 'what they are called is known in the company');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_staff(%s, %L, true) r', :project, '[{"code":"far1","name":"Sun","staff_no":"far9","from":"2025-01-01","phone":"13900000008"}]'),
	$$VALUES ('rejected', '42501')$$, 'nor by hiring them');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_staff(%s, %L) r', :project, '[{"code":"far1","name":"Sun","staff_no":"far9","from":"2025-01-01"}]'),
	$$VALUES ('added', NULL::text)$$, 'but when they work here');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_contacts(%s, %L, true) r', :project, '[{"party":"far1","kind":"phone","value":"13900000008"}]'),
	$$VALUES ('added', NULL::text)$$, 'they are theirs');
SET LOCAL rui.party_id = :'boss';
SELECT results_eq(format('SELECT r.outcome FROM rui.import_contacts(%s, %L, true) r', :project, '[{"party":"M","kind":"phone","value":"1381"}]'), $$VALUES ('added')$$, 'the whole company''s are for who manages people in it');
SELECT * FROM finish();
ROLLBACK;
