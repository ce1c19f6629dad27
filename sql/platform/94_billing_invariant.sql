-- What must always be so of what is billed, written off and paid, beside what
-- 95_invariant.sql looks up; it adds these rows to its own.

CREATE VIEW rui.billing_violation WITH (security_invoker = true, security_barrier = true) AS

-- Write-offs: what is written off was open, was decided, and comes back by money alone.
SELECT c.project_id, 'charge_written_off' AS invariant, format('charge %s of %s is written off with %s, paid with %s and waived with %s', c.id, c.gross, l.amount,
	coalesce(a.amount, 0), coalesce(w.amount, 0)) AS detail
FROM (SELECT l.project_id, l.charge_id, sum(l.amount) AS amount FROM rui.credit_loss l GROUP BY l.project_id, l.charge_id) l
JOIN rui.charge c ON c.project_id = l.project_id AND c.id = l.charge_id
LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
LEFT JOIN LATERAL (SELECT sum(a.amount) AS amount FROM rui.allocation a WHERE a.project_id = c.project_id AND a.charge_id = c.id) a ON true
LEFT JOIN LATERAL (SELECT sum(w.amount) AS amount FROM rui.waiver w
	WHERE w.project_id = c.project_id AND w.charge_id = c.id AND w.state = 'approved') w ON true
WHERE l.amount < 0 OR l.amount > CASE WHEN v.charge_id IS NULL THEN c.gross - coalesce(a.amount, 0) - coalesce(w.amount, 0) ELSE 0 END
UNION ALL
SELECT coalesce(w.project_id, l.project_id), 'write_off_decided', format('write-off %s of %s of its charges wrote off %s, %s are losses', coalesce(w.id, l.write_off_id),
	coalesce(w.amount, 0), coalesce(w.written, 0), coalesce(l.amount, 0))
FROM (SELECT w.project_id, w.id, w.written, w.amount, sum(c.amount) AS asked FROM rui.write_off w
	LEFT JOIN rui.write_off_charge c ON c.project_id = w.project_id AND c.write_off_id = w.id GROUP BY w.project_id, w.id) w
FULL JOIN (SELECT l.project_id, l.write_off_id, sum(l.amount) AS amount FROM rui.credit_loss l WHERE l.write_off_id IS NOT NULL
	GROUP BY l.project_id, l.write_off_id) l ON l.project_id = w.project_id AND l.write_off_id = w.id
WHERE coalesce(w.written, 0) <> coalesce(l.amount, 0) OR w.asked IS DISTINCT FROM w.amount
UNION ALL
SELECT l.project_id, 'recovery_paid', format('payment %s recovered %s of charge %s, and pays %s of it', l.payment_id, -l.amount, l.charge_id, coalesce(a.amount, 0))
FROM (SELECT l.project_id, l.payment_id, l.charge_id, sum(l.amount) AS amount FROM rui.credit_loss l
	WHERE l.payment_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = l.project_id AND v.charge_id = l.charge_id)
	GROUP BY l.project_id, l.payment_id, l.charge_id) l
LEFT JOIN LATERAL (SELECT sum(a.amount) AS amount FROM rui.allocation a
	WHERE a.project_id = l.project_id AND a.payment_id = l.payment_id AND a.charge_id = l.charge_id) a ON true
WHERE l.amount > 0 OR -l.amount > coalesce(a.amount, 0)
UNION ALL

-- Billing: days between two that a plan charged, in a month in which it charged others, are
-- charged too (or were, and were taken back); each part of a month costs its part of the month.
SELECT c.project_id, 'billed_gap', format('charge %s bills unit %s for %s by plan %s, as was done before, and nothing bills the days from %s', c.id, c.unit_id, c.period,
	c.plan_id, c.billed_to)
FROM (SELECT c.*, lag(c.plan_id) OVER w AS former_id, max(upper(c.period)) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS billed_to
	FROM rui.charge c WHERE c.source = 'plan'
	WINDOW w AS (PARTITION BY c.project_id, c.fee_item_id, c.unit_id ORDER BY c.period, c.id)) c
