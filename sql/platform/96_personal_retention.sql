-- How long people are kept of whom nothing is needed any more (PIPL 19): a
-- term that the company sets, and a duty that erases who is past it.

CREATE TABLE rui.personal_retention (
	company_id bigint PRIMARY KEY REFERENCES rui.company (id),
	months integer NOT NULL CHECK (months BETWEEN 1 AND 1200),
	a_day integer NOT NULL CHECK (a_day BETWEEN 1 AND 1000),
	begins_on date NOT NULL,
	set_by bigint NOT NULL REFERENCES rui.party (id),
	set_at timestamptz NOT NULL
);
PERFORM rui._describe('personal_retention', 'How long people are kept with whom nothing connects the company any more; without a row as long as nobody asks.',
	'months: So many months after the last thing that connected them.', 'a_day: How many people a project erases within a day at most.',
	'begins_on: The first day on which anybody is erased.', 'set_by: Who set it (a party).', 'set_at: When.');
PERFORM rui._declare_table('personal_retention', 'company', 'change');
PERFORM rui._allow_read('personal_retention', '{rui_manager,rui_auditor}', 'company_id = ANY ((SELECT rui.my_companies())::bigint[])');
INSERT INTO rui.personal_table (table_name, actors) VALUES ('personal_retention', '{set_by}');
PERFORM rui._name(n.kind, n.code, n.zh, n.en) FROM (VALUES
	('action.personal_request', 'expire', '超期删除', 'expire'),
	('action.personal_request', 'expire_in_part', '超期删除并依法留存', 'expire in part'),
	('duty', 'expire_people', '超期个人信息删除', 'erase people past their term'),
	('event', 'personal_request.expire', '个人信息超期删除', 'personal data erased at the end of their term'),
	('event', 'personal_request.expire_in_part', '个人信息超期删除，部分依法留存', 'personal data erased at the end of their term, but for what a law holds')
) AS n(kind, code, zh, en);

