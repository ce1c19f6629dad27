-- What the commands about tickets, calendars and policies refuse. Every
-- command has one call that works; each test spoils one argument of it and
-- expects the documented SQLSTATE. Afterwards nothing has changed.
BEGIN;
\ir fixture/estate.sql
\ir fixture/content.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w2', 'Other worker') RETURNING id AS worker2 \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)'),
	(:one, :worker2, 'staff', '[2000-01-01,)');
SELECT rui.create_company('alien', 'Alien', 'Alien director') AS alien \gset
SELECT id AS stranger FROM rui.party WHERE company_id = :alien \gset
INSERT INTO rui.project (company_id, code, name) VALUES (:alien, 'three', 'Three') RETURNING id AS three \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:two, :v1, '[2000-01-01,)') RETURNING id AS far_household \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2000-01-01,)') RETURNING id AS household \gset
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]]}}') \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:two, 'repair', '维修', 'Repair'),
	rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes', 'repair', fee_item_code => 'fee'),
	rui.set_ticket_category(:two, 'far', '远', 'Far') \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', '1:00', '2:00', '4:00') AS policy \gset
SELECT rui.set_sla_policy(:two, 'always', '1:00') AS far_policy \gset

-- A ticket in each state, and one in another project.
\set t0 '\'2026-03-09 10:00+08\''
CREATE TEMP TABLE of_state (state text, ticket bigint);
INSERT INTO of_state SELECT s, rui.open_ticket(:one, 'repair', s, at => :t0) FROM unnest(
	'{new,triaged,assigned,accepted,en_route,in_progress,deferred,completed,closed,cancelled,declined,merged}'::text[]) s;
CREATE FUNCTION pg_temp.ticket(wanted text) RETURNS bigint LANGUAGE sql AS $$SELECT ticket FROM of_state WHERE state = wanted$$;
\o /dev/null
SELECT rui.triage_ticket(:one, pg_temp.ticket('triaged'), at => :t0);
SELECT rui.assign_ticket(:one, ticket, :worker, at => :t0) FROM of_state WHERE state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred', 'completed', 'closed');
SELECT rui.accept_ticket(:one, ticket, at => :t0) FROM of_state WHERE state IN ('accepted', 'en_route', 'in_progress', 'deferred', 'completed', 'closed');
SELECT rui.depart_ticket(:one, ticket, at => :t0) FROM of_state WHERE state IN ('en_route', 'in_progress', 'deferred', 'completed', 'closed');
SELECT rui.arrive_ticket(:one, ticket, at => :t0) FROM of_state WHERE state IN ('in_progress', 'deferred', 'completed', 'closed');
SELECT rui.pause_ticket(:one, ticket, 'x', at => :t0) FROM of_state WHERE state = 'deferred';
SELECT rui.complete_ticket(:one, ticket, 'x', at => :t0) FROM of_state WHERE state IN ('completed', 'closed');
SELECT rui.close_ticket(:one, ticket, at => :t0) FROM of_state WHERE state = 'closed';
SELECT rui.cancel_ticket(:one, ticket, 'x', at => :t0) FROM of_state WHERE state = 'cancelled';
SELECT rui.decline_ticket(:one, ticket, 'x', at => :t0) FROM of_state WHERE state = 'declined';
SELECT rui.merge_ticket(:one, ticket, pg_temp.ticket('new'), at => :t0) FROM of_state WHERE state = 'merged';
\o
SELECT rui.open_ticket(:two, 'far', 'x', at => :t0) AS far \gset

-- Calls that work: the arguments of each as SQL.
CREATE TEMP TABLE api (name text, argument text, works text);
CREATE FUNCTION pg_temp.api(name text, VARIADIC arguments text[]) RETURNS void LANGUAGE sql AS $$
	INSERT INTO api SELECT name, split_part(a, '=', 1), substr(a, strpos(a, '=') + 1) FROM unnest(arguments) AS a$$;
