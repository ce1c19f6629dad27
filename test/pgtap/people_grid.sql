-- A leaver who has grids and stands in for others: nothing stays behind.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(20);
\ir fixture/content.sql
\ir fixture/town.sql
\ir fixture/lattice.sql
SELECT rui.set_project_state(:project, 'go_live'), rui.set_ticket_category(:project, 'leak', 'leak', 'leak') \g /dev/null
SELECT (pg_temp.stewards(6))[1] AS s1, (pg_temp.stewards(6))[2] AS s2, (pg_temp.stewards(6))[3] AS s3, (pg_temp.stewards(6))[4] AS s4 \gset
CREATE FUNCTION pg_temp.ago(minutes int) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now() - make_interval(mins => minutes)';
SELECT rui.design_grids(:project, pg_temp.stewards(2), '{}', NULL, pg_temp.ago(300)) AS plan \gset
SELECT rui.approve_grids(:project, :plan, NULL, pg_temp.ago(290)), rui.activate_grids(:project, :plan, NULL, pg_temp.ago(280)) \g /dev/null
SELECT rui._settle_stewards() \g /dev/null
SELECT id AS mine FROM rui.grid WHERE plan_id = :plan AND steward_id = :s1 \gset
SELECT id AS other FROM rui.grid WHERE plan_id = :plan AND steward_id = :s2 \gset
SELECT u.id AS unit FROM rui.unit u JOIN rui.grid_building g ON g.building_id = u.building_id AND g.grid_id = :mine ORDER BY u.id LIMIT 1 \gset
SELECT u.id AS unit2 FROM rui.unit u JOIN rui.grid_building g ON g.building_id = u.building_id AND g.grid_id = :other ORDER BY u.id LIMIT 1 \gset
SELECT rui.open_ticket(:project, 'leak', 'x', :unit) AS need \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), :s1::bigint, 'the steward answers');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :project, :mine, :boss), '22023', NULL, 'nobody who is on no staff gets a grid');
SELECT rui.set_grid_cover(:project, :other, :s1, now() - interval '1 minute', now() + interval '2 hours') AS cover \gset
SELECT rui.set_grid_cover(:project, :other, :s1, now() + interval '5 hours', now() + interval '6 hours') AS later \gset
SELECT rui.open_ticket(:project, 'leak', 'y', :unit2) AS need2 \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need2), :s1::bigint, 'and for who is away');
SELECT throws_ok(format($$UPDATE rui.staff SET employed = '[2020-01-01,2026-01-01)' WHERE party_id = %s$$, :s1), '55000', NULL, 'he cannot go now');
UPDATE rui.task SET accountable_id = :s3 WHERE accountable_id = :s1;
SELECT throws_like(format($$UPDATE rui.staff SET employed = '[2020-01-01,2026-01-01)' WHERE party_id = %s$$, :s1), '%answers for%grids', 'nor because of his grids');
UPDATE rui.task SET accountable_id = :s1 WHERE accountable_id = :s3;
SELECT rui.begin_exit(:project, :s1, current_date, 'moved') AS leaver \gset
SELECT results_eq(format($$SELECT code, left_over FROM rui.exit_checklist(%s, %s) WHERE is_computed AND is_open ORDER BY place$$, :project, :leaver),
	$$VALUES ('tasks_answered', 2::bigint), ('grids', 1), ('covers', 2)$$, 'what he has');
SELECT count(rui.tick_exit_item(:project, :leaver, c)) FROM unnest('{keys,equipment,documents,pay}'::text[]) c \gset hidden_
SELECT throws_like(format('SELECT rui.finish_exit(%s, %s)', :project, :leaver), '%something is left%', 'so he stays');
SELECT is(rui.hand_over(:project, :s1, :s4, 'moves')::text, '{"grids": 1, "covers": 2, "shifts": 0, "tasks_done": 0, "tasks_left": 0, "shifts_left": 0, "tasks_answered": 0}', 'grids and covers take their work along');
SELECT is((SELECT array_agg(DISTINCT accountable_id) FROM rui.task), ARRAY[:s4]::bigint[], 'all of it');
SELECT results_eq(format('SELECT cover_id, upper(valid) - lower(valid) FROM rui.grid_cover WHERE grid_id = %s ORDER BY lower(valid)', :other),
	format($$VALUES (%s::bigint, interval '1 minute'), (%s, '2 hours'), (%2$s, '1 hour')$$, :s1, :s4), 'who stood in until now is remembered');
SELECT lives_ok(format('SELECT rui.finish_exit(%s, %s)', :project, :leaver), 'now he may go');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :project, :mine, :s1), '22023', NULL, 'and gets no grid any more');
-- A steward whose term runs out with nobody doing anything.
SELECT rui.employ_staff(:project, (SELECT id FROM rui.import_parties(:project, '[{"code":"tim","name":"Tim"}]')), 'T', current_date - 100, current_date + 2) \g /dev/null
SELECT id AS tim FROM rui.party WHERE code = 'tim' \gset
SELECT rui.grant_role(:project, :tim, 'steward', now() - interval '9 days') \g /dev/null
SELECT lives_ok(format('SELECT rui.set_grid_steward(%s, %s, %s)', :project, :mine, :tim), 'a steward for two days more');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), :tim::bigint, 'answers');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:project, :boss, 'manager', '[2000-01-01,)');
SELECT is((SELECT done FROM rui.tick(:project, now() + interval '5 days') WHERE duty = 'hand_over'), 2::bigint, 'then the tick finds it, and the cover that ended');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), :boss::bigint, 'and the manager answers');
SELECT rui.open_ticket(:project, 'leak', 'z', :unit, at => now() + interval '6 days') AS need3 \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need3), :boss::bigint, 'for what comes as well: no need is refused');
SELECT is((SELECT done FROM rui.tick(:project, now() + interval '7 days') WHERE duty = 'hand_over'), 0::bigint, 'and it stays so');
SELECT is((SELECT array_agg(DISTINCT invariant) FROM rui.invariant_violation WHERE project_id = :project), NULL, 'nothing is broken');
SELECT is((SELECT count(*) FROM rui.exit_board), 0::bigint, 'nobody is leaving');
SELECT * FROM finish();
ROLLBACK;
