-- Dispatching: a batch, one task, by duty, and emergencies at once. All go the
-- same way: change or make the match, lock what moves, write it down. Lists
-- may be long: whether a task is in one is asked of a hash.

CREATE FUNCTION rui._dispatch_now(project_id bigint, only_task bigint, at timestamptz, OUT run_id bigint, OUT tasks integer,
	OUT assigned integer, OUT waiting integer, OUT moved integer, OUT objective double precision, OUT duration interval)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	began CONSTANT timestamptz := clock_timestamp();
	setting CONSTANT jsonb := rui._dispatch_weights(project_id);
	is_batch CONSTANT boolean := only_task IS NULL;
	by_load CONSTANT double precision := setting ->> 'load';
	by_move CONSTANT double precision := setting ->> 'move';
	is_fresh boolean := is_batch OR NOT rui._is_match_valid(project_id, setting, at);
	suspects bigint[];
	shaken bigint[];
	told bigint[];
	missing bigint[];
	untouched bigint[] := '{}';
	spared rui.dispatch_plan[] := '{}';
	astray bigint[];
	moves bigint[];
	weighed rui.dispatch_pair[];
	weighed_again rui.dispatch_pair[];
	known_workers rui.dispatch_worker[];
	unweighed bigint[];
	workers bigint[];
	offers rui.dispatch_offer[];
	worker_count integer;
	done bigint[];
	written bigint;
