-- Gateways: they take messages under a lease, and say what became of them.
-- Address and text are made when a message is taken, and kept nowhere.

CREATE FUNCTION rui._contact_kind(channel text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE channel WHEN 'sms' THEN 'phone' ELSE channel END;
END
$$;
COMMENT ON FUNCTION rui._contact_kind(text) IS 'Internal: the kind of contact point that a channel reaches.';

CREATE FUNCTION rui._next_channel(project_id bigint, channels text[], channel text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT w.channel FROM unnest(channels) WITH ORDINALITY AS w(channel, place)
		JOIN rui.message_channel c ON c.project_id = _next_channel.project_id AND c.channel = w.channel AND c.is_active
		WHERE w.place > array_position(channels, _next_channel.channel) ORDER BY w.place LIMIT 1);
END
$$;
COMMENT ON FUNCTION rui._next_channel(bigint, text[], text) IS
'Internal: the next open channel of a project after one in a list; null where none follows.';

CREATE FUNCTION rui._filling(project_id bigint, parameters jsonb, party_id bigint, unit_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN parameters || jsonb_build_object(
		'recipient', (SELECT p.name FROM rui.party p WHERE p.id = _filling.party_id),
		'unit', coalesce((SELECT u.code FROM rui.unit u WHERE u.project_id = _filling.project_id AND u.id = _filling.unit_id), ''),
		'project', (SELECT j.name FROM rui.project j WHERE j.id = _filling.project_id));
END
$$;
COMMENT ON FUNCTION rui._filling(bigint, jsonb, bigint, bigint) IS
'Internal: what the placeholders of a message to a party about a unit (or null) stand for: its parameters, and those that the platform fills itself.';

CREATE FUNCTION rui._open_throttle(setting rui.message_channel, up_to integer, at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	window_at CONSTANT timestamptz := date_bin(setting.throttle_in, at, '2000-01-01 00:00+00');
	used integer;
BEGIN
	IF setting.throttle IS NULL THEN
		RETURN up_to;
	END IF;
	-- Others who take from this channel wait here until we have taken. The
	-- window never goes back: a gateway whose clock is late gets the latest.
	INSERT INTO rui.message_throttle AS t (project_id, channel, window_at, allowed, used)
	VALUES (setting.project_id, setting.channel, window_at, setting.throttle, 0)
	ON CONFLICT ON CONSTRAINT message_throttle_pkey DO UPDATE
	SET window_at = greatest(t.window_at, EXCLUDED.window_at),
		used = CASE WHEN t.window_at < EXCLUDED.window_at THEN 0 ELSE t.used END,
		allowed = CASE WHEN t.window_at < EXCLUDED.window_at THEN EXCLUDED.allowed ELSE greatest(EXCLUDED.allowed, t.used) END
	RETURNING t.allowed - t.used INTO used;
	RETURN least(up_to, used);
END
$$;
COMMENT ON FUNCTION rui._open_throttle(rui.message_channel, integer, timestamptz) IS
'Internal: how many of up_to messages the throttle of a channel lets go at an instant; its row is locked until the transaction ends, and whoever takes counts them there.';

CREATE FUNCTION rui._take(setting rui.message_channel, message_ids bigint[], gateway text, at timestamptz)
RETURNS TABLE (message_id bigint, attempt integer, address text, lang text, title text, body text, is_emergency boolean,
	expires_at timestamptz, lease_until timestamptz)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
-- Look-ups are laterals and subselects, by index; what is joined is the rows
-- themselves, by hash, however few of them are expected.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
BEGIN
	RETURN QUERY
	WITH candidate AS MATERIALIZED (
		SELECT m.id, m.attempts, m.channel, m.gateway, m.state, p.value AS address, p.is_lost, p.fault,
			CASE WHEN p.fault IS NOT NULL AND p.fault <> 'no_consent' THEN rui._next_channel(m.project_id, m.channels, m.channel) END AS next_channel
		FROM rui.message m
		CROSS JOIN LATERAL (
			SELECT b.kind_code, k.is_critical, k.is_marketing FROM rui.message_batch b
			JOIN rui.message_kind k ON k.project_id = b.project_id AND k.code = b.kind_code
			WHERE b.project_id = m.project_id AND b.id = m.batch_id LIMIT 1) b
		LEFT JOIN LATERAL (
			SELECT c.value FROM rui.contact_point c
			WHERE c.party_id = m.party_id AND c.kind = rui._contact_kind(m.channel)
			ORDER BY c.preferred DESC, c.verified_at DESC NULLS LAST, c.id LIMIT 1) AS c ON true
		CROSS JOIN LATERAL (
			SELECT c.value, m.state = 'taken' AS is_lost, CASE
				WHEN m.state = 'taken' AND m.channel_attempts >= setting.max_attempts THEN 'lost'
				WHEN b.is_marketing AND NOT EXISTS (
					SELECT FROM rui.message_opt_in i WHERE i.project_id = m.project_id AND i.party_id = m.party_id) THEN 'no_consent'
				WHEN NOT b.is_critical AND EXISTS (
					SELECT FROM rui.message_opt_out o
					WHERE o.project_id = m.project_id AND o.party_id = m.party_id
						AND o.kind_code IN ('any', b.kind_code) AND o.channel IN ('any', m.channel)) THEN 'opted_out'
				WHEN c.value IS NULL THEN 'no_address' END AS fault) AS p
		WHERE m.project_id = setting.project_id AND m.id = ANY (message_ids)),
	verdict AS (
		SELECT c.*, CASE WHEN c.fault IS NULL THEN 'take'
			WHEN c.next_channel IS NOT NULL THEN 'reroute'
			WHEN c.fault IN ('opted_out', 'no_consent') AND c.state = 'queued' THEN 'suppress' ELSE 'fail' END AS action
		FROM candidate c),
	moved AS (
		UPDATE rui.message m
		SET last_action = v.action, last_at = _take.at,
			channel = CASE v.action WHEN 'reroute' THEN v.next_channel ELSE m.channel END,
			attempts = m.attempts + CASE v.action WHEN 'take' THEN 1 ELSE 0 END,
			channel_attempts = CASE v.action WHEN 'take' THEN m.channel_attempts + 1 WHEN 'reroute' THEN 0 ELSE m.channel_attempts END,
			next_at = CASE v.action WHEN 'take' THEN _take.at + setting.lease WHEN 'reroute' THEN _take.at END,
			gateway = CASE v.action WHEN 'take' THEN _take.gateway ELSE m.gateway END
		FROM verdict v
		WHERE m.project_id = setting.project_id AND m.id = ANY (message_ids) AND m.id = v.id
		RETURNING m.*, v.action, v.fault, v.address, v.is_lost, v.attempts AS former_attempt, v.gateway AS former_gateway, v.channel AS former_channel),
	told AS (
		INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, gateway, reason, party_id)
		SELECT setting.project_id, f.message_id, f.attempt, f.state, _take.at, f.channel, f.gateway, f.reason, rui.current_party()
		FROM (
			SELECT d.id AS message_id, d.former_attempt AS attempt, 'lost' AS state, d.former_channel AS channel, d.former_gateway AS gateway, 'lost' AS reason
			FROM moved d WHERE d.is_lost
			UNION ALL
			SELECT d.id, d.attempts, CASE d.action WHEN 'take' THEN 'taken' WHEN 'reroute' THEN 'rerouted' ELSE d.state END,
				d.former_channel, CASE d.action WHEN 'take' THEN _take.gateway END, d.fault
			FROM moved d) AS f
		ON CONFLICT ON CONSTRAINT message_receipt_pkey DO NOTHING),
	dead AS (
		INSERT INTO rui.event (project_id, at, kind, subject, subject_id, payload)
		SELECT setting.project_id, _take.at, 'message.fail', 'message', d.id, jsonb_build_object('reason', d.fault)
		FROM moved d WHERE d.action = 'fail')
	SELECT d.id, d.attempts, d.address, d.lang, rui._fill_template(t.title, f.filling), rui._fill_template(t.body, f.filling), d.is_emergency,
		d.expires_at, d.next_at
	FROM moved d
	CROSS JOIN LATERAL (
		SELECT b.kind_code, b.parameters, b.at FROM rui.message_batch b WHERE b.project_id = d.project_id AND b.id = d.batch_id LIMIT 1) b
	CROSS JOIN LATERAL (
		SELECT t.title, t.body FROM rui.message_template t
		WHERE t.project_id = d.project_id AND t.kind_code = b.kind_code AND t.channel = d.channel AND t.lang = d.lang AND t.valid @> b.at LIMIT 1) t
	CROSS JOIN LATERAL (SELECT rui._filling(d.project_id, b.parameters || coalesce(d.parameters, '{}'), d.party_id, d.unit_id) AS filling OFFSET 0) f
	WHERE d.action = 'take'
	ORDER BY d.is_emergency DESC, d.at, d.id;
END
$$;
COMMENT ON FUNCTION rui._take(rui.message_channel, bigint[], text, timestamptz) IS
'Internal: hands locked messages to a gateway. Those that cannot go this way (lost too often, opted out, no address) go to their next channel, or end; the others are returned with address and text, leased.';

CREATE FUNCTION rui.take_messages(project_id bigint, channel text, up_to integer, gateway text, at timestamptz DEFAULT now())
RETURNS TABLE (message_id bigint, attempt integer, address text, lang text, title text, body text, is_emergency boolean,
	expires_at timestamptz, lease_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT
AS $$
DECLARE
	setting rui.message_channel;
	hours_code text;
	is_quiet boolean;
	urgent boolean;
	picked bigint[];
	room integer;
	got integer;
	given integer := 0;
BEGIN
	PERFORM rui.require_permission(project_id, 'deliver_messages');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_channel(channel);
	PERFORM rui._check_text('gateway', gateway, 100);
	IF up_to IS NULL THEN
		PERFORM rui._missing('up_to');
	ELSIF up_to NOT BETWEEN 1 AND 10000 THEN
		RAISE EXCEPTION 'up_to must be 1 to 10000, not %', up_to USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT c.* INTO setting FROM rui.message_channel c
	WHERE c.project_id = take_messages.project_id AND c.channel = take_messages.channel;
	IF NOT FOUND OR NOT setting.is_active THEN
		RAISE EXCEPTION 'channel "%" is not open in project %', channel, project_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'set_message_channel() opens it.';
	END IF;
	SELECT s.calendar_code INTO hours_code FROM rui.message_setting s WHERE s.project_id = take_messages.project_id;
	is_quiet := hours_code IS NOT NULL AND NOT rui.is_open(rui._calendar_of(project_id, hours_code), at);
	room := rui._open_throttle(setting, up_to, at);
	FOREACH urgent IN ARRAY '{true,false}'::boolean[] LOOP
		EXIT WHEN NOT urgent AND is_quiet;
		-- Those that cannot go do not count: look on until enough can.
		WHILE given < room LOOP
			picked := ARRAY(
				SELECT m.id FROM rui.message m
				WHERE m.project_id = take_messages.project_id AND m.channel = take_messages.channel AND m.is_emergency = urgent
					AND m.state IN ('queued', 'taken') AND m.next_at <= take_messages.at AND m.expires_at > take_messages.at
				ORDER BY m.next_at LIMIT room - given
				FOR NO KEY UPDATE SKIP LOCKED);
			EXIT WHEN picked = '{}';
			RETURN QUERY SELECT * FROM rui._take(setting, picked, gateway, at);
			GET DIAGNOSTICS got = ROW_COUNT;
			given := given + got;
		END LOOP;
	END LOOP;
	IF setting.throttle IS NOT NULL AND given > 0 THEN
		UPDATE rui.message_throttle t SET used = t.used + given
		WHERE t.project_id = take_messages.project_id AND t.channel = take_messages.channel;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.take_messages(bigint, text, integer, text, timestamptz) IS
'For gateways: takes up to up_to (1 to 10000) messages of a channel that may go now, emergencies first, with address, title and text; who takes at the same time gets others. Each is the gateway''s until lease_until: by then it says what became of it with rui.acknowledge_messages, naming attempt; afterwards another may take it. In quiet hours there are only emergencies, and never more than the throttle lets go. On the way, messages without an address or whose party has opted out go to their next channel or end, and advertising ends whose party no longer agrees; what is too late waits for the tick that ends it. The receipts say who saw which address. Needs permission deliver_messages. Errors: 22004, 22001, 22008, 22023, 42501, 55000 channel not open.';

CREATE FUNCTION rui.acknowledge_messages(project_id bigint, outcomes jsonb, at timestamptz DEFAULT now())
RETURNS TABLE (message_id bigint, attempt integer, answer text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	bad record;
	turns integer;
BEGIN
	PERFORM rui.require_permission(project_id, 'deliver_messages');
	PERFORM rui._check_time(project_id, at);
	IF outcomes IS NULL THEN
		PERFORM rui._missing('outcomes');
	ELSIF jsonb_typeof(outcomes) <> 'array' OR jsonb_array_length(outcomes) NOT BETWEEN 1 AND 10000 THEN
		RAISE EXCEPTION 'outcomes must be a list of 1 to 10000 objects' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT e.place, e.item INTO bad FROM jsonb_array_elements(outcomes) WITH ORDINALITY AS e(item, place)
	WHERE jsonb_typeof(e.item) <> 'object'
		OR e.item ->> 'message_id' !~ '^[0-9]{1,18}$' IS NOT FALSE OR e.item ->> 'attempt' !~ '^[1-9][0-9]{0,5}$' IS NOT FALSE
		OR e.item ->> 'outcome' NOT IN ('sent', 'delivered', 'read', 'failed', 'rejected') IS NOT FALSE
		OR length(e.item ->> 'reason') > 500 OR length(e.item ->> 'reference') > 200
		OR e.item ->> 'outcome' IN ('failed', 'rejected') AND coalesce(e.item ->> 'reason', '') !~ '[^[:space:]]'
		OR e.item - '{message_id,attempt,outcome,reason,reference,at}'::text[] <> '{}'
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'outcome % is not understood: %', bad.place, left(bad.item::text, 200) USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give {"message_id", "attempt", "outcome": sent, delivered, read, failed or rejected, "reason" (of the last two), "reference", "at"}.';
	END IF;
	-- A bad time raises here, 22007 or 22008, before anything is done.
	SELECT e.place, e.item INTO bad FROM jsonb_array_elements(outcomes) WITH ORDINALITY AS e(item, place)
	WHERE e.item ? 'at' AND NOT ((e.item ->> 'at')::timestamptz BETWEEN acknowledge_messages.at - interval '31 days' AND acknowledge_messages.at + interval '5 minutes') IS TRUE LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'outcome % came at %, not within 31 days before %', bad.place, bad.item ->> 'at', at USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- Several outcomes of one message count in their order, turn by turn.
	SELECT max(n.turns) INTO turns FROM (
		SELECT count(*) AS turns FROM jsonb_array_elements(outcomes) AS e(item) GROUP BY e.item ->> 'message_id') n;
	FOR this_turn IN 1 .. turns LOOP
		RETURN QUERY
		WITH said AS MATERIALIZED (
			SELECT s.* FROM (
				SELECT (e.item ->> 'message_id')::bigint AS id, (e.item ->> 'attempt')::integer AS attempt, e.item ->> 'outcome' AS outcome,
					e.item ->> 'reason' AS reason, e.item ->> 'reference' AS reference,
					coalesce((e.item ->> 'at')::timestamptz, acknowledge_messages.at) AS at,
					row_number() OVER (PARTITION BY (e.item ->> 'message_id')::bigint ORDER BY e.place) AS turn
				FROM jsonb_array_elements(outcomes) WITH ORDINALITY AS e(item, place)) s
			WHERE s.turn = this_turn),
		known AS MATERIALIZED (
			SELECT m.id, m.attempts, m.state, m.channel, m.channels, m.channel_attempts, m.gateway, c.max_attempts, c.backoff
			FROM rui.message m
			JOIN rui.message_channel c ON c.project_id = m.project_id AND c.channel = m.channel
			WHERE m.project_id = acknowledge_messages.project_id AND m.id = ANY (ARRAY(SELECT s.id FROM said s))
			ORDER BY m.id FOR NO KEY UPDATE OF m),
		verdict AS (
			SELECT s.*, k.channel, k.gateway, k.backoff, k.channel_attempts, k.state, n.next_channel,
				k.id IS NOT NULL AS is_known,
				CASE WHEN s.attempt IS DISTINCT FROM k.attempts OR k.state NOT IN ('taken', 'sent', 'delivered', 'read') THEN NULL
					WHEN s.outcome = 'sent' THEN CASE k.state WHEN 'taken' THEN 'send' ELSE 'note' END
					WHEN s.outcome = 'delivered' THEN CASE WHEN k.state IN ('taken', 'sent') THEN 'deliver' ELSE 'note' END
					WHEN s.outcome = 'read' THEN CASE WHEN k.state = 'read' THEN 'note' ELSE 'read' END
					WHEN k.state NOT IN ('taken', 'sent') THEN NULL
					WHEN s.outcome = 'failed' AND k.channel_attempts < k.max_attempts OR n.next_channel IS NOT NULL THEN 'retry'
					ELSE 'fail' END AS action,
				s.outcome = 'rejected' OR k.channel_attempts >= k.max_attempts AS is_over
			FROM said s
			LEFT JOIN known k ON k.id = s.id
			LEFT JOIN LATERAL (SELECT CASE WHEN s.outcome IN ('failed', 'rejected') THEN
				rui._next_channel(acknowledge_messages.project_id, k.channels, k.channel) END AS next_channel OFFSET 0) n ON true),
		moved AS (
			UPDATE rui.message m
			SET last_action = v.action, last_at = greatest(m.last_at, v.at),
				channel = CASE WHEN v.action = 'retry' AND v.is_over THEN v.next_channel ELSE m.channel END,
				channel_attempts = CASE WHEN v.action = 'retry' AND v.is_over THEN 0 ELSE m.channel_attempts END,
				next_at = CASE WHEN v.action = 'retry' THEN CASE WHEN v.is_over THEN acknowledge_messages.at
					ELSE acknowledge_messages.at + least(v.backoff * 2 ^ (v.channel_attempts - 1), interval '24 hours') END END
			FROM verdict v
			WHERE m.project_id = acknowledge_messages.project_id AND m.id = ANY (ARRAY(SELECT k.id FROM known k)) AND m.id = v.id
				AND v.action <> 'note'
			RETURNING m.id, m.state),
		told AS (
			INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, gateway, reason, reference, party_id)
			SELECT acknowledge_messages.project_id, v.id, v.attempt, CASE v.outcome WHEN 'rejected' THEN 'failed' ELSE v.outcome END, v.at, v.channel,
				v.gateway, v.reason, v.reference, rui.current_party()
			FROM verdict v WHERE v.action IS NOT NULL
			ON CONFLICT ON CONSTRAINT message_receipt_pkey DO NOTHING),
		dead AS (
			INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
			SELECT acknowledge_messages.project_id, acknowledge_messages.at, 'message.fail', 'message', v.id, rui.current_party(),
				jsonb_build_object('reason', v.reason)
			FROM verdict v WHERE v.action = 'fail')
		SELECT v.id, v.attempt, CASE WHEN NOT v.is_known THEN 'unknown' WHEN v.action IS NULL THEN 'stale' ELSE coalesce(d.state, v.state) END
		FROM verdict v LEFT JOIN moved d ON d.id = v.id
		ORDER BY v.id;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.acknowledge_messages(bigint, jsonb, timestamptz) IS
'For gateways: says what became of messages: a list of up to 10000 {"message_id", "attempt" (as taken), "outcome", "reason", "reference", "at"}. outcome: sent, delivered, read; failed: it may be tried again, after the channel''s backoff, until max_attempts, then on the next channel; rejected: never on this one. After the last channel it is failed: a dead letter. reason: up to 500 characters, needed of the last two; reference: the gateway''s own number; at: when, within 31 days before `at` (its default). Said again, nothing changes; each is kept as a receipt. Returns for each the state of the message, or stale (another attempt holds it, or it has ended) or unknown, which changes nothing. Needs permission deliver_messages. Errors: 22004, 22007, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui.acknowledge_message(project_id bigint, message_id bigint, attempt integer, outcome text, reason text DEFAULT NULL,
	reference text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'deliver_messages');
	IF num_nulls(message_id, attempt, outcome) > 0 THEN
		PERFORM rui._missing(CASE WHEN message_id IS NULL THEN 'message_id' WHEN attempt IS NULL THEN 'attempt' ELSE 'outcome' END);
	END IF;
	RETURN (SELECT a.answer FROM rui.acknowledge_messages(project_id, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
		'message_id', message_id, 'attempt', attempt, 'outcome', outcome, 'reason', reason, 'reference', reference))), at) a);
