-- Why a charge is what it is: every fen of it, recomputed from what it was
-- computed from, and what has become of it.

PERFORM rui._permit('see_own_charges', '{candidate,live,closed}', 'resident', 'agent', 'manager', 'accountant', 'expert', 'auditor',
	'director', 'loader');
PERFORM rui._permit('see_charges', '{candidate,live,closed}', 'agent', 'manager', 'accountant', 'expert', 'auditor', 'director', 'loader');

PERFORM rui._name('tariff_model', m.code, m.zh, m.en) FROM (VALUES
	('flat', '固定金额', 'a flat amount'), ('fixed', '单价乘数量', 'price times quantity'), ('graduated', '分段阶梯价', 'each part at its tier''s price'),
	('volume', '全量阶梯价', 'all at the price of the tier reached'), ('package', '按包计价', 'by started packages'), ('blocks', '按块计价', 'by started blocks'),
	('percentage', '按比例', 'a share of an amount'), ('time_of_use', '分时计价', 'by bands of time'), ('duration', '按时长', 'by started intervals')
) AS m(code, zh, en);
PERFORM rui._name('unit_kind', k.code, k.zh, k.en) FROM (VALUES ('home', '住宅', 'homes'), ('shop', '商铺', 'shops'), ('office', '办公', 'offices'),
	('parking', '车位', 'parking places'), ('storage', '储藏室', 'storage rooms'), ('other', '其他', 'others')) AS k(code, zh, en);
-- The words of the lines of rui.charge_lines; numbers and codes name themselves.
PERFORM rui._name('charge_line', w.code, w.zh, w.en) FROM (VALUES
	('free', '免费量', 'free'), ('flat', '固定费', 'flat amount'), ('fixed', '单价', 'price'), ('package', '包', 'packages'), ('tier', '阶梯', 'tier'),
	('band', '时段', 'band'), ('event', '笔', 'event'), ('day', '日', 'day'), ('step', '计时段', 'step'), ('surcharge', '附加费', 'surcharge'),
	('minimum', '最低收费', 'minimum'), ('maximum', '最高收费', 'maximum'), ('rounding', '四舍五入', 'rounding')
) AS w(code, zh, en);

CREATE TYPE rui.charge_step AS (step text, text text, quantity numeric, price numeric, amount numeric, counts boolean);
COMMENT ON TYPE rui.charge_step IS
'One step of the explanation of a charge; counts: whether its amount is a part of the gross.';

CREATE FUNCTION rui._explain_tax(in_zh boolean, rate numeric, net numeric, tax numeric, is_added boolean) RETURNS rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN ROW('tax', format(CASE WHEN in_zh THEN CASE WHEN is_added THEN '增值税，税率 %s%%，不含税价 %s 之外另加' ELSE '其中含增值税，税率 %s%%，不含税价 %s' END
		WHEN is_added THEN 'value-added tax of %s %% on top of the net %s' ELSE 'value-added tax of %s %% contained; the net is %s' END,
		trim_scale(rate * 100), net), NULL, rate, tax, is_added)::rui.charge_step;
END
$$;
COMMENT ON FUNCTION rui._explain_tax(boolean, numeric, numeric, numeric, boolean) IS
'Internal: the step that names the tax; is_added: it comes on top, and counts.';

CREATE FUNCTION rui._explain_difference(in_zh boolean, about rui.charge, net numeric, gross numeric) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
BEGIN
	IF (about.net, about.gross) IS DISTINCT FROM (net::rui.amount, gross::rui.amount) THEN
		RETURN NEXT ROW('difference', format(CASE WHEN in_zh THEN '与入账不符：重算不含税 %s、含税 %s，入账不含税 %s、含税 %s'
			ELSE 'differs from what was charged: computed anew the net is %s and the gross %s, charged were %s and %s' END,
			net::rui.amount, gross::rui.amount, about.net, about.gross), NULL, NULL, about.gross - gross, true)::rui.charge_step;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._explain_difference(boolean, rui.charge, numeric, numeric) IS
