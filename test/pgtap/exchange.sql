-- Whole objects out as CSV and in again: the same rows, and who may take them.
BEGIN;
SELECT plan(78);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
-- Another company's empty project, to import into.
SELECT rui.create_company('copy', 'Copy', 'Boss') AS company_two \gset
INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
SELECT :company_two, p.id, r.role_code, tstzrange('2000-01-01 00:00+00', NULL)
FROM rui.party p, unnest('{loader,manager}'::text[]) AS r(role_code) WHERE p.company_id = :company_two AND p.code = 'director';
SELECT p.id AS boss_two FROM rui.party p WHERE p.company_id = :company_two AND p.code = 'director' \gset
SET LOCAL rui.party_id = :'boss_two';
SELECT rui.create_project(:company_two, 'copy', 'Copy') AS copy_project \gset
SET LOCAL rui.party_id = :'boss';

-- Every hard thing that a field can hold.
SELECT count(*) FROM rui.import_buildings(:project, $$[
	{"code":"1","name":"一号楼, \"东\"","floors":18,"footprint":"SRID=4326;POLYGON((118.7012345678901 32.00000000000001,118.7102 32.0003,118.71 32.01,118.7012345678901 32.00000000000001))"},
	{"code":"=2","name":"-x\ny","footprint":{"type":"MultiPolygon","coordinates":[[[[118.72,32],[118.73,32],[118.73,32.01],[118.72,32]]],[[[118.74,32],[118.75,32],[118.75,32.01],[118.74,32]]]]},"entrance":"SRID=4326;POINT(118.7333333333333 32.0099999999)"},
	{"code":"'@3","footprint":"SRID=4326;POLYGON((118.76 32,118.77 32,118.77 32.01,118.76 32))"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_units(:project, $$[
	{"code":"1-101","building":"1","floor_no":-2,"kind":"home","area_m2":89.5},
	{"code":"1-102","building":"=2","area_m2":"120.55"},
	{"code":"+3","building":"'@3","kind":"shop","area_m2":1}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_parties(:project, $$[
	{"code":"zhao","name":"赵","phone":"+86 138-0013-8000","email":["a@b.c","d@e.f"]},
	{"code":"qian","name":"=钱","wechat":"[x]"},
	{"code":"acme","name":"Acme, \"Ltd\"","kind":"organisation","address":"1 Road\n2 Town"},
	{"code":"nobody","name":"Nobody"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_households(:project, $$[
	{"unit":"1-101","from":"2020-01-01","members":[{"party":"zhao","role":"owner"},{"party":"qian","role":"family","from":"2021-01-01","to":"2022-01-01"}]},
	{"unit":"1-102","from":"2020-01-01","to":"2021-01-01","members":[{"party":"qian","role":"tenant"}]}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_ownerships(:project, $$[
	{"unit":"1-101","from":"2020-01-01","owners":[{"party":"zhao"}]},
	{"unit":"1-102","from":"2020-01-01","to":"2024-01-01","owners":[{"party":"acme","parts":2},{"party":"zhao","parts":1}]}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_staff(:project, $$[
	{"code":"w1","name":"Wu","staff_no":"007","from":"2024-01-01","phone":["13900000001","13900000002"],"qualifications":[{"code":"plumbing","level":3},{"kind":"licence","code":"lift","from":"2024-06-01","to":"2026-06-01","source":"No. 1"}]},
	{"code":"w2","name":"Xu","staff_no":"008","from":"2023-01-01","to":"2030-01-01","role":"steward"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_posts(:project, $$[{"code":"p1","name":"Gate","module":"order","headcount":2},{"code":"p2","name":"Desk","module":"support"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_shifts(:project, $$[
	{"post":"p1","staff":"w1","from":"2025-03-01 08:00","to":"2025-03-01 20:00:30"},
	{"post":"p2","staff":"w2","from":"2025-03-01 20:00","to":"2025-03-02 08:00","capacity":3}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_contacts(:project, $$[
	{"party":"zhao","kind":"push","value":"=token","preferred":true},
	{"party":"w2","kind":"phone","value":"13900000003","verified_at":"2025-01-01 08:00"}]$$) AS n \gset hidden_

-- Lines as they go out.
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''unit'')', :project),
	$$VALUES ('code,building,space,floor_no,kind,area_m2,completed_on,delivered_on,developer'), ('1-101,1,,-2,home,89.50,,,'), ('1-102,''=2,,,home,120.55,,,'),
	('''+3,''''@3,,,shop,1.00,,,')$$,
	'a header and a line a row; texts are guarded, numbers are not');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''post'', separator => '';'', byte_order_mark => true)', :project),
	$$VALUES (chr(65279) || 'code;name;module;headcount'), ('p1;Gate;order;2'), ('p2;Desk;support;1')$$, 'another separator, and the mark for Excel');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''unit'', guard_formulas => false) OFFSET 3', :project),
	$$VALUES ('+3,''@3,,,shop,1.00,,,')$$, 'texts go as they are when asked to');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''party'')', :project),
	$$VALUES ('code,name,kind,phone,email,wechat,address'), ('zhao,***,person,***,***,,'), ('qian,***,person,,,***,'), ('acme,***,organisation,,,,***'),
	('w1,***,person,***,,,'), ('w2,***,person,***,,,')$$, 'personal data are masked, and whom the project does not know is left out');
-- In clear once asking for it is committed, which a test that rolls back cannot wait
-- for: here the rows are made those of another transaction.
CREATE FUNCTION pg_temp.asked(project bigint, purpose text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM rui.ask_csv(project, m.table_name, purpose) FROM rui.master_table m WHERE m.personal <> '{}';
	UPDATE rui.access_ask SET transaction_id = 1;
END
$$;
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', ''Moving'', true)', :project), '55000', 'nobody has asked for this', 'nobody takes people who has not asked for them');
SELECT is(rui.ask_csv(:project, 'party', 'Moving'), 5::bigint, 'who asks is told how many there are');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', ''Moving'', true)', :project), '55000', NULL, 'he gets them once that is on record for good');
SELECT is((SELECT payload FROM rui.event WHERE kind = 'project.ask_csv' AND project_id = :project), '{"table": "party", "rows": 5, "with_archived": false, "purpose": "Moving"}'::jsonb, 'which is an event');
SELECT pg_temp.asked(:project, 'Moving to another system') \g /dev/null
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', ''Moving to another system'', true, true)', :project), '55000', NULL, 'and nothing else than he has asked for');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''party'', ''Moving to another system'', true) OFFSET 1', :project),
	$$VALUES ('zhao,赵,person,''+86 138-0013-8000,"[""a@b.c"", ""d@e.f""]",,'), ('qian,''=钱,person,,,"[""[x]""]",'),
	('acme,"Acme, ""Ltd""",organisation,,,,"1 Road' || E'\n' || '2 Town"'), ('w1,Wu,person,"[""13900000001"", ""13900000002""]",,,'), ('w2,Xu,person,13900000003,,,')$$,
	'in clear for a purpose');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''shift'')', :project),
	$$VALUES ('post,staff,from,to,capacity'), ('p1,w1,2025-03-01 08:00+08:00,2025-03-01 20:00:30+08:00,8'), ('p2,w2,2025-03-01 20:00+08:00,2025-03-02 08:00+08:00,3')$$,
	'instants are local, with their offset');
SELECT results_eq($$SELECT e.payload, e.party_id FROM rui.event e WHERE e.kind = 'project.export' ORDER BY e.id OFFSET 4 LIMIT 1$$,
	format($$VALUES ('{"table": "party", "rows": 5, "in_clear": true, "with_archived": false, "purpose": "Moving to another system"}'::jsonb, %s::bigint)$$, :boss),
	'an export is an event: who, what, how many, what for');

-- There and back: every master table comes out again as it was.
SELECT pg_temp.asked(:project, 'test') \g /dev/null
CREATE TEMP TABLE lines AS
SELECT m.table_name, (SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:project, m.table_name, 'test', true) x) AS content FROM rui.master_table m
WHERE m.table_name IN ('building', 'unit', 'party', 'contact_point', 'household', 'ownership', 'staff', 'post', 'shift');
SELECT is(count(*), 9::bigint, 'nine master tables') FROM lines;
SELECT results_eq(format('SELECT l.table_name, count(*), count(*) FILTER (WHERE r.outcome = ''unchanged'') FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r GROUP BY 1 ORDER BY 1', :project),
	$$VALUES ('building', 3::bigint, 3::bigint), ('contact_point', 9, 9), ('household', 2, 2), ('ownership', 2, 2), ('party', 5, 5), ('post', 2, 2), ('shift', 2, 2), ('staff', 2, 2), ('unit', 3, 3)$$,
	'where they came from, every row is there, identical');
SET LOCAL rui.party_id = :'boss_two';
SELECT results_eq(format('SELECT r.outcome, count(*) FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name = %L GROUP BY 1', :copy_project, t.name),
	format('VALUES (''added'', %s::bigint)', t.n), t.name || ' comes in')
FROM (VALUES (1, 'building', 3), (2, 'unit', 3), (3, 'party', 5)) AS t(place, name, n) ORDER BY t.place;
-- Contact points came with the parties, but for what only they say.
SELECT results_eq(format('SELECT r.code, r.outcome, r.error_code FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name = ''contact_point'' AND (r.outcome = ''added'' OR r.error_code IS NOT NULL) ORDER BY r.row_no', :copy_project),
	$$VALUES ('zhao', 'added', NULL), ('w2', 'rejected', '23505')$$, 'contact points come in; what the parties brought stays as it is');
SELECT results_eq(format('SELECT r.outcome, count(*) FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name = %L GROUP BY 1', :copy_project, t.name),
	format('VALUES (''added'', %s::bigint)', t.n), t.name || ' comes in')
FROM (VALUES (4, 'household', 2), (5, 'ownership', 2), (6, 'staff', 2), (7, 'post', 2), (8, 'shift', 2)) AS t(place, name, n) ORDER BY t.place;
SELECT pg_temp.asked(:copy_project, 'test') \g /dev/null
SELECT is((SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:copy_project, l.table_name, 'test', true) x), l.content, l.table_name || ' goes out as it came in')
FROM lines l WHERE l.table_name <> 'contact_point' ORDER BY l.table_name;
-- Into an empty company contact points alone carry everything.
DELETE FROM rui.contact_point WHERE company_id = :company_two;
SELECT results_eq(format('SELECT r.outcome, count(*) FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name = ''contact_point'' GROUP BY 1', :copy_project),
	$$VALUES ('added', 9::bigint)$$, 'contact points come in');
SELECT is((SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:copy_project, l.table_name, 'test', true) x), l.content, 'contact points go out as they came in')
FROM lines l WHERE l.table_name = 'contact_point';
SELECT is_empty($$SELECT b.code FROM rui.building b GROUP BY b.code HAVING count(DISTINCT b.footprint::text) <> 1 OR count(DISTINCT b.entrance::text) <> 1$$,
	'outlines and entrances are the same to the last bit');

