-- Looking back at clocks: as they were at an instant, from their facts.

PERFORM rui._permit('see_clocks', '{candidate,live,closed}', 'agent', 'manager', 'expert', 'auditor', 'director', 'loader');

CREATE FUNCTION rui.sla_as_of(project_id bigint, at timestamptz, with_stopped boolean DEFAULT false)
RETURNS TABLE (task_id bigint, target text, cycle integer, state text, due_at timestamptz, breach_at timestamptz,
	elapsed interval, remaining interval, is_late boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_clocks');
	PERFORM rui._check_instant(at);
	IF with_stopped IS NULL THEN
		PERFORM rui._missing('with_stopped');
	END IF;
	RETURN QUERY
	SELECT j.task_id, j.target, (j.verdict).cycle, rui.clock_state((j.verdict).clock), r.due_at, r.breach_at,
		rui.clock_elapsed((j.verdict).clock, j.calendar, sla_as_of.at), rui.clock_remaining((j.verdict).clock, j.calendar, sla_as_of.at),
		r.breached_at IS NOT NULL
	FROM rui._judge_clocks(project_id, ARRAY(
			SELECT DISTINCT c.task_id FROM rui.task_clock c
			WHERE c.project_id = sla_as_of.project_id AND c.started_at <= sla_as_of.at
				AND (with_stopped OR c.stopped_at IS NULL OR c.stopped_at > sla_as_of.at)), at, at) AS j
	JOIN rui.task_clock c ON c.project_id = sla_as_of.project_id AND c.task_id = j.task_id AND c.target = j.target
	CROSS JOIN LATERAL rui._judged(c.judged_by, j.verdict) AS r
	WHERE j.is_last AND (with_stopped OR (j.verdict).stopped_at IS NULL)
	ORDER BY j.task_id, j.target;
END
$$;
COMMENT ON FUNCTION rui.sla_as_of(bigint, timestamptz, boolean) IS
'The clocks of a project as they were at an instant, folded from what had happened by then: state, due_at and breach_at as shown then, working time elapsed and remaining (negative once breached) of the cycle, is_late as judged. Stopped clocks only with with_stopped. Calendars count as corrected since; a pause with a known end is a pause until then. Writes nothing. Needs permission see_clocks. Errors: 22004, 22008, 42501.';

CREATE FUNCTION rui.check_clocks(project_id bigint) RETURNS TABLE (task_id bigint, target text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	IF NOT rui.has_permission(project_id, 'see_clocks') THEN
		RETURN;
	END IF;
	RETURN QUERY
	SELECT c.task_id, c.target, format('is stored as %s, its facts give %s', c.clock, coalesce((j.verdict).clock::text, 'nothing'))
	FROM rui.task_clock c
	LEFT JOIN rui._judge_clocks(check_clocks.project_id, ARRAY(
			SELECT DISTINCT k.task_id FROM rui.task_clock k WHERE k.project_id = check_clocks.project_id), 'infinity', '-infinity') AS j
		ON j.task_id = c.task_id AND j.target = c.target AND j.is_last
	CROSS JOIN LATERAL rui._judged(c.judged_by, j.verdict) AS r
	WHERE c.project_id = check_clocks.project_id
		AND (c.clock, c.stopped_at, c.on_time, c.late_working, c.late_wall)
			IS DISTINCT FROM ((j.verdict).clock, (j.verdict).stopped_at, r.on_time, r.late_working, r.late_wall);
END
$$;
COMMENT ON FUNCTION rui.check_clocks(bigint) IS
'Clocks of a project that are not what their facts give (rui.clock_event, rui.clock_pause, their start): none, always. Folds every clock again: some tens of microseconds each. Nothing also where permission see_clocks is missing.';
