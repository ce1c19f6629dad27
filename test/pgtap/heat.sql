-- The heat map: figures by square, whose needs and when, who may ask, and what is refused.
BEGIN;
SELECT plan(26);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT rui.set_project_state(p, 'go_live') FROM unnest(ARRAY[:project, :other_project]::bigint[]) AS p \g /dev/null
SELECT rui.set_ticket_category(p, c, c, c) FROM unnest(ARRAY[:project, :other_project]::bigint[]) AS p, unnest('{leak,light,lift}'::text[]) AS c \g /dev/null
CREATE FUNCTION pg_temp.point(lon float8, lat float8) RETURNS geometry LANGUAGE sql IMMUTABLE AS 'SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326)';

SELECT is_empty(format('SELECT * FROM rui.heat(%s, 16, ''2026-01-01 00:00+08'', ''2026-02-01 00:00+08'')', :project), 'no needs, no heat');

-- A need each row: a gate (118.7, 32.1), a tower (118.8, 32.1), and what does not count.
CREATE FUNCTION pg_temp.need(project bigint, category text, place geometry, at timestamptz, emergency boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
	RETURN rui.open_ticket(project, category, 'Something', place => place, is_emergency => emergency, at => at);
END
$$;
SELECT pg_temp.need(:project, c, pg_temp.point(118.7 + 0.00001 * i, 32.1), timestamptz '2026-01-05 09:00+08' + i * interval '1 hour', e)
FROM (VALUES (1, 'light', false), (2, 'leak', true), (3, 'leak', false), (4, 'light', false), (20, 'leak', true)) AS v(i, c, e) \g /dev/null
SELECT pg_temp.need(:project, c, pg_temp.point(118.8, 32.1), timestamptz '2026-01-06 09:00+08' + i * interval '1 minute') AS tower
FROM (VALUES (1, 'lift'), (2, 'leak')) AS v(i, c) \g /dev/null
SELECT pg_temp.need(:project, 'lift', NULL, '2026-01-06 09:00+08') AS nowhere \gset
SELECT pg_temp.need(:other_project, 'lift', pg_temp.point(118.7, 32.1), '2026-01-06 09:00+08') AS elsewhere \gset
SELECT pg_temp.need(:project, 'lift', pg_temp.point(118.7, 32.1), '2025-12-31 23:59:59+08') AS before \gset
SELECT pg_temp.need(:project, 'lift', pg_temp.point(118.7, 32.1), '2026-02-01 00:00+08') AS after \gset
\set january :project ', 16, ''2026-01-01 00:00+08'', ''2026-02-01 00:00+08'''

SELECT results_eq(
	format('SELECT cell, needs, emergencies, days, category, category_needs FROM rui.heat(%s, 16, ''2026-01-01 00:00+08'', ''2026-02-01 00:00+08'')', :project),
	$$VALUES (rui.cell(118.7, 32.1, 16), 5::bigint, 2::bigint, 2::bigint, 'leak', 3::bigint), (rui.cell(118.8, 32.1, 16), 2, 0, 1, 'leak', 1)$$,
	'needs by square, most first: emergencies, days in the project''s zone, the most frequent category, of equals the first');
SELECT is((SELECT sum(needs) FROM rui.heat(:january)), 7::numeric, 'all needs of the span that have a place, and no others');
SELECT is((SELECT count(*) FROM rui.heat(:january) WHERE NOT ST_Equals(boundary, rui.cell_boundary(cell)) OR ST_SRID(boundary) <> 4326
	OR GeometryType(boundary) <> 'POLYGON'), 0::bigint, 'the boundary is the square''s');
SELECT is((SELECT count(*) FROM rui.heat(:january) WHERE rui.cell_level(cell) <> 16), 0::bigint, 'of the level asked for');
SELECT results_eq(
	format('SELECT needs, emergencies, days, category, category_needs FROM rui.heat(%s, 1, ''2026-01-01 00:00+08'', ''2026-02-01 00:00+08'')', :project),
	$$VALUES (7::bigint, 2::bigint, 2::bigint, 'leak', 4::bigint)$$, 'a large square holds all');
SELECT is((SELECT count(*) FROM rui.heat(:project, 30, '2026-01-01 00:00+08', '2026-02-01 00:00+08')), 6::bigint, 'the smallest tell all places apart');
SELECT is((SELECT count(*) FROM generate_series(1, 29) AS level WHERE EXISTS (
	SELECT FROM rui.heat(:project, level, '2026-01-01 00:00+08', '2026-02-01 00:00+08') AS outside
	FULL JOIN (SELECT rui.cell_parent(cell, level)::text AS square, sum(needs) AS needs, sum(emergencies) AS emergencies
		FROM rui.heat(:project, level + 1, '2026-01-01 00:00+08', '2026-02-01 00:00+08') GROUP BY 1) AS inside ON outside.cell::text = inside.square
	WHERE outside.needs IS DISTINCT FROM inside.needs OR outside.emergencies IS DISTINCT FROM inside.emergencies)), 0::bigint,
	'the squares of a level add up to those of the level above');
SELECT results_eq(format('SELECT needs FROM rui.heat(%s, 16, ''2026-01-05 10:00+08'', ''2026-01-05 13:00+08'')', :project), 'VALUES (3::bigint)',
	'the beginning of the span belongs to it, the end does not');
SELECT is((SELECT sum(needs) FROM rui.heat(:other_project, 16, '2026-01-01 00:00+08', '2026-02-01 00:00+08')), 1::numeric, 'another project has its own');
SELECT rui.cancel_ticket(:project, (SELECT min(id) FROM rui.task WHERE project_id = :project AND category = 'light'), 'Not needed', at => '2026-01-05 11:00+08') \g /dev/null
SELECT is((SELECT sum(needs) FROM rui.heat(:january)), 7::numeric, 'what was cancelled was a need all the same');

-- Refusals.
CREATE FUNCTION pg_temp.refused(arguments text, code text, about text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT throws_ok('SELECT * FROM rui.heat(' || arguments || ')', code, NULL, about);
END
$$;
SELECT pg_temp.refused(format('%s, NULL, now() - interval ''1 day'', now()', :project), '22004', 'no level');
SELECT pg_temp.refused(format('%s, %s, now() - interval ''1 day'', now()', :project, l), '22023', 'level ' || l) FROM unnest('{0,31,-1}'::integer[]) AS l;
SELECT pg_temp.refused(format('%s, 16, NULL, now()', :project), '22004', 'no beginning');
SELECT pg_temp.refused(format('%s, 16, now(), NULL', :project), '22004', 'no end');
SELECT pg_temp.refused(format('%s, 16, now(), now()', :project), '22023', 'an empty span');
SELECT pg_temp.refused(format('%s, 16, ''-infinity'', now()', :project), '22008', 'a span without beginning');
SELECT pg_temp.refused(format('%s, 16, now(), ''infinity''', :project), '22008', 'a span without end');
SELECT pg_temp.refused('NULL, 16, now() - interval ''1 day'', now()', '22004', 'no project');
SELECT pg_temp.refused('0, 16, now() - interval ''1 day'', now()', '42501', 'an unknown project');

-- Who may ask.
SELECT id AS wu FROM rui.import_staff(:project, '[{"code":"wu","name":"Wu","staff_no":"1","from":"2020-01-01","role":"staff"}]') \gset
SELECT set_eq($$SELECT role_code FROM rui.role_permission WHERE permission = 'see_heat'$$,
	$$VALUES ('manager'), ('expert'), ('auditor'), ('director'), ('loader')$$, 'those who answer for the whole');
SELECT set_config('rui.party_id', :'wu', true) \g /dev/null
SELECT pg_temp.refused(format('%s, 16, now() - interval ''1 day'', now()', :project), '42501', 'who only works there may not');
SELECT set_config('rui.party_id', :'boss', true) \g /dev/null
SELECT rui.grant_role(:project, :wu, 'expert') \g /dev/null
SELECT set_config('rui.party_id', :'wu', true) \g /dev/null
SELECT is((SELECT sum(needs) FROM rui.heat(:january)), 7::numeric, 'an expert of the project may');
SELECT pg_temp.refused(format('%s, 16, now() - interval ''1 day'', now()', :other_project), '42501', 'not of another one');
SELECT * FROM finish();
ROLLBACK;
