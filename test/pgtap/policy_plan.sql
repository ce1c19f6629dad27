-- Policies as the planner sees them: what a role may see is asked once for a
-- query, not for each row, and leads into an index, for every table and role. For
-- the API it is asked once, too, and leaves the choice to the conditions of its own
-- queries, which name a project; and where there are many rows, the index is chosen.
BEGIN;
SELECT plan(8);
CREATE TEMP TABLE found (role name, table_name name, condition text, plan text);
CREATE FUNCTION pg_temp.scans(plan jsonb) RETURNS SETOF jsonb LANGUAGE sql AS $$
	WITH RECURSIVE node AS (
		SELECT plan #> '{0,Plan}' AS node
		UNION ALL SELECT c.child FROM node n CROSS JOIN LATERAL jsonb_array_elements(n.node -> 'Plans') AS c(child))
	SELECT n.node FROM node n WHERE n.node ? 'Index Name'$$;
-- An index that is searched by another column than its first is read whole.
CREATE FUNCTION pg_temp.read_whole(plan jsonb) RETURNS SETOF oid LANGUAGE sql AS $$
	SELECT i.oid FROM pg_temp.scans(plan) AS s(node)
	JOIN pg_class i ON i.relnamespace = 'rui'::regnamespace AND i.relname = s.node ->> 'Index Name'
	JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
	JOIN pg_attribute a ON a.attrelid = i.oid AND a.attnum = 1
	WHERE coalesce(s.node ->> 'Index Cond', '') !~ ('\m' || a.attname || '\M')$$;
GRANT INSERT ON found TO PUBLIC;
SET LOCAL jit = off;
-- Nor may a small table that was vacuumed be read from an index alone, whole.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_indexonlyscan = off;
DO $$
DECLARE
	policy record;
	plan json;
	poor oid;
	hidden oid[];
BEGIN
	FOR policy IN
		SELECT DISTINCT r.rolname, c.relname, pg_get_expr(p.polqual, p.polrelid) AS condition
		FROM pg_policy p
		JOIN pg_class c ON c.oid = p.polrelid
		CROSS JOIN unnest(p.polroles) AS of_role
		JOIN pg_roles r ON r.oid = of_role
		WHERE c.relnamespace = 'rui'::regnamespace AND p.polcmd IN ('r', '*') AND r.rolname <> 'rui_owner'
			AND has_table_privilege(r.oid, c.oid, 'SELECT')
	LOOP
		hidden := '{}';
		LOOP
			EXECUTE format('SET LOCAL ROLE %I', policy.rolname);
			EXECUTE format('EXPLAIN (FORMAT JSON, COSTS OFF) SELECT * FROM rui.%I', policy.relname) INTO plan;
			RESET ROLE;
			-- Of a table of a few rows an index read whole costs no more: is there a better one?
			poor := NULL;
			SELECT w.oid INTO poor FROM pg_temp.read_whole(plan::jsonb) AS w(oid) LIMIT 1;
			EXIT WHEN poor IS NULL;
			hidden := hidden || poor;
			UPDATE pg_index SET indisvalid = false WHERE indexrelid = poor;
		END LOOP;
		UPDATE pg_index SET indisvalid = true WHERE indexrelid = ANY (hidden);
		INSERT INTO found VALUES (policy.rolname, policy.relname, policy.condition, plan::text);
	END LOOP;
END $$;
CREATE FUNCTION pg_temp.is_open(condition text) RETURNS boolean LANGUAGE sql AS $$SELECT condition ~ '^(true|\s*CASE\s+WHEN true THEN true\s+ELSE false\s+END)$'$$;
SELECT cmp_ok((SELECT count(*) FROM found WHERE role <> 'rui_api' AND condition <> 'true'), '>', 700::bigint, 'there are policies to look at');
SELECT cmp_ok((SELECT count(*) FROM found WHERE role = 'rui_api' AND NOT pg_temp.is_open(condition)), '>', 150::bigint, 'those of the API among them');
SELECT is_empty($$SELECT role, table_name FROM found WHERE NOT pg_temp.is_open(condition) AND plan !~ 'InitPlan'$$, 'each is asked once for a query');
SELECT is_empty($$SELECT role, table_name, condition FROM found WHERE plan ~ 'SubPlan'$$, 'none for each row');
SELECT is_empty($$SELECT f.role, f.table_name, f.condition, f.plan FROM found f
	WHERE f.role <> 'rui_api' AND f.condition <> 'true' AND NOT EXISTS (SELECT FROM pg_temp.scans(f.plan::jsonb))$$, 'and each finds its rows by an index');

-- Not only can the index be used: with rows of many projects it is, as the planner
-- reckons by itself.
SET LOCAL enable_seqscan = on;
SET LOCAL enable_indexonlyscan = on;
SET LOCAL session_replication_role = replica;
INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT 1000000 + n % 1000, 1, 'u' || n, 50 FROM generate_series(1, 20000) n;
INSERT INTO rui.payment (project_id, unit_id, amount, channel, at) SELECT 1000000 + n % 1000, n, 1, 'cash', now() FROM generate_series(1, 20000) n;
INSERT INTO rui.charge (project_id, fee_item_id, unit_id, source, period, quantity, net, tax, gross, due_on, at)
SELECT 1000000 + n % 1000, 1, n, 'plan', '[2026-01-01,2026-02-01)', 1, 1, 0, 1, '2026-02-01', now() FROM generate_series(1, 20000) n;
RESET session_replication_role;
ANALYZE rui.unit, rui.payment, rui.charge;
DELETE FROM found;
DO $$
DECLARE
	one record;
	plan json;
BEGIN
	FOR one IN SELECT t.name, r.name AS role FROM unnest('{charge,payment,unit}'::text[]) AS t(name)
		CROSS JOIN unnest('{rui_manager,rui_agent,rui_expert,rui_auditor,rui_api}'::text[]) AS r(name)
		WHERE has_table_privilege(r.name, 'rui.' || t.name, 'SELECT')
	LOOP
		EXECUTE format('SET LOCAL ROLE %I', one.role);
		EXECUTE format('EXPLAIN (FORMAT JSON, COSTS OFF) SELECT * FROM rui.%I%s', one.name, CASE one.role WHEN 'rui_api' THEN ' WHERE project_id = 77 AND id = 5' ELSE '' END) INTO plan;
		RESET ROLE;
		INSERT INTO found VALUES (one.role, one.name, NULL, plan::text);
	END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM found), '>', 10::bigint, 'large tables, and who reads them');
SELECT is_empty($$SELECT role, table_name, plan FROM found WHERE plan ~ 'Seq Scan'$$, 'none of them is read whole');
SELECT is_empty($$SELECT role, table_name, plan FROM found f WHERE role = 'rui_api' AND NOT EXISTS (SELECT FROM pg_temp.scans(f.plan::jsonb) AS s(node)
	WHERE s.node ->> 'Index Cond' ~ 'project_id = ''?77.*id = ''?5')$$, 'the API finds its row by the whole key');
SELECT * FROM finish();
ROLLBACK;
