-- Why a charge is what it is: by hand for each kind of step, and for random
-- charges of every model that takes a quantity, whole months and parts.
BEGIN;
SELECT plan(36);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
CREATE FUNCTION pg_temp.steps(project bigint, charge bigint) RETURNS TABLE (step text, quantity numeric, price numeric, amount numeric, counts boolean) LANGUAGE sql AS $$
	SELECT e.step, trim_scale(e.quantity), trim_scale(e.price), trim_scale(e.amount), e.counts FROM rui.explain_charge(project, charge) e $$;
CREATE FUNCTION pg_temp.words(project bigint, charge bigint, of_step text, lang text DEFAULT 'en') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT e.text FROM rui.explain_charge(project, charge, lang) e WHERE e.step = of_step $$;
-- The amounts that count sum to the gross; those after it to what is open.
CREATE FUNCTION pg_temp.sums(project bigint, charge bigint) RETURNS boolean LANGUAGE sql AS $$
	SELECT sum(e.amount) FILTER (WHERE e.counts) = c.gross AND count(*) FILTER (WHERE e.step = 'gross' AND e.amount = c.gross) = 1
		AND c.gross + coalesce(sum(e.amount) FILTER (WHERE e.step IN ('paid', 'paid_back', 'waived', 'reversed')), 0) = max(o.open_amount)
		AND max(e.amount) FILTER (WHERE e.step = 'open') = max(o.open_amount)
	FROM rui.charge c JOIN rui.charge_open o ON o.charge_id = c.id CROSS JOIN LATERAL rui.explain_charge(project, c.id, CASE c.id % 2 WHEN 0 THEN 'zh' ELSE 'en' END) e
	WHERE c.project_id = project AND c.id = charge GROUP BY c.id, c.gross $$;

-- A part of a month: 100 m2 at 2.85 with 6 % contained, owned from the 16th on.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2020-01-01,2025-01-16)', ARRAY[:qian], '{1}'), (:one, :u1, '[2025-01-16,)', ARRAY[:zhao], '{1}');
SELECT rui.set_fee_item(:one, 'property', '物业费'), rui.set_fee_item(:one, 'once', '杂费'), rui.set_fee_item(:one, 'water', '水费') \gset hidden_
SELECT rui.set_price_plan(:one, 'property', '{"model":"fixed","price":"2.85","tax":{"rate":"0.06","inclusive":true}}', 'area', '2025-01-01', unit_kind => 'home') AS plan,
	rui.set_price_plan(:one, 'once', '{"model":"fixed","price":"1"}', 'once', '2025-01-01', due_days => 0) AS once,
	rui.set_price_plan(:one, 'water', '{"model":"graduated","tiers":[{"up_to":"10","price":"3.3333"},{"price":"5"}],"minimum":"10","tax":{"rate":"0.03"}}', 'once', '2025-01-01') AS water \gset
SELECT rui.set_late_rule(:one, 'once', 0.001, 5, 0.02, '2025-01-01') \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-01-20') \gset hidden_
SELECT id AS part FROM rui.charge WHERE unit_id = :u1 AND payer_id = :zhao \gset
SELECT id AS whole FROM rui.charge WHERE unit_id = :u2 \gset
SELECT results_eq(format('SELECT * FROM pg_temp.steps(%s, %s)', :one, :part), $$VALUES
	('what', NULL::numeric, NULL::numeric, NULL::numeric, false), ('plan', NULL, NULL, NULL, false), ('quantity', 100, NULL, NULL, false),
	('line', 100, 2.85, 285, true), ('proration', 16, NULL, -137.90, true), ('tax', NULL, 0.06, 8.33, false), ('gross', NULL, NULL, 147.1, false),
	('open', NULL, NULL, 147.1, false)$$, 'of 285.00 the part up to the end, 285.00, less that up to the 15th, 137.90');
SELECT is(pg_temp.words(:one, :part, 'proration'), 'by days: of the month''s 285.00, from 2025-01-16 to 2025-01-31, 16 of 31 days; 285.00 up to the end less 137.90 up to the beginning is 147.10',
	'in words');
