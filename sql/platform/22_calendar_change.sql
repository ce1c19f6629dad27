-- A calendar is set or edited: what it would do to clocks, and doing it. Only
-- clocks whose open time changes are counted anew, as a set.

CREATE FUNCTION rui._changed_time(old_calendar rui.calendar, new_calendar rui.calendar) RETURNS rui.calendar
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (old_calendar - new_calendar) | (new_calendar - old_calendar);
END
$$;
COMMENT ON FUNCTION rui._changed_time(rui.calendar, rui.calendar) IS
'Internal: the time in which one of two calendars is open and the other is not.';

CREATE FUNCTION rui._concerned_clocks(project_id bigint, code text, changed rui.calendar, from_at timestamptz)
RETURNS TABLE (task_id bigint, target text, is_counted boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	last_instant CONSTANT timestamptz := '2200-12-31 23:59:59.999999+00';
BEGIN
	-- is_counted: it counted time after from_at already, so that its facts
	-- must be folded again; else only what is left to count changes.
	RETURN QUERY
	SELECT c.task_id, c.target, m.is_counted
	FROM rui.task_clock c
	CROSS JOIN LATERAL (SELECT rui.clock_changed_at(c.clock), coalesce(from_at, c.started_at)) AS k(changed_at, from_at)
	CROSS JOIN LATERAL (SELECT k.changed_at > k.from_at OFFSET 0) AS m(is_counted)
	CROSS JOIN LATERAL (
		SELECT CASE WHEN m.is_counted THEN greatest(c.started_at, k.from_at) ELSE k.changed_at END,
			CASE WHEN c.state = 'running' THEN least(rui.clock_breach_at(c.clock), last_instant)
				WHEN m.is_counted THEN k.changed_at END OFFSET 0) AS s(from_at, to_at)
	WHERE c.project_id = _concerned_clocks.project_id
		AND (c.calendar_code = _concerned_clocks.code OR c.is_switched AND (c.first_calendar = _concerned_clocks.code OR EXISTS (
			SELECT FROM rui.clock_event e
			WHERE e.project_id = c.project_id AND e.task_id = c.task_id AND e.target = c.target
				AND e.calendar_code = _concerned_clocks.code)))
		AND (c.state = 'running' OR m.is_counted)
		AND s.to_at >= s.from_at
		AND (rui.working_time(changed, s.from_at, s.to_at) > interval '0' OR rui.is_open(changed, s.to_at));
END
$$;
COMMENT ON FUNCTION rui._concerned_clocks(bigint, text, rui.calendar, timestamptz) IS
'Internal: the clocks counting in a calendar whose open time changes from from_at on (null: ever) within the time they counted or have yet to count until they breach. is_counted: they have counted beyond from_at.';

CREATE FUNCTION rui._recount_clocks(project_id bigint, code text, old_calendar rui.calendar, new_calendar rui.calendar,
	from_at timestamptz, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	concerned_ids bigint[];
	folded_ids bigint[];
	how_many bigint;
BEGIN
	SELECT array_agg(DISTINCT c.task_id), coalesce(array_agg(DISTINCT c.task_id) FILTER (WHERE c.is_counted), '{}'), count(*)
	INTO concerned_ids, folded_ids, how_many
	FROM rui._concerned_clocks(project_id, code, rui._changed_time(old_calendar, new_calendar), from_at) AS c;
	IF concerned_ids IS NULL THEN
		RETURN 0;
	END IF;
	-- What was late before the change was late.
	PERFORM rui._lock_clocks(project_id, concerned_ids, least(at, from_at));
	IF folded_ids <> '{}' THEN
		INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
		SELECT _recount_clocks.project_id, _recount_clocks.at, 'clock.correct', 'task', d.task_id, rui.current_party(),
			jsonb_build_object('target', d.target, 'cycle', d.cycle, 'was_late', d.is_late, 'is_late', d.would_be_late)
		FROM rui._clock_differences(project_id, folded_ids, at, code, new_calendar) AS d
		WHERE d.is_late <> d.would_be_late
		ORDER BY d.task_id, d.target, d.cycle;
		PERFORM rui._fold_clocks(project_id, folded_ids, at);
	END IF;
	PERFORM rui._count_on(project_id, code, ARRAY(
		SELECT i.id FROM unnest(concerned_ids) AS i(id) EXCEPT SELECT f.id FROM unnest(folded_ids) AS f(id)));
	RETURN how_many;
END
$$;
COMMENT ON FUNCTION rui._recount_clocks(bigint, text, rui.calendar, rui.calendar, timestamptz, timestamptz) IS
'Internal: the calendar of a code has become new_calendar, which differs from old_calendar from from_at on (null: ever): counts the clocks concerned anew. What was late before from_at stays late; verdicts that change because time before `at` counts otherwise are told by events clock.correct. Returns how many clocks were concerned.';

CREATE FUNCTION rui._clock_differences(project_id bigint, task_ids bigint[], at timestamptz, code text, calendar rui.calendar)
RETURNS TABLE (task_id bigint, target text, cycle integer, state text, due_at timestamptz, new_due_at timestamptz,
	breach_at timestamptz, new_breach_at timestamptz, is_late boolean, would_be_late boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN QUERY
	WITH stored AS (
		SELECT c.task_id, c.target, c.cycle, c.judged_by, c.state, c.due_at, c.breach_at, c.breached_at
		FROM rui.task_clock c
		WHERE c.project_id = _clock_differences.project_id AND c.task_id = ANY (task_ids)
		UNION ALL
		SELECT y.task_id, y.target, y.cycle, y.judged_by, 'stopped', y.due_at, y.breach_at, y.breached_at
		FROM rui.task_clock_cycle y
		WHERE y.project_id = _clock_differences.project_id AND y.task_id = ANY (task_ids)
	)
	SELECT s.task_id, s.target, s.cycle, s.state, s.due_at, r.due_at, s.breach_at, r.breach_at, s.breached_at IS NOT NULL,
		r.breached_at IS NOT NULL
	FROM rui._judge_clocks(project_id, task_ids, 'infinity', at, code, calendar) AS j
	JOIN stored s ON s.task_id = j.task_id AND s.target = j.target AND s.cycle = (j.verdict).cycle
	CROSS JOIN LATERAL rui._judged(s.judged_by, j.verdict,
		greatest(_clock_differences.at, s.breached_at + interval '1 microsecond')) AS r
	WHERE (s.due_at, s.breach_at, s.breached_at IS NULL) IS DISTINCT FROM (r.due_at, r.breach_at, r.breached_at IS NULL)
	ORDER BY s.task_id, s.target, s.cycle;
END
$$;
COMMENT ON FUNCTION rui._clock_differences(bigint, bigint[], timestamptz, text, rui.calendar) IS
'Internal: what of the clocks of tasks, all their cycles, would be otherwise at `at` if the calendar of a code were another one; only rows that differ.';

CREATE FUNCTION rui._count_on(project_id bigint, code text, task_ids bigint[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	how_many bigint;
BEGIN
	UPDATE rui.task_clock c
	SET clock = f.clock, due_at = CASE WHEN c.breached_at IS NULL THEN rui.clock_due_at(f.clock) ELSE c.due_at END,
		breach_at = CASE WHEN c.breached_at IS NULL THEN rui.clock_breach_at(f.clock) ELSE c.breach_at END,
		next_at = rui._level_at(f.clock, f.calendar, f.pauses, c.next_level,
			CASE WHEN c.next_level < 0 THEN rui._warn_after(f.warnings, rui.clock_target(f.clock)) END,
			CASE c.judged_by WHEN 'wall' THEN rui.clock_due_at(f.clock) ELSE rui.clock_breach_at(f.clock) END, c.breached_at,
			f.escalations, f.escalate_in)
	FROM (
		SELECT k.task_id, k.target, w.calendar, p.warnings, p.escalations, p.escalate_in,
			CASE WHEN k.next_level > 0 THEN coalesce((SELECT range_agg(u.during) FROM rui.clock_pause u
				WHERE u.project_id = k.project_id AND u.task_id = k.task_id AND k.target = ANY (u.targets)), '{}') END AS pauses,
			rui.clock_switch(k.clock, w.calendar, w.calendar, rui.clock_changed_at(k.clock)) AS clock
		FROM rui.task_clock k
		LEFT JOIN rui.sla_policy p ON p.project_id = k.project_id AND p.id = k.policy_id
		LEFT JOIN rui.working_calendar n ON n.project_id = k.project_id AND n.code = k.calendar_code
		CROSS JOIN LATERAL (SELECT CASE
			WHEN k.is_switched THEN rui._clock_calendar(k.project_id, k.task_id, k.target, k.first_calendar, NULL, NULL, 'infinity')
			ELSE coalesce(n.calendar, rui._always()) END OFFSET 0) AS w(calendar)
		WHERE k.project_id = _count_on.project_id AND k.state = 'running'
			AND CASE WHEN task_ids IS NULL THEN k.calendar_code = _count_on.code ELSE k.task_id = ANY (task_ids) END) AS f
	WHERE c.project_id = _count_on.project_id AND c.task_id = f.task_id AND c.target = f.target AND c.clock <> f.clock;
	GET DIAGNOSTICS how_many = ROW_COUNT;
	RETURN how_many;
END
$$;
COMMENT ON FUNCTION rui._count_on(bigint, text, bigint[]) IS
'Internal: what running clocks have counted stays; when they are due and breach follows from their calendar as it is now. For the clocks of tasks, or, where task_ids is null, all that count in a calendar. Returns how many changed.';

CREATE FUNCTION rui._next_version(project_id bigint, code text, calendar rui.calendar, from_at timestamptz, name text,
	OUT newest_id bigint, OUT new_name text, OUT begins_at timestamptz, OUT changes boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	newest rui.calendar_version;
BEGIN
	PERFORM rui._check_text('code', code, 40);
	IF code = 'always' THEN
		RAISE EXCEPTION 'always is always open' USING ERRCODE = 'invalid_parameter_value', HINT = 'Choose another code.';
	ELSIF code !~ '^[a-z][a-z0-9_]*$' THEN
		RAISE EXCEPTION 'a code has small letters, digits and underscores, not "%"', code
			USING ERRCODE = 'invalid_parameter_value', HINT = 'For example site_hours.';
	ELSIF calendar IS NULL THEN
		PERFORM rui._missing('calendar');
	ELSIF name IS NOT NULL THEN
		PERFORM rui._check_text('name', name, 200);
	END IF;
	SELECT v.* INTO newest FROM rui.calendar_version v
	WHERE v.project_id = _next_version.project_id AND v.code = _next_version.code
	ORDER BY v.valid DESC LIMIT 1;
	newest_id := newest.id;
	new_name := coalesce(name, newest.name, code);
	begins_at := CASE WHEN newest_id IS NULL THEN from_at ELSE coalesce(from_at, now()) END;
	changes := newest_id IS NULL OR newest.calendar <> calendar OR newest.name <> new_name
		OR NOT lower_inf(newest.valid) AND begins_at < lower(newest.valid);
	IF begins_at IS NOT NULL AND (NOT isfinite(begins_at) OR begins_at < '1900-01-01 00:00+00' OR begins_at >= '2201-01-01 00:00+00') THEN
		RAISE EXCEPTION 'from_at % is out of range', begins_at
			USING ERRCODE = 'datetime_field_overflow', HINT = 'Give an instant from 1900 to 2200.';
	ELSIF changes AND newest_id IS NOT NULL AND NOT lower_inf(newest.valid) AND begins_at <= lower(newest.valid) THEN
		RAISE EXCEPTION 'calendar "%" has a version from % on', code, lower(newest.valid)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A new version must begin later.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._next_version(bigint, text, rui.calendar, timestamptz, text) IS
'Internal: checks a version of a calendar to be set from from_at on; returns the version it would follow (null: none), its name, when it begins (null: since ever) and whether it would change anything. Errors: 22004, 22001, 22023, 22008.';

CREATE FUNCTION rui.set_calendar(project_id bigint, code text, calendar rui.calendar, from_at timestamptz DEFAULT NULL,
	name text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	proposed record;
	old_calendar rui.calendar;
	new_calendar rui.calendar;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_calendars');
	-- Two who set the same calendar at once come one after the other.
	PERFORM FROM rui.project p WHERE p.id = set_calendar.project_id FOR NO KEY UPDATE;
	proposed := rui._next_version(project_id, code, calendar, from_at, name);
	IF NOT proposed.changes THEN
		RETURN proposed.newest_id;
	ELSIF proposed.newest_id IS NULL THEN
		INSERT INTO rui.working_calendar (project_id, code, starts_at, calendar)
		VALUES (project_id, code, proposed.begins_at, calendar);
	ELSE
		IF proposed.begins_at < now() - interval '5 minutes' THEN
			-- Changes which hours held in the past.
			PERFORM rui.require_permission(project_id, 'set_time');
		END IF;
		UPDATE rui.calendar_version v SET valid = tstzrange(lower(v.valid), proposed.begins_at)
		WHERE v.project_id = set_calendar.project_id AND v.id = proposed.newest_id;
		old_calendar := rui._calendar_of(project_id, code);
		new_calendar := rui.calendar_until(old_calendar, proposed.begins_at, calendar);
		UPDATE rui.working_calendar w SET calendar = new_calendar, unsettled_by = pg_current_xact_id()
		WHERE w.project_id = set_calendar.project_id AND w.code = set_calendar.code;
	END IF;
	INSERT INTO rui.calendar_version (project_id, code, name, valid, calendar)
	VALUES (project_id, code, proposed.new_name, tstzrange(proposed.begins_at, NULL), calendar)
	RETURNING id INTO new_id;
	IF new_calendar <> old_calendar THEN
		PERFORM rui._recount_clocks(project_id, code, old_calendar, new_calendar, proposed.begins_at, now());
	END IF;
	PERFORM rui._emit(project_id, 'calendar.set', 'calendar', new_id, now(),
		jsonb_build_object('code', code, 'from_at', proposed.begins_at));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.set_calendar(bigint, text, rui.calendar, timestamptz, text) IS
'Sets the hours of a calendar from from_at on, and returns the id of that version; the version before ends there. from_at null: since ever for the first version, else now. name null: the former name, or the code. Setting what holds already changes nothing. Clocks that count in it are counted anew where their open time changes: what they counted before from_at stays. Where from_at lies in the past, verdicts may change; each is told by an event clock.correct, and rui.preview_calendar_change shows them before. Needs permission set_calendars, and set_time where from_at lies in the past of an existing calendar. Errors: 22004 null code or calendar, 22001, 22023 code, blank name, or a version from from_at or later exists, 22008, 42501, 55000.';

CREATE FUNCTION rui.preview_calendar_change(project_id bigint, code text, calendar rui.calendar, from_at timestamptz DEFAULT NULL)
RETURNS TABLE (task_id bigint, target text, cycle integer, state text, due_at timestamptz, new_due_at timestamptz,
	breach_at timestamptz, new_breach_at timestamptz, is_late boolean, would_be_late boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	proposed record;
	old_calendar rui.calendar;
	new_calendar rui.calendar;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_calendars');
	proposed := rui._next_version(project_id, code, calendar, from_at, NULL);
	IF proposed.newest_id IS NULL THEN
		PERFORM rui._require_calendar(project_id, code);
	END IF;
	old_calendar := rui._calendar_of(project_id, code);
	new_calendar := rui.calendar_until(old_calendar, proposed.begins_at, calendar);
	RETURN QUERY
	SELECT d.task_id, d.target, d.cycle, d.state, d.due_at, d.new_due_at, d.breach_at, d.new_breach_at, d.is_late, d.would_be_late
	FROM rui._clock_differences(project_id, ARRAY(
			SELECT DISTINCT c.task_id
			FROM rui._concerned_clocks(project_id, code, rui._changed_time(old_calendar, new_calendar), proposed.begins_at) AS c),
		now(), code, new_calendar) AS d;
END
$$;
COMMENT ON FUNCTION rui.preview_calendar_change(bigint, text, rui.calendar, timestamptz) IS
'What rui.set_calendar with the same arguments would do to clocks, without doing it: one row for each clock, or ended cycle of one, that would be due or breach at another time, or whose verdict would be another (is_late, would_be_late, as of now). Null due times: not due, as in rui.task_clock. Needs permission set_calendars. Errors: those of rui.set_calendar; P0002 the project has no calendar of that code.';

CREATE FUNCTION rui._duty_settle_calendars(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	unsettled rui.working_calendar;
	seen CONSTANT pg_snapshot := pg_current_snapshot();
	found bigint;
	done bigint := 0;
BEGIN
	FOR unsettled IN
		SELECT w.* FROM rui.working_calendar w
		WHERE w.project_id = _duty_settle_calendars.project_id AND w.unsettled_by IS NOT NULL
	LOOP
		found := rui._count_on(project_id, unsettled.code);
		IF found > 0 THEN
			done := done + found;
			PERFORM rui._emit(project_id, 'calendar.settle', 'project', project_id, at,
				jsonb_build_object('code', unsettled.code, 'clocks', found));
		END IF;
		-- Whoever began before the change has ended; or it came from another server.
		UPDATE rui.working_calendar w SET unsettled_by = NULL
		WHERE w.project_id = unsettled.project_id AND w.code = unsettled.code AND w.unsettled_by = unsettled.unsettled_by
			AND (w.unsettled_by < pg_snapshot_xmin(seen) OR w.unsettled_by > pg_current_xact_id());
	END LOOP;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_settle_calendars(bigint, timestamptz) IS
'Internal: the duty settle_calendars of rui.tick(): clocks that others started in the former hours while a calendar was changed, unseen by whoever changed it, are counted in the new ones. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('settle_calendars', 5, 'Counts clocks in new hours that were started while these were set.');
