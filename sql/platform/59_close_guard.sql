-- What must be consistent before a month is closed, or closed for most: every
-- control account is what the rows of all rooms say, as the invariants look it up.

CREATE FUNCTION rui._control_differences(project_id bigint)
RETURNS TABLE (account_code text, difference numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	WITH booked AS MATERIALIZED (
		-- The ledger once for all of them.
		SELECT s.account_id, sum(s.amount) AS balance FROM (
			SELECT p.debit_account AS account_id, p.amount::numeric AS amount FROM rui.posting p WHERE p.project_id = _control_differences.project_id
			UNION ALL
			SELECT p.credit_account, -p.amount FROM rui.posting p WHERE p.project_id = _control_differences.project_id) s
		GROUP BY s.account_id),
	-- What the accounts should hold on their debit side.
	said AS (
		SELECT '1122' AS code, coalesce((SELECT sum(c.gross) FROM rui.charge c WHERE c.project_id = _control_differences.project_id
				AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)), 0)
			- coalesce((SELECT sum(a.amount) FROM rui.allocation a WHERE a.project_id = _control_differences.project_id), 0)
			- coalesce((SELECT sum(w.amount) FROM rui.waiver w WHERE w.project_id = _control_differences.project_id AND w.state = 'approved'
				AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = w.project_id AND v.charge_id = w.charge_id)), 0)
			- coalesce((SELECT sum(l.amount) FROM rui.credit_loss l WHERE l.project_id = _control_differences.project_id), 0) AS balance
		UNION ALL
		SELECT '2203', coalesce((SELECT sum(a.amount) FROM rui.allocation a WHERE a.project_id = _control_differences.project_id), 0)
			+ coalesce((SELECT sum(r.amount) FROM rui.refund r WHERE r.project_id = _control_differences.project_id), 0)
			- coalesce((SELECT sum(p.amount) FROM rui.payment p WHERE p.project_id = _control_differences.project_id
				AND NOT EXISTS (SELECT FROM rui.payment_reversal v WHERE v.project_id = p.project_id AND v.payment_id = p.id)), 0)
		UNION ALL
		SELECT '2205', -coalesce((SELECT sum(o.remaining) FROM rui.deferral_open o WHERE o.project_id = _control_differences.project_id), 0)
		UNION ALL
		SELECT '2241.01', -coalesce((SELECT sum(h.held) FROM rui.deposit_held h WHERE h.project_id = _control_differences.project_id), 0)
		UNION ALL
		SELECT '2241.02', coalesce((SELECT sum(y.amount) FROM rui.surplus_payout y WHERE y.project_id = _control_differences.project_id AND y.state = 'paid'), 0)
			- coalesce((SELECT sum(l.amount) FROM rui.surplus_line l
				JOIN rui.surplus_settlement s ON s.project_id = l.project_id AND s.id = l.settlement_id AND s.state = 'approved'
				WHERE l.project_id = _control_differences.project_id), 0)
		UNION ALL
		SELECT '2202', coalesce((SELECT sum(y.amount) FROM rui.vendor_payment y
				JOIN rui.vendor_payment_run r ON r.project_id = y.project_id AND r.id = y.run_id AND r.state = 'paid'
				WHERE y.project_id = _control_differences.project_id), 0)
			- coalesce((SELECT sum(CASE WHEN i.credits_invoice_id IS NULL THEN i.gross ELSE -i.gross END) FROM rui.vendor_invoice i
				WHERE i.project_id = _control_differences.project_id AND i.state = 'approved'), 0)
		UNION ALL
		SELECT '2242', coalesce((SELECT sum(y.payout - y.amount) FROM rui.settlement_party y
			JOIN rui.settlement s ON s.project_id = y.project_id AND s.id = y.settlement_id AND s.state = 'paid'
			WHERE y.project_id = _control_differences.project_id), 0)
		UNION ALL
		SELECT '1123.01', coalesce((SELECT sum(d.amount - d.earned) FROM rui.share_deferral d WHERE d.project_id = _control_differences.project_id), 0)
			- coalesce((SELECT sum(r.amount) FROM rui.share_recognition r WHERE r.project_id = _control_differences.project_id), 0)
		UNION ALL
		SELECT a.code, coalesce(m.amount, 0) * f.side
		FROM (SELECT t.project_id, t.id, x.account_id, x.side FROM rui.trust_fund t
			CROSS JOIN LATERAL (VALUES (t.bank_account_id, 1), (t.owed_account_id, -1)) AS x(account_id, side)
			WHERE t.project_id = _control_differences.project_id) f
		JOIN rui.account a ON a.project_id = f.project_id AND a.id = f.account_id
		CROSS JOIN LATERAL (SELECT sum(m.amount) AS amount FROM rui.trust_movement m WHERE m.project_id = f.project_id AND m.fund_id = f.id) m)
	SELECT s.code, s.balance - coalesce(b.balance, 0) FROM said s
	LEFT JOIN rui.account a ON a.project_id = _control_differences.project_id AND a.code = s.code
	LEFT JOIN booked b ON b.account_id = a.id
	WHERE s.balance <> coalesce(b.balance, 0)
	ORDER BY s.code;
END
$$;
COMMENT ON FUNCTION rui._control_differences(bigint) IS
'Internal: the control accounts of a project whose balance (debit above zero) is not what their rows say, and by how much those say more: receivables 1122, vendors'' payables 2202, prepayments 2203, deferred revenue 2205, deposits held 2241.01, the owners'' surplus 2241.02, shares of partners 2242, those paid ahead 1123.01, and both accounts of each trust fund. Empty, unless something is broken.';

CREATE FUNCTION rui._control_obstacle(project_id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT format('Control accounts differ from their rows: %s.', string_agg(format('%s by %s', d.account_code, d.difference), ', ' ORDER BY d.account_code))
		FROM rui._control_differences(_control_obstacle.project_id) d HAVING count(*) > 0);
END
$$;
COMMENT ON FUNCTION rui._control_obstacle(bigint) IS
'Internal: why a month cannot be closed, not even for most, or null: control accounts that are not what their rows say, all of them named.';

CREATE FUNCTION rui._end_month_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce(rui._unreconciled_obstacle(project_id, id), rui._control_obstacle(project_id));
END
$$;
COMMENT ON FUNCTION rui._end_month_obstacle(bigint, bigint) IS
'Internal: guard of closing an accounting month: what rui._unreconciled_obstacle() says, or rui._control_obstacle().';

CREATE FUNCTION rui._soften_month_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce(rui._soft_close_obstacle(project_id, id), rui._control_obstacle(project_id));
END
$$;
COMMENT ON FUNCTION rui._soften_month_obstacle(bigint, bigint) IS
'Internal: guard of closing an accounting month for most: what rui._soft_close_obstacle() says, or rui._control_obstacle().';
UPDATE rui.transition SET guard = CASE action WHEN 'close' THEN '_end_month_obstacle' ELSE '_soften_month_obstacle' END
WHERE subject = 'accounting_period' AND action IN ('close', 'soft_close');
