-- A leaver from the announcement to the instant of leaving, and what holds
-- whoever forgets it.
BEGIN;
SELECT plan(78);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
SELECT rui.create_project(:company, 'far', 'Far') AS far \gset
SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","role":"steward","qualifications":[{"code":"lift"}]},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","role":"steward"},
	{"code":"cleo","name":"Cleo","staff_no":"3","from":"2026-03-01","role":"steward","qualifications":[{"code":"lift"}]},
	{"code":"term","name":"Term","staff_no":"4","from":"2020-01-01","to":"2026-04-01","role":"steward"},
	{"code":"mia","name":"Mia","staff_no":"5","from":"2020-01-01","role":"manager"}]') \gset hidden_
CREATE FUNCTION pg_temp.who(code text) RETURNS bigint LANGUAGE sql STABLE AS $$SELECT p.id FROM rui.party p WHERE p.code = $1 AND p.kind = 'person'$$;
SELECT pg_temp.who('anna') AS anna, pg_temp.who('ben') AS ben, pg_temp.who('cleo') AS cleo, pg_temp.who('term') AS term, pg_temp.who('mia') AS mia \gset
SELECT rui.set_ticket_category(:project, 'fix', '修', 'Fix'), rui.set_ticket_category(:project, 'lift', '电梯', 'Lift', skill => 'lift'),
	rui.set_sla_policy(:project, 'always', response => '1:00', resolution => '8:00', from_at => '2026-01-01') \gset hidden_
INSERT INTO rui.building (project_id, code, footprint, entrance)
VALUES (:project, '1', 'SRID=4326;MULTIPOLYGON(((118 32,118.001 32,118.001 32.001,118 32)))', 'SRID=4326;POINT(118.0005 32.0001)');

-- Who answers for open work.
SELECT rui.open_ticket(:project, 'fix', 'a', at => '2026-03-02 09:00+08') AS t1, rui.open_ticket(:project, 'fix', 'b', at => '2026-03-02 09:00+08') AS t2,
	rui.open_ticket(:project, 'lift', 'c', at => '2026-03-02 09:00+08') AS t3, rui.open_ticket(:project, 'fix', 'd', at => '2026-03-02 09:00+08') AS t4 \gset
SELECT is((SELECT array_agg(DISTINCT accountable_id) FROM rui.task), ARRAY[:mia]::bigint[], 'the manager answers for what no grid gives to anybody');
SELECT throws_ok(format('UPDATE rui.task SET accountable_id = NULL WHERE id = %s', :t3), '23514', NULL, 'nothing open is nobody''s');
SELECT rui.set_project_state(:far, 'go_live'), rui.set_ticket_category(:far, 'fix', '修', 'Fix'), rui.set_sla_policy(:far, 'always', response => '1:00', from_at => '2026-01-01') \gset hidden_
SELECT rui.open_ticket(:far, 'fix', 'x', at => '2026-03-02 09:00+08') AS f1 \gset
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :f1), :boss::bigint, 'without a manager the company''s director answers');
SELECT throws_ok(format('DELETE FROM rui.staff WHERE party_id = %s', :boss), '55000', NULL, 'and cannot go');
SELECT rui.cancel_ticket(:far, :f1, 'mistake', at => '2026-03-02 09:10+08') \g /dev/null
SAVEPOINT headless;
DELETE FROM rui.staff WHERE party_id = :boss;
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'fix', 'x', at => '2026-03-02 09:20+08')$$, :far), '55000', format('nobody on the staff answers for work in project %s', :far), 'a need that nobody would answer for is refused');
ROLLBACK TO headless;
SELECT lives_ok(format('UPDATE rui.task SET accountable_id = %s WHERE id IN (%s, %s)', :anna, :t1, :t2), 'who is employed answers');
SELECT id AS guest FROM rui.import_parties(:project, '[{"code":"guest","name":"Guest"}]') \gset
SELECT throws_ok(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :guest, :t1), '55000', NULL, 'who is not on the staff cannot');
SELECT lives_ok(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :term, :t4), 'nor does a term matter before its end');
SELECT throws_ok(format($$UPDATE rui.staff SET employed = '[2020-01-01,2026-06-01)' WHERE party_id = %s$$, :anna), '55000', format('party %s answers for 2 open tasks', :anna), 'an employment does not end under open work');
SELECT throws_ok(format($$DELETE FROM rui.staff WHERE party_id = %s$$, :anna), '55000', NULL, 'nor vanish');
SELECT throws_ok(format($$UPDATE rui.staff SET left_at = now() WHERE party_id = %s$$, :anna), '55000', NULL, 'nor does one just go');
SELECT lives_ok(format($$UPDATE rui.staff SET employed = '[2019-01-01,)' WHERE party_id = %s$$, :anna), 'it may become longer');
SELECT lives_ok(format($$UPDATE rui.staff SET employed = '[2020-01-01,2026-06-01)' WHERE party_id = %s$$, :ben), 'who answers for nothing may go');
SELECT lives_ok(format($$UPDATE rui.staff SET employed = '[2020-01-01,)' WHERE party_id = %s$$, :ben), 'and come back');
-- A term that is over: the manager answers.
SELECT lives_ok(format('SELECT rui.triage_ticket(%s, %s, at => ''2026-04-02 09:00+08'')', :project, :t4), 'work goes on after a term');
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :t4), :mia::bigint, 'and the manager answers for it');
UPDATE rui.task SET accountable_id = :cleo WHERE id = :t4;
SELECT is((SELECT accountable_id FROM rui.task WHERE id = :t4), :cleo::bigint, 'until she gives it away');
UPDATE rui.staff SET employed = '[2026-03-01,)', left_at = NULL WHERE party_id = :cleo;

