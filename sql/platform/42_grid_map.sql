-- Grids for maps: views with one geometry and one key each, as GIS clients
-- want them, GeoJSON, and a picture.

CREATE VIEW rui.active_grid WITH (security_invoker = true, security_barrier = true) AS
SELECT g.project_id, g.id, g.plan_id, g.code, g.steward_id, coalesce(c.cover_id, g.steward_id) AS answers_id, g.buildings, g.homes, g.workload,
	g.area_m2, g.compactness, g.area
FROM rui.grid g
JOIN rui.territory_map t ON t.project_id = g.project_id AND t.plan_id = g.plan_id AND upper_inf(t.valid)
LEFT JOIN rui.grid_cover c ON c.project_id = g.project_id AND c.grid_id = g.id AND c.valid @> now();
PERFORM rui._describe('active_grid', 'The grids in force: one row a grid, id unique over all projects, area typed for GIS clients.',
	'id: The grid.', 'plan_id: The plan in force.', 'code: Short name within the plan.', 'steward_id: Who looks after it.',
	'answers_id: Who answers for it now: the cover, or the steward.', 'buildings: Buildings in it when designed.', 'homes: Homes in it when designed.',
	'workload: Its workload when designed.', 'area_m2: Its area in square metres.', 'compactness: 4 pi area / perimeter squared.',
	'area: Where it is, WGS 84.');

CREATE VIEW rui.active_grid_building WITH (security_invoker = true, security_barrier = true) AS
SELECT b.project_id, b.id, b.code, b.name, b.floors, o.grid_id, g.code AS grid_code, o.homes, o.workload, b.footprint
FROM rui.grid_building o
JOIN rui.territory_map t ON t.project_id = o.project_id AND t.plan_id = o.plan_id AND upper_inf(t.valid)
JOIN rui.building b ON b.project_id = o.project_id AND b.id = o.building_id
JOIN rui.grid g ON g.project_id = o.project_id AND g.id = o.grid_id;
PERFORM rui._describe('active_grid_building', 'Buildings with the grid in force that they belong to: one row a building, id unique over all projects.',
	'id: The building.', 'floors: Number of storeys above ground.', 'grid_id: Its grid.', 'grid_code: Short name of the grid.',
	'homes: Its homes when the grid was designed.', 'workload: Its part of the grid''s workload.', 'footprint: Outline on the ground, WGS 84.');

CREATE VIEW rui.active_grid_space WITH (security_invoker = true, security_barrier = true) AS
SELECT s.project_id, s.id, s.code, s.name, s.kind, s.building_id, coalesce(o.grid_id, rui.locate(t.map, s.place)) AS grid_id, s.place
FROM rui.space s
JOIN rui.territory_map t ON t.project_id = s.project_id AND upper_inf(t.valid)
LEFT JOIN rui.grid_building o ON o.project_id = s.project_id AND o.plan_id = t.plan_id AND o.building_id = s.building_id;
PERFORM rui._describe('active_grid_space', 'Touchpoints (lobbies, lifts, gates, playgrounds …) with the grid in force that they lie in: one row a place, id unique over all projects.',
	'id: The space.', 'kind: What it is.', 'building_id: The building it is in, or null.',
	'grid_id: Its grid: that of its building, else the one it lies in; null outside all.', 'place: Where it is, WGS 84.');
GRANT SELECT ON rui.active_grid, rui.active_grid_building, rui.active_grid_space TO rui_agent, rui_manager, rui_expert, rui_analyst, rui_auditor;

