-- Holidays as rows: what the platform knows, loading a later notice, rights,
-- the calendar made of them, and clocks over a holiday worked out by hand.
BEGIN;
SELECT plan(70);
\ir fixture/estate.sql

-- What is known ---------------------------------------------------------------

SELECT results_eq($$SELECT notice_year, count(*) FILTER (WHERE is_off), count(*) FILTER (WHERE NOT is_off)
	FROM rui.holiday WHERE country = 'CN' GROUP BY 1 ORDER BY 1$$,
	$$VALUES (2007, 24::bigint, 8::bigint), (2008, 29, 6), (2009, 27, 6), (2010, 29, 8), (2011, 29, 5), (2012, 27, 7), (2013, 29, 12),
		(2014, 22, 5), (2015, 26, 5), (2016, 24, 6), (2017, 24, 5), (2018, 23, 6), (2019, 24, 7), (2020, 30, 7), (2021, 31, 7),
		(2022, 31, 7), (2023, 27, 7), (2024, 28, 8), (2025, 28, 5), (2026, 33, 6)$$,
	'twenty notices: days off and make-up days');
SELECT is((SELECT count(*) FROM rui.holiday), 678::bigint, 'and nothing else');
SELECT results_eq($$SELECT day FROM rui.holiday WHERE notice_year <> extract(year FROM day) ORDER BY 1$$,
	$$VALUES ('2006-12-30'::date), ('2006-12-31'), ('2007-12-29'), ('2007-12-30'), ('2007-12-31'), ('2011-12-31'),
		('2018-12-29'), ('2018-12-30'), ('2018-12-31'), ('2022-12-31')$$, 'ten days of December are in the next year''s notice');
SELECT results_eq($$SELECT to_char(day, 'MM-DD'), name, is_off FROM rui.holiday WHERE notice_year = 2026 AND day >= '2026-09-01' ORDER BY day$$,
	$$VALUES ('09-20', '国庆节', false), ('09-25', '中秋节', true), ('09-26', '中秋节', true), ('09-27', '中秋节', true),
		('10-01', '国庆节', true), ('10-02', '国庆节', true), ('10-03', '国庆节', true), ('10-04', '国庆节', true),
		('10-05', '国庆节', true), ('10-06', '国庆节', true), ('10-07', '国庆节', true), ('10-10', '国庆节', false)$$, 'the autumn of 2026');
SELECT results_eq($$SELECT day FROM rui.holiday WHERE NOT is_off AND extract(isodow FROM day) < 6$$, $$VALUES ('2020-02-03'::date)$$,
	'one weekday was declared a working day: the first after the extended Spring Festival');

-- Loading -----------------------------------------------------------------------

CREATE FUNCTION pg_temp.content() RETURNS text LANGUAGE sql AS
$$SELECT count(*) || md5(string_agg(h::text, E'\n' ORDER BY country, day)) FROM rui.holiday h$$;
-- An element, with some members changed or, when null, left out.
CREATE FUNCTION pg_temp.element(change jsonb DEFAULT '{}', gone text DEFAULT '') RETURNS jsonb LANGUAGE sql AS
$$SELECT ('{"day": "2027-01-01", "name": "元旦", "is_off": true, "notice_year": 2027}'::jsonb || change) - gone$$;
SELECT pg_temp.content() AS before \gset
CREATE FUNCTION pg_temp.refused(elements text, code text, problem text, about text, replacing boolean DEFAULT false) RETURNS SETOF text LANGUAGE sql AS
$$SELECT throws_ok(format('SELECT rui.load_holidays(%s, %L)', elements, replacing), code, problem, about)$$;
-- A good element comes first: it may not stay when a later one is bad.
CREATE FUNCTION pg_temp.bad(change jsonb, code text, problem text, about text) RETURNS SETOF text LANGUAGE sql AS
$$SELECT pg_temp.refused(format('jsonb_build_array(pg_temp.element(''{"day": "2027-01-02"}''), pg_temp.element(%L))', change), code,
	'holidays[1]: ' || problem, about)$$;

