-- Meters as whole objects: those that hang there, each with what it showed
-- when it was hung up. Meters that were taken away, and readings, are history.

PERFORM rui._declare_master('meter', 'import_meters',
	'{code,medium,measured_in,unit,space,is_shared,registers,initial,digits,multiplier,serial,verified_on,verify_by,installed_at}', '{}',
	'export_estate', 'manage_meters', $$
	SELECT m.project_id, m.id AS row_id, m.code, m.medium, m.measured_in, u.code AS unit, s.code AS space, m.is_shared, f.registers,
		-- An import takes what all registers showed, or nothing.
		CASE WHEN f.shown = f.faces THEN CASE WHEN f.registers = '["total"]' THEN f.initial -> 'total' ELSE f.initial END END AS initial,
		m.digits, m.multiplier, m.serial, rui._write_day(m.verified_on) AS verified_on, rui._write_day(m.verify_by) AS verify_by,
		rui._write_instant(lower(m.installed), j.time_zone) AS installed_at
	FROM rui.meter m
	JOIN rui.project j ON j.id = m.project_id
	LEFT JOIN rui.unit u ON u.project_id = m.project_id AND u.id = m.unit_id
	LEFT JOIN rui.space s ON s.project_id = m.project_id AND s.id = m.space_id
	CROSS JOIN LATERAL (
		SELECT jsonb_agg(r.code ORDER BY r.id) AS registers, jsonb_object_agg(r.code, e.value) AS initial, count(*) AS faces, count(e.id) AS shown
		FROM rui.meter_register r
		LEFT JOIN rui.meter_reading e ON e.project_id = r.project_id AND e.register_id = r.id AND e.at = lower(m.installed)
			AND e.state = 'accepted' AND e.kind IN ('initial', 'correction')
		WHERE r.project_id = m.project_id AND r.meter_id = m.id) f
	WHERE upper_inf(m.installed)$$, 'upper_inf(t.installed)');
