-- Whose claims are believed, for whom, with which rights: a gateway acts for
-- the parties of the companies that registered it, as far as these may act.
BEGIN;
SELECT plan(50);

SELECT rui.create_company('acme', 'Acme', 'Director Li', 'gateway_director') AS company \gset
SELECT rui.create_company('other', 'Other', 'Director Wu', 'gateway_other') AS other \gset
SELECT id AS stranger FROM rui.party WHERE company_id = :other \gset
CREATE ROLE gateway_director LOGIN IN ROLE rui_manager;
CREATE ROLE gateway_other LOGIN IN ROLE rui_manager;
CREATE ROLE gateway_web LOGIN NOINHERIT IN ROLE rui_gateway;
GRANT rui_user, rui_resident, rui_steward, rui_manager, rui_analyst TO gateway_web;
CREATE ROLE gateway_portal NOLOGIN IN ROLE rui_resident; -- an application's own role
GRANT gateway_portal TO gateway_web;
CREATE ROLE gateway_plain LOGIN IN ROLE rui_user;
CREATE ROLE gateway_proud LOGIN IN ROLE rui_gateway, rui_manager;
CREATE ROLE gateway_owner LOGIN NOINHERIT IN ROLE rui_gateway, rui_api;
CREATE ROLE gateway_blind LOGIN BYPASSRLS IN ROLE rui_gateway;
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'm', 'Wang') RETURNING id AS manager \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'r', 'Zhao') RETURNING id AS resident \gset
INSERT INTO rui.project (company_id, code, name) VALUES (:company, 'one', 'One') RETURNING id AS one \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES
	(:one, :manager, 'manager', tstzrange('2000-01-01 00:00+00', NULL)), (:one, :resident, 'resident', tstzrange('2000-01-01 00:00+00', NULL));

-- A claim set and who it makes the session, in one line.
CREATE FUNCTION pg_temp.who(claims text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	PERFORM set_config('request.jwt.claims', claims, true);
	RETURN rui.current_party();
END $$;
CREATE FUNCTION pg_temp.refused(claims jsonb) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	RETURN 'party ' || coalesce(pg_temp.who(claims::text)::text, 'nobody');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' ', SQLSTATE, SQLERRM, CASE WHEN hint = '' THEN 'without a hint' END);
END $$;

-- Registration: by a director, of a login that has no rights of its own.
SET SESSION AUTHORIZATION gateway_web;
SET LOCAL ROLE rui_user;
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager)), format('42501 login "gateway_web" is no gateway of company %s', :company),
	'a member of rui_gateway that nobody registered acts for nobody');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_director;
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_nobody'), '22023', '"gateway_nobody" is no login role');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_portal'), '22023', '"gateway_portal" is no login role');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_plain'), '55000', 'login "gateway_plain" is no member of rui_gateway');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_proud'), '55000',
	'login "gateway_proud" has the rights of rui_manager whomever it acts for');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_owner'), '55000',
	'login "gateway_owner" has the rights of rui_api whomever it acts for');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_blind'), '55000', 'login "gateway_blind" is not bound by row security');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, NULL)', :company), '22004', 'login must not be null');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L, %L)', :company, 'gateway_web', ' '), '22023', 'issuer must not be empty');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L, NULL, %L)', :company, 'gateway_web', repeat('x', 301)), '22001', 'audience is longer than 300 characters');
SELECT throws_ok(format('SELECT rui.set_gateway(%s, %L)', :other, 'gateway_web'), '42501', NULL, 'for another company it is not his to say');
SELECT lives_ok(format('SELECT rui.set_gateway(%s, %L)', :company, 'gateway_web'), 'a director registers a gateway');
SELECT is((SELECT count(*) FROM rui.gateway), 1::bigint, 'and sees it');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_other;
SELECT is((SELECT count(*) FROM rui.gateway), 0::bigint, 'another company does not');
RESET SESSION AUTHORIZATION;

-- Claims.
SET SESSION AUTHORIZATION gateway_plain;
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager)), 'party nobody', 'claims of a login that is no gateway are not looked at');
SELECT is(pg_temp.refused('{"party_id": "x"}'), 'party nobody', 'not even malformed ones');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_web;
SET LOCAL ROLE rui_user;
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager)), 'party ' || :manager, 'a registered one acts for the company''s parties');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :'manager')), 'party ' || :manager, 'a number in a text too');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :stranger)), format('42501 login "gateway_web" is no gateway of company %s', :other),
	'and not for those of another');
SELECT is(pg_temp.refused('{"party_id": 999999999}'), 'P0002 party 999999999 of the claims does not exist', 'nor for whom nobody knows');
SELECT is(pg_temp.refused('{"sub": "anna"}'), 'party nobody', 'claims without a party are nobody');
SELECT is(pg_temp.refused('{"party_id": null}'), 'party nobody', 'so are those with a null');
SELECT is(pg_temp.refused('{"party_id": -5}'), '22023 invalid claim party_id "-5"', 'a negative id');
SELECT is(pg_temp.refused('{"party_id": true}'), '22023 invalid claim party_id ""', 'no id at all');
SELECT is(pg_temp.refused('[1]'), '22023 setting request.jwt.claims is no object', 'no object');
SELECT throws_ok($$SELECT pg_temp.who('{"party_id": 1')$$, '22P02', NULL, 'no JSON');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'exp', floor(extract(epoch FROM now())))), '28000 the claims have expired', 'expired just now');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'exp', extract(epoch FROM now()) + 60)), 'party ' || :manager, 'a minute to go');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'nbf', extract(epoch FROM now())::bigint + 60)), '28000 the claims do not count yet', 'not yet valid');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'nbf', floor(extract(epoch FROM now())))), 'party ' || :manager, 'valid since now');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'exp', 'tomorrow')), '22023 invalid claim exp "tomorrow"', 'an instant that is none');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'exp', '0x7fffffffff')), '22023 invalid claim exp "0x7fffffffff"', 'nor is a hexadecimal one');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :manager, 'iss', 'whoever', 'aud', 'whatever')), 'party ' || :manager, 'nobody asked who made the token');

