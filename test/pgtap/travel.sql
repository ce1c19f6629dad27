-- Travel: ways along streets, past barriers, over open ground and up the
-- stairs; what is kept of them, and when it is forgotten.
BEGIN;
SELECT plan(77);
\ir fixture/content.sql
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset

-- A plane in metres: two long streets 200 m apart, joined at both ends and,
-- by a bridge, in the middle; far away another street.
--
--	N  (0,200)----C(90,190)-----(200,200)-----------------(400,200)
--	      |W            bridge B    |                         |E
--	S  (0,0)---A(90,10)---------(200,0)-------D(310,10)----(400,0)
CREATE FUNCTION pg_temp.at(x float8, y float8) RETURNS geometry(Point, 4326) LANGUAGE sql IMMUTABLE AS $$
	SELECT ST_SetSRID(ST_MakePoint(118.7 + x / (111195 * cos(radians(32.0))), 32 + y / 111195), 4326) $$;
CREATE FUNCTION pg_temp.line(VARIADIC xy float8[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT ST_AsEWKT(ST_MakeLine(pg_temp.at(xy[i], xy[i + 1]) ORDER BY i), 12) FROM generate_series(1, cardinality(xy), 2) i $$;
SELECT count(*) FROM rui.import_buildings(:project, (SELECT jsonb_agg(jsonb_build_object('code', h.code, 'floors', 8,
	'footprint', ST_AsEWKT(ST_Expand(pg_temp.at(h.x, h.y), 0.00003), 12), 'entrance', ST_AsEWKT(pg_temp.at(h.x, h.y), 12)))
	FROM (VALUES ('A', 90, 10), ('C', 90, 190), ('D', 310, 10), ('X', 90, 40), ('Y', 1050, 1010)) AS h(code, x, y))) WHERE accepted \g /dev/null
SELECT count(*) FROM rui.import_units(:project, '[{"code":"A-101","building":"A","floor_no":1,"area_m2":80}, {"code":"A-601","building":"A","floor_no":6,"area_m2":80},
	{"code":"A-P","building":"A","floor_no":-2,"area_m2":80}, {"code":"A-0","building":"A","area_m2":80},
	{"code":"D-201","building":"D","floor_no":2,"area_m2":80}, {"code":"D-601","building":"D","floor_no":6,"area_m2":80}]') WHERE accepted \g /dev/null
INSERT INTO rui.space (project_id, building_id, code, kind, place) SELECT b.project_id, b.id, 'L1', 'lift', b.entrance FROM rui.building b WHERE b.code = 'D';
CREATE FUNCTION pg_temp.house(code text) RETURNS geometry LANGUAGE sql AS $$SELECT b.entrance::geometry FROM rui.building b WHERE b.code = house.code$$;
CREATE FUNCTION pg_temp.home(code text) RETURNS bigint LANGUAGE sql AS $$SELECT u.id FROM rui.unit u WHERE u.code = home.code$$;
-- The way from one house to another in whole metres, as the API has it.
CREATE FUNCTION pg_temp.way(a text, b text) RETURNS numeric LANGUAGE sql AS $$
	SELECT round((rui.walk_seconds((SELECT p.id FROM rui.project p WHERE p.code = 'town'), pg_temp.house(a), pg_temp.house(b)) * 1.2)::numeric) $$;
-- All ways there are, as the set-based form has them.
CREATE FUNCTION pg_temp.all_ways() RETURNS TABLE (a int, b int, metres numeric) LANGUAGE sql AS $$
	SELECT w.from_no, w.to_no, round(w.metres::numeric, 3)
	FROM (SELECT array_agg(x.place ORDER BY x.place) AS places FROM (SELECT b.entrance::geometry AS place FROM rui.building b WHERE b.code <> 'Y'
		UNION SELECT pg_temp.at(i * 97 % 450, i * 61 % 230) FROM generate_series(1, 12) i) x) p
	CROSS JOIN LATERAL rui._walks((SELECT p.id FROM rui.project p WHERE p.code = 'town'), p.places, p.places) w $$;
CREATE FUNCTION pg_temp.net() RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN n.is_stale THEN 'stale ' ELSE 'fresh ' END || n.version FROM rui.travel_net n
	WHERE n.project_id = (SELECT p.id FROM rui.project p WHERE p.code = 'town') $$;

-- Without streets: the straight line, and a detour.
SELECT is(pg_temp.way('A', 'D'), 286::numeric, 'without streets 220 m as the crow flies are 286 m on foot');
SELECT is((SELECT count(*) FROM rui.travel_tree), 0::bigint, 'and nothing is kept');
SELECT lives_ok(format('SELECT rui.set_travel_term(%s, ''factor'', 2), rui.set_travel_term(%s, ''speed'', 2.4)', :project, :project), 'a project has its own numbers');
SELECT is(pg_temp.way('A', 'D'), 220::numeric, 'twice the detour at twice the speed');
SELECT lives_ok(format('SELECT rui.set_travel_term(%s, ''factor'', NULL), rui.set_travel_term(%s, ''speed'', NULL)', :project, :project), 'null is the standard again');

-- Along the streets.
SELECT count(*) FROM rui.import_streets(:project, jsonb_build_array(
	jsonb_build_object('code', 'S', 'line', pg_temp.line(0, 0, 200, 0, 400, 0)), jsonb_build_object('code', 'N', 'line', pg_temp.line(0, 200, 200, 200, 400, 200)),
	jsonb_build_object('code', 'W', 'line', pg_temp.line(0, 0, 0, 200)), jsonb_build_object('code', 'E', 'line', pg_temp.line(400, 0, 400, 200)),
	jsonb_build_object('code', 'B', 'is_bridge', true, 'line', pg_temp.line(200, 0, 200, 200)),
	jsonb_build_object('code', 'I', 'line', pg_temp.line(1000, 1000, 1100, 1000)))) WHERE accepted \g /dev/null
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.all_ways();
SELECT is(pg_temp.net(), 'stale 0', 'looking does not keep');
SELECT is(pg_temp.way('A', 'D'), 240::numeric, 'to the street 10 m, along it 220 m, and 10 m from it');
SELECT is(pg_temp.net(), 'fresh 1', 'walking keeps the net');
SELECT results_eq('SELECT t.place::geometry, cardinality(t.metres) FROM rui.travel_tree t', $$SELECT pg_temp.house('A'), 5$$, 'and the ways from where it began');
SELECT is(pg_temp.way('D', 'A'), 240::numeric, 'as far back');
SELECT is(pg_temp.way('A', 'C'), 400::numeric, 'around the west end: 10 + 90 + 200 + 90 + 10');
SELECT is(pg_temp.way('D', 'C'), 440::numeric, 'over the bridge: 10 + 110 + 200 + 110 + 10');
SELECT is(pg_temp.way('A', 'A'), 0::numeric, 'to itself');
SELECT is(pg_temp.way('A', 'X'), 39::numeric, 'to a near neighbour straight over open ground: 30 m and the detour');
SELECT is(pg_temp.way('A', 'Y'), (SELECT round(3 * ST_DistanceSphere(pg_temp.house('A'), pg_temp.house('Y'))::numeric)), 'where no street leads: three times the straight line');
SELECT set_eq('SELECT * FROM before', 'SELECT * FROM pg_temp.all_ways()', 'what is kept changes no answer');
SELECT ok((SELECT bool_and(abs(x.metres - y.metres) < 0.002) FROM pg_temp.all_ways() x JOIN pg_temp.all_ways() y ON (y.a, y.b) = (x.b, x.a)), 'both ways are as long');
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.at(150, 30)], ARRAY[pg_temp.at(250, -40)]) w), 170::float8, 'places that are no entrances walk too: 30 + 100 + 40');
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.at(250, 60)], ARRAY[pg_temp.at(230, 80)]) w), 37::float8, 'two at one street: straight, 28 m and the detour');
SELECT rui.set_travel_term(:project, 'direct', 0) \g /dev/null
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.at(240, 60)], ARRAY[pg_temp.at(230, 90)]) w), 100::float8, 'or along it: 40 + 30 + 30');
SELECT is((SELECT count(*) FROM pg_temp.all_ways() x JOIN pg_temp.all_ways() y ON y.a = x.a JOIN pg_temp.all_ways() z ON z.a = y.b AND z.b = x.b
	WHERE x.metres > y.metres + z.metres + 0.002), 0::bigint, 'no detour along streets is shorter');
