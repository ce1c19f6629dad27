-- What one person asked for, and another decides on: one frame for the
-- commands that do so, in rooms that touch the books. What a decision does is
-- each subject's own _settle function.

CREATE FUNCTION rui._verdict(approve boolean) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
RETURN CASE WHEN approve THEN 'approve' ELSE 'refuse' END;
COMMENT ON FUNCTION rui._verdict(boolean) IS
'Internal: the action of a decision, approve or refuse; null for null.';

CREATE FUNCTION rui._decide(command text, subject text, project_id bigint, id bigint, action text, remark text,
	request_key text, at timestamptz, named text[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	settled text;
BEGIN
	PERFORM rui._check_time(project_id, at);
	IF id IS NULL OR action IS NULL THEN
		PERFORM rui._missing(CASE WHEN id IS NULL THEN coalesce(named[1], subject || '_id') ELSE coalesce(named[2], 'approve') END);
	END IF;
	IF remark IS NOT NULL THEN
		PERFORM rui._check_text('remark', remark, 500);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, command, request_key, jsonb_build_array(id, action, remark));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	EXECUTE format('SELECT rui.%I($1, $2, $3, $4, $5)', '_settle_' || subject) INTO settled USING project_id, id, action, remark, at;
	PERFORM rui._finish_request(project_id, command, request_key, to_jsonb(settled));
	RETURN settled;
END
$$;
COMMENT ON FUNCTION rui._decide(text, text, bigint, bigint, text, text, text, timestamptz, text[]) IS
'Internal: what a command does that decides on a subject, or withdraws it, once its permission is asked for: checks its arguments, locks the books, calls rui._settle_ and the subject''s name (project_id, id, action, remark, at), which returns the new state, and keeps the answer under the request key. named: what the command calls its id and its action (null: the subject''s name with _id, and approve). Errors: 22004, 22001, 22023, 22008 arguments, 55000 no books, RU409, and those of the _settle function.';