BEGIN
	IF is_fresh THEN
		-- Opened while another plan of grids was activated. Dispatch waits for no task: who has one in hand may wait for it.
		astray := ARRAY(SELECT t.id FROM rui.task t JOIN rui.grid g ON g.project_id = t.project_id AND g.id = t.grid_id
			JOIN rui.grid_plan p ON p.project_id = g.project_id AND p.id = g.plan_id AND p.state <> 'active'
			WHERE t.project_id = _dispatch_now.project_id AND t.state IN ('new', 'triaged')
			ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED);
		IF astray <> '{}' THEN
			PERFORM rui._relocate_tasks(project_id, at, astray);
		END IF;
		PERFORM rui._keep_travel(project_id, ARRAY(
			SELECT w.place FROM rui._dispatch_workers(_dispatch_now.project_id, at) w WHERE w.rule IS NULL OR w.rule = 'no_capacity'))
		WHERE rui._has_streets(_dispatch_now.project_id);
		known_workers := rui._make_match(project_id, setting, at);
	ELSE
		-- Streets that changed are drawn once, not by each dispatch until the next batch.
		PERFORM rui._keep_travel(project_id, '{}');
		SELECT c.suspects, c.weighed, c.workers INTO suspects, weighed, known_workers
		FROM rui._change_match(_dispatch_now.project_id, setting, _dispatch_now.at, ARRAY[only_task], '{}') c;
		PERFORM rui._keep_travel(project_id, ARRAY(SELECT w.place FROM unnest(known_workers) w WHERE w.rule IS NULL));
	END IF;
	LOOP
		told := ARRAY(SELECT l.task_id FROM rui.dispatch_plan l
			WHERE l.project_id = _dispatch_now.project_id AND (suspects IS NULL OR l.task_id = ANY (suspects))
				AND l.party_id IS DISTINCT FROM l.offered_id);
		-- What somebody has in hand this moment, or has moved meanwhile, is not waited for.
		moves := ARRAY(SELECT t.id FROM rui.task t
			JOIN rui.dispatch_plan l ON l.project_id = t.project_id AND l.task_id = t.id
			WHERE t.project_id = _dispatch_now.project_id AND t.id = ANY (told) AND t.last_at <= _dispatch_now.at
				AND (l.offered_id IS NULL AND t.state IN ('new', 'triaged')
					OR t.state = 'assigned' AND t.executor_id = l.offered_id AND t.assigned_at = l.offered_at)
			ORDER BY t.id
			FOR NO KEY UPDATE OF t SKIP LOCKED);
		missing := ARRAY(SELECT unnest(told) EXCEPT SELECT unnest(moves) ORDER BY 1);
		IF missing <> '{}' THEN
			untouched := untouched || missing;
			spared := spared || ARRAY(SELECT l FROM rui.dispatch_plan l
				WHERE l.project_id = _dispatch_now.project_id AND l.task_id = ANY (missing) AND l.offered_id IS NOT NULL);
			SELECT c.suspects, c.weighed INTO shaken, weighed_again FROM rui._change_match(_dispatch_now.project_id, setting, _dispatch_now.at, '{}', ARRAY(
				SELECT l.offered_id FROM rui.dispatch_plan l
				WHERE l.project_id = _dispatch_now.project_id AND l.task_id = ANY (missing) AND l.offered_id IS NOT NULL), untouched) c;
			weighed := ARRAY(SELECT w FROM unnest(weighed) w WHERE w.task_id NOT IN (SELECT a.task_id FROM unnest(weighed_again) a)) || weighed_again;
			-- Null stands for all.
			suspects := CASE WHEN NOT is_fresh THEN suspects || shaken END;
			CONTINUE;
		END IF;
		IF is_fresh THEN
			-- All was weighed as of one moment: what somebody changed between that and now, when it is locked, is weighed again.
			EXIT WHEN NOT EXISTS (SELECT FROM rui.dispatch_change c
				WHERE c.project_id = _dispatch_now.project_id AND c.task_id IN (SELECT unnest(moves)));
			PERFORM rui._change_match(project_id, setting, at, '{}', '{}', untouched);
			CONTINUE;
		END IF;
		-- Weighed in this call already, unless somebody changed it before it was locked.
		unweighed := ARRAY(SELECT u.id FROM unnest(moves) AS u(id)
			WHERE u.id NOT IN (SELECT w.task_id FROM unnest(weighed) w)
				OR u.id IN (SELECT c.task_id FROM rui.dispatch_change c WHERE c.project_id = _dispatch_now.project_id AND c.task_id IS NOT NULL));
		IF unweighed <> '{}' THEN
			weighed := ARRAY(SELECT w FROM unnest(weighed) w WHERE w.task_id NOT IN (SELECT unnest(unweighed))) || ARRAY(
				SELECT p::rui.dispatch_pair
				FROM rui._dispatch_pairs(_dispatch_now.project_id, setting, at, unweighed, NULL, true, known_workers) p);
		END IF;
		-- What the match does not hear of: a role or a qualification was taken away.
		EXIT WHEN NOT EXISTS (
			SELECT FROM rui.dispatch_plan l
			JOIN unnest(weighed) p ON p.task_id = l.task_id AND p.party_id = l.party_id
			WHERE l.project_id = _dispatch_now.project_id AND l.task_id = ANY (moves) AND p.rule NOT IN ('no_capacity', 'outside_ring'));
		known_workers := rui._make_match(project_id, setting, at);
		is_fresh := true;
		suspects := NULL;
		IF untouched <> '{}' THEN
			PERFORM rui._change_match(project_id, setting, at, '{}', ARRAY(
				SELECT l.offered_id FROM rui.dispatch_plan l
				WHERE l.project_id = _dispatch_now.project_id AND l.task_id = ANY (untouched) AND l.offered_id IS NOT NULL), untouched);
		END IF;
	END LOOP;
	-- The next dispatch looks at them again: whose hand it was in may have done nothing.
	INSERT INTO rui.dispatch_change (project_id, task_id, party_ids, offered_id, offered_at)
	SELECT _dispatch_now.project_id, u.id, ARRAY(SELECT t.executor_id FROM rui.task t
		WHERE t.project_id = _dispatch_now.project_id AND t.id = u.id AND t.executor_id IS NOT NULL), s.offered_id, s.offered_at
	FROM unnest(untouched) AS u(id)
	LEFT JOIN unnest(spared) AS s ON s.task_id = u.id;

	IF is_batch THEN
		objective := rui._match_objective(project_id, by_load, by_move);
	END IF;
	WITH plan AS MATERIALIZED (
		SELECT l.task_id, l.party_id, l.offered_id FROM rui.dispatch_plan l
		WHERE l.project_id = _dispatch_now.project_id
			AND (l.task_id IN (SELECT unnest(moves)) OR l.party_id IS NULL AND (is_batch OR l.task_id = only_task))
	), pair AS MATERIALIZED (
		SELECT p.* FROM unnest(weighed) p WHERE NOT is_fresh
		UNION ALL
		-- The match has the sums of all pairs: of what it plans the terms are asked, person by person.
		SELECT p.* FROM (SELECT l.party_id, array_agg(l.task_id) AS task_ids FROM plan l WHERE is_fresh AND l.party_id IS NOT NULL GROUP BY l.party_id) g
		CROSS JOIN LATERAL rui._dispatch_pairs(_dispatch_now.project_id, setting, at, g.task_ids, ARRAY[g.party_id], true, known_workers) p
	), candidate AS MATERIALIZED (
		SELECT p.task_id, p.party_id, p.rule IS NULL AS has_room, p.penalty FROM pair p
		WHERE NOT is_fresh AND (p.party_id IS NULL OR p.rule IS NULL OR p.rule = 'no_capacity')
		UNION ALL
		SELECT c.task_id, o.party_id, o.party_id NOT IN (SELECT q.party_id FROM rui.dispatch_price q
			WHERE q.project_id = _dispatch_now.project_id AND q.fixed >= q.capacity), c.penalty
		FROM plan l JOIN rui.dispatch_candidate c ON c.project_id = _dispatch_now.project_id AND c.task_id = l.task_id
		LEFT JOIN LATERAL unnest(c.party_ids) AS o(party_id) ON true
		WHERE is_fresh
	), counted AS (
		SELECT p.task_id, count(p.party_id)::integer AS pairs, count(p.party_id) FILTER (WHERE p.has_room)::integer AS free, min(p.penalty) AS penalty
		FROM candidate p GROUP BY p.task_id
	)
	SELECT array_agg(ROW(_dispatch_now.project_id, NULL, l.task_id, l.party_id, l.offered_id,
			CASE WHEN l.party_id IS NULL AND l.offered_id IS NOT NULL THEN 'withdrawn' WHEN l.offered_id IS NOT NULL THEN 'moved'
				WHEN l.party_id IS NOT NULL THEN 'assigned' WHEN n.pairs = 0 THEN 'no_candidate' ELSE 'waits' END,
			n.free, p.walk_m, p.walk_cost, p.away_cost, p.level_cost, p.refused_cost, p.missed_cost, p.stranger_cost, p.load_cost, p.cost + p.load_cost, n.penalty, rui._record_time())::rui.dispatch_offer
			ORDER BY l.task_id),
		(SELECT count(*) FROM (SELECT DISTINCT q.party_id FROM candidate q JOIN plan m ON m.task_id = q.task_id WHERE q.party_id IS NOT NULL AND q.has_room) d)
	INTO offers, worker_count
	FROM plan l
	JOIN counted n ON n.task_id = l.task_id
	LEFT JOIN pair p ON p.task_id = l.task_id AND p.party_id = l.party_id;

	IF moves <> '{}' THEN
		workers := ARRAY(SELECT l.party_id FROM unnest(moves) WITH ORDINALITY AS u(id, n)
			JOIN rui.dispatch_plan l ON l.project_id = _dispatch_now.project_id AND l.task_id = u.id ORDER BY u.n);
		done := rui._assign_tickets(project_id, moves, workers, 'dispatch', at);
		IF done <> moves THEN
			RAISE EXCEPTION 'dispatch moved tasks % instead of %', done, moves USING ERRCODE = 'internal_error';
		END IF;
		PERFORM rui._match_apply(project_id, nextval('rui.dispatch_version'), by_load, by_move, moves, at);
		-- What it did itself it need not be told.
		DELETE FROM rui.dispatch_change c
		WHERE c.project_id = _dispatch_now.project_id AND c.transaction = pg_current_xact_id() AND c.task_id IN (SELECT unnest(moves));
	END IF;
	tasks := (SELECT count(*) FROM unnest(offers) o WHERE o.outcome IN ('assigned', 'waits', 'no_candidate'));
	assigned := (SELECT count(*) FROM unnest(offers) o WHERE o.outcome = 'assigned');
	waiting := tasks - assigned;
	moved := (SELECT count(*) FROM unnest(offers) o WHERE o.outcome IN ('moved', 'withdrawn'));
	IF offers IS NOT NULL THEN
		INSERT INTO rui.dispatch_run AS r (project_id, at, is_batch, weights, tasks, workers, assigned, waiting, moved, objective, duration)
		VALUES (_dispatch_now.project_id, _dispatch_now.at, is_batch, setting, _dispatch_now.tasks, worker_count, _dispatch_now.assigned,
			_dispatch_now.waiting, _dispatch_now.moved, _dispatch_now.objective, clock_timestamp() - began)
		RETURNING r.id INTO run_id;
		INSERT INTO rui.dispatch_offer (project_id, run_id, task_id, party_id, former_id, outcome, candidates, walk_m, walk_cost, away_cost,
			level_cost, refused_cost, missed_cost, stranger_cost, load_cost, cost, penalty)
		SELECT o.project_id, _dispatch_now.run_id, o.task_id, o.party_id, o.former_id, o.outcome, o.candidates, o.walk_m, o.walk_cost,
			o.away_cost, o.level_cost, o.refused_cost, o.missed_cost, o.stranger_cost, o.load_cost, o.cost, o.penalty
		FROM unnest(offers) o
		-- What waits as it did before is not told again.
		WHERE o.party_id IS NOT NULL OR o.former_id IS NOT NULL OR NOT EXISTS (
			SELECT FROM (SELECT l.outcome, l.candidates FROM rui.dispatch_offer l
				WHERE l.project_id = o.project_id AND l.task_id = o.task_id ORDER BY l.run_id DESC LIMIT 1) l
			WHERE l.outcome = o.outcome AND l.candidates = o.candidates);
		GET DIAGNOSTICS written = ROW_COUNT;
		IF is_batch AND written > 0 THEN
			PERFORM rui._emit(project_id, 'dispatch.run', 'dispatch_run', run_id, at,
				jsonb_build_object('tasks', tasks, 'assigned', assigned, 'waiting', waiting, 'moved', moved));
		END IF;
	END IF;
	duration := clock_timestamp() - began;