SELECT pg_temp.refused('NULL', '22004', 'holidays must not be null', 'null');
SELECT throws_ok($$SELECT rui.load_holidays('[]', NULL)$$, '22004', 'replace must not be null', 'replace null');
SELECT pg_temp.refused('''{}''', '22023', 'holidays is not a JSON array but object', 'no array');
SELECT pg_temp.refused('''[null]''', '22023', 'holidays[0]: the row is not a JSON object', 'a null for an element');
SELECT pg_temp.bad('{"date": 1}', '22023', 'unknown key "date"', 'an unknown key');
SELECT pg_temp.refused('jsonb_build_array(pg_temp.element(''{}'', ''day''))', '22004', 'holidays[0]: day is missing', 'no day');
SELECT pg_temp.bad('{"day": null}', '22004', 'day is missing', 'a null day');
SELECT pg_temp.bad('{"day": "2027-02-29"}', '22007', 'day "2027-02-29" is not a date', 'a day that never comes');
SELECT pg_temp.bad('{"day": "2027-1-1"}', '22007', 'day "2027-1-1" is not a date', 'a date in another form');
SELECT pg_temp.bad('{"day": 20270101}', '22007', 'day "20270101" is not a date', 'a number for a day');
SELECT pg_temp.bad('{"day": "1899-12-31", "notice_year": 1900}', '22008', 'day 1899-12-31 is out of range', 'too early');
SELECT pg_temp.bad('{"name": null}', '22004', 'name is missing', 'no name');
SELECT pg_temp.bad('{"name": " "}', '22023', 'name is empty', 'a blank name');
SELECT pg_temp.bad(jsonb_build_object('name', repeat('节', 101)), '22001', 'name has 101 characters', 'a long name');
SELECT pg_temp.bad('{"is_off": null}', '22004', 'is_off is missing', 'neither off nor working');
SELECT pg_temp.bad('{"is_off": "true"}', '22023', 'is_off is not a boolean but string', 'text for a boolean');
SELECT pg_temp.bad('{"notice_year": null}', '22004', 'notice_year is missing', 'no notice');
SELECT pg_temp.bad('{"notice_year": 2026.5}', '22023', 'notice_year 2026.5 has more than 0 decimals', 'half a year');
SELECT pg_temp.bad('{"notice_year": 20270}', '22003', 'notice_year 20270 is out of range', 'a notice in a far year');
SELECT pg_temp.bad('{"notice_year": 2026}', '22023', 'day 2027-01-01 cannot be in the notice for 2026', 'the notice of an earlier year');
SELECT pg_temp.bad('{"notice_year": 2029}', '22023', 'day 2027-01-01 cannot be in the notice for 2029', 'the notice of a later year');
SELECT pg_temp.bad('{"country": null}', '22023', 'country "" is not two capital letters', 'a null country is not the default');
SELECT pg_temp.bad('{"country": "China"}', '22023', 'country "China" is not two capital letters', 'a name for a country');
SELECT pg_temp.bad('{"day": "2027-01-02"}', '23505', 'day 2027-01-02 is given twice', 'twice the same');
SELECT pg_temp.bad('{"day": "2026-10-10", "notice_year": 2026}', '23505', 'day 2026-10-10 is there already with other facts', 'other facts');
SELECT is(pg_temp.content(), :'before', 'none of these changed anything');
SELECT is(current_setting('role'), 'none', 'nor who acts');

SELECT is(rui.load_holidays('[]'), 0, 'nothing is loaded of nothing');
\set notice '[{"day": "2027-01-01", "name": "元旦", "is_off": true, "notice_year": 2027}, {"day": "2026-12-31", "name": "元旦", "is_off": false, "notice_year": 2027}, {"day": "2027-08-09", "name": "National Day", "is_off": true, "notice_year": 2027, "country": "SG"}]'
SELECT is(rui.load_holidays(:'notice'), 3, 'three days');
SELECT results_eq($$SELECT country, day, name, is_off, notice_year FROM rui.holiday WHERE notice_year = 2027 ORDER BY 1, 2$$,
	$$VALUES ('CN', '2026-12-31'::date, '元旦', false, 2027), ('CN', '2027-01-01', '元旦', true, 2027), ('SG', '2027-08-09', 'National Day', true, 2027)$$,
	'as given');
SELECT pg_temp.content() AS before \gset
SELECT is(rui.load_holidays(:'notice'), 0, 'again: nothing');
SELECT is(rui.load_holidays(:'notice', true), 0, 'nor with replace');
SELECT is(pg_temp.content(), :'before', 'all is as it was');
-- As in 2020: a make-up day becomes a day off, and a day off more is added.
\set later '[{"day": "2026-12-31", "name": "元旦", "is_off": true, "notice_year": 2027}, {"day": "2027-01-01", "name": "元旦", "is_off": true, "notice_year": 2027}, {"day": "2027-01-02", "name": "元旦", "is_off": true, "notice_year": 2027}]'
SELECT pg_temp.refused(quote_literal(:'later'), '23505', 'holidays[0]: day 2026-12-31 is there already with other facts', 'a later notice needs replace');
SELECT is(pg_temp.content(), :'before', 'and changes nothing without');
SELECT is(rui.load_holidays(:'later', true), 2, 'with it one is changed, one is added');
SELECT results_eq($$SELECT day, is_off FROM rui.holiday WHERE country = 'CN' AND notice_year = 2027 ORDER BY 1$$,
	$$VALUES ('2026-12-31'::date, true), ('2027-01-01', true), ('2027-01-02', true)$$, 'what the later one says counts');