-- Employment.
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'new', 'New') RETURNING id AS new \gset
SELECT is(rui.employ_staff(:project, :new, '9', '2026-03-01', '2026-03-10', 'k'), false, 'hired');
SELECT is(rui.employ_staff(:project, :new, '9', '2026-03-01', '2026-03-10', 'k'), false, 'once');
SELECT throws_ok(format($$SELECT rui.employ_staff(%s, %s, '9', '2026-03-05')$$, :project, :new), '23P01', NULL, 'not twice at a time');
SELECT is(rui.employ_staff(:project, :new, '9', '2026-03-20'), true, 'hired again');
SELECT throws_ok(format($$SELECT rui.employ_staff(%s, %s, '1', '2026-03-20')$$, :project, :boss), '23P01', NULL, 'a number is one person''s');
SELECT throws_ok(format($$SELECT rui.employ_staff(%s, %s, '10', '2026-03-20', '2026-03-20')$$, :project, :boss), '22023', NULL, 'at least for a day');
SELECT throws_ok(format($$SELECT rui.employ_staff(%s, -1, '10', '2026-03-20')$$, :project), 'P0002', NULL, 'somebody there is');

-- The work of a leaver.
SELECT rui.assign_ticket(:project, :t1, :anna, at => '2026-03-02 10:00+08'), rui.assign_ticket(:project, :t3, :anna, at => '2026-03-02 10:00+08'),
	rui.accept_ticket(:project, :t3, at => '2026-03-02 10:10+08'), rui.arrive_ticket(:project, :t3, at => '2026-03-02 10:20+08'),
	rui.pause_ticket(:project, :t3, 'Parts are missing', at => '2026-03-02 10:30+08') \gset hidden_
SELECT count(*) FROM rui.import_posts(:project, '[{"code":"desk","name":"Desk","module":"support"}]') \gset hidden_
SELECT id AS desk FROM rui.post WHERE code = 'desk' \gset
SELECT rui.publish_shifts(:project, :desk, ARRAY[:anna, :anna, :cleo]::bigint[], ARRAY['2026-03-09 08:00+08', '2026-03-10 08:00+08', '2026-03-10 10:00+08']::timestamptz[],
	ARRAY['2026-03-09 16:00+08', '2026-03-10 16:00+08', '2026-03-10 18:00+08']::timestamptz[], at => '2026-03-02 09:00+08') \gset hidden_
