-- Every state machine, as rows. The trigger rui.enforce_transition() makes
-- them law; rui.allowed_actions() tells a client what it may offer.

CREATE TABLE rui.subject (
	subject text PRIMARY KEY CHECK (subject ~ '^[a-z][a-z_]*$'),
	table_name text NOT NULL
);

CREATE TABLE rui.transition (
	subject text NOT NULL REFERENCES rui.subject (subject),
	from_state text NOT NULL,
	action text NOT NULL,
	to_state text NOT NULL,
	permission text REFERENCES rui.permission (code),
	guard text,
	PRIMARY KEY (subject, from_state, action)
);
PERFORM rui._describe('subject', 'The state machines and the tables whose rows they move.',
	'subject: Name of the machine.', 'table_name: The table, with columns project_id, id, state and last_action.');
PERFORM rui._declare_table('subject', 'reference', 'none');
PERFORM rui._describe('transition', 'The legal moves of every state machine.',
	'subject: The machine.',
	'from_state: State the move starts from; (none) for the action that creates a row.',
	'action: Name of the move.',
	'to_state: State the move leads to.',
	'permission: What the acting party needs, or null where only the platform itself moves.',
	'guard: Name of a function of schema rui taking (project_id, id) that returns null, or why the move is not possible.');
PERFORM rui._declare_table('transition', 'reference', 'none');
PERFORM rui._watch_table('transition');

CREATE TABLE rui.workflow_mark (
	subject text NOT NULL REFERENCES rui.subject (subject),
	mark text NOT NULL CHECK (mark IN ('final', 'automatic')),
	code text NOT NULL,
	PRIMARY KEY (subject, mark, code)
);
PERFORM rui._describe('workflow_mark', 'What is meant to be so in a state machine, and would be a fault elsewhere.',
	'subject: The machine.',
	'mark: final: a state that nothing leads out of; automatic: an action that needs no permission because only the platform does it.',
	'code: The state or action.');
PERFORM rui._declare_table('workflow_mark', 'reference', 'none');

