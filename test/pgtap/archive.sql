-- Archive: rows leave daily use with all their history, unless they are used.
BEGIN;
SET LOCAL jit = off;
SELECT plan(81);
\ir fixture/estate.sql
UPDATE rui.building SET name = '东楼' WHERE id IN (:b1, :b2);
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS h1 \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u2, '[2020-01-01,2024-06-01)');
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h1, :u1, :zhao, 'owner', '[2020-01-01,)');
INSERT INTO rui.staff (company_id, party_id, staff_no, employed) VALUES (:company, :loader, '1', '[2000-01-01,)');
SELECT count(*) FROM rui.import_posts(:one, '[{"code":"p","name":"Post","module":"place"},{"code":"q","name":"Old","module":"place"}]') \gset hidden_
SELECT count(*) FROM rui.import_shifts(:one, '[{"post":"p","staff":"loader","from":"2025-03-10 08:00","to":"2025-03-10 18:00"},{"post":"q","staff":"loader","from":"2025-02-10 08:00","to":"2025-02-10 18:00"}]') \gset hidden_
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2"}', 'area', '2025-01-01') \gset hidden_
SELECT count(*) FROM rui.import_opening_arrears(:one, '[{"unit":"1-103","payer":"sun","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":5}]', at => '2025-01-10') \gset hidden_
SELECT rui.set_sla_policy(:one, 'always', response => '1 hour', from_at => '2024-01-01 00:00+00') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '修', 'repair') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'Lamp', :u4, at => '2025-01-10 01:00+00') AS t1 \gset
PREPARE put AS SELECT code, outcome, problem FROM rui.archive($1, $2, $3, $4, $5, at => '2025-03-05');
PREPARE back AS SELECT code, outcome, problem FROM rui.restore($1, $2, $3, at => '2025-03-06');

-- What is in use stays, and the report says why.
SELECT results_eq(format('EXECUTE put(%s, ''unit'', ''{1-101,1-102,1-103,P-1,9-9,1-102}'', ''Merged'', true)', :one),
	$$VALUES ('1-101', 'in_use', 'a household lives there [2020-01-01,)'), ('1-102', 'archived', NULL), ('1-103', 'in_use', 'charges of 5.00 are open'),
	('P-1', 'in_use', '1 tasks there are open'), ('9-9', 'unknown', NULL)$$, 'a preview says what uses each');
SELECT is_empty('SELECT FROM rui.archived', 'and changes nothing');
SELECT results_eq(format('EXECUTE put(%s, ''unit'', ''{1-101,1-102}'', ''Merged'', false)', :one),
	$$VALUES ('1-101', 'in_use', 'a household lives there [2020-01-01,)'), ('1-102', 'archived', NULL)$$, 'a run takes the others');
SELECT results_eq('SELECT a.table_name, a.row_id, a.at, a.reason, a.party_id FROM rui.archived a',
	format($$VALUES ('unit', %s::bigint, '2025-03-05'::timestamptz, 'Merged', %s::bigint)$$, :u2, :loader), 'with when, why and who');
SELECT results_eq('SELECT e.kind, e.subject, e.subject_id, e.payload FROM rui.event e WHERE e.kind LIKE ''archive%''',
	format($$VALUES ('archive.put', 'unit', %s::bigint, '{"reason": "Merged"}'::jsonb)$$, :u2), 'it is told');
SELECT results_eq(format('EXECUTE put(%s, ''unit'', ''{1-102}'', ''Again'', false)', :one), $$VALUES ('1-102', 'unchanged', NULL)$$, 'once');
SELECT results_eq(format('EXECUTE put(%s, ''post'', ''{p,q}'', ''Closed'', false)', :one),
	$$VALUES ('p', 'in_use', '1 shifts are planned there'), ('q', 'archived', NULL)$$, 'a post with future shifts stays');
SELECT results_eq(format('EXECUTE put(%s, ''building'', ''{b1}'', ''Torn down'', false)', :one),
	$$VALUES ('b1', 'in_use', '1 tasks there are open; 3 units are not archived at 2025-03-05 00:00:00+00')$$, 'a building with units stays')
FROM (SELECT set_config('TimeZone', 'UTC', true)) AS z;
SELECT results_eq(format('EXECUTE put(%s, ''party'', ''{zhao,loader}'', ''Left'', false)', :one),
	$$VALUES ('zhao', 'in_use', 'holds the role resident; lives in a home'), ('loader', 'in_use', 'holds the role loader')$$, 'people who are there stay');
