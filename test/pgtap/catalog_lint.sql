-- The rules that every object of rui obeys, found in the catalog: members of
-- the extension and objects of the platform alike, without a list of names.
-- A failing test prints the offenders.
BEGIN;
SET LOCAL search_path = pg_catalog, rui, public, pg_temp;
SELECT plan(51);

CREATE TEMP VIEW our_function AS
SELECT p.*, p.oid::regprocedure AS signature, l.lanname,
	EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS is_member,
	(SELECT split_part(c, '=', 2) FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%') AS path
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'rui'::regnamespace;

-- Tables and views; of a partitioned table the parent stands for all.
CREATE TEMP VIEW our_relation AS
SELECT c.*, c.relname AS name, t.class, t.writes
FROM pg_class c LEFT JOIN rui.platform_table t ON t.table_name = c.relname
WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition;

CREATE TEMP VIEW our_column AS
SELECT r.name AS table_name, r.class, r.relkind, a.attname, a.attnum, a.atttypid::regtype AS type, a.attnotnull,
	a.attidentity, a.attgenerated, r.oid AS relation
FROM our_relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped;

-- Keys with the names of their columns in order.
CREATE TEMP VIEW our_key AS
SELECT c.*, r.name AS table_name, r.class,
	ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.n) AS columns,
	ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
		JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.n) AS target_columns,
	(SELECT f.class FROM our_relation f WHERE f.oid = c.confrelid) AS target_class
FROM pg_constraint c JOIN our_relation r ON r.oid = c.conrelid
WHERE c.contype IN ('p', 'u', 'x', 'f');

-- Comments ------------------------------------------------------------------

SELECT is_empty($$
	SELECT signature FROM our_function
	WHERE coalesce(obj_description(oid, 'pg_proc'), '') !~ '\S.{9}'
$$, 'every function has a comment');
SELECT is_empty($$
	SELECT name FROM our_relation WHERE coalesce(obj_description(oid, 'pg_class'), '') !~ '\S.{9}'
$$, 'every table and view has a comment');
SELECT is_empty($$
	SELECT table_name, attname FROM our_column WHERE coalesce(col_description(relation, attnum), '') !~ '\S.{2}'
$$, 'every column has a comment');
SELECT is_empty($$
	SELECT t.oid::regtype FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
	WHERE t.typnamespace = 'rui'::regnamespace AND t.typtype <> 'm' AND coalesce(c.relkind, 'c') = 'c'
		AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
		AND obj_description(t.oid, 'pg_type') IS NULL
$$, 'every type has a comment');
SELECT is_empty($$
	SELECT o.oid::regoperator FROM pg_operator o
	WHERE o.oprnamespace = 'rui'::regnamespace AND obj_description(o.oid, 'pg_operator') IS NULL
$$, 'every operator has a comment');
SELECT is_empty($$
	SELECT o.opcname FROM pg_opclass o
	WHERE o.opcnamespace = 'rui'::regnamespace AND obj_description(o.oid, 'pg_opclass') IS NULL
$$, 'every operator class has a comment');
SELECT is_empty($$
	SELECT c.castsource::regtype, c.casttarget::regtype FROM pg_cast c
	JOIN pg_depend d ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'rui'
	WHERE obj_description(c.oid, 'pg_cast') IS NULL
$$, 'every cast has a comment');

-- Functions -----------------------------------------------------------------

