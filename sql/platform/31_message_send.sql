-- Sending: a batch is planned, its audience frozen, and then filled, at once
-- or piece by piece.

CREATE FUNCTION rui._check_parameters(kind rui.message_kind, given jsonb, argument text DEFAULT 'parameters') RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	name text;
BEGIN
	IF given IS NULL THEN
		PERFORM rui._missing(argument);
	ELSIF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION '% must be an object', argument USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT p.name INTO name FROM unnest(kind.parameters) AS p(name) WHERE NOT given ? p.name LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'message kind "%" needs parameter "%"', kind.code, name USING ERRCODE = 'invalid_parameter_value',
			HINT = format('It has %s.', array_to_string(kind.parameters, ', '));
	END IF;
	SELECT k.name INTO name FROM jsonb_object_keys(given) AS k(name) WHERE k.name <> ALL (kind.parameters) LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'message kind "%" has no parameter "%"', kind.code, name USING ERRCODE = 'invalid_parameter_value',
			HINT = format('It has %s.', array_to_string(kind.parameters, ', '));
	END IF;
	SELECT e.key INTO name FROM jsonb_each(given) AS e(key, value)
	WHERE jsonb_typeof(e.value) NOT IN ('string', 'number') OR given ->> e.key !~ '[^[:space:]]' OR length(given ->> e.key) > 500 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'parameter "%" must be a text or a number of 1 to 500 characters', name USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_parameters(rui.message_kind, jsonb, text) IS
'Internal: raises unless what placeholders stand for is what the kind needs, no more and no less: 22004 null, 22023 otherwise.';

