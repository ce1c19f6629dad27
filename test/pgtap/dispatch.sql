-- Dispatch: who can do a task, who gets it, what waits, and the reasons.
BEGIN;
SELECT plan(48);
\ir fixture/town.sql
SELECT rui.create_project(:company, 'other', 'Other') AS other_project \gset
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_dispatch_weight(:project, t, 0) FROM unnest('{offer,offer_emergency}'::text[]) t \g /dev/null
SELECT rui.set_project_state(:other_project, 'go_live') \g /dev/null

-- Two stewards with grids west and east of 10.1, a plumber, and people whom
-- one rule each excludes. Monday 2 March 2026, from eight to six.
SELECT is((SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","role":"steward"},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","role":"steward"},
	{"code":"paul","name":"Paul","staff_no":"3","from":"2020-01-01","qualifications":[{"code":"plumbing","level":3,"to":"2026-03-03"}]},
	{"code":"late","name":"Late","staff_no":"4","from":"2020-01-01"},
	{"code":"sick","name":"Sick","staff_no":"5","from":"2020-01-01"},
	{"code":"done","name":"Done","staff_no":"6","from":"2020-01-01"},
	{"code":"gone","name":"Gone","staff_no":"7","from":"2020-01-01"},
	{"code":"full","name":"Full","staff_no":"8","from":"2020-01-01"},
	{"code":"quit","name":"Quit","staff_no":"9","from":"2020-01-01"}]') WHERE accepted), 9::bigint, 'staff');
