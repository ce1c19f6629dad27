-- Calendars against the server's own reckoning of local time: is_open at
-- random instants of 1900 to 2200 in every zone of the database, and
-- working_time against a count of single minutes. Run in a database with the
-- extension:
--	psql -X -v ON_ERROR_STOP=1 -v seed=0.5 -f test/oracle/calendar.sql
-- It prints one line a check and fails on the first difference.
\if :{?seed}
\else
\set seed 0.5
\endif
SET client_min_messages = warning;
SET search_path = pg_temp, rui, public;
SELECT setseed(:seed) \g /dev/null

-- The hours that single minutes are judged by below. They begin and end where
-- clocks hardly ever change.
CREATE FUNCTION pg_temp.open_locally(l timestamp) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE extract(isodow FROM l)
		WHEN 1 THEN l::time >= '09:00' AND l::time < '17:00'
		WHEN 2 THEN l::time >= '09:00' AND l::time < '17:00'
		WHEN 3 THEN l::time >= '22:00'
		WHEN 4 THEN l::time < '05:00'
		WHEN 6 THEN true
		ELSE false END
$$;
-- AT TIME ZONE takes some names for abbreviations: CET never has summer time there.
CREATE TEMP TABLE zone AS
SELECT name, format('{"tz":"%s","weekly":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["22:00","05:00"]],"sat":[["00:00","24:00"]]}}', name)::calendar AS cal
FROM pg_timezone_names
WHERE name !~ '^(posix|right)/' AND name NOT IN ('localtime', 'posixrules', 'Factory') AND upper(name) NOT IN (SELECT abbrev FROM pg_timezone_abbrevs);

CREATE TEMP TABLE checked AS
SELECT name, t, is_open(cal, t) AS is_open, pg_temp.open_locally(t AT TIME ZONE name) AS expected
FROM zone, LATERAL (SELECT '1900-01-01 00:00Z'::timestamptz + random() * interval '109900 days' AS t FROM generate_series(1, 300) WHERE name IS NOT NULL) r;
SELECT format('%s instants in %s zones: %s open, %s wrong', count(*), count(DISTINCT name), count(*) FILTER (WHERE is_open), count(*) FILTER (WHERE is_open <> expected)) FROM checked;
SELECT count(*) > 0 AS differ FROM checked WHERE is_open <> expected \gset
\if :differ
SELECT * FROM checked WHERE is_open <> expected LIMIT 20;
DO $$ BEGIN RAISE EXCEPTION 'calendars and AT TIME ZONE differ'; END $$;
\endif

CREATE TEMP TABLE week AS
SELECT name, cal, t FROM zone, LATERAL (
	SELECT '1970-01-05 00:00Z'::timestamptz + floor(random() * 4000) * interval '7 days' AS t FROM generate_series(1, 2) WHERE name IS NOT NULL) r
WHERE random() < 0.3;
CREATE TEMP TABLE counted AS
SELECT name, t, working_time(cal, t, t + interval '168 hours') AS worked,
	(SELECT count(*) * interval '1 minute' FROM generate_series(0, 10079) m WHERE pg_temp.open_locally((t + m * interval '1 minute') AT TIME ZONE name)) AS expected
FROM week;
SELECT format('%s weeks minute by minute: %s wrong', count(*), count(*) FILTER (WHERE worked <> expected)) FROM counted;
SELECT count(*) > 0 AS differ FROM counted WHERE worked <> expected \gset
\if :differ
SELECT * FROM counted WHERE worked <> expected LIMIT 20;
DO $$ BEGIN RAISE EXCEPTION 'working time and counted minutes differ'; END $$;
\endif
