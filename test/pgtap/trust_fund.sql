-- Trust funds: units' parts, interest and spending to the cent, majorities,
-- four eyes, nothing below zero, and what residents are told.
BEGIN;
SELECT plan(103);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :accountant, 'loader', '[2000-01-01,)'), (:one, :manager, 'loader', '[2000-01-01,)'),
	(:one, :qian, 'resident', '[2000-01-01,)');
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:zhao], '{1}'), (:one, :u2, '[2020-01-01,)', ARRAY[:qian], '{1}');
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$ SELECT set_config('rui.party_id', party::text, true) $$;
-- Asked for by one person, approved by another; then the first acts again.
CREATE FUNCTION pg_temp.take_back(project bigint, movement bigint, why text, one bigint, other bigint, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	asked bigint;
	state text;
BEGIN
	asked := rui.request_reversal(project, 'trust_movement', movement, why, at => at);
	PERFORM pg_temp.act(other);
	state := rui.decide_reversal(project, asked, true, at => at);
	PERFORM pg_temp.act(one);
	RETURN state;
END $$;
-- Entered by one person, confirmed by another; then the first acts again.
CREATE FUNCTION pg_temp.confirm(project bigint, receipt bigint, one bigint, other bigint, at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.act(other);
	PERFORM rui.decide_trust_money(project, receipt, true, at => at);
	PERFORM pg_temp.act(one);
	RETURN (SELECT r.movement_id FROM rui.trust_receipt r WHERE r.id = receipt);
END $$;
CREATE FUNCTION pg_temp.held(fund text) RETURNS numeric LANGUAGE sql AS $$ SELECT balance FROM rui.trust_fund_balance WHERE code = fund $$;
CREATE FUNCTION pg_temp.parts(fund text) RETURNS numeric[] LANGUAGE sql AS $$
	SELECT array_agg(b.balance ORDER BY b.unit_id) FROM rui.trust_unit_balance b JOIN rui.trust_fund f ON f.id = b.fund_id WHERE f.code = fund $$;
CREATE FUNCTION pg_temp.balance(project bigint, code text) RETURNS numeric LANGUAGE sql AS $$
	SELECT b.balance FROM rui.trial_balance(project, 'infinity') b WHERE b.code = balance.code $$;
CREATE FUNCTION pg_temp.vote(voted_area numeric, voted integer, agreed_area numeric, agreed integer) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('elector_area', 300, 'elector_count', 9, 'voted_area', voted_area, 'voted_count', voted, 'agreed_area', agreed_area, 'agreed_count', agreed) $$;

-- Funds, each with its own accounts.
SELECT throws_ok(format('SELECT rui.open_trust_fund(%s, ''X'', ''x'', ''maintenance'')', :one), '22023', NULL, 'a code is small letters');
SELECT throws_ok(format('SELECT rui.open_trust_fund(%s, ''x'', ''x'', ''other'')', :one), '22023', NULL, 'an unknown kind');
SELECT throws_ok(format('SELECT rui.open_trust_fund(%s, ''x'', ''x'', ''maintenance'', -1)', :one), 'P0002', NULL, 'no such building');
SELECT rui.open_trust_fund(:one, 'repair', '1幢维修资金', 'maintenance', :b1, 'k', '2025-01-02') AS repair, rui.open_trust_fund(:one, 'public', '公共收益', 'public_income', at => '2025-01-02') AS public \gset
SELECT is(rui.open_trust_fund(:one, 'repair', '1幢维修资金', 'maintenance', :b1, 'k', '2025-01-02'), :repair::bigint, 'the same key, the same fund');
SELECT results_eq(format('SELECT code, kind, is_control FROM rui.account WHERE project_id = %s AND code ~ ''T'' ORDER BY code', :one),
	$$VALUES ('1002.T1', 'asset', true), ('1002.T2', 'asset', true), ('2701.T1', 'liability', true), ('2701.T2', 'liability', true)$$, 'a bank account and a debt for each');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002.T1'', 1, ''x'', at => ''2025-01-02'')', :one), '22023', NULL, 'which nobody posts to');
SELECT throws_ok(format('SELECT rui.record_cost(%s, ''6602'', 1, ''2025-01-02'', ''x'', ''1002.T1'', at => ''2025-01-02'')', :one), '22023', NULL, 'and no cost is paid from');

-- Money in.
SELECT rui.record_trust_money(:one, 'repair', 'first', 100, 'u1', :u1, :zhao, request_key => 'd', at => '2025-01-03') AS d1 \gset
SELECT is(rui.record_trust_money(:one, 'repair', 'first', 100, 'u1', :u1, :zhao, request_key => 'd', at => '2025-01-03'), :d1::bigint, 'the same key, the same deposit');
SELECT rui.record_trust_money(:one, 'repair', 'first', 80, 'u2', :u2, at => '2025-01-03') AS d2, rui.record_trust_money(:one, 'repair', 'carried_over', 60.5, 'u3', :u3, at => '2025-01-03') AS d3 \gset
SELECT is(pg_temp.held('repair'), 0.00, 'nobody''s word alone moves a fund');
SELECT throws_ok(format('SELECT rui.decide_trust_money(%s, %s, true, at => ''2025-01-03'')', :one, :d1), '42501', NULL, 'a loader confirms none');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.record_trust_money(:one, 'repair', 'first', 7, 'Own', :u1, at => '2025-01-03') AS own \gset
SELECT throws_ok(format('SELECT rui.decide_trust_money(%s, %s, true, at => ''2025-01-03'')', :one, :own), '42501', 'nobody decides on a receipt of a trust fund of his own', 'nor anybody his own');
SELECT throws_ok(format('SELECT rui.withdraw_trust_money(%s, %s, at => ''2025-01-03'')', :one, :d1), '42501', NULL, 'nobody withdraws another''s');
SELECT is(rui.withdraw_trust_money(:one, :own, at => '2025-01-03'), 'withdrawn', 'but his own');
SELECT results_eq('SELECT subject_id, about FROM rui._inbox(''2025-01-11'') WHERE subject = ''trust_receipt'' ORDER BY 1', format('VALUES (%s::bigint, ''100.00: u1''), (%s, ''80.00: u2''), (%s, ''60.50: u3'')', :d1, :d2, :d3), 'it waits in the inbox of who may confirm');
SELECT is(rui.decide_trust_money(:one, :d1, true, 'Seen', at => '2025-01-03'), 'confirmed', 'another confirms it');
SELECT throws_ok(format('SELECT rui.decide_trust_money(%s, %s, true, at => ''2025-01-03'')', :one, :d1), '55000', NULL, 'once');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(pg_temp.confirm(:one, :d2, :loader, :manager, '2025-01-03') IS NOT NULL AND pg_temp.confirm(:one, :d3, :loader, :manager, '2025-01-03') IS NOT NULL, true, 'and the others');
SELECT is(pg_temp.parts('repair'), '{100.00,80.00,60.50}'::numeric[], 'then they count');
SELECT max(movement_id) FILTER (WHERE id = :d1) AS d1, max(movement_id) FILTER (WHERE id = :d2) AS d2, max(movement_id) FILTER (WHERE id = :d3) AS d3 FROM rui.trust_receipt \gset
SELECT throws_ok(format('SELECT rui.record_trust_money(%s, %s)', :one, b.rest), b.code, NULL, b.about)
FROM (VALUES ('''repair'', ''first'', 1, ''x'', at => ''2025-01-04''', '22023', 'a deposit is of a unit'), (format('''repair'', ''first'', 1, ''x'', %s, at => ''2025-01-04''', :u4), 'P0002', 'a parking place has no part'),
	(format('''repair'', ''first'', 1, ''x'', %s, at => ''2025-01-04''', :v1), 'P0002', 'nor a unit elsewhere'), ('''repair'', ''advertising'', 1, ''x'', at => ''2025-01-04''', '22023', 'advertising is public income'),
	(format('''public'', ''first'', 1, ''x'', %s, at => ''2025-01-04''', :u1), '22023', 'of which no unit has a part'), ('''public'', ''public_use'', 1, ''x'', at => ''2025-01-04''', '22023', 'a use brings nothing'),
	('''none'', ''first'', 1, ''x'', at => ''2025-01-04''', 'P0002', 'no such fund'), (format('''repair'', ''first'', 0, ''x'', %s, at => ''2025-01-04''', :u1), '22003', 'nothing is no deposit'),
	(format('''repair'', ''first'', 1, ''x'', %s, at => ''2025-01-01''', :u1), '22023', 'nothing came before it was opened')) AS b(rest, code, about);
SELECT rui.record_trust_money(:one, 'repair', 'bank_interest', 1, 'Q1', at => '2025-01-05') AS i1 \gset
SELECT pg_temp.confirm(:one, :i1, :loader, :manager, '2025-01-05') AS i1 \gset
SELECT is(pg_temp.parts('repair'), '{100.42,80.33,60.75}'::numeric[], 'interest by balances, by largest remainder');
SELECT rui.record_trust_money(:one, 'public', 'advertising', 500, 'Lift screens', party_id => :sun, at => '2025-01-05') AS a1 \gset
-- The bank is the second person: a line of a statement of just that amount, once.
SELECT count(*) FROM rui.import_statement(:one, 'bank', 'S1', '[{"at":"2025-01-05","kind":"receipt","amount":500,"reference":"b1"},{"at":"2025-01-05","kind":"receipt","amount":500,"reference":"b2"}]', 0, 1000, at => '2025-01-05') \gset hidden_
SELECT max(id) FILTER (WHERE line_no = 1) AS l1, max(id) FILTER (WHERE line_no = 2) AS l2 FROM rui.bank_line WHERE project_id = :one \gset
SELECT rui.record_trust_money(:one, 'public', 'advertising', 499.99, 'Less', at => '2025-01-05') AS less \gset
SELECT throws_ok(format('SELECT rui.match_trust_money(%s, %s, %s, at => ''2025-01-05'')', :one, :less, :l1), '22023', NULL, 'a line of another amount shows nothing');
SELECT is(rui.withdraw_trust_money(:one, :less, at => '2025-01-05'), 'withdrawn', 'what was entered wrongly is withdrawn');
SELECT is(rui.match_trust_money(:one, :a1, :l1, at => '2025-01-05'), 'confirmed', 'a line confirms what one has entered');
SELECT rui.record_trust_money(:one, 'public', 'advertising', 500, 'Again', at => '2025-01-05') AS again \gset
SELECT throws_ok(format('SELECT rui.match_trust_money(%s, %s, %s, at => ''2025-01-05'')', :one, :again, :l1), '55000', NULL, 'once');
SELECT is(rui.decide_trust_money(:one, :again, false, 'Entered twice', at => '2025-01-05'), 'refused', 'what came not is refused') FROM pg_temp.act(:manager);
SELECT pg_temp.act(:loader) \gset hidden_
SELECT movement_id AS a1 FROM rui.trust_receipt WHERE id = :a1 \gset
SELECT is(pg_temp.balance(:one, '2701.T2'), -500.00, 'public income is owed to the owners');
SELECT is(pg_temp.balance(:one, '6051'), 0.00, 'and no revenue');

-- What the owners have to decide: area and persons, exactly.
SELECT is(rui._vote_obstacle(u) IS NULL, b.suffices, b.about)
FROM (VALUES ('maintenance_use', '2025-01-01', 200, 6, 100.01, 4, true, 'two thirds take part, more than half agree'), ('maintenance_use', '2025-01-01', 199.99, 6, 199.99, 6, false, 'less than two thirds of the area'),
	('maintenance_use', '2025-01-01', 300, 5, 300, 5, false, 'less than two thirds of the persons'), ('maintenance_use', '2025-01-01', 200, 6, 100, 4, false, 'half of the area is not more than half'),
	('maintenance_use', '2025-01-01', 200, 6, 199, 3, false, 'half of the persons is not more than half'), ('maintenance_use', '2020-12-31', 200, 6, 200, 6, true, 'under the Property Law two thirds of all'),
	('maintenance_use', '2020-12-31', 300, 9, 199.99, 9, false, 'and no less'), ('maintenance_use', '2000-01-01', 300, 9, 300, 9, false, 'before any rule nothing suffices'),
	('public_use', '2025-01-01', 200, 6, 150, 4, true, 'public income by the same parts')) AS b(matter, on_day, voted_area, voted, agreed_area, agreed, suffices, about)
CROSS JOIN LATERAL (SELECT (jsonb_populate_record(NULL::rui.trust_use, pg_temp.vote(b.voted_area, b.voted, b.agreed_area, b.agreed)
	|| jsonb_build_object('matter', b.matter, 'decided_on', b.on_day))).*) u;

-- A use: proposed, approved by another, paid in parts, within what is agreed.
SELECT throws_ok(format('SELECT rui.propose_trust_use(%s, %s)', :one, b.rest), b.code, NULL, b.about)
FROM (VALUES (format('''repair'', ''public_use'', ''x'', 1, ''x'', ''2025-01-05'', payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'a matter of other funds'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-07'', payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'a decision to come'),
	('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', at => ''2025-01-06''', '22023', 'nobody is paid'),
	('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', to_fund_code => ''public'', at => ''2025-01-06''', '22023', 'a maintenance fund is no public income'),
	(format('''repair'', ''maintenance_emergency'', ''x'', 1, ''x'', ''2025-01-05'', ground => ''rain'', payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'no such ground'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', ''{"elector_area":1}'', payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'half a vote'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', pg_temp.vote(200, 6, 201, 4), payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'more agree than voted'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', pg_temp.vote(200, 6, 150, 4) || ''{"elector_area":240}'', payee_id => %s, at => ''2025-01-06''', :sun), '22023', 'fewer may vote than bear it'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', unit_ids => ''{%s,%1$s}'', payee_id => %s, at => ''2025-01-06''', :u1, :sun), '22023', 'a unit twice'),
	(format('''repair'', ''maintenance_use'', ''x'', 1, ''x'', ''2025-01-05'', unit_ids => ''{%s}'', payee_id => %s, at => ''2025-01-06''', :v1, :sun), 'P0002', 'a unit elsewhere')) AS b(rest, code, about);
