-- Imports of the estate: places, units with what is known of their hand-over,
-- equipment, meters and readings.
BEGIN;
SELECT plan(49);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT count(*) FROM rui.import_buildings(:project, '[{"code":"b1","footprint":"SRID=4326;POLYGON((118.80 32,118.81 32,118.81 32.01,118.80 32))"},
	{"code":"b2","footprint":"SRID=4326;POLYGON((118.82 32,118.83 32,118.83 32.01,118.82 32))"}]') \gset hidden_
SELECT count(*) FROM rui.import_parties(:project, '[{"code":"dev","name":"Builder","kind":"organisation"}]') \gset hidden_

-- Places, in any order.
\set places '[{"code":"f1","kind":"floor","parent":"n1"},{"code":"n1","kind":"building","building":"b1","parent":"p1"},{"code":"p1","kind":"phase","parent":"site","name":"一期"},{"code":"site","kind":"site","place":{"type":"Point","coordinates":[118.8,32]}},{"code":"lift","kind":"lift","building":"b1"},{"code":"hall","kind":"lobby","building":"b2","from":"2020-01-01"}]'
SELECT results_eq(format('SELECT row_no, code, outcome, id FROM rui.import_spaces(%s, %L, true)', :project, :'places'),
	$$VALUES (1, 'f1', 'added', NULL::bigint), (2, 'n1', 'added', NULL), (3, 'p1', 'added', NULL), (4, 'site', 'added', NULL), (5, 'lift', 'added', NULL), (6, 'hall', 'added', NULL)$$,
	'a preview says what would be');
SELECT is_empty('SELECT FROM rui.space', 'and adds nothing');
SELECT results_eq(format('SELECT code, outcome, id IS NOT NULL FROM rui.import_spaces(%s, %L)', :project, :'places'),
	$$VALUES ('f1', 'added', true), ('n1', 'added', true), ('p1', 'added', true), ('site', 'added', true), ('lift', 'added', true), ('hall', 'added', true)$$, 'places are added from the outside in');
SELECT results_eq('SELECT s.code, s.depth, p.code, b.code, s.valid FROM rui.space s LEFT JOIN rui.space p ON p.id = s.parent_id LEFT JOIN rui.building b ON b.id = s.building_id ORDER BY 1',
	$$VALUES ('f1', 3, 'n1', 'b1', '(,)'::daterange), ('hall', 0, NULL, 'b2', '[2020-01-01,)'), ('lift', 3, 'n1', 'b1', '(,)'), ('n1', 2, 'p1', 'b1', '(,)'), ('p1', 1, 'site', NULL, '(,)'), ('site', 0, NULL, NULL, '(,)')$$,
	'what is in a building lies in its place');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_spaces(%s, %L) GROUP BY 1', :project, :'places'), $$VALUES ('unchanged', 6::bigint)$$, 'the same again is unchanged');
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_spaces(%s, %L)', :project, $$[
	{"code":"x1","kind":"castle","parent":"site"}, {"code":"x1","kind":"zone","parent":"p1"}, {"code":"x1","kind":"zone","parent":"p1"}, {"code":"x2","kind":"site","parent":"p1"},
	{"code":"x3","kind":"room","parent":"nowhere"}, {"code":"x4","kind":"room","parent":"x5"}, {"code":"x5","kind":"room","parent":"x4"},
	{"code":"x6","kind":"room","parent":"x3"}, {"code":"x7","kind":"building","building":"b1","parent":"p1"}, {"code":"x8","kind":"gate"},
	{"code":"f1","kind":"floor","parent":"n1","name":"Other"}, {"code":"x9","kind":"room","parent":"f1","building":"b2"}, {"code":"x10","kind":"building","parent":"p1"},
	{"kind":"room"}, {"code":"x11","kind":"room","parent":"f1","from":"2021-02-29"}, {"code":"x12","kind":"room","building":"b9"}, {"code":"x13","kind":"room","parent":"hall","from":"2019-01-01"},
	{"code":"n2","kind":"building","building":"b2","parent":"x1"}, {"code":"x14","kind":"bin","place":"SRID=4326;POINT(118.8 91)"}, {"code":"x15","kind":"room","parent":"f1","nmae":"x"}]$$),
	$$VALUES (1, false, '22023'), (2, true, NULL), (3, false, '23505'), (4, false, '22023'), (5, false, 'P0002'), (6, false, 'P0002'), (7, false, 'P0002'),
	(8, false, 'P0002'), (9, false, '23505'), (10, false, '22004'), (11, false, '23505'), (12, false, '22023'), (13, false, '22004'),
	(14, false, '22004'), (15, false, '22007'), (16, false, 'P0002'), (17, false, '22023'), (18, true, NULL), (19, false, '22003'), (20, false, '22023')$$,
	'each bad place is reported');
