-- A year of 92 household water meters, read daily, and two months of 30 of
-- them, read hourly: what falls is refused with a list, days on which clocks
-- change are days like others, and what was used is what the registers went on.
--
-- What the files do not say, and what is taken for it here: a meter was hung up
-- when it was first read; local times that come twice mean the first, and
-- those that never were, an hour later.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/water_meters/daily_readings.csv" -a -r "${RUI_DATA:-}/water_meters/hourly_readings.csv" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(33);
\ir ../pgtap/fixture/town.sql
UPDATE rui.project SET time_zone = 'Europe/Madrid' WHERE id = :project;
SELECT rui.create_project(:company, 'hourly', 'By the hour', 'Europe/Madrid') AS hourly \gset
SELECT rui.create_project(:company, 'doubt', 'With doubt', 'Europe/Madrid') AS doubting \gset
CREATE TEMP TABLE daily (meter_id integer, reading_date date, reading_time time, reading_l numeric);
CREATE TEMP TABLE hour (meter_id integer, read_at timestamp, reading_l numeric, diff_l numeric);
\copy daily FROM PROGRAM 'cat "$RUI_DATA/water_meters/daily_readings.csv"' WITH (FORMAT csv, HEADER true)
\copy hour FROM PROGRAM 'cat "$RUI_DATA/water_meters/hourly_readings.csv"' WITH (FORMAT csv, HEADER true)
SELECT results_eq('SELECT count(*), count(DISTINCT meter_id) FROM daily UNION ALL SELECT count(*), count(DISTINCT meter_id) FROM hour',
	'VALUES (31532::bigint, 92::bigint), (38687, 30)', 'all rows of the files');