JOIN rui.price_plan p ON p.project_id = c.project_id AND p.id = c.plan_id AND p.quantity IN ('area', 'unit')
JOIN rui.unit u ON u.project_id = c.project_id AND u.id = c.unit_id AND p.unit_kind IN ('any', u.kind)
CROSS JOIN LATERAL generate_series(date_trunc('month', c.billed_to::timestamp), (lower(c.period) - 1)::timestamp, interval '1 month') m(month)
CROSS JOIN LATERAL (SELECT daterange(greatest(c.billed_to, m.month::date), least(lower(c.period), (m.month + interval '1 month')::date)) AS days) d
WHERE c.billed_to < lower(c.period) AND c.former_id = c.plan_id AND p.valid @> d.days
	AND EXISTS (SELECT FROM rui.charge o WHERE o.project_id = c.project_id AND o.fee_item_id = c.fee_item_id AND o.plan_id = c.plan_id AND o.source = 'plan'
		AND o.starts_on >= m.month::date AND o.starts_on < (m.month + interval '1 month')::date)
	AND NOT EXISTS (SELECT FROM rui.price_plan o WHERE o.project_id = p.project_id AND o.fee_item_id = p.fee_item_id AND o.unit_kind = u.kind AND o.id <> p.id
		AND o.valid && d.days)
	AND NOT EXISTS (SELECT FROM rui.billing_run r WHERE r.project_id = c.project_id AND r.month = m.month::date AND r.next_unit IS NOT NULL)
	AND NOT EXISTS (SELECT FROM rui.event e WHERE e.project_id = c.project_id AND e.kind = 'archive.restore' AND e.subject = 'unit' AND e.subject_id = c.unit_id)
UNION ALL
SELECT f.project_id, 'price_gap', format('fee item %s has no price for kind %s in %s, and does not rest', f.code, g.unit_kind, g.days)
FROM rui.fee_item f
CROSS JOIN unnest('{home,shop,office,parking,storage,other}'::text[]) AS k(kind)
CROSS JOIN LATERAL (SELECT k.kind AS unit_kind, unnest(datemultirange(range_merge(range_agg(p.valid))) - range_agg(p.valid)
		- coalesce((SELECT range_agg(r.valid) FROM rui.price_rest r
			WHERE r.project_id = f.project_id AND r.fee_item_id = f.id AND r.unit_kind IN ('any', k.kind)), '{}')) AS days
	FROM rui.price_plan p WHERE p.project_id = f.project_id AND p.fee_item_id = f.id AND p.unit_kind IN ('any', k.kind)) g
UNION ALL
SELECT c.project_id, 'billed_price', format('charge %s of %s bills %s of %s by plan %s, which costs %s', c.id, c.gross, c.period, c.quantity, c.plan_id, w.gross)
FROM rui.charge c
JOIN rui.price_plan p ON p.project_id = c.project_id AND p.id = c.plan_id
-- What a unit costs less: by one of the two. Of an unknown one the price is unknown.
LEFT JOIN rui.vacancy_rule v ON v.project_id = c.project_id AND v.id = c.vacancy_rule_id
LEFT JOIN rui.discount s ON s.project_id = c.project_id AND s.id = c.discount_id
CROSS JOIN LATERAL rui.charge(p.tariff, c.quantity) t
CROSS JOIN LATERAL (SELECT daterange(m.month, (m.month + interval '1 month')::date) AS month,
		CASE WHEN coalesce(c.vacancy_rule_id, c.discount_id) IS NULL THEN t.gross ELSE round(t.gross * coalesce(v.share, s.share), 2) END AS gross
	FROM (SELECT date_trunc('month', c.starts_on::timestamp)::date AS month) m) f
CROSS JOIN LATERAL (SELECT CASE WHEN c.period = f.month THEN f.gross ELSE rui.prorate(f.gross, daterange(lower(f.month), upper(c.period)), f.month, 2, p.proration)
	- rui.prorate(f.gross, daterange(lower(f.month), lower(c.period)), f.month, 2, p.proration) END AS gross) w
WHERE c.source = 'plan' AND c.gross <> w.gross::rui.amount
UNION ALL
-- Late fees: at most the cap of a rule that was in force on the due date, and none before grace is over.
SELECT d.project_id, 'late_fee_capped', format('charge %s of %s has late fees of %s, at most %s', d.id, d.gross, d.late, coalesce(d.cap, 0))
FROM (SELECT c.project_id, c.id, c.gross, sum(l.gross) AS late, (SELECT max(least(round(c.gross * r.cap_share, 2), r.cap_amount)) FROM rui.late_rule r
		WHERE r.project_id = c.project_id AND r.fee_item_id = c.fee_item_id AND lower(r.valid) <= c.due_on) AS cap
	FROM rui.charge l
	JOIN rui.charge c ON c.project_id = l.project_id AND c.id = l.about_charge_id
	WHERE l.component = 'late_fee' AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = l.project_id AND v.charge_id = l.id)
	GROUP BY c.project_id, c.id) d
