-- The order in which payments pay what they name no charge for: the law's, what
-- it weighs, and what a project agrees on.
BEGIN;
SELECT plan(21);
\ir fixture/estate.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'li', 'Li') RETURNING id AS li \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'wu', 'Wu') RETURNING id AS wu \gset
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT count(rui.set_fee_item(:one, f, f)), count(rui.set_price_plan(:one, f, '{"model":"fixed","price":"1"}', 'once', '2025-01-01')) FROM unnest('{fee,rent,heat}'::text[]) AS f \gset hidden_

CREATE FUNCTION pg_temp.owe(project bigint, code text, payer bigint, amount numeric, due date) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO rui.charge (project_id, fee_item_id, payer_id, source, period, quantity, net, tax, gross, due_on, at)
	SELECT owe.project, f.id, owe.payer, 'order', '[2025-01-01,2025-01-02)', owe.amount, owe.amount, 0, owe.amount, owe.due, '2025-01-02' FROM rui.fee_item f WHERE f.project_id = owe.project AND f.code = owe.code
	RETURNING id $$;
CREATE FUNCTION pg_temp.paid(payment bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(f.code || ' ' || c.component || ' ' || a.amount, ', ' ORDER BY a.id) FROM rui.allocation a
	JOIN rui.charge c ON c.project_id = a.project_id AND c.id = a.charge_id JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	WHERE a.payment_id = payment $$;

-- The law.
SELECT pg_temp.owe(:one, 'fee', :zhao, 100, '2025-03-01') AS later, pg_temp.owe(:one, 'rent', :zhao, 100, '2025-01-20') AS sooner \gset
SELECT rui.record_payment(:one, NULL, :zhao, 100, 'cash', at => '2025-01-25') AS p \gset
SELECT is(pg_temp.paid(:p), 'rent principal 100.00', 'what is due before what is not');
SELECT pg_temp.owe(:one, 'rent', :qian, 100, '2025-01-10') AS r, pg_temp.owe(:one, 'fee', :qian, 100, '2025-01-20') AS f,
	rui.set_fee_security(:one, 'rent', '{lease}'), rui.take_deposit(:one, :qian, 'lease', 50, 'cash', at => '2025-01-12') AS d \gset
SELECT rui.record_payment(:one, NULL, :qian, 60, 'cash', at => '2025-01-25') AS p \gset
SELECT is(pg_temp.paid(:p), 'fee principal 60.00', 'what is not secured before what is, though that was due earlier');
SELECT rui.return_deposit(:one, :d, at => '2025-01-26') \gset hidden_
SELECT rui.record_payment(:one, NULL, :qian, 60, 'cash', at => '2025-01-27') AS p \gset
SELECT is(pg_temp.paid(:p), 'rent principal 60.00', 'a deposit that is given back secures nothing');
SELECT pg_temp.owe(:one, 'fee', :sun, 100, '2025-01-10') AS f, pg_temp.owe(:one, 'heat', :sun, 100, '2025-01-20') AS h, rui.set_late_rule(:one, 'heat', 0.0005, 0, 1, '2025-01-01') \gset hidden_
SELECT rui.record_payment(:one, NULL, :sun, 30, 'cash', at => '2025-01-25') AS p \gset
SELECT is(pg_temp.paid(:p), 'heat principal 30.00', 'the heavier burden, of equally secured debts');
SELECT rui.record_payment(:one, NULL, :sun, 75, 'cash', at => '2025-01-26') AS p \gset
SELECT is(pg_temp.paid(:p), 'heat principal 70.00, fee principal 5.00', 'then the lighter one');
SELECT pg_temp.owe(:one, 'fee', :sun, 190, '2025-01-10') \gset hidden_
SELECT rui.record_payment(:one, NULL, :sun, 57, 'cash', at => '2025-01-26') AS p \gset
SELECT is(pg_temp.paid(:p), 'fee principal 19.00, fee principal 38.00', 'what is due on one day in proportion');
SELECT is((SELECT count(*) FROM rui.allocation WHERE rule_id IS NOT NULL), 0::bigint, 'all by the law');

-- An agreement: principal first, then what was late.
SELECT rui.set_allocation_rule(:one, '2025-02-01', '{due_on}', '{principal,late_fee,cost}') AS rule \gset
SELECT pg_temp.owe(:one, 'fee', :li, 100, '2025-01-10') AS f \gset
SELECT rui.add_charge(:one, 'rent', 20, source => 'cost', about_charge_id => :f, at => '2025-01-20') AS cost \gset
SELECT rui.record_payment(:one, NULL, :li, 10, 'cash', at => '2025-01-31') AS before, rui.record_payment(:one, NULL, :li, 105, 'cash', at => '2025-02-02') AS after \gset
SELECT is(pg_temp.paid(:before), 'rent cost 10.00', 'before it costs go first');
SELECT is(pg_temp.paid(:after), 'fee principal 100.00, rent cost 5.00', 'after it the principal');
SELECT is((SELECT array_agg(DISTINCT rule_id) FROM rui.allocation WHERE payment_id = :after), ARRAY[:rule::bigint], 'and says so');
SELECT matches((SELECT text FROM rui.explain_charge(:one, :f, 'en') WHERE step = 'paid'),
	'; by the project''s order since 2025-02-01: first what is due earlier; equal ones in proportion; within a debt principal, then late fees, then costs$', 'in words');
SELECT matches((SELECT text FROM rui.explain_charge(:one, :f, 'zh') WHERE step = 'paid'), '；按项目自 2025-02-01 起的核销顺序：先到期者，相同者按比例；同一债务先本金，再违约金，再费用$', 'in Chinese');
SELECT matches((SELECT text FROM rui.explain_charge(:one, :cost, 'en') WHERE step = 'paid' LIMIT 1), 'Civil Code, article 560', 'the earlier one keeps its own');
-- What waits as a prepayment is used by the same rule.
SELECT rui.record_payment(:one, NULL, :wu, 120, 'cash', at => '2025-02-03') AS ahead \gset
SELECT pg_temp.owe(:one, 'heat', :wu, 100, '2025-01-20') AS h, pg_temp.owe(:one, 'fee', :wu, 100, '2025-01-10') AS f \gset
SELECT rui._lock_books(:one), rui._allocate(:one, NULL, '2025-02-04') \gset hidden_
SELECT is(pg_temp.paid(:ahead), 'fee principal 100.00, heat principal 20.00', 'a run pays what is due earlier, whatever its burden');
SELECT is((SELECT array_agg(DISTINCT rule_id) FROM rui.allocation WHERE payment_id = :ahead), ARRAY[:rule::bigint], 'by the rule');
SELECT rui.set_allocation_rule(:one, '2025-03-01') AS law \gset
SELECT is((SELECT array_agg(r.valid ORDER BY r.valid) FROM rui.allocation_rule r WHERE r.project_id = :one), '{"[2025-02-01,2025-03-01)","[2025-03-01,)"}'::daterange[], 'a rule lasts until the next');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :one AND kind = 'allocation_rule.set'), 2::bigint, 'each is told');

SELECT throws_ok(format('SELECT rui.set_allocation_rule(%s, ''2025-04-01'', ''{due,due}'')', :one), '22023', NULL, 'an order that names something twice');
SELECT throws_ok(format('SELECT rui.set_allocation_rule(%s, ''2025-04-01'', ''{due_on}'', ''{principal,cost}'')', :one), '22023', NULL, 'one that leaves a component out');
SELECT throws_ok(format('SELECT rui.set_allocation_rule(%s, ''2025-03-01'')', :one), '55000', NULL, 'two from one day');
SELECT throws_ok(format('SELECT rui.set_fee_security(%s, ''fee'', ''{gold}'')', :one), '22023', NULL, 'no such deposit');
SELECT * FROM finish();
ROLLBACK;
