-- Bulk changes: looked at before, all or nothing, undone as one.
BEGIN;
SELECT plan(85);
\ir fixture/estate.sql
INSERT INTO rui.building (project_id, code, footprint, entrance) SELECT :one, 'b9', footprint, entrance FROM rui.building WHERE id = :b1 RETURNING id AS b9 \gset
PREPARE bulk AS SELECT code, outcome, old_values, new_values, error_code, problem FROM rui.bulk_change($1, $2, $3, $4, $5);
PREPARE units AS SELECT u.code, u.floor_no, u.kind, u.area_m2, u.building_id FROM rui.unit u ORDER BY u.id;
CREATE TEMP TABLE before AS SELECT * FROM rui.unit;

-- A dry run is the run that leaves nothing.
SELECT results_eq(format('EXECUTE bulk(%s, ''unit'', ''{"kind": "home"}'', ''{"floor_no": 7, "kind": "home"}'', true)', :one),
	$$VALUES ('1-101', 'changed', '{"kind": "home", "floor_no": null}'::jsonb, '{"kind": "home", "floor_no": 7}'::jsonb, NULL::text, NULL::text),
	('1-102', 'changed', '{"kind": "home", "floor_no": null}', '{"kind": "home", "floor_no": 7}', NULL, NULL),
	('1-103', 'changed', '{"kind": "home", "floor_no": null}', '{"kind": "home", "floor_no": 7}', NULL, NULL)$$, 'a dry run shows before and after');
SELECT set_eq('TABLE rui.unit', 'TABLE before', 'and changes nothing');
SELECT is_empty('SELECT FROM rui.bulk_change', 'and records nothing');
SELECT is_empty(format('SELECT FROM rui.event WHERE project_id = %s AND kind LIKE ''bulk%%''', :one), 'and tells nobody');
SELECT is(count(*), 3::bigint, 'dry is the default') FROM rui.bulk_change(:one, 'unit', '{"kind": "home"}', '{"floor_no": 7}');
SELECT set_eq('TABLE rui.unit', 'TABLE before', 'truly');
SELECT max(change_id) AS c1, count(*) AS n FROM rui.bulk_change(:one, 'unit', '{"kind": "home"}', '{"floor_no": 7}', false, at => '2025-03-01') \gset run_
SELECT is(:run_n::int, 3, 'a run answers with its rows');
SELECT results_eq('EXECUTE units', format($$VALUES ('1-101', 7, 'home', 100.00, %1$s::bigint), ('1-102', 7, 'home', 80.00, %1$s), ('1-103', 7, 'home', 60.50, %1$s), ('P-1', NULL, 'parking', 12.00, %1$s), ('2-101', NULL, 'home', 90.00, %2$s)$$, :b1, :b2),
	'the chosen rows of the project, and no others');
SELECT results_eq('SELECT c.id, c.table_name, c.filter, c.changes, c.column_names, c.row_count, c.reverses, c.at, c.party_id FROM rui.bulk_change c',
	format($$VALUES (%s::bigint, 'unit', '{"kind": "home"}'::jsonb, '{"floor_no": 7}'::jsonb, '{floor_no}'::text[], 3, NULL::bigint, '2025-03-01'::timestamptz, %s::bigint)$$, :run_c1, :loader), 'it is recorded');
SELECT results_eq('SELECT e.kind, e.payload FROM rui.event e WHERE e.kind LIKE ''bulk%''',
	$$VALUES ('bulk_change.run', '{"table": "unit", "columns": ["floor_no"], "rows": 3, "reverses": null}'::jsonb)$$, 'and told');
SELECT results_eq(format('EXECUTE bulk(%s, ''unit'', ''{"kind": "home"}'', ''{"floor_no": 7}'', false)', :one),
	$$VALUES ('1-101', 'unchanged', '{"floor_no": 7}'::jsonb, NULL::jsonb, NULL::text, NULL::text), ('1-102', 'unchanged', '{"floor_no": 7}', NULL, NULL, NULL), ('1-103', 'unchanged', '{"floor_no": 7}', NULL, NULL, NULL)$$, 'what is so already stays');
SELECT is(count(*), 1::bigint, 'and is no change') FROM rui.bulk_change;

