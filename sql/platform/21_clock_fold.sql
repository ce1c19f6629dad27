-- Clocks from their facts. Whatever happens writes a fact down and folds the
-- task's clocks again: so what is stored is always what the facts give.

CREATE FUNCTION rui._clock_calendar(project_id bigint, task_id bigint, target text, first_calendar text, other_code text,
	other_calendar rui.calendar, to_at timestamptz) RETURNS rui.calendar
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	calendar rui.calendar := CASE first_calendar WHEN other_code THEN other_calendar
		ELSE rui._calendar_of(project_id, first_calendar) END;
	went_over record;
BEGIN
	FOR went_over IN
		SELECT e.at, e.calendar_code FROM rui.clock_event e
		WHERE e.project_id = _clock_calendar.project_id AND e.task_id = _clock_calendar.task_id
			AND e.target = _clock_calendar.target AND e.event = 'switch' AND e.at <= _clock_calendar.to_at
		ORDER BY e.at
	LOOP
		calendar := rui.calendar_until(calendar, went_over.at, CASE went_over.calendar_code WHEN other_code THEN other_calendar
			ELSE rui._calendar_of(project_id, went_over.calendar_code) END);
	END LOOP;
	RETURN calendar;
END
$$;
COMMENT ON FUNCTION rui._clock_calendar(bigint, bigint, text, text, text, rui.calendar, timestamptz) IS
'Internal: the working time a clock counts in, through its switches from one calendar to another until to_at; where other_code is not null, as if the calendar of that code were other_calendar.';

CREATE FUNCTION rui._judged(judged_by text, verdict rui.clock_verdict, as_of timestamptz DEFAULT 'infinity', OUT due_at timestamptz,
	OUT breach_at timestamptz, OUT breached_at timestamptz, OUT on_time boolean, OUT late_working interval, OUT late_wall interval)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	breached_at := CASE judged_by WHEN 'wall' THEN verdict.wall_due_at ELSE verdict.working_breach_at END;
	IF breached_at IS NULL THEN
		due_at := verdict.due_at;
		breach_at := verdict.breach_at;
	ELSE
		-- What is late was due when it was due, whatever pauses follow.
		due_at := CASE judged_by WHEN 'wall' THEN verdict.wall_due_at ELSE verdict.working_due_at END;
		breach_at := CASE judged_by WHEN 'wall' THEN verdict.wall_breach_at ELSE verdict.working_breach_at END;
	END IF;
	IF verdict.stopped_at IS NULL AND breached_at >= as_of THEN
		-- It will be, before a pause that is planned.
		breached_at := NULL;
	END IF;
	IF verdict.stopped_at IS NULL OR verdict.is_ended THEN
		RETURN;
	END IF;
	on_time := breached_at IS NULL;
	late_working := CASE WHEN verdict.working_breach_at IS NULL THEN interval '0' ELSE greatest(interval '0',
		rui.clock_elapsed(verdict.clock, rui._always(), verdict.stopped_at) - rui.clock_target(verdict.clock)) END;
	late_wall := CASE WHEN verdict.wall_due_at IS NULL THEN interval '0'
		ELSE make_interval(secs => extract(epoch FROM verdict.stopped_at - verdict.wall_due_at)::float8) END;
END
$$;
COMMENT ON FUNCTION rui._judged(text, rui.clock_verdict, timestamptz) IS
'Internal: what a verdict of rui.judge_clock means as of an instant for a clock judged by working time or by the wall: due_at and breach_at to be shown, breached_at since when it is late or null, on_time and how late by both measures once it stopped to be judged.';

CREATE FUNCTION rui._judge_clocks(project_id bigint, task_ids bigint[], to_at timestamptz, as_of timestamptz,
	other_code text DEFAULT NULL, other_calendar rui.calendar DEFAULT NULL, only_targets text[] DEFAULT NULL)
RETURNS TABLE (task_id bigint, target text, calendar rui.calendar, is_last boolean, verdict rui.clock_verdict, pauses tstzmultirange,
	stored rui.task_clock)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
