-- The life of a ticket, action by action: states, times, executor, numbers,
-- events; who may do what, and who sees what.
BEGIN;
SET CONSTRAINTS rui.give_number IMMEDIATE; -- numbers, which a commit would give
SELECT plan(72);
SELECT rui.create_company('acme', 'Acme', 'Director Li') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'one', 'First') AS one \gset
SELECT rui.set_project_state(:one, 'go_live') \gset hidden_
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'm', 'Manager Wang') RETURNING id AS manager \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w1', 'Worker Qian') RETURNING id AS worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w2', 'Worker Sun') RETURNING id AS other_worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'r1', 'Resident Zhao') RETURNING id AS resident \gset
SELECT rui.grant_role(:one, :manager, 'manager'), rui.grant_role(:one, :worker, 'staff'),
	rui.grant_role(:one, :other_worker, 'staff'), rui.grant_role(:one, :resident, 'resident') \gset hidden_
INSERT INTO rui.building (project_id, code, footprint, entrance) VALUES (:one, '1',
	'SRID=4326;MULTIPOLYGON(((118 32,118.001 32,118.001 32.001,118 32)))', 'SRID=4326;POINT(118 32)') RETURNING id AS building \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :building, '1-1', 90) RETURNING id AS unit \gset
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :building, '1-2', 90) RETURNING id AS other_unit \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :unit, '[2020-01-01,)') RETURNING id AS household \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
	VALUES (:one, :household, :unit, :resident, 'owner', '[2020-01-01,)');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '维修', 'Repair') \gset hidden_
SELECT rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes', 'repair', 'plumbing', 2, '45 minutes', 'repair_fee', 2) \gset hidden_
CREATE FUNCTION pg_temp.act_as(party bigint) RETURNS void LANGUAGE sql
AS $$SELECT set_config('rui.party_id', party::text, true)$$;

-- Opening.
SELECT pg_temp.act_as(:resident) \gset hidden_
SELECT rui.open_ticket(:one, 'repair', '水龙头漏水', :unit) AS t \gset
SELECT is((SELECT (rui.number_of(project_id, 'ticket', id), source, is_proactive, reporter_id, household_id, details)::text FROM rui.ticket WHERE id = :t),
	format('(#1,staff_app,f,%s,%s,水龙头漏水)', :resident, :household), 'a ticket says who told what for whom');
SELECT is((SELECT (kind, category, ST_AsText(place), unit_id, building_id, priority, is_emergency, skill, service, state,
	last_action)::text FROM rui.task WHERE id = :t),
	format('(ticket,repair,"POINT(118 32)",%s,%s,3,f,,00:30:00,new,open)', :unit, :building),
	'its task says what is to be done where');
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'x', %s)$$, :one, :other_unit), '42501',
	'you may report for yourself and your home only');
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'x', %s)$$, :one, :other_unit + 1000), '42501',
	'you may report for yourself and your home only', 'and does not learn whether there is another');
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'x', household_id => %s)$$, :one, :household + 1000), '42501',
	'you may report for yourself and your home only', 'nor who lives there');
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'x', reporter_id => %s)$$, :one, :manager), '42501',
	'you may report for yourself and your home only');
SELECT lives_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'The gate is stuck', place => 'SRID=4326;POINT(118.0005 32.0002)')$$,
	:one), 'a resident may report what concerns everybody');
SELECT rui.open_ticket(:one, 'repair', 'Once', request_key => 'k1') AS once \gset
SELECT is(rui.open_ticket(:one, 'repair', 'Once', request_key => 'k1'), :once::bigint, 'the same key and content: the same ticket');
SELECT throws_ok(format($$SELECT rui.open_ticket(%s, 'repair', 'Twice', request_key => 'k1')$$, :one), 'RU409', NULL,
	'the same key and other content');
SELECT is((SELECT array_agg(number ORDER BY number) FROM rui.document_number WHERE project_id = :one), '{1,2,3}'::bigint[],
	'numbers have no gaps');
SELECT pg_temp.act_as(:manager) \gset hidden_
SELECT rui.open_ticket(:one, 'pipe', 'Wet wall', :other_unit, 'SRID=4326;POINT(118.0001 32.0001)', 1, true, 'call',
	NULL, :resident, '48:00:00') AS p \gset