CREATE FUNCTION rui.set_personal_retention(company_id bigint, months integer, a_day integer DEFAULT 20, begins_on date DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS date
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	today date;
	first_day date;
BEGIN
	PERFORM rui.require_company_permission(company_id, 'manage_company');
	PERFORM rui._check_instant(at);
	-- Whoever could say that it is long ago would leave nobody time to look.
	IF at NOT BETWEEN now() - interval '5 minutes' AND now() + interval '5 minutes' THEN
		PERFORM rui._require_above(-company_id, 'set_time');
	END IF;
	IF months IS NULL THEN
		DELETE FROM rui.personal_retention r WHERE r.company_id = set_personal_retention.company_id;
		RETURN NULL;
	ELSIF months NOT BETWEEN 1 AND 1200 THEN
		RAISE EXCEPTION 'months is 1 to 1200, not %', months USING ERRCODE = 'invalid_parameter_value', HINT = 'Null keeps people until somebody asks.';
	ELSIF a_day IS NULL THEN
		PERFORM rui._missing('a_day');
	ELSIF a_day NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'a_day is 1 to 1000, not %', a_day USING ERRCODE = 'invalid_parameter_value';
	END IF;
	today := (at AT TIME ZONE 'UTC')::date;
	first_day := coalesce(begins_on, today + 30);
	-- What is erased does not come back: there is time to look whom it meets.
	IF first_day NOT BETWEEN today + 7 AND today + 3650 THEN
		RAISE EXCEPTION 'begins_on % is not 7 days to 10 years ahead', first_day
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.retention_due says whom it will meet.';
	END IF;
	INSERT INTO rui.personal_retention AS r (company_id, months, a_day, begins_on, set_by, set_at)
	VALUES (set_personal_retention.company_id, set_personal_retention.months, set_personal_retention.a_day, first_day, rui.current_party(), set_personal_retention.at)
	ON CONFLICT ON CONSTRAINT personal_retention_pkey DO UPDATE SET months = EXCLUDED.months, a_day = EXCLUDED.a_day, begins_on = EXCLUDED.begins_on,
		set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at;
	RETURN first_day;
END
$$;
COMMENT ON FUNCTION rui.set_personal_retention(bigint, integer, integer, date, timestamptz) IS
'Says how many months (1 to 1200) after the last thing that connected it with a company a person is kept: then the duty expire_people erases it as rui.request_erasure would, at most a_day people (1 to 1000) a project and day, from begins_on (7 days to 10 years ahead, UTC; null: in 30 days). months null: nobody is erased who has not asked. Returns the first day, or null. Needs permission manage_company; an `at` other than now also set_time, by a role in the company. Errors: 22004, 22008, 22023, 42501.';

CREATE FUNCTION rui._ties(project_id bigint, party_id bigint) RETURNS TABLE (of_party bigint, tie text, ended_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
-- Which of the two is given decides by which indexes it is found.
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
	RETURN QUERY
	SELECT t.of_party, t.tie, coalesce(t.ended_at, 'infinity')
	FROM (
		SELECT o.project_id, o.party_id AS of_party, 'occupancy' AS tie, upper(o.valid)::timestamp AT TIME ZONE 'UTC' AS ended_at FROM rui.occupancy o
		UNION ALL SELECT w.project_id, i.id, 'ownership', upper(w.valid)::timestamp AT TIME ZONE 'UTC' FROM rui.ownership w CROSS JOIN LATERAL unnest(w.owner_ids) AS i(id)
		UNION ALL SELECT NULL, s.party_id, 'staff', coalesce(s.left_at, upper(s.employed)::timestamp AT TIME ZONE 'UTC') FROM rui.staff s
		-- That somebody was a resident ends with his homes.
		UNION ALL SELECT m.project_id, m.party_id, 'membership', CASE m.role_code WHEN 'resident' THEN lower(m.valid) ELSE upper(m.valid) END FROM rui.membership m
		UNION ALL SELECT NULL, c.party_id, 'company_member', upper(c.valid) FROM rui.company_member c
		UNION ALL SELECT l.project_id, l.lessee_id, 'lease', upper(l.valid)::timestamp AT TIME ZONE 'UTC' FROM rui.lease l
		UNION ALL SELECT i.project_id, i.reporter_id, 'ticket', k.ended_at FROM rui.ticket i JOIN rui.task k ON k.project_id = i.project_id AND k.id = i.id
		UNION ALL SELECT c.project_id, c.payer_id, 'charge', c.at FROM rui.charge c
		UNION ALL SELECT y.project_id, y.payer_id, 'payment', y.at FROM rui.payment y
		UNION ALL SELECT d.project_id, d.party_id, 'deposit', d.at FROM rui.deposit d
		UNION ALL SELECT r.project_id, r.party_id, 'personal_request', r.requested_at FROM rui.personal_request r) t
	WHERE (_ties.project_id IS NULL OR t.project_id = _ties.project_id) AND (_ties.party_id IS NULL OR t.of_party = _ties.party_id)
		AND t.of_party IS NOT NULL;
END
$$;
COMMENT ON FUNCTION rui._ties(bigint, bigint) IS
'Internal: what connects people with a company: of all (party_id null) in a project, or of one in everything the caller sees (project_id null), and until when; days end in UTC, what has no end in infinity.';

CREATE FUNCTION rui._party_ties(party_id bigint, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN (SELECT jsonb_build_object('last_at', max(t.ended_at), 'last_tie', (array_agg(t.tie ORDER BY t.ended_at DESC, t.tie))[1])
		FROM rui._ties(NULL, _party_ties.party_id) t)
		|| jsonb_build_object('obstacle', nullif(concat_ws(' ', rui._erasure_obstacle(party_id, at), rui._money_obstacle(party_id, at)), ''));
END
$$;
COMMENT ON FUNCTION rui._party_ties(bigint, timestamptz) IS
'Internal: until when something connected a party with its company, in all projects (last_at, infinity while something does, null when nothing ever did), what it was (last_tie), and what its data are needed for (obstacle). Only rui._ties_as_owner may run it.';

CREATE FUNCTION rui._retention_candidates(project_id bigint, until timestamptz) RETURNS TABLE (party_id bigint, last_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	-- By what this project knows; the other ones may know more.
	RETURN QUERY
	SELECT t.of_party, max(t.ended_at)
	FROM rui._ties(_retention_candidates.project_id, NULL) t
	JOIN rui.party p ON p.id = t.of_party AND p.kind = 'person'
	GROUP BY t.of_party
	HAVING max(t.ended_at) <= until AND NOT rui._is_restricted(t.of_party)
	ORDER BY 2, 1;
END
$$;
COMMENT ON FUNCTION rui._retention_candidates(bigint, timestamptz) IS
'Internal: the people of a project whose ties there ended by an instant and whose data are not erased, longest first.';

CREATE FUNCTION rui.retention_due(project_id bigint, on_day date DEFAULT NULL, row_limit integer DEFAULT 1000)
RETURNS TABLE (party_id bigint, masked_name text, last_tie text, last_at timestamptz, due_on date, obstacle text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	term rui.personal_retention;
	day date;
BEGIN
	PERFORM rui.require_permission(project_id, 'decide_personal_requests');
	IF row_limit IS NULL THEN
		PERFORM rui._missing('row_limit');
	ELSIF row_limit NOT BETWEEN 1 AND 100000 THEN
		RAISE EXCEPTION 'row_limit is 1 to 100000, not %', row_limit USING ERRCODE = 'invalid_parameter_value';
	ELSIF on_day NOT BETWEEN '1900-01-01' AND '2200-01-01' THEN
		RAISE EXCEPTION 'on_day % is not between 1900 and 2200', on_day USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT r.* INTO term FROM rui.personal_retention r JOIN rui.project j ON j.company_id = r.company_id WHERE j.id = retention_due.project_id;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	day := coalesce(on_day, greatest(term.begins_on, rui._local_date(project_id, now())));
	RETURN QUERY
	SELECT d.id, rui._mask_value('name', p.name), d.ties ->> 'last_tie', (d.ties ->> 'last_at')::timestamptz,
		greatest(term.begins_on, rui._local_date(retention_due.project_id, (d.ties ->> 'last_at')::timestamptz + make_interval(months => term.months))),
		d.ties ->> 'obstacle'
	FROM (SELECT c.party_id AS id, rui._ties_as_owner(c.party_id, day::timestamp AT TIME ZONE 'UTC') AS ties
		FROM rui._retention_candidates(retention_due.project_id, day::timestamp AT TIME ZONE 'UTC' - make_interval(months => term.months)) c) d
	JOIN rui.party p ON p.id = d.id
	WHERE (d.ties ->> 'last_at')::timestamptz <= day::timestamp AT TIME ZONE 'UTC' - make_interval(months => term.months)
	ORDER BY 4, 1
	LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION rui.retention_due(bigint, date, integer) IS
'Whom the term of rui.set_personal_retention meets on a day (null: today, or the first day of it), at most row_limit people (1 to 100000), longest ago first: name masked, what connected them last and until when, from when on they may be erased, and what keeps them for now (obstacle: a debt, money of theirs, a home), or null. Empty without a term. Needs permission decide_personal_requests. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui._duty_expire_people(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	term rui.personal_retention;
	today CONSTANT date := rui._local_date(project_id, at);
	until timestamptz;
	candidate bigint;
	ties jsonb;
	found_outcome jsonb;
	new_request rui.personal_request;
	done bigint := 0;
BEGIN
	SELECT r.* INTO term FROM rui.personal_retention r JOIN rui.project j ON j.company_id = r.company_id WHERE j.id = _duty_expire_people.project_id;
	-- Once a day. rui.tick() holds the row.
	IF NOT FOUND OR today < term.begins_on OR EXISTS (SELECT FROM rui.duty_run r
			WHERE r.project_id = _duty_expire_people.project_id AND r.duty_code = 'expire_people' AND rui._local_date(r.project_id, r.last_at) >= today) THEN
		RETURN 0;
	END IF;
	until := at - make_interval(months => term.months);
	FOR candidate IN SELECT c.party_id FROM rui._retention_candidates(_duty_expire_people.project_id, until) c LOOP
		EXIT WHEN done >= term.a_day;
		ties := rui._ties_as_owner(candidate, at);
		CONTINUE WHEN ties ->> 'obstacle' IS NOT NULL OR (ties ->> 'last_at')::timestamptz > until;
		found_outcome := rui._erase_as_owner(candidate, at);
		CONTINUE WHEN found_outcome ->> 'obstacle' IS NOT NULL;
		INSERT INTO rui.personal_request (project_id, party_id, kind, reason, requested_by, requested_at, last_action, held_until, outcome)
		VALUES (_duty_expire_people.project_id, candidate, 'retention', format('%s months after %s', term.months, ties ->> 'last_tie'), rui.current_party(),
			_duty_expire_people.at, CASE WHEN found_outcome ->> 'held_until' IS NULL THEN 'expire' ELSE 'expire_in_part' END,
			(found_outcome ->> 'held_until')::timestamptz, found_outcome)
		RETURNING * INTO new_request;
		PERFORM rui._emit(project_id, 'personal_request.' || new_request.last_action, 'personal_request', new_request.id, at,
			jsonb_strip_nulls(jsonb_build_object('party_id', candidate, 'held_until', new_request.held_until)));
		done := done + 1;
	END LOOP;
	RETURN done;
END
$$;
COMMENT ON FUNCTION rui._duty_expire_people(bigint, timestamptz) IS
'Internal: the duty expire_people of rui.tick(): once a day of the project erases the people past the term of rui.personal_retention that nothing is needed of, those longest past it first, and writes each down in rui.personal_request. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES ('expire_people', 9190, 'Erases people whom nothing has connected with the company for as long as it keeps them.', '{candidate,live,closed}');