-- Planning it anew for the few ids of a call would take longer than running it.
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	RETURN QUERY
	SELECT c.task_id, c.target, w.calendar, v.cycle = cardinality(j.verdicts),
		(v.cycle, v.clock, v.due_at, v.breach_at, v.wall_due_at, v.wall_breach_at, v.working_due_at, v.working_breach_at,
			v.stopped_at, v.is_ended)::rui.clock_verdict, u.pauses, c
	FROM rui.task_clock c
	LEFT JOIN rui.working_calendar k ON k.project_id = c.project_id AND k.code = c.calendar_code
	CROSS JOIN LATERAL (SELECT CASE
		WHEN c.is_switched THEN rui._clock_calendar(c.project_id, c.task_id, c.target, c.first_calendar, other_code, other_calendar,
			_judge_clocks.to_at)
		WHEN c.calendar_code = other_code THEN other_calendar
		ELSE coalesce(k.calendar, rui._always()) END OFFSET 0) AS w(calendar)
	CROSS JOIN LATERAL (
		-- Reasons overlap: their union pauses.
		SELECT coalesce(range_agg(p.during), '{}') FROM rui.clock_pause p
		WHERE p.project_id = c.project_id AND p.task_id = c.task_id AND c.target = ANY (p.targets)) AS u(pauses)
	CROSS JOIN LATERAL (
		SELECT rui.judge_clock(w.calendar, c.first_target, f.event, f.at, CASE WHEN _judge_clocks.to_at = 'infinity'
			-- What is known to be late was late, also to who tells something of before.
			THEN greatest(_judge_clocks.as_of, c.breached_at + interval '1 microsecond') ELSE _judge_clocks.as_of END
			ORDER BY f.at) AS verdicts
		FROM (
			SELECT x.event, c.started_at
			FROM (VALUES ('start'), (CASE WHEN u.pauses @> c.started_at THEN 'pause' END)) AS x(event)
			UNION ALL
			-- What begins within a pause begins paused.
			SELECT x.event, e.at
			FROM rui.clock_event e
			CROSS JOIN LATERAL (VALUES (e.event), (CASE WHEN e.event = 'reopen' AND u.pauses @> e.at THEN 'pause' END)) AS x(event)
			WHERE e.project_id = c.project_id AND e.task_id = c.task_id AND e.target = c.target AND e.event <> 'switch'
			UNION ALL
			SELECT x.event, x.at
			FROM unnest(u.pauses) AS r(paused)
			CROSS JOIN LATERAL (VALUES ('pause', lower(r.paused)), ('resume', upper(r.paused))) AS x(event, at)
		) AS f(event, at)
		WHERE f.at <= _judge_clocks.to_at) AS j
	CROSS JOIN LATERAL unnest(j.verdicts) AS v
	WHERE c.project_id = _judge_clocks.project_id AND c.task_id = ANY (task_ids)
		AND (only_targets IS NULL OR c.target = ANY (only_targets));
END
$$;
COMMENT ON FUNCTION rui._judge_clocks(bigint, bigint[], timestamptz, timestamptz, text, rui.calendar, text[]) IS
'Internal: the verdicts of clocks of tasks, cycle by cycle, with the calendar each counts in, its pauses, and the clock as it is stored, from the facts until to_at (infinity: planned ends of pauses too), judged as of as_of; where other_code is not null, as if the calendar of that code were other_calendar; only_targets: of those only, null: all. Clocks not started by then are left out.';

CREATE FUNCTION rui._reached_at(calendar rui.calendar, from_at timestamptz, length interval, boundary text, pauses tstzmultirange)
RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	begins timestamptz := from_at;
	rest interval := length;
	pause tstzrange;
	instant timestamptz;
BEGIN
	IF pauses <> '{}' THEN
		FOREACH pause IN ARRAY ARRAY(SELECT unnest(pauses)) LOOP
			CONTINUE WHEN upper(pause) <= begins;
			IF lower(pause) > begins THEN
				instant := rui.add_working_time(calendar, begins, rest, boundary);
				-- What would come just as a pause begins comes after it.
				IF instant < lower(pause) THEN
					RETURN instant;
				END IF;
				rest := rest - rui.working_time(calendar, begins, lower(pause));
			END IF;
			IF upper_inf(pause) THEN
				RETURN NULL;
			END IF;
			begins := upper(pause);
		END LOOP;
	END IF;
	RETURN rui.add_working_time(calendar, begins, rest, boundary);
END
$$;
COMMENT ON FUNCTION rui._reached_at(rui.calendar, timestamptz, interval, text, tstzmultirange) IS
'Internal: the first (boundary close) or last instant (open) with so much working time outside of the pauses since from_at; null when a pause without an end comes before.';

CREATE FUNCTION rui._worked(calendar rui.calendar, from_at timestamptz, to_at timestamptz, pauses tstzmultirange) RETURNS interval
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT coalesce(sum(rui.working_time(calendar, lower(r.part), upper(r.part))), '0')
		FROM unnest(tstzmultirange(tstzrange(from_at, greatest(from_at, to_at))) - pauses) AS r(part));
END
$$;
COMMENT ON FUNCTION rui._worked(rui.calendar, timestamptz, timestamptz, tstzmultirange) IS
'Internal: the working time from one instant to another outside of the pauses.';

