-- What people look at: the board of tickets, one's own day, the history of a
-- ticket. Everybody sees of the board what the tables let him see.

CREATE VIEW rui.ticket_board WITH (security_invoker = true, security_barrier = true) AS
SELECT t.project_id, t.id AS ticket_id, n.number, t.state, zh.name AS state_zh, en.name AS state_en,
	t.category, c.name_zh AS category_zh, c.name_en AS category_en, t.priority, t.is_emergency, k.source, k.details,
	t.unit_id, u.code AS unit_code, t.building_id, t.grid_id, t.place,
	k.reporter_id, k.household_id, t.accountable_id, t.executor_id, w.name AS executor_name,
	t.opened_at, t.assigned_at, t.accepted_at, t.arrived_at, t.completed_at, t.ended_at,
	re.due_at AS response_due_at, re.on_time AS response_on_time,
	ar.due_at AS arrival_due_at, ar.on_time AS arrival_on_time,
	so.due_at AS resolution_due_at, so.breach_at AS resolution_breach_at, so.on_time AS resolution_on_time,
	CASE so.judged_by WHEN 'wall' THEN so.late_wall ELSE so.late_working END AS resolution_late_by,
	coalesce(re.breached_at IS NOT NULL OR re.next_at < now(), false)
		OR coalesce(ar.breached_at IS NOT NULL OR ar.next_at < now(), false)
		OR coalesce(so.breached_at IS NOT NULL OR so.next_at < now(), false) AS is_late,
	k.reopen_count, k.parent_id, k.outcome, k.charge_amount, k.rating
FROM rui.task t
JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
LEFT JOIN rui.document_number n ON n.project_id = k.project_id AND n.series = 'ticket' AND n.subject_id = k.id
LEFT JOIN rui.ticket_category c ON c.project_id = t.project_id AND c.code = t.category
LEFT JOIN rui.unit u ON u.project_id = t.project_id AND u.id = t.unit_id
LEFT JOIN rui.party w ON w.id = t.executor_id
LEFT JOIN rui.label zh ON zh.kind = 'state.ticket' AND zh.code = t.state AND zh.lang = 'zh'
LEFT JOIN rui.label en ON en.kind = 'state.ticket' AND en.code = t.state AND en.lang = 'en'
LEFT JOIN rui.task_clock re ON re.project_id = t.project_id AND re.task_id = t.id AND re.target = 'response'
LEFT JOIN rui.task_clock ar ON ar.project_id = t.project_id AND ar.task_id = t.id AND ar.target = 'arrival'
LEFT JOIN rui.task_clock so ON so.project_id = t.project_id AND so.task_id = t.id AND so.target = 'resolution'
WHERE t.kind = 'ticket';
PERFORM rui._describe('ticket_board', 'Tickets with their state, place, people, promises and verdicts: for a manager all of the project, for staff and stewards those they do or answer for (open, or moved in the last 31 days), for residents those they reported and those of their home.',
	'ticket_id: Id of the ticket.', 'number: Number for people; null while the transaction that opens it lasts.',
	'state_zh: State in Chinese.', 'state_en: State in English.',
	'category: Code of the category.', 'category_zh: Category in Chinese.', 'category_en: Category in English.',
	'priority: 1 (first) to 5.', 'is_emergency: Whether it goes before everything else.', 'source: How it came.',
	'details: What was told.', 'unit_code: Number of the unit, where one may see it.', 'grid_id: The grid it lies in.',
	'place: Where it is, WGS 84.', 'reporter_id: Who told.', 'accountable_id: Who answers for it.',
	'executor_id: Who does it or did it last.', 'executor_name: The name, where one may see it.',
	'opened_at: When the need arose.', 'assigned_at: When it was last assigned.', 'accepted_at: When it was accepted.',
	'arrived_at: When somebody was there.', 'completed_at: When it was done.', 'ended_at: When it was closed, cancelled, declined or merged.',
	'response_due_at: When it must be accepted.', 'response_on_time: Verdict of the response.',
	'arrival_due_at: When somebody must be there.', 'arrival_on_time: Verdict of the arrival.',
	'resolution_due_at: When it must be done; null while deferred in time.', 'resolution_breach_at: The last instant that is in time by working time.',
	'resolution_on_time: Verdict of the resolution.', 'resolution_late_by: By how much it was late, in working time or by the wall as judged.',
	'is_late: Whether a promise of it is or was broken, as of now().',
	'reopen_count: How often it was reopened.', 'parent_id: The ticket it was merged into.', 'outcome: What was done.',
	'charge_amount: What the customer pays for it.', 'rating: The customer''s judgement, 1 to 5.');
