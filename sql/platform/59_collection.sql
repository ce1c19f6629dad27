-- How well what is owed comes in, as of any instant.

CREATE FUNCTION rui.collection_rate(project_id bigint, month date, at timestamptz DEFAULT now())
RETURNS TABLE (building_id bigint, fee_item_id bigint, charged numeric, waived numeric, collected numeric, collected_in_month numeric,
	rate numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = collection_rate.project_id);
	-- Instants, not dates: an index finds what lies between them.
	next_at CONSTANT timestamptz := (month + interval '1 month') AT TIME ZONE zone;
BEGIN
	IF project_id IS NULL OR month IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' WHEN month IS NULL THEN 'month' ELSE 'at' END);
	ELSIF NOT isfinite(month) OR extract(day FROM month) <> 1 THEN
		RAISE EXCEPTION 'month must be the first day of a month, not %', month
			USING ERRCODE = 'invalid_parameter_value', HINT = 'As 2026-03-01.';
	END IF;
	RETURN QUERY
	WITH due AS (
		SELECT c.id, c.unit_id, c.fee_item_id, c.gross FROM rui.charge c
		WHERE c.project_id = collection_rate.project_id AND c.component = 'principal' AND c.source <> 'opening'
			AND c.starts_on >= month AND c.starts_on < (month + interval '1 month')::date AND c.at <= collection_rate.at
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v
				WHERE v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= collection_rate.at)),
	paid AS (
		SELECT a.charge_id, sum(a.amount) AS amount, coalesce(sum(a.amount) FILTER (WHERE a.at < next_at), 0) AS in_month
		FROM rui.allocation a WHERE a.project_id = collection_rate.project_id AND a.at <= collection_rate.at GROUP BY a.charge_id),
	let_off AS (
		SELECT w.charge_id, sum(w.amount) AS amount FROM rui.waiver w
		WHERE w.project_id = collection_rate.project_id AND w.state = 'approved' AND w.decided_at <= collection_rate.at GROUP BY w.charge_id)
	SELECT u.building_id, d.fee_item_id, sum(d.gross), coalesce(sum(w.amount), 0.00), coalesce(sum(p.amount), 0.00),
		coalesce(sum(p.in_month), 0.00), round(coalesce(sum(p.amount), 0) / nullif(sum(d.gross) - coalesce(sum(w.amount), 0), 0), 6)
	FROM due d
	LEFT JOIN rui.unit u ON u.project_id = collection_rate.project_id AND u.id = d.unit_id
	LEFT JOIN paid p ON p.charge_id = d.id
	LEFT JOIN let_off w ON w.charge_id = d.id
	GROUP BY GROUPING SETS ((u.building_id, d.fee_item_id), ())
	-- The row of the whole project is last; without charges it is not there.
	HAVING count(*) > 0
	ORDER BY grouping(u.building_id, d.fee_item_id), u.building_id, d.fee_item_id;
END
$$;
COMMENT ON FUNCTION rui.collection_rate(bigint, date, timestamptz) IS
'The collection rate of a month''s charges (当期收缴率) as known at an instant, by building (null: charges without a unit) and fee item; the last row, with fee_item_id null, is the whole project. Counted are principals whose first day lies in the month (given as its first day), charged by the instant and not taken back by then; opening arrears, late fees and costs are not. charged: their sum with tax; waived: approved by then; collected: paid on them by then; collected_in_month: that part of it that had come by the end of the month, net of what was taken back by then; rate: collected / (charged - waived), a fraction with six decimals, null where all was waived. What is written off counts as not collected, and what of it is paid after all as collected. No rows without charges. Sees what the caller may see. Errors: 22004 for a null argument, 22023 not a first day.';

CREATE FUNCTION rui.recovered_debt(project_id bigint, year integer, at timestamptz DEFAULT now())
RETURNS TABLE (building_id bigint, fee_item_id bigint, owed numeric, recovered numeric, rate numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = recovered_debt.project_id);
	begin_at timestamptz;
	end_at timestamptz;
BEGIN
	IF project_id IS NULL OR year IS NULL OR at IS NULL THEN
		PERFORM rui._missing(CASE WHEN project_id IS NULL THEN 'project_id' WHEN year IS NULL THEN 'year' ELSE 'at' END);
	ELSIF year NOT BETWEEN 1900 AND 2200 THEN
		RAISE EXCEPTION 'year is out of range: %', year USING ERRCODE = 'datetime_field_overflow', HINT = 'Give a year from 1900 to 2200.';
	END IF;
	begin_at := make_timestamp(year, 1, 1, 0, 0, 0) AT TIME ZONE zone;
	end_at := least(at, make_timestamp(year + 1, 1, 1, 0, 0, 0) AT TIME ZONE zone - interval '1 microsecond');
	RETURN QUERY
	WITH paid AS (
		SELECT a.charge_id, coalesce(sum(a.amount) FILTER (WHERE a.at < begin_at), 0) AS before,
			coalesce(sum(a.amount) FILTER (WHERE a.at >= begin_at), 0) AS during
		FROM rui.allocation a WHERE a.project_id = recovered_debt.project_id AND a.at <= end_at GROUP BY a.charge_id),
	let_off AS (
		SELECT w.charge_id, sum(w.amount) AS amount FROM rui.waiver w
		WHERE w.project_id = recovered_debt.project_id AND w.state = 'approved' AND w.decided_at < begin_at GROUP BY w.charge_id),
	old AS (
		SELECT c.unit_id, c.fee_item_id, c.gross - coalesce(p.before, 0) - coalesce(w.amount, 0) AS owed, coalesce(p.during, 0) AS recovered
		FROM rui.charge c
		LEFT JOIN paid p ON p.charge_id = c.id
		LEFT JOIN let_off w ON w.charge_id = c.id
		WHERE c.project_id = recovered_debt.project_id AND c.component = 'principal' AND c.at <= end_at
			AND (c.at < begin_at OR c.source = 'opening') AND c.due_on < make_date(year, 1, 1)
			AND NOT EXISTS (SELECT FROM rui.charge_reversal v
				WHERE v.project_id = c.project_id AND v.charge_id = c.id AND v.at <= end_at))
	SELECT u.building_id, o.fee_item_id, sum(o.owed), sum(o.recovered), round(sum(o.recovered) / nullif(sum(o.owed), 0), 6)
	FROM old o
	LEFT JOIN rui.unit u ON u.project_id = recovered_debt.project_id AND u.id = o.unit_id
	WHERE o.owed > 0
	GROUP BY GROUPING SETS ((u.building_id, o.fee_item_id), ())
	HAVING count(*) > 0
	ORDER BY grouping(u.building_id, o.fee_item_id), u.building_id, o.fee_item_id;
END
$$;
COMMENT ON FUNCTION rui.recovered_debt(bigint, integer, timestamptz) IS
'What has come in during a year, up to an instant, of the debts of the years before it (往年欠费清回), by building (null: charges without a unit) and fee item; the last row, with fee_item_id null, is the whole project. Counted are principals due before 1 January in the project''s zone that were charged before it (opening arrears whenever they were entered), of which something was open then and which are not taken back by the instant or the year''s end, whichever is earlier. owed: what was open as the year began, written off or not, as it is owed all the same; recovered: what was paid on them since, less what was taken back; it is below zero when money of the year before bounced; rate: recovered / owed, a fraction with six decimals. No rows without such debts. Sees what the caller may see. Errors: 22004 for a null argument, 22008 year outside 1900 to 2200.';
