-- Who could do what, and what it would cost: the one place where pairs of
-- tasks and people are computed, for dispatch, for one task, and to explain.
-- Planning their queries takes longer than running them for one task, so they
-- are planned once a session (force_generic_plan); enable_seqscan is off here
-- and in the match, so that plans made while tables were empty are good for
-- full ones.

CREATE FUNCTION rui._dispatch_workers(project_id bigint, at timestamptz, only_parties bigint[] DEFAULT NULL, untouched bigint[] DEFAULT '{}',
	anew bigint[] DEFAULT NULL)
RETURNS SETOF rui.dispatch_worker
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_nestloop = off SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	day_ahead CONSTANT tstzrange := tstzrange(at, at + interval '1 day', '[]');
BEGIN
	RETURN QUERY
	WITH my_project AS MATERIALIZED (
		SELECT p.company_id, p.time_zone, (at AT TIME ZONE p.time_zone)::date AS today FROM rui.project p WHERE p.id = _dispatch_workers.project_id
	), entitled AS MATERIALIZED (
		SELECT m.party_id, bool_and(m.role_code = 'partner') AS is_partner FROM rui.membership m
		WHERE m.project_id = _dispatch_workers.project_id AND m.valid @> _dispatch_workers.at
			AND m.role_code = ANY (ARRAY(SELECT r.role_code FROM rui.role_permission r WHERE r.permission = 'work_ticket'))
			AND (only_parties IS NULL OR m.party_id = ANY (only_parties))
		GROUP BY m.party_id
	), on_shift AS MATERIALIZED (
		-- One row a person: an absent shift counts only where there is no other.
		SELECT DISTINCT ON (s.party_id) s.party_id, s.state, s.capacity, lower(s.during) AS began
		FROM rui.shift s
		WHERE s.project_id = _dispatch_workers.project_id AND s.during @> _dispatch_workers.at AND s.state <> 'finished'
			AND (only_parties IS NULL OR s.party_id = ANY (only_parties))
		ORDER BY s.party_id, s.state = 'absent', s.id
	), person AS MATERIALIZED (
		SELECT e.party_id FROM entitled e UNION SELECT s.party_id FROM on_shift s
	), employment AS MATERIALIZED (
		SELECT f.party_id, bool_or(f.employed @> j.today) AS is_employed FROM rui.staff f
		JOIN my_project j ON j.company_id = f.company_id
		WHERE f.party_id = ANY (ARRAY(SELECT p.party_id FROM person p))
		GROUP BY f.party_id
	), skill AS MATERIALIZED (
		SELECT q.party_id, max(q.level) AS level FROM rui.qualification q
		JOIN my_project j ON j.company_id = q.company_id
		WHERE q.party_id = ANY (ARRAY(SELECT p.party_id FROM person p)) AND q.valid @> _dispatch_workers.at
			AND q.kind IN ('skill', 'certificate', 'licence')
		GROUP BY q.party_id
	), grids AS MATERIALIZED (
		SELECT h.holder_id AS steward_id, array_agg(g.id ORDER BY g.id) AS ids, (array_agg(ST_PointOnSurface(g.area) ORDER BY g.id))[1] AS middle
		FROM rui._grid_holders(_dispatch_workers.project_id, at) h
		JOIN rui.grid g ON g.project_id = _dispatch_workers.project_id AND g.id = h.grid_id
		WHERE h.holder_id IS NOT NULL
		GROUP BY h.holder_id
	), holding AS MATERIALIZED (
		SELECT t.executor_id, count(*)::integer AS tasks, count(*) FILTER (WHERE (l.task_id IS NOT NULL OR c.task_id IS NOT NULL)
			AND t.id <> ALL (untouched)
			-- What somebody moved later is not decided on, as in _dispatch_tasks; if it was before, it stays an offer.
			AND (t.last_at <= _dispatch_workers.at OR t.id <> ALL (anew)))::integer AS offers FROM rui.task t
		LEFT JOIN rui.dispatch_plan l ON l.project_id = t.project_id AND l.task_id = t.id AND t.state = 'assigned'
			AND l.offered_id = t.executor_id AND l.offered_at = t.assigned_at
		LEFT JOIN (SELECT DISTINCT n.task_id, n.offered_id, n.offered_at FROM rui.dispatch_change n
			WHERE n.project_id = _dispatch_workers.project_id AND n.offered_id IS NOT NULL) c
			ON c.task_id = t.id AND t.state = 'assigned' AND c.offered_id = t.executor_id AND c.offered_at = t.assigned_at
		WHERE t.project_id = _dispatch_workers.project_id AND t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred')
			AND (only_parties IS NULL OR t.executor_id = ANY (only_parties))
		GROUP BY t.executor_id
	), change AS MATERIALIZED (
		-- When something of this will be otherwise; shifts and covers of a day ahead will do.
		SELECT c.party_id, min(c.at) AS at FROM (
			SELECT s.party_id, b.at FROM rui.shift s
			CROSS JOIN LATERAL (VALUES (lower(s.during)), (upper(s.during))) AS b(at)
			WHERE s.project_id = _dispatch_workers.project_id AND s.during && day_ahead AND s.state <> 'finished'
				AND (only_parties IS NULL OR s.party_id = ANY (only_parties))
			UNION ALL
			SELECT m.party_id, b.at FROM rui.membership m CROSS JOIN LATERAL (VALUES (lower(m.valid)), (upper(m.valid))) AS b(at)
			WHERE m.project_id = _dispatch_workers.project_id AND m.party_id = ANY (ARRAY(SELECT p.party_id FROM person p))
			UNION ALL
			SELECT q.party_id, b.at FROM rui.qualification q CROSS JOIN LATERAL (VALUES (lower(q.valid)), (upper(q.valid))) AS b(at)
			WHERE q.party_id = ANY (ARRAY(SELECT p.party_id FROM person p))
			UNION ALL
			SELECT f.party_id, b.day::timestamp AT TIME ZONE j.time_zone FROM rui.staff f
			CROSS JOIN my_project j
			CROSS JOIN LATERAL (VALUES (lower(f.employed)), (upper(f.employed))) AS b(day)
			WHERE f.company_id = j.company_id AND f.party_id = ANY (ARRAY(SELECT p.party_id FROM person p))
			UNION ALL
			SELECT c.cover_id, b.at FROM rui.grid_cover c CROSS JOIN LATERAL (VALUES (lower(c.valid)), (upper(c.valid))) AS b(at)
			WHERE c.project_id = _dispatch_workers.project_id AND c.valid && day_ahead
		) AS c
		WHERE c.at > _dispatch_workers.at
		GROUP BY c.party_id
	)
	SELECT w.party_id,
		CASE WHEN e.party_id IS NULL THEN 'no_role'
			WHEN NOT m.is_employed THEN 'not_employed'
			WHEN s.party_id IS NULL THEN 'off_shift'
			WHEN s.state = 'absent' THEN 'absent'
			-- Offers make room where somebody needs it more: what is fixed does not.
			WHEN s.capacity <= coalesce(h.tasks - h.offers, 0) THEN 'no_capacity' END,
		s.capacity, coalesce(h.tasks, 0), coalesce(h.tasks - h.offers, 0),
		coalesce(l.place, g.middle, (SELECT ST_Centroid(ST_Collect(a.middle)) FROM grids a)), coalesce(g.ids, '{}'),
		k.level,
		coalesce(e.is_partner, false), c.at
	FROM person w
	LEFT JOIN employment m ON m.party_id = w.party_id
	LEFT JOIN skill k ON k.party_id = w.party_id
	LEFT JOIN entitled e ON e.party_id = w.party_id
	LEFT JOIN on_shift s ON s.party_id = w.party_id
	LEFT JOIN holding h ON h.executor_id = w.party_id
	LEFT JOIN grids g ON g.steward_id = w.party_id
	LEFT JOIN change c ON c.party_id = w.party_id
	LEFT JOIN LATERAL (
		-- Where the person last was in this shift, as far as tasks tell.
		SELECT t.place FROM rui.task t
		WHERE t.project_id = _dispatch_workers.project_id AND t.executor_id = w.party_id AND t.last_at >= s.began
			AND t.arrived_at >= s.began AND t.arrived_at <= _dispatch_workers.at AND t.place IS NOT NULL
		ORDER BY t.last_at DESC, t.id DESC LIMIT 1) l ON true;
