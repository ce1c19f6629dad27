-- Documents: stored by reference and hash, superseded, seen by whom they are
-- for, opened on record, erased on time, destroyed for good; and what is refused.
BEGIN;
\ir fixture/estate.sql
\ir fixture/content.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'store', 'Store') RETURNING id AS store \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'st', 'Steward') RETURNING id AS steward \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :store, 'storage', '[2000-01-01,)'),
	(:one, :steward, 'steward', '[2000-01-01,)'), (:one, :qian, 'resident', '[2000-01-01,)'), (:one, :sun, 'resident', '[2000-01-01,)');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS h1 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES
	(:one, :h1, :u1, :zhao, 'owner', '[2020-01-01,)'), (:one, :h1, :u1, :qian, 'family', '[2020-01-01,)');
SELECT rui.create_company('alien', 'Alien', 'Alien director') AS alien \gset
SELECT id AS stranger FROM rui.party WHERE company_id = :alien \gset
INSERT INTO rui.project (company_id, code, name) VALUES (:alien, 'three', 'Three') RETURNING id AS three \gset
SELECT rui.set_document_kind(:one, 'photo', '照片', 'Photo', 'party', 365, '{image/*}', 1000000),
	rui.set_document_kind(:one, 'plan', '图纸', 'Plan', 'public'), rui.set_document_kind(:one, 'memo', '备忘', 'Memo', 'staff'),
	rui.set_document_kind(:two, 'far', '远', 'Far') \gset hidden_
