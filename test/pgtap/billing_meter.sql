-- What meters count, in billing runs: ladders over a year, households, prices
-- that change, exchanged meters, corrections; by hand and by a slow model.
BEGIN;
SELECT plan(48);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2020-01-01,)', ARRAY[:zhao], '{1}'), (:one, :u2, '[2020-01-01,)', ARRAY[:qian], '{1}');
INSERT INTO rui.party (company_id, code, name) SELECT :company, 'child' || n, 'Child ' || n FROM generate_series(1, 4) n;
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u2, '[2020-01-01,)') RETURNING id AS home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, :home, :u2, p.id, CASE p.code WHEN 'qian' THEN 'owner' ELSE 'family' END,
	CASE p.code WHEN 'child4' THEN '[2025-02-15,)' ELSE '[2020-01-01,)' END::daterange
FROM rui.party p WHERE p.company_id = :company AND (p.code = 'qian' OR p.code LIKE 'child%');

-- A yearly ladder of 20 and 40 m3, wider by 10 for each person from the fifth on.
SELECT rui.set_fee_item(:one, 'water', '水费') AS water \gset
SELECT throws_ok(format('SELECT rui.set_price_plan(%s, ''water'', ''{"model":"fixed","price":"1"}'', ''meter'', ''2025-01-01'')', :one), '22023', 'quantity meter needs a medium', 'a plan for meters says of what');
SELECT throws_ok(format('SELECT rui.set_meter_plan(%s, ''water'', %L, %L, ''2025-01-01'', cycle_months => %s, first_month => %s)', :one, x.tariff, x.medium, x.months, x.first), x.code, x.message, x.message)
FROM (VALUES ('{"model":"volume","tiers":[{"up_to":"9","price":"2"},{"price":"1"}]}', 'water', 12, 1, '22023', 'a tariff of model volume cannot count on'),
	('{"model":"fixed","price":"2"}', 'wine', 12, 1, '22023', 'unknown medium "wine"'),
	('{"model":"fixed","price":"2"}', 'water', 5, 1, '22003', 'cycle out of range: 5 months, beginning in month 1'),
	('{"model":"fixed","price":"2"}', 'water', 12, 13, '22003', 'cycle out of range: 12 months, beginning in month 13')) AS x(tariff, medium, months, first, code, message);
SELECT rui.set_meter_plan(:one, 'water', '{"model":"graduated","tiers":[{"up_to":"20","price":"2"},{"up_to":"40","price":"3"},{"price":"5"}],"allowance":{"from":"5","per_person":"10"}}', 'water', '2025-01-01') AS old_plan \gset
SELECT throws_ok(format('SELECT rui.set_meter_plan(%s, ''water'', ''{"model":"fixed","price":"1"}'', ''gas'', ''2025-03-01'')', :one), '55000', NULL, 'an item is of one medium');

