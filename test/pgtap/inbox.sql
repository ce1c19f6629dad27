-- What waits for whom, and what does not.
BEGIN;
SELECT plan(26);
\ir fixture/estate.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 's', 'Steward') RETURNING id AS steward \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)'), (:two, :worker, 'staff', '[2000-01-01,)'),
	(:one, :steward, 'steward', '[2000-01-01,)');
INSERT INTO rui.staff (company_id, party_id, staff_no, employed) VALUES (:company, :steward, 's', '[2000-01-01,)');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :home, :u1, :zhao, 'owner', '[2020-01-01,)');
SELECT rui.set_ticket_category(p, 'general', '一般', 'General'), rui.set_sla_policy(p, 'always', response => '1:00', resolution => '48:00', call_back => '2:00', escalations => '{1:00}')
FROM unnest(ARRAY[:one, :two]) p \g /dev/null
CREATE FUNCTION pg_temp.inbox(party bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE was text := current_setting('rui.party_id'); answer text;
BEGIN
	PERFORM set_config('rui.party_id', party::text, true);
	SELECT coalesce(string_agg(concat_ws(' ', i.kind, i.number, CASE WHEN i.is_late THEN 'late' END), ', ' ORDER BY i.place), '') INTO answer
	FROM rui.inbox() WITH ORDINALITY AS i(project_id, kind, kind_zh, kind_en, subject, subject_id, number, about, is_emergency, since, due_at, is_late, place);
	PERFORM set_config('rui.party_id', was, true);
	RETURN answer;
END $$;
SELECT is(pg_temp.inbox(:manager) || pg_temp.inbox(:worker), '', 'nothing at first');
SELECT rui.open_ticket(:one, 'general', 'first') AS a, rui.open_ticket(:two, 'general', 'second') AS b \gset
SELECT is(pg_temp.inbox(:manager), 'triage 1', 'a new ticket waits for the manager of its project');
SELECT is(pg_temp.inbox(:worker), '', 'not for the staff');
SELECT is(pg_temp.inbox(:zhao), '', 'nor for residents');
SELECT rui.triage_ticket(:one, :a) \gset hidden_
SELECT is(pg_temp.inbox(:manager), 'assign 1', 'a real one waits to be assigned');
SELECT rui.assign_ticket(:one, :a, :worker), rui.assign_ticket(:two, :b, :worker) \gset hidden_
SELECT is(pg_temp.inbox(:worker), 'accept 1, accept 1', 'what is assigned waits to be accepted, in all projects');
SELECT is(pg_temp.inbox(:manager), '', 'and for nobody else');
SELECT is((SELECT array_agg(DISTINCT kind_zh || kind_en) FROM rui.inbox() WHERE kind = 'triage'), NULL, 'it is not the loader''s either');
SELECT set_config('rui.party_id', :'worker', true) \gset hidden_
SELECT is((SELECT array_agg(DISTINCT kind_zh || ' ' || kind_en || ' ' || about) FROM rui.inbox()), '{"待接单 to accept first","待接单 to accept second"}'::text[], 'named in both languages');
SELECT rui.accept_ticket(:one, :a), rui.accept_ticket(:two, :b) \gset hidden_
SELECT is(pg_temp.inbox(:worker), '', 'what is due in two days does not wait yet');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_ticket(:one, 'general', 'soon', unit_id => :u1, agreed_resolution => '20:00') AS c,
	rui.open_ticket(:one, 'general', 'late', at => now() - interval '3 days') AS d,
	rui.open_ticket(:one, 'general', 'fire', is_emergency => true, agreed_resolution => '23:00') AS e \gset
SELECT rui.assign_ticket(:one, t, :worker), rui.accept_ticket(:one, t) FROM unnest(ARRAY[:c, :d, :e]) t \g /dev/null
SELECT is(pg_temp.inbox(:worker), 'due 4, late 3 late, due 2, notice 3', 'emergencies first, then what is due first, then what is told');
SELECT is((SELECT count(*) FROM rui.tick(:one)), (SELECT count(*) FROM rui.duty), 'a tick') ;
SELECT is(pg_temp.inbox(:worker), 'due 4, late 3 late, due 2, notice 3', 'an escalation is told once');
SELECT is(pg_temp.inbox(:manager), 'notice 3', 'and, from the first level on, to managers');
SELECT rui.arrive_ticket(:one, t), rui.complete_ticket(:one, t, 'done') FROM unnest(ARRAY[:c, :d, :e]) t \g /dev/null
SELECT is(pg_temp.inbox(:worker), '', 'what is done waits for him no more');
SELECT is(pg_temp.inbox(:zhao), 'rate 2', 'the home it was for may judge it');
SELECT is(pg_temp.inbox(:manager), 'call_back 4, call_back 2, call_back 3', 'customers wait to be called back');
SELECT is(pg_temp.inbox(:steward), '', 'by the steward only where he answers for it');
UPDATE rui.task SET accountable_id = :steward WHERE id = :c;
SELECT is(pg_temp.inbox(:steward), 'call_back 2', 'then by him too');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT rui.rate_ticket(:one, :c, 5) \gset hidden_
SELECT is(pg_temp.inbox(:zhao), '', 'judged once');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:one, now(), '{}', 1) RETURNING id AS plan \gset
SELECT is(pg_temp.inbox(:manager), 'call_back 4, call_back 2, call_back 3, approve', 'a plan to approve');
UPDATE rui.grid_plan SET last_action = 'approve' WHERE id = :plan;
SELECT matches(pg_temp.inbox(:manager), 'activate$', 'and to activate');
SELECT is(pg_temp.inbox(:worker) || pg_temp.inbox(:zhao), '', 'by those who may');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT is_empty('SELECT * FROM rui.inbox()', 'nobody has an inbox');
SELECT set_config('rui.party_id', :'worker', true) \gset hidden_
SET LOCAL ROLE rui_staff;
SELECT is((SELECT count(*) FROM rui.inbox()), 0::bigint, 'any role may look');
RESET ROLE;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_books(:one, (date_trunc('month', now()) - interval '2 month')::date) \gset hidden_
SELECT matches(pg_temp.inbox(:accountant), '^close$', 'a month that is over waits for the accountant');
SELECT * FROM finish();
ROLLBACK;