SELECT rui.set_ticket_category(:one, 'fix', '维修', 'Fix') \gset hidden_
SELECT rui.open_ticket(:one, 'fix', 'Pipe', :u1, reporter_id => :zhao, household_id => :h1, at => '2026-03-09 10:00+08') AS ticket \gset
CREATE FUNCTION pg_temp.act_as(party bigint) RETURNS text LANGUAGE sql AS $$SELECT set_config('rui.party_id', party::text, true)$$;
CREATE FUNCTION pg_temp.store(project bigint, kind text, subject text, id bigint, content text, ref text DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.store_document(project, kind, subject, id, kind || ' ' || content, sha256(convert_to(content, 'UTF8')), length(content),
		CASE kind WHEN 'photo' THEN 'image/jpeg' ELSE 'application/pdf' END, coalesce(ref, 's3/' || content), at => '2026-03-09 11:00+08')$$;
SELECT pg_temp.store(:one, 'photo', 'ticket', :ticket, 'pipe') AS photo \gset
SELECT pg_temp.store(:one, 'plan', 'building', :b1, 'plan') AS drawing, pg_temp.store(:one, 'memo', 'unit', :u1, 'memo') AS memo,
	pg_temp.store(:one, 'photo', 'party', :sun, 'card') AS card, pg_temp.store(:two, 'far', 'building', :b2, 'far') AS far \gset

CREATE TEMP TABLE api (name text, argument text, works text);
CREATE FUNCTION pg_temp.api(name text, VARIADIC arguments text[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO api SELECT name, split_part(a, '=', 1), substr(a, strpos(a, '=') + 1) FROM unnest(arguments) AS a$$;
\set p 'project_id=' :one
\set t 'at=\'2026-03-09 12:00+08\''
\set content 'content_hash=sha256(\'new\')'
\o /dev/null
SELECT pg_temp.api('set_document_kind', :'p', 'code=''letter''', 'name_zh=''信''', 'name_en=''Letter''', 'visibility=''party''', 'keep_days=10',
		'media_types=''{text/plain}''', 'max_bytes=1000'),
	pg_temp.api('store_document', :'p', 'kind_code=''photo''', 'subject=''ticket''', 'subject_id=' || :ticket, 'title=''Pipe''', :'content', 'bytes=3',
		'media_type=''image/png''', 'storage_ref=''s3/new''', 'visibility=''staff''', 'request_key=''k''', :'t'),
	pg_temp.api('supersede_document', :'p', 'document_id=' || :photo, :'content', 'bytes=3', 'media_type=''image/png''', 'storage_ref=''s3/new''',
		'request_key=''k''', :'t'),
	pg_temp.api('set_document_visibility', :'p', 'document_id=' || :photo, 'visibility=''staff''', :'t'),
	pg_temp.api('ask_document', :'p', 'document_id=' || :photo, 'purpose=''repair''', 'version=1', :'t'),
	pg_temp.api('open_document', :'p', 'document_id=' || :photo, 'purpose=''repair''', 'version=1', :'t'),
	pg_temp.api('document_history', :'p', 'document_id=' || :photo),
	pg_temp.api('erase_document', :'p', 'document_id=' || :photo, 'reason=''withdrawn''', 'version=1', :'t'),
	pg_temp.api('contents_to_destroy', :'p', 'up_to=10'),
	pg_temp.api('confirm_destroyed', :'p', 'storage_refs=''{x}''');
\o
CREATE FUNCTION pg_temp.call(command text, spoiled text DEFAULT NULL, value text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT * FROM rui.%I(%s)', command, string_agg(format('%I => %s', argument,
		CASE WHEN argument = spoiled THEN value ELSE works END), ', ')) FROM api WHERE name = command$$;
CREATE TEMP TABLE bad (about text, command text, argument text, value text, code text);
INSERT INTO bad
SELECT 'null', a.name, a.argument, 'NULL', '22004'
FROM api a JOIN pg_proc p ON p.pronamespace = 'rui'::regnamespace AND p.proname = a.name
WHERE pg_get_function_arguments(p.oid) !~ (a.argument || ' [a-z .\[\]]+ DEFAULT NULL');
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code FROM api a JOIN (VALUES
	('an unknown project', 'project_id', '-1', '42501'), ('a forbidden project', 'project_id', :'three', '42501'),
	('an endless time', 'at', '''infinity''', '22008'), ('long ago', 'at', '''1899-12-31''', '22008'),
	('no such document', 'document_id', '-1', 'P0002'), ('a document of another project', 'document_id', :'far', 'P0002'),
	('no such kind', 'kind_code', '''moon''', 'P0002'), ('a kind of another project', 'kind_code', '''far''', 'P0002'),
	('nothing documents are about', 'subject', '''moon''', '22023'), ('no such row', 'subject_id', '-1', 'P0002'),
	('no such version', 'version', '2', 'P0002'), ('version 0', 'version', '0', 'P0002'),
	('to whom', 'visibility', '''me''', '22023'), ('no hash', 'content_hash', '''\x00''', '22023'), ('the hash of nothing', 'content_hash', 'sha256('''')', '22023'),
	('less than nothing', 'bytes', '-1', '22003'), ('too much', 'bytes', '1000001', '22003'), ('nothing', 'bytes', '0', '22023'),
	('no picture', 'media_type', '''text/plain''', '22023'), ('no type', 'media_type', '''picture''', '22023'), ('any picture', 'media_type', '''image/*''', '22023'),
	('no time', 'keep_days', '0', '22023'), ('for ever', 'keep_days', '36526', '22023'), ('nothing', 'max_bytes', '0', '22023'),
	('no types', 'media_types', '''{picture}''', '22023'), ('a type of null', 'media_types', '''{NULL}''', '22023'),
	('a shout', 'code', '''LOUD''', '22023'), ('nothing', 'up_to', '0', '22023'), ('a name of null', 'storage_refs', '''{NULL}''', '22004'),
	('an empty key', 'request_key', '''''', '22023'), ('a key too long', 'request_key', 'repeat(''k'', 201)', '22023')
	) AS b(about, argument, value, code) ON b.argument = a.argument;
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code
FROM api a CROSS JOIN (VALUES ('empty', '''''', '22023'), ('blank', 'E'' \n\t''', '22023'), ('too long', 'repeat(''x'', 1001)', '22001'))
	AS b(about, value, code)
WHERE a.argument IN ('code', 'name_zh', 'name_en', 'kind_code', 'title', 'subject', 'media_type', 'storage_ref', 'purpose', 'reason')
	OR a.argument = 'visibility' AND a.name <> 'store_document';
INSERT INTO bad VALUES ('a unit of another project', 'store_document', 'subject', format('''unit'', subject_id => %s', :v1), NULL),
	('before its last change', 'supersede_document', 'at', '''2026-03-09 10:59+08''', '22023');
DELETE FROM bad WHERE code IS NULL;
SELECT plan((SELECT 2 + 2 * count(DISTINCT name) + (SELECT count(*) FROM bad) FROM api)::integer + 64);

-- What is refused changes nothing.
SELECT is_empty($$SELECT p.proname FROM pg_proc p
	WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.pronargs > 0 AND p.proname ~ 'document|^contents_|_destroyed$'
	EXCEPT SELECT name FROM api$$, 'no command is left out');
-- What is about others is opened once asking for it is committed, which a test that
-- rolls back cannot wait for: here the rows are made those of another transaction.
CREATE FUNCTION pg_temp.asked(project bigint, document bigint, purpose text, version integer DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	asked CONSTANT integer := rui.ask_document(project, document, purpose, version, '2026-03-10 11:00+08');
BEGIN
	UPDATE rui.access_ask SET transaction_id = 1;
	RETURN asked;
END
$$;
SELECT pg_temp.asked(:one, :photo, 'repair', 1) \g /dev/null
SELECT pg_temp.content() AS before \gset
CREATE FUNCTION pg_temp.works(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	problem text;
BEGIN
	BEGIN
		EXECUTE pg_temp.call(command);
		RAISE EXCEPTION 'take it back' USING ERRCODE = 'RU000';
	EXCEPTION WHEN SQLSTATE 'RU000' THEN NULL;
		WHEN OTHERS THEN problem := SQLERRM;
	END;
	RETURN is(problem, NULL, command || ' works');
END
$$;
SELECT pg_temp.works(name) FROM (SELECT DISTINCT name FROM api) AS n ORDER BY name;
SELECT throws_ok(pg_temp.call(command, argument, value), code, NULL, format('%s: %s %s', command, argument, about))
FROM bad ORDER BY command, argument, about;
SELECT throws_ok(format('SELECT pg_temp.store(%s, ''memo'', ''unit'', %s, ''x'')', :one, :v1), 'P0002', NULL, 'a unit of another project');
SELECT throws_ok(format('SELECT pg_temp.store(%s, ''memo'', ''party'', %s, ''x'')', :one, :stranger), 'P0002', NULL, 'a party of another company');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(pg_temp.call(name), '42501', NULL, name || ': nobody acts') FROM (SELECT DISTINCT name FROM api) AS n ORDER BY name;
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT is(pg_temp.content(), :'before', 'nothing has changed');

-- What is stored, and superseded.
SELECT is((SELECT (kind_code, subject, subject_id, party_id, household_id, visibility, keep_until, state)::text FROM rui.document WHERE id = :photo),
	format('(photo,ticket,%s,%s,%s,party,2027-03-09,stored)', :ticket, :zhao, :h1), 'a photograph of a ticket is of who told it');
SELECT is((SELECT (party_id, household_id, keep_until)::text FROM rui.document WHERE id = :drawing), '(,,)', 'a drawing is nobody''s, for ever');
SELECT is(rui.supersede_document(:one, :photo, sha256('pipe'), 4, 'image/jpeg', 's3/again', 'k0', '2026-03-10 10:00+08'), 1, 'the same content is no new version');
SELECT is(rui.supersede_document(:one, :photo, sha256('pipe'), 4, 'image/jpeg', 's3/again', 'k0', '2026-03-10 10:00+08'), 1, 'nor when it is sent twice');
SELECT is(rui.supersede_document(:one, :photo, sha256('fixed'), 5, 'image/jpeg', 's3/fixed', 'k1', '2026-03-10 10:00+08'), 2, 'other content is');
SELECT is(rui.supersede_document(:one, :photo, sha256('fixed'), 5, 'image/jpeg', 's3/fixed', 'k1', '2026-03-10 10:00+08'), 2, 'once');
SELECT is((SELECT keep_until FROM rui.document WHERE id = :photo), '2027-03-10', 'from then on it is kept anew');
SELECT is((SELECT string_agg(format('%s %s', version, bytes), ', ') FROM rui.document_history(:one, :photo)), '1 4, 2 5', 'the old one stays');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''x'')', :one, :photo), '55000', 'nobody has asked for this', 'a document of somebody else is asked for first');
SELECT is(rui.ask_document(:one, :photo, 'x', at => '2026-03-10 11:00+08'), 2, 'the last version');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''x'')', :one, :photo), '55000', NULL, 'not opened before that is committed');
UPDATE rui.access_ask SET transaction_id = 1;
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''y'')', :one, :photo), '55000', NULL, 'nor for another purpose');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''x'', 1)', :one, :photo), '55000', NULL, 'nor another version');
SELECT pg_temp.asked(:one, :photo, 'x', 1) \g /dev/null
SELECT is((SELECT (storage_ref, content_hash = sha256('fixed'))::text FROM rui.open_document(:one, :photo, 'x', at => '2026-03-10 11:00+08')), '(s3/fixed,t)', 'the last one counts');
SELECT is((SELECT storage_ref FROM rui.open_document(:one, :photo, 'x', 1, '2026-03-10 11:00+08')), 's3/pipe', 'or the one that is asked for');
SELECT is((SELECT string_agg(concat_ws(' ', version, party_id = :loader, purpose), ', ' ORDER BY id) FROM rui.document_access WHERE document_id = :photo),
	'1 t repair, 2 t x, 1 t x', 'who asked to open it is on record');
SELECT rui.open_document(:one, :drawing, 'x', at => '2026-03-10 11:00+08') \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.document_access WHERE document_id = %s', :drawing), 'not of what is public');
SELECT throws_ok(format('UPDATE rui.document_version SET content_hash = sha256(''x'') WHERE document_id = %s', :photo), '55000', NULL, 'hashes stay');
SELECT is_empty($$SELECT * FROM rui.journal_entry e WHERE e.project_id > 0 AND concat(e.old_row, e.new_row) ~ 's3/'$$, 'where content lies is not in the journal');

-- Who sees what: ids of documents as tables and functions show them.
CREATE FUNCTION pg_temp.sees() RETURNS text LANGUAGE sql AS $$SELECT string_agg(title, ', ' ORDER BY title) FROM rui.document$$;
SELECT pg_temp.act_as(:qian) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is(pg_temp.sees(), 'photo pipe, plan plan', 'a household sees its own and what is public');
SELECT throws_ok('SELECT * FROM rui.document_content', '42501', NULL, 'nobody sees where content lies');
RESET ROLE;
SELECT lives_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :photo), 'and opens them');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :memo), 'P0002', NULL, 'not what is for staff');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :card), 'P0002', NULL, 'nor another''s');
SELECT throws_ok(format('SELECT rui.document_history(%s, %s)', :one, :card), 'P0002', NULL, 'not even its history');
SELECT pg_temp.act_as(:sun) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is(pg_temp.sees(), 'photo card, plan plan', 'so does a party');
RESET ROLE;
SELECT pg_temp.act_as(:steward) \gset hidden_
SET LOCAL ROLE rui_steward;
SELECT is(pg_temp.sees(), 'memo memo, plan plan', 'stewards see what is for staff, not what is of somebody');
RESET ROLE;
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :card), 'P0002', NULL, 'nor open it');
SELECT lives_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :memo), 'but what is for them');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT rui.install_meter(:one, 'W', 'water', 'm3', :u1, installed_at => '2025-01-01') AS meter \gset
SELECT pg_temp.act_as(:steward) \gset hidden_
SELECT results_eq(format($$SELECT error_code, problem FROM rui.record_readings(%s, '[{"meter": "W", "read_at": "2025-02-01 00:00", "value": 1, "document_id": %s},
	{"meter": "W", "read_at": "2025-02-02 00:00", "value": 2, "document_id": %s}]')$$, :one, :card, :memo),
	format($$VALUES ('P0002', 'document %s does not exist in the project'), (NULL, NULL)$$, :card), 'nor put it under a reading of many');
SELECT pg_temp.act_as(:manager) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is(pg_temp.sees(), 'memo memo, photo card, photo pipe, plan plan', 'managers see all');
SELECT throws_ok('SELECT storage_ref FROM rui.document_content', '42501', NULL, 'but not where it lies');
RESET ROLE;
SELECT rui.set_document_visibility(:one, :memo, 'public') \gset hidden_
SELECT pg_temp.act_as(:sun) \gset hidden_
SELECT lives_ok(format('SELECT rui.open_document(%s, %s, ''look'')', :one, :memo), 'what becomes public is everybody''s');

-- Residents add to what is their own.
CREATE FUNCTION pg_temp.add(project bigint, subject text, id bigint, visibility text DEFAULT 'party') RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.store_document(project, 'photo', subject, id, 'Mine', sha256('mine'), 4, 'image/jpeg', 's3/mine', visibility)$$;
SELECT pg_temp.act_as(:qian) \gset hidden_
SELECT lives_ok(format('SELECT pg_temp.add(%s, ''ticket'', %s)', :one, :ticket), 'to a ticket of the household');
SELECT lives_ok(format('SELECT pg_temp.add(%s, ''party'', %s)', :one, :qian), 'to themselves');
SELECT throws_ok(format('SELECT pg_temp.add(%s, ''ticket'', %s, ''public'')', :one, :ticket), '42501', NULL, 'not publicly');
SELECT throws_ok(format('SELECT pg_temp.add(%s, ''party'', %s)', :one, :zhao), 'P0002', NULL, 'not to others');
SELECT throws_ok(format('SELECT pg_temp.add(%s, ''building'', %s)', :one, :b1), 'P0002', NULL, 'not to what is everybody''s');
SELECT throws_ok(format('SELECT rui.supersede_document(%s, %s, sha256(''x''), 1, ''text/plain'', ''x'')', :one, :drawing), 'P0002', NULL, 'and change nothing public');
SELECT throws_ok(format('SELECT rui.erase_document(%s, %s, ''x'')', :one, :photo), '42501', NULL, 'nor erase');
SELECT throws_ok(format($$SELECT rui.store_document(%s, 'photo', 'party', %s, 'Mine', sha256('other'), 5, 'image/jpeg', 's3/card')$$, :one, :qian), '22023', 'content "s3/card" has another hash',
	'nor take what lies in the store under a name they only know');
SELECT throws_ok(format($$SELECT rui.supersede_document(%s, %s, sha256('other'), 5, 'image/jpeg', 's3/card')$$, :one, :photo), '22023', NULL, 'as a new version neither');
SELECT pg_temp.add(:one, 'party', :qian) AS shown \gset
SELECT is(rui.supersede_document(:one, :shown, sha256('more'), 4, 'image/jpeg', 's3/more'), 2, 'what is their own they supersede');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT rui.set_document_visibility(:one, :shown, 'public') \gset hidden_
SELECT pg_temp.act_as(:qian) \gset hidden_
SELECT throws_ok(format($$SELECT rui.supersede_document(%s, %s, sha256('other'), 5, 'image/jpeg', 's3/other')$$, :one, :shown), '42501', NULL, 'nor change what was shown to everybody');

-- Erasing.
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT pg_temp.store(:one, 'memo', 'unit', :u2, 'pipe', 's3/pipe') AS shared \gset
SELECT is(rui.erase_document(:one, :photo, 'withdrawn', 1, '2026-03-11 10:00+08'), 1::bigint, 'one version');
SELECT is((SELECT (state, versions)::text FROM rui.document WHERE id = :photo), '(stored,2)', 'the document stays');
SELECT throws_ok(format('SELECT rui.open_document(%s, %s, ''x'', 1)', :one, :photo), '55000', NULL, 'what is erased is not opened');
SELECT is(rui.erase_document(:one, :photo, 'moved out', at => '2026-03-12 10:00+08'), 1::bigint, 'then the rest');
SELECT is((SELECT string_agg(concat_ws(' ', version, content_hash = sha256(CASE version WHEN 1 THEN 'pipe' ELSE 'fixed' END::bytea), erased_for), ', ')
	FROM rui.document_history(:one, :photo)), '1 t withdrawn, 2 t moved out', 'hashes and reasons stay');
SELECT is((SELECT state FROM rui.document WHERE id = :photo), 'erased', 'the document is erased');
SELECT throws_ok(format('SELECT rui.erase_document(%s, %s, ''x'')', :one, :photo), '55000', NULL, 'once');
SELECT throws_ok(format('SELECT rui.supersede_document(%s, %s, sha256(''x''), 1, ''image/png'', ''x'', at => ''2026-03-13 10:00+08'')', :one, :photo), '55000', NULL, 'and gets no new version');

-- The store destroys what no other document has.
SELECT pg_temp.act_as(:store) \gset hidden_
SELECT is((SELECT array_agg(storage_ref) FROM rui.contents_to_destroy(:one)), '{s3/fixed}'::text[], 'names of what was erased, but not of what another has');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT throws_ok(format('SELECT pg_temp.store(%s, ''memo'', ''unit'', %s, ''x'', ''s3/fixed'')', :one, :u1), '55000', NULL, 'under them nothing is stored');
SELECT pg_temp.act_as(:store) \gset hidden_
SELECT is(rui.confirm_destroyed(:one, '{s3/fixed,s3/pipe,s3/plan}'), 2::bigint, 'destroyed');
SELECT is_empty('SELECT * FROM rui.contents_to_destroy(' || :one || ')', 'then nothing is left to do');
SELECT is_empty($$SELECT * FROM rui.document_content WHERE storage_ref = 's3/fixed' OR is_erased$$, 'and the name is gone');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT is((SELECT storage_ref FROM rui.open_document(:one, :shared, 'x')), 's3/pipe', 'what another has it has');

-- Retention.
SELECT is((SELECT done FROM rui.tick(:one, '2027-03-08 23:59+08') WHERE duty = 'erase_documents'), 0::bigint, 'kept for a year');
SELECT is((SELECT done FROM rui.tick(:one, '2027-03-09 00:00+08') WHERE duty = 'erase_documents'), 1::bigint, 'then erased');
SELECT is((SELECT (erased_for, erased_at)::text FROM rui.document_history(:one, :card)), '(retention,"2027-03-08 16:00:00+00")', 'with the reason');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s AND invariant LIKE ''document\_%%'' AND invariant <> ''document_posted''', :one),
	'all that breaks no invariant');
SELECT * FROM finish();
ROLLBACK;
