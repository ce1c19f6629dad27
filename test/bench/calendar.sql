-- What test/bench/calendar measures: a calendar of sixteen years of holidays
-- and make-up days, starts and targets at random, and the peer in PL/pgSQL.
DO $$ BEGIN PERFORM setseed(0.42); END $$;
CREATE SCHEMA bench;

CREATE TABLE bench.site AS
SELECT format('{"tz":"Asia/Shanghai","weekly":{"mon":%1$s,"tue":%1$s,"wed":%1$s,"thu":%1$s,"fri":%1$s},"holidays":[%2$s],"date_hours":{%3$s}}',
	'[["08:00","12:00"],["13:30","18:00"]]',
	(SELECT string_agg(format('"%s"', d::date), ',') FROM generate_series('2020-01-01'::date, '2035-12-31', '1 day') d
		WHERE extract(doy FROM d) IN (1, 42, 43, 44, 45, 46, 95, 121, 122, 170, 274, 275, 276, 277, 278, 279, 280)),
	(SELECT string_agg(format('"%s":"fri"', d::date), ',') FROM generate_series('2020-01-01'::date, '2035-12-31', '1 day') d
		WHERE extract(doy FROM d) IN (40, 47, 100, 282, 290)))::rui.calendar AS calendar;

-- target: 1 hour to 5 years ahead, in working time.
CREATE TABLE bench.start AS
SELECT '2024-01-01'::timestamptz + random() * interval '1000 days' AS at,
	(1 + floor(random() * 10000)) * interval '1 hour' AS target,
	interval '1 hour' AS hour, interval '10000 hours' AS years, (1 + floor(random() * 1000))::integer AS calendar_id
FROM generate_series(1, 200000);
VACUUM ANALYZE bench.start;

-- A thousand sites: the same holidays, and one of their own.
CREATE TABLE bench.calendar (id integer PRIMARY KEY, calendar rui.calendar);
INSERT INTO bench.calendar
SELECT i, rui.calendar_minus(calendar, format('{"tz":"Asia/Shanghai","date_hours":{"%s":[["08:00","18:00"]]}}', '2024-01-01'::date + i)::rui.calendar)
FROM bench.site, generate_series(1, 1000) i;
VACUUM ANALYZE bench.calendar;

-- The peer: the open periods as rows, walked from the start on.
CREATE TABLE bench.period AS
SELECT lower(p) AS opens, upper(p) AS closes
FROM bench.site, unnest(rui.open_periods(calendar, '2023-12-01', '2035-12-31')) p;
CREATE UNIQUE INDEX ON bench.period (closes, opens);
VACUUM ANALYZE bench.period;

CREATE FUNCTION bench.due_at(start timestamptz, target interval) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
	p record;
	rest interval := target;
	length interval;
BEGIN
	FOR p IN SELECT opens, closes FROM bench.period WHERE closes > start ORDER BY closes LOOP
		length := p.closes - greatest(p.opens, start);
		-- days count as 24 hours in a comparison of intervals, as they should here
		IF length >= rest THEN
			RETURN greatest(p.opens, start) + rest;
		END IF;
		rest := rest - length;
	END LOOP;
	RETURN 'infinity';
END
$$;

CREATE FUNCTION bench.working_time(from_at timestamptz, to_at timestamptz) RETURNS interval
LANGUAGE plpgsql STABLE AS $$
DECLARE
	p record;
	total interval := '0';
BEGIN
	FOR p IN SELECT opens, closes FROM bench.period WHERE closes > from_at ORDER BY closes LOOP
		EXIT WHEN p.opens >= to_at;
		total := total + (least(p.closes, to_at) - greatest(p.opens, from_at));
	END LOOP;
	RETURN total;
END
$$;

-- Peer and function agree before anything is measured.
DO $$
DECLARE
	wrong bigint;
BEGIN
	SELECT count(*) INTO wrong FROM (SELECT * FROM bench.start LIMIT 100) s, bench.site
	WHERE bench.due_at(s.at, s.target) <> rui.due_at(calendar, s.at, s.target)
		OR bench.working_time(s.at, s.at + s.target) <> rui.working_time(calendar, s.at, s.at + s.target);
	IF wrong > 0 THEN
		RAISE EXCEPTION 'peer and function differ in % cases', wrong;
	END IF;
END
$$;
