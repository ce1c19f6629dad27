-- Discounts: asked for by one, decided by another; what billing runs charge
-- with them, beside empty homes, payers and each other; what is refused.
BEGIN;
SELECT plan(43);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES
	(:one, :accountant, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property, rui.set_fee_item(:one, 'bare', '代收') AS bare \gset
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.5","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01', due_days => 0) \gset hidden_
SELECT rui.set_price_plan(:one, 'bare', '{"model":"flat","amount":"10"}', 'unit', '2025-01-01', unit_kind => 'home', due_days => 0) \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,2025-03-11)', ARRAY[:zhao]::bigint[], '{1}'),
	(:one, :u1, '[2025-03-11,)', ARRAY[:qian]::bigint[], '{1}'), (:one, :u2, '[2020-01-01,)', ARRAY[:sun]::bigint[], '{1}');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.due(project bigint, month date, of_unit bigint, item text DEFAULT 'property') RETURNS TABLE (period daterange, gross numeric, net numeric, discount bigint) LANGUAGE sql AS $$
	SELECT d.period, d.gross, d.net, d.discount_id FROM rui._due_charges(project, month, '2025-06-01', of_unit, of_unit) d
	JOIN rui.fee_item f ON f.project_id = project AND f.id = d.fee_item_id AND f.code = item ORDER BY d.period $$;

-- Asking changes nothing.
SELECT rui.request_discount(:one, 'property', ARRAY[:u2, :u1, :u2]::bigint[], 0.5, '[2025-01-11,)', 'hardship', 'Low income', request_key => 'k1', at => '2025-01-02') AS d1 \gset
SELECT is(rui.request_discount(:one, 'property', ARRAY[:u1, :u2]::bigint[], 0.5, '[2025-01-11,)', 'hardship', 'Low income', request_key => 'k1', at => '2025-01-02'), :d1::bigint,
	'asked for again with its key it is the same');
