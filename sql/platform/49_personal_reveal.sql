-- Showing personal data: for a purpose, to who may, within limits, and on
-- record. Asking writes it down, refusals too; values are shown when that is
-- committed, so that nobody sees them and takes back the record.

CREATE FUNCTION rui._mask_value(field text, value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE field
	WHEN 'name' THEN left(value, 1) || '**'
	WHEN 'phone' THEN CASE WHEN length(value) >= 11 THEN left(value, 3) || '****' || right(value, 4) ELSE '****' || right(value, 2) END
	WHEN 'email' THEN left(value, 1) || '***' || coalesce(substring(value FROM '@.*$'), '')
	WHEN 'id_card' THEN left(value, 3) || repeat('*', greatest(length(value) - 5, 4)) || right(value, 2)
	WHEN 'bank_account' THEN '****' || right(value, 4)
	WHEN 'plate' THEN left(value, 2) || '***' || right(value, 1)
	WHEN 'address' THEN left(value, 3) || '***'
	ELSE '***' END;
COMMENT ON FUNCTION rui._mask_value(text, text) IS
'Internal: a personal value as everybody may see it: enough to tell whether it is the one that somebody has named, too little to use it.';

CREATE FUNCTION rui._personal_values(party_id bigint, fields text[]) RETURNS TABLE (field text, value text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT v.field, v.value FROM (
		SELECT 'name' AS field, p.name AS value, 0 AS place, 0::bigint AS id FROM rui.party p WHERE p.id = _personal_values.party_id
		UNION ALL
		SELECT c.kind, c.value, CASE WHEN c.preferred THEN 0 ELSE 1 END, c.id FROM rui.contact_point c WHERE c.party_id = _personal_values.party_id
		UNION ALL
		SELECT s.field, s.value, 1, s.id FROM rui.personal_value s WHERE s.party_id = _personal_values.party_id) v
	WHERE v.field = ANY (fields)
	ORDER BY array_position(fields, v.field), v.place, v.id;
END
$$;
COMMENT ON FUNCTION rui._personal_values(bigint, text[]) IS
'Internal: the values of personal fields of a party in the order of fields; of several of a field the preferred one first.';

CREATE FUNCTION rui._is_of_project(project_id bigint, party_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM rui.party p JOIN rui.project j ON j.company_id = p.company_id
			WHERE p.id = _is_of_project.party_id AND j.id = _is_of_project.project_id)
		AND (EXISTS (SELECT FROM rui.project_party y WHERE y.project_id = _is_of_project.project_id AND y.party_id = _is_of_project.party_id)
			OR EXISTS (SELECT FROM rui.ticket k WHERE k.project_id = _is_of_project.project_id AND k.reporter_id = _is_of_project.party_id));
END
$$;
COMMENT ON FUNCTION rui._is_of_project(bigint, bigint) IS
'Internal: whether a party of the company ever lived, owned, worked in or reported something to a project: nobody else is its business.';

CREATE FUNCTION rui._my_cases(project_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN ARRAY(
		SELECT p.id FROM unnest(rui._my_people(project_id)) AS p(id)
		UNION
		SELECT w.id FROM rui.task t
		JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
		CROSS JOIN LATERAL (
			SELECT k.reporter_id AS id WHERE k.reporter_id IS NOT NULL
			UNION ALL
			SELECT o.party_id FROM rui.occupancy o
			WHERE o.project_id = k.project_id AND o.household_id = k.household_id AND o.valid @> rui._today(k.project_id)) w
		WHERE t.project_id = _my_cases.project_id AND t.ended_at IS NULL
			AND (t.executor_id = rui.current_party() OR t.accountable_id = rui.current_party()));
END
$$;
COMMENT ON FUNCTION rui._my_cases(bigint) IS
'Internal: whom somebody may be shown without reveal_anybody: itself, who lives in the grids it looks after, and who is concerned by an open ticket that it does or answers for.';

CREATE FUNCTION rui._my_roles(project_id bigint) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ARRAY(
		SELECT m.role_code FROM rui.membership m
		WHERE m.project_id = _my_roles.project_id AND m.party_id = rui.current_party() AND m.valid @> rui._access_time()
		UNION
		SELECT c.role_code FROM rui.company_member c JOIN rui.project j ON j.company_id = c.company_id
		WHERE j.id = _my_roles.project_id AND c.party_id = rui.current_party() AND c.valid @> rui._access_time()
		ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui._my_roles(bigint) IS 'Internal: the roles of the acting party in a project now, in order of their codes.';

CREATE FUNCTION rui._reveal_settings(project_id bigint) RETURNS rui.reveal_setting
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	setting rui.reveal_setting;
BEGIN
	SELECT s.* INTO setting FROM rui.reveal_setting s WHERE s.project_id = _reveal_settings.project_id;
	IF NOT FOUND THEN
		setting := ROW(_reveal_settings.project_id, 30, 100, interval '72 hours')::rui.reveal_setting;
	END IF;
	RETURN setting;
END
$$;
COMMENT ON FUNCTION rui._reveal_settings(bigint) IS 'Internal: the limits of reveals in a project, or what holds without a row.';

CREATE FUNCTION rui.set_reveal_limits(project_id bigint, per_hour integer, per_day integer, review_within interval DEFAULT '72 hours',
	at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_reveals');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_pause('review_within', review_within, '1 hour', '720 hours');
	IF per_hour IS NULL OR per_day IS NULL THEN
		PERFORM rui._missing(CASE WHEN per_hour IS NULL THEN 'per_hour' ELSE 'per_day' END);
	ELSIF per_hour < 1 OR per_day < per_hour OR per_day > 100000 THEN
		RAISE EXCEPTION 'limits are 1 to 100000, and no less a day than an hour' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.reveal_setting AS s (project_id, per_hour, per_day, review_within)
	VALUES (set_reveal_limits.project_id, set_reveal_limits.per_hour, set_reveal_limits.per_day, set_reveal_limits.review_within)
	ON CONFLICT ON CONSTRAINT reveal_setting_pkey DO UPDATE
	SET per_hour = EXCLUDED.per_hour, per_day = EXCLUDED.per_day, review_within = EXCLUDED.review_within;
	PERFORM rui._emit(project_id, 'reveal_setting.set', 'project', project_id, at,
		jsonb_build_object('per_hour', per_hour, 'per_day', per_day, 'review_within', review_within));
END
$$;
COMMENT ON FUNCTION rui.set_reveal_limits(bigint, integer, integer, interval, timestamptz) IS
'Says how many different people somebody may be shown in any hour and in any 24 hours (1 to 100000) in a project, and within which time (pure time, 1 to 720 hours) an emergency is reviewed. Needs permission set_reveals. Errors: 22004, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui._has_consented(project_id bigint, party_id bigint, purpose text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((SELECT c.is_given FROM rui.consent c
		WHERE c.project_id = _has_consented.project_id AND c.party_id = _has_consented.party_id AND c.purpose = _has_consented.purpose
			AND c.at <= _has_consented.at
		ORDER BY c.at DESC, c.id DESC LIMIT 1), false);
END
$$;
COMMENT ON FUNCTION rui._has_consented(bigint, bigint, text, timestamptz) IS
'Internal: whether a party''s last word on a purpose until an instant was yes.';

CREATE FUNCTION rui._check_reveal(project_id bigint, party_id bigint, fields text[], reference text, reason text, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	stranger text;
BEGIN
	PERFORM rui._check_time(project_id, at);
	IF party_id IS NULL OR fields IS NULL OR rui._holds_null(fields) THEN
		PERFORM rui._missing(CASE WHEN party_id IS NULL THEN 'party_id' ELSE 'fields' END);
	ELSIF cardinality(fields) = 0 OR cardinality(fields) > (SELECT count(DISTINCT f) FROM unnest(fields) f) THEN
		RAISE EXCEPTION 'fields are a list of different ones' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT f.code INTO stranger FROM unnest(fields) AS f(code)
	WHERE NOT EXISTS (SELECT FROM rui.personal_field p WHERE p.code = f.code) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'unknown field "%"', left(stranger, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.personal_field lists them.';
	END IF;
	IF reference IS NOT NULL THEN
		PERFORM rui._check_text('reference', reference, 200);
	END IF;
	IF reason IS NOT NULL THEN
		PERFORM rui._check_text('reason', reason, 500);
	END IF;
	IF NOT rui._is_of_project(project_id, party_id) THEN
		PERFORM rui._unknown('party', party_id, project_id);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_reveal(bigint, bigint, text[], text, text, timestamptz) IS
'Internal: what a question for personal data must be before it is a question: 22004, 22001, 22008, 22023, P0002 somebody the project does not know.';

CREATE FUNCTION rui._reveal_obstacle(project_id bigint, party_id bigint, fields text[], purpose text, reference text, at timestamptz,
	OUT code text, OUT message text, OUT hint text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	aim rui.personal_purpose;
	beyond text;
BEGIN
	SELECT p.* INTO aim FROM rui.personal_purpose p WHERE p.code = _reveal_obstacle.purpose;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown purpose "%"', left(purpose, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.personal_purpose lists them.';
	END IF;
	code := '42501';
	IF aim.permission IS NULL THEN
		message := format('nobody asks for purpose "%s"', purpose);
		hint := 'In an emergency call rui.break_glass.';
		RETURN;
	ELSIF NOT rui.has_permission(project_id, aim.permission) THEN
		message := format('purpose "%s" needs permission "%s"', purpose, aim.permission);
		hint := 'In an emergency call rui.break_glass.';
		RETURN;
	END IF;
	SELECT f.code INTO beyond FROM unnest(fields) AS f(code) WHERE f.code <> ALL (aim.fields) LIMIT 1;
	IF FOUND THEN
		message := format('"%s" is not shown for purpose "%s"', beyond, purpose);
		hint := format('It is for %s.', array_to_string(aim.fields, ', '));
		RETURN;
	ELSIF rui._is_restricted(party_id) AND aim.ground <> 'legal_duty' THEN
		message := format('the data of party %s are only kept, for a law', party_id);
		hint := 'They were to be erased: nothing but storage is done with them.';
		RETURN;
	ELSIF party_id <> ALL (rui._my_cases(project_id)) AND NOT rui.has_permission(project_id, 'reveal_anybody') THEN
		message := format('party %s is neither of your grids nor of your open tickets', party_id);
		hint := 'In an emergency call rui.break_glass.';
		RETURN;
	ELSIF aim.needs_reference AND reference IS NULL THEN
		code := '22004';
		message := format('purpose "%s" needs a reference', purpose);
		hint := 'Name the ticket or the matter.';
		RETURN;
	ELSIF aim.ground = 'consent' AND NOT rui._has_consented(project_id, party_id, purpose, at) THEN
		message := format('party %s has not agreed to "%s"', party_id, purpose);
		hint := 'rui.record_consent writes down that somebody has.';
		RETURN;
	END IF;
	code := NULL;
END
$$;
COMMENT ON FUNCTION rui._reveal_obstacle(bigint, bigint, text[], text, text, timestamptz) IS
'Internal: why the acting party may not be shown fields of a party for a purpose: code is the SQLSTATE, null when it may. Limits are rui._reveal_limit''s. Error 22023 unknown purpose.';

CREATE FUNCTION rui._reveal_limit(project_id bigint, party_id bigint, at timestamptz, OUT code text, OUT message text, OUT hint text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	setting rui.reveal_setting;
	in_hour bigint;
	in_day bigint;
BEGIN
	-- One at a time for one person, so that two sessions do not share a limit; nor
	-- is there one more for each project.
	PERFORM FROM rui.party p WHERE p.id = me FOR NO KEY UPDATE;
	PERFORM rui._check_snapshot();
	setting := rui._reveal_settings(project_id);
	SELECT count(DISTINCT a.subject_id) FILTER (WHERE a.at > _reveal_limit.at - interval '1 hour'), count(DISTINCT a.subject_id)
	INTO in_hour, in_day FROM rui.personal_access a
	WHERE a.project_id IN (SELECT p.id FROM rui.project p JOIN rui.project here ON here.company_id = p.company_id
			WHERE here.id = _reveal_limit.project_id)
		AND a.party_id = me AND a.refused IS NULL AND a.at > _reveal_limit.at - interval '24 hours' AND a.subject_id <> _reveal_limit.party_id;
	IF in_hour >= setting.per_hour OR in_day >= setting.per_day THEN
		code := '53400';
		message := CASE WHEN in_hour >= setting.per_hour THEN format('you were shown %s people within an hour', in_hour)
			ELSE format('you were shown %s people within 24 hours', in_day) END;
		hint := format('At most %s an hour and %s in 24 hours; rui.set_reveal_limits sets it.', setting.per_hour, setting.per_day);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._reveal_limit(bigint, bigint, timestamptz) IS
'Internal: why the acting party may not be shown one more person: code 53400 where it was shown as many in all its projects of the company as this one allows, or null when it may. Holds the acting party''s row, so that its limits count once. Error 40001 when the transaction looks at the past.';

CREATE FUNCTION rui._write_access(project_id bigint, party_id bigint, fields text[], purpose text, reference text, refused text, reason text,
	at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	new_id bigint;
BEGIN
	INSERT INTO rui.personal_access (project_id, at, party_id, roles, subject_id, fields, purpose, reference, reason, refused, is_break_glass, transaction_id)
	VALUES (_write_access.project_id, _write_access.at, rui.current_party(), rui._my_roles(_write_access.project_id), _write_access.party_id,
		_write_access.fields, _write_access.purpose, _write_access.reference, _write_access.reason, _write_access.refused, _write_access.reason IS NOT NULL,
		pg_current_xact_id()::text::bigint)
	RETURNING id INTO new_id;
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui._write_access(bigint, bigint, text[], text, text, text, text, timestamptz) IS
'Internal: writes down that the acting party is to be shown data of a party, or was refused (its SQLSTATE); reason: of an emergency. Returns the id in rui.personal_access.';

CREATE FUNCTION rui.ask_reveal(project_id bigint, party_id bigint, fields text[], purpose text, reference text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	obstacle record;
	access bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reveal_people');
	PERFORM rui._check_reveal(project_id, party_id, fields, reference, NULL, at);
	PERFORM rui._check_text('purpose', purpose, 40);
	SELECT o.* INTO obstacle FROM rui._reveal_obstacle(project_id, party_id, fields, purpose, reference, at) o;
	IF obstacle.code IS NULL THEN
		SELECT l.* INTO obstacle FROM rui._reveal_limit(project_id, party_id, at) l;
	END IF;
	access := rui._write_access(project_id, party_id, fields, purpose, reference, obstacle.code, NULL, at);
	IF obstacle.code IS NOT NULL THEN
		RETURN jsonb_build_object('refused', obstacle.code, 'message', obstacle.message, 'hint', obstacle.hint);
	END IF;
	RETURN jsonb_build_object('access', access);
END
$$;
COMMENT ON FUNCTION rui.ask_reveal(bigint, bigint, text[], text, text, timestamptz) IS
'Asks for personal fields (codes of rui.personal_field) of a party for a purpose (rui.personal_purpose), which decides on which ground and how much is shown, and writes it down for the party to read. reference: the ticket or matter, up to 200 characters, where the purpose needs one. Returns {"access": id}: COMMIT, then rui.reveal with the same arguments, or rui.reveal_access(project_id, id), shows them within five minutes; or {"refused": SQLSTATE, "message", "hint"}, which is written down too: 42501 not for this purpose, not one''s own case, or no consent, 22004 the purpose needs a reference, 53400 too many people within an hour or a day. Needs permission reveal_people and that of the purpose; without reveal_anybody only people of one''s grids and open tickets. Errors: 22004, 22001, 22008, 22023 unknown field or purpose, P0002 somebody the project does not know, 42501, 55000.';

CREATE FUNCTION rui._committed_access(project_id bigint, access_id bigint) RETURNS rui.personal_access
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	access rui.personal_access;
BEGIN
	IF access_id IS NULL THEN
		PERFORM rui._missing('access_id');
	END IF;
	SELECT a.* INTO access FROM rui.personal_access a
	WHERE a.project_id = _committed_access.project_id AND a.id = access_id AND a.party_id = rui.current_party();
	IF NOT FOUND THEN
		PERFORM rui._unknown('personal_access', access_id, project_id);
	ELSIF access.refused IS NOT NULL THEN
		RAISE EXCEPTION 'access % was refused', access_id USING ERRCODE = 'insufficient_privilege';
	-- Of one's own transaction, subtransactions included; of others only what is committed is seen.
	ELSIF access.transaction_id = pg_current_xact_id_if_assigned()::text::bigint THEN
		RAISE EXCEPTION 'access % is not committed', access_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'COMMIT first: what is shown stays on record.';
	-- What was asked before the clock was set back is over: nobody knows how long ago it was.
	ELSIF access.asked_at NOT BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp() THEN
		RAISE EXCEPTION 'access % is over', access_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Values are shown within five minutes of asking; ask again.';
	END IF;
	RETURN access;
END
$$;
COMMENT ON FUNCTION rui._committed_access(bigint, bigint) IS
'Internal: a row of rui.personal_access by which the acting party may be shown something now: granted to it within the last five minutes (server''s clock; none of before it was set back) by a transaction that is committed and not the present one. Errors: 22004, P0002 none of its own, 42501 refused, 55000 not committed, or over.';

CREATE FUNCTION rui.reveal_access(project_id bigint, access_id bigint) RETURNS TABLE (field text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	access rui.personal_access;
	obstacle record;
BEGIN
	PERFORM rui.require_permission(project_id, CASE WHEN rui.has_permission(project_id, 'reveal_people') THEN 'reveal_people' ELSE 'break_glass' END);
	access := rui._committed_access(project_id, access_id);
	IF access.is_break_glass THEN
		PERFORM rui.require_permission(project_id, 'break_glass');
	ELSE
		-- What has changed since: a role, a consent, an erasure.
		PERFORM rui.require_permission(project_id, 'reveal_people');
		SELECT o.* INTO obstacle FROM rui._reveal_obstacle(project_id, access.subject_id, access.fields, access.purpose, access.reference, now()) o;
		IF obstacle.code IS NOT NULL THEN
			RAISE EXCEPTION '%', obstacle.message USING ERRCODE = obstacle.code, HINT = obstacle.hint;
		END IF;
	END IF;
	RETURN QUERY SELECT v.field, v.value FROM rui._personal_values(access.subject_id, access.fields) v;
END
$$;
COMMENT ON FUNCTION rui.reveal_access(bigint, bigint) IS
'Shows the personal fields that rui.ask_reveal or rui.break_glass was asked for by the acting party in a transaction that is committed, within five minutes of asking: nobody sees them and takes back the record. Rows in the order of fields, the preferred value first; none for what is not known. Needs permission reveal_people and that of the purpose, still; in an emergency break_glass. Errors: 22004, P0002 unknown access, or somebody else''s, 42501 also refused, or no more allowed, 55000 not committed, or over.';

CREATE FUNCTION rui.reveal(project_id bigint, party_id bigint, fields text[], purpose text, reference text DEFAULT NULL)
RETURNS TABLE (field text, value text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	access bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reveal_people');
	PERFORM rui._check_reveal(project_id, party_id, fields, reference, NULL, now());
	PERFORM rui._check_text('purpose', purpose, 40);
	SELECT a.id INTO access FROM rui.personal_access a
	WHERE a.project_id = reveal.project_id AND a.party_id = rui.current_party() AND a.subject_id = reveal.party_id
		AND a.fields @> reveal.fields AND a.purpose = reveal.purpose AND (reveal.reference IS NULL OR a.reference = reveal.reference)
		AND a.refused IS NULL AND NOT a.is_break_glass AND a.asked_at BETWEEN clock_timestamp() - interval '5 minutes' AND clock_timestamp()
		AND a.transaction_id IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
	ORDER BY a.asked_at DESC, a.id DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'nobody has asked to be shown this of party %', party_id
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'SELECT rui.ask_reveal(…) with the same arguments, COMMIT, then this within five minutes: what is shown stays on record.';
	END IF;
	RETURN QUERY SELECT r.field, r.value FROM rui.reveal_access(reveal.project_id, access) r WHERE r.field = ANY (reveal.fields);
END
$$;
COMMENT ON FUNCTION rui.reveal(bigint, bigint, text[], text, text) IS
'Shows personal fields (codes of rui.personal_field) of a party for a purpose, where the acting party has asked for them, or for more, by rui.ask_reveal in a transaction that is committed, within the last five minutes; reference: as asked, null for any. Rows as rui.reveal_access gives them. Needs permission reveal_people and that of the purpose, still. Errors: 22004, 22001, 22023, P0002 somebody the project does not know, 42501, 55000 not asked, not committed, or over.';

CREATE FUNCTION rui.party_card(project_id bigint, party_id bigint) RETURNS TABLE (field text, masked text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'reveal_people');
	IF party_id IS NULL THEN
		PERFORM rui._missing('party_id');
	ELSIF NOT rui._is_of_project(project_id, party_id)
		OR party_id <> ALL (rui._my_cases(project_id)) AND NOT rui.has_permission(project_id, 'reveal_anybody') THEN
		PERFORM rui._unknown('party', party_id, project_id);
	END IF;
	RETURN QUERY
	SELECT v.field, rui._mask_value(v.field, v.value)
	FROM rui._personal_values(party_id, ARRAY(SELECT f.code FROM rui.personal_field f ORDER BY f.code)) v;
END
$$;
COMMENT ON FUNCTION rui.party_card(bigint, bigint) IS
'What is known of a party, masked: to tell whether it is the one somebody has named, and what rui.ask_reveal could ask for. Needs permission reveal_people; without reveal_anybody only people of one''s grids and open tickets. Errors: 22004, P0002, 42501, 55000.';

CREATE FUNCTION rui.break_glass(project_id bigint, party_id bigint, fields text[], reason text, reference text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	beyond text;
	access bigint;
	review bigint;
	due timestamptz;
BEGIN
	PERFORM rui.require_permission(project_id, 'break_glass');
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._check_reveal(project_id, party_id, fields, reference, reason, at);
	SELECT f.code INTO beyond FROM unnest(fields) AS f(code)
	WHERE NOT EXISTS (SELECT FROM rui.personal_purpose p WHERE p.code = 'emergency' AND f.code = ANY (p.fields)) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '"%" saves nobody', beyond USING ERRCODE = 'insufficient_privilege',
			HINT = 'Purpose emergency of rui.personal_purpose lists what is shown.';
	END IF;
	access := rui._write_access(project_id, party_id, fields, 'emergency', reference, NULL, reason, at);
	due := at + (rui._reveal_settings(project_id)).review_within;
	INSERT INTO rui.reveal_review (project_id, access_id, asked_by, asked_at, due_at)
	VALUES (break_glass.project_id, access, rui.current_party(), break_glass.at, due) RETURNING id INTO review;
	PERFORM rui._emit(project_id, 'personal.break_glass', 'reveal_review', review, at,
		jsonb_build_object('party_id', party_id, 'fields', fields, 'due_at', due));
	PERFORM rui._tell_managers(project_id, 'break_glass', jsonb_build_object('review', review), format('break_glass %s', review), at);
	RETURN access;
END
$$;
COMMENT ON FUNCTION rui.break_glass(bigint, bigint, text[], text, text, timestamptz) IS
'In an emergency, to protect life, health or property (PIPL 13 (1) 4): asks for personal fields of a party, which are granted whatever permission for them is missing and however many were shown before. reason: 1 to 500 characters. It is written down, an event personal.break_glass tells of it, a message of kind break_glass tells the managers where the project has one, and a review opens in the inbox that somebody else must decide in time (rui.decide_reveal_review). Returns the access: COMMIT, then rui.reveal_access(project_id, access) shows them within five minutes. Needs permission break_glass, which everybody who works in a project has. Errors: 22004, 22001, 22008, 22023, 42501 also a field that is no help, P0002, 55000.';