SELECT is((SELECT p.code FROM rui.space s JOIN rui.space p ON p.id = s.parent_id WHERE s.code = 'hall'), 'n2', 'a building that gets its place gets what is in it');

-- Units, on floors, handed over or not.
SELECT results_eq(format('SELECT row_no, accepted, error_code FROM rui.import_units(%s, %L)', :project, $$[
	{"code":"1-101","building":"b1","area_m2":90,"space":"f1","completed_on":"2025-03-01","delivered_on":"2025-07-01","developer":"dev"}, {"code":"1-102","building":"b1","area_m2":80},
	{"code":"1-103","building":"b1","area_m2":80,"space":"hall"}, {"code":"1-103","building":"b1","area_m2":80,"space":"nowhere"}, {"code":"1-103","building":"b1","area_m2":80,"developer":"nobody"},
	{"code":"1-103","building":"b1","area_m2":80,"completed_on":"2025-07-01","delivered_on":"2025-03-01"}, {"code":"1-103","building":"b1","area_m2":80,"delivered_on":"2025-02-30"},
	{"code":"1-103","building":"b1","area_m2":80,"completed_on":"2025-03-01"}]$$),
	$$VALUES (1, true, NULL), (2, true, NULL), (3, false, 'P0002'), (4, false, 'P0002'), (5, false, 'P0002'), (6, false, '22023'), (7, false, '22007'), (8, true, NULL)$$, 'units');
SELECT results_eq(format('SELECT u.code, (rui.unit_stage(%s, u.id, ''2025-06-01'')).stage, s.code FROM rui.unit u LEFT JOIN rui.space s ON s.id = u.space_id ORDER BY 1', :project),
	$$VALUES ('1-101', 'completed', 'f1'), ('1-102', 'delivered', NULL), ('1-103', 'completed', NULL)$$, 'where they hang and how far they are');
SELECT results_eq(format('SELECT outcome FROM rui.import_units(%s, %L)', :project, $$[{"code":"1-101","building":"b1","area_m2":90}, {"code":"1-102","building":"b1","area_m2":80,"delivered_on":"2025-01-01"},
	{"code":"1-101","building":"b1","area_m2":90,"space":"f1","completed_on":"2025-03-01","delivered_on":"2025-07-01","developer":"dev"}]$$),
	$$VALUES ('unchanged'), ('rejected'), ('rejected')$$, 'what a row does not say is not compared');

