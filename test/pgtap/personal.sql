-- Personal data: shown for a purpose, within limits, on record; emergencies
-- and their reviews; consents; who was shown what of me.
BEGIN;
SELECT plan(90);
\ir fixture/estate.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'agent', 'Agent') RETURNING id AS agent \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'steward', 'Steward') RETURNING id AS steward \gset
INSERT INTO rui.staff (company_id, party_id, staff_no, employed) VALUES (:company, :steward, 's', '[2000-01-01,)');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :agent, 'agent', '[2000-01-01,)'),
	(:one, :steward, 'steward', '[2000-01-01,)'), (:one, :manager, 'auditor', '[2000-01-01,)'), (:one, :steward, 'resident', '[2000-01-01,)');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :home, :u1, :zhao, 'owner', '[2020-01-01,)'),
	(:one, :home, :u1, :qian, 'family', '[2020-01-01,)');
INSERT INTO rui.contact_point (company_id, party_id, kind, value, preferred) VALUES (:company, :zhao, 'phone', '13800138000', false),
	(:company, :zhao, 'phone', '139-1234-5678', true), (:company, :zhao, 'email', 'zhao@example.com', false), (:company, :qian, 'phone', '13500001111', false);
SELECT rui.set_ticket_category(:one, 'pipe', '水管', 'Pipes'), rui.set_sla_policy(:one, 'always', response => '1:00') \g /dev/null

-- Values that are kept here.
SELECT ok(rui._is_id_card('11010519491231002X') AND NOT rui._is_id_card('110105194912310021') AND NOT rui._is_id_card('11010519491231002x'), 'check digit of GB 11643');
SELECT is(rui.set_personal_value(:one, :zhao, 'id_card', ' 11010519491231002x '), true, 'an identity number');
SELECT is(rui.set_personal_value(:one, :zhao, 'id_card', '11010519491231002X'), false, 'once');
SELECT is(rui.set_personal_value(:one, :zhao, 'plate', '苏A12345'), true, 'a plate');
SELECT throws_ok(format('SELECT rui.set_personal_value(%s, %s, ''id_card'', ''110105194912310021'')', :one, :zhao), '22023', NULL, 'no identity number');
SELECT throws_ok(format('SELECT rui.set_personal_value(%s, %s, ''phone'', ''1'')', :one, :zhao), '22023', NULL, 'phones are contacts');
SELECT is_empty($$SELECT 1 FROM rui.event WHERE kind = 'personal_value.set' AND payload::text ~ '11010'$$, 'events do not say the number');

-- Nobody reads them in plain.
SELECT is_empty($$SELECT r.role_name, c.table_name, c.column_name
	FROM unnest('{rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_partner,rui_analyst,rui_auditor}'::text[]) AS r(role_name)
	CROSS JOIN (VALUES ('contact_point', 'value'), ('contact_point', 'value_norm'), ('personal_value', 'value'), ('person_key', 'key'), ('tax_title', 'phone'),
		('tax_invoice', 'buyer_contact'), ('parking_stay', 'plate'), ('message', 'parameters')) AS c(table_name, column_name)
	WHERE has_column_privilege(r.role_name, 'rui.' || c.table_name, c.column_name, 'SELECT')
		AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'rui' AND p.tablename = c.table_name AND r.role_name = ANY (p.roles)
			AND (p.qual ~ 'party_id = \( SELECT rui.current_party' OR r.role_name IN ('rui_manager', 'rui_auditor')))$$,
	'no group role but managers and auditors reads others'' phones, numbers and plates');
SELECT is_empty($$SELECT p.tablename, p.roles FROM pg_policies p WHERE p.schemaname = 'rui' AND p.tablename IN ('contact_point', 'personal_value')
	AND p.roles <> '{rui_api}' AND p.qual !~ 'party_id = \( SELECT rui.current_party'$$, 'phones and identity numbers: nobody but whose they are');
SELECT set_eq($$SELECT r.role_name FROM unnest('{rui_user,rui_resident,rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_partner,rui_analyst,rui_auditor}'::text[]) AS r(role_name)
	WHERE has_column_privilege(r.role_name, 'rui.party', 'name', 'SELECT') AND EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'rui' AND p.tablename = 'party'
		AND r.role_name = ANY (p.roles) AND p.qual !~ 'id = \( SELECT rui.current_party|rui.my_colleagues')$$, '{rui_manager,rui_auditor}'::text[],
	'names: managers and auditors; others their own, agents those of colleagues');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_
