-- What a login of each group role tries to read, write, make, lock and become
-- past the API, and what it builds to be called by the platform's functions.
-- All is refused. What needs sessions of its own is in test/t/110_attack.pl.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/every_table.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT :mine, :mine, r.role_code, '[2000-01-01,)' FROM (SELECT DISTINCT role_code FROM rui.role_permission WHERE role_code !~ '^x\d') r;
CREATE TEMP TABLE attacker (name text);
INSERT INTO attacker SELECT 'attack_' || substr(g, 5) FROM unnest('{rui_user,rui_resident,rui_partner,rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor,rui_gateway}'::text[]) g;
DO $$
DECLARE
	login text;
BEGIN
	FOR login IN SELECT name FROM attacker LOOP
		EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', login, 'rui_' || substr(login, 8));
		INSERT INTO rui.login (login, party_id) VALUES (login, 1000001);
	END LOOP;
END $$;

-- The company trusts the gateway; others do not.
INSERT INTO rui.gateway (company_id, login) VALUES (1000001, 'attack_gateway');

-- What becomes of a command of a login: its SQLSTATE, or what it answers.
CREATE FUNCTION pg_temp.outcome(login text, command text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', login);
	EXECUTE command INTO answer;
	RAISE EXCEPTION USING ERRCODE = 'RUUND', MESSAGE = coalesce(answer, 'done'); -- and undo it
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'RUUND' THEN SQLERRM ELSE SQLSTATE END;
END $$;
CREATE TEMP TABLE attack (kind text, command text, ends text DEFAULT '42501');
INSERT INTO attack (kind, command) VALUES
	('reads keys', 'SELECT * FROM rui.login'), ('reads keys', 'SELECT * FROM rui.person_key'), ('reads keys', 'SELECT * FROM rui.estate_key'),
	('reads answers of others', 'SELECT * FROM rui.request'), ('reads contents', 'SELECT * FROM rui.document_content'),
	('reads words', 'SELECT * FROM rui.search_state'), ('reads a partition', 'SELECT * FROM rui.event_default'),
	('reads a partition', 'SELECT * FROM rui.journal_default'), ('reads a partition', 'SELECT * FROM rui.posting_default'),
	('reads a sequence', 'SELECT last_value FROM rui.party_id_seq'), ('reads a sequence', 'SELECT nextval(''rui.party_id_seq'')'),
	('moves a sequence', 'SELECT setval(''rui.party_id_seq'', 1)'), ('reads past policies', 'SET LOCAL row_security = off; SELECT * FROM rui.unit'),
	('reads passwords', 'SELECT * FROM pg_authid'), ('reads statistics', 'SELECT * FROM pg_statistic'), ('reads a file', 'SELECT pg_read_file(''PG_VERSION'')'),
	('reads a file', 'CREATE TEMP TABLE t (x text); COPY t FROM PROGRAM ''true'''), ('writes a file', 'COPY rui.unit TO PROGRAM ''true'''),
	('writes a file', 'COPY rui.unit TO ''/dev/null'''), ('reads a file', 'SELECT lo_import(''/dev/null'')'),
	('copies rows in', 'COPY rui.membership FROM PROGRAM ''true'''),
	('gives itself a role', 'INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (1000003, 1000001, ''manager'', ''[2000-01-01,)'')'),
	('gives itself a role', 'UPDATE rui.company_member SET party_id = 1000001'), ('gives itself a role', 'INSERT INTO rui.role_group VALUES (''resident'', ''rui_manager'')'),
	('gives itself a permission', 'INSERT INTO rui.role_permission VALUES (''resident'', ''manage_people'')'),
	('becomes a party', 'INSERT INTO rui.login VALUES (session_user, 1000005)'), ('becomes a party', 'UPDATE rui.login SET party_id = 1000005'),
	('opens a project', 'UPDATE rui.permission SET project_states = ''{closed}'''), ('changes a law', 'DELETE FROM rui.transition'),
	('changes money', 'UPDATE rui.charge SET payer_id = 1000001'), ('changes money', 'DELETE FROM rui.posting'), ('changes money', 'INSERT INTO rui.payment DEFAULT VALUES'),
	('changes money', 'MERGE INTO rui.charge c USING rui.payment p ON c.id = p.id WHEN MATCHED THEN DELETE'),
	('writes by a view', 'UPDATE rui.charge_open SET project_id = 1'), ('writes by a view', 'DELETE FROM rui.ticket_board'), ('writes by a view', 'UPDATE rui.unit_export SET code = '''''),
	('hides what was', 'DELETE FROM rui.journal'), ('hides what was', 'TRUNCATE rui.event'), ('hides what was', 'TRUNCATE rui.membership CASCADE'),
	('hides what was', 'UPDATE rui.seal SET root = NULL'), ('hides what was', 'DROP TABLE rui.journal_default'),
	('makes objects', 'CREATE TABLE rui.unit_2 (id bigint)'), ('makes objects', 'CREATE VIEW rui.v AS SELECT 1'), ('makes objects', 'CREATE SCHEMA attack'),
	('makes objects', 'CREATE FUNCTION rui.now() RETURNS timestamptz LANGUAGE sql RETURN NULL'),
	('makes objects', 'CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql RETURN NULL'),
	('makes objects', 'CREATE TYPE rui.t AS (a integer)'), ('makes objects', 'CREATE EXTENSION hstore'), ('makes objects', 'CREATE STATISTICS rui.s ON project_id, id FROM rui.unit'),
	('makes objects', 'CREATE INDEX ON rui.unit (code)'), ('makes objects', 'CREATE CAST (text AS bigint) WITH INOUT'), ('makes objects', 'CREATE PUBLICATION p FOR ALL TABLES'),
	('makes objects', 'CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION rui.refuse_change()'),
	('takes policies away', 'ALTER TABLE rui.unit DISABLE ROW LEVEL SECURITY'), ('takes policies away', 'DROP POLICY api ON rui.unit'),
	('takes policies away', 'CREATE POLICY mine ON rui.unit USING (true)'), ('takes triggers away', 'ALTER TABLE rui.unit DISABLE TRIGGER ALL'),
	('takes triggers away', 'SET session_replication_role = replica'), ('puts on a trigger', 'CREATE TRIGGER t BEFORE INSERT ON rui.unit FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
	('puts on a rule', 'CREATE RULE r AS ON UPDATE TO rui.unit DO INSTEAD NOTHING'),
	('writes the journal', 'CREATE TEMP TABLE unit (id bigint); CREATE TRIGGER t AFTER INSERT ON unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION rui.journal_change(''unit'')'),
	('moves states', 'CREATE TEMP TABLE unit (id bigint); CREATE TRIGGER t BEFORE INSERT ON unit FOR EACH ROW EXECUTE FUNCTION rui.enforce_transition(''ticket'', '''')'),
	('inherits', 'CREATE TEMP TABLE child () INHERITS (rui.unit)'), ('refers to rows', 'CREATE TABLE public.child (a bigint, b bigint, FOREIGN KEY (a, b) REFERENCES rui.unit)'),
	('takes over', 'ALTER FUNCTION rui.has_permission(bigint, text) OWNER TO CURRENT_USER'), ('takes over', 'ALTER TABLE rui.unit OWNER TO CURRENT_USER'),
	('gives rights away', 'GRANT SELECT ON rui.login TO PUBLIC'), ('gives rights away', 'GRANT EXECUTE ON FUNCTION rui.create_company(text, text, text, name) TO PUBLIC'),
	('becomes a role', 'SET ROLE rui_owner'), ('becomes a role', 'SET ROLE rui_api'), ('becomes a role', 'GRANT rui_api TO CURRENT_USER'),
	('becomes a role', 'CREATE ROLE attack_2 IN ROLE rui_owner'), ('becomes a role', 'ALTER ROLE CURRENT_USER BYPASSRLS'),
	('becomes a role', 'ALTER ROLE rui_api LOGIN'), ('becomes a party', 'SET LOCAL rui.party_id = ''1000005'''), ('becomes a party', 'SELECT set_config(''rui.party_id'', ''1000005'', true)'),
	('calls for the DBA', 'SELECT rui.create_company(''x'', ''x'', ''x'')'), ('calls for the DBA', 'SELECT rui.create_partitions(''2030-01-01'', 1)'), ('calls for the DBA', 'CALL rui.create_platform()'),
	('calls for the DBA', 'SELECT rui.create_roles()'), ('calls for the DBA', 'CALL rui.run_duties()'), ('calls for the DBA', 'SELECT rui.load_holidays(''[]'')'),
	('calls what is internal', 'SELECT rui._extend_partitions(''event'', ''2030-01-01'', 1)'), ('calls what is internal', 'SELECT rui._allow_read(''login'', ''{rui_user}'', ''true'')'),
	('calls what is internal', 'SELECT rui._emit(1000003, ''x.y'', ''x'', 1, now())'), ('calls what is internal', 'SELECT rui._begin_request(1000003, ''x'', ''y'', ''{}'')'),
	('locks a table', 'LOCK TABLE rui.unit IN ROW EXCLUSIVE MODE'), ('locks a table', 'LOCK TABLE rui.unit IN ACCESS EXCLUSIVE MODE'), ('locks a table', 'LOCK TABLE rui.journal IN SHARE MODE'),
	('locks a row', 'SELECT 1 FROM rui.unit FOR UPDATE'), ('locks a row', 'SELECT 1 FROM rui.project FOR KEY SHARE'),
	('locks an install', 'LOCK TABLE pg_extension IN SHARE UPDATE EXCLUSIVE MODE'), ('locks an install', 'LOCK TABLE pg_authid IN SHARE UPDATE EXCLUSIVE MODE'),
	('changes settings of others', 'ALTER DATABASE postgres SET search_path = x'), ('changes settings of others', 'ALTER ROLE rui_manager SET search_path = x'),
	('takes all the disk', 'SET temp_file_limit = -1'), ('ends others', 'SELECT pg_reload_conf()');
INSERT INTO attack (kind, command, ends) VALUES
	-- Nothing is refused here, and nothing comes of it.
	('forges claims', 'SELECT rui.current_party()::text FROM set_config(''request.jwt.claims'', ''{"party_id": 1000005}'', true)', '1000001'),
	('forges claims', 'SELECT rui.current_party()::text FROM set_config(''jwt.claims.party_id'', ''1000005'', true)', '1000001'),
	('reads statistics', 'SELECT count(*)::text FROM pg_stats WHERE schemaname = ''rui''', '0'),
	('reads statistics', 'SELECT count(*)::text FROM pg_stats_ext WHERE schemaname = ''rui''', '0'),
	('reads a sequence', 'SELECT count(last_value)::text FROM pg_sequences WHERE schemaname = ''rui''', '0'),
	('reads columns of others', 'SELECT (SELECT count(*) FROM rui.project p WHERE p.id = 1000005)::text', '0'),
	('reads by a view of its own', 'CREATE TEMP VIEW v AS SELECT * FROM rui.project; SELECT count(*)::text FROM v WHERE id = 1000005', '0');
ANALYZE rui.project, rui.unit, rui.charge;
SELECT plan((SELECT count(*) FROM attack a CROSS JOIN attacker)::integer + 8);
-- A view of several tables is not written to, whoever asks.
UPDATE attack SET ends = '55000' WHERE kind = 'writes by a view' AND command ~ '_export|_board|charge_open';
SELECT is(pg_temp.outcome(r.name, a.command),
	-- A gateway is believed, but by the companies that trust it.
	CASE WHEN r.name = 'attack_gateway' AND a.kind = 'forges claims' THEN '42501' ELSE a.ends END, format('%s %s: %s', r.name, a.kind, left(a.command, 90)))
FROM attack a CROSS JOIN attacker r ORDER BY a.kind, a.command, r.name;
SELECT is(pg_temp.outcome('attack_gateway', 'SELECT rui.current_party()::text FROM set_config(''request.jwt.claims'', ''{"party_id": 1000001}'', true)'), '1000001',
	'a gateway is believed by the company that trusts it');

-- A schema of one's own, first in the path, with operators and functions that
-- cry when they are called by somebody else than their owner.
CREATE SCHEMA attack AUTHORIZATION attack_manager;
GRANT USAGE ON SCHEMA attack TO PUBLIC;
SET LOCAL SESSION AUTHORIZATION attack_manager;
CREATE FUNCTION attack.cry() RETURNS boolean LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
BEGIN
	IF current_user <> session_user THEN
		RAISE EXCEPTION 'hijacked as %', current_user;
	END IF;
	RETURN true;
END $$;
DO $$
DECLARE
	one record;
	n integer := 0;
BEGIN
	-- Operators of the types that keys, codes and times have.
	FOR one IN SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r FROM pg_operator o
		WHERE o.oprname IN ('=', '<>', '<', '<=', '>', '>=') AND o.oprleft = o.oprright
			AND o.oprleft IN ('bigint'::regtype, 'integer'::regtype, 'text'::regtype, 'name'::regtype, 'timestamptz'::regtype, 'date'::regtype, 'boolean'::regtype)
	LOOP
		n := n + 1;
		EXECUTE format('CREATE FUNCTION attack.o%s(%s, %s) RETURNS boolean LANGUAGE sql AS ''SELECT attack.cry()''', n, one.l, one.r);
		EXECUTE format('CREATE OPERATOR attack.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = attack.o%s)', one.oprname, one.l, one.r, n);
	END LOOP;
	EXECUTE 'CREATE FUNCTION attack.now() RETURNS timestamptz LANGUAGE sql AS ''SELECT CASE WHEN attack.cry() THEN pg_catalog.now() END''';
	EXECUTE 'CREATE FUNCTION attack.count(bigint) RETURNS bigint LANGUAGE sql AS ''SELECT CASE WHEN attack.cry() THEN 1::bigint END''';
	EXECUTE 'CREATE FUNCTION attack.label(text, text, text) RETURNS text LANGUAGE sql AS ''SELECT CASE WHEN attack.cry() THEN $1 END''';
	EXECUTE 'CREATE FUNCTION attack.current_party() RETURNS bigint LANGUAGE sql AS ''SELECT CASE WHEN attack.cry() THEN 1000005::bigint END''';
	EXECUTE 'CREATE FUNCTION attack.my_projects() RETURNS bigint[] LANGUAGE sql AS ''SELECT CASE WHEN attack.cry() THEN ARRAY[1000005] END''';
	EXECUTE 'CREATE FUNCTION attack.require_permission(bigint, text) RETURNS void LANGUAGE sql AS ''SELECT attack.cry()''';
	-- And a temporary table in front of every table.
	FOR one IN SELECT t.table_name FROM rui.platform_table t WHERE t.table_name !~ '^x\d' LOOP
		EXECUTE format('CREATE TEMP TABLE %I (id bigint, project_id bigint, party_id bigint, role_code text, permission text)', one.table_name);
		EXECUTE format('INSERT INTO %I VALUES (1000005, 1000005, 1000001, ''manager'', ''manage_people'')', one.table_name);
		EXECUTE format('GRANT ALL ON %I TO PUBLIC', one.table_name);
	END LOOP;
END $$;
RESET SESSION AUTHORIZATION;
CREATE TEMP TABLE api_call AS
SELECT p.oid::regprocedure AS signature, format('SELECT x::text FROM %s(%s) AS x LIMIT 1', p.oid::regproc,
	(SELECT string_agg(CASE WHEN p.proargnames[n] IN ('project_id', 'company_id') THEN '1000001' WHEN p.proargnames[n] = 'table_name' THEN '''space'''
			WHEN a.type = 'bigint'::regtype THEN '1000001' WHEN a.type = 'boolean'::regtype THEN 'true' WHEN a.type = 'integer'::regtype THEN '1'
			WHEN a.type = 'timestamptz'::regtype THEN 'pg_catalog.now()' WHEN a.type = 'date'::regtype THEN '''2026-01-01''' WHEN a.type = 'text'::regtype THEN '''x'''
			ELSE 'NULL::' || format_type(a.type, NULL) END, ', ' ORDER BY n)
		FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, n))) AS command
