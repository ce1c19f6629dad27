-- Random lives of tickets against a slow model of their clocks: whatever comes,
-- in whatever order, clocks are the fold of their facts, and each level is told
-- once, at the instant that the facts known then give. The seed is in the names
-- of the tests.
BEGIN;
SET LOCAL jit = off;
SELECT plan(19);
\ir fixture/estate.sql
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w1', 'Worker') RETURNING id AS worker \gset
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'w2', 'Other worker') RETURNING id AS other_worker \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :worker, 'staff', '[2000-01-01,)'),
	(:one, :other_worker, 'staff', '[2000-01-01,)');
SELECT rui.create_partitions('2026-03-01', 3) \gset hidden_
SELECT rui.set_calendar(:one, 'site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["09:00","12:00"],["13:00","18:00"]],"tue":[["09:00","12:00"],["13:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","17:00"]]}}'),
	rui.set_calendar(:one, 'desk', '{"tz":"Asia/Shanghai","weekly":{"mon":[["07:00","23:00"]],"wed":[["20:00","04:00"]],"thu":[["07:00","23:00"]],"sat":[["07:00","23:00"]]},"holidays":["2026-03-19"]}') \gset hidden_
SELECT count(rui.set_ticket_category(:one, c.code, c.code, c.code)) FROM unnest('{site,wall,desk,none}'::text[]) AS c(code) \gset hidden_
SELECT rui.set_sla_policy(:one, 'site', answer => '0:20', response => '1:00', arrival => '3:00', resolution => '9:00', call_back => '6:00',
		resolution_calendar => 'desk', category => 'site', warnings => '{50%,0:45,80%}', escalations => '{1:30,5:00}'),
	rui.set_sla_policy(:one, 'site', response => '0:30', arrival => '1:30', resolution => '2:30', category => 'site', priority => 1,
		warnings => '{90%}', escalations => '{0:30}', judged_by => 'wall'),
	rui.set_sla_policy(:one, 'always', response => '2:00', resolution => '20:00', call_back => '30:00', category => 'wall', judged_by => 'wall',
		warnings => '{25%,50%,75%,2:00}', escalations => '{1:00,2:00,24:00}', escalate_in => 'wall'),
	rui.set_sla_policy(:one, 'desk', arrival => '4:00', resolution => '30:00', category => 'desk', judged_by => 'wall', escalations => '{3:00}') \gset hidden_

-- The model. A clock runs from the beginning of its cycle, but for its pauses.
CREATE TEMP TABLE played (ticket bigint PRIMARY KEY, at timestamptz NOT NULL);
CREATE TEMP TABLE coming (ticket bigint, target text, cycle integer, level integer, at timestamptz, PRIMARY KEY (ticket, target));
CREATE TEMP TABLE expected (ticket bigint, target text, cycle integer, level integer, at timestamptz, PRIMARY KEY (ticket, target, cycle, level));
CREATE TEMP TABLE tally (seed float8, action text, is_done boolean, calls bigint, PRIMARY KEY (seed, action, is_done));

CREATE FUNCTION pg_temp.worked(hours rui.calendar, from_at timestamptz, to_at timestamptz, pauses tstzmultirange) RETURNS interval LANGUAGE sql AS $$
	SELECT coalesce(sum(rui.working_time(hours, lower(r), upper(r))), '0')
	FROM unnest(tstzmultirange(tstzrange(from_at, greatest(from_at, to_at))) - pauses) AS r$$;

-- When so much is worked: first (close) or last (open). What is reached just
-- when a pause begins is reached when it ends.
CREATE FUNCTION pg_temp.reach(hours rui.calendar, from_at timestamptz, need interval, boundary text, pauses tstzmultirange) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
	part tstzrange;
	instant timestamptz;
BEGIN
	FOR part IN SELECT r FROM unnest(tstzmultirange(tstzrange(from_at, NULL)) - pauses) AS r LOOP
		instant := rui.add_working_time(hours, lower(part), need, boundary);
		IF upper_inf(part) OR instant < upper(part) THEN
			RETURN instant;
		END IF;
		need := need - rui.working_time(hours, lower(part), upper(part));
	END LOOP;
	RETURN NULL;
