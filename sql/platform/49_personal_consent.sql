-- What people know of themselves in the platform: values, and consents.

CREATE FUNCTION rui._is_id_card(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value ~ '^[1-9][0-9]{16}[0-9X]$' AND substr('10X98765432', 1 + (
	SELECT (sum(substr(value, i, 1)::integer * (2 ^ (18 - i))::bigint) % 11)::integer FROM generate_series(1, 17) AS i), 1) = right(value, 1);
COMMENT ON FUNCTION rui._is_id_card(text) IS
'Internal: whether a text is a citizen''s number: 18 places, the last a check digit by ISO 7064 MOD 11-2, as GB 11643 says.';

CREATE FUNCTION rui.set_personal_value(project_id bigint, party_id bigint, field text, value text, is_there boolean DEFAULT true,
	at timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	plain text := upper(btrim(value));
	changed bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_people');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('field', field, 40);
	PERFORM rui._check_text('value', value, 200);
	PERFORM rui._check_party(project_id, party_id);
	IF is_there IS NULL THEN
		PERFORM rui._missing('is_there');
	ELSIF NOT EXISTS (SELECT FROM rui.personal_field f WHERE f.code = set_personal_value.field AND f.kept_in = 'personal_value') THEN
		RAISE EXCEPTION '"%" is not recorded here', left(field, 60) USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Names and ways to reach people have their own functions; rui.personal_field lists the others.';
	ELSIF field = 'id_card' AND NOT rui._is_id_card(plain) THEN
		RAISE EXCEPTION 'this is no identity number' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give 18 places, the last of them the check digit.';
	ELSIF field = 'birth_on' AND plain !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
		RAISE EXCEPTION 'birth_on is a day as YYYY-MM-DD' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF is_there THEN
		INSERT INTO rui.personal_value (company_id, party_id, field, value)
		SELECT p.company_id, p.id, set_personal_value.field, plain FROM rui.party p WHERE p.id = set_personal_value.party_id
		ON CONFLICT ON CONSTRAINT personal_value_once DO NOTHING;
	ELSE
		DELETE FROM rui.personal_value v
		WHERE v.party_id = set_personal_value.party_id AND v.field = set_personal_value.field AND v.value = plain;
	END IF;
	GET DIAGNOSTICS changed = ROW_COUNT;
	IF changed > 0 THEN
		PERFORM rui._emit(project_id, CASE WHEN is_there THEN 'personal_value.set' ELSE 'personal_value.remove' END, 'party', party_id, at,
			jsonb_build_object('field', field));
	END IF;
	RETURN changed > 0;
END
$$;
COMMENT ON FUNCTION rui.set_personal_value(bigint, bigint, text, text, boolean, timestamptz) IS
'Records an identity number, passport, bank account, date of birth (YYYY-MM-DD) or number plate of a party (field of rui.personal_field), or with is_there false removes it; returns whether something changed. Values are kept in capitals. Nobody reads them but the party, and who asks rui.reveal. Needs permission manage_people. Errors: 22004, 22001, 22008, 22023 unknown field or no such number, P0002 unknown party, 42501, 55000.';

CREATE FUNCTION rui.record_consent(project_id bigint, purpose text, is_given boolean, channel text, text_version text, evidence text,
	for_party bigint DEFAULT NULL, document_id bigint DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	whose CONSTANT bigint := coalesce(for_party, rui.current_party());
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_consents');
	IF whose <> rui.current_party() THEN
		PERFORM rui.require_permission(project_id, 'consent_for_others');
	END IF;
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('purpose', purpose, 40);
	PERFORM rui._check_text('channel', channel, 20);
	PERFORM rui._check_text('text_version', text_version, 100);
	PERFORM rui._check_text('evidence', evidence, 500);
	PERFORM rui._check_party(project_id, whose);
	IF is_given IS NULL THEN
		PERFORM rui._missing('is_given');
	ELSIF channel NOT IN ('paper', 'app', 'web', 'wechat', 'sms', 'phone', 'email', 'visit') THEN
		RAISE EXCEPTION 'nobody agrees by "%"', channel USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Channels are paper, app, web, wechat, sms, phone, email and visit.';
	ELSIF NOT EXISTS (SELECT FROM rui.personal_purpose p WHERE p.code = record_consent.purpose AND p.ground = 'consent') THEN
		RAISE EXCEPTION 'purpose "%" does not ask for consent', purpose USING ERRCODE = 'invalid_parameter_value',
			HINT = 'rui.personal_purpose lists those with ground consent.';
	ELSIF document_id IS NOT NULL AND NOT rui._may_read('document', project_id, document_id) THEN
		PERFORM rui._unknown('document', document_id, project_id);
	END IF;
	answer := rui._begin_request(project_id, 'record_consent', request_key, jsonb_build_array(purpose, is_given, channel, text_version, evidence, whose, document_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	INSERT INTO rui.consent (project_id, party_id, purpose, is_given, channel, text_version, evidence, document_id, at, recorded_by)
	VALUES (record_consent.project_id, whose, record_consent.purpose, record_consent.is_given, record_consent.channel, record_consent.text_version,
		record_consent.evidence, record_consent.document_id, record_consent.at, rui.current_party())
	RETURNING id INTO new_id;
	-- What is sent asks rui.message_opt_out, of advertising rui.message_opt_in
	-- too, and nothing else.
	IF rui._has_consented(project_id, whose, purpose, at) THEN
		IF purpose = 'marketing' THEN
			INSERT INTO rui.message_opt_in (project_id, party_id, since_at) VALUES (record_consent.project_id, whose, record_consent.at)
			ON CONFLICT ON CONSTRAINT message_opt_in_pkey DO NOTHING;
		END IF;
		DELETE FROM rui.message_opt_out o USING rui.consent_message m
		WHERE m.project_id = record_consent.project_id AND m.purpose = record_consent.purpose
			AND o.project_id = m.project_id AND o.kind_code = m.kind_code AND o.party_id = whose AND o.channel = 'any';
	ELSE
		IF purpose = 'marketing' THEN
			DELETE FROM rui.message_opt_in i WHERE i.project_id = record_consent.project_id AND i.party_id = whose;
		END IF;
		INSERT INTO rui.message_opt_out (project_id, party_id, kind_code, channel, since_at)
		SELECT m.project_id, whose, m.kind_code, 'any', record_consent.at FROM rui.consent_message m
		WHERE m.project_id = record_consent.project_id AND m.purpose = record_consent.purpose
		ON CONFLICT ON CONSTRAINT message_opt_out_pkey DO NOTHING;
	END IF;
	PERFORM rui._emit(project_id, CASE WHEN is_given THEN 'consent.give' ELSE 'consent.withdraw' END, 'party', whose, at,
		jsonb_build_object('purpose', purpose, 'channel', channel, 'text_version', text_version));
	PERFORM rui._finish_request(project_id, 'record_consent', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.record_consent(bigint, text, boolean, text, text, text, bigint, bigint, text, timestamptz) IS
'Writes down that the acting party, or another one (for_party, permission consent_for_others), agreed to a purpose of ground consent (is_given), or took that back, which is as easy (PIPL 15): by which channel (paper, app, web, wechat, sms, phone, email, visit), to which version of the words, what proves it (1 to 500 characters) and the document that shows it. The last word by time counts. Messages of the kinds of the purpose (rui.set_consent_messages) no longer go to who took it back, and go again to who gives it; kinds that are marketing (rui.set_message_kind) go to nobody who has not given consent to purpose marketing. Returns the id in rui.consent. Needs permission record_consents. Errors: 22004, 22001, 22008, 22023, P0002, RU409, 42501, 55000.';

CREATE FUNCTION rui.set_consent_messages(project_id bigint, purpose text, kind_codes text[], at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	stranger text;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('purpose', purpose, 40);
	IF kind_codes IS NULL OR rui._holds_null(kind_codes) THEN
		PERFORM rui._missing('kind_codes');
	ELSIF NOT EXISTS (SELECT FROM rui.personal_purpose p WHERE p.code = set_consent_messages.purpose AND p.ground = 'consent') THEN
		RAISE EXCEPTION 'purpose "%" does not ask for consent', left(purpose, 60) USING ERRCODE = 'invalid_parameter_value',
			HINT = 'rui.personal_purpose lists those with ground consent.';
	END IF;
	SELECT c.code INTO stranger FROM unnest(kind_codes) AS c(code)
	WHERE NOT EXISTS (SELECT FROM rui.message_kind k
		WHERE k.project_id = set_consent_messages.project_id AND k.code = c.code AND NOT k.is_critical) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'there is no message kind "%" that is not critical in project %', stranger, project_id USING ERRCODE = 'no_data_found',
			HINT = 'Nobody opts out of critical kinds; set_message_kind() makes others.';
	END IF;
	DELETE FROM rui.consent_message m
	WHERE m.project_id = set_consent_messages.project_id AND m.purpose = set_consent_messages.purpose AND m.kind_code <> ALL (kind_codes);
	INSERT INTO rui.consent_message AS m (project_id, kind_code, purpose)
	SELECT DISTINCT set_consent_messages.project_id, c.code, set_consent_messages.purpose FROM unnest(kind_codes) AS c(code)
	ON CONFLICT ON CONSTRAINT consent_message_pkey DO UPDATE SET purpose = EXCLUDED.purpose;
	IF purpose = 'marketing' THEN
		UPDATE rui.message_kind k SET is_marketing = true
		WHERE k.project_id = set_consent_messages.project_id AND k.code = ANY (kind_codes) AND NOT k.is_marketing;
	END IF;
	INSERT INTO rui.message_opt_out (project_id, party_id, kind_code, channel, since_at)
	SELECT set_consent_messages.project_id, l.party_id, k.code, 'any', set_consent_messages.at
	FROM (SELECT DISTINCT ON (c.party_id) c.party_id, c.is_given FROM rui.consent c
		WHERE c.project_id = set_consent_messages.project_id AND c.purpose = set_consent_messages.purpose AND c.at <= set_consent_messages.at
		ORDER BY c.party_id, c.at DESC, c.id DESC) l
	CROSS JOIN unnest(kind_codes) AS k(code)
	WHERE NOT l.is_given
	ON CONFLICT ON CONSTRAINT message_opt_out_pkey DO NOTHING;
END
$$;
COMMENT ON FUNCTION rui.set_consent_messages(bigint, text, text[], timestamptz) IS
'Says which kinds of messages, none of them critical, are sent for a purpose that asks for consent: who has taken back his consent is opted out of them, as by rui.set_message_opt_out; those of purpose marketing become marketing (rui.message_kind.is_marketing) and go to nobody who has not agreed. Needs permission set_messages. Errors: 22004, 22008, 22023, P0002 unknown or critical kind, 42501, 55000.';

CREATE FUNCTION rui.consents_at(project_id bigint, party_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (purpose text, purpose_zh text, purpose_en text, is_given boolean, since timestamptz, channel text, text_version text, evidence text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	IF party_id IS DISTINCT FROM rui.current_party() THEN
		PERFORM rui.require_permission(project_id, 'consent_for_others');
	ELSE
		PERFORM rui.require_permission(project_id, 'read_own_data');
	END IF;
	PERFORM rui._check_instant(at);
	PERFORM rui._check_party(project_id, party_id);
	RETURN QUERY
	SELECT DISTINCT ON (c.purpose) c.purpose, rui.label('personal_purpose', c.purpose, 'zh'), rui.label('personal_purpose', c.purpose, 'en'), c.is_given,
		c.at, c.channel, c.text_version, c.evidence
	FROM rui.consent c
	WHERE c.project_id = consents_at.project_id AND c.party_id = consents_at.party_id AND c.at <= consents_at.at
	ORDER BY c.purpose, c.at DESC, c.id DESC;
END
$$;
COMMENT ON FUNCTION rui.consents_at(bigint, bigint, timestamptz) IS
'What a party had agreed to, or taken back, at an instant: its last word on each purpose until then, by purpose; nothing for purposes on which it never spoke. One''s own with permission read_own_data, others'' with consent_for_others. Errors: 22004, 22008, P0002, 42501, 55000.';
