-- The type calendar: texts, zones, errors, binary form, operators, arithmetic.
SET search_path = rui, public;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

-- What a statement raises: SQLSTATE, message, detail, hint.
CREATE FUNCTION pg_temp.raises(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	explained text;
	advised text;
BEGIN
	EXECUTE statement;
	RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, explained = PG_EXCEPTION_DETAIL, advised = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  ', SQLSTATE || ' ' || said, nullif(explained, ''), nullif(advised, ''));
END
$$;
CREATE FUNCTION pg_temp.refuses(bad text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.raises(format('SELECT %L::rui.calendar', bad))
$$;

-- Canonical text.
CREATE TEMP TABLE named (name text PRIMARY KEY, cal calendar);
INSERT INTO named VALUES
('site', '{"weekly":{"fri":[["13:30","18:00"],["08:00","12:00"]],"mon":[["08:00","10:00"],["10:00","12:00"],["13:30","18:00"]],
	"tue":[["08:00","12:00"],["13:30","18:00"]],"wed":[["08:00","12:00"],["13:30","18:00"]],"thu":[["08:00","12:00"],["13:30","18:00"]],"sat":[]},
	"closures":{"2026-10-08":[["10:00","15:00"]]},
	"date_hours":{"2026-12-31":[["08:00","12:00"]],"2026-10-10":"fri"},
	"holidays":["2026-10-03","2026-10-01","2026-10-02","2026-10-05","2026-10-04","2026-10-06","2026-10-07","2026-10-07"],
	"tz":"asia/shanghai"}'),
('guard', '{"tz":"Asia/Shanghai","weekly":{"mon":[["22:00","06:00"]],"fri":[["20:00","08:00"],["08:00","20:00"]]}}'),
('always', '{"tz":"UTC","weekly":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}'),
('never', '{"tz":"UTC"}'),
('new_york', '{"tz":"America/New_York","weekly":{"sun":[["00:00","24:00"]]}}'),
-- longer hours from the afternoon of Friday 2026-10-09 on
('changed', '{"until":[{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","17:00"]],"fri":[["09:00","17:00"]]},"holidays":["2026-10-05"]},"2026-10-09T06:00:00.0Z",
	{"tz":"UTC","weekly":{"mon":[["00:00","12:00"]],"fri":[["00:00","12:00"]]},"date_hours":{"2026-10-10":"fri"}}]}');
SELECT name, cal FROM named ORDER BY name;

-- Zones are those of the database of zones, in any case.
SELECT z, ('{"tz":"' || z || '"}')::calendar
FROM unnest(ARRAY['Asia/Shanghai', 'europe/berlin', 'utc', 'Etc/GMT+8', 'Etc/GMT-14', 'EST5EDT', 'GMT0']) z;
SELECT z, pg_temp.refuses('{"tz":"' || z || '"}')
FROM unnest(ARRAY['', 'Mars/Phobos', 'UTC+8', '+08:00', '<+08>-8', 'XYZ3', 'localtime', 'right/UTC', 'Etc/GMT+15', 'Asia/Shanghai5', repeat('A', 300)]) z;

-- Bad texts name the place and how to mend it.
SELECT bad, pg_temp.refuses(bad) FROM unnest(ARRAY[
	'', '{"tz":"UTC"', '[]', '{}', '{"tz":"UTC","week":{}}', '{"tz":"UTC","tz":"UTC"}',
	'{"tz":"UTC","weekly":{"monday":[]}}',
	'{"tz":"UTC","weekly":{"mon":[["8:00","12:00"]]}}',
	'{"tz":"UTC","weekly":{"mon":[["08:00","24:01"]]}}',
	'{"tz":"UTC","weekly":{"mon":[["08:00","12:00"],["09:00","09:00"]]}}',
	'{"tz":"UTC","weekly":{"mon":[["08:00","12:00"],["11:59","13:00"]]}}',
	'{"tz":"UTC","weekly":{"mon":[["24:00","06:00"]]}}',
	'{"tz":"UTC","weekly":{"mon":[["08:00","10:00","12:00"]]}}',
	'{"tz":"UTC","weekly":{"mon":["08:00","12:00"]}}',
	'{"tz":"UTC","weekly":{"mon":[["08:00","12:00"]],"tue":[["08:00","08:00"]]}}',
	'{"tz":"UTC","date_hours":{"2026-10-10":[["22:00","06:00"],["23:00","24:00"]]}}',
	'{"tz":"UTC","closures":{"2026-10-10":[["10:00","12:00"],["11:00","13:00"]]}}',
	'{"tz":"UTC","holidays":["2026-02-29"]}', '{"tz":"UTC","holidays":["2026-01-01","2026-02-30"]}', '{"tz":"UTC","holidays":["1899-12-31"]}',
	'{"tz":"UTC","date_hours":{"2026-02-30":[]}}', '{"tz":"UTC","closures":{"2026-13-01":[]}}', '{"tz":"UTC","holidays":["2026-1-1"]}',
	'{"tz":"UTC","date_hours":{"2026-10-10":"friday"}}',
	'{"tz":"UTC","closures":{"2026-10-10":[["10:00","10:00"]]}}',
	'{"all":[]}', '{"all":[{"tz":"UTC"},{"tz":"Nowhere"}]}', '{"all":[{"tz":"UTC"}],"holidays":[]}',
	'{"minus":[{"tz":"UTC"}]}', '{"shift":[{"tz":"UTC"},"P1D"]}', '{"shift":[{"tz":"UTC"},"P1M"]}', '{"shift":[{"tz":"UTC"},"PT8785H"]}',
	'{"any":[{"tz":"UTC","week":{}}]}']) bad;
