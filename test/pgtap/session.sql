-- Who acts, what that party may reach and do, and that nothing leaks from
-- one transaction to the next.
BEGIN;
SELECT plan(59);

-- A company with a director, two projects, a manager in one of them.
SELECT rui.create_company('acme', 'Acme', 'Director Li', 'session_director') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
CREATE ROLE session_director LOGIN IN ROLE rui_manager;
CREATE ROLE session_pool LOGIN IN ROLE rui_user;
CREATE ROLE session_gateway LOGIN IN ROLE rui_gateway;
CREATE ROLE session_stranger LOGIN IN ROLE rui_user;
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'm', 'Manager Wang') RETURNING id AS manager \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'r', 'Resident Zhao') RETURNING id AS resident \gset

INSERT INTO rui.gateway (company_id, login) VALUES (:company, 'session_gateway');

SELECT is(rui.current_party(), NULL, 'a login without a party is nobody');
SELECT is(rui.my_projects(), '{}'::bigint[], 'nobody reaches no project');
SELECT throws_ok($$SELECT rui.require_permission(1, 'manage_estate')$$, '42501', 'nobody acts in this session');

-- By login role.
SET SESSION AUTHORIZATION session_director;
SELECT is(rui.current_party(), :director::bigint, 'a login role speaks for its party');
SELECT rui.create_project(:company, 'one', 'First') AS one \gset
SELECT rui.create_project(:company, 'two', 'Second', 'Europe/Berlin') AS two \gset
SELECT is(rui.my_projects(), ARRAY[:one, :two]::bigint[], 'a company role reaches the projects created a moment ago');
SELECT is(rui.my_companies(), ARRAY[:company]::bigint[], 'and the company');
SELECT ok(rui.has_permission(:one, 'manage_people'), 'a director manages people');
SELECT ok(NOT rui.has_permission(:one, 'set_time'), 'but does not set the time');
SELECT lives_ok(format('SELECT rui.grant_role(%s, %s, ''manager'')', :one, :manager), 'a role is granted');
SELECT throws_ok(format('SELECT rui.grant_role(%s, %s, ''manager'')', :one, :manager), '23P01', NULL,
	'not twice at a time');
SELECT throws_ok(format('SELECT rui.grant_role(%s, %s, ''king'')', :one, :manager), '22023', 'unknown role "king"');
SELECT throws_ok(format('SELECT rui.grant_role(%s, -1, ''manager'')', :one), 'P0002', NULL, 'unknown party');
SELECT throws_ok('SELECT rui.grant_role(NULL, 1, ''manager'')', '22004', 'project_id must not be null');
SELECT throws_ok('SELECT rui.grant_role(9999, 1, ''manager'')', '42501', NULL, 'an unknown project looks like a forbidden one');
SELECT throws_ok(format($$SELECT rui.create_project(%s, 'one', 'Again')$$, :company), '23505', NULL, 'codes are unique');
SELECT throws_ok(format($$SELECT rui.create_project(%s, 'x', 'X', 'Mars/Olympus')$$, :company), '22023',
	'unknown time zone "Mars/Olympus"');
SELECT throws_ok(format($$SELECT rui.create_project(%s, '', 'X')$$, :company), '22023', 'code must not be empty');
SELECT throws_ok(format($$SELECT rui.create_project(%s, 'x', repeat('x', 201))$$, :company), '22001',
	'name is longer than 200 characters');
RESET SESSION AUTHORIZATION;

-- By setting: only with the right to set it, only in this transaction.
SET SESSION AUTHORIZATION session_pool;
SELECT throws_ok(format('SET LOCAL rui.party_id = %L', :manager), '42501', NULL,
	'without SET ON PARAMETER the setting cannot be set');
