-- Costs that units share: by area, equally, by their meters or by weights; the
-- parts are the whole, and go back as one.
BEGIN;
SELECT plan(45);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
-- u1 is Zhao's; u2 nobody's yet but the developer's, Sun; u3 has a tenant only.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES
	(:one, :u1, '[2020-01-01,)', ARRAY[:zhao], '{1}'), (:one, :u2, '[2020-01-01,)', ARRAY[:sun], '{1}');
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u3, '[2020-01-01,)') RETURNING id AS h3 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h3, :u3, :qian, 'tenant', '[2020-01-01,)');
SELECT rui.set_fee_item(:one, 'shared', '公摊费') \gset hidden_
SELECT rui.set_price_plan(:one, 'shared', '{"model":"fixed","price":"0.8","tax":{"rate":"0.06","inclusive":true}}', 'once', '2025-01-01', due_days => 7) \gset hidden_
PREPARE lift AS SELECT * FROM rui.share_cost(:one, 'lift', 'shared', '[2025-01-01,2025-02-01)', 100, 'area', building_id => :b1, at => '2025-02-03');
CREATE TEMP TABLE dry AS SELECT * FROM rui.share_cost(:one, 'lift', 'shared', '[2025-01-01,2025-02-01)', 100, 'area', building_id => :b1, dry_run => true, at => '2025-02-03');
SELECT results_eq('SELECT unit_code, weight, share, payer_id, charge_id FROM dry',
	format($$VALUES ('1-101', 100::numeric, 39.61, %s::bigint, NULL::bigint), ('1-102', 80, 31.68, %s, NULL), ('1-103', 60.5, 23.96, %s, NULL), ('P-1', 12, 4.75, NULL, NULL)$$, :zhao, :sun, :qian),
	'by area, in cents: the largest remainder takes the last; who owns or lives there owes it');
SELECT is_empty('SELECT FROM rui.shared_cost', 'a dry run leaves nothing');
SELECT rui.record_payment(:one, :u1, NULL, 10, 'cash', at => '2025-02-02') AS p1 \gset
CREATE TEMP TABLE ran AS SELECT * FROM rui.share_cost(:one, 'lift', 'shared', '[2025-01-01,2025-02-01)', 100, 'area', building_id => :b1, request_key => 'k', at => '2025-02-03');
SELECT results_eq('SELECT unit_id, unit_code, weight, share, payer_id FROM ran', 'SELECT unit_id, unit_code, weight, share, payer_id FROM dry', 'done as it said');
SELECT results_eq('SELECT r.unit_code, c.payer_id, c.net::numeric, c.tax::numeric, c.gross::numeric, c.due_on, c.period FROM rui.charge c JOIN ran r ON r.charge_id = c.id WHERE c.source = ''shared_cost'' ORDER BY 1',
	format($$VALUES ('1-101', %s::bigint, 37.37, 2.24, 39.61, '2025-02-10'::date, '[2025-01-01,2025-02-01)'::daterange), ('1-102', %s, 29.89, 1.79, 31.68, '2025-02-10', '[2025-01-01,2025-02-01)'),
		('1-103', %s, 22.60, 1.36, 23.96, '2025-02-10', '[2025-01-01,2025-02-01)'), ('P-1', NULL, 4.48, 0.27, 4.75, '2025-02-10', '[2025-01-01,2025-02-01)')$$, :zhao, :sun, :qian), 'with the tax in it');
