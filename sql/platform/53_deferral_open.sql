-- What is left of deferred revenue, charge by charge.

CREATE VIEW rui.deferral_open WITH (security_invoker = true, security_barrier = true) AS
SELECT d.project_id, d.charge_id, d.account_id, d.period, d.net, coalesce(w.net, 0.00) AS waived,
	d.earned + coalesce(r.amount, 0.00) - coalesce(w.earned, 0.00) AS recognized,
	CASE WHEN v.charge_id IS NULL THEN d.net - coalesce(w.net, 0.00) - d.earned - coalesce(r.amount, 0.00) + coalesce(w.earned, 0.00) ELSE 0.00 END AS remaining,
	coalesce((r.month + interval '1 month')::date, d.from_month) AS recognized_to, d.to_month, v.charge_id IS NOT NULL AS is_reversed
FROM rui.deferral d
LEFT JOIN (SELECT w.project_id, w.charge_id, sum(w.net) AS net, sum(w.net - w.deferred) AS earned
	FROM rui.waiver w WHERE w.state = 'approved' GROUP BY w.project_id, w.charge_id) w ON w.project_id = d.project_id AND w.charge_id = d.charge_id
LEFT JOIN (SELECT r.project_id, r.charge_id, max(r.month) AS month, sum(r.amount) AS amount
	FROM rui.recognition r GROUP BY r.project_id, r.charge_id) r ON r.project_id = d.project_id AND r.charge_id = d.charge_id
LEFT JOIN rui.charge_reversal v ON v.project_id = d.project_id AND v.charge_id = d.charge_id;
PERFORM rui._describe('deferral_open', 'What is recognized of charges that defer revenue, and what remains.',
	'charge_id: The charge.', 'account_id: The revenue account it is recognized in.', 'period: The days it is for.',
	'net: Its net.', 'waived: What of the net is waived.',
	'recognized: What was recognized, at once and since, less what was waived of it; of a charge taken back what it had been.',
	'remaining: What is left to recognize; 0 for a charge taken back.',
	'recognized_to: First day that is not recognized yet, the first of a month; of the month after its last at the end.',
	'to_month: Last month of its days (its first day).', 'is_reversed: Whether the charge is taken back.');
GRANT SELECT ON rui.deferral_open TO rui_manager, rui_expert, rui_analyst, rui_auditor;

CREATE FUNCTION rui._unearned_part(project_id bigint, charge_id bigint, net_part numeric) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((
		SELECT net_part - (o.recognized - rui.prorate(o.net - o.waived - net_part,
			daterange(lower(o.period), greatest(lower(o.period), least(o.recognized_to, upper(o.period)))), o.period))
		FROM rui.deferral_open o
		WHERE o.project_id = _unearned_part.project_id AND o.charge_id = _unearned_part.charge_id), 0);
END
$$;
COMMENT ON FUNCTION rui._unearned_part(bigint, bigint, numeric) IS
'Internal: which part of a net amount that is waived of a charge now was not recognized yet: recognized is then what it would be had the charge been less from the beginning. 0 for a charge that defers nothing.';
