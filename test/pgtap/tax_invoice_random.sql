-- What may be invoiced, of a whole project at once, against the same charge by
-- charge and against a slow form that looks everything up per charge; money,
-- waivers, reversals, disputes, invoices and prepayments are drawn. The seed is
-- in the names of the tests.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than looking
SELECT plan(6);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.set_fee_item(:one, 'property', '物业费') AS property, rui.set_fee_item(:one, 'rent', '租金', 'owner', '6051') AS rent,
	rui.set_fee_item(:one, 'water', '水费') AS water, rui.set_fee_item(:one, 'odd', '其他') AS odd \gset
SELECT rui.set_tax_class(:one, 'property', '3040801010000000000', '物业服务费', 'service', '2025-01-01'),
	rui.set_tax_class(:one, 'property', '3040801010000000000', '物业管理', 'service', '2025-04-01'),
	rui.set_tax_class(:one, 'rent', '3040502020200000000', '车位租金', 'lease', '2025-01-01', 'lease'),
	rui.set_tax_class(:one, 'water', '3070201000000000000', '水费', 'reduced_1', '2025-01-01') \gset hidden_
SELECT rui.set_tax_estate(:one, '南京市', '小区路1号', unit_id => :u1) \gset hidden_

-- By the letter of what an invoice may bear: one look-up after the other.
CREATE FUNCTION pg_temp.slow(project bigint, lines_of text) RETURNS TABLE (charge_id bigint, goods_name text, rate numeric, net numeric, gross numeric, is_faulty boolean)
LANGUAGE plpgsql AS $$
DECLARE
	c rui.charge;
	k rui.tax_class;
	paid numeric;
	waived numeric;
	done rui.tax_invoiced;
	doubled boolean;
BEGIN
	FOR c IN SELECT x.* FROM rui.charge x WHERE x.project_id = project AND x.source <> 'opening' ORDER BY x.id LOOP
		CONTINUE WHEN EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = project AND v.charge_id = c.id);
		SELECT coalesce(sum(a.amount), 0) INTO paid FROM rui.allocation a WHERE a.project_id = project AND a.charge_id = c.id;
		SELECT coalesce(sum(w.amount), 0) INTO waived FROM rui.waiver w WHERE w.project_id = project AND w.charge_id = c.id AND w.state = 'approved';
		SELECT d.* INTO done FROM rui.tax_invoiced d WHERE d.project_id = project AND d.source = 'charge' AND d.source_id = c.id;
		gross := least(c.gross - waived, CASE lines_of WHEN 'paid' THEN paid ELSE c.gross END) - coalesce(done.gross, 0);
		CONTINUE WHEN gross <= 0;
		net := c.net - round(c.net * (c.gross - coalesce(done.gross, 0) - gross) / c.gross, 2) - coalesce(done.net, 0);
		net := least(greatest(net, gross - (c.tax - coalesce(done.tax, 0)), 0), c.net - coalesce(done.net, 0), gross);
		SELECT x.* INTO k FROM rui.tax_class x WHERE x.project_id = project AND x.fee_item_id = c.fee_item_id AND x.valid @> c.starts_on;
		SELECT r.rate INTO rate FROM rui.tax_rate r WHERE r.code = k.rate_code AND r.valid @> c.starts_on;
		-- A payment that is invoiced pays only so much besides what is invoiced of charges.
		SELECT coalesce(bool_or(t.amount > 0 AND (
			SELECT sum(b.amount) FROM rui.allocation b JOIN rui.charge z ON z.project_id = project AND z.id = b.charge_id
			WHERE b.project_id = project AND b.payment_id = t.payment_id AND z.source <> 'opening')
			> p.amount - i.gross - (SELECT coalesce(sum(r.amount), 0) FROM rui.refund r WHERE r.project_id = project AND r.payment_id = p.id)), false)
		INTO doubled
		FROM (SELECT a.payment_id, sum(a.amount) AS amount FROM rui.allocation a WHERE a.project_id = project AND a.charge_id = c.id GROUP BY 1) t
		JOIN rui.payment p ON p.project_id = project AND p.id = t.payment_id
		JOIN rui.tax_invoiced i ON i.project_id = project AND i.source = 'payment' AND i.source_id = p.id AND i.gross > 0;
		charge_id := c.id;
		goods_name := k.goods_name;
		is_faulty := k.id IS NULL OR rate IS NULL OR rate <> coalesce(c.tax_rate, 0) OR abs(gross - net - net * rate) > 0.06 OR doubled
			OR EXISTS (SELECT FROM rui.dispute q WHERE q.project_id = project AND q.charge_id = c.id AND q.state = 'open')
			OR k.element <> 'none' AND NOT EXISTS (SELECT FROM rui.tax_estate e WHERE e.project_id = project AND (e.unit_id = c.unit_id OR e.unit_id IS NULL));
		RETURN NEXT;
	END LOOP;
