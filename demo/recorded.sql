-- A real town and real requests in place of the generated ones.
--
-- :town_buildings  text of an OSM GeoJSON FeatureCollection of buildings
-- :needs_file is loaded by the caller into the temporary table recorded_case
--
-- Homes per building = max(1, levels) x 2, of equal area: the outline's area
-- times the levels over the homes, at least 30 and at most 200 square metres.
-- Requests are placed on homes by a seeded rule: the n-th home in order of
-- code, n = md5(seed/case id) modulo the homes. Category, times and durations
-- are as recorded; stamps are read as local time of the project's zone. Each
-- case's own target is agreed as its resolution target.

CREATE FUNCTION pg_temp.lot(what text, size bigint) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN mod(('x' || substr(md5(current_setting('demo.seed') || '/' || what), 1, 15))::bit(60)::bigint, size);

CREATE FUNCTION pg_temp.chance(what text) RETURNS float8 LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_temp.lot(what, 1000000000)::float8 / 1000000000.0;

CREATE TEMP TABLE building_row AS
SELECT f.feature ->> 'id' AS code, f.feature -> 'properties' ->> 'name' AS name,
	least(greatest(1, coalesce(substring(f.feature -> 'properties' ->> 'levels' FROM '^[0-9]+')::integer, 1)), 200) AS floors,
	ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(f.feature ->> 'geometry'), 4326)) AS footprint,
	NULL::geometry AS entrance, (f.feature -> 'properties' ->> 'area_m2')::numeric AS ground_m2
FROM jsonb_array_elements(:'town_buildings'::jsonb -> 'features') AS f(feature);

CREATE TEMP TABLE unit_row AS
SELECT b.code || '-' || lpad(((h - 1) / 2 + 1)::text, 2, '0') || lpad(((h - 1) % 2 + 1)::text, 2, '0') AS code, b.code AS building,
	(h - 1) / 2 + 1 AS floor_no, least(greatest(round(b.ground_m2 / 2, 2), 30), 200)::numeric(12,2) AS area_m2, false AS vacant
FROM building_row b, generate_series(1, b.floors * 2) AS h;

CREATE TEMP TABLE need_row AS
SELECT row_number() OVER (ORDER BY c.opened_at, c.case_id) AS need, c.opened_at AT TIME ZONE :'time_zone' AS opened_at,
	btrim(regexp_replace(lower(c.type), '[^a-z0-9]+', '_', 'g'), '_') AS category, c.type AS category_name, false AS is_emergency,
	u.code AS unit, NULL::geometry AS place, CASE WHEN c.source LIKE '%Call%' THEN 'call' ELSE 'resident_app' END AS source,
	extract(epoch FROM (c.target_at AT TIME ZONE :'time_zone') - (c.opened_at AT TIME ZONE :'time_zone')) * interval '1 second'
		AS agreed_resolution,
	c.closed_at AT TIME ZONE :'time_zone' AS closes_at, NULL::numeric(18,2) AS charge_amount,
	CASE WHEN c.target_at IS NOT NULL AND c.closed_at IS NOT NULL THEN c.on_time = 'ONTIME' END AS recorded_on_time,
	true AS is_recorded, c.case_id AS key
FROM (
	SELECT r.*, pg_temp.lot('place' || r.case_id, h.homes) AS home
	FROM recorded_case r, (SELECT count(*) AS homes FROM unit_row) AS h OFFSET 0) AS c
JOIN (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place_no FROM unit_row) AS u ON u.place_no = c.home
WHERE c.opened_at >= :'month_start'::timestamp AND c.opened_at < :'month_end'::timestamp;
