-- A month of needs, lived through: what residents, stewards and the clock do,
-- in order of time, through the functions any client calls.
--
-- Reads :project, :loader, need_row and unit_row. Where a need has a recorded
-- closing time it is done then; otherwise durations follow chance by the seed.

CREATE TEMP TABLE agenda (
	at timestamptz NOT NULL,
	seq bigint GENERATED ALWAYS AS IDENTITY,
	action text NOT NULL,
	need bigint,
	ticket bigint,
	PRIMARY KEY (at, seq)
);
CREATE TEMP TABLE lived (
	need bigint PRIMARY KEY,
	ticket bigint NOT NULL UNIQUE,
	rejected boolean NOT NULL DEFAULT false
);
CREATE TEMP TABLE tally (action text PRIMARY KEY, calls bigint NOT NULL);

INSERT INTO agenda (at, action, need)
SELECT n.opened_at, 'open', n.need FROM need_row n ORDER BY n.need;
INSERT INTO agenda (at, action, need)
SELECT n.closes_at, 'finish', n.need FROM need_row n WHERE n.closes_at IS NOT NULL ORDER BY n.need;
-- The platform's own rhythm: dispatch and duties now and then during the
-- month, duties once a day until the last recorded closing.
INSERT INTO agenda (at, action)
SELECT t, 'dispatch' FROM generate_series(:'month_start'::timestamp AT TIME ZONE :'time_zone',
	(:'month_end'::timestamp) AT TIME ZONE :'time_zone', :'dispatch_every'::interval) AS t;
INSERT INTO agenda (at, action)
SELECT t, 'tick' FROM generate_series(:'month_start'::timestamp AT TIME ZONE :'time_zone',
	(:'month_end'::timestamp) AT TIME ZONE :'time_zone', :'tick_every'::interval) AS t;
INSERT INTO agenda (at, action)
SELECT t, 'tick' FROM generate_series((:'month_end'::timestamp) AT TIME ZONE :'time_zone',
	(SELECT max(closes_at) FROM need_row) + interval '1 day', interval '1 day') AS t;
ANALYZE agenda;

CREATE FUNCTION pg_temp.plan(at timestamptz, action text, need bigint, ticket bigint) RETURNS void LANGUAGE sql
AS $$INSERT INTO pg_temp.agenda (at, action, need, ticket) VALUES ($1, $2, $3, $4)$$;

-- Minutes between low and high, mostly near low.
CREATE FUNCTION pg_temp.minutes(what text, low float8, high float8) RETURNS interval LANGUAGE sql STABLE
RETURN make_interval(secs => round((low + (high - low) * pg_temp.chance(what) ^ 3) * 60));

-- After a dispatch: everybody who got something new answers.
CREATE FUNCTION pg_temp.answer_offers(project bigint, now_at timestamptz) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE
	offered record;
BEGIN
	FOR offered IN
		SELECT l.need, l.ticket, n.key, n.is_emergency, n.is_recorded, l.rejected
		FROM rui.task t JOIN pg_temp.lived l ON l.ticket = t.id JOIN pg_temp.need_row n ON n.need = l.need
		WHERE t.project_id = project AND t.state = 'assigned'
			AND NOT EXISTS (SELECT FROM pg_temp.agenda a WHERE a.ticket = l.ticket AND a.action IN ('accept', 'reject'))
		ORDER BY l.need
	LOOP
		IF NOT offered.rejected AND NOT offered.is_recorded AND pg_temp.chance('reject' || offered.key) < 0.02 THEN
			PERFORM pg_temp.plan(now_at + interval '3 minutes', 'reject', offered.need, offered.ticket);
		ELSE
			PERFORM pg_temp.plan(now_at + CASE WHEN offered.is_recorded THEN interval '0'
				WHEN offered.is_emergency THEN interval '1 minute'
				ELSE pg_temp.minutes('accept' || offered.key, 1, 50) END, 'accept', offered.need, offered.ticket);
		END IF;
	END LOOP;
END
$$;

CREATE FUNCTION pg_temp.live_one(project bigint, item pg_temp.agenda) RETURNS void LANGUAGE plpgsql
AS $$
DECLARE
	n pg_temp.need_row;
	ticket_id bigint := item.ticket;
	present text;
	helper bigint;