-- Roles: those of the session and of the claim are what the party holds.
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :resident, 'role', 'rui_resident')), 'party ' || :resident, 'a claimed group role');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :resident, 'role', 'resident')), 'party ' || :resident, 'a claimed role');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :resident, 'role', 'gateway_portal')), 'party ' || :resident, 'a role of the application');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :resident, 'role', 'rui_manager')),
	format('42501 party %s may not act with the rights of "rui_manager"', :resident), 'a group role that is more');
SELECT is(pg_temp.refused(jsonb_build_object('party_id', :resident, 'role', 'king')),
	format('42501 party %s may not act with the rights of "king"', :resident), 'a role that is none');
SELECT set_config('request.jwt.claims', jsonb_build_object('party_id', :resident)::text, true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is((SELECT array_agg(id) FROM rui.party), ARRAY[:resident]::bigint[], 'a resident sees himself');
SET LOCAL ROLE rui_manager;
SELECT throws_ok('SELECT count(*) FROM rui.membership', '42501', format('party %s may not act with the rights of "rui_manager"', :resident),
	'and nothing with the rights of a manager');
SELECT set_config('request.jwt.claims', jsonb_build_object('party_id', :manager)::text, true) \gset hidden_
SELECT is((SELECT count(*) FROM rui.membership), 2::bigint, 'which are a manager''s');
SET LOCAL ROLE rui_user;

-- The other convention, a setting for each claim.
SELECT set_config('request.jwt.claims', '', true) \gset hidden_
SELECT set_config('jwt.claims.party_id', :'resident', true), set_config('jwt.claims.role', 'rui_manager', true) \gset hidden_
SELECT throws_ok('SELECT rui.current_party()', '42501', format('party %s may not act with the rights of "rui_manager"', :resident), 'claims as settings');
SELECT set_config('jwt.claims.role', 'rui_resident', true) \gset hidden_
SELECT is(rui.current_party(), :resident::bigint, 'are judged alike');
SELECT set_config('jwt.claims.exp', '1', true) \gset hidden_
SELECT throws_ok('SELECT rui.current_party()', '28000', 'the claims have expired', 'and expire');
SELECT set_config('jwt.claims.exp', '', true) \gset hidden_
RESET SESSION AUTHORIZATION;

-- Issuer and audience, where the company says so; and an end.
SET SESSION AUTHORIZATION gateway_director;
SELECT rui.set_gateway(:company, 'gateway_web', 'https://id.example.org', 'rui') \gset hidden_
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_web;
SET LOCAL ROLE rui_user;
SELECT results_eq(format($$SELECT pg_temp.refused(jsonb_build_object('party_id', %s) || c) FROM unnest(ARRAY[
		'{}', '{"iss": "https://id.example.com", "aud": "rui"}', '{"iss": "https://id.example.org"}', '{"iss": "https://id.example.org", "aud": "app"}',
		'{"iss": "https://id.example.org", "aud": ["app", 7]}', '{"iss": "https://id.example.org", "aud": "rui"}',
		'{"iss": "https://id.example.org", "aud": ["app", "rui"]}']::jsonb[]) WITH ORDINALITY AS t(c, n) ORDER BY n$$, :manager),
	ARRAY['28000 the claims are of another issuer', '28000 the claims are of another issuer', '28000 the claims are for another audience',
		'28000 the claims are for another audience', '28000 the claims are for another audience', 'party ' || :manager, 'party ' || :manager],
	'issuer and audience are those of the registration');
SELECT set_config('request.jwt.claims', '', true), set_config('jwt.claims.iss', 'https://id.example.org', true),
	set_config('jwt.claims.aud', '["app", "rui"]', true) \gset hidden_
SELECT is(rui.current_party(), :resident::bigint, 'a list of audiences in a setting of its own');
SELECT set_config('request.jwt.claims', jsonb_build_object('party_id', :manager, 'iss', 'https://id.example.org', 'aud', 'rui')::text, true) \gset hidden_
SELECT is(rui.current_party(), :manager::bigint, 'the one object goes before');
RESET SESSION AUTHORIZATION;
UPDATE rui.membership SET valid = tstzrange(lower(valid), now()) WHERE party_id = :manager;
SET SESSION AUTHORIZATION gateway_web;
SET LOCAL ROLE rui_manager;
SELECT throws_ok('SELECT count(*) FROM rui.membership', '42501', format('party %s may not act with the rights of "rui_manager"', :manager),
	'a role that has ended is no longer one');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_director;
SELECT rui.set_gateway(:company, 'gateway_web', is_active => false) \gset hidden_
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_web;
SET LOCAL ROLE rui_user;
SELECT throws_ok('SELECT rui.current_party()', '42501', format('login "gateway_web" is no gateway of company %s', :company), 'an ended registration');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION gateway_director;
SELECT lives_ok(format('SELECT rui.set_gateway(%s, %L, is_active => false)', :company, 'gateway_gone'), 'a login that is gone can be ended, too');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