\set p 'project_id=' :one
\set t 'at=\'2026-03-09 11:00+08\''
\o /dev/null
SELECT pg_temp.api('open_ticket', :'p', :'t', 'category=''repair''', 'details=''It drips''', 'unit_id=' || :u1,
		'place=''SRID=4326;POINT(118.8 32.05)''::geometry', 'priority=2', 'is_emergency=true', 'source=''call''',
		'household_id=' || :household, 'reporter_id=' || :zhao, 'agreed_resolution=''4:00''', 'request_key=''k'''),
	pg_temp.api('triage_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('new'), 'category=''pipe''', 'priority=2',
		'is_emergency=true', 'request_key=''k'''),
	pg_temp.api('assign_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('triaged'), 'worker_id=' || :worker,
		'reason=''near''', 'request_key=''k'''),
	pg_temp.api('transfer_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('assigned'), 'worker_id=' || :worker2,
		'reason=''ill''', 'request_key=''k''');
SELECT pg_temp.api(a.action || '_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket(a.state), 'request_key=''k''')
FROM (VALUES ('accept', 'assigned'), ('depart', 'accepted'), ('arrive', 'en_route'), ('resume', 'deferred'), ('close', 'completed'))
	AS a(action, state);
SELECT pg_temp.api(a.action || '_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket(a.state), 'reason=''because''', 'request_key=''k''')
FROM (VALUES ('reject', 'assigned'), ('reopen', 'completed'), ('cancel', 'new'), ('decline', 'new'))
	AS a(action, state);
SELECT pg_temp.api('pause_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('in_progress'), 'reason=''because''', 'request_key=''k''',
		'cause=''parts''', 'until_at=''2026-03-09 15:00+08'''),
	pg_temp.api('complete_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('in_progress'), 'outcome=''done''', 'request_key=''k'''),
	pg_temp.api('merge_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('triaged'), 'into_id=' || pg_temp.ticket('new'), 'request_key=''k'''),
	pg_temp.api('rate_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('completed'), 'score=4', 'comment=''good''', 'request_key=''k'''),
	pg_temp.api('call_back_ticket', :'p', :'t', 'ticket_id=' || pg_temp.ticket('completed'), 'is_satisfied=true', 'note=''fine''',
		'request_key=''k'''),
	pg_temp.api('ticket_history', :'p', 'ticket_id=' || pg_temp.ticket('new')),
	pg_temp.api('my_day', :'p', :'t'),
	pg_temp.api('set_ticket_category', :'p', 'code=''leak''', 'name_zh=''漏水''', 'name_en=''Leaks''', 'parent_code=''pipe''',
		'skill=''plumbing''', 'skill_level=2', 'service=''1:00''', 'fee_item_code=''fee''', 'priority=2', 'is_emergency=true'),
	pg_temp.api('set_calendar', :'p', 'code=''site''', 'calendar=''{"tz":"UTC"}''', 'from_at=''2026-03-09''', 'name=''Site'''),
	pg_temp.api('set_contract_level', :'p', 'contract_level=3'),
	pg_temp.api('set_sla_policy', :'p', 'calendar_code=''site''', 'response=''1:00''', 'arrival=''2:00''', 'resolution=''3:00''',
		'contract_level=3', 'category=''pipe''', 'priority=2', 'is_emergency=true', 'resolution_calendar=''always''',
		'judged_by=''wall''', 'escalations=''{1:00,2:00}''', 'escalate_in=''wall''', 'from_at=''2026-03-09''',
		'answer=''0:30''', 'call_back=''48:00''', 'warnings=''{80%,0:10}''', 'notice_calendar=''site'''),
	pg_temp.api('end_sla_policy', :'p', 'policy_id=' || :policy, 'to_at=''2026-03-09''');
\o
CREATE FUNCTION pg_temp.call(command text, spoiled text DEFAULT NULL, value text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT * FROM rui.%I(%s)', command, string_agg(format('%I => %s', argument,
		CASE WHEN argument = spoiled THEN value ELSE works END), ', ')) FROM api WHERE name = command$$;

