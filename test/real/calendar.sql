-- Twenty years of Chinese holidays and make-up days as the government
-- announced them: one calendar, checked date by date; and what the platform
-- knows of them.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/holidays-cn/holidays_cn.csv" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(15);
CREATE TEMP TABLE notice (year int, day date, name text, is_off boolean);
\set csv `cat "$RUI_DATA/holidays-cn/holidays_cn.csv"`
INSERT INTO notice
SELECT c[1]::int, c[2]::date, c[3], c[4]::boolean
FROM regexp_split_to_table(:'csv', E'\r?\n') WITH ORDINALITY l(line, n), LATERAL string_to_array(line, ',') c
WHERE n > 1 AND line <> '';
SELECT is((SELECT count(*) FROM notice), 678::bigint, 'all dates of the notices');

CREATE TEMP TABLE china AS
SELECT format('{"tz":"Asia/Shanghai","weekly":{%s},"holidays":%s,"date_hours":%s}',
	(SELECT string_agg(format('"%s":[["09:00","12:00"],["13:00","18:00"]]', d), ',') FROM unnest(ARRAY['mon', 'tue', 'wed', 'thu', 'fri']) d),
	(SELECT jsonb_agg(day) FROM notice WHERE is_off), (SELECT jsonb_object_agg(day, 'mon') FROM notice WHERE NOT is_off))::rui.calendar AS calendar;
CREATE TEMP TABLE expected AS
SELECT d::date AS day, coalesce(NOT n.is_off, extract(isodow FROM d) < 6) AS working
FROM generate_series('2006-12-01'::date, '2027-02-28', '1 day') d LEFT JOIN notice n ON n.day = d::date;

SELECT is_empty('SELECT day FROM expected, china WHERE rui.is_working_day(calendar, day) <> working', 'a date works when the notice says so, else on weekdays');
SELECT is_empty($$SELECT y FROM generate_series(2007, 2026) y, china
	WHERE rui.working_days(calendar, make_date(y, 1, 1), make_date(y + 1, 1, 1)) <>
		(SELECT count(*) FROM expected WHERE working AND extract(year FROM day) = y)$$, 'working days of every year');
SELECT is_empty($$SELECT y FROM generate_series(2007, 2026) y, china
	WHERE rui.working_time(calendar, format('%s-01-01 00:00+08', y)::timestamptz, format('%s-01-01 00:00+08', y + 1)::timestamptz) <>
		(SELECT count(*) FROM expected WHERE working AND extract(year FROM day) = y) * interval '8 hours'$$, 'eight hours a working day');
SELECT is((SELECT count(*) FROM expected e, china, LATERAL (
		SELECT x.day FROM expected x WHERE x.working AND x.day > e.day ORDER BY x.day OFFSET 4 LIMIT 1) fifth
	WHERE rui.add_working_days(calendar, (e.day + time '10:00') AT TIME ZONE 'Asia/Shanghai', 5)
		<> (fifth.day + time '18:00') AT TIME ZONE 'Asia/Shanghai'), 0::bigint, 'the close of the fifth working day');
-- Announced on 2020-01-27: the Spring Festival was extended to 2 February.
SELECT is((SELECT rui.due_at(calendar, '2020-01-23 17:00+08', '8 hours') FROM china), '2020-02-03 17:00+08'::timestamptz, 'over the extended Spring Festival');
SELECT results_eq($$SELECT DISTINCT l.day FROM china,
		rui.explain_due(calendar, '2026-01-01 00:00+08', '2000 hours') e,
		LATERAL (SELECT (lower(e.period) AT TIME ZONE 'Asia/Shanghai')::date AS day) l
	WHERE e.reason = 'make_up_day' ORDER BY 1$$,
	'SELECT day FROM notice WHERE NOT is_off AND extract(year FROM day) = 2026 ORDER BY day', 'the make-up days a whole year''s explanation names');

