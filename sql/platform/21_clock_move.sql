-- How the clocks of tasks start and move. Whoever moves clocks holds the row
-- of their task; everybody locks clocks in the order of task and target.

CREATE FUNCTION rui._promise(project_id bigint, category_path text[], priority integer, is_emergency boolean,
	at timestamptz, OUT policy_id bigint, OUT judged_by text, OUT calendar_id bigint, OUT calendar rui.calendar,
	OUT response interval, OUT arrival interval, OUT resolution interval, OUT solving_id bigint, OUT solving rui.calendar)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	missing text;
BEGIN
	SELECT f.id, f.judged_by, c.id, coalesce(c.calendar, rui._always()), f.response, f.arrival, f.resolution,
		s.id, coalesce(s.calendar, rui._always()),
		CASE WHEN c.id IS NULL AND f.calendar_code <> 'always' THEN f.calendar_code
			WHEN s.id IS NULL AND f.resolution_calendar <> 'always' THEN f.resolution_calendar END
	INTO policy_id, judged_by, calendar_id, calendar, response, arrival, resolution, solving_id, solving, missing
	FROM (
		SELECT p.* FROM rui.sla_policy p
		WHERE p.project_id = _promise.project_id AND p.valid @> _promise.at
			AND (p.category IS NULL OR p.category = ANY (category_path))
			AND (p.priority IS NULL OR p.priority = _promise.priority)
			AND (p.is_emergency IS NULL OR p.is_emergency = _promise.is_emergency)
			AND (p.contract_level IS NULL OR p.contract_level = (
				SELECT j.contract_level FROM rui.project j WHERE j.id = _promise.project_id))
		ORDER BY p.is_emergency IS NULL, array_position(category_path, p.category), p.priority IS NULL,
			p.contract_level IS NULL
		LIMIT 1) AS f
	LEFT JOIN rui.calendar_version c ON c.project_id = f.project_id AND c.code = f.calendar_code AND c.valid @> _promise.at
	LEFT JOIN rui.calendar_version s ON s.project_id = f.project_id AND s.code = f.resolution_calendar
		AND s.valid @> _promise.at;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'SLA policy %: calendar "%" does not hold at %', policy_id, missing, at
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Let its first version hold since ever: rui.set_calendar without from_at.';
	ELSIF policy_id IS NULL THEN
		judged_by := 'working';
		solving := rui._always();
	END IF;
END
$$;
COMMENT ON FUNCTION rui._promise(bigint, text[], integer, boolean, timestamptz) IS
'Internal: what is promised for a need at an instant: the most specific SLA policy that fits, first by is_emergency, then by the nearest of category_path (from the category to the root), priority, the project''s contract_level; with the calendar of response and arrival, and that of the resolution (solving). No policy: policy_id null, and time by the wall for what is agreed. Error 55000 when a calendar of the policy does not hold at `at`.';

