-- Hanging meters up, exchanging them, taking them away. What they show then
-- are readings like the others: final of the old one, initial of the new one.

CREATE FUNCTION rui._register_values(argument text, shown jsonb, codes text[]) RETURNS TABLE (code text, value numeric)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
	given jsonb := shown;
	bad text;
BEGIN
	IF given IS NULL OR jsonb_typeof(given) = 'null' THEN
		PERFORM rui._missing(argument);
	ELSIF jsonb_typeof(given) = 'number' THEN
		given := jsonb_build_object('total', given);
	ELSIF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION '% is neither a number nor an object', argument
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1234.5 for the total, or {"peak": 1234.5, "valley": 234} by register.';
	END IF;
	SELECT coalesce(k.code, c.code) INTO bad
	FROM jsonb_object_keys(given) AS k(code) FULL JOIN unnest(codes) AS c(code) ON c.code = k.code
	WHERE k.code IS NULL OR c.code IS NULL ORDER BY 1 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% %', argument, CASE WHEN given ? bad THEN format('names register "%s", which the meter has not', bad)
			ELSE format('says nothing of register "%s"', bad) END
			USING ERRCODE = 'invalid_parameter_value', HINT = format('The registers are %s.', array_to_string(codes, ', '));
	END IF;
	SELECT e.key INTO bad FROM jsonb_each(given) e
	WHERE jsonb_typeof(e.value) NOT IN ('number', 'string') OR length(e.value #>> '{}') > 40 OR e.value #>> '{}' !~ '^[0-9]+(\.[0-9]+)?$' LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% of register "%" is no reading: %', argument, bad, rui._show(given ->> bad)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give digits with a point, such as 1234.5.';
	END IF;
	RETURN QUERY SELECT e.key, (e.value #>> '{}')::numeric FROM jsonb_each(given) e ORDER BY e.key;
END
$$;
COMMENT ON FUNCTION rui._register_values(text, jsonb, text[]) IS
'Internal: what each register shows, from a number (the total) or an object by register, which names all registers and no others. Errors: 22004, 22023.';

CREATE FUNCTION rui._check_meter(registers text[], digits integer, multiplier numeric, verified_on date, verify_by date) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF num_nulls(registers, multiplier) > 0 THEN
		PERFORM rui._missing(CASE WHEN registers IS NULL THEN 'registers' ELSE 'multiplier' END);
	ELSIF cardinality(registers) NOT BETWEEN 1 AND 8 OR array_ndims(registers) > 1
		OR EXISTS (SELECT FROM unnest(registers) AS r(code) WHERE r.code IS NULL OR r.code !~ '^[a-z][a-z0-9_]{0,19}$')
		OR (SELECT count(DISTINCT r.code) FROM unnest(registers) AS r(code)) <> cardinality(registers) THEN
		RAISE EXCEPTION 'registers are 1 to 8 codes, each once, of small letters, digits and _'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as {total} or {peak,flat,valley}.';
	-- NaN is greater than every number.
	ELSIF digits NOT BETWEEN 1 AND 11 OR multiplier <= 0 OR multiplier > 1000000 OR multiplier <> round(multiplier, 6) THEN
		RAISE EXCEPTION 'meter out of range: digits %, multiplier %', digits, multiplier USING ERRCODE = 'numeric_value_out_of_range',
			HINT = 'digits are 1 to 11, the multiplier is more than 0 and at most 10^6, with up to 6 decimals.';
	ELSIF verify_by <= verified_on THEN
		RAISE EXCEPTION 'a meter verified on % cannot have to be verified by %', verified_on, verify_by USING ERRCODE = 'invalid_parameter_value';
	ELSIF verified_on NOT BETWEEN '1900-01-01' AND '2200-12-31' OR verify_by NOT BETWEEN '1900-01-01' AND '2200-12-31' THEN
		RAISE EXCEPTION 'a verification of % until % is out of range', verified_on, verify_by
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give dates from 1900 to 2200.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_meter(text[], integer, numeric, date, date) IS
'Internal: checks what a meter is like: 22004, 22003, 22023, 22008.';

CREATE FUNCTION rui._hang_meter(project_id bigint, meter_id bigint, registers text[], argument text, shown jsonb, hung_at timestamptz,
	at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.meter_register (project_id, meter_id, code)
	SELECT _hang_meter.project_id, _hang_meter.meter_id, r.code FROM unnest(registers) WITH ORDINALITY AS r(code, place) ORDER BY r.place;
	IF shown IS NOT NULL THEN
		PERFORM rui._take_reading(project_id, rui._register_of(_hang_meter.project_id, _hang_meter.meter_id, v.code), hung_at, v.value,
			'initial', 'staff', false, NULL, NULL, NULL, at)
		FROM rui._register_values(argument, shown, registers) v;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._hang_meter(bigint, bigint, text[], text, jsonb, timestamptz, timestamptz) IS
'Internal: gives a new meter its registers and, where something is shown, their initial readings.';

CREATE FUNCTION rui.install_meter(project_id bigint, code text, medium text, measured_in text, unit_id bigint DEFAULT NULL,
	space_id bigint DEFAULT NULL, initial jsonb DEFAULT NULL, registers text[] DEFAULT '{total}', digits integer DEFAULT NULL,
	multiplier numeric DEFAULT 1, serial text DEFAULT NULL, is_shared boolean DEFAULT NULL, verified_on date DEFAULT NULL,
	verify_by date DEFAULT NULL, installed_at timestamptz DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('code', code, 60);
	PERFORM rui._check_text('medium', medium, 20);
	PERFORM rui._check_text('measured_in', measured_in, 20);
	IF serial IS NOT NULL THEN
		PERFORM rui._check_text('serial', serial, 60);
	END IF;
	PERFORM rui._check_meter(registers, digits, multiplier, verified_on, verify_by);
	IF medium NOT IN ('water', 'electricity', 'gas', 'heat', 'other') THEN
		RAISE EXCEPTION 'unknown medium "%"', medium
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Media are water, electricity, gas, heat and other.';
	ELSIF num_nonnulls(unit_id, space_id) <> 1 THEN
		RAISE EXCEPTION 'a meter hangs at a unit or in a place, not at %', CASE WHEN unit_id IS NULL THEN 'neither' ELSE 'both' END
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give unit_id or space_id.';
	END IF;
	answer := rui._begin_request(project_id, 'install_meter', request_key, jsonb_build_array(code, medium, measured_in, unit_id, space_id, initial,
		registers, digits, multiplier, serial, is_shared, verified_on, verify_by, installed_at));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	installed_at := coalesce(installed_at, at);
	PERFORM rui._check_instant(installed_at);
	IF installed_at > at THEN
		RAISE EXCEPTION 'a meter of % does not hang yet', installed_at USING ERRCODE = 'invalid_parameter_value', HINT = 'installed_at is at or before at.';
	ELSIF unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = install_meter.project_id AND u.id = install_meter.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	ELSIF space_id IS NOT NULL THEN
		PERFORM rui._space(project_id, space_id);
	END IF;
	INSERT INTO rui.meter (project_id, code, unit_id, space_id, is_shared, medium, measured_in, serial, digits, multiplier, verified_on, verify_by, installed)
	VALUES (project_id, code, unit_id, space_id, coalesce(is_shared, space_id IS NOT NULL), medium, measured_in, serial, digits, multiplier,
		verified_on, verify_by, tstzrange(installed_at, NULL))
	RETURNING id INTO new_id;
	PERFORM rui._hang_meter(project_id, new_id, registers, 'initial', initial, installed_at, at);
	PERFORM rui._emit(project_id, 'meter.install', 'meter', new_id, at, jsonb_build_object('code', code, 'medium', medium, 'unit_id', unit_id,
		'space_id', space_id));
	PERFORM rui._finish_request(project_id, 'install_meter', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.install_meter(bigint, text, text, text, bigint, bigint, jsonb, text[], integer, numeric, text, boolean, date, date, timestamptz, text, timestamptz) IS
'Hangs up a meter at a unit or in a place, under a code that no other meter has at that time. medium: water, electricity, gas, heat or other; measured_in: the unit, such as m3 or kWh. initial: what it shows: a number (the total) or an object by register; null: not read. registers: 1 to 8, such as {peak,flat,valley}. digits: how many it has before the point (1 to 11), for when it begins again at 0; null: it does not. multiplier: use for one step of the register. is_shared: by default what hangs in a place. installed_at: by default at. Returns its id. Needs permission manage_meters. Errors: 22004, 22003, 22023, 22001, 22008 arguments, P0002 unknown unit or place, 23P01 a meter with that code hangs there, 42501, 55000, RU409.';

CREATE FUNCTION rui._take_meter(project_id bigint, meter_id bigint, final jsonb, removed_at timestamptz, at timestamptz) RETURNS rui.meter
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.meter;
	later timestamptz;
BEGIN
	IF meter_id IS NULL THEN
		PERFORM rui._missing('meter_id');
	END IF;
	PERFORM FROM rui.meter m WHERE m.project_id = _take_meter.project_id AND m.id = _take_meter.meter_id FOR NO KEY UPDATE;
	PERFORM rui._check_snapshot();
	SELECT m.* INTO present FROM rui.meter m WHERE m.project_id = _take_meter.project_id AND m.id = _take_meter.meter_id;
	PERFORM rui._check_instant(removed_at);
	IF present.id IS NULL THEN
		PERFORM rui._unknown('meter', meter_id, project_id);
	ELSIF NOT upper_inf(present.installed) THEN
		RAISE EXCEPTION 'meter "%" was taken away at %', present.code, upper(present.installed)
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Name the meter that hangs there now.';
	ELSIF removed_at <= lower(present.installed) OR removed_at > at THEN
		RAISE EXCEPTION 'meter "%", which hangs since %, cannot be taken away at %', present.code, lower(present.installed), removed_at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an instant after that, and not after at.';
	END IF;
	-- What was estimated for the time after it went was wrong.
	UPDATE rui.meter_reading e SET last_action = 'refuse', last_at = _take_meter.at
	FROM rui.meter_register r
	WHERE r.project_id = _take_meter.project_id AND r.meter_id = _take_meter.meter_id AND e.project_id = r.project_id AND e.register_id = r.id
		AND e.at > removed_at AND e.kind = 'estimate' AND e.state = 'accepted';
	SELECT max(e.at) INTO later FROM rui.meter_register r
	JOIN rui.meter_reading e ON e.project_id = r.project_id AND e.register_id = r.id AND e.at >= removed_at AND e.state IN ('accepted', 'to_check')
		AND (e.kind <> 'estimate' OR e.at > removed_at)
	WHERE r.project_id = _take_meter.project_id AND r.meter_id = _take_meter.meter_id;
	IF later IS NOT NULL THEN
		RAISE EXCEPTION 'meter "%" was read at %', present.code, later
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'The final reading is the last: give a later instant.';
	END IF;
	PERFORM rui._take_reading(_take_meter.project_id, r.id, removed_at, v.value, 'final', 'staff',
		coalesce(v.value < (SELECT e.value FROM rui.meter_reading e WHERE e.project_id = _take_meter.project_id AND e.register_id = r.id
			AND e.state = 'accepted' AND e.kind <> 'estimate' ORDER BY e.at DESC LIMIT 1), false) AND v.turned, NULL, NULL, NULL, at)
	FROM rui.meter_register r
	JOIN (SELECT x.code, x.value, coalesce(final -> 'is_rollover' = 'true'::jsonb, false) AS turned
		FROM rui._register_values('final', CASE jsonb_typeof(final) WHEN 'object' THEN final - 'is_rollover' ELSE final END,
			ARRAY(SELECT k.code FROM rui.meter_register k WHERE k.project_id = _take_meter.project_id AND k.meter_id = _take_meter.meter_id ORDER BY k.id)) x
		) v ON v.code = r.code
	WHERE r.project_id = _take_meter.project_id AND r.meter_id = _take_meter.meter_id;
	UPDATE rui.meter m SET installed = tstzrange(lower(m.installed), removed_at)
	WHERE m.project_id = _take_meter.project_id AND m.id = _take_meter.meter_id;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._take_meter(bigint, bigint, jsonb, timestamptz, timestamptz) IS
'Internal: takes a meter away with its final readings; returns it as it was. Errors: as rui.remove_meter.';

CREATE FUNCTION rui.remove_meter(project_id bigint, meter_id bigint, final jsonb, removed_at timestamptz DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	PERFORM rui._check_time(project_id, at);
	IF rui._begin_request(project_id, 'remove_meter', request_key, jsonb_build_array(meter_id, final, removed_at)) IS NOT NULL THEN
		RETURN;
	END IF;
	removed_at := coalesce(removed_at, at);
	PERFORM rui._take_meter(project_id, meter_id, final, removed_at, at);
	PERFORM rui._emit(project_id, 'meter.remove', 'meter', meter_id, at, jsonb_build_object('removed_at', removed_at, 'final', final));
	PERFORM rui._finish_request(project_id, 'remove_meter', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.remove_meter(bigint, bigint, jsonb, timestamptz, text, timestamptz) IS
'Takes a meter away for good. final: what it shows then, a number (the total) or an object by register; {"is_rollover": true} beside the registers says that those that show less than before began again at 0. removed_at: by default at; after everything that was read. Needs permission manage_meters. Errors: 22004, 22003, 22023, 22008 arguments, P0002 unknown meter, RU101 the meter would fall, 55000 taken away already, or read later, 42501, RU409.';

CREATE FUNCTION rui.replace_meter(project_id bigint, meter_id bigint, final jsonb, initial jsonb, serial text DEFAULT NULL,
	registers text[] DEFAULT NULL, digits integer DEFAULT NULL, multiplier numeric DEFAULT NULL, verified_on date DEFAULT NULL,
	verify_by date DEFAULT NULL, replaced_at timestamptz DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	old rui.meter;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	PERFORM rui._check_time(project_id, at);
	IF serial IS NOT NULL THEN
		PERFORM rui._check_text('serial', serial, 60);
	END IF;
	answer := rui._begin_request(project_id, 'replace_meter', request_key, jsonb_build_array(meter_id, final, initial, serial, registers, digits,
		multiplier, verified_on, verify_by, replaced_at));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	ELSIF initial IS NULL THEN
		PERFORM rui._missing('initial');
	END IF;
	replaced_at := coalesce(replaced_at, at);
	old := rui._take_meter(project_id, meter_id, final, replaced_at, at);
	registers := coalesce(registers, ARRAY(SELECT r.code FROM rui.meter_register r
		WHERE r.project_id = replace_meter.project_id AND r.meter_id = old.id ORDER BY r.id));
	digits := coalesce(digits, old.digits);
	multiplier := coalesce(multiplier, old.multiplier);
	PERFORM rui._check_meter(registers, digits, multiplier, verified_on, verify_by);
	INSERT INTO rui.meter (project_id, first_id, replaces_id, code, unit_id, space_id, is_shared, medium, measured_in, serial, digits, multiplier,
		verified_on, verify_by, installed)
	VALUES (project_id, old.chain_id, old.id, old.code, old.unit_id, old.space_id, old.is_shared, old.medium, old.measured_in, serial, digits,
		multiplier, verified_on, verify_by, tstzrange(replaced_at, NULL))
	RETURNING id INTO new_id;
	PERFORM rui._hang_meter(project_id, new_id, registers, 'initial', initial, replaced_at, at);
	PERFORM rui._emit(project_id, 'meter.replace', 'meter', new_id, at, jsonb_build_object('replaces_id', old.id, 'replaced_at', replaced_at,
		'final', final, 'initial', initial));
	PERFORM rui._finish_request(project_id, 'replace_meter', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.replace_meter(bigint, bigint, jsonb, jsonb, text, text[], integer, numeric, date, date, timestamptz, text, timestamptz) IS
'Exchanges a meter in one step: the old one is taken away showing final, and one with the same code hangs there from replaced_at (default: at) on, showing initial; each a number (the total) or an object by register; {"is_rollover": true} among the final ones says that those that show less than before began again at 0. registers, digits and multiplier: null: as the old one. Use is counted over both. Returns the id of the new meter. Needs permission manage_meters. Errors: 22004, 22003, 22023, 22001, 22008 arguments, P0002 unknown meter, RU101 the old one would fall, 55000 taken away already, or read later, 42501, RU409.';

CREATE FUNCTION rui.verify_meter(project_id bigint, meter_id bigint, verified_on date, verify_by date DEFAULT NULL, document_id bigint DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_meters');
	PERFORM rui._check_time(project_id, at);
	IF num_nulls(meter_id, verified_on) > 0 THEN
		PERFORM rui._missing(CASE WHEN meter_id IS NULL THEN 'meter_id' ELSE 'verified_on' END);
	END IF;
	PERFORM rui._check_meter('{total}', NULL, 1, verified_on, verify_by);
	IF rui._begin_request(project_id, 'verify_meter', request_key, jsonb_build_array(meter_id, verified_on, verify_by, document_id)) IS NOT NULL THEN
		RETURN;
	ELSIF document_id IS NOT NULL THEN
		PERFORM rui._document(project_id, document_id);
	END IF;
	UPDATE rui.meter m SET verified_on = verify_meter.verified_on, verify_by = verify_meter.verify_by
	WHERE m.project_id = verify_meter.project_id AND m.id = verify_meter.meter_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('meter', meter_id, project_id);
	END IF;
	PERFORM rui._emit(project_id, 'meter.verify', 'meter', meter_id, at,
		jsonb_build_object('verified_on', verified_on, 'verify_by', verify_by, 'document_id', document_id));
	PERFORM rui._finish_request(project_id, 'verify_meter', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.verify_meter(bigint, bigint, date, date, bigint, text, timestamptz) IS
'Says when a meter was verified, and until when it has to be again (null: never); document_id: the certificate. rui.meter.verify_by tells which are due. Needs permission manage_meters. Errors: 22004, 22023 due before it was verified, 22008, P0002 unknown meter or document, 42501, 55000, RU409.';