END
$$;
COMMENT ON FUNCTION rui._dispatch_workers(bigint, timestamptz, bigint[], bigint[], bigint[]) IS
'Internal: everybody (or those named) with a role that works on tasks, or on a shift, in a project at an instant: the rule that excludes him from all tasks (no_role, not_employed, off_shift, absent, no_capacity) or null, capacity of the shift, open tasks held, those of them that dispatch does not move (all but its offers; untouched: tasks that it must not move either; anew: the tasks that the match is asked about, null all: of these what was moved after the instant is no offer), where he is (place of the last task arrived at in the shift, else inside his first active grid, else amid all grids, else null), ids of the active grids that he answers for, highest level of valid skills, certificates and licences, whether he works as partner only, and when something of this will be otherwise (null: nothing known; of shifts and covers only what begins or ends within a day is).';

CREATE FUNCTION rui._dispatch_tasks(project_id bigint, weights jsonb, at timestamptz, only_tasks bigint[], all_states boolean DEFAULT false)
RETURNS TABLE (task_id bigint, place geometry, grid_id bigint, skill text, skill_level integer, due_at timestamptz, penalty double precision,
	household_id bigint, offered_id bigint, ring integer, opened_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	horizon CONSTANT double precision := weights ->> 'wait_horizon';
BEGIN
	RETURN QUERY
	SELECT t.id, t.place, t.grid_id, t.skill, t.skill_level, d.due_at,
		least(1e9, round((weights ->> 'wait')::double precision * (6 - t.priority)
			* CASE WHEN t.is_emergency THEN (weights ->> 'emergency')::double precision ELSE 1 END
			* (1 + greatest((weights ->> 'wait_late')::double precision - 1, 0) * least(1, greatest(0,
				1 - extract(epoch FROM coalesce(d.due_at, t.opened_at + make_interval(secs => horizon)) - at)::double precision / horizon))))),
		t.household_id, CASE WHEN t.is_offered THEN t.executor_id END,
		rui._dispatch_ring(weights, t.is_emergency, at - t.opened_at), t.opened_at
	FROM (
		SELECT DISTINCT u.id FROM unnest(only_tasks) AS u(id)
		UNION ALL
		SELECT o.id FROM rui.task o
		WHERE only_tasks IS NULL AND o.project_id = _dispatch_tasks.project_id AND o.state IN ('new', 'triaged', 'assigned')) AS c
	CROSS JOIN LATERAL (
		-- Looked up one by one, however many tasks there are.
		SELECT o.*, k.household_id, l.task_id IS NOT NULL OR o.state = 'assigned' AND EXISTS (
			-- What dispatch left in somebody's hands, who then did nothing.
			SELECT FROM rui.dispatch_change n WHERE n.project_id = o.project_id AND n.task_id = o.id
				AND n.offered_id = o.executor_id AND n.offered_at = o.assigned_at) AS is_offered FROM rui.task o
		JOIN rui.ticket k ON k.project_id = o.project_id AND k.id = o.id
		LEFT JOIN rui.dispatch_plan l ON l.project_id = o.project_id AND l.task_id = o.id AND o.state = 'assigned'
			AND l.offered_id = o.executor_id AND l.offered_at = o.assigned_at
		WHERE o.project_id = _dispatch_tasks.project_id AND o.id = c.id OFFSET 0) t
	LEFT JOIN LATERAL (
		SELECT min(CASE c.judged_by WHEN 'wall' THEN c.due_at ELSE c.breach_at END) AS due_at FROM rui.task_clock c
		WHERE c.project_id = t.project_id AND c.task_id = t.id AND c.state = 'running') d ON true
	WHERE t.kind = 'ticket' AND (all_states OR t.state IN ('new', 'triaged') AND t.last_at <= _dispatch_tasks.at
			OR t.state = 'assigned' AND t.is_offered AND t.last_at <= _dispatch_tasks.at);
END
$$;
COMMENT ON FUNCTION rui._dispatch_tasks(bigint, jsonb, timestamptz, bigint[], boolean) IS
'Internal: the tasks of a project (or of those named) that dispatch decides on at an instant: waiting, or offered by it and not accepted; with all_states those named, whatever their state. What they need, when the first running clock is broken, and the price of waiting: wait x (6 - priority) x emergency x a factor that grows from 1 at wait_horizon seconds before that to wait_late; a task without clocks is due wait_horizon seconds after it was opened. offered_id: to whom it is offered; ring: the widest that is asked by now.';

CREATE FUNCTION rui._dispatch_ring(weights jsonb, is_emergency boolean, waited interval) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	seconds CONSTANT double precision := extract(epoch FROM waited);
BEGIN
	RETURN CASE WHEN is_emergency OR seconds >= (weights ->> 'ring_partner')::double precision THEN 4
		WHEN seconds >= (weights ->> 'ring_site')::double precision THEN 3
		WHEN seconds >= (weights ->> 'ring_neighbours')::double precision THEN 2 ELSE 1 END;
END
$$;
COMMENT ON FUNCTION rui._dispatch_ring(jsonb, boolean, interval) IS
'Internal: the widest ring that is asked for a task that is so old: 1 own grid, 2 neighbouring grids, 3 everybody on site, 4 partners too (emergencies at once).';

CREATE FUNCTION rui._dispatch_pairs(project_id bigint, weights jsonb, at timestamptz, only_tasks bigint[], only_parties bigint[] DEFAULT NULL,
	everybody boolean DEFAULT false, known_workers rui.dispatch_worker[] DEFAULT NULL)
RETURNS SETOF rui.dispatch_pair
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5000
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
	by_walk CONSTANT double precision := weights ->> 'walk';
	by_away CONSTANT double precision := weights ->> 'away';
	by_level CONSTANT double precision := weights ->> 'over_level';
	by_refusal CONSTANT double precision := weights ->> 'refused';
	by_lapse CONSTANT double precision := weights ->> 'lapsed';
	by_no_show CONSTANT double precision := weights ->> 'no_show';
	by_stranger CONSTANT double precision := weights ->> 'stranger';
	by_load CONSTANT double precision := weights ->> 'load';
	-- Where everybody on site is asked as soon as the neighbours are, who they are makes no difference.
	neighbours_first CONSTANT boolean := (weights ->> 'ring_site')::double precision > (weights ->> 'ring_neighbours')::double precision;
BEGIN
	RETURN QUERY
	WITH task AS MATERIALIZED (
		SELECT t.* FROM rui._dispatch_tasks(_dispatch_pairs.project_id, weights, at, only_tasks, everybody) t
	), worker AS MATERIALIZED (
		SELECT w.* FROM unnest(coalesce(known_workers, ARRAY(
			SELECT d::rui.dispatch_worker FROM rui._dispatch_workers(_dispatch_pairs.project_id, at, only_parties) d))) w
		WHERE (w.rule IS NULL OR w.rule = 'no_capacity' OR everybody) AND (only_parties IS NULL OR w.party_id = ANY (only_parties))
	), skilled AS MATERIALIZED (
		SELECT q.party_id, q.code, max(q.level) AS level FROM rui.qualification q
		WHERE q.company_id = (SELECT p.company_id FROM rui.project p WHERE p.id = _dispatch_pairs.project_id)
			AND q.party_id = ANY (ARRAY(SELECT w.party_id FROM worker w)) AND q.valid @> _dispatch_pairs.at
			AND q.kind IN ('skill', 'certificate', 'licence')
		GROUP BY q.party_id, q.code
	), refusal AS MATERIALIZED (
		SELECT r.task_id, r.party_id, count(*) FILTER (WHERE r.kind = 'ticket.reject') AS times,
			by_lapse * count(*) FILTER (WHERE r.kind = 'ticket.lapse') + by_no_show * count(*) FILTER (WHERE r.kind = 'ticket.no_show') AS missed_cost
		FROM (
			SELECT e.subject_id AS task_id, (e.payload ->> 'executor_id')::bigint AS party_id, e.kind FROM rui.event e
			WHERE e.project_id = _dispatch_pairs.project_id AND e.subject = 'ticket'
				AND e.kind IN ('ticket.reject', 'ticket.lapse', 'ticket.no_show')
				AND e.subject_id = ANY (ARRAY(SELECT t.task_id FROM task t))) r
		GROUP BY r.task_id, r.party_id
	), friend AS MATERIALIZED (
		SELECT DISTINCT k.household_id, d.executor_id FROM rui.ticket k
		JOIN rui.task d ON d.project_id = k.project_id AND d.id = k.id AND d.completed_at <= _dispatch_pairs.at
		WHERE k.project_id = _dispatch_pairs.project_id AND by_stranger > 0
			AND k.household_id = ANY (ARRAY(SELECT t.household_id FROM task t WHERE t.household_id IS NOT NULL))
	), near AS MATERIALIZED (
		SELECT a.id, array_agg(b.id) AS ids FROM rui.grid a
		JOIN rui.grid b ON b.project_id = a.project_id AND b.plan_id = a.plan_id AND b.id <> a.id AND ST_Intersects(a.area, b.area)
		WHERE (neighbours_first OR everybody) AND a.project_id = _dispatch_pairs.project_id AND a.id = ANY (ARRAY(SELECT t.grid_id FROM task t))
		GROUP BY a.id
	), walk AS MATERIALIZED (
		SELECT v.party_id, v.task_id, v.metres, v.seconds
		FROM rui._walks_to_tasks(_dispatch_pairs.project_id, ARRAY(SELECT w.party_id FROM worker w ORDER BY w.party_id),
			ARRAY(SELECT w.place FROM worker w ORDER BY w.party_id), ARRAY(SELECT t.task_id FROM task t)) v
	), pair AS MATERIALIZED (
		SELECT t.task_id, w.party_id, w.capacity, w.fixed,
			CASE WHEN w.rule <> 'no_capacity' THEN w.rule
				WHEN t.skill IS NOT NULL AND k.level IS NULL THEN 'not_qualified'
				WHEN t.skill IS NOT NULL AND k.level < t.skill_level THEN 'level_too_low'
				ELSE w.rule END AS rule,
			CASE WHEN w.is_partner THEN 4
				WHEN t.grid_id IS NULL OR t.grid_id = ANY (w.grid_ids) THEN 1
				WHEN w.grid_ids && n.ids THEN 2 ELSE 3 END AS ring,
			v.metres AS walk_m, v.seconds * by_walk AS walk_cost,
			CASE WHEN w.grid_ids = '{}' OR t.grid_id IS NULL OR t.grid_id = ANY (w.grid_ids) THEN 0 ELSE by_away END AS away_cost,
			by_level * CASE WHEN t.skill IS NULL THEN coalesce(w.top_level, 0) ELSE k.level - t.skill_level END AS level_cost,
			by_refusal * coalesce(r.times, 0) AS refused_cost, coalesce(r.missed_cost, 0) AS missed_cost,
			CASE WHEN t.household_id IS NULL OR f.executor_id IS NOT NULL THEN 0 ELSE by_stranger END AS stranger_cost,
			by_load * (w.held - (w.party_id IS NOT DISTINCT FROM t.offered_id)::integer) AS load_cost, k.level
		FROM task t
		CROSS JOIN worker w
		LEFT JOIN walk v ON v.party_id = w.party_id AND v.task_id = t.task_id
		LEFT JOIN skilled k ON k.party_id = w.party_id AND k.code = t.skill
		LEFT JOIN refusal r ON r.task_id = t.task_id AND r.party_id = w.party_id
		LEFT JOIN friend f ON f.household_id = t.household_id AND f.executor_id = w.party_id
		LEFT JOIN near n ON n.id = t.grid_id
	), reach AS MATERIALIZED (
		-- Nobody waits for a ring in which nobody can do it.
		SELECT t.task_id, greatest(t.ring, coalesce(min(CASE WHEN p.ring = 2 AND NOT neighbours_first THEN 3 ELSE p.ring END) FILTER (
			WHERE only_parties IS NULL AND (p.rule IS NULL OR p.rule = 'no_capacity')), 0)) AS asked
		FROM task t LEFT JOIN pair p ON p.task_id = t.task_id
		GROUP BY t.task_id, t.ring
	), judged AS (
		SELECT p.*, h.asked,
			CASE WHEN (p.rule IS NULL OR p.rule = 'no_capacity') AND p.ring > h.asked THEN 'outside_ring' ELSE p.rule END AS verdict,
			least(1e8, round(coalesce(p.walk_cost, 0))) AS walk_price, greatest(coalesce(p.level_cost, 0), 0) AS level_price
		FROM pair p JOIN reach h ON h.task_id = p.task_id
	)
	SELECT t.task_id, t.penalty, p.party_id, p.verdict, p.capacity, p.fixed, round(p.walk_m::numeric, 1)::double precision,
		p.walk_price, p.away_cost, p.level_price, p.refused_cost, p.missed_cost, p.stranger_cost, p.load_cost,
		least(1e9, round((p.walk_price + p.away_cost + p.level_price + p.refused_cost + p.missed_cost + p.stranger_cost) * 1024) / 1024),
		t.offered_id, p.ring, h.asked, p.level
	FROM task t
	JOIN reach h ON h.task_id = t.task_id
	LEFT JOIN judged p ON p.task_id = t.task_id AND (p.verdict IS NULL OR p.verdict = 'no_capacity' OR everybody);
END
$$;
COMMENT ON FUNCTION rui._dispatch_pairs(bigint, jsonb, timestamptz, bigint[], bigint[], boolean, rui.dispatch_worker[]) IS
'Internal: every task that dispatch decides on (or those named) with everybody (or those named) who can take it at an instant, where need be in place of an offer, or could if he had room (rule no_capacity), the cost of each term, their sum without load (cost), to whom the task is offered, in which ring the person is (1 own grid, 2 neighbouring grid, 3 site, 4 partner), the widest ring that is asked, and the level of the qualification needed that he has. A task that nobody can take has one row with party_id null. everybody: the named tasks whatever their state, and also whom a rule excludes (rule). Walks are those of rui._walks_to_tasks; a person or task without place costs no walk. With only_parties the ring that is asked is the one of the task''s age, whoever is in it. known_workers: what rui._dispatch_workers tells of everybody at that instant, where the caller has it.';
