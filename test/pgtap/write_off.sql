-- Write-offs: asked for by one, decided by another; what leaves receivables
-- and comes back when it is paid after all; what is taken back; what is refused.
BEGIN;
SET LOCAL jit = off; -- compiling the invariants takes longer than looking through them
SELECT plan(86);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES
	(:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)'), (:one, :qian, 'agent', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 0) \gset hidden_
SELECT rui.set_late_rule(:one, 'fee', 0.001, 0, 1, '2025-01-01') \gset hidden_
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => '2025-01-02') AS c1, rui.add_charge(:one, 'fee', 60, :u2, :zhao, at => '2025-01-12') AS c2,
	rui.add_charge(:one, 'fee', 50, :u3, :qian, at => '2025-01-02') AS c3, rui.add_charge(:one, 'fee', 80, :u4, :sun, at => '2025-01-02') AS c4 \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.balance(project bigint, account text) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce((SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = account), 0) $$;
CREATE FUNCTION pg_temp.open(charge bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', o.state, o.paid, o.waived, o.written_off, o.open_amount) FROM rui.charge_open o WHERE o.charge_id = charge $$;
CREATE FUNCTION pg_temp.posted(charge bigint) RETURNS TABLE (kind text, debit text, credit text, amount numeric) LANGUAGE sql AS $$
	SELECT l.kind, d.code, c.code, p.amount::numeric FROM rui.credit_loss l JOIN rui.posting p ON p.document = 'credit_loss' AND p.document_id = l.id
	JOIN rui.account d ON d.project_id = p.project_id AND d.id = p.debit_account
	JOIN rui.account c ON c.project_id = p.project_id AND c.id = p.credit_account
	WHERE l.charge_id = charge ORDER BY l.id $$;

-- Asking changes nothing.
SELECT rui.record_payment(:one, :u1, NULL, 30, 'cash', at => '2025-01-05') AS p1 \gset
SELECT rui.request_write_off(:one, ARRAY[:c1, :c1], NULL, NULL, 'Gone abroad', 'Letters came back', request_key => 'k1', at => '2025-03-01') AS w1 \gset
SELECT is(rui.request_write_off(:one, ARRAY[:c1, :c1], NULL, NULL, 'Gone abroad', 'Letters came back', request_key => 'k1', at => '2025-03-01'), :w1::bigint,
	'asked for again with its key it is the same');
SELECT row_eq(format('SELECT state, requested_by, amount::numeric, written::numeric FROM rui.write_off WHERE id = %s', :w1),
	ROW('requested'::text, :loader::bigint, 70.00, NULL::numeric), 'the rest of a charge that is paid in part waits');
SELECT is(pg_temp.open(:c1), 'part_paid 30.00 0 0 70.00', 'and nothing leaves receivables yet');
SELECT results_eq(format('SELECT action, to_state FROM rui.allowed_actions(%s, ''write_off'', %s)', :one, :w1), $$VALUES ('withdraw', 'withdrawn')$$, 'who only asks may withdraw');
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true)', :one, :w1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true)', :one, :w1), '42501', NULL, 'nor does a manager, who may waive');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq($$SELECT subject_id, about FROM rui._inbox('2025-03-02') WHERE kind = 'approve' AND subject = 'write_off'$$,
	format('VALUES (%s::bigint, ''70.00: Gone abroad'')', :w1), 'it waits in the inbox of who may decide');
SELECT rui.request_write_off(:one, ARRAY[:c1], NULL, NULL, 'x', 'x', at => '2025-03-01') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true, at => ''2025-03-02'')', :one, :own), '42501', 'nobody decides on a write-off of his own');
SELECT throws_ok(format('SELECT rui.withdraw_write_off(%s, %s, at => ''2025-03-02'')', :one, :w1), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_write_off(:one, :own, at => '2025-03-02'), 'withdrawn', 'one''s own one does');
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true, at => ''2025-02-28'')', :one, :w1), '22023', NULL, 'not before it was asked for');

-- An approved one: out of receivables, tax and all.
SELECT is(rui.decide_write_off(:one, :w1, true, 'Agreed', 'k2', '2025-03-02'), 'approved', 'another one approves it');
SELECT is(rui.decide_write_off(:one, :w1, true, 'Agreed', 'k2', '2025-03-02'), 'approved', 'again with its key it is the same');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', :c1), $$VALUES ('written_off', '6702', '1122', 70.00)$$, 'the whole debt is the loss');
SELECT is(pg_temp.balance(:one, '2221'), -16.42, 'and the output tax is owed as before');
SELECT is(pg_temp.open(:c1), 'written_off 30.00 0 70.00 0.00', 'the charge is written off');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-03-01') WHERE unit_id = :u1), 70.00, 'arrears of the day before know nothing of it');
SELECT is_empty(format('SELECT * FROM rui.arrears(%s, ''2025-03-03'') WHERE unit_id = %s', :one, :u1), 'of the day after they do');
SELECT is_empty(format('SELECT * FROM rui.dunning(%s, ''2025-03-03'') WHERE unit_id = %s', :one, :u1), 'nobody is dunned for it');
SELECT row_eq(format('SELECT written, recovered, written_off, state FROM rui.written_off WHERE charge_id = %s', :c1),
	ROW(70.00, 0.00, 70.00, 'written_off'::text), 'it is listed apart');