SELECT row_eq(format('SELECT state, unit_ids, requested_by FROM rui.discount WHERE id = %s', :d1), ROW('requested'::text, ARRAY[:u1, :u2]::bigint[], :loader::bigint), 'it waits, each unit once');
SELECT results_eq(format('SELECT period, gross FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1), $$VALUES ('[2025-01-01,2025-02-01)'::daterange, 250.00)$$, 'and nothing costs less');
SELECT results_eq(format('SELECT action FROM rui.allowed_actions(%s, ''discount'', %s)', :one, :d1), $$VALUES ('withdraw')$$, 'who only asks may withdraw');
SELECT throws_ok(format('SELECT rui.decide_discount(%s, %s, true)', :one, :d1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE kind = ''approve'' AND subject = ''discount''',
	format('VALUES (%s::bigint, ''物业费 × 0.5: Low income'')', :d1), 'it waits in the inbox of who may decide');
SELECT rui.request_discount(:one, 'property', ARRAY[:u1]::bigint[], 0, '[2025-01-01,)', 'staff', 'My own', at => '2025-01-02') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_discount(%s, %s, true)', :one, :own), '42501', 'nobody decides on a discount of his own');
SELECT throws_ok(format('SELECT rui.withdraw_discount(%s, %s)', :one, :d1), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_discount(:one, :own, 'k2', '2025-01-03'), 'withdrawn', 'one''s own one does');
SELECT is(rui.withdraw_discount(:one, :own, 'k2', '2025-01-03'), 'withdrawn', 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.decide_discount(%s, %s, true, at => ''2025-01-01'')', :one, :d1), '22023', NULL, 'not before it was asked for');
SELECT is(rui.decide_discount(:one, :d1, true, 'Agreed', 'k3', '2025-01-05'), 'approved', 'another one approves it');
SELECT is(rui.decide_discount(:one, :d1, true, 'Agreed', 'k3', '2025-01-05'), 'approved', 'again with its key it is the same');
SELECT throws_ok(format('SELECT rui.decide_discount(%s, %s, false)', :one, :d1), '55000', NULL, 'what is decided is decided');
-- What is charged.
SELECT results_eq(format('SELECT * FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1),
	format($$VALUES ('[2025-01-01,2025-01-11)'::daterange, 80.65, 76.08, NULL), ('[2025-01-11,2025-02-01)', 84.68, 79.89, %s::bigint)$$, :d1), '10/31 of 250, and 31/31 less 10/31 of 125');
SELECT results_eq(format('SELECT * FROM pg_temp.due(%s, ''2025-02-01'', %s)', :one, :u2),
	format($$VALUES ('[2025-02-01,2025-03-01)'::daterange, 100.00, 94.34, %s::bigint)$$, :d1), 'a whole month: half');
SELECT results_eq(format('SELECT gross FROM pg_temp.due(%s, ''2025-02-01'', %s, ''bare'')', :one, :u2), $$VALUES (10.00)$$, 'other fees have no such discount');
SELECT results_eq(format('SELECT gross FROM pg_temp.due(%s, ''2025-02-01'', %s)', :one, :u3), $$VALUES (151.25)$$, 'nor have other units');
-- Several: the lower one counts. One is bound to a payer who sells.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.request_discount(:one, 'property', ARRAY[:u1]::bigint[], 0.3, '[2025-02-15,2025-05-01)', 'honour', 'Veteran', :zhao, at => '2025-01-06') AS d2,
	rui.request_discount(:one, 'property', ARRAY[:u1]::bigint[], 0.9, '[2025-01-01,2026-01-01)', 'promotion', 'Opening', at => '2025-01-06') AS d3 \gset
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.decide_discount(:one, :d2, true, at => '2025-01-07'), rui.decide_discount(:one, :d3, true, at => '2025-01-07') \gset hidden_
SELECT results_eq(format('SELECT period, gross, discount FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1),
	format($$VALUES ('[2025-01-01,2025-01-11)'::daterange, 72.58, %s::bigint), ('[2025-01-11,2025-02-01)', 84.68, %s)$$, :d3, :d1), 'the lower of two');
SELECT results_eq(format('SELECT period, gross, discount FROM pg_temp.due(%s, ''2025-03-01'', %s)', :one, :u1),
	format($$VALUES ('[2025-03-01,2025-03-11)'::daterange, 24.19, %s::bigint), ('[2025-03-11,2025-04-01)', 84.68, %s)$$, :d2, :d1), 'a payer''s own goes with him');
-- Beside an empty home.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.set_vacancy_rule(:one, 'property', 0.7, 1, '2025-01-01') \gset hidden_
SELECT rui.record_vacancy(:one, :u2, 'vacant', '2025-04-01', NULL, 'visit', 1, at => '2025-04-01') AS gone \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.confirm_vacancy(:one, :gone, at => '2025-04-02') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT results_eq(format('SELECT gross, discount FROM pg_temp.due(%s, ''2025-04-01'', %s)', :one, :u2), format('VALUES (100.00, %s::bigint)', :d1), 'half is less than 0.7');
-- Charged, explained, posted.
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-02-03') \gset hidden_
SELECT id AS c1 FROM rui.charge WHERE project_id = :one AND unit_id = :u1 AND discount_id = :d1 \gset
SELECT results_eq(format('SELECT step, text, amount FROM rui.explain_charge(%s, %s) WHERE step = ''discount''', :one, :c1),
	format($$VALUES ('discount', 'discount %s (hardship): 50 %% are to be paid: of 250.00, 125.00', -125.00)$$, :d1), 'it is explained');
SELECT results_eq(format('SELECT text FROM rui.explain_charge(%s, %s, ''zh'') WHERE step = ''discount''', :one, :c1),
	format($$VALUES ('优惠 %s（困难减免）：按 50%% 收取：250.00 收 125.00')$$, :d1), 'in both languages');
SELECT is_empty(format($$SELECT c.id FROM rui.charge c CROSS JOIN LATERAL (SELECT sum(e.amount) AS amount, bool_or(e.step = 'difference') AS differs
	FROM rui.explain_charge(c.project_id, c.id, 'zh') e WHERE e.counts) e WHERE c.project_id = %s AND (e.amount <> c.gross OR e.differs)$$, :one), 'every charge to the cent');
SELECT is((SELECT b.balance FROM rui.trial_balance(:one, 'infinity') b WHERE b.code = '1122'), (SELECT sum(gross) FROM rui.charge WHERE project_id = :one)::numeric, 'what is owed is what is charged');
SELECT is_empty(format('SELECT * FROM pg_temp.due(%s, ''2025-01-01'', %s)', :one, :u1), 'what is charged is not due');
-- Ended: its days before stay.
SELECT throws_ok(format('SELECT rui.end_discount(%s, %s, ''2025-04-10'')', :one, :d1), '42501', NULL, 'a loader ends none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT throws_ok(format('SELECT rui.end_discount(%s, %s, ''2025-01-10'')', :one, :d1), '22023', NULL, 'the last day is one of its days');
SELECT throws_ok(format('SELECT rui.end_discount(%s, %s, ''2026-01-01'')', :one, :d3), '22023', NULL, 'not one after them');
SELECT throws_ok(format('SELECT rui.end_discount(%s, %s, ''2025-04-10'', at => ''2025-01-04'')', :one, :d1), '22023', NULL, 'nor before it was approved');
SELECT is(rui.end_discount(:one, :d1, '2025-04-10', 'No more', 'k4', '2025-04-05'), 'ended', 'it ends');
SELECT is(rui.end_discount(:one, :d1, '2025-04-10', 'No more', 'k4', '2025-04-05'), 'ended', 'once');
SELECT throws_ok(format('SELECT rui.end_discount(%s, %s, ''2025-04-10'')', :one, :d1), '55000', NULL, 'what has ended has ended');
SELECT results_eq(format('SELECT period, gross, discount FROM pg_temp.due(%s, ''2025-04-01'', %s)', :one, :u2),
	format($$VALUES ('[2025-04-01,2025-04-11)'::daterange, 33.33, %s::bigint), ('[2025-04-11,2025-05-01)', 93.33, NULL)$$, :d1), 'from then on the home is just empty');
-- Refused.
CREATE FUNCTION pg_temp.refused(arguments text, code text, why text) RETURNS text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT rui.request_discount(%s, %s)', (SELECT id FROM rui.project WHERE code = 'one'), arguments), code, NULL, why) $$;
SELECT pg_temp.refused(format($$'property', '{%s}', 1, '[2025-01-01,)', 'staff', 'x'$$, :u1), '22003', 'no discount');
SELECT pg_temp.refused(format($$'property', '{%s}', 'NaN', '[2025-01-01,)', 'staff', 'x'$$, :u1), '22003', 'no number');
SELECT pg_temp.refused(format($$'property', '{%s}', 0.5, 'empty', 'staff', 'x'$$, :u1), '22023', 'no days');
SELECT pg_temp.refused(format($$'property', '{%s}', 0.5, '[2025-01-01,2300-01-01)', 'staff', 'x'$$, :u1), '22008', 'days beyond the calendar');
SELECT pg_temp.refused($$'property', '{}', 0.5, '[2025-01-01,)', 'staff', 'x'$$, '22023', 'no units');
SELECT pg_temp.refused(format($$'property', '{%s}', 0.5, '[2025-01-01,)', 'staff', 'x'$$, :v1), 'P0002', 'a unit of another project');
SELECT pg_temp.refused(format($$'property', '{%s}', 0.5, '[2025-01-01,)', 'whim', 'x'$$, :u1), '22023', 'an unknown ground');
SELECT pg_temp.refused(format($$'property', '{%s}', 0.5, '[2025-01-01,)', 'staff', 'x', 0$$, :u1), 'P0002', 'an unknown payer');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
