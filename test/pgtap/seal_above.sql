-- Seals of what belongs to a company, and of what belongs to nobody: which
-- rows they cover, who seals, verifies and proves, what is found, and that one
-- company is told nothing of another.
BEGIN;
SELECT plan(51);
\ir fixture/estate.sql
\ir fixture/seal.sql
SELECT rui.create_company('second', 'Second', 'Other director') AS second \gset
SELECT p.id AS director FROM rui.party p WHERE p.company_id = :company AND p.code = 'director' \gset
SELECT p.id AS stranger FROM rui.party p WHERE p.company_id = :second AND p.code = 'director' \gset
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :zhao, 'phone', '13800138000');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'auditor', '[2000-01-01,)');
INSERT INTO rui.role_permission (role_code, permission) VALUES ('staff', 'verify_journal');
INSERT INTO rui.login (login, party_id, company_id) VALUES ('somebody', :zhao, :second);

-- Whose a row is.
SELECT is((SELECT company_id FROM rui.login WHERE login = 'somebody'), :company::bigint, 'a login is of the company of its party, whatever is said');
SELECT results_eq('SELECT DISTINCT project_id FROM rui.journal WHERE table_name = ''login'' AND at = now()', ARRAY[-:company::bigint], 'it is journaled there');
SELECT set_eq('SELECT DISTINCT project_id FROM rui.journal WHERE table_name IN (''company'', ''party'', ''company_member'', ''contact_point'') AND at = now()',
	ARRAY[-:company::bigint, -:second::bigint], 'what belongs to a company under minus its id');
SELECT results_eq('SELECT project_id, operation FROM rui.journal WHERE table_name = ''role_permission'' AND at = now()', $$VALUES (0::bigint, 'insert')$$, 'what a role may under 0');
SELECT is_empty($$SELECT t.table_name FROM rui.platform_table t WHERE (t.writes = 'change' OR t.class = 'reference' AND t.writes = 'none' AND t.table_name <> 'clock_mark') AND NOT EXISTS (
	SELECT FROM pg_trigger g WHERE g.tgrelid = format('rui.%I', t.table_name)::regclass AND g.tgname = 'journal_update')$$, 'no table whose rows can change is without a journal but for those of the machine');
SELECT is_empty(format('SELECT e.id FROM rui.journal_entry e WHERE e.project_id < 0 AND concat(e.old_row, e.new_row, e.row_key) ~ ''"company_id": \d'' AND NOT concat(e.old_row, e.new_row, e.row_key) ~ (''"company_id": '' || -e.project_id || ''\D'')'),
	'and none is of two');

-- Rows of three hours, each of another transaction; what the fixture wrote is one of now().
SET LOCAL session_replication_role = replica;
WITH numbered AS (SELECT j.project_id, j.id, row_number() OVER (PARTITION BY j.project_id ORDER BY j.id) AS n FROM rui.journal j WHERE j.project_id <= 0 AND j.at = now())
UPDATE rui.journal j SET at = now() - interval '3 hours' + n.n * interval '1 minute' FROM numbered n WHERE j.project_id = n.project_id AND j.id = n.id;
UPDATE rui.journal_layout SET recorded_at = now() - interval '3 hours';
INSERT INTO rui.tax_number (company_id, tax_no, number, project_id, invoice_id, recorded_at)
SELECT c, 'x', lpad(n::text, 20, '0'), 1, n, now() - interval '3 hours' FROM generate_series(1, 3) n, unnest(ARRAY[:company, :second]) c;
SET LOCAL session_replication_role = origin;
SELECT count(*) AS mine FROM rui.journal WHERE project_id = -:company \gset
SELECT is(rui._seal(-:company, now() - interval '1 hour', now()), :mine + 3::bigint, 'a seal of a company has its journal and its append-only rows');
SELECT is((SELECT string_agg(table_name || ' ' || rows, ', ' ORDER BY place) FROM rui.seal_table WHERE project_id = -:company), format('journal %s, tax_number 3', :mine), 'those of others are not in it');
SELECT cmp_ok(rui._seal(0, now() - interval '1 hour', now()), '>', 0::bigint, 'one of the installation');
SELECT is((SELECT array_agg(table_name ORDER BY place) FROM rui.seal_table WHERE project_id = 0), '{journal,journal_layout}', 'its journal, and how images are read');
SELECT cmp_ok(rui._seal(-:second, now() - interval '1 hour', now()), '>', 3::bigint, 'one of the other company');
SELECT is(rui._seal(-:company, now() + interval '1 second', now()), 0::bigint, 'its event alone is not worth another');
INSERT INTO rui.qualification (company_id, party_id, kind, code, valid, source) VALUES (:company, :zhao, 'skill', 'lift', '[2020-01-01,)', 'test');
SELECT is(rui._seal(-:company, now() + interval '1 second', now()), 2::bigint, 'the next one goes on from it');
SELECT is((SELECT array_agg(subject_id ORDER BY id) FROM rui.event WHERE project_id = -:company), '{1,2}', 'each is an event');
SELECT is((SELECT count(*) FROM rui.event_waiting WHERE project_id <= 0), 0::bigint, 'that waits for no consumer');
SET LOCAL session_replication_role = replica;
UPDATE rui.event SET recorded_at = now() + interval '1 hour' WHERE project_id = -:company AND subject_id = 2;
SET LOCAL session_replication_role = origin;