-- Filters.
SELECT set_eq(format('SELECT code FROM rui.bulk_change(%s, ''unit'', %L, ''{"area_m2": 1}'')', :one, f.filter), f.codes, f.filter)
FROM (VALUES (1, '{"code": ["1-101", "P-1"]}', '{1-101,P-1}'::text[]), (2, '{"code": "1-101"}', '{1-101}'), (3, '{}', '{1-101,1-102,1-103,P-1}'),
	(4, '{"floor_no": null}', '{P-1}'), (5, '{"floor_no": [null, 7], "kind": ["home", "parking"]}', '{1-101,1-102,1-103,P-1}'),
	(6, '{"building": "b1", "area_m2": ["80", 60.5]}', '{1-102,1-103}'), (7, '{"kind": []}', '{}'), (8, '{"kind": "shop'' OR true --"}', '{}')) AS f(place, filter, codes) ORDER BY f.place;

-- Values are checked by the column, and then by the table.
SELECT throws_ok(format('EXECUTE bulk(%s, %L, %L, %L, true)', :one, t.table_name, t.filter, t.changes), t.code, t.message, t.about)
FROM (VALUES
	(1, 'ticket', '{}', '{"a": 1}', '22023', 'table "ticket" cannot be changed in bulk', 'a table that is not declared'),
	(2, 'unit', '{}', '{"code": "x"}', '22023', '"code" of table "unit" cannot be changed in bulk', 'a column that is not declared'),
	(3, 'unit', '{"id": 1}', '{"kind": "shop"}', '22023', 'rows of table "unit" cannot be chosen by "id"', 'a filter that is not declared'),
	(4, 'unit', '{}', '{}', '22023', 'changes is not a JSON object of columns', 'no change'),
	(5, 'unit', '[]', '{"kind": "shop"}', '22023', 'filter is not a JSON object', 'a list for a filter'),
	(6, 'unit', '{}', '{"floor_no": "x"}', '22023', 'floor_no cannot be "x": invalid input syntax for type integer: "x"', 'a text for a number'),
	(7, 'unit', '{}', '{"floor_no": 1.5}', '22023', NULL, 'a broken floor'),
	(8, 'unit', '{}', '{"area_m2": 1.005}', '22023', 'area_m2 cannot be 1.005 exactly', 'nothing is rounded'),
	(9, 'unit', '{}', '{"area_m2": "NaN"}', '22023', 'area_m2 cannot be NaN exactly', 'not a number'),
	(10, 'unit', '{}', '{"area_m2": 1e12}', '22023', NULL, 'too large'),
	(11, 'unit', '{}', '{"kind": 7}', '22023', 'kind cannot be 7', 'a number for a text'),
	(12, 'unit', '{}', '{"kind": ["shop"]}', '22023', 'kind cannot be ["shop"]', 'a list for a value'),
	(13, 'unit', '{}', '{"building": "nowhere"}', 'P0002', 'building "nowhere" does not exist in the project, or is archived', 'an unknown code'),
	(14, 'unit', '{"floor_no": {"a": 1}}', '{"kind": "shop"}', '22023', 'floor_no cannot be {"a": 1}', 'an object in a filter')) AS t(place, table_name, filter, changes, code, message, about)
ORDER BY t.place;
SELECT results_eq(format('EXECUTE bulk(%s, ''unit'', ''{"code": ["1-101", "nobody"]}'', ''{"kind": "castle"}'', true)', :one),
	$$VALUES ('1-101', 'rejected', '{"kind": "home"}'::jsonb, NULL::jsonb, '23514', 'new row for relation "unit" violates check constraint "unit_kind_check"'),
	('nobody', 'rejected', NULL, NULL, 'P0002', 'it does not exist in the project, or is archived, or does not meet the rest of the filter')$$, 'a dry run lists what the table refuses, and codes that are not there');
SELECT throws_ok(format('EXECUTE bulk(%s, ''unit'', ''{"code": "1-101"}'', ''{"kind": "castle"}'', false)', :one), '23514',
	'unit "1-101": new row for relation "unit" violates check constraint "unit_kind_check"', 'a run refuses');
SELECT throws_ok(format('EXECUTE bulk(%s, ''unit'', ''{"code": ["1-101", "nobody"]}'', ''{"kind": "shop"}'', false)', :one), 'P0002', NULL, 'a run wants every code it is given');
SELECT is((SELECT kind FROM rui.unit WHERE id = :u1), 'home', 'and changes nothing');

