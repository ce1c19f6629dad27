-- A generated community: about 2,000 homes on a street network, and a month
-- of needs with a daily and weekly rhythm. Everything follows from :seed.
--
-- Leaves temporary tables that demo/load.sql and demo/month.sql read:
--   street (code, line), stream (line), building_row, unit_row, need_row.

-- Chance as a function of a name: the same on every machine, in any order.
CREATE FUNCTION pg_temp.chance(what text) RETURNS float8 LANGUAGE sql STABLE PARALLEL SAFE
RETURN ((('x' || substr(md5(current_setting('demo.seed') || '/' || what), 1, 13))::bit(52)::bigint)::float8 / 4503599627370496.0);
COMMENT ON FUNCTION pg_temp.chance(text) IS 'A number in [0, 1) from the seed and a name.';

-- Metres east and north of the community's middle, turned by 11 degrees, on the globe.
CREATE FUNCTION pg_temp.spot(east float8, north float8) RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ST_SetSRID(ST_MakePoint(
	118.7400 + (east * cos(radians(11)) - north * sin(radians(11))) / (111320 * cos(radians(32.0700))),
	32.0700 + (east * sin(radians(11)) + north * cos(radians(11))) / 110900), 4326);

-- Streets: nine run north, seven run east; a stream with two bridges cuts the
-- eastern third off.
CREATE TEMP TABLE street AS
SELECT 'N' || n AS code, ST_MakeLine(pg_temp.spot(n * 105 - 420, -285), pg_temp.spot(n * 105 - 420, 285)) AS line
FROM generate_series(0, 8) AS n
UNION ALL
SELECT 'E' || n, ST_MakeLine(pg_temp.spot(-420, n * 95 - 285),
	pg_temp.spot(CASE WHEN n IN (2, 5) THEN 420 ELSE 155 END, n * 95 - 285))
FROM generate_series(0, 6) AS n
UNION ALL
SELECT 'F' || n, ST_MakeLine(pg_temp.spot(210, n * 95 - 285), pg_temp.spot(420, n * 95 - 285))
FROM generate_series(0, 6) AS n WHERE n NOT IN (2, 5);

CREATE TEMP TABLE stream AS
SELECT ST_MakeLine(ARRAY[pg_temp.spot(182, -500), pg_temp.spot(176, -100), pg_temp.spot(190, 120), pg_temp.spot(180, 500)]) AS line;

-- Blocks between the streets hold one or two rows of houses; some are parks.
CREATE TEMP TABLE building_row AS
SELECT row_number() OVER (ORDER BY b.column_no, b.row_no, b.half)::text AS code,
	'Block ' || chr(65 + b.column_no) || b.row_no + 1 AS name,
	CASE WHEN pg_temp.chance('tall' || b.key) < 0.25 THEN 18 WHEN pg_temp.chance('tall' || b.key) < 0.6 THEN 11 ELSE 6 END AS floors,
	ST_Multi(ST_MakePolygon(ST_MakeLine(ARRAY[
		pg_temp.spot(b.x - b.w, b.y - b.d), pg_temp.spot(b.x + b.w, b.y - b.d), pg_temp.spot(b.x + b.w, b.y + b.d),
		pg_temp.spot(b.x - b.w, b.y + b.d), pg_temp.spot(b.x - b.w, b.y - b.d)]))) AS footprint,
	pg_temp.spot(b.x, b.y - b.d) AS entrance
FROM (
	SELECT c AS column_no, r AS row_no, h AS half, format('%s.%s.%s', c, r, h) AS key,
		c * 105 - 367.5 + (pg_temp.chance(format('x%s.%s.%s', c, r, h)) - 0.5) * 16 AS x,
		r * 95 - 237.5 + (h - 0.5) * 42 + (pg_temp.chance(format('y%s.%s.%s', c, r, h)) - 0.5) * 6 AS y,
		22 + pg_temp.chance(format('w%s.%s.%s', c, r, h)) * 12 AS w, 6 + pg_temp.chance(format('d%s.%s.%s', c, r, h)) * 2 AS d
	FROM generate_series(0, 7) AS c, generate_series(0, 5) AS r, generate_series(0, 1) AS h
	WHERE NOT (c = 5 AND r BETWEEN 0 AND 5) -- the stream
		AND pg_temp.chance(format('park%s.%s', c, r)) > 0.12) AS b;

