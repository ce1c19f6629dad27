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
	-- The list, read once: an array for each column, accounts by their ids.
	debits bigint[];
	credits bigint[];
	amounts numeric[];
	memos text[];
	months date[];
	-- The first that is no object, has another key, may be wrong, is of no such account.
	shapeless bigint;
	overfull bigint;
	doubtful bigint;
	unfit bigint;
	bad record;
	way text;
	made bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'post_entry');
	PERFORM rui._check_time(project_id, at);
	IF entries IS NULL THEN
		PERFORM rui._missing('entries');
	ELSIF jsonb_typeof(entries) = 'array' AND jsonb_array_length(entries) BETWEEN 1 AND 10000 THEN
		month_of_at := date_trunc('month', rui._local_date(project_id, at));
		SELECT array_agg(g.debit_id), array_agg(g.credit_id), array_agg(g.amount), array_agg(g.memo), array_agg(coalesce(g.month, month_of_at)),
			min(g.place) FILTER (WHERE g.more IS NULL), min(g.place) FILTER (WHERE g.more),
			-- The same questions as of a single entry.
			min(g.place) FILTER (WHERE (length(g.debit) BETWEEN 1 AND 20 AND length(g.credit) BETWEEN 1 AND 20 AND g.debit <> g.credit
				AND g.amount > 0 AND g.amount <= 9999999999999999.99 AND g.amount = round(g.amount, 2)
				AND length(g.memo) BETWEEN 1 AND 500 AND g.memo ~ '[^[:space:]]') IS NOT TRUE OR g.month IS NOT NULL),
			min(g.place) FILTER (WHERE g.is_control IS NOT FALSE)
		INTO debits, credits, amounts, memos, months, shapeless, overfull, doubtful, unfit
		FROM (
			SELECT e.*, d.id AS debit_id, c.id AS credit_id, d.is_control OR c.is_control AS is_control
			FROM (
				SELECT e.place, e.entry ->> 'debit' AS debit, e.entry ->> 'credit' AS credit, (e.entry ->> 'amount')::numeric AS amount,
					e.entry ->> 'memo' AS memo, (e.entry ->> 'month')::date AS month,
					CASE jsonb_typeof(e.entry) WHEN 'object' THEN e.entry - '{debit,credit,amount,memo,month}'::text[] <> '{}' END AS more
				FROM jsonb_array_elements(entries) WITH ORDINALITY AS e(entry, place) OFFSET 0) e
			LEFT JOIN rui.account d ON d.project_id = post_entries.project_id AND d.code = e.debit
			LEFT JOIN rui.account c ON c.project_id = post_entries.project_id AND c.code = e.credit
			ORDER BY e.place) g;
	END IF;
	IF memos IS NULL OR shapeless IS NOT NULL THEN
		RAISE EXCEPTION 'entries must be an array of 1 to 10000 objects' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'An entry is {"debit": code, "credit": code, "amount": number, "memo": text, "month": date or null}.';
	ELSIF overfull IS NOT NULL THEN
		RAISE EXCEPTION 'an entry has no "%"', (SELECT min(k.key) FROM jsonb_object_keys(entries -> (overfull - 1)::integer) AS k(key)
				WHERE k.key NOT IN ('debit', 'credit', 'amount', 'memo', 'month')) USING ERRCODE = 'invalid_parameter_value',
			DETAIL = format('Entry %s of the list.', overfull), HINT = 'Keys are debit, credit, amount, memo and month.';
	ELSIF doubtful IS NOT NULL THEN
		FOR bad IN
			SELECT g.* FROM ROWS FROM (jsonb_to_recordset(entries) AS (debit text, credit text, amount numeric, memo text, month date))
				WITH ORDINALITY AS g(debit, credit, amount, memo, month, place)
			WHERE g.place >= doubtful ORDER BY g.place
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
	IF unfit IS NOT NULL THEN
		SELECT s.code, a.is_control INTO bad FROM (VALUES (1, 'debit'), (2, 'credit')) AS k(place, key)
		CROSS JOIN LATERAL (SELECT entries -> (unfit - 1)::integer ->> k.key AS code) s
		LEFT JOIN rui.account a ON a.project_id = post_entries.project_id AND a.code = s.code
		WHERE a.is_control IS NOT FALSE ORDER BY k.place LIMIT 1;
		IF bad.is_control THEN
			RAISE EXCEPTION 'only charges and payments post to control accounts' USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('Entry %s of the list, account %s.', unfit, bad.code), HINT = 'Record a charge or a payment instead.';
		END IF;
		RAISE EXCEPTION 'project % has no account "%"', project_id, bad.code USING ERRCODE = 'no_data_found',
			DETAIL = format('Entry %s of the list.', unfit), HINT = 'rui.account lists them; rui.add_account adds one.';
	END IF;
	-- Ids grow in the order of the list.
	WITH document AS (
		INSERT INTO rui.ledger_entry (project_id, at, memo, party_id)
		SELECT post_entries.project_id, post_entries.at, m.memo, w.party_id
		FROM rui.current_party() AS w(party_id), unnest(memos) WITH ORDINALITY AS m(memo, place) ORDER BY m.place
		RETURNING id)
	SELECT array_agg(d.id ORDER BY d.id) INTO made FROM document d;
	INSERT INTO rui.posting (project_id, at, period, debit_account, credit_account, amount, document, document_id)
	SELECT post_entries.project_id, post_entries.at, p.month, p.debit, p.credit, p.amount, 'entry', p.id
	FROM unnest(made, debits, credits, amounts, months) AS p(id, debit, credit, amount, month);
	PERFORM rui._emit(project_id, 'entry.batch', 'ledger_entry', made[1], at, jsonb_build_object('entries', cardinality(made),
		'last_id', made[cardinality(made)], 'amount', (SELECT sum(a.amount) FROM unnest(amounts) AS a(amount))));
	PERFORM rui._finish_request(project_id, 'post_entries', request_key, to_jsonb(made));
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui.post_entries(bigint, jsonb, text, timestamptz) IS
'Posts many amounts by hand in one call, all or none: entries is an array of 1 to 10000 objects with debit and credit (account codes), amount, memo and optionally month, as the arguments of rui.post_entry. Returns the ids in rui.ledger_entry in the order of the list. Writers of one project do not wait for each other. Emits one event entry.batch. Needs permission post_entry. Errors: as rui.post_entry, with the place in the list as detail; 22023 no such array or an unknown key, 22P02, 22007 a value that cannot be read.';
