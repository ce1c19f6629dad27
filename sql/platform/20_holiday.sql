-- Public holidays and make-up working days (调休上班) as governments announce
-- them, and the calendar that they make of weekly hours.

CREATE TABLE rui.holiday (
	country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
	day date NOT NULL CHECK (day BETWEEN '1900-01-01' AND '2200-12-31'),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
	is_off boolean NOT NULL,
	notice_year integer NOT NULL,
	CONSTRAINT holiday_pkey PRIMARY KEY (country, day),
	-- The last days of December belong to the holiday of the new year.
	CONSTRAINT holiday_notice_year CHECK (notice_year - extract(year FROM day) IN (0, 1))
);
PERFORM rui._describe('holiday', 'Days off and make-up working days. Of China: all from the notices for 2007 to 2026 of the General Office of the State Council (国务院办公厅关于部分节假日安排的通知). Weekends that no notice names are not listed.',
	'country: Two letters of ISO 3166; CN is China.',
	'day: The date.',
	'name: The holiday it belongs to, as published.',
	'is_off: true: a day off, whatever its weekday; false: a working day, whatever its weekday.',
	'notice_year: The year of the notice it is in: that of day, or the year after, whose notice may name days of December.');
PERFORM rui._declare_table('holiday', 'reference', 'none');

