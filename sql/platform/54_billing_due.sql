-- What a billing run charges. Most units see no change within a month: those
-- are charged the tariff's month at once; the others are cut into parts.

CREATE FUNCTION rui._due_charges(project_id bigint, month date, at timestamptz, first_unit bigint DEFAULT NULL, last_unit bigint DEFAULT NULL)
RETURNS TABLE (fee_item_id bigint, unit_id bigint, payer_id bigint, plan_id bigint, revision integer, period daterange,
	quantity numeric, net numeric, tax numeric, gross numeric, tax_rate numeric, due_on date, vacancy_rule_id bigint, discount_id bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
-- All units at once: a loop over what is expected to be few would not end.
SET search_path FROM CURRENT SET jit = off SET enable_nestloop = off
AS $$
DECLARE
	whole CONSTANT daterange := daterange(month, (month + interval '1 month')::date);
	-- Bounds strictly within the month: lower bounds and upper ones alike.
	within CONSTANT daterange := daterange(month + 1, upper(whole));
	today CONSTANT date := rui._local_date(project_id, at);
	month_at CONSTANT timestamptz := (SELECT month::timestamp AT TIME ZONE j.time_zone FROM rui.project j WHERE j.id = _due_charges.project_id);
	first_id CONSTANT bigint := coalesce(first_unit, -9223372036854775808);
	last_id CONSTANT bigint := coalesce(last_unit, 9223372036854775807);
	asks_occupant boolean;
	asks_household boolean;
	asks_reduced CONSTANT boolean := EXISTS (SELECT FROM rui.vacancy_rule v
			WHERE v.project_id = _due_charges.project_id AND v.valid && whole AND v.share < 1)
		OR EXISTS (SELECT FROM rui.discount d
			WHERE d.project_id = _due_charges.project_id AND d.state IN ('approved', 'ended') AND d.valid && whole);
	asks_delivery CONSTANT boolean := EXISTS (SELECT FROM rui.unit_delivery d
		WHERE d.project_id = _due_charges.project_id AND (d.delivered_on IS NULL OR d.delivered_on > month));
	asks_developer CONSTANT boolean := EXISTS (SELECT FROM rui.developer d
		WHERE d.project_id = _due_charges.project_id AND d.valid && whole AND d.party_id IS NOT NULL);
	changes_developer CONSTANT boolean := EXISTS (SELECT FROM rui.developer d
		WHERE d.project_id = _due_charges.project_id AND (within @> lower(d.valid) OR within @> upper(d.valid)));
BEGIN
	SELECT coalesce(bool_or(f.payer <> 'owner'), false), coalesce(bool_or(f.payer <> 'owner' OR p.quantity = 'household'), false)
	INTO asks_occupant, asks_household
	FROM rui.price_plan p JOIN rui.fee_item f ON f.project_id = p.project_id AND f.id = p.fee_item_id
	WHERE p.project_id = _due_charges.project_id AND p.valid && whole;
	RETURN QUERY
	-- Which plan counts for which kind of units on which days: a few rows.
	WITH plan AS MATERIALIZED (
		SELECT p.id, p.fee_item_id, p.unit_kind, p.quantity, p.tariff, p.due_days, p.proration, p.valid,
			(p.tariff::text::jsonb #>> '{tax,rate}')::numeric AS tax_rate, f.payer
		FROM rui.price_plan p
		JOIN rui.fee_item f ON f.project_id = p.project_id AND f.id = p.fee_item_id
		WHERE p.project_id = _due_charges.project_id AND p.valid && whole),
	plan_cut AS (
		SELECT p.fee_item_id, greatest(lower(p.valid), month) AS day FROM plan p
		UNION
		SELECT p.fee_item_id, upper(p.valid) FROM plan p WHERE upper(p.valid) < upper(whole)),
	plan_part AS (
		SELECT c.fee_item_id,
			daterange(c.day, lead(c.day, 1, upper(whole)) OVER (PARTITION BY c.fee_item_id ORDER BY c.day)) AS days
		FROM plan_cut c),
	rate AS MATERIALIZED (
		SELECT k.kind, p.id AS plan_id, range_agg(d.days) AS days
		FROM plan_part d
		CROSS JOIN unnest('{home,shop,office,parking,storage,other}'::text[]) AS k(kind)
		CROSS JOIN LATERAL (SELECT p.id, p.quantity FROM plan p
			WHERE p.fee_item_id = d.fee_item_id AND p.valid @> lower(d.days) AND p.unit_kind IN ('any', k.kind)
			ORDER BY p.unit_kind = 'any' LIMIT 1) p
		WHERE p.quantity NOT IN ('once', 'meter')
		GROUP BY k.kind, p.id),
	-- What is charged already, or was taken back for good.
	billed AS (
		SELECT c.fee_item_id, c.unit_id, range_agg(c.period) FILTER (WHERE v.bill_again IS NOT TRUE) AS days
		FROM rui.charge c
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
		WHERE c.project_id = _due_charges.project_id AND c.source = 'plan' AND c.unit_id BETWEEN first_id AND last_id
			AND c.starts_on >= month AND c.starts_on < upper(whole)
		GROUP BY c.fee_item_id, c.unit_id),
	-- Days on which a unit costs less: it stands empty, or has a discount.
	reduced AS MATERIALIZED (
		SELECT r.* FROM rui._reduced_days(_due_charges.project_id, month, first_unit, last_unit) r WHERE asks_reduced),
	-- Units that the developer pays for throughout, when he does not change.
	awaited AS MATERIALIZED (
		SELECT d.unit_id, coalesce(d.developer_id, b.party_id) AS payer_id
		FROM rui.unit_delivery d
		JOIN rui.unit u ON u.project_id = d.project_id AND u.id = d.unit_id
		LEFT JOIN (SELECT b.id, rui._developer(b.project_id, b.id, month) AS party_id FROM rui.building b
			WHERE asks_developer AND b.project_id = _due_charges.project_id) b ON b.id = u.building_id
		WHERE asks_delivery AND d.project_id = _due_charges.project_id AND d.unit_id BETWEEN first_id AND last_id
			AND (d.delivered_on IS NULL OR d.delivered_on >= upper(whole))),
	-- Units that change hands or households within the month.
	changing AS (
		SELECT o.unit_id FROM rui.ownership o
		WHERE o.project_id = _due_charges.project_id AND o.unit_id BETWEEN first_id AND last_id AND (within @> lower(o.valid) OR within @> upper(o.valid))
		UNION
		SELECT h.unit_id FROM rui.household h
		WHERE h.project_id = _due_charges.project_id AND h.unit_id BETWEEN first_id AND last_id AND (within @> lower(h.valid) OR within @> upper(h.valid))
		UNION
		SELECT d.unit_id FROM rui.unit_delivery d
		WHERE asks_delivery AND d.project_id = _due_charges.project_id AND d.unit_id BETWEEN first_id AND last_id
			AND (within @> d.delivered_on OR changes_developer AND (d.delivered_on IS NULL OR d.delivered_on > month))),
	lives AS (
		SELECT h.unit_id, h.id FROM rui.household h
		WHERE asks_household AND h.project_id = _due_charges.project_id AND h.unit_id BETWEEN first_id AND last_id AND h.valid @> month),
	occupant_now AS (
		SELECT DISTINCT ON (o.household_id) o.household_id, o.party_id FROM rui.occupancy o
		WHERE asks_occupant AND o.project_id = _due_charges.project_id AND o.unit_id BETWEEN first_id AND last_id
			AND o.valid @> month AND o.role IN ('tenant', 'owner', 'family')
		ORDER BY o.household_id, array_position('{tenant,owner,family}', o.role), o.party_id),
	pair AS MATERIALIZED (
		SELECT u.id AS unit_id, r.plan_id, r.days, b.days AS billed_days,
			CASE p.quantity WHEN 'area' THEN u.area_m2 ELSE 1 END AS quantity,
			coalesce(n.payer_id, CASE p.payer WHEN 'owner' THEN w.owner_id ELSE coalesce(t.party_id, w.owner_id) END) AS payer_id,
			p.quantity <> 'household' OR h.id IS NOT NULL AS is_charged,
			r.days = whole::datemultirange AND b.unit_id IS NULL AND c.unit_id IS NULL AND e.unit_id IS NULL
				AND (n.payer_id IS NOT NULL OR w.owner_id IS NOT NULL OR p.payer <> 'owner' AND (t.party_id IS NOT NULL OR NOT asks_developer))
				AS is_simple
		FROM rui.unit u
		JOIN rate r ON r.kind = u.kind
		JOIN plan p ON p.id = r.plan_id
		LEFT JOIN billed b ON b.fee_item_id = p.fee_item_id AND b.unit_id = u.id
		LEFT JOIN changing c ON c.unit_id = u.id
		LEFT JOIN (SELECT DISTINCT e.fee_item_id, e.unit_id FROM reduced e) e ON e.fee_item_id = p.fee_item_id AND e.unit_id = u.id
		LEFT JOIN awaited n ON n.unit_id = u.id
		LEFT JOIN rui.ownership o ON o.project_id = _due_charges.project_id AND o.unit_id = u.id AND o.valid @> month
		LEFT JOIN lives h ON h.unit_id = u.id
		LEFT JOIN occupant_now t ON t.household_id = h.id
		CROSS JOIN LATERAL (SELECT CASE cardinality(o.owner_ids) WHEN 1 THEN o.owner_ids[1]
			ELSE rui._main_owner(o.owner_ids, o.share_parts) END AS owner_id) w
		WHERE u.project_id = _due_charges.project_id AND u.id BETWEEN first_id AND last_id
			AND (b.days @> whole::datemultirange) IS NOT TRUE
			-- A unit archived during the month is charged for all of it.
			AND NOT EXISTS (SELECT FROM rui.archived a
				WHERE a.project_id = _due_charges.project_id AND a.table_name = 'unit' AND a.row_id = u.id AND a.at < month_at)),
	-- The others, cut where they change.
	cut_unit AS MATERIALIZED (SELECT DISTINCT p.unit_id FROM pair p WHERE NOT p.is_simple),
	unit_cut AS (
		SELECT x.unit_id, month AS day FROM cut_unit x
		UNION
		SELECT o.unit_id, d.day FROM cut_unit x
		JOIN rui.ownership o ON o.project_id = _due_charges.project_id AND o.unit_id = x.unit_id
		CROSS JOIN LATERAL (VALUES (lower(o.valid)), (upper(o.valid))) AS d(day)
		WHERE within @> d.day
		UNION
		SELECT h.unit_id, d.day FROM cut_unit x
		JOIN rui.household h ON h.project_id = _due_charges.project_id AND h.unit_id = x.unit_id
		CROSS JOIN LATERAL (VALUES (lower(h.valid)), (upper(h.valid))) AS d(day)
		WHERE within @> d.day
		UNION
		SELECT d.unit_id, d.delivered_on FROM cut_unit x
		JOIN rui.unit_delivery d ON d.project_id = _due_charges.project_id AND d.unit_id = x.unit_id
		WHERE asks_delivery AND within @> d.delivered_on
		UNION
		SELECT x.unit_id, d.day FROM cut_unit x
		CROSS JOIN (SELECT DISTINCT b.day FROM rui.developer d
			CROSS JOIN LATERAL (VALUES (lower(d.valid)), (upper(d.valid))) AS b(day)
			WHERE changes_developer AND d.project_id = _due_charges.project_id AND within @> b.day) d),
	unit_part AS (
		SELECT c.unit_id,
			daterange(c.day, lead(c.day, 1, upper(whole)) OVER (PARTITION BY c.unit_id ORDER BY c.day)) AS days
		FROM unit_cut c),
	developer_part AS (
		SELECT u.id AS unit_id, b.day, b.party_id
		FROM (SELECT b.building_id, b.day, rui._developer(_due_charges.project_id, b.building_id, b.day) AS party_id
			FROM (SELECT DISTINCT u.building_id, lower(d.days) AS day FROM unit_part d
				JOIN rui.unit u ON u.project_id = _due_charges.project_id AND u.id = d.unit_id
				WHERE asks_developer) b) b
		JOIN rui.unit u ON u.project_id = _due_charges.project_id AND u.building_id = b.building_id
		JOIN unit_part d ON d.unit_id = u.id AND lower(d.days) = b.day),
	occupant AS (
		SELECT DISTINCT ON (d.unit_id, d.days) d.unit_id, d.days, h.id AS household_id, o.party_id
		FROM unit_part d
		JOIN rui.household h ON h.project_id = _due_charges.project_id AND h.unit_id = d.unit_id
			AND h.valid @> lower(d.days)
		LEFT JOIN rui.occupancy o ON o.project_id = h.project_id AND o.household_id = h.id
			AND o.valid @> lower(d.days) AND o.role IN ('tenant', 'owner', 'family')
		ORDER BY d.unit_id, d.days, array_position('{tenant,owner,family}', o.role), o.party_id),
	unit_payer AS (
		SELECT d.unit_id, d.days, p.household_id,
			CASE cardinality(o.owner_ids) WHEN 1 THEN o.owner_ids[1] ELSE rui._main_owner(o.owner_ids, o.share_parts) END AS owner_id,
			p.party_id AS occupant_id, coalesce(CASE WHEN s.is_awaited THEN y.developer_id END, z.party_id) AS developer_id, s.is_awaited
		FROM unit_part d
		LEFT JOIN rui.ownership o ON o.project_id = _due_charges.project_id AND o.unit_id = d.unit_id
			AND o.valid @> lower(d.days)
		LEFT JOIN occupant p ON p.unit_id = d.unit_id AND p.days = d.days
		LEFT JOIN rui.unit_delivery y ON asks_delivery AND y.project_id = _due_charges.project_id AND y.unit_id = d.unit_id
		LEFT JOIN developer_part z ON z.unit_id = d.unit_id AND z.day = lower(d.days)
		CROSS JOIN LATERAL (SELECT y.unit_id IS NOT NULL AND (y.delivered_on <= lower(d.days)) IS NOT TRUE AS is_awaited) s),
	again AS (
		SELECT c.fee_item_id, c.unit_id, c.starts_on, max(c.revision) AS revision
		FROM rui.charge c
		JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
		WHERE c.project_id = _due_charges.project_id AND c.source = 'plan' AND c.unit_id BETWEEN first_id AND last_id
			AND c.starts_on >= month AND c.starts_on < upper(whole)
		GROUP BY c.fee_item_id, c.unit_id, c.starts_on),
	bill AS (
		SELECT a.unit_id, a.plan_id, a.quantity, a.billed_days, w.payer_id,
			range_agg(a.days * d.days::datemultirange) AS days
		FROM pair a
		JOIN plan p ON p.id = a.plan_id
		JOIN unit_payer d ON d.unit_id = a.unit_id
		CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN d.is_awaited THEN d.developer_id END, CASE p.payer WHEN 'owner'
			THEN coalesce(d.owner_id, d.occupant_id) ELSE coalesce(d.occupant_id, d.owner_id) END, d.developer_id) AS payer_id) w
		WHERE NOT a.is_simple AND (p.quantity <> 'household' OR d.household_id IS NOT NULL)
		GROUP BY a.unit_id, a.plan_id, a.quantity, a.billed_days, w.payer_id),
	-- What a unit costs less is a price of its own for those days. Of two that
	-- hold on one day the lower one counts; they do not add up.
	bill_less AS MATERIALIZED (
		SELECT b.unit_id, b.plan_id, b.payer_id, b.quantity, b.billed_days, e.vacancy_rule_id, e.discount_id, e.share, e.days,
			range_agg(e.days) OVER (PARTITION BY b.unit_id, b.plan_id, b.payer_id ORDER BY e.share, e.discount_id NULLS FIRST
				ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS lower_days, b.days AS bill_days
		FROM bill b
		JOIN plan p ON p.id = b.plan_id
		JOIN reduced e ON e.fee_item_id = p.fee_item_id AND e.unit_id = b.unit_id AND (e.payer_id IS NULL OR e.payer_id = b.payer_id)),
	bill_at AS (
		SELECT b.unit_id, b.plan_id, b.payer_id, b.quantity, b.billed_days, NULL::bigint AS vacancy_rule_id, NULL::bigint AS discount_id,
			1::numeric AS share, b.days - coalesce(e.days, '{}') AS days
		FROM bill b
		LEFT JOIN (SELECT e.unit_id, e.plan_id, e.payer_id, range_agg(e.days) AS days FROM bill_less e GROUP BY e.unit_id, e.plan_id, e.payer_id) e
			ON e.unit_id = b.unit_id AND e.plan_id = b.plan_id AND e.payer_id IS NOT DISTINCT FROM b.payer_id
		UNION ALL
		SELECT b.unit_id, b.plan_id, b.payer_id, b.quantity, b.billed_days, b.vacancy_rule_id, b.discount_id, b.share,
			b.bill_days * (b.days - coalesce(b.lower_days, '{}'))
		FROM bill_less b),
	piece AS (
		SELECT b.unit_id, b.plan_id, b.payer_id, b.quantity, b.vacancy_rule_id, b.discount_id, p.fee_item_id, p.tax_rate, p.due_days, p.proration, s.days,
			CASE WHEN w.is_full THEN c.net ELSE round(round(c.gross * b.share, 2) / (1 + coalesce(p.tax_rate, 0)), 2) END AS net,
			CASE WHEN w.is_full THEN c.gross ELSE round(c.gross * b.share, 2) END AS gross
		FROM bill_at b
		JOIN plan p ON p.id = b.plan_id
		CROSS JOIN LATERAL unnest(b.days - coalesce(b.billed_days, '{}')) AS s(days)
		CROSS JOIN LATERAL rui.charge(p.tariff, b.quantity) c
		CROSS JOIN LATERAL (SELECT b.vacancy_rule_id IS NULL AND b.discount_id IS NULL AS is_full) w)
	SELECT p.fee_item_id, a.unit_id, a.payer_id, a.plan_id, 1, whole, a.quantity,
		c.net, c.tax, c.gross, p.tax_rate, greatest(month + p.due_days, today), NULL::bigint, NULL::bigint
	FROM pair a
	JOIN plan p ON p.id = a.plan_id
	CROSS JOIN LATERAL rui.charge(p.tariff, a.quantity) c
	WHERE a.is_simple AND a.is_charged
	UNION ALL
	-- A part of the month costs what the month costs up to its end less what
	-- it costs up to its beginning: parts add up, whoever bills them when.
	SELECT p.fee_item_id, p.unit_id, p.payer_id, p.plan_id, coalesce(g.revision, 0) + 1, p.days, p.quantity,
		m.net, m.gross - m.net, m.gross, p.tax_rate, greatest(month + p.due_days, today), p.vacancy_rule_id, p.discount_id
	FROM piece p
	LEFT JOIN again g ON g.fee_item_id = p.fee_item_id AND g.unit_id = p.unit_id AND g.starts_on = lower(p.days)
	CROSS JOIN LATERAL (SELECT CASE WHEN p.days = whole THEN p.gross
		ELSE rui.prorate(p.gross, daterange(month, upper(p.days)), whole, 2, p.proration)
			- rui.prorate(p.gross, daterange(month, lower(p.days)), whole, 2, p.proration) END AS gross) w
	CROSS JOIN LATERAL (SELECT w.gross,
		CASE WHEN p.days = whole THEN p.net ELSE round(w.gross / (1 + coalesce(p.tax_rate, 0)), 2) END AS net) m;
END
$$;
COMMENT ON FUNCTION rui._due_charges(bigint, date, timestamptz, bigint, bigint) IS
'Internal: what a billing run of a month would charge at an instant: every fee item with a plan for the month, for every unit of its kind that was not archived before the month (with ids from first_unit to last_unit, null: all), on the days not charged yet, cut where the plan or the payer changes and where a vacancy rule or a discount makes it less (the lower of several). Until hand-over the developer pays. A part of the month costs the tariff''s gross of the whole month by the plan''s proration, up to its end less up to its beginning, so the parts of a month add up to it exactly; of reduced days it is that of the month''s gross times their share; its tax is what that gross contains.';
