-- The standing match: made from all pairs at once, changed by what happened
-- since, always optimal. Whoever calls holds the project's rui.dispatch_state.

CREATE FUNCTION rui._solve_match(project_id bigint, load_cost double precision, rebate double precision) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	solved rui.priced_assignment;
BEGIN
	solved := (
		SELECT rui.assign_priced(c.task_id, x.party_id,
			x.cost - CASE WHEN x.party_id = l.offered_id THEN rebate ELSE 0 END + load_cost * x.fixed, x.room, c.penalty, load_cost)
		FROM rui.dispatch_candidate c
		JOIN rui.dispatch_plan l ON l.project_id = c.project_id AND l.task_id = c.task_id
		LEFT JOIN LATERAL (
			SELECT o.party_id, o.cost, p.fixed, greatest(p.capacity - p.fixed, 0) AS room
			FROM unnest(c.party_ids, c.costs) AS o(party_id, cost)
			JOIN rui.dispatch_price p ON p.project_id = c.project_id AND p.party_id = o.party_id) x ON true
		WHERE c.project_id = _solve_match.project_id);
	UPDATE rui.dispatch_plan l SET party_id = a.worker
	FROM unnest(solved.tasks) AS a
	WHERE l.project_id = _solve_match.project_id AND l.task_id = a.task AND l.party_id IS DISTINCT FROM a.worker;
	UPDATE rui.dispatch_price p SET load = n.load, price = n.price
	FROM (
		SELECT q.party_id, coalesce(w.load, 0) AS load,
			CASE WHEN q.fixed >= q.capacity THEN 0 ELSE coalesce(w.price, 0) + load_cost * q.fixed END AS price
		FROM rui.dispatch_price q
		LEFT JOIN unnest(solved.workers) AS w ON w.worker = q.party_id
		WHERE q.project_id = _solve_match.project_id) n
	WHERE p.project_id = _solve_match.project_id AND p.party_id = n.party_id AND (p.load, p.price) IS DISTINCT FROM (n.load, n.price);
END
$$;
COMMENT ON FUNCTION rui._solve_match(bigint, double precision, double precision) IS
'Internal: solves the pairs of the standing match anew, and writes plan, loads and prices. load_cost, rebate: terms load and move.';

