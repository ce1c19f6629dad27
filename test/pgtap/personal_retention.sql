-- People whom nothing connects with the company any more are erased when its
-- term is over, by nobody's asking, and nobody else is.
BEGIN;
SELECT plan(32);
\ir fixture/estate.sql
INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (:company, :manager, 'director', '[2000-01-01,)'), (:company, :manager, 'loader', '[2000-01-01,)');
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'boss', 'Boss') RETURNING id AS boss \gset
INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (:company, :boss, 'director', '[2000-01-01,)');
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:two, :manager, 'manager', '[2000-01-01,)');
SELECT count(rui.set_dispatch_weight(p, 'batch', 0)) FROM unnest(ARRAY[:one, :two]::bigint[]) p \gset hidden_
SELECT rui.open_books(:one, '2020-01-01') \gset hidden_
-- Zhao moved out in 2022, Qian too but lives in project two, Sun had a ticket, Li has paid too much,
-- Wu has left a deposit, Zheng moved out later, Wang is an organisation.
INSERT INTO rui.party (company_id, code, kind, name) SELECT :company, p.code, p.kind, p.name
FROM (VALUES ('li', 'person', 'Li Siguang'), ('wu', 'person', 'Wu Youxun'), ('zheng', 'person', 'Zheng Zhenduo'), ('wang', 'organisation', 'Wang and sons')) AS p(code, kind, name);
SELECT id AS li FROM rui.party WHERE code = 'li' \gset
SELECT id AS wu FROM rui.party WHERE code = 'wu' \gset
SELECT id AS zheng FROM rui.party WHERE code = 'zheng' \gset
UPDATE rui.party SET name = 'Zhao Yuanren' WHERE id = :zhao;
INSERT INTO rui.contact_point (company_id, party_id, kind, value) SELECT :company, p.id, 'phone', '1380000' || (1000 + p.id) FROM rui.party p WHERE p.company_id = :company;
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u1, '[2020-01-01,2026-01-01)') RETURNING id AS home \gset
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:two, :v1, '[2020-01-01,)') RETURNING id AS other_home \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, :home, :u1, p.id, 'tenant', CASE p.code WHEN 'zheng' THEN '[2020-01-01,2022-08-01)' ELSE '[2020-01-01,2022-03-01)' END::daterange
FROM rui.party p WHERE p.company_id = :company AND p.code IN ('zhao', 'qian', 'sun', 'li', 'wu', 'zheng', 'wang');
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:two, :other_home, :v1, :qian, 'owner', '[2021-01-01,)');
SELECT rui.set_ticket_category(:one, 'pipe', 'Pipes', 'Pipes') \gset hidden_
SELECT rui.open_ticket(:one, 'pipe', 'a leak', unit_id => :u1, reporter_id => :sun, at => '2022-02-01') AS ticket \gset
SELECT rui.cancel_ticket(:one, :ticket, 'it stopped', at => '2022-02-02') \gset hidden_
SELECT rui.record_payment(:one, NULL, :li, 100, 'cash', at => '2022-02-01') AS left_over \gset
SELECT rui.take_deposit(:one, :wu, 'decoration', 500, 'cash', at => '2022-02-01') AS deposit \gset

-- The term.
SELECT set_config('rui.party_id', :'accountant', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_personal_retention(%s, 24)', :company), '42501', NULL, 'an accountant sets no term');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_personal_retention(%s, %s)', :company, v.arguments), '22023', NULL, 'no term of ' || v.arguments)
FROM unnest('{0,1201,"12, 0","12, 1001","12, 20, ''2024-03-06'', ''2024-03-01''","12, 20, ''2036-03-01'', ''2024-03-01''"}'::text[]) AS v(arguments);
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_personal_retention(%s, 24, 20, ''2020-02-01'', ''2020-01-01'')', :company), '42501', NULL, 'nobody says that people knew of it long ago');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is((SELECT count(*) FROM rui.retention_due(:one)), 0::bigint, 'without a term nobody is due');
SELECT is(rui.set_personal_retention(:company, 24, 20, at => '2024-03-01'), '2024-03-31'::date, 'it begins in thirty days');
SELECT is((SELECT months FROM rui.personal_retention WHERE company_id = :company), 24, 'and is there to be read');
SELECT set_eq(format($$SELECT d.party_id, d.masked_name, d.last_tie, d.due_on, d.obstacle FROM rui.retention_due(%s, '2024-03-31') d$$, :one),
	format($$VALUES (%s::bigint, rui._mask_value('name', 'Zhao Yuanren'), 'occupancy', '2024-03-31'::date, NULL::text),
		(%s, rui._mask_value('name', 'Sun'), 'occupancy', '2024-03-31', NULL),
		(%s, rui._mask_value('name', 'Li Siguang'), 'occupancy', '2024-03-31', 'The party has paid 100.00 more than it was charged.'),
		(%s, rui._mask_value('name', 'Wu Youxun'), 'occupancy', '2024-03-31', 'A deposit of 500.00 is held.')$$, :zhao, :sun, :li, :wu),
	'whom it will meet: not who lives elsewhere, not who left later, no organisations');