END
$$;

-- The next level of a clock and when it comes, by its facts; when they have
-- changed at changed_at, after level was next, and were known until known_at.
CREATE FUNCTION pg_temp.foresee(c rui.task_clock, INOUT level integer, changed_at timestamptz, known_at timestamptz, OUT at timestamptz,
	stops_before timestamptz DEFAULT 'infinity')
LANGUAGE plpgsql AS $$
DECLARE
	promised rui.sla_policy;
	pauses CONSTANT tstzmultirange := coalesce((SELECT range_agg(p.during) FROM rui.clock_pause p
		WHERE p.project_id = c.project_id AND p.task_id = c.task_id AND c.target = ANY (p.targets)), '{}');
	began CONSTANT timestamptz := coalesce((SELECT max(e.at) FROM rui.clock_event e
		WHERE e.project_id = c.project_id AND e.task_id = c.task_id AND e.target = c.target AND e.event = 'reopen'), c.started_at);
	hours rui.calendar := rui._calendar_of(c.project_id, c.first_calendar);
	length interval := c.first_target;
	since timestamptz := began;
	late_at timestamptz;
	limit_at timestamptz;
	fact record;
	warnings interval[];
BEGIN
	IF EXISTS (SELECT FROM rui.clock_event e WHERE e.project_id = c.project_id AND e.task_id = c.task_id AND e.target = c.target
			AND e.event IN ('stop', 'end') AND e.at >= began AND e.at < stops_before) THEN
		RETURN;
	END IF;
	SELECT s.* INTO promised FROM rui.sla_policy s WHERE s.project_id = c.project_id AND s.id = c.policy_id;
	FOR fact IN SELECT e.at, e.calendar_code FROM rui.clock_event e WHERE e.project_id = c.project_id AND e.task_id = c.task_id
		AND e.target = c.target AND e.event = 'switch' ORDER BY e.at
	LOOP
		hours := rui.calendar_until(hours, fact.at, rui._calendar_of(c.project_id, fact.calendar_code));
	END LOOP;
	-- Late when it first ran past its limit, by the target it had then.
	FOR fact IN
		SELECT e.at, substr(e.event, 10)::interval AS length FROM rui.clock_event e WHERE e.project_id = c.project_id AND e.task_id = c.task_id
			AND e.target = c.target AND e.event LIKE 'retarget %'
		UNION ALL SELECT 'infinity', NULL
		ORDER BY 1, 2
	LOOP
		IF fact.at > began AND late_at IS NULL THEN
			limit_at := pg_temp.reach(hours, began, length, CASE c.judged_by WHEN 'wall' THEN 'close' ELSE 'open' END, pauses);
			-- What a change takes away was not missed before it.
			IF pg_temp.worked(hours, began, since, pauses) > length OR limit_at < since THEN
				limit_at := pg_temp.reach(hours, since, '0', 'close', pauses);
			END IF;
			late_at := CASE WHEN limit_at < fact.at THEN limit_at END;
		END IF;
		since := greatest(since, fact.at);
		length := coalesce(fact.length, length);
	END LOOP;
	warnings := coalesce((SELECT array_agg(DISTINCT w.after ORDER BY w.after) FROM unnest(promised.warnings) AS u(warning)
		CROSS JOIN LATERAL (SELECT CASE WHEN u.warning LIKE '%\%' THEN length * replace(u.warning, '%', '')::float8 / 100 ELSE length - u.warning::interval END) AS w(after)
		WHERE w.after > '0' AND w.after < length), '{}');
	IF changed_at IS NOT NULL THEN
		level := greatest(level, -cardinality(warnings));
		IF late_at >= known_at IS NOT FALSE THEN
			level := least(level, 0);
		END IF;
		WHILE level < 0 AND warnings[cardinality(warnings) + level + 1] < pg_temp.worked(hours, began, changed_at, pauses) LOOP
			level := level + 1;
		END LOOP;
	END IF;
	at := CASE WHEN level < 0 THEN pg_temp.reach(hours, began, warnings[cardinality(warnings) + level + 1], 'close', pauses)
		WHEN level = 0 THEN limit_at
		WHEN promised.escalate_in = 'wall' THEN late_at + promised.escalations[level]
		ELSE pg_temp.reach(hours, late_at, promised.escalations[level], 'open', pauses) END;