SELECT is((SELECT (ST_AsText(place), priority, is_emergency, skill, skill_level, service)::text FROM rui.task WHERE id = :p),
	'("POINT(118.0001 32.0001)",1,t,plumbing,2,00:45:00)', 'what is said goes before what the category says');
SELECT is((SELECT (source, reporter_id, household_id, agreed_resolution)::text FROM rui.ticket WHERE id = :p),
	format('(call,%s,,48:00:00)', :resident), 'a manager reports for others');

-- The way through the states.
SELECT throws_ok(format('SELECT rui.accept_ticket(%s, %s)', :one, :t), '55000',
	'ticket: action "accept" is not legal in state "new"');
SELECT is(rui.triage_ticket(:one, :t), 'triaged', 'triage');
SELECT throws_ok(format('SELECT rui.assign_ticket(%s, %s, %s)', :one, :t, :resident), '22023', NULL,
	'a resident does no work');
SELECT throws_ok(format('SELECT rui.assign_ticket(%s, %s, %s)', :one, :p, :worker), '22023', NULL,
	'nor does anybody without the qualification');
INSERT INTO rui.qualification (company_id, party_id, kind, code, level, valid, source)
VALUES (:company, :worker, 'certificate', 'plumbing', 2, tstzrange(now(), now() + interval '1 hour'), 'P-1');
SELECT is(rui.assign_ticket(:one, :p, :worker), 'assigned', 'a new ticket is triaged and assigned in one step');
SELECT is((SELECT array_agg(kind ORDER BY id) FROM rui.event WHERE subject = 'ticket' AND subject_id = :p),
	'{ticket.open,ticket.triage,ticket.assign}'::text[], 'which are two facts');
SELECT is(rui.assign_ticket(:one, :t, :worker, 'lives near'), 'assigned', 'assign');
SELECT pg_temp.act_as(:other_worker) \gset hidden_
SELECT throws_ok(format('SELECT rui.accept_ticket(%s, %s)', :one, :t), 'P0002', NULL, 'what is not assigned to me is not there');
SELECT pg_temp.act_as(:worker) \gset hidden_
SELECT throws_ok(format('SELECT rui.transfer_ticket(%s, %s, %s, ''again'')', :one, :t, :worker), '22023', NULL,
	'a transfer goes to somebody else');
SELECT is(rui.transfer_ticket(:one, :t, :other_worker, 'on leave'), 'assigned', 'transfer');
SELECT throws_ok(format('SELECT rui.accept_ticket(%s, %s)', :one, :t), 'P0002', NULL, 'then it is no longer mine');
SELECT pg_temp.act_as(:other_worker) \gset hidden_
SELECT is(rui.reject_ticket(:one, :t, 'no tools'), 'triaged', 'reject');
SELECT is((SELECT executor_id FROM rui.task WHERE id = :t), NULL, 'who rejects it is rid of it');
SELECT pg_temp.act_as(:manager) \gset hidden_
SELECT rui.assign_ticket(:one, :t, :worker) \gset hidden_
SELECT pg_temp.act_as(:worker) \gset hidden_
SELECT is(rui.accept_ticket(:one, :t, 'a1'), 'accepted', 'accept');
SELECT is(rui.accept_ticket(:one, :t, 'a1'), 'accepted', 'the same key again: the first answer');
SELECT is(rui.depart_ticket(:one, :t), 'en_route', 'depart');
SELECT is(rui.arrive_ticket(:one, :t), 'in_progress', 'arrive');
SELECT is(rui.pause_ticket(:one, :t, 'part missing'), 'deferred', 'pause');
SELECT throws_ok(format('SELECT rui.complete_ticket(%s, %s, ''done'')', :one, :t), '55000', NULL, 'not while it is deferred');
SELECT is(rui.resume_ticket(:one, :t), 'in_progress', 'resume');
SELECT is(rui.complete_ticket(:one, :t, 'New seal'), 'completed', 'complete');
SELECT is((SELECT array_agg(replace(kind, 'ticket.', '') ORDER BY id) FROM rui.event WHERE subject = 'ticket' AND subject_id = :t),
	'{open,triage,assign,transfer,reject,assign,accept,depart,arrive,pause,resume,complete}'::text[],
	'each action is one event, refused ones none');
