-- Erasure: nothing of a person is left in any column of any table, and what
-- was sealed before is proved as it was; what a law holds back goes later.
-- Corrections, and the export of all that is held.
BEGIN;
SELECT plan(74);
\ir fixture/estate.sql
UPDATE rui.party SET name = '欧阳丽华', code = '13800138000' WHERE id = :zhao;
UPDATE rui.party SET name = '司徒建国' WHERE id = :qian;
INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (:company, :manager, 'director', '[2000-01-01,)');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :manager, 'manager', '[2000-01-01,)'), (:two, :zhao, 'resident', '[2000-01-01,)'),
	(:one, :qian, 'resident', '[2000-01-01,)');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :home, :u1, :zhao, 'owner', '[2020-01-01,)'),
	(:one, :home, :u1, :qian, 'family', '[2020-01-01,)');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'mgr2', 'Second manager') RETURNING id AS other_manager \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :other_manager, 'manager', '[2000-01-01,)');
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :zhao, 'phone', '138-0013-8000'), (:company, :zhao, 'email', 'lihua@example.com'),
	(:company, :qian, 'phone', '13500001111');
-- A number that is another one today.
UPDATE rui.contact_point SET value = '13912345678' WHERE party_id = :zhao AND kind = 'phone';
UPDATE rui.contact_point SET value = '138-0013-8000' WHERE party_id = :zhao AND kind = 'phone';
SELECT rui.set_personal_value(:one, :zhao, 'id_card', '11010519491231002X'), rui.set_personal_value(:one, :zhao, 'plate', '苏A12345'),
	rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes'), rui.set_sla_policy(:one, 'always', response => '1:00') \g /dev/null
SELECT rui.open_ticket(:one, 'pipe', '欧阳丽华 of 1-001, call 138 0013 8000', unit_id => :u1, reporter_id => :zhao) AS own \gset
SELECT rui.open_ticket(:one, 'pipe', '司徒建国: tell +86 139-1234-5678 first', unit_id => :u1, reporter_id => :qian) AS other \gset
INSERT INTO rui.message_batch (project_id, kind_code, dedupe_key, audience, parameters, is_emergency, zh_channels, en_channels, at, from_at, expires_at)
SELECT :one, k.code, 'for 欧阳丽华', '{}', '{}', false, '{sms}', '{}', now(), now(), now() + interval '1 day'
FROM (SELECT rui.set_message_kind(:one, 'words', '话', 'Words', '{}', '{sms}')) AS made CROSS JOIN LATERAL (SELECT 'words' AS code) k RETURNING id AS batch \gset
SELECT rui._emit(:one, 'test.note', 'test', 1, now(), '{"note": "ask 欧阳丽华, 13800138000", "phones": [13800138000]}') \g /dev/null
SELECT rui.open_books(:one, '2026-01-01') \g /dev/null
INSERT INTO rui.bank_statement (project_id, channel, code, opening, closing, lines, content_hash, at)
VALUES (:one, 'bank', 's1', 0, 200, 2, sha256('x'), now()) RETURNING id AS statement \gset
INSERT INTO rui.bank_line (project_id, statement_id, channel, line_no, at, on_date, kind, amount, payer, note)
VALUES (:one, :statement, 'bank', 1, now() - interval '11 years', current_date, 'receipt', 100, '欧阳丽华', 'from 苏A12345') RETURNING id AS line \gset
INSERT INTO rui.bank_line (project_id, statement_id, channel, line_no, at, on_date, kind, amount, payer)
VALUES (:one, :statement, 'bank', 2, now(), current_date, 'receipt', 100, '欧阳丽华') RETURNING id AS new_line \gset
SET LOCAL session_replication_role = replica;
INSERT INTO rui.posting_reversal (project_id, posting_id, reversal_id, reason) VALUES (:one, 1, 2, 'bounced, 欧阳丽华 said so');
SET LOCAL session_replication_role = origin;
INSERT INTO rui.tax_title (project_id, party_id, kind, name, phone, set_at) VALUES (:one, :qian, 'person', '司徒建国', '138 0013 8000', now());
INSERT INTO rui.tax_title (project_id, party_id, kind, name, phone, set_at) VALUES (:one, :zhao, 'person', '欧阳丽华', '13800138000', now());
INSERT INTO rui.message_recipient (project_id, batch_id, party_id, parameters) VALUES (:one, 1, :zhao, '{"name": "欧阳丽华"}');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT rui.record_consent(:one, 'marketing', true, 'app', '1', 'signed by 欧阳丽华', at => now()) \gset hidden_

