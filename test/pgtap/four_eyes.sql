-- Nobody decides for himself, whatever way he takes: not on what he asked for,
-- by another role or another login of his either; not on what a colleague asked
-- for him; nobody rates what he did, had in hand before, or does again. Nor does
-- a role of one project give its holder what counts in the whole company.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
SELECT plan(117);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES
	(:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)'), (:one, :accountant, 'manager', '[2000-01-01,)');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'mgr2', 'Second manager') RETURNING id AS second \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :second, 'manager', '[2000-01-01,)'), (:one, :second, 'loader', '[2000-01-01,)');
-- The accountant lives here, too, and works for himself.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:accountant]::bigint[], '{1}');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费'), rui.set_fee_item(:one, 'rent', '租金', revenue_account => '6051'), rui.set_fee_item(:one, 'month', '月费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1"}', 'once', '2025-01-01', due_days => 0), rui.set_price_plan(:one, 'month', '{"model":"fixed","price":"1"}', 'unit', '2025-01-01') \gset hidden_
SELECT rui.add_charge(:one, 'fee', 100, :u1, :accountant, at => '2025-01-02') AS c1, rui.add_charge(:one, 'fee', 60, :u2, :zhao, at => '2025-01-02') AS c2 \gset
-- Of whom nobody wrote down who pays, it concerns whoever may have to.
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u3, '[2020-01-01,)') RETURNING id AS lodging \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :lodging, :u3, :accountant, 'tenant', '[2020-01-01,)');
SELECT rui.record_payment(:one, :u1, NULL, 7, 'cash', at => '2025-01-03') AS p1, rui.add_charge(:one, 'fee', 30, :u1, at => '2025-01-04') AS c3, rui.add_charge(:one, 'fee', 31, :u1, at => '2025-01-04') AS c4,
	rui.add_charge(:one, 'fee', 32, :u3, at => '2025-01-04') AS c5, rui.add_charge(:one, 'fee', 33, :u1, at => '2025-01-04') AS c6,
	rui.open_trust_fund(:one, 'repair', 'Repair', 'maintenance', (SELECT building_id FROM rui.unit WHERE project_id = :one AND id = :u1), at => '2025-01-05') AS trust,
	rui.record_cost(:one, '6401', 10, '2025-01-05', 'Advice', party_id => :accountant, at => '2025-01-06') AS cost \gset
SELECT id AS fund FROM rui.account WHERE project_id = :one AND code = '1002' \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;

