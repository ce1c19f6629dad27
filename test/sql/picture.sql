-- Pictures of calendars and due times: XML, numbers, words, limits, grants.
SET search_path = rui, public;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

CREATE FUNCTION pg_temp.raises(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	advised text;
BEGIN
	EXECUTE statement;
	RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, advised = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  ', SQLSTATE || ' ' || said, nullif(advised, ''));
END
$$;
-- A server without libxml cannot tell.
CREATE FUNCTION pg_temp.is_xml(content text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN xml_is_well_formed_document(content);
EXCEPTION WHEN feature_not_supported THEN
	RETURN true;
END
$$;
-- An attribute of the picture itself; what a screen reader reads; the sum of
-- an attribute over the rows; the seconds that cells of some classes cover.
CREATE FUNCTION pg_temp.of(picture text, attribute text) RETURNS text LANGUAGE sql AS $$
	SELECT (regexp_match(picture, '^<svg[^>]* ' || attribute || '="([^"]*)"'))[1]
$$;
CREATE FUNCTION pg_temp.said(picture text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(E'\n', (regexp_match(picture, '<title[^>]*>([^<]*)'))[1], (regexp_match(picture, '<desc[^>]*>([^<]*)'))[1])
$$;
CREATE FUNCTION pg_temp.rows_sum(picture text, attribute text) RETURNS numeric LANGUAGE sql AS $$
	SELECT sum(m[1]::numeric) FROM regexp_matches(picture, '<g class="day"[^>]* ' || attribute || '="([^"]*)"', 'g') m
$$;
CREATE FUNCTION pg_temp.drawn(picture text, classes text) RETURNS numeric LANGUAGE sql AS $$
	SELECT trim_scale(coalesce(sum(m[1]::numeric), 0) * 150)
	FROM regexp_matches(picture, '<rect class="(?:' || classes || ')" x="[^"]*" y="[^"]*" width="([^"]*)" height="[^"]*"><title>', 'g') m
$$;

CREATE TEMP TABLE hours (name text PRIMARY KEY, cal calendar);
INSERT INTO hours VALUES
('site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:30","18:00"]],"tue":[["08:00","12:00"],["13:30","18:00"]],
	"wed":[["08:00","12:00"],["13:30","18:00"]],"thu":[["08:00","12:00"],["13:30","18:00"]],"fri":[["08:00","12:00"],["13:30","18:00"]]},
	"holidays":["2026-10-01","2026-10-02","2026-10-05","2026-10-06","2026-10-07"],
	"date_hours":{"2026-10-10":"fri","2026-12-31":[["08:00","12:00"]]},"closures":{"2026-10-08":[["10:00","15:00"]]}}'),
('guard', '{"tz":"Asia/Shanghai","weekly":{"mon":[["22:00","06:00"]],"fri":[["20:00","08:00"]]},"holidays":["2026-10-03"],"date_hours":{"2026-10-07":"fri"}}'),
('always', '{"tz":"UTC","weekly":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}'),
('new_york', '{"tz":"America/New_York","weekly":{"sun":[["01:30","24:00"]],"mon":[["01:30","24:00"]]}}'),
('once', '{"tz":"Asia/Shanghai","date_hours":{"2026-10-10":[["08:00:00.5","12:00"]]}}'),
('never', '{"tz":"UTC"}');
INSERT INTO hours SELECT 'both', a.cal OPERATOR(rui.&) rui.shift(b.cal, '90 minutes') FROM hours a, hours b WHERE a.name = 'site' AND b.name = 'always';
INSERT INTO hours SELECT 'cut', a.cal OPERATOR(rui.-) b.cal FROM hours a, hours b WHERE a.name = 'site' AND b.name = 'guard';

-- Every number of a picture is the calendar's, and its cells cover as much.
CREATE TEMP TABLE drawn AS
SELECT name, cal, from_on, to_on, lang, calendar_svg(cal, from_on, to_on, lang) AS picture
FROM hours, unnest(ARRAY['en', 'zh']) lang, (VALUES ('2026-09-28'::date, '2026-10-13'::date), ('2026-03-01', '2026-03-15'),
	('2026-10-25', '2026-11-08'), ('2026-01-01', '2027-02-05'), ('2026-10-10', '2026-10-10')) v(from_on, to_on);
SELECT count(*) AS pictures, bool_and(pg_temp.is_xml(picture)) AS xml,
	bool_and((SELECT count(*) FROM regexp_matches(picture, '<g class="day"', 'g')) = to_on - from_on) AS row_a_date,
	bool_and(pg_temp.of(picture, 'data-worked')::numeric = extract(epoch FROM working_time(cal, from_on::timestamp AT TIME ZONE calendar_zone(cal),
		to_on::timestamp AT TIME ZONE calendar_zone(cal)))) AS worked,
	bool_and(coalesce(pg_temp.rows_sum(picture, 'data-worked'), 0) = pg_temp.of(picture, 'data-worked')::numeric) AS rows_add_up,
	bool_and(abs(pg_temp.drawn(picture, 'open|make_up_day') - pg_temp.of(picture, 'data-worked')::numeric) <= 1) AS cells_add_up,
	bool_and(pg_temp.of(picture, 'data-working-days')::integer = working_days(cal, from_on, to_on)) AS days,
	count(DISTINCT pg_temp.of(picture, 'id')) AS ids
FROM drawn;
SELECT pg_temp.said(picture) FROM drawn WHERE name IN ('site', 'guard') AND from_on = '2026-09-28' ORDER BY name, lang;
SELECT pg_temp.said(picture) FROM drawn WHERE name = 'cut' AND lang = 'en' AND from_on = '2026-09-28';
SELECT pg_temp.said(picture) FROM drawn WHERE name = 'never' AND lang = 'en' AND to_on - from_on < 10;

-- A clock change: 23 hours with a gap, 25 with a repeated hour; a date that
-- a zone skips, one without its midnight.
SELECT lang, pg_temp.of(picture, 'data-worked'), pg_temp.said(picture), pg_temp.drawn(picture, 'skipped') AS skipped,
	(SELECT array_agg(m[1] ORDER BY m[1]) FROM regexp_matches(picture, '<rect (class="open"[^>]*height="6.5">)', 'g') m) AS twice
FROM (SELECT lang, calendar_svg(cal, d, d + 1, lang) AS picture FROM hours, unnest(ARRAY['2026-03-08', '2026-11-01']::date[]) d, unnest(ARRAY['en', 'zh']) lang
	WHERE name = 'new_york') p;
SELECT pg_temp.said(calendar_svg('{"tz":"Pacific/Apia"}', '2011-12-29', '2012-01-01')), pg_temp.said(calendar_svg('{"tz":"America/Sao_Paulo"}', '2018-11-04', '2018-11-05'));

-- The picture does not depend on the session's settings.
CREATE TEMP TABLE settled AS
SELECT calendar_svg(cal, '2026-09-28', '2026-10-13') AS hours, due_svg(cal, '2026-09-28 09:00', '12:00:01.5', 'en', '{["2026-09-28 10:00","2026-09-28 11:00")}') AS due
FROM hours WHERE name = 'site';
SET timezone = 'America/Los_Angeles';
SET datestyle = 'German, DMY';
SET intervalstyle = 'sql_standard';
SET search_path = pg_catalog;
SELECT rui.calendar_svg(cal, '28.09.2026', '13.10.2026') = s.hours AS same_hours, rui.due_svg(cal, '2026-09-28 09:00+08', '12:00:01.5', 'en',
	'{["2026-09-28 10:00+08","2026-09-28 11:00+08")}') = s.due AS same_due FROM pg_temp.hours h, pg_temp.settled s WHERE name = 'site';
SET search_path = rui, public;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

-- Due times: what counts sums to the target, due and breach are those of the
-- clock that moved at the same instants.
CREATE TEMP TABLE paused AS
SELECT n, h.name, h.cal, start, target, (SELECT coalesce(range_agg(tstzrange(start + (n * 7919 + k * 104729) % 9000 * interval '1 minute',
		start + ((n * 7919 + k * 104729) % 9000 + 1 + (n + k * 31) % 700) * interval '1 minute')), '{}')
	FROM generate_series(1, n % 6) k) AS pauses
FROM generate_series(0, 79) n CROSS JOIN LATERAL (SELECT '2026-09-25 00:00'::timestamptz + n * interval '437 minutes' AS start,
		n * 1289 % 2900 * interval '1 minute' AS target) v
JOIN hours h ON h.name = (ARRAY['site', 'guard', 'always', 'new_york', 'both', 'cut'])[1 + n % 6];
CREATE TEMP TABLE due AS SELECT *, due_svg(cal, start, target, CASE n % 2 WHEN 0 THEN 'en' ELSE 'zh' END, pauses) AS picture FROM paused;
-- Pauses that begin at due or later do not move it, those after breach nothing.
CREATE FUNCTION pg_temp.clock(cal calendar, start timestamptz, target interval, pauses tstzmultirange, until timestamptz) RETURNS sla_clock
LANGUAGE sql AS $$
	SELECT fold_clock(cal, target, e.event, e.at ORDER BY e.at) FROM (
		SELECT 'start' AS event, start AS at
		UNION ALL SELECT e, CASE e WHEN 'pause' THEN lower(p) ELSE upper(p) END FROM unnest(pauses) p, unnest(ARRAY['pause', 'resume']) e WHERE lower(p) < until) e
$$;
SELECT count(*) AS pictures, bool_and(pg_temp.is_xml(picture)) AS xml,
	bool_and(pg_temp.of(picture, 'data-counted')::numeric = extract(epoch FROM target)) AS counted_is_target,
	bool_and(pg_temp.rows_sum(picture, 'data-counted') = extract(epoch FROM target)) AS rows_add_up,
	bool_and(abs(pg_temp.drawn(picture, 'counted') - extract(epoch FROM target)) <= 1) AS cells_add_up,
	bool_and(pg_temp.of(picture, 'data-due')::timestamptz = clock_due_at(pg_temp.clock(cal, start, target, pauses, pg_temp.of(picture, 'data-due')::timestamptz))) AS due,
	bool_and(pg_temp.of(picture, 'data-breach')::timestamptz = clock_breach_at(pg_temp.clock(cal, start, target, pauses,
		pg_temp.of(picture, 'data-breach')::timestamptz + interval '1 microsecond'))) AS breach,
	bool_and(pg_temp.of(picture, 'data-paused')::numeric = (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)
		FROM unnest(open_periods(cal, start, pg_temp.of(picture, 'data-due')::timestamptz) * pauses) r)) AS paused,
	bool_and(pauses <> '{}' OR pg_temp.of(picture, 'data-due')::timestamptz = due_at(cal, start, target)
		AND pg_temp.of(picture, 'data-breach')::timestamptz = breach_at(cal, start, target)) AS as_calendar,
	count(*) FILTER (WHERE pg_temp.of(picture, 'data-paused') <> '0') AS with_pauses
FROM due;
-- The marks stand where their times are.
SELECT mark, bool_and(x = round(128 + extract(epoch FROM (at AT TIME ZONE calendar_zone(cal))::time) / 150, 2)) AS placed
FROM due, unnest(ARRAY['start', 'due', 'breach']) mark, LATERAL (SELECT pg_temp.of(picture, 'data-' || mark)::timestamptz AS at,
	(regexp_match(picture, 'class="at-' || mark || '" d="M([0-9.]+) '))[1]::numeric AS x) v GROUP BY mark ORDER BY mark;
SELECT pg_temp.said(due_svg(cal, '2026-09-29 16:00', '12 hours', lang, '{["2026-09-30 09:00","2026-09-30 11:00"),["2026-10-08 15:30","2026-10-09 08:30")}'))
FROM hours, unnest(ARRAY['en', 'zh']) lang WHERE name = 'site' ORDER BY lang;
-- Due at the close of Friday, breach at the opening of Monday; a pause
-- between them moves the breach alone, one after it nothing.
SELECT pauses, pg_temp.of(picture, 'data-due') AS due, pg_temp.of(picture, 'data-breach') AS breach, pg_temp.drawn(picture, 'paused') AS paused,
	picture LIKE '%class="grace" d=%' AS grace
FROM hours, unnest(ARRAY['{}', '{["2026-09-26 10:00","2026-09-28 09:00")}', '{["2026-09-25 18:00","2026-09-28 10:00")}', '{["2026-09-28 09:00","2026-09-28 10:00")}',
	'{["2026-09-25 17:00","2026-09-25 18:00")}', '{(,"2026-09-25 13:30"]}']::tstzmultirange[]) pauses,
	LATERAL due_svg(cal, '2026-09-25 13:30', '4.5 hours', 'en', pauses) AS picture WHERE name = 'site';
-- No due: open time that ends, a pause that does not.
SELECT lang, pg_temp.said(picture), pg_temp.of(picture, 'data-due') AS due, pg_temp.of(picture, 'data-breach') AS breach, pg_temp.of(picture, 'data-counted') AS counted
FROM hours, unnest(ARRAY['en', 'zh']) lang, LATERAL due_svg(cal, '2026-10-09 08:00', '4 hours', lang) AS picture WHERE name IN ('once', 'never') ORDER BY name, lang;
SELECT pauses, pg_temp.said(picture), pg_temp.of(picture, 'data-due') AS due, pg_temp.of(picture, 'data-breach') AS breach, pg_temp.of(picture, 'data-counted') AS counted
FROM hours, unnest(ARRAY['{["2026-09-28 10:00",)}', '{["2026-09-28 10:00",infinity)}', '{["2026-09-28 17:30",)}', '{["2026-09-29 10:00",)}']::tstzmultirange[]) pauses,
	LATERAL due_svg(cal, '2026-09-28 08:00', '8 hours', 'en', pauses) AS picture WHERE name = 'site';
SELECT pg_temp.said(due_svg(cal, '2026-09-28 08:00', '8 hours', 'zh', '{["2026-09-28 10:00",)}')) FROM hours WHERE name = 'site';
SELECT pg_temp.said(due_svg(cal, '2026-11-01 00:00-04', '00:45:00.25')) FROM hours WHERE name = 'new_york';
SELECT pg_temp.said(due_svg(cal, '2026-09-27 00:00', '0')) FROM hours WHERE name = 'site';
-- A breach too far away is not drawn, but told.
SELECT pg_temp.said(due_svg('{"tz":"UTC","date_hours":{"2026-01-05":[["08:00","09:00"]],"2027-10-05":[["08:00","09:00"]]}}', '2026-01-05 08:00Z', '1 hour'));

-- What is refused, and what nulls give.
SELECT q, pg_temp.raises(replace(q, 'CAL', '''{"tz":"UTC","weekly":{"mon":[["08:00","09:00"]]}}''')) FROM unnest(ARRAY[
	$$SELECT calendar_svg(CAL, '2026-01-01', '2026-02-01', 'fr')$$, $$SELECT calendar_svg(CAL, '2026-01-01', '2026-02-01', '<script>')$$,
	$$SELECT calendar_svg(CAL, '2026-01-02', '2026-01-01')$$, $$SELECT calendar_svg(CAL, '2026-01-01', '2027-02-06')$$,
	$$SELECT calendar_svg(CAL, '2026-01-01', 'infinity')$$, $$SELECT calendar_svg(CAL, '1899-12-31', '1900-01-01')$$,
	$$SELECT calendar_svg(CAL, '2200-12-31', '2201-01-01')$$, $$SELECT calendar_svg(CAL, '2200-12-31', '2201-01-02')$$,
	$$SELECT due_svg(CAL, '2026-01-05', '1 hour', '')$$, $$SELECT due_svg(CAL, '2026-01-05', '-1 hour')$$, $$SELECT due_svg(CAL, '2026-01-05', '1 day')$$,
	$$SELECT due_svg(CAL, 'infinity', '1 hour')$$, $$SELECT due_svg(CAL, '294276-12-31 23:59+00', '1 hour')$$, $$SELECT due_svg(CAL, '2026-01-05', '60 hours')$$, $$SELECT due_svg(CAL, '2026-01-05 00:00Z', '57 hours')$$,
	$$SELECT due_svg(CAL, '2026-01-05', '1 hour', 'en', '{["2026-01-05","2210-01-05")}')$$]) q;
SELECT pg_temp.raises(format('SELECT calendar_svg(%L, ''2026-01-01'', ''2026-12-01'')', '{"tz":"UTC","weekly":{"mon":['
	|| (SELECT string_agg(format('["%s","%s"]', to_char(n * interval '2 minutes', 'HH24:MI'), to_char(n * interval '2 minutes' + interval '1 minute', 'HH24:MI')), ',')
		FROM generate_series(0, 719) n) || ']}}'));
SELECT calendar_svg(NULL, '2026-01-01', '2026-01-02') IS NULL AS no_calendar, due_svg(cal, '2026-01-01', '1 hour', 'en', NULL) IS NULL AS no_pauses FROM hours WHERE name = 'site';

-- Texts are escaped where they come in, whatever they hold.
SELECT pg_temp.is_xml('<a b="' || t || '">' || t || '</a>'), t
FROM _html(E'<script>alert("1")</script> & ''2'' \x01\x0b\x1f' || chr(65534) || chr(65535) || ']]>') t;

-- Everybody who may use rui may draw; internal functions that look into the
-- database stay out of reach.
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_rui_reader;
RESET client_min_messages;
CREATE ROLE regress_rui_reader;
GRANT rui_user TO regress_rui_reader;
GRANT SELECT ON hours TO regress_rui_reader;
SET ROLE regress_rui_reader;
SELECT length(calendar_svg(cal, '2026-09-28', '2026-09-29')) > 1000 AS hours, length(due_svg(cal, '2026-09-28', '1 hour')) > 1000 AS due FROM hours WHERE name = 'site';
SELECT _postgis_schema();
RESET ROLE;
DROP OWNED BY regress_rui_reader;
DROP ROLE regress_rui_reader;
