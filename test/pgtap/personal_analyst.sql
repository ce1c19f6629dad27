-- What analysts read: no row of a person, no figure of few homes, and none that
-- can be worked out from others. Every relation and every permission of theirs
-- is stated.
BEGIN;
SET LOCAL jit = off;
SELECT plan(58);
\ir fixture/estate.sql

-- The lint -------------------------------------------------------------------
CREATE TEMP VIEW analyst_column AS
SELECT c.relname AS relation, a.attname AS name, r.form, t.class FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN rui.platform_table t ON t.table_name = c.relname
LEFT JOIN rui.analyst_relation r ON r.relation_name = c.relname
WHERE c.relnamespace = 'rui'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_column_privilege('rui_analyst', c.oid, a.attnum, 'SELECT')
	AND t.class IS DISTINCT FROM 'reference';
SELECT is_empty($$SELECT DISTINCT relation FROM analyst_column WHERE form IS NULL OR form = 'closed'$$,
	'what analysts read is declared by rui._analysts_read, and not closed');
SELECT is_empty($$SELECT relation_name FROM rui.analyst_relation r WHERE to_regclass(format('rui.%I', relation_name)) IS NULL
	OR form <> 'closed' AND NOT has_any_column_privilege('rui_analyst', to_regclass(format('rui.%I', relation_name)), 'SELECT')$$, 'what is declared is there to be read');
SELECT is_empty($$SELECT r.relation_name, h.name FROM rui.analyst_relation r CROSS JOIN unnest(r.hidden) AS h(name)
	WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('rui.%I', r.relation_name)::regclass AND a.attname = h.name)$$, 'hidden columns exist');
SELECT is_empty($$SELECT c.relation, c.name FROM analyst_column c JOIN rui.personal_table p ON p.table_name = c.relation
	WHERE c.name::text = ANY (p.subjects || p.actors) AND c.form IS DISTINCT FROM 'staff'$$, 'no column that says about whom a row is, or who acted');
SELECT is_empty($$SELECT c.relation FROM analyst_column c JOIN rui.personal_table p ON p.table_name = c.relation WHERE p.also IS NOT NULL$$,
	'nor a table whose rows are of people by another one');
SELECT is_empty($$SELECT c.relation, c.name FROM analyst_column c JOIN rui.personal_text p ON p.table_name = c.relation WHERE c.name::text = ANY (p.written || p.linked)$$,
	'nor one in which people write');
SELECT is_empty($$SELECT p.tablename FROM pg_policies p JOIN rui.analyst_relation r ON r.relation_name = p.tablename
	WHERE p.schemaname = 'rui' AND 'rui_analyst' = ANY (p.roles) AND r.form = 'closed'$$, 'closed tables have no policy for them');
-- Views that analysts may read can be read: nothing below is closed.
SELECT lives_ok(format('SET LOCAL ROLE rui_analyst; SELECT %s FROM rui.%I LIMIT 0; RESET ROLE', string_agg(quote_ident(c.name), ', '), c.relation), 'they read ' || c.relation)
FROM analyst_column c JOIN pg_class k ON k.oid = format('rui.%I', c.relation)::regclass AND k.relkind = 'v' GROUP BY c.relation ORDER BY c.relation;
SELECT bag_eq($$SELECT permission FROM rui.role_permission WHERE role_code = 'analyst'$$,
	-- Counts; places and ways; grids; the books as a whole; one's own.
	'{count_people,search,search_homes,see_places,see_walks,see_grids,ask_grid,see_site_results,see_own_funds,read_messages,read_own_data}'::text[],
	'what analysts may call is stated: each counts, tells of places or sums, or of the caller');

