-- Nobody can infer whether a row of another project, or of another company,
-- exists by naming it within JSON, or within a file: as attack_infer.sql, for
-- every key of an argument that names a row. And large objects, which no row
-- security guards, are out of everybody's reach.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/infer.sql

-- Rows that commands have use for, in every world.
UPDATE rui.unit SET floor_no = 2 WHERE id IN (1000001, 1000003, 1000005);
SET LOCAL session_replication_role = replica;
UPDATE rui.account SET is_control = false, kind = 'asset';
INSERT INTO rui.account (project_id, code, name, kind) SELECT w, c, c, 'asset' FROM unnest(ARRAY[1000001, 1000003, 1000005]) w, unnest('{1122,2221,4104}'::text[]) c;
UPDATE rui.accounting_period SET state = 'open', month = date_trunc('month', now())::date WHERE project_id = id;
UPDATE rui.trust_fund SET kind = 'maintenance', building_id = project_id;
UPDATE rui.unit SET kind = 'home';
SET LOCAL session_replication_role = origin;

-- What names a row within the JSON of each function: #: its id or its code. Rows
-- of parties are of a company: they are asked about other companies only.
CREATE TEMP TABLE named (name text, argument text, of_company boolean, value text);
INSERT INTO named SELECT n.name, n.argument, n.of_company, v.value FROM (VALUES
	('import_units', 'records', false, ARRAY['[{"code":"new","building":"x#","area_m2":10}]', '[{"code":"new","building":"x1000001","space":"x#","area_m2":10}]',
		'[{"code":"x#","building":"x1000001","area_m2":10}]']),
	('import_units', 'records', true, ARRAY['[{"code":"new","building":"x1000001","area_m2":10,"delivered_on":"2020-01-01","developer":"x#"}]']),
	('import_buildings', 'records', false, ARRAY['[{"code":"x#","footprint":"SRID=4326;POLYGON((118.8 32.05,118.801 32.05,118.801 32.051,118.8 32.05))"}]']),
	('import_streets', 'records', false, ARRAY['[{"code":"x#","line":"SRID=4326;LINESTRING(118 32,118.1 32)"}]']),
	('import_barriers', 'records', false, ARRAY['[{"code":"x#","line":"SRID=4326;LINESTRING(118 32,118.1 32)"}]']),
	('import_passages', 'records', false, ARRAY['[{"code":"x#","place":"SRID=4326;POINT(118 32)"}]']),
	('import_spaces', 'records', false, ARRAY['[{"code":"x#","kind":"floor","building":"x1000001"}]', '[{"code":"new","kind":"room","parent":"x#"}]', '[{"code":"new","kind":"room","building":"x#"}]']),
	('import_equipment', 'records', false, ARRAY['[{"code":"x#","kind":"lift"}]', '[{"code":"new","kind":"lift","parent":"x#"}]', '[{"code":"new","kind":"lift","space":"x#"}]',
		'[{"code":"new","kind":"lift","building":"x#"}]']),
	('import_building_loads', 'records', false, ARRAY['[{"building":"x#","kind":"shops","amount":1}]']),
	('import_meters', 'records', false, ARRAY['[{"code":"x#","medium":"water","measured_in":"m3","unit":"x1000001","installed_at":"2026-01-20 08:00"}]',
		'[{"code":"new","medium":"water","measured_in":"m3","unit":"x#","installed_at":"2026-01-20 08:00"}]', '[{"code":"new","medium":"water","measured_in":"m3","space":"x#","installed_at":"2026-01-20 08:00"}]']),
	('record_readings', 'records', false, ARRAY['[{"meter":"x#","read_at":"2026-01-20 08:00","value":5}]', '[{"meter":"x1000001","register":"x#","read_at":"2026-01-20 08:00","value":5}]',
		'[{"meter":"x1000001","register":"x1000001","read_at":"2026-01-20 08:00","value":5,"document_id":#}]']),
	('import_readings', 'records', false, ARRAY['[{"meter":"x#","read_at":"2026-01-20 08:00","value":5}]']),
	('import_households', 'records', false, ARRAY['[{"unit":"x#","from":"2026-01-01","members":[{"party":"x1000001","role":"owner"}]}]']),
	('import_households', 'records', true, ARRAY['[{"unit":"x1000001","from":"2026-01-01","members":[{"party":"x#","role":"owner"}]}]']),
	('import_ownerships', 'records', false, ARRAY['[{"unit":"x#","from":"1990-01-01","to":"1991-01-01","owners":[{"party":"x1000001"}]}]']),
	('import_ownerships', 'records', true, ARRAY['[{"unit":"x1000001","from":"1990-01-01","to":"1991-01-01","owners":[{"party":"x#"}]}]']),
	('import_parties', 'records', true, ARRAY['[{"code":"x#","name":"Somebody"}]']),
	('import_staff', 'records', true, ARRAY['[{"code":"x#","name":"Somebody","staff_no":"new","from":"2026-01-01"}]', '[{"code":"new","name":"Somebody","staff_no":"x#","from":"2026-01-01"}]']),
	('import_contacts', 'records', true, ARRAY['[{"party":"x#","kind":"phone","value":"13800138000"}]']),
	('import_posts', 'records', false, ARRAY['[{"code":"x#","name":"Post","module":"place"}]']),
	('import_shifts', 'records', false, ARRAY['[{"post":"x#","staff":"x1000001","from":"2026-01-20 08:00","to":"2026-01-20 18:00"}]']),
	('import_shifts', 'records', true, ARRAY['[{"post":"x1000001","staff":"x#","from":"2026-01-20 08:00","to":"2026-01-20 18:00"}]']),
	('import_opening_arrears', 'records', false, ARRAY['[{"unit":"x#","fee_item":"x1000001","from":"2025-01-01","to":"2025-02-01","amount":10}]',
		'[{"unit":"x1000001","fee_item":"x#","from":"2025-01-01","to":"2025-02-01","amount":10}]']),
	('import_opening_arrears', 'records', true, ARRAY['[{"payer":"x#","fee_item":"x1000001","from":"2025-01-01","to":"2025-02-01","amount":10}]']),
	('import_trust_deposits', 'records', false, ARRAY['[{"unit":"x#","amount":10,"reference":"new"}]', '[{"unit":"x1000001","amount":10,"reference":"x#"}]']),
	('post_entries', 'entries', false, ARRAY['[{"debit":"x#","credit":"x1000001","amount":1,"memo":"m"}]', '[{"debit":"x1000001","credit":"x#","amount":1,"memo":"m"}]']),
	('adopt_standard', 'categories', false, ARRAY['{"complaint":"x#"}']),
	('acknowledge_messages', 'outcomes', false, ARRAY['[{"message_id":#,"attempt":1,"outcome":"sent"}]']),
	('send_messages', 'audience', false, ARRAY['{"household":[#]}', '{"unit":[#]}', '{"building":[#]}', '{"grid":[#]}', '{"household":#,"reach":"household"}']),
	('send_messages', 'audience', true, ARRAY['{"party":[#]}', '{"each":[{"party":#,"parameters":{"a":"b"}}]}']),
	('plan_messages', 'audience', false, ARRAY['{"household":[#]}', '{"unit":[#]}', '{"building":[#]}', '{"grid":[#]}']),
	('plan_messages', 'audience', true, ARRAY['{"party":[#]}', '{"each":[{"party":#,"parameters":{"a":"b"}}]}']),
	('history', 'key', false, ARRAY['#', '{"id":#}']),
	('sla_what_if', 'policy', false, ARRAY['{"resolution":"04:00","calendar_code":"x#"}', '{"resolution":"04:00","resolution_calendar":"x#"}', '{"resolution":"04:00","category":"x#"}']),
	('remove_meter', 'final', false, ARRAY['{"x#":5}']),
	('replace_meter', 'final', false, ARRAY['{"x#":5}']),
	('import_csv', 'content', false, ARRAY[E'code,building,area_m2\nnew,x#,10', E'code,building,area_m2\nx#,x1000001,10', E'code,building,space,area_m2\nnew,x1000001,x#,10'])) AS n(name, argument, of_company, "values")
