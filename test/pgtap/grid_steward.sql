-- Who looks after a unit, at every instant: stewards one after the other,
-- covers, plans that follow each other; what the database refuses by itself.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(79);
\ir fixture/content.sql
\ir fixture/town.sql
\ir fixture/lattice.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT rui.set_project_state(:project, 'go_live'), rui.set_ticket_category(:project, 'leak', 'leak', 'leak') \g /dev/null
SELECT id AS carl FROM rui.import_parties(:project, '[{"code":"carl","name":"Carl"}]') \gset
SELECT (pg_temp.stewards(6))[1] AS s1, (pg_temp.stewards(6))[2] AS s2, (pg_temp.stewards(6))[3] AS s3, (pg_temp.stewards(6))[4] AS s4 \gset
SELECT u.id AS west_unit FROM rui.unit u WHERE u.code = 'H0-0-1' \gset
SELECT u.id AS east_unit FROM rui.unit u WHERE u.code = 'H9-5-1' \gset
CREATE FUNCTION pg_temp.ago(minutes int) RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now() - make_interval(mins => minutes)';

SELECT is(rui.grid_of_unit(:project, :west_unit), NULL, 'before the first plan a unit has no grid');
SELECT results_eq(format('SELECT * FROM rui.steward_of_unit(%s, %s)', :project, :west_unit), 'VALUES (NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint)', 'and nobody looks after it');
SELECT rui.design_grids(:project, pg_temp.stewards(2), '{}', NULL, pg_temp.ago(300)) AS plan \gset
SELECT is((SELECT count(*) FROM rui.grid_steward), 0::bigint, 'a proposal has no times of stewards');
SELECT throws_ok(format('SELECT rui.set_grid_cover(%s, (SELECT min(id) FROM rui.grid WHERE plan_id = %s), %s, now(), now() + interval ''1 hour'')', :project, :plan, :s3), '55000', NULL, 'nor covers');
SELECT rui.approve_grids(:project, :plan, NULL, pg_temp.ago(290)), rui.activate_grids(:project, :plan, NULL, pg_temp.ago(280)) \g /dev/null
SELECT rui._settle_stewards() \g /dev/null
SELECT rui.grid_of_unit(:project, :west_unit) AS west, rui.grid_of_unit(:project, :east_unit) AS east \gset
SELECT isnt((:west)::bigint, (:east)::bigint, 'two ends, two grids');
SELECT results_eq(format('SELECT grid_id, steward_id, valid FROM rui.grid_steward ORDER BY grid_id'), format('SELECT g.id, g.steward_id, tstzrange(pg_temp.ago(280), NULL) FROM rui.grid g WHERE g.plan_id = %s ORDER BY 1', :plan), 'in force, each grid has its steward from then on');
SELECT steward_id AS old_west FROM rui.grid WHERE id = :west \gset
SELECT is(rui.grid_of_unit(:project, :west_unit, pg_temp.ago(281)), NULL, 'a minute before there was none');
SELECT is(rui.grid_of_unit(:project, :west_unit, pg_temp.ago(280)), (:west)::bigint, 'from the very instant there is');
SELECT rui.open_ticket(:project, 'leak', 'need', :west_unit) AS need \gset
SELECT results_eq(format('SELECT grid_id, accountable_id FROM rui.task WHERE id = %s', :need), format('VALUES (%s::bigint, %s::bigint)', :west, :old_west), 'a need finds its grid and steward');

-- Stewards follow each other without gap.
SELECT is(rui.set_grid_steward(:project, :west, :s3, NULL, pg_temp.ago(100)), 1::bigint, 'another steward takes over');
SELECT is(rui.set_grid_steward(:project, :west, :s4, NULL, pg_temp.ago(50)), 1::bigint, 'and another');
SELECT is(rui.set_grid_steward(:project, :west, :s4, NULL, pg_temp.ago(40)), 0::bigint, 'the same again is nothing new');
SELECT results_eq(format('SELECT steward_id, valid FROM rui.grid_steward WHERE grid_id = %s ORDER BY valid', :west),
	format('VALUES (%s::bigint, tstzrange(pg_temp.ago(280), pg_temp.ago(100))), (%s, tstzrange(pg_temp.ago(100), pg_temp.ago(50))), (%s, tstzrange(pg_temp.ago(50), NULL))', :old_west, :s3, :s4), 'one at every instant');