SELECT rui.request_leave(:project, 'other', '2026-03-20', '2026-03-21', 'x', :anna, at => '2026-03-02 09:00+08') AS leave \gset
SELECT throws_ok(format($$SELECT rui.begin_exit(%s, %s, '2019-03-06', 'resigned')$$, :project, :ben), '22023', NULL, 'not employed then');
SELECT throws_ok(format($$SELECT rui.begin_exit(%s, %s, '2026-03-06', 'bored')$$, :project, :anna), '22023', NULL, 'no reason of ours');
SELECT rui.begin_exit(:project, :anna, '2026-03-06', 'resigned', 'moves away', 'k', '2026-03-03 09:00+08') AS leaver \gset
SELECT is(rui.begin_exit(:project, :anna, '2026-03-06', 'resigned', 'moves away', 'k', '2026-03-03 09:00+08'), :leaver::bigint, 'announced once');
SELECT throws_ok(format($$SELECT rui.begin_exit(%s, %s, '2026-03-06', 'resigned')$$, :project, :anna), '55000', NULL, 'one exit at a time');
SELECT is((SELECT upper_inf(employed) FROM rui.staff WHERE party_id = :anna), true, 'nothing ends by being announced');
SELECT results_eq(format($$SELECT code, left_over, is_open FROM rui.exit_checklist(%s, %s, '2026-03-03 09:00+08') WHERE left_over > 0 ORDER BY code$$, :project, :leaver),
	$$VALUES ('documents', 1::bigint, true), ('equipment', 1, true), ('keys', 1, true), ('pay', 1, true), ('roster_requests', 1, true), ('shifts', 2, true), ('tasks_answered', 2, true), ('tasks_done', 2, true)$$, 'the checklist');
SELECT throws_like(format($$SELECT rui.finish_exit(%s, %s, at => '2026-03-06 18:00+08')$$, :project, :leaver), '%something is left%', 'not while something is left');
SELECT throws_ok(format($$SELECT rui.tick_exit_item(%s, %s, 'tasks_done')$$, :project, :leaver), 'P0002', NULL, 'what is computed is not ticked off');
SELECT throws_ok(format($$SELECT rui.add_exit_item(%s, %s, 'keys', '钥', 'x')$$, :project, :leaver), '22023', NULL, 'the platform''s own codes stay');
SELECT lives_ok(format($$SELECT rui.add_exit_item(%s, %s, 'uniform', '工服', 'uniform')$$, :project, :leaver), 'a point more');

-- Handing over.
SELECT throws_ok(format($$SELECT rui.hand_over(%s, %s, %s, 'x', at => '2026-03-04 09:00+08')$$, :project, :anna, :boss), '22023', NULL, 'not to who is on no staff');
SELECT throws_ok(format($$SELECT rui.hand_over(%s, %1$s, %1$s, 'x')$$, :project), '22023', NULL, 'nor to oneself');
SELECT is(rui.hand_over(:project, :anna, :ben, 'leaves', at => '2026-03-04 09:00+08')::text,
	'{"grids": 0, "covers": 0, "shifts": 2, "tasks_done": 1, "tasks_left": 1, "shifts_left": 0, "tasks_answered": 2}', 'what the other can take');
SELECT is((SELECT (state, executor_id, accountable_id)::text FROM rui.task WHERE id = :t1), format('(assigned,%s,%s)', :ben, :ben), 'work as it stands');
SELECT is(rui.hand_over(:project, :anna, :cleo, 'leaves', 'h', '2026-03-04 09:00+08') ->> 'tasks_done', '1', 'the rest to somebody else');
SELECT is(rui.hand_over(:project, :anna, :cleo, 'leaves', 'h', '2026-03-04 09:00+08') ->> 'tasks_done', '1', 'once');
SELECT is((SELECT (state, executor_id)::text FROM rui.task WHERE id = :t3), format('(deferred,%s)', :cleo), 'paused work stays paused');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :project), 'the clocks are as they were');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'ticket.hand_over'), 2::bigint, 'each is told');
SELECT is((SELECT what_en FROM rui.exit_board), 'settle leave, swaps and covers 1, return keys 1, return equipment 1, hand over documents 1, settle pay 1, uniform 1', 'the board')
FROM rui.exit_board LIMIT 1;
SELECT set_config('rui.party_id', :'mia', true) \gset hidden_
SELECT rui.decide_leave(:project, :leave, 'refuse', 'leaves') \gset hidden_
SELECT count(rui.tick_exit_item(:project, :leaver, c)) FROM unnest('{keys,equipment,documents,pay,uniform}'::text[]) c \gset hidden_
SELECT throws_ok(format($$SELECT rui.finish_exit(%s, %s)$$, :project, :leaver), '42501', NULL, 'who does not see all projects cannot know');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:far, :anna, 'staff', '[2020-01-01,)'), (:project, :anna, 'resident', '[2020-01-01,)'),
	(:project, :anna, 'agent', '[2026-04-01,)');
INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (:company, :anna, 'analyst', '[2020-01-01,)');
INSERT INTO rui.login (login, party_id) VALUES ('anna_login', :anna);
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:far, :mia, 'manager', '[2020-01-01,)');
SELECT set_config('rui.party_id', :'mia', true) \gset hidden_
SELECT throws_like(format($$SELECT rui.finish_exit(%s, %s)$$, :project, :leaver), '%manage_company%', 'a manager of all projects takes no role of the company');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
DELETE FROM rui.membership WHERE project_id = :far AND party_id = :mia;
SELECT lives_ok(format($$SELECT rui.finish_exit(%s, %s, at => '2026-03-06 18:00+08')$$, :project, :leaver), 'gone');
SELECT is((SELECT (employed, left_at AT TIME ZONE 'Asia/Shanghai')::text FROM rui.staff WHERE party_id = :anna), '("[2019-01-01,2026-03-07)","2026-03-06 18:00:00")', 'employed for the last day, left in the evening');
SELECT results_eq(format($$SELECT role_code, upper(valid) FROM rui.membership WHERE party_id = %s ORDER BY 1$$, :anna),
	$$VALUES ('resident', NULL::timestamptz), ('staff', '2026-03-06 18:00+08'), ('steward', '2026-03-06 18:00+08')$$, 'roles end at the instant, in all projects; a home stays');
SELECT is((SELECT upper(valid) FROM rui.company_member WHERE party_id = :anna), '2026-03-06 18:00+08'::timestamptz, 'in the company too');
SELECT is((SELECT count(*) FROM rui.login WHERE party_id = :anna), 1::bigint, 'with a home the login stays');
SELECT is((SELECT (state, ended_at AT TIME ZONE 'Asia/Shanghai')::text FROM rui.staff_exit WHERE id = :leaver), '(finished,"2026-03-06 18:00:00")', 'and the exit is over');
SELECT is_empty('SELECT * FROM rui.exit_board', 'the board is empty');
SELECT throws_ok(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :anna, :t1), '55000', NULL, 'no more to answer for, even today');
SELECT throws_ok(format('UPDATE rui.task SET executor_id = %s WHERE id = %s', :anna, :t1), '55000', NULL, 'nor to do');
SELECT set_config('rui.party_id', :'anna', true) \gset hidden_
SELECT is(rui.has_permission(:project, 'work_ticket'), false, 'nor to see');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT throws_ok(format($$SELECT rui.finish_exit(%s, %s)$$, :project, :leaver), '55000', NULL, 'nobody goes twice');
SELECT is(rui.employ_staff(:project, :anna, '1', '2026-06-01'), true, 'and everybody may come back');
SELECT lives_ok(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :anna, :t1), 'and answer again');

