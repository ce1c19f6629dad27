-- What must always be so, looked up anew from the rows themselves. Each part
-- finds the rows that break one rule; rooms add theirs with UNION ALL.

CREATE VIEW rui.invariant_violation WITH (security_invoker = true, security_barrier = true) AS

-- The ledger.
SELECT p.project_id, 'posting_account' AS invariant, format('posting %s names an account that is not in the chart', p.id) AS detail
FROM rui.posting p
WHERE NOT EXISTS (SELECT FROM rui.account a WHERE a.project_id = p.project_id AND a.id = p.debit_account)
	OR NOT EXISTS (SELECT FROM rui.account a WHERE a.project_id = p.project_id AND a.id = p.credit_account)
UNION ALL
SELECT p.project_id, 'posting_period', format('posting %s of %s counts in %s', p.id, p.at, to_char(p.period, 'YYYY-MM'))
FROM rui.posting p
JOIN rui.project j ON j.id = p.project_id
LEFT JOIN rui.accounting_period m ON m.project_id = p.project_id AND m.month = p.period
WHERE m.id IS NULL OR p.period > (p.at AT TIME ZONE j.time_zone)::date
UNION ALL
SELECT p.project_id, 'period_order', format('month %s is %s after a month that is %s', to_char(p.month, 'YYYY-MM'), p.state, p.before_state)
FROM (SELECT p.project_id, p.month, p.state, lag(p.state) OVER w AS before_state, lag(p.month) OVER w AS before_month
	FROM rui.accounting_period p WINDOW w AS (PARTITION BY p.project_id ORDER BY p.month)) p
WHERE p.before_month <> p.month - interval '1 month' OR p.before_state <> 'closed' AND p.state = 'closed' OR p.before_state = 'open' AND p.state = 'soft_closed'
UNION ALL
-- Each document is posted once, in full, and taken back as often.
SELECT coalesce(d.project_id, p.project_id), 'document_posted', format('%s %s of %s is posted with %s and taken back with %s',
	coalesce(d.document, p.document), coalesce(d.id, p.document_id), coalesce(d.amount::text, 'unknown amount'),
	coalesce(p.forth, 0), coalesce(p.back, 0))
FROM (
	SELECT c.project_id, 'charge' AS document, c.id, c.gross::numeric AS amount, v.charge_id IS NOT NULL AS is_reversed
	FROM rui.charge c LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
	UNION ALL
	SELECT y.project_id, 'payment', y.id, y.amount, v.payment_id IS NOT NULL
	FROM rui.payment y LEFT JOIN rui.payment_reversal v ON v.project_id = y.project_id AND v.payment_id = y.id
	UNION ALL
	SELECT a.project_id, 'allocation', a.id, a.amount, b.id IS NOT NULL
	FROM rui.allocation a LEFT JOIN rui.allocation b ON b.project_id = a.project_id AND b.reverses = a.id
	WHERE a.reverses IS NULL
	UNION ALL
	SELECT r.project_id, 'refund', r.id, r.amount, false FROM rui.refund r
	UNION ALL
	SELECT d.project_id, 'deposit', d.id, d.amount, false FROM rui.deposit d
	UNION ALL
	SELECT r.project_id, 'deposit_return', r.id, r.amount, false FROM rui.deposit_return r
	UNION ALL
	SELECT w.project_id, 'waiver', w.id, w.amount, v.charge_id IS NOT NULL
	FROM rui.waiver w LEFT JOIN rui.charge_reversal v ON v.project_id = w.project_id AND v.charge_id = w.charge_id
	WHERE w.state = 'approved'
	UNION ALL
	SELECT r.project_id, 'recognition', r.id, r.amount, v.charge_id IS NOT NULL
	FROM rui.recognition r LEFT JOIN rui.charge_reversal v ON v.project_id = r.project_id AND v.charge_id = r.charge_id
	UNION ALL
	SELECT l.project_id, 'credit_loss', l.id, abs(l.amount - l.unearned - l.earned) + abs(l.unearned) + abs(l.earned), false FROM rui.credit_loss l
	UNION ALL
	SELECT r.project_id, 'reconciliation', r.id, CASE WHEN r.matched_at IS NULL THEN 0
		ELSE CASE WHEN r.is_payout THEN r.received + r.fee ELSE 0 END + abs(r.received - r.expected) END, r.state = 'undone'
	FROM rui.reconciliation r
	UNION ALL
	SELECT i.project_id, 'vendor_invoice', i.id, i.gross, false FROM rui.vendor_invoice i WHERE i.state = 'approved'
	UNION ALL
	SELECT y.project_id, 'vendor_payment', y.id, abs(y.amount), false
	FROM rui.vendor_payment y JOIN rui.vendor_payment_run r ON r.project_id = y.project_id AND r.id = y.run_id WHERE r.state = 'paid'
	UNION ALL
	SELECT l.project_id, 'settlement_line', l.id, abs(l.amount), false
	FROM rui.settlement_line l JOIN rui.settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id WHERE s.state = 'paid'
	UNION ALL
	SELECT r.project_id, 'share_recognition', r.id, abs(r.amount), false FROM rui.share_recognition r
	UNION ALL
	SELECT y.project_id, 'settlement_payout', y.id, y.payout, false
	FROM rui.settlement_party y JOIN rui.settlement s ON s.project_id = y.project_id AND s.id = y.settlement_id WHERE s.state = 'paid'
	UNION ALL
	SELECT c.project_id, 'cost', c.id, c.net + c.tax, v.cost_id IS NOT NULL
	FROM rui.cost c LEFT JOIN rui.cost_reversal v ON v.project_id = c.project_id AND v.cost_id = c.id
	UNION ALL
	SELECT l.project_id, 'surplus_line', l.id, abs(l.amount), false
	FROM rui.surplus_line l JOIN rui.surplus_settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id WHERE s.state = 'approved'
	UNION ALL
	SELECT y.project_id, 'surplus_payout', y.id, y.amount, false FROM rui.surplus_payout y WHERE y.state = 'paid'
	UNION ALL
	SELECT m.project_id, 'trust_movement', m.id, abs(m.amount), b.id IS NOT NULL
	FROM rui.trust_movement m LEFT JOIN rui.trust_movement b ON b.project_id = m.project_id AND b.reverses = m.id
	WHERE m.reverses IS NULL) d
FULL JOIN (
	SELECT p.project_id, p.document, p.document_id, coalesce(sum(p.amount) FILTER (WHERE p.reverses IS NULL), 0) AS forth,
		coalesce(sum(p.amount) FILTER (WHERE p.reverses IS NOT NULL), 0) AS back
	FROM rui.posting p GROUP BY p.project_id, p.document, p.document_id) p
	ON p.project_id = d.project_id AND p.document = d.document AND p.document_id = d.id
LEFT JOIN rui.ledger_entry e ON e.project_id = p.project_id AND p.document = 'entry' AND e.id = p.document_id
WHERE CASE WHEN d.id IS NOT NULL THEN coalesce(p.forth, 0) <> d.amount
		OR coalesce(p.back, 0) <> CASE WHEN d.is_reversed THEN d.amount ELSE 0 END
	ELSE e.id IS NULL OR p.back NOT IN (0, p.forth) END
