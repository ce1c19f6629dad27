-- Recognizing deferred revenue, month by month, and looking ahead.

PERFORM rui._permit('recognize_revenue', '{live,closed}', 'manager', 'accountant', 'loader');
PERFORM rui._name('permission', 'recognize_revenue', '确认收入', 'recognize revenue');
PERFORM rui._name('event', 'revenue.recognize', '确认收入', 'revenue recognized');

CREATE TABLE rui.recognition_progress (
	project_id bigint PRIMARY KEY REFERENCES rui.books (project_id),
	through_month date NOT NULL CHECK (extract(day FROM through_month) = 1),
	charge_id bigint NOT NULL,
	line_id bigint NOT NULL DEFAULT 0
);
PERFORM rui._describe('recognition_progress', 'How far the revenue of a project is recognized, so that ticks need not look through all that is deferred. Closing looks itself.',
	'through_month: Last month (its first day) up to which everything was recognized.',
	'charge_id: The last charge that had deferred something by then; 0: none.',
	'line_id: The last line of a settlement with partners of which a part was for days to come; 0: none.');
PERFORM rui._declare_table('recognition_progress', 'tenant', 'change');
PERFORM rui._allow_read('recognition_progress', '{rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui._recognition_obstacle(project_id bigint, month date) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	waiting bigint;
	first_due date;
BEGIN
	SELECT count(DISTINCT d.due_charge_id), min(d.due_month) INTO waiting, first_due
	FROM rui._due_recognitions(_recognition_obstacle.project_id, NULL, _recognition_obstacle.month, 'infinity') d;
	IF waiting > 0 THEN
		RETURN format('Revenue of %s charges since %s is not recognized.', waiting, to_char(first_due, 'YYYY-MM'));
	END IF;
	RETURN (SELECT format('Shares of partners since %s are not recognized.', to_char(min(d.due_month), 'YYYY-MM'))
		FROM rui._due_shares(_recognition_obstacle.project_id, _recognition_obstacle.month, 'infinity') d HAVING count(*) > 0);
END
$$;
COMMENT ON FUNCTION rui._recognition_obstacle(bigint, date) IS
'Internal: why a month cannot be closed, or null: what it or an earlier one earned, or partners'' shares of that, is not recognized.';

CREATE FUNCTION rui._recognize_all(project_id bigint, through_month date, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	made bigint;
	shared bigint;
	total numeric;
	last_id CONSTANT bigint := (SELECT coalesce(max(r.id), 0) FROM rui.recognition r WHERE r.project_id = _recognize_all.project_id);
	last_share_id CONSTANT bigint := (SELECT coalesce(max(r.id), 0) FROM rui.share_recognition r WHERE r.project_id = _recognize_all.project_id);
BEGIN
	made := rui._recognize(project_id, NULL, through_month, at);
	shared := rui._recognize_shares(project_id, through_month, at);
	IF made + shared > 0 THEN
		SELECT coalesce((SELECT sum(r.amount) FROM rui.recognition r WHERE r.project_id = _recognize_all.project_id AND r.id > last_id), 0)
			- coalesce((SELECT sum(r.amount) FROM rui.share_recognition r WHERE r.project_id = _recognize_all.project_id AND r.id > last_share_id), 0)
		INTO total;
		PERFORM rui._emit(project_id, 'revenue.recognize', 'project', project_id, at,
			jsonb_build_object('month', through_month, 'recognitions', made, 'shares', shared, 'net', total));
	END IF;
	-- What was charged or settled after this instant is left to a later tick.
	IF NOT EXISTS (SELECT FROM rui.deferral d WHERE d.project_id = _recognize_all.project_id AND d.at > _recognize_all.at)
		AND NOT EXISTS (SELECT FROM rui.share_deferral d WHERE d.project_id = _recognize_all.project_id AND d.at > _recognize_all.at) THEN
		INSERT INTO rui.recognition_progress AS p (project_id, through_month, charge_id, line_id)
		SELECT _recognize_all.project_id, _recognize_all.through_month, coalesce(max(d.charge_id), 0),
			(SELECT coalesce(max(s.line_id), 0) FROM rui.share_deferral s WHERE s.project_id = _recognize_all.project_id)
		FROM rui.deferral d WHERE d.project_id = _recognize_all.project_id
		ON CONFLICT ON CONSTRAINT recognition_progress_pkey DO UPDATE
		SET through_month = EXCLUDED.through_month, charge_id = EXCLUDED.charge_id, line_id = EXCLUDED.line_id
		WHERE (p.through_month, p.charge_id, p.line_id) <> (EXCLUDED.through_month, EXCLUDED.charge_id, EXCLUDED.line_id)
			AND p.through_month <= EXCLUDED.through_month;
	END IF;
	RETURN made + shared;
END
$$;
COMMENT ON FUNCTION rui._recognize_all(bigint, date, timestamptz) IS
'Internal: recognizes everything due up to a month, partners'' shares of it too, and tells of it in an event where there was something. Returns how many rows. The caller has locked the books.';

CREATE FUNCTION rui.recognize_revenue(project_id bigint, month date DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	through_month date;
	made bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'recognize_revenue');
	PERFORM rui._check_time(project_id, at);
	through_month := coalesce(month, rui._month_over(project_id, at));
	PERFORM rui._check_month('month', through_month);
	IF through_month > rui._month_over(project_id, at) THEN
		RAISE EXCEPTION 'month % is not over at %', to_char(through_month, 'YYYY-MM'), at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Revenue is recognized when its days have passed.';
	END IF;
	PERFORM rui._require_read_committed('revenue is recognized');
	-- A second one waits here, and then finds nothing due.
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'recognize_revenue', request_key, jsonb_build_array(month));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	made := rui._recognize_all(project_id, through_month, at);
	PERFORM rui._finish_request(project_id, 'recognize_revenue', request_key, to_jsonb(made));
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui.recognize_revenue(bigint, date, text, timestamptz) IS
'Recognizes the deferred revenue of all charges up to a month (its first day; null: the last one) that is over, by days: each month''s part counts in that month, or in the first open one. What was recognized before is not recognized again; months left out are caught up on. Shares of partners in it leave revenue with it. Ticks do the same. Returns how many rows of rui.recognition and rui.share_recognition it wrote. Needs permission recognize_revenue. Errors: 22004, 22008, 22023 not a first day or not over, 25000 in a transaction that looks at the past, 55000 no books or the month of at is closed, RU409, 42501.';

CREATE FUNCTION rui._duty_recognize_revenue(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	last_month CONSTANT date := rui._month_over(project_id, at);
BEGIN
	-- Most ticks find nothing new, and lock nothing.
	IF NOT EXISTS (SELECT FROM rui.deferral d
		WHERE d.project_id = _duty_recognize_revenue.project_id AND d.from_month <= last_month AND d.charge_id > coalesce((
			SELECT p.charge_id FROM rui.recognition_progress p
			WHERE p.project_id = _duty_recognize_revenue.project_id AND p.through_month >= last_month), 0))
		AND NOT EXISTS (SELECT FROM rui.share_deferral d
		WHERE d.project_id = _duty_recognize_revenue.project_id AND d.from_month <= last_month AND d.line_id > coalesce((
			SELECT p.line_id FROM rui.recognition_progress p
			WHERE p.project_id = _duty_recognize_revenue.project_id AND p.through_month >= last_month), 0)) THEN
		RETURN 0;
	END IF;
	PERFORM rui._lock_books(project_id);
	RETURN rui._recognize_all(project_id, last_month, at);
END
$$;
COMMENT ON FUNCTION rui._duty_recognize_revenue(bigint, timestamptz) IS
'Internal: recognizes deferred revenue of the months that are over. Returns how many rows.';
INSERT INTO rui.duty (code, sort_order, about) VALUES ('recognize_revenue', 5150, 'Recognizes deferred revenue of months that are over.');
PERFORM rui._name('duty', 'recognize_revenue', '确认收入', 'recognize revenue');

CREATE FUNCTION rui.deferred_revenue(project_id bigint, as_of date DEFAULT NULL)
RETURNS TABLE (fee_code text, charge_id bigint, unit_id bigint, payer_id bigint, period daterange, net numeric, recognized numeric,
	remaining numeric, months_left integer, next_month date, last_month date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	-- The first instant after the day.
	end_at timestamptz;
BEGIN
	IF project_id IS NULL THEN
		PERFORM rui._missing('project_id');
	ELSIF as_of < '1900-01-01' OR as_of >= '2201-01-01' THEN
		RAISE EXCEPTION 'as_of is out of range: %', as_of USING ERRCODE = 'datetime_field_overflow', HINT = 'Give a day from 1900 to 2200.';
	END IF;
	SELECT (coalesce(as_of, (now() AT TIME ZONE j.time_zone)::date) + 1)::timestamp AT TIME ZONE j.time_zone INTO end_at
	FROM rui.project j WHERE j.id = deferred_revenue.project_id;
	RETURN QUERY
	WITH waived AS (
		SELECT w.charge_id, sum(w.net) AS net, sum(w.net - w.deferred) AS earned FROM rui.waiver w
		WHERE w.project_id = deferred_revenue.project_id AND w.state = 'approved' AND w.decided_at < end_at GROUP BY w.charge_id),
	written AS (
		SELECT l.charge_id, sum(l.net) AS net, sum(l.net - l.unearned) AS lost FROM rui.credit_loss l
		WHERE l.project_id = deferred_revenue.project_id AND l.at < end_at GROUP BY l.charge_id),
	done AS (
		SELECT r.charge_id, max(r.month) AS month, sum(r.amount) AS amount FROM rui.recognition r
		WHERE r.project_id = deferred_revenue.project_id AND r.at < end_at GROUP BY r.charge_id)
	SELECT f.code, d.charge_id, c.unit_id, c.payer_id, d.period, m.net, m.recognized, m.net - m.recognized,
		((extract(year FROM d.to_month) - extract(year FROM m.next_month)) * 12 + extract(month FROM d.to_month) - extract(month FROM m.next_month) + 1)::integer,
		m.next_month, d.to_month
	FROM rui.deferral d
	JOIN rui.charge c ON c.project_id = d.project_id AND c.id = d.charge_id
	JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	LEFT JOIN waived w ON w.charge_id = d.charge_id
	LEFT JOIN written l ON l.charge_id = d.charge_id
	LEFT JOIN done r ON r.charge_id = d.charge_id
	CROSS JOIN LATERAL (SELECT d.net - coalesce(w.net, 0.00) - coalesce(l.net, 0.00) AS net,
		d.earned + coalesce(r.amount, 0.00) - coalesce(w.earned, 0.00) - coalesce(l.lost, 0.00) AS recognized,
		coalesce((r.month + interval '1 month')::date, d.from_month) AS next_month) m
	WHERE d.project_id = deferred_revenue.project_id AND d.at < end_at AND m.net > m.recognized
		AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = d.project_id AND v.charge_id = d.charge_id AND v.at < end_at)
	ORDER BY f.code, d.charge_id;
END
$$;
COMMENT ON FUNCTION rui.deferred_revenue(bigint, date) IS
'The charges of which something is deferred at the end of a day (null: today) in the project''s zone, by the postings'' time, by fee item: net without what is waived or written off, what of it is recognized, what remains, in how many months to come, from the next to the last (their first days). What remains adds up to the balance of account 2205. Sees what the caller may see. Error 22004 for a null project.';

CREATE FUNCTION rui.recognition_outlook(project_id bigint, as_of date DEFAULT NULL)
RETURNS TABLE (fee_code text, month date, charges bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	WITH step AS (
		SELECT d.fee_code, m.month::date AS month, rui.prorate(d.net, daterange(lower(d.period), least((m.month + interval '1 month')::date, upper(d.period))), d.period)
			- CASE WHEN m.month = d.next_month THEN d.recognized ELSE rui.prorate(d.net, daterange(lower(d.period), m.month::date), d.period) END AS amount
		FROM rui.deferred_revenue(recognition_outlook.project_id, recognition_outlook.as_of) d
		CROSS JOIN LATERAL generate_series(d.next_month::timestamp, d.last_month::timestamp, interval '1 month') AS m(month))
	SELECT s.fee_code, s.month, count(*), sum(s.amount) FROM step s GROUP BY s.fee_code, s.month ORDER BY s.fee_code, s.month;
END
$$;
COMMENT ON FUNCTION rui.recognition_outlook(bigint, date) IS
'What will be recognized of the revenue that is deferred at the end of a day (null: today), by fee item and month (its first day), with the number of charges. Its sum is that of rui.deferred_revenue. Sees what the caller may see. Error 22004 for a null project.';

CREATE FUNCTION rui.recognition_schedule(project_id bigint, charge_id bigint)
RETURNS TABLE (month date, kind text, amount numeric, period date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = recognition_schedule.project_id);
BEGIN
	IF project_id IS NULL OR charge_id IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' ELSE 'charge_id' END);
	END IF;
	RETURN QUERY
	WITH about AS MATERIALIZED (
		SELECT c.id, c.at, c.net, c.period, d.earned, d.to_month FROM rui.charge c
		LEFT JOIN rui.deferral d ON d.project_id = c.project_id AND d.charge_id = c.id
		WHERE c.project_id = recognition_schedule.project_id AND c.id = recognition_schedule.charge_id),
	past AS (
		SELECT p.month, 1 AS place, 'charged' AS kind, coalesce(a.earned, a.net)::numeric AS amount, p.month AS period, a.at
		FROM about a
		CROSS JOIN LATERAL (SELECT min(p.period) AS month FROM rui.posting p
			WHERE p.project_id = recognition_schedule.project_id AND p.document = 'charge' AND p.document_id = a.id AND p.reverses IS NULL) p
		UNION ALL
		SELECT r.month, 2, 'recognized', r.amount::numeric, r.period, r.at
		FROM about a JOIN rui.recognition r ON r.project_id = recognition_schedule.project_id AND r.charge_id = a.id
		UNION ALL
		SELECT m.month, 3, 'waived', (w.deferred - w.net)::numeric, m.month, w.decided_at
		FROM about a JOIN rui.waiver w ON w.project_id = recognition_schedule.project_id AND w.charge_id = a.id AND w.state = 'approved'
		CROSS JOIN LATERAL (SELECT date_trunc('month', w.decided_at AT TIME ZONE zone)::date AS month) m
		UNION ALL
		SELECT m.month, 3, 'recovered', -l.earned::numeric, m.month, l.at
		FROM about a JOIN rui.credit_loss l ON l.project_id = recognition_schedule.project_id AND l.charge_id = a.id AND l.kind <> 'reversed' AND l.earned <> 0
		CROSS JOIN LATERAL (SELECT date_trunc('month', l.at AT TIME ZONE zone)::date AS month) m),
	whole AS (
		SELECT p.month, p.place, p.kind, p.amount, p.period, p.at FROM past p
		UNION ALL
		SELECT m.month, 4, 'taken_back', -(SELECT sum(p.amount) FROM past p), m.month, v.at
		FROM about a JOIN rui.charge_reversal v ON v.project_id = recognition_schedule.project_id AND v.charge_id = a.id
		CROSS JOIN LATERAL (SELECT date_trunc('month', v.at AT TIME ZONE zone)::date AS month) m
		UNION ALL
		SELECT m.month::date, 5, 'to_come', rui.prorate(o.net - o.waived - o.written_off, daterange(lower(o.period), least((m.month + interval '1 month')::date, upper(o.period))), o.period)
			- CASE WHEN m.month = o.recognized_to THEN o.recognized - o.lost
				ELSE rui.prorate(o.net - o.waived - o.written_off, daterange(lower(o.period), m.month::date), o.period) END, NULL, 'infinity'
		FROM about a JOIN rui.deferral_open o ON o.project_id = recognition_schedule.project_id AND o.charge_id = a.id AND NOT o.is_reversed
		CROSS JOIN LATERAL generate_series(o.recognized_to::timestamp, o.to_month::timestamp, interval '1 month') AS m(month))
	SELECT w.month, w.kind, w.amount, w.period FROM whole w ORDER BY w.at, w.place, w.month;
END
$$;
COMMENT ON FUNCTION rui.recognition_schedule(bigint, bigint) IS
'How the net of one charge becomes revenue: by month (its first day) and kind what was credited when it was charged (charged), recognized since (recognized), earned while it was written off and paid after all (recovered), taken off by waivers of what was recognized (waived, below 0) or by taking the charge back (taken_back, below 0), and what is to come (to_come; period null), with the accounting month (period) it counts in; in the order of time. Adds up to the net less what is waived or was written off before it was earned, or to 0 for a charge taken back. The names of kinds are labels of kind recognition. Sees what the caller may see. Error 22004 for a null argument; an unknown charge has no rows.';
PERFORM rui._name('recognition', k.code, k.zh, k.en) FROM (VALUES ('charged', '出账时确认', 'when charged'), ('recognized', '已确认', 'recognized'),
	('waived', '减免冲回', 'waived'), ('recovered', '核销后收回', 'paid after all'), ('taken_back', '冲销', 'taken back'), ('to_come', '待确认', 'to come')) AS k(code, zh, en);
