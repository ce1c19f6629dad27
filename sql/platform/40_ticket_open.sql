-- The beginning of every need. Few statements: this is the busiest command.

CREATE FUNCTION rui.open_ticket(project_id bigint, category text, details text, unit_id bigint DEFAULT NULL,
	place geometry DEFAULT NULL, priority integer DEFAULT NULL, is_emergency boolean DEFAULT NULL,
	source text DEFAULT 'staff_app', household_id bigint DEFAULT NULL, reporter_id bigint DEFAULT NULL,
	agreed_resolution interval DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	answer jsonb;
	kind_of_need record;
	site record;
	home bigint := household_id;
	others boolean := true;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'open_ticket');
	-- The checks are called only where they could have something to say.
	IF at IS DISTINCT FROM now() THEN
		PERFORM rui._check_time(project_id, at);
	END IF;
	IF details IS NULL OR length(details) > 4000 OR details !~ '[^[:space:]]' THEN
		PERFORM rui._check_text('details', details, 4000);
	END IF;
	IF place IS NOT NULL THEN
		PERFORM rui._check_point(place);
	END IF;
	IF priority NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'priority must be 1 to 5, not %', priority USING ERRCODE = 'invalid_parameter_value';
	ELSIF source IS NULL THEN
		PERFORM rui._missing('source');
	ELSIF source NOT IN ('call', 'visit', 'message', 'email', 'web', 'resident_app', 'staff_app', 'remote',
		'alarm', 'inspection', 'finding', 'import') THEN
		RAISE EXCEPTION 'unknown source "%"', left(source, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.label of kind source lists them.';
	ELSIF agreed_resolution IS NOT NULL THEN
		PERFORM rui._check_duration('agreed_resolution', agreed_resolution, '175200:00:00');
	END IF;
	IF request_key IS NOT NULL THEN
		answer := rui._begin_request(project_id, 'open_ticket', request_key, jsonb_build_array(category, details,
			unit_id, place, priority, is_emergency, source, household_id, reporter_id, agreed_resolution));
		IF answer IS NOT NULL THEN
			RETURN answer::bigint;
		END IF;
	END IF;

	SELECT c.skill, c.skill_level, c.service, c.priority, c.is_emergency, c.path, p.time_zone, p.company_id
	INTO kind_of_need
	FROM rui.ticket_category c JOIN rui.project p ON p.id = c.project_id
	WHERE c.project_id = open_ticket.project_id AND c.code = open_ticket.category;
	IF NOT FOUND THEN
		PERFORM rui._check_text('category', category, 60);
		PERFORM rui._unknown_category(project_id, category);
	END IF;
	-- What is not one's own is not looked at, and so it does not tell whether it is there.
	IF (unit_id IS NOT NULL OR household_id IS NOT NULL OR reporter_id <> me) AND NOT rui.has_permission(project_id, 'open_for_others') THEN
		others := false;
		IF reporter_id <> me OR (unit_id IS NOT NULL OR household_id IS NOT NULL) AND NOT EXISTS (SELECT FROM rui.household h
			WHERE h.project_id = open_ticket.project_id AND h.id = ANY (rui.my_households()) AND h.id = coalesce(home, h.id)
				AND (open_ticket.unit_id IS NULL OR h.unit_id = open_ticket.unit_id)) THEN
			RAISE EXCEPTION 'you may report for yourself and your home only'
				USING ERRCODE = 'insufficient_privilege', HINT = 'Leave reporter_id, and unit_id of other homes, out.';
		END IF;
	END IF;
	site := rui._locate(project_id, unit_id, place, (at AT TIME ZONE kind_of_need.time_zone)::date, at);
	IF home IS NULL THEN
		home := site.household_id;
	ELSIF NOT EXISTS (SELECT FROM rui.household h
		WHERE h.project_id = open_ticket.project_id AND h.id = home
			AND (open_ticket.unit_id IS NULL OR h.unit_id = open_ticket.unit_id)) THEN
		PERFORM rui._unknown('household', home, project_id);
	END IF;
	IF NOT others AND (home = ANY (rui.my_households())) IS NOT TRUE THEN
		RAISE EXCEPTION 'you may report for yourself and your home only' -- another household lived there then
			USING ERRCODE = 'insufficient_privilege', HINT = 'Give your household_id.';
	ELSIF reporter_id <> me AND NOT EXISTS (
		SELECT FROM rui.party p WHERE p.id = open_ticket.reporter_id AND p.company_id = kind_of_need.company_id) THEN
		PERFORM rui._unknown('party', reporter_id, project_id);
	END IF;

	INSERT INTO rui.task (project_id, kind, category, place, unit_id, building_id, grid_id, priority, is_emergency,
		skill, skill_level, service, accountable_id, opened_at, last_action, last_at)
	VALUES (project_id, 'ticket', category, site.point, unit_id, site.building_id, site.grid_id,
		coalesce(priority, kind_of_need.priority), coalesce(is_emergency, kind_of_need.is_emergency),
		kind_of_need.skill, kind_of_need.skill_level, kind_of_need.service, site.accountable_id, at, 'open', at)
	RETURNING id INTO new_id;
	INSERT INTO rui.ticket (project_id, id, source, reporter_id, household_id, details, agreed_resolution)
	VALUES (open_ticket.project_id, new_id, open_ticket.source, coalesce(open_ticket.reporter_id, me), home, open_ticket.details, open_ticket.agreed_resolution);
	PERFORM rui._start_clocks(project_id, new_id, kind_of_need.path, coalesce(priority, kind_of_need.priority),
		coalesce(is_emergency, kind_of_need.is_emergency), agreed_resolution, at);
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	VALUES (project_id, at, 'ticket.open', 'ticket', new_id, me,
		jsonb_build_object('category', category, 'source', source));
	IF request_key IS NOT NULL THEN
		PERFORM rui._finish_request(project_id, 'open_ticket', request_key, to_jsonb(new_id));
	END IF;
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.open_ticket(bigint, text, text, bigint, geometry, integer, boolean, text, bigint, bigint, interval, text, timestamptz) IS
'Opens a ticket and returns its id. category: a code of rui.ticket_category; details: 1 to 4000 characters; unit_id and place (point, SRID 4326): where, both optional, the unit''s entrance counts where only the unit is given; priority 1 (first) to 5 and is_emergency: null as the category says; source: a code of label kind source; household_id: whose need, null for who lives in the unit; reporter_id: who told, null for the acting party; agreed_resolution: time agreed with the customer, pure time up to 20 years, replaces the policy''s resolution target; at: when the need was told. Starts the clocks of the best SLA policy. Needs permission open_ticket, for others than oneself and one''s own household also open_for_others. Errors: 22004 null, 22001 too long, 22023 blank, wrong SRID, unknown source, priority or duration out of range, 22003 place outside the world, 22008 time out of range, P0002 unknown category, unit, household or party, RU409, 42501, 55000 project not live or unit archived.';