SELECT is(pg_temp.words(:one, :part, 'proration', 'zh'), '按天分摊：全月 285.00，2025-01-16 至 2025-01-31 共 31 天中的 16 天；月初至期末应计 285.00，减去月初至期初 137.90，得 147.10', '在中文里');
SELECT is(pg_temp.words(:one, :part, 'what'), '物业费 (recurring fee) for unit 1-101, from 2025-01-16 to 2025-01-31; owed by Zhao, due on 2025-01-20', 'what it is');
SELECT is(pg_temp.words(:one, :part, 'plan', 'zh'), format('价格方案 %s，自 2025-01-01 起，适用住宅：单价乘数量', :plan), 'by which price');
SELECT is(pg_temp.words(:one, :part, 'quantity'), 'area of unit 1-101 in m²', 'of what');
UPDATE rui.unit SET area_m2 = 120 WHERE id = :u1;
SELECT is(pg_temp.words(:one, :part, 'quantity'), 'area of unit 1-101 in m² when it was charged; today 120.00', 'what it is today is said');
-- Tiers, a minimum, a tax on top.
SELECT rui.add_charge(:one, 'water', 12, :u1, at => '2025-01-21') AS water1, rui.add_charge(:one, 'water', 1, :u1, at => '2025-01-21') AS water2 \gset
SELECT results_eq(format('SELECT step, quantity, price, amount FROM pg_temp.steps(%s, %s) WHERE counts', :one, :water1), $$VALUES
	('line', 10::numeric, 3.3333, 33.333), ('line', 2, 5, 10), ('line', NULL, NULL, -0.003), ('tax', NULL, 0.03, 1.3)$$, 'two tiers, rounded once, and the tax');
SELECT results_eq(format('SELECT text, amount FROM rui.explain_charge(%s, %s, ''zh'') WHERE step = ''line''', :one, :water2),
	$$VALUES ('阶梯 1', 3.3333), ('最低收费', 6.6667)$$, 'a minimum has its line, and its name');
-- A late fee: spans of what was unpaid, days of grace, cap, what was charged before.
SELECT rui.add_charge(:one, 'once', 100, :u3, :zhao, source => 'order', at => '2025-02-01') AS debt \gset
SELECT rui.record_payment(:one, :u3, :zhao, 39.50, 'wechat', ARRAY[:debt]::bigint[], at => '2025-02-10') AS p1 \gset
SELECT rui.charge_late_fee(:one, :debt, at => '2025-02-08') AS late0 \gset
SELECT rui.charge_late_fee(:one, :debt, at => '2025-02-16') AS late1, rui.charge_late_fee(:one, :debt, at => '2025-04-01') AS late2 \gset
SELECT results_eq(format('SELECT step, quantity, price, amount FROM pg_temp.steps(%s, %s) WHERE counts', :one, :late1), $$VALUES
	('late_days', 4::numeric, 0.001, 0.4), ('late_days', 6, 0.001, 0.363), ('rounding', NULL, NULL, -0.003), ('billed_before', NULL, NULL, -0.2)$$,
	'100 for four days, 60.50 for six, less what was charged for two');
SELECT is(pg_temp.words(:one, :late1, 'late_rule'), format('charge %s, principal 100.00, was due on 2025-02-01; rule since 2025-01-01: 0.1 %% a day after 5 days of grace, at most 2 %% of the principal', :debt), 'its rule');
SELECT results_eq(format('SELECT step, amount FROM pg_temp.steps(%s, %s) WHERE counts', :one, :late2), $$VALUES
	('late_days', 0.4::numeric), ('late_days', 3.025), ('cap', -1.425), ('billed_before', -0.76)$$, 'beyond the cap');
SELECT ok(pg_temp.sums(:one, :late0) AND pg_temp.sums(:one, :late1) AND pg_temp.sums(:one, :late2), 'each sums to what was charged');
-- What has become of it.
SELECT is(pg_temp.words(:one, :debt, 'paid'), format('on 2025-02-10 by payment %s (2025-02-10, WeChat Pay); designated by the payer (Civil Code, article 560, paragraph 1); within a debt costs, late fees, then the principal (article 561)', :p1), 'a payment that names it');
SELECT rui.record_payment(:one, :u2, NULL, 28, 'cash', at => '2025-02-11') AS p2 \gset
SELECT matches(pg_temp.words(:one, :whole, 'paid', 'zh'), '^2025-02-11 由付款 \d+（2025-02-11，现金）缴纳；先已到期者，次担保最少、负担较重、先到期者，相同者按比例（民法典第五百六十条第二款）', 'one that names nothing');
SELECT rui.request_waiver(:one, :whole, 50, 'Noise', at => '2025-02-11') AS waiver \gset
SELECT results_eq(format('SELECT text, amount FROM rui.explain_charge(%s, %s) WHERE step = ''waiver''', :one, :whole),
	format('VALUES (''waiver %s of 50.00 (requested): Noise; asked for by Loader'', NULL::numeric)', :waiver), 'a waiver that is not decided');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_waiver(:one, :waiver, true) \gset hidden_