SELECT is((SELECT sum(gross) FROM rui.charge), 100.00, 'the parts are the whole');
SELECT is((SELECT paid FROM rui.charge_open WHERE unit_id = :u1), 10.00, 'a prepayment pays');
SELECT results_eq(format('SELECT * FROM rui.share_cost(%s, ''lift'', ''shared'', ''[2025-01-01,2025-02-01)'', 100, ''area'', building_id => %s, request_key => ''k'', at => ''2025-02-04'')', :one, :b1), 'SELECT * FROM ran', 'sent twice: the first answer');
SELECT throws_ok(format('SELECT * FROM rui.share_cost(%s, ''lift'', ''shared'', ''[2025-01-31,2025-03-01)'', 5, ''unit'', building_id => %s, at => ''2025-02-04'')', :one, :b1), '23505', NULL, 'no day of a cost is shared twice');
SELECT is_empty(format('SELECT c.charge_id, s.lang FROM ran c CROSS JOIN unnest(''{zh,en}''::text[]) AS s(lang) CROSS JOIN LATERAL (SELECT sum(e.amount) FILTER (WHERE e.counts) AS told, bool_or(e.step = ''difference'') AS differs FROM rui.explain_charge(%s, c.charge_id, s.lang) e) e WHERE e.told <> c.share OR e.differs', :one),
	'every share is explained to the last fen');
SELECT is((SELECT text FROM rui.explain_charge(:one, (SELECT charge_id FROM ran WHERE unit_id = :u2)) WHERE step = 'shared'), 'cost lift from 2025-01-01 to 2025-01-31 of 100.00 in all, shared by 4 units by area', 'in words');
SELECT is((SELECT text FROM rui.explain_charge(:one, (SELECT charge_id FROM ran WHERE unit_id = :u2), 'zh') WHERE step = 'share'), '80 / 252.5，按最大余数取整到分，各份之和等于总额', 'in Chinese');
SELECT ok((SELECT bool_or(text LIKE '公摊费%') FROM rui.statement(:one, NULL, :u2, '2025-01-01', '2026-01-01', 'zh')), 'the statement shows it');