-- Equipment.
\set equipment '[{"code":"L1-motor","kind":"motor","parent":"L1"},{"code":"L1","kind":"lift","space":"lift","maker":"Acme","model":"X","serial":"7","installed_on":"2020-05-01"},{"code":"P","kind":"pump","building":"b2","name":"Pump"}]'
SELECT results_eq(format('SELECT code, outcome, id IS NULL FROM rui.import_equipment(%s, %L, true)', :project, :'equipment'), $$VALUES ('L1-motor', 'added', true), ('L1', 'added', true), ('P', 'added', true)$$, 'a preview of equipment');
SELECT is_empty('SELECT FROM rui.equipment', 'adds nothing');
SELECT results_eq(format('SELECT code, outcome FROM rui.import_equipment(%s, %L)', :project, :'equipment'), $$VALUES ('L1-motor', 'added'), ('L1', 'added'), ('P', 'added')$$, 'equipment');
SELECT results_eq('SELECT e.code, p.code, b.code, e.installed_on FROM rui.equipment e LEFT JOIN rui.equipment p ON p.id = e.parent_id LEFT JOIN rui.building b ON b.id = e.building_id ORDER BY 1',
	$$VALUES ('L1', NULL, 'b1', '2020-05-01'::date), ('L1-motor', 'L1', NULL, NULL), ('P', NULL, 'b2', NULL)$$, 'part of what, in which building');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_equipment(%s, %L) GROUP BY 1', :project, :'equipment'), $$VALUES ('unchanged', 3::bigint)$$, 'the same again is unchanged');
SELECT results_eq(format('SELECT row_no, error_code FROM rui.import_equipment(%s, %L)', :project, $$[
	{"code":"a","kind":"Big Lift"}, {"code":"a","kind":"lift","parent":"b"}, {"code":"b","kind":"lift","parent":"a"}, {"code":"c","kind":"lift","parent":"c"}, {"code":"d","kind":"lift","space":"nowhere"},
	{"code":"e","kind":"lift","space":"lift","building":"b2"}, {"code":"P","kind":"pump"}, {"code":"f","kind":"lift","building":"nowhere"}, {"code":"g","kind":"lift","installed_on":"soon"}, {"kind":"lift"}]$$),
	$$VALUES (1, '22023'), (2, 'P0002'), (3, 'P0002'), (4, 'P0002'), (5, 'P0002'), (6, '22023'), (7, '23505'), (8, 'P0002'), (9, '22007'), (10, '22004')$$, 'each bad piece is reported');

-- Meters.
\set meters '[{"code":"W1","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","initial":99980,"digits":5},{"code":"E1","medium":"electricity","measured_in":"kWh","space":"lift","installed_at":"2025-01-01 00:00","registers":["peak","valley"],"initial":{"peak":1,"valley":"2.5"},"multiplier":40,"serial":"9","verified_on":"2024-01-01","verify_by":"2030-01-01"},{"code":"W2","medium":"water","measured_in":"m3","unit":"1-102","installed_at":"2025-01-01 00:00"}]'
SELECT results_eq(format('SELECT code, outcome, id IS NULL FROM rui.import_meters(%s, %L, true)', :project, :'meters'), $$VALUES ('W1', 'added', true), ('E1', 'added', true), ('W2', 'added', true)$$, 'a preview of meters');
SELECT is_empty('SELECT FROM rui.meter', 'adds nothing');
SELECT results_eq(format('SELECT code, outcome FROM rui.import_meters(%s, %L)', :project, :'meters'), $$VALUES ('W1', 'added'), ('E1', 'added'), ('W2', 'added')$$, 'meters');
SELECT results_eq('SELECT m.code, m.is_shared, m.multiplier, r.code, e.value, e.kind FROM rui.meter m JOIN rui.meter_register r ON r.meter_id = m.id LEFT JOIN rui.meter_reading e ON e.register_id = r.id ORDER BY 1, 4',
	$$VALUES ('E1', true, 40::numeric, 'peak', 1::numeric, 'initial'), ('E1', true, 40, 'valley', 2.5, 'initial'), ('W1', false, 1, 'total', 99980, 'initial'), ('W2', false, 1, 'total', NULL, NULL)$$, 'with what they showed');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_meters(%s, %L) GROUP BY 1', :project, :'meters'), $$VALUES ('unchanged', 3::bigint)$$, 'the same again is unchanged');
