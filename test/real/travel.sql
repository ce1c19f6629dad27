-- Walking through a real town: the ways along the streets of an OSM extract
-- are as long as its own table of edges makes them, past a motorway and over
-- its bridges.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/osm_bayreuth/street_edges.csv" && echo true || echo false`
\if :found
BEGIN;
SET LOCAL jit = off;
SELECT plan(9);
\ir ../pgtap/fixture/town.sql
\set buildings_file `cat "$RUI_DATA/osm_bayreuth/buildings.geojson"`
\set streets_file `cat "$RUI_DATA/osm_bayreuth/streets.geojson"`
SELECT is((SELECT count(*) FROM rui.import_buildings(:project, :'buildings_file') WHERE outcome = 'added'), 4267::bigint, 'buildings');
SELECT is((SELECT count(*) FROM rui.import_streets(:project, :'streets_file') WHERE outcome = 'added'), 2056::bigint, 'streets');
CREATE TEMP TABLE edge (edge_id bigint, osm_way_id bigint, source bigint, target bigint, length_m float8, highway text, oneway int, motor int, foot int, name text);
CREATE TEMP TABLE node (node_id bigint, lon float8, lat float8, degree int);
\set edges_file `tail -n +2 "$RUI_DATA/osm_bayreuth/street_edges.csv"`
\set nodes_file `tail -n +2 "$RUI_DATA/osm_bayreuth/street_nodes.csv"`
INSERT INTO edge SELECT f[1]::bigint, f[2]::bigint, f[3]::bigint, f[4]::bigint, f[5]::float8, f[6], f[7]::int, f[8]::int, f[9]::int, f[10]
FROM regexp_split_to_table(:'edges_file', '\n') AS l(line) CROSS JOIN LATERAL string_to_array(l.line, ',') AS f WHERE l.line <> '';
INSERT INTO node SELECT f[1]::bigint, f[2]::float8, f[3]::float8, f[4]::int FROM regexp_split_to_table(:'nodes_file', '\n') AS l(line) CROSS JOIN LATERAL string_to_array(l.line, ',') AS f WHERE l.line <> '';
SELECT is((SELECT count(*) FROM edge), 3704::bigint, 'edges of the file');

-- Junctions of walkable streets, in the file's net and in ours. Where two
-- streets cross without a common node the file has no crossing: ours is never
-- longer. Nothing is closed for this: who closes a motorway cuts what crosses
-- it at level.
UPDATE rui.street SET is_closed = false;
CREATE TEMP TABLE place AS
SELECT row_number() OVER (ORDER BY n.node_id) AS no, n.node_id, ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326) AS point
FROM (SELECT *, ntile(40) OVER (ORDER BY node_id) AS part, row_number() OVER (PARTITION BY node_id % 40 ORDER BY node_id) AS r FROM node WHERE degree >= 3) n WHERE n.r = 3;
CREATE TEMP TABLE way AS
SELECT w.from_no, w.to_no, w.metres, d.metres AS file_m
FROM (SELECT array_agg(p.node_id ORDER BY p.no) AS ids, array_agg(p.point ORDER BY p.no) AS points FROM place p) a
CROSS JOIN LATERAL (SELECT (u.no - 1) / cardinality(a.ids) + 1 AS from_no, (u.no - 1) % cardinality(a.ids) + 1 AS to_no, u.metres
	FROM unnest((SELECT rui.distances(e.source, e.target, e.length_m, a.ids, a.ids) FROM edge e)) WITH ORDINALITY AS u(metres, no)) d
JOIN rui._walks(:project, a.points, a.points) w ON w.from_no = d.from_no AND w.to_no = d.to_no;
SELECT cmp_ok((SELECT count(*) FROM way WHERE file_m < 'Infinity' AND from_no <> to_no), '>', 500::bigint, 'many ways');
SELECT is((SELECT count(*) FROM way w WHERE w.metres > w.file_m * 1.001 + 1), 0::bigint, 'none is longer than the file has it');
SELECT cmp_ok((SELECT avg((abs(w.metres - w.file_m) <= w.file_m * 0.002 + 1)::int) FROM way w WHERE w.file_m < 'Infinity' AND w.from_no <> w.to_no), '>', 0.9, 'nearly all are as long');
SELECT is((SELECT count(*) FROM way w JOIN place a ON a.no = w.from_no JOIN place b ON b.no = w.to_no WHERE w.metres < ST_DistanceSphere(a.point, b.point) - 0.001), 0::bigint, 'none is shorter than the straight line');

-- What is kept: the same answers, sooner.
CREATE TEMP TABLE ask AS SELECT array_agg(b.entrance::geometry ORDER BY b.code) FILTER (WHERE b.n % 100 = 7) AS starts, array_agg(b.entrance::geometry ORDER BY b.code) FILTER (WHERE b.n % 9 = 1) AS goals
FROM (SELECT *, row_number() OVER (ORDER BY code) AS n FROM rui.building) b;
SELECT clock_timestamp() AS t0 \gset
SELECT rui._keep_travel(:project, '{}') \g /dev/null
SELECT clock_timestamp() AS t1 \gset
CREATE TEMP TABLE found AS SELECT w.* FROM ask CROSS JOIN LATERAL rui._walks(:project, ask.starts, ask.goals) w;
SELECT clock_timestamp() AS t2 \gset
SELECT rui._keep_travel(:project, starts) FROM ask \g /dev/null
SELECT clock_timestamp() AS t3 \gset
CREATE TEMP TABLE kept AS SELECT w.* FROM ask CROSS JOIN LATERAL rui._walks(:project, ask.starts, ask.goals) w;
SELECT clock_timestamp() AS t4 \gset
SELECT is((SELECT count(*) FROM found f JOIN kept k USING (from_no, to_no) WHERE abs(f.metres - k.metres) < 1e-6), (SELECT (cardinality(starts) * cardinality(goals))::bigint FROM ask), 'what is kept is what is found');
SELECT is((SELECT count(*) FROM rui.travel_tree), (SELECT count(DISTINCT s) FROM ask, unnest(starts) s), 'one tree a start');
SELECT diag(format('net of %s edges and %s entrances drawn in %s ms; %s pairs found in %s ms, kept in %s ms, read in %s ms', cardinality(n.node_a), cardinality(n.stops),
	round(extract(epoch FROM :'t1'::timestamptz - :'t0') * 1000), (SELECT count(*) FROM kept), round(extract(epoch FROM :'t2'::timestamptz - :'t1') * 1000),
	round(extract(epoch FROM :'t3'::timestamptz - :'t2') * 1000), round(extract(epoch FROM :'t4'::timestamptz - :'t3') * 1000))) FROM rui.travel_net n;
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with osm_bayreuth'
\endif
