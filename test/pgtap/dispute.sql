-- Disputes of charges: who opens, settles and withdraws them; late fees stand
-- still by the rule of the due date, against a model that counts day by day.
BEGIN;
SELECT plan(44);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'),
	(:one, :manager, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费'), rui.set_fee_item(:one, 'hard', '押'), rui.set_fee_item(:one, 'soft', '管') \gset hidden_
SELECT count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1"}', 'once', '2025-01-01', due_days => 0)),
	count(rui.set_late_rule(:one, f, 0.001, 5, 1, '2025-01-01')) FROM unnest('{fee,hard,soft}'::text[]) AS f \gset hidden_
SELECT rui.set_dispute_rule(:one, 'hard', 'never', '2025-01-01') AS r1, rui.set_dispute_rule(:one, 'soft', 'always', '2025-01-01') AS r2 \gset
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => '2025-01-02') AS c1, rui.add_charge(:one, 'hard', 100, :u2, :zhao, at => '2025-01-02') AS c2,
	rui.add_charge(:one, 'soft', 100, :u3, :qian, at => '2025-01-02') AS c3 \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.fee(project bigint, charge bigint, at timestamptz) RETURNS numeric LANGUAGE sql AS $$
	SELECT coalesce((SELECT f.accrued FROM rui.late_fees(project, at, charge) f), 0) $$;

-- By the loader, for others.
SELECT rui.open_dispute(:one, :c1, 'Lift out of order', 'k1', '2025-01-10') AS d1, rui.open_dispute(:one, :c2, 'Not mine', at => '2025-01-10') AS d2,
	rui.open_dispute(:one, :c3, 'Too much', at => '2025-01-10') AS d3 \gset
SELECT is(rui.open_dispute(:one, :c1, 'Lift out of order', 'k1', '2025-01-10'), :d1::bigint, 'opened again with its key it is the same');
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, ''Again'', at => ''2025-01-11'')', :one, :c1), '55000', format('charge %s is disputed already', :c1));
SELECT row_eq(format('SELECT state, opened_by, settled_at FROM rui.dispute WHERE id = %s', :d1), ROW('open'::text, :loader::bigint, NULL::timestamptz), 'it is open');
SELECT is((SELECT open_amount FROM rui.charge_open WHERE charge_id = :c1), 100.00, 'and what is owed stays');
-- Due 01-02, grace until 01-07, three days until 01-10.
SELECT is(pg_temp.fee(:one, :c1, '2025-01-10'), 0.30, 'three days are late when it is opened');
SELECT is(pg_temp.fee(:one, :c1, '2025-01-30'), 0.30, 'and three they stay');
SELECT is((SELECT days_late FROM rui.late_fees(:one, '2025-01-30', :c1)), 3, 'also as days');
SELECT is(pg_temp.fee(:one, :c2, '2025-01-30'), 2.30, 'unless disputes stop nothing');
SELECT is(pg_temp.fee(:one, :c3, '2025-01-30'), 0.30, 'or always stop it');
-- Nobody settles his own.
SELECT throws_ok(format('SELECT rui.settle_dispute(%s, %s, true, at => ''2025-01-20'')', :one, :d1), '42501', NULL, 'a loader settles none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''settle'' ORDER BY 1',
	format('VALUES (%s::bigint, ''费 100.00: Lift out of order''), (%s, ''押 100.00: Not mine''), (%s, ''管 100.00: Too much'')', :d1, :d2, :d3), 'they wait in the inbox of who may settle them');
