-- Crafted text in every argument that takes text, of every public function:
-- what would end a literal, a pattern, a path, a query or a line, what cannot
-- be shown, and what is too long for an index. It is kept, or refused by an error
-- that names it; no function takes it for SQL or for anything else than it is.
-- PGOPTIONS='-c call.seed=0.7 -c call.draws=50' draws others, and more of them.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2026-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT :one, :loader, r.role_code, '[2000-01-01,)' FROM (SELECT DISTINCT role_code FROM rui.role_permission WHERE role_code <> 'loader') r;
\ir fixture/drawn_call.sql
SELECT plan(4);

CREATE TEMP TABLE craft (id integer GENERATED ALWAYS AS IDENTITY, value text);
INSERT INTO craft (value) SELECT v FROM unnest(ARRAY[
	-- SQL, quoted and formatted
	'''', '"', '\', '''''', $q$\'$q$, '$$', '$x$', ''' OR 1 = 1 --', '''; DROP TABLE rui.unit; --', '" OR "" = "', '/*', '*/', '--', ';', 'a'') UNION SELECT session_user --',
	'%s', '%I', '%L', '%1$s', '%1$', '%', '%%', '%n', '%10000000s', '$1', ':x', ':''x''', '{0}', '{{x}}', '{amount}', '${x}', 'pg_catalog.now()', 'rui.unit', 'NULL', 'null', 'DEFAULT',
	-- patterns, paths, words to search for
	'_', 'a%b', '\_', '%\', '(((', '[', '[a-', '*', '+', '?', 'a{2,1}', 'a{99999}', '\1', '(?=', '\Q', '***=', '***:', '(a*)*b', '[[:x:]]', '$', '$.a[*] ? (@.b == 1)', '$.**', '@', '$[', '{a,b}', '{', '{"a', '{{a},{b,c}}',
	'a & b', 'a <-> b', '!', '!!a', 'a:*', '(a |', ':*', '&', '<1>', 'a.b.c', '..', '.', '*.x', '../../etc/passwd', 'file:///x', 'C:\x',
	-- JSON, XML, CSV, URLs
	'{}', '[]', '{"a": 1', '"\u0000"', '\u0000', '{"a": "\u0000"}', '{"a": "\ud800"}', '[1e1000000]', repeat('[', 5000), '<x>', '<![CDATA[', '&amp;', '<script>', ']]>', '=1+1', '@SUM(A1)', 'a,"b', 'a' || E'\n' || 'b', E'\r\n', E'\t',
	'http://x/?a=%00', '%00', '%zz', '\x00', '\000', '\x', '0x00', E'\x01', E'\x1b[2J', E'\x7f', E'\b',
	-- Unicode: turned about, joined, without width, half of a pair, too high, composed
	E'\u202eabc', E'\u2066x\u2069', E'\u200b', E'\u200d', E'\ufeff', E'\u00a0', E'\u3000', E'\u2028', E'\ufffd', E'\uffff', E'\U0010ffff', E'\U0001f600', E'e\u0301', E'\u0130', E'\u1e9e', E'\ufdfa', 'ｘ１', E'\u0301', repeat(E'\u0301', 300), '㐀𠮷',
	-- numbers and times that are none
	'NaN', '-0', '1e400', '1e-400', '１', '٣', '0x1', '1_000', '99999999999999999999', '-9223372036854775809', '0.1.2', '1,5', '2026-02-30', '24:00:01', 'infinity', 'now', 'today', 'epoch', '2026-13', 'P1Y', '00000000-0000-0000-0000-000000000000',
	'Europe/', 'posixrules', 'UTC+25', 'C', 'POSIX', 'zh-x-y', 'en_US',
	-- too long: alike, and with nothing to be left out
	repeat('x', 10000), repeat(' ', 10000), repeat('管', 10000), (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 320) g), repeat('a ', 5000), repeat('(', 10000), repeat('%', 10000), repeat('''', 10000)]) v;
CREATE TEMP TABLE much AS SELECT $x$'"$$ %s %I %L $1 {x} (*[a- :&|! <-> $.@ */ -- ;\$x$ AS value;
CREATE TEMP TABLE called (oid oid, name text, argument text, is_definer boolean, command text, state text, message text);
CREATE FUNCTION pg_temp.call_crafted(project bigint, company bigint, draws integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
	crafted text;
	command text;
	state text;
	message text;
BEGIN
	FOR one IN SELECT a.*, t.n, t.type, a.names[t.n] AS argument
		FROM api a CROSS JOIN LATERAL unnest(a.types) WITH ORDINALITY AS t(type, n) CROSS JOIN generate_series(1, draws)
		WHERE t.type IN ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype, 'name'::regtype) ORDER BY a.name, a.oid, t.n LOOP
		-- Much at once, as often as one of them.
		SELECT quote_literal(CASE WHEN random() < 0.5 THEN (SELECT m.value FROM much m) ELSE c.value END) INTO crafted FROM craft c ORDER BY random() LIMIT 1;
		crafted := format(CASE WHEN one.type = 'text[]'::regtype THEN 'ARRAY[%s]' WHEN one.type <> 'jsonb'::regtype THEN '%s'
			ELSE (ARRAY['to_jsonb(%1$s::text)', 'jsonb_build_object(%1$s, %1$s)', 'jsonb_build_array(jsonb_build_object(%1$s, 1))',
				'jsonb_build_array(jsonb_build_object(''code'', %1$s, ''name'', %1$s))'])[1 + floor(random() * 4)::integer] END, crafted);
		SELECT format('SELECT count(*) FROM rui.%I(%s) AS x', one.name, string_agg(CASE
			WHEN t.n = one.n THEN crafted || '::' || format_type(one.type, NULL)
			WHEN t.n = 1 AND one.first_name = 'project_id' THEN project::text
			WHEN t.n = 1 AND one.first_name = 'company_id' THEN company::text
			-- What is usual, so that the call comes to the text.
			ELSE coalesce((SELECT u.value FROM usual u WHERE u.name = one.names[t.n] AND t.type NOT IN ('interval'::regtype, 'interval[]'::regtype, 'jsonb'::regtype)
				ORDER BY random() LIMIT 1), pg_temp.drawn(one.names[t.n], t.type)) || '::' || format_type(t.type, NULL) END, ', ' ORDER BY t.n))
		INTO command FROM unnest(one.types) WITH ORDINALITY AS t(type, n);
		BEGIN
			SET LOCAL ROLE rui_manager;
			EXECUTE command;
			SET CONSTRAINTS ALL IMMEDIATE;
			RAISE EXCEPTION USING ERRCODE = 'RUUND';
		EXCEPTION WHEN OTHERS OR query_canceled OR assert_failure THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
		END;
		INSERT INTO called VALUES (one.oid, one.name, one.argument, one.prosecdef, command, state, message);
	END LOOP;
END $$;
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
SELECT pg_temp.call_crafted(:one, :company, coalesce(nullif(current_setting('call.draws', true), '')::integer, 1)) \g /dev/null
SELECT is_empty($$SELECT name, argument, left(command, 300), state, message FROM called c WHERE pg_temp.is_fault(c.state, c.message, c.is_definer)
	-- Of a limit of the server that no argument is named by.
	OR c.state = '54000' AND c.message ~ '^(index row|string is too long|word is too long)'$$, 'no text comes upon a fault');
SELECT is_empty($$SELECT name, argument, left(command, 300), message FROM called c WHERE c.state ~ '^22P0' AND coalesce(obj_description(c.oid, 'pg_proc'), '') !~ c.state$$,
	'none is read as something else than the comment says');
SELECT cmp_ok((SELECT count(DISTINCT (name, argument)) FROM called), '>', 550::bigint, 'every text was given');
SELECT cmp_ok((SELECT count(*) FROM called WHERE state IN ('RUUND', 'P0002')), '>', 120::bigint, 'many come to where it is kept or looked up');
SELECT * FROM finish();
ROLLBACK;