END
$$;
COMMENT ON FUNCTION rui.acknowledge_message(bigint, bigint, integer, text, text, text, timestamptz) IS
'For gateways: rui.acknowledge_messages for one message; returns its state, or stale or unknown. Needs permission deliver_messages. Errors: 22004, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui.revive_messages(project_id bigint, message_ids bigint[], at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	revived bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'send_campaigns');
	PERFORM rui._check_time(project_id, at);
	IF message_ids IS NULL OR rui._holds_null(message_ids) THEN
		PERFORM rui._missing('message_ids');
	END IF;
	WITH risen AS (
		UPDATE rui.message m SET last_action = 'revive', last_at = revive_messages.at, channel = m.channels[1], attempts = m.attempts + 1,
			channel_attempts = 0, next_at = revive_messages.at
		WHERE m.project_id = revive_messages.project_id AND m.id = ANY (message_ids) AND m.state = 'failed' AND m.expires_at > revive_messages.at
		RETURNING m.id, m.attempts, m.channel)
	INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, party_id)
	SELECT revive_messages.project_id, r.id, r.attempts, 'revived', revive_messages.at, r.channel, rui.current_party() FROM risen r
	ON CONFLICT ON CONSTRAINT message_receipt_pkey DO NOTHING;
	GET DIAGNOSTICS revived = ROW_COUNT;
	RETURN revived;
