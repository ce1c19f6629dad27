-- Everything that test/t/MoneyModel.pm can say of the money of project 1 at an
-- instant, one line each, amounts in cents.
SELECT concat_ws('|', 'charge', c.id, f.code, coalesce(c.unit_id::text, ''), coalesce(c.payer_id::text, ''), c.component, coalesce(c.about_charge_id::text, ''),
	c.source, c.revision, lower(c.period), upper(c.period), (c.gross * 100)::bigint, (c.tax * 100)::bigint, c.due_on, (o.paid * 100)::bigint, (o.waived * 100)::bigint,
	(o.open_amount * 100)::bigint, o.state)
FROM rui.charge c JOIN rui.fee_item f ON f.id = c.fee_item_id JOIN rui.charge_open o ON o.charge_id = c.id
UNION ALL
SELECT concat_ws('|', 'late', l.charge_id, l.days_late, (l.open_amount * 100)::bigint, (l.accrued * 100)::bigint, (l.billed * 100)::bigint) FROM rui.late_fees(1, :at) l
UNION ALL
SELECT concat_ws('|', 'arrears', coalesce(r.unit_id::text, ''), (r.not_due * 100)::bigint, (r.days_1_30 * 100)::bigint, (r.days_31_60 * 100)::bigint,
	(r.days_61_90 * 100)::bigint, (r.days_91_180 * 100)::bigint, (r.days_over_180 * 100)::bigint, (r.total * 100)::bigint) FROM rui.arrears(1, :at) r
UNION ALL
SELECT concat_ws('|', 'allocation', a.payment_id, a.charge_id, (sum(a.amount) * 100)::bigint) FROM rui.allocation a GROUP BY a.payment_id, a.charge_id HAVING sum(a.amount) <> 0
UNION ALL
SELECT concat_ws('|', 'payment', p.payment_id, (p.amount * 100)::bigint, (p.allocated * 100)::bigint, (p.refunded * 100)::bigint, (p.left_over * 100)::bigint, p.state)
FROM rui.payment_open p
UNION ALL
SELECT concat_ws('|', 'waiver', w.id, w.charge_id, (w.amount * 100)::bigint, coalesce((w.net * 100)::bigint::text, ''), coalesce((w.tax * 100)::bigint::text, ''), w.state)
FROM rui.waiver w
UNION ALL
SELECT concat_ws('|', 'balance', to_char(s.period, 'YYYY-MM'), a.code, (sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END) * 100)::bigint)
FROM rui.ledger_side s JOIN rui.account a ON a.id = s.account_id GROUP BY s.period, a.code HAVING sum(CASE WHEN s.is_debit THEN s.amount ELSE -s.amount END) <> 0
UNION ALL
SELECT concat_ws('|', 'trial', t.code, (t.debit * 100)::bigint, (t.credit * 100)::bigint) FROM rui.trial_balance(1, :at) t WHERE t.debit + t.credit > 0
UNION ALL
SELECT concat_ws('|', 'month', to_char(m.month, 'YYYY-MM'), m.state) FROM rui.accounting_period m
