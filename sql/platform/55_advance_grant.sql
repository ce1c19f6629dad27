-- What paying ahead costs, who gets it, and what becomes of it when the payer
-- asks his money back or another pays for the unit.

CREATE FUNCTION rui._advance_months(campaign rui.advance_campaign, unit_id bigint, payer_id bigint, from_month date, at timestamptz)
RETURNS TABLE (month date, price numeric, share numeric, gross numeric, fault text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 12
SET search_path FROM CURRENT
AS $$
DECLARE
	due record;
BEGIN
	FOR month IN
		SELECT (from_month + make_interval(months => n))::date FROM generate_series(0, campaign.paid_months + campaign.free_months - 1) n ORDER BY n
	LOOP
		SELECT count(*) AS parts, bool_and(d.period = daterange(_advance_months.month, (_advance_months.month + interval '1 month')::date)) AS is_whole,
			bool_and(d.payer_id IS NOT DISTINCT FROM _advance_months.payer_id) AS is_his,
			bool_or(d.vacancy_rule_id IS NOT NULL OR d.discount_id IS NOT NULL) AS is_less, max((rui.charge(p.tariff, d.quantity)).gross) AS full_price
		INTO due FROM rui._due_charges(campaign.project_id, month, at, unit_id, unit_id) d
		JOIN rui.price_plan p ON p.project_id = campaign.project_id AND p.id = d.plan_id
		WHERE d.fee_item_id = campaign.fee_item_id;
		price := due.full_price;
		-- Of the first month, so that a month costs no more than its part of what
		-- is paid, down to the cent.
		IF share IS NULL AND price > 0 THEN
			share := trunc(trunc(price * campaign.share * campaign.paid_months / (campaign.paid_months + campaign.free_months), 2) / price, 6);
		END IF;
		gross := round(price * share, 2);
		fault := CASE WHEN due.parts = 0 THEN 'It is charged already, or has no price.' WHEN due.parts > 1 OR NOT due.is_whole THEN 'It is charged in parts.'
			WHEN NOT due.is_his THEN 'Another party pays it.' WHEN due.is_less THEN 'It costs less already: the unit is empty, or has a discount.'
			WHEN share IS NULL OR share = 1 THEN 'It costs nothing, or too little to cost less.' END;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._advance_months(rui.advance_campaign, bigint, bigint, date, timestamptz) IS
'Internal: the months that a campaign covers from a first one on: what each would cost a payer in full and with the discount, by what is known now, the share that is, and why it cannot be had (fault), or null. The paid and the given months have equal parts of what is paid, cut to the cent.';

CREATE FUNCTION rui._campaign(project_id bigint, campaign_id bigint) RETURNS rui.advance_campaign
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	campaign rui.advance_campaign;
BEGIN
	IF campaign_id IS NULL THEN
		PERFORM rui._missing('campaign_id');
	END IF;
	SELECT c.* INTO campaign FROM rui.advance_campaign c WHERE c.project_id = _campaign.project_id AND c.id = campaign_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('advance_campaign', campaign_id, project_id);
	END IF;
	RETURN campaign;
END
$$;
COMMENT ON FUNCTION rui._campaign(bigint, bigint) IS
'Internal: the campaign with that id. Errors: 22004, P0002.';

CREATE FUNCTION rui.advance_quote(project_id bigint, campaign_id bigint, unit_id bigint, payer_id bigint, from_month date, at timestamptz DEFAULT now())
RETURNS TABLE (month date, price numeric, share numeric, gross numeric, fault text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 12
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_discounts');
	PERFORM rui._check_billing(project_id, from_month, at, true);
	IF unit_id IS NULL OR payer_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN unit_id IS NULL THEN 'unit_id' ELSE 'payer_id' END);
	END IF;
	RETURN QUERY SELECT * FROM rui._advance_months(rui._campaign(advance_quote.project_id, campaign_id), unit_id, payer_id, from_month, at);
END
$$;
COMMENT ON FUNCTION rui.advance_quote(bigint, bigint, bigint, bigint, date, timestamptz) IS
'What paying ahead by a campaign would cost for a unit from from_month (first day) on: each month with its full price, the share that is to be paid, what it costs then, and why it cannot be had (fault), or null; by the prices known now. The sum of gross is what has to be paid ahead. Needs permission request_discounts. Errors: 22004, 22008, 22023 arguments, P0002 unknown campaign, 42501.';

CREATE FUNCTION rui._advance_short(project_id bigint, payer_id bigint) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Money for the unit goes first, then the payer's for all his units.
	RETURN (
		SELECT coalesce(sum(greatest(n.needed - coalesce(b.left_over, 0), 0)), 0)
		FROM (SELECT a.unit_id, sum(greatest(a.quoted - coalesce(c.gross, 0), 0)) AS needed
			FROM rui.advance a
			LEFT JOIN LATERAL (SELECT sum(c.gross) AS gross FROM rui.charge c
				WHERE c.project_id = a.project_id AND c.unit_id = a.unit_id AND c.discount_id = a.discount_id
					AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)) c ON true
			WHERE a.project_id = _advance_short.project_id AND a.payer_id = _advance_short.payer_id AND a.state = 'granted'
			GROUP BY a.unit_id) n
		LEFT JOIN LATERAL (SELECT sum(p.left_over) AS left_over FROM rui.payment_open p
			WHERE p.project_id = _advance_short.project_id AND p.unit_id = n.unit_id AND coalesce(p.payer_id, _advance_short.payer_id) = _advance_short.payer_id) b ON true)
		- (SELECT coalesce(sum(p.left_over), 0) FROM rui.payment_open p
			WHERE p.project_id = _advance_short.project_id AND p.payer_id = _advance_short.payer_id AND p.unit_id IS NULL);