END
$$;
COMMENT ON FUNCTION rui._dispatch_now(bigint, bigint, timestamptz) IS
'Internal: dispatches what waits in a project (only_task null), or one task more, as rui.dispatch and rui.dispatch_task tell. The caller holds the project''s rui.dispatch_state.';

CREATE FUNCTION rui._match_objective(project_id bigint, load_cost double precision, rebate double precision) RETURNS double precision
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((
		SELECT sum(CASE WHEN l.party_id IS NULL THEN c.penalty
			ELSE c.costs[array_position(c.party_ids, l.party_id)] - CASE WHEN l.party_id = l.offered_id THEN rebate ELSE 0 END END)
		FROM rui.dispatch_plan l JOIN rui.dispatch_candidate c ON c.project_id = l.project_id AND c.task_id = l.task_id
		WHERE l.project_id = _match_objective.project_id), 0)
		+ coalesce((SELECT sum(load_cost * (p.fixed * p.load + p.load * (p.load - 1) / 2.0)) FROM rui.dispatch_price p
			WHERE p.project_id = _match_objective.project_id), 0);
END
$$;
COMMENT ON FUNCTION rui._match_objective(bigint, double precision, double precision) IS
'Internal: what the standing match makes least: costs, loads and prices of waiting, less the rebate for each offer that stays.';