-- The platform's own table says the same, row by row.
SELECT is_empty($$SELECT 'CN', day, name, is_off, year FROM notice EXCEPT SELECT country, day, name, is_off, notice_year FROM rui.holiday$$,
	'the table has every row of the notices');
SELECT is_empty($$SELECT country, day, name, is_off, notice_year FROM rui.holiday EXCEPT SELECT 'CN', day, name, is_off, year FROM notice$$,
	'and no other');
-- Other hours on every weekday, so that a wrong weekday shows. Days outside
-- of the years asked for are ordinary ones.
CREATE TEMP TABLE platform AS
SELECT weekly, rui.china_calendar(weekly, 2007, 2026) AS calendar, rui.china_calendar(weekly, 2007, 2026, 'thu') AS thursdays
FROM (SELECT jsonb_object_agg(w.weekday, jsonb_build_array(jsonb_build_array('09:00', to_char(time '13:00' + w.n * interval '1 hour', 'HH24:MI')))) AS weekly
	FROM unnest('{mon,tue,wed,thu,fri}'::text[]) WITH ORDINALITY w(weekday, n)) k;
CREATE TEMP TABLE day_hours AS
SELECT d.day, coalesce(NOT n.is_off, extract(isodow FROM d.day) < 6) AS working,
	CASE WHEN n.is_off OR n.is_off IS NULL AND extract(isodow FROM d.day) > 5 THEN interval '0'
		ELSE interval '4 hours' + interval '1 hour' * CASE WHEN n.is_off IS NULL THEN extract(isodow FROM d.day) ELSE 1 END END AS hours,
	n.is_off IS FALSE AS make_up
FROM (SELECT generate_series('2006-12-01'::date, '2027-02-28', '1 day')::date AS day) d
LEFT JOIN notice n ON n.day = d.day AND n.day BETWEEN '2007-01-01' AND '2026-12-31';
SELECT is((SELECT count(*) FROM day_hours WHERE day BETWEEN '2007-01-01' AND '2026-12-31'), 7305::bigint, 'all dates of twenty years');
SELECT is_empty('SELECT day FROM day_hours, platform WHERE rui.is_working_day(calendar, day) <> working',
	'the platform''s calendar works on the dates on which the notices say so');
SELECT is_empty($$SELECT day FROM day_hours, platform WHERE hours <> rui.working_time(calendar,
		day::timestamp AT TIME ZONE 'Asia/Shanghai', (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')$$,
	'the hours of every date: make-up days have those of Monday');
SELECT is_empty($$SELECT day FROM day_hours, platform
	WHERE rui.working_time(thursdays, day::timestamp AT TIME ZONE 'Asia/Shanghai', (day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
		<> CASE WHEN make_up THEN interval '8 hours' ELSE hours END$$, 'or of the weekday that is asked for');
SELECT is_empty($$SELECT y FROM generate_series(2007, 2026) y, platform
	WHERE rui.working_time(calendar, format('%s-01-01 00:00+08', y)::timestamptz, format('%s-01-01 00:00+08', y + 1)::timestamptz)
		<> (SELECT sum(hours) FROM day_hours WHERE extract(year FROM day) = y)
	OR rui.working_time(rui.china_calendar(weekly, y, y), format('%s-01-01 00:00+08', y)::timestamptz, format('%s-01-01 00:00+08', y + 1)::timestamptz)
		<> (SELECT sum(hours) FROM day_hours WHERE extract(year FROM day) = y)$$,
	'working time of every year, also by the calendar of that year alone');
SELECT is_empty($$SELECT y FROM generate_series(2007, 2026) y, platform
	WHERE rui.working_days(calendar, make_date(y, 1, 1), make_date(y + 1, 1, 1))
		<> (SELECT count(*) FROM day_hours WHERE working AND extract(year FROM day) = y)$$, 'working days of every year');
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with holidays-cn'
\endif
