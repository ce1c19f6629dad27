-- When a unit was built and handed over: until then it is the developer's to
-- pay for. What is not written down counts as handed over.

CREATE TABLE rui.unit_delivery (
	project_id bigint NOT NULL,
	unit_id bigint NOT NULL,
	completed_on date CHECK (completed_on BETWEEN '1900-01-01' AND '2200-12-31'),
	delivered_on date CHECK (delivered_on BETWEEN '1900-01-01' AND '2200-12-31'),
	developer_id bigint REFERENCES rui.party (id),
	PRIMARY KEY (project_id, unit_id),
	CHECK (completed_on <= delivered_on),
	FOREIGN KEY (project_id, unit_id) REFERENCES rui.unit (project_id, id)
);
PERFORM rui._describe('unit_delivery', 'When units were built and handed over; a unit without a row counts as handed over since ever.',
	'completed_on: The day from which it is built; null: not known, or not yet.',
	'delivered_on: The day from which it is its owners'' to pay for; null: not yet.',
	'developer_id: The party that pays until then, or null.');
PERFORM rui._declare_table('unit_delivery', 'tenant', 'change');
REVOKE DELETE ON rui.unit_delivery FROM rui_api;
PERFORM rui._allow_read('unit_delivery', '{rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._name('delivery_stage', s.code, s.zh, s.en) FROM (VALUES
	('building', '在建', 'being built'), ('completed', '已竣工待交付', 'built, not handed over'), ('delivered', '已交付', 'handed over')
) AS s(code, zh, en);

CREATE FUNCTION rui.set_delivery(project_id bigint, unit_id bigint, delivered_on date, completed_on date DEFAULT NULL,
	developer_id bigint DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	IF unit_id IS NULL THEN
		PERFORM rui._missing('unit_id');
	ELSIF delivered_on NOT BETWEEN '1900-01-01' AND '2200-12-31' OR completed_on NOT BETWEEN '1900-01-01' AND '2200-12-31' THEN
		RAISE EXCEPTION 'a unit cannot be completed on % and handed over on %', completed_on, delivered_on
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give dates from 1900 to 2200.';
	ELSIF completed_on > delivered_on THEN
		RAISE EXCEPTION 'a unit cannot be handed over on %, before it is completed on %', delivered_on, completed_on
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Exchange the dates.';
	ELSIF rui._begin_request(project_id, 'set_delivery', request_key,
		jsonb_build_array(unit_id, delivered_on, completed_on, developer_id)) IS NOT NULL THEN
		RETURN;
	ELSIF NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = set_delivery.project_id AND u.id = set_delivery.unit_id) THEN
		PERFORM rui._unknown('unit', unit_id, project_id);
	ELSIF developer_id IS NOT NULL AND NOT EXISTS (
		SELECT FROM rui.party p JOIN rui.project j ON j.company_id = p.company_id
		WHERE j.id = set_delivery.project_id AND p.id = set_delivery.developer_id) THEN
		PERFORM rui._unknown('party', developer_id, project_id);
	END IF;
	INSERT INTO rui.unit_delivery AS d (project_id, unit_id, completed_on, delivered_on, developer_id)
	VALUES (project_id, unit_id, completed_on, delivered_on, developer_id)
	ON CONFLICT ON CONSTRAINT unit_delivery_pkey DO UPDATE
	SET completed_on = EXCLUDED.completed_on, delivered_on = EXCLUDED.delivered_on,
		developer_id = coalesce(EXCLUDED.developer_id, d.developer_id);
	PERFORM rui._emit(project_id, 'unit.deliver', 'unit', unit_id, at, jsonb_build_object('completed_on', completed_on,
		'delivered_on', delivered_on, 'developer_id', developer_id));
	PERFORM rui._finish_request(project_id, 'set_delivery', request_key, 'true');
END
$$;
COMMENT ON FUNCTION rui.set_delivery(bigint, bigint, date, date, bigint, text, timestamptz) IS
'Says when a unit was or will be handed over (null: not yet) and built, and which party pays until then (null: as before). Needs permission manage_estate. Errors: 22004, 22008, 22023 handed over before it is built, P0002 unknown unit or party, 42501, 55000, RU409.';

CREATE FUNCTION rui.unit_stage(project_id bigint, unit_id bigint, on_date date, OUT stage text, OUT payer_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	delivery rui.unit_delivery;
BEGIN
	PERFORM rui.require_permission(project_id, 'see_units');
	IF num_nulls(unit_id, on_date) > 0 THEN
		PERFORM rui._missing(CASE WHEN unit_id IS NULL THEN 'unit_id' ELSE 'on_date' END);
	END IF;
	SELECT d.* INTO delivery FROM rui.unit_delivery d WHERE d.project_id = unit_stage.project_id AND d.unit_id = unit_stage.unit_id;
	IF NOT FOUND THEN
		stage := 'delivered';
		IF NOT EXISTS (SELECT FROM rui.unit u WHERE u.project_id = unit_stage.project_id AND u.id = unit_stage.unit_id) THEN
			PERFORM rui._unknown('unit', unit_id, project_id);
		END IF;
	ELSIF delivery.delivered_on <= on_date THEN
		stage := 'delivered';
	ELSE
		stage := CASE WHEN delivery.completed_on <= on_date THEN 'completed' ELSE 'building' END;
		payer_id := delivery.developer_id;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.unit_stage(bigint, bigint, date, OUT text, OUT bigint) IS
'Whether a unit is building, completed or delivered (handed over) on a day, and the party that pays for it until it is handed over; null: its owners do, or nobody is known. Needs permission see_units. Errors: 22004, P0002 unknown unit, 42501.';
PERFORM rui._name('event', 'unit.deliver', '房屋交付', 'unit handed over');