SELECT results_eq(format('SELECT row_no, error_code FROM rui.import_meters(%s, %L)', :project, $$[
	{"code":"X","medium":"steam","measured_in":"t","unit":"1-101","installed_at":"2025-01-01 00:00"}, {"code":"X","medium":"water","measured_in":"m3","installed_at":"2025-01-01 00:00"},
	{"code":"X","medium":"water","measured_in":"m3","unit":"1-101","space":"f1","installed_at":"2025-01-01 00:00"}, {"code":"X","medium":"water","measured_in":"m3","unit":"9","installed_at":"2025-01-01 00:00"},
	{"code":"X","medium":"water","measured_in":"m3","unit":"1-101"}, {"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2199-01-01 00:00"},
	{"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","initial":{"peak":1}}, {"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","registers":["a","a"]},
	{"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","multiplier":0}, {"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","verified_on":"2025-01-01","verify_by":"2024-01-01"},
	{"code":"W1","medium":"water","measured_in":"m3","unit":"1-102","installed_at":"2025-01-01 00:00"}, {"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","initial":-1},
	{"code":"X","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","initial":1000,"digits":3}]$$),
	$$VALUES (1, '22023'), (2, '22023'), (3, '22023'), (4, 'P0002'), (5, '22004'), (6, '22023'), (7, '22023'), (8, '22023'), (9, '22003'), (10, '22023'), (11, '23505'), (12, '22003'), (13, '22003')$$, 'each bad meter is reported');

-- Readings: in the order of time, whatever the order of rows; what does not
-- fit is listed and changes nothing.
SELECT rui.set_meter_rule(:project, 'water', 5, 20, 28) \gset hidden_
\set readings '[{"meter":"W1","read_at":"2025-04-01 00:00","value":20,"is_rollover":true},{"meter":"W1","read_at":"2025-02-01 00:00","value":99990},{"meter":"W1","read_at":"2025-03-01 00:00","value":99985},{"meter":"W1","read_at":"2025-05-01 00:00","value":30},{"meter":"W1","read_at":"2025-06-01 00:00","value":5000},{"meter":"W1","read_at":"2025-07-01 00:00","value":50},{"meter":"E1","register":"peak","read_at":"2025-02-01 00:00","value":"3.25"},{"meter":"E1","read_at":"2025-02-01 00:00","value":3}]'
SELECT results_eq(format('SELECT row_no, code, outcome, id IS NULL, error_code FROM rui.record_readings(%s, %L, true)', :project, :'readings'),
	$$VALUES (1, 'W1', 'added', true, NULL), (2, 'W1', 'added', true, NULL), (3, 'W1', 'rejected', true, 'RU101'), (4, 'W1', 'added', true, NULL), (5, 'W1', 'added', true, NULL), (6, 'W1', 'added', true, NULL),
	(7, 'E1', 'added', true, NULL), (8, 'E1', 'rejected', true, 'P0002')$$, 'a preview of readings');
SELECT is((SELECT count(*) FROM rui.meter_reading), 3::bigint, 'takes none');
SELECT results_eq(format('SELECT row_no, outcome, error_code, problem FROM rui.record_readings(%s, %L) WHERE problem IS NOT NULL', :project, :'readings'),
	$$VALUES (3, 'rejected', 'RU101', '99985 is less than the meter showed before'), (5, 'added', NULL, 'far more than usual: to be checked'), (8, 'rejected', 'P0002', 'meter "E1" has no register "total"')$$,
	'the falling one is listed, the doubted one too');
SELECT results_eq($$SELECT e.value, e.state, e.source FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id JOIN rui.meter m ON m.id = r.meter_id WHERE m.code = 'W1' ORDER BY e.at$$,
	$$VALUES (99980::numeric, 'accepted', 'import'), (99990, 'accepted', 'staff'), (20, 'accepted', 'staff'), (30, 'accepted', 'staff'), (5000, 'to_check', 'staff'), (50, 'accepted', 'staff')$$, 'the others are taken');