-- What the loader asks for, for the accountant.
CREATE TEMP TABLE asked (what text, command text, ends text, id bigint);
INSERT INTO asked VALUES
	('waiver', 'decide_waiver(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_waiver(:one, :c1, 10, 'Hardship', at => '2025-03-01')),
	('write-off', 'decide_write_off(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_write_off(:one, ARRAY[:c1, :c2]::bigint[], NULL, NULL, 'Gone', 'Letters', at => '2025-03-01')),
	('discount', 'decide_discount(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_discount(:one, 'fee', ARRAY[:u2]::bigint[], 0.5, '[2025-04-01,)', 'hardship', 'Low income', :accountant, at => '2025-03-01')),
	('discount', 'decide_discount(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_discount(:one, 'fee', ARRAY[:u1, :u2]::bigint[], 0.5, '[2025-04-01,)', 'hardship', 'Low income', at => '2025-03-01')),
	('dispute', 'settle_dispute(%s, %s, true, at => ''2025-03-02'')', 'upheld', rui.open_dispute(:one, :c1, 'Too much', at => '2025-03-01')),
	('lease', 'decide_lease(%s, %s, true, at => ''2025-03-02'')', 'running', rui.propose_lease(:one, :u4, :accountant, 'rent', 1, '[2025-04-01,2026-04-01)', at => '2025-03-01')),
	('vendor contract', 'decide_vendor_contract(%s, %s, ''approve'', at => ''2025-03-02'')', 'active', rui.propose_vendor_contract(:one, 'V1', 'Advice', :accountant, '[2025-01-01,2026-01-01)', '6401', 12.5, 2000, at => '2025-03-01')),
	('share contract', 'decide_share_contract(%s, %s, ''approve'', at => ''2025-03-02'')', 'active', rui.propose_share_contract(:one, 'S1', 'fee', '[2025-01-01,2026-01-01)', ARRAY[:accountant]::bigint[], '{0.5,0.5}', at => '2025-03-01')),
	('waiver', 'decide_waiver(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_waiver(:one, :c3, 10, 'Hardship', at => '2025-03-01')),
	('write-off', 'decide_write_off(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_write_off(:one, ARRAY[:c6]::bigint[], NULL, NULL, 'Gone', 'Letters', at => '2025-03-01')),
	('dispute', 'settle_dispute(%s, %s, true, at => ''2025-03-02'')', 'upheld', rui.open_dispute(:one, :c5, 'Too much', at => '2025-03-01')),
	('payout', 'decide_payout(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_payout(:one, 'charge_reversal', :c4, 'x', at => '2025-03-01')),
	('payout', 'decide_payout(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_payout(:one, 'payment_reversal', :p1, 'x', at => '2025-03-01')),
	('discount', 'decide_discount(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_discount(:one, 'fee', ARRAY[:u3]::bigint[], 0.5, '[2025-04-01,)', 'hardship', 'Low income', at => '2025-03-01')),
	('campaign', 'decide_advance_campaign(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_advance_campaign(:one, 'month', 'x', '[2025-04-01,2025-05-01)', 12, 'x', 1, unit_ids => ARRAY[:u1]::bigint[], at => '2025-03-01')),
	('receipt of a trust fund', 'decide_trust_money(%s, %s, true, at => ''2025-03-02'')', 'confirmed', rui.record_trust_money(:one, 'repair', 'first', 20, 'x', :u1, at => '2025-03-01')),
	('receipt of a trust fund', 'decide_trust_money(%s, %s, true, at => ''2025-03-02'')', 'confirmed', rui.record_trust_money(:one, 'repair', 'first', 20, 'x', :u2, :accountant, at => '2025-03-01')),
	('reversal', 'decide_reversal(%s, %s, true, at => ''2025-03-02'')', 'approved', rui.request_reversal(:one, 'cost', :cost, 'x', at => '2025-03-01')),
	('service contract', 'decide_service_contract(%s, %s, ''approve'', at => ''2025-03-02'')', 'active', rui.propose_service_contract(:one, 'c', 'lump_sum', '[2025-01-01,2026-01-01)', counterpart_id => :accountant, at => '2025-03-01')),
	('request', 'decide_personal_request(%s, %s, ''approve'', at => ''2025-03-02'')', 'done', rui.request_correction(:one, 'name', 'Accountant', 'Counter', 'Married', :accountant, at => '2025-03-01'));
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok('SELECT rui.' || format(a.command, :one, a.id), '42501', format('nobody decides on a %s that concerns himself', a.what), a.what || ': not for himself') FROM asked a ORDER BY a.what, a.id;
SELECT throws_ok('SELECT rui.' || format(replace(replace(a.command, 'true', 'false'), '''approve''', '''refuse'', ''No'''), :one, a.id), '42501', NULL, a.what || ': not against himself either')
FROM asked a ORDER BY a.what, a.id;
-- Whatever else he is here.
INSERT INTO rui.membership (project_id, party_id, role_code, valid) SELECT :one, :accountant, r, '[2000-01-01,)' FROM unnest('{director,auditor,resident,steward}'::text[]) r;
SELECT throws_ok('SELECT rui.' || format(a.command, :one, a.id), '42501', NULL, a.what || ': in no other role') FROM asked a ORDER BY a.what, a.id;
DELETE FROM rui.membership WHERE party_id = :accountant AND role_code NOT IN ('accountant', 'loader', 'manager');
SELECT pg_temp.act(:second) \gset hidden_
CREATE FUNCTION pg_temp.decide(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE 'SELECT rui.' || command INTO answer;
	RETURN answer;
END $$;
SELECT is(pg_temp.decide(format(a.command, :one, a.id)), a.ends, a.what || ': somebody else decides') FROM asked a WHERE a.what <> 'write-off' ORDER BY a.what, a.id;
-- Nor alone what another one agreed to, nor of what was shown of him.
INSERT INTO rui.settlement (project_id, month, received, fee, requested_by, requested_at) VALUES (:one, '2025-02-01', 100, 0, :loader, '2025-03-01') RETURNING id AS share \gset
INSERT INTO rui.settlement_party (project_id, settlement_id, party_id, carried, amount, payout) VALUES (:one, :share, :accountant, 0, 50, 50);
INSERT INTO rui.personal_access (project_id, at, party_id, roles, subject_id, fields, purpose, reason, is_break_glass, transaction_id)
VALUES (:one, '2025-03-01', :loader, '{loader}', :accountant, '{phone}', 'emergency', 'x', true, 1) RETURNING id AS access \gset
INSERT INTO rui.reveal_review (project_id, access_id, asked_by, asked_at, due_at) VALUES (:one, :access, :loader, '2025-03-01', '2025-03-03') RETURNING id AS review \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok('SELECT rui.' || format(v.command, :one, v.id), '42501', v.says, v.says) FROM (VALUES
	('end_lease(%s, %s, ''2025-06-30'', at => ''2025-04-02'')', (SELECT id FROM asked WHERE what = 'lease'), 'nobody ends his own lease'),
	('accept_service(%s, %s, 1, ''[2025-01-01,2025-02-01)'', ''x'', at => ''2025-03-05'')', (SELECT id FROM asked WHERE what = 'vendor contract'), 'nobody accepts his own service'),
	('decide_settlement(%s, %s, true, at => ''2025-03-02'')', :share, 'nobody decides on a settlement that concerns himself'),
	('decide_reveal_review(%s, %s, ''justify'', ''x'', at => ''2025-03-02'')', :review, 'nobody decides on a review that concerns himself')) AS v(command, id, says);
SELECT pg_temp.act(:second) \gset hidden_

-- An empty home pays less, one with a lower reading, too.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.install_meter(:one, 'M1', 'water', 'm3', :u1, initial => '0', installed_at => '2025-01-01') AS m1, rui.install_meter(:one, 'M2', 'water', 'm3', :u2, initial => '0', installed_at => '2025-01-01') AS m2 \gset
SELECT rui.set_meter_rule(:one, 'water', 2, 1, 1) \gset hidden_
SELECT rui.record_reading(:one, :m1, 10, read_at => '2025-02-01') AS r1, rui.record_reading(:one, :m1, 500, read_at => '2025-02-20') AS r2, rui.record_reading(:one, :m2, 10, read_at => '2025-02-01') AS r3,
	rui.record_vacancy(:one, :u1, 'vacant', '2025-01-01', at => '2025-03-01') AS v1 \gset
SELECT count(*) FROM rui.record_readings(:one, '[{"meter": "M2", "read_at": "2025-02-10 00:00", "value": 10}]') \gset hidden_
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.record_vacancy(:one, :u2, 'vacant', '2025-01-01', at => '2025-03-01') AS v2 \gset
SELECT throws_ok(format('SELECT rui.confirm_vacancy(%s, %s, at => ''2025-03-02'')', :one, :v1), '42501', 'nobody decides on a fact that concerns himself', 'vacancy: not of his own home');
SELECT throws_ok(format('SELECT rui.confirm_vacancy(%s, %s, at => ''2025-03-02'')', :one, :v2), '42501', 'nobody decides on a fact of his own', 'vacancy: not what he found himself');
SELECT throws_ok(format('SELECT rui.correct_reading(%s, %s, 1, ''Misread'')', :one, :r1), '42501', 'nobody decides on a reading that concerns himself', 'a reading: he does not correct that of his home');
SELECT throws_ok(format('SELECT rui.refuse_reading(%s, %s, ''Misread'')', :one, :r2), '42501', NULL, 'nor refuse one that is doubted');
SELECT throws_ok(format('SELECT rui.confirm_reading(%s, %s)', :one, :r2), '42501', NULL, 'nor confirm it');
SELECT lives_ok(format('SELECT rui.correct_reading(%s, %s, 9, ''Misread'')', :one, :r3), 'that of others he does');
SELECT count(*) FROM rui.infer_vacancy(:one, '2025-02-02', '2025-02-10') \gset hidden_
SELECT f.id AS v3 FROM rui.vacancy_fact f WHERE f.project_id = :one AND f.unit_id = :u2 AND f.source = 'household' \gset
SELECT is(rui.confirm_vacancy(:one, :v3), 'confirmed', 'what the register tells nobody has said');
SELECT pg_temp.act(:second) \gset hidden_
SELECT is(rui.confirm_vacancy(:one, :v2, at => '2025-03-02'), 'confirmed', 'vacancy: somebody else confirms it');
SELECT is(rui.confirm_vacancy(:one, :v1, at => '2025-03-02'), 'confirmed', 'also that of his home');
SELECT is(rui.refuse_reading(:one, :r2, 'A digit too many'), 'rejected', 'and refuses what was misread there');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.withdraw_vacancy(%s, %s, ''x'')', :one, :v1), '42501', NULL, 'what is confirmed of his home he does not take back either');
SELECT pg_temp.act(:second) \gset hidden_

-- Two logins of one party are one person; a request that is withdrawn and made
-- anew is of who made it last.
CREATE ROLE eyes_first LOGIN IN ROLE rui_manager;
CREATE ROLE eyes_second LOGIN IN ROLE rui_manager;
INSERT INTO rui.login (login, party_id) VALUES ('eyes_first', :second), ('eyes_second', :second);
SELECT set_config('rui.party_id', '', true) \gset hidden_
SET LOCAL SESSION AUTHORIZATION eyes_first;
SELECT rui.request_waiver(:one, :c2, 5, 'Once', at => '2025-03-03') AS w1 \gset
SET LOCAL SESSION AUTHORIZATION eyes_second;
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-03-04'')', :one, :w1), '42501', 'nobody decides on a waiver of his own', 'nor by another login');
SELECT is(rui.withdraw_waiver(:one, :w1, at => '2025-03-04'), 'withdrawn', 'which is his');
RESET SESSION AUTHORIZATION;
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-03-05'')', :one, :w1), '55000', NULL, 'what is withdrawn is not decided on');
SELECT rui.request_waiver(:one, :c2, 5, 'Once', at => '2025-03-05') AS w2 \gset
SELECT throws_ok(format('SELECT rui.decide_waiver(%s, %s, true, at => ''2025-03-06'')', :one, :w2), '42501', 'nobody decides on a waiver of his own', 'made anew it is of who made it anew');

-- Work: who had it in hand does not judge it, though another one ended it.
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w1', 'First worker') RETURNING id AS w1 \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w2', 'Second worker') RETURNING id AS w2 \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w3', 'Third worker') RETURNING id AS w3 \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) SELECT :one, p, r, '[2000-01-01,)' FROM unnest(ARRAY[:w1, :w2, :w3]) p, unnest('{staff,resident,steward}'::text[]) r;
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u2, '[2020-01-01,)') RETURNING id AS home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, :home, :u2, p, 'family', '[2020-01-01,)' FROM unnest(ARRAY[:w1, :w2, :w3, :zhao]) p;
SELECT pg_temp.act(:second) \gset hidden_
SELECT rui.set_ticket_category(:one, 'repair', '报修', 'Repair') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'Drips', :u2) AS t \gset
SELECT rui.assign_ticket(:one, :t, :w1) \gset hidden_
SELECT pg_temp.act(:w1) \gset hidden_
SELECT rui.transfer_ticket(:one, :t, :w2, 'Before I began') \gset hidden_
SELECT pg_temp.act(:w2) \gset hidden_
SELECT rui.accept_ticket(:one, :t), rui.arrive_ticket(:one, :t), rui.complete_ticket(:one, :t, 'Done') \gset hidden_
SELECT throws_ok(format('SELECT rui.rate_ticket(%s, %s, 5)', :one, :t), '42501', 'nobody rates his own work', 'of one''s own home neither');
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT is(rui.rate_ticket(:one, :t, 1), 'completed', 'who lives with him does');
SELECT rui.reopen_ticket(:one, :t, 'Still drips') \gset hidden_
SELECT pg_temp.act(:second) \gset hidden_
SELECT rui.assign_ticket(:one, :t, :w3) \gset hidden_
SELECT pg_temp.act(:w3) \gset hidden_
SELECT rui.accept_ticket(:one, :t), rui.arrive_ticket(:one, :t), rui.complete_ticket(:one, :t, 'Done') \gset hidden_
SELECT pg_temp.act(:w2) \gset hidden_
SELECT throws_ok(format('SELECT rui.rate_ticket(%s, %s, 5)', :one, :t), '42501', 'nobody rates his own work', 'nor after it was given to another');
SELECT throws_ok(format('SELECT rui.call_back_ticket(%s, %s, true)', :one, :t), '42501', 'nobody asks how his own work was', 'nor asks his own home');
SELECT pg_temp.act(:w1) \gset hidden_
SELECT is(rui.rate_ticket(:one, :t, 3), 'completed', 'who only handed it on does');

-- Roles: a manager gives those of his project, and nothing beyond it.
SELECT pg_temp.act(:manager) \gset hidden_
DELETE FROM rui.membership WHERE party_id = :manager AND role_code = 'loader';
SELECT throws_ok(format('SELECT rui.grant_role(%s, %s, %L)', :one, :manager, r), '42501', NULL, 'a manager makes himself no ' || r) FROM unnest('{director,loader}'::text[]) r;
SELECT ok(rui.grant_role(:one, :manager, 'auditor') > 0, 'but gives other roles of his project');
-- Gateways are handed addresses unasked: who made himself one, took and rolled back left no trace.
SELECT throws_ok(format('SELECT rui.grant_role(%s, %s, %L)', :one, p, r), '42501', NULL, format('nor makes himself or others a %s', r))
FROM unnest('{messenger,tax_gateway,storage}'::text[]) r, unnest(ARRAY[:manager, :w1]) p;
SELECT results_eq(format('SELECT r.error_code FROM rui.import_staff(%s, %L, true) r', :one, '[{"code":"mx","name":"Machine","staff_no":"mx","from":"2025-01-01","role":"messenger"}]'), $$VALUES ('22023')$$, 'machines are not hired');
SELECT p.id AS director FROM rui.party p WHERE p.company_id = :company AND p.code = 'director' \gset
SELECT pg_temp.act(:director) \gset hidden_
SELECT ok(rui.grant_role(:one, :w1, 'messenger') > 0, 'a director says what is a gateway');
SELECT throws_ok(format('SELECT rui.grant_role(%s, %s, ''messenger'')', :one, :director), '42501', NULL, 'and is none');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT ok(rui.grant_role(:one, :w2, 'messenger') > 0, 'who is handed them anyhow says so too');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_suppression(%s, 5)', :company), '42501', NULL, 'nor rules over the company');
SELECT bag_eq($$SELECT DISTINCT m.found[1] FROM pg_proc p CROSS JOIN regexp_matches(p.prosrc, 'require_company_permission\(\w+, ''(\w+)''', 'g') AS m(found)
	WHERE p.pronamespace = 'rui'::regnamespace AND p.proname !~ '^_platform'$$, 'SELECT unnest(rui._company_permissions())', 'what counts in the whole company is listed');
SELECT * FROM finish();
ROLLBACK;