UPDATE rui.membership SET valid = '[2000-01-01,2025-01-01)' WHERE party_id = :accountant;
SELECT results_eq(format('EXECUTE put(%s, ''party'', ''{acc,sun}'', ''Left'', false)', :one),
	$$VALUES ('acc', 'archived', NULL), ('sun', 'unknown', NULL)$$, 'who left goes; whom the project does not know is unknown');

-- Out of lists.
SELECT is(count(*), 0::bigint, 'search does not find it') FROM rui.search(:one, '1-102') s WHERE s.kind = 'home';
SELECT is(count(*), 1::bigint, 'unless asked') FROM rui.search(:one, '1-102', 20, true) s WHERE s.kind = 'home';
SELECT is(count(*), 0::bigint, 'nor by its room') FROM rui.search(:one, '102') s WHERE s.kind = 'home';
SELECT is(count(*), 0::bigint, 'nor the person') FROM rui.search(:one, 'Accountant');
SELECT is(count(*), 1::bigint, 'unless asked') FROM rui.search(:one, 'Accountant', with_archived => true);
SELECT is(count(*), 0::bigint, 'nor by initials') FROM rui.search(:one, 'acc') s WHERE s.kind = 'person';
SELECT is(count(*), 1::bigint, 'others are found') FROM rui.search(:one, '1-101') s WHERE s.kind = 'home';
SELECT throws_ok(format('SELECT rui.search(%s, ''x'', 20, NULL)', :one), '22004', 'with_archived must not be null');
SELECT set_eq(format('SELECT split_part(x, '','', 1) FROM rui.export_csv(%s, ''unit'') x OFFSET 1', :one), '{1-101,1-103,P-1}'::text[], 'exports leave it out');
SELECT is(count(*), 5::bigint, 'unless asked') FROM rui.export_csv(:one, 'unit', with_archived => true);
SELECT set_eq(format('SELECT r.code FROM rui.bulk_change(%s, ''unit'', ''{}'', ''{"floor_no": 1}'') r', :one), '{1-101,1-103,P-1}'::text[], 'bulk changes leave it as it is');
SELECT is((SELECT r.outcome FROM rui.bulk_change(:one, 'unit', '{"code": "1-102"}', '{"floor_no": 1}') r), 'rejected', 'even when named');

-- Billing: the month in which it was archived is the last.
SELECT is((SELECT sum(b.charges) FROM rui.run_billing(:one, '2025-03-01', true, at => '2025-03-20') b), 4::numeric, 'charged for the month');
SELECT is((SELECT sum(b.charges) FROM rui.run_billing(:one, '2025-04-01', true, at => '2025-04-20') b), 3::numeric, 'and no more from then on');

-- Nothing new is built on it.
SELECT throws_ok(format('INSERT INTO rui.household (project_id, unit_id, valid) VALUES (%s, %s, ''[2025-01-01,)'')', :one, :u2), '55000', 'unit "1-102" is archived', 'nobody moves in');
SELECT throws_ok(format('SELECT rui.import_households(%s, %L)', :one, '[{"unit":"1-102","from":"2025-01-01","members":[{"party":"sun","role":"tenant"}]}]'), '55000', 'unit "1-102" is archived', 'not by an import either');
SELECT throws_ok(format('SELECT rui.import_shifts(%s, %L)', :one, '[{"post":"q","staff":"loader","from":"2025-04-10 08:00","to":"2025-04-10 18:00"}]'), '55000', 'post "q" is archived', 'no shift is planned');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');

