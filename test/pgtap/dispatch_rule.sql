-- Dispatch: every rule shown excluding somebody, rings, emergencies, the price
-- of moving, overrides with their regret by hand, fairness, rolled back changes.
BEGIN;
SELECT plan(55);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT rui.set_dispatch_weight(:project, t, 0) FROM unnest('{offer,offer_emergency}'::text[]) t \g /dev/null
SELECT is((SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","role":"steward"},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","role":"steward"},
	{"code":"cleo","name":"Cleo","staff_no":"3","from":"2020-01-01","role":"steward"},
	{"code":"paul","name":"Paul","staff_no":"4","from":"2020-01-01","qualifications":[{"code":"plumbing","level":3,"to":"2026-03-03"}]},
	{"code":"prue","name":"Prue","staff_no":"5","from":"2020-01-01","qualifications":[{"code":"plumbing","level":1}]},
	{"code":"late","name":"Late","staff_no":"6","from":"2020-01-01"},
	{"code":"sick","name":"Sick","staff_no":"7","from":"2020-01-01"},
	{"code":"full","name":"Full","staff_no":"8","from":"2020-01-01","qualifications":[{"code":"plumbing","level":2}]},
	{"code":"quit","name":"Quit","staff_no":"9","from":"2020-01-01"},
	{"code":"gone","name":"Gone","staff_no":"10","from":"2020-01-01"},
	{"code":"firm","name":"Firm","staff_no":"11","from":"2020-01-01","role":"partner","qualifications":[{"code":"plumbing","level":2}]}]') WHERE accepted), 11::bigint, 'staff');
CREATE TEMP TABLE who AS SELECT p.code, p.id FROM rui.party p WHERE p.company_id = :company;
SELECT id AS anna FROM who WHERE code = 'anna' \gset
SELECT id AS ben FROM who WHERE code = 'ben' \gset
SELECT id AS paul FROM who WHERE code = 'paul' \gset
SELECT rui.import_posts(:project, '[{"code":"p","name":"Post","module":"steward"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:project, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', w.code,
	'from', '2026-03-02 ' || CASE w.code WHEN 'late' THEN '18' ELSE '08' END || ':00', 'to', '2026-03-02 20:00',
	'capacity', CASE w.code WHEN 'full' THEN 0 WHEN 'anna' THEN 1 WHEN 'ben' THEN 2 ELSE 3 END)) FROM who w WHERE w.code <> 'director')) \g /dev/null
UPDATE rui.shift SET last_action = 'report_absent' WHERE party_id = (SELECT id FROM who WHERE code = 'sick');
UPDATE rui.membership SET valid = '[2020-01-01,2026-03-02 00:00+00)' WHERE party_id = (SELECT id FROM who WHERE code = 'gone');
UPDATE rui.staff SET employed = '[2020-01-01,2026-03-02)' WHERE party_id = (SELECT id FROM who WHERE code = 'quit');
SELECT rui.set_ticket_category(:project, c, c, c, skill => s, skill_level => l) FROM (VALUES ('general', NULL, 1), ('leak', 'plumbing', 2)) AS t(c, s, l) \g /dev/null
-- Three grids side by side: anna's touches ben's, ben's touches cleo's.
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:project, '2026-01-01', '{}', 3) RETURNING id AS plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, steward_id, buildings, homes, workload, area_m2, compactness)
SELECT :project, :plan, g.code, ST_Multi(ST_MakeEnvelope(g.west, 50, g.west + 0.01, 50.01, 4326)), w.id, 0, 0, 0, 1, 1
FROM (VALUES ('G01', 10.09, 'anna'), ('G02', 10.1, 'ben'), ('G03', 10.11, 'cleo')) AS g(code, west, steward) JOIN who w ON w.code = g.steward;
SELECT rui.approve_grids(:project, :plan, NULL, '2026-01-02') \g /dev/null
SELECT rui.activate_grids(:project, :plan, NULL, '2026-01-03') \g /dev/null
CREATE FUNCTION pg_temp.need(project bigint, category text, lon float8, priority int DEFAULT 3, at timestamptz DEFAULT '2026-03-02 09:00+08', emergency boolean DEFAULT false) RETURNS bigint
LANGUAGE sql AS $$SELECT rui.open_ticket(project, category, 'need', place => ST_SetSRID(ST_MakePoint(lon, 50.005), 4326), priority => priority, is_emergency => emergency, at => at)$$;
CREATE FUNCTION pg_temp.has(task bigint) RETURNS text LANGUAGE sql AS $$SELECT coalesce(w.code, t.state) FROM rui.task t LEFT JOIN who w ON w.id = t.executor_id AND t.state <> 'triaged' WHERE t.id = task$$;