UNION ALL
SELECT r.project_id, 'posting_reversal', format('posting %s and its reversal %s do not cancel out', r.posting_id, r.reversal_id)
FROM rui.posting_reversal r
LEFT JOIN rui.posting p ON p.project_id = r.project_id AND p.id = r.posting_id
LEFT JOIN rui.posting q ON q.project_id = r.project_id AND q.id = r.reversal_id
WHERE (p.id, p.amount, p.debit_account, p.credit_account) IS DISTINCT FROM (q.reverses, q.amount, q.credit_account, q.debit_account)
UNION ALL
-- Control accounts are what the rows say.
SELECT b.project_id, 'receivables', format('open charges of %s, receivables of %s', o.amount, b.balance)
FROM (SELECT k.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.books k
	JOIN rui.account a ON a.project_id = k.project_id AND a.code = '1122'
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	GROUP BY k.project_id) b
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(c.gross) FROM rui.charge c WHERE c.project_id = b.project_id AND NOT EXISTS (
		SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)), 0)
	- coalesce((SELECT sum(a.amount) FROM rui.allocation a WHERE a.project_id = b.project_id), 0)
	- coalesce((SELECT sum(w.amount) FROM rui.waiver w WHERE w.project_id = b.project_id AND w.state = 'approved' AND NOT EXISTS (
		SELECT FROM rui.charge_reversal v WHERE v.project_id = w.project_id AND v.charge_id = w.charge_id)), 0)
	- coalesce((SELECT sum(l.amount) FROM rui.credit_loss l WHERE l.project_id = b.project_id), 0) AS amount) o
WHERE o.amount <> b.balance
UNION ALL
SELECT b.project_id, 'prepayments', format('payments left over of %s, prepayments of %s', o.amount, -b.balance)
FROM (SELECT k.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.books k
	JOIN rui.account a ON a.project_id = k.project_id AND a.code = '2203'
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	GROUP BY k.project_id) b
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(y.amount) FROM rui.payment y WHERE y.project_id = b.project_id AND NOT EXISTS (
		SELECT FROM rui.payment_reversal v WHERE v.project_id = y.project_id AND v.payment_id = y.id)), 0)
	- coalesce((SELECT sum(a.amount) FROM rui.allocation a WHERE a.project_id = b.project_id), 0)
	- coalesce((SELECT sum(r.amount) FROM rui.refund r WHERE r.project_id = b.project_id), 0) AS amount) o
WHERE o.amount <> -b.balance
UNION ALL

-- Charges and payments.
SELECT c.project_id, 'charge_paid', format('charge %s of %s is paid with %s', c.id, c.gross, a.amount)
FROM (SELECT a.project_id, a.charge_id, sum(a.amount) AS amount FROM rui.allocation a GROUP BY a.project_id, a.charge_id) a
JOIN rui.charge c ON c.project_id = a.project_id AND c.id = a.charge_id
LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
WHERE a.amount < 0 OR a.amount > CASE WHEN v.charge_id IS NULL THEN c.gross ELSE 0 END
UNION ALL
-- What is waived was open: it is neither paid nor waived twice.
SELECT w.project_id, 'charge_waived', format('charge %s of %s is waived with %s and paid with %s', c.id, c.gross, w.amount, coalesce(a.amount, 0))
FROM (SELECT w.project_id, w.charge_id, sum(w.amount) AS amount, sum(w.net) AS net FROM rui.waiver w WHERE w.state = 'approved' GROUP BY w.project_id, w.charge_id) w
JOIN rui.charge c ON c.project_id = w.project_id AND c.id = w.charge_id
LEFT JOIN LATERAL (SELECT sum(a.amount) AS amount FROM rui.allocation a WHERE a.project_id = c.project_id AND a.charge_id = c.id) a ON true
WHERE w.amount + coalesce(a.amount, 0) > c.gross OR c.gross > 0 AND w.net <> round(c.net * w.amount / c.gross, 2)
UNION ALL
SELECT y.project_id, 'payment_spent', format('payment %s of %s pays %s', y.id, y.amount, s.amount)
FROM (SELECT u.project_id, u.payment_id, sum(u.amount) AS amount FROM (
		SELECT a.project_id, a.payment_id, a.amount FROM rui.allocation a
		UNION ALL SELECT r.project_id, r.payment_id, r.amount FROM rui.refund r) u GROUP BY u.project_id, u.payment_id) s
JOIN rui.payment y ON y.project_id = s.project_id AND y.id = s.payment_id
LEFT JOIN rui.payment_reversal v ON v.project_id = y.project_id AND v.payment_id = y.id
WHERE s.amount < 0 OR s.amount > CASE WHEN v.payment_id IS NULL THEN y.amount ELSE 0 END
UNION ALL
SELECT a.project_id, 'allocation_refers', format('allocation %s names payment %s and charge %s', a.id, a.payment_id, a.charge_id)
FROM rui.allocation a
WHERE NOT EXISTS (SELECT FROM rui.charge c WHERE c.project_id = a.project_id AND c.id = a.charge_id)
	OR NOT EXISTS (SELECT FROM rui.payment y WHERE y.project_id = a.project_id AND y.id = a.payment_id)
UNION ALL
SELECT c.project_id, 'billed_twice', format('charge %s bills unit %s for %s, and an earlier one part of it', c.id, c.unit_id, c.period)
FROM (SELECT c.*, max(upper(c.period)) OVER (PARTITION BY c.project_id, c.fee_item_id, c.unit_id ORDER BY c.period, c.id
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS billed_to
	FROM rui.charge c
	LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
	WHERE c.source = 'plan' AND v.bill_again IS NOT TRUE) c
WHERE c.billed_to > lower(c.period)
UNION ALL
SELECT c.project_id, 'charge_refers', format('charge %s from %s names fee item %s, unit %s, payer %s and charge %s', c.id, c.source, c.fee_item_id,
	coalesce(c.unit_id::text, '-'), coalesce(c.payer_id::text, '-'), coalesce(c.about_charge_id::text, '-'))
FROM rui.charge c
WHERE NOT EXISTS (SELECT FROM rui.fee_item f WHERE f.project_id = c.project_id AND f.id = c.fee_item_id)
	OR c.unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = c.project_id AND u.id = c.unit_id)
	OR c.payer_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.party p WHERE p.id = c.payer_id)
	OR c.about_charge_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.charge d
		WHERE d.project_id = c.project_id AND d.id = c.about_charge_id AND d.component = 'principal')
	OR NOT EXISTS (SELECT FROM rui.charge_source s WHERE s.code = c.source)
UNION ALL
-- No payable completion without exactly one charge or a waiver, once a tick
-- has come by.
SELECT k.project_id, 'payable_charged', format('ticket %s is done, payable, %s, and has %s charges', k.id,
	CASE WHEN k.charge_waiver IS NULL THEN 'not waived' ELSE 'waived' END, n.charges)
FROM rui.ticket k
JOIN rui.task t ON t.project_id = k.project_id AND t.id = k.id
JOIN rui.ticket_category y ON y.project_id = t.project_id AND y.code = t.category
JOIN rui.duty_run r ON r.project_id = k.project_id AND r.duty_code = 'charge_tickets'
CROSS JOIN LATERAL (SELECT count(*) AS charges FROM rui.charge c
	WHERE c.project_id = k.project_id AND c.source = 'ticket' AND c.source_id = k.id) n