-- A building goes after its units, and comes back before them.
INSERT INTO rui.building (project_id, code, footprint, entrance) SELECT :one, 'b7', footprint, entrance FROM rui.building WHERE id = :b1 RETURNING id AS b7 \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :b7, '7-1', 10);
SELECT results_eq(format('EXECUTE put(%s, ''unit'', ''{7-1}'', ''Torn down'', false)', :one), $$VALUES ('7-1', 'archived', NULL)$$, 'the unit');
SELECT results_eq(format('EXECUTE put(%s, ''building'', ''{b7}'', ''Torn down'', false)', :one), $$VALUES ('b7', 'archived', NULL)$$, 'then the building');
SELECT throws_ok(format('INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (%s, %s, ''7-2'', 10)', :one, :b7), '55000', 'building "b7" is archived', 'no unit is added');
SELECT throws_ok(format('SELECT rui.bulk_change(%s, ''unit'', ''{"code": "1-101"}'', ''{"building": "b7"}'')', :one), 'P0002', NULL, 'and none moved there');
SELECT is(count(*), 0::bigint, 'search does not find it') FROM rui.search(:one, 'b7');
SELECT results_eq(format('EXECUTE back(%s, ''unit'', ''{7-1}'')', :one), $$VALUES ('7-1', 'in_use', 'building "b7" is archived')$$, 'the unit cannot come back alone');
SELECT results_eq(format('EXECUTE back(%s, ''building'', ''{b7,b7,b1,bx}'')', :one), $$VALUES ('b7', 'restored', NULL), ('b1', 'unchanged', NULL), ('bx', 'unknown', NULL)$$, 'the building comes back');
SELECT results_eq(format('EXECUTE back(%s, ''unit'', ''{7-1}'')', :one), $$VALUES ('7-1', 'restored', NULL)$$, 'then the unit');
SELECT is(count(*), 1::bigint, 'search finds it again') FROM rui.search(:one, '7-1') s WHERE s.kind = 'home';
SELECT is(count(*), 4::bigint, 'the history knows both ways') FROM rui.event e WHERE e.project_id = :one AND e.kind LIKE 'archive.%'
	AND (e.subject, e.subject_id) IN (('building', :b7), ('unit', (SELECT u.id FROM rui.unit u WHERE u.code = '7-1')));
SELECT is((SELECT string_agg(j.operation, ',' ORDER BY j.id) FROM rui.journal_entry j WHERE j.table_name = 'archived' AND j.row_key @> jsonb_build_object('table_name', 'building', 'row_id', :b7)), 'insert,delete', 'so does the journal');

-- Settled, they go.
SELECT rui.record_payment(:one, :u3, NULL, 6, 'cash', at => '2025-03-02') AS p1 \gset
SELECT is((SELECT a.problem FROM rui.archive(:one, 'unit', '{1-103}', 'x', true, at => '2025-03-05') a), 'payments of 1.00 are left over', 'what was paid too much is in the way');
SELECT rui.refund_payment(:one, :p1, 1, 'Too much', at => '2025-03-03') \gset hidden_
SELECT is((SELECT a.outcome FROM rui.archive(:one, 'unit', '{1-103}', 'x', false, 'key', '2025-03-05') a), 'archived', 'settled');
SELECT is((SELECT a.outcome FROM rui.archive(:one, 'unit', '{1-103}', 'x', false, 'key', '2025-03-05') a), 'archived', 'sent again, the same answer');
SELECT throws_ok(format('SELECT rui.archive(%s, ''unit'', ''{1-103}'', ''y'', false, ''key'')', :one), 'RU409', NULL, 'the key with another content');

