-- Random charges for days before, in and after their month, waivers, write-offs,
-- what is paid of them after all and bounces, charges taken back and closings, month after month, against a model that counts days
-- one by one: at the end of every month revenue and what is deferred of every
-- charge are what it says, in the books. The seed is in the names of the tests.
BEGIN;
SET LOCAL jit = off;
SELECT plan(9);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)'), (:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2023-11-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'park', '车位'), rui.set_fee_item(:one, 'care', '物业费', revenue_account => '6051') \gset hidden_
SELECT rui.set_price_plan(:one, 'park', '{"model":"fixed","price":"1"}', 'once', '2020-01-01'),
	rui.set_price_plan(:one, 'care', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}', 'once', '2020-01-01') \gset hidden_
CREATE TEMP TABLE town AS SELECT :one::bigint AS id, :u1::bigint AS unit, :loader::bigint AS loader, :manager::bigint AS manager, :accountant::bigint AS accountant;
CREATE TEMP TABLE model (charge bigint PRIMARY KEY, net numeric, from_on date, to_on date, counts date, back date);
CREATE TEMP TABLE waived (charge bigint, month date, net numeric);
-- What is written off after an event, with what of it was revenue.
CREATE TEMP TABLE lost (id integer GENERATED ALWAYS AS IDENTITY, charge bigint, month date, gross numeric, net numeric, lost numeric);

-- What a net amount is worth of a charge by a day: times the days that have passed of all its days.
CREATE FUNCTION pg_temp.part(charge bigint, net numeric, day date) RETURNS numeric LANGUAGE sql AS $$
	SELECT floor(part.net * 100 * count(*) FILTER (WHERE d.day < part.day) / count(*) + 0.5) / 100 FROM model m
	CROSS JOIN LATERAL generate_series(m.from_on::timestamp, m.to_on - interval '1 day', '1 day') AS d(day) WHERE m.charge = part.charge $$;
-- What is revenue of a charge at the end of a month: that of its net, less what was
-- waived or written off by then, and what was revenue when it was written off.
CREATE FUNCTION pg_temp.revenue(charge bigint, month date) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	about model;
	net numeric;
	gone lost;
BEGIN
	SELECT * INTO about FROM model m WHERE m.charge = revenue.charge;
	IF about.back <= month OR about.counts > month THEN
		RETURN 0;
	END IF;
	SELECT about.net - coalesce(sum(w.net), 0) INTO net FROM waived w WHERE w.charge = revenue.charge AND w.month <= revenue.month;
	SELECT * INTO gone FROM lost l WHERE l.charge = revenue.charge AND l.month <= revenue.month ORDER BY l.id DESC LIMIT 1;
	RETURN pg_temp.part(charge, net - coalesce(gone.net, 0), (revenue.month + interval '1 month')::date) + coalesce(gone.lost, 0);
