-- To many: planned, and then made piece by piece, each committed by itself;
-- and taken back as far as it has not gone.

CREATE FUNCTION rui.plan_messages(project_id bigint, kind_code text, audience jsonb, parameters jsonb DEFAULT '{}', dedupe_key text DEFAULT NULL,
	from_at timestamptz DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'send_campaigns');
	PERFORM rui._check_sending(project_id, kind_code, dedupe_key, from_at, at);
	PERFORM rui._require_sender(project_id, kind_code, audience);
	RETURN (SELECT p.batch_id FROM rui._plan_batch(project_id, kind_code, audience, parameters, dedupe_key, from_at, at) p);
END
$$;
COMMENT ON FUNCTION rui.plan_messages(bigint, text, jsonb, jsonb, text, timestamptz, timestamptz) IS
'Plans what rui.send_messages would send at once: keeps the batch and whom it reaches, as of now. Its messages are then made piece by piece, by rui.fill_messages, rui.continue_messages or the duty fill_messages of rui.tick(), each piece a transaction; whatever stops, the next piece goes on where the last ended. rui.message_progress shows how far it is. Returns the batch. Needs permission send_campaigns, and send_emergencies for a kind that is one. Arguments and errors as send_messages.';

CREATE FUNCTION rui.continue_messages(project_id bigint, batch_id bigint, up_to integer DEFAULT 20000, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'send_campaigns');
	PERFORM rui._check_time(project_id, at);
	IF batch_id IS NULL OR up_to IS NULL THEN
		PERFORM rui._missing(CASE WHEN batch_id IS NULL THEN 'batch_id' ELSE 'up_to' END);
	ELSIF up_to NOT BETWEEN 1 AND 1000000 THEN
		RAISE EXCEPTION 'up_to must be 1 to 1000000, not %', up_to USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN rui._fill_batch(project_id, batch_id, up_to, at);
END
$$;
COMMENT ON FUNCTION rui.continue_messages(bigint, bigint, integer, timestamptz) IS
'Makes the messages of the next up_to (1 to 1000000) recipients of a planned batch; returns how many remain, 0 when it is filled or cancelled. Needs permission send_campaigns. Errors: 22004, 22008, 22023, P0002 unknown batch, 42501, 55000.';

-- Commits after each piece, so it qualifies its names instead of fixing its path.
CREATE PROCEDURE rui.fill_messages(project_id bigint, batch_id bigint, recipients integer DEFAULT 20000, at timestamptz DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
	identity CONSTANT pg_catalog.jsonb := rui.keep_identity();
	remaining pg_catalog.int8;
BEGIN
	LOOP
		BEGIN
			remaining := rui.continue_messages(project_id, batch_id, recipients, coalesce(at, pg_catalog.now()));
		EXCEPTION WHEN deadlock_detected OR serialization_failure THEN
			remaining := NULL; -- who sends to the same households goes first
		END;
		COMMIT;
		EXIT WHEN remaining OPERATOR(pg_catalog.=) 0;
		PERFORM rui.resume_identity(identity);
	END LOOP;
END
$$;
COMMENT ON PROCEDURE rui.fill_messages(bigint, bigint, integer, timestamptz) IS
'Makes all messages of a planned batch in committed pieces of so many recipients (1 to 1000000): rui.continue_messages again and again, until the batch is filled or cancelled. Stopped by whatever, it is resumed by calling it again; several at once, and the duty fill_messages, share the work. A piece that meets a deadlock with another sender is made again. rui.message_progress shows how far it is. at: as of rui.continue_messages; null: the time of each piece. Acts throughout for the party that acts when it is called. Needs permission send_campaigns. Errors: as rui.continue_messages; 42501 also when the session acts for the party no longer; 2D000 within a transaction block.';

CREATE FUNCTION rui._duty_fill_messages(project_id bigint, at timestamptz, room bigint DEFAULT 50000) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	batch record;
	done bigint := 0;
BEGIN
	FOR batch IN
		SELECT b.id, b.is_emergency, b.recipients - b.filled AS remaining FROM rui.message_batch b
		WHERE b.project_id = _duty_fill_messages.project_id AND b.state = 'filling' ORDER BY b.is_emergency DESC, b.id
	LOOP
		-- Nobody hears of a fire a tick later because many live there.
		IF batch.is_emergency THEN
			PERFORM rui._fill_batch(project_id, batch.id, batch.remaining, at);
			done := done + batch.remaining;
			CONTINUE;
		END IF;
		EXIT WHEN room = 0; -- a tick is one transaction
		PERFORM rui._fill_batch(project_id, batch.id, room, at);
		done := done + least(room, batch.remaining);
		room := room - least(room, batch.remaining);
	END LOOP;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_fill_messages(bigint, timestamptz, bigint) IS
'Internal: the duty fill_messages of rui.tick(): makes the messages of planned batches, first all of emergencies, then up to room (50,000) others. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('fill_messages', 3100, 'Makes the messages of planned batches.', '{candidate,live,closed}');

CREATE FUNCTION rui.cancel_messages(project_id bigint, batch_id bigint, reason text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	batch rui.message_batch;
	ended bigint;
	unsent bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'send_campaigns');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	IF batch_id IS NULL THEN
		PERFORM rui._missing('batch_id');
	END IF;
	SELECT b.* INTO batch FROM rui.message_batch b
	WHERE b.project_id = cancel_messages.project_id AND b.id = cancel_messages.batch_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('message batch', batch_id, project_id);
	END IF;
	DELETE FROM rui.message_recipient r WHERE r.project_id = cancel_messages.project_id AND r.batch_id = cancel_messages.batch_id;
	UPDATE rui.message_batch b SET last_action = 'cancel', recipients = b.filled
	WHERE b.project_id = cancel_messages.project_id AND b.id = cancel_messages.batch_id;
	WITH stopped AS (
		UPDATE rui.message m SET last_action = 'cancel', last_at = cancel_messages.at, next_at = NULL
		WHERE m.project_id = cancel_messages.project_id AND m.batch_id = cancel_messages.batch_id AND m.state = 'queued'
		RETURNING m.id, m.attempts, m.channel),
	told AS (
		INSERT INTO rui.message_receipt (project_id, message_id, attempt, state, at, channel, reason, party_id)
		SELECT cancel_messages.project_id, s.id, s.attempts, 'cancelled', cancel_messages.at, s.channel, cancel_messages.reason, rui.current_party()
		FROM stopped s)
	SELECT count(*), array_agg(s.id) FILTER (WHERE s.attempts = 0) INTO ended, unsent FROM stopped s;
	PERFORM rui._return_contacts(project_id, unsent);
	PERFORM rui._emit(project_id, 'message_batch.cancel', 'message_batch', batch_id, at,
		jsonb_build_object('reason', reason, 'cancelled', ended, 'not_made', batch.recipients - batch.filled));
	RETURN ended;
END
$$;
COMMENT ON FUNCTION rui.cancel_messages(bigint, bigint, text, timestamptz) IS
'Takes a batch back as far as it has not gone out: no further messages are made, and those queued are cancelled; what a gateway has taken goes. Households get back what no gateway ever took: a corrected batch finds their budgets as before. Returns how many were cancelled. Needs permission send_campaigns. Errors: 22004, 22001, 22008, 22023 blank reason, P0002 unknown batch, 42501, 55000 cancelled already.';
