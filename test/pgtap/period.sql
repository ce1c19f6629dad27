-- Accounting months: open, closed for most, closed, opened again; what stands
-- in the way; and that the balances of a closed one stay.
BEGIN;
SELECT plan(31);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'fee', '费') \gset hidden_
SELECT rui.set_price_plan(:one, 'fee', '{"model":"flat","amount":"60"}', 'unit', '2025-01-01', 'parking') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u4, '[2000-01-01,)', ARRAY[:zhao], '{1}');
SELECT rui.post_entry(:one, '1002', '4103', 1000, 'Opening', at => '2025-01-05') AS e1 \gset
CREATE FUNCTION pg_temp.obstacle(project bigint, month date, at timestamptz, action text DEFAULT 'close') RETURNS text LANGUAGE plpgsql AS $$
DECLARE why text;
BEGIN
	EXECUTE format('SELECT rui.%s_period(%s, %L, %L)', action, project, month, at);
	RETURN 'closed';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
	RETURN why;
END $$;
CREATE FUNCTION pg_temp.state(project bigint, asked date) RETURNS text LANGUAGE sql AS $$
	SELECT state FROM rui.accounting_period WHERE project_id = project AND month = asked $$;

-- Closed for most.
SELECT throws_ok(format('SELECT rui.soft_close_period(%s, ''2025-01-01'', ''2025-01-31'')', :one), '22023', NULL, 'not before it is over');
SELECT throws_ok(format('SELECT rui.soft_close_period(%s, ''2025-02-01'', ''2025-03-05'')', :one), '55000', NULL, 'in order');
SELECT rui.soft_close_period(:one, '2025-01-01', '2025-02-03') \gset hidden_
SELECT is(pg_temp.state(:one, '2025-01-01'), 'soft_closed', 'January is closed for most');
SELECT is_empty(format('SELECT FROM rui.closing_balance WHERE project_id = %s', :one), 'it has no closing balances yet');
SELECT lives_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''x'', at => ''2025-01-31'')', :one), 'who may posts in it');
DELETE FROM rui.role_permission WHERE role_code = 'loader' AND permission = 'post_soft_closed';
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''x'', at => ''2025-01-31'')', :one), '55000',
	'accounting month 2025-01 is closed for most', 'others do not');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''x'', ''2025-01-01'', at => ''2025-02-02'')', :one), '55000', NULL, 'also not later in its name');
SELECT rui.run_billing(:one, '2025-01-01', at => '2025-02-02') \gset hidden_
SELECT is((SELECT period FROM rui.posting WHERE project_id = :one AND document = 'charge'), '2025-02-01'::date, 'what they charge for it counts in the next');
INSERT INTO rui.role_permission (role_code, permission) VALUES ('loader', 'post_soft_closed');
SELECT is(rui._posting_month(:one, '2025-01-01', '2025-02-10'), '2025-01-01'::date, 'for who may it is open');
SELECT throws_ok(format('SELECT rui.soft_close_period(%s, ''2025-01-01'', ''2025-02-03'')', :one), '55000', NULL, 'once');
SELECT rui.reopen_period(:one, '2025-01-01', 'Too early', '2025-02-04') \gset hidden_
SELECT is(pg_temp.state(:one, '2025-01-01'), 'open', 'it opens again');
SELECT rui.soft_close_period(:one, '2025-01-01', '2025-02-05') \gset hidden_
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-02-01'', ''2025-03-05'')', :one), '55000', NULL, 'February does not close before January is');
SELECT is(pg_temp.obstacle(:one, '2025-02-01', '2025-03-05'), 'Month 2025-01 is not closed yet.', 'and says why');