-- Rights ------------------------------------------------------------------------

SELECT ok(NOT has_function_privilege('public', 'rui.load_holidays(jsonb, boolean)', 'EXECUTE')
	AND NOT has_function_privilege('rui_user', 'rui.load_holidays(jsonb, boolean)', 'EXECUTE')
	AND NOT has_function_privilege('rui_api', 'rui.load_holidays(jsonb, boolean)', 'EXECUTE')
	AND NOT has_function_privilege('rui_manager', 'rui.load_holidays(jsonb, boolean)', 'EXECUTE'), 'nobody but the owner may load');
SET LOCAL ROLE rui_owner;
SELECT is(rui.load_holidays('[{"day": "2027-01-03", "name": "元旦", "is_off": true, "notice_year": 2027}]'), 1, 'the owner may');
SELECT is(current_user, 'rui_owner', 'and is the owner still');
SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(*) FROM rui.holiday WHERE notice_year <= 2026), 678::bigint, 'everybody reads them');
SELECT ok(rui.is_working_day(rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2026, 2026), '2026-10-10'), 'and makes calendars');
SELECT throws_ok($$SELECT rui.load_holidays('[]')$$, '42501', NULL, 'but does not load');
SELECT throws_ok('DELETE FROM rui.holiday', '42501', NULL, 'nor deletes');
RESET ROLE;

-- The calendar --------------------------------------------------------------------

\set weekly '{"mon": [["09:00", "12:00"], ["13:30", "18:00"]], "tue": [["09:00", "12:00"], ["13:30", "18:00"]], "wed": [["09:00", "12:00"], ["13:30", "18:00"]], "thu": [["09:00", "12:00"], ["13:30", "18:00"]], "fri": [["09:00", "12:00"], ["13:30", "17:00"]]}'
SELECT is(rui.china_calendar('{"tue": [["09:00", "18:00"]], "sun": [["10:00", "11:00"]]}', 2014, 2014)::text,
	'{"tz":"Asia/Shanghai","weekly":{"tue":[["09:00","18:00"]],"sun":[["10:00","11:00"]]},"holidays":["2014-01-01","2014-01-31","2014-02-01","2014-02-02","2014-02-03","2014-02-04","2014-02-05","2014-02-06","2014-04-05","2014-04-07","2014-05-01","2014-05-02","2014-05-03","2014-06-02","2014-09-08","2014-10-01","2014-10-02","2014-10-03","2014-10-04","2014-10-05","2014-10-06","2014-10-07"],"date_hours":{"2014-01-26":"tue","2014-02-08":"tue","2014-05-04":"tue","2014-09-28":"tue","2014-10-11":"tue"}}',
	'the days of the year, make-up days with the first hours of mon to fri');
SET LOCAL datestyle = 'German';
SELECT ok(rui.china_calendar('{"tue": [["09:00", "18:00"]]}', 2014, 2014, 'tue')::text LIKE '%"2014-01-26":"tue"%', 'in any DateStyle');
RESET datestyle;
SELECT results_eq(format($$SELECT d, rui.working_time(rui.china_calendar(%1$L, 2018, 2018, 'fri'), (d || ' 00:00+08')::timestamptz, (d + 1 || ' 00:00+08')::timestamptz)
	FROM unnest('{2018-12-29,2018-12-31,2018-04-06,2018-04-08,2019-01-01}'::date[]) d$$, :'weekly'),
	$$VALUES ('2018-12-29'::date, '6:30'::interval), ('2018-12-31', '0'), ('2018-04-06', '0'), ('2018-04-08', '6:30'), ('2019-01-01', '7:30')$$,
	'days count by their date, whichever notice they are in; the year after is an ordinary one');