END
$$;
COMMENT ON FUNCTION rui._advance_short(bigint, bigint) IS
'Internal: by how much the prepayments of a payer (those for a unit first, then those for all) fall short of what his advances have still to pay; below zero or zero: they do not.';

CREATE FUNCTION rui._grant_advance(campaign rui.advance_campaign, unit_id bigint, payer_id bigint, days daterange, share numeric, quoted numeric,
	takes_over bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	new_discount bigint;
	new_id bigint;
	short numeric;
BEGIN
	-- Who asked for the campaign and who approved it answer for what it gives.
	INSERT INTO rui.discount AS d (project_id, fee_item_id, unit_ids, payer_id, share, valid, ground, reason, requested_by, requested_at)
	VALUES (campaign.project_id, campaign.fee_item_id, ARRAY[unit_id], _grant_advance.payer_id, _grant_advance.share, days, 'prepaid', campaign.name,
		campaign.requested_by, campaign.requested_at)
	RETURNING d.id INTO new_discount;
	UPDATE rui.discount d SET last_action = 'approve', decided_by = campaign.decided_by, decided_at = _grant_advance.at
	WHERE d.project_id = campaign.project_id AND d.id = new_discount;
	INSERT INTO rui.advance AS a (project_id, campaign_id, unit_id, payer_id, months, quoted, discount_id, takes_over, granted_by, granted_at)
	VALUES (campaign.project_id, campaign.id, _grant_advance.unit_id, _grant_advance.payer_id, days, _grant_advance.quoted, new_discount,
		_grant_advance.takes_over, rui.current_party(), _grant_advance.at)
	RETURNING a.id INTO new_id;
	short := rui._advance_short(campaign.project_id, payer_id);
	IF short > 0 THEN
		RAISE EXCEPTION 'the prepayments of party % are % short of what is to be paid ahead', payer_id, short USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('All the months cost %s.', quoted), HINT = 'rui.record_payment takes the rest; what other advances have still to pay is not free.';
	END IF;
	PERFORM rui._emit(campaign.project_id, 'advance.give', 'advance', new_id, at,
		jsonb_build_object('campaign_id', campaign.id, 'unit_id', unit_id, 'payer_id', payer_id, 'months', days, 'quoted', quoted));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._grant_advance(rui.advance_campaign, bigint, bigint, daterange, numeric, numeric, bigint, timestamptz) IS
'Internal: grants an advance with its discount for whole months and returns its id. The caller holds the money lock. Error 55000 where the prepayments of the payer do not suffice.';

CREATE FUNCTION rui.grant_advance(project_id bigint, campaign_id bigint, unit_id bigint, payer_id bigint, from_month date,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	campaign rui.advance_campaign;
	today date;
	total record;
	obstacle text;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_discounts');
	PERFORM rui._check_billing(project_id, from_month, at, true);
	IF unit_id IS NULL OR payer_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN unit_id IS NULL THEN 'unit_id' ELSE 'payer_id' END);
	ELSIF NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = grant_advance.project_id AND u.id = grant_advance.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	END IF;
	PERFORM rui._check_payer(project_id, payer_id);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'grant_advance', request_key, jsonb_build_array(campaign_id, unit_id, payer_id, from_month));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	campaign := rui._campaign(project_id, campaign_id);
	today := rui._local_date(project_id, at);
	IF at < campaign.decided_at THEN
		RAISE EXCEPTION 'a campaign of % cannot be used at %', campaign.decided_at, at USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	SELECT sum(m.gross) AS gross, max(m.share) AS share, min(format('%s: %s', to_char(m.month, 'YYYY-MM'), m.fault)) FILTER (WHERE m.fault IS NOT NULL) AS fault,
		(max(m.month) + interval '1 month')::date AS ends_on
	INTO total FROM rui._advance_months(campaign, unit_id, payer_id, from_month, at) m;
	obstacle := CASE WHEN campaign.state <> 'approved' THEN 'The campaign is not approved.'
		WHEN NOT campaign.valid @> today THEN format('The campaign is for %s.', campaign.valid)
		WHEN from_month < date_trunc('month', today::timestamp)::date THEN 'Its first month is over.'
		WHEN NOT (campaign.unit_ids IS NULL OR unit_id = ANY (campaign.unit_ids))
			OR NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = campaign.project_id AND u.id = unit_id AND campaign.unit_kind IN ('any', u.kind)) THEN 'The campaign is not for this unit.'
		WHEN NOT campaign.allows_arrears AND EXISTS (SELECT FROM rui.charge_open o
			WHERE o.project_id = campaign.project_id AND o.payer_id = grant_advance.payer_id AND o.due_on < today AND o.open_amount > 0) THEN 'The payer has arrears.'
		ELSE total.fault END;
	IF obstacle IS NOT NULL THEN
		RAISE EXCEPTION 'paying ahead by campaign % gives no discount here', campaign_id USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = obstacle, HINT = 'rui.advance_quote tells of each month.';
	END IF;
	new_id := rui._grant_advance(campaign, unit_id, payer_id, daterange(from_month, total.ends_on), total.share, total.gross, NULL, at);
	PERFORM rui._finish_request(project_id, 'grant_advance', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.grant_advance(bigint, bigint, bigint, bigint, date, text, timestamptz) IS
'Gives who has paid ahead what an approved campaign promises, for a unit from from_month (first day, not over yet) on: a discount on all its months, for as long as he pays. His prepayments (rui.record_payment, for the unit or for him) have to hold the sum of rui.advance_quote beside what his other advances still have to pay. Runs charge each month with the discount, at the price of then, and the prepayment pays it. Returns the id in rui.advance. Needs permission request_discounts. Errors: 22004, 22008, 22023 arguments, P0002 unknown campaign, unit or party, 55000 a condition that is not met or too little money (detail), no books, RU409, 42501.';

CREATE FUNCTION rui._release_advance(held rui.advance, reason text, claw_back boolean, at timestamptz) RETURNS date
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	today CONSTANT date := rui._local_date(held.project_id, at);
	last_day date;
	one record;
BEGIN
	-- What lies ahead is not had yet; with claw_back what was had costs in full.
	FOR one IN
		SELECT c.id FROM rui.charge c
		WHERE c.project_id = held.project_id AND c.unit_id = held.unit_id AND c.discount_id = held.discount_id AND (claw_back OR c.starts_on > today)
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
		ORDER BY c.starts_on DESC, c.id DESC
	LOOP
		PERFORM rui.require_permission(held.project_id, 'reverse_charge');
		PERFORM rui._reverse_charge(held.project_id, one.id, reason, true, at);
	END LOOP;
	SELECT max(upper(c.period)) - 1 INTO last_day FROM rui.charge c
	WHERE c.project_id = held.project_id AND c.unit_id = held.unit_id AND c.discount_id = held.discount_id
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id);
	UPDATE rui.discount d SET last_action = CASE WHEN last_day IS NULL THEN 'revoke' ELSE 'stop' END,
		valid = CASE WHEN last_day IS NULL THEN d.valid ELSE daterange(lower(d.valid), last_day + 1) END,
		ended_by = CASE WHEN last_day IS NOT NULL THEN rui.current_party() END, ended_at = CASE WHEN last_day IS NOT NULL THEN _release_advance.at END,
		remark = _release_advance.reason
	WHERE d.project_id = held.project_id AND d.id = held.discount_id AND d.state = 'approved';
	IF FOUND THEN
		PERFORM rui._emit(held.project_id, CASE WHEN last_day IS NULL THEN 'discount.revoke' ELSE 'discount.stop' END, 'discount', held.discount_id, at,
			jsonb_build_object('remark', reason));
	END IF;
	RETURN last_day;
