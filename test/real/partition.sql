-- Block groups of a county, by population: 4 to 12 zones, in one piece each,
-- within one per cent.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/partition_pulaski_bg/units.csv" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(31);
CREATE TEMP TABLE unit_file (unit_id bigint, county_fips text, tract text, name text, pop bigint, vap bigint, white_pop bigint, black_pop bigint,
	hispanic_pop bigint, land_m2 float8, water_m2 float8, lat float8, lon float8);
CREATE TEMP TABLE border_file (unit_a bigint, unit_b bigint, metres float8);
\copy unit_file FROM PROGRAM 'cat "$RUI_DATA/partition_pulaski_bg/units.csv"' WITH (FORMAT csv, HEADER true)
\copy border_file FROM PROGRAM 'cat "$RUI_DATA/partition_pulaski_bg/adjacency.csv"' WITH (FORMAT csv, HEADER true)
CREATE TEMP TABLE county AS
SELECT u.unit_id AS node, u.pop::float8 AS load, array_agg(b.other ORDER BY b.other) AS neighbours, array_agg(b.metres ORDER BY b.other) AS metres
FROM unit_file u
JOIN (SELECT unit_a, unit_b, metres FROM border_file UNION ALL SELECT unit_b, unit_a, metres FROM border_file) AS b(node, other, metres) ON b.node = u.unit_id
GROUP BY u.unit_id, u.pop;
SELECT is((SELECT count(*) FROM county), 287::bigint, 'every block group');
SELECT is((SELECT sum(cardinality(neighbours)) / 2 FROM county), 782::bigint, 'every border');

CREATE TEMP TABLE zone AS
SELECT n AS zones, w.weighted, (p).node, (p).part
FROM generate_series(4, 12) AS n CROSS JOIN (VALUES (false), (true)) AS w(weighted)
CROSS JOIN LATERAL (
	SELECT unnest(CASE WHEN w.weighted THEN rui.partition(node, neighbours, load, n, metres, NULL, NULL) ELSE rui.partition(node, neighbours, load, n) END) AS p
	FROM county) AS s;
CREATE TEMP TABLE measured AS
SELECT z.zones, z.weighted, q.*
FROM (SELECT z.zones, z.weighted, rui.partition_quality(c.node, c.neighbours, c.load, z.part, c.metres) AS q
	FROM zone z JOIN county c USING (node) GROUP BY z.zones, z.weighted) AS z
CROSS JOIN LATERAL (SELECT (z.q).*) AS q;
SELECT is((m.nodes, m.parts, m.disconnected)::text, format('(287,%s,0)', m.zones), format('%s zones%s: everything, in one piece each', m.zones,
	CASE WHEN m.weighted THEN ', compact' ELSE '' END))
FROM measured m ORDER BY m.zones, m.weighted;
SELECT cmp_ok(max(m.imbalance), '<=', 0.01::float8, format('%s zones: within one per cent', m.zones)) FROM measured m GROUP BY m.zones ORDER BY m.zones;
SELECT diag(string_agg(format('%s zones%s: uneven by %s, %s of 782 borders cut, %s degrees', zones, CASE WHEN weighted THEN ', compact' ELSE '' END,
	round(imbalance::numeric, 5), cut_edges, round(cut::numeric, 3)), E'\n' ORDER BY zones, weighted)) FROM measured;
-- Weights make short borders.
SELECT cmp_ok((SELECT sum(cut) FROM measured WHERE weighted), '<', (SELECT sum(cut) FROM measured WHERE NOT weighted), 'weighted borders are shorter');

-- People move: the tenth part of the groups grows by a third; few change their zone.
CREATE TEMP TABLE grown AS
SELECT c.node, c.neighbours, c.load * CASE WHEN c.node % 10 = 1 THEN 4.0 / 3 ELSE 1 END AS load, z.part FROM county c JOIN zone z USING (node) WHERE z.zones = 8 AND NOT z.weighted;
SELECT is(array_agg(DISTINCT n.stays), '{true}', 'most stay')
FROM (SELECT sum(g.load) FILTER (WHERE (p.p).part <> g.part) <= 0.15 * sum(g.load) AS stays
	FROM (SELECT unnest(rui.partition(node, neighbours, load, 8, NULL, part, '{"stability":0.01}')) AS p FROM grown) p JOIN grown g ON g.node = (p.p).node) n;
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with partition_pulaski_bg'
\endif