CREATE FUNCTION rui._plan_batch(project_id bigint, kind_code text, audience jsonb, parameters jsonb, dedupe_key text, from_at timestamptz,
	at timestamptz, OUT batch_id bigint, OUT is_new boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	kind rui.message_kind;
	shape text;
	starts CONSTANT timestamptz := coalesce(greatest(from_at, at), at);
	zh text[];
	en text[];
	too_long record;
	reached bigint;
BEGIN
	is_new := false;
	SELECT k.* INTO kind FROM rui.message_kind k
	WHERE k.project_id = _plan_batch.project_id AND k.code = _plan_batch.kind_code FOR SHARE;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'message kind "%" does not exist in project %', kind_code, project_id
			USING ERRCODE = 'no_data_found', HINT = 'set_message_kind() makes one.';
	END IF;
	shape := rui._check_audience(project_id, audience);
	IF shape = 'each' THEN
		PERFORM rui._check_parameters(kind, parameters || (e.item -> 'parameters'), format('parameters of party %s', e.item ->> 'party'))
		FROM jsonb_array_elements(audience -> 'each') AS e(item);
	ELSE
		PERFORM rui._check_parameters(kind, parameters);
	END IF;
	SELECT array_agg(c.channel ORDER BY c.place) FILTER (WHERE t.lang = 'zh'), array_agg(c.channel ORDER BY c.place) FILTER (WHERE t.lang = 'en')
	INTO zh, en
	FROM unnest(kind.channels) WITH ORDINALITY AS c(channel, place)
	JOIN rui.message_channel a ON a.project_id = _plan_batch.project_id AND a.channel = c.channel AND a.is_active
	JOIN rui.message_template t ON t.project_id = a.project_id AND t.kind_code = kind.code AND t.channel = c.channel AND t.valid @> _plan_batch.at;
	IF zh IS NULL AND en IS NULL THEN
		RAISE EXCEPTION 'message kind "%" has no template on an open channel', kind_code
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = format('Its channels are %s: set_message_channel() opens one, set_message_template() gives it words.', array_to_string(kind.channels, ', '));
	END IF;
	-- The words with all that is known: the rest is names.
	SELECT t.channel, t.lang, max(length(rui._fill_template(t.body, coalesce(parameters || (e.item -> 'parameters'), parameters)))) AS length INTO too_long
	FROM rui.message_template t
	LEFT JOIN jsonb_array_elements(audience -> 'each') AS e(item) ON true
	WHERE t.project_id = _plan_batch.project_id AND t.kind_code = kind.code AND t.channel = 'sms' AND t.valid @> _plan_batch.at
	GROUP BY t.channel, t.lang
	HAVING max(length(rui._fill_template(t.body, coalesce(parameters || (e.item -> 'parameters'), parameters)))) > 500 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the text message would have % characters', too_long.length
			USING ERRCODE = 'string_data_right_truncation', HINT = 'A text message has at most 500.';
	END IF;
	-- Waits for who sends under the same key now, then sees that it was sent.
	INSERT INTO rui.message_batch AS b (project_id, kind_code, dedupe_key, audience, parameters, party_id, is_emergency, zh_channels, en_channels,
		budget, budget_in, at, from_at, expires_at)
	SELECT _plan_batch.project_id, _plan_batch.kind_code, _plan_batch.dedupe_key,
		CASE shape WHEN 'each' THEN jsonb_build_object('each', jsonb_array_length(audience -> 'each')) ELSE audience END,
		parameters, rui.current_party(), kind.is_emergency, coalesce(zh, '{}'), coalesce(en, '{}'), kind.budget,
		CASE WHEN kind.budget IS NOT NULL THEN kind.budget_in END, at, starts, starts + kind.lifetime
	ON CONFLICT ON CONSTRAINT message_batch_once DO NOTHING
	RETURNING b.id INTO batch_id;
	IF batch_id IS NULL THEN
		SELECT b.id INTO batch_id FROM rui.message_batch b
		WHERE b.project_id = _plan_batch.project_id AND b.dedupe_key = _plan_batch.dedupe_key;
		RETURN;
	END IF;
	is_new := true;
	INSERT INTO rui.message_recipient (project_id, batch_id, party_id, household_id, unit_id, parameters)
	SELECT _plan_batch.project_id, _plan_batch.batch_id, r.party_id, r.household_id, r.unit_id, r.parameters
	FROM rui._recipients(project_id, audience, at) r;
	GET DIAGNOSTICS reached = ROW_COUNT;
	UPDATE rui.message_batch b SET recipients = reached, last_action = CASE reached WHEN 0 THEN 'finish' ELSE 'fill' END
	WHERE b.project_id = _plan_batch.project_id AND b.id = _plan_batch.batch_id;
	PERFORM rui._emit(project_id, 'message_batch.plan', 'message_batch', batch_id, at, jsonb_build_object('kind', kind_code, 'recipients', reached));
END
$$;
COMMENT ON FUNCTION rui._plan_batch(bigint, text, jsonb, jsonb, text, timestamptz, timestamptz) IS
'Internal: checks what is to be sent and to whom, and keeps it with its recipients frozen, for rui._fill_batch. Under a dedupe_key that was used before it does nothing and returns the batch of then (is_new false), waiting for a sender of the same key. from_at null: from `at` on. Errors: as of rui.send_messages.';

CREATE FUNCTION rui._fill_batch(project_id bigint, batch_id bigint, up_to bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- One recipient or a million, by the same plan: look-ups are subselects, by
-- index; what is joined is the rows themselves, by hash.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	batch rui.message_batch;
	setting rui.message_setting;
	hours rui.calendar;
	last_party bigint;
	can_opt_out boolean;
	needs_consent boolean;
	ready_at timestamptz;
	kind_window date;
	contact_window date;
	contact_limit integer;
	overdrawn jsonb;
	made bigint;
	refused bigint;
	strangers bigint;
	remaining bigint;
BEGIN
	SELECT b.* INTO batch FROM rui.message_batch b
	WHERE b.project_id = _fill_batch.project_id AND b.id = _fill_batch.batch_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('message batch', batch_id, project_id);
	ELSIF batch.state <> 'filling' THEN
		RETURN 0;
	END IF;
	setting := rui._message_setting(project_id);
	ready_at := greatest(at, batch.from_at);
	IF setting.calendar_code IS NOT NULL AND NOT batch.is_emergency THEN
		hours := rui._calendar_of(project_id, setting.calendar_code);
		ready_at := CASE WHEN rui.is_open(hours, ready_at) THEN ready_at ELSE rui.next_open(hours, ready_at) END;
	END IF;
	SELECT NOT k.is_critical, k.is_marketing, CASE WHEN NOT batch.is_emergency AND NOT k.is_internal THEN
			setting.budget - CASE WHEN k.is_critical THEN 0 ELSE setting.reserved END END
	INTO can_opt_out, needs_consent, contact_limit FROM rui.message_kind k
	WHERE k.project_id = batch.project_id AND k.code = batch.kind_code;
	-- It counts when it can go, not when somebody wished to send it.
	SELECT date_trunc(batch.budget_in, l.at)::date, CASE WHEN contact_limit IS NOT NULL THEN date_trunc(setting.budget_in, l.at)::date END
	INTO kind_window, contact_window
	FROM (SELECT ready_at AT TIME ZONE j.time_zone AS at FROM rui.project j WHERE j.id = batch.project_id) l;
	-- By a bound, so that the plan does not depend on how many there are.
	last_party := coalesce((SELECT r.party_id FROM rui.message_recipient r
		WHERE r.project_id = _fill_batch.project_id AND r.batch_id = _fill_batch.batch_id
		ORDER BY r.party_id OFFSET up_to - 1 LIMIT 1), 9223372036854775807);
	WITH picked AS (
		DELETE FROM rui.message_recipient r
		WHERE r.project_id = _fill_batch.project_id AND r.batch_id = _fill_batch.batch_id AND r.party_id <= last_party
		RETURNING r.party_id, r.household_id, r.unit_id, r.parameters),
	spoken AS (
		SELECT p.*, CASE WHEN batch.zh_channels = '{}' THEN 'en' WHEN batch.en_channels = '{}' THEN 'zh'
				ELSE coalesce((SELECT l.lang FROM rui.message_language l
					WHERE l.project_id = batch.project_id AND l.party_id = p.party_id), setting.lang) END AS lang,
			CASE WHEN can_opt_out THEN (SELECT array_agg(o.channel) FROM rui.message_opt_out o
				WHERE o.project_id = batch.project_id AND o.party_id = p.party_id AND o.kind_code IN ('any', batch.kind_code)) END AS refused,
			needs_consent AND NOT EXISTS (SELECT FROM rui.message_opt_in i
				WHERE i.project_id = batch.project_id AND i.party_id = p.party_id) AS is_stranger
		FROM picked p),
	addressed AS (
		SELECT s.party_id, s.household_id, s.unit_id, s.parameters, s.lang,
			CASE WHEN s.is_stranger THEN '{}' WHEN s.refused IS NULL THEN CASE s.lang WHEN 'zh' THEN batch.zh_channels ELSE batch.en_channels END
				WHEN 'any' = ANY (s.refused) THEN '{}'
				ELSE ARRAY(SELECT w.channel
					FROM unnest(CASE s.lang WHEN 'zh' THEN batch.zh_channels ELSE batch.en_channels END) WITH ORDINALITY AS w(channel, place)
					WHERE w.channel <> ALL (s.refused) ORDER BY w.place) END AS ways,
			CASE WHEN s.household_id IS NULL THEN 'party' ELSE 'household' END COLLATE "C" AS holder,
			coalesce(s.household_id, s.party_id) AS holder_id
		FROM spoken s),
	wanted AS (
		SELECT a.holder, a.holder_id, count(*)::integer AS wanted FROM addressed a
		WHERE (batch.budget IS NOT NULL OR contact_limit IS NOT NULL) AND a.ways <> '{}' GROUP BY a.holder, a.holder_id),
	-- First of its kind, then of all kinds, each in order. Whoever sends to the same household waits for its row, and
	-- then sees what is left.
	of_kind AS (
		INSERT INTO rui.contact_budget AS b (project_id, kind_code, window_on, holder, holder_id, allowed, used, asked, granted)
		SELECT batch.project_id, batch.kind_code, kind_window, w.holder, w.holder_id, batch.budget,
			least(w.wanted, batch.budget), w.wanted, least(w.wanted, batch.budget)
		FROM wanted w WHERE batch.budget IS NOT NULL ORDER BY w.holder, w.holder_id
		ON CONFLICT ON CONSTRAINT contact_budget_pkey DO UPDATE
		SET allowed = greatest(b.used, EXCLUDED.allowed), asked = EXCLUDED.asked,
			granted = greatest(least(EXCLUDED.used, EXCLUDED.allowed - b.used), 0),
			used = b.used + greatest(least(EXCLUDED.used, EXCLUDED.allowed - b.used), 0)
		RETURNING b.holder, b.holder_id, b.asked, b.granted),
	hoped AS (
		SELECT k.holder, k.holder_id, k.granted AS hoped FROM of_kind k WHERE k.granted > 0
		UNION ALL
		SELECT w.holder, w.holder_id, w.wanted FROM wanted w WHERE batch.budget IS NULL),
	of_all AS (
		INSERT INTO rui.contact_budget AS b (project_id, kind_code, window_on, holder, holder_id, allowed, used, asked, granted)
		SELECT batch.project_id, 'any', contact_window, h.holder, h.holder_id, setting.budget,
			least(h.hoped, contact_limit), h.hoped, least(h.hoped, contact_limit)
		FROM hoped h WHERE contact_limit IS NOT NULL ORDER BY h.holder, h.holder_id
		ON CONFLICT ON CONSTRAINT contact_budget_pkey DO UPDATE
		SET allowed = greatest(b.used, EXCLUDED.allowed), asked = EXCLUDED.asked,
			granted = greatest(least(EXCLUDED.used, contact_limit - b.used), 0),
			used = b.used + greatest(least(EXCLUDED.used, contact_limit - b.used), 0)
		RETURNING b.holder, b.holder_id, b.asked, b.granted),
	short AS (
		SELECT s.holder, s.holder_id, min(s.granted) AS granted
		FROM (SELECT k.* FROM of_kind k UNION ALL SELECT a.* FROM of_all a) s WHERE s.granted < s.asked GROUP BY s.holder, s.holder_id),
	beyond AS (
		SELECT p.party_id FROM (
			SELECT a.party_id, s.granted, row_number() OVER (PARTITION BY a.holder, a.holder_id ORDER BY a.party_id) AS place
			FROM addressed a JOIN short s ON s.holder = a.holder AND s.holder_id = a.holder_id WHERE a.ways <> '{}') p
		WHERE p.place > p.granted),
	judged AS (
		SELECT a.*, CASE WHEN a.ways = '{}' THEN 'opted_out' WHEN b.party_id IS NOT NULL THEN 'budget' END AS reason
		FROM addressed a LEFT JOIN beyond b ON b.party_id = a.party_id),
	added AS (
		INSERT INTO rui.message AS m (project_id, batch_id, party_id, household_id, unit_id, lang, channels, parameters, window_on, contact_on,
			is_emergency, at, expires_at, state, last_action, last_at, channel, next_at)
		SELECT batch.project_id, batch.id, j.party_id, j.household_id, j.unit_id, j.lang, j.ways, j.parameters,
			CASE WHEN j.reason IS NULL THEN kind_window END, CASE WHEN j.reason IS NULL THEN contact_window END, batch.is_emergency, _fill_batch.at, batch.expires_at,
			CASE WHEN j.reason IS NULL THEN 'queued' ELSE 'suppressed' END, CASE WHEN j.reason IS NULL THEN 'queue' ELSE 'suppress' END,
			_fill_batch.at, j.ways[1], CASE WHEN j.reason IS NULL THEN ready_at END
		FROM judged j
		RETURNING m.id, m.party_id, m.state, m.channel),
	told AS (
		INSERT INTO rui.message_receipt AS r (project_id, message_id, attempt, state, at, channel, reason, party_id)
		SELECT batch.project_id, a.id, 0, a.state, _fill_batch.at, coalesce(a.channel, 'none'),
			CASE WHEN a.state = 'suppressed' THEN CASE WHEN a.channel IS NOT NULL THEN 'budget' WHEN needs_consent AND NOT EXISTS (
				SELECT FROM rui.message_opt_in i WHERE i.project_id = batch.project_id AND i.party_id = a.party_id) THEN 'no_consent' ELSE 'opted_out' END END,
			rui.current_party()
		FROM added a
		RETURNING r.state, r.reason)
	SELECT count(*), count(*) FILTER (WHERE t.state = 'suppressed'), count(*) FILTER (WHERE t.reason = 'no_consent'),
		(SELECT jsonb_agg(jsonb_build_object('holder', a.holder, 'holder_id', a.holder_id, 'over', a.asked - a.granted))
			FROM of_all a WHERE batch.budget IS NOT NULL AND a.granted < a.asked)
	INTO made, refused, strangers, overdrawn FROM told t;
	IF overdrawn IS NOT NULL THEN
		-- What the kind let go and the household has no room for counts for neither. The rows are ours.
		INSERT INTO rui.contact_budget AS b (project_id, kind_code, window_on, holder, holder_id, allowed, used, asked, granted)
		SELECT batch.project_id, batch.kind_code, kind_window, o.holder, o.holder_id, o.over, 0, o.over, o.over
		FROM jsonb_to_recordset(overdrawn) AS o(holder text, holder_id bigint, over integer)
		ON CONFLICT ON CONSTRAINT contact_budget_pkey DO UPDATE SET used = b.used - EXCLUDED.granted, granted = b.granted - EXCLUDED.granted;
	END IF;
	remaining := batch.recipients - batch.filled - made;
	UPDATE rui.message_batch b SET filled = b.filled + made, suppressed = b.suppressed + refused, without_consent = b.without_consent + strangers,
		last_action = CASE remaining WHEN 0 THEN 'finish' ELSE 'fill' END
	WHERE b.project_id = _fill_batch.project_id AND b.id = _fill_batch.batch_id;
	IF remaining = 0 THEN
		PERFORM rui._emit(project_id, 'message_batch.finish', 'message_batch', batch_id, at, jsonb_build_object(
			'messages', batch.filled + made, 'suppressed', batch.suppressed + refused, 'without_consent', batch.without_consent + strangers));
	END IF;
	RETURN remaining;
END
$$;
COMMENT ON FUNCTION rui._fill_batch(bigint, bigint, bigint, timestamptz) IS
'Internal: makes the messages of the next up_to recipients of a batch, each with its first receipt: queued, or suppressed because its party opted out, has not agreed to advertising where the kind is marketing, or a budget of its household, of the kind or of all kinds, is used up. Returns how many recipients remain; 0 also for a batch that is filled or cancelled. Error P0002 for an unknown batch.';

CREATE FUNCTION rui._return_contacts(project_id bigint, message_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	-- By the index and in the order of those who send: kinds first, then all of them.
	INSERT INTO rui.contact_budget AS b (project_id, kind_code, window_on, holder, holder_id, allowed, used, asked, granted)
	SELECT m.project_id, w.kind_code, w.window_on, h.holder, h.holder_id, count(*), 0, count(*), count(*)
	FROM rui.message m
	JOIN rui.message_batch a ON a.project_id = m.project_id AND a.id = m.batch_id
	CROSS JOIN LATERAL (VALUES (a.kind_code, m.window_on, 1), ('any', m.contact_on, 2)) AS w(kind_code, window_on, place)
	CROSS JOIN LATERAL (VALUES (CASE WHEN m.household_id IS NULL THEN 'party' ELSE 'household' END COLLATE "C", coalesce(m.household_id, m.party_id)))
		AS h(holder, holder_id)
	WHERE m.project_id = _return_contacts.project_id AND m.id = ANY (message_ids) AND w.window_on IS NOT NULL
	GROUP BY m.project_id, w.place, w.kind_code, w.window_on, h.holder, h.holder_id
	ORDER BY w.place, w.kind_code COLLATE "C", w.window_on, h.holder, h.holder_id
	ON CONFLICT ON CONSTRAINT contact_budget_pkey DO UPDATE SET used = b.used - EXCLUDED.granted;
END
$$;
COMMENT ON FUNCTION rui._return_contacts(bigint, bigint[]) IS
'Internal: takes messages that ended before a gateway took them (cancelled, expired) out of the budgets of their kinds and of all kinds, for whoever sends next in the same window.';

CREATE FUNCTION rui._require_sender(project_id bigint, kind_code text, audience jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- To a few who are named; or to whoever lives there.
	IF audience IS NOT NULL AND (NOT audience ?| '{party,household,unit}' OR EXISTS (
		SELECT FROM jsonb_each(audience) AS e(key, value) WHERE CASE jsonb_typeof(e.value) WHEN 'array' THEN jsonb_array_length(e.value) > 20 ELSE false END)) THEN
		PERFORM rui.require_permission(project_id, 'send_campaigns');
	END IF;
	IF EXISTS (SELECT FROM rui.message_kind k
		WHERE k.project_id = _require_sender.project_id AND k.code = _require_sender.kind_code AND k.is_emergency) THEN
		PERFORM rui.require_permission(project_id, 'send_emergencies');
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_sender(bigint, text, jsonb) IS
'Internal: raises 42501 unless the acting party may send to more than 20 named ones (send_campaigns) and the kind, where it is an emergency (send_emergencies).';

CREATE FUNCTION rui._check_sending(project_id bigint, kind_code text, dedupe_key text, from_at timestamptz, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('kind_code', kind_code, 60);
	IF dedupe_key IS NOT NULL THEN
		PERFORM rui._check_text('dedupe_key', dedupe_key, 200);
		-- Whoever used a key of the platform's before it does would keep what it has to say from being sent.
		IF left(dedupe_key, 1) = ':' THEN
			RAISE EXCEPTION 'dedupe_key begins with a colon, as those of the platform itself do' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Let it begin with something else.';
		END IF;
	END IF;
	IF from_at IS NOT NULL THEN
		PERFORM rui._check_instant(from_at);
		IF from_at > at + interval '366 days' THEN
			RAISE EXCEPTION 'from_at % is more than a year ahead', from_at USING ERRCODE = 'invalid_parameter_value';
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_sending(bigint, text, text, timestamptz, timestamptz) IS
'Internal: checks the arguments of commands that send: 22004, 22001, 22008, 22023, 42501 as rui._check_time.';

CREATE FUNCTION rui._send_once(project_id bigint, kind_code text, audience jsonb, parameters jsonb, dedupe_key text, from_at timestamptz,
	at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	plan record;
BEGIN
	SELECT p.batch_id, p.is_new INTO plan FROM rui._plan_batch(project_id, kind_code, audience, parameters, dedupe_key, from_at, at) p;
	IF plan.is_new THEN
		PERFORM rui._fill_batch(project_id, plan.batch_id, 9223372036854775807, at);
	END IF;
	RETURN plan.batch_id;
END
$$;
COMMENT ON FUNCTION rui._send_once(bigint, text, jsonb, jsonb, text, timestamptz, timestamptz) IS
'Internal: plans a batch and, where its key is new, makes its messages; returns the batch.';

CREATE FUNCTION rui._own_key(dedupe_key text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
RETURN ':' || dedupe_key;
COMMENT ON FUNCTION rui._own_key(text) IS
'Internal: a dedupe_key of the platform itself, as rui.message_batch has it: with a colon before it, so that no sender has used it.';

CREATE FUNCTION rui._send(project_id bigint, kind_code text, audience jsonb, parameters jsonb, dedupe_key text, from_at timestamptz,
	at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN rui._send_once(project_id, kind_code, audience, parameters, rui._own_key(dedupe_key), from_at, at);
END
$$;
COMMENT ON FUNCTION rui._send(bigint, text, jsonb, jsonb, text, timestamptz, timestamptz) IS
'Internal: what other rooms call to say something: sends as rui.send_messages does, whoever acts, under a key that only rooms have (rui._own_key), and returns the batch. The room has checked that it may.';

CREATE FUNCTION rui.send_message(project_id bigint, kind_code text, recipient_id bigint, parameters jsonb DEFAULT '{}', dedupe_key text DEFAULT NULL,
	from_at timestamptz DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	batch bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'send_messages');
	PERFORM rui._check_sending(project_id, kind_code, dedupe_key, from_at, at);
	IF recipient_id IS NULL THEN
		PERFORM rui._missing('recipient_id');
	END IF;
	PERFORM rui._require_sender(project_id, kind_code, NULL);
	batch := rui._send_once(project_id, kind_code, jsonb_build_object('party', recipient_id), parameters, dedupe_key, from_at, at);
	RETURN (SELECT m.id FROM rui.message m
		WHERE m.project_id = send_message.project_id AND m.batch_id = batch ORDER BY m.party_id <> recipient_id, m.id LIMIT 1);
END
$$;
COMMENT ON FUNCTION rui.send_message(bigint, text, bigint, jsonb, text, timestamptz, timestamptz) IS
'Sends one message of a kind to a party of the company and returns its id; it may be suppressed (rui.message.state): the party opted out, has not agreed to advertising where the kind is marketing, or a budget of its household is used up. parameters: a text or number for each parameter of the kind. dedupe_key: 1 to 200 characters, the first no colon; sent under the same key before in this project: the first message is the answer, nothing is sent; it also makes the command safe to repeat. from_at: not before, at most a year ahead; null: now. Quiet hours put it off. Needs permission send_messages, and send_emergencies for a kind that is one. Errors: 22004, 22001 also a text message beyond 500 characters, 22008, 22023 parameters that are not the kind''s, or a key that begins with a colon, P0002 unknown kind or party, 42501, 55000 also no template on an open channel.';

CREATE FUNCTION rui.send_messages(project_id bigint, kind_code text, audience jsonb, parameters jsonb DEFAULT '{}', dedupe_key text DEFAULT NULL,
	from_at timestamptz DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'send_messages');
	PERFORM rui._check_sending(project_id, kind_code, dedupe_key, from_at, at);
	PERFORM rui._require_sender(project_id, kind_code, audience);
	RETURN rui._send_once(project_id, kind_code, audience, parameters, dedupe_key, from_at, at);
END
$$;
COMMENT ON FUNCTION rui.send_messages(bigint, text, jsonb, jsonb, text, timestamptz, timestamptz) IS
'Sends a message of a kind to everybody of an audience, to each once, in one transaction; returns the batch (rui.message_batch). audience: one of {"party": ids}, {"role": "steward"}, {"household": ids}, {"unit": ids}, {"building": ids}, {"grid": ids}, {"area": GeoJSON polygon}: the buildings it touches, {"project": true}; for homes also "who": ["resident","owner"] (default both) and "reach": "household" (one of each) or "everyone"; or {"each": [{"party": id, "parameters": {…}}]}, whose parameters go before the common ones. Whom it reaches is fixed now. dedupe_key: used before in this project: that batch is the answer, nothing is sent. from_at: not before. Needs permission send_messages; send_campaigns for more than 20 named parties, households or units or any other audience; send_emergencies for a kind that is one. Errors as send_message; P0002 for ids that the project does not have.';