SET LOCAL ROLE rui_agent;
SELECT is((SELECT string_agg(name, ',' ORDER BY name) FROM rui.party), 'Director,Steward', 'an agent sees colleagues, no residents');
SELECT throws_ok('SELECT plate FROM rui.parking_stay', '42501', NULL, 'no plates');
SELECT lives_ok('SELECT id, during FROM rui.parking_stay', 'but stays');
RESET ROLE;

-- Values are shown once asking for them is committed, which a test that rolls
-- back cannot wait for: here the rows are made those of another transaction.
CREATE FUNCTION pg_temp.commit_accesses() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('session_replication_role', 'replica', true);
	UPDATE rui.personal_access SET transaction_id = 1;
	PERFORM set_config('session_replication_role', 'origin', true);
END $$;
CREATE FUNCTION pg_temp.shown(project_id bigint, party_id bigint, fields text[], purpose text, reference text DEFAULT NULL)
RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb := rui.ask_reveal(project_id, party_id, fields, purpose, reference);
BEGIN
	IF answer ? 'refused' THEN
		RAISE EXCEPTION '%', answer ->> 'message' USING ERRCODE = answer ->> 'refused';
	END IF;
	PERFORM pg_temp.commit_accesses();
	RETURN QUERY SELECT r.* FROM rui.reveal_access(project_id, (answer ->> 'access')::bigint) r;
END $$;

-- For a purpose.
SELECT results_eq(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone,name}'', ''service'')', :one, :zhao),
	$$VALUES ('phone', '139-1234-5678'), ('phone', '13800138000'), ('name', 'Zhao')$$, 'in the order asked for, the preferred one first');
SELECT row_eq(format('SELECT party_id, roles, subject_id, fields, purpose, refused, is_break_glass FROM rui.personal_access WHERE project_id = %s', :one),
	ROW(:agent::bigint, '{agent}'::text[], :zhao::bigint, '{phone,name}'::text[], 'service'::text, NULL::text, false), 'on record');
SELECT set_eq(format('SELECT field, masked FROM rui.party_card(%s, %s)', :one, :zhao),
	$$VALUES ('phone', '139****5678'), ('phone', '138****8000'), ('name', 'Z**'), ('email', 'z***@example.com'), ('id_card', '110*************2X'), ('plate', '苏A***5')$$,
	'a card shows masks');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{id_card}'', ''service'')', :one, :zhao), '42501', '"id_card" is not shown for purpose "service"', 'no more than the purpose needs');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{id_card}'', ''legal_duty'', ''court 7'')', :one, :zhao), '42501', NULL, 'another permission');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''dispatch_contact'')', :one, :zhao), '22004', NULL, 'a visit has a ticket');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''emergency'')', :one, :zhao), '42501', NULL, 'emergencies break the glass');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{shoe_size}'', ''service'')', :one, :zhao), '22023', NULL, 'unknown field');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone,phone}'', ''service'')', :one, :zhao), '22023', NULL, 'twice');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''curiosity'')', :one, :zhao), '22023', NULL, 'unknown purpose');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''service'')', :one, :sun), 'P0002', NULL, 'not of the project');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''service'')', :two, :zhao), '42501', NULL, 'not in another project');
SELECT is((SELECT count(*) FROM rui.personal_access), 1::bigint, 'errors leave no row');
SELECT is(rui.ask_reveal(:one, :zhao, '{id_card}', 'service') ->> 'refused', '42501', 'a refusal ends well');
SELECT id AS refused, refused AS code FROM rui.personal_access ORDER BY id DESC LIMIT 1 \gset
SELECT is(:'code'::text, '42501', 'is on record');

