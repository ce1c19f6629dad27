-- What follows from tax invoices: telling buyers, what has to be reddened,
-- and the output tax of a month by charges and by invoices.

CREATE TABLE rui.tax_notice (
	project_id bigint NOT NULL,
	invoice_id bigint NOT NULL,
	batch_id bigint,
	PRIMARY KEY (project_id, invoice_id),
	FOREIGN KEY (project_id, invoice_id) REFERENCES rui.tax_invoice (project_id, id)
);
CREATE INDEX tax_notice_waiting ON rui.tax_notice (project_id, invoice_id) WHERE batch_id IS NULL;
PERFORM rui._describe('tax_notice', 'Telling buyers of issued invoices, each once.', 'invoice_id: The invoice or red letter.',
	'batch_id: The batch of the message that told it; null until then.');
PERFORM rui._declare_table('tax_notice', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.tax_notice TO rui_api;
PERFORM rui._allow_read('tax_notice', '{rui_agent,rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._name('duty', 'tell_invoices', '通知开票结果', 'tell buyers of invoices');
PERFORM rui._name('red_due', d.code, d.zh, d.en) FROM (VALUES ('reversed', '账单已冲销', 'charge reversed'), ('waived', '账单已减免', 'charge waived'),
	('refunded', '预收已退', 'prepayment refunded'), ('payment_reversed', '收款已冲销', 'payment reversed'), ('disputed', '账单有异议', 'charge disputed')) AS d(code, zh, en);
PERFORM rui._name('inbox', 'redden', '待开红字', 'to redden');

CREATE FUNCTION rui.adopt_invoice_messages(project_id bigint, channels text[] DEFAULT '{wechat,sms}', at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_tax');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui.set_message_kind(project_id, s.kind, s.zh, s.en, '{number,amount,title}', channels, is_critical => true, lifetime => '168:00')
	FROM (VALUES ('tax_invoice_issued', '发票已开具', 'Invoice issued'), ('tax_invoice_red', '红字发票已开具', 'Red letter issued')) AS s(kind, zh, en);
	PERFORM rui.set_message_template(project_id, w.kind, c.channel, w.lang, w.body, CASE c.channel WHEN 'sms' THEN NULL ELSE w.title END, adopt_invoice_messages.at)
	FROM unnest(channels) AS c(channel), (VALUES
		('tax_invoice_issued', 'zh', '发票已开具', '您的发票已开具：抬头{title}，价税合计{amount}元，发票号码{number}。'),
		('tax_invoice_issued', 'en', 'Invoice issued', 'Your invoice to {title} over {amount} CNY is issued: number {number}.'),
		('tax_invoice_red', 'zh', '红字发票已开具', '您的发票已冲红：抬头{title}，金额{amount}元，红字发票号码{number}。'),
		('tax_invoice_red', 'en', 'Red letter issued', 'Your invoice to {title} is lowered by {amount} CNY: red letter number {number}.'))
		AS w(kind, lang, title, body);
END
$$;
COMMENT ON FUNCTION rui.adopt_invoice_messages(bigint, text[], timestamptz) IS
'Gives a project the message kinds tax_invoice_issued and tax_invoice_red on these channels, with their words in both languages: from then on the duty tell_invoices tells buyers of what is issued. Needs permissions set_tax and set_messages. Errors: 22004, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui._duty_tell_invoices(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	news record;
	told bigint := 0;
BEGIN
	FOR news IN
		SELECT i.id, k.code, i.payer_id, jsonb_build_object('number', i.number, 'amount', abs(i.gross)::text, 'title', i.buyer_name) AS parameters
		FROM rui.tax_notice n
		JOIN rui.tax_invoice i ON i.project_id = n.project_id AND i.id = n.invoice_id
		JOIN rui.message_kind k ON k.project_id = i.project_id
			AND k.code = CASE WHEN i.red_of IS NULL THEN 'tax_invoice_issued' ELSE 'tax_invoice_red' END
		-- Only where there are words for it, and a way to say them.
		WHERE n.project_id = _duty_tell_invoices.project_id AND n.batch_id IS NULL
			AND k.parameters <@ '{number,amount,title}' AND k.parameters @> '{number,amount,title}' AND EXISTS (
				SELECT FROM rui.message_template t
				JOIN rui.message_channel c ON c.project_id = t.project_id AND c.channel = t.channel AND c.is_active
				WHERE t.project_id = k.project_id AND t.kind_code = k.code AND t.channel = ANY (k.channels) AND t.valid @> _duty_tell_invoices.at)
		ORDER BY i.id LIMIT 1000
	LOOP
		UPDATE rui.tax_notice n SET batch_id = rui._send(_duty_tell_invoices.project_id, news.code, jsonb_build_object('party', news.payer_id),
			news.parameters, 'tax invoice ' || news.id, NULL, _duty_tell_invoices.at)
		WHERE n.project_id = _duty_tell_invoices.project_id AND n.invoice_id = news.id;
		told := told + 1;
	END LOOP;
	RETURN told;
END
$$;
COMMENT ON FUNCTION rui._duty_tell_invoices(bigint, timestamptz) IS
'Internal: the duty tell_invoices of rui.tick(): tells the payer of each issued invoice and red letter by a message, at most 1000 a tick; what has no words or no open channel waits. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES ('tell_invoices', 5745, 'Tells buyers of invoices that were issued.');

CREATE FUNCTION rui._red_letters_due(project_id bigint)
RETURNS TABLE (invoice_id bigint, line integer, charge_id bigint, payment_id bigint, reason text, since timestamptz, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	-- From what happened to charges and money, not from all invoices.
	WITH cause AS (
		SELECT 'charge' AS source, v.charge_id AS source_id, 'reversed' AS reason, v.at AS since, 0::numeric AS may
		FROM rui.charge_reversal v WHERE v.project_id = _red_letters_due.project_id
		UNION ALL
		SELECT 'charge', c.id, 'waived', w.since, c.gross - w.amount
		FROM (SELECT w.charge_id, sum(w.amount) AS amount, max(w.decided_at) AS since FROM rui.waiver w
			WHERE w.project_id = _red_letters_due.project_id AND w.state = 'approved' GROUP BY w.charge_id) w
		JOIN rui.charge c ON c.project_id = _red_letters_due.project_id AND c.id = w.charge_id
		WHERE NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id)
		UNION ALL
		SELECT 'payment', v.payment_id, 'payment_reversed', v.at, 0 FROM rui.payment_reversal v WHERE v.project_id = _red_letters_due.project_id
		UNION ALL
		SELECT 'payment', p.id, 'refunded', r.since, p.amount - r.amount
		FROM (SELECT r.payment_id, sum(r.amount) AS amount, max(r.at) AS since FROM rui.refund r
			WHERE r.project_id = _red_letters_due.project_id GROUP BY r.payment_id) r
		JOIN rui.payment p ON p.project_id = _red_letters_due.project_id AND p.id = r.payment_id
		UNION ALL
		-- Whoever is right, somebody looks at the invoice; an upheld one until the charge has become less.
		SELECT 'charge', d.charge_id, 'disputed', d.opened_at, 0
		FROM rui.dispute d
		WHERE d.project_id = _red_letters_due.project_id AND d.state IN ('open', 'upheld')
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = d.project_id AND v.charge_id = d.charge_id)
			AND NOT EXISTS (SELECT FROM rui.waiver w WHERE w.project_id = d.project_id AND w.charge_id = d.charge_id
				AND w.state = 'approved' AND w.decided_at >= d.opened_at)),
	live AS (
		SELECT DISTINCT ON (k.source, k.source_id) k.source, k.source_id, k.reason, k.since, k.may
		FROM cause k
		JOIN rui.tax_invoiced d ON d.project_id = _red_letters_due.project_id AND d.source = k.source AND d.source_id = k.source_id AND d.gross > k.may
		ORDER BY k.source, k.source_id, k.reason = 'disputed', k.may, k.since DESC),
	part AS (
		-- The latest invoice of it first.
		SELECT f.invoice_id, f.line, l.charge_id, l.payment_id, k.reason, k.since, f.gross,
			sum(f.gross) OVER (PARTITION BY k.source, k.source_id) - k.may AS beyond,
			sum(f.gross) OVER (PARTITION BY k.source, k.source_id ORDER BY f.invoice_id DESC, f.line DESC) - f.gross AS before
		FROM live k
		JOIN rui.tax_invoice_line l ON l.project_id = _red_letters_due.project_id AND l.red_line IS NULL
			AND (k.source = 'charge' AND l.charge_id = k.source_id OR k.source = 'payment' AND l.payment_id = k.source_id)
		JOIN rui.tax_line_left f ON f.project_id = l.project_id AND f.invoice_id = l.invoice_id AND f.line = l.line AND f.gross > 0)
	SELECT p.invoice_id, p.line, p.charge_id, p.payment_id, p.reason, p.since, least(p.gross, p.beyond - p.before)
	FROM part p WHERE p.beyond > p.before
	ORDER BY p.since, p.invoice_id, p.line;
END
$$;
COMMENT ON FUNCTION rui._red_letters_due(bigint) IS
'Internal: as rui.red_letters_due, for whoever calls.';

CREATE FUNCTION rui.red_letters_due(project_id bigint)
RETURNS TABLE (invoice_id bigint, number text, state text, line integer, charge_id bigint, payment_id bigint, reason text, since timestamptz, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_tax');
	RETURN QUERY
	SELECT d.invoice_id, i.number, i.state, d.line, d.charge_id, d.payment_id, d.reason, d.since, d.amount
	FROM rui._red_letters_due(red_letters_due.project_id) d
	JOIN rui.tax_invoice i ON i.project_id = red_letters_due.project_id AND i.id = d.invoice_id;
END
$$;
COMMENT ON FUNCTION rui.red_letters_due(bigint) IS
'The lines of invoices that say more than is owed or was kept, less red letters that are asked for, and by how much (with tax): reversed (the charge was taken back), waived, refunded and payment_reversed (money that was invoiced as a prepayment), since when; disputed: a charge under dispute, or whose dispute was upheld and which nobody has lowered since: up to so much. Issued ones need a red letter, requests that are not issued (state) can be canceled. A payment that bounced reddens no charge: it is still owed. Needs permission see_tax. Errors: 22004, 42501.';

CREATE FUNCTION rui.output_tax(project_id bigint, month date)
RETURNS TABLE (rate numeric, charges_net numeric, charges_tax numeric, charges_gross numeric, invoices_net numeric, invoices_tax numeric,
	invoices_gross numeric, difference_net numeric, difference_tax numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = output_tax.project_id);
BEGIN
	PERFORM rui.require_permission(project_id, 'see_tax');
	PERFORM rui._check_month('month', month);
	RETURN QUERY
	WITH side AS (
		-- By the ledger: what receivables were made of in the month, less what was taken back and waived.
		SELECT c.tax_rate AS rate, sum(s.amount) FILTER (WHERE NOT s.is_tax) AS net, sum(s.amount) FILTER (WHERE s.is_tax) AS tax,
			0::numeric AS invoiced_net, 0::numeric AS invoiced_tax
		FROM rui.account r
		JOIN rui.account t ON t.project_id = r.project_id AND t.code = '2221'
		JOIN rui.posting p ON p.project_id = r.project_id AND p.period = output_tax.month AND p.document IN ('charge', 'waiver')
			AND r.id IN (p.debit_account, p.credit_account)
		LEFT JOIN rui.waiver w ON p.document = 'waiver' AND w.project_id = p.project_id AND w.id = p.document_id
		JOIN rui.charge c ON c.project_id = p.project_id AND c.id = coalesce(w.charge_id, p.document_id) AND c.source <> 'opening'
		CROSS JOIN LATERAL (SELECT CASE WHEN p.debit_account = r.id THEN p.amount ELSE -p.amount END AS amount,
			t.id IN (p.debit_account, p.credit_account) AS is_tax) s
		WHERE r.project_id = output_tax.project_id AND r.code = '1122'
		GROUP BY c.tax_rate
		UNION ALL
		SELECT CASE WHEN l.treatment IN ('general', 'simplified') THEN l.rate END, 0, 0, sum(l.net), sum(l.tax)
		FROM rui.tax_invoice i
		JOIN rui.tax_invoice_line l ON l.project_id = i.project_id AND l.invoice_id = i.id
		WHERE i.project_id = output_tax.project_id AND i.about = 'charge'
			AND i.issued_at >= output_tax.month::timestamp AT TIME ZONE zone
			AND i.issued_at < (output_tax.month + interval '1 month') AT TIME ZONE zone
		GROUP BY 1)
	SELECT s.rate, coalesce(sum(s.net), 0), coalesce(sum(s.tax), 0), coalesce(sum(s.net), 0) + coalesce(sum(s.tax), 0), sum(s.invoiced_net), sum(s.invoiced_tax),
		sum(s.invoiced_net) + sum(s.invoiced_tax), coalesce(sum(s.net), 0) - sum(s.invoiced_net), coalesce(sum(s.tax), 0) - sum(s.invoiced_tax)
	FROM side s GROUP BY s.rate ORDER BY s.rate;
END
$$;
COMMENT ON FUNCTION rui.output_tax(bigint, date) IS
'The output tax of a month (its first day) per rate (null: none): net and tax of charges as the ledger counts them in the month, less what was taken back and waived in it; those of invoices issued in the month, in the project''s zone, less red letters; and how much more the charges say: what is declared without an invoice. Prepayments, which are not taxed, and charges of earlier books are left out. Needs permission see_tax. Errors: 22004, 22008, 22023 no first of a month, 42501.';
