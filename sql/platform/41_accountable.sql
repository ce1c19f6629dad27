-- Who answers for open work is on the staff, at every instant. Whoever makes
-- somebody answer for a task or a grid locks the employment it rests on;
-- whoever ends an employment then sees that work, or is waited for.

CREATE FUNCTION rui._stand_in(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((
		SELECT min(m.party_id) FROM rui.project j
		JOIN rui.membership m ON m.project_id = j.id AND m.role_code = 'manager' AND m.valid @> _stand_in.at
		JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = m.party_id
			AND s.employed @> (_stand_in.at AT TIME ZONE j.time_zone)::date AND s.left_at IS NULL
		WHERE j.id = _stand_in.project_id), (
		-- What was before the company's books began is its director's too.
		SELECT min(c.party_id) FROM rui.project j
		JOIN rui.company_member c ON c.company_id = j.company_id AND c.role_code = 'director'
			AND (upper_inf(c.valid) OR upper(c.valid) > _stand_in.at)
		JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = c.party_id
			AND s.employed && daterange((_stand_in.at AT TIME ZONE j.time_zone)::date, NULL) AND s.left_at IS NULL
		WHERE j.id = _stand_in.project_id));
END
$$;
COMMENT ON FUNCTION rui._stand_in(bigint, timestamptz) IS
'Internal: who answers for what nobody else on the staff answers for: the project''s manager who is employed at `at` (of several the first party); without one, the company''s director whose employment has not ended by then; null when there is none.';

CREATE FUNCTION rui._require_stand_in(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	holder bigint := rui._stand_in(project_id, at);
BEGIN
	IF holder IS NULL THEN
		RAISE EXCEPTION 'nobody on the staff answers for work in project %', project_id
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Employ a manager of the project, or a director of the company, with rui.employ_staff().';
	END IF;
	RETURN holder;
END
$$;
COMMENT ON FUNCTION rui._require_stand_in(bigint, timestamptz) IS
'Internal: rui._stand_in(), or 55000 where that is null.';

CREATE FUNCTION rui._lock_employment(project_id bigint, party_id bigint, at timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM FROM rui.project j
	JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = _lock_employment.party_id
		AND s.employed && daterange((_lock_employment.at AT TIME ZONE j.time_zone)::date, NULL) AND s.left_at IS NULL
	WHERE j.id = _lock_employment.project_id
	FOR SHARE OF s;
	RETURN FOUND;
END
$$;
COMMENT ON FUNCTION rui._lock_employment(bigint, bigint, timestamptz) IS
'Internal: whether an employment of a party by the project''s company has not ended by that day; if so, it does not end before the transaction does. Only an end of it waits for this lock, or is waited for; after that the row is looked at again.';

CREATE FUNCTION rui._hold_accountable() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- As rui._lock_employment() does, without calling it: for every need.
	PERFORM FROM rui.project j
	JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = NEW.accountable_id
		AND s.employed && daterange((NEW.last_at AT TIME ZONE j.time_zone)::date, NULL) AND s.left_at IS NULL
	WHERE j.id = NEW.project_id
	FOR SHARE OF s;
	IF FOUND THEN
		RETURN NEW;
	ELSIF TG_OP = 'INSERT' THEN
		-- No need is refused because the steward's term is over.
		NEW.accountable_id := rui._require_stand_in(NEW.project_id, NEW.last_at);
	ELSIF NEW.accountable_id = OLD.accountable_id THEN
		NEW.accountable_id := coalesce(rui._stand_in(NEW.project_id, NEW.last_at), OLD.accountable_id);
	END IF;
	IF NOT rui._lock_employment(NEW.project_id, NEW.accountable_id, NEW.last_at) THEN
		RAISE EXCEPTION 'party % cannot answer for task %: not on the staff at %', NEW.accountable_id, NEW.id, NEW.last_at
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Employ the person with rui.employ_staff(), or hand the work over to somebody else.';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION rui._hold_accountable() IS
'Internal: row trigger of rui.task: the employment of who answers for an open task has not ended at last_at, nor does it before the transaction ends. Where the term of who did is over, the project''s manager or the company''s director does. Errors: 55000 for somebody who is not on the staff, and for a new task that nobody could answer for.';
CREATE TRIGGER hold_accountable BEFORE INSERT OR UPDATE OF accountable_id, last_at, ended_at ON rui.task FOR EACH ROW
	WHEN (NEW.accountable_id IS NOT NULL AND NEW.ended_at IS NULL) EXECUTE FUNCTION rui._hold_accountable();

CREATE FUNCTION rui._find_accountable() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- The row trigger after this one keeps the employment.
	NEW.accountable_id := rui._require_stand_in(NEW.project_id, NEW.last_at);
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION rui._find_accountable() IS
'Internal: row trigger of rui.task: work that no grid gives to anybody is answered for by the project''s manager, or the company''s director; 55000 where neither is on the staff.';
CREATE TRIGGER find_accountable BEFORE INSERT ON rui.task FOR EACH ROW
	WHEN (NEW.accountable_id IS NULL AND NEW.ended_at IS NULL) EXECUTE FUNCTION rui._find_accountable();

CREATE FUNCTION rui._hold_executor() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	has_left boolean;
BEGIN
	-- Partners are on no staff; whoever leaves this very moment is waited for.
	SELECT bool_and(s.left_at IS NOT NULL) INTO has_left
	FROM (SELECT s.left_at FROM rui.project j
		JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = NEW.executor_id
		WHERE j.id = NEW.project_id
		FOR SHARE OF s) s;
	IF has_left THEN
		RAISE EXCEPTION 'party % has left the company', NEW.executor_id
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give the work to somebody on the staff.';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION rui._hold_executor() IS
'Internal: row trigger of rui.task: 55000 for an executor who was on the staff and has left; keeps him from leaving until the transaction ends.';
CREATE TRIGGER hold_executor BEFORE UPDATE OF executor_id ON rui.task FOR EACH ROW
	WHEN (NEW.executor_id IS NOT NULL AND NEW.executor_id IS DISTINCT FROM OLD.executor_id) EXECUTE FUNCTION rui._hold_executor();

CREATE FUNCTION rui._require_employed(project_id bigint, party_id bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF NOT rui._lock_employment(project_id, party_id, at) OR NOT EXISTS (
		SELECT FROM rui.project j
		JOIN rui.staff s ON s.company_id = j.company_id AND s.party_id = _require_employed.party_id
			AND s.employed @> (_require_employed.at AT TIME ZONE j.time_zone)::date AND s.left_at IS NULL
		WHERE j.id = _require_employed.project_id) THEN
		RAISE EXCEPTION 'party % is not on the staff at %', party_id, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.staff says who is, and from when to when.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_employed(bigint, bigint, timestamptz) IS
'Internal: 22023 unless a party is employed by the project''s company on that day; keeps the employment from ending until the transaction does.';

CREATE FUNCTION rui._require_sight(company_id bigint, what text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	unseen text;
BEGIN
	IF row_security_active('rui.task') THEN
		SELECT string_agg(p.code, ', ' ORDER BY p.code) INTO unseen FROM rui.project p
		WHERE p.company_id = _require_sight.company_id AND p.id <> ALL (rui.my_projects());
		IF unseen IS NOT NULL THEN
			RAISE EXCEPTION '% by somebody who holds a role in all projects of the company only', what
				USING ERRCODE = 'insufficient_privilege', DETAIL = format('Not yours: %s.', unseen), HINT = 'Ask a director of the company.';
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_sight(bigint, text) IS
'Internal: 42501 unless the acting party sees all projects of a company: what must be nowhere else cannot be checked otherwise.';

CREATE FUNCTION rui._keep_accountable() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	remaining datemultirange;
	gone_at timestamptz;
	fault record;
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.company_id = OLD.company_id AND NEW.party_id = OLD.party_id AND NEW.employed @> OLD.employed
		AND (NEW.left_at IS NULL OR OLD.left_at IS NOT NULL) THEN
		RETURN NULL;
	ELSIF TG_OP = 'UPDATE' THEN
		gone_at := NEW.left_at;
	END IF;
	PERFORM rui._require_read_committed('an employment is ended');
	PERFORM rui._require_sight(OLD.company_id, 'an employment is ended');
	SELECT coalesce(range_agg(s.employed), '{}') INTO remaining FROM rui.staff s
	WHERE s.company_id = OLD.company_id AND s.party_id = OLD.party_id AND s.left_at IS NULL;
	-- Open now means open until further notice.
	SELECT count(*) AS tasks, (array_agg(format('%s of project %s', t.id, j.code) ORDER BY t.project_id, t.id))[1:5] AS some INTO fault
	FROM rui.project j
	JOIN rui.task t ON t.project_id = j.id AND t.accountable_id = OLD.party_id AND t.ended_at IS NULL
	WHERE j.company_id = OLD.company_id AND NOT upper_inf(remaining);
	IF fault.tasks > 0 THEN
		RAISE EXCEPTION 'party % answers for % open tasks', OLD.party_id, fault.tasks
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Tasks %s.', array_to_string(fault.some, ', ')),
				HINT = 'Hand the work over to somebody else first.';
	END IF;
	SELECT count(*) AS grids, (array_agg(format('%s of project %s', g.code, j.code) ORDER BY g.project_id, g.code))[1:5] AS some INTO fault
	FROM rui.project j
	JOIN rui.grid_plan p ON p.project_id = j.id AND p.state = 'active'
	JOIN rui.grid g ON g.project_id = p.project_id AND g.plan_id = p.id
	LEFT JOIN rui.grid_steward w ON w.project_id = g.project_id AND w.grid_id = g.id AND w.steward_id = OLD.party_id AND upper_inf(w.valid)
	LEFT JOIN LATERAL (
		SELECT c.valid FROM rui.grid_cover c
		WHERE c.project_id = g.project_id AND c.grid_id = g.id AND c.cover_id = OLD.party_id
			AND OLD.employed @> ((upper(c.valid) - interval '1 microsecond') AT TIME ZONE j.time_zone)::date
			AND NOT remaining @> ((upper(c.valid) - interval '1 microsecond') AT TIME ZONE j.time_zone)::date
			AND (gone_at IS NULL OR upper(c.valid) > gone_at)
		LIMIT 1) c ON true
	WHERE j.company_id = OLD.company_id AND (c.valid IS NOT NULL
		OR w.id IS NOT NULL AND NOT upper_inf(remaining));
	IF fault.grids > 0 THEN
		RAISE EXCEPTION 'party % answers for % grids', OLD.party_id, fault.grids
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Grids %s.', array_to_string(fault.some, ', ')),
				HINT = 'Hand the grids over to somebody else first.';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._keep_accountable() IS
'Internal: row trigger of rui.staff: when an employment becomes shorter or goes: 55000 while the person answers for open tasks or active grids beyond it, 42501 for who does not see all projects of the company, 25000 in a transaction that could not see what others have done.';
CREATE TRIGGER keep_accountable AFTER UPDATE OR DELETE ON rui.staff FOR EACH ROW EXECUTE FUNCTION rui._keep_accountable();
