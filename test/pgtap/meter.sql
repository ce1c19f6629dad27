-- Meters: what they showed, what was used, exchanges, new beginnings at 0,
-- late, doubted and corrected readings.
BEGIN;
SELECT plan(76);
\ir fixture/estate.sql
CREATE FUNCTION pg_temp.refused(command text, code text, about text) RETURNS text LANGUAGE sql AS $$SELECT throws_ok($1, $2, NULL, $3)$$;
CREATE FUNCTION pg_temp.used(project bigint, meter bigint, from_at timestamptz, to_at timestamptz, interpolated boolean DEFAULT false) RETURNS numeric
LANGUAGE sql AS $$SELECT sum(used) FROM rui.meter_use(project, meter, from_at, to_at, interpolated)$$;

-- A five-digit meter; the exchange of the house rules: old final 9 990, new
-- initial 0, then 15.
SELECT rui.install_meter(:one, 'W1', 'water', 'm3', :u1, initial => '9000', digits => 5, installed_at => '2025-01-01 00:00+08') AS w1 \gset
SELECT rui.record_reading(:one, :w1, 9950, read_at => '2025-02-01 00:00+08') AS r1 \gset
SELECT is(pg_temp.used(:one, :w1, '2025-01-01 00:00+08', '2025-02-01 00:00+08'), 950::numeric, 'use is what it went on');
SELECT is(pg_temp.used(:one, :w1, '2025-01-10 00:00+08', '2025-01-20 00:00+08'), NULL, 'where no reading was taken nothing is said');
SELECT rui.replace_meter(:one, :w1, '9990', '0', 'S-2', replaced_at => '2025-02-10 10:00+08', request_key => 'swap') AS w2 \gset
SELECT is(rui.replace_meter(:one, :w1, '9990', '0', 'S-2', replaced_at => '2025-02-10 10:00+08', request_key => 'swap'), :w2::bigint, 'sent twice: one exchange');
SELECT rui.record_reading(:one, :w2, 15, read_at => '2025-03-01 00:00+08') AS r2 \gset
SELECT is(pg_temp.used(:one, :w2, '2025-02-01 00:00+08', '2025-03-01 00:00+08'), (9990 - 9950) + 15::numeric, 'over an exchange: (9990 - previous) + 15');
SELECT is(pg_temp.used(:one, :w1, '2025-02-01 00:00+08', '2025-03-01 00:00+08'), 55::numeric, 'whichever meter of the chain is named');
SELECT is(pg_temp.used(:one, :w1, '2025-01-01 00:00+08', '2025-03-01 00:00+08'), 1005::numeric, 'the whole is the sum of its parts');
SELECT results_eq(format('SELECT code, replaces_id, chain_id, serial, digits, installed FROM rui.meter WHERE project_id = %s ORDER BY id', :one),
	format($$VALUES ('W1', NULL::bigint, %s::bigint, NULL, 5, '[2024-12-31 16:00+00,2025-02-10 02:00+00)'::tstzrange), ('W1', %1$s, %1$s, 'S-2', 5, '[2025-02-10 02:00+00,)')$$, :w1),
	'one code, two meters, one chain');
SELECT results_eq(format('SELECT kind, value, source FROM rui.meter_reading WHERE project_id = %s ORDER BY at, id', :one),
	$$VALUES ('initial', 9000::numeric, 'staff'), ('actual', 9950, 'staff'), ('final', 9990, 'staff'), ('initial', 0, 'staff'), ('actual', 15, 'staff')$$, 'every step is a reading');
SELECT results_eq(format('SELECT register, used, measured_in, first_at, last_at, cardinality(reading_ids), estimates, to_check FROM rui.meter_use(%s, %s, ''2025-02-01 00:00+08'', ''2025-03-01 00:00+08'')', :one, :w1),
	$$VALUES ('total', 55::numeric, 'm3', '2025-01-31 16:00+00'::timestamptz, '2025-02-28 16:00+00'::timestamptz, 4, 0::bigint, 0::bigint)$$, 'it says from which readings');

