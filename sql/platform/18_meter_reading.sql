-- Taking readings: each is held against the one read before it and the one
-- read after it. A register does not fall; one that began again at 0 says so.

CREATE FUNCTION rui._judge_readings(prior_at timestamptz, prior_value numeric, prior_days numeric, prior_use numeric,
	ats timestamptz[], readings numeric[], rolls boolean[], measured boolean[], is_new boolean[], modulus numeric,
	jump_factor numeric, jump_floor numeric, history_days integer, frees_turn boolean, OUT verdicts text[], OUT times_usual numeric[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	last_at timestamptz := prior_at;
	last_value numeric := prior_value;
	days numeric := coalesce(prior_days, 0);
	used numeric := coalesce(prior_use, 0);
	step numeric;
	step_days numeric;
	usual numeric;
	later integer := 0;
	verdict text;
	ratio numeric;
BEGIN
	FOR i IN 1 .. cardinality(ats) LOOP
		verdict := NULL;
		ratio := NULL;
		step := readings[i] - last_value + CASE WHEN rolls[i] THEN modulus ELSE 0 END;
		step_days := extract(epoch FROM ats[i] - last_at)::numeric / 86400;
		IF is_new[i] THEN
			-- The next one that was known before.
			IF later <= i THEN
				later := i + 1;
				WHILE later <= cardinality(ats) AND (is_new[later] OR NOT measured[later]) LOOP
					later := later + 1;
				END LOOP;
			END IF;
			verdict := CASE
				WHEN step < 0 THEN 'falls'
				WHEN rolls[i] AND (last_value IS NULL OR readings[i] >= last_value) THEN 'no_turn'
				WHEN later > cardinality(ats) THEN 'good'
				WHEN readings[i] + CASE WHEN rolls[i] THEN modulus ELSE 0 END
					> readings[later] + CASE WHEN rolls[later] OR frees_turn THEN modulus ELSE 0 END THEN 'overtakes'
				WHEN rolls[i] AND rolls[later] THEN 'takes_turn'
				ELSE 'good' END;
			IF verdict = 'good' AND measured[i] AND days >= history_days AND step > jump_floor THEN
				usual := used / days * greatest(step_days, 1);
				IF step > jump_factor * usual THEN
					verdict := 'jumps';
					ratio := CASE WHEN usual > 0 THEN round(step / usual, 1) END;
				END IF;
			END IF;
		END IF;
		verdicts[i] := verdict;
		times_usual[i] := ratio;
		-- What is refused or doubted is nothing to go on from; nor is an estimate.
		IF measured[i] AND (verdict IS NULL OR verdict = 'good') THEN
			IF last_at IS NOT NULL THEN
				days := days + step_days;
				used := used + step;
			END IF;
			last_at := ats[i];
			last_value := readings[i];
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._judge_readings(timestamptz, numeric, numeric, numeric, timestamptz[], numeric[], boolean[], boolean[], boolean[], numeric, numeric, numeric, integer, boolean, OUT text[], OUT numeric[]) IS
'Internal: judges the new among the readings of one register, given in order of time from the first new one on; prior_at and prior_value are the last one measured before, prior_use the use in the prior_days before that; frees_turn: the new one takes the place of one that began again at 0, so that the one after it may do so instead. Verdicts of new ones: good; falls: below the one before; no_turn: said to have begun again at 0, but not below the one before; overtakes: above the one after; takes_turn: began again at 0, as the one after it says already; jumps: more than jump_factor times the usual use (times_usual) and jump_floor, once history_days are known. Refused and doubted ones and estimates are not held against what comes later.';

CREATE FUNCTION rui._store_readings(project_id bigint, row_nos integer[], register_ids bigint[], ats timestamptz[], readings numeric[],
	kinds text[], sources text[], rolls boolean[], document_ids bigint[], remarks text[], corrects bigint[], acted_at timestamptz,
	preview boolean, is_checked boolean DEFAULT false)
RETURNS TABLE (row_no integer, old_id bigint, id bigint, error_code text, problem text, hint text, is_doubted boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	-- The verdicts, by row; plain arrays, so that each step is one statement.
	out_rows integer[];
	old_ids bigint[];
	fault_codes text[];
	faults text[];
	hints text[];
	doubts boolean[];
	ratios numeric[];
	replaced bigint[];
	added_rows integer[];
	added_ids bigint[];
	me CONSTANT bigint := rui.current_party();
BEGIN
	IF NOT preview THEN
		-- Readings of one meter are taken one after the other.
		PERFORM FROM rui.meter m
		WHERE m.project_id = _store_readings.project_id
			AND m.id IN (SELECT r.meter_id FROM rui.meter_register r WHERE r.project_id = _store_readings.project_id AND r.id = ANY (register_ids))
		ORDER BY m.id FOR NO KEY UPDATE;
		PERFORM rui._check_snapshot();
	END IF;
	WITH input AS MATERIALIZED (
		SELECT i.*, row_number() OVER (PARTITION BY i.register_id, i.at ORDER BY i.row_no) AS nth
		FROM unnest(row_nos, register_ids, ats, readings, kinds, sources, rolls, document_ids, remarks, corrects)
			AS i(row_no, register_id, at, value, kind, source, is_rollover, document_id, remark, corrects)
	), known AS MATERIALIZED (
		SELECT i.*, m.digits, power(10::numeric, m.digits) AS modulus, m.installed, u.jump_factor, u.jump_floor, u.history_days,
			l.id AS live_id, l.value AS live_value, l.kind AS live_kind, l.is_rollover AS live_rolls, d.id AS found_document,
			i.kind <> 'estimate' AS measured
		FROM input i
		-- One by one, by their indexes, whatever the planner believes.
		CROSS JOIN LATERAL (SELECT r.meter_id FROM rui.meter_register r
			WHERE r.project_id = _store_readings.project_id AND r.id = i.register_id LIMIT 1) r
		CROSS JOIN LATERAL (SELECT m.medium, m.digits, m.installed FROM rui.meter m
			WHERE m.project_id = _store_readings.project_id AND m.id = r.meter_id LIMIT 1) m
		LEFT JOIN rui.meter_rule u ON u.project_id = _store_readings.project_id AND u.medium = m.medium AND NOT is_checked
		LEFT JOIN LATERAL (SELECT l.id, l.value, l.kind, l.is_rollover FROM rui.meter_reading l
			WHERE l.project_id = _store_readings.project_id AND l.register_id = i.register_id AND l.at = i.at
				AND l.state IN ('accepted', 'to_check') AND l.id IS DISTINCT FROM i.corrects LIMIT 1) l ON true
		-- Of a correction the document is looked at before, or that of the reading it takes the place of.
		LEFT JOIN LATERAL (SELECT d.id FROM rui.document d
			WHERE d.project_id = _store_readings.project_id AND d.id = i.document_id AND (i.corrects IS NOT NULL OR rui._sees_document(d)) LIMIT 1) d ON true
	), checked AS MATERIALIZED (
		SELECT k.*, CASE WHEN k.live_id IS NOT NULL AND k.live_value = k.value AND k.live_rolls = k.is_rollover
				AND (k.live_kind = 'estimate') <> k.measured AND k.nth = 1 THEN k.live_id END AS same_id,
			CASE WHEN k.measured AND k.value >= k.modulus THEN
				ARRAY['22003', format('%s has more than the %s digits of the meter', k.value, k.digits), 'Read what stands before the point; decimals come after it.']
			WHEN k.is_rollover AND k.digits IS NULL THEN
				ARRAY['22023', 'nobody knows how many digits the meter has, so it cannot begin again at 0', 'Give the meter its digits, or replace it.']
			WHEN k.is_rollover AND k.kind IN ('estimate', 'initial') THEN
				ARRAY['22023', format('an %s does not begin again at 0', CASE k.kind WHEN 'initial' THEN 'initial reading' ELSE 'estimate' END), 'Leave is_rollover out.']
			WHEN NOT k.installed @> k.at AND k.at IS DISTINCT FROM upper(k.installed) THEN
				ARRAY['22023', format('the meter hangs there in %s', k.installed), 'Give a time within, or the meter that hung there then.']
			WHEN k.document_id IS NOT NULL AND k.found_document IS NULL THEN
				ARRAY['P0002', format('document %s does not exist in the project', k.document_id), 'Store the document first.']
			WHEN k.nth > 1 THEN
				ARRAY['23505', 'the register and instant are in the batch twice', 'Give each reading once.']
			WHEN k.live_id IS NOT NULL AND NOT (k.live_kind = 'estimate' AND k.measured)
				AND NOT (k.live_value = k.value AND k.live_rolls = k.is_rollover) THEN
				ARRAY['23505', format('a reading of %s at that instant is there already', k.live_value), 'rui.correct_reading corrects it.']
			END AS fault
		FROM known k
	), fresh AS MATERIALIZED (
		SELECT c.* FROM checked c WHERE rui._good(c.fault, c.same_id)
	), span AS MATERIALIZED (
		SELECT f.register_id, min(f.at) AS from_at, max(f.modulus) AS modulus, max(f.jump_factor) AS jump_factor, max(f.jump_floor) AS jump_floor,
			max(f.history_days) AS history_days, array_remove(array_agg(f.corrects), NULL) AS corrects, array_remove(array_agg(f.live_id), NULL) AS live_ids,
			bool_or(NOT f.is_rollover AND EXISTS (SELECT FROM rui.meter_reading w
				WHERE w.project_id = _store_readings.project_id AND w.id = f.corrects AND w.is_rollover AND w.state = 'accepted')) AS frees_turn
		FROM fresh f GROUP BY f.register_id
	), line AS (
		SELECT f.register_id, f.at, f.value, f.is_rollover, f.measured, f.row_no FROM fresh f
		UNION ALL
		SELECT s.register_id, e.at, e.value, e.is_rollover, true, NULL FROM span s
		CROSS JOIN LATERAL (SELECT e.at, e.value, e.is_rollover FROM rui.meter_reading e
			WHERE e.project_id = _store_readings.project_id AND e.register_id = s.register_id AND e.at >= s.from_at
				AND e.state = 'accepted' AND e.kind <> 'estimate' AND e.id <> ALL (s.corrects) AND e.id <> ALL (s.live_ids) OFFSET 0) e
	), series AS (
		SELECT l.register_id, array_agg(l.at ORDER BY l.at) AS ats, array_agg(l.value ORDER BY l.at) AS readings,
			array_agg(l.is_rollover ORDER BY l.at) AS rolls, array_agg(l.measured ORDER BY l.at) AS measured,
			array_agg(l.row_no IS NOT NULL ORDER BY l.at) AS is_new, array_agg(l.row_no ORDER BY l.at) AS row_nos
		FROM line l GROUP BY l.register_id
	), verdict AS MATERIALIZED (
		SELECT v.row_no, v.verdict, v.times_usual
		FROM span s
		JOIN series q ON q.register_id = s.register_id
		-- What was read in the 400 days before; else the last that was.
		LEFT JOIN LATERAL (
			SELECT max(e.at) AS at, (array_agg(e.value ORDER BY e.at DESC))[1] AS value, extract(epoch FROM max(e.at) - min(e.at))::numeric / 86400 AS days,
				(array_agg(e.value ORDER BY e.at DESC))[1] - (array_agg(e.value ORDER BY e.at))[1]
					+ coalesce(s.modulus, 0) * (count(*) FILTER (WHERE e.is_rollover) - ((array_agg(e.is_rollover ORDER BY e.at))[1])::integer) AS used
			FROM rui.meter_reading e
			WHERE e.project_id = _store_readings.project_id AND e.register_id = s.register_id AND e.state = 'accepted' AND e.kind <> 'estimate'
				AND e.at < s.from_at AND e.at >= s.from_at - interval '400 days' AND e.id <> ALL (s.corrects)) p ON true
		LEFT JOIN LATERAL (
			SELECT e.at, e.value FROM rui.meter_reading e
			WHERE p.at IS NULL AND e.project_id = _store_readings.project_id AND e.register_id = s.register_id
				AND e.state = 'accepted' AND e.kind <> 'estimate' AND e.at < s.from_at AND e.id <> ALL (s.corrects)
			ORDER BY e.at DESC LIMIT 1) o ON true
		CROSS JOIN LATERAL rui._judge_readings(coalesce(p.at, o.at), coalesce(p.value, o.value), p.days, p.used,
			q.ats, q.readings, q.rolls, q.measured, q.is_new, s.modulus, s.jump_factor, s.jump_floor, s.history_days, s.frees_turn) j
		CROSS JOIN LATERAL unnest(q.row_nos, j.verdicts, j.times_usual) AS v(row_no, verdict, times_usual)
		WHERE v.row_no IS NOT NULL
	), done AS (
		SELECT c.row_no, c.same_id, c.live_id, c.corrects, v.times_usual, v.verdict,
			CASE WHEN c.fault IS NOT NULL THEN c.fault
			WHEN v.verdict = 'falls' THEN
				ARRAY['RU101', format('%s is less than the meter showed before', c.value),
					CASE WHEN c.digits IS NULL THEN 'Read it again; where the meter was exchanged, rui.replace_meter says so.'
					ELSE 'Read it again; if it began again at 0, give is_rollover; where the meter was exchanged, rui.replace_meter says so.' END]
			WHEN v.verdict = 'no_turn' THEN
				ARRAY['22023', format('%s is not less than the meter showed before: it has not begun again at 0', c.value), 'Leave is_rollover out.']
			WHEN v.verdict = 'overtakes' THEN
				ARRAY['RU101', format('%s is more than the meter showed after', c.value), 'Read it again, or correct the later reading first.']
			WHEN v.verdict = 'takes_turn' AND cardinality(row_nos) > 1 THEN
				ARRAY['22023', 'the reading after it says already that the meter began again at 0', 'Record it by rui.record_reading, which puts that right.']
			END AS fault
		FROM checked c LEFT JOIN verdict v ON v.row_no = c.row_no
	)
	SELECT array_agg(d.row_no ORDER BY d.row_no), array_agg(d.same_id ORDER BY d.row_no), array_agg(d.fault[1] ORDER BY d.row_no),
		array_agg(d.fault[2] ORDER BY d.row_no), array_agg(d.fault[3] ORDER BY d.row_no), array_agg(coalesce(d.verdict = 'jumps', false) ORDER BY d.row_no),
		array_agg(d.times_usual ORDER BY d.row_no),
		array_agg(CASE WHEN rui._good(d.fault, d.same_id) THEN coalesce(d.corrects, d.live_id) END ORDER BY d.row_no)
	INTO out_rows, old_ids, fault_codes, faults, hints, doubts, ratios, replaced
	FROM done d;
	IF NOT preview THEN
		UPDATE rui.meter_reading e SET last_action = 'supersede', last_at = acted_at
		WHERE e.project_id = _store_readings.project_id AND e.id = ANY (replaced);
		WITH input AS (
			SELECT i.*, v.is_doubted, v.times_usual, v.replaced
			FROM unnest(out_rows, old_ids, fault_codes, doubts, ratios, replaced) AS v(row_no, old_id, error_code, is_doubted, times_usual, replaced)
			JOIN unnest(row_nos, register_ids, ats, readings, kinds, sources, rolls, document_ids, remarks)
				AS i(row_no, register_id, at, value, kind, source, is_rollover, document_id, remark) ON i.row_no = v.row_no
			WHERE v.error_code IS NULL AND v.old_id IS NULL
		), added AS (
			INSERT INTO rui.meter_reading AS e (project_id, register_id, at, value, kind, source, is_rollover, supersedes, times_usual,
				document_id, remark, party_id, last_action, last_at)
			SELECT _store_readings.project_id, i.register_id, i.at, i.value, i.kind, i.source, i.is_rollover, i.replaced, i.times_usual,
				i.document_id, i.remark, me, CASE WHEN i.is_doubted THEN 'doubt' ELSE 'record' END, acted_at
			FROM input i ORDER BY i.register_id, i.at
			RETURNING e.id, e.register_id, e.at
		)
		SELECT array_agg(i.row_no), array_agg(a.id) INTO added_rows, added_ids
		FROM added a JOIN input i ON i.register_id = a.register_id AND i.at = a.at;
	END IF;
	RETURN QUERY
	SELECT v.row_no, v.old_id, a.id, v.error_code, v.problem, v.hint, v.is_doubted
	FROM unnest(out_rows, old_ids, fault_codes, faults, hints, doubts) AS v(row_no, old_id, error_code, problem, hint, is_doubted)
	LEFT JOIN unnest(added_rows, added_ids) AS a(row_no, id) ON a.row_no = v.row_no
	ORDER BY v.row_no;
END
$$;
COMMENT ON FUNCTION rui._store_readings(bigint, integer[], bigint[], timestamptz[], numeric[], text[], text[], boolean[], bigint[], text[], bigint[], timestamptz, boolean, boolean) IS
'Internal: takes readings (parallel arrays; registers of the project) as far as they are good, each held against those before and after it, and says of each row what became of it: old_id: there already, identical; error_code, problem, hint: why it was refused; is_doubted: taken, to be checked. corrects: the reading a row takes the place of. What is measured takes the place of an estimate of the same instant. preview: says what would be. is_checked: nothing is doubted.';

CREATE FUNCTION rui._settle_turn(project_id bigint, register_id bigint, read_at timestamptz, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	shown rui.meter_reading;
	later rui.meter_reading;
BEGIN
	SELECT e.* INTO shown FROM rui.meter_reading e
	WHERE e.project_id = _settle_turn.project_id AND e.register_id = _settle_turn.register_id AND e.at = read_at
		AND e.state = 'accepted' AND e.kind <> 'estimate';
	SELECT e.* INTO later FROM rui.meter_reading e
	WHERE e.project_id = _settle_turn.project_id AND e.register_id = _settle_turn.register_id AND e.at > read_at
		AND e.state = 'accepted' AND e.kind <> 'estimate'
	ORDER BY e.at LIMIT 1;
	-- A register begins again where it falls: there, and nowhere else.
	IF later.is_rollover <> (later.value < shown.value) THEN
		UPDATE rui.meter_reading e SET last_action = 'supersede', last_at = _settle_turn.at
		WHERE e.project_id = _settle_turn.project_id AND e.id = later.id;
		INSERT INTO rui.meter_reading (project_id, register_id, at, value, kind, source, is_rollover, supersedes, document_id, remark, party_id, last_at)
		VALUES (_settle_turn.project_id, later.register_id, later.at, later.value, 'correction', later.source, NOT later.is_rollover, later.id,
			later.document_id, later.remark, rui.current_party(), _settle_turn.at);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._settle_turn(bigint, bigint, timestamptz, timestamptz) IS
'Internal: after a reading was taken between others: where the one after it says that the register began again at 0 before it, and that was before this one already, or the other way round, a correction of the one after it says so.';

CREATE FUNCTION rui._take_reading(project_id bigint, register_id bigint, read_at timestamptz, reading numeric, kind text, source text,
	is_rollover boolean, document_id bigint, remark text, corrects bigint, at timestamptz, OUT id bigint, OUT is_doubted boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer record;
BEGIN
	-- NaN is greater than every number.
	IF reading IS NULL THEN
		PERFORM rui._missing('value');
	ELSIF reading < 0 OR reading >= 1000000000000 THEN
		RAISE EXCEPTION 'a reading is 0 and more, and less than 10^12, not %', reading USING ERRCODE = 'numeric_value_out_of_range',
			HINT = 'Give what the register shows, with up to 6 decimals.';
	ELSIF reading <> round(reading, 6) THEN
		RAISE EXCEPTION 'reading % has more than 6 decimals', reading USING ERRCODE = 'invalid_parameter_value', HINT = 'Round it.';
	END IF;
	SELECT s.* INTO answer FROM rui._store_readings(project_id, ARRAY[1], ARRAY[register_id], ARRAY[read_at], ARRAY[reading],
		ARRAY[kind], ARRAY[source], ARRAY[is_rollover], ARRAY[document_id], ARRAY[remark], ARRAY[corrects], at, false, corrects IS NOT NULL) s;
	IF answer.error_code IS NOT NULL THEN
		RAISE EXCEPTION '%', answer.problem USING ERRCODE = answer.error_code, HINT = answer.hint;
	ELSIF answer.old_id IS NOT NULL THEN
		RAISE EXCEPTION 'the reading of that instant is there already'
			USING ERRCODE = 'unique_violation', DETAIL = format('It is reading %s.', answer.old_id);
	END IF;
	id := answer.id;
	is_doubted := answer.is_doubted;
	IF NOT is_doubted THEN
		PERFORM rui._settle_turn(project_id, register_id, read_at, at);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._take_reading(bigint, bigint, timestamptz, numeric, text, text, boolean, bigint, text, bigint, timestamptz, OUT bigint, OUT boolean) IS
'Internal: takes one reading or raises why not: 22004, 22003, 22023, P0002 document, 23505 there already, RU101 it falls. A correction is not doubted.';

CREATE FUNCTION rui._register_of(project_id bigint, meter_id bigint, code text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	found_id bigint;
BEGIN
	IF meter_id IS NULL THEN
		PERFORM rui._missing('meter_id');
	END IF;
	PERFORM rui._check_text('register', code, 20);
	SELECT r.id INTO found_id FROM rui.meter_register r
	WHERE r.project_id = _register_of.project_id AND r.meter_id = _register_of.meter_id AND r.code = _register_of.code;
	IF NOT FOUND THEN
		IF NOT EXISTS (SELECT FROM rui.meter m WHERE m.project_id = _register_of.project_id AND m.id = _register_of.meter_id) THEN
			PERFORM rui._unknown('meter', meter_id, project_id);
		END IF;
		RAISE EXCEPTION 'meter % has no register "%"', meter_id, code USING ERRCODE = 'no_data_found',
			HINT = format('It has %s.', (SELECT string_agg(r.code, ', ' ORDER BY r.code) FROM rui.meter_register r
				WHERE r.project_id = _register_of.project_id AND r.meter_id = _register_of.meter_id));
	END IF;
	RETURN found_id;
END
$$;
COMMENT ON FUNCTION rui._register_of(bigint, bigint, text) IS
'Internal: id of a register of a meter. Errors: 22004, 22023, 22001, P0002 unknown meter or register.';

CREATE FUNCTION rui.record_reading(project_id bigint, meter_id bigint, value numeric, register text DEFAULT 'total', kind text DEFAULT 'actual',
	source text DEFAULT 'staff', is_rollover boolean DEFAULT false, document_id bigint DEFAULT NULL, remark text DEFAULT NULL,
	read_at timestamptz DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	home bigint;
	day date;
	register_id bigint;
	taken record;
BEGIN
	PERFORM rui.require_permission(project_id, 'report_readings');
	PERFORM rui._check_time(project_id, at);
	IF kind IS NULL OR kind NOT IN ('actual', 'estimate') THEN
		RAISE EXCEPTION 'a reading is actual or an estimate, not "%"', coalesce(kind, 'null') USING ERRCODE = 'invalid_parameter_value',
			HINT = 'final and initial ones are written by replace_meter, remove_meter and install_meter, corrections by correct_reading.';
	ELSIF source IS NULL OR source NOT IN ('resident', 'staff', 'eba', 'import') THEN
		RAISE EXCEPTION 'unknown source "%"', coalesce(source, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Sources are resident, staff, eba and import.';
	ELSIF is_rollover IS NULL THEN
		PERFORM rui._missing('is_rollover');
	ELSIF remark IS NOT NULL THEN
		PERFORM rui._check_text('remark', remark, 500);
	END IF;
	read_at := coalesce(read_at, at);
	PERFORM rui._check_instant(read_at);
	IF read_at > at THEN
		RAISE EXCEPTION 'a reading of % is not read yet', read_at USING ERRCODE = 'invalid_parameter_value', HINT = 'read_at is at or before at.';
	END IF;
	answer := rui._begin_request(project_id, 'record_reading', request_key,
		jsonb_build_array(meter_id, value, register, kind, source, is_rollover, document_id, remark, CASE WHEN read_at <> at THEN read_at END));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	IF meter_id IS NOT NULL AND NOT rui.has_permission(project_id, 'record_readings') THEN
		-- Who does not work here reads what hangs at his own unit, and of others is not told what hangs there.
		SELECT m.unit_id INTO home FROM rui.meter m
		WHERE m.project_id = record_reading.project_id AND m.id = record_reading.meter_id AND m.unit_id = ANY (rui.my_homes());
		IF NOT FOUND THEN
			PERFORM rui._unknown('meter', meter_id, project_id);
		ELSIF source <> 'resident' OR kind <> 'actual' THEN
			RAISE EXCEPTION 'residents report what they read themselves' USING ERRCODE = 'insufficient_privilege',
				HINT = 'Give kind actual and source resident.';
		END IF;
		day := rui._local_date(project_id, read_at);
		-- What was used before is his to pay who was there.
		IF rui.current_party() <> ALL (rui._people_of_home(project_id, ARRAY[home], daterange(day, day, '[]'))) THEN
			RAISE EXCEPTION 'the unit was not yours at %', read_at
				USING ERRCODE = 'insufficient_privilege', HINT = 'Report what you have read since you live there or own it.';
		END IF;
	END IF;
	register_id := rui._register_of(project_id, meter_id, register);
	IF document_id IS NOT NULL THEN
		PERFORM rui._document(project_id, document_id);
	END IF;
	SELECT t.* INTO taken FROM rui._take_reading(project_id, register_id, read_at, value, kind, source, is_rollover, document_id, remark, NULL, at) t;
	PERFORM rui._emit(project_id, CASE WHEN taken.is_doubted THEN 'reading.doubt' ELSE 'reading.record' END, 'meter', meter_id, at,
		jsonb_build_object('reading_id', taken.id, 'register', register, 'read_at', read_at, 'value', value, 'source', source));
	PERFORM rui._finish_request(project_id, 'record_reading', request_key, to_jsonb(taken.id));
	RETURN taken.id;
END
$$;
COMMENT ON FUNCTION rui.record_reading(bigint, bigint, numeric, text, text, text, boolean, bigint, text, timestamptz, text, timestamptz) IS
'Takes what a register of a meter showed: value, 0 and more with up to 6 decimals, at read_at (default: at; never later), by kind actual or estimate and source resident, staff, eba or import. It is held against what was read before and after; a register that began again at 0 since says is_rollover. An actual one takes the place of an estimate of the same instant. One that shows far more than usual (rui.set_meter_rule) is taken in state to_check and does not count until it is confirmed. document_id: the photo. Returns the id of the reading. Needs permission report_readings; who has not record_readings reads only what hangs at a unit of his own, since it is, as resident. Errors: 22004, 22003, 22023, 22001, 22008 arguments, P0002 unknown meter, register or document, 23505 a reading of that instant is there, RU101 the meter would fall, 42501, 55000, RU409.';

CREATE FUNCTION rui.correct_reading(project_id bigint, reading_id bigint, value numeric, reason text, is_rollover boolean DEFAULT NULL,
	document_id bigint DEFAULT NULL, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	wrong rui.meter_reading;
	taken record;
BEGIN
	PERFORM rui.require_permission(project_id, 'record_readings');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	answer := rui._begin_request(project_id, 'correct_reading', request_key, jsonb_build_array(reading_id, value, reason, is_rollover, document_id));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	wrong := rui._reading(project_id, reading_id);
	IF wrong.kind = 'estimate' THEN
		RAISE EXCEPTION 'reading % is an estimate', reading_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Record what was read at that instant: it takes the place of the estimate.';
	ELSIF wrong.state NOT IN ('accepted', 'to_check') THEN
		RAISE EXCEPTION 'reading % is %', reading_id, wrong.state
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Correct the one that took its place.';
	ELSIF document_id IS NOT NULL THEN
		PERFORM rui._document(project_id, document_id);
	END IF;
	PERFORM rui._judge_reading(wrong);
	SELECT t.* INTO taken FROM rui._take_reading(project_id, wrong.register_id, wrong.at, value, 'correction', wrong.source,
		coalesce(correct_reading.is_rollover, wrong.is_rollover), coalesce(correct_reading.document_id, wrong.document_id), reason, wrong.id, at) t;
	PERFORM rui._emit(project_id, 'reading.correct', 'meter', (SELECT r.meter_id FROM rui.meter_register r
		WHERE r.project_id = correct_reading.project_id AND r.id = wrong.register_id), at,
		jsonb_build_object('reading_id', taken.id, 'supersedes', wrong.id, 'value', value, 'was', wrong.value));
	PERFORM rui._finish_request(project_id, 'correct_reading', request_key, to_jsonb(taken.id));
	RETURN taken.id;
END
$$;
COMMENT ON FUNCTION rui.correct_reading(bigint, bigint, numeric, text, boolean, bigint, text, timestamptz) IS
'Puts another reading of the same instant in the place of one that is wrong, which is superseded and stays; is_rollover and document_id null: as before. The new one is held against those before and after; it is not doubted, and where the register began again at 0 before it now rather than after it, or the other way round, the one after it is put right too. Not by who has lived in the home, or owned it, since. Returns its id. Needs permission record_readings. Errors: 22004, 22003, 22023, 22001, 22008 arguments, P0002 unknown reading or document, RU101 the meter would fall, 55000 an estimate, or superseded or refused already, 42501 also at one''s own home, RU409.';

CREATE FUNCTION rui._reading(project_id bigint, reading_id bigint) RETURNS rui.meter_reading
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.meter_reading;
BEGIN
	IF reading_id IS NULL THEN
		PERFORM rui._missing('reading_id');
	END IF;
	-- As everybody who takes readings of the meter does.
	PERFORM FROM rui.meter_reading e
	JOIN rui.meter_register r ON r.project_id = e.project_id AND r.id = e.register_id
	JOIN rui.meter m ON m.project_id = r.project_id AND m.id = r.meter_id
	WHERE e.project_id = _reading.project_id AND e.id = reading_id FOR NO KEY UPDATE OF m;
	PERFORM rui._check_snapshot();
	SELECT e.* INTO present FROM rui.meter_reading e WHERE e.project_id = _reading.project_id AND e.id = reading_id;
	IF NOT FOUND THEN
		PERFORM rui._unknown('reading', reading_id, project_id);
	END IF;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._reading(bigint, bigint) IS
'Internal: a reading, with its meter locked until the end of the transaction. Errors: 22004, P0002.';

CREATE FUNCTION rui._judge_reading(read_before rui.meter_reading) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Fees are by it: nobody judges what was read at a home of his own.
	PERFORM rui._check_other('reading', read_before.id, NULL, NULL, NULL, concerned => rui._people_of_home(read_before.project_id, ARRAY[m.unit_id],
		daterange(rui._local_date(read_before.project_id, read_before.at), NULL)))
	FROM rui.meter_register r
	JOIN rui.meter m ON m.project_id = r.project_id AND m.id = r.meter_id
	WHERE r.project_id = read_before.project_id AND r.id = read_before.register_id;
END
$$;
COMMENT ON FUNCTION rui._judge_reading(rui.meter_reading) IS
'Internal: 42501 when the acting party has lived in the home of the meter, or owned it, since the reading: somebody else corrects it, confirms it or says that it is wrong.';

CREATE FUNCTION rui.confirm_reading(project_id bigint, reading_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	doubted rui.meter_reading;
	judged record;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'check_readings');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'confirm_reading', request_key, jsonb_build_array(reading_id));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	doubted := rui._reading(project_id, reading_id);
	PERFORM rui._judge_reading(doubted);
	IF doubted.state = 'to_check' THEN
		-- Others may have been taken meanwhile: it has to fit between them.
		SELECT s.* INTO judged FROM rui._store_readings(project_id, ARRAY[1], ARRAY[doubted.register_id], ARRAY[doubted.at], ARRAY[doubted.value],
			ARRAY[doubted.kind], ARRAY[doubted.source], ARRAY[doubted.is_rollover], ARRAY[NULL::bigint], ARRAY[NULL::text], ARRAY[doubted.id], at,
			true, true) s;
		IF judged.error_code IS NOT NULL THEN
			RAISE EXCEPTION '%', judged.problem USING ERRCODE = judged.error_code, HINT = judged.hint;
		END IF;
	END IF;
	UPDATE rui.meter_reading e SET last_action = 'confirm', last_at = confirm_reading.at
	WHERE e.project_id = confirm_reading.project_id AND e.id = confirm_reading.reading_id
	RETURNING e.state INTO new_state;
	PERFORM rui._settle_turn(project_id, doubted.register_id, doubted.at, at);
	PERFORM rui._emit(project_id, 'reading.confirm', 'meter', (SELECT r.meter_id FROM rui.meter_register r
		WHERE r.project_id = confirm_reading.project_id AND r.id = doubted.register_id), at, jsonb_build_object('reading_id', reading_id));
	PERFORM rui._finish_request(project_id, 'confirm_reading', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.confirm_reading(bigint, bigint, text, timestamptz) IS
'Says that a doubted reading is right: from now on it counts. Not by who has lived in the home, or owned it, since. Returns its state. Needs permission check_readings. Errors: 22004, 22008, P0002 unknown reading, RU101 it no longer fits between its neighbours, 55000 not to be checked, 42501 also at one''s own home, RU409.';

CREATE FUNCTION rui.refuse_reading(project_id bigint, reading_id bigint, reason text, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	doubted rui.meter_reading;
	new_state text;
BEGIN
	PERFORM rui.require_permission(project_id, 'check_readings');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	answer := rui._begin_request(project_id, 'refuse_reading', request_key, jsonb_build_array(reading_id, reason));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	doubted := rui._reading(project_id, reading_id);
	PERFORM rui._judge_reading(doubted);
	IF doubted.state = 'accepted' AND doubted.kind <> 'estimate' THEN
		RAISE EXCEPTION 'reading % is accepted', reading_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'rui.correct_reading puts another in its place.';
	END IF;
	UPDATE rui.meter_reading e SET last_action = 'refuse', last_at = refuse_reading.at
	WHERE e.project_id = refuse_reading.project_id AND e.id = refuse_reading.reading_id
	RETURNING e.state INTO new_state;
	PERFORM rui._emit(project_id, 'reading.refuse', 'meter', (SELECT r.meter_id FROM rui.meter_register r
		WHERE r.project_id = refuse_reading.project_id AND r.id = doubted.register_id), at,
		jsonb_build_object('reading_id', reading_id, 'reason', reason));
	PERFORM rui._finish_request(project_id, 'refuse_reading', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui.refuse_reading(bigint, bigint, text, text, timestamptz) IS
'Says that a doubted reading, or an estimate, is wrong: it counts no more; the reason is in the event reading.refuse. Not by who has lived in the home, or owned it, since. Returns its state. Needs permission check_readings. Errors: 22004, 22023, 22001, 22008, P0002 unknown reading, 55000 accepted as read, or superseded or refused already, 42501 also at one''s own home, RU409.';
