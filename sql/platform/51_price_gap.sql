-- Days inside the life of a fee item that have no price. A fee may rest on
-- purpose, as heating does in summer: so they are told, and not refused.

CREATE FUNCTION rui.price_gaps(project_id bigint, from_on date, to_on date)
RETURNS TABLE (fee_code text, unit_kind text, days daterange)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_prices');
	PERFORM rui._check_day('from_on', from_on);
	PERFORM rui._check_day('to_on', to_on);
	IF to_on <= from_on THEN
		RAISE EXCEPTION 'to_on % is not after from_on %', to_on, from_on
			USING ERRCODE = 'invalid_parameter_value', HINT = 'to_on is the first day that is not asked about.';
	END IF;
	RETURN QUERY
	WITH priced AS (
		SELECT f.code, k.kind, range_agg(p.valid) AS days
		FROM (SELECT DISTINCT u.kind FROM rui.unit u WHERE u.project_id = price_gaps.project_id) k
		JOIN rui.price_plan p ON p.project_id = price_gaps.project_id AND p.unit_kind IN ('any', k.kind)
		JOIN rui.fee_item f ON f.project_id = p.project_id AND f.id = p.fee_item_id
		GROUP BY f.code, k.kind)
	SELECT p.code, p.kind, g.days
	FROM priced p
	CROSS JOIN LATERAL unnest((datemultirange(range_merge(p.days)) - p.days) * datemultirange(daterange(from_on, to_on))) AS g(days)
	ORDER BY p.code, p.kind, g.days;
END
$$;
COMMENT ON FUNCTION rui.price_gaps(bigint, date, date) IS
'The days from from_on to to_on (exclusive) on which a fee item has no price for a kind of units that the project has, although it had one before and has one after: what to look at before a billing run, which charges nothing for them. By fee item and kind. Needs permission set_prices. Errors: 22004, 22008, 22023 to_on not after from_on, 42501.';