RESET SESSION AUTHORIZATION;
GRANT SET ON PARAMETER rui.party_id TO session_pool;
SET SESSION AUTHORIZATION session_pool;
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is(rui.current_party(), :manager::bigint, 'with it, the transaction acts for the party');
SELECT is(rui.my_projects(), ARRAY[:one]::bigint[], 'a membership reaches its project only');
SELECT throws_ok('SET LOCAL rui.party_id = ''0''', '22023', NULL, 'zero is no party');
SELECT throws_ok('SET LOCAL rui.party_id = ''1; DROP''', '22023', NULL, 'nor is text');
SAVEPOINT before_other;
SELECT set_config('rui.party_id', :'resident', true) \gset hidden_
SELECT is(rui.current_party(), :resident::bigint, 'another party in a subtransaction');
ROLLBACK TO before_other;
SELECT is(rui.current_party(), :manager::bigint, 'ROLLBACK TO brings the former one back');
SELECT throws_ok(format('SELECT rui.require_permission(%s, ''manage_estate'')', :two), '42501', NULL,
	'no permission in a project without membership');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT is(rui.current_party(), NULL, 'an empty setting is nobody');

-- What a procedure keeps over its commits, is resumed nowhere else (where it is: 010_identity).
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.keep_identity() AS kept \gset
SELECT set_config('rui.party_id', :'resident', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.resume_identity(%L)', :'kept'), '42501', 'no procedure has begun this transaction by a COMMIT',
	'who acted before acts again by a procedure only');
SELECT is(rui.current_party(), :resident::bigint, 'so who acts stays');
SELECT throws_ok('SELECT rui.resume_identity(NULL)', '42501', NULL, 'nobody is not resumed');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.resume_identity(%L)', rui.keep_identity()), '42501', NULL, 'nor who acted for nobody');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION session_stranger;
SELECT throws_ok(format('SELECT rui.resume_identity(%L)', :'kept'), '42501', NULL, 'who may not set it becomes nobody by what another one kept');
RESET SESSION AUTHORIZATION;

-- By claims: only for members of rui_gateway.
SET SESSION AUTHORIZATION session_stranger;
SELECT set_config('request.jwt.claims', format('{"party_id": %s}', :manager), true) \gset hidden_
SELECT is(rui.current_party(), NULL, 'claims of a login that is no gateway are not believed');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION session_gateway;
SELECT is(rui.current_party(), :manager::bigint, 'claims of a gateway are');
SELECT set_config('request.jwt.claims', format('{"party_id": "%s"}', :resident), true) \gset hidden_
SELECT is(rui.current_party(), :resident::bigint, 'a number in a string too');
SELECT throws_ok(format('SELECT rui.resume_identity(%L)', jsonb_build_object('party_id', :manager, 'settings',
	jsonb_build_object('request.jwt.claims', format('{"party_id": %s}', :manager)))), '42501', NULL, 'who is behind a gateway makes no claims of his own');
SELECT is(rui.current_party(), :resident::bigint, 'and becomes nobody else');
SELECT set_config('request.jwt.claims', '{"party_id": -5}', true) \gset hidden_
SELECT throws_ok('SELECT rui.current_party()', '22023', 'invalid claim party_id "-5"');
SELECT set_config('request.jwt.claims', '{"party_id": 1', true) \gset hidden_
SELECT throws_ok('SELECT rui.current_party()', '22P02', NULL, 'broken claims are an error, not somebody');
SELECT set_config('request.jwt.claims', '', true) \gset hidden_
SELECT set_config('jwt.claims.party_id', :'manager', true) \gset hidden_
SELECT is(rui.current_party(), :manager::bigint, 'the other convention of claims');
SELECT set_config('jwt.claims.party_id', '', true) \gset hidden_
RESET SESSION AUTHORIZATION;

-- A membership that ends takes the access with it, at once and for others too.
UPDATE rui.membership SET valid = tstzrange(lower(valid), now()) WHERE party_id = :manager AND lower(valid) < now();
UPDATE rui.membership SET valid = tstzrange(now() - interval '1 day', now()) WHERE party_id = :manager;
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is(rui.my_projects(), '{}'::bigint[], 'an ended membership reaches nothing');
UPDATE rui.membership SET valid = tstzrange(now() - interval '1 day', NULL) WHERE party_id = :manager;
SELECT is(rui.my_projects(), ARRAY[:one]::bigint[], 'and again when it is given back');

