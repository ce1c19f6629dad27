-- What waits for a second person where money is agreed on: contracts, budgets,
-- reversals, money to be given back, invoices, payments and settlements that others ask for.

CREATE FUNCTION rui._inbox_money(me bigint, most integer)
RETURNS TABLE (project_id bigint, subject text, subject_id bigint, about text, since timestamptz)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	SELECT b.project_id, 'budget', b.id, format('%s, %s', b.year, b.version), b.proposed_at
	FROM unnest(rui._allowed_projects('approve_budgets')) AS j(id)
	JOIN rui.budget b ON b.project_id = j.id AND b.state = 'proposed' AND b.proposed_by <> me
	ORDER BY b.proposed_at, b.id LIMIT most;
	RETURN QUERY
	SELECT c.project_id, 'service_contract', c.id, c.code, c.proposed_at
	FROM unnest(rui._allowed_projects('approve_service_contracts')) AS j(id)
	JOIN rui.service_contract c ON c.project_id = j.id AND c.state = 'proposed' AND c.proposed_by <> me
	ORDER BY c.proposed_at, c.id LIMIT most;
	RETURN QUERY
	SELECT c.project_id, 'vendor_contract', c.id, rui._short(format('%s %s', c.code, c.title), 80), c.proposed_at
	FROM unnest(rui._allowed_projects('approve_vendor_contracts')) AS j(id)
	JOIN rui.vendor_contract c ON c.project_id = j.id AND c.state = 'proposed' AND c.proposed_by <> me
	ORDER BY c.proposed_at, c.id LIMIT most;
	RETURN QUERY
	SELECT c.project_id, 'share_contract', c.id, c.code, c.proposed_at
	FROM unnest(rui._allowed_projects('approve_share_contracts')) AS j(id)
	JOIN rui.share_contract c ON c.project_id = j.id AND c.state = 'proposed' AND c.proposed_by <> me
	ORDER BY c.proposed_at, c.id LIMIT most;
	RETURN QUERY
	SELECT u.project_id, 'trust_use', u.id, rui._short(format('%s: %s', u.amount, u.purpose), 80), u.proposed_at
	FROM unnest(rui._allowed_projects('approve_trust_uses')) AS j(id)
	JOIN rui.trust_use u ON u.project_id = j.id AND u.state = 'proposed' AND u.proposed_by <> me
	ORDER BY u.proposed_at, u.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'reversal', r.id, rui._short(format('%s %s: %s', rui.label('reversal', r.kind, 'zh'), coalesce(c.net + c.tax, m.amount), r.reason), 80), r.requested_at
	FROM unnest(rui._allowed_projects('approve_reversals')) AS j(id)
	JOIN rui.reversal r ON r.project_id = j.id AND r.state = 'requested' AND r.requested_by <> me
	LEFT JOIN rui.cost c ON r.kind = 'cost' AND c.project_id = r.project_id AND c.id = r.row_id
	LEFT JOIN rui.trust_movement m ON r.kind = 'trust_movement' AND m.project_id = r.project_id AND m.id = r.row_id
	ORDER BY r.requested_at, r.id LIMIT most;
	RETURN QUERY
	SELECT p.project_id, 'payout', p.id, rui._short(format('%s %s: %s', rui.label('payout', p.kind, 'zh'), p.amount, p.reason), 80), p.requested_at
	FROM unnest(rui._allowed_projects('approve_payouts')) AS j(id)
	JOIN rui.payout p ON p.project_id = j.id AND p.state = 'requested' AND p.requested_by <> me
	ORDER BY p.requested_at, p.id LIMIT most;
	RETURN QUERY
	SELECT c.project_id, 'advance_campaign', c.id, rui._short(format('%s: %s', c.name, c.reason), 80), c.requested_at
	FROM unnest(rui._allowed_projects('approve_discounts')) AS j(id)
	JOIN rui.advance_campaign c ON c.project_id = j.id AND c.state = 'requested' AND c.requested_by <> me
	ORDER BY c.requested_at, c.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'trust_receipt', r.id, rui._short(format('%s: %s', r.amount, r.memo), 80), r.requested_at
	FROM unnest(rui._allowed_projects('confirm_trust_money')) AS j(id)
	JOIN rui.trust_receipt r ON r.project_id = j.id AND r.state = 'requested' AND r.requested_by <> me
	ORDER BY r.requested_at, r.id LIMIT most;
	-- One with differences needs who may accept those, too.
	RETURN QUERY
	SELECT i.project_id, 'vendor_invoice', i.id, rui._short(format('%s %s', i.number, i.gross), 80), i.requested_at
	FROM unnest(rui._allowed_projects('approve_vendor_invoices')) AS j(id)
	JOIN rui.vendor_invoice i ON i.project_id = j.id AND i.state = 'recorded' AND i.requested_by <> me
		AND (cardinality(i.differences) = 0 OR rui.has_permission(i.project_id, 'approve_invoice_differences'))
	ORDER BY i.requested_at, i.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'vendor_payment_run', r.id, format('%s, %s', r.total, r.due_until), r.requested_at
	FROM unnest(rui._allowed_projects('approve_vendor_payments')) AS j(id)
	JOIN rui.vendor_payment_run r ON r.project_id = j.id AND r.state = 'requested' AND r.requested_by <> me
	ORDER BY r.requested_at, r.id LIMIT most;
	RETURN QUERY
	SELECT s.project_id, 'settlement', s.id, format('%s, %s', to_char(s.month, 'YYYY-MM'), s.received), s.requested_at
	FROM unnest(rui._allowed_projects('approve_settlements')) AS j(id)
	JOIN rui.settlement s ON s.project_id = j.id AND s.state = 'settled' AND s.requested_by <> me
	ORDER BY s.requested_at, s.id LIMIT most;
	RETURN QUERY
	SELECT s.project_id, 'surplus', s.id, format('%s, %s', to_char(s.to_month, 'YYYY-MM'), s.amount), s.requested_at
	FROM unnest(rui._allowed_projects('approve_surplus')) AS j(id)
	JOIN rui.surplus_settlement s ON s.project_id = j.id AND s.state = 'requested' AND s.requested_by <> me
	ORDER BY s.requested_at, s.id LIMIT most;
	RETURN QUERY
	SELECT p.project_id, 'surplus_payout', p.id, rui._short(format('%s: %s', p.amount, p.reason), 80), p.requested_at
	FROM unnest(rui._allowed_projects('approve_surplus')) AS j(id)
	JOIN rui.surplus_payout p ON p.project_id = j.id AND p.state = 'requested' AND p.requested_by <> me
	ORDER BY p.requested_at, p.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'reconciliation', r.id, rui._short(format('%s: %s', r.received - r.expected, r.difference_reason), 80), r.at
	FROM unnest(rui._allowed_projects('approve_differences')) AS j(id)
	JOIN rui.reconciliation r ON r.project_id = j.id AND r.last_action = 'ask' AND r.requested_by <> me
	ORDER BY r.at, r.id LIMIT most;
END
$$;
COMMENT ON FUNCTION rui._inbox_money(bigint, integer) IS
'Internal: what others ask for about money and a party (the acting one) may decide on: contracts, budgets, uses of trust funds and money that came into them, campaigns for paying ahead, reversals of costs and of movements of trust funds, money to be given or taken back, vendors'' invoices and payments, settlements, surpluses, differences of statements; at most so many of each, unordered.';
