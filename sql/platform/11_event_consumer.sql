-- Consumers of events: each gets every event of its kinds at least once, in
-- order of positions; what it has not acknowledged it gets again.

PERFORM rui._permit('consume_events', '{candidate,live,closed}', 'manager', 'director', 'loader');
PERFORM rui._permit('set_consumers', '{candidate,live,closed}', 'manager', 'director', 'loader');

CREATE FUNCTION rui._unknown_consumer(project_id bigint, consumer text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_text('consumer', consumer, 60);
	RAISE EXCEPTION 'project % has no consumer "%"', project_id, consumer
		USING ERRCODE = 'no_data_found', HINT = 'rui.add_event_consumer makes one; rui.event_consumer lists them.';
END
$$;
COMMENT ON FUNCTION rui._unknown_consumer(bigint, text) IS
'Internal: raises P0002 for a consumer that the project does not have, 22004, 22023 or 22001 for what is no name.';

CREATE FUNCTION rui.add_event_consumer(project_id bigint, consumer text, kinds text[] DEFAULT NULL, from_first boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	begins bigint;
	bad text;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_consumers');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('consumer', consumer, 60);
	IF consumer !~ '^[a-z][a-z0-9_]*$' THEN
		RAISE EXCEPTION 'a consumer''s name has small letters, digits and underscores, not "%"', consumer USING ERRCODE = 'invalid_parameter_value';
	ELSIF from_first IS NULL THEN
		PERFORM rui._missing('from_first');
	END IF;
	SELECT coalesce(k.kind, 'null') INTO bad FROM unnest(kinds) AS k(kind) WHERE k.kind IS NULL OR k.kind !~ '^[a-z_]+\.([a-z_]+|\*)$' LIMIT 1;
	IF bad IS NOT NULL OR cardinality(kinds) NOT BETWEEN 1 AND 100 OR array_ndims(kinds) > 1 THEN
		RAISE EXCEPTION 'kinds are 1 to 100 of subject.action or subject.*, not %', coalesce(bad, cardinality(kinds)::text)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give null for all.';
	END IF;
	answer := rui._begin_request(project_id, 'add_event_consumer', request_key, jsonb_build_array(consumer, kinds, from_first));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	-- Held until the end: the retention cannot pass it meanwhile.
	PERFORM rui._number_events(project_id, at, true);
	SELECT CASE WHEN from_first THEN coalesce((SELECT s.seq - 1 FROM rui.event_seq s WHERE s.project_id = h.project_id ORDER BY s.seq LIMIT 1), h.last_seq)
		ELSE h.last_seq END INTO begins
	FROM rui.event_head h WHERE h.project_id = add_event_consumer.project_id;
	INSERT INTO rui.event_consumer (project_id, name, kinds, acked_seq, delivered_seq, taken_seq, registered_at)
	VALUES (project_id, consumer, kinds, begins, begins, begins, at);
	PERFORM rui._finish_request(project_id, 'add_event_consumer', request_key, to_jsonb(begins));
	RETURN begins;
END
$$;
COMMENT ON FUNCTION rui.add_event_consumer(bigint, text, text[], boolean, text, timestamptz) IS
'Makes a consumer of a project''s events: a name (small letters, digits, underscores, at most 60); kinds: those it wants (1 to 100 of ticket.open or ticket.*), null: all; from_first: from the first position kept, else from now on. Returns the position before the first one it will get. Needs permission set_consumers. Errors: 22004, 22001, 22008, 22023 arguments, 23505 name taken, RU409, 42501.';

CREATE FUNCTION rui.remove_event_consumer(project_id bigint, consumer text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	reached bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_consumers');
	DELETE FROM rui.event_consumer c WHERE c.project_id = remove_event_consumer.project_id AND c.name = remove_event_consumer.consumer
	RETURNING c.acked_seq INTO reached;
	IF NOT FOUND THEN
		PERFORM rui._unknown_consumer(project_id, consumer);
	END IF;
	RETURN reached;
END
$$;
COMMENT ON FUNCTION rui.remove_event_consumer(bigint, text) IS
'Takes a consumer away; returns the position up to which it had acknowledged. Nothing is kept for it any more. Needs permission set_consumers. Errors: 22004, 22001, 22023, P0002 unknown consumer, 42501.';

CREATE FUNCTION rui.reset_event_consumer(project_id bigint, consumer text, after_seq bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	first_seq bigint;
	last_seq bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_consumers');
	-- Held until the end: the retention cannot pass it meanwhile.
	SELECT h.last_seq INTO last_seq FROM rui.event_head h WHERE h.project_id = reset_event_consumer.project_id FOR NO KEY UPDATE;
	PERFORM FROM rui.event_consumer c WHERE c.project_id = reset_event_consumer.project_id AND c.name = reset_event_consumer.consumer FOR UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown_consumer(project_id, consumer);
	END IF;
	SELECT coalesce((SELECT s.seq - 1 FROM rui.event_seq s WHERE s.project_id = reset_event_consumer.project_id ORDER BY s.seq LIMIT 1), last_seq) INTO first_seq;
	IF after_seq NOT BETWEEN first_seq AND last_seq THEN
		RAISE EXCEPTION 'position % is not kept', after_seq
			USING ERRCODE = 'numeric_value_out_of_range', HINT = format('Give %s to %s, or null for the first kept.', first_seq, last_seq);
	END IF;
	UPDATE rui.event_consumer c
	SET acked_seq = coalesce(after_seq, first_seq), delivered_seq = coalesce(after_seq, first_seq), taken_seq = coalesce(after_seq, first_seq),
		lease_until = NULL, lapsed_at = NULL, warned_at = NULL
	WHERE c.project_id = reset_event_consumer.project_id AND c.name = reset_event_consumer.consumer;
	RETURN coalesce(after_seq, first_seq);
END
$$;
COMMENT ON FUNCTION rui.reset_event_consumer(bigint, text, bigint) IS
'Sets a consumer back or forth: it gets next what comes after after_seq (null: the first position kept). Wakes a lapsed one. Returns the position. Needs permission set_consumers. Errors: 22004, 22001, 22023, 22003 position not kept, P0002 unknown consumer, 42501.';

CREATE FUNCTION rui.consume_events(project_id bigint, consumer text, row_limit integer DEFAULT 100, lease interval DEFAULT '00:01:00',
	at timestamptz DEFAULT now())
RETURNS TABLE (seq bigint, dedupe_key text, id bigint, happened_at timestamptz, kind text, subject text, subject_id bigint, party_id bigint,
	payload jsonb, recorded_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	scan_limit CONSTANT integer := 10000;
	me rui.event_consumer;
	patterns text[];
	seqs bigint[] := '{}';
	scanned bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'consume_events');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_duration('lease', lease, '24:00:00');
	IF row_limit IS NULL THEN
		PERFORM rui._missing('row_limit');
	ELSIF row_limit NOT BETWEEN 1 AND 10000 THEN
		RAISE EXCEPTION 'row_limit must be 1 to 10000, not %', row_limit USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- Another session of this consumer is at it, or has what it was given.
	SELECT c.* INTO me FROM rui.event_consumer c
	WHERE c.project_id = consume_events.project_id AND c.name = consume_events.consumer FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		IF NOT EXISTS (SELECT FROM rui.event_consumer c WHERE c.project_id = consume_events.project_id AND c.name = consume_events.consumer) THEN
			PERFORM rui._unknown_consumer(project_id, consumer);
		END IF;
		RETURN;
	ELSIF me.lapsed_at IS NOT NULL THEN
		RAISE EXCEPTION 'consumer "%" has lapsed: it read nothing after position %', consumer, me.acked_seq
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Given up %s.', me.lapsed_at),
				HINT = 'rui.event still has what it missed; rui.reset_event_consumer lets it go on.';
	ELSIF me.lease_until > at THEN
		RETURN;
	END IF;
	PERFORM rui._number_events(project_id, at, false);
	patterns := ARRAY(SELECT replace(replace(k.kind, '_', '\_'), '.*', '.%') FROM unnest(me.kinds) AS k(kind));
	SELECT max(n.seq), coalesce(array_agg(n.seq ORDER BY n.seq) FILTER (WHERE n.is_wanted), '{}') INTO scanned, seqs FROM (
		SELECT w.seq, w.is_wanted, count(*) FILTER (WHERE w.is_wanted) OVER (ORDER BY w.seq) AS place FROM (
			SELECT s.seq, me.kinds IS NULL OR EXISTS (
				SELECT FROM rui.event e WHERE e.project_id = s.project_id AND e.id = s.event_id AND e.at = s.at AND e.kind LIKE ANY (patterns)) AS is_wanted
			FROM rui.event_seq s WHERE s.project_id = consume_events.project_id AND s.seq > me.acked_seq
			ORDER BY s.seq LIMIT CASE WHEN me.kinds IS NULL THEN row_limit ELSE scan_limit END) w) n
	WHERE n.place < row_limit OR n.place = row_limit AND n.is_wanted;
	IF scanned IS NULL THEN
		RETURN;
	ELSIF seqs = '{}' THEN
		-- Nothing for it: the cursor goes on by itself.
		UPDATE rui.event_consumer c SET acked_seq = scanned, delivered_seq = scanned, taken_seq = scanned, lease_until = NULL
		WHERE c.project_id = consume_events.project_id AND c.name = consume_events.consumer;
		RETURN;
	END IF;
	UPDATE rui.event_consumer c
	SET delivered_seq = seqs[cardinality(seqs)], taken_seq = scanned, lease_until = consume_events.at + consume_events.lease
	WHERE c.project_id = consume_events.project_id AND c.name = consume_events.consumer;
	RETURN QUERY
	SELECT s.seq, format('%s-%s', s.project_id, s.seq), e.id, e.at, e.kind, e.subject, e.subject_id, e.party_id, e.payload, e.recorded_at
	FROM rui.event_seq s
	JOIN rui.event e ON e.project_id = s.project_id AND e.id = s.event_id AND e.at = s.at
	WHERE s.project_id = consume_events.project_id AND s.seq = ANY (seqs)
	ORDER BY s.seq;
END
$$;
COMMENT ON FUNCTION rui.consume_events(bigint, text, integer, interval, timestamptz) IS
'Gives a consumer its next events in order, at most row_limit (1 to 10000), and keeps them for it until at + lease (up to 24 hours): until it acknowledges or the lease ends, other sessions of the same consumer get nothing; then what was not acknowledged is given again. dedupe_key is the same each time an event is given: whoever passes it on can be told to do it once. Waits for nobody: while another session numbers events or takes for this consumer, it returns what is there, or nothing. No row may also mean that the next of its kinds lie more than 10000 positions ahead: call until behind is 0 in rui.event_consumer_board. Needs permission consume_events. Errors: 22004, 22008, 22023 row_limit or lease, P0002 unknown consumer, 55000 the consumer has lapsed, 42501.';

CREATE FUNCTION rui.acknowledge_events(project_id bigint, consumer text, up_to_seq bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me rui.event_consumer;
BEGIN
	PERFORM rui.require_permission(project_id, 'consume_events');
	IF up_to_seq IS NULL THEN
		PERFORM rui._missing('up_to_seq');
	END IF;
	SELECT c.* INTO me FROM rui.event_consumer c
	WHERE c.project_id = acknowledge_events.project_id AND c.name = acknowledge_events.consumer FOR UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown_consumer(project_id, consumer);
	ELSIF up_to_seq > me.delivered_seq THEN
		RAISE EXCEPTION 'consumer "%" was not given position %', consumer, up_to_seq
			USING ERRCODE = 'invalid_parameter_value', HINT = format('It was given up to %s.', me.delivered_seq);
	END IF;
	UPDATE rui.event_consumer c
	SET acked_seq = CASE WHEN up_to_seq = c.delivered_seq THEN c.taken_seq ELSE greatest(c.acked_seq, up_to_seq) END,
		delivered_seq = CASE WHEN up_to_seq = c.delivered_seq THEN c.taken_seq ELSE c.delivered_seq END,
		lease_until = CASE WHEN up_to_seq < c.delivered_seq THEN c.lease_until END, warned_at = NULL
	WHERE c.project_id = acknowledge_events.project_id AND c.name = acknowledge_events.consumer
		AND up_to_seq > c.acked_seq
	RETURNING c.* INTO me;
	RETURN coalesce(me.acked_seq, (SELECT c.acked_seq FROM rui.event_consumer c
		WHERE c.project_id = acknowledge_events.project_id AND c.name = acknowledge_events.consumer));
END
$$;
COMMENT ON FUNCTION rui.acknowledge_events(bigint, text, bigint) IS
'The consumer has done with all events up to a position: its cursor goes there and never back; after the last one given, the lease ends. Again, or for an earlier position, it changes nothing. Call it in the transaction that keeps what was made of the events, and each is done exactly once. Returns the cursor. Needs permission consume_events. Errors: 22004, 22001, 22023 a position not given yet, P0002 unknown consumer, 42501.';

CREATE FUNCTION rui.release_events(project_id bigint, consumer text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	reached bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'consume_events');
	UPDATE rui.event_consumer c SET lease_until = NULL
	WHERE c.project_id = release_events.project_id AND c.name = release_events.consumer
	RETURNING c.acked_seq INTO reached;
	IF NOT FOUND THEN
		PERFORM rui._unknown_consumer(project_id, consumer);
	END IF;
	RETURN reached;
END
$$;
COMMENT ON FUNCTION rui.release_events(bigint, text) IS
'Gives back what a consumer was given and could not do: the next call of consume_events gets it again at once. Returns the cursor. Needs permission consume_events. Errors: 22004, 22001, 22023, P0002 unknown consumer, 42501.';

CREATE FUNCTION rui.set_event_retention(project_id bigint, keep interval DEFAULT '720:00:00', keep_unread interval DEFAULT '8760:00:00')
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_consumers');
	PERFORM rui._check_duration('keep', keep, '87600:00:00');
	PERFORM rui._check_duration('keep_unread', keep_unread, '87600:00:00');
	IF keep_unread < keep THEN
		RAISE EXCEPTION 'keep_unread % is less than keep %', keep_unread, keep USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.event_head AS h (project_id, keep, keep_unread) VALUES (project_id, keep, keep_unread)
	ON CONFLICT ON CONSTRAINT event_head_pkey DO UPDATE SET keep = EXCLUDED.keep, keep_unread = EXCLUDED.keep_unread;
END
$$;
COMMENT ON FUNCTION rui.set_event_retention(bigint, interval, interval) IS
'How long the positions of a project''s events are kept: keep, those that every consumer has read (usually 30 days); keep_unread, those that one has not (usually 365 days, never less than keep): then it is given up. Pure time up to ten years. The events themselves stay. Needs permission set_consumers. Errors: 22004, 22023, 42501.';

CREATE FUNCTION rui._duty_number_events(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN rui._number_events(project_id, at, true);
END
$$;
COMMENT ON FUNCTION rui._duty_number_events(bigint, timestamptz) IS
'Internal: the duty number_events of rui.tick(): gives events their positions. Returns how many.';

CREATE FUNCTION rui._duty_retain_events(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	batch CONSTANT integer := 10000;
	setting rui.event_head;
	late record;
	read_by_all bigint;
	step bigint;
	dropped bigint := 0;
BEGIN
	SELECT h.* INTO setting FROM rui.event_head h WHERE h.project_id = _duty_retain_events.project_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	-- Who reads nothing is told once, half the time before he is given up.
	FOR late IN
		SELECT c.name, c.acked_seq, u.numbered_at, u.numbered_at < _duty_retain_events.at - setting.keep_unread AS is_lost
		FROM rui.event_consumer c
		CROSS JOIN LATERAL (SELECT s.numbered_at FROM rui.event_seq s
			WHERE s.project_id = c.project_id AND s.seq > c.acked_seq ORDER BY s.seq LIMIT 1) u
		WHERE c.project_id = _duty_retain_events.project_id AND c.lapsed_at IS NULL
			AND (u.numbered_at < _duty_retain_events.at - setting.keep_unread
				OR c.warned_at IS NULL AND u.numbered_at < _duty_retain_events.at - setting.keep_unread / 2)
		ORDER BY c.name
		FOR UPDATE OF c
	LOOP
		UPDATE rui.event_consumer c
		SET warned_at = coalesce(c.warned_at, _duty_retain_events.at), lapsed_at = CASE WHEN late.is_lost THEN _duty_retain_events.at END
		WHERE c.project_id = _duty_retain_events.project_id AND c.name = late.name;
		PERFORM rui._emit(project_id, CASE WHEN late.is_lost THEN 'event_consumer.lapse' ELSE 'event_consumer.lag' END, 'event_consumer', late.acked_seq, at,
			jsonb_build_object('consumer', late.name, 'unread_since', late.numbered_at, 'behind', setting.last_seq - late.acked_seq));
		RAISE WARNING 'consumer "%" of project % has read no event since %', late.name, project_id, late.numbered_at
			USING HINT = CASE WHEN late.is_lost THEN 'It is given up; rui.reset_event_consumer lets it go on.'
				ELSE format('It is given up %s.', late.numbered_at + setting.keep_unread) END;
	END LOOP;
	SELECT coalesce(min(c.acked_seq), setting.last_seq) INTO read_by_all FROM rui.event_consumer c
	WHERE c.project_id = _duty_retain_events.project_id AND c.lapsed_at IS NULL;
	LOOP
		DELETE FROM rui.event_seq s
		WHERE s.project_id = _duty_retain_events.project_id AND s.seq = ANY (ARRAY(
			SELECT o.seq FROM (SELECT o.seq, o.numbered_at FROM rui.event_seq o
				WHERE o.project_id = _duty_retain_events.project_id AND o.seq <= read_by_all ORDER BY o.seq LIMIT batch) o
			WHERE o.numbered_at < _duty_retain_events.at - setting.keep));
		GET DIAGNOSTICS step = ROW_COUNT;
		dropped := dropped + step;
		EXIT WHEN step < batch;
	END LOOP;
	RETURN dropped;
END
$$;
COMMENT ON FUNCTION rui._duty_retain_events(bigint, timestamptz) IS
'Internal: the duty retain_events of rui.tick(): drops positions that are older than keep and that every consumer has acknowledged; events stay. A consumer whose next event waits longer than half of keep_unread is told once (WARNING, event event_consumer.lag), after keep_unread it is given up (event event_consumer.lapse): only then its positions go. Returns how many positions it dropped.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('number_events', 9100, 'Gives events their positions.', '{candidate,live,closed}'),
	('retain_events', 9110, 'Drops positions of events that everybody has read, and gives up consumers that do not read.', '{candidate,live,closed}');