SELECT rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Roof', 120.25, 'Minutes 1', '2025-01-05', pg_temp.vote(200, 6, 100.01, 4), payee_id => :sun, at => '2025-01-06') AS w1,
	rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Paint', 10, 'Minutes 2', '2025-01-05', pg_temp.vote(200, 6, 100, 4), payee_id => :sun, at => '2025-01-06') AS w2,
	rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Paint', 10, 'None', '2025-01-05', payee_id => :sun, at => '2025-01-06') AS w3,
	rui.propose_trust_use(:one, 'repair', 'maintenance_emergency', 'Lift', 30, 'Paper of the authority', '2025-01-05', unit_ids => ARRAY[:u1, :u2], payee_id => :sun, at => '2025-01-06') AS w4,
	rui.propose_trust_use(:one, 'repair', 'maintenance_emergency', 'Lift', 30, 'Paper of the authority', '2025-01-05', unit_ids => ARRAY[:u1, :u2], ground => 'lift_failure', payee_id => :sun, at => '2025-01-06') AS w5,
	rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Facade', 121.26, 'Minutes 3', '2025-01-05', pg_temp.vote(300, 9, 300, 9), payee_id => :sun, at => '2025-01-06') AS w6 \gset
SELECT throws_ok(format('SELECT rui.pay_trust_use(%s, %s, 1, ''x'', at => ''2025-01-07'')', :one, :w1), '55000', NULL, 'nothing is paid before it is approved');
SELECT throws_ok(format('SELECT rui.decide_trust_use(%s, %s, ''approve'', at => ''2025-01-07'')', :one, :w1), '42501', NULL, 'a loader approves none');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT ok((SELECT count(*) = 1 FROM rui._inbox(now()) WHERE kind = 'approve' AND subject = 'trust_use' AND subject_id = :w1), 'it waits in the inbox of who may approve');
SELECT is(rui.decide_trust_use(:one, :w1, 'approve', at => '2025-01-07'), 'approved', 'another person approves what the owners agreed to');
SELECT throws_ok(format('SELECT rui.decide_trust_use(%s, %s, ''approve'', at => ''2025-01-07'')', :one, w.id), '55000', NULL, w.about)
FROM (VALUES (:w2, 'half is not enough'), (:w3, 'nor is no vote'), (:w4, 'urgent for no reason'), (:w6, 'more than is free beside what is approved')) AS w(id, about);
SELECT is(rui.decide_trust_use(:one, :w5, 'approve', at => '2025-01-07'), 'approved', 'what is urgent has its own rule');
SELECT is(rui.decide_trust_use(:one, :w2, 'refuse', 'Not enough', at => '2025-01-07'), 'refused', 'a refusal');
SELECT rui.propose_trust_use(:one, 'repair', 'maintenance_use', 'Own', 1, 'x', '2025-01-05', pg_temp.vote(300, 9, 300, 9), payee_id => :sun, at => '2025-01-07') AS w7 \gset
SELECT throws_ok(format('SELECT rui.decide_trust_use(%s, %s, ''approve'', at => ''2025-01-07'')', :one, :w7), '42501', 'nobody decides on a use of a trust fund of his own');
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT rui.pay_trust_use(:one, :w1, 100, 'First part', request_key => 'p', at => '2025-01-08') AS s1 \gset
SELECT is(rui.pay_trust_use(:one, :w1, 100, 'First part', request_key => 'p', at => '2025-01-08'), :s1::bigint, 'the same key, one payment');
SELECT is(pg_temp.parts('repair'), '{58.84,47.07,35.59}'::numeric[], 'by floor area, by largest remainder');
SELECT is(pg_temp.held('repair'), 141.50, 'from the fund');
SELECT throws_ok(format('SELECT rui.pay_trust_use(%s, %s, 20.26, ''x'', at => ''2025-01-09'')', :one, :w1), '55000', NULL, 'no more than is left of it');
SELECT rui.pay_trust_use(:one, :w5, 30, 'Lift', at => '2025-01-09') AS s2 \gset
SELECT is(pg_temp.parts('repair'), '{42.17,33.74,35.59}'::numeric[], 'those who are named bear it');
SELECT throws_ok(format('SELECT pg_temp.take_back(%s, %s, ''Bounced'', %s, %s, ''2025-01-10'')', :one, :d1, :accountant, :manager), '55000', NULL, 'a deposit that is spent is not taken back');
SELECT is(pg_temp.take_back(:one, :s2, 'Returned', :accountant, :manager, '2025-01-10'), 'approved', 'a spending is, by two people');
SELECT is(pg_temp.parts('repair'), '{58.84,47.07,35.59}'::numeric[], 'with all its parts');
SELECT throws_ok(format('SELECT rui.request_reversal(%s, ''trust_movement'', %s, ''x'', at => ''2025-01-11'')', :one, :s2), '55000', NULL, 'once');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.propose_trust_use(:one, 'repair', 'maintenance_emergency', 'Own', 1, 'Paper', '2025-01-10', ground => 'drainage', payee_id => :sun, at => '2025-01-10') AS own \gset
UPDATE rui.trust_use SET last_action = 'approve', approved_by = :accountant, approved_at = '2025-01-10' WHERE id = :own;
SELECT throws_ok(format('SELECT rui.pay_trust_use(%s, %s, 1, ''x'', at => ''2025-01-10'')', :one, :own), '42501', 'nobody decides on a use of a trust fund of his own', 'who proposed it does not pay it');
UPDATE rui.trust_use SET last_action = 'finish' WHERE id = :own;
SELECT pg_temp.act(:accountant) \gset hidden_
SELECT is(rui._trust_used(:one, :w5), 0.00, 'and may be spent again');

