-- A statement of account: everything that moved what a payer or a unit owes.

PERFORM rui._name('statement', k.code, k.zh, k.en) FROM (VALUES
	('opening', '期初余额', 'opening balance'), ('charge', '应收', 'charge'), ('late_fee', '违约金', 'late fee'), ('cost', '追索费用', 'cost of enforcement'),
	('charge_back', '冲销应收', 'charge taken back'), ('payment', '收款', 'payment'), ('payment_back', '冲销收款', 'payment taken back'),
	('refund', '退款', 'refund'), ('waiver', '减免', 'waiver'), ('waiver_back', '减免失效', 'waiver taken back'),
	('written_off', '坏账核销', 'written off'), ('recovered', '核销恢复', 'written off no more'),
	('paid_elsewhere', '由他处款项缴纳', 'paid by money of another account'),
	('closing', '期末余额', 'closing balance')
) AS k(code, zh, en);

CREATE FUNCTION rui._account_moves(project_id bigint, payer_id bigint, unit_id bigint)
RETURNS TABLE (at timestamptz, place integer, kind text, subject_id bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 200
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
	RETURN QUERY
	WITH owed AS MATERIALIZED (
		SELECT c.id, c.at, c.component, c.gross::numeric AS gross, v.at AS back_at FROM rui.charge c
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
		WHERE c.project_id = _account_moves.project_id AND (_account_moves.unit_id IS NULL OR c.unit_id = _account_moves.unit_id)
			AND (_account_moves.payer_id IS NULL OR c.payer_id = _account_moves.payer_id)),
	money AS MATERIALIZED (
		SELECT p.id, p.at, p.amount::numeric AS amount, v.at AS back_at FROM rui.payment p
		LEFT JOIN rui.payment_reversal v ON v.project_id = p.project_id AND v.payment_id = p.id
		WHERE p.project_id = _account_moves.project_id AND (_account_moves.unit_id IS NULL OR p.unit_id = _account_moves.unit_id)
			AND (_account_moves.payer_id IS NULL OR p.payer_id = _account_moves.payer_id))
	SELECT o.at, 1, CASE o.component WHEN 'principal' THEN 'charge' ELSE o.component END, o.id, o.gross FROM owed o
	UNION ALL
	SELECT o.back_at, 6, 'charge_back', o.id, -o.gross FROM owed o WHERE o.back_at IS NOT NULL
	UNION ALL
	SELECT w.decided_at, 2, 'waiver', w.id, -w.amount FROM owed o
	JOIN rui.waiver w ON w.project_id = _account_moves.project_id AND w.charge_id = o.id AND w.state = 'approved'
	UNION ALL
	SELECT o.back_at, 7, 'waiver_back', w.id, w.amount FROM owed o
	JOIN rui.waiver w ON w.project_id = _account_moves.project_id AND w.charge_id = o.id AND w.state = 'approved'
	WHERE o.back_at IS NOT NULL
	UNION ALL
	SELECT l.at, CASE WHEN l.kind = 'written_off' THEN 2 WHEN l.amount > 0 THEN 9 ELSE 0 END, CASE WHEN l.amount > 0 THEN 'written_off' ELSE 'recovered' END,
		l.charge_id, -l.amount
	FROM owed o
	JOIN rui.credit_loss l ON l.project_id = _account_moves.project_id AND l.charge_id = o.id AND l.amount <> 0
	UNION ALL
	SELECT m.at, 3, 'payment', m.id, -m.amount FROM money m
	UNION ALL
	SELECT m.back_at, 8, 'payment_back', m.id, m.amount FROM money m WHERE m.back_at IS NOT NULL
	UNION ALL
	SELECT r.at, 5, 'refund', r.id, r.amount FROM money m
	JOIN rui.refund r ON r.project_id = _account_moves.project_id AND r.payment_id = m.id
	UNION ALL
	-- Money comes from another account where its payment is of a wider scope:
	-- of the payer in all units, or of the unit whoever pays. The other way
	-- round it never goes: a payment pays charges of its own scope only.
	SELECT a.at, 4, 'paid_elsewhere', a.charge_id, -sum(a.amount) FROM owed o
	JOIN rui.allocation a ON a.project_id = _account_moves.project_id AND a.charge_id = o.id
	WHERE NOT EXISTS (SELECT FROM money m WHERE m.id = a.payment_id)
	GROUP BY a.at, a.charge_id;
END
$$;
COMMENT ON FUNCTION rui._account_moves(bigint, bigint, bigint) IS
'Internal: everything that ever moved what a payer, a unit (the other null) or a payer in a unit owes: when, its place among what happens at one instant, kind (label kind statement), the row it comes from and the amount: positive where more is owed. Their sum is what is open of the charges less what is left over of the payments.';

CREATE FUNCTION rui.statement(project_id bigint, payer_id bigint, unit_id bigint, from_on date, to_on date, lang text DEFAULT 'en')
RETURNS TABLE (place integer, at timestamptz, on_date date, kind text, kind_text text, subject_id bigint, text text, owed numeric, settled numeric, balance numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	zone text;
	sees_all boolean;
	whose bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_own_charges');
	sees_all := rui.has_permission(project_id, 'see_charges');
	whose := CASE WHEN sees_all THEN payer_id ELSE coalesce(payer_id, rui.current_party()) END;
	IF payer_id IS NULL AND unit_id IS NULL THEN
		PERFORM rui._missing('payer_id or unit_id');
	ELSIF lang IS NULL THEN
		PERFORM rui._missing('lang');
	ELSIF lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', left(lang, 60) USING ERRCODE = 'invalid_parameter_value', HINT = 'Give zh or en.';
	END IF;
	PERFORM rui._check_day('from_on', from_on);
	PERFORM rui._check_day('to_on', to_on);
	IF to_on <= from_on THEN
		RAISE EXCEPTION 'to_on % is not after from_on %', to_on, from_on
			USING ERRCODE = 'invalid_parameter_value', HINT = 'to_on is the first day that is not part of the statement.';
	ELSIF NOT sees_all AND whose <> rui.current_party() THEN
		RAISE EXCEPTION 'the account of party % is not yours', payer_id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Who has permission see_charges sees the accounts of others.';
	END IF;
	PERFORM rui._check_payer(project_id, payer_id);
	IF unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = statement.project_id AND u.id = statement.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	END IF;
	SELECT p.time_zone INTO zone FROM rui.project p WHERE p.id = statement.project_id;
	RETURN QUERY
	WITH bound AS (SELECT from_on::timestamp AT TIME ZONE zone AS from_at, to_on::timestamp AT TIME ZONE zone AS to_at),
	move AS MATERIALIZED (
		SELECT m.*, (m.at AT TIME ZONE zone)::date AS on_date, m.at < b.from_at AS is_before
		FROM bound b CROSS JOIN rui._account_moves(statement.project_id, whose, statement.unit_id) m
		WHERE m.at < b.to_at),
	line AS (
		SELECT b.from_at AS at, from_on AS on_date, 0 AS place, 'opening' AS kind, NULL::bigint AS subject_id,
			coalesce((SELECT sum(m.amount) FROM move m WHERE m.is_before), 0.00) AS amount FROM bound b
		UNION ALL
		SELECT m.at, m.on_date, m.place, m.kind, m.subject_id, m.amount FROM move m WHERE NOT m.is_before
		UNION ALL
		SELECT b.to_at, to_on - 1, 99, 'closing', NULL, 0 FROM bound b)
	SELECT (row_number() OVER w)::integer, l.at, l.on_date, l.kind, rui.label('statement', l.kind, lang), l.subject_id, CASE
		WHEN l.kind IN ('opening', 'closing') THEN NULL
		WHEN l.kind IN ('payment', 'payment_back', 'refund') THEN concat_ws(CASE WHEN in_zh THEN '；' ELSE '; ' END,
			format(CASE WHEN in_zh THEN '%s，付款 %s' ELSE '%s, payment %s' END, rui.label('payment_channel', y.channel, lang), y.id), coalesce(r.reason, v.reason))
		ELSE concat_ws(CASE WHEN in_zh THEN '；' ELSE '; ' END,
			format(CASE WHEN in_zh THEN '%s%s，%s 至 %s，账单 %s' ELSE '%s%s, from %s to %s, charge %s' END, f.name,
				CASE WHEN u.id IS NOT NULL THEN format(CASE WHEN in_zh THEN '（%s）' ELSE ' (%s)' END, u.code) END, lower(c.period), upper(c.period) - 1, c.id),
			CASE WHEN g.id IS NOT NULL AND l.kind IN ('charge', 'charge_back') THEN format(CASE WHEN in_zh THEN '%s，按 %s%% 收取' ELSE '%s, %s %% to be paid' END,
				rui.label('discount_ground', g.ground, lang), trim_scale(g.share * 100)) END, coalesce(w.reason, x.reason)) END,
		CASE WHEN l.amount > 0 AND l.kind NOT IN ('opening', 'closing') THEN l.amount END,
		CASE WHEN l.amount < 0 AND l.kind NOT IN ('opening', 'closing') THEN -l.amount END,
		sum(l.amount) OVER (w ROWS UNBOUNDED PRECEDING)
	FROM line l
	LEFT JOIN rui.refund r ON r.project_id = statement.project_id AND l.kind = 'refund' AND r.id = l.subject_id
	LEFT JOIN rui.payment y ON y.project_id = statement.project_id
		AND y.id = CASE WHEN l.kind IN ('payment', 'payment_back') THEN l.subject_id ELSE r.payment_id END
	LEFT JOIN rui.payment_reversal v ON v.project_id = y.project_id AND l.kind = 'payment_back' AND v.payment_id = y.id
	LEFT JOIN rui.waiver w ON w.project_id = statement.project_id AND l.kind IN ('waiver', 'waiver_back') AND w.id = l.subject_id
	LEFT JOIN rui.charge c ON c.project_id = statement.project_id
		AND c.id = CASE WHEN l.kind IN ('charge', 'late_fee', 'cost', 'charge_back', 'written_off', 'recovered', 'paid_elsewhere') THEN l.subject_id ELSE w.charge_id END
	LEFT JOIN rui.charge_reversal x ON x.project_id = c.project_id AND l.kind IN ('charge_back', 'waiver_back') AND x.charge_id = c.id
	LEFT JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	LEFT JOIN rui.discount g ON g.project_id = c.project_id AND g.id = c.discount_id
	LEFT JOIN rui.unit u ON u.project_id = c.project_id AND u.id = c.unit_id
	WINDOW w AS (ORDER BY l.kind = 'closing', l.kind <> 'opening', l.at, l.place, l.subject_id, l.kind)
	ORDER BY 1;
END
$$;
COMMENT ON FUNCTION rui.statement(bigint, bigint, bigint, date, date, text) IS
'The account of a payer, of a unit, or of a payer in one unit (the other null) from from_on to to_on (the first day that is not part of it; days of the project''s zone), in lang (zh or en): opening balance, every charge, late fee, cost, payment, refund, waiver, write-off and taking back in the order of time, closing balance. owed: what it adds; settled: what it lessens; balance: what is owed after it: positive arrears, negative prepayments. paid_elsewhere is money of a payment of wider scope (of the payer in all units, of the unit whoever pays) that paid a charge of this account. The closing balance at the end of all is what rui.charge_open has open of the account''s charges less what rui.payment_open has left over of its payments, and 1122 less 2203 in the ledger. subject_id: the charge, payment, refund or waiver; the text of a charge that is less by a discount names it. Who has see_charges sees all accounts, others (see_own_charges) their own: of a unit what they owe there themselves. Errors: 22004, 22008, 22023 days or language, P0002 unknown party or unit, 42501 also another''s.';