CROSS JOIN LATERAL unnest(n."values") AS v(value);
-- Bulk changes: each key of each master table, to choose by and to change.
INSERT INTO named
SELECT 'bulk_change', a.argument, coalesce(b.refers_to IN ('party', 'staff', 'contact_point') OR b.table_name IN ('party', 'contact_point', 'staff'), false),
	format('%s|{%s:"x#"}', b.table_name, to_json(b.key_name))
FROM rui.bulk_column b CROSS JOIN (VALUES ('filter'), ('changes')) AS a(argument)
WHERE (b.refers_to IS NOT NULL OR b.key_name ~ '(^|_)code$') AND (a.argument = 'filter' OR b.permission IS NOT NULL) AND b.table_name !~ '^x\d';
-- JSON that names no row, and why.
CREATE TEMP TABLE nameless (name text, argument text);
INSERT INTO nameless VALUES ('china_calendar', 'weekly'), ('design_grids', 'options'), ('propose_budget', 'lines'), ('propose_trust_use', 'vote'), ('record_audit', 'findings'),
	('request_red_letter', 'lines'), ('import_statement', 'records'), ('install_meter', 'initial'), ('replace_meter', 'initial'), ('resume_identity', 'identity'), ('send_message', 'parameters'), ('send_messages', 'parameters'), ('plan_messages', 'parameters');

