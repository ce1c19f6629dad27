-- A service desk's log of 4,937 incidents, lived through again row by row:
-- no row is lost, and every clock is what a fold of the file's own rows gives,
-- at the end and at instants on the way.
--
-- What the log does not say, and what is taken for it here:
--   * Times have no zone: they are read as UTC. They have minutes only, so many
--     rows share one; those of an incident count in the order of sys_mod_count,
--     and a time before that of an earlier row would count as the earlier one.
--   * Promises: the desk works Monday to Friday from 08:00 to 18:00, a priority
--     1 is seen to around the clock; the lengths below are usual ones.
--   * An incident is a ticket from opened_at on; its first row takes it from
--     there. New: nobody works on it; the group it is passed to has it assigned
--     or transferred, a first change of priority triages it. Active: it is
--     worked on, which takes assign, accept and arrive where they have not
--     been. Awaiting …: work is deferred for a cause or, where nobody worked on
--     it yet, its clocks pause for one. Resolved completes, Closed closes; what
--     is closed without having been resolved is cancelled. Back from Resolved
--     is a reopening. What is closed stays closed, by Closed or by the
--     platform a week after it was resolved: what comes back then is a ticket
--     of its own, from then on.
--   * All else is no change: a further note, a group changed while somebody
--     works on it, a priority changed after triage.
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/itsm_incidents/events.csv.gz" && echo true || echo false`
\if :found
BEGIN;
SELECT plan(27);
CREATE TEMP TABLE recorded (number text, incident_state text, active boolean, reassignment_count integer, reopen_count integer,
	sys_mod_count integer, made_sla boolean, caller_id text, opened_by text, opened_at timestamp, sys_created_at timestamp,
	sys_updated_by text, sys_updated_at timestamp, contact_type text, location text, category text, subcategory text, u_symptom text,
	impact integer, urgency integer, priority integer, assignment_group text, assigned_to text, knowledge boolean,
	u_priority_confirmation boolean, closed_code text, resolved_by text, resolved_at timestamp, closed_at timestamp);
\copy recorded FROM PROGRAM 'gzip -dc "$RUI_DATA/itsm_incidents/events.csv.gz"' WITH (FORMAT csv, HEADER true)

-- What the states mean, and which clocks wait in them.
CREATE TEMP TABLE meaning (state text PRIMARY KEY, stage text NOT NULL, cause text, holds text[] NOT NULL DEFAULT '{}');
INSERT INTO meaning VALUES ('New', 'new'), ('Active', 'working'), ('Resolved', 'done'), ('Closed', 'closed');
INSERT INTO meaning VALUES
	('Awaiting User Info', 'waiting', 'customer', '{resolution}'), ('Awaiting Evidence', 'waiting', 'authority', '{resolution}'),
	('Awaiting Problem', 'waiting', 'deferred', '{response,resolution}'), ('Awaiting Vendor', 'waiting', 'supplier', '{}');
CREATE TEMP TABLE change AS
SELECT dense_rank() OVER (ORDER BY r.number)::integer AS incident, r.number, r.sys_mod_count AS seq, m.stage, m.cause, m.holds,
	r.opened_at AT TIME ZONE 'UTC' AS opened_at, r.sys_updated_at AT TIME ZONE 'UTC' AS told_at,
	max(r.sys_updated_at) OVER w AT TIME ZONE 'UTC' AS at, r.priority, coalesce(r.assignment_group, 'none') AS team,
	coalesce(r.category, 'none') AS category, r.made_sla, lag(m.stage) OVER w AS stage_before, lag(m.cause) OVER w AS cause_before,
	lag(r.priority) OVER w AS priority_before, lag(coalesce(r.assignment_group, 'none')) OVER w AS team_before
FROM recorded r LEFT JOIN meaning m ON m.state = r.incident_state
WINDOW w AS (PARTITION BY r.number ORDER BY r.sys_mod_count);
ANALYZE change;
SELECT is((SELECT count(*) FROM change), 34697::bigint, 'all rows of the file');
SELECT is_empty('SELECT DISTINCT incident_state FROM recorded EXCEPT SELECT state FROM meaning', 'every state has a meaning');
SELECT is_empty('SELECT number FROM change WHERE at <> told_at OR at < opened_at',
	'in the order of sys_mod_count no time goes back, none lies before the opening');