-- A unit that holds too little stops what all would bear.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_trust_use(:one, 'repair', 'maintenance_emergency', 'Pipe', 40, 'Paper', '2025-01-10', unit_ids => ARRAY[:u3], ground => 'drainage', payee_id => :sun, at => '2025-01-11') AS w8 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.decide_trust_use(:one, :w8, 'approve', at => '2025-01-11'), 'approved', 'the fund holds enough');
SELECT throws_like(format('SELECT rui.pay_trust_use(%s, %s, 40, ''Pipe'', at => ''2025-01-11'')', :one, :w8), 'fund "repair" does not hold 40 %', 'the unit does not');
SELECT is(rui.decide_trust_use(:one, :w8, 'finish', at => '2025-01-12'), 'finished', 'what is not spent is set free');
SELECT throws_ok(format('SELECT rui.pay_trust_use(%s, %s, 1, ''Pipe'', at => ''2025-01-12'')', :one, :w8), '55000', NULL, 'and not spent any more');

-- Public income: costs, and what goes to the maintenance fund.
SELECT pg_temp.act(:loader) \gset hidden_
SELECT rui.propose_trust_use(:one, 'public', 'public_cost', 'Screens', 120, 'Contract 7', '2025-01-10', payee_id => :sun, at => '2025-01-12') AS w9,
	rui.propose_trust_use(:one, 'public', 'public_use', 'Into the fund', 100, 'Minutes 4', '2025-01-10', pg_temp.vote(250, 8, 200, 7), to_fund_code => 'repair', at => '2025-01-12') AS w10 \gset