CREATE FUNCTION rui._make_match(project_id bigint, weights jsonb, at timestamptz) RETURNS rui.dispatch_worker[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	workers rui.dispatch_worker[];
	next_at timestamptz;
BEGIN
	-- One statement, so that people, tasks and what was told of them are those of
	-- one moment: a task accepted in between would count neither as an offer nor
	-- as work. Only what is otherwise is written: most is as it was.
	WITH told AS (
		DELETE FROM rui.dispatch_change c WHERE c.project_id = _make_match.project_id
	), everybody AS MATERIALIZED (
		SELECT ARRAY(SELECT w::rui.dispatch_worker FROM rui._dispatch_workers(_make_match.project_id, at) w) AS workers
	), worker AS MATERIALIZED (
		SELECT w.* FROM everybody e, unnest(e.workers) w WHERE w.rule IS NULL OR w.rule = 'no_capacity'
	), left_people AS (
		DELETE FROM rui.dispatch_price p
		WHERE p.project_id = _make_match.project_id AND NOT EXISTS (SELECT FROM worker w WHERE w.party_id = p.party_id)
	), people AS (
		INSERT INTO rui.dispatch_price AS p (project_id, party_id, capacity, fixed, load, price)
		SELECT _make_match.project_id, w.party_id, w.capacity, w.fixed, 0, 0 FROM worker w
		ON CONFLICT ON CONSTRAINT dispatch_price_pkey DO UPDATE SET capacity = EXCLUDED.capacity, fixed = EXCLUDED.fixed
			WHERE (p.capacity, p.fixed) <> (EXCLUDED.capacity, EXCLUDED.fixed)
	), task AS MATERIALIZED (
		SELECT p.task_id, min(p.penalty) AS penalty, min(p.offered_id) AS offered_id,
			coalesce(array_agg(p.party_id ORDER BY p.party_id) FILTER (WHERE p.party_id IS NOT NULL), '{}') AS party_ids,
			coalesce(array_agg(p.cost ORDER BY p.party_id) FILTER (WHERE p.party_id IS NOT NULL), '{}') AS costs
		FROM everybody e, rui._dispatch_pairs(_make_match.project_id, weights, at, NULL, NULL, false, e.workers) p
		GROUP BY p.task_id
	), left_tasks AS (
		DELETE FROM rui.dispatch_candidate c
		WHERE c.project_id = _make_match.project_id AND NOT EXISTS (SELECT FROM task t WHERE t.task_id = c.task_id)
	), tasks AS (
		INSERT INTO rui.dispatch_candidate AS c (project_id, task_id, penalty, party_ids, costs)
		SELECT _make_match.project_id, t.task_id, t.penalty, t.party_ids, t.costs FROM task t
		ON CONFLICT ON CONSTRAINT dispatch_candidate_pkey DO UPDATE
			SET penalty = EXCLUDED.penalty, party_ids = EXCLUDED.party_ids, costs = EXCLUDED.costs
			WHERE (c.penalty, c.party_ids, c.costs) IS DISTINCT FROM (EXCLUDED.penalty, EXCLUDED.party_ids, EXCLUDED.costs)
	), left_plan AS (
		DELETE FROM rui.dispatch_plan l
		WHERE l.project_id = _make_match.project_id AND NOT EXISTS (SELECT FROM task t WHERE t.task_id = l.task_id)
	), plan AS (
		INSERT INTO rui.dispatch_plan AS l (project_id, task_id, offered_id, offered_at)
		SELECT _make_match.project_id, t.task_id, t.offered_id, (SELECT k.assigned_at FROM rui.task k
			WHERE k.project_id = _make_match.project_id AND k.id = t.task_id AND t.offered_id IS NOT NULL)
		FROM task t
		-- Given back, or withdrawn by hand.
		ON CONFLICT ON CONSTRAINT dispatch_plan_pkey DO UPDATE SET offered_id = NULL, offered_at = NULL
			WHERE l.offered_id IS NOT NULL AND EXCLUDED.task_id NOT IN (SELECT o.task_id FROM task o WHERE o.offered_id IS NOT NULL)
	)
	SELECT e.workers INTO workers FROM everybody e;
	next_at := least(_make_match.at + interval '1 day', (SELECT min(w.until_at) FROM unnest(workers) w), (
		SELECT min(lower(s.during)) FROM rui.shift s
		WHERE s.project_id = _make_match.project_id AND lower(s.during) > _make_match.at
			AND s.during && tstzrange(_make_match.at, _make_match.at + interval '1 day')));
	PERFORM rui._solve_match(project_id, (_make_match.weights ->> 'load')::double precision, (_make_match.weights ->> 'move')::double precision);
	UPDATE rui.dispatch_state s
	SET match_version = nextval('rui.dispatch_version'), made_at = _make_match.at, valid_until = next_at,
		weights = _make_match.weights
	WHERE s.project_id = _make_match.project_id;
	RETURN workers;
END
$$;
COMMENT ON FUNCTION rui._make_match(bigint, jsonb, timestamptz) IS
'Internal: makes the standing match of a project at an instant anew: its people, the tasks to decide on, all pairs, and the best plan. It holds until something of these people is otherwise by time alone, a day at most (valid_until). Returns everybody''s state that it was made with.';

CREATE FUNCTION rui._is_match_valid(project_id bigint, weights jsonb, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
BEGIN
	RETURN EXISTS (
		SELECT FROM rui.dispatch_state s
		WHERE s.project_id = _is_match_valid.project_id AND s.match_version IS NOT NULL
			AND at >= s.made_at AND at < s.valid_until AND s.weights = _is_match_valid.weights);
END
$$;
COMMENT ON FUNCTION rui._is_match_valid(bigint, jsonb, timestamptz) IS
'Internal: whether a project has a standing match made with these terms that can be changed for an instant, and need not be made anew.';

CREATE FUNCTION rui._change_match(project_id bigint, weights jsonb, at timestamptz, task_ids bigint[], party_ids bigint[],
	untouched bigint[] DEFAULT '{}', OUT suspects bigint[], OUT weighed rui.dispatch_pair[], OUT workers rui.dispatch_worker[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	told_tasks bigint[];
	told_parties bigint[];
	pairs rui.dispatch_pair[];
	known bigint[];
	fresh_parties bigint[];
	asked rui.dispatch_worker[];
	gone bigint[];
	next_at timestamptz;
	worker_ids bigint[];
	capacities integer[];
	fixeds integer[];
	row_tasks bigint[];
	penalties double precision[];
	are_offered boolean[];
	counts integer[];
	pair_parties bigint[];
	pair_costs double precision[];
BEGIN
	-- One statement, as in _make_match: all of one moment.
	WITH told AS (
		DELETE FROM rui.dispatch_change c WHERE c.project_id = _change_match.project_id RETURNING c.task_id, c.party_ids
	), task AS MATERIALIZED (
		SELECT ARRAY(SELECT DISTINCT u.id FROM (SELECT t.task_id FROM told t UNION ALL SELECT unnest(_change_match.task_ids)) AS u(id)
			WHERE u.id IS NOT NULL AND u.id NOT IN (SELECT unnest(untouched))) AS ids
	), named AS MATERIALIZED (
		-- Who has a task counts it otherwise where it leaves.
		SELECT k.ids AS tasks, ARRAY(SELECT DISTINCT u.id FROM (
			SELECT unnest(t.party_ids) FROM told t UNION ALL SELECT unnest(_change_match.party_ids) UNION ALL
			SELECT t.executor_id FROM rui.task t WHERE t.project_id = _change_match.project_id AND t.id = ANY (k.ids)) AS u(id)
			WHERE u.id IS NOT NULL) AS parties
		FROM task k
	), everybody AS MATERIALIZED (
		SELECT CASE WHEN n.tasks <> '{}' THEN
			ARRAY(SELECT w::rui.dispatch_worker FROM rui._dispatch_workers(_change_match.project_id, at, NULL, untouched, n.tasks) w) END AS workers
		FROM named n
	)
	SELECT n.tasks, n.parties, e.workers, CASE WHEN n.tasks <> '{}' THEN ARRAY(SELECT p::rui.dispatch_pair
		FROM rui._dispatch_pairs(_change_match.project_id, weights, at, n.tasks, NULL, false, e.workers) p) END
	INTO told_tasks, told_parties, workers, weighed
	FROM named n, everybody e;
	pairs := weighed;
	gone := ARRAY(SELECT DISTINCT u.id FROM unnest(told_tasks || untouched) AS u(id)
		WHERE u.id NOT IN (SELECT p.task_id FROM unnest(pairs) p));
	-- Whoever comes on duty gets pairs with all tasks.
	known := ARRAY(SELECT p.party_id FROM rui.dispatch_price p
		WHERE p.project_id = _change_match.project_id AND p.capacity > 0
			AND p.party_id = ANY (ARRAY(SELECT DISTINCT q.party_id FROM unnest(pairs) q) || told_parties));
	fresh_parties := ARRAY(SELECT DISTINCT u.id FROM (
		SELECT q.party_id FROM unnest(pairs) q UNION ALL SELECT unnest(told_parties)) AS u(id)
		WHERE u.id IS NOT NULL AND u.id <> ALL (known));
	asked := workers;
	IF asked IS NULL AND told_parties || fresh_parties <> '{}' THEN
		asked := ARRAY(SELECT w::rui.dispatch_worker
			FROM rui._dispatch_workers(_change_match.project_id, at, told_parties || fresh_parties, untouched, told_tasks) w);
	END IF;
	SELECT coalesce(array_agg(u.id), '{}'), coalesce(array_agg(CASE WHEN w.rule IS NULL OR w.rule = 'no_capacity' THEN coalesce(w.capacity, 0) ELSE 0 END), '{}'),
		coalesce(array_agg(coalesce(w.fixed, 0)), '{}'), min(w.until_at)
	INTO worker_ids, capacities, fixeds, next_at
	FROM (SELECT DISTINCT v.id FROM unnest(told_parties || fresh_parties) AS v(id) WHERE v.id IS NOT NULL) AS u
	LEFT JOIN unnest(asked) w ON w.party_id = u.id;
	IF fresh_parties <> '{}' THEN
		pairs := pairs || ARRAY(
			SELECT ROW(c.task_id, c.penalty, o.party_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, o.cost,
				l.offered_id, NULL, NULL, NULL)::rui.dispatch_pair
			FROM rui.dispatch_candidate c
			JOIN rui.dispatch_plan l ON l.project_id = c.project_id AND l.task_id = c.task_id
			JOIN (SELECT p.task_id, array_agg(p.party_id) AS ids, array_agg(p.cost) AS costs
				FROM rui._dispatch_pairs(_change_match.project_id, weights, at, ARRAY(
					SELECT d.task_id FROM rui.dispatch_candidate d
					WHERE d.project_id = _change_match.project_id AND d.task_id NOT IN (SELECT unnest(told_tasks || untouched))), fresh_parties, false, asked) p
				WHERE p.party_id IS NOT NULL GROUP BY p.task_id) n ON n.task_id = c.task_id
			CROSS JOIN LATERAL (
				SELECT x.party_id, x.cost FROM unnest(c.party_ids, c.costs) AS x(party_id, cost) WHERE x.party_id <> ALL (n.ids)
				UNION ALL SELECT y.party_id, y.cost FROM unnest(n.ids, n.costs) AS y(party_id, cost)) AS o
			WHERE c.project_id = _change_match.project_id);
	END IF;
	SELECT coalesce(array_agg(r.task_id ORDER BY r.task_id), '{}'), coalesce(array_agg(r.penalty ORDER BY r.task_id), '{}'),
		coalesce(array_agg(r.is_offered ORDER BY r.task_id), '{}'), coalesce(array_agg(r.pairs ORDER BY r.task_id), '{}')
	INTO row_tasks, penalties, are_offered, counts
	FROM (SELECT p.task_id, min(p.penalty) AS penalty, bool_and(p.offered_id IS NOT NULL) AS is_offered, count(p.party_id)::integer AS pairs
		FROM unnest(pairs) p GROUP BY p.task_id) r;
	SELECT coalesce(array_agg(p.party_id ORDER BY p.task_id, p.party_id), '{}'), coalesce(array_agg(p.cost ORDER BY p.task_id, p.party_id), '{}')
	INTO pair_parties, pair_costs FROM unnest(pairs) p WHERE p.party_id IS NOT NULL;
	-- An offer that was left since somebody had it in hand is one again.
	WITH back AS (
		SELECT p.task_id, min(p.penalty) AS penalty, min(p.offered_id) AS offered_id FROM unnest(pairs) p
		WHERE p.offered_id IS NOT NULL AND p.task_id NOT IN (SELECT l.task_id FROM rui.dispatch_plan l
			WHERE l.project_id = _change_match.project_id AND l.task_id IN (SELECT q.task_id FROM unnest(pairs) q))
		GROUP BY p.task_id
	), candidate AS (
		INSERT INTO rui.dispatch_candidate (project_id, task_id, penalty, party_ids, costs)
		SELECT _change_match.project_id, b.task_id, b.penalty, '{}', '{}' FROM back b
	)
	INSERT INTO rui.dispatch_plan (project_id, task_id, offered_id, offered_at)
	SELECT _change_match.project_id, b.task_id, b.offered_id, t.assigned_at
	FROM back b JOIN rui.task t ON t.project_id = _change_match.project_id AND t.id = b.task_id;
	IF next_at IS NOT NULL THEN
		UPDATE rui.dispatch_state s SET valid_until = next_at
		WHERE s.project_id = _change_match.project_id AND s.valid_until > next_at;
	END IF;
	suspects := rui._match_change(project_id, nextval('rui.dispatch_version'), (_change_match.weights ->> 'load')::double precision,
		(_change_match.weights ->> 'move')::double precision, worker_ids, capacities, fixeds, gone, row_tasks, penalties, are_offered,
		counts, pair_parties, pair_costs);
END
$$;
COMMENT ON FUNCTION rui._change_match(bigint, jsonb, timestamptz, bigint[], bigint[], bigint[]) IS
'Internal: takes into a valid standing match what rui.dispatch_change tells and what is named: tasks with their pairs computed anew (those that dispatch does not decide on leave), people with their shift and the work of theirs that does not move. untouched: tasks that somebody has in hand; they leave, and count as work of who has them. suspects: the tasks that may be planned otherwise than offered. weighed: the pairs of the tasks that were computed anew; workers: everybody''s state that they were computed with; null where no task was.';

-- A project has a match, of nobody and nothing, before it has work: what
-- happens beside its first dispatch must be noted as beside any other.
CREATE FUNCTION rui._begin_match() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- Without weights, so that the first dispatch makes it anew.
	INSERT INTO rui.dispatch_state (project_id, last_at, runs, match_version, made_at, valid_until, weights)
	VALUES (NEW.id, '-infinity', 0, nextval('rui.dispatch_version'), '-infinity', 'infinity', '{}')
	ON CONFLICT ON CONSTRAINT dispatch_state_pkey DO NOTHING;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._begin_match() IS
'Internal: row trigger on rui.project: a project that goes live gets an empty standing match.';
CREATE TRIGGER begin_match AFTER UPDATE ON rui.project FOR EACH ROW
WHEN (OLD.state <> NEW.state AND NEW.state = 'live')
EXECUTE FUNCTION rui._begin_match();

-- What happens to tasks and shifts is noted for the next dispatch.
CREATE FUNCTION rui._note_dispatch_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.dispatch_change (project_id, task_id, party_ids)
	SELECT NEW.project_id, NEW.id, ARRAY(SELECT DISTINCT u.id FROM unnest(ARRAY[OLD.executor_id, NEW.executor_id]) AS u(id) WHERE u.id IS NOT NULL)
	FROM rui.dispatch_state s WHERE s.project_id = NEW.project_id AND s.match_version IS NOT NULL;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._note_dispatch_task() IS
'Internal: row trigger on rui.task: notes for the standing match, where there is one, a task that changed and who had or has it.';
CREATE TRIGGER note_dispatch AFTER UPDATE ON rui.task FOR EACH ROW
WHEN (OLD.executor_id IS DISTINCT FROM NEW.executor_id
	OR OLD.state <> NEW.state AND (OLD.state = 'assigned' OR NEW.state IN ('completed', 'triaged', 'cancelled', 'declined', 'merged'))
	-- Not as rows, which a dump writes otherwise.
	OR OLD.priority IS DISTINCT FROM NEW.priority OR OLD.is_emergency IS DISTINCT FROM NEW.is_emergency
	OR OLD.skill IS DISTINCT FROM NEW.skill OR OLD.skill_level IS DISTINCT FROM NEW.skill_level OR OLD.grid_id IS DISTINCT FROM NEW.grid_id)
EXECUTE FUNCTION rui._note_dispatch_task();

CREATE FUNCTION rui._note_dispatch_shift() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.dispatch_change (project_id, party_ids)
	SELECT s.project_id, ARRAY(SELECT DISTINCT u.id FROM unnest(ARRAY[OLD.party_id, NEW.party_id]) AS u(id) WHERE u.id IS NOT NULL)
	FROM rui.dispatch_state s WHERE s.project_id = coalesce(NEW.project_id, OLD.project_id) AND s.match_version IS NOT NULL;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._note_dispatch_shift() IS
'Internal: row trigger on rui.shift: notes for the standing match, where there is one, whose shift changed.';
CREATE TRIGGER note_dispatch AFTER INSERT OR UPDATE OR DELETE ON rui.shift
FOR EACH ROW EXECUTE FUNCTION rui._note_dispatch_shift();
