-- What messages say and how they go: settings, channels, kinds, templates,
-- and what recipients want.

CREATE FUNCTION rui._placeholders(argument text, template text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	stray text := (regexp_match(regexp_replace(template, '\{\{|\}\}|\{[a-z][a-z0-9_]{0,39}\}', '', 'g'), '.{0,20}[{}].{0,20}'))[1];
BEGIN
	IF stray IS NOT NULL THEN
		RAISE EXCEPTION '% has a brace that belongs to no placeholder: "%"', argument, stray
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A placeholder is {name}, in small letters; {{ and }} are braces.';
	END IF;
	RETURN ARRAY(
		SELECT DISTINCT m.part[1] FROM regexp_matches(template, '\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}', 'g') AS m(part)
		WHERE m.part[1] IS NOT NULL ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui._placeholders(text, text) IS
'Internal: the names of the placeholders of a template, ascending, each once. {{ and }} are braces; 22023 for any other brace.';

CREATE FUNCTION rui._fill_template(template text, filling jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF strpos(template, '{') = 0 AND strpos(template, '}') = 0 THEN
		RETURN template;
	END IF;
	-- Piece by piece, so that what is filled in is never read as a template.
	RETURN (
		SELECT string_agg(CASE m.part[1] WHEN '{{' THEN '{' WHEN '}}' THEN '}'
			ELSE coalesce(filling ->> m.part[2], m.part[1]) END, '' ORDER BY m.place)
		FROM regexp_matches(template, '(\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}|[^{}]+)', 'g') WITH ORDINALITY AS m(part, place));
END
$$;
COMMENT ON FUNCTION rui._fill_template(text, jsonb) IS
'Internal: a template with each placeholder replaced by its member of filling; what filling lacks stays as it is. What is filled in is taken as it is, braces and all.';

-- What the platform fills in itself, when a gateway takes the message.
CREATE FUNCTION rui._own_placeholders() RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN '{recipient,unit,project}';
END
$$;
COMMENT ON FUNCTION rui._own_placeholders() IS
'Internal: the placeholders that every template may use and no sender fills: name of the recipient, code of the unit, name of the project.';

CREATE FUNCTION rui._check_channel(channel text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_text('channel', channel, 20);
	IF channel NOT IN ('sms', 'wechat', 'email', 'push') THEN
		RAISE EXCEPTION 'unknown channel "%"', channel
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Channels are sms, wechat, email and push.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_channel(text) IS 'Internal: raises 22004 or 22023 unless a text names a channel.';

CREATE FUNCTION rui._check_lang(lang text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_text('lang', lang, 20);
	IF lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', lang
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Languages are zh and en.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_lang(text) IS 'Internal: raises 22004 or 22023 unless a text is zh or en.';

CREATE FUNCTION rui._check_pause(argument text, value interval, shortest interval, longest interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM rui._missing(argument);
	ELSIF extract(year FROM value) <> 0 OR extract(month FROM value) <> 0 OR extract(day FROM value) <> 0
		OR value < shortest OR value > longest THEN
		RAISE EXCEPTION '% must be from % to % of pure time, not %', argument, shortest, longest, value
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Write days as hours.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_pause(text, interval, interval, interval) IS
'Internal: raises 22004 for a null, 22023 for a time with days or months, or not between the shortest and the longest.';

CREATE FUNCTION rui._message_setting(project_id bigint) RETURNS rui.message_setting
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	setting rui.message_setting;
BEGIN
	SELECT s.* INTO setting FROM rui.message_setting s WHERE s.project_id = _message_setting.project_id;
	IF NOT FOUND THEN
		setting := ROW(project_id, NULL, 'zh', 20, 'week', 10);
	END IF;
	RETURN setting;
END
$$;
COMMENT ON FUNCTION rui._message_setting(bigint) IS
'Internal: how a project speaks: its row of rui.message_setting, or what rui.set_message_setting would set by itself.';

CREATE FUNCTION rui.set_message_setting(project_id bigint, calendar_code text DEFAULT NULL, lang text DEFAULT 'zh',
	budget integer DEFAULT 20, budget_in text DEFAULT 'week', reserved integer DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_lang(lang);
	IF calendar_code IS NOT NULL THEN
		PERFORM rui._check_text('calendar_code', calendar_code, 40);
		PERFORM rui._require_calendar(project_id, calendar_code);
	END IF;
	IF budget_in IS NULL THEN
		PERFORM rui._missing('budget_in');
	ELSIF budget NOT BETWEEN 1 AND 1000 OR budget_in NOT IN ('day', 'week', 'month') THEN
		RAISE EXCEPTION 'budget is 1 to 1000, budget_in is day, week or month' USING ERRCODE = 'invalid_parameter_value';
	ELSIF reserved NOT BETWEEN 0 AND coalesce(budget, 0) THEN
		RAISE EXCEPTION 'reserved is 0 to the budget of %, not %', coalesce(budget, 0), reserved USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.message_setting AS s (project_id, calendar_code, lang, budget, budget_in, reserved)
	VALUES (project_id, nullif(calendar_code, 'always'), lang, budget, budget_in, coalesce(reserved, budget / 2, 0))
	ON CONFLICT ON CONSTRAINT message_setting_pkey DO UPDATE SET calendar_code = EXCLUDED.calendar_code, lang = EXCLUDED.lang,
		budget = EXCLUDED.budget, budget_in = EXCLUDED.budget_in, reserved = EXCLUDED.reserved;
	PERFORM rui._emit(project_id, 'message_setting.set', 'project', project_id, now());
END
$$;
COMMENT ON FUNCTION rui.set_message_setting(bigint, text, text, integer, text, integer) IS
'Says in which hours a project sends messages (the code of a calendar; null or always: at any time; emergencies always go), in which language unless somebody wants another (zh or en), and how many messages a household, or somebody without one, may get in a budget_in (day, week from Monday, month): budget (1 to 1000; null: any number) of all kinds together, but emergencies and internal kinds, beside the budgets that kinds have of their own. reserved of these (null: half of them) only critical kinds may use. Needs permission set_messages. Errors: 22004, 22023, 22001, P0002 unknown calendar, 42501, 55000.';

CREATE FUNCTION rui.set_message_channel(project_id bigint, channel text, throttle integer DEFAULT NULL,
	throttle_in interval DEFAULT '1 minute', lease interval DEFAULT '2 minutes', max_attempts integer DEFAULT 5,
	backoff interval DEFAULT '1 minute', is_active boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_channel(channel);
	PERFORM rui._check_pause(p.name, p.value, '1 second', '24 hours')
	FROM (VALUES ('throttle_in', throttle_in), ('lease', lease), ('backoff', backoff)) AS p(name, value);
	IF num_nulls(max_attempts, is_active) > 0 THEN
		PERFORM rui._missing(CASE WHEN max_attempts IS NULL THEN 'max_attempts' ELSE 'is_active' END);
	ELSIF max_attempts NOT BETWEEN 1 AND 20 OR throttle NOT BETWEEN 1 AND 1000000 THEN
		RAISE EXCEPTION 'max_attempts is 1 to 20, throttle 1 to 1000000' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.message_channel AS c (project_id, channel, is_active, throttle, throttle_in, lease, max_attempts, backoff)
	VALUES (project_id, channel, is_active, throttle, throttle_in, lease, max_attempts, backoff)
	ON CONFLICT ON CONSTRAINT message_channel_pkey DO UPDATE
	SET is_active = EXCLUDED.is_active, throttle = EXCLUDED.throttle, throttle_in = EXCLUDED.throttle_in, lease = EXCLUDED.lease,
		max_attempts = EXCLUDED.max_attempts, backoff = EXCLUDED.backoff;
	PERFORM rui._emit(project_id, 'message_channel.set', 'project', project_id, now(), jsonb_build_object('channel', channel));
END
$$;
COMMENT ON FUNCTION rui.set_message_channel(bigint, text, integer, interval, interval, integer, interval, boolean) IS
'Opens a channel (sms, wechat, email, push) of a project or says anew how it is used: at most throttle messages (1 to 1000000; null: any number) are taken in each throttle_in; a gateway has lease to say what became of them; each is tried max_attempts (1 to 20) times, backoff after the first failure, twice as long after each further one, a day at most. throttle_in, lease and backoff: pure time, 1 second to 24 hours. is_active false: nothing new goes this way, nobody takes. Needs permission set_messages. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui.set_message_kind(project_id bigint, code text, name_zh text, name_en text, parameters text[], channels text[],
	is_critical boolean DEFAULT false, is_emergency boolean DEFAULT false, budget integer DEFAULT NULL,
	budget_in text DEFAULT 'week', lifetime interval DEFAULT '72:00', is_marketing boolean DEFAULT NULL, is_internal boolean DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	parameter text;
	stranded record;
	advertises boolean;
	for_staff boolean;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_text('code', code, 60);
	PERFORM rui._check_text('name_zh', name_zh, 200);
	PERFORM rui._check_text('name_en', name_en, 200);
	PERFORM rui._check_pause('lifetime', lifetime, '1 minute', '8784 hours');
	IF code !~ '^[a-z][a-z0-9_]*$' OR code = 'any' THEN
		RAISE EXCEPTION 'a code is small letters, digits and _, and not any: not "%"', code USING ERRCODE = 'invalid_parameter_value';
	ELSIF num_nulls(parameters, channels, is_critical, is_emergency, budget_in) > 0 THEN
		PERFORM rui._missing(CASE WHEN parameters IS NULL THEN 'parameters' WHEN channels IS NULL THEN 'channels'
			WHEN is_critical IS NULL THEN 'is_critical' WHEN is_emergency IS NULL THEN 'is_emergency' ELSE 'budget_in' END);
	ELSIF cardinality(channels) = 0 OR array_ndims(channels) > 1 OR array_position(channels, NULL) IS NOT NULL
		OR cardinality(channels) > (SELECT count(DISTINCT c) FROM unnest(channels) c) THEN
		RAISE EXCEPTION 'channels are a list of different ones' USING ERRCODE = 'invalid_parameter_value';
	ELSIF cardinality(parameters) > 20 OR array_ndims(parameters) > 1
		OR cardinality(parameters) > (SELECT count(DISTINCT p) FROM unnest(parameters) p) THEN
		RAISE EXCEPTION 'parameters are a list of at most 20 different names' USING ERRCODE = 'invalid_parameter_value';
	ELSIF budget NOT BETWEEN 1 AND 1000 OR budget_in NOT IN ('day', 'week', 'month') THEN
		RAISE EXCEPTION 'budget is 1 to 1000, budget_in is day, week or month' USING ERRCODE = 'invalid_parameter_value';
	ELSIF is_emergency AND (budget IS NOT NULL OR NOT is_critical) THEN
		RAISE EXCEPTION 'emergencies are critical and have no budget' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- What was marketing, or internal, stays so until somebody says that it is not.
	SELECT coalesce(set_message_kind.is_marketing, bool_or(k.is_marketing), false), coalesce(set_message_kind.is_internal, bool_or(k.is_internal), false)
	INTO advertises, for_staff FROM rui.message_kind k
	WHERE k.project_id = set_message_kind.project_id AND k.code = set_message_kind.code;
	IF advertises AND is_critical THEN
		RAISE EXCEPTION 'marketing is not critical' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Whoever is sent advertising may refuse it. Say is_marketing => false of what is none.';
	END IF;
	PERFORM rui._check_channel(c.channel) FROM unnest(channels) AS c(channel);
	FOREACH parameter IN ARRAY parameters LOOP
		IF parameter IS NULL OR parameter !~ '^[a-z][a-z0-9_]{0,39}$' OR parameter = ANY (rui._own_placeholders()) THEN
			RAISE EXCEPTION 'a parameter cannot be called "%"', coalesce(parameter, 'null')
				USING ERRCODE = 'invalid_parameter_value',
					HINT = format('Names are small letters, digits and _; %s are filled by the platform.', array_to_string(rui._own_placeholders(), ', '));
		END IF;
	END LOOP;
	-- The words that hold must still be possible; whoever sends or writes waits.
	PERFORM FROM rui.message_kind k
	WHERE k.project_id = set_message_kind.project_id AND k.code = set_message_kind.code FOR UPDATE;
	SELECT t.channel, t.lang, p.name INTO stranded FROM rui.message_template t
	CROSS JOIN LATERAL unnest(rui._placeholders('body', t.body || coalesce(t.title, ''))) AS p(name)
	WHERE t.project_id = set_message_kind.project_id AND t.kind_code = set_message_kind.code AND upper_inf(t.valid)
		AND p.name <> ALL (set_message_kind.parameters || rui._own_placeholders())
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the template of % in % says {%}', stranded.channel, stranded.lang, stranded.name
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Set a template without it first.';
	END IF;
	INSERT INTO rui.message_kind AS k (project_id, code, name_zh, name_en, parameters, channels, is_critical, is_emergency, is_marketing,
		is_internal, budget, budget_in, lifetime)
	VALUES (project_id, code, name_zh, name_en, parameters, channels, is_critical, is_emergency, advertises, for_staff, budget, budget_in, lifetime)
	ON CONFLICT ON CONSTRAINT message_kind_pkey DO UPDATE
	SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, parameters = EXCLUDED.parameters, channels = EXCLUDED.channels,
		is_critical = EXCLUDED.is_critical, is_emergency = EXCLUDED.is_emergency, is_marketing = EXCLUDED.is_marketing,
		is_internal = EXCLUDED.is_internal, budget = EXCLUDED.budget,
		budget_in = EXCLUDED.budget_in, lifetime = EXCLUDED.lifetime;
	IF is_critical THEN
		DELETE FROM rui.message_opt_out o
		WHERE o.project_id = set_message_kind.project_id AND o.kind_code = set_message_kind.code;
	END IF;
	PERFORM rui._emit(project_id, 'message_kind.set', 'project', project_id, now(), jsonb_build_object('kind', code));
END
$$;
COMMENT ON FUNCTION rui.set_message_kind(bigint, text, text, text, text[], text[], boolean, boolean, integer, text, interval, boolean, boolean) IS
'Makes a kind of messages or says anew what holds for it. parameters: up to 20 names of placeholders that its senders fill, all of them; templates may also say {recipient}, {unit} and {project}. channels: the ways it goes, the first that works, then the next. is_critical: nobody can opt out (who has, no longer has). is_emergency: goes in quiet hours, before others, without budget; needs is_critical. budget: how many of it a household may get in a budget_in (day, week from Monday, month; null: any number), beside the budget over all kinds of rui.set_message_setting. lifetime: pure time, 1 minute to 8784 hours, in which it may still go. is_marketing: whether it advertises, and so goes to nobody who has not given consent to purpose marketing (rui.record_consent); null: as it was, of a new kind false; not of critical ones. is_internal: whether it is for those who work here, such as reminders of their work, and so counts in no budget over all kinds; null as for is_marketing. Needs permission set_messages. Errors: 22004, 22001, 22023, 42501, 55000 also when a template in force uses another placeholder.';

CREATE FUNCTION rui.set_message_template(project_id bigint, kind_code text, channel text, lang text, body text,
	title text DEFAULT NULL, from_at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	kind rui.message_kind;
	newest rui.message_template;
	stranger text;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_text('kind_code', kind_code, 60);
	PERFORM rui._check_channel(channel);
	PERFORM rui._check_lang(lang);
	PERFORM rui._check_text('body', body, CASE channel WHEN 'sms' THEN 500 ELSE 4000 END);
	IF title IS NOT NULL THEN
		PERFORM rui._check_text('title', title, 200);
	END IF;
	PERFORM rui._check_time(project_id, from_at);
	IF title IS NOT NULL AND channel = 'sms' THEN
		RAISE EXCEPTION 'a text message has no title' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT k.* INTO kind FROM rui.message_kind k
	WHERE k.project_id = set_message_template.project_id AND k.code = set_message_template.kind_code FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'message kind "%" does not exist in project %', kind_code, project_id
			USING ERRCODE = 'no_data_found', HINT = 'set_message_kind() makes one.';
	END IF;
	SELECT p.name INTO stranger
	FROM unnest(rui._placeholders('body', body) || rui._placeholders('title', coalesce(title, ''))) AS p(name)
	WHERE p.name <> ALL (kind.parameters || rui._own_placeholders()) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'kind "%" has no parameter {%}', kind_code, stranger
			USING ERRCODE = 'invalid_parameter_value',
				HINT = format('It has %s.', array_to_string(kind.parameters || rui._own_placeholders(), ', '));
	END IF;
	SELECT t.* INTO newest FROM rui.message_template t
	WHERE t.project_id = set_message_template.project_id AND t.kind_code = set_message_template.kind_code
		AND t.channel = set_message_template.channel AND t.lang = set_message_template.lang
	ORDER BY t.valid DESC LIMIT 1;
	IF (newest.body, newest.title) IS NOT DISTINCT FROM (body, title) THEN
		RETURN newest.id;
	ELSIF from_at <= lower(newest.valid) THEN
		RAISE EXCEPTION 'there is such a template from % on', lower(newest.valid)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A new one must begin later.';
	END IF;
	UPDATE rui.message_template t SET valid = tstzrange(lower(t.valid), from_at)
	WHERE t.project_id = set_message_template.project_id AND t.id = newest.id;
	INSERT INTO rui.message_template (project_id, kind_code, channel, lang, title, body, valid)
	VALUES (project_id, kind_code, channel, lang, title, body, tstzrange(from_at, NULL)) RETURNING id INTO new_id;
	PERFORM rui._emit(project_id, 'message_template.set', 'message_template', new_id, now());
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.set_message_template(bigint, text, text, text, text, text, timestamptz) IS
'Gives a kind its words on a channel in a language (zh, en) from from_at on, and returns the template''s id; what was sent before keeps the former words. body: up to 4000 characters, sms 500; {name} stands for a parameter of the kind or for recipient, unit, project; {{ and }} are braces. title: up to 200 characters, or null; sms has none. Setting what holds changes nothing. Needs permission set_messages, and set_time for from_at more than five minutes from now. Errors: 22004, 22001, 22008, 22023 also for an unknown placeholder or a stray brace, P0002 unknown kind, 42501, 55000.';

CREATE FUNCTION rui._check_party(project_id bigint, party_id bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM rui.party p JOIN rui.project j ON j.company_id = p.company_id
		WHERE p.id = _check_party.party_id AND j.id = _check_party.project_id) THEN
		PERFORM rui._unknown('party', party_id, project_id);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_party(bigint, bigint) IS
'Internal: raises P0002 unless a party is of the project''s company.';

CREATE FUNCTION rui.set_message_opt_out(project_id bigint, is_out boolean, kind_code text DEFAULT 'any', channel text DEFAULT 'any',
	for_party bigint DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	chooser bigint := coalesce(for_party, rui.current_party());
	critical boolean := false;
BEGIN
	PERFORM rui.require_permission(project_id, CASE WHEN chooser = rui.current_party() THEN 'read_messages' ELSE 'send_campaigns' END);
	PERFORM rui._check_party(project_id, chooser);
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('kind_code', kind_code, 60);
	IF is_out IS NULL THEN
		PERFORM rui._missing('is_out');
	ELSIF channel IS DISTINCT FROM 'any' THEN
		PERFORM rui._check_channel(channel);
	END IF;
	IF kind_code <> 'any' THEN
		SELECT k.is_critical INTO critical FROM rui.message_kind k
		WHERE k.project_id = set_message_opt_out.project_id AND k.code = set_message_opt_out.kind_code FOR SHARE;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'message kind "%" does not exist in project %', kind_code, project_id
				USING ERRCODE = 'no_data_found', HINT = 'set_message_kind() makes one.';
		END IF;
	END IF;
	IF is_out AND critical THEN
		RAISE EXCEPTION 'nobody can opt out of "%"', kind_code
			USING ERRCODE = 'invalid_parameter_value', HINT = 'These messages are part of the service.';
	ELSIF is_out THEN
		INSERT INTO rui.message_opt_out (project_id, party_id, kind_code, channel, since_at)
		VALUES (project_id, chooser, kind_code, channel, at)
		ON CONFLICT ON CONSTRAINT message_opt_out_pkey DO NOTHING;
	ELSE
		DELETE FROM rui.message_opt_out o
		WHERE o.project_id = set_message_opt_out.project_id AND o.party_id = chooser
			AND set_message_opt_out.kind_code IN ('any', o.kind_code) AND set_message_opt_out.channel IN ('any', o.channel);
	END IF;
END
$$;
COMMENT ON FUNCTION rui.set_message_opt_out(bigint, boolean, text, text, bigint, timestamptz) IS
'Opts out (is_out) of messages of a kind, on a channel, or of any, or takes that back: as many kinds and channels as are named. Critical kinds go nevertheless, and cannot be named. Counts also for what is queued. For the acting party (permission read_messages), or for another party of the company (for_party; permission send_campaigns). Errors: 22004, 22001, 22008, 22023 unknown channel or critical kind, P0002 unknown kind or party, 42501, 55000.';

CREATE FUNCTION rui.set_message_language(project_id bigint, lang text, for_party bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	chooser bigint := coalesce(for_party, rui.current_party());
BEGIN
	PERFORM rui.require_permission(project_id, CASE WHEN chooser = rui.current_party() THEN 'read_messages' ELSE 'send_campaigns' END);
	PERFORM rui._check_party(project_id, chooser);
	PERFORM rui._check_lang(lang);
	INSERT INTO rui.message_language (project_id, party_id, lang) VALUES (project_id, chooser, lang)
	ON CONFLICT ON CONSTRAINT message_language_pkey DO UPDATE SET lang = EXCLUDED.lang;
END
$$;
COMMENT ON FUNCTION rui.set_message_language(bigint, text, bigint) IS
'Chooses the language (zh, en) in which the acting party (permission read_messages) or another party of the company (for_party; permission send_campaigns) is written to. Errors: 22004, 22023, P0002 unknown party, 42501, 55000.';