SELECT pg_temp.act(:manager) \gset hidden_
SELECT rui.decide_trust_use(:one, :w9, 'approve', at => '2025-01-13'), rui.decide_trust_use(:one, :w10, 'approve', at => '2025-01-13') \gset hidden_
SELECT rui.pay_trust_use(:one, :w9, 120, 'Screens', at => '2025-01-14') AS s3, rui.pay_trust_use(:one, :w10, 100, 'Topped up', at => '2025-04-02') AS s4 \gset
SELECT is(pg_temp.held('public'), 280.00, 'income less costs less what was handed over');
SELECT is(pg_temp.parts('repair'), '{100.42,80.33,60.75}'::numeric[], 'by floor area to all units');
SELECT is(pg_temp.balance(:one, '1002.T1'), 241.50, 'from bank account to bank account');
SELECT throws_ok(format('SELECT rui.request_reversal(%s, ''trust_movement'', %s, ''x'', at => ''2025-04-03'')', :one, :s4 + 1), '55000', NULL, 'a transfer has one beginning');

-- What residents are told.
SELECT pg_temp.act(:zhao) \gset hidden_
SELECT results_eq(format('SELECT fund_code, section, kind, category, unit_code, about, amount FROM rui.fund_disclosure(%s, ''2025-01-01'')', :one), $$VALUES
	('public', 'opening', NULL, NULL, NULL, NULL, 0.00), ('public', 'movement', 'income', 'advertising', NULL, NULL, 500.00), ('public', 'movement', 'spending', 'public_cost', NULL, 'Screens', -120.00),
	('public', 'closing', NULL, NULL, NULL, NULL, 380.00), ('repair', 'opening', NULL, NULL, NULL, NULL, 0.00), ('repair', 'movement', 'deposit', 'first', NULL, NULL, 180.00),
	('repair', 'movement', 'deposit', 'carried_over', NULL, NULL, 60.50), ('repair', 'movement', 'interest', 'bank_interest', NULL, NULL, 1.00), ('repair', 'movement', 'spending', 'maintenance_use', NULL, 'Roof', -100.00),
	('repair', 'movement', 'spending', 'maintenance_emergency', NULL, 'Lift', 0.00), ('repair', 'closing', NULL, NULL, NULL, NULL, 141.50), ('repair', 'own_opening', NULL, NULL, '1-101', NULL, 0.00),
	('repair', 'own_movement', 'deposit', 'first', '1-101', NULL, 100.00), ('repair', 'own_movement', 'interest', 'bank_interest', '1-101', NULL, 0.42), ('repair', 'own_movement', 'spending', 'maintenance_use', '1-101', 'Roof', -41.58),
	('repair', 'own_movement', 'spending', 'maintenance_emergency', '1-101', 'Lift', 0.00), ('repair', 'own_closing', NULL, NULL, '1-101', NULL, 58.84)$$, 'all of every fund, and one''s own unit');
