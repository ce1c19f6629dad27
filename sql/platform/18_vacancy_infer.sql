-- What meters and the household register tell about vacancy. Told again of
-- the same days, it adds nothing.

CREATE FUNCTION rui._vacancy_signs(project_id bigint, from_on date, to_on date)
RETURNS TABLE (unit_id bigint, finding text, days daterange, source text, confidence numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT p.time_zone FROM rui.project p WHERE p.id = _vacancy_signs.project_id);
	from_at CONSTANT timestamptz := from_on::timestamp AT TIME ZONE zone;
	to_at CONSTANT timestamptz := to_on::timestamp AT TIME ZONE zone;
BEGIN
	RETURN QUERY
	-- Private meters that were read from end to end; the one that shows most
	-- decides. At the threshold it is even, at nothing or four times it, sure.
	SELECT t.unit_id, CASE WHEN t.times < 1 THEN 'vacant' ELSE 'occupied' END, daterange(from_on, to_on), 'meter',
		CASE WHEN t.times < 1 THEN round(0.95 - 0.45 * t.times, 3) ELSE round(0.5 + 0.15 * least(t.times - 1, 3), 3) END
	FROM (
		SELECT m.unit_id, max(m.used / (to_on - from_on) / u.idle_below) AS times
		FROM (SELECT a.unit_id, a.medium, a.meter_id, sum(a.used) AS used
			FROM rui._meter_uses(_vacancy_signs.project_id, from_at, to_at, NULL, true) a
			WHERE a.unit_id IS NOT NULL AND NOT a.is_shared
			GROUP BY a.unit_id, a.medium, a.meter_id
			HAVING max(a.first_at) <= from_at AND min(a.last_at) >= to_at AND count(a.used) = count(*)
				AND sum(a.estimates) = 0 AND sum(a.to_check) = 0) m
		JOIN rui.meter_rule u ON u.project_id = _vacancy_signs.project_id AND u.medium = m.medium AND u.idle_below IS NOT NULL
		GROUP BY m.unit_id) t
	UNION ALL
	SELECT h.unit_id, 'occupied', d.days, 'household', 0.6
	FROM (SELECT u.id AS unit_id, range_agg(g.valid) AS lived FROM rui.unit u
		JOIN rui.household g ON g.project_id = u.project_id AND g.unit_id = u.id AND g.valid && daterange(from_on, to_on)
		WHERE u.project_id = _vacancy_signs.project_id AND u.kind IN ('home', 'shop', 'office')
		GROUP BY u.id) h
	CROSS JOIN LATERAL unnest(h.lived * datemultirange(daterange(from_on, to_on))) AS d(days)
	UNION ALL
	SELECT u.id, 'vacant', d.days, 'household', 0.6
	FROM rui.unit u
	CROSS JOIN LATERAL unnest(datemultirange(daterange(from_on, to_on)) - coalesce((SELECT range_agg(g.valid) FROM rui.household g
		WHERE g.project_id = u.project_id AND g.unit_id = u.id AND g.valid && daterange(from_on, to_on)), '{}')) AS d(days)
	WHERE u.project_id = _vacancy_signs.project_id AND u.kind IN ('home', 'shop', 'office');
END
$$;
COMMENT ON FUNCTION rui._vacancy_signs(bigint, date, date) IS
'Internal: what private meters that were read from end to end of the days (no estimates, nothing to be checked) and the household register tell of units. Meters: vacant below rui.meter_rule.idle_below a day, confidence 0.95 at no use falling to 0.5 there; occupied from there on, 0.5 rising to 0.95 at four times it. Register: 0.6, of homes, shops and offices.';

