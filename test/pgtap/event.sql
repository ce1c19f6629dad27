-- Events are only added, and lie in the months that were made for them.
BEGIN;
SELECT plan(10);
\ir fixture/town.sql
SELECT is(rui.create_partitions('2015-02-17', 2), 6, 'two months for events, the journal and the ledger');
SELECT is(rui.create_partitions('2015-02-01', 2), 0, 'a second time there is nothing to do');
SELECT rui._emit(:project, 'probe.test', 'probe', 1, '2015-03-31 23:59:59.999999+00', '{"a": 1}');
SELECT rui._emit(:project, 'probe.test', 'probe', 2, '1999-01-01 00:00+00');
SELECT is((SELECT tableoid::regclass::text FROM rui.event WHERE subject = 'probe' AND subject_id = 1), 'rui.event_2015_03', 'its month');
SELECT is((SELECT tableoid::regclass::text FROM rui.event WHERE subject = 'probe' AND subject_id = 2), 'rui.event_default', 'or the rest');
SELECT is((SELECT party_id FROM rui.event WHERE subject = 'probe' AND subject_id = 1), :boss::bigint, 'with who did it');
SELECT throws_ok('DELETE FROM rui.event', '55000', 'rows of rui.event are never changed or removed', 'no event goes');
SELECT throws_ok('UPDATE rui.event_2015_03 SET kind = ''x''', '55000', NULL, 'none changes, by its partition''s name either');
SELECT throws_ok('SELECT rui.create_partitions(NULL, 1)', '22004', NULL, 'no date');
SELECT throws_ok('SELECT rui.create_partitions(''2015-01-01'', 0)', '22023', NULL, 'no months');
SELECT throws_ok('SELECT rui.create_partitions(''infinity'', 1)', '22023', NULL, 'no end');
SELECT * FROM finish();
ROLLBACK;
