-- Balances: of a closed month as it was closed, and what was posted since.

CREATE TABLE rui.closing_balance (
	project_id bigint NOT NULL REFERENCES rui.books (project_id),
	month date NOT NULL CHECK (extract(day FROM month) = 1),
	account_id bigint NOT NULL,
	ends_at timestamptz NOT NULL,
	debit numeric NOT NULL CHECK (debit >= 0),
	credit numeric NOT NULL CHECK (credit >= 0),
	dated_debit numeric NOT NULL CHECK (dated_debit >= 0),
	dated_credit numeric NOT NULL CHECK (dated_credit >= 0),
	PRIMARY KEY (project_id, month, account_id)
);
PERFORM rui._describe('closing_balance', 'What each account had when a month was closed: sums from the beginning of the books. Written by the closing, taken away by a reopening, never changed; an invariant compares them with the postings.',
	'month: The closed month (its first day).', 'account_id: The account.',
	'ends_at: The first instant after the month, in the project''s zone.',
	'debit: Sum of its debits that count in this month or an earlier one.',
	'credit: The same of its credits.',
	'dated_debit: Sum of its debits whose time is before ends_at.',
	'dated_credit: The same of its credits.');
PERFORM rui._declare_table('closing_balance', 'tenant', 'change');
REVOKE UPDATE ON rui.closing_balance FROM rui_api;
PERFORM rui._allow_read('closing_balance', '{rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui._keep_closing(project_id bigint, month date) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	earlier CONSTANT date := (month - interval '1 month')::date;
	end_at CONSTANT timestamptz := (SELECT (month + interval '1 month') AT TIME ZONE j.time_zone FROM rui.project j WHERE j.id = _keep_closing.project_id);
	from_at timestamptz := '-infinity';
	from_month date := '-infinity';
	kept bigint;
BEGIN
	SELECT c.ends_at, c.month INTO from_at, from_month FROM rui.closing_balance c
	WHERE c.project_id = _keep_closing.project_id AND c.month = earlier LIMIT 1;
	-- Only what was posted since the month before is read; what counts in an
	-- earlier month than its time was posted after that one's end.
	WITH pair AS (
		SELECT p.debit_account, p.credit_account,
			coalesce(sum(p.amount) FILTER (WHERE p.period <= _keep_closing.month AND p.period > coalesce(from_month, '-infinity')), 0.00) AS amount,
			coalesce(sum(p.amount) FILTER (WHERE p.at < end_at), 0.00) AS dated
		FROM rui.posting p
		WHERE p.project_id = _keep_closing.project_id AND p.at >= coalesce(from_at, '-infinity')
			AND (p.at < end_at OR p.period <= _keep_closing.month)
		GROUP BY p.debit_account, p.credit_account)
	INSERT INTO rui.closing_balance (project_id, month, account_id, ends_at, debit, credit, dated_debit, dated_credit)
	SELECT a.project_id, _keep_closing.month, a.id, end_at,
		coalesce(b.debit, 0.00) + coalesce(d.amount, 0.00), coalesce(b.credit, 0.00) + coalesce(c.amount, 0.00),
		coalesce(b.dated_debit, 0.00) + coalesce(d.dated, 0.00), coalesce(b.dated_credit, 0.00) + coalesce(c.dated, 0.00)
	FROM rui.account a
	LEFT JOIN rui.closing_balance b ON b.project_id = a.project_id AND b.account_id = a.id AND b.month = earlier
	LEFT JOIN (SELECT p.debit_account, sum(p.amount) AS amount, sum(p.dated) AS dated FROM pair p GROUP BY 1) d ON d.debit_account = a.id
	LEFT JOIN (SELECT p.credit_account, sum(p.amount) AS amount, sum(p.dated) AS dated FROM pair p GROUP BY 1) c ON c.credit_account = a.id
	WHERE a.project_id = _keep_closing.project_id;
	GET DIAGNOSTICS kept = ROW_COUNT;
	RETURN kept;
END
$$;
COMMENT ON FUNCTION rui._keep_closing(bigint, date) IS
'Internal: writes down the balances of a month that has just been closed, from those of the month before and the postings since. Returns how many accounts. The caller has locked the months.';

CREATE FUNCTION rui.trial_balance(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (account_id bigint, code text, name text, kind text, debit numeric, credit numeric, balance numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
DECLARE
	closed_month date;
	from_at timestamptz;
BEGIN
	IF project_id IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' ELSE 'at' END);
	END IF;
	SELECT c.month, c.ends_at INTO closed_month, from_at FROM rui.closing_balance c
	WHERE c.project_id = trial_balance.project_id AND c.ends_at <= trial_balance.at
	ORDER BY c.month DESC LIMIT 1;
	-- Summed by pairs of accounts first: the sides would be twice the rows.
	RETURN QUERY
	WITH pair AS (
		SELECT p.debit_account, p.credit_account, sum(p.amount) AS amount FROM rui.posting p
		WHERE p.project_id = trial_balance.project_id AND p.at >= coalesce(from_at, '-infinity') AND p.at <= trial_balance.at
		GROUP BY p.debit_account, p.credit_account)
	SELECT a.id, a.code, a.name, a.kind, s.debit, s.credit, s.debit - s.credit
	FROM rui.account a
	LEFT JOIN (SELECT p.debit_account, sum(p.amount) AS amount FROM pair p GROUP BY 1) d ON d.debit_account = a.id
	LEFT JOIN (SELECT p.credit_account, sum(p.amount) AS amount FROM pair p GROUP BY 1) c ON c.credit_account = a.id
	LEFT JOIN rui.closing_balance b ON b.project_id = a.project_id AND b.month = closed_month AND b.account_id = a.id
	CROSS JOIN LATERAL (SELECT coalesce(b.dated_debit, 0.00) + coalesce(d.amount, 0.00) AS debit,
		coalesce(b.dated_credit, 0.00) + coalesce(c.amount, 0.00) AS credit) s
	WHERE a.project_id = trial_balance.project_id
	ORDER BY a.code;
END
$$;
COMMENT ON FUNCTION rui.trial_balance(bigint, timestamptz) IS
'The accounts of a project with the sums of their debits and credits up to and including an instant (by the postings'' at), and the balance, debit minus credit; by code. Debits and credits of all rows have equal sums. Reads the balances of the last month closed before the instant and the postings since. Sees what the caller may see. Error 22004 for a null argument.';

CREATE FUNCTION rui.account_balance(project_id bigint, code text, at timestamptz DEFAULT now()) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	asked_id bigint;
	from_at timestamptz;
	before numeric;
BEGIN
	IF project_id IS NULL OR code IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' WHEN code IS NULL THEN 'code' ELSE 'at' END);
	END IF;
	SELECT a.id INTO asked_id FROM rui.account a
	WHERE a.project_id = account_balance.project_id AND a.code = account_balance.code;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'project % has no account "%"', project_id, code
			USING ERRCODE = 'no_data_found', HINT = 'rui.account lists them; rui.add_account adds one.';
	END IF;
	SELECT c.ends_at, c.dated_debit - c.dated_credit INTO from_at, before FROM rui.closing_balance c
	WHERE c.project_id = account_balance.project_id AND c.account_id = asked_id AND c.ends_at <= account_balance.at
	ORDER BY c.month DESC LIMIT 1;
	RETURN coalesce(before, 0.00) + coalesce((
		SELECT sum(CASE WHEN p.debit_account = asked_id THEN p.amount ELSE -p.amount END) FROM rui.posting p
		WHERE p.project_id = account_balance.project_id AND p.at >= coalesce(from_at, '-infinity') AND p.at <= account_balance.at
			AND asked_id IN (p.debit_account, p.credit_account)), 0.00);
END
$$;
COMMENT ON FUNCTION rui.account_balance(bigint, text, timestamptz) IS
'The balance of one account, debit minus credit, up to and including an instant (by the postings'' at). Sees what the caller may see. Errors: 22004 null argument, P0002 unknown account.';

CREATE FUNCTION rui.account_statement(project_id bigint, code text, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (posting_id bigint, at timestamptz, period date, document text, document_id bigint, counter_code text,
	debit numeric, credit numeric, balance numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	asked_id bigint;
	opening numeric;
BEGIN
	IF from_at IS NULL OR to_at IS NULL THEN
		PERFORM rui._missing(CASE WHEN from_at IS NULL THEN 'from_at' ELSE 'to_at' END);
	ELSIF from_at > to_at THEN
		RAISE EXCEPTION 'to_at % is before from_at %', to_at, from_at USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give the earlier instant first.';
	END IF;
	-- Up to the last microsecond before from_at.
	opening := rui.account_balance(project_id, code, from_at - interval '1 microsecond');
	SELECT a.id INTO asked_id FROM rui.account a
	WHERE a.project_id = account_statement.project_id AND a.code = account_statement.code;
	RETURN QUERY
	SELECT m.id, m.at, m.period, m.document, m.document_id, o.code, nullif(m.debit, 0), nullif(m.credit, 0),
		opening + sum(m.debit - m.credit) OVER (ORDER BY m.at, m.id)
	FROM (
		SELECT p.*, CASE WHEN p.debit_account = asked_id THEN p.amount ELSE 0 END::numeric AS debit,
			CASE WHEN p.credit_account = asked_id THEN p.amount ELSE 0 END::numeric AS credit
		FROM rui.posting p
		WHERE p.project_id = account_statement.project_id AND p.at >= from_at AND p.at < to_at
			AND asked_id IN (p.debit_account, p.credit_account)) m
	JOIN rui.account o ON o.project_id = m.project_id
		AND o.id = CASE WHEN m.debit_account = asked_id THEN m.credit_account ELSE m.debit_account END
	ORDER BY m.at, m.id;
END
$$;
COMMENT ON FUNCTION rui.account_statement(bigint, text, timestamptz, timestamptz) IS
'The postings of one account from from_at to before to_at in the order of time and id, with the account on the other side (counter_code), the amount as debit or credit (the other null), and the running balance, debit minus credit, from the beginning of the books. Sees what the caller may see. Errors: 22004 null argument, 22023 to_at before from_at, P0002 unknown account.';