-- One rule each, with what would have to change, in both languages.
SELECT pg_temp.need(:project, 'leak', 10.095) AS leak \gset
CREATE TEMP TABLE said AS SELECT w.code, e.rule, e.rule_text AS en, e.change_text AS change_en, z.rule_text AS zh, z.change_text AS change_zh
FROM rui.explain_dispatch(:project, :leak, 'en', '2026-03-02 09:10+08') e JOIN rui.explain_dispatch(:project, :leak, 'zh', '2026-03-02 09:10+08') z USING (party_id) JOIN who w ON w.id = e.party_id;
SELECT is((SELECT en || ' / ' || zh || ' / ' || change_en || ' / ' || change_zh FROM said WHERE rule = r), says, r) FROM (VALUES
	('no_role', 'has no role here that works on tasks / 在本项目没有作业角色 / give him the role staff, steward or partner / 授予员工、管家或合作伙伴角色'),
	('not_employed', 'is not employed / 不在职 / he must be employed on that day / 当日须在职'),
	('off_shift', 'is not on a shift / 不在班 / his next shift begins 2026-03-02 18:00 / 下一班次 2026-03-02 18:00 开始'),
	('absent', 'is absent / 缺勤 / he needs a published shift / 须有已发布的班次'),
	('level_too_low', 'is qualified below the level needed / 资质等级不够 / he needs plumbing of level 2, and has 1 / plumbing 等级须达 2，现为 1'),
	('no_capacity', 'holds as many tasks as possible / 在手任务已满 / his shift must take tasks: it takes none / 班次容量为 0，须提高班次容量'),
	('outside_ring', 'is outside the ring that is asked so far / 尚未轮到该范围派单 / from 2026-03-02 09:30 on the ring is: partners / 2026-03-02 09:30 起派单范围扩大到合作伙伴')) AS r(r, says);
SELECT is((SELECT string_agg(code, ',' ORDER BY code) FROM said WHERE rule = 'not_qualified'), 'anna,ben,cleo', 'not qualified');
SELECT is((SELECT change_en || ' / ' || change_zh FROM said WHERE code = 'anna'), 'he needs a valid plumbing of level 2 / 须持有效资质 plumbing，等级不低于 2', 'what anna lacks');
SELECT is((SELECT string_agg(code, ',') FROM said WHERE rule IS NULL), 'paul', 'one is left');
SELECT is((SELECT rule FROM rui.explain_dispatch(:project, :leak, 'en', '2026-03-03 09:00+08') e WHERE e.party_id = :paul), 'off_shift', 'nobody works when his shift is over');
SELECT throws_ok(format('SELECT * FROM rui.dispatch_task(%s, %s)', :project, -1), 'P0002', NULL, 'an unknown task');

-- Capacities: each rule is lifted, and its work comes to whom it kept out.
SELECT party_id = :paul AS to_paul FROM rui.dispatch_task(:project, :leak, NULL, '2026-03-02 09:10+08') \gset
SELECT ok(:'to_paul', 'one task is given to the one who can');
SELECT pg_temp.need(:project, 'leak', 10.095) AS leak2 \gset
UPDATE rui.qualification SET valid = tstzrange(lower(valid), '2026-03-02 09:00+08') WHERE party_id = :paul;
SELECT is((SELECT party_id FROM rui.dispatch_task(:project, :leak2, NULL, '2026-03-02 09:11+08')), NULL, 'a qualification taken away ends work at once');
UPDATE rui.qualification SET valid = tstzrange(lower(valid), '2026-03-03 09:00+08') WHERE party_id = :paul;

