-- Functions of values alone (immutable ones, and aggregates) with what is drawn at
-- random: edges, infinities, numbers without end, what is nested or long, nulls; as
-- each role. Like random_call: it answers, or raises an error that a caller
-- can act on. PGOPTIONS='-c call.seed=0.7 -c call.draws=300' draws others, and more.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/estate.sql
\ir fixture/drawn_call.sql
SELECT plan(5);
-- What only functions of values meet: values of our types, the greatest of others, and what is nested.
INSERT INTO word SELECT 'rui.calendar', v FROM unnest(ARRAY['NULL', '''{"tz":"UTC"}''', '''{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:00","18:00"]],"sun":[["22:00","24:00"]]}}''',
	'''{"tz":"Europe/Berlin","weekly":{"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]},"holidays":["2026-03-29"],"days":{"2026-10-25":[["02:00","03:00"]]}}''',
	'''{"tz":"America/New_York","weekly":{"mon":[["00:00","00:01"]]}}''', 'rui.calendar_any(''{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","18:00"]]}}'', ''{"tz":"UTC","weekly":{"tue":[["08:00","18:00"]]}}'')',
	'rui.calendar_until(''{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}'', ''2026-01-01 00:00+00'', ''{"tz":"UTC"}'')', '''{"tz":"Pacific/Apia","weekly":{"fri":[["08:00","18:00"]]},"shifts":7}''']) v;
INSERT INTO word SELECT 'rui.sla_clock', v FROM unnest(ARRAY['NULL', 'rui.clock_start(''{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}'', ''2026-01-05 09:00+00'', ''4:00'')',
	'rui.clock_start(''{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}'', ''1900-01-01 00:00+00'', ''1 microsecond'')', 'rui.clock_start(''{"tz":"UTC"}'', ''2026-01-05 09:00+00'', ''4:00'')',
	'rui.clock_start(''{"tz":"UTC","weekly":{"mon":[["00:00","24:00"]]}}'', ''2200-12-31 23:59+00'', ''2000000 hours'')', '''{}''',
	'rui.clock_pause(rui.clock_start(''{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}'', ''2026-01-05 09:00+00'', ''4:00''), ''{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}'', ''2026-01-05 10:00+00'')']) v;
INSERT INTO word SELECT 'rui.cell', v FROM unnest(ARRAY['NULL', 'rui.cell(118.8, 32.05, 0)', 'rui.cell(118.8, 32.05, 30)', 'rui.cell(-180, -90, 12)', 'rui.cell(0, 90, 1)', 'rui.cell(180, 0, 29)', '''1/012''', '''9/4''']) v;
INSERT INTO word SELECT 'rui.tariff', v FROM unnest(ARRAY['NULL', '''{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}''', '''{"model":"fixed","price":"99999999999999999999999999.999999999999"}''', '''{"model":"fixed","price":"-1"}''',
	'''{"model":"tiered","tiers":[{"up_to":"10","price":"1"},{"price":"0.000000000001"}]}''', '''{"model":"graduated","tiers":[{"up_to":"10","price":"1"},{"price":"2"}]}''',
	'''{"model":"package","size":"0.000000000001","price":"1"}''', '''{"model":"percentage","rate":"0.5","fixed":"1"}''', '''{"model":"duration","steps":[{"every":1,"price":"1"}]}''', '''{}''']) v;
INSERT INTO word SELECT 'rui.rubric', v FROM unnest(ARRAY['NULL', '''{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"x","weight":"1","kind":"rating","max":"5"}]}],"missing":"skip"}''',
	'''{"scale":"99999999999999999999999999","sections":[{"code":"a","weight":"0.000000000001","items":[{"code":"code","weight":"99999999999999999999999999","kind":"rating","max":"0.000000000001"}]}],"missing":"skip"}''', '''{"sections":[]}''']) v;
INSERT INTO word SELECT 'rui.gridmap', v FROM unnest(ARRAY['NULL', '''{}''', '(SELECT rui.gridmap(i, ST_MakeEnvelope(118 + i, 32, 119 + i, 33, 4326)) FROM generate_series(1, 3) i)', '(SELECT rui.gridmap(-9223372036854775808, ST_MakeEnvelope(-180, -90, 180, 90, 4326)))',
	'(SELECT rui.gridmap(1, ''SRID=4326;MULTIPOLYGON EMPTY''))', '(SELECT rui.gridmap(i, ''SRID=4326;POLYGON((0 0,1 1,0 1,1 0,0 0))'') FROM generate_series(1, 2) i)', '(SELECT rui.gridmap(1, ''SRID=4326;POLYGON((0 0,1e-300 0,0 1e-300,0 0))''))']) v;
