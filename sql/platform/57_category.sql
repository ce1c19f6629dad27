-- What the accounts of revenue and expense are about: categories, for budgets
-- and for the result of a site, and what each account moved in a month.

INSERT INTO rui.account_template (code, kind, is_control) VALUES
	('6401.01', 'expense', false), ('6401.02', 'expense', false), ('6401.03', 'expense', false), ('6401.04', 'expense', false),
	('6401.05', 'expense', false), ('6401.06', 'expense', false), ('6401.07', 'expense', false), ('6401.08', 'expense', false),
	('6401.09', 'expense', false), ('6401.10', 'expense', false);
PERFORM rui._name('account', a.code, a.zh, a.en) FROM (VALUES
	('6401.01', '主营业务成本—人工', 'Labour'), ('6401.02', '主营业务成本—清洁卫生', 'Cleaning'),
	('6401.03', '主营业务成本—绿化养护', 'Greening'), ('6401.04', '主营业务成本—秩序维护', 'Security'),
	('6401.05', '主营业务成本—运行维护', 'Running and repair'), ('6401.06', '主营业务成本—能耗', 'Energy'),
	('6401.07', '主营业务成本—物料', 'Materials'), ('6401.08', '主营业务成本—保险', 'Insurance'),
	('6401.09', '主营业务成本—折旧', 'Depreciation'), ('6401.10', '主营业务成本—社区文化', 'Community events')) AS a(code, zh, en);

CREATE TABLE rui.result_category (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]{0,39}$'),
	side text NOT NULL CHECK (side IN ('revenue', 'cost', 'transfer')),
	place integer NOT NULL UNIQUE
);
CREATE TABLE rui.category_account (
	account_code text PRIMARY KEY REFERENCES rui.account_template (code),
	category text NOT NULL REFERENCES rui.result_category (code)
);
CREATE TABLE rui.account_category (
	project_id bigint NOT NULL,
	account_id bigint NOT NULL,
	category text NOT NULL REFERENCES rui.result_category (code),
	PRIMARY KEY (project_id, account_id),
	FOREIGN KEY (project_id, account_id) REFERENCES rui.account (project_id, id)
);
PERFORM rui._permit('set_cost_rules', '{candidate,live}', 'manager', 'director', 'loader');
PERFORM rui._name('permission', 'set_cost_rules', '设置成本规则', 'set the rules of costs');
PERFORM rui._describe('result_category', 'What revenue and costs are about. Budgets and results of sites are told by them.',
	'side: revenue, cost, or transfer: what is handed on to the owners.', 'place: Order in lists.');
PERFORM rui._describe('category_account', 'The category of each account of the common chart.',
	'account_code: Code of the account.', 'category: What it is about.');
PERFORM rui._describe('account_category', 'Accounts of a project that are about something else than the common chart says, or are no part of it.',
	'account_id: The account.', 'category: What it is about.');
