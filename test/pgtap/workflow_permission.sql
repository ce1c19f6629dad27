-- What rui.transition says of who may do an action is what the functions ask
-- for that do it, and each action that people may do has such a function.
-- Read from the sources: a function does what it writes itself and what the
-- internal functions write that it calls.
BEGIN;
SELECT plan(7);
CREATE TEMP TABLE command AS
SELECT p.proname::text COLLATE "default" AS name, p.prosrc COLLATE "default" AS source FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'rui'::regnamespace AND l.lanname = 'plpgsql' AND p.prorettype <> 'trigger'::regtype AND p.proname !~ '^_(platform|duty)_';
-- Rows it makes (moves is null), or moves, up to the end of the statement.
CREATE TEMP TABLE written AS
SELECT c.name, s.subject, split_part(u.piece, ';', 1) AS moves
FROM command c CROSS JOIN LATERAL regexp_split_to_table(c.source, '\yUPDATE rui\.') WITH ORDINALITY AS u(piece, place)
JOIN rui.subject s ON s.table_name = substring(u.piece FROM '^\w+')
WHERE u.place > 1 AND split_part(u.piece, ';', 1) ~ 'last_action = '
UNION SELECT c.name, s.subject, NULL FROM command c CROSS JOIN LATERAL regexp_matches(c.source, 'INSERT INTO rui\.(\w+)', 'g') AS m(found)
JOIN rui.subject s ON s.table_name = m.found[1];
CREATE TEMP TABLE called AS
SELECT DISTINCT c.name, m.found[1] AS part FROM command c CROSS JOIN LATERAL regexp_matches(c.source, $r$rui\.(_\w+)\($r$, 'g') AS m(found)
-- rui._decide() calls by name.
UNION SELECT c.name, '_settle_' || m.found[1] FROM command c CROSS JOIN LATERAL regexp_matches(c.source, $r$rui\._decide\('\w+', '(\w+)'$r$, 'g') AS m(found);
CREATE TEMP TABLE reached AS
WITH RECURSIVE r AS (
	SELECT c.name, c.name AS part FROM command c WHERE c.name !~ '^_'
	UNION SELECT r.name, c.part FROM r JOIN called c ON c.name = r.part)
SELECT * FROM r;
CREATE TEMP TABLE word AS
SELECT DISTINCT c.name, m.found[1] AS word FROM command c CROSS JOIN LATERAL regexp_matches(c.source, $r$'([a-z_]+)'$r$, 'g') AS m(found)
UNION SELECT c.name, v.word FROM command c, unnest('{approve,refuse}'::text[]) AS v(word) WHERE c.source ~ 'rui\._verdict\('
-- An action that its caller names.
UNION SELECT w.name, t.action FROM written w JOIN rui.transition t USING (subject) WHERE w.name !~ '^_' AND w.moves ~ format('last_action = %s\.action', w.name);
CREATE TEMP TABLE asked AS
SELECT DISTINCT r.name, w.word AS permission FROM reached r JOIN word w ON w.name = r.part JOIN rui.permission p ON p.code = w.word;
CREATE TEMP TABLE writer AS
SELECT DISTINCT r.name, r.part, w.subject FROM reached r JOIN written w ON w.name = r.part;
CREATE INDEX ON word (name);
CREATE INDEX ON asked (name);
ANALYZE word, asked, writer, written;
-- Actions that people may do, and no function does for whom the permission is.
CREATE TEMP VIEW undone AS
SELECT DISTINCT t.subject, t.action, t.permission FROM rui.transition t
WHERE t.permission IS NOT NULL AND NOT EXISTS (
	SELECT FROM writer w JOIN asked a ON a.name = w.name AND a.permission = t.permission
	WHERE w.subject = t.subject AND (t.from_state = '(none)' OR EXISTS (SELECT FROM word o WHERE o.word = t.action AND o.name IN (w.name, w.part))));
-- Functions that do an action themselves, and ask for no permission that it needs.
CREATE TEMP VIEW unasked AS
SELECT w.name, t.subject, CASE WHEN t.from_state <> '(none)' THEN t.action END AS action, array_agg(DISTINCT t.permission ORDER BY t.permission) AS permissions
FROM written w JOIN rui.transition t USING (subject)
WHERE w.name !~ '^_' AND CASE WHEN t.from_state = '(none)' THEN w.moves IS NULL ELSE w.moves ~ format('last_action = ''%s''', t.action) END
GROUP BY 1, 2, 3
HAVING bool_and(t.permission IS NOT NULL) AND NOT array_agg(t.permission) && ARRAY(SELECT a.permission FROM asked a WHERE a.name = w.name);
SELECT is_empty('SELECT * FROM undone', 'every action has a function that asks for its permission');
SELECT results_eq('SELECT name, subject, permissions FROM unasked ORDER BY 1', $$VALUES
	('estimate_readings', 'reading', '{report_readings}'::text[]), -- by who checks readings
	('import_meters', 'reading', '{report_readings}'), -- with their first reading, by who hangs meters
	('infer_vacancy', 'vacancy', '{declare_vacancy}')$$, -- by who records it
	'and every function asks for the permission of what it does, but these, which have their own to begin something');
SELECT cmp_ok((SELECT count(*) FROM (SELECT DISTINCT subject FROM writer) w), '=', (SELECT count(*) FROM rui.subject), 'of all machines');

-- It notices what is wrong.
SAVEPOINT sound;
UPDATE rui.transition SET permission = 'set_prices' WHERE subject = 'shift' AND action = 'finish';
UPDATE rui.transition SET permission = 'set_prices' WHERE subject = 'staff_exit' AND action = 'withdraw';
SELECT results_eq('SELECT subject, action FROM undone ORDER BY 1, 2', $$VALUES ('shift', 'finish'), ('staff_exit', 'withdraw')$$, 'an action that another permission is for');
SELECT is((SELECT string_agg(name, ' ') FROM unasked WHERE 'set_prices' = ANY (permissions)), 'withdraw_exit', 'and what does it for others');
ROLLBACK TO sound;
DELETE FROM asked WHERE name = 'withdraw_exit';
SELECT results_eq($$SELECT name, subject, action FROM unasked WHERE name ~ 'exit'$$, $$VALUES ('withdraw_exit', 'staff_exit', 'withdraw')$$, 'a function that asks for nothing');
DELETE FROM writer WHERE name = 'begin_shift';
SELECT results_eq('SELECT subject, action FROM undone ORDER BY 1, 2', $$VALUES ('shift', 'begin'), ('staff_exit', 'withdraw')$$, 'an action without a function');
SELECT * FROM finish();
ROLLBACK;