CREATE FUNCTION rui.infer_vacancy(project_id bigint, from_on date, to_on date, preview boolean DEFAULT false, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now())
RETURNS TABLE (unit_id bigint, finding text, days daterange, source text, confidence numeric, outcome text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	answer jsonb;
	report jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_vacancy');
	PERFORM rui._check_time(project_id, at);
	IF num_nulls(from_on, to_on, preview) > 0 THEN
		PERFORM rui._missing(CASE WHEN from_on IS NULL THEN 'from_on' WHEN to_on IS NULL THEN 'to_on' ELSE 'preview' END);
	ELSIF NOT (from_on BETWEEN '1900-01-01' AND '2200-12-31' AND to_on BETWEEN '1900-01-01' AND '2200-12-31') THEN
		RAISE EXCEPTION 'the days from % to % are out of range', from_on, to_on
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give dates from 1900 to 2200.';
	ELSIF to_on <= from_on THEN
		RAISE EXCEPTION 'to_on % is not after from_on %', to_on, from_on USING ERRCODE = 'invalid_parameter_value';
	ELSIF to_on > (SELECT (infer_vacancy.at AT TIME ZONE p.time_zone)::date FROM rui.project p WHERE p.id = infer_vacancy.project_id) THEN
		RAISE EXCEPTION 'the days up to % are not over at %', to_on, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Infer what has been: to_on is at most today.';
	END IF;
	IF NOT preview THEN
		answer := rui._begin_request(project_id, 'infer_vacancy', request_key, jsonb_build_array(from_on, to_on));
		IF answer IS NOT NULL THEN
			RETURN QUERY SELECT r.* FROM jsonb_to_recordset(answer)
				AS r(unit_id bigint, finding text, days daterange, source text, confidence numeric, outcome text);
			RETURN;
		END IF;
		-- Two that infer at once would both add.
		PERFORM rui._lock_estate(project_id);
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_build_object('unit_id', s.unit_id, 'finding', s.finding, 'days', s.days, 'source', s.source,
			'confidence', s.confidence, 'outcome', CASE WHEN k.id IS NOT NULL THEN 'unchanged' ELSE 'added' END)
		ORDER BY s.unit_id, s.days, s.source), '[]')
	INTO report
	FROM rui._vacancy_signs(infer_vacancy.project_id, infer_vacancy.from_on, infer_vacancy.to_on) s
	LEFT JOIN LATERAL (SELECT f.id FROM rui.vacancy_fact f
		WHERE f.project_id = infer_vacancy.project_id AND f.unit_id = s.unit_id AND f.state <> 'withdrawn' AND f.source = s.source
			AND f.valid = s.days AND f.finding = s.finding AND f.confidence = s.confidence
		LIMIT 1) k ON true;
	IF NOT preview THEN
		-- What the same source had told of these days, and nobody confirmed,
		-- gives way to what it tells now.
		UPDATE rui.vacancy_fact f SET last_action = 'withdraw', last_at = infer_vacancy.at
		WHERE f.project_id = infer_vacancy.project_id AND f.state = 'recorded' AND f.source IN ('meter', 'household')
			AND f.valid <@ daterange(infer_vacancy.from_on, infer_vacancy.to_on)
			AND NOT EXISTS (SELECT FROM jsonb_to_recordset(report) AS r(unit_id bigint, finding text, days daterange, source text, confidence numeric, outcome text)
				WHERE r.unit_id = f.unit_id AND r.source = f.source AND r.days = f.valid AND r.finding = f.finding AND r.confidence = f.confidence);
		INSERT INTO rui.vacancy_fact (project_id, unit_id, finding, valid, source, confidence, party_id, at, last_at)
		SELECT infer_vacancy.project_id, r.unit_id, r.finding, r.days, r.source, r.confidence, rui.current_party(), infer_vacancy.at, infer_vacancy.at
		FROM jsonb_to_recordset(report) AS r(unit_id bigint, finding text, days daterange, source text, confidence numeric, outcome text)
		WHERE r.outcome = 'added';
		PERFORM rui._emit(project_id, 'vacancy.infer', 'project', project_id, at, jsonb_build_object('from_on', from_on, 'to_on', to_on,
			'added', jsonb_array_length(jsonb_path_query_array(report, '$[*] ? (@.outcome == "added")')),
			'unchanged', jsonb_array_length(jsonb_path_query_array(report, '$[*] ? (@.outcome == "unchanged")'))));
		PERFORM rui._finish_request(project_id, 'infer_vacancy', request_key, report);
	END IF;
	RETURN QUERY SELECT r.* FROM jsonb_to_recordset(report)
		AS r(unit_id bigint, finding text, days daterange, source text, confidence numeric, outcome text);
END
$$;
COMMENT ON FUNCTION rui.infer_vacancy(bigint, date, date, boolean, text, timestamptz) IS
'Records what private meters and the household register tell of the days from from_on to to_on (exclusive, at most today), for units of which they tell: one fact a unit and source, of the register one for each time somebody or nobody lived there. A meter tells what was read from end to end, by the threshold of its medium (rui.set_meter_rule). Told again it adds nothing; where a source tells otherwise now, what it had told of days within, and nobody confirmed, is withdrawn. Returns all it tells, each added or unchanged. preview: changes nothing. Needs permission record_vacancy. Errors: 22004, 22008, 22023 to_on not after from_on or to come, 42501, 55000, RU409.';