-- Everything, to the person.
SELECT rui.ask_export(:one, :zhao) AS access \gset
SELECT throws_ok(format('SELECT rui.export_subject(%s, %s)', :one, :access), '55000', format('access %s is not committed', :access), 'not before it is on record');
SET LOCAL session_replication_role = replica;
UPDATE rui.personal_access SET transaction_id = 1 WHERE id = :access;
SET LOCAL session_replication_role = origin;
SELECT rui.export_subject(:one, :access) AS export \gset
SELECT ok(:'export'::jsonb #>> '{tables,party,0,name}' = '欧阳丽华' AND :'export'::jsonb #>> '{tables,tax_title,0,phone}' = '13800138000'
	AND :'export'::jsonb #> '{tables,ticket,0,details}' IS NOT NULL AND jsonb_array_length(:'export'::jsonb #> '{tables,contact_point}') = 2
	AND :'export'::jsonb #>> '{tables,consent,0,purpose}' = 'marketing' AND :'export'::jsonb #>> '{acted,consent}' = '1', 'all that is held, by table');
SELECT ok(:'export' !~ '13500001111' AND :'export'::jsonb #> '{tables,party,1}' IS NULL, 'nothing of others');
SELECT ok(:'export' !~ '"salt"', 'no salts');
SELECT is((SELECT purpose_en FROM rui.my_access_log ORDER BY at DESC LIMIT 1), 'export for the person', 'on record');
SELECT throws_ok(format('SELECT rui.ask_export(%s, %s)', :one, :qian), '42501', NULL, 'not of others');
-- Which tables speak of people: a new one is declared, or passed over with a reason.
SELECT is_empty($$SELECT t.table_name, a.attname FROM rui.platform_table t
	JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
	WHERE (EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.confrelid = 'rui.party'::regclass AND a.attnum = ANY (c.conkey)
			AND a.attname <> 'company_id')
		OR a.atttypid IN ('bigint'::regtype, 'bigint[]'::regtype) AND (a.attname ~ '^(party|payer|owner|subject)_ids?$' OR a.attname ~ '_by$')
			AND NOT (a.attname = 'subject_id' AND t.table_name <> 'personal_access'))
		AND NOT EXISTS (SELECT FROM rui.personal_table p WHERE p.table_name = t.table_name
			AND (p.excluded IS NOT NULL OR a.attname::text = ANY (p.subjects || p.actors)))$$, 'every column that names a party is declared');
SELECT is_empty($$SELECT p.table_name, c.name FROM rui.personal_table p CROSS JOIN LATERAL unnest(p.subjects || p.actors) AS c(name)
	WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('rui.%I', p.table_name)::regclass AND a.attname = c.name)
	UNION ALL SELECT c.table_name, c.column_name FROM rui.personal_column c
	WHERE c.column_name <> '*' AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('rui.%I', c.table_name)::regclass AND a.attname = c.column_name)$$,
	'and what is declared is there');

-- Every column of text is said to tell of people, or not to.
CREATE TEMP VIEW text_column AS
SELECT t.table_name, t.writes, a.attrelid, a.attname::text AS name, y.typname, a.attname::text = ANY (p.written) AS is_written, a.attname::text = ANY (p.linked) AS is_linked,
	a.attname::text = ANY (p.never) AS is_never
FROM rui.platform_table t
JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
LEFT JOIN pg_type e ON e.oid = y.typelem AND y.typcategory = 'A'
LEFT JOIN rui.personal_text p ON p.table_name = t.table_name
WHERE t.class <> 'reference' AND a.attname <> 'erased' -- which holds digests
	AND (coalesce(e.typcategory, y.typcategory) = 'S' OR coalesce(e.typname, y.typname) IN ('json', 'jsonb', 'bytea', 'xml', 'hstore'));