CREATE FUNCTION rui._lock_dispatch(project_id bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.dispatch_state AS s (project_id, last_at, runs) VALUES (project_id, at, 1)
	ON CONFLICT ON CONSTRAINT dispatch_state_pkey DO UPDATE
	SET last_at = greatest(s.last_at, EXCLUDED.last_at), runs = s.runs + 1;
END
$$;
COMMENT ON FUNCTION rui._lock_dispatch(bigint, timestamptz) IS
'Internal: makes the dispatches of a project go one after the other: the second one waits here, and then finds what the first one has left.';

CREATE FUNCTION rui._lapse_offers(project_id bigint, weights jsonb, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	routine CONSTANT interval := make_interval(secs => (weights ->> 'offer')::double precision);
	urgent CONSTANT interval := make_interval(secs => (weights ->> 'offer_emergency')::double precision);
	lapsed bigint;
BEGIN
	WITH late AS MATERIALIZED (
		-- Who is accepting it this moment is not waited for.
		SELECT t.id, t.executor_id FROM rui.dispatch_plan l
		JOIN rui.task t ON t.project_id = l.project_id AND t.id = l.task_id
		CROSS JOIN LATERAL (SELECT CASE WHEN t.is_emergency THEN urgent ELSE routine END AS after) s
		WHERE l.project_id = _lapse_offers.project_id AND t.state = 'assigned' AND t.executor_id = l.offered_id
			AND t.assigned_at = l.offered_at AND t.last_at <= _lapse_offers.at
			AND s.after > interval '0' AND t.assigned_at + s.after <= _lapse_offers.at
		ORDER BY t.id
		FOR NO KEY UPDATE OF t SKIP LOCKED
	), moved AS (
		UPDATE rui.task t SET last_action = 'lapse', last_at = _lapse_offers.at, executor_id = NULL
		FROM late o WHERE t.project_id = _lapse_offers.project_id AND t.id = o.id
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, party_id, payload)
		SELECT _lapse_offers.project_id, _lapse_offers.at, 'ticket.lapse', 'ticket', o.id, me, jsonb_build_object(
			'from_state', 'assigned', 'to_state', 'triaged', 'reason', 'dispatch', 'executor_id', o.executor_id)
		FROM late o ORDER BY o.id
		RETURNING e.id
	)
	SELECT count(*) INTO lapsed FROM told;
	RETURN lapsed;
END
$$;
COMMENT ON FUNCTION rui._lapse_offers(bigint, jsonb, timestamptz) IS
'Internal: takes back the offers of dispatch that nobody has accepted at an instant within `offer` seconds (emergencies: `offer_emergency`), each told by an event ticket.lapse with whose offer it was. What people gave out by hand does not lapse. Returns how many. The caller holds the project''s rui.dispatch_state.';

CREATE FUNCTION rui.dispatch(project_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (run_id bigint, tasks integer, assigned integer, waiting integer, moved integer, objective double precision, duration interval)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	answer jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'dispatch');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'dispatch', request_key, '{}');
	IF answer IS NULL THEN
		PERFORM rui._lock_dispatch(project_id, at);
		PERFORM rui._lapse_offers(project_id, rui._dispatch_weights(project_id), at);
		SELECT to_jsonb(d) INTO answer FROM rui._dispatch_now(dispatch.project_id, NULL, dispatch.at) d;
		PERFORM rui._finish_request(project_id, 'dispatch', request_key, answer);
	END IF;
	RETURN QUERY SELECT r.run_id, r.tasks, r.assigned, r.waiting, r.moved, r.objective, r.duration
	FROM jsonb_to_record(answer) AS r(run_id bigint, tasks integer, assigned integer, waiting integer, moved integer,
		objective double precision, duration interval);
