-- The result of a site: what the books say of a month, beside its budget, and
-- whose the surplus is.

CREATE FUNCTION rui._receipts(project_id bigint, month date) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = _receipts.project_id);
BEGIN
	RETURN (SELECT coalesce(sum(a.amount), 0.00) FROM rui.allocation a
		WHERE a.project_id = _receipts.project_id AND a.at >= month::timestamp AT TIME ZONE zone
			AND a.at < (month + interval '1 month') AT TIME ZONE zone);
END
$$;
COMMENT ON FUNCTION rui._receipts(bigint, date) IS
'Internal: what was paid on charges in a month, with tax, less what was taken back in it.';

CREATE FUNCTION rui._site_month(project_id bigint, month date)
RETURNS TABLE (regime text, belongs_to text, revenue numeric, cost numeric, commission numeric, surplus numeric, transferred numeric,
	budget_revenue numeric, budget_cost numeric, budget_commission numeric, budget_surplus numeric, parts jsonb)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
	contract CONSTANT rui.service_contract := rui._service_contract(project_id, month);
BEGIN
	regime := contract.regime;
	belongs_to := CASE contract.regime WHEN 'lump_sum' THEN 'company' WHEN 'commission' THEN 'owners' END;
	SELECT coalesce(sum(m.amount) FILTER (WHERE m.side = 'revenue'), 0.00), coalesce(sum(m.amount) FILTER (WHERE m.side = 'cost'), 0.00),
		coalesce(sum(m.amount) FILTER (WHERE m.side = 'transfer'), 0.00), coalesce(jsonb_object_agg(m.category, m.amount), '{}')
	INTO revenue, cost, transferred, parts FROM rui._category_month(_site_month.project_id, _site_month.month) m;
	SELECT sum(CASE WHEN b.side = 'revenue' THEN b.amount ELSE 0 END), sum(CASE WHEN b.side = 'cost' THEN b.amount ELSE 0 END)
	INTO budget_revenue, budget_cost FROM rui._budget_month(_site_month.project_id, _site_month.month) b;
	-- A share of nothing, or of less, is nothing.
	commission := CASE contract.commission_base WHEN 'month' THEN contract.commission
		WHEN 'budget' THEN round(contract.commission * budget_cost, 2)
		WHEN 'revenue' THEN round(contract.commission * greatest(revenue, 0), 2)
		WHEN 'receipts' THEN round(contract.commission * greatest(rui._receipts(_site_month.project_id, _site_month.month), 0), 2) END;
	budget_commission := CASE contract.commission_base WHEN 'month' THEN contract.commission
		WHEN 'budget' THEN round(contract.commission * budget_cost, 2) ELSE round(contract.commission * budget_revenue, 2) END;
	surplus := revenue - cost - CASE contract.regime WHEN 'commission' THEN commission ELSE 0 END;
	budget_surplus := budget_revenue - budget_cost - CASE contract.regime WHEN 'commission' THEN budget_commission ELSE 0 END;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION rui._site_month(bigint, date) IS
'Internal: the result of an accounting month in one row. commission is null under a lump sum, without a contract, and where it is a share of a budget that nobody approved; then surplus is null under a commission. belongs_to: company, owners, or null without a contract. transferred: what was handed on to the owners in the month. Budgets are null where none is in force for the month. parts: what the books hold, by category; the postings of the month are read once.';