END $$;

-- The rows as they are left by what happens; how they come about is tested elsewhere.
CREATE PROCEDURE pg_temp.draw(project bigint, units bigint[], items bigint[], payers bigint[]) LANGUAGE plpgsql AS $$
DECLARE
	seed CONSTANT double precision := 0.4711;
BEGIN
	PERFORM setseed(seed);
	INSERT INTO rui.charge (project_id, id, fee_item_id, unit_id, payer_id, source, source_id, period, quantity, net, tax, gross, tax_rate, due_on, at)
	SELECT project, n, items[1 + n % 4], units[1 + n % 3], payers[1 + n % 2], CASE WHEN n % 23 = 0 THEN 'opening' ELSE 'contract' END, n,
		daterange('2025-01-01'::date + n, '2025-01-02'::date + n), 1, m.gross - m.tax, m.tax, m.gross, m.rate, '2025-12-01', '2025-01-05'
	FROM generate_series(1, 150) n
	CROSS JOIN LATERAL (SELECT (ARRAY[0.06, 0.09, NULL, 0.06])[1 + n % 4] AS rate, round((10 + 90 * random())::numeric, 2) AS gross) g
	CROSS JOIN LATERAL (SELECT g.rate, g.gross, round(g.gross - g.gross / (1 + coalesce(g.rate, 0)), 2) AS tax) m;
	INSERT INTO rui.payment (project_id, id, payer_id, amount, channel, at) SELECT project, n, payers[1], 250 + 30 * n, 'bank', '2025-01-06' FROM generate_series(1, 15) n;
	-- Of each payment some charges are paid, in full, in part, and sometimes not after all.
	INSERT INTO rui.allocation (project_id, id, payment_id, charge_id, amount, at)
	SELECT project, c.id, 1 + c.id % 15, c.id, CASE WHEN random() < 0.6 THEN c.gross ELSE round((c.gross * 0.5)::numeric, 2) END, '2025-01-07'
	FROM rui.charge c WHERE c.project_id = project AND c.id % 6 <> 0 ORDER BY c.id;
	INSERT INTO rui.allocation (project_id, id, payment_id, charge_id, amount, at, reverses, reason)
	SELECT project, 1000 + a.id, a.payment_id, a.charge_id, -a.amount, '2025-01-08', a.id, 'x' FROM rui.allocation a WHERE a.project_id = project AND random() < 0.1;
	INSERT INTO rui.charge_reversal (project_id, charge_id, at, reason, bill_again)
	SELECT project, c.id, '2025-01-09', 'x', false FROM rui.charge c WHERE c.project_id = project AND random() < 0.07;
	INSERT INTO rui.waiver (project_id, charge_id, amount, net, tax, reason, requested_by, requested_at, decided_by, decided_at, state, last_action)
	SELECT project, c.id, 1, 1, 0, 'x', payers[1], '2025-01-06', payers[2], '2025-01-07', 'approved', 'approve'
	FROM rui.charge c, generate_series(1, 2) WHERE c.project_id = project AND random() < 0.15;
	INSERT INTO rui.dispute (project_id, charge_id, reason, opened_by, opened_at) SELECT project, c.id, 'x', payers[1], '2025-01-06'
	FROM rui.charge c WHERE c.project_id = project AND random() < 0.05;
	-- Invoiced before, in part or in full; some payments as prepayments.
	INSERT INTO rui.tax_invoiced (project_id, source, source_id, net, tax, gross, most_net, most_tax)
	SELECT project, 'charge', c.id, round((c.net * p.part)::numeric, 2), round((c.tax * p.part)::numeric, 2),
		round((c.net * p.part)::numeric, 2) + round((c.tax * p.part)::numeric, 2), c.net, c.tax
	FROM rui.charge c CROSS JOIN LATERAL (SELECT CASE WHEN random() < 0.5 THEN 1 ELSE 0.3 END::numeric AS part) p
	WHERE c.project_id = project AND c.source <> 'opening' AND random() < 0.2;
	INSERT INTO rui.tax_invoiced (project_id, source, source_id, net, tax, gross, most_net, most_tax)
	SELECT project, 'payment', p.id, 20 * (p.id % 3), 0, 20 * (p.id % 3), p.amount, 0 FROM rui.payment p WHERE p.project_id = project AND p.id % 2 = 0;
	-- Just so much is given back that it decides whether a payment has paid too much, or not quite.
	INSERT INTO rui.refund (project_id, payment_id, amount, at, reason)
	SELECT project, f.id, f.free + CASE WHEN f.id % 4 = 0 THEN 1 ELSE -1 END, '2025-01-08', 'x'
	FROM (SELECT p.id, p.amount - d.gross - (SELECT sum(b.amount) FROM rui.allocation b JOIN rui.charge z ON z.project_id = project AND z.id = b.charge_id
			WHERE b.project_id = project AND b.payment_id = p.id AND z.source <> 'opening') AS free
		FROM rui.payment p
		JOIN rui.tax_invoiced d ON d.project_id = project AND d.source = 'payment' AND d.source_id = p.id AND d.gross > 0
		WHERE p.project_id = project) f WHERE f.free > 1;