-- Rings: own grid, then neighbours, then the site, then partners; by duty, each told once.
SELECT rui.set_dispatch_weight(:project, t, v) FROM (VALUES ('ring_neighbours', 600), ('ring_site', 1200), ('ring_partner', 1800)) AS w(t, v) \g /dev/null
DELETE FROM rui.shift WHERE party_id NOT IN (SELECT id FROM who WHERE code IN ('anna', 'ben', 'cleo', 'paul', 'firm'));
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 10:00+08') AS west \gset
CREATE FUNCTION pg_temp.asked(project bigint, task bigint, minute int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(w.code, ',' ORDER BY w.code) FROM rui._dispatch_pairs(project, rui._dispatch_weights(project), timestamptz '2026-03-02 10:00+08' + make_interval(mins => minute), ARRAY[task]) p JOIN who w ON w.id = p.party_id $$;
SELECT is(pg_temp.asked(:project, :west, m), who, 'after ' || m || ' minutes') FROM (VALUES (0, 'anna'), (9, 'anna'), (10, 'anna,ben'), (20, 'anna,ben,cleo,paul'), (30, 'anna,ben,cleo,firm,paul')) AS r(m, who);
UPDATE rui.shift SET capacity = 0 WHERE party_id IN (SELECT id FROM who WHERE code IN ('anna', 'ben', 'cleo', 'paul'));
SELECT is((SELECT done FROM rui.tick(:project, '2026-03-02 10:05+08') WHERE duty = 'dispatch'), 5::bigint, 'three rings for the leak that waits, and both leaks go to the partner');
SELECT is(pg_temp.has(:west), 'new', 'the neighbours are not asked yet');
SELECT is((SELECT done FROM rui.tick(:project, '2026-03-02 10:05:30+08') WHERE duty = 'dispatch'), 0::bigint, 'batches keep their distance');
SELECT rui.tick(:project, '2026-03-02 10:21+08') \g /dev/null
SELECT rui.tick(:project, '2026-03-02 10:31+08') \g /dev/null
SELECT results_eq(format('SELECT (payload ->> ''ring'')::int, at FROM rui.event WHERE kind = ''dispatch.ring'' AND subject_id = %s ORDER BY id', :west),
	$$VALUES (2, timestamptz '2026-03-02 10:10+08'), (3, '2026-03-02 10:20+08'), (4, '2026-03-02 10:30+08')$$, 'rings in order, each once, at their times');
SELECT is(pg_temp.has(:west), 'firm', 'at last a partner has it');
SELECT rui.set_dispatch_weight(:project, t, v) FROM (VALUES ('ring_neighbours', 0), ('ring_site', 0)) AS w(t, v) \g /dev/null
SELECT rui.cancel_ticket(:project, t.id, 'over', NULL, '2026-03-02 10:40+08') FROM rui.task t WHERE t.project_id = :project AND t.ended_at IS NULL \g /dev/null

-- The price of moving, in numbers: walk 0, away 900, load 120.
SELECT rui.set_dispatch_weight(:project, t, v) FROM (VALUES ('walk', 0), ('over_level', 0)) AS w(t, v) \g /dev/null
DELETE FROM rui.shift WHERE party_id NOT IN (:anna, :ben);
UPDATE rui.shift SET capacity = 1;
SELECT pg_temp.need(:project, 'general', 10.105, 3, '2026-03-02 11:00+08') AS east \gset
UPDATE rui.shift SET capacity = 0 WHERE party_id = :ben;
SELECT is((SELECT count(*) FROM rui.dispatch_task(:project, :east, NULL, '2026-03-02 11:00+08') WHERE party_id = :anna), 1::bigint, 'only anna has room: 900 for being away');
UPDATE rui.shift SET capacity = 1 WHERE party_id = :ben;
SELECT rui.set_dispatch_weight(:project, 'move', 1000) \g /dev/null
SELECT is((SELECT moved FROM rui.dispatch(:project, NULL, '2026-03-02 11:01+08')), 0, 'moving costs 1000 and saves 900: it stays');
SELECT is((SELECT move_cost FROM rui.explain_dispatch(:project, :east, 'en', '2026-03-02 11:01+08') WHERE party_id = :ben), 1000::float8, 'as explained');
SELECT is((SELECT change_text FROM rui.explain_dispatch(:project, :east, 'en', '2026-03-02 11:01+08') WHERE party_id = :ben), 'he must cost 100 seconds less', 'with what is missing');
SELECT rui.set_dispatch_weight(:project, 'move', 600) \g /dev/null
SELECT is((SELECT moved FROM rui.dispatch(:project, NULL, '2026-03-02 11:02+08')), 1, 'moving costs 600: it goes over');
SELECT is(pg_temp.has(:east), 'ben', 'to ben');
SELECT rui.accept_ticket(:project, :east, NULL, '2026-03-02 11:03+08') \g /dev/null
SELECT rui.set_dispatch_weight(:project, 'move', 0) \g /dev/null

-- An emergency is given out in the transaction that opens it; what is only offered makes room, what is accepted does not.
SELECT pg_temp.need(:project, 'general', 10.095, 5, '2026-03-02 11:05+08') AS small \gset
SELECT rui.dispatch(:project, NULL, '2026-03-02 11:05+08') \g /dev/null
SELECT is(pg_temp.has(:small), 'anna', 'offered');
SELECT pg_temp.need(:project, 'general', 10.095, 1, '2026-03-02 11:06+08', true) AS urgent \gset
SELECT is(pg_temp.has(:urgent), 'new', 'before the end of the transaction');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT results_eq(format('SELECT pg_temp.has(%s), pg_temp.has(%s), pg_temp.has(%s)', :urgent, :small, :east), $$VALUES ('anna', 'triaged', 'ben')$$, 'the emergency has her, the small one waits again, the accepted one stays');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY id) FROM rui.event WHERE subject = 'ticket' AND subject_id = :small), 'ticket.open ticket.triage ticket.assign ticket.withdraw', 'what happened to it');
SET CONSTRAINTS ALL DEFERRED;