SELECT is((SELECT amount FROM rui.fund_disclosure(:one, '2025-04-01') WHERE fund_code = 'repair' AND section = 'opening'), 141.50, 'a quarter opens as the last one closed');
SELECT throws_ok(format('SELECT * FROM rui.fund_disclosure(%s, ''2025-02-01'')', :one), '22023', NULL, 'quarters begin in January, April, July and October');
SELECT throws_ok(format('SELECT * FROM rui.fund_disclosure(%s, ''2025-01-01'')', :two), '42501', NULL, 'others'' funds are not disclosed');
SET LOCAL ROLE rui_resident;
SELECT results_eq('SELECT DISTINCT unit_id FROM rui.trust_share', format('VALUES (%s::bigint)', :u1), 'a resident reads his own parts');
SELECT results_eq('SELECT unit_id, balance FROM rui.trust_unit_balance', format('VALUES (%s::bigint, 100.42)', :u1), 'and his own balance');
SELECT throws_ok('SELECT * FROM rui.trust_movement', '42501', NULL, 'not who paid what');
SELECT throws_ok('SELECT * FROM rui.trust_use', '42501', NULL, 'nor who was to bear what');
RESET ROLE;
SELECT pg_temp.act(:qian) \gset hidden_
SELECT results_eq(format('SELECT DISTINCT unit_code FROM rui.fund_disclosure(%s, ''2025-01-01'') WHERE section ~ ''^own''', :one), $$VALUES ('1-102')$$, 'another one his');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT pg_temp.take_back(:one, :s4, 'Wrong fund', :loader, :manager, '2025-04-05') \gset hidden_
SELECT is(pg_temp.held('public'), 380.00, 'a transfer is taken back at both ends');
SELECT is(pg_temp.parts('repair'), '{58.84,47.07,35.59}'::numeric[], 'with the parts of all units');
SELECT results_eq(format('SELECT row_id FROM rui._unit_in_trust(%s, ARRAY[%s, %s], ''2025-05-01'')', :one, :u1, :u4), format('VALUES (%s::bigint)', :u1), 'a unit with a part is not archived');
-- Many at once.
CREATE TEMP TABLE batch AS SELECT '[{"unit":"1-101","amount":10,"reference":"a"},{"unit":"1-102","amount":"20.50","reference":"b","category":"renewal"},{"unit":"P-1","amount":1,"reference":"c"},
	{"unit":"1-103","amount":0,"reference":"d"},{"unit":"1-103","amount":1,"reference":"a"},{"unit":"1-103","amount":1},{"unit":"1-103","amount":1,"reference":"e","category":"lease"}]'::jsonb AS records;
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM batch, rui.import_trust_deposits(%s, ''repair'', records, ''%s'', at => ''2025-04-06'') r', :one, b.preview),
	$$VALUES ('added', NULL), ('added', NULL), ('rejected', 'P0002'), ('rejected', '22003'), ('rejected', '23505'), ('rejected', '22004'), ('rejected', '22023')$$, b.about)
FROM (VALUES (true, 'every row is judged'), (false, 'and the good ones are taken')) AS b(preview, about);
SELECT is(pg_temp.parts('repair'), '{68.84,67.57,35.59}'::numeric[], 'each by its unit');
SELECT results_eq(format('SELECT r.outcome, r.error_code FROM rui.import_trust_deposits(%s, ''repair'', ''[{"unit":"1-101","amount":10,"reference":"a"},{"unit":"1-101","amount":11,"reference":"b"}]'', at => ''2025-04-07'') r', :one),
	$$VALUES ('unchanged', NULL), ('rejected', '23505')$$, 'once');
SELECT throws_ok(format('SELECT * FROM rui.import_trust_deposits(%s, ''repair'', ''[{"unit":"1-101","amount":10,"reference":"z"}]'', at => ''2025-04-07'', control_sum => 11)', :one), '22023', NULL, 'and what they add up to');
SELECT throws_ok(format('SELECT * FROM rui.import_trust_deposits(%s, ''public'', ''[]'', at => ''2025-04-07'')', :one), '22023', NULL, 'public income has none');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is broken');
SELECT * FROM finish();
ROLLBACK;
