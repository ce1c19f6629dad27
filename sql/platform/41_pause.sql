-- Pausing clocks for a reason, without deferring the work: what the customer,
-- the weather or an appointment asks for. Reasons may overlap and be told late.

PERFORM rui._permit('correct_clocks', '{live,closed}', 'manager', 'loader');

CREATE FUNCTION rui._check_pauser(project_id bigint, present rui.task, pause_id bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF rui.current_party() IS DISTINCT FROM present.executor_id AND rui.current_party() IS DISTINCT FROM present.accountable_id
		AND NOT rui.has_permission(project_id, 'manage_tickets') THEN
		IF NOT rui._may_read('task', project_id, present.id) THEN
			PERFORM rui._unknown(CASE WHEN pause_id IS NULL THEN 'task' ELSE 'pause' END, coalesce(pause_id, present.id), project_id);
		END IF;
		RAISE EXCEPTION 'task % is not yours', present.id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Only who does it, who answers for it, or who may manage tickets can pause its clocks.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_pauser(bigint, rui.task, bigint) IS
'Internal: raises 42501 unless the acting party does the task, answers for it, or may manage tickets; P0002 for who may not read it, as if the pause, or (null) the task, were not there.';

CREATE FUNCTION rui.pause_clocks(project_id bigint, task_id bigint, cause text, note text DEFAULT NULL,
	from_at timestamptz DEFAULT NULL, until_at timestamptz DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.task;
	begins CONSTANT timestamptz := coalesce(from_at, at);
	paused text[];
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('cause', cause, 40);
	IF note IS NOT NULL THEN
		PERFORM rui._check_text('note', note, 500);
	END IF;
	IF begins < at - interval '5 minutes' THEN
		-- May take back a breach.
		PERFORM rui.require_permission(project_id, 'correct_clocks');
	END IF;
	IF NOT isfinite(begins) OR NOT isfinite(until_at) OR begins < '1900-01-01 00:00+00' OR greatest(begins, until_at) >= '2201-01-01 00:00+00' THEN
		RAISE EXCEPTION 'a pause from % until % is out of range', begins, coalesce(until_at::text, 'further notice')
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give instants from 1900 to 2200; until_at may be null.';
	ELSIF until_at <= begins THEN
		RAISE EXCEPTION 'a pause from % cannot end at %', begins, until_at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'until_at must be after from_at, or null where it is not known.';
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'pause_clocks', request_key, jsonb_build_array(task_id, cause, note, from_at, until_at));
		IF answer IS NOT NULL THEN
			RETURN answer::bigint;
		END IF;
	END IF;
	present := rui._lock_task(project_id, task_id);
	PERFORM rui._check_pauser(project_id, present);
	paused := rui._paused_by(project_id, cause);
	IF NOT EXISTS (
		SELECT FROM rui.task_clock c
		WHERE c.project_id = pause_clocks.project_id AND c.task_id = pause_clocks.task_id
			AND (c.state <> 'stopped' OR c.stopped_at > begins)
			-- A cause that pauses none of them is written down while any runs.
			AND (c.target = ANY (paused) OR NOT EXISTS (
				SELECT FROM rui.task_clock o
				WHERE o.project_id = c.project_id AND o.task_id = c.task_id AND o.target = ANY (paused)))) THEN
		RAISE EXCEPTION 'task % has no clock to pause from % on', task_id, begins
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.task_clock says when its clocks stopped.';
	ELSIF begins < present.opened_at THEN
		RAISE EXCEPTION 'task % was opened at %: its clocks cannot pause from % on', task_id, present.opened_at, begins
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	new_id := rui._pause_clocks(project_id, task_id, cause, note, begins, until_at, at);
	PERFORM rui._emit(project_id, 'clock.pause', 'task', task_id, at, jsonb_strip_nulls(jsonb_build_object(
		'pause_id', new_id, 'cause', cause, 'from_at', begins, 'until_at', until_at, 'note', note)));
	PERFORM rui._finish_request(project_id, 'pause_clocks', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.pause_clocks(bigint, bigint, text, text, timestamptz, timestamptz, text, timestamptz) IS
'The clocks of a task that a cause pauses (rui.pause_reason, rui.pause_rule) are paused from from_at (null: at) until until_at (null: until rui.resume_clocks, rui.resume_ticket, or they stop), and the pause''s id is returned. Causes may overlap: their union counts. A pause told more than five minutes late counts as if told in time: due times move, and a breach may be taken back, which rui.clock_pause and the event clock.pause record; it needs permission correct_clocks. note: up to 500 characters or null. For who does the task or answers for it, or with manage_tickets. Errors: 22004, 22001, 22008, 22023 blank text, until_at not after from_at, before the task was opened, P0002 unknown task or cause, RU409, 42501, 55000 no clock that the cause pauses.';

CREATE FUNCTION rui.resume_clocks(project_id bigint, pause_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	paused_task bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	PERFORM rui._check_time(project_id, at);
	IF pause_id IS NULL THEN
		PERFORM rui._missing('pause_id');
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'resume_clocks', request_key, jsonb_build_array(pause_id));
		IF answer IS NOT NULL THEN
			RETURN;
		END IF;
	END IF;
	SELECT p.task_id INTO paused_task FROM rui.clock_pause p
	WHERE p.project_id = resume_clocks.project_id AND p.id = resume_clocks.pause_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('pause', pause_id, project_id);
	END IF;
	PERFORM rui._check_pauser(project_id, rui._lock_task(project_id, paused_task), pause_id);
	IF rui._resume_clocks(project_id, paused_task, pause_id, at) = 0 THEN
		RAISE EXCEPTION 'pause % has ended', pause_id USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	PERFORM rui._emit(project_id, 'clock.resume', 'task', paused_task, at, jsonb_build_object('pause_id', pause_id));
	PERFORM rui._finish_request(project_id, 'resume_clocks', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.resume_clocks(bigint, bigint, text, timestamptz) IS
'Ends a pause of rui.pause_clocks at `at`; clocks run again unless another cause still pauses them. One that has not begun yet is taken back. For who does the task or answers for it, or with manage_tickets. Errors: 22004, 22008, P0002 unknown pause, RU409, 42501, 55000 it has ended.';

CREATE FUNCTION rui.set_pause_rule(project_id bigint, cause text, targets text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_policies');
	PERFORM rui._check_text('cause', cause, 40);
	IF targets IS NOT NULL AND NOT targets <@ '{answer,response,arrival,resolution,call_back}'::text[] THEN
		RAISE EXCEPTION 'unknown target in %', targets
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Targets are answer, response, arrival, resolution and call_back.';
	ELSIF NOT EXISTS (SELECT FROM rui.pause_reason r WHERE r.code = cause) THEN
		RAISE EXCEPTION 'unknown reason to pause "%"', left(cause, 60)
			USING ERRCODE = 'no_data_found', HINT = 'rui.pause_reason lists them.';
	END IF;
	IF targets IS NULL THEN
		DELETE FROM rui.pause_rule r WHERE r.project_id = set_pause_rule.project_id AND r.reason = cause;
	ELSE
		INSERT INTO rui.pause_rule (project_id, reason, targets)
		VALUES (project_id, cause, ARRAY(SELECT DISTINCT t FROM unnest(targets) AS t ORDER BY t))
		ON CONFLICT ON CONSTRAINT pause_rule_pkey DO UPDATE SET targets = EXCLUDED.targets;
	END IF;
	PERFORM rui._emit(project_id, 'pause_rule.set', 'project', project_id, now(), jsonb_build_object('cause', cause, 'targets', targets));
END
$$;
COMMENT ON FUNCTION rui.set_pause_rule(bigint, text, text[]) IS
'Says which clocks a cause pauses in a project from now on, where the contract says other than rui.pause_reason; an empty list: none; null: as rui.pause_reason says again. Pauses written down before keep their clocks. Needs permission set_policies. Errors: 22004, 22001, 22023 unknown target or blank cause, P0002 unknown cause, 42501, 55000.';