FROM pg_proc p
WHERE p.pronamespace = 'rui'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'i' AND p.prorettype <> 'trigger'::regtype
	AND has_function_privilege('rui_user', p.oid, 'EXECUTE');
CREATE FUNCTION pg_temp.hostile_outcome(login text, command text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', login);
	SET LOCAL search_path = pg_temp, attack, pg_catalog, rui, public;
	EXECUTE command;
	RAISE EXCEPTION USING ERRCODE = 'RUUND';
EXCEPTION WHEN OTHERS THEN
	RETURN pg_catalog.concat_ws(' ', SQLSTATE, SQLERRM);
END $$;
CREATE TEMP TABLE hostile AS SELECT r.name AS login, c.signature, c.command, pg_temp.hostile_outcome(r.name, c.command) AS outcome FROM api_call c CROSS JOIN attacker r;
SELECT is_empty('SELECT login, signature, outcome FROM hostile WHERE outcome ~ ''hijacked''', 'no function of the platform calls what a caller put into the path');
SELECT cmp_ok((SELECT min(c.n) FROM (SELECT count(*) AS n FROM hostile h JOIN attacker a ON a.name = h.login GROUP BY h.login) c), '>', 300::bigint, 'there are functions to call, for every login');
-- The functions that run as their caller are its own: but they name what they call.
SELECT is_empty($$SELECT login, signature, outcome FROM hostile WHERE outcome ~ '^(42883|42725|42P01|42703)' AND outcome !~ 'x1000001'$$, 'nor are they put out by it');
SELECT is(pg_temp.outcome('attack_manager', 'SET LOCAL search_path = pg_temp, attack, pg_catalog, rui; SELECT rui.my_projects()::text'), '{1000001}',
	'temporary tables make nobody a member');
SELECT is(pg_temp.outcome('attack_manager', 'SET LOCAL search_path = pg_temp, attack, pg_catalog, rui; SELECT rui.has_permission(1000005, ''manage_people'')::text'), 'false',
	'nor give a permission');
SELECT cmp_ok((SELECT count(*) FROM pg_operator WHERE oprnamespace = 'attack'::regnamespace), '>', 30::bigint, 'the operators were there');

-- A function that cries when it is shown a row of others, cheaper than any policy.
CREATE FUNCTION attack.leak(shown text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	IF shown ~ '100000[345]' THEN
		RAISE EXCEPTION 'leaked %', shown;
	END IF;
	RETURN true;
END $$;
CREATE FUNCTION pg_temp.leaked() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	one record;
	outcome text;
BEGIN
	FOR one IN SELECT a.name AS login, c.relname FROM attacker a CROSS JOIN pg_class c LEFT JOIN rui.platform_table t ON t.table_name = c.relname
		WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND t.class IS DISTINCT FROM 'reference'
			AND c.relname !~ '_violation$|^journal_entry$|^workflow|_export$|^company$|^region$'
			AND has_table_privilege(a.name, c.oid, 'SELECT') LOOP
		-- Rows of another project of the company are there for company tables.
		outcome := pg_temp.outcome(one.login, format('SELECT count(*)::text FROM rui.%I t WHERE attack.leak(t::text)', one.relname));
		IF outcome !~ '^\d+$' AND NOT EXISTS (SELECT FROM rui.platform_table p WHERE p.table_name = one.relname AND p.class = 'company') THEN
			RETURN NEXT concat_ws(' ', one.login, one.relname, outcome);
		END IF;
	END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION attack.leak(text) TO PUBLIC;
SELECT is_empty('SELECT * FROM pg_temp.leaked()', 'no function in a condition is shown a row that the policy hides');
SELECT * FROM finish();
ROLLBACK;
