-- How a ticket ends: done, closed, reopened, cancelled, declined, merged;
-- and what the customer says about it.

CREATE FUNCTION rui.complete_ticket(project_id bigint, ticket_id bigint, outcome text,
	charge_amount numeric DEFAULT NULL, charge_waiver text DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.task;
	payable boolean;
	settled boolean;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'work_ticket');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('outcome', outcome, 4000);
	IF charge_amount IS NOT NULL THEN
		PERFORM rui._check_amount('charge_amount', charge_amount);
	END IF;
	IF charge_waiver IS NOT NULL THEN
		PERFORM rui._check_text('charge_waiver', charge_waiver, 500);
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'complete_ticket', request_key,
			jsonb_build_array(ticket_id, outcome, charge_amount, charge_waiver));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	present := rui._lock_task(project_id, ticket_id, 'ticket');
	new_state := rui._move_ticket(project_id, present, 'complete', NULL, NULL, at,
		jsonb_strip_nulls(jsonb_build_object('charge_amount', charge_amount, 'charge_waiver', charge_waiver)));
	SELECT c.fee_item_code IS NOT NULL, k.charge_amount IS NOT NULL OR k.charge_waiver IS NOT NULL
	INTO payable, settled
	FROM rui.ticket k
	LEFT JOIN rui.ticket_category c ON c.project_id = k.project_id AND c.code = present.category
	WHERE k.project_id = complete_ticket.project_id AND k.id = complete_ticket.ticket_id;
	IF payable AND NOT settled AND (charge_amount IS NULL) = (charge_waiver IS NULL) THEN
		RAISE EXCEPTION 'work of category "%" is payable: give charge_amount or charge_waiver', present.category
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Exactly one of them: what the customer pays, or why nothing.';
	ELSIF (settled OR payable IS NOT TRUE) AND (charge_amount IS NOT NULL OR charge_waiver IS NOT NULL) THEN
		RAISE EXCEPTION 'nothing can be charged for ticket %', ticket_id
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = CASE WHEN settled THEN 'It was charged or waived at its first completion.'
					ELSE format('Category %s is free for the customer.', present.category) END;
	END IF;
	UPDATE rui.ticket k
	SET outcome = complete_ticket.outcome, charge_amount = coalesce(k.charge_amount, complete_ticket.charge_amount),
		charge_waiver = coalesce(k.charge_waiver, complete_ticket.charge_waiver)
	WHERE k.project_id = complete_ticket.project_id AND k.id = complete_ticket.ticket_id;
	PERFORM rui._finish_request(project_id, 'complete_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.complete_ticket(bigint, bigint, text, numeric, text, text, timestamptz) IS
'The work is done: outcome says how (1 to 4000 characters); all clocks stop. Work of a category with a fee item needs, at its first completion, either charge_amount (above 0, two decimals, tax as the fee item says) or charge_waiver (why nothing is charged, 1 to 500 characters); other work takes neither. Returns the new state, completed. For its executor, or with manage_tickets. Errors: 22004, 22001, 22003 amount, 22008, 22023 blank text, before the last action, charge missing or not possible, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.close_ticket(project_id bigint, ticket_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_tickets');
	RETURN rui._simple_action(project_id, ticket_id, 'close', NULL, false, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.close_ticket(bigint, bigint, text, timestamptz) IS
'Ends a completed ticket for good. Returns the new state, closed. Needs manage_tickets. Errors: 22004, 22008, 22023 before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui._end_for_customer(project_id bigint, ticket_id bigint, action text, reason text, request_key text,
	at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	new_state text;
BEGIN
	new_state := rui._simple_action(project_id, ticket_id, action, reason, true, request_key, at);
	IF NOT rui.has_permission(project_id, 'manage_tickets') AND NOT rui._is_concerned(project_id, ticket_id) THEN
		RAISE EXCEPTION 'ticket % is not yours', ticket_id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Only who reported it, its household, or who may manage tickets can do this.';
	END IF;
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui._end_for_customer(bigint, bigint, text, text, text, timestamptz) IS
'Internal: reopen and cancel: by the reporter, the household, or with manage_tickets. Returns the new state.';

CREATE FUNCTION rui.reopen_ticket(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'open_ticket');
	RETURN rui._end_for_customer(project_id, ticket_id, 'reopen', reason, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.reopen_ticket(bigint, bigint, text, text, timestamptz) IS
'A completed ticket was not done after all; reason: 1 to 500 characters. It keeps its executor''s name, its charge and its first response; its rating goes, and its arrival and resolution clocks begin a new cycle. Returns the new state, triaged. For who reported it, its household, or with manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason or before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.cancel_ticket(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'open_ticket');
	RETURN rui._end_for_customer(project_id, ticket_id, 'cancel', reason, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.cancel_ticket(bigint, bigint, text, text, timestamptz) IS
'The customer no longer needs it; reason: 1 to 500 characters. Its clocks stop without a verdict. Returns the new state, cancelled. For who reported it, its household, or with manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason or before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.decline_ticket(project_id bigint, ticket_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_tickets');
	RETURN rui._simple_action(project_id, ticket_id, 'decline', reason, true, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decline_ticket(bigint, bigint, text, text, timestamptz) IS
'The company will not do it; reason: 1 to 500 characters. Its clocks stop without a verdict. Returns the new state, declined. Needs manage_tickets. Errors: 22004, 22001, 22008, 22023 blank reason or before the last action, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.merge_ticket(project_id bigint, ticket_id bigint, into_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.task;
	survivor rui.task;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_tickets');
	PERFORM rui._check_time(project_id, at);
	IF ticket_id IS NULL OR into_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN ticket_id IS NULL THEN 'ticket_id' ELSE 'into_id' END);
	ELSIF ticket_id = into_id THEN
		RAISE EXCEPTION 'a ticket cannot be merged into itself' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'merge_ticket', request_key, jsonb_build_array(ticket_id, into_id));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	-- In the order of ids, as everybody who locks two tasks.
	IF ticket_id < into_id THEN
		present := rui._lock_task(project_id, ticket_id, 'ticket');
	END IF;
	survivor := rui._lock_task(project_id, into_id, 'ticket');
	IF ticket_id > into_id THEN
		present := rui._lock_task(project_id, ticket_id, 'ticket');
	END IF;
	IF survivor.completed_at IS NOT NULL OR survivor.ended_at IS NOT NULL THEN
		RAISE EXCEPTION 'ticket % is %: nothing can be merged into it', into_id, survivor.state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Merge into an open ticket.';
	END IF;
	new_state := rui._move_ticket(project_id, present, 'merge', NULL, NULL, at, jsonb_build_object('into_id', into_id));
	UPDATE rui.ticket k SET parent_id = into_id
	WHERE k.project_id = merge_ticket.project_id AND k.id = merge_ticket.ticket_id;
	PERFORM rui._finish_request(project_id, 'merge_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.merge_ticket(bigint, bigint, bigint, text, timestamptz) IS
'Two tickets tell of the same need: ticket_id ends and points to into_id, which must be open. Its clocks stop without a verdict. Returns the new state, merged. Needs manage_tickets. Errors: 22004, 22008, 22023 the same ticket or before the last action, P0002, RU409, 42501, 55000 not legal now, or into_id not open.';

CREATE FUNCTION rui.rate_ticket(project_id bigint, ticket_id bigint, score integer, comment text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	answer jsonb;
	present rui.task;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'rate_ticket');
	PERFORM rui._check_time(project_id, at);
	IF score IS NULL THEN
		PERFORM rui._missing('score');
	ELSIF score NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'score must be 1 to 5, not %', score USING ERRCODE = 'invalid_parameter_value';
	ELSIF comment IS NOT NULL THEN
		PERFORM rui._check_text('comment', comment, 4000);
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'rate_ticket', request_key, jsonb_build_array(ticket_id, score, comment));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	present := rui._lock_task(project_id, ticket_id, 'ticket');
	PERFORM rui._refuse_strange_ticket(project_id, present);
	PERFORM rui._refuse_own_work(project_id, present, 'rates his own work');
	IF NOT rui.has_permission(project_id, 'manage_tickets') AND NOT rui._is_concerned(project_id, ticket_id) THEN
		RAISE EXCEPTION 'ticket % is not yours', ticket_id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Only who reported it, its household, or who may manage tickets can do this.';
	END IF;
	new_state := rui._move_ticket(project_id, present, 'rate', NULL, NULL, at, jsonb_build_object('score', score));
	UPDATE rui.ticket k
	SET rating = score, rating_comment = rate_ticket.comment, rated_by = me, rated_at = at
	WHERE k.project_id = rate_ticket.project_id AND k.id = rate_ticket.ticket_id;
	PERFORM rui._finish_request(project_id, 'rate_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.rate_ticket(bigint, bigint, integer, text, text, timestamptz) IS
'The customer''s judgement of a completed or closed ticket: score 1 (bad) to 5, comment up to 4000 characters or null; a second one replaces the first. Returns the state, which does not change. For who reported it, its household, or with manage_tickets for them; never for its executor, or for who accepted it before it was given to another. Errors: 22004, 22001, 22008, 22023 score, blank comment or before the last action, P0002, RU409, 42501, 55000 not completed.';

CREATE FUNCTION rui.call_back_ticket(project_id bigint, ticket_id bigint, is_satisfied boolean DEFAULT NULL, note text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	answer jsonb;
	present rui.task;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'call_back_ticket');
	PERFORM rui._check_time(project_id, at);
	IF note IS NOT NULL THEN
		PERFORM rui._check_text('note', note, 4000);
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'call_back_ticket', request_key, jsonb_build_array(ticket_id, is_satisfied, note));
		IF answer IS NOT NULL THEN
			RETURN answer #>> '{}';
		END IF;
	END IF;
	present := rui._lock_task(project_id, ticket_id, 'ticket');
	PERFORM rui._refuse_own_work(project_id, present, 'asks how his own work was');
	new_state := rui._move_ticket(project_id, present, 'call_back', NULL, NULL, at,
		jsonb_strip_nulls(jsonb_build_object('is_satisfied', is_satisfied)));
	UPDATE rui.ticket k
	SET called_back_at = call_back_ticket.at, called_back_by = me, is_satisfied = call_back_ticket.is_satisfied,
		call_back_note = call_back_ticket.note
	WHERE k.project_id = call_back_ticket.project_id AND k.id = call_back_ticket.ticket_id;
	PERFORM rui._finish_request(project_id, 'call_back_ticket', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.call_back_ticket(bigint, bigint, boolean, text, text, timestamptz) IS
'The customer of a completed or closed ticket was asked how it was: is_satisfied (null: could not say), note up to 4000 characters or null. Stops the call-back clock; a second call replaces what the first one noted. Returns the state, which does not change. Needs permission call_back_ticket; never by its executor, or by who accepted it before it was given to another. Errors: 22004, 22001, 22008, 22023 blank note or before the last action, P0002, RU409, 42501, 55000 not completed.';
