-- What a part of a month costs, by the convention of its plan: the dry run, the
-- run, what explains it; the parts are the month, wherever it is cut.
BEGIN;
SELECT plan(17);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2020-01-01,2025-01-10)', ARRAY[:zhao], '{1}'), (:one, :u1, '[2025-01-10,)', ARRAY[:qian], '{1}');
SELECT count(rui.set_fee_item(:one, c, c)) FROM unnest('{actual,thirty,twelfth,half_month,none}'::text[]) c \gset hidden_
SELECT count(rui.set_price_plan(:one, c, '{"model":"flat","amount":"100"}', 'unit', '2025-01-01', 'home', proration => c)) FROM unnest('{actual,thirty,twelfth,half_month,none}'::text[]) c \gset hidden_
SELECT throws_ok(format('SELECT rui.set_price_plan(%s, ''actual'', ''{"model":"flat","amount":"1"}'', ''unit'', ''2025-03-01'', proration => %s)', :one, quote_nullable(a.proration)), a.code, NULL, a.about)
FROM (VALUES (1, NULL, '22004', 'no convention'), (2, 'weekly', '22023', 'an unknown one')) AS a(place, proration, code, about) ORDER BY a.place;
SELECT throws_ok(format('SELECT rui.set_price_plan(%s, ''actual'', ''{"model":"flat","amount":"1"}'', ''once'', ''2025-03-01'', proration => ''thirty'')', :one), '22023', NULL, 'what is charged once has no parts');

-- Nine days of Zhao's, and the rest of the month Qian's.
CREATE TEMP TABLE told AS SELECT * FROM rui.run_billing(:one, '2025-01-01', true, '2025-01-20');
CREATE TEMP TABLE made AS SELECT * FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-20');
SELECT results_eq('SELECT * FROM told ORDER BY 1', 'SELECT * FROM made ORDER BY 1', 'the dry run is the run');
SELECT results_eq(format('SELECT f.code, array_agg(c.gross::numeric ORDER BY c.period) FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id WHERE c.unit_id = %s GROUP BY 1 ORDER BY 1', :u1),
	$$VALUES ('actual', '{29.03,70.97}'::numeric[]), ('half_month', '{50.00,50.00}'), ('none', '{100.00,0.00}'), ('thirty', '{30.00,70.00}'), ('twelfth', '{29.59,70.41}')$$, 'by each convention');
SELECT is_empty($$SELECT c.fee_item_id FROM rui.charge c GROUP BY c.fee_item_id, c.unit_id HAVING sum(c.gross) <> 100$$, 'the parts are the month');
SELECT is_empty(format($$SELECT c.id, s.lang FROM rui.charge c CROSS JOIN unnest('{zh,en}'::text[]) AS s(lang)
	CROSS JOIN LATERAL (SELECT sum(e.amount) FILTER (WHERE e.counts) AS told, bool_or(e.step = 'difference') AS differs FROM rui.explain_charge(%s, c.id, s.lang) e) e
	WHERE e.told <> c.gross OR e.differs$$, :one), 'every part is explained to the last fen');
SELECT is((SELECT e.text FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id AND f.code = 'thirty' CROSS JOIN LATERAL rui.explain_charge(:one, c.id) e
	WHERE c.unit_id = :u1 AND c.payer_id = :zhao AND e.step = 'proration'),
	'by days of a month of 30: of the month''s 100.00, from 2025-01-01 to 2025-01-09, 9 of 31 days; 30.00 up to the end less 0.00 up to the beginning is 30.00', 'in words');
SELECT ok((SELECT bool_or(e.text LIKE '按半月分摊：全月 100.00，2025-01-10 至 2025-01-31 共 31 天中的 22 天%') FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id AND f.code = 'half_month'
	CROSS JOIN LATERAL rui.explain_charge(:one, c.id, 'zh') e WHERE c.unit_id = :u1 AND c.payer_id = :qian), 'in Chinese');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'and the invariant computes the same');

-- February and March, cut on each of their days: never below nothing, always the whole.
SELECT is((SELECT count(*) FROM generate_series('2025-02-01'::timestamp, '2025-03-01', '1 month') m CROSS JOIN unnest('{actual,thirty,twelfth,half_month,none}'::text[]) AS v(convention)
	CROSS JOIN LATERAL (SELECT daterange(m::date, (m + interval '1 month')::date) AS days) w
	CROSS JOIN LATERAL (SELECT sum(p.part) AS total, min(p.part) AS least FROM (
		SELECT rui.prorate(100.01, daterange(lower(w.days), d::date + 1), w.days, 2, v.convention) - rui.prorate(100.01, daterange(lower(w.days), d::date), w.days, 2, v.convention) AS part
		FROM generate_series(lower(w.days)::timestamp, upper(w.days) - interval '1 day', '1 day') d) p) s
	WHERE s.total <> 100.01 OR s.least < 0), 0::bigint, 'a day after the other, each convention gives the month');

-- A price that changes within a month, and one of another convention after it.
SELECT rui.set_price_plan(:one, 'thirty', '{"model":"flat","amount":"200"}', 'unit', '2025-02-16', 'home', proration => 'actual', at => '2025-02-01') \gset hidden_
SELECT results_eq(format('SELECT d.period, d.gross FROM rui._due_charges(%s, ''2025-02-01'', ''2025-02-20'', %s, %2$s) d JOIN rui.fee_item f ON f.id = d.fee_item_id WHERE f.code = ''thirty'' ORDER BY 1', :one, :u1),
	$$VALUES ('[2025-02-01,2025-02-16)'::daterange, 50.00), ('[2025-02-16,2025-03-01)', 92.86)$$, 'each part by its own plan');
-- A home that nobody lives in from the tenth on.
SELECT rui.set_fee_item(:one, 'family', '户费') \gset hidden_
SELECT rui.set_price_plan(:one, 'family', '{"model":"flat","amount":"60"}', 'household', '2025-03-01', proration => 'half_month') \gset hidden_
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2025-01-01,2025-03-10)'), (:one, :u2, '[2025-01-01,2025-03-16)'), (:one, :u3, '[2025-03-15,)');
SELECT results_eq(format('SELECT d.unit_id, d.gross FROM rui._due_charges(%s, ''2025-03-01'', ''2025-03-20'') d JOIN rui.fee_item f ON f.id = d.fee_item_id WHERE f.code = ''family'' ORDER BY 1', :one),
	format('VALUES (%s::bigint, 30.00), (%s, 60.00), (%s, 30.00)', :u1, :u2, :u3), 'nine days half, fifteen days all; who comes on the fifteenth half');
-- Taken back and billed again, the same.
SELECT rui.reverse_charge(:one, c.id, 'Again', true, at => '2025-01-21') FROM rui.charge c WHERE c.unit_id = :u1 AND c.payer_id = :qian ORDER BY c.id OFFSET 4 \gset hidden_
SELECT count(rui.reverse_charge(:one, c.id, 'Again', true, at => '2025-01-21')) FROM rui.charge c WHERE c.unit_id = :u1 AND c.payer_id = :qian
	AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.charge_id = c.id) \gset hidden_
CREATE TEMP TABLE again AS SELECT * FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-22');
SELECT is((SELECT sum(gross) FROM again), (SELECT sum(c.gross) FROM rui.charge c JOIN rui.charge_reversal v ON v.charge_id = c.id), 'billed again it costs the same');
SELECT is((SELECT count(*) FROM rui.charge WHERE revision = 2), 5::bigint, 'part by part');
SELECT is((SELECT proration FROM rui.price_plan WHERE quantity = 'once' LIMIT 1), NULL, 'no other plan has come');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