-- What stands in the way.
SELECT rui.post_entry(:one, '1999', '2221', 5, 'First leg', at => '2025-01-22') \gset hidden_
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05'), 'Clearing account 1999 still holds 5.00.', 'something in clearing');
SELECT rui.post_entry(:one, '6602', '1999', 5, 'Second leg', at => '2025-01-22') \gset hidden_
SAVEPOINT begun;
UPDATE rui.billing_run SET began_at = '2025-02-02', units_total = 10, ended_at = NULL WHERE project_id = :one;
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05'), 'The billing run of 2025-01 is not finished.', 'a run under way');
ROLLBACK TO begun;
SAVEPOINT damaged;
SET LOCAL session_replication_role = replica;
DELETE FROM rui.posting WHERE project_id = :one AND document = 'charge';
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05'), 'Control accounts differ from their rows: 1122 by 60.00.', 'a charge that is not posted');
-- Money of others, each account by something that no row stands for.
SELECT rui.open_trust_fund(:one, 'public', 'Public', 'public_income', at => '2025-01-06'), rui.record_trust_money(:one, 'public', 'advertising', 7, 'x', at => '2025-01-07') AS came \gset
SELECT rui.decide_trust_money(:one, :came, true) FROM set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SET LOCAL session_replication_role = replica;
UPDATE rui.accounting_period SET state = 'open' WHERE project_id = :one AND month = '2025-01-01';
INSERT INTO rui.posting (project_id, at, period, debit_account, credit_account, amount, document, document_id)
SELECT :one, '2025-01-20', '2025-01-01', rui._account(:one, '1002'), rui._account(:one, a.code), a.amount, 'entry', 0
FROM (VALUES ('2202', 2), ('2241.01', 3), ('2241.02', 4), ('2242', 5), ('1002.T1', 6)) AS a(code, amount);
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05'),
	'Control accounts differ from their rows: 1002.T1 by 6.00, 1122 by 60.00, 2202 by 2.00, 2241.01 by 3.00, 2241.02 by 4.00, 2242 by 5.00.', 'all that differ are named');
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05', 'soft_close'),
	'Control accounts differ from their rows: 1002.T1 by 6.00, 1122 by 60.00, 2202 by 2.00, 2241.01 by 3.00, 2241.02 by 4.00, 2242 by 5.00.', 'nor does it close for most');
ROLLBACK TO damaged;
SELECT is(pg_temp.obstacle(:one, '2025-01-01', '2025-02-05'), 'closed', 'nothing: it closes');
SELECT results_eq(format('SELECT a.code, c.debit, c.credit FROM rui.closing_balance c JOIN rui.account a ON a.id = c.account_id WHERE c.project_id = %s AND c.debit + c.credit <> 0 ORDER BY 1', :one),
	$$VALUES ('1002', 1000.00, 1.00), ('1999', 5.00, 5.00), ('2221', 0.00, 5.00), ('4103', 0.00, 1000.00), ('6602', 6.00, 0.00)$$, 'its balances by hand');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''6602'', ''1002'', 1, ''x'', at => ''2025-01-31'')', :one), '55000', 'accounting month 2025-01 is closed', 'nobody posts in it');

-- They stay, whatever is posted later.
CREATE TEMP TABLE kept AS SELECT * FROM rui.closing_balance WHERE project_id = :one;
SELECT rui.reverse_entry(:one, :e1, 'Corrected later', '2025-02-10') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.closing_balance WHERE project_id = %s AND month = ''2025-01-01'' ORDER BY account_id', :one), 'SELECT * FROM kept ORDER BY account_id',
	'a correction leaves them');
SELECT rui.close_period(:one, '2025-02-01', '2025-03-05') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.closing_balance WHERE project_id = %s AND month = ''2025-01-01'' ORDER BY account_id', :one), 'SELECT * FROM kept ORDER BY account_id',
	'so does the next closing');
SELECT is((SELECT sum(debit) FROM rui.closing_balance WHERE project_id = :one AND month = '2025-02-01'), (SELECT sum(credit) FROM rui.closing_balance WHERE project_id = :one AND month = '2025-02-01'),
	'debits are credits');
SET LOCAL ROLE rui_api;
SELECT throws_ok('UPDATE rui.closing_balance SET debit = 0', '42501', NULL, 'no function of the platform changes one');
RESET ROLE;
SELECT throws_ok(format('SELECT rui.reopen_period(%s, ''2025-01-01'', ''x'', ''2025-03-06'')', :one), '55000', NULL, 'a month before a closed one stays closed');
SELECT throws_ok(format('SELECT rui.reopen_period(%s, ''2025-02-01'', '' '', ''2025-03-06'')', :one), '22023', NULL, 'not without a reason');
SELECT rui.reopen_period(:one, '2025-02-01', 'Auditor asked', '2025-03-06') \gset hidden_
SELECT is((SELECT payload ->> 'reason' FROM rui.event WHERE project_id = :one AND kind = 'accounting_period.reopen' ORDER BY id DESC LIMIT 1), 'Auditor asked', 'the reason stays on record');
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2025-03-01'', ''2025-04-05'')', :two), '55000', format('project %s has no books', :two));
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.soft_close_period(%s, ''2025-02-01'')', :one), '42501', NULL, 'who may not does not');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'no invariant is broken');
SELECT * FROM finish();
ROLLBACK;
