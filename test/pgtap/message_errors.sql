-- What the commands about messages refuse. Every command has one call that
-- works; each test spoils one argument of it and expects the documented
-- SQLSTATE. Afterwards nothing has changed.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir fixture/estate.sql
\ir fixture/content.sql
\ir fixture/message.sql
SELECT rui.create_company('alien', 'Alien', 'Alien director') AS alien \gset
SELECT id AS stranger FROM rui.party WHERE company_id = :alien \gset
INSERT INTO rui.project (company_id, code, name) VALUES (:alien, 'three', 'Three') RETURNING id AS three \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:two, :v1, '[2000-01-01,)') RETURNING id AS far_household \gset
SELECT rui.set_message_kind(:two, 'far', '远', 'Far', '{}', '{sms}'), rui.set_message_channel(:two, 'sms'),
	rui.set_message_kind(:one, 'mute', '哑', 'Mute', '{}', '{email}') \gset hidden_
SELECT rui.set_message_template(:two, 'far', 'sms', 'zh', 'x', from_at => '2026-01-01') \gset hidden_
SELECT rui.send_message(:two, 'far', :zhao, at => '2026-03-09 10:00+08') AS far \gset
SELECT batch_id AS far_batch FROM rui.message WHERE id = :far \gset
SELECT rui.send_message(:one, 'repair', :loader, '{"day": "x"}', at => '2026-03-09 10:00+08') AS mine,
	rui.send_message(:one, 'repair', :zhao, '{"day": "x"}', at => '2026-03-09 10:00+08') AS zhaos \gset
SELECT rui.plan_messages(:one, 'repair', '{"project": true}', '{"day": "x"}', at => '2026-03-09 10:00+08') AS batch \gset
SELECT rui.send_message(:one, 'repair', :sun, '{"day": "x"}', at => '2026-03-09 10:00+08') AS gone \gset
SELECT rui.cancel_messages(:one, (SELECT batch_id FROM rui.message WHERE id = :gone), 'x', '2026-03-09 10:00+08') \gset hidden_

CREATE TEMP TABLE api (name text, argument text, works text);
CREATE FUNCTION pg_temp.api(name text, VARIADIC arguments text[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO api SELECT name, split_part(a, '=', 1), substr(a, strpos(a, '=') + 1) FROM unnest(arguments) AS a$$;
\set p 'project_id=' :one
\set t 'at=\'2026-03-09 11:00+08\''
\o /dev/null
SELECT pg_temp.api('set_message_setting', :'p', 'calendar_code=''waking''', 'lang=''en''', 'budget=10', 'budget_in=''day''', 'reserved=3'),
	pg_temp.api('set_message_channel', :'p', 'channel=''sms''', 'throttle=10', 'throttle_in=''1:00''', 'lease=''0:05''', 'max_attempts=3',
		'backoff=''0:02''', 'is_active=false'),
	pg_temp.api('set_message_kind', :'p', 'code=''dues''', 'name_zh=''欠费''', 'name_en=''Dues''', 'parameters=''{amount}''', 'channels=''{sms,email}''',
		'is_critical=false', 'is_emergency=false', 'budget=3', 'budget_in=''day''', 'lifetime=''24:00''', 'is_internal=true'),
	pg_temp.api('set_message_template', :'p', 'kind_code=''repair''', 'channel=''wechat''', 'lang=''en''', 'body=''{unit}: {day}''', 'title=''Repair''',
		'from_at=''2026-03-09'''),
	pg_temp.api('set_message_opt_out', :'p', 'is_out=true', 'kind_code=''news''', 'channel=''sms''', 'for_party=' || :zhao, :'t'),
	pg_temp.api('set_message_language', :'p', 'lang=''en''', 'for_party=' || :zhao),
	pg_temp.api('send_message', :'p', 'kind_code=''repair''', 'recipient_id=' || :zhao, 'parameters=''{"day": "x"}''', 'dedupe_key=''k''',
		'from_at=''2026-03-10''', :'t'),
	pg_temp.api('send_messages', :'p', 'kind_code=''repair''', 'audience=''{"project": true}''', 'parameters=''{"day": "x"}''', 'dedupe_key=''k''',
		'from_at=''2026-03-10''', :'t'),
	pg_temp.api('plan_messages', :'p', 'kind_code=''repair''', 'audience=''{"project": true}''', 'parameters=''{"day": "x"}''', 'dedupe_key=''k''',
		'from_at=''2026-03-10''', :'t'),
	pg_temp.api('continue_messages', :'p', 'batch_id=' || :batch, 'up_to=1', :'t'),
	pg_temp.api('cancel_messages', :'p', 'batch_id=' || :batch, 'reason=''wrong''', :'t'),
	pg_temp.api('take_messages', :'p', 'channel=''wechat''', 'up_to=1', 'gateway=''g''', :'t'),
	pg_temp.api('acknowledge_messages', :'p', 'outcomes=''[{"message_id": 1, "attempt": 1, "outcome": "sent"}]''', :'t'),
	pg_temp.api('acknowledge_message', :'p', 'message_id=' || :mine, 'attempt=1', 'outcome=''failed''', 'reason=''x''', 'reference=''y''', :'t'),
	pg_temp.api('revive_messages', :'p', 'message_ids=''{1}''', :'t'),
	pg_temp.api('my_messages', :'p', 'from_at=''2026-01-01''', 'to_at=''infinity'''),
	pg_temp.api('adopt_escalation_messages', :'p', 'channels=''{sms,wechat}''', :'t'),
	pg_temp.api('adopt_invoice_messages', :'p', 'channels=''{sms,wechat}''', :'t'),
	pg_temp.api('set_consent_messages', :'p', 'purpose=''marketing''', 'kind_codes=''{news}''', :'t'),
	pg_temp.api('mark_message_read', :'p', 'message_id=' || :mine, :'t');
\o
CREATE FUNCTION pg_temp.call(command text, spoiled text DEFAULT NULL, value text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT * FROM rui.%I(%s)', command, string_agg(format('%I => %s', argument,
		CASE WHEN argument = spoiled THEN value ELSE works END), ', ')) FROM api WHERE name = command$$;

