-- Policies as the planner sees them: what a role may see is asked once for a
-- query, not for each row, and leads into an index, for every table and role.
BEGIN;
SELECT plan(4);
CREATE TEMP TABLE found (role name, table_name name, condition text, plan text);
CREATE FUNCTION pg_temp.scans(plan jsonb) RETURNS SETOF jsonb LANGUAGE sql AS $$
	WITH RECURSIVE node AS (
		SELECT plan #> '{0,Plan}' AS node
		UNION ALL SELECT c.child FROM node n CROSS JOIN LATERAL jsonb_array_elements(n.node -> 'Plans') AS c(child))
	SELECT n.node FROM node n WHERE n.node ? 'Index Name'$$;
GRANT INSERT ON found TO PUBLIC;
SET LOCAL jit = off;
-- Nor may a small table that was vacuumed be read from an index alone, whole.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_indexonlyscan = off;
DO $$
DECLARE
	policy record;
	plan json;
BEGIN
	FOR policy IN
		SELECT DISTINCT r.rolname, c.relname, pg_get_expr(p.polqual, p.polrelid) AS condition
		FROM pg_policy p
		JOIN pg_class c ON c.oid = p.polrelid
		CROSS JOIN unnest(p.polroles) AS of_role
		JOIN pg_roles r ON r.oid = of_role
		WHERE c.relnamespace = 'rui'::regnamespace AND p.polcmd IN ('r', '*') AND r.rolname NOT IN ('rui_owner', 'rui_api')
			AND has_table_privilege(r.oid, c.oid, 'SELECT')
	LOOP
		EXECUTE format('SET LOCAL ROLE %I', policy.rolname);
		EXECUTE format('EXPLAIN (FORMAT JSON, COSTS OFF) SELECT * FROM rui.%I', policy.relname) INTO plan;
		RESET ROLE;
		INSERT INTO found VALUES (policy.rolname, policy.relname, policy.condition, plan::text);
	END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM found WHERE condition <> 'true'), '>', 700::bigint, 'there are policies to look at');
SELECT is_empty($$SELECT role, table_name FROM found WHERE condition <> 'true' AND plan !~ 'InitPlan'$$, 'each is asked once for a query');
SELECT is_empty($$SELECT role, table_name, condition FROM found WHERE plan ~ 'SubPlan'$$, 'none for each row');
-- By its first column: by another alone it is read whole.
SELECT is_empty($$SELECT f.role, f.table_name, f.condition, f.plan FROM found f
	WHERE f.condition <> 'true' AND (NOT EXISTS (SELECT FROM pg_temp.scans(f.plan::jsonb)) OR EXISTS (
		SELECT FROM pg_temp.scans(f.plan::jsonb) AS s(node)
		JOIN pg_class i ON i.relnamespace = 'rui'::regnamespace AND i.relname = s.node ->> 'Index Name'
		JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
		JOIN pg_attribute a ON a.attrelid = i.oid AND a.attnum = 1
		WHERE coalesce(s.node ->> 'Index Cond', '') !~ ('\m' || a.attname || '\M')))$$, 'and each finds its rows by an index');
SELECT * FROM finish();
ROLLBACK;
