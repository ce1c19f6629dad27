-- Commands that a client may send twice: the second time they answer as the
-- first time and do nothing.

CREATE TABLE rui.request (
	project_id bigint NOT NULL,
	party_id bigint NOT NULL,
	command text NOT NULL,
	request_key text NOT NULL CHECK (length(request_key) BETWEEN 1 AND 200),
	content_hash bytea NOT NULL,
	answer jsonb,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, party_id, command, request_key)
);
-- Led by time, so that nobody looks up a key by the project alone.
CREATE INDEX request_by_time ON rui.request (recorded_at, project_id);

PERFORM rui._describe('request', 'Commands done under a request key, with their answers.',
	'command: The function called.',
	'request_key: The client''s key for this command.',
	'content_hash: SHA-256 of the arguments without at.',
	'answer: What the command answered.',
	'party_id: The party that sent it.');
-- Not journaled: a row says only what the journal of the command says.
PERFORM rui._declare_table('request', 'tenant', 'none');
GRANT INSERT, UPDATE, DELETE ON rui.request TO rui_api;

CREATE FUNCTION rui._begin_request(project_id bigint, command text, request_key text, content jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off
AS $$
DECLARE
	my_hash CONSTANT bytea := sha256(convert_to(content::text, 'UTF8'));
	known rui.request;
BEGIN
	IF request_key IS NULL THEN
		RETURN NULL;
	END IF;
	IF length(request_key) NOT BETWEEN 1 AND 200 THEN
		RAISE EXCEPTION 'request_key must have 1 to 200 characters' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- Waits for a concurrent command with the same key, then sees its answer.
	INSERT INTO rui.request AS r (project_id, party_id, command, request_key, content_hash)
	VALUES (_begin_request.project_id, rui.current_party(), _begin_request.command,
		_begin_request.request_key, my_hash)
	ON CONFLICT ON CONSTRAINT request_pkey DO UPDATE
	SET content_hash = EXCLUDED.content_hash, answer = NULL, recorded_at = EXCLUDED.recorded_at
	WHERE r.recorded_at < EXCLUDED.recorded_at - interval '30 days';
	IF FOUND THEN
		RETURN NULL;
	END IF;
	SELECT r.* INTO known FROM rui.request r
	WHERE r.project_id = _begin_request.project_id AND r.party_id = rui.current_party()
		AND r.command = _begin_request.command AND r.request_key = _begin_request.request_key;
	IF known.content_hash <> my_hash THEN
		RAISE EXCEPTION 'request key "%" was used for another content', request_key
			USING ERRCODE = 'RU409', DETAIL = format('Command %s, %s.', command, known.recorded_at),
				HINT = 'Use a new request_key for a new command.';
	END IF;
	RETURN coalesce(known.answer, 'null'::jsonb);
END
$$;
COMMENT ON FUNCTION rui._begin_request(bigint, text, text, jsonb) IS
'Internal: first step of a command that may be repeated. Null: do the command, then call rui._finish_request. Otherwise the first answer, to be returned as it is. Without a key always null. Keys live 30 days per project, party and command; RU409 when the key was used with other arguments.';

CREATE FUNCTION rui._finish_request(project_id bigint, command text, request_key text, answer jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off
AS $$
BEGIN
	IF request_key IS NOT NULL THEN
		UPDATE rui.request r SET answer = _finish_request.answer
		WHERE r.project_id = _finish_request.project_id AND r.party_id = rui.current_party()
			AND r.command = _finish_request.command AND r.request_key = _finish_request.request_key;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._finish_request(bigint, text, text, jsonb) IS
'Internal: last step of a command that may be repeated: keeps its answer under the key.';
