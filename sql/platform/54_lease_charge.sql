-- What a lease costs: its cycles, charged when they begin, and what is taken
-- back of them when it ends before its time.

CREATE FUNCTION rui._lease_cycle(lease rui.lease, place integer, OUT period daterange, OUT price numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ROW(
	-- Each from the first day: after the 28th of February comes the 31st of March.
	daterange((lease.first_day + place * lease.cycle_months * interval '1 month')::date,
		(lease.first_day + (place + 1) * lease.cycle_months * interval '1 month')::date),
	round(lease.price * (1 + lease.yearly_rise) ^ (place * lease.cycle_months / 12), 2));
COMMENT ON FUNCTION rui._lease_cycle(rui.lease, integer) IS
'Internal: days and rent (with tax) of the cycle of a lease with that number (from 0), as if the lease went on for ever. The rent rises once a year of the lease, compounded, each year rounded from the first year''s.';

CREATE FUNCTION rui._add_rent(lease rui.lease, cycle rui.lease_cycle, days daterange, revision integer, at timestamptz) RETURNS numeric
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	owed CONSTANT numeric := rui.prorate(cycle.price, days, cycle.period);
	net_part CONSTANT numeric := round(owed / (1 + coalesce(lease.tax_rate, 0)), 2);
	new_id bigint;
BEGIN
	INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, source, source_id, revision, period, quantity, net, tax, gross, tax_rate, due_on, at)
	VALUES (lease.project_id, lease.fee_item_id, lease.unit_id, lease.lessee_id, 'lease', cycle.id, _add_rent.revision, days, 1,
		net_part, owed - net_part, owed, lease.tax_rate,
		greatest(lower(days) + lease.due_days, rui._local_date(lease.project_id, _add_rent.at)), _add_rent.at)
	RETURNING id INTO new_id;
	PERFORM rui._emit(lease.project_id, 'lease.charge', 'charge', new_id, at, jsonb_build_object('lease_id', lease.id, 'days', days, 'gross', owed));
	RETURN owed;
END
$$;
COMMENT ON FUNCTION rui._add_rent(rui.lease, rui.lease_cycle, daterange, integer, timestamptz) IS
'Internal: charges the rent of some days of a cycle: the cycle''s rent by days, rounded half away from zero; the tax is what that contains. Returns the gross. The caller holds the books.';

CREATE FUNCTION rui._duty_charge_leases(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	today CONSTANT date := rui._local_date(project_id, at);
	lease rui.lease;
	cycle rui.lease_cycle;
	next_place integer;
	made bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM rui.lease l WHERE l.project_id = _duty_charge_leases.project_id AND l.state IN ('running', 'ended'))
		OR NOT EXISTS (SELECT FROM rui.books b WHERE b.project_id = _duty_charge_leases.project_id) THEN
		RETURN 0;
	END IF;
	PERFORM rui._lock_books(project_id);
	FOR lease IN SELECT l.* FROM rui.lease l
		WHERE l.project_id = _duty_charge_leases.project_id AND l.first_day <= today AND (l.state = 'running'
			-- One that has been ended runs on to its last day, with what no tick has come to yet.
			OR l.state = 'ended' AND NOT EXISTS (SELECT FROM rui.lease_cycle c
				WHERE c.project_id = l.project_id AND c.lease_id = l.id AND upper(c.period) >= upper(l.valid)))
		ORDER BY l.id
	LOOP
		SELECT coalesce(max(c.place) + 1, 0) INTO next_place FROM rui.lease_cycle c WHERE c.project_id = lease.project_id AND c.lease_id = lease.id;
		LOOP
			SELECT y.period, y.price INTO cycle.period, cycle.price FROM rui._lease_cycle(lease, next_place) y;
			EXIT WHEN lower(cycle.period) > today OR lower(cycle.period) >= upper(lease.valid);
			IF lower(cycle.period) >= lease.charged_from THEN
				INSERT INTO rui.lease_cycle AS c (project_id, lease_id, place, period, price)
				VALUES (lease.project_id, lease.id, next_place, cycle.period, cycle.price)
				RETURNING c.* INTO cycle;
				PERFORM rui._add_rent(lease, cycle, cycle.period * lease.valid, 1, at);
				made := made + 1;
			END IF;
			next_place := next_place + 1;
		END LOOP;
	END LOOP;
	IF made > 0 THEN
		PERFORM rui._allocate(project_id, NULL, at);
	END IF;
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui._duty_charge_leases(bigint, timestamptz) IS
'Internal: duty: charges every cycle of a lease whose first day has come (in the project''s zone) and that is not charged, to the lessee, up to the last day of one that has been ended too; a cycle that the end of the lease cuts, by its days. Then prepayments pay what is open. Returns how many it charged.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('charge_leases', 5110, 'Charges the rent of cycles that have begun.');
PERFORM rui._name('duty', 'charge_leases', '租金出账', 'charge rents');

