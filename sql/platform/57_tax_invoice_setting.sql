-- Setting up tax invoices: sellers, classes, places; titles of buyers.

CREATE FUNCTION rui._check_optional(argument text, value text, longest integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value IS NOT NULL THEN
		PERFORM rui._check_text(argument, value, longest);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_optional(text, text, integer) IS
'Internal: as rui._check_text, but null passes. Errors: 22023, 22001.';

CREATE FUNCTION rui._check_tax_number(argument text, number text, allows_old boolean) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	kind CONSTANT text := rui.tax_number_kind(number);
BEGIN
	PERFORM rui._check_text(argument, number, 100);
	IF kind IS NULL THEN
		RAISE EXCEPTION '% "%" is no tax number', argument, number USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'Its length, a character or the check character is wrong.',
			HINT = 'Give the unified social credit code: 18 digits and capital letters without I, O, S, V and Z.';
	ELSIF kind = 'old' AND allows_old IS NOT TRUE THEN
		RAISE EXCEPTION '% "%" is of the time before credit codes', argument, number USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give the unified social credit code; rui.set_tax_setting may allow numbers of 15 characters.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_tax_number(text, text, boolean) IS
'Internal: checks the tax number of an enterprise. Errors: 22004, 22001, 22023 no such number, or one of 15 characters where they are not allowed.';

CREATE FUNCTION rui.set_tax_setting(project_id bigint, basis text DEFAULT 'paid', allows_old_numbers boolean DEFAULT false,
	prepaid_class_code text DEFAULT '6010000000000000000', prepaid_name text DEFAULT '预付卡销售',
	confirm_within interval DEFAULT '72:00', lease interval DEFAULT '00:05', max_attempts integer DEFAULT 5,
	backoff interval DEFAULT '00:01', at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_tax');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('basis', basis, 20);
	PERFORM rui._check_text('prepaid_class_code', prepaid_class_code, 19);
	PERFORM rui._check_text('prepaid_name', prepaid_name, 90);
	IF allows_old_numbers IS NULL OR max_attempts IS NULL THEN
		PERFORM rui._missing(CASE WHEN allows_old_numbers IS NULL THEN 'allows_old_numbers' ELSE 'max_attempts' END);
	ELSIF basis NOT IN ('paid', 'charged') THEN
		RAISE EXCEPTION 'nothing is invoiced by "%"', basis
			USING ERRCODE = 'invalid_parameter_value', HINT = 'The basis is paid or charged.';
	ELSIF prepaid_class_code !~ '^[0-9]{19}$' THEN
		RAISE EXCEPTION 'tax class "%" must have 19 digits', prepaid_class_code
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the whole code, with its zeros at the end.';
	ELSIF max_attempts NOT BETWEEN 1 AND 20 THEN
		RAISE EXCEPTION 'max_attempts must be 1 to 20, not %', max_attempts USING ERRCODE = 'numeric_value_out_of_range';
	END IF;
	PERFORM rui._check_pause('confirm_within', confirm_within, '1 minute', '8784 hours');
	PERFORM rui._check_pause('lease', lease, '1 second', '24 hours');
	PERFORM rui._check_pause('backoff', backoff, '1 second', '24 hours');
	INSERT INTO rui.tax_setting AS s (project_id, basis, allows_old_numbers, prepaid_class_code, prepaid_name, confirm_within, lease, max_attempts, backoff)
	VALUES (project_id, basis, allows_old_numbers, prepaid_class_code, prepaid_name, confirm_within, lease, max_attempts, backoff)
	ON CONFLICT ON CONSTRAINT tax_setting_pkey DO UPDATE SET basis = EXCLUDED.basis, allows_old_numbers = EXCLUDED.allows_old_numbers,
		prepaid_class_code = EXCLUDED.prepaid_class_code, prepaid_name = EXCLUDED.prepaid_name, confirm_within = EXCLUDED.confirm_within,
		lease = EXCLUDED.lease, max_attempts = EXCLUDED.max_attempts, backoff = EXCLUDED.backoff;
	PERFORM rui._emit(project_id, 'tax_setting.set', 'project', project_id, at,
		jsonb_build_object('basis', basis, 'allows_old_numbers', allows_old_numbers));
END
$$;
COMMENT ON FUNCTION rui.set_tax_setting(bigint, text, boolean, text, text, interval, interval, integer, interval, timestamptz) IS
'Says how a project makes tax invoices, as in rui.tax_setting: of what is paid or of what is charged; whether enterprises may have tax numbers of 15 characters; the class (19 digits) and name of prepayments; how long buyers have to confirm red letters (1 minute to 8784 hours); a gateway''s lease (1 second to 24 hours), how often it may say later (1 to 20) and the rest after that (1 second to 24 hours, doubled each time). What was requested before goes on by the new leases. Needs permission set_tax. Errors: 22004, 22001, 22003, 22008, 22023 arguments, 42501.';

CREATE FUNCTION rui.set_tax_seller(project_id bigint, name text, tax_no text, drawer text, from_on date, address text DEFAULT NULL,
	phone text DEFAULT NULL, bank text DEFAULT NULL, account_no text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	to_on date;
	seller_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_tax');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('name', name, 100);
	PERFORM rui._check_tax_number('tax_no', tax_no, false);
	PERFORM rui._check_text('drawer', drawer, 50);
	PERFORM rui._check_day('from_on', from_on);
	PERFORM rui._check_optional(o.argument, o.value, o.longest) FROM (VALUES ('address', address, 200), ('phone', phone, 40),
		('bank', bank, 200), ('account_no', account_no, 40)) AS o(argument, value, longest);
	-- One at a time, so that sellers follow on one another.
	PERFORM FROM rui.project j WHERE j.id = set_tax_seller.project_id FOR NO KEY UPDATE;
	IF EXISTS (SELECT FROM rui.tax_seller s WHERE s.project_id = set_tax_seller.project_id AND lower(s.valid) = from_on) THEN
		RAISE EXCEPTION 'project % has a seller from % already', project_id, from_on
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Let the new one begin on another day.';
	END IF;
	UPDATE rui.tax_seller s SET valid = daterange(lower(s.valid), from_on)
	WHERE s.project_id = set_tax_seller.project_id AND s.valid @> from_on;
	SELECT min(lower(s.valid)) INTO to_on FROM rui.tax_seller s
	WHERE s.project_id = set_tax_seller.project_id AND lower(s.valid) > from_on;
	INSERT INTO rui.tax_seller (project_id, name, tax_no, address, phone, bank, account_no, drawer, valid)
	VALUES (set_tax_seller.project_id, set_tax_seller.name, set_tax_seller.tax_no, set_tax_seller.address, set_tax_seller.phone,
		set_tax_seller.bank, set_tax_seller.account_no, set_tax_seller.drawer, daterange(from_on, to_on))
	RETURNING id INTO seller_id;
	PERFORM rui._emit(project_id, 'tax_seller.set', 'tax_seller', seller_id, at, jsonb_build_object('tax_no', tax_no, 'from_on', from_on));
	RETURN seller_id;
END
$$;
COMMENT ON FUNCTION rui.set_tax_seller(bigint, text, text, text, date, text, text, text, text, timestamptz) IS
'Says under which name and tax number a project sells, for what is requested from a day on until the next seller''s first day, and who issues (drawer); projects of one company may share a number. Returns the id in rui.tax_seller. Needs permission set_tax. Errors: 22004, 22001, 22008, 22023 arguments, also a tax number that is none, 55000 a seller begins on that day already, 42501.';

CREATE FUNCTION rui.set_tax_class(project_id bigint, fee_code text, class_code text, goods_name text, rate_code text, from_on date,
	element text DEFAULT 'none', unit_name text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	item rui.fee_item;
	to_on date;
	class_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_tax');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('class_code', class_code, 19);
	PERFORM rui._check_text('goods_name', goods_name, 90);
	PERFORM rui._check_text('rate_code', rate_code, 40);
	PERFORM rui._check_text('element', element, 20);
	PERFORM rui._check_optional('unit_name', unit_name, 20);
	PERFORM rui._check_day('from_on', from_on);
	IF class_code !~ '^[0-9]{19}$' THEN
		RAISE EXCEPTION 'tax class "%" must have 19 digits', class_code
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the whole code, with its zeros at the end.';
	ELSIF element NOT IN ('none', 'lease', 'parking') THEN
		RAISE EXCEPTION 'no line has the element "%"', element
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Elements are none, lease and parking.';
	ELSIF NOT EXISTS (SELECT FROM rui.tax_rate r WHERE r.code = rate_code) THEN
		RAISE EXCEPTION 'unknown tax rate "%"', rate_code USING ERRCODE = 'invalid_parameter_value',
			HINT = format('Rates are %s.', (SELECT string_agg(DISTINCT r.code, ', ' ORDER BY r.code) FROM rui.tax_rate r));
	END IF;
	item := rui._fee_item(project_id, fee_code);
	PERFORM FROM rui.fee_item f WHERE f.project_id = set_tax_class.project_id AND f.id = item.id FOR NO KEY UPDATE;
	IF EXISTS (SELECT FROM rui.tax_class c WHERE c.project_id = set_tax_class.project_id
		AND c.fee_item_id = item.id AND lower(c.valid) = from_on) THEN
		RAISE EXCEPTION 'fee item "%" has a tax class from % already', fee_code, from_on
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Let the new one begin on another day.';
	END IF;
	UPDATE rui.tax_class c SET valid = daterange(lower(c.valid), from_on)
	WHERE c.project_id = set_tax_class.project_id AND c.fee_item_id = item.id AND c.valid @> from_on;
	SELECT min(lower(c.valid)) INTO to_on FROM rui.tax_class c
	WHERE c.project_id = set_tax_class.project_id AND c.fee_item_id = item.id AND lower(c.valid) > from_on;
	INSERT INTO rui.tax_class (project_id, fee_item_id, class_code, goods_name, unit_name, rate_code, element, valid)
	VALUES (set_tax_class.project_id, item.id, set_tax_class.class_code, set_tax_class.goods_name, set_tax_class.unit_name,
		set_tax_class.rate_code, set_tax_class.element, daterange(from_on, to_on))
	RETURNING id INTO class_id;
	PERFORM rui._emit(project_id, 'tax_class.set', 'tax_class', class_id, at,
		jsonb_build_object('fee_code', fee_code, 'class_code', class_code, 'rate_code', rate_code, 'from_on', from_on));
	RETURN class_id;
END
$$;
COMMENT ON FUNCTION rui.set_tax_class(bigint, text, text, text, text, date, text, text, timestamptz) IS
'Says how a fee item stands on invoices: class (19 digits), name, rate (a code of rui.tax_rate), unit of the quantity, and what the line has to tell besides (element: none, lease or parking); for charges whose first day is from_on or later, until the next one''s first day. A charge is invoiced only where this rate is its own. Returns the id in rui.tax_class. Needs permission set_tax. Errors: 22004, 22001, 22008, 22023 arguments, P0002 unknown fee item, 55000 one begins on that day already, 42501.';

CREATE FUNCTION rui.set_tax_estate(project_id bigint, region text, address text, certificate_no text DEFAULT NULL, unit_id bigint DEFAULT NULL,
	area_unit text DEFAULT '平方米', is_remote boolean DEFAULT false, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	estate_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_tax');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('region', region, 100);
	PERFORM rui._check_text('address', address, 120);
	PERFORM rui._check_optional('certificate_no', certificate_no, 40);
	PERFORM rui._check_text('area_unit', area_unit, 20);
	IF is_remote IS NULL THEN
		PERFORM rui._missing('is_remote');
	ELSIF unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = set_tax_estate.project_id AND u.id = set_tax_estate.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	END IF;
	INSERT INTO rui.tax_estate AS e (project_id, unit_id, region, address, certificate_no, area_unit, is_remote)
	VALUES (project_id, unit_id, region, address, certificate_no, area_unit, is_remote)
	ON CONFLICT ON CONSTRAINT tax_estate_once DO UPDATE SET region = EXCLUDED.region, address = EXCLUDED.address,
		certificate_no = EXCLUDED.certificate_no, area_unit = EXCLUDED.area_unit, is_remote = EXCLUDED.is_remote
	RETURNING e.id INTO estate_id;
	PERFORM rui._emit(project_id, 'tax_estate.set', 'tax_estate', estate_id, at, jsonb_build_object('unit_id', unit_id));
	RETURN estate_id;
END
$$;
COMMENT ON FUNCTION rui.set_tax_estate(bigint, text, text, text, bigint, text, boolean, timestamptz) IS
'Says what invoices about leases and parking tell of the place: region (province, city, district), address, number of the certificate of ownership, unit of the area, and whether it lies in another city than the seller; of a unit, or (unit_id null) of all others. What was requested before stays. Returns the id in rui.tax_estate. Needs permission set_tax. Errors: 22004, 22001, 22023, 22008 arguments, P0002 unknown unit, 42501.';

CREATE FUNCTION rui._title(project_id bigint, title_id bigint) RETURNS rui.tax_title
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	title rui.tax_title;
BEGIN
	IF title_id IS NULL THEN
		PERFORM rui._missing('title_id');
	END IF;
	SELECT t.* INTO title FROM rui.tax_title t WHERE t.project_id = _title.project_id AND t.id = _title.title_id;
	-- Nobody learns of titles that are not his.
	IF NOT FOUND OR title.party_id IS DISTINCT FROM rui.current_party() AND NOT rui.has_permission(project_id, 'invoices_for_others') THEN
		PERFORM rui._unknown('title', title_id, project_id);
	ELSIF title.erased_at IS NOT NULL THEN
		RAISE EXCEPTION 'title % is erased', title_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.set_title sets another.';
	END IF;
	RETURN title;
END
$$;
COMMENT ON FUNCTION rui._title(bigint, bigint) IS
'Internal: a title that the acting party may use: his own, or anybody''s with permission invoices_for_others. Errors: 22004, P0002, 55000 erased.';

CREATE FUNCTION rui.set_title(project_id bigint, party_id bigint, kind text, name text, tax_no text DEFAULT NULL, address text DEFAULT NULL,
	phone text DEFAULT NULL, bank text DEFAULT NULL, account_no text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	title_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_titles');
	PERFORM rui._check_time(project_id, at);
	IF party_id IS NULL THEN
		PERFORM rui._missing('party_id');
	END IF;
	PERFORM rui._check_text('kind', kind, 20);
	PERFORM rui._check_text('name', name, 100);
	PERFORM rui._check_optional(o.argument, o.value, o.longest) FROM (VALUES ('address', address, 200), ('phone', phone, 40),
		('bank', bank, 200), ('account_no', account_no, 40)) AS o(argument, value, longest);
	IF kind NOT IN ('person', 'enterprise') THEN
		RAISE EXCEPTION 'unknown kind of title "%"', kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Kinds are person and enterprise.';
	ELSIF kind = 'person' AND tax_no IS NOT NULL THEN
		RAISE EXCEPTION 'a person has no tax number' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Leave tax_no out, or give the title of an enterprise; identity numbers are not kept.';
	ELSIF kind = 'enterprise' THEN
		PERFORM rui._check_tax_number('tax_no', tax_no,
			(SELECT s.allows_old_numbers FROM rui.tax_setting s WHERE s.project_id = set_title.project_id));
	END IF;
	IF party_id IS DISTINCT FROM rui.current_party() AND NOT rui.has_permission(project_id, 'invoices_for_others') THEN
		PERFORM rui._unknown('party', party_id, project_id);
	END IF;
	PERFORM rui._check_payer(project_id, party_id);
	-- One at a time for a party, so that a title is there once.
	PERFORM FROM rui.party p WHERE p.id = set_title.party_id FOR NO KEY UPDATE;
	UPDATE rui.tax_title t SET address = set_title.address, phone = set_title.phone, bank = set_title.bank, account_no = set_title.account_no
	WHERE t.project_id = set_title.project_id AND t.party_id = set_title.party_id AND t.name = set_title.name
		AND coalesce(t.tax_no, '') = coalesce(set_title.tax_no, '') AND t.erased_at IS NULL
	RETURNING t.id INTO title_id;
	IF NOT FOUND THEN
		INSERT INTO rui.tax_title AS t (project_id, party_id, kind, name, tax_no, address, phone, bank, account_no, set_at)
		VALUES (project_id, party_id, kind, name, tax_no, address, phone, bank, account_no, at)
		RETURNING t.id INTO title_id;
	END IF;
	PERFORM rui._emit(project_id, 'tax_title.set', 'tax_title', title_id, at, jsonb_build_object('kind', kind));
	RETURN title_id;
END
$$;
COMMENT ON FUNCTION rui.set_title(bigint, bigint, text, text, text, text, text, text, text, timestamptz) IS
'Gives a party of the company a title (抬头) for invoices: a person by name, or an enterprise by name and tax number, with what else invoices may show. The same name and number again changes the rest. Returns the id in rui.tax_title. Needs permission set_titles, and for another than oneself invoices_for_others (P0002 without it). Errors: 22004, 22001, 22008, 22023 arguments, also a tax number whose check character is wrong, or of 15 characters where rui.set_tax_setting does not allow them, P0002 unknown party, 42501.';

CREATE FUNCTION rui.erase_title(project_id bigint, title_id bigint, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	title rui.tax_title;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_titles');
	PERFORM rui._check_time(project_id, at);
	title := rui._title(project_id, title_id);
	IF at < title.set_at THEN
		RAISE EXCEPTION 'a title of % cannot be erased at %', title.set_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	UPDATE rui.tax_title t SET name = NULL, tax_no = NULL, address = NULL, phone = NULL, bank = NULL, account_no = NULL, erased_at = erase_title.at
	WHERE t.project_id = title.project_id AND t.id = title.id;
	PERFORM rui._emit(project_id, 'tax_title.erase', 'tax_title', title_id, at);
END
$$;
COMMENT ON FUNCTION rui.erase_title(bigint, bigint, timestamptz) IS
'Erases a title: its words are gone from the row for good, and nothing more is made out to it. Requests and invoices keep the words they were made with, as the law on accounting demands. Needs permission set_titles, and for another''s title invoices_for_others (P0002 without it). Errors: 22004, 22008, 22023 arguments, P0002 unknown title, 55000 erased already, 42501.';
