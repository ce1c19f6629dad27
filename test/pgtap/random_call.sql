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
SELECT plan(4);

-- By type, what may be drawn: SQL expressions.
CREATE TEMP TABLE word (type regtype, value text);
INSERT INTO word SELECT 'bigint', v FROM unnest(ARRAY[:'one', :'u1', :'u2', :'v1', :'b1', :'zhao', :'manager', :'loader', '0', '1', '2', '3', '''-1''', '9223372036854775807', '''-9223372036854775808''', 'NULL']) v;
INSERT INTO word VALUES ('bigint', :'two'), ('bigint', :'company');
INSERT INTO word SELECT 'integer', v FROM unnest('{1,2,7,12,31,2026,0,''-1'',2147483647,''-2147483648'',NULL}'::text[]) v;
INSERT INTO word SELECT 'numeric', v FROM unnest('{1,0.5,100,0,''-1'',0.005,1e30,''-1e30'',''NaN'',''Infinity'',NULL}'::text[]) v;
INSERT INTO word SELECT 'double precision', v FROM unnest('{1,0,''-1'',1e300,1e-300,''NaN'',''-Infinity'',NULL}'::text[]) v;
INSERT INTO word SELECT 'boolean', v FROM unnest('{true,false,NULL}'::text[]) v;
INSERT INTO word SELECT 'text', v FROM unnest(ARRAY['NULL', '''''', ''' ''', '''x''', '''en''', '''zh''', '''unit''', '''space''', '''ticket''', '''1-101''', '''manager''',
	'''home''', '''area''', '''fee''', '''water''', '''bank''', '''Europe/Berlin''', '''{}''', '''[]''', '''%_\''', 'E''\x01\n\t''', '''"; DROP TABLE rui.unit; --''', ''''''' OR true --''',
	'''管家''', 'repeat(''长'', 3000)', '''code,name' || E'\n' || 'a,"b''', '''1e999''', '''-1''', '''infinity''', '''2026-02-30''', '''(((''', '''+86 138 0000 0000''']) v;
INSERT INTO word SELECT 'text[]', v FROM unnest(ARRAY['NULL', '''{}''', '''{x}''', '''{NULL}''', '''{1-101,1-102}''', '''{{a,b},{c,d}}''', '''{en,zh,""}''']) v;
INSERT INTO word SELECT 'bigint[]', v FROM unnest(ARRAY['NULL', '''{}''', '''{1}''', '''{NULL}''', '''{-1,9223372036854775807}''', '''{{1,2},{3,4}}''', format('''{%s,%s}''', :'u1', :'v1')]) v;
INSERT INTO word SELECT 'jsonb', v FROM unnest(ARRAY['NULL', '''null''', '''{}''', '''[]''', '''[{}]''', '''[null]''', '''[1]''', '''"x"''', '''1e400''', '''true''', '''{"code": 1}''',
	'''{"code": null}''', '''[{"code": "x", "name": "x"}]''', '''[{"code": {"a": []}, "name": [1], "unit": 5, "amount": "x", "at": "never", "on": "2026-02-30"}]''',
	'''[{"id": 1e30, "unit": "1-101", "amount": -1e30, "value": "NaN", "at": "infinity", "area_m2": "x"}]''', '''{"code": "1-101", "kind": "home"}''',
	'''{"code'''' OR true --": 1}''', '''[{"code": "x"}, {"code": "x"}]''', '''[[[[[]]]]]''', '''{"model": "flat", "amount": "8"}''']) v;
INSERT INTO word SELECT 'timestamptz', v FROM unnest(array_fill('now()'::text, ARRAY[12]) || ARRAY['''2026-01-15 08:00+00''', '''1850-01-01 00:00+00''', '''infinity''', '''-infinity''', '''294276-12-31 23:59+00''', '''4714-11-24 00:00+00 BC''', 'NULL']) v;
INSERT INTO word SELECT 'date', v FROM unnest(ARRAY['''2026-01-01''', '''2026-02-01''', '''2026-02-28''', '''infinity''', '''-infinity''', '''5874897-12-31''', '''4713-01-01 BC''', 'NULL']) v;
INSERT INTO word SELECT 'interval', v FROM unnest(ARRAY['''1 hour''', '''30 days''', '''1 month''', '''0''', '''-1 day''', '''178000000 years''', '''1 microsecond''', 'NULL']) v;
INSERT INTO word SELECT 'interval[]', v FROM unnest(ARRAY['''{30 days,60 days}''', '''{}''', '''{NULL}''', '''{60 days,30 days}''', '''{-1 day}''', 'NULL']) v;
INSERT INTO word SELECT 'tstzrange', v FROM unnest(ARRAY['''[2026-01-01,2026-02-01)''', '''empty''', '''(,)''', '''[infinity,infinity]''', '''[-infinity,2026-01-01)''', 'NULL']) v;
INSERT INTO word SELECT 'daterange', v FROM unnest(ARRAY['''[2026-01-01,2026-02-01)''', '''empty''', '''(,)''', '''[2026-01-01,infinity]''', '''[-infinity,)''', 'NULL']) v;
INSERT INTO word SELECT 'bytea', v FROM unnest(ARRAY['''''', '''\x00ff''', 'NULL', '''\x89504e470d0a''']) v;
INSERT INTO word SELECT 'time', v FROM unnest(ARRAY['''08:00''', '''24:00''', '''00:00''', 'NULL']) v;
INSERT INTO word SELECT 'geometry'::regtype, v FROM unnest(ARRAY['NULL', '''SRID=4326;POINT(118.8005 32.0505)''', '''POINT EMPTY''', '''SRID=4326;POINT EMPTY''', '''SRID=4326;POINT(NaN 0)''', '''POINT(1 1)''', '''SRID=4326;POINT(500 99)''',
	'''SRID=4326;MULTIPOLYGON(((118.8 32.05,118.801 32.05,118.801 32.051,118.8 32.05)))''', '''SRID=4326;POLYGON((0 0,1 1,0 1,1 0,0 0))''', '''SRID=4326;MULTIPOLYGON EMPTY''',
	'''SRID=4326;LINESTRING(118 32,118.1 32)''', '''SRID=4326;GEOMETRYCOLLECTION EMPTY''']) v;
