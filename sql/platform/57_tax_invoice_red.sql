-- Red letters: an issued invoice is never changed, it is lowered, in full or
-- in part, and never by more than is left of it.

-- Once the buyer has deducted the tax, a red letter needs his word.
CREATE TABLE rui.tax_deduction (
	project_id bigint NOT NULL,
	invoice_id bigint NOT NULL,
	at timestamptz NOT NULL CHECK (isfinite(at)),
	party_id bigint,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, invoice_id),
	FOREIGN KEY (project_id, invoice_id) REFERENCES rui.tax_invoice (project_id, id)
);
PERFORM rui._name('event', 'tax_invoice.deduct', '购方已抵扣', 'tax deducted by the buyer');
PERFORM rui._name('duty', 'lapse_red_letters', '红字确认逾期作废', 'lapse red letters');
PERFORM rui._describe('tax_deduction', 'Invoices whose tax the buyer has deducted (用途确认). Rows are only added.',
	'invoice_id: The special invoice.', 'at: When it became known.', 'party_id: Who recorded it.');
PERFORM rui._declare_table('tax_deduction', 'tenant', 'append');
PERFORM rui._allow_read('tax_deduction', '{rui_agent,rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui.record_deduction(project_id bigint, invoice_id bigint, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.tax_invoice;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_buyer_answers');
	PERFORM rui._check_time(project_id, at);
	IF invoice_id IS NULL THEN
		PERFORM rui._missing('invoice_id');
	END IF;
	PERFORM rui._lock_books(project_id);
	SELECT i.* INTO about FROM rui.tax_invoice i WHERE i.project_id = record_deduction.project_id AND i.id = record_deduction.invoice_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('invoice', invoice_id, project_id);
	ELSIF about.state <> 'issued' OR about.kind <> 'special' OR about.red_of IS NOT NULL OR about.issued_at > at THEN
		RAISE EXCEPTION 'the tax of invoice % cannot be deducted at %', invoice_id, at
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only that of a special invoice can, once it is issued.';
	END IF;
	INSERT INTO rui.tax_deduction (project_id, invoice_id, at, party_id) VALUES (project_id, invoice_id, at, rui.current_party())
	ON CONFLICT ON CONSTRAINT tax_deduction_pkey DO NOTHING;
	IF FOUND THEN
		PERFORM rui._emit(project_id, 'tax_invoice.deduct', 'tax_invoice', invoice_id, at);
	END IF;
END
$$;
COMMENT ON FUNCTION rui.record_deduction(bigint, bigint, timestamptz) IS
'Records that the buyer has deducted the tax of a special invoice: a red letter asked for from now on needs his confirmation. Recorded again it changes nothing. Needs permission record_buyer_answers. Errors: 22004, 22008, P0002 unknown invoice, 55000 no issued special invoice, or no books, 42501.';