SELECT throws_ok(format('SELECT rui.withdraw_dispute(%s, %s, at => ''2025-01-20'')', :one, :d1), '42501', NULL, 'nobody withdraws another''s');
SELECT throws_ok(format('SELECT rui.settle_dispute(%s, %s, true, at => ''2025-01-09'')', :one, :d1), '22023', NULL, 'nor settles before it was opened');
SELECT is(rui.settle_dispute(:one, :d1, true, 'It was', 'k2', '2025-01-20'), 'upheld', 'another one settles it');
SELECT is(rui.settle_dispute(:one, :d1, true, 'It was', 'k2', '2025-01-20'), 'upheld', 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.settle_dispute(%s, %s, false, at => ''2025-01-21'')', :one, :d1), '55000', NULL, 'what is settled is settled');
SELECT is(rui.settle_dispute(:one, :d3, false, at => '2025-01-20'), 'rejected', 'or rejects it');
SELECT is(rui.settle_dispute(:one, :d2, true, at => '2025-01-20'), 'upheld', 'or upholds one that stops nothing');
SELECT is(pg_temp.fee(:one, :c1, '2025-01-25'), 0.80, 'upheld: its ten days cost nothing, the five after it do');
SELECT is(pg_temp.fee(:one, :c2, '2025-01-25'), 1.80, 'never: all eighteen do');
SELECT is(pg_temp.fee(:one, :c3, '2025-01-25'), 0.80, 'always: not even if it is rejected');
SELECT is(pg_temp.fee(:one, :c1, '2025-01-15'), 0.30, 'as it was on a day before');
-- A second one, rejected: the days count after all; before that they did not.
SELECT is(rui.open_dispute(:one, :c1, 'Once more', at => '2025-01-25') > :d1, true, 'a charge can be disputed again');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.settle_dispute(:one, d.id, false, at => '2025-02-04') FROM rui.dispute d WHERE d.charge_id = :c1 AND d.state = 'open' \gset hidden_
SELECT is(pg_temp.fee(:one, :c1, '2025-02-03'), 0.80, 'while it is open nothing accrues');
SELECT is(pg_temp.fee(:one, :c1, '2025-02-04'), 1.80, 'once it is rejected it has');
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, ''x'', at => ''2025-02-01'')', :one, :c1), '22023', NULL, 'disputes follow one another');
-- The late fee is charged and explained to the fen.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.charge_late_fee(:one, :c1, at => '2025-02-04') AS late \gset
SELECT results_eq(format('SELECT step, quantity, amount FROM rui.explain_charge(%s, %s) WHERE counts', :one, :late),
	$$VALUES ('late_days', 28::numeric, 2.8), ('disputed_days', 10, -1.0)$$, 'the explanation names the days of dispute');
-- Residents: their own charges, and no others.
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, ''x'', at => now())', :one, :c3), 'P0002', NULL, 'a resident does not learn of another''s charge');
SELECT rui.open_dispute(:one, :c2, 'I was away') AS own \gset
SELECT is((SELECT opened_by FROM rui.dispute WHERE id = :own), :zhao::bigint, 'and disputes his own');
SELECT throws_ok(format('SELECT rui.settle_dispute(%s, %s, true)', :one, :own), '42501', NULL, 'but settles nothing');
SELECT is(rui.withdraw_dispute(:one, :own, 'k3'), 'withdrawn', 'he withdraws it');
SELECT is(rui.withdraw_dispute(:one, :own, 'k3'), 'withdrawn', 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.withdraw_dispute(%s, %s)', :one, :own), '55000', NULL, 'once');
-- Arguments and rules.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT throws_ok(format('SELECT rui.open_dispute(%s, NULL, ''x'')', :one), '22004', 'charge_id must not be null');
SELECT throws_ok(format('SELECT rui.open_dispute(%s, -1, ''x'')', :one), 'P0002', NULL, 'an unknown charge');
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, '' '')', :one, :c1), '22023', NULL, 'no reason');
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, ''x'', at => ''2025-01-01'')', :one, :c1), '22023', NULL, 'before the charge');
SELECT throws_ok(format('SELECT rui.set_dispute_rule(%s, ''fee'', ''perhaps'', ''2025-01-01'')', :one), '22023', NULL, 'an unknown way to stop');
SELECT throws_ok(format('SELECT rui.set_dispute_rule(%s, ''hard'', ''always'', ''2025-01-01'')', :one), '55000', NULL, 'two rules from one day');
SELECT rui.set_dispute_rule(:one, 'hard', 'always', '2025-03-01') \gset hidden_
SELECT is((SELECT valid FROM rui.dispute_rule WHERE id = :r1), '[2025-01-01,2025-03-01)'::daterange, 'a rule lasts until the next one');
SELECT rui.record_payment(:one, :u3, :qian, 100, 'cash', ARRAY[:c3]::bigint[], at => '2025-02-05') AS p3 \gset
SELECT throws_ok(format('SELECT rui.open_dispute(%s, %s, ''x'', at => ''2025-02-06'')', :one, :c3), '55000', NULL, 'what is paid is not disputed');