SELECT is_empty($$
	SELECT signature FROM our_function WHERE has_function_privilege('public', oid, 'EXECUTE')
$$, 'PUBLIC may call nothing');
SELECT is_empty($$
	SELECT signature, path FROM our_function
	WHERE prosecdef AND (path IS NULL OR path !~ '^pg_catalog(,|$)' OR path !~ '(^|, )pg_temp$')
$$, 'a SECURITY DEFINER function fixes its path from pg_catalog to pg_temp');
SELECT is_empty($$
	SELECT signature, proowner::regrole FROM our_function
	WHERE prosecdef AND (is_member OR proowner <> 'rui_api'::regrole)
$$, 'SECURITY DEFINER functions are of the platform and run as rui_api');
SELECT is_empty($$
	SELECT signature, proowner::regrole FROM our_function
	WHERE NOT is_member AND proowner::regrole::text NOT IN ('rui_owner', 'rui_api')
$$, 'functions of the platform belong to rui_owner or rui_api');
-- A procedure that commits cannot carry a SET clause; it qualifies its names.
SELECT is_empty($$
	SELECT signature, path FROM our_function
	WHERE lanname = 'plpgsql' AND prokind = 'f' AND (path IS NULL OR path !~ '(^|, )pg_temp$')
$$, 'a PL/pgSQL function fixes its path, with pg_temp last');
SELECT is_empty($$
	SELECT signature FROM our_function WHERE lanname = 'sql' AND prosqlbody IS NULL AND path IS NULL
$$, 'an SQL function has a bound body or fixes its path');
SELECT is_empty($$
	SELECT signature FROM our_function
	WHERE proleakproof AND NOT EXISTS (
		SELECT FROM pg_amop a JOIN pg_operator o ON a.amopopr IN (o.oid, o.oprnegate)
		WHERE o.oprcode = our_function.oid)
		AND NOT EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = our_function.oid)
		AND NOT EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = our_function.oid AND our_function.prosupport <> 0)
$$, 'only comparisons of operator classes, and operators that support functions turn into them, are LEAKPROOF');
SELECT is_empty($$
	SELECT signature, prosrc FROM our_function WHERE lanname = 'c' AND prosrc !~ '^rui_'
$$, 'C functions have symbols of their own');
SELECT is_empty($$
	SELECT signature FROM our_function WHERE lanname = 'plpgsql' AND prorettype = 'trigger'::regtype
		AND prosrc ~* '\m(tg_table_name|tg_relid|notify)\M'
$$, 'trigger functions neither name their table by TG_ variables nor notify');
-- The first argument says whose rows a call touches (design: tenancy).
SELECT is_empty($$
	SELECT signature FROM our_function
	WHERE NOT is_member AND proname !~ '^_' AND prorettype <> 'trigger'::regtype
		AND pronargs > 0 AND NOT coalesce(proargnames[1] IN ('project_id', 'company_id'), false)
		AND has_function_privilege('rui_user', oid, 'EXECUTE')
		AND proname NOT IN ('create_company', 'resume_identity', 'label', 'china_calendar', 'standard_policy', 'workflow_svg') -- above all projects
$$, 'the first argument of an API function is the project, or the company');
SELECT is_empty($$
	SELECT signature FROM our_function
	WHERE prosecdef AND provolatile = 'v' AND proname !~ '^_' AND prorettype <> 'trigger'::regtype
		AND prosrc !~ '\mrequire_(company_)?permission\('
		AND proname NOT IN ('create_company')
$$, 'an API function asks for a permission');

-- Whoever asks for some rows is told how many at most.
SELECT is_empty($$
	SELECT signature FROM our_function WHERE proargnames[1:pronargs] && '{row_limit,up_to}'::text[] AND proname !~ '^_'
		AND prosrc !~ '\m(row_limit|up_to) NOT BETWEEN 1 AND \d+'
$$, 'a number of rows that is asked for has a bound');
-- An advisory lock can be taken and kept by any login, and so stop others.
SELECT is_empty($$SELECT signature FROM our_function WHERE prosrc ~* 'pg_(try_)?advisory'$$, 'no function takes an advisory lock');
-- A channel can be written to and listened to by any login.
SELECT is_empty($$SELECT signature FROM our_function WHERE prosrc ~* '\m(pg_notify|LISTEN)\M'$$, 'none trusts a channel');

-- What runs as its caller may call only what the caller may.
SELECT is_empty($$
	SELECT f.signature, c.oid::regprocedure FROM our_function f
	CROSS JOIN LATERAL regexp_matches(f.prosrc, '\mrui\.(_?[a-z][a-z0-9_]*)\(', 'g') AS m(called)
	JOIN pg_proc c ON c.pronamespace = 'rui'::regnamespace AND c.proname = m.called[1]
	WHERE f.lanname IN ('plpgsql', 'sql') AND NOT f.prosecdef AND f.proname !~ '^_' AND f.prorettype <> 'trigger'::regtype
		AND has_function_privilege('rui_user', f.oid, 'EXECUTE') AND NOT has_function_privilege('rui_user', c.oid, 'EXECUTE')
$$, 'a function that runs as its caller calls nothing that is closed to the caller');

-- Tables and views ------------------------------------------------------------

