-- Asking for a waiver and deciding on it.

CREATE FUNCTION rui._still_open(project_id bigint, charge_id bigint) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT c.gross - rui._waived(c.project_id, c.id) - rui._written_off(c.project_id, c.id)
			- coalesce((SELECT sum(a.amount) FROM rui.allocation a WHERE a.project_id = c.project_id AND a.charge_id = c.id), 0)
		FROM rui.charge c
		WHERE c.project_id = _still_open.project_id AND c.id = _still_open.charge_id
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id));
END
$$;
COMMENT ON FUNCTION rui._still_open(bigint, bigint) IS
'Internal: what of a charge is neither paid, waived nor written off; null when it is taken back or does not exist.';

CREATE FUNCTION rui._waiver_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.waiver;
	still_open numeric;
BEGIN
	SELECT w.* INTO asked FROM rui.waiver w WHERE w.project_id = _waiver_obstacle.project_id AND w.id = _waiver_obstacle.id;
	still_open := rui._still_open(asked.project_id, asked.charge_id);
	RETURN CASE WHEN still_open IS NULL THEN format('Charge %s is reversed.', asked.charge_id)
		WHEN asked.amount > still_open THEN format('Only %s of charge %s is open.', still_open, asked.charge_id) END;
END
$$;
COMMENT ON FUNCTION rui._waiver_obstacle(bigint, bigint) IS
'Internal: guard of approving a waiver: why it cannot be approved now, or null. No more is waived than is open.';

CREATE FUNCTION rui.request_waiver(project_id bigint, charge_id bigint, amount numeric, reason text,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	about rui.charge;
	still_open numeric;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_waivers');
	PERFORM rui._check_time(project_id, at);
	IF charge_id IS NULL THEN
		PERFORM rui._missing('charge_id');
	END IF;
	PERFORM rui._check_amount('amount', amount);
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_waiver', request_key, jsonb_build_array(charge_id, amount, reason));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	SELECT c.* INTO about FROM rui.charge c
	WHERE c.project_id = request_waiver.project_id AND c.id = request_waiver.charge_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('charge', charge_id, project_id);
	ELSIF at < about.at THEN
		RAISE EXCEPTION 'a charge of % cannot be waived at %', about.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the charge''s.';
	END IF;
	still_open := coalesce(rui._still_open(project_id, charge_id), 0);
	IF amount > still_open THEN
		RAISE EXCEPTION 'of charge % only % is open, not %', charge_id, still_open, amount
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What is paid is not waived: reverse the charge instead.';
	END IF;
	INSERT INTO rui.waiver (project_id, charge_id, amount, reason, requested_by, requested_at)
	VALUES (request_waiver.project_id, about.id, request_waiver.amount, request_waiver.reason, rui.current_party(), request_waiver.at)
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'waiver.request', 'waiver', new_id, at,
		jsonb_build_object('charge_id', charge_id, 'amount', amount));
	PERFORM rui._finish_request(project_id, 'request_waiver', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_waiver(bigint, bigint, numeric, text, text, timestamptz) IS
'Asks that a part of a charge, or all of it, need not be paid; nothing changes until rui.decide_waiver. Returns the id in rui.waiver. Needs permission request_waivers. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown charge, 55000 less is open or no books, RU409, 42501.';

CREATE FUNCTION rui._settle_waiver(project_id bigint, waiver_id bigint, action text, remark text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.waiver;
	net_part numeric;
	unearned numeric := 0;
BEGIN
	SELECT w.* INTO asked FROM rui.waiver w WHERE w.project_id = _settle_waiver.project_id AND w.id = waiver_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('waiver', waiver_id, project_id);
	END IF;
	PERFORM rui._check_other('waiver', waiver_id, asked.requested_by, asked.requested_at, at, action = 'withdraw',
		(SELECT rui._debtors(c.project_id, c.payer_id, c.unit_id, c.at) FROM rui.charge c WHERE c.project_id = asked.project_id AND c.id = asked.charge_id));
	IF action = 'approve' THEN
		IF EXISTS (SELECT FROM rui.allocation a WHERE a.project_id = asked.project_id AND a.charge_id = asked.charge_id
			AND a.reverses IS NOT NULL AND a.at > _settle_waiver.at) THEN
			RAISE EXCEPTION 'charge % was paid at %: that was taken back later', asked.charge_id, at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
		END IF;
		-- What is waived so far is rounded, not each waiver: when all of a
		-- charge is waived, so are its net and its tax, to the cent.
		SELECT round(c.net * (s.waived + asked.amount) / c.gross, 2) - round(c.net * s.waived / c.gross, 2) INTO net_part
		FROM rui.charge c
		CROSS JOIN LATERAL (SELECT rui._waived(c.project_id, c.id) AS waived) s
		WHERE c.project_id = asked.project_id AND c.id = asked.charge_id;
		PERFORM rui._recognize_first(asked.project_id, asked.charge_id, at);
		-- Nor is more waived than is not written off, by a cent.
		net_part := least(net_part, (SELECT o.net - o.waived - o.written_off FROM rui.deferral_open o
			WHERE o.project_id = asked.project_id AND o.charge_id = asked.charge_id));
		unearned := rui._unearned_part(asked.project_id, asked.charge_id, net_part);
	END IF;
	UPDATE rui.waiver w SET last_action = action, net = net_part, tax = asked.amount - net_part, deferred = unearned, remark = _settle_waiver.remark,
		decided_by = rui.current_party(), decided_at = _settle_waiver.at
	WHERE w.project_id = asked.project_id AND w.id = asked.id
	RETURNING w.* INTO asked;
	PERFORM rui._emit(project_id, 'waiver.' || action, 'waiver', waiver_id, at,
		jsonb_strip_nulls(jsonb_build_object('charge_id', asked.charge_id, 'amount', asked.amount, 'remark', remark)));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui._settle_waiver(bigint, bigint, text, text, timestamptz) IS
'Internal: approves, refuses or withdraws a waiver and returns its new state. The caller has locked the books and asked for the permission. Errors: P0002, 22023 before it was asked for or the charge''s revenue was recognized, 42501 the wrong person, 55000 settled already or not possible (detail), closed month.';

CREATE FUNCTION rui.decide_waiver(project_id bigint, waiver_id bigint, approve boolean, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_waivers');
	RETURN rui._decide('decide_waiver', 'waiver', project_id, waiver_id, rui._verdict(approve), remark, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decide_waiver(bigint, bigint, boolean, text, text, timestamptz) IS
'Approves or refuses a waiver that another person asked for, with a remark or null. An approved one is posted at once, in the month of at: it lowers the revenue of the fee item (of a late fee 6301; what is not recognized yet lowers deferred revenue, 2205, in proportion to the days) and the tax in proportion, and receivables (1122); what was charged as a late fee before stays. Returns the new state. Needs permission approve_waivers. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown waiver, 55000 settled already, more than is open (detail), no books or closed month, RU409, 42501 also for one''s own.';

CREATE FUNCTION rui.withdraw_waiver(project_id bigint, waiver_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_waivers');
	RETURN rui._decide('withdraw_waiver', 'waiver', project_id, waiver_id, 'withdraw', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.withdraw_waiver(bigint, bigint, text, timestamptz) IS
'Takes back one''s own request for a waiver that is not decided. Returns the new state. Needs permission request_waivers. Errors: 22004, 22023, 22008 arguments, P0002 unknown waiver, 55000 settled already or no books, RU409, 42501 also for another''s.';