SELECT rui.import_posts(:project, '[{"code":"p","name":"Post","module":"steward"}]') \g /dev/null
SELECT is((SELECT count(*) FROM rui.import_shifts(:project, '[
	{"post":"p","staff":"anna","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":3},
	{"post":"p","staff":"ben","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":3},
	{"post":"p","staff":"paul","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":2},
	{"post":"p","staff":"paul","from":"2026-03-03 08:00","to":"2026-03-03 18:00","capacity":2},
	{"post":"p","staff":"late","from":"2026-03-02 18:00","to":"2026-03-03 02:00"},
	{"post":"p","staff":"sick","from":"2026-03-02 08:00","to":"2026-03-02 18:00"},
	{"post":"p","staff":"done","from":"2026-03-02 08:00","to":"2026-03-02 18:00"},
	{"post":"p","staff":"gone","from":"2026-03-02 08:00","to":"2026-03-02 18:00"},
	{"post":"p","staff":"full","from":"2026-03-02 08:00","to":"2026-03-02 18:00","capacity":0},
	{"post":"p","staff":"quit","from":"2026-03-02 08:00","to":"2026-03-02 18:00"}]') WHERE accepted), 10::bigint, 'shifts');
CREATE TEMP TABLE who AS SELECT p.code, p.id FROM rui.party p WHERE p.company_id = :company;
UPDATE rui.shift SET last_action = 'report_absent' WHERE party_id = (SELECT id FROM who WHERE code = 'sick');
UPDATE rui.shift SET last_action = 'begin' WHERE party_id = (SELECT id FROM who WHERE code = 'done');
UPDATE rui.shift SET last_action = 'finish' WHERE party_id = (SELECT id FROM who WHERE code = 'done');
UPDATE rui.membership SET valid = '[2020-01-01,2026-03-02 00:00+00)' WHERE party_id = (SELECT id FROM who WHERE code = 'gone');
UPDATE rui.staff SET employed = '[2020-01-01,2026-03-02)' WHERE party_id = (SELECT id FROM who WHERE code = 'quit');
SELECT rui.set_ticket_category(:project, c, c, c, skill => s, skill_level => l) FROM (VALUES ('general', NULL, 1), ('leak', 'plumbing', 2), ('lift', 'lift', 3)) AS t(c, s, l) \g /dev/null
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:project, '2026-01-01', '{}', 2) RETURNING id AS plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :project, :plan, g.code, ST_Multi(ST_MakeEnvelope(g.west, 50, g.west + 0.01, 50.01, 4326)), w.id, 0, 0, 0, 1, 1
FROM (VALUES ('G01', 10.09, 'anna'), ('G02', 10.1, 'ben')) AS g(code, west, steward) JOIN who w ON w.code = g.steward;
SELECT rui.approve_grids(:project, :plan, NULL, '2026-01-02') \g /dev/null
SELECT rui.activate_grids(:project, :plan, NULL, '2026-01-03') \g /dev/null

CREATE FUNCTION pg_temp.need(project bigint, category text, lon float8, lat float8, priority int DEFAULT 3, emergency boolean DEFAULT false, minute int DEFAULT 0) RETURNS bigint
LANGUAGE sql AS $$SELECT rui.open_ticket(project, category, 'need', place => ST_SetSRID(ST_MakePoint(lon, lat), 4326), priority => priority,
	is_emergency => emergency, at => timestamptz '2026-03-02 09:00+08' + make_interval(mins => minute))$$;
CREATE FUNCTION pg_temp.executor(task bigint) RETURNS text LANGUAGE sql AS $$SELECT w.code FROM rui.task t JOIN who w ON w.id = t.executor_id WHERE t.id = task AND t.state = 'assigned'$$;
\set ten '2026-03-02 10:00+08'

SELECT results_eq(format('SELECT run_id, tasks, assigned, waiting, objective FROM rui.dispatch(%s, NULL, %L)', :project, :'ten'),
	'VALUES (NULL::bigint, 0, 0, 0, 0::float8)', 'nothing waits: nothing happens');

-- Who can do it.
SELECT pg_temp.need(:project, 'leak', 10.095, 50.005) AS leak \gset
SELECT results_eq(format('SELECT w.code, e.rule FROM rui.explain_dispatch(%s, %s, ''en'', %L) e JOIN who w ON w.id = e.party_id ORDER BY 1', :project, :leak, :'ten'),
	$$VALUES ('anna', 'not_qualified'), ('ben', 'not_qualified'), ('done', 'off_shift'), ('full', 'not_qualified'),
	('gone', 'no_role'), ('late', 'off_shift'), ('paul', NULL), ('quit', 'not_employed'), ('sick', 'absent')$$, 'one rule each excludes everybody else');
SELECT results_eq(format('SELECT z.rule_text, e.rule_text FROM rui.explain_dispatch(%s, %s, ''en'', %L) e JOIN who w ON w.id = e.party_id JOIN rui.explain_dispatch(%1$s, %2$s, ''zh'', %3$L) z USING (party_id) WHERE w.code = ''sick''', :project, :leak, :'ten'),
	$$VALUES ('缺勤', 'is absent')$$, 'in both languages');
SELECT results_eq(format('SELECT tasks, assigned, waiting FROM rui.dispatch(%s, NULL, %L)', :project, :'ten'), 'VALUES (1, 1, 0)', 'a leak is dispatched');
SELECT is(pg_temp.executor(:leak), 'paul', 'to the plumber');
SELECT results_eq(format('SELECT w.code, o.outcome, o.candidates, o.walk_cost, o.away_cost, o.level_cost, o.refused_cost, o.load_cost, o.cost FROM rui.dispatch_offer o JOIN who w ON w.id = o.party_id WHERE o.task_id = %s', :leak),
	$$VALUES ('paul', 'assigned', 1, 387::float8, 0::float8, 300::float8, 0::float8, 0::float8, 687::float8)$$, 'with the reason: the walk from amid the grids, one level more than needed');
SELECT results_eq(format('SELECT e.kind, e.at, e.payload ->> ''reason'' FROM rui.event e WHERE e.subject = ''ticket'' AND e.subject_id = %s ORDER BY e.id', :leak),
	$$VALUES ('ticket.open', '2026-03-02 09:00+08'::timestamptz, NULL), ('ticket.triage', '2026-03-02 10:00+08', NULL), ('ticket.assign', '2026-03-02 10:00+08', 'dispatch')$$, 'triaged and assigned');
SELECT is((SELECT run_id FROM rui.dispatch(:project, NULL, :'ten')), NULL, 'what is assigned is not dispatched again');

-- A training or an insurance of that name is no skill.
INSERT INTO rui.qualification (company_id, party_id, kind, code, level, valid, source)
SELECT :company, w.id, k.kind, 'plumbing', 9, '[2020-01-01,)', 'x' FROM who w, (VALUES ('anna', 'training'), ('ben', 'insurance')) AS k(code, kind) WHERE w.code = k.code;
SELECT results_eq(format('SELECT w.code, e.rule FROM rui.explain_dispatch(%s, %s, ''en'', %L) e JOIN who w ON w.id = e.party_id WHERE w.code IN (''anna'', ''ben'') ORDER BY 1', :project, :leak, :'ten'),
	$$VALUES ('anna', 'not_qualified'), ('ben', 'not_qualified')$$, 'a training or an insurance of the same code does not qualify');
SELECT throws_ok(format('SELECT rui.transfer_ticket(%s, %s, %s, ''x'', NULL, %L)', :project, :leak, (SELECT id FROM who WHERE code = 'anna'), :'ten'), '22023', NULL, 'not by hand either');
DELETE FROM rui.qualification WHERE kind IN ('training', 'insurance');

-- Home grids, walks, capacity.
SELECT pg_temp.need(:project, 'general', 10.0951, 50.005) AS west \gset
SELECT pg_temp.need(:project, 'general', 10.1051, 50.005) AS east \gset
SELECT is((SELECT rule FROM rui.explain_dispatch(:project, :west, 'en', :'ten') e JOIN who w ON w.id = e.party_id WHERE w.code = 'full'), 'no_capacity', 'a shift without capacity takes nothing');
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, :'ten')), 2, 'two general tasks');
SELECT results_eq(format('SELECT pg_temp.executor(%s), pg_temp.executor(%s)', :west, :east), $$VALUES ('anna', 'ben')$$, 'go to the stewards of their grids');
SELECT is((SELECT round(walk_m) FROM rui.dispatch_offer WHERE task_id = :west), (SELECT round(1.3 * ST_DistanceSphere(ST_PointOnSurface(g.area), t.place))
	FROM rui.task t JOIN rui.grid g ON g.id = t.grid_id WHERE t.id = :west), 'who has been nowhere starts in his grid');