SELECT is((SELECT age_days FROM rui.written_off WHERE charge_id = :c1), (now() AT TIME ZONE 'Asia/Shanghai')::date - date '2025-01-02', 'with its age');
SELECT is((SELECT accrued FROM rui.late_fees(:one, '2025-03-02') WHERE charge_id = :c1),
	(SELECT accrued FROM rui.late_fees(:one, '2025-06-02') WHERE charge_id = :c1), 'late fees stop');
SELECT cmp_ok((SELECT accrued FROM rui.late_fees(:one, '2025-03-01') WHERE charge_id = :c1), '<',
	(SELECT accrued FROM rui.late_fees(:one, '2025-03-02') WHERE charge_id = :c1), 'on that day');
SELECT results_eq(format('SELECT kind, settled, balance FROM rui.statement(%s, NULL, %s, ''2025-03-01'', ''2025-04-01'')', :one, :u1),
	$$VALUES ('opening', NULL::numeric, 70.00), ('written_off', 70.00, 0.00), ('closing', NULL, 0.00)$$, 'the account says so');
SELECT is((SELECT sum(amount) FROM rui.explain_charge(:one, :c1) WHERE step IN ('gross', 'paid', 'written_off')), 0.00, 'so does the explanation');
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, false, at => ''2025-03-03'')', :one, :w1), '55000', NULL, 'what is decided is decided');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, 1, ''x'', at => ''2025-03-03'')', :one, :c1), '55000', NULL, 'what is written off is not waived');
SELECT throws_ok(format('SELECT rui.request_write_off(%s, ARRAY[%s], NULL, NULL, ''x'', ''x'', at => ''2025-03-03'')', :one, :c1), '55000', format('nothing of charge %s is open', :c1));

-- By the order of law it is not paid; by designation it is.
SELECT rui.record_payment(:one, :u1, NULL, 45, 'cash', at => '2025-03-10') AS p2 \gset
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p2), 45.00, 'money that names nothing pays nothing of it');
SELECT rui.record_payment(:one, :u1, NULL, 15, 'bank', ARRAY[:c1], at => '2025-03-11') AS p3 \gset
SELECT is(pg_temp.open(:c1), 'written_off 45.00 0 55.00 0.00', 'who names it pays it');
SELECT results_eq(format('SELECT * FROM pg_temp.posted(%s)', :c1), $$VALUES ('written_off', '6702', '1122', 70.00), ('recovered', '1122', '6702', 15.00)$$,
	'it comes back into receivables, and is paid there');
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p3), 0.00, 'nothing of that payment is left');
SELECT is(rui.recover_write_off(:one, :p2, ARRAY[:c1], 'k3', '2025-03-12'), 45.00, 'a prepayment pays it by command');
SELECT is(rui.recover_write_off(:one, :p2, ARRAY[:c1], 'k3', '2025-03-12'), 45.00, 'again with its key it is the same');
SELECT is(pg_temp.open(:c1), 'written_off 90.00 0 10.00 0.00', '10 are written off still');
SELECT row_eq(format('SELECT written, recovered, written_off, state FROM rui.written_off WHERE charge_id = %s', :c1),
	ROW(70.00, 60.00, 10.00, 'part_recovered'::text), 'the list says what came back');
SELECT is((SELECT text FROM rui.explain_charge(:one, :c1) WHERE step = 'paid' AND amount = -45) ~ 'named, as it had been written off', true, 'and the explanation why');
SELECT row_eq(format('SELECT collected, rate FROM rui.collection_rate(%s, ''2025-01-01'', ''2025-03-20'') ORDER BY fee_item_id NULLS LAST OFFSET 0 LIMIT 1', :one),
	ROW(90.00, 0.310345), 'the rate of collection counts what is recovered of all that was charged');