-- The desk.
SELECT rui.create_partitions('2016-02-01', 14) \gset hidden_
SELECT rui.create_company('desk', 'Service desk', 'Head') AS company \gset
SELECT id AS head FROM rui.party WHERE company_id = :company AND code = 'director' \gset
SELECT set_config('rui.party_id', :'head', true) \gset hidden_
SELECT rui.create_project(:company, 'desk', 'Service desk', 'UTC') AS project \gset
SELECT id AS loader FROM rui.import_parties(:project, '[{"code": "loader", "name": "Loader"}]') \gset
CREATE TEMP TABLE team AS
WITH known AS (SELECT DISTINCT c.team FROM change c)
SELECT i.id, i.code AS team
FROM rui.import_parties(:project, (SELECT jsonb_agg(jsonb_build_object('code', k.team, 'name', 'Team ' || k.team)) FROM known k)) i;
SELECT count(rui.grant_role(:project, t.id, 'staff', '2016-01-01 00:00+00')), rui.grant_role(:project, :loader, 'loader', '2016-01-01 00:00+00')
FROM team t \gset hidden_
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT count(rui.set_ticket_category(:project, 'incident_' || c.category, c.category, c.category))
FROM (SELECT DISTINCT category FROM change) c \gset hidden_
SELECT rui.set_calendar(:project, 'desk', '{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]],"tue":[["08:00","18:00"]],"wed":[["08:00","18:00"]],"thu":[["08:00","18:00"]],"fri":[["08:00","18:00"]]}}') \gset hidden_
CREATE TEMP TABLE promise (priority integer PRIMARY KEY, calendar_code text, response interval, resolution interval, judged_by text,
	warnings text[], escalations interval[], escalate_in text);
INSERT INTO promise VALUES (1, 'always', '0:30', '4:00', 'wall', '{50%,1:00}', '{1:00,4:00}', 'wall'),
	(2, 'desk', '1:00', '8:00', 'working', '{80%}', '{2:00}', 'working'),
	(3, 'desk', '4:00', '30:00', 'working', '{80%}', '{10:00}', 'working'), (4, 'desk', '8:00', '50:00', 'wall', '{}', '{}', 'working');
SELECT count(rui.set_sla_policy(:project, p.calendar_code, p.response, resolution => p.resolution, priority => p.priority,
	judged_by => p.judged_by, warnings => p.warnings, escalations => p.escalations, escalate_in => p.escalate_in,
	notice_calendar => CASE WHEN p.priority > 1 THEN 'desk' END)) FROM promise p \gset hidden_
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_