CREATE FUNCTION rui._mark_workflow(subject text, zh text, en text, finals text[], automatic text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._name('workflow', subject, zh, en);
	INSERT INTO rui.workflow_mark (subject, mark, code)
	SELECT _mark_workflow.subject, 'final', f.code FROM unnest(finals) AS f(code)
	UNION ALL SELECT _mark_workflow.subject, 'automatic', a.code FROM unnest(automatic) AS a(code);
END
$$;
COMMENT ON FUNCTION rui._mark_workflow(text, text, text, text[], text[]) IS
'Internal: names a state machine in Chinese and English, and says which of its states are final and which actions only the platform does; rui.workflow_problem checks the rest.';

CREATE FUNCTION rui._may_read(table_name text, project_id bigint, id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	conditions text;
	is_shown boolean;
BEGIN
	SELECT string_agg(format('(%s)', pg_get_expr(p.polqual, p.polrelid)), ' OR ' ORDER BY p.polname) INTO conditions
	FROM pg_policy p WHERE p.polrelid = format('rui.%I', table_name)::regclass AND p.polcmd = 'r';
	EXECUTE format('SELECT EXISTS (SELECT FROM rui.%I WHERE project_id = $1 AND id = $2 AND (%s))', table_name, coalesce(conditions, 'false'))
	INTO is_shown USING project_id, id;
	RETURN is_shown;
END
$$;
COMMENT ON FUNCTION rui._may_read(text, bigint, bigint) IS
'Internal: whether the acting party reads a row of a table by one of the group roles it holds in the project: the table''s own policies say so. False for a row that is not there.';

CREATE FUNCTION rui._refuse_unread(subject text, project_id bigint, id bigint, parties bigint[], named text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF (rui.current_party() = ANY (parties)) IS NOT TRUE
		AND NOT rui._may_read((SELECT s.table_name FROM rui.subject s WHERE s.subject = _refuse_unread.subject), project_id, id) THEN
		PERFORM rui._unknown(coalesce(named, subject), id, project_id);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._refuse_unread(text, bigint, bigint, bigint[], text) IS
'Internal: P0002, as for a row that is not there, unless the acting party is one of those whose it is, or may read it: what one may not read is not told by a refusal either. named: what the error calls it (null: the subject).';

CREATE FUNCTION rui.allowed_actions(project_id bigint, subject text, id bigint)
RETURNS TABLE (action text, to_state text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	present text;
	place text;
	guard text;
	obstacle text;
BEGIN
	IF project_id IS NULL OR subject IS NULL OR id IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' WHEN subject IS NULL THEN 'subject' ELSE 'id' END);
	END IF;
	SELECT s.table_name INTO place FROM rui.subject s WHERE s.subject = allowed_actions.subject;
	IF place IS NULL THEN
		RAISE EXCEPTION 'no state machine is called "%"', subject
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.subject lists them.';
	END IF;
	EXECUTE format('SELECT t.state FROM rui.%I t WHERE t.project_id = $1 AND t.id = $2', place)
	INTO present USING project_id, id;
	-- What one may not read looks like what is not there.
	IF present IS NULL OR NOT rui._may_read(place, project_id, id) THEN
		PERFORM rui._unknown(subject, id, project_id);
	END IF;
	FOR action, to_state, guard IN
		SELECT t.action, t.to_state, t.guard FROM rui.transition t
		WHERE t.subject = allowed_actions.subject AND t.from_state = present AND t.permission IS NOT NULL
			AND rui.has_permission(allowed_actions.project_id, t.permission)
		ORDER BY t.action
	LOOP
		IF guard IS NOT NULL THEN
			EXECUTE format('SELECT rui.%I($1, $2)', guard) INTO obstacle USING project_id, id;
			CONTINUE WHEN obstacle IS NOT NULL;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.allowed_actions(bigint, text, bigint) IS
'The actions that are legal now for one row (subject and id within the project), which their guards let pass, and permitted to the acting party, with the states they lead to, by name of the action. What depends on who asked before (nobody decides on what is his own) or on an action''s arguments, its function says. Errors: 22004 null argument, 22023 unknown subject, P0002 unknown id, another project''s or not to be read.';

CREATE FUNCTION rui._check_action(action text, VARIADIC known text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF action IS NULL THEN
		PERFORM rui._missing('action');
	ELSIF action <> ALL (known) THEN
		RAISE EXCEPTION 'unknown action "%"', left(action, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Actions are %s.', array_to_string(known, ', '));
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_action(text, text[]) IS
'Internal: 22004 for a null action, 22023 for one that is none of the known ones.';

CREATE FUNCTION rui._check_other(what text, id bigint, asked_by bigint, asked_at timestamptz, at timestamptz,
	withdraws boolean DEFAULT false, concerned bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF at < asked_at THEN
		RAISE EXCEPTION 'a % of % cannot be settled at %', what, asked_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	ELSIF withdraws AND rui.current_party() IS DISTINCT FROM asked_by THEN
		RAISE EXCEPTION '% % was asked for by somebody else', what, id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Who asked withdraws it; others decide on it.';
	ELSIF NOT withdraws AND rui.current_party() IS NOT DISTINCT FROM asked_by THEN
		RAISE EXCEPTION 'nobody decides on a % of his own', what USING ERRCODE = 'insufficient_privilege',
			DETAIL = format('It is number %s.', id), HINT = 'Somebody else who may has to decide.';
	ELSIF NOT withdraws AND rui.current_party() = ANY (concerned) THEN
		RAISE EXCEPTION 'nobody decides on a % that concerns himself', what USING ERRCODE = 'insufficient_privilege',
			DETAIL = format('It is number %s.', id), HINT = 'Somebody else who may has to decide.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_other(text, bigint, bigint, timestamptz, timestamptz, boolean, bigint[]) IS
'Internal: four eyes on what somebody asked for (what names it): 42501 when who acts decides on his own, or on what somebody else asked for him (he is one of concerned), or withdraws another''s; 22023 when it was asked for after at.';
