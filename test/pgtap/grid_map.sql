-- Grids for maps: what GIS clients find, GeoJSON, the picture.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(43);
\ir fixture/town.sql
\ir fixture/lattice.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'ann', 'Analyst') RETURNING id AS analyst \gset
SELECT rui.grant_role(:project, :analyst, 'analyst') \g /dev/null
SELECT count(*) FROM rui.import_streets(:project, jsonb_build_array(
	jsonb_build_object('code', 'main', 'kind', 'primary', 'line', pg_temp.line(-9, 2.5, 20, 2.5)), jsonb_build_object('code', 'alley', 'kind', 'footway', 'line', pg_temp.line(2.5, 0, 2.5, 5)),
	jsonb_build_object('code', 'shut', 'is_closed', true, 'line', pg_temp.line(7.5, 3, 7.5, 4)), jsonb_build_object('code', 'lane', 'line', pg_temp.line(1, 1.5, 8, 1.5)),
	jsonb_build_object('code', 'bridge', 'is_bridge', true, 'line', pg_temp.line(4.2, 1.5, 4.8, 1.5)))) \g /dev/null
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(
	jsonb_build_object('code', 'river', 'kind', 'river', 'line', pg_temp.line(4.5, -9, 4.5, 20)), jsonb_build_object('code', 'wall', 'kind', 'wall', 'line', pg_temp.line(6.5, 3.5, 8.5, 3.5)))) \g /dev/null
SELECT count(*) FROM rui.import_passages(:project, jsonb_build_array(
	jsonb_build_object('code', 'g1', 'name', 'Gate <1> & "co"', 'place', ST_AsEWKT(pg_temp.spot(4.5, 2.5), 12)), jsonb_build_object('code', 'g2', 'is_closed', true, 'place', ST_AsEWKT(pg_temp.spot(7, 3.5), 12)))) \g /dev/null
INSERT INTO rui.space (project_id, building_id, code, kind, place) VALUES (:project, pg_temp.house(0, 0), 'lobby', 'lobby', pg_temp.spot(9, 5)), (:project, NULL, 'gate', 'gate', pg_temp.spot(9, 5)),
	(:project, NULL, 'far', 'gate', pg_temp.spot(90, 5));
SELECT rui.design_grids(:project, pg_temp.stewards(5), '{}', NULL, now() - interval '2 hours') AS plan \gset

