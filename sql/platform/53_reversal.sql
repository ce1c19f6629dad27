-- Taking back what was charged or paid: by new rows, never by changing old ones.

PERFORM rui._permit('reverse_charge', '{live,closed}', 'manager', 'accountant', 'loader');
PERFORM rui._permit('reverse_payment', '{live,closed}', 'manager', 'accountant', 'loader');
CREATE FUNCTION rui._take_back(project_id bigint, charge_id bigint, payment_id bigint, reason text, at timestamptz)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	last_at timestamptz;
	taken bigint;
BEGIN
	SELECT max(a.at) INTO last_at FROM rui.allocation a
	WHERE a.project_id = _take_back.project_id
		AND (a.charge_id = _take_back.charge_id OR a.payment_id = _take_back.payment_id);
	last_at := greatest(last_at, (SELECT max(l.at) FROM rui.credit_loss l
		WHERE l.project_id = _take_back.project_id AND l.payment_id = _take_back.payment_id));
	IF last_at > at THEN
		RAISE EXCEPTION 'an allocation of % cannot be taken back at %', last_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	INSERT INTO rui.allocation (project_id, payment_id, charge_id, amount, at, reverses, reason)
	SELECT a.project_id, a.payment_id, a.charge_id, -a.amount, _take_back.at, a.id, _take_back.reason
	FROM rui.allocation a
	WHERE a.project_id = _take_back.project_id
		AND (a.charge_id = _take_back.charge_id OR a.payment_id = _take_back.payment_id) AND a.reverses IS NULL
		AND NOT EXISTS (SELECT FROM rui.allocation b WHERE b.project_id = a.project_id AND b.reverses = a.id)
	ORDER BY a.id;
	GET DIAGNOSTICS taken = ROW_COUNT;
	-- What such a payment had recovered is written off as it was.
	INSERT INTO rui.credit_loss (project_id, charge_id, kind, amount, payment_id, at)
	SELECT l.project_id, l.charge_id, 'bounced', -sum(l.amount), l.payment_id, _take_back.at
	FROM rui.credit_loss l
	WHERE l.project_id = _take_back.project_id AND l.payment_id = _take_back.payment_id
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = l.project_id AND v.charge_id = l.charge_id)
	GROUP BY l.project_id, l.charge_id, l.payment_id HAVING sum(l.amount) < 0
	ORDER BY l.charge_id;
	RETURN taken;
END
$$;
COMMENT ON FUNCTION rui._take_back(bigint, bigint, bigint, text, timestamptz) IS
'Internal: takes back all allocations of a charge or of a payment (the other is null); what a payment had recovered of debts written off is written off again. Returns how many. Error 22023 before the last of them.';

