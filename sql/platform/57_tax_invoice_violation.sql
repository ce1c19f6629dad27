-- What must always hold of tax invoices; rui.invariant_violation has these
-- rows among its own.

CREATE VIEW rui.tax_invoice_violation WITH (security_invoker = true, security_barrier = true) AS
SELECT i.project_id, 'tax_invoice_sum' AS invariant, format('invoice %s says %s, its lines %s', i.id, i.gross, coalesce(l.gross, 0)) AS detail
FROM rui.tax_invoice i
LEFT JOIN (SELECT l.project_id, l.invoice_id, sum(l.net) AS net, sum(l.tax) AS tax, sum(l.gross) AS gross FROM rui.tax_invoice_line l GROUP BY 1, 2) l
	ON l.project_id = i.project_id AND l.invoice_id = i.id
WHERE i.net IS DISTINCT FROM l.net OR i.tax IS DISTINCT FROM l.tax OR i.gross IS DISTINCT FROM l.gross
UNION ALL
SELECT l.project_id, 'tax_line_left', format('line %s of invoice %s has %s left, red letters leave %s', l.line, l.invoice_id, coalesce(f.gross, 0),
	s.gross)
FROM rui.tax_invoice_line l
JOIN rui.tax_invoice i ON i.project_id = l.project_id AND i.id = l.invoice_id
LEFT JOIN rui.tax_line_left f ON f.project_id = l.project_id AND f.invoice_id = l.invoice_id AND f.line = l.line
LEFT JOIN (SELECT r.project_id, r.red_of, m.red_line, sum(m.net) AS net, sum(m.tax) AS tax, sum(m.gross) AS gross
	FROM rui.tax_invoice r
	JOIN rui.tax_invoice_line m ON m.project_id = r.project_id AND m.invoice_id = r.id
	WHERE r.red_of IS NOT NULL AND r.state <> 'canceled' GROUP BY 1, 2, 3) m
	ON m.project_id = l.project_id AND m.red_of = l.invoice_id AND m.red_line = l.line
CROSS JOIN LATERAL (SELECT CASE WHEN i.state = 'canceled' THEN 0 ELSE l.net + coalesce(m.net, 0) END AS net,
	CASE WHEN i.state = 'canceled' THEN 0 ELSE l.tax + coalesce(m.tax, 0) END AS tax,
	CASE WHEN i.state = 'canceled' THEN 0 ELSE l.gross + coalesce(m.gross, 0) END AS gross) s
WHERE l.red_line IS NULL AND (s.net < 0 OR s.tax < 0 OR s.gross < 0 OR f.net IS DISTINCT FROM s.net OR f.tax IS DISTINCT FROM s.tax
	OR f.gross IS DISTINCT FROM s.gross)
UNION ALL
SELECT d.project_id, 'tax_invoiced_once', format('of %s %s %s is invoiced, %s counted, of %s', d.source, d.source_id, coalesce(l.gross, 0), d.gross,
	coalesce(c.gross, p.amount, 0))
FROM rui.tax_invoiced d
LEFT JOIN (SELECT l.project_id, CASE WHEN l.charge_id IS NULL THEN 'payment' ELSE 'charge' END AS source, coalesce(l.charge_id, l.payment_id) AS source_id,
		sum(l.net) AS net, sum(l.gross) AS gross
	FROM rui.tax_invoice_line l
	JOIN rui.tax_invoice i ON i.project_id = l.project_id AND i.id = l.invoice_id
		AND CASE WHEN i.red_of IS NULL THEN i.state <> 'canceled' ELSE i.state = 'issued' END
	GROUP BY 1, 2, 3) l ON l.project_id = d.project_id AND l.source = d.source AND l.source_id = d.source_id
LEFT JOIN rui.charge c ON d.source = 'charge' AND c.project_id = d.project_id AND c.id = d.source_id
LEFT JOIN rui.payment p ON d.source = 'payment' AND p.project_id = d.project_id AND p.id = d.source_id
WHERE coalesce(l.gross, 0) <> d.gross OR coalesce(l.net, 0) <> d.net OR d.gross < 0 OR d.gross > coalesce(c.gross, p.amount, 0)
	OR d.net > coalesce(c.net, p.amount, 0)
UNION ALL
SELECT i.project_id, 'tax_number_once', format('invoice %s has number %s, which is registered for %s', i.id, i.number, coalesce(n.invoice_id::text, 'nobody'))
FROM rui.tax_invoice i
JOIN rui.project j ON j.id = i.project_id
LEFT JOIN rui.tax_number n ON n.company_id = j.company_id AND n.tax_no = i.seller_tax_no AND n.number = i.number
WHERE i.state = 'issued' AND (n.project_id IS DISTINCT FROM i.project_id OR n.invoice_id IS DISTINCT FROM i.id)
UNION ALL
SELECT i.project_id, 'tax_invoice_red', format('red letter %s is not of what invoice %s says', i.id, i.red_of)
FROM rui.tax_invoice i
LEFT JOIN rui.tax_invoice b ON b.project_id = i.project_id AND b.id = i.red_of
WHERE i.red_of IS NOT NULL AND (b.state IS DISTINCT FROM 'issued' OR b.red_of IS NOT NULL OR b.kind <> i.kind OR b.seller_tax_no <> i.seller_tax_no
	OR b.buyer_name <> i.buyer_name OR EXISTS (SELECT FROM rui.tax_invoice_line l
		LEFT JOIN rui.tax_invoice_line k ON k.project_id = l.project_id AND k.invoice_id = i.red_of AND k.line = l.red_line
		WHERE l.project_id = i.project_id AND l.invoice_id = i.id
			AND (k.line IS NULL OR l.rate <> k.rate OR l.charge_id IS DISTINCT FROM k.charge_id OR l.payment_id IS DISTINCT FROM k.payment_id)));
PERFORM rui._describe('tax_invoice_violation', 'What of tax invoices is not as it must be: empty, always.',
	'invariant: The rule that is broken.', 'detail: Which row breaks it, and how.');
GRANT SELECT ON rui.tax_invoice_violation TO rui_manager, rui_auditor;
PERFORM rui._name('invariant', i.code, i.zh, i.en) FROM (VALUES
	('tax_invoice_sum', '发票与明细一致', 'invoices are the sums of their lines'),
	('tax_line_left', '红字不超过蓝字', 'no line is reddened beyond itself'),
	('tax_invoiced_once', '不重复开票', 'nothing is invoiced beyond itself'),
	('tax_number_once', '发票号码唯一', 'numbers of invoices count once for a seller'),
	('tax_invoice_red', '红字与蓝字相符', 'red letters are of what their invoice says')
) AS i(code, zh, en);