END
$$;

-- All that comes before an instant is told …
CREATE FUNCTION pg_temp.tell(project bigint, tickets bigint[], targets text[], until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	one record;
	next_level integer;
	next_at timestamptz;
BEGIN
	UPDATE played p SET at = until WHERE p.ticket = ANY (tickets) AND p.at < until;
	FOR one IN SELECT k.ticket, k.target, k.cycle, k.level, k.at, c FROM coming k
		JOIN rui.task_clock c ON c.project_id = project AND c.task_id = k.ticket AND c.target = k.target
		WHERE k.ticket = ANY (tickets) AND k.target = ANY (targets) AND k.at < until
	LOOP
		next_level := one.level;
		next_at := one.at;
		WHILE next_at < until LOOP
			INSERT INTO expected VALUES (one.ticket, one.target, one.cycle, next_level, next_at) ON CONFLICT DO NOTHING;
			SELECT f.level, f.at INTO next_level, next_at FROM pg_temp.foresee(one.c, next_level + 1, NULL, NULL, stops_before => until) f;
		END LOOP;
		UPDATE coming k SET level = next_level, at = next_at WHERE k.ticket = one.ticket AND k.target = one.target;
	END LOOP;
END
$$;

-- … before something changes. Clocks that have come count from their beginning.
CREATE FUNCTION pg_temp.change(project bigint, of_ticket bigint, targets text[], changed_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO coming
	SELECT c.task_id, c.target, 1, f.level, f.at
	FROM rui.task_clock c CROSS JOIN LATERAL pg_temp.foresee(c, -20, c.started_at, c.started_at, stops_before => changed_at) f
	WHERE c.project_id = project AND c.task_id = of_ticket AND NOT EXISTS (SELECT FROM coming k WHERE k.ticket = c.task_id AND k.target = c.target);
	IF FOUND THEN
		PERFORM pg_temp.tell(project, ARRAY[of_ticket], '{answer,response,arrival,resolution,call_back}', changed_at);
	END IF;
	UPDATE coming k SET (cycle, level, at) = (r.cycle, f.level, f.at)
	FROM rui.task_clock c
	JOIN played p ON p.ticket = c.task_id
	CROSS JOIN LATERAL (SELECT 1 + count(*)::integer FROM rui.clock_event e
		WHERE e.project_id = project AND e.task_id = c.task_id AND e.target = c.target AND e.event = 'reopen') AS r(cycle)
	JOIN coming o ON o.ticket = c.task_id AND o.target = c.target
	CROSS JOIN LATERAL pg_temp.foresee(c, CASE WHEN o.cycle = r.cycle THEN o.level ELSE -20 END, changed_at, greatest(p.at, changed_at)) f
	WHERE c.project_id = project AND c.task_id = of_ticket AND c.target = ANY (targets) AND k.ticket = c.task_id AND k.target = c.target;
END
$$;

CREATE FUNCTION pg_temp.pick(choices anyarray) RETURNS anyelement LANGUAGE sql VOLATILE AS $$
	SELECT choices[1 + floor(random() * cardinality(choices))::integer]$$;

-- One thing after the other happens to some ticket, each at its own time;
-- ticks come early and late.
CREATE FUNCTION pg_temp.play(seed float8, project bigint, workers bigint[], base timestamptz, tickets integer, steps integer) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[] := '{}';
	clocks timestamptz[] := '{}';
	causes CONSTANT text[] := ARRAY(SELECT r.code FROM rui.pause_reason r ORDER BY 1);
	i integer;
	t bigint;
	task rui.task;
	what text;
	at timestamptz;
	begins timestamptz;
	policy bigint;
	pauses bigint[];
	concerned bigint[];
	targets CONSTANT text[] := '{answer,response,arrival,resolution,call_back}';
	moved text[];
	kind text;
	urgency integer;
	emergency boolean;
	is_done boolean;
BEGIN
	PERFORM setseed(seed);
	FOR n IN 1 .. tickets LOOP
		at := base + random() * interval '72 hours';
		t := rui.open_ticket(project, pg_temp.pick('{site,site,wall,desk,none}'::text[]), 'x', priority => pg_temp.pick('{1,3,3}'::integer[]),
			is_emergency => random() < 0.1, agreed_resolution => CASE WHEN random() < 0.15 THEN interval '5:00' END, at => at);
		ids[n] := t;
		clocks[n] := at;
		INSERT INTO played VALUES (t, at);
		PERFORM pg_temp.change(project, t, targets, at);
	END LOOP;
	ANALYZE rui.task, rui.ticket, rui.task_clock, played, coming;
	FOR n IN 1 .. steps LOOP
		IF n IN (200, 800) THEN
			ANALYZE rui.task, rui.task_clock, rui.clock_event, rui.clock_pause, rui.escalation, coming, expected;
		END IF;
		IF n % 20 = 0 THEN
			at := base + (n * interval '150 hours') / steps + random() * interval '72 hours';
			PERFORM pg_temp.tell(project, ARRAY(SELECT p.ticket FROM played p), targets, at);
			PERFORM FROM rui.tick(project, at);
		END IF;
		IF n IN (steps / 3, steps / 2) THEN
			-- Other promises for open tickets, from some time on.
			begins := base + (n * interval '150 hours') / steps;
			at := begins + random() * interval '24 hours';
			policy := rui.set_sla_policy(project, pg_temp.pick('{site,desk,always}'::text[]), response => pg_temp.pick('{0:30,2:00}'::interval[]),
				resolution => pg_temp.pick('{4:00,8:00,12:00}'::interval[]), category => 'site', warnings => CASE WHEN random() < 0.7 THEN '{40%,60%,1:00}'::text[] ELSE '{}' END,
				escalations => '{0:45}', judged_by => pg_temp.pick('{working,wall}'::text[]), from_at => begins);
			concerned := ARRAY(SELECT DISTINCT p.task_id FROM rui.preview_policy_change(project, policy, at) p ORDER BY 1);
			PERFORM pg_temp.tell(project, concerned, targets, at);
			PERFORM rui.apply_sla_policy(project, policy, at);
			PERFORM pg_temp.change(project, c, targets, at) FROM unnest(concerned) AS c;
		END IF;
		i := 1 + floor(random() * tickets);
		t := ids[i];
		SELECT k.* INTO task FROM rui.task k WHERE k.project_id = project AND k.id = t;
		what := pg_temp.pick(CASE WHEN random() < 0.05
				THEN '{triage,assign,accept,reject,transfer,depart,arrive,pause,resume,complete,reopen,close,rate,call_back,cancel}'::text[]
			WHEN random() < 0.3 THEN '{pause_clocks,pause_clocks,resume_clocks}'
			ELSE CASE task.state WHEN 'new' THEN '{triage,triage,assign}'::text[] WHEN 'triaged' THEN '{assign}'
				WHEN 'assigned' THEN '{accept,accept,reject,transfer}' WHEN 'accepted' THEN '{depart,arrive}' WHEN 'en_route' THEN '{arrive}'
				WHEN 'in_progress' THEN '{pause,complete}' WHEN 'deferred' THEN '{resume,resume,pause_clocks}'
				WHEN 'completed' THEN '{reopen,reopen,call_back,rate,pause_clocks}' ELSE '{pause_clocks,call_back}' END END);
		IF what IN ('triage', 'complete') AND random() < 0.08 THEN
			what := pg_temp.pick('{cancel,decline,merge}'::text[]);
		END IF;
		at := CASE WHEN random() < 0.8 THEN greatest(clocks[i], task.last_at) ELSE clocks[i] END
			+ CASE WHEN random() < 0.25 THEN interval '0' WHEN random() < 0.7 THEN random() * interval '3 hours' ELSE random() * interval '30 hours' END;
		IF what IN ('pause_clocks', 'resume_clocks') AND random() < 0.2 THEN
			at := greatest(task.opened_at, at - random() * interval '5 hours');
		END IF;
		kind := CASE WHEN random() < 0.5 THEN pg_temp.pick('{site,wall,desk}'::text[]) END;
		urgency := CASE WHEN random() < 0.5 THEN pg_temp.pick('{1,3}'::integer[]) END;
		emergency := CASE WHEN random() < 0.2 THEN random() < 0.5 END;
		-- An action moves some clocks; what changes facts, all.
		moved := CASE WHEN what LIKE '%pause%' OR what LIKE '%resume%' OR what = 'triage' AND num_nonnulls(kind, urgency, emergency) > 0 THEN targets
			ELSE ARRAY(SELECT r.target FROM rui.clock_rule r
				WHERE r.kind = 'ticket' AND r.action = CASE WHEN what <> 'assign' THEN what WHEN task.state = 'new' THEN 'triage' END) END;
		BEGIN
			PERFORM pg_temp.tell(project, ARRAY[t], moved, at);
			CASE what
				WHEN 'triage' THEN PERFORM rui.triage_ticket(project, t, kind, urgency, emergency, at => at);
				WHEN 'assign' THEN PERFORM rui.assign_ticket(project, t, pg_temp.pick(workers), at => at);
				WHEN 'accept' THEN PERFORM rui.accept_ticket(project, t, at => at);
				WHEN 'reject' THEN PERFORM rui.reject_ticket(project, t, 'x', at => at);
				WHEN 'transfer' THEN PERFORM rui.transfer_ticket(project, t, pg_temp.pick(array_remove(workers, task.executor_id)), 'x', at => at);
				WHEN 'depart' THEN PERFORM rui.depart_ticket(project, t, at => at);
				WHEN 'arrive' THEN PERFORM rui.arrive_ticket(project, t, at => at);
				WHEN 'pause' THEN PERFORM rui.pause_ticket(project, t, 'x', at => at, cause => pg_temp.pick(causes),
					until_at => CASE WHEN random() < 0.5 THEN at + random() * interval '20 hours' END);
				WHEN 'resume' THEN PERFORM rui.resume_ticket(project, t, at => at);
				WHEN 'complete' THEN PERFORM rui.complete_ticket(project, t, 'x', at => at);
				WHEN 'reopen' THEN PERFORM rui.reopen_ticket(project, t, 'x', at => at);
				WHEN 'close' THEN PERFORM rui.close_ticket(project, t, at => at);
				WHEN 'rate' THEN PERFORM rui.rate_ticket(project, t, 3, at => at);
				WHEN 'call_back' THEN PERFORM rui.call_back_ticket(project, t, at => at);
				WHEN 'cancel' THEN PERFORM rui.cancel_ticket(project, t, 'x', at => at);
				WHEN 'decline' THEN PERFORM rui.decline_ticket(project, t, 'x', at => at);
				WHEN 'merge' THEN PERFORM rui.merge_ticket(project, t, pg_temp.pick(ids), at => at);
				WHEN 'pause_clocks' THEN
					-- Told in time, late or ahead.
					begins := CASE pg_temp.pick('{0,1,2}'::integer[]) WHEN 0 THEN at WHEN 1 THEN at - random() * interval '10 hours'
						ELSE at + random() * interval '20 hours' END;
					PERFORM rui.pause_clocks(project, t, pg_temp.pick(causes), from_at => begins,
						until_at => CASE WHEN random() < 0.6 THEN begins + random() * interval '15 hours' END, at => at);
				WHEN 'resume_clocks' THEN
					pauses := ARRAY(SELECT p.id FROM rui.clock_pause p WHERE p.project_id = project AND p.task_id = t ORDER BY p.id);
					PERFORM rui.resume_clocks(project, pg_temp.pick(pauses), at => at);
			END CASE;
			is_done := true;
		EXCEPTION WHEN object_not_in_prerequisite_state OR invalid_parameter_value OR null_value_not_allowed THEN
			is_done := false;
		END;
		IF is_done THEN
			IF what NOT IN ('pause_clocks', 'resume_clocks') THEN
				clocks[i] := at;
			END IF;
			PERFORM pg_temp.change(project, t, moved, at);
		END IF;
		INSERT INTO tally AS y VALUES (seed, what, is_done, 1) ON CONFLICT ON CONSTRAINT tally_pkey DO UPDATE SET calls = y.calls + 1;
	END LOOP;
	at := (SELECT max(c) FROM unnest(clocks) AS c) + interval '5 days';
	PERFORM pg_temp.tell(project, ARRAY(SELECT p.ticket FROM played p), targets, at);
	PERFORM FROM rui.tick(project, at);
	RETURN at;
END
$$;

-- Clocks folded from the facts until an instant.
CREATE FUNCTION pg_temp.folded(project bigint, as_of timestamptz) RETURNS TABLE (ticket bigint, target text, hours rui.calendar,
	clock rui.sla_clock, verdicts rui.clock_verdict[]) LANGUAGE sql AS $$
	SELECT c.task_id, c.target, h.hours, f.clock, f.verdicts
	FROM rui.task_clock c
	CROSS JOIN LATERAL (
		SELECT CASE WHEN c.is_switched THEN rui._clock_calendar(project, c.task_id, c.target, c.first_calendar, NULL, NULL, as_of)
			ELSE rui._calendar_of(project, c.first_calendar) END OFFSET 0) AS h(hours)
	CROSS JOIN LATERAL (
		SELECT rui.fold_clock(h.hours, c.first_target, CASE x.event WHEN 'end' THEN 'stop' ELSE x.event END, x.at ORDER BY x.at),
			rui.judge_clock(h.hours, c.first_target, x.event, x.at, as_of ORDER BY x.at)
		FROM (
			SELECT 'start', c.started_at
			UNION ALL SELECT e.event, e.at FROM rui.clock_event e
			WHERE e.project_id = project AND e.task_id = c.task_id AND e.target = c.target AND e.event <> 'switch'
			UNION ALL SELECT b.event, b.at
			FROM (SELECT unnest(range_agg(p.during)) AS r FROM rui.clock_pause p
				WHERE p.project_id = project AND p.task_id = c.task_id AND c.target = ANY (p.targets)) u
			CROSS JOIN LATERAL (VALUES ('pause', lower(u.r)), ('resume', upper(u.r))) AS b(event, at)
			-- What begins within a pause begins paused.
			UNION ALL SELECT 'pause', g.at
			FROM (SELECT c.started_at UNION ALL SELECT e.at FROM rui.clock_event e
				WHERE e.project_id = project AND e.task_id = c.task_id AND e.target = c.target AND e.event = 'reopen') AS g(at)
			WHERE EXISTS (SELECT FROM rui.clock_pause p
				WHERE p.project_id = project AND p.task_id = c.task_id AND c.target = ANY (p.targets) AND p.during @> g.at)) AS x(event, at)
		WHERE x.at <= as_of) AS f(clock, verdicts)
	WHERE c.project_id = project AND c.started_at <= as_of$$;
CREATE FUNCTION pg_temp.unlike(project bigint, instant timestamptz) RETURNS bigint LANGUAGE sql AS $$
	WITH known AS MATERIALIZED (SELECT * FROM rui.sla_as_of(project, instant, true))
	SELECT count(*) FROM pg_temp.folded(project, instant) f
	JOIN rui.task_clock c ON c.project_id = project AND c.task_id = f.ticket AND c.target = f.target
	CROSS JOIN LATERAL (SELECT f.verdicts[cardinality(f.verdicts)]) AS l(v)
	CROSS JOIN LATERAL (SELECT CASE c.judged_by WHEN 'wall' THEN (l.v).wall_due_at ELSE (l.v).working_due_at END,
		CASE c.judged_by WHEN 'wall' THEN (l.v).wall_due_at ELSE (l.v).working_breach_at END) AS b(due_at, late_at)
	FULL JOIN known k ON k.task_id = f.ticket AND k.target = f.target
	WHERE (k.cycle, k.state, k.due_at, k.elapsed, k.remaining, k.is_late) IS DISTINCT FROM (cardinality(f.verdicts), rui.clock_state(f.clock),
		CASE WHEN b.late_at IS NULL THEN (l.v).due_at ELSE b.due_at END, rui.clock_elapsed(f.clock, f.hours, instant),
		rui.clock_remaining(f.clock, f.hours, instant), b.late_at IS NOT NULL)$$;

CREATE TEMP TABLE game AS
SELECT s.seed, s.steps, '2026-03-02 00:00+08'::timestamptz + s.n * interval '14 days' AS base, NULL::timestamptz AS ended_at
FROM unnest('{0.1,0.2,0.3}'::float8[], '{1000,600,400}'::integer[]) WITH ORDINALITY AS s(seed, steps, n);
UPDATE game g SET ended_at = pg_temp.play(g.seed, :one, ARRAY[:worker, :other_worker]::bigint[], g.base, 80, g.steps);
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :one), 'clocks are what their facts give');
SELECT is_empty(format($$SELECT s.task_id, s.target, s.cycle FROM (
		SELECT task_id, target, cycle, judged_by, stopped_at, on_time, due_at FROM rui.task_clock WHERE project_id = %1$s AND state = 'stopped'
		UNION ALL SELECT task_id, target, cycle, judged_by, stopped_at, on_time, due_at FROM rui.task_clock_cycle WHERE project_id = %1$s) s
	JOIN pg_temp.folded(%1$s, 'infinity') f ON f.ticket = s.task_id AND f.target = s.target
	CROSS JOIN LATERAL (SELECT f.verdicts[s.cycle]) AS l(v)
	CROSS JOIN LATERAL (SELECT CASE s.judged_by WHEN 'wall' THEN (l.v).wall_due_at ELSE (l.v).working_due_at END) AS b(late_due_at)
	WHERE (s.stopped_at, s.on_time, s.due_at) IS DISTINCT FROM ((l.v).stopped_at, CASE WHEN NOT (l.v).is_ended THEN b.late_due_at IS NULL END,
		coalesce(b.late_due_at, (l.v).due_at)) LIMIT 5$$, :one),
	'so are the verdicts on all their cycles');