-- A payment that bounces leaves written off what it had recovered.
SELECT throws_ok(format('SELECT rui.reverse_payment(%s, %s, ''Bounced'', ''2025-03-11 00:00'')', :one, :p2), '22023', NULL, 'not before it recovered');
SELECT rui.reverse_payment(:one, :p2, 'Bounced', '2025-03-20') \gset hidden_
SELECT is(pg_temp.open(:c1), 'written_off 45.00 0 55.00 0.00', 'as before it came');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-03-21') WHERE unit_id = :u1), NULL, 'and nothing is open');
SELECT is(pg_temp.balance(:one, '6702'), 55.00, 'the loss is what is written off');
SELECT rui.request_write_off(:one, ARRAY[:c3], NULL, NULL, 'x', 'x', at => '2025-03-02') AS w6 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_write_off(:one, :w6, true, at => '2025-03-03') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
-- A payment of the time before that is entered late: what was written off was too much, since then.
SELECT rui.record_payment(:one, :u3, NULL, 5, 'bank', ARRAY[:c3], at => '2025-02-01') AS p4 \gset
SELECT is((SELECT at FROM rui.credit_loss WHERE payment_id = :p4), '2025-03-03'::timestamptz, 'it comes back no earlier than it went');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-02-02') WHERE unit_id = :u3), 45.00, 'though it was paid before');
SELECT is((SELECT total FROM rui.arrears(:one, '2025-03-03') WHERE unit_id = :u3), NULL, 'and neither is more written off than was open');

-- All of a payer's, by age.
SELECT rui.request_write_off(:one, NULL, :zhao, 49, 'Dead', 'Certificate', at => '2025-03-02') AS w2 \gset
SELECT results_eq(format('SELECT charge_id, amount::numeric FROM rui.write_off_charge WHERE write_off_id = %s', :w2), format('VALUES (%s::bigint, 60.00)', :c2),
	'what is open and overdue for 49 days');
SELECT throws_ok(format('SELECT rui.request_write_off(%s, NULL, %s, 50, ''x'', ''x'', at => ''2025-03-02'')', :one, :zhao), '55000', NULL, 'nothing is for 50');
SELECT rui.record_payment(:one, :u2, NULL, 20, 'cash', at => '2025-03-22') AS p5 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_write_off(:one, :w2, true, at => '2025-03-23') \gset hidden_
SELECT is((SELECT written::numeric FROM rui.write_off WHERE id = :w2), 40.00, 'what came in meanwhile is not written off');
-- The ordinary part of a payment bounces: that is open again, the rest stays written off.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.reverse_payment(:one, :p5, 'Bounced', '2025-03-24') \gset hidden_
SELECT is(pg_temp.open(:c2), 'billed 0.00 0 40.00 20.00', 'open for what was not written off');
SELECT rui.record_payment(:one, :u2, NULL, 30, 'cash', ARRAY[:c2], at => '2025-03-25') AS p6 \gset
SELECT is(pg_temp.open(:c2), 'written_off 30.00 0 30.00 0.00', 'what is open is paid first');
SELECT is((SELECT sum(amount)::numeric FROM rui.credit_loss WHERE payment_id = :p6), -10.00, 'only the rest is a recovery');
-- Written off again.
SELECT rui.reverse_payment(:one, :p6, 'Bounced', '2025-03-26') \gset hidden_
SELECT rui.request_write_off(:one, ARRAY[:c2], NULL, NULL, 'Again', 'x', at => '2025-03-25') AS w3, rui.request_write_off(:one, ARRAY[:c2], NULL, NULL, 'Twice', 'x', at => '2025-03-26') AS w4 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true, at => ''2025-03-25 06:00'')', :one, :w3), '22023', format('charge %s was paid at 2025-03-25 06:00:00+00: that was taken back later', :c2));
SELECT is(rui.decide_write_off(:one, :w3, true, at => '2025-03-27'), 'approved', 'the rest of it as well');
SELECT is(pg_temp.open(:c2), 'written_off 0.00 0 60.00 0.00', 'all of it');
SELECT throws_ok(format('SELECT rui.decide_write_off(%s, %s, true, at => ''2025-03-27'')', :one, :w4), '55000', 'write_off: action "approve" is not possible now', 'nothing is written off twice');
SELECT is(rui.decide_write_off(:one, :w4, false, at => '2025-03-27'), 'refused', 'it is only refused');

-- A charge that is taken back takes its write-off along, whatever was recovered.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT rui.reverse_charge(%s, %s, ''Wrong'', at => ''2025-03-01'')', :one, :c1), '22023', NULL, 'not before it was written off');
SELECT rui.reverse_charge(:one, :c1, 'Wrong', at => '2025-03-28') \gset hidden_
SELECT is(pg_temp.open(:c1), 'reversed 0.00 0 0.00 0', 'nothing of it is left');
SELECT is((SELECT sum(left_over) FROM rui.payment_open WHERE payment_id = ANY (ARRAY[:p1, :p3])), 45.00, 'what was paid is a prepayment');
SELECT is(pg_temp.balance(:one, '6702'), 105.00, 'and no loss');
SELECT is_empty(format('SELECT * FROM rui.written_off WHERE charge_id = %s', :c1), 'nor a debt that is written off');
SELECT lives_ok(format('SELECT rui.reverse_payment(%s, %s, ''Bounced'', ''2025-03-29'')', :one, :p3), 'a payment that had recovered it');
SELECT is((SELECT sum(amount)::numeric FROM rui.credit_loss WHERE charge_id = :c1), 0.00, 'leaves no loss either');
SELECT lives_ok(format('SELECT rui.refund_payment(%s, %s, 30, ''Not owed'', at => ''2025-03-29'')', :one, :p1), 'and is given back');