SELECT is_empty($$
	SELECT name, relkind FROM our_relation WHERE relkind IN ('r', 'p', 'f') AND class IS NULL
	UNION ALL
	SELECT table_name, NULL FROM rui.platform_table WHERE to_regclass(format('rui.%I', table_name)) IS NULL
$$, 'rui.platform_table lists the tables, all of them and no others');
SELECT is_empty($$
	SELECT c.relname FROM pg_class c
	WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p')
		AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$, 'row security is enabled and forced on every table and partition');
SELECT is_empty($$
	SELECT name FROM our_relation r
	WHERE relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.oid)
$$, 'every table has a policy');
-- A function of the row would be called for every row (design: rule 5).
SELECT is_empty($$
	SELECT polrelid::regclass, polname FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid
	CROSS JOIN LATERAL concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS condition
	WHERE condition ~* '\mcurrent_setting\(' OR EXISTS (
		SELECT FROM pg_depend d JOIN our_function f ON f.oid = d.refobjid
		WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
			AND (f.provolatile <> 's' OR condition ~ format('(?<!SELECT )\m%s\(', f.proname)
				OR f.pronargs > 0 AND condition ~ format('\m%s\((?!''[a-z_]+''::text\))', f.proname)))
$$, 'policies call functions of nothing or a constant only, in a scalar subselect');
-- People write by functions alone, and read what is theirs.
SELECT is_empty($$
	SELECT polrelid::regclass, polname FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid
	WHERE p.polcmd <> 'r' AND EXISTS (SELECT FROM unnest(p.polroles) AS of_role WHERE of_role NOT IN ('rui_api'::regrole, 'rui_owner'::regrole))
$$, 'no policy lets people write');
SELECT is_empty($$
	SELECT polrelid::regclass, polname FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid
	WHERE p.polcmd = 'r' AND r.class <> 'reference' AND (0 = ANY (p.polroles)
		OR coalesce(pg_get_expr(p.polqual, p.polrelid), '') !~ '\m(my_\w+|\w+_as|current_party)\(')
$$, 'a policy of people asks who acts');
SELECT is_empty($$
	SELECT c.relname, a.grantee::regrole, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
	WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind = 'S' AND a.grantee NOT IN (c.relowner, 'rui_api'::regrole)
	UNION ALL
	SELECT c.relname, a.grantee::regrole, a.privilege_type FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) a
	WHERE c.relnamespace = 'rui'::regnamespace AND a.grantee <> 'rui_api'::regrole AND (a.grantee = 0 OR a.privilege_type <> 'SELECT')