SELECT pg_temp.need(:project, 'general', 10.0952, 50.005) AS west_2 \gset
SELECT pg_temp.need(:project, 'general', 10.0953, 50.005) AS west_3 \gset
SELECT pg_temp.need(:project, 'general', 10.0954, 50.005) AS west_4 \gset
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, :'ten')), 3, 'three more in the west');
SELECT is((SELECT max(n) FROM (SELECT count(*) AS n FROM rui.task t JOIN rui.shift s ON s.party_id = t.executor_id AND s.during @> timestamptz :'ten'
	WHERE t.state = 'assigned' GROUP BY s.id, s.capacity HAVING count(*) > s.capacity) x), NULL, 'nobody holds more than his shift allows');
SELECT results_eq($$SELECT w.code, count(*) FROM rui.task t JOIN who w ON w.id = t.executor_id GROUP BY 1 ORDER BY 1$$, $$VALUES ('anna', 3::bigint), ('ben', 1), ('paul', 2)$$,
	'the plumber is nearer than the steward of the other grid');

-- What waits, and what does not.
SELECT pg_temp.need(:project, 'lift', 10.0955, 50.005) AS lift \gset
SELECT pg_temp.need(:project, 'general', 10.0951, 50.005, 5) AS small \gset
SELECT pg_temp.need(:project, 'general', 10.0951, 50.005, 4) AS medium \gset
SELECT pg_temp.need(:project, 'general', 10.0951, 50.005, 5, true) AS urgent \gset
SELECT results_eq(format('SELECT tasks, assigned, waiting FROM rui.dispatch(%s, ''r1'', %L)', :project, :'ten'), 'VALUES (4, 2, 2)', 'two places are left for four tasks');
SELECT results_eq(format('SELECT pg_temp.executor(%s) IS NOT NULL, pg_temp.executor(%s) IS NOT NULL, pg_temp.executor(%s)', :urgent, :medium, :small), 'VALUES (true, true, NULL::text)', 'emergencies go first, then priority');
SELECT results_eq(format('SELECT task_id, outcome, party_id FROM rui.dispatch_offer WHERE outcome <> ''assigned'' ORDER BY 1'),
	format($$VALUES (%s::bigint, 'no_candidate', NULL::bigint), (%s, 'waits', NULL)$$, :lift, :small), 'and each one that waits has its reason');