-- A late fee is a debt of its own; each is recovered by its own name.
SELECT rui.charge_late_fee(:one, :c4, at => '2025-02-01') AS late, rui.promise_payment(:one, :sun, 80, '2025-12-31', at => '2025-03-01') AS promise \gset
SELECT rui.request_write_off(:one, ARRAY[:late, :c4], NULL, NULL, 'Bankrupt', 'Ruling', at => '2025-03-01') AS w5 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_write_off(:one, :w5, true, at => '2025-12-30') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT count(*) FROM rui._duty_judge_promises(:one, '2026-01-02') \gset hidden_
SELECT is((SELECT state FROM rui.promise WHERE id = :promise), 'broken', 'a promise is not kept by a write-off');
SELECT rui.record_payment(:one, NULL, :sun, 81, 'cash', ARRAY[:c4], at => '2026-02-01') AS p7 \gset
SELECT is(pg_temp.open(:c4) || ', ' || pg_temp.open(:late), 'paid 80.00 0 0.00 0.00, written_off 0 0 2.40 0.00', 'the principal is, its late fee is not');
SELECT is((SELECT state FROM rui.written_off WHERE charge_id = :c4), 'recovered', 'it stays in the list');
SELECT row_eq(format('SELECT owed, recovered FROM rui.recovered_debt(%s, 2026, ''2026-03-01'') WHERE fee_item_id IS NULL', :one),
	ROW(185.00, 80.00), 'and is recovered debt of earlier years, like what was never written off');
SELECT throws_ok(format('SELECT rui.recover_write_off(%s, %s, ARRAY[%s], at => ''2026-02-02'')', :one, :p7, :c3), '22023', NULL, 'another payer''s charge');
SELECT throws_ok(format('SELECT rui.recover_write_off(%s, %s, ARRAY[%s], at => ''2026-02-02'')', :one, :p7, :c4), '55000', format('nothing of charge %s is written off', :c4));
SELECT is(rui.recover_write_off(:one, :p7, ARRAY[:late], at => '2026-02-02'), 1.00, 'what was left pays of the late fee');
SELECT throws_ok(format('SELECT rui.recover_write_off(%s, %s, ARRAY[%s], at => ''2026-02-03'')', :one, :p7, :late), '55000', NULL, 'nothing is left');

-- The books.
SELECT is(pg_temp.balance(:one, '1122'), (SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 'receivables are the open charges');
SELECT is(pg_temp.balance(:one, '6702'), (SELECT sum(written_off) FROM rui.charge_open WHERE project_id = :one), 'losses are what is written off');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT is(rui.close_period(:one, '2025-01-01', '2026-02-03') > 0, true, 'the month closes');
-- Arguments.
SELECT throws_ok(format('SELECT rui.request_write_off(%s, %s)', :one, a.given), a.code, NULL, a.about)
FROM (VALUES ($$NULL, NULL, NULL, 'x', 'x'$$, '22004', 'neither charges nor a payer'), ($$'{1}', 1, NULL, 'x', 'x'$$, '22023', 'both'),
	($$'{}', NULL, NULL, 'x', 'x'$$, '22023', 'no charges'), ($$'{0}', NULL, NULL, 'x', 'x'$$, 'P0002', 'an unknown charge'),
	($$'{1}', NULL, NULL, '', 'x'$$, '22023', 'no reason'), ($$'{1}', NULL, NULL, 'x', NULL$$, '22004', 'no evidence'),
	($$'{1}', NULL, NULL, 'x', 'x', 0$$, 'P0002', 'an unknown document'), ($$NULL, 0, NULL, 'x', 'x'$$, 'P0002', 'an unknown payer'),
	($$NULL, 1, 0, 'x', 'x'$$, '22003', 'for no days')) AS a(given, code, about);
SELECT pg_temp.act(:qian) \gset hidden_
SELECT throws_ok(format('SELECT rui.request_write_off(%s, ARRAY[%s], NULL, NULL, ''x'', ''x'')', :one, :c3), '42501', NULL, 'an agent asks for none');
SELECT * FROM finish();
ROLLBACK;