END
$$;
COMMENT ON FUNCTION rui.revive_messages(bigint, bigint[], timestamptz) IS
'Tries dead letters (state failed) again from their first channel, unless they are too late; other ids are passed over. Returns how many. Needs permission send_campaigns. Errors: 22004, 22008, 42501, 55000.';

CREATE FUNCTION rui._duty_reroute_messages(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	closed text;
	stuck bigint[];
	moved bigint;
	total bigint := 0;
BEGIN
	FOR closed IN
		SELECT c.channel FROM rui.message_channel c WHERE c.project_id = _duty_reroute_messages.project_id AND NOT c.is_active ORDER BY c.channel
	LOOP
		stuck := ARRAY(
			SELECT m.id FROM rui.message m
			WHERE m.project_id = _duty_reroute_messages.project_id AND m.channel = closed
				AND (m.state = 'queued' OR m.state = 'taken' AND m.next_at <= _duty_reroute_messages.at)
				AND rui._next_channel(m.project_id, m.channels, m.channel) IS NOT NULL
			FOR NO KEY UPDATE SKIP LOCKED);
		WITH turned AS (
			UPDATE rui.message m SET last_action = 'reroute', last_at = _duty_reroute_messages.at, channel_attempts = 0,
				channel = rui._next_channel(m.project_id, m.channels, m.channel), next_at = greatest(m.next_at, _duty_reroute_messages.at)
			WHERE m.project_id = _duty_reroute_messages.project_id AND m.id = ANY (stuck)
			RETURNING m.id, m.attempts)
		INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, reason)
		SELECT _duty_reroute_messages.project_id, t.id, t.attempts, 'rerouted', _duty_reroute_messages.at, closed, 'closed' FROM turned t
		ON CONFLICT ON CONSTRAINT message_receipt_pkey DO NOTHING;
		GET DIAGNOSTICS moved = ROW_COUNT;
		total := total + moved;
	END LOOP;
	RETURN total;
