-- Measures of collection, at instants, against a model that adds up one charge
-- after the other.
BEGIN;
SELECT plan(13);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2024-10-01') \gset hidden_
SELECT count(rui.set_fee_item(:one, f, f)), count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1"}', 'once', '2024-10-01', due_days => 5))
FROM unnest('{a,b}'::text[]) AS f \gset hidden_
SELECT id AS fa FROM rui.fee_item WHERE project_id = :one AND code = 'a' \gset
SELECT rui.add_charge(:one, 'a', 100, :u1, :zhao, at => '2024-12-10') AS c1, rui.add_charge(:one, 'a', 50, :u2, :qian, at => '2025-01-05') AS c2,
	rui.add_charge(:one, 'a', 150, :u3, :sun, at => '2025-01-06') AS c3 \gset
SELECT rui.record_payment(:one, :u2, :qian, 20, 'cash', ARRAY[:c2]::bigint[], at => '2025-01-20'), rui.record_payment(:one, :u2, :qian, 30, 'cash', ARRAY[:c2]::bigint[], at => '2025-02-10'),
	rui.record_payment(:one, :u1, :zhao, 25, 'cash', ARRAY[:c1]::bigint[], at => '2025-02-10') \gset hidden_
SELECT results_eq(format('SELECT fee_item_id, charged, waived, collected, collected_in_month, rate FROM rui.collection_rate(%s, ''2025-01-01'', ''2025-01-31'')', :one),
	format('VALUES (%s::bigint, 200.00, 0.00, 20.00, 20.00, 0.1), (NULL, 200.00, 0.00, 20.00, 20.00, 0.1)', :fa), 'of January''s charges a tenth has come in January');
SELECT row_eq(format('SELECT collected, collected_in_month, rate FROM rui.collection_rate(%s, ''2025-01-01'', ''2025-02-28'') WHERE fee_item_id IS NULL', :one),
	ROW(50.00, 20.00, 0.25), 'a quarter by the end of February');
SELECT results_eq(format('SELECT fee_item_id, owed, recovered, rate FROM rui.recovered_debt(%s, 2025, ''2025-03-01'')', :one),
	format('VALUES (%s::bigint, 100.00, 25.00, 0.25), (NULL, 100.00, 25.00, 0.25)', :fa), 'of the year before a quarter as well');
SELECT is((SELECT recovered FROM rui.recovered_debt(:one, 2025, '2025-02-01') WHERE fee_item_id IS NULL), 0.00, 'nothing yet in January');
SELECT is_empty(format('SELECT FROM rui.recovered_debt(%s, 2024)', :one), 'before there were books there were no debts');
SELECT is_empty(format('SELECT FROM rui.collection_rate(%s, ''2024-11-01'')', :one), 'nor rates without charges');
SELECT throws_ok(format('SELECT rui.collection_rate(%s, ''2025-01-02'')', :one), '22023', 'month must be the first day of a month, not 2025-01-02');
SELECT throws_ok(format('SELECT rui.collection_rate(%s, NULL)', :one), '22004', 'month must not be null');
SELECT throws_ok(format('SELECT rui.recovered_debt(%s, 1)', :one), '22008', 'year is out of range: 1');