-- What is to be expected, from the files alone: a reading is taken when it is
-- not less than the highest before it.
CREATE TEMP TABLE expected AS
SELECT f.*, coalesce(f.value >= max(f.value) OVER (PARTITION BY f.project_id, f.meter_id ORDER BY f.read_at, f.value
	ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS is_taken
FROM (
	SELECT :project AS project_id, d.meter_id, d.reading_date + d.reading_time AS local, (d.reading_date + d.reading_time) AT TIME ZONE 'Europe/Madrid' AS read_at, d.reading_l AS value FROM daily d
	UNION ALL SELECT :doubting, d.meter_id, d.reading_date + d.reading_time, (d.reading_date + d.reading_time) AT TIME ZONE 'Europe/Madrid', d.reading_l FROM daily d
	UNION ALL SELECT :hourly, h.meter_id, h.read_at, h.read_at AT TIME ZONE 'Europe/Madrid', h.reading_l FROM hour h) f;
CREATE INDEX ON expected (project_id, meter_id, read_at);
ANALYZE expected;
SELECT is_empty('SELECT FROM expected GROUP BY project_id, meter_id, read_at HAVING count(*) > 1', 'no instant is there twice');

-- A house with 92 homes in each project.
SELECT count(*) FROM (VALUES (:project), (:hourly), (:doubting)) AS p(id)
CROSS JOIN LATERAL rui.import_buildings(p.id, '[{"code":"b","footprint":"SRID=4326;POLYGON((-0.48 38.34,-0.47 38.34,-0.47 38.35,-0.48 38.34))"}]') b \gset hidden_
SELECT count(*) FROM (VALUES (:project), (:hourly), (:doubting)) AS p(id) CROSS JOIN LATERAL rui.import_units(p.id,
	(SELECT jsonb_agg(jsonb_build_object('code', 'u' || n, 'building', 'b', 'area_m2', 80)) FROM generate_series(1, 92) n)) u \gset hidden_
SELECT is((SELECT count(*) FROM (SELECT p.id AS project_id FROM rui.project p WHERE p.company_id = :company) p
	CROSS JOIN LATERAL rui.import_meters(p.project_id, (SELECT jsonb_agg(jsonb_build_object('code', 'm' || e.meter_id, 'medium', 'water', 'measured_in', 'l', 'unit', 'u' || e.meter_id,
		'installed_at', to_char(e.local, 'YYYY-MM-DD HH24:MI:SS'), 'initial', e.value))
		FROM (SELECT DISTINCT ON (x.meter_id) x.* FROM expected x WHERE x.project_id = p.project_id ORDER BY x.meter_id, x.read_at) e)) i WHERE i.outcome = 'added'),
	214::bigint, 'the meters, hung up when they were first read');
SELECT rui.set_meter_rule(:doubting, 'water', 10, 2000, 28), rui.set_meter_rule(:project, 'water', 1000000, 1000000000, 366, 10) \gset hidden_

-- The year, in two parts, the later one first: late readings find their place.
CREATE TEMP TABLE report (project_id bigint, part integer, meter_id integer, read_at timestamptz, value numeric, outcome text, error_code text);
CREATE FUNCTION pg_temp.load(project bigint, of_part integer, from_on date, to_on date) RETURNS bigint LANGUAGE sql AS $$
	WITH batch AS MATERIALIZED (
		SELECT e.*, row_number() OVER (ORDER BY e.meter_id, e.read_at) AS row_no FROM pg_temp.expected e
		WHERE e.project_id = project AND e.local >= from_on AND e.local < to_on),
	taken AS (
		INSERT INTO pg_temp.report
		SELECT project, of_part, b.meter_id, b.read_at, b.value, r.outcome, r.error_code
		FROM rui.import_readings(project, (SELECT jsonb_agg(jsonb_build_object('meter', 'm' || b.meter_id, 'read_at', to_char(b.local, 'YYYY-MM-DD HH24:MI:SS'), 'value', b.value) ORDER BY b.row_no) FROM batch b)) r
		JOIN batch b ON b.row_no = r.row_no
		RETURNING 1)
	SELECT count(*) FROM taken $$;
ANALYZE rui.unit, rui.meter, rui.meter_register;
SELECT is((SELECT pg_temp.load(:hourly, 1, '2016-05-01', '2016-06-01') + pg_temp.load(:hourly, 2, '2016-04-01', '2016-05-01')), 38687::bigint, 'two months by the hour, May before April');
SELECT is(pg_temp.load(:project, 1, '2016-01-01', '2018-01-01'), 31532::bigint, 'the year');
ANALYZE rui.meter_reading;
SELECT results_eq(format('SELECT meter_id, read_at FROM report WHERE project_id = %s AND outcome = ''rejected'' ORDER BY 1, 2', :project),
	format('SELECT meter_id, read_at FROM expected WHERE project_id = %s AND NOT is_taken ORDER BY 1, 2', :project), 'what falls is refused, and nothing else');
SELECT cmp_ok((SELECT count(*) FROM report WHERE project_id = :project AND outcome = 'rejected'), '>=', 2::bigint, 'there are such');
SELECT is_empty('SELECT * FROM report WHERE outcome = ''rejected'' AND error_code <> ''RU101''', 'each because the register would fall');
SELECT is((SELECT count(*) FROM report WHERE project_id = :project AND outcome = 'unchanged'), 92::bigint, 'the first reading of each meter was there');

-- Use: what the registers went on, all at once, meter by meter, day by day.
CREATE TEMP TABLE went AS
SELECT e.project_id, e.meter_id, min(e.read_at) AS first_at, max(e.read_at) AS last_at, max(e.value) - min(e.value) AS used
FROM expected e WHERE e.is_taken AND e.project_id = :project GROUP BY e.project_id, e.meter_id;
SELECT results_eq(format('SELECT u.meter_id, u.used FROM (SELECT substr(m.code, 2)::integer AS meter_id, u.used FROM rui.meter_uses(%s, ''2016-01-01'', ''2018-01-01'') u JOIN rui.meter m ON m.id = u.meter_id) u ORDER BY 1', :project),
	'SELECT meter_id, used FROM went ORDER BY 1', 'the year of each meter is its last reading less its first');
SELECT is_empty(format('SELECT m.code FROM rui.meter m JOIN went w ON m.code = ''m'' || w.meter_id CROSS JOIN LATERAL rui.meter_use(%s, m.id, w.first_at, w.last_at) u WHERE m.project_id = %1$s AND u.used <> w.used', :project),
	'and so says each alone');
CREATE TEMP TABLE day_used AS
SELECT d.day::date AS day, substr(m.code, 2)::integer AS meter_id, u.used
FROM generate_series('2016-02-29'::timestamp, '2017-03-01', '1 day') AS d(day)
CROSS JOIN LATERAL rui.meter_uses(:project, d.day AT TIME ZONE 'Europe/Madrid', (d.day + interval '1 day') AT TIME ZONE 'Europe/Madrid', NULL, true) u
JOIN rui.meter m ON m.id = u.meter_id;
SELECT results_eq('SELECT meter_id, sum(used) FROM day_used GROUP BY 1 ORDER BY 1', 'SELECT meter_id, used FROM went ORDER BY 1', 'its days add up to it, to the last drop');
SELECT is_empty('SELECT FROM day_used WHERE used < 0', 'on no day anything comes back');
-- By hand: where the register stood at each midnight, by the clock on the wall.
CREATE TEMP TABLE midnight AS
SELECT d.day::date AS day, w.meter_id, round(coalesce(b.value, a.value) + coalesce((a.value - b.value)
	* extract(epoch FROM d.day - b.local) / nullif(extract(epoch FROM a.local - b.local), 0), 0), 6) AS stood
FROM generate_series('2016-03-01'::timestamp, '2017-03-01', '1 day') AS d(day) CROSS JOIN went w
LEFT JOIN LATERAL (SELECT e.local, e.value FROM expected e WHERE e.project_id = w.project_id AND e.meter_id = w.meter_id AND e.is_taken AND e.read_at <= d.day AT TIME ZONE 'Europe/Madrid' ORDER BY e.read_at DESC LIMIT 1) b ON true
LEFT JOIN LATERAL (SELECT e.local, e.value FROM expected e WHERE e.project_id = w.project_id AND e.meter_id = w.meter_id AND e.is_taken AND e.read_at > d.day AT TIME ZONE 'Europe/Madrid' ORDER BY e.read_at LIMIT 1) a ON true
WHERE d.day::date BETWEEN (w.first_at AT TIME ZONE 'Europe/Madrid')::date + 1 AND (w.last_at AT TIME ZONE 'Europe/Madrid')::date;
SELECT cmp_ok((SELECT count(*) FROM midnight WHERE day IN ('2016-03-27', '2016-03-28', '2016-10-30', '2016-10-31')), '>', 300::bigint, 'days on which clocks change are among them');
SELECT is_empty('SELECT u.day, u.meter_id, u.used, b.stood - a.stood FROM day_used u JOIN midnight a ON a.day = u.day AND a.meter_id = u.meter_id JOIN midnight b ON b.day = u.day + 1 AND b.meter_id = u.meter_id
	WHERE u.used <> b.stood - a.stood', 'every day is what the register went on between its midnights');

-- By the hour: the file's own differences.
SELECT results_eq(format('SELECT meter_id, read_at FROM report WHERE project_id = %s AND part = 1 AND outcome = ''rejected'' ORDER BY 1, 2', :hourly),
	format('SELECT meter_id, read_at FROM (SELECT e.*, max(value) OVER (PARTITION BY meter_id ORDER BY read_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS highest
		FROM expected e WHERE project_id = %s AND (local >= ''2016-05-01'' OR read_at = (SELECT min(read_at) FROM expected f WHERE f.project_id = e.project_id AND f.meter_id = e.meter_id))) e WHERE value < highest ORDER BY 1, 2', :hourly),
	'what falls in May is refused');
SELECT is_empty(format('SELECT FROM (SELECT value, lag(value) OVER (PARTITION BY meter_id ORDER BY read_at) AS before FROM report WHERE project_id = %s AND outcome = ''added'') r WHERE value < before', :hourly),
	'nothing that was taken falls, whatever came first');
SELECT is_empty(format('SELECT m.code FROM rui.meter m JOIN rui.meter_register r ON r.meter_id = m.id CROSS JOIN LATERAL rui.meter_use(%s, m.id, ''2016-01-01'', ''2018-01-01'') u
	WHERE m.project_id = %1$s AND u.used <> (SELECT max(e.value) - min(e.value) FROM rui.meter_reading e WHERE e.register_id = r.id)', :hourly), 'the whole is the last less the first');
SELECT cmp_ok((SELECT count(*) FROM hour h JOIN rui.meter m ON m.project_id = :hourly AND m.code = 'm' || h.meter_id
	JOIN rui._meter_increments(:hourly, NULL, NULL, '2016-01-01', '2018-01-01', false) g ON g.chain_id = m.chain_id AND g.at = h.read_at AT TIME ZONE 'Europe/Madrid'
	WHERE g.used = h.diff_l), '>', 38000::bigint, 'its steps are the differences of the file');

-- Doubt: what is far more than usual waits, and counts once it is confirmed.
SELECT is(pg_temp.load(:doubting, 1, '2016-01-01', '2018-01-01'), 31532::bigint, 'the year again, with a rule');
CREATE TEMP TABLE doubted AS
SELECT e.id, e.at, m.id AS meter_id FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id JOIN rui.meter m ON m.id = r.meter_id
WHERE e.project_id = :doubting AND e.state = 'to_check';
SELECT cmp_ok((SELECT count(*) FROM doubted), '>', 0::bigint, 'some readings are doubted');
SELECT is((SELECT sum(u.to_check) FROM rui.meter_uses(:doubting, '2016-01-01', '2018-01-01') u)::bigint, (SELECT count(*) FROM doubted), 'and are said to be');

-- Twelve months of billing, on a ladder of the year, against the file alone:
-- where each meter stood at the end of what is charged, tier by tier.
SELECT rui.set_project_state(p.id, 'go_live') FROM rui.project p WHERE p.id IN (:project, :doubting) ORDER BY p.id \g /dev/null
SELECT rui.open_books(:project, '2016-03-01') \gset hidden_
SELECT rui.set_fee_item(:project, 'water', 'Water') \gset hidden_
SELECT rui.set_meter_plan(:project, 'water', '{"model":"graduated","tiers":[{"up_to":"40000","price":"0.0021"},{"up_to":"90000","price":"0.0037"},{"price":"0.0083"}]}', 'water', '2016-03-01', first_month => 3) \gset hidden_
SELECT cmp_ok((SELECT sum(b.charges) FROM generate_series('2016-03-01'::timestamp, '2017-02-01', '1 month') AS d(month)
	CROSS JOIN LATERAL rui.run_billing(:project, d.month::date, at => (d.month + interval '1 month 2 days') AT TIME ZONE 'Europe/Madrid') b), '>', 1000::numeric, 'twelve runs');
CREATE TEMP TABLE billed AS
SELECT substr(u.code, 2)::integer AS meter_id, min(lower(b.period)) AS from_on, max(upper(b.period)) AS to_on, sum(b.used) AS used, sum(c.gross) AS gross, count(*) AS charges
FROM rui.meter_bill b JOIN rui.charge c ON c.id = b.charge_id JOIN rui.unit u ON u.id = b.unit_id
WHERE b.project_id = :project AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.charge_id = b.charge_id) GROUP BY 1;
SELECT results_eq('SELECT meter_id, from_on, to_on FROM billed ORDER BY 1', $$SELECT meter_id, (first_at AT TIME ZONE 'Europe/Madrid')::date, least('2017-03-01', (last_at AT TIME ZONE 'Europe/Madrid')::date) FROM went ORDER BY 1$$,
	'each meter is charged from the day it was hung up to the last it was read');
SELECT is_empty($$SELECT b.meter_id, b.used, b.gross, x.stood, m.gross FROM billed b
	JOIN LATERAL (SELECT e.value FROM expected e WHERE e.project_id = (SELECT project_id FROM went LIMIT 1) AND e.meter_id = b.meter_id ORDER BY e.read_at LIMIT 1) f ON true
	JOIN midnight x ON x.meter_id = b.meter_id AND x.day = b.to_on
	CROSS JOIN LATERAL (SELECT round(least(x.stood - f.value, 40000) * 0.0021 + greatest(least(x.stood - f.value, 90000) - 40000, 0) * 0.0037 + greatest(x.stood - f.value - 90000, 0) * 0.0083, 2) AS gross) m
	WHERE b.used <> x.stood - f.value OR b.gross <> m.gross$$, 'the charges of a year are the charge of its sum');
SELECT cmp_ok((SELECT count(*) FROM billed b JOIN midnight x ON x.meter_id = b.meter_id AND x.day = b.to_on), '>', 80::bigint, 'of most meters');
SELECT is_empty(format('SELECT u.code, b.period, b.used, y.stood - x.stood FROM rui.meter_bill b JOIN rui.unit u ON u.id = b.unit_id JOIN midnight x ON ''u'' || x.meter_id = u.code AND x.day = lower(b.period)
	JOIN midnight y ON y.meter_id = x.meter_id AND y.day = upper(b.period) WHERE b.project_id = %s AND b.used <> y.stood - x.stood', :project), 'and each month, those in which clocks change too, is what the register went on');
SELECT results_eq(format('SELECT unit_code, obstacle FROM rui.meter_charge_obstacles(%s, ''2017-02-01'', at => ''2017-03-03'') ORDER BY 1', :project),
	$$SELECT 'u' || meter_id AS code, 'not_read' FROM went WHERE (last_at AT TIME ZONE 'Europe/Madrid')::date < '2017-03-01' ORDER BY 1$$, 'what was not read to the end is listed');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2017-02-01'', at => ''2017-03-04'')', :project), 'a second run adds nothing');
-- With doubt: what waits to be checked keeps its unit from being charged.
SELECT rui.open_books(:doubting, '2016-03-01') \gset hidden_
SELECT rui.set_fee_item(:doubting, 'water', 'Water') \gset hidden_
SELECT rui.set_meter_plan(:doubting, 'water', '{"model":"fixed","price":"0.002"}', 'water', '2016-03-01') \gset hidden_
SELECT set_eq(format('SELECT unit_id FROM rui.meter_charge_obstacles(%s, ''2017-02-01'', at => ''2017-03-03'') WHERE obstacle = ''doubted''', :doubting), format('SELECT m.unit_id FROM doubted d JOIN rui.meter m ON m.id = d.meter_id WHERE d.at <= ''2017-03-01'' AT TIME ZONE ''Europe/Madrid'''), 'doubted ones are listed');
SELECT is_empty(format('SELECT c.unit_id FROM rui.run_billing(%s, ''2017-02-01'', at => ''2017-03-03'') b JOIN rui.charge c ON c.project_id = %1$s JOIN doubted d ON d.at <= ''2017-03-01'' AT TIME ZONE ''Europe/Madrid'' JOIN rui.meter m ON m.id = d.meter_id AND m.unit_id = c.unit_id', :doubting), 'and not charged');

-- Homes that stood empty in August, by less than ten litres a day.
SELECT results_eq(format('SELECT u.code, v.finding FROM rui.infer_vacancy(%s, ''2016-08-01'', ''2016-09-01'', true) v JOIN rui.unit u ON u.id = v.unit_id WHERE v.source = ''meter'' ORDER BY 1', :project),
	$$SELECT 'u' || a.meter_id AS code, CASE WHEN (b.stood - a.stood) / 31 < 10 THEN 'vacant' ELSE 'occupied' END
	FROM midnight a JOIN midnight b ON b.meter_id = a.meter_id AND b.day = '2016-09-01' WHERE a.day = '2016-08-01' ORDER BY 1$$, 'empty homes');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT diag(format('%s refused, %s doubted, %s homes empty in August', (SELECT count(*) FROM report WHERE outcome = 'rejected' AND project_id = :project), (SELECT count(*) FROM doubted),
	(SELECT count(*) FROM rui.infer_vacancy(:project, '2016-08-01', '2016-09-01', true) v WHERE v.source = 'meter' AND v.finding = 'vacant')));
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with water_meters'
\endif