WHERE t.completed_at <= r.last_at AND (y.fee_item_code IS NOT NULL OR k.charge_amount IS NOT NULL OR k.charge_waiver IS NOT NULL)
	AND n.charges <> CASE WHEN k.charge_waiver IS NULL THEN 1 ELSE 0 END
UNION ALL

-- The estate.
SELECT o.project_id, 'owner_known', format('unit %s belongs to party %s, who is not of the company', o.unit_id, w.owner_id)
FROM rui.ownership o
JOIN rui.project j ON j.id = o.project_id
CROSS JOIN LATERAL unnest(o.owner_ids) AS w(owner_id)
WHERE NOT EXISTS (SELECT FROM rui.party p WHERE p.id = w.owner_id AND p.company_id = j.company_id)
UNION ALL
SELECT o.project_id, 'occupancy_in_household', format('occupancy %s is not within its household''s unit and time', o.id)
FROM rui.occupancy o
JOIN rui.household h ON h.project_id = o.project_id AND h.id = o.household_id
WHERE h.unit_id <> o.unit_id OR NOT o.valid <@ h.valid
UNION ALL
SELECT s.project_id, 'space_in_place', format('place "%s" (%s, building %s, %s) lies in "%s" (%s, building %s, %s)', s.code, s.kind,
	coalesce(s.building_id::text, '-'), s.valid, p.code, p.kind, coalesce(p.building_id::text, '-'), p.valid)
FROM rui.space s
JOIN rui.space p ON p.project_id = s.project_id AND p.id = s.parent_id
JOIN rui.space_kind k ON k.code = s.kind
JOIN rui.space_kind w ON w.code = p.kind
WHERE k.width > w.width OR NOT s.valid <@ p.valid OR p.building_id IS NOT NULL AND (s.kind = 'building' OR s.building_id IS DISTINCT FROM p.building_id)
UNION ALL
SELECT u.project_id, 'unit_in_place', format('unit %s of building %s hangs on "%s", which is not in it', u.id, u.building_id, s.code)
FROM rui.unit u
JOIN rui.space s ON s.project_id = u.project_id AND s.id = u.space_id
WHERE s.building_id IS DISTINCT FROM u.building_id
UNION ALL

-- Meters: no register falls, nothing is counted twice or left out.
SELECT e.project_id, 'reading_falls', format('register %s showed %s at %s, and %s after %s', e.register_id, e.value, e.at, e.turns, e.before_value)
FROM (SELECT e.project_id, e.register_id, e.at, e.value, lag(e.value) OVER w AS before_value,
		CASE WHEN e.is_rollover THEN 'a new beginning' ELSE 'no new beginning' END AS turns,
		e.is_rollover = (e.value < lag(e.value) OVER w) AS is_right
	FROM rui.meter_reading e WHERE e.state = 'accepted' AND e.kind <> 'estimate'
	WINDOW w AS (PARTITION BY e.project_id, e.register_id ORDER BY e.at)) e
WHERE NOT e.is_right
UNION ALL
SELECT e.project_id, 'reading_superseded', format('reading %s is %s, and %s', e.id, e.state,
	CASE WHEN n.id IS NULL THEN 'none took its place' ELSE format('reading %s took its place', n.id) END)
FROM rui.meter_reading e
LEFT JOIN rui.meter_reading n ON n.project_id = e.project_id AND n.supersedes = e.id
WHERE (e.state = 'superseded') <> (n.id IS NOT NULL) OR (n.register_id, n.at) <> (e.register_id, e.at)
UNION ALL
SELECT e.project_id, 'reading_of_meter', format('meter %s of %s was read at %s', m.id, m.installed, e.at)
FROM rui.meter_reading e
JOIN rui.meter_register r ON r.project_id = e.project_id AND r.id = e.register_id
JOIN rui.meter m ON m.project_id = r.project_id AND m.id = r.meter_id
WHERE e.state IN ('accepted', 'to_check') AND (e.at < lower(m.installed) OR e.at > upper(m.installed))
UNION ALL
SELECT n.project_id, 'meter_chain', format('meter %s replaced meter %s without a gap, and both were read then: not so', n.id, n.replaces_id)
FROM rui.meter n
JOIN rui.meter o ON o.project_id = n.project_id AND o.id = n.replaces_id
WHERE upper(o.installed) IS DISTINCT FROM lower(n.installed) OR o.chain_id <> n.chain_id OR o.code <> n.code
	OR (o.unit_id, o.space_id) IS DISTINCT FROM (n.unit_id, n.space_id)
	OR EXISTS (SELECT FROM rui.meter_register r WHERE r.project_id = o.project_id AND r.meter_id IN (o.id, n.id) AND NOT EXISTS (
		SELECT FROM rui.meter_reading e WHERE e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'accepted' AND e.at = lower(n.installed)))
UNION ALL

-- Grids: every unit in exactly one that is in force, every one of them with
-- one steward at every instant.
SELECT u.project_id, 'unit_in_one_grid', format('unit %s lies in %s active grids', u.id, count(g.id))
FROM rui.unit u
JOIN rui.grid_plan p ON p.project_id = u.project_id AND p.state = 'active'
LEFT JOIN rui.grid_building o ON o.project_id = p.project_id AND o.plan_id = p.id AND o.building_id = u.building_id
LEFT JOIN rui.grid g ON g.project_id = o.project_id AND g.plan_id = p.id AND g.id = o.grid_id
GROUP BY u.project_id, u.id HAVING count(g.id) <> 1
UNION ALL
SELECT g.project_id, 'grid_has_steward', format('grid %s has stewards in %s, and is in force since %s', g.id, coalesce(s.served::text, 'no time'), p.activated_at)
FROM rui.grid_plan p
JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
LEFT JOIN LATERAL (
	SELECT range_agg(w.valid) AS served, (array_agg(w.steward_id) FILTER (WHERE upper_inf(w.valid)))[1] AS last_id
	FROM rui.grid_steward w WHERE w.project_id = g.project_id AND w.grid_id = g.id) s ON true
WHERE p.state = 'active' AND (s.served @> tstzrange(p.activated_at, NULL) IS NOT TRUE OR s.last_id IS DISTINCT FROM g.steward_id)
UNION ALL
SELECT g.project_id, 'grid_answered', format('grid %s is answered for by party %s, who has no role here that works on tickets', g.id, coalesce(c.cover_id, g.steward_id))
FROM rui.grid_plan p
JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
LEFT JOIN rui.grid_cover c ON c.project_id = g.project_id AND c.grid_id = g.id AND c.valid @> now()
WHERE p.state = 'active' AND NOT EXISTS (
	SELECT FROM rui.membership m JOIN rui.role_permission r ON r.role_code = m.role_code AND r.permission = 'work_ticket'
	WHERE m.project_id = g.project_id AND m.party_id = coalesce(c.cover_id, g.steward_id) AND m.valid @> now())
UNION ALL
SELECT p.project_id, 'grids_tile', CASE WHEN t.id IS NULL THEN format('plan %s is active and has no map', p.id)
	ELSE format('%s between grids %s and %s', q.kind, q.grid_a, coalesce(q.grid_b::text, '-')) END
