-- What waits for the acting party, in all its projects at once. Every part
-- reads what is open by an index that holds only that.

PERFORM rui._name('inbox', n.code, n.zh, n.en) FROM (VALUES
	('accept', '待接单', 'to accept'), ('due', '即将到期', 'due soon'), ('late', '已超时', 'late'), ('triage', '待受理', 'to triage'),
	('assign', '待派单', 'to assign'), ('call_back', '待回访', 'to call back'), ('rate', '待评价', 'to rate'),
	('approve', '待审批', 'to approve'), ('review', '待复核', 'to review'), ('activate', '待启用', 'to activate'), ('close', '待结账', 'to close'), ('settle', '待裁定', 'to settle'),
	('notice', '升级通知', 'escalated')) AS n(code, zh, en);

CREATE FUNCTION rui._allowed_projects(permission text) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ARRAY(SELECT p.id FROM unnest(rui.my_projects()) AS p(id) WHERE rui.has_permission(p.id, _allowed_projects.permission));
END
$$;
COMMENT ON FUNCTION rui._allowed_projects(text) IS 'Internal: ids of the projects in which the acting party has a permission, ascending.';

CREATE FUNCTION rui._inbox(at timestamptz)
RETURNS TABLE (project_id bigint, kind text, subject text, subject_id bigint, about text, is_emergency boolean,
	since timestamptz, due_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	most CONSTANT integer := 200;
	me CONSTANT bigint := rui.current_party();
	mine CONSTANT bigint[] := rui.my_projects();
	managed CONSTANT bigint[] := rui._allowed_projects('manage_tickets');
	soon CONSTANT timestamptz := at + interval '24 hours';
BEGIN
	IF me IS NULL THEN
		RETURN;
	END IF;
	-- Tasks of my own: what I have not taken yet, and promises of the others.
	RETURN QUERY
	SELECT t.project_id, CASE WHEN t.state = 'assigned' THEN 'accept' WHEN c.due_at < _inbox.at THEN 'late' ELSE 'due' END,
		t.kind, t.id, rui._short(k.details, 80), t.is_emergency, t.assigned_at, c.due_at
	FROM unnest(mine) AS j(id)
	JOIN rui.task t ON t.project_id = j.id AND t.executor_id = me AND t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred')
	LEFT JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	LEFT JOIN LATERAL (
		SELECT min(CASE c.judged_by WHEN 'wall' THEN c.due_at ELSE c.breach_at END) AS due_at FROM rui.task_clock c
		WHERE c.project_id = t.project_id AND c.task_id = t.id AND c.state = 'running') c ON true
	WHERE t.state = 'assigned' OR c.due_at < soon
	ORDER BY c.due_at, t.id LIMIT most;
	-- Tickets that wait for anybody who may triage and assign.
	RETURN QUERY
	SELECT w.project_id, CASE w.state WHEN 'new' THEN 'triage' ELSE 'assign' END, w.kind, w.id, rui._short(k.details, 80),
		w.is_emergency, w.opened_at, c.due_at
	FROM unnest(managed) AS j(id)
	CROSS JOIN LATERAL (
		SELECT t.* FROM rui.task t WHERE t.project_id = j.id AND t.state IN ('new', 'triaged') ORDER BY t.opened_at LIMIT most) w
	LEFT JOIN rui.ticket k ON k.project_id = w.project_id AND k.id = w.id
	LEFT JOIN LATERAL (
		SELECT min(CASE c.judged_by WHEN 'wall' THEN c.due_at ELSE c.breach_at END) AS due_at FROM rui.task_clock c
		WHERE c.project_id = w.project_id AND c.task_id = w.id AND c.state = 'running') c ON true
	ORDER BY w.opened_at, w.id LIMIT most;
	-- Customers to be asked how it was: mine, or all for whoever manages tickets.
	RETURN QUERY
	SELECT c.project_id, 'call_back', t.kind, t.id, rui._short(k.details, 80), t.is_emergency, c.started_at, c.due_at
	FROM unnest(rui._allowed_projects('call_back_ticket')) AS j(id)
	JOIN rui.task_clock c ON c.project_id = j.id AND c.state = 'running' AND c.due_at < soon AND c.target = 'call_back'
	JOIN rui.task t ON t.project_id = c.project_id AND t.id = c.task_id AND t.executor_id IS DISTINCT FROM me
		AND (t.project_id = ANY (managed) OR t.accountable_id = me)
	JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	ORDER BY c.due_at, t.id LIMIT most;
	-- What was done for me and is not judged yet; it closes by itself in days.
	RETURN QUERY
	SELECT t.project_id, 'rate', t.kind, t.id, rui._short(k.details, 80), t.is_emergency, t.completed_at, NULL::timestamptz
	FROM unnest(mine) AS j(id)
	JOIN rui.task t ON t.project_id = j.id AND t.state = 'completed' AND t.executor_id IS DISTINCT FROM me
	JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id AND k.rating IS NULL
	WHERE (k.reporter_id = me AND k.source IN ('web', 'resident_app', 'call', 'visit', 'message', 'email')
			OR k.household_id = ANY ((SELECT rui.my_households())::bigint[]))
		AND rui.has_permission(t.project_id, 'rate_ticket')
	ORDER BY t.last_at, t.id LIMIT most;
	-- Swaps and covers that I am asked for; what people ask of who plans.
	RETURN QUERY
	SELECT r.project_id, 'accept', r.subject, r.id, r.about, false, r.since, r.begins
	FROM (
		SELECT w.project_id, 'shift_swap' AS subject, w.id, to_char(lower(s.during) AT TIME ZONE y.time_zone, 'YYYY-MM-DD HH24:MI') AS about,
			w.proposed_at AS since, lower(s.during) AS begins
		FROM unnest(mine) AS j(id)
		JOIN rui.project y ON y.id = j.id
		JOIN rui.shift_swap w ON w.project_id = j.id AND w.state = 'proposed' AND w.other_id = me
		JOIN rui.shift s ON s.project_id = w.project_id AND s.id = w.shift_id
		UNION ALL
		SELECT c.project_id, 'shift_cover', c.id, to_char(lower(s.during) AT TIME ZONE y.time_zone, 'YYYY-MM-DD HH24:MI'), c.offered_at, lower(s.during)
		FROM unnest(mine) AS j(id)
		JOIN rui.project y ON y.id = j.id
		JOIN rui.shift_cover c ON c.project_id = j.id AND c.state = 'offered' AND c.party_id = me
		JOIN rui.shift s ON s.project_id = c.project_id AND s.id = c.shift_id) r
	ORDER BY r.begins, r.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'approve', r.subject, r.id, rui._short(r.about, 80), false, r.since, r.begins
	FROM unnest(rui._allowed_projects('plan_shifts')) AS j(id)
	JOIN rui.project y ON y.id = j.id
	CROSS JOIN LATERAL (
		SELECT l.project_id, 'leave' AS subject, l.id, p.name || ' ' || to_char(lower(l.during) AT TIME ZONE y.time_zone, 'YYYY-MM-DD') AS about,
			l.requested_at AS since, lower(l.during) AS begins
		FROM rui.leave_request l JOIN rui.party p ON p.id = l.party_id
		WHERE l.project_id = j.id AND l.state = 'requested' AND me NOT IN (l.party_id, l.requested_by)
		UNION ALL
		SELECT w.project_id, 'shift_swap', w.id, p.name || ', ' || q.name, w.decided_at, lower(s.during)
		FROM rui.shift_swap w JOIN rui.party p ON p.id = w.party_id JOIN rui.party q ON q.id = w.other_id
		JOIN rui.shift s ON s.project_id = w.project_id AND s.id = w.shift_id
		WHERE w.project_id = j.id AND w.state = 'agreed' AND me NOT IN (w.party_id, w.other_id)
		UNION ALL
		SELECT c.project_id, 'shift_cover', c.id, p.name, c.decided_at, lower(s.during)
		FROM rui.shift_cover c JOIN rui.party p ON p.id = c.party_id
		JOIN rui.shift s ON s.project_id = c.project_id AND s.id = c.shift_id
		WHERE c.project_id = j.id AND c.state = 'accepted' AND c.party_id <> me) r
	ORDER BY r.begins, r.id LIMIT most;
	RETURN QUERY
	SELECT w.project_id, 'approve', 'waiver', w.id, rui._short(format('%s %s: %s', f.name, w.amount, w.reason), 80), false, w.requested_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('approve_waivers')) AS j(id)
	JOIN rui.waiver w ON w.project_id = j.id AND w.state = 'requested' AND w.requested_by <> me
	JOIN rui.charge c ON c.project_id = w.project_id AND c.id = w.charge_id
	JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	ORDER BY w.requested_at, w.id LIMIT most;
	RETURN QUERY
	SELECT w.project_id, 'approve', 'write_off', w.id, rui._short(format('%s: %s', w.amount, w.reason), 80), false, w.requested_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('approve_write_offs')) AS j(id)
	JOIN rui.write_off w ON w.project_id = j.id AND w.state = 'requested' AND w.requested_by <> me
	ORDER BY w.requested_at, w.id LIMIT most;
	RETURN QUERY
	SELECT d.project_id, 'approve', 'discount', d.id, rui._short(format('%s × %s: %s', f.name, trim_scale(d.share), d.reason), 80), false, d.requested_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('approve_discounts')) AS j(id)
	JOIN rui.discount d ON d.project_id = j.id AND d.state = 'requested' AND d.requested_by <> me
	JOIN rui.fee_item f ON f.project_id = d.project_id AND f.id = d.fee_item_id
	ORDER BY d.requested_at, d.id LIMIT most;
	RETURN QUERY
	SELECT l.project_id, 'approve', 'lease', l.id, rui._short(format('%s %s: %s', u.code, p.name, l.price), 80), false, l.proposed_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('approve_leases')) AS j(id)
	JOIN rui.lease l ON l.project_id = j.id AND l.state = 'proposed' AND l.proposed_by <> me
	JOIN rui.unit u ON u.project_id = l.project_id AND u.id = l.unit_id
	JOIN rui.party p ON p.id = l.lessee_id
	ORDER BY l.proposed_at, l.id LIMIT most;
	RETURN QUERY
	SELECT d.project_id, 'settle', 'dispute', d.id, rui._short(format('%s %s: %s', f.name, c.gross, d.reason), 80), false, d.opened_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('settle_disputes')) AS j(id)
	JOIN rui.dispute d ON d.project_id = j.id AND d.state = 'open' AND d.opened_by <> me
	JOIN rui.charge c ON c.project_id = d.project_id AND c.id = d.charge_id
	JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	ORDER BY d.opened_at, d.id LIMIT most;
	RETURN QUERY
	SELECT k.project_id, 'approve', 'forfeit', k.id, rui._short(format('%s %s: %s', f.name, k.amount, k.reason), 80), false, k.requested_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('approve_forfeits')) AS j(id)
	JOIN rui.deposit_forfeit k ON k.project_id = j.id AND k.state = 'requested' AND k.requested_by <> me
	JOIN rui.fee_item f ON f.project_id = k.project_id AND f.id = k.fee_item_id
	ORDER BY k.requested_at, k.id LIMIT most;
	-- Promises broken in the last 30 days whose payer still owes and has not promised again.
	RETURN QUERY
	SELECT p.project_id, 'follow_up', 'promise', p.id, rui._short(format('%s %s: %s', y.name, p.amount, p.paid), 80), false, p.settled_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('set_dunning')) AS j(id)
	JOIN rui.promise p ON p.project_id = j.id AND p.state = 'broken' AND p.settled_at <= _inbox.at AND p.settled_at > _inbox.at - interval '30 days'
	JOIN rui.party y ON y.id = p.payer_id
	WHERE NOT EXISTS (SELECT FROM rui.promise n WHERE n.project_id = p.project_id AND n.payer_id = p.payer_id AND n.promised_at > p.promised_at
			AND n.promised_at <= _inbox.at AND (n.unit_id IS NULL OR n.unit_id = p.unit_id) AND n.state <> 'withdrawn')
		AND EXISTS (SELECT FROM rui.charge_open o WHERE o.project_id = p.project_id AND o.payer_id = p.payer_id
			AND (p.unit_id IS NULL OR o.unit_id = p.unit_id) AND o.open_amount > 0 AND o.due_on <= p.by_on)
	ORDER BY p.settled_at, p.id LIMIT most;
	RETURN QUERY
	SELECT m.project_id, 'approve', m.subject, m.subject_id, m.about, false, m.since, NULL::timestamptz FROM rui._inbox_money(me, most) m;
	-- Invoices that say more than is owed, and requests that have failed.
	RETURN QUERY
	SELECT i.project_id, 'redden', 'tax_invoice', i.id, rui._short(format('%s %s %s', i.number, i.buyer_name, d.amount), 80), false, d.since, NULL::timestamptz
	FROM unnest(rui._allowed_projects('request_red_letters')) AS j(id)
	CROSS JOIN LATERAL (SELECT r.invoice_id, sum(r.amount) AS amount, min(r.since) AS since FROM rui._red_letters_due(j.id) r GROUP BY r.invoice_id) d
	JOIN rui.tax_invoice i ON i.project_id = j.id AND i.id = d.invoice_id AND d.since <= _inbox.at
	ORDER BY d.since, i.id LIMIT most;
	RETURN QUERY
	SELECT i.project_id, 'follow_up', 'tax_invoice', i.id, rui._short(format('%s %s: %s', i.buyer_name, i.gross, i.failure), 80), false, t.answered_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('invoices_for_others')) AS j(id)
	JOIN rui.tax_invoice i ON i.project_id = j.id AND i.state = 'failed'
	JOIN rui.tax_attempt t ON t.project_id = i.project_id AND t.invoice_id = i.id AND t.attempt = i.attempts
	ORDER BY t.answered_at, i.id LIMIT most;
	-- Emergencies in which others were shown personal data.
	RETURN QUERY
	SELECT r.project_id, 'review', 'reveal_review', r.id, rui._short(a.reason, 80), false, r.asked_at, r.due_at
	FROM unnest(rui._allowed_projects('review_reveals')) AS j(id)
	JOIN rui.reveal_review r ON r.project_id = j.id AND r.state = 'open' AND r.asked_by <> me
	JOIN rui.personal_access a ON a.project_id = r.project_id AND a.id = r.access_id
	ORDER BY r.due_at, r.id LIMIT most;
	RETURN QUERY
	SELECT r.project_id, 'approve', 'personal_request', r.id, rui._short(r.reason, 80), false, r.requested_at, NULL::timestamptz
	FROM unnest(rui._allowed_projects('decide_personal_requests')) AS j(id)
	JOIN rui.personal_request r ON r.project_id = j.id AND r.state = 'requested' AND r.requested_by <> me
	ORDER BY r.requested_at, r.id LIMIT most;
	-- Plans that somebody proposed, months that are over.
	RETURN QUERY
	SELECT g.project_id, CASE g.state WHEN 'proposed' THEN 'approve' ELSE 'activate' END, 'grid_plan', g.id, '#' || g.id, false,
		coalesce(g.decided_at, g.proposed_at), NULL::timestamptz
	FROM unnest(rui._allowed_projects('manage_grids')) AS j(id)
	JOIN rui.grid_plan g ON g.project_id = j.id AND g.state IN ('proposed', 'approved')
	ORDER BY g.id DESC LIMIT most;
	RETURN QUERY
	SELECT p.project_id, 'close', 'accounting_period', p.id, to_char(p.month, 'YYYY-MM'), false,
		(p.month + interval '1 month') AT TIME ZONE y.time_zone, NULL::timestamptz
	FROM unnest(rui._allowed_projects('close_period')) AS j(id)
	JOIN rui.project y ON y.id = j.id
	JOIN rui.accounting_period p ON p.project_id = j.id AND p.state <> 'closed' AND (p.month + interval '1 month') AT TIME ZONE y.time_zone <= _inbox.at
	ORDER BY p.month, p.id LIMIT most;
	-- Escalations of open tasks, of the last week: of mine all, for managers from the first level on.
	RETURN QUERY
	SELECT n.project_id, 'notice', t.kind, t.id, rui._short(k.details, 80), t.is_emergency, n.notify_at, NULL::timestamptz
	FROM (
		SELECT DISTINCT ON (e.project_id, e.task_id) e.project_id, e.task_id, e.level, e.notify_at FROM unnest(mine) AS j(id)
		JOIN rui.escalation e ON e.project_id = j.id AND e.notify_at <= _inbox.at AND e.notify_at > _inbox.at - interval '7 days' AND e.level >= 0
		ORDER BY e.project_id, e.task_id, e.notify_at DESC, e.level DESC) n
	JOIN rui.task t ON t.project_id = n.project_id AND t.id = n.task_id AND t.ended_at IS NULL AND t.completed_at IS NULL
	LEFT JOIN rui.ticket k ON k.project_id = t.project_id AND k.id = t.id
	WHERE t.executor_id = me OR t.accountable_id = me OR n.level >= 1 AND t.project_id = ANY (managed)
	ORDER BY n.notify_at DESC, t.id LIMIT most;