-- Some rows refuse: halving finds just these.
INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT :one, :b1, 'x' || n, 1 FROM generate_series(1, 500) n;
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF NEW.code IN ('x7', 'x255', 'x256', 'x500') THEN RAISE EXCEPTION 'not this one' USING ERRCODE = 'RU001'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON rui.unit FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();
SELECT results_eq(format('SELECT r.outcome, r.error_code, count(*), string_agg(r.code, '','' ORDER BY r.row_id) FILTER (WHERE r.error_code IS NOT NULL) FROM rui.bulk_change(%s, ''unit'', ''{"area_m2": 1}'', ''{"floor_no": 3}'') r GROUP BY 1, 2 ORDER BY 1', :one),
	$$VALUES ('changed', NULL, 496::bigint, NULL), ('rejected', 'RU001', 4, 'x7,x255,x256,x500')$$, 'the four that refuse are found, the others would be changed');
SELECT is(count(*), 500::bigint, 'and nothing was') FROM rui.unit WHERE code LIKE 'x%' AND floor_no IS NULL;
SELECT throws_ok(format('SELECT rui.bulk_change(%s, ''unit'', ''{"area_m2": 1}'', ''{"floor_no": 3}'', false)', :one), 'RU001', 'unit "x7": not this one', 'a run is all or nothing');
SELECT is(count(*), 500::bigint, 'nothing') FROM rui.unit WHERE code LIKE 'x%' AND floor_no IS NULL;
CREATE OR REPLACE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'none'; END $$;
SELECT results_eq(format('SELECT r.outcome, count(*) FROM rui.bulk_change(%s, ''unit'', ''{"area_m2": 1}'', ''{"floor_no": 3}'') r GROUP BY 1 ORDER BY 1', :one),
	$$VALUES ('rejected', 100::bigint), ('untried', 400)$$, 'after a hundred errors a dry run stops looking');
DROP TRIGGER refuse ON rui.unit;
SELECT is(count(*), 500::bigint, 'all of them go') FROM rui.bulk_change(:one, 'unit', '{"area_m2": 1}', '{"floor_no": 3, "building": "b9"}', false, 'key') r WHERE r.outcome = 'changed' AND r.new_values ->> 'building_id' = :'b9';
SELECT is(count(*), 500::bigint, 'sent again, the same answer') FROM rui.bulk_change(:one, 'unit', '{"area_m2": 1}', '{"floor_no": 3, "building": "b9"}', false, 'key') r WHERE r.outcome = 'changed';
SELECT throws_ok(format('SELECT rui.bulk_change(%s, ''unit'', ''{"area_m2": 1}'', ''{"floor_no": 4}'', false, ''key'')', :one), 'RU409', NULL, 'the key with another content');
SELECT max(id) AS c2 FROM rui.bulk_change \gset

-- Taken back.
PREPARE back AS SELECT code, outcome, old_values, new_values FROM rui.reverse_bulk_change($1, $2, $3, $4);
SELECT is(count(*), 500::bigint, 'a reversal looks first') FROM rui.reverse_bulk_change(:one, :c2) r WHERE r.outcome = 'changed' AND r.new_values = jsonb_build_object('building_id', :b1, 'floor_no', NULL);
SELECT is(count(*), 500::bigint, 'and changes nothing') FROM rui.unit WHERE floor_no = 3;
UPDATE rui.unit SET floor_no = 9 WHERE code = '1-102';
SELECT results_eq(format('EXECUTE back(%s, %s, true, false)', :one, :run_c1), $$VALUES ('1-101', 'changed', '{"floor_no": 7}'::jsonb, '{"floor_no": null}'::jsonb),
	('1-102', 'changed_since', '{"floor_no": 7}', '{"floor_no": 9}'), ('1-103', 'changed', '{"floor_no": 7}', '{"floor_no": null}')$$, 'what was changed since is listed');
SELECT throws_ok(format('EXECUTE back(%s, %s, false, false)', :one, :run_c1), '55000', '1 of 3 rows have been changed since', 'and refused');
SELECT is(count(*), 2::bigint, 'nothing is half done') FROM rui.unit WHERE floor_no = 7;
-- Another column does not matter.
UPDATE rui.unit SET area_m2 = 101 WHERE code = '1-101';
SELECT results_eq(format('EXECUTE back(%s, %s, false, true)', :one, :run_c1), $$VALUES ('1-101', 'changed', '{"floor_no": 7}'::jsonb, '{"floor_no": null}'::jsonb),
	('1-102', 'changed_since', '{"floor_no": 7}', '{"floor_no": 9}'), ('1-103', 'changed', '{"floor_no": 7}', '{"floor_no": null}')$$, 'force reverses the others');
