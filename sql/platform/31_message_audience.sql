-- To whom: an audience is said in JSON, and becomes parties, each once.

CREATE FUNCTION rui._audience_ids(audience jsonb, member text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	place jsonb := audience -> member;
BEGIN
	IF place IS NULL THEN
		RETURN NULL;
	ELSIF jsonb_typeof(place) = 'number' THEN
		place := jsonb_build_array(place);
	END IF;
	IF jsonb_typeof(place) <> 'array' OR jsonb_array_length(place) NOT BETWEEN 1 AND 100000
		OR EXISTS (SELECT FROM jsonb_array_elements(place) AS e(value)
			WHERE jsonb_typeof(e.value) <> 'number' OR e.value::text !~ '^-?[0-9]{1,18}$') THEN
		RAISE EXCEPTION 'audience.% must be an id, or a list of 1 to 100000', member USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN ARRAY(SELECT DISTINCT e.value::bigint FROM jsonb_array_elements_text(place) AS e(value) ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui._audience_ids(jsonb, text) IS
'Internal: the ids that a member of an audience lists, ascending, each once; null when it is not there. 22023 when it is no id and no list of ids.';

CREATE FUNCTION rui._audience_area(audience jsonb) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	area geometry;
BEGIN
	BEGIN
		area := ST_SetSRID(ST_GeomFromGeoJSON(audience ->> 'area'), 4326);
	EXCEPTION WHEN OTHERS THEN
		RAISE EXCEPTION 'audience.area is no GeoJSON geometry' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = SQLERRM, HINT = 'ST_AsGeoJSON() writes one.';
	END;
	IF GeometryType(area) NOT IN ('POLYGON', 'MULTIPOLYGON') OR ST_IsEmpty(area) OR NOT ST_IsValid(area)
		OR NOT (ST_XMin(area) >= -180 AND ST_XMax(area) <= 180 AND ST_YMin(area) >= -90 AND ST_YMax(area) <= 90) THEN
		RAISE EXCEPTION 'audience.area is no valid polygon within the world' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give a Polygon or MultiPolygon in WGS 84; ST_MakeValid() mends one.';
	END IF;
	RETURN area;
END
$$;
COMMENT ON FUNCTION rui._audience_area(jsonb) IS
'Internal: the polygon of an audience, WGS 84. 22023 when it is none.';

CREATE FUNCTION rui._check_audience(project_id bigint, audience jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	shape text;
	stranger bigint;
	member text;
BEGIN
	IF audience IS NULL THEN
		PERFORM rui._missing('audience');
	ELSIF jsonb_typeof(audience) <> 'object' THEN
		RAISE EXCEPTION 'audience must be an object' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT k.name INTO member FROM jsonb_object_keys(audience) AS k(name)
	WHERE k.name NOT IN ('party', 'role', 'household', 'unit', 'building', 'grid', 'area', 'project', 'each', 'who', 'reach') LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'audience has no member "%"', member USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Members are party, role, household, unit, building, grid, area, project or each; who; reach.';
	END IF;
	BEGIN
		SELECT k.name INTO STRICT shape FROM jsonb_object_keys(audience) AS k(name) WHERE k.name NOT IN ('who', 'reach');
	EXCEPTION WHEN no_data_found OR too_many_rows THEN
		RAISE EXCEPTION 'audience names one of party, role, household, unit, building, grid, area, project and each'
			USING ERRCODE = 'invalid_parameter_value';
	END;
	IF audience ? 'who' AND (jsonb_typeof(audience -> 'who') <> 'array' OR audience -> 'who' = '[]'
		OR NOT audience -> 'who' <@ '["resident", "owner"]') THEN
		RAISE EXCEPTION 'audience.who is a list of resident and owner' USING ERRCODE = 'invalid_parameter_value';
	ELSIF audience ? 'reach' AND (audience -> 'reach' NOT IN ('"everyone"', '"household"')) THEN
		RAISE EXCEPTION 'audience.reach is everyone or household' USING ERRCODE = 'invalid_parameter_value';
	ELSIF shape IN ('party', 'role', 'each') AND audience ?| '{who,reach}' THEN
		RAISE EXCEPTION 'audience.who and audience.reach are for homes, not for %', shape USING ERRCODE = 'invalid_parameter_value';
	END IF;
	CASE shape
	WHEN 'project' THEN
		IF audience -> 'project' <> 'true' THEN
			RAISE EXCEPTION 'audience.project must be true' USING ERRCODE = 'invalid_parameter_value';
		END IF;
	WHEN 'area' THEN
		PERFORM rui._audience_area(audience);
	WHEN 'role' THEN
		IF jsonb_typeof(audience -> 'role') <> 'string' OR NOT EXISTS (
			SELECT FROM rui.role_permission r WHERE r.role_code = audience ->> 'role') THEN
			RAISE EXCEPTION 'unknown role %', audience -> 'role'
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Roles are in rui.role_permission.';
		END IF;
	WHEN 'each' THEN
		IF jsonb_typeof(audience -> 'each') <> 'array' OR jsonb_array_length(audience -> 'each') NOT BETWEEN 1 AND 100000
			OR EXISTS (SELECT FROM jsonb_array_elements(audience -> 'each') AS e(item)
				WHERE jsonb_typeof(e.item) <> 'object' OR jsonb_typeof(e.item -> 'party') IS DISTINCT FROM 'number'
					OR e.item ->> 'party' !~ '^[0-9]{1,18}$' OR jsonb_typeof(e.item -> 'parameters') IS DISTINCT FROM 'object'
					OR e.item - '{party,parameters}'::text[] <> '{}') THEN
			RAISE EXCEPTION 'audience.each is a list of 1 to 100000 {"party": id, "parameters": {…}}' USING ERRCODE = 'invalid_parameter_value';
		END IF;
		SELECT (e.item ->> 'party')::bigint INTO stranger FROM jsonb_array_elements(audience -> 'each') AS e(item)
		GROUP BY 1 HAVING count(*) > 1 LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'audience.each names party % twice', stranger USING ERRCODE = 'invalid_parameter_value';
		END IF;
		SELECT (e.item ->> 'party')::bigint INTO stranger FROM jsonb_array_elements(audience -> 'each') AS e(item)
		WHERE NOT EXISTS (SELECT FROM rui.party p JOIN rui.project j ON j.company_id = p.company_id
			WHERE p.id = (e.item ->> 'party')::bigint AND j.id = _check_audience.project_id) LIMIT 1;
	WHEN 'party' THEN
		SELECT i.id INTO stranger FROM unnest(rui._audience_ids(audience, shape)) AS i(id)
		WHERE NOT EXISTS (SELECT FROM rui.party p JOIN rui.project j ON j.company_id = p.company_id
			WHERE p.id = i.id AND j.id = _check_audience.project_id) LIMIT 1;
	WHEN 'household' THEN
		SELECT i.id INTO stranger FROM unnest(rui._audience_ids(audience, shape)) AS i(id)
		WHERE NOT EXISTS (SELECT FROM rui.household h WHERE h.project_id = _check_audience.project_id AND h.id = i.id) LIMIT 1;
	WHEN 'unit' THEN
		SELECT i.id INTO stranger FROM unnest(rui._audience_ids(audience, shape)) AS i(id)
		WHERE NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = _check_audience.project_id AND u.id = i.id) LIMIT 1;
	WHEN 'building' THEN
		SELECT i.id INTO stranger FROM unnest(rui._audience_ids(audience, shape)) AS i(id)
		WHERE NOT EXISTS (SELECT FROM rui.building b WHERE b.project_id = _check_audience.project_id AND b.id = i.id) LIMIT 1;
	ELSE
		SELECT i.id INTO stranger FROM unnest(rui._audience_ids(audience, 'grid')) AS i(id)
		WHERE NOT EXISTS (SELECT FROM rui.grid g WHERE g.project_id = _check_audience.project_id AND g.id = i.id) LIMIT 1;
	END CASE;
	IF stranger IS NOT NULL THEN
		PERFORM rui._unknown(CASE shape WHEN 'each' THEN 'party' ELSE shape END, stranger, project_id);
	END IF;
	RETURN shape;
END
$$;
COMMENT ON FUNCTION rui._check_audience(bigint, jsonb) IS
'Internal: checks an audience and returns its shape: party, role, household, unit, building, grid, area, project or each. Errors: 22004 null, 22023 not understood, P0002 an id that the project does not have.';

CREATE FUNCTION rui._recipients(project_id bigint, audience jsonb, at timestamptz)
RETURNS TABLE (party_id bigint, household_id bigint, unit_id bigint, parameters jsonb)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
-- What is null is known only when it is called.
SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET jit = off
AS $$
DECLARE
	today CONSTANT date := (SELECT (at AT TIME ZONE j.time_zone)::date FROM rui.project j WHERE j.id = _recipients.project_id);
	who CONSTANT jsonb := coalesce(audience -> 'who', '["resident", "owner"]');
	residents CONSTANT boolean := who ? 'resident';
	owners CONSTANT boolean := who ? 'owner';
	one_each CONSTANT boolean := coalesce(audience ->> 'reach' = 'household', false);
	area geometry;
	building_ids bigint[];
	unit_ids bigint[];
	household_ids bigint[];
BEGIN
	IF audience ?| '{party,role,each}' THEN
		RETURN QUERY
		SELECT w.party_id, o.household_id, o.unit_id, w.parameters
		FROM (
			SELECT i.id AS party_id, NULL::jsonb AS parameters FROM unnest(rui._audience_ids(audience, 'party')) AS i(id)
			UNION ALL
			SELECT (e.item ->> 'party')::bigint, nullif(e.item -> 'parameters', '{}')
			FROM jsonb_array_elements(audience -> 'each') AS e(item)
			UNION ALL
			SELECT DISTINCT m.party_id, NULL::jsonb FROM rui.membership m
			WHERE m.project_id = _recipients.project_id AND m.role_code = audience ->> 'role' AND m.valid @> _recipients.at) AS w
		LEFT JOIN LATERAL (
			SELECT o.household_id, o.unit_id FROM rui.occupancy o
			WHERE o.project_id = _recipients.project_id AND o.party_id = w.party_id AND o.valid @> today
			ORDER BY o.household_id LIMIT 1) AS o ON true;
		RETURN;
	END IF;
	IF audience ? 'area' THEN
		area := rui._audience_area(audience);
		building_ids := ARRAY(SELECT b.id FROM rui.building b
			WHERE b.project_id = _recipients.project_id AND ST_Intersects(b.footprint, area));
	ELSIF audience ? 'grid' THEN
		building_ids := ARRAY(SELECT g.building_id FROM rui.grid_building g
			WHERE g.project_id = _recipients.project_id AND g.grid_id = ANY (rui._audience_ids(audience, 'grid')));
	ELSE
		building_ids := rui._audience_ids(audience, 'building');
	END IF;
	unit_ids := rui._audience_ids(audience, 'unit');
	household_ids := rui._audience_ids(audience, 'household');
	IF household_ids IS NOT NULL THEN
		-- Who owns the home of a household is not of it.
		unit_ids := ARRAY(SELECT h.unit_id FROM rui.household h
			WHERE h.project_id = _recipients.project_id AND h.id = ANY (household_ids) AND h.valid @> today AND owners);
	END IF;
	RETURN QUERY
	WITH home AS (
		SELECT u.id FROM rui.unit u
		WHERE u.project_id = _recipients.project_id AND (building_ids IS NULL OR u.building_id = ANY (building_ids))
			AND (unit_ids IS NULL OR u.id = ANY (unit_ids))),
	contact AS (
		SELECT o.party_id, o.household_id, o.unit_id, array_position('{owner,tenant,family,helper,other}', o.role) AS rank
		FROM rui.occupancy o
		WHERE o.project_id = _recipients.project_id AND residents AND o.valid @> today
			AND CASE WHEN household_ids IS NULL THEN o.unit_id IN (SELECT h.id FROM home h) ELSE o.household_id = ANY (household_ids) END
		UNION ALL
		-- An owner who lives elsewhere is a contact of his own, not of those who live there.
		SELECT w.owner_id, NULL, s.unit_id, 0
		FROM rui.ownership s CROSS JOIN LATERAL unnest(s.owner_ids) AS w(owner_id)
		WHERE s.project_id = _recipients.project_id AND owners AND s.valid @> today AND s.unit_id IN (SELECT h.id FROM home h)),
	person AS (
		SELECT DISTINCT ON (c.party_id) c.party_id, c.household_id, c.unit_id, c.rank FROM contact c
		ORDER BY c.party_id, c.household_id, c.unit_id, c.rank),
	chosen AS (
		SELECT p.*, row_number() OVER (PARTITION BY p.household_id ORDER BY p.rank, p.party_id) AS place FROM person p)
	SELECT c.party_id, c.household_id, c.unit_id, NULL::jsonb FROM chosen c
	WHERE NOT one_each OR c.household_id IS NULL OR c.place = 1;
END
$$;
COMMENT ON FUNCTION rui._recipients(bigint, jsonb, timestamptz) IS
'Internal: the parties of a checked audience at an instant, each once, with the household it belongs to (null: none) and the home it is about. who: residents (who lives there), owners, or both; reach household: of each household one, owners before tenants before family. An area takes every building that it touches.';