INSERT INTO word SELECT 'numeric[]', v FROM unnest(ARRAY['NULL', '''{}''', '''{1,2,3}''', '''{0,0}''', '''{NULL}''', '''{NaN,Infinity}''', '''{1e37,0.000000000001}''', '''{-1,1}''', '''{{1,2},{3,4}}''', '''{1e100000}''']) v;
INSERT INTO word SELECT 'double precision[]', v FROM unnest(ARRAY['NULL', '''{}''', '''{1,2,3}''', '''{NULL}''', '''{NaN,Infinity,-Infinity}''', '''{1e308,1e308}''', '''{{1,2},{3,4}}''']) v;
INSERT INTO word SELECT 'bytea[]', v FROM unnest(ARRAY['NULL', '''{}''', '''{"",""}''', '''{NULL}''', 'ARRAY[sha256(''''), sha256(''x'')]', '''{{"\\\\x00","\\\\x01"},{"\\\\x02","\\\\x03"}}''', 'array_fill(sha256(''''), ARRAY[100])']) v;
INSERT INTO word SELECT 'tstzmultirange', v FROM unnest(ARRAY['NULL', '''{}''', '''{(,)}''', '''{[2026-01-01,2026-01-02),[2026-01-03,)}''', '''{[-infinity,infinity]}''']) v;
INSERT INTO word SELECT 'cstring', v FROM unnest(ARRAY['NULL', '''''', '''{}''', '''x''', '''null''', 'repeat(''['', 100000)', 'repeat(''{"a":'', 10000)', '''1/0''', '''{"tz":"UTC"}''']) v;
INSERT INTO word SELECT 'numeric', v FROM unnest('{1e100000,-1e100000,1e-16000,99999999999999999999999999999999999999,0.000000000001,0.0000000000001}'::text[]) v;
INSERT INTO word SELECT 'text', v FROM unnest(ARRAY['repeat(''x'', 1000000)', 'repeat(''<&"'', 1000)', '''half_up''', '''actual''', '''resume''', '''sum''', '''close''']) v;
INSERT INTO word SELECT 'jsonb', v FROM unnest(ARRAY['(repeat(''['', 5000) || repeat('']'', 5000))', '(repeat(''{"a":'', 2000) || ''1'' || repeat(''}'', 2000))', '''{"x": {"value": "1e400"}}''', '''{"x": {"value": "4"}}''',
	'''{"from": "1900-01-01T00:00Z", "to": "2200-01-01T00:00Z"}''', '''{"amounts": ["1e30", "-1", "0.0000000000001"]}''', '''{"amounts": ["1", "2"]}''']) v;
INSERT INTO word SELECT 'interval', v FROM unnest(ARRAY['''-178000000 years -1 day''', '''2000000 hours''', '''1 year -1 microsecond''']) v;
INSERT INTO word SELECT 'timestamptz', v FROM unnest(ARRAY['''1900-01-01 00:00+00''', '''2200-12-31 23:59:59.999999+00''', '''2026-03-29 01:30+00''']) v;
INSERT INTO word SELECT 'bigint[]', 'array_fill(1::bigint, ARRAY[2, 2, 2, 2, 2, 2])';
INSERT INTO word SELECT 'geometry'::regtype, v FROM unnest(ARRAY['''SRID=4326;POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))''', '''SRID=4326;POINT(1e308 -1e308)''', 'ST_SetSRID(ST_MakePoint(''Infinity'', 1), 4326)', '''SRID=4326;POLYGON((118 32,118.01 32,118.01 32.01,118 32))''',
	'''SRID=4326;CURVEPOLYGON(CIRCULARSTRING(0 0,4 0,4 4,0 4,0 0))''', '''SRID=4326;TRIANGLE((0 0,0 1,1 1,0 0))''', '''SRID=3857;POINT(0 0)''', '''SRID=4326;POINT ZM (1 1 1 1)''']) v;

