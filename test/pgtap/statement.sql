-- Statements of account: by hand, and of a seeded muddle of charges, payments,
-- refunds, waivers, write-offs and taking back against open charges and the ledger.
BEGIN;
SELECT plan(24);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
SELECT rui.set_fee_item(:one, 'fee', '费'), rui.set_price_plan(:one, 'fee', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 0),
	rui.set_late_rule(:one, 'fee', 0.001, 0, 1, '2025-01-01') \gset hidden_
-- By hand: midnight in the project's zone parts the days.
SELECT rui.add_charge(:one, 'fee', 100, :u1, :zhao, at => '2025-01-31 15:59+00') AS c1, rui.add_charge(:one, 'fee', 80, :u1, :zhao, at => '2025-01-31 16:00+00') AS c2 \gset
SELECT rui.record_payment(:one, :u1, NULL, 150, 'wechat', at => '2025-02-11') AS p1 \gset
SELECT rui.charge_late_fee(:one, :c2, at => '2025-02-13') AS late \gset
SELECT rui.request_waiver(:one, :c2, 5, 'Noise', at => '2025-02-13') AS w1 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_waiver(:one, :w1, true, at => '2025-02-14') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.record_payment(:one, NULL, :zhao, 100, 'cash', at => '2025-02-15') AS p2 \gset
SELECT rui.refund_payment(:one, :p2, 20, 'Too much', at => '2025-02-16') \gset hidden_
SELECT rui.record_payment(:one, :u1, NULL, 7, 'cash', at => '2025-02-17') AS p3 \gset
SELECT rui.reverse_payment(:one, :p3, 'Bounced', '2025-02-18') \gset hidden_
SELECT rui.reverse_charge(:one, :late, 'Goodwill', at => '2025-02-19') \gset hidden_
SELECT results_eq(format('SELECT kind, on_date, owed, settled, balance FROM rui.statement(%s, NULL, %s, ''2025-02-01'', ''2025-03-01'')', :one, :u1), $$VALUES
	('opening', date '2025-02-01', NULL::numeric, NULL::numeric, 100.00), ('charge', '2025-02-01', 80.00, NULL, 180.00), ('payment', '2025-02-11', NULL, 150.00, 30.00),
	('late_fee', '2025-02-13', 0.86, NULL, 30.86), ('waiver', '2025-02-14', NULL, 5.00, 25.86), ('paid_elsewhere', '2025-02-15', NULL, 25.00, 0.86),
	('paid_elsewhere', '2025-02-15', NULL, 0.86, 0.00), ('payment', '2025-02-17', NULL, 7.00, -7.00), ('payment_back', '2025-02-18', 7.00, NULL, 0.00),
	('paid_elsewhere', '2025-02-19', 0.86, NULL, 0.86), ('charge_back', '2025-02-19', NULL, 0.86, 0.00), ('closing', '2025-02-28', NULL, NULL, 0.00)$$,
	'the account of a unit, with money that came for its owner');
SELECT results_eq(format('SELECT kind_text, text FROM rui.statement(%s, NULL, %s, ''2025-02-10'', ''2025-02-15'', ''zh'') WHERE kind <> ''late_fee''', :one, :u1), format($$VALUES
	('期初余额', NULL), ('收款', '微信，付款 %s'), ('减免', '费（1-101），2025-02-01 至 2025-02-01，账单 %s；Noise'), ('期末余额', NULL)$$, :p1, :c2), '在中文里');
SELECT results_eq(format('SELECT text FROM rui.statement(%s, %s, NULL, ''2025-02-15'', ''2025-03-01'') WHERE kind IN (''payment'', ''refund'', ''charge_back'')', :one, :zhao), format($$VALUES
	('cash, payment %1$s'), ('cash, payment %1$s; Too much'), ('费 (1-101), from 2025-02-13 to 2025-02-13, charge %2$s; Goodwill')$$, :p2, :late), 'the account of the payer');
SELECT is((SELECT balance FROM rui.statement(:one, :zhao, NULL, '2025-02-01', '2025-03-01') WHERE kind = 'closing'), -55.00,
	'who pays what others left over has a prepayment');
SELECT results_eq(format('SELECT kind, balance FROM rui.statement(%s, NULL, %s, ''2025-05-01'', ''2025-06-01'')', :one, :u2), $$VALUES ('opening', 0.00), ('closing', 0.00)$$, 'an account without moves');

