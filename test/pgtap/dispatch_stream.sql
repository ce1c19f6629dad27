-- The standing match stays the best of all, whatever happens in whatever
-- order: a seeded stream of everything that can, checked after every step
-- against solving the same pairs again, and against the certificate.
BEGIN;
SELECT plan(10);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \g /dev/null
SELECT count(*) FROM rui.import_staff(:project, (SELECT jsonb_agg(jsonb_build_object('code', 'w' || i, 'name', 'W' || i, 'staff_no', i::text, 'from', '2020-01-01')
	|| CASE WHEN i % 3 = 0 THEN '{"qualifications":[{"code":"plumbing","level":2}]}' ELSE '{}' END::jsonb) FROM generate_series(1, 9) i)) \g /dev/null
SELECT rui.import_posts(:project, '[{"code":"p","name":"Post","module":"place"}]') \g /dev/null
SELECT count(*) FROM rui.import_shifts(:project, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', 'w' || i,
	'from', '2026-03-02 08:00', 'to', '2026-03-02 20:00', 'capacity', 2 + i % 3)) FROM generate_series(1, 7) i)) \g /dev/null
SELECT rui.set_ticket_category(:project, c, c, c, skill => s, skill_level => l) FROM (VALUES ('general', NULL, 1), ('leak', 'plumbing', 2)) AS t(c, s, l) \g /dev/null
SELECT rui.set_dispatch_weight(:project, w, v) FROM (VALUES ('move', 40.5), ('load', 100.25), ('walk', 3)) AS t(w, v) \g /dev/null
CREATE TEMP TABLE pair (task_id bigint, party_id bigint, cost float8, room int, penalty float8, chosen boolean);
CREATE TEMP TABLE note (step int, action text, problem text);

-- What is wrong with the standing match now, or null.
CREATE FUNCTION pg_temp.problem(project bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	by_load float8 := rui._dispatch_weights(project) ->> 'load';
	by_move float8 := rui._dispatch_weights(project) ->> 'move';
	judged rui.assignment_check;
	best float8;
	kept float8;
	bad text;
BEGIN
	TRUNCATE pair;
	INSERT INTO pair SELECT c.task_id, x.party_id, x.cost, x.room, c.penalty, x.party_id IS NOT DISTINCT FROM l.party_id AND x.party_id IS NOT NULL
	FROM rui.dispatch_candidate c JOIN rui.dispatch_plan l USING (project_id, task_id)
	LEFT JOIN LATERAL (SELECT o.party_id, o.cost - CASE WHEN o.party_id = l.offered_id THEN by_move ELSE 0 END + by_load * p.fixed AS cost, greatest(p.capacity - p.fixed, 0) AS room
		FROM unnest(c.party_ids, c.costs) AS o(party_id, cost) JOIN rui.dispatch_price p ON p.project_id = c.project_id AND p.party_id = o.party_id) x ON true
	WHERE c.project_id = project;
	IF NOT EXISTS (SELECT FROM pair) THEN
		RETURN NULL;
	END IF;
	judged := (SELECT rui.check_assignment(task_id, party_id, cost, room, penalty, by_load, chosen) FROM pair);
	IF NOT judged.optimal THEN
		RETURN judged.problem;
	END IF;
	-- Solved again: the same sum.
	SELECT sum(coalesce(a.cost, p.penalty)) + coalesce((SELECT sum(by_load * n * (n - 1) / 2) FROM (
		SELECT count(*) AS n FROM unnest(s.found) b WHERE b.worker IS NOT NULL GROUP BY b.worker) l), 0)
	INTO best
	FROM (SELECT rui.assign(task_id, party_id, cost, room, penalty, CASE WHEN party_id IS NOT NULL THEN by_load END) AS found FROM pair) s
	CROSS JOIN LATERAL unnest(s.found) a JOIN (SELECT task_id, min(penalty) AS penalty FROM pair GROUP BY task_id) p ON p.task_id = a.task
	GROUP BY s.found;
	kept := rui._match_objective(project, by_load, by_move);
	IF best <> judged.objective OR best <> kept THEN
		RETURN format('solved %s, certified %s, kept %s', best, judged.objective, kept);
	END IF;
	-- What is planned is what people know; who holds too much got it by hand or before his shift shrank.
	SELECT string_agg(format('task %s planned %s offered %s, is %s with %s', l.task_id, l.party_id, l.offered_id, t.state, t.executor_id), '; ') INTO bad
	FROM rui.dispatch_plan l JOIN rui.task t ON t.id = l.task_id
	WHERE l.project_id = project AND (l.party_id IS DISTINCT FROM l.offered_id OR l.party_id IS DISTINCT FROM CASE WHEN t.state = 'assigned' THEN t.executor_id END
		OR (t.state = 'assigned') <> (l.party_id IS NOT NULL));
	IF bad IS NULL THEN
		SELECT string_agg(format('party %s: capacity %s fixed %s load %s, holds %s', p.party_id, p.capacity, p.fixed, p.load, h.n), '; ') INTO bad
		FROM rui.dispatch_price p
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM rui.task t WHERE t.project_id = project AND t.executor_id = p.party_id
			AND t.state IN ('assigned', 'accepted', 'en_route', 'in_progress', 'deferred')) h
		WHERE p.project_id = project AND (h.n <> p.fixed + p.load OR p.load > greatest(p.capacity - p.fixed, 0)
			OR p.load <> (SELECT count(*) FROM rui.dispatch_plan l WHERE l.project_id = project AND l.party_id = p.party_id));
	END IF;
	RETURN bad;
