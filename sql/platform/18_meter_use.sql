-- What was used between two instants: the sum of what the registers went on,
-- over exchanges and new beginnings at 0. Of two spans side by side the uses
-- add up to that of both: each is what had been used up to its end, less what
-- had been used up to its beginning.

CREATE FUNCTION rui._wall_part(step numeric, from_at timestamptz, to_at timestamptz, at timestamptz, time_zone text) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	whole numeric := extract(epoch FROM (to_at AT TIME ZONE time_zone) - (from_at AT TIME ZONE time_zone));
	part numeric := extract(epoch FROM (at AT TIME ZONE time_zone) - (from_at AT TIME ZONE time_zone));
BEGIN
	-- Within the hour that comes twice the wall does not tell.
	IF whole <= 0 OR part NOT BETWEEN 0 AND whole THEN
		whole := extract(epoch FROM to_at - from_at);
		part := extract(epoch FROM at - from_at);
	END IF;
	RETURN round(step * part / whole, 6);
END
$$;
COMMENT ON FUNCTION rui._wall_part(numeric, timestamptz, timestamptz, timestamptz, text) IS
'Internal: what of a step between two instants was made at one between them, to 6 decimals, by the clock on the wall: each day counts as 24 hours, those on which clocks change too.';

CREATE FUNCTION rui._meter_increments(project_id bigint, of_chain bigint, of_medium text, from_at timestamptz, to_at timestamptz, interpolated boolean,
	first_unit bigint DEFAULT NULL, last_unit bigint DEFAULT NULL)
RETURNS TABLE (chain_id bigint, register text, before_id bigint, reading_id bigint, before_at timestamptz, at timestamptz, used numeric,
	is_estimate boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT p.time_zone FROM rui.project p WHERE p.id = _meter_increments.project_id);
BEGIN
	RETURN QUERY
	WITH face AS MATERIALIZED (
		SELECT r.id, m.chain_id, r.code, m.multiplier, power(10::numeric, m.digits) AS modulus
		FROM rui.meter m
		JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id
		WHERE m.project_id = _meter_increments.project_id
			AND (of_chain IS NULL OR m.chain_id = of_chain)
			AND (of_medium IS NULL OR m.medium = of_medium)
			AND (first_unit IS NULL OR m.unit_id >= first_unit) AND (last_unit IS NULL OR m.unit_id <= last_unit)
			AND lower(m.installed) <= to_at AND (upper_inf(m.installed) OR upper(m.installed) > from_at)
	), shown AS (
		-- The last before the span, those in it and, where its end is to be
		-- found between two, the one after it.
		SELECT f.id AS register_id, b.id, b.at, b.value, b.is_rollover, b.kind FROM face f
		CROSS JOIN LATERAL (SELECT e.id, e.at, e.value, e.is_rollover, e.kind FROM rui.meter_reading e
			WHERE e.project_id = _meter_increments.project_id AND e.register_id = f.id AND e.state = 'accepted' AND e.at <= from_at
			ORDER BY e.at DESC LIMIT 1) b
		UNION ALL
		SELECT f.id, e.id, e.at, e.value, e.is_rollover, e.kind FROM face f
		CROSS JOIN LATERAL (SELECT e.id, e.at, e.value, e.is_rollover, e.kind FROM rui.meter_reading e
			WHERE e.project_id = _meter_increments.project_id AND e.register_id = f.id AND e.state = 'accepted' AND e.at > from_at AND e.at <= to_at
			OFFSET 0) e
		UNION ALL
		SELECT f.id, a.id, a.at, a.value, a.is_rollover, a.kind FROM face f
		CROSS JOIN LATERAL (SELECT e.id, e.at, e.value, e.is_rollover, e.kind FROM rui.meter_reading e
			WHERE e.project_id = _meter_increments.project_id AND e.register_id = f.id AND e.state = 'accepted'
				AND e.at > CASE WHEN interpolated THEN to_at ELSE 'infinity' END
			ORDER BY e.at LIMIT 1) a
	), step AS (
		SELECT s.register_id, s.id, s.at, s.kind, lag(s.id) OVER w AS before_id, lag(s.at) OVER w AS before_at,
			lag(s.kind) OVER w AS before_kind, s.value - lag(s.value) OVER w AS went_on, s.is_rollover
		FROM shown s WINDOW w AS (PARTITION BY s.register_id ORDER BY s.at)
	)
	SELECT f.chain_id, f.code, t.before_id, t.id, t.before_at, t.at,
		f.multiplier * (CASE WHEN t.at > to_at THEN rui._wall_part(g.went_on, t.before_at, t.at, to_at, zone) ELSE g.went_on END
			- CASE WHEN interpolated AND t.before_at < from_at THEN rui._wall_part(g.went_on, t.before_at, t.at, from_at, zone) ELSE 0 END),
		t.kind = 'estimate' OR t.before_kind = 'estimate'
	FROM step t
	JOIN face f ON f.id = t.register_id
	CROSS JOIN LATERAL (SELECT t.went_on + CASE WHEN t.is_rollover THEN f.modulus ELSE 0 END AS went_on) g
	WHERE t.before_id IS NOT NULL;
