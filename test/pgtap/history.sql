-- Who changed a row, when, and what; never what is secret.
BEGIN;
SELECT plan(34);
\ir fixture/estate.sql
\ir fixture/content.sql
CREATE FUNCTION pg_temp.past(my_table text, key jsonb, n int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', h.operation, h.old_row - '{project_id,id,building_id,space_id,area_m2,kind,floor_no,recorded_at}'::text[], h.new_row - '{project_id,id,building_id,space_id,area_m2,kind,floor_no,recorded_at}'::text[]), '; ' ORDER BY h.place)
	FROM rui.project j, rui.history(j.id, my_table, key, n) WITH ORDINALITY AS h(at, party_id, party_name, login, operation, operation_zh, operation_en, old_row, new_row, transaction_id, place)
	WHERE j.code = 'one' $$;
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT :one, :b1, '9-' || n, n FROM generate_series(1, 50) n;
SELECT id AS unit FROM rui.unit WHERE project_id = :one AND code = '9-25' \gset
UPDATE rui.unit SET code = '9-25A' WHERE id = :unit;
UPDATE rui.unit SET floor_no = 2 WHERE project_id = :one AND code LIKE '9-%';
UPDATE rui.unit SET code = '9-26A' WHERE project_id = :one AND code = '9-26';
DELETE FROM rui.unit WHERE id = :unit;
SELECT is(pg_temp.past('unit', :'unit'), 'delete {"code": "9-25A"}; update {} {}; update {"code": "9-25"} {"code": "9-25A"}; insert {"code": "9-25"}', 'all that became of a row, the newest first');
SELECT is(pg_temp.past('unit', jsonb_build_object('id', :unit)), pg_temp.past('unit', :'unit'), 'by its key as an object');
SELECT is(pg_temp.past('unit', jsonb_build_object('project_id', :one, 'id', :unit)), pg_temp.past('unit', :'unit'), 'with the project or without');
SELECT is(pg_temp.past('unit', :'unit', 1), 'delete {"code": "9-25A"}', 'no more than wanted');
SELECT is((SELECT array_agg(DISTINCT concat_ws('/', party_id, party_name, login, at = now())) FROM rui.history(:one, 'unit', :'unit')),
	ARRAY[concat_ws('/', :manager, 'Manager', session_user, true)], 'with who it was, and when');
SELECT is((SELECT operation_zh || operation_en FROM rui.history(:one, 'unit', :'unit', 1)), '删除removed', 'in both languages');
SELECT is((SELECT (old_row, new_row)::text FROM rui.history(:one, 'unit', :'unit') OFFSET 1 LIMIT 1), '("{""floor_no"": null}","{""floor_no"": 2}")', 'of an update only what changed');
SELECT is(pg_temp.past('unit', '0'), NULL, 'nothing of a row never seen');
SELECT is((SELECT count(*) FROM rui.history(:one, 'unit', :'v1')), 0::bigint, 'nothing of another project''s');

-- The same as reading the whole journal.
SELECT is_empty(format($$
	SELECT u.id FROM generate_series(%s::bigint, %s) u(id)
	WHERE (SELECT string_agg(h::text, ' ' ORDER BY h::text) FROM (SELECT operation, old_row, new_row FROM rui.history(%s, 'unit', to_jsonb(u.id))) h)
		IS DISTINCT FROM (SELECT string_agg(e::text, ' ' ORDER BY e::text) FROM (SELECT operation, old_row, new_row FROM rui.journal_entry
			WHERE project_id = %3$s AND table_name = 'unit' AND row_key = jsonb_build_object('project_id', %3$s, 'id', u.id)) e)
$$, :unit - 5, :unit + 5, :one), 'row by row as the journal has it');
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; answer text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP answer := answer || line || E'\n'; END LOOP;
	RETURN answer;
END $$;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.plan_of('SELECT * FROM rui.journal WHERE project_id = 1 AND table_name = ''unit'' AND first_key = last_key AND first_key = 5'), 'Index Scan', 'one row''s changes are found by index');
RESET enable_seqscan;
SELECT is((SELECT array_agg(DISTINCT first_key = last_key) FROM rui.journal WHERE table_name = 'unit' AND row_count = 1), '{t}'::bool[], 'a row by itself has one key');
SELECT is((SELECT last_key - first_key FROM rui.journal WHERE table_name = 'unit' AND row_count = 50 AND operation = 'insert'), 49::bigint, 'rows together a range');