-- The replay: one loop over all rows, a tick every morning. What a row becomes
-- follows from what it says and from the state its ticket is in.
CREATE TEMP TABLE played (number text, seq integer, ticket bigint, actions text[]);
CREATE FUNCTION pg_temp.replay(project bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	change record;
	tickets bigint[] := array_fill(NULL::bigint, ARRAY[(SELECT max(c.incident) FROM pg_temp.change c)]);
	pauses bigint[] := tickets; -- of clocks, by incident as well
	next_tick timestamptz := '2016-03-01 06:00+00';
	ticket bigint;
	state text;
	old_pause bigint;
	actions text[];
	rows_done bigint := 0;
BEGIN
	FOR change IN
		SELECT c.*, t.id AS worker FROM pg_temp.change c JOIN pg_temp.team t USING (team) ORDER BY c.at, c.number, c.seq
	LOOP
		WHILE next_tick < change.at LOOP
			PERFORM FROM rui.tick(project, next_tick);
			next_tick := next_tick + interval '24 hours';
		END LOOP;
		ticket := tickets[change.incident];
		SELECT t.state INTO state FROM rui.task t WHERE t.project_id = project AND t.id = ticket;
		actions := '{}';
		IF ticket IS NULL OR state = 'closed' AND change.stage IN ('working', 'waiting') THEN
			ticket := rui.open_ticket(project, 'incident_' || change.category, change.number, priority => change.priority, source => 'import',
				at => CASE WHEN ticket IS NULL THEN change.opened_at ELSE change.at END);
			tickets[change.incident] := ticket;
			pauses[change.incident] := NULL;
			state := 'new';
			actions := '{ticket.open}';
		ELSIF state = 'completed' AND change.stage IN ('working', 'waiting') THEN
			state := rui.reopen_ticket(project, ticket, 'back', at => change.at);
			actions := '{ticket.reopen}';
		END IF;
		old_pause := pauses[change.incident];
		IF old_pause IS NOT NULL AND (change.stage = 'working' OR change.cause <> change.cause_before) THEN
			PERFORM rui.resume_clocks(project, old_pause, at => change.at);
			pauses[change.incident] := NULL;
			actions := actions || 'clock.resume'::text;
		END IF;
		IF state = 'deferred' AND (change.stage IN ('working', 'done') OR change.cause <> change.cause_before) THEN
			state := rui.resume_ticket(project, ticket, at => change.at);
			actions := actions || 'ticket.resume'::text;
		END IF;
		CASE change.stage
			WHEN 'new' THEN
				IF change.stage_before <> 'new' THEN
					RAISE EXCEPTION 'incident % is new again', change.number;
				END IF;
				IF state = 'new' AND change.priority <> change.priority_before THEN
					state := rui.triage_ticket(project, ticket, priority => change.priority, at => change.at);
					actions := actions || 'ticket.triage'::text;
				END IF;
				IF change.team <> change.team_before THEN
					IF state = 'assigned' THEN
						state := rui.transfer_ticket(project, ticket, change.worker, 'passed on', at => change.at);
						actions := actions || 'ticket.transfer'::text;
					ELSE
						actions := actions || CASE state WHEN 'new' THEN '{ticket.triage,ticket.assign}'::text[] ELSE '{ticket.assign}' END;
						state := rui.assign_ticket(project, ticket, change.worker, at => change.at);
					END IF;
				END IF;
			WHEN 'working', 'done' THEN
				IF state IN ('new', 'triaged') THEN
					actions := actions || CASE state WHEN 'new' THEN '{ticket.triage,ticket.assign}'::text[] ELSE '{ticket.assign}' END;
					state := rui.assign_ticket(project, ticket, change.worker, at => change.at);
				END IF;
				IF state = 'assigned' THEN
					state := rui.accept_ticket(project, ticket, at => change.at);
					state := rui.arrive_ticket(project, ticket, at => change.at);
					actions := actions || '{ticket.accept,ticket.arrive}'::text[];
				END IF;
				IF change.stage = 'done' AND state = 'in_progress' THEN
					-- Ends a pause of its clocks too.
					state := rui.complete_ticket(project, ticket, 'resolved', at => change.at);
					pauses[change.incident] := NULL;
					actions := actions || 'ticket.complete'::text;
				END IF;
			WHEN 'waiting' THEN
				IF change.stage_before <> 'waiting' OR change.cause <> change.cause_before OR actions <> '{}' THEN
					IF state = 'in_progress' THEN
						state := rui.pause_ticket(project, ticket, 'waits', at => change.at, cause => change.cause);
						actions := actions || 'ticket.pause'::text;
					ELSE
						pauses[change.incident] := rui.pause_clocks(project, ticket, change.cause, at => change.at);
						actions := actions || 'clock.pause'::text;
					END IF;
				END IF;
			WHEN 'closed' THEN
				IF state = 'completed' THEN
					state := rui.close_ticket(project, ticket, at => change.at);
					actions := actions || 'ticket.close'::text;
				ELSIF state NOT IN ('closed', 'cancelled') THEN
					state := rui.cancel_ticket(project, ticket, 'closed unresolved', at => change.at);
					actions := actions || 'ticket.cancel'::text;
				END IF;
		END CASE;
		INSERT INTO pg_temp.played VALUES (change.number, change.seq, ticket, CASE actions WHEN '{}' THEN '{no change}'::text[] ELSE actions END);
		rows_done := rows_done + 1;
		IF rows_done IN (100, 1000, 5000) THEN
			-- What autovacuum would do between transactions.
			ANALYZE rui.task, rui.ticket, rui.task_clock, rui.clock_event, rui.clock_pause, rui.escalation;
		END IF;
	END LOOP;
	RETURN rows_done;
END
$$;
SELECT is(pg_temp.replay(:project), 34697::bigint, 'all rows are played');
ANALYZE rui.task, rui.ticket, rui.task_clock, rui.clock_event, rui.clock_pause, rui.escalation, played;

-- From here on the same once more, from the file alone. A part of an incident
-- is one ticket of it; a turn of a part is from one reopening to the next.
CREATE TEMP TABLE step AS
WITH silence AS (
	SELECT c.*, c.stage_before IN ('done', 'closed') AND c.stage IN ('working', 'waiting') AS comes_back,
		c.stage = 'done' AND c.stage_before IS DISTINCT FROM 'done' AS resolves,
		c.stage = 'waiting' AND (c.stage_before <> 'waiting' OR c.cause <> c.cause_before) IS NOT FALSE AS begins_to_wait,
		c.stage_before = 'waiting' AND (c.stage <> 'waiting' OR c.cause <> c.cause_before) AS waits_no_longer,
		c.stage = 'new' AND c.priority <> c.priority_before AS new_priority, c.stage = 'new' AND c.team <> c.team_before AS new_team,
		-- The first tick of a morning more than a week after it was resolved.
		date_trunc('day', max(c.at) FILTER (WHERE c.stage = 'done' AND c.stage_before IS DISTINCT FROM 'done') OVER before
			+ interval '162 hours', 'UTC') + interval '30 hours' AS silent_at
	FROM change c
	WINDOW before AS (PARTITION BY c.number ORDER BY c.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), part AS (
	SELECT s.*, s.stage_before = 'done' AND s.stage <> 'done' AND s.silent_at < s.at AS was_silent,
		s.stage_before IS NULL OR s.comes_back AND (s.stage_before = 'closed' OR s.silent_at < s.at) AS opens
	FROM silence s
), turn AS (
	SELECT p.*, count(*) FILTER (WHERE p.opens) OVER so_far AS part, count(*) FILTER (WHERE p.opens OR p.comes_back) OVER so_far AS turn,
		count(*) FILTER (WHERE p.new_priority OR p.new_team) OVER so_far AS new_changes,
		count(*) FILTER (WHERE p.new_team) OVER so_far AS new_teams
	FROM part p
	WINDOW so_far AS (PARTITION BY p.number ORDER BY p.seq)
)
SELECT t.*, t.stage IN ('working', 'done') AND count(*) FILTER (WHERE t.stage IN ('working', 'done')) OVER so_far = 1 AS takes_up,
	count(*) FILTER (WHERE t.stage IN ('working', 'done')) OVER so_far > 0 AS is_taken_up
FROM turn t
WINDOW so_far AS (PARTITION BY t.number, t.turn ORDER BY t.seq);
CREATE INDEX ON step (number, part, seq);
ANALYZE step;
SELECT is_empty('SELECT number FROM step WHERE comes_back AND NOT opens AND at = (SELECT max(d.at) FROM step d WHERE d.number = step.number AND d.resolves AND d.seq < step.seq)',
	'nothing is reopened in the minute it was resolved in');

-- No row is lost: what each became, and that the platform holds it.
CREATE TEMP TABLE expected_action AS
SELECT s.number, s.seq, a.action
FROM step s
CROSS JOIN LATERAL (
	SELECT 'ticket.open' WHERE s.opens
	UNION ALL SELECT 'ticket.reopen' WHERE s.comes_back AND NOT s.opens
	UNION ALL SELECT 'ticket.triage' WHERE s.new_changes = 1 AND (s.new_priority OR s.new_team)
	UNION ALL SELECT 'ticket.assign' WHERE s.new_teams = 1 AND s.new_team
	UNION ALL SELECT 'ticket.transfer' WHERE s.new_teams > 1 AND s.new_team
	UNION ALL SELECT 'ticket.triage' WHERE s.takes_up AND (s.part > 1 OR s.new_changes = 0) AND NOT EXISTS (
		SELECT FROM step o WHERE o.number = s.number AND o.part = s.part AND o.seq < s.seq AND o.takes_up)
	UNION ALL SELECT 'ticket.assign' WHERE s.takes_up AND (s.turn > 1 OR s.new_teams = 0)
	UNION ALL SELECT unnest('{ticket.accept,ticket.arrive}'::text[]) WHERE s.takes_up
	UNION ALL SELECT CASE WHEN s.is_taken_up THEN 'ticket.resume' ELSE 'clock.resume' END
		WHERE s.waits_no_longer AND s.stage IN ('waiting', 'working', 'done') AND NOT s.takes_up
	-- A pause of its clocks ends with the completion, else by itself.
	UNION ALL SELECT 'clock.resume' WHERE s.waits_no_longer AND s.takes_up AND s.stage = 'working'
	UNION ALL SELECT CASE WHEN s.is_taken_up THEN 'ticket.pause' ELSE 'clock.pause' END WHERE s.begins_to_wait
	UNION ALL SELECT 'ticket.complete' WHERE s.resolves
	UNION ALL SELECT 'ticket.close' WHERE s.stage = 'closed' AND s.stage_before = 'done' AND NOT s.was_silent
	UNION ALL SELECT 'ticket.cancel' WHERE s.stage = 'closed' AND s.stage_before NOT IN ('done', 'closed')) AS a(action);
ANALYZE expected_action;
INSERT INTO expected_action
SELECT s.number, s.seq, 'no change' FROM step s WHERE NOT EXISTS (SELECT FROM expected_action e WHERE e.number = s.number AND e.seq = s.seq);
CREATE TEMP TABLE done_action AS
SELECT p.number, p.seq, p.ticket, a.action FROM played p CROSS JOIN LATERAL unnest(p.actions) AS a(action);
SELECT is_empty('SELECT number, sys_mod_count FROM recorded EXCEPT SELECT number, seq FROM done_action', 'every row of the file is accounted for');
SELECT is_empty('(SELECT number, seq, action FROM done_action EXCEPT ALL SELECT * FROM expected_action)
	UNION ALL (SELECT * FROM expected_action EXCEPT ALL SELECT number, seq, action FROM done_action)',
	'each became what the rows before it make of it, or no change');
SELECT diag(format('%s: %s', action, count(*))) FROM done_action GROUP BY action ORDER BY count(*) DESC;
PREPARE holds AS
SELECT e.kind, count(*) FROM rui.event e
WHERE e.project_id = :project AND e.subject IN ('ticket', 'task') AND e.party_id = :loader GROUP BY 1 ORDER BY 1;
PREPARE counts AS SELECT action, count(*) FROM done_action WHERE action <> 'no change' GROUP BY 1 ORDER BY 1;
SELECT results_eq('holds', 'counts', 'the platform holds as many events of each kind');
SELECT is_empty(format($$SELECT d.ticket, d.action, CASE WHEN c.stage_before IS NULL AND d.action = 'ticket.open' THEN c.opened_at ELSE c.at END
	FROM done_action d JOIN change c USING (number, seq) WHERE d.action <> 'no change'
	EXCEPT ALL SELECT e.subject_id, e.kind, e.at FROM rui.event e WHERE e.project_id = %s$$, :project), 'each of its ticket and its time');
PREPARE silent AS
SELECT e.subject_id, e.at FROM rui.event e WHERE e.project_id = :project AND e.kind = 'ticket.close' AND e.party_id IS NULL ORDER BY 1;
PREPARE silently AS
SELECT DISTINCT p.ticket, s.silent_at FROM step s JOIN step o ON o.number = s.number AND o.part = s.part - s.opens::integer
JOIN played p ON p.number = o.number AND p.seq = o.seq WHERE s.was_silent ORDER BY 1;
SELECT results_eq('silent', 'silently', 'and closed by itself what was silent for a week');
SELECT is((SELECT count(*) FROM rui.ticket WHERE project_id = :project), (SELECT count(*) FROM step WHERE opens), 'a ticket for each part');

-- The facts of the clocks, from the file.
CREATE TEMP TABLE part AS
SELECT s.number, s.part, p.ticket, s.category, CASE WHEN s.part = 1 THEN s.opened_at ELSE s.at END AS starts_at, s.priority, c.at AS changed_at,
	c.priority AS new_priority, f.calendar_code, t.calendar_code AS new_code, coalesce(t.judged_by, f.judged_by) AS judged_by
FROM step s
JOIN played p ON p.number = s.number AND p.seq = s.seq
JOIN promise f ON f.priority = s.priority
-- A first change of priority, before any team has it, has other promises.
LEFT JOIN step c ON c.number = s.number AND c.part = s.part AND c.new_changes = 1 AND c.new_priority
LEFT JOIN promise t ON t.priority = c.priority
WHERE s.opens;
CREATE TEMP TABLE fact AS
SELECT p.number, p.part, t.target, x.event, x.at
FROM part p
CROSS JOIN unnest('{response,resolution}'::text[]) AS t(target)
CROSS JOIN LATERAL (
	SELECT 'start', p.starts_at
	UNION ALL
	SELECT 'retarget PT' || extract(epoch FROM CASE t.target WHEN 'response' THEN n.response ELSE n.resolution END)::integer || 'S', p.changed_at
	FROM promise n WHERE n.priority = p.new_priority
	UNION ALL
	SELECT CASE WHEN s.stage = 'closed' THEN 'end' WHEN s.comes_back AND t.target = 'resolution' THEN 'reopen' ELSE 'stop' END, s.at
	FROM step s
	WHERE s.number = p.number AND s.part = p.part AND CASE t.target
		WHEN 'resolution' THEN s.resolves OR s.comes_back AND NOT s.opens OR s.stage = 'closed' AND s.stage_before NOT IN ('done', 'closed')
		ELSE s.takes_up OR s.stage = 'closed' AND s.stage_before NOT IN ('done', 'closed') END
	UNION ALL
	-- What holds after all rows of a minute, where it did not before.
	SELECT CASE WHEN h.holds THEN 'pause' ELSE 'resume' END, h.at
	FROM (
		SELECT m.at, m.holds, lag(m.holds) OVER (ORDER BY m.at) AS held
		FROM (
			SELECT DISTINCT ON (s.at) s.at, t.target = ANY (s.holds) AS holds
			FROM step s WHERE s.number = p.number AND s.part = p.part ORDER BY s.at, s.seq DESC) AS m) AS h
	WHERE h.holds <> coalesce(h.held, false)) AS x(event, at);
ANALYZE part;
CREATE INDEX ON fact (number, part, target);
ANALYZE fact;
CREATE FUNCTION pg_temp.folded(project bigint, as_of timestamptz) RETURNS TABLE (ticket bigint, target text, calendar rui.calendar, judged_by text,
	clock rui.sla_clock, verdicts rui.clock_verdict[]) LANGUAGE sql AS $$
	SELECT p.ticket, t.target, w.calendar, p.judged_by, f.clock, f.verdicts
	FROM pg_temp.part p
	JOIN pg_temp.promise r ON r.priority = p.priority
	CROSS JOIN LATERAL (VALUES ('response', r.response), ('resolution', r.resolution)) AS t(target, length)
	CROSS JOIN LATERAL (
		SELECT CASE WHEN p.changed_at <= as_of AND p.new_code <> p.calendar_code
			THEN rui.calendar_until(rui._calendar_of(project, p.calendar_code), p.changed_at, rui._calendar_of(project, p.new_code))
			ELSE rui._calendar_of(project, p.calendar_code) END OFFSET 0) AS w(calendar)
	CROSS JOIN LATERAL (
		SELECT rui.fold_clock(w.calendar, t.length, CASE x.event WHEN 'end' THEN 'stop' ELSE x.event END, x.at ORDER BY x.at),
			rui.judge_clock(w.calendar, t.length, x.event, x.at, as_of ORDER BY x.at)
		FROM pg_temp.fact x
		WHERE x.number = p.number AND x.part = p.part AND x.target = t.target AND x.at <= as_of) AS f(clock, verdicts)
	WHERE f.clock IS NOT NULL$$;
-- How a verdict is shown: late by the wall is past due, by working time past the breach.
CREATE FUNCTION pg_temp.shown(judged_by text, v rui.clock_verdict, OUT due_at timestamptz, OUT breach_at timestamptz, OUT breached_at timestamptz,
	OUT on_time boolean, OUT late_working interval, OUT late_wall interval) LANGUAGE sql AS $$
	SELECT CASE WHEN b.breached_at IS NULL THEN v.due_at WHEN judged_by = 'wall' THEN v.wall_due_at ELSE v.working_due_at END,
		CASE WHEN b.breached_at IS NULL THEN v.breach_at WHEN judged_by = 'wall' THEN v.wall_breach_at ELSE v.working_breach_at END,
		b.breached_at, CASE WHEN NOT v.is_ended THEN b.breached_at IS NULL END,
		CASE WHEN NOT v.is_ended THEN greatest(interval '0', (v.clock::text::jsonb ->> 'elapsed')::interval - (v.clock::text::jsonb ->> 'target')::interval) END,
		CASE WHEN NOT v.is_ended THEN justify_interval(coalesce(v.stopped_at - v.wall_due_at, '0')) END
	FROM (SELECT CASE judged_by WHEN 'wall' THEN v.wall_due_at ELSE v.working_breach_at END) AS b(breached_at)$$;

CREATE TEMP TABLE expected AS SELECT * FROM pg_temp.folded(:project, 'infinity');
SELECT is((SELECT count(*) FROM expected), (SELECT count(*) FROM rui.task_clock WHERE project_id = :project), 'as many clocks');
SELECT is_empty(format($$SELECT e.ticket, e.target, e.clock::text, c.clock::text FROM expected e
	LEFT JOIN rui.task_clock c ON c.project_id = %s AND c.task_id = e.ticket AND c.target = e.target
	WHERE e.clock::text IS DISTINCT FROM c.clock::text LIMIT 5$$, :project), 'every clock is the fold of the rows, bit for bit');
SELECT is_empty(format($$SELECT e.ticket, e.target FROM expected e
	JOIN rui.task_clock c ON c.project_id = %s AND c.task_id = e.ticket AND c.target = e.target
	CROSS JOIN LATERAL (SELECT e.verdicts[cardinality(e.verdicts)]) AS l(v)
	CROSS JOIN LATERAL pg_temp.shown(e.judged_by, l.v) r
	WHERE (c.judged_by, c.cycle, c.state, c.stopped_at, c.due_at, c.breach_at, c.breached_at, c.on_time, c.late_working)
			IS DISTINCT FROM (e.judged_by, cardinality(e.verdicts), 'stopped', (l.v).stopped_at, r.due_at, r.breach_at, r.breached_at, r.on_time, r.late_working)
		OR justify_interval(c.late_wall) IS DISTINCT FROM r.late_wall LIMIT 5$$, :project), 'so are all verdicts');
SELECT is_empty(format($$SELECT e.ticket, e.target, n.cycle FROM expected e
	CROSS JOIN LATERAL unnest(e.verdicts) WITH ORDINALITY v(cycle, clock, due_at, breach_at, wall_due_at, wall_breach_at, working_due_at, working_breach_at, stopped_at, is_ended, n)
	CROSS JOIN LATERAL pg_temp.shown(e.judged_by, e.verdicts[v.n]) r
	FULL JOIN (SELECT * FROM rui.task_clock_cycle WHERE project_id = %s) n ON n.task_id = e.ticket AND n.target = e.target AND n.cycle = v.n
	WHERE (v.n < cardinality(e.verdicts)) IS DISTINCT FROM (n.cycle IS NOT NULL) OR n.cycle IS NOT NULL
		AND (n.stopped_at, n.due_at, n.breach_at, n.breached_at, n.on_time, n.late_working, justify_interval(n.late_wall))
			IS DISTINCT FROM (v.stopped_at, r.due_at, r.breach_at, r.breached_at, r.on_time, r.late_working, r.late_wall)$$, :project),
	'and those of the cycles before a reopening');
SELECT is_empty(format('SELECT * FROM rui.check_clocks(%s)', :project), 'the platform folds its own facts to the same');
SELECT is_empty(format($$(SELECT e.ticket, e.target, v.n, r.breached_at FROM expected e CROSS JOIN LATERAL generate_subscripts(e.verdicts, 1) AS v(n)
		CROSS JOIN LATERAL pg_temp.shown(e.judged_by, e.verdicts[v.n]) r WHERE r.breached_at IS NOT NULL
	EXCEPT ALL SELECT task_id, target, cycle, at FROM rui.escalation WHERE project_id = %s AND level = 0)
	UNION ALL (SELECT task_id, target, cycle, at FROM rui.escalation WHERE project_id = %1$s AND level = 0
	EXCEPT ALL SELECT e.ticket, e.target, v.n, r.breached_at FROM expected e CROSS JOIN LATERAL generate_subscripts(e.verdicts, 1) AS v(n)
		CROSS JOIN LATERAL pg_temp.shown(e.judged_by, e.verdicts[v.n]) r WHERE r.breached_at IS NOT NULL)$$, :project),
	'every breach was told once, with its instant, and nothing else');

-- As it was, by the rows until then: on a first day, in the night, when all is busy, late.
CREATE FUNCTION pg_temp.unlike(project bigint, instant timestamptz) RETURNS bigint LANGUAGE sql AS $$
	WITH by_file AS (
		SELECT f.ticket, f.target, cardinality(f.verdicts), rui.clock_state(f.clock), r.due_at, r.breach_at,
			rui.clock_elapsed(f.clock, f.calendar, instant), rui.clock_remaining(f.clock, f.calendar, instant), r.breached_at IS NOT NULL
		FROM pg_temp.folded(project, instant) f
		CROSS JOIN LATERAL pg_temp.shown(f.judged_by, f.verdicts[cardinality(f.verdicts)]) r
	), known AS MATERIALIZED (SELECT * FROM rui.sla_as_of(project, instant, true))
	SELECT (SELECT count(*) FROM (SELECT * FROM by_file EXCEPT ALL SELECT * FROM known) a)
		+ (SELECT count(*) FROM (SELECT * FROM known EXCEPT ALL SELECT * FROM by_file) b)
		+ (SELECT count(*) FROM (SELECT * FROM rui.sla_as_of(project, instant) EXCEPT ALL SELECT * FROM known WHERE state <> 'stopped') c)$$;
SELECT is(pg_temp.unlike(:project, i.instant), 0::bigint, 'clocks as of ' || i.instant)
FROM unnest('{2016-03-01 15:00:30+00,2016-03-07 03:11:00+00,2016-03-11 10:30:00+00,2016-03-16 17:59:59+00,2016-05-02 12:00:00+00}'::timestamptz[]) AS i(instant);

-- What the desk itself noted is by promises that are not known: no more than a figure.
CREATE TEMP TABLE agreement AS
SELECT l.priority, l.made_sla, k.on_time
FROM (SELECT DISTINCT ON (number) number, priority, made_sla FROM change ORDER BY number, seq DESC) l
JOIN (SELECT p.number, bool_and(o.on_time) AS on_time FROM part p JOIN rui.clock_outcome o ON o.project_id = :project AND o.task_id = p.ticket
	WHERE o.target = 'resolution' GROUP BY 1) k USING (number);
SELECT diag(format('priority %s: %s of %s verdicts are those recorded; on time: ours %s, recorded %s', coalesce(priority::text, 'any'),
	count(*) FILTER (WHERE on_time = made_sla), count(*), count(*) FILTER (WHERE on_time), count(*) FILTER (WHERE made_sla)))
FROM agreement GROUP BY ROLLUP (priority) ORDER BY priority;

SET CONSTRAINTS rui.give_number IMMEDIATE; -- numbers, which a commit would give
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :project), 'no invariant is broken');
CREATE TEMP TABLE judged AS
SELECT c.target, date_trunc('month', rui.clock_started_at(c.clock) AT TIME ZONE 'UTC')::date AS month, rui.clock_started_at(c.clock) AS started_at, 'incident_' || p.category AS category,
	c.on_time, c.late_working, c.late_wall
