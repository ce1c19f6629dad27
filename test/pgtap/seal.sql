-- Seals: what they cover, what verification finds when rows or seals are not
-- what they were, heads kept elsewhere, proofs; who may.
BEGIN;
SELECT plan(57);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'auditor', '[2000-01-01,)');
-- Rows of three hours, put there behind the platform's back; those of the API are of now().
INSERT INTO rui.event (project_id, at, kind, subject, subject_id, payload, recorded_at)
SELECT :one, now(), 'test.' || n, 'test', n, jsonb_build_object('n', n), now() - interval '3 hours' + n * interval '20 minutes' FROM generate_series(1, 7) n;
SET LOCAL session_replication_role = replica;
INSERT INTO rui.clock_event (project_id, task_id, target, at, event, recorded_at)
SELECT :one, n, 'response', now(), 'stop', now() - interval '3 hours' + n * interval '20 minutes' FROM generate_series(1, 3) n;
SET LOCAL session_replication_role = origin;
SELECT id AS e1 FROM rui.event WHERE project_id = :one AND kind = 'test.1' \gset
SELECT id AS e2 FROM rui.event WHERE project_id = :one AND kind = 'test.2' \gset

SELECT is(rui._seal(:one, now() - interval '100 minutes', now()), 6::bigint, 'what was recorded before: three rows of two tables');
SELECT is(rui._seal(:one, now() - interval '100 minutes', now()), 0::bigint, 'once');
SELECT is(rui._seal(:one, now() - interval '2 hours', now()), 0::bigint, 'nor backwards');
SELECT row_eq(format('SELECT number, rows, tables, from_at, before_at, previous_root FROM rui.seal WHERE project_id = %s', :one),
	ROW(1::bigint, 6::bigint, 2, '-infinity'::timestamptz, now() - interval '100 minutes', sha256('')), 'a seal');
SELECT is((SELECT string_agg(table_name || ' ' || rows, ', ' ORDER BY place) FROM rui.seal_table WHERE project_id = :one), 'clock_event 3, event 3', 'of these tables');
SELECT is((SELECT payload - 'before_at' FROM rui.event WHERE project_id = :one AND kind = 'journal.seal'),
	(SELECT jsonb_build_object('number', 1, 'rows', 6, 'root', encode(root, 'hex')) FROM rui.seal WHERE project_id = :one), 'published as an event');
SELECT is(rui._seal(:one, now() - interval '30 minutes', now()), 4::bigint, 'a second one goes on');
SELECT is(rui._seal(:one, now(), now()), 0::bigint, 'nothing is not sealed');
SELECT rui._seal(:one, now() + interval '1 second', now()) AS rest \gset
-- Its own event belongs to the next one.
SET LOCAL session_replication_role = replica;
UPDATE rui.event SET recorded_at = now() + interval '1 hour' WHERE project_id = :one AND kind = 'journal.seal' AND payload ->> 'number' = '3';
SET LOCAL session_replication_role = origin;
SELECT cmp_ok(:rest::bigint, '>', 10::bigint, 'what the platform has written since');
SELECT is((SELECT count(*) FROM rui.seal_table WHERE project_id = :one AND number = 3 AND table_name = 'journal'), 1::bigint, 'its journal too');
SELECT is((SELECT sum(rows) FROM rui.seal WHERE project_id = :one), (SELECT 10 + :rest)::numeric, 'each row in one seal');
SELECT is((SELECT array_agg(root ORDER BY number) FROM rui.seal WHERE project_id = :one),
	(SELECT array_agg((SELECT rui.merkle_root(convert_to(y.header, 'UTF8') ORDER BY y.number) FROM rui.seal y WHERE y.project_id = s.project_id AND y.number <= s.number) ORDER BY s.number)
		FROM rui.seal s WHERE s.project_id = :one), 'their roots are those of the tree over all headers');
SELECT results_eq($$SELECT g.root FROM (WITH RECURSIVE grow AS (SELECT 0::bigint AS size, '{}'::bytea[] AS frontier, sha256('') AS root
		UNION ALL SELECT g.size + 1, x.grown, x.root FROM grow g CROSS JOIN LATERAL rui._grow_frontier(g.frontier, g.size, int8send(g.size)) x WHERE g.size < 70)
		SELECT * FROM grow) g ORDER BY size$$,
	$$SELECT (SELECT rui.merkle_root(int8send(i) ORDER BY i) FROM generate_series(0::bigint, n - 1) i) FROM generate_series(0, 70) n ORDER BY n$$, 'the frontier gives the roots of RFC 6962');

