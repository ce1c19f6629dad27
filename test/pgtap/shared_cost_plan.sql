-- Costs that are shared every month: fixed, by a meter, by what was recorded as
-- cost; each month once, by ticks; what waits, and what is refused.
BEGIN;
SET LOCAL jit = off;
SELECT plan(29);
\ir fixture/estate.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'shared', '公摊费') \gset hidden_
SELECT rui.set_price_plan(:one, 'shared', '{"model":"fixed","price":"0.8"}', 'once', '2025-01-01', due_days => 7) \gset hidden_
SELECT rui.create_space(:one, 'pumps', 'room', building_id => :b1, at => '2025-01-01') AS room \gset
SELECT rui.install_meter(:one, 'pump', 'electricity', 'kWh', space_id => :room, initial => '100', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS pump \gset
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- What a tick does of it; the first one is a whole tick.
CREATE FUNCTION pg_temp.tick(project bigint, at timestamptz) RETURNS bigint LANGUAGE sql AS $$ SELECT rui._duty_share_costs(project, at) $$;
CREATE FUNCTION pg_temp.shared(project bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s %s', s.code, to_char(lower(s.period), 'YYMM'), s.amount), ', ' ORDER BY s.id) FROM rui.shared_cost s WHERE s.project_id = project $$;
CREATE FUNCTION pg_temp.due(project bigint, at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s %s', d.code, to_char(d.month, 'YYMM'), d.amount), ', ' ORDER BY d.month, d.code) FROM rui.shared_costs_due(project, at) d $$;

SELECT rui.set_shared_cost_plan(:one, 'clean', 'shared', 'fixed', '2025-01-01', amount => 100, basis => 'area', building_id => :b1, request_key => 'k', at => '2025-01-02') AS clean \gset
SELECT is(rui.set_shared_cost_plan(:one, 'clean', 'shared', 'fixed', '2025-01-01', amount => 100, basis => 'area', building_id => :b1, request_key => 'k', at => '2025-01-02'), :clean::bigint,
	'the same key, the same plan');
SELECT is(pg_temp.tick(:one, '2025-01-31 15:59+00'), 0::bigint, 'a month that is not over is not shared');
SELECT is(pg_temp.due(:one, '2025-02-01 00:00+08'), 'clean 2501 100.00', 'one that is over is due');
SELECT is((SELECT done FROM rui.tick(:one, '2025-02-01 00:00+08') WHERE duty = 'share_costs'), 1::bigint, 'and shared by the next tick');
SELECT is(pg_temp.shared(:one), 'clean 2501 100.00', 'as it was said');
SELECT row_eq('SELECT count(*), sum(c.gross)::numeric FROM rui.charge c WHERE c.source = ''shared_cost''', ROW(4::bigint, 100.00), 'over the units of the building, to the cent');
SELECT is(pg_temp.tick(:one, '2025-02-01 01:00+08'), 0::bigint, 'once');
SELECT is(pg_temp.due(:one, '2025-02-01 01:00+08'), NULL, 'nothing is due');
-- By hand before the tick: not again.
SELECT count(*) FROM rui.share_cost(:one, 'clean', 'shared', '[2025-02-01,2025-03-01)', 90, 'area', building_id => :b1, at => '2025-03-01') \gset hidden_
SELECT is(pg_temp.tick(:one, '2025-03-02'), 0::bigint, 'what was shared by hand is not shared again');
-- What was taken back is not made again by itself.
SELECT rui.reverse_shared_cost(:one, (SELECT id FROM rui.shared_cost WHERE code = 'clean' AND amount = 90), 'Wrong', '2025-03-03') \gset hidden_
SELECT is(pg_temp.tick(:one, '2025-03-03'), 0::bigint, 'nor what was taken back');
-- Another amount from April on; months left out are caught up on, each with its own.
SELECT rui.set_shared_cost_plan(:one, 'clean', 'shared', 'fixed', '2025-04-01', amount => 120, basis => 'unit', unit_ids => ARRAY[:u1, :u2], at => '2025-03-04') \gset hidden_
SELECT is(pg_temp.due(:one, '2025-05-02'), 'clean 2503 100.00, clean 2504 120.00', 'two months are due');
SELECT is(pg_temp.tick(:one, '2025-05-02'), 2::bigint, 'both are shared');
SELECT is((SELECT array_agg(h.amount::numeric ORDER BY h.unit_id) FROM rui.shared_cost s JOIN rui.shared_cost_share h ON h.shared_cost_id = s.id WHERE s.amount = 120), '{60.00,60.00}'::numeric[], 'by the new plan');
SELECT is(rui.end_shared_cost_plan(:one, 'clean', '2025-04-01', '2025-05-03') > 0, true, 'it ends');
SELECT is(pg_temp.due(:one, '2025-09-01'), NULL, 'and nothing of it is due after');
-- Costs of the month, ten days after its end; less what was taken back.
SELECT rui.set_shared_cost_plan(:one, 'lift', 'shared', 'costs', '2025-05-01', account => '6401.06', wait_days => 10, basis => 'area', building_id => :b1, at => '2025-05-04') \gset hidden_
SELECT rui.record_cost(:one, '6401.06', 40, '2025-05-10', 'Power', tax => 5.2, at => '2025-05-11'), rui.record_cost(:one, '6401.06', 7, '2025-06-01', 'June', at => '2025-06-02'),
	rui.record_cost(:one, '6401.02', 9, '2025-05-12', 'Brooms', at => '2025-05-12') \gset hidden_
SELECT rui.record_cost(:one, '6401.06', 11, '2025-05-20', 'Twice', at => '2025-05-21') AS wrong \gset
SELECT rui.request_reversal(:one, 'cost', :wrong, 'Twice', at => '2025-05-22') AS back \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_reversal(:one, :back, true, at => '2025-05-22') \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(pg_temp.tick(:one, '2025-06-10 23:59+08'), 0::bigint, 'within ten days it waits');
SELECT is(pg_temp.tick(:one, '2025-06-11 00:00+08'), 1::bigint, 'then it is shared');
SELECT is((SELECT amount::numeric FROM rui.shared_cost WHERE code = 'lift'), 45.20, 'what was recorded for days of the month, with its tax');
SELECT is(pg_temp.tick(:one, '2025-08-11'), 1::bigint, 'June too; July cost nothing');
SELECT is(pg_temp.due(:one, '2025-08-11'), 'lift 2507 0', 'and waits');
SELECT rui.end_shared_cost_plan(:one, 'lift', '2025-06-01', '2025-08-12') \gset hidden_
-- A meter: what it does not tell waits.
SELECT rui.set_shared_cost_plan(:one, 'pump', 'shared', 'meter', '2025-08-01', meter_id => :pump, basis => 'unit', building_id => :b1, at => '2025-08-12') \gset hidden_
SELECT rui.record_reading(:one, :pump, 150, read_at => '2025-08-01 00:00+08', at => '2025-08-12') \gset hidden_
SELECT is(pg_temp.tick(:one, '2025-09-01 12:00+08'), 0::bigint, 'August has no end yet');
SELECT is(pg_temp.due(:one, '2025-09-01 12:00+08'), 'pump 2508 ', 'it stays due');
SELECT rui.record_reading(:one, :pump, 175, read_at => '2025-09-01 00:00+08', at => '2025-09-01 12:30+08') \gset hidden_
SELECT is(pg_temp.tick(:one, '2025-09-01 13:00+08'), 1::bigint, 'once it is read it is shared');
SELECT is((SELECT amount::numeric FROM rui.shared_cost WHERE code = 'pump'), 20.00, '25 at 0.80');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
-- Arguments.
SELECT throws_ok(format('SELECT rui.set_shared_cost_plan(%s, ''x'', ''shared'', %s, at => ''2025-09-02'')', :one, a.given), a.code, NULL, a.about)
FROM (VALUES ($$'fixed', '2025-01-01', building_id => 1$$, '22023', 'a fixed one has an amount'), ($$'guess', '2025-01-01', amount => 1, building_id => 1$$, '22023', 'an unknown source'),
	($$'fixed', '2025-01-01', amount => 1, building_id => -1$$, 'P0002', 'an unknown building')) AS a(given, code, about);
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_shared_cost_plan(%s, ''x'', ''shared'', ''fixed'', ''2025-01-01'', amount => 1, building_id => 1)', :one), '42501', NULL, 'a resident sets none');
SELECT * FROM finish();
ROLLBACK;