END $$;
-- Some of a charge is written off (more) or is owed again (less) in a month.
CREATE FUNCTION pg_temp.lose(charge bigint, month date, more numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	about record;
	before lost;
	net numeric;
	written numeric;
	is_revenue_to date;
BEGIN
	SELECT m.counts, m.net, c.gross, m.net - coalesce((SELECT sum(w.net) FROM waived w WHERE w.charge = lose.charge), 0) AS base INTO about
	FROM model m JOIN rui.charge c ON c.id = m.charge WHERE m.charge = lose.charge;
	SELECT * INTO before FROM lost l WHERE l.charge = lose.charge ORDER BY l.id DESC LIMIT 1;
	written := coalesce(before.gross, 0) + more;
	net := least(about.base, round(about.net * written / about.gross, 2));
	is_revenue_to := greatest(month, about.counts + interval '1 month');
	INSERT INTO lost (charge, month, gross, net, lost) SELECT lose.charge, lose.month, written, net, CASE WHEN more > 0 THEN coalesce(before.lost, 0)
		+ pg_temp.part(lose.charge, about.base - coalesce(before.net, 0), is_revenue_to) - pg_temp.part(lose.charge, about.base - net, is_revenue_to)
		WHEN net = 0 THEN 0 ELSE round(before.lost * net / before.net, 2) END;
END $$;
CREATE FUNCTION pg_temp.play(seed double precision, months integer, charges integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	project bigint := (SELECT id FROM town);
	month date := '2023-12-01';
	clock timestamptz;
	closed date := '2023-10-01';
	made bigint;
	from_on date;
	days integer;
	about record;
	part numeric;
BEGIN
	PERFORM setseed(seed);
	FOR n IN 1 .. months LOOP
		-- In the zone of the project; what comes later in the list comes later in the month.
		clock := (month + interval '4 days')::timestamp AT TIME ZONE 'Asia/Shanghai';
		FOR k IN 1 .. CASE WHEN n <= months - 6 THEN charges ELSE 0 END LOOP
			from_on := month - 70 + floor(random() * 150)::integer;
			days := CASE floor(random() * 5) WHEN 0 THEN 1 WHEN 1 THEN 365 WHEN 2 THEN 1 + floor(random() * 40) ELSE 1 + floor(random() * 700) END;
			made := rui.add_charge(project, (ARRAY['park', 'care'])[1 + floor(random() * 2)], CASE WHEN random() < 0.2 THEN floor(random() * 9) / 100 ELSE round((random() * 5000)::numeric, 2) END::numeric,
				(SELECT unit FROM town), from_on => from_on, to_on => from_on + days, at => clock + k * interval '1 hour');
			INSERT INTO model SELECT made, c.net, from_on, from_on + days, greatest(closed + interval '1 month', least(date_trunc('month', from_on::timestamp), month))
			FROM rui.charge c WHERE c.id = made;
		END LOOP;
		clock := clock + interval '10 days';
		FOR about IN SELECT o.charge_id, o.open_amount FROM rui.charge_open o WHERE o.project_id = project AND o.open_amount > 0 AND random() < 0.18 ORDER BY o.charge_id LOOP
			clock := clock + interval '1 hour';
			IF random() < 0.25 THEN
				PERFORM rui.reverse_charge(project, about.charge_id, 'x', at => clock);
				UPDATE model SET back = month WHERE charge = about.charge_id;
			ELSIF random() < 0.25 THEN
				made := rui.request_write_off(project, ARRAY[about.charge_id], NULL, NULL, 'x', 'x', at => clock);
				PERFORM set_config('rui.party_id', (SELECT accountant FROM town)::text, true);
				PERFORM rui.decide_write_off(project, made, true, at => clock);
				PERFORM set_config('rui.party_id', (SELECT loader FROM town)::text, true);
				PERFORM pg_temp.lose(about.charge_id, month, about.open_amount);
			ELSE
				made := rui.request_waiver(project, about.charge_id, CASE WHEN random() < 0.2 THEN about.open_amount ELSE ceil(about.open_amount * 100 * random()::numeric) / 100 END, 'x', at => clock);
				PERFORM set_config('rui.party_id', (SELECT manager FROM town)::text, true);
				PERFORM rui.decide_waiver(project, made, true, at => clock);
				PERFORM set_config('rui.party_id', (SELECT loader FROM town)::text, true);
				INSERT INTO waived SELECT w.charge_id, month, w.net FROM rui.waiver w WHERE w.id = made;
			END IF;
		END LOOP;
		FOR about IN SELECT l.charge, l.gross FROM (SELECT DISTINCT ON (l.charge) l.charge, l.gross FROM lost l ORDER BY l.charge, l.id DESC) l
			JOIN model m USING (charge) WHERE m.back IS NULL AND l.gross > 0 AND random() < 0.2 ORDER BY l.charge LOOP
			clock := clock + interval '1 hour';
			part := CASE WHEN random() < 0.4 THEN about.gross ELSE ceil(about.gross * 100 * random()::numeric) / 100 END;
			made := rui.record_payment(project, (SELECT unit FROM town), NULL, part, 'cash', ARRAY[about.charge], at => clock);
			PERFORM pg_temp.lose(about.charge, month, -part);
			IF random() < 0.3 THEN
				PERFORM rui.reverse_payment(project, made, 'x', clock);
				PERFORM pg_temp.lose(about.charge, month, part);
			END IF;
		END LOOP;
		month := (month + interval '1 month')::date;
		clock := (month + interval '1 day')::timestamp AT TIME ZONE 'Asia/Shanghai';
		IF random() < 0.5 THEN
			PERFORM rui.recognize_revenue(project, at => clock);
			WHILE random() < 0.7 AND closed < month - interval '2 months' LOOP
				closed := (closed + interval '1 month')::date;
				PERFORM rui.close_period(project, closed, clock);
			END LOOP;
		END IF;
	END LOOP;
	PERFORM rui.recognize_revenue(project, at => clock);
END $$;
SELECT pg_temp.play(0.4711, 22, 7);
CREATE TEMP TABLE booked AS
SELECT d.charge, s.period, sum(CASE WHEN a.kind = 'revenue' THEN s.amount * CASE WHEN s.is_debit THEN -1 ELSE 1 END ELSE 0 END) AS revenue,
	sum(CASE WHEN a.code = '2205' THEN s.amount * CASE WHEN s.is_debit THEN -1 ELSE 1 END ELSE 0 END) AS deferred
FROM (SELECT m.charge, 'charge' AS document, m.charge AS id FROM model m
	UNION ALL SELECT r.charge_id, 'recognition', r.id FROM rui.recognition r
	UNION ALL SELECT w.charge_id, 'waiver', w.id FROM rui.waiver w
	UNION ALL SELECT l.charge_id, 'credit_loss', l.id FROM rui.credit_loss l) d
JOIN rui.ledger_side s ON s.document = d.document AND s.document_id = d.id
JOIN rui.account a ON a.project_id = s.project_id AND a.id = s.account_id
GROUP BY d.charge, s.period;
CREATE TEMP TABLE compared AS
SELECT m.charge, t.month::date AS month, pg_temp.revenue(m.charge, t.month::date) AS revenue,
	CASE WHEN m.back <= t.month OR m.counts > t.month THEN 0 ELSE m.net - coalesce((SELECT sum(w.net) FROM waived w WHERE w.charge = m.charge AND w.month <= t.month), 0)
		- coalesce((SELECT l.net - l.lost FROM lost l WHERE l.charge = m.charge AND l.month <= t.month ORDER BY l.id DESC LIMIT 1), 0) END AS net,
	coalesce(b.revenue, 0) AS booked, coalesce(b.deferred, 0) AS deferred
FROM model m
CROSS JOIN generate_series(timestamp '2023-11-01', '2025-09-01', '2 months') AS t(month)
LEFT JOIN LATERAL (SELECT sum(b.revenue) AS revenue, sum(b.deferred) AS deferred FROM booked b WHERE b.charge = m.charge AND b.period <= t.month) b ON true;

SELECT cmp_ok((SELECT count(*) FROM rui.deferral), '>', 80::bigint, 'seed 0.4711: many charges are deferred');
SELECT cmp_ok((SELECT count(*) FROM waived JOIN rui.deferral ON charge_id = charge), '>', 40::bigint, 'waived');
SELECT cmp_ok((SELECT count(*) FROM model JOIN rui.deferral ON charge_id = charge WHERE back IS NOT NULL), '>', 10::bigint, 'and taken back');
SELECT cmp_ok((SELECT count(*) FILTER (WHERE kind = 'written_off' AND unearned > 0) * count(*) FILTER (WHERE kind = 'recovered' AND unearned < 0 AND earned < 0) FROM rui.credit_loss), '>', 100::bigint,
	'and written off, and recovered in time and late');
SELECT is_empty('SELECT * FROM compared WHERE revenue <> booked', 'revenue of each charge at the end of each month is what the model counts');
SELECT is_empty('SELECT * FROM compared WHERE net <> booked + deferred', 'and with what is deferred its net');
SELECT results_eq('SELECT coalesce(sum(d.remaining), 0) FROM town t, rui.deferred_revenue(t.id, ''2025-09-30'') d', 'SELECT sum(net - revenue) FROM compared WHERE month = ''2025-09-01''', 'the reading says the same');
SELECT results_eq('SELECT coalesce(sum(d.amount), 0) FROM town t, rui.recognition_outlook(t.id, ''2025-09-30'') d', 'SELECT sum(net - revenue) FROM compared WHERE month = ''2025-09-01''', 'and so does the outlook');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