-- Two homes a floor in tall houses, three in the others.
CREATE TEMP TABLE unit_row AS
SELECT b.code || '-1-' || lpad(f::text, 2, '0') || lpad(d::text, 2, '0') AS code, b.code AS building, f AS floor_no,
	(60 + floor(pg_temp.chance(format('area%s.%s', b.code, d)) * 90))::numeric(12,2) AS area_m2,
	pg_temp.chance(format('vacant%s.%s.%s', b.code, f, d)) < 0.07 AS vacant
FROM building_row b, generate_series(1, b.floors) AS f,
	generate_series(1, CASE WHEN b.floors > 12 THEN 2 WHEN b.floors > 8 THEN 3 ELSE 4 END) AS d;

-- Needs: an hour's expected number follows the hour of the day and the day of
-- the week; whether there are more follows chance (Poisson by inversion).
CREATE TEMP TABLE need_row AS
WITH slot AS (
	SELECT h AS starts, extract(hour FROM h)::int AS hour, extract(isodow FROM h)::int AS dow
	FROM generate_series(:'month_start'::timestamp, :'month_end'::timestamp - interval '1 hour', interval '1 hour') AS h
), rate AS (
	SELECT s.starts, s.hour,
		(ARRAY[0.1,0.07,0.05,0.05,0.06,0.15,0.5,1.4,2.4,2.6,2.3,1.8,1.4,1.5,1.7,1.8,1.9,2.3,2.9,2.6,1.8,1.1,0.5,0.2])[s.hour + 1]
		* (ARRAY[1.15,1.0,0.95,0.95,1.0,1.2,0.9])[s.dow] AS expected
	FROM slot s
), drawn AS (
	SELECT r.starts, r.hour, n
	FROM rate r, generate_series(1, 12) AS n
	WHERE pg_temp.chance(format('count%s', r.starts)) >= (
		-- n needs happen when chance exceeds the probability of fewer.
		SELECT sum(exp(-r.expected) * r.expected ^ k / factorial(k)::float8) FROM generate_series(0, n - 1) AS k)
), placed AS MATERIALIZED (
	SELECT d.starts, d.key, 1 + floor(pg_temp.chance('unit' || d.key) * h.homes)::bigint AS home, pg_temp.chance('kind' || d.key) AS kind
	FROM (SELECT d.*, format('%s.%s', d.starts, d.n) AS key FROM drawn d) AS d,
		(SELECT count(*) AS homes FROM unit_row WHERE NOT vacant) AS h
), kinds(category, from_share, to_share, paid_share) AS (VALUES
	('plumbing', 0.00, 0.17, 0.45), ('electric', 0.17, 0.30, 0.40), ('lift', 0.30, 0.37, 0.0), ('cleaning', 0.37, 0.50, 0.10),
	('noise', 0.50, 0.58, 0.0), ('parking', 0.58, 0.68, 0.0), ('access', 0.68, 0.76, 0.15), ('enquiry', 0.76, 0.89, 0.0),
	('complaint', 0.89, 0.95, 0.0), ('leak', 0.95, 1.00, 0.20)
)
SELECT row_number() OVER (ORDER BY p.starts + pg_temp.chance('minute' || p.key) * interval '1 hour', p.key) AS need,
	date_trunc('second', (p.starts + pg_temp.chance('minute' || p.key) * interval '1 hour')) AT TIME ZONE :'time_zone' AS opened_at,
	k.category, NULL::text AS category_name, k.category = 'leak' OR (k.category = 'lift' AND pg_temp.chance('trapped' || p.key) < 0.2) AS is_emergency,
	u.code AS unit, NULL::geometry AS place,
	(ARRAY['resident_app', 'call', 'message', 'finding'])[1 + floor(pg_temp.chance('source' || p.key) * 4)::int] AS source,
	NULL::interval AS agreed_resolution, NULL::timestamptz AS closes_at,
	CASE WHEN pg_temp.chance('paid' || p.key) < k.paid_share
		THEN (20 + 5 * floor(pg_temp.chance('price' || p.key) * 30))::numeric(18,2) END AS charge_amount,
	NULL::boolean AS recorded_on_time, false AS is_recorded, p.key
FROM placed p
JOIN kinds k ON p.kind >= k.from_share AND p.kind < k.to_share
JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place_no FROM unit_row WHERE NOT vacant) AS u ON u.place_no = p.home;