END
$$;
COMMENT ON FUNCTION rui._release_advance(rui.advance, text, boolean, timestamptz) IS
'Internal: takes back what is charged with the discount of an advance for days to come, with claw_back all of it, to be billed again, and ends the discount with the last day that stays charged by it, which it returns; null: there is none, and it is revoked. Errors: as rui.reverse_charge.';

CREATE FUNCTION rui._advance(project_id bigint, advance_id bigint, at timestamptz) RETURNS rui.advance
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	held rui.advance;
BEGIN
	SELECT a.* INTO held FROM rui.advance a WHERE a.project_id = _advance.project_id AND a.id = advance_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('advance', advance_id, project_id);
	ELSIF at < held.granted_at THEN
		RAISE EXCEPTION 'an advance of % cannot be ended at %', held.granted_at, at USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	ELSIF held.state <> 'granted' THEN
		RAISE EXCEPTION 'advance % is % already', advance_id, rui.label('state.advance', held.state, 'en') USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'It ends once.';
	END IF;
	RETURN held;
END
$$;
COMMENT ON FUNCTION rui._advance(bigint, bigint, timestamptz) IS
'Internal: locks an advance that is to be ended. Errors: P0002, 22023 before it was granted, 55000 ended already.';

CREATE FUNCTION rui.withdraw_advance(project_id bigint, advance_id bigint, reason text, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS numeric
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	held rui.advance;
	campaign rui.advance_campaign;
	today date;
	claw_back boolean;
	billed date[];
	free numeric;
BEGIN
	PERFORM rui.require_permission(project_id, 'reverse_charge');
	PERFORM rui._check_time(project_id, at);
	IF advance_id IS NULL THEN
		PERFORM rui._missing('advance_id');
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'withdraw_advance', request_key, jsonb_build_array(advance_id, reason));
	IF answer IS NOT NULL THEN
		RETURN (answer #>> '{}')::numeric;
	END IF;
	held := rui._advance(project_id, advance_id, at);
	campaign := rui._campaign(project_id, held.campaign_id);
	today := rui._local_date(project_id, at);
	claw_back := campaign.claws_back_on_sale OR held.payer_id IS NOT DISTINCT FROM (SELECT rui._payer(f.project_id, f.payer, held.unit_id, today)
		FROM rui.fee_item f WHERE f.project_id = campaign.project_id AND f.id = campaign.fee_item_id);
	SELECT array_agg(DISTINCT date_trunc('month', c.starts_on::timestamp)::date) INTO billed FROM rui.charge c
	WHERE c.project_id = held.project_id AND c.unit_id = held.unit_id AND c.discount_id = held.discount_id AND c.starts_on <= today
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id);
	PERFORM rui._release_advance(held, reason, claw_back, at);
	UPDATE rui.advance a SET last_action = 'withdraw', ended_by = rui.current_party(), ended_at = withdraw_advance.at, clawed_back = claw_back,
		reason = withdraw_advance.reason
	WHERE a.project_id = held.project_id AND a.id = held.id;
	-- The months he has had are charged again, at their full price.
	IF claw_back THEN
		PERFORM rui._charge_units(held.project_id, b.month, withdraw_advance.at, held.unit_id, held.unit_id) FROM unnest(billed) AS b(month) ORDER BY b.month;
	END IF;
	PERFORM rui._allocate_payment(p.project_id, p.payment_id, withdraw_advance.at)
	FROM (SELECT p.project_id, p.payment_id FROM rui.payment_open p
		WHERE p.project_id = held.project_id AND p.left_over > 0 AND (p.unit_id = held.unit_id AND coalesce(p.payer_id, held.payer_id) = held.payer_id
			OR p.unit_id IS NULL AND p.payer_id = held.payer_id) ORDER BY p.at, p.payment_id) p;
	SELECT coalesce(sum(p.left_over), 0) INTO free FROM rui.payment_open p
	WHERE p.project_id = held.project_id AND (p.unit_id = held.unit_id AND coalesce(p.payer_id, held.payer_id) = held.payer_id
		OR p.unit_id IS NULL AND p.payer_id = held.payer_id);
	PERFORM rui._emit(project_id, 'advance.withdraw', 'advance', advance_id, at, jsonb_build_object('clawed_back', claw_back, 'left_over', free));
	PERFORM rui._finish_request(project_id, 'withdraw_advance', request_key, to_jsonb(free::text));
	RETURN free;