SELECT rui.install_meter(:one, 'w1', 'water', 'm3', :u1, initial => '100', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m1 \gset
SELECT rui.install_meter(:one, 'w2', 'water', 'm3', :u2, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m2 \gset
SELECT rui.install_meter(:one, 'w3', 'water', 'm3', :u3, initial => '990', digits => 3, installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m3 \gset
SELECT rui.install_meter(:one, 'w4', 'water', 'm3', :u4, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m4 \gset
CREATE FUNCTION pg_temp.shows(project bigint, meter bigint, day date, value numeric, kind text DEFAULT 'actual', turned boolean DEFAULT false) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.record_reading(project, meter, value, kind => kind, is_rollover => turned,
		read_at => day::timestamp AT TIME ZONE 'Asia/Shanghai', at => day::timestamp AT TIME ZONE 'Asia/Shanghai') $$;
CREATE VIEW pg_temp.stands AS
SELECT c.*, o.state FROM rui.charge c JOIN rui.charge_open o ON o.project_id = c.project_id AND o.charge_id = c.id WHERE c.source = 'meter' AND o.state <> 'reversed';

-- January: w3 is exchanged, w4 is estimated.
SELECT rui.replace_meter(:one, :m3, '995', '90', digits => 2, replaced_at => '2025-01-11 15:00+08', at => '2025-01-11 15:00+08') AS m3b \gset
SELECT results_eq(format('SELECT unit_id, obstacle, since_on FROM rui.meter_charge_obstacles(%s, ''2025-01-01'', at => ''2025-02-02'')', :one),
	format('VALUES (%s::bigint, ''not_read'', ''2025-01-01''::date), (%s, ''not_read'', ''2025-01-01''), (%s, ''not_read'', ''2025-01-01'')', :u1, :u2, :u4), 'who was not read is listed; who was, in part, is charged up to then');
SELECT pg_temp.shows(:one, :m1, '2025-02-01', 115) AS r1, pg_temp.shows(:one, :m2, '2025-02-01', 20), pg_temp.shows(:one, :m3b, '2025-02-01', 97), pg_temp.shows(:one, :m4, '2025-02-01', 40, 'estimate') \gset
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, ''2025-02-02'')', :one), 'VALUES (''water'', 4::bigint, 194.00, 0.00, 194.00)', 'a dry run');
SELECT is_empty('SELECT FROM rui.charge', 'charges nothing');
-- A worker of a parallel query does not know who acts.
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_leader_participation = off;
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, ''2025-02-02'')', :one), 'VALUES (''water'', 4::bigint, 194.00, 0.00, 194.00)', 'it tells the same where parallel plans are preferred');
RESET parallel_setup_cost;
RESET parallel_leader_participation;
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-02-02'')', :one), 'VALUES (''water'', 4::bigint, 194.00, 0.00, 194.00)', 'the run does what it said');
SELECT results_eq('SELECT unit_id, payer_id, period, quantity, gross::numeric FROM rui.charge ORDER BY unit_id',
	format($$VALUES (%s::bigint, %s::bigint, '[2025-01-01,2025-02-01)'::daterange, 15::numeric, 30.00), (%s, %s, '[2025-01-01,2025-02-01)', 20, 40.00),
		(%s, NULL, '[2025-01-01,2025-02-01)', 12, 24.00), (%s, NULL, '[2025-01-01,2025-02-01)', 40, 100.00)$$, :u1, :zhao, :u2, :qian, :u3, :u4), 'use at the price of its tiers, over an exchange');
SELECT is((SELECT estimates FROM rui.meter_bill WHERE unit_id = :u4), 1::bigint, 'an estimate is marked');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', at => ''2025-02-03'')', :one), 'a second run adds nothing');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-01-01'', true, ''2025-02-03'')', :one), 'and a dry run says so');
SELECT is_empty(format('SELECT * FROM rui.meter_charge_obstacles(%s, ''2025-01-01'', at => ''2025-02-03'')', :one), 'nobody is left out any more');

-- February: a fifth person at u2, w3 begins again at 0, w4 shows less than was estimated.
SELECT pg_temp.shows(:one, :m1, '2025-03-01', 130), pg_temp.shows(:one, :m2, '2025-03-01', 48), pg_temp.shows(:one, :m3b, '2025-03-01', 5, turned => true), pg_temp.shows(:one, :m4, '2025-03-01', 25) \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-02-01'', true, ''2025-03-02'')', :one),
	format('SELECT * FROM rui.run_billing(%s, ''2025-02-01'', at => ''2025-03-02'')', :one), 'a run with a correction, dry and true');