SELECT is(pg_temp.way('A', 'X'), 50::numeric, 'without open ground along the street: 10 + 40');
SELECT is(pg_temp.net(), 'fresh 1', 'for which nothing is drawn again');
SELECT rui.set_travel_term(:project, 'direct', NULL) \g /dev/null
SELECT is((SELECT count(*) FROM rui._walks(:project, ARRAY[pg_temp.house('A'), NULL, pg_temp.house('D')], ARRAY[NULL, pg_temp.house('C')])), 2::bigint, 'nobody walks from or to nowhere');
SELECT rui.set_travel_term(:project, 'access', 20) \g /dev/null
SELECT is(pg_temp.way('A', 'D'), 240::numeric, 'a street 10 m away is near enough');
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.at(100, 50)], ARRAY[pg_temp.at(300, 50)]) w), 600::float8, 'one 50 m away is not');
SELECT rui.set_travel_term(:project, 'access', NULL) \g /dev/null

-- Closed streets: nobody walks along them or across.
SELECT is(pg_temp.way('A', 'D'), 240::numeric, 'open');
SELECT is(pg_temp.net(), 'fresh 3', 'drawn again twice: for less access, and for more');
SELECT rui.set_way_closed(:project, 'street', 'S', true) \g /dev/null
SELECT is(pg_temp.net(), 'stale 3', 'a closed street makes the net stale');
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.house('A')], ARRAY[pg_temp.house('D')]) w), 960::float8,
	'who only looks knows it already: 90 to the west end, 190 + 400 + 190 around, and 90');