-- Back as one.
SELECT is(rui.reverse_shared_cost(:one, (SELECT max(id) FROM rui.shared_cost), 'Wrong bill', '2025-02-05'), 4::bigint, 'a cost is taken back with all its charges');
SELECT throws_ok(format('SELECT rui.reverse_shared_cost(%s, (SELECT max(id) FROM rui.shared_cost), ''Again'', ''2025-02-06'')', :one), '55000', NULL, 'once');
SELECT is((SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 0.00, 'nothing is owed');
SELECT is((SELECT left_over FROM rui.payment_open WHERE payment_id = :p1), 10.00, 'what was paid is left over');
SELECT results_eq(format('SELECT unit_code, share FROM rui.share_cost(%s, ''lift'', ''shared'', ''[2025-01-01,2025-02-01)'', 100, ''unit'', unit_ids => ARRAY[%s, %s, %s]::bigint[], at => ''2025-02-07'')', :one, :u3, :u1, :u2),
	$$VALUES ('1-101', 33.34), ('1-102', 33.33), ('1-103', 33.33)$$, 'and shared anew: equally, among some');
SELECT results_eq(format('SELECT unit_code, share FROM rui.share_cost(%s, ''stairs'', ''shared'', ''[2025-01-01,2025-02-01)'', 1, ''weight'', unit_ids => ARRAY[%s, %s]::bigint[], weights => ''{0,2.5}'', at => ''2025-02-07'')', :one, :u2, :u1),
	$$VALUES ('1-101', 1.00), ('1-102', 0.00)$$, 'by weights');
SELECT is((SELECT count(*) FROM rui.charge c JOIN rui.shared_cost_share s ON s.id = c.source_id JOIN rui.shared_cost k ON k.id = s.shared_cost_id WHERE c.source = 'shared_cost' AND k.code = 'stairs'), 1::bigint, 'a part of nothing is no charge');
-- What one owes is given up as any debt is.
SELECT id AS stairs FROM rui.shared_cost WHERE code = 'stairs' \gset
INSERT INTO rui.payout_limit (project_id, amount, at, set_by) VALUES (:one, 0, '2025-02-08', :manager);
SELECT throws_ok(format('SELECT rui.reverse_shared_cost(%s, %s, ''For a friend'', ''2025-02-08'')', :one, :stairs), '42501', 'a reversal of a charge of 1.00 takes two persons', 'nobody gives up alone what one payer owes');
SELECT rui.request_payout(:one, 'charge_reversal', (SELECT c.id FROM rui.charge c JOIN rui.shared_cost_share s ON s.id = c.source_id WHERE c.source = 'shared_cost' AND s.shared_cost_id = :stairs), 'Wrong', at => '2025-02-08') AS asked \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT set_config('rui.party_id', :'manager', true), rui.decide_payout(:one, :asked, true, at => '2025-02-08') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is(rui.reverse_shared_cost(:one, :stairs, 'Wrong', '2025-02-08'), 0::bigint, 'two do');

-- A pump with a meter of its own, spread by what the homes' meters counted.
SELECT rui.create_space(:one, 'pumps', 'room', building_id => :b1, at => '2025-01-01') AS room \gset
SELECT rui.install_meter(:one, 'pump', 'electricity', 'kWh', space_id => :room, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS pump \gset
SELECT rui.install_meter(:one, 'w1', 'water', 'm3', :u1, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m1 \gset
SELECT rui.install_meter(:one, 'w2', 'water', 'm3', :u2, initial => '0', installed_at => '2025-01-01 00:00+08', at => '2025-01-01 00:00+08') AS m2 \gset
SELECT rui.record_reading(:one, :pump, 200, read_at => '2025-02-01 00:00+08', at => '2025-02-01 00:00+08'), rui.record_reading(:one, :m1, 10, read_at => '2025-02-01 00:00+08', at => '2025-02-01 00:00+08') \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.share_cost(%s, ''pump'', ''shared'', ''[2025-01-01,2025-02-01)'', basis => ''meter'', building_id => %s, meter_id => %s, medium => ''water'', at => ''2025-02-07'')', :one, :b1, :pump), '55000',
	'meter "w2" does not tell what was used from 2025-01-01 00:00:00+08 to 2025-02-01 00:00:00+08', 'a meter nobody read') FROM (SELECT set_config('timezone', 'Asia/Shanghai', true)) z;
SELECT rui.record_reading(:one, :m2, 0, read_at => '2025-02-01 00:00+08', at => '2025-02-01 00:00+08') \gset hidden_
SELECT results_eq(format('SELECT unit_code, weight, share FROM rui.share_cost(%s, ''pump'', ''shared'', ''[2025-01-01,2025-02-01)'', basis => ''meter'', building_id => %s, meter_id => %s, medium => ''water'', at => ''2025-02-07'')', :one, :b1, :pump),
	$$VALUES ('1-101', 10::numeric, 160.00), ('1-102', 0, 0.00), ('1-103', 0, 0.00), ('P-1', 0, 0.00)$$, '200 kWh at 0.8, to who used the water');
SELECT row_eq('SELECT used, amount FROM rui.shared_cost WHERE code = ''pump''', ROW(200::numeric, 160.00::rui.amount), 'what the shared meter counted is on record');
SELECT results_eq(format('SELECT unit_code FROM rui.share_cost(%s, ''room'', ''shared'', ''[2025-01-01,2025-02-01)'', 1, space_id => %s, dry_run => true, at => ''2025-02-07'')', :one, (SELECT id FROM rui.space WHERE project_id = :one AND kind = 'building' LIMIT 1)),
	$$VALUES ('1-101'), ('1-102'), ('1-103'), ('P-1')$$, 'a place brings what lies in it') WHERE EXISTS (SELECT FROM rui.space WHERE kind = 'building');

-- What is refused.
SELECT throws_ok(format('SELECT * FROM rui.share_cost(%s, %s, at => ''2025-02-07'')', :one, x.arguments), x.code, NULL, x.about) FROM (VALUES
	(1, '''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5', '22023', 'by nobody'),
	(2, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, building_id => %s, unit_ids => ARRAY[%s]::bigint[]', :b1, :u1), '22023', 'by two groups'),
	(3, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', building_id => %s', :b1), '22023', 'neither amount nor meter'),
	(4, format('''a'', ''shared'', ''empty'', 5, building_id => %s', :b1), '22023', 'of no time'),
	(5, format('''a'', ''shared'', ''[2025-01-01,)'', 5, building_id => %s', :b1), '22023', 'of endless time'),
	(6, format('''A b'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, building_id => %s', :b1), '22023', 'a bad code'),
	(7, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 0, building_id => %s', :b1), '22003', 'of nothing'),
	(8, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5.001, building_id => %s', :b1), '22023', 'less than a cent'),
	(9, format('''a'', ''none'', ''[2025-01-01,2025-02-01)'', 5, building_id => %s', :b1), 'P0002', 'an unknown item'),
	(10, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, building_id => %s', :b2), 'P0002', 'another project''s building'),
	(11, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, unit_ids => ARRAY[%s]::bigint[]', :v1), 'P0002', 'another project''s unit'),
	(12, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, ''weight'', unit_ids => ARRAY[%s]::bigint[], weights => ''{0}''', :u1), '22023', 'who all weigh nothing'),
	(13, format('''a'', ''shared'', ''[2024-12-01,2025-01-01)'', 5, building_id => %s', :b1), '22023', 'before the books'),
	(14, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, ''meter'', building_id => %s', :b1), '22023', 'by meters of nothing'),
	(15, format('''a'', ''shared'', ''[2025-01-01,2025-02-01)'', 5, unit_ids => ARRAY[%s, %1$s]::bigint[]', :u1), '22023', 'a unit twice')) AS x(place, arguments, code, about) ORDER BY x.place;
SELECT is((SELECT sum(balance) FROM rui.trial_balance(:one, '2025-02-28') WHERE code = '1122'), (SELECT sum(open_amount) FROM rui.charge_open WHERE project_id = :one), 'receivables are the open charges');
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'nothing is broken');
-- Who pays is asked of all units at once, and is what each would be told.
SELECT rui.set_developer(:one, :sun, '2025-01-15') \gset hidden_
SELECT rui.set_developer(:one, :qian, '2025-02-10', building_id => :b1) \gset hidden_
INSERT INTO rui.unit_delivery (project_id, unit_id, completed_on, delivered_on) VALUES (:one, :u1, '2020-01-01', '2025-02-05'), (:one, :u4, '2020-01-01', NULL);
SELECT is_empty(format($$SELECT u.id, d, p.payer FROM rui.unit u
	CROSS JOIN generate_series('2024-12-31'::timestamp, '2025-02-20', '5 days') AS g(d)
	CROSS JOIN unnest('{owner,occupant}'::text[]) AS p(payer)
	LEFT JOIN LATERAL rui._payers(u.project_id, p.payer, (SELECT array_agg(o.id) FROM rui.unit o WHERE o.project_id = u.project_id), g.d::date) s ON s.unit_id = u.id
	WHERE u.project_id = %s AND (s.unit_id IS NULL OR s.payer_id IS DISTINCT FROM rui._payer(u.project_id, p.payer, u.id, g.d::date))$$, :one), 'of all at once and one by one');
SET LOCAL track_functions = 'all';
SELECT isnt_empty(format('SELECT FROM rui.share_cost(%s, ''at_once'', ''shared'', ''[2025-01-01,2025-02-01)'', 100, ''area'', building_id => %s, dry_run => true, at => ''2025-02-20'')', :one, :b1), 'a cost of them');
SELECT is((SELECT sum(f.calls) FROM pg_stat_xact_user_functions f WHERE f.funcname = '_payer'), NULL, 'asks for none of them by himself');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok('lift', '42501', NULL, 'a resident shares nothing');
SELECT * FROM finish();
ROLLBACK;
