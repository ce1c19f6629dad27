-- What if: the needs of a span, judged as if another calendar or another
-- policy had held. A pure question to the facts; nothing is written.

CREATE FUNCTION rui._check_policy_idea(policy jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	member record;
	length interval;
BEGIN
	IF jsonb_typeof(policy) <> 'object' THEN
		RAISE EXCEPTION 'policy must be a JSON object, not %', jsonb_typeof(policy) USING ERRCODE = 'invalid_parameter_value';
	END IF;
	FOR member IN SELECT e.key, e.value, jsonb_typeof(e.value) AS kind FROM jsonb_each(policy) AS e LOOP
		CASE
			WHEN member.key IN ('answer', 'response', 'arrival', 'resolution', 'call_back') THEN
				BEGIN
					length := CASE member.kind WHEN 'string' THEN member.value #>> '{}' END::interval;
				EXCEPTION WHEN data_exception THEN
					length := NULL;
				END;
				IF length IS NULL THEN
					RAISE EXCEPTION 'policy.% is no length of time: %', member.key, member.value
						USING ERRCODE = 'invalid_parameter_value', HINT = 'Give text such as "04:00" or "PT4H".';
				END IF;
				PERFORM rui._check_duration('policy.' || member.key, length, '175200:00:00');
			WHEN member.key = 'judged_by' AND member.value #>> '{}' IN ('working', 'wall')
				OR member.key IN ('calendar_code', 'resolution_calendar', 'category') AND member.kind = 'string'
				OR member.key = 'priority' AND member.value::text ~ '^[1-5]$' OR member.key = 'is_emergency' AND member.kind = 'boolean' THEN
				NULL;
			WHEN member.key IN ('judged_by', 'calendar_code', 'resolution_calendar', 'category', 'priority', 'is_emergency') THEN
				RAISE EXCEPTION 'policy.% cannot be %', member.key, member.value
					USING ERRCODE = 'invalid_parameter_value', HINT = 'judged_by is "working" or "wall", priority 1 to 5, is_emergency true or false, the others are texts.';
			ELSE
				RAISE EXCEPTION 'unknown member policy.%', member.key
					USING ERRCODE = 'invalid_parameter_value',
						HINT = 'Members are answer, response, arrival, resolution, call_back, judged_by, calendar_code, resolution_calendar, category, priority, is_emergency.';
		END CASE;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._check_policy_idea(jsonb) IS
'Internal: checks the policy of rui.sla_what_if: 22023 names the bad member.';

CREATE FUNCTION rui.sla_what_if(project_id bigint, from_at timestamptz, to_at timestamptz, calendar rui.calendar DEFAULT NULL,
	policy jsonb DEFAULT NULL, as_of timestamptz DEFAULT now())
RETURNS TABLE (task_id bigint, target text, cycle integer, is_late boolean, would_be_late boolean, due_at timestamptz,
	would_be_due_at timestamptz, late_by interval, would_be_late_by interval)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_clocks');
	PERFORM rui._check_span(from_at, to_at);
	PERFORM rui._check_instant(as_of);
	IF policy IS NOT NULL THEN
		PERFORM rui._check_policy_idea(policy);
		PERFORM rui._require_calendar(project_id, c.code)
		FROM unnest(ARRAY[policy ->> 'calendar_code', policy ->> 'resolution_calendar']) AS c(code);
	END IF;
	RETURN QUERY
	WITH concerned AS MATERIALIZED (
		SELECT t.id, t.kind, t.opened_at, k.agreed_resolution
		FROM rui.task t
		LEFT JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
		LEFT JOIN rui.ticket_category c ON c.project_id = t.project_id AND c.code = t.category
		WHERE t.project_id = sla_what_if.project_id AND t.opened_at >= from_at AND t.opened_at < to_at
			AND (policy ->> 'category' IS NULL OR policy ->> 'category' = ANY (c.path))
			AND (policy ->> 'priority' IS NULL OR t.priority = (policy ->> 'priority')::integer)
			AND (policy ->> 'is_emergency' IS NULL OR t.is_emergency = (policy ->> 'is_emergency')::boolean)
	), idea AS MATERIALIZED (
		SELECT g.target, (policy ->> g.target)::interval AS length,
			CASE WHEN g.target IN ('resolution', 'call_back') THEN coalesce(policy ->> 'resolution_calendar', policy ->> 'calendar_code')
				ELSE policy ->> 'calendar_code' END AS code
		FROM unnest('{answer,response,arrival,resolution,call_back}'::text[]) AS g(target)
	), idea_calendar AS MATERIALIZED (
		SELECT i.target, i.length, coalesce(sla_what_if.calendar, CASE WHEN i.code IS NOT NULL THEN rui._calendar_of(project_id, i.code) END) AS calendar
		FROM idea i
	), wanted AS (
		-- With a policy, the targets it promises; without one, those there are.
		SELECT n.id, n.kind, i.target, c.started_at, c.target IS NOT NULL AS is_stored, n.opened_at,
			coalesce(policy ->> 'judged_by', c.judged_by, 'working') AS judged_by,
			CASE WHEN policy IS NULL THEN c.first_target WHEN i.target = 'resolution' THEN coalesce(n.agreed_resolution, i.length)
				ELSE i.length END AS length,
			coalesce(i.calendar, CASE WHEN c.is_switched
					THEN rui._clock_calendar(c.project_id, c.task_id, c.target, c.first_calendar, NULL, NULL, as_of) END,
				w.calendar, rui._always()) AS calendar
		FROM concerned n
		CROSS JOIN idea_calendar i
		LEFT JOIN rui.task_clock c ON c.project_id = sla_what_if.project_id AND c.task_id = n.id AND c.target = i.target
		LEFT JOIN rui.working_calendar w ON w.project_id = c.project_id AND w.code = c.calendar_code
		WHERE CASE WHEN policy IS NULL THEN c.target IS NOT NULL
			ELSE i.length IS NOT NULL OR i.target = 'resolution' AND n.agreed_resolution IS NOT NULL END
	), judged AS (
		SELECT w.id, w.target, v.cycle, r.due_at, r.breached_at, CASE b.judged_by WHEN 'wall' THEN r.late_wall ELSE r.late_working END AS late_by
		FROM wanted w
		CROSS JOIN LATERAL (
			SELECT coalesce(range_agg(p.during), '{}') FROM rui.clock_pause p
			WHERE p.project_id = sla_what_if.project_id AND p.task_id = w.id AND w.target = ANY (p.targets)) AS u(pauses)
		CROSS JOIN LATERAL (
			SELECT rui.judge_clock(w.calendar, w.length, f.event, f.at, sla_what_if.as_of ORDER BY f.at) AS verdicts
			FROM (
				SELECT x.event, e.at
				FROM (
					SELECT 'start', w.started_at WHERE w.is_stored
					UNION ALL
					SELECT e.event, e.at FROM rui.clock_event e
					WHERE w.is_stored AND e.project_id = sla_what_if.project_id AND e.task_id = w.id AND e.target = w.target
						AND e.event <> 'switch' AND (policy IS NULL OR e.event IN ('stop', 'end', 'reopen'))
					UNION ALL
					-- What was not promised is told by the actions of the task.
					SELECT 'start', w.opened_at WHERE NOT w.is_stored AND w.target <> 'call_back'
					UNION ALL
					SELECT m.move, e.at
					FROM rui.event e
					JOIN rui.clock_rule u ON u.kind = w.kind AND u.target = w.target AND e.kind = w.kind || '.' || u.action
					CROSS JOIN LATERAL (SELECT unnest(CASE u.move WHEN 'start' THEN '{start,reopen}'::text[] ELSE ARRAY[u.move] END)) AS m(move)
					WHERE NOT w.is_stored AND e.project_id = sla_what_if.project_id AND e.subject = w.kind AND e.subject_id = w.id
						AND e.at >= w.opened_at
				) AS e(event, at)
				CROSS JOIN LATERAL (VALUES (e.event), (CASE WHEN e.event IN ('start', 'reopen') AND u.pauses @> e.at THEN 'pause' END)) AS x(event)
				WHERE e.at <= sla_what_if.as_of
				UNION ALL
				-- With what is planned.
				SELECT x.event, x.at
				FROM unnest(u.pauses) AS r(paused)
				CROSS JOIN LATERAL (VALUES ('pause', lower(r.paused)), ('resume', upper(r.paused))) AS x(event, at)
				WHERE isfinite(x.at)
			) AS f(event, at)) AS j
		CROSS JOIN LATERAL unnest(j.verdicts) AS v
		-- A cycle stays judged as it was, whatever policy the clock went over to.
		LEFT JOIN rui.task_clock_cycle y ON y.project_id = sla_what_if.project_id AND y.task_id = w.id AND y.target = w.target AND y.cycle = v.cycle
		CROSS JOIN LATERAL (SELECT coalesce(policy ->> 'judged_by', y.judged_by, w.judged_by)) AS b(judged_by)
		CROSS JOIN LATERAL rui._judged(b.judged_by, (v.cycle, v.clock, v.due_at, v.breach_at, v.wall_due_at, v.wall_breach_at,
			v.working_due_at, v.working_breach_at, v.stopped_at, v.is_ended)::rui.clock_verdict, sla_what_if.as_of) AS r
	), stored AS (
		SELECT c.task_id, c.target, c.cycle, c.due_at, c.breached_at,
			CASE c.judged_by WHEN 'wall' THEN c.late_wall ELSE c.late_working END AS late_by
		FROM concerned n
		JOIN rui.task_clock c ON c.project_id = sla_what_if.project_id AND c.task_id = n.id
		UNION ALL
		SELECT y.task_id, y.target, y.cycle, y.due_at, y.breached_at, CASE y.judged_by WHEN 'wall' THEN y.late_wall ELSE y.late_working END
		FROM concerned n
		JOIN rui.task_clock_cycle y ON y.project_id = sla_what_if.project_id AND y.task_id = n.id
	)
	SELECT coalesce(s.task_id, j.id), coalesce(s.target, j.target), coalesce(s.cycle, j.cycle),
		CASE WHEN s.task_id IS NOT NULL THEN s.breached_at IS NOT NULL END, CASE WHEN j.id IS NOT NULL THEN j.breached_at IS NOT NULL END,
		s.due_at, j.due_at, s.late_by, j.late_by
	FROM stored s
	FULL JOIN judged j ON j.id = s.task_id AND j.target = s.target AND j.cycle = s.cycle
	ORDER BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION rui.sla_what_if(bigint, timestamptz, timestamptz, rui.calendar, jsonb, timestamptz) IS
'How the clocks of needs opened in [from_at, to_at) stand, beside how they would if another calendar or policy had held: one row for each clock and cycle, with is_late and would_be_late (null: there is, or would be, no such clock), due times and how late it was, judged as of as_of. calendar: counts every clock. policy: an object that replaces what was promised, with answer, response, arrival, resolution, call_back (lengths such as "04:00"; what is left out is not promised; what was agreed with a customer stays), judged_by, calendar_code, resolution_calendar (codes of calendars of the project), and category, priority, is_emergency that limit it to needs of a kind. Nulls: as it was. Targets that were not promised are judged by the actions of the task. Writes nothing. Sum up with count(*) FILTER (WHERE would_be_late AND NOT is_late). Needs permission see_clocks. Errors: 22004, 22008, 22023 span or policy, P0002 unknown calendar, 42501.';