-- A muddle.
SELECT setseed(0.23) \g /dev/null
CREATE FUNCTION pg_temp.one_of(choices bigint[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))] $$;
CREATE FUNCTION pg_temp.muddle(project bigint, units bigint[], payers bigint[], first bigint, second bigint, steps integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	clock timestamptz := '2025-03-01 01:00+00';
	dice integer;
	target bigint;
	wanted numeric;
	done integer := 0;
BEGIN
	FOR step IN 1 .. steps LOOP
		clock := clock + random() * interval '12 hours';
		dice := floor(random() * 16);
		BEGIN
			IF dice < 4 THEN
				PERFORM rui.add_charge(project, 'fee', (random() * 200)::numeric(8,2), pg_temp.one_of(units), pg_temp.one_of(payers), at => clock);
			ELSIF dice < 8 THEN
				target := floor(random() * 3);
				PERFORM rui.record_payment(project, CASE WHEN target <> 0 THEN pg_temp.one_of(units) END, CASE WHEN target <> 1 THEN pg_temp.one_of(payers) END,
					1 + (random() * 250)::numeric(8,2), 'cash', at => clock);
			ELSIF dice = 8 THEN
				PERFORM rui.reverse_charge(project, pg_temp.one_of(ARRAY(SELECT o.charge_id FROM rui.charge_open o WHERE o.project_id = project AND o.state <> 'reversed' ORDER BY 1)), 'Wrong', at => clock);
			ELSIF dice = 9 THEN
				PERFORM rui.reverse_payment(project, pg_temp.one_of(ARRAY(SELECT o.payment_id FROM rui.payment_open o WHERE o.project_id = project AND o.state = 'done' ORDER BY 1)), 'Bounced', clock);
			ELSIF dice = 10 THEN
				SELECT o.payment_id, (o.left_over * random())::numeric(8,2) INTO target, wanted FROM rui.payment_open o
				WHERE o.project_id = project AND o.left_over > 1 ORDER BY random() LIMIT 1;
				PERFORM rui.refund_payment(project, target, wanted, 'Back', at => clock);
			ELSIF dice = 11 THEN
				PERFORM rui.charge_late_fee(project, pg_temp.one_of(ARRAY(SELECT o.charge_id FROM rui.charge_open o WHERE o.project_id = project AND o.component = 'principal' AND o.open_amount > 0 ORDER BY 1)), at => clock);
			ELSIF dice = 12 THEN
				target := rui.request_write_off(project, ARRAY[pg_temp.one_of(ARRAY(SELECT o.charge_id FROM rui.charge_open o WHERE o.project_id = project AND o.open_amount > 0 ORDER BY 1))],
					NULL, NULL, 'Gone', 'x', at => clock);
				PERFORM pg_temp.act(second);
				PERFORM rui.decide_write_off(project, target, true, at => clock + interval '1 minute');
				PERFORM pg_temp.act(first);
				clock := clock + interval '2 minutes';
			ELSIF dice = 13 THEN
				PERFORM rui.record_payment(project, o.unit_id, NULL, 1 + (random() * 90)::numeric(8,2), 'cash', ARRAY[o.charge_id], at => clock)
				FROM (SELECT w.charge_id, w.unit_id FROM rui.written_off w WHERE w.project_id = project AND w.written_off > 0 ORDER BY random() LIMIT 1) o;
			ELSE
				SELECT o.charge_id, CASE WHEN random() < 0.3 THEN o.open_amount ELSE (o.open_amount * random())::numeric(8,2) END INTO target, wanted FROM rui.charge_open o
				WHERE o.project_id = project AND o.open_amount > 1 ORDER BY random() LIMIT 1;
				target := rui.request_waiver(project, target, wanted, 'Asked', at => clock);
				PERFORM pg_temp.act(second);
				PERFORM rui.decide_waiver(project, target, random() < 0.8, at => clock + interval '1 minute');
				PERFORM pg_temp.act(first);
				clock := clock + interval '2 minutes';
			END IF;
			done := done + 1;
		EXCEPTION WHEN object_not_in_prerequisite_state OR null_value_not_allowed OR invalid_parameter_value OR numeric_value_out_of_range THEN
			PERFORM pg_temp.act(first);
		END;
	END LOOP;
	RETURN done;
END $$;
SELECT cmp_ok(pg_temp.muddle(:one, ARRAY[:u1, :u2, :u3]::bigint[], ARRAY[:zhao, :qian, :sun]::bigint[], :loader, :accountant, 420), '>', 250, 'a muddle');
SELECT ok((SELECT count(*) FILTER (WHERE w.state = 'approved') > 10 AND count(*) FILTER (WHERE w.state = 'approved' AND v.charge_id IS NOT NULL) > 0
	FROM rui.waiver w LEFT JOIN rui.charge_reversal v ON v.charge_id = w.charge_id), 'with waivers, some of them of charges that were taken back');
CREATE TEMP TABLE account AS SELECT u.id AS unit_id, p.id AS payer_id
FROM (SELECT NULL::bigint AS id UNION ALL SELECT unnest(ARRAY[:u1, :u2, :u3])) u CROSS JOIN (SELECT NULL::bigint AS id UNION ALL SELECT unnest(ARRAY[:zhao, :qian, :sun])) p
WHERE u.id IS NOT NULL OR p.id IS NOT NULL;
CREATE TEMP TABLE line AS SELECT a.unit_id, a.payer_id, s.* FROM account a CROSS JOIN LATERAL rui.statement(:one, a.payer_id, a.unit_id, '2025-01-01', '2026-11-01') s;
SELECT is((SELECT count(DISTINCT kind) FROM line), (SELECT count(DISTINCT code) - 1 FROM rui.label WHERE kind = 'statement'), 'all kinds of lines occur but costs');
-- What is open and left over, account by account.
SELECT is_empty(format($$SELECT a.*, l.balance, o.amount, m.amount FROM account a
	JOIN line l ON (l.unit_id, l.payer_id) IS NOT DISTINCT FROM (a.unit_id, a.payer_id) AND l.kind = 'closing'
	CROSS JOIN LATERAL (SELECT coalesce(sum(o.open_amount), 0) AS amount FROM rui.charge_open o WHERE o.project_id = %1$s AND o.unit_id = coalesce(a.unit_id, o.unit_id) AND o.payer_id = coalesce(a.payer_id, o.payer_id)) o
	CROSS JOIN LATERAL (SELECT coalesce(sum(m.left_over), 0) AS amount FROM rui.payment_open m WHERE m.project_id = %1$s AND (a.unit_id IS NULL OR m.unit_id = a.unit_id) AND (a.payer_id IS NULL OR m.payer_id = a.payer_id)) m
	WHERE l.balance <> o.amount - m.amount$$, :one), 'every account closes with what is open less what is left over');
-- The ledger's own sides, document by document.
CREATE TEMP TABLE side AS
SELECT s.amount * CASE WHEN s.is_debit THEN 1 ELSE -1 END AS amount, coalesce(c.unit_id, m.unit_id) AS unit_id, coalesce(c.payer_id, m.payer_id) AS payer_id
FROM rui.ledger_side s JOIN rui.account x ON x.id = s.account_id AND x.code IN ('1122', '2203')
LEFT JOIN rui.allocation a ON s.document = 'allocation' AND a.id = s.document_id
LEFT JOIN rui.waiver w ON s.document = 'waiver' AND w.id = s.document_id
LEFT JOIN rui.credit_loss l ON s.document = 'credit_loss' AND l.id = s.document_id
LEFT JOIN rui.refund r ON s.document = 'refund' AND r.id = s.document_id
LEFT JOIN rui.charge c ON x.code = '1122' AND c.id = CASE s.document WHEN 'charge' THEN s.document_id WHEN 'waiver' THEN w.charge_id WHEN 'credit_loss' THEN l.charge_id ELSE a.charge_id END
LEFT JOIN rui.payment m ON x.code = '2203' AND m.id = CASE s.document WHEN 'payment' THEN s.document_id WHEN 'refund' THEN r.payment_id ELSE a.payment_id END
WHERE s.project_id = :one;
SELECT is_empty($$SELECT a.*, l.balance, s.amount FROM account a
	JOIN line l ON (l.unit_id, l.payer_id) IS NOT DISTINCT FROM (a.unit_id, a.payer_id) AND l.kind = 'closing'
	CROSS JOIN LATERAL (SELECT coalesce(sum(s.amount), 0) AS amount FROM side s WHERE (a.unit_id IS NULL OR s.unit_id = a.unit_id) AND (a.payer_id IS NULL OR s.payer_id = a.payer_id)) s
	WHERE l.balance <> s.amount$$, 'and with receivables less prepayments in the ledger');
SELECT is((SELECT sum(b.balance) FROM rui.trial_balance(:one, '2026-11-01') b WHERE b.code IN ('1122', '2203')), (SELECT sum(amount) FROM side), 'which are those of the trial balance');
SELECT is_empty($$SELECT * FROM (SELECT l.*, sum(coalesce(owed, 0) - coalesce(settled, 0)) OVER (PARTITION BY unit_id, payer_id ORDER BY place) AS total,
	at < lag(at) OVER (PARTITION BY unit_id, payer_id ORDER BY place) AS is_back FROM line l) s WHERE s.total <> s.balance OR s.is_back$$, 'balances run on, in the order of time');
SELECT is_empty(format($$SELECT a.* FROM account a CROSS JOIN generate_series(date '2025-03-02', '2025-06-01', '13 days') d
	CROSS JOIN LATERAL rui.statement(%1$s, a.payer_id, a.unit_id, '2025-01-01', d::date) x CROSS JOIN LATERAL rui.statement(%1$s, a.payer_id, a.unit_id, d::date, '2026-11-01') y
	WHERE x.kind = 'closing' AND y.kind = 'opening' AND x.balance <> y.balance$$, :one), 'one statement opens with what the one before closes with');
SELECT is_empty('SELECT * FROM line WHERE kind_text IS NULL OR (text IS NULL AND kind NOT IN (''opening'', ''closing''))', 'every line has words');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
-- Late fees among payments, waivers and what was taken back of them.
SELECT is_empty(format($$SELECT c.id, c.component FROM rui.charge c JOIN rui.charge_open o ON o.charge_id = c.id CROSS JOIN LATERAL rui.explain_charge(%1$s, c.id) e
	WHERE c.project_id = %1$s GROUP BY c.id, c.component, c.gross, o.open_amount
	HAVING sum(e.amount) FILTER (WHERE e.counts) <> c.gross OR bool_or(e.step = 'difference')
		OR c.gross + coalesce(sum(e.amount) FILTER (WHERE e.step IN ('paid', 'paid_back', 'waived', 'written_off', 'recovered', 'reversed')), 0) <> o.open_amount$$, :one), 'every charge of it is explained to the cent');
SELECT ok((SELECT count(*) > 5 AND bool_or(spans > 1) FROM (SELECT count(*) FILTER (WHERE e.step = 'late_days') AS spans FROM rui.charge c CROSS JOIN LATERAL rui.explain_charge(:one, c.id) e
	WHERE c.project_id = :one AND c.component = 'late_fee' GROUP BY c.id) s), 'late fees of several spans are among them');

-- Who may ask, and what for.
SELECT throws_ok(format('SELECT * FROM rui.statement(%s, NULL, NULL, ''2025-01-01'', ''2025-02-01'')', :one), '22004', NULL, 'of nobody');
SELECT throws_ok(format('SELECT * FROM rui.statement(%s, 1, 0, ''2025-02-01'', ''2025-02-01'')', :one), '22023', NULL, 'of no day');
SELECT throws_ok(format('SELECT * FROM rui.statement(%s, NULL, 0, ''2025-01-01'', ''2025-02-01'')', :one), 'P0002', NULL, 'of an unknown unit');
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.statement(%s, %s, NULL, ''2025-01-01'', ''2025-02-01'')', :one, :qian), '42501', format('the account of party %s is not yours', :qian));
SELECT results_eq(format('SELECT kind, balance FROM rui.statement(%s, NULL, %s, ''2025-01-01'', ''2026-11-01'')', :one, :u1),
	format('SELECT kind, balance FROM line WHERE unit_id = %s AND payer_id = %s ORDER BY place', :u1, :zhao), 'a resident sees what he owes in a unit');
SELECT isnt_empty(format('SELECT * FROM rui.statement(%s, %s, NULL, ''2025-01-01'', ''2025-02-01'')', :one, :zhao), 'and all that is his');
SELECT pg_temp.act(:sun) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.statement(%s, %s, NULL, ''2025-01-01'', ''2025-02-01'')', :one, :sun), '42501', NULL, 'who has no role asks in vain');
SELECT * FROM finish();
ROLLBACK;