-- Places and equipment: what is in them goes first, and comes back after them.
INSERT INTO rui.building (project_id, code, footprint, entrance) SELECT :one, 'b8', footprint, entrance FROM rui.building WHERE id = :b1 RETURNING id AS b8 \gset
SELECT rui.create_space(:one, 'site', 'site', place => 'SRID=4326;POINT(118.8 32.05)') AS site \gset
SELECT rui.create_space(:one, 'n8', 'building', :site, :b8) AS n8 \gset
SELECT rui.create_space(:one, 'f8', 'floor', :n8) AS f8 \gset
SELECT rui.create_space(:one, 'r8', 'room', :f8) AS r8 \gset
SELECT rui.create_space(:one, 'old8', 'room', :f8, valid => '(,2020-01-01)') AS old8 \gset
SELECT count(*) FROM rui.import_units(:one, '[{"code":"8-1","building":"b8","space":"f8","area_m2":10},{"code":"8-2","building":"b8","area_m2":10}]') \gset hidden_
SELECT count(*) FROM rui.import_equipment(:one, '[{"code":"L8","kind":"lift","space":"f8"},{"code":"motor","kind":"motor","parent":"L8"},{"code":"pump","kind":"pump","space":"old8"}]') \gset hidden_
SELECT rui.install_meter(:one, 'M8', 'water', 'm3', NULL, :r8, initial => '0', installed_at => '2025-01-01 00:00+00') AS m8 \gset
SELECT rui.install_meter(:one, 'U8', 'water', 'm3', (SELECT id FROM rui.unit WHERE code = '8-2'), initial => '0', installed_at => '2025-01-01 00:00+00') AS m9 \gset
CREATE FUNCTION pg_temp.say(project bigint, table_name text, codes text) RETURNS TABLE (code text, outcome text, problem text) LANGUAGE sql AS
	$$SELECT a.code, a.outcome, regexp_replace(a.problem, ' at 2025[^;]*', '', 'g') FROM rui.archive(project, table_name, string_to_array(codes, ','), 'Closed', at => '2025-03-05') a$$;
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''space'', ''site,n8,f8,r8,old8'')', :one), $$VALUES ('site', 'in_use', '1 places in it are not archived'),
	('n8', 'in_use', '1 places in it are not archived; 2 units are not archived'), ('f8', 'in_use', '1 places in it are not archived; 1 units are not archived; 2 pieces of equipment are not archived'),
	('r8', 'in_use', '1 meters hang there'), ('old8', 'in_use', '1 pieces of equipment are not archived')$$, 'places stay while anything is in them, also through one that has ended');
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''building'', ''b8'')', :one),
	$$VALUES ('b8', 'in_use', '2 pieces of equipment are not archived; 2 units are not archived; 3 places are not archived')$$, 'so does a building');
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''unit'', ''8-1,8-2'')', :one), $$VALUES ('8-1', 'archived', NULL), ('8-2', 'in_use', 'meter "U8" hangs there')$$, 'and a unit with a meter');
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''equipment'', ''L8,motor,pump'')', :one),
	$$VALUES ('L8', 'in_use', '1 parts of it are not archived'), ('motor', 'archived', NULL), ('pump', 'archived', NULL)$$, 'parts before the whole');
SELECT rui.remove_meter(:one, :m8, '1', removed_at => '2025-03-01 00:00+00', at => '2025-03-01 00:00+00'), rui.remove_meter(:one, :m9, '1', removed_at => '2025-03-01 00:00+00', at => '2025-03-01 00:00+00') \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''equipment'', ''L8'') UNION ALL SELECT * FROM pg_temp.say(%1$s, ''space'', ''r8'') UNION ALL SELECT * FROM pg_temp.say(%1$s, ''space'', ''f8'')', :one),
	$$VALUES ('L8', 'archived', NULL), ('r8', 'archived', NULL), ('f8', 'archived', NULL)$$, 'from the inside out');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');
SELECT rui.create_space(:one, 'c8', 'corridor', :n8) AS c8 \gset
SELECT throws_ok(c.command, '55000', c.problem, c.command)
FROM (VALUES (1, format('SELECT rui.create_space(%s, ''x'', ''room'', %s)', :one, :f8), 'space "f8" is archived'),
	(2, format('SELECT rui.import_spaces(%s, ''[{"code":"x","kind":"room","parent":"f8"}]'')', :one), 'space "f8" is archived'),
	(3, format('SELECT rui.move_space(%s, %s, %s)', :one, :c8, :f8), 'space "f8" is archived'),
	(4, format('SELECT rui.place_unit(%s, (SELECT id FROM rui.unit WHERE code = ''8-2''), %s)', :one, :f8), 'space "f8" is archived'),
	(5, format('SELECT rui.import_units(%s, ''[{"code":"8-3","building":"b8","space":"f8","area_m2":1}]'')', :one), 'space "f8" is archived'),
	(6, format('SELECT rui.import_equipment(%s, ''[{"code":"x","kind":"lift","space":"f8"}]'')', :one), 'space "f8" is archived'),
	(7, format('SELECT rui.import_equipment(%s, ''[{"code":"x","kind":"motor","parent":"L8"}]'')', :one), 'equipment "L8" is archived'),
	(8, format('SELECT rui.install_meter(%s, ''X'', ''water'', ''m3'', NULL, %s, installed_at => ''2025-01-01'')', :one, :f8), 'space "f8" is archived'),
	(9, format('SELECT rui.install_meter(%s, ''X'', ''water'', ''m3'', %s, installed_at => ''2025-01-01'')', :one, :u2), 'unit "1-102" is archived'),
	(10, format('UPDATE rui.equipment SET parent_id = (SELECT id FROM rui.equipment WHERE code = ''L8'') WHERE code = ''pump''', :one), 'equipment "L8" is archived'),
	(11, format('SELECT rui.open_ticket(%s, ''repair'', ''Lamp'', %s)', :one, :u2), 'unit "1-102" is archived')) AS c(place, command, problem) ORDER BY c.place;
