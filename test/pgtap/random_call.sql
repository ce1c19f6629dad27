-- Every public function and procedure of the platform, called by every role, each
-- with a party of its own, and by one that holds them all, with arguments drawn at random: nulls, edges, ids of another project, other people's words.
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
SELECT plan(6);
-- A party for each role, here and in the company; and a gateway, who acts for them by claims.
CREATE TEMP TABLE caller AS
SELECT r.role_code, g.group_role::name AS group_role, row_number() OVER (ORDER BY r.role_code COLLATE "C") AS n
FROM (SELECT DISTINCT role_code FROM rui.role_permission) r
CROSS JOIN LATERAL (SELECT coalesce(max(g.group_role::text) FILTER (WHERE g.group_role::text = 'rui_' || r.role_code), max(g.group_role::text), 'rui_user') AS group_role
	FROM rui.role_group g WHERE g.role_code = r.role_code) g;
ALTER TABLE caller ADD party_id bigint;
WITH made AS (
	INSERT INTO rui.party (company_id, code, name) SELECT :company, 'call ' || c.role_code, c.role_code FROM caller c RETURNING id, name)
UPDATE caller c SET party_id = m.id FROM made m WHERE m.name = c.role_code;
INSERT INTO rui.membership (project_id, party_id, role_code, valid) SELECT :one, c.party_id, c.role_code, '[2000-01-01,)' FROM caller c;
INSERT INTO rui.company_member (company_id, party_id, role_code, valid)
SELECT :company, c.party_id, c.role_code, '[2000-01-01,)' FROM caller c WHERE c.role_code IN ('director', 'auditor', 'duty_runner');
CREATE ROLE call_gateway LOGIN IN ROLE rui_gateway, rui_user, rui_resident, rui_partner, rui_staff, rui_steward, rui_agent, rui_manager, rui_expert, rui_analyst, rui_auditor;
INSERT INTO rui.gateway (company_id, login) VALUES (:company, 'call_gateway');

-- And procedures: within a transaction they can do no more than begin.
INSERT INTO api
SELECT p.oid, p.proname, p.prosecdef, p.prokind, p.proargtypes::oid[], p.proargnames, p.proargnames[1], p.pronargdefaults
FROM pg_proc p WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.prokind = 'p' AND has_function_privilege('rui_user', p.oid, 'EXECUTE');

CREATE TEMP TABLE called (name text, is_definer boolean, role_name text, command text, state text, message text, context text);
CREATE FUNCTION pg_temp.call_at_random(project bigint, company bigint, draws integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
	given integer;
	command text;
	role_name text;
	who record;
	chosen integer;
	lot float8;
	state text;
	message text;
	place text;
BEGIN
	FOR one IN SELECT a.* FROM api a CROSS JOIN generate_series(1, draws) ORDER BY a.name, a.oid LOOP
		-- Sometimes the last arguments are left to their defaults.
		given := cardinality(one.types) - CASE WHEN random() < 0.5 THEN floor(random() * (one.defaults + 1))::integer ELSE 0 END;
		SELECT format(CASE one.prokind WHEN 'p' THEN 'CALL rui.%I(%s)' ELSE 'SELECT count(*) FROM rui.%I(%s) AS x' END, one.name, string_agg(CASE WHEN n = 1 AND one.first_name = 'project_id' AND random() < 0.9 THEN project::text
			WHEN n = 1 AND one.first_name = 'company_id' AND random() < 0.9 THEN company::text ELSE pg_temp.drawn(one.names[n], t.type) END, ', ' ORDER BY n))
		INTO command FROM unnest(one.types[:given - 1 + array_lower(one.types, 1)]) WITH ORDINALITY AS t(type, n);
		-- Half of them are made by who may do most, so that they come far.
		lot := random();
		chosen := 1 + floor(random() * (SELECT count(*) FROM caller));
		SELECT c.* INTO STRICT who FROM caller c WHERE c.n = chosen;
		role_name := CASE WHEN lot < 0.5 THEN 'rui_manager' ELSE who.group_role END;
		BEGIN
			IF lot > 0.8 THEN
				SET LOCAL SESSION AUTHORIZATION call_gateway;
				PERFORM set_config('rui.party_id', '', true), set_config('request.jwt.claims', format('{"party_id": %s}', who.party_id), true);
			ELSIF lot > 0.5 THEN
				PERFORM set_config('rui.party_id', who.party_id::text, true);
			END IF;
			EXECUTE format('SET LOCAL ROLE %I', role_name);
			EXECUTE command;
			SET CONSTRAINTS ALL IMMEDIATE;
			RAISE EXCEPTION USING ERRCODE = 'RUUND';
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, place = PG_EXCEPTION_CONTEXT;
		END;
		INSERT INTO called VALUES (one.name, one.prosecdef, CASE WHEN lot < 0.5 THEN 'all' WHEN lot > 0.8 THEN 'gateway: ' || who.role_code ELSE who.role_code END, command, state, message, place);
	END LOOP;
END $$;
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
SELECT pg_temp.call_at_random(:one, :company, coalesce(nullif(current_setting('call.draws', true), '')::integer, 2)) \g /dev/null
-- image_json is handed bytes, and says XX001 of those that no journal wrote.
SELECT is_empty($$SELECT role_name, command, state, message FROM called c WHERE pg_temp.is_fault(c.state, c.message, c.is_definer)$$, 'no call comes upon a fault');
SELECT cmp_ok((SELECT count(DISTINCT name) FROM called), '>', 320::bigint, 'every function was called');
SELECT cmp_ok((SELECT count(*) FROM called WHERE state = 'RUUND'), '>', 60::bigint, 'many calls succeed');
SELECT is_empty('SELECT c.role_code FROM caller c WHERE NOT EXISTS (SELECT FROM called d WHERE d.role_name = c.role_code) OR NOT EXISTS (
	SELECT FROM called d WHERE d.role_name = ''gateway: '' || c.role_code)', 'each role calls, and a gateway for each');
SELECT cmp_ok((SELECT count(DISTINCT role_name) FROM called WHERE state <> '42501' AND role_name !~ ':'), '>', 6::bigint, 'and most are answered');
SELECT cmp_ok((SELECT count(DISTINCT state) FROM called), '>', 6::bigint, 'and the others are told apart');
SELECT * FROM finish();
ROLLBACK;