SELECT is((SELECT (party_id, payload)::text FROM rui.event WHERE subject_id = :t AND kind = 'ticket.transfer'),
	format('(%s,"{""reason"": ""on leave"", ""to_state"": ""assigned"", ""from_state"": ""assigned"", ""executor_id"": %s}")',
		:worker, :other_worker), 'with who, why and to whom');

-- After the work.
SELECT throws_ok(format('SELECT rui.rate_ticket(%s, %s, 5)', :one, :t), '42501', NULL, 'staff do not rate');
SELECT pg_temp.act_as(:resident) \gset hidden_
SELECT is(rui.rate_ticket(:one, :t, 2, 'Slow'), 'completed', 'rate changes no state');
SELECT is((SELECT (rating, rating_comment, rated_by)::text FROM rui.ticket WHERE id = :t), format('(2,Slow,%s)', :resident), 'a rating');
SELECT is(rui.reopen_ticket(:one, :t, 'It drips again', 'r1'), 'triaged', 'reopen');
SELECT is(rui.reopen_ticket(:one, :t, 'It drips again', 'r1'), 'triaged', 'once');
SELECT is((SELECT (reopen_count, rating)::text FROM rui.ticket WHERE id = :t), '(1,)', 'a reopened ticket has no rating');
SELECT is((SELECT (executor_id, accepted_at, arrived_at, completed_at)::text FROM rui.task WHERE id = :t),
	format('(%s,,,)', :worker), 'but remembers its executor');
SELECT is(rui.cancel_ticket(:one, :t, 'It stopped by itself'), 'cancelled', 'cancel');

-- Payable work.
SELECT pg_temp.act_as(:worker) \gset hidden_
SELECT rui.accept_ticket(:one, :p), rui.arrive_ticket(:one, :p) \gset hidden_
SELECT throws_ok(format('SELECT rui.complete_ticket(%s, %s, ''done'')', :one, :p), '22023',
	'work of category "pipe" is payable: give charge_amount or charge_waiver');
SELECT throws_ok(format('SELECT rui.complete_ticket(%s, %s, ''done'', 10, ''friend'')', :one, :p), '22023', NULL, 'not both');
SELECT is(rui.complete_ticket(:one, :p, 'done', 120.50), 'completed', 'complete with a charge');
SELECT pg_temp.act_as(:manager) \gset hidden_
SELECT rui.reopen_ticket(:one, :p, 'again'), rui.assign_ticket(:one, :p, :worker), rui.accept_ticket(:one, :p),
	rui.arrive_ticket(:one, :p) \gset hidden_
SELECT throws_ok(format('SELECT rui.complete_ticket(%s, %s, ''done'', 10)', :one, :p), '22023', NULL,
	'the same need is charged once');
SELECT is(rui.complete_ticket(:one, :p, 'done at last'), 'completed', 'complete again');
SELECT is((SELECT (charge_amount, outcome)::text FROM rui.ticket WHERE id = :p), '(120.50,"done at last")', 'the charge stays');

-- Merging, closing after a week.
SELECT rui.open_ticket(:one, 'repair', 'Same gate', at => now()) AS m \gset
SELECT is(rui.merge_ticket(:one, :m, :once, 'm1'), 'merged', 'merge');
SELECT is((SELECT parent_id FROM rui.ticket WHERE id = :m), :once::bigint, 'points to the one that goes on');
SELECT throws_ok(format('SELECT rui.merge_ticket(%s, %s, %s)', :one, :once, :m), '55000', NULL, 'which is not merged back');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT is((SELECT done FROM rui.tick(:one, now() + interval '168 hours') WHERE duty = 'close_tickets'), 0::bigint,
	'a completed ticket stays open for seven days');
SELECT is((SELECT done FROM rui.tick(:one, now() + interval '168 hours 1 second') WHERE duty = 'close_tickets'), 1::bigint,
	'then it is closed');
SELECT is((SELECT state FROM rui.task WHERE id = :p), 'closed', 'by the platform');
SELECT is((SELECT (at > now(), party_id)::text FROM rui.event WHERE subject_id = :p AND kind = 'ticket.close'), format('(t,%s)', NULL),
	'on its own');
SELECT is(rui.rate_ticket(:one, :p, 5, at => now() + interval '8 days'), 'closed', 'a closed ticket can still be rated');

