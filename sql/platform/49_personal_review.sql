-- Emergencies are looked at afterwards, by somebody else; and everybody reads
-- who was shown what of him.

CREATE FUNCTION rui._tell_managers(project_id bigint, kind_code text, parameters jsonb, dedupe_key text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	manager bigint;
	wanted text[];
	told bigint := 0;
BEGIN
	-- Only where there are words for it, and a way to say them.
	SELECT k.parameters INTO wanted FROM rui.message_kind k
	WHERE k.project_id = _tell_managers.project_id AND k.code = kind_code
		AND _tell_managers.parameters ?& k.parameters
		AND EXISTS (
			SELECT FROM rui.message_template t
			JOIN rui.message_channel c ON c.project_id = t.project_id AND c.channel = t.channel AND c.is_active
			WHERE t.project_id = k.project_id AND t.kind_code = k.code AND t.channel = ANY (k.channels) AND t.valid @> _tell_managers.at);
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	FOR manager IN
		SELECT DISTINCT m.party_id FROM rui.membership m
		WHERE m.project_id = _tell_managers.project_id AND m.role_code = 'manager' AND m.valid @> _tell_managers.at AND m.party_id <> rui.current_party()
		ORDER BY m.party_id
	LOOP
		PERFORM rui._send(project_id, kind_code, jsonb_build_object('party', manager),
			(SELECT coalesce(jsonb_object_agg(w.name, parameters -> w.name), '{}') FROM unnest(wanted) AS w(name)),
			format('%s %s', dedupe_key, manager), NULL, at);
		told := told + 1;
	END LOOP;
	RETURN told;
END
$$;
COMMENT ON FUNCTION rui._tell_managers(bigint, text, jsonb, text, timestamptz) IS
'Internal: sends a message of a kind to each manager of a project but the acting one, where the project has the kind with words on an open channel and no other parameters; returns how many.';

CREATE FUNCTION rui.decide_reveal_review(project_id bigint, review_id bigint, action text, remark text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	asked rui.reveal_review;
BEGIN
	PERFORM rui.require_permission(project_id, 'review_reveals');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('remark', remark, 500);
	IF review_id IS NULL OR action IS NULL THEN
		PERFORM rui._missing(CASE WHEN review_id IS NULL THEN 'review_id' ELSE 'action' END);
	ELSIF action NOT IN ('justify', 'object') THEN
		RAISE EXCEPTION 'action is justify or object, not "%"', left(action, 60) USING ERRCODE = 'invalid_parameter_value';
	END IF;
	answer := rui._begin_request(project_id, 'decide_reveal_review', request_key, jsonb_build_array(review_id, action, remark));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	SELECT r.* INTO asked FROM rui.reveal_review r
	WHERE r.project_id = decide_reveal_review.project_id AND r.id = review_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('reveal_review', review_id, project_id);
	END IF;
	PERFORM rui._check_other('review', review_id, asked.asked_by, asked.asked_at, at,
		concerned => ARRAY(SELECT a.subject_id FROM rui.personal_access a WHERE a.project_id = asked.project_id AND a.id = asked.access_id));
	UPDATE rui.reveal_review r SET last_action = action, decided_by = rui.current_party(), decided_at = decide_reveal_review.at,
		remark = decide_reveal_review.remark
	WHERE r.project_id = asked.project_id AND r.id = asked.id
	RETURNING r.* INTO asked;
	PERFORM rui._emit(project_id, 'reveal_review.' || action, 'reveal_review', review_id, at, jsonb_build_object('remark', remark));
	PERFORM rui._finish_request(project_id, 'decide_reveal_review', request_key, to_jsonb(asked.state));
	RETURN asked.state;
END
$$;
COMMENT ON FUNCTION rui.decide_reveal_review(bigint, bigint, text, text, text, timestamptz) IS
'Decides whether an emergency in which personal data were shown was one: justify or object, with a remark of 1 to 500 characters. Nobody decides on his own, nor on what was shown of himself. Returns the state: justified or objected. Needs permission review_reveals. Errors: 22004, 22001, 22008, 22023, P0002 unknown review, RU409, 42501 also one''s own or of oneself, 55000 decided already.';

CREATE FUNCTION rui._duty_review_reveals(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	late record;
	told bigint := 0;
BEGIN
	FOR late IN
		SELECT r.id, r.due_at FROM rui.reveal_review r
		WHERE r.project_id = _duty_review_reveals.project_id AND r.state = 'open' AND r.late_at IS NULL AND r.due_at <= _duty_review_reveals.at
		ORDER BY r.id FOR NO KEY UPDATE
	LOOP
		UPDATE rui.reveal_review r SET late_at = _duty_review_reveals.at
		WHERE r.project_id = _duty_review_reveals.project_id AND r.id = late.id;
		PERFORM rui._emit(project_id, 'reveal_review.late', 'reveal_review', late.id, at, jsonb_build_object('due_at', late.due_at));
		told := told + 1;
	END LOOP;
	RETURN told;
END
$$;
COMMENT ON FUNCTION rui._duty_review_reveals(bigint, timestamptz) IS
'Internal: duty: tells by an event, once, of each emergency that was not reviewed in time; it stays in the inbox. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES ('review_reveals', 4700, 'Tells of emergencies that nobody has reviewed in time.');

CREATE FUNCTION rui._accesses(project_id bigint, subject_id bigint)
RETURNS TABLE (at timestamptz, party_id bigint, who text, roles text[], fields text[], purpose text, purpose_zh text, purpose_en text,
	ground text, article text, reference text, reason text, refused text, is_break_glass boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT a.at, a.party_id, p.name, a.roles, a.fields, a.purpose, coalesce(rui.label('personal_purpose', a.purpose, 'zh'), a.purpose),
		coalesce(rui.label('personal_purpose', a.purpose, 'en'), a.purpose), u.ground, u.article, a.reference, a.reason, a.refused, a.is_break_glass
	FROM (
		SELECT x.at, x.party_id, x.roles, x.fields, x.purpose, x.reference, x.reason, x.refused, x.is_break_glass
		FROM rui.personal_access x WHERE x.project_id = _accesses.project_id AND x.subject_id = _accesses.subject_id
		UNION ALL
		SELECT o.at, o.party_id, '{}', ARRAY['document'], o.purpose, format('document %s', o.document_id), NULL, NULL, false
		FROM rui.document_access o JOIN rui.document d ON d.project_id = o.project_id AND d.id = o.document_id
		WHERE o.project_id = _accesses.project_id AND d.party_id = _accesses.subject_id
		UNION ALL
		SELECT e.at, e.party_id, '{}', ARRAY['phone'], 'search', NULL, NULL, NULL, false
		FROM rui.event e
		WHERE e.project_id = _accesses.project_id AND e.kind = 'party.find' AND e.subject = 'party' AND e.subject_id = _accesses.subject_id) a
	LEFT JOIN rui.party p ON p.id = a.party_id
	LEFT JOIN rui.personal_purpose u ON u.code = a.purpose
	ORDER BY a.at DESC;
END
$$;
COMMENT ON FUNCTION rui._accesses(bigint, bigint) IS
'Internal: who was shown what of a party in a project, newest first: fields by rui.reveal, documents, and who found it by its phone.';

CREATE FUNCTION rui.own_accesses(project_id bigint)
RETURNS TABLE (at timestamptz, who text, roles text[], fields text[], purpose text, purpose_zh text, purpose_en text, ground text, article text,
	reference text, reason text, refused text, is_break_glass boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_own_data');
	RETURN QUERY
	SELECT a.at, a.who, a.roles, a.fields, a.purpose, a.purpose_zh, a.purpose_en, a.ground, a.article, a.reference, a.reason, a.refused, a.is_break_glass
	FROM rui._accesses(project_id, rui.current_party()) a;
END
$$;
COMMENT ON FUNCTION rui.own_accesses(bigint) IS
'Who was shown, or refused, which of the acting party''s personal data in a project, newest first: when, who by name and role, which fields (document: the document in reference; of purpose search: found by the phone number), what for on which ground, and in emergencies the reason (PIPL 44, 45). Needs permission read_own_data. Errors: 22004, 42501, 55000.';

CREATE VIEW rui.my_access_log WITH (security_invoker = true, security_barrier = true) AS
SELECT j.id AS project_id, a.at, a.who, a.roles, a.fields, a.purpose, a.purpose_zh, a.purpose_en, a.ground, a.article, a.reference, a.reason,
	a.refused, a.is_break_glass
FROM unnest(rui.my_projects()) AS j(id)
CROSS JOIN LATERAL rui.own_accesses(j.id) a
WHERE rui.has_permission(j.id, 'read_own_data');
PERFORM rui._describe('my_access_log', 'Who was shown what of me, in all my projects (PIPL 44, 45).',
	'at: When.', 'who: The name of the person.', 'roles: Its roles then.', 'fields: Which fields; document: the one in reference.',
	'purpose: What for.', 'purpose_zh: Its Chinese name.', 'purpose_en: Its English name.', 'ground: On which ground (PIPL 13).',
	'article: Where the law says so.', 'reference: The ticket or other matter, or null.', 'reason: Reason of an emergency, or null.',
	'refused: Null where it was shown, else the SQLSTATE it was refused with.', 'is_break_glass: Whether it was an emergency without permission.');
GRANT SELECT ON rui.my_access_log TO rui_user;
