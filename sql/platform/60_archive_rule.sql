-- What work and money say against archiving a row.

CREATE FUNCTION rui._unit_unsettled(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	SELECT t.unit_id, format('%s tasks there are open', count(*))
	FROM rui.task t
	WHERE t.project_id = _unit_unsettled.project_id AND t.unit_id = ANY (ids) AND t.ended_at IS NULL AND t.opened_at <= at
	GROUP BY t.unit_id
	UNION ALL
	SELECT c.unit_id, format('charges of %s are open', sum(c.open_amount))
	FROM rui.charge_open c
	WHERE c.project_id = _unit_unsettled.project_id AND c.unit_id = ANY (ids)
	GROUP BY c.unit_id HAVING sum(c.open_amount) > 0
	UNION ALL
	SELECT p.unit_id, format('payments of %s are left over', sum(p.left_over))
	FROM rui.payment_open p
	WHERE p.project_id = _unit_unsettled.project_id AND p.unit_id = ANY (ids)
	GROUP BY p.unit_id HAVING sum(p.left_over) > 0;
END
$$;
COMMENT ON FUNCTION rui._unit_unsettled(bigint, bigint[], timestamptz) IS
'Internal: units with open tasks, open charges, or payments with something left over.';

CREATE FUNCTION rui._building_unsettled(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	SELECT t.building_id, format('%s tasks there are open', count(*))
	FROM rui.task t
	WHERE t.project_id = _building_unsettled.project_id AND t.building_id = ANY (ids) AND t.ended_at IS NULL AND t.opened_at <= at
	GROUP BY t.building_id;
END
$$;
COMMENT ON FUNCTION rui._building_unsettled(bigint, bigint[], timestamptz) IS 'Internal: buildings with open tasks.';

CREATE FUNCTION rui._party_unsettled(project_id bigint, ids bigint[], at timestamptz) RETURNS TABLE (row_id bigint, problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	SELECT w.party_id, format('answers for %s open tasks', count(DISTINCT w.id))
	FROM (
		SELECT t.executor_id AS party_id, t.id FROM rui.task t
		WHERE t.project_id = _party_unsettled.project_id AND t.executor_id = ANY (ids) AND t.ended_at IS NULL AND t.opened_at <= at
		UNION ALL
		SELECT t.accountable_id, t.id FROM rui.task t
		WHERE t.project_id = _party_unsettled.project_id AND t.accountable_id = ANY (ids) AND t.ended_at IS NULL AND t.opened_at <= at) w
	GROUP BY w.party_id
	UNION ALL
	SELECT c.payer_id, format('owes %s', sum(c.open_amount))
	FROM rui.charge_open c
	WHERE c.project_id = _party_unsettled.project_id AND c.payer_id = ANY (ids)
	GROUP BY c.payer_id HAVING sum(c.open_amount) > 0
	UNION ALL
	SELECT p.payer_id, format('payments of %s are left over', sum(p.left_over))
	FROM rui.payment_open p
	WHERE p.project_id = _party_unsettled.project_id AND p.payer_id = ANY (ids)
	GROUP BY p.payer_id HAVING sum(p.left_over) > 0;
END
$$;
COMMENT ON FUNCTION rui._party_unsettled(bigint, bigint[], timestamptz) IS
'Internal: parties who answer for open tasks, owe something, or have paid more than they owe.';

INSERT INTO rui.archive_rule (table_name, rule_function) VALUES
	('unit', '_unit_unsettled'), ('building', '_building_unsettled'), ('party', '_party_unsettled');
