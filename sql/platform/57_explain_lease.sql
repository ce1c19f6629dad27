-- Why a rent is what it is.

CREATE FUNCTION rui._explain_rent(about rui.charge, lang text) RETURNS SETOF rui.charge_step
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 4
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	lease rui.lease;
	cycle rui.lease_cycle;
	owed numeric;
BEGIN
	SELECT y.* INTO cycle FROM rui.lease_cycle y WHERE y.project_id = about.project_id AND y.id = about.source_id;
	SELECT l.* INTO lease FROM rui.lease l WHERE l.project_id = cycle.project_id AND l.id = cycle.lease_id;
	RETURN NEXT ROW('lease', format(CASE WHEN in_zh THEN '租约 %s，自 %s 起，每 %s 个月 %s；第 %s 期：%s 至 %s' ELSE 'lease %s since %s, every %s months %s; cycle %s, from %s to %s' END,
		lease.id, lease.first_day, lease.cycle_months, lease.price, cycle.place + 1, lower(cycle.period), upper(cycle.period) - 1),
		1, cycle.price, cycle.price, true)::rui.charge_step;
	IF cycle.price <> lease.price THEN
		RETURN NEXT ROW('rise', format(CASE WHEN in_zh THEN '租约第 %s 年，每年递增 %s%%' ELSE 'year %s of the lease, %s %% more each year' END,
			cycle.place * lease.cycle_months / 12 + 1, trim_scale(lease.yearly_rise * 100)), NULL, lease.yearly_rise, cycle.price - lease.price, false)::rui.charge_step;
	END IF;
	owed := rui.prorate(cycle.price, about.period, cycle.period);
	IF about.period <> cycle.period THEN
		RETURN NEXT ROW('proration', format(CASE WHEN in_zh THEN '按天计：%s 至 %s，%4$s 天中的 %3$s 天' ELSE 'by days: from %s to %s, %s of %s days' END,
			lower(about.period), upper(about.period) - 1, upper(about.period) - lower(about.period), upper(cycle.period) - lower(cycle.period)),
			upper(about.period) - lower(about.period), NULL, owed - cycle.price, true)::rui.charge_step;
	END IF;
	IF about.tax_rate IS NOT NULL THEN
		RETURN NEXT rui._explain_tax(in_zh, about.tax_rate, about.net, about.tax, false);
	END IF;
	RETURN QUERY SELECT * FROM rui._explain_difference(in_zh, about, round(owed / (1 + coalesce(about.tax_rate, 0)), 2), owed);
END
$$;
COMMENT ON FUNCTION rui._explain_rent(rui.charge, text) IS
'Internal: how a rent was computed: the lease and its cycle, what it has risen by, the days, the tax, and what differs.';