SELECT is_empty($$SELECT table_name, name FROM text_column WHERE (is_written::integer + is_linked::integer + is_never::integer) IS DISTINCT FROM 1$$,
	'every column of text is declared, once');
SELECT is_empty($$SELECT p.table_name, c.name FROM rui.personal_text p CROSS JOIN LATERAL unnest(p.written || p.linked || p.never) AS c(name)
	WHERE NOT EXISTS (SELECT FROM text_column t WHERE t.table_name = p.table_name AND t.name = c.name)$$, 'and what is declared is one');
SELECT is_empty($$SELECT table_name, name FROM text_column WHERE is_written AND typname NOT IN ('text', 'jsonb') AND table_name <> 'journal'$$, 'an erasure can look through it');
SELECT is_empty($$SELECT t.table_name, t.name FROM text_column t LEFT JOIN rui.salted_column s ON s.table_name = t.table_name
	WHERE t.writes = 'append' AND t.is_written AND NOT coalesce(t.name = ANY (s.columns), false)$$, 'what is only added is salted, so that proofs hold');
SELECT is_empty($$SELECT t.table_name, t.name FROM text_column t WHERE t.is_linked
	AND NOT EXISTS (SELECT FROM rui.personal_column c WHERE c.table_name = t.table_name AND c.column_name IN (t.name, '*'))
	AND NOT EXISTS (SELECT FROM rui.personal_table p WHERE p.table_name = t.table_name AND p.excluded IS NOT NULL)$$, 'what is the person''s own has its rule');
SELECT is_empty($$SELECT c.table_name, c.column_name FROM rui.personal_column c JOIN text_column t ON t.table_name = c.table_name AND t.name = c.column_name WHERE t.is_never$$,
	'what has a rule tells of people');
SAVEPOINT new_column;
ALTER TABLE rui.ticket ADD COLUMN chat text;
SELECT is((SELECT string_agg(table_name || '.' || name, ' ') FROM text_column WHERE (is_written OR is_linked OR is_never) IS NOT true), 'ticket.chat', 'a new column is found');
ROLLBACK TO new_column;

-- A correction.
SELECT throws_ok(format('SELECT rui.request_correction(%s, ''phone'', ''110'', ''13811111111'', ''new'')', :one), '22023', NULL, 'of what is recorded');
SELECT throws_ok(format('SELECT rui.request_correction(%s, ''name'', %L, ''X'', ''new'', %s)', :one, v, :qian), '42501', NULL, 'of another a guess tells nothing: ' || v)
FROM unnest(ARRAY['nobody', (SELECT name FROM rui.party WHERE id = :qian)]) v ORDER BY v;
SELECT rui.request_correction(:one, 'email', 'lihua@example.com', 'lihua@example.org', 'moved') AS correction \gset
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''approve'')', :one, :correction), '42501', NULL, 'nobody decides on his own');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.request_correction(:one, 'name', 'nobody', 'X', 'guessed', :qian) AS guess \gset
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''withdraw'')', :one, v), 'P0002', NULL, 'what another asked for is nothing to him')
FROM unnest(ARRAY[:guess, :guess + 1000]) v;
SELECT set_config('rui.party_id', :'other_manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''approve'')', :one, :guess), '55000', format('what request %s corrects is not recorded', :guess), 'who decides learns that there is no such value');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is(rui.decide_personal_request(:one, :guess, 'withdraw'), 'withdrawn', 'who asked takes it back');
SELECT is((SELECT count(*) FROM rui.inbox() WHERE subject = 'personal_request'), 1::bigint, 'waits for who may');
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''refuse'')', :one, :correction), '22004', NULL, 'a refusal says why');
SELECT is(rui.decide_personal_request(:one, :correction, 'approve'), 'done', 'decided');
SELECT is((SELECT value FROM rui.contact_point WHERE party_id = :zhao AND kind = 'email'), 'lihua@example.org', 'corrected');
SELECT is((SELECT num_nonnulls(old_value, new_value) FROM rui.personal_request WHERE id = :correction), 0, 'the request keeps no values');
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''approve'')', :one, :correction), '55000', NULL, 'once');

