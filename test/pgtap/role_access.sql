-- Who sees and does what: each cell of the matrix of roles that
-- fixture/role_access.sql states, tried in a project of the role, in another
-- project of the company, in one where the party holds another role, and in
-- another company.
BEGIN;
SET LOCAL jit = off;
\ir fixture/role_access.sql
\ir fixture/every_table.sql
SELECT plan((SELECT 8 + count(*) FROM stated_cell)::integer);

-- What exists and what is stated are the same.
CREATE TEMP VIEW found_object AS
SELECT 'relation' AS kind, CASE WHEN c.relispartition
	THEN 'partition_of_' || (SELECT p.relname FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = c.oid)
	ELSE c.relname END AS object, c.oid
FROM pg_class c WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'function', p.proname, p.oid FROM pg_proc p WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_';
SELECT is_empty($$SELECT DISTINCT kind, object FROM found_object EXCEPT SELECT kind, object FROM stated_cell$$,
	'every table, view, partition and public function is stated');
SELECT is_empty($$SELECT DISTINCT kind, object FROM stated_cell EXCEPT SELECT kind, object FROM found_object$$, 'and nothing else');
SELECT is_empty($$SELECT kind, object, place FROM stated_cell GROUP BY 1, 2, 3 HAVING count(*) > 1 OR min(access) = ''$$, 'each once, with a letter for each column');
SELECT bag_eq($$SELECT DISTINCT role_code FROM rui.role_permission WHERE role_code !~ '^x\d'$$, $$SELECT name FROM access_column WHERE kind = 'function'$$,
	'the roles of functions are those that hold permissions');
SELECT bag_eq($$SELECT rolname::text FROM pg_roles WHERE rolname ~ '^rui_' AND rolname NOT IN ('rui_owner', 'rui_api', 'rui_gateway')$$,
	$$SELECT name FROM access_column WHERE kind = 'relation'$$, 'the roles of tables are the group roles people are members of');