-- A community: two grids of three and two buildings, ten homes each -------------
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'analyst', 'Analyst') RETURNING id AS analyst \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :analyst, 'analyst', '[2000-01-01,)');
INSERT INTO rui.building (project_id, code, footprint, entrance)
SELECT :two, 'a' || n, ST_Multi(ST_MakeEnvelope(118.81 + n * 0.001, 32.05, 118.8105 + n * 0.001, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8102 + n * 0.001, 32.05), 4326)
FROM generate_series(1, 5) n;
INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2)
SELECT b.project_id, b.id, b.code || '-' || n, 'home', 80 FROM rui.building b CROSS JOIN generate_series(1, 10) n WHERE b.project_id = :two AND b.code ~ '^a';
CREATE TEMP TABLE home AS
SELECT u.id, b.id AS building_id, b.code AS building, row_number() OVER (PARTITION BY b.id ORDER BY u.id)::integer AS place, b.entrance
FROM rui.unit u JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id WHERE u.project_id = :two AND b.code ~ '^a';
SET LOCAL session_replication_role = replica;
INSERT INTO rui.grid_plan (project_id, id, state, last_action, proposed_at, activated_at, options, grids, buildings, homes, moved_homes, imbalance, compactness, cut_m, disconnected)
VALUES (:two, 71, 'active', 'activate', '2026-01-01', '2026-01-02', '{}', 2, 5, 50, 0, 0, 1, 0, 0);
INSERT INTO rui.grid (project_id, id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :two, 70 + n, 71, 'g' || n, ST_Multi(ST_MakeEnvelope(118.8, 32, 118.9, 32.1, 4326)), CASE n WHEN 1 THEN :zhao WHEN 2 THEN :qian END, 3, 30, 30, 1, 1 FROM generate_series(1, 2) n;
INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, cell_id, homes, workload)
SELECT DISTINCT :two, 71, h.building_id, CASE WHEN h.building < 'a4' THEN 71 ELSE 72 END, 1, 10, 10 FROM home h;
-- In March: of a1 two homes, of a2 six, of a3 seven, of a4 ten, of a5 none.
INSERT INTO rui.task (project_id, id, kind, category, place, unit_id, building_id, priority, is_emergency, skill_level, service, opened_at, assigned_at, completed_at, ended_at, state, last_action, last_at)
SELECT :two, 7000 + row_number() OVER (ORDER BY h.id), 'ticket', CASE WHEN h.place <= 3 THEN 'lift' ELSE 'pipe' END, h.entrance, h.id, h.building_id, 3, false, 1, '1:00',
	'2026-03-10 08:00+08', '2026-03-10 08:10+08', '2026-03-11', '2026-03-11', 'cancelled', 'cancel', '2026-03-11'
FROM home h WHERE h.place <= CASE h.building WHEN 'a1' THEN 2 WHEN 'a2' THEN 6 WHEN 'a3' THEN 7 WHEN 'a4' THEN 10 ELSE 0 END;
-- Outside: of seven people in one square, of one in another.
INSERT INTO rui.task (project_id, id, kind, category, place, priority, is_emergency, skill_level, service, opened_at, completed_at, ended_at, state, last_action, last_at)
SELECT :two, 7100 + n, 'ticket', 'pipe', ST_SetSRID(ST_MakePoint(CASE WHEN n <= 7 THEN 118.9 ELSE 118.95 END, 32.06), 4326), 3, false, 1, '1:00', '2026-03-12 08:00+08', '2026-03-12 12:00+08', '2026-03-12 12:00+08', 'cancelled', 'cancel', '2026-03-12'
FROM generate_series(1, 8) n;
INSERT INTO rui.ticket (project_id, id, source, reporter_id, details, rating, rated_at, rated_by)
SELECT t.project_id, t.id, 'call', 9000 + t.id, 'words', CASE WHEN t.id % 5 = 0 THEN 1 END, CASE WHEN t.id % 5 = 0 THEN t.ended_at END, CASE WHEN t.id % 5 = 0 THEN 1 END FROM rui.task t WHERE t.project_id = :two;
INSERT INTO rui.task_clock (project_id, task_id, target, calendar_code, judged_by, started_at, first_target, first_calendar, clock, cycle, state, stopped_at, on_time, late_working, late_wall)
SELECT t.project_id, t.id, 'resolution', 'always', 'wall', t.opened_at, '1:00', 'always', rui.clock_stop(rui.clock_start(c.c, t.opened_at, '1:00'), c.c, t.opened_at + interval '2 hours'), 1, 'stopped', t.opened_at + interval '2 hours',
	t.id % 4 <> 0, '0', '0' FROM rui.task t CROSS JOIN (SELECT rui._calendar_of(:two, 'always')) AS c(c) WHERE t.project_id = :two AND t.category = 'pipe';
INSERT INTO rui.fee_item (project_id, id, code, name, payer, revenue_account_id) VALUES (:two, 7001, 'fee', 'Fee', 'owner', 1), (:two, 7002, 'water', 'Water', 'owner', 1);
-- Of a1 nine homes owe 100 and one 90000; of a2 three, of a3 six, of a4 ten 100 each.
INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, source, period, quantity, net, tax, gross, due_on, at)
SELECT :two, CASE WHEN h.place = 1 THEN 7002 ELSE 7001 END, h.id, :zhao, 'plan', '[2026-02-01,2026-03-01)', 1, g.gross, 0, g.gross, '2026-02-20', '2026-02-01'
FROM home h CROSS JOIN LATERAL (SELECT CASE WHEN h.building = 'a1' AND h.place = 2 THEN 90000.00 ELSE 100.00 END AS gross) g
WHERE h.place <= CASE h.building WHEN 'a1' THEN 10 WHEN 'a2' THEN 3 WHEN 'a3' THEN 6 WHEN 'a4' THEN 10 ELSE 0 END;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT :two, h.id, '[2020-01-01,)' FROM home h WHERE h.building <> 'a1' AND (h.building <> 'a2' OR h.place < 9);
SET LOCAL session_replication_role = origin;