-- The notices as amended: that for 2015 with the days in September added in
-- May, that for 2019 with the longer Labour Day of March, that for 2020 with
-- the Spring Festival extended on 27 January.
INSERT INTO rui.holiday (country, day, name, is_off, notice_year)
SELECT 'CN', d.day, n.name, d.is_off, n.notice_year
FROM (VALUES
	-- year of the notice, holiday, days off (both ends included), make-up days
	(2007, '元旦', '{[2007-01-01,2007-01-03]}', '{2006-12-30,2006-12-31}'),
	(2007, '春节', '{[2007-02-18,2007-02-24]}', '{2007-02-17,2007-02-25}'),
	(2007, '“五一”', '{[2007-05-01,2007-05-07]}', '{2007-04-28,2007-04-29}'),
	(2007, '“十一”', '{[2007-10-01,2007-10-07]}', '{2007-09-29,2007-09-30}'),
	(2008, '元旦', '{[2007-12-30,2008-01-01]}', '{2007-12-29}'),
	(2008, '春节', '{[2008-02-06,2008-02-12]}', '{2008-02-02,2008-02-03}'),
	(2008, '清明节', '{[2008-04-04,2008-04-06]}', '{}'),
	(2008, '“五一”国际劳动节', '{[2008-05-01,2008-05-03]}', '{2008-05-04}'),
	(2008, '端午节', '{[2008-06-07,2008-06-09]}', '{}'),
	(2008, '中秋节', '{[2008-09-13,2008-09-15]}', '{}'),
	(2008, '国庆节', '{[2008-09-29,2008-10-05]}', '{2008-09-27,2008-09-28}'),
	(2009, '元旦', '{[2009-01-01,2009-01-03]}', '{2009-01-04}'),
	(2009, '春节', '{[2009-01-25,2009-01-31]}', '{2009-01-24,2009-02-01}'),
	(2009, '清明节', '{[2009-04-04,2009-04-06]}', '{}'),
	(2009, '劳动节', '{[2009-05-01,2009-05-03]}', '{}'),
	(2009, '端午节', '{[2009-05-28,2009-05-30]}', '{2009-05-31}'),
	(2009, '国庆节、中秋节', '{[2009-10-01,2009-10-08]}', '{2009-09-27,2009-10-10}'),
	(2010, '元旦', '{[2010-01-01,2010-01-03]}', '{}'),
	(2010, '春节', '{[2010-02-13,2010-02-19]}', '{2010-02-20,2010-02-21}'),
	(2010, '清明节', '{[2010-04-03,2010-04-05]}', '{}'),
	(2010, '劳动节', '{[2010-05-01,2010-05-03]}', '{}'),
	(2010, '端午节', '{[2010-06-14,2010-06-16]}', '{2010-06-12,2010-06-13}'),
	(2010, '中秋节', '{[2010-09-22,2010-09-24]}', '{2010-09-19,2010-09-25}'),
	(2010, '国庆节', '{[2010-10-01,2010-10-07]}', '{2010-09-26,2010-10-09}'),
	(2011, '元旦', '{[2011-01-01,2011-01-03]}', '{}'),
	(2011, '春节', '{[2011-02-02,2011-02-08]}', '{2011-01-30,2011-02-12}'),
	(2011, '清明节', '{[2011-04-03,2011-04-05]}', '{2011-04-02}'),
	(2011, '劳动节', '{[2011-04-30,2011-05-02]}', '{}'),
	(2011, '端午节', '{[2011-06-04,2011-06-06]}', '{}'),
	(2011, '中秋节', '{[2011-09-10,2011-09-12]}', '{}'),
	(2011, '国庆节', '{[2011-10-01,2011-10-07]}', '{2011-10-08,2011-10-09}'),
	(2012, '元旦', '{[2012-01-01,2012-01-03]}', '{2011-12-31}'),
	(2012, '春节', '{[2012-01-22,2012-01-28]}', '{2012-01-21,2012-01-29}'),
	(2012, '清明节', '{[2012-04-02,2012-04-04]}', '{2012-03-31,2012-04-01}'),
	(2012, '劳动节', '{[2012-04-29,2012-05-01]}', '{2012-04-28}'),
	(2012, '端午节', '{[2012-06-22,2012-06-24]}', '{}'),
	(2012, '中秋节、国庆节', '{[2012-09-30,2012-10-07]}', '{2012-09-29}'),
	(2013, '元旦', '{[2013-01-01,2013-01-03]}', '{2013-01-05,2013-01-06}'),
	(2013, '春节', '{[2013-02-09,2013-02-15]}', '{2013-02-16,2013-02-17}'),
	(2013, '清明节', '{[2013-04-04,2013-04-06]}', '{2013-04-07}'),
	(2013, '劳动节', '{[2013-04-29,2013-05-01]}', '{2013-04-27,2013-04-28}'),
	(2013, '端午节', '{[2013-06-10,2013-06-12]}', '{2013-06-08,2013-06-09}'),
	(2013, '中秋节', '{[2013-09-19,2013-09-21]}', '{2013-09-22}'),
	(2013, '国庆节', '{[2013-10-01,2013-10-07]}', '{2013-09-29,2013-10-12}'),
	(2014, '元旦', '{[2014-01-01,2014-01-01]}', '{}'),
	(2014, '春节', '{[2014-01-31,2014-02-06]}', '{2014-01-26,2014-02-08}'),
	(2014, '清明节', '{[2014-04-05,2014-04-05],[2014-04-07,2014-04-07]}', '{}'),
	(2014, '劳动节', '{[2014-05-01,2014-05-03]}', '{2014-05-04}'),
	(2014, '端午节', '{[2014-06-02,2014-06-02]}', '{}'),
	(2014, '中秋节', '{[2014-09-08,2014-09-08]}', '{}'),
	(2014, '国庆节', '{[2014-10-01,2014-10-07]}', '{2014-09-28,2014-10-11}'),
	(2015, '元旦', '{[2015-01-01,2015-01-03]}', '{2015-01-04}'),
	(2015, '春节', '{[2015-02-18,2015-02-24]}', '{2015-02-15,2015-02-28}'),
	(2015, '清明节', '{[2015-04-05,2015-04-06]}', '{}'),
	(2015, '劳动节', '{[2015-05-01,2015-05-01]}', '{}'),
	(2015, '端午节', '{[2015-06-20,2015-06-20],[2015-06-22,2015-06-22]}', '{}'),
	(2015, '抗日战争暨世界反法西斯战争胜利70周年纪念日', '{[2015-09-03,2015-09-05]}', '{2015-09-06}'),
	(2015, '中秋节', '{[2015-09-27,2015-09-27]}', '{}'),
	(2015, '国庆节', '{[2015-10-01,2015-10-07]}', '{2015-10-10}'),
	(2016, '元旦', '{[2016-01-01,2016-01-01]}', '{}'),
	(2016, '春节', '{[2016-02-07,2016-02-13]}', '{2016-02-06,2016-02-14}'),
	(2016, '清明节', '{[2016-04-04,2016-04-04]}', '{}'),
	(2016, '劳动节', '{[2016-05-01,2016-05-02]}', '{}'),
	(2016, '端午节', '{[2016-06-09,2016-06-11]}', '{2016-06-12}'),
	(2016, '中秋节', '{[2016-09-15,2016-09-17]}', '{2016-09-18}'),
	(2016, '国庆节', '{[2016-10-01,2016-10-07]}', '{2016-10-08,2016-10-09}'),
	(2017, '元旦', '{[2017-01-01,2017-01-02]}', '{}'),
	(2017, '春节', '{[2017-01-27,2017-02-02]}', '{2017-01-22,2017-02-04}'),
	(2017, '清明节', '{[2017-04-02,2017-04-04]}', '{2017-04-01}'),
	(2017, '劳动节', '{[2017-05-01,2017-05-01]}', '{}'),
	(2017, '端午节', '{[2017-05-28,2017-05-30]}', '{2017-05-27}'),
	(2017, '中秋节、国庆节', '{[2017-10-01,2017-10-08]}', '{2017-09-30}'),
	(2018, '元旦', '{[2018-01-01,2018-01-01]}', '{}'),
	(2018, '春节', '{[2018-02-15,2018-02-21]}', '{2018-02-11,2018-02-24}'),
	(2018, '清明节', '{[2018-04-05,2018-04-07]}', '{2018-04-08}'),
	(2018, '劳动节', '{[2018-04-29,2018-05-01]}', '{2018-04-28}'),
	(2018, '端午节', '{[2018-06-18,2018-06-18]}', '{}'),
	(2018, '中秋节', '{[2018-09-24,2018-09-24]}', '{}'),
	(2018, '国庆节', '{[2018-10-01,2018-10-07]}', '{2018-09-29,2018-09-30}'),
	(2019, '元旦', '{[2018-12-30,2019-01-01]}', '{2018-12-29}'),
	(2019, '春节', '{[2019-02-04,2019-02-10]}', '{2019-02-02,2019-02-03}'),
	(2019, '清明节', '{[2019-04-05,2019-04-05]}', '{}'),
	(2019, '劳动节', '{[2019-05-01,2019-05-04]}', '{2019-04-28,2019-05-05}'),
	(2019, '端午节', '{[2019-06-07,2019-06-07]}', '{}'),
	(2019, '中秋节', '{[2019-09-13,2019-09-13]}', '{}'),
	(2019, '国庆节', '{[2019-10-01,2019-10-07]}', '{2019-09-29,2019-10-12}'),
	(2020, '元旦', '{[2020-01-01,2020-01-01]}', '{}'),
	(2020, '春节', '{[2020-01-24,2020-02-02]}', '{2020-01-19,2020-02-03}'),
	(2020, '清明节', '{[2020-04-04,2020-04-06]}', '{}'),
	(2020, '劳动节', '{[2020-05-01,2020-05-05]}', '{2020-04-26,2020-05-09}'),
	(2020, '端午节', '{[2020-06-25,2020-06-27]}', '{2020-06-28}'),
	(2020, '国庆节、中秋节', '{[2020-10-01,2020-10-08]}', '{2020-09-27,2020-10-10}'),
	(2021, '元旦', '{[2021-01-01,2021-01-03]}', '{}'),
	(2021, '春节', '{[2021-02-11,2021-02-17]}', '{2021-02-07,2021-02-20}'),
	(2021, '清明节', '{[2021-04-03,2021-04-05]}', '{}'),
	(2021, '劳动节', '{[2021-05-01,2021-05-05]}', '{2021-04-25,2021-05-08}'),
	(2021, '端午节', '{[2021-06-12,2021-06-14]}', '{}'),
	(2021, '中秋节', '{[2021-09-19,2021-09-21]}', '{2021-09-18}'),
	(2021, '国庆节', '{[2021-10-01,2021-10-07]}', '{2021-09-26,2021-10-09}'),
	(2022, '元旦', '{[2022-01-01,2022-01-03]}', '{}'),
	(2022, '春节', '{[2022-01-31,2022-02-06]}', '{2022-01-29,2022-01-30}'),
	(2022, '清明节', '{[2022-04-03,2022-04-05]}', '{2022-04-02}'),
	(2022, '劳动节', '{[2022-04-30,2022-05-04]}', '{2022-04-24,2022-05-07}'),
	(2022, '端午节', '{[2022-06-03,2022-06-05]}', '{}'),
	(2022, '中秋节', '{[2022-09-10,2022-09-12]}', '{}'),
	(2022, '国庆节', '{[2022-10-01,2022-10-07]}', '{2022-10-08,2022-10-09}'),
	(2023, '元旦', '{[2022-12-31,2023-01-02]}', '{}'),
	(2023, '春节', '{[2023-01-21,2023-01-27]}', '{2023-01-28,2023-01-29}'),
	(2023, '清明节', '{[2023-04-05,2023-04-05]}', '{}'),
	(2023, '劳动节', '{[2023-04-29,2023-05-03]}', '{2023-04-23,2023-05-06}'),
	(2023, '端午节', '{[2023-06-22,2023-06-24]}', '{2023-06-25}'),
	(2023, '中秋节、国庆节', '{[2023-09-29,2023-10-06]}', '{2023-10-07,2023-10-08}'),
	(2024, '元旦', '{[2024-01-01,2024-01-01]}', '{}'),
	(2024, '春节', '{[2024-02-10,2024-02-17]}', '{2024-02-04,2024-02-18}'),
	(2024, '清明节', '{[2024-04-04,2024-04-06]}', '{2024-04-07}'),
	(2024, '劳动节', '{[2024-05-01,2024-05-05]}', '{2024-04-28,2024-05-11}'),
	(2024, '端午节', '{[2024-06-10,2024-06-10]}', '{}'),
	(2024, '中秋节', '{[2024-09-15,2024-09-17]}', '{2024-09-14}'),
	(2024, '国庆节', '{[2024-10-01,2024-10-07]}', '{2024-09-29,2024-10-12}'),
	(2025, '元旦', '{[2025-01-01,2025-01-01]}', '{}'),
	(2025, '春节', '{[2025-01-28,2025-02-04]}', '{2025-01-26,2025-02-08}'),
	(2025, '清明节', '{[2025-04-04,2025-04-06]}', '{}'),
	(2025, '劳动节', '{[2025-05-01,2025-05-05]}', '{2025-04-27}'),
	(2025, '端午节', '{[2025-05-31,2025-06-02]}', '{}'),
	(2025, '国庆节、中秋节', '{[2025-10-01,2025-10-08]}', '{2025-09-28,2025-10-11}'),
	(2026, '元旦', '{[2026-01-01,2026-01-03]}', '{2026-01-04}'),
	(2026, '春节', '{[2026-02-15,2026-02-23]}', '{2026-02-14,2026-02-28}'),
	(2026, '清明节', '{[2026-04-04,2026-04-06]}', '{}'),
	(2026, '劳动节', '{[2026-05-01,2026-05-05]}', '{2026-05-09}'),
	(2026, '端午节', '{[2026-06-19,2026-06-21]}', '{}'),
	(2026, '国庆节', '{[2026-10-01,2026-10-07]}', '{2026-09-20,2026-10-10}'),
	(2026, '中秋节', '{[2026-09-25,2026-09-27]}', '{}')
) AS n(notice_year, name, off, make_up)
CROSS JOIN LATERAL (
	SELECT generate_series(lower(s.span), upper(s.span) - 1, '1 day')::date AS day, true AS is_off
	FROM unnest(n.off::datemultirange) AS s(span)
	UNION ALL
	SELECT m.day, false FROM unnest(n.make_up::date[]) AS m(day)
) AS d;