SELECT results_eq('SELECT u.code, u.floor_no, u.area_m2 FROM rui.unit u WHERE u.code LIKE ''1-%'' ORDER BY u.id', $$VALUES ('1-101', NULL, 101.00), ('1-102', 9, 80.00), ('1-103', NULL, 60.50)$$, 'only the columns of the change');
SELECT throws_ok(format('EXECUTE back(%s, %s, true, true)', :one, :run_c1), '55000', 'the bulk change has been reversed', 'once');
SELECT count(*) AS n FROM rui.reverse_bulk_change(:one, :c2, false, request_key => 'back') \gset hidden_
SELECT is(count(*), 500::bigint, 'five hundred as one') FROM rui.unit WHERE code LIKE 'x%' AND floor_no IS NULL AND building_id = :b1;
SELECT is(count(*), 500::bigint, 'sent again, the same answer') FROM rui.reverse_bulk_change(:one, :c2, false, request_key => 'back');
SELECT max(id) AS c3 FROM rui.bulk_change \gset
SELECT is(count(*), 500::bigint, 'a reversal is a change that can be reversed') FROM rui.reverse_bulk_change(:one, :c3, false) r WHERE r.new_values ->> 'building_id' = :'b9';
SELECT throws_ok(format('EXECUTE back(%s, -1, true, false)', :one), 'P0002', NULL, 'an unknown change');
SELECT throws_ok(format('EXECUTE back(%s, %s, true, false)', :two, :c3), 'P0002', NULL, 'another project''s change');

-- Places, equipment and meters: what they are, not where they are.
SELECT rui.create_space(:one, 'site', 'site', place => 'SRID=4326;POINT(118.8 32.05)') AS site \gset
SELECT rui.create_space(:one, 'n1', 'building', :site, :b1) AS n1 \gset
SELECT rui.create_space(:one, 'f1', 'floor', :n1) AS f1 \gset
SELECT rui.create_space(:one, 'f2', 'floor', :n1) AS f2 \gset
SELECT rui.create_space(:one, 'c1', 'corridor', :f1) AS c1 \gset
SELECT count(*) FROM rui.import_equipment(:one, '[{"code":"L1","kind":"lift","space":"f1"},{"code":"motor","kind":"motor","parent":"L1"},{"code":"P","kind":"pump","building":"b9"}]') \gset hidden_
SELECT rui.install_meter(:one, 'W', 'water', 'm3', :u1, initial => '0', installed_at => '2025-01-01 00:00+00') AS w \gset
SELECT rui.install_meter(:one, 'E', 'electricity', 'kWh', NULL, :f1, initial => '0', installed_at => '2025-01-01 00:00+00') AS e \gset
SELECT rui.replace_meter(:one, :w, '5', '0', replaced_at => '2025-02-01 00:00+00') AS w2 \gset
SELECT rui.place_unit(:one, :u1, :f1) \gset hidden_
SELECT set_eq(format('SELECT r.code FROM rui.bulk_change(%s, %L, %L, %L) r WHERE r.outcome = ''changed''', :one, f.table_name, f.filter, f.changes), f.codes, f.table_name || ' by ' || f.filter)
FROM (VALUES (1, 'space', '{"parent": "n1"}', '{"name": "层"}', '{f1,f2}'::text[]), (2, 'space', '{"building": "b1", "kind": ["floor", "corridor"]}', '{"name": "层"}', '{f1,f2,c1}'),
	(3, 'unit', '{"space": "f1"}', '{"floor_no": 2}', '{1-101}'), (4, 'equipment', '{"space": "f1"}', '{"maker": "Acme", "installed_on": "2020-01-01"}', '{L1}'),
	(5, 'equipment', '{"parent": "L1"}', '{"kind": "engine"}', '{motor}'), (6, 'equipment', '{"building": ["b1", "b9"]}', '{"model": "X"}', '{L1,P}'),
	(7, 'meter', '{"space": "f1"}', '{"verify_by": "2031-01-01"}', '{E}'), (8, 'meter', '{"unit": "1-101"}', '{"verify_by": "2031-01-01"}', '{W}')) AS f(place, table_name, filter, changes, codes) ORDER BY f.place;
