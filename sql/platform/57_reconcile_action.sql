-- Finding what the lines of statements are: by rule, all at once, the same
-- whoever asks; what no rule is sure of is left to people.

CREATE FUNCTION rui._record_matches(project_id bigint, rule text, subject text, line_ids bigint[], subject_ids bigint[], at timestamptz)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	made bigint;
BEGIN
	WITH pair AS MATERIALIZED (
		SELECT l.id AS line_id, u.subject_id, l.amount AS received,
			CASE WHEN subject = 'payment' THEN (SELECT y.amount FROM rui.payment y WHERE y.project_id = l.project_id AND y.id = u.subject_id)
				ELSE -(SELECT f.amount FROM rui.refund f WHERE f.project_id = l.project_id AND f.id = u.subject_id) END AS expected
		FROM unnest(line_ids, subject_ids) AS u(line_id, subject_id)
		JOIN rui.bank_line l ON l.project_id = _record_matches.project_id AND l.id = u.line_id),
	held AS (
		INSERT INTO rui.reconciliation AS r (project_id, line_id, rule, received, expected, at, party_id, matched_at, state, last_action)
		SELECT _record_matches.project_id, p.line_id, _record_matches.rule, p.received, p.expected, _record_matches.at, rui.current_party(),
			CASE WHEN p.received = p.expected THEN _record_matches.at END,
			CASE sign(p.received - p.expected) WHEN 0 THEN 'matched' WHEN 1 THEN 'over' ELSE 'short' END,
			CASE sign(p.received - p.expected) WHEN 0 THEN 'match' WHEN 1 THEN 'exceed' ELSE 'fall_short' END
		FROM pair p ORDER BY p.line_id
		RETURNING r.id, r.line_id)
	INSERT INTO rui.reconciliation_part (project_id, reconciliation_id, subject, subject_id, is_payout, amount)
	SELECT _record_matches.project_id, h.id, _record_matches.subject, p.subject_id, false, p.expected
	FROM held h JOIN pair p ON p.line_id = h.line_id ORDER BY h.id;
	GET DIAGNOSTICS made = ROW_COUNT;
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui._record_matches(bigint, text, text, bigint[], bigint[], timestamptz) IS
'Internal: records that each line is the payment or refund (subject) at the same place of the other list. Returns how many.';

CREATE FUNCTION rui._free_lines(project_id bigint, channel text, kind text) RETURNS SETOF rui.bank_line
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
-- All that is held once, not line by line, whatever the statistics.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
BEGIN
	RETURN QUERY SELECT l.* FROM rui.bank_line l
	WHERE l.project_id = _free_lines.project_id AND l.kind = _free_lines.kind
		AND (_free_lines.channel IS NULL OR l.channel = _free_lines.channel)
		AND NOT EXISTS (SELECT FROM rui.reconciliation r
			WHERE r.project_id = _free_lines.project_id AND r.line_id = l.id AND r.state <> 'undone');
END
$$;
COMMENT ON FUNCTION rui._free_lines(bigint, text, text) IS
'Internal: the lines of a kind that no match holds, of one channel or with null of all.';

CREATE FUNCTION rui._free_payments(project_id bigint, channel text, is_payout boolean) RETURNS SETOF rui.payment
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
BEGIN
	RETURN QUERY SELECT y.* FROM rui.payment y
	WHERE y.project_id = _free_payments.project_id AND (_free_payments.channel IS NULL OR y.channel = _free_payments.channel)
		AND NOT EXISTS (SELECT FROM rui.payment_reversal v WHERE v.project_id = _free_payments.project_id AND v.payment_id = y.id)
		AND NOT EXISTS (SELECT FROM rui.reconciliation_part p
			JOIN rui.reconciliation r ON r.project_id = _free_payments.project_id AND r.id = p.reconciliation_id AND r.state <> 'undone'
			WHERE p.project_id = _free_payments.project_id AND p.subject = 'payment' AND p.subject_id = y.id AND p.is_payout = _free_payments.is_payout);
