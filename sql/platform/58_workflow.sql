-- All state machines at a glance: what each has, and what is wrong with it.

CREATE VIEW rui.workflow_problem WITH (security_invoker = true, security_barrier = true) AS
WITH RECURSIVE reached AS (
	SELECT t.subject, t.to_state AS state FROM rui.transition t WHERE t.from_state = '(none)'
	UNION
	SELECT t.subject, t.to_state FROM rui.transition t JOIN reached r ON r.subject = t.subject AND r.state = t.from_state
), state AS (
	SELECT t.subject, t.to_state AS state FROM rui.transition t
	UNION SELECT t.subject, t.from_state FROM rui.transition t WHERE t.from_state <> '(none)'
), ending AS (
	-- From where a final state can be reached.
	SELECT m.subject, m.code AS state FROM rui.workflow_mark m WHERE m.mark = 'final'
	UNION
	SELECT t.subject, t.from_state FROM rui.transition t JOIN ending e ON e.subject = t.subject AND e.state = t.to_state
), final AS (
	SELECT m.subject, m.code AS state FROM rui.workflow_mark m WHERE m.mark = 'final'
)
SELECT s.subject, 'no_table' AS problem, format('table rui.%s is not there, or not kept by this machine', s.table_name) AS detail
FROM rui.subject s
WHERE NOT EXISTS (
	SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
	WHERE n.nspname = 'rui' AND c.relname = s.table_name AND f.proname = 'enforce_transition'
		AND (pg_catalog.encode(g.tgargs, 'escape') LIKE s.subject || '\\000%' OR pg_catalog.encode(g.tgargs, 'escape') LIKE '\\000_%'))
UNION ALL
SELECT s.subject, 'no_begin', 'no action creates a row'
FROM rui.subject s WHERE NOT EXISTS (SELECT FROM rui.transition t WHERE t.subject = s.subject AND t.from_state = '(none)')
UNION ALL
SELECT a.subject, 'unreachable', format('nothing leads to state %s', a.state)
FROM state a WHERE NOT EXISTS (SELECT FROM reached r WHERE r.subject = a.subject AND r.state = a.state)
UNION ALL
SELECT a.subject, 'dead_end', format('nothing leads out of state %s, which is not final', a.state)
FROM state a
WHERE NOT EXISTS (SELECT FROM final f WHERE f.subject = a.subject AND f.state = a.state)
	AND NOT EXISTS (SELECT FROM rui.transition t WHERE t.subject = a.subject AND t.from_state = a.state AND t.to_state <> a.state)
UNION ALL
SELECT a.subject, 'no_end', format('from state %s no final state can be reached', a.state)
FROM state a
WHERE EXISTS (SELECT FROM final f WHERE f.subject = a.subject)
	AND EXISTS (SELECT FROM rui.transition t WHERE t.subject = a.subject AND t.from_state = a.state AND t.to_state <> a.state)
	AND NOT EXISTS (SELECT FROM ending e WHERE e.subject = a.subject AND e.state = a.state)
UNION ALL
SELECT f.subject, 'not_final', format('state %s is final, but action %s leads out of it', f.state, t.action)
FROM final f JOIN rui.transition t ON t.subject = f.subject AND t.from_state = f.state AND t.to_state <> f.state
UNION ALL
SELECT m.subject, 'unknown_mark', format('%s %s does not occur', m.mark, m.code)
FROM rui.workflow_mark m
WHERE NOT EXISTS (SELECT FROM rui.transition t WHERE t.subject = m.subject
	AND m.code = CASE m.mark WHEN 'final' THEN t.to_state ELSE t.action END)
UNION ALL
SELECT t.subject, 'no_permission', format('action %s from %s needs no permission, and is not marked automatic', t.action, t.from_state)
FROM rui.transition t
WHERE t.permission IS NULL AND NOT EXISTS (
	SELECT FROM rui.workflow_mark m WHERE m.subject = t.subject AND m.mark = 'automatic' AND m.code = t.action)
UNION ALL
SELECT DISTINCT t.subject, 'nobody', format('no role carries permission %s of action %s', t.permission, t.action)
FROM rui.transition t
WHERE t.permission IS NOT NULL AND NOT EXISTS (SELECT FROM rui.role_permission r WHERE r.permission = t.permission)
UNION ALL
SELECT DISTINCT t.subject, 'no_guard', format('guard %s of action %s is no function of a project and an id', t.guard, t.action)
FROM rui.transition t
WHERE t.guard IS NOT NULL AND NOT EXISTS (
	SELECT FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
	WHERE n.nspname = 'rui' AND f.proname = t.guard AND f.proargtypes = '20 20'::pg_catalog.oidvector)
