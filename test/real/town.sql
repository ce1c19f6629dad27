-- Real towns: every building of two OSM extracts is taken as it is, and the
-- import agrees with what the file says about itself.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/osm_nanjing/buildings.geojson" -a -r "${RUI_DATA:-}/osm_bayreuth/buildings.geojson" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(10);
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
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with osm_nanjing and osm_bayreuth'
\endif