BEGIN
	IF item.need IS NOT NULL THEN
		SELECT r.* INTO n FROM pg_temp.need_row r WHERE r.need = item.need;
	END IF;
	IF item.action = 'finish' THEN
		SELECT l.ticket INTO ticket_id FROM pg_temp.lived l WHERE l.need = item.need;
	END IF;
	IF ticket_id IS NOT NULL THEN
		SELECT t.state INTO present FROM rui.task t WHERE t.project_id = project AND t.id = ticket_id;
	END IF;
	CASE item.action
	WHEN 'open' THEN
		ticket_id := rui.open_ticket(project, category => n.category,
			details => coalesce(initcap(n.category) || ', ' || n.unit, n.category), unit_id => n.unit_id,
			is_emergency => n.is_emergency, source => n.source, agreed_resolution => n.agreed_resolution,
			request_key => 'need-' || n.key, at => item.at);
		INSERT INTO pg_temp.lived (need, ticket) VALUES (n.need, ticket_id);
		IF n.is_emergency THEN
			PERFORM pg_temp.plan(item.at, 'dispatch', NULL, NULL);
		ELSIF NOT n.is_recorded AND pg_temp.chance('cancel' || n.key) < 0.02 THEN
			PERFORM pg_temp.plan(item.at + interval '6 minutes', 'cancel', n.need, ticket_id);
		END IF;
	WHEN 'dispatch' THEN
		IF EXISTS (SELECT FROM rui.task t WHERE t.project_id = project AND t.state IN ('new', 'triaged')) THEN
			PERFORM rui.dispatch(project, at => item.at);
			PERFORM pg_temp.answer_offers(project, item.at);
		END IF;
	WHEN 'tick' THEN
		PERFORM rui.tick(project, at => item.at);
	WHEN 'reject' THEN
		IF present = 'assigned' THEN
			PERFORM rui.reject_ticket(project, ticket_id, reason => 'at another job', at => item.at);
			UPDATE pg_temp.lived l SET rejected = true WHERE l.ticket = ticket_id;
		END IF;
	WHEN 'cancel' THEN
		IF present IN ('new', 'triaged', 'assigned') THEN
			PERFORM rui.cancel_ticket(project, ticket_id, reason => 'solved by the resident', at => item.at);
		END IF;
	WHEN 'accept' THEN
		IF present = 'assigned' THEN
			PERFORM rui.accept_ticket(project, ticket_id, at => item.at);
			IF NOT n.is_recorded THEN
				PERFORM pg_temp.plan(item.at + pg_temp.minutes('depart' || n.key, 1, 70), 'depart', n.need, ticket_id);
			END IF;
		END IF;
	WHEN 'depart' THEN
		PERFORM rui.depart_ticket(project, ticket_id, at => item.at);
		PERFORM pg_temp.plan(item.at + pg_temp.minutes('walk' || n.key, 3, 20), 'arrive', n.need, ticket_id);
	WHEN 'arrive' THEN
		PERFORM rui.arrive_ticket(project, ticket_id, at => item.at);
		PERFORM pg_temp.plan(item.at + pg_temp.minutes('work' || n.key, 8, 280),
			CASE WHEN n.category IN ('plumbing', 'electric', 'lift') AND pg_temp.chance('parts' || n.key) < 0.12 THEN 'pause' ELSE 'complete' END,
			n.need, ticket_id);
	WHEN 'pause' THEN
		PERFORM rui.pause_ticket(project, ticket_id, reason => 'waiting for parts', cause => 'parts', at => item.at);
		PERFORM pg_temp.plan(item.at + pg_temp.minutes('delivery' || n.key, 200, 3000), 'resume', n.need, ticket_id);
	WHEN 'resume' THEN
		PERFORM rui.resume_ticket(project, ticket_id, at => item.at);
		PERFORM pg_temp.plan(item.at + pg_temp.minutes('fit' || n.key, 10, 60), 'complete', n.need, ticket_id);
	WHEN 'complete' THEN
		-- Payable work is charged, or somebody says why not.
		PERFORM rui.complete_ticket(project, ticket_id, outcome => 'done', charge_amount => n.charge_amount,
			charge_waiver => (SELECT 'covered by the warranty' FROM pg_temp.category_row c
				WHERE c.code = n.category AND c.fee IS NOT NULL AND n.charge_amount IS NULL AND n.key NOT LIKE '%.again'),
			at => item.at);
		IF pg_temp.chance('reopen' || n.key) < 0.015 THEN
			PERFORM pg_temp.plan(item.at + pg_temp.minutes('again' || n.key, 60, 900), 'reopen', n.need, ticket_id);
		ELSE
			IF pg_temp.chance('rate' || n.key) < 0.45 THEN
				PERFORM pg_temp.plan(item.at + pg_temp.minutes('rating' || n.key, 10, 600), 'rate', n.need, ticket_id);
			END IF;
			IF pg_temp.chance('call' || n.key) < 0.8 THEN
				PERFORM pg_temp.plan(item.at + pg_temp.minutes('called' || n.key, 240, 3600), 'call_back', n.need, ticket_id);
			END IF;
			PERFORM pg_temp.plan(item.at + interval '1 day', 'close', n.need, ticket_id);
		END IF;
	WHEN 'call_back' THEN
		PERFORM rui.call_back_ticket(project, ticket_id, is_satisfied => pg_temp.chance('content' || n.key) < 0.93, at => item.at);
	WHEN 'rate' THEN
		PERFORM rui.rate_ticket(project, ticket_id,
			score => CASE WHEN item.at - n.opened_at > interval '1 day' THEN 1 + floor(pg_temp.chance('score' || n.key) * 4)::int
				ELSE least(5, 3 + floor(pg_temp.chance('score' || n.key) * 3.4)::int) END, at => item.at);
	WHEN 'reopen' THEN
		PERFORM rui.reopen_ticket(project, ticket_id, reason => 'it came back', at => item.at);
		DELETE FROM pg_temp.agenda a WHERE a.ticket = ticket_id AND a.action IN ('accept', 'reject');
		-- The second time it lasts.
		UPDATE pg_temp.need_row r SET key = r.key || '.again', charge_amount = NULL WHERE r.need = n.need;
	WHEN 'close' THEN
		IF present = 'completed' THEN
			PERFORM rui.close_ticket(project, ticket_id, at => item.at);
		END IF;
	WHEN 'finish' THEN
		-- A recorded closing: whoever has it, or a hand picks somebody, does it now.
		IF present IN ('new', 'triaged') THEN
			PERFORM rui.dispatch(project, at => item.at);
			PERFORM pg_temp.answer_offers(project, item.at);
			SELECT t.state INTO present FROM rui.task t WHERE t.project_id = project AND t.id = ticket_id;
		END IF;
		IF present IN ('new', 'triaged') THEN
			SELECT s.party_id INTO helper FROM rui.shift s
			WHERE s.project_id = project AND s.during @> item.at ORDER BY s.id LIMIT 1;
			IF present = 'new' THEN
				PERFORM rui.triage_ticket(project, ticket_id, at => item.at);
			END IF;
			PERFORM rui.assign_ticket(project, ticket_id, worker_id => helper, reason => 'closed as recorded', at => item.at);
			present := 'assigned';
		END IF;
		IF present = 'assigned' THEN
			PERFORM rui.accept_ticket(project, ticket_id, at => item.at);
		END IF;
		PERFORM rui.arrive_ticket(project, ticket_id, at => item.at);
		PERFORM rui.complete_ticket(project, ticket_id, outcome => 'closed as recorded', at => item.at);
	END CASE;
	INSERT INTO pg_temp.tally AS t (action, calls) VALUES (item.action, 1)
	ON CONFLICT (action) DO UPDATE SET calls = t.calls + 1;