-- Overrides. The small task (priority 5: waiting costs 7200 at first) and two people with a place for one more.
SELECT rui.accept_ticket(:project, :urgent, NULL, '2026-03-02 11:07+08') \g /dev/null
UPDATE rui.shift SET capacity = 2;
SELECT rui.set_dispatch_weight(:project, 'move', 600) \g /dev/null
-- Anna, in whose grid it is: load 120 x 1 accepted; Ben: 900 away + 120.
SELECT is(rui.override_dispatch(:project, :small, :ben, 'knows the house', 'o1', '2026-03-02 11:08+08'), 900::float8, 'the regret is what being away costs');
SELECT is(rui.override_dispatch(:project, :small, :ben, 'knows the house', 'o1', '2026-03-02 11:08+08'), 900::float8, 'asked twice, done once');
SELECT results_eq(format('SELECT best_id, party_id, rule, best_sum, chosen_sum, regret FROM rui.dispatch_override WHERE task_id = %s', :small), format('VALUES (%s::bigint, %s::bigint, NULL::text, 120::float8, 1020::float8, 900::float8)', :anna, :ben), 'by hand: 120, or 900 + 120');
SELECT is((SELECT moved + assigned FROM rui.dispatch(:project, NULL, '2026-03-02 11:09+08')), 0, 'dispatch leaves it where a person put it');
UPDATE rui.shift SET capacity = 1 WHERE party_id = :anna;
SELECT pg_temp.need(:project, 'general', 10.095, 5, '2026-03-02 11:10+08') AS other \gset
SELECT is(rui.override_dispatch(:project, :other, :anna, 'asked for', NULL, '2026-03-02 11:10+08') < 0, true, 'against capacity a sum may be less: the rule is named');
SELECT results_eq($$SELECT overrides, worse, against_rules, worst_regret FROM rui.dispatch_regret$$, $$VALUES (2::bigint, 1::bigint, 1::bigint, 900::float8)$$, 'counted by month and person');