CREATE FUNCTION pg_temp.one_of(choices bigint[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))::integer] $$;
CREATE FUNCTION pg_temp.muddle(project bigint, homes bigint[], author bigint, referee bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz := '2025-11-01';
	debts bigint[] := '{}';
	debt bigint;
	money bigint[] := '{}';
	asked bigint;
BEGIN
	PERFORM setseed(0.61);
	FOR k IN 1..220 LOOP
		moment := moment + random() * interval '28 hours';
		CASE floor(random() * 8)::integer
		WHEN 0, 1, 2 THEN
			debts := debts || rui.add_charge(project, (ARRAY['a', 'b'])[1 + k % 2], (10 + floor(random() * 90))::numeric, pg_temp.one_of(homes), at => moment);
		WHEN 3, 4, 5 THEN
			money := money || rui.record_payment(project, pg_temp.one_of(homes), NULL, (5 + floor(random() * 150))::numeric, 'cash', at => moment);
		WHEN 6 THEN
			debt := pg_temp.one_of(ARRAY(SELECT o.charge_id FROM rui.charge_open o WHERE o.project_id = project AND o.open_amount > 1 ORDER BY 1));
			CONTINUE WHEN debt IS NULL;
			asked := rui.request_waiver(project, debt, 1, 'x', at => moment);
			PERFORM set_config('rui.party_id', referee::text, true);
			PERFORM rui.decide_waiver(project, asked, true, at => moment);
			PERFORM set_config('rui.party_id', author::text, true);
		ELSE
			BEGIN
				IF k % 2 = 0 THEN
					PERFORM rui.reverse_charge(project, pg_temp.one_of(debts), 'x', at => moment);
				ELSE
					PERFORM rui.reverse_payment(project, pg_temp.one_of(money), 'x', at => moment);
				END IF;
			EXCEPTION WHEN object_not_in_prerequisite_state OR null_value_not_allowed THEN
				NULL;
			END;
		END CASE;
	END LOOP;
END $$;
SELECT pg_temp.muddle(:one, ARRAY[:u1, :u2, :u3, :u4]::bigint[], :loader, :accountant) \gset hidden_
-- One charge at an instant: what was owed, let off and paid, each by a loop.
CREATE FUNCTION pg_temp.was(debt bigint, at timestamptz, OUT there boolean, OUT paid numeric, OUT let_off numeric) LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	there := EXISTS (SELECT FROM rui.charge c WHERE c.id = debt AND c.at <= was.at) AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.charge_id = debt AND v.at <= was.at);
	paid := 0;
	let_off := 0;
	FOR r IN SELECT a.amount, a.at AS moment FROM rui.allocation a WHERE a.charge_id = debt LOOP
		paid := paid + CASE WHEN r.moment <= at THEN r.amount ELSE 0 END;
	END LOOP;
	FOR r IN SELECT w.amount, w.decided_at AS moment FROM rui.waiver w WHERE w.charge_id = debt AND w.state = 'approved' LOOP
		let_off := let_off + CASE WHEN r.moment <= at THEN r.amount ELSE 0 END;
	END LOOP;
END $$;
CREATE TEMP TABLE moments AS SELECT t FROM generate_series(timestamptz '2025-11-20', '2026-04-10', '13 days 5 hours') t;
SELECT set_eq(format($$
	SELECT m.month, t.t, r.fee_item_id, r.charged, r.waived, r.collected FROM moments t, (VALUES (date '2025-11-01'), ('2025-12-01'), ('2026-01-01'), ('2026-02-01')) m(month)
		CROSS JOIN LATERAL rui.collection_rate(%1$s, m.month, t.t) r WHERE r.fee_item_id IS NOT NULL$$, :one), format($$
	SELECT date_trunc('month', c.starts_on::timestamp)::date, t.t, c.fee_item_id, sum(c.gross) AS charged, sum(w.let_off) AS let_off, sum(w.paid) AS paid FROM moments t, rui.charge c
		CROSS JOIN LATERAL pg_temp.was(c.id, t.t) w WHERE c.project_id = %1$s AND w.there AND c.starts_on >= '2025-11-01' AND c.starts_on < '2026-03-01' GROUP BY 1, 2, 3$$, :one), 'the rate of any month at any instant');
SELECT set_eq(format($$
	SELECT t.t, r.fee_item_id, r.owed, r.recovered FROM moments t CROSS JOIN LATERAL rui.recovered_debt(%1$s, 2026, t.t) r WHERE t.t >= '2026-01-02' AND r.fee_item_id IS NOT NULL$$, :one), format($$
	SELECT t.t, c.fee_item_id, sum(c.gross - b.paid - b.let_off) AS owed, sum(n.paid - b.paid) AS recovered FROM moments t, rui.charge c
		CROSS JOIN LATERAL pg_temp.was(c.id, '2026-01-01 00:00+08'::timestamptz - interval '1 microsecond') b
		CROSS JOIN LATERAL pg_temp.was(c.id, t.t) n
		WHERE c.project_id = %1$s AND t.t >= '2026-01-02' AND b.there AND n.there AND c.due_on < '2026-01-01' AND c.gross > b.paid + b.let_off GROUP BY 1, 2$$, :one), 'old debts at any instant');
SELECT ok((SELECT count(*) >= 20 FROM moments t CROSS JOIN LATERAL rui.collection_rate(:one, '2025-12-01', t.t)) AND
	(SELECT count(DISTINCT r.recovered) > 3 FROM moments t CROSS JOIN LATERAL rui.recovered_debt(:one, 2026, t.t) r), 'of which there are many');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT * FROM finish();
ROLLBACK;
