-- Figures for people: what was asked for and how it went, in one project and
-- one span of time. The drawing is in 91, the page in 92.

PERFORM rui._permit('read_reports', '{candidate,live,closed}', 'manager', 'expert', 'auditor', 'director',
	'accountant', 'loader');

CREATE FUNCTION rui._check_report(project_id bigint, from_at timestamptz, to_at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_reports');
	PERFORM rui._check_span(from_at, to_at);
END
$$;
COMMENT ON FUNCTION rui._check_report(bigint, timestamptz, timestamptz) IS
'Internal: raises unless the acting party may read reports of the project and the span is a finite one: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui.report_tickets(project_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (opened bigint, completed bigint, cancelled bigint, open_now bigint, reopened bigint, emergencies bigint,
	proactive bigint, ratings bigint, mean_rating numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	RETURN QUERY
	SELECT count(*), count(*) FILTER (WHERE t.state IN ('completed', 'closed')),
		count(*) FILTER (WHERE t.state IN ('cancelled', 'declined', 'merged')),
		count(*) FILTER (WHERE t.state NOT IN ('completed', 'closed', 'cancelled', 'declined', 'merged')),
		count(*) FILTER (WHERE k.reopen_count > 0), count(*) FILTER (WHERE t.is_emergency),
		count(*) FILTER (WHERE k.is_proactive), count(k.rating), round(avg(k.rating), 2)
	FROM rui.task t JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	WHERE t.project_id = report_tickets.project_id AND t.opened_at >= from_at AND t.opened_at < to_at;
END
$$;
COMMENT ON FUNCTION rui.report_tickets(bigint, timestamptz, timestamptz) IS
'One row about the tickets of a project opened in [from_at, to_at), as they stand now: opened, completed (or closed), cancelled (declined and merged ones too), open_now, reopened at least once, emergencies, proactive (found by us), how many were rated and their mean rating (1 to 5, two decimals). Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui._hour_name(hour_of_week integer, lang text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN format('%s %s:00', (CASE lang WHEN 'zh' THEN '{周一,周二,周三,周四,周五,周六,周日}' ELSE '{Mon,Tue,Wed,Thu,Fri,Sat,Sun}' END::text[])
		[hour_of_week / 24 + 1], to_char(hour_of_week % 24, 'FM00'));
END
$$;
COMMENT ON FUNCTION rui._hour_name(integer, text) IS 'Internal: an hour of the week (0 is Monday 00:00) as people say it, in zh or else English.';

CREATE FUNCTION rui.report_attainment(project_id bigint, from_at timestamptz, to_at timestamptz, target text DEFAULT 'resolution',
	split_by text DEFAULT 'category', lang text DEFAULT 'en')