CREATE FUNCTION rui.grids_geojson(project_id bigint, plan_id bigint DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.grid_plan;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_grids');
	present := rui._find_plan(project_id, plan_id);
	-- Eight decimals are the lattice the areas are drawn on: neighbours stay neighbours.
	RETURN (
		SELECT jsonb_build_object('type', 'FeatureCollection', 'features', coalesce(jsonb_agg(jsonb_build_object('type', 'Feature', 'id', g.id,
			'geometry', ST_AsGeoJSON(ST_ForcePolygonCCW(g.area), 8, 0)::jsonb,
			'properties', jsonb_build_object('project_id', g.project_id, 'plan_id', g.plan_id, 'state', present.state, 'code', g.code,
				'steward_id', g.steward_id, 'steward', s.code, 'answers_id', CASE WHEN present.state = 'active' THEN coalesce(c.cover_id, g.steward_id) END,
				'buildings', g.buildings, 'homes', g.homes, 'workload', g.workload,
				'deviation', round((g.workload / nullif(g.mean, 0) - 1)::numeric, 6),
				'area_m2', round(g.area_m2::numeric, 1), 'compactness', round(g.compactness::numeric, 6))) ORDER BY g.code), '[]'))
		FROM (SELECT a.*, avg(a.workload) OVER () AS mean FROM rui.grid a
			WHERE a.project_id = grids_geojson.project_id AND a.plan_id = present.id) g
		LEFT JOIN rui.party s ON s.id = g.steward_id
		LEFT JOIN rui.grid_cover c ON c.project_id = g.project_id AND c.grid_id = g.id AND c.valid @> now());
END
$$;
COMMENT ON FUNCTION rui.grids_geojson(bigint, bigint) IS
'The grids of a plan (null: the active one) as a GeoJSON FeatureCollection (RFC 7946: WGS 84, exterior rings counterclockwise, coordinates to eight decimals, so that neighbours share their vertices), by code. Properties: project_id, plan_id, state of the plan, code, steward_id and steward (code of the party), answers_id (cover or steward now; null unless active), buildings, homes, workload, deviation (from the mean workload, as a share of it), area_m2, compactness. Needs permission see_grids. Errors: P0002 unknown plan or none active, 42501.';

CREATE FUNCTION rui.grid_svg(project_id bigint, plan_id bigint DEFAULT NULL, lang text DEFAULT 'en') RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED COST 100000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	words jsonb;
	present rui.grid_plan;
	town text;
	frame geometry;
	areas jsonb;
	lines jsonb;
	points jsonb;
	houses geometry;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_grids');
	IF lang IS NULL THEN
		PERFORM rui._missing('lang');
	END IF;
	words := rui._territory_words(lang);
	present := rui._find_plan(project_id, plan_id);
	SELECT p.name INTO town FROM rui.project p WHERE p.id = grid_svg.project_id;
	SELECT jsonb_agg(jsonb_build_object('key', g.id, 'label', g.code, 'steward', s.code, 'homes', g.homes, 'load', g.workload, 'area', g.area::text)
		ORDER BY g.code), ST_SetSRID(ST_Extent(g.area)::geometry, 4326) INTO areas, frame
	FROM rui.grid g LEFT JOIN rui.party s ON s.id = g.steward_id
	WHERE g.project_id = grid_svg.project_id AND g.plan_id = present.id;
	IF areas IS NULL THEN
		RAISE EXCEPTION 'plan % has no grids', present.id USING ERRCODE = 'no_data_found', HINT = 'Design grids with rui.design_grids().';
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_build_object('class', l.class, 'line', l.line::text) ORDER BY l.class), '[]') INTO lines FROM (
		SELECT w.class, ST_Collect(w.line ORDER BY w.id) AS line FROM (
			SELECT CASE WHEN s.is_closed THEN 'closed' WHEN s.is_bridge THEN 'bridge'
				WHEN s.kind IN ('motorway', 'trunk', 'primary', 'secondary', 'main') OR s.kind LIKE '%_link' THEN 'major'
				WHEN s.kind IN ('footway', 'path', 'steps', 'track', 'cycleway', 'pedestrian', 'bridleway') THEN 'foot' ELSE 'street' END AS class, s.id, s.line
			FROM rui.street s WHERE s.project_id = grid_svg.project_id AND s.line && frame
			UNION ALL
			SELECT b.kind, b.id, b.line FROM rui.barrier b WHERE b.project_id = grid_svg.project_id AND b.line && frame) w
		GROUP BY w.class) l;
	SELECT coalesce(jsonb_agg(jsonb_build_object('label', coalesce(p.name, p.code) || ' (' || rui.label('passage', p.kind, lang) || ')', 'closed', p.is_closed,
		'point', p.place::text) ORDER BY p.code), '[]') INTO points
	FROM rui.passage p WHERE p.project_id = grid_svg.project_id AND p.place && frame;
	SELECT ST_Collect(d.geom ORDER BY b.id, d.path) INTO houses
	FROM rui.building b CROSS JOIN LATERAL ST_Dump(b.footprint) d WHERE b.project_id = grid_svg.project_id;
	RETURN rui._territory_svg(format(words ->> 'title', town),
		format(words ->> 'about', present.id, rui.label('state.grid_plan', present.state, lang), coalesce(round(100 * present.imbalance::numeric, 1)::text, '-'),
			coalesce(round(present.compactness::numeric, 2)::text, '-'), coalesce(rui._metres_text(present.cut_m, words), '-')),
		areas, lines, houses, points, format(' data-plan="%s" data-state="%s" data-grids="%s" data-homes="%s" data-imbalance="%s"', present.id, present.state,
			present.grids, present.homes, coalesce(round(present.imbalance::numeric, 6)::text, '')), lang);
END
$$;
COMMENT ON FUNCTION rui.grid_svg(bigint, bigint, text) IS
'A map of the grids of a plan (null: the active one) as one standalone SVG element, words in lang en or zh: areas in colours that neighbours do not share and colour-blind people tell apart, with the code of each; outlines of buildings, streets by kind, barriers, bridges, gates and closed ways; a table of steward (code), homes, workload and its deviation from the mean; a scale. data-plan, data-state, data-grids, data-homes and data-imbalance of the element, and data-grid, data-homes, data-load and data-off (per cent) of each area say what is drawn. Needs permission see_grids. Errors: 22004, 22023 unknown lang, P0002 unknown plan, none active or without grids, 42501.';