-- Nothing before the record is there to stay.
SELECT rui.ask_reveal(:one, :zhao, '{phone}', 'service') ->> 'access' AS access \gset
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :access), '55000', format('access %s is not committed', :access), 'not in the transaction that asks');
SAVEPOINT asking;
SELECT rui.ask_reveal(:one, :zhao, '{phone}', 'service') ->> 'access' AS within \gset
RELEASE asking;
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :within), '55000', NULL, 'nor after a savepoint of it');
SET LOCAL session_replication_role = replica;
DELETE FROM rui.personal_access WHERE id = :within;
SET LOCAL session_replication_role = origin;
SELECT pg_temp.commit_accesses() \g /dev/null
SELECT results_eq(format('SELECT value FROM rui.reveal_access(%s, %s)', :one, :access), $$VALUES ('139-1234-5678'), ('13800138000')$$, 'after it');
SELECT results_eq(format('SELECT value FROM rui.reveal(%s, %s, ''{phone}'', ''service'')', :one, :zhao), $$VALUES ('139-1234-5678'), ('13800138000')$$, 'by the same arguments, too');
SELECT throws_ok(format('SELECT * FROM rui.reveal(%s, %s, ''{phone,email}'', ''service'')', :one, :zhao), '55000', format('nobody has asked to be shown this of party %s', :zhao), 'no more than was asked for');
SELECT throws_ok(format('SELECT * FROM rui.reveal(%s, %s, ''{phone}'', ''debt'')', :one, :zhao), '55000', NULL, 'nor for another purpose');
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :refused), '42501', NULL, 'what was refused is not');
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :two, :access), '42501', NULL, 'not in another project');
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, NULL)', :one), '22004', NULL, 'of nothing');
SELECT throws_ok(format('SELECT rui.export_subject(%s, %s)', :one, :access), '42501', NULL, 'it is no export');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :access), 'P0002', NULL, 'it is who asked who is shown it');
SELECT throws_ok(format('SELECT rui.export_subject(%s, %s)', :one, :access), 'P0002', NULL, 'nor is it the manager''s export');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_
SAVEPOINT later;
UPDATE rui.membership SET valid = tstzrange('2000-01-01', now()) WHERE project_id = :one AND party_id = :agent;
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :access), '42501', NULL, 'who has left is shown nothing');
ROLLBACK TO later;
SET LOCAL session_replication_role = replica;
UPDATE rui.personal_access SET asked_at = now() - interval '6 minutes' WHERE id = :access;
SET LOCAL session_replication_role = origin;
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :access), '55000', format('access %s is over', :access), 'for five minutes');
-- Asked before the clock was set back by an hour: how long ago nobody knows.
SET LOCAL session_replication_role = replica;
UPDATE rui.personal_access SET asked_at = now() + interval '1 hour';
SET LOCAL session_replication_role = origin;
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :access), '55000', format('access %s is over', :access), 'nor longer by a clock that was set back');
SELECT throws_ok(format('SELECT * FROM rui.reveal(%s, %s, ''{phone}'', ''service'')', :one, :zhao), '55000', format('nobody has asked to be shown this of party %s', :zhao), 'nor by the same arguments');
SELECT rui.ask_reveal(:one, :zhao, '{phone}', 'service'), pg_temp.commit_accesses() \g /dev/null
SELECT results_eq(format('SELECT value FROM rui.reveal(%s, %s, ''{phone}'', ''service'')', :one, :zhao), $$VALUES ('139-1234-5678'), ('13800138000')$$, 'who asks again is shown it at once');
ROLLBACK TO later;

-- By consent.
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''marketing'')', :one, :zhao), '42501', NULL, 'nobody asked Zhao');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_message_kind(:one, 'offer', '优惠', 'Offers', '{}', '{sms}'), rui.set_message_channel(:one, 'sms'),
	rui.set_message_template(:one, 'offer', 'sms', 'zh', '优惠'), rui.set_message_kind(:one, 'break_glass', '紧急查看', 'Emergency', '{review}', '{sms}', is_critical => true),
	rui.set_message_template(:one, 'break_glass', 'sms', 'zh', '紧急查看{review}'), rui.set_consent_messages(:one, 'marketing', '{offer}') \g /dev/null
SELECT throws_ok(format('SELECT rui.set_consent_messages(%s, ''marketing'', ''{break_glass}'')', :one), 'P0002', NULL, 'not of critical kinds');
SELECT ok((SELECT is_marketing FROM rui.message_kind WHERE project_id = :one AND code = 'offer'), 'kinds of purpose marketing are marketing');
SELECT rui.set_message_kind(:one, 'offer', '优惠', 'Offers', '{}', '{sms}') \g /dev/null
SELECT ok((SELECT is_marketing FROM rui.message_kind WHERE project_id = :one AND code = 'offer'), 'and stay so');
SELECT throws_ok(format('SELECT rui.set_message_kind(%s, ''offer'', ''x'', ''x'', ''{}'', ''{sms}'', is_critical => true)', :one), '22023', 'marketing is not critical', 'that all may refuse');
SELECT rui.send_messages(:one, 'offer', format('{"party": [%s, %s]}', :zhao, :qian)::jsonb) AS unasked \gset
SELECT row_eq(format('SELECT total, suppressed, without_consent, waiting FROM rui.message_progress WHERE batch_id = %s', :unasked), ROW(2::bigint, 2::bigint, 2::bigint, 0::bigint),
	'nobody was asked: no offers');
