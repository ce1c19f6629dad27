-- What analysts ask of money and homes: what is owed and for how long, how it
-- comes in, and how many homes are lived in.

CREATE FUNCTION rui._money_paths(project_id bigint, split_by text, at timestamptz) RETURNS TABLE (building_id bigint, path text)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
BEGIN ATOMIC
	SELECT b.id, regexp_replace(rui._place_path(_money_paths.project_id, b.id, split_by, at), '^[^\n]*\n', '')
	FROM (SELECT b.id FROM rui.building b WHERE b.project_id = _money_paths.project_id UNION ALL SELECT 0) b;
END;
COMMENT ON FUNCTION rui._money_paths(bigint, text, timestamptz) IS
'Internal: of every building, and of none (0), where it is as of rui._place_path, without the steward: grid, then building.';

CREATE FUNCTION rui._coarse(amount numeric, most numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN most > 0 THEN round(amount, -ceil(log(most))::integer) ELSE amount END;
COMMENT ON FUNCTION rui._coarse(numeric, numeric) IS
'Internal: an amount rounded to the power of ten that is not below the greatest part of one person in it, so that a difference of two such tells of nobody; null for null.';

CREATE FUNCTION rui._counted_debts(project_id bigint, month date, split_by text) RETURNS TABLE (path text, person bigint, amount numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	as_of timestamptz;
	today CONSTANT date := (month + interval '1 month')::date;
BEGIN
	SELECT today::timestamp AT TIME ZONE j.time_zone INTO as_of FROM rui.project j WHERE j.id = _counted_debts.project_id;
	RETURN QUERY
	WITH place AS MATERIALIZED (
		SELECT m.building_id, m.path FROM rui._money_paths(_counted_debts.project_id, CASE split_by WHEN 'building' THEN 'building' ELSE 'grid' END, as_of) m
	), settled AS (
		SELECT s.charge_id, sum(s.amount) AS amount FROM (
			SELECT a.charge_id, a.amount FROM rui.allocation a WHERE a.project_id = _counted_debts.project_id AND a.at < as_of
			UNION ALL
			SELECT w.charge_id, w.amount FROM rui.waiver w
			WHERE w.project_id = _counted_debts.project_id AND w.state = 'approved' AND w.decided_at < as_of
			UNION ALL
			SELECT l.charge_id, l.amount FROM rui.credit_loss l WHERE l.project_id = _counted_debts.project_id AND l.at < as_of) s
		GROUP BY s.charge_id
	), open AS (
		SELECT CASE split_by WHEN 'fee_item' THEN f.code WHEN 'year' THEN extract(year FROM c.starts_on)::text WHEN 'age' THEN g.age
				WHEN 'grid_age' THEN m.path || E'\n' || g.age
				ELSE m.path END AS path,
			coalesce(c.unit_id, -c.payer_id) AS person, c.gross - coalesce(s.amount, 0) AS amount
		FROM rui.charge c
		JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
		CROSS JOIN LATERAL (SELECT (ARRAY['0 not due', '1-30', '31-60', '61-90', '91-180', '181-365', '366 and more'])[
			1 + width_bucket(today - 1 - c.due_on, '{1,31,61,91,181,366}'::integer[])] AS age) g
		LEFT JOIN rui.unit u ON u.project_id = c.project_id AND u.id = c.unit_id
		JOIN place m ON m.building_id = coalesce(u.building_id, 0)
		LEFT JOIN settled s ON s.charge_id = c.id
		WHERE c.project_id = _counted_debts.project_id AND c.at < as_of AND c.gross <> coalesce(s.amount, 0)
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id AND v.at < as_of)
	)
	SELECT o.path, o.person, sum(o.amount) FROM open o GROUP BY o.path, o.person;
END
$$;
COMMENT ON FUNCTION rui._counted_debts(bigint, date, text) IS
'Internal: what was open at the end of a month, by the groups of rui.count_arrears (path as of rui._suppress_tree; grid_age: the grid, then the age) and by whom it tells of: the home (a unit), else the payer (below zero).';

CREATE FUNCTION rui.count_arrears(project_id bigint, month date, split_by text DEFAULT 'age')
RETURNS TABLE (split text, debtors bigint, amount numeric, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	fewest integer;
	is_place boolean;
	owed record;
	verdict record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, split_by, '{age,year,fee_item,grid,building}');
	fewest := rui._fewest(project_id);
	is_place := split_by IN ('grid', 'building');
	SELECT coalesce(array_agg(d.path), '{}') AS paths, coalesce(array_agg(d.person), '{}') AS people, coalesce(array_agg(d.amount), '{}') AS amounts INTO owed
	FROM rui._counted_debts(count_arrears.project_id, count_arrears.month, count_arrears.split_by) d;
	verdict := rui._suppress_tree(owed.paths, owed.people, fewest, NOT is_place, owed.amounts);
	RETURN QUERY
	WITH part AS (
		SELECT o.path, coalesce(o.is_shown, verdict.total_shown) AS is_shown, count(DISTINCT o.person) AS debtors, coalesce(sum(o.amount), 0.00) AS amount,
			max(abs(o.amount)) AS most, grouping(o.path) = 1 AS is_total
		FROM unnest(owed.paths, owed.people, owed.amounts, verdict.shown) AS o(path, person, amount, is_shown)
		GROUP BY GROUPING SETS ((o.path, o.is_shown), ())
	)
	SELECT substring(p.path FROM '[^\n]*$'), CASE WHEN p.is_shown THEN CASE WHEN is_place OR p.is_total THEN p.debtors ELSE p.debtors / fewest * fewest END END,
		CASE WHEN p.is_shown THEN CASE WHEN is_place OR p.is_total THEN p.amount ELSE rui._coarse(p.amount, p.most) END END, NOT p.is_shown
	FROM part p
	ORDER BY p.is_total, CASE WHEN split_by = 'age' THEN substring(p.path FROM '^\d+')::integer END, 1;
END
$$;
COMMENT ON FUNCTION rui.count_arrears(bigint, date, text) IS
'What was open at the end of a month that is over (its first day), in the project''s zone and currency, with tax, by age (days since the due date: 0 not due, 1-30, 31-60, 61-90, 91-180, 181-365, 366 and more), year charged for, fee_item (code), or grid (of the plan in force then) or building (codes); -: none. debtors: how many homes owe (of charges without a home: payers); amount: what was open, which is neither waived nor written off by then. The last row, without a split, is the total, the balance of receivables then. Suppression: a group of fewer debtors than rui.set_suppression says (5 unless set), or of whose amount one has more than three quarters, is null, and as many other groups that none can be worked out from the total or from grids. As everybody knows what is charged to whom, by age, year and fee_item amounts are rounded to the power of ten that is not below the greatest debt in them, and debtors down to a multiple of that number: they do not add up to the total exactly. Needs permission count_people. Errors: 22004, 22023 no first day, a month that is not over, another key, 42501, 55000.';

CREATE FUNCTION rui.count_ageing(project_id bigint, month date)
RETURNS TABLE (grid text, age text, debtors bigint, amount numeric, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	owed record;
	shown boolean[];
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, 'grid', '{grid}');
	SELECT coalesce(array_agg(d.path), '{}') AS paths, coalesce(array_agg(d.person), '{}') AS people, coalesce(array_agg(d.amount), '{}') AS amounts INTO owed
	FROM rui._counted_debts(count_ageing.project_id, count_ageing.month, 'grid_age') d;
	shown := (rui._suppress_tree(owed.paths, owed.people, rui._fewest(project_id), true, owed.amounts)).shown;
	RETURN QUERY
	SELECT split_part(o.path, E'\n', 1), split_part(o.path, E'\n', 2), CASE WHEN o.is_shown THEN count(DISTINCT o.person) END,
		CASE WHEN o.is_shown THEN sum(o.amount) END, NOT o.is_shown
	FROM unnest(owed.paths, owed.people, owed.amounts, shown) AS o(path, person, amount, is_shown)
	GROUP BY o.path, o.is_shown
	ORDER BY 1, substring(split_part(o.path, E'\n', 2) FROM '^\d+')::integer;
END
$$;
COMMENT ON FUNCTION rui.count_ageing(bigint, date) IS
'Receivables by age (账龄) within grids, as rui.count_arrears counts them, at the end of a month that is over (its first day): a row for each grid (its code by the plan in force then; -: none) and age of which something was open. Suppression: a grid is shown as rui.count_arrears shows grids, or not; in a grid that is shown an age of fewer debtors than rui.set_suppression says (5 unless set), or of whose amount one has more than three quarters, is null, and as many others that the total of the grid tells of two ages, of which one has as many debtors, none with more than three quarters. Totals by age alone are rounded (rui.count_arrears), so that grids less them tell of nobody. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui.count_collection(project_id bigint, month date, split_by text DEFAULT 'building', known_by date DEFAULT NULL)
RETURNS TABLE (split text, payers bigint, charged numeric, waived numeric, collected numeric, rate numeric, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	fewest integer;
	as_of timestamptz;
	is_place boolean;
	due record;
	verdict record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, split_by, '{fee_item,grid,building}');
	PERFORM rui._check_count(project_id, coalesce(known_by, month), split_by, '{fee_item,grid,building}');
	IF known_by < month THEN
		RAISE EXCEPTION 'known_by % is before the month', known_by USING ERRCODE = 'invalid_parameter_value', HINT = 'Give that month or a later one.';
	END IF;
	fewest := rui._fewest(project_id);
	is_place := split_by IN ('grid', 'building');
	SELECT (coalesce(known_by, month) + interval '1 month') AT TIME ZONE j.time_zone INTO as_of FROM rui.project j WHERE j.id = count_collection.project_id;
	SELECT coalesce(array_agg(d.path), '{}') AS paths, coalesce(array_agg(d.person), '{}') AS people, coalesce(array_agg(d.charged), '{}') AS charged,
		coalesce(array_agg(d.waived), '{}') AS waived, coalesce(array_agg(d.paid), '{}') AS paid INTO due
	FROM (
		SELECT c.path, c.person, sum(c.gross) AS charged,
			sum((SELECT coalesce(sum(w.amount), 0.00) FROM rui.waiver w WHERE w.project_id = count_collection.project_id AND w.charge_id = c.id
				AND w.state = 'approved' AND w.decided_at < as_of)) AS waived,
			sum((SELECT coalesce(sum(a.amount), 0.00) FROM rui.allocation a WHERE a.project_id = count_collection.project_id AND a.charge_id = c.id
				AND a.at < as_of)) AS paid
		FROM (
			SELECT c.id, c.gross, coalesce(c.unit_id, -c.payer_id) AS person,
				CASE split_by WHEN 'fee_item' THEN f.code ELSE m.path END AS path
			FROM rui.charge c
			JOIN rui.fee_item f ON f.project_id = c.project_id AND f.id = c.fee_item_id
			LEFT JOIN rui.unit u ON u.project_id = c.project_id AND u.id = c.unit_id
			JOIN rui._money_paths(count_collection.project_id, CASE split_by WHEN 'building' THEN 'building' ELSE 'grid' END, as_of) m
				ON m.building_id = coalesce(u.building_id, 0)
			WHERE c.project_id = count_collection.project_id AND c.component = 'principal' AND c.source <> 'opening' AND c.at < as_of
				AND c.starts_on >= month AND c.starts_on < (month + interval '1 month')::date
				AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id AND v.at < as_of)) c
		GROUP BY c.path, c.person) d;
	verdict := rui._suppress_tree(due.paths, due.people, fewest, NOT is_place, due.charged);
	RETURN QUERY
	WITH part AS (
		SELECT d.path, coalesce(d.is_shown, verdict.total_shown) AS is_shown, count(DISTINCT d.person) AS payers, coalesce(sum(d.charged), 0.00) AS charged,
			coalesce(sum(d.waived), 0.00) AS waived, coalesce(sum(d.paid), 0.00) AS paid, max(d.charged) AS most, grouping(d.path) = 1 AS is_total
		FROM unnest(due.paths, due.people, due.charged, due.waived, due.paid, verdict.shown) AS d(path, person, charged, waived, paid, is_shown)
		GROUP BY GROUPING SETS ((d.path, d.is_shown), ())
	), rounded AS (
		SELECT p.path, p.is_total, p.payers / CASE WHEN x.is_exact THEN 1 ELSE fewest END * CASE WHEN x.is_exact THEN 1 ELSE fewest END AS payers,
			CASE WHEN x.is_exact THEN p.charged ELSE rui._coarse(p.charged, p.most) END AS charged,
			CASE WHEN x.is_exact THEN p.waived ELSE rui._coarse(p.waived, p.most) END AS waived,
			CASE WHEN x.is_exact THEN p.paid ELSE rui._coarse(p.paid, p.most) END AS paid, p.is_shown
		FROM part p CROSS JOIN LATERAL (SELECT is_place OR p.is_total) AS x(is_exact)
	)
	SELECT substring(r.path FROM '[^\n]*$'), s.payers, s.charged, s.waived, s.paid, round(s.paid / nullif(s.charged - s.waived, 0), 6), NOT r.is_shown
	FROM rounded r LEFT JOIN LATERAL (SELECT r.*) s ON r.is_shown
	ORDER BY r.is_total, 1;
