-- What is overdue, for how long, and what paying late has come to cost.

CREATE FUNCTION rui.arrears(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (unit_id bigint, unit_code text, not_due numeric, days_1_30 numeric, days_31_60 numeric,
	days_61_90 numeric, days_91_180 numeric, days_over_180 numeric, total numeric, oldest_due_on date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	-- Not by rui._local_date: what a caller runs himself calls nothing internal.
	today CONSTANT date := (SELECT (greatest(least(at, '2201-01-01 00:00+00'), '1900-01-01 00:00+00') AT TIME ZONE j.time_zone)::date FROM rui.project j WHERE j.id = arrears.project_id);
BEGIN
	IF project_id IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' ELSE 'at' END);
	END IF;
	RETURN QUERY
	WITH paid AS (
		SELECT a.charge_id, sum(a.amount) AS amount FROM rui.allocation a
		WHERE a.project_id = arrears.project_id AND a.at <= arrears.at GROUP BY a.charge_id),
	waived AS (
		SELECT w.charge_id, sum(w.amount) AS amount FROM (
			SELECT w.charge_id, w.amount FROM rui.waiver w
			WHERE w.project_id = arrears.project_id AND w.state = 'approved' AND w.decided_at <= arrears.at
			UNION ALL
			SELECT l.charge_id, l.amount FROM rui.credit_loss l
			WHERE l.project_id = arrears.project_id AND l.at <= arrears.at) w GROUP BY w.charge_id),
	owed AS (
		SELECT c.unit_id, c.due_on, today - c.due_on AS days, c.gross - coalesce(p.amount, 0) - coalesce(w.amount, 0) AS amount
		FROM rui.charge c
		LEFT JOIN paid p ON p.charge_id = c.id
		LEFT JOIN waived w ON w.charge_id = c.id
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= arrears.at
		WHERE c.project_id = arrears.project_id AND c.at <= arrears.at AND v.charge_id IS NULL)
	SELECT o.unit_id, min(u.code),
		coalesce(sum(o.amount) FILTER (WHERE o.days <= 0), 0.00),
		coalesce(sum(o.amount) FILTER (WHERE o.days BETWEEN 1 AND 30), 0.00),
		coalesce(sum(o.amount) FILTER (WHERE o.days BETWEEN 31 AND 60), 0.00),
		coalesce(sum(o.amount) FILTER (WHERE o.days BETWEEN 61 AND 90), 0.00),
		coalesce(sum(o.amount) FILTER (WHERE o.days BETWEEN 91 AND 180), 0.00),
		coalesce(sum(o.amount) FILTER (WHERE o.days > 180), 0.00),
		sum(o.amount), min(o.due_on)
	FROM owed o
	LEFT JOIN rui.unit u ON u.project_id = arrears.project_id AND u.id = o.unit_id
	WHERE o.amount > 0
	GROUP BY o.unit_id
	ORDER BY min(u.code), o.unit_id;
END
$$;
COMMENT ON FUNCTION rui.arrears(bigint, timestamptz) IS
'What was open at an instant, by unit (null: charges without one) and by days since the due date in the project''s zone, with its sum and the oldest due date; units that owe nothing have no row. Sees what the caller may see. Error 22004 for a null argument.';

CREATE FUNCTION rui.arrears_by_age(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (age text, units bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 6
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT g.age, count(*) FILTER (WHERE g.amount > 0), coalesce(sum(g.amount), 0.00)
	FROM (VALUES (1, 'not_due'), (2, '1-30'), (3, '31-60'), (4, '61-90'), (5, '91-180'), (6, '181-')) AS k(place, age)
	LEFT JOIN (
		SELECT b.age, b.amount FROM rui.arrears(arrears_by_age.project_id, arrears_by_age.at) r
		CROSS JOIN LATERAL (VALUES ('not_due', r.not_due), ('1-30', r.days_1_30), ('31-60', r.days_31_60),
			('61-90', r.days_61_90), ('91-180', r.days_91_180), ('181-', r.days_over_180)) AS b(age, amount)) g
		ON g.age = k.age
	GROUP BY k.place, k.age, g.age
	ORDER BY k.place;
END
$$;
COMMENT ON FUNCTION rui.arrears_by_age(bigint, timestamptz) IS
'What was open at an instant by age: not_due, 1-30, 31-60, 61-90, 91-180 and 181- days since the due date, with the number of units and the sum; always six rows. Sees what the caller may see. Error 22004 for a null argument.';

CREATE FUNCTION rui.late_fees(project_id bigint, at timestamptz DEFAULT now(), only_charge bigint DEFAULT NULL)
RETURNS TABLE (charge_id bigint, unit_id bigint, payer_id bigint, days_late integer, open_amount numeric,
	accrued numeric, billed numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = late_fees.project_id);
	today CONSTANT date := (greatest(least(at, '2201-01-01 00:00+00'), '1900-01-01 00:00+00') AT TIME ZONE zone)::date; -- as in rui.arrears
BEGIN
	IF project_id IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' ELSE 'at' END);
	END IF;
	RETURN QUERY
	WITH stopped AS MATERIALIZED (
		SELECT s.charge_id, s.days FROM rui.late_fee_stops(late_fees.project_id, late_fees.at, only_charge) s),
	paid AS (
		-- Each part of the principal counts until the day it was paid, waived or
		-- written off; a recovery and the payment it comes by cancel out.
		SELECT a.charge_id, sum(a.amount) AS amount,
			sum(a.amount * (greatest(0, (a.at AT TIME ZONE zone)::date - c.due_on - r.grace_days) - CASE WHEN s.charge_id IS NULL THEN 0 ELSE (
				SELECT coalesce(sum(upper(u) - lower(u)), 0) FROM unnest(s.days * datemultirange(daterange(c.due_on + r.grace_days,
					greatest(c.due_on + r.grace_days, (a.at AT TIME ZONE zone)::date)))) u) END)) AS amount_days
		FROM (
			SELECT l.charge_id, l.amount, l.at FROM rui.allocation l
			WHERE l.project_id = late_fees.project_id AND l.at <= late_fees.at
				AND l.charge_id BETWEEN coalesce(only_charge, 1) AND coalesce(only_charge, 9223372036854775807)
			UNION ALL
			SELECT w.charge_id, w.amount, w.decided_at FROM rui.waiver w
			WHERE w.project_id = late_fees.project_id AND w.state = 'approved' AND w.decided_at <= late_fees.at
				AND w.charge_id BETWEEN coalesce(only_charge, 1) AND coalesce(only_charge, 9223372036854775807)
			UNION ALL
			SELECT l.charge_id, l.amount, l.at FROM rui.credit_loss l
			WHERE l.project_id = late_fees.project_id AND l.at <= late_fees.at
				AND l.charge_id BETWEEN coalesce(only_charge, 1) AND coalesce(only_charge, 9223372036854775807)) a
		JOIN rui.charge c ON c.project_id = late_fees.project_id AND c.id = a.charge_id
		JOIN rui.late_rule r ON r.project_id = c.project_id AND r.fee_item_id = c.fee_item_id AND r.valid @> c.due_on
		LEFT JOIN stopped s ON s.charge_id = a.charge_id
		WHERE c.component = 'principal'
		GROUP BY a.charge_id),
	charged AS (
		SELECT c.about_charge_id, sum(c.gross) AS amount
		FROM rui.charge c
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= late_fees.at
		WHERE c.project_id = late_fees.project_id AND c.component = 'late_fee' AND c.at <= late_fees.at
			AND v.charge_id IS NULL AND c.about_charge_id BETWEEN coalesce(only_charge, 1) AND coalesce(only_charge, 9223372036854775807)
		GROUP BY c.about_charge_id)
	SELECT c.id, c.unit_id, c.payer_id, d.days, o.amount, f.amount, coalesce(b.amount, 0.00)
	FROM rui.charge c
	JOIN rui.late_rule r ON r.project_id = c.project_id AND r.fee_item_id = c.fee_item_id AND r.valid @> c.due_on
	LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= late_fees.at
	LEFT JOIN paid p ON p.charge_id = c.id
	LEFT JOIN charged b ON b.about_charge_id = c.id
	LEFT JOIN stopped s ON s.charge_id = c.id
	CROSS JOIN LATERAL (SELECT (greatest(0, today - c.due_on - r.grace_days) - CASE WHEN s.charge_id IS NULL THEN 0 ELSE (
		SELECT coalesce(sum(upper(u) - lower(u)), 0) FROM unnest(s.days * datemultirange(daterange(c.due_on + r.grace_days,
			greatest(c.due_on + r.grace_days, today)))) u) END)::integer AS days) d
	CROSS JOIN LATERAL (SELECT c.gross - coalesce(p.amount, 0) AS amount) o
	CROSS JOIN LATERAL (SELECT coalesce(p.amount_days, 0) + o.amount * d.days AS amount_days) q
	CROSS JOIN LATERAL (SELECT round(least(r.daily_rate * q.amount_days, r.annual_cap * q.amount_days / 365, c.gross * r.cap_share, r.cap_amount), 2) AS amount) f
	WHERE c.project_id = late_fees.project_id AND c.component = 'principal' AND c.at <= late_fees.at
		AND c.due_on < today AND v.charge_id IS NULL AND (f.amount > 0 OR b.amount > 0)
		AND c.id BETWEEN coalesce(only_charge, 1) AND coalesce(only_charge, 9223372036854775807)
	ORDER BY c.id;
END
$$;
COMMENT ON FUNCTION rui.late_fees(bigint, timestamptz, bigint) IS
'What paying late has cost by an instant, one row per principal, or that of one charge: days late after grace, what is open, the late fee accrued, and how much of it is charged already. accrued = daily rate × Σ (part of the principal × days it was late), at most the cap''s share of the principal, the cap''s amount, and what the annual cap makes of the same days, rounded once; for a principal of which nothing is paid, without the last two, that is rui.late_fee(). A part counts until the day it was paid (allocated), waived or written off; the time during which a payment that was taken back stood does not count, nor do days of dispute (rui.late_fee_stops), which days_late leaves out. Sees what the caller may see. Error 22004 for a null argument.';

CREATE FUNCTION rui.charge_late_fee(project_id bigint, charge_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	debt rui.charge;
	owed numeric;
	net_part numeric;
	today date;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'add_charge');
	PERFORM rui._check_time(project_id, at);
	IF charge_id IS NULL THEN
		PERFORM rui._missing('charge_id');
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'charge_late_fee', request_key, jsonb_build_array(charge_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	SELECT c.* INTO debt FROM rui.charge c
	WHERE c.project_id = charge_late_fee.project_id AND c.id = charge_late_fee.charge_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('charge', charge_id, project_id);
	END IF;
	-- What was charged for a later day counts too: the days before it are in it.
	SELECT f.accrued - f.billed - (SELECT coalesce(sum(c.gross), 0) FROM rui.charge c
		WHERE c.project_id = debt.project_id AND c.about_charge_id = debt.id AND c.component = 'late_fee' AND c.at > charge_late_fee.at
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id))
	INTO owed FROM rui.late_fees(charge_late_fee.project_id, charge_late_fee.at, debt.id) f
	-- Nor does anything accrue on what has been taken back since.
	WHERE NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = debt.project_id AND v.charge_id = debt.id);
	IF owed IS NULL OR owed <= 0 THEN
		RAISE EXCEPTION 'no late fee has accrued on charge % that is not charged', charge_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.late_fees(project_id, at) lists what has.';
	END IF;
	today := rui._local_date(project_id, at);
	net_part := round(owed / (1 + coalesce(debt.tax_rate, 0)), 2);
	INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, component, about_charge_id, source, source_id,
		revision, period, quantity, net, tax, gross, tax_rate, due_on, at)
	SELECT debt.project_id, debt.fee_item_id, debt.unit_id, debt.payer_id, 'late_fee', debt.id, 'late_fee', debt.id,
		coalesce(max(c.revision), 0) + 1, daterange(today, today + 1), owed, net_part, owed - net_part, owed,
		debt.tax_rate, today, charge_late_fee.at
	FROM rui.charge c
	WHERE c.project_id = debt.project_id AND c.source = 'late_fee' AND c.source_id = debt.id
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'charge.add', 'charge', new_id, at,
		jsonb_build_object('source', 'late_fee', 'source_id', debt.id, 'gross', owed));
	PERFORM rui._finish_request(project_id, 'charge_late_fee', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.charge_late_fee(bigint, bigint, text, timestamptz) IS
'Charges the late fee that has accrued on a principal by an instant and is not charged yet, not even for a later day, due at once; tax at the principal''s rate is contained in it. Returns the new charge''s id. Needs permission add_charge. Errors: 22004, 22008 arguments, P0002 unknown charge, 55000 nothing has accrued, no books or closed month, RU409, 42501.';

CREATE FUNCTION rui._due_late_fees(project_id bigint, fee_item_id bigint, minimum numeric, at timestamptz)
RETURNS TABLE (debt_id bigint, days_late integer, open_amount numeric, owed numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	-- What was charged for a later day counts too: the days before it are in it.
	WITH later AS (
		SELECT c.about_charge_id, sum(c.gross) AS amount FROM rui.charge c
		WHERE c.project_id = _due_late_fees.project_id AND c.component = 'late_fee' AND c.at > _due_late_fees.at
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
		GROUP BY c.about_charge_id)
	SELECT f.charge_id, f.days_late, f.open_amount, o.amount
	FROM rui.late_fees(_due_late_fees.project_id, _due_late_fees.at) f
	JOIN rui.charge c ON c.project_id = _due_late_fees.project_id AND c.id = f.charge_id
	LEFT JOIN later l ON l.about_charge_id = f.charge_id
	CROSS JOIN LATERAL (SELECT f.accrued - f.billed - coalesce(l.amount, 0) AS amount) o
	-- Nor does anything accrue on what has been taken back since.
	WHERE o.amount > 0 AND o.amount >= minimum AND (_due_late_fees.fee_item_id IS NULL OR c.fee_item_id = _due_late_fees.fee_item_id)
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
	ORDER BY f.charge_id;
END
$$;
COMMENT ON FUNCTION rui._due_late_fees(bigint, bigint, numeric, timestamptz) IS
'Internal: what rui.charge_late_fee() would charge on each principal, of one fee item or (null) all, where it is at least minimum.';

CREATE FUNCTION rui.charge_late_fees(project_id bigint, dry_run boolean DEFAULT false, fee_code text DEFAULT NULL, minimum numeric DEFAULT 0.01,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (charge_id bigint, unit_id bigint, payer_id bigint, days_late integer, open_amount numeric, fee numeric, late_fee_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	item_id bigint;
	today date;
BEGIN
	PERFORM rui.require_permission(project_id, 'add_charge');
	PERFORM rui._check_time(project_id, at);
	IF num_nulls(dry_run, minimum) > 0 THEN
		PERFORM rui._missing(CASE WHEN dry_run IS NULL THEN 'dry_run' ELSE 'minimum' END);
	END IF;
	PERFORM rui._check_amount('minimum', minimum);
	IF fee_code IS NOT NULL THEN
		item_id := (rui._fee_item(project_id, fee_code)).id;
	END IF;
	PERFORM rui._check_books(project_id);
	PERFORM rui._check_open(project_id, at);
	IF dry_run THEN
		RETURN QUERY
		SELECT d.debt_id, c.unit_id, c.payer_id, d.days_late, d.open_amount, d.owed, NULL::bigint
		FROM rui._due_late_fees(charge_late_fees.project_id, item_id, minimum, charge_late_fees.at) d
		JOIN rui.charge c ON c.project_id = charge_late_fees.project_id AND c.id = d.debt_id
		ORDER BY d.debt_id;
		RETURN;
	END IF;
	-- Who comes second waits here, and then finds everything charged.
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'charge_late_fees', request_key, jsonb_build_array(fee_code, minimum));
	IF answer IS NULL THEN
		today := rui._local_date(project_id, at);
		WITH due AS MATERIALIZED (
			SELECT d.* FROM rui._due_late_fees(charge_late_fees.project_id, item_id, minimum, charge_late_fees.at) d),
		former AS (
			SELECT c.source_id, max(c.revision) AS revision FROM rui.charge c
			WHERE c.project_id = charge_late_fees.project_id AND c.source = 'late_fee' AND c.source_id IN (SELECT d.debt_id FROM due d)
			GROUP BY c.source_id),
		added AS (
			INSERT INTO rui.charge AS c (project_id, fee_item_id, unit_id, payer_id, component, about_charge_id, source, source_id,
				revision, period, quantity, net, tax, gross, tax_rate, due_on, at)
			SELECT b.project_id, b.fee_item_id, b.unit_id, b.payer_id, 'late_fee', b.id, 'late_fee', b.id,
				coalesce(f.revision, 0) + 1, daterange(today, today + 1), d.owed, n.net, d.owed - n.net, d.owed, b.tax_rate, today, charge_late_fees.at
			FROM due d
			JOIN rui.charge b ON b.project_id = charge_late_fees.project_id AND b.id = d.debt_id
			LEFT JOIN former f ON f.source_id = d.debt_id
			CROSS JOIN LATERAL (SELECT round(d.owed / (1 + coalesce(b.tax_rate, 0)), 2) AS net) n
			ORDER BY d.debt_id
			RETURNING c.id, c.about_charge_id, c.unit_id, c.payer_id, c.gross),
		told AS (
			INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
			SELECT charge_late_fees.project_id, charge_late_fees.at, 'charge.add', 'charge', a.id, rui.current_party(),
				jsonb_build_object('source', 'late_fee', 'source_id', a.about_charge_id, 'gross', a.gross)
			FROM added a ORDER BY a.id)
		SELECT coalesce(jsonb_agg(jsonb_build_object('charge_id', d.debt_id, 'unit_id', a.unit_id, 'payer_id', a.payer_id, 'days_late', d.days_late,
			'open_amount', d.open_amount, 'fee', d.owed, 'late_fee_id', a.id) ORDER BY d.debt_id), '[]') INTO answer
		FROM due d JOIN added a ON a.about_charge_id = d.debt_id;
		PERFORM rui._finish_request(project_id, 'charge_late_fees', request_key, answer);
	END IF;
	RETURN QUERY SELECT r.* FROM jsonb_to_recordset(answer)
		AS r(charge_id bigint, unit_id bigint, payer_id bigint, days_late integer, open_amount numeric, fee numeric, late_fee_id bigint)
	ORDER BY r.charge_id;
END
$$;
COMMENT ON FUNCTION rui.charge_late_fees(bigint, boolean, text, numeric, text, timestamptz) IS
'Charges all late fees of a project, or of one fee item, that have accrued by an instant and are not charged yet, where that is at least minimum (in money, 0.01 or more): each as rui.charge_late_fee does, all in one transaction; called again it charges what has accrued since. dry_run only says what would be charged at that instant, and is refused where the run would be. Returns a row per principal: its days late after grace, what of it is open, the fee, and the new charge''s id (null in a dry run). Needs permission add_charge. Errors: 22004, 22003, 22008 arguments, P0002 unknown fee item, 55000 no books or closed month, RU409, 42501.';