SELECT pg_temp.refuses(repeat('{"minus":[{"tz":"UTC"},', 40) || '{"tz":"UTC"}' || repeat(']}', 40));
-- A stands for a calendar of nothing, B for another one.
SELECT bad, pg_temp.refuses(replace(replace(bad, 'A', '{"tz":"UTC"}'), 'B', '{"tz":"UTC","holidays":["2026-10-01"]}')) FROM unnest(ARRAY[
	'{"until":A}', '{"until":[]}', '{"until":[A]}', '{"until":[A,"2026-10-01T00:00Z"]}', '{"until":[A,"2026-10-01T00:00Z",B,"2026-11-01T00:00Z"]}',
	'{"until":["2026-10-01T00:00Z",A,B]}', '{"until":[A,B,A]}', '{"until":[A,"2026-10-01",B]}', '{"until":[A,"2026-10-01T00:00+08",B]}', '{"until":[A,"2026-02-30T00:00Z",B]}',
	'{"until":[A,"infinity",B]}', '{"until":[A,"2201-01-01T00:00Z",B]}', '{"until":[A,"2026-10-01T00:00Z",B,"2026-10-01T00:00Z",A]}',
	'{"until":[A,"2026-10-01T00:00:01Z",B,"2026-10-01T00:00Z",A]}', '{"until":[A,"2026-10-01T00:00Z",{"tz":"Mars"}]}', '{"until":[A,"2026-10-01T00:00Z",B],"all":[A]}',
	'{"until":[A,"2026-10-01T00:00Z",B],"holidays":[]}']) bad;

-- Binary form: received as strictly as read. The rows come through the
-- shell, which writes the bytes it is told.
CREATE TEMP TABLE received (value calendar);
CREATE FUNCTION pg_temp.receive(bytes bytea) RETURNS calendar LANGUAGE plpgsql AS $$
DECLARE
	message bytea := '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0) || int2send(1::int2)
		|| int4send(length(bytes)) || bytes || int2send(-1::int2);
	result calendar;
BEGIN
	DELETE FROM received;
	EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', 'printf ''' || (
		SELECT string_agg('\' || lpad(((get_byte(message, i) >> 6)::text || (get_byte(message, i) >> 3 & 7)::text
			|| (get_byte(message, i) & 7)::text), 3, '0'), '' ORDER BY i)
		FROM generate_series(0, length(message) - 1) i) || '''');
	SELECT value INTO result FROM received;
	RETURN result;