-- Keys of several columns, and without a number.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_ticket_category(:one, 'general', '一般', 'General'), rui.set_ticket_category(:one, 'other', '其他', 'Other') \gset hidden_
SELECT rui.set_ticket_category(:one, 'general', '一般', 'Plain') \gset hidden_
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is((SELECT array_agg(operation || ' ' || (new_row ->> 'name_en')) FROM rui.history(:one, 'ticket_category', '{"code": "general"}')), '{"update Plain","insert General"}'::text[], 'a key that is a text');
SELECT is((SELECT array_agg(DISTINCT party_id) FROM rui.history(:one, 'ticket_category', '{"code": "general"}')), ARRAY[:loader::bigint], 'changed by somebody else');
SELECT rui.set_sla_policy(:one, 'always', response => '1:00', resolution => '2:00') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_ticket(:one, 'general', 'x') AS ticket \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is((SELECT array_agg(DISTINCT new_row ->> 'target') FROM rui.history(:one, 'task_clock', jsonb_build_object('task_id', :ticket))), '{resolution,response}'::text[], 'part of a key finds all that have it');
SELECT is((SELECT count(*) FROM rui.history(:one, 'task_clock', jsonb_build_object('task_id', :ticket, 'target', 'response'))), 1::bigint, 'the whole key one');

-- Of the company, and what is secret.
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :zhao, 'phone', '13812345678') RETURNING id AS phone \gset
UPDATE rui.contact_point SET value = '13900001111', preferred = true WHERE id = :phone;
SELECT is((SELECT (old_row, new_row)::text FROM rui.history(:one, 'contact_point', :'phone', 1)),
	'("{""value"": ""***"", ""preferred"": false, ""value_norm"": ""***""}","{""value"": ""***"", ""preferred"": true, ""value_norm"": ""***""}")', 'that a secret changed, not what it was');
SELECT ok((SELECT bool_and(h::text !~ '12345678|00001111') FROM rui.history(:one, 'contact_point', :'phone') h), 'nowhere');
UPDATE rui.party SET name = 'Zhao Yun' WHERE id = :zhao;
SELECT is((SELECT old_row || new_row FROM rui.history(:one, 'party', :'zhao', 1)), '{"name": "Zhao Yun"}'::jsonb, 'a person of the company');
SELECT rui.create_company('rival', 'Rival', 'Other') AS rival \gset
SELECT id AS stranger FROM rui.party WHERE company_id = :rival \gset
SELECT is((SELECT count(*) FROM rui.history(:one, 'party', :'stranger')), 0::bigint, 'not of another company');

-- Rights, and what does not hold changes nothing.
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT * FROM rui.history(%s, %s)', :one, v.arguments), v.code, NULL, 'refused: ' || v.arguments) FROM (VALUES
	('NULL, ''1''', '22004'), ('''unit'', NULL', '22004'), ('''event'', ''1''', '22023'), ('''no_table'', ''1''', '22023'), ('''unit'', ''{"code": "x"}''', '22023'),
	('''unit'', ''{}''', '22023'), ('''unit'', ''[1]''', '22023'), ('''unit'', ''1'', 0', '22023')) AS v(arguments, code);
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.history(%s, ''unit'', ''1'')', :one), '42501', NULL, 'a resident reads none');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT throws_ok(format('SELECT * FROM rui.history(%s, ''unit'', ''1'')', :two), '42501', NULL, 'nor a manager of another project');
SELECT is((SELECT count(*) FROM rui.history(:one, 'unit', :'unit')), 4::bigint, 'his own, under row security');
SELECT throws_ok('SELECT * FROM rui.journal', '42501', NULL, 'though not the journal itself');
RESET ROLE;
SELECT is(pg_temp.content(), :'before', 'and nothing has changed');
SELECT * FROM finish();
ROLLBACK;