$$, 'people use no sequence, and of a column nothing but reading is given');
SELECT is_empty($$
	SELECT d.defaclrole::regrole, d.defaclobjtype, a.grantee FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
	WHERE d.defaclnamespace = 'rui'::regnamespace AND a.grantee <> d.defaclrole
$$, 'nothing is given by default of what is made later');
-- Whoever reads by a group role reads the projects of that role.
SELECT is_empty($$
	SELECT polrelid::regclass, polname FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid
	CROSS JOIN unnest(p.polroles) AS of_role
	WHERE of_role::regrole::text IN (SELECT group_role FROM rui.role_group)
		AND pg_get_expr(p.polqual, p.polrelid) ~ '\mmy_(projects|companies)\('
$$, 'policies of group roles reach what the party is to that group');
SELECT is_empty($$
	SELECT name, reloptions FROM our_relation
	WHERE relkind = 'm' OR relkind = 'v' AND NOT coalesce(
		reloptions @> '{security_invoker=true,security_barrier=true}', false)
$$, 'views are security_invoker and security_barrier, and none is materialized');
-- A client that knows the types of PostgreSQL alone reads all the same. (A
-- domain is its base type on the wire.)
CREATE TEMP VIEW our_rule_value AS
SELECT c.* FROM our_column c JOIN pg_type t ON t.oid = c.type LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE coalesce(e.typnamespace, t.typnamespace) = 'rui'::regnamespace AND coalesce(e.typtype, t.typtype) = 'b';
SELECT cmp_ok((SELECT count(*) FROM our_rule_value), '>=', 6::bigint, 'tables hold rule values');
SELECT is_empty($$
	SELECT c.table_name, c.attname, g.grantee::regrole FROM our_rule_value c JOIN pg_class k ON k.oid = c.relation
	CROSS JOIN LATERAL aclexplode(k.relacl) g
	WHERE g.privilege_type = 'SELECT' AND g.grantee NOT IN ('rui_owner'::regrole, 'rui_api'::regrole) AND NOT EXISTS (
		SELECT FROM our_column v
		JOIN pg_rewrite w ON w.ev_class = v.relation
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refobjid = c.relation AND d.refobjsubid = c.attnum
		WHERE v.relkind = 'v' AND v.attname = c.attname AND v.type IN ('text'::regtype, 'jsonb'::regtype)
			AND has_table_privilege(g.grantee, v.relation, 'SELECT'))
$$, 'whoever reads a rule value reads it in a view as text, too');
-- GraphQL layers name the type of a list after its table or function.
SELECT is_empty($$
	SELECT f.signature FROM our_function f JOIN our_relation r ON f.proname IN (r.name || 's', r.name || 'es', left(r.name, -1) || 'ies')
	WHERE f.proretset
$$, 'no function that returns rows is named as the plural of a table');
SELECT is_empty($$
	SELECT c.relname, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
	WHERE c.relnamespace = 'rui'::regnamespace AND a.grantee = 0
$$, 'PUBLIC has no right on any table, view or sequence');
SELECT is_empty($$
	SELECT c.relname, a.grantee::regrole, a.privilege_type
	FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
	WHERE c.relnamespace = 'rui'::regnamespace AND a.grantee <> c.relowner AND c.relkind IN ('r', 'p')
		AND (a.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
			OR a.privilege_type <> 'SELECT' AND a.grantee <> 'rui_api'::regrole
			OR c.relispartition)
$$, 'people read, rui_api writes, and nobody reaches a partition by its own name');
SELECT is_empty($$
	SELECT n.nspname, a.grantee::regrole, a.privilege_type
	FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
	WHERE n.nspname = 'rui' AND a.grantee <> n.nspowner
		AND NOT (a.privilege_type = 'USAGE' AND a.grantee = 'rui_user'::regrole
			OR a.grantee = 'rui_owner'::regrole)
$$, 'only rui_owner creates in the schema, only rui_user uses it');
SELECT is_empty($$
	SELECT c.relname, c.relowner::regrole FROM pg_class c
	WHERE c.relnamespace = 'rui'::regnamespace AND c.relowner <> 'rui_owner'::regrole
		AND NOT EXISTS (SELECT FROM pg_depend d
			WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		AND c.relkind <> 'c'
$$, 'tables, views and sequences belong to rui_owner');

-- Tenancy ---------------------------------------------------------------------

SELECT is_empty($$
	SELECT r.name FROM our_relation r
	WHERE class = 'tenant' AND NOT EXISTS (
		SELECT FROM our_column c
		WHERE c.relation = r.oid AND c.attnum = 1 AND c.attname = 'project_id' AND c.type = 'bigint'::regtype AND c.attnotnull)
$$, 'the first column of a tenant table is project_id bigint NOT NULL');
SELECT is_empty($$
	SELECT name FROM our_relation r
	WHERE relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM our_key k WHERE k.conrelid = r.oid AND k.contype = 'p')
$$, 'every table has a primary key');
SELECT is_empty($$
	SELECT table_name, conname, columns FROM our_key
	WHERE class = 'tenant' AND contype IN ('p', 'u', 'x') AND columns[1] <> 'project_id'
	UNION ALL
	SELECT r.name, i.indexrelid::regclass::text, NULL
	FROM our_relation r JOIN pg_index i ON i.indrelid = r.oid AND i.indisunique
	JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'project_id'
	WHERE r.class = 'tenant' AND i.indkey[0] <> a.attnum
$$, 'keys of tenant tables begin with project_id');
SELECT is_empty($$
	SELECT table_name, conname, columns, target_columns FROM our_key
	WHERE class = 'tenant' AND contype = 'f'
		AND target_class = 'tenant' AND (columns[1] <> 'project_id' OR target_columns[1] <> 'project_id')
	UNION ALL
	SELECT table_name, conname, columns, target_columns FROM our_key
	WHERE class <> 'tenant' AND contype = 'f' AND target_class = 'tenant'
$$, 'foreign keys stay within the project, or lead up to company and reference tables');
SELECT is_empty($$
	SELECT table_name, conname FROM our_key
	WHERE contype = 'f' AND (confdeltype IN ('n', 'd') OR confupdtype IN ('n', 'd'))
$$, 'no foreign key sets null or default');
SELECT is_empty($$
	SELECT c.table_name, c.attname, c.type FROM our_column c
	LEFT JOIN pg_attrdef d ON d.adrelid = c.relation AND d.adnum = c.attnum
	WHERE (c.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ~ 'nextval') AND c.type <> 'bigint'::regtype
$$, 'numbers given by sequences are bigint');