SELECT is(pg_temp.net(), 'stale 3', 'and keeps nothing');
SELECT is(pg_temp.way('A', 'D'), 960::numeric, 'as the walk');
SELECT is(pg_temp.net(), 'fresh 4', 'which does');
SELECT rui.set_way_closed(:project, 'street', 'S', false) \g /dev/null
SELECT is(pg_temp.way('A', 'D'), 240::numeric, 'opened again');

-- A river: only the bridge leads over it, then only a gate.
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(jsonb_build_object('code', 'river', 'kind', 'river', 'line', pg_temp.line(-500, 100, 900, 100)))) \g /dev/null
SELECT is(pg_temp.way('A', 'C'), 440::numeric, 'over the bridge: 10 + 110 + 200 + 110 + 10');
SELECT rui.set_way_closed(:project, 'street', 'B', true) \g /dev/null
SELECT is(pg_temp.way('A', 'C'), 540::numeric, 'without the bridge three times the straight line');
SELECT count(*) FROM rui.import_passages(:project, jsonb_build_array(jsonb_build_object('code', 'gate', 'place', ST_AsEWKT(pg_temp.at(400, 100), 12)))) \g /dev/null
SELECT is(pg_temp.way('A', 'C'), 840::numeric, 'through a gate at the east end: 10 + 310 + 200 + 310 + 10');
SELECT rui.set_way_closed(:project, 'passage', 'gate', true) \g /dev/null
SELECT is(pg_temp.way('A', 'C'), 540::numeric, 'unless it is shut');
SELECT is((SELECT round(w.metres) FROM rui._walks(:project, ARRAY[pg_temp.at(0, 90)], ARRAY[pg_temp.at(0, 110)]) w), 60::float8, 'nobody walks straight through a river');
-- A wall between two neighbours.
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(jsonb_build_object('code', 'wall', 'kind', 'wall', 'line', pg_temp.line(60, 25, 120, 25)))) \g /dev/null
SELECT is(pg_temp.way('A', 'X'), 230::numeric, 'around a wall: 10 + 90 + 40, and 90 from the street that the wall leaves');
UPDATE rui.barrier SET permeability = 0.2 WHERE code = 'wall';
SELECT is(pg_temp.way('A', 'X'), 39::numeric, 'what people cross somewhere stops nobody');
DELETE FROM rui.barrier;
SELECT is(pg_temp.way('A', 'C'), 400::numeric, 'and without barriers everything is as it was');

-- What is kept.
SELECT pg_temp.net() AS net \gset
UPDATE rui.building SET name = 'Aspen' WHERE code = 'A';
SELECT is(pg_temp.net(), :'net', 'a name of a building changes no way');
UPDATE rui.travel_tree SET metres = array_fill(777::float8, ARRAY[5]);
SELECT is(pg_temp.way('A', 'D'), 777::numeric, 'the ways kept are the ways used');
UPDATE rui.building SET entrance = pg_temp.at(100, 10) WHERE code = 'A';
SELECT is(pg_temp.way('A', 'D'), 230::numeric, 'until an entrance moves');
SELECT is((SELECT count(*) FROM rui.travel_tree), 1::bigint, 'the ways from where it was are gone');
-- Room for two: the oldest goes when a third comes.
SELECT rui.set_travel_term(:project, 'trees', 2) \g /dev/null
UPDATE rui.travel_tree SET kept_at = now() - interval '2 days';
SELECT is(pg_temp.way('C', 'D'), 620::numeric, 'a second place');
UPDATE rui.travel_tree SET kept_at = now() - interval '1 day' WHERE place::geometry = pg_temp.house('C');
SELECT is(pg_temp.way('D', 'C'), 620::numeric, 'and a third');
SELECT set_eq('SELECT t.place::geometry FROM rui.travel_tree t', $$VALUES (pg_temp.house('C')), (pg_temp.house('D'))$$, 'the oldest made room');
SELECT is((SELECT count(*) FROM rui._walks(:project, ARRAY[pg_temp.house('A')], ARRAY[pg_temp.house('D')])), 1::bigint, 'ways from there are found all the same');
SELECT rui.set_travel_term(:project, 'trees', 0) \g /dev/null
SELECT is(pg_temp.way('A', 'D'), 230::numeric, 'who keeps no ways');
SELECT is((SELECT count(*) FROM rui.travel_tree WHERE place::geometry = pg_temp.house('A')), 0::bigint, 'finds them every time');
SELECT rui.set_travel_term(:project, 'trees', NULL) \g /dev/null
UPDATE rui.building SET entrance = pg_temp.at(90, 10) WHERE code = 'A';

