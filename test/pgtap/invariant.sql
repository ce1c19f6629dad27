-- A month of everything breaks no invariant; each kind of damage, done behind
-- the platform's back, is seen by the rule that forbids it.
BEGIN;
SET LOCAL jit = off; -- compiling the view takes longer than looking through it
SELECT plan(177);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01') AS plan \gset
SELECT rui.set_fee_item(:one, 'repair', '维修') \gset hidden_
SELECT rui.set_price_plan(:one, 'repair', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:zhao, :qian], '{1,2}');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,)') RETURNING id AS h1 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h1, :u1, :zhao, 'owner', '[2020-01-01,)');
INSERT INTO rui.staff (company_id, party_id, staff_no, employed) VALUES (:company, :loader, '1', '[2000-01-01,)');
SELECT rui.set_sla_policy(:one, 'always', response => '1 hour', from_at => '2024-01-01 00:00+00') AS policy \gset
SELECT rui.set_ticket_category(:one, 'repair', '修', 'repair', fee_item_code => 'repair') \gset hidden_
SELECT rui.open_ticket(:one, 'repair', 'Lamp', :u1, at => '2025-01-10 01:00+00') AS t1 \gset
SELECT rui.open_ticket(:one, 'repair', 'Lamp', :u1, at => '2025-01-10 01:00+00') AS t2 \gset
SELECT rui.triage_ticket(:one, :t2, at => '2025-01-10 01:30+00') FROM rui.task WHERE id = :t2 AND state = 'new' \gset hidden_
SELECT rui.assign_ticket(:one, :t1, :loader, at => '2025-01-10 02:00+00'), rui.accept_ticket(:one, :t1, at => '2025-01-10 02:01+00'),
	rui.arrive_ticket(:one, :t1, at => '2025-01-10 02:30+00'), rui.complete_ticket(:one, :t1, 'done', 40, at => '2025-01-10 03:00+00') \gset hidden_
SELECT count(*) FROM rui.tick(:one, '2025-01-10 04:00+00') \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-20') \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 300, 'cash', at => '2025-01-21') AS p1 \gset
SELECT rui.record_payment(:one, :u2, NULL, 50, 'cash', at => '2025-01-21') AS p2 \gset
SELECT rui.reverse_payment(:one, :p2, 'Bounced', '2025-01-22') \gset hidden_
SELECT rui.refund_payment(:one, :p1, 5, 'Too much', at => '2025-01-22') \gset hidden_
SELECT min(id) AS c3 FROM rui.charge WHERE unit_id = :u3 \gset
SELECT rui.reverse_charge(:one, :c3, 'Wrong', true, '2025-01-23') \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-24') \gset hidden_
SELECT rui.post_entry(:one, '6602', '1002', 10, 'Paper', at => '2025-01-25') AS e1 \gset
SELECT count(*) FROM rui.import_opening_arrears(:one, '[{"unit":"1-102","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":5}]', at => '2025-01-25') \gset hidden_
SELECT rui.record_payment(:one, NULL, :sun, 12, 'card', external_ref => 'K', at => '2025-01-25') AS card \gset
SELECT count(*) FROM rui.import_statement(:one, 'bank', 'S', '[{"at":"2025-01-25","kind":"payout","amount":11.9,"from_channel":"card","batch":"B"}]', 0, 11.9, at => '2025-01-25') \gset hidden_
SELECT count(*) FROM rui.import_statement(:one, 'card', 'S', '[{"at":"2025-01-25","kind":"receipt","amount":12,"reference":"K","batch":"B"},{"at":"2025-01-25","kind":"fee","amount":-0.1,"batch":"B"}]', 0, 11.9, at => '2025-01-25') \gset hidden_
SELECT count(*) FROM rui.reconcile(:one, at => '2025-01-25') \gset hidden_
SELECT count(*) FROM rui.share_cost(:one, 'lift', 'property', '[2025-01-01,2025-02-01)', 10, 'unit', building_id => :b1, at => '2025-01-31') \gset hidden_
SELECT rui.close_period(:one, '2025-01-01', '2025-02-02') \gset hidden_
SELECT rui.set_scorecard(:one, 'round', 'Round', '{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"A1","weight":"1","kind":"pass"}]}]}',
	at => '2025-01-01 00:00+00') \gset hidden_
SELECT rui.record_audit(:one, 'round', 'building', :b1, '{"A1":{"value":true}}', at => '2025-01-26') AS audit \gset
SELECT rui.set_message_channel(:one, 'sms'), rui.set_message_kind(:one, 'news', '通知', 'News', '{}', '{sms}', budget => 1),
	rui.set_message_kind(:one, 'alarm', '紧急', 'Alarm', '{}', '{sms}', is_critical => true, is_emergency => true) \gset hidden_
SELECT rui.set_message_template(:one, 'news', 'sms', 'zh', 'x', from_at => '2025-01-01'), rui.set_message_template(:one, 'alarm', 'sms', 'zh', 'x', from_at => '2025-01-01') \gset hidden_
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :zhao, 'phone', '138');
SELECT rui.send_message(:one, 'news', :zhao, at => '2025-01-27') AS news, rui.send_message(:one, 'news', :zhao, at => '2025-01-28') AS beyond,
	rui.send_message(:one, 'alarm', :zhao, at => '2025-01-28') AS alarm, rui.plan_messages(:one, 'alarm', '{"project": true}', at => '2025-01-28') AS campaign \gset
SELECT count(rui.acknowledge_message(:one, t.message_id, t.attempt, 'sent', at => '2025-01-28')) FROM rui.take_messages(:one, 'sms', 10, 'g', '2025-01-28') t \gset hidden_
SELECT rui.set_document_kind(:one, 'photo', '照片', 'Photo', keep_days => 1) \gset hidden_
SELECT rui.store_document(:one, 'photo', 'ticket', :t1, 'Lamp', sha256('a'), 1, 'image/png', 'a', at => '2025-01-27') AS photo,
	rui.store_document(:one, 'photo', 'ticket', :t2, 'Lamp', sha256('a'), 1, 'image/png', 'a', at => '2025-01-27') AS old \gset
