-- Gateways to the tax office: they take requests under a lease and say what
-- became of them. Nothing here knows any gateway: a client reads and answers
-- in SQL.

-- A number counts once for a seller, in all projects of the company.
CREATE TABLE rui.tax_number (
	company_id bigint NOT NULL REFERENCES rui.company (id),
	tax_no text NOT NULL,
	number text NOT NULL CHECK (number ~ '^[0-9]{20}$'),
	project_id bigint NOT NULL,
	invoice_id bigint NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (company_id, tax_no, number)
);

CREATE TABLE rui.tax_attempt (
	project_id bigint NOT NULL,
	invoice_id bigint NOT NULL,
	attempt integer NOT NULL CHECK (attempt > 0),
	round integer NOT NULL CHECK (round > 0),
	gateway text NOT NULL CHECK (length(gateway) BETWEEN 1 AND 100),
	taken_at timestamptz NOT NULL CHECK (isfinite(taken_at)),
	lease_until timestamptz NOT NULL,
	outcome text CHECK (outcome IN ('issued', 'failed', 'later')),
	number text,
	issued_at timestamptz,
	reason text CHECK (length(reason) BETWEEN 1 AND 500),
	answered_at timestamptz,
	answer text CHECK (answer IN ('issued', 'failed', 'requested', 'stale')),
	PRIMARY KEY (project_id, invoice_id, attempt),
	FOREIGN KEY (project_id, invoice_id) REFERENCES rui.tax_invoice (project_id, id),
	CONSTRAINT tax_attempt_answered CHECK (num_nonnulls(outcome, answered_at, answer) IN (0, 3)),
	CONSTRAINT tax_attempt_number CHECK ((outcome = 'issued') IS TRUE = (number IS NOT NULL) AND (number IS NULL) = (issued_at IS NULL))
);
PERFORM rui._name('tax_outcome', o.code, o.zh, o.en) FROM (VALUES ('issued', '已开具', 'issued'), ('failed', '失败', 'failed'),
	('later', '稍后再试', 'later')) AS o(code, zh, en);
PERFORM rui._describe('tax_number', 'The numbers of issued invoices: each counts once for a seller.',
	'tax_no: The seller''s tax number.', 'number: 20 digits.', 'project_id: The project whose invoice it is.', 'invoice_id: The invoice.');
PERFORM rui._describe('tax_attempt', 'Every time a gateway took a request, and what it answered. An answer is given once.',
	'invoice_id: The request.', 'attempt: From 1.', 'round: The round of the request (rui.tax_invoice.round).', 'gateway: Who took it.', 'taken_at: When.',
	'lease_until: Until when it was the gateway''s.', 'outcome: issued, failed or later; null without an answer.', 'number: Of an issued one.',
	'issued_at: Of an issued one.', 'reason: What the tax office said.', 'answered_at: When it answered.',
	'answer: What the platform said to that: the new state, or stale where another attempt decides.');
