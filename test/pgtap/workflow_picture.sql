-- Every state machine is sound, can be drawn, and is drawn as it is.
BEGIN;
SELECT plan(33);
SELECT is_empty('SELECT * FROM rui.workflow_problem', 'nothing is wrong with any state machine');
SELECT set_eq('SELECT subject FROM rui.workflow', 'SELECT subject FROM rui.subject', 'all of them are listed');
SELECT is((SELECT row(name_zh, name_en, table_name, final_states, moves, problems)::text FROM rui.workflow WHERE subject = 'project'),
	'(项目,project,project,{},6,0)', 'with what they have');

-- The check can fail.
CREATE FUNCTION pg_temp.problems() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p.problem || ': ' || p.detail, '; ' ORDER BY p.problem, p.detail) FROM rui.workflow_problem p $$;
CREATE FUNCTION pg_temp.after(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	BEGIN
		EXECUTE change;
		answer := pg_temp.problems();
		RAISE EXCEPTION USING ERRCODE = 'P0099';
	EXCEPTION WHEN SQLSTATE 'P0099' THEN NULL;
	END;
	RETURN answer;
END $$;
INSERT INTO rui.permission (code) VALUES ('wield_nothing');
SELECT matches(pg_temp.after('DELETE FROM rui.transition WHERE subject = ''project'' AND from_state = ''(none)'''), 'no_begin: no action creates a row; unreachable', 'no beginning');
SELECT matches(pg_temp.after('DELETE FROM rui.transition WHERE subject = ''shift'' AND action = ''finish'''), 'dead_end: nothing leads out of state active, which is not final', 'a dead end');
SELECT is(pg_temp.after('DELETE FROM rui.transition WHERE subject = ''shift'' AND action = ''begin'''), 'no_end: from state absent no final state can be reached; no_end: from state planned no final state can be reached; unreachable: nothing leads to state active; unreachable: nothing leads to state finished', 'what nothing leads to');
SELECT is(pg_temp.after($$INSERT INTO rui.transition (subject, from_state, action, to_state, permission) VALUES ('ticket', 'cancelled', 'accept', 'accepted', 'work_ticket')$$),
	'not_final: state cancelled is final, but action accept leads out of it', 'a final state that is none');
SELECT matches(pg_temp.after($$INSERT INTO rui.transition (subject, from_state, action, to_state, permission) VALUES ('shift', 'planned', 'begin_', 'loop_a', 'plan_shifts'), ('shift', 'loop_a', 'begin_', 'loop_b', 'plan_shifts'), ('shift', 'loop_b', 'begin_', 'loop_a', 'plan_shifts')$$),
	'no_end: from state loop_a no final state can be reached; no_end: from state loop_b', 'a circle without an end');
SELECT is(pg_temp.after($$UPDATE rui.transition SET permission = NULL WHERE subject = 'project' AND action = 'drop'$$),
	'no_permission: action drop from candidate needs no permission, and is not marked automatic', 'an action that anybody may do');
SELECT is(pg_temp.after($$UPDATE rui.transition SET permission = 'wield_nothing' WHERE subject = 'project' AND action = 'drop'$$),
	'nobody: no role carries permission wield_nothing of action drop', 'an action that nobody may do');
SELECT is(pg_temp.after($$UPDATE rui.transition SET guard = '_no_such_guard' WHERE subject = 'project' AND action = 'drop'$$),
	'no_guard: guard _no_such_guard of action drop is no function of a project and an id', 'a guard that is not there');
SELECT is(pg_temp.after($$DELETE FROM rui.label WHERE kind = 'state.ticket' AND code = 'new' AND lang = 'zh'$$), 'no_label: state.ticket new has no name in zh', 'a state without a name');
SELECT is(pg_temp.after($$DELETE FROM rui.label WHERE kind = 'workflow' AND code = 'shift' AND lang = 'en'$$), 'no_label: workflow shift has no name in en', 'a machine without a name');
SELECT is(pg_temp.after($$INSERT INTO rui.workflow_mark VALUES ('shift', 'final', 'lost')$$), 'unknown_mark: final lost does not occur', 'a mark of nothing');
SELECT is(pg_temp.after('ALTER TABLE rui.shift DISABLE TRIGGER ALL; DROP TRIGGER enforce_transition ON rui.shift'), 'no_table: table rui.shift is not there, or not kept by this machine', 'a table that obeys nobody');

-- Layers: the longest way from the beginning, circles cut where they close.
SELECT is((SELECT (layers, is_back)::text FROM rui._machine_layers(4, '{1,1,2,3}', '{2,3,3,4}')), '("{0,1,2,3}","{f,f,f,f}")', 'the longest way counts');
SELECT is((SELECT (layers, is_back)::text FROM rui._machine_layers(3, '{1,2,3}', '{2,3,2}')), '("{0,1,2}","{f,f,t}")', 'a circle is cut where it closes');
SELECT is((SELECT (layers, is_back)::text FROM rui._machine_layers(2, '{}', '{}')), '("{0,0}",{})', 'no edges');
SELECT ok((SELECT bool_and(l.is_back[e.i] OR l.layers[e.t] > l.layers[e.f]) FROM (
		SELECT array_agg(f) AS f, array_agg(t) AS t FROM (SELECT 1 + (i * 7919) % 30 AS f, 1 + (i * 104729 + i * i) % 30 AS t FROM generate_series(1, 90) i) r WHERE f <> t) g
	CROSS JOIN LATERAL rui._machine_layers(30, g.f, g.t) l CROSS JOIN LATERAL unnest(g.f, g.t) WITH ORDINALITY AS e(f, t, i)), 'every edge leads down or back');

-- The picture.
SELECT is((SELECT count(*) FROM rui.subject s CROSS JOIN unnest('{zh,en}'::text[]) l CROSS JOIN LATERAL xmlparse(DOCUMENT rui.workflow_svg(s.subject, l)) x), 2 * (SELECT count(*) FROM rui.subject), 'every machine can be drawn, in well-formed SVG');
CREATE FUNCTION pg_temp.drawn(subject text, path text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(x::text ORDER BY x::text) FROM unnest(xpath(path, xmlparse(DOCUMENT rui.workflow_svg(subject)), '{{s,http://www.w3.org/2000/svg}}')) x $$;
SELECT is(pg_temp.drawn('ticket', '//s:g/@data-state'), (SELECT states FROM rui.workflow WHERE subject = 'ticket'), 'a box for every state');
SELECT is(pg_temp.drawn('shift', '//s:g[@data-action]/@data-to'), '{absent,active,finished,planned,planned}'::text[], 'an arrow for every move');
SELECT is(pg_temp.drawn('ticket', '//s:g[contains(@class, "back")]/@data-action'), '{"lapse no_show reject withdraw",no_show,no_show,reopen,resume}'::text[], 'those that go back are marked');
SELECT is(pg_temp.drawn('ticket', '//s:g[@data-action="cancel"]/@data-from'), '{"accepted assigned deferred en_route in_progress new triaged"}'::text[], 'one arrow from many');
SELECT is(pg_temp.drawn('grid_plan', '//s:g[contains(@class, "own")]/@data-action'), '{retire}'::text[], 'what the platform does itself is dashed');
SELECT is(pg_temp.drawn('ticket', '/s:svg/@data-moves'), ARRAY[(SELECT moves::text FROM rui.workflow WHERE subject = 'ticket')], 'and all moves are counted');
SELECT matches(rui.workflow_svg('ticket', 'zh'), '已受理', 'in Chinese');
SELECT unalike(rui._machine_svg('<a&b>', 'x', '[{"from":"(none)","from_name":"(none)","action":"a\"","action_name":"<i>","to":"b","to_name":"&","permission":null,"guard":null,"is_final":true}]', 'en'), '%<i>%', 'what is written is escaped');
SELECT lives_ok($$SELECT xmlparse(DOCUMENT rui._machine_svg('<a&b>', 'x', '[{"from":"(none)","from_name":"(none)","action":"a\"","action_name":"<i>","to":"b","to_name":"&","permission":null,"guard":null,"is_final":true}]', 'en'))$$, 'and stays well-formed');
SELECT throws_ok('SELECT rui.workflow_svg(NULL)', '22004', NULL, 'no machine');
SELECT throws_ok('SELECT rui.workflow_svg(''unicorn'')', '22023', 'no state machine is called "unicorn"', 'an unknown machine');
SELECT throws_ok('SELECT rui.workflow_svg(''ticket'', ''fr'')', '22023', NULL, 'an unknown language');
SET LOCAL ROLE rui_resident;
SELECT matches(rui.workflow_svg('ticket'), '^<svg ', 'anybody may look');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