-- The ground of walks and grids.
SET LOCAL rui.party_id = :'boss';
SELECT count(*) FROM rui.import_streets(:project, '[{"code":"s1","name":"东路","line":"SRID=4326;LINESTRING(118.70001 32.00001,118.7100000000001 32.01)","is_bridge":true},{"code":"s2","kind":"footway","is_closed":true,"line":"SRID=4326;LINESTRING(118.7 32,118.71 32)"}]'),
	rui.import_barriers(:project, '[{"code":"r1","kind":"river","permeability":"0.125","line":"SRID=4326;LINESTRING(118.7 32,118.71 32.02)"}]'),
	rui.import_passages(:project, '[{"code":"g1","name":"=门","reach_m":12.5,"place":"SRID=4326;POINT(118.7 32)"}]'),
	rui.import_building_loads(:project, '[{"building":"1","kind":"elders","amount":2.5}]') \gset hidden_
INSERT INTO lines SELECT m.table_name, (SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:project, m.table_name, 'test', true) x) FROM rui.master_table m
WHERE m.table_name IN ('street', 'barrier', 'passage', 'building_load');
SET LOCAL rui.party_id = :'boss_two';
SELECT results_eq(format('SELECT l.table_name, string_agg(r.outcome, '' '') FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name IN (''street'', ''barrier'', ''passage'', ''building_load'') GROUP BY 1 ORDER BY 1', :copy_project),
	$$VALUES ('barrier', 'added'), ('building_load', 'added'), ('passage', 'added'), ('street', 'added added')$$, 'the ground comes in');
