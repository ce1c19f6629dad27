-- Debts of which something is for days to come: what a write-off takes out of
-- deferred revenue instead of calling it a loss, and what comes back when it is
-- paid after all, bounces, or the charge is taken back.
BEGIN;
SET LOCAL jit = off;
SELECT plan(34);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2024-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'park', '车位', revenue_account => '6051') \gset hidden_
SELECT rui.set_price_plan(:one, 'park', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2023-01-01', due_days => 0) \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- What the losses of a charge have posted: the debit side above zero.
CREATE FUNCTION pg_temp.posted(charge bigint, loss text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s', o.code, CASE WHEN p.debit_account = r.id THEN -p.amount ELSE p.amount END), ', ' ORDER BY p.id)
	FROM rui.credit_loss l JOIN rui.posting p ON p.project_id = l.project_id AND p.document = 'credit_loss' AND p.document_id = l.id
	JOIN rui.account r ON r.project_id = l.project_id AND r.code = '1122'
	JOIN rui.account o ON o.project_id = l.project_id AND o.id = CASE WHEN p.debit_account = r.id THEN p.credit_account ELSE p.debit_account END
	WHERE l.charge_id = charge AND l.kind = loss AND l.id = (SELECT max(x.id) FROM rui.credit_loss x WHERE x.charge_id = charge AND x.kind = loss) $$;
CREATE FUNCTION pg_temp.balance(project bigint, account text) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce((SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = account), 0) $$;
CREATE FUNCTION pg_temp.left_of(charge bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', o.written_off, o.lost, o.recognized, o.remaining) FROM rui.deferral_open o WHERE o.charge_id = charge $$;
CREATE FUNCTION pg_temp.write_off(project bigint, charge bigint, one bigint, other bigint, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	asked bigint;
	state text;
BEGIN
	asked := rui.request_write_off(project, ARRAY[charge], NULL, NULL, 'Gone abroad', 'Letters came back', at => at);
	PERFORM pg_temp.act(other);
	state := rui.decide_write_off(project, asked, true, at => at);
	PERFORM pg_temp.act(one);
	RETURN state;
END $$;

-- A year of 1.00 a day without tax, from the middle of January 2024, written off in June.
SELECT rui.add_charge(:one, 'park', 387.96, :u4, :zhao, from_on => '2024-01-15', to_on => '2025-01-15', at => '2024-01-15 02:00+00') AS year \gset
SELECT is(pg_temp.write_off(:one, :year, :loader, :accountant, '2024-06-10'), 'approved', 'a year is written off in June');
SELECT is((SELECT sum(amount)::numeric FROM rui.recognition WHERE charge_id = :year), 121.00, 'the months that are over are recognized first');
SELECT is(pg_temp.posted(:year, 'written_off'), '6702 159.96, 2205 228.00', 'the days until June and the tax are the loss, the others leave deferred revenue');
SELECT row_eq(format('SELECT net::numeric, unearned::numeric, earned::numeric FROM rui.credit_loss WHERE charge_id = %s', :year), ROW(366.00, 228.00, 0.00), 'and it says so');
SELECT is(pg_temp.left_of(:year), '366.00 138.00 138.00 0.00', 'nothing is left to recognize');
SELECT is(pg_temp.balance(:one, '2205'), 0.00, 'nothing is deferred');
SELECT is_empty(format('SELECT FROM rui.deferred_revenue(%s, ''2024-06-30'')', :one), 'nor shown');
SELECT is((SELECT remaining FROM rui.deferred_revenue(:one, '2024-06-09')), 228.00, 'but on the day before');
SELECT is_empty(format('SELECT FROM rui.recognition_outlook(%s, ''2024-06-30'')', :one), 'nothing will be revenue');
SELECT rui.recognize_revenue(:one, '2024-07-01', at => '2024-08-05') \gset hidden_
SELECT is(pg_temp.balance(:one, '6051'), -138.00, 'and months that come earn nothing');

-- Half of it is paid in August: 199 of 366 days have passed.
SELECT rui.record_payment(:one, :u4, NULL, 193.98, 'bank', ARRAY[:year], at => '2024-08-10') AS half \gset
SELECT is(pg_temp.posted(:year, 'recovered'), '6702 -79.98, 2205 -83.50, 6051 -30.50', 'half of the loss comes back; half of June and July is revenue now, half of what is to come deferred');
SELECT is(pg_temp.left_of(:year), '183.00 69.00 168.50 83.50', 'half of 167 days is left');
SELECT is((SELECT string_agg(format('%s %s %s', to_char(s.month, 'YYMM'), s.kind, s.amount), ', ') FROM rui.recognition_schedule(:one, :year) s WHERE s.month > '2024-06-01'),
	'2407 recognized 0.00, 2408 recovered 30.50, 2408 to_come 15.50, 2409 to_come 15.00, 2410 to_come 15.50, 2411 to_come 15.00, 2412 to_come 15.50, 2501 to_come 7.00', 'month by month');
SELECT is((SELECT sum(amount) FROM rui.recognition_outlook(:one, '2024-08-31')), (SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2024-08-31')), 'the outlook says the same');
SELECT is(-pg_temp.balance(:one, '2205'), (SELECT sum(remaining) FROM rui.deferred_revenue(:one, '2024-08-31')), 'so do the books');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
-- It bounces in September: August has earned its half, which is lost with it.
SELECT rui.reverse_payment(:one, :half, 'Bounced', '2024-09-10') \gset hidden_
SELECT is(pg_temp.posted(:year, 'bounced'), '6702 125.98, 2205 68.00', 'what was revenue by then is lost, the others leave again');
SELECT is(pg_temp.left_of(:year), '366.00 184.00 184.00 0.00', 'as if written off on that day');
SELECT is(pg_temp.balance(:one, '6702'), 205.96, 'the loss is what was earned of it, and the tax');
-- All of it, when its days are over.
SELECT rui.record_payment(:one, :u4, NULL, 387.96, 'bank', ARRAY[:year], at => '2025-03-10') AS whole \gset
SELECT is(pg_temp.posted(:year, 'recovered'), '6702 -205.96, 6051 -182.00', 'no loss is left, and all of it is revenue');
SELECT is(pg_temp.left_of(:year), '0.00 0.00 366.00 0.00', 'to the cent');
SELECT is(pg_temp.balance(:one, '6702') + pg_temp.balance(:one, '2205'), 0.00, 'nothing is lost or deferred');
-- The charge is taken back although nothing of it is written off any more.
SELECT rui.reverse_charge(:one, :year, 'Wrong', at => '2025-03-20') \gset hidden_
SELECT is(pg_temp.posted(:year, 'reversed'), '2205 -212.50, 6051 212.50', 'what came back by another way goes back');
SELECT is(pg_temp.balance(:one, '6051') + pg_temp.balance(:one, '2205') + pg_temp.balance(:one, '6702') + pg_temp.balance(:one, '1122'), 0.00, 'and nothing of it is left in the books');
SELECT is_empty(format('SELECT FROM rui.statement(%s, NULL, %s, ''2025-03-11'', ''2025-04-01'') WHERE kind IN (''written_off'', ''recovered'')', :one, :u4), 'the account does not list nothing');

-- Paid in part, waived in part, the rest written off: each for all its days alike.
SELECT rui.add_charge(:one, 'park', 3.10, :u4, :zhao, from_on => '2025-04-01', to_on => '2025-07-01', at => '2025-04-02') AS small \gset
SELECT rui.record_payment(:one, :u4, NULL, 1, 'cash', ARRAY[:small], at => '2025-04-03') \gset hidden_
SELECT rui.request_waiver(:one, :small, 0.50, 'x', at => '2025-04-04') AS w \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_waiver(:one, :w, true, at => '2025-04-04') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.recognize_revenue(:one, at => '2025-06-05') \gset hidden_
SELECT throws_ok(format('SELECT pg_temp.write_off(%s, %s, %s, %s, ''2025-05-20'')', :one, :small, :loader, :accountant), '22023', NULL, 'not before what is recognized');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(pg_temp.write_off(:one, :small, :loader, :accountant, '2025-06-10'), 'approved', 'the rest is written off');
SELECT row_eq(format('SELECT amount::numeric, net::numeric, unearned::numeric FROM rui.credit_loss WHERE charge_id = %s', :small), ROW(1.60, 1.51, 0.50), 'a third of its days was to come');
SELECT throws_ok(format('SELECT rui.request_waiver(%s, %s, 0.01, ''x'', at => ''2025-06-11'')', :one, :small), '55000', NULL, 'nothing is open');
SELECT is((SELECT waived + written_off FROM rui.deferral_open WHERE charge_id = :small), 1.98, 'what was paid is left of its net');
SELECT rui.recognize_revenue(:one, at => '2025-07-05') \gset hidden_
SELECT is((SELECT net - waived - recognized + lost - written_off FROM rui.deferral_open WHERE charge_id = :small), 0.00, 'and is revenue at the end');
-- A charge that defers nothing is lost as a whole.
SELECT rui.add_charge(:one, 'park', 10.60, :u4, :zhao, at => '2025-07-06') AS day \gset
SELECT pg_temp.write_off(:one, :day, :loader, :accountant, '2025-07-07') \gset hidden_
SELECT is(pg_temp.posted(:day, 'written_off'), '6702 10.60', 'a day is earned when it is charged');
SELECT rui.close_period(:one, m::date, '2025-07-08') FROM generate_series(timestamp '2024-01-01', '2025-06-01', '1 month') m \g /dev/null
SELECT is((SELECT count(*) FROM rui.accounting_period WHERE project_id = :one AND state = 'closed'), 18::bigint, 'all months close');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
