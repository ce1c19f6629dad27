-- Warnings, breaches and escalations: each is told once, however often and by
-- how many at a time the clocks are looked at.

CREATE FUNCTION rui._escalate(project_id bigint, at timestamptz, only_tasks bigint[] DEFAULT NULL,
	only_targets text[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
-- Compiling this statement takes seconds, running it milliseconds; and those
-- due are few, whatever a plan for any instant estimates.
SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
	due_ids bigint[] := only_tasks;
	fired bigint;
BEGIN
	IF due_ids IS NULL THEN
		due_ids := ARRAY(
			SELECT DISTINCT c.task_id FROM rui.task_clock c
			WHERE c.project_id = _escalate.project_id AND c.next_at < _escalate.at);
	END IF;
	IF due_ids = '{}' THEN
		RETURN 0;
	END IF;
	WITH due AS (
		SELECT c.task_id, c.target, c.cycle, c.next_level, c.next_at, c.clock, coalesce(p.escalations, '{}') AS escalations, p.escalate_in,
			CASE c.judged_by WHEN 'wall' THEN c.due_at ELSE c.breach_at END AS limit_at, c.breached_at,
			CASE WHEN c.next_level < 0 THEN rui._warn_after(p.warnings, rui.clock_target(c.clock)) ELSE '{}' END AS warn_after,
			CASE WHEN c.is_switched THEN rui._clock_calendar(c.project_id, c.task_id, c.target, c.first_calendar, NULL, NULL, 'infinity')
				ELSE coalesce(w.calendar, rui._always()) END AS calendar,
			coalesce((SELECT range_agg(u.during) FROM rui.clock_pause u
				WHERE u.project_id = c.project_id AND u.task_id = c.task_id AND c.target = ANY (u.targets)), '{}') AS pauses,
			n.calendar AS notices
		FROM rui.task_clock c
		LEFT JOIN rui.sla_policy p ON p.project_id = c.project_id AND p.id = c.policy_id
		LEFT JOIN rui.working_calendar w ON w.project_id = c.project_id AND w.code = c.calendar_code
		LEFT JOIN rui.working_calendar n ON n.project_id = c.project_id AND n.code = c.notice_calendar
		WHERE c.project_id = _escalate.project_id AND c.next_at < _escalate.at AND c.task_id = ANY (due_ids)
			AND (only_targets IS NULL OR c.target = ANY (only_targets))
		ORDER BY c.task_id, c.target
		FOR NO KEY UPDATE OF c
	), step AS (
		SELECT d.task_id, d.target, d.cycle, l.level, d.notices,
			CASE WHEN l.level = d.next_level THEN d.next_at
				ELSE rui._level_at(d.clock, d.calendar, d.pauses, l.level, d.warn_after, d.limit_at, coalesce(d.breached_at, d.limit_at),
					d.escalations, d.escalate_in) END AS fires_at
		FROM due d
		-- The limit, of the 20 warnings, the breach and 20 escalations, is for the planner's eyes.
		CROSS JOIN LATERAL (
			SELECT g.level FROM generate_series(d.next_level, cardinality(d.escalations)) AS g(level) LIMIT 41) AS l
	), kept AS (
		INSERT INTO rui.escalation AS e (project_id, task_id, target, cycle, level, at, notify_at)
		SELECT _escalate.project_id, s.task_id, s.target, s.cycle, s.level, s.fires_at,
			CASE WHEN s.notices IS NULL OR rui.is_open(s.notices, s.fires_at) THEN s.fires_at
				ELSE rui.next_open(s.notices, s.fires_at) END
		FROM step s WHERE s.fires_at < _escalate.at
		ON CONFLICT ON CONSTRAINT escalation_pkey DO NOTHING
		RETURNING e.task_id, e.target, e.cycle, e.level, e.at, e.notify_at
	), moved AS (
		UPDATE rui.task_clock c
		SET breached_at = coalesce(c.breached_at, n.breached_at), next_level = n.next_level, next_at = n.next_at
		FROM (
			SELECT s.task_id, s.target, min(s.fires_at) FILTER (WHERE s.level = 0 AND s.fires_at < _escalate.at) AS breached_at,
				max(s.level) FILTER (WHERE s.fires_at < _escalate.at) + 1 AS next_level,
				min(s.fires_at) FILTER (WHERE s.fires_at >= _escalate.at) AS next_at
			FROM step s GROUP BY s.task_id, s.target) AS n
		-- The list again, so that they are found by index whatever is expected of the steps.
		WHERE c.project_id = _escalate.project_id AND c.task_id = ANY (due_ids) AND c.task_id = n.task_id AND c.target = n.target
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, payload)
		SELECT _escalate.project_id, k.at,
			CASE WHEN k.level < 0 THEN 'clock.warn' WHEN k.level = 0 THEN 'clock.breach' ELSE 'clock.escalate' END, 'task', k.task_id,
			jsonb_build_object('target', k.target, 'cycle', k.cycle, 'level', k.level)
				|| CASE WHEN k.notify_at > k.at THEN jsonb_build_object('notify_at', k.notify_at) ELSE '{}' END
		FROM kept k
		ORDER BY k.at, k.task_id, k.target, k.level
		RETURNING e.id)
	SELECT count(*) INTO fired FROM told;
	RETURN fired;
END
$$;
COMMENT ON FUNCTION rui._escalate(bigint, timestamptz, bigint[], text[]) IS
'Internal: tells every warning, breach and escalation level of running clocks that came before `at` and was not told yet, in the order of time, each once (key of rui.escalation): a row there and an event clock.warn, clock.breach or clock.escalate on the task, at the instant after which it was so; notify_at is when people are to be told, after the quiet hours of the clock''s notice calendar. only_tasks, only_targets: of those tasks and targets only, null: all. Returns how many.';

CREATE FUNCTION rui._duty_escalate(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN rui._escalate(project_id, at);
END
$$;
COMMENT ON FUNCTION rui._duty_escalate(bigint, timestamptz) IS
'Internal: the duty escalate of rui.tick(): warnings, breaches and escalations of all clocks of the project. Returns how many it told.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('escalate', 10, 'Tells warnings and breaches of SLA clocks and their escalation levels.');