SELECT is((SELECT string_agg(DISTINCT r.reason, ',') FROM rui.message_receipt r JOIN rui.message m ON m.id = r.message_id WHERE m.batch_id = :unasked), 'no_consent', 'with the reason');
SELECT rui.set_message_kind(:one, 'notice', '通知', 'Notices', '{}', '{sms}'), rui.set_message_template(:one, 'notice', 'sms', 'zh', '停水') \g /dev/null
SELECT rui.send_message(:one, 'notice', :qian) AS notice \gset
SELECT is((SELECT state FROM rui.message WHERE id = :notice), 'queued', 'but notices of the service');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT rui.record_consent(:one, 'marketing', true, 'app', '2026-1', 'session 17', at => now() - interval '2 minutes') AS first_consent \gset
SELECT throws_ok(format('SELECT rui.record_consent(%s, ''debt'', true, ''app'', ''1'', ''x'')', :one), '22023', NULL, 'a contract is no consent');
SELECT throws_ok(format('SELECT rui.record_consent(%s, ''marketing'', true, ''app'', ''1'', ''x'', for_party => %s)', :one, :qian), '42501', NULL, 'not for others');
SELECT throws_ok('UPDATE rui.consent SET is_given = false', '55000', NULL, 'only added');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_
SELECT is((SELECT count(*) FROM pg_temp.shown(:one, :zhao, '{phone}', 'marketing')), 2::bigint, 'agreed');
SELECT rui.send_message(:one, 'offer', :zhao) AS sent \gset
SELECT is((SELECT state FROM rui.message WHERE id = :sent), 'queued', 'offers go');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT set_config('rui.party_id', :'loader', true), rui.set_document_kind(:one, 'photo', '照片', 'Photo') \gset hidden_
SELECT rui.store_document(:one, 'photo', 'party', :qian, 'Hers', sha256('hers'), 4, 'image/jpeg', 'hers', 'staff') AS hers \gset
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.record_consent(%s, ''marketing'', true, ''app'', ''1'', ''x'', document_id => %s)', :one, d), 'P0002', NULL, 'no document that he does not read')
FROM unnest(ARRAY[:hers, :hers + 1000]) d;
SELECT rui.record_consent(:one, 'marketing', false, 'app', '2026-1', 'session 18') \gset hidden_
SELECT results_eq(format('SELECT purpose, is_given, evidence FROM rui.consents_at(%s, %s, now() - interval ''1 minute'')', :one, :zhao),
	$$VALUES ('marketing', true, 'session 17')$$, 'what held a minute ago');
SELECT results_eq(format('SELECT purpose, is_given, evidence FROM rui.consents_at(%s, %s)', :one, :zhao), $$VALUES ('marketing', false, 'session 18')$$, 'and now');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''marketing'')', :one, :zhao), '42501', NULL, 'taken back');
SELECT rui.send_message(:one, 'offer', :zhao) AS kept \gset
SELECT is((SELECT state FROM rui.message WHERE id = :kept), 'suppressed', 'offers no longer go');
SELECT is((SELECT string_agg(r.reason, ',') FROM rui.message_receipt r WHERE r.message_id = :kept), 'no_consent', 'for want of consent');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT count(*) AS taken FROM rui.take_messages(:one, 'sms', 10, 'g') AS t WHERE t.message_id = :sent \gset
SELECT is(:taken, 0, 'not even one that was queued');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_

-- A steward: own cases only.
SELECT set_config('rui.party_id', :'steward', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''service'')', :one, :zhao), '42501', NULL, 'no case of the steward''s');
SELECT throws_ok(format('SELECT * FROM rui.party_card(%s, %s)', :one, :zhao), 'P0002', NULL, 'not even masked');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_ticket(:one, 'pipe', 'drips', unit_id => :u1, reporter_id => :zhao) AS ticket \gset
SELECT rui.triage_ticket(:one, :ticket), rui.assign_ticket(:one, :ticket, :steward) \gset hidden_
SELECT set_config('rui.party_id', :'steward', true) \gset hidden_
SELECT is((SELECT count(*) FROM pg_temp.shown(:one, :zhao, '{phone}', 'dispatch_contact', 'ticket 1')), 2::bigint, 'with an open ticket');