SELECT results_eq(format('SELECT (rui.steward_of_unit(%s, %s, pg_temp.ago(m))).steward_id FROM unnest(ARRAY[281, 280, 101, 100, 51, 50, 0]) m', :project, :west_unit),
	format('VALUES (NULL::bigint), (%s), (%s), (%s), (%s), (%s), (%s)', :old_west, :old_west, :s3, :s3, :s4, :s4), 'who looked after a unit when');
SELECT throws_ok(format('SELECT rui.set_grid_steward(%s, %s, %s, NULL, pg_temp.ago(60))', :project, :west, :s3), '22023', NULL, 'not before the present one came');
SELECT is(rui.set_grid_steward(:project, :west, :s3, NULL, pg_temp.ago(50)), 1::bigint, 'at the same instant the last word counts');
SELECT results_eq(format('SELECT steward_id, valid FROM rui.grid_steward WHERE grid_id = %s ORDER BY valid DESC LIMIT 1', :west), format('VALUES (%s::bigint, tstzrange(pg_temp.ago(50), NULL))', :s3), 'and no time is empty');

-- Covers.
SELECT rui.set_grid_cover(:project, :west, :s4, now() + interval '1 day', now() + interval '2 days', 'k') AS later \gset
SELECT is(rui.set_grid_cover(:project, :west, :s4, now() + interval '1 day', now() + interval '2 days', 'k'), (:later)::bigint, 'a cover, once per request key');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), (:s3)::bigint, 'until it begins the steward answers');
SELECT is((SELECT done FROM rui.tick(:project, now() + interval '25 hours') WHERE duty = 'hand_over'), 1::bigint, 'when it has begun open tasks go over');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), (:s4)::bigint, 'to the cover');
SELECT rui.open_ticket(:project, 'leak', 'need', :west_unit, at => now() + interval '26 hours') AS covered \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :covered), (:s4)::bigint, 'who answers for what is new too');
SELECT results_eq(format('SELECT rui.steward_of_unit(%s, %s, now() + make_interval(hours => h)) FROM unnest(ARRAY[23, 24, 48]) h', :project, :west_unit),
	format($$SELECT ROW(v.*) FROM (VALUES (%s::bigint, %s::bigint, NULL::bigint, %s::bigint), (%s, %s, %s, %s), (%s, %s, NULL, %s)) v$$, :west, :s3, :s3, :west, :s3, :s4, :s4, :west, :s3, :s3), 'the cover is named beside the steward');
SELECT is((SELECT done FROM rui.tick(:project, now() + interval '49 hours') WHERE duty = 'hand_over'), 2::bigint, 'when it has ended they come back');
SELECT is((SELECT done FROM rui.tick(:project, now() + interval '49 hours') WHERE duty = 'hand_over'), 0::bigint, 'once');
SELECT throws_ok(format('SELECT rui.set_grid_cover(%s, %s, %s, now() + interval ''30 hours'', now() + interval ''60 hours'')', :project, :west, :s1), '23P01', NULL, 'one cover at a time');
SELECT rui.set_grid_cover(:project, :west, :s1, now(), now() + interval '1 hour') AS soon \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), (:s1)::bigint, 'a cover that begins now takes over now');
SET LOCAL rui.party_id = :'s1';
SELECT ok((SELECT :west = ANY (rui.my_grids())), 'and sees the grid as his');
SET LOCAL rui.party_id = :'boss';
SELECT rui.set_grid_cover(:project, :east, :s3, now(), now() + interval '1 hour') \g /dev/null
SELECT ok((SELECT :east = ANY (w.grid_ids) AND NOT :west = ANY (w.grid_ids) IS TRUE FROM rui._dispatch_workers(:project, now() + interval '1 minute') w WHERE w.party_id = :s3) IS NOT NULL, 'dispatch knows who answers');
SELECT results_eq(format('SELECT w.party_id, w.grid_ids FROM rui._dispatch_workers(%s, now() + interval ''1 minute'') w WHERE w.grid_ids <> ''{}'' ORDER BY 1', :project),
	format('SELECT * FROM (VALUES (%s::bigint, ARRAY[%s]::bigint[]), (%s, ARRAY[%s]::bigint[])) v ORDER BY 1', :s1, :west, :s3, :east), 'and prefers him');