END
$$;
COMMENT ON FUNCTION rui.dispatch(bigint, text, timestamptz) IS
'Matches all waiting tasks (state new or triaged) of a project, and those offered by dispatch but not accepted, with everybody on duty at `at`, and assigns them (triaging new ones). A candidate is on a shift that holds `at` and is neither absent nor finished, employed, has a role that works on tasks, a qualification valid at `at` of the task''s skill and level, is in a ring that is asked by then, and has room for one more task within the shift''s capacity. Least is the sum of costs (walk, away, over_level, refused, stranger, load, and move for offers taken away) and of the price of what waits; the numbers are in rui.dispatch_term and rui.dispatch_weight. Offers that were not accepted in time (terms offer, offer_emergency) lapse first, and are among what waits. Accepted work, and what people gave out by hand, never moves; what somebody has in hand at the moment is left to the next dispatch. Returns one row: the run (null when nothing was waiting and nothing moved), tasks waiting, assigned, still waiting, offers moved, the least sum found, and how long it took; rui.dispatch_offer tells why, task by task, where something is otherwise than the run before told. Dispatches of one project go one after the other. Needs permission dispatch. Errors: 22004, 22008, RU409, 42501, 55000 project not live.';

CREATE FUNCTION rui.dispatch_task(project_id bigint, task_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS TABLE (run_id bigint, party_id bigint, moved integer, duration interval)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	answer jsonb;
	present rui.task;
BEGIN
	PERFORM rui.require_permission(project_id, 'dispatch');
	PERFORM rui._check_time(project_id, at);
	IF task_id IS NULL THEN
		PERFORM rui._missing('task_id');
	END IF;
	answer := rui._begin_request(project_id, 'dispatch_task', request_key, jsonb_build_array(task_id));
	IF answer IS NULL THEN
		PERFORM rui._lock_dispatch(project_id, at);
		SELECT t.* INTO present FROM rui.task t
		WHERE t.project_id = dispatch_task.project_id AND t.id = dispatch_task.task_id AND t.kind = 'ticket';
		IF NOT FOUND THEN
			PERFORM rui._unknown('task', task_id, project_id);
		ELSIF present.state NOT IN ('new', 'triaged', 'assigned') THEN
			RAISE EXCEPTION 'task % is %: it cannot be dispatched', task_id, present.state
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Accepted work stays with who has accepted it.';
		ELSIF present.state <> 'assigned' AND present.last_at > at THEN
			RAISE EXCEPTION 'task % was last moved at %, after %', task_id, present.last_at, at
				USING ERRCODE = 'invalid_parameter_value', HINT = 'Dispatch it for a later time.';
		END IF;
		SELECT jsonb_build_object('run_id', d.run_id, 'moved', d.moved, 'duration', d.duration) INTO answer
		FROM rui._dispatch_now(dispatch_task.project_id, dispatch_task.task_id, dispatch_task.at) d;
		answer := jsonb_set(answer, '{party_id}', coalesce(to_jsonb((SELECT t.executor_id FROM rui.task t
			WHERE t.project_id = dispatch_task.project_id AND t.id = dispatch_task.task_id AND t.state = 'assigned')), 'null'));
		PERFORM rui._finish_request(project_id, 'dispatch_task', request_key, answer);
	END IF;
	RETURN QUERY SELECT r.run_id, r.party_id, r.moved, r.duration
	FROM jsonb_to_record(answer) AS r(run_id bigint, party_id bigint, moved integer, duration interval);
END
$$;
COMMENT ON FUNCTION rui.dispatch_task(bigint, bigint, text, timestamptz) IS
'Dispatches one task more: it comes into the standing match of the project by a shortest path, which stays the best of all, and is assigned at once; offers of others move only where that is worth their price. What happened since to tasks, shifts and capacities is taken in the same way. Where the match is of another time or other weights, it is made anew, which dispatches all that waits. A task that is offered already may move. Returns one row: the run (null where nothing changed), who has the task now (null: it waits), how many offers of others moved, how long it took. Needs permission dispatch. Errors: 22004, 22008, 22023 moved after `at`, P0002 unknown task, RU409, 42501, 55000 project not live, or task accepted or ended.';

-- Emergencies do not wait for the batch.
CREATE FUNCTION rui._dispatch_emergency() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF (rui._dispatch_weights(NEW.project_id) ->> 'at_once')::double precision > 0 AND EXISTS (
		SELECT FROM rui.task t
		WHERE t.project_id = NEW.project_id AND t.id = NEW.id AND t.is_emergency AND t.state IN ('new', 'triaged')) THEN
		PERFORM rui._lock_dispatch(NEW.project_id, NEW.last_at);
		PERFORM rui._dispatch_now(NEW.project_id, NEW.id, NEW.last_at);
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._dispatch_emergency() IS
'Internal: constraint trigger on rui.task: an emergency that still waits at the end of the transaction in which it was opened, became one, or was given back is dispatched in it, unless term at_once is 0.';
CREATE CONSTRAINT TRIGGER dispatch_emergency AFTER INSERT ON rui.task
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.is_emergency AND NEW.kind = 'ticket' AND NEW.state IN ('new', 'triaged'))
EXECUTE FUNCTION rui._dispatch_emergency();
-- Not for what dispatch does itself: triage, assign, withdraw, lapse.
CREATE CONSTRAINT TRIGGER dispatch_emergency_again AFTER UPDATE ON rui.task
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.is_emergency AND NEW.kind = 'ticket' AND NEW.state IN ('new', 'triaged')
	AND (NOT OLD.is_emergency OR OLD.state <> NEW.state AND NEW.last_action IN ('reject', 'no_show', 'reopen')))
