-- How old what is owed is, as of any instant: receivables by age, and by who
-- or what owes them, from the facts that are only added.

PERFORM rui._name('ageing', d.code, d.zh, d.en) FROM (VALUES ('project', '项目', 'project'), ('payer', '应付人', 'payer'), ('unit', '房屋', 'unit'),
	('fee_item', '收费项目', 'fee item'), ('grid', '网格', 'grid'), ('building', '楼栋', 'building'), ('year', '归属年度', 'year')) AS d(code, zh, en);

CREATE FUNCTION rui.arrears_ageing(project_id bigint, at timestamptz DEFAULT now(), dimension text DEFAULT 'project',
	brackets interval[] DEFAULT '{30 days,60 days,90 days,180 days,365 days}')
RETURNS TABLE (key bigint, code text, bracket integer, beyond interval, up_to interval, charges bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	today CONSTANT date := (SELECT (greatest(least(at, '2201-01-01 00:00+00'), '1900-01-01 00:00+00') AT TIME ZONE j.time_zone)::date FROM rui.project j WHERE j.id = arrears_ageing.project_id);
	-- The first due date of each bracket, the oldest bracket's first.
	bounds date[];
BEGIN
	IF project_id IS NULL OR at IS NULL OR dimension IS NULL OR brackets IS NULL OR rui._holds_null(brackets) THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' WHEN at IS NULL THEN 'at' WHEN dimension IS NULL THEN 'dimension'
			WHEN brackets IS NULL THEN 'brackets' ELSE 'an age in brackets' END);
	ELSIF NOT isfinite(at) OR at NOT BETWEEN '1900-01-01' AND '2201-01-01' THEN
		RAISE EXCEPTION 'at is out of range: %', at USING ERRCODE = 'datetime_field_overflow', HINT = 'Give an instant from 1900 to 2200.';
	ELSIF dimension NOT IN ('project', 'payer', 'unit', 'fee_item', 'grid', 'building', 'year') THEN
		RAISE EXCEPTION 'unknown dimension "%"', left(dimension, 60) USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Give project, payer, unit, fee_item, grid, building or year.';
	ELSIF cardinality(brackets) NOT BETWEEN 1 AND 50 OR array_ndims(brackets) > 1 THEN
		RAISE EXCEPTION 'brackets must be a list of 1 to 50 ages' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'As {30 days,60 days} or {1 year,2 years,3 years}: each bracket''s greatest age.';
	END IF;
	IF EXISTS (SELECT FROM unnest(brackets) b(age) WHERE b.age NOT BETWEEN interval '1 day' AND interval '200 years') THEN
		RAISE EXCEPTION 'an age in brackets is not from 1 day to 200 years' USING ERRCODE = 'numeric_value_out_of_range',
			HINT = 'As {30 days,60 days} or {1 year,2 years,3 years}: each bracket''s greatest age.';
	END IF;
	SELECT array_agg((today - b.age)::date ORDER BY b.place DESC) INTO bounds FROM unnest(brackets) WITH ORDINALITY AS b(age, place);
	IF EXISTS (SELECT FROM unnest(bounds) WITH ORDINALITY AS b(day, place) JOIN unnest(bounds) WITH ORDINALITY AS c(day, place) ON c.place = b.place + 1
		WHERE c.day <= b.day) THEN
		RAISE EXCEPTION 'the ages in brackets do not rise' USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the youngest first.';
	END IF;
	RETURN QUERY
	WITH settled AS (
		-- What had gone off each charge by then: paid, waived, written off.
		SELECT s.charge_id, sum(s.amount) AS amount FROM (
			SELECT a.charge_id, a.amount FROM rui.allocation a
			WHERE a.project_id = arrears_ageing.project_id AND a.at <= arrears_ageing.at
			UNION ALL
			SELECT w.charge_id, w.amount FROM rui.waiver w
			WHERE w.project_id = arrears_ageing.project_id AND w.state = 'approved' AND w.decided_at <= arrears_ageing.at
			UNION ALL
			SELECT l.charge_id, l.amount FROM rui.credit_loss l
			WHERE l.project_id = arrears_ageing.project_id AND l.at <= arrears_ageing.at) s
		GROUP BY s.charge_id),
	owed AS (
		SELECT CASE dimension WHEN 'payer' THEN c.payer_id WHEN 'fee_item' THEN c.fee_item_id WHEN 'year' THEN extract(year FROM c.starts_on)::bigint
				WHEN 'project' THEN NULL ELSE c.unit_id END AS key,
			CASE WHEN c.due_on >= today THEN 0 ELSE cardinality(bounds) + 1 - width_bucket(c.due_on, bounds) END AS bracket,
			c.gross - coalesce(s.amount, 0) AS amount
		FROM rui.charge c
		LEFT JOIN settled s ON s.charge_id = c.id
		LEFT JOIN rui.charge_reversal v ON v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= arrears_ageing.at
		WHERE c.project_id = arrears_ageing.project_id AND c.at <= arrears_ageing.at AND v.charge_id IS NULL),
	-- Places are looked up for what is left: units, not charges.
	summed AS MATERIALIZED (
		SELECT o.key, o.bracket, count(*) AS charges, sum(o.amount) AS amount FROM owed o WHERE o.amount <> 0 GROUP BY o.key, o.bracket),
	placed AS (
		SELECT CASE dimension WHEN 'building' THEN u.building_id WHEN 'grid' THEN g.grid_id ELSE s.key END AS key, s.bracket, s.charges, s.amount
		FROM summed s
		LEFT JOIN rui.unit u ON dimension IN ('building', 'grid') AND u.project_id = arrears_ageing.project_id AND u.id = s.key
		LEFT JOIN rui.grid_plan p ON dimension = 'grid' AND p.project_id = u.project_id AND p.activated_at <= arrears_ageing.at
			AND (p.retired_at IS NULL OR p.retired_at > arrears_ageing.at) AND p.state IN ('active', 'retired')
		LEFT JOIN rui.grid_building g ON g.project_id = p.project_id AND g.plan_id = p.id AND g.building_id = u.building_id),
	grouped AS (
		SELECT p.key, p.bracket, sum(p.charges)::bigint AS charges, sum(p.amount) AS amount FROM placed p GROUP BY p.key, p.bracket)
	SELECT r.key, coalesce(u.code, b.code, g.code, f.code, CASE WHEN dimension = 'year' THEN r.key::text END), r.bracket,
		CASE WHEN r.bracket > 1 THEN brackets[r.bracket - 1] WHEN r.bracket = 1 THEN interval '0' END, brackets[r.bracket], r.charges, r.amount
	FROM grouped r
	LEFT JOIN rui.unit u ON dimension = 'unit' AND u.project_id = arrears_ageing.project_id AND u.id = r.key
	LEFT JOIN rui.building b ON dimension = 'building' AND b.project_id = arrears_ageing.project_id AND b.id = r.key
	LEFT JOIN rui.grid g ON dimension = 'grid' AND g.project_id = arrears_ageing.project_id AND g.id = r.key
	LEFT JOIN rui.fee_item f ON dimension = 'fee_item' AND f.project_id = arrears_ageing.project_id AND f.id = r.key
	ORDER BY 2, 1, 3;
END
$$;
COMMENT ON FUNCTION rui.arrears_ageing(bigint, timestamptz, text, interval[]) IS
'Receivables by age (账龄) as of any instant, present or past, by one dimension: project, payer, unit, fee_item, building, grid (of the plan that was in force at that instant, so that a past report stays as it was) or year (of the first day the charge is for). brackets: the greatest age of each bracket, rising, 1 to 50, from 1 day to 200 years, as {30 days,60 days} or {1 year,2 years,3 years}; ages count from the due date to the day of at in the project''s zone. A row for each key (a party, unit, fee item, building, grid or year; null: none) and bracket of which something was open: bracket 0 is not overdue, 1 is overdue for up to the first age, and so on; the last is beyond all. beyond, up_to: the ages between which it lies, or null; code: that of the key (null for payers); charges: how many; amount: what was open of them, with tax. What is waived or written off by then is not open. The amounts add up to the balance of 1122 at that instant. Sees what the caller may see. Errors: 22004, 22008, 22003, 22023.';