FROM rui.grid_plan p
LEFT JOIN rui.territory_map t ON t.project_id = p.project_id AND t.plan_id = p.id AND upper_inf(t.valid)
LEFT JOIN LATERAL rui.gridmap_problems(t.map) q ON true
WHERE p.state = 'active' AND (t.id IS NULL OR q.kind IS NOT NULL)
UNION ALL

-- Work.
SELECT t.project_id, 'task_state', format('task %s is in state %s, which its machine does not know', t.id, t.state)
FROM rui.task t
WHERE NOT EXISTS (SELECT FROM rui.transition m WHERE m.subject = t.kind AND m.to_state = t.state)
UNION ALL
SELECT t.project_id, 'task_clocks', format('task %s is open and has no clock, though a policy is for everything', t.id)
FROM rui.task t
WHERE t.ended_at IS NULL AND t.state <> 'new'
	AND NOT EXISTS (SELECT FROM rui.task_clock c WHERE c.project_id = t.project_id AND c.task_id = t.id)
	AND EXISTS (SELECT FROM rui.sla_policy s WHERE s.project_id = t.project_id AND s.valid @> t.opened_at
		AND s.category IS NULL AND s.priority IS NULL AND s.is_emergency IS NULL AND s.contract_level IS NULL)
UNION ALL
SELECT t.project_id, 'task_clocks', format('task %s is %s, but its %s clock is %s', t.id, t.state, c.target, c.state)
FROM rui.task t
JOIN rui.task_clock c ON c.project_id = t.project_id AND c.task_id = t.id AND c.state <> 'stopped' AND c.target <> 'call_back'
WHERE t.state = 'completed' OR t.ended_at IS NOT NULL
UNION ALL
SELECT p.id, 'clock_folded', format('the %s clock of task %s %s', k.target, k.task_id, k.detail)
FROM rui.project p
CROSS JOIN LATERAL rui.check_clocks(p.id) k
UNION ALL
SELECT t.project_id, 'accountable_staff', format('task %s is answered for by party %s, who is not on the staff', t.id, t.accountable_id)
FROM rui.task t
JOIN rui.project j ON j.id = t.project_id
WHERE t.ended_at IS NULL AND t.accountable_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.staff s
	WHERE s.company_id = j.company_id AND s.party_id = t.accountable_id
		AND s.employed && daterange((t.last_at AT TIME ZONE j.time_zone)::date, NULL) AND s.left_at IS NULL)
UNION ALL

-- People: who has left has nothing here any more; covers stand in for
-- absent shifts, at their post and time.
SELECT p.id, 'leaver_gone', format('party %s left at %s and still %s', s.party_id, s.left_at, w.what)
FROM (SELECT s.company_id, s.party_id, max(s.left_at) AS left_at FROM rui.staff s
	GROUP BY s.company_id, s.party_id HAVING bool_and(s.left_at IS NOT NULL)) s
JOIN rui.project p ON p.company_id = s.company_id
CROSS JOIN LATERAL (
	SELECT format('does task %s', t.id) AS what FROM rui.task t
	WHERE t.project_id = p.id AND t.executor_id = s.party_id AND t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred')
	UNION ALL
	SELECT format('is %s', m.role_code) FROM rui.membership m
	WHERE m.project_id = p.id AND m.party_id = s.party_id AND m.role_code <> 'resident' AND (upper_inf(m.valid) OR upper(m.valid) > s.left_at)
	UNION ALL
	SELECT format('has shift %s', f.id) FROM rui.shift f
	WHERE f.project_id = p.id AND f.party_id = s.party_id AND f.state = 'planned' AND lower(f.during) >= s.left_at
	UNION ALL
	SELECT format('has grid %s', g.id) FROM rui.grid g JOIN rui.grid_plan n ON n.project_id = g.project_id AND n.id = g.plan_id AND n.state = 'active'
	WHERE g.project_id = p.id AND g.steward_id = s.party_id) w
UNION ALL
SELECT c.project_id, 'cover_sound', format('cover %s of shift %s (%s) has shift %s', c.id, c.shift_id, s.state, coalesce(n.id::text, 'none like it'))
FROM rui.shift_cover c
JOIN rui.shift s ON s.project_id = c.project_id AND s.id = c.shift_id
LEFT JOIN rui.shift n ON n.project_id = c.project_id AND n.id = c.new_shift_id AND n.post_id = s.post_id AND n.during = s.during
WHERE c.state = 'approved' AND (n.id IS NULL OR s.state <> 'absent')
UNION ALL
SELECT l.project_id, 'leave_kept', format('party %s is on leave %s, and shift %s is planned then', l.party_id, l.id, s.id)
FROM rui.leave_request l
JOIN rui.shift s ON s.project_id = l.project_id AND s.party_id = l.party_id AND s.during && l.during AND s.state = 'planned'
WHERE l.state = 'approved'
UNION ALL
SELECT coalesce(w.project_id, t.project_id), 'roster_kept', format('%s %s of party %s is %s, others are told of party %s and %s', coalesce(w.kind, t.kind),
	coalesce(w.id, t.row_id), coalesce(w.party_id::text, '-'), coalesce(w.during::text, '-'), coalesce(t.party_id::text, '-'), coalesce(t.during::text, '-'))
FROM (
	SELECT s.project_id, 'shift' AS kind, s.id, s.party_id, s.during FROM rui.shift s WHERE s.state <> 'absent'
	UNION ALL
	SELECT l.project_id, 'leave', l.id, l.party_id, l.during FROM rui.leave_request l WHERE l.state = 'approved') w
FULL JOIN rui.roster_time t ON t.project_id = w.project_id AND t.kind = w.kind AND t.row_id = w.id
WHERE (w.party_id, w.during) IS DISTINCT FROM (t.party_id, t.during)
UNION ALL

-- Messages: counted, written down, to each once.
SELECT m.project_id, 'message_receipt', format('message %s is %s, and no receipt says so', m.id, m.state)
FROM rui.message m
WHERE NOT EXISTS (SELECT FROM rui.message_receipt r WHERE r.project_id = m.project_id AND r.message_id = m.id AND r.state = m.state)
	OR m.attempts > 0 AND NOT EXISTS (SELECT FROM rui.message_receipt r
		WHERE r.project_id = m.project_id AND r.message_id = m.id AND r.attempt = m.attempts AND r.state IN ('taken', 'revived'))
UNION ALL
SELECT coalesce(b.project_id, m.project_id), 'message_budget', format('%s %s may get %s messages "%s" from %s, %s are counted, %s were sent',
	coalesce(b.holder, m.holder), coalesce(b.holder_id, m.holder_id), coalesce(b.allowed, 0), coalesce(b.kind_code, m.kind_code),
	coalesce(b.window_on, m.window_on), coalesce(b.used, 0), coalesce(m.messages, 0))
FROM rui.contact_budget b
FULL JOIN (
	SELECT m.project_id, w.kind_code, w.window_on, CASE WHEN m.household_id IS NULL THEN 'party' ELSE 'household' END AS holder,
		coalesce(m.household_id, m.party_id) AS holder_id, count(*) AS messages
	FROM rui.message m JOIN rui.message_batch a ON a.project_id = m.project_id AND a.id = m.batch_id
	CROSS JOIN LATERAL (VALUES (a.kind_code, m.window_on), ('any', m.contact_on)) AS w(kind_code, window_on)
	-- What ended before a gateway took it was given back.
	WHERE w.window_on IS NOT NULL AND NOT (m.state IN ('cancelled', 'expired') AND m.attempts = 0) GROUP BY 1, 2, 3, 4, 5) m
	ON m.project_id = b.project_id AND m.kind_code = b.kind_code AND m.window_on = b.window_on AND m.holder = b.holder AND m.holder_id = b.holder_id
