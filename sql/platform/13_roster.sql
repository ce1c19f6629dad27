-- Rosters: what breaks a rule of rest, and shifts from being published to
-- being over. A roster that is only thought of is judged by the same query.

CREATE FUNCTION rui._roster_faults(project_id bigint, from_at timestamptz, to_at timestamptz, parties bigint[], gone bigint[] DEFAULT '{}',
	new_parties bigint[] DEFAULT '{}', new_posts bigint[] DEFAULT '{}', new_during tstzrange[] DEFAULT '{}')
RETURNS TABLE (party_id bigint, rule_id bigint, system text, kind text, action text, shift_ids bigint[], during tstzrange,
	found interval, allowed interval, elsewhere interval, source text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	company bigint;
	zone text;
	-- A month before and after, and the longest row of days that is told.
	seen CONSTANT tstzrange := tstzrange(from_at - interval '62 days', to_at + interval '62 days');
BEGIN
	SELECT p.company_id, p.time_zone INTO company, zone FROM rui.project p WHERE p.id = _roster_faults.project_id;
	RETURN QUERY
	WITH own AS MATERIALIZED (
		SELECT s.id, s.party_id, s.post_id, s.during FROM rui.shift s
		WHERE s.project_id = _roster_faults.project_id AND s.during && seen AND s.state <> 'absent' AND s.id <> ALL (gone)
			AND (parties IS NULL OR s.party_id = ANY (parties))
		UNION ALL
		SELECT -n.place, n.party_id, n.post_id, n.during
		FROM unnest(new_parties, new_posts, new_during) WITH ORDINALITY AS n(party_id, post_id, during, place)
	), roster AS MATERIALIZED (
		SELECT o.* FROM own o
		UNION ALL
		-- Work in other projects counts; which, and at what post, is theirs.
		SELECT NULL, t.party_id, NULL, t.during
		FROM (SELECT DISTINCT o.party_id FROM own o) o
		JOIN rui.roster_time t ON t.company_id = company AND t.party_id = o.party_id AND t.kind = 'shift' AND t.during && seen
			AND t.project_id <> _roster_faults.project_id
	), dated AS MATERIALIZED (
		SELECT r.*, d.day, upper(r.during) - lower(r.during) AS hours,
			CASE WHEN r.id IS NOT NULL THEN coalesce(
				(SELECT w.system FROM rui.working_system w WHERE w.project_id = _roster_faults.project_id AND w.party_id = r.party_id AND w.valid @> d.day),
				(SELECT w.system FROM rui.working_system w WHERE w.project_id = _roster_faults.project_id AND w.post_id = r.post_id AND w.valid @> d.day),
				'standard') END AS system
		FROM roster r
		CROSS JOIN LATERAL (SELECT (lower(r.during) AT TIME ZONE zone)::date AS day) d
	), ordered AS MATERIALIZED (
		SELECT d.*, lag(d.id) OVER w AS before_id, lag(d.during) OVER w AS before, lag(d.day) OVER w AS before_day, lag(d.system) OVER w AS before_system,
			d.day - dense_rank() OVER (PARTITION BY d.party_id ORDER BY d.day)::integer AS island
		FROM dated d
		WINDOW w AS (PARTITION BY d.party_id ORDER BY lower(d.during), d.id)
	), span AS (
		-- Work is work, by whatever system: each system looks at all of it.
		SELECT d.party_id, k.kind, k.from_on, d.id, d.during, d.day, d.hours, d.system
		FROM ordered d
		CROSS JOIN LATERAL (VALUES ('day_hours', d.day), ('week_hours', date_trunc('week', d.day)::date), ('month_hours', date_trunc('month', d.day)::date),
			('row_days', d.island)) AS k(kind, from_on)
	), measure AS (
		SELECT s.party_id, s.kind, CASE s.kind WHEN 'row_days' THEN min(s.day) ELSE s.from_on END AS from_on,
			array_agg(s.id ORDER BY lower(s.during)) FILTER (WHERE s.id IS NOT NULL) AS ids,
			tstzrange(min(lower(s.during)) FILTER (WHERE s.id IS NOT NULL), max(upper(s.during)) FILTER (WHERE s.id IS NOT NULL)) AS during,
			CASE s.kind WHEN 'row_days' THEN make_interval(days => count(DISTINCT s.day)::integer) ELSE sum(s.hours) END AS found,
			sum(s.hours) FILTER (WHERE s.id IS NULL) AS elsewhere,
			array_agg(DISTINCT s.system) FILTER (WHERE s.id IS NOT NULL) AS systems
		FROM span s GROUP BY s.party_id, s.kind, s.from_on
		UNION ALL
		-- A pause within a day of work is no rest between shifts.
		SELECT d.party_id, 'shift_rest', d.day, array_remove(ARRAY[d.before_id, d.id], NULL),
			tstzrange(lower(CASE WHEN d.before_id IS NULL THEN d.during ELSE d.before END), upper(CASE WHEN d.id IS NULL THEN d.before ELSE d.during END)),
			lower(d.during) - upper(d.before),
			CASE WHEN d.before_id IS NULL THEN upper(d.before) - lower(d.before) WHEN d.id IS NULL THEN d.hours END,
			ARRAY(SELECT DISTINCT u.system FROM unnest(ARRAY[d.before_system, d.system]) AS u(system) WHERE u.system IS NOT NULL)
		FROM ordered d WHERE d.before_day < d.day AND coalesce(d.before_id, d.id) IS NOT NULL
	)
	SELECT m.party_id, r.id, r.system, m.kind, r.action, m.ids, m.during, m.found, r.amount, m.elsewhere, r.source
	FROM measure m
	JOIN rui.rest_rule r ON r.project_id = _roster_faults.project_id AND r.system = ANY (m.systems) AND r.kind = m.kind AND r.valid @> m.from_on
	WHERE m.during && tstzrange(from_at, to_at)
		AND CASE m.kind WHEN 'shift_rest' THEN m.found < r.amount ELSE m.found > r.amount END;
END
$$;
COMMENT ON FUNCTION rui._roster_faults(bigint, timestamptz, timestamptz, bigint[], bigint[], bigint[], bigint[], tstzrange[]) IS
'Internal: what breaks a rule of rest between two instants, for everybody or the parties named: on the roster without the shifts `gone` and with new ones (parties, posts and times; their ids are -1, -2 …). Absent shifts do not count. Shifts in other projects of the company do: the hours of those among what was found (of shift_rest: of the shift before or after) are elsewhere, the rest tells of the project''s own. A shift counts whole on the local day it begins, by whatever working-time system; of a day, week (from Monday), month or row of days the rules of every system that has a shift in it must hold for all of it, as they are on its first day.';

CREATE FUNCTION rui.rest_violations(project_id bigint, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (party_id bigint, kind text, kind_zh text, kind_en text, system text, action text, shift_ids bigint[], during tstzrange,
	found interval, allowed interval, excess interval, elsewhere interval, source text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_shift');
	PERFORM rui._check_span(from_at, to_at);
	RETURN QUERY
	SELECT f.party_id, f.kind, rui.label('rest_rule', f.kind, 'zh'), rui.label('rest_rule', f.kind, 'en'), f.system, f.action, f.shift_ids, f.during,
		f.found, f.allowed, CASE f.kind WHEN 'shift_rest' THEN f.allowed - f.found ELSE f.found - f.allowed END, f.elsewhere, f.source
	FROM rui._roster_faults(rest_violations.project_id, from_at, to_at,
		CASE WHEN NOT rui.has_permission(rest_violations.project_id, 'plan_shifts') THEN ARRAY[rui.current_party()] END) f
	ORDER BY f.party_id, lower(f.during), f.kind, f.action;
END
$$;
COMMENT ON FUNCTION rui.rest_violations(bigint, timestamptz, timestamptz) IS
'Everything on the roster of a project between two instants that breaks a rule of rest (rui.rest_rule): whose, which rule (names in kind_zh, kind_en), by which working-time system, whether such rosters are refused or told, which shifts, from the first to the end of the last of them, what was found, what is allowed, by how much it is missed (excess), how many hours of that lie in other projects of the company (elsewhere; null: none), and what the rule rests on. Of other projects no more is told: what they alone break is theirs. Shifts that are absent do not count; a shift counts whole on the local day it begins, for the rules of every system by which somebody works in the day, week, month or row of days. For everybody with plan_shifts, else one''s own. Needs permission work_shift. Errors: 22004, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui._missing_qualification(project_id bigint, post_id bigint, party_id bigint, during tstzrange) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT min(q.code) FROM rui.post_qualification q
		WHERE q.project_id = _missing_qualification.project_id AND q.post_id = _missing_qualification.post_id
			AND coalesce((SELECT range_agg(u.valid) FROM rui.qualification u
				WHERE u.party_id = _missing_qualification.party_id AND u.code = q.code AND u.level >= q.level), '{}') @> _missing_qualification.during IS NOT TRUE);
END
$$;
COMMENT ON FUNCTION rui._missing_qualification(bigint, bigint, bigint, tstzrange) IS
'Internal: the first code that a post asks for and a party is not qualified for during all of a time, or null.';

CREATE FUNCTION rui._shift_obstacle(project_id bigint, post_id bigint, party_id bigint, during tstzrange, gone bigint[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT CASE
			WHEN NOT EXISTS (SELECT FROM rui.staff s WHERE s.company_id = j.company_id AND s.party_id = _shift_obstacle.party_id
				AND tstzrange(lower(s.employed)::timestamp AT TIME ZONE j.time_zone, upper(s.employed)::timestamp AT TIME ZONE j.time_zone)
					@> _shift_obstacle.during) THEN 'not_employed'
			WHEN EXISTS (SELECT FROM rui.roster_time t WHERE t.company_id = j.company_id AND t.party_id = _shift_obstacle.party_id
				AND t.kind = 'leave' AND t.during && _shift_obstacle.during) THEN 'on_leave'
			WHEN EXISTS (SELECT FROM rui.roster_time t WHERE t.company_id = j.company_id AND t.party_id = _shift_obstacle.party_id
				AND t.kind = 'shift' AND t.during && _shift_obstacle.during
				AND NOT (t.project_id = j.id AND t.row_id = ANY (gone))) THEN 'has_shift'
			WHEN rui._missing_qualification(j.id, _shift_obstacle.post_id, _shift_obstacle.party_id, _shift_obstacle.during) IS NOT NULL THEN 'not_qualified'
		END
		FROM rui.project j WHERE j.id = _shift_obstacle.project_id);
END
$$;
COMMENT ON FUNCTION rui._shift_obstacle(bigint, bigint, bigint, tstzrange, bigint[]) IS
'Internal: why a party cannot have a shift at a post at a time, the project''s shifts `gone` aside, whatever project of the company keeps it from it: a code of label kind cover_reason (not_employed, on_leave, has_shift, not_qualified), or null. Rules of rest are rui._roster_faults().';

CREATE FUNCTION rui._lock_rosters(parties bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._require_read_committed('a roster is changed');
	PERFORM FROM rui.party p WHERE p.id = ANY (parties) ORDER BY p.id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION rui._lock_rosters(bigint[]) IS
'Internal: lets whoever plans shifts or leave of the same people go one after the other, until the transaction ends: two of them may each be legal and both together not. Error 25000 in a transaction that looks at the past.';

CREATE FUNCTION rui._refuse_roster(project_id bigint, gone bigint[], parties bigint[], posts bigint[], during tstzrange[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	fault record;
	warnings jsonb;
BEGIN
	PERFORM rui._lock_rosters(parties);
	SELECT n.*, c.why INTO fault
	FROM unnest(parties, posts, during) WITH ORDINALITY AS n(party_id, post_id, during, place)
	CROSS JOIN LATERAL (SELECT rui._shift_obstacle(_refuse_roster.project_id, n.post_id, n.party_id, n.during, gone) AS why OFFSET 0) c
	WHERE c.why IS NOT NULL
	ORDER BY n.place LIMIT 1;
	CASE fault.why
		WHEN 'not_employed' THEN
			RAISE EXCEPTION 'party % is not employed during %', fault.party_id, fault.during
				USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.staff says who is, and from when to when.';
		WHEN 'on_leave' THEN
			RAISE EXCEPTION 'party % is on leave during %', fault.party_id, fault.during
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give the shift to somebody else, or revoke the leave first.';
		WHEN 'has_shift' THEN
			RAISE EXCEPTION 'party % has another shift during %', fault.party_id, fault.during
				USING ERRCODE = 'exclusion_violation', HINT = 'A person has one shift at a time, in all projects of the company.';
		WHEN 'not_qualified' THEN
			RAISE EXCEPTION 'party % is not qualified for post %: it needs %', fault.party_id, fault.post_id,
					rui._missing_qualification(project_id, fault.post_id, fault.party_id, fault.during)
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('During all of %s.', fault.during),
					HINT = 'rui.post_qualification says what a post needs, rui.qualification who has it.';
		ELSE
			NULL;
	END CASE;
	SELECT f.* INTO fault
	FROM rui._roster_faults(project_id, (SELECT min(lower(n.d)) FROM unnest(during) AS n(d)), (SELECT max(upper(n.d)) FROM unnest(during) AS n(d)),
		parties, gone, parties, posts, during) f
	WHERE 0 > ANY (f.shift_ids) AND f.action = 'refuse'
	ORDER BY lower(f.during), f.party_id, f.kind LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the roster of party % breaks the rule %: % instead of %', fault.party_id, fault.kind, fault.found, fault.allowed
			USING ERRCODE = 'check_violation',
				DETAIL = format('%s; shifts %s from %s to %s%s.', fault.source,
					(SELECT string_agg(CASE WHEN u.id < 0 THEN 'new ' || -u.id ELSE u.id::text END, ', ' ORDER BY u.place)
						FROM unnest(fault.shift_ids) WITH ORDINALITY AS u(id, place)), lower(fault.during), upper(fault.during),
					', and ' || fault.elsewhere || ' in other projects'),
				HINT = format('Plan %s less, or give the shift to somebody else; rui.rest_violations() tells all.',
					CASE fault.kind WHEN 'shift_rest' THEN fault.allowed - fault.found ELSE fault.found - fault.allowed END);
	END IF;
	SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('party_id', f.party_id, 'kind', f.kind, 'found', f.found, 'allowed', f.allowed, 'during', f.during,
			'elsewhere', f.elsewhere))
		ORDER BY lower(f.during), f.party_id, f.kind)
	INTO warnings
	FROM rui._roster_faults(project_id, (SELECT min(lower(n.d)) FROM unnest(during) AS n(d)), (SELECT max(upper(n.d)) FROM unnest(during) AS n(d)),
		parties, gone, parties, posts, during) f
	WHERE 0 > ANY (f.shift_ids);
	RETURN coalesce(warnings, '[]');
END
$$;
COMMENT ON FUNCTION rui._refuse_roster(bigint, bigint[], bigint[], bigint[], tstzrange[]) IS
'Internal: raises unless a roster without the shifts `gone` and with new ones may be: 22023 not employed or not qualified for the post, 55000 on leave, 23P01 has another shift, 23514 against a rule of rest that refuses. Returns what it breaks of the rules that are only told, as an array.';

CREATE FUNCTION rui.publish_shifts(project_id bigint, post_id bigint, party_ids bigint[], from_ats timestamptz[], to_ats timestamptz[],
	capacity integer DEFAULT 8, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	times tstzrange[];
	fault record;
	warnings jsonb;
	new_ids bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'plan_shifts');
	PERFORM rui._check_time(project_id, at);
	IF post_id IS NULL OR party_ids IS NULL OR from_ats IS NULL OR to_ats IS NULL OR capacity IS NULL THEN
		PERFORM rui._missing(CASE WHEN post_id IS NULL THEN 'post_id' WHEN party_ids IS NULL THEN 'party_ids' WHEN from_ats IS NULL THEN 'from_ats'
			WHEN to_ats IS NULL THEN 'to_ats' ELSE 'capacity' END);
	ELSIF cardinality(party_ids) NOT BETWEEN 1 AND 10000 OR cardinality(from_ats) <> cardinality(party_ids) OR cardinality(to_ats) <> cardinality(party_ids) THEN
		RAISE EXCEPTION 'give as many parties as beginnings and ends, 1 to 10000'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = format('%s, %s, %s.', cardinality(party_ids), cardinality(from_ats), cardinality(to_ats));
	ELSIF capacity NOT BETWEEN 0 AND 1000 THEN
		RAISE EXCEPTION 'capacity must be 0 to 1000, not %', capacity USING ERRCODE = 'invalid_parameter_value';
	END IF;
	answer := rui._begin_request(project_id, 'publish_shifts', request_key, jsonb_build_array(post_id, party_ids, from_ats, to_ats, capacity));
	IF answer IS NOT NULL THEN
		RETURN answer;
	END IF;
	SELECT n.* INTO fault FROM unnest(party_ids, from_ats, to_ats) AS n(party_id, from_at, to_at)
	WHERE n.party_id IS NULL OR NOT coalesce(isfinite(n.from_at) AND isfinite(n.to_at) AND n.to_at > n.from_at AND n.to_at - n.from_at <= interval '48 hours', false)
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'a shift of party % from % to % is none', fault.party_id, fault.from_at, fault.to_at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A shift has a person, ends after it begins, and lasts at most 48 hours.';
	ELSIF NOT EXISTS (SELECT FROM rui.post o WHERE o.project_id = publish_shifts.project_id AND o.id = publish_shifts.post_id) THEN
		PERFORM rui._unknown('post', post_id, project_id);
	END IF;
	times := ARRAY(SELECT tstzrange(n.from_at, n.to_at) FROM unnest(from_ats, to_ats) WITH ORDINALITY AS n(from_at, to_at, place) ORDER BY n.place);
	warnings := rui._refuse_roster(project_id, '{}', party_ids, array_fill(post_id, ARRAY[cardinality(party_ids)]), times);
	WITH added AS (
		INSERT INTO rui.shift AS s (project_id, post_id, party_id, during, capacity)
		SELECT publish_shifts.project_id, publish_shifts.post_id, n.party_id, n.during, publish_shifts.capacity
		FROM unnest(party_ids, times) WITH ORDINALITY AS n(party_id, during, place) ORDER BY n.place
		RETURNING s.id, s.party_id, s.during)
	SELECT array_agg(a.id ORDER BY a.id) INTO new_ids FROM added a;
	PERFORM rui._emit(project_id, 'shift.publish', 'post', post_id, at, jsonb_build_object('shift_ids', new_ids, 'warnings', jsonb_array_length(warnings)));
	answer := jsonb_build_object('shift_ids', new_ids, 'warnings', warnings);
	PERFORM rui._finish_request(project_id, 'publish_shifts', request_key, answer);
	RETURN answer;
END
$$;
COMMENT ON FUNCTION rui.publish_shifts(bigint, bigint, bigint[], timestamptz[], timestamptz[], integer, text, timestamptz) IS
'Publishes shifts at a post, all of them or none: party_ids[i] from from_ats[i] to to_ats[i] (at most 48 hours), each for up to capacity open tasks at a time. Everybody must be employed, not on approved leave and qualified for the post for all of it, and the rules of rest that refuse must hold with the shifts that are there, in all projects of the company. Returns {"shift_ids": […], "warnings": [what breaks rules that are only told]}. Needs permission plan_shifts. Errors: 22004, 22008, 22023 not employed, not qualified, or no time, 23514 against a rule of rest (the detail names the shifts), 23P01 overlaps another shift of the person in whatever project, 25000 in a transaction that looks at the past, P0002 unknown post, RU409, 42501, 55000 also on leave.';

CREATE FUNCTION rui._lock_shift(project_id bigint, shift_id bigint) RETURNS rui.shift
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	found_shift rui.shift;
BEGIN
	IF shift_id IS NULL THEN
		PERFORM rui._missing('shift_id');
	END IF;
	SELECT s.* INTO found_shift FROM rui.shift s
	WHERE s.project_id = _lock_shift.project_id AND s.id = _lock_shift.shift_id
	FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		PERFORM rui._unknown('shift', shift_id, project_id);
	END IF;
	RETURN found_shift;
END
$$;
COMMENT ON FUNCTION rui._lock_shift(bigint, bigint) IS
'Internal: a shift, locked until the transaction ends. Errors: 22004 null id, P0002 unknown id or another project''s.';

CREATE FUNCTION rui._move_shift(project_id bigint, shift_id bigint, action text, reason text, request_key text, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	answer jsonb;
	present rui.shift;
	new_state text;
	warnings jsonb;
BEGIN
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, action || '_shift', request_key, jsonb_build_array(shift_id, reason));
	IF answer IS NOT NULL THEN
		RETURN answer #>> '{}';
	END IF;
	IF action = 'restore' THEN
		-- The roster before the shift, as everybody who plans.
		PERFORM rui._lock_rosters(array_agg(s.party_id)) FROM rui.shift s WHERE s.project_id = _move_shift.project_id AND s.id = _move_shift.shift_id;
	END IF;
	present := rui._lock_shift(project_id, shift_id);
	IF present.party_id IS DISTINCT FROM rui.current_party() AND NOT rui.has_permission(project_id, 'plan_shifts') THEN
		PERFORM rui._refuse_unread('shift', project_id, shift_id, '{}');
		RAISE EXCEPTION 'shift % is not yours', shift_id
			USING ERRCODE = 'insufficient_privilege', HINT = 'Only whose shift it is, or who plans shifts, can do this.';
	END IF;
	IF action = 'restore' AND present.state = 'absent' THEN
		IF EXISTS (SELECT FROM rui.shift_cover c WHERE c.project_id = present.project_id AND c.shift_id = present.id AND c.state = 'approved') THEN
			RAISE EXCEPTION 'shift % is covered', shift_id
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Who covers it has a shift of his own for it.';
		END IF;
		warnings := rui._refuse_roster(project_id, '{}', ARRAY[present.party_id], ARRAY[present.post_id], ARRAY[present.during]);
		PERFORM rui._withdraw_covers(project_id, ARRAY[present.id], at);
	END IF;
	UPDATE rui.shift s SET last_action = action WHERE s.project_id = _move_shift.project_id AND s.id = _move_shift.shift_id
	RETURNING s.state INTO new_state;
	PERFORM rui._emit(project_id, 'shift.' || action, 'shift', shift_id, at,
		jsonb_strip_nulls(jsonb_build_object('party_id', present.party_id, 'reason', reason, 'warnings', warnings)));
	PERFORM rui._finish_request(project_id, action || '_shift', request_key, to_jsonb(new_state));
	RETURN new_state;
END
$$;
COMMENT ON FUNCTION rui._move_shift(bigint, bigint, text, text, text, timestamptz) IS
'Internal: an action on a shift by whose it is or who plans shifts, once per request key. What is restored is judged as if it were published (rui._refuse_roster), and offers to cover it are taken back. Returns the new state.';

CREATE FUNCTION rui.report_absent(project_id bigint, shift_id bigint, reason text, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_shift');
	PERFORM rui._check_text('reason', reason, 500);
	RETURN rui._move_shift(project_id, shift_id, 'report_absent', reason, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.report_absent(bigint, bigint, text, text, timestamptz) IS
'Says that whose planned shift it is will not come; reason: 1 to 500 characters. The shift waits for somebody who covers it. Returns the new state, absent. For whose shift it is, or with plan_shifts. Needs permission work_shift. Errors: 22004, 22001, 22008, 22023 blank reason, P0002, RU409, 42501, 55000 not planned.';

CREATE FUNCTION rui.restore_shift(project_id bigint, shift_id bigint, reason text, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'plan_shifts');
	PERFORM rui._check_text('reason', reason, 500);
	RETURN rui._move_shift(project_id, shift_id, 'restore', reason, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.restore_shift(bigint, bigint, text, text, timestamptz) IS
'Plans an absent shift again: whose it is comes after all; reason: 1 to 500 characters. As if it were published now: the person must be employed, not on leave, free, qualified and rested; broken rules that are only told are in the event. Offers to cover it are taken back. Returns the new state, planned. Needs permission plan_shifts. Errors: 22004, 22001, 22008, 22023 blank reason, not employed or not qualified, 23514 against a rule of rest, 23P01 has another shift, 25000 in a transaction that looks at the past, P0002, RU409, 42501, 55000 not absent, covered, or on leave.';

CREATE FUNCTION rui.begin_shift(project_id bigint, shift_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_shift');
	RETURN rui._move_shift(project_id, shift_id, 'begin', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.begin_shift(bigint, bigint, text, timestamptz) IS
'Goes on duty. Returns the new state, active. For whose shift it is, or with plan_shifts. Needs permission work_shift. Errors: 22004, 22008, P0002, RU409, 42501, 55000 not planned.';

CREATE FUNCTION rui.finish_shift(project_id bigint, shift_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'work_shift');
	RETURN rui._move_shift(project_id, shift_id, 'finish', NULL, request_key, at);
END
$$;
COMMENT ON FUNCTION rui.finish_shift(bigint, bigint, text, timestamptz) IS
'Goes off duty. Returns the new state, finished. For whose shift it is, or with plan_shifts. Needs permission work_shift. Errors: 22004, 22008, P0002, RU409, 42501, 55000 not on duty.';
