-- What people do with the lines of statements that no rule is sure of.

CREATE FUNCTION rui._line(project_id bigint, line_id bigint, must_be_free boolean) RETURNS rui.bank_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	line rui.bank_line;
BEGIN
	IF line_id IS NULL THEN
		PERFORM rui._missing('line_id');
	END IF;
	SELECT l.* INTO line FROM rui.bank_line l WHERE l.project_id = _line.project_id AND l.id = line_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('line', line_id, project_id);
	ELSIF must_be_free AND EXISTS (SELECT FROM rui.bank_line_state s WHERE s.project_id = _line.project_id AND s.line_id = _line.line_id
		AND s.reconciliation_id IS NOT NULL) THEN
		RAISE EXCEPTION 'line % is matched already', line_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.unmatch_line takes the match back.';
	END IF;
	RETURN line;
END
$$;
COMMENT ON FUNCTION rui._line(bigint, bigint, boolean) IS
'Internal: a line of a statement. Errors: 22004, P0002 unknown, 55000 held by a match where it must be free.';

CREATE FUNCTION rui.set_reconciliation(project_id bigint, channel text, tolerance numeric DEFAULT 0, window_days integer DEFAULT 3,
	fee_account text DEFAULT '6602', at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fee_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_reconciliation');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('channel', channel, 60);
	PERFORM rui._check_balance('tolerance', tolerance);
	PERFORM rui._check_text('fee_account', fee_account, 20);
	IF window_days IS NULL THEN
		PERFORM rui._missing('window_days');
	ELSIF window_days NOT BETWEEN 0 AND 31 OR tolerance < 0 THEN
		RAISE EXCEPTION '% is out of range', CASE WHEN tolerance < 0 THEN 'tolerance' ELSE 'window_days' END
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give 0 to 31 days, and a tolerance of at least 0.';
	ELSIF NOT EXISTS (SELECT FROM rui.payment_channel c WHERE c.code = channel) THEN
		RAISE EXCEPTION 'unknown channel "%"', channel
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.payment_channel lists them.';
	END IF;
	PERFORM rui._lock_books(project_id);
	fee_id := rui._account(project_id, fee_account);
	IF EXISTS (SELECT FROM rui.account a WHERE a.project_id = set_reconciliation.project_id AND a.id = fee_id AND a.kind <> 'expense') THEN
		RAISE EXCEPTION 'account "%" takes no fees', fee_account USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an account of kind expense.';
	END IF;
	INSERT INTO rui.reconciliation_setting (project_id, channel, tolerance, window_days, fee_account_id)
	VALUES (set_reconciliation.project_id, set_reconciliation.channel, set_reconciliation.tolerance, set_reconciliation.window_days, fee_id)
	ON CONFLICT ON CONSTRAINT reconciliation_setting_pkey DO UPDATE
	SET tolerance = EXCLUDED.tolerance, window_days = EXCLUDED.window_days, fee_account_id = EXCLUDED.fee_account_id;
	RETURN channel;
END
$$;
COMMENT ON FUNCTION rui.set_reconciliation(bigint, text, numeric, integer, text, timestamptz) IS
'Has a channel reconciled before months are closed: no more than tolerance may stay unreconciled. window_days (0 to 31): how far a line and a payment without number may lie apart; fee_account: code of the expense account that takes what the channel keeps back. Returns the channel. Needs permission set_reconciliation. Errors: 22004, 22003, 22023, 22001, 22008 arguments, P0002 unknown account, 55000 no books, 42501.';

CREATE FUNCTION rui.match_line(project_id bigint, line_id bigint, payment_ids bigint[], reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	line rui.bank_line;
	held rui.reconciliation;
	bad_id bigint;
	ids bigint[];
	amounts numeric[];
BEGIN
	PERFORM rui.require_permission(project_id, 'reconcile');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	IF payment_ids IS NULL OR rui._holds_null(payment_ids) THEN
		PERFORM rui._missing(CASE WHEN payment_ids IS NULL THEN 'payment_ids' ELSE 'a payment' END);
	ELSIF cardinality(payment_ids) NOT BETWEEN 1 AND 10000 OR array_ndims(payment_ids) > 1 THEN
		RAISE EXCEPTION 'payment_ids must be a list of 1 to 10000 payments' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Name each payment of the line once.';
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'match_line', request_key, jsonb_build_array(line_id, payment_ids, reason));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	line := rui._line(project_id, line_id, true);
	IF line.kind <> 'receipt' AND line.from_channel IS NULL THEN
		RAISE EXCEPTION 'line % of kind % stands for no payments', line_id, line.kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Receipts and payouts that came do.';
	END IF;
	SELECT u.id INTO bad_id FROM unnest(payment_ids) AS u(id)
	WHERE NOT EXISTS (SELECT FROM rui.payment y WHERE y.project_id = match_line.project_id AND y.id = u.id) LIMIT 1;
	IF FOUND THEN
		PERFORM rui._unknown('payment', bad_id, project_id);
	END IF;
	SELECT array_agg(DISTINCT u.id ORDER BY u.id) INTO ids FROM unnest(payment_ids) AS u(id);
	SELECT u.id INTO bad_id FROM unnest(ids) AS u(id)
	WHERE NOT EXISTS (SELECT FROM rui._free_payments(match_line.project_id, coalesce(line.from_channel, line.channel), line.from_channel IS NOT NULL) y
		WHERE y.id = u.id) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'payment % cannot be what line % shows', bad_id, line_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'It is of another channel, reversed, or matched with another line.';
	END IF;
	SELECT array_agg(y.amount ORDER BY y.id) INTO amounts FROM rui.payment y
	WHERE y.project_id = match_line.project_id AND y.id = ANY (ids);
	held := rui._record_match(line, 'manual', array_fill('payment'::text, ARRAY[cardinality(ids)]), ids, amounts, line.fee, reason, at);
	PERFORM rui._emit(project_id, 'reconciliation.match', 'reconciliation', held.id, at,
		jsonb_build_object('line_id', line_id, 'payment_ids', ids, 'reason', reason, 'state', held.state));
	PERFORM rui._finish_request(project_id, 'match_line', request_key, to_jsonb(held.state));
	RETURN held.state;
END
$$;
COMMENT ON FUNCTION rui.match_line(bigint, bigint, bigint[], text, text, timestamptz) IS
'Says by hand which payments a receipt, or a payout less its fee, stands for. Payments are of the line''s channel, of a payout of the one it comes from, each matched once. An even payout is posted as by rui.reconcile. Returns the state: matched, short or over. Needs permission reconcile. Errors: 22004, 22023, 22001, 22008 arguments or kind of line, P0002 unknown line or payment, 55000 line or payment held already, no books or closed month, RU409, 42501.';

CREATE FUNCTION rui.take_line(project_id bigint, line_id bigint, unit_id bigint DEFAULT NULL, payer_id bigint DEFAULT NULL,
	designation bigint[] DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	line rui.bank_line;
	new_id bigint;
	held rui.reconciliation;
BEGIN
	PERFORM rui.require_permission(project_id, 'reconcile');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'take_line', request_key, jsonb_build_array(line_id, unit_id, payer_id, designation));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	line := rui._line(project_id, line_id, true);
	IF line.kind <> 'receipt' THEN
		RAISE EXCEPTION 'line % of kind % is no payment', line_id, line.kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Only receipts are taken as payments.';
	END IF;
	-- A line's own number counts once, as any number of the channel; a
	-- duplicate is refused by it.
	new_id := rui.record_payment(project_id, unit_id, payer_id, line.amount, line.channel, designation,
		coalesce(line.reference, 'line ' || line.id), NULL, at);
	held := rui._record_match(line, 'taken', '{payment}', ARRAY[new_id], ARRAY[line.amount::numeric], 0, NULL, at);
	PERFORM rui._emit(project_id, 'reconciliation.take', 'reconciliation', held.id, at,
		jsonb_build_object('line_id', line_id, 'payment_id', new_id));
	PERFORM rui._finish_request(project_id, 'take_line', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.take_line(bigint, bigint, bigint, bigint, bigint[], text, timestamptz) IS
'Makes a receipt that nobody has recorded a payment, as rui.record_payment does, for a unit, a payer or a payer in a unit, with the line''s channel, amount and reference, and matches them. Returns the payment''s id. Needs permissions reconcile and record_payment. Errors: those of rui.record_payment (23505: the reference is a payment already), and 22023 no receipt, P0002 unknown line, 55000 the line is matched.';

CREATE FUNCTION rui.unmatch_line(project_id bigint, line_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	held rui.reconciliation;
	payout_line bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reconcile');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'unmatch_line', request_key, jsonb_build_array(line_id, reason));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	PERFORM rui._line(project_id, line_id, false);
	SELECT r.* INTO held FROM rui.reconciliation r
	WHERE r.project_id = unmatch_line.project_id AND r.line_id = unmatch_line.line_id AND r.state <> 'undone' FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'line % has no match of its own', line_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Fees and payouts of a batch are held by the bank''s line of the payout.';
	ELSIF at < held.at OR at < held.matched_at THEN
		RAISE EXCEPTION 'a match of % cannot be undone at %', greatest(held.at, held.matched_at), at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	SELECT h.line_id INTO payout_line FROM rui.reconciliation_part p
	JOIN rui.reconciliation_part q ON q.project_id = p.project_id AND q.subject = p.subject AND q.subject_id = p.subject_id AND q.is_payout
	JOIN rui.reconciliation h ON h.project_id = q.project_id AND h.id = q.reconciliation_id AND h.state <> 'undone'
	WHERE p.project_id = held.project_id AND p.reconciliation_id = held.id AND NOT p.is_payout LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'what line % shows has been paid out', line_id
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Line %s is the payout.', payout_line), HINT = 'Unmatch the payout first.';
	END IF;
	UPDATE rui.reconciliation r SET last_action = 'undo', undone_at = unmatch_line.at, undone_by = rui.current_party(),
		undone_reason = unmatch_line.reason
	WHERE r.project_id = held.project_id AND r.id = held.id;
	PERFORM rui._emit(project_id, 'reconciliation.undo', 'reconciliation', held.id, at,
		jsonb_build_object('line_id', line_id, 'reason', reason));
	PERFORM rui._finish_request(project_id, 'unmatch_line', request_key, to_jsonb('undone'::text));
	RETURN 'undone';
END
$$;
COMMENT ON FUNCTION rui.unmatch_line(bigint, bigint, text, text, timestamptz) IS
'Takes the match of a line back, for a reason; what it posted is reversed in the month of at, a payment that was taken from the line stays. Returns undone. Needs permission reconcile. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown line, 55000 no match, paid out already, no books or closed month, RU409, 42501.';

CREATE FUNCTION rui.request_difference(project_id bigint, line_id bigint, account text, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS numeric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	line rui.bank_line;
	held rui.reconciliation;
	account_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reconcile');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('account', account, 20);
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_difference', request_key, jsonb_build_array(line_id, account, reason));
	IF answer IS NOT NULL THEN
		RETURN answer::numeric;
	END IF;
	line := rui._line(project_id, line_id, false);
	account_id := rui._account(project_id, account);
	IF EXISTS (SELECT FROM rui.account a WHERE a.project_id = request_difference.project_id AND a.id = account_id AND (a.is_control
		OR a.code IN (SELECT c.account_code FROM rui.payment_channel c))) THEN
		RAISE EXCEPTION 'account "%" takes no differences', account
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give one that is neither a control account nor that of a channel.';
	END IF;
	SELECT r.* INTO held FROM rui.reconciliation r
	WHERE r.project_id = request_difference.project_id AND r.line_id = request_difference.line_id AND r.state <> 'undone' FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		line := rui._line(project_id, line_id, true);
		IF line.kind NOT IN ('fee', 'other') THEN
			RAISE EXCEPTION 'line % of kind % is not matched', line_id, line.kind
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Match it first; only fees and other lines go to an account whole.';
		END IF;
		held := rui._record_match(line, 'booked', '{}', '{}', '{}', 0, reason, at);
	ELSIF held.state NOT IN ('short', 'over') THEN
		RAISE EXCEPTION 'line % has no difference', line_id USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'rui.bank_line_state shows which lines have one.';
	ELSIF at < held.at THEN
		RAISE EXCEPTION 'a match of % has no difference at %', held.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	UPDATE rui.reconciliation r SET last_action = 'ask', difference_account_id = account_id, difference_reason = request_difference.reason,
		requested_by = rui.current_party(), decided_by = NULL
	WHERE r.project_id = held.project_id AND r.id = held.id;
	PERFORM rui._emit(project_id, 'reconciliation.ask', 'reconciliation', held.id, at, jsonb_build_object(
		'line_id', line_id, 'difference', held.received - held.expected, 'account', account, 'reason', reason));
	PERFORM rui._finish_request(project_id, 'request_difference', request_key, to_jsonb(held.received - held.expected));
	RETURN held.received - held.expected;
END
$$;
COMMENT ON FUNCTION rui.request_difference(bigint, bigint, text, text, text, timestamptz) IS
'Asks that what a short or over line has less or more than the books, or all of a line of kind fee or other, goes to an account (its code; no control or channel account); nothing is posted until rui.decide_difference. Asking again replaces the request. Returns the difference: negative when short. Needs permission reconcile. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown line or account, 55000 not matched, without difference or no books, RU409, 42501.';

CREATE FUNCTION rui.decide_difference(project_id bigint, line_id bigint, approve boolean, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	held rui.reconciliation;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_differences');
	PERFORM rui._check_time(project_id, at);
	IF approve IS NULL THEN
		PERFORM rui._missing('approve');
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'decide_difference', request_key, jsonb_build_array(line_id, approve));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	PERFORM rui._line(project_id, line_id, false);
	SELECT r.* INTO held FROM rui.reconciliation r
	WHERE r.project_id = decide_difference.project_id AND r.line_id = decide_difference.line_id AND r.state IN ('short', 'over')
		AND r.requested_by IS NOT NULL AND r.decided_by IS NULL FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'nobody has asked about the difference of line %', line_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.request_difference asks.';
	END IF;
	PERFORM rui._check_other('difference', line_id, held.requested_by, held.at, at,
		concerned => ARRAY(SELECT unnest(rui._debtors(p.project_id, p.payer_id, p.unit_id, p.at)) FROM rui.reconciliation_part o
			LEFT JOIN rui.refund f ON f.project_id = o.project_id AND f.id = o.subject_id AND o.subject = 'refund'
			JOIN rui.payment p ON p.project_id = o.project_id AND p.id = CASE o.subject WHEN 'payment' THEN o.subject_id ELSE f.payment_id END
			WHERE o.project_id = held.project_id AND o.reconciliation_id = held.id));
	UPDATE rui.reconciliation r SET last_action = CASE WHEN approve THEN 'accept' ELSE 'refuse' END, decided_by = rui.current_party(),
		matched_at = CASE WHEN approve THEN decide_difference.at END
	WHERE r.project_id = held.project_id AND r.id = held.id
	RETURNING r.state INTO new_state;
	PERFORM rui._emit(project_id, CASE WHEN approve THEN 'reconciliation.accept' ELSE 'reconciliation.refuse' END, 'reconciliation', held.id, at,
		jsonb_build_object('line_id', line_id, 'difference', held.received - held.expected));
	PERFORM rui._finish_request(project_id, 'decide_difference', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.decide_difference(bigint, bigint, boolean, text, timestamptz) IS
'Accepts or refuses what another person asked about the difference of a line. Accepted, the line is matched, and the difference is posted between the account asked for and the channel''s. Returns the new state. Needs permission approve_differences. Errors: 22004, 22008, 22023 before the match, P0002 unknown line, 55000 nothing asked, no books or closed month, RU409, 42501 also for one''s own, and for whom it concerns.';

-- A month is closed when its money is accounted for.
CREATE FUNCTION rui._unreconciled_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	obstacle text := rui._close_obstacle(project_id, id);
	to_on date;
	to_at timestamptz;
BEGIN
	IF obstacle IS NOT NULL THEN
		RETURN obstacle;
	END IF;
	SELECT (p.month + interval '1 month')::date, (p.month + interval '1 month') AT TIME ZONE j.time_zone INTO to_on, to_at
	FROM rui.accounting_period p JOIN rui.project j ON j.id = p.project_id
	WHERE p.project_id = _unreconciled_obstacle.project_id AND p.id = _unreconciled_obstacle.id;
	SELECT format('Channel %s has %s unreconciled, more than %s.', s.channel, o.amount, s.tolerance) INTO obstacle
	FROM rui.reconciliation_setting s
	CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(abs(CASE WHEN l.state IN ('short', 'over') THEN coalesce(l.difference, 0) ELSE l.amount END))
			FROM rui.bank_line_state l
			WHERE l.project_id = s.project_id AND l.channel = s.channel AND l.on_date < to_on AND l.state <> 'matched'), 0)
		+ coalesce((SELECT sum(abs(u.amount)) FROM rui.unreconciled u
			WHERE u.project_id = s.project_id AND u.channel = s.channel AND u.at < to_at), 0) AS amount) o
	WHERE s.project_id = _unreconciled_obstacle.project_id AND o.amount > s.tolerance
	ORDER BY s.channel LIMIT 1;
	RETURN obstacle;
END
$$;
COMMENT ON FUNCTION rui._unreconciled_obstacle(bigint, bigint) IS
'Internal: guard of closing an accounting month: what rui._close_obstacle says, or a channel with a reconciliation_setting of which more than its tolerance is unreconciled up to the end of the month: lines that are not matched (of short and over ones the difference), and payments and refunds that no line shows. Null: nothing.';
UPDATE rui.transition SET guard = '_unreconciled_obstacle' WHERE subject = 'accounting_period' AND action = 'close';
