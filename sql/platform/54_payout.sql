-- Money to be given back, and payments and charges to be taken back: one asks,
-- another decides.

PERFORM rui._permit('request_payouts', '{live,closed}', 'manager', 'accountant', 'loader');
PERFORM rui._permit('approve_payouts', '{live,closed}', 'manager', 'accountant', 'director');
PERFORM rui._name('permission', n.code, n.zh, n.en) FROM (VALUES ('request_payouts', '申请退款', 'request payouts'), ('approve_payouts', '审批退款', 'approve payouts')) AS n(code, zh, en);

INSERT INTO rui.subject (subject, table_name) VALUES ('payout', 'payout');
INSERT INTO rui.transition (subject, from_state, action, to_state, permission, guard) VALUES
	('payout', '(none)', 'request', 'requested', 'request_payouts', NULL),
	('payout', '(none)', 'pay', 'paid_alone', 'reverse_payment', NULL),
	('payout', 'requested', 'approve', 'approved', 'approve_payouts', '_payout_obstacle'),
	('payout', 'requested', 'refuse', 'refused', 'approve_payouts', NULL),
	('payout', 'requested', 'withdraw', 'withdrawn', 'request_payouts', NULL);
PERFORM rui._mark_workflow('payout', '退款', 'payout', '{approved,paid_alone,refused,withdrawn}');
PERFORM rui._name('state.payout', s.code, s.zh, s.en) FROM (VALUES ('requested', '已申请', 'requested'), ('approved', '已批准', 'approved'),
	('paid_alone', '限额内单人办理', 'by one person within the limit'), ('refused', '已驳回', 'refused'), ('withdrawn', '已撤回', 'withdrawn')) AS s(code, zh, en);
PERFORM rui._name('action.payout', a.code, a.zh, a.en) FROM (VALUES ('request', '申请', 'request'), ('pay', '限额内办理', 'pay within the limit'),
	('approve', '批准', 'approve'), ('refuse', '驳回', 'refuse'), ('withdraw', '撤回', 'withdraw')) AS a(code, zh, en);
PERFORM rui._name('event', e.code, e.zh, e.en) FROM (VALUES ('payout.request', '申请退款', 'payout requested'), ('payout.approve', '批准退款', 'payout approved'),
	('payout.refuse', '驳回退款', 'payout refused'), ('payout.withdraw', '撤回退款申请', 'payout withdrawn')) AS e(code, zh, en);

PERFORM rui._stateful_table('payout', 'payout');

CREATE FUNCTION rui._payout_problem(project_id bigint, kind text, row_id bigint, amount numeric) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	left_over numeric;
BEGIN
	IF kind = 'charge_reversal' THEN
		RETURN CASE WHEN EXISTS (SELECT FROM rui.charge_reversal v
				WHERE v.project_id = _payout_problem.project_id AND v.charge_id = _payout_problem.row_id) THEN format('Charge %s is reversed already.', row_id)
			WHEN EXISTS (SELECT FROM rui.charge c WHERE c.project_id = _payout_problem.project_id AND c.about_charge_id = _payout_problem.row_id
				AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)) THEN format('Charge %s has late fees or costs.', row_id) END;
	ELSIF kind = 'payment_reversal' THEN
		RETURN CASE WHEN EXISTS (SELECT FROM rui.payment_reversal v
				WHERE v.project_id = _payout_problem.project_id AND v.payment_id = _payout_problem.row_id) THEN format('Payment %s is reversed already.', row_id)
			WHEN EXISTS (SELECT FROM rui.refund r
				WHERE r.project_id = _payout_problem.project_id AND r.payment_id = _payout_problem.row_id) THEN format('Payment %s was refunded in part.', row_id) END;
	ELSIF kind = 'refund' THEN
		left_over := rui._payment_left(project_id, row_id);
	ELSE
		SELECT h.held INTO left_over FROM rui.deposit_held h WHERE h.project_id = _payout_problem.project_id AND h.deposit_id = _payout_problem.row_id;
	END IF;
	IF left_over <= 0 OR amount > left_over THEN
		RETURN format(CASE kind WHEN 'refund' THEN 'Payment %s has %s left, not %s.' ELSE 'Of deposit %s only %s is held, not %s.' END,
			row_id, left_over, coalesce(amount::text, 'anything'));
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._payout_problem(bigint, text, bigint, numeric) IS
'Internal: why so much (null: anything) of a payment or a deposit cannot be given back, or a payment or charge not taken back, by what is left; or null.';

CREATE FUNCTION rui._payout_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT rui._payout_problem(p.project_id, p.kind, p.row_id, p.amount) FROM rui.payout p
		WHERE p.project_id = _payout_obstacle.project_id AND p.id = _payout_obstacle.id);
END
$$;
COMMENT ON FUNCTION rui._payout_obstacle(bigint, bigint) IS
'Internal: guard of approving a payout: why it cannot be done any more, or null.';

