-- What analysts ask of needs: how many there were, how promises were kept, where
-- they arose. A month at a time, and nothing of groups of few homes.

CREATE FUNCTION rui._check_count(project_id bigint, month date, split_by text, splits text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF month IS NULL OR split_by IS NULL THEN
		PERFORM rui._missing(CASE WHEN month IS NULL THEN 'month' ELSE 'split_by' END);
	ELSIF NOT isfinite(month) OR extract(day FROM month) <> 1 OR month NOT BETWEEN '1900-01-01' AND '2200-01-01' THEN
		-- From day to day the difference is whose it was.
		RAISE EXCEPTION 'month is the first day of one, not %', month USING ERRCODE = 'invalid_parameter_value', HINT = 'As 2026-03-01.';
	ELSIF split_by <> ALL (splits) THEN
		RAISE EXCEPTION 'this is not counted by "%"', left(split_by, 60) USING ERRCODE = 'invalid_parameter_value',
			HINT = format('It is by %s.', array_to_string(splits, ', '));
	ELSIF (month + interval '1 month') AT TIME ZONE (SELECT j.time_zone FROM rui.project j WHERE j.id = _check_count.project_id) > now() THEN
		RAISE EXCEPTION 'the month from % is not over', month USING ERRCODE = 'invalid_parameter_value',
			HINT = 'While it lasts the difference from day to day would be whose it was.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_count(bigint, date, text, text[]) IS
'Internal: raises unless a month is given by its first day and over, and split_by is one of splits: 22004, 22023.';

CREATE FUNCTION rui._place_path(project_id bigint, building_id bigint, split_by text, at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
BEGIN ATOMIC
	SELECT concat_ws(E'\n', coalesce(w.steward, '-'), CASE WHEN split_by <> 'steward' THEN coalesce(w.grid, '-') END,
		CASE WHEN split_by = 'building' THEN coalesce(w.building, '-') END)
	FROM (VALUES (1)) AS once(row)
	LEFT JOIN (
		SELECT b.code AS building, g.code AS grid, coalesce(
			(SELECT s.steward_id FROM rui.grid_steward s WHERE s.project_id = g.project_id AND s.grid_id = g.id AND s.valid @> at), g.steward_id)::text AS steward
		FROM rui.building b
		LEFT JOIN (rui.grid_plan p
			JOIN rui.grid_building gb ON gb.project_id = p.project_id AND gb.plan_id = p.id
			JOIN rui.grid g ON g.project_id = gb.project_id AND g.id = gb.grid_id)
			ON p.project_id = b.project_id AND gb.building_id = b.id AND p.activated_at <= at AND (p.retired_at IS NULL OR p.retired_at > at)
				AND p.state IN ('active', 'retired')
		WHERE b.project_id = _place_path.project_id AND b.id = _place_path.building_id) w ON true;
END;
COMMENT ON FUNCTION rui._place_path(bigint, bigint, text, timestamptz) IS
'Internal: where a building is, as rui._suppress_tree takes it: the id of the steward of its grid by the plan in force at an instant, then (split_by grid) the code of the grid, then (building) its own; -: none.';

CREATE FUNCTION rui._counted_tickets(project_id bigint, month date, split_by text) RETURNS TABLE (task_id bigint, path text, person bigint)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
BEGIN ATOMIC
	SELECT t.id, CASE split_by WHEN 'category' THEN t.category WHEN 'priority' THEN t.priority::text
			WHEN 'hour' THEN to_char((extract(isodow FROM t.opened_at AT TIME ZONE p.time_zone) - 1) * 24
				+ extract(hour FROM t.opened_at AT TIME ZONE p.time_zone), 'FM000')
			ELSE rui._place_path(t.project_id, coalesce(u.building_id, t.building_id), split_by, (month + interval '1 month') AT TIME ZONE p.time_zone) END,
		coalesce(t.unit_id, CASE WHEN NOT k.is_proactive THEN -k.reporter_id END)
	FROM rui.task t
	JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	JOIN rui.project p ON p.id = t.project_id
	LEFT JOIN rui.unit u ON u.project_id = t.project_id AND u.id = t.unit_id
	WHERE t.project_id = _counted_tickets.project_id AND t.opened_at >= month AT TIME ZONE p.time_zone
		AND t.opened_at < (month + interval '1 month') AT TIME ZONE p.time_zone;
END;
COMMENT ON FUNCTION rui._counted_tickets(bigint, date, text) IS
'Internal: the tickets opened in a month, in the project''s zone, with the groups they are of (path as of rui._suppress_tree) and whom they tell of: the home (a unit), else who asked (below zero), else nobody (null): what the staff found itself outside of homes.';

CREATE FUNCTION rui.count_tickets(project_id bigint, month date, split_by text DEFAULT 'category')
RETURNS TABLE (split text, homes bigint, tickets bigint, completed bigint, cancelled bigint, open_now bigint, reopened bigint, emergencies bigint,
	proactive bigint, mean_wait interval, ratings bigint, mean_rating numeric, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	counted record;
	verdict record;
	rated record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, split_by, '{category,priority,hour,steward,grid,building}');
	SELECT coalesce(array_agg(c.task_id), '{}') AS tasks, coalesce(array_agg(c.path), '{}') AS paths, coalesce(array_agg(c.person), '{}') AS people,
		coalesce(array_agg(CASE WHEN k.rating IS NOT NULL THEN c.person END), '{}') AS raters INTO counted
	FROM rui._counted_tickets(count_tickets.project_id, count_tickets.month, count_tickets.split_by) c
	JOIN rui.ticket k ON k.project_id = count_tickets.project_id AND k.id = c.task_id;
	verdict := rui._suppress_tree(counted.paths, counted.people, rui._fewest(project_id));
	rated := rui._suppress_tree(counted.paths, counted.raters, rui._fewest(project_id));
	RETURN QUERY
	WITH part AS (
		SELECT u.path, coalesce(u.is_shown, verdict.total_shown) AS is_shown, coalesce(u.rating_shown, rated.total_shown) AS rating_shown,
			count(DISTINCT u.person) AS homes, count(*) AS tickets, count(*) FILTER (WHERE t.state IN ('completed', 'closed')) AS completed,
			count(*) FILTER (WHERE t.state IN ('cancelled', 'declined', 'merged')) AS cancelled,
			count(*) FILTER (WHERE t.state NOT IN ('completed', 'closed', 'cancelled', 'declined', 'merged')) AS open_now,
			count(*) FILTER (WHERE k.reopen_count > 0) AS reopened, count(*) FILTER (WHERE t.is_emergency) AS emergencies,
			count(*) FILTER (WHERE k.is_proactive) AS proactive, date_trunc('second', avg(t.assigned_at - t.opened_at)) AS mean_wait,
			count(k.rating) AS ratings, round(avg(k.rating), 2) AS mean_rating
		FROM unnest(counted.tasks, counted.paths, counted.people, verdict.shown, rated.shown) AS u(task_id, path, person, is_shown, rating_shown)
		JOIN rui.task t ON t.project_id = count_tickets.project_id AND t.id = u.task_id
		JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
		GROUP BY GROUPING SETS ((u.path, u.is_shown, u.rating_shown), ())
	)
	SELECT substring(p.path FROM '[^\n]*$'), s.homes, s.tickets, s.completed, s.cancelled, s.open_now, s.reopened, s.emergencies, s.proactive, s.mean_wait,
		CASE WHEN s.rating_shown THEN s.ratings END, CASE WHEN s.rating_shown THEN s.mean_rating END, NOT p.is_shown
	FROM part p LEFT JOIN LATERAL (SELECT p.*) s ON p.is_shown
	ORDER BY p.path IS NULL, 1;
END
$$;
COMMENT ON FUNCTION rui.count_tickets(bigint, date, text) IS
'The tickets opened in a month that is over (its first day), in the project''s zone, as they stand now, by category, priority, hour (of the week they were opened in: 000 is Monday 00:00 to 01:00) or by where the home or place is: building, grid (codes) or steward (id of the grid''s), by the grids in force at the end of the month; -: outside of buildings, or none. homes: from how many homes (of tickets without a home: people); tickets, completed (or closed), cancelled (declined and merged ones too), open_now, reopened at least once, emergencies, proactive (found by us), mean_wait until they were first assigned, ratings and mean_rating (1 to 5). The last row, without a split, is the total. Suppression: all figures of a group of fewer homes than rui.set_suppression says (5 unless set) are null, and of as many other groups that none can be worked out from the total or from larger places; ratings also where fewer homes rated. A group that is shown is counted whole: shares and means leave nobody out, and its parts are shown however few. Needs permission count_people. Errors: 22004, 22023 no first day, a month that is not over, another key, 42501, 55000.';

CREATE FUNCTION rui.count_attainment(project_id bigint, month date, target text DEFAULT 'resolution', split_by text DEFAULT 'category')
RETURNS TABLE (split text, homes bigint, clocks bigint, on_time bigint, late bigint, late_working bigint, late_wall bigint, running bigint,
	running_late bigint, share numeric, share_low numeric, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	counted record;
	verdict record;
	clocked record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	IF target IS NULL OR target NOT IN ('answer', 'response', 'arrival', 'resolution', 'call_back') THEN
		RAISE EXCEPTION 'unknown target "%"', coalesce(left(target, 60), 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Targets are answer, response, arrival, resolution and call_back.';
	END IF;
	PERFORM rui._check_count(project_id, month, split_by, '{category,priority,hour,steward,grid,building}');
	SELECT coalesce(array_agg(c.task_id), '{}') AS tasks, coalesce(array_agg(c.path), '{}') AS paths, coalesce(array_agg(c.person), '{}') AS people,
		coalesce(array_agg(CASE WHEN k.task_id IS NOT NULL THEN c.person END), '{}') AS clocked INTO counted
	FROM rui._counted_tickets(count_attainment.project_id, count_attainment.month, count_attainment.split_by) c
	LEFT JOIN rui.task_clock k ON k.project_id = count_attainment.project_id AND k.task_id = c.task_id AND k.target = count_attainment.target
		AND (k.stopped_at IS NULL OR k.on_time IS NOT NULL);
	-- What is hidden of the tickets is hidden here: one would tell of the other.
	verdict := rui._suppress_tree(counted.paths, counted.people, rui._fewest(project_id));
	clocked := rui._suppress_tree(counted.paths, counted.clocked, rui._fewest(project_id));
	RETURN QUERY
	WITH part AS (
		SELECT u.path, coalesce(u.is_shown AND u.clock_shown, verdict.total_shown AND clocked.total_shown) AS is_shown,
			count(DISTINCT u.person) FILTER (WHERE c.task_id IS NOT NULL) AS homes, count(c.task_id) AS clocks,
			count(*) FILTER (WHERE c.on_time) AS on_time, count(*) FILTER (WHERE NOT c.on_time) AS late,
			count(*) FILTER (WHERE c.late_working > interval '0') AS late_working, count(*) FILTER (WHERE c.late_wall > interval '0') AS late_wall,
			count(*) FILTER (WHERE c.task_id IS NOT NULL AND c.stopped_at IS NULL) AS running,
			count(*) FILTER (WHERE c.stopped_at IS NULL AND c.breached_at IS NOT NULL) AS running_late,
			round(avg(c.on_time::integer), 4) AS share, round(rui.wilson_low(c.on_time)::numeric, 4) AS share_low
		FROM unnest(counted.tasks, counted.paths, counted.people, verdict.shown, clocked.shown) AS u(task_id, path, person, is_shown, clock_shown)
		LEFT JOIN rui.task_clock c ON c.project_id = count_attainment.project_id AND c.task_id = u.task_id AND c.target = count_attainment.target
			AND (c.stopped_at IS NULL OR c.on_time IS NOT NULL)
		GROUP BY GROUPING SETS ((u.path, u.is_shown, u.clock_shown), ())
	)
	SELECT substring(p.path FROM '[^\n]*$'), s.homes, s.clocks, s.on_time, s.late, s.late_working, s.late_wall, s.running, s.running_late, s.share,
		s.share_low, NOT p.is_shown
	FROM part p LEFT JOIN LATERAL (SELECT p.*) s ON p.is_shown
	ORDER BY p.path IS NULL, 1;
END
$$;
COMMENT ON FUNCTION rui.count_attainment(bigint, date, text, text) IS
'How a target (answer, response, arrival, resolution, call_back) was met by the tickets opened in a month that is over (its first day), by the keys of rui.count_tickets: clocks counted, stopped on_time and late as judged, late_working and late_wall by either way, running, running_late among those, share = on_time / (on_time + late) of all clocks of the group, four decimals, null where none has stopped, and share_low, the least it stands for with 95 % confidence (Wilson). Clocks of tickets that ended without being done do not count; of a reopened clock the present cycle counts. The last row is the total. Suppression as of rui.count_tickets, homes being those with such a clock; what is hidden there is hidden here. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui.count_heat(project_id bigint, month date, level integer DEFAULT 16)
RETURNS TABLE (cell rui.cell, homes bigint, needs bigint, emergencies bigint, days bigint, boundary geometry(Polygon, 4326))
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	counted record;
	verdict record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, 'place', '{place}');
	IF level IS NULL THEN
		PERFORM rui._missing('level');
	ELSIF level NOT BETWEEN 1 AND 22 THEN
		RAISE EXCEPTION 'level must be 1 to 22, not %', level
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Level 16 is about 300 metres, each level more halves that.';
	END IF;
	-- Homes are counted where their building stands: squares of them would cut
	-- across the counts by building.
	SELECT coalesce(array_agg(c.task_id), '{}') AS tasks, coalesce(array_agg(c.person), '{}') AS people, coalesce(array_agg(
		(SELECT string_agg(rui.cell_parent(rui.cell(t.place, count_heat.level), depth)::text, E'\n' ORDER BY depth) FROM generate_series(1, level) AS depth)), '{}') AS paths
	INTO counted
	FROM rui._counted_tickets(count_heat.project_id, count_heat.month, 'building') c
	JOIN rui.task t ON t.project_id = count_heat.project_id AND t.id = c.task_id
	WHERE c.path ~ '\n-$' AND NOT ST_IsEmpty(t.place);
	verdict := rui._suppress_tree(counted.paths, counted.people, rui._fewest(project_id));
	RETURN QUERY
	SELECT s.cell, count(DISTINCT s.person), count(*), count(*) FILTER (WHERE s.is_emergency), count(DISTINCT s.on_date), rui.cell_boundary(s.cell)
	FROM (
		SELECT rui.cell(t.place, count_heat.level) AS cell, u.person, t.is_emergency, (t.opened_at AT TIME ZONE p.time_zone)::date AS on_date
		FROM unnest(counted.tasks, counted.people, verdict.shown) AS u(task_id, person, is_shown)
		JOIN rui.task t ON t.project_id = count_heat.project_id AND t.id = u.task_id
		JOIN rui.project p ON p.id = t.project_id
		WHERE u.is_shown) s
	GROUP BY s.cell
	ORDER BY 3 DESC, 1;
END
$$;
COMMENT ON FUNCTION rui.count_heat(bigint, date, integer) IS
'Where outside of buildings the tickets arose that were opened in a month that is over (its first day): squares of the map of a level (1 to 22; 16 is about 300 m, each level more halves that), most first, with homes (from how many people), needs, emergencies, days on which there were any, and the square, SRID 4326. What arose in buildings is counted by rui.count_tickets by building, whose outlines rui.building has: squares of it would tell of buildings that are hidden there. Suppression: a square is shown where the square it is part of is, it has as many people as rui.set_suppression says (5 unless set) or tells of nobody, and its parent less the parts that are shown tells of two parts and as many people; so no level tells of few what another hides. What is hidden has no row. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';