SELECT is((SELECT count(*) FROM rui.retention_due(:one, '2024-07-31')), 4::bigint, 'Zheng not a day before');
SELECT is((SELECT d.due_on FROM rui.retention_due(:one, '2024-08-01') d WHERE d.party_id = :zheng), '2024-08-01'::date, 'but then');
SELECT is((SELECT count(*) FROM rui.retention_due(:one, '2024-08-01', 2)), 2::bigint, 'as many as asked for');
SELECT throws_ok(format('SELECT * FROM rui.retention_due(%s, row_limit => 0)', :one), '22023', NULL, 'but not none');

-- The duty.
CREATE FUNCTION pg_temp.expire(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
	SELECT t.done FROM rui.tick((SELECT id FROM rui.project WHERE code = 'one' AND company_id = (SELECT max(id) FROM rui.company WHERE code = 'fixture')), at) t WHERE t.duty = 'expire_people'$$;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is(pg_temp.expire('2024-03-30 12:00+08'), 0::bigint, 'nobody before it begins');
SELECT is((SELECT count(*) FROM rui.party WHERE name = '***'), 0::bigint, 'nor anything of them');
SELECT set_config('rui.party_id', :'manager', true), rui.set_personal_retention(:company, 24, 1, '2024-03-31', at => '2024-03-02') \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is(pg_temp.expire('2024-03-31 12:00+08'), 1::bigint, 'one a day');
SELECT is(pg_temp.expire('2024-03-31 18:00+08'), 0::bigint, 'and no more that day');
SELECT is(pg_temp.expire('2024-04-01 12:00+08'), 1::bigint, 'the next one on the next');
SELECT is(pg_temp.expire('2024-04-02 12:00+08'), 0::bigint, 'then nobody whose money is here');
SELECT set_eq($$SELECT id FROM rui.party WHERE name = '***'$$, ARRAY[:zhao, :sun]::bigint[], 'Zhao and Sun are gone');
SELECT is((SELECT count(*) FROM rui.contact_point WHERE party_id IN (:zhao, :sun)), 0::bigint, 'their phones too');
SELECT is((SELECT count(*) FROM rui.contact_point WHERE company_id = :company), (SELECT count(*) - 2 FROM rui.party WHERE company_id = :company), 'nobody else''s');
SELECT results_eq(format('SELECT party_id, kind, state, reason, requested_by, decided_by FROM rui.personal_request WHERE project_id = %s ORDER BY party_id', :one),
	format($$VALUES (%s::bigint, 'retention', 'done', '24 months after occupancy', %s::bigint, NULL::bigint), (%s, 'retention', 'held', '24 months after occupancy', %2$s, NULL)$$,
		:zhao, :loader, :sun), 'written down, without anybody who decided');
SELECT is(rui._is_restricted(:zhao), true, 'nothing more is done with them');
-- Once the money is back, so is the end of the term.
SELECT rui.return_deposit(:one, :deposit, 500, 'cash', at => '2024-04-02 14:00+08') \gset hidden_
SELECT is(pg_temp.expire('2024-04-03 12:00+08'), 1::bigint, 'who has his deposit back goes');
SELECT is((SELECT name FROM rui.party WHERE id = :li), 'Li Siguang', 'whose money is here stays');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT is(rui.set_personal_retention(:company, NULL), NULL::date, 'no term any more');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is(pg_temp.expire('2030-04-03 12:00+08'), 0::bigint, 'nobody is erased any more');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'no invariant is broken');
SELECT * FROM finish();
ROLLBACK;