-- Limits.
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.set_reveal_limits(:one, 1, 2, '24:00') \gset hidden_
SELECT throws_ok(format('SELECT rui.set_reveal_limits(%s, 3, 2)', :one), '22023', NULL, 'no more an hour than a day');
SELECT ok(rui.ask_export(:one, :steward) > 0, 'a copy of one person''s data');
SELECT throws_ok(format('SELECT rui.ask_export(%s, %s)', :one, :agent), '53400', 'you were shown 1 people within an hour', 'but no more people than anybody is shown');
SELECT set_config('rui.party_id', :'agent', true) \gset hidden_
SELECT is((SELECT count(*) FROM pg_temp.shown(:one, :zhao, '{phone}', 'service')), 2::bigint, 'the same person again');
SELECT throws_ok(format('SELECT * FROM pg_temp.shown(%s, %s, ''{phone}'', ''service'')', :one, :qian), '53400', 'you were shown 1 people within an hour', 'another one is too many');
SELECT is(rui.ask_reveal(:one, :qian, '{phone}', 'service') ->> 'refused', '53400', 'refused on record');
-- Shown in another project of the company, somebody counts here, too.
SAVEPOINT elsewhere;
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :agent, 'agent', '[2000-01-01,)');
SET LOCAL session_replication_role = replica;
UPDATE rui.personal_access SET project_id = :two WHERE party_id = :agent AND refused IS NULL;
SET LOCAL session_replication_role = origin;
SELECT is(rui.ask_reveal(:one, :qian, '{phone}', 'service') ->> 'refused', '53400', 'in all projects together');
ROLLBACK TO elsewhere;

-- Emergencies.
SELECT throws_ok(format('SELECT * FROM rui.break_glass(%s, %s, ''{phone}'', '' '')', :one, :qian), '22023', NULL, 'with a reason');
SELECT throws_ok(format('SELECT * FROM rui.break_glass(%s, %s, ''{id_card}'', ''fire'')', :one, :qian), '42501', NULL, 'not for what helps nobody');
SELECT rui.break_glass(:one, :qian, '{phone}', 'water through the ceiling of 1-001') AS broken \gset
SELECT throws_ok(format('SELECT * FROM rui.reveal_access(%s, %s)', :one, :broken), '55000', NULL, 'on record first');
SELECT pg_temp.commit_accesses() \g /dev/null
SELECT is((SELECT value FROM rui.reveal_access(:one, :broken)), '13500001111', 'beyond limits');
SELECT is((SELECT count(*) FROM rui.message m JOIN rui.message_batch b ON b.id = m.batch_id WHERE b.kind_code = 'break_glass' AND m.party_id = :manager), 1::bigint, 'the manager is told');
SELECT id AS review FROM rui.reveal_review WHERE project_id = :one \gset
SELECT throws_ok(format('SELECT rui.decide_reveal_review(%s, %s, ''justify'', ''yes'')', :one, :review), '42501', NULL, 'an agent reviews nothing');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :agent, 'manager', '[2000-01-01,)');
SELECT throws_ok(format('SELECT rui.decide_reveal_review(%s, %s, ''justify'', ''yes'')', :one, :review), '42501', 'nobody decides on a review of his own', 'nor his own');
SELECT is(rui._duty_review_reveals(:one, now() + interval '25 hours') * 10 + rui._duty_review_reveals(:one, now() + interval '25 hours'), 10::bigint, 'late once');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT results_eq($$SELECT kind, subject, about FROM rui.inbox() WHERE kind = 'review'$$,
	$$VALUES ('review', 'reveal_review', 'water through the ceiling of 1-001')$$, 'waits in the inbox of another');
SELECT is(rui.decide_reveal_review(:one, :review, 'justify', 'the valve was shut in time'), 'justified', 'decided');
SELECT throws_ok(format('SELECT rui.decide_reveal_review(%s, %s, ''object'', ''no'')', :one, :review), '55000', NULL, 'once');

-- What the subject reads.
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT results_eq('SELECT who, roles, fields, purpose, refused FROM rui.my_access_log ORDER BY roles, fields, refused NULLS FIRST, purpose',
	$$VALUES ('Agent', '{agent}'::text[], '{id_card}'::text[], 'service', '42501'), ('Agent', '{agent}', '{phone}', 'marketing', NULL),
		('Agent', '{agent}', '{phone}', 'service', NULL), ('Agent', '{agent}', '{phone}', 'service', NULL), ('Agent', '{agent}', '{phone,name}', 'service', NULL),
		('Steward', '{resident,steward}', '{phone}', 'dispatch_contact', NULL)$$, 'who, as what, which, what for');
SELECT throws_ok('SELECT * FROM rui.personal_access', '42501', NULL, 'others'' log is closed');
RESET ROLE;
SELECT is_empty($$SELECT r.role_code, r.permission FROM rui.role_permission r WHERE r.role_code IN ('resident', 'staff', 'steward', 'agent', 'partner', 'analyst')
	AND NOT EXISTS (SELECT FROM rui.role_permission l WHERE l.role_code = 'loader' AND l.permission = r.permission)$$,
	'a loader may what those may whom it brings in');
SELECT * FROM finish();
ROLLBACK;