RETURNS TABLE (code text, name text, clocks bigint, on_time bigint, late bigint, running bigint, running_late bigint, share numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	IF target IS NULL OR target NOT IN ('answer', 'response', 'arrival', 'resolution', 'call_back') THEN
		RAISE EXCEPTION 'unknown target "%"', coalesce(target, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Targets are answer, response, arrival, resolution and call_back.';
	ELSIF split_by IS NULL OR split_by NOT IN ('all', 'category', 'day', 'grid', 'steward', 'executor', 'hour') THEN
		RAISE EXCEPTION 'a report cannot be split by "%"', coalesce(split_by, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Split by all, category, day, grid, steward, executor or hour.';
	END IF;
	RETURN QUERY
	WITH judged AS (
		SELECT CASE split_by WHEN 'category' THEN t.category
				WHEN 'day' THEN to_char(t.opened_at AT TIME ZONE p.time_zone, 'YYYY-MM-DD')
				WHEN 'grid' THEN t.grid_id::text WHEN 'steward' THEN t.accountable_id::text WHEN 'executor' THEN t.executor_id::text
				WHEN 'hour' THEN to_char((extract(isodow FROM w.began) - 1) * 24 + extract(hour FROM w.began), 'FM000') ELSE 'all' END AS code,
			c.on_time, c.stopped_at, c.breached_at
		FROM rui.task t
		JOIN rui.project p ON p.id = t.project_id
		JOIN rui.task_clock c ON c.project_id = t.project_id AND c.task_id = t.id AND c.target = report_attainment.target
		CROSS JOIN LATERAL (SELECT rui.clock_started_at(c.clock) AT TIME ZONE p.time_zone) AS w(began)
		WHERE t.project_id = report_attainment.project_id AND t.opened_at >= from_at AND t.opened_at < to_at
			AND (c.stopped_at IS NULL OR c.on_time IS NOT NULL)
	), counted AS (
		SELECT j.code, count(*) AS clocks, count(*) FILTER (WHERE j.on_time) AS on_time, count(*) FILTER (WHERE NOT j.on_time) AS late,
			count(*) FILTER (WHERE j.stopped_at IS NULL) AS running,
			count(*) FILTER (WHERE j.stopped_at IS NULL AND j.breached_at IS NOT NULL) AS running_late
		FROM judged j GROUP BY j.code
	)
	SELECT n.code, coalesce(CASE WHEN lang = 'zh' THEN k.name_zh ELSE k.name_en END, g.code, s.code,
		CASE WHEN split_by = 'hour' THEN rui._hour_name(n.code::integer, lang) END, n.code, '-'),
		n.clocks, n.on_time, n.late, n.running, n.running_late, round(n.on_time::numeric / nullif(n.on_time + n.late, 0), 4)
	FROM counted n
	LEFT JOIN rui.ticket_category k ON split_by = 'category' AND k.project_id = report_attainment.project_id AND k.code = n.code
	LEFT JOIN rui.grid g ON split_by = 'grid' AND g.project_id = report_attainment.project_id AND g.id::text = n.code
	LEFT JOIN rui.party s ON split_by IN ('steward', 'executor') AND s.id::text = n.code
	ORDER BY CASE WHEN split_by IN ('day', 'hour') THEN n.code END, n.clocks DESC, n.code;
END
$$;
COMMENT ON FUNCTION rui.report_attainment(bigint, timestamptz, timestamptz, text, text, text) IS
'How well a target (answer, response, arrival, resolution, call_back) was met by the tickets opened in [from_at, to_at), split by all, category, day (in the project''s zone), grid, steward (who answers for it), executor or hour (of the week it began in: 000 is Monday 00:00 to 01:00): clocks counted, stopped on_time and late, still running, running_late among those, and share = on_time / (on_time + late), four decimals, null where none has stopped. Clocks of tickets that ended without being done do not count. Of a reopened clock the present cycle counts. name is the category''s or the hour''s in lang (zh or en), the grid''s, steward''s or executor''s code. Days and hours ascend; the rest is ordered by clocks, most first. Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui.report_grids(project_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (grid_id bigint, code text, steward text, buildings bigint, homes bigint, tickets bigint, area geometry)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	RETURN QUERY
	SELECT g.id, g.code, s.code, count(DISTINCT b.id), count(u.id), coalesce(k.tickets, 0), g.area::geometry
	FROM rui.grid g
	LEFT JOIN rui.party s ON s.id = g.steward_id
	LEFT JOIN rui.grid_building gb ON gb.project_id = g.project_id AND gb.grid_id = g.id
	LEFT JOIN rui.building b ON b.project_id = g.project_id AND b.id = gb.building_id
	LEFT JOIN rui.unit u ON u.project_id = b.project_id AND u.building_id = b.id
	LEFT JOIN (
		SELECT t.grid_id, count(*) AS tickets FROM rui.task t
		WHERE t.project_id = report_grids.project_id AND t.opened_at >= from_at AND t.opened_at < to_at GROUP BY t.grid_id) k ON k.grid_id = g.id
	WHERE g.project_id = report_grids.project_id
		AND EXISTS (SELECT FROM rui.grid_plan l WHERE l.project_id = g.project_id AND l.id = g.plan_id AND l.state = 'active')
	GROUP BY g.project_id, g.id, g.code, g.area, s.code, k.tickets
	ORDER BY g.code;
END
$$;
COMMENT ON FUNCTION rui.report_grids(bigint, timestamptz, timestamptz) IS
'The active grids of a project with the code of their steward, buildings, homes (units of every kind), tickets opened in [from_at, to_at) within them, and their area (WGS 84), by code. Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui.report_arrears(project_id bigint, as_of timestamptz)
RETURNS TABLE (age text, from_days integer, units bigint, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 6
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_reports');
	IF as_of IS NULL THEN
		PERFORM rui._missing('as_of');
	ELSIF NOT isfinite(as_of) OR as_of < '1900-01-01 00:00+00' OR as_of >= '2201-01-01 00:00+00' THEN
		RAISE EXCEPTION 'a report of time % is out of range', as_of
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give an instant from 1900 to 2200.';
	END IF;
	RETURN QUERY
	SELECT b.age, b.from_days, count(*) FILTER (WHERE b.part > 0), coalesce(sum(b.part), 0)
	FROM (VALUES (1)) AS once(row)
	LEFT JOIN rui.arrears(report_arrears.project_id, as_of) AS a ON true
	CROSS JOIN LATERAL (VALUES ('not due', -100000, a.not_due), ('1-30', 1, a.days_1_30), ('31-60', 31, a.days_31_60),
		('61-90', 61, a.days_61_90), ('91-180', 91, a.days_91_180), ('over 180', 181, a.days_over_180)) AS b(age, from_days, part)
	GROUP BY b.age, b.from_days
	ORDER BY b.from_days;
END
$$;
COMMENT ON FUNCTION rui.report_arrears(bigint, timestamptz) IS
'What was owed at an instant, by how many days it was past due on that local date: not due, 1-30, 31-60, 61-90, 91-180, over 180; each with the number of units and the amount in the project''s currency (rui.arrears has it unit by unit). Needs permission read_reports. Errors: 22004, 22008, 42501.';

CREATE FUNCTION rui.report_money(project_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (billed numeric, paid numeric, open_amount numeric, collection_rate numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_report(project_id, from_at, to_at);
	RETURN QUERY
	SELECT coalesce(sum(c.gross), 0), coalesce(sum(c.paid), 0), coalesce(sum(c.open_amount), 0),
		round(sum(c.paid) / nullif(sum(c.gross), 0), 4)
	FROM rui.charge_open c
	JOIN rui.charge k ON k.project_id = c.project_id AND k.id = c.charge_id
	WHERE c.project_id = report_money.project_id AND c.state <> 'reversed' AND k.at >= from_at AND k.at < to_at;
END
$$;
COMMENT ON FUNCTION rui.report_money(bigint, timestamptz, timestamptz) IS
'What was charged in [from_at, to_at), taken back charges aside: billed, paid on it until now, still open, and collection_rate = paid / billed (four decimals, null without charges). Amounts with tax, in the project''s currency. Needs permission read_reports. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui.report_scores(project_id bigint, as_of timestamptz)
RETURNS TABLE (key text, label text, score numeric, grade text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_reports');
	IF as_of IS NULL THEN
		PERFORM rui._missing('as_of');
	ELSIF NOT isfinite(as_of) OR as_of < '1900-01-01 00:00+00' OR as_of >= '2201-01-01 00:00+00' THEN
		RAISE EXCEPTION 'a report of time % is out of range', as_of
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give an instant from 1900 to 2200.';
	END IF;
	RETURN QUERY
	SELECT DISTINCT ON (c.code, a.subject, a.subject_id)
		format('%s/%s/%s', c.code, a.subject, a.subject_id),
		format('%s, %s', c.name, coalesce(g.code, b.code, p.code, j.code)), a.total, coalesce(a.grade, '')
	FROM rui.audit a
	JOIN rui.scorecard c ON c.project_id = a.project_id AND c.id = a.scorecard_id
	LEFT JOIN rui.grid g ON a.subject = 'grid' AND g.project_id = a.project_id AND g.id = a.subject_id
	LEFT JOIN rui.building b ON a.subject = 'building' AND b.project_id = a.project_id AND b.id = a.subject_id
	LEFT JOIN rui.post p ON a.subject = 'post' AND p.project_id = a.project_id AND p.id = a.subject_id
	LEFT JOIN rui.project j ON a.subject = 'project' AND j.id = a.subject_id
	WHERE a.project_id = report_scores.project_id AND a.at <= as_of AND a.total IS NOT NULL
	ORDER BY c.code, a.subject, a.subject_id, a.at DESC, a.id DESC;
END
$$;
COMMENT ON FUNCTION rui.report_scores(bigint, timestamptz) IS
'The last score, until as_of, of everything that was audited: key (scorecard/subject/id), label (name of the scorecard, code of the subject), score, grade. Needs permission read_reports. Errors: 22004, 22008, 42501.';