-- By the name of an argument, what is usually given: so most calls come far.
CREATE TEMP TABLE usual (name text, value text);
INSERT INTO usual SELECT n, v FROM (VALUES ('at', 'now()'), ('request_key', 'NULL'), ('lang', '''zh'''), ('reason', '''because'''), ('remark', 'NULL'), ('code', '''c1'''),
	('name', '''Name'''), ('unit_id', :'u1'), ('building_id', :'b1'), ('party_id', :'zhao'), ('payer_id', :'zhao'), ('worker_id', :'manager'), ('month', '''2026-01-01'''),
	('from_on', '''2026-01-01'''), ('to_on', '''2026-02-01'''), ('from_at', '''2026-01-01 00:00+00'''), ('to_at', '''2026-02-01 00:00+00'''), ('amount', '100'), ('preview', 'true'),
	('fee_code', '''fee'''), ('channel', '''cash'''), ('kind', '''home'''), ('place', '''SRID=4326;POINT(118.8005 32.0505)'''), ('as_of', 'now()'), ('valid', '''[2026-01-01,2026-02-01)'''),
	('row_limit', '20'), ('up_to', '20'), ('consumer', '''app'''), ('codes', '''{1-101}'''), ('lease', '''1 minute'''), ('separator', ''','''), ('category', '''repair'''),
	('approve', 'true'), ('dry_run', 'true'), ('purpose', '''audit'''), ('quantity', '1'), ('unit_ids', format('''{%s,%s}''', :'u1', :'u2')), ('party_ids', format('''{%s}''', :'zhao')),
	('space_id', '1'), ('meter_id', '1'), ('ticket_id', '1'), ('plan_id', '1'), ('charge_id', '1'), ('document_id', '1'), ('due_days', '15')) AS u(n, v);
INSERT INTO usual SELECT 'table_name', quote_literal(m.table_name) FROM rui.master_table m;
INSERT INTO usual SELECT DISTINCT 'subject', quote_literal(t.subject) FROM rui.transition t;
CREATE FUNCTION pg_temp.drawn(name text, type oid) RETURNS text
LANGUAGE sql VOLATILE AS $$
SELECT coalesce(
	(SELECT u.value FROM usual u WHERE u.name = drawn.name AND type NOT IN ('interval'::regtype, 'interval[]'::regtype, 'jsonb'::regtype) AND draw.lot < 0.7 ORDER BY random() LIMIT 1),
	(SELECT w.value FROM word w WHERE w.type = (SELECT coalesce(nullif(t.typbasetype, 0), t.oid) FROM pg_type t WHERE t.oid = drawn.type) ORDER BY random() LIMIT 1),
	'NULL') || '::' || format_type(type, NULL)
FROM (SELECT random() AS lot) AS draw
$$;

CREATE TEMP TABLE api AS
SELECT p.oid, p.proname AS name, p.prosecdef, p.prokind, p.proargtypes::oid[] AS types, p.proargnames AS names, p.proargnames[1] AS first_name,
	p.pronargdefaults AS defaults
FROM pg_proc p
WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.provolatile <> 'i' AND p.prorettype <> 'trigger'::regtype
	AND p.prokind = 'f' AND has_function_privilege('rui_user', p.oid, 'EXECUTE');
CREATE TEMP TABLE called (name text, is_definer boolean, role_name text, command text, state text, message text, context text);

-- What only a fault of ours raises, or text that was put into SQL.
CREATE FUNCTION pg_temp.is_fault(state text, message text, is_definer boolean) RETURNS boolean
LANGUAGE sql AS $$
SELECT state ~ '^(XX000|XX002|P0001|P0003|P0004|2F|21|0A|22012|2201|2202[^3]|2200H|22025|22P05|22P06|22000|22005|22011|23502|24|25|26|34|38|39|3F|40|53|54001|57|58)'
	OR state = 'XX001' AND message !~ '^row image ' OR state ~ '^42' AND state <> '42501'
	OR state = '42501' AND is_definer AND message ~ '^permission denied for'
	-- Errors of the server that name no argument.
	OR state ~ '^(22008|22003)' AND message ~ '^(timestamp|date|interval)( out of range|s cannot)' OR state = '23514' AND message ~ '^new row'
	OR state = '22004' AND message !~ ' must not be null$'
$$;
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
