-- Closing accounting months, above all rooms that post.

CREATE FUNCTION rui._close_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	closing rui.accounting_period;
	found_code text;
	found_month date;
	found_balance numeric;
BEGIN
	SELECT p.* INTO closing FROM rui.accounting_period p
	WHERE p.project_id = _close_obstacle.project_id AND p.id = _close_obstacle.id;
	SELECT min(p.month) INTO found_month FROM rui.accounting_period p
	WHERE p.project_id = closing.project_id AND p.month < closing.month AND p.state <> 'closed';
	IF found_month IS NOT NULL THEN
		RETURN format('Month %s is not closed yet.', to_char(found_month, 'YYYY-MM'));
	END IF;
	SELECT a.code, sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END)
	INTO found_code, found_balance
	FROM rui.account a
	JOIN rui.posting p ON p.project_id = a.project_id AND a.id IN (p.debit_account, p.credit_account)
	WHERE a.project_id = closing.project_id AND a.kind = 'clearing' AND p.period <= closing.month
	GROUP BY a.code
	HAVING sum(CASE WHEN p.debit_account = a.id THEN p.amount ELSE -p.amount END) <> 0
	ORDER BY a.code LIMIT 1;
	IF FOUND THEN
		RETURN format('Clearing account %s still holds %s.', found_code, found_balance);
	END IF;
	SELECT min(r.month) INTO found_month FROM rui.billing_run r
	WHERE r.project_id = closing.project_id AND r.month <= closing.month AND r.began_at IS NOT NULL AND r.ended_at IS NULL;
	IF found_month IS NOT NULL THEN
		RETURN format('The billing run of %s is not finished.', to_char(found_month, 'YYYY-MM'));
	END IF;
	RETURN rui._recognition_obstacle(closing.project_id, closing.month);
END
$$;
COMMENT ON FUNCTION rui._close_obstacle(bigint, bigint) IS
'Internal: guard of closing an accounting month: why it cannot be closed now, or null. Earlier months are closed, clearing accounts are empty, no billing run of these months is under way, and what they earned is recognized. rui._control_obstacle() looks at control accounts.';

CREATE FUNCTION rui._soft_close_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	found_month date;
BEGIN
	SELECT min(earlier.month) INTO found_month
	FROM rui.accounting_period p
	JOIN rui.accounting_period earlier ON earlier.project_id = p.project_id AND earlier.month < p.month AND earlier.state = 'open'
	WHERE p.project_id = _soft_close_obstacle.project_id AND p.id = _soft_close_obstacle.id;
	IF found_month IS NOT NULL THEN
		RETURN format('Month %s is still open.', to_char(found_month, 'YYYY-MM'));
	END IF;
	RETURN (SELECT rui._recognition_obstacle(p.project_id, p.month) FROM rui.accounting_period p
		WHERE p.project_id = _soft_close_obstacle.project_id AND p.id = _soft_close_obstacle.id);
END
$$;
COMMENT ON FUNCTION rui._soft_close_obstacle(bigint, bigint) IS
'Internal: guard of closing an accounting month for most: no earlier one is open, and what it earned is recognized.';