-- A register that begins again at 0.
SELECT rui.install_meter(:one, 'W2', 'water', 'm3', :u2, initial => '99960', digits => 5, installed_at => '2025-01-01 00:00+08') AS w3 \gset
SELECT rui.record_reading(:one, :w3, 99990, read_at => '2025-02-01 00:00+08') AS a1 \gset
SELECT throws_ok(format('SELECT rui.record_reading(%s, %s, 20, read_at => ''2025-03-01 00:00+08'')', :one, :w3), 'RU101', '20 is less than the meter showed before', 'without the flag a falling reading is refused');
SELECT rui.record_reading(:one, :w3, 20, is_rollover => true, read_at => '2025-03-01 00:00+08') AS a2 \gset
SELECT is(pg_temp.used(:one, :w3, '2025-02-01 00:00+08', '2025-03-01 00:00+08'), 30::numeric, 'with it 99 990 to 20 is 30');
SELECT is(pg_temp.used(:one, :w3, '2025-01-01 00:00+08', '2025-03-01 00:00+08'), 60::numeric, 'and the whole 60');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 21, is_rollover => true, read_at => ''2025-04-01 00:00+08'')', :one, :w3), '22023', 'what did not fall did not begin again');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 100000, read_at => ''2025-04-01 00:00+08'')', :one, :w3), '22003', 'six digits on five');
-- Late readings between two others.
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 99950, read_at => ''2025-01-15 00:00+08'')', :one, :w3), 'RU101', 'a late one below the one before');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 99991, read_at => ''2025-01-15 00:00+08'')', :one, :w3), 'RU101', 'a late one above the one after');
SELECT lives_ok(format('SELECT rui.record_reading(%s, %s, 99970, read_at => ''2025-01-15 00:00+08'')', :one, :w3), 'one between them');
SELECT lives_ok(format('SELECT rui.record_reading(%s, %s, 99998, read_at => ''2025-02-10 00:00+08'')', :one, :w3), 'one before it began again');
SELECT lives_ok(format('SELECT rui.record_reading(%s, %s, 5, is_rollover => true, read_at => ''2025-02-20 00:00+08'')', :one, :w3), 'one after it began again');
SELECT results_eq(format('SELECT e.at, e.value, e.is_rollover FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = %s AND e.state = ''accepted'' AND e.at > ''2025-02-05'' ORDER BY at', :w3),
	$$VALUES ('2025-02-09 16:00+00'::timestamptz, 99998::numeric, false), ('2025-02-19 16:00+00', 5, true), ('2025-02-28 16:00+00', 20, false)$$, 'it began again once, and takes that over');
SELECT is(pg_temp.used(:one, :w3, '2025-01-01 00:00+08', '2025-03-01 00:00+08'), 60::numeric, 'the whole stays');
SELECT is((SELECT sum(pg_temp.used(:one, :w3, d, d + interval '1 day', true)) FROM generate_series('2025-01-01 00:00+08'::timestamptz, '2025-02-28 00:00+08', '1 day') d),
	60::numeric, 'and so do its days together');

-- The turn follows corrections, whichever way.
SELECT e.id AS a5 FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = :w3 AND e.value = 5 AND e.state = 'accepted' \gset
SELECT rui.correct_reading(:one, :a5, 99999, 'Misread', false) AS a6 \gset
SELECT is((SELECT string_agg(e.value || CASE WHEN e.is_rollover THEN '*' ELSE '' END, ' ' ORDER BY e.at) FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = :w3 AND e.state = 'accepted'),
	'99960 99970 99990 99998 99999 20*', 'it began again after it, and so says the one after it');
SELECT is(pg_temp.used(:one, :w3, '2025-01-01 00:00+08', '2025-03-01 00:00+08'), 60::numeric, 'the whole stays');
SELECT lives_ok(format('SELECT rui.correct_reading(%s, %s, 7, ''It was right'', true)', :one, :a6), 'and back');
SELECT is((SELECT string_agg(e.value || CASE WHEN e.is_rollover THEN '*' ELSE '' END, ' ' ORDER BY e.at) FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = :w3 AND e.state = 'accepted'),
	'99960 99970 99990 99998 7* 20', 'it began again before it');
SELECT is(pg_temp.used(:one, :w3, '2025-01-01 00:00+08', '2025-03-01 00:00+08'), 60::numeric, 'the whole stays once more');