SELECT lives_ok(format('SELECT rui.end_grid_cover(%s, %s, ''e'')', :project, :soon), 'a cover ends early');
SELECT lives_ok(format('SELECT rui.end_grid_cover(%s, %s, ''e'')', :project, :soon), 'once per request key');
SELECT is((SELECT count(*) FROM rui.grid_cover WHERE id = :soon), 0::bigint, 'one that never served is gone');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :need), (:s3)::bigint, 'and the steward answers again');
SELECT lives_ok(format('SELECT rui.end_grid_cover(%s, %s, NULL, now() + interval ''36 hours'')', :project, :later), 'one that serves is cut short');
SELECT is((SELECT valid FROM rui.grid_cover WHERE id = :later), tstzrange(now() + interval '24 hours', now() + interval '36 hours'), 'and stays on record');
SELECT throws_ok(format('SELECT rui.end_grid_cover(%s, %s, NULL, now() + interval ''40 hours'')', :project, :later), '55000', NULL, 'which does not end twice');

-- What is refused changes nothing.
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT rui.set_grid_cover(%s, %s, %s, %s, %s)', :project, g, p, f, t), s, NULL, format('cover of %s by %s from %s to %s', g, p, f, t))
FROM (VALUES ('NULL', :'s1', 'now()', 'now()', '22004'), (:'west', 'NULL', 'now()', 'now()', '22004'), (:'west', :'s1', 'NULL', 'now()', '22004'), (:'west', :'s1', 'now()', 'NULL', '22004'),
	(:'west', :'s1', 'now()', 'now()', '22023'), (:'west', :'s1', 'now()', '''infinity''', '22008'), ('-1', :'s1', 'now()', 'now() + interval ''1 h''', 'P0002'), (:'west', '-1', 'now()', 'now() + interval ''1 h''', 'P0002'),
	(:'west', :'carl', 'now()', 'now() + interval ''1 h''', '22023'), (:'west', :'s1', 'pg_temp.ago(300)', 'now()', '22023')) AS v(g, p, f, t, s);
SELECT throws_ok(format('SELECT rui.end_grid_cover(%s, %s)', :project, c), s, NULL, 'ending cover ' || c) FROM (VALUES ('NULL', '22004'), ('-1', 'P0002')) AS v(c, s);
SELECT throws_ok(format('SELECT rui.%I(%s, %s)', f, p, u), s, NULL, format('%s of %s in %s', f, u, p))
FROM unnest('{grid_of_unit,steward_of_unit}'::text[]) f, (VALUES (:'project', 'NULL', '22004'), (:'project', '-1', 'P0002'), (:'other_project', :'west_unit', 'P0002'), ('-1', :'west_unit', '42501')) AS v(p, u, s);
SET LOCAL rui.party_id = :'carl';
SELECT throws_ok(format('SELECT rui.grid_of_unit(%s, %s)', :project, :west_unit), '42501', NULL, 'a stranger asks nothing');
SET LOCAL rui.party_id = :'s2';
SELECT throws_ok(format('SELECT rui.set_grid_cover(%s, %s, %s, now(), now() + interval ''1 h'')', :project, :west, :s2), '42501', NULL, 'a steward names no cover');
SELECT is(rui.grid_of_unit(:project, :west_unit), (:west)::bigint, 'but may ask');
SET LOCAL rui.party_id = :'boss';
SELECT is(pg_temp.content(), :'before', 'nothing of this changed anything');