END
$$;
COMMENT ON FUNCTION rui._meter_increments(bigint, bigint, text, timestamptz, timestamptz, boolean, bigint, bigint) IS
'Internal: what the registers of a chain of meters, or of all (at units with ids from first_unit to last_unit, null: anywhere), went on between readings within a span, with the multiplier; register, the readings around it, and whether one of them is an estimate. What lies across an end of the span counts with the reading that ends it; interpolated: by the part of the time that lies within, by the clock on the wall, to 6 decimals of the register.';

CREATE FUNCTION rui.meter_use(project_id bigint, meter_id bigint, from_at timestamptz, to_at timestamptz, interpolated boolean DEFAULT false)
RETURNS TABLE (register text, used numeric, measured_in text, first_at timestamptz, last_at timestamptz, reading_ids bigint[],
	estimates bigint, to_check bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.meter;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_own_meters');
	PERFORM rui._check_span(from_at, to_at);
	IF num_nulls(meter_id, interpolated) > 0 THEN
		PERFORM rui._missing(CASE WHEN meter_id IS NULL THEN 'meter_id' ELSE 'interpolated' END);
	END IF;
	SELECT m.* INTO present FROM rui.meter m WHERE m.project_id = meter_use.project_id AND m.id = meter_use.meter_id;
	IF present.id IS NULL
		OR NOT (rui.has_permission(project_id, 'see_meters') OR coalesce(present.unit_id = ANY (rui.my_homes()), false)) THEN
		PERFORM rui._unknown('meter', meter_id, project_id);
	END IF;
	RETURN QUERY
	WITH face AS (
		SELECT r.code, array_agg(r.id) AS register_ids
		FROM rui.meter m
		JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id
		WHERE m.project_id = meter_use.project_id AND m.chain_id = present.chain_id
			AND lower(m.installed) <= to_at AND (upper_inf(m.installed) OR upper(m.installed) > from_at)
		GROUP BY r.code)
	SELECT f.code, i.used, present.measured_in, i.first_at, i.last_at, coalesce(i.reading_ids, '{}'), coalesce(i.estimates, 0),
		(SELECT count(*) FROM rui.meter_reading e WHERE e.project_id = meter_use.project_id AND e.register_id = ANY (f.register_ids)
			AND e.state = 'to_check' AND e.at > from_at AND e.at <= to_at)
	FROM face f
	LEFT JOIN (
		SELECT g.register, sum(g.used) AS used, min(g.before_at) AS first_at, max(g.at) AS last_at,
			ARRAY(SELECT DISTINCT x.id FROM unnest(array_agg(g.before_id) || array_agg(g.reading_id)) AS x(id) ORDER BY x.id) AS reading_ids,
			count(*) FILTER (WHERE g.is_estimate) AS estimates
		FROM rui._meter_increments(meter_use.project_id, present.chain_id, NULL, from_at, to_at, interpolated) g
		GROUP BY g.register) i ON i.register = f.code
	ORDER BY f.code;
END
$$;
COMMENT ON FUNCTION rui.meter_use(bigint, bigint, timestamptz, timestamptz, boolean) IS
'What a meter, with those it replaced and those that replaced it, counted from from_at (exclusive) to to_at (inclusive), by register: used, in measured_in and with the multiplier, exact; null where no two readings tell. It is what had been read up to to_at less what had been read up to from_at, so spans side by side add up; interpolated: what lies between two readings is spread evenly over the time between them, days of 24 hours by the clock on the wall, and cut at the ends of the span. first_at and last_at: the first and last readings it rests on, reading_ids: all of them; estimates: how many steps rest on one; to_check: how many readings in the span are doubted and not counted. Needs permission see_meters, or see_own_meters for a meter at a unit of one''s own. Errors: 22004, 22008, 22023 to_at not after from_at, P0002 unknown meter, 42501.';

CREATE FUNCTION rui._meter_uses(project_id bigint, from_at timestamptz, to_at timestamptz, of_medium text, interpolated boolean)
RETURNS TABLE (meter_id bigint, unit_id bigint, space_id bigint, is_shared boolean, medium text, register text, used numeric, measured_in text,
	first_at timestamptz, last_at timestamptz, estimates bigint, to_check bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	WITH hung AS MATERIALIZED (
		SELECT m.* FROM rui.meter m
		WHERE m.project_id = _meter_uses.project_id AND (of_medium IS NULL OR m.medium = of_medium)
			AND lower(m.installed) <= to_at AND (upper_inf(m.installed) OR upper(m.installed) > from_at)
	), point AS (
		SELECT DISTINCT ON (h.chain_id) h.* FROM hung h ORDER BY h.chain_id, h.installed DESC
	), doubted AS (
		SELECT h.chain_id, r.code, count(*) AS readings
		FROM rui.meter_reading e
		JOIN rui.meter_register r ON r.project_id = e.project_id AND r.id = e.register_id
		JOIN hung h ON h.id = r.meter_id
		WHERE e.project_id = _meter_uses.project_id AND e.state = 'to_check' AND e.at > from_at AND e.at <= to_at
		GROUP BY h.chain_id, r.code
	), face AS (
		SELECT DISTINCT h.chain_id, r.code FROM hung h JOIN rui.meter_register r ON r.project_id = h.project_id AND r.meter_id = h.id
	), total AS MATERIALIZED (
		SELECT g.chain_id, g.register, sum(g.used) AS used, min(g.before_at) AS first_at, max(g.at) AS last_at,
			count(*) FILTER (WHERE g.is_estimate) AS estimates
		FROM rui._meter_increments(_meter_uses.project_id, NULL, of_medium, from_at, to_at, interpolated) g
		GROUP BY g.chain_id, g.register
	)
	SELECT p.id, p.unit_id, p.space_id, p.is_shared, p.medium, f.code, t.used, p.measured_in, t.first_at, t.last_at, coalesce(t.estimates, 0),
		coalesce(d.readings, 0)
	FROM face f
	JOIN point p ON p.chain_id = f.chain_id
	LEFT JOIN total t ON t.chain_id = f.chain_id AND t.register = f.code
	LEFT JOIN doubted d ON d.chain_id = f.chain_id AND d.code = f.code;
END
$$;
COMMENT ON FUNCTION rui._meter_uses(bigint, timestamptz, timestamptz, text, boolean) IS
'Internal: what rui.meter_uses returns, for functions that have asked for their own permission.';

CREATE FUNCTION rui.meter_uses(project_id bigint, from_at timestamptz, to_at timestamptz, of_medium text DEFAULT NULL,
	interpolated boolean DEFAULT false)
RETURNS TABLE (meter_id bigint, unit_id bigint, space_id bigint, is_shared boolean, medium text, register text, used numeric, measured_in text,
	first_at timestamptz, last_at timestamptz, estimates bigint, to_check bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_meters');
	PERFORM rui._check_span(from_at, to_at);
	IF interpolated IS NULL THEN
		PERFORM rui._missing('interpolated');
	END IF;
	RETURN QUERY SELECT * FROM rui._meter_uses(meter_uses.project_id, meter_uses.from_at, meter_uses.to_at, of_medium, meter_uses.interpolated);
END
$$;
COMMENT ON FUNCTION rui.meter_uses(bigint, timestamptz, timestamptz, text, boolean) IS
'What rui.meter_use says, of all meters of a project (or of one medium) that hung there in the span, at once: one row for each chain of meters and register; meter_id: the last of the chain in the span. For billing runs. Needs permission see_meters. Errors: 22004, 22008, 22023 to_at not after from_at, 42501.';