-- Names and types -------------------------------------------------------------

SELECT is_empty($$
	SELECT o.place, o.name FROM (
		SELECT f.signature::text, a.name FROM our_function f CROSS JOIN LATERAL unnest(f.proargnames) AS a(name)
		UNION ALL SELECT table_name, attname FROM our_column
		UNION ALL SELECT t.typname, a.attname FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			WHERE t.typnamespace = 'rui'::regnamespace
		UNION ALL SELECT 'transition', s FROM rui.transition CROSS JOIN LATERAL unnest(ARRAY[from_state, action, to_state]) s
	) AS o(place, name)
	JOIN pg_get_keywords() k ON k.word = o.name AND k.catcode IN ('R', 'T')
$$, 'no argument, column, state or action is a reserved word');
SELECT is_empty($$
	SELECT t.oid::regtype FROM pg_type t
	WHERE t.typnamespace = 'rui'::regnamespace AND t.typtype = 'b' AND t.typelem = 0
		AND (t.typreceive = 0 OR t.typsend = 0)
$$, 'every base type has a binary form');
SELECT is_empty($$
	SELECT o.opcname FROM pg_opclass o
	WHERE CASE o.opcnamespace WHEN 'rui'::regnamespace THEN NOT amvalidate(o.oid) ELSE false END
$$, 'operator classes are complete');
SELECT is_empty($$
	SELECT o.oid::regoperator FROM pg_operator o
	WHERE o.oprnamespace = 'rui'::regnamespace AND o.oprname IN ('=', '<>', '<', '<=', '>', '>=')
		AND (o.oprcom = 0 OR o.oprnegate = 0 OR o.oprrest = 0 OR o.oprjoin = 0
			OR o.oprname = '=' AND NOT o.oprcanhash)
$$, 'comparison operators name commutator, negator and estimators');

-- Who acts is known to the leader of a parallel query alone: a worker that read
-- a table would see no row of it, without an error.
SELECT is_empty($$SELECT f.signature FROM our_function f
	WHERE f.proparallel = 's' AND f.provolatile <> 'i' AND f.lanname IN ('sql', 'plpgsql') AND f.proname NOT IN ('_missing', '_unknown')$$,
	'what may read tables does not run in parallel workers');

-- PL/pgSQL as plpgsql_check reads it: a trigger function once per table.
CREATE TEMP VIEW plpgsql_problem AS
SELECT f.signature, c.lineno, c.level, c.message
FROM our_function f
CROSS JOIN LATERAL (
	SELECT 0::oid AS relation, NULL::name AS old_rows, NULL::name AS new_rows
	WHERE f.prorettype <> 'trigger'::regtype
	UNION
	SELECT t.tgrelid, t.tgoldtable, t.tgnewtable FROM pg_trigger t
	WHERE t.tgfoid = f.oid AND NOT t.tgisinternal AND t.tgparentid = 0) AS used
CROSS JOIN LATERAL public.plpgsql_check_function_tb(f.oid, used.relation::regclass,
	other_warnings => true, extra_warnings => true, performance_warnings => false, security_warnings => true,
	oldtable => used.old_rows, newtable => used.new_rows) AS c
-- Internal functions that are handed SQL text run it as their caller.
WHERE f.lanname = 'plpgsql' AND c.level <> 'notice' AND c.message <> 'target type is different type than source type'
	AND NOT (c.level = 'security' AND f.proname ~ '^_' AND NOT f.prosecdef)
	-- Every duty has the same arguments.
	AND NOT (c.message ~ '^unused parameter' AND f.proname ~ '^_duty_');
SELECT is_empty('SELECT * FROM plpgsql_problem', 'plpgsql_check has nothing to say');

SELECT * FROM finish();
ROLLBACK;
