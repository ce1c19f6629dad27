-- A steward finds the people of his grids, and nobody else.
BEGIN;
SET LOCAL jit = off;
SELECT plan(6);
\ir fixture/town.sql
\ir fixture/lattice.sql
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT count(*) FROM rui.import_parties(:project, '[{"code":"w","name":"West Wang","phone":"13811110001"},{"code":"e","name":"East Wang","phone":"13811110001"}]') \g /dev/null
SELECT count(*) FROM rui.import_households(:project, '[{"unit":"H0-0-1","from":"2020-01-01","members":[{"party":"w","role":"owner"}]},{"unit":"H9-5-1","from":"2020-01-01","members":[{"party":"e","role":"owner"}]}]') \g /dev/null
SELECT rui.design_grids(:project, pg_temp.stewards(2)) AS plan \gset
SELECT rui.approve_grids(:project, :plan), rui.activate_grids(:project, :plan) \g /dev/null
SELECT g.steward_id AS west FROM rui.grid g JOIN rui.unit u ON u.code = 'H0-0-1' WHERE g.id = rui.grid_of_unit(:project, u.id) \gset
CREATE FUNCTION pg_temp.found(query text, my_kind text DEFAULT 'person') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(s.name, ', ' ORDER BY s.name), '') FROM rui.project p, rui.search(p.id, query) s WHERE p.code = 'town' AND s.kind = my_kind $$;
SELECT is(pg_temp.found('wang'), 'East Wang, West Wang', 'a manager finds both');
SELECT is(pg_temp.found('0001'), 'East Wang, West Wang', 'by phone too');
SELECT set_config('rui.party_id', :'west', true) \gset hidden_
SET LOCAL ROLE rui_steward;
SELECT is(pg_temp.found('wang'), 'West Wang', 'the steward who lives in his grid');
SELECT is(pg_temp.found('ww'), 'West Wang', 'also by initials');
SELECT is(pg_temp.found('0001'), '', 'nobody by phone');
SELECT is(pg_temp.found('H9-5-1', 'home'), 'H9-5-1', 'homes wherever they are');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
