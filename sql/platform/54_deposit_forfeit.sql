-- Keeping a deposit: asked for by one, decided by another; then it is a charge,
-- with revenue and tax, that the deposit has paid.

CREATE FUNCTION rui._forfeit_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT format('Only %s of deposit %s is held.', h.held, h.deposit_id)
		FROM rui.deposit_forfeit f
		JOIN rui.deposit_held h ON h.project_id = f.project_id AND h.deposit_id = f.deposit_id
		WHERE f.project_id = _forfeit_obstacle.project_id AND f.id = _forfeit_obstacle.id AND f.amount > h.held);
END
$$;
COMMENT ON FUNCTION rui._forfeit_obstacle(bigint, bigint) IS
'Internal: guard of approving a forfeit: why it cannot be approved now, or null. No more is forfeited than is held.';

CREATE FUNCTION rui.request_forfeit(project_id bigint, deposit_id bigint, fee_code text, amount numeric, reason text,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	item rui.fee_item;
	about rui.deposit;
	still_held numeric;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_forfeits');
	PERFORM rui._check_time(project_id, at);
	IF deposit_id IS NULL THEN
		PERFORM rui._missing('deposit_id');
	END IF;
	PERFORM rui._check_amount('amount', amount);
	PERFORM rui._check_text('reason', reason, 500);
	item := rui._fee_item(project_id, fee_code);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_forfeit', request_key, jsonb_build_array(deposit_id, fee_code, amount, reason));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	about := rui._deposit(project_id, deposit_id);
	SELECT h.held INTO still_held FROM rui.deposit_held h WHERE h.project_id = about.project_id AND h.deposit_id = about.id;
	IF at < about.at THEN
		RAISE EXCEPTION 'a deposit of % cannot be forfeited at %', about.at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the deposit''s.';
	ELSIF amount > still_held THEN
		RAISE EXCEPTION 'of deposit % only % is held, not %', about.id, still_held, amount
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.deposit_held tells what is left of it.';
	END IF;
	INSERT INTO rui.deposit_forfeit (project_id, deposit_id, fee_item_id, amount, reason, requested_by, requested_at)
	VALUES (about.project_id, about.id, item.id, request_forfeit.amount, request_forfeit.reason, rui.current_party(), request_forfeit.at)
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'forfeit.request', 'deposit_forfeit', new_id, at,
		jsonb_build_object('deposit_id', about.id, 'fee_code', fee_code, 'amount', amount));
	PERFORM rui._finish_request(project_id, 'request_forfeit', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_forfeit(bigint, bigint, text, numeric, text, text, timestamptz) IS
'Asks that a part of a deposit, or all of it, be kept, as a charge of a fee item: its account and the tax of its plan with quantity once; nothing changes until rui.decide_forfeit. Returns the id in rui.deposit_forfeit. Needs permission request_forfeits. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown deposit or fee item, 55000 less is held or no books, RU409, 42501.';

CREATE FUNCTION rui._charge_forfeit(asked rui.deposit_forfeit, at timestamptz, OUT charge_id bigint, OUT payment_id bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.deposit;
	plan rui.price_plan;
	today CONSTANT date := rui._local_date(asked.project_id, at);
	cost rui.charge_result;
BEGIN
	about := rui._deposit(asked.project_id, asked.deposit_id);
	SELECT p.* INTO plan FROM rui.price_plan p
	LEFT JOIN rui.unit u ON u.project_id = about.project_id AND u.id = about.unit_id
	WHERE p.project_id = asked.project_id AND p.fee_item_id = asked.fee_item_id AND p.quantity = 'once'
		AND p.valid @> today AND p.unit_kind IN ('any', u.kind)
	ORDER BY p.unit_kind = 'any' LIMIT 1;
	IF FOUND THEN
		cost := rui.charge(plan.tariff, asked.amount);
	END IF;
	IF cost.gross IS DISTINCT FROM asked.amount THEN
		RAISE EXCEPTION 'fee item % charges % for % on %', asked.fee_item_id, coalesce(cost.gross::text, 'nothing'), asked.amount, today
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Its plan with quantity once must charge just the amount: model fixed, price 1, the tax inclusive.';
	END IF;
	INSERT INTO rui.charge AS c (project_id, fee_item_id, unit_id, payer_id, source, source_id, plan_id, period, quantity, net, tax, gross,
		tax_rate, due_on, at)
	VALUES (asked.project_id, asked.fee_item_id, about.unit_id, about.party_id, 'deposit', asked.id, plan.id, daterange(today, today + 1),
		asked.amount, cost.net, cost.tax, cost.gross, (plan.tariff::text::jsonb #>> '{tax,rate}')::numeric, today, _charge_forfeit.at)
	RETURNING c.id INTO charge_id;
	INSERT INTO rui.payment AS p (project_id, unit_id, payer_id, amount, channel, designation, at, party_id)
	VALUES (asked.project_id, about.unit_id, about.party_id, asked.amount, 'deposit', ARRAY[charge_id], _charge_forfeit.at, rui.current_party())
	RETURNING p.id INTO payment_id;
	PERFORM rui._allocate(asked.project_id, payment_id, at);
	PERFORM rui._emit(asked.project_id, 'charge.add', 'charge', charge_id, at, jsonb_build_object('source', 'deposit', 'source_id', asked.id));
END
$$;
COMMENT ON FUNCTION rui._charge_forfeit(rui.deposit_forfeit, timestamptz, OUT bigint, OUT bigint) IS
'Internal: charges a forfeit to who gave the deposit, and pays it out of the deposit. The caller holds the books. Errors: 55000 no plan that charges just the amount, closed month.';

CREATE FUNCTION rui._settle_forfeit(project_id bigint, forfeit_id bigint, action text, remark text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.deposit_forfeit;
	made_charge bigint;
	made_payment bigint;
	obstacle text;
BEGIN
	SELECT f.* INTO asked FROM rui.deposit_forfeit f
	WHERE f.project_id = _settle_forfeit.project_id AND f.id = forfeit_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('forfeit', forfeit_id, project_id);
	END IF;
	PERFORM rui._check_other('forfeit', forfeit_id, asked.requested_by, asked.requested_at, at, action = 'withdraw',
		ARRAY(SELECT d.party_id FROM rui.deposit d WHERE d.project_id = asked.project_id AND d.id = asked.deposit_id));
	IF action = 'approve' AND asked.state = 'requested' THEN
		-- What is spent cannot be spent again, nor charged first.
		obstacle := rui._forfeit_obstacle(project_id, forfeit_id);
		IF obstacle IS NOT NULL THEN
			RAISE EXCEPTION 'forfeit % cannot be approved', forfeit_id USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = obstacle,
				HINT = 'Refuse it, and ask for what is held.';
		END IF;
		SELECT m.charge_id, m.payment_id INTO made_charge, made_payment FROM rui._charge_forfeit(asked, at) m;
	END IF;
	UPDATE rui.deposit_forfeit f SET last_action = action, remark = _settle_forfeit.remark, decided_by = rui.current_party(),
		decided_at = _settle_forfeit.at, charge_id = made_charge, payment_id = made_payment
	WHERE f.project_id = asked.project_id AND f.id = asked.id
	RETURNING f.* INTO asked;
	PERFORM rui._emit(project_id, 'forfeit.' || action, 'deposit_forfeit', forfeit_id, at,
		jsonb_strip_nulls(jsonb_build_object('deposit_id', asked.deposit_id, 'amount', asked.amount, 'remark', remark)));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui._settle_forfeit(bigint, bigint, text, text, timestamptz) IS
'Internal: approves, refuses or withdraws a forfeit and returns its state. The caller has locked the books and asked for the permission. Errors: P0002, 22023 before it was asked for, 42501 the wrong person, 55000 settled already or not possible (detail), closed month.';

CREATE FUNCTION rui.decide_forfeit(project_id bigint, forfeit_id bigint, approve boolean, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_forfeits');
	RETURN rui._decide('decide_forfeit', 'forfeit', project_id, forfeit_id, rui._verdict(approve), remark, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decide_forfeit(bigint, bigint, boolean, text, text, timestamptz) IS
'Approves or refuses a forfeit that another person asked for, with a remark or null. An approved one is charged at once to who gave the deposit (source deposit: revenue and tax of the fee item, in the month of at) and paid out of it (channel deposit: 2241.01 to 2203). Returns the new state. Needs permission approve_forfeits. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown forfeit, 55000 settled already, more than is held (detail), no plan that charges just the amount, no books or closed month, RU409, 42501 also for one''s own.';

CREATE FUNCTION rui.withdraw_forfeit(project_id bigint, forfeit_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_forfeits');
	RETURN rui._decide('withdraw_forfeit', 'forfeit', project_id, forfeit_id, 'withdraw', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.withdraw_forfeit(bigint, bigint, text, timestamptz) IS
'Takes back one''s own request for a forfeit that is not decided. Returns the new state. Needs permission request_forfeits. Errors: 22004, 22008, 22023 before it was asked for, P0002 unknown forfeit, 55000 settled already or no books, RU409, 42501 also for another''s.';