-- Nothing is in force.
SELECT is((SELECT count(*) FROM rui.active_grid), 0::bigint, 'a proposal is on no map');
SELECT throws_ok(format('SELECT rui.%I(%s)', f, :project), 'P0002', NULL, f || ' without an active plan') FROM unnest('{grids_geojson,grid_svg}'::text[]) f;
SELECT is(rui.grids_geojson(:project, :plan) #>> '{features,0,properties,state}', 'proposed', 'unless it is named');
SELECT rui.approve_grids(:project, :plan, NULL, now() - interval '1 hour'), rui.activate_grids(:project, :plan, NULL, now() - interval '1 hour') \g /dev/null

-- Views as GIS clients want them.
SELECT set_eq($$SELECT f_table_name::text, f_geometry_column::text, type::text, srid, coord_dimension FROM geometry_columns
	WHERE f_table_schema = 'rui' AND f_table_name IN ('active_grid', 'active_grid_building', 'active_grid_space', 'street', 'barrier', 'passage', 'grid', 'grid_cell')$$,
	$$VALUES ('active_grid', 'area', 'MULTIPOLYGON', 4326, 2), ('active_grid_building', 'footprint', 'MULTIPOLYGON', 4326, 2), ('active_grid_space', 'place', 'POINT', 4326, 2),
	('street', 'line', 'LINESTRING', 4326, 2), ('barrier', 'line', 'MULTILINESTRING', 4326, 2), ('passage', 'place', 'POINT', 4326, 2), ('grid', 'area', 'MULTIPOLYGON', 4326, 2), ('grid_cell', 'area', 'MULTIPOLYGON', 4326, 2)$$,
	'one typed geometry each, with its SRID');
SELECT is_empty($$SELECT v.name FROM (SELECT 'active_grid' AS name, count(*), count(DISTINCT id) FROM rui.active_grid UNION ALL SELECT 'active_grid_building', count(*), count(DISTINCT id) FROM rui.active_grid_building
	UNION ALL SELECT 'active_grid_space', count(*), count(DISTINCT id) FROM rui.active_grid_space) AS v(name, rows, keys) WHERE v.rows <> v.keys OR v.rows = 0$$, 'and a whole number that is unique');
SELECT results_eq('SELECT count(*), sum(homes), min(area_m2) > 1000 FROM rui.active_grid', 'VALUES (5::bigint, 180::bigint, true)', 'five grids');
SELECT results_eq('SELECT count(*), count(DISTINCT grid_id) FROM rui.active_grid_building', 'VALUES (60::bigint, 5::bigint)', 'sixty houses, each in its grid');
SELECT results_eq('SELECT s.code, s.grid_id FROM rui.active_grid_space s ORDER BY 1',
	format($$VALUES ('far', NULL::bigint), ('gate', rui.grid_of_unit(%s, (SELECT id FROM rui.unit WHERE code = 'H9-5-1'))), ('lobby', rui.grid_of_unit(%s, (SELECT id FROM rui.unit WHERE code = 'H0-0-1')))$$, :project, :project),
	'touchpoints in the grid of their building, or where they lie');
SELECT rui.set_grid_cover(:project, (SELECT min(id) FROM rui.grid WHERE plan_id = :plan), (pg_temp.stewards(6))[6], now(), now() + interval '1 hour') \g /dev/null
SELECT results_eq('SELECT answers_id <> steward_id FROM rui.active_grid ORDER BY id', 'VALUES (true), (false), (false), (false), (false)', 'with who answers now');

-- GeoJSON.
SELECT rui.grids_geojson(:project) AS json \gset
SELECT results_eq(format('SELECT j ->> ''type'', jsonb_array_length(j -> ''features'') FROM (SELECT %L::jsonb) AS t(j)', :'json'), $$VALUES ('FeatureCollection', 5)$$, 'a FeatureCollection');
CREATE TEMP TABLE feature AS SELECT f.value AS f, ST_GeomFromGeoJSON(f.value -> 'geometry') AS area FROM jsonb_array_elements(:'json'::jsonb -> 'features') f;
SELECT is_empty($$SELECT f FROM feature WHERE f ->> 'type' <> 'Feature' OR f #>> '{geometry,type}' <> 'MultiPolygon' OR f -> 'geometry' ? 'crs' OR NOT f ? 'properties' OR NOT ST_IsPolygonCCW(area) OR NOT ST_IsValid(area)$$, 'of sound features');
SELECT is_empty('SELECT p.* FROM rui.gridmap_problems((SELECT rui.gridmap((f ->> ''id'')::bigint, area) FROM feature)) p', 'that still tile the project');
SELECT is_empty(format($$SELECT f FROM feature e LEFT JOIN rui.grid g ON g.id = (f ->> 'id')::bigint AND g.plan_id = %s WHERE g.id IS NULL OR NOT ST_Equals(e.area, g.area)
	OR (f -> 'properties' ->> 'code', (f #>> '{properties,homes}')::int, (f #>> '{properties,steward_id}')::bigint, (f #>> '{properties,plan_id}')::bigint, f #>> '{properties,state}') IS DISTINCT FROM (g.code, g.homes, g.steward_id, g.plan_id, 'active')$$, :plan),
	'and say what the grids are');
SELECT is((SELECT f #>> '{properties,steward}' FROM feature ORDER BY f #>> '{properties,code}' LIMIT 1), (SELECT p.code FROM rui.grid g JOIN rui.party p ON p.id = g.steward_id WHERE g.plan_id = :plan ORDER BY g.code LIMIT 1), 'and whose');
SELECT is((SELECT round(sum((f #>> '{properties,deviation}')::numeric), 4) FROM feature), 0.0000, 'deviations add up to nothing');

-- The picture.
CREATE TEMP TABLE picture AS SELECT l.lang, rui.grid_svg(:project, NULL, l.lang)::xml AS x FROM unnest('{en,zh}'::text[]) AS l(lang);
CREATE FUNCTION pg_temp.at(path text, lang text DEFAULT 'en') RETURNS text[] LANGUAGE sql AS $$
	SELECT xpath(path, p.x, '{{s,http://www.w3.org/2000/svg}}')::text[] FROM pg_temp.picture p WHERE p.lang = at.lang $$;
SELECT ok((SELECT bool_and(x IS DOCUMENT) FROM picture), 'standalone XML');
SELECT is(pg_temp.at('/s:svg/@data-grids') || pg_temp.at('/s:svg/@data-homes') || pg_temp.at('/s:svg/@data-state'), '{5,180,active}', 'says what it shows');
SELECT set_eq('SELECT * FROM unnest(pg_temp.at(''//s:path[contains(@class,"area")]/@data-grid''))', format('SELECT id::text FROM rui.grid WHERE plan_id = %s', :plan), 'every grid has an area');
SELECT is((SELECT sum(h::int) FROM unnest(pg_temp.at('//s:path[contains(@class,"area")]/@data-homes')) h), 180::bigint, 'with its homes');
SELECT ok((SELECT bool_and(abs(o::numeric) < 10) FROM unnest(pg_temp.at('//s:path[contains(@class,"area")]/@data-off')) o), 'and how far its load is off the mean');
SELECT is_empty(format($$SELECT a.id, b.id FROM rui.grid a JOIN rui.grid b ON a.plan_id = %s AND b.plan_id = %s AND a.id < b.id AND ST_Relate(a.area, b.area, '****1****')
	WHERE (pg_temp.at(format('//s:path[@data-grid="%%s"]/@class', a.id)))[1] = (pg_temp.at(format('//s:path[@data-grid="%%s"]/@class', b.id)))[1]$$, :plan, :plan), 'neighbours have different colours');
SELECT is((SELECT array_agg(DISTINCT c) FROM unnest(pg_temp.at('//s:path[starts-with(@class,"way ") or starts-with(@class,"bar ")]/@class')) c), '{"bar river","bar wall","way bridge","way closed","way foot","way major","way street"}', 'streets and barriers by kind');
SELECT is(cardinality(pg_temp.at('//s:circle[@class="gate"]')), 2, 'an open gate, and in the legend');
SELECT is(cardinality(pg_temp.at('//s:circle[@class="gate shut"]')), 2, 'a shut one too');
SELECT is(pg_temp.at('//s:circle[@class="gate"]/s:title/text()'), '{"Gate &lt;1&gt; &amp; \"co\" (gate)"}', 'texts are escaped');
SELECT is(cardinality(pg_temp.at('//s:path[@class="house"]')), 1, 'houses are drawn');
SELECT is((SELECT array_agg(t ORDER BY t) FROM unnest(pg_temp.at('//s:text[@class="code"]/text()')) t), '{G01,G02,G03,G04,G05}', 'every grid has its code on it');
SELECT is(pg_temp.at('//s:g[@data-grid]/s:text[2]/text()'), (SELECT array_agg(p.code ORDER BY g.code) FROM rui.grid g JOIN rui.party p ON p.id = g.steward_id WHERE g.plan_id = :plan), 'the table names the stewards');
SELECT is(pg_temp.at('/s:svg/s:title/text()', 'zh') || pg_temp.at('/s:svg/s:title/text()'), '{Town的网格,"Grids of Town"}', 'in both languages');
SELECT is((SELECT count(DISTINCT (xpath('/s:svg/@id', x, '{{s,http://www.w3.org/2000/svg}}'))[1]::text) FROM picture), 2::bigint, 'two pictures fit into one page');
SELECT is(rui.grid_svg(:project), rui.grid_svg(:project, :plan, 'en'), 'the same question has the same answer');

-- Colours: at most six on maps, never two alike side by side, on any graph.
CREATE TEMP TABLE side AS SELECT n AS a, n + d AS b FROM generate_series(1, 100) n, unnest(ARRAY[1, 10, 11]) d WHERE n + d <= 100 AND (d = 10 OR n % 10 <> 0);
CREATE TEMP TABLE coloured AS SELECT c.n, c.colour FROM (SELECT rui._colour_nodes(100, array_agg(a), array_agg(b)) AS colours FROM side) s, unnest(colours) WITH ORDINALITY c(colour, n);
SELECT ok((SELECT bool_and(x.colour <> y.colour) FROM side JOIN coloured x ON x.n = a JOIN coloured y ON y.n = b) AND (SELECT min(colour) >= 1 AND max(colour) <= 6 FROM coloured), 'a map of a hundred areas');
SELECT is((SELECT array_agg(DISTINCT c ORDER BY c) FROM unnest(rui._colour_nodes(7, ARRAY(SELECT a FROM generate_series(1, 7) a, generate_series(1, 7) b WHERE a < b), ARRAY(SELECT b FROM generate_series(1, 7) a, generate_series(1, 7) b WHERE a < b))) c), '{1,2,3,4,5,6,7}', 'seven that all touch have seven');
SELECT is(rui._colour_nodes(3, NULL, NULL), '{1,2,3}', 'without borders each its own');

-- Errors, and who may look.
SELECT throws_ok(format('SELECT rui.grids_geojson(%s, -1)', :project), 'P0002', NULL, 'GeoJSON of an unknown plan');
SELECT throws_ok(format('SELECT rui.grid_svg(%s, %s, ''fr'')', :project, :plan), '22023', NULL, 'an unknown language');
SELECT throws_ok(format('SELECT rui.grid_svg(%s, %s, NULL)', :project, :plan), '22004', NULL, 'no language');
SELECT throws_ok(format('SELECT rui.grid_svg(%s, -1)', :project), 'P0002', NULL, 'a picture of an unknown plan');
SET LOCAL rui.party_id = :'analyst';
SELECT ok(rui.grid_svg(:project) LIKE '<svg %</svg>' || E'\n', 'an analyst may look');
SET LOCAL ROLE rui_analyst;
SELECT is((SELECT count(DISTINCT grid_id) FROM rui.active_grid_building), 5::bigint, 'and read which building is in which grid');
RESET ROLE;
SELECT set_config('rui.party_id', (pg_temp.stewards(1))[1]::text, true) \g /dev/null
SELECT throws_ok(format('SELECT rui.grid_svg(%s)', :project), '42501', NULL, 'a steward sees no map of the others');
SET LOCAL ROLE rui_resident;
SELECT throws_ok('SELECT * FROM rui.active_grid', '42501', NULL, 'residents read no views');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
