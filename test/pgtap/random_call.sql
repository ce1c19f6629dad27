-- Every public function of the platform, called by every role with arguments
-- drawn at random: nulls, edges, ids of another project, other people's words.
-- Whatever comes, it answers or raises an error that a caller can act on; what
-- only a fault of ours can raise, never comes. PGOPTIONS='-c call.seed=0.7
-- -c call.draws=100' draws others, and more of them.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2026-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT :one, :loader, r.role_code, '[2000-01-01,)' FROM (SELECT DISTINCT role_code FROM rui.role_permission WHERE role_code <> 'loader') r;
\ir fixture/drawn_call.sql
SELECT plan(4);

CREATE TEMP TABLE called (name text, is_definer boolean, role_name text, command text, state text, message text, context text);
CREATE FUNCTION pg_temp.call_at_random(project bigint, company bigint, draws integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
	given integer;
	command text;
	role_name text;
	state text;
	message text;
	place text;
BEGIN
	FOR one IN SELECT a.* FROM api a CROSS JOIN generate_series(1, draws) ORDER BY a.name, a.oid LOOP
		-- Sometimes the last arguments are left to their defaults.
		given := cardinality(one.types) - CASE WHEN random() < 0.5 THEN floor(random() * (one.defaults + 1))::integer ELSE 0 END;
		SELECT format('SELECT count(*) FROM rui.%I(%s) AS x', one.name, string_agg(CASE WHEN n = 1 AND one.first_name = 'project_id' AND random() < 0.9 THEN project::text
			WHEN n = 1 AND one.first_name = 'company_id' AND random() < 0.9 THEN company::text ELSE pg_temp.drawn(one.names[n], t.type) END, ', ' ORDER BY n))
		INTO command FROM unnest(one.types[:given - 1 + array_lower(one.types, 1)]) WITH ORDINALITY AS t(type, n);
		role_name := CASE WHEN random() < 0.7 THEN 'rui_manager' ELSE (ARRAY['rui_user', 'rui_resident', 'rui_steward', 'rui_auditor', 'rui_analyst'])[1 + floor(random() * 5)::integer] END;
		BEGIN
			EXECUTE format('SET LOCAL ROLE %I', role_name);
			EXECUTE command;
			SET CONSTRAINTS ALL IMMEDIATE;
			RAISE EXCEPTION USING ERRCODE = 'RUUND';
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, place = PG_EXCEPTION_CONTEXT;
		END;
		INSERT INTO called VALUES (one.name, one.prosecdef, role_name, command, state, message, place);
	END LOOP;
END $$;
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
SELECT pg_temp.call_at_random(:one, :company, coalesce(nullif(current_setting('call.draws', true), '')::integer, 2)) \g /dev/null
-- image_json is handed bytes, and says XX001 of those that no journal wrote.
SELECT is_empty($$SELECT role_name, command, state, message FROM called c WHERE pg_temp.is_fault(c.state, c.message, c.is_definer)$$, 'no call comes upon a fault');
SELECT cmp_ok((SELECT count(DISTINCT name) FROM called), '>', 320::bigint, 'every function was called');
SELECT cmp_ok((SELECT count(*) FROM called WHERE state = 'RUUND'), '>', 60::bigint, 'many calls succeed');
SELECT cmp_ok((SELECT count(DISTINCT state) FROM called), '>', 6::bigint, 'and the others are told apart');
SELECT * FROM finish();
ROLLBACK;