END $$;

CREATE FUNCTION pg_temp.live(project bigint, steps int, seed float8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	clock timestamptz := '2026-03-02 09:00+08';
	action text;
	one rui.task;
	other bigint;
	accepted jsonb;
	problem text;
	new_task bigint;
BEGIN
	PERFORM setseed(seed);
	FOR i IN 1..steps LOOP
		clock := clock + interval '10 seconds';
		action := (ARRAY['open', 'open', 'open', 'emergency', 'accept', 'accept', 'reject', 'complete', 'complete', 'complete', 'cancel', 'transfer', 'absent', 'come', 'capacity', 'batch', 'again', 'triage'])[1 + floor(random() * 18)];
		accepted := (SELECT jsonb_object_agg(t.id, t.executor_id) FROM rui.task t WHERE t.project_id = project AND t.state IN ('accepted', 'en_route', 'in_progress', 'deferred'));
		new_task := NULL;
		SELECT t.* INTO one FROM rui.task t WHERE t.project_id = project AND CASE
			WHEN action IN ('accept', 'reject', 'transfer') THEN t.state = 'assigned'
			WHEN action = 'complete' THEN t.state = 'accepted'
			WHEN action = 'triage' THEN t.state = 'new'
			WHEN action IN ('cancel', 'again') THEN t.state IN ('new', 'triaged', 'assigned') ELSE false END
		ORDER BY random() LIMIT 1;
		IF action IN ('open', 'emergency') THEN
			new_task := rui.open_ticket(project, CASE WHEN random() < 0.3 THEN 'leak' ELSE 'general' END, 'need',
				place => ST_SetSRID(ST_MakePoint(10.1 + random() * 0.02, 50 + random() * 0.02), 4326), priority => 1 + floor(random() * 5)::int,
				is_emergency => action = 'emergency', at => clock);
		ELSIF action = 'accept' AND one.id IS NOT NULL THEN
			PERFORM rui.accept_ticket(project, one.id, at => clock);
		ELSIF action = 'reject' AND one.id IS NOT NULL THEN
			PERFORM rui.reject_ticket(project, one.id, 'no', at => clock);
		ELSIF action = 'complete' AND one.id IS NOT NULL THEN
			PERFORM rui.arrive_ticket(project, one.id, at => clock);
			PERFORM rui.complete_ticket(project, one.id, 'done', at => clock);
		ELSIF action = 'cancel' AND one.id IS NOT NULL THEN
			PERFORM rui.cancel_ticket(project, one.id, 'over', at => clock);
		ELSIF action = 'transfer' AND one.id IS NOT NULL THEN
			SELECT s.party_id INTO other FROM rui.shift s WHERE s.project_id = project AND s.party_id <> one.executor_id
				AND (one.skill IS NULL OR EXISTS (SELECT FROM rui.qualification q WHERE q.party_id = s.party_id)) ORDER BY random() LIMIT 1;
			IF other IS NOT NULL THEN
				PERFORM rui.transfer_ticket(project, one.id, other, 'by hand', at => clock);
			END IF;
		ELSIF action = 'triage' AND one.id IS NOT NULL THEN
			PERFORM rui.triage_ticket(project, one.id, priority => 1 + floor(random() * 5)::int, at => clock);
		ELSIF action = 'absent' THEN
			UPDATE rui.shift s SET last_action = 'report_absent' WHERE s.id = (SELECT x.id FROM rui.shift x WHERE x.project_id = project AND x.state = 'planned' ORDER BY random() LIMIT 1)
				AND (SELECT count(*) FROM rui.shift x WHERE x.project_id = project AND x.state = 'planned') > 3;
		ELSIF action = 'come' THEN
			INSERT INTO rui.shift (project_id, post_id, party_id, during, capacity)
			SELECT project, p.id, f.party_id, tstzrange('2026-03-02 08:00+08', '2026-03-02 20:00+08'), 1 + floor(random() * 3)::int
			FROM rui.post p, rui.staff f WHERE p.project_id = project AND NOT EXISTS (SELECT FROM rui.shift s WHERE s.party_id = f.party_id AND s.state <> 'absent')
			ORDER BY random() LIMIT 1;
		ELSIF action = 'capacity' THEN
			UPDATE rui.shift s SET capacity = floor(random() * 4)::int WHERE s.id = (SELECT x.id FROM rui.shift x WHERE x.project_id = project AND x.state = 'planned' ORDER BY random() LIMIT 1);
		ELSIF action = 'batch' THEN
			PERFORM rui.dispatch(project, NULL, clock);
		ELSIF action = 'again' AND one.id IS NOT NULL THEN
			new_task := one.id;
		END IF;
		SET CONSTRAINTS ALL IMMEDIATE;
		SET CONSTRAINTS ALL DEFERRED;
		IF action <> 'emergency' AND new_task IS NOT NULL THEN
			PERFORM rui.dispatch_task(project, new_task, NULL, clock);
		END IF;
		-- Between dispatches the match is that of the last one; take in what happened.
		IF action IN ('open', 'emergency', 'batch', 'again') THEN
			problem := pg_temp.problem(project);
			INSERT INTO note VALUES (i, action, problem);
			INSERT INTO note SELECT i, 'accepted', format('task %s went from %s to %s', a.key, a.value, t.executor_id)
			FROM jsonb_each_text(accepted) a JOIN rui.task t ON t.id = a.key::bigint WHERE t.executor_id <> a.value::bigint;
		END IF;
	END LOOP;
END $$;
SELECT lives_ok(format('SELECT pg_temp.live(%s, 300, 0.25)', :project), 'a stream');
SELECT is((SELECT string_agg(format('%s %s: %s', step, action, problem), E'\n') FROM (SELECT * FROM note WHERE problem IS NOT NULL ORDER BY step LIMIT 3) n), NULL, 'the match was the best after each of its changes, was what people knew, and accepted work never moved');
SELECT cmp_ok((SELECT count(*) FROM note WHERE action = 'open'), '>', 30::bigint, 'many tasks came one by one');
SELECT cmp_ok((SELECT count(*) FROM note WHERE action = 'emergency'), '>', 5::bigint, 'and emergencies');
SELECT cmp_ok((SELECT count(*) FROM rui.dispatch_offer WHERE outcome IN ('moved', 'withdrawn')), '>', 5::bigint, 'offers moved');
SELECT cmp_ok((SELECT count(*) FROM rui.dispatch_run WHERE NOT is_batch), '>', 30::bigint, 'most runs were of one task');
SELECT is((SELECT count(*) FROM rui.event a JOIN rui.event b ON b.subject_id = a.subject_id AND b.kind = a.kind AND b.at = a.at AND b.id > a.id
	WHERE a.project_id = :project AND a.kind = 'ticket.assign'), 0::bigint, 'no task was assigned twice at a time');

SELECT is_empty($$SELECT v.invariant, v.detail FROM rui.invariant_violation v WHERE v.invariant LIKE 'match%'$$, 'and the rows of the match agree');

-- The test can fail: a plan that is not the best is seen.
SELECT rui.open_ticket(:project, 'general', 'x', place => ST_SetSRID(ST_MakePoint(10.1, 50), 4326), at => '2026-03-02 12:00+08') AS x \gset
UPDATE rui.shift SET capacity = 50 WHERE state = 'planned';
SELECT party_id IS NOT NULL FROM rui.dispatch_task(:project, :x, NULL, '2026-03-02 12:00+08') \g /dev/null
SELECT is(pg_temp.problem(:project), NULL, 'as it is');
UPDATE rui.dispatch_plan SET party_id = (SELECT p.party_id FROM rui.dispatch_price p WHERE p.party_id <> dispatch_plan.party_id AND p.capacity > p.fixed + p.load ORDER BY p.party_id DESC LIMIT 1) WHERE task_id = :x;
SELECT isnt(pg_temp.problem(:project), NULL, 'and as it should not be');
SELECT * FROM finish();
ROLLBACK;