CREATE FUNCTION rui._holiday_fault(item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault text[] := coalesce(rui._row_fault(item, '{country,day,name,is_off,notice_year}'), rui._text_fault('day', item, 100),
		rui._code_fault('name', item, 100), rui._number_fault('notice_year', item, 1900, 2201, 0, true));
	day CONSTANT date := rui._read_day(item ->> 'day');
BEGIN
	IF fault IS NOT NULL THEN
		RETURN fault;
	ELSIF day IS NULL THEN
		RETURN ARRAY['22007', format('day "%s" is not a date', rui._show(item ->> 'day')), 'Give an existing date as YYYY-MM-DD.'];
	ELSIF day NOT BETWEEN date '1900-01-01' AND date '2200-12-31' THEN
		RETURN ARRAY['22008', format('day %s is out of range', day), 'Give a date from 1900 to 2200.'];
	ELSIF item ->> 'is_off' IS NULL THEN
		RETURN ARRAY['22004', 'is_off is missing', 'Give true for a day off, false for a make-up working day.'];
	ELSIF jsonb_typeof(item -> 'is_off') <> 'boolean' THEN
		RETURN ARRAY['22023', format('is_off is not a boolean but %s', jsonb_typeof(item -> 'is_off')),
			'Give true for a day off, false for a make-up working day.'];
	ELSIF (item ->> 'notice_year')::numeric - extract(year FROM day) NOT IN (0, 1) THEN
		RETURN ARRAY['22023', format('day %s cannot be in the notice for %s', day, item ->> 'notice_year'),
			'A day is in the notice for its year, or for the year after.'];
	-- A null is not the default: it may be a country that was not known.
	ELSIF item ? 'country' AND (item ->> 'country' ~ '^[A-Z]{2}$') IS NOT TRUE THEN
		RETURN ARRAY['22023', format('country "%s" is not two capital letters', rui._show(item ->> 'country')),
			'Give the code of ISO 3166, or leave it out for CN.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._holiday_fault(jsonb) IS
'Internal: the fault of one element given to rui.load_holidays, or null: 22004 missing, 22023 no object, unknown key, wrong type, country or year of the notice, 22001 long name, 22003 notice_year, 22007 no date, 22008 outside 1900 to 2200.';

CREATE FUNCTION rui.load_holidays(holidays jsonb, replace boolean DEFAULT false) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	role_before CONSTANT text := current_setting('role');
	given rui.holiday[];
	fault text[];
	place bigint;
	present rui.holiday;
	loaded integer;
BEGIN
	IF holidays IS NULL OR replace IS NULL THEN
		PERFORM rui._missing(CASE WHEN holidays IS NULL THEN 'holidays' ELSE 'replace' END);
	ELSIF jsonb_typeof(holidays) <> 'array' THEN
		RAISE EXCEPTION 'holidays is not a JSON array but %', jsonb_typeof(holidays)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give [{"day": "2027-01-01", "name": "元旦", "is_off": true, "notice_year": 2027}, …].';
	END IF;
	SELECT e.place - 1, f.fault INTO place, fault
	FROM jsonb_array_elements(holidays) WITH ORDINALITY AS e(item, place)
	CROSS JOIN LATERAL rui._holiday_fault(e.item) AS f(fault)
	WHERE f.fault IS NOT NULL
	ORDER BY e.place LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'holidays[%]: %', place, fault[2] USING ERRCODE = fault[1], HINT = fault[3];
	END IF;
	SELECT array_agg(ROW(coalesce(e.item ->> 'country', 'CN'), rui._read_day(e.item ->> 'day'), e.item ->> 'name', (e.item ->> 'is_off')::boolean,
		(e.item ->> 'notice_year')::numeric::integer)::rui.holiday ORDER BY e.place) INTO given
	FROM jsonb_array_elements(holidays) WITH ORDINALITY AS e(item, place);
	SELECT g.place - 1, ARRAY['23505', format('day %s is given twice', g.day), format('holidays[%s] has it already.', g.first_place - 1)]
	INTO place, fault
	FROM (SELECT o.place, o.day, min(o.place) OVER (PARTITION BY o.country, o.day) AS first_place
		FROM unnest(given) WITH ORDINALITY AS o(country, day, name, is_off, notice_year, place)) AS g
	WHERE g.place > g.first_place
	ORDER BY g.place LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'holidays[%]: %', place, fault[2]
			USING ERRCODE = fault[1], DETAIL = fault[3], HINT = 'Give every day once.';
	END IF;
	SET LOCAL ROLE rui_owner;
	-- Two loads come one after the other; readers do not wait.
	LOCK TABLE rui.holiday IN SHARE ROW EXCLUSIVE MODE;
	SELECT g.place - 1 INTO place
	FROM unnest(given) WITH ORDINALITY AS g(country, day, name, is_off, notice_year, place)
	JOIN rui.holiday h ON h.country = g.country AND h.day = g.day
	WHERE NOT load_holidays.replace AND (h.name, h.is_off, h.notice_year) <> (g.name, g.is_off, g.notice_year)
	ORDER BY g.place LIMIT 1;
	IF FOUND THEN
		SELECT h.* INTO present FROM rui.holiday h
		WHERE h.country = given[place + 1].country AND h.day = given[place + 1].day;
		RAISE EXCEPTION 'holidays[%]: day % is there already with other facts', place, present.day
			USING ERRCODE = 'unique_violation',
				DETAIL = format('It is %s, %s, of the notice for %s.', present.name,
					CASE WHEN present.is_off THEN 'a day off' ELSE 'a working day' END, present.notice_year),
				HINT = 'Where a later notice says otherwise, load it with replace => true.';
	END IF;
	INSERT INTO rui.holiday AS h (country, day, name, is_off, notice_year)
	SELECT g.country, g.day, g.name, g.is_off, g.notice_year FROM unnest(given) AS g
	ON CONFLICT ON CONSTRAINT holiday_pkey DO UPDATE
	SET name = EXCLUDED.name, is_off = EXCLUDED.is_off, notice_year = EXCLUDED.notice_year
	WHERE (h.name, h.is_off, h.notice_year) <> (EXCLUDED.name, EXCLUDED.is_off, EXCLUDED.notice_year);
	GET DIAGNOSTICS loaded = ROW_COUNT;
	PERFORM set_config('role', role_before, true);
	RETURN loaded;
END
$$;
COMMENT ON FUNCTION rui.load_holidays(jsonb, boolean) IS
'For the DBA: adds the days of a notice to rui.holiday and returns how many were added or changed. holidays: a JSON array of {"day": "2027-01-01", "name": "元旦", "is_off": true, "notice_year": 2027, "country": "CN" (default)}; is_off false is a make-up working day; notice_year is the year of day, or the year after. Give all days of a notice at once: from the first of its days on, its year counts as known. The same facts again change nothing; other facts of a day that is there need replace, for a notice that says otherwise than an earlier one. All or nothing. Calendars that are set already stay as they are: make them again. Errors, naming the element as holidays[0]: 22004 null or missing, 22023 no array, unknown key, wrong type, country or notice_year, 22001 name of more than 100 characters, 22003, 22007 no date, 22008 outside 1900 to 2200, 23505 a day twice, or there already with other facts.';

CREATE FUNCTION rui.china_calendar(weekly jsonb, from_year integer, to_year integer, make_up text DEFAULT NULL) RETURNS rui.calendar
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	weekdays CONSTANT text[] := '{mon,tue,wed,thu,fri,sat,sun}';
	unknown_years text;
	hours_of text := make_up;
	answer jsonb := jsonb_build_object('tz', 'Asia/Shanghai', 'weekly', weekly);
BEGIN
	IF weekly IS NULL OR from_year IS NULL OR to_year IS NULL THEN
		PERFORM rui._missing(CASE WHEN weekly IS NULL THEN 'weekly' WHEN from_year IS NULL THEN 'from_year' ELSE 'to_year' END);
	ELSIF from_year > to_year THEN
		RAISE EXCEPTION 'from_year % is after to_year %', from_year, to_year USING ERRCODE = 'invalid_parameter_value';
	ELSIF from_year < 1900 OR to_year > 2200 THEN
		RAISE EXCEPTION 'years % to % are out of range', from_year, to_year
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give years from 1900 to 2200.';
	ELSIF make_up <> ALL (weekdays) THEN
		RAISE EXCEPTION 'make_up cannot be "%"', make_up
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It is one of ' || array_to_string(weekdays, ', ') || '.';
	END IF;
	-- What is wrong with the hours says the reader of calendars.
	PERFORM answer::text::rui.calendar;
	IF make_up IS NULL THEN
		SELECT d.weekday INTO hours_of FROM unnest(weekdays[1:5]) WITH ORDINALITY AS d(weekday, place)
		WHERE jsonb_array_length(weekly -> d.weekday) > 0
		ORDER BY d.place LIMIT 1;
	END IF;
	IF coalesce(jsonb_array_length(weekly -> hours_of), 0) = 0 THEN
		RAISE EXCEPTION 'weekly has no hours for make-up days%', ': none on ' || coalesce(make_up, 'mon to fri')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Name in make_up a weekday whose hours make-up days take.';
	END IF;
	-- A notice counts by the days of its own year: that for the next one may
	-- have a day of this December.
	SELECT string_agg(CASE WHEN upper(r.years) - lower(r.years) = 1 THEN lower(r.years)::text
			ELSE format('%s to %s', lower(r.years), upper(r.years) - 1) END, ', ' ORDER BY r.years) INTO unknown_years
	FROM unnest((
		SELECT range_agg(int4range(y.year, y.year + 1)) FROM generate_series(from_year, to_year) AS y(year)
		WHERE NOT EXISTS (
			SELECT FROM rui.holiday h
			WHERE h.country = 'CN' AND h.notice_year = y.year AND h.day BETWEEN make_date(y.year, 1, 1) AND make_date(y.year, 12, 31)))) AS r(years);
	IF unknown_years IS NOT NULL THEN
		RAISE EXCEPTION 'no notice of holidays is loaded for %', unknown_years
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Have the State Council''s notice loaded with rui.load_holidays, or give other years.';
	END IF;
	SELECT answer || jsonb_build_object(
		'holidays', coalesce(jsonb_agg(to_char(h.day, 'YYYY-MM-DD')) FILTER (WHERE h.is_off), '[]'),
		'date_hours', coalesce(jsonb_object_agg(to_char(h.day, 'YYYY-MM-DD'), hours_of) FILTER (WHERE NOT h.is_off), '{}'))
	INTO answer
	FROM rui.holiday h
	WHERE h.country = 'CN' AND h.day BETWEEN make_date(from_year, 1, 1) AND make_date(to_year, 12, 31);
	RETURN answer::text::rui.calendar;
END
$$;
COMMENT ON FUNCTION rui.china_calendar(jsonb, integer, integer, text) IS
'The calendar of weekly hours in China: zone Asia/Shanghai, with the days off and the make-up working days (调休) of the calendar years from_year to to_year from rui.holiday. weekly is that of a calendar: {"mon": [["09:00", "18:00"]], …}. A day off closes its date whatever the weekday, also for those who work at weekends. A make-up day has the hours of the weekday make_up (mon to sun) whatever it replaces in the notice: that is the caller''s choice; null takes the first of mon to fri that has hours. Before from_year and after to_year the weekly hours hold alone. The notice for the year after to_year may still name days of its December: load it, and make the calendar again. Errors: 22004; 22023 from_year after to_year, years outside 1900 to 2200, unknown make_up or one without hours, a year whose notice is not loaded, bad hours; and those of the type''s text.';