SELECT is_empty(format($$SELECT * FROM expected e FULL JOIN rui.escalation x
		ON x.project_id = %s AND x.task_id = e.ticket AND x.target = e.target AND x.cycle = e.cycle AND x.level = e.level
	WHERE e.at IS DISTINCT FROM x.at LIMIT 5$$, :one), 'each level is told once, at its instant');
SELECT is_empty(format($$SELECT k.*, c.cycle, c.next_level, c.next_at FROM coming k
	JOIN rui.task_clock c ON c.project_id = %s AND c.task_id = k.ticket AND c.target = k.target
	WHERE c.state <> 'stopped' AND (k.cycle, k.at, CASE WHEN k.at IS NOT NULL THEN k.level END)
		IS DISTINCT FROM (c.cycle, c.next_at, CASE WHEN c.next_at IS NOT NULL THEN c.next_level END) LIMIT 5$$, :one), 'what is to come is known');
SELECT is(pg_temp.unlike(:one, i.instant), 0::bigint, format('seed %s: clocks as of %s', g.seed, i.instant))
FROM game g CROSS JOIN LATERAL (SELECT g.base + random() * interval '10 days' FROM generate_series(1, 3)) AS i(instant);
SELECT is_empty(format($$SELECT * FROM rui.sla_what_if(%s, %L, %L, as_of => %L) WHERE is_late IS DISTINCT FROM would_be_late
		OR due_at IS DISTINCT FROM would_be_due_at OR late_by IS DISTINCT FROM would_be_late_by LIMIT 5$$, :one, g.base, g.base + interval '14 days', g.ended_at),
	format('seed %s: what if nothing were otherwise', g.seed)) FROM game g;
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :one), 'no invariant is broken');
SELECT is_empty($$SELECT a.action FROM unnest('{triage,assign,accept,reject,transfer,depart,arrive,pause,resume,complete,reopen,close,rate,call_back,cancel,decline,merge,
		pause_clocks,resume_clocks}'::text[]) AS a(action)
	WHERE NOT EXISTS (SELECT FROM tally t WHERE t.action = a.action AND t.is_done)$$, 'all there is to do was done');
SELECT cmp_ok((SELECT count(*) FROM expected), '>', 1000::bigint, 'and much was told');
SELECT * FROM finish();
ROLLBACK;