-- Corrections.
SELECT rui.install_meter(:one, 'E1', 'electricity', 'kWh', :u1, initial => '{"peak": 100, "valley": "50.5"}', registers => '{peak,valley}', multiplier => 40, installed_at => '2025-01-01 00:00+08') AS e1 \gset
SELECT rui.record_reading(:one, :e1, 110, 'peak', read_at => '2025-02-01 00:00+08') AS p1 \gset
SELECT rui.record_reading(:one, :e1, 60.25, 'valley', read_at => '2025-02-01 00:00+08') \gset hidden_
SELECT results_eq(format('SELECT register, used FROM rui.meter_use(%s, %s, ''2025-01-01 00:00+08'', ''2025-02-01 00:00+08'')', :one, :e1),
	$$VALUES ('peak', 400::numeric), ('valley', 390.00)$$, 'by time of use, with the multiplier');
SELECT rui.correct_reading(:one, :p1, 101, 'Misread', request_key => 'c') AS p2 \gset
SELECT is(rui.correct_reading(:one, :p1, 101, 'Misread', request_key => 'c'), :p2::bigint, 'sent twice: one correction');
SELECT results_eq(format('SELECT value, kind, state, supersedes FROM rui.meter_reading WHERE id IN (%s, %s) ORDER BY id', :p1, :p2),
	format($$VALUES (110::numeric, 'actual', 'superseded', NULL::bigint), (101, 'correction', 'accepted', %s)$$, :p1), 'a correction is another row, the wrong one stays');
SELECT is((SELECT used FROM rui.meter_use(:one, :e1, '2025-01-01 00:00+08', '2025-02-01 00:00+08') WHERE register = 'peak'), 40::numeric, 'and counts');
SELECT pg_temp.refused(format('SELECT rui.correct_reading(%s, %s, 102, ''Again'')', :one, :p1), '55000', 'what is superseded is not corrected again');
SELECT pg_temp.refused(format('SELECT rui.correct_reading(%s, %s, 99, ''Again'')', :one, :p2), 'RU101', 'a correction must fit too');
SELECT pg_temp.refused(format('UPDATE rui.meter_reading SET value = 1 WHERE id = %s', :p2), '55000', 'what was read never changes');
SELECT pg_temp.refused(format('DELETE FROM rui.meter_reading WHERE id = %s', :p2), '55000', 'nor does it vanish');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 102, ''peak'', read_at => ''2025-02-01 00:00+08'')', :one, :e1), '23505', 'one reading an instant');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 102, read_at => ''2025-03-01 00:00+08'')', :one, :e1), 'P0002', 'a register it has not');

-- What is far more than usual is doubted.
SELECT rui.set_meter_rule(:one, 'gas', 5, 20, 28) \gset hidden_
SELECT rui.install_meter(:one, 'G1', 'gas', 'm3', :u1, initial => '0', installed_at => '2025-01-01 00:00+08') AS g1 \gset
SELECT rui.record_reading(:one, :g1, 310, read_at => '2025-02-01 00:00+08') AS g2 \gset
SELECT rui.record_reading(:one, :g1, 1800, read_at => '2025-03-01 00:00+08') AS g3 \gset
SELECT results_eq(format('SELECT id, state, times_usual FROM rui.meter_reading WHERE id IN (%s, %s) ORDER BY id', :g2, :g3),
	format($$VALUES (%s::bigint, 'accepted', NULL::numeric), (%s, 'to_check', 5.3)$$, :g2, :g3), 'no history, no doubt; then five times the usual');
SELECT results_eq(format('SELECT used, to_check FROM rui.meter_use(%s, %s, ''2025-01-01 00:00+08'', ''2025-03-01 00:00+08'')', :one, :g1), 'VALUES (310::numeric, 1::bigint)', 'what is doubted does not count');
SELECT rui.record_reading(:one, :g1, 590, read_at => '2025-03-02 00:00+08') AS g4 \gset
SELECT is((SELECT state FROM rui.meter_reading WHERE id = :g4), 'accepted', 'nor is it held against what comes later');
SELECT pg_temp.refused(format('SELECT rui.confirm_reading(%s, %s)', :one, :g3), 'RU101', 'then it can no longer be confirmed');
SELECT is(rui.refuse_reading(:one, :g3, 'A digit too many'), 'rejected', 'it is refused');
SELECT pg_temp.refused(format('SELECT rui.confirm_reading(%s, %s)', :one, :g3), '55000', 'for good');
SELECT rui.record_reading(:one, :g1, 3000, read_at => '2025-04-01 00:00+08') AS g5 \gset
SELECT is(rui.confirm_reading(:one, :g5), 'accepted', 'another is confirmed');
SELECT is(pg_temp.used(:one, :g1, '2025-01-01 00:00+08', '2025-04-01 00:00+08'), 3000::numeric, 'and counts from then on');