CREATE FUNCTION rui._reopen_obstacle(project_id bigint, id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	found_month date;
BEGIN
	SELECT max(later.month) INTO found_month
	FROM rui.accounting_period p
	JOIN rui.accounting_period later ON later.project_id = p.project_id AND later.month > p.month AND later.state <> 'open'
	WHERE p.project_id = _reopen_obstacle.project_id AND p.id = _reopen_obstacle.id;
	RETURN CASE WHEN found_month IS NOT NULL
		THEN format('The later month %s is closed.', to_char(found_month, 'YYYY-MM')) END;
END
$$;
COMMENT ON FUNCTION rui._reopen_obstacle(bigint, bigint) IS
'Internal: guard of reopening an accounting month: only the last one that is closed, or closed for most, reopens.';

CREATE FUNCTION rui._end_month(project_id bigint, month date, action text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	closed_id bigint;
BEGIN
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_month('month', month);
	IF rui._local_date(project_id, at) < month + interval '1 month' THEN
		RAISE EXCEPTION 'accounting month % has not ended at %', to_char(month, 'YYYY-MM'), at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Close a month when it is over.';
	END IF;
	PERFORM rui._require_read_committed('a month is closed');
	PERFORM rui._check_books(project_id);
	INSERT INTO rui.accounting_period (project_id, month)
	SELECT b.project_id, m::date FROM rui.books b
	CROSS JOIN LATERAL generate_series(b.first_month::timestamp, _end_month.month::timestamp, interval '1 month') m
	WHERE b.project_id = _end_month.project_id ORDER BY m
	ON CONFLICT ON CONSTRAINT accounting_period_once DO NOTHING;
	-- Waits for transactions that are posting to one of these months, and for
	-- closings and reopenings. No money lock beside it: whoever holds that may
	-- wait for a month, so who holds months does not wait for that.
	PERFORM FROM rui.accounting_period p
	WHERE p.project_id = _end_month.project_id AND p.month <= _end_month.month
	ORDER BY p.month FOR NO KEY UPDATE;
	UPDATE rui.accounting_period p SET last_action = _end_month.action
	WHERE p.project_id = _end_month.project_id AND p.month = _end_month.month
	RETURNING p.id INTO closed_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the books of project % begin after %', project_id, to_char(month, 'YYYY-MM')
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Give a month since the books were opened.';
	END IF;
	PERFORM rui._emit(project_id, 'accounting_period.' || action, 'accounting_period', closed_id, at,
		jsonb_build_object('month', month));
	RETURN closed_id;
END
$$;
COMMENT ON FUNCTION rui._end_month(bigint, date, text, timestamptz) IS
'Internal: moves an accounting month that is over by action close or soft_close, when nobody is posting to it or an earlier one any more. Returns its id. The caller has asked for the permission.';

CREATE FUNCTION rui.soft_close_period(project_id bigint, month date, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	closed_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'close_period');
	closed_id := rui._end_month(project_id, month, 'soft_close', at);
	RETURN closed_id;
END
$$;
COMMENT ON FUNCTION rui.soft_close_period(bigint, date, timestamptz) IS
'Closes an accounting month (its first day) that is over for everybody without permission post_soft_closed: only they post in it until rui.close_period or rui.reopen_period. What others charge for it counts in the first month open to them. Returns its id in rui.accounting_period. Needs permission close_period. Errors: 22004, 22008, 22023 not a first day or not over, 25000 in a transaction that looks at the past, 55000 closed already, before the first month, no books, or what stands in the way (detail), 42501.';

CREATE FUNCTION rui.close_period(project_id bigint, month date, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	closed_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'close_period');
	closed_id := rui._end_month(project_id, month, 'close', at);
	PERFORM rui._keep_closing(project_id, month);
	RETURN closed_id;
END
$$;
COMMENT ON FUNCTION rui.close_period(bigint, date, timestamptz) IS
'Closes an accounting month (its first day) that is over, open or closed for most: from then on nothing is posted in it, and its balances are written down in rui.closing_balance. Months close in order. Returns its id in rui.accounting_period. Needs permission close_period. Errors: 22004, 22008, 22023 not a first day or not over, 25000 in a transaction that looks at the past, 55000 closed already, before the first month, no books, or what stands in the way (detail), 42501.';

CREATE FUNCTION rui.reopen_period(project_id bigint, month date, reason text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	opened_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'reopen_period');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_month('month', month);
	PERFORM rui._check_text('reason', reason, 500);
	PERFORM rui._require_read_committed('a month is opened again');
	-- A statement of its own, so that the guard sees what was waited for.
	PERFORM FROM rui.accounting_period p
	WHERE p.project_id = reopen_period.project_id AND p.month = reopen_period.month FOR NO KEY UPDATE;
	UPDATE rui.accounting_period p SET last_action = 'reopen'
	WHERE p.project_id = reopen_period.project_id AND p.month = reopen_period.month
	RETURNING p.id INTO opened_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the books of project % hold no month %', project_id, to_char(month, 'YYYY-MM')
			USING ERRCODE = 'no_data_found', HINT = 'rui.accounting_period lists the months.';
	END IF;
	DELETE FROM rui.closing_balance c WHERE c.project_id = reopen_period.project_id AND c.month = reopen_period.month;
	PERFORM rui._emit(project_id, 'accounting_period.reopen', 'accounting_period', opened_id, at,
		jsonb_build_object('month', month, 'reason', reason));
	RETURN opened_id;
END
$$;
COMMENT ON FUNCTION rui.reopen_period(bigint, date, text, timestamptz) IS
'Reopens the last accounting month that is closed or closed for most, for a reason that is kept as an event; its closing balances go. Returns its id. Needs permission reopen_period. Errors: 22004, 22008, 22023, 22001 arguments, 25000 in a transaction that looks at the past, P0002 unknown month, 55000 open already or a later month is closed, 42501.';

PERFORM rui._name('event', 'accounting_period.soft_close', '预结账', 'accounting month closed for most');