CREATE FUNCTION rui._reverse_charge(project_id bigint, charge_id bigint, reason text, bill_again boolean, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	reversed rui.charge;
	freed bigint;
BEGIN
	SELECT c.* INTO reversed FROM rui.charge c
	WHERE c.project_id = _reverse_charge.project_id AND c.id = _reverse_charge.charge_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('charge', charge_id, project_id);
	ELSIF at < reversed.at THEN
		RAISE EXCEPTION 'a charge of % cannot be reversed at %', reversed.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the charge''s.';
	ELSIF bill_again AND reversed.source <> 'plan' AND NOT EXISTS (SELECT FROM rui.price_plan p
		WHERE p.project_id = _reverse_charge.project_id AND p.id = reversed.plan_id AND p.quantity = 'meter') THEN
		RAISE EXCEPTION 'charge % does not come from a billing run', charge_id
			USING ERRCODE = 'invalid_parameter_value', HINT = 'bill_again is for those; add a new charge instead.';
	ELSIF EXISTS (SELECT FROM rui.charge_reversal v
		WHERE v.project_id = _reverse_charge.project_id AND v.charge_id = _reverse_charge.charge_id) THEN
		RAISE EXCEPTION 'charge % is reversed already', charge_id
			USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF EXISTS (SELECT FROM rui.charge c WHERE c.project_id = _reverse_charge.project_id
		AND c.about_charge_id = _reverse_charge.charge_id AND NOT EXISTS (SELECT FROM rui.charge_reversal v
			WHERE v.project_id = c.project_id AND v.charge_id = c.id)) THEN
		RAISE EXCEPTION 'charge % has late fees or costs', charge_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Reverse those first.';
	END IF;
	IF EXISTS (SELECT FROM rui.waiver w WHERE w.project_id = _reverse_charge.project_id AND w.charge_id = _reverse_charge.charge_id
		AND w.state = 'approved' AND w.decided_at > _reverse_charge.at) THEN
		RAISE EXCEPTION 'charge % was waived after %', charge_id, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	ELSIF EXISTS (SELECT FROM rui.credit_loss l WHERE l.project_id = _reverse_charge.project_id AND l.charge_id = _reverse_charge.charge_id
		AND l.at > _reverse_charge.at) THEN
		RAISE EXCEPTION 'charge % was written off or recovered after %', charge_id, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	PERFORM rui._recognize_first(project_id, charge_id, at);
	freed := rui._take_back(project_id, charge_id, NULL, reason, at);
	INSERT INTO rui.credit_loss (project_id, charge_id, kind, amount, at)
	SELECT l.project_id, l.charge_id, 'reversed', -sum(l.amount), _reverse_charge.at FROM rui.credit_loss l
	WHERE l.project_id = _reverse_charge.project_id AND l.charge_id = _reverse_charge.charge_id
	GROUP BY l.project_id, l.charge_id HAVING sum(l.amount) > 0 OR sum(l.unearned) <> 0;
	PERFORM rui._reverse_document(w.project_id, 'waiver', w.id, _reverse_charge.reason, _reverse_charge.at) FROM rui.waiver w
	WHERE w.project_id = _reverse_charge.project_id AND w.charge_id = _reverse_charge.charge_id AND w.state = 'approved';
	INSERT INTO rui.charge_reversal (project_id, charge_id, at, reason, bill_again, party_id)
	VALUES (_reverse_charge.project_id, _reverse_charge.charge_id, _reverse_charge.at, _reverse_charge.reason,
		_reverse_charge.bill_again, rui.current_party());
	PERFORM rui._reverse_document(project_id, 'charge', charge_id, reason, at);
	PERFORM rui._reverse_document(r.project_id, 'recognition', r.id, _reverse_charge.reason, _reverse_charge.at) FROM rui.recognition r
	WHERE r.project_id = _reverse_charge.project_id AND r.charge_id = _reverse_charge.charge_id;
	PERFORM rui._emit(project_id, 'charge.reverse', 'charge', charge_id, at,
		jsonb_build_object('reason', reason, 'bill_again', bill_again, 'allocations', freed));
	RETURN freed;
END
$$;
COMMENT ON FUNCTION rui._reverse_charge(bigint, bigint, text, boolean, timestamptz) IS
'Internal: takes a charge back, once that is allowed and the books are locked. Returns how many allocations were taken back. Errors: 22023 before it, or before it was paid, waived, written off or recognized, or not of a billing run, P0002 unknown charge, 55000 reversed already, with late fees or costs, or closed month.';

CREATE FUNCTION rui.reverse_charge(project_id bigint, charge_id bigint, reason text, bill_again boolean DEFAULT false,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	freed bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reverse_charge');
	PERFORM rui._check_time(project_id, at);
	IF charge_id IS NULL OR bill_again IS NULL THEN
		PERFORM rui._missing(CASE WHEN charge_id IS NULL THEN 'charge_id' ELSE 'bill_again' END);
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	freed := rui._reverse_charge(project_id, charge_id, reason, bill_again, at);
	-- What is billed again is not given up.
	IF NOT bill_again THEN
		PERFORM rui._pay_alone(c.project_id, 'charge_reversal', c.id, rui._debtors(c.project_id, c.payer_id, c.unit_id, c.at), c.gross, NULL, reverse_charge.reason, c.id, reverse_charge.at) FROM rui.charge c
		WHERE c.project_id = reverse_charge.project_id AND c.id = reverse_charge.charge_id AND c.gross > 0;
	END IF;
	RETURN freed;
END
$$;
COMMENT ON FUNCTION rui.reverse_charge(bigint, bigint, text, boolean, timestamptz) IS
'Takes a charge back in the month of at; what was paid on it becomes a prepayment again, and what was waived or written off of it counts no more; nor is more of it recognized, and what was is taken back in the same month. bill_again lets a later billing run bill the same days anew; otherwise they stay unbilled, which one person does within rui.payout_limit, and beyond by rui.request_payout. Returns how many allocations were taken back. Needs permission reverse_charge. Errors: 22004, 22023 (also before it was waived, written off or recognized), 22001, 22008 arguments, P0002 unknown charge, 55000 reversed already, with late fees or costs, no books or closed month, 42501 also where it takes two.';

CREATE FUNCTION rui._reverse_payment(project_id bigint, payment_id bigint, reason text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	reversed rui.payment;
	freed bigint;
BEGIN
	SELECT p.* INTO reversed FROM rui.payment p
	WHERE p.project_id = _reverse_payment.project_id AND p.id = _reverse_payment.payment_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('payment', payment_id, project_id);
	ELSIF at < reversed.at THEN
		RAISE EXCEPTION 'a payment of % cannot be reversed at %', reversed.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the payment''s.';
	ELSIF EXISTS (SELECT FROM rui.payment_reversal v
		WHERE v.project_id = _reverse_payment.project_id AND v.payment_id = _reverse_payment.payment_id) THEN
		RAISE EXCEPTION 'payment % is reversed already', payment_id
			USING ERRCODE = 'object_not_in_prerequisite_state';
	ELSIF EXISTS (SELECT FROM rui.refund r
		WHERE r.project_id = _reverse_payment.project_id AND r.payment_id = _reverse_payment.payment_id) THEN
		RAISE EXCEPTION 'payment % was refunded in part', payment_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Money that was given back has come in.';
	END IF;
	freed := rui._take_back(project_id, NULL, payment_id, reason, at);
	INSERT INTO rui.payment_reversal (project_id, payment_id, at, reason, party_id)
	VALUES (_reverse_payment.project_id, _reverse_payment.payment_id, _reverse_payment.at, _reverse_payment.reason,
		rui.current_party());
	PERFORM rui._reverse_document(project_id, 'payment', payment_id, reason, at);
	PERFORM rui._emit(project_id, 'payment.reverse', 'payment', payment_id, at,
		jsonb_build_object('reason', reason, 'allocations', freed));
	RETURN freed;
END
$$;
COMMENT ON FUNCTION rui._reverse_payment(bigint, bigint, text, timestamptz) IS
'Internal: takes a payment back, once that is allowed and the books are locked. Returns how many allocations were taken back. Errors: 22023 before it came or paid, P0002 unknown payment, 55000 reversed already, refunded in part, on a statement or closed month.';

CREATE FUNCTION rui.reverse_payment(project_id bigint, payment_id bigint, reason text, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	freed bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reverse_payment');
	PERFORM rui._check_time(project_id, at);
	IF payment_id IS NULL THEN
		PERFORM rui._missing('payment_id');
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	freed := rui._reverse_payment(project_id, payment_id, reason, at);
	PERFORM rui._pay_alone(p.project_id, 'payment_reversal', p.id, rui._debtors(p.project_id, p.payer_id, p.unit_id, p.at), p.amount, NULL, reverse_payment.reason, p.id, reverse_payment.at) FROM rui.payment p
	WHERE p.project_id = reverse_payment.project_id AND p.id = reverse_payment.payment_id;
	RETURN freed;
END
$$;
COMMENT ON FUNCTION rui.reverse_payment(bigint, bigint, text, timestamptz) IS
'Takes a payment back that turned out not to be one (bounced, entered twice): the charges it paid are open again. By one person, within rui.payout_limit; beyond, rui.request_payout. Returns how many allocations were taken back. Needs permission reverse_payment. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown payment, 55000 reversed already, refunded in part, on a statement, no books or closed month, 42501 also where it takes two.';

CREATE FUNCTION rui._payment_left(project_id bigint, payment_id bigint) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT CASE WHEN EXISTS (SELECT FROM rui.payment_reversal v WHERE v.project_id = p.project_id AND v.payment_id = p.id) THEN 0
		ELSE p.amount
			- (SELECT coalesce(sum(a.amount), 0) FROM rui.allocation a WHERE a.project_id = p.project_id AND a.payment_id = p.id)
			- (SELECT coalesce(sum(r.amount), 0) FROM rui.refund r WHERE r.project_id = p.project_id AND r.payment_id = p.id) END
	FROM rui.payment p WHERE p.project_id = _payment_left.project_id AND p.id = _payment_left.payment_id);
END
$$;
COMMENT ON FUNCTION rui._payment_left(bigint, bigint) IS
'Internal: what a payment has left over, now: nothing once it is taken back; null for an unknown one.';

CREATE FUNCTION rui._refund_payment(project_id bigint, payment_id bigint, amount numeric, reason text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	received rui.payment;
	left_over CONSTANT numeric := rui._payment_left(project_id, payment_id);
	new_id bigint;
BEGIN
	SELECT p.* INTO received FROM rui.payment p
	WHERE p.project_id = _refund_payment.project_id AND p.id = _refund_payment.payment_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('payment', payment_id, project_id);
	ELSIF at < received.at THEN
		RAISE EXCEPTION 'a payment of % cannot be refunded at %', received.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the payment''s.';
	ELSIF amount > left_over THEN
		RAISE EXCEPTION 'payment % has % left, not %', payment_id, left_over, amount
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Only a prepayment is refunded; reverse the charges it paid first.';
	ELSIF EXISTS (SELECT FROM rui.allocation a WHERE a.project_id = _refund_payment.project_id AND a.payment_id = received.id
		AND a.reverses IS NOT NULL AND a.at > _refund_payment.at) THEN
		RAISE EXCEPTION 'payment % was spent at %: what it paid was taken back later', payment_id, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	INSERT INTO rui.refund (project_id, payment_id, amount, at, reason, party_id)
	VALUES (_refund_payment.project_id, received.id, _refund_payment.amount, _refund_payment.at, _refund_payment.reason,
		rui.current_party())
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'payment.refund', 'payment', received.id, at,
		jsonb_build_object('refund_id', new_id, 'amount', amount));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._refund_payment(bigint, bigint, numeric, text, timestamptz) IS
'Internal: gives back money of a payment, once that is allowed and the books are locked. Returns the id in rui.refund. Errors: 22023 before it came or while it was spent, P0002 unknown payment, 55000 less is left, kept for a discount or closed month.';

CREATE FUNCTION rui.refund_payment(project_id bigint, payment_id bigint, amount numeric, reason text,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reverse_payment');
	PERFORM rui._check_time(project_id, at);
	IF payment_id IS NULL THEN
		PERFORM rui._missing('payment_id');
	END IF;
	PERFORM rui._check_amount('amount', amount);
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'refund_payment', request_key, jsonb_build_array(payment_id, amount, reason));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	new_id := rui._refund_payment(project_id, payment_id, amount, reason, at);
	PERFORM rui._pay_alone(p.project_id, 'refund', p.id, rui._debtors(p.project_id, p.payer_id, p.unit_id, p.at), refund_payment.amount, NULL, refund_payment.reason, new_id, refund_payment.at) FROM rui.payment p
	WHERE p.project_id = refund_payment.project_id AND p.id = refund_payment.payment_id;
	PERFORM rui._finish_request(project_id, 'refund_payment', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.refund_payment(bigint, bigint, numeric, text, text, timestamptz) IS
'Gives back money out of what a payment has left over, through its channel. By one person, within rui.payout_limit; beyond, rui.request_payout. Returns the id in rui.refund. Needs permission reverse_payment. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown payment, 55000 less is left, no books or closed month, RU409, 42501 also where it takes two.';