PERFORM rui._declare_table('result_category', 'reference', 'none');
PERFORM rui._declare_table('category_account', 'reference', 'none');
PERFORM rui._declare_table('account_category', 'tenant', 'change');
REVOKE DELETE ON rui.account_category FROM rui_api;
PERFORM rui._allow_read('account_category', '{rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
INSERT INTO rui.result_category (code, side, place) VALUES
	('service', 'revenue', 10), ('other_service', 'revenue', 20), ('penalty', 'revenue', 30), ('labour', 'cost', 110),
	('cleaning', 'cost', 120), ('greening', 'cost', 130), ('security', 'cost', 140), ('repair', 'cost', 150), ('energy', 'cost', 160),
	('materials', 'cost', 170), ('insurance', 'cost', 180), ('depreciation', 'cost', 190), ('community', 'cost', 200),
	('administration', 'cost', 210), ('bad_debt', 'cost', 220), ('other_cost', 'cost', 290);
INSERT INTO rui.category_account (account_code, category) VALUES
	('6001', 'service'), ('6051', 'other_service'), ('6301', 'penalty'), ('6401', 'other_cost'), ('6401.01', 'labour'),
	('6401.02', 'cleaning'), ('6401.03', 'greening'), ('6401.04', 'security'), ('6401.05', 'repair'), ('6401.06', 'energy'),
	('6401.07', 'materials'), ('6401.08', 'insurance'), ('6401.09', 'depreciation'), ('6401.10', 'community'),
	('6602', 'administration'), ('6702', 'bad_debt'), ('6711', 'other_cost');
PERFORM rui._name('result_category', c.code, c.zh, c.en) FROM (VALUES
	('service', '物业服务收入', 'service fees'), ('other_service', '其他业务收入', 'other services'), ('penalty', '违约金收入', 'late fees and penalties'),
	('labour', '人工费用', 'labour'), ('cleaning', '清洁卫生', 'cleaning'), ('greening', '绿化养护', 'greening'), ('security', '秩序维护', 'security'),
	('repair', '共用设施运行维护', 'running and repair'), ('energy', '公共能耗', 'energy'), ('materials', '物料', 'materials'), ('insurance', '保险', 'insurance'),
	('depreciation', '折旧', 'depreciation'), ('community', '社区文化', 'community events'), ('administration', '办公及管理', 'administration'),
	('bad_debt', '坏账', 'bad debts'), ('other_cost', '其他成本', 'other costs')) AS c(code, zh, en);
PERFORM rui._name('event', 'account_category.set', '设置科目类别', 'category of account set');

CREATE VIEW rui.result_account WITH (security_invoker = true, security_barrier = true) AS
SELECT a.project_id, a.id AS account_id, a.code, a.name, a.kind, g.side, g.code AS category
FROM rui.account a
LEFT JOIN rui.account_category c ON c.project_id = a.project_id AND c.account_id = a.id
LEFT JOIN rui.category_account t ON t.account_code = a.code
JOIN rui.result_category g ON g.code = coalesce(c.category, t.category, CASE a.kind WHEN 'revenue' THEN 'other_service' ELSE 'other_cost' END)
WHERE a.kind IN ('revenue', 'expense');
PERFORM rui._describe('result_account', 'The accounts of revenue and expense of each project with what they are about; an account that nobody has put into a category is other_service or other_cost.',
	'account_id: The account.', 'code: Its code.', 'name: Its name.', 'kind: revenue or expense.', 'side: Side of its category: revenue, cost or transfer.',
	'category: What it is about, a code of rui.result_category.');
GRANT SELECT ON rui.result_account TO rui_manager, rui_expert, rui_analyst, rui_auditor;

CREATE FUNCTION rui._account_month(project_id bigint, month date) RETURNS TABLE (account_id bigint, debit numeric, credit numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	begin_at CONSTANT timestamptz := (SELECT month::timestamp AT TIME ZONE j.time_zone FROM rui.project j WHERE j.id = _account_month.project_id);
BEGIN
	IF EXISTS (SELECT FROM rui.closing_balance c WHERE c.project_id = _account_month.project_id AND c.month = _account_month.month) THEN
		RETURN QUERY
		SELECT n.account_id, n.debit - coalesce(b.debit, 0), n.credit - coalesce(b.credit, 0)
		FROM rui.closing_balance n
		LEFT JOIN rui.closing_balance b ON b.project_id = n.project_id AND b.account_id = n.account_id
			AND b.month = (_account_month.month - interval '1 month')::date
		WHERE n.project_id = _account_month.project_id AND n.month = _account_month.month;
	ELSE
		-- Nothing counts in a month that had not begun when it happened.
		RETURN QUERY
		WITH pair AS (
			SELECT p.debit_account, p.credit_account, sum(p.amount) AS amount FROM rui.posting p
			WHERE p.project_id = _account_month.project_id AND p.period = _account_month.month AND p.at >= begin_at
			GROUP BY p.debit_account, p.credit_account)
		SELECT s.id, sum(s.debit), sum(s.credit)
		FROM pair p
		CROSS JOIN LATERAL (VALUES (p.debit_account, p.amount, 0.00), (p.credit_account, 0.00, p.amount)) AS s(id, debit, credit)
		GROUP BY s.id;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._account_month(bigint, date) IS
'Internal: what was debited and credited to each account in one accounting month (its first day): of a closed month the difference of closing balances, else its postings; accounts that did not move may be left out.';

CREATE FUNCTION rui._category_month(project_id bigint, month date) RETURNS TABLE (side text, category text, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT r.side, r.category, sum(CASE r.side WHEN 'revenue' THEN m.credit - m.debit ELSE m.debit - m.credit END)
	FROM rui._account_month(_category_month.project_id, _category_month.month) m
	JOIN rui.result_account r ON r.project_id = _category_month.project_id AND r.account_id = m.account_id
	GROUP BY r.side, r.category
	HAVING bool_or(m.debit <> 0 OR m.credit <> 0);
END
$$;
COMMENT ON FUNCTION rui._category_month(bigint, date) IS
'Internal: what an accounting month brought (side revenue: credit less debit) or cost (side cost: debit less credit) or handed on (transfer: likewise), by category.';

CREATE FUNCTION rui._category(category text) RETURNS rui.result_category
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	found_one rui.result_category;
BEGIN
	PERFORM rui._check_text('category', category, 40);
	SELECT c.* INTO found_one FROM rui.result_category c WHERE c.code = _category.category AND c.side <> 'transfer';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown category "%"', category USING ERRCODE = 'invalid_parameter_value',
				HINT = 'rui.result_category lists them.';
	END IF;
	RETURN found_one;
END
$$;
COMMENT ON FUNCTION rui._category(text) IS
'Internal: the category of revenue or cost with that code. Errors: 22004, 22001, 22023.';

CREATE FUNCTION rui.set_account_category(project_id bigint, account text, category text, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	about rui.result_category;
	put_id bigint;
	put_kind text;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_cost_rules');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('account', account, 20);
	about := rui._category(category);
	put_id := rui._account(project_id, account);
	SELECT a.kind INTO put_kind FROM rui.account a
	WHERE a.project_id = set_account_category.project_id AND a.id = put_id AND NOT a.is_control;
	IF put_kind IS DISTINCT FROM (CASE about.side WHEN 'revenue' THEN 'revenue' ELSE 'expense' END) THEN
		RAISE EXCEPTION 'account "%" cannot be about %', account, category USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Categories of revenue are for revenue accounts, those of cost for expense accounts.';
	END IF;
	INSERT INTO rui.account_category AS c (project_id, account_id, category)
	VALUES (set_account_category.project_id, put_id, about.code)
	ON CONFLICT ON CONSTRAINT account_category_pkey DO UPDATE SET category = EXCLUDED.category;
	PERFORM rui._emit(project_id, 'account_category.set', 'account', put_id, at, jsonb_build_object('account', account, 'category', category));
	RETURN put_id;
END
$$;
COMMENT ON FUNCTION rui.set_account_category(bigint, text, text, timestamptz) IS
'Says what an account (its code) of revenue or expense is about in a project: a category of the same side, a code of rui.result_category. Counts for all months, past ones too: no amount changes, only what it is listed under. Returns the account''s id. Needs permission set_cost_rules. Errors: 22004, 22001, 22023, 22008 arguments, P0002 unknown account, 42501.';