END $$;
SET LOCAL session_replication_role = replica;
CALL pg_temp.draw(:one, ARRAY[:u1, :u2, :u4]::bigint[], ARRAY[:property, :rent, :water, :odd]::bigint[], ARRAY[:zhao, :qian]::bigint[]);
SET LOCAL session_replication_role = origin;

CREATE TEMP TABLE asked AS SELECT array_agg(c.id ORDER BY c.id) AS ids FROM rui.charge c
	LEFT JOIN rui.tax_invoiced d ON d.project_id = c.project_id AND d.source = 'charge' AND d.source_id = c.id
	WHERE c.project_id = :one AND c.source <> 'opening' AND c.gross > coalesce(d.gross, 0);
CREATE FUNCTION pg_temp.by_charge(project bigint) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT l.charge_id, l.payer_id, l.goods_name, l.rate, l.net, l.tax, l.gross, l.fault FROM rui._tax_lines(project, (SELECT a.ids FROM asked a)) l WHERE l.gross > 0 $$;
SELECT rui.set_tax_setting(:one, 'charged', at => '2025-01-10') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.invoiceable(%s)', :one),
	format('SELECT * FROM pg_temp.by_charge(%s) AS l(charge_id bigint, payer_id bigint, goods_name text, rate numeric, net numeric, tax numeric, gross numeric, fault text)', :one),
	'seed 0.4711: of what is charged, at once as charge by charge');
SELECT results_eq(format('SELECT charge_id, goods_name, rate, net, gross, fault IS NOT NULL FROM rui.invoiceable(%s)', :one), format('SELECT * FROM pg_temp.slow(%s, ''charged'')', :one),
	'seed 0.4711: and as looked up slowly');
SELECT rui.set_tax_setting(:one, 'paid', at => '2025-01-10') \gset hidden_
SELECT results_eq(format('SELECT * FROM rui.invoiceable(%s)', :one),
	format('SELECT * FROM pg_temp.by_charge(%s) AS l(charge_id bigint, payer_id bigint, goods_name text, rate numeric, net numeric, tax numeric, gross numeric, fault text)', :one),
	'seed 0.4711: of what is paid, at once as charge by charge');
SELECT results_eq(format('SELECT charge_id, goods_name, rate, net, gross, fault IS NOT NULL FROM rui.invoiceable(%s)', :one), format('SELECT * FROM pg_temp.slow(%s, ''paid'')', :one),
	'seed 0.4711: and as looked up slowly');
SELECT cmp_ok(count(DISTINCT regexp_replace(fault, '[0-9.]+', '', 'g')), '>=', 5::bigint, 'the draw has faults of many kinds') FROM rui.invoiceable(:one);
SELECT set_eq(format('SELECT i.charge_id, i.gross FROM rui.invoiceable(%s, %s) i UNION ALL SELECT i.charge_id, i.gross FROM rui.invoiceable(%s, %s) i', :one, :zhao, :one, :qian),
	format('SELECT charge_id, gross FROM rui.invoiceable(%s)', :one), 'seed 0.4711: the payers'' parts are the whole');
SELECT * FROM finish();
ROLLBACK;
