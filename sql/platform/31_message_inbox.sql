-- Reading: what a party was told, what came of it, and how far batches are.

CREATE FUNCTION rui.my_messages(project_id bigint, from_at timestamptz DEFAULT now() - interval '90 days', to_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (message_id bigint, at timestamptz, kind_code text, title text, body text, is_emergency boolean, state text, read_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_messages');
	IF from_at IS NULL OR to_at IS NULL THEN
		PERFORM rui._missing(CASE WHEN from_at IS NULL THEN 'from_at' ELSE 'to_at' END);
	END IF;
	RETURN QUERY
	SELECT m.id, m.at, b.kind_code, rui._fill_template(t.title, f.filling), rui._fill_template(t.body, f.filling), m.is_emergency, m.state,
		(SELECT min(r.at) FROM rui.message_receipt r WHERE r.project_id = m.project_id AND r.message_id = m.id AND r.state = 'read')
	FROM rui.message m
	JOIN rui.message_batch b ON b.project_id = m.project_id AND b.id = m.batch_id
	JOIN rui.message_template t ON t.project_id = m.project_id AND t.kind_code = b.kind_code AND t.channel = m.channel AND t.lang = m.lang
		AND t.valid @> b.at
	CROSS JOIN LATERAL (SELECT rui._filling(m.project_id, b.parameters || coalesce(m.parameters, '{}'), m.party_id, m.unit_id) AS filling) f
	WHERE m.project_id = my_messages.project_id AND m.party_id = rui.current_party()
		AND m.state NOT IN ('suppressed', 'cancelled') AND b.from_at <= now()
		AND m.at >= my_messages.from_at AND m.at < my_messages.to_at
	ORDER BY m.at DESC, m.id DESC;
END
$$;
COMMENT ON FUNCTION rui.my_messages(bigint, timestamptz, timestamptz) IS
'The inbox: what the acting party was told in a project from from_at to to_at, in full, the latest first, whichever way it went, with state and the instant it was read (null: not yet). Needs permission read_messages. Errors: 22004, 42501, 55000.';

CREATE FUNCTION rui.mark_message_read(project_id bigint, message_id bigint, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.message;
BEGIN
	PERFORM rui.require_permission(project_id, 'read_messages');
	PERFORM rui._check_time(project_id, at);
	IF message_id IS NULL THEN
		PERFORM rui._missing('message_id');
	END IF;
	SELECT m.* INTO present FROM rui.message m
	WHERE m.project_id = mark_message_read.project_id AND m.id = mark_message_read.message_id AND m.party_id = rui.current_party()
	FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('message', message_id, project_id);
	ELSIF present.state = 'read' THEN
		RETURN 'read';
	END IF;
	UPDATE rui.message m SET last_action = 'read', last_at = greatest(m.last_at, mark_message_read.at), next_at = NULL
	WHERE m.project_id = mark_message_read.project_id AND m.id = mark_message_read.message_id;
	INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, party_id)
	VALUES (project_id, message_id, present.attempts, 'read', at, present.channel, rui.current_party())
	ON CONFLICT ON CONSTRAINT message_receipt_pkey DO NOTHING;
	RETURN 'read';
END
$$;
COMMENT ON FUNCTION rui.mark_message_read(bigint, bigint, timestamptz) IS
'Says that the acting party has read a message of its own; what is still queued then need not go out any more. Again, nothing changes. Returns read. Needs permission read_messages. Errors: 22004, 22008, P0002 unknown or another''s, 42501, 55000 suppressed, cancelled or expired.';

CREATE VIEW rui.message_progress WITH (security_invoker = true, security_barrier = true) AS
SELECT b.project_id, b.id AS batch_id, b.kind_code, b.state, b.at, b.recipients AS total, b.filled AS done, b.suppressed, b.without_consent,
	coalesce(m.waiting, 0) AS waiting, coalesce(m.sent, 0) AS sent, coalesce(m.delivered, 0) AS delivered, coalesce(m.was_read, 0) AS was_read,
	coalesce(m.failed, 0) AS failed
FROM rui.message_batch b
LEFT JOIN LATERAL (
	SELECT count(*) FILTER (WHERE m.state IN ('queued', 'taken')) AS waiting,
		count(*) FILTER (WHERE m.state IN ('sent', 'delivered', 'read')) AS sent,
		count(*) FILTER (WHERE m.state IN ('delivered', 'read')) AS delivered,
		count(*) FILTER (WHERE m.state = 'read') AS was_read,
		count(*) FILTER (WHERE m.state IN ('failed', 'expired')) AS failed
	FROM rui.message m WHERE m.project_id = b.project_id AND m.batch_id = b.id) m ON true;
PERFORM rui._describe('message_progress', 'How far each batch is: made, waiting, sent, delivered, read. Select by project_id and batch_id.',
	'batch_id: The batch.', 'kind_code: Its kind.', 'at: When it was sent or planned.',
	'total: How many parties it is for.', 'done: For how many there are messages.',
	'suppressed: How many were not to be sent.', 'without_consent: How many of those had not agreed to advertising.', 'waiting: How many are still to go.',
	'sent: How many have gone, those delivered and read among them.', 'delivered: How many have arrived, those read among them.',
	'was_read: How many were read.', 'failed: How many never arrived.');
GRANT SELECT ON rui.message_progress TO rui_agent, rui_manager, rui_auditor;