-- Something that a bulk change of a table may do.
CREATE FUNCTION pg_temp.change_of(table_name text) RETURNS text LANGUAGE sql AS $$
SELECT quote_literal(jsonb_build_object(b.key_name, CASE WHEN b.column_type = 'text' THEN '"y"'::jsonb WHEN b.column_type = 'boolean' THEN 'true' WHEN b.column_type = 'date' THEN '"2026-01-01"' ELSE '1' END))
FROM rui.bulk_column b WHERE b.table_name = change_of.table_name AND b.permission IS NOT NULL AND b.refers_to IS NULL ORDER BY b.key_name LIMIT 1
$$;
CREATE TEMP TABLE probed (name text, argument text, value text, command text, absent text, is_known boolean, told text);
DO $$
DECLARE
	one record;
	command text;
	absent text;
BEGIN
	FOR one IN SELECT n.*, a.names, a.types FROM named n JOIN api a ON a.name = n.name AND n.argument = ANY (a.names) LOOP
		SELECT format('SELECT string_agg(x::text, '','') FROM rui.%I(%s) AS x', one.name, string_agg(CASE
			WHEN one.names[t.n] = one.argument THEN quote_literal(replace(regexp_replace(one.value, '^\w+\|', ''), '#', '<world>'))
			WHEN one.name = 'bulk_change' THEN CASE one.names[t.n] WHEN 'table_name' THEN quote_literal(split_part(one.value, '|', 1)) WHEN 'filter' THEN '''{}''' WHEN 'changes' THEN pg_temp.change_of(split_part(one.value, '|', 1))
				WHEN 'dry_run' THEN 'true' ELSE pg_temp.given(one.names[t.n], t.type, 1) END
			WHEN one.names[t.n] = 'table_name' THEN '''unit'''
			WHEN one.names[t.n] = 'standard' THEN (SELECT quote_literal(min(y.standard)) FROM rui.sla_standard y WHERE y.kind = 'complaint' AND y.length IS NOT NULL AND y.standard !~ '^x')
			WHEN one.names[t.n] IN ('site_calendar', 'workday_calendar') THEN '''always'''
			WHEN one.names[t.n] = 'parameters' THEN '''{}'''
			WHEN one.names[t.n] = 'preview' THEN 'false'
			WHEN one.names[t.n] IN ('request_key', 'dedupe_key', 'calendar', 'control_sum', 'registers', 'level') THEN 'NULL'
			WHEN one.names[t.n] IN ('from_at', 'at', 'removed_at', 'replaced_at', 'installed_at') THEN CASE WHEN one.name = 'sla_what_if' THEN '''2026-01-01 00:00+00''' ELSE 'now()' END
			WHEN one.names[t.n] = 'to_at' THEN '''2026-02-01 00:00+00'''
			WHEN one.names[t.n] = 'opening' THEN '0' WHEN one.names[t.n] = 'closing' THEN '10'
			WHEN one.names[t.n] IN ('initial', 'final') THEN '''{"x1000001":5}'''
			WHEN one.names[t.n] = 'separator' THEN ''','''
			ELSE pg_temp.given(one.names[t.n], t.type, 1) END || '::' || format_type(t.type, NULL), ', ' ORDER BY t.n))
		INTO command FROM unnest(one.types) WITH ORDINALITY AS t(type, n);
		absent := pg_temp.outcome(command, '1000009', 'rui_manager');
		INSERT INTO probed VALUES (one.name, one.argument, one.value, command, absent, pg_temp.outcome(command, '1000001', 'rui_manager') <> replace(absent, '1000001', '#'),
			concat_ws(E'\n', pg_temp.tells(command, '1000005', 'rui_manager', absent), CASE WHEN NOT one.of_company THEN pg_temp.tells(command, '1000003', 'rui_manager', absent) END));
	END LOOP;