-- Verified by whoever may.
SELECT throws_ok(format('SELECT * FROM rui.verify_journal(%s)', :one), '42501', NULL, 'a loader verifies nothing');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT results_eq(format('SELECT number, finding, rows FROM rui.verify_journal(%s)', :one),
	format('VALUES (1::bigint, ''verified'', 6::bigint), (2, ''verified'', 4), (3, ''verified'', %s)', :rest), 'all is as it was');
SELECT results_eq(format('SELECT number, finding FROM rui.verify_journal(%s, 2, 2)', :one), $$VALUES (2::bigint, 'verified')$$, 'one of them');
SELECT is(rui.check_head(:one, 2, (SELECT encode(root, 'hex') FROM rui.seal WHERE project_id = :one AND number = 2)), 'holds', 'a head that was kept');
SELECT encode(root, 'hex') AS head2 FROM rui.seal WHERE project_id = :one AND number = 2 \gset
SELECT encode(root, 'hex') AS head3 FROM rui.seal WHERE project_id = :one AND number = 3 \gset
SELECT throws_ok(format('SELECT rui.check_head(%s, 2, ''abc'')', :one), '22023', NULL, 'no root');
SELECT throws_ok(format('SELECT * FROM rui.verify_journal(%s, 3, 2)', :one), '22023', NULL, 'no range');

-- Somebody who may do everything does something, and all is as it was again.
\ir fixture/seal.sql
SELECT is(pg_temp.found(:one, 'SELECT 1'), 'nothing', 'nothing done, nothing found');
SELECT is(pg_temp.found(:one, format('UPDATE rui.event SET payload = ''{"n": 99}'' WHERE id = %s', :e2)),
	format('1 altered event 1 of 3 rows are 1 other ones, from key [%1$s, "%2$s"] to [%1$s, "%2$s"]', :one || ', ' || :e2, (SELECT replace(to_json(now() AT TIME ZONE 'UTC')::text, '"', '') || '+00:00')),
	'an edit, to the row');
SELECT matches(pg_temp.found(:one, format('DELETE FROM rui.event WHERE id = %s', :e2)), format('^1 deleted event 1 of 3 rows, after key \[%s, %s,', :one, :e1), 'a deletion, after the row before');
SELECT matches(pg_temp.found(:one, format('INSERT INTO rui.event (project_id, at, kind, subject, subject_id, recorded_at) VALUES (%s, now(), ''x'', ''x'', 1, now() - interval ''150 minutes'')', :one)),
	'^1 inserted event 1 rows that were not there', 'a row put behind a seal');
SELECT is(pg_temp.found(:one, format('INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, channel, at, recorded_at) VALUES (%s, 1, 1, ''sent'', ''sms'', now(), now() - interval ''150 minutes'')', :one)),
	'1 inserted message_receipt 1 rows that were not there', 'in a table that had none');
SELECT matches(pg_temp.found(:one, format('UPDATE rui.event e SET kind = CASE e.id WHEN %1$s THEN ''test.2'' ELSE ''test.1'' END, subject_id = 3 - e.subject_id, payload = CASE e.id WHEN %1$s THEN ''{"n": 2}''::jsonb ELSE ''{"n": 1}'' END WHERE e.id IN (%1$s, %2$s)', :e1, :e2)),
	'^1 altered event 2 of 3 rows', 'two that change places');
