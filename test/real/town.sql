-- Real towns: every building of two OSM extracts is taken as it is, and the
-- import agrees with what the file says about itself.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/osm_nanjing/buildings.geojson" -a -r "${RUI_DATA:-}/osm_bayreuth/buildings.geojson" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(15);
\ir ../pgtap/fixture/town.sql
SELECT rui.create_project(:company, 'bayreuth', 'North of Bayreuth', 'Europe/Berlin') AS bayreuth \gset
\set nanjing_file `cat "$RUI_DATA/osm_nanjing/buildings.geojson"`
\set bayreuth_file `cat "$RUI_DATA/osm_bayreuth/buildings.geojson"`
CREATE TEMP TABLE feature AS
SELECT :project AS project_id, f.value AS feature FROM jsonb_array_elements(:'nanjing_file'::jsonb -> 'features') f
UNION ALL
SELECT :bayreuth, f.value FROM jsonb_array_elements(:'bayreuth_file'::jsonb -> 'features') f;

SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_buildings(%s, %L) GROUP BY 1', :project, :'nanjing_file'),
	$$VALUES ('added', 1278::bigint)$$, 'all buildings of Nanjing');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_buildings(%s, %L) GROUP BY 1', :bayreuth, :'bayreuth_file'),
	$$VALUES ('added', 4267::bigint)$$, 'all buildings of Bayreuth');
SELECT results_eq(format('SELECT outcome, count(*) FROM rui.import_buildings(%s, %L) GROUP BY 1', :bayreuth, :'bayreuth_file'),
	$$VALUES ('unchanged', 4267::bigint)$$, 'again: nothing changed');
SELECT is_empty($$SELECT f.feature ->> 'id' FROM feature f LEFT JOIN rui.building b ON b.project_id = f.project_id AND b.code = f.feature ->> 'id'
	WHERE b.code IS NULL OR b.name IS DISTINCT FROM f.feature #>> '{properties,name}'$$, 'code and name are those of the feature');
SELECT is_empty($$SELECT f.feature ->> 'id' FROM feature f JOIN rui.building b ON b.project_id = f.project_id AND b.code = f.feature ->> 'id'
	WHERE b.floors <> coalesce((f.feature #>> '{properties,levels}')::numeric, 1)$$, 'floors are the levels');
SELECT is_empty($$SELECT f.feature ->> 'id' FROM feature f JOIN rui.building b ON b.project_id = f.project_id AND b.code = f.feature ->> 'id'
	WHERE NOT ST_Equals(b.footprint, ST_GeomFromGeoJSON(f.feature -> 'geometry'))$$, 'the outline is that of the file');
-- The file's own areas were computed by its makers, in another way.
SELECT is_empty($$SELECT f.feature ->> 'id' FROM feature f JOIN rui.building b ON b.project_id = f.project_id AND b.code = f.feature ->> 'id'
	WHERE (f.feature #>> '{properties,area_m2}')::float8 > 20
		AND abs(ST_Area(b.footprint::geography) / (f.feature #>> '{properties,area_m2}')::float8 - 1) > 0.01$$,
	'the areas agree with the file''s within one per cent');
SELECT is_empty('SELECT b.code FROM rui.building b WHERE NOT ST_Covers(b.footprint, b.entrance)', 'entrances lie inside');
SELECT results_eq('SELECT count(*) FROM rui.import_units(' || :project || $$, (SELECT jsonb_agg(jsonb_build_object('code', b.code || '-' || n, 'building', b.code, 'area_m2', 80))
	FROM rui.building b CROSS JOIN LATERAL generate_series(1, b.floors * 2) n WHERE b.project_id = $$ || :project || ')) WHERE outcome = ''added''',
	'SELECT sum(b.floors * 2)::bigint FROM rui.building b WHERE b.project_id = ' || :project, 'two homes a floor');
SELECT is((SELECT count(*) FROM rui.journal_entry j WHERE j.project_id = :bayreuth AND j.table_name = 'building'), 4267::bigint, 'every building is in the journal');
-- Grids of the real towns: by homes where there are some, else by buildings.
SELECT rui.design_grids(:project, 8) AS nanjing_plan \gset
SELECT rui.design_grids(:bayreuth, 12) AS bayreuth_plan \gset
SELECT is_empty(format('SELECT p.kind, p.grid_a, p.grid_b FROM rui.gridmap_problems((SELECT rui.gridmap(g.id, g.area) FROM rui.grid g WHERE g.plan_id = %s)) p', q), 'no gap, no overlap')
FROM unnest(ARRAY[:nanjing_plan, :bayreuth_plan]) q;
SELECT results_eq(format('SELECT p.grids, p.buildings, p.disconnected = 0, p.imbalance <= 0.02 FROM rui.grid_plan p WHERE p.id IN (%s, %s) ORDER BY p.id', :nanjing_plan, :bayreuth_plan),
	'VALUES (8, 1278, true, true), (12, 4267, true, true)', 'all buildings, in one piece each, evenly');
SELECT is_empty(format('SELECT b.code FROM rui.building b JOIN rui.grid_building o ON o.building_id = b.id JOIN rui.grid g ON g.id = o.grid_id
	WHERE o.plan_id IN (%s, %s) AND NOT ST_Covers(g.area, b.entrance)', :nanjing_plan, :bayreuth_plan), 'every building lies in its grid');
SELECT is((SELECT count(*) FROM rui.grid_building o WHERE o.plan_id IN (:nanjing_plan, :bayreuth_plan)), 5545::bigint, 'and in no other');
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with osm_nanjing and osm_bayreuth'
\endif