SELECT pg_temp.act(:loader) \gset hidden_
SELECT results_eq(format('SELECT text, amount FROM rui.explain_charge(%s, %s) WHERE step = ''waived''', :one, :whole),
	format('VALUES (''waiver %s of 50.00 (approved): Noise; asked for by Loader, decided by Manager'', -50.00)', :waiver), 'and one that is');
SELECT ok(pg_temp.sums(:one, :whole), 'the rest is open');
SELECT rui.reverse_payment(:one, :p2, 'Bounced', '2025-02-13') \gset hidden_
SELECT is(pg_temp.words(:one, :whole, 'paid_back'), format('on 2025-02-13 taken back from payment %s: Bounced', :p2), 'a payment that was none');
SELECT ok(pg_temp.sums(:one, :whole), 'opens it again');
-- A revision says what it replaces.
SELECT rui.reverse_charge(:one, :part, 'Area was wrong', true, '2025-02-14') \gset hidden_
SELECT count(*) FROM rui.run_billing(:one, '2025-01-01', at => '2025-02-15') \gset hidden_
SELECT id AS again FROM rui.charge WHERE project_id = :one AND revision = 2 AND source = 'plan' \gset
SELECT is(pg_temp.words(:one, :again, 'replaces'), format('replaces charge %s (from 2025-01-16 to 2025-01-31, 147.10), taken back on 2025-02-14: Area was wrong', :part), 'what it replaces');
SELECT is(pg_temp.words(:one, :part, 'reversed'), 'taken back on 2025-02-14, to be billed again: Area was wrong', 'what was taken back');
SELECT ok(pg_temp.sums(:one, :again) AND pg_temp.sums(:one, :part), 'both sum');
-- Opening arrears.
SELECT count(*) FROM rui.import_opening_arrears(:one, '[{"unit":"1-102","fee_item":"property","from":"2024-01-01","to":"2024-02-01","amount":5,"reference":"A7"}]', at => '2025-02-15') \gset hidden_
SELECT id AS opening FROM rui.charge WHERE source = 'opening' AND project_id = :one \gset
SELECT results_eq(format('SELECT text, amount FROM rui.explain_charge(%s, %s) WHERE counts', :one, :opening),
	$$VALUES ('opening arrears, taken over from the earlier books on 2025-02-15 (their number A7); the tax was declared there', 5.00)$$, 'arrears of earlier books');
-- What differs is said.
SELECT is_empty(format($$SELECT c.id FROM rui.charge c CROSS JOIN LATERAL rui.explain_charge(%s, c.id) e WHERE c.project_id = %1$s AND e.step = 'difference'$$, :one), 'nothing differs so far');
UPDATE rui.price_plan SET tariff = '{"model":"fixed","price":"2.95","tax":{"rate":"0.06","inclusive":true}}' WHERE id = :plan;
SELECT results_eq(format('SELECT text, amount FROM rui.explain_charge(%s, %s) WHERE step = ''difference''', :one, :whole), $$VALUES
	('differs from what was charged: computed anew the net is 222.64 and the gross 236.00, charged were 215.09 and 228.00', -8.00)$$, 'a plan that was changed behind it');
SELECT ok(pg_temp.sums(:one, :whole), 'the difference is a part of the sum');
UPDATE rui.late_rule SET grace_days = 6;
SELECT is((SELECT count(*) FROM pg_temp.words(:one, :late1, 'difference')), 1::bigint, 'a late rule that was');
UPDATE rui.late_rule SET grace_days = 5;

-- Every model that takes a quantity, with random keys and quantities.
SELECT setseed(0.17) \g /dev/null
CREATE TEMP TABLE sort AS SELECT n, 'm' || n AS code, (ARRAY['flat', 'fixed', 'graduated', 'volume', 'package', 'blocks', 'percentage', 'duration'])[1 + n % 8] AS model,
	(random() * 9 + 0.0001)::numeric(8,4)::text AS p1, (random() * 20)::numeric(8,3)::text AS p2, (1 + (random() * 80)::integer)::text AS bound, random() AS taxed, random() AS extra