CREATE FUNCTION rui.request_payout(project_id bigint, kind text, row_id bigint, reason text, amount numeric DEFAULT NULL, channel text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	came_at timestamptz;
	whole numeric;
	came_by text;
	problem text;
	new_id bigint;
	thing CONSTANT text := CASE kind WHEN 'deposit_return' THEN 'deposit' WHEN 'charge_reversal' THEN 'charge' ELSE 'payment' END;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_payouts');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('kind', kind, 40);
	IF kind NOT IN ('refund', 'deposit_return', 'payment_reversal', 'charge_reversal') THEN
		RAISE EXCEPTION 'unknown kind of payout "%"', kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Kinds are refund, deposit_return, payment_reversal and charge_reversal.';
	ELSIF row_id IS NULL THEN
		PERFORM rui._missing('row_id');
	ELSIF amount IS NOT NULL THEN
		PERFORM rui._check_amount('amount', amount);
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	IF channel IS NOT NULL THEN
		PERFORM rui._check_money_channel(channel);
		IF kind <> 'deposit_return' THEN
			RAISE EXCEPTION 'a % goes through the channel of its payment', rui.label('payout', kind, 'en')
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave channel null.';
		END IF;
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_payout', request_key, jsonb_build_array(kind, row_id, reason, amount, channel));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	IF kind = 'deposit_return' THEN
		SELECT d.at, h.held, d.channel INTO came_at, whole, came_by FROM rui.deposit d
		JOIN rui.deposit_held h ON h.project_id = d.project_id AND h.deposit_id = d.id
		WHERE d.project_id = request_payout.project_id AND d.id = request_payout.row_id;
	ELSIF kind = 'charge_reversal' THEN
		SELECT c.at, c.gross INTO came_at, whole FROM rui.charge c WHERE c.project_id = request_payout.project_id AND c.id = request_payout.row_id;
	ELSE
		SELECT p.at, CASE request_payout.kind WHEN 'refund' THEN rui._payment_left(p.project_id, p.id) ELSE p.amount END
		INTO came_at, whole FROM rui.payment p WHERE p.project_id = request_payout.project_id AND p.id = request_payout.row_id;
	END IF;
	IF came_at IS NULL THEN
		PERFORM rui._unknown(thing, row_id, project_id);
	ELSIF at < came_at THEN
		RAISE EXCEPTION 'money of % is not given back at %', came_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after it came.';
	ELSIF kind IN ('payment_reversal', 'charge_reversal') AND amount <> whole THEN
		RAISE EXCEPTION '% % is of %, not %', thing, row_id, whole, amount
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It is taken back as a whole; leave amount null.';
	ELSIF whole = 0 AND kind = 'charge_reversal' THEN
		RAISE EXCEPTION 'charge % is of nothing', row_id
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.reverse_charge takes it back.';
	END IF;
	problem := rui._payout_problem(project_id, kind, row_id, amount);
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'a % is not possible: % %', rui.label('payout', kind, 'en'), thing, row_id
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = problem,
				HINT = 'Only what is left over is given back (rui.payment_open, rui.deposit_held), and taken back once.';
	ELSIF EXISTS (SELECT FROM rui.payout p WHERE p.project_id = request_payout.project_id AND p.kind = request_payout.kind
		AND p.row_id = request_payout.row_id AND p.state = 'requested') THEN
		RAISE EXCEPTION 'a % is asked for already: % %', rui.label('payout', kind, 'en'), thing, row_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'It waits to be decided on in rui.payout.';
	END IF;
	INSERT INTO rui.payout (project_id, kind, row_id, amount, channel, reason, requested_by, requested_at)
	VALUES (request_payout.project_id, request_payout.kind, request_payout.row_id, coalesce(request_payout.amount, whole),
		CASE request_payout.kind WHEN 'deposit_return' THEN coalesce(request_payout.channel, came_by) END, request_payout.reason, rui.current_party(), request_payout.at)
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'payout.request', 'payout', new_id, at, jsonb_build_object('kind', kind, 'row_id', row_id, 'amount', coalesce(amount, whole)));
	PERFORM rui._finish_request(project_id, 'request_payout', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_payout(bigint, text, bigint, text, numeric, text, text, timestamptz) IS
'Asks that money be given back, or a payment or charge be taken back: kind refund, out of what a payment has left over; deposit_return; payment_reversal, of a payment that was none; charge_reversal, of a charge that is not billed again. row_id: the payment, deposit or charge; amount: null for all that is left of it, by now; channel: how a deposit is given back, null as it came. Nothing changes until rui.decide_payout. Returns the id in rui.payout. Needs permission request_payouts. Errors: 22004, 22001, 22003, 22023 (also before it came), 22008 arguments, P0002 unknown payment, deposit or charge, 55000 less is left or taken back already (detail), asked for already, or no books, RU409, 42501.';

CREATE FUNCTION rui._payout_parties(project_id bigint, kind text, row_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE kind
		WHEN 'deposit_return' THEN ARRAY(SELECT d.party_id FROM rui.deposit d WHERE d.project_id = _payout_parties.project_id AND d.id = _payout_parties.row_id)
		WHEN 'charge_reversal' THEN (SELECT rui._debtors(c.project_id, c.payer_id, c.unit_id, c.at) FROM rui.charge c
			WHERE c.project_id = _payout_parties.project_id AND c.id = _payout_parties.row_id)
		ELSE (SELECT rui._debtors(p.project_id, p.payer_id, p.unit_id, p.at) FROM rui.payment p
			WHERE p.project_id = _payout_parties.project_id AND p.id = _payout_parties.row_id) END;
END
$$;
COMMENT ON FUNCTION rui._payout_parties(bigint, text, bigint) IS
'Internal: whom a payout of a kind concerns: as rui._debtors() says of the payment or charge, or whose the deposit is.';

CREATE FUNCTION rui._settle_payout(project_id bigint, payout_id bigint, action text, remark text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.payout;
	new_id bigint;
BEGIN
	SELECT p.* INTO asked FROM rui.payout p
	WHERE p.project_id = _settle_payout.project_id AND p.id = _settle_payout.payout_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('payout', payout_id, project_id);
	END IF;
	PERFORM rui._check_other('payout', payout_id, asked.requested_by, asked.requested_at, at, action = 'withdraw',
		rui._payout_parties(project_id, asked.kind, asked.row_id));
	UPDATE rui.payout p SET last_action = action, remark = _settle_payout.remark, decided_by = rui.current_party(), decided_at = _settle_payout.at
	WHERE p.project_id = asked.project_id AND p.id = asked.id
	RETURNING p.* INTO asked;
	IF asked.state = 'approved' THEN
		IF asked.kind = 'refund' THEN
			new_id := rui._refund_payment(asked.project_id, asked.row_id, asked.amount, asked.reason, at);
		ELSIF asked.kind = 'deposit_return' THEN
			new_id := rui._return_deposit(asked.project_id, asked.row_id, asked.amount, asked.reason, asked.channel, at);
		ELSE
			IF asked.kind = 'charge_reversal' THEN
				PERFORM rui._reverse_charge(asked.project_id, asked.row_id, asked.reason, false, at);
			ELSE
				PERFORM rui._reverse_payment(asked.project_id, asked.row_id, asked.reason, at);
			END IF;
			new_id := asked.row_id;
		END IF;
		UPDATE rui.payout p SET done_id = new_id WHERE p.project_id = asked.project_id AND p.id = asked.id;
	END IF;
	PERFORM rui._emit(project_id, 'payout.' || action, 'payout', payout_id, at,
		jsonb_strip_nulls(jsonb_build_object('kind', asked.kind, 'row_id', asked.row_id, 'amount', asked.amount, 'remark', remark)));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui._settle_payout(bigint, bigint, text, text, timestamptz) IS
'Internal: approves, refuses or withdraws a payout, and does what is approved. Returns the new state. The caller has locked the books and asked for the permission. Errors: P0002, 22023 before it was asked for or it came, 42501 the wrong person, 55000 settled already or not possible (detail), closed month.';

CREATE FUNCTION rui.decide_payout(project_id bigint, payout_id bigint, approve boolean, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_payouts');
	RETURN rui._decide('decide_payout', 'payout', project_id, payout_id, rui._verdict(approve), remark, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decide_payout(bigint, bigint, boolean, text, text, timestamptz) IS
'Approves or refuses a payout that another person asked for, with a remark or null. What is approved is done at once and as it was asked for, in the month of at: the refund, the return of the deposit, or the reversal of the payment or charge, by who approves; done_id in rui.payout says which. When by now less is left than was asked for, it is refused with 55000 and stays open. Returns the new state. Needs permission approve_payouts. Errors: 22004, 22001, 22023 (also before what has been paid, waived or recognized meanwhile), 22008 arguments, P0002 unknown payout, 55000 settled already, less is left (detail), a statement shows the payment, kept for a discount, closed month or no books, RU409, 42501 also for one''s own, and for who is paid or owes.';

CREATE FUNCTION rui.withdraw_payout(project_id bigint, payout_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_payouts');
	RETURN rui._decide('withdraw_payout', 'payout', project_id, payout_id, 'withdraw', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.withdraw_payout(bigint, bigint, text, timestamptz) IS
'Takes back one''s own request for a payout that is not decided. Returns the new state. Needs permission request_payouts. Errors: 22004, 22023, 22008 arguments, P0002 unknown payout, 55000 settled already or no books, RU409, 42501 also for another''s.';
