-- How the clocks of tasks start and move. Whoever moves clocks holds the row
-- of their task; everybody locks clocks in the order of task and target.

CREATE FUNCTION rui._promise(project_id bigint, category_path text[], priority integer, is_emergency boolean,
	at timestamptz, OUT policy_id bigint, OUT judged_by text, OUT notice_calendar text, OUT warnings text[],
	OUT calendar_code text, OUT calendar rui.calendar, OUT answer interval, OUT response interval, OUT arrival interval,
	OUT solving_code text, OUT solving rui.calendar, OUT resolution interval, OUT call_back interval)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	missing text;
BEGIN
	SELECT f.id, f.judged_by, CASE WHEN NOT _promise.is_emergency THEN f.notice_calendar END, f.warnings,
		f.calendar_code, coalesce(c.calendar, rui._always()), f.answer, f.response, f.arrival,
		f.resolution_calendar, coalesce(s.calendar, rui._always()), f.resolution, f.call_back,
		CASE WHEN c.starts_at > _promise.at THEN f.calendar_code WHEN s.starts_at > _promise.at THEN f.resolution_calendar END
	INTO policy_id, judged_by, notice_calendar, warnings, calendar_code, calendar, answer, response, arrival, solving_code, solving,
		resolution, call_back, missing
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
	LEFT JOIN rui.working_calendar c ON c.project_id = f.project_id AND c.code = f.calendar_code
	LEFT JOIN rui.working_calendar s ON s.project_id = f.project_id AND s.code = f.resolution_calendar;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'SLA policy %: calendar "%" does not hold at %', policy_id, missing, at
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Let its first version hold since ever: set_calendar() without from_at.';
	ELSIF policy_id IS NULL THEN
		judged_by := 'working';
		warnings := '{}';
		solving_code := 'always';
		solving := rui._always();
	END IF;
END
$$;
COMMENT ON FUNCTION rui._promise(bigint, text[], integer, boolean, timestamptz) IS
'Internal: what is promised for a need at an instant: the most specific SLA policy that fits, first by is_emergency, then by the nearest of category_path (from the category to the root), priority, the project''s contract_level; with the calendar of answer, response and arrival, and that of resolution and call-back (solving). No policy: policy_id null, and time by the wall for what is agreed. Error 55000 when a calendar of the policy does not hold at `at`.';