SELECT set_config('rui.party_id', :'analyst', true) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT results_eq(format('SELECT split, homes, tickets, is_suppressed FROM rui.count_tickets(%s, ''2026-03-01'', ''building'')', :two), $$VALUES
	('-', 8::bigint, 8::bigint, false), ('a1', NULL, NULL, true), ('a2', NULL, NULL, true), ('a3', 7, 7, false), ('a4', 10, 10, false), (NULL, 33, 33, false)$$,
	'a building of two homes is hidden, and the smallest other one of its grid');
SELECT results_eq(format('SELECT split, homes FROM rui.count_tickets(%s, ''2026-03-01'', ''grid'')', :two),
	$$VALUES ('-', 8::bigint), ('g1', 15), ('g2', 10), (NULL, 33)$$, 'grids are shown');
SELECT set_eq(format('SELECT split, homes FROM rui.count_tickets(%s, ''2026-03-01'', ''steward'')', :two),
	format($$VALUES ('%s', 15::bigint), ('%s', 10), ('-', 8), (NULL, 33)$$, :zhao, :qian), 'and stewards, by an id');
SELECT is_empty('SELECT id FROM rui.grid WHERE steward_id IN (SELECT p.id FROM unnest(ARRAY[0]) AS p(id))', 'whose names they do not read');
SELECT throws_ok('SELECT name FROM rui.party', '42501', NULL, 'not of anybody');
SELECT results_eq(format('SELECT split, ratings, mean_rating, tickets FROM rui.count_tickets(%s, ''2026-03-01'', ''category'')', :two),
	$$VALUES ('lift', NULL::bigint, NULL::numeric, 11::bigint), ('pipe', NULL, NULL, 22), (NULL, 6, 1.00, 33)$$, 'what few have rated is hidden, the tickets are not');
SELECT results_eq(format('SELECT split, clocks, on_time, late, share, is_suppressed FROM rui.count_attainment(%s, ''2026-03-01'')', :two),
	format($$VALUES ('lift', 0::bigint, 0::bigint, 0::bigint, NULL::numeric, false), ('pipe', 22, %1$s, 22 - %1$s, round(%1$s / 22.0, 4), false),
		(NULL, 22, %1$s, 22 - %1$s, round(%1$s / 22.0, 4), false)$$, 16), 'shares are of all clocks of the group');
SELECT is((SELECT bool_and(a.is_suppressed >= t.is_suppressed) FROM rui.count_attainment(:two, '2026-03-01', split_by => 'building') a
	JOIN rui.count_tickets(:two, '2026-03-01', 'building') t USING (split)), true, 'what is hidden of tickets is hidden of clocks');
SELECT results_eq(format('SELECT homes, needs, days FROM rui.count_heat(%s, ''2026-03-01'', 22)', :two), 'SELECT 0::bigint, 0::bigint, 0::bigint WHERE false',
	'a square of one person hides the other');
SELECT results_eq(format('SELECT homes, needs, days FROM rui.count_heat(%s, ''2026-03-01'', 2)', :two), 'VALUES (8::bigint, 8::bigint, 1::bigint)', 'a large one tells of both');

-- Money.
SELECT results_eq(format('SELECT split, debtors, amount, is_suppressed FROM rui.count_arrears(%s, ''2026-03-01'', ''grid'')', :two),
	$$VALUES ('g1', NULL::bigint, NULL::numeric, true), ('g2', NULL, NULL, true), (NULL, NULL, NULL, true)$$, 'one owes nearly everything: nothing is told');
SELECT results_eq(format('SELECT split, payers, charged, rate FROM rui.count_collection(%s, ''2026-02-01'', ''building'')', :two),
	$$VALUES ('a1', NULL::bigint, NULL::numeric, NULL::numeric), ('a2', NULL, NULL, NULL), ('a3', NULL, NULL, NULL), ('a4', NULL, NULL, NULL), (NULL, NULL, NULL, NULL)$$,
	'nor what is charged');