-- A project's state allows or forbids.
SELECT is(rui.set_project_state(:one, 'go_live'), 'live', 'a project goes live');
SELECT throws_ok(format('SELECT rui.set_project_state(%s, ''drop'')', :one), '55000',
	'project: action "drop" is not legal in state "live"');
SELECT is(rui.set_project_state(:one, 'close'), 'closed', 'and closes');
SELECT throws_ok(format('SELECT rui.require_permission(%s, ''manage_estate'')', :one), '55000', NULL,
	'a closed project refuses what its state forbids');

-- Row security: tables show what the acting party reaches, and no more.
SELECT set_config('rui.party_id', '', true) \gset hidden_
SET SESSION AUTHORIZATION session_gateway;
SELECT set_config('request.jwt.claims', '', true) \gset hidden_
SELECT is((SELECT count(*) FROM rui.project), 0::bigint, 'nobody sees no project');
SELECT set_config('request.jwt.claims', format('{"party_id": %s}', :manager), true) \gset hidden_
SELECT is((SELECT array_agg(id) FROM rui.project), ARRAY[:one]::bigint[], 'the manager sees his');
SELECT throws_ok('SELECT * FROM rui.membership', '42501', NULL, 'a group role is needed for memberships');
SELECT throws_ok('SELECT * FROM rui.login', '42501', NULL, 'nobody reads logins');
SELECT throws_ok('INSERT INTO rui.project (company_id, code, name) VALUES (1, ''x'', ''x'')', '42501', NULL,
	'tables are written by functions only');
SELECT throws_ok('SELECT rui._emit(1, ''x'', ''x'', 1, now())', '42501', NULL, 'internal functions are out of reach');
SELECT throws_ok('SELECT rui.create_company(''x'', ''x'', ''x'')', '42501', NULL, 'so are those for the DBA');
RESET SESSION AUTHORIZATION;

-- A home is somebody's until midnight in its project, whatever zone his session says.
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :resident, 'resident', '[2000-01-01,)'), (:two, :resident, 'agent', '[2000-01-01,)');
INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (:two, 'b', ST_Multi(ST_MakeEnvelope(13.40, 52.50, 13.401, 52.501, 4326)), ST_SetSRID(ST_MakePoint(13.4005, 52.50), 4326)) RETURNING id AS b \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:two, :b, 'left', 90) RETURNING id AS left \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:two, :b, 'home', 90) RETURNING id AS home \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:two, :b, 'sold', 90) RETURNING id AS sold \gset
SELECT (now() AT TIME ZONE 'Europe/Berlin')::date AS today \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:two, :left, '[2020-01-01,)') RETURNING id AS before \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:two, :home, '[2020-01-01,)') RETURNING id AS since \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES
	(:two, :before, :left, :resident, 'family', daterange('2020-01-01', :'today')), (:two, :since, :home, :resident, 'family', daterange(:'today', NULL));
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:two, :sold, daterange('2020-01-01', :'today'), ARRAY[:resident]::bigint[], '{1}');
SELECT set_config('rui.party_id', :'resident', true) \gset hidden_
SELECT is(rui.my_households(), ARRAY[:since]::bigint[], format('of the household, by the clock %s', z.name)) FROM (SELECT set_config('TimeZone', t.name, true) AS name FROM unnest('{<x>+167,<x>-167}'::text[]) t(name)) z;
SELECT is(rui.my_homes(), ARRAY[:home]::bigint[], format('and of the home, by the clock %s', z.name)) FROM (SELECT set_config('TimeZone', t.name, true) AS name FROM unnest('{<x>+167,<x>-167}'::text[]) t(name)) z;
SET LOCAL TimeZone = 'UTC';
-- Nor does he know whom he works with once he works there no more.
SELECT is(rui.my_colleagues(), ARRAY[:director]::bigint[], 'who answers calls knows his colleagues');
UPDATE rui.membership SET valid = '[2000-01-01,2020-01-01)' WHERE party_id = :resident AND role_code = 'agent';
SELECT is(rui.my_colleagues(), '{}'::bigint[], 'who has left does not');
SELECT * FROM finish();
ROLLBACK;
