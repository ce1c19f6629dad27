-- State machines as rows, enforced by one trigger (src/pg/workflow.c).

CREATE FUNCTION rui.enforce_transition() RETURNS trigger
AS 'MODULE_PATHNAME', 'rui_enforce_transition' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rui.enforce_transition() IS
'Row trigger before INSERT or UPDATE of every table with states; arguments: the subject in rui.transition, or an empty text and the column that holds the subject. A row moves by setting last_action; the trigger sets state. Error 55000 for an action that is not legal in the present state (the detail lists the legal ones), for a state written directly, and when a guard says why not.';

CREATE FUNCTION rui._is_redacting() RETURNS boolean
AS 'MODULE_PATHNAME', 'rui__is_redacting' LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._is_redacting() IS
'Internal: whether rui._erase_as_owner is at work: what a person may have erased is then changed even where nothing else ever is.';

CREATE FUNCTION rui.refuse_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND rui._is_redacting() THEN
		RETURN NEW;
	END IF;
	RAISE EXCEPTION 'rows of rui.% are never changed or removed', TG_ARGV[0]
		USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Write a correcting row instead.';
END
$$;
COMMENT ON FUNCTION rui.refuse_change() IS
'Trigger of append-only tables; argument: the table''s name. Error 55000 on UPDATE, DELETE and TRUNCATE; rui._erase_as_owner alone updates.';
