-- What is left of deferred revenue, charge by charge, and what a write-off takes
-- of it.

CREATE VIEW rui.deferral_open WITH (security_invoker = true, security_barrier = true) AS
SELECT d.project_id, d.charge_id, d.account_id, d.period, d.net, coalesce(w.net, 0.00) AS waived, coalesce(l.net, 0.00) AS written_off,
	coalesce(l.net - l.unearned - l.earned, 0.00) AS lost,
	d.earned + coalesce(r.amount, 0.00) - coalesce(w.earned, 0.00) - coalesce(l.earned, 0.00) AS recognized,
	CASE WHEN v.charge_id IS NULL THEN d.net - coalesce(w.net, 0.00) - d.earned - coalesce(r.amount, 0.00) + coalesce(w.earned, 0.00) - coalesce(l.unearned, 0.00)
		ELSE 0.00 END AS remaining,
	coalesce((r.month + interval '1 month')::date, d.from_month) AS recognized_to, d.to_month, v.charge_id IS NOT NULL AS is_reversed
FROM rui.deferral d
LEFT JOIN (SELECT w.project_id, w.charge_id, sum(w.net) AS net, sum(w.net - w.deferred) AS earned
	FROM rui.waiver w WHERE w.state = 'approved' GROUP BY w.project_id, w.charge_id) w ON w.project_id = d.project_id AND w.charge_id = d.charge_id
LEFT JOIN (SELECT l.project_id, l.charge_id, sum(l.net) AS net, sum(l.unearned) AS unearned, sum(l.earned) AS earned
	FROM rui.credit_loss l WHERE l.kind <> 'reversed' GROUP BY l.project_id, l.charge_id) l ON l.project_id = d.project_id AND l.charge_id = d.charge_id
LEFT JOIN (SELECT r.project_id, r.charge_id, max(r.month) AS month, sum(r.amount) AS amount
	FROM rui.recognition r GROUP BY r.project_id, r.charge_id) r ON r.project_id = d.project_id AND r.charge_id = d.charge_id
LEFT JOIN rui.charge_reversal v ON v.project_id = d.project_id AND v.charge_id = d.charge_id;
PERFORM rui._describe('deferral_open', 'What is recognized of charges that defer revenue, and what remains.',
	'charge_id: The charge.', 'account_id: The revenue account it is recognized in.', 'period: The days it is for.',
	'net: Its net.', 'waived: What of the net is waived.', 'written_off: What of the net is written off, and not recovered.',
	'lost: What of that was earned when it was written off: revenue that is a credit loss.',
	'recognized: What was recognized, at once and since, less what was waived of it; of a charge taken back what it had been.',
	'remaining: What is left to recognize; 0 for a charge taken back.',
	'recognized_to: First day that is not recognized yet, the first of a month; of the month after its last at the end.',
	'to_month: Last month of its days (its first day).', 'is_reversed: Whether the charge is taken back.');
GRANT SELECT ON rui.deferral_open TO rui_manager, rui_expert, rui_analyst, rui_auditor;

CREATE FUNCTION rui._days_recognized(period daterange, recognized_to date) RETURNS daterange
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN daterange(lower(period), greatest(lower(period), least(recognized_to, upper(period))));
END
$$;
COMMENT ON FUNCTION rui._days_recognized(daterange, date) IS
'Internal: the days of a charge before the first one that is not recognized; empty before all of them.';

CREATE FUNCTION rui._unearned_part(project_id bigint, charge_id bigint, net_part numeric) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((
		SELECT net_part - (o.recognized - o.lost - rui.prorate(o.net - o.waived - o.written_off - net_part,
			rui._days_recognized(o.period, o.recognized_to), o.period))
		FROM rui.deferral_open o
		WHERE o.project_id = _unearned_part.project_id AND o.charge_id = _unearned_part.charge_id), 0);
END
$$;
COMMENT ON FUNCTION rui._unearned_part(bigint, bigint, numeric) IS
'Internal: which part of a net amount that is waived of a charge now was not recognized yet: recognized is then what it would be had the charge been less from the beginning. 0 for a charge that defers nothing.';

-- Of what is not written off the days that have passed are revenue and the others
-- deferred, always. What is written off was revenue for the days until then, and is
-- lost; for the days after it is nothing, until it is paid after all.
CREATE FUNCTION rui._part_credit_loss() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about record;
	written numeric;
	days daterange;
	earned_before numeric;
	earned_after numeric;
	lost_after numeric;
BEGIN
	IF NEW.kind = 'reversed' THEN
		SELECT -coalesce(sum(l.net), 0), -coalesce(sum(l.unearned), 0), -coalesce(sum(l.earned), 0) INTO NEW.net, NEW.unearned, NEW.earned
		FROM rui.credit_loss l WHERE l.project_id = NEW.project_id AND l.charge_id = NEW.charge_id;
		RETURN NEW;
	ELSIF NOT EXISTS (SELECT FROM rui.deferral d WHERE d.project_id = NEW.project_id AND d.charge_id = NEW.charge_id) THEN
		RETURN NEW;
	END IF;
	PERFORM rui._recognize(NEW.project_id, NEW.charge_id, rui._month_over(NEW.project_id, NEW.at), NEW.at);
	SELECT o.*, c.gross INTO about FROM rui.deferral_open o
	JOIN rui.charge c ON c.project_id = o.project_id AND c.id = o.charge_id
	WHERE o.project_id = NEW.project_id AND o.charge_id = NEW.charge_id;
	written := rui._written_off(NEW.project_id, NEW.charge_id) + NEW.amount;
	-- All that is written off is rounded, not each part of it.
	NEW.net := CASE WHEN written > 0 THEN least(about.net - about.waived, round(about.net * written / about.gross, 2)) ELSE 0 END - about.written_off;
	days := rui._days_recognized(about.period, about.recognized_to);
	earned_before := rui.prorate(about.net - about.waived - about.written_off, days, about.period);
	earned_after := rui.prorate(about.net - about.waived - about.written_off - NEW.net, days, about.period);
	-- What was lost comes back in proportion to what is recovered; what has been
	-- earned of that meanwhile is revenue now.
	lost_after := CASE WHEN NEW.amount > 0 THEN about.lost + earned_before - earned_after
		WHEN about.written_off + NEW.net = 0 THEN 0 ELSE round(about.lost * (about.written_off + NEW.net) / about.written_off, 2) END;
	NEW.earned := earned_before + about.lost - earned_after - lost_after;
	NEW.unearned := NEW.net + earned_after - earned_before;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION rui._part_credit_loss() IS
'Row trigger of rui.credit_loss: says which part of what is written off of a charge that defers revenue was not earned yet, after recognizing the months that are over, and of what is recovered which part is for days to come and which was earned meanwhile. Errors as rui._check_postings().';
CREATE TRIGGER part_credit_loss BEFORE INSERT ON rui.credit_loss
	FOR EACH ROW EXECUTE FUNCTION rui._part_credit_loss();