CREATE FUNCTION rui._next_escalation(clock rui.sla_clock, calendar rui.calendar, judged_by text, level integer,
	breached_at timestamptz, escalations interval[], escalate_in text, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE
		WHEN rui.clock_state(clock) <> 'running' THEN NULL
		WHEN level = 0 AND judged_by = 'wall' THEN rui.clock_due_at(clock)
		WHEN level = 0 THEN rui.clock_breach_at(clock)
		WHEN level > cardinality(escalations) OR escalations IS NULL THEN NULL
		WHEN escalate_in = 'wall' THEN breached_at + escalations[level]
		ELSE rui.breach_at(calendar, at, greatest(interval '0',
			rui.clock_target(clock) + escalations[level] - rui.clock_elapsed(clock, calendar, at))) END;
END
$$;
COMMENT ON FUNCTION rui._next_escalation(rui.sla_clock, rui.calendar, text, integer, timestamptz, interval[], text, timestamptz) IS
'Internal: the instant after which an escalation level of a clock moved at `at` fires: level 0 (the breach) after due (judged by the wall) or breach, higher ones their time later, by the wall or in working time; null for a clock that does not run and where no such level is.';

CREATE FUNCTION rui._start_clocks(project_id bigint, task_id bigint, category_path text[], priority integer,
	is_emergency boolean, agreed_resolution interval, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	promise record;
BEGIN
	promise := rui._promise(project_id, category_path, priority, is_emergency, at);
	IF promise.policy_id IS NULL AND agreed_resolution IS NULL THEN
		RETURN;
	END IF;
	INSERT INTO rui.task_clock (project_id, task_id, target, policy_id, calendar_id, judged_by, clock, state, due_at,
		breach_at, next_at)
	SELECT _start_clocks.project_id, _start_clocks.task_id, t.target, promise.policy_id, t.calendar_id, promise.judged_by,
		c.clock, 'running', rui.clock_due_at(c.clock), rui.clock_breach_at(c.clock),
		CASE promise.judged_by WHEN 'wall' THEN rui.clock_due_at(c.clock) ELSE rui.clock_breach_at(c.clock) END
	FROM (VALUES
		('arrival', promise.calendar_id, promise.calendar, promise.arrival),
		('resolution', promise.solving_id, promise.solving, coalesce(agreed_resolution, promise.resolution)),
		('response', promise.calendar_id, promise.calendar, promise.response)
	) AS t(target, calendar_id, calendar, length)
	-- One call site, so that a calendar is compiled once; OFFSET 0 keeps it one.
	CROSS JOIN LATERAL (SELECT rui.clock_start(t.calendar, _start_clocks.at, t.length) OFFSET 0) AS c(clock)
	WHERE t.length IS NOT NULL;
END
$$;
COMMENT ON FUNCTION rui._start_clocks(bigint, bigint, text[], integer, boolean, interval, timestamptz) IS
'Internal: starts the clocks of a new task at `at` as rui._promise says. agreed_resolution replaces the policy''s resolution target and counts on its resolution calendar, without a policy by the wall. No policy and nothing agreed: no clocks. Errors: 55000 the policy''s calendar does not hold then, 22008 due outside of 1900 to 2200.';

CREATE FUNCTION rui._lock_clocks(project_id bigint, task_id bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	how_many bigint;
	is_late boolean;
BEGIN
	SELECT count(*), bool_or(l.next_at < _lock_clocks.at) INTO how_many, is_late
	FROM (
		SELECT c.next_at FROM rui.task_clock c
		WHERE c.project_id = _lock_clocks.project_id AND c.task_id = _lock_clocks.task_id
		ORDER BY c.target
		FOR NO KEY UPDATE) AS l;
	IF is_late THEN
		PERFORM rui._escalate(project_id, at, task_id);
	END IF;
	RETURN how_many > 0;
END
$$;
COMMENT ON FUNCTION rui._lock_clocks(bigint, bigint, timestamptz) IS
'Internal: locks the clocks of a task before they move at `at`, and tells the breaches and escalations that came before. Returns whether there are clocks.';

CREATE FUNCTION rui._move_clocks(project_id bigint, task_id bigint, action text, targets text[], at timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	from_states CONSTANT text[] := CASE action WHEN 'pause' THEN '{running}' WHEN 'resume' THEN '{paused}'
		WHEN 'reopen' THEN '{stopped}' ELSE '{running,paused}' END;
BEGIN
	IF NOT rui._lock_clocks(project_id, task_id, at) THEN
		RETURN;
	END IF;
	IF action = 'reopen' THEN
		INSERT INTO rui.task_clock_cycle (project_id, task_id, target, cycle, due_at, breach_at, breached_at, stopped_at,
			on_time, late_by)
		SELECT c.project_id, c.task_id, c.target, c.cycle, c.due_at, c.breach_at, c.breached_at, c.stopped_at,
			c.on_time, c.late_by
		FROM rui.task_clock c
		WHERE c.project_id = _move_clocks.project_id AND c.task_id = _move_clocks.task_id
			AND c.state = 'stopped' AND c.target = ANY (targets);
	END IF;
	UPDATE rui.task_clock c
	SET clock = m.clock, state = rui.clock_state(m.clock), cycle = rui.clock_cycle(m.clock), calendar_id = m.calendar_id,
		-- What is late was due when it was due, whatever pauses follow.
		due_at = CASE WHEN action IN ('stop', 'end') OR m.breached_at IS NOT NULL THEN c.due_at
			ELSE rui.clock_due_at(m.clock) END,
		breach_at = CASE WHEN action IN ('stop', 'end') OR m.breached_at IS NOT NULL THEN c.breach_at
			ELSE rui.clock_breach_at(m.clock) END,
		breached_at = m.breached_at, next_level = m.next_level,
		next_at = rui._next_escalation(m.clock, m.calendar, c.judged_by, m.next_level, m.breached_at, m.escalations,
			m.escalate_in, _move_clocks.at),
		stopped_at = CASE WHEN action IN ('stop', 'end') THEN _move_clocks.at END,
		on_time = CASE action WHEN 'stop' THEN m.breached_at IS NULL END,
		late_by = CASE WHEN action <> 'stop' THEN NULL
			WHEN m.breached_at IS NULL THEN interval '0'
			WHEN c.judged_by = 'wall' THEN make_interval(secs => extract(epoch FROM _move_clocks.at - m.breached_at)::float8)
			ELSE greatest(interval '0',
				rui.clock_elapsed(m.clock, m.calendar, _move_clocks.at) - rui.clock_target(m.clock)) END
	FROM (
		SELECT k.target, w.calendar, w.calendar_id, p.escalations, p.escalate_in,
			CASE action WHEN 'pause' THEN rui.clock_pause(k.clock, w.calendar, _move_clocks.at)
				WHEN 'resume' THEN rui.clock_resume(k.clock, w.calendar, _move_clocks.at)
				WHEN 'reopen' THEN rui.clock_reopen(k.clock, w.calendar, _move_clocks.at)
				ELSE rui.clock_stop(k.clock, w.calendar, _move_clocks.at) END AS clock,
			CASE WHEN action <> 'reopen' THEN k.breached_at END AS breached_at,
			CASE WHEN action <> 'reopen' THEN k.next_level ELSE 0 END AS next_level
		FROM rui.task_clock k
		LEFT JOIN rui.sla_policy p ON p.project_id = k.project_id AND p.id = k.policy_id
		LEFT JOIN rui.calendar_version v ON v.project_id = k.project_id AND v.id = k.calendar_id
		-- A new cycle counts in the hours that hold now.
		LEFT JOIN rui.calendar_version n ON action = 'reopen' AND n.project_id = v.project_id AND n.code = v.code
			AND n.valid @> _move_clocks.at
		CROSS JOIN LATERAL (
			SELECT coalesce(n.id, v.id) AS calendar_id, coalesce(n.calendar, v.calendar, rui._always()) AS calendar) AS w
		WHERE k.project_id = _move_clocks.project_id AND k.task_id = _move_clocks.task_id
			AND k.state = ANY (from_states) AND k.target = ANY (targets)) AS m
	WHERE c.project_id = _move_clocks.project_id AND c.task_id = _move_clocks.task_id AND c.target = m.target;
END
$$;
COMMENT ON FUNCTION rui._move_clocks(bigint, bigint, text, text[], timestamptz) IS
'Internal: moves those clocks of a task that are among targets and in a state for it: stop (with a verdict), end (stop without one), pause, resume, reopen (a new cycle, in the version its calendar has then; the old verdict is kept in rui.task_clock_cycle). Tells breaches and escalations from before `at` first. The caller holds the task''s row.';

CREATE FUNCTION rui._retarget_clocks(project_id bigint, task_id bigint, category_path text[], priority integer,
	is_emergency boolean, agreed_resolution interval, opened_at timestamptz, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	promise record;
BEGIN
	promise := rui._promise(project_id, category_path, priority, is_emergency, opened_at);
	IF NOT rui._lock_clocks(project_id, task_id, at) THEN
		PERFORM rui._start_clocks(project_id, task_id, category_path, priority, is_emergency, agreed_resolution, opened_at);
		RETURN;
	END IF;
	PERFORM rui._move_clocks(project_id, task_id, 'end', array_agg(t.target), at)
	FROM (VALUES ('response', promise.response), ('arrival', promise.arrival),
		('resolution', coalesce(agreed_resolution, promise.resolution))) AS t(target, length)
	WHERE t.length IS NULL
	HAVING count(*) > 0;
	UPDATE rui.task_clock c
	SET policy_id = promise.policy_id, calendar_id = m.calendar_id, judged_by = promise.judged_by, clock = m.clock,
		due_at = rui.clock_due_at(m.clock), breach_at = rui.clock_breach_at(m.clock),
		next_at = rui._next_escalation(m.clock, m.calendar, promise.judged_by, c.next_level, c.breached_at, m.escalations,
			m.escalate_in, _retarget_clocks.at)
	FROM (
		SELECT k.target, t.calendar_id, t.calendar, p.escalations, p.escalate_in,
			rui.clock_retarget(rui.clock_switch(k.clock, coalesce(v.calendar, rui._always()), t.calendar, _retarget_clocks.at),
				t.calendar, _retarget_clocks.at, t.length) AS clock
		FROM rui.task_clock k
		JOIN (VALUES ('arrival', promise.calendar_id, promise.calendar, promise.arrival),
			('resolution', promise.solving_id, promise.solving, coalesce(agreed_resolution, promise.resolution)),
			('response', promise.calendar_id, promise.calendar, promise.response)
		) AS t(target, calendar_id, calendar, length) ON t.target = k.target AND t.length IS NOT NULL
		LEFT JOIN rui.calendar_version v ON v.project_id = k.project_id AND v.id = k.calendar_id
		LEFT JOIN rui.sla_policy p ON p.project_id = k.project_id AND p.id = promise.policy_id
		WHERE k.project_id = _retarget_clocks.project_id AND k.task_id = _retarget_clocks.task_id
			AND k.state <> 'stopped') AS m
	WHERE c.project_id = _retarget_clocks.project_id AND c.task_id = _retarget_clocks.task_id AND c.target = m.target;
	INSERT INTO rui.task_clock (project_id, task_id, target, policy_id, calendar_id, judged_by, clock, state, due_at,
		breach_at, next_at)
	SELECT _retarget_clocks.project_id, _retarget_clocks.task_id, t.target, promise.policy_id, t.calendar_id, promise.judged_by,
		t.clock, 'running', rui.clock_due_at(t.clock), rui.clock_breach_at(t.clock),
		CASE promise.judged_by WHEN 'wall' THEN rui.clock_due_at(t.clock) ELSE rui.clock_breach_at(t.clock) END
	FROM (VALUES
		('arrival', promise.calendar_id, rui.clock_start(promise.calendar, opened_at, promise.arrival)),
		('resolution', promise.solving_id,
			rui.clock_start(promise.solving, opened_at, coalesce(agreed_resolution, promise.resolution))),
		('response', promise.calendar_id, rui.clock_start(promise.calendar, opened_at, promise.response))
	) AS t(target, calendar_id, clock)
	WHERE t.clock IS NOT NULL AND NOT EXISTS (
		SELECT FROM rui.task_clock c
		WHERE c.project_id = _retarget_clocks.project_id AND c.task_id = _retarget_clocks.task_id AND c.target = t.target);
END
$$;
COMMENT ON FUNCTION rui._retarget_clocks(bigint, bigint, text[], integer, boolean, interval, timestamptz, timestamptz) IS
'Internal: a task not yet accepted turned out to be of another kind: its clocks take the targets and calendars promised for that kind when it was opened, and keep what has elapsed; one that is late by the change is late from `at` on; a breach stays one. A promise it no longer has ends without a verdict, one it did not have counts from opened_at.';
