-- Asking for a tax invoice, asking again, and taking a request back.

CREATE FUNCTION rui._tax_net(net numeric, tax numeric, gross numeric, net_before numeric, tax_before numeric, before numeric,
	gross_now numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- The net up to now less the net before, so that all parts are the charge's net to the cent.
RETURN CASE WHEN before = 0 AND gross_now = gross THEN net
	ELSE least(greatest(net - round(net * (gross - before - gross_now) / nullif(gross, 0), 2) - coalesce(net_before, 0),
		gross_now - (tax - coalesce(tax_before, 0)), 0), net - coalesce(net_before, 0), gross_now) END;
COMMENT ON FUNCTION rui._tax_net(numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
'Internal: the net of what is to be invoiced now (gross_now) of a charge of which some was invoiced before (net_before, tax_before: null for none).';

CREATE FUNCTION rui._tax_fault(source text, is_reversed boolean, is_disputed boolean, gross numeric, paid numeric, waived numeric, before numeric,
	gross_now numeric, net_now numeric, tax_rate numeric, class_id bigint, rate_code text, rate numeric, lacks_place boolean, prepaid_by bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN CASE WHEN source = 'opening' THEN 'It is of earlier books, and so is its tax.'
	WHEN is_reversed THEN 'It is reversed.'
	WHEN is_disputed THEN 'It is under dispute.'
	WHEN gross_now <= 0 THEN format('Of %s, %s is paid, %s waived and %s invoiced.', gross, paid, waived, before)
	WHEN class_id IS NULL THEN 'Its fee item has no tax class on its first day.'
	WHEN rate IS NULL THEN format('Rate "%s" has no row for its first day.', rate_code)
	WHEN rate <> coalesce(tax_rate, 0) THEN format('It was charged with a tax of %s, its class has %s.', coalesce(tax_rate, 0), rate)
	WHEN abs(gross_now - net_now - net_now * rate) > 0.06 THEN 'Its tax is not its net times the rate.'
	WHEN lacks_place THEN 'Nothing is known of the place that its line has to tell of.'
	WHEN prepaid_by IS NOT NULL THEN format('Payment %s is invoiced as a prepayment.', prepaid_by) END;
COMMENT ON FUNCTION rui._tax_fault(text, boolean, boolean, numeric, numeric, numeric, numeric, numeric, numeric, numeric, bigint, text, numeric, boolean, bigint) IS
'Internal: why a charge cannot be invoiced now, or null: by its source, what is paid, waived and invoiced of it, its tax class and rate (null: it has none), whether nothing is known of a place it has to tell of, and the payment that is invoiced already as a prepayment (null: none).';

CREATE FUNCTION rui._tax_lines(project_id bigint, charge_ids bigint[])
RETURNS TABLE (charge_id bigint, payer_id bigint, goods_name text, class_code text, unit_name text, quantity numeric, rate_code text,
	treatment text, rate numeric, net numeric, tax numeric, gross numeric, element jsonb, fault text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
-- One plan for all, by index: planning anew would take longer than looking,
-- unless there is much to look at.
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_generic_plan SET enable_nestloop = on
AS $$
DECLARE
	basis CONSTANT text := (SELECT s.basis FROM rui.tax_setting s WHERE s.project_id = _tax_lines.project_id);
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = _tax_lines.project_id);
	-- What tells of the places that have no row of their own.
	all_places CONSTANT bigint := (SELECT e.id FROM rui.tax_estate e WHERE e.project_id = _tax_lines.project_id AND e.unit_id IS NULL);
BEGIN
	IF cardinality(charge_ids) > 1000 THEN
		PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
		-- A loop over what is expected to be few would not end for many.
		PERFORM set_config('enable_nestloop', 'off', true);
	END IF;
	RETURN QUERY
	WITH asked AS MATERIALIZED (
		SELECT c.id, c.payer_id, c.fee_item_id, c.unit_id, c.source, c.starts_on, c.period, c.quantity, c.net, c.tax, c.gross, c.tax_rate
		FROM unnest(charge_ids) AS i(id)
		JOIN rui.charge c ON c.project_id = _tax_lines.project_id AND c.id = i.id),
	-- What is paid and waived of each charge.
	paid AS (
		SELECT a.charge_id AS id, sum(a.amount) AS amount FROM asked k
		JOIN rui.allocation a ON a.project_id = _tax_lines.project_id AND a.charge_id = k.id GROUP BY a.charge_id),
	waived AS (
		SELECT w.charge_id AS id, sum(w.amount) AS amount FROM asked k
		JOIN rui.waiver w ON w.project_id = _tax_lines.project_id AND w.charge_id = k.id AND w.state = 'approved' GROUP BY w.charge_id),
	sized AS (
		SELECT c.*, v.charge_id IS NOT NULL AS is_reversed, coalesce(w.amount, 0) AS waived, coalesce(a.amount, 0) AS paid,
			d.net AS net_before, d.tax AS tax_before, coalesce(d.gross, 0) AS before,
			CASE WHEN v.charge_id IS NOT NULL THEN 0 ELSE least(CASE WHEN w.id IS NULL THEN c.gross ELSE c.gross - w.amount END,
				CASE basis WHEN 'paid' THEN coalesce(a.amount, 0) ELSE c.gross END) END - coalesce(d.gross, 0) AS gross_now
		FROM asked c
		LEFT JOIN rui.charge_reversal v ON v.project_id = _tax_lines.project_id AND v.charge_id = c.id
		LEFT JOIN waived w ON w.id = c.id
		LEFT JOIN paid a ON a.id = c.id
		LEFT JOIN rui.tax_invoiced d ON d.project_id = _tax_lines.project_id AND d.source = 'charge' AND d.source_id = c.id),
	split AS (
		-- The net up to now less the net before, so that all parts are the charge's net to the cent.
		SELECT s.*, rui._tax_net(s.net, s.tax, s.gross, s.net_before, s.tax_before, s.before, s.gross_now) AS net_now
		FROM sized s),
	-- Money that is invoiced as a prepayment is not invoiced again for what it pays.
	prepaid AS MATERIALIZED (
		SELECT p.id, p.amount - d.gross - coalesce((SELECT sum(r.amount) FROM rui.refund r
			WHERE r.project_id = _tax_lines.project_id AND r.payment_id = p.id), 0) AS free
		FROM (SELECT DISTINCT a.payment_id FROM asked k
			JOIN rui.allocation a ON a.project_id = _tax_lines.project_id AND a.charge_id = k.id) a
		JOIN rui.tax_invoiced d ON d.project_id = _tax_lines.project_id AND d.source = 'payment' AND d.source_id = a.payment_id AND d.gross > 0
		JOIN rui.payment p ON p.project_id = _tax_lines.project_id AND p.id = a.payment_id),
	spent AS MATERIALIZED (
		SELECT p.id, p.free, b.charge_id, b.amount, k.id IS NOT NULL AS is_asked,
			sum(b.amount) FILTER (WHERE k.id IS NOT NULL OR e.source_id IS NOT NULL) OVER (PARTITION BY p.id) AS invoiced
		FROM prepaid p
		JOIN rui.allocation b ON b.project_id = _tax_lines.project_id AND b.payment_id = p.id
		LEFT JOIN asked k ON k.id = b.charge_id
		LEFT JOIN rui.tax_invoiced e ON e.project_id = _tax_lines.project_id AND e.source = 'charge' AND e.source_id = b.charge_id AND e.gross > 0),
	doubled AS (
		SELECT s.charge_id, min(s.id) AS payment_id FROM spent s
		WHERE s.is_asked AND s.invoiced > s.free
		GROUP BY s.charge_id HAVING sum(s.amount) > 0)
	SELECT s.id, s.payer_id, k.goods_name, k.class_code, k.unit_name,
		CASE WHEN s.before = 0 AND s.gross_now = s.gross AND s.quantity > 0 THEN s.quantity END,
		k.rate_code, r.treatment, r.rate, s.net_now, s.gross_now - s.net_now, s.gross_now,
		CASE k.element WHEN 'lease' THEN jsonb_build_object('kind', 'lease', 'region', e.region, 'address', e.address, 'certificate_no', e.certificate_no,
				'area', u.area_m2::text, 'area_unit', e.area_unit, 'from', lower(s.period)::text, 'to', (upper(s.period) - 1)::text,
				'is_remote', CASE WHEN e.is_remote THEN 'Y' ELSE 'N' END)
			WHEN 'parking' THEN jsonb_build_object('kind', 'parking', 'region', e.region, 'address', e.address, 'plate', y.plate,
				'from', coalesce(to_char(lower(y.during) AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'), lower(s.period)::text),
				'to', coalesce(to_char(upper(y.during) AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'), (upper(s.period) - 1)::text)) END,
		rui._tax_fault(s.source, s.is_reversed, q.charge_id IS NOT NULL, s.gross, s.paid, s.waived, s.before, s.gross_now, s.net_now, s.tax_rate,
			k.id, k.rate_code, r.rate, k.element <> 'none' AND e.id IS NULL, o.payment_id)
	FROM split s
	-- What its fee item is on an invoice, on its first day.
	LEFT JOIN rui.tax_class k ON k.project_id = _tax_lines.project_id AND k.fee_item_id = s.fee_item_id AND k.valid @> s.starts_on
	LEFT JOIN rui.tax_rate r ON r.code = k.rate_code AND r.valid @> s.starts_on
	LEFT JOIN rui.dispute q ON q.project_id = _tax_lines.project_id AND q.charge_id = s.id AND q.state = 'open'
	LEFT JOIN doubled o ON o.charge_id = s.id
	-- Only lines with an element tell of the place: of the unit, else of the project.
	LEFT JOIN rui.unit u ON u.project_id = _tax_lines.project_id AND u.id = s.unit_id AND k.element = 'lease'
	LEFT JOIN rui.parking_stay y ON y.project_id = _tax_lines.project_id AND y.charge_id = s.id AND k.element = 'parking'
	LEFT JOIN rui.tax_estate x ON x.project_id = _tax_lines.project_id AND x.unit_id = s.unit_id AND k.element <> 'none'
	LEFT JOIN rui.tax_estate e ON e.project_id = _tax_lines.project_id AND e.id = coalesce(x.id, all_places) AND k.element <> 'none'
	ORDER BY s.id;
END
$$;
COMMENT ON FUNCTION rui._tax_lines(bigint, bigint[]) IS
'Internal: of each of these charges what an invoice asked for now would bear, and why it cannot be asked for (fault), or null. Unknown charges have no row.';

-- The same of a whole project, which is read once instead of looked up charge
-- by charge.
CREATE FUNCTION rui._tax_lines_open(project_id bigint)
RETURNS TABLE (charge_id bigint, payer_id bigint, goods_name text, rate numeric, net numeric, tax numeric, gross numeric, fault text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan SET enable_nestloop = off
AS $$
DECLARE
	basis CONSTANT text := (SELECT s.basis FROM rui.tax_setting s WHERE s.project_id = _tax_lines_open.project_id);
	all_places CONSTANT bigint := (SELECT e.id FROM rui.tax_estate e WHERE e.project_id = _tax_lines_open.project_id AND e.unit_id IS NULL);
BEGIN
	RETURN QUERY
	-- OFFSET 0 has each amount computed once.
	WITH sized AS (
		SELECT c.id, c.payer_id, c.fee_item_id, c.unit_id, c.source, c.starts_on, c.net, c.tax, c.gross, c.tax_rate,
			coalesce(w.amount, 0) AS waived, coalesce(a.amount, 0) AS paid, d.net AS net_before, d.tax AS tax_before, coalesce(d.gross, 0) AS before,
			least(CASE WHEN w.amount IS NULL THEN c.gross ELSE c.gross - w.amount END, CASE basis WHEN 'paid' THEN coalesce(a.amount, 0) ELSE c.gross END)
				- coalesce(d.gross, 0) AS gross_now
		FROM rui.charge c
		LEFT JOIN rui.charge_reversal v ON v.project_id = _tax_lines_open.project_id AND v.charge_id = c.id
		LEFT JOIN (SELECT w.charge_id, sum(w.amount) AS amount FROM rui.waiver w
			WHERE w.project_id = _tax_lines_open.project_id AND w.state = 'approved' GROUP BY w.charge_id) w ON w.charge_id = c.id
		LEFT JOIN (SELECT a.charge_id, sum(a.amount) AS amount FROM rui.allocation a
			WHERE a.project_id = _tax_lines_open.project_id GROUP BY a.charge_id) a ON a.charge_id = c.id
		LEFT JOIN rui.tax_invoiced d ON d.project_id = _tax_lines_open.project_id AND d.source = 'charge' AND d.source_id = c.id
		WHERE c.project_id = _tax_lines_open.project_id AND c.source <> 'opening' AND v.charge_id IS NULL
		OFFSET 0),
	split AS (
		SELECT s.*, rui._tax_net(s.net, s.tax, s.gross, s.net_before, s.tax_before, s.before, s.gross_now) AS net_now
		FROM sized s
		WHERE s.gross_now > 0
		OFFSET 0),
	prepaid AS MATERIALIZED (
		SELECT p.id, p.amount - d.gross - coalesce(r.amount, 0) AS free
		FROM rui.tax_invoiced d
		JOIN rui.payment p ON p.project_id = _tax_lines_open.project_id AND p.id = d.source_id
		LEFT JOIN (SELECT r.payment_id, sum(r.amount) AS amount FROM rui.refund r
			WHERE r.project_id = _tax_lines_open.project_id GROUP BY r.payment_id) r ON r.payment_id = p.id
		WHERE d.project_id = _tax_lines_open.project_id AND d.source = 'payment' AND d.gross > 0),
	-- Of what is not of earlier books all is asked for or invoiced.
	spent AS (
		SELECT p.id, p.free, b.charge_id, b.amount, sum(b.amount) FILTER (WHERE c.source <> 'opening' OR e.gross > 0) OVER (PARTITION BY p.id) AS invoiced
		FROM prepaid p
		JOIN rui.allocation b ON b.project_id = _tax_lines_open.project_id AND b.payment_id = p.id
		JOIN rui.charge c ON c.project_id = _tax_lines_open.project_id AND c.id = b.charge_id
		LEFT JOIN rui.tax_invoiced e ON e.project_id = _tax_lines_open.project_id AND e.source = 'charge' AND e.source_id = b.charge_id),
	doubled AS (
		SELECT s.charge_id, min(s.id) AS payment_id FROM spent s WHERE s.invoiced > s.free
		GROUP BY s.charge_id HAVING sum(s.amount) > 0)
	SELECT s.id, s.payer_id, k.goods_name, r.rate, s.net_now, s.gross_now - s.net_now, s.gross_now,
		rui._tax_fault(s.source, false, q.charge_id IS NOT NULL, s.gross, s.paid, s.waived, s.before, s.gross_now, s.net_now, s.tax_rate,
			k.id, k.rate_code, r.rate, k.element <> 'none' AND x.id IS NULL AND all_places IS NULL, o.payment_id)
	FROM split s
	LEFT JOIN rui.tax_class k ON k.project_id = _tax_lines_open.project_id AND k.fee_item_id = s.fee_item_id AND k.valid @> s.starts_on
	LEFT JOIN rui.tax_rate r ON r.code = k.rate_code AND r.valid @> s.starts_on
	LEFT JOIN rui.dispute q ON q.project_id = _tax_lines_open.project_id AND q.charge_id = s.id AND q.state = 'open'
	LEFT JOIN doubled o ON o.charge_id = s.id
	LEFT JOIN rui.tax_estate x ON x.project_id = _tax_lines_open.project_id AND x.unit_id = s.unit_id
	ORDER BY s.id;
END
$$;
COMMENT ON FUNCTION rui._tax_lines_open(bigint) IS
'Internal: of every charge of a project of which something may be invoiced (but those of earlier books) what rui._tax_lines says.';

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
	IF only_payer IS NULL THEN
		RETURN QUERY SELECT * FROM rui._tax_lines_open(invoiceable.project_id);
		RETURN;
	END IF;
	RETURN QUERY
	SELECT l.charge_id, l.payer_id, l.goods_name, l.rate, l.net, l.tax, l.gross, l.fault
	FROM rui._tax_lines(invoiceable.project_id, ARRAY(
		SELECT c.id FROM rui.charge c
		LEFT JOIN rui.tax_invoiced d ON d.project_id = c.project_id AND d.source = 'charge' AND d.source_id = c.id
		WHERE c.project_id = invoiceable.project_id AND c.payer_id = only_payer
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
