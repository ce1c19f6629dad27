-- Nobody can infer whether a row of another project, or of another company,
-- exists. Every public function, called in one's own project by who holds every
-- role there, is handed the id or the code of a row of others, and one that no
-- row has: it answers the same, or refuses with the same words. Nor does a key
-- that others have taken tell: those that are unique over projects are listed.
-- PGOPTIONS='-c call.seed=0.7 -c call.draws=5' draws other arguments beside.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
-- Keys that are unique over projects (foreign keys stay within theirs:
-- catalog_lint.sql), but for ids, which sequences give.
CREATE TEMP TABLE wide_key (index_name name PRIMARY KEY, why text);
INSERT INTO wide_key VALUES
	('company_code_key', 'companies are made by the DBA'),
	('login_pkey', 'logins are written by the DBA'),
	('contact_point_party_id_kind_value_norm_key', 'led by a party of the company'),
	('personal_value_once', 'led by a party of the company'),
	('qualification_once', 'led by a party of the company');
CREATE TEMP TABLE found_key AS
SELECT c.oid, c.relname AS table_name, i.relname AS index_name, (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
	LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS columns
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid JOIN rui.platform_table t ON t.table_name = c.relname
WHERE t.class <> 'reference' AND c.relnamespace = 'rui'::regnamespace AND (x.indisunique OR x.indisexclusion) AND NOT c.relispartition
	AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = x.indkey[0]
		AND (a.attname = 'project_id' OR t.class = 'company' AND a.attname = 'company_id'));

\ir fixture/infer.sql
-- One's own requests in another project, one for each command.
SET LOCAL session_replication_role = replica;
INSERT INTO rui.request (project_id, party_id, command, request_key, content_hash, answer)
SELECT DISTINCT w.world, 1000001, a.name, 'x' || w.world, '\x00'::bytea, '{}'::jsonb FROM api a CROSS JOIN (VALUES (1000003), (1000005)) AS w(world)
WHERE 'request_key' = ANY (a.names);
SET LOCAL session_replication_role = origin;

-- What may name a row: every number of 8 bytes, and text.
CREATE TEMP TABLE probe AS
SELECT a.name, t.n, a.names[t.n] AS argument, t.type::regtype AS type, a.types, a.names
FROM api a CROSS JOIN LATERAL unnest(a.types) WITH ORDINALITY AS t(type, n)
WHERE t.type IN ('bigint'::regtype, 'bigint[]'::regtype, 'text'::regtype, 'text[]'::regtype)
	AND NOT (t.n = 1 AND a.first_name IN ('project_id', 'company_id'))
	-- Spans of seals, and words that nothing is looked up by.
	AND a.names[t.n] !~ '^((from|to)_number|reason|remark|note|comment|memo|body|title|details|name_zh|name_en|address|lang|separator|time_zone)$';
-- Parties are of a company: who works in one of its projects may give roles,
-- messages and money to all of them, so these are asked about other companies
-- only. A resident is told of none.
CREATE TEMP TABLE of_company (argument text);
INSERT INTO of_company VALUES ('developer_id'), ('for_party'), ('lessee_id'), ('party_id'), ('payee_id'), ('payer_id'), ('recipient_id'), ('steward_id'), ('stewards'), ('to_id'), ('vendor_id');

CREATE TEMP TABLE probed (role_name text, name text, argument text, is_known boolean, told text);
-- Rows of one's own project stand where a command may find them.
CREATE FUNCTION pg_temp.move_rows() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOR one IN SELECT c.oid::regclass AS name, t.subject FROM (SELECT DISTINCT w.subject FROM rui.transition w) t
		JOIN pg_class c ON c.relname = t.subject AND c.relnamespace = 'rui'::regnamespace
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'state' AND a.attgenerated = ''
		WHERE t.subject <> 'project' LOOP
		EXECUTE format('UPDATE %s t SET state = (SELECT w.from_state FROM rui.transition w WHERE w.subject = %L AND w.from_state <> ''(none)'' ORDER BY random() LIMIT 1) WHERE t::text !~ ''1000002''',
			one.name, one.subject);
	END LOOP;
	SET LOCAL session_replication_role = origin;
