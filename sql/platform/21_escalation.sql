-- Breaches and escalations: each is told once, however often and by how many
-- at a time the clocks are looked at.

CREATE FUNCTION rui._escalate(project_id bigint, at timestamptz, only_task bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
-- Compiling this statement takes seconds, running it milliseconds.
SET jit = off
AS $$
DECLARE
	fired bigint;
BEGIN
	WITH due AS (
		SELECT c.task_id, c.target, c.cycle, c.next_level, c.next_at, coalesce(p.escalations, '{}') AS escalations,
			p.escalate_in, coalesce(v.calendar, rui._always()) AS calendar
		FROM rui.task_clock c
		LEFT JOIN rui.sla_policy p ON p.project_id = c.project_id AND p.id = c.policy_id
		LEFT JOIN rui.calendar_version v ON v.project_id = c.project_id AND v.id = c.calendar_id
		WHERE c.project_id = _escalate.project_id AND c.next_at < _escalate.at
			AND (only_task IS NULL OR c.task_id = only_task)
		ORDER BY c.task_id, c.target
		FOR NO KEY UPDATE OF c
	), step AS (
		-- Each further level lies its distance from the next one away.
		SELECT d.task_id, d.target, d.cycle, l.level,
			CASE WHEN l.level = d.next_level THEN d.next_at
				WHEN d.escalate_in = 'wall' THEN d.next_at + (d.escalations[l.level] - o.reached)
				ELSE rui.breach_at(d.calendar, d.next_at, d.escalations[l.level] - o.reached) END AS fires_at
		FROM due d
		CROSS JOIN LATERAL (
			SELECT CASE WHEN d.next_level = 0 THEN interval '0' ELSE d.escalations[d.next_level] END) AS o(reached)
		-- The limit, of the 20 levels and the breach, is for the planner's eyes.
		CROSS JOIN LATERAL (
			SELECT g.level FROM generate_series(d.next_level, cardinality(d.escalations)) AS g(level) LIMIT 21) AS l
	), kept AS (
		INSERT INTO rui.escalation AS e (project_id, task_id, target, cycle, level, at)
		SELECT _escalate.project_id, s.task_id, s.target, s.cycle, s.level, s.fires_at
		FROM step s WHERE s.fires_at < _escalate.at
		RETURNING e.task_id, e.target, e.cycle, e.level, e.at
	), moved AS (
		UPDATE rui.task_clock c
		SET breached_at = coalesce(c.breached_at, n.breached_at), next_level = n.next_level, next_at = n.next_at
		FROM (
			SELECT s.task_id, s.target, min(s.fires_at) FILTER (WHERE s.level = 0) AS breached_at,
				max(s.level) FILTER (WHERE s.fires_at < _escalate.at) + 1 AS next_level,
				min(s.fires_at) FILTER (WHERE s.fires_at >= _escalate.at) AS next_at
			FROM step s GROUP BY s.task_id, s.target) AS n
		WHERE c.project_id = _escalate.project_id AND c.task_id = n.task_id AND c.target = n.target
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, payload)
		SELECT _escalate.project_id, k.at, CASE k.level WHEN 0 THEN 'clock.breach' ELSE 'clock.escalate' END, 'task', k.task_id,
			jsonb_build_object('target', k.target, 'cycle', k.cycle, 'level', k.level)
		FROM kept k
		ORDER BY k.at, k.task_id, k.target, k.level
		RETURNING e.id)
	SELECT count(*) INTO fired FROM told;
	RETURN fired;
END
$$;
COMMENT ON FUNCTION rui._escalate(bigint, timestamptz, bigint) IS
'Internal: tells every breach and every escalation level of running clocks that came before `at` and was not told yet, in the order of time, each once (key of rui.escalation): a row there and an event clock.breach or clock.escalate on the task, at the instant after which it was so. only_task: of that task only. Returns how many.';

CREATE FUNCTION rui._duty_escalate(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN rui._escalate(project_id, at);
END
$$;
COMMENT ON FUNCTION rui._duty_escalate(bigint, timestamptz) IS
'Internal: the duty escalate of rui.tick(): breaches and escalations of all clocks of the project. Returns how many it told.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('escalate', 10, 'Tells breaches of SLA clocks and their escalation levels.');
