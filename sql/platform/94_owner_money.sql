-- What must always be so of the owners' money: a part of the view of all rules
-- that has a room of its own.

CREATE VIEW rui.owner_money_violation WITH (security_invoker = true, security_barrier = true) AS
-- The owners' surplus: each month is settled once, later only for what
-- changed, and the books owe what is settled and not paid back.
SELECT l.project_id, 'surplus_once' AS invariant, format('settlement %s takes %s of %s as settled before, it is %s', l.settlement_id, l.before, to_char(l.month, 'YYYY-MM'), coalesce(l.settled, 0)) AS detail
FROM (SELECT l.*, sum(l.amount) OVER (PARTITION BY l.project_id, l.month ORDER BY l.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS settled
	FROM rui.surplus_line l JOIN rui.surplus_settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id AND s.state = 'approved') l
WHERE l.before <> coalesce(l.settled, 0)
UNION ALL
SELECT s.project_id, 'surplus_sum', format('settlement %s of surplus is of %s, its lines of %s', s.id, s.amount, l.amount)
FROM rui.surplus_settlement s
CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount), 0) AS amount FROM rui.surplus_line l WHERE l.project_id = s.project_id AND l.settlement_id = s.id) l
WHERE s.amount <> l.amount
UNION ALL
SELECT b.project_id, 'owner_surplus', format('surplus settled and not paid back %s, owed to the owners %s', o.amount, -b.balance)
FROM (SELECT k.project_id, coalesce(sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END), 0) AS balance
	FROM rui.books k
	JOIN rui.account a ON a.project_id = k.project_id AND a.code = '2241.02'
	LEFT JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	GROUP BY k.project_id) b
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(l.amount) FROM rui.surplus_line l
		JOIN rui.surplus_settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id AND s.state = 'approved' WHERE l.project_id = b.project_id), 0)
	- coalesce((SELECT sum(y.amount) FROM rui.surplus_payout y WHERE y.project_id = b.project_id AND y.state = 'paid'), 0) AS amount) o
WHERE o.amount <> -b.balance
UNION ALL

-- Trust funds: bank and debt are the movements, parts of units are all of a
-- maintenance fund, nothing is ever below zero, and nothing is spent but what
-- was agreed to.
SELECT f.project_id, 'trust_funds', format('fund "%s" moved %s, its bank account holds %s and it owes %s', f.code, m.amount, b.bank, b.owed)
FROM rui.trust_fund f
CROSS JOIN LATERAL (SELECT coalesce(sum(m.amount), 0) AS amount FROM rui.trust_movement m WHERE m.project_id = f.project_id AND m.fund_id = f.id) m
CROSS JOIN LATERAL (SELECT coalesce(sum(CASE WHEN p.debit_account = f.bank_account_id THEN p.amount WHEN p.credit_account = f.bank_account_id THEN -p.amount END), 0) AS bank,
		coalesce(sum(CASE WHEN p.credit_account = f.owed_account_id THEN p.amount WHEN p.debit_account = f.owed_account_id THEN -p.amount END), 0) AS owed
	FROM rui.posting p WHERE p.project_id = f.project_id AND (f.bank_account_id IN (p.debit_account, p.credit_account) OR f.owed_account_id IN (p.debit_account, p.credit_account))) b
WHERE m.amount <> b.bank OR m.amount <> b.owed
UNION ALL
SELECT m.project_id, 'trust_shares', format('movement %s of %s of a %s fund has parts of units of %s', m.id, m.amount, f.kind, coalesce(s.amount::text, 'none'))
FROM rui.trust_movement m
JOIN rui.trust_fund f ON f.project_id = m.project_id AND f.id = m.fund_id
CROSS JOIN LATERAL (SELECT sum(s.amount) AS amount, bool_or(s.fund_id <> m.fund_id OR (s.amount > 0) <> (m.amount > 0)) AS is_odd
	FROM rui.trust_share s WHERE s.project_id = m.project_id AND s.movement_id = m.id) s
WHERE s.amount IS DISTINCT FROM CASE f.kind WHEN 'maintenance' THEN m.amount END OR s.is_odd
UNION ALL
SELECT b.project_id, 'trust_negative', format('%s fund %s holds %s after movement %s', CASE WHEN b.unit_id IS NULL THEN '' ELSE format('unit %s in', b.unit_id) END, b.fund_id, b.balance, b.id)
FROM (
	SELECT m.project_id, m.fund_id, NULL::bigint AS unit_id, m.id, sum(m.amount) OVER (PARTITION BY m.project_id, m.fund_id ORDER BY m.id) AS balance FROM rui.trust_movement m
	UNION ALL
	SELECT s.project_id, s.fund_id, s.unit_id, s.movement_id, sum(s.amount) OVER (PARTITION BY s.project_id, s.fund_id, s.unit_id ORDER BY s.movement_id) FROM rui.trust_share s) b