END
$$;

-- One short transaction for each command, as clients would; who acts has to be
-- said in each.
CREATE PROCEDURE pg_temp.live(project bigint, loader bigint) LANGUAGE plpgsql
AS $$
DECLARE
	item pg_temp.agenda;
	lived bigint := 0;
BEGIN
	LOOP
		-- Plans made while the tables were empty would be kept.
		IF lived % 4000 = 1000 THEN
			ANALYZE rui.task, rui.ticket, rui.task_clock, rui.clock_event, rui.event, rui.dispatch_plan, rui.dispatch_candidate, rui.dispatch_price;
		END IF;
		lived := lived + 1;
		PERFORM set_config('rui.party_id', loader::text, true);
		DELETE FROM pg_temp.agenda a
		WHERE (a.at, a.seq) = (SELECT b.at, b.seq FROM pg_temp.agenda b ORDER BY b.at, b.seq LIMIT 1)
		RETURNING a.* INTO item;
		EXIT WHEN NOT FOUND;
		PERFORM pg_temp.live_one(project, item);
		COMMIT;
	END LOOP;
END
$$;
ALTER TABLE need_row ADD COLUMN unit_id bigint;
UPDATE need_row n SET unit_id = u.id FROM rui.unit u WHERE u.project_id = :project AND u.code = n.unit;
ALTER TABLE need_row ADD PRIMARY KEY (need);
CREATE INDEX ON agenda (ticket);
CALL pg_temp.live(:project, :loader);
ANALYZE rui.task, rui.ticket, rui.task_clock, rui.task_clock_cycle, rui.clock_event, rui.clock_pause, rui.escalation, rui.event;