-- Given out and handed on by hand: counted too, with what the prices of the match tell.
SELECT rui.cancel_ticket(:project, t.id, 'over', NULL, '2026-03-02 11:10+08') FROM rui.task t WHERE t.project_id = :project AND t.id IN (:small, :other) \g /dev/null
UPDATE rui.shift SET capacity = 3;
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 11:10+08') AS plain \gset
SELECT rui.assign_ticket(:project, :plain, :ben, 'asked for', 'h1', '2026-03-02 11:10+08'), rui.assign_ticket(:project, :plain, :ben, 'asked for', 'h1', '2026-03-02 11:10+08') \g /dev/null
SELECT results_eq(format('SELECT action, former_id, party_id, best_id, regret FROM rui.dispatch_override WHERE task_id = %s', :plain),
	format('VALUES (''assign'', NULL::bigint, %s::bigint, NULL::bigint, NULL::float8)', :ben), 'of what dispatch has not seen nobody knows what it costs');
SELECT rui.cancel_ticket(:project, :plain, 'over', NULL, '2026-03-02 11:10+08') \g /dev/null
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 11:10+08') AS handed \gset
SELECT party_id = :anna FROM rui.dispatch_task(:project, :handed, NULL, '2026-03-02 11:10+08') \g /dev/null
-- Anna: nothing, less 600 that moving costs; Ben: 900 away. Her place is worth 240 now, what another task with her would cost; his 120.
SELECT rui.transfer_ticket(:project, :handed, :ben, 'nearer', NULL, '2026-03-02 11:10+08') \g /dev/null
SELECT results_eq(format('SELECT action, reason, former_id, party_id, best_id, regret FROM rui.dispatch_override WHERE task_id = %s', :handed),
	format('VALUES (''transfer'', ''nearer'', %s::bigint, %s::bigint, %1$s::bigint, 1380::float8)', :anna, :ben), 'of what it has given out they do: 900 + 600 + 120 - 240 at least');
SELECT results_eq($$SELECT overrides, by_hand, unknown, worse, worst_regret FROM rui.dispatch_regret$$, $$VALUES (2::bigint, 2::bigint, 1::bigint, 2::bigint, 1380::float8)$$, 'and both are counted');
SELECT rui.cancel_ticket(:project, :handed, 'over', NULL, '2026-03-02 11:11+08') \g /dev/null

-- Whose places are full of offers is a candidate: one of them makes room.
UPDATE rui.qualification SET valid = tstzrange(lower(valid), NULL), party_id = :anna WHERE party_id = :paul;
UPDATE rui.shift SET capacity = CASE party_id WHEN :anna THEN 2 ELSE 3 END;
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 11:12+08') AS lamp \gset
SELECT pg_temp.need(:project, 'leak', 10.095, 3, '2026-03-02 11:12+08') AS wet \gset
SELECT party_id = :anna FROM rui.dispatch_task(:project, :lamp, NULL, '2026-03-02 11:12+08') \g /dev/null
SELECT is(pg_temp.has(:lamp), 'anna', 'the lamp is hers, beside an accepted task: her places are full');
SELECT results_eq(format('SELECT rule, capacity, change_text, cost IS NOT NULL, price > 0 FROM rui.explain_dispatch(%s, %s, ''en'', ''2026-03-02 11:12+08'') WHERE party_id = %s', :project, :wet, :anna),
	format($$VALUES (NULL::text, 0, 'one of his offers must go over to somebody else, or wait: task %s', true, true)$$, :lamp), 'she could do the leak in its place');
SELECT is((SELECT change_text FROM rui.explain_dispatch(:project, :wet, 'zh', '2026-03-02 11:12+08') WHERE party_id = :anna), format('须改派或撤回其未接派单之一（任务 %s）', :lamp), 'in Chinese');
SELECT rui.dispatch_task(:project, :wet, NULL, '2026-03-02 11:12+08') \g /dev/null
SELECT results_eq(format('SELECT pg_temp.has(%s), pg_temp.has(%s)', :wet, :lamp), $$VALUES ('anna', 'ben')$$, 'and does');
SELECT results_eq(format('SELECT outcome, candidates FROM rui.dispatch_offer WHERE task_id = %s', :wet), $$VALUES ('assigned', 1)$$, 'the only candidate there was');
SELECT rui.accept_ticket(:project, :wet, NULL, '2026-03-02 11:13+08') \g /dev/null
SELECT pg_temp.need(:project, 'leak', 10.095, 3, '2026-03-02 11:13+08') AS wetter \gset
SELECT results_eq(format('SELECT rule, change_text FROM rui.explain_dispatch(%s, %s, ''en'', ''2026-03-02 11:13+08'') WHERE party_id = %s', :project, :wetter, :anna),
	$$VALUES ('no_capacity', 'one of the 2 tasks he holds must end, or his shift take more')$$, 'what she has accepted makes no room');
