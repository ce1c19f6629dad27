-- Estimates for what nobody read: from the meter's own history, labelled as
-- what they are. The next reading settles them: it counts from the estimate
-- on, less where that was too much.

CREATE FUNCTION rui._covered_use(project_id bigint, chain_id bigint, register text, from_at timestamptz, to_at timestamptz) RETURNS numeric
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT CASE WHEN min(g.before_at) <= from_at AND max(g.at) >= to_at AND NOT bool_or(g.is_estimate) THEN sum(g.used) END
		FROM rui._meter_increments(_covered_use.project_id, _covered_use.chain_id, NULL, from_at, to_at, true) g
		WHERE g.register = _covered_use.register);
END
$$;
COMMENT ON FUNCTION rui._covered_use(bigint, bigint, text, timestamptz, timestamptz) IS
'Internal: interpolated use of a register of a chain of meters in a span that was measured from end to end; else null.';

CREATE FUNCTION rui.estimate_readings(project_id bigint, month date, medium text DEFAULT NULL, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (meter_id bigint, register text, value numeric, basis text, reading_id bigint, problem text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone text;
	to_at timestamptz;
	answer jsonb;
	lacking record;
	year_used numeric;
	year_before numeric;
	trend_now numeric;
	trend_before numeric;
	grown numeric;
	first_seen timestamptz;
	made jsonb := '[]';
BEGIN
	PERFORM rui.require_permission(project_id, 'check_readings');
	PERFORM rui._check_time(project_id, at);
	IF num_nulls(month, preview) > 0 THEN
		PERFORM rui._missing(CASE WHEN month IS NULL THEN 'month' ELSE 'preview' END);
	ELSIF NOT isfinite(month) OR month NOT BETWEEN '1901-01-01' AND '2200-12-01' OR extract(day FROM month) <> 1 THEN
		RAISE EXCEPTION 'month % is no first of a month', month USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the first day of the month.';
	ELSIF medium NOT IN ('water', 'electricity', 'gas', 'heat', 'other') THEN
		RAISE EXCEPTION 'unknown medium "%"', medium
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Media are water, electricity, gas, heat and other.';
	END IF;
	SELECT p.time_zone INTO zone FROM rui.project p WHERE p.id = estimate_readings.project_id;
	to_at := (month + interval '1 month') AT TIME ZONE zone;
	IF to_at > at THEN
		RAISE EXCEPTION 'month % has not ended at %', to_char(month, 'YYYY-MM'), at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Estimate what was not read once the month is over.';
	END IF;
	IF NOT preview THEN
		answer := rui._begin_request(project_id, 'estimate_readings', request_key, jsonb_build_array(month, medium));
		IF answer IS NOT NULL THEN
			RETURN QUERY SELECT r.* FROM jsonb_to_recordset(answer)
				AS r(meter_id bigint, register text, value numeric, basis text, reading_id bigint, problem text);
			RETURN;
		END IF;
		PERFORM FROM rui.meter m WHERE m.project_id = estimate_readings.project_id AND (estimate_readings.medium IS NULL OR m.medium = estimate_readings.medium)
			AND m.installed @> to_at
		ORDER BY m.id FOR NO KEY UPDATE;
		PERFORM rui._check_snapshot();
	END IF;
	-- Registers that hang there at the end of the month, and were read neither
	-- then nor since.
	FOR lacking IN
		SELECT m.id AS meter_id, m.chain_id, m.multiplier, r.id AS register_id, r.code, l.at AS last_at, l.value AS last_value
		FROM rui.meter m
		JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id
		LEFT JOIN LATERAL (SELECT e.at, e.value FROM rui.meter_reading e
			WHERE e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'accepted'
			ORDER BY e.at DESC LIMIT 1) l ON true
		WHERE m.project_id = estimate_readings.project_id AND (estimate_readings.medium IS NULL OR m.medium = estimate_readings.medium)
			AND m.installed @> to_at AND (l.at < to_at) IS NOT FALSE
			AND NOT EXISTS (SELECT FROM rui.meter_reading e WHERE e.project_id = r.project_id AND e.register_id = r.id
				AND e.at = to_at AND e.state = 'to_check')
		ORDER BY m.id, r.id
	LOOP
		meter_id := lacking.meter_id;
		register := lacking.code;
		value := NULL;
		basis := NULL;
		reading_id := NULL;
		problem := NULL;
		IF lacking.last_at IS NOT NULL THEN
			-- The same time a year ago, and how much more was used since in the
			-- three months before than a year before.
			year_used := rui._covered_use(project_id, lacking.chain_id, lacking.code,
				(lacking.last_at AT TIME ZONE zone - interval '1 year') AT TIME ZONE zone, (month - interval '11 months') AT TIME ZONE zone);
			trend_now := rui._covered_use(project_id, lacking.chain_id, lacking.code,
				(lacking.last_at AT TIME ZONE zone - interval '3 months') AT TIME ZONE zone, lacking.last_at);
			trend_before := rui._covered_use(project_id, lacking.chain_id, lacking.code,
				(lacking.last_at AT TIME ZONE zone - interval '15 months') AT TIME ZONE zone,
				(lacking.last_at AT TIME ZONE zone - interval '12 months') AT TIME ZONE zone);
			IF year_used IS NOT NULL THEN
				grown := CASE WHEN trend_before > 0 AND trend_now IS NOT NULL THEN least(greatest(trend_now / trend_before, 0.5), 2) ELSE 1 END;
				value := lacking.last_value + round(year_used * grown / lacking.multiplier, 3);
				basis := 'last_year';
			ELSE
				SELECT greatest(min(e.at), lacking.last_at - interval '365 days') INTO first_seen
				FROM rui.meter m
				JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id AND r.code = lacking.code
				JOIN rui.meter_reading e ON e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'accepted'
				WHERE m.project_id = estimate_readings.project_id AND m.chain_id = lacking.chain_id;
				IF lacking.last_at - first_seen >= interval '28 days' THEN
					SELECT sum(g.used) INTO year_before
					FROM rui._meter_increments(estimate_readings.project_id, lacking.chain_id, NULL, first_seen, lacking.last_at, true) g
					WHERE g.register = lacking.code;
					value := lacking.last_value + round(year_before * extract(epoch FROM to_at - lacking.last_at)::numeric
						/ extract(epoch FROM lacking.last_at - first_seen)::numeric / lacking.multiplier, 3);
					basis := 'mean';
				END IF;
			END IF;
		END IF;
		IF value IS NULL THEN
			problem := CASE WHEN lacking.last_at IS NULL THEN 'never read' ELSE 'read for less than 28 days' END;
		ELSIF NOT preview THEN
			INSERT INTO rui.meter_reading (project_id, register_id, at, value, kind, source, basis, party_id, last_at)
			VALUES (estimate_readings.project_id, lacking.register_id, to_at, greatest(estimate_readings.value, lacking.last_value), 'estimate', 'estimate',
				estimate_readings.basis, rui.current_party(), estimate_readings.at)
			RETURNING id INTO reading_id;
		END IF;
		made := made || jsonb_build_object('meter_id', meter_id, 'register', register, 'value', value, 'basis', basis, 'reading_id', reading_id,
			'problem', problem);
		RETURN NEXT;
	END LOOP;
	IF NOT preview THEN
		IF jsonb_path_exists(made, '$[*].reading_id ? (@ != null)') THEN
			PERFORM rui._emit(project_id, 'reading.estimate', 'project', project_id, at, jsonb_build_object('month', month, 'medium', medium,
				'estimates', jsonb_array_length(jsonb_path_query_array(made, '$[*].reading_id ? (@ != null)'))));
		END IF;
		PERFORM rui._finish_request(project_id, 'estimate_readings', request_key, made);
	END IF;
END
$$;
COMMENT ON FUNCTION rui.estimate_readings(bigint, date, text, boolean, text, timestamptz) IS
'Estimates what registers that nobody read at or after the end of a month (its first day; of one medium or all) showed then: basis last_year: what was used a year before in the time since the last reading, times the trend (the three months before that reading against those a year before, 0.5 to 2); where that was not measured, mean: the usual daily use of up to a year, from 28 days on. Returns each with its value, or the problem why there is none. Estimates are readings of kind estimate; use counts from them on, so that the next reading settles what was too much or too little. preview: says what would be. Needs permission check_readings. Errors: 22004, 22023 no first day, a month that has not ended, unknown medium, 22008, 42501, 55000, RU409.';