'Internal: the step that says that a charge is not what its plan or rule gives today; no row where it is.';

CREATE FUNCTION rui._explain_price(about rui.charge, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	month CONSTANT daterange := daterange(date_trunc('month', about.starts_on::timestamp)::date,
		(date_trunc('month', about.starts_on::timestamp) + interval '1 month')::date);
	is_part CONSTANT boolean := about.source = 'plan' AND about.period <> month;
	plan rui.price_plan;
	is_less CONSTANT boolean := about.vacancy_rule_id IS NOT NULL OR about.discount_id IS NOT NULL;
	less record;
	rate numeric;
	is_inclusive boolean;
	whole rui.charge_result;
	usage CONSTANT jsonb := (SELECT rui._stay_usage(s.project_id, lower(s.during), upper(s.during)) FROM rui.parking_stay s
		WHERE s.project_id = about.project_id AND s.charge_id = about.id);
	upto numeric;
	before numeric;
BEGIN
	IF about.source = 'shared_cost' THEN
		RETURN QUERY SELECT * FROM rui._explain_share(about, lang);
		RETURN;
	ELSIF about.source = 'lease' THEN
		RETURN QUERY SELECT * FROM rui._explain_rent(about, lang);
		RETURN;
	END IF;
	SELECT p.* INTO plan FROM rui.price_plan p WHERE p.project_id = about.project_id AND p.id = about.plan_id;
	IF NOT FOUND THEN
		RETURN NEXT ROW('entered', CASE WHEN about.source = 'opening' THEN (
				SELECT format(CASE WHEN in_zh THEN '期初欠费，%s转自原账%s；税已在原账申报' ELSE 'opening arrears, taken over from the earlier books on %s%s; the tax was declared there' END,
					rui._local_date(o.project_id, o.at), CASE WHEN o.reference IS NOT NULL THEN format(CASE WHEN in_zh THEN '（原编号 %s）' ELSE ' (their number %s)' END, o.reference) END)
				FROM rui.opening_arrear o WHERE o.project_id = about.project_id AND o.id = about.source_id)
			ELSE CASE WHEN in_zh THEN '无价格方案，按录入金额' ELSE 'no price plan: as entered' END END, NULL, NULL, about.net, true)::rui.charge_step;
		IF about.tax > 0 THEN
			RETURN NEXT rui._explain_tax(in_zh, about.tax_rate, about.net, about.tax, true);
		END IF;
		RETURN;
	END IF;
	rate := (plan.tariff::text::jsonb #>> '{tax,rate}')::numeric;
	is_inclusive := coalesce((plan.tariff::text::jsonb #>> '{tax,inclusive}')::boolean, false);
	RETURN NEXT ROW('plan', format(CASE WHEN in_zh THEN '价格方案 %s，自 %s 起，适用%s：%s' ELSE 'price plan %s, since %s, for %s: %s' END, plan.id, lower(plan.valid),
		CASE WHEN plan.unit_kind <> 'any' THEN rui.label('unit_kind', plan.unit_kind, lang) WHEN in_zh THEN '各类房屋' ELSE 'any kind of unit' END,
		rui.label('tariff_model', plan.tariff::text::jsonb ->> 'model', lang)), NULL, NULL, NULL, false)::rui.charge_step;
	IF plan.quantity = 'meter' THEN
		RETURN QUERY SELECT * FROM rui._explain_meter(about, plan, lang);
		RETURN;
	END IF;
	RETURN NEXT ROW('quantity', CASE plan.quantity WHEN 'area' THEN (
			SELECT format(CASE WHEN in_zh THEN '房屋 %s 的建筑面积（平方米）%s' ELSE 'area of unit %s in m²%s' END, u.code,
				CASE WHEN u.area_m2 <> about.quantity THEN format(CASE WHEN in_zh THEN '，出账时；现为 %s' ELSE ' when it was charged; today %s' END, u.area_m2) END)
			FROM rui.unit u WHERE u.project_id = about.project_id AND u.id = about.unit_id)
		WHEN 'unit' THEN CASE WHEN in_zh THEN '每套房屋一份' ELSE 'one for the unit' END
		WHEN 'household' THEN CASE WHEN in_zh THEN '在住住户一户' ELSE 'one household that lives there' END
		ELSE CASE WHEN about.source = 'ticket' THEN format(CASE WHEN in_zh THEN '工单 %s 的金额' ELSE 'amount of ticket %s' END, about.source_id)
			WHEN in_zh THEN '出账时给定' ELSE 'given with the charge' END END, about.quantity, NULL, NULL, false)::rui.charge_step;
	RETURN QUERY
	SELECT 'line', w.words, l.quantity, l.price, l.amount, true
	FROM (SELECT a.* FROM rui.charge_lines(plan.tariff, about.quantity) WITH ORDINALITY AS a WHERE usage IS NULL
		UNION ALL
		SELECT b.* FROM rui.charge_lines(plan.tariff, usage) WITH ORDINALITY AS b) AS l(line, quantity, price, amount, place)
	CROSS JOIN LATERAL (SELECT string_agg(rui.label('charge_line', p.word, lang), ' ' ORDER BY p.place) AS words
		FROM string_to_table(l.line, ' ') WITH ORDINALITY AS p(word, place)) w
	ORDER BY l.place;
	whole := CASE WHEN usage IS NULL THEN rui.charge(plan.tariff, about.quantity) ELSE rui.charge(plan.tariff, usage) END;
	IF rate IS NOT NULL AND (NOT is_inclusive OR NOT is_part AND NOT is_less) THEN
		RETURN NEXT rui._explain_tax(in_zh, rate, whole.net, whole.tax, NOT is_inclusive);
	END IF;
	IF is_less THEN
		SELECT 'vacancy' AS step, r.share, format(CASE WHEN in_zh THEN '空置房：规则自 %s 起，空置第 %s 天起按 %s%% 收取' ELSE 'stands empty: rule since %s, from the %s vacant day on %s %% are to be paid' END,
			lower(r.valid), CASE WHEN in_zh THEN r.from_day::text ELSE trim(to_char(r.from_day, '9999th')) END, trim_scale(r.share * 100)) AS words INTO less
		FROM rui.vacancy_rule r WHERE r.project_id = about.project_id AND r.id = about.vacancy_rule_id;
		IF NOT FOUND THEN
			SELECT 'discount' AS step, d.share, format(CASE WHEN in_zh THEN '优惠 %s（%s%s）：按 %s%% 收取' ELSE 'discount %s (%s%s): %s %% are to be paid' END,
				d.id, rui.label('discount_ground', d.ground, lang), CASE WHEN k.id IS NOT NULL THEN
					format(CASE WHEN in_zh THEN '，%s，预缴 %s 个月赠 %s 个月，%s 至 %s' ELSE ', %s, %s months paid ahead and %s given, from %s to %s' END,
						k.name, k.paid_months, k.free_months, lower(a.months), upper(a.months) - 1) END, trim_scale(d.share * 100)) AS words INTO less
			FROM rui.discount d
			LEFT JOIN rui.advance a ON a.project_id = d.project_id AND a.discount_id = d.id
			LEFT JOIN rui.advance_campaign k ON k.project_id = a.project_id AND k.id = a.campaign_id
			WHERE d.project_id = about.project_id AND d.id = about.discount_id;
		END IF;
		before := whole.gross;
		whole.gross := round(before * less.share, 2);
		whole.net := round(whole.gross / (1 + coalesce(rate, 0)), 2);
		RETURN NEXT ROW(less.step, format(CASE WHEN in_zh THEN '%s：%s 收 %s' ELSE '%s: of %s, %s' END, less.words, before, whole.gross),
			NULL, less.share, whole.gross - before, true)::rui.charge_step;
		IF rate IS NOT NULL AND NOT is_part THEN
			RETURN NEXT rui._explain_tax(in_zh, rate, whole.net, whole.gross - whole.net, false);
		END IF;
	END IF;
	IF is_part THEN
		-- As rui._due_charges cuts a month.
		upto := rui.prorate(whole.gross, daterange(lower(month), upper(about.period)), month, 2, plan.proration);
		before := rui.prorate(whole.gross, daterange(lower(month), lower(about.period)), month, 2, plan.proration);
		RETURN NEXT ROW('proration', format(CASE WHEN in_zh THEN '%9$s：全月 %1$s，%2$s 至 %3$s 共 %4$s 天中的 %5$s 天；月初至期末应计 %6$s，减去月初至期初 %7$s，得 %8$s'
			ELSE '%9$s: of the month''s %1$s, from %2$s to %3$s, %5$s of %4$s days; %6$s up to the end less %7$s up to the beginning is %8$s' END,
			whole.gross, lower(about.period), upper(about.period) - 1, upper(month) - lower(month), upper(about.period) - lower(about.period), upto, before,
			upto - before, rui.label('proration', plan.proration, lang)), upper(about.period) - lower(about.period), NULL, upto - before - whole.gross, true)::rui.charge_step;
		whole.gross := upto - before;
		whole.net := round(whole.gross / (1 + coalesce(rate, 0)), 2);
		IF rate IS NOT NULL THEN
			RETURN NEXT rui._explain_tax(in_zh, rate, whole.net, whole.gross - whole.net, false);
		END IF;
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, whole.net, whole.gross);
END
$$;
COMMENT ON FUNCTION rui._explain_price(rui.charge, text) IS
'Internal: how a principal or cost was computed: plan, quantity, lines of the tariff, tax, days, and what differs; of opening arrears and charges without plan, that they were entered.';

CREATE FUNCTION rui._explain_late_fee(about rui.charge, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	debt rui.charge;
	rule rui.late_rule;
	first_on date;
	late_days integer;
	span record;
	accrued numeric := 0;
	amount_days numeric := 0;
	limited numeric;
	billed numeric;
	stopped datemultirange;
	stopped_days bigint;
BEGIN
	SELECT c.* INTO debt FROM rui.charge c WHERE c.project_id = about.project_id AND c.id = about.about_charge_id;
	SELECT r.* INTO rule FROM rui.late_rule r
	WHERE r.project_id = debt.project_id AND r.fee_item_id = debt.fee_item_id AND r.valid @> debt.due_on;
	IF NOT FOUND THEN
		RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, 0, 0);
		RETURN;
	END IF;
	first_on := debt.due_on + rule.grace_days;
	late_days := greatest(0, rui._local_date(about.project_id, about.at) - first_on);
	SELECT s.days INTO stopped FROM rui.late_fee_stops(debt.project_id, about.at, debt.id) s;
	RETURN NEXT ROW('late_rule', format(CASE WHEN in_zh THEN '账单 %s 本金 %s，%s 到期；规则自 %s 起：每日 %s%%，宽限 %s 天，最高为本金的 %s%%'
		ELSE 'charge %s, principal %s, was due on %s; rule since %s: %s %% a day after %s days of grace, at most %s %% of the principal' END,
		debt.id, debt.gross, debt.due_on, lower(rule.valid), trim_scale(rule.daily_rate * 100), rule.grace_days, trim_scale(rule.cap_share * 100))
		|| CASE WHEN rule.cap_amount IS NULL THEN '' ELSE format(CASE WHEN in_zh THEN '，不超过 %s 元' ELSE ', at most %s' END, rule.cap_amount) END
		|| CASE WHEN rule.annual_cap IS NULL THEN '' ELSE format(CASE WHEN in_zh THEN '，年利率不超过 %s%%' ELSE ', at most %s %% a year' END, trim_scale(rule.annual_cap * 100)) END,
		NULL, rule.daily_rate, NULL, false)::rui.charge_step;
	FOR span IN
		WITH part AS (
			SELECT greatest(0, rui._local_date(about.project_id, a.at) - first_on) AS day, a.amount FROM (
				SELECT l.at, l.amount FROM rui.allocation l
				WHERE l.project_id = debt.project_id AND l.charge_id = debt.id AND l.at <= about.at
				UNION ALL
				SELECT w.decided_at, w.amount FROM rui.waiver w
				WHERE w.project_id = debt.project_id AND w.charge_id = debt.id AND w.state = 'approved' AND w.decided_at <= about.at
				UNION ALL
				SELECT l.at, l.amount FROM rui.credit_loss l
				WHERE l.project_id = debt.project_id AND l.charge_id = debt.id AND l.at <= about.at) a),
		cut AS (SELECT 0 AS day UNION SELECT p.day FROM part p)
		SELECT c.day, lead(c.day, 1, late_days) OVER (ORDER BY c.day) AS until,
			debt.gross - coalesce((SELECT sum(p.amount) FROM part p WHERE p.day <= c.day), 0) AS outstanding
		FROM cut c WHERE c.day < late_days ORDER BY c.day
	LOOP
		CONTINUE WHEN span.outstanding = 0;
		accrued := accrued + rule.daily_rate * span.outstanding * (span.until - span.day);
		amount_days := amount_days + span.outstanding * (span.until - span.day);
		RETURN NEXT ROW('late_days', format(CASE WHEN in_zh THEN '%s 之后至 %s，未缴 %s，%s 天' ELSE 'after %s and up to %s, %s was unpaid for %s days' END,
			first_on + span.day, first_on + span.until, span.outstanding, span.until - span.day), span.until - span.day, rule.daily_rate,
			rule.daily_rate * span.outstanding * (span.until - span.day), true)::rui.charge_step;
		SELECT sum(upper(u) - lower(u)) INTO stopped_days
		FROM unnest(stopped * datemultirange(daterange(first_on + span.day, first_on + span.until))) u;
		IF stopped_days > 0 THEN
			accrued := accrued - rule.daily_rate * span.outstanding * stopped_days;
			amount_days := amount_days - span.outstanding * stopped_days;
			RETURN NEXT ROW('disputed_days', format(CASE WHEN in_zh THEN '其中异议期间 %s 天不计' ELSE 'less %s days of dispute' END, stopped_days),
				stopped_days, rule.daily_rate, -rule.daily_rate * span.outstanding * stopped_days, true)::rui.charge_step;
		END IF;
	END LOOP;
	-- The lowest of all caps, one step after the other.
	limited := accrued;
	IF rule.annual_cap * amount_days / 365 < limited THEN
		limited := rule.annual_cap * amount_days / 365;
		RETURN NEXT ROW('cap', format(CASE WHEN in_zh THEN '超过年利率上限：%s%% × %s ÷ 365 = %s' ELSE 'beyond the cap of a year: %s %% × %s ÷ 365 = %s' END,
			trim_scale(rule.annual_cap * 100), trim_scale(amount_days), trim_scale(round(limited, 6))), NULL, rule.annual_cap, limited - accrued, true)::rui.charge_step;
	END IF;
	IF debt.gross * rule.cap_share < limited THEN
		RETURN NEXT ROW('cap', format(CASE WHEN in_zh THEN '超过上限：本金 %s × %s%% = %s' ELSE 'beyond the cap: principal %s × %s %% = %s' END, debt.gross,
			trim_scale(rule.cap_share * 100), trim_scale(debt.gross * rule.cap_share)), NULL, rule.cap_share, debt.gross * rule.cap_share - limited, true)::rui.charge_step;
		limited := debt.gross * rule.cap_share;
	END IF;
	IF rule.cap_amount < limited THEN
		RETURN NEXT ROW('cap', format(CASE WHEN in_zh THEN '超过上限金额 %s' ELSE 'beyond the highest amount of %s' END, rule.cap_amount), NULL, NULL,
			rule.cap_amount - limited, true)::rui.charge_step;
		limited := rule.cap_amount;
	END IF;
	IF round(limited, 2) <> limited THEN
		RETURN NEXT ROW('rounding', rui.label('charge_line', 'rounding', lang), NULL, NULL, round(limited, 2) - limited, true)::rui.charge_step;
	END IF;
	SELECT coalesce(sum(c.gross), 0) INTO billed
	FROM rui.charge c
	LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= about.at
	WHERE c.project_id = debt.project_id AND c.about_charge_id = debt.id AND c.component = 'late_fee' AND c.at <= about.at AND c.id < about.id
		AND v.charge_id IS NULL;
	IF billed > 0 THEN
		RETURN NEXT ROW('billed_before', CASE WHEN in_zh THEN '减去以前已出账的违约金' ELSE 'less the late fees charged before' END, NULL, NULL, -billed, true)::rui.charge_step;
	END IF;
	limited := round(limited, 2) - billed;
	IF about.tax_rate IS NOT NULL THEN
		RETURN NEXT rui._explain_tax(in_zh, about.tax_rate, about.net, about.tax, false);
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, round(limited / (1 + coalesce(debt.tax_rate, 0)), 2), limited);
END
$$;
COMMENT ON FUNCTION rui._explain_late_fee(rui.charge, text) IS
'Internal: how a late fee was computed: the rule, what of the principal was unpaid for how many days, days of dispute, cap, rounding, what was charged before, and what differs. As rui.late_fees.';

CREATE FUNCTION rui._order_words(codes text[], lang text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT string_agg(rui.label('allocation_order', o.code, lang), CASE lang WHEN 'zh' THEN '，再' ELSE ', then ' END ORDER BY o.place)
		FROM unnest(codes) WITH ORDINALITY AS o(code, place));
END
$$;
COMMENT ON FUNCTION rui._order_words(text[], text) IS
'Internal: an order of rui.allocation_rule in words.';

CREATE FUNCTION rui._explain_settled(about rui.charge, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
BEGIN
	RETURN QUERY
	SELECT s.step, s.words, NULL::numeric, NULL::numeric, s.amount, false FROM (
		-- Wishes count when the payment comes; what it leaves over is used later by the rule.
		SELECT a.at, 1 AS place, a.id, CASE WHEN a.reverses IS NULL THEN 'paid' ELSE 'paid_back' END AS step,
			CASE WHEN a.reverses IS NOT NULL THEN format(CASE WHEN in_zh THEN '%s 撤销付款 %s 的核销：%s' ELSE 'on %s taken back from payment %s: %s' END,
				rui._local_date(a.project_id, a.at), a.payment_id, a.reason)
			ELSE format(CASE WHEN in_zh THEN '%s 由付款 %s（%s，%s）缴纳；%s' ELSE 'on %s by payment %s (%s, %s); %s' END, rui._local_date(a.project_id, a.at), a.payment_id,
				rui._local_date(p.project_id, p.at), rui.label('payment_channel', p.channel, lang),
				CASE WHEN a.at = p.at AND (about.id = ANY (p.designation) OR about.about_charge_id = ANY (p.designation))
				THEN CASE WHEN in_zh THEN '按付款人指定（民法典第五百六十条第一款）' ELSE 'designated by the payer (Civil Code, article 560, paragraph 1)' END
				WHEN EXISTS (SELECT FROM rui.credit_loss l WHERE l.project_id = a.project_id AND l.charge_id = a.charge_id AND l.payment_id = a.payment_id)
				THEN CASE WHEN in_zh THEN '收回已核销的坏账' ELSE 'named, as it had been written off' END
				WHEN r.id IS NULL THEN CASE WHEN in_zh THEN '先已到期者，次担保最少、负担较重、先到期者，相同者按比例（民法典第五百六十条第二款）'
					ELSE 'first what is due, then the least secured, the heavier burden, what is due earlier; equal ones in proportion (Civil Code, article 560, paragraph 2)' END
				ELSE format(CASE WHEN in_zh THEN '按项目自 %s 起的核销顺序：%s，相同者按比例' ELSE 'by the project''s order since %s: first %s; equal ones in proportion' END,
					lower(r.valid), rui._order_words(r.debt_order, lang)) END
				|| CASE WHEN r.id IS NULL THEN CASE WHEN in_zh THEN '；同一债务先费用、再违约金、后本金（第五百六十一条）' ELSE '; within a debt costs, late fees, then the principal (article 561)' END
				ELSE format(CASE WHEN in_zh THEN '；同一债务先%s' ELSE '; within a debt %s' END, rui._order_words(r.component_order, lang)) END) END AS words,
			a.amount::numeric * -1 AS amount
		FROM rui.allocation a
		JOIN rui.payment p ON p.project_id = a.project_id AND p.id = a.payment_id
		LEFT JOIN rui.allocation_rule r ON r.project_id = a.project_id AND r.id = a.rule_id
		WHERE a.project_id = about.project_id AND a.charge_id = about.id
		UNION ALL
		SELECT coalesce(w.decided_at, w.requested_at), 2, w.id, CASE w.state WHEN 'approved' THEN 'waived' ELSE 'waiver' END,
			format(CASE WHEN in_zh THEN '减免 %s（%s，%s）：%s；%s申请' ELSE 'waiver %s of %s (%s): %s; asked for by %s' END, w.id, w.amount,
				rui.label('state.waiver', w.state, lang), w.reason, q.name)
				|| CASE WHEN d.id IS NULL THEN '' ELSE format(CASE WHEN in_zh THEN '，%s决定' ELSE ', decided by %s' END, d.name) END,
			CASE WHEN w.state = 'approved' THEN -w.amount::numeric END
		FROM rui.waiver w
		JOIN rui.party q ON q.id = w.requested_by
		LEFT JOIN rui.party d ON d.id = w.decided_by
		WHERE w.project_id = about.project_id AND w.charge_id = about.id
		UNION ALL
		SELECT l.at, 2, l.id, CASE WHEN l.amount > 0 THEN 'written_off' ELSE 'recovered' END,
			format(CASE WHEN in_zh THEN '%s 坏账%s %s%s' ELSE 'on %s %s: %s%s' END, rui._local_date(l.project_id, l.at), rui.label('credit_loss', l.kind, lang), abs(l.amount),
				CASE WHEN w.id IS NOT NULL THEN format(CASE WHEN in_zh THEN '：%s（核销 %s）' ELSE ', %s (write-off %s)' END, w.reason, w.id)
				WHEN l.payment_id IS NOT NULL THEN format(CASE WHEN in_zh THEN '（付款 %s）' ELSE ' (payment %s)' END, l.payment_id) END),
			-l.amount::numeric
		FROM rui.credit_loss l
		LEFT JOIN rui.write_off w ON w.project_id = l.project_id AND w.id = l.write_off_id
		WHERE l.project_id = about.project_id AND l.charge_id = about.id AND l.amount <> 0
		UNION ALL
		SELECT v.at, 3, v.charge_id, 'reversed', format(CASE WHEN in_zh THEN '%s 冲销%s：%s' ELSE 'taken back on %s%s: %s' END, rui._local_date(v.project_id, v.at),
				CASE WHEN v.bill_again THEN CASE WHEN in_zh THEN '，可重新出账' ELSE ', to be billed again' END END, v.reason),
			rui._waived(about.project_id, about.id) - about.gross
		FROM rui.charge_reversal v WHERE v.project_id = about.project_id AND v.charge_id = about.id) s
	ORDER BY s.at, s.place, s.id;
END
$$;
COMMENT ON FUNCTION rui._explain_settled(rui.charge, text) IS
'Internal: what has become of a charge: payments with the rule by which they pay it, what was taken back of them, waivers, write-offs and recoveries, the reversal; amounts are negative where less is open after.';

CREATE FUNCTION rui.explain_charge(project_id bigint, charge_id bigint, lang text DEFAULT 'en') RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	about rui.charge;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_own_charges');
	IF charge_id IS NULL OR lang IS NULL THEN
		PERFORM rui._missing(CASE WHEN charge_id IS NULL THEN 'charge_id' ELSE 'lang' END);
	ELSIF lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', left(lang, 60) USING ERRCODE = 'invalid_parameter_value', HINT = 'Give zh or en.';
	END IF;
	SELECT c.* INTO about FROM rui.charge c WHERE c.project_id = explain_charge.project_id AND c.id = explain_charge.charge_id;
	-- Another's charge is as unknown as one that does not exist.
	IF NOT FOUND OR NOT (rui.has_permission(project_id, 'see_charges') OR coalesce(about.payer_id = rui.current_party(), false)) THEN
		PERFORM rui._unknown('charge', charge_id, project_id);
	END IF;
	RETURN QUERY
	SELECT 'what', format(CASE WHEN in_zh THEN '%s（%s）%s，%s 至 %s；应付人：%s；%s 到期' ELSE '%s (%s)%s, from %s to %s; owed by %s, due on %s' END, f.name,
			rui.label('charge_source', about.source, lang), CASE WHEN u.id IS NOT NULL THEN format(CASE WHEN in_zh THEN '，房屋 %s' ELSE ' for unit %s' END, u.code) END,
			lower(about.period), upper(about.period) - 1, coalesce(p.name, CASE WHEN in_zh THEN '未知' ELSE 'nobody known' END), about.due_on),
		NULL::numeric, NULL::numeric, NULL::numeric, false
	FROM rui.fee_item f
	LEFT JOIN rui.unit u ON u.project_id = about.project_id AND u.id = about.unit_id
	LEFT JOIN rui.party p ON p.id = about.payer_id
	WHERE f.project_id = about.project_id AND f.id = about.fee_item_id;
	IF about.source IN ('plan', 'meter') AND about.revision > 1 THEN
		RETURN QUERY
		SELECT 'replaces', format(CASE WHEN in_zh THEN '代替账单 %s（%s 至 %s，%s），%s 冲销：%s' ELSE 'replaces charge %s (from %s to %s, %s), taken back on %s: %s' END, c.id,
			lower(c.period), upper(c.period) - 1, c.gross, rui._local_date(v.project_id, v.at), v.reason), NULL::numeric, NULL::numeric, NULL::numeric, false
		FROM rui.charge c
		JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id
		WHERE c.project_id = about.project_id AND c.source = about.source AND c.fee_item_id = about.fee_item_id AND c.unit_id = about.unit_id
			AND c.starts_on = about.starts_on AND c.revision = about.revision - 1;
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_price(about, lang) WHERE about.component <> 'late_fee';
	RETURN QUERY SELECT * FROM rui._explain_late_fee(about, lang) WHERE about.component = 'late_fee';
	RETURN NEXT ROW('gross', CASE WHEN in_zh THEN '应付合计' ELSE 'what is owed' END, NULL, NULL, about.gross, false)::rui.charge_step;
	RETURN QUERY SELECT * FROM rui._explain_settled(about, lang);
	RETURN NEXT ROW('open', CASE WHEN in_zh THEN '未缴' ELSE 'still open' END, NULL, NULL, coalesce(rui._still_open(about.project_id, about.id), 0), false)::rui.charge_step;
END
$$;
COMMENT ON FUNCTION rui.explain_charge(bigint, bigint, text) IS
'Every fen of a charge, in lang (zh or en), in order. Rows that count (their amounts sum to the gross exactly): line (rui.charge_lines of the plan''s tariff), entered (no plan; opening arrears), tax on top of the net, vacancy (less for days on which the unit stood empty, by which rule), proration (a part of a month: less the days it is not for), late_days, disputed_days, cap, rounding, billed_before (a late fee), and difference, where what is computed anew from the plan or rule is not what was charged. Others tell: what, replaces (what an earlier revision was and why it was taken back), plan, reading, quantity, persons and ladder (of what meters count), late_rule, tax contained, gross; then, negative where less is open after, paid and paid_back (by which payment, by which rule), waived, waiver (one that was not approved: no amount), written_off, recovered (back into what is open), reversed; and open: gross and these sum to it. quantity, price: of the step, or null; amounts of lines are exact, with up to 38 digits. Who has see_charges sees all charges, others (see_own_charges) those they owe themselves. Errors: 22004, 22023 language, P0002 unknown charge or another''s, 42501.';
