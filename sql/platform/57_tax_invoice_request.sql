-- Asking for a tax invoice, asking again, and taking a request back.

CREATE FUNCTION rui._tax_lines(project_id bigint, charge_ids bigint[])
RETURNS TABLE (charge_id bigint, payer_id bigint, goods_name text, class_code text, unit_name text, quantity numeric, rate_code text,
	treatment text, rate numeric, net numeric, tax numeric, gross numeric, element jsonb, fault text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
-- One plan for all, by index: planning anew would take longer than looking,
-- unless there is much to look at.
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	basis CONSTANT text := (SELECT s.basis FROM rui.tax_setting s WHERE s.project_id = _tax_lines.project_id);
BEGIN
	IF cardinality(charge_ids) > 1000 THEN
		PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
	END IF;
	RETURN QUERY
	WITH asked AS MATERIALIZED (SELECT i.id FROM unnest(charge_ids) AS i(id)),
	wanted AS MATERIALIZED (
		SELECT c.*, v.charge_id IS NOT NULL AS is_reversed, coalesce(w.amount, 0) AS waived, coalesce(a.amount, 0) AS paid,
			coalesce(d.net, 0) AS net_before, coalesce(d.tax, 0) AS tax_before, coalesce(d.gross, 0) AS before
		FROM asked k
		JOIN rui.charge c ON c.project_id = _tax_lines.project_id AND c.id = k.id
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
		LEFT JOIN (SELECT k.id, sum(w.amount) AS amount FROM asked k
			JOIN rui.waiver w ON w.project_id = _tax_lines.project_id AND w.charge_id = k.id AND w.state = 'approved' GROUP BY k.id) w ON w.id = c.id
		LEFT JOIN (SELECT k.id, sum(a.amount) AS amount FROM asked k
			JOIN rui.allocation a ON a.project_id = _tax_lines.project_id AND a.charge_id = k.id GROUP BY k.id) a ON a.id = c.id
		LEFT JOIN rui.tax_invoiced d ON d.project_id = c.project_id AND d.source = 'charge' AND d.source_id = c.id),
	sized AS (
		SELECT w.*, z.gross_now FROM wanted w
		CROSS JOIN LATERAL (SELECT CASE WHEN w.is_reversed THEN 0 ELSE least(w.gross - w.waived, CASE basis WHEN 'paid' THEN w.paid ELSE w.gross END) END
			- w.before AS gross_now) z),
	split AS (
		-- The net up to now less the net before, so that all parts are the charge's net to the cent.
		SELECT s.*, least(greatest(s.net - round(s.net * (s.gross - s.before - s.gross_now) / nullif(s.gross, 0), 2) - s.net_before,
			s.gross_now - (s.tax - s.tax_before), 0), s.net - s.net_before, s.gross_now) AS net_now
		FROM sized s),
	-- What a fee item is on an invoice, on each first day that occurs.
	classed AS MATERIALIZED (
		SELECT d.fee_item_id, d.starts_on, k.id, k.goods_name, k.class_code, k.unit_name, k.rate_code, k.element, r.treatment, r.rate
		FROM (SELECT w.fee_item_id, w.starts_on FROM wanted w GROUP BY w.fee_item_id, w.starts_on) d
		JOIN rui.tax_class k ON k.project_id = _tax_lines.project_id AND k.fee_item_id = d.fee_item_id AND k.valid @> d.starts_on
		LEFT JOIN rui.tax_rate r ON r.code = k.rate_code AND r.valid @> d.starts_on),
	disputed AS MATERIALIZED (
		SELECT q.charge_id FROM asked k
		JOIN rui.dispute q ON q.project_id = _tax_lines.project_id AND q.charge_id = k.id AND q.state = 'open' GROUP BY q.charge_id),
	-- Money that is invoiced as a prepayment is not invoiced again for what it pays.
	doubled AS MATERIALIZED (
		SELECT a.charge_id, min(a.payment_id) AS payment_id
		FROM asked k
		JOIN rui.allocation a ON a.project_id = _tax_lines.project_id AND a.charge_id = k.id
		JOIN rui.tax_invoiced d ON d.project_id = a.project_id AND d.source = 'payment' AND d.source_id = a.payment_id AND d.gross > 0
		JOIN rui.payment p ON p.project_id = a.project_id AND p.id = a.payment_id
		CROSS JOIN LATERAL (SELECT sum(b.amount) AS amount FROM rui.allocation b
			WHERE b.project_id = a.project_id AND b.payment_id = a.payment_id AND (EXISTS (SELECT FROM asked o WHERE o.id = b.charge_id) OR EXISTS (
				SELECT FROM rui.tax_invoiced e WHERE e.project_id = b.project_id AND e.source = 'charge' AND e.source_id = b.charge_id AND e.gross > 0))) b
		WHERE b.amount > p.amount - d.gross - coalesce((SELECT sum(r.amount) FROM rui.refund r
				WHERE r.project_id = p.project_id AND r.payment_id = p.id), 0)
		GROUP BY a.charge_id HAVING sum(a.amount) > 0)
	SELECT s.id, s.payer_id, k.goods_name, k.class_code, k.unit_name,
		CASE WHEN s.before = 0 AND s.gross_now = s.gross AND s.quantity > 0 THEN s.quantity END,
		k.rate_code, k.treatment, k.rate, s.net_now, s.gross_now - s.net_now, s.gross_now,
		CASE k.element WHEN 'lease' THEN jsonb_build_object('kind', 'lease', 'region', e.region, 'address', e.address, 'certificate_no', e.certificate_no,
				'area', u.area_m2::text, 'area_unit', e.area_unit, 'from', lower(s.period)::text, 'to', (upper(s.period) - 1)::text,
				'is_remote', CASE WHEN e.is_remote THEN 'Y' ELSE 'N' END)
			WHEN 'parking' THEN jsonb_build_object('kind', 'parking', 'region', e.region, 'address', e.address, 'plate', y.plate,
				'from', coalesce(to_char(lower(y.during) AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI'), lower(s.period)::text),
				'to', coalesce(to_char(upper(y.during) AT TIME ZONE j.time_zone, 'YYYY-MM-DD HH24:MI'), (upper(s.period) - 1)::text)) END,
		CASE WHEN s.source = 'opening' THEN 'It is of earlier books, and so is its tax.'
			WHEN s.is_reversed THEN 'It is reversed.'
			WHEN q.charge_id IS NOT NULL THEN 'It is under dispute.'
			WHEN s.gross_now <= 0 THEN format('Of %s, %s is paid, %s waived and %s invoiced.', s.gross, s.paid, s.waived, s.before)
			WHEN k.id IS NULL THEN 'Its fee item has no tax class on its first day.'
			WHEN k.rate IS NULL THEN format('Rate "%s" has no row for its first day.', k.rate_code)
			WHEN k.rate <> coalesce(s.tax_rate, 0) THEN format('It was charged with a tax of %s, its class has %s.', coalesce(s.tax_rate, 0), k.rate)
			WHEN abs(s.gross_now - s.net_now - s.net_now * k.rate) > 0.06 THEN 'Its tax is not its net times the rate.'
			WHEN k.element <> 'none' AND e.id IS NULL THEN 'Nothing is known of the place that its line has to tell of.'
			WHEN o.payment_id IS NOT NULL THEN format('Payment %s is invoiced as a prepayment.', o.payment_id) END
	FROM split s
	JOIN rui.project j ON j.id = s.project_id
	LEFT JOIN classed k ON k.fee_item_id = s.fee_item_id AND k.starts_on = s.starts_on
	LEFT JOIN rui.unit u ON u.project_id = s.project_id AND u.id = s.unit_id
	LEFT JOIN rui.parking_stay y ON y.project_id = s.project_id AND y.charge_id = s.id
	LEFT JOIN disputed q ON q.charge_id = s.id
	LEFT JOIN doubled o ON o.charge_id = s.id
	-- Only lines with an element tell of the place.
	LEFT JOIN LATERAL (SELECT e.* FROM rui.tax_estate e WHERE k.element <> 'none' AND e.project_id = s.project_id AND (e.unit_id = s.unit_id OR e.unit_id IS NULL)
		ORDER BY e.unit_id NULLS LAST LIMIT 1) e ON true
	ORDER BY s.id;
END
$$;
COMMENT ON FUNCTION rui._tax_lines(bigint, bigint[]) IS
'Internal: of each of these charges what an invoice asked for now would bear, and why it cannot be asked for (fault), or null. Unknown charges have no row.';

CREATE FUNCTION rui.invoiceable(project_id bigint, only_payer bigint DEFAULT NULL)
RETURNS TABLE (charge_id bigint, payer_id bigint, goods_name text, rate numeric, net numeric, tax numeric, gross numeric, fault text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'request_invoices');
	IF NOT rui.has_permission(project_id, 'invoices_for_others') THEN
		only_payer := rui.current_party();
	END IF;
	RETURN QUERY
	SELECT l.charge_id, l.payer_id, l.goods_name, l.rate, l.net, l.tax, l.gross, l.fault
	FROM rui._tax_lines(invoiceable.project_id, ARRAY(
		SELECT c.id FROM rui.charge c
		LEFT JOIN rui.tax_invoiced d ON d.project_id = c.project_id AND d.source = 'charge' AND d.source_id = c.id
		WHERE c.project_id = invoiceable.project_id AND (only_payer IS NULL OR c.payer_id = only_payer)
			AND c.source <> 'opening' AND c.gross > coalesce(d.gross, 0))) l
	WHERE l.gross > 0;
END
$$;
COMMENT ON FUNCTION rui.invoiceable(bigint, bigint) IS
'The charges of a payer, or of all (null), of which something may be invoiced by what is paid, waived and invoiced, with what a line would bear, and why it cannot be invoiced for now (fault), or null. Who may not ask for others sees his own. Needs permission request_invoices. Errors: 22004, 42501.';

CREATE FUNCTION rui._tax_contact(title rui.tax_title) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object('address', (title).address, 'phone', (title).phone, 'bank', (title).bank, 'account_no', (title).account_no));
COMMENT ON FUNCTION rui._tax_contact(rui.tax_title) IS
'Internal: what invoices show of a title besides its name and number: address, phone, bank, account_no, those that it has.';

CREATE FUNCTION rui.request_invoice(project_id bigint, title_id bigint, charge_ids bigint[] DEFAULT NULL, payment_id bigint DEFAULT NULL,
	kind text DEFAULT 'ordinary', amount numeric DEFAULT NULL, remark text DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	may_for_others boolean;
	answer jsonb;
	title rui.tax_title;
	seller rui.tax_seller;
	setting rui.tax_setting;
	drafted jsonb;
	unusable record;
	found_charges bigint;
	found_payers bigint;
	owes bigint;
	left_over numeric;
	new_id bigint;
	new_gross numeric;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_invoices');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('kind', kind, 20);
	PERFORM rui._check_optional('remark', remark, 200);
	IF kind NOT IN ('ordinary', 'special') THEN
		RAISE EXCEPTION 'unknown kind of invoice "%"', kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Kinds are ordinary and special.';
	ELSIF (coalesce(cardinality(charge_ids), 0) = 0) = (payment_id IS NULL) THEN
		RAISE EXCEPTION 'an invoice is about charges or about a prepayment' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give charge_ids or payment_id, not both.';
	ELSIF cardinality(charge_ids) > 1000 OR array_ndims(charge_ids) > 1 OR array_position(charge_ids, NULL) IS NOT NULL
		OR cardinality(charge_ids) > (SELECT count(DISTINCT c.id) FROM unnest(charge_ids) AS c(id)) THEN
		RAISE EXCEPTION 'charge_ids must be a list of at most 1000 different charges'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for several invoices.';
	ELSIF amount IS NOT NULL AND payment_id IS NULL THEN
		RAISE EXCEPTION 'amount goes with payment_id' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Of charges everything is invoiced that can be.';
	ELSIF amount IS NOT NULL THEN
		PERFORM rui._check_amount('amount', amount);
	END IF;
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_invoice', request_key,
		jsonb_build_array(title_id, charge_ids, payment_id, kind, amount, remark));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	may_for_others := rui.has_permission(project_id, 'invoices_for_others');
	title := rui._title(project_id, title_id);
	IF kind = 'special' AND title.kind <> 'enterprise' THEN
		RAISE EXCEPTION 'a special invoice is made out to an enterprise, not to a person'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for an ordinary one, or for another title.';
	ELSIF kind = 'special' AND payment_id IS NOT NULL THEN
		RAISE EXCEPTION 'a prepayment has no tax that a special invoice could show'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for an ordinary one.';
	END IF;
	SELECT s.* INTO setting FROM rui.tax_setting s WHERE s.project_id = request_invoice.project_id;
	SELECT s.* INTO seller FROM rui.tax_seller s
	WHERE s.project_id = request_invoice.project_id AND s.valid @> rui._local_date(request_invoice.project_id, request_invoice.at);
	IF setting.project_id IS NULL OR seller.id IS NULL THEN
		RAISE EXCEPTION 'project % cannot make invoices', project_id USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'rui.set_tax_setting and rui.set_tax_seller say how, and for whom.';
	END IF;
	IF payment_id IS NULL THEN
		SELECT coalesce(jsonb_agg(l ORDER BY l.charge_id), '[]'), count(*), count(DISTINCT coalesce(l.payer_id, 0)), min(l.payer_id)
		INTO drafted, found_charges, found_payers, owes
		FROM rui._tax_lines(request_invoice.project_id, request_invoice.charge_ids) l
		WHERE may_for_others OR l.payer_id = rui.current_party();
		IF found_charges < cardinality(charge_ids) THEN
			PERFORM rui._unknown('charge', (SELECT w.id FROM unnest(charge_ids) AS w(id) WHERE NOT EXISTS (
				SELECT FROM rui.charge c WHERE c.project_id = request_invoice.project_id AND c.id = w.id
					AND (may_for_others OR c.payer_id = rui.current_party())) ORDER BY 1 LIMIT 1), project_id);
		ELSIF found_payers > 1 THEN
			RAISE EXCEPTION 'the charges are of several payers' USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for one invoice per payer.';
		END IF;
		SELECT l.charge_id, coalesce(l.fault, 'It bears no tax, which a special invoice has to show.') AS fault INTO unusable
		FROM jsonb_to_recordset(drafted) AS l(charge_id bigint, treatment text, fault text)
		WHERE l.fault IS NOT NULL OR request_invoice.kind = 'special' AND l.treatment IN ('exempt', 'untaxed') ORDER BY l.charge_id LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'charge % cannot be invoiced', unusable.charge_id
				USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = unusable.fault, HINT = 'rui.invoiceable lists what can be.';
		ELSIF EXISTS (SELECT FROM rui.charge c WHERE c.project_id = request_invoice.project_id AND c.id = ANY (charge_ids) AND c.at > request_invoice.at) THEN
			RAISE EXCEPTION 'a charge of later than % cannot be invoiced then', at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a later time.';
		END IF;
	ELSE
		SELECT p.payer_id, o.left_over - coalesce(d.gross, 0) INTO owes, left_over
		FROM rui.payment p
		JOIN rui.payment_open o ON o.project_id = p.project_id AND o.payment_id = p.id
		LEFT JOIN rui.tax_invoiced d ON d.project_id = p.project_id AND d.source = 'payment' AND d.source_id = p.id
		WHERE p.project_id = request_invoice.project_id AND p.id = request_invoice.payment_id
			AND (may_for_others OR p.payer_id = rui.current_party()) AND p.at <= request_invoice.at;
		IF NOT FOUND THEN
			PERFORM rui._unknown('payment', payment_id, project_id);
		ELSIF left_over <= 0 OR amount > left_over THEN
			RAISE EXCEPTION 'payment % has % left that is not invoiced', payment_id, greatest(left_over, 0)
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'What it has paid is invoiced by its charges.';
		END IF;
		left_over := coalesce(amount, left_over);
		drafted := jsonb_build_array(jsonb_build_object('goods_name', setting.prepaid_name, 'class_code', setting.prepaid_class_code,
			'rate_code', 'untaxed', 'treatment', 'untaxed', 'rate', 0, 'net', left_over, 'tax', 0, 'gross', left_over));
	END IF;
	INSERT INTO rui.tax_invoice AS i (project_id, kind, about, payer_id, title_id, seller_id, seller_tax_no, buyer_kind, buyer_name, buyer_tax_no,
		buyer_contact, net, tax, gross, remark, requested_by, requested_at, next_at)
	SELECT request_invoice.project_id, request_invoice.kind, CASE WHEN request_invoice.payment_id IS NULL THEN 'charge' ELSE 'prepayment' END,
		coalesce(owes, title.party_id), title.id, seller.id, seller.tax_no, title.kind, title.name, title.tax_no, rui._tax_contact(title),
		sum(l.net), sum(l.tax), sum(l.gross), request_invoice.remark, rui.current_party(), request_invoice.at, request_invoice.at
	FROM jsonb_to_recordset(drafted) AS l(net numeric, tax numeric, gross numeric)
	RETURNING i.id, i.gross INTO new_id, new_gross;
	INSERT INTO rui.tax_invoice_line (project_id, invoice_id, line, charge_id, payment_id, goods_name, class_code, unit_name, quantity, price,
		rate_code, treatment, rate, net, tax, gross, element)
	SELECT request_invoice.project_id, new_id, row_number() OVER (ORDER BY l.charge_id), l.charge_id, request_invoice.payment_id, l.goods_name, l.class_code,
		l.unit_name, l.quantity, trim_scale(round(l.net / l.quantity, 13)), l.rate_code, l.treatment, l.rate, l.net, l.tax, l.gross, nullif(l.element, 'null')
	FROM jsonb_to_recordset(drafted) AS l(charge_id bigint, goods_name text, class_code text, unit_name text, quantity numeric, rate_code text,
		treatment text, rate numeric, net numeric, tax numeric, gross numeric, element jsonb);
	PERFORM rui._emit(project_id, 'tax_invoice.request', 'tax_invoice', new_id, at,
		jsonb_build_object('kind', kind, 'gross', new_gross));
	PERFORM rui._finish_request(project_id, 'request_invoice', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.request_invoice(bigint, bigint, bigint[], bigint, text, numeric, text, text, timestamptz) IS
'Asks for a tax invoice to a title, ordinary or special (enterprises only): about charges of one payer, each with everything of it that may be invoiced and is not (what is paid, or what is charged, by rui.tax_setting; never what is waived); or about a prepayment: amount of what a payment has left over, null for all, not taxed. Net and tax are the charge''s own. It waits for a gateway; rui.answer_invoice tells what became of it. Returns the id in rui.tax_invoice. Needs permission request_invoices, and for others'' charges, money or titles invoices_for_others (P0002 without it). Errors: 22004, 22001, 22003, 22008, 22023 arguments, several payers, special for a person or a prepayment, P0002 unknown title, charge or payment, 55000 a charge that cannot be invoiced (detail), less left over, no seller or no books, RU409, 42501.';

CREATE FUNCTION rui._own_invoice(project_id bigint, invoice_id bigint) RETURNS rui.tax_invoice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.tax_invoice;
BEGIN
	IF invoice_id IS NULL THEN
		PERFORM rui._missing('invoice_id');
	END IF;
	SELECT i.* INTO about FROM rui.tax_invoice i WHERE i.project_id = _own_invoice.project_id AND i.id = _own_invoice.invoice_id FOR NO KEY UPDATE;
	IF NOT FOUND OR about.payer_id IS DISTINCT FROM rui.current_party() AND NOT rui.has_permission(project_id, 'invoices_for_others') THEN
		PERFORM rui._unknown('invoice', invoice_id, project_id);
	ELSIF about.red_of IS NOT NULL THEN
		-- What a red letter is about is not the payer's to decide.
		PERFORM rui.require_permission(project_id, 'request_red_letters');
	END IF;
	RETURN about;
END
$$;
COMMENT ON FUNCTION rui._own_invoice(bigint, bigint) IS
'Internal: locks and returns a request that the acting party may change: his own, or anybody''s with permission invoices_for_others, red letters with request_red_letters. Errors: 22004, P0002, 42501.';

CREATE FUNCTION rui.request_invoice_again(project_id bigint, invoice_id bigint, title_id bigint DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	about rui.tax_invoice;
	title rui.tax_title;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_invoices');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'request_invoice_again', request_key, jsonb_build_array(invoice_id, title_id));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	about := rui._own_invoice(project_id, invoice_id);
	IF title_id IS NOT NULL THEN
		title := rui._title(project_id, title_id);
		IF about.red_of IS NOT NULL OR about.kind = 'special' AND title.kind <> 'enterprise' THEN
			RAISE EXCEPTION 'invoice % cannot be made out to title %', invoice_id, title_id USING ERRCODE = 'invalid_parameter_value',
				HINT = 'A red letter bears the title of its invoice, a special invoice that of an enterprise.';
		END IF;
		UPDATE rui.tax_invoice i SET last_action = 'request', round = i.round + 1, next_at = request_invoice_again.at, title_id = title.id,
			buyer_kind = title.kind, buyer_name = title.name, buyer_tax_no = title.tax_no, buyer_contact = rui._tax_contact(title)
		WHERE i.project_id = about.project_id AND i.id = about.id RETURNING i.state INTO new_state;
	ELSE
		UPDATE rui.tax_invoice i SET last_action = 'request', round = i.round + 1, next_at = request_invoice_again.at
		WHERE i.project_id = about.project_id AND i.id = about.id RETURNING i.state INTO new_state;
	END IF;
	PERFORM rui._emit(project_id, 'tax_invoice.request', 'tax_invoice', invoice_id, at, jsonb_build_object('round', about.round + 1));
	PERFORM rui._finish_request(project_id, 'request_invoice_again', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.request_invoice_again(bigint, bigint, bigint, text, timestamptz) IS
'Asks again for an invoice or red letter that has failed, an invoice perhaps to another title; its lines stay. Returns the new state. Needs permission request_invoices, for others'' invoices_for_others (P0002 without it), for red letters request_red_letters. Errors: 22004, 22008, 22023 arguments, P0002 unknown invoice or title, 55000 not failed or no books, RU409, 42501.';

CREATE FUNCTION rui.cancel_invoice(project_id bigint, invoice_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	about rui.tax_invoice;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'request_invoices');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._lock_books(project_id);
	answer := rui._begin_request(project_id, 'cancel_invoice', request_key, jsonb_build_array(invoice_id));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	about := rui._own_invoice(project_id, invoice_id);
	UPDATE rui.tax_invoice i SET last_action = 'cancel', next_at = NULL
	WHERE i.project_id = about.project_id AND i.id = about.id RETURNING i.state INTO new_state;
	PERFORM rui._emit(project_id, 'tax_invoice.cancel', 'tax_invoice', invoice_id, at);
	PERFORM rui._finish_request(project_id, 'cancel_invoice', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.cancel_invoice(bigint, bigint, text, timestamptz) IS
'Takes back a request that no gateway holds (requested, failed or waiting for the buyer): what it is about may be invoiced or reddened again. An issued invoice is lowered by a red letter instead. Returns the new state. Needs permission request_invoices, for others'' invoices_for_others (P0002 without it), for red letters request_red_letters. Errors: 22004, 22008, P0002 unknown invoice, 55000 sent, issued or canceled, or no books, RU409, 42501.';