-- An aggregate is given a few rows of the same. What takes no value of SQL (internal) is left out.
CREATE TEMP TABLE pure AS
SELECT p.oid, p.proname AS name, p.proargtypes::oid[] AS types, p.proargnames AS names, p.pronargdefaults AS defaults, p.prokind
FROM pg_proc p
WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND (p.prokind = 'a' OR p.prokind = 'f' AND p.provolatile = 'i')
	AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[]) AND has_function_privilege('rui_user', p.oid, 'EXECUTE');
CREATE TEMP TABLE called (name text, role_name text, command text, state text, message text, detail text);
CREATE FUNCTION pg_temp.call_at_random(draws integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	roles CONSTANT name[] := ARRAY(SELECT r.rolname FROM pg_roles r WHERE pg_has_role(r.oid, 'rui_user', 'USAGE') AND r.rolname ~ '^rui_' ORDER BY r.rolname COLLATE "C");
	one record;
	given integer;
	command text;
	role_name text;
	state text;
	message text;
	detail text;
BEGIN
	FOR one IN SELECT p.*, d.n AS turn FROM pure p CROSS JOIN generate_series(1, draws) AS d(n) ORDER BY p.name COLLATE "C", p.oid LOOP
		given := cardinality(one.types) - CASE WHEN random() < 0.3 THEN floor(random() * (one.defaults + 1))::integer ELSE 0 END;
		SELECT format(CASE one.prokind WHEN 'a' THEN 'SELECT length(rui.%I(%s)::text) FROM generate_series(1, 3) AS i' ELSE 'SELECT max(length(x::text)) FROM rui.%I(%s) AS x' END, one.name,
			string_agg(pg_temp.drawn(one.names[n], t.type), ', ' ORDER BY n))
		INTO command FROM unnest(one.types[:given - 1 + array_lower(one.types, 1)]) WITH ORDINALITY AS t(type, n);
		role_name := roles[1 + one.turn % cardinality(roles)];
		BEGIN
			EXECUTE format('SET LOCAL ROLE %I', role_name);
			EXECUTE command;
			RAISE EXCEPTION USING ERRCODE = 'RUUND';
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		END;
		INSERT INTO called VALUES (one.name, role_name, command, state, message, detail);
	END LOOP;
END $$;
INSERT INTO usual VALUES ('task', 'i'), ('worker', 'i'), ('node', 'i'), ('cost', '1'), ('capacity', '2'), ('penalty', '5'), ('load_cost', '0.5'), ('chosen', 'true'),
	('neighbours', '''{}'''), ('load', '1'), ('parts', '3'), ('part', '1'), ('edge_weights', '''{}'''), ('current', '1');
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
SELECT pg_temp.call_at_random(coalesce(nullif(current_setting('call.draws', true), '')::integer, 40)) \g /dev/null
-- Ours name the argument or say what is wrong with it, where the server's own do not.
SELECT is_empty($$SELECT role_name, left(command, 500), state, left(message, 200) FROM called c WHERE pg_temp.is_fault(c.state, c.message, true)
	AND NOT (c.state IN ('22003', '22008') AND (c.message ~ ' at "' OR c.detail <> '')) AND NOT (c.state = '22004' AND c.message ~ '^[a-z_ 0-9-]+ (is null|must be a plain array without nulls)$')$$, 'no call comes upon a fault');
SELECT is_empty('SELECT p.oid::regprocedure FROM pure p WHERE NOT EXISTS (SELECT FROM called c WHERE c.name = p.name)', 'every function was called');
SELECT is_empty($$SELECT c.name FROM called c GROUP BY 1 HAVING count(*) FILTER (WHERE c.state = 'RUUND') = 0$$, 'and answers at times');
SELECT is_empty($$SELECT r.rolname FROM pg_roles r WHERE pg_has_role(r.oid, 'rui_user', 'USAGE') AND r.rolname ~ '^rui_' AND NOT EXISTS (SELECT FROM called c WHERE c.role_name = r.rolname AND c.state = 'RUUND')$$, 'each role');
SELECT cmp_ok((SELECT count(DISTINCT state) FROM called), '>', 5::bigint, 'and its refusals are told apart');
SELECT * FROM finish();
ROLLBACK;
