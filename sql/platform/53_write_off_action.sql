-- Asking for a write-off, deciding on it, and what comes back of it.

CREATE FUNCTION rui._to_write_off(project_id bigint, write_off_id bigint) RETURNS TABLE (charge_id bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT w.charge_id, least(w.amount, s.still_open) FROM rui.write_off_charge w
	CROSS JOIN LATERAL (SELECT rui._still_open(w.project_id, w.charge_id) AS still_open) s
	WHERE w.project_id = _to_write_off.project_id AND w.write_off_id = _to_write_off.write_off_id AND s.still_open > 0
	ORDER BY w.charge_id;
END
$$;
COMMENT ON FUNCTION rui._to_write_off(bigint, bigint) IS
'Internal: what a write-off would write off now: of each of its charges what was asked for, at most what is open.';

CREATE FUNCTION rui._write_off_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE WHEN NOT EXISTS (SELECT FROM rui._to_write_off(project_id, id)) THEN 'Nothing of its charges is open.' END;
END
$$;
COMMENT ON FUNCTION rui._write_off_obstacle(bigint, bigint) IS
'Internal: guard of approving a write-off: why it cannot be approved now, or null. Something of its charges is open.';

CREATE FUNCTION rui.request_write_off(project_id bigint, charge_ids bigint[], payer_id bigint, overdue_days integer, reason text, evidence text,
	document_id bigint DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	wrong_id bigint;
	charged_at timestamptz;
	total numeric;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_write_offs');
	PERFORM rui._check_time(project_id, at);
	IF charge_ids IS NULL AND payer_id IS NULL THEN
		PERFORM rui._missing('charge_ids or payer_id');
	ELSIF charge_ids IS NOT NULL AND (payer_id IS NOT NULL OR overdue_days IS NOT NULL) THEN
		RAISE EXCEPTION 'payer_id and overdue_days do not go with charge_ids' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Name the charges, or a payer whose overdue charges it is about.';
	ELSIF cardinality(charge_ids) NOT BETWEEN 1 AND 1000 OR array_ndims(charge_ids) > 1 THEN
		RAISE EXCEPTION 'charge_ids must be a list of 1 to 1000 charges' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Ask for more of them by payer, or in several requests.';
	ELSIF rui._holds_null(charge_ids) THEN
		PERFORM rui._missing('a charge in charge_ids');
	ELSIF overdue_days NOT BETWEEN 1 AND 36500 THEN
		RAISE EXCEPTION 'overdue_days must be 1 to 36500, not %', overdue_days USING ERRCODE = 'numeric_value_out_of_range',
			HINT = 'Give for how many days at least the charges are overdue.';
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._check_text('evidence', evidence, 500);
	PERFORM rui._check_payer(project_id, payer_id);
	IF document_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.document d
		WHERE d.project_id = request_write_off.project_id AND d.id = request_write_off.document_id) THEN
		PERFORM rui._unknown('document', document_id, project_id);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_write_off', request_key,
		jsonb_build_array(charge_ids, payer_id, overdue_days, reason, evidence, document_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	IF charge_ids IS NOT NULL THEN
		SELECT d.charge_id, c.at INTO wrong_id, charged_at FROM unnest(charge_ids) AS d(charge_id)
		LEFT JOIN rui.charge c ON c.project_id = request_write_off.project_id AND c.id = d.charge_id
		WHERE c.id IS NULL OR c.at > request_write_off.at OR coalesce(rui._still_open(c.project_id, c.id), 0) <= 0
		ORDER BY c.id NULLS FIRST LIMIT 1;
		IF wrong_id IS NOT NULL AND charged_at IS NULL THEN
			PERFORM rui._unknown('charge', wrong_id, project_id);
		ELSIF charged_at > at THEN
			RAISE EXCEPTION 'a charge of % cannot be written off at %', charged_at, at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time after the charge''s.';
		ELSIF wrong_id IS NOT NULL THEN
			RAISE EXCEPTION 'nothing of charge % is open', wrong_id
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.charge_open says what is; leave the others out.';
		END IF;
	END IF;
	WITH debt AS MATERIALIZED (
		SELECT c.id, rui._still_open(c.project_id, c.id) AS amount FROM rui.charge c
		WHERE c.project_id = request_write_off.project_id AND c.id = ANY (charge_ids)
		UNION ALL
		SELECT c.id, rui._still_open(c.project_id, c.id) FROM rui.charge c
		WHERE c.project_id = request_write_off.project_id AND c.payer_id = request_write_off.payer_id AND c.at <= request_write_off.at
			AND c.due_on <= rui._local_date(request_write_off.project_id, request_write_off.at) - coalesce(overdue_days, 1)),
	asked AS (
		INSERT INTO rui.write_off AS w (project_id, amount, reason, evidence, document_id, requested_by, requested_at)
		SELECT request_write_off.project_id, sum(d.amount), request_write_off.reason, request_write_off.evidence, request_write_off.document_id,
			rui.current_party(), request_write_off.at
		FROM debt d WHERE d.amount > 0
		HAVING count(*) > 0
		RETURNING w.id, w.amount),
	listed AS (
		INSERT INTO rui.write_off_charge (project_id, write_off_id, charge_id, amount)
		SELECT request_write_off.project_id, a.id, d.id, d.amount FROM asked a CROSS JOIN debt d WHERE d.amount > 0)
	SELECT a.id, a.amount INTO new_id, total FROM asked a;
	IF new_id IS NULL THEN
		RAISE EXCEPTION 'party % has no open charges that are overdue for % days', payer_id, coalesce(overdue_days, 1)
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.charge_open says what is open.';
	END IF;
	PERFORM rui._emit(project_id, 'write_off.request', 'write_off', new_id, at, jsonb_build_object('amount', total));
	PERFORM rui._finish_request(project_id, 'request_write_off', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_write_off(bigint, bigint[], bigint, integer, text, text, bigint, text, timestamptz) IS
'Asks that what is open of some charges be written off as a credit loss: charge_ids names them (1 to 1000), or payer_id, all of this party''s that have been overdue for overdue_days (1 to 36500; null: 1) at least. Nothing changes until rui.decide_write_off. reason: why nothing more is to be expected; evidence: what proves it; document_id: its file in rui.document, or null. Returns the id in rui.write_off. Needs permission request_write_offs. Errors: 22004, 22023, 22003, 22001, 22008 arguments, P0002 unknown charge, party or document, 55000 nothing is open or no books, RU409, 42501.';

CREATE FUNCTION rui._settle_write_off(project_id bigint, write_off_id bigint, action text, remark text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.write_off;
	paid_id bigint;
	losses bigint[];
	amounts numeric[];
BEGIN
	SELECT w.* INTO asked FROM rui.write_off w
	WHERE w.project_id = _settle_write_off.project_id AND w.id = _settle_write_off.write_off_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('write-off', write_off_id, project_id);
	END IF;
	PERFORM rui._check_other('write-off', write_off_id, asked.requested_by, asked.requested_at, at, action = 'withdraw',
		ARRAY(SELECT unnest(rui._debtors(c.project_id, c.payer_id, c.unit_id, c.at)) FROM rui.write_off_charge w JOIN rui.charge c ON c.project_id = w.project_id AND c.id = w.charge_id
			WHERE w.project_id = asked.project_id AND w.write_off_id = asked.id));
	IF action = 'approve' THEN
		SELECT a.charge_id INTO paid_id FROM rui.write_off_charge w
		JOIN rui.allocation a ON a.project_id = w.project_id AND a.charge_id = w.charge_id AND a.reverses IS NOT NULL AND a.at > _settle_write_off.at
		WHERE w.project_id = asked.project_id AND w.write_off_id = asked.id ORDER BY a.charge_id LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'charge % was paid at %: that was taken back later', paid_id, at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
		END IF;
		SELECT array_agg(l.charge_id), array_agg(l.amount) INTO losses, amounts FROM rui._to_write_off(project_id, write_off_id) l;
		PERFORM rui._recognize_first(asked.project_id, l.charge_id, _settle_write_off.at) FROM unnest(losses) AS l(charge_id);
	END IF;
	UPDATE rui.write_off w SET last_action = action, written = (SELECT sum(a) FROM unnest(amounts) a), remark = _settle_write_off.remark,
		decided_by = rui.current_party(), decided_at = _settle_write_off.at
	WHERE w.project_id = asked.project_id AND w.id = asked.id
	RETURNING w.* INTO asked;
	INSERT INTO rui.credit_loss (project_id, charge_id, kind, amount, write_off_id, at)
	SELECT asked.project_id, l.charge_id, 'written_off', l.amount, asked.id, _settle_write_off.at FROM unnest(losses, amounts) AS l(charge_id, amount);
	PERFORM rui._emit(project_id, 'write_off.' || action, 'write_off', write_off_id, at,
		jsonb_strip_nulls(jsonb_build_object('amount', asked.amount, 'written', asked.written, 'remark', remark)));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui._settle_write_off(bigint, bigint, text, text, timestamptz) IS
'Internal: approves, refuses or withdraws a write-off and returns its new state. The caller has locked the books and asked for the permission. Errors: P0002, 22023 before it was asked for, while a charge was paid or before its revenue was recognized, 42501 the wrong person, 55000 settled already or nothing is open (detail), closed month.';

CREATE FUNCTION rui.decide_write_off(project_id bigint, write_off_id bigint, approve boolean, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_write_offs');
	RETURN rui._decide('decide_write_off', 'write_off', project_id, write_off_id, rui._verdict(approve), remark, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decide_write_off(bigint, bigint, boolean, text, text, timestamptz) IS
'Approves or refuses a write-off that another person asked for, with a remark or null. An approved one is posted at once, in the month of at: of each charge what was asked for, at most what is open by now, leaves receivables (1122) as a credit loss (6702), tax included; what of it is for days to come leaves deferred revenue (2205) instead. Returns the new state. Needs permission approve_write_offs. Errors: 22004, 22023, 22001, 22008 arguments, P0002 unknown write-off, 55000 settled already, nothing is open (detail), no books or closed month, RU409, 42501 also for one''s own.';

CREATE FUNCTION rui.withdraw_write_off(project_id bigint, write_off_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_write_offs');
	RETURN rui._decide('withdraw_write_off', 'write_off', project_id, write_off_id, 'withdraw', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.withdraw_write_off(bigint, bigint, text, timestamptz) IS
'Takes back one''s own request for a write-off that is not decided. Returns the new state. Needs permission request_write_offs. Errors: 22004, 22023, 22008 arguments, P0002 unknown write-off, 55000 settled already or no books, RU409, 42501 also for another''s.';

CREATE FUNCTION rui.recover_write_off(project_id bigint, payment_id bigint, charge_ids bigint[], request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS numeric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	received rui.payment;
	wrong_id bigint;
	before numeric;
	recovered numeric;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_payment');
	PERFORM rui._check_time(project_id, at);
	IF payment_id IS NULL OR charge_ids IS NULL THEN
		PERFORM rui._missing(CASE WHEN payment_id IS NULL THEN 'payment_id' ELSE 'charge_ids' END);
	ELSIF cardinality(charge_ids) NOT BETWEEN 1 AND 1000 OR array_ndims(charge_ids) > 1 THEN
		RAISE EXCEPTION 'charge_ids must be a list of 1 to 1000 charges' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'rui.written_off lists the charges that are written off.';
	ELSIF rui._holds_null(charge_ids) THEN
		PERFORM rui._missing('a charge in charge_ids');
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'recover_write_off', request_key, jsonb_build_array(payment_id, charge_ids));
	IF answer IS NOT NULL THEN
		RETURN answer::numeric;
	END IF;
	SELECT p.* INTO received FROM rui.payment p
	WHERE p.project_id = recover_write_off.project_id AND p.id = recover_write_off.payment_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('payment', payment_id, project_id);
	END IF;
	SELECT d.charge_id INTO wrong_id FROM unnest(charge_ids) AS d(charge_id)
	WHERE NOT EXISTS (SELECT FROM rui.charge c WHERE c.project_id = received.project_id AND c.id = d.charge_id) LIMIT 1;
	IF FOUND THEN
		PERFORM rui._unknown('charge', wrong_id, project_id);
	END IF;
	SELECT c.id INTO wrong_id FROM rui.charge c
	WHERE c.project_id = received.project_id AND c.id = ANY (charge_ids)
		AND (received.unit_id <> c.unit_id OR received.unit_id IS NOT NULL AND c.unit_id IS NULL
			OR received.payer_id <> c.payer_id OR received.payer_id IS NOT NULL AND c.payer_id IS NULL) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'charge % is not one of the unit and payer the payment is for', wrong_id
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Refund it, and record it for the charge''s unit or payer.';
	END IF;
	SELECT c.id INTO wrong_id FROM unnest(charge_ids) AS c(id) WHERE rui._written_off(received.project_id, c.id) <= 0 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'nothing of charge % is written off', wrong_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.written_off lists the charges of which something is.';
	END IF;
	SELECT sum(rui._written_off(received.project_id, c.id)) INTO before FROM (SELECT DISTINCT d.id FROM unnest(charge_ids) AS d(id)) c;
	PERFORM rui._allocate_payment(received.project_id, received.id, recover_write_off.at, charge_ids);
	SELECT before - sum(rui._written_off(received.project_id, c.id)) INTO recovered FROM (SELECT DISTINCT d.id FROM unnest(charge_ids) AS d(id)) c;
	IF recovered = 0 THEN
		RAISE EXCEPTION 'payment % has nothing left at % for charges that were written off', payment_id, at
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.payment_open says what payments have left over.';
	END IF;
	PERFORM rui._emit(project_id, 'write_off.recover', 'payment', received.id, at, jsonb_build_object('amount', recovered, 'charge_ids', charge_ids));
	PERFORM rui._finish_request(project_id, 'recover_write_off', request_key, to_jsonb(recovered));
	RETURN recovered;
END
$$;
COMMENT ON FUNCTION rui.recover_write_off(bigint, bigint, bigint[], text, timestamptz) IS
'Pays charges that were written off with what a payment has left over, in this order, as if the payer had designated them: what is paid of them comes back into receivables and is allocated; of a charge that defers revenue, what its days have earned while it was written off is revenue now, and what is for days to come is deferred again. A payment that designates such charges when it is recorded does the same by itself. What is left then pays what else is open. Returns how much was recovered. Needs permission record_payment. Errors: 22004, 22023 also charges of another unit or payer, 22008 arguments, P0002 unknown payment or charge, 55000 nothing is written off, nothing is left over, no books or closed month, RU409, 42501.';

CREATE VIEW rui.written_off WITH (security_invoker = true, security_barrier = true) AS
SELECT c.project_id, c.id AS charge_id, c.fee_item_id, c.unit_id, c.payer_id, c.component, c.due_on,
	(now() AT TIME ZONE j.time_zone)::date - c.due_on AS age_days, c.gross, l.written::numeric AS written, l.recovered::numeric AS recovered,
	l.amount::numeric AS written_off, l.written_at, l.recovered_at,
	CASE WHEN l.amount = 0 THEN 'recovered' WHEN l.recovered > 0 THEN 'part_recovered' ELSE 'written_off' END AS state
FROM (
	SELECT l.project_id, l.charge_id, sum(l.amount) AS amount, sum(l.amount) FILTER (WHERE l.kind = 'written_off') AS written,
		-coalesce(sum(l.amount) FILTER (WHERE l.kind IN ('recovered', 'bounced')), 0) AS recovered,
		max(l.at) FILTER (WHERE l.kind = 'written_off') AS written_at, max(l.at) FILTER (WHERE l.kind = 'recovered') AS recovered_at
	FROM rui.credit_loss l GROUP BY l.project_id, l.charge_id HAVING bool_and(l.kind <> 'reversed')) l
JOIN rui.charge c ON c.project_id = l.project_id AND c.id = l.charge_id
JOIN rui.project j ON j.id = c.project_id
WHERE NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id);
PERFORM rui._describe('written_off', 'The debts that were written off, with what has been paid of them after all, now; not those whose charge was taken back.',
	'charge_id: The charge.', 'fee_item_id: What for.', 'payer_id: Who owes it, or null.', 'component: principal, late_fee or cost.',
	'due_on: Last day to pay in time.', 'age_days: Days since then, in the project''s zone.', 'gross: What was charged, with tax.',
	'written: What was written off of it.', 'recovered: What of that has been paid after all.', 'written_off: What of it is written off still.',
	'written_at: When it was written off, the last time.', 'recovered_at: When something of it was paid, the last time, or null.',
	'state: written_off, part_recovered or recovered.');
GRANT SELECT ON rui.written_off TO rui_agent, rui_manager, rui_expert, rui_analyst, rui_auditor;
PERFORM rui._name('state.written_off', s.code, s.zh, s.en) FROM (VALUES ('written_off', '已核销', 'written off'),
	('part_recovered', '部分收回', 'partly recovered'), ('recovered', '已收回', 'recovered')) AS s(code, zh, en);
