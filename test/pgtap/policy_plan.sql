-- Policies as the planner sees them: what a role may see is asked once for a
-- query, not for each row, and leads into an index, for every table and role.
BEGIN;
SELECT plan(4);
CREATE TEMP TABLE found (role name, table_name name, condition text, plan text);
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
SELECT is_empty($$SELECT role, table_name, condition FROM found WHERE condition <> 'true' AND plan !~ '"(Index|Recheck) Cond"'$$, 'and each finds its rows by an index');
SELECT * FROM finish();
ROLLBACK;