EXECUTE FUNCTION rui._dispatch_emergency();

CREATE FUNCTION rui._duty_dispatch(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	setting CONSTANT jsonb := rui._dispatch_weights(project_id);
	every CONSTANT double precision := setting ->> 'batch';
	done bigint;
	done_now bigint;
BEGIN
	IF every = 0 OR (SELECT p.state FROM rui.project p WHERE p.id = _duty_dispatch.project_id) <> 'live' THEN
		RETURN 0;
	END IF;
	-- First of all duties, so that nobody waits for dispatch with clocks in hand;
	-- and where somebody dispatches this moment, there is nothing to do.
	INSERT INTO rui.dispatch_state AS s (project_id, last_at, runs) VALUES (project_id, at, 0)
	ON CONFLICT ON CONSTRAINT dispatch_state_pkey DO NOTHING;
	PERFORM FROM rui.dispatch_state s WHERE s.project_id = _duty_dispatch.project_id FOR NO KEY UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	IF EXISTS (SELECT FROM rui.dispatch_run r WHERE r.project_id = _duty_dispatch.project_id AND r.is_batch
			AND r.at > _duty_dispatch.at - make_interval(secs => every)) THEN
		RETURN 0;
	END IF;
	WITH widened AS (
		INSERT INTO rui.dispatch_ring AS k (project_id, task_id, ring, at)
		SELECT t.project_id, t.id, r.ring, t.opened_at + make_interval(secs => r.after)
		FROM rui.task t
		CROSS JOIN LATERAL (VALUES (2, (setting ->> 'ring_neighbours')::double precision), (3, (setting ->> 'ring_site')::double precision),
			(4, (setting ->> 'ring_partner')::double precision)) AS r(ring, after)
		WHERE t.project_id = _duty_dispatch.project_id AND t.kind = 'ticket' AND t.state IN ('new', 'triaged') AND NOT t.is_emergency
			AND r.after > 0 AND t.opened_at + make_interval(secs => r.after) <= _duty_dispatch.at
		ON CONFLICT ON CONSTRAINT dispatch_ring_pkey DO NOTHING
		RETURNING k.task_id, k.ring, k.at
	), told AS (
		INSERT INTO rui.event AS e (project_id, at, kind, subject, subject_id, payload)
		SELECT _duty_dispatch.project_id, w.at, 'dispatch.ring', 'task', w.task_id, jsonb_build_object('ring', w.ring)
		FROM widened w ORDER BY w.at, w.task_id, w.ring
		RETURNING e.id)
	SELECT count(*) INTO done FROM told;
	done := done + rui._lapse_offers(project_id, setting, at);
	IF EXISTS (SELECT FROM rui.task t WHERE t.project_id = _duty_dispatch.project_id AND t.kind = 'ticket' AND t.state IN ('new', 'triaged')
			AND t.last_at <= _duty_dispatch.at)
		OR EXISTS (SELECT FROM rui.dispatch_change c WHERE c.project_id = _duty_dispatch.project_id) THEN
		PERFORM rui._lock_dispatch(project_id, at);
		SELECT d.assigned + d.moved INTO done_now FROM rui._dispatch_now(_duty_dispatch.project_id, NULL, _duty_dispatch.at) d;
		done := done + done_now;
	END IF;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_dispatch(bigint, timestamptz) IS
'Internal, duty dispatch: where the last batch is `batch` seconds ago, asks wider rings for what has waited long enough (each told once, by an event dispatch.ring at its time), takes back offers that were not accepted in time, and dispatches what waits; nothing where somebody dispatches this moment. Returns how many rings were widened, offers taken back, and tasks assigned or moved.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('dispatch', 2, 'Asks wider rings of people for what waits, takes back what nobody accepts, and dispatches in short batches.');