-- Bad values.
CREATE TEMP TABLE bad (about text, command text, argument text, value text, code text);
-- Null, wherever the declaration has no default of null.
INSERT INTO bad
SELECT 'null', a.name, a.argument, 'NULL', '22004'
FROM api a JOIN pg_proc p ON p.pronamespace = 'rui'::regnamespace AND p.proname = a.name
WHERE a.argument <> 'contract_level' AND pg_get_function_arguments(p.oid) !~ (a.argument || ' [a-z .\[\]]+ DEFAULT NULL');
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code FROM api a JOIN (VALUES
	('an unknown project', 'project_id', '-1', '42501'),
	('a forbidden project', 'project_id', :'three', '42501'),
	('no such ticket', 'ticket_id', '-1', 'P0002'),
	('a ticket of another project', 'ticket_id', :'far', 'P0002'),
	('no such ticket', 'into_id', '-1', 'P0002'),
	('a ticket of another project', 'into_id', :'far', 'P0002'),
	('a closed ticket', 'into_id', pg_temp.ticket('closed')::text, '55000'),
	('itself', 'into_id', pg_temp.ticket('triaged')::text, '22023'),
	('no such party', 'worker_id', '-1', 'P0002'),
	('a party of another company', 'worker_id', :'stranger', 'P0002'),
	('a resident', 'worker_id', :'zhao', '22023'),
	('no such party', 'reporter_id', '-1', 'P0002'),
	('a party of another company', 'reporter_id', :'stranger', 'P0002'),
	('no such unit', 'unit_id', '-1', 'P0002'),
	('a unit of another project', 'unit_id', :'v1', 'P0002'),
	('a unit of somebody else', 'unit_id', :'u2', 'P0002'),
	('no such household', 'household_id', '-1', 'P0002'),
	('a household of another project', 'household_id', :'far_household', 'P0002'),
	('an unknown category', 'category', '''moon''', 'P0002'),
	('a category of another project', 'category', '''far''', 'P0002'),
	('an unknown category', 'parent_code', '''moon''', 'P0002'),
	('a category of another project', 'parent_code', '''far''', 'P0002'),
	('no such policy', 'policy_id', '-1', 'P0002'),
	('a policy of another project', 'policy_id', :'far_policy', 'P0002'),
	('an unknown calendar', 'calendar_code', '''moon''', 'P0002'),
	('an unknown calendar', 'resolution_calendar', '''moon''', 'P0002'),
	('an endless time', 'at', '''infinity''', '22008'),
	('an endless time', 'at', '''-infinity''', '22008'),
	('long ago', 'at', '''1899-12-31''', '22008'),
	('a far future', 'at', '''2201-01-02''', '22008'),
	('an endless time', 'from_at', '''infinity''', '22008'),
	('an endless time', 'from_at', '''-infinity''', '22008'),
	('an endless time', 'to_at', '''infinity''', '22008'),
	('0', 'priority', '0', '22023'), ('6', 'priority', '6', '22023'),
	('0', 'score', '0', '22023'), ('6', 'score', '6', '22023'),
	('0', 'skill_level', '0', '22023'), ('10', 'skill_level', '10', '22023'),
	('0', 'contract_level', '0', '22023'), ('6', 'contract_level', '6', '22023'),
	('a shout', 'code', '''LOUD''', '22023'), ('spaces', 'skill', '''two words''', '22023'),
	('no duration but days', 'agreed_resolution', '''2 days''', '22023'),
	('days that are none', 'service', '''1 day -24:00''', '22023'),
	('more than a month of work', 'service', '''721:00''', '22023'),
	('21 levels', 'escalations', 'array_fill(interval ''1:00'', ''{21}'')', '22023'),
	('levels that do not ascend', 'escalations', '''{1:00,1:00}''', '22023'),
	('21 warnings', 'warnings', 'array_fill(''80%''::text, ''{21}'')', '22023'), ('a hundred percent', 'warnings', '''{100%}''', '22023'),
	('no time before', 'warnings', '''{0:00}''', '22023'), ('a word', 'warnings', '''{soon}''', '22023'),
	('a warning of null', 'warnings', '''{NULL}''', '22023'), ('an unknown calendar', 'notice_calendar', '''moon''', 'P0002'),
	('an unknown cause', 'cause', '''mood''', 'P0002'), ('before it began', 'until_at', '''2026-03-09 11:00+08''', '22023'),
	('for ever', 'until_at', '''infinity''', '22023'),
	('a level of null', 'escalations', '''{1:00,NULL}''', '22004'),
	('a table of levels', 'escalations', '''{{1:00},{2:00}}''', '22023'),
	('a word', 'judged_by', '''mood''', '22023'), ('a word', 'escalate_in', '''style''', '22023'),
	('an unknown source', 'source', '''dream''', '22023'),
	('no JSON', 'calendar', '''{''', '22P02'), ('no calendar', 'calendar', '''{}''', '22023'),
	('an empty key', 'request_key', '''''', '22023'), ('a key too long', 'request_key', 'repeat(''k'', 201)', '22023'),
	('not a number', 'place', '''SRID=4326;POINT(NaN 32)''::geometry', '22003'),
	('infinite', 'place', 'ST_SetSRID(ST_MakePoint(118, ''Infinity''), 4326)', '22003'),
	('infinite', 'place', 'ST_SetSRID(ST_MakePoint(''-Infinity'', 32), 4326)', '22003'),
	('east of the world', 'place', '''SRID=4326;POINT(180.001 32)''::geometry', '22003'),
	('south of the world', 'place', '''SRID=4326;POINT(118 -90.001)''::geometry', '22003'),
	('another SRID', 'place', '''SRID=3857;POINT(118 32)''::geometry', '22023'),
	('no SRID', 'place', '''POINT(118 32)''::geometry', '22023'),
	('nowhere', 'place', '''SRID=4326;POINT EMPTY''::geometry', '22023'),
	('a line', 'place', '''SRID=4326;LINESTRING(118 32, 119 32)''::geometry', '22023'),
	('two points', 'place', '''SRID=4326;MULTIPOINT(118 32, 119 32)''::geometry', '22023'),
	('a height', 'place', '''SRID=4326;POINT Z(118 32 5)''::geometry', '22023'),
	('a measure', 'place', '''SRID=4326;POINT M(118 32 5)''::geometry', '22023')
	) AS b(about, argument, value, code) ON b.argument = a.argument AND NOT (a.argument = 'category' AND a.name = 'set_sla_policy')
	AND NOT (a.name = 'my_day' AND a.argument = 'at');
INSERT INTO bad VALUES ('an unknown category', 'set_sla_policy', 'category', '''moon''', '23503'),
	('a category of another project', 'set_sla_policy', 'category', '''far''', '23503'),
	('a circle', 'set_ticket_category', 'code', '''repair''', '22023'),
	('before its beginning', 'end_sla_policy', 'to_at', '''1899-12-31''', '22008'),
	('free work', 'complete_ticket', 'outcome', '''done'', charge_amount => 5', '22023'),
	('free work', 'complete_ticket', 'outcome', '''done'', charge_waiver => ''x''', '22023'),
	('half a cent', 'complete_ticket', 'outcome', '''done'', charge_amount => 1.005', '22023'),
	('less than nothing', 'complete_ticket', 'outcome', '''done'', charge_amount => -5', '22003'),
	('nothing', 'complete_ticket', 'outcome', '''done'', charge_amount => 0', '22003'),
	('not a number', 'complete_ticket', 'outcome', '''done'', charge_amount => ''NaN''', '22003'),
	('all the money', 'complete_ticket', 'outcome', '''done'', charge_amount => 1e16', '22003'),
	('a blank waiver', 'complete_ticket', 'outcome', '''done'', charge_waiver => '' ''', '22023'),
	('a long waiver', 'complete_ticket', 'outcome', '''done'', charge_waiver => repeat(''x'', 501)', '22001');
-- Texts: empty, blank, too long.
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, b.code
FROM api a CROSS JOIN (VALUES ('empty', '''''', '22023'), ('blank', 'E'' \n\t''', '22023'), ('too long', 'repeat(''x'', 4001)', '22001'))
	AS b(about, value, code)
WHERE a.argument IN ('details', 'reason', 'outcome', 'comment', 'note', 'code', 'name', 'name_zh', 'name_en', 'category', 'calendar_code',
	'resolution_calendar', 'fee_item_code');
-- Durations.
INSERT INTO bad SELECT b.about, a.name, a.argument, b.value, '22023'
FROM api a CROSS JOIN (VALUES ('nothing', '''0'''), ('negative', '''-1:00'''), ('days', '''1 day'''), ('months', '''1 month'''),
	('months less days', '''1 month -30 days'''), ('a century', '''876000:00:00''')) AS b(about, value)
WHERE a.argument IN ('agreed_resolution', 'service', 'answer', 'response', 'arrival', 'resolution', 'call_back');
-- Time: before the last action; before the ticket was opened.
INSERT INTO bad SELECT 'before the last action', a.name, 'at', format('%L::timestamptz - interval ''1 microsecond''', :t0::timestamptz), '22023'
FROM api a WHERE a.argument = 'ticket_id' AND a.name <> 'ticket_history';
-- States: every action from every state that the machine does not let it leave.
INSERT INTO bad SELECT 'in state ' || s.state, a.name, 'ticket_id', s.ticket::text, '55000'
FROM api a CROSS JOIN of_state s
WHERE a.argument = 'ticket_id' AND a.name <> 'ticket_history' AND NOT (a.name = 'assign_ticket' AND s.state = 'new')
	AND NOT (a.name = 'merge_ticket' AND s.state = 'new') -- that would be into itself
	AND NOT EXISTS (SELECT FROM rui.transition t WHERE t.subject = 'ticket' AND t.from_state = s.state AND t.action || '_ticket' = a.name);

SELECT plan((SELECT 3 + 2 * count(DISTINCT name) + (SELECT count(*) FROM bad) FROM api)::integer
	+ (SELECT count(DISTINCT name) FROM api WHERE name NOT IN ('open_ticket', 'reopen_ticket', 'cancel_ticket', 'rate_ticket', 'ticket_history'))::integer
	+ 6);
SELECT is_empty($$
	SELECT p.proname FROM pg_proc p
	WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_' AND p.pronargs > 0
		AND (p.proname ~ '_ticket$|^ticket_' OR p.proname ~ '^(set|end)_(calendar|contract_level|sla_policy|ticket_category)$')
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

-- And for nobody, for a resident, for the executor who states another time.
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(pg_temp.call(name), '42501', NULL, name || ': nobody acts') FROM (SELECT DISTINCT name FROM api) AS n ORDER BY name;
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(pg_temp.call(name), '42501', NULL, name || ': not for residents')
FROM (SELECT DISTINCT name FROM api WHERE name NOT IN ('open_ticket', 'reopen_ticket', 'cancel_ticket', 'rate_ticket', 'ticket_history')) AS n ORDER BY name;
SELECT throws_ok(format('SELECT rui.cancel_ticket(%s, %s, ''x'')', :one, pg_temp.ticket('new')), 'P0002', NULL, 'another''s ticket is not cancelled: it is not there');
SELECT throws_ok(format('SELECT rui.reopen_ticket(%s, %s, ''x'')', :one, pg_temp.ticket('completed')), 'P0002', NULL, 'nor reopened');
SELECT throws_ok(format('SELECT rui.rate_ticket(%s, %s, 5)', :one, pg_temp.ticket('completed')), 'P0002', NULL, 'nor rated');
SELECT throws_ok(format('SELECT * FROM rui.ticket_history(%s, %s)', :one, pg_temp.ticket('completed')), 'P0002', NULL, 'nor looked into');
SELECT set_config('rui.party_id', :'worker', true) \gset hidden_
SELECT throws_ok(pg_temp.call('accept_ticket'), '42501', NULL, 'an executor states no other time');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.accept_ticket(%s, %s, at => now() + interval ''6 minutes'')', :one, pg_temp.ticket('assigned')),
	'42501', NULL, 'nor does a manager');
SELECT is(pg_temp.content(), :'before', 'nothing has changed');
SELECT * FROM finish();
ROLLBACK;