CREATE FUNCTION rui.site_result(project_id bigint, month date)
RETURNS TABLE (section text, category text, name_zh text, name_en text, budget numeric, actual numeric, variance numeric, belongs_to text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_site_results');
	PERFORM rui._check_month('month', month);
	PERFORM rui._check_books(project_id);
	RETURN QUERY
	WITH whole AS MATERIALIZED (SELECT * FROM rui._site_month(site_result.project_id, site_result.month)),
	part AS (
		SELECT g.side, g.code AS category, g.place, CASE WHEN w.budget_revenue IS NOT NULL THEN coalesce(b.amount, 0.00) END AS budget,
			coalesce((w.parts ->> g.code)::numeric, 0.00) AS actual
		FROM whole w
		CROSS JOIN rui.result_category g
		LEFT JOIN rui._budget_month(site_result.project_id, site_result.month) b ON b.category = g.code
		WHERE b.category IS NOT NULL OR w.parts ? g.code)
	SELECT s.section, s.category, rui.label('result_category', coalesce(s.category, s.section), 'zh'), rui.label('result_category', coalesce(s.category, s.section), 'en'),
		s.budget, s.actual, s.actual - s.budget, s.belongs_to
	FROM (
		SELECT p.side AS section, p.category, CASE WHEN p.side <> 'transfer' THEN p.budget END AS budget, p.actual, NULL::text AS belongs_to,
			CASE WHEN p.side = 'transfer' THEN 2000 ELSE p.place END AS place
		FROM part p
		UNION ALL
		SELECT 'commission', NULL, w.budget_commission, w.commission, 'company', 1000 FROM whole w WHERE w.regime = 'commission'
		UNION ALL
		SELECT 'surplus', NULL, w.budget_surplus, w.surplus, w.belongs_to, 1001 FROM whole w) s
	ORDER BY s.place;
END
$$;
COMMENT ON FUNCTION rui.site_result(bigint, date) IS
'The result of a project in an accounting month (its first day), as the ledger has it, without tax. section revenue and cost: a row per category with what the books hold (actual), the budget in force (null where there is none for the month) and variance, actual less budget; they add up to the revenue and expense accounts of the month exactly. commission (under that regime): what the company gets; null where it is a share of a budget that nobody approved. surplus: revenue less cost less commission, below zero a deficit; belongs_to: company (lump sum), owners (commission) or null without a contract. transfer: what was handed on to the owners in the month, not part of the surplus. Needs permission see_site_results. Errors: 22004, 22008, 22023 month, 55000 no books, 42501.';

CREATE FUNCTION rui.site_result_detail(project_id bigint, month date)
RETURNS TABLE (section text, category text, account_code text, document text, fee_code text, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	begin_at timestamptz;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_site_results');
	-- A kind of charges may be that of one home.
	PERFORM rui.require_permission(project_id, 'see_charges');
	PERFORM rui._check_month('month', month);
	PERFORM rui._check_books(project_id);
	begin_at := (SELECT month::timestamp AT TIME ZONE j.time_zone FROM rui.project j WHERE j.id = site_result_detail.project_id);
	RETURN QUERY
	SELECT r.side, r.category, r.code, p.document, f.code,
		sum(CASE WHEN (r.side = 'revenue') = (p.credit_account = r.account_id) THEN p.amount ELSE -p.amount END)::numeric
	FROM rui.posting p
	JOIN rui.result_account r ON r.project_id = p.project_id AND r.account_id IN (p.debit_account, p.credit_account)
	JOIN rui.result_category g ON g.code = r.category
	-- What was charged, let off and shared is of a fee item; the rest is not.
	LEFT JOIN rui.waiver w ON p.document = 'waiver' AND w.project_id = p.project_id AND w.id = p.document_id
	LEFT JOIN rui.share_recognition h ON p.document = 'share_recognition' AND h.project_id = p.project_id AND h.id = p.document_id
	LEFT JOIN rui.settlement_line l ON p.document IN ('settlement_line', 'share_recognition') AND l.project_id = p.project_id AND l.id = coalesce(h.line_id, p.document_id)
	LEFT JOIN rui.charge c ON c.project_id = p.project_id AND c.id = coalesce(w.charge_id, l.charge_id, CASE p.document WHEN 'charge' THEN p.document_id END)
	LEFT JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
	WHERE p.project_id = site_result_detail.project_id AND p.period = site_result_detail.month AND p.at >= begin_at
	GROUP BY r.side, g.place, r.category, r.code, p.document, f.code
	ORDER BY g.place, r.code, p.document, f.code;
END
$$;
COMMENT ON FUNCTION rui.site_result_detail(bigint, date) IS
'What the revenue, costs and transfers of rui.site_result are made of, from the postings of an accounting month (its first day): by category, account, document they come from and, of charges, waivers and partners'' shares, fee item (null otherwise). amount has the sign of the section: what is taken back lowers it. By section and category they add up to rui.site_result. Needs permissions see_site_results and see_charges. Errors: 22004, 22008, 22023 month, 55000 no books, 42501.';

CREATE FUNCTION rui.company_site_results(company_id bigint, month date)
RETURNS TABLE (project_id bigint, project_code text, regime text, revenue numeric, cost numeric, commission numeric, surplus numeric, belongs_to text,
	budget_revenue numeric, budget_cost numeric, budget_surplus numeric, is_closed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT
AS $$
BEGIN
	IF company_id IS NULL THEN
		PERFORM rui._missing('company_id');
	END IF;
	PERFORM rui._check_month('month', month);
	RETURN QUERY
	SELECT j.id, j.code, r.regime, r.revenue, r.cost, r.commission, r.surplus, r.belongs_to, r.budget_revenue, r.budget_cost, r.budget_surplus,
		EXISTS (SELECT FROM rui.accounting_period p WHERE p.project_id = j.id AND p.month = company_site_results.month AND p.state = 'closed')
	FROM rui.project j
	JOIN rui.books b ON b.project_id = j.id
	CROSS JOIN LATERAL rui._site_month(j.id, company_site_results.month) r
	WHERE j.company_id = company_site_results.company_id AND j.id = ANY ((SELECT rui.my_projects())::bigint[])
		AND rui.has_permission(j.id, 'see_site_results')
	ORDER BY j.code;
END
$$;
COMMENT ON FUNCTION rui.company_site_results(bigint, date) IS
'The results of an accounting month (its first day) of all projects of a company that keep books and whose results the acting party may see (permission see_site_results), a row each as the totals of rui.site_result: regime (null without a contract), revenue, cost, commission, surplus and whose it is, the budget in force (null without), and whether the month is closed, so that nothing changes any more. Others'' projects are left out. Errors: 22004, 22008, 22023 month.';
PERFORM rui._name('result_category', n.code, n.zh, n.en) FROM (VALUES ('commission', '酬金', 'commission'), ('surplus', '结余', 'surplus')) AS n(code, zh, en);
