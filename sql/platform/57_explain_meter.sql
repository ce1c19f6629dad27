-- Why a charge for what a meter counted is what it is: the readings at its
-- ends, the place on the ladder, and each tier's part; and why a share of a
-- cost is.

CREATE FUNCTION rui._explain_meter(about rui.charge, plan rui.price_plan, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = about.project_id);
	is_inclusive CONSTANT boolean := coalesce((plan.tariff::text::jsonb #>> '{tax,inclusive}')::boolean, false);
	bill rui.meter_bill;
	counts rui.meter_plan;
	priced rui.tariff := plan.tariff;
	whole rui.charge_result;
BEGIN
	SELECT b.* INTO bill FROM rui.meter_bill b WHERE b.project_id = about.project_id AND b.charge_id = about.id;
	SELECT m.* INTO counts FROM rui.meter_plan m WHERE m.project_id = about.project_id AND m.plan_id = plan.id;
	RETURN QUERY
	SELECT 'reading', format(CASE WHEN in_zh THEN '%s表 %s（%s）：%s 读数 %s，%s%s' ELSE '%s meter %s (%s): on %s it showed %s, %s%s' END, rui.label('meter_medium', m.medium, lang),
		m.code, rui.label('meter_register', r.code, lang), to_char(e.at AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'), trim_scale(e.value),
		rui.label('reading_kind', e.kind, lang),
		CASE WHEN e.state <> 'accepted' THEN format(CASE WHEN in_zh THEN '；现为：%s' ELSE '; now: %s' END, rui.label('state.reading', e.state, lang)) END),
		e.value, NULL::numeric, NULL::numeric, false
	FROM unnest(bill.reading_ids) WITH ORDINALITY AS i(id, place)
	JOIN rui.meter_reading e ON e.project_id = about.project_id AND e.id = i.id
	JOIN rui.meter_register r ON r.project_id = e.project_id AND r.id = e.register_id
	JOIN rui.meter m ON m.project_id = r.project_id AND m.id = r.meter_id
	ORDER BY m.code, r.code, e.at, e.id;
	RETURN NEXT ROW('quantity', format(CASE WHEN in_zh THEN '用量，%s 零时至 %s 零时；读数之间按时间均摊%s' ELSE 'use from %s to %s, from midnight to midnight; between readings evenly by time%s' END,
		lower(about.period), upper(about.period), CASE WHEN bill.estimates > 0 THEN format(CASE WHEN in_zh THEN '；其中 %s 段依据估抄' ELSE '; %s of the steps rest on an estimate' END,
		bill.estimates) END), about.quantity, NULL, NULL, false)::rui.charge_step;
	IF bill.persons IS NOT NULL THEN
		priced := rui.tariff_for_household(priced, bill.persons);
		RETURN NEXT ROW('persons', CASE WHEN in_zh THEN '户内人数，阶梯量据此增加' ELSE 'persons of the household, by whom the tiers widen' END, bill.persons, NULL, NULL, false)::rui.charge_step;
	END IF;
	RETURN NEXT ROW('ladder', format(CASE WHEN in_zh THEN '阶梯自 %s 起累计，每 %s 个月重新起算；本期前已用' ELSE 'the tiers count on since %s and begin again every %s months; used before' END,
		bill.cycle_on, counts.cycle_months), coalesce(bill.before, 0), NULL, NULL, false)::rui.charge_step;
	-- What is on each line after the period, less what was on it before.
	RETURN QUERY
	SELECT 'line', w.words, l.quantity, l.price, l.amount, true
	FROM (SELECT coalesce(x.line, y.line) AS line, coalesce(x.place, y.place) AS place, nullif(coalesce(x.quantity, 0) - coalesce(y.quantity, 0), 0) AS quantity,
			coalesce(x.price, y.price) AS price, coalesce(x.amount, 0) - coalesce(y.amount, 0) AS amount
		FROM rui.charge_lines(priced, coalesce(bill.before, 0) + bill.used) WITH ORDINALITY AS x(line, quantity, price, amount, place)
		FULL JOIN (SELECT b.* FROM rui.charge_lines(priced, bill.before) WITH ORDINALITY AS b(line, quantity, price, amount, place)
			WHERE bill.before IS NOT NULL) y ON y.line = x.line) l
	CROSS JOIN LATERAL (SELECT string_agg(rui.label('charge_line', p.word, lang), ' ' ORDER BY p.place) AS words
		FROM string_to_table(l.line, ' ') WITH ORDINALITY AS p(word, place)) w
	WHERE l.amount <> 0 OR l.quantity IS NOT NULL
	ORDER BY l.place, l.line;
	whole := rui._meter_charge(plan.tariff, bill.persons, bill.before, bill.used);
	IF about.tax_rate IS NOT NULL THEN
		RETURN NEXT rui._explain_tax(in_zh, about.tax_rate, whole.net, whole.tax, NOT is_inclusive);
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, whole.net, whole.gross);
END
$$;
COMMENT ON FUNCTION rui._explain_meter(rui.charge, rui.price_plan, text) IS
'Internal: how a charge for what meters counted was computed: readings, use, persons, ladder, what each tier takes of the period, tax, and what differs.';

CREATE FUNCTION rui._explain_share(about rui.charge, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	cost rui.shared_cost;
	share rui.shared_cost_share;
	whole numeric;
	units bigint;
BEGIN
	SELECT s.* INTO share FROM rui.shared_cost_share s WHERE s.project_id = about.project_id AND s.id = about.source_id;
	SELECT c.* INTO cost FROM rui.shared_cost c WHERE c.project_id = about.project_id AND c.id = share.shared_cost_id;
	SELECT sum(s.weight), count(*) INTO whole, units FROM rui.shared_cost_share s
	WHERE s.project_id = about.project_id AND s.shared_cost_id = cost.id;
	RETURN NEXT ROW('shared', format(CASE WHEN in_zh THEN '公摊费用 %s：%s 至 %s 共 %s，由 %s 套房屋按%s分摊' ELSE 'cost %s from %s to %s of %s in all, shared by %s units by %s' END, cost.code,
		lower(cost.period), upper(cost.period) - 1, cost.amount, units, rui.label('share_basis', cost.basis, lang)), NULL, NULL, cost.amount, false)::rui.charge_step;
	RETURN QUERY
	SELECT 'reading', format(CASE WHEN in_zh THEN '公共表 %s 本期用量（%s）' ELSE 'what shared meter %s counted, in %s' END, m.code, m.measured_in), cost.used, NULL::numeric, NULL::numeric, false
	FROM rui.meter m WHERE m.project_id = about.project_id AND m.id = cost.meter_id;
	RETURN NEXT ROW('share', format(CASE WHEN in_zh THEN '%s / %s，按最大余数取整到分，各份之和等于总额' ELSE '%s of %s, in cents by largest remainder: the parts sum to the whole' END,
		trim_scale(share.weight), trim_scale(whole)), share.weight, NULL, share.amount, true)::rui.charge_step;
	IF about.tax_rate IS NOT NULL THEN
		RETURN NEXT rui._explain_tax(in_zh, about.tax_rate, about.net, about.tax, false);
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, round(share.amount / (1 + coalesce(about.tax_rate, 0)), 2), share.amount);
END
$$;
COMMENT ON FUNCTION rui._explain_share(rui.charge, text) IS
'Internal: how a share of a cost was computed: the whole, what a shared meter counted, the weight among all, tax, and what differs.';
