-- Why: every candidate of a task with each term, what excludes the others, and
-- what would have to change.

CREATE FUNCTION rui._dispatch_remedy(project_id bigint, at timestamptz, lang text, rule text, party_id bigint, skill text, skill_level integer,
	level integer, capacity integer, held integer, offers bigint[], ring integer, ring_at timestamptz, gap double precision) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	in_zh CONSTANT boolean := lang = 'zh';
	zone text;
	next_at timestamptz;
BEGIN
	SELECT p.time_zone INTO zone FROM rui.project p WHERE p.id = _dispatch_remedy.project_id;
	CASE rule
	WHEN 'no_role' THEN
		RETURN CASE WHEN in_zh THEN '授予员工、管家或合作伙伴角色' ELSE 'give him the role staff, steward or partner' END;
	WHEN 'not_employed' THEN
		RETURN CASE WHEN in_zh THEN '当日须在职' ELSE 'he must be employed on that day' END;
	WHEN 'off_shift', 'absent' THEN
		SELECT min(lower(s.during)) INTO next_at FROM rui.shift s
		WHERE s.project_id = _dispatch_remedy.project_id AND s.party_id = _dispatch_remedy.party_id AND s.state NOT IN ('absent', 'finished')
			AND lower(s.during) > at;
		IF next_at IS NULL THEN
			RETURN CASE WHEN in_zh THEN '须有已发布的班次' ELSE 'he needs a published shift' END;
		END IF;
		RETURN format(CASE WHEN in_zh THEN '下一班次 %s 开始' ELSE 'his next shift begins %s' END, to_char(next_at AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'));
	WHEN 'not_qualified' THEN
		RETURN format(CASE WHEN in_zh THEN '须持有效资质 %s，等级不低于 %s' ELSE 'he needs a valid %s of level %s' END, skill, skill_level);
	WHEN 'level_too_low' THEN
		RETURN format(CASE WHEN in_zh THEN '%s 等级须达 %s，现为 %s' ELSE 'he needs %s of level %s, and has %s' END, skill, skill_level, level);
	WHEN 'no_capacity' THEN
		IF capacity = 0 THEN
			RETURN CASE WHEN in_zh THEN '班次容量为 0，须提高班次容量' ELSE 'his shift must take tasks: it takes none' END;
		END IF;
		RETURN format(CASE WHEN in_zh THEN '须完成在手 %s 项任务之一，或提高班次容量' ELSE 'one of the %s tasks he holds must end, or his shift take more' END, held);
	WHEN 'outside_ring' THEN
		RETURN format(CASE WHEN in_zh THEN '%s 起派单范围扩大到%s' ELSE 'from %s on the ring is: %3$s' END, to_char(ring_at AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI'),
			rui.label('dispatch_ring', ring::text, lang), rui.label('dispatch_ring', ring::text, lang));
	ELSE
		RETURN CASE WHEN gap > 0 THEN format(CASE WHEN in_zh THEN '总代价须再低 %s 秒' ELSE 'he must cost %s seconds less' END, round(gap))
			WHEN held >= capacity THEN format(CASE WHEN in_zh THEN '须改派或撤回其未接派单之一（任务 %s）' ELSE 'one of his offers must go over to somebody else, or wait: task %s' END,
				array_to_string(offers, CASE WHEN in_zh THEN '、' ELSE ', ' END)) END;
	END CASE;
END
$$;
COMMENT ON FUNCTION rui._dispatch_remedy(bigint, timestamptz, text, text, bigint, text, integer, integer, integer, integer, bigint[], integer, timestamptz, double precision) IS
'Internal: what would have to change for a person to get a task, in a language (zh, else English), by the rule that excludes him; without rule: by how many seconds (gap) he is too dear, or else, where he has no place free, which offers of his could make room; null where nothing need change.';

CREATE FUNCTION rui.explain_dispatch(project_id bigint, task_id bigint, lang text DEFAULT 'en', at timestamptz DEFAULT now())
RETURNS TABLE (party_id bigint, name text, rule text, rule_text text, change_text text, ring integer, ring_text text, capacity integer,
	walk_m double precision, walk_cost double precision, away_cost double precision, level_cost double precision,
	refused_cost double precision, missed_cost double precision, stranger_cost double precision, load_cost double precision,
	move_cost double precision, cost double precision, price double precision, penalty double precision, is_executor boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 50
SET search_path FROM CURRENT
AS $$
DECLARE
	setting jsonb;
	present rui.task;
BEGIN
	PERFORM rui.require_permission(project_id, 'dispatch');
	PERFORM rui._check_time(project_id, at);
	IF task_id IS NULL THEN
		PERFORM rui._missing('task_id');
	ELSIF lang IS NULL THEN
		PERFORM rui._missing('lang');
	ELSIF lang NOT IN ('zh', 'en') THEN
		RAISE EXCEPTION 'unknown language "%"', left(lang, 60) USING ERRCODE = 'invalid_parameter_value', HINT = 'Give zh or en.';
	END IF;
	SELECT t.* INTO present FROM rui.task t
	WHERE t.project_id = explain_dispatch.project_id AND t.id = explain_dispatch.task_id AND t.kind = 'ticket';
	IF NOT FOUND THEN
		PERFORM rui._unknown('task', task_id, project_id);
	END IF;
	setting := rui._dispatch_weights(project_id);
	RETURN QUERY
	WITH pair AS MATERIALIZED (
		SELECT p.*, CASE WHEN p.offered_id IS NOT NULL AND p.party_id <> p.offered_id THEN (setting ->> 'move')::double precision ELSE 0 END AS move_cost,
			r.price, w.held, p.party_id IS NOT DISTINCT FROM present.executor_id AS is_executor,
			-- Without the task itself, where he has it.
			w.held - coalesce(present.state = 'assigned' AND p.party_id = present.executor_id, false)::integer AS beside
		FROM rui._dispatch_pairs(explain_dispatch.project_id, setting, explain_dispatch.at, ARRAY[explain_dispatch.task_id], NULL, true) p
		JOIN rui._dispatch_workers(explain_dispatch.project_id, explain_dispatch.at) w ON w.party_id = p.party_id
		LEFT JOIN rui.dispatch_price r ON r.project_id = explain_dispatch.project_id AND r.party_id = p.party_id
	), best AS (
		-- The place the task has, or the cheapest it could get: cost and price of the time, or waiting.
		SELECT least(min(p.penalty), CASE WHEN bool_or(p.is_executor AND present.state = 'assigned')
			THEN min(p.cost + p.move_cost + coalesce(p.price, 0)) FILTER (WHERE p.is_executor)
			ELSE min(p.cost + p.move_cost + coalesce(p.price, p.load_cost)) FILTER (WHERE p.rule IS NULL) END) AS sum
		FROM pair p
	)
	SELECT p.party_id, y.name, p.rule, rui.label('dispatch_rule', p.rule, lang),
		rui._dispatch_remedy(explain_dispatch.project_id, explain_dispatch.at, lang, p.rule, p.party_id, present.skill, present.skill_level, p.level, p.capacity,
			CASE WHEN p.rule IS NULL THEN p.beside ELSE p.held END,
			ARRAY(SELECT l.task_id FROM rui.dispatch_plan l WHERE l.project_id = explain_dispatch.project_id AND l.offered_id = p.party_id
				AND p.rule IS NULL AND p.beside >= p.capacity ORDER BY l.task_id), p.ring,
			present.opened_at + make_interval(secs => CASE p.ring WHEN 2 THEN (setting ->> 'ring_neighbours')::double precision
				WHEN 3 THEN (setting ->> 'ring_site')::double precision WHEN 4 THEN (setting ->> 'ring_partner')::double precision ELSE 0 END),
			p.cost + p.move_cost + coalesce(p.price, p.load_cost) - b.sum),
		p.ring, rui.label('dispatch_ring', p.ring::text, lang), greatest(p.capacity - p.held, 0),
		p.walk_m, p.walk_cost, p.away_cost, p.level_cost, p.refused_cost, p.missed_cost, p.stranger_cost, p.load_cost, p.move_cost,
		CASE WHEN p.rule IS NULL THEN p.cost + p.load_cost + p.move_cost END, p.price, p.penalty, p.is_executor
	FROM pair p
	CROSS JOIN best b
	JOIN rui.party y ON y.id = p.party_id
	ORDER BY p.rule IS NOT NULL, 18, p.rule, p.party_id;
END
$$;
COMMENT ON FUNCTION rui.explain_dispatch(bigint, bigint, text, timestamptz) IS
'Who could do a task at an instant, and why others cannot: one row for everybody with a role that works on tasks or on a shift. rule: what excludes him (no_role, not_employed, off_shift, absent, not_qualified, level_too_low, no_capacity, outside_ring), or null; rule_text, change_text: the rule, and what would have to change for him to get the task, in lang (zh or en); ring: 1 own grid, 2 neighbouring grids, 3 site, 4 partners; capacity: tasks he can still take, 0 also where only offers fill his places, one of which would make room; the cost of each term in seconds (missed_cost: no-shows and lapsed offers), their sum for candidates; price: what a place with him is worth in the standing match, null where he is not in it; penalty: the price of waiting; is_executor: has or had the task. Candidates first, cheapest first. Needs permission dispatch. Errors: 22004, 22008, 22023 language, P0002 unknown task, 42501, 55000.';