SELECT matches(pg_temp.found(:one, format('UPDATE rui.event SET recorded_at = now() - interval ''50 minutes'' WHERE id = %s', :e2)), '^1 deleted event.*; 2 inserted event', 'one that was recorded later');
SELECT matches(pg_temp.found(:one, format('DELETE FROM rui.journal WHERE project_id = %s AND id = (SELECT min(id) FROM rui.journal WHERE project_id = %1$s)', :one)), '3 deleted journal 1 of', 'the journal itself');
SELECT matches(pg_temp.found(:one, format('TRUNCATE rui.clock_event')), '^1 deleted clock_event 3 of 3 rows', 'all of a table');
SELECT matches(pg_temp.found(:one, format('UPDATE rui.seal SET rows = rows + 1 WHERE project_id = %s AND number = 2', :one)), '^2 forged', 'a seal that says otherwise');
SELECT matches(pg_temp.found(:one, format('UPDATE rui.seal_table SET root = sha256(''x'') WHERE project_id = %s AND number = 2', :one)), '2 forged the seal', 'a root that says otherwise');
SELECT matches(pg_temp.found(:one, format('DELETE FROM rui.seal_table WHERE project_id = %1$s AND number = 2; DELETE FROM rui.seal WHERE project_id = %1$s AND number = 2', :one)), '3 missing seals 2 to 2 are not there', 'a seal taken out');
SELECT matches(pg_temp.found(:one, format('DELETE FROM rui.seal_table WHERE project_id = %1$s AND number = 3; DELETE FROM rui.seal WHERE project_id = %1$s AND number = 3', :one)), '3 missing seals from 3 to 3 are not there', 'the last one: an event tells of it');
-- An insider who cleans up behind himself: only a head kept elsewhere tells.
SELECT is(pg_temp.found(:one, format('DELETE FROM rui.seal_table WHERE project_id = %1$s AND number = 3; DELETE FROM rui.seal WHERE project_id = %1$s AND number = 3;
	DELETE FROM rui.event WHERE project_id = %1$s AND kind = ''journal.seal'' AND payload ->> ''number'' = ''3''', :one)), 'nothing', 'cut off with its event: nothing is found');
SELECT is(pg_temp.head(:one, 3, :'head3', format('DELETE FROM rui.seal_table WHERE project_id = %1$s AND number = 3; DELETE FROM rui.seal WHERE project_id = %1$s AND number = 3', :one)), 'truncated', 'but the head that was kept');
SELECT is(pg_temp.head(:one, 3, :'head3', format('UPDATE rui.event SET payload = ''{}'' WHERE id = %2$s; DELETE FROM rui.seal_table WHERE project_id = %1$s; DELETE FROM rui.seal WHERE project_id = %1$s;
	SELECT rui._seal(%1$s, now() - interval ''100 minutes'', now()), rui._seal(%1$s, now() - interval ''30 minutes'', now()), rui._seal(%1$s, now() + interval ''1 second'', now())', :one, :e2)), 'forked', 'all sealed anew: the head that was kept');

-- Proofs.
SELECT rui.row_proof(:one, 'event', :e2) AS proof \gset
SELECT is((SELECT p ->> 'row' FROM (VALUES (:'proof'::jsonb)) v(p))::jsonb -> 3, '"test.2"'::jsonb, 'a proof shows its row');
SELECT ok((SELECT rui.merkle_verify(convert_to(p ->> 'row', 'UTF8'), (p ->> 'index')::bigint, ((p ->> 'table')::jsonb ->> 1)::bigint,
	ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'path') h), decode((p ->> 'table')::jsonb ->> 2, 'hex'))
	AND rui.merkle_verify(convert_to(p ->> 'table', 'UTF8'), (p ->> 'table_index')::bigint, ((p ->> 'seal')::jsonb ->> 6)::bigint,
	ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'table_path') h), decode((p ->> 'seal')::jsonb ->> 7, 'hex'))
	AND rui.merkle_verify(convert_to(p ->> 'seal', 'UTF8'), 0, 3, ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'seal_path') h), decode(:'head3', 'hex'))
	FROM (VALUES (:'proof'::jsonb)) v(p)), 'and leads to the published head');
SELECT ok((SELECT rui.journal_proof(:one, min(id)) IS NOT NULL FROM rui.journal WHERE project_id = :one), 'of the journal too');
SELECT throws_ok(format('SELECT rui.journal_proof(%s, 0)', :one), 'P0002', NULL, 'no such entry');
SELECT throws_ok(format('SELECT rui.row_proof(%s, ''unit'', 1)', :one), '22023', NULL, 'a table that is journaled instead');
-- The subtrees beside a leaf's way up are those of its audit path, in trees of every shape.
SELECT is_empty($$SELECT size, index FROM generate_series(1, 33) size CROSS JOIN LATERAL generate_series(0, size - 1) index
	WHERE rui.merkle_proof((SELECT array_agg(int8send(i) ORDER BY i) FROM generate_series(0::bigint, size - 1) i), index)
		<> coalesce((SELECT array_agg((SELECT rui.merkle_root(int8send(i) ORDER BY i) FROM generate_series(n.first, n.beyond - 1) i) ORDER BY n.step) FROM rui._siblings(index, size) n), '{}')$$,
	'paths are those of RFC 6962');
SELECT is_empty(format($$SELECT e.id FROM rui.event e CROSS JOIN LATERAL rui.row_proof(%1$s, 'event', e.id) p
	WHERE e.project_id = %1$s AND e.recorded_at < (SELECT max(before_at) FROM rui.seal WHERE project_id = %1$s)
		AND NOT rui.merkle_verify(convert_to(p ->> 'row', 'UTF8'), (p ->> 'index')::bigint, ((p ->> 'table')::jsonb ->> 1)::bigint,
			ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'path') h), decode((p ->> 'table')::jsonb ->> 2, 'hex'))$$, :one), 'so is that of every event');
SAVEPOINT altered;
SET LOCAL session_replication_role = replica;
UPDATE rui.event SET payload = '{}' WHERE id = :e1;
SET LOCAL session_replication_role = origin;
SELECT throws_ok(format('SELECT rui.row_proof(%s, ''event'', %s)', :one, :e2), 'XX001', NULL, 'none where a row beside it is another');
ROLLBACK TO altered;
-- Columns that came later are no part of what was sealed; whoever looks on sees heads.
ALTER TABLE rui.event ADD COLUMN test_column text DEFAULT 'x';
SELECT is_empty(format('SELECT * FROM rui.verify_journal(%s) WHERE finding <> ''verified''', :one), 'a table may grow columns');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(*) FROM rui.seal), 3::bigint, 'residents see the heads');
SELECT throws_ok('SELECT * FROM rui.seal_table', '42501', NULL, 'and no more');
RESET ROLE;
-- All of them in pieces, on record. What a piece writes is recorded within the
-- last seal here, as this transaction has one time: so it is not journaled.
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SET LOCAL session_replication_role = replica;
SELECT throws_ok(format('SELECT * FROM rui.continue_verification(%s, 0)', :one), '22023', NULL, 'pieces of nothing');
SELECT row_eq(format('SELECT done, total, faults, erasures, is_finished FROM rui.continue_verification(%s, 2)', :one), ROW(2::bigint, 3::bigint, 0::bigint, 0::bigint, false), 'a piece');
SELECT row_eq(format('SELECT job, done, total, is_finished FROM rui.progress WHERE project_id = %s AND job = ''verification''', :one), ROW('verification'::text, 2::bigint, 3::bigint, false), 'how far it is');
SAVEPOINT whole;
UPDATE rui.seal SET root = sha256('x') WHERE project_id = :one AND number = 2;
DELETE FROM rui.event WHERE id = :e2;
UPDATE rui.event SET payload = '{}' WHERE project_id = :one AND kind = 'test.7';
SELECT is((SELECT faults > 1 AND is_finished FROM rui.continue_verification(:one)), true, 'what is changed between two pieces is found by the second, its seals are checked against the first');
SELECT is((SELECT findings #>> '{0,detail}' FROM rui.verification WHERE project_id = :one), 'the seal was changed during the verification', 'and on record');
ROLLBACK TO whole;
DELETE FROM rui.seal_table WHERE project_id = :one AND number = 2;
DELETE FROM rui.seal WHERE project_id = :one AND number = 2;
SELECT row_eq(format('SELECT faults > 0, is_finished FROM rui.continue_verification(%s)', :one), ROW(true, true), 'a seal that is taken away between two pieces is missed');
SELECT is((SELECT findings -> 0 FROM rui.verification WHERE project_id = :one), '{"number": 2, "finding": "missing", "detail": "the seal was taken away during the verification"}'::jsonb, 'and on record');
ROLLBACK TO whole;
SELECT row_eq(format('SELECT done, faults, is_finished FROM rui.continue_verification(%s)', :one), ROW(3::bigint, 0::bigint, true), 'the rest');
SELECT row_eq(format('SELECT party_id, rows, encode(root, ''hex''), findings, ended_at IS NOT NULL FROM rui.verification WHERE project_id = %s', :one),
	ROW(:manager::bigint, 10 + :rest::bigint, :'head3'::text, '[]'::jsonb, true), 'who, how much, up to which head');
SELECT is((SELECT payload ->> 'faults' FROM rui.event WHERE project_id = :one AND kind = 'journal.verify'), '0', 'an event tells');
SELECT row_eq(format('SELECT done, total FROM rui.continue_verification(%s, 1)', :one), ROW(1::bigint, 3::bigint), 'the next one begins anew');
SET LOCAL session_replication_role = origin;
SELECT * FROM finish();
ROLLBACK;