-- One that stays, and one without a home.
SELECT rui.begin_exit(:project, :new, '2026-03-25', 'other', at => '2026-03-21') AS second \gset
SELECT lives_ok(format($$SELECT rui.withdraw_exit(%s, %s, 'stays')$$, :project, :second), 'withdrawn');
SELECT throws_ok(format($$SELECT rui.tick_exit_item(%s, %s, 'keys')$$, :project, :second), '55000', NULL, 'over');
SELECT rui.begin_exit(:project, :mia, '2026-03-25', 'dismissed', at => '2026-03-21') AS dismissal \gset
SELECT set_config('rui.party_id', :'mia', true) \gset hidden_
SELECT throws_ok(format($$SELECT rui.withdraw_exit(%s, %s, 'I stay', at => now())$$, :project, :dismissal), '42501', format('exit %s was announced by somebody else', :dismissal), 'who is dismissed does not stay by his own word');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT lives_ok(format($$SELECT rui.withdraw_exit(%s, %s, 'stays')$$, :project, :dismissal), 'but by another''s');
SELECT rui.begin_exit(:project, :new, '2026-03-25', 'other', at => '2026-03-21') AS third \gset
SELECT count(rui.tick_exit_item(:project, :third, c)) FROM unnest('{keys,equipment,documents,pay}'::text[]) c \gset hidden_
INSERT INTO rui.login (login, party_id) VALUES ('new_login', :new);
SELECT rui.finish_exit(:project, :third, at => '2026-03-22 12:00+08') \gset hidden_
SELECT is((SELECT count(*) FROM rui.login WHERE party_id = :new), 0::bigint, 'a login ends');
SELECT results_eq(format($$SELECT employed::text FROM rui.staff WHERE party_id = %s ORDER BY 1$$, :new), $$VALUES ('[2026-03-01,2026-03-10)'), ('[2026-03-20,2026-03-23)')$$, 'before the day announced; the former employment stays');
SELECT is((SELECT count(*) FROM rui.exit_checklist(:project, :third) WHERE is_open), 0::bigint, 'nothing of it is open');
SELECT set_config('rui.party_id', :'ben', true) \gset hidden_
SELECT throws_ok(format($$SELECT rui.hand_over(%s, %s, %s, 'x')$$, :project, :cleo, :ben), '42501', NULL, 'nobody grabs work');
SELECT is_empty(format('SELECT * FROM rui.exit_checklist(%s, %s)', :project, :third), 'or looks');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT throws_ok(format($$SELECT rui.withdraw_exit(%s, -1, 'x')$$, :project), 'P0002', NULL, 'an exit there is');

-- Homes and owners.
SELECT id AS b FROM rui.building WHERE project_id = :project \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:project, :b, '1-1', 90) RETURNING id AS u \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:project, :b, '1-2', 90) RETURNING id AS u2 \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:project, :u, '[2026-01-01,2026-07-01)') RETURNING id AS h \gset
SELECT throws_ok(format($$INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (%s, %s, %s, %s, 'owner', '[2026-01-01,2026-03-01)')$$, :project, :h, :u2, :ben), '23503', NULL, 'in the unit of his household');
SELECT throws_ok(format($$INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (%s, %s, %s, %s, 'owner', '[2026-01-01,)')$$, :project, :h, :u, :ben), '23514', NULL, 'in its time');
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:project, :h, :u, :ben, 'owner', '[2026-02-01,2026-07-01)');
SELECT throws_ok(format($$UPDATE rui.household SET valid = '[2026-01-01,2026-06-01)' WHERE id = %s$$, :h), '23514', NULL, 'nor may the household move out before');
SELECT lives_ok(format($$UPDATE rui.household SET valid = '[2026-02-01,)' WHERE id = %s$$, :h), 'but come later');
SELECT throws_ok(format($$UPDATE rui.household SET unit_id = %s WHERE id = %s$$, :u2, :h), '23503', NULL, 'and stay where it is');
SELECT throws_ok(format($$INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (%s, %s, '[2026-01-01,)', '{%s,-5}', '{1,1}')$$, :project, :u, :ben), '23503', NULL, 'an owner is a party');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'o', 'O') RETURNING id AS o \gset
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:project, :u, '[2026-01-01,)', ARRAY[:o::bigint], '{1}');
SELECT throws_ok(format($$DELETE FROM rui.party WHERE id = %s$$, :o), '23503', NULL, 'and stays one');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :project), 'nothing is broken');
SELECT is_empty('SELECT * FROM rui.workflow_problem', 'nor is any machine');
SELECT * FROM finish();
ROLLBACK;