SELECT throws_ok($$SELECT rui.china_calendar(NULL, 2026, 2026)$$, '22004', 'weekly must not be null', 'no hours');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["9", "18:00"]]}', 2026, 2026)$$, '22023', 'invalid calendar at "weekly.mon[0][0]"', 'bad hours');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2026, 2025)$$, '22023', 'from_year 2026 is after to_year 2025', 'years backwards');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2026, 2000000000)$$, '22023', 'years 2026 to 2000000000 are out of range', 'too many years');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2004, 2029)$$, '22023',
	'no notice of holidays is loaded for 2004 to 2006, 2028 to 2029', 'years without a notice are named');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2026, 2026, 'Monday')$$, '22023', 'make_up cannot be "Monday"', 'no weekday');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [["09:00", "18:00"]]}', 2026, 2026, 'sun')$$, '22023',
	'weekly has no hours for make-up days: none on sun', 'a weekday without hours');
SELECT throws_ok($$SELECT rui.china_calendar('{"mon": [], "sat": [["09:00", "18:00"]]}', 2026, 2026)$$, '22023',
	'weekly has no hours for make-up days: none on mon to fri', 'none of mon to fri has hours');

-- Clocks by hand ------------------------------------------------------------------

-- National Day 2026: 1 October (Thursday) to 7 October (Wednesday) off; Sunday
-- 20 September and Saturday 10 October are worked instead. Mid-Autumn: 25 to
-- 27 September (Friday to Sunday) off. Hours: Monday to Thursday 09:00-12:00
-- and 13:30-18:00 = 3:00 + 4:30 = 7:30; Friday until 17:00 = 3:00 + 3:30 =
-- 6:30. Make-up days have Friday's hours.
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)');
SELECT rui.set_calendar(:one, 'site', rui.china_calendar(:'weekly', 2026, 2026, 'fri')),
	rui.set_ticket_category(:one, 'repair', '维修', 'Repair'), rui.set_ticket_category(:one, 'long', '大修', 'Long repair'),
	rui.set_ticket_category(:one, 'short', '小修', 'Short repair'),
	rui.set_sla_policy(:one, 'site', resolution => '20:00', category => 'repair'),
	rui.set_sla_policy(:one, 'site', resolution => '40:00', category => 'long'),
	rui.set_sla_policy(:one, 'site', resolution => '5:00', category => 'short') \gset hidden_
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-' || moment || '+08')::timestamptz$$;
CREATE FUNCTION pg_temp.clock(ticket bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'Dy MM-DD HH24:MI'),
		to_char(breach_at AT TIME ZONE 'Asia/Shanghai', 'Dy MM-DD HH24:MI'), on_time,
		CASE judged_by WHEN 'wall' THEN late_wall ELSE late_working END)
	FROM rui.task_clock WHERE task_id = ticket AND target = 'resolution'$$;
