-- What must always be so of what vendors and partners get, beside what
-- 95_invariant.sql looks up; it adds these rows to its own.

CREATE VIEW rui.settlement_violation WITH (security_invoker = true, security_barrier = true) AS

-- Settlement: payables are what vendors' invoices say is open; each acceptance
-- is invoiced once, and no more is paid or credited than was invoiced.
SELECT b.project_id, 'payables' AS invariant, format('open vendor invoices of %s, payables of %s', o.amount, -b.balance) AS detail
FROM (SELECT k.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.books k
	JOIN rui.account a ON a.project_id = k.project_id AND a.code = '2202'
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	GROUP BY k.project_id) b
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(CASE WHEN i.credits_invoice_id IS NULL THEN i.gross ELSE -i.gross END)
		FROM rui.vendor_invoice i WHERE i.project_id = b.project_id AND i.state = 'approved'), 0)
	- coalesce((SELECT sum(y.amount) FROM rui.vendor_payment y JOIN rui.vendor_payment_run r ON r.project_id = y.project_id AND r.id = y.run_id
		WHERE y.project_id = b.project_id AND r.state = 'paid'), 0) AS amount) o
WHERE o.amount <> -b.balance
UNION ALL
SELECT i.project_id, 'invoice_matched', format('vendor invoice %s was compared with %s, accepted is %s', i.id, i.accepted_net, coalesce(a.net, 0))
FROM rui.vendor_invoice i
LEFT JOIN (SELECT a.project_id, a.invoice_id, sum(a.net) AS net, sum(a.quantity) AS quantity FROM rui.vendor_acceptance a
	GROUP BY a.project_id, a.invoice_id) a ON a.project_id = i.project_id AND a.invoice_id = i.id
WHERE i.state <> 'refused' AND i.credits_invoice_id IS NULL AND (a.net IS DISTINCT FROM i.accepted_net OR a.quantity IS DISTINCT FROM i.accepted_quantity)
UNION ALL
SELECT i.project_id, 'invoice_paid', format('vendor invoice %s of %s is credited with %s and paid with %s', i.id, i.gross, c.gross, y.amount)
FROM rui.vendor_invoice i
CROSS JOIN LATERAL (SELECT coalesce(sum(c.gross), 0) AS gross FROM rui.vendor_invoice c
	WHERE c.project_id = i.project_id AND c.credits_invoice_id = i.id AND c.state = 'approved') c
CROSS JOIN LATERAL (SELECT coalesce(sum(y.amount), 0) AS amount FROM rui.vendor_payment y
	JOIN rui.vendor_payment_run r ON r.project_id = y.project_id AND r.id = y.run_id
	WHERE y.project_id = i.project_id AND y.invoice_id = i.id AND r.state = 'paid') y
WHERE i.credits_invoice_id IS NULL AND (c.gross > i.gross OR y.amount < 0 OR y.amount > CASE i.state WHEN 'approved' THEN i.gross ELSE 0 END)
UNION ALL
-- Shares add up to all of it; what is settled has come in, once; lines give
-- what the partner gets, and 2242 what is carried on.
SELECT h.project_id, 'shares_sum', format('the shares of %s %s add up to %s', h.what, h.id, s.fraction)
FROM (SELECT c.project_id, 'contract' AS what, c.id, c.fractions FROM rui.share_contract c
	UNION ALL SELECT h.project_id, 'charge', h.charge_id, h.fractions FROM rui.charge_share h) h
CROSS JOIN LATERAL (SELECT sum(f.fraction) AS fraction FROM unnest(h.fractions) AS f(fraction)) s
WHERE s.fraction <> 1
UNION ALL
SELECT d.project_id, 'settled_once', format('settled allocation %s of %s is one of %s', d.allocation_id, d.amount, coalesce(a.amount::text, 'nothing'))
FROM rui.settlement_allocation d
LEFT JOIN rui.allocation a ON a.project_id = d.project_id AND a.id = d.allocation_id AND a.charge_id = d.charge_id
JOIN rui.settlement s ON s.project_id = d.project_id AND s.id = d.settlement_id
WHERE a.amount IS DISTINCT FROM d.amount OR s.state = 'refused'
UNION ALL
-- In the order in which they were settled, those that are taken back first.
SELECT f.project_id, 'channel_fee', format('settled allocation %s of payment %s has fee %s, not %s', f.allocation_id, f.payment_id, f.fee, f.expected)
FROM (SELECT d.project_id, d.allocation_id, a.payment_id, d.fee, CASE WHEN a.reverses IS NOT NULL THEN coalesce(-o.fee, 0) WHEN d.rate = 0 THEN 0
		ELSE greatest(round(sum(d.rate * d.amount) OVER w, 2) - (sum(d.fee) OVER w - d.fee), 0) END AS expected
	FROM rui.settlement_allocation d
	JOIN rui.allocation a ON a.project_id = d.project_id AND a.id = d.allocation_id
	LEFT JOIN rui.settlement_allocation o ON o.project_id = a.project_id AND o.allocation_id = a.reverses
	WINDOW w AS (PARTITION BY d.project_id, a.payment_id ORDER BY d.settlement_id, a.reverses IS NULL, d.allocation_id)) f