SELECT rui.install_meter(:one, 'G2', 'gas', 'm3', :u2, initial => '900', digits => 3, installed_at => '2025-01-01 00:00+08') AS g9 \gset
SELECT rui.record_reading(:one, :g9, 931, read_at => '2025-02-01 00:00+08'), rui.record_reading(:one, :g9, 200, is_rollover => true, read_at => '2025-02-05 00:00+08') AS t1 \gset
SELECT rui.record_reading(:one, :g9, 210, is_rollover => true, read_at => '2025-05-01 00:00+08') \gset hidden_
SELECT is(rui.confirm_reading(:one, :t1), 'accepted', 'a doubted one that began again is confirmed after another that did');
SELECT is(pg_temp.used(:one, :g9, '2025-01-01 00:00+08', '2025-05-01 00:00+08'), 310::numeric, 'it began again once');

-- Days on which clocks change count as days.
UPDATE rui.project SET time_zone = 'Europe/Madrid' WHERE id = :two;
SELECT rui.install_meter(:two, 'M', 'water', 'l', :v1, initial => '0', installed_at => '2025-03-29 00:00 Europe/Madrid') AS m1 \gset
SELECT rui.record_reading(:two, :m1, 300, read_at => '2025-04-01 00:00 Europe/Madrid') \gset hidden_
SELECT is(pg_temp.used(:two, :m1, '2025-03-30 00:00 Europe/Madrid', '2025-03-31 00:00 Europe/Madrid', true), 100::numeric, 'a day of 23 hours is a third of three days');
SELECT rui.record_reading(:two, :m1, 400, read_at => '2025-10-25 00:00 Europe/Madrid'), rui.record_reading(:two, :m1, 700, read_at => '2025-10-28 00:00 Europe/Madrid') \gset hidden_
SELECT is(pg_temp.used(:two, :m1, '2025-10-26 00:00 Europe/Madrid', '2025-10-27 00:00 Europe/Madrid', true), 100::numeric, 'and so is one of 25');
SELECT is((SELECT used FROM rui.meter_uses(:two, '2025-10-26 00:00 Europe/Madrid', '2025-10-27 00:00 Europe/Madrid', interpolated => true)), 100::numeric, 'all at once say the same');

-- Estimates, and what settles them.
SELECT rui.install_meter(:one, 'W9', 'water', 'm3', :u3, initial => '100', digits => 3, installed_at => '2025-05-01 00:00+08') AS w9 \gset
SELECT rui.record_reading(:one, :w9, 160, read_at => '2025-06-30 00:00+08') \gset hidden_
SELECT results_eq(format('SELECT register, value, basis, problem FROM rui.estimate_readings(%s, ''2025-07-01'', preview => true) WHERE meter_id = %s', :one, :w9),
	$$VALUES ('total', 192.000::numeric, 'mean', NULL::text)$$, 'the usual of a day times the days');
SELECT is((SELECT count(*) FROM rui.meter_reading WHERE kind = 'estimate'), 0::bigint, 'a preview estimates nothing');
SELECT count(*) FROM rui.estimate_readings(:one, '2025-07-01', request_key => 'est') \gset hidden_
SELECT is(pg_temp.used(:one, :w9, '2025-06-30 00:00+08', '2025-08-01 00:00+08'), 32.000, 'what is estimated counts');
SELECT is((SELECT estimates FROM rui.meter_use(:one, :w9, '2025-06-30 00:00+08', '2025-08-01 00:00+08')), 1::bigint, 'and says so');
SELECT is_empty(format('SELECT FROM rui.estimate_readings(%s, ''2025-07-01'')', :one) || ' WHERE problem IS NULL', 'once');
SELECT rui.record_reading(:one, :w9, 180, read_at => '2025-09-01 00:00+08') \gset hidden_
SELECT is(pg_temp.used(:one, :w9, '2025-08-01 00:00+08', '2025-09-01 00:00+08'), -12.000, 'what was too much comes off the next use');
SELECT is(pg_temp.used(:one, :w9, '2025-06-30 00:00+08', '2025-09-01 00:00+08'), 20.000, 'so that the whole is what was used');
SELECT rui.record_reading(:one, :w9, 170, read_at => '2025-08-01 00:00+08') \gset hidden_
SELECT results_eq(format('SELECT e.kind, e.state FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = %s AND e.at = ''2025-08-01 00:00+08'' ORDER BY e.id', :w9),
	$$VALUES ('estimate', 'superseded'), ('actual', 'accepted')$$, 'what is read takes the place of an estimate of the same instant');