SELECT results_eq(format('EXECUTE bulk(%s, ''space'', ''{"code": ["n1", "f1", "c1", "f2"]}'', %L, true)', :one, '{"kind": "room"}'),
	$$VALUES ('n1', 'rejected', '{"kind": "building"}'::jsonb, NULL::jsonb, '22023', '"n1" cannot become a room from a building'),
	('f1', 'rejected', '{"kind": "floor"}', NULL, '22023', '"c1" is a corridor and cannot lie in "f1", a room'),
	('f2', 'changed', '{"kind": "floor"}', '{"kind": "room"}', NULL, NULL), ('c1', 'changed', '{"kind": "corridor"}', '{"kind": "room"}', NULL, NULL)$$, 'a place that no longer fits stays what it is');
SELECT results_eq(format('SELECT code, error_code, problem FROM rui.bulk_change(%s, ''space'', ''{"code": "f2"}'', ''{"kind": "site"}'')', :one),
	$$VALUES ('f2', '22023', '"f2" is a site and cannot lie in "n1", a building')$$, 'nor is it wider than what is around it');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.bulk_change(%s, ''space'', ''{"code": ["f1", "c1"]}'', ''{"kind": "room"}'') GROUP BY 1', :one),
	$$VALUES ('changed', 2::bigint)$$, 'changed together they fit');
SELECT is((SELECT r.error_code FROM rui.bulk_change(:one, 'space', '{"code": "f2"}', '{"kind": "castle"}') r), '23503', 'an unknown kind');
SELECT max(change_id) AS c4 FROM rui.bulk_change(:one, 'meter', '{}', '{"verified_on": "2025-01-15", "verify_by": "2031-01-15"}', false) \gset
SELECT results_eq('SELECT m.id, m.verify_by FROM rui.meter m ORDER BY m.id', format($$VALUES (%s::bigint, NULL::date), (%s, '2031-01-15'), (%s, '2031-01-15')$$, :w, :e, :w2), 'meters that were taken away are history');
SELECT is((SELECT string_agg(DISTINCT r.error_code, ',') FROM rui.bulk_change(:one, 'meter', '{}', c.changes) r), '23514', c.changes::text)
FROM (VALUES (1, '{"verify_by": "2024-01-01"}'::jsonb), (2, '{"verify_by": "infinity"}')) AS c(place, changes) ORDER BY c.place;
SELECT throws_ok(format('EXECUTE bulk(%s, %L, ''{}'', %L, true)', :one, t.table_name, t.changes), '22023', NULL, t.table_name || ' cannot be changed so')
FROM (VALUES (1, 'meter', '{"multiplier": 2}'), (2, 'meter', '{"unit": "1-102"}'), (3, 'space', '{"parent": "site"}'), (4, 'equipment', '{"space": "f2"}'), (5, 'unit', '{"space": "f2"}')) AS t(place, table_name, changes) ORDER BY t.place;
SELECT rui.remove_meter(:one, :e, '3', removed_at => '2025-03-01 00:00+00') \gset hidden_
SELECT results_eq(format('EXECUTE back(%s, %s, true, true)', :one, :c4), format($$VALUES ('E', 'gone', '{"verify_by": "2031-01-15", "verified_on": "2025-01-15"}'::jsonb, NULL::jsonb),
	('W', 'changed', '{"verify_by": "2031-01-15", "verified_on": "2025-01-15"}', '{"verify_by": null, "verified_on": null}')$$), 'a reversal leaves what was taken away since');

-- People of the company: those of the project only.
SELECT set_eq(format('SELECT r.code FROM rui.bulk_change(%s, ''party'', ''{}'', ''{"kind": "organisation"}'') r', :two), '{loader}'::text[], 'a project reaches its own people');
SELECT is((SELECT string_agg(r.outcome, ',') FROM rui.bulk_change(:one, 'party', '{"code": "zhao"}', '{"name": "=Zhao"}', false) r), 'changed', 'a party is changed');
SELECT is((SELECT r.outcome FROM rui.bulk_change(:one, 'party', '{"code": "sun"}', '{"name": "x"}') r), 'rejected', 'whom the project does not know is not there');

-- Who may.
SET LOCAL rui.party_id = :'accountant';
SELECT throws_ok(format('EXECUTE bulk(%s, ''unit'', ''{}'', ''{"kind": "shop"}'', true)', :one), '42501', NULL, 'an accountant may not');
SELECT throws_ok(format('EXECUTE back(%s, %s, true, false)', :one, :c3), '42501', NULL, 'nor take back');
SELECT * FROM finish();
ROLLBACK;
