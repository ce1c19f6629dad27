-- A policy is edited: new needs take it by themselves; open ones take it when
-- somebody who has seen what that changes says so.

CREATE FUNCTION rui._policy_promises(project_id bigint, policy_id bigint, at timestamptz) RETURNS rui.clock_promise[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	present rui.sla_policy;
BEGIN
	IF policy_id IS NULL THEN
		PERFORM rui._missing('policy_id');
	END IF;
	SELECT p.* INTO present FROM rui.sla_policy p
	WHERE p.project_id = _policy_promises.project_id AND p.id = _policy_promises.policy_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('SLA policy', policy_id, project_id);
	ELSIF NOT present.valid @> at THEN
		RAISE EXCEPTION 'SLA policy % does not hold at %', policy_id, at
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It holds in %s.', present.valid);
	END IF;
	RETURN ARRAY(
		SELECT (p.task_id, p.target, p.policy_id, p.judged_by, p.notice_calendar, p.calendar_code, p.length)::rui.clock_promise
		FROM rui.task t
		JOIN rui.ticket_category c ON c.project_id = t.project_id AND c.code = t.category
		LEFT JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
		CROSS JOIN LATERAL unnest(rui._promises(t.project_id, t.id, c.path, t.priority, t.is_emergency, k.agreed_resolution, at)) AS p
		WHERE t.project_id = _policy_promises.project_id AND t.ended_at IS NULL AND t.completed_at IS NULL AND t.opened_at <= at
			AND (present.category IS NULL OR present.category = ANY (c.path))
			AND (present.priority IS NULL OR present.priority = t.priority)
			AND (present.is_emergency IS NULL OR present.is_emergency = t.is_emergency)
			AND p.policy_id = present.id
			AND EXISTS (
				SELECT FROM rui.task_clock o
				WHERE o.project_id = t.project_id AND o.task_id = t.id AND o.target = p.target AND o.state <> 'stopped'
					AND o.policy_id IS DISTINCT FROM present.id)
		ORDER BY t.id, p.target);
END
$$;
COMMENT ON FUNCTION rui._policy_promises(bigint, bigint, timestamptz) IS
'Internal: what a policy promises at an instant to open tasks of its kind whose clocks count by another one. Errors: 22004, P0002 unknown policy, 55000 it does not hold then.';

CREATE FUNCTION rui.preview_policy_change(project_id bigint, policy_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (task_id bigint, target text, state text, length interval, new_length interval, due_at timestamptz,
	new_due_at timestamptz, is_late boolean, would_be_late boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_policies');
	PERFORM rui._check_time(project_id, at);
	RETURN QUERY
	SELECT c.task_id, c.target, c.state, rui.clock_target(c.clock), p.length, c.due_at,
		CASE WHEN c.breached_at IS NOT NULL THEN c.due_at ELSE rui.clock_due_at(n.clock) END,
		c.breached_at IS NOT NULL, c.breached_at IS NOT NULL OR coalesce(rui.clock_elapsed(n.clock, w.new_calendar, m.at) > p.length, false)
	FROM unnest(rui._policy_promises(project_id, policy_id, at)) AS p
	JOIN rui.task_clock c ON c.project_id = preview_policy_change.project_id AND c.task_id = p.task_id AND c.target = p.target
		AND c.state <> 'stopped'
	CROSS JOIN LATERAL (
		SELECT CASE WHEN c.is_switched THEN rui._clock_calendar(c.project_id, c.task_id, c.target, c.first_calendar, NULL, NULL, 'infinity')
				ELSE rui._calendar_of(c.project_id, c.calendar_code) END,
			rui._calendar_of(c.project_id, p.calendar_code) OFFSET 0) AS w(old_calendar, new_calendar)
	CROSS JOIN LATERAL (SELECT greatest(preview_policy_change.at, rui.clock_changed_at(c.clock))) AS m(at)
	CROSS JOIN LATERAL (
		SELECT rui.clock_retarget(rui.clock_switch(c.clock, w.old_calendar, w.new_calendar, m.at), w.new_calendar, m.at, p.length)
		OFFSET 0) AS n(clock)
	ORDER BY c.task_id, c.target;
END
$$;
COMMENT ON FUNCTION rui.preview_policy_change(bigint, bigint, timestamptz) IS
'What rui.apply_sla_policy with the same arguments would do to open tasks, without doing it: each clock with its present and new length (null: no longer promised) and due time, and whether it is late and would be. Needs permission set_policies. Errors: those of rui.apply_sla_policy.';

CREATE FUNCTION rui.apply_sla_policy(project_id bigint, policy_id bigint, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	promises rui.clock_promise[];
	how_many bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_policies');
	PERFORM rui._check_time(project_id, at);
	promises := rui._policy_promises(project_id, policy_id, at);
	PERFORM FROM (
		SELECT t.id FROM rui.task t
		WHERE t.project_id = apply_sla_policy.project_id AND t.id IN (SELECT p.task_id FROM unnest(promises) AS p)
		ORDER BY t.id
		FOR NO KEY UPDATE) AS locked;
	-- Again, now that nobody moves them.
	promises := rui._policy_promises(project_id, policy_id, at);
	how_many := rui._retarget_clocks(project_id, promises, at);
	PERFORM rui._emit(project_id, 'sla_policy.apply', 'sla_policy', policy_id, at, jsonb_build_object('clocks', how_many));
	RETURN how_many;
END
$$;
COMMENT ON FUNCTION rui.apply_sla_policy(bigint, bigint, timestamptz) IS
'Open tasks that a policy is the best for at `at`, but whose clocks count by another one, take its targets and calendars then and keep the time that has passed; a clock that is late by the change is late from `at` on, a breach stays one, a target no longer promised ends without a verdict. Returns how many clocks were concerned. rui.preview_policy_change shows them before. Needs permission set_policies. Errors: 22004, 22008, P0002 unknown policy, 42501, 55000 the policy does not hold at `at`.';