-- Stairs and lifts.
SELECT results_eq(format('SELECT rui.walk_seconds(%s, a.place, b.place, pg_temp.home(f), pg_temp.home(t)) * 1.2 - x.m * 1.2 > 239.5, round(rui.walk_seconds(%s, a.place, b.place, pg_temp.home(f), pg_temp.home(t)) - 200)
	FROM (VALUES (''A-601'', ''D-201'', 120), (''A-101'', ''D-601'', 60), (''A-P'', ''D-601'', 100), (''A-0'', ''D-601'', 60)) AS v(f, t, m) CROSS JOIN (SELECT NULL::geometry) a(place) CROSS JOIN (SELECT NULL::geometry) b(place)
	CROSS JOIN LATERAL (SELECT v.m::float8 AS m) x', :project, :project),
	'VALUES (true, 120::float8), (true, 60), (true, 100), (true, 60)', 'five storeys down the stairs and one up; five by lift; two up from the garage; an unknown floor is the ground');
SELECT is(rui.walk_seconds(:project, NULL, NULL, pg_temp.home('A-601'), pg_temp.home('A-P')), 140::float8, 'in one house only storeys count');
SELECT is(rui.walk_seconds(:project, pg_temp.house('A'), NULL, NULL, pg_temp.home('A-601')), 100::float8, 'from the door upstairs');
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_ticket_category(:project, 'leak', 'Leak', 'Leak') \g /dev/null
SELECT rui.open_ticket(:project, 'leak', 'wet', unit_id => pg_temp.home('A-601')) AS upstairs \gset
SELECT rui.open_ticket(:project, 'leak', 'wet', place => pg_temp.at(310, 10)) AS outside \gset
SELECT results_eq(format('SELECT party_id, task_id, round(metres), round(seconds) FROM rui._walks_to_tasks(%s, ARRAY[7, 8, 9], ARRAY[pg_temp.house(''D''), NULL, pg_temp.house(''A'')], ARRAY[%s, %s]::bigint[]) ORDER BY 1, 2', :project, :upstairs, :outside),
	format('VALUES (7::bigint, %s::bigint, 240::float8, 300::float8), (7, %s, 0, 0), (9, %s, 0, 100), (9, %s, 240, 200)', :upstairs, :outside, :upstairs, :outside), 'dispatch counts them');

-- Dispatch: who is nearer as the crow flies is beyond the river.
SELECT rui.cancel_ticket(:project, t, 'over') FROM unnest(ARRAY[:upstairs, :outside]) t \g /dev/null
SELECT count(*) FROM rui.import_staff(:project, '[{"code":"cleo","name":"Cleo","staff_no":"1","from":"2020-01-01"}, {"code":"dan","name":"Dan","staff_no":"2","from":"2020-01-01"}]') \g /dev/null
SELECT rui.import_posts(:project, '[{"code":"p","name":"Post","module":"steward"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:project, '[{"post":"p","staff":"cleo","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":3},
	{"post":"p","staff":"dan","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":3}]') \g /dev/null
CREATE FUNCTION pg_temp.work(project bigint, worker text, place geometry, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	task bigint := rui.open_ticket(project, 'leak', 'wet', place => place, at => at);
BEGIN
	PERFORM rui.assign_ticket(project, task, (SELECT p.id FROM rui.party p WHERE p.code = worker), at => at);
	PERFORM rui.accept_ticket(project, task, at => at);
	RETURN rui.arrive_ticket(project, task, at => at);
END
$$;
SELECT pg_temp.work(:project, 'cleo', pg_temp.house('C'), '2026-03-02 09:00+08'), pg_temp.work(:project, 'dan', pg_temp.house('D'), '2026-03-02 09:00+08') \g /dev/null
SELECT count(*) FROM rui.import_barriers(:project, jsonb_build_array(jsonb_build_object('code', 'moat', 'kind', 'river', 'line', pg_temp.line(-500, 100, 900, 100)))) \g /dev/null
SELECT rui.open_ticket(:project, 'leak', 'wet', unit_id => pg_temp.home('A-601'), at => '2026-03-02 10:00+08') AS leak \gset
SELECT results_eq(format('SELECT y.code, round(e.walk_m), e.walk_cost FROM rui.explain_dispatch(%s, %s, at => ''2026-03-02 10:00+08'') e JOIN rui.party y ON y.id = e.party_id WHERE e.rule IS NULL ORDER BY 1', :project, :leak),
	$$VALUES ('cleo', 540::float8, 550::float8), ('dan', 240, 300)$$, 'the explanation walks around the river and upstairs');
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, '2026-03-02 10:00+08')), 1, 'dispatch');
SELECT results_eq(format('SELECT y.code, round(o.walk_m), o.walk_cost FROM rui.dispatch_offer o JOIN rui.party y ON y.id = o.party_id WHERE o.task_id = %s', :leak),
	$$VALUES ('dan', 240::float8, 300::float8)$$, 'sends who has the shorter way');