CREATE TEMP TABLE bad (about text, command text, argument text, value text, code text);
INSERT INTO bad
SELECT 'null', a.name, a.argument, 'NULL', '22004'
FROM api a JOIN pg_proc p ON p.pronamespace = 'rui'::regnamespace AND p.proname = a.name
-- A project need not have a budget over all kinds.
WHERE pg_get_function_arguments(p.oid) !~ (a.argument || ' [a-z .\[\]]+ DEFAULT NULL') AND NOT (a.name = 'set_message_setting' AND a.argument = 'budget');
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code FROM api a JOIN (VALUES
	('an unknown project', 'project_id', '-1', '42501'),
	('a forbidden project', 'project_id', :'three', '42501'),
	('an endless time', 'at', '''infinity''', '22008'), ('long ago', 'at', '''1899-12-31''', '22008'), ('a far future', 'at', '''2201-01-02''', '22008'),
	('no such party', 'recipient_id', '-1', 'P0002'), ('a party of another company', 'recipient_id', :'stranger', 'P0002'),
	('no such party', 'for_party', '-1', 'P0002'), ('a party of another company', 'for_party', :'stranger', 'P0002'),
	('no such kind', 'kind_code', '''moon''', 'P0002'), ('a kind of another project', 'kind_code', '''far''', 'P0002'),
	('no such batch', 'batch_id', '-1', 'P0002'), ('a batch of another project', 'batch_id', :'far_batch', 'P0002'),
	('an unknown calendar', 'calendar_code', '''moon''', 'P0002'),
	('an unknown language', 'lang', '''fr''', '22023'),
	('an unknown channel', 'channel', '''pigeon''', '22023'),
	('an empty list', 'channels', '''{}''', '22023'), ('a channel twice', 'channels', '''{sms,sms}''', '22023'),
	('an unknown channel', 'channels', '''{sms,pigeon}''', '22023'), ('a channel of null', 'channels', '''{NULL}''', '22023'),
	('a parameter twice', 'parameters', '''{a,a}''', '22023'),
	('nothing', 'up_to', '0', '22023'), ('very many', 'up_to', '1000001', '22023'),
	('nothing', 'throttle', '0', '22023'), ('nothing', 'max_attempts', '0', '22023'), ('21', 'max_attempts', '21', '22023'),
	('nothing', 'budget', '0', '22023'), ('very many', 'budget', '1001', '22023'), ('a year', 'budget_in', '''year''', '22023'),
	('less than none', 'reserved', '-1', '22023'), ('more than there are', 'reserved', '11', '22023'),
	('a shout', 'code', '''LOUD''', '22023'), ('any', 'code', '''any''', '22023'),
	('a stray brace', 'body', '''{''', '22023'), ('a stray brace', 'title', '''}''', '22023'), ('a placeholder unknown', 'body', '''{amount}''', '22023'),
	('a placeholder unknown', 'title', '''{amount}''', '22023'), ('before its beginning', 'from_at', '''1899-12-31''', '22008'),
	('a list', 'outcomes', '''{}''', '22023'), ('an empty list', 'outcomes', '''[]''', '22023'), ('a number', 'outcomes', '''[1]''', '22023'),
	('no attempt', 'outcomes', '''[{"message_id": 1, "outcome": "sent"}]''', '22023'),
	('attempt 0', 'outcomes', '''[{"message_id": 1, "attempt": 0, "outcome": "sent"}]''', '22023'),
	('a word', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "lost"}]''', '22023'),
	('a failure without reason', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "failed"}]''', '22023'),
	('another member', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "sent", "x": 1}]''', '22023'),
	('no time', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "sent", "at": "soon"}]''', '22007'),
	('a future', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "sent", "at": "2026-03-09 11:06+08"}]''', '22023'),
	('a past', 'outcomes', '''[{"message_id": 1, "attempt": 1, "outcome": "sent", "at": "2026-02-01"}]''', '22023'),
	('a word', 'outcome', '''lost''', '22023'), ('0', 'attempt', '0', '22023'), ('a long reason', 'reason', 'repeat(''x'', 501)', NULL),
	('a null in it', 'message_ids', '''{NULL}''', '22004'), ('a null in it', 'kind_codes', '''{NULL}''', '22004'),
	('a critical kind', 'kind_codes', '''{repair}''', 'P0002'), ('of no consent', 'purpose', '''debt''', '22023')
	) AS b(about, argument, value, code) ON b.argument = a.argument
WHERE b.code IS NOT NULL AND NOT (a.argument = 'from_at' AND a.name IN ('my_messages'))
	AND NOT (a.argument = 'lang' AND b.about = 'null') AND NOT (a.argument = 'parameters' AND a.name <> 'set_message_kind');
INSERT INTO bad SELECT b.about, a.name, 'audience', b.value, b.code FROM api a CROSS JOIN (VALUES
	('a list', '''[]''', '22023'), ('nobody', '''{}''', '22023'), ('two', '''{"party": 1, "project": true}''', '22023'),
	('a member unknown', '''{"moon": 1}''', '22023'), ('not the project', '''{"project": false}''', '22023'),
	('no id', '''{"party": "x"}''', '22023'), ('half an id', '''{"party": 1.5}''', '22023'), ('no ids', '''{"party": []}''', '22023'),
	('no such party', '''{"party": -1}''', 'P0002'), ('a party of another company', format('''{"party": %s}''', :stranger), 'P0002'),
	('a household of another project', format('''{"household": %s}''', :far_household), 'P0002'),
	('a unit of another project', format('''{"unit": %s}''', :v1), 'P0002'),
	('a building of another project', format('''{"building": %s}''', :b2), 'P0002'), ('no such grid', '''{"grid": -1}''', 'P0002'),
	('an unknown role', '''{"role": "king"}''', '22023'), ('who is a word', '''{"project": true, "who": "owner"}''', '22023'),
	('who is nobody', '''{"project": true, "who": []}''', '22023'), ('who is a king', '''{"project": true, "who": ["king"]}''', '22023'),
	('reach is a word', '''{"project": true, "reach": "all"}''', '22023'), ('who of parties', '''{"party": 1, "who": ["owner"]}''', '22023'),
	('no geometry', '''{"area": 1}''', '22023'), ('a point', '''{"area": {"type":"Point","coordinates":[1,1]}}''', '22023'),
	('no valid area', '''{"area": {"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}}''', '22023'),
	('outside of the world', '''{"area": {"type":"Polygon","coordinates":[[[0,0],[0,91],[1,0],[0,0]]]}}''', '22023'),
	('each is a word', '''{"each": "x"}''', '22023'), ('each without parameters', format('''{"each": [{"party": %s}]}''', :zhao), '22023'),
	('each names somebody twice', format('''{"each": [{"party": %s, "parameters": {}}, {"party": %1$s, "parameters": {}}]}''', :zhao), '22023'),
	('each names a stranger', format('''{"each": [{"party": %s, "parameters": {}}]}''', :stranger), 'P0002'),
	('each has a parameter too many', format('''{"each": [{"party": %s, "parameters": {"x": 1}}]}''', :zhao), '22023')
	) AS b(about, value, code) WHERE a.argument = 'audience';
INSERT INTO bad SELECT b.about, a.name, 'parameters', b.value, b.code FROM api a CROSS JOIN (VALUES
	('a list', '''[]''', '22023'), ('too few', '''{}''', '22023'), ('too many', '''{"day": "x", "x": 1}''', '22023'), ('an object', '''{"day": {}}''', '22023'),
	('a null', '''{"day": null}''', '22023'), ('a blank', '''{"day": " "}''', '22023'),
	('a book', 'jsonb_build_object(''day'', repeat(''x'', 501))', '22023'), ('too long a text', 'jsonb_build_object(''day'', repeat(''x'', 496))', '22001')
	) AS b(about, value, code) WHERE a.argument = 'parameters' AND a.name <> 'set_message_kind';
-- Texts: empty, blank, too long.
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code
FROM api a CROSS JOIN (VALUES ('empty', '''''', '22023'), ('blank', 'E'' \n\t''', '22023'), ('too long', 'repeat(''x'', 4001)', '22001'))
	AS b(about, value, code)
WHERE a.argument IN ('code', 'name_zh', 'name_en', 'body', 'title', 'kind_code', 'dedupe_key', 'gateway', 'calendar_code', 'channel')
	OR a.argument = 'reason' AND a.name = 'cancel_messages';
-- Durations.
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, '22023'
FROM api a CROSS JOIN (VALUES ('nothing', '''0'''), ('negative', '''-1:00'''), ('days', '''1 day'''), ('months', '''1 month'''),
	('months less days', '''1 month -30 days'''), ('a century', '''876000:00:00''')) AS b(about, value)
WHERE a.argument IN ('throttle_in', 'lease', 'backoff', 'lifetime');
INSERT INTO bad VALUES ('a critical kind', 'set_message_opt_out', 'kind_code', '''repair''', '22023'),
	('a title', 'set_message_template', 'channel', '''sms''', '22023'),
	('an earlier beginning', 'set_message_template', 'channel', '''wechat'', lang => ''zh'', from_at => ''2025-12-31''', NULL),
	('what templates need', 'set_message_kind', 'code', '''repair''', '55000'),
	('an emergency with a budget', 'set_message_kind', 'is_emergency', 'true', '22023'),
	('a parameter of the platform', 'set_message_kind', 'parameters', '''{unit}''', '22023'),
	('no words', 'send_message', 'kind_code', '''mute'', parameters => ''{}''', NULL),
	('in two years', 'send_message', 'from_at', '''2028-03-10''', '22023'),
	('a closed channel', 'take_messages', 'channel', '''push''', '55000'),
	('somebody else''s', 'mark_message_read', 'message_id', :'zhaos', 'P0002'),
	('of another project', 'mark_message_read', 'message_id', :'far', 'P0002'),
	('no such message', 'mark_message_read', 'message_id', '-1', 'P0002'),
	('cancelled already', 'cancel_messages', 'batch_id', (SELECT batch_id::text FROM rui.message WHERE id = :gone), '55000');
DELETE FROM bad WHERE code IS NULL;

SELECT plan((SELECT 2 + 2 * count(DISTINCT name) + (SELECT count(*) FROM bad) FROM api)::integer
	+ (SELECT count(DISTINCT name) FROM api WHERE name NOT IN ('my_messages', 'mark_message_read'))::integer + 4);
SELECT is_empty($$
	SELECT p.proname FROM pg_proc p
	WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.pronargs > 0 AND p.proname ~ 'message'
		AND p.prokind = 'f' -- rui.fill_messages, which commits, refuses what continue_messages does
	EXCEPT SELECT name FROM api$$, 'no command is left out');
SELECT pg_temp.content() AS before \gset

-- First: each call works as it is.
CREATE FUNCTION pg_temp.works(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	problem text;
BEGIN
	BEGIN
		EXECUTE pg_temp.call(command);
		RAISE EXCEPTION 'take it back' USING ERRCODE = 'RU000';
	EXCEPTION WHEN SQLSTATE 'RU000' THEN NULL;
		WHEN OTHERS THEN problem := SQLERRM;
	END;
	RETURN is(problem, NULL, command || ' works');
END
$$;
SELECT pg_temp.works(name) FROM (SELECT DISTINCT name FROM api) AS n ORDER BY name;
SELECT is(pg_temp.content(), :'before', 'and was taken back');

-- Then: spoiled, it does not.
SELECT throws_ok(pg_temp.call(command, argument, value), code, NULL, format('%s: %s %s', command, argument, about))
FROM bad ORDER BY command, argument, about;
SELECT throws_ok(format('SELECT rui.send_message(%s, ''mute'', %s)', :one, :zhao), '55000', 'message kind "mute" has no template on an open channel');

-- And for nobody, for a resident, for who states another time.
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(pg_temp.call(name), '42501', NULL, name || ': nobody acts') FROM (SELECT DISTINCT name FROM api) AS n ORDER BY name;
SELECT set_config('rui.party_id', :'qian', true) \gset hidden_
SELECT throws_ok(pg_temp.call(name), '42501', NULL, name || ': not for residents')
FROM (SELECT DISTINCT name FROM api WHERE name NOT IN ('my_messages', 'mark_message_read')) AS n ORDER BY name;
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.take_messages(%s, ''sms'', 1, ''g'')', :one), '42501', NULL, 'a manager does not see addresses');
SELECT throws_ok(pg_temp.call('send_message'), '42501', NULL, 'nor states another time');
SELECT is(pg_temp.content(), :'before', 'nothing has changed');
SELECT * FROM finish();
ROLLBACK;