CREATE FUNCTION rui.end_lease(project_id bigint, lease_id bigint, last_day date, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS numeric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	asked rui.lease;
	cycle rui.lease_cycle;
	charged record;
	rest daterange;
	less numeric := 0;
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_leases');
	PERFORM rui._check_time(project_id, at);
	IF lease_id IS NULL THEN
		PERFORM rui._missing('lease_id');
	END IF;
	PERFORM rui._check_day('last_day', last_day);
	IF remark IS NOT NULL THEN
		PERFORM rui._check_text('remark', remark, 500);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'end_lease', request_key, jsonb_build_array(lease_id, last_day, remark));
	IF answer IS NOT NULL THEN
		RETURN (answer #>> '{}')::numeric;
	END IF;
	SELECT l.* INTO asked FROM rui.lease l WHERE l.project_id = end_lease.project_id AND l.id = end_lease.lease_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('lease', lease_id, project_id);
	ELSIF asked.lessee_id = rui.current_party() THEN
		RAISE EXCEPTION 'nobody ends his own lease' USING ERRCODE = 'insufficient_privilege', DETAIL = format('It is number %s.', lease_id),
			HINT = 'Somebody else who may ends it.';
	ELSIF at < asked.decided_at THEN
		RAISE EXCEPTION 'a lease of % cannot be ended at %', asked.decided_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	ELSIF asked.state = 'running' AND (last_day < asked.first_day OR last_day >= upper(asked.valid)) THEN
		RAISE EXCEPTION 'lease % is for %: % is no day of it', lease_id, asked.valid, last_day
			USING ERRCODE = 'invalid_parameter_value', HINT = 'last_day is the last day that is let.';
	END IF;
	UPDATE rui.lease l SET last_action = 'stop', ended_by = rui.current_party(), ended_at = end_lease.at,
		valid = CASE asked.state WHEN 'running' THEN daterange(l.first_day, last_day + 1) ELSE l.valid END, remark = coalesce(end_lease.remark, l.remark)
	WHERE l.project_id = asked.project_id AND l.id = asked.id
	RETURNING l.* INTO asked;
	-- What was charged for days that are let no more is taken back, and what
	-- is left of the cycle charged anew.
	FOR charged IN
		SELECT c.id, c.source_id, c.revision, c.period, c.gross
		FROM rui.lease_cycle y
		JOIN rui.charge c ON c.project_id = y.project_id AND c.source = 'lease' AND c.source_id = y.id
		WHERE y.project_id = asked.project_id AND y.lease_id = asked.id AND upper(c.period) > last_day + 1
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
		ORDER BY c.id
	LOOP
		PERFORM rui.require_permission(project_id, 'reverse_charge');
		PERFORM rui._reverse_charge(project_id, charged.id, 'The lease has ended', false, at);
		less := less + charged.gross;
		rest := charged.period * asked.valid;
		IF NOT isempty(rest) THEN
			SELECT y.* INTO cycle FROM rui.lease_cycle y WHERE y.project_id = asked.project_id AND y.id = charged.source_id;
			less := less - rui._add_rent(asked, cycle, rest, charged.revision + 1, at);
		END IF;
	END LOOP;
	IF less > 0 THEN
		PERFORM rui._allocate(project_id, NULL, at);
	END IF;
	PERFORM rui._emit(project_id, 'lease.stop', 'lease', asked.id, at, jsonb_strip_nulls(jsonb_build_object('last_day', last_day, 'less', less, 'remark', remark)));
	PERFORM rui._finish_request(project_id, 'end_lease', request_key, to_jsonb(less));
	RETURN less;
END
$$;
COMMENT ON FUNCTION rui.end_lease(bigint, bigint, date, text, text, timestamptz) IS
'Ends a running lease before its time: last_day is the last day that is let. Charges that reach beyond are taken back and the days before charged anew, by days of their cycle; what was paid for more becomes a prepayment. Returns by how much less is charged (CNY, with tax). Needs permissions approve_leases and, where something is taken back, reverse_charge. Errors: 22004, 22001, 22008 arguments, 22023 no day of it or before its approval, P0002 unknown lease, 55000 not running, no books, closed month, or a charge to be taken back has late fees or costs (reverse those first), RU409, 42501 also for who rents.';
