-- The tree of places: what may lie in what, and that it stays a tree.
BEGIN;
SELECT plan(58);
\ir fixture/estate.sql
CREATE FUNCTION pg_temp.refused(command text, code text, about text) RETURNS text LANGUAGE sql AS $$SELECT throws_ok($1, $2, NULL, $3)$$;

SELECT rui.create_space(:one, 'site', 'site', place => 'SRID=4326;POINT(118.8 32.05)') AS site \gset
SELECT rui.create_space(:one, 'p1', 'phase', :site, name => '一期') AS p1 \gset
SELECT rui.create_space(:one, 'p2', 'phase', :site, valid => '[2020-01-01,2030-01-01)') AS p2 \gset
SELECT rui.create_space(:one, 'lift', 'lift', building_id => :b1) AS lift \gset
SELECT is((SELECT s.parent_id FROM rui.space s WHERE s.id = :lift), NULL, 'what is in a building that is in no tree lies nowhere');
SELECT rui.create_space(:one, 'b1', 'building', :p1, :b1) AS node \gset
SELECT is((SELECT (s.parent_id, s.depth)::text FROM rui.space s WHERE s.id = :lift), format('(%s,3)', :node), 'until the building has its place');
SELECT rui.create_space(:one, 'f1', 'floor', :node) AS f1 \gset
SELECT rui.create_space(:one, 'f1-room', 'room', :f1) AS room \gset
SELECT rui.create_space(:one, 'lobby', 'lobby', building_id => :b1) AS lobby \gset
SELECT results_eq(format('SELECT s.code, s.depth, s.building_id = %s FROM rui.space s WHERE s.id IN (%s, %s, %s) ORDER BY 1', :b1, :f1, :room, :lobby),
	$$VALUES ('f1', 3, true), ('f1-room', 4, true), ('lobby', 3, true)$$, 'what lies in a building is in it, and lies in it where nothing else is said');
SELECT ok((SELECT ST_Equals(s.place, b.entrance) FROM rui.space s JOIN rui.building b ON b.id = s.building_id WHERE s.id = :f1), 'it is where the entrance is');
SELECT ok((SELECT ST_Equals(s.place, 'SRID=4326;POINT(118.8 32.05)') FROM rui.space s WHERE s.id = :p1), 'or where what is around it is');
SELECT results_eq(format('SELECT depth, code, name, kind FROM rui.space_path(%s, %s)', :one, :room),
	$$VALUES (0, 'site', NULL, 'site'), (1, 'p1', '一期', 'phase'), (2, 'b1', NULL, 'building'), (3, 'f1', NULL, 'floor'), (4, 'f1-room', NULL, 'room')$$, 'a path from the widest');
SELECT results_eq(format('SELECT steps, code FROM rui.spaces_under(%s, %s)', :one, :p1),
	$$VALUES (1, 'b1'), (2, 'f1'), (2, 'lift'), (2, 'lobby'), (3, 'f1-room')$$, 'all that lies in a phase');
SELECT results_eq(format('SELECT code FROM rui.spaces_under(%s, %s, ''2030-01-01'')', :one, :site) || ' WHERE steps = 1', $$VALUES ('p1')$$, 'on a day');
SELECT results_eq(format('SELECT code FROM rui.units_under(%s, %s)', :one, :p1), $$VALUES ('1-101'), ('1-102'), ('1-103'), ('P-1')$$, 'a building brings its units');
SELECT is_empty(format('SELECT FROM rui.units_under(%s, %s)', :one, :p2), 'where there is no building there are no units');
SELECT is_empty(format('SELECT FROM rui.units_under(%s, %s)', :one, :f1), 'no unit hangs on the floor');
SELECT lives_ok(format('SELECT rui.place_unit(%s, %s, %s)', :one, :u1, :f1), 'until it is hung there');
SELECT results_eq(format('SELECT code, hangs_on FROM rui.units_under(%s, %s)', :one, :f1), format($$VALUES ('1-101', %s::bigint)$$, :f1), 'then the floor brings it');
SELECT is((SELECT count(*) FROM rui.units_under(:one, :site)), 4::bigint, 'and the site has it once');
SELECT is((SELECT string_agg(p.code, '/' ORDER BY p.depth) FROM rui.unit_path(:one, :u1) p), 'site/p1/b1/f1', 'the path of a unit on a floor');
SELECT is((SELECT string_agg(p.code, '/' ORDER BY p.depth) FROM rui.unit_path(:one, :u2) p), 'site/p1/b1', 'and of one on the building');
SELECT is_empty(format('SELECT FROM rui.unit_path(%s, %s)', :two, :v1), 'a unit of a building in no tree has none');