SELECT set_eq('SELECT t.place::geometry FROM rui.travel_tree t JOIN rui.travel_net n USING (project_id) WHERE t.version = n.version', $$VALUES (pg_temp.house('C')), (pg_temp.house('D'))$$, 'and keeps the ways from where people are');
-- So does the dispatch of one task: a street that changed is drawn once.
SELECT rui.set_way_closed(:project, 'street', 'I', true), rui.set_way_closed(:project, 'street', 'I', false) \g /dev/null
SELECT rui.open_ticket(:project, 'leak', 'wet', unit_id => pg_temp.home('A-601'), at => '2026-03-02 10:01+08') AS another \gset
SELECT is(left(pg_temp.net(), 5), 'stale', 'the net is stale');
SELECT is((SELECT party_id IS NOT NULL FROM rui.dispatch_task(:project, :another, NULL, '2026-03-02 10:01+08')), true, 'one task more');
SELECT is(left(pg_temp.net(), 5), 'fresh', 'draws it');
SELECT is((SELECT count(*) FROM rui.dispatch_run WHERE project_id = :project AND is_batch), 1::bigint, 'without a batch');
SELECT set_eq('SELECT t.place::geometry FROM rui.travel_tree t JOIN rui.travel_net n USING (project_id) WHERE t.version = n.version', $$VALUES (pg_temp.house('C')), (pg_temp.house('D'))$$, 'and keeps the ways as a batch does');

-- Who may, and what is refused.
SELECT rui.walk_seconds(:project, pg_temp.house('A'), pg_temp.house('D')) \g /dev/null
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT rui.set_travel_term(%s, %L, %s)', :project, t, v), s, NULL, coalesce(t, 'null') || ' ' || v)
FROM (VALUES ('speed', '0', '22003'), ('speed', '''NaN''', '22003'), ('pace', '1', '22023'), (NULL, '1', '22004')) AS t(t, v, s);
SELECT throws_ok(format('SELECT rui.walk_seconds(%s, %s)', :project, a), s, NULL, a)
FROM (VALUES ('NULL, pg_temp.house(''A'')', '22004'), ('pg_temp.house(''A''), NULL', '22004'), ('''SRID=4326;LINESTRING(0 0,1 1)'', pg_temp.house(''A'')', '22023'), ('NULL, NULL, 1, 0', 'P0002')) AS t(a, s);
SET LOCAL rui.party_id = '';
SELECT throws_ok(format('SELECT rui.walk_seconds(%s, pg_temp.house(''A''), pg_temp.house(''D''))', :project), '42501', NULL, 'nobody walks');
SET LOCAL rui.party_id = :'boss';
SELECT is(pg_temp.content(), :'before', 'nothing of this changed anything');
SELECT is((SELECT count(*) FROM rui.travel_net WHERE project_id = :other_project), 0::bigint, 'another project has no part in it');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'ann', 'Ann') RETURNING id AS ann \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:other_project, :ann, 'steward', '[2000-01-01,)');
SET LOCAL rui.party_id = :'ann';
SET LOCAL ROLE rui_steward;
SELECT is((SELECT count(*) FROM rui.travel_net) + (SELECT count(*) FROM rui.travel_tree), 0::bigint, 'a steward of another project sees none of it');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