CREATE FUNCTION rui.request_red_letter(project_id bigint, invoice_id bigint, red_reason text, amount numeric DEFAULT NULL, lines jsonb DEFAULT NULL,
	remark text DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	blue rui.tax_invoice;
	bad record;
	left_over numeric;
	needs_confirmation boolean;
	confirm_within interval;
	asked_lines integer[];
	asked_amounts numeric[];
	asked_nets numeric[];
	new_id bigint;
	new_gross numeric;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_red_letters');
	PERFORM rui._check_time(project_id, at);
	IF invoice_id IS NULL THEN
		PERFORM rui._missing('invoice_id');
	END IF;
	PERFORM rui._check_text('red_reason', red_reason, 20);
	PERFORM rui._check_optional('remark', remark, 200);
	IF red_reason NOT IN ('return', 'error', 'stopped', 'allowance') THEN
		RAISE EXCEPTION 'no red letter is for "%"', red_reason
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Reasons are return, error, stopped and allowance.';
	ELSIF amount IS NOT NULL AND lines IS NOT NULL THEN
		RAISE EXCEPTION 'amount and lines exclude one another'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'An amount is spread over all lines; lines say how much of which.';
	ELSIF red_reason = 'error' AND num_nonnulls(amount, lines) > 0 THEN
		RAISE EXCEPTION 'a wrong invoice is reddened in full'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave amount and lines out, and ask for the right invoice then.';
	ELSIF amount IS NOT NULL THEN
		PERFORM rui._check_amount('amount', amount);
	ELSIF lines IS NOT NULL THEN
		IF jsonb_typeof(lines) <> 'array' OR jsonb_array_length(lines) NOT BETWEEN 1 AND 1000 THEN
			RAISE EXCEPTION 'lines must be a list of 1 to 1000 objects' USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give [{"line": 1, "amount": "10.00"}, …]; without amount all that is left of the line.';
		END IF;
		SELECT e.place, e.item INTO bad FROM jsonb_array_elements(lines) WITH ORDINALITY AS e(item, place)
		WHERE jsonb_typeof(e.item) <> 'object' OR e.item ->> 'line' !~ '^[1-9][0-9]{0,8}$' IS NOT FALSE
			OR e.item ->> 'amount' !~ '^[0-9]{1,16}(\.[0-9]{1,2})?$' OR (e.item ->> 'amount') ~ '^[0.]*$' OR e.item - '{line,amount}'::text[] <> '{}'
			OR EXISTS (SELECT FROM jsonb_array_elements(lines) WITH ORDINALITY AS f(item, place)
				WHERE f.item ->> 'line' = e.item ->> 'line' AND f.place < e.place)
		ORDER BY e.place LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'line % is not understood: %', bad.place, left(bad.item::text, 200) USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give [{"line": 1, "amount": "10.00"}, …], each line once; without amount all that is left of the line.';
		END IF;
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_red_letter', request_key, jsonb_build_array(invoice_id, red_reason, amount, lines, remark));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	SELECT i.* INTO blue FROM rui.tax_invoice i WHERE i.project_id = request_red_letter.project_id AND i.id = request_red_letter.invoice_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('invoice', invoice_id, project_id);
	ELSIF blue.state <> 'issued' OR blue.red_of IS NOT NULL THEN
		RAISE EXCEPTION '% % cannot be reddened', CASE WHEN blue.red_of IS NULL THEN 'invoice' ELSE 'red letter' END, invoice_id
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('It is %s.', blue.state),
				HINT = 'Issued invoices are; a request that is not issued is canceled.';
	ELSIF at < blue.issued_at THEN
		RAISE EXCEPTION 'an invoice of % cannot be reddened at %', blue.issued_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
	END IF;
	SELECT sum(f.gross) INTO left_over FROM rui.tax_line_left f WHERE f.project_id = blue.project_id AND f.invoice_id = blue.id;
	IF left_over = 0 OR amount > left_over THEN
		RAISE EXCEPTION 'of invoice % only % is left', invoice_id, left_over
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.tax_line_left has what red letters have left of each line.';
	END IF;
	-- How much of which line; an amount in proportion to what is left of them.
	IF lines IS NOT NULL THEN
		SELECT array_agg(coalesce(f.line, (e.item ->> 'line')::integer) ORDER BY e.place),
			array_agg(coalesce((e.item ->> 'amount')::numeric, f.gross) ORDER BY e.place) INTO asked_lines, asked_amounts
		FROM jsonb_array_elements(lines) WITH ORDINALITY AS e(item, place)
		LEFT JOIN rui.tax_line_left f ON f.project_id = blue.project_id AND f.invoice_id = blue.id AND f.line = (e.item ->> 'line')::integer;
	ELSE
		SELECT array_agg(f.line ORDER BY f.line), rui.split_amount(coalesce(amount, left_over), array_agg(f.gross::numeric ORDER BY f.line))
		INTO asked_lines, asked_amounts
		FROM rui.tax_line_left f WHERE f.project_id = blue.project_id AND f.invoice_id = blue.id AND f.gross > 0;
	END IF;
	SELECT a.line, a.amount, coalesce(f.gross, 0) AS most INTO bad
	FROM unnest(asked_lines, asked_amounts) AS a(line, amount)
	LEFT JOIN rui.tax_line_left f ON f.project_id = blue.project_id AND f.invoice_id = blue.id AND f.line = a.line
	WHERE coalesce(a.amount, 0) > coalesce(f.gross, 0) OR coalesce(f.gross, 0) = 0 ORDER BY a.line LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'of line % of invoice % only % is left', bad.line, invoice_id, bad.most
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.tax_line_left has what red letters have left of each line.';
	END IF;
	needs_confirmation := EXISTS (SELECT FROM rui.tax_deduction d WHERE d.project_id = blue.project_id AND d.invoice_id = blue.id);
	SELECT s.confirm_within INTO confirm_within FROM rui.tax_setting s WHERE s.project_id = blue.project_id;
	-- Net and tax of what is left afterwards are in proportion, so that all
	-- red letters of a line are the line to the cent.
	SELECT array_agg(a.line ORDER BY a.line), array_agg(a.amount ORDER BY a.line),
		array_agg(least(greatest(f.net - round(l.net * (f.gross - a.amount) / l.gross, 2), a.amount - f.tax, 0), f.net, a.amount) ORDER BY a.line)
	INTO asked_lines, asked_amounts, asked_nets
	FROM unnest(asked_lines, asked_amounts) AS a(line, amount)
	JOIN rui.tax_line_left f ON f.project_id = blue.project_id AND f.invoice_id = blue.id AND f.line = a.line
	JOIN rui.tax_invoice_line l ON l.project_id = f.project_id AND l.invoice_id = f.invoice_id AND l.line = f.line
	WHERE a.amount > 0;
	INSERT INTO rui.tax_invoice AS i (project_id, red_of, kind, about, payer_id, title_id, seller_id, seller_tax_no, buyer_kind, buyer_name, buyer_tax_no,
		buyer_contact, net, tax, gross, remark, red_reason, requested_by, requested_at, confirm_by, next_at, last_action)
	SELECT blue.project_id, blue.id, blue.kind, blue.about, blue.payer_id, blue.title_id, blue.seller_id, blue.seller_tax_no, blue.buyer_kind,
		blue.buyer_name, blue.buyer_tax_no, blue.buyer_contact, -sum(a.net), -sum(a.amount - a.net), -sum(a.amount),
		request_red_letter.remark, request_red_letter.red_reason, rui.current_party(), request_red_letter.at,
		CASE WHEN needs_confirmation THEN request_red_letter.at + confirm_within END,
		CASE WHEN NOT needs_confirmation THEN request_red_letter.at END,
		CASE WHEN needs_confirmation THEN 'propose' ELSE 'request' END
	FROM unnest(asked_amounts, asked_nets) AS a(amount, net)
	RETURNING i.id, i.gross INTO new_id, new_gross;
	INSERT INTO rui.tax_invoice_line (project_id, invoice_id, line, red_line, charge_id, payment_id, goods_name, class_code, unit_name,
		rate_code, treatment, rate, net, tax, gross, element)
	SELECT blue.project_id, new_id, row_number() OVER (ORDER BY l.line), l.line, l.charge_id, l.payment_id, l.goods_name, l.class_code, l.unit_name,
		l.rate_code, l.treatment, l.rate, -a.net, -(a.amount - a.net), -a.amount, l.element
	FROM unnest(asked_lines, asked_amounts, asked_nets) AS a(line, amount, net)
	JOIN rui.tax_invoice_line l ON l.project_id = blue.project_id AND l.invoice_id = blue.id AND l.line = a.line;
	PERFORM rui._emit(project_id, CASE WHEN needs_confirmation THEN 'tax_invoice.propose' ELSE 'tax_invoice.request' END, 'tax_invoice', new_id, at,
		jsonb_build_object('red_of', invoice_id, 'red_reason', red_reason, 'gross', new_gross));
	PERFORM rui._finish_request(project_id, 'request_red_letter', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_red_letter(bigint, bigint, text, numeric, jsonb, text, text, timestamptz) IS
'Asks for a red letter that lowers an issued invoice: by all that is left of it, by an amount with tax, spread over its lines in proportion to what is left of each, or by lines ([{"line": 1, "amount": "10.00"}], without amount all that is left of the line). Reasons: return, error (always in full), stopped or allowance. What it takes is reserved at once; once it is issued, what it was about may be invoiced again as far as it is owed. Of an invoice whose tax the buyer has deducted it waits for his confirmation first (state confirming). Returns the id in rui.tax_invoice. Needs permission request_red_letters. Errors: 22004, 22001, 22003, 22008, 22023 arguments, P0002 unknown invoice, 55000 not issued, a red letter, less left, or no books, RU409, 42501.';

CREATE FUNCTION rui.confirm_red_letter(project_id bigint, invoice_id bigint, confirms boolean, confirmation_no text DEFAULT NULL,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	about rui.tax_invoice;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_buyer_answers');
	PERFORM rui._check_time(project_id, at);
	IF invoice_id IS NULL OR confirms IS NULL THEN
		PERFORM rui._missing(CASE WHEN invoice_id IS NULL THEN 'invoice_id' ELSE 'confirms' END);
	ELSIF confirms THEN
		PERFORM rui._check_text('confirmation_no', confirmation_no, 60);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'confirm_red_letter', request_key, jsonb_build_array(invoice_id, confirms, confirmation_no));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	SELECT i.* INTO about FROM rui.tax_invoice i WHERE i.project_id = confirm_red_letter.project_id AND i.id = confirm_red_letter.invoice_id FOR NO KEY UPDATE;
	IF NOT FOUND OR about.red_of IS NULL THEN
		PERFORM rui._unknown('red letter', invoice_id, project_id);
	ELSIF at < about.requested_at OR confirms AND at > about.confirm_by THEN
		RAISE EXCEPTION 'a red letter of % cannot be confirmed at %', about.requested_at, at
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It was to be confirmed by %s.', about.confirm_by),
				HINT = 'What is not confirmed in time lapses; ask for another.';
	END IF;
	UPDATE rui.tax_invoice i SET last_action = CASE WHEN confirms THEN 'confirm' ELSE 'refuse' END,
		next_at = CASE WHEN confirms THEN confirm_red_letter.at END, confirmation_no = confirm_red_letter.confirmation_no
	WHERE i.project_id = about.project_id AND i.id = about.id RETURNING i.state INTO new_state;
	PERFORM rui._emit(project_id, CASE WHEN confirms THEN 'tax_invoice.confirm' ELSE 'tax_invoice.refuse' END, 'tax_invoice', invoice_id, at,
		jsonb_build_object('red_of', about.red_of));
	PERFORM rui._finish_request(project_id, 'confirm_red_letter', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.confirm_red_letter(bigint, bigint, boolean, text, text, timestamptz) IS
'Records what the buyer says to a red letter that waits for him: confirmed, with the number of the confirmation (红字确认单), it goes to the gateway; refused, it is canceled and its lines are as before. Returns the new state. Needs permission record_buyer_answers. Errors: 22004, 22001, 22008, 22023 arguments, also too late, P0002 unknown red letter, 55000 it does not wait, or no books, RU409, 42501.';

CREATE FUNCTION rui._duty_lapse_red_letters(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	lapsed bigint[];
BEGIN
	IF NOT EXISTS (SELECT FROM rui.tax_invoice i WHERE i.project_id = _duty_lapse_red_letters.project_id AND i.state = 'confirming'
		AND i.confirm_by < _duty_lapse_red_letters.at) THEN
		RETURN 0;
	END IF;
	PERFORM rui._lock_books(project_id);
	WITH gone AS (
		UPDATE rui.tax_invoice i SET last_action = 'lapse'
		WHERE i.project_id = _duty_lapse_red_letters.project_id AND i.state = 'confirming' AND i.confirm_by < _duty_lapse_red_letters.at
		RETURNING i.id)
	SELECT array_agg(g.id ORDER BY g.id) INTO lapsed FROM gone g;
	PERFORM rui._emit(_duty_lapse_red_letters.project_id, 'tax_invoice.lapse', 'tax_invoice', g.id, _duty_lapse_red_letters.at)
	FROM unnest(lapsed) AS g(id);
	RETURN coalesce(cardinality(lapsed), 0);
END
$$;
COMMENT ON FUNCTION rui._duty_lapse_red_letters(bigint, timestamptz) IS
'Internal: the duty lapse_red_letters of rui.tick(): red letters that the buyer has not confirmed in time are canceled, and their lines are as before. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES ('lapse_red_letters', 5735, 'Cancels red letters that buyers have not confirmed in time.');