-- Reading ------------------------------------------------------------------
-- How many rows of which world a role sees.
CREATE FUNCTION pg_temp.sees(role_name text, relation name, access text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	-- Views that compute everything anew are only asked whether they may be
	-- read: their rows come from tables that are.
	IF relation ~ '_violation$|^journal_entry$' THEN
		RETURN CASE WHEN has_table_privilege(role_name, format('rui.%I', relation), 'SELECT') THEN 'computed' ELSE 'refused' END;
	END IF;
	EXECUTE format('SET LOCAL ROLE %I', role_name);
	IF access = 'a' THEN
		EXECUTE format('SELECT count(*)::text FROM rui.%I', relation) INTO seen;
	ELSE
		EXECUTE format('SELECT string_agg(format(''%%s: %%s'', world, n), '', '' ORDER BY world) FROM (
			SELECT coalesce(substring(t::text FROM ''100000[2-5]''), substring(t::text FROM ''1000001''), ''none'') AS world, count(*) AS n
			FROM rui.%I t GROUP BY 1) AS w', relation) INTO seen;
	END IF;
	RESET ROLE;
	RETURN coalesce(seen, 'nothing');
EXCEPTION WHEN insufficient_privilege THEN
	RESET ROLE;
	RETURN 'refused';
END $$;
CREATE FUNCTION pg_temp.should_see(there_is text, access text, everybody text) RETURNS text
LANGUAGE sql AS $$
SELECT CASE WHEN access = '-' THEN 'refused' WHEN access = 'a' OR there_is IN ('nothing', 'computed') THEN there_is
	ELSE (SELECT coalesce(string_agg(w, ', '), 'nothing') FROM regexp_split_to_table(there_is, ', ') w
		WHERE w ~ CASE access WHEN 'o' THEN '^1000001' WHEN 'p' THEN '^100000[12]' WHEN 'j' THEN '^(100000[124]|none)' WHEN 'c' THEN '^100000[1-4]' END
			-- What everybody sees who has any role in a project.
			OR everybody IN ('o', 'p') AND w ~ '^1000004') END
$$;
CREATE FUNCTION pg_temp.become(role_code text) RETURNS void
LANGUAGE sql AS $$
DELETE FROM rui.membership WHERE party_id = 1000001;
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (1000001, 1000001, role_code, '[2000-01-01,)'),
	(1000004, 1000001, CASE role_code WHEN 'resident' THEN 'duty_runner' ELSE 'resident' END, '[2000-01-01,)');
$$;
SELECT set_config('rui.party_id', :'mine', true) \gset hidden_
CREATE TEMP TABLE read_cell (role text, object text, relation name, access text, should_see text, sees text);
CREATE TEMP TABLE there_is AS
SELECT a.access, c.relname AS relation, pg_temp.sees(current_user, c.relname, a.access) AS rows
FROM found_object f JOIN pg_class c ON c.oid = f.oid
CROSS JOIN LATERAL (SELECT CASE WHEN s.access = 'a' THEN 'a' ELSE 'p' END AS access FROM stated_cell s
	WHERE s.object = f.object AND s.kind = f.kind AND s.access <> '-' GROUP BY 1) AS a
WHERE f.kind = 'relation';
DO $$
DECLARE
	role record;
BEGIN
	FOR role IN SELECT a.place, a.name FROM access_column a WHERE a.kind = 'relation' ORDER BY a.place LOOP
		PERFORM pg_temp.become(CASE role.name WHEN 'rui_user' THEN 'duty_runner' ELSE substr(role.name, 5) END);
		INSERT INTO read_cell
		SELECT role.name, s.object, c.relname, s.access,
			-- To become somebody is written into the journal, and one's own is what one is.
			CASE WHEN c.relname IN ('journal', 'membership', 'my_access_log') THEN pg_temp.sees(current_user, c.relname, s.access) ELSE (SELECT t.rows FROM there_is t
				WHERE t.relation = c.relname AND t.access = CASE WHEN s.access = 'a' THEN 'a' ELSE 'p' END) END,
			pg_temp.sees(role.name, c.relname, s.access)
		FROM stated_cell s JOIN found_object f USING (kind, object) JOIN pg_class c ON c.oid = f.oid
		WHERE s.kind = 'relation' AND s.place = role.place;
	END LOOP;
	UPDATE read_cell c SET should_see = pg_temp.should_see(c.should_see, c.access, s.access)
	FROM stated_cell s WHERE s.kind = 'relation' AND s.object = c.object AND s.role = 'rui_user';
END $$;
SELECT ok(bool_and(c.sees = c.should_see OR c.access = 'o' AND c.sees = 'nothing'), format('%s reads %s: %s', c.role, c.object, c.access))
	|| coalesce(E'\n' || diag(string_agg(format('%s sees %s of %s instead of %s', c.role, c.sees, c.relation, c.should_see), E'\n')
		FILTER (WHERE NOT (c.sees = c.should_see OR c.access = 'o' AND c.sees = 'nothing'))), '')
FROM read_cell c GROUP BY c.role, c.object, c.access ORDER BY c.object, c.role;
SELECT is_empty($$SELECT c.role, c.relation, p.privilege FROM read_cell c
	CROSS JOIN unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p(privilege)
	WHERE has_table_privilege(c.role, format('rui.%I', c.relation), p.privilege)
		OR p.privilege <> ALL ('{DELETE,TRUNCATE,TRIGGER}') AND has_any_column_privilege(c.role, format('rui.%I', c.relation), p.privilege)$$,
	'nobody writes to any of them');
SELECT cmp_ok((SELECT count(*) FROM read_cell WHERE access = 'o' AND sees ~ '^1000001'), '>', 100::bigint, 'one sees what is one''s own');
SELECT cmp_ok((SELECT count(*) FROM read_cell WHERE access <> '-' AND should_see = 'nothing'), '<', 40::bigint, 'nearly all of them hold rows to see');

-- Calling ------------------------------------------------------------------
CREATE FUNCTION pg_temp.outcome(command text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RAISE EXCEPTION USING ERRCODE = 'RUUND'; -- and undo it
EXCEPTION WHEN OTHERS THEN
	RETURN CASE WHEN SQLSTATE = '42501' AND SQLERRM ~ '^permission "' THEN 'refused' ELSE 'goes on' END;
END $$;
-- Called with the project and nothing else but what decides who may: %1$s is
-- the project, %2$s the company.
CREATE TEMP TABLE call AS
SELECT p.oid, p.proname AS object, format('%s %s(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.oid::regproc,
	(SELECT string_agg(CASE WHEN p.proargnames[n] = 'project_id' THEN '%1$s' WHEN p.proargnames[n] = 'company_id' THEN '%2$s'
			WHEN p.proargnames[n] = 'table_name' THEN '''space''' WHEN p.proargnames[n] = 'change_id' THEN '1000001'
			WHEN a.type = 'boolean'::regtype THEN 'true' ELSE 'NULL::' || format_type(a.type, NULL) END, ', ' ORDER BY n)
		FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, n))) AS command
FROM pg_proc p
WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_'
	AND EXISTS (SELECT FROM stated_cell s WHERE s.kind = 'function' AND s.object = p.proname AND s.access IN ('x', '-'));
CREATE TEMP TABLE call_cell (role text, object text, access text, here text, there text, elsewhere text);
DO $$
DECLARE
	role record;
BEGIN
	FOR role IN SELECT a.place, a.name FROM access_column a WHERE a.kind = 'function' ORDER BY a.place LOOP
		PERFORM pg_temp.become(role.name);
		INSERT INTO call_cell
		SELECT role.name, s.object, s.access, pg_temp.outcome(format(c.command, 1000001, 1000001)),
			CASE WHEN c.command !~ '%2' THEN pg_temp.outcome(format(c.command, 1000003, 1000001)) ELSE 'refused' END,
			pg_temp.outcome(format(c.command, 1000005, 1000005))
		FROM stated_cell s JOIN call c USING (object)
		WHERE s.kind = 'function' AND s.place = role.place;
	END LOOP;
END $$;
SELECT ok(bool_and(c.here = CASE c.access WHEN 'x' THEN 'goes on' ELSE 'refused' END AND c.there = 'refused' AND c.elsewhere = 'refused'),
	format('%s calls %s: %s', c.role, c.object, c.access))
	|| coalesce(E'\n' || diag(string_agg(format('%s: %s here, %s in another project, %s in another company', c.role, c.here, c.there, c.elsewhere), E'\n')
		FILTER (WHERE NOT (c.here = CASE c.access WHEN 'x' THEN 'goes on' ELSE 'refused' END AND c.there = 'refused' AND c.elsewhere = 'refused'))), '')
FROM call_cell c GROUP BY c.role, c.object, c.access ORDER BY c.object, c.role;

-- What everybody may call answers for another project as for one that is not.
CREATE FUNCTION pg_temp.answer(command text, world bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	SET LOCAL ROLE rui_manager;
	EXECUTE format(command, world) INTO answer;
	RESET ROLE;
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	RESET ROLE;
	RETURN replace(SQLERRM, world::text, 'it');
END $$;
SELECT pg_temp.become('resident') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT :mine, :mine, a.name, '[2000-01-01,)' FROM access_column a WHERE a.kind = 'function' AND a.name <> 'resident';
SELECT ok(bool_and(has_function_privilege('rui_user', f.oid, 'EXECUTE') = (s.access NOT IN ('dba', 'journal'))
	AND has_function_privilege('rui_auditor', f.oid, 'EXECUTE') = (s.access <> 'dba') AND a.knows IS NOT TRUE),
	format('everybody calls %s: %s', s.object, s.access))
FROM stated_cell s JOIN found_object f USING (kind, object) JOIN pg_proc p ON p.oid = f.oid
LEFT JOIN LATERAL (SELECT pg_temp.answer(c.command, :foreign) IS DISTINCT FROM pg_temp.answer(c.command, 1000009) AS knows
	FROM (SELECT format('SELECT string_agg(x::text, '','') FROM %s(%s) AS x', p.oid::regproc,
		(SELECT string_agg(CASE WHEN p.proargnames[n] = 'permission' THEN '''see_places''' WHEN p.proargnames[n] = 'code' THEN '''x%1$s'''
				WHEN p.proargnames[n] IN ('subject', 'series') THEN '''ticket''' WHEN a.type = 'bigint'::regtype THEN '%1$s'
				WHEN a.type = 'timestamptz'::regtype THEN 'now()' WHEN a.type = 'date'::regtype THEN 'date_trunc(''month'', now())::date'
				WHEN a.type = 'integer'::regtype THEN '2026' ELSE 'NULL::' || format_type(a.type, NULL) END, ', ' ORDER BY n)
			FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, n))) AS command) AS c
	WHERE s.access = 'own' AND p.pronargs > 0 AND p.proargnames[1] IN ('project_id', 'company_id')) AS a ON true
WHERE s.kind = 'function' AND s.place IS NULL
GROUP BY s.object, s.access ORDER BY s.object;
SELECT * FROM finish();
ROLLBACK;