WHERE coalesce(m.messages, 0) <> coalesce(b.used, 0) OR coalesce(m.messages, 0) > coalesce(b.allowed, 0)
UNION ALL
SELECT b.project_id, 'message_once', format('batch %s is for %s parties: %s messages of %s, %s to come', b.id, b.recipients,
	coalesce(m.messages, 0), b.filled, coalesce(r.waiting, 0))
FROM rui.message_batch b
LEFT JOIN (SELECT m.project_id, m.batch_id, count(*) AS messages, count(DISTINCT m.party_id) AS parties,
		count(*) FILTER (WHERE m.is_emergency AND m.state = 'suppressed') AS silenced
	FROM rui.message m GROUP BY m.project_id, m.batch_id) m ON m.project_id = b.project_id AND m.batch_id = b.id
LEFT JOIN (SELECT r.project_id, r.batch_id, count(*) AS waiting FROM rui.message_recipient r GROUP BY r.project_id, r.batch_id) r
	ON r.project_id = b.project_id AND r.batch_id = b.id
WHERE coalesce(m.messages, 0) <> b.filled OR coalesce(m.parties, 0) <> b.filled OR b.filled + coalesce(r.waiting, 0) <> b.recipients
	OR m.silenced > 0 OR (b.state = 'filling') <> (coalesce(r.waiting, 0) > 0)
UNION ALL

-- Standing matches: every task of one is planned, for somebody who can do it and has room; what is
-- planned is offered, or what has happened since is noted; and the match has a version.
SELECT coalesce(c.project_id, l.project_id), 'match_plan', format('task %s of the standing match is planned for %s, who is not among its candidates',
	coalesce(c.task_id, l.task_id), coalesce(l.party_id::text, 'nobody'))
FROM rui.dispatch_candidate c FULL JOIN rui.dispatch_plan l ON l.project_id = c.project_id AND l.task_id = c.task_id
WHERE c.task_id IS NULL OR l.task_id IS NULL OR l.party_id IS NOT NULL AND l.party_id <> ALL (c.party_ids)
UNION ALL
SELECT coalesce(p.project_id, l.project_id), 'match_load', format('%s tasks of the standing match are planned for party %s, %s are counted, beside %s of %s places',
	coalesce(l.tasks, 0), coalesce(p.party_id, l.party_id), coalesce(p.load, 0), coalesce(p.fixed, 0), coalesce(p.capacity, 0))
FROM rui.dispatch_price p FULL JOIN (
	SELECT l.project_id, l.party_id, count(*) AS tasks FROM rui.dispatch_plan l WHERE l.party_id IS NOT NULL GROUP BY l.project_id, l.party_id) l
	ON l.project_id = p.project_id AND l.party_id = p.party_id
WHERE coalesce(l.tasks, 0) <> coalesce(p.load, 0) OR coalesce(p.load, 0) > greatest(0, coalesce(p.capacity, 0) - coalesce(p.fixed, 0))
UNION ALL
SELECT l.project_id, 'match_offered', format('task %s is planned for party %s and offered to %s; it is %s with %s, and no change is noted', l.task_id,
	coalesce(l.party_id::text, '-'), coalesce(l.offered_id::text, '-'), coalesce(t.state, 'unknown'), coalesce(t.executor_id::text, '-'))
FROM rui.dispatch_plan l
LEFT JOIN rui.task t ON t.project_id = l.project_id AND t.id = l.task_id
WHERE NOT EXISTS (SELECT FROM rui.dispatch_change c WHERE c.project_id = l.project_id AND c.task_id = l.task_id)
	AND (l.party_id IS DISTINCT FROM l.offered_id
		OR CASE WHEN l.offered_id IS NULL THEN t.state IN ('new', 'triaged')
			ELSE t.state = 'assigned' AND (t.executor_id, t.assigned_at) = (l.offered_id, l.offered_at) END IS NOT TRUE)
UNION ALL
SELECT m.project_id, 'match_version', format('project %s has tasks or people in a standing match whose version is %s, made at %s, until %s', m.project_id,
	coalesce(s.match_version::text, '-'), coalesce(s.made_at::text, '-'), coalesce(s.valid_until::text, '-'))
FROM (SELECT l.project_id FROM rui.dispatch_plan l UNION SELECT p.project_id FROM rui.dispatch_price p
	UNION SELECT c.project_id FROM rui.dispatch_candidate c UNION SELECT c.project_id FROM rui.dispatch_change c
	UNION SELECT d.project_id FROM rui.dispatch_state d WHERE d.match_version IS NOT NULL) m
LEFT JOIN rui.dispatch_state s ON s.project_id = m.project_id
WHERE s.match_version IS NULL OR s.made_at IS NULL OR s.weights IS NULL OR s.valid_until IS NULL
	OR s.made_at > s.last_at OR s.valid_until <= s.made_at
	OR s.match_version > (SELECT q.last_value FROM pg_sequences q WHERE q.schemaname = 'rui' AND q.sequencename = 'dispatch_version')
UNION ALL

-- Numbers: every document has one, and no series a gap.
SELECT d.project_id, 'document_numbered', format('%s %s has no number', d.series, d.id)
FROM (SELECT k.project_id, 'ticket' AS series, k.id FROM rui.ticket k UNION ALL SELECT p.project_id, 'receipt', p.id FROM rui.payment p) d
WHERE NOT EXISTS (SELECT FROM rui.document_number n WHERE n.project_id = d.project_id AND n.series = d.series AND n.subject_id = d.id)
UNION ALL
SELECT n.project_id, 'number_gap', format('series %s of %s has %s numbers up to %s', n.series, n.period_on, count(*), max(n.number))
FROM rui.document_number n
GROUP BY n.project_id, n.series, n.period_on HAVING count(*) <> max(n.number)
UNION ALL

-- Duties: none failed when it last ran.
SELECT r.project_id, 'duty_done', format('duty %s failed at %s: %s', r.duty_code, r.failed_at, r.failure)
FROM rui.duty_run r
WHERE r.failed_at IS NOT NULL
UNION ALL

-- Documents: each version is there with its content, or erased, not both.
SELECT d.project_id, 'document_versions', format('document %s has %s versions, %s are written down', d.id, d.versions, coalesce(v.versions, 0))
FROM rui.document d
LEFT JOIN (SELECT v.project_id, v.document_id, count(*) AS versions, max(v.version) AS last_version
	FROM rui.document_version v GROUP BY v.project_id, v.document_id) v ON v.project_id = d.project_id AND v.document_id = d.id
WHERE (v.versions, v.last_version) IS DISTINCT FROM (d.versions::bigint, d.versions)
UNION ALL
SELECT v.project_id, 'document_content', format('version %s of document %s (%s) %s', v.version, v.document_id, d.state,
	CASE WHEN e.document_id IS NULL THEN 'has no content and was not erased' WHEN d.state IS NULL THEN 'belongs to none' ELSE 'was erased and has content' END)