SELECT results_eq('SELECT unit_id, period, quantity, gross::numeric FROM pg_temp.stands WHERE starts_on >= ''2025-02-01'' ORDER BY 1, 2',
	format($$VALUES (%s::bigint, '[2025-02-01,2025-03-01)'::daterange, 15::numeric, 40.00), (%s, '[2025-02-01,2025-02-15)', 14, 42.00), (%2$s, '[2025-02-15,2025-03-01)', 14, 42.00),
		(%s, '[2025-02-01,2025-03-01)', 8, 16.00), (%s, '[2025-02-01,2025-03-01)', 0, 0.00)$$, :u1, :u2, :u3, :u4),
	'the ladder counts on; a household that grows has wider tiers from that day on; a register that turned');
SELECT results_eq(format('SELECT c.revision, c.quantity, c.gross::numeric, o.state FROM rui.charge c JOIN rui.charge_open o ON o.charge_id = c.id WHERE c.unit_id = %s AND starts_on = ''2025-01-01'' ORDER BY 1', :u4),
	$$VALUES (1, 40::numeric, 100.00, 'reversed'), (2, 25, 55.00, 'billed')$$, 'what had been estimated too high is taken back, and charged anew');
SELECT results_eq(format('SELECT amount FROM rui.explain_charge(%s, (SELECT id FROM pg_temp.stands WHERE unit_id = %s AND starts_on = ''2025-02-15'')) WHERE step = ''line''', :one, :u2), 'VALUES (42::numeric)', 'explained: 14 in the second tier');
SELECT is((SELECT quantity FROM rui.explain_charge(:one, (SELECT id FROM pg_temp.stands WHERE unit_id = :u2 AND starts_on = '2025-02-15'), 'zh') WHERE step = 'persons'), 5::numeric, 'for five persons');
SELECT pg_temp.shows(:one, :m2, '2025-04-01', 58), pg_temp.shows(:one, :m1, '2025-04-01', 150) \gset hidden_
SELECT lives_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-03-01'', at => ''2025-04-02'')', :one), 'March');
SELECT results_eq('SELECT unit_id, gross::numeric FROM pg_temp.stands WHERE starts_on = ''2025-03-01'' ORDER BY 1', format('VALUES (%s::bigint, 80.00), (%s, 46.00)', :u1, :u2), 'goes on; two are not read');
SELECT results_eq(format('SELECT unit_code, obstacle, text FROM rui.meter_charge_obstacles(%s, ''2025-03-01'', ''zh'', ''2025-04-02'')', :one), $$VALUES ('1-103', 'not_read', '本期无读数'), ('P-1', 'not_read', '本期无读数')$$, 'and listed');
SELECT is((SELECT sum(gross) FROM pg_temp.stands WHERE unit_id = :u1), 150.00, 'three months cost what their sum does');

-- A correction of what is charged and paid.
SELECT rui.record_payment(:one, :u1, NULL, 30, 'cash', at => '2025-04-03') AS p1 \gset
SELECT rui.correct_reading(:one, :r1, 120, 'Misread', at => '2025-04-04') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-03-01'', at => ''2025-04-05'')', :one), 'VALUES (''water'', 2::bigint, 70.00, 0.00, 70.00)', 'two months anew');
SELECT results_eq(format('SELECT revision, quantity, gross::numeric, state FROM pg_temp.stands WHERE unit_id = %s ORDER BY starts_on', :u1),
	$$VALUES (2, 20::numeric, 40.00, 'billed'), (2, 10, 30.00, 'billed'), (1, 20, 80.00, 'part_paid')$$, 'what was paid pays what is due first; what did not change stays');
SELECT is((SELECT sum(gross) FROM pg_temp.stands WHERE unit_id = :u1), 150.00, 'the sum is what it was');
SELECT results_eq(format('SELECT step FROM rui.explain_charge(%s, (SELECT id FROM pg_temp.stands WHERE unit_id = %s AND starts_on = ''2025-01-01'')) WHERE step = ''replaces''', :one, :u1), $$VALUES ('replaces')$$, 'and it says what it replaces');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-03-01'', at => ''2025-04-06'')', :one), 'once');