PERFORM rui._declare_table('tax_number', 'company', 'append');
PERFORM rui._declare_table('tax_attempt', 'tenant', 'change');
REVOKE UPDATE, DELETE ON rui.tax_attempt FROM rui_api;
GRANT UPDATE (outcome, number, issued_at, reason, answered_at, answer) ON rui.tax_attempt TO rui_api;
PERFORM rui._allow_read('tax_number', '{rui_manager,rui_auditor}', 'company_id = ANY ((SELECT rui.my_companies())::bigint[])');
PERFORM rui._allow_read('tax_attempt', '{rui_agent,rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE VIEW rui.invoice_outbox WITH (security_invoker = true, security_barrier = true) AS
SELECT i.project_id, i.id AS invoice_id, format('%s-%s-%s', i.project_id, i.id, i.round) AS request_no, i.red_of IS NOT NULL AS is_red, i.kind,
	i.gross, i.state, i.attempts, i.next_at, i.failure
FROM rui.tax_invoice i WHERE i.state IN ('requested', 'sent');
PERFORM rui._describe('invoice_outbox', 'What waits for a gateway, or is with one. Gateways take it by rui.take_invoices.',
	'invoice_id: The invoice or red letter.', 'request_no: Names the request to the tax office: the same each time it is taken, until it has failed.',
	'is_red: Whether it is a red letter.', 'kind: ordinary or special.', 'gross: With tax.', 'state: requested, or sent: a gateway has it.',
	'attempts: How often it was taken.', 'next_at: When it may be taken; of a sent one by another.', 'failure: What the last answer said, or null.');
GRANT SELECT ON rui.invoice_outbox TO rui_agent, rui_manager, rui_auditor;

CREATE FUNCTION rui._invoice_document(project_id bigint, invoice_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT jsonb_build_object('request_no', format('%s-%s-%s', i.project_id, i.id, i.round), 'kind', i.kind,
			'seller', jsonb_strip_nulls(jsonb_build_object('name', s.name, 'tax_no', s.tax_no, 'address', s.address, 'phone', s.phone,
				'bank', s.bank, 'account_no', s.account_no)),
			'buyer', jsonb_strip_nulls(jsonb_build_object('kind', i.buyer_kind, 'name', i.buyer_name, 'tax_no', i.buyer_tax_no)) || i.buyer_contact,
			'drawer', s.drawer, 'net', i.net::text, 'tax', i.tax::text, 'gross', i.gross::text, 'remark', i.remark,
			'requested_at', to_char(i.requested_at AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI:SS'),
			'red', CASE WHEN i.red_of IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('number', b.number,
				'issued_at', to_char(b.issued_at AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI:SS'), 'reason', i.red_reason,
				'reason_name', rui.label('red_reason', i.red_reason, 'zh'), 'confirmation_no', i.confirmation_no)) END,
			'lines', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('line', l.line, 'red_line', l.red_line, 'name', l.goods_name, 'class_code', l.class_code,
					'unit', l.unit_name, 'quantity', trim_scale(l.quantity)::text, 'price', l.price::text, 'treatment', l.treatment,
					'rate', trim_scale(l.rate)::text, 'net', l.net::text, 'tax', l.tax::text, 'gross', l.gross::text, 'element', l.element)) ORDER BY l.line)
				FROM rui.tax_invoice_line l WHERE l.project_id = i.project_id AND l.invoice_id = i.id))
		FROM rui.tax_invoice i
		JOIN rui.project j ON j.id = i.project_id
		JOIN rui.tax_seller s ON s.project_id = i.project_id AND s.id = i.seller_id
		LEFT JOIN rui.tax_invoice b ON b.project_id = i.project_id AND b.id = i.red_of
		WHERE i.project_id = _invoice_document.project_id AND i.id = _invoice_document.invoice_id);
END
$$;
COMMENT ON FUNCTION rui._invoice_document(bigint, bigint) IS
'Internal: a request as gateways get it: every amount, quantity, rate and time is a text, times are in the project''s zone.';

CREATE FUNCTION rui._invoice_is_owed(project_id bigint, invoice_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN NOT EXISTS (
		SELECT FROM rui.tax_invoice_line l
		JOIN rui.tax_invoiced d ON d.project_id = l.project_id AND d.source = CASE WHEN l.charge_id IS NULL THEN 'payment' ELSE 'charge' END
			AND d.source_id = coalesce(l.charge_id, l.payment_id)
		WHERE l.project_id = _invoice_is_owed.project_id AND l.invoice_id = _invoice_is_owed.invoice_id AND (
			EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = l.project_id AND v.charge_id = l.charge_id)
			OR EXISTS (SELECT FROM rui.payment_reversal v WHERE v.project_id = l.project_id AND v.payment_id = l.payment_id)
			OR EXISTS (SELECT FROM rui.dispute q WHERE q.project_id = l.project_id AND q.charge_id = l.charge_id AND q.state = 'open')
			OR d.gross > d.most_net + d.most_tax
				- coalesce((SELECT sum(w.amount) FROM rui.waiver w
					WHERE w.project_id = l.project_id AND w.charge_id = l.charge_id AND w.state = 'approved'), 0)
				- coalesce((SELECT sum(r.amount) FROM rui.refund r WHERE r.project_id = l.project_id AND r.payment_id = l.payment_id), 0)));
END
$$;
COMMENT ON FUNCTION rui._invoice_is_owed(bigint, bigint) IS
'Internal: whether a request says nothing that was taken back, waived, refunded or disputed since it was asked for.';

CREATE FUNCTION rui.take_invoices(project_id bigint, up_to integer, gateway text, at timestamptz DEFAULT now())
RETURNS TABLE (invoice_id bigint, attempt integer, request_no text, document jsonb, lease_until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	lease interval;
	picked bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'issue_invoices');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('gateway', gateway, 100);
	IF up_to IS NULL THEN
		PERFORM rui._missing('up_to');
	ELSIF up_to NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'up_to must be 1 to 1000, not %', up_to USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT s.lease INTO lease FROM rui.tax_setting s WHERE s.project_id = take_invoices.project_id;
	picked := ARRAY(
		SELECT i.id FROM rui.tax_invoice i
		WHERE i.project_id = take_invoices.project_id AND i.state IN ('requested', 'sent') AND i.next_at <= take_invoices.at
			-- What was sent may be issued already: it is asked after again.
			AND (i.state = 'sent' OR i.red_of IS NOT NULL OR rui._invoice_is_owed(i.project_id, i.id))
		ORDER BY i.next_at, i.id LIMIT up_to
		FOR NO KEY UPDATE SKIP LOCKED);
	UPDATE rui.tax_invoice i SET last_action = 'send', attempts = i.attempts + 1, next_at = take_invoices.at + lease
	WHERE i.project_id = take_invoices.project_id AND i.id = ANY (picked);
	INSERT INTO rui.tax_attempt (project_id, invoice_id, attempt, round, gateway, taken_at, lease_until)
	SELECT i.project_id, i.id, i.attempts, i.round, take_invoices.gateway, take_invoices.at, i.next_at FROM rui.tax_invoice i
	WHERE i.project_id = take_invoices.project_id AND i.id = ANY (picked);
	RETURN QUERY
	SELECT i.id, i.attempts, format('%s-%s-%s', i.project_id, i.id, i.round), rui._invoice_document(i.project_id, i.id), i.next_at
	FROM unnest(picked) WITH ORDINALITY AS p(id, place)
	JOIN rui.tax_invoice i ON i.project_id = take_invoices.project_id AND i.id = p.id
	ORDER BY p.place;