FROM rui.document_version v
LEFT JOIN rui.document d ON d.project_id = v.project_id AND d.id = v.document_id
LEFT JOIN rui.document_erasure e ON e.project_id = v.project_id AND e.document_id = v.document_id AND e.version = v.version
LEFT JOIN rui.document_content c ON c.project_id = v.project_id AND c.document_id = v.document_id AND c.version = v.version AND NOT c.is_erased
WHERE (e.document_id IS NULL) <> (c.document_id IS NOT NULL) OR d.state IS NULL OR d.state = 'erased' AND c.document_id IS NOT NULL
UNION ALL
SELECT d.project_id, 'document_kept', format('document %s was to be erased on %s', d.id, d.keep_until)
FROM rui.document d
JOIN rui.project j ON j.id = d.project_id
JOIN rui.duty_run r ON r.project_id = d.project_id AND r.duty_code = 'erase_documents'
WHERE d.state = 'stored' AND d.keep_until <= (r.last_at AT TIME ZONE j.time_zone)::date AND d.last_at <= r.last_at
UNION ALL

-- Whole objects: nobody lives or works on what is archived, nor does anything
-- stand on it; what earlier books say is charged, once.
SELECT a.project_id, 'archived_unused', format('unit %s was archived on %s, household %s lives there %s', a.row_id, a.at, h.id, h.valid)
FROM rui.archived a
JOIN rui.project j ON j.id = a.project_id
JOIN rui.household h ON h.project_id = a.project_id AND h.unit_id = a.row_id
WHERE a.table_name = 'unit' AND (upper_inf(h.valid) OR upper(h.valid) > (a.at AT TIME ZONE j.time_zone)::date)
UNION ALL
SELECT a.project_id, 'archived_unused', format('post %s was archived on %s, shift %s is there %s', a.row_id, a.at, s.id, s.during)
FROM rui.archived a
JOIN rui.shift s ON s.project_id = a.project_id AND s.post_id = a.row_id
WHERE a.table_name = 'post' AND s.state IN ('planned', 'active') AND upper(s.during) > a.at
UNION ALL
SELECT a.project_id, 'archived_unused', format('%s %s was archived on %s, %s %s is there', a.table_name, a.row_id, a.at, c.table_name, c.id)
FROM rui.archived a
JOIN rui.project j ON j.id = a.project_id
JOIN (
	SELECT u.project_id, 'building' AS master, u.building_id AS row_id, 'unit' AS table_name, u.id, NULL::date AS until FROM rui.unit u
	UNION ALL
	SELECT u.project_id, 'space', u.space_id, 'unit', u.id, NULL FROM rui.unit u
	UNION ALL
	SELECT s.project_id, 'building', s.building_id, 'space', s.id, upper(s.valid) FROM rui.space s
	UNION ALL
	SELECT s.project_id, 'space', s.parent_id, 'space', s.id, upper(s.valid) FROM rui.space s
	UNION ALL
	SELECT e.project_id, 'building', e.building_id, 'equipment', e.id, NULL FROM rui.equipment e
	UNION ALL
	SELECT e.project_id, 'space', e.space_id, 'equipment', e.id, NULL FROM rui.equipment e
	UNION ALL
	SELECT e.project_id, 'equipment', e.parent_id, 'equipment', e.id, NULL FROM rui.equipment e
) c ON c.project_id = a.project_id AND c.master = a.table_name AND c.row_id = a.row_id
WHERE (c.until IS NULL OR c.until > (a.at AT TIME ZONE j.time_zone)::date)
	AND NOT EXISTS (SELECT FROM rui.archived o WHERE o.project_id = c.project_id AND o.table_name = c.table_name AND o.row_id = c.id)
UNION ALL
SELECT a.project_id, 'archived_unused', format('%s %s was archived on %s, meter %s hangs there %s', a.table_name, a.row_id, a.at, m.id, m.installed)
FROM rui.archived a
JOIN rui.meter m ON m.project_id = a.project_id AND a.row_id = CASE a.table_name WHEN 'unit' THEN m.unit_id WHEN 'space' THEN m.space_id END
WHERE upper_inf(m.installed) OR upper(m.installed) > a.at
UNION ALL
SELECT coalesce(o.project_id, c.project_id), 'opening_charged', format('opening arrear %s of %s has a charge of %s',
	coalesce(o.id, c.source_id), coalesce(o.amount::text, 'nothing'), coalesce(c.gross::text, 'nothing'))
FROM rui.opening_arrear o
FULL JOIN (SELECT c.project_id, c.source_id, sum(c.gross) AS gross FROM rui.charge c WHERE c.source = 'opening' GROUP BY 1, 2) c
	ON c.project_id = o.project_id AND c.source_id = o.id
WHERE o.amount IS DISTINCT FROM c.gross
UNION ALL
-- Statements: they add up, and what is on them is there once.
SELECT s.project_id, 'statement_sum', format('statement %s leads from %s with %s lines of %s to %s', s.id, s.opening, l.lines, l.amount, s.closing)
FROM rui.bank_statement s
CROSS JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(l.amount), 0) AS amount FROM rui.bank_line l
	WHERE l.project_id = s.project_id AND l.statement_id = s.id) l
WHERE s.opening + l.amount <> s.closing OR s.lines <> l.lines
UNION ALL
SELECT r.project_id, 'line_matched', format('match %s of line %s: received %s of %s, expected %s of %s', r.id, r.line_id, r.received, l.amount, r.expected, p.amount - r.fee)
FROM rui.reconciliation r
LEFT JOIN rui.bank_line l ON l.project_id = r.project_id AND l.id = r.line_id
CROSS JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS amount FROM rui.reconciliation_part p
	WHERE p.project_id = r.project_id AND p.reconciliation_id = r.id) p
WHERE r.received IS DISTINCT FROM l.amount OR r.expected <> p.amount - r.fee OR r.is_payout <> (l.from_channel IS NOT NULL)
UNION ALL
SELECT p.project_id, 'reconciled_once', format('%s %s is matched %s times', p.subject, p.subject_id, count(*))
FROM rui.reconciliation_part p
JOIN rui.reconciliation r ON r.project_id = p.project_id AND r.id = p.reconciliation_id AND r.state <> 'undone'
GROUP BY p.project_id, p.subject, p.subject_id, p.is_payout HAVING count(*) > 1
UNION ALL