SELECT is((SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:copy_project, l.table_name, 'test', true) x), l.content, l.table_name || ' goes out as it came in')
FROM lines l WHERE l.table_name IN ('street', 'barrier', 'passage', 'building_load') ORDER BY l.table_name;

-- What lies, stands and hangs where, parents before and after their children.
SET LOCAL rui.party_id = :'boss';
SELECT count(*) FROM rui.import_parties(:project, '[{"code":"builder","name":"Builder","kind":"organisation"}]') \gset hidden_
SELECT count(*) FROM rui.import_spaces(:project, $$[
	{"code":"f1","kind":"floor","parent":"n1","from":"2020-01-01","to":"2040-01-01"}, {"code":"n1","kind":"building","building":"1","parent":"=site"},
	{"code":"=site","kind":"site","name":"总, \"A\" ","place":"SRID=4326;POINT(118.7000000000001 32)"},
	{"code":"gate","kind":"gate","parent":"=site","place":"SRID=4326;POINT(118.71 32)"}, {"code":"hall","kind":"lobby","building":"=2"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_units(:project, $$[
	{"code":"1-201","building":"1","space":"f1","area_m2":90,"completed_on":"2025-03-01","delivered_on":"2025-07-01","developer":"builder"},
	{"code":"1-202","building":"1","area_m2":90,"completed_on":"2025-03-01"}, {"code":"1-203","building":"1","area_m2":90,"developer":"builder"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_equipment(:project, $$[
	{"code":"rope","kind":"rope","parent":"motor"}, {"code":"motor","kind":"motor","parent":"L1","space":"f1"},
	{"code":"L1","kind":"lift","name":"-梯","building":"1","maker":"Acme, Ltd","model":"=X","serial":"007","installed_on":"2019-05-01"}, {"code":"pump","kind":"pump"}]$$) AS n \gset hidden_
SELECT count(*) FROM rui.import_meters(:project, $$[
	{"code":"W","medium":"water","measured_in":"m3","unit":"1-201","installed_at":"2025-01-01 00:00","initial":"9980.250","digits":5,"verified_on":"2024-01-01","verify_by":"2030-01-01"},
	{"code":"E","medium":"electricity","measured_in":"kWh","space":"gate","is_shared":true,"installed_at":"2025-01-01 00:00:30","registers":["valley","peak"],"initial":{"peak":1,"valley":2.5},"multiplier":0.5,"serial":"+9"},
	{"code":"G","medium":"gas","measured_in":"m3","unit":"1-202","installed_at":"2025-01-01 00:00","registers":["peak"],"initial":{"peak":7}},
	{"code":"H","medium":"heat","measured_in":"kWh","unit":"1-202","installed_at":"2025-01-01 00:00","verified_on":"2024-01-01","verify_by":"2030-01-01"},
	{"code":"old","medium":"gas","measured_in":"m3","unit":"1-203","installed_at":"2025-01-01 00:00","initial":0}]$$) AS n \gset hidden_
SELECT id AS water FROM rui.meter WHERE code = 'W' \gset
SELECT id AS gone FROM rui.meter WHERE code = 'old' \gset
SELECT rui.replace_meter(:project, :water, '9990', '3', 'S-2', replaced_at => '2025-02-01 00:00+08', at => '2025-02-01 00:00+08') AS second,
	rui.remove_meter(:project, :gone, '5', removed_at => '2025-02-01 00:00+08', at => '2025-02-01 00:00+08') AS removed \gset hidden_
SELECT ST_AsEWKT(b.entrance) AS door FROM rui.building b WHERE b.project_id = :project AND b.code = '1' \gset
SELECT bag_eq(format('SELECT * FROM rui.export_csv(%s, ''space'')', :project), format($$VALUES ('''=site,site,,,"总, ""A"" ",SRID=4326;POINT(118.7000000000001 32),,'),
	('code,kind,parent,building,name,place,from,to'), ('f1,floor,n1,1,,%1$s,2020-01-01,2040-01-01'), ('gate,gate,''=site,,,SRID=4326;POINT(118.71 32),,'),
	('hall,lobby,,''=2,,SRID=4326;POINT(118.7333333333333 32.0099999999),,'), ('n1,building,''=site,1,,%1$s,,')$$, :'door'), 'places');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''unit'') OFFSET 4', :project), $$VALUES ('1-201,1,f1,,home,90.00,2025-03-01,2025-07-01,builder'),
	('1-202,1,,,home,90.00,2025-03-01,,'), ('1-203,1,,,home,90.00,,,builder')$$, 'units, on their floors, handed over or not');
SELECT bag_eq(format('SELECT * FROM rui.export_csv(%s, ''equipment'')', :project), $$VALUES ('code,kind,name,parent,space,building,maker,model,serial,installed_on'),
	('L1,lift,''-梯,,,1,"Acme, Ltd",''=X,007,2019-05-01'), ('motor,motor,,L1,f1,1,,,,'), ('pump,pump,,,,,,,,'), ('rope,rope,,motor,,,,,,')$$, 'equipment');
SELECT results_eq(format('SELECT * FROM rui.export_csv(%s, ''meter'')', :project),
	$$VALUES ('code,medium,measured_in,unit,space,is_shared,registers,initial,digits,multiplier,serial,verified_on,verify_by,installed_at'),
	('E,electricity,kWh,,gate,true,"[""valley"", ""peak""]","{""peak"": 1, ""valley"": 2.5}",,0.5,''+9,,,2025-01-01 00:00:30+08:00'),
	('G,gas,m3,1-202,,false,peak,"{""peak"": 7}",,1,,,,2025-01-01 00:00+08:00'), ('H,heat,kWh,1-202,,false,total,,,1,,2024-01-01,2030-01-01,2025-01-01 00:00+08:00'),
	('W,water,m3,1-201,,false,total,3,5,1,S-2,,,2025-02-01 00:00+08:00')$$, 'meters that hang there, with what they showed then');
SELECT is((SELECT string_agg(split_part(x, ',', 1), ' ') FROM rui.export_csv(:project, 'party') x), 'code zhao qian acme w1 w2 builder', 'who built here belongs here');
DELETE FROM lines WHERE table_name = 'unit';
INSERT INTO lines SELECT m.table_name, (SELECT string_agg(x, E'\r\n') FROM rui.export_csv(:project, m.table_name, 'test', true) x) FROM rui.master_table m
WHERE m.table_name IN ('space', 'unit', 'equipment', 'meter');
SELECT results_eq(format('SELECT l.table_name, count(*), count(*) FILTER (WHERE r.outcome = ''unchanged'') FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name IN (''space'', ''unit'', ''equipment'', ''meter'') GROUP BY 1 ORDER BY 1', :project),
	$$VALUES ('equipment', 4::bigint, 4::bigint), ('meter', 4, 4), ('space', 5, 5), ('unit', 6, 6)$$, 'where they came from they are there, identical');
SET LOCAL rui.party_id = :'boss_two';
SELECT count(*) FROM rui.import_parties(:copy_project, '[{"code":"builder","name":"Builder","kind":"organisation"}]') \gset hidden_
SELECT results_eq(format('SELECT r.outcome, count(*) FROM lines l CROSS JOIN LATERAL rui.import_csv(%s, l.table_name, l.content) r WHERE l.table_name = %L GROUP BY 1 ORDER BY 1', :copy_project, t.name),
	t.outcomes, t.name || ' comes in')
FROM (VALUES (1, 'space', $$VALUES ('added', 5::bigint)$$), (2, 'unit', $$VALUES ('added', 3::bigint), ('unchanged', 3)$$), (3, 'equipment', $$VALUES ('added', 4::bigint)$$),
	(4, 'meter', $$VALUES ('added', 4::bigint)$$)) AS t(place, name, outcomes) ORDER BY t.place;
SELECT is((SELECT string_agg(x, E'\r\n' ORDER BY x) FROM rui.export_csv(:copy_project, l.table_name, 'test', true) x),
	(SELECT string_agg(x, E'\r\n' ORDER BY x) FROM string_to_table(l.content, E'\r\n') x), l.table_name || ' goes out as it came in')
FROM lines l WHERE l.table_name IN ('space', 'unit', 'equipment', 'meter') ORDER BY l.table_name;
SELECT results_eq(format('SELECT s.code, s.depth FROM rui.space s WHERE s.project_id = %s ORDER BY 1', :copy_project), $$VALUES ('=site', 0), ('f1', 2), ('gate', 1), ('hall', 0), ('n1', 1)$$, 'the tree is the same');
SELECT results_eq(format('SELECT m.code, r.code, e.value, e.kind FROM rui.meter m JOIN rui.meter_register r ON r.meter_id = m.id LEFT JOIN rui.meter_reading e ON e.register_id = r.id WHERE m.project_id = %s ORDER BY 1, r.id', :copy_project),
	$$VALUES ('E', 'valley', 2.5, 'initial'), ('E', 'peak', 1, 'initial'), ('G', 'peak', 7, 'initial'), ('H', 'total', NULL, NULL), ('W', 'total', 3, 'initial')$$, 'with what they showed');
SELECT results_eq(format('SELECT u.code, d.completed_on, d.delivered_on, d.developer_id IS NOT NULL FROM rui.unit u JOIN rui.unit_delivery d ON d.unit_id = u.id WHERE u.project_id = %s ORDER BY 1', :copy_project),
	$$VALUES ('1-201', '2025-03-01'::date, '2025-07-01'::date, true), ('1-202', '2025-03-01', NULL, false), ('1-203', NULL, NULL, true)$$, 'and when they are handed over');

-- What a file may say otherwise, and what is wrong with it.
SET LOCAL rui.party_id = :'boss';
SELECT results_eq(format('SELECT r.outcome, r.error_code, r.problem FROM rui.import_csv(%s, ''contact_point'', %L) r', :project,
	E'value,kind,party,preferred\n13700000001,phone,zhao,是\n13700000002,phone,zhao,maybe\n13700000003,phone,zhao,\n,phone,zhao,0'),
	$$VALUES ('added', NULL, NULL), ('rejected', '22023', 'preferred is neither true nor false'), ('added', NULL, NULL), ('rejected', '22004', 'value is missing')$$,
	'columns in any order, booleans as people write them, an empty field is a key not given');
SELECT results_eq(format('SELECT r.error_code, r.problem FROM rui.import_csv(%s, ''household'', %L) r', :project, E'unit,from,members\n1-102,2023-01-01,"[oops"\n1-102,2023-01-01,zhao'),
	$$VALUES ('22023', 'members is not an array of 1 to 100 members'), ('22023', 'members is not an array of 1 to 100 members')$$, 'what is no JSON is reported by row');
SELECT results_eq(format('SELECT r.outcome FROM rui.import_csv(%s, ''post'', %L, true, separator => '';'') r', :project, E'\uFEFFcode;name;module\np3;门岗;order'),
	$$VALUES ('added')$$, 'a preview of a file that Excel wrote');
SELECT is((SELECT count(*) FROM rui.post WHERE project_id = :project), 2::bigint, 'a preview adds nothing');
SELECT throws_ok(format('SELECT rui.import_csv(%s, ''post'', %L)', :project, E'code,nmae\n1,2'), '22023', 'table "post" has no column "nmae"', 'a misspelt column');
SELECT throws_ok(format('SELECT rui.import_csv(%s, ''post'', %L)', :project, E'code,name\n"1,2'), '22P02', 'invalid input syntax for CSV at "line 2, column 1"', 'a quote that does not end');
SELECT throws_ok(format('SELECT rui.import_csv(%s, ''event'', ''a'')', :project), '22023', '"event" is no master table', 'an unknown table');
SELECT throws_ok(format('SELECT rui.import_csv(%s, ''post'', NULL)', :project), '22004', 'content must not be null', 'no content');
SELECT is_empty(format('SELECT rui.import_csv(%s, ''post'', ''code'')', :project), 'a header alone is no error');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', NULL, true)', :project), '22004', 'purpose must not be null', 'in clear only for a purpose');
SELECT throws_ok(format('SELECT rui.ask_csv(%s, ''party'', NULL)', :project), '22004', 'purpose must not be null', 'asked for without one');
SELECT throws_ok(format('SELECT rui.ask_csv(%s, ''event'', ''x'')', :project), '22023', '"event" is no master table', 'nor of any table');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', ''  '')', :project), '22023', 'purpose must not be empty', 'a blank purpose');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''unit'', separator => ''x'')', :project), '22023', 'fields cannot be separated by "x"', 'an odd separator');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''unit'', in_clear => NULL)', :project), '22004', 'in_clear must not be null', 'a null');

-- The columns are the keys that the imports know, all of them.
SET LOCAL rui.party_id = :'boss';
SELECT is_empty($$SELECT m.table_name, m.columns, k.keys FROM rui.master_table m
	LEFT JOIN pg_proc p ON p.pronamespace = 'rui'::regnamespace AND p.proname = m.import_command
	CROSS JOIN LATERAL (SELECT ((regexp_match(p.prosrc, $r$_row_fault\((?:[a-z]+\.)?item, '(\{[^}]*\})'$r$))[1])::text[] AS keys) k
	WHERE k.keys IS NULL OR NOT (k.keys @> m.columns AND k.keys <@ m.columns)$$, 'exports have just the columns that imports read');
SELECT is_empty($$SELECT m.table_name FROM rui.master_table m
	WHERE has_table_privilege('rui_manager', format('rui.%I', m.source), 'SELECT')$$, 'and nobody reads their views past the command that records it');

-- An expert takes the estate, an auditor people without their names.
INSERT INTO rui.party (company_id, code, name) SELECT :company, c, c FROM unnest('{ana,aud}'::text[]) c;
SELECT p.id AS ana FROM rui.party p WHERE p.code = 'ana' \gset
SELECT p.id AS aud FROM rui.party p WHERE p.code = 'aud' \gset
SELECT rui.grant_role(:project, :ana, 'expert', '2020-01-01'), rui.grant_role(:project, :aud, 'auditor', '2020-01-01') \gset hidden_
SET LOCAL rui.party_id = :'ana';
SELECT is(count(*), 7::bigint, 'an expert may export units') FROM rui.export_csv(:project, 'unit');
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'')', :project), '42501', NULL, 'but not people');
SET LOCAL rui.party_id = :'aud';
SELECT throws_ok(format('SELECT rui.export_csv(%s, ''party'', ''curiosity'', true)', :project), '42501', NULL, 'an auditor sees no names');
SELECT throws_ok(format('SELECT rui.ask_csv(%s, ''party'', ''curiosity'')', :project), '42501', NULL, 'nor asks for them');
SELECT throws_ok(format('SELECT rui.import_csv(%s, ''post'', ''code'')', :project), '42501', NULL, 'and imports nothing');
SELECT * FROM finish();
ROLLBACK;