SELECT rui.erase_document(:one, :old, 'x', at => '2025-01-27') \gset hidden_
SELECT rui.import_posts(:one, '[{"code":"p","name":"Post","module":"place"}]') \gset hidden_
SELECT rui.import_shifts(:one, '[{"post":"p","staff":"loader","from":"2025-01-29 08:00","to":"2025-01-29 18:00","capacity":2}]') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :loader, 'steward', '[2000-01-01,)');
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :b1, '1-199', 5) RETURNING id AS u5 \gset
SELECT count(*) FROM rui.import_posts(:one, '[{"code":"old","name":"Old","module":"place"}]') \gset hidden_
SELECT count(*) FROM rui.archive(:one, 'unit', '{1-199}', 'Gone', at => '2025-02-03') u, rui.archive(:one, 'post', '{old}', 'Gone', at => '2025-01-15') p \gset hidden_
SELECT rui.create_space(:one, 'site', 'site', place => 'SRID=4326;POINT(118.8 32.05)') AS site \gset
SELECT rui.create_space(:one, 'shut', 'zone', :site) AS shut \gset
SELECT count(*) FROM rui.import_equipment(:one, '[{"code":"pump","kind":"pump"},{"code":"rest","kind":"pump"}]') \gset hidden_
SELECT count(*) FROM rui.archive(:one, 'space', '{shut}', 'Gone', at => '2025-02-03') s, rui.archive(:one, 'equipment', '{rest}', 'Gone', at => '2025-02-03') e \gset hidden_
SELECT is((SELECT count(*) FROM rui.archived), 4::bigint, 'something is archived');
SELECT rui.create_space(:one, 'b1', 'building', :site, :b1) AS node \gset
SELECT rui.create_space(:one, 'f1', 'floor', :node) AS floor \gset
SELECT rui.place_unit(:one, :u1, :floor) \gset hidden_
SELECT rui.install_meter(:one, 'W', 'water', 'm3', :u1, initial => '90', digits => 2, installed_at => '2025-01-01') AS meter \gset
SELECT rui.record_reading(:one, :meter, 5, is_rollover => true, read_at => '2025-02-01') AS reading \gset
SELECT rui.correct_reading(:one, :reading, 6, 'Misread') \gset hidden_
SELECT rui.replace_meter(:one, :meter, '7', '0', replaced_at => '2025-03-01') AS meter2 \gset
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:two, 'water', '水费') \gset hidden_
SELECT rui.set_meter_plan(:two, 'water', '{"model":"graduated","tiers":[{"up_to":"10","price":"2"},{"price":"3"}]}', 'water', '2025-01-01') \gset hidden_
SELECT rui.install_meter(:two, 'W', 'water', 'm3', :v1, initial => '0', installed_at => '2025-01-01') AS drunk \gset
SELECT rui.record_reading(:two, :drunk, 8, read_at => '2025-02-01'), rui.record_reading(:two, :drunk, 15, read_at => '2025-03-01') \gset hidden_
SELECT count(*) FROM rui.run_billing(:two, '2025-01-01', at => '2025-02-10') \gset hidden_
SELECT count(*) FROM rui.run_billing(:two, '2025-02-01', at => '2025-03-10') \gset hidden_
SELECT min(charge_id) AS drunk, max(charge_id) AS drunk2 FROM rui.meter_bill \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :sun, 'staff', '[2000-01-01,)');
INSERT INTO rui.post (project_id, code, name, module) VALUES (:two, 'p', 'Post', 'place') RETURNING id AS post \gset
INSERT INTO rui.shift (project_id, post_id, party_id, during, capacity) VALUES (:two, :post, :sun, '[2025-01-28 00:00+00,2025-01-29 00:00+00)', 1);
SELECT rui.set_ticket_category(:two, 'lamp', '灯', 'Lamp'), rui.open_ticket(:two, 'lamp', 'Lamp', at => '2025-01-28 01:00+00'),
	rui.open_ticket(:two, 'lamp', 'Lamp', at => '2025-01-28 01:00+00') \gset hidden_
SELECT assigned, waiting FROM rui.dispatch(:two, at => '2025-01-28 02:00+00') \gset match_
SELECT is(ROW(:match_assigned, :match_waiting), ROW(1, 1), 'a standing match with an offer and a task that waits');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a month of everything breaks no invariant');