WHERE (d.late <= d.cap) IS NOT TRUE
UNION ALL
SELECT l.project_id, 'late_fee_due', format('late fee %s was charged at %s, charge %s was due on %s', l.id, l.at, c.id, c.due_on)
FROM rui.charge l
JOIN rui.charge c ON c.project_id = l.project_id AND c.id = l.about_charge_id
JOIN rui.project j ON j.id = l.project_id
WHERE l.component = 'late_fee' AND (c.component = 'principal' AND (l.at AT TIME ZONE j.time_zone)::date > c.due_on + (SELECT min(r.grace_days) FROM rui.late_rule r
	WHERE r.project_id = c.project_id AND r.fee_item_id = c.fee_item_id AND lower(r.valid) <= c.due_on)) IS NOT TRUE
UNION ALL
-- What waits to be paid waits once.
SELECT y.project_id, 'hold_once', format('vendor invoice %s waits in %s payment runs', y.invoice_id, count(*))
FROM rui.vendor_payment y
JOIN rui.vendor_payment_run r ON r.project_id = y.project_id AND r.id = y.run_id AND r.state = 'requested'
GROUP BY y.project_id, y.invoice_id HAVING count(*) > 1
UNION ALL

-- Revenue by day: deferred revenue is what is not recognized; charge by charge the
-- books hold as revenue and as deferred what is not waived or taken back of the net;
-- it is recognized by days, month after month, and before a month is closed.
SELECT b.project_id, 'deferred', format('not recognized %s, deferred revenue of %s', o.amount, b.balance)
FROM (SELECT a.project_id, coalesce(sum(CASE WHEN p.credit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.account a
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	WHERE a.code = '2205'
	GROUP BY a.project_id) b
CROSS JOIN LATERAL (SELECT coalesce(sum(o.remaining), 0) AS amount FROM rui.deferral_open o WHERE o.project_id = b.project_id) o
WHERE o.amount <> b.balance
UNION ALL
SELECT o.project_id, 'deferral_whole', format('charge %s of %s net holds %s of %s recognized and %s of %s deferred', o.charge_id, coalesce(c.net::text, 'nothing'),
	coalesce(s.revenue, 0), CASE WHEN o.is_reversed THEN 0 ELSE o.recognized END, coalesce(s.deferred, 0), o.remaining)
FROM rui.deferral_open o
LEFT JOIN rui.charge c ON c.project_id = o.project_id AND c.id = o.charge_id
LEFT JOIN (
	SELECT d.project_id, d.charge_id, sum(CASE d.account_id WHEN p.credit_account THEN p.amount WHEN p.debit_account THEN -p.amount ELSE 0 END) AS revenue,
		sum(CASE a.id WHEN p.credit_account THEN p.amount WHEN p.debit_account THEN -p.amount ELSE 0 END) AS deferred
	FROM (SELECT d.project_id, d.charge_id, d.account_id, 'charge' AS document, d.charge_id AS id FROM rui.deferral d
		UNION ALL SELECT d.project_id, d.charge_id, d.account_id, 'recognition', r.id
		FROM rui.deferral d JOIN rui.recognition r ON r.project_id = d.project_id AND r.charge_id = d.charge_id
		UNION ALL SELECT d.project_id, d.charge_id, d.account_id, 'waiver', w.id
		FROM rui.deferral d JOIN rui.waiver w ON w.project_id = d.project_id AND w.charge_id = d.charge_id
		UNION ALL SELECT d.project_id, d.charge_id, d.account_id, 'credit_loss', l.id
		FROM rui.deferral d JOIN rui.credit_loss l ON l.project_id = d.project_id AND l.charge_id = d.charge_id) d
	JOIN rui.posting p ON p.project_id = d.project_id AND p.document = d.document AND p.document_id = d.id
	JOIN rui.account a ON a.project_id = d.project_id AND a.code = '2205'
	GROUP BY d.project_id, d.charge_id) s ON s.project_id = o.project_id AND s.charge_id = o.charge_id
WHERE (c.net, c.period) IS DISTINCT FROM (o.net, o.period) OR coalesce(s.deferred, 0) <> o.remaining
	OR coalesce(s.revenue, 0) <> CASE WHEN o.is_reversed THEN 0 ELSE o.recognized END
UNION ALL
SELECT o.project_id, 'recognized_by_day', format('charge %s of %s (%s less %s) is recognized with %s before %s, in %s months', o.charge_id, o.period, o.net, o.waived + o.written_off,
	o.recognized - o.lost, o.recognized_to, coalesce(r.months, 0))
FROM rui.deferral_open o
JOIN rui.deferral d ON d.project_id = o.project_id AND d.charge_id = o.charge_id
JOIN rui.project j ON j.id = o.project_id
LEFT JOIN LATERAL (SELECT count(*) AS months, min(r.month) AS month,
		bool_or(r.at < (r.month + interval '1 month') AT TIME ZONE j.time_zone - interval '1 microsecond') AS is_early
	FROM rui.recognition r WHERE r.project_id = o.project_id AND r.charge_id = o.charge_id) r ON true
WHERE o.recognized - o.lost <> rui.prorate(o.net - o.waived - o.written_off, daterange(lower(o.period), greatest(lower(o.period), least(o.recognized_to, upper(o.period)))), o.period)
	OR o.recognized_to > o.to_month + interval '1 month' OR upper(o.period) - 1 < o.to_month OR r.is_early OR r.month < d.from_month
	OR coalesce(r.months, 0) <> (extract(year FROM o.recognized_to) - extract(year FROM d.from_month)) * 12 + extract(month FROM o.recognized_to) - extract(month FROM d.from_month)
UNION ALL
SELECT o.project_id, 'recognized_in_time', format('%s is closed, charge %s is recognized before %s only', to_char(p.month, 'YYYY-MM'), o.charge_id, o.recognized_to)
FROM rui.deferral_open o
JOIN (SELECT p.project_id, max(p.month) AS month FROM rui.accounting_period p WHERE p.state = 'closed' GROUP BY p.project_id) p ON p.project_id = o.project_id
WHERE NOT o.is_reversed AND o.recognized_to <= least(p.month, o.to_month)
UNION ALL

-- What was charged less by a discount has an approved one.
SELECT c.project_id, 'discount_granted', format('charge %s is less by discount %s, which is not for it', c.id, c.discount_id)
FROM rui.charge c
LEFT JOIN rui.discount d ON d.project_id = c.project_id AND d.id = c.discount_id
WHERE c.discount_id IS NOT NULL AND ((d.state IN ('approved', 'ended') OR d.state = 'revoked' AND EXISTS (SELECT FROM rui.charge_reversal v
		WHERE v.project_id = c.project_id AND v.charge_id = c.id)) AND d.fee_item_id = c.fee_item_id AND c.unit_id = ANY (d.unit_ids)
	AND (d.payer_id IS NULL OR d.payer_id = c.payer_id)) IS NOT TRUE
UNION ALL
-- Who has paid ahead has the discount of a campaign that another approved, as long as he has not withdrawn it.
SELECT a.project_id, 'advance_granted', format('advance %s is %s, with discount %s, which is %s', a.id, a.state, d.id, d.state)
FROM rui.advance a
JOIN rui.advance_campaign k ON k.project_id = a.project_id AND k.id = a.campaign_id
JOIN rui.discount d ON d.project_id = a.project_id AND d.id = a.discount_id
WHERE NOT (k.state IN ('approved', 'ended') AND k.decided_by <> k.requested_by AND k.decided_at <= a.granted_at AND d.fee_item_id = k.fee_item_id
	AND d.unit_ids = ARRAY[a.unit_id] AND d.payer_id = a.payer_id AND a.months @> d.valid
	AND (a.state = 'granted' OR d.state IN ('revoked', 'ended')))
	OR a.clawed_back AND EXISTS (SELECT FROM rui.charge c WHERE c.project_id = a.project_id AND c.unit_id = a.unit_id AND c.discount_id = d.id
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id))
UNION ALL
-- A cycle of a lease is charged once, for the days that are let, to who rents.
SELECT y.project_id, 'rent_charged', format('cycle %s of lease %s, let on %s, is charged for %s', y.place, y.lease_id, y.period * l.valid, coalesce(c.periods::text, 'nothing'))
FROM rui.lease_cycle y
JOIN rui.lease l ON l.project_id = y.project_id AND l.id = y.lease_id
LEFT JOIN (SELECT c.project_id, c.source_id, array_agg(c.period) AS periods, min(c.payer_id) AS payer_id
	FROM rui.charge c
	WHERE c.source = 'lease' AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
	GROUP BY c.project_id, c.source_id) c ON c.project_id = y.project_id AND c.source_id = y.id
WHERE c.periods IS NOT NULL AND (cardinality(c.periods) > 1 OR c.periods[1] <> y.period * l.valid OR c.payer_id IS DISTINCT FROM l.lessee_id)
	OR c.periods IS NULL AND NOT EXISTS (SELECT FROM rui.charge_reversal v JOIN rui.charge x ON x.project_id = v.project_id AND x.id = v.charge_id
		WHERE x.project_id = y.project_id AND x.source = 'lease' AND x.source_id = y.id)
UNION ALL

-- What was given back or taken back two persons agreed to, or one may do alone; and what was agreed to was done.
SELECT coalesce(d.project_id, p.project_id), 'payout_agreed', format('%s %s of %s is by %s', coalesce(d.kind, p.kind), coalesce(d.id, p.done_id), coalesce(d.amount, p.amount),
	CASE WHEN p.id IS NULL THEN 'nobody''s word' ELSE format('payout %s of %s, %s', p.id, p.amount, p.state) END)
FROM (SELECT r.project_id, 'refund' AS kind, r.id, r.payment_id AS row_id, r.amount, false AS is_free FROM rui.refund r
	UNION ALL SELECT r.project_id, 'deposit_return', r.id, r.deposit_id, r.amount, false FROM rui.deposit_return r
	UNION ALL SELECT v.project_id, 'payment_reversal', v.payment_id, v.payment_id, y.amount, false FROM rui.payment_reversal v
		JOIN rui.payment y ON y.project_id = v.project_id AND y.id = v.payment_id
	-- A charge that is billed again is not given up; leases end, and shared costs are taken back, as a whole.
	UNION ALL SELECT v.project_id, 'charge_reversal', v.charge_id, v.charge_id, c.gross, v.bill_again OR c.gross = 0 OR EXISTS (SELECT FROM rui.lease_cycle y
			JOIN rui.lease l ON l.project_id = y.project_id AND l.id = y.lease_id
			WHERE c.source = 'lease' AND y.project_id = c.project_id AND y.id = c.source_id AND NOT c.period <@ l.valid)
		OR EXISTS (SELECT FROM rui.shared_cost_share h JOIN rui.shared_cost s ON s.project_id = h.project_id AND s.id = h.shared_cost_id
			WHERE c.source = 'shared_cost' AND h.project_id = c.project_id AND h.id = c.source_id AND s.reversed_at = v.at)
		FROM rui.charge_reversal v JOIN rui.charge c ON c.project_id = v.project_id AND c.id = v.charge_id) d
FULL JOIN (SELECT p.* FROM rui.payout p WHERE p.state IN ('approved', 'paid_alone')) p ON p.project_id = d.project_id AND p.kind = d.kind AND p.done_id = d.id
WHERE CASE WHEN p.id IS NULL THEN NOT d.is_free
	ELSE (d.row_id = p.row_id AND d.amount = p.amount AND (p.state = 'paid_alone' OR p.decided_by <> p.requested_by)) IS NOT TRUE END
UNION ALL
-- Nobody decides on what he asked for, nor on what he owes or is given.
SELECT d.project_id, 'other_decides', format('%s %s: party %s has decided for himself', d.what, d.id, d.decided_by)
FROM (SELECT p.project_id, 'payout' AS what, p.id, coalesce(p.decided_by, p.requested_by) AS decided_by, CASE WHEN p.state <> 'paid_alone' THEN p.requested_by END AS asked_by,
		coalesce(c.payer_id, y.payer_id, d.party_id) AS concerned
	FROM rui.payout p
	LEFT JOIN rui.charge c ON p.kind = 'charge_reversal' AND c.project_id = p.project_id AND c.id = p.row_id
	LEFT JOIN rui.payment y ON p.kind IN ('refund', 'payment_reversal') AND y.project_id = p.project_id AND y.id = p.row_id
	LEFT JOIN rui.deposit d ON p.kind = 'deposit_return' AND d.project_id = p.project_id AND d.id = p.row_id
	WHERE p.state IN ('approved', 'refused', 'paid_alone')
	UNION ALL SELECT w.project_id, 'waiver', w.id, w.decided_by, w.requested_by, c.payer_id FROM rui.waiver w
		JOIN rui.charge c ON c.project_id = w.project_id AND c.id = w.charge_id WHERE w.state IN ('approved', 'refused')
	UNION ALL SELECT w.project_id, 'write-off', w.id, w.decided_by, w.requested_by, c.payer_id FROM rui.write_off w
		JOIN rui.write_off_charge x ON x.project_id = w.project_id AND x.write_off_id = w.id
		JOIN rui.charge c ON c.project_id = x.project_id AND c.id = x.charge_id WHERE w.state IN ('approved', 'refused')
	UNION ALL SELECT b.project_id, 'dispute', b.id, b.settled_by, b.opened_by, c.payer_id FROM rui.dispute b
		JOIN rui.charge c ON c.project_id = b.project_id AND c.id = b.charge_id WHERE b.state IN ('upheld', 'rejected')) d
WHERE d.decided_by IN (d.asked_by, d.concerned)
UNION ALL
SELECT p.project_id, 'payout_limited', format('payout %s: party %s has given back %s alone in %s, of %s that party %s allowed', p.id, p.requested_by, p.so_far,
	to_char(p.month, 'YYYY-MM'), l.amount, l.set_by)
FROM (SELECT p.*, sum(p.amount) OVER (PARTITION BY p.project_id, p.requested_by, p.month ORDER BY p.id) AS so_far FROM rui.payout p WHERE p.state = 'paid_alone') p
JOIN rui.payout_limit l ON l.project_id = p.project_id AND l.id = p.limit_id
JOIN rui.project j ON j.id = p.project_id
WHERE p.so_far > l.amount OR l.set_by = p.requested_by OR l.at > p.requested_at OR p.month <> date_trunc('month', p.requested_at AT TIME ZONE j.time_zone)::date;

PERFORM rui._describe('billing_violation', 'Everything that is not as it must be of what is billed, written off and put aside: empty, always. Part of the list of all invariants.',
	'invariant: The rule that is broken.',
	'detail: Which row breaks it, and how.');
GRANT SELECT ON rui.billing_violation TO rui_manager, rui_auditor;
PERFORM rui._name('invariant', i.code, i.zh, i.en) FROM (VALUES
	('charge_written_off', '核销不超过未缴', 'no more is written off than is open'),
	('write_off_decided', '核销经审批', 'what is written off was decided'),
	('recovery_paid', '收回均有款项', 'what is recovered was paid'),
	('price_gap', '价格不留无说明的空档', 'no days between two prices are without one, unless the fee rests'),
	('billed_gap', '收费不留空档', 'no days are left out between days that are billed'),
	('billed_price', '分段之和等于整月', 'parts of a month cost their part of it'),
	('late_fee_capped', '违约金不超上限', 'late fees are at most their cap'),
	('late_fee_due', '宽限期内无违约金', 'no late fee before grace is over'),
	('hold_once', '待付款不重复', 'what waits to be paid waits once'),
	('deferred', '合同负债与明细一致', 'deferred revenue is what is not recognized'),
	('deferral_whole', '已确认加待确认等于净额', 'recognized and deferred are the net of a charge'),
	('recognized_by_day', '收入按日确认', 'revenue is recognized by days'),
	('recognized_in_time', '结账前收入已确认', 'what a closed month earned is recognized'),
	('discount_granted', '优惠均经批准', 'what costs less by a discount has an approved one'),
	('advance_granted', '预缴优惠均有依据', 'who pays ahead has the discount that a campaign gives'),
	('rent_charged', '租金按约出账', 'rents are charged once, for the days that are let'),
	('payout_agreed', '退款须两人办理', 'money is given back, and payments and charges taken back, by two persons or within the limit'),
	('other_decides', '本人之事不得自批', 'nobody decides on what is asked for by himself or concerns what he owes or is given'),
	('payout_limited', '单人退款不超限额', 'nobody gives back more alone than another allowed')
) AS i(code, zh, en);