-- Past the API the database itself refuses.
SELECT throws_ok(format('INSERT INTO rui.grid_steward (project_id, grid_id, steward_id, valid) VALUES (%s, %s, %s, tstzrange(now(), NULL))', :project, :west, :s1), '23P01', NULL, 'two stewards at once');
CREATE FUNCTION pg_temp.commit_of(command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	SET CONSTRAINTS ALL IMMEDIATE;
	SET CONSTRAINTS ALL DEFERRED;
END $$;
SELECT throws_ok(format('SELECT pg_temp.commit_of(%L)', c), '55000', NULL, c) FROM (VALUES
	(format('DELETE FROM rui.grid_steward WHERE grid_id = %s', :west)),
	(format('UPDATE rui.grid_steward SET valid = tstzrange(lower(valid), now()) WHERE grid_id = %s AND upper_inf(valid)', :west)),
	(format('UPDATE rui.grid SET steward_id = %s WHERE id = %s', :s1, :west)),
	(format('UPDATE rui.grid SET steward_id = NULL WHERE id = %s', :west)),
	(format('UPDATE rui.grid_plan SET activated_at = activated_at - interval ''1 day'' WHERE id = %s', :plan))) AS v(c);
SELECT rui.design_grids(:project, 2) AS vacant \gset
SELECT throws_ok(format($$SELECT pg_temp.commit_of('UPDATE rui.grid_plan SET last_action = ''activate'' WHERE id = %s')$$, :vacant), '55000', NULL, 'a proposal that somebody puts in force by hand');

-- The next plan: times and covers end, history stays.
SELECT rui.set_grid_cover(:project, :west, :s1, now() + interval '3 days', now() + interval '5 days') AS cut, rui.set_grid_cover(:project, :west, :s1, now() + interval '6 days', now() + interval '7 days') AS never \gset
SELECT rui.design_grids(:project, pg_temp.stewards(4)) AS next_plan \gset
SELECT rui.approve_grids(:project, :next_plan), rui.activate_grids(:project, :next_plan, NULL, now() + interval '4 days') \g /dev/null
SELECT rui._settle_stewards() \g /dev/null
SELECT is((SELECT count(*) FROM rui.grid_steward s JOIN rui.grid g ON g.id = s.grid_id WHERE g.plan_id = :plan AND upper_inf(s.valid)), 0::bigint, 'the former stewards'' times have ended');
SELECT results_eq(format('SELECT id, valid FROM rui.grid_cover WHERE id IN (%s, %s)', :cut, :never), format('VALUES (%s::bigint, tstzrange(now() + interval ''3 days'', now() + interval ''4 days''))', :cut), 'covers are cut, or gone');
SELECT results_eq(format('SELECT rui.grid_of_unit(%s, %s, now()) = %s, (SELECT plan_id FROM rui.grid WHERE id = rui.grid_of_unit(%s, %s, now() + interval ''4 days''))', :project, :west_unit, :west, :project, :west_unit),
	format('VALUES (true, %s::bigint)', :next_plan), 'which grid a unit was in stays known');
SELECT is_empty($$SELECT * FROM rui.invariant_violation WHERE invariant LIKE '%grid%'$$, 'no invariant is broken');
-- Each kind of damage is seen.
CREATE FUNCTION pg_temp.damage(command text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	seen text[];
BEGIN
	BEGIN
		PERFORM set_config('session_replication_role', 'replica', true);
		EXECUTE command;
		SELECT array_agg(DISTINCT v.invariant ORDER BY v.invariant) INTO seen FROM rui.invariant_violation v;
		RAISE EXCEPTION USING ERRCODE = 'RUUND';
	EXCEPTION WHEN SQLSTATE 'RUUND' THEN NULL;
	END;
	RETURN seen;
END $$;
SELECT is(pg_temp.damage(c), r, c) FROM (VALUES
	(format('DELETE FROM rui.grid_building WHERE plan_id = %s AND building_id = pg_temp.house(3, 3)', :next_plan), '{unit_in_one_grid}'::text[]),
	(format('UPDATE rui.grid_building SET grid_id = -1 WHERE plan_id = %s AND building_id = pg_temp.house(3, 3)', :next_plan), '{unit_in_one_grid}'),
	('DELETE FROM rui.grid_steward WHERE upper_inf(valid)', '{grid_has_steward}'),
	(format('UPDATE rui.grid_steward SET valid = tstzrange(now() + interval ''5 days'', NULL) WHERE upper_inf(valid)'), '{grid_has_steward}'),
	(format('UPDATE rui.membership SET valid = tstzrange(lower(valid), now() - interval ''1 day'') WHERE party_id = %s', :s2), '{grid_answered}'),
	('UPDATE rui.territory_map t SET map = (SELECT rui.gridmap(g.id, CASE WHEN g.code = ''G02'' THEN ST_Multi(ST_Buffer(g.area, 0.0002)) ELSE g.area END) FROM rui.grid g WHERE g.plan_id = t.plan_id) WHERE upper_inf(t.valid)', '{grids_tile}'),
	('DELETE FROM rui.territory_map WHERE upper_inf(valid)', '{grids_tile}')) AS v(c, r);
SELECT * FROM finish();
ROLLBACK;