END $$;
CREATE FUNCTION pg_temp.probe_all(draws integer, role_name text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
	command text;
	absent text;
BEGIN
	-- Some more for ids by which nothing was found yet.
	FOR draw IN 1..draws + 2 LOOP
		PERFORM pg_temp.move_rows();
		FOR one IN SELECT * FROM probe p WHERE draw <= draws OR role_name = 'rui_manager' AND p.type = 'bigint'::regtype AND NOT EXISTS (
				SELECT FROM probed d WHERE d.name = p.name AND d.argument = p.argument AND d.is_known)
			ORDER BY p.name, p.n LOOP
			SELECT format('SELECT string_agg(x::text, '','') FROM rui.%I(%s) AS x', one.name, string_agg(CASE WHEN t.n <> one.n THEN pg_temp.given(one.names[t.n], t.type, draw)
				ELSE CASE one.type WHEN 'bigint'::regtype THEN '<world>' WHEN 'bigint[]'::regtype THEN '''{<world>}''' WHEN 'text'::regtype THEN '''x<world>''' ELSE '''{x<world>}''' END END
				|| '::' || format_type(t.type, NULL), ', ' ORDER BY t.n))
			INTO command FROM unnest(one.types) WITH ORDINALITY AS t(type, n);
			absent := pg_temp.outcome(command, '1000009', role_name);
			CONTINUE WHEN role_name <> 'rui_manager' AND absent ~ '^42501 . permission "';
			INSERT INTO probed VALUES (role_name, one.name, one.argument, pg_temp.outcome(command, '1000001', role_name) <> absent,
				concat_ws(E'\n', pg_temp.tells(command, '1000005', role_name, absent), CASE WHEN role_name <> 'rui_manager'
					OR one.argument NOT IN (SELECT c.argument FROM of_company c) THEN pg_temp.tells(command, '1000003', role_name, absent) END));
		END LOOP;
	END LOOP;
END $$;
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
SELECT coalesce(nullif(current_setting('call.draws', true), '')::integer, 1) AS draws \gset
SELECT pg_temp.probe_all(:draws, 'rui_manager') \g /dev/null
DELETE FROM rui.company_member WHERE party_id = :mine;
DELETE FROM rui.membership WHERE party_id = :mine AND role_code <> 'resident';
SELECT pg_temp.probe_all(:draws, 'rui_resident') \g /dev/null

SELECT plan((SELECT count(DISTINCT (name, argument)) FROM probed)::integer + 7);
SELECT is(string_agg(nullif(p.told, ''), E'\n'), NULL, format('%s says nothing of others by %s', p.name, p.argument))
FROM probed p GROUP BY p.name, p.argument ORDER BY p.name, p.argument;
SELECT cmp_ok((SELECT count(DISTINCT (name, argument)) FROM probed), '>', 750::bigint, 'every function was asked');
SELECT cmp_ok((SELECT count(*) FROM probed WHERE is_known AND role_name = 'rui_manager'), '>', 400::bigint, 'half of them look for a row: they find one''s own');
SELECT cmp_ok((SELECT count(DISTINCT (d.name, d.argument)) FROM probed d JOIN probe p USING (name, argument) WHERE d.is_known AND p.type = 'bigint'::regtype), '>', 200::bigint,
	'of those with an id, nearly all');
SELECT cmp_ok((SELECT count(*) FROM probed WHERE is_known AND role_name = 'rui_resident'), '>', 40::bigint, 'so do a resident''s');

SELECT bag_eq('SELECT index_name FROM found_key WHERE columns <> ''{id}''', 'SELECT index_name FROM wide_key', 'keys that are unique over projects are these');
SELECT is_empty($$SELECT f.table_name FROM found_key f JOIN pg_attribute a ON a.attrelid = f.oid AND a.attname = 'id'
	WHERE f.columns = '{id}' AND a.attidentity = ''$$, 'ids are given by sequences');
SELECT is_empty($$SELECT f.table_name FROM found_key f JOIN wide_key w USING (index_name) WHERE w.why ~ '^led' AND (f.columns[1] <> 'party_id' OR NOT EXISTS (
	SELECT FROM pg_constraint k WHERE k.conrelid = f.oid AND k.contype = 'f' AND k.confrelid = 'rui.party'::regclass AND cardinality(k.conkey) = 2))$$,
	'a party''s rows are of the party''s company');
SELECT * FROM finish();
ROLLBACK;