-- Damage: what is done, and the rules that see it.
CREATE FUNCTION pg_temp.damage(command text, rules text[], about text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	seen text[];
BEGIN
	BEGIN
		PERFORM set_config('session_replication_role', 'replica', true);
		EXECUTE command;
		SELECT array_agg(DISTINCT v.invariant ORDER BY v.invariant) INTO seen FROM rui.invariant_violation v;
		RAISE EXCEPTION USING ERRCODE = 'RUUND';
	EXCEPTION WHEN SQLSTATE 'RUUND' THEN
		NULL; -- undone
	END;
	RETURN NEXT is(seen, rules, about);
END $$;
SELECT id AS c1 FROM rui.charge WHERE unit_id = :u1 AND source = 'plan' \gset
SELECT id AS ct FROM rui.charge WHERE source = 'ticket' AND source_id = :t1 \gset
SELECT pg_temp.damage(format('UPDATE rui.posting SET credit_account = -1 WHERE document = ''entry'' AND document_id = %s', :e1), '{closing_balance,closing_kept,posting_account}', 'a posting to nowhere');
SELECT pg_temp.damage(format('UPDATE rui.posting SET period = ''2025-02-01'' WHERE document = ''entry'' AND document_id = %s', :e1), '{closing_balance,posting_period}', 'a month ahead of its time');
SELECT pg_temp.damage(format('INSERT INTO rui.accounting_period (project_id, month) VALUES (%s, ''2025-05-01'')', :one), '{period_order}', 'a gap between months');
SELECT pg_temp.damage(format('INSERT INTO rui.accounting_period (project_id, month, state) VALUES (%s, ''2025-02-01'', ''open''), (%1$s, ''2025-03-01'', ''closed'')', :one), '{closing_kept,period_order}', 'a month closed before the one before it');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''charge'' AND document_id = %s', :c1), '{closing_balance,document_posted,receivables}', 'a charge that is not posted');
SELECT pg_temp.damage(format('UPDATE rui.posting SET amount = amount + 0.01 WHERE document = ''charge'' AND document_id = %s', :c1), '{closing_balance,document_posted,receivables}', 'a cent too much');
SELECT pg_temp.damage(format('DELETE FROM rui.document_number WHERE series = ''receipt'' AND subject_id = %s', :p1), '{document_numbered,number_gap}', 'a receipt whose number is gone');
SELECT pg_temp.damage('UPDATE rui.document_number SET number = number + 10 WHERE series = ''ticket''', '{number_gap}', 'a number left out');
SELECT pg_temp.damage(format('UPDATE rui.duty_run SET failed_at = now(), failure = ''x'' WHERE project_id = %s', :one), '{duty_done}', 'a duty that failed');
SELECT pg_temp.damage(format('DELETE FROM rui.charge_reversal WHERE charge_id = %s', :c3), '{billed_twice,document_posted,receivables}', 'a reversal that is gone');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''payment'' AND document_id = %s', :p1), '{closing_balance,document_posted,prepayments}', 'a payment that is not posted');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''allocation'' AND document_id IN (SELECT id FROM rui.allocation WHERE payment_id = %s)', :p1), '{closing_balance,document_posted,prepayments,receivables}', 'an allocation that is not posted');
SELECT pg_temp.damage('DELETE FROM rui.ledger_entry', '{document_posted}', 'an entry without its document');
SELECT pg_temp.damage('UPDATE rui.posting SET debit_account = credit_account, credit_account = debit_account WHERE reverses IS NOT NULL', '{closing_balance,posting_reversal,receivables}', 'a reversal that doubles');
SELECT pg_temp.damage('DELETE FROM rui.allocation WHERE reverses IS NOT NULL', '{document_posted,payment_spent,prepayments,receivables}', 'money of a payment that was none');
SELECT pg_temp.damage(format('INSERT INTO rui.allocation (project_id, payment_id, charge_id, amount, at) VALUES (%s, %s, %s, 1, now())', :one, :p1, :c1), '{charge_paid,document_posted,prepayments,receivables}', 'a charge paid twice');
SELECT pg_temp.damage(format('INSERT INTO rui.waiver (project_id, charge_id, amount, net, tax, reason, requested_by, requested_at, decided_by, decided_at, state, last_action)
	VALUES (%s, %s, 1, 0.94, 0.06, ''x'', %s, now(), %s, now(), ''approved'', ''approve'')', :one, :c1, :loader, :manager), '{charge_waived,document_posted,receivables}', 'a charge paid and waived');
SELECT pg_temp.damage(format('INSERT INTO rui.refund (project_id, payment_id, amount, at, reason) VALUES (%s, %s, 10, now(), ''x'')', :one, :p1), '{document_posted,payment_spent,payout_agreed,prepayments}', 'more given back than left');
SELECT pg_temp.damage(format('INSERT INTO rui.allocation (project_id, payment_id, charge_id, amount, at) VALUES (%s, -1, -1, 1, now())', :one), '{allocation_refers,document_posted,prepayments,receivables}', 'an allocation of nothing to nothing');
SELECT pg_temp.damage(format('INSERT INTO rui.charge (project_id, fee_item_id, unit_id, source, source_id, revision, period, quantity, net, tax, gross, due_on, at)
	SELECT project_id, fee_item_id, unit_id, source, source_id, 2, ''[2025-01-31,2025-02-01)'', quantity, 0, 0, 0, due_on, at FROM rui.charge WHERE id = %s', :c1), '{billed_twice}', 'a day billed twice');
SELECT pg_temp.damage(format('UPDATE rui.charge SET payer_id = -1 WHERE id = %s', :c1), '{charge_refers}', 'a payer who does not exist');
SELECT pg_temp.damage(format('UPDATE rui.charge SET source = ''order'' WHERE id = %s', :ct), '{payable_charged}', 'work that nobody charged');
SELECT pg_temp.damage(format('UPDATE rui.charge SET source = ''gift'' WHERE id = %s', :ct), '{charge_refers,payable_charged}', 'a charge from nowhere');
SELECT pg_temp.damage(format('UPDATE rui.ticket SET charge_amount = NULL, charge_waiver = ''x'' WHERE id = (SELECT source_id FROM rui.charge WHERE id = %s)', :ct), '{payable_charged}', 'work both charged and waived');
SELECT pg_temp.damage(format('UPDATE rui.charge SET source = ''ticket'', source_id = (SELECT source_id FROM rui.charge WHERE id = %s), revision = 7 WHERE id = %s', :ct, :c1), '{payable_charged}', 'work charged twice');
SELECT pg_temp.damage(format('UPDATE rui.ownership SET owner_ids = ''{-1,%s}''', :zhao), '{owner_known}', 'an owner who does not exist');
SELECT pg_temp.damage(format('UPDATE rui.occupancy SET unit_id = %s', :u2), '{occupancy_in_household}', 'somebody living elsewhere than his household');
SELECT pg_temp.damage(format('UPDATE rui.space SET kind = ''phase'' WHERE id = %s', :floor), '{space_in_place}', 'a phase in a building');
SELECT pg_temp.damage(format('UPDATE rui.space SET building_id = NULL WHERE id = %s', :floor), '{space_in_place,unit_in_place}', 'a floor outside its building');
SELECT pg_temp.damage(format('UPDATE rui.space SET valid = ''[2020-01-01,2021-01-01)'' WHERE id = %s', :site), '{space_in_place}', 'a building longer than its site');
SELECT pg_temp.damage('UPDATE rui.meter_reading SET is_rollover = false', '{reading_falls}', 'a register that falls');
SELECT pg_temp.damage('UPDATE rui.meter_reading SET is_rollover = true WHERE kind = ''final''', '{reading_falls}', 'one that began again and did not fall');
SELECT pg_temp.damage(format('UPDATE rui.meter_reading SET state = ''rejected'' WHERE id = %s', :reading), '{reading_superseded}', 'a place taken from what was not superseded');
SELECT pg_temp.damage(format('UPDATE rui.meter SET installed = ''[2025-01-15,2025-03-01)'' WHERE id = %s', :meter), '{reading_of_meter}', 'a meter read before it hung there');
SELECT pg_temp.damage(format('UPDATE rui.meter SET installed = ''[2025-03-02,)'' WHERE id = %s', :meter2), '{meter_chain,reading_of_meter}', 'a gap between two meters');
SELECT pg_temp.damage(format('UPDATE rui.task SET state = ''lost'' WHERE id = %s', :t2), '{match_offered,task_state}', 'a state nobody knows');
SELECT pg_temp.damage(format('DELETE FROM rui.task_clock WHERE task_id = %s', :t2), '{task_clocks}', 'an open ticket without clocks')
FROM rui.task WHERE id = :t2 AND state <> 'new';
SELECT pg_temp.damage(format('UPDATE rui.task_clock SET state = ''running'', stopped_at = NULL, on_time = NULL, late_working = NULL, late_wall = NULL WHERE task_id = %s', :t1), '{clock_folded,task_clocks}', 'a clock that runs on');
SELECT pg_temp.damage(format('UPDATE rui.task_clock SET clock = rui.clock_start(''{"tz":"UTC"}'', rui.clock_started_at(clock), ''1:00'') WHERE task_id = %s', :t2), '{clock_folded}', 'a clock that was turned back');
SELECT pg_temp.damage(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :zhao, :t2), '{accountable_staff}', 'a resident who answers for open work');
SELECT pg_temp.damage(format('UPDATE rui.task SET accountable_id = %s WHERE id = %s', :loader, :t2), NULL, 'who is on the staff may');
SELECT pg_temp.damage(format('INSERT INTO rui.household (project_id, unit_id, valid) VALUES (%s, %s, ''[2025-02-03,)'')', :one, :u5), '{archived_unused}', 'somebody in an archived home');
SELECT pg_temp.damage('UPDATE rui.shift SET post_id = (SELECT p.id FROM rui.post p WHERE p.code = ''old'')', '{archived_unused}', 'a shift at an archived post');
SELECT pg_temp.damage(format('UPDATE rui.equipment SET space_id = %s WHERE code = ''pump''', :shut), '{archived_unused}', 'a pump in an archived place');
SELECT pg_temp.damage('UPDATE rui.equipment SET parent_id = (SELECT e.id FROM rui.equipment e WHERE e.code = ''rest'') WHERE code = ''pump''', '{archived_unused}', 'a part of an archived one');
SELECT pg_temp.damage(format('UPDATE rui.meter SET unit_id = NULL, space_id = %s', :shut), '{archived_unused}', 'a meter in an archived place');
SELECT pg_temp.damage(format('INSERT INTO rui.space (project_id, parent_id, parent_depth, code, kind, place, valid) SELECT project_id, id, depth, ''x'', ''gate'', place, %L FROM rui.space WHERE id = %s', v.valid, :shut), v.rules, v.about)
FROM (VALUES (1, '(,)', '{archived_unused}'::text[], 'a gate in an archived place'), (2, '(,2025-01-01)', NULL, 'one that is gone may be')) AS v(place, valid, rules, about) ORDER BY v.place;
SELECT pg_temp.damage('UPDATE rui.opening_arrear SET amount = 6', '{opening_charged}', 'earlier books that say otherwise');
SELECT pg_temp.damage(format('UPDATE rui.staff SET left_at = ''2025-01-30'' WHERE party_id = %s', :loader), '{leaver_gone}', 'a leaver who keeps his role');
SELECT pg_temp.damage(format('UPDATE rui.staff SET left_at = ''2025-01-28'' WHERE party_id = %s; DELETE FROM rui.membership WHERE party_id = %1$s', :loader), '{leaver_gone}', 'a leaver who keeps his shift');
SELECT pg_temp.damage('INSERT INTO rui.leave_request (project_id, party_id, kind, during, reason, requested_by, requested_at, state) SELECT project_id, party_id, ''sick'', during, ''x'', party_id, now(), ''approved'' FROM rui.shift', '{leave_kept,roster_kept}', 'a shift on a day of leave');
SELECT pg_temp.damage('DELETE FROM rui.roster_time', '{roster_kept}', 'a shift that other projects do not know of');
SELECT pg_temp.damage(format('INSERT INTO rui.shift_cover (project_id, shift_id, party_id, offered_by, offered_at, state) SELECT project_id, id, %s, %1$s, now(), ''approved'' FROM rui.shift WHERE project_id = %s', :loader, :one), '{cover_sound}', 'a cover of nothing');
SELECT pg_temp.damage(format('UPDATE rui.audit SET total = 99 WHERE id = %s', :audit), '{audit_score}', 'a score that was touched up');
SELECT pg_temp.damage(format('UPDATE rui.message SET state = ''delivered'' WHERE id = %s', :news), '{message_receipt}', 'an arrival without a receipt');
SELECT pg_temp.damage(format('DELETE FROM rui.message_receipt WHERE state = ''taken'' AND message_id = %s', :news), '{message_receipt}', 'a message that nobody took');
SELECT pg_temp.damage(format('UPDATE rui.message SET window_on = ''2025-01-27'' WHERE id = %s', :beyond), '{message_budget}', 'a message beyond the budget');
SELECT pg_temp.damage('DELETE FROM rui.contact_budget', '{message_budget}', 'a message that does not count');
SELECT pg_temp.damage(format('UPDATE rui.message SET contact_on = NULL WHERE id = %s', :news), '{message_budget}', 'nor over all kinds');
SELECT pg_temp.damage(format('DELETE FROM rui.message_recipient WHERE batch_id = %s', :campaign), '{message_once}', 'a campaign that has lost its recipients');
SELECT pg_temp.damage(format('UPDATE rui.message SET state = ''suppressed'' WHERE id = %s', :alarm), '{message_once,message_receipt}', 'an alarm that was silenced');
SELECT pg_temp.damage(format('UPDATE rui.document SET versions = 2 WHERE id = %s', :photo), '{document_versions}', 'a version that nobody stored');
SELECT pg_temp.damage(format('DELETE FROM rui.document_content WHERE document_id = %s', :photo), '{document_content}', 'content that is lost');
SELECT pg_temp.damage(format('UPDATE rui.document_content SET is_erased = false WHERE document_id = %s', :old), '{document_content}', 'erased content that came back');
SELECT pg_temp.damage(format('UPDATE rui.document SET keep_until = ''2025-01-10'', last_at = ''2025-01-09'' WHERE id = %s', :photo), '{document_kept}', 'a document kept too long');
SELECT pg_temp.damage('DELETE FROM rui.dispatch_plan', '{match_load,match_plan}', 'a match without a plan');
SELECT pg_temp.damage('UPDATE rui.dispatch_price SET load = 0', '{match_load}', 'a planned task that does not count');
SELECT pg_temp.damage('DELETE FROM rui.dispatch_price', '{match_load}', 'a plan for somebody who is not in the match');
SELECT pg_temp.damage('UPDATE rui.dispatch_price SET capacity = 0', '{match_load}', 'more planned than somebody can take');
SELECT pg_temp.damage(format('UPDATE rui.dispatch_plan SET party_id = %s WHERE project_id = %s', :sun, :two), '{match_load,match_offered}', 'a plan that nobody hears of');
SELECT pg_temp.damage('UPDATE rui.dispatch_candidate SET party_ids = ''{}'', costs = ''{}''', '{match_plan}', 'a plan for somebody who cannot');
SELECT pg_temp.damage('DELETE FROM rui.dispatch_plan WHERE party_id IS NULL', '{match_plan}', 'a task without a plan');
SELECT pg_temp.damage(format('UPDATE rui.task SET state = ''accepted'' WHERE project_id = %s AND state = ''assigned''', :two), '{match_offered}', 'an offer that was taken behind the back of the match');
SELECT pg_temp.damage(format('WITH noted AS (INSERT INTO rui.dispatch_change (project_id, task_id, party_ids) SELECT project_id, task_id, ARRAY[party_id] FROM rui.dispatch_plan)
	UPDATE rui.task SET state = ''accepted'' WHERE project_id = %s AND state = ''assigned''', :two), NULL, 'what is noted may be so until the next dispatch');
SELECT pg_temp.damage('UPDATE rui.dispatch_plan SET offered_at = offered_at - interval ''1 second''', '{match_offered}', 'an offer of another time');
SELECT pg_temp.damage('UPDATE rui.dispatch_state SET match_version = NULL', '{match_version}', 'a match without a version');
SELECT pg_temp.damage('UPDATE rui.dispatch_state SET match_version = match_version + 1000', '{match_version}', 'a version that was never given');
SELECT pg_temp.damage('UPDATE rui.dispatch_state SET made_at = last_at + interval ''1 second''', '{match_version}', 'a match made before its time');
-- January is closed.
SELECT pg_temp.damage('DELETE FROM rui.closing_balance', '{closing_kept}', 'a closed month without its balances');
SELECT pg_temp.damage('UPDATE rui.accounting_period SET state = ''open''', '{closing_kept}', 'an open month with closing balances');
SELECT pg_temp.damage('UPDATE rui.closing_balance SET debit = debit + 0.01', '{closing_balance}', 'closing balances that have changed');
SELECT pg_temp.damage('UPDATE rui.closing_balance SET dated_credit = dated_credit + 0.01', '{closing_balance}', 'also those by time');
SELECT pg_temp.damage('UPDATE rui.closing_balance SET ends_at = ends_at + interval ''1 second''', '{closing_balance}', 'a month that ends at another instant');
SELECT pg_temp.damage(format('DELETE FROM rui.closing_balance WHERE account_id = rui._account(%s, ''1122'')', :one), '{closing_kept}', 'an account that was forgotten');
SELECT pg_temp.damage(format('UPDATE rui.accounting_period SET state = ''soft_closed'' WHERE project_id = %s AND month = ''2025-01-01''', :one), '{closing_kept}', 'a month that is closed for most, and has its balances');
SELECT pg_temp.damage('UPDATE rui.bank_line SET amount = 12.01 WHERE kind = ''receipt''', '{line_matched,statement_sum}', 'a statement that was touched up');
SELECT pg_temp.damage('DELETE FROM rui.bank_line WHERE kind = ''fee''', '{statement_sum}', 'a statement that has lost a line');
SELECT pg_temp.damage('DELETE FROM rui.reconciliation_part WHERE NOT is_payout', '{line_matched}', 'a match with nothing');
SELECT pg_temp.damage('WITH again AS (INSERT INTO rui.reconciliation (project_id, line_id, rule, received, expected, at, matched_at) SELECT project_id, id, ''manual'', amount, -0.1, at, at FROM rui.bank_line WHERE kind = ''fee'' RETURNING project_id, id)
	INSERT INTO rui.reconciliation_part SELECT a.project_id, a.id, ''payment'', p.subject_id, false, -0.1 FROM again a, rui.reconciliation_part p WHERE p.subject = ''payment'' AND NOT p.is_payout', '{reconciled_once}', 'a payment on two lines');
SELECT pg_temp.damage('DELETE FROM rui.posting WHERE document = ''reconciliation'' AND amount = 11.9', '{closing_balance,document_posted}', 'a payout that did not move the money');

SELECT pg_temp.damage(format('UPDATE rui.meter_bill SET period = ''[2025-01-01,2025-02-02)'' WHERE charge_id = %s', :drunk), '{meter_billed,meter_once}', 'days of a meter charged twice');
SELECT pg_temp.damage(format('UPDATE rui.meter_bill SET period = ''[2025-02-02,2025-03-01)'' WHERE charge_id = %s', :drunk2), '{meter_billed,meter_gap}', 'a day of a meter that nobody charges');
SELECT pg_temp.damage(format('UPDATE rui.meter_bill SET before = 99 WHERE charge_id = %s', :drunk2), '{meter_billed}', 'a place on the ladder that was not reached');
SELECT pg_temp.damage('UPDATE rui.shared_cost SET amount = 11', '{shared_whole}', 'a cost whose shares are less');
SELECT pg_temp.damage('DELETE FROM rui.shared_cost_share WHERE amount = (SELECT max(amount) FROM rui.shared_cost_share)', '{shared_whole}', 'a share that is lost');

-- Vendors: an invoice that is paid.
SELECT rui.propose_vendor_contract(:one, 'v', 'Lifts', :sun, '[2025-02-01,2025-03-01)', '6401', 10, at => '2025-02-03') AS vc \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT rui.decide_vendor_contract(:one, :vc, 'approve', at => '2025-02-04') \gset hidden_
SELECT rui.accept_service(:one, :vc, 4, '[2025-02-01,2025-02-05)', 'x', at => '2025-02-05') AS va \gset
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.record_vendor_invoice(:one, :vc, '1', '2025-02-05', 4, 40, 0, ARRAY[:va], at => '2025-02-06') AS vi \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_vendor_invoice(:one, :vi, true, at => '2025-02-07') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.request_vendor_payment(:one, '2025-12-31', at => '2025-02-08') AS vr \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_vendor_payment(:one, :vr, true, at => '2025-02-09') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a vendor who is paid breaks none');
SELECT pg_temp.damage('UPDATE rui.vendor_acceptance SET net = net + 1', '{invoice_matched}', 'an acceptance that grew after its invoice');
SELECT pg_temp.damage(format('UPDATE rui.vendor_acceptance SET invoice_id = NULL, state = ''accepted'' WHERE id = %s', :va), '{invoice_matched}', 'an invoice for nothing');
SELECT pg_temp.damage('UPDATE rui.vendor_payment SET amount = amount + 0.01', '{document_posted,invoice_paid,payables}', 'a cent more than was owed');
SELECT pg_temp.damage('DELETE FROM rui.posting WHERE document = ''vendor_invoice''', '{document_posted,payables}', 'a payable that is not posted');

-- A partner whose share is settled.
SELECT rui.propose_share_contract(:one, 's', 'repair', '[2025-02-01,2025-04-01)', ARRAY[:sun], '{0.5,0.5}', at => '2025-02-03') AS sc \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_share_contract(:one, :sc, 'approve', at => '2025-02-04') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.add_charge(:one, 'repair', 20, :u4, :zhao, at => '2025-02-05') AS shared \gset
SELECT rui.record_payment(:one, :u4, :zhao, 10, 'cash', at => '2025-02-06') \gset hidden_
SELECT rui.settle_shares(:one, '2025-02-01', '2025-03-02') AS settled \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_settlement(:one, :settled, true, at => '2025-03-03') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a partner who is paid breaks none');
SELECT pg_temp.damage('UPDATE rui.charge_share SET fractions = ''{0.5,0.4}''', '{shares_sum}', 'shares of a charge that are not all of it');
SELECT pg_temp.damage('UPDATE rui.settlement_allocation SET amount = amount + 1', '{settled_once}', 'more settled than was allocated');
SELECT pg_temp.damage('UPDATE rui.settlement_allocation SET fee = fee + 0.01', '{channel_fee}', 'a cent more for the channel');
SELECT pg_temp.damage('DELETE FROM rui.settlement_allocation', '{settled_received}', 'settled from nothing');
SELECT pg_temp.damage('UPDATE rui.settlement_party SET amount = amount + 1, payout = payout + 1', '{document_posted,settlement_sum}', 'more than the lines say');
SELECT pg_temp.damage('DELETE FROM rui.posting WHERE document = ''settlement_payout''', '{document_posted,partner_shares}', 'a payout that is not posted');
SELECT pg_temp.damage(format('INSERT INTO rui.dun (project_id, payer_id, unit_id, level, kind_code, needs_proof, charges, oldest_due_on, amount, batch_id, message_id, at)
	SELECT m.project_id, c.payer_id, c.unit_id, 1, ''news'', false, ARRAY[c.id, %s], c.due_on, 1, m.batch_id, m.id, m.at
	FROM rui.message m, rui.charge c WHERE m.id = %s AND c.id = (SELECT min(x.id) FROM rui.charge x WHERE x.payer_id IS NOT NULL)', b.other, :news), '{dun_told}', b.about)
FROM (VALUES (-1, 'a demand of what nobody owes')) AS b(other, about);

-- Every rule has a name in both languages, and whoever may look can.
SELECT is_empty($$SELECT m[1] FROM regexp_matches(pg_get_viewdef('rui.invariant_violation') || pg_get_viewdef('rui.billing_violation') || pg_get_viewdef('rui.owner_money_violation') || pg_get_viewdef('rui.settlement_violation'), $r$'([a-z_]+)'::text(?: AS invariant|,\s+format| AS "\?column\?")$r$, 'g') m
	WHERE rui.label('invariant', m[1], 'zh') = m[1]$$, 'every rule has a Chinese name');
SELECT set_config('session_replication_role', 'origin', true) \gset hidden_
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT lives_ok('SELECT * FROM rui.invariant_violation', 'a manager may look');
SET LOCAL ROLE rui_resident;
SELECT throws_ok('SELECT * FROM rui.invariant_violation', '42501', NULL, 'a resident may not');
RESET ROLE;
-- Deposits.
SELECT rui.take_deposit(:one, :zhao, 'card', 10, 'cash') AS deposit \gset
SELECT pg_temp.damage(format('INSERT INTO rui.deposit_return (project_id, deposit_id, amount, channel, reason, at) VALUES (%s, %s, 11, ''cash'', ''x'', now())', :one, :deposit), '{deposit_kept,deposits,document_posted,payout_agreed}', 'more given back of a deposit than came');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''deposit'' AND document_id = %s', :deposit), '{deposits,document_posted}', 'a deposit that is not posted');
SELECT pg_temp.damage(format('INSERT INTO rui.deposit_forfeit (project_id, deposit_id, fee_item_id, amount, reason, requested_by, requested_at, decided_by, decided_at, charge_id, payment_id, state, last_action)
	SELECT c.project_id, %s, c.fee_item_id, 1, ''x'', %s, now(), %s, now(), c.id, %s, ''approved'', ''approve'' FROM rui.charge c WHERE c.id = %s', :deposit, :loader, :manager, :p1, :c1), '{deposit_forfeited,deposit_kept,deposits}', 'a forfeit that something else paid');
SELECT pg_temp.damage('UPDATE rui.charge SET discount_id = 0 WHERE id = (SELECT min(id) FROM rui.charge WHERE source = ''plan'')', '{discount_granted}', 'less by a discount that nobody granted');
-- Leases.
INSERT INTO rui.lease (project_id, unit_id, lessee_id, fee_item_id, price, cycle_months, due_days, valid, first_day, charged_from, proposed_by, proposed_at)
SELECT c.project_id, c.unit_id, :zhao, c.fee_item_id, 100, 1, 0, '[2025-01-01,)', '2025-01-01', '2025-01-01', :loader, '2025-01-01' FROM rui.charge c WHERE c.id = :c1 RETURNING id AS lease \gset
SELECT pg_temp.damage(format('INSERT INTO rui.lease_cycle (project_id, lease_id, place, period, price) VALUES (%s, %s, 0, ''[2025-01-01,2025-02-01)'', 100)', :one, :lease), '{rent_charged}', 'a cycle of a lease that is not charged');
-- Tax invoices; test/pgtap/tax_invoice_red.sql has the other rules.
SELECT rui.set_tax_setting(:one, 'charged'), rui.set_tax_seller(:one, 'Acme', '91350100M000100Y43', 'Li', '2024-01-01'),
	rui.set_tax_class(:one, 'property', '3040801010000000000', 'x', 'service', '2024-01-01') \gset hidden_
SELECT rui.set_title(:one, :zhao, 'person', 'Zhao') AS title \gset
SELECT rui.request_invoice(:one, :title, ARRAY(SELECT c.charge_id FROM rui.charge_open c WHERE c.project_id = :one AND c.source = 'plan' AND c.gross > 0 AND c.state <> 'reversed'
	AND c.unit_id = :u2)) AS invoice \gset
SELECT pg_temp.damage(format('UPDATE rui.tax_line_left SET net = net - 1, gross = gross - 1 WHERE invoice_id = %s', :invoice), '{tax_line_left}', 'a line of which less is left than is');
SELECT pg_temp.damage(format('DELETE FROM rui.tax_invoice_line WHERE invoice_id = %s', :invoice), '{tax_invoice_sum,tax_invoiced_once}', 'an invoice without lines');
-- Write-offs.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.add_charge(:one, 'repair', 30, :u4, :sun, at => '2025-02-10') AS lost \gset
SELECT rui.request_write_off(:one, ARRAY[:lost], NULL, NULL, 'x', 'x', at => '2025-02-11') AS wo \gset
SELECT set_config('rui.party_id', :'accountant', true) \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.decide_write_off(:one, :wo, true, at => '2025-02-12') \gset hidden_
SELECT rui.record_payment(:one, :u4, :sun, 10, 'cash', ARRAY[:lost], at => '2025-02-13') AS back \gset
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a write-off and what came back of it break none');
SELECT pg_temp.damage('UPDATE rui.credit_loss SET amount = amount + 1 WHERE kind = ''written_off''', '{charge_written_off,document_posted,receivables,write_off_decided}', 'more written off than was open');
SELECT pg_temp.damage('UPDATE rui.write_off SET written = written - 1', '{write_off_decided}', 'more written off than was decided');
SELECT pg_temp.damage('DELETE FROM rui.posting WHERE document = ''credit_loss''', '{document_posted,receivables}', 'a loss that is not posted');
SELECT pg_temp.damage(format('UPDATE rui.credit_loss SET payment_id = %s WHERE kind = ''recovered''', :p1), '{recovery_paid}', 'a recovery that nobody paid');
-- Days and prices of what is billed; late fees; what waits to be paid.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.set_late_rule(:one, 'repair', 0.001, 5, 0.1, '2025-01-01') AS rule, rui.add_charge(:one, 'repair', 100, :u4, :zhao, at => '2025-02-10') AS late \gset
SELECT rui.charge_late_fee(:one, :late, at => '2025-03-20') AS fee \gset
SELECT id AS c2, plan_id AS billing FROM rui.charge WHERE unit_id = :u2 AND source = 'plan' \gset
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a late fee breaks none');
SELECT pg_temp.damage(format('UPDATE rui.late_rule SET cap_share = 0.00001 WHERE id = %s', :rule), '{late_fee_capped}', 'a late fee beyond its cap');
SELECT pg_temp.damage(format('UPDATE rui.late_rule SET grace_days = 366 WHERE id = %s', :rule), '{late_fee_due}', 'a late fee within grace');
SELECT pg_temp.damage(format('UPDATE rui.charge SET net = 0, tax = 0, gross = 0 WHERE id = %s', :late), '{document_posted,late_fee_capped,receivables}', 'a late fee on nothing');
SELECT pg_temp.damage(format('DELETE FROM rui.late_rule WHERE id = %s', :rule), '{late_fee_capped,late_fee_due}', 'a late fee without a rule');
SELECT pg_temp.damage(format('UPDATE rui.charge SET quantity = quantity + 1 WHERE id = %s', :c2), '{billed_price}', 'a month at another price');
SELECT pg_temp.damage(format('UPDATE rui.charge SET period = ''[2025-01-01,2025-01-11)'' WHERE id = %1$s; INSERT INTO rui.charge (project_id, fee_item_id, unit_id, payer_id, source, plan_id,
	period, quantity, net, tax, gross, due_on, at) SELECT project_id, fee_item_id, unit_id, payer_id, source, plan_id, ''[2025-01-21,2025-02-01)'', quantity, 0, 0, 0, due_on, at
	FROM rui.charge WHERE id = %1$s', :c2), '{billed_gap,billed_price}', 'ten days that nothing bills');
SELECT pg_temp.damage(format('INSERT INTO rui.price_plan (project_id, fee_item_id, unit_kind, quantity, tariff, valid)
	SELECT project_id, fee_item_id, unit_kind, quantity, tariff, ''[2024-01-01,2024-02-01)'' FROM rui.price_plan WHERE id = %s', :plan), '{price_gap}', 'months without a price that nobody explains');
SELECT pg_temp.damage('WITH r AS (INSERT INTO rui.vendor_payment_run (project_id, due_until, account_id, total, requested_by, requested_at)
	SELECT r.project_id, r.due_until, r.account_id, r.total, r.requested_by, r.requested_at FROM rui.vendor_payment_run r, generate_series(1, 2) RETURNING project_id, id)
	INSERT INTO rui.vendor_payment (project_id, run_id, invoice_id, vendor_id, amount) SELECT r.project_id, r.id, y.invoice_id, y.vendor_id, y.amount FROM r, rui.vendor_payment y',
	'{hold_once}', 'an invoice that waits twice');
-- The owners' surplus of a month under a commission.
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.propose_service_contract(:one, 'c', 'commission', '[2025-02-01,2025-03-01)', 1, 'month', at => '2025-03-01') AS regime \gset
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :loader, 'manager', '[2000-01-01,)');
SELECT rui.decide_service_contract(:one, :regime, 'approve', at => '2025-03-02') \gset hidden_
SELECT rui.record_cost(:one, '6602', 3, '2025-02-10', 'Paper', at => '2025-03-03') AS cost, rui.request_surplus(:one, '2025-02-01', at => '2025-03-04') AS surplus \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_surplus(:one, :surplus, true, at => '2025-03-05') \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a surplus that is settled breaks none');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''cost'' AND document_id = %s', :cost), '{document_posted}', 'a cost that is not posted');
SELECT pg_temp.damage('UPDATE rui.surplus_line SET surplus = surplus + 1, amount = amount + 1', '{document_posted,owner_surplus,surplus_sum}', 'more surplus than was settled');
SELECT pg_temp.damage(format('WITH again AS (INSERT INTO rui.surplus_settlement (project_id, to_month, amount, requested_by, requested_at, decided_by, decided_at, state, last_action)
	SELECT project_id, to_month, amount, requested_by, requested_at, decided_by, decided_at, state, last_action FROM rui.surplus_settlement WHERE id = %s RETURNING id)
	INSERT INTO rui.surplus_line (project_id, settlement_id, month, surplus, before, amount) SELECT l.project_id, again.id, l.month, l.surplus, l.before, l.amount FROM rui.surplus_line l, again', :surplus),
	'{document_posted,owner_surplus,surplus_once}', 'a month settled twice');
SELECT pg_temp.damage('DELETE FROM rui.posting WHERE document = ''surplus_line''', '{document_posted,owner_surplus}', 'a surplus that the books do not owe');
-- Trust funds.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_trust_fund(:one, 'repair', 'Repair', 'maintenance', :b1, at => '2025-02-01') AS fund \gset
SELECT rui.record_trust_money(:one, 'repair', 'first', 20, 'x', :u1, at => '2025-02-02') AS came1, rui.record_trust_money(:one, 'repair', 'first', 20, 'x', :u2, at => '2025-02-02') AS came2,
	rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Roof', 18, 'x', '2025-02-01', '{"elector_area":600,"elector_count":6,"voted_area":400,"voted_count":4,"agreed_area":300,"agreed_count":3}', ARRAY[:u1, :u2], :sun, at => '2025-02-02') AS trust_use \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_trust_money(:one, :came1, true, at => '2025-02-03'), rui.decide_trust_money(:one, :came2, true, at => '2025-02-03') \gset hidden_
SELECT movement_id AS held1 FROM rui.trust_receipt WHERE id = :came1 \gset
SELECT rui.decide_trust_use(:one, :trust_use, 'approve', at => '2025-02-03') \gset hidden_
SELECT rui.pay_trust_use(:one, :trust_use, 18, 'Roof', at => '2025-02-03') AS spent \gset
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a fund that is used breaks none');
SELECT pg_temp.damage(format('DELETE FROM rui.posting WHERE document = ''trust_movement'' AND document_id = %s', :spent), '{document_posted,trust_funds}', 'a spending that is not posted');
SELECT pg_temp.damage(format('UPDATE rui.posting SET debit_account = (SELECT id FROM rui.account a WHERE a.project_id = %s AND a.code = ''1002'') WHERE document = ''trust_movement'' AND document_id = %s', :one, :held1), '{trust_funds}', 'a deposit in the company''s bank');
SELECT pg_temp.damage(format('UPDATE rui.trust_share SET amount = amount + 1 WHERE movement_id = %s AND unit_id = %s', :held1, :u1), '{trust_shares}', 'a unit with more than the fund has for it');
SELECT pg_temp.damage(format('UPDATE rui.trust_share SET unit_id = %s WHERE movement_id = %s AND unit_id = %s', :u3, :spent, :u1), '{trust_negative}', 'a unit that bears what it has not');
SELECT pg_temp.damage(format('UPDATE rui.trust_use SET amount = 17 WHERE id = %s', :trust_use), '{trust_agreed}', 'more spent than was approved');
SELECT pg_temp.damage(format('UPDATE rui.trust_use SET agreed_count = 2 WHERE id = %s', :trust_use), '{trust_agreed}', 'half of the owners is not enough');
SELECT pg_temp.damage(format('DELETE FROM rui.trust_receipt WHERE id = %s', :came2), '{trust_received}', 'a deposit by one person''s word');
-- What is given back, and taken back, two persons agree to.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.add_charge(:one, 'repair', 7, :u4, :zhao, at => '2025-02-04') AS lamp, rui.record_payment(:one, NULL, :sun, 9, 'cash', at => '2025-02-04') AS spare \gset
SELECT rui.request_payout(:one, 'charge_reversal', :lamp, 'x', at => '2025-02-04') AS given_up, rui.request_payout(:one, 'refund', :spare, 'x', 4, at => '2025-02-04') AS given_back \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_payout(:one, :given_up, true, at => '2025-02-04'), rui.decide_payout(:one, :given_back, true, at => '2025-02-04') \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'what two agreed to breaks none');
SELECT pg_temp.damage(format('DELETE FROM rui.payout WHERE id = %s', :given_up), '{payout_agreed}', 'a charge given up by nobody''s word');
SELECT pg_temp.damage(format('UPDATE rui.payout SET amount = 5 WHERE id = %s', :given_back), '{payout_agreed}', 'less given back than was agreed to');
SELECT pg_temp.damage(format('UPDATE rui.payout SET row_id = %s WHERE id = %s', :p1, :given_back), '{payout_agreed}', 'of another payment');
SELECT pg_temp.damage(format('UPDATE rui.payout SET done_id = NULL WHERE id = %s', :given_back), '{payout_agreed}', 'a payout that was not done');
SELECT pg_temp.damage(format('ALTER TABLE rui.payout DROP CONSTRAINT payout_decided; UPDATE rui.payout SET decided_by = requested_by WHERE id = %s', :given_back), '{other_decides,payout_agreed}', 'decided by who asked');
SELECT pg_temp.damage(format('UPDATE rui.payout SET decided_by = %s WHERE id = %s', p.party, p.id), '{other_decides}', 'decided by ' || p.who) FROM (VALUES (:zhao, :given_up, 'who owed it'), (:sun, :given_back, 'who is paid')) AS p(party, id, who);
SELECT pg_temp.damage(format('INSERT INTO rui.waiver (project_id, charge_id, amount, reason, requested_by, requested_at, decided_by, decided_at, state, last_action)
	VALUES (%s, %s, 1, ''x'', %s, now(), %s, now(), ''refused'', ''refuse'')', :one, :lamp, :loader, :zhao), '{other_decides}', 'a waiver decided by who owes it');
SELECT pg_temp.damage('UPDATE rui.payment y SET payer_id = p.requested_by FROM rui.payout p WHERE p.state = ''paid_alone'' AND p.kind = ''payment_reversal'' AND y.project_id = p.project_id AND y.id = p.row_id', '{other_decides}', 'taken back alone by who paid');
SELECT pg_temp.damage('UPDATE rui.payout SET state = ''requested'', month = NULL, limit_id = NULL, done_id = NULL WHERE kind = ''payment_reversal''', '{payout_agreed}', 'a payment taken back that was only asked for');
SELECT pg_temp.damage('UPDATE rui.payout_limit SET amount = 1', '{payout_limited}', 'more alone than the limit');
SELECT pg_temp.damage(format('UPDATE rui.payout_limit SET set_by = %s', :loader), '{payout_limited}', 'a limit by who uses it');
SELECT pg_temp.damage('UPDATE rui.payout SET month = ''2025-02-01'' WHERE state = ''paid_alone''', '{payout_limited}', 'counted in another month');
-- Revenue by day.
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.add_charge(:one, 'repair', 89, :u4, :zhao, from_on => '2025-02-01', to_on => '2025-05-01', at => '2025-02-05') AS ahead \gset
SELECT rui.recognize_revenue(:one, '2025-03-01', at => '2025-04-05') \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a charge for days to come breaks none');
SELECT pg_temp.damage('DELETE FROM rui.recognition', '{deferred,document_posted}', 'revenue from nothing');
SELECT pg_temp.damage('UPDATE rui.recognition SET amount = amount + 0.01', '{deferral_whole,deferred,document_posted,recognized_by_day}', 'a cent too early');
SELECT pg_temp.damage('UPDATE rui.recognition SET month = ''2025-04-01'', period = ''2025-04-01''', '{recognized_by_day}', 'a month left out');
SELECT pg_temp.damage('UPDATE rui.recognition SET at = at - interval ''1 day''', '{recognized_by_day}', 'before its days are over');
SELECT pg_temp.damage('UPDATE rui.deferral SET net = net - 1', '{deferral_whole,deferred,recognized_by_day}', 'less than the charge');
SELECT pg_temp.damage('DELETE FROM rui.deferral', '{deferred}', 'a charge that forgets what it deferred');
SELECT pg_temp.damage(format('UPDATE rui.posting SET credit_account = (SELECT id FROM rui.account WHERE project_id = %s AND code = ''6051'') WHERE document = ''recognition''', :one), '{deferral_whole}', 'revenue of another account');
SELECT pg_temp.damage(format('UPDATE rui.accounting_period SET state = ''closed'' WHERE project_id = %s AND month <= ''2025-04-01''', :one), '{closing_kept,recognized_in_time}', 'a month closed before its revenue is recognized');
-- A partner's share of it.
SELECT rui.record_payment(:one, :u4, :zhao, 89, 'cash', ARRAY[:ahead], at => '2025-03-06') \gset hidden_
SELECT rui.settle_shares(:one, '2025-03-01', '2025-04-06') AS settled_ahead \gset
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT rui.decide_settlement(:one, :settled_ahead, true, at => '2025-04-07') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.recognize_revenue(:one, '2025-04-01', at => '2025-05-02') \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'a partner''s share of days to come breaks none');
SELECT pg_temp.damage('UPDATE rui.share_recognition SET amount = amount + 0.01', '{document_posted,share_by_day,shares_ahead}', 'a cent too early of it');
SELECT pg_temp.damage('UPDATE rui.share_deferral SET earned = earned - 0.01', '{share_by_day,shares_ahead}', 'a cent too late of it');
SELECT pg_temp.damage('DELETE FROM rui.share_deferral', '{shares_ahead}', 'a share that forgets what it is for');
-- Paying ahead.
SELECT pg_temp.damage(format($$WITH k AS (INSERT INTO rui.advance_campaign (project_id, name, fee_item_id, valid, paid_months, free_months, share, unit_kind, allows_arrears, claws_back_on_sale, reason, requested_by, requested_at)
	SELECT f.project_id, 'x', f.id, '[2025-01-01,2025-02-01)', 12, 1, 1, 'any', false, true, 'x', %2$s, '2025-01-01' FROM rui.fee_item f WHERE f.project_id = %1$s AND f.code = 'repair' RETURNING project_id, id, fee_item_id),
	d AS (INSERT INTO rui.discount (project_id, fee_item_id, unit_ids, payer_id, share, valid, ground, reason, requested_by, requested_at)
		SELECT k.project_id, k.fee_item_id, ARRAY[%3$s], %4$s, 0.9, '[2025-02-01,2025-03-01)', 'prepaid', 'x', %2$s, '2025-01-01' FROM k RETURNING id)
	INSERT INTO rui.advance (project_id, campaign_id, unit_id, payer_id, months, quoted, discount_id, granted_at)
	SELECT k.project_id, k.id, %3$s, %4$s, '[2025-02-01,2025-03-01)', 1, d.id, '2025-01-02' FROM k, d$$, :one, :loader, :u1, :zhao), '{advance_granted}', 'an advance by what nobody approved');
SELECT * FROM finish();
ROLLBACK;
