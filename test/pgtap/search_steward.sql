-- A steward finds the people of his grids, and nobody else.
BEGIN;
SET LOCAL jit = off;
SELECT plan(10);
\ir fixture/town.sql
\ir fixture/lattice.sql
\ir fixture/ask_search.sql
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT count(*) FROM rui.import_parties(:project, '[{"code":"w","name":"West Wang","phone":"13811110001"},{"code":"e","name":"East Wang","phone":"13811110001"}]') \g /dev/null
SELECT count(*) FROM rui.import_households(:project, '[{"unit":"H0-0-1","from":"2020-01-01","members":[{"party":"w","role":"owner"}]},{"unit":"H9-5-1","from":"2020-01-01","members":[{"party":"e","role":"owner"}]}]') \g /dev/null
SELECT rui.design_grids(:project, pg_temp.stewards(2)) AS plan \gset
SELECT rui.approve_grids(:project, :plan), rui.activate_grids(:project, :plan) \g /dev/null
SELECT g.steward_id AS west FROM rui.grid g JOIN rui.unit u ON u.code = 'H0-0-1' WHERE g.id = rui.grid_of_unit(:project, u.id) \gset
CREATE FUNCTION pg_temp.found(query text, my_kind text DEFAULT 'person') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.ask(p.id, query) FROM rui.project p WHERE p.code = 'town';
	SELECT coalesce(string_agg(s.name, ', ' ORDER BY s.name), '') FROM rui.project p, rui.search(p.id, query) s WHERE p.code = 'town' AND s.kind = my_kind $$;
SELECT is(pg_temp.found('wang'), 'East Wang, West Wang', 'a manager finds both');
SELECT is(pg_temp.found('0001'), 'East Wang, West Wang', 'by phone too');
SELECT set_config('rui.party_id', :'west', true) \gset hidden_
SET LOCAL ROLE rui_steward;
SELECT is(pg_temp.found('wang'), 'West Wang', 'the steward who lives in his grid');
SELECT is(pg_temp.found('ww'), 'West Wang', 'also by initials');
SELECT is(pg_temp.found('0001'), '', 'nobody by phone');
SELECT throws_ok(format('SELECT rui.ask_search(%s, ''0001'')', :project), '42501', NULL, 'nor may he ask');
SELECT is(pg_temp.found('H9-5-1', 'home'), 'H9-5-1', 'homes wherever they are');
RESET ROLE;

-- The same as the slow model, of the people of his grids and the tickets that row security shows him.
\ir fixture/search_model.sql
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT rui.set_ticket_category(:project, 'tap', '水管', 'Tap') \g /dev/null
SELECT rui.open_ticket(:project, 'tap', 'the tap drips', u.id) FROM rui.unit u WHERE u.code IN ('H0-0-1', 'H9-5-1') ORDER BY u.code \g /dev/null
CREATE TEMP TABLE asked (query text);
INSERT INTO asked VALUES ('wang'), ('w'), ('ww'), ('ew'), ('east'), ('west wang'), ('s'), ('H0-0-1'), ('H9-5-1'), ('h9-5'), ('#1'), ('tap'), ('drips t'), ('qqq');
GRANT SELECT ON asked TO rui_steward;
SELECT set_config('rui.party_id', :'west', true) \gset hidden_
SET LOCAL ROLE rui_steward;
CREATE TEMP TABLE seen AS SELECT 'ticket' AS kind, id FROM rui.ticket UNION SELECT 'person', rui.current_party();
CREATE TEMP TABLE found AS SELECT a.query, s.rank_no, s.kind, s.id FROM asked a CROSS JOIN LATERAL rui.search(:project, a.query) s;
RESET ROLE;
INSERT INTO seen SELECT 'person', o.party_id FROM rui.occupancy o JOIN rui.grid g ON g.id = rui.grid_of_unit(:project, o.unit_id) AND g.steward_id = :west;
CREATE TEMP TABLE model AS SELECT a.query, m.rank_no, m.kind, m.id FROM asked a CROSS JOIN LATERAL pg_temp.model(:project, a.query, 1000) m;
DELETE FROM found WHERE kind IN ('home', 'building'); -- of them there are more than twenty
DELETE FROM model WHERE kind IN ('home', 'building');
SELECT bag_eq('TABLE found', 'SELECT m.* FROM model m JOIN seen s USING (kind, id)', 'whom and what the steward finds is what the model finds of these');
SELECT set_eq('SELECT kind FROM found', '{person,ticket}'::text[], 'people and tickets');
SELECT set_eq('SELECT kind FROM (TABLE model EXCEPT ALL TABLE found) m', '{person,ticket}'::text[], 'and there are people and tickets that he does not find');
SELECT * FROM finish();
ROLLBACK;