-- Seeded payments and disputes against a model that looks at each day alone.
CREATE FUNCTION pg_temp.model(project bigint, charge bigint, at timestamptz) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	debt rui.charge;
	day date;
	stops text;
	total numeric := 0;
	unpaid numeric;
BEGIN
	SELECT c.* INTO debt FROM rui.charge c WHERE c.project_id = project AND c.id = charge;
	SELECT CASE f.code WHEN 'hard' THEN 'never' WHEN 'soft' THEN 'always' ELSE 'upheld' END INTO stops FROM rui.fee_item f WHERE f.id = debt.fee_item_id;
	-- The day that begins at midnight is late if the one before it was over grace.
	FOR day IN SELECT g::date FROM generate_series(debt.due_on + 5, (at AT TIME ZONE 'Asia/Shanghai')::date - 1, interval '1 day') g LOOP
		CONTINUE WHEN stops <> 'never' AND EXISTS (SELECT FROM rui.dispute d WHERE d.charge_id = debt.id AND d.opened_at <= at
			AND (d.opened_at AT TIME ZONE 'Asia/Shanghai')::date <= day
			AND coalesce((d.settled_at AT TIME ZONE 'Asia/Shanghai')::date > day, true)
			AND (stops = 'always' OR d.state IN ('open', 'upheld') OR d.settled_at > at));
		SELECT debt.gross - coalesce(sum(a.amount), 0) INTO unpaid FROM rui.allocation a
		WHERE a.charge_id = debt.id AND a.at <= model.at AND (a.at AT TIME ZONE 'Asia/Shanghai')::date <= day;
		total := total + unpaid * 0.001;
	END LOOP;
	RETURN round(least(total, debt.gross), 2);
END $$;
CREATE FUNCTION pg_temp.muddle(project bigint, home bigint, payer bigint, referee bigint, author bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	debt bigint;
	begun bigint;
	moment timestamptz;
BEGIN
	PERFORM setseed(0.37);
	FOR k IN 1..60 LOOP
		PERFORM pg_temp.act(author);
		debt := rui.add_charge(project, (ARRAY['fee', 'hard', 'soft'])[1 + k % 3], (1000 + floor(random() * 9000))::numeric, home, payer, at => '2025-02-10');
		moment := '2025-02-10'::timestamptz;
		FOR n IN 1..4 LOOP
			moment := moment + random() * interval '12 days';
			IF random() < 0.4 THEN
				PERFORM rui.record_payment(project, home, payer, (50 + floor(random() * 100))::numeric, 'cash', ARRAY[debt]::bigint[], at => moment);
			ELSE
				begun := rui.open_dispute(project, debt, 'x', at => moment);
				moment := moment + random() * interval '12 days';
				IF random() < 0.3 THEN
					PERFORM rui.record_payment(project, home, payer, 50, 'cash', ARRAY[debt]::bigint[], at => moment);
				END IF;
				EXIT WHEN random() < 0.2;
				IF random() < 0.3 THEN
					PERFORM rui.withdraw_dispute(project, begun, at => moment);
				ELSE
					PERFORM pg_temp.act(referee);
					PERFORM rui.settle_dispute(project, begun, random() < 0.5, at => moment);
					PERFORM pg_temp.act(author);
				END IF;
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT pg_temp.muddle(:one, :u1, :sun, :manager, :loader) \gset hidden_
SELECT is_empty(format('SELECT c.id, t.at, pg_temp.fee(%1$s, c.id, t.at), pg_temp.model(%1$s, c.id, t.at) FROM rui.charge c,
	generate_series(timestamptz ''2025-02-12 03:00+00'', ''2025-04-20'', ''9 days 7 hours'') AS t(at)
	WHERE c.project_id = %1$s AND c.payer_id = %2$s AND pg_temp.fee(%1$s, c.id, t.at) <> pg_temp.model(%1$s, c.id, t.at)', :one, :sun),
	'late fees are what a count day by day says, at any instant');
SELECT ok((SELECT count(DISTINCT d.state) = 4 AND count(*) > 60 FROM rui.dispute d JOIN rui.charge c ON c.id = d.charge_id WHERE c.payer_id = :sun),
	'among many disputes of every state');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT * FROM finish();
ROLLBACK;