END
$$;
COMMENT ON FUNCTION rui.take_invoices(bigint, integer, text, timestamptz) IS
'For gateways: takes up to up_to (1 to 1000) requests that may go now, the oldest first; who takes at the same time gets others. Each is the gateway''s until lease_until: by then it answers with rui.answer_invoice, naming attempt; afterwards another may take it, with the same request_no, by which the tax office knows it again. A request about what was taken back, waived, refunded or disputed since waits for who cancels it (rui.red_letters_due lists it). document has everything the tax office wants; amounts, quantities, rates and times are texts. Needs permission issue_invoices. Errors: 22004, 22001, 22008, 22023 arguments, 42501.';

CREATE FUNCTION rui._settle_answer(about rui.tax_invoice, taken rui.tax_attempt, outcome text, number text, issued_at timestamptz,
	reason text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	setting rui.tax_setting;
	delays bigint;
BEGIN
	IF outcome = 'issued' THEN
		-- What the tax office has issued is a fact, whatever the lease says.
		IF about.state = 'issued' AND about.number = _settle_answer.number AND about.issued_at = _settle_answer.issued_at THEN
			RETURN 'issued';
		ELSIF about.state NOT IN ('requested', 'sent', 'failed') OR taken.round <> about.round THEN
			RAISE EXCEPTION 'invoice % cannot be number % as well', about.id, number USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('It is %s%s, round %s.', about.state, ', number ' || about.number, about.round),
				HINT = 'Two invoices for one request: one of them is reddened at the tax office.';
		END IF;
		BEGIN
			INSERT INTO rui.tax_number (company_id, tax_no, number, project_id, invoice_id)
			SELECT j.company_id, about.seller_tax_no, _settle_answer.number, about.project_id, about.id FROM rui.project j WHERE j.id = about.project_id;
		EXCEPTION WHEN unique_violation THEN
			RAISE EXCEPTION 'number % is another invoice''s', number
				USING ERRCODE = 'unique_violation', HINT = 'Each number counts once for a seller.';
		END;
		UPDATE rui.tax_invoice i SET last_action = 'issue', number = _settle_answer.number, issued_at = _settle_answer.issued_at, next_at = NULL, failure = NULL
		WHERE i.project_id = about.project_id AND i.id = about.id;
		INSERT INTO rui.tax_notice (project_id, invoice_id) VALUES (about.project_id, about.id);
		PERFORM rui._emit(about.project_id, 'tax_invoice.issue', 'tax_invoice', about.id, at,
			jsonb_build_object('number', number, 'gross', about.gross, 'payer_id', about.payer_id));
		RETURN 'issued';
	ELSIF about.state <> 'sent' OR taken.attempt <> about.attempts THEN
		RETURN 'stale';
	END IF;
	SELECT s.* INTO setting FROM rui.tax_setting s WHERE s.project_id = about.project_id;
	SELECT count(*) + 1 INTO delays FROM rui.tax_attempt t
	WHERE t.project_id = about.project_id AND t.invoice_id = about.id AND t.round = about.round AND t.outcome = 'later';
	IF outcome = 'failed' OR delays >= setting.max_attempts THEN
		UPDATE rui.tax_invoice i SET last_action = 'fail', next_at = NULL, failure = _settle_answer.reason
		WHERE i.project_id = about.project_id AND i.id = about.id;
		PERFORM rui._emit(about.project_id, 'tax_invoice.fail', 'tax_invoice', about.id, at, jsonb_build_object('reason', reason));
		RETURN 'failed';
	END IF;
	UPDATE rui.tax_invoice i SET last_action = 'postpone', failure = _settle_answer.reason,
		next_at = _settle_answer.at + least(setting.backoff * (2 ^ (delays - 1)), interval '24 hours')
	WHERE i.project_id = about.project_id AND i.id = about.id;
	RETURN 'requested';
END
$$;
COMMENT ON FUNCTION rui._settle_answer(rui.tax_invoice, rui.tax_attempt, text, text, timestamptz, text, timestamptz) IS
'Internal: does what the first answer to an attempt means and returns issued, failed, requested (to be taken again) or stale. The caller holds the books and the row. Errors: 23505 the number is known, 55000 another invoice for the same request.';

CREATE FUNCTION rui.answer_invoice(project_id bigint, invoice_id bigint, attempt integer, outcome text, number text DEFAULT NULL,
	issued_at timestamptz DEFAULT NULL, reason text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.tax_invoice;
	taken rui.tax_attempt;
	said text;
BEGIN
	PERFORM rui.require_permission(project_id, 'issue_invoices');
	PERFORM rui._check_time(project_id, at);
	IF invoice_id IS NULL OR attempt IS NULL THEN
		PERFORM rui._missing(CASE WHEN invoice_id IS NULL THEN 'invoice_id' ELSE 'attempt' END);
	END IF;
	PERFORM rui._check_text('outcome', outcome, 20);
	PERFORM rui._check_optional('reason', reason, 500);
	IF outcome NOT IN ('issued', 'failed', 'later') THEN
		RAISE EXCEPTION 'outcome "%" is not understood', outcome
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Outcomes are issued, failed and later.';
	ELSIF (outcome = 'issued') <> (number IS NOT NULL) OR (outcome = 'issued') <> (issued_at IS NOT NULL) OR outcome <> 'issued' AND reason IS NULL THEN
		RAISE EXCEPTION 'outcome "%" is not told in full', outcome USING ERRCODE = 'invalid_parameter_value',
			HINT = 'With issued come number and issued_at, with failed and later a reason.';
	ELSIF number !~ '^[0-9]{20}$' THEN
		RAISE EXCEPTION 'number "%" must have 20 digits', number
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give it as the tax office does.';
	END IF;
	PERFORM rui._lock_books(project_id);
	SELECT i.* INTO about FROM rui.tax_invoice i WHERE i.project_id = answer_invoice.project_id AND i.id = answer_invoice.invoice_id FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('invoice', invoice_id, project_id);
	END IF;
	SELECT t.* INTO taken FROM rui.tax_attempt t
	WHERE t.project_id = about.project_id AND t.invoice_id = about.id AND t.attempt = answer_invoice.attempt;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'invoice % has no attempt %', invoice_id, attempt
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.take_invoices tells the attempt.';
	ELSIF taken.answer IS NOT NULL THEN
		IF taken.outcome = outcome AND taken.number IS NOT DISTINCT FROM answer_invoice.number
			AND taken.issued_at IS NOT DISTINCT FROM answer_invoice.issued_at AND taken.reason IS NOT DISTINCT FROM answer_invoice.reason THEN
			RETURN taken.answer;
		END IF;
		RAISE EXCEPTION 'attempt % of invoice % has another answer', attempt, invoice_id USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = format('It was %s at %s.', concat_ws(' ', taken.outcome, taken.number, taken.reason), taken.answered_at),
			HINT = 'An attempt is answered once; the same answer may be sent again.';
	ELSIF at < taken.taken_at OR issued_at NOT BETWEEN about.requested_at - interval '5 minutes' AND answer_invoice.at + interval '5 minutes' THEN
		RAISE EXCEPTION 'an attempt of % cannot be answered at % with %', taken.taken_at, at, coalesce(issued_at::text, outcome)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'It is issued after it was asked for, and answered after that.';
	END IF;
	said := rui._settle_answer(about, taken, outcome, number, issued_at, reason, at);
	UPDATE rui.tax_attempt t SET outcome = answer_invoice.outcome, number = answer_invoice.number, issued_at = answer_invoice.issued_at,
		reason = answer_invoice.reason, answered_at = answer_invoice.at, answer = said
	WHERE t.project_id = about.project_id AND t.invoice_id = about.id AND t.attempt = answer_invoice.attempt;
	RETURN said;
END
$$;
COMMENT ON FUNCTION rui.answer_invoice(bigint, bigint, integer, text, text, timestamptz, text, timestamptz) IS
'For gateways: says what became of a request that was taken: issued with its number (20 digits) and time; failed for good, with what the tax office said; later: to be taken again after a rest, until it was said max_attempts times. The same answer again gets the same return, another one is refused. What is issued counts also after the lease; failed and later of an old attempt are stale and change nothing. Returns issued, failed, requested or stale. Needs permission issue_invoices. Errors: 22004, 22001, 22008, 22023 arguments, P0002 unknown invoice, 23505 the number is another invoice''s, 55000 another answer, another number for the same request, or no books, 42501.';
