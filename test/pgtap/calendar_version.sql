-- Calendars of a project and their versions.
BEGIN;
SELECT plan(19);
\ir fixture/estate.sql
\set hours '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]]}}'
\set longer '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","20:00"]]}}'
CREATE TEMP VIEW version AS SELECT array_agg(valid ORDER BY valid)::text AS periods, count(*)
FROM rui.calendar_version WHERE code = 'site';

SELECT rui.set_calendar(:one, 'site', :'hours') AS first \gset
SELECT is((SELECT (id, name, valid, calendar)::text FROM rui.calendar_version WHERE code = 'site'),
	format('(%s,site,"(,)","{""tz"":""Asia/Shanghai"",""weekly"":{""mon"":[[""09:00"",""18:00""]]}}")', :first),
	'the first version holds since ever');
SELECT is(rui.set_calendar(:one, 'site', :'hours'), :first::bigint, 'setting the same again changes nothing');
SELECT is((SELECT count FROM version), 1::bigint, 'there is still one');
SELECT is(rui.set_calendar(:one, 'site', :'longer', '2020-03-01 00:00+08', 'Site hours') > :first, true, 'a second version');
SELECT is((SELECT periods FROM version),
	ARRAY[tstzrange(NULL, '2020-03-01 00:00+08'), tstzrange('2020-03-01 00:00+08', NULL)]::text, 'ends the first where it begins');
SELECT rui.set_calendar(:one, 'site', :'hours', now() + interval '1 day') \gset hidden_
SELECT is((SELECT name FROM rui.calendar_version WHERE code = 'site' ORDER BY valid DESC LIMIT 1), 'Site hours',
	'without a name the former one stays');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', %L, now())$$, :one, :'longer'), '22023', NULL,
	'a version before the newest is an error');
SELECT is((SELECT count FROM version), 3::bigint, 'and changes nothing');

SELECT throws_ok(format($$SELECT rui.set_calendar(NULL, 'site', %L)$$, :'hours'), '22004');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, NULL, %L)$$, :one, :'hours'), '22004');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', NULL)$$, :one), '22004');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'Site hours', %L)$$, :one, :'hours'), '22023', NULL, 'no code');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, repeat('s', 41), %L)$$, :one, :'hours'), '22001', NULL, 'a long code');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', '{"tz":"Mars/Olympus"}')$$, :one), '22023', NULL, 'a bad calendar');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', '{"tz":')$$, :one), '22P02', NULL, 'no JSON');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', %L, 'infinity')$$, :one, :'longer'), '22008', NULL, 'never');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'site', %L, name => ' ')$$, :one, :'longer'), '22023', NULL, 'a blank name');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.set_calendar(:one, 'team', :'hours') \gset hidden_
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'team', %L, now() - interval '1 day')$$, :one, :'longer'), '42501', NULL,
	'changing the past needs set_time');
SELECT throws_ok(format($$SELECT rui.set_calendar(%s, 'team', %L)$$, :two, :'longer'), '42501', NULL, 'in one''s own project only');
SELECT * FROM finish();
ROLLBACK;