-- Opened and begun at the instant.
CREATE FUNCTION pg_temp.begin(project bigint, worker bigint, kind text, moment text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	ticket CONSTANT bigint := rui.open_ticket(project, kind, 'x', at => pg_temp.at(moment));
BEGIN
	PERFORM rui.assign_ticket(project, ticket, worker, at => pg_temp.at(moment)), rui.accept_ticket(project, ticket, at => pg_temp.at(moment)),
		rui.arrive_ticket(project, ticket, at => pg_temp.at(moment));
	RETURN ticket;
END
$$;

-- 20:00 from Wednesday 30 September 16:00, without a pause:
--   Wed 30 Sep  16:00-18:00               2:00   sum  2:00
--   Thu  1 Oct to Wed 7 Oct, off             0         2:00
--   Thu  8 Oct  whole                     7:30         9:30
--   Fri  9 Oct  whole                     6:30        16:00
--   Sat 10 Oct  09:00-12:00               3:00        19:00
--               13:30-14:30               1:00        20:00
SELECT pg_temp.begin(:one, :worker, 'repair', '09-30 16:00') AS t \gset
SELECT is(pg_temp.clock(:t), 'running Sat 10-10 14:30 Sat 10-10 14:30', 'over National Day to the make-up day');
-- Paused on Saturday from 10:15 to 15:00, which takes 10:15-12:00 and
-- 13:30-15:00, 1:45 + 1:30 = 3:15 of working time:
--   until Fri  9 Oct                                  16:00
--   Sat 10 Oct  09:00-10:15               1:15        17:15
--               15:00-17:00               2:00        19:15
--   Sun 11 Oct  closed                       0        19:15
--   Mon 12 Oct  09:00-09:45               0:45        20:00
SELECT rui.pause_ticket(:one, :t, 'part missing', at => pg_temp.at('10-10 10:15')) \gset hidden_
SELECT is(pg_temp.clock(:t), 'paused', 'nothing is due during the pause');
SELECT is((SELECT rui.clock_remaining(c.clock, v.calendar, pg_temp.at('10-10 14:00')) FROM rui.task_clock c
	JOIN rui.working_calendar v ON v.project_id = c.project_id AND v.code = c.calendar_code WHERE c.task_id = :t AND c.target = 'resolution'), '2:45'::interval,
	'20:00 - 17:15 remain');
SELECT rui.resume_ticket(:one, :t, at => pg_temp.at('10-10 15:00')) \gset hidden_
SELECT is(pg_temp.clock(:t), 'running Mon 10-12 09:45 Mon 10-12 09:45', 'the pause moves it over Sunday');
-- Done at 11:00, 1:15 of working time later.
SELECT rui.complete_ticket(:one, :t, 'done', at => pg_temp.at('10-12 11:00')) \gset hidden_
SELECT is(pg_temp.clock(:t), 'stopped Mon 10-12 09:45 Mon 10-12 09:45 f 01:15:00', 'late by 1:15');

-- 5:00 from Friday 9 October 16:00, paused on the make-up day in its closed
-- hours only, which costs nothing:
--   Fri  9 Oct  16:00-17:00               1:00   sum  1:00
--   Sat 10 Oct  09:00-12:00               3:00         4:00
--               pause 12:00-13:30            0         4:00
--               13:30-14:30               1:00         5:00
-- Without make-up day: Mon 12 Oct 09:00-12:00 3:00, 13:30-14:30 1:00.
SELECT pg_temp.begin(:one, :worker, 'short', '10-09 16:00') AS m \gset
SELECT rui.pause_ticket(:one, :m, 'lunch', at => pg_temp.at('10-10 12:00')), rui.resume_ticket(:one, :m, at => pg_temp.at('10-10 13:30')) \gset hidden_
SELECT is(pg_temp.clock(:m), 'running Sat 10-10 14:30 Sat 10-10 14:30', 'a make-up Saturday counts');
SELECT is(rui.due_at(('{"tz": "Asia/Shanghai", "weekly": ' || :'weekly' || '}')::rui.calendar, pg_temp.at('10-09 16:00'), '5:00'),
	pg_temp.at('10-12 14:30'), 'where it is not one it would be Monday');

-- 40:00 from Friday 18 September 16:00, over the make-up day before:
--   Fri 18 Sep  16:00-17:00               1:00   sum  1:00
--   Sat 19 Sep  closed                       0         1:00
--   Sun 20 Sep  whole, make-up day        6:30         7:30
--   Mon 21 Sep to Thu 24 Sep   4 x 7:30 = 30:00       37:30
--   Fri 25 Sep to Sun 27 Sep, off            0        37:30
--   Mon 28 Sep  09:00-11:30               2:30        40:00
SELECT pg_temp.begin(:one, :worker, 'long', '09-18 16:00') AS l \gset
SELECT is(pg_temp.clock(:l), 'running Mon 09-28 11:30 Mon 09-28 11:30', 'a make-up Sunday counts, Mid-Autumn does not');
-- Paused from Thursday 24 September 17:00 over the holiday to Tuesday 29
-- September 08:00: loses Thursday's last hour and Monday's hours.
--   until Thu 24 Sep 17:00     37:30 - 1:00           36:30
--   Tue 29 Sep  09:00-12:00               3:00        39:30
--               13:30-14:00               0:30        40:00
SELECT rui.pause_ticket(:one, :l, 'resident away', at => pg_temp.at('09-24 17:00')), rui.resume_ticket(:one, :l, at => pg_temp.at('09-29 08:00')) \gset hidden_
SELECT is(pg_temp.clock(:l), 'running Tue 09-29 14:00 Tue 09-29 14:00', 'paused across a holiday');

-- Whole working days: 72:00 from Wednesday 30 September 16:00.
--   Wed 30 Sep  16:00-24:00               8:00   sum  8:00
--   Thu  8 Oct and Fri 9 Oct, whole      48:00        56:00
--   Sat 10 Oct  00:00-16:00              16:00        72:00
SELECT results_eq($$SELECT rui.due_at(c, pg_temp.at('09-30 16:00'), '72:00'), rui.add_working_days(c, pg_temp.at('09-30 16:00'), 3, 'same_time')
	FROM rui.china_calendar((SELECT jsonb_object_agg(d, '[["00:00", "24:00"]]'::jsonb) FROM unnest('{mon,tue,wed,thu,fri}'::text[]) d), 2026, 2026) AS k(c)$$,
	$$VALUES (pg_temp.at('10-10 16:00'), pg_temp.at('10-10 16:00'))$$, 'three working days are 72 hours of them');
SELECT * FROM finish();
ROLLBACK;