END
$$;
COMMENT ON FUNCTION rui._duty_reroute_messages(bigint, timestamptz) IS
'Internal: the duty reroute_messages of rui.tick(): what waits on a channel that was closed goes by its next open one; what has none waits until its own is opened again, or expires. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('reroute_messages', 3105, 'Sends what waits on a closed channel another way.', '{candidate,live,closed}');

CREATE FUNCTION rui._duty_expire_messages(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	late bigint[];
	expired bigint;
	unsent bigint[];
BEGIN
	-- What a gateway holds is its own as long as its lease runs.
	late := ARRAY(
		SELECT m.id FROM rui.message m
		WHERE m.project_id = _duty_expire_messages.project_id AND m.state IN ('queued', 'taken') AND m.expires_at <= _duty_expire_messages.at
			AND (m.state = 'queued' OR m.next_at <= _duty_expire_messages.at)
		FOR NO KEY UPDATE SKIP LOCKED);
	WITH ended AS (
		UPDATE rui.message m SET last_action = 'expire', last_at = _duty_expire_messages.at, next_at = NULL
		WHERE m.project_id = _duty_expire_messages.project_id AND m.id = ANY (late)
		RETURNING m.id, m.attempts, m.channel),
	told AS (
		INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, reason)
		SELECT _duty_expire_messages.project_id, e.id, e.attempts, 'expired', _duty_expire_messages.at, e.channel, 'expired' FROM ended e)
	SELECT count(*), array_agg(e.id) FILTER (WHERE e.attempts = 0) INTO expired, unsent FROM ended e;
	PERFORM rui._return_contacts(project_id, unsent);
	RETURN expired;
END
$$;
COMMENT ON FUNCTION rui._duty_expire_messages(bigint, timestamptz) IS
'Internal: the duty expire_messages of rui.tick(): ends messages that may not go any more and that no gateway holds; households get back what none ever took. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('expire_messages', 3110, 'Ends messages that are too late to go.', '{candidate,live,closed}');