-- Moving.
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, %s)', :one, :node, :p2), '22023', 'not into one that is there for a shorter time');
SELECT rui.create_space(:one, 'z', 'zone', :p1) AS z \gset
SELECT is(rui.move_space(:one, :node, :z, request_key => 'm'), 3, 'a place moves');
SELECT is(rui.move_space(:one, :node, :z, request_key => 'm'), 3, 'sent twice: the first answer');
SELECT is((SELECT s.depth FROM rui.space s WHERE s.id = :room), 5, 'and all that lies in it with it');
SELECT is((SELECT e.payload FROM rui.event e WHERE e.kind = 'space.move'), jsonb_build_object('from', :p1, 'to', :z), 'from where to where is an event');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, %s)', :one, :p1, :z), '22023', 'not into what lies in it');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, %s)', :one, :z, :z), '22023', 'not into itself');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, %s)', :one, :f1, :room), '22023', 'a floor not into a room');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, -1, %s)', :one, :p1), 'P0002', 'an unknown place');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, -1)', :one, :p1), 'P0002', 'into an unknown place');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, NULL, %s)', :one, :p1), '22004', 'no place');
SELECT pg_temp.refused(format('SELECT rui.move_space(%s, %s, %s)', :two, :node, :p1), 'P0002', 'a place of another project');
-- Behind the functions' back: the foreign key holds the tree.
SELECT pg_temp.refused(format('UPDATE rui.space SET parent_id = %s, parent_depth = 2 WHERE id = %s', :z, :p1), '23503', 'a circle cannot be written');
SELECT pg_temp.refused(format('UPDATE rui.space SET parent_id = %s, parent_depth = 1 WHERE id = %1$s', :z), '23503', 'nor a place in itself');

-- Making, ending, hanging: what is refused.
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''castle'', %s)', :one, :site), '22023', 'an unknown kind');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''site'', %s)', :one, :p1), '22023', 'a site in a phase');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''building'', %s)', :one, :p1), '22004', 'a building that is none');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''building'', %s, %s)', :one, :p1, :b1), '23505', 'a building twice');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''room'', %s, %s)', :one, :f1, :b2), 'P0002', 'a building of another project');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''gate'')', :one), '22004', 'a gate nowhere');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''lift'', ''lift'', %s)', :one, :f1), '23505', 'a code twice');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''gate'', place => ''SRID=3857;POINT(0 0)'')', :one), '22023', 'another coordinate system');
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''gate'', %s, valid => ''empty'')', :one, :site), '22023', 'a place of no day');
SELECT pg_temp.refused(format('SELECT rui.end_space(%s, %s, ''2029-01-01'')', :one, :site), '55000', 'a site does not end before what lies in it');
SELECT lives_ok(format('SELECT rui.end_space(%s, %s, ''2029-01-01'')', :one, :room), 'a room does');
SELECT pg_temp.refused(format('SELECT rui.end_space(%s, %s, ''2020-01-01'')', :one, :p2), '22023', 'a place that was never there');
SELECT pg_temp.refused(format('SELECT rui.place_unit(%s, %s, %s)', :one, :u1, :p1), '22023', 'a unit outside its building');
SELECT pg_temp.refused(format('SELECT rui.place_unit(%s, %s, %s)', :two, :u1, :f1), 'P0002', 'a unit of another project');
SELECT is_empty($$SELECT FROM rui.invariant_violation$$, 'nothing is broken');

-- When units are handed over.
SELECT is((rui.unit_stage(:one, :u1, '2020-01-01'))::text, '(delivered,)', 'what is not written down is handed over');
SELECT lives_ok(format('SELECT rui.set_delivery(%s, %s, ''2025-07-01'', ''2025-03-01'', %s)', :one, :u1, :sun), 'a hand-over');
SELECT is((SELECT string_agg((rui.unit_stage(:one, :u1, d.day))::text, ' ' ORDER BY d.day)
	FROM unnest('{2025-02-28,2025-03-01,2025-06-30,2025-07-01}'::date[]) AS d(day)),
	format('(building,%1$s) (completed,%1$s) (completed,%1$s) (delivered,)', :sun), 'until it is handed over the developer pays');
SELECT lives_ok(format('SELECT rui.set_delivery(%s, %s, NULL)', :one, :u2), 'not handed over yet');
SELECT is((rui.unit_stage(:one, :u2, '2200-01-01'))::text, '(building,)', 'nor ever, so far');
SELECT pg_temp.refused(format('SELECT rui.set_delivery(%s, %s, ''2025-01-01'', ''2025-02-01'')', :one, :u1), '22023', 'handed over before it is built');
SELECT pg_temp.refused(format('SELECT rui.set_delivery(%s, %s, ''infinity'')', :one, :u1), '22008', 'never');
SELECT pg_temp.refused(format('SELECT rui.set_delivery(%s, %s, ''2025-01-01'')', :one, :v1), 'P0002', 'a unit of another project');
SELECT pg_temp.refused(format('SELECT rui.set_delivery(%s, %s, ''2025-01-01'', developer_id => -1)', :one, :u1), 'P0002', 'an unknown developer');

-- Who may.
SET LOCAL rui.party_id = :'zhao';
SELECT pg_temp.refused(format('SELECT rui.create_space(%s, ''x'', ''gate'', %s)', :one, :site), '42501', 'a resident builds nothing');
SELECT lives_ok(format('SELECT rui.space_path(%s, %s)', :one, :room), 'but sees places');
SELECT pg_temp.refused(format('SELECT rui.units_under(%s, %s)', :one, :site), '42501', 'not all units');
SELECT * FROM finish();
ROLLBACK;