END
$$;
COMMENT ON FUNCTION rui.withdraw_advance(bigint, bigint, text, text, timestamptz) IS
'Ends an advance whose payer asks his money back: what is charged with its discount for days to come is taken back, and the months he has had are taken back, too, and charged again at their full price, now due (not where another pays for the unit now and the campaign does not claw back on a sale). His prepayments pay what is open then; what they have left over after that, which is returned, rui.refund_payment may give back. Needs permission reverse_charge. Errors: 22004, 22001, 22008 arguments, 22023 before it was granted, P0002 unknown advance, 55000 ended already, a charge with late fees or costs, no books or closed month, RU409, 42501.';

CREATE FUNCTION rui.transfer_advance(project_id bigint, advance_id bigint, payer_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	held rui.advance;
	campaign rui.advance_campaign;
	given rui.discount;
	today date;
	last_day date;
	rest daterange;
	used numeric;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reverse_charge');
	PERFORM rui._check_time(project_id, at);
	IF advance_id IS NULL OR payer_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN advance_id IS NULL THEN 'advance_id' ELSE 'payer_id' END);
	END IF;
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._check_payer(project_id, payer_id);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'transfer_advance', request_key, jsonb_build_array(advance_id, payer_id, reason));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	held := rui._advance(project_id, advance_id, at);
	campaign := rui._campaign(project_id, held.campaign_id);
	today := rui._local_date(project_id, at);
	IF payer_id = held.payer_id OR payer_id IS DISTINCT FROM (SELECT rui._payer(f.project_id, f.payer, held.unit_id, today)
		FROM rui.fee_item f WHERE f.project_id = campaign.project_id AND f.id = campaign.fee_item_id) THEN
		RAISE EXCEPTION 'party % does not pay for unit % instead of party % on %', payer_id, held.unit_id, held.payer_id, today
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'An advance goes to who pays for the unit after the one who paid ahead.';
	END IF;
	SELECT d.* INTO given FROM rui.discount d WHERE d.project_id = held.project_id AND d.id = held.discount_id;
	last_day := rui._release_advance(held, reason, false, at);
	-- From the day on that is not charged by it, in whole months.
	rest := daterange(greatest(lower(held.months), date_trunc('month', today::timestamp)::date, (last_day + 1)), upper(held.months));
	SELECT coalesce(sum(c.gross), 0) INTO used FROM rui.charge c
	WHERE c.project_id = held.project_id AND c.unit_id = held.unit_id AND c.discount_id = held.discount_id
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id);
	IF isempty(rest) OR extract(day FROM lower(rest)) <> 1 THEN
		RAISE EXCEPTION 'advance % has no whole month left', advance_id USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'There is nothing to hand over.';
	END IF;
	UPDATE rui.advance a SET last_action = 'transfer', ended_by = rui.current_party(), ended_at = transfer_advance.at, reason = transfer_advance.reason
	WHERE a.project_id = held.project_id AND a.id = held.id;
	new_id := rui._grant_advance(campaign, held.unit_id, payer_id, rest, given.share::numeric, greatest(held.quoted - used, 0), held.id, at);
	PERFORM rui._emit(project_id, 'advance.transfer', 'advance', advance_id, at, jsonb_build_object('payer_id', payer_id, 'advance_id', new_id));
	PERFORM rui._finish_request(project_id, 'transfer_advance', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.transfer_advance(bigint, bigint, bigint, text, text, timestamptz) IS
'Hands the rest of an advance over to who pays for the unit now: the months that are not charged yet cost him the same share. The money has to be his, too: it was paid for the unit whoever pays (payer_id null), or he has paid it himself; where it was paid for the earlier payer, that one withdraws his advance and is refunded. Returns the id of the new advance. Needs permission reverse_charge. Errors: 22004, 22001, 22008 arguments, 22023 before it was granted, P0002 unknown advance or party, 55000 he does not pay for the unit, too little money, no whole month left, ended already or no books, RU409, 42501.';

CREATE FUNCTION rui._keep_advance_money() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	bound record;
BEGIN
	FOR bound IN
		SELECT DISTINCT a.payer_id FROM rui.payment p
		JOIN rui.advance a ON a.project_id = p.project_id AND a.state = 'granted' AND (a.payer_id = p.payer_id OR p.payer_id IS NULL AND a.unit_id = p.unit_id)
		WHERE p.project_id = NEW.project_id AND p.id = NEW.payment_id ORDER BY a.payer_id
	LOOP
		IF rui._advance_short(NEW.project_id, bound.payer_id) > 0 THEN
			RAISE EXCEPTION 'payment % has paid ahead for a discount', NEW.payment_id USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'rui.withdraw_advance ends the advance; then what is left is refunded.';
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._keep_advance_money() IS
'Row trigger of rui.refund: what advances of the payer have still to pay is not given back. Error 55000.';
CREATE TRIGGER keep_advance_money AFTER INSERT ON rui.refund FOR EACH ROW EXECUTE FUNCTION rui._keep_advance_money();

CREATE VIEW rui.advance_open WITH (security_invoker = true, security_barrier = true) AS
SELECT a.project_id, a.id AS advance_id, a.campaign_id, a.unit_id, a.payer_id, a.months, a.quoted, coalesce(c.gross, 0)::numeric AS billed,
	greatest(a.quoted - coalesce(c.gross, 0), 0)::numeric AS still_to_bill
FROM rui.advance a
LEFT JOIN LATERAL (SELECT sum(c.gross) AS gross FROM rui.charge c
	WHERE c.project_id = a.project_id AND c.unit_id = a.unit_id AND c.discount_id = a.discount_id
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)) c ON true
WHERE a.state = 'granted';
PERFORM rui._describe('advance_open', 'The advances that are granted, with what is charged of them.',
	'advance_id: The advance.', 'campaign_id: Its campaign.', 'unit_id: The unit.', 'payer_id: Who has paid ahead.', 'months: The months.',
	'quoted: What they cost in all by the prices of then.', 'billed: What is charged with the discount so far.', 'still_to_bill: What the prepayments are kept for.');
GRANT SELECT ON rui.advance_open TO rui_agent, rui_manager, rui_expert, rui_analyst, rui_auditor;