SELECT rui.cancel_ticket(:project, t, 'over', NULL, '2026-03-02 11:14+08') FROM unnest(ARRAY[:wet, :wetter, :lamp]) t \g /dev/null

-- Fairness.
SELECT rui.complete_ticket(:project, t, 'done', NULL, NULL, NULL, '2026-03-02 23:30+08') FROM (SELECT :east::bigint AS t, rui.arrive_ticket(:project, :east, NULL, '2026-03-02 23:00+08')) x \g /dev/null
SELECT results_eq(format('SELECT accepted, completed, at_night, rejected FROM rui.dispatch_load WHERE party_id = %s', :ben), 'VALUES (1::bigint, 1::bigint, 1::bigint, 0::bigint)', 'night work is counted');
-- Opened at nine o'clock: assigned after one hour and after three; given back; never assigned, by now and to the end.
SELECT rui.set_ticket_category(:project, 'wait', 'wait', 'wait') \g /dev/null
CREATE TEMP TABLE w AS SELECT i, pg_temp.need(:project, 'wait', 10.095, 3, '2026-03-02 09:00+08') AS id FROM generate_series(1, 5) i;
SELECT rui.assign_ticket(:project, w.id, :anna, at => timestamptz '2026-03-02 09:00+08' + i * interval '1 hour') FROM w WHERE i IN (1, 2, 3) ORDER BY i \g /dev/null
SELECT rui.reject_ticket(:project, w.id, 'no', NULL, '2026-03-02 11:30+08') FROM w WHERE i = 2 \g /dev/null
SELECT rui.cancel_ticket(:project, w.id, 'over', NULL, '2026-03-02 11:30+08') FROM w WHERE i = 5 \g /dev/null
SELECT results_eq($$SELECT tasks, still_waiting, mean_wait, wait_90, longest_wait FROM rui.dispatch_wait WHERE category = 'wait'$$,
	$$SELECT 5::bigint, 2::bigint, (interval '4 hours' + 2 * n.open) / 4, n.open, n.open FROM (SELECT now() - timestamptz '2026-03-02 09:00+08' AS open) n$$, 'waiting by category: what was given back waits on');
SELECT rui.cancel_ticket(:project, w.id, 'over', NULL, '2026-03-02 12:40+08') FROM w WHERE i < 5 \g /dev/null

-- A change that is rolled back leaves nothing, not even in the session's memory.
UPDATE rui.shift SET capacity = 5;
SELECT rui.dispatch(:project, NULL, '2026-03-02 11:20+08') \g /dev/null
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 11:20+08') AS x \gset
SELECT pg_temp.need(:project, 'general', 10.095, 3, '2026-03-02 11:20+08') AS y \gset
CREATE TEMP TABLE before AS SELECT * FROM rui.dispatch_price;
SELECT match_version AS version FROM rui.dispatch_state WHERE project_id = :project \gset
SAVEPOINT s;
SELECT rui.dispatch_task(:project, :x, NULL, '2026-03-02 11:21+08') \g /dev/null
ROLLBACK TO s;
SELECT is((SELECT match_version FROM rui.dispatch_state WHERE project_id = :project), :version::bigint, 'the version is that before');
SELECT results_eq('SELECT * FROM rui.dispatch_price ORDER BY 2', 'SELECT * FROM before ORDER BY 2', 'and so are the prices');
SELECT rui.dispatch_task(:project, :y, NULL, '2026-03-02 11:22+08') \g /dev/null
SELECT is((SELECT sum(p.load + p.fixed)::bigint FROM rui.dispatch_price p), (SELECT count(*) FROM rui.task t WHERE t.project_id = :project AND t.state IN ('assigned', 'accepted', 'in_progress')), 'another change goes on from the tables');
SELECT * FROM finish();
ROLLBACK;