END
$$;
COMMENT ON FUNCTION rui._free_payments(bigint, text, boolean) IS
'Internal: the payments that are not reversed and that no line of their channel (is_payout false) or no payout (true) holds, of one channel or with null of all.';

CREATE FUNCTION rui._free_refunds(project_id bigint, channel text, is_payout boolean) RETURNS SETOF rui.refund
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY SELECT f.* FROM rui.refund f
	JOIN rui.payment y ON y.project_id = f.project_id AND y.id = f.payment_id
	WHERE f.project_id = _free_refunds.project_id AND (_free_refunds.channel IS NULL OR y.channel = _free_refunds.channel)
		AND (SELECT p.reconciliation_id FROM rui.reconciliation_part p
			JOIN rui.reconciliation r ON r.project_id = p.project_id AND r.id = p.reconciliation_id AND r.state <> 'undone'
			WHERE p.project_id = f.project_id AND p.subject = 'refund' AND p.subject_id = f.id AND p.is_payout = _free_refunds.is_payout LIMIT 1) IS NULL;
END
$$;
COMMENT ON FUNCTION rui._free_refunds(bigint, text, boolean) IS
'Internal: the refunds that no line of their channel (is_payout false) or no payout (true) holds, of one channel or with null of all.';

CREATE FUNCTION rui._payout_parts(line rui.bank_line, OUT subjects text[], OUT subject_ids bigint[], OUT amounts numeric[], OUT fee numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	fee_lines numeric;
	open_lines bigint;
	batch_lines bigint;
BEGIN
	fee := line.fee;
	SELECT count(*), count(*) FILTER (WHERE l.kind IN ('receipt', 'refund') AND r.id IS NULL OR l.kind = 'other'),
		-sum(l.amount) FILTER (WHERE l.kind = 'fee')
	INTO batch_lines, open_lines, fee_lines
	FROM rui.bank_line l
	LEFT JOIN rui.reconciliation r ON r.project_id = l.project_id AND r.line_id = l.id AND r.state = 'matched'
	WHERE l.project_id = line.project_id AND l.channel = line.from_channel AND l.batch = line.batch;
	IF batch_lines > 0 THEN
		-- The channel says what it settled. Where its lines are not yet known,
		-- or it says two fees, nobody can be sure.
		IF open_lines > 0 OR fee_lines <> line.fee AND line.fee <> 0 THEN
			RETURN;
		END IF;
		fee := coalesce(fee_lines, line.fee);
		-- What came counts: an accepted difference is posted already.
		SELECT array_agg(m.subject ORDER BY m.subject, m.subject_id), array_agg(m.subject_id ORDER BY m.subject, m.subject_id),
			array_agg(m.amount ORDER BY m.subject, m.subject_id)
		INTO subjects, subject_ids, amounts
		FROM (
			-- A line of several payments gives its difference to the first of them.
			SELECT p.subject, p.subject_id, p.amount + CASE WHEN p.subject_id = min(p.subject_id) OVER (PARTITION BY r.id)
				THEN r.received - r.expected ELSE 0 END AS amount
			FROM rui.bank_line l
			JOIN rui.reconciliation r ON r.project_id = l.project_id AND r.line_id = l.id AND r.state = 'matched'
			JOIN rui.reconciliation_part p ON p.project_id = r.project_id AND p.reconciliation_id = r.id
			WHERE l.project_id = line.project_id AND l.channel = line.from_channel AND l.batch = line.batch
			UNION ALL
			SELECT 'line', l.id, 0 FROM rui.bank_line l
			WHERE l.project_id = line.project_id AND l.channel = line.from_channel AND l.batch = line.batch AND l.kind IN ('fee', 'payout')) m;
		IF EXISTS (SELECT FROM unnest(subjects, subject_ids) AS m(subject, subject_id)
			JOIN rui.reconciliation_part p ON p.project_id = line.project_id AND p.subject = m.subject AND p.subject_id = m.subject_id AND p.is_payout
			JOIN rui.reconciliation r ON r.project_id = p.project_id AND r.id = p.reconciliation_id AND r.state <> 'undone') THEN
			subjects := NULL;
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._payout_parts(rui.bank_line) IS
'Internal: what a payout that came settles by its batch, when the channel''s statement has that batch and every receipt and refund of it is matched: what those lines stand for, with the batch''s fee and payout lines (amount 0) and its fee. subjects is null where this cannot be told, or some of it is paid out already.';

CREATE FUNCTION rui._payout_days(project_id bigint, channel text)
RETURNS TABLE (line rui.bank_line, subjects text[], subject_ids bigint[], amounts numeric[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
-- All days at once: not all that came by a channel for each of them.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = _payout_days.project_id);
	waiting CONSTANT rui.bank_line[] := (SELECT array_agg(w.l) FROM (
		SELECT DISTINCT ON (l.from_channel, l.settled_on) l FROM rui._free_lines(_payout_days.project_id, _payout_days.channel, 'payout') l
		WHERE l.from_channel IS NOT NULL AND l.settled_on IS NOT NULL AND NOT EXISTS (SELECT FROM rui.bank_line b
			WHERE b.project_id = _payout_days.project_id AND b.channel = l.from_channel AND b.batch = l.batch)
		ORDER BY l.from_channel, l.settled_on, l.id) w);
BEGIN
	IF waiting IS NULL THEN
		RETURN;
	END IF;
	RETURN QUERY
	WITH paid AS (
		SELECT 'payment' AS subject, y.id, y.channel, (y.at AT TIME ZONE zone)::date AS day, y.amount::numeric AS amount
		FROM rui._free_payments(_payout_days.project_id, NULL, true) y
		UNION ALL
		SELECT 'refund', f.id, y.channel, (f.at AT TIME ZONE zone)::date, -f.amount
		FROM rui._free_refunds(_payout_days.project_id, NULL, true) f
		JOIN rui.payment y ON y.project_id = f.project_id AND y.id = f.payment_id),
	part AS (
		SELECT w.id, array_agg(p.subject ORDER BY p.subject, p.id) AS subjects, array_agg(p.id ORDER BY p.subject, p.id) AS subject_ids,
			array_agg(p.amount ORDER BY p.subject, p.id) AS amounts
		FROM unnest(waiting) AS w
		JOIN paid p ON p.channel = w.from_channel AND p.day = w.settled_on
		GROUP BY w.id)
	SELECT w, p.subjects, p.subject_ids, p.amounts
	FROM unnest(waiting) AS w
	JOIN part p ON p.id = w.id
	ORDER BY p.id;
END
$$;
COMMENT ON FUNCTION rui._payout_days(bigint, text) IS
'Internal: the payouts that came and no match holds, of one channel''s statements or with null of all, which name the day they settle and no batch that the channel''s statement has, with all payments and refunds of that day that are not paid out; of several for one day the first, and only those for whose day there is something.';

CREATE FUNCTION rui._record_match(line rui.bank_line, rule text, subjects text[], subject_ids bigint[], amounts numeric[], fee numeric,
	reason text, at timestamptz) RETURNS rui.reconciliation
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	total CONSTANT numeric := coalesce((SELECT sum(a.amount) FROM unnest(amounts) AS a(amount)), 0) - fee;
	is_payout CONSTANT boolean := line.from_channel IS NOT NULL;
	held rui.reconciliation;
BEGIN
	INSERT INTO rui.reconciliation AS r (project_id, line_id, rule, is_payout, received, fee, expected, at, party_id, reason, matched_at, state, last_action)
	VALUES (line.project_id, line.id, rule, is_payout, line.amount, fee, total, at, rui.current_party(), reason,
		CASE WHEN line.amount = total THEN at END,
		CASE sign(line.amount - total) WHEN 0 THEN 'matched' WHEN 1 THEN 'over' ELSE 'short' END,
		CASE sign(line.amount - total) WHEN 0 THEN 'match' WHEN 1 THEN 'exceed' ELSE 'fall_short' END)
	RETURNING r.* INTO held;
	INSERT INTO rui.reconciliation_part (project_id, reconciliation_id, subject, subject_id, is_payout, amount)
	SELECT line.project_id, held.id, u.subject, u.subject_id, is_payout, u.amount
	FROM unnest(subjects, subject_ids, amounts) AS u(subject, subject_id, amount);
	RETURN held;
END
$$;
COMMENT ON FUNCTION rui._record_match(rui.bank_line, text, text[], bigint[], numeric[], numeric, text, timestamptz) IS
'Internal: records what one line stands for, and returns the match: of one line, one row with all its parts.';

CREATE FUNCTION rui.reconcile(project_id bigint, channel text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (rule text, state text, lines bigint, amount numeric)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	first_id bigint;
	found_lines bigint[];
	found_subjects bigint[];
	zone text;
	line rui.bank_line;
	parts record;
BEGIN
	PERFORM rui.require_permission(project_id, 'reconcile');
	PERFORM rui._check_time(project_id, at);
	IF channel IS NOT NULL AND NOT EXISTS (SELECT FROM rui.payment_channel c WHERE c.code = channel) THEN
		RAISE EXCEPTION 'unknown channel "%"', left(channel, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.payment_channel lists them.';
	END IF;
	-- Who comes second waits here, and then finds nothing left to do.
	PERFORM rui._lock_books(project_id);
	SELECT j.time_zone INTO zone FROM rui.project j WHERE j.id = reconcile.project_id;
	SELECT coalesce(max(r.id), 0) INTO first_id FROM rui.reconciliation r WHERE r.project_id = reconcile.project_id;
	-- A number names one payment; of several lines with it the first that has
	-- its amount gets it, or else the first.
	FOR pass IN 1 .. 2 LOOP
		SELECT array_agg(m.line_id), array_agg(m.payment_id) INTO found_lines, found_subjects
		FROM (
			SELECT DISTINCT ON (y.id) l.id AS line_id, y.id AS payment_id
			FROM rui._free_lines(reconcile.project_id, reconcile.channel, 'receipt') l
			JOIN rui._free_payments(reconcile.project_id, reconcile.channel, false) y ON y.channel = l.channel AND y.external_ref = l.reference
			WHERE pass = 2 OR y.amount = l.amount
			ORDER BY y.id, l.id) m;
		PERFORM rui._record_matches(project_id, (ARRAY['reference', 'reference_only'])[pass], 'payment', found_lines, found_subjects, at);
	END LOOP;
	-- Without the number: the same amount within some days from the same payer,
	-- and nothing else that it could be, either way.
	SELECT array_agg(m.line_id), array_agg(m.payment_id) INTO found_lines, found_subjects
	FROM (
		SELECT l.id AS line_id, y.id AS payment_id, count(*) OVER (PARTITION BY l.id) AS payments, count(*) OVER (PARTITION BY y.id) AS rivals
		FROM rui._free_lines(reconcile.project_id, reconcile.channel, 'receipt') l
		JOIN rui._free_payments(reconcile.project_id, reconcile.channel, false) y
			ON y.channel = l.channel AND y.amount = l.amount AND y.external_ref IS NULL
		LEFT JOIN rui.reconciliation_setting s ON s.project_id = reconcile.project_id AND s.channel = l.channel
		WHERE l.payer IS NOT NULL AND abs(l.on_date - (y.at AT TIME ZONE zone)::date) <= coalesce(s.window_days, 3)
			AND (EXISTS (SELECT FROM rui.party p WHERE p.id = y.payer_id AND l.payer IN (p.code, p.name))
				OR EXISTS (SELECT FROM rui.unit u WHERE u.project_id = reconcile.project_id AND u.id = y.unit_id AND u.code = l.payer))
			AND NOT EXISTS (SELECT FROM rui.payment k WHERE k.project_id = reconcile.project_id AND k.channel = l.channel AND k.external_ref = l.reference)) m
	WHERE m.payments = 1 AND m.rivals = 1;
	PERFORM rui._record_matches(project_id, 'payer', 'payment', found_lines, found_subjects, at);
	-- Refunds of one amount out of one payment are alike: in their order.
	SELECT array_agg(l.id), array_agg(f.id) INTO found_lines, found_subjects
	FROM (
		SELECT f.id, y.channel, y.external_ref, f.amount, row_number() OVER (PARTITION BY y.id, f.amount ORDER BY f.id) AS place
		FROM rui._free_refunds(reconcile.project_id, reconcile.channel, false) f
		JOIN rui.payment y ON y.project_id = reconcile.project_id AND y.id = f.payment_id) f
	JOIN (
		SELECT l.id, l.channel, l.reference, l.amount, row_number() OVER (PARTITION BY l.channel, l.reference, l.amount ORDER BY l.id) AS place
		FROM rui._free_lines(reconcile.project_id, reconcile.channel, 'refund') l) l
		ON l.channel = f.channel AND l.reference = f.external_ref AND l.amount = -f.amount AND l.place = f.place;
	PERFORM rui._record_matches(project_id, 'refund', 'refund', found_lines, found_subjects, at);
	FOR line IN SELECT l.* FROM rui._free_lines(reconcile.project_id, reconcile.channel, 'payout') l WHERE l.from_channel IS NOT NULL ORDER BY l.id LOOP
		parts := rui._payout_parts(line);
		IF parts.subjects IS NOT NULL THEN
			PERFORM rui._record_match(line, 'payout', parts.subjects, parts.subject_ids, parts.amounts, parts.fee, NULL, at);
		END IF;
	END LOOP;
	-- What a batch does not tell, the day does.
	PERFORM rui._record_match(d.line, 'payout', d.subjects, d.subject_ids, d.amounts, (d.line).fee, NULL, at)
	FROM rui._payout_days(reconcile.project_id, reconcile.channel) d;
	RETURN QUERY
	SELECT r.rule, r.state, count(*), sum(r.received) FROM rui.reconciliation r
	WHERE r.project_id = reconcile.project_id AND r.id > first_id
	GROUP BY r.rule, r.state ORDER BY array_position('{reference,reference_only,payer,refund,payout}', r.rule), r.state;
	IF FOUND THEN
		PERFORM rui._emit(project_id, 'reconciliation.run', 'project', project_id, at, (
			SELECT jsonb_strip_nulls(jsonb_build_object('channel', reconcile.channel, 'lines', count(*)))
			FROM rui.reconciliation r WHERE r.project_id = reconcile.project_id AND r.id > first_id));
	END IF;
END
$$;
COMMENT ON FUNCTION rui.reconcile(bigint, text, timestamptz) IS
'Finds what the lines of a channel''s statements, or with null of all, are, each rule on what those before have left: the payment with the line''s reference and amount (rule reference); with the reference and another amount (reference_only: short or over); the only payment without a number of the same amount, within the channel''s window_days (3 where none are set), of the payer or unit that the line names by code or name, where that line is also the only one for it (payer); the refund of the payment with that reference and amount (refund); and of payouts what they settle: their batch by the channel''s statement, or, after all of those, all payments and refunds of the day they name that are left, less the fee (payout). Amounts are compared exactly. A payout that is even is posted at once: bank against channel, fee against its account. Whoever calls, and how often, the result is the same. Returns what was found now by rule and state: lines and sum of their amounts; what no rule is sure of stays as rui.bank_line_state and rui.unreconciled show. Needs permission reconcile. Errors: 22004, 22008, 22023 unknown channel, 55000 no books or closed month, 42501.';