FROM rui.task_clock c JOIN part p ON p.ticket = c.task_id WHERE c.project_id = :project AND c.on_time IS NOT NULL
UNION ALL
SELECT y.target, date_trunc('month', y.started_at AT TIME ZONE 'UTC')::date, y.started_at, 'incident_' || p.category, y.on_time, y.late_working, y.late_wall
FROM rui.task_clock_cycle y JOIN part p ON p.ticket = y.task_id WHERE y.project_id = :project AND y.on_time IS NOT NULL;
PREPARE by_hand AS
SELECT target, month, category, count(*), count(*) FILTER (WHERE on_time), count(*) FILTER (WHERE NOT on_time),
	count(*) FILTER (WHERE late_working > '0'), count(*) FILTER (WHERE late_wall > '0'), 0::bigint, 0::bigint, round(avg(on_time::integer), 4)
FROM judged GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
PREPARE by_view AS
SELECT target, month, category, clocks, on_time, late, late_working, late_wall, running, running_late, share
FROM rui.attainment_by_category WHERE project_id = :project ORDER BY 1, 2, 3;
SELECT results_eq('by_view', 'by_hand', 'attainment by category is what the clocks sum up to');
SELECT is_empty(format($$SELECT target, month, sum(clocks), sum(on_time), sum(late) FROM rui.attainment_by_%s WHERE project_id = %s GROUP BY 1, 2
	EXCEPT SELECT target, month, count(*), count(*) FILTER (WHERE on_time), count(*) FILTER (WHERE NOT on_time) FROM judged GROUP BY 1, 2$$, v.split, :project),
	'so it is by ' || v.split)
FROM unnest('{grid,steward,hour}'::text[]) AS v(split);
SELECT * FROM finish();
ROLLBACK;
\else
\echo '1..0 # SKIP no data: RUI_DATA names no folder with itsm_incidents'
\endif