SELECT results_eq(format('SELECT tasks, assigned, waiting FROM rui.dispatch(%s, ''r1'', %L)', :project, :'ten'), 'VALUES (4, 2, 2)', 'a request key gives the first answer');
SELECT is((SELECT count(*) FROM rui.dispatch_run), 4::bigint, 'and makes no other run');
SELECT results_eq(format('SELECT r.weights ->> ''away'', r.workers, r.tasks FROM rui.dispatch_run r ORDER BY id DESC LIMIT 1'), $$VALUES ('900', 3, 4)$$, 'a run keeps what it used');

-- What goes on waiting is told once, until something is otherwise.
SELECT is((SELECT waiting FROM rui.dispatch(:project, NULL, '2026-03-02 10:01+08')), 2, 'a minute later two wait still');
SELECT is((SELECT count(*) FROM rui.dispatch_offer WHERE task_id IN (:lift, :small)), 2::bigint, 'which is not written again');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :project AND kind = 'dispatch.run'), 4::bigint, 'nor told');
INSERT INTO rui.qualification (company_id, party_id, kind, code, level, valid, source) SELECT :company, w.id, 'licence', 'lift', 3, '[2020-01-01,)', 'x' FROM who w WHERE w.code = 'full';
SELECT is((SELECT waiting FROM rui.dispatch(:project, NULL, '2026-03-02 10:02+08')), 2, 'somebody learns about lifts, who has no place');
SELECT results_eq(format('SELECT task_id, outcome FROM rui.dispatch_offer WHERE task_id IN (%s, %s) ORDER BY run_id, task_id', :lift, :small),
	format($$VALUES (%s::bigint, 'no_candidate'), (%s, 'waits'), (%1$s, 'waits')$$, :lift, :small), 'one waits for another reason now');

-- Rejected work goes elsewhere; accepted work stays.
SELECT rui.reject_ticket(:project, :leak, 'no tools', NULL, '2026-03-02 10:05+08') \g /dev/null
SELECT is((SELECT refused_cost FROM rui.explain_dispatch(:project, :leak, 'en', '2026-03-02 10:05+08') e JOIN who w ON w.id = e.party_id WHERE w.code = 'paul'), 3600::float8, 'to have given a task back costs');
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, '2026-03-02 10:06+08')), 1, 'but less than waiting for nobody else');
SELECT is(pg_temp.executor(:leak), 'paul', 'so the only plumber gets it again');
SELECT rui.accept_ticket(:project, :leak, NULL, '2026-03-02 10:07+08') \g /dev/null
SELECT rui.arrive_ticket(:project, :leak, NULL, '2026-03-02 10:08+08') \g /dev/null
SELECT is((SELECT assigned FROM rui.dispatch(:project, NULL, '2026-03-02 10:09+08')), 0, 'accepted work never moves');
SELECT is((SELECT ST_AsText(place) FROM rui._dispatch_workers(:project, '2026-03-02 10:09+08') d JOIN who w ON w.id = d.party_id WHERE w.code = 'paul'),
	'POINT(10.095 50.005)', 'who has arrived somewhere is there');

-- Instants: shifts are half-open, qualifications end when they end.
SELECT is((SELECT rule FROM rui._dispatch_workers(:project, '2026-03-02 17:59:59+08') d JOIN who w ON w.id = d.party_id WHERE w.code = 'late'), 'off_shift', 'not yet on shift');
SELECT is((SELECT rule FROM rui._dispatch_workers(:project, '2026-03-02 18:00+08') d JOIN who w ON w.id = d.party_id WHERE w.code = 'late'), NULL, 'on shift from its first instant');
SELECT is((SELECT rule FROM rui._dispatch_workers(:project, '2026-03-02 18:00+08') d JOIN who w ON w.id = d.party_id WHERE w.code = 'ben'), 'off_shift', 'off shift at its end');
SELECT is((SELECT rule FROM rui.explain_dispatch(:project, :leak, 'en', '2026-03-03 09:00+08') e JOIN who w ON w.id = e.party_id WHERE w.code = 'paul'), 'not_qualified', 'a lapsed qualification excludes from that instant on');

