-- What owners are told of the money that is kept for them (article 943 of the
-- Civil Code): every fund by sort of movement, and their own units' parts.

PERFORM rui._permit('see_own_funds', '{candidate,live,closed}', 'resident', 'agent', 'steward', 'manager', 'accountant', 'director', 'expert', 'analyst',
	'auditor', 'loader');
PERFORM rui._name('permission', 'see_own_funds', '查看代管资金公示', 'see what is disclosed of trust funds');
PERFORM rui._name('trust_section', s.code, s.zh, s.en) FROM (VALUES ('opening', '期初余额', 'opening'), ('movement', '本期变动', 'moved'), ('closing', '期末余额', 'closing'),
	('own_opening', '本户期初余额', 'own unit, opening'), ('own_movement', '本户本期变动', 'own unit, moved'), ('own_closing', '本户期末余额', 'own unit, closing')) AS s(code, zh, en);

CREATE FUNCTION rui.fund_disclosure(project_id bigint, quarter date)
RETURNS TABLE (fund_code text, fund_name text, fund_kind text, section text, kind text, category text, unit_code text, about text, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = fund_disclosure.project_id);
	begin_at timestamptz;
	end_at timestamptz;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_own_funds');
	PERFORM rui._check_month('quarter', quarter);
	IF extract(month FROM quarter) NOT IN (1, 4, 7, 10) THEN
		RAISE EXCEPTION 'quarter must be the first day of one, not %', quarter USING ERRCODE = 'invalid_parameter_value', HINT = 'As 2026-04-01.';
	END IF;
	begin_at := quarter::timestamp AT TIME ZONE zone;
	end_at := (quarter + interval '3 months') AT TIME ZONE zone;
	RETURN QUERY
	WITH moved AS (
		SELECT m.fund_id, m.kind, m.category, m.at, m.amount::numeric AS amount, NULL::bigint AS unit_id, u.purpose
		FROM rui.trust_movement m
		LEFT JOIN rui.trust_use u ON u.project_id = m.project_id AND u.id = m.use_id
		WHERE m.project_id = fund_disclosure.project_id AND m.at < end_at
		UNION ALL
		SELECT s.fund_id, m.kind, m.category, m.at, s.amount, s.unit_id, u.purpose
		FROM rui.trust_share s
		JOIN rui.trust_movement m ON m.project_id = s.project_id AND m.id = s.movement_id AND m.at < end_at
		LEFT JOIN rui.trust_use u ON u.project_id = m.project_id AND u.id = m.use_id
		WHERE s.project_id = fund_disclosure.project_id AND s.unit_id = ANY ((SELECT rui.my_homes())::bigint[]))
	SELECT f.code, f.name, f.kind, CASE WHEN r.unit_id IS NULL THEN '' ELSE 'own_' END || r.section, r.kind, r.category, n.code, r.purpose, r.amount
	FROM (
		SELECT f.id AS fund_id, NULL::bigint AS unit_id, 'opening' AS section, NULL::text AS kind, NULL::text AS category, NULL::text AS purpose,
			coalesce((SELECT sum(m.amount) FROM moved m WHERE m.fund_id = f.id AND m.unit_id IS NULL AND m.at < begin_at), 0.00) AS amount, 1 AS place
		FROM rui.trust_fund f WHERE f.project_id = fund_disclosure.project_id AND f.opened_at < end_at
		UNION ALL
		SELECT f.id, NULL, 'closing', NULL, NULL, NULL, coalesce((SELECT sum(m.amount) FROM moved m WHERE m.fund_id = f.id AND m.unit_id IS NULL), 0.00), 3
		FROM rui.trust_fund f WHERE f.project_id = fund_disclosure.project_id AND f.opened_at < end_at
		UNION ALL
		SELECT m.fund_id, m.unit_id, 'movement', m.kind, m.category, m.purpose, sum(m.amount), CASE WHEN m.unit_id IS NULL THEN 2 ELSE 5 END
		FROM moved m WHERE m.at >= begin_at GROUP BY m.fund_id, m.unit_id, m.kind, m.category, m.purpose
		UNION ALL
		SELECT m.fund_id, m.unit_id, s.section, NULL, NULL, NULL, coalesce(sum(m.amount) FILTER (WHERE s.section = 'closing' OR m.at < begin_at), 0.00), s.place
		FROM moved m CROSS JOIN (VALUES ('opening', 4), ('closing', 6)) AS s(section, place)
		WHERE m.unit_id IS NOT NULL GROUP BY m.fund_id, m.unit_id, s.section, s.place) r
	JOIN rui.trust_fund f ON f.project_id = fund_disclosure.project_id AND f.id = r.fund_id
	LEFT JOIN rui.unit n ON n.project_id = fund_disclosure.project_id AND n.id = r.unit_id
	LEFT JOIN rui.trust_category g ON g.code = r.category
	ORDER BY f.code, CASE WHEN r.unit_id IS NULL THEN 0 ELSE 1 END, n.code, r.place, g.place, r.kind, r.purpose;
END
$$;
COMMENT ON FUNCTION rui.fund_disclosure(bigint, date) IS
'What is disclosed of the trust funds of a project for a quarter (its first day, in the project''s zone): of each fund the opening balance, what moved by kind and category (of what is spent or transferred also by purpose, about), below zero what went out, net of what was taken back, and the closing balance; then, in sections own_…, the same of each unit of a maintenance fund that the acting party lives in or owns (unit_code), and of no other. Movements lead from opening to closing. Needs permission see_own_funds. Errors: 22004, 22008, 22023 not the first day of a quarter, 42501.';
