-- Importing whole sets: one statement takes the good rows and reports on
-- every row, good or bad. This file: what all imports share, the estate.

CREATE TYPE rui.import_result AS (
	row_no integer,
	code text,
	accepted boolean,
	outcome text,
	id bigint,
	error_code text,
	problem text,
	hint text
);
COMMENT ON TYPE rui.import_result IS 'What became of one row of an import.';
COMMENT ON COLUMN rui.import_result.row_no IS 'Position of the row in the batch, from 1.';
COMMENT ON COLUMN rui.import_result.code IS 'The row''s code as given (its first 200 characters), or null.';
COMMENT ON COLUMN rui.import_result.accepted IS 'Whether the database now holds the row; in a preview, whether it would.';
COMMENT ON COLUMN rui.import_result.outcome IS 'added, unchanged (was there already, identical) or rejected.';
COMMENT ON COLUMN rui.import_result.id IS 'Id of the row in its table; null when rejected, and when added by a preview.';
COMMENT ON COLUMN rui.import_result.error_code IS 'SQLSTATE of what is wrong with the row, or null.';
COMMENT ON COLUMN rui.import_result.problem IS 'What is wrong with the row, or null.';
COMMENT ON COLUMN rui.import_result.hint IS 'How to mend it, or null.';

-- A fault is text[]: SQLSTATE, problem, hint. Null means that all is well, so
-- coalesce(fault, fault, ...) finds the first one and computes no further.