GRANT SELECT ON rui.ticket_board TO rui_resident, rui_staff, rui_steward, rui_partner, rui_agent, rui_manager, rui_auditor;

-- The board names units: a resident reads his own, a partner those of his tasks.
CREATE FUNCTION rui.my_units() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED COST 1000
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ARRAY(
		SELECT h.unit_id FROM rui.household h
		WHERE h.project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND h.id = ANY ((SELECT rui.my_households())::bigint[])
		UNION
		SELECT t.unit_id FROM rui.task t
		WHERE t.project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND t.id = ANY ((SELECT rui.my_tasks())::bigint[])
			AND t.unit_id IS NOT NULL
		ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui.my_units() IS
'Ids of the units of the acting party''s households today, and of its tasks as rui.my_tasks() names them; ascending, empty for nobody.';
PERFORM rui._allow_read('unit', '{rui_resident,rui_partner}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND id = ANY ((SELECT rui.my_units())::bigint[])');

CREATE FUNCTION rui.my_day(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (position_no integer, task_id bigint, kind text, number bigint, state text, category text, priority integer,
	is_emergency boolean, unit_code text, place geometry, details text, service interval, next_target text,
	due_at timestamptz, is_late boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	IF at IS NULL THEN
		PERFORM rui._missing('at');
	END IF;
	RETURN QUERY
	SELECT (row_number() OVER o)::integer, t.id, t.kind, d.number, t.state, t.category, t.priority, t.is_emergency, u.code,
		t.place, k.details, t.service, n.target, n.due_at, coalesce(l.is_late, false)
	FROM rui.task t
	LEFT JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	LEFT JOIN rui.document_number d ON d.project_id = t.project_id AND d.series = 'ticket' AND d.subject_id = t.id
	LEFT JOIN rui.unit u ON u.project_id = t.project_id AND u.id = t.unit_id
	LEFT JOIN LATERAL (
		SELECT c.target, c.due_at FROM rui.task_clock c
		WHERE c.project_id = t.project_id AND c.task_id = t.id AND c.state = 'running'
		ORDER BY c.due_at LIMIT 1) n ON true
	LEFT JOIN LATERAL (
		SELECT bool_or(c.breached_at IS NOT NULL OR c.next_at < my_day.at) AS is_late FROM rui.task_clock c
		WHERE c.project_id = t.project_id AND c.task_id = t.id AND c.state <> 'stopped') l ON true
	WHERE t.project_id = my_day.project_id AND t.executor_id = rui.current_party()
		AND t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred')
	WINDOW o AS (ORDER BY t.state = 'deferred', NOT t.is_emergency, n.due_at NULLS LAST, t.priority, t.id)
	ORDER BY 1;
END
$$;
COMMENT ON FUNCTION rui.my_day(bigint, timestamptz) IS
'What the acting party has to do in a project, in the order to do it: emergencies, then by what is due next, then by priority; deferred tasks last. next_target and due_at: the running clock that is due first; is_late: a promise was broken before `at`. Needs permission work_ticket. Errors: 22004, 42501, 55000.';

CREATE FUNCTION rui.ticket_history(project_id bigint, ticket_id bigint)
RETURNS TABLE (at timestamptz, action text, party_id bigint, from_state text, to_state text, reason text, facts jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	present rui.task;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_tickets');
	IF ticket_id IS NULL THEN
		PERFORM rui._missing('ticket_id');
	END IF;
	SELECT t.* INTO present FROM rui.task t
	WHERE t.project_id = ticket_history.project_id AND t.id = ticket_history.ticket_id AND t.kind = 'ticket';
	-- What one may not see looks like what is not there.
	IF NOT FOUND OR NOT (rui.has_permission(project_id, 'see_all_tickets')
		OR coalesce(me IN (present.executor_id, present.accountable_id), false) OR rui._is_concerned(project_id, ticket_id)) THEN
		PERFORM rui._unknown('ticket', ticket_id, project_id);
	END IF;
	RETURN QUERY
	SELECT e.at, split_part(e.kind, '.', 2), e.party_id, e.payload ->> 'from_state', e.payload ->> 'to_state',
		e.payload ->> 'reason', e.payload - '{from_state,to_state,reason}'::text[]
	FROM rui.event e
	WHERE e.project_id = ticket_history.project_id AND e.subject_id = ticket_history.ticket_id
		AND e.subject IN ('ticket', 'task')
	ORDER BY e.at, e.id;
END
$$;
COMMENT ON FUNCTION rui.ticket_history(bigint, bigint) IS
'What happened to a ticket, in order: its actions (open, accept, …) and those of its clocks (breach, escalate), who did it (null: the platform), why, and further facts. For its reporter, household, executor, accountable person, and with see_all_tickets. Errors: 22004, P0002 unknown or not to be seen, 42501.';
PERFORM rui._permit('see_tickets', '{live,closed}', 'resident', 'steward', 'staff', 'partner', 'agent', 'manager', 'expert', 'auditor', 'loader');
PERFORM rui._permit('see_all_tickets', '{live,closed}', 'agent', 'manager', 'expert', 'auditor', 'loader');

-- Who is content says nothing: after a week a completed ticket is closed.
CREATE FUNCTION rui._duty_close_tickets(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	done bigint;
BEGIN
	WITH silent AS (
		SELECT t.id, t.executor_id FROM rui.task t
		WHERE t.project_id = _duty_close_tickets.project_id AND t.kind = 'ticket' AND t.state = 'completed'
			AND t.last_at < _duty_close_tickets.at - interval '168 hours'
		ORDER BY t.id
		FOR NO KEY UPDATE
	), closed AS (
		UPDATE rui.task t
		SET last_action = 'close', last_at = _duty_close_tickets.at, ended_at = _duty_close_tickets.at
		FROM silent s WHERE t.project_id = _duty_close_tickets.project_id AND t.id = s.id
		RETURNING t.id, t.executor_id
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, payload)
		SELECT _duty_close_tickets.project_id, _duty_close_tickets.at, 'ticket.close', 'ticket', c.id,
			jsonb_build_object('from_state', 'completed', 'to_state', 'closed', 'executor_id', c.executor_id)
		FROM closed c ORDER BY c.id
		RETURNING e.id)
	SELECT count(*) INTO done FROM told;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_close_tickets(bigint, timestamptz) IS
'Internal: the duty close_tickets of rui.tick(): closes tickets that were completed, or last rated, more than seven times 24 hours before `at`. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('close_tickets', 40, 'Closes completed tickets after seven days in which nothing happened.');

-- Who deferred it said until when.
CREATE FUNCTION rui._duty_resume_tickets(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	done bigint;
BEGIN
	WITH ready AS (
		SELECT t.id, t.executor_id, t.deferred_until FROM rui.task t
		WHERE t.project_id = _duty_resume_tickets.project_id AND t.kind = 'ticket' AND t.state = 'deferred'
			AND t.deferred_until <= _duty_resume_tickets.at
		ORDER BY t.id
		FOR NO KEY UPDATE
	), resumed AS (
		-- The clocks have known it since.
		UPDATE rui.task t SET last_action = 'resume', last_at = r.deferred_until, deferred_until = NULL
		FROM ready r WHERE t.project_id = _duty_resume_tickets.project_id AND t.id = r.id
		RETURNING t.id, t.executor_id, t.last_at
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, payload)
		SELECT _duty_resume_tickets.project_id, r.last_at, 'ticket.resume', 'ticket', r.id,
			jsonb_build_object('from_state', 'deferred', 'to_state', 'in_progress', 'executor_id', r.executor_id)
		FROM resumed r ORDER BY r.last_at, r.id
		RETURNING e.id)
	SELECT count(*) INTO done FROM told;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_resume_tickets(bigint, timestamptz) IS
'Internal: the duty resume_tickets of rui.tick(): deferred tickets whose time has come are in progress again, from the instant that was said. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('resume_tickets', 20, 'Takes deferred tickets up again when the time said for them has come.');