RESET ROLE;
SET LOCAL session_replication_role = replica;
UPDATE rui.charge SET gross = 200, net = 200 WHERE project_id = :two AND gross = 90000;
SET LOCAL session_replication_role = origin;
SET LOCAL ROLE rui_analyst;
SELECT results_eq(format('SELECT split, debtors, amount, is_suppressed FROM rui.count_arrears(%s, ''2026-03-01'', ''building'')', :two),
	$$VALUES ('a1', 10::bigint, 1100.00, false), ('a2', NULL, NULL, true), ('a3', NULL, NULL, true), ('a4', 10, 1000.00, false), (NULL, 29, 3000.00, false)$$,
	'else buildings of enough debtors are');
SELECT results_eq(format('SELECT split, debtors, amount FROM rui.count_arrears(%s, ''2026-03-01'', ''age'')', :two), $$VALUES ('31-60', 25::bigint, 3000::numeric), (NULL, 29, 3000.00)$$,
	'by age, debtors down to a multiple of the threshold and amounts rounded');
SELECT results_eq(format('SELECT split, amount, is_suppressed FROM rui.count_arrears(%s, ''2026-03-01'', ''fee_item'')', :two),
	$$VALUES ('fee', NULL::numeric, true), ('water', NULL, true), (NULL, 3000.00, false)$$, 'water is owed by four');
SELECT results_eq(format('SELECT * FROM rui.count_ageing(%s, ''2026-03-01'')', :two),
	$$VALUES ('g1', '31-60', 19::bigint, 2000.00, false), ('g2', '31-60', 10, 1000.00, false)$$, 'by age within grids');
RESET ROLE;
SET LOCAL session_replication_role = replica;
UPDATE rui.charge c SET due_on = '2026-03-20' FROM home h WHERE c.project_id = :two AND h.id = c.unit_id AND h.building = 'a4' AND h.place > 7;
SET LOCAL session_replication_role = origin;
SET LOCAL ROLE rui_analyst;
SELECT results_eq(format('SELECT * FROM rui.count_ageing(%s, ''2026-03-01'')', :two),
	$$VALUES ('g1', '31-60', 19::bigint, 2000.00, false), ('g2', '1-30', NULL, NULL, true), ('g2', '31-60', NULL, NULL, true)$$, 'three debtors of an age are hidden, and the others with them');
SELECT results_eq(format('SELECT split, debtors, amount FROM rui.count_arrears(%s, ''2026-03-01'', ''age'')', :two),
	$$VALUES ('1-30', NULL::bigint, NULL::numeric), ('31-60', NULL, NULL), (NULL, 29, 3000.00)$$, 'by age alone too');
SELECT results_eq(format('SELECT split, payers, charged, collected, rate FROM rui.count_collection(%s, ''2026-02-01'', ''grid'')', :two),
	$$VALUES ('g1', 19::bigint, 2000.00, 0.00, 0.000000), ('g2', 10, 1000.00, 0.00, 0.000000), (NULL, 29, 3000.00, 0.00, 0.000000)$$, 'a rate of a whole group');
SELECT results_eq(format('SELECT split, units, lived_in, empty FROM rui.count_homes(%s, ''2026-03-01'')', :two), $$VALUES ('a1', 10::bigint, NULL::bigint, NULL::bigint),
	('a2', 10, NULL, NULL), ('a3', 10, NULL, NULL), ('a4', 10, 10, 0), ('a5', 10, 10, 0), ('b1', 1, NULL, NULL), (NULL, 51, 38, 13)$$,
	'the home outside of grids is hidden, and with it a whole grid');
RESET ROLE;

-- Attacks --------------------------------------------------------------------
SET LOCAL ROLE rui_analyst;
SELECT throws_ok(format('SELECT %s', a.what), '42501', NULL, a.about) FROM (VALUES
	('FROM rui.task WHERE unit_id = 1', 'no filter finds a home: its needs'), ('FROM rui.charge WHERE unit_id = 1', 'what it is charged'),
	('FROM rui.household', 'who lives there'), ('FROM rui.meter_reading', 'what it uses'), ('sum(amount) FROM rui.posting', 'what was posted at an instant'),
	('count(*) FROM rui.attainment_by_hour', 'sums that hide nothing'), (format('* FROM rui.heat(%s, 20, now() - interval ''1 day'', now())', :two), 'squares as small as a home'),
	(format('* FROM rui.report_tickets(%s, now() - interval ''1 minute'', now())', :two), 'a span of a minute'),
	(format('* FROM rui.arrears(%s)', :two), 'debts unit by unit'), (format('* FROM rui.vacancy(%s, 1, ''2026-03-01'')', :two), 'whether somebody is at home')) AS a(what, about);