-- April: another price from the 11th on, in a cycle that goes on.
SELECT rui.set_meter_plan(:one, 'water', '{"model":"graduated","tiers":[{"up_to":"20","price":"4"},{"up_to":"40","price":"6"},{"price":"10"}],"tax":{"rate":"0.03"}}', 'water', '2025-04-11') AS new_plan \gset
SELECT pg_temp.shows(:one, :m1, '2025-05-01', 180) \gset hidden_
SELECT lives_ok(format('SELECT * FROM rui.run_billing(%s, ''2025-04-01'', at => ''2025-05-02'')', :one), 'April');
SELECT results_eq(format('SELECT period, quantity, net::numeric, tax::numeric, plan_id FROM pg_temp.stands WHERE unit_id = %s AND starts_on >= ''2025-04-01'' ORDER BY 1', :u1),
	format($$VALUES ('[2025-04-01,2025-04-11)'::daterange, 10::numeric, 50.00, 0.00, %s::bigint), ('[2025-04-11,2025-05-01)', 20, 200.00, 6.00, %s)$$, :old_plan, :new_plan), 'use is cut at the day of the change');

-- Doubt.
SELECT rui.set_meter_rule(:one, 'water', 3, 5, 28) \gset hidden_
SELECT pg_temp.shows(:one, :m1, '2025-06-01', 900) AS odd \gset
SELECT is((SELECT state FROM rui.meter_reading WHERE id = :odd), 'to_check', 'far more than usual');
SELECT results_eq(format('SELECT unit_code, obstacle FROM rui.meter_charge_obstacles(%s, ''2025-05-01'', at => ''2025-06-02'') WHERE unit_id = %s', :one, :u1), $$VALUES ('1-101', 'doubted')$$, 'is listed');
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-05-01'', at => ''2025-06-02'')', :one), 'and not charged');
SELECT rui.confirm_reading(:one, :odd, at => '2025-06-03') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-05-01'', at => ''2025-06-04'')', :one), 'VALUES (''water'', 1::bigint, 7200.00, 216.00, 7416.00)', 'until somebody confirms it');
-- A charge with costs is not corrected behind their back.
SELECT rui.set_fee_item(:one, 'cost', 'Cost'), rui.set_price_plan(:one, 'cost', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT rui.add_charge(:one, 'cost', 5, source => 'cost', about_charge_id => (SELECT id FROM pg_temp.stands WHERE unit_id = :u1 AND starts_on = '2025-05-01'), at => '2025-06-05') AS cost \gset
SELECT rui.correct_reading(:one, :odd, 210, 'Misread', at => '2025-06-06') \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.run_billing(%s, ''2025-05-01'', at => ''2025-06-07'')', :one), 'a charge with costs stays');
SELECT results_eq(format('SELECT unit_code, obstacle FROM rui.meter_charge_obstacles(%s, ''2025-05-01'', at => ''2025-06-07'') WHERE unit_id = %s', :one, :u1), $$VALUES ('1-101', 'settled')$$, 'and is listed');
SELECT rui.reverse_charge(:one, :cost, 'Not his fault', at => '2025-06-08') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-05-01'', at => ''2025-06-09'')', :one), 'VALUES (''water'', 1::bigint, 300.00, 9.00, 309.00)', 'until they are taken back');
SELECT is((SELECT sum(balance) FROM rui.trial_balance(:one, '2025-06-30') WHERE code = '1122'), (SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 'receivables are the open charges');
SELECT throws_ok('UPDATE rui.meter_bill SET used = 0', '55000', NULL, 'what a charge rests on is never changed');
-- A meter that is taken away for good is charged to that day.
SELECT rui.remove_meter(:one, :m4, '31', '2025-03-10 12:00+08', at => '2025-06-10') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.run_billing(%s, ''2025-05-01'', at => ''2025-06-11'')', :one), 'VALUES (''water'', 1::bigint, 18.00, 0.00, 18.00)', 'the last of a meter');
SELECT results_eq(format('SELECT period, quantity FROM pg_temp.stands WHERE unit_id = %s ORDER BY 1 DESC LIMIT 1', :u4), $$VALUES ('[2025-03-01,2025-03-11)'::daterange, 6::numeric)$$, 'to the day it went');
SELECT is_empty('SELECT c.id, s.lang FROM rui.charge c CROSS JOIN unnest(''{zh,en}''::text[]) AS s(lang) CROSS JOIN LATERAL (SELECT sum(e.amount) FILTER (WHERE e.counts) AS told, bool_or(e.step = ''difference'') AS differs FROM rui.explain_charge(c.project_id, c.id, s.lang) e) e
	WHERE c.source = ''meter'' AND (e.told <> c.gross OR e.differs)', 'every charge is explained to the last fen');

-- A year of random readings, corrected now and then, against a slow model:
-- twelve homes, a ladder that begins in April, prices with three decimals.
SELECT setseed(0.25) \gset hidden_
SELECT rui.open_books(:two, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:two, 'gas', '燃气费') \gset hidden_
SELECT rui.set_meter_plan(:two, 'gas', '{"model":"graduated","tiers":[{"up_to":"50","price":"2.731"},{"up_to":"90.5","price":"3.297"},{"price":"4.103"}],"tax":{"rate":"0.09","inclusive":true}}', 'gas', '2025-01-01', first_month => 4) \gset hidden_
INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2) SELECT :two, :b2, 'r' || n, 'home', 50 FROM generate_series(1, 12) n;
CREATE TEMP TABLE face AS SELECT u.id AS unit_id, rui.install_meter(:two, 'g' || u.code, 'gas', 'm3', u.id, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS meter_id
FROM rui.unit u WHERE u.project_id = :two AND u.code LIKE 'r%' ORDER BY u.id;
CREATE FUNCTION pg_temp.year(project bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	month date; home record; shown numeric; moment timestamp; wrong record; ran text; dry text;
BEGIN
	FOR month IN SELECT generate_series('2025-01-01'::timestamp, '2025-12-01', '1 month')::date LOOP
		FOR home IN SELECT * FROM pg_temp.face ORDER BY unit_id LOOP
			moment := month + interval '1 day' * floor(random() * 9) + interval '1 minute' * floor(random() * 1400 + 1);
			WHILE moment < month + interval '1 month' LOOP
				SELECT coalesce(max(e.value), 0) INTO shown FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = home.meter_id AND e.state = 'accepted';
				PERFORM rui.record_reading(project, home.meter_id, round(shown + (random() * 14)::numeric, 2), read_at => moment AT TIME ZONE 'Asia/Shanghai', at => moment AT TIME ZONE 'Asia/Shanghai');
				moment := moment + interval '1 day' * floor(random() * 40 + 1) + interval '1 minute' * floor(random() * 1400);
			END LOOP;
		END LOOP;
		-- Some reading that is neither the first nor the last of its meter was wrong.
		FOR wrong IN SELECT x.* FROM (SELECT e.id, e.register_id, lag(e.value) OVER w AS low, lead(e.value) OVER w AS high, random() AS lot FROM rui.meter_reading e WHERE e.project_id = project AND e.state = 'accepted' WINDOW w AS (PARTITION BY e.register_id ORDER BY e.at) ORDER BY e.id) x
			WHERE x.low IS NOT NULL AND x.high IS NOT NULL ORDER BY x.lot LIMIT 2 LOOP
			-- Its neighbours may have been corrected just now.
			CONTINUE WHEN month < '2025-03-01';
			PERFORM rui.correct_reading(project, wrong.id, round(b.low + (b.high - b.low) * random()::numeric, 3), 'Wrong', at => (month + interval '1 month 1 day') AT TIME ZONE 'Asia/Shanghai')
			FROM (SELECT (SELECT e.value FROM rui.meter_reading e WHERE e.register_id = wrong.register_id AND e.state = 'accepted' AND e.at < me.at ORDER BY e.at DESC LIMIT 1) AS low,
				(SELECT e.value FROM rui.meter_reading e WHERE e.register_id = wrong.register_id AND e.state = 'accepted' AND e.at > me.at ORDER BY e.at LIMIT 1) AS high FROM rui.meter_reading me WHERE me.id = wrong.id) b;
		END LOOP;
		SELECT string_agg(b::text, ' ') INTO dry FROM rui.run_billing(project, month, true, (month + interval '1 month 2 days') AT TIME ZONE 'Asia/Shanghai') b;
		SELECT string_agg(b::text, ' ') INTO ran FROM rui.run_billing(project, month, at => (month + interval '1 month 2 days') AT TIME ZONE 'Asia/Shanghai') b;
		IF dry IS DISTINCT FROM ran THEN
			RETURN NEXT format('%s: dry %s, true %s', month, dry, ran);
		END IF;
		RETURN QUERY SELECT format('%s: second run %s', month, b) FROM rui.run_billing(project, month, at => (month + interval '1 month 2 days') AT TIME ZONE 'Asia/Shanghai') b;
		-- The model: where the meter stood at the end of what is charged and at
		-- the beginning of the cycle, and the ladder tier by tier.
		RETURN QUERY
		SELECT format('%s: unit %s is charged %s from %s to %s, model %s', month, b.unit_id, b.gross, b.from_on, b.to_on, m.gross)
		FROM (SELECT b.unit_id, b.cycle_on, min(lower(b.period)) AS from_on, max(upper(b.period)) AS to_on, sum(c.gross) AS gross FROM rui.meter_bill b JOIN pg_temp.stands c ON c.id = b.charge_id
			WHERE b.project_id = project GROUP BY 1, 2) b
		JOIN pg_temp.face f ON f.unit_id = b.unit_id
		CROSS JOIN LATERAL (SELECT sum(CASE n WHEN 1 THEN 1 ELSE -1 END * (SELECT round(y.value - coalesce((y.value - x.value) * extract(epoch FROM y.local - s.day)::numeric / nullif(extract(epoch FROM y.local - x.local)::numeric, 0), 0), 6)
			FROM (SELECT e.value, e.at AT TIME ZONE 'Asia/Shanghai' AS local FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = f.meter_id AND e.state = 'accepted' AND e.at AT TIME ZONE 'Asia/Shanghai' >= s.day ORDER BY e.at LIMIT 1) y
			LEFT JOIN (SELECT e.value, e.at AT TIME ZONE 'Asia/Shanghai' AS local FROM rui.meter_reading e JOIN rui.meter_register r ON r.id = e.register_id WHERE r.meter_id = f.meter_id AND e.state = 'accepted' AND e.at AT TIME ZONE 'Asia/Shanghai' < s.day ORDER BY e.at DESC LIMIT 1) x ON true)) AS used
			FROM (VALUES (1, b.to_on::timestamp), (2, b.from_on::timestamp)) AS s(n, day)) u
		CROSS JOIN LATERAL (SELECT round(least(u.used, 50) * 2.731 + greatest(least(u.used, 90.5) - 50, 0) * 3.297 + greatest(u.used - 90.5, 0) * 4.103, 2) AS gross) m
		WHERE m.gross <> b.gross;
	END LOOP;
END $$;
SELECT is_empty(format('SELECT pg_temp.year(%s)', :two), 'a year of twelve homes is what the model says, month by month, dry and true');
SELECT cmp_ok((SELECT count(*) FROM rui.meter_bill WHERE project_id = :two AND revision > 1), '>', 10::bigint, 'with corrections of what was charged');
SELECT is((SELECT count(DISTINCT cycle_on) FROM rui.meter_bill WHERE project_id = :two), 2::bigint, 'over two cycles');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