END
$$;
COMMENT ON FUNCTION rui.count_collection(bigint, date, text, date) IS
'The collection rate of a month''s charges (当期收缴率) as of rui.collection_rate, for a month that is over (its first day), by building, grid (by the plan then in force) or fee_item; -: none; as known at the end of the month known_by (its first day, not before month; null: the same). payers: how many homes were charged (of charges without a home: payers); charged, waived and collected with tax in the project''s currency; rate: collected / (charged - waived) of the whole group as shown, six decimals, null where all was waived. The last row is the total. Suppression: a group of fewer payers than rui.set_suppression says (5 unless set), or where one was charged more than three quarters, is null, its rate included, and as many others that none can be worked out; by fee_item the others are rounded as those of rui.count_arrears. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui.count_homes(project_id bigint, month date, split_by text DEFAULT 'building')
RETURNS TABLE (split text, units bigint, lived_in bigint, empty bigint, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	home record;
	lived record;
	left_empty record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	PERFORM rui._check_count(project_id, month, split_by, '{grid,building}');
	SELECT coalesce(array_agg(h.path), '{}') AS paths, coalesce(array_agg(CASE WHEN h.is_lived_in THEN h.id END), '{}') AS lived_in,
		coalesce(array_agg(CASE WHEN NOT h.is_lived_in THEN h.id END), '{}') AS empty INTO home
	FROM (
		SELECT u.id, m.path,
			EXISTS (SELECT FROM rui.household h WHERE h.project_id = u.project_id AND h.unit_id = u.id AND h.valid @> count_homes.month) AS is_lived_in
		FROM rui.project j
		CROSS JOIN LATERAL rui._money_paths(count_homes.project_id, split_by, month AT TIME ZONE j.time_zone) m
		JOIN rui.unit u ON u.project_id = j.id AND coalesce(u.building_id, 0) = m.building_id
		WHERE u.project_id = count_homes.project_id AND u.kind = 'home') h;
	-- Where few are empty, or few are not, it says in which homes nobody is.
	lived := rui._suppress_tree(home.paths, home.lived_in, rui._fewest(project_id), false);
	left_empty := rui._suppress_tree(home.paths, home.empty, rui._fewest(project_id), false);
	RETURN QUERY
	SELECT substring(p.path FROM '[^\n]*$'), p.units, CASE WHEN p.is_shown THEN p.lived_in END, CASE WHEN p.is_shown THEN p.empty END, NOT p.is_shown
	FROM (
		SELECT h.path, coalesce(h.is_shown AND h.empty_shown, lived.total_shown AND left_empty.total_shown) AS is_shown, count(*) AS units,
			count(h.lived_in) AS lived_in, count(h.empty) AS empty
		FROM unnest(home.paths, home.lived_in, home.empty, lived.shown, left_empty.shown) AS h(path, lived_in, empty, is_shown, empty_shown)
		GROUP BY GROUPING SETS ((h.path, h.is_shown, h.empty_shown), ())) p
	ORDER BY p.path IS NULL, 1;
END
$$;
COMMENT ON FUNCTION rui.count_homes(bigint, date, text) IS
'How many homes (units of kind home) a project had, in how many a household lived and in how many none did (empty), on the first day of a month that is over, by building or grid (by the plan in force then); -: none. The last row is the total. Suppression: lived_in and empty are null where either is of fewer homes than rui.set_suppression says (5 unless set) and not 0, and in as many other groups that none can be worked out; how many homes there are is always shown. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';
