-- Asking for a discount, deciding on it, ending it.

CREATE FUNCTION rui.request_discount(project_id bigint, fee_code text, unit_ids bigint[], share numeric, days daterange, ground text, reason text,
	payer_id bigint DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	item rui.fee_item;
	units bigint[];
	unknown_unit bigint;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_discounts');
	PERFORM rui._check_time(project_id, at);
	IF unit_ids IS NULL OR share IS NULL OR days IS NULL THEN
		PERFORM rui._missing(CASE WHEN unit_ids IS NULL THEN 'unit_ids' WHEN share IS NULL THEN 'share' ELSE 'days' END);
	END IF;
	PERFORM rui._check_text('ground', ground, 20);
	PERFORM rui._check_text('reason', reason, 500);
	-- NaN is greater than every number.
	IF share NOT BETWEEN 0 AND 0.999999 OR share <> round(share, 6) THEN
		RAISE EXCEPTION 'share out of range: %', share
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give the share that is still to be paid: 0 up to, but not, 1, with up to 6 decimals.';
	ELSIF isempty(days) OR lower_inf(days) THEN
		RAISE EXCEPTION 'a discount needs a first day, not %', days
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give days such as [2026-01-01,2027-01-01).';
	ELSIF cardinality(unit_ids) NOT BETWEEN 1 AND 10000 OR rui._holds_null(unit_ids) THEN
		RAISE EXCEPTION 'a discount is for 1 to 10000 units' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Name the units, without nulls; what everybody pays less is a price plan.';
	ELSIF NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = 'discount_ground' AND l.code = request_discount.ground) THEN
		RAISE EXCEPTION 'unknown ground "%"', ground
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.label lists them, with kind discount_ground.';
	END IF;
	PERFORM rui._check_day('days', lower(days));
	IF NOT upper_inf(days) THEN
		PERFORM rui._check_day('days', upper(days));
	END IF;
	item := rui._fee_item(project_id, fee_code);
	SELECT array_agg(DISTINCT n.id ORDER BY n.id) INTO units FROM unnest(unit_ids) AS n(id);
	SELECT n.id INTO unknown_unit FROM unnest(units) AS n(id)
	WHERE NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = request_discount.project_id AND u.id = n.id)
	ORDER BY n.id LIMIT 1;
	IF FOUND THEN
		PERFORM rui._unknown('unit', unknown_unit, project_id);
	END IF;
	PERFORM rui._check_payer(project_id, payer_id);
	answer := rui._begin_request(project_id, 'request_discount', request_key, jsonb_build_array(fee_code, units, share, days, ground, reason, payer_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	INSERT INTO rui.discount (project_id, fee_item_id, unit_ids, payer_id, share, valid, ground, reason, requested_by, requested_at)
	VALUES (request_discount.project_id, item.id, units, request_discount.payer_id, request_discount.share, days,
		request_discount.ground, request_discount.reason, rui.current_party(), request_discount.at)
	RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'discount.request', 'discount', new_id, at,
		jsonb_build_object('fee_code', fee_code, 'units', cardinality(units), 'share', share, 'days', days, 'ground', ground));
	PERFORM rui._finish_request(project_id, 'request_discount', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_discount(bigint, text, bigint[], numeric, daterange, text, text, bigint, text, timestamptz) IS
'Asks that 1 to 10,000 units be charged only a share of a recurring fee item (0 up to, but not, 1; 6 decimals) on some days (open-ended allowed), for a ground of kind discount_ground and a reason; with payer_id only while that party pays. Nothing changes until rui.decide_discount. Returns the id in rui.discount. Needs permission request_discounts. Errors: 22004, 22003, 22008, 22001, 22023 arguments, P0002 unknown fee item, unit or party, RU409, 42501.';

CREATE FUNCTION rui._settle_discount(project_id bigint, discount_id bigint, action text, remark text, at timestamptz, last_day date DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	asked rui.discount;
	ends CONSTANT boolean := action = 'stop';
BEGIN
	SELECT d.* INTO asked FROM rui.discount d WHERE d.project_id = _settle_discount.project_id AND d.id = discount_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('discount', discount_id, project_id);
	ELSIF NOT ends THEN
		PERFORM rui._check_other('discount', discount_id, asked.requested_by, asked.requested_at, at, action = 'withdraw',
			rui._unit_payers(asked.project_id, asked.unit_ids, asked.valid) || asked.payer_id);
	ELSIF at < asked.decided_at THEN
		RAISE EXCEPTION 'a discount of % cannot be ended at %', asked.decided_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	ELSIF asked.state = 'approved' AND (last_day < lower(asked.valid) OR last_day >= upper(asked.valid)) THEN
		RAISE EXCEPTION 'discount % is for %: % is no day of it', discount_id, asked.valid, last_day
			USING ERRCODE = 'invalid_parameter_value', HINT = 'last_day is the last day that still costs less.';
	END IF;
	UPDATE rui.discount d SET last_action = action,
		valid = CASE WHEN ends AND asked.state = 'approved' THEN daterange(lower(d.valid), last_day + 1) ELSE d.valid END,
		decided_by = CASE WHEN ends THEN d.decided_by ELSE rui.current_party() END,
		decided_at = CASE WHEN ends THEN d.decided_at ELSE _settle_discount.at END,
		ended_by = CASE WHEN ends THEN rui.current_party() END,
		ended_at = CASE WHEN ends THEN _settle_discount.at END,
		remark = coalesce(_settle_discount.remark, d.remark)
	WHERE d.project_id = asked.project_id AND d.id = asked.id
	RETURNING d.* INTO asked;
	PERFORM rui._emit(project_id, 'discount.' || action, 'discount', discount_id, at,
		jsonb_strip_nulls(jsonb_build_object('days', asked.valid, 'remark', remark)));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui._settle_discount(bigint, bigint, text, text, timestamptz, date) IS
'Internal: approves, refuses, withdraws or stops (with last_day) a discount and returns its state. The caller has asked for the permission. Errors: P0002, 22023 before it was asked for, or no day of it, 42501 the wrong person, 55000 settled already.';

CREATE FUNCTION rui.decide_discount(project_id bigint, discount_id bigint, approve boolean, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_discounts');
	-- A run that is under way takes it or does not, for all its units.
	RETURN rui._decide('decide_discount', 'discount', project_id, discount_id, rui._verdict(approve), remark, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.decide_discount(bigint, bigint, boolean, text, text, timestamptz) IS
'Approves or refuses a discount that another person asked for, with a remark or null. Billing runs take an approved one from then on; charges made before stay as they are. Returns the new state. Needs permission approve_discounts. Errors: 22004, 22001, 22008 arguments, 22023 before it was asked for, P0002 unknown discount, 55000 settled already or no books, RU409, 42501 also for one''s own, and for whom it concerns.';

CREATE FUNCTION rui.withdraw_discount(project_id bigint, discount_id bigint, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_discounts');
	RETURN rui._decide('withdraw_discount', 'discount', project_id, discount_id, 'withdraw', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.withdraw_discount(bigint, bigint, text, timestamptz) IS
'Takes back one''s own request for a discount that is not decided. Returns the new state. Needs permission request_discounts. Errors: 22004, 22008 arguments, 22023 before it was asked for, P0002 unknown discount, 55000 settled already or no books, RU409, 42501 also for another''s.';

CREATE FUNCTION rui.end_discount(project_id bigint, discount_id bigint, last_day date, remark text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	settled text;
BEGIN
	PERFORM rui.require_permission(project_id, 'approve_discounts');
	PERFORM rui._check_time(project_id, at);
	IF discount_id IS NULL THEN
		PERFORM rui._missing('discount_id');
	END IF;
	PERFORM rui._check_day('last_day', last_day);
	IF remark IS NOT NULL THEN
		PERFORM rui._check_text('remark', remark, 500);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'end_discount', request_key, jsonb_build_array(discount_id, last_day, remark));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	settled := rui._settle_discount(project_id, discount_id, 'stop', remark, at, last_day);
	PERFORM rui._finish_request(project_id, 'end_discount', request_key, to_jsonb(settled));
	RETURN settled;
END
$$;
COMMENT ON FUNCTION rui.end_discount(bigint, bigint, date, text, text, timestamptz) IS
'Ends an approved discount: last_day is the last day that costs less. Charges made before stay as they are. Returns the new state. Needs permission approve_discounts. Errors: 22004, 22001, 22008 arguments, 22023 no day of it or before its approval, P0002 unknown discount, 55000 not approved, ended already or no books, RU409, 42501.';