CREATE FUNCTION rui._next_level(level integer, warn_after interval[], elapsed interval, is_late boolean) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	next_level integer := greatest(level, -cardinality(warn_after));
BEGIN
	-- A correction may have taken a breach back.
	IF NOT is_late THEN
		next_level := least(next_level, 0);
	END IF;
	-- A shorter target drops the warnings that would have come before.
	WHILE next_level < 0 AND warn_after[cardinality(warn_after) + next_level + 1] < elapsed LOOP
		next_level := next_level + 1;
	END LOOP;
	RETURN next_level;
END
$$;
COMMENT ON FUNCTION rui._next_level(integer, interval[], interval, boolean) IS
'Internal: the level of a clock that fires next after it has moved, with so much time elapsed, when `level` was next before: warnings before 0, 0 the breach, then escalations.';

CREATE FUNCTION rui._level_at(clock rui.sla_clock, calendar rui.calendar, pauses tstzmultirange, level integer, warn_after interval[],
	limit_at timestamptz, late_at timestamptz, escalations interval[], escalate_in text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF level = 0 THEN
		RETURN limit_at;
	ELSIF level < 0 AND pauses IS NULL THEN
		RETURN rui.due_at(calendar, rui.clock_changed_at(clock), greatest(interval '0', warn_after[cardinality(warn_after) + level + 1]
			- rui.clock_elapsed(clock, calendar, rui.clock_changed_at(clock))));
	ELSIF level < 0 THEN
		RETURN rui._reached_at(calendar, rui.clock_started_at(clock), warn_after[cardinality(warn_after) + level + 1], 'close', pauses);
	ELSIF escalations IS NULL OR level > cardinality(escalations) OR isfinite(late_at) IS NOT TRUE THEN
		RETURN NULL;
	ELSIF escalate_in = 'wall' THEN
		RETURN late_at + escalations[level];
	END IF;
	RETURN rui._reached_at(calendar, late_at, escalations[level], 'open', pauses);
END
$$;
COMMENT ON FUNCTION rui._level_at(rui.sla_clock, rui.calendar, tstzmultirange, integer, interval[], timestamptz, timestamptz, interval[], text) IS
'Internal: the instant after which a level of a clock fires: a warning when its part of the target has passed, level 0 (the breach) after limit_at (due or breach, as it is judged), an escalation its time after late_at, by the wall or in working time; null where no such level is, or a pause without an end comes before. pauses: all of the clock; null, for warnings only: none after its last move.';

CREATE FUNCTION rui._fold_clocks(project_id bigint, task_ids bigint[], at timestamptz, only_targets text[] DEFAULT NULL,
	since timestamptz DEFAULT '-infinity') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Compiling and planning these statements would take longer than running them.
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	has_old_cycles boolean;
BEGIN
	WITH judged AS MATERIALIZED (
		SELECT j.task_id, j.target, j.calendar, j.is_last, j.verdict, (j.verdict).clock, (j.verdict).cycle, (j.stored).judged_by,
			(j.stored).policy_id, (j.stored).cycle AS known_cycle, (j.stored).next_level, j.pauses,
			greatest(_fold_clocks.at, (j.stored).breached_at + interval '1 microsecond') AS as_of
		FROM rui._judge_clocks(project_id, task_ids, 'infinity', at, only_targets => _fold_clocks.only_targets) AS j
	), fresh AS (
		SELECT j.task_id, j.target, j.clock, j.cycle, s.state,
			CASE WHEN s.state = 'running' AND s.is_planned AND upper(j.pauses) = s.changed_at THEN s.changed_at END AS resumes_at,
			r.due_at, r.breach_at, r.breached_at, (j.verdict).stopped_at, r.on_time, r.late_working, r.late_wall, n.level,
			CASE WHEN s.state <> 'stopped' THEN rui._level_at(j.clock, j.calendar, j.pauses, n.level, w.warn_after,
				CASE j.judged_by WHEN 'wall' THEN r.due_at ELSE r.breach_at END, r.breached_at, p.escalations, p.escalate_in) END AS next_at
		FROM judged j
		LEFT JOIN rui.sla_policy p ON p.project_id = _fold_clocks.project_id AND p.id = j.policy_id
		CROSS JOIN LATERAL (SELECT rui.clock_state(j.clock), rui.clock_changed_at(j.clock), rui.clock_changed_at(j.clock) > _fold_clocks.at OFFSET 0)
			AS s(state, changed_at, is_planned)
		CROSS JOIN LATERAL rui._judged(j.judged_by, j.verdict, j.as_of) AS r
		CROSS JOIN LATERAL (
			SELECT CASE WHEN p.warnings <> '{}' AND s.state <> 'stopped' THEN rui._warn_after(p.warnings, rui.clock_target(j.clock)) ELSE '{}' END
			OFFSET 0) AS w(warn_after)
		CROSS JOIN LATERAL (
			SELECT rui._next_level(CASE WHEN j.known_cycle = j.cycle THEN j.next_level ELSE -20 END, w.warn_after,
				CASE WHEN w.warn_after = '{}' THEN NULL
					WHEN s.is_planned THEN rui._worked(j.calendar, rui.clock_started_at(j.clock), _fold_clocks.at, j.pauses)
					-- Another policy may come without changing the clock: what it would
					-- have warned of before is not told.
					ELSE rui.clock_elapsed(j.clock, j.calendar, greatest(s.changed_at, _fold_clocks.since)) END, r.breached_at IS NOT NULL)
			OFFSET 0) AS n(level)
		WHERE j.is_last
	), changed AS (
		-- What stays as it is costs no row and no line of the journal.
		UPDATE rui.task_clock c
		SET (clock, cycle, state, resumes_at, due_at, breach_at, breached_at, stopped_at, on_time, late_working, late_wall, next_level, next_at)
			= (f.clock, f.cycle, f.state, f.resumes_at, f.due_at, f.breach_at, f.breached_at, f.stopped_at, f.on_time, f.late_working,
				f.late_wall, f.level, f.next_at)
		FROM fresh f
		WHERE c.project_id = _fold_clocks.project_id AND c.task_id = f.task_id AND c.target = f.target
			AND (c.clock, c.resumes_at, c.due_at, c.breach_at, c.breached_at, c.stopped_at, c.on_time, c.late_working, c.late_wall,
					c.next_level, c.next_at)
				IS DISTINCT FROM (f.clock, f.resumes_at, f.due_at, f.breach_at, f.breached_at, f.stopped_at, f.on_time, f.late_working,
					f.late_wall, f.level, f.next_at)
	)
	SELECT bool_or(NOT j.is_last AND (j.cycle >= j.known_cycle OR (j.verdict).stopped_at >= since)) INTO has_old_cycles FROM judged j;
	IF has_old_cycles THEN
		INSERT INTO rui.task_clock_cycle AS y (project_id, task_id, target, cycle, judged_by, started_at, due_at, breach_at,
			breached_at, stopped_at, on_time, late_working, late_wall)
		SELECT _fold_clocks.project_id, j.task_id, j.target, (j.verdict).cycle, b.judged_by, rui.clock_started_at((j.verdict).clock),
			r.due_at, r.breach_at, r.breached_at, (j.verdict).stopped_at, r.on_time, r.late_working, r.late_wall
		FROM rui._judge_clocks(project_id, task_ids, 'infinity', at, only_targets => _fold_clocks.only_targets) AS j
		LEFT JOIN rui.task_clock_cycle k ON k.project_id = _fold_clocks.project_id AND k.task_id = j.task_id AND k.target = j.target
			AND k.cycle = (j.verdict).cycle
		-- A cycle stays judged as it was, whatever policy the clock went over to.
		CROSS JOIN LATERAL (SELECT coalesce(k.judged_by, (j.stored).judged_by)) AS b(judged_by)
		CROSS JOIN LATERAL rui._judged(b.judged_by, j.verdict) AS r
		WHERE NOT j.is_last
		ON CONFLICT ON CONSTRAINT task_clock_cycle_pkey DO UPDATE
		SET (judged_by, started_at, due_at, breach_at, breached_at, stopped_at, on_time, late_working, late_wall)
			= (EXCLUDED.judged_by, EXCLUDED.started_at, EXCLUDED.due_at, EXCLUDED.breach_at, EXCLUDED.breached_at,
				EXCLUDED.stopped_at, EXCLUDED.on_time, EXCLUDED.late_working, EXCLUDED.late_wall)
		WHERE (y.judged_by, y.started_at, y.due_at, y.breach_at, y.breached_at, y.stopped_at, y.on_time, y.late_working, y.late_wall)
			IS DISTINCT FROM (EXCLUDED.judged_by, EXCLUDED.started_at, EXCLUDED.due_at, EXCLUDED.breach_at, EXCLUDED.breached_at,
				EXCLUDED.stopped_at, EXCLUDED.on_time, EXCLUDED.late_working, EXCLUDED.late_wall);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._fold_clocks(bigint, bigint[], timestamptz, text[], timestamptz) IS
'Internal: makes the clocks of tasks, and the verdicts of their ended cycles, what their facts give as of `at`; levels already told stay told. only_targets: the targets that the new facts are about, null: all; since: the earliest instant they are about, so that cycles ended before stay as they are, and nothing is told that another policy would have warned of before. The caller has locked the clocks and told what came before `at`.';