WHERE f.fee <> f.expected
UNION ALL
SELECT l.project_id, 'settled_received', format('partners were given %s of charge %s, %s came in', l.received, l.charge_id, coalesce(n.amount, 0))
FROM (SELECT l.project_id, l.charge_id, sum(l.received) AS received FROM rui.settlement_line l
	JOIN rui.settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id AND s.state <> 'refused' GROUP BY l.project_id, l.charge_id) l
LEFT JOIN (SELECT d.project_id, d.charge_id, sum(d.amount) AS amount FROM rui.settlement_allocation d GROUP BY d.project_id, d.charge_id) d
	ON d.project_id = l.project_id AND d.charge_id = l.charge_id
LEFT JOIN rui.charge c ON c.project_id = l.project_id AND c.id = l.charge_id
CROSS JOIN LATERAL (SELECT round(d.amount * c.net / c.gross, 2) AS amount) n
WHERE l.received < 0 OR l.received > coalesce(n.amount, 0)
UNION ALL
SELECT y.project_id, 'settlement_sum', format('settlement %s gives party %s %s, its lines %s', y.settlement_id, y.party_id, y.amount, coalesce(l.amount, 0))
FROM rui.settlement_party y
LEFT JOIN (SELECT l.project_id, l.settlement_id, l.party_id, sum(l.amount) AS amount FROM rui.settlement_line l GROUP BY 1, 2, 3) l
	ON l.project_id = y.project_id AND l.settlement_id = y.settlement_id AND l.party_id = y.party_id
WHERE y.amount <> coalesce(l.amount, 0)
UNION ALL
SELECT b.project_id, 'partner_shares', format('settled and not paid %s, shares of partners of %s', o.amount, -b.balance)
FROM (SELECT k.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.books k
	JOIN rui.account a ON a.project_id = k.project_id AND a.code = '2242'
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	GROUP BY k.project_id) b
CROSS JOIN LATERAL (SELECT coalesce(sum(y.amount - y.payout), 0) AS amount FROM rui.settlement_party y
	JOIN rui.settlement s ON s.project_id = y.project_id AND s.id = y.settlement_id AND s.state = 'paid' WHERE y.project_id = b.project_id) o
WHERE o.amount <> -b.balance
UNION ALL
-- A share of days to come leaves revenue with them, all of it.
SELECT d.project_id, 'share_by_day', format('line %s of %s for %s has lowered revenue by %s before %s', d.line_id, d.amount, d.period, d.earned + r.amount, r.recognized_to)
FROM rui.share_deferral d
LEFT JOIN rui.settlement_line l ON l.project_id = d.project_id AND l.id = d.line_id
CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS amount, count(*) AS months, coalesce((max(r.month) + interval '1 month')::date, d.from_month) AS recognized_to
	FROM rui.share_recognition r WHERE r.project_id = d.project_id AND r.line_id = d.line_id) r
WHERE (l.amount, l.charge_id) IS DISTINCT FROM (d.amount, d.charge_id) OR r.recognized_to > d.to_month + interval '1 month'
	OR d.earned + r.amount <> rui.prorate(d.amount, daterange(lower(d.period), greatest(lower(d.period), least(r.recognized_to, upper(d.period)))), d.period)
	OR r.months <> (extract(year FROM r.recognized_to) - extract(year FROM d.from_month)) * 12 + extract(month FROM r.recognized_to) - extract(month FROM d.from_month)
	OR r.recognized_to <= d.to_month AND r.recognized_to <= (SELECT max(p.month) FROM rui.accounting_period p WHERE p.project_id = d.project_id AND p.state = 'closed')
UNION ALL
SELECT b.project_id, 'shares_ahead', format('shares left for days to come of %s, paid ahead are %s', o.amount, b.balance)
FROM (SELECT a.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.account a
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	WHERE a.code = '1123.01'
	GROUP BY a.project_id) b
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(d.amount - d.earned) FROM rui.share_deferral d WHERE d.project_id = b.project_id), 0)
	- coalesce((SELECT sum(r.amount) FROM rui.share_recognition r WHERE r.project_id = b.project_id), 0) AS amount) o
WHERE o.amount <> b.balance;

PERFORM rui._describe('settlement_violation', 'Everything that is not as it must be of what vendors and partners get: empty, always. Part of the list of all such things.',
	'invariant: The rule that is broken.',
	'detail: Which row breaks it, and how.');
GRANT SELECT ON rui.settlement_violation TO rui_manager, rui_auditor;
PERFORM rui._name('invariant', i.code, i.zh, i.en) FROM (VALUES
	('payables', '应付与明细一致', 'payables are the open invoices of vendors'),
	('invoice_matched', '发票与验收相符', 'invoices stand for what was accepted'),
	('invoice_paid', '发票不超额付款', 'no invoice is paid more than it is'),
	('shares_sum', '分成比例合计为一', 'shares add up to one'),
	('settled_once', '核销只结算一次', 'what is settled has come in, once'),
	('channel_fee', '渠道费合计不差分', 'channels keep their rate of a payment, rounded once'),
	('settled_received', '结算不超过实收', 'no more is settled than came in'),
	('settlement_sum', '结算与明细一致', 'settlements are the sums of their lines'),
	('share_by_day', '未来期间的分成按日冲减收入', 'shares of days to come leave revenue with the days'),
	('shares_ahead', '预付分成与明细一致', 'shares paid ahead are what is left of them'),
	('partner_shares', '应付分成与明细一致', 'shares of partners are what is settled and not paid')
) AS i(code, zh, en);