-- A year ago, and the trend: half as much again.
SELECT outcome FROM rui.import_meters(:one, format('[{"code":"Y","medium":"heat","measured_in":"kWh","unit":"%s","installed_at":"2024-01-01 00:00","initial":0}]', '1-103')::jsonb) \gset hidden_
SELECT count(*) FROM rui.import_readings(:one, (SELECT jsonb_agg(jsonb_build_object('meter', 'Y', 'read_at', to_char(m, 'YYYY-MM-DD HH24:MI'), 'value', v)) FROM (VALUES
	('2024-04-01'::timestamp, 100), ('2024-07-01', 400), ('2024-08-01', 440), ('2025-04-01', 500), ('2025-07-01', 950)) AS x(m, v))) \gset hidden_
SELECT results_eq(format('SELECT value, basis FROM rui.estimate_readings(%s, ''2025-07-01'', ''heat'', true)', :one), $$VALUES (1010.000::numeric, 'last_year')$$,
	'40 in the July before, times 450 to 300');

-- Meters that go, and who may what.
SELECT lives_ok(format('SELECT rui.remove_meter(%s, %s, ''3001'', ''2025-05-01 00:00+08'')', :one, :g1), 'a meter goes');
SELECT is((SELECT e.state FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = :g1 AND e.kind = 'estimate'), 'rejected', 'what was estimated for later goes with it');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 3002, read_at => ''2025-06-01 00:00+08'')', :one, :g1), '22023', 'and shows nothing after');
SELECT pg_temp.refused(format('SELECT rui.replace_meter(%s, %s, ''1'', ''0'')', :one, :w1), '55000', 'a meter is exchanged once');
SELECT lives_ok(format('SELECT rui.install_meter(%s, ''G1'', ''gas'', ''m3'', %s, installed_at => ''2025-06-01 00:00+08'')', :one, :u1), 'its code is free again');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS h1 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h1, :u1, :zhao, 'owner', '[2020-01-01,)');
SET LOCAL rui.party_id = :'zhao';
SELECT lives_ok(format('SELECT rui.record_reading(%s, %s, 40, source => ''resident'')', :one, :w2), 'a resident reads his own meter');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 41)', :one, :w2), '42501', 'as resident');
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 300, source => ''resident'')', :one, :w9), 'P0002', 'the neighbour''s he does not see');
SELECT throws_ok(format('SELECT rui.record_reading(%s, %s, 300, ''peak'', source => ''resident'')', :one, :w9), 'P0002', format('meter %s does not exist in project %s', :w9, :one),
	'nor is told which registers it has');
UPDATE rui.occupancy SET valid = '[2025-03-15,)' WHERE project_id = :one AND party_id = :zhao;
SELECT pg_temp.refused(format('SELECT rui.record_reading(%s, %s, 20, source => ''resident'', read_at => ''2025-03-14 23:59+08'')', :one, :w2), '42501', 'what was used before he came he does not report');
SELECT lives_ok(format('SELECT rui.record_reading(%s, %s, 20, source => ''resident'', read_at => ''2025-03-15 00:00+08'')', :one, :w2), 'from that day on he does');
SELECT pg_temp.refused(format('SELECT rui.meter_use(%s, %s, ''2025-01-01'', ''2026-01-01'')', :one, :w9), 'P0002', 'nor what the neighbour uses');
SELECT lives_ok(format('SELECT rui.meter_use(%s, %s, ''2025-01-01'', ''2026-01-01'')', :one, :w2), 'his own he does');
SELECT pg_temp.refused(format('SELECT rui.meter_uses(%s, ''2025-01-01'', ''2026-01-01'')', :one), '42501', 'all of them he does not');
SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(*) FROM rui.meter), 5::bigint, 'the table shows him what hangs at home');
SELECT is((SELECT count(DISTINCT r.meter_id) FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id), 4::bigint, 'and what it showed');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