END
$$;
SELECT name, pg_temp.receive(calendar_send(cal)) = cal AS same FROM named ORDER BY name;
WITH sent AS (SELECT calendar_send(cal) AS bytes, cal FROM named WHERE name = 'never')
SELECT what, pg_temp.raises(format('SELECT pg_temp.receive(%L)', bad))
FROM sent, LATERAL (VALUES
	('empty', ''::bytea), ('short', substr(bytes, 1, 16)), ('hash', set_byte(bytes, 0, get_byte(bytes, 0) # 1)),
	('version', set_byte(bytes, 16, 2)), ('text', substr(bytes, 1, 17) || '{"tz":"Mars"}'::bytea),
	('not canonical', substr(bytes, 1, 17) || '{"tz": "UTC"}'::bytea), ('cut', substr(bytes, 1, length(bytes) - 1)),
	('zero', bytes || '\x00'::bytea), ('until of the same', substr(bytes, 1, 17) || '{"until":[{"tz":"UTC"},"2026-10-01T00:00Z",{"tz":"UTC"}]}'::bytea),
	('until in until', substr(bytes, 1, 17) || '{"until":[{"until":[{"tz":"UTC"},"2026-10-01T00:00Z",{"tz":"GMT"}]},"2026-11-01T00:00Z",{"tz":"UTC"}]}'::bytea),
	('until, another form of the instant', substr(bytes, 1, 17) || '{"tz":"UTC","until":[{"tz":"UTC"},"2026-10-01T00:00:00Z",{"tz":"GMT"}]}'::bytea),
	('until, descending', substr(bytes, 1, 17) || '{"tz":"UTC","until":[{"tz":"UTC"},"2026-11-01T00:00Z",{"tz":"GMT"},"2026-10-01T00:00Z",{"tz":"UTC"}]}'::bytea)) v(what, bad);
-- The hash is that of version and text.
SELECT substr(calendar_send(cal), 1, 16) = substr(sha256('\x01'::bytea || cal::text::bytea), 1, 16) AS hashed FROM named WHERE name = 'site';

-- The laws of the operator classes, over all pairs and triples.
CREATE TEMP TABLE many AS
SELECT ('{"tz":"' || z || '","weekly":{"' || d || '":[["0' || h || ':00","12:00"]]}}')::calendar AS cal
FROM unnest(ARRAY['UTC', 'Asia/Shanghai', 'Europe/Berlin']) z, unnest(ARRAY['mon', 'tue', 'sun']) d, generate_series(1, 2) h
UNION ALL SELECT cal FROM named UNION ALL SELECT cal FROM named;
SELECT count(*) AS pairs,
	bool_and((a.cal = b.cal) = (calendar_cmp(a.cal, b.cal) = 0)) AND bool_and((a.cal <> b.cal) = (calendar_cmp(a.cal, b.cal) <> 0))
	AND bool_and((a.cal < b.cal) = (calendar_cmp(a.cal, b.cal) < 0)) AND bool_and((a.cal <= b.cal) = (calendar_cmp(a.cal, b.cal) <= 0))
	AND bool_and((a.cal > b.cal) = (calendar_cmp(a.cal, b.cal) > 0)) AND bool_and((a.cal >= b.cal) = (calendar_cmp(a.cal, b.cal) >= 0)) AS operators_agree,
	bool_and(calendar_cmp(a.cal, b.cal) = -calendar_cmp(b.cal, a.cal)) AS antisymmetric,
	bool_and((a.cal = b.cal) = (a.cal::text = b.cal::text)) AS equality_of_text,
	bool_and(a.cal <> b.cal OR calendar_hash(a.cal) = calendar_hash(b.cal)
		AND calendar_hash_extended(a.cal, 7) = calendar_hash_extended(b.cal, 7)) AS equal_hashes,
	bool_and(calendar_hash_extended(a.cal, 0) & 4294967295 = calendar_hash(a.cal)::bigint & 4294967295) AS hashes_agree
FROM many a, many b;
SELECT bool_and(NOT (a.cal <= b.cal AND b.cal <= c.cal) OR a.cal <= c.cal) AS transitive FROM many a, many b, many c;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS amcheck;
RESET client_min_messages;
CREATE INDEX many_btree ON many (cal);
CREATE INDEX many_hash ON many USING hash (cal);
SELECT bt_index_check('many_btree', true);
CREATE FUNCTION pg_temp.found(index_scan boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('enable_seqscan', (NOT index_scan)::text, true), set_config('enable_indexscan', index_scan::text, true),
		set_config('enable_bitmapscan', index_scan::text, true), set_config('enable_indexonlyscan', index_scan::text, true),
		set_config('enable_sort', (NOT index_scan)::text, true);
	EXECUTE $q$SELECT md5(string_agg(concat(p.cal, n.eq, n.lt, n.le, n.gt, n.ge), ',' ORDER BY p.cal::text)) FROM
		(SELECT DISTINCT cal FROM many) p, LATERAL (SELECT
			(SELECT count(*) FROM many m WHERE m.cal = p.cal) AS eq, (SELECT count(*) FROM many m WHERE m.cal < p.cal) AS lt,
			(SELECT count(*) FROM many m WHERE m.cal <= p.cal) AS le, (SELECT count(*) FROM many m WHERE m.cal > p.cal) AS gt,
			(SELECT count(*) FROM many m WHERE m.cal >= p.cal) AS ge) n$q$ INTO result;
	RETURN result;
END
$$;
SELECT pg_temp.found(true) = pg_temp.found(false) AS index_scan_is_seq_scan;
SELECT (SELECT array_agg(cal::text ORDER BY cal) FROM many) = (SELECT array_agg(cal::text ORDER BY cal::text COLLATE "C") FROM many) AS ordered;
SELECT count(*), count(DISTINCT cal) FROM many;

-- Due and breach; one is what to show, the other what to judge by.
SELECT t, d, due_at(cal, t, d), breach_at(cal, t, d)
FROM named, (VALUES ('2026-09-28 09:00'::timestamptz, '3 hours'::interval), ('2026-09-28 09:00', '4 hours'), ('2026-09-28 12:30', '0'),
	('2026-09-30 17:00', '20 hours'), ('2026-09-30 17:59:59.999999', '0.000001 s'), ('2026-09-30 17:00', '-1 hour'),
	('2026-09-30 08:00', '-1 hour'), ('2026-01-01 00:00', '10000 hours')) v(t, d)
WHERE name = 'site';
SELECT b, d, add_working_time(cal, '2026-09-30 08:00', d, b)
FROM named, unnest(ARRAY['close', 'open', NULL]) b, unnest(ARRAY['9 hours', '-9 hours', '0']::interval[]) d WHERE name = 'site' ORDER BY d, b;
SELECT working_time(cal, '2026-09-28 09:00', '2026-10-12 09:00'), working_time(cal, '2026-10-12 09:00', '2026-09-28 09:00'),
	working_time(cal, '1900-01-01 00:00Z', '2200-12-31 00:00Z')
FROM named WHERE name = 'site';
SELECT name, due_at(cal, '2026-01-01', '1 hour'), breach_at(cal, '2026-01-01', '0'), add_working_time(cal, '2026-01-01', '-1 hour') FROM named WHERE name IN ('always', 'never');
SELECT t, is_open(cal, t) FROM named, unnest(ARRAY['2026-09-28 07:59:59.999999', '2026-09-28 08:00', '2026-09-28 11:59:59.999999', '2026-09-28 12:00']::timestamptz[]) t WHERE name = 'site';
-- Real changes of the clock: 23 and 25 hours.
SELECT d, working_time(cal, d::timestamp AT TIME ZONE 'America/New_York', (d + 1)::timestamp AT TIME ZONE 'America/New_York')
FROM named, unnest(ARRAY['2026-03-08', '2026-03-15', '2026-11-01']::date[]) d WHERE name = 'new_york';
SELECT add_working_time(cal, '2026-09-28', '1 hour', NULL) IS NULL AS null_boundary, add_working_time(NULL, '2026-09-28', '1 hour') IS NULL AS null_calendar,
	due_at(cal, NULL, '1 hour') IS NULL AS null_start FROM named WHERE name = 'site';

-- What is refused.
SELECT q, pg_temp.raises(replace(q, 'CAL', '''{"tz":"UTC","weekly":{"mon":[["08:00","09:00"]]}}''')) FROM unnest(ARRAY[
	$$SELECT due_at(CAL, '2026-01-01', '1 day')$$, $$SELECT due_at(CAL, '2026-01-01', '1 month')$$, $$SELECT breach_at(CAL, '2026-01-01', '1 month 1 hour')$$,
	$$SELECT add_working_time(CAL, '2026-01-01', '2 years')$$, $$SELECT add_working_time(CAL, '-infinity', '1 hour')$$, $$SELECT breach_at(CAL, 'infinity', '1 hour')$$,
	$$SELECT working_time(CAL, 'infinity', '2026-01-01')$$, $$SELECT open_periods(CAL, '-infinity', '2026-01-01')$$, $$SELECT open_periods(CAL, '2026-01-01', 'infinity')$$,
	$$SELECT previous_open(CAL, '-infinity')$$, $$SELECT add_working_days(CAL, 'infinity', 1)$$, $$SELECT * FROM explain_due(CAL, 'infinity', '1 hour')$$,
	$$SELECT explain_due_text(CAL, '-infinity', '1 hour')$$, $$SELECT working_days(CAL, '-infinity', '2026-01-01')$$,
	$$SELECT calendar_until(CAL, 'infinity', CAL)$$, $$SELECT calendar_until(CAL, '-infinity', CAL)$$, $$SELECT calendar_until(CAL, '2201-01-01 00:00Z', CAL)$$,
	$$SELECT add_working_time(CAL, '2026-01-01', '1 hour', 'closing')$$,
	$$SELECT due_at(CAL, 'infinity', '1 hour')$$, $$SELECT working_time(CAL, '2026-01-01', '-infinity')$$,
	$$SELECT is_open(CAL, '2201-01-01 00:00Z')$$, $$SELECT is_open(CAL, '1899-12-31 23:59:59.999999Z')$$,
	$$SELECT due_at(CAL, '2200-12-30', '1 hour')$$, $$SELECT add_working_time(CAL, '1900-01-01 08:30Z', '-1 hour')$$,
	$$SELECT next_open(CAL, 'infinity')$$, $$SELECT next_open(CAL, '2200-12-30')$$, $$SELECT previous_close(CAL, '1900-01-01 08:30Z')$$,
	$$SELECT open_periods(CAL, '2026-01-02', '2026-01-01')$$, $$SELECT is_working_day(CAL, 'infinity')$$,
	$$SELECT working_days(CAL, '2026-01-01', '2201-01-02')$$, $$SELECT add_working_days(CAL, '2026-01-01', 1, 'end')$$,
	$$SELECT add_working_days(CAL, '2026-01-01', 20000)$$, $$SELECT * FROM explain_due(CAL, '2026-01-01', '1 day')$$,
	$$SELECT explain_due_text(CAL, '2026-01-01', '1 hour', 'fr')$$, $$SELECT shift(CAL, '1 day')$$, $$SELECT shift(CAL, '1 month')$$, $$SELECT shift(CAL, '8785 hours')$$]) q;

-- Openings, periods and days.
SELECT t, next_open(cal, t), next_close(cal, t), previous_open(cal, t), previous_close(cal, t)
FROM named, unnest(ARRAY['2026-09-30 08:00', '2026-09-30 18:00', '2026-10-03 00:00', '2026-10-08 12:00']::timestamptz[]) t WHERE name = 'site';
SELECT next_open(cal, '2026-01-01'), next_close(cal, '2026-01-01'), previous_open(cal, '2026-01-01'), previous_close(cal, '2026-01-01') FROM named WHERE name = 'always';
SELECT open_periods(cal, '2026-10-08', '2026-10-09 09:00') FROM named WHERE name = 'site';
SELECT name, open_periods(cal, '2026-10-09 21:00', '2026-10-11') FROM named WHERE name <> 'new_york' ORDER BY name;
SELECT name, array_agg(to_char(d, 'MM-DD Dy') ORDER BY d) AS working
FROM named, generate_series('2026-10-05'::date, '2026-10-13', '1 day') g(d) WHERE is_working_day(cal, d::date) GROUP BY name ORDER BY name;
SELECT name, working_days(cal, '2026-01-01', '2027-01-01'), working_days(cal, '2027-01-01', '2026-01-01'), working_days(cal, '1900-01-01', '2201-01-01') FROM named ORDER BY name;
SELECT n, add_working_days(cal, '2026-09-30 17:00', n) AS close, add_working_days(cal, '2026-09-30 17:00', n, 'same_time') AS same_time, add_working_days(cal, '2026-10-03 12:30', n, 'same_time') AS from_holiday
FROM named, generate_series(-2, 4) n WHERE name = 'site';
SELECT name, add_working_days(cal, '2026-10-09 21:00', 1), add_working_days(cal, '2026-10-09 21:00', -1) FROM named ORDER BY name;

-- China, 2025: 248 working days, as counted from the notice of the State Council.
SELECT working_days('{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]},
	"holidays":["2025-01-01","2025-01-28","2025-01-29","2025-01-30","2025-01-31","2025-02-01","2025-02-02","2025-02-03","2025-02-04","2025-04-04","2025-04-05","2025-04-06",
	"2025-05-01","2025-05-02","2025-05-03","2025-05-04","2025-05-05","2025-05-31","2025-06-01","2025-06-02","2025-10-01","2025-10-02","2025-10-03","2025-10-04","2025-10-05","2025-10-06","2025-10-07","2025-10-08"],
	"date_hours":{"2025-01-26":"mon","2025-02-08":"mon","2025-04-27":"mon","2025-09-28":"mon","2025-10-11":"mon"}}', '2025-01-01', '2026-01-01');

-- Explanations.
SELECT * FROM explain_due((SELECT cal FROM named WHERE name = 'site'), '2026-09-30 17:00', '20 hours');
SELECT * FROM explain_due((SELECT cal FROM named WHERE name = 'site'), '2026-10-08 09:00', '-2 hours');
SELECT * FROM explain_due((SELECT cal FROM named WHERE name = 'never'), '2026-10-08 09:00', '1 hour');
SELECT count(*) FROM explain_due((SELECT cal FROM named WHERE name = 'site'), '2026-10-08 09:00', '0');
SELECT explain_due_text(cal, '2026-09-30 17:00', '20 hours'), explain_due_text(cal, '2026-09-30 17:00', '20 hours', 'zh') FROM named WHERE name = 'site';
SELECT explain_due_text(cal, '2026-09-30 17:00', '20 hours'), explain_due_text(cal, '2026-09-30 17:00', '20 hours', 'zh') FROM named WHERE name = 'never';
SELECT sum(counted), min(lower(period)), max(upper(period)), due_at(cal, '2026-01-01 08:00', '500 hours')
FROM named, LATERAL explain_due(cal, '2026-01-01 08:00', '500 hours') WHERE name = 'site' GROUP BY cal;

-- Dates as a wall clock shows them; the open parts are the working time.
SELECT * FROM explain_dates((SELECT cal FROM named WHERE name = 'site'), '2026-10-07', '2026-10-11');
SELECT day, from_time, to_time, period, occurrence, reason
FROM named, unnest(ARRAY['2026-03-08', '2026-11-01']::date[]) d, explain_dates(cal, d, d + 1) WHERE name = 'new_york';
SELECT name, count(*) > 0 AS parts, sum(upper(period) - lower(period)) FILTER (WHERE reason IN ('open', 'make_up_day'))
	= working_time(cal, from_on::timestamp AT TIME ZONE calendar_zone(cal), to_on::timestamp AT TIME ZONE calendar_zone(cal)) AS all_counted
FROM named, (VALUES ('2026-01-01'::date, '2027-01-01'::date)) v(from_on, to_on), LATERAL explain_dates(cal, from_on, to_on)
WHERE name <> 'never' GROUP BY name, cal, from_on, to_on ORDER BY name;
SELECT day, count(*) FROM explain_dates('{"tz":"Pacific/Apia"}', '2011-12-29', '2012-01-01') GROUP BY day ORDER BY day;
SELECT count(*) FROM explain_dates('{"tz":"UTC"}', '2026-01-01', '2026-01-01');
SELECT f, t, pg_temp.raises(format('SELECT * FROM rui.explain_dates(''{"tz":"UTC"}'', %L, %L)', f, t))
FROM (VALUES ('2026-01-02', '2026-01-01'), ('1899-12-31', '2026-01-01'), ('2026-01-01', 'infinity'), ('2201-01-01', '2201-01-01')) v(f, t);
SELECT name, calendar_zone(cal) FROM named ORDER BY name;
SELECT calendar_zone(a & b), calendar_zone(b | a), calendar_zone(shift(b, '1 hour')) FROM (VALUES ('{"tz":"UTC"}'::calendar, '{"tz":"asia/shanghai"}'::calendar)) v(a, b);

-- Algebra.
SELECT a & b AS "all", a | b AS "any", a - b AS "minus", shift(a, '-90 minutes') AS shifted
FROM (VALUES ('{"tz":"UTC","weekly":{"mon":[["08:00","12:00"]]}}'::calendar, '{"tz":"Asia/Shanghai","weekly":{"mon":[["18:00","19:00"]]}}'::calendar)) v(a, b);
SELECT open_periods(a & b, '2026-09-28', '2026-09-29') AS "all", open_periods(a | b, '2026-09-28', '2026-09-29') AS "any",
	open_periods(a - b, '2026-09-28', '2026-09-29') AS "minus", open_periods(shift(a, '-90 minutes'), '2026-09-28', '2026-09-29') AS shifted
FROM (VALUES ('{"tz":"UTC","weekly":{"mon":[["08:00","12:00"]]}}'::calendar, '{"tz":"Asia/Shanghai","weekly":{"mon":[["18:00","19:00"]]}}'::calendar)) v(a, b);
-- One calendar until an instant, then another: the second holds at the instant itself.
CREATE TEMP TABLE hours AS SELECT '{"tz":"Asia/Shanghai","weekly":{"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]},"holidays":["2026-10-02"]}'::calendar AS old,
	'{"tz":"Asia/Shanghai","weekly":{"thu":[["08:00","20:00"]],"fri":[["08:00","20:00"]]},"date_hours":{"2026-10-10":"fri"}}'::calendar AS new;
SELECT calendar_until(old, '2026-10-08 12:00', new) FROM hours;
SELECT t, open_periods(calendar_until(old, t, new), '2026-10-08', '2026-10-09') FROM hours,
	unnest(ARRAY['2026-10-08 00:00', '2026-10-08 08:30', '2026-10-08 12:00', '2026-10-08 17:00', '2026-10-08 18:30', '2026-10-08 20:00']::timestamptz[]) t;
SELECT t, is_open(calendar_until(old, '2026-10-08 08:30', new), t), is_open(calendar_until(new, '2026-10-08 08:30', old), t)
FROM hours, unnest(ARRAY['2026-10-08 08:29:59.999999', '2026-10-08 08:30', '2026-10-08 08:30:00.000001']::timestamptz[]) t;
SELECT e.* FROM hours, explain_due(calendar_until(old, '2026-10-08 12:00', new), '2026-10-01 16:00', '18 hours') e;
SELECT explain_due_text(calendar_until(old, '2026-10-08 12:00', new), '2026-10-01 16:00', '18 hours'), explain_due_text(calendar_until(old, '2026-10-08 12:00', new), '2026-10-01 16:00', '18 hours', 'zh') FROM hours;
SELECT array_agg(to_char(d, 'MM-DD Dy') ORDER BY d) AS working, (SELECT working_days(calendar_until(old, '2026-10-08 18:30', new), '2026-10-01', '2026-10-17') FROM hours) AS days
FROM hours, generate_series('2026-10-01'::date, '2026-10-16', '1 day') g(d) WHERE is_working_day(calendar_until(old, '2026-10-08 18:30', new), d::date);
SELECT add_working_days(calendar_until(old, '2026-10-08 12:00', new), '2026-10-01 10:00', n) FROM hours, generate_series(-1, 3) n;
-- Written in UTC, whatever the session's zone; joined, cut and merged to one list.
BEGIN;
SET LOCAL timezone = 'America/New_York';
SELECT calendar_until('{"tz":"UTC"}', '2026-10-01 00:00', '{"tz":"Asia/Shanghai"}'), calendar_until('{"tz":"UTC"}', '2026-10-01 00:00:00.25+08', '{"tz":"UTC","holidays":["2026-10-01"]}');
COMMIT;
WITH c AS (SELECT old, new, old | new AS other, timestamptz '2026-10-01' AS t1, timestamptz '2027-01-01' AS t2 FROM hours),
	three AS (SELECT *, calendar_until(calendar_until(old, t1, new), t2, other) AS cal FROM c)
SELECT cal = calendar_until(old, t1, calendar_until(new, t2, other)) AS from_both_sides,
	calendar_until(calendar_until(old, t2, new), t1, other) = calendar_until(old, t1, other) AS began_too_late,
	calendar_until(calendar_until(old, t1, new), t1, other) = calendar_until(old, t1, other) AS never_began,
	calendar_until(old, t2, calendar_until(new, t1, other)) = calendar_until(old, t2, other) AS ended_too_early,
	calendar_until(old, t1, old) = old AND calendar_until(cal, t1, cal) = cal AND calendar_until(cal, t2 + interval '1 day', other) = cal AS merged,
	calendar_until(cal, t1 + interval '1 day', calendar_until(cal, t1 + interval '9 days', cal)) = cal AS cut_and_joined,
	shift(shift(cal, '1 hour'), '-1 hour') = cal AS shifted_back,
	shift(cal, '1 hour')::text LIKE '{"shift":[{"until":%' AS kept_under_shift,
	calendar_until(NULL, t1, new) IS NULL AND calendar_until(old, NULL, new) IS NULL AND calendar_until(old, t1, NULL) IS NULL AS strict
FROM three;
-- Which zone decides dates is not lost.
SELECT calendar_until(c, '2027-01-01', '{"tz":"UTC"}'), calendar_until(c, '2026-01-01', '{"tz":"UTC"}'), calendar_until('{"tz":"UTC"}', '2026-01-01', c)
FROM (VALUES ('{"tz":"America/New_York","until":[{"tz":"UTC"},"2026-10-01T00:00Z",{"tz":"UTC","weekly":{"mon":[["08:00","12:00"]]}}]}'::calendar)) v(c);
SELECT pg_temp.raises(format('SELECT calendar_until(%L, ''2026-10-01'', ''{"tz":"UTC"}'')', repeat('{"minus":[{"tz":"UTC"},', 31) || '{"tz":"UTC"}' || repeat(']}', 31)));
SELECT bool_and(working_time(calendar_until(a.cal, at, b.cal), f, t) =
		working_time(a.cal, least(f, at), least(t, at)) + working_time(b.cal, greatest(f, at), greatest(t, at))) AS piece_by_piece,
	bool_and(calendar_until(a.cal, at, a.cal) = a.cal) AS idempotent,
	bool_and(calendar_until(calendar_until(a.cal, at, b.cal), at + interval '1 us', a.cal) = calendar_until(a.cal, at, calendar_until(b.cal, at + interval '1 us', a.cal))) AS associative,
	bool_and(working_time(calendar_until(a.cal, at, b.cal) & b.cal, f, t) = working_time(calendar_until(a.cal & b.cal, at, b.cal), f, t)) AS distributive,
	bool_and(working_time(shift(calendar_until(a.cal, at, b.cal), '90 minutes'), f, t)
		= working_time(calendar_until(shift(a.cal, '90 minutes'), at + interval '90 minutes', shift(b.cal, '90 minutes')), f, t)) AS shifted,
	bool_and(is_open(calendar_until(a.cal, at, b.cal), at) = is_open(b.cal, at)
		AND is_open(calendar_until(a.cal, at, b.cal), at - interval '1 us') = is_open(a.cal, at - interval '1 us')) AS half_open,
	bool_and(calendar_until(a.cal, at, b.cal)::text::calendar = calendar_until(a.cal, at, b.cal)) AS canonical
FROM named a, named b, unnest(ARRAY['1900-01-01 00:00:00.000001Z', '2026-10-08 09:59:59.999999', '2026-10-09 14:00', '2026-11-01 05:30Z', '2200-12-31 20:00Z']::timestamptz[]) at,
	(VALUES ('1955-05-05 05:05'::timestamptz, '2026-10-08 11:11:11.111111'::timestamptz), ('2026-01-01', '2190-01-01'), ('2026-10-09 13:59', '2026-10-08 10:00')) v(f, t);
SELECT bool_and((a.cal & a.cal) = a.cal AND (a.cal | a.cal) = a.cal) AS idempotent,
	bool_and(((a.cal & b.cal) & c.cal) = (a.cal & (b.cal & c.cal)) AND ((a.cal | b.cal) | c.cal) = (a.cal | (b.cal | c.cal))) AS associative,
	bool_and(a.cal::text NOT LIKE '{"tz":"UTC"%' OR b.cal::text NOT LIKE '{"tz":"UTC"%' OR (a.cal & b.cal) = (b.cal & a.cal)) AS commutative_in_one_zone,
	bool_and(shift(shift(a.cal, '5 hours'), '-5 hours') = a.cal) AS shifted_back,
	bool_and((a.cal & b.cal)::text::calendar = (a.cal & b.cal)) AS canonical
FROM named a, named b, named c;
SELECT bool_and(working_time(a.cal | b.cal, f, t) + working_time(a.cal & b.cal, f, t) = working_time(a.cal, f, t) + working_time(b.cal, f, t)) AS modular,
	bool_and(working_time(a.cal - b.cal, f, t) = working_time(a.cal, f, t) - working_time(a.cal & b.cal, f, t)) AS difference,
	bool_and(working_time(shift(a.cal, '36 hours'), f + interval '36 hours', t + interval '36 hours') = working_time(a.cal, f, t)) AS shift
FROM named a, named b, (VALUES ('1955-05-05 05:05'::timestamptz, '2026-10-08 11:11:11.111111'::timestamptz), ('2026-01-01', '2190-01-01')) v(f, t);

-- One call site keeps several compiled forms; more than it keeps, and
-- calendars stored out of line, give the same answers.
CREATE TEMP TABLE sites (id int PRIMARY KEY, cal calendar);
INSERT INTO sites
SELECT n, ('{"tz":"UTC","weekly":{"mon":[["0' || n % 10 || ':00","1' || n / 10 || ':00"]]}' || CASE WHEN n % 2 = 0 THEN '' ELSE ',"holidays":['
	|| (SELECT string_agg('"' || (date '2030-01-01' + d) || '"', ',') FROM generate_series(1, 400) d) || ']' END || '}')::calendar
FROM generate_series(0, 39) n;
SELECT count(*), max(pg_column_size(cal)) FROM sites;
SELECT count(*) AS wrong FROM sites, generate_series(1, 3) WHERE due_at(cal, '2026-09-28 00:00Z', '30 minutes') <> '2026-09-28 00:30Z'::timestamptz + id % 10 * interval '1 hour';
SELECT count(*) AS wrong FROM generate_series(1, 3), sites WHERE next_open(cal, '2030-01-01') <> CASE WHEN id % 2 = 0 THEN '2030-01-07 00:00Z'::timestamptz ELSE '2031-02-10 00:00Z' END + id % 10 * interval '1 hour';
DO $$
DECLARE
	kept rui.calendar;
	n int;
BEGIN
	FOR n IN 0..39 LOOP
		SELECT cal INTO kept FROM sites WHERE id = n;
		ASSERT rui.next_open(kept, '2026-09-27') = '2026-09-28 00:00Z'::timestamptz + n % 10 * interval '1 hour';
	END LOOP;
END
$$;