CREATE FUNCTION rui._show(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN length(value) > 60 THEN left(value, 60) || '…' ELSE value END;
END
$$;
COMMENT ON FUNCTION rui._show(text) IS 'Internal: a value as error texts quote it: at most 60 characters.';

CREATE FUNCTION rui._good(fault text[], old_id bigint DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Not IS NULL in the queries: the planner takes that to be rare, and then
	-- joins the sets row by row.
	RETURN fault IS NULL AND old_id IS NULL;
END
$$;
COMMENT ON FUNCTION rui._good(text[], bigint) IS
'Internal: whether an import row has no fault and, where an id is given, is not there yet.';

CREATE FUNCTION rui._row_fault(item jsonb, known text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	foreign_key text;
BEGIN
	IF item IS NULL OR jsonb_typeof(item) <> 'object' THEN
		RETURN ARRAY['22023', 'the row is not a JSON object', 'Give {"code": …, …} for each row.'];
	END IF;
	-- A misspelt key must not be taken for a missing one.
	SELECT k.name INTO foreign_key FROM jsonb_object_keys(item) AS k(name) WHERE k.name <> ALL (known) LIMIT 1;
	IF FOUND THEN
		RETURN ARRAY['22023', format('unknown key "%s"', rui._show(foreign_key)),
			'Keys are ' || array_to_string(known, ', ') || '.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._row_fault(jsonb, text[]) IS
'Internal: the fault of an import row that is no JSON object or has a key not among the known ones, or null.';

CREATE FUNCTION rui._text_fault(key text, item jsonb, longest integer, needed boolean DEFAULT true) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	value CONSTANT text := item ->> key;
BEGIN
	IF value IS NULL THEN
		RETURN CASE WHEN needed THEN ARRAY['22004', key || ' is missing', format('Give "%s".', key)] END;
	ELSIF jsonb_typeof(item -> key) NOT IN ('string', 'number') THEN
		RETURN ARRAY['22023', format('%s is not a text but %s', key, jsonb_typeof(item -> key)), format('Give "%s" as text.', key)];
	ELSIF value !~ '[^[:space:]]' THEN
		RETURN ARRAY['22023', key || ' is empty', format('Give "%s"%s.', key, CASE WHEN needed THEN '' ELSE ' or leave it out' END)];
	ELSIF length(value) > longest THEN
		RETURN ARRAY['22001', format('%s has %s characters', key, length(value)), format('At most %s are possible.', longest)];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._text_fault(text, jsonb, integer, boolean) IS
'Internal: the fault of a text in an import row, or null: 22004 missing, 22023 no text or blank, 22001 longer than `longest` characters. A number counts as text; a JSON null as not given.';

CREATE FUNCTION rui._code_fault(key text, item jsonb, longest integer DEFAULT 60) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault CONSTANT text[] := rui._text_fault(key, item, longest);
BEGIN
	IF fault IS NULL AND (item ->> key ~ '^[[:space:]]|[[:space:]]$' OR item ->> key ~ '[[:cntrl:]]') THEN
		RETURN ARRAY['22023', format('%s has white space at an end, or a control character', key), 'Trim it.'];
	END IF;
	RETURN fault;
END
$$;
COMMENT ON FUNCTION rui._code_fault(text, jsonb, integer) IS
'Internal: the fault of a code in an import row, or null: those of a needed text, and 22023 for outer white space and control characters.';

CREATE FUNCTION rui._choice_fault(key text, item jsonb, choices text[], needed boolean DEFAULT true) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF item ->> key IS NULL AND NOT needed THEN
		RETURN NULL;
	END IF;
	RETURN coalesce(rui._text_fault(key, item, 1000), CASE WHEN item ->> key <> ALL (choices) THEN
		ARRAY['22023', format('%s cannot be "%s"', key, rui._show(item ->> key)), 'It is one of ' || array_to_string(choices, ', ') || '.'] END);
END
$$;
COMMENT ON FUNCTION rui._choice_fault(text, jsonb, text[], boolean) IS
'Internal: the fault of a text in an import row that must be one of some choices, or null.';

CREATE FUNCTION rui._number_fault(key text, item jsonb, low numeric, high numeric, decimals integer DEFAULT 0,
	needed boolean DEFAULT false) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	value CONSTANT text := item ->> key;
	amount numeric;
BEGIN
	IF value IS NULL THEN
		RETURN CASE WHEN needed THEN ARRAY['22004', key || ' is missing', format('Give "%s".', key)] END;
	ELSIF jsonb_typeof(item -> key) NOT IN ('string', 'number') OR length(value) > 40
		OR value !~ '^-?[0-9]+(\.[0-9]+)?$' THEN
		RETURN ARRAY['22023', format('%s "%s" is not a number', key, rui._show(value)), 'Give digits with a point, such as 89.5.'];
	END IF;
	amount := value::numeric;
	IF NOT amount BETWEEN low AND high THEN
		RETURN ARRAY['22003', format('%s %s is out of range', key, value), format('It lies between %s and %s.', low, high)];
	ELSIF min_scale(amount) > decimals THEN
		RETURN ARRAY['22023', format('%s %s has more than %s decimals', key, value, decimals), 'Round it.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._number_fault(text, jsonb, numeric, numeric, integer, boolean) IS
'Internal: the fault of a number in an import row, or null: 22004 missing, 22023 no number or too many decimals, 22003 outside [low, high]. Numbers may come as JSON numbers or as text.';

CREATE FUNCTION rui._boolean_fault(key text, item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF coalesce(jsonb_typeof(item -> key), 'null') NOT IN ('boolean', 'null') THEN
		RETURN ARRAY['22023', format('%s is neither true nor false', key), 'Give a JSON boolean, or leave it out.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._boolean_fault(text, jsonb) IS
'Internal: the fault of a value in an import row that is neither true nor false nor left out, or null.';

CREATE FUNCTION rui._read_day(value text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
		RETURN NULL;
	END IF;
	RETURN make_date(left(value, 4)::integer, substr(value, 6, 2)::integer, right(value, 2)::integer);
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._read_day(text) IS 'Internal: a date written YYYY-MM-DD, or null where there is no such date.';

CREATE FUNCTION rui._day_fault(key text, item jsonb, needed boolean DEFAULT false) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	value CONSTANT text := item ->> key;
BEGIN
	IF value IS NULL THEN
		RETURN CASE WHEN needed THEN ARRAY['22004', key || ' is missing', format('Give "%s": "YYYY-MM-DD".', key)] END;
	ELSIF rui._read_day(value) IS NULL THEN
		RETURN ARRAY['22007', format('%s "%s" is not a date', key, rui._show(value)), 'Give an existing date as YYYY-MM-DD.'];
	ELSIF rui._read_day(value) NOT BETWEEN date '1900-01-01' AND date '2200-12-31' THEN
		RETURN ARRAY['22008', format('%s %s is out of range', key, value), 'Give a date from 1900 to 2200.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._day_fault(text, jsonb, boolean) IS
'Internal: the fault of a date in an import row, or null: 22004 missing, 22007 no date, 22008 outside 1900 to 2200.';

CREATE FUNCTION rui._optional_code_fault(key text, item jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN item ->> key IS NOT NULL THEN rui._code_fault(key, item) END;
END
$$;
COMMENT ON FUNCTION rui._optional_code_fault(text, jsonb) IS
'Internal: the fault of a code in an import row that may be left out, or null.';

CREATE FUNCTION rui._days_fault(item jsonb, needed boolean DEFAULT true) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	key text;
	fault text[];
BEGIN
	FOREACH key IN ARRAY ARRAY['from', 'to'] LOOP
		fault := rui._day_fault(key, item, needed AND key = 'from');
		IF fault IS NOT NULL THEN
			RETURN fault;
		END IF;
	END LOOP;
	IF rui._read_day(item ->> 'from') >= rui._read_day(item ->> 'to') THEN
		RETURN ARRAY['22023', format('to %s is not after from %s', item ->> 'to', item ->> 'from'), '"to" is the first day on which it holds no more.'];
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._days_fault(jsonb, boolean) IS
'Internal: the fault of the dates from (inclusive) and to (exclusive, may be left out) of an import row, or null: 22004, 22007 no date, 22008 outside 1900 to 2200, 22023 to not after from.';

CREATE FUNCTION rui._read_shape(key text, item jsonb, kinds text[], needed boolean, OUT shape geometry, OUT fault text[])
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	value CONSTANT jsonb := nullif(item -> key, 'null'::jsonb);
	reason text;
BEGIN
	IF value IS NULL THEN
		IF needed THEN
			fault := ARRAY['22004', key || ' is missing', format('Give "%s" as GeoJSON geometry, or as text (EWKT or EWKB).', key)];
		END IF;
		RETURN;
	END IF;
	BEGIN
		IF jsonb_typeof(value) = 'object' THEN
			-- ST_GeomFromGeoJSON takes anything for a number.
			IF jsonb_path_exists(value, '$.coordinates.** ? (@.type() != "array" && @.type() != "number")') THEN
				fault := ARRAY['22023', key || ' has a coordinate that is not a number', 'Give [longitude, latitude] as JSON numbers.'];
				RETURN;
			END IF;
			shape := ST_GeomFromGeoJSON(value);
		ELSIF jsonb_typeof(value) = 'string' AND value #>> '{}' !~ '^\s*\{' THEN
			shape := (value #>> '{}')::geometry;
		ELSE
			fault := ARRAY['22023', format('%s is neither a GeoJSON geometry nor a text but %s', key, jsonb_typeof(value)),
				'Give a GeoJSON geometry, or text (EWKT or EWKB).'];
			RETURN;
		END IF;
		shape := ST_Force2D(shape);
		IF GeometryType(shape) <> ALL (kinds) THEN
			fault := ARRAY['22023', format('%s is a %s', key, GeometryType(shape)), 'It must be a ' || array_to_string(kinds, ' or a ') || '.'];
		ELSIF ST_SRID(shape) <> 4326 THEN
			fault := ARRAY['22023', format('%s has SRID %s', key, ST_SRID(shape)), 'Give WGS 84 coordinates, SRID 4326.'];
		ELSIF ST_IsEmpty(shape) THEN
			fault := ARRAY['22023', key || ' is empty', 'Give its coordinates.'];
		-- NaN and infinity too make a comparison false.
		ELSIF NOT (ST_XMin(shape) >= -180 AND ST_XMax(shape) <= 180 AND ST_YMin(shape) >= -90 AND ST_YMax(shape) <= 90) THEN
			fault := ARRAY['22003', key || ' lies outside the world', 'Give longitude -180 to 180, then latitude -90 to 90.'];
		ELSE
			reason := ST_IsValidReason(shape);
			IF reason LIKE 'Invalid Coordinate%' THEN
				fault := ARRAY['22003', key || ' has a coordinate that is not finite', 'Give finite longitudes and latitudes.'];
			ELSIF reason <> 'Valid Geometry' THEN
				fault := ARRAY['22023', format('%s is not valid: %s', key, reason), 'Mend it where it was drawn, or send what ST_MakeValid gives after looking at it.'];
			END IF;
		END IF;
	-- PostGIS and GEOS report bad input as internal errors.
	EXCEPTION WHEN internal_error OR data_exception THEN
		fault := ARRAY['22023', format('%s is not a geometry: %s', key, rui._show(SQLERRM)), 'Give a GeoJSON geometry, or text (EWKT or EWKB).'];
	END;
	IF fault IS NOT NULL THEN
		shape := NULL;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._read_shape(text, jsonb, text[], boolean) IS
'Internal: the geometry under a key of an import row, in two dimensions (a height is dropped), or its fault: 22004 missing, 22023 no geometry, not of one of the kinds (as GeometryType names them), SRID not 4326, empty or invalid, 22003 outside the world or not finite. GeoJSON geometry, or text in EWKT or hexadecimal EWKB.';

CREATE FUNCTION rui._import_rows(records jsonb) RETURNS TABLE (row_no integer, item jsonb)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY SELECT e.place::integer, e.value
	FROM jsonb_array_elements(CASE jsonb_typeof(records) WHEN 'object' THEN records -> 'features' ELSE records END)
		WITH ORDINALITY AS e(value, place);
END
$$;
COMMENT ON FUNCTION rui._import_rows(jsonb) IS
'Internal: the rows of a checked batch (a JSON array, or the features of a FeatureCollection), numbered from 1.';

CREATE FUNCTION rui._begin_import(project_id bigint, command text, records jsonb, preview boolean, request_key text,
	at timestamptz) RETURNS rui.import_result[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	takes_features CONSTANT boolean := command IN ('import_buildings', 'import_streets', 'import_barriers', 'import_passages');
	answer jsonb;
BEGIN
	PERFORM rui._check_time(project_id, at);
	IF records IS NULL THEN
		PERFORM rui._missing('records');
	ELSIF preview IS NULL THEN
		PERFORM rui._missing('preview');
	ELSIF (jsonb_typeof(records) = 'array' OR takes_features AND records ->> 'type' = 'FeatureCollection'
		AND jsonb_typeof(records -> 'features') = 'array') IS NOT TRUE THEN
		RAISE EXCEPTION 'records is not a JSON array'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give an array of row objects, such as (SELECT jsonb_agg(s) FROM staging s)'
					|| CASE WHEN takes_features THEN ', or a GeoJSON FeatureCollection.' ELSE '.' END;
	ELSIF jsonb_typeof(records) = 'object' AND records -> 'crs' IS NOT NULL
		AND records #>> '{crs,properties,name}' IS DISTINCT FROM 'EPSG:4326'
		AND records #>> '{crs,properties,name}' IS DISTINCT FROM 'urn:ogc:def:crs:OGC:1.3:CRS84' THEN
		RAISE EXCEPTION 'the collection has the coordinate system %', records #>> '{crs,properties,name}'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give WGS 84 longitudes and latitudes.';
	END IF;
	IF preview THEN
		RETURN NULL;
	END IF;
	-- The imports of a project go one after the other; the locks end with the
	-- transaction and hinder nobody else.
	PERFORM FROM rui.company c
	WHERE c.id = (SELECT p.company_id FROM rui.project p WHERE p.id = _begin_import.project_id)
	FOR NO KEY UPDATE;
	PERFORM FROM rui.project p WHERE p.id = _begin_import.project_id FOR NO KEY UPDATE;
	answer := rui._begin_request(project_id, command, request_key, records);
	IF answer IS NULL THEN
		RETURN NULL;
	END IF;
	RETURN ARRAY(SELECT r FROM jsonb_populate_recordset(NULL::rui.import_result, answer) r);
END
$$;
COMMENT ON FUNCTION rui._begin_import(bigint, text, jsonb, boolean, text, timestamptz) IS
'Internal: first step of an import: checks time and container (22004, 22023), lets imports of one company wait for each other, and returns the first report when the request key was used before, else null.';

CREATE FUNCTION rui._finish_import(project_id bigint, command text, table_name text, report rui.import_result[],
	preview boolean, request_key text, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	counts jsonb;
BEGIN
	IF preview THEN
		RETURN;
	END IF;
	SELECT jsonb_build_object('table', table_name, 'added', count(*) FILTER (WHERE r.outcome = 'added'),
		'unchanged', count(*) FILTER (WHERE r.outcome = 'unchanged'),
		'rejected', count(*) FILTER (WHERE r.outcome = 'rejected')) INTO counts
	FROM unnest(report) r;
	IF counts ->> 'added' <> '0' THEN
		PERFORM rui._emit(project_id, 'project.import', 'project', project_id, at, counts);
	END IF;
	IF request_key IS NOT NULL THEN
		PERFORM rui._finish_request(project_id, command, request_key, to_jsonb(report));
	END IF;
END
$$;
COMMENT ON FUNCTION rui._finish_import(bigint, text, text, rui.import_result[], boolean, text, timestamptz) IS
'Internal: last step of an import: event project.import with the counts when rows were added, and the answer under the request key.';

CREATE FUNCTION rui._result(row_no integer, code text, old_id bigint, new_id bigint, fault text[]) RETURNS rui.import_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ROW(row_no, left(code, 200), fault IS NULL,
		CASE WHEN fault IS NOT NULL THEN 'rejected' WHEN old_id IS NOT NULL THEN 'unchanged' ELSE 'added' END,
		CASE WHEN fault IS NULL THEN coalesce(old_id, new_id) END, fault[1], fault[2], fault[3])::rui.import_result;
END
$$;
COMMENT ON FUNCTION rui._result(integer, text, bigint, bigint, text[]) IS
'Internal: the report of one import row from the id it had before, the id it got, and its fault.';

CREATE FUNCTION rui._overlapping_rows(row_nos integer[], ranges tstzrange[]) RETURNS TABLE (row_no integer, other integer)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
	taken tstzmultirange := '{}';
	taken_by integer[] := '{}';
BEGIN
	FOR i IN 1 .. cardinality(row_nos) LOOP
		IF taken && ranges[i] THEN
			row_no := row_nos[i];
			SELECT min(row_nos[t.k]) INTO other FROM unnest(taken_by) AS t(k) WHERE ranges[t.k] && ranges[i];
			RETURN NEXT;
		ELSE
			taken := taken + tstzmultirange(ranges[i]);
			taken_by := taken_by || i;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._overlapping_rows(integer[], tstzrange[]) IS
'Internal: of the rows of a batch that want the same thing, in order: those whose time overlaps an earlier one that gets it, each with the first such row.';

CREATE FUNCTION rui._feature_properties(feature jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	p CONSTANT jsonb := CASE jsonb_typeof(feature -> 'properties') WHEN 'object' THEN feature -> 'properties' ELSE '{}' END;
BEGIN
	RETURN p || jsonb_strip_nulls(jsonb_build_object('code', coalesce(nullif(p -> 'code', 'null'), feature -> 'id',
		-- Ways carry no type where a file has nothing but ways.
		to_jsonb(coalesce(left(p ->> 'osm_type', 1), CASE WHEN feature #>> '{geometry,type}' = 'Point' THEN 'n' ELSE 'w' END) || (p ->> 'osm_id')))));
END
$$;
COMMENT ON FUNCTION rui._feature_properties(jsonb) IS
'Internal: the properties of a GeoJSON Feature with its code: the property code, else the feature''s id, else first letter of osm_type (n for a point, w for others, where there is none) and osm_id.';

CREATE FUNCTION rui._feature_row(feature jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	p CONSTANT jsonb := rui._feature_properties(feature);
	levels CONSTANT jsonb := coalesce(p -> 'levels', p -> 'building:levels');
BEGIN
	RETURN jsonb_strip_nulls(jsonb_build_object('code', p -> 'code', 'name', p -> 'name',
		'floors', coalesce(p -> 'floors', CASE WHEN levels #>> '{}' ~ '^[0-9]{1,6}(\.[0-9]{1,6})?$'
			THEN to_jsonb(greatest(ceil((levels #>> '{}')::numeric), 1)) ELSE levels END),
		'entrance', p -> 'entrance')) || jsonb_build_object('footprint', feature -> 'geometry');
END
$$;
COMMENT ON FUNCTION rui._feature_row(jsonb) IS
'Internal: a GeoJSON Feature as import row of a building: code = property code, else the feature''s id, else first letter of osm_type and osm_id; name; floors = property floors, else levels or building:levels, rounded up, at least 1; entrance; footprint = its geometry. Other properties are left.';

CREATE FUNCTION rui.import_buildings(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	report := rui._begin_import(project_id, 'import_buildings', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	WITH item AS (
		SELECT r.row_no, CASE WHEN r.item ->> 'type' = 'Feature' THEN rui._feature_row(r.item) ELSE r.item END AS item
		FROM rui._import_rows(records) r
	), read AS MATERIALIZED (
		SELECT i.row_no, i.item, i.item ->> 'code' AS code, f.shape AS footprint, f.fault AS footprint_fault,
			e.shape AS entrance, e.fault AS entrance_fault
		FROM item i
		CROSS JOIN LATERAL rui._read_shape('footprint', i.item, '{POLYGON,MULTIPOLYGON}', true) f
		CROSS JOIN LATERAL rui._read_shape('entrance', i.item, '{POINT}', false) e
	), judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.code, ST_Multi(r.footprint) AS footprint, r.entrance,
			coalesce(rui._row_fault(r.item, '{code,name,floors,footprint,entrance}'),
				rui._code_fault('code', r.item), rui._text_fault('name', r.item, 200, false),
				rui._number_fault('floors', r.item, 1, 300), r.footprint_fault, r.entrance_fault,
				CASE WHEN r.entrance IS NOT NULL AND NOT ST_DWithin(r.footprint::geography, r.entrance::geography, 1000) THEN
					ARRAY['22023', 'entrance lies more than 1 km from the footprint', 'Give longitude first, then latitude.'] END) AS fault
		FROM read r
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.code, j.item, j.footprint, j.entrance, b.id AS old_id,
			CASE WHEN j.fault IS NOT NULL THEN j.fault
			WHEN j.row_no > min(j.row_no) FILTER (WHERE rui._good(j.fault)) OVER (PARTITION BY j.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', j.code), 'Give every building a code of its own.']
			WHEN b.id IS NOT NULL AND (b.name, b.floors) IS DISTINCT FROM
				(j.item ->> 'name', coalesce((j.item ->> 'floors')::numeric::integer, 1))
				OR NOT b.footprint = j.footprint OR NOT b.entrance = j.entrance THEN
				ARRAY['23505', format('building "%s" is already there with other content', j.code), 'An import adds; it does not change what is there.']
			END AS fault
		FROM judged j
		LEFT JOIN rui.building b ON rui._good(j.fault) AND b.project_id = import_buildings.project_id AND b.code = j.code
	), added AS (
		INSERT INTO rui.building AS b (project_id, code, name, floors, footprint, entrance)
		SELECT import_buildings.project_id, c.code, c.item ->> 'name', coalesce((c.item ->> 'floors')::numeric::integer, 1),
			c.footprint, coalesce(c.entrance, ST_PointOnSurface(c.footprint))
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_buildings.preview
		ORDER BY c.row_no
		RETURNING b.id, b.code
	)
	SELECT coalesce(array_agg(rui._result(c.row_no, c.code, c.old_id, a.id, c.fault) ORDER BY c.row_no), '{}') INTO report
	FROM compared c LEFT JOIN added a ON rui._good(c.fault) AND a.code = c.code;
	PERFORM rui._finish_import(project_id, 'import_buildings', 'building', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_buildings(bigint, jsonb, boolean, text, timestamptz) IS
'Imports buildings. records: a JSON array of rows {code, name?, floors? (1 to 300, default 1), footprint, entrance?}, or a GeoJSON FeatureCollection of Polygons and MultiPolygons (OSM extracts: code = property code, else the feature''s id, else osm_type and osm_id; floors = floors, else levels or building:levels rounded up). footprint and entrance are GeoJSON geometries or texts in EWKT or EWKB, WGS 84 with SRID 4326; without an entrance a point inside the footprint is taken. Invalid geometry is rejected, never mended silently. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004 missing, 22023 wrong, 22001 too long, 22003 out of range or of the world, 23505 code twice or already there with other content. Needs permission manage_estate. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.import_units(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
	my_company bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	report := rui._begin_import(project_id, 'import_units', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	SELECT p.company_id INTO my_company FROM rui.project p WHERE p.id = import_units.project_id;
	WITH judged AS MATERIALIZED (
		-- Joins compare columns only: row security would not let an operator
		-- of jsonb look into its tables, nor use their indexes.
		SELECT r.row_no, r.item, r.item ->> 'code' AS code, r.item ->> 'building' AS building_code,
			r.item ->> 'space' AS space_code, r.item ->> 'developer' AS developer_code,
			rui._read_day(r.item ->> 'completed_on') AS completed_on, rui._read_day(r.item ->> 'delivered_on') AS delivered_on,
			r.item ->> 'completed_on' IS NOT NULL OR r.item ->> 'delivered_on' IS NOT NULL OR r.item ->> 'developer' IS NOT NULL AS has_delivery,
			coalesce(rui._row_fault(r.item, '{code,building,space,floor_no,kind,area_m2,completed_on,delivered_on,developer}'),
				rui._code_fault('code', r.item), rui._code_fault('building', r.item),
				rui._optional_code_fault('space', r.item), rui._optional_code_fault('developer', r.item),
				rui._day_fault('completed_on', r.item), rui._day_fault('delivered_on', r.item),
				rui._number_fault('floor_no', r.item, -20, 300),
				rui._choice_fault('kind', r.item, '{home,shop,office,parking,storage,other}', false),
				rui._number_fault('area_m2', r.item, 0.01, 9999999999.99, 2, true)) AS fault
		FROM rui._import_rows(records) r
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.code, b.id AS building_id, s.id AS space_id, j.completed_on, j.delivered_on, j.has_delivery, o.id AS developer_id,
			(j.item ->> 'floor_no')::numeric::integer AS floor_no,
			coalesce(j.item ->> 'kind', 'home') AS kind, (j.item ->> 'area_m2')::numeric AS area_m2, u.id AS old_id,
			CASE WHEN b.id IS NULL THEN
				ARRAY['P0002', format('building "%s" does not exist in the project', j.building_code), 'Import the buildings first; give the building''s code.']
			WHEN j.space_code IS NOT NULL AND s.building_id IS DISTINCT FROM b.id THEN
				ARRAY['P0002', format('place "%s" does not exist in building "%s"', j.space_code, j.building_code), 'Import the places first; give the place''s code.']
			WHEN j.developer_code IS NOT NULL AND o.id IS NULL THEN
				ARRAY['P0002', format('party "%s" does not exist', j.developer_code), 'Import the parties first; give the party''s code.']
			WHEN j.completed_on > j.delivered_on THEN
				ARRAY['22023', format('the unit is handed over on %s, before it is completed on %s', j.delivered_on, j.completed_on), 'Exchange the dates.']
			WHEN j.row_no > min(j.row_no) FILTER (WHERE b.id IS NOT NULL AND (j.space_code IS NULL OR s.building_id = b.id)
				AND (j.developer_code IS NULL OR o.id IS NOT NULL) AND (j.completed_on > j.delivered_on) IS NOT TRUE) OVER (PARTITION BY j.code) THEN
				ARRAY['23505', format('code "%s" is in the batch twice', j.code), 'Give every unit a code of its own.']
			WHEN u.id IS NOT NULL AND ((u.building_id, u.floor_no, u.kind, u.area_m2) IS DISTINCT FROM
				(b.id, (j.item ->> 'floor_no')::numeric::integer, coalesce(j.item ->> 'kind', 'home'), (j.item ->> 'area_m2')::numeric)
				OR j.space_code IS NOT NULL AND u.space_id IS DISTINCT FROM s.id
				OR j.has_delivery AND (d.completed_on, d.delivered_on, d.developer_id) IS DISTINCT FROM (j.completed_on, j.delivered_on, o.id)) THEN
				ARRAY['23505', format('unit "%s" is already there with other content', j.code), 'An import adds; it does not change what is there.']
			END AS fault
		FROM judged j
		LEFT JOIN rui.building b ON b.project_id = import_units.project_id AND b.code = j.building_code
		LEFT JOIN rui.unit u ON u.project_id = import_units.project_id AND u.code = j.code
		LEFT JOIN rui.space s ON s.project_id = import_units.project_id AND s.code = j.space_code
		LEFT JOIN rui.party o ON o.company_id = my_company AND o.code = j.developer_code
		LEFT JOIN rui.unit_delivery d ON d.project_id = u.project_id AND d.unit_id = u.id
		WHERE rui._good(j.fault)
	), added AS (
		INSERT INTO rui.unit AS u (project_id, building_id, space_id, code, floor_no, kind, area_m2)
		SELECT import_units.project_id, c.building_id, c.space_id, c.code, c.floor_no, c.kind, c.area_m2
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_units.preview
		ORDER BY c.row_no
		RETURNING u.id, u.code
	), delivered AS (
		INSERT INTO rui.unit_delivery (project_id, unit_id, completed_on, delivered_on, developer_id)
		SELECT import_units.project_id, a.id, c.completed_on, c.delivered_on, c.developer_id
		FROM compared c JOIN added a ON a.code = c.code
		WHERE rui._good(c.fault) AND c.has_delivery
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.code, c.old_id, a.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}') INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN added a ON rui._good(c.fault) AND a.code = c.code;
	PERFORM rui._finish_import(project_id, 'import_units', 'unit', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_units(bigint, jsonb, boolean, text, timestamptz) IS
'Imports homes, shops and other units. records: a JSON array of rows {code, building (its code), space? (code of a place in the building), floor_no? (-20 to 300), kind? (home, shop, office, parking, storage, other; default home), area_m2 (> 0, at most 2 decimals), completed_on?, delivered_on? (YYYY-MM-DD, as rui.unit_delivery has them), developer? (code of the party)}; numbers may be texts. Where none of the last three is given, the unit counts as handed over, and what is known of one already there is not compared. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, 22007, 22008 dates, P0002 unknown building, place or party, 23505 code twice or already there with other content. Needs permission manage_estate. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';