FROM generate_series(1, 64) n;
SELECT count(rui.set_fee_item(:one, s.code, s.code)) FROM sort s \gset hidden_
SELECT count(rui.set_price_plan(:one, s.code, (jsonb_build_object('model', s.model) || CASE s.model
		WHEN 'flat' THEN jsonb_build_object('amount', s.p1) WHEN 'fixed' THEN jsonb_build_object('price', s.p1)
		WHEN 'graduated' THEN jsonb_build_object('tiers', jsonb_build_array(jsonb_build_object('up_to', s.bound, 'price', s.p1), jsonb_build_object('price', s.p2, 'flat', s.p1)))
		WHEN 'volume' THEN jsonb_build_object('tiers', jsonb_build_array(jsonb_build_object('up_to', s.bound, 'price', s.p1), jsonb_build_object('price', s.p2)))
		WHEN 'package' THEN jsonb_build_object('size', s.bound, 'price', s.p2)
		WHEN 'blocks' THEN jsonb_build_object('tiers', jsonb_build_array(jsonb_build_object('size', s.bound, 'price', s.p2)))
		WHEN 'percentage' THEN jsonb_build_object('rate', '0.0375', 'fixed', s.p1)
		ELSE jsonb_build_object('free_minutes', 5, 'steps', jsonb_build_array(jsonb_build_object('every', 15, 'price', s.p1))) END
	|| CASE WHEN s.taxed < 0.3 THEN '{}' ELSE jsonb_build_object('tax', jsonb_build_object('rate', CASE WHEN s.taxed < 0.6 THEN '0.06' ELSE '0.09' END, 'inclusive', s.taxed < 0.75)) END
	|| CASE WHEN s.extra < 0.3 THEN jsonb_build_object('minimum', s.bound) WHEN s.extra < 0.5 THEN jsonb_build_object('surcharge', s.p1) ELSE '{}' END)::text::rui.tariff,
	CASE WHEN s.n % 3 = 0 THEN 'once' WHEN s.model = 'duration' THEN 'unit' ELSE 'area' END, '2025-03-01')) FROM sort s \gset hidden_
INSERT INTO rui.unit (project_id, building_id, code, area_m2) SELECT :one, :b1, 'e' || n, (random() * 150 + 1)::numeric(8,2) FROM generate_series(1, 9) n;
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts)
SELECT :one, u.id, d.valid, ARRAY[d.owner_id], '{1}'
FROM rui.unit u CROSS JOIN LATERAL (SELECT date '2025-03-02' + (random() * 12)::integer AS day, date '2025-03-16' + (random() * 14)::integer AS next_day WHERE u.id > 0) x
CROSS JOIN LATERAL (VALUES (daterange('2020-01-01', x.day), :zhao), (daterange(x.day, x.next_day), :qian), (daterange(x.next_day, NULL), :sun)) AS d(valid, owner_id)
WHERE u.project_id = :one AND u.code ~ '^e';
SELECT count(*) FROM rui.run_billing(:one, '2025-03-01', at => '2025-03-31') \gset hidden_
SELECT count(rui.add_charge(:one, s.code, (CASE s.model WHEN 'duration' THEN floor(random() * 900)::numeric ELSE (random() * 200)::numeric(9,3) END), :u1, :sun, at => '2025-03-31'))
FROM sort s, generate_series(1, 3) WHERE s.n % 3 = 0 \gset hidden_
CREATE TEMP TABLE tested AS SELECT c.id, s.model, c.source, c.period <> '[2025-03-01,2025-04-01)' AS is_part FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id JOIN sort s ON s.code = f.code
WHERE c.project_id = :one;
SELECT ok((SELECT count(DISTINCT model) = 8 AND count(*) FILTER (WHERE is_part AND source = 'plan') > 500 AND count(*) FILTER (WHERE NOT is_part) > 80 FROM tested), 'hundreds of charges of all models, whole and in part');
SELECT is_empty(format('SELECT t.id, t.model FROM tested t WHERE pg_temp.sums(%s, t.id) IS NOT TRUE', :one), 'every one sums to its gross and to what is open');
SELECT is_empty(format($$SELECT t.id, t.model, e.text FROM tested t CROSS JOIN LATERAL rui.explain_charge(%s, t.id) e WHERE e.step = 'difference' OR e.text IS NULL$$, :one), 'computed anew each is what was charged, and all has words');

-- Who may ask.
SELECT throws_ok(format('SELECT * FROM rui.explain_charge(%s, 0)', :one), 'P0002', NULL, 'an unknown charge');
SELECT throws_ok(format('SELECT * FROM rui.explain_charge(%s, %s, ''fr'')', :one, :whole), '22023', NULL, 'an unknown language');
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT isnt_empty(format('SELECT * FROM rui.explain_charge(%s, %s)', :one, :debt), 'a resident asks about his own');
SELECT throws_ok(format('SELECT * FROM rui.explain_charge(%s, %s)', :one, :whole), 'P0002', NULL, 'another''s does not exist for him');
SELECT pg_temp.act(:sun) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.explain_charge(%s, %s)', :one, :whole), '42501', NULL, 'who has no role asks in vain');
SELECT * FROM finish();
ROLLBACK;