WHERE b.balance < 0
UNION ALL
SELECT u.project_id, 'trust_agreed', format('use %s of %s is %s, paid with %s, the owners: %s', u.id, u.amount, u.state, m.paid, coalesce(v.problem, 'agreed'))
FROM rui.trust_use u
CROSS JOIN LATERAL (SELECT coalesce(-sum(m.amount) FILTER (WHERE m.kind <> 'transfer_in'), 0) AS paid, coalesce(sum(m.amount) FILTER (WHERE m.kind = 'transfer_in'), 0) AS handed
	FROM rui.trust_movement m WHERE m.project_id = u.project_id AND m.use_id = u.id) m
-- The rule as it was on the day of the decision, once more.
CROSS JOIN LATERAL (SELECT CASE WHEN r.matter IS NULL OR r.needs_ground AND u.ground IS NULL
		OR r.needs_vote AND (u.elector_area IS NULL OR u.voted_area * r.attend_parts[2] < u.elector_area * r.attend_parts[1]
			OR u.voted_count::bigint * r.attend_parts[2] < u.elector_count::bigint * r.attend_parts[1]
			OR CASE WHEN r.is_more THEN u.agreed_area * r.agree_parts[2] <= (CASE r.agree_of WHEN 'voted' THEN u.voted_area ELSE u.elector_area END) * r.agree_parts[1]
				OR u.agreed_count::bigint * r.agree_parts[2] <= (CASE r.agree_of WHEN 'voted' THEN u.voted_count ELSE u.elector_count END)::bigint * r.agree_parts[1]
			ELSE u.agreed_area * r.agree_parts[2] < (CASE r.agree_of WHEN 'voted' THEN u.voted_area ELSE u.elector_area END) * r.agree_parts[1]
				OR u.agreed_count::bigint * r.agree_parts[2] < (CASE r.agree_of WHEN 'voted' THEN u.voted_count ELSE u.elector_count END)::bigint * r.agree_parts[1] END)
		THEN 'not agreed' END AS problem
	FROM (VALUES (1)) AS x(x) LEFT JOIN rui.vote_rule r ON r.matter = u.matter AND r.valid @> u.decided_on) v
WHERE m.paid > u.amount OR m.paid < 0 OR m.handed <> CASE WHEN u.to_fund_id IS NULL THEN 0 ELSE m.paid END
	OR u.state IN ('approved', 'finished') AND v.problem IS NOT NULL OR u.state IN ('proposed', 'refused') AND m.paid <> 0
UNION ALL
-- What came in was imported, or entered by one person and confirmed by another or by a bank.
SELECT m.project_id, 'trust_received', format('movement %s of %s came into fund %s by nobody''s word, or one''s alone', m.id, m.amount, m.fund_id)
FROM rui.trust_movement m
WHERE m.kind IN ('deposit', 'income', 'interest') AND m.reverses IS NULL AND m.reference IS NULL
	AND NOT EXISTS (SELECT FROM rui.trust_receipt r
		LEFT JOIN rui.bank_line l ON l.project_id = r.project_id AND l.id = r.line_id
		WHERE r.project_id = m.project_id AND r.movement_id = m.id AND r.fund_id = m.fund_id AND r.amount = m.amount AND r.state = 'confirmed'
			AND CASE WHEN r.line_id IS NULL THEN r.decided_by <> r.requested_by ELSE l.amount = r.amount AND NOT EXISTS (SELECT FROM rui.reconciliation c
				WHERE c.project_id = r.project_id AND c.line_id = r.line_id AND c.state <> 'undone') END);

PERFORM rui._describe('owner_money_violation', 'What is not as it must be of the owners'' surplus and of trust funds: empty, always; a part of the view of all rules.',
	'invariant: The rule that is broken.',
	'detail: Which row breaks it, and how.');
GRANT SELECT ON rui.owner_money_violation TO rui_manager, rui_auditor;
PERFORM rui._name('invariant', i.code, i.zh, i.en) FROM (VALUES
	('surplus_once', '结余只结算一次', 'surplus of a month is settled once'),
	('surplus_sum', '结余结算与明细一致', 'settlements of surplus are the sums of their months'),
	('owner_surplus', '业主结余与账簿一致', 'the books owe the owners what is settled and not paid back'),
	('trust_funds', '代管资金与账簿一致', 'bank and debt of trust funds are their movements'),
	('trust_shares', '分户之和等于变动', 'parts of units are all of a maintenance fund'),
	('trust_negative', '代管资金不透支', 'no trust fund and no unit in it is below zero'),
	('trust_received', '代管资金收款经他人确认', 'what comes into trust funds is confirmed by another, or by a bank'),
	('trust_agreed', '代管资金使用经业主同意', 'trust funds are used for what was agreed to, and no further')
) AS i(code, zh, en);