SELECT set_eq(format('SELECT split_part(x, '','', 1) FROM rui.export_csv(%s, ''space'') x OFFSET 1', :one), '{site,n8,c8,old8}'::text[], 'exports leave places out');
SELECT is(count(*), 4::bigint, 'unless asked') FROM rui.export_csv(:one, 'equipment', with_archived => true);
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''unit'', ''8-2'') UNION ALL SELECT * FROM pg_temp.say(%1$s, ''space'', ''old8,c8'') UNION ALL SELECT * FROM pg_temp.say(%1$s, ''space'', ''n8'') UNION ALL SELECT * FROM pg_temp.say(%1$s, ''building'', ''b8'')', :one),
	$$VALUES ('8-2', 'archived', NULL), ('old8', 'archived', NULL), ('c8', 'archived', NULL), ('n8', 'archived', NULL), ('b8', 'archived', NULL)$$, 'the building last');
SELECT results_eq(format('EXECUTE back(%s, ''space'', ''{f8}'')', :one), $$VALUES ('f8', 'in_use', 'building "b8" is archived; space "n8" is archived')$$, 'a floor does not come back before its building');
SELECT results_eq(format('EXECUTE back(%s, ''equipment'', ''{L8}'')', :one), $$VALUES ('L8', 'in_use', 'building "b8" is archived; space "f8" is archived')$$, 'nor a lift');
SELECT results_eq(format('EXECUTE back(%s, ''unit'', ''{8-1}'')', :one), $$VALUES ('8-1', 'in_use', 'building "b8" is archived; space "f8" is archived')$$, 'nor a unit');
SELECT count(*) FROM rui.restore(:one, 'building', '{b8}') \gset hidden_
SELECT count(*) FROM rui.restore(:one, 'space', '{n8}') \gset hidden_
SELECT results_eq(format('EXECUTE back(%s, ''space'', ''{f8}'')', :one), $$VALUES ('f8', 'restored', NULL)$$, 'then it does');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'no invariant is broken');
-- A developer pays until the hand-over.
SELECT rui.set_delivery(:one, :u1, '2025-06-01', developer_id => :sun) \gset hidden_
SELECT results_eq(format('SELECT * FROM pg_temp.say(%s, ''party'', ''sun'')', :one), $$VALUES ('sun', 'in_use', 'pays for 1 units until they are handed over')$$, 'who built a unit stays until it is handed over');

-- What is wrong.
SELECT throws_ok(format('EXECUTE put(%s, %L, %L, %L, %L)', :one, t.table_name, t.codes, t.reason, t.preview), t.code, t.message)
FROM (VALUES (1, 'event', '{a}', 'x', 'f', '22023', '"event" is no master table'), (2, NULL, '{a}', 'x', 'f', '22004', 'table_name must not be null'),
	(3, 'household', '{a}', 'x', 'f', '22023', 'rows of table "household" are not archived'), (4, 'unit', NULL, 'x', 'f', '22004', 'codes must not be null'),
	(5, 'unit', '{NULL}', 'x', 'f', '22004', 'a code must not be null'), (6, 'unit', '{a}', ' ', 'f', '22023', 'reason must not be empty'),
	(7, 'unit', '{a}', NULL, 'f', '22004', 'reason must not be null'), (8, 'unit', '{a}', 'x', NULL, '22004', 'preview must not be null')) AS t(place, table_name, codes, reason, preview, code, message)
ORDER BY t.place;
SELECT throws_ok(format('EXECUTE back(%s, ''unit'', NULL)', :one), '22004', 'codes must not be null');
SELECT results_eq(format('EXECUTE put(%s, ''unit'', ''{1-101}'', ''x'', false)', :two), $$VALUES ('1-101', 'unknown', NULL)$$, 'another project''s unit is unknown');
SET LOCAL rui.party_id = :'zhao';
SELECT throws_ok(format('EXECUTE put(%s, ''unit'', ''{1-101}'', ''x'', false)', :one), '42501', NULL, 'a resident may not');
SELECT throws_ok(format('EXECUTE back(%s, ''unit'', ''{1-101}'')', :one), '42501', NULL, 'nor bring back');
SELECT * FROM finish();
ROLLBACK;
