-- Many postings by hand in one call, as a set.

PERFORM rui._name('event', 'entry.batch', '批量记账', 'entries posted in a batch');

CREATE FUNCTION rui.post_entries(project_id bigint, entries jsonb, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
-- A loop over what is expected to be few would not end for many.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	answer jsonb;
	month_of_at date;
	bad record;
	way text;
	made bigint[];
	total numeric;
BEGIN
	PERFORM rui.require_permission(project_id, 'post_entry');
	PERFORM rui._check_time(project_id, at);
	IF entries IS NULL THEN
		PERFORM rui._missing('entries');
	ELSIF jsonb_typeof(entries) <> 'array' OR jsonb_array_length(entries) NOT BETWEEN 1 AND 10000
		OR EXISTS (SELECT FROM jsonb_array_elements(entries) e(entry) WHERE jsonb_typeof(e.entry) <> 'object') THEN
		RAISE EXCEPTION 'entries must be an array of 1 to 10000 objects' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'An entry is {"debit": code, "credit": code, "amount": number, "memo": text, "month": date or null}.';
	END IF;
	SELECT e.place, k.key INTO bad
	FROM jsonb_array_elements(entries) WITH ORDINALITY e(entry, place)
	CROSS JOIN LATERAL jsonb_object_keys(e.entry) k(key)
	WHERE k.key NOT IN ('debit', 'credit', 'amount', 'memo', 'month')
	ORDER BY e.place, k.key LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'an entry has no "%"', bad.key USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Entry %s of the list.', bad.place), HINT = 'Keys are debit, credit, amount, memo and month.';
	END IF;
	-- The same questions as of a single entry; the first that fails is said.
	SELECT g.* INTO bad
	FROM ROWS FROM (jsonb_to_recordset(entries) AS (debit text, credit text, amount numeric, memo text, month date)) WITH ORDINALITY
		AS g(debit, credit, amount, memo, month, place)
	WHERE (length(g.debit) BETWEEN 1 AND 20 AND length(g.credit) BETWEEN 1 AND 20 AND g.debit <> g.credit
		AND g.amount > 0 AND g.amount <= 9999999999999999.99 AND g.amount = round(g.amount, 2)
		AND length(g.memo) BETWEEN 1 AND 500 AND g.memo ~ '[^[:space:]]') IS NOT TRUE
		OR g.month IS NOT NULL
	ORDER BY g.place LIMIT 1;
	IF FOUND THEN
		FOR bad IN
			SELECT g.* FROM ROWS FROM (jsonb_to_recordset(entries) AS (debit text, credit text, amount numeric, memo text, month date))
				WITH ORDINALITY AS g(debit, credit, amount, memo, month, place)
			ORDER BY g.place
		LOOP
			BEGIN
				PERFORM rui._check_entry(bad.debit, bad.credit, bad.amount, bad.memo, bad.month);
			EXCEPTION WHEN data_exception THEN
				GET STACKED DIAGNOSTICS way = PG_EXCEPTION_HINT;
				RAISE EXCEPTION '%', SQLERRM USING ERRCODE = SQLSTATE, DETAIL = format('Entry %s of the list.', bad.place),
					HINT = coalesce(nullif(way, ''), 'Mend that entry; none was posted.');
			END;
		END LOOP;
	END IF;
	PERFORM rui._check_books(project_id);
	answer := rui._begin_request(project_id, 'post_entries', request_key, entries);
	IF answer IS NOT NULL THEN
		RETURN ARRAY(SELECT a.id::bigint FROM jsonb_array_elements_text(answer) WITH ORDINALITY a(id, place) ORDER BY a.place);
	END IF;
	SELECT g.place, s.code, a.is_control INTO bad
	FROM ROWS FROM (jsonb_to_recordset(entries) AS (debit text, credit text)) WITH ORDINALITY AS g(debit, credit, place)
	CROSS JOIN LATERAL (VALUES (g.debit), (g.credit)) AS s(code)
	LEFT JOIN rui.account a ON a.project_id = post_entries.project_id AND a.code = s.code
	WHERE a.is_control IS NOT FALSE
	ORDER BY g.place LIMIT 1;
	IF bad.is_control THEN
		RAISE EXCEPTION 'only charges and payments post to control accounts' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Entry %s of the list, account %s.', bad.place, bad.code), HINT = 'Record a charge or a payment instead.';
	ELSIF bad.place IS NOT NULL THEN
		RAISE EXCEPTION 'project % has no account "%"', project_id, bad.code USING ERRCODE = 'no_data_found',
			DETAIL = format('Entry %s of the list.', bad.place), HINT = 'rui.account lists them; rui.add_account adds one.';
	END IF;
	month_of_at := date_trunc('month', rui._local_date(project_id, at));
	WITH given AS MATERIALIZED (
		SELECT g.place, d.id AS debit_account, c.id AS credit_account, g.amount, g.memo, coalesce(g.month, month_of_at) AS period
		FROM ROWS FROM (jsonb_to_recordset(entries) AS (debit text, credit text, amount numeric, memo text, month date)) WITH ORDINALITY
			AS g(debit, credit, amount, memo, month, place)
		JOIN rui.account d ON d.project_id = post_entries.project_id AND d.code = g.debit
		JOIN rui.account c ON c.project_id = post_entries.project_id AND c.code = g.credit),
	document AS (
		INSERT INTO rui.ledger_entry (project_id, at, memo, party_id)
		SELECT post_entries.project_id, post_entries.at, g.memo, rui.current_party() FROM given g ORDER BY g.place
		RETURNING id),
	-- Ids grow in the order of the list.
	numbered AS (SELECT n.id, row_number() OVER (ORDER BY n.id) AS place FROM document n),
	posted AS (
		INSERT INTO rui.posting (project_id, at, period, debit_account, credit_account, amount, document, document_id)
		SELECT post_entries.project_id, post_entries.at, g.period, g.debit_account, g.credit_account, g.amount, 'entry', n.id
		FROM given g JOIN numbered n ON n.place = g.place ORDER BY g.place
		RETURNING document_id, amount)
	SELECT array_agg(p.document_id ORDER BY p.document_id), sum(p.amount) INTO made, total FROM posted p;
	PERFORM rui._emit(project_id, 'entry.batch', 'ledger_entry', made[1], at,
		jsonb_build_object('entries', cardinality(made), 'last_id', made[cardinality(made)], 'amount', total));
	PERFORM rui._finish_request(project_id, 'post_entries', request_key, to_jsonb(made));
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui.post_entries(bigint, jsonb, text, timestamptz) IS
'Posts many amounts by hand in one call, all or none: entries is an array of 1 to 10000 objects with debit and credit (account codes), amount, memo and optionally month, as the arguments of rui.post_entry. Returns the ids in rui.ledger_entry in the order of the list. Writers of one project do not wait for each other. Emits one event entry.batch. Needs permission post_entry. Errors: as rui.post_entry, with the place in the list as detail; 22023 no such array or an unknown key, 22P02, 22007 a value that cannot be read.';