-- The price of waiting grows towards the promise.
SELECT rui.set_sla_policy(:other_project, 'always', response => '2 hours') \g /dev/null
SELECT rui.set_ticket_category(:other_project, 'general', 'general', 'general') \g /dev/null
SELECT pg_temp.need(:other_project, 'general', 10.095, 50.005) AS promised \gset
SELECT results_eq(format($$SELECT a.h, (SELECT t.penalty FROM rui._dispatch_tasks(%s, rui._dispatch_weights(%s), timestamptz '2026-03-02 09:00+08' + a.h * interval '1 hour', NULL) t)
	FROM generate_series(0, 3) AS a(h)$$, :other_project, :other_project),
	$$VALUES (0, 199800::float8), (1, 207900), (2, 216000), (3, 216000)$$,
	'from within a day before, tenfold when it is broken');
SELECT results_eq(format('SELECT tasks, assigned, waiting, objective FROM rui.dispatch(%s, NULL, %L)', :other_project, '2026-03-02 12:00+08'), 'VALUES (1, 0, 1, 216000::float8)', 'without staff everything waits');

-- Weights are data.
SELECT rui.set_dispatch_weight(:project, 'away', 12345) \g /dev/null
SELECT is(rui._dispatch_weights(:project) ->> 'away', '12345', 'a project has its own weights');
SELECT is(rui._dispatch_weights(:other_project) ->> 'away', '900', 'others keep the standard');
SELECT rui.set_dispatch_weight(:project, 'away', NULL) \g /dev/null
SELECT is(rui._dispatch_weights(:project) ->> 'away', '900', 'null is the standard again');

-- The best of all ways: every way of giving four tasks to three people, or
-- to nobody, counted one by one.
DELETE FROM rui.shift s USING rui.post p WHERE s.party_id NOT IN (SELECT id FROM who WHERE code IN ('anna', 'ben', 'paul'));
SELECT rui.cancel_ticket(:project, t.id, 'over', NULL, '2026-03-02 11:00+08') FROM rui.task t WHERE t.project_id = :project AND t.state IN ('new', 'triaged', 'assigned') \g /dev/null
SELECT setseed(0.5) \g /dev/null
SELECT pg_temp.need(:project, CASE i WHEN 3 THEN 'leak' ELSE 'general' END, 10.09 + random() * 0.02, 50 + random() * 0.01, 1 + i) FROM generate_series(1, 4) i \g /dev/null
CREATE TEMP TABLE pair AS SELECT p.task_id, p.party_id, p.penalty, p.capacity, p.walk_cost + p.away_cost + p.level_cost + p.refused_cost + p.load_cost AS cost
FROM rui._dispatch_pairs(:project, rui._dispatch_weights(:project), '2026-03-02 12:00+08', NULL) p;
CREATE TEMP TABLE choice AS SELECT dense_rank() OVER (ORDER BY task_id) AS n, task_id, party_id, cost, capacity FROM pair
UNION ALL SELECT dense_rank() OVER (ORDER BY task_id), task_id, NULL, penalty, NULL FROM (SELECT DISTINCT task_id, penalty FROM pair) x;
CREATE TEMP TABLE best AS
WITH RECURSIVE way AS (
	SELECT 0::bigint AS n, 0::float8 AS cost, '{}'::bigint[] AS parties
	UNION ALL
	SELECT c.n, w.cost + c.cost + CASE WHEN c.party_id IS NULL THEN 0 ELSE 120 * cardinality(array_positions(w.parties, c.party_id)) END, w.parties || c.party_id
	FROM way w JOIN choice c ON c.n = w.n + 1
	WHERE c.party_id IS NULL OR cardinality(array_positions(w.parties, c.party_id)) < c.capacity)
SELECT min(cost) AS cost, count(*) AS ways FROM way WHERE n = 4;
SELECT cmp_ok((SELECT ways FROM best), '>', 50::bigint, 'many ways');
SELECT is((SELECT objective FROM rui.dispatch(:project, NULL, '2026-03-02 12:00+08')), (SELECT cost FROM best), 'dispatch finds the best one');

-- Who may look.
SELECT id AS anna FROM who WHERE code = 'anna' \gset
SET LOCAL rui.party_id = :'anna';
SELECT throws_ok(format('SELECT rui.dispatch(%s)', :project), '42501', NULL, 'a steward does not dispatch');
GRANT SELECT ON who TO rui_steward;
SET LOCAL ROLE rui_steward;
SELECT ok((SELECT bool_and(party_id = :anna) FROM rui.dispatch_offer), 'and sees her own offers only');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