-- A worker's day.
SELECT rui.open_ticket(:one, 'repair', 'Later', :unit, agreed_resolution => '3:00') AS d1 \gset
SELECT rui.open_ticket(:one, 'repair', 'Sooner', agreed_resolution => '2:00') AS d2 \gset
SELECT rui.open_ticket(:one, 'repair', 'At once', is_emergency => true) AS d3 \gset
SELECT is(rui._assign_tickets(:one, ARRAY[:d3, :t, :d1, :d2], ARRAY[:worker, :worker, :worker, :worker], 'nearest', now()),
	ARRAY[:d1, :d2, :d3]::bigint[], 'many at a time; what has ended is left');
SELECT is((SELECT string_agg(kind, ',' ORDER BY id) FROM rui.event WHERE subject = 'ticket' AND subject_id = :d2),
	'ticket.open,ticket.triage,ticket.assign', 'each with its events');
SELECT pg_temp.act_as(:worker) \gset hidden_
SELECT rui.accept_ticket(:one, :d2), rui.arrive_ticket(:one, :d2), rui.pause_ticket(:one, :d2, 'rain') \gset hidden_
SELECT results_eq(format('SELECT position_no, task_id, unit_code, next_target, due_at, is_late FROM rui.my_day(%s, now() + interval ''4 hours'')', :one),
	format($$VALUES (1, %s::bigint, NULL, NULL, NULL::timestamptz, false), (2, %s, '1-1', 'resolution', now() + interval '3 hours', true),
		(3, %s, NULL, NULL, NULL, false)$$, :d3, :d1, :d2), 'emergencies, then what is due first, what is deferred last');
SELECT rui.resume_ticket(:one, :d2) \gset hidden_
SELECT is((SELECT array_agg(task_id ORDER BY position_no) FROM rui.my_day(:one)), ARRAY[:d3, :d2, :d1]::bigint[], 'resumed, it is due first');

-- Who sees what.
CREATE FUNCTION pg_temp.seen() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', (SELECT count(*) FROM rui.ticket_board), (SELECT count(*) FROM rui.task), (SELECT count(*) FROM rui.ticket),
		(SELECT count(*) FROM rui.task_clock))$$;
SELECT pg_temp.act_as(:manager) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is(pg_temp.seen(), '8 8 8 3', 'a manager sees all of the project');
SELECT is((SELECT (number, state, state_zh, state_en, category_zh, unit_code, executor_name, resolution_due_at, is_late, details)::text
	FROM rui.ticket_board WHERE ticket_id = :d1), format('(6,assigned,已派单,assigned,维修,1-1,"Worker Qian","%s",f,Later)', now() + interval '3 hours'),
	'with names in both languages');
RESET ROLE;
SELECT pg_temp.act_as(:worker) \gset hidden_
SET LOCAL ROLE rui_staff;
SELECT is(pg_temp.seen(), '5 5 5 3', 'a worker sees his own');
RESET ROLE;
SELECT pg_temp.act_as(:other_worker) \gset hidden_
SET LOCAL ROLE rui_staff;
SELECT is(pg_temp.seen(), '0 0 0 3', 'and nobody else''s, but for the times');
RESET ROLE;
SELECT pg_temp.act_as(:resident) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is(pg_temp.seen(), '5 5 5 2', 'a resident sees what he reported and what concerns his home');
SELECT is((SELECT (executor_name, unit_code)::text FROM rui.ticket_board WHERE ticket_id = :d1), '(,1-1)', 'without names of staff');
RESET ROLE;
SELECT pg_temp.act_as(:director) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT throws_ok('SELECT * FROM rui.ticket', '42501', NULL, 'an analyst reads no details');
SELECT throws_ok('SELECT id FROM rui.task', '42501', NULL, 'nor that a home had a need');
RESET ROLE;
SELECT set_config('rui.party_id', '', true) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is(pg_temp.seen(), '0 0 0 0', 'nobody sees nothing');
RESET ROLE;
SELECT pg_temp.act_as(:resident) \gset hidden_
SELECT is((SELECT string_agg(action, ',' ORDER BY at) FROM (SELECT * FROM rui.ticket_history(:one, :d1)) h), 'open,triage,assign',
	'the household reads the history of its ticket');
SELECT is((SELECT reason FROM rui.ticket_history(:one, :d1) WHERE action = 'assign'), 'nearest', 'with reasons');
SELECT * FROM finish();
ROLLBACK;