UNION ALL
SELECT w.subject, 'no_label', format('%s %s has no name in %s', w.kind, w.code, l.lang)
FROM (
	SELECT a.subject, 'state.' || a.subject AS kind, a.state AS code FROM state a
	UNION SELECT t.subject, 'action.' || t.subject, t.action FROM rui.transition t
	UNION SELECT s.subject, 'workflow', s.subject FROM rui.subject s) w
CROSS JOIN (VALUES ('zh'), ('en')) AS l(lang)
WHERE NOT EXISTS (SELECT FROM rui.label n WHERE n.kind = w.kind AND n.code = w.code AND n.lang = l.lang);
PERFORM rui._describe('workflow_problem', 'What is wrong with state machines: empty, always.',
	'subject: The machine.',
	'problem: no_table, no_begin, unreachable, dead_end, no_end, not_final, unknown_mark, no_permission, nobody, no_guard or no_label.',
	'detail: Where, and how.');
GRANT SELECT ON rui.workflow_problem TO rui_user;

CREATE VIEW rui.workflow WITH (security_invoker = true, security_barrier = true) AS
SELECT s.subject, zh.name AS name_zh, en.name AS name_en, s.table_name, t.states, t.final_states, t.actions, t.moves,
	(SELECT count(*) FROM rui.workflow_problem p WHERE p.subject = s.subject) AS problems
FROM rui.subject s
LEFT JOIN rui.label zh ON zh.kind = 'workflow' AND zh.code = s.subject AND zh.lang = 'zh'
LEFT JOIN rui.label en ON en.kind = 'workflow' AND en.code = s.subject AND en.lang = 'en'
CROSS JOIN LATERAL (
	SELECT count(*) AS moves, array_agg(DISTINCT m.action ORDER BY m.action) AS actions,
		array_agg(DISTINCT m.to_state ORDER BY m.to_state) AS states,
		ARRAY(SELECT f.code FROM rui.workflow_mark f WHERE f.subject = s.subject AND f.mark = 'final' ORDER BY f.code) AS final_states
	FROM rui.transition m WHERE m.subject = s.subject) t;
PERFORM rui._describe('workflow', 'The state machines: every one, with what it has.',
	'subject: Name of the machine; rui.workflow_svg draws it.', 'name_zh: Its name in Chinese.', 'name_en: Its name in English.',
	'table_name: The table whose rows it moves.', 'states: All states.', 'final_states: Those that nothing leads out of.',
	'actions: All actions.', 'moves: How many moves there are.', 'problems: How many rows rui.workflow_problem has for it: 0.');
GRANT SELECT ON rui.workflow TO rui_user;

CREATE FUNCTION rui.workflow_svg(subject text, lang text DEFAULT 'en') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	moves jsonb;
BEGIN
	IF subject IS NULL OR lang IS NULL THEN
		PERFORM rui._missing(CASE WHEN subject IS NULL THEN 'subject' ELSE 'lang' END);
	END IF;
	SELECT jsonb_agg(jsonb_build_object('from', t.from_state, 'from_name', rui.label('state.' || t.subject, t.from_state, lang), 'action', t.action,
		'action_name', rui.label('action.' || t.subject, t.action, lang), 'to', t.to_state, 'to_name', rui.label('state.' || t.subject, t.to_state, lang),
		'permission', t.permission, 'guard', t.guard,
		'is_final', EXISTS (SELECT FROM rui.workflow_mark m WHERE m.subject = t.subject AND m.mark = 'final' AND m.code = t.to_state))
		ORDER BY t.from_state, t.action) INTO moves
	FROM rui.transition t WHERE t.subject = workflow_svg.subject;
	IF moves IS NULL THEN
		RAISE EXCEPTION 'no state machine is called "%"', subject
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.workflow lists them.';
	END IF;
	RETURN rui._machine_svg(rui.label('workflow', subject, lang), subject, moves, lang);
END
$$;
COMMENT ON FUNCTION rui.workflow_svg(text, text) IS
'Draws a state machine (a subject of rui.workflow) as one standalone SVG element, words in lang zh or en: states as boxes, each below those that lead to it, final ones with a double border; actions as arrows, those of the platform itself dashed; what leads to a state from four and more others is one arrow that names the action; actions that change no state are in the box. Permissions and guards are tips. data-subject, data-states and data-moves of the element, data-state of each box, data-action, data-from and data-to of each arrow say what is drawn. Errors: 22004, 22023 unknown subject or lang.';