CREATE FUNCTION rui._start_clocks(project_id bigint, task_id bigint, category_path text[], priority integer,
	is_emergency boolean, agreed_resolution interval, opened_at timestamptz, only_target text DEFAULT NULL,
	at timestamptz DEFAULT NULL, known_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	promise record;
	begins CONSTANT timestamptz := coalesce(at, opened_at);
BEGIN
	promise := rui._promise(project_id, category_path, priority, is_emergency, opened_at);
	IF promise.policy_id IS NULL AND agreed_resolution IS NULL THEN
		RETURN;
	END IF;
	INSERT INTO rui.task_clock (project_id, task_id, target, policy_id, calendar_code, judged_by, notice_calendar, started_at,
		first_target, first_calendar, clock, state, due_at, breach_at, next_level, next_at)
	SELECT _start_clocks.project_id, _start_clocks.task_id, t.target, promise.policy_id, t.code, promise.judged_by,
		promise.notice_calendar, begins, t.length, t.code, c.clock, 'running', c.due_at, c.breach_at, -cardinality(w.warn_after),
		CASE WHEN cardinality(w.warn_after) > 0 THEN rui.due_at(t.calendar, begins, w.warn_after[1])
			WHEN promise.judged_by = 'wall' THEN c.due_at ELSE c.breach_at END
	FROM (VALUES
		('answer', promise.calendar_code, promise.calendar, promise.answer),
		('arrival', promise.calendar_code, promise.calendar, promise.arrival),
		('call_back', promise.solving_code, promise.solving, CASE WHEN only_target = 'call_back' THEN promise.call_back END),
		('resolution', promise.solving_code, promise.solving, coalesce(agreed_resolution, promise.resolution)),
		('response', promise.calendar_code, promise.calendar, promise.response)
	) AS t(target, code, calendar, length)
	-- One call site, so that a calendar is compiled once; OFFSET 0 keeps it one.
	CROSS JOIN LATERAL (SELECT rui.clock_start(t.calendar, begins, t.length) OFFSET 0) AS s(clock)
	CROSS JOIN LATERAL (SELECT s.clock, rui.clock_due_at(s.clock), rui.clock_breach_at(s.clock) OFFSET 0) AS c(clock, due_at, breach_at)
	CROSS JOIN LATERAL (SELECT CASE promise.warnings WHEN '{}' THEN '{}' ELSE rui._warn_after(promise.warnings, t.length) END OFFSET 0)
		AS w(warn_after)
	WHERE t.length IS NOT NULL AND t.target = coalesce(only_target, t.target)
	ON CONFLICT ON CONSTRAINT task_clock_pkey DO NOTHING;
	IF known_at IS NOT NULL AND EXISTS (
		SELECT FROM rui.clock_pause p WHERE p.project_id = _start_clocks.project_id AND p.task_id = _start_clocks.task_id) THEN
		PERFORM rui._fold_clocks(project_id, ARRAY[task_id], known_at);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._start_clocks(bigint, bigint, text[], integer, boolean, interval, timestamptz, text, timestamptz, timestamptz) IS
'Internal: starts the clocks of a task as rui._promise says for opened_at; call-back only when only_target names it, other targets all or the one named; at `at` where not null, else at opened_at. known_at: when, for a task whose clocks may have been paused before that. agreed_resolution replaces the policy''s resolution target and counts on its resolution calendar, without a policy by the wall. Clocks that are there stay. No policy and nothing agreed: no clocks. Errors: 55000 the policy''s calendar does not hold then, 22008 due outside of 1900 to 2200.';

CREATE FUNCTION rui._lock_clocks(project_id bigint, task_ids bigint[], at timestamptz, only_targets text[] DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	how_many bigint;
	late_ids bigint[];
BEGIN
	SELECT count(*), array_agg(l.task_id) FILTER (WHERE l.next_at < _lock_clocks.at) INTO how_many, late_ids
	FROM (
		SELECT c.task_id, c.next_at FROM rui.task_clock c
		WHERE c.project_id = _lock_clocks.project_id AND c.task_id = ANY (task_ids)
			AND (only_targets IS NULL OR c.target = ANY (only_targets))
		ORDER BY c.task_id, c.target
		FOR NO KEY UPDATE) AS l;
	IF late_ids IS NOT NULL THEN
		PERFORM rui._escalate(project_id, at, late_ids, only_targets);
	END IF;
	RETURN how_many > 0;
END
$$;
COMMENT ON FUNCTION rui._lock_clocks(bigint, bigint[], timestamptz, text[]) IS
'Internal: locks the clocks of tasks (only_targets: those only, null: all) before they move at `at`, and tells their warnings, breaches and escalations that came before. Returns whether there are clocks.';

CREATE FUNCTION rui._move_clocks(project_id bigint, kind text, task_ids bigint[], action text, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	moved bigint[];
	concerned text[];
BEGIN
	-- Who has no clock to move meets nobody who looks at them.
	IF NOT rui._lock_clocks(project_id, task_ids, at, ARRAY(
		SELECT r.target FROM rui.clock_rule r WHERE r.kind = _move_clocks.kind AND r.action = _move_clocks.action)) THEN
		RETURN;
	END IF;
	WITH fact AS (
		INSERT INTO rui.clock_event AS e (project_id, task_id, target, at, event, policy_id)
		SELECT c.project_id, c.task_id, c.target, _move_clocks.at, m.event, m.policy_id
		FROM rui.clock_rule r
		JOIN rui.task_clock c ON c.project_id = _move_clocks.project_id AND c.task_id = ANY (task_ids) AND c.target = r.target
			AND (c.state = 'stopped') = (r.move IN ('start', 'reopen'))
		CROSS JOIN LATERAL (
			SELECT CASE r.move WHEN 'start' THEN 'reopen' ELSE r.move END, NULL::bigint
			UNION ALL
			-- A target set while it was stopped, as was told later, is that of the new cycle.
			(SELECT t.event, t.policy_id FROM rui.clock_event t
			WHERE r.move IN ('start', 'reopen') AND t.project_id = c.project_id AND t.task_id = c.task_id AND t.target = c.target
				AND t.event LIKE 'retarget %' AND t.at >= c.stopped_at
			ORDER BY t.at DESC LIMIT 1)) AS m(event, policy_id)
		WHERE r.kind = _move_clocks.kind AND r.action = _move_clocks.action
		ON CONFLICT ON CONSTRAINT clock_event_pkey DO NOTHING
		RETURNING e.task_id, e.target)
	SELECT array_agg(DISTINCT f.task_id), array_agg(DISTINCT f.target) INTO moved, concerned FROM fact f;
	IF moved IS NULL THEN
		RETURN;
	END IF;
	IF EXISTS (
		SELECT FROM rui.clock_pause p
		WHERE p.project_id = _move_clocks.project_id AND p.task_id = ANY (moved)
			AND (upper_inf(p.during) OR upper(p.during) > _move_clocks.at)) THEN
		-- A pause ends with the last clock that it pauses, one that pauses none
		-- with the last of all; the others go on with it.
		WITH ended AS (
			UPDATE rui.clock_pause p SET during = tstzrange(lower(p.during), greatest(lower(p.during), _move_clocks.at))
			WHERE p.project_id = _move_clocks.project_id AND p.task_id = ANY (moved)
				AND (upper_inf(p.during) OR upper(p.during) > _move_clocks.at)
				AND NOT EXISTS (
					SELECT FROM rui.task_clock c
					WHERE c.project_id = p.project_id AND c.task_id = p.task_id AND c.state <> 'stopped'
						AND (c.target = ANY (p.targets) OR NOT EXISTS (
							SELECT FROM rui.task_clock o
							WHERE o.project_id = p.project_id AND o.task_id = p.task_id AND o.target = ANY (p.targets)))
						AND NOT EXISTS (
							SELECT FROM rui.clock_rule r
							WHERE r.kind = _move_clocks.kind AND r.action = _move_clocks.action AND r.target = c.target
								AND r.move IN ('stop', 'end')))
			RETURNING p.targets)
		SELECT array_agg(DISTINCT t.target) INTO concerned
		FROM (SELECT unnest(concerned) UNION ALL SELECT unnest(e.targets) FROM ended e) AS t(target);
	END IF;
	PERFORM rui._fold_clocks(project_id, moved, at, concerned, at);
END
$$;
COMMENT ON FUNCTION rui._move_clocks(bigint, text, bigint[], text, timestamptz) IS
'Internal: an action on tasks of a kind happened at `at`: their clocks move as rui.clock_rule says, those in a state for it. Tells warnings, breaches and escalations from before `at` first; pauses end with the last clock they pause. The caller holds the tasks'' rows.';

CREATE FUNCTION rui._paused_by(project_id bigint, reason text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	paused text[];
BEGIN
	SELECT coalesce(o.targets, r.targets) INTO paused
	FROM rui.pause_reason r
	LEFT JOIN rui.pause_rule o ON o.project_id = _paused_by.project_id AND o.reason = r.code
	WHERE r.code = _paused_by.reason;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown reason to pause "%"', left(reason, 60)
			USING ERRCODE = 'no_data_found', HINT = 'rui.pause_reason lists them.';
	END IF;
	RETURN paused;
END
$$;
COMMENT ON FUNCTION rui._paused_by(bigint, text) IS
'Internal: the targets that a reason pauses in a project. Error P0002 unknown reason.';

CREATE FUNCTION rui._pause_clocks(project_id bigint, task_id bigint, reason text, note text, from_at timestamptz,
	until_at timestamptz, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	paused CONSTANT text[] := rui._paused_by(project_id, reason);
	new_id bigint;
BEGIN
	PERFORM rui._lock_clocks(project_id, ARRAY[task_id], at);
	INSERT INTO rui.clock_pause (project_id, task_id, reason, targets, during, note, party_id)
	VALUES (project_id, task_id, reason, paused, tstzrange(from_at, until_at), note, rui.current_party())
	RETURNING id INTO new_id;
	PERFORM rui._fold_clocks(project_id, ARRAY[task_id], at, paused, from_at);
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._pause_clocks(bigint, bigint, text, text, timestamptz, timestamptz, timestamptz) IS
'Internal: at `at` it is known that the clocks of a task which a reason pauses are paused for it from from_at until until_at (null: until resumed). Returns the pause''s id. Error P0002 unknown reason. The caller holds the task''s row.';

CREATE FUNCTION rui._resume_clocks(project_id bigint, task_id bigint, pause_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	ended bigint;
	concerned text[];
BEGIN
	PERFORM rui._lock_clocks(project_id, ARRAY[task_id], at);
	WITH done AS (
		UPDATE rui.clock_pause p SET during = tstzrange(lower(p.during), greatest(lower(p.during), _resume_clocks.at))
		WHERE p.project_id = _resume_clocks.project_id AND p.task_id = _resume_clocks.task_id
			AND CASE WHEN pause_id IS NULL THEN lower(p.during) <= _resume_clocks.at ELSE p.id = pause_id END
			AND NOT isempty(p.during) AND (upper_inf(p.during) OR upper(p.during) > _resume_clocks.at)
		RETURNING p.id, p.targets)
	SELECT count(DISTINCT d.id), array_agg(DISTINCT t.target) INTO ended, concerned
	FROM done d LEFT JOIN LATERAL unnest(d.targets) AS t(target) ON true;
	IF concerned <> '{NULL}' THEN
		PERFORM rui._fold_clocks(project_id, ARRAY[task_id], at, concerned, at);
	END IF;
	RETURN ended;
END
$$;
COMMENT ON FUNCTION rui._resume_clocks(bigint, bigint, bigint, timestamptz) IS
'Internal: ends a pause of a task at `at` (one that had not begun never was), or, where pause_id is null, all that have begun. Returns how many. The caller holds the task''s row.';

CREATE FUNCTION rui._promises(project_id bigint, task_id bigint, category_path text[], priority integer,
	is_emergency boolean, agreed_resolution interval, at timestamptz) RETURNS rui.clock_promise[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	promise record;
BEGIN
	promise := rui._promise(project_id, category_path, priority, is_emergency, at);
	RETURN ARRAY(
		SELECT (_promises.task_id, t.target, promise.policy_id, promise.judged_by, promise.notice_calendar, t.code, t.length)::rui.clock_promise
		FROM (VALUES
			('answer', promise.calendar_code, promise.answer),
			('arrival', promise.calendar_code, promise.arrival),
			('resolution', promise.solving_code, coalesce(agreed_resolution, promise.resolution)),
			('response', promise.calendar_code, promise.response)
		) AS t(target, code, length));
END
$$;
COMMENT ON FUNCTION rui._promises(bigint, bigint, text[], integer, boolean, interval, timestamptz) IS
'Internal: what rui._promise says at an instant for the clocks of a task, call-back aside; agreed_resolution goes before the policy.';

CREATE FUNCTION rui._retarget_clocks(project_id bigint, promises rui.clock_promise[], at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	concerned_ids CONSTANT bigint[] := ARRAY(SELECT DISTINCT p.task_id FROM unnest(promises) AS p);
	how_many bigint;
BEGIN
	IF NOT rui._lock_clocks(project_id, concerned_ids, at) THEN
		RETURN 0;
	END IF;
	WITH concerned AS (
		-- Not before the cycle that it is for.
		SELECT c.task_id, c.target, greatest(_retarget_clocks.at, rui.clock_started_at(c.clock)) AS at, c.calendar_code,
			rui.clock_target(c.clock) AS old_length, p.policy_id, p.judged_by, p.notice_calendar, p.calendar_code AS new_code, p.length
		FROM unnest(promises) AS p
		JOIN rui.task_clock c ON c.project_id = _retarget_clocks.project_id AND c.task_id = p.task_id AND c.target = p.target
		WHERE c.state <> 'stopped'
	), fact AS (
		INSERT INTO rui.clock_event (project_id, task_id, target, at, event, policy_id, calendar_code)
		SELECT _retarget_clocks.project_id, c.task_id, c.target, c.at, e.event, c.policy_id,
			CASE e.event WHEN 'switch' THEN c.new_code END
		FROM concerned c
		CROSS JOIN LATERAL (
			SELECT 'end' WHERE c.length IS NULL
			UNION ALL
			SELECT format('retarget PT%sS', trim_scale(extract(epoch FROM c.length))) WHERE c.length <> c.old_length
			UNION ALL
			SELECT 'switch' WHERE c.length IS NOT NULL AND c.new_code <> c.calendar_code) AS e(event)
		ON CONFLICT ON CONSTRAINT clock_event_pkey DO NOTHING
	), taken AS (
		UPDATE rui.task_clock k
		SET policy_id = c.policy_id, judged_by = c.judged_by, notice_calendar = c.notice_calendar,
			calendar_code = c.new_code, is_switched = k.is_switched OR c.new_code <> c.calendar_code
		FROM concerned c
		WHERE k.project_id = _retarget_clocks.project_id AND k.task_id = c.task_id AND k.target = c.target
			AND c.length IS NOT NULL)
	SELECT count(*) INTO how_many FROM concerned;
	PERFORM rui._fold_clocks(project_id, concerned_ids, at, since => at);
	RETURN how_many;
END
$$;
COMMENT ON FUNCTION rui._retarget_clocks(bigint, rui.clock_promise[], timestamptz) IS
'Internal: running and paused clocks of tasks take other targets and calendars at `at`, and keep what has elapsed; one that is late by the change is late from `at` on; a breach stays one. A promise with no length ends its clock without a verdict. Returns how many clocks were concerned. The caller holds the tasks'' rows.';
