-- Deposits of many units at once: at the sale of a building, or out of the
-- register of whoever kept a fund before.

PERFORM rui._permit('import_trust_deposits', '{candidate,live}', 'accountant', 'loader');
PERFORM rui._name('permission', 'import_trust_deposits', '导入维修资金', 'import deposits of maintenance funds');

CREATE FUNCTION rui.import_trust_deposits(project_id bigint, fund_code text, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now(), control_sum numeric DEFAULT NULL)
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	report rui.import_result[];
	fund rui.trust_fund;
	total numeric;
	last_at timestamptz;
	members bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'import_trust_deposits');
	fund := rui._trust_fund(project_id, fund_code);
	IF fund.kind <> 'maintenance' THEN
		RAISE EXCEPTION 'fund "%" takes no deposits of units', fund_code USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a maintenance fund.';
	END IF;
	report := rui._begin_import(project_id, 'import_trust_deposits', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	IF NOT preview THEN
		PERFORM rui._lock_books(project_id);
	END IF;
	SELECT max(m.at) INTO last_at FROM rui.trust_movement m WHERE m.project_id = fund.project_id AND m.fund_id = fund.id;
	IF at < greatest(last_at, fund.opened_at) THEN
		RAISE EXCEPTION 'fund "%" has moved at %, after %', fund.code, greatest(last_at, fund.opened_at), at USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Movements of a fund are entered in the order of time.';
	END IF;
	IF control_sum IS NOT NULL THEN
		SELECT coalesce(sum((r.item ->> 'amount')::numeric), 0) INTO total FROM rui._import_rows(records) r
		WHERE rui._number_fault('amount', r.item, -1e18, 1e18, 40) IS NULL;
		IF total <> control_sum THEN
			RAISE EXCEPTION 'the amounts add up to %, not %', total, control_sum
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Look for rows that are missing or twice, or whose amount is no number.';
		END IF;
	END IF;
	members := rui._trust_units(fund);
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'unit' AS unit_code, coalesce(rui._row_fault(r.item, '{unit,amount,category,reference,memo}'),
			rui._code_fault('unit', r.item), rui._number_fault('amount', r.item, 0.01, 9999999999999999.99, 2, true),
			rui._choice_fault('category', r.item, '{first,renewal,carried_over}', false), rui._text_fault('reference', r.item, 200),
			rui._text_fault('memo', r.item, 500, false)) AS fault
		FROM rui._import_rows(records) r
	), mine AS MATERIALIZED (
		SELECT u.id, u.code FROM unnest(members) AS x(id) JOIN rui.unit u ON u.project_id = fund.project_id AND u.id = x.id
	), known AS MATERIALIZED (
		SELECT m.id, m.reference, m.amount, m.category, s.unit_id FROM rui.trust_movement m
		LEFT JOIN rui.trust_share s ON s.project_id = m.project_id AND s.movement_id = m.id
		WHERE m.project_id = fund.project_id AND m.fund_id = fund.id AND m.reference IS NOT NULL
	), compared AS MATERIALIZED (
		SELECT d.row_no, d.reference, d.unit_id, d.amount, d.category, d.memo, k.id AS old_id,
			CASE WHEN d.fault IS NOT NULL THEN d.fault
			WHEN d.row_no > min(d.row_no) FILTER (WHERE rui._good(d.fault)) OVER (PARTITION BY d.reference) THEN
				ARRAY['23505', format('reference "%s" is in the batch twice', rui._show(d.reference)), 'Every deposit has a reference of its own.']
			WHEN k.amount <> d.amount OR k.category <> d.category OR k.unit_id IS DISTINCT FROM d.unit_id AND k.id IS NOT NULL THEN
				ARRAY['23505', format('reference "%s" is another deposit', rui._show(d.reference)), 'rui.request_reversal takes one back.'] END AS fault
		FROM (SELECT j.row_no, j.item ->> 'reference' AS reference, m.id AS unit_id, (j.item ->> 'amount')::numeric(18,2) AS amount,
				coalesce(j.item ->> 'category', 'first') AS category, coalesce(j.item ->> 'memo', j.item ->> 'reference') AS memo,
				CASE WHEN m.id IS NULL THEN ARRAY['P0002', format('unit "%s" has no part in the fund', rui._show(j.unit_code)),
					'Give the code of a unit of its building that is no parking place.'] END AS fault
			FROM judged j LEFT JOIN mine m ON m.code = j.unit_code WHERE rui._good(j.fault)) d
		LEFT JOIN known k ON k.reference = d.reference
	), moved AS (
		INSERT INTO rui.trust_movement AS m (project_id, fund_id, kind, category, amount, memo, reference, at, recorded_by)
		SELECT fund.project_id, fund.id, 'deposit', c.category, c.amount, c.memo, c.reference, import_trust_deposits.at, rui.current_party()
		FROM compared c WHERE rui._good(c.fault, c.old_id) AND NOT import_trust_deposits.preview ORDER BY c.row_no
		RETURNING m.id, m.reference, m.amount
	), shared AS (
		INSERT INTO rui.trust_share (project_id, movement_id, fund_id, unit_id, amount)
		SELECT fund.project_id, m.id, fund.id, c.unit_id, m.amount FROM moved m JOIN compared c ON c.reference = m.reference AND rui._good(c.fault))
	SELECT coalesce(array_agg(rui._result(j.row_no, j.unit_code, c.old_id, n.id, coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}')
	INTO report
	FROM judged j
	LEFT JOIN compared c ON c.row_no = j.row_no
	LEFT JOIN moved n ON n.reference = c.reference AND rui._good(c.fault);
	PERFORM rui._finish_import(project_id, 'import_trust_deposits', 'trust_fund', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_trust_deposits(bigint, text, jsonb, boolean, text, timestamptz, numeric) IS
'Takes deposits of units into a maintenance fund. records: a JSON array of rows {unit (its code), amount (> 0), reference (the bank''s or the earlier register''s number: taken once in the fund), category? (first, renewal or carried_over; default first), memo?}. Each row is a movement of its own, at the instant at, and is posted at once. Sent again it is unchanged. control_sum: what all amounts must add up to. preview: report only. Returns rui.import_result, one a row, in order; the row''s code is the unit''s, the id the movement''s; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, P0002 a unit that has no part in the fund, 23505 a reference twice or of another deposit. Needs permission import_trust_deposits. Errors: 22004, 22001, 22023 container, control_sum, kind of fund or before its last movement, 22008, P0002 unknown fund, 42501, 55000 no books or closed month, RU409.';