-- Not while the data are needed.
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT rui.request_erasure(:one, 'I moved out, 欧阳丽华') AS erasure \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''approve'')', :one, :erasure), '55000', 'the data of party ' || :zhao || ' are still needed', 'while somebody lives there');
UPDATE rui.occupancy SET valid = daterange(lower(valid), current_date - 1) WHERE party_id = :zhao;
SELECT throws_ok(format('SELECT rui.decide_personal_request(%s, %s, ''approve'')', :one, :erasure), '55000', NULL, 'while a ticket is open');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.cancel_ticket(:one, :own, 'test') \gset hidden_

-- Sealed before.
SET LOCAL session_replication_role = replica;
DO $$
DECLARE
	place record;
BEGIN
	-- An hour ago: what an erasure writes is of now.
	FOR place IN SELECT * FROM rui._sealed_tables(1) LOOP
		EXECUTE format('UPDATE rui.%I SET %I = %2$I - interval ''1 hour''', place.table_name, place.clock);
	END LOOP;
END $$;
SET LOCAL session_replication_role = origin;
SELECT cmp_ok(rui._seal(:one, now() - interval '30 minutes', now()), '>', 20::bigint, 'sealed');
SELECT encode(root, 'hex') AS head FROM rui.seal WHERE project_id = :one \gset
SELECT cmp_ok(rui._seal(-:company, now() - interval '30 minutes', now()), '>', 5::bigint, 'so is what belongs to the company');
SELECT id AS note FROM rui.event WHERE kind = 'test.note' \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT results_eq(format('SELECT finding FROM rui.verify_journal(%s)', :one), $$VALUES ('verified')$$, 'verified');
SELECT rui.row_proof(:one, 'event', :note) AS proof \gset
SELECT ok(:'proof'::jsonb #>> '{openings,payload,1}' ~ '欧阳丽华' AND encode(sha256(convert_to((:'proof'::jsonb #>> '{openings,payload,0}') || ' payload '
	|| (:'proof'::jsonb #>> '{openings,payload,1}'), 'UTF8')), 'hex') = (:'proof'::jsonb ->> 'row')::jsonb ->> 7, 'a proof opens its digest');

-- Where it stands, in all columns of all tables, as text.
CREATE FUNCTION pg_temp.found(pattern text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	place record;
	hits bigint;
	answer text := '';
BEGIN
	FOR place IN SELECT t.table_name, string_agg(CASE WHEN a.atttypid = 'bytea'::regtype THEN format('encode(t.%I, ''escape'')', a.attname)
			ELSE format('t.%I::text', a.attname) END, ', ') AS columns
		FROM rui.platform_table t JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
		GROUP BY t.table_name ORDER BY t.table_name
	LOOP
		EXECUTE format('SELECT count(*) FROM rui.%I t WHERE concat_ws('' '', %s) ~* $1', place.table_name, place.columns) INTO hits USING pattern;
		IF hits > 0 THEN
			answer := answer || format('%s %s ', place.table_name, hits);
		END IF;
	END LOOP;
	RETURN btrim(answer);
END $$;
SELECT string_agg(replace(encode(convert_to(w, 'UTF8'), 'escape'), '\', '\\'), '|') || '|欧阳丽华|苏A12345|1[- ]?3[- ]?8[- ]?0[- ]?0[- ]?1[- ]?3[- ]?8[- ]?0[- ]?0[- ]?0|139-?1234-?5678|lihua@|11010519491231002|00083100' AS trace
FROM unnest('{欧阳丽华,苏A12345}'::text[]) w \gset
SELECT is(pg_temp.found(:'trace'), 'bank_line 2 consent 1 contact_point 2 event 1 journal 15 message_batch 1 message_recipient 1 party 1 person_key 4 personal_request 1 personal_value 2 posting_reversal 1 tax_title 2 ticket 2', 'before: in many places');

-- Erased. Nothing of hers was charged or paid; the ticket is of today.
SELECT is(rui.decide_personal_request(:one, :erasure, 'approve', 'moved out'), 'held', 'erased but for what is held');
SELECT set_eq(format($$SELECT h ->> 'table' FROM rui.personal_request r CROSS JOIN jsonb_array_elements(r.outcome -> 'held') h WHERE r.id = %s$$, :erasure),
	'{ticket,consent,personal_request}'::text[], 'held: the ticket, records of processing');
SELECT is((SELECT held_until FROM rui.personal_request WHERE id = :erasure), (now() AT TIME ZONE 'UTC' + interval '3 years') AT TIME ZONE 'UTC', 'for three years');
SELECT is(pg_temp.found(:'trace'), 'bank_line 1 consent 1 journal 2 personal_request 1 ticket 1', 'nowhere else');
SELECT is((SELECT name || code FROM rui.party WHERE id = :zhao), format('***erased-%s', :zhao), 'nobody');
SELECT is((SELECT details FROM rui.ticket WHERE id = :other), '司徒建国: tell *** first', 'her former number in a neighbour''s ticket');
SELECT is((SELECT payload FROM rui.event WHERE id = :note), '{"note": "ask ***, ***", "phones": ["***"]}'::jsonb, 'in what happened');
SELECT is((SELECT concat_ws('/', payer, note) FROM rui.bank_line WHERE id = :line), '***/from ***', 'on a bank''s line');
SELECT is((SELECT dedupe_key FROM rui.message_batch WHERE id = :batch), 'erased-' || :batch, 'in a key that a sender made up');
SELECT is((SELECT reason FROM rui.posting_reversal WHERE project_id = :one AND posting_id = 1), 'bounced, *** said so', 'in the reason of a reversal');
SELECT is((SELECT name || ' ' || phone FROM rui.tax_title WHERE party_id = :qian), '司徒建国 ***', 'her number with another''s invoices');
SELECT is((SELECT name FROM rui.party WHERE id = :qian), '司徒建国', 'others stay');
SELECT is((SELECT value FROM rui.contact_point WHERE party_id = :qian), '13500001111', 'with their numbers');

-- Proofs hold.
SELECT is_empty(format('SELECT * FROM rui.verify_journal(%s) WHERE finding NOT IN (''verified'', ''erased'')', :one), 'what was sealed is as it was');
SELECT set_eq(format('SELECT table_name, substring(detail FROM ''^(\d+) rows''), detail ~ ''data of party %s erased .* by erasure %s of project %s, decided by party %s, from key'' FROM rui.verify_journal(%s) WHERE finding = ''erased'' AND table_name <> ''journal''', :zhao, :erasure, :one, :manager, :one),
	format('SELECT table_name, count(DISTINCT row_key)::text, true FROM rui.erased_row WHERE project_id = %s AND table_name <> ''journal'' GROUP BY table_name', :one), 'or erased: how much, whose, by whom');
SELECT cmp_ok((SELECT count(*) FROM rui.verify_journal(:one) WHERE finding = 'erased' AND table_name = 'journal'), '=', 1::bigint, 'in the journal too');
SELECT is(rui.check_head(:one, 1, :'head'), 'holds', 'under the head that was kept');
SELECT set_config('rui.party_id', (SELECT id::text FROM rui.party WHERE company_id = :company AND code = 'director'), true) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.verify_journal(-%s) WHERE finding NOT IN (''verified'', ''erased'')', :company), 'so is what was sealed of the company');
SELECT cmp_ok((SELECT count(*) FROM rui.erased_row WHERE project_id = -:company AND table_name = 'journal'), '>', 0::bigint, 'of which something was erased');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is(rui.row_proof(:one, 'event', :note) - 'openings', :'proof'::jsonb - 'openings', 'a proof is the same');
SELECT is(rui.row_proof(:one, 'event', :note) -> 'openings', '{}', 'but opens nothing');
SELECT cmp_ok((SELECT count(*) FROM rui.erased_row WHERE project_id = :one), '>', 3::bigint, 'what was changed is on record');
SELECT is((SELECT count(*) FROM rui.event WHERE salt IS NULL AND id = :note), 1::bigint, 'the salt is destroyed');
SELECT throws_ok('UPDATE rui.event SET payload = ''{}''', '55000', NULL, 'nobody else changes it');
-- An insider who makes a change look like an erasure is found out.
SAVEPOINT forged;
SET LOCAL session_replication_role = replica;
UPDATE rui.event SET payload = '{"note": "nothing"}' WHERE id = :note;
SET LOCAL session_replication_role = origin;
SELECT matches((SELECT detail FROM rui.verify_journal(:one) WHERE finding = 'altered'), '^1 rows are not what an erasure has left', 'after an erasure');
ROLLBACK TO forged;
SET LOCAL session_replication_role = replica;
UPDATE rui.event e SET payload = '{"note": "nothing"}', erased = jsonb_build_object('payload', encode(sha256(convert_to(e.salt::text || ' payload ' || e.payload::text, 'UTF8')), 'hex')), salt = NULL
WHERE e.project_id = :one AND e.kind = 'ticket.open' AND e.subject_id = :other;
SET LOCAL session_replication_role = origin;
SELECT matches((SELECT detail FROM rui.verify_journal(:one) WHERE finding = 'altered'), '^1 rows are not what an erasure has left', 'and without one');
-- With its own record of an erasure: the content is none, or nobody asked for it, or it is said.
CREATE FUNCTION pg_temp.forge(content jsonb, event_id bigint, party bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('session_replication_role', 'replica', true);
	UPDATE rui.event e SET payload = content WHERE e.id = event_id;
	DELETE FROM rui.erased_row WHERE table_name = 'event' AND row_key LIKE '%, ' || event_id || ', %';
	INSERT INTO rui.erased_row (project_id, table_name, row_key, content_hash, party_id, at)
	SELECT e.project_id, 'event', json_build_array(e.project_id, e.id, e.at)::text, sha256(convert_to(json_build_array(e.payload::text)::text, 'UTF8')), party, now()
	FROM rui.event e WHERE e.id = event_id;
	PERFORM set_config('session_replication_role', 'origin', true);
END $$;
SELECT e.id AS forged_event FROM rui.event e WHERE e.project_id = :one AND e.kind = 'ticket.open' AND e.subject_id = :other \gset
SELECT pg_temp.forge('{"note": "nothing"}', :forged_event, :zhao) \g /dev/null
SELECT matches((SELECT detail FROM rui.verify_journal(:one) WHERE finding = 'altered'), '^1 rows are not what an erasure has left', 'what stands there tells of no erasure');
SELECT pg_temp.forge('{"note": "***"}', :forged_event, :qian) \g /dev/null
SELECT matches((SELECT detail FROM rui.verify_journal(:one) WHERE finding = 'altered'), '^1 rows are known by digests only, and nobody has approved an erasure of party ' || :qian, 'of somebody nobody has erased');
SELECT pg_temp.forge('{"note": "***"}', :forged_event, :zhao) \g /dev/null
SELECT matches((SELECT string_agg(detail, '; ') FROM rui.verify_journal(:one) WHERE finding = 'erased' AND table_name = 'event'), '^2 rows are known by digests only: data of party ' || :zhao, 'what is known by its digest is counted');
ROLLBACK TO forged;

-- Nothing but storage.
SELECT is((SELECT count(*) FROM rui.membership WHERE party_id = :zhao AND valid @> now()), 0::bigint, 'no roles');
SELECT is(rui.ask_reveal(:one, :zhao, '{name}', 'service') ->> 'message', 'the data of party ' || :zhao || ' are only kept, for a law', 'nobody is shown them');
-- When the terms are over the duty erases the rest.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is(rui._duty_erase_people(:one, now() + interval '2 years'), 0::bigint, 'not before');
SELECT is(rui._duty_erase_people(:one, now() + interval '3 years 1 day'), 1::bigint, 'then');
SELECT is(pg_temp.found(:'trace'), 'bank_line 1', 'a bank statement is kept for ten years as it came');
SELECT is(rui._duty_erase_people(:one, now() + interval '10 years 1 day'), 1::bigint, 'and goes then');
SELECT is((SELECT state || coalesce(held_until::text, '') FROM rui.personal_request WHERE id = :erasure), 'done', 'done');
SELECT is(pg_temp.found(:'trace'), '', 'and nothing is left anywhere');
SELECT is_empty(format('SELECT * FROM rui.verify_journal(%s) WHERE finding NOT IN (''verified'', ''erased'')', :one), 'proofs hold again') FROM set_config('rui.party_id', :'manager', true);
SELECT * FROM finish();
ROLLBACK;
