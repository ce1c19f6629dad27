-- Heat maps: where needs arise, counted by the squares of the map.

PERFORM rui._permit('see_heat', '{candidate,live,closed}', 'manager', 'expert', 'auditor', 'director', 'loader');

CREATE FUNCTION rui.heat(project_id bigint, level integer, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (cell rui.cell, needs bigint, emergencies bigint, days bigint, category text, category_needs bigint,
	boundary geometry(Polygon, 4326))
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_heat');
	IF level IS NULL THEN
		PERFORM rui._missing('level');
	ELSIF level NOT BETWEEN 1 AND 30 THEN
		RAISE EXCEPTION 'level must be 1 to 30, not %', level
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Level 16 is about 300 metres, each level more halves that.';
	END IF;
	PERFORM rui._check_span(from_at, to_at);
	RETURN QUERY
	WITH placed AS MATERIALIZED (
		SELECT rui.cell(t.place, heat.level) AS cell, t.category, t.is_emergency, (t.opened_at AT TIME ZONE p.time_zone)::date AS on_date
		FROM rui.task t
		JOIN rui.project p ON p.id = t.project_id
		WHERE t.project_id = heat.project_id AND t.kind = 'ticket' AND NOT ST_IsEmpty(t.place)
			AND t.opened_at >= from_at AND t.opened_at < to_at
	), by_cell AS (
		SELECT d.cell, count(*) AS needs, count(*) FILTER (WHERE d.is_emergency) AS emergencies, count(DISTINCT d.on_date) AS days
		FROM placed d
		GROUP BY d.cell
	), by_category AS (
		SELECT d.cell, d.category, count(*) AS needs, row_number() OVER (PARTITION BY d.cell ORDER BY count(*) DESC, d.category) AS place
		FROM placed d
		GROUP BY d.cell, d.category
	)
	SELECT c.cell, c.needs, c.emergencies, c.days, k.category, k.needs, rui.cell_boundary(c.cell)
	FROM by_cell c
	JOIN by_category k ON k.cell = c.cell AND k.place = 1
	ORDER BY c.needs DESC, c.cell;
END
$$;
COMMENT ON FUNCTION rui.heat(bigint, integer, timestamptz, timestamptz) IS
'Where the needs of [from_at, to_at) arose: one row for each square of the map (rui.cell; level 1 to 30, 16 is about 300 m) in which there were any, most needs first, then in the order of cells. needs: tickets opened in the span whose place is known, whatever became of them; emergencies: how many of them; days: on how many local dates there were any, so that one bad day and a lasting trouble look different; category: code of the most frequent category (of equals the first by code) with its category_needs; boundary: the square, SRID 4326. Needs permission see_heat. Errors: 22004, 22008, 22023 another level or an end not after the beginning, 42501.';