SELECT is((SELECT used FROM rui.meter_uses(:project, '2025-01-01 00:00+08', '2025-07-01 00:00+08', 'water') WHERE unit_id = (SELECT id FROM rui.unit WHERE code = '1-101')), 70::numeric, 'and used: 70');
SELECT results_eq(format('SELECT row_no, outcome FROM rui.record_readings(%s, %L)', :project, :'readings') || ' WHERE accepted', $$VALUES (1, 'unchanged'), (2, 'unchanged'), (4, 'unchanged'), (5, 'unchanged'), (6, 'unchanged'), (7, 'unchanged')$$, 'the same again is unchanged');
SELECT results_eq(format('SELECT row_no, error_code FROM rui.record_readings(%s, %L)', :project, $$[
	{"meter":"W1","read_at":"2025-04-01 00:00","value":21}, {"meter":"W1","read_at":"2025-03-15 00:00","value":10,"is_rollover":true}, {"meter":"W1","read_at":"2025-04-15 00:00","value":31}, {"meter":"W1","read_at":"2024-12-31 23:59","value":1},
	{"meter":"W9","read_at":"2025-03-15 00:00","value":1}, {"meter":"W1","read_at":"2199-03-15 00:00","value":1}, {"meter":"W1","read_at":"2025-08-01 00:00","value":"many"}, {"meter":"W1","read_at":"2025-08-01 00:00"},
	{"meter":"W1","read_at":"2025-08-01 00:00","value":100000}, {"meter":"W2","read_at":"2025-08-01 00:00","value":1,"is_rollover":true}, {"meter":"W1","read_at":"2025-08-01 00:00","value":60,"source":"import"},
	{"meter":"W1","read_at":"2025-08-01 00:00","value":60,"document_id":1}, {"meter":"W2","read_at":"2025-09-01 00:00","value":60}, {"meter":"W2","read_at":"2025-09-01 00:00","value":60}]$$),
	$$VALUES (1, '23505'), (2, '22023'), (3, 'RU101'), (4, 'P0002'), (5, 'P0002'), (6, '22023'), (7, '22023'), (8, '22004'), (9, '22003'), (10, '22023'), (11, '22023'), (12, 'P0002'), (13, NULL), (14, '23505')$$,
	'each bad reading is reported');
SELECT results_eq(format('SELECT outcome FROM rui.import_readings(%s, %L, request_key => ''k'')', :project, '[{"meter":"W2","read_at":"2025-10-01 00:00","value":61}]'), $$VALUES ('added')$$, 'readings of another system');
SELECT results_eq(format('SELECT outcome FROM rui.import_readings(%s, %L, request_key => ''k'')', :project, '[{"meter":"W2","read_at":"2025-10-01 00:00","value":61}]'), $$VALUES ('added')$$, 'sent twice: the first answer');
SELECT results_eq($$SELECT DISTINCT source FROM rui.meter_reading WHERE value = 61$$, $$VALUES ('import')$$, 'say so');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT results_eq(format('SELECT error_code FROM rui.record_readings(%s, %L)', :other_project, '[{"meter":"W1","read_at":"2025-10-01 00:00","value":61}]'), $$VALUES ('P0002')$$, 'a meter of another project is unknown');

-- What all imports refuse as a whole.
CREATE TEMP TABLE command (name text);
INSERT INTO command VALUES ('import_spaces'), ('import_equipment'), ('import_meters'), ('import_readings'), ('record_readings');
SELECT throws_ok(format('SELECT rui.%I(%s, ''{"a":1}'')', c.name, :project), '22023', NULL, c.name || ' of an object') FROM command c;
SELECT is_empty(format('SELECT rui.%I(%s, ''[]'')', c.name, :project), c.name || ' of nothing') FROM command c;
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.%I(%s, ''[]'')', c.name, :project), '42501', NULL, c.name || ' by nobody') FROM command c;
SELECT * FROM finish();
ROLLBACK;
