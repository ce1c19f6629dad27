-- Grids of real towns: every design of two OSM extracts tiles the town, in
-- one piece each, evenly; by cells and by streets, past a motorway; what
-- growth changes.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/osm_nanjing/streets.geojson" -a -r "${RUI_DATA:-}/osm_bayreuth/streets.geojson" && echo true || echo false`
\if :found
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(24);
\ir ../pgtap/fixture/town.sql
SELECT rui.create_project(:company, 'bayreuth', 'North of Bayreuth', 'Europe/Berlin') AS bayreuth \gset
\set nanjing_file `cat "$RUI_DATA/osm_nanjing/buildings.geojson"`
\set bayreuth_file `cat "$RUI_DATA/osm_bayreuth/buildings.geojson"`
\set nanjing_streets `cat "$RUI_DATA/osm_nanjing/streets.geojson"`
\set bayreuth_streets `cat "$RUI_DATA/osm_bayreuth/streets.geojson"`

-- A tenth of Nanjing, in the east, is built later.
CREATE TEMP TABLE feature AS
SELECT f.value AS feature, ntile(10) OVER (ORDER BY (f.value #>> '{properties,lon}')::float8) = 10 AS is_late
FROM jsonb_array_elements(:'nanjing_file'::jsonb -> 'features') f;
SELECT is((SELECT count(*) FROM rui.import_buildings(:project, (SELECT jsonb_build_object('type', 'FeatureCollection', 'features', jsonb_agg(feature)) FROM feature WHERE NOT is_late)) WHERE outcome = 'added'), 1151::bigint, 'nine tenths of Nanjing');
SELECT is((SELECT count(*) FROM rui.import_buildings(:bayreuth, :'bayreuth_file') WHERE outcome = 'added'), 4267::bigint, 'Bayreuth');
SELECT is((SELECT count(*) FROM rui.import_streets(:project, :'nanjing_streets') WHERE outcome = 'added'), 383::bigint, 'all streets of Nanjing');
SELECT is((SELECT count(*) FROM rui.import_streets(:bayreuth, :'bayreuth_streets') WHERE outcome = 'added'), 2056::bigint, 'all streets of Bayreuth');
SELECT is((SELECT count(*) FROM rui.import_streets(:project, :'nanjing_streets') WHERE outcome = 'unchanged'), 383::bigint, 'again: nothing changed');
-- The files say themselves what is a bridge or a tunnel, and what nobody walks on.
SELECT is_empty($$SELECT f ->> 'id' FROM (SELECT jsonb_array_elements($$ || quote_literal(:'nanjing_streets') || $$::jsonb -> 'features') UNION ALL SELECT jsonb_array_elements($$
	|| quote_literal(:'bayreuth_streets') || $$::jsonb -> 'features')) AS t(f) LEFT JOIN rui.street s ON s.code = f ->> 'id'
	WHERE (s.is_bridge, s.kind, s.name) IS DISTINCT FROM ((f #>> '{properties,bridge}' IS NOT NULL OR f #>> '{properties,tunnel}' IS NOT NULL), f #>> '{properties,highway}', f #>> '{properties,name}')
		OR s.is_closed <> (f #>> '{properties,highway}' LIKE 'motorway%' OR coalesce(f #>> '{properties,access}', '') = 'no')$$, 'bridges and motorways as the files say');
-- Two homes a floor; of Bayreuth floors are hardly known: homes by area there.
SELECT count(*) FROM rui.import_units(:project, (SELECT jsonb_agg(jsonb_build_object('code', b.code || '-' || n, 'building', b.code, 'area_m2', 80))
	FROM rui.building b CROSS JOIN LATERAL generate_series(1, b.floors * 2) n WHERE b.project_id = :project)) \g /dev/null
SELECT count(*) FROM rui.import_units(:bayreuth, (SELECT jsonb_agg(jsonb_build_object('code', b.code || '-' || n, 'building', b.code, 'area_m2', 80))
	FROM rui.building b CROSS JOIN LATERAL generate_series(1, greatest(1, least(8, round(ST_Area(b.footprint::geography) / 120)::int))) n WHERE b.project_id = :bayreuth)) \g /dev/null
ANALYZE;

SELECT rui.design_grids(:project, 8) AS n1, rui.design_grids(:project, 20, '{"homes":0,"area":0,"buildings":1}') AS n2 \gset
SELECT rui.design_grids(:project, 8, '{"adjacency":"streets"}') AS n3, rui.design_grids(:project, 8, '{"adjacency":"streets","edges":"walk"}') AS n4 \gset
SELECT rui.design_grids(:bayreuth, 12) AS b1, rui.design_grids(:bayreuth, 12, '{"edges":"walk","seed":2}') AS b2, rui.design_grids(:bayreuth, 12, '{"adjacency":"streets","step":50}') AS b3 \gset
SELECT results_eq(format('SELECT grids, buildings, disconnected, imbalance <= 0.05 FROM rui.grid_plan WHERE project_id = %s ORDER BY id', :project),
	'VALUES (8, 1151, 0, true), (20, 1151, 0, true), (8, 1151, 0, true), (8, 1151, 0, true)', 'four designs of Nanjing: no grid in pieces, even within five per cent');
SELECT results_eq(format('SELECT grids, buildings, disconnected, imbalance <= 0.05 FROM rui.grid_plan WHERE project_id = %s ORDER BY id', :bayreuth),
	'VALUES (12, 4267, 0, true), (12, 4267, 0, true), (12, 4267, 0, true)', 'three of Bayreuth');
SELECT is_empty(format('SELECT p.kind, p.grid_a, p.grid_b FROM rui.gridmap_problems((SELECT rui.gridmap(g.id, g.area) FROM rui.grid g WHERE g.plan_id = %s)) p', q), 'no gap, no overlap: plan ' || q)
FROM unnest(ARRAY[:n1, :n2, :n3, :n4, :b1, :b2, :b3]) q;
SELECT is_empty('SELECT o.building_id FROM rui.grid_building o JOIN rui.building b ON b.id = o.building_id JOIN rui.grid g ON g.id = o.grid_id WHERE NOT ST_Covers(g.area, b.entrance)', 'every building lies in its grid');
SELECT is_empty('SELECT g.id FROM rui.grid g WHERE ST_NumGeometries(g.area) <> 1', 'every grid is one area');
SELECT is_empty('SELECT c.id FROM rui.grid_cell c WHERE ST_NumGeometries(c.area) <> 1', 'and so is every cell');
SELECT diag(string_agg(format('%s: %s grids, uneven by %s, compact %s, border %s km %s', j.code, p.grids, round(p.imbalance::numeric, 4), round(p.compactness::numeric, 3), round(p.cut_m::numeric / 1000, 1),
	(SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(p.options) o WHERE o.key IN ('adjacency', 'edges'))), E'\n' ORDER BY p.id)) FROM rui.grid_plan p JOIN rui.project j ON j.id = p.project_id;
-- The motorway keeps neighbours apart but at its bridges.
SELECT cmp_ok((SELECT count(*) FROM rui.grid_cell c CROSS JOIN LATERAL unnest(c.neighbours, c.weights, c.border_m) n(id, weight, metres) WHERE c.plan_id = :b1 AND n.weight = 0 AND n.metres > 1), '>', 20::bigint, 'there are neighbours that nobody walks between');
SELECT is(rui.grid_svg(:bayreuth, :b1, 'zh')::xml IS DOCUMENT AND rui.grid_svg(:project, :n3)::xml IS DOCUMENT, true, 'maps of both');
SELECT is((SELECT count(*) FROM jsonb_array_elements(rui.grids_geojson(:bayreuth, :b1) -> 'features') f WHERE ST_IsValid(ST_GeomFromGeoJSON(f -> 'geometry'))), 12::bigint, 'GeoJSON');

-- In force, and then the east is built.
SELECT count(*) FROM rui.import_staff(:project, (SELECT jsonb_agg(jsonb_build_object('code', 's' || n, 'name', 'S', 'staff_no', n::text, 'from', '2020-01-01', 'role', 'steward')) FROM generate_series(1, 8) n)) \g /dev/null
SELECT array_agg(id) AS stewards FROM rui.party WHERE code ~ '^s[0-9]$' \gset
SELECT rui.design_grids(:project, :'stewards'::bigint[], '{}', NULL, now() - interval '2 hours') AS first_plan \gset
SELECT rui.approve_grids(:project, :first_plan, NULL, now() - interval '1 hour'), rui.activate_grids(:project, :first_plan, NULL, now() - interval '1 hour') \g /dev/null
SELECT count(*) FROM rui.import_buildings(:project, (SELECT jsonb_build_object('type', 'FeatureCollection', 'features', jsonb_agg(feature)) FROM feature WHERE is_late)) \g /dev/null
SELECT count(*) FROM rui.import_units(:project, (SELECT jsonb_agg(jsonb_build_object('code', b.code || '-' || n, 'building', b.code, 'area_m2', 80))
	FROM rui.building b JOIN feature f ON f.is_late AND b.code = f.feature ->> 'id' CROSS JOIN LATERAL generate_series(1, b.floors * 2) n WHERE b.project_id = :project)) \g /dev/null
SELECT is_empty($$SELECT * FROM rui.invariant_violation WHERE invariant LIKE '%grid%'$$, 'every new home has its grid at once');
SELECT rui.design_grids(:project, :'stewards'::bigint[], '{"stability":0}') AS naive, rui.design_grids(:project, :'stewards'::bigint[]) AS steady \gset
SELECT results_eq(format('SELECT disconnected, imbalance <= 0.05 FROM rui.grid_plan WHERE id IN (%s, %s)', :naive, :steady), 'VALUES (0, true), (0, true)', 'redesigned evenly');
SELECT diag('homes moved afresh: ' || n.moved_homes || ', steadily: ' || s.moved_homes || ', of ' || s.homes) FROM rui.grid_plan n, rui.grid_plan s WHERE n.id = :naive AND s.id = :steady;
SELECT cmp_ok((SELECT moved_homes FROM rui.grid_plan WHERE id = :steady), '<', (SELECT moved_homes * 0.6 FROM rui.grid_plan WHERE id = :naive)::int, 'stability keeps most homes where they are');
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with osm_nanjing and osm_bayreuth'
\endif