-- Who may.
SELECT encode(root, 'hex') AS head1 FROM rui.seal WHERE project_id = -:company AND number = 1 \gset
SELECT encode(root, 'hex') AS head2 FROM rui.seal WHERE project_id = -:company AND number = 2 \gset
SELECT min(id) AS member FROM rui.journal WHERE project_id = -:company AND table_name = 'company_member' \gset
SELECT min(id) AS contact FROM rui.journal WHERE project_id = -:company AND table_name = 'contact_point' \gset
SELECT min(id) AS granted FROM rui.journal WHERE project_id = 0 AND table_name = 'role_permission' AND at > now() - interval '4 hours' \gset
SELECT max(id) AS theirs FROM rui.journal WHERE project_id = -:second \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.verify_journal(-%s)', :company), '42501', format('permission "verify_journal" is missing in company %s', :company), 'an auditor of a project verifies no company');
SELECT throws_ok('SELECT * FROM rui.verify_journal(0)', '42501', 'permission "verify_journal" is missing in every company', 'nor the installation');
SELECT throws_ok('SELECT * FROM rui.verify_journal(NULL)', '22004', NULL, 'nor nothing');
SELECT throws_ok(format('SELECT rui.seal_journal(-%s)', :company), '42501', NULL, 'nor seals it');
SELECT throws_ok(format('SELECT * FROM rui.tick(-%s)', :company), '42501', NULL, 'nor does its duties');
SELECT throws_ok(format('SELECT rui.open_ticket(-%s, ''general'', ''x'')', :company), '42501', NULL, 'and no other function knows such a number');
SELECT set_config('rui.party_id', :'stranger', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.verify_journal(-%s)', :company), '42501', NULL, 'nor does another company');
SELECT throws_ok(format('SELECT rui.journal_proof(-%s, %s)', :company, :member), '42501', NULL, 'it gets no proof of it');
SELECT throws_ok(format('SELECT rui.journal_proof(-%s, %s)', :second, :member), 'P0002', NULL, 'nor of its rows among one''s own');
SELECT results_eq('SELECT number, finding FROM rui.verify_journal(0)', $$VALUES (1::bigint, 'verified')$$, 'but what belongs to nobody it verifies');
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT results_eq(format('SELECT number, finding FROM rui.verify_journal(-%s)', :company), $$VALUES (1::bigint, 'verified'), (2, 'verified')$$, 'a director of the company verifies it');
SELECT results_eq('SELECT number, finding FROM rui.verify_journal(0)', $$VALUES (1::bigint, 'verified')$$, 'and the installation');
SELECT is(rui.check_head(-:company, 1, :'head1'), 'holds', 'a head that was kept');
SELECT is(rui.check_head(0, 1, :'head1'), 'forked', 'is one of the company alone');
-- Heads are seen by who holds a role there.
SET LOCAL ROLE rui_manager;
SELECT set_eq('SELECT DISTINCT project_id FROM rui.seal', ARRAY[-:company::bigint, 0], 'heads of one''s company and of the installation are seen');
SELECT throws_ok('SELECT * FROM rui.journal', '42501', NULL, 'the journal is not');
RESET ROLE;

-- What is found.
SELECT is(pg_temp.found(-:company, 'SELECT 1'), 'nothing', 'nothing done, nothing found');
SELECT matches(pg_temp.found(-:company, format('UPDATE rui.journal SET party_id = 7 WHERE id = %s', :member)), format('^1 altered journal 1 of %s rows are 1 other ones, from key \[-%s, %s, .*\] to \[-%2$s, %3$s, ', :mine, :company, :member), 'an edit, to the row');
SELECT matches(pg_temp.found(-:company, format('DELETE FROM rui.journal WHERE id = %s', :member)), format('^1 deleted journal 1 of %s rows', :mine), 'a role that is said never to have been given');
SELECT matches(pg_temp.found(-:company, format('INSERT INTO rui.journal (project_id, at, transaction_id, login, table_name, layout_id, operation, row_count, images, salt) SELECT project_id, at, 1, login, table_name, layout_id, operation, 1, images, salt FROM rui.journal WHERE id = %s', :member)),
	'^1 inserted journal 1 rows that were not there', 'one that is put in');
SELECT matches(pg_temp.found(-:company, format('UPDATE rui.journal j SET table_name = o.table_name, layout_id = o.layout_id, images = o.images, salt = o.salt FROM rui.journal o WHERE j.id IN (%1$s, %2$s) AND o.id IN (%1$s, %2$s) AND o.id <> j.id', :member, :contact)),
	'^1 altered journal', 'two that change places');
SELECT matches(pg_temp.found(-:company, format('UPDATE rui.journal SET project_id = -%s WHERE id = %s', :second, :member)), '^1 deleted journal', 'one that is another company''s now');
SELECT is(pg_temp.found(-:company, 'TRUNCATE rui.tax_number'), '1 deleted tax_number 3 of 3 rows, after key (none)', 'all of a table');
SELECT matches(pg_temp.found(0, format('DELETE FROM rui.journal WHERE id = %s', :granted)), '^1 deleted journal', 'who could do what, of the installation');
SELECT matches(pg_temp.found(0, 'UPDATE rui.journal_layout SET columns = jsonb_set(columns, ''{0,name}'', ''"x"'') WHERE table_name = ''role_permission'''), '^1 altered journal_layout', 'how an image is to be read');
SELECT matches(pg_temp.found(-:company, format('DELETE FROM rui.seal_table WHERE project_id = -%1$s AND number = 2; DELETE FROM rui.seal WHERE project_id = -%1$s AND number = 2', :company)), '2 missing seals from 2 to 2', 'a seal taken out: its event tells');
SELECT is(pg_temp.head(-:company, 2, :'head2', format('DELETE FROM rui.seal_table WHERE project_id = -%1$s AND number = 2; DELETE FROM rui.seal WHERE project_id = -%1$s AND number = 2; DELETE FROM rui.event WHERE project_id = -%1$s', :company)), 'truncated', 'with its event: the head that was kept');
SELECT is(pg_temp.head(-:company, 2, :'head2', format('DELETE FROM rui.journal WHERE id = %2$s; DELETE FROM rui.seal_table WHERE project_id = -%1$s; DELETE FROM rui.seal WHERE project_id = -%1$s;
	SELECT rui._seal(-%1$s, now() - interval ''1 hour'', now()), rui._seal(-%1$s, now() + interval ''1 second'', now())', :company, :member)), 'forked', 'all sealed anew: the head that was kept');

-- Proofs: what is masked stays a digest.
SELECT rui.journal_proof(-:company, :member) AS proof \gset
SELECT ok((SELECT rui.merkle_verify(convert_to(p ->> 'row', 'UTF8'), (p ->> 'index')::bigint, :mine, ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'path') h), decode((p ->> 'table')::jsonb ->> 2, 'hex'))
	AND rui.merkle_verify(convert_to(p ->> 'table', 'UTF8'), 0, 2, ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'table_path') h), decode((p ->> 'seal')::jsonb ->> 7, 'hex'))
	AND rui.merkle_verify(convert_to(p ->> 'seal', 'UTF8'), 0, 2, ARRAY(SELECT decode(h, 'hex') FROM jsonb_array_elements_text(p -> 'seal_path') h), decode(:'head2', 'hex'))
	FROM (VALUES (:'proof'::jsonb)) v(p)), 'a proof of a role that was given leads to the published head');
SELECT is((:'proof'::jsonb ->> 'seal')::jsonb -> 1, to_jsonb(-:company::bigint), 'and says whose it is');
SELECT ok(:'proof'::jsonb -> 'openings' ? 'images', 'it opens the row');
SELECT is(rui.journal_proof(-:company, :contact) -> 'openings', '{}', 'but not a telephone number');
SELECT ok(rui.row_proof(0, 'journal_layout', (SELECT min(id) FROM rui.journal_layout WHERE table_name = 'role_permission')) IS NOT NULL, 'the layout, too, can be proved');

-- The duty.
SELECT results_eq(format('SELECT duty, done FROM rui.tick(-%s)', :company), $$VALUES ('seal', 0::bigint)$$, 'a tick of a company seals, once in ten minutes');
SELECT set_eq('SELECT * FROM rui._duty_projects(1, 1)', format('SELECT id FROM rui.project WHERE state <> ''closed'' UNION SELECT -id FROM rui.company UNION SELECT 0'), 'workers do projects, companies and the installation');
SELECT is((SELECT count(DISTINCT w) FROM generate_series(1, 3) w, rui._duty_projects(w, 3) p WHERE p = -:second), 1::bigint, 'each once');
SELECT * FROM finish();
ROLLBACK;