-- Deposits: never more out than in, and what is held is what the books owe.
SELECT h.project_id, 'deposit_kept', format('of deposit %s of %s, %s are held', h.deposit_id, h.taken, h.held)
FROM rui.deposit_held h WHERE h.held NOT BETWEEN 0 AND h.taken
UNION ALL
SELECT b.project_id, 'deposits', format('deposits held of %s, books of %s', o.amount, b.balance)
FROM (SELECT a.project_id, coalesce(sum(CASE WHEN p.credit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.account a
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	WHERE a.code = '2241.01'
	GROUP BY a.project_id) b
CROSS JOIN LATERAL (SELECT coalesce(sum(h.held), 0) AS amount FROM rui.deposit_held h WHERE h.project_id = b.project_id) o
WHERE o.amount <> b.balance
UNION ALL
SELECT f.project_id, 'deposit_forfeited', format('forfeit %s of %s has charge %s and payment %s', f.id, f.amount, f.charge_id, f.payment_id)
FROM rui.deposit_forfeit f
LEFT JOIN rui.charge c ON c.project_id = f.project_id AND c.id = f.charge_id AND c.source = 'deposit' AND c.source_id = f.id
LEFT JOIN rui.payment p ON p.project_id = f.project_id AND p.id = f.payment_id AND p.channel = 'deposit'
WHERE f.state = 'approved' AND (c.gross = f.amount AND p.amount = f.amount) IS NOT TRUE
UNION ALL
SELECT d.project_id, 'dun_told', format('notice %s tells party %s of what he does not owe, or tells somebody else', d.id, d.payer_id)
FROM rui.dun d
LEFT JOIN rui.message m ON m.project_id = d.project_id AND m.id = d.message_id AND m.batch_id = d.batch_id AND m.party_id = d.payer_id
WHERE m.id IS NULL OR cardinality(d.charges) <> (SELECT count(*) FROM rui.charge c WHERE c.project_id = d.project_id AND c.id = ANY (d.charges)
	AND c.payer_id = d.payer_id AND coalesce(c.unit_id, 0) = coalesce(d.unit_id, 0))
UNION ALL

-- Judgement: a score is what its findings give, for ever.
SELECT a.project_id, 'audit_score', format('audit %s holds %s (%s), its findings give %s (%s)', a.id, a.total, a.grade, s.total, s.grade)
FROM rui.audit a
JOIN rui.scorecard c ON c.project_id = a.project_id AND c.id = a.scorecard_id
CROSS JOIN LATERAL rui.score(c.rubric, a.findings) s
WHERE (a.total, a.grade, a.vetoed, a.answered) IS DISTINCT FROM (s.total, s.grade, s.vetoed, s.answered)
UNION ALL

-- Closed months: each has its balances, and they are what the postings give for ever.
SELECT p.project_id, 'closing_kept', format('month %s is closed without a balance of account %s', to_char(p.month, 'YYYY-MM'), s.account_id)
FROM rui.accounting_period p
CROSS JOIN LATERAL (SELECT DISTINCT s.account_id FROM rui.posting q
	CROSS JOIN LATERAL (VALUES (q.debit_account), (q.credit_account)) AS s(account_id)
	WHERE q.project_id = p.project_id AND q.period <= p.month) s
WHERE p.state = 'closed' AND NOT EXISTS (SELECT FROM rui.closing_balance c
	WHERE c.project_id = p.project_id AND c.month = p.month AND c.account_id = s.account_id)
UNION ALL
SELECT c.project_id, 'closing_kept', format('month %s is not closed and has a closing balance of account %s', to_char(c.month, 'YYYY-MM'), c.account_id)
FROM rui.closing_balance c
WHERE NOT EXISTS (SELECT FROM rui.accounting_period p WHERE p.project_id = c.project_id AND p.month = c.month AND p.state = 'closed')
UNION ALL
SELECT c.project_id, 'closing_balance', format('account %s closed %s with %s and %s, its postings give %s and %s', c.account_id, to_char(c.month, 'YYYY-MM'),
	c.debit, c.credit, s.debit, s.credit)
FROM rui.closing_balance c
JOIN rui.project j ON j.id = c.project_id
CROSS JOIN LATERAL (SELECT (c.month + interval '1 month') AT TIME ZONE j.time_zone AS end_at) e
CROSS JOIN LATERAL (
	SELECT coalesce(sum(p.amount) FILTER (WHERE p.debit_account = c.account_id AND p.period <= c.month), 0) AS debit,
		coalesce(sum(p.amount) FILTER (WHERE p.credit_account = c.account_id AND p.period <= c.month), 0) AS credit,
		coalesce(sum(p.amount) FILTER (WHERE p.debit_account = c.account_id AND p.at < e.end_at), 0) AS dated_debit,
		coalesce(sum(p.amount) FILTER (WHERE p.credit_account = c.account_id AND p.at < e.end_at), 0) AS dated_credit
	FROM rui.posting p WHERE p.project_id = c.project_id AND c.account_id IN (p.debit_account, p.credit_account)) s
WHERE (c.ends_at, c.debit, c.credit, c.dated_debit, c.dated_credit) IS DISTINCT FROM (e.end_at, s.debit, s.credit, s.dated_debit, s.dated_credit)
UNION ALL
-- What meters count is charged once, and without days between that have a plan.
SELECT b.project_id, 'meter_once', format('charge %s is for %s, unit %s was charged up to %s before', b.charge_id, b.period, b.unit_id, b.billed_to)
FROM (SELECT b.*, max(upper(b.period)) OVER (PARTITION BY b.project_id, b.fee_item_id, b.unit_id ORDER BY b.period, b.charge_id
		ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS billed_to
	FROM rui.meter_bill b
	LEFT JOIN rui.charge_reversal v ON v.project_id = b.project_id AND v.charge_id = b.charge_id
	WHERE v.bill_again IS NOT TRUE) b
WHERE b.billed_to > lower(b.period)
UNION ALL
SELECT d.project_id, 'meter_gap', format('unit %s is charged for %s, and nothing between', d.unit_id, d.days)
FROM (SELECT b.project_id, b.fee_item_id, b.unit_id, range_agg(b.period) AS days FROM rui.meter_bill b GROUP BY b.project_id, b.fee_item_id, b.unit_id) d
WHERE EXISTS (SELECT FROM rui.price_plan p
	JOIN rui.meter_plan m ON m.project_id = p.project_id AND m.plan_id = p.id
	JOIN rui.unit u ON u.project_id = d.project_id AND u.id = d.unit_id
	CROSS JOIN LATERAL unnest(datemultirange(range_merge(d.days)) - d.days) AS g(days)
	WHERE p.project_id = d.project_id AND p.fee_item_id = d.fee_item_id AND p.unit_kind IN ('any', u.kind) AND p.valid && g.days
		AND NOT EXISTS (SELECT FROM rui.price_plan o WHERE o.project_id = p.project_id AND o.fee_item_id = p.fee_item_id
			AND o.quantity <> 'meter' AND o.unit_kind = u.kind AND o.valid && g.days))
UNION ALL
SELECT b.project_id, 'meter_billed', format('charge %s of %s for %s is not what its %s after %s cost', b.charge_id, c.gross, c.period, b.used, coalesce(b.before, 0))
FROM rui.meter_bill b
JOIN rui.charge c ON c.project_id = b.project_id AND c.id = b.charge_id
JOIN rui.price_plan p ON p.project_id = c.project_id AND p.id = c.plan_id
CROSS JOIN LATERAL (SELECT CASE WHEN b.persons IS NULL THEN p.tariff ELSE rui.tariff_for_household(p.tariff, b.persons) END AS tariff) h
CROSS JOIN LATERAL (SELECT y.net - coalesce(x.net, 0) AS net, y.tax - coalesce(x.tax, 0) AS tax, y.gross - coalesce(x.gross, 0) AS gross
	FROM rui.charge(h.tariff, coalesce(b.before, 0) + b.used) y CROSS JOIN LATERAL rui.charge(h.tariff, b.before) x) t
WHERE (c.period, c.quantity, c.net, c.tax, c.gross, c.unit_id, c.fee_item_id)
	IS DISTINCT FROM (b.period, b.used, t.net::rui.amount, t.tax::rui.amount, t.gross::rui.amount, b.unit_id, b.fee_item_id)
UNION ALL
SELECT s.project_id, 'shared_whole', format('shared cost %s is %s, its shares %s and their charges %s', s.id, s.amount, h.shares, h.charged)
FROM rui.shared_cost s
CROSS JOIN LATERAL (SELECT coalesce(sum(h.amount), 0) AS shares, coalesce(sum(c.gross), 0) AS charged, bool_or(h.amount IS DISTINCT FROM coalesce(c.gross, 0)
		OR c.id IS NOT NULL AND c.unit_id <> h.unit_id OR s.reversed_at IS NOT NULL AND c.id IS NOT NULL AND v.charge_id IS NULL) AS differs
	FROM rui.shared_cost_share h
	LEFT JOIN rui.charge c ON c.project_id = h.project_id AND c.source = 'shared_cost' AND c.source_id = h.id
	LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
	WHERE h.project_id = s.project_id AND h.shared_cost_id = s.id) h
WHERE h.shares <> s.amount OR h.differs IS NOT FALSE
UNION ALL

-- Vendors and partners: 94_settlement_invariant.sql; tax invoices: 57_tax_invoice_violation.sql.
SELECT s.project_id, s.invariant, s.detail FROM rui.settlement_violation s
UNION ALL
SELECT v.project_id, v.invariant, v.detail FROM rui.tax_invoice_violation v
UNION ALL
-- Billing has more rules: 94_billing_invariant.sql.
SELECT b.project_id, b.invariant, b.detail FROM rui.billing_violation b
UNION ALL
-- So has the owners' money: 94_owner_money.sql.
SELECT o.project_id, o.invariant, o.detail FROM rui.owner_money_violation o;

PERFORM rui._describe('invariant_violation', 'Everything that is not as it must be: empty, always. Select by project_id where there are many.',
	'invariant: The rule that is broken.',
	'detail: Which row breaks it, and how.');
GRANT SELECT ON rui.invariant_violation TO rui_manager, rui_auditor;
PERFORM rui._name('invariant', i.code, i.zh, i.en) FROM (VALUES
	('posting_account', '分录科目存在', 'postings name accounts of the chart'),
	('posting_period', '分录期间正确', 'postings count in a month that had begun'),
	('period_order', '会计期间连续', 'accounting months are without gaps and close in order'),
	('document_posted', '单据入账一次', 'every document is posted once, in full'),
	('posting_reversal', '冲销相抵', 'a reversal cancels its posting out'),
	('receivables', '应收与明细一致', 'receivables are the open charges'),
	('prepayments', '预收与明细一致', 'prepayments are what payments have left over'),
	('charge_paid', '应收不超额核销', 'no charge is paid more than it is'),
	('charge_waived', '减免不超过未缴', 'no more is waived than is open, and tax in proportion'),
	('payment_spent', '收款不超额核销', 'no payment pays more than it is'),
	('allocation_refers', '核销引用有效', 'allocations name a payment and a charge'),
	('billed_twice', '不重复收费', 'nothing is billed twice'),
	('charge_refers', '应收引用有效', 'charges name what exists'),
	('payable_charged', '有偿必收或减免', 'payable work is charged or waived'),
	('owner_known', '业主有效', 'owners are parties of the company'),
	('occupancy_in_household', '入住与住户一致', 'people live where their household does'),
	('space_in_place', '空间层级有效', 'places lie in wider ones, in one building, for as long'),
	('unit_in_place', '房屋归位有效', 'units hang on places of their building'),
	('reading_falls', '读数不倒走', 'no register falls'),
	('reading_superseded', '更正一一对应', 'what is superseded has one successor'),
	('reading_of_meter', '读数在表龄内', 'meters are read while they hang there'),
	('meter_chain', '换表首尾相接', 'exchanged meters follow on one another'),
	('unit_in_one_grid', '房屋恰属一个网格', 'every unit lies in exactly one active grid'),
	('grid_has_steward', '网格时刻有管家', 'every active grid has one steward at every instant'),
	('grid_answered', '网格负责人在岗', 'who answers for a grid works in the project'),
	('grids_tile', '网格无缝无叠', 'active grids leave no gap and no overlap'),
	('task_state', '任务状态有效', 'tasks are in states of their machine'),
	('task_clocks', '任务时钟一致', 'clocks run as their tasks do'),
	('clock_folded', '时钟可重算', 'clocks are what their facts give'),
	('accountable_staff', '责任人在职', 'who answers for open work is on the staff'),
	('leaver_gone', '离职者无遗留', 'who has left has nothing to do here any more'),
	('leave_kept', '假期不排班', 'nobody has a planned shift while on approved leave'),
	('roster_kept', '各项目排班互知', 'other projects know when people are taken'),
	('cover_sound', '替班属实', 'covers stand in for absent shifts'),
	('match_plan', '匹配有据', 'every task of a standing match is planned, for a candidate'),
	('match_load', '匹配不超容量', 'nobody is planned more than he has room for'),
	('match_offered', '匹配已派出', 'what is planned is offered, or a change is noted'),
	('match_version', '匹配版本一致', 'a standing match has a version that was given'),
	('message_receipt', '消息均有回执', 'what happened to a message has its receipt'),
	('message_budget', '打扰限额守住', 'no household gets more messages than its budget'),
	('message_once', '消息不重不漏', 'a batch reaches each of its parties once'),
	('document_numbered', '单据均有编号', 'every document has its number'),
	('number_gap', '编号连续', 'numbers have no gaps'),
	('duty_done', '定时任务未失败', 'no duty failed when it last ran'),
	('document_versions', '文件版本连续', 'documents have all their versions'),
	('document_content', '文件内容与销毁一致', 'content is there or erased'),
	('document_kept', '文件按期销毁', 'documents are erased when their time is over'),
	('archived_unused', '归档不再使用', 'nobody uses what is archived'),
	('dun_told', '催缴对象相符', 'debtors are told of what they owe'),
	('opening_charged', '期初欠费入账一次', 'what earlier books say is charged once'),
	('audit_score', '评分可复算', 'scores are what their findings give'),
	('closing_kept', '结账留有余额', 'closed months have their balances, and no other'),
	('closing_balance', '结账余额不变', 'closing balances are what the postings give'),
	('statement_sum', '对账单平衡', 'statements lead from opening to closing'),
	('line_matched', '对账金额一致', 'matches are what their line and their parts say'),
	('reconciled_once', '款项对账一次', 'money is on a statement once, and paid out once'),
	('meter_once', '计量不重复收费', 'what meters count is charged once'),
	('meter_gap', '计量收费连续', 'what meters count is charged without gaps'),
	('meter_billed', '计量收费可复算', 'what meters count is charged by its plan'),
	('shared_whole', '公摊各份等于总额', 'the shares of a cost are the whole'),
	('deposit_kept', '押金只退所收', 'no more of a deposit goes out than came in'),
	('deposits', '押金与明细一致', 'deposits held are what the books owe'),
	('deposit_forfeited', '没收押金有账单', 'what is forfeited is charged, and paid by the deposit')
) AS i(code, zh, en);