END $$;

SELECT plan((SELECT count(*) FROM probed)::integer + 24);
SELECT is(nullif(p.told, ''), NULL, format('%s says nothing of others by %s: %s', p.name, p.argument, replace(p.value, E'\n', '; '))) FROM probed p ORDER BY p.name, p.argument, p.value;
SELECT bag_eq('SELECT name, argument, value FROM probed', 'SELECT DISTINCT name, argument, value FROM named', 'each was asked once');
-- No need was opened in what it looks at.
SELECT set_eq('SELECT name, argument, value FROM probed WHERE NOT is_known', $$VALUES ('sla_what_if', 'policy', '{"resolution":"04:00","category":"x#"}')$$, 'all but one look for a row: they find one''s own');
SELECT bag_eq($$SELECT DISTINCT a.name, t.argument FROM api a CROSS JOIN LATERAL unnest(a.types, a.names[1:cardinality(a.types)]) AS t(type, argument) WHERE t.type IN ('jsonb'::regtype, 'json'::regtype)$$,
	$$SELECT name, argument FROM named WHERE argument <> 'content' UNION SELECT name, argument FROM nameless$$, 'every argument that is JSON names rows, or is said to name none');

-- Large objects. The platform has none; a login finds those of others closed.
SELECT is_empty($$SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p')
	AND a.attnum > 0 AND a.atttypid = 'oid'::regtype$$, 'no table keeps large objects');
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'rui'::regnamespace AND prosrc ~ '\m(lo_[a-z]+|loread|lowrite)\s*\('$$, 'no function uses them');
SELECT lo_from_bytea(0, 'secret') AS lo \gset
SET LOCAL ROLE rui_manager;
SELECT throws_ok(format(t.command, :'lo'), '42501', NULL, 'a login: ' || t.command) FROM unnest(ARRAY['SELECT lo_get(%s)', 'SELECT lo_get(%s, 1, 1)', 'SELECT lo_put(%s, 0, ''x'')', 'SELECT lo_open(%s, 262144)',
	'SELECT lo_open(%s, 131072)', 'SELECT lo_unlink(%s)', 'SELECT lo_export(%s, ''/tmp/x'')', 'SELECT lo_import(''/etc/passwd'')', 'SELECT * FROM pg_largeobject WHERE loid = %s',
	'GRANT SELECT ON LARGE OBJECT %s TO PUBLIC', 'ALTER LARGE OBJECT %s OWNER TO rui_manager', 'COMMENT ON LARGE OBJECT %s IS ''x''']) AS t(command);
SELECT is(pg_temp.outcome('SELECT lo_create(0) > 0', '', 'rui_manager'), 'RUUND | true', 'what it may is make its own, which no limit counts');
RESET ROLE;
-- What docs/security.md tells the DBA to do.
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
SET LOCAL ROLE rui_manager;
SELECT throws_ok(t.command, '42501', NULL, 'no more: ' || t.command) FROM unnest(ARRAY['SELECT lo_create(0)', 'SELECT lo_creat(-1)', 'SELECT lo_from_bytea(0, ''x'')']) AS t(command);
RESET ROLE;
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^lo_?(creat|create|from_bytea|import)$'
	AND has_function_privilege('rui_manager', p.oid, 'EXECUTE')$$, 'nor by any other function');
SELECT is(convert_from(lo_get(:lo), 'UTF8'), 'secret', 'it is as it was');
SELECT is_empty($$SELECT 1 FROM probed WHERE absent ~ '^(XX|P0001|22004 . RAISE)'$$, 'and no call failed by a fault');
SELECT * FROM finish();
ROLLBACK;