SELECT throws_ok(format('SELECT * FROM rui.%s', a.call), '22023', NULL, a.about) FROM (VALUES
	(format('count_tickets(%s, ''2026-03-02'')', :two), 'no other day'),
	(format('count_tickets(%s, date_trunc(''month'', now())::date)', :two), 'nor a month that goes on'),
	(format('count_arrears(%s, ''2026-03-01'', ''unit'')', :two), 'nor by unit'),
	(format('count_heat(%s, ''2026-03-01'', 23)', :two), 'nor smaller squares')) AS a(call, about);
SELECT throws_ok(format('SELECT * FROM rui.count_tickets(%s, ''2026-03-01'')', :one), '42501', NULL, 'nor in another project');
CREATE TEMP TABLE published AS
SELECT s.split_by, t.split, t.homes FROM unnest('{building,grid,steward,category,hour}'::text[]) AS s(split_by)
CROSS JOIN LATERAL rui.count_tickets(:two, '2026-03-01', s.split_by) t;
RESET ROLE;
-- Whatever is shown of a place less what is shown of its parts.
SELECT is_empty($$WITH truth AS (SELECT h.building, CASE WHEN h.building < 'a4' THEN 'g1' ELSE 'g2' END AS grid, count(*) AS n FROM rui.task t JOIN home h ON h.id = t.unit_id GROUP BY 1, 2)
	SELECT p.split, p.homes - sum(b.homes) FROM published p JOIN truth t ON t.grid = p.split JOIN published b ON b.split_by = 'building' AND b.split = t.building
	WHERE p.split_by = 'grid' AND p.homes IS NOT NULL GROUP BY p.split, p.homes HAVING p.homes - coalesce(sum(b.homes), 0) BETWEEN 1 AND 4$$, 'differences of places tell of nobody');
SELECT is_empty($$SELECT DISTINCT split_by FROM published WHERE split IS NULL AND homes IS DISTINCT FROM 33$$, 'totals are alike, shown by every key or by none');
-- A law, for hundreds of trees: of every whole what is not shown is of nobody,
-- or of two parts and people enough; and nothing is shown of what is hidden.
SELECT is_empty($$WITH tree AS (
		SELECT s.seed, array_agg(format(E'%s\n%s\n%s', r.x % 3, r.x / 3 % 3, r.x / 9 % 3) ORDER BY r.n) AS paths, array_agg((abs(hashint4(s.seed * 977 + r.n)) % 40)::bigint ORDER BY r.n) AS people
		FROM generate_series(1, 40) AS s(seed) CROSS JOIN LATERAL (SELECT n, abs(hashint4(s.seed * 31 + n)) % 27 AS x FROM generate_series(1, 10 + s.seed % 50) n) r GROUP BY s.seed
	), line AS (
		SELECT t.seed, d.depth, array_to_string((string_to_array(u.path, E'\n'))[:d.depth - 1], '/') AS whole, array_to_string((string_to_array(u.path, E'\n'))[:d.depth], '/') AS part,
			u.person, u.shown
		FROM tree t CROSS JOIN generate_series(1, 3) AS d(depth)
		CROSS JOIN LATERAL (SELECT array_agg(array_to_string((string_to_array(p.path, E'\n'))[:d.depth], E'\n') ORDER BY p.n) AS cut FROM unnest(t.paths) WITH ORDINALITY AS p(path, n)) c
		CROSS JOIN LATERAL rui._suppress_tree(c.cut, t.people, 5) v
		CROSS JOIN LATERAL unnest(t.paths, t.people, v.shown) AS u(path, person, shown)
	), part AS (
		SELECT l.seed, l.depth, l.whole, l.part, bool_and(l.shown) AS shown, bool_or(l.shown) AS some_shown, count(DISTINCT l.person) AS n FROM line l GROUP BY 1, 2, 3, 4)
	SELECT w.seed, w.whole FROM part w LEFT JOIN part up ON up.seed = w.seed AND up.part = w.whole AND up.depth = w.depth - 1
	GROUP BY w.seed, w.whole, w.depth, up.shown
	HAVING bool_or(w.shown <> w.some_shown) OR bool_or(w.shown AND w.n BETWEEN 1 AND 4) OR up.shown IS NOT DISTINCT FROM false AND bool_or(w.shown)
		OR up.shown IS NOT false AND count(*) FILTER (WHERE NOT w.shown) > 0 AND bool_or(w.shown)
			AND (count(*) FILTER (WHERE NOT w.shown) < 2 OR max(w.n) FILTER (WHERE NOT w.shown) < 5)$$, 'what is hidden cannot be worked out');
SELECT * FROM finish();
ROLLBACK;
