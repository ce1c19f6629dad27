-- What can be done with a ticket. Every action goes one way: the task's row
-- is locked, moved by its state machine, its clocks follow, and an event
-- says who did what and why.

CREATE FUNCTION rui._is_concerned(project_id bigint, ticket_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN EXISTS (
		SELECT FROM rui.ticket k
		WHERE k.project_id = _is_concerned.project_id AND k.id = _is_concerned.ticket_id
			AND (k.reporter_id = rui.current_party() OR k.household_id = ANY (rui.my_households())));
END
$$;
COMMENT ON FUNCTION rui._is_concerned(bigint, bigint) IS
'Internal: whether the acting party reported the ticket or belongs today to the household it is about.';

CREATE FUNCTION rui._refuse_strange_ticket(project_id bigint, present rui.task) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF present.executor_id IS DISTINCT FROM rui.current_party() AND NOT rui.has_permission(project_id, 'manage_tickets')
		AND NOT rui._is_concerned(project_id, present.id) THEN
		PERFORM rui._refuse_unread('ticket', project_id, present.id, '{}');
	END IF;
END
$$;
COMMENT ON FUNCTION rui._refuse_strange_ticket(bigint, rui.task) IS
'Internal: P0002, as for a ticket that is not there, unless the acting party does it, is concerned by it, may read it, or may manage tickets.';

CREATE FUNCTION rui._refuse_own_work(project_id bigint, present rui.task, what text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Who has it now, or had it in hand before it was given to another.
	IF present.executor_id = rui.current_party() OR EXISTS (
		SELECT FROM rui.event e
		WHERE e.project_id = _refuse_own_work.project_id AND e.subject = 'ticket' AND e.subject_id = present.id
			AND e.kind IN ('ticket.accept', 'ticket.depart', 'ticket.arrive', 'ticket.complete')
			AND (e.payload ->> 'executor_id')::bigint = rui.current_party()) THEN
		RAISE EXCEPTION 'nobody %', what USING ERRCODE = 'insufficient_privilege',
			DETAIL = format('Ticket %s is or was in your hands.', present.id), HINT = 'Somebody who did no work on it can do this.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._refuse_own_work(bigint, rui.task, text) IS
'Internal: 42501 (nobody does what) for who does a ticket, or accepted it before it was given to another.';

CREATE FUNCTION rui._move_ticket(project_id bigint, present rui.task, action text, reason text, worker_id bigint,
	at timestamptz, facts jsonb DEFAULT '{}', cause text DEFAULT NULL, until_at timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	happened timestamptz := at;
	new_state text;
BEGIN
	-- Transfers and ratings ask before they look at anything else.
	IF action IN ('accept', 'reject', 'depart', 'arrive', 'pause', 'resume', 'complete', 'reopen', 'cancel') THEN
		PERFORM rui._refuse_strange_ticket(project_id, present);
	END IF;
	-- Who states no time and had to wait for another action, or finds the clock
	-- set back behind it, comes after it; so does what follows reopenings, each of
	-- which comes after its completion.
	IF at < present.last_at AND (at = now() AND (present.last_at <= clock_timestamp()
			OR EXISTS (SELECT FROM rui.event e WHERE e.project_id = _move_ticket.project_id AND e.subject = present.kind AND e.subject_id = present.id
				AND e.at = present.last_at AND e.recorded_at >= e.at))
		OR present.last_at <= at + (SELECT k.reopen_count FROM rui.ticket k
			WHERE k.project_id = _move_ticket.project_id AND k.id = present.id) * interval '1 microsecond') THEN
		happened := present.last_at;
	ELSIF at < present.last_at THEN
		RAISE EXCEPTION 'ticket %: % cannot happen at %, before %', present.id, action, at, present.last_action
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('%s happened at %s.', present.last_action, present.last_at);
	END IF;
	IF action = 'reopen' AND happened = present.last_at THEN
		happened := happened + interval '1 microsecond';
	END IF;
	UPDATE rui.task t
	SET last_action = action, last_at = happened,
		deferred_until = CASE action WHEN 'pause' THEN until_at END,
		executor_id = CASE WHEN action IN ('assign', 'transfer') THEN worker_id
			WHEN action IN ('reject', 'no_show') THEN NULL ELSE t.executor_id END,
		assigned_at = CASE WHEN action IN ('assign', 'transfer') THEN happened ELSE t.assigned_at END,
		accepted_at = CASE WHEN action = 'accept' THEN happened WHEN action IN ('reopen', 'no_show') THEN NULL ELSE t.accepted_at END,
		arrived_at = CASE action WHEN 'arrive' THEN happened WHEN 'reopen' THEN NULL ELSE t.arrived_at END,
		completed_at = CASE action WHEN 'complete' THEN happened WHEN 'reopen' THEN NULL ELSE t.completed_at END,
		ended_at = CASE WHEN action IN ('close', 'cancel', 'decline', 'merge') THEN happened ELSE t.ended_at END
	WHERE t.project_id = _move_ticket.project_id AND t.id = present.id
	RETURNING t.state INTO new_state;
	-- Refused only now, so that an action that is not legal says so first.
	IF action IN ('accept', 'reject', 'transfer', 'depart', 'arrive', 'pause', 'resume', 'complete')
		AND present.executor_id IS DISTINCT FROM me AND NOT rui.has_permission(project_id, 'manage_tickets') THEN
		RAISE EXCEPTION 'ticket % is not assigned to you', present.id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Only its executor, or who may manage tickets, can do this.';
	END IF;
	IF action = 'reopen' THEN
		UPDATE rui.ticket k
		SET reopen_count = k.reopen_count + 1, rating = NULL, rating_comment = NULL, rated_by = NULL, rated_at = NULL,
			called_back_at = NULL, called_back_by = NULL, is_satisfied = NULL, call_back_note = NULL
		WHERE k.project_id = _move_ticket.project_id AND k.id = present.id;
	END IF;
	IF action = 'pause' THEN
		PERFORM rui._pause_clocks(project_id, present.id, cause, reason, happened, until_at, happened);
	ELSIF action = 'resume' THEN
		PERFORM rui._resume_clocks(project_id, present.id, NULL, happened);
	ELSIF action NOT IN ('depart', 'rate', 'close') THEN
		PERFORM rui._move_clocks(project_id, present.kind, ARRAY[present.id], action, happened);
		IF action = 'complete' AND EXISTS (
			SELECT FROM rui.sla_policy p WHERE p.project_id = present.project_id AND p.call_back IS NOT NULL) THEN
			PERFORM rui._start_clocks(project_id, present.id,
				(SELECT c.path FROM rui.ticket_category c WHERE c.project_id = present.project_id AND c.code = present.category),
				present.priority, present.is_emergency, NULL, present.opened_at, 'call_back', happened, happened);
		END IF;
	END IF;
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	VALUES (project_id, happened, 'ticket.' || action, 'ticket', present.id, me,
		jsonb_strip_nulls(jsonb_build_object('from_state', present.state, 'to_state', new_state, 'reason', reason,
			'executor_id', CASE WHEN action IN ('assign', 'transfer') THEN worker_id ELSE present.executor_id END)) || facts);
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui._move_ticket(bigint, rui.task, text, text, bigint, timestamptz, jsonb, text, timestamptz) IS
'Internal: does an action on a locked ticket: checks that who acts may know of it (P0002), the order of time (22023), lets the state machine decide (55000), checks that the executor or a manager of tickets acts where the executor is asked for (42501), moves the clocks (a pause for a cause of rui.pause_reason, until until_at where that is known), writes the event with from_state, to_state, reason, executor_id and further facts. A reopening comes after the completion even when told of the same instant. Returns the new state.';

-- Actions that need nothing but the ticket, and at most a reason.
CREATE FUNCTION rui._simple_action(project_id bigint, ticket_id bigint, action text, reason text,
	needs_reason boolean, request_key text, at timestamptz, cause text DEFAULT NULL, until_at timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	new_state text;
BEGIN
	PERFORM rui._check_time(project_id, at);
	IF needs_reason THEN
		PERFORM rui._check_text('reason', reason, 500);
	END IF;
	IF until_at <= at OR until_at >= '2201-01-01 00:00+00' THEN
		RAISE EXCEPTION 'until_at % is not between % and 2201', until_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an instant to come, or null where it is not known.';
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, action || '_ticket', request_key,
			jsonb_build_array(ticket_id, reason, cause, until_at));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	new_state := rui._move_ticket(project_id, rui._lock_task(project_id, ticket_id, 'ticket'), action, reason, NULL, at,
		jsonb_strip_nulls(jsonb_build_object('cause', cause, 'until_at', until_at)), cause, until_at);
	PERFORM rui._finish_request(project_id, action || '_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui._simple_action(bigint, bigint, text, text, boolean, text, timestamptz, text, timestamptz) IS
'Internal: an action on a ticket that takes a reason (1 to 500 characters) or nothing, once per request key. Returns the new state.';

CREATE FUNCTION rui.triage_ticket(project_id bigint, ticket_id bigint, category text DEFAULT NULL,
	priority integer DEFAULT NULL, is_emergency boolean DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.task;
	kind_of_need rui.ticket_category;
	agreed interval;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_tickets');
	PERFORM rui._check_time(project_id, at);
	IF category IS NOT NULL THEN
		PERFORM rui._check_text('category', category, 60);
	END IF;
	IF priority NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'priority must be 1 to 5, not %', priority USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'triage_ticket', request_key,
			jsonb_build_array(ticket_id, category, priority, is_emergency));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	present := rui._lock_task(project_id, ticket_id, 'ticket');
	new_state := rui._move_ticket(project_id, present, 'triage', NULL, NULL, at, jsonb_strip_nulls(
		jsonb_build_object('category', category, 'priority', priority, 'is_emergency', is_emergency)));
	IF category IS NOT NULL OR priority IS NOT NULL OR is_emergency IS NOT NULL THEN
		SELECT c.* INTO kind_of_need FROM rui.ticket_category c
		WHERE c.project_id = triage_ticket.project_id AND c.code = coalesce(triage_ticket.category, present.category);
		IF NOT FOUND THEN
			PERFORM rui._unknown_category(project_id, category);
		END IF;
		-- Another category brings what it needs; what was said goes before.
		UPDATE rui.task t
		SET category = kind_of_need.code,
			skill = CASE WHEN triage_ticket.category IS NULL THEN t.skill ELSE kind_of_need.skill END,
			skill_level = CASE WHEN triage_ticket.category IS NULL THEN t.skill_level ELSE kind_of_need.skill_level END,
			service = CASE WHEN triage_ticket.category IS NULL THEN t.service ELSE kind_of_need.service END,
			priority = coalesce(triage_ticket.priority, t.priority),
			is_emergency = coalesce(triage_ticket.is_emergency, t.is_emergency)
		WHERE t.project_id = triage_ticket.project_id AND t.id = triage_ticket.ticket_id
		RETURNING t.* INTO present;
		SELECT k.agreed_resolution INTO agreed FROM rui.ticket k
		WHERE k.project_id = triage_ticket.project_id AND k.id = triage_ticket.ticket_id;
		PERFORM rui._retarget_clocks(project_id, rui._promises(project_id, ticket_id, kind_of_need.path, present.priority,
			present.is_emergency, agreed, present.opened_at), present.last_at);
		-- What it was not promised before counts from the beginning, until now
		-- where this is what was promised.
		PERFORM rui._start_clocks(project_id, ticket_id, kind_of_need.path, present.priority, present.is_emergency, agreed,
			present.opened_at, known_at => present.last_at);
		PERFORM rui._move_clocks(project_id, present.kind, ARRAY[ticket_id], 'triage', present.last_at);
	END IF;
	PERFORM rui._finish_request(project_id, 'triage_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.triage_ticket(bigint, bigint, text, integer, boolean, text, timestamptz) IS
'Confirms a new ticket as a real need; category, priority (1 to 5) and is_emergency correct what was told, null keeps it. Running clocks then take the targets promised for that kind when the ticket was opened, and keep the time that has passed. Returns the new state, triaged. Needs manage_tickets. Errors: 22004, 22001, 22008, 22023 blank category, priority, or before the last action, P0002 unknown ticket or category, RU409, 42501, 55000 not legal now.';

CREATE FUNCTION rui._give_ticket(project_id bigint, ticket_id bigint, action text, worker_id bigint, reason text,
	request_key text, at timestamptz, OUT new_state text, OUT former_state text, OUT former_id bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.task;
BEGIN
	PERFORM rui._check_time(project_id, at);
	IF worker_id IS NULL THEN
		PERFORM rui._missing('worker_id');
	ELSIF reason IS NOT NULL THEN
		PERFORM rui._check_text('reason', reason, 500);
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, action || '_ticket', request_key,
			jsonb_build_array(ticket_id, worker_id, reason));
		IF answer IS NOT NULL THEN
			new_state := answer #>> '{}';
			RETURN;
		END IF;
	END IF;
	present := rui._lock_task(project_id, ticket_id, 'ticket');
	IF action = 'transfer' THEN
		PERFORM rui._refuse_strange_ticket(project_id, present);
	END IF;
	former_state := present.state;
	former_id := CASE present.state WHEN 'assigned' THEN present.executor_id END;
	IF action = 'assign' AND present.state = 'new' THEN
		PERFORM rui._move_ticket(project_id, present, 'triage', NULL, NULL, at);
		present := rui._lock_task(project_id, ticket_id, 'ticket');
	ELSIF action = 'transfer' AND present.state = 'assigned' AND present.executor_id = worker_id THEN
		RAISE EXCEPTION 'ticket % is assigned to party % already', ticket_id, worker_id
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give another worker_id.';
	END IF;
	PERFORM rui._refuse_worker(project_id, worker_id, present.skill, present.skill_level, at);
	new_state := rui._move_ticket(project_id, present, action, reason, worker_id, at);
	PERFORM rui._finish_request(project_id, action || '_ticket', request_key, to_jsonb(new_state));
END
$$;
COMMENT ON FUNCTION rui._give_ticket(bigint, bigint, text, bigint, text, text, timestamptz) IS
'Internal: assign and transfer, once per request key. Returns the new state, and what it was before (null where the same was asked before), and who had the ticket, or null.';

-- Many tickets at once, as dispatch decides. Who is working on a ticket this
-- very moment is not waited for.
CREATE FUNCTION rui._assign_tickets(project_id bigint, ticket_ids bigint[], worker_ids bigint[], reason text,
	at timestamptz) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	fresh bigint[];
	done bigint[];
	former_ids bigint[];
BEGIN
	SELECT coalesce(array_agg(l.id ORDER BY l.id) FILTER (WHERE l.state = 'new' AND l.worker_id IS NOT NULL), '{}'),
		coalesce(array_agg(l.id ORDER BY l.id), '{}'),
		coalesce(array_agg(CASE WHEN l.state = 'assigned' THEN l.executor_id END ORDER BY l.id), '{}')
	INTO fresh, done, former_ids
	FROM (
		SELECT t.id, t.state, t.executor_id, w.worker_id FROM rui.task t
		JOIN unnest(ticket_ids, worker_ids) AS w(ticket_id, worker_id) ON w.ticket_id = t.id
		WHERE t.project_id = _assign_tickets.project_id AND t.kind = 'ticket'
			AND t.last_at <= _assign_tickets.at
			AND (t.state IN ('new', 'triaged') AND w.worker_id IS NOT NULL
				OR t.state = 'assigned' AND t.executor_id IS DISTINCT FROM w.worker_id)
		ORDER BY t.id
		FOR NO KEY UPDATE OF t SKIP LOCKED) AS l;
	UPDATE rui.task t SET last_action = 'triage', last_at = _assign_tickets.at
	WHERE t.project_id = _assign_tickets.project_id AND t.id = ANY (fresh);
	IF fresh <> '{}' THEN
		PERFORM rui._move_clocks(project_id, 'ticket', fresh, 'triage', at);
	END IF;
	UPDATE rui.task t
	SET last_action = CASE WHEN t.state <> 'assigned' THEN 'assign' WHEN w.worker_id IS NULL THEN 'withdraw' ELSE 'transfer' END,
		last_at = _assign_tickets.at, executor_id = w.worker_id,
		assigned_at = CASE WHEN w.worker_id IS NULL THEN t.assigned_at ELSE _assign_tickets.at END
	FROM unnest(ticket_ids, worker_ids) AS w(ticket_id, worker_id)
	JOIN unnest(done) AS d(id) ON d.id = w.ticket_id
	WHERE t.project_id = _assign_tickets.project_id AND t.id = d.id;
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	SELECT _assign_tickets.project_id, _assign_tickets.at, 'ticket.triage', 'ticket', f.id, me,
		'{"from_state": "new", "to_state": "triaged"}'::jsonb
	FROM unnest(fresh) AS f(id)
	ORDER BY f.id;
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	SELECT _assign_tickets.project_id, _assign_tickets.at, 'ticket.' || a.action, 'ticket', d.id, me,
		jsonb_strip_nulls(jsonb_build_object('from_state', CASE a.action WHEN 'assign' THEN 'triaged' ELSE 'assigned' END,
			'to_state', CASE a.action WHEN 'withdraw' THEN 'triaged' ELSE 'assigned' END, 'reason', _assign_tickets.reason,
			'executor_id', coalesce(w.worker_id, d.former_id)))
	FROM unnest(done, former_ids) AS d(id, former_id)
	JOIN unnest(ticket_ids, worker_ids) AS w(ticket_id, worker_id) ON w.ticket_id = d.id
	CROSS JOIN LATERAL (
		SELECT CASE WHEN d.former_id IS NULL THEN 'assign' WHEN w.worker_id IS NULL THEN 'withdraw' ELSE 'transfer' END) AS a(action)
	ORDER BY d.id;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._assign_tickets(bigint, bigint[], bigint[], text, timestamptz) IS
'Internal: gives ticket_ids[i] to worker_ids[i] (each ticket once), triaging new ones first; the caller has checked the workers. A ticket that is assigned already goes over to the other worker, or, where that is null, back to waiting (withdraw). Tickets that somebody else moved in the meantime or has in hand, or that were moved after `at`, are left. Returns the ids of those that changed, ascending.';

CREATE FUNCTION rui.accept_ticket(project_id bigint, ticket_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	RETURN rui._simple_action(project_id, ticket_id, 'accept', NULL, false, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.accept_ticket(bigint, bigint, text, timestamptz) IS
'The executor takes an assigned ticket on; the response clock stops. Returns the new state, accepted. For its executor, or with manage_tickets. Errors: 22004, 22008, 22023 before the last action, P0002, RU409, 42501, 55000 not legal now.';

CREATE FUNCTION rui.reject_ticket(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	RETURN rui._simple_action(project_id, ticket_id, 'reject', reason, true, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.reject_ticket(bigint, bigint, text, text, timestamptz) IS
'The executor gives an assigned ticket back; reason: 1 to 500 characters. Returns the new state, triaged. For its executor, or with manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason or before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.report_no_show(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_tickets');
	RETURN rui._simple_action(project_id, ticket_id, 'no_show', reason, true, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.report_no_show(bigint, bigint, text, text, timestamptz) IS
'The executor of an assigned, accepted or travelling ticket does not come: the ticket waits again, without him; reason: 1 to 500 characters. Its clocks go on; a response that was given counts. Dispatch gives it out anew (an emergency at once), to him again only where nobody is cheaper: term no_show. Returns the new state, triaged. Needs manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason or before the last action, P0002, RU409, 42501, 55000 not legal now.';

CREATE FUNCTION rui.depart_ticket(project_id bigint, ticket_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	RETURN rui._simple_action(project_id, ticket_id, 'depart', NULL, false, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.depart_ticket(bigint, bigint, text, timestamptz) IS
'The executor sets out. Returns the new state, en_route. For its executor, or with manage_tickets. Errors: 22004, 22008, 22023 before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.arrive_ticket(project_id bigint, ticket_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	RETURN rui._simple_action(project_id, ticket_id, 'arrive', NULL, false, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.arrive_ticket(bigint, bigint, text, timestamptz) IS
'The executor is there and begins; the arrival clock stops. Returns the new state, in_progress. For its executor, or with manage_tickets. Errors: 22004, 22008, 22023 before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.pause_ticket(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now(), cause text DEFAULT 'deferred', until_at timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	IF cause IS NULL THEN
		PERFORM rui._missing('cause');
	END IF;
	RETURN rui._simple_action(project_id, ticket_id, 'pause', reason, true, request_key, at, cause, until_at);
END
$$;
COMMENT ON FUNCTION rui.pause_ticket(bigint, bigint, text, text, timestamptz, text, timestamptz) IS
'Work stops for a while; reason: 1 to 500 characters. cause, a code of rui.pause_reason, says which clocks stop with it: deferred all of them. until_at: when it will go on by itself (see the duty resume_tickets), and when the clocks do; null: when somebody resumes it. Returns the new state, deferred. For its executor, or with manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason, until_at not after at, or before the last action, P0002 unknown ticket or cause, RU409, 42501, 55000.';

CREATE FUNCTION rui.resume_ticket(project_id bigint, ticket_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	RETURN rui._simple_action(project_id, ticket_id, 'resume', NULL, false, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.resume_ticket(bigint, bigint, text, timestamptz) IS
'Work on a deferred ticket goes on: its pauses end, whatever their cause, and its clocks run again. Returns the new state, in_progress. For its executor, or with manage_tickets. Errors: 22004, 22008, 22023 before the last action, P0002, RU409, 42501, 55000.';