END
$$;
COMMENT ON FUNCTION rui._inbox(timestamptz) IS
'Internal: what waits for the acting party at an instant, as rui.inbox() tells it, unordered; at most 200 of each kind.';

CREATE FUNCTION rui.inbox()
RETURNS TABLE (project_id bigint, kind text, kind_zh text, kind_en text, subject text, subject_id bigint, number bigint, about text,
	is_emergency boolean, since timestamptz, due_at timestamptz, is_late boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	SELECT i.project_id, i.kind, rui.label('inbox', i.kind, 'zh'), rui.label('inbox', i.kind, 'en'), i.subject, i.subject_id, d.number,
		i.about, i.is_emergency, i.since, i.due_at, coalesce(i.due_at < now(), false)
	FROM rui._inbox(now()) i
	LEFT JOIN rui.document_number d ON d.project_id = i.project_id AND d.series = i.subject AND d.subject_id = i.subject_id
	ORDER BY i.is_emergency DESC, i.due_at, i.since, i.project_id, i.kind, i.subject_id;
END
$$;
COMMENT ON FUNCTION rui.inbox() IS
'What waits for the acting party in all its projects, as of now(): emergencies first, then what is due first. kind (names in kind_zh, kind_en): accept, a task assigned to me, or a swap or cover of a shift I am asked for; due, late, a promise of my task ends within 24 hours or is broken; triage, assign, tickets that wait (with manage_tickets); call_back (call_back_ticket: of tasks I answer for, with manage_tickets all, due within 24 hours); rate, what was done for me or my home; approve, activate, plans of grids (manage_grids); approve also leave, swaps and covers of others (plan_shifts), waivers (approve_waivers), discounts (approve_discounts), leases (approve_leases), corrections and erasures of personal data (decide_personal_requests), write-offs (approve_write_offs) and forfeits of deposits (approve_forfeits) others ask for, and contracts, budgets, uses of trust funds, reversals, invoices and payments of vendors, settlements, surpluses and differences of statements (the permissions that approve them); settle, disputes of charges others opened (settle_disputes); follow_up, promises to pay broken in the last 30 days by who still owes (set_dunning), and requests of invoices that failed (invoices_for_others); redden, invoices that say more than is owed (request_red_letters); review, emergencies in which others were shown personal data (review_reveals); close, months that are over (close_period); notice, the last escalation of an open task of mine, for managers from level 1 on, of the last seven days. subject and subject_id name the row, number the ticket; about: what it is; since when; due_at: when the next promise is broken, or null. At most 200 of a kind. Empty for nobody.';
