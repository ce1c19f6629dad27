-- Where charges come from: the table, what enforces it, and the page that shows
-- it. Run where docs/ lies.
BEGIN;
SELECT plan(18);
\ir fixture/estate.sql
\set page `cat docs/billing.md`
SELECT set_config('test.page', :'page', true) \g /dev/null
SELECT is((SELECT string_agg(m[1], E'\n') FROM regexp_matches(substring(current_setting('test.page') FROM '## Where charges come from(.*?)\n## '), '^(\| `[^\n]*)$', 'gn') m),
	(SELECT string_agg(format('| `%s` | %s | `%s` | `%s` | `%s` |', s.code, s.about, s.event_kind, s.payer, s.account), E'\n'
		ORDER BY array_position('{plan,contract,meter,ticket,order,subscription,custody,lease,booking,parking,deposit,penalty,late_fee,cost,opening}', s.code))
	FROM rui.charge_source s), 'docs/billing.md shows the rows of rui.charge_source, and no others');
SELECT is_empty($$SELECT code FROM rui.charge_source s WHERE rui.label('event', s.event_kind, 'zh') = s.event_kind$$, 'their events are events');
SELECT is_empty($$SELECT code FROM rui.charge_source s WHERE s.account <> 'item' AND NOT EXISTS (SELECT FROM rui.account_template t WHERE t.code = s.account)$$, 'their accounts are in every chart');
SELECT is_empty($$SELECT code FROM rui.charge_source s WHERE rui.label('charge_source', s.code, 'zh') = s.code$$, 'they have names');
SELECT is_empty($$SELECT code FROM unnest('{contract,plan,meter,ticket,order,subscription,custody,lease,booking,parking,deposit,penalty,opening}'::text[]) AS t(code)
	WHERE code NOT IN (SELECT s.code FROM rui.charge_source s)$$, 'none is missing');

SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'job', '有偿服务') AS job \gset
SELECT rui.set_price_plan(:one, 'job', '{"model":"fixed","price":"1"}', 'once', '2025-01-01') \gset hidden_
SELECT rui.set_late_rule(:one, 'job', 0.001, 0, 1, '2025-01-01') \gset hidden_
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2024-01-01,)', ARRAY[:zhao], '{1}');
-- Whatever may be added is added, and posted as the table says.
SELECT is_empty(format($$SELECT s.code FROM rui.charge_source s WHERE s.is_added AND s.code <> 'cost'
	AND rui.add_charge(%s, 'job', 1, %s, source => s.code, source_id => 1, at => '2025-01-10') IS NULL$$, :one, :u1), 'each of them can be added');
SELECT rui.add_charge(:one, 'job', 100, :u1, :sun, at => '2025-01-10') AS c1 \gset
SELECT rui.add_charge(:one, 'job', 3, source => 'cost', about_charge_id => :c1, at => '2025-01-11') AS cost, rui.charge_late_fee(:one, :c1, '2025-03-01') AS late \gset
SELECT is_empty(format($$SELECT c.id, c.source, a.code FROM rui.charge c
	JOIN rui.charge_source s ON s.code = c.source
	JOIN rui.fee_item f ON f.id = c.fee_item_id
	JOIN rui.posting p ON p.document = 'charge' AND p.document_id = c.id
	JOIN rui.account a ON a.id = p.credit_account
	JOIN rui.account i ON i.id = f.revenue_account_id
	WHERE c.project_id = %s AND a.code <> CASE s.account WHEN 'item' THEN i.code ELSE s.account END$$, :one), 'credited is what the table says');
SELECT is((SELECT count(DISTINCT source) FROM rui.charge WHERE project_id = :one), (SELECT count(*) + 1 FROM rui.charge_source WHERE is_added), 'of each that is added, and the late fee');
SELECT is_empty(format($$SELECT c.id, c.source FROM rui.charge c JOIN rui.charge_source s ON s.code = c.source
	WHERE c.project_id = %s AND c.payer_id <> CASE WHEN s.payer = 'debt' OR c.id = %s THEN %s ELSE %s END$$, :one, :c1, :sun, :zhao), 'who owes it, too');
SELECT is_empty(format($$SELECT c.id FROM rui.charge c JOIN rui.charge_source s ON s.code = c.source WHERE c.project_id = %s
	AND NOT EXISTS (SELECT FROM rui.event e WHERE e.project_id = c.project_id AND e.kind = s.event_kind AND e.subject = 'charge' AND e.subject_id = c.id)$$, :one), 'and the event');
-- Refused.
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''job'', 1, %s, source => %L)', :one, :u1, s.code), '22023', format('a charge cannot be added from source "%s"', s.code),
	'not added by hand: ' || s.code) FROM rui.charge_source s WHERE s.code IN ('plan', 'ticket', 'deposit', 'parking', 'opening') ORDER BY s.code;
SELECT throws_ok(format('SELECT rui.add_charge(%s, ''job'', 1, %s, source => ''gift'')', :one, :u1), '22023', 'a charge cannot be added from source "gift"');
SELECT throws_ok(format($$INSERT INTO rui.charge (project_id, fee_item_id, unit_id, source, period, quantity, net, tax, gross, due_on, at)
	VALUES (%s, %s, %s, 'gift', '[2025-01-01,2025-01-02)', 1, 1, 0, 1, '2025-01-01', '2025-01-01')$$, :one, :job, :u1), '23503', 'charges cannot come from "gift"');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'nothing is out of order');
SELECT * FROM finish();
ROLLBACK;
